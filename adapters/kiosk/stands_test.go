package kiosk

import (
	"strings"
	"testing"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

// She is told who answers now, in both languages, and that they have what she wrote only when it is so.
func TestWordsForWhoAnswersNow(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n      flow.KioskNewcomer
		en, cy string
	}{
		{flow.KioskNewcomer{Name: "Nia Vaughan", Role: people.AllocatedWorker, Whose: true, Told: true}, "Your child’s social worker is now Nia Vaughan. They have what you wrote before.", "Gweithiwr cymdeithasol eich plentyn yw Nia Vaughan nawr."},
		{flow.KioskNewcomer{Name: "Nia Vaughan", Role: people.TeamManager, Whose: true}, "Nia Vaughan answers you here now.", "Nia Vaughan sy'n eich ateb"},
		{flow.KioskNewcomer{Name: "Duty", Role: people.DutyTeam}, "The duty team at Anytown Council answers you here now.", "Y tîm dyletswydd yn Anytown Council"},
	} {
		for lang, want := range map[i18n.Lang]string{"en": c.en, "cy": c.cy} {
			got := shower{loc: words.Loc(lang)}.stands(flow.KioskThread{With: "Anytown Council", Newcomer: &c.n})
			if len(got) != 1 || !strings.HasPrefix(got[0], want) || !c.n.Told && len(got[0]) > 120 {
				t.Errorf("%s: %q", lang, got)
			}
		}
	}
}
