package audit

import "kinbridge/gateway/ids"

// CustodyRecorded: a report of where a woman is was taken; kind and effect are codes of package custody.
func CustodyRecorded(id, kind, effect, source string) Entry {
	return made(CustodyRecordedKind, Done, Code(id)).With("event", Code(kind)).With("effect", Code(effect)).With("source", Code(source))
}

// CustodyForgotten: a report that was nobody's for 30 days was removed.
func CustodyForgotten(id string) Entry { return made(CustodyForgottenKind, Done, Code(id)) }

// CustodyChanged: a woman is somewhere else than before; state is one of people.Custody.
func CustodyChanged(m ids.MotherID, from, to ids.AgencyID, state string) Entry {
	return made(CustodyChangedKind, Done, string(m)).With("from", string(from)).With("to", string(to)).With("state", Code(state))
}

// CustodyRead: somebody read where a woman is and was.
func CustodyRead(c ids.CaseID) Entry { return made(CustodyReadKind, Done, string(c)).In(c, "") }

// WingGiven: a woman was given a wing.
func WingGiven(m ids.MotherID, w ids.WingID) Entry {
	return made(WingGivenKind, Done, string(m)).With("wing", string(w))
}

// MotherMerged: two records were one woman's; from is the one that ended.
func MotherMerged(m, from ids.MotherID) Entry {
	return made(MotherMergedKind, Done, string(m)).With("from", string(from))
}

// NumberChanged: a woman has another prisoner number; the old one still finds her.
func NumberChanged(m ids.MotherID) Entry { return made(NumberChangedKind, Done, string(m)) }

// MeetingFreed: a meeting cannot take place as planned, and a new time is to be offered; why is the effect that freed it.
func MeetingFreed(c ids.CaseID, m ids.MeetingID, why string) Entry {
	return made(MeetingFreedKind, Done, string(m)).In(c, "").With("why", Code(why))
}

// MeetingReoffered: somebody dealt with a meeting that was freed; outcome is "offered" or "not_needed".
func MeetingReoffered(c ids.CaseID, m ids.MeetingID, outcome string) Entry {
	return made(MeetingReofferedKind, Done, string(m)).In(c, "").With("outcome", Code(outcome))
}

// FollowOnAgreed: it was recorded how she is reached after her release.
func FollowOnAgreed(c ids.CaseID) Entry { return made(FollowOnAgreedKind, Done, string(c)).In(c, "") }

// DeliveryGiven: she was given a message that was kept; how is a code.
func DeliveryGiven(d Delivered, how string) Entry {
	return made(DeliveryGivenKind, Done, string(d.Delivery)).In(d.Case, d.Thread).With("message", string(d.Message)).With("how", Code(how))
}

// TeamChanged: somebody joined or left a case's team, or holds it now; what is "joined", "left" or "holds".
func TeamChanged(c ids.CaseID, s ids.StaffID, what string) Entry {
	return made(TeamChangedKind, Done, string(s)).In(c, "").With("what", Code(what))
}

// AgencyCodeSet: it was said by which code the prisons' records name an establishment.
func AgencyCodeSet(a ids.AgencyID) Entry { return made(AgencyCodeSetKind, Done, string(a)) }
