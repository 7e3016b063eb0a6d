package meetings

import (
	"time"

	"kinbridge/gateway/ids"
)

// Stay is one time that somebody was in a meeting's room, from coming in to going out; Until is zero while she is in.
type Stay struct{ From, Until time.Time }

// Proof says what is known of somebody's attendance, and by what.
type Proof string

// The proofs.
const (
	ProofRoom   Proof = "room"   // the room's own events: she was in it
	ProofLobby  Proof = "lobby"  // she waited to be let in, and no more
	ProofPerson Proof = "person" // somebody says so
	ProofNone   Proof = "none"   // nothing says that she was there
)

// Attended is what is known of one person's attendance.
type Attended struct {
	Participant ids.ParticipantID
	Proof       Proof
	Stays       []Stay
	Minutes     int // in the room, all stays together, rounded down
	Refused     bool
	Leg         Leg // how she was there
}

// Leg is the connection by which somebody is in a meeting. Of the telephone and of another system it takes a person's word that she was heard:
// a number that was sent proves nothing.
type Leg string

// The legs.
const (
	LegOfRoom   Leg = "room"
	LegOfPhone  Leg = "phone"
	LegOfVideo  Leg = "video" // another system's
	LegInPerson Leg = "in_person"
)

// Legs lists them, in the order screens show them.
var Legs = []Leg{LegOfRoom, LegOfPhone, LegOfVideo, LegInPerson}

// There is somebody's word that a participant was at a meeting.
type There struct {
	Participant ids.ParticipantID
	Leg         Leg
	By          ids.StaffID
	At          time.Time
}

// StaysOf are the times that a participant was in the room; events must be in order. One who is in when the room closes leaves then. now ends one
// that goes on, for the minutes alone.
func StaysOf(events []Attendance, p ids.ParticipantID) (out []Stay, waited, refused bool) {
	in := false
	for _, e := range events {
		if e.Kind == RoomEnded && in {
			out[len(out)-1].Until, in = e.At, false
		}
		if e.Participant != p {
			continue
		}
		switch e.Kind {
		case Knocked:
			waited = true
		case Refused:
			refused = true
		case Joined:
			if !in {
				out, in = append(out, Stay{From: e.At}), true
			}
		case Left, TakenOut:
			if in {
				out[len(out)-1].Until, in = e.At, false
			}
		}
	}
	return out, waited, refused
}

// AttendanceOf is what is known of a participant's attendance from the room's events and from what people say.
func AttendanceOf(events []Attendance, said []There, p ids.ParticipantID, now time.Time) Attended {
	a := Attended{Participant: p, Proof: ProofNone}
	var waited bool
	a.Stays, waited, a.Refused = StaysOf(events, p)
	var all time.Duration
	for _, s := range a.Stays {
		until := s.Until
		if until.IsZero() {
			until = now
		}
		all += max(0, until.Sub(s.From))
	}
	a.Minutes = int(all / time.Minute)
	switch {
	case len(a.Stays) > 0:
		a.Proof, a.Leg = ProofRoom, LegOfRoom
		return a
	case waited:
		a.Proof = ProofLobby
	}
	for _, s := range said {
		if s.Participant == p {
			a.Proof, a.Leg = ProofPerson, s.Leg
		}
	}
	return a
}
