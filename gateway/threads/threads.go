// Package threads holds conversations: their channel, their parties, and the addresses by which an emailed reply finds
// its way back. It is pure.
package threads

import (
	"time"

	"kinbridge/gateway/ids"
)

// Channel says how private a thread is.
type Channel string

// The three channels.
const (
	Official     Channel = "official"     // the default; may be reviewed and monitored
	Confidential Channel = "confidential" // mother and Pact; prison staff cannot see that it exists
	Privileged   Channel = "privileged"   // mother and her lawyer (Rule 39); only its parties
)

// Valid reports whether c is one of the three channels.
func (c Channel) Valid() bool { return c == Official || c == Confidential || c == Privileged }

// Thread is one conversation of a case. Agency is the outside body it is with (an authority, a law firm); empty when
// it is between the mother and Pact alone. Children are those it is about.
type Thread struct {
	ID       ids.ThreadID
	Case     ids.CaseID
	Channel  Channel
	Agency   ids.AgencyID
	Subject  string
	Children []ids.ChildID
	Created  time.Time
	LastAt   time.Time // when its newest message was written
	Quiet    bool      // its mother is not shown it until its first message was read with her
}

// PartyKind says what sort of person a party is.
type PartyKind string

// The kinds of party.
const (
	PartyMother  PartyKind = "mother"
	PartyStaff   PartyKind = "staff"
	PartyContact PartyKind = "contact"
)

// Party is one person in a thread, from Since until Until (zero = still).
type Party struct {
	Kind  PartyKind
	ID    string
	Name  string
	Email string // contacts only
	Since time.Time
	Until time.Time
}

// Is reports whether the actor is this party and still in the thread.
func (p Party) Is(a ids.Actor) bool {
	if !p.Until.IsZero() || a.ID == "" || p.ID != a.ID {
		return false
	}
	switch p.Kind {
	case PartyMother:
		return a.Kind == ids.ActorMother
	case PartyStaff:
		return a.Kind == ids.ActorStaff || a.Kind == ids.ActorAPI
	case PartyContact:
		return a.Kind == ids.ActorContact
	}
	return false
}

// IsParty reports whether the actor is one of the parties now.
func IsParty(ps []Party, a ids.Actor) bool {
	for _, p := range ps {
		if p.Is(a) {
			return true
		}
	}
	return false
}
