package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	TogetherMarkedKind     Kind = "together.marked"
	TogetherUnmarkedKind   Kind = "together.unmarked"
	TogetherBookedKind     Kind = "together.booked"
	TogetherFreedKind      Kind = "together.freed"
	TogetherCodeMadeKind   Kind = "together.code_made"
	TogetherCodeFailedKind Kind = "together.code_failed"
	TogetherBegunKind      Kind = "together.begun"
	TogetherOpenedKind     Kind = "together.opened"
	TogetherRecordedKind   Kind = "together.recorded"
	ThreadShownKind        Kind = "thread.shown"
	HintsChangedKind       Kind = "hints.changed"
	AlertRaisedKind        Kind = "alert.raised"
	AlertAgainKind         Kind = "alert.again"
	AlertAcknowledgedKind  Kind = "alert.acknowledged"
	AlertMailSentKind      Kind = "alert.mail_sent"
	AlertMailFailedKind    Kind = "alert.mail_failed"
	AlertListKind          Kind = "alert.list_changed"
	PlanOpenedKind         Kind = "plan.opened"
	PlanClosedKind         Kind = "plan.closed"
	PlanReadKind           Kind = "plan.read"
)

var togetherKinds = []Info{
	{TogetherMarkedKind, "Said that a message is to be read together with somebody", "message", true},
	{TogetherUnmarkedKind, "Said that a message need not be read together", "message", true},
	{TogetherBookedKind, "Booked when and where a message is read together", "message", true},
	{TogetherFreedKind, "Freed a booking for reading together", "message", true},
	{TogetherCodeMadeKind, "Took a code for opening a message together", "message", true},
	{TogetherCodeFailedKind, "Gave a wrong code for opening a message together", "mother", true},
	{TogetherBegunKind, "Gave code and PIN, to open a message together", "message", true},
	{TogetherOpenedKind, "Opened a message together", "message", true},
	{TogetherRecordedKind, "Wrote down how reading together went", "message", true},
	{ThreadShownKind, "The mother may now know of the conversation", "thread", true},
	{HintsChangedKind, "Changed the words that mark a message to be read together", "", false},
	{AlertRaisedKind, "Told the wing that she may need support", "alert", true},
	{AlertAgainKind, "Told the wing again that she may need support", "alert", true},
	{AlertAcknowledgedKind, "Said that she sees to her", "alert", true},
	{AlertMailSentKind, "Sent word by email to look at the wing's page", "alert", true},
	{AlertMailFailedKind, "Could not send word by email to look at the wing's page", "alert", true},
	{AlertListKind, "Changed who is told that a woman may need support", "agency", false},
	{PlanOpenedKind, "Opened a support plan", "plan", false},
	{PlanClosedKind, "Closed a support plan", "plan", false},
	{PlanReadKind, "Was shown whether a support plan is open", "mother", false},
}

// TogetherMarked: a message is to be read together with somebody; by says what told so: "staff", "sender", "hint" or "thread".
func TogetherMarked(c ids.CaseID, t ids.ThreadID, m ids.MessageID, by string) Entry {
	return made(TogetherMarkedKind, Done, string(m)).In(c, t).With("by", by)
}

// TogetherUnmarked: a message need not be read together after all. The reason is kept with the message.
func TogetherUnmarked(c ids.CaseID, t ids.ThreadID, m ids.MessageID) Entry {
	return made(TogetherUnmarkedKind, Done, string(m)).In(c, t)
}

// TogetherBooked: it is arranged when a message is read, and with whom.
func TogetherBooked(c ids.CaseID, t ids.ThreadID, m ids.MessageID, with ids.StaffID) Entry {
	return made(TogetherBookedKind, Done, string(m)).In(c, t).With("with", string(with))
}

// TogetherFreed: such an arrangement ended; code says why ("cancelled", "moved", "unmarked", "stopped").
func TogetherFreed(c ids.CaseID, t ids.ThreadID, m ids.MessageID, code string) Entry {
	return made(TogetherFreedKind, Done, string(m)).In(c, t).With("code", Code(code))
}

// TogetherCodeMade: a worker was given the code by which she opens a message with its mother.
func TogetherCodeMade(c ids.CaseID, t ids.ThreadID, m ids.MessageID) Entry {
	return made(TogetherCodeMadeKind, Done, string(m)).In(c, t)
}

// TogetherCodeFailed: a wrong code was given beside a mother. It names no message: the code led to none.
func TogetherCodeFailed(c ids.CaseID, m ids.MotherID) Entry {
	return made(TogetherCodeFailedKind, Refused, string(m)).In(c, "")
}

// TogetherBegun: the worker's code (or session) and the mother's PIN were right, together.
func TogetherBegun(c ids.CaseID, t ids.ThreadID, m ids.MessageID, worker ids.StaffID) Entry {
	return made(TogetherBegunKind, Done, string(m)).In(c, t).With("worker", string(worker))
}

// TogetherOpened: the message was shown to the mother with the worker beside her.
func TogetherOpened(c ids.CaseID, t ids.ThreadID, m ids.MessageID, worker ids.StaffID) Entry {
	return made(TogetherOpenedKind, Done, string(m)).In(c, t).With("worker", string(worker))
}

// TogetherRecorded: how it went was written down; went is one of messages.TogetherWent.
func TogetherRecorded(c ids.CaseID, t ids.ThreadID, m ids.MessageID, went string) Entry {
	return made(TogetherRecordedKind, Done, string(m)).In(c, t).With("went", Code(went))
}

// ThreadShown: a mother may know of a conversation that began quietly.
func ThreadShown(c ids.CaseID, t ids.ThreadID) Entry {
	return made(ThreadShownKind, Done, string(t)).In(c, t)
}

// HintsChanged: the words that mark a message to be read together were changed.
func HintsChanged() Entry { return made(HintsChangedKind, Done, "") }

// AlertRaised: those near a woman were told that she may need support. The entry is in no thread and does not say why.
func AlertRaised(c ids.CaseID, a ids.AlertID, urgent bool) Entry {
	return made(AlertRaisedKind, Done, string(a)).In(c, "").With("urgent", yes(urgent))
}

// AlertAgain: nobody had acknowledged an alert, and it went to more people.
func AlertAgain(c ids.CaseID, a ids.AlertID) Entry {
	return made(AlertAgainKind, Done, string(a)).In(c, "")
}

// AlertAcknowledged: somebody sees to her.
func AlertAcknowledged(c ids.CaseID, a ids.AlertID) Entry {
	return made(AlertAcknowledgedKind, Done, string(a)).In(c, "")
}

// AlertMailSent: a server took the mail that asks somebody to look at her wing's page.
func AlertMailSent(c ids.CaseID, a ids.AlertID) Entry {
	return made(AlertMailSentKind, Done, string(a)).In(c, "")
}

// AlertMailFailed: that mail could not be sent; code is the server's answer.
func AlertMailFailed(c ids.CaseID, a ids.AlertID, code string) Entry {
	return made(AlertMailFailedKind, Failed, string(a)).In(c, "").With("code", Code(code))
}

// AlertList: who is told at an establishment was changed.
func AlertList(establishment ids.AgencyID) Entry {
	return made(AlertListKind, Done, string(establishment))
}

// PlanOpened: a support plan was opened. Who may not know of plans is not shown the entry.
func PlanOpened(c ids.CaseID, p ids.PlanID) Entry {
	return made(PlanOpenedKind, Done, string(p)).In(c, "")
}

// PlanClosed: a support plan was closed.
func PlanClosed(c ids.CaseID, p ids.PlanID) Entry {
	return made(PlanClosedKind, Done, string(p)).In(c, "")
}

// PlanRead: somebody was shown whether a support plan is open.
func PlanRead(c ids.CaseID, m ids.MotherID) Entry {
	return made(PlanReadKind, Done, string(m)).In(c, "")
}

// OfPlans reports whether an entry gives away that a woman has, or may have, a support plan.
func (k Kind) OfPlans() bool { return k == PlanOpenedKind || k == PlanClosedKind || k == PlanReadKind }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
