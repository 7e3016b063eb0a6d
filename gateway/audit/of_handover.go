package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	DeliveryAgainKind    Kind = "delivery.again"
	DeliveryHandledKind  Kind = "delivery.handled"
	MailNotedKind        Kind = "mail.noted"
	MailMovedKind        Kind = "mail.moved"
	MailTakenKind        Kind = "mail.original_taken"
	NoticeSentKind       Kind = "mail.notice_sent"
	NoticeFailedKind     Kind = "mail.notice_failed"
	ContactAwayKind      Kind = "contact.away"
	ContactLeftKind      Kind = "contact.left"
	HandoverProposedKind Kind = "handover.proposed"
	HandoverAcceptedKind Kind = "handover.accepted"
	HandoverRefusedKind  Kind = "handover.refused"
)

var handoverKinds = []Info{
	{DeliveryAgainKind, "Had a message sent again that had not arrived", "delivery", true},
	{DeliveryHandledKind, "Marked a message that did not arrive as dealt with", "delivery", true},
	{MailNotedKind, "Noted what an automatic email tells, and filed it nowhere", "email", false},
	{MailMovedKind, "Said that an email belongs to another case", "email", false},
	{MailTakenKind, "Downloaded the original of an email", "email", false},
	{NoticeSentKind, "Told a sender that her email cannot be read", "email", true},
	{NoticeFailedKind, "Could not tell a sender that her email cannot be read", "email", true},
	{ContactAwayKind, "Learnt from an automatic answer that a contact is away", "contact", false},
	{ContactLeftKind, "Learnt from an automatic answer that a contact has left", "contact", false},
	{HandoverProposedKind, "Proposed that somebody takes over the thread", "handover", true},
	{HandoverAcceptedKind, "Decided who takes over the thread", "handover", true},
	{HandoverRefusedKind, "Decided that nobody takes over the thread", "handover", true},
}

// MailNoted: what an automatic email tells was used; it is nobody's words. code says what it was ("away", "left", "bounce" …). The case
// and thread follow with In.
func MailNoted(in ids.InboundID, code string) Entry {
	return made(MailNotedKind, Done, string(in)).With("code", Code(code))
}

// MailMoved: a person said that an email belongs to another case; it is sorted anew.
func MailMoved(in ids.InboundID, h ids.HoldID) Entry {
	return made(MailMovedKind, Done, string(in)).With("hold", string(h))
}

// MailTaken: a person downloaded the original of an email.
func MailTaken(in ids.InboundID) Entry { return made(MailTakenKind, Done, string(in)) }

// NoticeSent: the sender of an email was told why it could not be read.
func NoticeSent(c ids.CaseID, t ids.ThreadID, in ids.InboundID) Entry {
	return made(NoticeSentKind, Done, string(in)).In(c, t)
}

// NoticeFailed: the sender of an email could not be told; code is the server's answer.
func NoticeFailed(c ids.CaseID, t ids.ThreadID, in ids.InboundID, code string) Entry {
	return made(NoticeFailedKind, Failed, string(in)).In(c, t).With("code", Code(code))
}

// ContactAway: a contact's mailbox says that she is away.
func ContactAway(id ids.ContactID, in ids.InboundID) Entry {
	return made(ContactAwayKind, Done, string(id)).With("email", string(in))
}

// ContactLeft: a contact's mailbox says that she has left.
func ContactLeft(id ids.ContactID, in ids.InboundID) Entry {
	return made(ContactLeftKind, Done, string(id)).With("email", string(in))
}

// HandoverProposed: somebody else may have to be written to; code is the reason ("left", "new_sender" …).
func HandoverProposed(c ids.CaseID, t ids.ThreadID, h ids.HandoverID, from ids.ContactID, code string) Entry {
	return made(HandoverProposedKind, Held, string(h)).In(c, t).With("contact", string(from)).With("code", Code(code))
}

// HandoverAccepted: a person decided who takes over; code is "replaced" or "joined".
func HandoverAccepted(c ids.CaseID, t ids.ThreadID, h ids.HandoverID, to ids.ContactID, code string) Entry {
	return made(HandoverAcceptedKind, Done, string(h)).In(c, t).With("contact", string(to)).With("code", Code(code))
}

// HandoverRefused: a person decided that nothing changes.
func HandoverRefused(c ids.CaseID, t ids.ThreadID, h ids.HandoverID) Entry {
	return made(HandoverRefusedKind, Refused, string(h)).In(c, t)
}

// DeliveryAgain: a person had a message that did not arrive sent again.
func DeliveryAgain(d Delivered) Entry { return d.entry(DeliveryAgainKind, Done) }

// DeliveryHandled: a person marked a message that did not arrive as dealt with.
func DeliveryHandled(d Delivered) Entry { return d.entry(DeliveryHandledKind, Done) }
