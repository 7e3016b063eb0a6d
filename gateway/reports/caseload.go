package reports

import (
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// The tables of the caseload.
const (
	TableCaseload    = "caseload"
	TableChildren    = "children"
	TableAuthorities = "authorities"
	TableWorkers     = "workers"
	TableSiblings    = "siblings"
)

// load is what is counted of one establishment.
type load struct {
	mothers, parents    map[ids.MotherID]bool
	open, closed        int
	children, others    int
	authorities         map[ids.AgencyID]bool
	families, apart     int
	together, untold    int
	childrenOf, workers map[int]int // how many cases have so many
	authoritiesOf       map[int]int
	allocated           int
}

func newLoad() *load {
	return &load{mothers: map[ids.MotherID]bool{}, parents: map[ids.MotherID]bool{}, authorities: map[ids.AgencyID]bool{}, childrenOf: map[int]int{}, workers: map[int]int{}, authoritiesOf: map[int]int{}}
}

func (l *load) add(c Case, today workdays.Day) {
	own := c.own()
	l.mothers[c.Mother] = true
	if c.Closed.IsZero() {
		l.open++
	} else {
		l.closed++
	}
	l.children += len(own)
	l.others += len(c.Children) - len(own)
	for a := range c.authorities() {
		l.authorities[a] = true
	}
	l.childrenOf[len(own)]++
	l.authoritiesOf[len(c.authorities())]++
	if len(own) == 0 {
		return
	}
	l.parents[c.Mother] = true
	l.workers[c.Workers]++
	l.allocated += c.Workers
	young := under18(own, c.counted(today))
	if len(young) < 2 {
		return
	}
	l.families++
	switch livesApart(young) {
	case yes:
		l.apart++
	case no:
		l.together++
	default:
		l.untold++
	}
}

// under18 are the living children who are not grown up on a day. Of whom the birth is not known counts: nobody has said that the child is grown up.
func under18(kids []cases.Child, day workdays.Day) (out []cases.Child) {
	for _, k := range kids {
		died := k.EndedWhy == cases.EndedDied && k.ResponsibilityEnds <= day
		if adult := k.Adult(); !died && (adult == 0 || day < adult) {
			out = append(out, k)
		}
	}
	return out
}

type answer int

const (
	unknown answer = iota
	yes
	no
)

// livesApart says whether children live in more than one home. Two homes are enough to know that they do; that they do not takes the home of each.
func livesApart(kids []cases.Child) answer {
	homes, all := map[string]bool{}, true
	for _, k := range kids {
		if k.Home == "" {
			all = false
		} else {
			homes[k.Home] = true
		}
	}
	switch {
	case len(homes) > 1:
		return yes
	case all:
		return no
	}
	return unknown
}

// loads counts by establishment and in all.
func loads(f Facts) (by map[string]*load, all *load) {
	by, all = map[string]*load{}, newLoad()
	for _, c := range f.Cases {
		if by[c.Place] == nil {
			by[c.Place] = newLoad()
		}
		by[c.Place].add(c, f.Today)
		all.add(c, f.Today)
	}
	return by, all
}

// shared are the authorities of one establishment's cases that have cases of another's, too; with "", those of more than one.
func shared(by map[string]*load, place string) (n int) {
	in := map[ids.AgencyID]int{}
	for _, l := range by {
		for a := range l.authorities {
			in[a]++
		}
	}
	for a, k := range in {
		if k > 1 && (place == "" || by[place].authorities[a]) {
			n++
		}
	}
	return n
}

func caseload(r *Report, f Facts) {
	by, all := loads(f)
	t := Table{Name: TableCaseload, First: word("establishment"), Columns: words("mothers", "with_children", "children", "other_children", "open", "closed", "authorities", "shared")}
	row := func(l *load, shared int) []Value {
		return counts(len(l.mothers), len(l.parents), l.children, l.others, l.open, l.closed, len(l.authorities), shared)
	}
	for _, p := range places(f.Cases) {
		t.Rows = append(t.Rows, Row{Text: Text{Name: p}, Values: row(by[p], shared(by, p))})
	}
	t.Rows = append(t.Rows, Row{Text: word("all"), Values: row(all, shared(by, "")), Total: true})
	r.add(t, nil)
}

// perCase counts how many cases have how many children, authorities and workers.
func perCase(r *Report, f Facts) {
	by, all := loads(f)
	dist := func(name, first string, of func(*load) map[int]int) (Table, *Plot) {
		t := Table{Name: name, First: word(first)}
		p := &Plot{}
		at := places(f.Cases)
		for _, x := range at {
			t.Columns = append(t.Columns, Text{Name: x})
		}
		t.Columns = append(t.Columns, word("all"))
		total := make([]int, len(at)+1)
		most := -1
		for n := range of(all) {
			most = max(most, n)
		}
		for n := 0; n <= most; n++ {
			row := Row{Text: number(n)}
			for i, x := range at {
				row.Values = append(row.Values, count(of(by[x])[n]))
				total[i] += of(by[x])[n]
			}
			total[len(at)] += of(all)[n]
			t.Rows = append(t.Rows, Row{Text: row.Text, Values: append(row.Values, count(of(all)[n]))})
			p.Bars = append(p.Bars, Bar{Text: number(n), N: of(all)[n]})
		}
		t.Rows = append(t.Rows, Row{Text: word("cases"), Values: counts(total...), Total: true})
		return t, p
	}
	t, p := dist(TableChildren, "children_of_case", func(l *load) map[int]int { return l.childrenOf })
	r.add(t, p)
	t, p = dist(TableAuthorities, "authorities_of_case", func(l *load) map[int]int { return l.authoritiesOf })
	r.add(t, p)
	t, p = dist(TableWorkers, "workers_of_case", func(l *load) map[int]int { return l.workers })
	sum := Row{Text: word("workers_in_all"), Total: true}
	for _, x := range places(f.Cases) {
		sum.Values = append(sum.Values, count(by[x].allocated))
	}
	sum.Values = append(sum.Values, count(all.allocated))
	t.Rows = append(t.Rows, sum)
	r.add(t, p)
}

func siblings(r *Report, f Facts) {
	by, all := loads(f)
	t := Table{Name: TableSiblings, First: word("establishment"), Columns: words("families", "apart", "together", "not_known", "share_apart")}
	row := func(l *load) []Value {
		return append(counts(l.families, l.apart, l.together, l.untold), Share(l.apart, l.apart+l.together))
	}
	for _, p := range places(f.Cases) {
		t.Rows = append(t.Rows, Row{Text: Text{Name: p}, Values: row(by[p])})
	}
	r.add(Table{Name: t.Name, First: t.First, Columns: t.Columns, Rows: append(t.Rows, Row{Text: word("all"), Values: row(all), Total: true})}, nil)
}
