package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	RequestMadeKind      Kind = "request.made"
	RequestAnsweredKind  Kind = "request.answered"
	RequestSettledKind   Kind = "request.settled"
	RequestWithdrawnKind Kind = "request.withdrawn"
	RequestTalkedKind    Kind = "request.talked"
	RequestsReadKind     Kind = "request.read"
	PrintAskedKind       Kind = "own_record.asked"
	PrintGivenKind       Kind = "own_record.given"
	OwnRecordTakenKind   Kind = "own_record.taken"
)

var requestsKinds = []Info{
	{RequestMadeKind, "Made a request of a message", "request", true},
	{RequestAnsweredKind, "Answered a request", "request", true},
	{RequestSettledKind, "Said which message answers a request", "request", true},
	{RequestWithdrawnKind, "Withdrew a request", "request", true},
	{RequestTalkedKind, "Talked with the mother about a request", "request", true},
	{RequestsReadKind, "Read what is asked in the case", "case", true},
	{PrintAskedKind, "Asked for her own record on paper", "mother", true},
	{PrintGivenKind, "Gave the mother her own record on paper", "mother", true},
	{OwnRecordTakenKind, "Made the mother's own record to be printed", "mother", true},
}

// Asked says of which request an entry is.
type Asked struct {
	Case    ids.CaseID
	Thread  ids.ThreadID
	Request ids.RequestID
}

func (a Asked) entry(k Kind) Entry { return made(k, Done, string(a.Request)).In(a.Case, a.Thread) }

// RequestMade: a message asks for something; kind is a code ("school_trip"), m the message that asks.
func RequestMade(a Asked, kind string, m ids.MessageID) Entry {
	return a.entry(RequestMadeKind).With("kind", Code(kind)).With("message", string(m))
}

// RequestAnswered: a mother answered. says is a code ("yes"), m her message, digest the SHA-256 of the record that goes with it.
func RequestAnswered(a Asked, says string, m ids.MessageID, digest string) Entry {
	return a.entry(RequestAnsweredKind).With("says", Code(says)).With("message", string(m)).With("record_sha256", Code(digest))
}

// RequestSettled: a person said which message answers what a mother had asked.
func RequestSettled(a Asked, m ids.MessageID) Entry {
	return a.entry(RequestSettledKind).With("message", string(m))
}

// RequestWithdrawn: it is not asked any more.
func RequestWithdrawn(a Asked) Entry { return a.entry(RequestWithdrawnKind) }

// RequestTalked: her Pact worker has talked with her about it.
func RequestTalked(a Asked) Entry { return a.entry(RequestTalkedKind) }

// RequestsRead: the requests of a case were read.
func RequestsRead(c ids.CaseID) Entry { return made(RequestsReadKind, Done, string(c)).In(c, "") }

// PrintAsked: a mother asked for her own record on paper.
func PrintAsked(c ids.CaseID, m ids.MotherID) Entry {
	return made(PrintAskedKind, Done, string(m)).In(c, "")
}

// PrintGiven: her Pact worker gave her the printed record.
func PrintGiven(c ids.CaseID, m ids.MotherID) Entry {
	return made(PrintGivenKind, Done, string(m)).In(c, "")
}

// OwnRecordTaken: a mother's own record was made to be printed.
func OwnRecordTaken(c ids.CaseID, m ids.MotherID) Entry {
	return made(OwnRecordTakenKind, Done, string(m)).In(c, "")
}
