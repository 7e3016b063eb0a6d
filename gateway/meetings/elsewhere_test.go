package meetings

import (
	"slices"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

func TestWhatIsWrongWithARecord(t *testing.T) {
	today := workdays.Date(2026, 11, 20)
	good := Elsewhere{Kind: LookedAfterReview, Day: today, Children: []ids.ChildID{"chd_1"}, Part: WithNone, Why: WhyNotTold}
	for name, c := range map[string]struct {
		change func(*Elsewhere)
		code   string
	}{
		"nothing":                       {func(*Elsewhere) {}, ""},
		"by video, no reason":           {func(e *Elsewhere) { e.Part, e.Why = ByVideo, "" }, ""},
		"by telephone, with a reason":   {func(e *Elsewhere) { e.Part, e.Why = ByPhone, WhyVideo }, ""},
		"another reason, and it says":   {func(e *Elsewhere) { e.Why, e.Note = WhyOther, "The taxi was late." }, ""},
		"a legal visit":                 {func(e *Elsewhere) { e.Kind = LegalVisit }, "kind"},
		"a talk with her supporter":     {func(e *Elsewhere) { e.Kind = PreBrief }, "kind"},
		"no kind":                       {func(e *Elsewhere) { e.Kind = "" }, "kind"},
		"no day":                        {func(e *Elsewhere) { e.Day = 0 }, "day"},
		"tomorrow":                      {func(e *Elsewhere) { e.Day = today.Plus(1) }, "future"},
		"another century":               {func(e *Elsewhere) { e.Day = workdays.Date(1926, 11, 20) }, "long_ago"},
		"about nobody":                  {func(e *Elsewhere) { e.Children = nil }, "about"},
		"no part":                       {func(e *Elsewhere) { e.Part = "" }, "part"},
		"without her and no reason":     {func(e *Elsewhere) { e.Why = "" }, "why"},
		"a reason of nobody's":          {func(e *Elsewhere) { e.Why = "because" }, "why"},
		"by telephone and no reason":    {func(e *Elsewhere) { e.Part, e.Why = ByPhone, "" }, "why"},
		"by video with a reason":        {func(e *Elsewhere) { e.Part = ByVideo }, "why_video"},
		"another reason, and not which": {func(e *Elsewhere) { e.Why = WhyOther }, "other"},
		"a long note":                   {func(e *Elsewhere) { e.Note = strings.Repeat("ŵ", MaxNote+1) }, "note"},
		"as long as it can be":          {func(e *Elsewhere) { e.Note = strings.Repeat("ŵ", MaxNote) }, ""},
	} {
		e := good
		c.change(&e)
		if fault := e.Check(today); (fault == nil) != (c.code == "") || fault != nil && (fault.Code != c.code || fault.Field == "" || fault.Text == "") {
			t.Errorf("%s: %+v, want %q", name, fault, c.code)
		}
	}
}

func TestEveryKindHasAStandard(t *testing.T) {
	for i, k := range Kinds {
		s := StandardOf(k)
		if s.Kind != k || Standards[i].Kind != k || s.Source == "" || !slices.Contains(s.Who, RoleOfMother) {
			t.Errorf("%s: %+v", k, s)
		}
		if (len(s.Papers) > 0) != (s.PapersBefore > 0) || k.AboutChildren() && (len(s.Papers) == 0 || len(s.Agenda) == 0) {
			t.Errorf("%s: papers %v, %d days before; agenda %v", k, s.Papers, s.PapersBefore, s.Agenda)
		}
		if k.AboutChildren() && !slices.Contains(s.Agenda, "mother_views") && k != FamilyGroupConference {
			t.Errorf("%s: her views are not on the agenda", k)
		}
	}
}
