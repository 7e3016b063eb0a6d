package audit

import "kinbridge/gateway/ids"

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
