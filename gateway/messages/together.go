package messages

import (
	"time"

	"kinbridge/gateway/ids"
)

// Together says of a message that it is to be read together with somebody, and how far that has come.
type Together struct {
	Message   ids.MessageID
	Thread    ids.ThreadID
	Case      ids.CaseID
	Marked    time.Time
	MarkedBy  string // a member of staff, the contact who sent it, or "hint"
	Hint      string // the word that gave it away; "" when a person said so
	Unmarked  time.Time
	Unmarker  ids.StaffID
	Supporter ids.StaffID // who is booked to be with her
	BookedFor time.Time   // when; zero = not booked
	Place     string
	Opened    time.Time // when it was opened with her
	OpenedBy  ids.StaffID
	Went      string // a code for how it went, see TogetherWent
	Note      string // sealed in the database
}

// Due reports whether it must still be read with somebody.
func (t Together) Due() bool { return !t.Marked.IsZero() && t.Unmarked.IsZero() && t.Opened.IsZero() }

// Required reports whether it was, or is, to be read with somebody.
func (t Together) Required() bool { return !t.Marked.IsZero() && t.Unmarked.IsZero() }

// Direction says which way a message goes.
type Direction string

// The directions that are reviewed.
const (
	ToHer   Direction = "to_mother"
	FromHer Direction = "from_mother"
)

// DirectionOf is the direction of what an author of the kind writes.
func DirectionOf(k AuthorKind) Direction {
	if k == ByMother {
		return FromHer
	}
	return ToHer
}

// ReviewSetting says who reviews a direction.
type ReviewSetting struct {
	Scope     Scope
	Direction Direction
	Nobody    bool // nobody need review it
	First     ids.Role
	Second    ids.Role // "" = one reviewer is enough
}

// Scope is what a setting is for. The narrowest that there is counts.
type Scope struct {
	Kind ScopeKind
	ID   string // "" of the estate
}

// ScopeKind is how wide a setting reaches.
type ScopeKind string

// The scopes, the widest first. A person's are her flags, never her review.
const (
	Estate        ScopeKind = "estate"
	Establishment ScopeKind = "establishment"
	OfCase        ScopeKind = "case"
	OfThread      ScopeKind = "thread"
	OfPerson      ScopeKind = "person"
)

// KeptWhy is why a delivery is kept.
type KeptWhy string

// The reasons. None of them is ever told to whoever wrote the message.
const (
	KeptTogether   KeptWhy = "together"   // it is read together with somebody
	KeptCustody    KeptWhy = "custody"    // she has been released
	KeptRestricted KeptWhy = "restricted" // a contact restriction forbids it
)
