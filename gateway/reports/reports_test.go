package reports

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

var (
	today = workdays.Date(2026, time.November, 27) // a Friday
	cal   = workdays.EnglandAndWales()
)

type fataler interface {
	Fatalf(format string, args ...any)
}

// num is a number of a table: of a row by its word, name or number, under a column.
func num(t fataler, r Report, table, row, column string) int {
	tab, ok := r.Table(table)
	if !ok {
		t.Fatalf("there is no table %s", table)
	}
	col := slices.IndexFunc(tab.Columns, func(x Text) bool { return x.Word == column || x.Name == column })
	at := slices.IndexFunc(tab.Rows, func(x Row) bool { return x.Word == row || x.Word == "" && x.Name == row })
	if col < 0 || at < 0 {
		t.Fatalf("%s has no %s under %s: %+v", table, row, column, tab)
	}
	if v := tab.Rows[at].Values[col]; v.Known {
		return v.N
	}
	return -1
}

func TestSiblingsApart(t *testing.T) {
	kid := func(born, home string) cases.Child { return cases.Child{Born: born, Home: home} }
	grown := kid("2001-01-01", "x")
	for _, c := range []struct {
		name                              string
		kids                              []cases.Child
		families, apart, together, untold int
	}{
		{"one child", []cases.Child{kid("2015-01-01", "a")}, 0, 0, 0, 0},
		{"two in one home", []cases.Child{kid("2015-01-01", "a"), kid("2016-01-01", "a")}, 1, 0, 1, 0},
		{"two homes", []cases.Child{kid("2015-01-01", "a"), kid("2016-01-01", "b")}, 1, 1, 0, 0},
		{"one of two is not known", []cases.Child{kid("2015-01-01", "a"), kid("2016-01-01", "")}, 1, 0, 0, 1},
		{"two homes are enough, whatever the third", []cases.Child{kid("2015-01-01", "a"), kid("2016-01-01", "b"), kid("2017-01-01", "")}, 1, 1, 0, 0},
		{"a grown child is no sibling here", []cases.Child{kid("2015-01-01", "a"), grown}, 0, 0, 0, 0},
		{"18 today is grown", []cases.Child{kid("2015-01-01", "a"), kid("2008-11-27", "b")}, 0, 0, 0, 0},
		{"18 tomorrow is not", []cases.Child{kid("2015-01-01", "a"), kid("2008-11-28", "b")}, 1, 1, 0, 0},
		{"birth not known", []cases.Child{kid("2015-01-01", "a"), kid("", "b")}, 1, 1, 0, 0},
		{"a grandchild is no sibling", []cases.Child{kid("2015-01-01", "a"), {Born: "2016-01-01", Home: "b", Relation: cases.Grandchild}}, 0, 0, 0, 0},
		{"a child who died", []cases.Child{kid("2015-01-01", "a"), {Born: "2016-01-01", Home: "b", EndedWhy: cases.EndedDied, ResponsibilityEnds: today}}, 0, 0, 0, 0},
		{"an adopted child lives apart", []cases.Child{kid("2015-01-01", "a"), {Born: "2016-01-01", Home: "b", EndedWhy: cases.EndedAdopted, ResponsibilityEnds: today}}, 1, 1, 0, 0},
	} {
		r := Of(Facts{Today: today, Period: Year(today), Calendar: cal, Cases: []Case{{Place: "P", Children: c.kids}}})
		got := []int{num(t, r, TableSiblings, "all", "families"), num(t, r, TableSiblings, "all", "apart"), num(t, r, TableSiblings, "all", "together"), num(t, r, TableSiblings, "all", "not_known")}
		if want := []int{c.families, c.apart, c.together, c.untold}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}

// A closed case is counted as it was: a child who was small then is not grown up in it.
func TestAClosedCaseIsCountedAsItWas(t *testing.T) {
	c := Case{Place: "P", Children: []cases.Child{{Born: "2006-01-01", Home: "a"}, {Born: "2007-01-01", Home: "b"}}}
	c.Closed = workdays.Date(2020, time.March, 2).At(12, 0)
	if r := Of(Facts{Today: today, Period: Year(today), Calendar: cal, Cases: []Case{c}}); num(t, r, TableSiblings, "all", "apart") != 1 || num(t, r, TableCaseload, "all", "closed") != 1 {
		t.Errorf("%+v", r.Tables)
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct{ n, of, want int }{{42, 67, 63}, {0, 3, 0}, {3, 3, 100}, {1, 2, 50}, {1, 3, 33}, {2, 3, 67}, {1, 200, 1}, {1, 201, 0}} {
		if got := Share(c.n, c.of); !got.Known || got.N != c.want || !got.Percent {
			t.Errorf("%d of %d: %+v", c.n, c.of, got)
		}
	}
	if Share(0, 0).Known {
		t.Error("a share of none is known")
	}
}

func TestPeriods(t *testing.T) {
	if y := Year(today); y.From.String() != "2025-11-28" || y.Until != today || y.Check() != nil {
		t.Errorf("%+v", y)
	}
	for _, p := range []Period{{0, today}, {today, 0}, {today, today - 1}} {
		if p.Check() == nil {
			t.Errorf("%+v is in order", p)
		}
	}
}

func TestTurns(t *testing.T) {
	at := func(h int) time.Time { return today.At(9, 0).Add(time.Duration(h) * time.Hour) }
	said := []Said{
		{"b", "North", true, at(0)},  // unasked: no turn
		{"b", "North", false, at(1)}, // waits, and is answered at 5; what we write meanwhile is no second turn
		{"a", "South", false, at(2)},
		{"b", "North", false, at(3)},
		{"b", "North", true, at(5)},
		{"b", "North", true, at(6)},
		{"b", "North", false, at(7)}, // waits still
		{"a", "South", true, at(1)},  // before we wrote: no answer
	}
	want := []Turn{{"North", at(1), at(5)}, {"South", at(2), time.Time{}}, {"North", at(7), time.Time{}}}
	if got := Turns(said); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestRepliesMeetingsAndGoals(t *testing.T) {
	monday := workdays.Date(2026, time.November, 23)
	f := Facts{Today: today, Period: Period{monday.Plus(-60), today}, Calendar: cal}
	talk := 0
	wrote := func(authority string, sent workdays.Day, took int) { // took < 0: no answer
		talk++
		id := ids.ThreadID(strconv.Itoa(talk))
		f.Said = append(f.Said, Said{id, authority, false, sent.At(10, 0)})
		if took >= 0 {
			f.Said = append(f.Said, Said{id, authority, true, cal.Add(sent, took).At(11, 0)})
		}
	}
	for _, took := range []int{0, 1, 2, 3, 12, -1} {
		wrote("North", monday.Plus(-28), took)
	}
	wrote("South", monday.Plus(-14), 4)
	wrote("South", monday.Plus(-90), 1) // before the period
	f.Meetings = []Meeting{
		{Kind: meetings.LookedAfterReview, Day: monday, Starts: monday.At(10, 0), Invited: true, Told: cal.Add(monday, -12).At(9, 0), Part: meetings.ByVideo, Proven: true},
		{Kind: meetings.LookedAfterReview, Day: monday, Starts: monday.At(10, 0), Invited: true, Told: cal.Add(monday, -2).At(9, 0), Part: meetings.ByPhone, Why: meetings.WhyVideo},
		{Kind: meetings.CoreGroup, Day: monday, Starts: monday.At(10, 0), Invited: true, Told: monday.At(11, 0), Part: meetings.WithNone, Why: meetings.WhyRegime},
		{Kind: meetings.CoreGroup, Day: monday, Elsewhere: true, Part: meetings.WithNone, Why: meetings.WhyNotTold},
		{Kind: meetings.CoreGroup, Day: monday, Starts: monday.At(10, 0)}, // nobody told her, and what became of it is not known
		{Kind: meetings.CoreGroup, Day: monday.Plus(-90), Part: meetings.ByVideo},
	}
	f.Invites = []Invitation{{invites.Accepted, monday.At(9, 0)}, {invites.Declined, monday.At(9, 0)}, {invites.Accepted, monday.Plus(-90).At(9, 0)}}
	f.Goals = []cases.Goal{
		{Kind: cases.GoalPhone, Set: monday.Plus(-30).At(9, 0), Outcome: cases.GoalReached, On: monday.Plus(-20)},
		{Kind: cases.GoalPhone, Set: monday.Plus(-30).At(9, 0), Outcome: cases.GoalGivenUp, On: monday.Plus(-10)},
		{Kind: cases.GoalTime, Set: monday.Plus(-30).At(9, 0)},
	}
	f.Asks = []Ask{
		{"North", cases.Ask{Asked: monday.Plus(-7).At(9, 0), Due: monday, Answered: monday.At(9, 0)}},
		{"North", cases.Ask{Asked: monday.Plus(-7).At(9, 0), Due: monday}},
		{"North", cases.Ask{Asked: monday.Plus(-7).At(9, 0), Due: monday, Ended: cases.AskEnd{Stopped: monday.At(9, 0)}}},
	}
	r := Of(f)
	for _, c := range []struct {
		table, row, column string
		want               int
	}{
		{TableReplies, "North", "sent", 6}, {TableReplies, "North", "waiting", 1}, {TableReplies, "North", "median", 2}, {TableReplies, "North", "ninetieth", 12},
		{TableReplies, "South", "sent", 1}, {TableReplies, "South", "median", 4}, {TableReplies, "all", "answered", 6},
		{TableReplyDays, "same_day", "answered", 1}, {TableReplyDays, "at_all", "share_sent", 86},
		{TableMeetings, "all", "held", 5}, {TableMeetings, "all", "elsewhere", 1}, {TableMeetings, "all", "herself", 2}, {TableMeetings, "all", "without", 2}, {TableMeetings, "all", "not_known", 1},
		{TableMeetings, "all", "share_herself", 50}, {TableMeans, "p_video", "proven", 1}, {TableMeans, "p_none", "meetings", 2}, {TableMeans, "not_known", "meetings", 1},
		{TableReasons, "w_not_told", "without", 1}, {TableReasons, "w_video_unavailable", "smaller", 1}, {TableReasons, "all", "without", 2},
		{TableNotice, "all", "told", 3}, {TableNotice, "all", "not_told", 1}, {TableNotice, "k_looked_after_review", "enough", 1}, {TableNotice, "k_looked_after_review", "too_short", 1},
		{TableNotice, "all", "median", 2}, {TableNotice, "all", "days_asked", -1}, {TableNoticeDays, "days_none", "meetings", 1}, {TableNoticeDays, "days_more", "meetings", 1},
		{TableInvitations, "all", "invitations", 2}, {TableInvitations, "i_declined", "invitations", 1},
		{TableGoals, "g_phone", "set", 2}, {TableGoals, "g_phone", "reached", 1}, {TableGoals, "g_phone", "median_days", 10}, {TableGoals, "g_family_time", "worked_for", 1},
		{TableGoals, "g_family_time", "median_days", -1}, {TableAsked, "North", "median", 5}, {TableAsked, "North", "overdue", 1}, {TableAsked, "North", "stopped", 1},
	} {
		if got := num(t, r, c.table, c.row, c.column); got != c.want {
			t.Errorf("%s, %s, %s: %d, want %d", c.table, c.row, c.column, got, c.want)
		}
	}
	if p := r.Plots[TableReplies]; len(p.Bars) != 1 || p.Bars[0].Name != "North" {
		t.Errorf("the times of few answers are drawn: %+v", p)
	}
}

// drawn makes facts of any sort.
func drawn(t *rapid.T) Facts {
	day := func(name string) workdays.Day { return today.Plus(-rapid.IntRange(0, 500).Draw(t, name)) }
	f := Facts{Today: today, Period: Period{today.Plus(-rapid.IntRange(0, 400).Draw(t, "from")), today}, Calendar: cal}
	for i := range rapid.IntRange(0, 12).Draw(t, "cases") {
		c := Case{Place: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "place"), Workers: rapid.IntRange(0, 3).Draw(t, "workers")}
		c.ID, c.Mother = ids.CaseID(fmt.Sprint("cas", i)), ids.MotherID(fmt.Sprint("mth", i))
		if rapid.Bool().Draw(t, "closed") {
			c.Closed = day("closed").At(12, 0)
		}
		for range rapid.IntRange(0, 4).Draw(t, "children") {
			c.Children = append(c.Children, cases.Child{Authority: ids.AgencyID(rapid.SampledFrom([]string{"", "n", "s", "e"}).Draw(t, "authority")), Home: rapid.SampledFrom([]string{"", "h", "i"}).Draw(t, "home"),
				Born: rapid.SampledFrom([]string{"", "2001-05-05", "2012-02-29", "2020-06-01"}).Draw(t, "born"), Relation: rapid.SampledFrom(cases.Relations).Draw(t, "relation")})
		}
		f.Cases = append(f.Cases, c)
	}
	for range rapid.IntRange(0, 15).Draw(t, "meetings") {
		d := day("meeting")
		f.Meetings = append(f.Meetings, Meeting{Kind: rapid.SampledFrom(meetings.Recordable).Draw(t, "kind"), Day: d, Starts: d.At(10, 0), Elsewhere: rapid.Bool().Draw(t, "elsewhere"), Invited: rapid.Bool().Draw(t, "invited"),
			Told: cal.Add(d, -rapid.IntRange(0, 20).Draw(t, "told")).At(9, 0), Part: rapid.SampledFrom(append(slices.Clone(meetings.Parts), "")).Draw(t, "part"), Why: rapid.SampledFrom(append(slices.Clone(meetings.Whys), "")).Draw(t, "why")})
	}
	for range rapid.IntRange(0, 40).Draw(t, "said") {
		f.Said = append(f.Said, Said{ids.ThreadID(rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "thread")), rapid.SampledFrom([]string{"North", "South"}).Draw(t, "of"), rapid.Bool().Draw(t, "theirs"), day("at").At(rapid.IntRange(0, 23).Draw(t, "hour"), 0)})
	}
	for range rapid.IntRange(0, 10).Draw(t, "goals") {
		g := cases.Goal{Kind: rapid.SampledFrom(cases.GoalKinds).Draw(t, "goal"), Set: day("set").At(9, 0), Outcome: rapid.SampledFrom([]cases.GoalOutcome{"", cases.GoalReached, cases.GoalGivenUp}).Draw(t, "outcome")}
		if !g.Open() {
			g.On = today
		}
		f.Goals = append(f.Goals, g)
	}
	return f
}

// Whatever there is to count: what is split up adds up again, nothing is lost, and no order matters.
func TestNumbersAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := drawn(rt)
		r := Of(f)
		for _, tab := range r.Tables {
			for _, row := range tab.Rows {
				if len(row.Values) != len(tab.Columns) {
					rt.Fatalf("%s has %d columns, and a row of %d", tab.Name, len(tab.Columns), len(row.Values))
				}
				for _, v := range row.Values {
					if v.N < 0 || v.Percent && v.N > 100 {
						rt.Fatalf("%s: %+v", tab.Name, row)
					}
				}
			}
			checkSums(rt, tab)
		}
		places, authorities := 0, map[ids.AgencyID]bool{}
		for _, c := range f.Cases {
			places++
			for _, k := range c.Children {
				if k.Authority != "" {
					authorities[k.Authority] = true
				}
			}
		}
		if got := num(rt, r, TableCaseload, "all", "open") + num(rt, r, TableCaseload, "all", "closed"); got != places {
			rt.Fatalf("%d open and closed of %d cases", got, places)
		}
		if got := num(rt, r, TableCaseload, "all", "authorities"); got != len(authorities) {
			rt.Fatalf("%d authorities of %d", got, len(authorities))
		}
		if got := num(rt, r, TableMeetings, "all", "held"); got != num(rt, r, TableMeetings, "all", "herself")+num(rt, r, TableMeetings, "all", "read_out")+num(rt, r, TableMeetings, "all", "without")+num(rt, r, TableMeetings, "all", "not_known") {
			rt.Fatalf("%d meetings were held, and their parts are others", got)
		}
		curve := r.Plots[TableReplyDays].Curve
		for i := 1; i < len(curve); i++ {
			if curve[i].Percent < curve[i-1].Percent {
				rt.Fatalf("the share of what is answered falls: %+v", curve)
			}
		}
		turned := f
		turned.Cases, turned.Meetings, turned.Said, turned.Goals = slices.Clone(f.Cases), slices.Clone(f.Meetings), slices.Clone(f.Said), slices.Clone(f.Goals)
		slices.Reverse(turned.Cases)
		slices.Reverse(turned.Meetings)
		slices.Reverse(turned.Goals)
		if !reflect.DeepEqual(Of(turned), r) {
			rt.Fatal("the order of what is counted changes the numbers")
		}
	})
}

// checkSums: under every column that counts things, the rows above the first total come to it. Not so of mothers and authorities, who can be in several rows, and of medians.
func checkSums(t *rapid.T, tab Table) {
	total := slices.IndexFunc(tab.Rows, func(r Row) bool { return r.Total })
	if total < 0 || tab.Name == TableReplyDays {
		return
	}
	for i, col := range tab.Columns {
		if slices.Contains([]string{"authorities", "shared", "median", "ninetieth", "median_days", "days_asked"}, col.Word) || tab.Rows[total].Values[i].Percent {
			continue
		}
		sum := 0
		for _, r := range tab.Rows[:total] {
			sum += r.Values[i].N
		}
		if sum != tab.Rows[total].Values[i].N {
			t.Fatalf("%s, %s: the rows come to %d, and it says %d: %+v", tab.Name, col.Word+col.Name, sum, tab.Rows[total].Values[i].N, tab)
		}
	}
}

// One case more changes the numbers of its establishment by that one and those of no other.
func TestOneCaseMore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := drawn(rt)
		before := Of(f)
		c := Case{Place: "A", Workers: 1, Children: []cases.Child{{Born: "2015-01-01", Home: "a", Authority: "n"}, {Born: "2016-01-01", Home: "b", Authority: "s"}}}
		c.ID, c.Mother = "cas_more", "mth_more"
		f.Cases = append(f.Cases, c)
		after := Of(f)
		for _, x := range []struct {
			table, row, column string
			more               int
		}{{TableCaseload, "all", "mothers", 1}, {TableCaseload, "all", "children", 2}, {TableCaseload, "all", "other_children", 0}, {TableCaseload, "all", "open", 1}, {TableSiblings, "all", "families", 1}, {TableSiblings, "all", "apart", 1},
			{TableWorkers, "workers_in_all", "all", 1}, {TableChildren, "cases", "all", 1}} {
			if b, a := num(rt, before, x.table, x.row, x.column), num(rt, after, x.table, x.row, x.column); a != b+x.more {
				rt.Fatalf("%s, %s: %d became %d", x.table, x.column, b, a)
			}
		}
		tab, _ := before.Table(TableCaseload)
		for _, row := range tab.Rows {
			if row.Total || row.Name == "A" {
				continue
			}
			for _, column := range []string{"mothers", "children", "open", "closed", "authorities"} {
				if num(rt, after, TableCaseload, row.Name, column) != num(rt, before, TableCaseload, row.Name, column) {
					rt.Fatalf("%s changed with a case at A", row.Name)
				}
			}
		}
	})
}
