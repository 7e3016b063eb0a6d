package clocks

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/meetings"
	"kinbridge/gateway/workdays"
)

var cal = workdays.EnglandAndWales()

func day(s string) workdays.Day {
	d, err := workdays.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func held(k meetings.Kind, s string) Meeting { return Meeting{Kind: k, Day: day(s), Held: true} }

func TestWhatIsDueNext(t *testing.T) {
	looked := Child{Nation: England, LookedAfter: day("2026-12-14")}
	plan := Child{Nation: Wales, Strategy: day("2026-03-02"), Plan: day("2026-03-20")}
	lac, icpc, core, rcpc := meetings.LookedAfterReview, meetings.InitialConference, meetings.CoreGroup, meetings.ReviewConference
	for name, c := range map[string]struct {
		child Child
		ms    []Meeting
		today string
		want  []Clock // Kind, By and State are compared, and the day planned
	}{
		"not looked after": {Child{Nation: England}, nil, "2026-11-30", nil},
		// 20 working days over Christmas: 25 and 28 December (Boxing Day moves to the Monday) and 1 January do not count.
		"first review over Christmas": {looked, nil, "2026-12-15", []Clock{{Kind: lac, By: day("2027-01-14"), State: Due}}},
		"its last day is in time":     {looked, nil, "2027-01-14", []Clock{{Kind: lac, By: day("2027-01-14"), State: DueSoon}}},
		"the day after it is overdue": {looked, nil, "2027-01-15", []Clock{{Kind: lac, By: day("2027-01-14"), State: Overdue}}},
		"second within three months of the first": {looked, []Meeting{held(lac, "2027-01-11")}, "2027-01-12",
			[]Clock{{Kind: lac, By: day("2027-04-11"), State: Due}}},
		"then every six months": {looked, []Meeting{held(lac, "2027-04-01"), held(lac, "2027-01-11")}, "2027-04-02",
			[]Clock{{Kind: lac, By: day("2027-10-01"), State: Due}}},
		"and again six months": {looked, []Meeting{held(lac, "2027-09-30"), held(lac, "2027-04-01"), held(lac, "2027-01-11")}, "2027-10-02",
			[]Clock{{Kind: lac, By: day("2028-03-30"), State: Due}}},
		"the end of a short month": {Child{Nation: England, LookedAfter: day("2026-11-02")}, []Meeting{held(lac, "2026-11-30")}, "2026-12-01",
			[]Clock{{Kind: lac, By: day("2027-02-28"), State: Due}}},
		"two parts on one day are one review": {looked, []Meeting{held(lac, "2027-01-11"), held(lac, "2027-01-11")}, "2027-01-12",
			[]Clock{{Kind: lac, By: day("2027-04-11"), State: Due}}},
		"planned, she is not asked": {looked, []Meeting{{Kind: lac, Day: day("2027-01-06")}}, "2026-12-20",
			[]Clock{{Kind: lac, By: day("2027-01-14"), State: NotInvited, Planned: day("2027-01-06")}}},
		"planned, and she is asked": {looked, []Meeting{{Kind: lac, Day: day("2027-01-06"), Invited: true}}, "2026-12-20",
			[]Clock{{Kind: lac, By: day("2027-01-14"), State: Planned, Planned: day("2027-01-06")}}},
		"planned too late, asked or not": {looked, []Meeting{{Kind: lac, Day: day("2027-01-20"), Invited: true}}, "2026-12-20",
			[]Clock{{Kind: lac, By: day("2027-01-14"), State: PlannedLate, Planned: day("2027-01-20")}}},
		"the earlier of two plans": {looked, []Meeting{{Kind: lac, Day: day("2027-01-20")}, {Kind: lac, Day: day("2027-01-12"), Invited: true}}, "2026-12-20",
			[]Clock{{Kind: lac, By: day("2027-01-14"), State: Planned, Planned: day("2027-01-12")}}},
		"a plan that nobody held is no review": {looked, []Meeting{{Kind: lac, Day: day("2027-01-06")}}, "2027-01-15",
			[]Clock{{Kind: lac, By: day("2027-01-14"), State: Overdue}}},
		"a review before this time in care does not count": {looked, []Meeting{held(lac, "2025-05-05")}, "2026-12-15", []Clock{{Kind: lac, By: day("2027-01-14"), State: Due}}},
		"another kind does not count":                      {looked, []Meeting{held(core, "2026-12-16")}, "2026-12-20", []Clock{{Kind: lac, By: day("2027-01-14"), State: Due}}},
		"no longer looked after":                           {Child{Nation: England, LookedAfter: day("2026-01-01"), LookedAfterEnds: day("2026-06-01")}, nil, "2026-06-01", nil},
		"not yet looked after":                             {looked, nil, "2026-12-13", nil},
		"a conference within 15 working days": {Child{Nation: England, Strategy: day("2026-03-27")}, nil, "2026-04-13", // Good Friday 3, Easter Monday 6 April
			[]Clock{{Kind: icpc, By: day("2026-04-21"), State: DueSoon}}},
		"the conference was held": {Child{Nation: England, Strategy: day("2026-03-27")}, []Meeting{held(icpc, "2026-04-20")}, "2026-04-22", nil},
		"a plan: core group in 10 working days, review in 3 months": {plan, nil, "2026-03-21",
			[]Clock{{Kind: core, By: day("2026-04-07"), State: DueSoon}, {Kind: rcpc, By: day("2026-06-20"), State: Due}}},
		"core groups every six weeks, reviews every six months": {plan, []Meeting{held(core, "2026-04-01"), held(rcpc, "2026-06-15")}, "2026-06-16",
			[]Clock{{Kind: core, By: day("2026-05-13"), State: Overdue}, {Kind: rcpc, By: day("2026-12-15"), State: Due}}},
		"the plan has ended": {Child{Nation: Wales, Plan: day("2026-03-20"), PlanEnds: day("2026-06-15")}, nil, "2026-06-15", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Of(c.child, c.ms, day(c.today), cal)
			for i := range got {
				if got[i].Rule.Source == "" || got[i].Rule.Kind != got[i].Kind {
					t.Errorf("a clock without its rule: %+v", got[i])
				}
				got[i] = Clock{Kind: got[i].Kind, By: got[i].By, State: got[i].State, Planned: got[i].Planned}
			}
			if !slices.EqualFunc(got, c.want, func(a, b Clock) bool {
				return a.Kind == b.Kind && a.By == b.By && a.State == b.State && a.Planned == b.Planned
			}) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Whatever happens: a clock's day is never before what it counts from; what is overdue stays so until something is held or planned;
// holding a meeting today never makes the same clock due earlier.
func TestClocksOnlyMoveOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := workdays.Date(2026, time.January, 5)
		some := func(name string) workdays.Day {
			return base.Plus(rapid.IntRange(0, 700).Draw(t, name))
		}
		c := Child{Nation: rapid.SampledFrom([]Nation{England, Wales}).Draw(t, "nation"), LookedAfter: some("looked"), Strategy: some("strategy"), Plan: some("plan")}
		ms := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Meeting {
			return Meeting{Kind: rapid.SampledFrom(meetings.Kinds).Draw(t, "kind"), Day: base.Plus(rapid.IntRange(0, 900).Draw(t, "day")),
				Held: rapid.Bool().Draw(t, "held"), Invited: rapid.Bool().Draw(t, "invited")}
		}), 0, 12).Draw(t, "meetings")
		today := some("today")
		for _, k := range Of(c, ms, today, cal) {
			if k.By < k.From || k.From > today {
				t.Fatalf("%+v on %v", k, today)
			}
			if (k.State == Overdue) != (k.By < today && k.Planned == 0) {
				t.Fatalf("%+v on %v", k, today)
			}
			if k.Days > 0 != (k.By > today && cal.Between(today, k.By) > 0) {
				t.Fatalf("%d working days to %v on %v", k.Days, k.By, today)
			}
			after := Of(c, append(slices.Clone(ms), Meeting{Kind: k.Kind, Day: today, Held: true}), today, cal)
			for _, a := range after {
				if a.Kind == k.Kind && (a.By < today || a.From != today) {
					t.Fatalf("after a meeting today, on %v: %+v", today, a)
				}
			}
		}
	})
}
