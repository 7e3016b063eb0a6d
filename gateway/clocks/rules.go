package clocks

import (
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

// Span is a length of time as the law gives it: one of the three is not 0.
type Span struct {
	WorkingDays int
	Weeks       int
	Months      int
}

func (s Span) after(d workdays.Day, cal *workdays.Calendar) workdays.Day {
	switch {
	case s.WorkingDays != 0:
		return cal.Add(d, s.WorkingDays)
	case s.Months != 0:
		return d.MonthsLater(s.Months)
	}
	return d.Plus(7 * s.Weeks)
}

// Begins says what starts a clock.
type Begins string

// What starts clocks.
const (
	BeingLookedAfter   Begins = "looked_after"
	StrategyDiscussion Begins = "strategy"
	ProtectionPlan     Begins = "plan"
)

// Rule is one rule of law or statutory guidance about how often a meeting is held. The first step counts from the beginning, the second
// from the first meeting that was held, and so on; the last step repeats.
type Rule struct {
	ID     string // for screens' words and for audit entries
	Kind   meetings.Kind
	Nation Nation // "" = both
	Begins Begins
	Steps  []Span
	Once   bool // held once: there is no next
	Source string
}

// Rules are all of them. Numbers are those of the sources named, read as "within": the last day is in time.
var Rules = []Rule{
	{ID: "lac_england", Kind: meetings.LookedAfterReview, Nation: England, Begins: BeingLookedAfter,
		Steps:  []Span{{WorkingDays: 20}, {Months: 3}, {Months: 6}},
		Source: "Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959), regulation 33"},
	{ID: "lac_wales", Kind: meetings.LookedAfterReview, Nation: Wales, Begins: BeingLookedAfter,
		Steps:  []Span{{WorkingDays: 20}, {Months: 3}, {Months: 6}},
		Source: "Care Planning, Placement and Case Review (Wales) Regulations 2015 (SI 2015/1818), regulation 39"},
	{ID: "icpc", Kind: meetings.InitialConference, Begins: StrategyDiscussion, Once: true,
		Steps:  []Span{{WorkingDays: 15}},
		Source: "Working Together to Safeguard Children 2023; Wales Safeguarding Procedures"},
	{ID: "core_group", Kind: meetings.CoreGroup, Begins: ProtectionPlan,
		Steps:  []Span{{WorkingDays: 10}, {Weeks: 6}},
		Source: "Working Together to Safeguard Children 2023; Wales Safeguarding Procedures"},
	{ID: "rcpc", Kind: meetings.ReviewConference, Begins: ProtectionPlan,
		Steps:  []Span{{Months: 3}, {Months: 6}},
		Source: "Working Together to Safeguard Children 2023; Wales Safeguarding Procedures"},
}

// began returns the day on which the rule's clock began for a child and the day on which it stopped; 0 = it did not.
func (r Rule) began(c Child) (begins, ends workdays.Day) {
	switch r.Begins {
	case BeingLookedAfter:
		return c.LookedAfter, c.LookedAfterEnds
	case StrategyDiscussion:
		return c.Strategy, c.Plan // the conference was held, here or without us
	case ProtectionPlan:
		return c.Plan, c.PlanEnds
	}
	return 0, 0
}
