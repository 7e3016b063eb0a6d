package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	RestrictionAddedKind    Kind = "restriction.added"
	RestrictionChangedKind  Kind = "restriction.changed"
	RestrictionReviewedKind Kind = "restriction.reviewed"
	RestrictionEndedKind    Kind = "restriction.ended"
	RestrictionsReadKind    Kind = "restriction.read"
	InvitationWithdrawnKind Kind = "restriction.invitation_withdrawn"
	KeptLeftKind            Kind = "restriction.kept_back"
	WorkDoneKind            Kind = "restriction.meeting_seen_to"
	FileClearedKind         Kind = "attachment.cleared"
	ChildChangedKind        Kind = "child.changed"
	DayExaminedKind         Kind = "restriction.day_examined"
)

var restrictionsKinds = []Info{
	{RestrictionAddedKind, "Put a contact restriction in force", "restriction", true},
	{RestrictionChangedKind, "Changed a contact restriction", "restriction", true},
	{RestrictionReviewedKind, "Looked at a contact restriction again: it continues", "restriction", true},
	{RestrictionEndedKind, "Ended a contact restriction", "restriction", true},
	{RestrictionsReadKind, "Read the contact restrictions", "case", true},
	{InvitationWithdrawnKind, "Withdrew an invitation because of a contact restriction", "meeting", true},
	{KeptLeftKind, "Decided that a message which was kept back does not go", "delivery", true},
	{WorkDoneKind, "Saw to a meeting from which somebody was withdrawn", "meeting", true},
	{FileClearedKind, "Said that a file may be shown to her", "attachment", true},
	{ChildChangedKind, "Changed what is known of a child", "child", true},
	{DayExaminedKind, "Examined what begins or ends with the day", "", false},
}

// RestrictionAdded: a contact restriction is in the case; kind and source are codes of package cases.
func RestrictionAdded(c ids.CaseID, r ids.RestrictionID, kind, source string) Entry {
	return made(RestrictionAddedKind, Done, string(r)).In(c, "").With("restriction", Code(kind)).With("source", Code(source))
}

// RestrictionChanged: its days, its review day, its note or what she may be told changed.
func RestrictionChanged(c ids.CaseID, r ids.RestrictionID) Entry {
	return made(RestrictionChangedKind, Done, string(r)).In(c, "")
}

// RestrictionReviewed: public protection looked at it again, and it continues.
func RestrictionReviewed(c ids.CaseID, r ids.RestrictionID, next string) Entry {
	return made(RestrictionReviewedKind, Done, string(r)).In(c, "").With("next", Code(next))
}

// RestrictionEnded: somebody ended it before its last day.
func RestrictionEnded(c ids.CaseID, r ids.RestrictionID) Entry {
	return made(RestrictionEndedKind, Done, string(r)).In(c, "")
}

// RestrictionsRead: somebody read a case's restrictions.
func RestrictionsRead(c ids.CaseID) Entry {
	return made(RestrictionsReadKind, Done, string(c)).In(c, "")
}

// InvitationWithdrawn: a restriction forbids that somebody, or a child, takes part in a meeting; subject is who it was.
func InvitationWithdrawn(c ids.CaseID, m ids.MeetingID, who string) Entry {
	return made(InvitationWithdrawnKind, Done, string(m)).In(c, "").With("who", who)
}

// KeptLeft: a message that a restriction kept is not to go.
func KeptLeft(d Delivered) Entry { return d.entry(KeptLeftKind, Done) }

// WorkDone: somebody has seen to a meeting from which a restriction took somebody.
func WorkDone(c ids.CaseID, m ids.MeetingID) Entry {
	return made(WorkDoneKind, Done, string(m)).In(c, "")
}

// FileCleared: a reviewer said that a picture may be shown to her in spite of a restriction on pictures.
func FileCleared(c ids.CaseID, t ids.ThreadID, a ids.AttachmentID) Entry {
	return made(FileClearedKind, Done, string(a)).In(c, t)
}

// ChildChanged: birth, authority or the end of parental responsibility of a child; why is a code, "" while it has not ended.
func ChildChanged(c ids.CaseID, k ids.ChildID, why string) Entry {
	return made(ChildChangedKind, Done, string(k)).In(c, "").With("ended", Code(why))
}

// DayExamined: the day turned, and what began or ended with it was examined.
func DayExamined(day string) Entry { return made(DayExaminedKind, Done, "").With("day", Code(day)) }
