package reports

import (
	"slices"

	"kinbridge/gateway/chase"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

// The tables of meetings.
const (
	TableInvitations = "invitations"
	TableMeetings    = "meetings"
	TableMeans       = "means"
	TableReasons     = "reasons"
	TableNotice      = "notice"
	TableNoticeDays  = "notice-days"
)

func invitations(r *Report, f Facts) {
	by, all := map[invites.State]int{}, 0
	for _, i := range f.Invites {
		if f.Period.Has(workdays.Of(i.Came)) {
			by[i.State]++
			all++
		}
	}
	t := Table{Name: TableInvitations, First: word("became"), Columns: words("invitations")}
	for _, s := range []invites.State{invites.Accepted, invites.Tentative, invites.Declined, invites.Withdrawn, invites.Proposed} {
		t.Rows = append(t.Rows, Row{Text: word("i_" + string(s)), Values: counts(by[s])})
	}
	t.Rows = append(t.Rows, Row{Text: word("all"), Values: counts(all), Total: true})
	r.add(t, nil)
}

// held are the meetings of the period.
func (f Facts) held() (out []Meeting) {
	for _, m := range f.Meetings {
		if f.Period.Has(m.Day) {
			out = append(out, m)
		}
	}
	return out
}

// herself are the parts in which she hears the others and they her.
func herself(p meetings.Part) bool {
	return p == meetings.ByVideo || p == meetings.ByAudio || p == meetings.ByPhone
}

type tally struct{ held, elsewhere, herself, read, without, untold int }

func (t *tally) add(m Meeting) {
	t.held++
	if m.Elsewhere {
		t.elsewhere++
	}
	switch {
	case herself(m.Part):
		t.herself++
	case m.Part == meetings.ReadOut:
		t.read++
	case m.Part == meetings.WithNone:
		t.without++
	default:
		t.untold++
	}
}

func (t tally) values() []Value {
	known := t.herself + t.read + t.without
	return append(counts(t.held, t.elsewhere, t.herself, t.read, t.without, t.untold), Share(t.herself, known))
}

// attendance counts how she took part, and why not, or in a smaller way. What nobody recorded and no room proves is not known, whatever had been planned.
func attendance(r *Report, f Facts) {
	ms := f.held()
	t := Table{Name: TableMeetings, First: word("kind"), Columns: words("held", "elsewhere", "herself", "read_out", "without", "not_known", "share_herself")}
	var all tally
	for _, k := range meetings.Recordable {
		var one tally
		for _, m := range ms {
			if m.Kind == k {
				one.add(m)
				all.add(m)
			}
		}
		if one.held > 0 {
			t.Rows = append(t.Rows, Row{Text: word("k_" + string(k)), Values: one.values()})
		}
	}
	t.Rows = append(t.Rows, Row{Text: word("all"), Values: all.values(), Total: true})
	r.add(t, nil)

	means := Table{Name: TableMeans, First: word("means_first"), Columns: words("meetings", "proven", "share")}
	plot := &Plot{}
	total, sure := 0, 0
	for _, p := range append(slices.Clone(meetings.Parts), "") {
		n, proven := 0, 0
		for _, m := range ms {
			if m.Kind.AboutChildren() && m.Part == p {
				n++
				if m.Proven {
					proven++
				}
			}
		}
		total, sure = total+n, sure+proven
		text := word("p_" + string(p))
		if p == "" {
			text = word("not_known")
		}
		means.Rows = append(means.Rows, Row{Text: text, Values: append(counts(n, proven), Share(n, all.held))})
		plot.Bars = append(plot.Bars, Bar{Text: text, N: n})
	}
	means.Rows = append(means.Rows, Row{Text: word("all"), Values: append(counts(total, sure), Share(total, all.held)), Total: true})
	r.add(means, plot)

	reasons := Table{Name: TableReasons, First: word("why"), Columns: words("without", "smaller")}
	without, smaller := 0, 0
	for _, w := range append(slices.Clone(meetings.Whys), "") {
		a, b := 0, 0
		for _, m := range ms {
			switch {
			case !m.Kind.AboutChildren() || m.Why != w:
			case m.Part == meetings.WithNone:
				a++
			case m.Part != "" && m.Part != meetings.ByVideo:
				b++
			}
		}
		if w == "" && a+b == 0 {
			continue
		}
		text := word("w_" + string(w))
		if w == "" {
			text = word("no_reason")
		}
		without, smaller = without+a, smaller+b
		reasons.Rows = append(reasons.Rows, Row{Text: text, Values: counts(a, b)})
	}
	reasons.Rows = append(reasons.Rows, Row{Text: word("all"), Values: counts(without, smaller), Total: true})
	r.add(reasons, nil)
}

// noticeClasses are the classes of notice in working days: 0 is the day itself, or later.
var noticeClasses = [][2]int{{0, 0}, {1, 4}, {5, 9}, {10, -1}}

// notice counts how long before our own meetings she was told of them. Of a meeting elsewhere it is not known.
func notice(r *Report, f Facts) {
	t := Table{Name: TableNotice, First: word("kind"), Columns: words("told", "not_told", "days_asked", "enough", "too_short", "median")}
	classes := make([]int, len(noticeClasses))
	var every []int
	var invited, not, enough, short int
	for _, k := range meetings.Recordable {
		var times []int
		var i, n, e, s int
		for _, m := range f.held() {
			if m.Kind != k || m.Elsewhere {
				continue
			}
			if !m.Invited || m.Told.IsZero() {
				n++
				continue
			}
			i++
			d := meetings.DaysOfNotice(f.Calendar, m.Told, m.Starts)
			if times = append(times, d); d >= k.NoticeDays() {
				e++
			} else {
				s++
			}
			for c, x := range noticeClasses {
				if d >= x[0] && (d <= x[1] || x[1] < 0) {
					classes[c]++
				}
			}
		}
		if i+n > 0 {
			median, _ := chase.Spread(times)
			t.Rows = append(t.Rows, Row{Text: word("k_" + string(k)), Values: append(counts(i, n, k.NoticeDays(), e, s), days(median, i))})
		}
		invited, not, enough, short, every = invited+i, not+n, enough+e, short+s, append(every, times...)
	}
	median, _ := chase.Spread(every)
	t.Rows = append(t.Rows, Row{Text: word("all"), Values: []Value{count(invited), count(not), {}, count(enough), count(short), days(median, invited)}, Total: true})
	r.add(t, nil)

	spread, plot := Table{Name: TableNoticeDays, First: word("notice_first"), Columns: words("meetings", "share")}, &Plot{}
	for c, x := range noticeClasses {
		text := between("days_between", x[0], x[1])
		switch {
		case x[1] < 0:
			text = between("days_more", x[0], 0)
		case x[1] == 0:
			text = word("days_none")
		}
		spread.Rows = append(spread.Rows, Row{Text: text, Values: []Value{count(classes[c]), Share(classes[c], invited)}})
		plot.Bars = append(plot.Bars, Bar{Text: text, N: classes[c]})
	}
	spread.Rows = append(spread.Rows, Row{Text: word("all"), Values: []Value{count(invited), Share(invited, invited)}, Total: true})
	r.add(spread, plot)
}
