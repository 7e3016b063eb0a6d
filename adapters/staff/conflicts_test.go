package staff

import (
	"testing"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/messages"
)

// Whoever comes second is told so in both languages, without a machine's word, in the words that the API gives in English.
func TestConflictsInBothLanguages(t *testing.T) {
	b, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []messages.Outcome{messages.OutcomeReleased, messages.OutcomeWithheld, messages.OutcomeReturned, messages.OutcomeFiled, messages.OutcomeMoved} {
		if messages.Conflicts["decided_"+string(o)] == "" {
			t.Errorf("nothing is said of a second decision after %q", o)
		}
	}
	for code, english := range messages.Conflicts {
		if got := b.Loc(i18n.English).T("common.conflicts." + code); got != english {
			t.Errorf("%s: the page says %q, the domain %q", code, got, english)
		}
		if got := b.Loc(i18n.Welsh).T("common.conflicts." + code); got == "" || got == english {
			t.Errorf("%s has no Welsh: %q", code, got)
		}
	}
}
