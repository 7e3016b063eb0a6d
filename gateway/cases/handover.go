package cases

import (
	"time"

	"kinbridge/gateway/ids"
)

// HandoverReason says how we learnt that somebody else may have to be written to.
type HandoverReason string

// The reasons of a handover.
const (
	HandoverNewSender   HandoverReason = "new_sender"   // somebody else of the same organisation answered
	HandoverMoved       HandoverReason = "moved"        // she seems to work for another organisation now
	HandoverLeft        HandoverReason = "left"         // her mailbox says that she has left
	HandoverMailboxGone HandoverReason = "mailbox_gone" // her mail server says that there is no such mailbox
	HandoverAsked       HandoverReason = "asked"        // the case's worker learnt of it herself
)

// HandoverOutcome is how a proposed handover was decided.
type HandoverOutcome string

// The outcomes of a handover.
const (
	HandoverReplaced HandoverOutcome = "replaced" // the successor is in the conversation, her predecessor no longer
	HandoverJoined   HandoverOutcome = "joined"   // both are in the conversation
	HandoverRefused  HandoverOutcome = "refused"  // nothing changes
)

// Successor is what is known of the person who follows. Each field may be empty; Email is normalised.
type Successor struct{ Name, Email, Phone string }

// Handover is a proposal that somebody else becomes the person a conversation is with. Nothing changes until a person of the case's
// team decides it.
type Handover struct {
	ID        ids.HandoverID
	Case      ids.CaseID
	Thread    ids.ThreadID
	From      ids.ContactID // who has been written to
	Reason    HandoverReason
	Successor Successor
	Inbound   ids.InboundID // the email it was learnt from; "" for none
	Proposed  time.Time
	Decided   time.Time // zero while open
	DecidedBy ids.StaffID
	Outcome   HandoverOutcome
	To        ids.ContactID // who follows, once accepted
	Summary   ids.MessageID // that told her what she takes over; "" = none
}

// Decide takes a handover from open to decided. It refuses a second decision, naming the first.
func (h *Handover) Decide(by ids.StaffID, at time.Time, o HandoverOutcome, to ids.ContactID) error {
	if !h.Decided.IsZero() {
		return ids.E(ids.Conflict, "This handover was already decided (%s) at %s.", h.Outcome, h.Decided.UTC().Format("15:04 on 2 January 2006"))
	}
	if (o == HandoverRefused) != (to == "") {
		return ids.E(ids.Invalid, "Say who takes over.")
	}
	h.Decided, h.DecidedBy, h.Outcome, h.To = at, by, o, to
	return nil
}
