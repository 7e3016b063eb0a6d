package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	CustodyRecordedKind  Kind = "custody.recorded"
	CustodyForgottenKind Kind = "custody.forgotten"
	CustodyChangedKind   Kind = "custody.changed"
	CustodyReadKind      Kind = "custody.read"
	WingGivenKind        Kind = "mother.wing_given"
	MotherMergedKind     Kind = "mother.merged"
	NumberChangedKind    Kind = "mother.number_changed"
	MeetingFreedKind     Kind = "meeting.freed"
	MeetingReofferedKind Kind = "meeting.reoffered"
	FollowOnAgreedKind   Kind = "case.follow_on"
	DeliveryGivenKind    Kind = "delivery.given"
	TeamChangedKind      Kind = "case.team_changed"
	AgencyCodeSetKind    Kind = "agency.code_set"
)

var custodyKinds = []Info{
	{CustodyRecordedKind, "Recorded a custody event", "custody event", false},
	{CustodyForgottenKind, "Removed a custody event that was nobody's for 30 days", "custody event", false},
	{CustodyChangedKind, "Recorded that she is somewhere else", "mother", false},
	{CustodyReadKind, "Read where she is and was", "case", true},
	{WingGivenKind, "Gave her a wing", "mother", false},
	{MotherMergedKind, "Joined two records that are one woman's", "mother", false},
	{NumberChangedKind, "Recorded that her prisoner number has changed", "mother", false},
	{MeetingFreedKind, "Freed a meeting that cannot take place as planned", "meeting", true},
	{MeetingReofferedKind, "Dealt with a meeting whose new time was to be offered", "meeting", true},
	{FollowOnAgreedKind, "Recorded how she is reached after her release", "case", true},
	{DeliveryGivenKind, "Gave her a message that was kept for after her release", "delivery", true},
	{TeamChangedKind, "Changed the case's team", "staff", true},
	{AgencyCodeSetKind, "Set an establishment's code", "agency", false},
}

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
