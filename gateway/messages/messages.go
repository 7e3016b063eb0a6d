// Package messages holds what is said in threads: a message's states, the hold that keeps it back, and its delivery to each
// recipient. It is pure.
package messages

import (
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/ids"
)

// State is where a message stands.
type State string

// The states of a message. Held goes to one of the others. Released is final; from withheld or returned an appeal leads back to held, once.
const (
	Held     State = "held"     // waits for a reviewer
	Released State = "released" // its deliveries may go
	Withheld State = "withheld" // will not be delivered; the author is told in neutral words
	Returned State = "returned" // went back to its author with an explanation, to be written again
)

// Stopped reports whether a reviewer has decided that the message does not go as it is.
func (s State) Stopped() bool { return s == Withheld || s == Returned }

// AuthorKind says who wrote a message.
type AuthorKind string

// The kinds of author.
const (
	ByMother  AuthorKind = "mother"
	ByStaff   AuthorKind = "staff"
	ByContact AuthorKind = "contact"
	BySystem  AuthorKind = "system" // a notice of Kinbridge itself to the people outside
)

// Message is one message of a thread. Body is the author's own words in plain text; Quoted is the history that her mail
// program added, kept apart. AuthorName is how screens name her.
type Message struct {
	ID          ids.MessageID
	Thread      ids.ThreadID
	Case        ids.CaseID
	AuthorKind  AuthorKind
	AuthorID    string
	AuthorName  string
	State       State
	Subject     string
	Body        string
	Quoted      string
	Written     time.Time
	ReleasedAt  time.Time
	Inbound     ids.InboundID // the email it came from; "" when written here
	Attachments []Attachment
}

// Attachment is one file of a message. Size is in bytes; MediaType is what the mail says it is, which proves nothing.
type Attachment struct {
	ID        ids.AttachmentID
	Name      string
	MediaType string
	Size      int64
	Verdict   FileVerdict
	Ruling    FileRuling
}

// Hold is something that waits for a person's decision: a message for review, or a received email that must not be filed by
// itself.
type Hold struct {
	ID         ids.HoldID
	Case       ids.CaseID // "" for mail that belongs to no case yet
	Thread     ids.ThreadID
	Message    ids.MessageID // the held message, or
	Inbound    ids.InboundID // the held email
	Reason     HoldReason
	Why        string // the reason in words, for the reviewer
	ForRole    ids.Role
	Opened     time.Time
	ClaimedBy  ids.StaffID
	Decided    time.Time
	DecidedBy  ids.StaffID
	Outcome    Outcome
	ReasonCode string     // of a withhold
	Note       string     // free text of the decision
	Stage      int        // reviewers who have released it before this one
	AppealOf   ids.HoldID // the hold whose decision is appealed against; "" = it is no appeal
}

// HoldReason says why something is held.
type HoldReason string

// Why something is held.
const (
	HoldReview        HoldReason = "review"         // the channel's ordinary review
	HoldUnknownSender HoldReason = "unknown_sender" // the sender is nobody of this thread
	HoldUnverified    HoldReason = "unverified"     // the sender's mail did not prove where it came from
	HoldMoved         HoldReason = "moved"          // whom the address was given to seems to write from another organisation
	HoldHandover      HoldReason = "handover"       // a new person of the same authority answers
	HoldForgedAddress HoldReason = "forged_address" // the reply address was never issued by us
	HoldExpired       HoldReason = "expired_address"
	HoldNoAddress     HoldReason = "no_address" // written to us, but to no reply address
	HoldUnreadable    HoldReason = "unreadable" // the mail is damaged or beyond our limits
	HoldEncrypted     HoldReason = "encrypted"  // the mail is encrypted: its sender is told
	HoldAutoReply     HoldReason = "auto_reply" // an automatic answer: kept, never posted as speech
	HoldInvite        HoldReason = "invite"     // a calendar invitation, for a person to act upon
	HoldRestricted    HoldReason = "restricted" // a contact restriction forbids messages between her and the sender
	HoldAppeal        HoldReason = "appeal"     // its author asks that a second person looks at it
	HoldWrongCase     HoldReason = "wrong_case" // somebody found that the mail belongs to another case than the one it came to
)

// Outcome is how a hold was decided.
type Outcome string

// The outcomes of a hold.
const (
	OutcomeReleased Outcome = "released"
	OutcomeWithheld Outcome = "withheld"
	OutcomeReturned Outcome = "returned" // to its author, with an explanation
	OutcomeFiled    Outcome = "filed"    // a held email was put into a thread
	OutcomeAnswered Outcome = "answered" // a held email brought an invitation, which was answered
	OutcomeMoved    Outcome = "moved"    // a held email belongs to another case: it waits there or at the intake desk
)

// Decide takes a hold from open to decided. It refuses a second decision, naming the first.
func (h *Hold) Decide(by ids.StaffID, at time.Time, o Outcome, code, note string) error {
	if !h.Decided.IsZero() {
		return conflict("decided_" + string(h.Outcome))
	}
	if o == OutcomeWithheld {
		if _, ok := ReasonOf(code); !ok {
			return ids.E(ids.Invalid, "Choose a reason for withholding the message.")
		}
		if code == "other" && note == "" {
			return ids.E(ids.Invalid, "Write the reason in the note.")
		}
	}
	if o == OutcomeReturned && strings.TrimSpace(note) == "" {
		return ids.E(ids.Invalid, "Write what the author should change.")
	}
	h.Decided, h.DecidedBy, h.Outcome, h.ReasonCode, h.Note = at, by, o, code, note
	return nil
}

// Review moves a held message to released, withheld or returned.
func (m *Message) Review(o Outcome, at time.Time) error {
	if m.State != Held {
		return conflict("not_waiting")
	}
	switch o {
	case OutcomeReleased:
		m.State, m.ReleasedAt = Released, at
	case OutcomeWithheld:
		m.State = Withheld
	case OutcomeReturned:
		m.State = Returned
	default:
		return fmt.Errorf("outcome %q does not apply to a message", o)
	}
	return nil
}

// LookAgain takes a message that was not passed on back to waiting, because its author asked that a second person looks at it.
func (m *Message) LookAgain() error {
	if !m.State.Stopped() {
		return conflict("not_kept_back")
	}
	m.State = Held
	return nil
}

// FileRuling is what a reviewer said of a file.
type FileRuling string

// The rulings. A file on which nobody has ruled goes with its message.
const (
	FileUnruled FileRuling = ""
	FileKept    FileRuling = "kept"    // it does not go with the message
	FileCleared FileRuling = "cleared" // it shows no child who must not be shown
	FileWaits   FileRuling = "waits"   // it came while a restriction forbade pictures: a person must say that it may pass, even when the restriction has ended
)
