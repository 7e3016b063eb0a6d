package audit

import (
	"strconv"

	"kinbridge/gateway/ids"
)

// The kinds of this file, and what each means.
const (
	CaseCreatedKind      Kind = "case.created"
	CaseChangedKind      Kind = "case.changed"
	CaseReadKind         Kind = "case.read"
	ThreadOpenedKind     Kind = "thread.opened"
	ThreadReadKind       Kind = "thread.read"
	PartyAddedKind       Kind = "thread.party_added"
	PartyRemovedKind     Kind = "thread.party_removed"
	AuditReadKind        Kind = "audit.read"
	AttachmentReadKind   Kind = "attachment.read"
	FileCheckedKind      Kind = "attachment.checked"
	MessageWrittenKind   Kind = "message.written"
	MessageHeldKind      Kind = "message.held"
	MessageReleasedKind  Kind = "message.released"
	MessageWithheldKind  Kind = "message.withheld"
	HoldClaimedKind      Kind = "hold.claimed"
	HoldReturnedKind     Kind = "hold.returned"
	DeliveryQueuedKind   Kind = "delivery.queued"
	DeliveryKeptKind     Kind = "delivery.kept"
	DeliverySentKind     Kind = "delivery.sent"
	DeliveryAcceptedKind Kind = "delivery.accepted"
	DeliveryDelayedKind  Kind = "delivery.delayed"
	DeliveryFailedKind   Kind = "delivery.failed"
	DeliveryKioskKind    Kind = "delivery.kiosk"
	DeliverySeenKind     Kind = "delivery.seen"
	MailAcceptedKind     Kind = "mail.accepted"
	MailFiledKind        Kind = "mail.filed"
	MailHeldKind         Kind = "mail.held"
	MailRejectedKind     Kind = "mail.rejected"
	MailDiscardedKind    Kind = "mail.discarded"
	MailReadKind         Kind = "mail.read"
	MailLeftKind         Kind = "mail.left"
)

var messagingKinds = []Info{
	{CaseCreatedKind, "Opened the case", "case", true},
	{CaseChangedKind, "Changed the case", "case", true},
	{CaseReadKind, "Read the case", "case", true},
	{ThreadOpenedKind, "Started a thread", "thread", true},
	{ThreadReadKind, "Read the thread", "thread", true},
	{PartyAddedKind, "Added somebody to the thread", "party", true},
	{PartyRemovedKind, "Removed somebody from the thread", "party", true},
	{AuditReadKind, "Read the audit timeline", "", false},
	{AttachmentReadKind, "Opened an attachment", "attachment", true},
	{FileCheckedKind, "Checked an attachment", "attachment", true},
	{MessageWrittenKind, "Wrote a message", "message", true},
	{MessageHeldKind, "Held the message for a person to decide", "message", true},
	{MessageReleasedKind, "Released the message", "message", true},
	{MessageWithheldKind, "Withheld the message", "message", true},
	{HoldClaimedKind, "Took on a review", "hold", false},
	{HoldReturnedKind, "Gave a review back", "hold", false},
	{DeliveryQueuedKind, "Queued the message for a recipient", "delivery", true},
	{DeliveryKeptKind, "Kept the message for the present", "delivery", true},
	{DeliverySentKind, "Began sending the message by email", "delivery", true},
	{DeliveryAcceptedKind, "The recipient's mail server accepted the message", "delivery", true},
	{DeliveryDelayedKind, "The recipient's mail server asked us to try later", "delivery", true},
	{DeliveryFailedKind, "The message could not be delivered", "delivery", true},
	{DeliveryKioskKind, "The message reached the mother's kiosk", "delivery", true},
	{DeliverySeenKind, "The message was seen", "delivery", true},
	{MailAcceptedKind, "Accepted an email", "email", false},
	{MailFiledKind, "Filed an email in its thread", "email", true},
	{MailHeldKind, "Held an email for a person to decide", "email", false},
	{MailRejectedKind, "Refused an email", "", false},
	{MailDiscardedKind, "Put an email aside without filing it", "email", false},
	{MailReadKind, "Read an email and how it came", "email", false},
	{MailLeftKind, "Left an email in its mailbox, because it could not be taken", "", false},
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// CaseCreated: a mother's case was opened.
func CaseCreated(c ids.CaseID, m ids.MotherID) Entry {
	return made(CaseCreatedKind, Done, string(c)).In(c, "").With("mother", string(m))
}

// CaseChanged: a case was changed; field names what ("worker", "authority", "person").
func CaseChanged(c ids.CaseID, field string) Entry {
	return made(CaseChangedKind, Done, string(c)).In(c, "").With("field", Code(field))
}

// CaseRead: somebody read a case.
func CaseRead(c ids.CaseID) Entry { return made(CaseReadKind, Done, string(c)).In(c, "") }

// ThreadOpened: a thread was started on a channel ("official", "confidential", "privileged").
func ThreadOpened(c ids.CaseID, t ids.ThreadID, channel string) Entry {
	return made(ThreadOpenedKind, Done, string(t)).In(c, t).With("channel", Code(channel))
}

// ThreadRead: somebody read a thread.
func ThreadRead(c ids.CaseID, t ids.ThreadID) Entry {
	return made(ThreadReadKind, Done, string(t)).In(c, t)
}

// PartyAdded: a person (contact, staff or mother identifier) became a party to a thread.
func PartyAdded(c ids.CaseID, t ids.ThreadID, party string) Entry {
	return made(PartyAddedKind, Done, party).In(c, t)
}

// PartyRemoved: a person is no longer a party to a thread.
func PartyRemoved(c ids.CaseID, t ids.ThreadID, party string) Entry {
	return made(PartyRemovedKind, Done, party).In(c, t)
}

// AuditRead: somebody read the audit timeline, of a case or (c is "") of everything.
func AuditRead(c ids.CaseID) Entry { return made(AuditReadKind, Done, string(c)).In(c, "") }

// AttachmentRead: somebody opened an attachment.
func AttachmentRead(c ids.CaseID, t ids.ThreadID, a ids.AttachmentID) Entry {
	return made(AttachmentReadKind, Done, string(a)).In(c, t)
}

// FileChecked: an attachment was looked at; state is what came of it ("shown", "listed", "withheld") and code why it is not shown.
func FileChecked(c ids.CaseID, t ids.ThreadID, a ids.AttachmentID, state, code string) Entry {
	return made(FileCheckedKind, Done, string(a)).In(c, t).With("state", Code(state)).With("code", Code(code))
}

// MessageWritten: a message was written in a thread.
func MessageWritten(c ids.CaseID, t ids.ThreadID, m ids.MessageID) Entry {
	return made(MessageWrittenKind, Done, string(m)).In(c, t)
}

// MessageHeld: a message waits for a person; the reasons follow with Because.
func MessageHeld(c ids.CaseID, t ids.ThreadID, m ids.MessageID, h ids.HoldID) Entry {
	return made(MessageHeldKind, Held, string(m)).In(c, t).With("hold", string(h))
}

// MessageReleased: a reviewer let a message go. Her own words of reason are content and stay with the hold.
func MessageReleased(c ids.CaseID, t ids.ThreadID, m ids.MessageID, h ids.HoldID) Entry {
	return made(MessageReleasedKind, Done, string(m)).In(c, t).With("hold", string(h))
}

// MessageWithheld: a reviewer decided that a message does not go. Her own words of reason stay with the hold.
func MessageWithheld(c ids.CaseID, t ids.ThreadID, m ids.MessageID, h ids.HoldID) Entry {
	return made(MessageWithheldKind, Refused, string(m)).In(c, t).With("hold", string(h))
}

// HoldClaimed: a reviewer took on a hold, so that nobody decides it twice. Its case and thread, where it has them,
// follow with In.
func HoldClaimed(h ids.HoldID) Entry { return made(HoldClaimedKind, Done, string(h)) }

// HoldReturned: a reviewer gave a hold back.
func HoldReturned(h ids.HoldID) Entry { return made(HoldReturnedKind, Done, string(h)) }

// Delivered names one message on its way to one recipient, for the delivery entries.
type Delivered struct {
	Case     ids.CaseID
	Thread   ids.ThreadID
	Message  ids.MessageID
	Delivery ids.DeliveryID
}

func (d Delivered) entry(k Kind, o Outcome) Entry {
	return made(k, o, string(d.Delivery)).In(d.Case, d.Thread).With("message", string(d.Message))
}

// DeliveryQueued: the message will go to a recipient (contact, mother or staff identifier).
func DeliveryQueued(d Delivered, recipient string) Entry {
	return d.entry(DeliveryQueuedKind, Done).With("recipient", recipient)
}

// DeliveryKept: the message does not go to a recipient yet; why is "together", "custody" or "restricted".
func DeliveryKept(d Delivered, why string) Entry {
	return d.entry(DeliveryKeptKind, Held).With("kept", why)
}

// DeliverySent: an attempt (counted from 1) to hand the message to the smarthost began.
func DeliverySent(d Delivered, attempt int) Entry {
	return d.entry(DeliverySentKind, Done).With("attempt", number(int64(attempt)))
}

// DeliveryAccepted: the recipient's mail server answered 250; code is its reply code.
func DeliveryAccepted(d Delivered, code string) Entry {
	return d.entry(DeliveryAcceptedKind, Done).With("code", Code(code))
}

// DeliveryDelayed: an attempt failed for now; code is the reply code or our own ("connect").
func DeliveryDelayed(d Delivered, code string) Entry {
	return d.entry(DeliveryDelayedKind, Failed).With("code", Code(code))
}

// DeliveryFailed: the message will not reach the recipient; code is the enhanced status ("5.1.1") or our own.
func DeliveryFailed(d Delivered, code string) Entry {
	return d.entry(DeliveryFailedKind, Failed).With("code", Code(code))
}

// DeliveryKiosk: the message was sent to a kiosk that the mother had unlocked.
func DeliveryKiosk(d Delivered, k ids.KioskID) Entry {
	return d.entry(DeliveryKioskKind, Done).With("kiosk", string(k))
}

// DeliverySeen: the message was on the recipient's screen.
func DeliverySeen(d Delivered) Entry { return d.entry(DeliverySeenKind, Done) }

// MailAccepted: an email was stored, before the sender's server was answered 250. hash is the hexadecimal SHA-256 of
// its raw bytes.
func MailAccepted(in ids.InboundID, hash string) Entry {
	return made(MailAcceptedKind, Done, string(in)).With("sha256", hash)
}

// MailFiled: an email became a message of a thread.
func MailFiled(c ids.CaseID, t ids.ThreadID, m ids.MessageID, in ids.InboundID) Entry {
	return made(MailFiledKind, Done, string(in)).In(c, t).With("message", string(m))
}

// MailHeld: an email waits for a person; code says why ("unknown_sender", "unverified", "expired_token"). The case and
// thread it seems to be for, if any, follow with In.
func MailHeld(in ids.InboundID, h ids.HoldID, code string) Entry {
	return made(MailHeldKind, Held, string(in)).With("hold", string(h)).With("code", Code(code))
}

// MailRejected: an email was refused during SMTP and not kept; code says why ("size", "rate", "no_such_address").
func MailRejected(code string) Entry {
	return made(MailRejectedKind, Refused, "").With("code", Code(code))
}

// MailDiscarded: an email was put aside, its original kept: a loop, an automatic reply, or a person's decision.
func MailDiscarded(in ids.InboundID, code string) Entry {
	return made(MailDiscardedKind, Done, string(in)).With("code", Code(code))
}

// MailRead: a person read a held email.
func MailRead(in ids.InboundID) Entry { return made(MailReadKind, Done, string(in)) }

// MailLeft: an email could not be fetched, or not be kept, however often it was tried, and stays in its mailbox for a person; account names the
// mailbox in the configuration, uid the email in it, code the last cause.
func MailLeft(account string, uid uint32, code string) Entry {
	return made(MailLeftKind, Failed, "").With("account", Code(account)).With("uid", number(int64(uid))).With("code", Code(code))
}
