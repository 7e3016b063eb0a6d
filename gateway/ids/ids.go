// Package ids holds the names every other package shares: typed identifiers, actors and the kinds an error can have.
// It is a leaf: it imports nothing of Kinbridge.
package ids

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// Typed identifiers. Each is a prefix, an underscore and 26 lower-case base32 characters whose first ten hold the
// time of creation in milliseconds, so that identifiers of one kind sort by age. The empty value means "none".
type (
	AgencyID       string // an establishment, authority, charity, law firm, school or court
	WingID         string // a wing of an establishment
	KioskID        string // an enrolled kiosk
	PersonID       string // somebody who signs in
	StaffID        string // one of her appointments: what she does where; each member of staff has at least one
	MotherID       string // a mother in custody
	ChildID        string // a child
	ContactID      string // a person outside who is reached by email
	CaseID         string // one mother's case
	ThreadID       string // one conversation in a case
	MessageID      string // one message of a thread
	AttachmentID   string // one file of a message
	HoldID         string // something waiting for a person's decision
	HandoverID     string // a proposed change of the person a conversation is with
	RestrictionID  string // a contact restriction
	DeliveryID     string // one message on its way to one recipient
	InboundID      string // one received email for one envelope recipient
	MeetingID      string // one meeting
	ElsewhereID    string // one meeting that was held outside Kinbridge
	ParticipantID  string // one person's place in one meeting
	AddressTokenID string // one reply address
	PageID         string // one reading page: see flow/secure_page.go
	RequestID      string // one thing asked for: consent or information
	AnswerID       string // one answer of a mother's to a request
	AskID          string // an answer that is waited for
	AskStepID      string // one step of asking for it again
	AlertID        string // word to the wing that a woman may need support
	PlanID         string // one support plan
	LookUpID       string // one search for a person
	InvitationID   string // an invitation from somebody else's calendar
	PollID         string // a question when a meeting can be held
	InviteeID      string // one person who is asked in a poll
	ActionID       string // one thing to be done after a meeting
	ContributionID string // one version of what she wants a meeting to hear
	PaperID        string // one paper of a meeting
	MovementID     string // one line of a prison's list of movements; it says nothing of what the movement is for
	PlaceID        string // one place in which a mother takes part in meetings
	GoalID         string // contact with a child that is worked for
)

// Prefixes of the typed identifiers, as passed to New.
const (
	Agency       = "agy"
	Wing         = "wng"
	Kiosk        = "ksk"
	Person       = "per"
	Staff        = "stf"
	Mother       = "mth"
	Child        = "chd"
	Contact      = "con"
	Case         = "cas"
	Thread       = "thr"
	Message      = "msg"
	Attachment   = "att"
	Hold         = "hld"
	Handover     = "hov"
	Restriction  = "rst"
	Delivery     = "dlv"
	Inbound      = "inb"
	Meeting      = "mtg"
	Elsewhere    = "els"
	Participant  = "par"
	AuditEntry   = "aud"
	OutboxItem   = "out"
	Session      = "ses"
	AddressToken = "adr"
	Page         = "pag"
	Request      = "req"
	Answer       = "ans"
	Ask          = "ask"
	AskStep      = "stp"
	Alert        = "alt"
	Plan         = "pln"
	LookUp       = "lkp"
	Invitation   = "inv"
	Poll         = "pol"
	Invitee      = "pin"
	Action       = "act"
	Contribution = "ctb"
	Paper        = "ppr"
	Movement     = "mov"
	Place        = "plc"
	Goal         = "gol"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an identifier with the given prefix: 48 bits of the time in milliseconds, then 80 random bits.
func New[T ~string](prefix string) T {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // crypto/rand.Read never fails: it ends the program instead.
	return T(prefix + "_" + encoding.EncodeToString(b[:]))
}

// Secret makes an unguessable lower-case token of n random bytes in base32 (8/5 characters a byte).
func Secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return encoding.EncodeToString(b)
}

// Base32 writes b in the lower-case alphabet that identifiers use (no i, l, o, u).
func Base32(b []byte) string { return encoding.EncodeToString(b) }

// Has reports whether id carries the prefix and has the shape New gives.
func Has[T ~string](id T, prefix string) bool {
	rest, ok := strings.CutPrefix(string(id), prefix+"_")
	if !ok || len(rest) != 26 {
		return false
	}
	_, err := encoding.DecodeString(rest)
	return err == nil
}
