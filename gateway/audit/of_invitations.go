package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	InvitationReceivedKind Kind = "invitation.received"
	InvitationAnsweredKind Kind = "invitation.answered"
	InvitationSentKind     Kind = "invitation.sent"
	InvitationFailedKind   Kind = "invitation.failed"
)

var invitationsKinds = []Info{
	{InvitationReceivedKind, "An invitation to a meeting came, or a newer version of one", "invitation", true},
	{InvitationAnsweredKind, "Decided about an invitation to a meeting", "invitation", true},
	{InvitationSentKind, "Sent an answer to an invitation", "invitation", true},
	{InvitationFailedKind, "Could not send an answer to an invitation", "invitation", true},
}

// InvitationReceived: an email brought an invitation to a meeting ("new"), or a newer version of one that is known ("newer").
func InvitationReceived(c ids.CaseID, t ids.ThreadID, i ids.InvitationID, code string) Entry {
	return made(InvitationReceivedKind, Done, string(i)).In(c, t).With("code", Code(code))
}

// InvitationAnswered: a person decided about an invitation; code is what ("accepted", "tentative", "declined"), or "asked" when its organiser is asked for what it does not say.
func InvitationAnswered(c ids.CaseID, t ids.ThreadID, i ids.InvitationID, code string) Entry {
	return made(InvitationAnsweredKind, Done, string(i)).In(c, t).With("code", Code(code))
}

// InvitationMailSent: the mail server took what is sent to the organiser; code is as above.
func InvitationMailSent(c ids.CaseID, t ids.ThreadID, i ids.InvitationID, code string) Entry {
	return made(InvitationSentKind, Done, string(i)).In(c, t).With("code", Code(code))
}

// InvitationMailFailed: it was refused for good; code is the mail server's.
func InvitationMailFailed(c ids.CaseID, t ids.ThreadID, i ids.InvitationID, code string) Entry {
	return made(InvitationFailedKind, Failed, string(i)).In(c, t).With("code", Code(code))
}
