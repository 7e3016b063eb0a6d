package cases

import (
	"testing"

	"kinbridge/gateway/workdays"
)

func TestWhatIsWrongWithTheDays(t *testing.T) {
	day := func(s string) workdays.Day {
		d, err := workdays.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	today, born := day("2026-11-20"), day("2020-02-01")
	for name, c := range map[string]struct {
		care        Care
		field, code string
	}{
		"nothing known":             {Care{}, "", ""},
		"all in order":              {Care{LookedAfter: day("2025-01-06"), LookedAfterEnds: day("2025-01-06"), Strategy: day("2024-05-01"), Plan: day("2024-05-01"), PlanEnds: day("2024-09-01")}, "", ""},
		"today":                     {Care{LookedAfter: today}, "", ""},
		"tomorrow":                  {Care{LookedAfter: today.Plus(1)}, CareLookedAfter, "future"},
		"the plan ends tomorrow":    {Care{Plan: today, PlanEnds: today.Plus(1)}, CarePlanEnds, "future"},
		"another century":           {Care{Strategy: day("1926-11-20")}, CareStrategy, "long_ago"},
		"ends before it begins":     {Care{LookedAfter: day("2025-01-06"), LookedAfterEnds: day("2025-01-05")}, CareLookedAfterEnds, "ends_before"},
		"ends and never began":      {Care{LookedAfterEnds: day("2025-01-05")}, CareLookedAfter, "begins_missing"},
		"before birth":              {Care{LookedAfter: day("2020-01-31")}, CareLookedAfter, "before_birth"},
		"a plan before birth":       {Care{Strategy: day("2020-01-06"), Plan: day("2020-01-20")}, "", ""},
		"a plan ends without one":   {Care{PlanEnds: day("2025-01-06")}, CarePlan, "plan_missing"},
		"a plan ends too early":     {Care{Plan: day("2025-01-06"), PlanEnds: day("2025-01-05")}, CarePlanEnds, "plan_ends_before"},
		"strategy after plan":       {Care{Strategy: day("2025-01-07"), Plan: day("2025-01-06")}, CareStrategy, "strategy_after_plan"},
		"strategy without any plan": {Care{Strategy: day("2025-01-07")}, "", ""},
	} {
		fault := c.care.Check(born, today)
		switch {
		case fault == nil && c.code != "", fault != nil && (fault.Code != c.code || fault.Field != c.field || fault.Text == ""):
			t.Errorf("%s: %+v, want %s of %s", name, fault, c.code, c.field)
		case (fault == nil) != (fault.Err() == nil):
			t.Errorf("%s: %v", name, fault.Err())
		}
	}
}
