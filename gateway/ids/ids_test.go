package ids

import (
	"errors"
	"fmt"
	"testing"
)

func TestNewIsUniqueSortedByPrefixAndRecognised(t *testing.T) {
	seen := map[CaseID]bool{}
	for range 1000 {
		id := New[CaseID](Case)
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
		if !Has(id, Case) {
			t.Fatalf("%s not recognised", id)
		}
	}
	for _, bad := range []CaseID{"", "cas_", "thr_0123456789abcdefghjkmnpqrs", "cas_0123456789abcdefghjkmnpq!!", "cas_0"} {
		if Has(bad, Case) {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestErrorsKeepCausePrivate(t *testing.T) {
	err := fmt.Errorf("outer: %w", Wrap(Conflict, errors.New("row 7"), "Somebody else has taken this."))
	if KindOf(err) != Conflict || Public(err) != "Somebody else has taken this." {
		t.Fatalf("%v %q", KindOf(err), Public(err))
	}
	if got := Public(errors.New("secret")); got == "secret" || KindOf(errors.New("x")) != Internal {
		t.Fatalf("an unclassified error leaked: %q", got)
	}
}
