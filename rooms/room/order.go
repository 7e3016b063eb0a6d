// Package room holds meetings in progress: one actor (a goroutine that owns all state) per room. It knows who may be
// there and what each may do from self-contained orders, decides who receives whom, and reports what happened as
// events. It knows no cases and no media formats.
//
// Goroutines: each Room runs one actor, named by its room, which ends when the meeting does; closing a media connection
// takes a short-lived one, awaited by the actor. The Manager's event queue runs one, which ends with Manager.Close.
package room

import (
	"time"
	"unicode/utf8"

	"kinbridge/gateway/ids"
)

// ID names a room; the caller chooses it (a meeting's identifier).
type ID string

// MemberID names one person's place in one room; the caller chooses it (a participant's identifier).
type MemberID string

// Role is what a member is in the meeting. Roles are shown; what a member may do is in her Rights alone. Where several may go with the mother into
// a private word, supporters come before all others.
type Role string

// The roles.
const (
	Host      Role = "host"      // brings the meeting together: a Pact worker, usually
	Guest     Role = "guest"     // comes by an emailed link: a social worker, reviewing officer, carer
	Mother    Role = "mother"    // joins from a kiosk
	Supporter Role = "supporter" // is there for the mother
	Observer  Role = "observer"  // watches and listens
)

// Rights are what a member may do. The zero value may be present, see and hear.
type Rights struct {
	Publish  bool `json:"publish"`  // be heard and seen
	Present  bool `json:"present"`  // share a screen
	Admit    bool `json:"admit"`    // see who waits in the lobby, admit and refuse
	Moderate bool `json:"moderate"` // mute and remove others, lower their hands, end a break, lock the room
	End      bool `json:"end"`      // end the meeting for all
	Ask      bool `json:"ask"`      // ask for a break or a private word, and say quietly that she does not understand
	Support  bool `json:"support"`  // be told that quietly, and go with her into a private word
}

// DefaultRights are the usual rights of a role, for callers without a rule of their own.
func DefaultRights(r Role) Rights {
	switch r {
	case Host:
		return Rights{Publish: true, Present: true, Admit: true, Moderate: true, End: true, Support: true}
	case Mother:
		return Rights{Publish: true, Ask: true}
	case Supporter:
		return Rights{Publish: true, Support: true}
	case Guest:
		return Rights{Publish: true}
	}
	return Rights{}
}

// Member is one person expected in a room.
type Member struct {
	ID     MemberID `json:"id"`
	Name   string   `json:"name"` // as the others see it
	Role   Role     `json:"role"`
	Rights Rights   `json:"rights"`
	Lobby  bool     `json:"lobby"` // waits until a member with Rights.Admit lets her in
}

// Order is everything a room needs to know. A later order (a higher revision) replaces an earlier one at any time: a
// member no longer in it is out, a right no longer in it ends at once, and an order that comes late or twice does
// nothing.
type Order struct {
	Room     ID        `json:"room"`
	Revision int64     `json:"revision"` // grows with every change
	Language string    `json:"language"` // of the meeting: "en" or "cy"
	Opens    time.Time `json:"opens"`    // nobody may come before
	Ends     time.Time `json:"ends"`     // the room closes by itself then
	Until    time.Time `json:"until"`    // when the meeting is to end, before that; zero = not known
	Members  []Member  `json:"members"`
	Ended    bool      `json:"ended"` // the meeting is over or cancelled; a room does not open again
}

// Limits of an order.
const (
	MaxMembers = 64
	maxName    = 200 // characters
	maxID      = 100 // bytes
)

// Validate returns an ids.Invalid error that says what is wrong with an order, or nil.
func (o Order) Validate() error {
	if o.Room == "" || len(o.Room) > maxID {
		return ids.E(ids.Invalid, "A room order needs a room identifier of at most %d bytes.", maxID)
	}
	if o.Ended {
		return nil
	}
	if !o.Ends.After(o.Opens) {
		return ids.E(ids.Invalid, "The room must end after it opens.")
	}
	if len(o.Members) > MaxMembers {
		return ids.E(ids.TooLarge, "A room has at most %d members.", MaxMembers)
	}
	seen := map[MemberID]bool{}
	for _, m := range o.Members {
		if m.ID == "" || len(m.ID) > maxID || seen[m.ID] {
			return ids.E(ids.Invalid, "Every member needs an identifier of her own, of at most %d bytes.", maxID)
		}
		seen[m.ID] = true
		if n := utf8.RuneCountInString(m.Name); n == 0 || n > maxName || !utf8.ValidString(m.Name) {
			return ids.E(ids.Invalid, "Every member needs a name of at most %d characters.", maxName)
		}
		switch m.Role {
		case Host, Guest, Mother, Supporter, Observer:
		default:
			return ids.E(ids.Invalid, "There is no room role %q.", string(m.Role))
		}
	}
	return nil
}
