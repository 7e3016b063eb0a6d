package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	MessageReturnedKind Kind = "message.returned"
	MessageAppealedKind Kind = "message.appealed"
	FileKeptKind        Kind = "attachment.kept"
	ReviewToldKind      Kind = "review.told"
	ReviewNotToldKind   Kind = "review.not_told"
	ReviewSetKind       Kind = "review.set"
	ReviewAimSetKind    Kind = "review.aim_set"
	FlagSetKind         Kind = "flag.set"
	FlagEndedKind       Kind = "flag.ended"
)

var reviewKinds = []Info{
	{MessageReturnedKind, "Returned a message to its author", "message", true},
	{MessageAppealedKind, "Asked that a second person looks at a message", "message", true},
	{FileKeptKind, "Kept a file of a message back", "attachment", true},
	{ReviewToldKind, "Told somebody outside of a review", "hold", true},
	{ReviewNotToldKind, "Could not tell somebody outside of a review", "hold", true},
	{ReviewSetKind, "Said who reviews messages", "", false},
	{ReviewAimSetKind, "Said how soon messages are to be reviewed", "", false},
	{FlagSetKind, "Added words to be pointed out to reviewers", "flag", false},
	{FlagEndedKind, "Took away words pointed out to reviewers", "flag", false},
}

// MessageReturned: a reviewer sent a message back to its author, to be written again. Her words of explanation are content and stay with the hold.
func MessageReturned(c ids.CaseID, t ids.ThreadID, m ids.MessageID, h ids.HoldID) Entry {
	return made(MessageReturnedKind, Refused, string(m)).In(c, t).With("hold", string(h))
}

// MessageAppealed: the author of a message that was not passed on asked that a second person looks at it.
func MessageAppealed(c ids.CaseID, t ids.ThreadID, m ids.MessageID, h ids.HoldID) Entry {
	return made(MessageAppealedKind, Held, string(m)).In(c, t).With("hold", string(h))
}

// FileKept: a reviewer kept a file of a message back.
func FileKept(c ids.CaseID, t ids.ThreadID, a ids.AttachmentID, h ids.HoldID) Entry {
	return made(FileKeptKind, Refused, string(a)).In(c, t).With("hold", string(h))
}

// ReviewTold: a contact was told by mail of a decision about a message.
func ReviewTold(c ids.CaseID, t ids.ThreadID, h ids.HoldID, to ids.ContactID) Entry {
	return made(ReviewToldKind, Done, string(h)).In(c, t).With("contact", string(to))
}

// ReviewNotTold: a contact could not be told of a decision; code is the server's answer.
func ReviewNotTold(c ids.CaseID, t ids.ThreadID, h ids.HoldID, to ids.ContactID, code string) Entry {
	return made(ReviewNotToldKind, Failed, string(h)).In(c, t).With("contact", string(to)).With("code", Code(code))
}

// ReviewSet: somebody said who reviews a direction; scope is what it is for ("estate", "establishment", "case", "thread") and subject its identifier,
// first and second the roles ("nobody" when it need not be reviewed, "unset" when the wider setting counts again).
func ReviewSet(scope, subject, direction, first, second string) Entry {
	return made(ReviewSetKind, Done, subject).With("scope", Code(scope)).With("direction", Code(direction)).With("first", Code(first)).With("second", Code(second))
}

// ReviewAimSet: somebody said in how many working days a hold is to be decided; subject is the establishment, "" for all.
func ReviewAimSet(subject string, days int) Entry {
	return made(ReviewAimSetKind, Done, subject).With("days", number(int64(days)))
}

// FlagSet: somebody added words that are pointed out to reviewers; level is "estate", "establishment" or "person". The words are content.
func FlagSet(id, level, of string) Entry {
	return made(FlagSetKind, Done, id).With("level", Code(level)).With("for", of)
}

// FlagEnded: somebody took such words away.
func FlagEnded(id, level, of string) Entry {
	return made(FlagEndedKind, Done, id).With("level", Code(level)).With("for", of)
}
