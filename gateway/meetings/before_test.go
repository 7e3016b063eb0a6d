package meetings

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/workdays"
)

func TestQuestionsArePlain(t *testing.T) {
	for _, k := range Kinds {
		qs := QuestionsOf(k)
		if (len(qs) > 0) != k.AboutChildren() {
			t.Errorf("%s has %d questions", k, len(qs))
		}
		seen := map[string]bool{}
		for _, q := range qs {
			if seen[q.Name] || q.En == "" || q.Cy == "" {
				t.Errorf("%s: %+v", k, q)
			}
			seen[q.Name] = true
			for _, lang := range []string{"en", "cy"} {
				one, two := q.In(lang, []string{"Ella"}), q.In(lang, []string{"Ella", "Tom"})
				if len(strings.Fields(one)) > 15 || !strings.HasSuffix(one, "?") || strings.Contains(one+two, "{") || strings.Contains(q.In(lang, nil), "{") {
					t.Errorf("%s in %s: %q, %q", q.Name, lang, one, two)
				}
			}
		}
		if len(qs) > 0 && qs[len(qs)-1].Name != "ask" {
			t.Errorf("%s does not end with her question", k)
		}
	}
	if got := qHow.In("en", []string{"Ella", "Tom"}); got != "How do you think Ella and Tom are?" {
		t.Error(got)
	}
	if got := qLikes.In("en", []string{"Ella", "Tom"}); got != "What do Ella and Tom like and do well?" {
		t.Error(got)
	}
}

func TestCompose(t *testing.T) {
	answers := map[string]string{"how": "Happy I think.", "worry": " ", "ask": "When can I see her?"}
	if got, want := Compose(LookedAfterReview, "en", []string{"Ella"}, answers, ""),
		"How do you think Ella is?\nHappy I think.\n\nWhat do you want to ask the people there?\nWhen can I see her?"; got != want {
		t.Errorf("%q", got)
	}
	if got := Compose(LookedAfterReview, "cy", []string{"Ella"}, answers, "P."); !strings.HasPrefix(got, "P.\n\nSut mae Ella, yn eich barn chi? (How do you think Ella is?)\nHappy") {
		t.Errorf("%q", got)
	}
	if got := Compose(LookedAfterReview, "en", nil, map[string]string{"how": ""}, "P."); got != "" {
		t.Errorf("nothing said became %q", got)
	}
}

func TestChoices(t *testing.T) {
	for name, c := range map[string]struct {
		Choice
		code string
	}{
		"by video":         {Choice{How: HowVideo}, ""},
		"with a worker":    {Choice{How: HowPhone, Beside: BesidePact}, ""},
		"no way":           {Choice{Beside: BesidePact}, "how"},
		"a stranger":       {Choice{How: HowVideo, Beside: "x"}, "beside"},
		"somebody unnamed": {Choice{How: HowVideo, Beside: BesideOther}, "name"},
		"somebody named":   {Choice{How: HowVideo, Beside: BesideOther, Name: "Sister Anne"}, ""},
		"a long name":      {Choice{How: HowVideo, Beside: BesideOther, Name: strings.Repeat("ŵ", MaxBesideName+1)}, "long"},
	} {
		if fault := c.Check(); (fault == nil) != (c.code == "") || fault != nil && fault.Code != c.code {
			t.Errorf("%s: %+v", name, fault)
		}
	}
	if (Choice{How: HowVideo}).ToTalk() || !(Choice{How: HowNotThere}).ToTalk() || (Choice{How: HowNotThere, Talked: time.Now()}).ToTalk() {
		t.Error("who is to be talked with")
	}
}

func TestDaysOfNotice(t *testing.T) {
	cal := workdays.EnglandAndWales()
	meeting := workdays.Date(2026, 11, 20).At(10, 0) // a Friday
	for knew, want := range map[time.Time]int{
		{}: 0, workdays.Date(2026, 11, 13).At(16, 0): 5, workdays.Date(2026, 11, 19).At(9, 0): 1, workdays.Date(2026, 11, 20).At(9, 0): 0, workdays.Date(2026, 11, 23).At(9, 0): 0,
	} {
		if got := DaysOfNotice(cal, knew, meeting); got != want {
			t.Errorf("known %s: %d, want %d", knew, got, want)
		}
	}
}
