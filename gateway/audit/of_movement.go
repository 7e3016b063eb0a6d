package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	MovementMarkedKind       Kind = "movement.marked"
	MovementAcknowledgedKind Kind = "movement.acknowledged"
	MovementChangedKind      Kind = "movement.changed"
	MovementUnseenKind       Kind = "movement.unseen"
	MovementSeenToKind       Kind = "movement.seen_to"
	MovementMailSentKind     Kind = "movement.mail_sent"
	MovementMailFailedKind   Kind = "movement.mail_failed"
	MovementsListedKind      Kind = "movement.listed"
)

var movementKinds = []Info{
	{MovementMarkedKind, "Recorded where she is on her way", "movement", true},
	{MovementAcknowledgedKind, "Acknowledged that she is to be brought", "movement", true},
	{MovementChangedKind, "Announced a late change to her wing", "movement", true},
	{MovementUnseenKind, "Raised the alarm that her wing has not acknowledged", "movement", true},
	{MovementSeenToKind, "Saw to what her wing's list had reported", "movement", true},
	{MovementMailSentKind, "Sent a worker word by email of a wing's list", "movement", true},
	{MovementMailFailedKind, "Could not send a worker word of a wing's list", "movement", true},
	{MovementsListedKind, "Put what is planned on the wings' lists", "", false},
}

// MovementMarked: an officer pressed where a woman is; from and to are states of package movement, why is a code of it. A movement to be read together with her names
// its conversation, so that who may not know of that learns nothing.
func MovementMarked(c ids.CaseID, t ids.ThreadID, m ids.MovementID, from, to, why string) Entry {
	return made(MovementMarkedKind, Done, string(m)).In(c, t).With("from", Code(from)).With("to", Code(to)).With("why", Code(why))
}

// MovementAcknowledged: an officer has read a movement as it is.
func MovementAcknowledged(c ids.CaseID, t ids.ThreadID, m ids.MovementID) Entry {
	return made(MovementAcknowledgedKind, Done, string(m)).In(c, t)
}

// MovementChanged: a late change was announced to the wing; what is a code of package movement.
func MovementChanged(c ids.CaseID, t ids.ThreadID, m ids.MovementID, what string) Entry {
	return made(MovementChangedKind, Done, string(m)).In(c, t).With("what", Code(what))
}

// MovementUnseen: it begins soon, and nobody on the wing had acknowledged it.
func MovementUnseen(c ids.CaseID, t ids.ThreadID, m ids.MovementID) Entry {
	return made(MovementUnseenKind, Done, string(m)).In(c, t)
}

// MovementSeenTo: a worker has seen to what she was told of a movement; kind is "unseen" or "missed".
func MovementSeenTo(c ids.CaseID, t ids.ThreadID, m ids.MovementID, kind string) Entry {
	return made(MovementSeenToKind, Done, string(m)).In(c, t).With("kind", Code(kind))
}

// MovementMailSent: a server took the mail that asks a worker to look at her page.
func MovementMailSent(c ids.CaseID, t ids.ThreadID, m ids.MovementID) Entry {
	return made(MovementMailSentKind, Done, string(m)).In(c, t)
}

// MovementMailFailed: that mail could not be sent; code is the server's answer.
func MovementMailFailed(c ids.CaseID, t ids.ThreadID, m ids.MovementID, code string) Entry {
	return made(MovementMailFailedKind, Failed, string(m)).In(c, t).With("code", Code(code))
}

// MovementsListed: what was planned before there were lists was put on them.
func MovementsListed() Entry { return made(MovementsListedKind, Done, "") }
