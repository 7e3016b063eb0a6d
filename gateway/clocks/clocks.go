// Package clocks tells by when the law wants each meeting about a child to be held: looked-after reviews, child protection conferences and core
// groups. The rules are data with their sources (rules.go). It is pure: it counts days and reads no clock.
package clocks

import (
	"cmp"
	"slices"

	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

// Nation says whose law applies to a child: that of the nation whose authority looks after it.
type Nation string

// The nations. Kinbridge's authorities are those of England and Wales.
const (
	England Nation = "england"
	Wales   Nation = "wales"
)

// Child is what the clocks of one child run by. A day of 0 means that it has not happened or is not known.
type Child struct {
	Nation          Nation
	LookedAfter     workdays.Day // the day the child became looked after
	LookedAfterEnds workdays.Day // the day it ceased to be
	Strategy        workdays.Day // the strategy discussion (England: the last of them, Working Together 2023)
	Plan            workdays.Day // the initial conference that made a child protection plan
	PlanEnds        workdays.Day // the day the plan ended; also when the conference made none
}

// Meeting is one meeting about the child: held when its day is past and nobody called it off, else planned.
type Meeting struct {
	Kind    meetings.Kind
	Day     workdays.Day
	Held    bool
	Invited bool // the mother was asked to it, in time to know
}

// State is how a clock stands.
type State string

// The states, the worst first.
const (
	Overdue     State = "overdue"      // its day is past, and nothing was held
	PlannedLate State = "planned_late" // it is planned, for after its day
	DueSoon     State = "due_soon"     // nothing is planned, and the day is within Soon
	NotInvited  State = "not_invited"  // it is planned in time, and the mother has not been asked
	Due         State = "due"          // nothing is planned yet
	Planned     State = "planned"      // it is planned in time, and the mother has been asked
)

var severity = map[State]int{Overdue: 0, PlannedLate: 1, DueSoon: 2, NotInvited: 3, Due: 4, Planned: 5}

// Severity orders the states: 0 is the worst.
func (s State) Severity() int { return severity[s] }

// Soon is how many working days ahead of its day a meeting that nobody has planned is worth a warning: the child's review papers are to be
// with the others five working days before, and a prison needs as long to bring her.
const Soon = 10

// Clock is the next meeting of one kind that is due about a child.
type Clock struct {
	Kind  meetings.Kind
	Rule  Rule
	From  workdays.Day // the day it is counted from
	By    workdays.Day // the last day on which it is in time
	State State
	Days  int // working days from today to By; negative when it is past
	// Planned is the day of the meeting that is planned for it; 0 = none is.
	Planned workdays.Day
}

// Of returns the clocks that run for a child on the day today, the most pressing first. The meetings may come in any order; those before a clock began do not
// count towards it. A child who is not looked after and on no plan has none.
func Of(c Child, ms []Meeting, today workdays.Day, cal *workdays.Calendar) []Clock {
	var out []Clock
	for _, r := range Rules {
		begins, ends := r.began(c)
		if begins == 0 || begins > today || (ends != 0 && ends <= today) || (r.Nation != "" && r.Nation != c.Nation) {
			continue
		}
		if k, ok := r.next(begins, ms, today, cal); ok {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b Clock) int {
		return cmp.Or(cmp.Compare(severity[a.State], severity[b.State]), cmp.Compare(a.By, b.By))
	})
	return out
}

// next is the rule's clock for the meetings of its kind since it began.
func (r Rule) next(begins workdays.Day, ms []Meeting, today workdays.Day, cal *workdays.Calendar) (Clock, bool) {
	var held []workdays.Day
	var planned *Meeting
	for i, m := range ms {
		switch {
		case m.Kind != r.Kind || m.Day < begins:
		case m.Held && m.Day <= today:
			held = append(held, m.Day)
		case !m.Held && m.Day >= today && (planned == nil || m.Day < planned.Day):
			planned = &ms[i]
		}
	}
	slices.Sort(held)
	held = slices.Compact(held) // a review in two parts on one day is one
	if r.Once && len(held) > 0 {
		return Clock{}, false
	}
	k := Clock{Kind: r.Kind, Rule: r, From: begins, By: r.Steps[0].after(begins, cal)}
	if n := len(held); n > 0 {
		k.From = held[n-1]
		k.By = r.Steps[min(n, len(r.Steps)-1)].after(k.From, cal)
	}
	k.Days = cal.Between(today, k.By)
	switch {
	case planned != nil && planned.Day > k.By:
		k.State = PlannedLate
	case planned != nil && !planned.Invited:
		k.State = NotInvited
	case planned != nil:
		k.State = Planned
	case k.By < today:
		k.State = Overdue
	case k.Days <= Soon:
		k.State = DueSoon
	default:
		k.State = Due
	}
	if planned != nil {
		k.Planned = planned.Day
	}
	return k, true
}
