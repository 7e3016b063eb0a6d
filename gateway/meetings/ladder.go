package meetings

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
)

// PlannedLeg is a way into a meeting that somebody outside offers, as its invitation says it.
type PlannedLeg struct {
	Kind LegKind
	Why  string // what in the invitation says so, a code
}

// LegKind says what sort of way in it is.
type LegKind string

// The ways in.
const (
	LegVideo        LegKind = "video_interop" // a video system dials it
	LegPhone        LegKind = "phone"
	LegGuestLink    LegKind = "guest_link" // those outside come into our room
	LegContribution LegKind = "contribution"
)

// LadderFacts are what it depends on which parts she can have.
type LadderFacts struct {
	Room       bool         // our own room is there, so she can be seen and heard from the kiosk
	Legs       []PlannedLeg // of the others' meeting, when it is held elsewhere; none = it is held in our room
	Written    bool         // what she wants to say is there to be read out
	Forbidden  bool         // a restriction in force forbids that she meets somebody who is to be there
	Unattended bool         // or asks for a supervisor who is not to be there
	Wants      Part         // what she chose herself; "" = nothing
	Called     bool         // it was called off
}

// Rung is one part with whether she can have it.
type Rung struct {
	Part     Part
	Possible bool
	// Because is why not, or what makes it possible: a code for which screens have words.
	Because string
}

// LadderOf says of each part whether she can have it, in the order of Parts. Taking no part is always possible: nobody can be made to.
func LadderOf(f LadderFacts) []Rung {
	out := make([]Rung, 0, len(Parts))
	for _, p := range Parts {
		r := Rung{Part: p}
		r.Possible, r.Because = f.can(p)
		out = append(out, r)
	}
	return out
}

func (f LadderFacts) can(p Part) (bool, string) {
	switch {
	case p == WithNone:
		return true, "always"
	case f.Called:
		return false, "called_off"
	case p == ReadOut && f.Written:
		return true, "written"
	case p == ReadOut:
		return false, "not_written"
	case f.Forbidden:
		return false, "restricted"
	case f.Unattended:
		return false, "needs_supervisor"
	}
	has := func(kinds ...LegKind) bool {
		return slices.ContainsFunc(f.Legs, func(l PlannedLeg) bool { return slices.Contains(kinds, l.Kind) })
	}
	switch {
	case p == ByPhone && has(LegPhone):
		return true, "their_phone"
	case p == ByPhone:
		return true, "prison_phone" // the telephone of the wing: somebody rings, as they always could
	case has(LegVideo):
		return true, "their_video"
	case f.Room && (len(f.Legs) == 0 || has(LegGuestLink)):
		return true, "our_room"
	case p == ByAudio && f.Room && has(LegPhone):
		return true, "room_and_phone"
	case f.Room:
		return false, "no_way_in"
	}
	return false, "no_room"
}

// Step is a change of the part she is to have in a meeting, down the ladder or up again.
type Step struct {
	Meeting  ids.MeetingID
	Seq      int64 // from 1
	From, To Part
	Why      Why
	Note     string
	By       ids.StaffID
	At       time.Time
}

// Down reports whether the step leaves her a smaller part.
func (s Step) Down() bool { return slices.Index(Parts, s.To) > slices.Index(Parts, s.From) }

// Standing is the part that a meeting's steps have come to: by video, where there is none.
func Standing(steps []Step) Part {
	if len(steps) == 0 {
		return ByVideo
	}
	return steps[len(steps)-1].To
}

// The fields of a step, as forms name them.
const (
	StepTo   = "to"
	StepWhy  = "why"
	StepNote = "step_note"
)

// Check says what is wrong with the step by itself; nil = nothing. A step up needs no reason: what stood in the way no longer does.
func (s Step) Check() *ids.Fault {
	switch {
	case !slices.Contains(Parts, s.To):
		return ids.BadField(StepTo, "part", "Choose how she takes part now.")
	case s.Why != "" && !slices.Contains(Whys, s.Why), s.Down() && s.Why == "":
		return ids.BadField(StepWhy, "why", "Choose why.")
	case s.Why == WhyOther && s.Note == "":
		return ids.BadField(StepNote, "other", "Say in the note what the other reason was.")
	case len([]rune(s.Note)) > MaxNote:
		return ids.BadField(StepNote, "note", "The note must be 1,000 characters or fewer.")
	}
	return nil
}

// PartRecord is the part that she had in a meeting of ours.
type PartRecord struct {
	Meeting ids.MeetingID
	Part    Part
	Why     Why
	Proven  bool // the room's own events say that she was in it
	Note    string
	By      ids.StaffID
	At      time.Time
}

// Check says what is wrong with the record by itself; nil = nothing. The rules are those of a meeting held elsewhere.
func (p PartRecord) Check() *ids.Fault { return checkPart(p.Part, p.Why, p.Note) }

// checkPart says what is wrong with a part, why it was not more, and the note of that.
func checkPart(p Part, why Why, note string) *ids.Fault {
	switch {
	case !slices.Contains(Parts, p):
		return ids.BadField(HeldPart, "part", "Choose how she took part.")
	case why != "" && !slices.Contains(Whys, why):
		return ids.BadField(HeldWhy, "why", "Choose why from the list.")
	case p != ByVideo && why == "":
		return ids.BadField(HeldWhy, "why", "Choose why she did not see and hear the others.")
	case p == ByVideo && why != "":
		return ids.BadField(HeldWhy, "why_video", "She saw and heard the others: leave the reason empty.")
	case why == WhyOther && note == "":
		return ids.BadField(HeldNote, "other", "Say in the note what the other reason was.")
	case len([]rune(note)) > MaxNote:
		return ids.BadField(HeldNote, "note", "The note must be 1,000 characters or fewer.")
	}
	return nil
}
