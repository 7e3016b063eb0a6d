package cases

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Goal is contact with a child that is worked for.
type Goal struct {
	ID    ids.GoalID
	Case  ids.CaseID
	Child ids.ChildID
	Kind  GoalKind
	Set   time.Time
	SetBy ids.StaffID
	// Outcome is "" while it is worked for. On is the day it was reached or given up; Ended and EndedBy, when that was recorded and by whom.
	Outcome GoalOutcome
	On      workdays.Day
	Ended   time.Time
	EndedBy ids.StaffID
}

// GoalKind says what contact it is.
type GoalKind string

// The kinds, from the least to the most.
const (
	GoalLetterbox GoalKind = "letterbox"   // letters by way of the adoption team
	GoalNews      GoalKind = "news"        // photos, reports and news of the child
	GoalLetters   GoalKind = "letters"     // letters and cards
	GoalPhone     GoalKind = "phone"       // telephone calls
	GoalVideo     GoalKind = "video"       // video calls
	GoalTime      GoalKind = "family_time" // the child visits her
)

// GoalKinds lists them in the order screens show them.
var GoalKinds = []GoalKind{GoalLetterbox, GoalNews, GoalLetters, GoalPhone, GoalVideo, GoalTime}

// Valid reports whether k is one of the kinds.
func (k GoalKind) Valid() bool { return slices.Contains(GoalKinds, k) }

// GoalOutcome is how a goal ended.
type GoalOutcome string

// The outcomes.
const (
	GoalReached GoalOutcome = "reached"
	GoalGivenUp GoalOutcome = "given_up"
)

// Open reports whether it is still worked for.
func (g Goal) Open() bool { return g.Outcome == "" }

// Days is how many days it took until it ended, counted in days of the calendar; 0 while it is open.
func (g Goal) Days() int {
	if g.Open() {
		return 0
	}
	return max(0, int(g.On-workdays.Of(g.Set)))
}

// End ends a goal on a day. It is Conflict when it has ended otherwise, and nothing when it has ended so already.
func (g *Goal) End(how GoalOutcome, on, today workdays.Day, by ids.StaffID, now time.Time) (changed bool, err error) {
	switch {
	case how != GoalReached && how != GoalGivenUp:
		return false, ids.Coded(ids.Invalid, "outcome", "Say whether the goal was reached or is given up.")
	case g.Outcome == how && g.On == on:
		return false, nil
	case !g.Open():
		return false, ids.Coded(ids.Conflict, "ended", "Somebody has ended this goal already.")
	case on == 0:
		return false, ids.Coded(ids.Invalid, "day", "Enter the day as a day, month and year.")
	case on > today:
		return false, ids.Coded(ids.Invalid, "future", "The day is in the future. Record it once it has come.")
	case on < workdays.Of(g.Set):
		return false, ids.Coded(ids.Invalid, "before", "The day is before the goal was set. Check the day.")
	}
	g.Outcome, g.On, g.Ended, g.EndedBy = how, on, now, by
	return true, nil
}
