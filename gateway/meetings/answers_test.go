package meetings

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAnOlderAnswerNeverReplacesANewer(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 11, 2, 9, m, 0, 0, time.UTC) }
	kept := GuestAnswer{Answer: AnswerAccepted, At: at(30), Stamp: at(20), Sequence: 2}
	for name, c := range map[string]struct {
		a    GuestAnswer
		kept GuestAnswer
		want Settled
	}{
		"the first":                        {GuestAnswer{Answer: AnswerDeclined, Stamp: at(1), Sequence: 2}, GuestAnswer{}, AnswerTaken},
		"newer":                            {GuestAnswer{Answer: AnswerDeclined, Stamp: at(21), Sequence: 2}, kept, AnswerTaken},
		"of the same second, other":        {GuestAnswer{Answer: AnswerDeclined, Stamp: at(20), Sequence: 2}, kept, AnswerTaken},
		"the same":                         {GuestAnswer{Answer: AnswerAccepted, Stamp: at(20), Sequence: 2}, kept, AnswerRepeated},
		"the same, with words":             {GuestAnswer{Answer: AnswerAccepted, Stamp: at(20), Sequence: 2, Comment: "Late."}, kept, AnswerTaken},
		"older":                            {GuestAnswer{Answer: AnswerDeclined, Stamp: at(19), Sequence: 2}, kept, AnswerOutdated},
		"to the times before":              {GuestAnswer{Answer: AnswerDeclined, Stamp: at(40), Sequence: 1}, kept, AnswerOutdated},
		"to times that were never offered": {GuestAnswer{Answer: AnswerDeclined, Stamp: at(40), Sequence: 3}, kept, AnswerUnknown},
	} {
		if got := c.a.Against(c.kept, 2); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// In whatever order answers arrive, and however often, the newest to the present times is what is kept.
func TestTheOrderOfArrivalSaysNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		all := []Answer{AnswerAccepted, AnswerDeclined, AnswerTentative, AnswerCounter}
		var kept, newest GuestAnswer
		for i := range rapid.IntRange(1, 12).Draw(r, "n") {
			a := GuestAnswer{Answer: rapid.SampledFrom(all).Draw(r, "answer"), Sequence: rapid.IntRange(0, 3).Draw(r, "sequence"),
				Stamp: time.Unix(int64(rapid.IntRange(0, 500).Draw(r, "stamp")*100+i), 0), At: time.Unix(int64(100_000+i), 0)}
			if a.Sequence == 2 && (newest.At.IsZero() || a.Stamp.After(newest.Stamp)) {
				newest = a
			}
			if a.Against(kept, 2) == AnswerTaken {
				kept = a
			}
		}
		if kept.Answer != newest.Answer {
			r.Fatalf("%+v, want %+v", kept, newest)
		}
	})
}
