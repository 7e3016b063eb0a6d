package invites

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

var (
	now   = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	start = now.AddDate(0, 0, 7)
)

func one(seq int, at time.Time) Invite {
	return Invite{UID: "u", Method: Request, Sequence: seq, Stamp: now.Add(time.Duration(seq) * time.Minute), Start: at, End: at.Add(time.Hour)}
}

func series(seq int, n int) Invite {
	in := one(seq, start)
	in.Repeats = true
	for i := range n {
		at := start.AddDate(0, 0, 7*i)
		in.Times = append(in.Times, Time{ID: at, Start: at, End: at.Add(time.Hour)})
	}
	return in
}

func TestJudge(t *testing.T) {
	k := Known{}.Apply(one(2, start))
	cancel := one(3, start)
	cancel.Method = Cancel
	for name, c := range map[string]struct {
		known *Known
		in    Invite
		side  bool
		want  Verdict
	}{
		"the first":                       {nil, one(0, start), true, New},
		"a cancellation of nothing":       {nil, cancel, true, NotOurs},
		"the same again":                  {&k, one(2, start), true, Same},
		"the same from a stranger":        {&k, one(2, start), false, Same},
		"an older one":                    {&k, one(1, start), true, Stale},
		"a newer one":                     {&k, one(3, start), true, Newer},
		"a newer one from a stranger":     {&k, one(3, start), false, Forbidden},
		"a cancellation":                  {&k, cancel, true, Newer},
		"a cancellation from a stranger":  {&k, cancel, false, Forbidden},
		"an occurrence that was not seen": {&k, func() Invite { in := one(2, start); in.RecurrenceID = start; return in }(), true, Newer},
	} {
		if got := Judge(c.known, c.in, c.side); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Whatever order versions come in, what is known in the end is the newest, and nothing a stranger sends changes it.
func TestTheNewestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k *Known
		newest := -1
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			seq, side := rapid.IntRange(0, 5).Draw(t, "seq"), rapid.Bool().Draw(t, "side")
			in := one(seq, start.Add(time.Duration(seq)*time.Hour))
			v := Judge(k, in, side)
			if k != nil && !side && (v == Newer || v == New) {
				t.Fatalf("a stranger's version counted: %s", v)
			}
			if v != New && v != Newer {
				continue
			}
			if seq <= newest {
				t.Fatalf("version %d after %d: %s", seq, newest, v)
			}
			var was Known
			if k != nil {
				was = *k
			}
			next := was.Apply(in)
			k, newest = &next, seq
		}
		if k != nil && (k.Invite.Sequence != newest || !k.Invite.Start.Equal(start.Add(time.Duration(newest)*time.Hour))) {
			t.Fatalf("known %d at %v, newest %d", k.Invite.Sequence, k.Invite.Start, newest)
		}
	})
}

func booked(k Known, of ...Time) Known {
	for i, t := range of {
		k.Booked = append(k.Booked, Booked{Occurrence: t.ID, Meeting: ids.MeetingID(rune('a' + i)), Start: t.Start, End: t.End})
	}
	k.State = Accepted
	return k
}

func TestChangesOfOneMeeting(t *testing.T) {
	k := booked(Known{}.Apply(one(0, start)), Time{Start: start, End: start.Add(time.Hour)})
	if c := k.Changes(now); len(c) != 0 {
		t.Errorf("nothing has changed: %v", c)
	}
	moved := k.Apply(one(1, start.Add(time.Hour)))
	if c := moved.Changes(now); len(c) != 1 || c[0].To == nil || !c[0].To.Start.Equal(start.Add(time.Hour)) || moved.State != Accepted {
		t.Errorf("moved: %+v %s", c, moved.State)
	}
	off := one(2, start)
	off.Method = Cancel
	if c := moved.Apply(off).Changes(now); len(c) != 1 || c[0].To != nil {
		t.Errorf("called off: %+v", c)
	}
	if c := moved.Apply(off).Changes(start.AddDate(0, 0, 1)); len(c) != 0 {
		t.Errorf("what is over is not changed: %+v", c)
	}
	if got := (Known{}).Apply(one(0, start)).Apply(off); got.State != Withdrawn || len(got.Free(now)) != 0 {
		t.Errorf("withdrawn before it was booked: %s, %v", got.State, got.Free(now))
	}
}

func TestChangesOfASeries(t *testing.T) {
	in := series(0, 4)
	k := booked(Known{}.Apply(in), in.Times[0], in.Times[2])
	if f := k.Free(now); len(f) != 2 || !f[0].ID.Equal(in.Times[1].ID) {
		t.Errorf("free: %v", f)
	}
	exception := one(1, in.Times[2].Start.Add(30*time.Minute))
	exception.RecurrenceID = in.Times[2].ID
	k = k.Apply(exception)
	if c := k.Changes(now); len(c) != 1 || !c[0].Occurrence.Equal(in.Times[2].ID) || len(k.Invite.Times) != 4 {
		t.Errorf("one of them moved: %+v, %d times", c, len(k.Invite.Times))
	}
	gone := one(2, in.Times[0].Start)
	gone.RecurrenceID, gone.Method = in.Times[0].ID, Cancel
	k = k.Apply(gone)
	if c := k.Changes(now); len(c) != 2 || len(k.Invite.Times) != 3 || k.Invite.Cancels() {
		t.Errorf("one of them called off: %+v", c)
	}
	later := one(3, in.Times[1].Start.Add(2*time.Hour))
	later.RecurrenceID, later.AndLater = in.Times[1].ID, true
	k = k.Apply(later)
	for _, x := range k.Invite.Times {
		if x.Start.Sub(x.ID) != 2*time.Hour {
			t.Errorf("this and all later ones: %+v", x)
		}
	}
}

// A message about one occurrence leaves all others as they are.
func TestAnExceptionChangesOneOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := series(0, rapid.IntRange(1, 10).Draw(t, "n"))
		k := Known{}.Apply(in)
		at := in.Times[rapid.IntRange(0, len(in.Times)-1).Draw(t, "which")]
		x := one(1, at.Start.Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "by"))*time.Minute))
		x.RecurrenceID = at.ID
		if rapid.Bool().Draw(t, "off") {
			x.Method = Cancel
		}
		after := k.Apply(x).Invite.Times
		for _, was := range in.Times {
			if !was.ID.Equal(at.ID) && !slices.Contains(after, was) {
				t.Fatalf("%v was changed: %v", was, after)
			}
		}
		if want := len(in.Times) - map[bool]int{true: 1}[x.Cancels()]; len(after) != want {
			t.Fatalf("%d times, want %d", len(after), want)
		}
	})
}

func TestKindOf(t *testing.T) {
	for words, want := range map[string]meetings.Kind{
		"LAC Review - T.P.": meetings.LookedAfterReview, "2nd CLA review": meetings.LookedAfterReview, "Core Group Meeting": meetings.CoreGroup, "Grŵp Craidd": meetings.CoreGroup, "RCPC": meetings.ReviewConference,
		"Initial Child Protection Conference": meetings.InitialConference, "CIN review meeting": meetings.ChildInNeedMeeting, "PEP meeting (virtual)": meetings.PersonalEducationPlan, "Catch up": "", "Lacrosse": "", "": "",
		"Team Around the Family": meetings.TeamAroundTheChild,
	} {
		if got := KindOf(words); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func TestLengthIsAlwaysSomething(t *testing.T) {
	in := one(0, start)
	in.End = in.Start
	if in.Length() != time.Hour || len(in.Coming(now)) != 1 || !in.Coming(now)[0].End.Equal(start.Add(time.Hour)) {
		t.Errorf("%v %v", in.Length(), in.Coming(now))
	}
	in.Start = time.Time{}
	if len(in.Coming(now)) != 0 {
		t.Error("an invitation without a time offers one")
	}
}

func TestAWholeDayCannotBeBooked(t *testing.T) {
	day := time.Date(2027, 6, 16, 0, 0, 0, 0, time.UTC)
	in := Invite{Method: Request, Start: day, End: day.AddDate(0, 0, 1)}
	if n := len(in.Coming(day.Add(-time.Hour))); n != 1 {
		t.Fatalf("%d times", n)
	}
	if in.AllDay = true; len(in.Coming(day.Add(-time.Hour))) != 0 || !in.HasTime() {
		t.Error("a whole day is offered as a time to book, or is no time to answer about")
	}
}
