package reports

import (
	"cmp"
	"slices"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// The tables of answers and of goals.
const (
	TableReplies   = "replies"
	TableReplyDays = "reply-days"
	TableAsked     = "asked"
	TableGoals     = "goals"
)

// Turn is a message that an answer can be waited for, with the first that came after it; the zero time = none has come.
type Turn struct {
	Authority    string
	Sent, Answer time.Time
}

// Turns are the first messages of ours in each conversation after which it was the authority's turn, in the order of their sending. What we wrote again meanwhile is not counted again,
// nor what they wrote without our having written.
func Turns(said []Said) (out []Turn) {
	said = slices.Clone(said)
	slices.SortStableFunc(said, func(a, b Said) int {
		return cmp.Or(cmp.Compare(a.Thread, b.Thread), a.At.Compare(b.At))
	})
	open, in := -1, ids.ThreadID("")
	for _, s := range said {
		if s.Thread != in {
			open, in = -1, s.Thread
		}
		switch {
		case s.Theirs && open >= 0:
			out[open].Answer, open = s.At, -1
		case !s.Theirs && open < 0:
			open = len(out)
			out = append(out, Turn{Authority: s.Authority, Sent: s.At})
		}
	}
	slices.SortStableFunc(out, func(a, b Turn) int {
		return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.Authority, b.Authority), a.Answer.Compare(b.Answer))
	})
	return out
}

// replyDays are the working days at which the curve is read.
var replyDays = []int{0, 1, 2, 3, 5, 10, 15, 20, 30}

// fewest is how many answers an authority must have for its times to be drawn: the median of fewer says little. Drawn are the mostDrawn with the most answers.
const (
	fewest    = Few
	mostDrawn = 20
)

// replies counts how soon authorities answer a message. One that is not answered yet has no time, and stays in the number of which shares are taken.
func replies(r *Report, f Facts) {
	type one struct {
		sent, waiting int
		times         []int
	}
	by, all := map[string]*one{}, &one{}
	for _, t := range Turns(f.Said) {
		if !f.Period.Has(workdays.Of(t.Sent)) {
			continue
		}
		if by[t.Authority] == nil {
			by[t.Authority] = &one{}
		}
		for _, o := range []*one{by[t.Authority], all} {
			o.sent++
			if t.Answer.IsZero() {
				o.waiting++
				continue
			}
			o.times = append(o.times, max(0, f.Calendar.Between(workdays.Of(t.Sent), workdays.Of(t.Answer))))
		}
	}
	t, plot := Table{Name: TableReplies, First: word("authority"), Columns: words("sent", "answered", "waiting", "median", "ninetieth")}, &Plot{}
	row := func(text Text, o *one, total bool) {
		median, ninetieth := chase.Spread(o.times)
		n := len(o.times)
		t.Rows = append(t.Rows, Row{Text: text, Values: append(counts(o.sent, n, o.waiting), days(median, n), days(ninetieth, n)), Total: total})
		if n >= fewest && !total {
			plot.Bars = append(plot.Bars, Bar{Text: text, N: median, Mark: ninetieth})
		}
	}
	for _, a := range inOrder(by) {
		row(Text{Name: a}, by[a], false)
	}
	row(word("all"), all, true)
	plot.Bars = mostAnswered(plot.Bars, func(b Bar) int { return len(by[b.Name].times) })
	r.add(t, plot)

	curve, steps := Table{Name: TableReplyDays, First: word("within"), Columns: words("answered", "share_sent")}, &Plot{}
	within := func(d int) (n int) {
		for _, x := range all.times {
			if x <= d {
				n++
			}
		}
		return n
	}
	for _, d := range replyDays {
		text := between("days_within", d, 0)
		if d == 0 {
			text = word("same_day")
		}
		curve.Rows = append(curve.Rows, Row{Text: text, Values: []Value{count(within(d)), Share(within(d), all.sent)}})
	}
	curve.Rows = append(curve.Rows, Row{Text: word("at_all"), Values: []Value{count(len(all.times)), Share(len(all.times), all.sent)}, Total: true})
	if all.sent > 0 {
		for d := 0; d <= replyDays[len(replyDays)-1]; d++ {
			steps.Curve = append(steps.Curve, Point{d, Share(within(d), all.sent).N})
		}
	}
	r.add(curve, steps)
}

// mostAnswered are the bars of the authorities with the most answers, in their order.
func mostAnswered(bars []Bar, answers func(Bar) int) []Bar {
	if len(bars) <= mostDrawn {
		return bars
	}
	most := slices.Clone(bars)
	slices.SortStableFunc(most, func(a, b Bar) int { return cmp.Compare(answers(b), answers(a)) })
	most = most[:mostDrawn]
	return slices.DeleteFunc(bars, func(b Bar) bool { return !slices.Contains(most, b) })
}

// asked counts the answers that were asked for by a day.
func asked(r *Report, f Facts) {
	type one struct {
		asked, open, overdue, stopped int
		times                         []int
	}
	by, all := map[string]*one{}, &one{}
	for _, a := range f.Asks {
		if !f.Period.Has(workdays.Of(a.Asked)) {
			continue
		}
		if by[a.Authority] == nil {
			by[a.Authority] = &one{}
		}
		for _, o := range []*one{by[a.Authority], all} {
			o.asked++
			switch {
			case !a.Answered.IsZero():
				o.times = append(o.times, max(0, f.Calendar.Between(workdays.Of(a.Asked), workdays.Of(a.Answered))))
			case !a.Open():
				o.stopped++
			default:
				o.open++
				if a.Due < f.Today {
					o.overdue++
				}
			}
		}
	}
	t := Table{Name: TableAsked, First: word("authority"), Columns: words("asked", "answered", "open_asks", "overdue", "stopped", "median", "ninetieth")}
	row := func(text Text, o *one, total bool) {
		median, ninetieth := chase.Spread(o.times)
		n := len(o.times)
		t.Rows = append(t.Rows, Row{Text: text, Values: append(counts(o.asked, n, o.open, o.overdue, o.stopped), days(median, n), days(ninetieth, n)), Total: total})
	}
	for _, a := range inOrder(by) {
		row(Text{Name: a}, by[a], false)
	}
	row(word("all"), all, true)
	r.add(t, nil)
}

// goals counts the contact that is or was worked for, of goals that were set in the period.
func goals(r *Report, f Facts) {
	t, plot := Table{Name: TableGoals, First: word("contact"), Columns: words("set", "reached", "worked_for", "given_up", "case_closed", "median_days")}, &Plot{}
	closed := map[ids.CaseID]bool{}
	for _, c := range f.Cases {
		closed[c.ID] = !c.Closed.IsZero()
	}
	var sum [5]int
	var every []int
	for _, k := range cases.GoalKinds {
		var n [5]int // set, reached, open, given up, open when the case was closed
		var times []int
		for _, g := range f.Goals {
			if g.Kind != k || !f.Period.Has(workdays.Of(g.Set)) {
				continue
			}
			n[0]++
			switch {
			case g.Outcome == cases.GoalReached:
				n[1]++
				times = append(times, g.Days())
			case g.Outcome == cases.GoalGivenUp:
				n[3]++
			case closed[g.Case]:
				n[4]++
			default:
				n[2]++
			}
		}
		median, _ := chase.Spread(times)
		t.Rows = append(t.Rows, Row{Text: word("g_" + string(k)), Values: append(counts(n[:]...), days(median, n[1]))})
		plot.Bars = append(plot.Bars, Bar{Text: word("g_" + string(k)), N: n[1], Mark: n[0]})
		for i := range sum {
			sum[i] += n[i]
		}
		every = append(every, times...)
	}
	median, _ := chase.Spread(every)
	t.Rows = append(t.Rows, Row{Text: word("all"), Values: append(counts(sum[:]...), days(median, sum[1])), Total: true})
	r.add(t, plot)
}
