package messages

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
)

// Together says of a message that it is to be read together with somebody, and how far that has come.
type Together struct {
	Message  ids.MessageID
	Thread   ids.ThreadID
	Case     ids.CaseID
	Marked   time.Time
	MarkedBy string // a member of staff, the contact who sent it, or "hint"
	Hint     string // the word that gave it away; "" when a person said so
	Unmarked time.Time
	Unmarker ids.StaffID
	WhyNot   string // why nobody need be with her; sealed in the database
	Booking  Booking
	Opened   time.Time // when it was opened with her
	OpenedBy ids.StaffID
	Went     Went
	Note     string    // how it went, in words; sealed in the database
	Recorded time.Time // when that was written down
}

// Booking says when, where and with whom a message is read. The zero value is none.
type Booking struct {
	Supporter ids.StaffID // who is to be with her
	By        ids.StaffID // who has arranged it
	For       time.Time
	Place     string       // where, as the movement list says it
	At        ids.AgencyID // the establishment: once she is at another, it counts for nothing
}

// ReadingTime is how long a booking lasts on the movement list.
const ReadingTime = time.Hour

// Holds reports whether it is a booking, for where she is now.
func (b Booking) Holds(establishment ids.AgencyID) bool {
	return !b.For.IsZero() && b.At == establishment
}

// Who marked a message, when it was no person: a word in it, or the conversation, of which she does not know yet.
const (
	MarkedByHint   = "hint"
	MarkedByThread = "thread"
)

// Went is a code for how the reading went.
type Went string

// How it can go.
const (
	WentCalm    Went = "calm"
	WentUpset   Went = "upset"
	WentWorried Went = "worried" // about her safety: the wing is told at once
	WentStopped Went = "stopped" // early. What was not shown is not opened
)

// TogetherWent lists the codes, in the order screens show them.
var TogetherWent = []Went{WentCalm, WentUpset, WentWorried, WentStopped}

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

// Valid reports whether w is one of TogetherWent.
func (w Went) Valid() bool { return slices.Contains(TogetherWent, w) }
