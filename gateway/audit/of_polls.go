package audit

import (
	"strconv"

	"kinbridge/gateway/ids"
)

// The kinds of this file, and what each means.
const (
	PollMadeKind       Kind = "poll.made"
	PollMailSentKind   Kind = "poll.mail_sent"
	PollMailFailedKind Kind = "poll.mail_failed"
	PollAnsweredKind   Kind = "poll.answered"
	PollRemindedKind   Kind = "poll.reminded"
	PollClosedKind     Kind = "poll.closed"
	PollWithdrawnKind  Kind = "poll.withdrawn"
	PollDecidedKind    Kind = "poll.decided"
)

var pollsKinds = []Info{
	{PollMadeKind, "Asked people outside when a meeting can be held", "poll", true},
	{PollMailSentKind, "Sent an email about a time for a meeting", "poll", true},
	{PollMailFailedKind, "Could not send an email about a time for a meeting", "poll", true},
	{PollAnsweredKind, "Answered when a meeting can be held", "poll", true},
	{PollRemindedKind, "Asked again when a meeting can be held", "poll", true},
	{PollClosedKind, "Stopped asking when a meeting can be held", "poll", true},
	{PollWithdrawnKind, "Took back the question when a meeting can be held", "poll", true},
	{PollDecidedKind, "Chose the time of a meeting that was asked for", "poll", true},
}

// Asking names one person who is asked in one poll, for the entries about her.
type Asking struct {
	Case    ids.CaseID
	Poll    ids.PollID
	Invitee ids.InviteeID
}

func (a Asking) entry(k Kind, o Outcome) Entry {
	return made(k, o, string(a.Poll)).In(a.Case, "").With("invitee", string(a.Invitee))
}

func ofPoll(k Kind, c ids.CaseID, p ids.PollID) Entry { return made(k, Done, string(p)).In(c, "") }

// PollMade: people outside are asked which of some times suit for a meeting; asked is how many they are.
func PollMade(c ids.CaseID, p ids.PollID, asked int) Entry {
	return ofPoll(PollMadeKind, c, p).With("asked", Code(strconv.Itoa(asked)))
}

// PollMailSent: the mail server took a mail about a poll; purpose is "asked", "reminded", "decided" or "withdrawn".
func PollMailSent(a Asking, purpose string) Entry {
	return a.entry(PollMailSentKind, Done).With("purpose", Code(purpose))
}

// PollMailFailed: such a mail was refused for good; code is the mail server's.
func PollMailFailed(a Asking, purpose, code string) Entry {
	return a.entry(PollMailFailedKind, Failed).With("purpose", Code(purpose)).With("code", Code(code))
}

// PollAnswered: somebody who is asked has answered, or changed her answer.
func PollAnswered(a Asking) Entry { return a.entry(PollAnsweredKind, Done) }

// PollReminded: those who have not answered are asked again; how is "person" or "half_way".
func PollReminded(c ids.CaseID, p ids.PollID, how string, people int) Entry {
	return ofPoll(PollRemindedKind, c, p).With("how", Code(how)).With("people", Code(strconv.Itoa(people)))
}

// PollClosed: no answers are taken any more.
func PollClosed(c ids.CaseID, p ids.PollID) Entry { return ofPoll(PollClosedKind, c, p) }

// PollWithdrawn: the question was taken back.
func PollWithdrawn(c ids.CaseID, p ids.PollID) Entry { return ofPoll(PollWithdrawnKind, c, p) }

// PollDecided: a meeting was made of it.
func PollDecided(c ids.CaseID, p ids.PollID, m ids.MeetingID) Entry {
	return ofPoll(PollDecidedKind, c, p).With("meeting", string(m))
}
