// Package reports counts what Pact and its funders ask about all cases together: the caseload, how meetings were attended, how soon authorities answer, and what contact was worked for. It
// is pure: facts in, tables and plots out. Nobody is named in it but establishments and authorities.
//
// The caseload is counted as it stands on a day, of a closed case as it stood when it was closed. What happens (meetings, messages, goals) is counted in a period, by the day it began.
package reports

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

// Period is the days, both counted, of what is counted by when it began.
type Period struct{ From, Until workdays.Day }

// Year is the year that ends with a day.
func Year(today workdays.Day) Period { return Period{today.YearsLater(-1).Plus(1), today} }

// Has reports whether a day is in the period.
func (p Period) Has(d workdays.Day) bool { return d >= p.From && d <= p.Until }

// Check says what is wrong with a period; nil = nothing.
func (p Period) Check() *ids.Fault {
	switch {
	case p.From == 0:
		return ids.BadField("from", "from", "Enter the first day, or leave both days empty.")
	case p.Until == 0:
		return ids.BadField("until", "until", "Enter the last day, or leave both days empty.")
	case p.Until < p.From:
		return ids.BadField("until", "order", "The last day is before the first. Check the two days.")
	}
	return nil
}

// Few is the size below which a number can tell who is counted, to somebody who knows some of them: 1 to Few-1 are small.
const Few = 5

// Case is one case as it is counted.
type Case struct {
	cases.Case
	Place    string // the establishment where the mother is, or was last
	Children []cases.Child
	Workers  int // allocated social workers who are in its official conversations now
}

// Meeting is one meeting about children that was held, or that was to be and is over.
type Meeting struct {
	Kind      meetings.Kind
	Day       workdays.Day
	Elsewhere bool // it was held outside Kinbridge: who was told when is not known
	Invited   bool // she was invited
	Told      time.Time
	Starts    time.Time
	Part      meetings.Part // "" = not known
	Why       meetings.Why
	Proven    bool // the room's events have her in it
}

// Said is one message in an official conversation with an authority: when ours went out, or when theirs came.
type Said struct {
	Thread    ids.ThreadID
	Authority string
	Theirs    bool
	At        time.Time
}

// Ask is one answer that was asked for by a day.
type Ask struct {
	Authority string
	cases.Ask
}

// Invitation is one invitation that came by mail.
type Invitation struct {
	State invites.State
	Came  time.Time
}

// Facts is all that a report is made of.
type Facts struct {
	Today    workdays.Day
	Period   Period
	Calendar *workdays.Calendar
	Cases    []Case
	Meetings []Meeting
	Invites  []Invitation
	Said     []Said
	Asks     []Ask
	Goals    []cases.Goal
}

// Text is what stands at the beginning of a row or over a column: a word that pages have in their languages (with the numbers N and To in it), or a name as it is.
type Text struct {
	Word  string
	N, To int
	Name  string
}

// Value is one number. One that is not known is no 0.
type Value struct {
	N       int
	Known   bool
	Percent bool
}

// Row is one line of a table.
type Row struct {
	Text
	Values []Value
	Total  bool
}

// Table is one table: First names what its rows are.
type Table struct {
	Name    string // as addresses and files have it
	First   Text
	Columns []Text
	Rows    []Row
}

// Plot shows one table as a picture. It says nothing that the table does not say.
type Plot struct {
	Of    string // the table's name
	Bars  []Bar
	Curve []Point // of a curve: shares by day
}

// Bar is one bar; Mark is a second length on it, 0 = none.
type Bar struct {
	Text
	N, Mark int
}

// Point is a place of a curve that rises in steps.
type Point struct{ Days, Percent int }

// Report is what was counted.
type Report struct {
	Today  workdays.Day
	Period Period
	Cases  int
	Tables []Table
	Plots  map[string]Plot // by the table's name
}

// Table returns the table of a name.
func (r Report) Table(name string) (Table, bool) {
	for _, t := range r.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// Section is a part of the report: the tables that belong together.
type Section struct {
	Name   string
	Tables []string
}

// Sections lists the parts in the order in which they are read. Every table is in one.
var Sections = []Section{
	{"caseload", []string{TableCaseload, TableChildren, TableAuthorities, TableWorkers, TableSiblings}},
	{"meetings", []string{TableInvitations, TableMeetings, TableMeans, TableReasons, TableNotice, TableNoticeDays}},
	{"answers", []string{TableReplies, TableReplyDays, TableAsked}},
	{"goals", []string{TableGoals}},
}

// Section returns the tables of a section; "all" is every one.
func (r Report) Section(name string) (out []Table) {
	for _, s := range Sections {
		if name != s.Name && name != "all" {
			continue
		}
		for _, of := range s.Tables {
			if t, ok := r.Table(of); ok {
				out = append(out, t)
			}
		}
	}
	return out
}

// Of counts.
func Of(f Facts) Report {
	r := Report{Today: f.Today, Period: f.Period, Cases: len(f.Cases), Plots: map[string]Plot{}}
	for _, part := range []func(*Report, Facts){caseload, perCase, siblings, invitations, attendance, notice, replies, asked, goals} {
		part(&r, f)
	}
	return r
}

func (r *Report) add(t Table, p *Plot) {
	r.Tables = append(r.Tables, t)
	if p != nil {
		p.Of = t.Name
		r.Plots[t.Name] = *p
	}
}

func word(w string) Text              { return Text{Word: w} }
func number(n int) Text               { return Text{Name: strconv.Itoa(n)} }
func between(w string, a, b int) Text { return Text{Word: w, N: a, To: b} }

func words(ws ...string) (out []Text) {
	for _, w := range ws {
		out = append(out, word(w))
	}
	return out
}

func count(n int) Value { return Value{N: n, Known: true} }

func counts(ns ...int) (out []Value) {
	for _, n := range ns {
		out = append(out, count(n))
	}
	return out
}

// Share is n of all in whole percent, halves up; not known of none.
func Share(n, all int) Value {
	if all == 0 {
		return Value{Percent: true}
	}
	return Value{N: (200*n + all) / (2 * all), Known: true, Percent: true}
}

// days is a time that is known only when something took time.
func days(n, of int) Value { return Value{N: n, Known: of > 0} }

// places are the establishments of the cases, by name.
func places(cs []Case) (out []string) {
	for _, c := range cs {
		out = append(out, c.Place)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// counted is the day as of which a case is counted.
func (c Case) counted(today workdays.Day) workdays.Day {
	if !c.Closed.IsZero() {
		return min(today, workdays.Of(c.Closed))
	}
	return today
}

// own are her own children in the case.
func (c Case) own() (out []cases.Child) {
	for _, k := range c.Children {
		if k.Own() {
			out = append(out, k)
		}
	}
	return out
}

// authorities are those that look after children of the case.
func (c Case) authorities() map[ids.AgencyID]bool {
	out := map[ids.AgencyID]bool{}
	for _, k := range c.Children {
		if k.Authority != "" {
			out[k.Authority] = true
		}
	}
	return out
}

// inOrder are a map's keys, sorted.
func inOrder[K cmp.Ordered, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
