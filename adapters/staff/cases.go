package staff

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

type casesView struct {
	Table    web.Table
	Pages    web.Pagination
	Places   []web.Option
	CSV      string // the address of the same list as a file
	Count    int
	Searched bool
}

// casesPerPage is how long one page of the list is.
const casesPerPage = 50

// caseSorts are the orders of the list of cases.
var caseSorts = map[string]func(a, b flow.CaseRow) int{
	"reference": func(a, b flow.CaseRow) int { return 0 }, // the tie-breaker of all
	"mother": func(a, b flow.CaseRow) int {
		return cmp.Compare(strings.ToLower(a.Mother.Name), strings.ToLower(b.Mother.Name))
	},
	"place":   func(a, b flow.CaseRow) int { return cmp.Compare(a.Establishment, b.Establishment) },
	"waiting": func(a, b flow.CaseRow) int { return cmp.Compare(a.Holds, b.Holds) },
	"latest":  func(a, b flow.CaseRow) int { return a.LastMessage.Compare(b.LastMessage) },
}

// listed is the list of cases as the address asks for it: filtered and sorted.
func (s *Staff) listed(ctx context.Context, r *http.Request, me people.Staff, words string) (rows, all []flow.CaseRow, err error) {
	if all, err = s.flow.Cases(ctx, me.Actor()); err != nil {
		return nil, nil, err
	}
	place, only := r.URL.Query().Get("place"), r.URL.Query().Get("show")
	for _, c := range all {
		switch {
		case place != "" && string(c.Mother.Establishment) != place,
			only == "waiting" && c.Holds == 0,
			only == "closed" && c.Closed.IsZero(),
			only != "closed" && !c.Closed.IsZero() && words == "",
			!found(c, words):
			continue
		}
		rows = append(rows, c)
	}
	key, down := web.SortOf(r, "reference", "mother", "place", "waiting", "latest")
	slices.SortStableFunc(rows, func(a, b flow.CaseRow) int {
		n := cmp.Or(caseSorts[key](a, b), cmp.Compare(a.Reference, b.Reference), cmp.Compare(a.ID, b.ID))
		if down {
			return -n
		}
		return n
	})
	return rows, all, nil
}

// found reports whether every word is in the case's reference or the mother's name or number.
func found(c flow.CaseRow, words string) bool {
	text := strings.ToLower(c.Reference + " " + c.Mother.Name + " " + c.Mother.PrisonerNumber + " " + strings.Join(c.Former, " "))
	for _, w := range strings.Fields(strings.ToLower(words)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func (s *Staff) cases(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showCases(w, r, me, &web.Form{})
}

// searchCases looks for a name. It is a POST so that the name gets into no address, history or log.
func (s *Staff) searchCases(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	return s.showCases(w, r, me, form)
}

func (s *Staff) showCases(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form) error {
	loc := s.pages.Loc(r)
	words := strings.TrimSpace(form.Value("search"))
	rows, all, err := s.listed(r.Context(), r, me, words)
	if err != nil {
		return err
	}
	v := casesView{Count: len(rows), Searched: words != "", CSV: "/cases.csv"}
	if q := r.URL.RawQuery; q != "" {
		v.CSV += "?" + q
	}
	column := func(key string) web.Column {
		title := loc.T("staff.cases." + key)
		if words != "" { // a sorted page would have lost the words
			return web.Column{Title: title}
		}
		return web.SortColumn(r, key, title)
	}
	v.Table = web.Table{Caption: loc.T("staff.cases.title"), CaptionHidden: true, Empty: loc.T("staff.cases.none"),
		Columns: []web.Column{column("reference"), column("mother"), column("place"), column("waiting"), column("latest")}}
	v.Table.Columns[3].Numeric = true
	page := web.PageOf(r)
	pages := (len(rows) + casesPerPage - 1) / casesPerPage
	if words == "" {
		v.Pages = web.Paginate(r, page, pages)
		from := min((min(page, max(pages, 1))-1)*casesPerPage, len(rows))
		rows = rows[from:min(from+casesPerPage, len(rows))]
	}
	for _, c := range rows {
		v.Table.Rows = append(v.Table.Rows, s.caseCells(r, c))
	}
	v.Places = places(all, loc.T("staff.cases.all_places"))
	form = filterForm(r, form)
	p := s.page(r, me, loc.T("staff.cases.title"), v)
	p.Form = form
	return s.pages.Render(w, r, http.StatusOK, "cases", p)
}

func (s *Staff) caseCells(r *http.Request, c flow.CaseRow) []web.Cell {
	loc := s.pages.Loc(r)
	last := web.Cell{At: c.LastMessage}
	if c.LastMessage.IsZero() {
		last.Text = loc.T("staff.cases.no_message")
	}
	first := web.Cell{Text: c.Reference, Href: "/cases/" + string(c.ID)}
	if !c.Closed.IsZero() {
		first.Tag = &web.Tag{Text: loc.T("staff.case.closed"), Colour: "grey"}
	}
	return []web.Cell{first, {Text: c.Mother.Name, Small: c.Mother.PrisonerNumber}, {Text: c.Establishment}, {Text: strconv.Itoa(c.Holds), Numeric: true}, last}
}

// filterForm puts the address's filters into the form, so that its fields show them.
func filterForm(r *http.Request, form *web.Form) *web.Form {
	if form.Values == nil {
		form.Values = map[string][]string{}
	}
	for _, name := range []string{"place", "show"} {
		form.Values.Set(name, r.URL.Query().Get(name))
	}
	return form
}

// places offers the establishments of the cases.
func places(all []flow.CaseRow, every string) []web.Option {
	options := []web.Option{web.Opt("", every)}
	seen := map[string]bool{}
	for _, c := range all {
		if id := string(c.Mother.Establishment); !seen[id] {
			seen[id] = true
			options = append(options, web.Opt(id, c.Establishment))
		}
	}
	slices.SortFunc(options[1:], func(a, b web.Option) int { return cmp.Compare(a.Text, b.Text) })
	return options
}

// casesCSV is the list as a file.
func (s *Staff) casesCSV(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rows, _, err := s.listed(r.Context(), r, me, "")
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	head := []string{}
	for _, key := range []string{"reference", "mother", "number", "place", "children", "waiting", "latest"} {
		head = append(head, loc.T("staff.cases."+key))
	}
	out := [][]string{head}
	for _, c := range rows {
		last := ""
		if !c.LastMessage.IsZero() {
			last = c.LastMessage.In(web.London).Format(time.RFC3339)
		}
		out = append(out, []string{plain(c.Reference), plain(c.Mother.Name), plain(c.Mother.PrisonerNumber), plain(c.Establishment), strconv.Itoa(c.Children), strconv.Itoa(c.Holds), last})
	}
	return sendCSV(w, "cases.csv", out)
}
