package invites

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// MaxSlots is how many other times can be proposed to an organiser at once: her calendar shows the first, the others stand in words.
const MaxSlots = 3

// Outcome is what has become of the times that were proposed.
type Outcome string

// The outcomes. Awaited is none yet.
const (
	Awaited     Outcome = ""
	NotTaken    Outcome = "refused" // the organiser's calendar says so
	Taken       Outcome = "taken"   // a later version of the invitation has one of them
	TakenOther  Outcome = "other"   // a later version has another time
	CalledItOff Outcome = "called_off"
)

// Counter is the other times that were proposed to the organiser of an invitation (COUNTER, RFC 5546 section 3.2.7).
type Counter struct {
	At         time.Time   `json:"at"`
	By         ids.StaffID `json:"by"`
	Sequence   int         `json:"sequence"`   // of the version that it answers
	Occurrence time.Time   `json:"occurrence"` // Time.ID of the one that is meant; zero of a meeting that does not repeat
	Was        Time        `json:"was"`        // when the organiser has it
	Slots      []Time      `json:"slots"`
	Outcome    Outcome     `json:"outcome"`
	Answered   time.Time   `json:"answered"` // when the organiser answered, by her own clock
	Comment    string      `json:"comment"`  // her words
}

func (k Known) counterWaits() bool { return k.Counter != nil && k.Counter.Outcome == Awaited }

// Propose checks other times for an invitation and returns the proposal. Of a series it is about the first that can be booked.
func (k Known) Propose(starts []time.Time, by ids.StaffID, now time.Time) (Counter, error) {
	in := k.Invite
	c := Counter{By: by, Sequence: in.Sequence, Occurrence: in.RecurrenceID, Was: Time{Start: in.Start, End: in.Start.Add(in.Length())}}
	switch {
	case in.Cancels():
		return c, ids.E(ids.Conflict, "The organiser has called the meeting off.")
	case in.UID == "" || in.Organizer.Address == "" || !in.HasTime():
		return c, ids.E(ids.Invalid, "This invitation has no calendar entry that could be answered. Write to the sender instead.")
	case len(starts) == 0:
		return c, ids.E(ids.Invalid, "Enter at least one other time.")
	case len(starts) > MaxSlots:
		return c, ids.E(ids.Invalid, "Propose %d other times at most.", MaxSlots)
	}
	if coming := in.Coming(now); in.Repeats && len(coming) > 0 {
		c.Occurrence, c.Was = coming[0].ID, coming[0]
	}
	for _, s := range starts {
		t := Time{Start: s.UTC(), End: s.UTC().Add(in.Length())}
		if err := meetings.CheckTimes(t.Start, t.End, now); err != nil {
			return c, err
		}
		if t.Start.Equal(c.Was.Start) {
			return c, ids.E(ids.Invalid, "That is the time that the organiser has already. Enter another one.")
		}
		if slices.ContainsFunc(c.Slots, func(o Time) bool { return o.Start.Equal(t.Start) }) {
			return c, ids.E(ids.Invalid, "The same time is there twice. Propose each time once.")
		}
		c.Slots = append(c.Slots, t)
	}
	return c, nil
}

// SameAs reports whether the same times were proposed for the same version.
func (c Counter) SameAs(o Counter) bool {
	return c.Sequence == o.Sequence && c.Occurrence.Equal(o.Occurrence) && slices.EqualFunc(c.Slots, o.Slots, func(a, b Time) bool { return a.Start.Equal(b.Start) })
}

// refused is what is known after the organiser did not take the times. The invitation stands as it was, and waits on.
func (k Known) refused(in Invite) Known {
	c := *k.Counter
	c.Outcome, c.Answered, c.Comment = NotTaken, in.Stamp, in.Comment
	k.Counter = &c
	return k
}

// overtaken says what a later version of the invitation means for the times that were proposed for an earlier one.
func (k Known) overtaken(in Invite) Known {
	if !k.counterWaits() || in.Sequence < k.Counter.Sequence {
		return k
	}
	c := *k.Counter
	c.Answered = in.Stamp
	at := in.Start
	if i := slices.IndexFunc(in.times(), func(t Time) bool { return t.ID.Equal(c.Occurrence) }); i >= 0 {
		at = in.times()[i].Start
	}
	switch {
	case in.Cancels():
		c.Outcome = CalledItOff
	case slices.ContainsFunc(c.Slots, func(t Time) bool { return t.Start.Equal(at) }):
		c.Outcome = Taken
	case at.Equal(c.Was.Start):
		return k // something else has changed: the proposal stands
	default:
		c.Outcome = TakenOther
	}
	k.Counter = &c
	return k
}
