package cases

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Care holds the days from which it is counted when meetings about a child are due. 0 = it is not so, or the day is not known.
type Care struct {
	LookedAfter     workdays.Day // the day the child became looked after, this time
	LookedAfterEnds workdays.Day // the day that it ceased to be
	Strategy        workdays.Day // the strategy discussion; the last, when there were several
	Plan            workdays.Day // the conference that made a child protection plan
	PlanEnds        workdays.Day // the day the plan ended; that of the conference, when it made none
}

// The fields, as forms name them.
const (
	CareLookedAfter     = "looked_after"
	CareLookedAfterEnds = "looked_after_ends"
	CareStrategy        = "strategy"
	CarePlan            = "plan"
	CarePlanEnds        = "plan_ends"
)

// earliestCare is how many years back a day can be: nobody is a child for longer.
const earliestCare = 19

// Check says what is wrong with the days, for a child born on a day (0 = not known); nil = nothing.
func (c Care) Check(born, today workdays.Day) *ids.Fault {
	for _, d := range []struct {
		field string
		day   workdays.Day
	}{{CareLookedAfter, c.LookedAfter}, {CareLookedAfterEnds, c.LookedAfterEnds}, {CareStrategy, c.Strategy}, {CarePlan, c.Plan}, {CarePlanEnds, c.PlanEnds}} {
		switch {
		case d.day > today:
			return ids.BadField(d.field, "future", "The day is in the future. Enter it once it has come.")
		case d.day != 0 && d.day < today.YearsLater(-earliestCare):
			return ids.BadField(d.field, "long_ago", "The day is too long ago. Check the year.")
		}
	}
	switch {
	case c.LookedAfterEnds != 0 && c.LookedAfter == 0:
		return ids.BadField(CareLookedAfter, "begins_missing", "Enter the day the child became looked after.")
	case c.LookedAfterEnds != 0 && c.LookedAfterEnds < c.LookedAfter:
		return ids.BadField(CareLookedAfterEnds, "ends_before", "Being looked after cannot end before it begins. Check the two days.")
	case born != 0 && c.LookedAfter != 0 && c.LookedAfter < born:
		return ids.BadField(CareLookedAfter, "before_birth", "The child cannot be looked after before birth. Check the two days.")
	case c.PlanEnds != 0 && c.Plan == 0:
		return ids.BadField(CarePlan, "plan_missing", "Enter the day of the conference that made the plan.")
	case c.PlanEnds != 0 && c.PlanEnds < c.Plan:
		return ids.BadField(CarePlanEnds, "plan_ends_before", "The plan cannot end before it begins. Check the two days.")
	case c.Plan != 0 && c.Strategy > c.Plan:
		return ids.BadField(CareStrategy, "strategy_after_plan", "The strategy discussion is after the conference that made the plan. If there was a new one, clear the days of the plan that has ended.")
	}
	return nil
}
