package polls

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// somePoll draws a poll with some answers.
func somePoll(t *rapid.T) Poll {
	p := Poll{Minutes: 60, State: Open, Created: noon, Closes: noon.Add(48 * time.Hour)}
	for i := range rapid.IntRange(1, MaxSlots).Draw(t, "slots") {
		p.Slots = append(p.Slots, Slot{N: i + 1, Start: noon.Add(time.Duration(rapid.IntRange(-2, 12).Draw(t, "at")) * time.Hour)})
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "people") {
		one := Invitee{ID: ids.InviteeID(fmt.Sprint("pin_", i)), Required: rapid.Bool().Draw(t, "required"), Votes: map[int]Vote{}}
		if rapid.IntRange(0, 3).Draw(t, "answers") > 0 {
			one.Answered = noon
			for _, s := range p.Slots {
				one.Votes[s.N] = rapid.SampledFrom(Votes).Draw(t, "vote")
			}
		}
		p.Invitees = append(p.Invitees, one)
	}
	return p
}

// blocked says, without Best, whether somebody who must be there says no.
func blocked(p Poll, n int) bool {
	return slices.ContainsFunc(p.Invitees, func(i Invitee) bool { return i.Required && i.Votes[n] == No })
}

func yeses(p Poll, n int) (c int) {
	for _, i := range p.Invitees {
		if i.Votes[n] == Yes {
			c++
		}
	}
	return c
}

func TestBestRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somePoll(t)
		best := p.Best(noon)
		want := 0
		for _, s := range p.Slots {
			if s.Start.After(noon) {
				want++
			}
		}
		if len(best) != want {
			t.Fatalf("%d of %d times to come", len(best), want)
		}
		seen := map[int]bool{}
		for i, r := range best {
			if seen[r.N] || !r.Start.After(noon) {
				t.Fatalf("%+v is there twice or has begun", r)
			}
			seen[r.N] = true
			if r.Yes+r.IfNeedBe+r.No+r.Silent != len(p.Invitees) || r.Yes != yeses(p, r.N) || (len(r.Without) > 0) != blocked(p, r.N) {
				t.Fatalf("%+v is counted wrongly", r)
			}
			if i == 0 {
				continue
			}
			a, b := best[i-1], r
			switch {
			case blocked(p, a.N) != blocked(p, b.N):
				if blocked(p, a.N) {
					t.Fatalf("%+v, without somebody who must be there, is before %+v", a, b)
				}
			case a.Yes != b.Yes:
				if a.Yes < b.Yes {
					t.Fatalf("%+v is before %+v", a, b)
				}
			case a.Start.After(b.Start):
				t.Fatalf("%+v is later than %+v", a, b)
			}
		}
	})
}

// One more yes never makes a time worse, and one more no of somebody who must be there never better.
func TestAVoteMovesItsSlotTheRightWay(t *testing.T) {
	place := func(p Poll, n int) int {
		return slices.IndexFunc(p.Best(noon), func(r Ranked) bool { return r.N == n })
	}
	rapid.Check(t, func(t *rapid.T) {
		p := somePoll(t)
		if len(p.Invitees) == 0 {
			return
		}
		who := rapid.IntRange(0, len(p.Invitees)-1).Draw(t, "who")
		n := rapid.SampledFrom(p.Slots).Draw(t, "slot").N
		before := place(p, n)
		if before < 0 {
			return
		}
		p.Invitees[who].Votes[n] = Yes
		if after := place(p, n); after > before {
			t.Fatalf("a yes moved it from %d to %d", before, after)
		}
		p.Invitees[who].Required = true
		yes := place(p, n)
		p.Invitees[who].Votes[n] = No
		if after := place(p, n); after < yes {
			t.Fatalf("a no moved it from %d to %d", yes, after)
		}
	})
}

func TestCheck(t *testing.T) {
	day := noon.AddDate(0, 0, 7)
	for name, c := range map[string]struct {
		starts  []time.Time
		minutes int
		closes  time.Time
		bad     string
	}{
		"good":               {[]time.Time{day.Add(time.Hour), day}, 60, day.Add(-time.Hour), ""},
		"no time":            {nil, 60, day, "at least one"},
		"too many":           {slices.Repeat([]time.Time{day}, MaxSlots+1), 60, day, "at most"},
		"twice":              {[]time.Time{day, day}, 60, noon.Add(time.Hour), "twice"},
		"in the past":        {[]time.Time{noon.Add(-time.Hour)}, 60, noon.Add(-2 * time.Hour), "future"},
		"of a minute":        {[]time.Time{day}, 1, noon.Add(time.Hour), "10 minutes"},
		"of five hours":      {[]time.Time{day}, 300, noon.Add(time.Hour), "4 hours"},
		"no close":           {[]time.Time{day}, 60, time.Time{}, "until when"},
		"closed already":     {[]time.Time{day}, 60, noon, "future"},
		"closes too late":    {[]time.Time{day, day.Add(time.Hour)}, 60, day.Add(time.Minute), "before the first"},
		"open for long":      {[]time.Time{noon.AddDate(0, 6, 0)}, 60, noon.AddDate(0, 5, 0), "60 days"},
		"just at its begin":  {[]time.Time{day}, 60, day, ""},
		"a year and a month": {[]time.Time{noon.AddDate(1, 1, 0)}, 60, day, "within the next year"},
	} {
		slots, err := Check(c.starts, c.minutes, c.closes, noon)
		if c.bad == "" {
			if err != nil || len(slots) != len(c.starts) || slots[0].N != 1 || !slices.IsSortedFunc(slots, func(a, b Slot) int { return a.Start.Compare(b.Start) }) {
				t.Errorf("%s: %v %+v", name, err, slots)
			}
			continue
		}
		if ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), c.bad) {
			t.Errorf("%s: %v, want %q", name, err, c.bad)
		}
	}
}

func TestAnswer(t *testing.T) {
	p := Poll{Slots: []Slot{{N: 1, Start: noon}, {N: 2, Start: noon.Add(time.Hour)}}}
	votes, comment, err := p.Answer(map[int]Vote{1: Yes, 2: No, 9: Yes}, "  After 3pm,\nplease. ")
	if err != nil || comment != "After 3pm,\nplease." || len(votes) != 2 {
		t.Fatal(err, comment, votes)
	}
	for name, c := range map[string]struct {
		votes   map[int]Vote
		comment string
		kind    ids.Kind
	}{
		"one is missing": {map[int]Vote{1: Yes}, "", ids.Invalid}, "nonsense": {map[int]Vote{1: "perhaps", 2: Yes}, "", ids.Invalid},
		"long": {map[int]Vote{1: Yes, 2: Yes}, strings.Repeat("ŵ", MaxComment+1), ids.TooLarge}, "turned around": {map[int]Vote{1: Yes, 2: Yes}, "a\u202eb", ids.TooLarge},
	} {
		if _, _, err := p.Answer(c.votes, c.comment); ids.KindOf(err) != c.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	i := Invitee{Answered: noon, Votes: votes, Comment: comment}
	if !i.SameAnswer(votes, comment) || i.SameAnswer(votes, "") || i.SameAnswer(map[int]Vote{1: Yes, 2: Yes}, comment) || (Invitee{Votes: votes, Comment: comment}).SameAnswer(votes, comment) {
		t.Error("the same answer is not known as such")
	}
}

func TestPhase(t *testing.T) {
	p := Poll{State: Open, Created: noon, Closes: noon.Add(4 * time.Hour)}
	if p.Phase(noon) != Open || p.Phase(p.Closes) != Closed || !p.HalfWay().Equal(noon.Add(2*time.Hour)) {
		t.Error(p.Phase(noon), p.Phase(p.Closes), p.HalfWay())
	}
	for _, s := range []State{Closed, Withdrawn, Decided} {
		if p.State = s; p.Phase(noon) != s || p.Phase(p.Closes) != s {
			t.Errorf("%s does not stay so", s)
		}
	}
}
