package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	AskSetKind           Kind = "ask.set"
	AskMovedKind         Kind = "ask.moved"
	AskPromisedKind      Kind = "ask.promised"
	AskAnsweredKind      Kind = "ask.answered"
	AskStoppedKind       Kind = "ask.stopped"
	AskStepReadyKind     Kind = "ask.step_ready"
	AskStepSentKind      Kind = "ask.step_sent"
	AskStepDismissedKind Kind = "ask.step_dismissed"
	AskLookedKind        Kind = "ask.looked"
	SummarySentKind      Kind = "handover.summary"
	DutySetKind          Kind = "agency.duty_set"
)

var chasingKinds = []Info{
	{AskSetKind, "Asked for an answer by a day", "ask", true},
	{AskMovedKind, "Changed the day by which an answer is asked for", "ask", true},
	{AskPromisedKind, "Had a reply that seems to promise the answer for later", "ask", true},
	{AskAnsweredKind, "The answer that was asked for came", "ask", true},
	{AskStoppedKind, "Said that no answer is needed any more", "ask", true},
	{AskStepReadyKind, "A draft to ask again is ready", "step", true},
	{AskStepSentKind, "Sent a draft to ask again", "step", true},
	{AskStepDismissedKind, "Decided not to ask again this time", "step", true},
	{AskLookedKind, "Looked whether an answer is to be asked for again", "ask", true},
	{SummarySentKind, "Wrote to whoever takes over what she takes over", "message", true},
	{DutySetKind, "Recorded how an agency’s duty team is reached", "agency", false},
}

// AskSet: an answer is waited for by a day; origin is one of cases.AskOrigin.
func AskSet(c ids.CaseID, t ids.ThreadID, a ids.AskID, origin, due string) Entry {
	return made(AskSetKind, Done, string(a)).In(c, t).With("origin", Code(origin)).With("due", Code(due))
}

// AskMoved: the day by which an answer is waited for was changed.
func AskMoved(c ids.CaseID, t ids.ThreadID, a ids.AskID, due string) Entry {
	return made(AskMovedKind, Done, string(a)).In(c, t).With("due", Code(due))
}

// AskPromised: a reply came that seems to promise the answer for a day ("" = none is named): a person decides whether it is the answer.
func AskPromised(c ids.CaseID, t ids.ThreadID, a ids.AskID, m ids.MessageID, by string) Entry {
	return made(AskPromisedKind, Done, string(a)).In(c, t).With("message", string(m)).With("by", Code(by))
}

// AskAnswered: the answer came; message is "" when a person said so.
func AskAnswered(c ids.CaseID, t ids.ThreadID, a ids.AskID, m ids.MessageID) Entry {
	return made(AskAnsweredKind, Done, string(a)).In(c, t).With("message", string(m))
}

// AskStopped: a person said that no answer is needed any more.
func AskStopped(c ids.CaseID, t ids.ThreadID, a ids.AskID) Entry {
	return made(AskStoppedKind, Done, string(a)).In(c, t)
}

// AskStepReady: a draft to ask again is ready; rung is whom it is for.
func AskStepReady(c ids.CaseID, t ids.ThreadID, s ids.AskStepID, a ids.AskID, rung string) Entry {
	return made(AskStepReadyKind, Done, string(s)).In(c, t).With("ask", string(a)).With("rung", Code(rung))
}

// AskStepSent: a person sent such a draft; in is the conversation where.
func AskStepSent(c ids.CaseID, t ids.ThreadID, s ids.AskStepID, rung string, in ids.ThreadID, m ids.MessageID) Entry {
	return made(AskStepSentKind, Done, string(s)).In(c, t).With("rung", Code(rung)).With("in", string(in)).With("message", string(m))
}

// AskStepDismissed: a person decided that such a draft is not sent.
func AskStepDismissed(c ids.CaseID, t ids.ThreadID, s ids.AskStepID, rung string) Entry {
	return made(AskStepDismissedKind, Done, string(s)).In(c, t).With("rung", Code(rung))
}

// SummarySent: whoever takes over a conversation was written what she takes over.
func SummarySent(c ids.CaseID, t ids.ThreadID, m ids.MessageID, to ids.ContactID) Entry {
	return made(SummarySentKind, Done, string(m)).In(c, t).With("contact", string(to))
}

// DutySet: it was said how an agency's duty team is reached.
func DutySet(a ids.AgencyID) Entry { return made(DutySetKind, Done, string(a)) }

// AskLooked: it was looked whether an answer is to be asked for again.
func AskLooked(c ids.CaseID, t ids.ThreadID, a ids.AskID) Entry {
	return made(AskLookedKind, Done, string(a)).In(c, t)
}
