package audit

import "kinbridge/gateway/ids"

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
