package audit

import (
	"strconv"

	"kinbridge/gateway/ids"
)

// The kinds of this file, and what each means.
const (
	MeetingCreatedKind     Kind = "meeting.created"
	MeetingChangedKind     Kind = "meeting.changed"
	MeetingPlacedKind      Kind = "meeting.placed"
	RegimeSetKind          Kind = "regime.set"
	RegimeDaySetKind       Kind = "regime.day_set"
	PlaceAddedKind         Kind = "place.added"
	PlaceWithdrawnKind     Kind = "place.withdrawn"
	MeetingCancelledKind   Kind = "meeting.cancelled"
	MeetingHeldKind        Kind = "meeting.held_elsewhere"
	HeldWithdrawnKind      Kind = "meeting.held_withdrawn"
	GuestInvitedKind       Kind = "guest.invited"
	GuestMailSentKind      Kind = "guest.mail_sent"
	GuestMailFailedKind    Kind = "guest.mail_failed"
	GuestEnteredKind       Kind = "guest.entered"
	GuestCodeFailedKind    Kind = "guest.code_failed"
	GuestAnsweredKind      Kind = "guest.answered"
	GuestAnswerIgnoredKind Kind = "guest.answer_ignored"
	GuestLeftKind          Kind = "guest.left"
	TicketIssuedKind       Kind = "ticket.issued"
	TicketRefusedKind      Kind = "ticket.refused"
	RoomKnockedKind        Kind = "room.knocked"
	RoomAdmittedKind       Kind = "room.admitted"
	RoomRefusedKind        Kind = "room.refused"
	RoomJoinedKind         Kind = "room.joined"
	RoomLeftKind           Kind = "room.left"
	RoomRemovedKind        Kind = "room.removed"
	RoomEndedKind          Kind = "room.ended"
	RoomPrivateBeganKind   Kind = "room.private_began"
	RoomPrivateEndedKind   Kind = "room.private_ended"
	RoomBreakAskedKind     Kind = "room.break_asked"
	RoomBreakOverKind      Kind = "room.break_over"
	RoomNotUnderstoodKind  Kind = "room.not_understood"
	RoomHandRaisedKind     Kind = "room.hand_raised"
	RoomLockedKind         Kind = "room.locked"
	RoomUnlockedKind       Kind = "room.unlocked"
)

var meetingsKinds = []Info{
	{MeetingCreatedKind, "Arranged a meeting", "meeting", true},
	{MeetingChangedKind, "Changed a meeting", "meeting", true},
	{MeetingPlacedKind, "Booked a place for a meeting, or gave it back", "meeting", true},
	{RegimeSetKind, "Said when the women of a wing are unlocked", "wing", false},
	{RegimeDaySetKind, "Said that a day of a wing is unlike others", "wing", false},
	{PlaceAddedKind, "Added a place for meetings", "place", false},
	{PlaceWithdrawnKind, "Withdrew a place for meetings", "place", false},
	{MeetingCancelledKind, "Cancelled a meeting", "meeting", true},
	{MeetingHeldKind, "Recorded a meeting that was held elsewhere", "meeting elsewhere", true},
	{HeldWithdrawnKind, "Took back the record of a meeting that was held elsewhere", "meeting elsewhere", true},
	{GuestInvitedKind, "Invited a guest to a meeting", "participant", true},
	{GuestMailSentKind, "Sent an email to a guest", "participant", true},
	{GuestMailFailedKind, "An email to a guest could not be sent", "participant", true},
	{GuestEnteredKind, "Gave the right code for a meeting", "participant", true},
	{GuestCodeFailedKind, "Gave a wrong code for a meeting", "participant", true},
	{GuestAnsweredKind, "Answered an invitation by her calendar", "participant", true},
	{GuestAnswerIgnoredKind, "An answer of a calendar changed nothing", "participant", true},
	{GuestLeftKind, "Closed a guest's place in a meeting on her device", "participant", true},
	{TicketIssuedKind, "Issued a ticket for a meeting room", "participant", true},
	{TicketRefusedKind, "Refused a ticket for a meeting room", "", false},
	{RoomKnockedKind, "Came to the lobby of a meeting", "participant", true},
	{RoomAdmittedKind, "Let somebody into a meeting", "participant", true},
	{RoomRefusedKind, "Turned somebody away from a meeting", "participant", true},
	{RoomJoinedKind, "Joined a meeting", "participant", true},
	{RoomLeftKind, "Left a meeting", "participant", true},
	{RoomRemovedKind, "Removed somebody from a meeting", "participant", true},
	{RoomEndedKind, "Ended a meeting for everybody", "meeting", true},
	{RoomPrivateBeganKind, "Began a private word with the mother in a meeting", "participant", true},
	{RoomPrivateEndedKind, "Ended a private word with the mother in a meeting", "participant", true},
	{RoomBreakAskedKind, "Asked for a break in a meeting", "participant", true},
	{RoomBreakOverKind, "Said that a break in a meeting is over", "participant", true},
	{RoomNotUnderstoodKind, "Said quietly in a meeting that she does not understand", "participant", true},
	{RoomHandRaisedKind, "Raised a hand in a meeting", "participant", true},
	{RoomLockedKind, "Locked a meeting: nobody new was let in", "participant", true},
	{RoomUnlockedKind, "Unlocked a meeting", "participant", true},
}

// MeetingCreated: a meeting was arranged.
func MeetingCreated(c ids.CaseID, m ids.MeetingID) Entry {
	return made(MeetingCreatedKind, Done, string(m)).In(c, "")
}

// MeetingChanged: a meeting was changed; field names what ("time", "participant").
func MeetingChanged(c ids.CaseID, m ids.MeetingID, field string) Entry {
	return made(MeetingChangedKind, Done, string(m)).In(c, "").With("field", Code(field))
}

// MeetingPlaced: a meeting has a place now; "" = it has none any more. special: the wing must unlock her for it.
func MeetingPlaced(c ids.CaseID, m ids.MeetingID, p ids.PlaceID, special bool) Entry {
	e := made(MeetingPlacedKind, Done, string(m)).In(c, "").With("place", string(p))
	if special {
		e = e.With("special", "yes")
	}
	return e
}

// RegimeSet: the times of unlock of a wing's week were entered.
func RegimeSet(w ids.WingID, week string) Entry {
	return made(RegimeSetKind, Done, string(w)).With("week", Code(week))
}

// RegimeDaySet: one day of a wing has times of its own ("" = locked up all day); why is a code, "" = the day is like others again.
func RegimeDaySet(w ids.WingID, day, windows, why string) Entry {
	return made(RegimeDaySetKind, Done, string(w)).With("day", Code(day)).With("windows", Code(windows)).With("why", Code(why))
}

// PlaceAdded: a place where women take part in meetings.
func PlaceAdded(p ids.PlaceID, kind string) Entry {
	return made(PlaceAddedKind, Done, string(p)).With("kind", Code(kind))
}

// PlaceWithdrawn: it is not used any more.
func PlaceWithdrawn(p ids.PlaceID) Entry { return made(PlaceWithdrawnKind, Done, string(p)) }

// MeetingCancelled: a meeting will not take place.
func MeetingCancelled(c ids.CaseID, m ids.MeetingID) Entry {
	return made(MeetingCancelledKind, Done, string(m)).In(c, "")
}

// MeetingHeld: it was recorded that a meeting was held elsewhere; part is the mother's, why is a code, "" where she saw and heard it.
func MeetingHeld(c ids.CaseID, id ids.ElsewhereID, kind, day, part, why string) Entry {
	return made(MeetingHeldKind, Done, string(id)).In(c, "").With("kind", Code(kind)).With("day", Code(day)).With("part", Code(part)).With("why", Code(why))
}

// HeldWithdrawn: such a record was a mistake, and counts no more.
func HeldWithdrawn(c ids.CaseID, id ids.ElsewhereID) Entry {
	return made(HeldWithdrawnKind, Done, string(id)).In(c, "")
}

// Seat names one person's place in one meeting, for the attendance entries.
type Seat struct {
	Case        ids.CaseID
	Meeting     ids.MeetingID
	Participant ids.ParticipantID
}

func (s Seat) entry(k Kind, o Outcome) Entry {
	return made(k, o, string(s.Participant)).In(s.Case, "").With("meeting", string(s.Meeting))
}

// GuestInvited: a link was sent to a guest.
func GuestInvited(s Seat) Entry { return s.entry(GuestInvitedKind, Done) }

// GuestMailSent: the mail server took an email for a guest; purpose is "invited", "asked" (a new code) or "cancelled".
func GuestMailSent(s Seat, purpose string) Entry {
	return s.entry(GuestMailSentKind, Done).With("purpose", Code(purpose))
}

// GuestMailFailed: an email for a guest was refused for good; code is the mail server's reply code.
func GuestMailFailed(s Seat, purpose, code string) Entry {
	return s.entry(GuestMailFailedKind, Failed).With("purpose", Code(purpose)).With("code", Code(code))
}

// GuestEntered: a guest gave the right one-time code.
func GuestEntered(s Seat) Entry { return s.entry(GuestEnteredKind, Done) }

// GuestAnswered: a guest's calendar has answered the invitation; answer is a code ("accepted", "declined", "tentative", "counter"), sequence the version of
// the times that it answers.
func GuestAnswered(s Seat, answer string, sequence int) Entry {
	return s.entry(GuestAnsweredKind, Done).With("answer", Code(answer)).With("sequence", Code(strconv.Itoa(sequence)))
}

// GuestAnswerIgnored: a calendar's answer changed nothing; why is a code ("old", "repeat", "unknown", "over", "withdrawn", "automatic").
func GuestAnswerIgnored(s Seat, why string) Entry {
	return s.entry(GuestAnswerIgnoredKind, Refused).With("why", Code(why))
}

// GuestCodeFailed: a wrong or spent one-time code was given.
func GuestCodeFailed(s Seat) Entry { return s.entry(GuestCodeFailedKind, Refused) }

// GuestLeft: a guest ended her session; to come back she needs a new code.
func GuestLeft(s Seat) Entry { return s.entry(GuestLeftKind, Done) }

// TicketIssued: a single-use room ticket was made; id is the ticket's identifier.
func TicketIssued(s Seat, id string) Entry {
	return s.entry(TicketIssuedKind, Done).With("ticket", Code(id))
}

// TicketRefused: the room refused a ticket; code says why ("expired", "foreign", "used", "malformed"). Its case and
// meeting are known only when the ticket was genuine.
func TicketRefused(code string) Entry {
	return made(TicketRefusedKind, Refused, "").With("code", Code(code))
}

// RoomKnocked: the participant waits in the lobby.
func RoomKnocked(s Seat) Entry { return s.entry(RoomKnockedKind, Held) }

// RoomAdmitted: a host (by, a participant) let the participant in.
func RoomAdmitted(s Seat, by ids.ParticipantID) Entry {
	return s.entry(RoomAdmittedKind, Done).With("by", string(by))
}

// RoomRefused: a host turned the participant away.
func RoomRefused(s Seat, by ids.ParticipantID) Entry {
	return s.entry(RoomRefusedKind, Refused).With("by", string(by))
}

// RoomJoined: the participant is in the meeting and can see and hear it.
func RoomJoined(s Seat) Entry { return s.entry(RoomJoinedKind, Done) }

// RoomLeft: the participant is no longer in the meeting; code says how ("left", "dropped", "ended").
func RoomLeft(s Seat, code string) Entry { return s.entry(RoomLeftKind, Done).With("code", Code(code)) }

// RoomRemoved: a host took the participant out.
func RoomRemoved(s Seat, by ids.ParticipantID) Entry {
	return s.entry(RoomRemovedKind, Done).With("by", string(by))
}

// RoomPrivateBegan: the participant went into a private word with the mother; by, one of the two, began it.
func RoomPrivateBegan(s Seat, by ids.ParticipantID) Entry {
	return s.entry(RoomPrivateBeganKind, Done).With("by", string(by))
}

// RoomPrivateEnded: it is over. By is who ended it; "" when it ended by itself, and code says how ("left", "lost", "order").
func RoomPrivateEnded(s Seat, by ids.ParticipantID, code string) Entry {
	return s.entry(RoomPrivateEndedKind, Done).With("by", string(by)).With("code", Code(code))
}

// RoomBreakAsked: the participant needs a break.
func RoomBreakAsked(s Seat) Entry { return s.entry(RoomBreakAskedKind, Done) }

// RoomBreakOver: it is over, as for a private word.
func RoomBreakOver(s Seat, by ids.ParticipantID, code string) Entry {
	return s.entry(RoomBreakOverKind, Done).With("by", string(by)).With("code", Code(code))
}

// RoomNotUnderstood: the participant told those who support her that she does not understand.
func RoomNotUnderstood(s Seat) Entry { return s.entry(RoomNotUnderstoodKind, Done) }

// RoomHandRaised: the participant raised a hand.
func RoomHandRaised(s Seat) Entry { return s.entry(RoomHandRaisedKind, Done) }

// RoomLocked: the participant let nobody new in from then on.
func RoomLocked(s Seat) Entry { return s.entry(RoomLockedKind, Done) }

// RoomUnlocked: and again.
func RoomUnlocked(s Seat) Entry { return s.entry(RoomUnlockedKind, Done) }

// RoomEnded: the meeting ended for everybody; code says why ("host", "time", "empty", "shutdown").
func RoomEnded(c ids.CaseID, m ids.MeetingID, code string) Entry {
	return made(RoomEndedKind, Done, string(m)).In(c, "").With("code", Code(code))
}
