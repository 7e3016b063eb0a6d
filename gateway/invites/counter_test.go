package invites

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
)

// proposed is an invitation for which two other times were proposed.
func proposed(t *testing.T) Known {
	t.Helper()
	in := one(1, start)
	in.Organizer = Person{Address: "meetings@anytown.example"}
	k := Known{}.Apply(in)
	c, err := k.Propose([]time.Time{start.Add(2 * time.Hour), start.Add(26 * time.Hour)}, "stf_1", now)
	if err != nil {
		t.Fatal(err)
	}
	k.Counter = &c
	return k
}

func TestWhatBecomesOfAProposal(t *testing.T) {
	refusal := one(1, start)
	refusal.Method, refusal.Comment = Refusal, "No."
	cancel := one(2, start)
	cancel.Method = Cancel
	for name, c := range map[string]struct {
		in      Invite
		verdict Verdict
		want    Outcome
	}{
		"refused": {refusal, Refused, NotTaken}, "the second is taken": {one(2, start.Add(26*time.Hour)), Newer, Taken}, "another time": {one(2, start.Add(time.Hour)), Newer, TakenOther},
		"only its words have changed": {one(2, start), Newer, Awaited}, "called off": {cancel, Newer, CalledItOff},
	} {
		k := proposed(t)
		if got := Judge(&k, c.in, true); got != c.verdict {
			t.Errorf("%s: %s", name, got)
		}
		after := k.Apply(c.in)
		if after.Counter.Outcome != c.want {
			t.Errorf("%s: %q, want %q", name, after.Counter.Outcome, c.want)
		}
		if k.Counter.Outcome != Awaited {
			t.Errorf("%s: what was known before has changed", name)
		}
		if c.want == NotTaken && (!after.Invite.Start.Equal(start) || after.Counter.Comment != "No." || Judge(&after, c.in, true) != Same) {
			t.Errorf("%+v", after)
		}
	}
	k := proposed(t)
	if got := Judge(&k, refusal, false); got != Forbidden {
		t.Errorf("a stranger's refusal: %s", got)
	}
	if got := Judge(nil, refusal, true); got != NotOurs {
		t.Errorf("a refusal of nothing: %s", got)
	}
}

// Of a series the first that can be booked is meant, and its calendar entry is named.
func TestAProposalForASeries(t *testing.T) {
	in := series(1, 4)
	in.Organizer = Person{Address: "meetings@anytown.example"}
	k := Known{}.Apply(in)
	at := start.Add(time.Minute) // the first has begun
	c, err := k.Propose([]time.Time{start.AddDate(0, 0, 8)}, "stf_1", at)
	if err != nil || !c.Occurrence.Equal(start.AddDate(0, 0, 7)) || !c.Was.Start.Equal(c.Occurrence) {
		t.Fatalf("%v %+v", err, c)
	}
	k.Counter = &c
	moved := one(2, start.AddDate(0, 0, 8))
	moved.RecurrenceID = start.AddDate(0, 0, 7)
	if got := k.Apply(moved).Counter.Outcome; got != Taken {
		t.Errorf("%q", got)
	}
}

// Whatever is proposed and accepted here is between one and three times to come, each once, each as long as the meeting, none of them its own.
func TestProposalsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := one(rapid.IntRange(0, 3).Draw(t, "seq"), start)
		if rapid.Bool().Draw(t, "organiser") {
			in.Organizer.Address = "meetings@anytown.example"
		}
		k := Known{}.Apply(in)
		var starts []time.Time
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			starts = append(starts, start.Add(time.Duration(rapid.IntRange(-400, 400).Draw(t, "hours"))*time.Hour))
		}
		c, err := k.Propose(starts, "stf_1", now)
		if err != nil {
			if kind := ids.KindOf(err); kind != ids.Invalid && kind != ids.Conflict {
				t.Fatal(err)
			}
			return
		}
		if in.Organizer.Address == "" || len(c.Slots) == 0 || len(c.Slots) > MaxSlots || c.Sequence != in.Sequence || !c.SameAs(c) {
			t.Fatalf("%+v", c)
		}
		for i, s := range c.Slots {
			if s.Start.Before(now.Add(-time.Hour)) || s.Start.Equal(start) || s.End.Sub(s.Start) != in.Length() || slices.ContainsFunc(c.Slots[:i], func(o Time) bool { return o.Start.Equal(s.Start) }) {
				t.Fatalf("%+v", c.Slots)
			}
		}
	})
}
