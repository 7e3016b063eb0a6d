package messages

import (
	"time"

	"kinbridge/gateway/ids"
)

// DeliveryState is how far one message has come on its way to one recipient.
type DeliveryState string

// The states of a delivery. By email: queued, sent, accepted (and seen, on a reading page); at a kiosk: queued, kiosk, seen. Failed ends both.
const (
	Kept     DeliveryState = "kept"     // something stands in its way: see Delivery.Kept
	Queued   DeliveryState = "queued"   // ours to send
	Sent     DeliveryState = "sent"     // our smarthost has taken it
	Accepted DeliveryState = "accepted" // the recipient's own server has taken it
	Failed   DeliveryState = "failed"   // it will not arrive; somebody is told
	AtKiosk  DeliveryState = "kiosk"    // it is on a kiosk that she has unlocked
	Seen     DeliveryState = "seen"     // it has been open on her screen
)

// RecipientKind says how a recipient is reached.
type RecipientKind string

// The kinds of recipient.
const (
	ToMother  RecipientKind = "mother"  // at a kiosk
	ToContact RecipientKind = "contact" // by email
	ToStaff   RecipientKind = "staff"   // on the staff site
)

// Delivery is one message on its way to one recipient. Each time is zero until the state was reached.
type Delivery struct {
	ID            ids.DeliveryID
	Message       ids.MessageID
	Thread        ids.ThreadID
	Case          ids.CaseID
	RecipientKind RecipientKind
	RecipientID   string
	RecipientName string
	Address       string // email address at the time of sending; "" unless by email
	State         DeliveryState
	Times         DeliveryTimes
	Detail        string // the server's last answer, for a failure or a wait
	Way           Way
	Kept          KeptWhy // why it is kept; "" = it is not
}

// Way is how the sending by email goes.
type Way struct {
	Tries   int     // so far
	Trouble Trouble // what was the matter at the last try or in the last report; "" = nothing
	// Notice: the recipient's server cannot be reached securely, so that a notice goes (or went: NoticeSent) there with a link to a page on
	// which she reads the message. "Seen" then means that she has read it there.
	Notice     bool
	NoticeSent time.Time
}

// ToSend reports whether there is an email of ours left to send: the message's, or the notice in its place. A notice may follow an email that a
// relay had taken already and could not hand on securely.
func (d Delivery) ToSend() bool {
	if d.Way.Notice {
		return d.Way.NoticeSent.IsZero() && d.State != Seen && d.State != Failed && d.State != Kept
	}
	return d.State == Queued
}

// Keep stops a delivery that has not reached its recipient, because a restriction forbids it now, and reports whether anything changed. What has
// left cannot be called back; what is kept for something else is kept for this, which is stricter.
func (d *Delivery) Keep() bool {
	gone := d.State == Sent || d.State == Accepted
	if d.State == Seen || d.State == Failed || d.Kept == KeptRestricted || gone && !(d.Way.Notice && d.Way.NoticeSent.IsZero()) {
		return false
	}
	d.State, d.Kept = Kept, KeptRestricted
	return true
}

// LeaveKept ends a delivery that a restriction kept, because a person decided that it is not to go: nobody need chase it.
func (d *Delivery) LeaveKept(at time.Time) error {
	if d.State != Kept || d.Kept != KeptRestricted {
		return ids.E(ids.Conflict, "This message is not kept because of a restriction.")
	}
	d.State, d.Kept, d.Times.Failed, d.Times.Handled, d.Detail = Failed, "", at, at, "kept back"
	return nil
}

// DeliveryTimes says when each state was reached. Handled is when a person dealt with a failed delivery, so that it is on nobody's list.
type DeliveryTimes struct{ Queued, Sent, Accepted, Failed, Kiosk, Seen, Handled time.Time }

var rank = map[DeliveryState]int{Kept: -1, Queued: 0, Sent: 1, Accepted: 2, AtKiosk: 2, Seen: 3, Failed: 4}

// Advance moves the delivery to a later state and reports whether anything changed. States never go back: a second
// "sent" after "accepted", or a repeat, changes nothing. A failure report after the recipient's server accepted still
// counts (RFC 3464 reports come later); nothing follows "seen".
func (d *Delivery) Advance(to DeliveryState, at time.Time) bool {
	if d.State == Kept || d.State == Seen || d.State == Failed || rank[to] <= rank[d.State] {
		return false
	}
	d.State = to
	switch to {
	case Sent:
		d.Times.Sent = at
	case Accepted:
		d.Times.Accepted = at
	case Failed:
		d.Times.Failed = at
	case AtKiosk:
		d.Times.Kiosk = at
	case Seen:
		d.Times.Seen = at
		if d.Times.Kiosk.IsZero() && !d.Way.Notice { // shown at once: it was there too
			d.Times.Kiosk = at
		}
	}
	return true
}

// Lift lets a kept delivery go its way.
func (d *Delivery) Lift(at time.Time) error {
	if d.State != Kept {
		return conflict("not_kept")
	}
	d.State, d.Kept, d.Times.Queued = Queued, "", at
	return nil
}

// KeepTogether stops a delivery that has not reached its recipient yet, to be read with her, and reports whether it did: what she has she has.
func (d *Delivery) KeepTogether() bool {
	if d.State != Queued {
		return false
	}
	d.State, d.Kept = Kept, KeptTogether
	return true
}

// Give records that she was given it by hand: by post, in person, or as it was agreed (a code). What is still to be read with somebody is not
// given that way.
func (d *Delivery) Give(at time.Time, how string) error {
	switch {
	case d.RecipientKind != ToMother, d.State == Seen, d.State == Failed, d.State == Kept && d.Kept != KeptCustody:
		return ids.E(ids.Conflict, "This message does not wait to be given to her.")
	}
	d.State, d.Kept, d.Times.Seen, d.Detail = Seen, "", at, "given: "+how
	return nil
}

// Again takes a failed delivery back to the queue, because a person asked for it: the only step back there is. What was sent and failed
// before is in the audit log.
func (d *Delivery) Again(at time.Time) error {
	if d.State != Failed {
		return conflict("not_failed")
	}
	d.State, d.Detail, d.Times, d.Way = Queued, "", DeliveryTimes{Queued: at}, Way{}
	return nil
}

// Handle marks a failed delivery as dealt with.
func (d *Delivery) Handle(at time.Time) error {
	if d.State != Failed {
		return conflict("not_failed")
	}
	if d.Times.Handled.IsZero() {
		d.Times.Handled = at
	}
	return nil
}

// FirstRetry, MaxRetry and MaxAge bound the retries of outgoing mail: at once, then 1 min doubling to 1 h, for MaxAge.
const (
	FirstRetry = time.Minute
	MaxRetry   = time.Hour
	// MaxAge is how long a temporary failure is retried before it is called failed (RFC 5321 section 4.5.4.1 asks for
	// at least 4-5 days).
	MaxAge = 5 * 24 * time.Hour
)
