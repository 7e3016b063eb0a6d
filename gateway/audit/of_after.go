package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	MeetingSteppedKind Kind = "meeting.stepped"
	MeetingPartKind    Kind = "meeting.part_recorded"
	SaidThereKind      Kind = "meeting.said_there"
	ViewsKeptKind      Kind = "meeting.views_recorded"
	ViewsDisputedKind  Kind = "meeting.views_disputed"
	ViewsSettledKind   Kind = "meeting.views_settled"
	MinutesKeptKind    Kind = "meeting.minutes_kept"
	MinutesBackKind    Kind = "meeting.minutes_taken_back"
	ActionSetKind      Kind = "meeting.action_set"
	ActionClosedKind   Kind = "meeting.action_closed"
	DebriefKeptKind    Kind = "meeting.debrief_kept"
	DebriefReadKind    Kind = "meeting.debrief_read"
)

var afterKinds = []Info{
	{MeetingSteppedKind, "Changed how she takes part in a meeting", "meeting", true},
	{MeetingPartKind, "Recorded how she took part in a meeting", "meeting", true},
	{SaidThereKind, "Said who was at a meeting", "participant", true},
	{ViewsKeptKind, "Recorded her views as they are written of a meeting", "meeting", true},
	{ViewsDisputedKind, "Said that what is recorded is not what she said", "meeting", true},
	{ViewsSettledKind, "Saw to what she says was recorded wrongly", "meeting", true},
	{MinutesKeptKind, "Said that a message brings the minutes of a meeting", "message", true},
	{MinutesBackKind, "Took back that a message brings the minutes of a meeting", "message", true},
	{ActionSetKind, "Recorded something to be done after a meeting", "action", true},
	{ActionClosedKind, "Recorded that something was done after a meeting", "action", true},
	{DebriefKeptKind, "Wrote how she was after a meeting", "meeting", true},
	{DebriefReadKind, "Read how she was after a meeting", "meeting", true},
}

// MeetingStepped: she is to take part in another way; from and to are parts, why is a code.
func MeetingStepped(c ids.CaseID, m ids.MeetingID, from, to, why string) Entry {
	return made(MeetingSteppedKind, Done, string(m)).In(c, "").With("from", Code(from)).With("to", Code(to)).With("why", Code(why))
}

// MeetingPartKept: it was recorded which part she had in a meeting; proven says whether the room's events show it.
func MeetingPartKept(c ids.CaseID, m ids.MeetingID, part, why string, proven bool) Entry {
	e := made(MeetingPartKind, Done, string(m)).In(c, "").With("part", Code(part)).With("why", Code(why))
	if proven {
		return e.With("proven", "yes")
	}
	return e
}

// SaidThere: somebody says that a participant was at a meeting, by a leg; "" takes it back.
func SaidThere(s Seat, leg string) Entry { return s.entry(SaidThereKind, Done).With("leg", Code(leg)) }

// ViewsKept: what the minutes or somebody who was there say of her views was recorded.
func ViewsKept(c ids.CaseID, m ids.MeetingID, source string) Entry {
	return made(ViewsKeptKind, Done, string(m)).In(c, "").With("source", Code(source))
}

// ViewsDisputed: she says that it is not what she said.
func ViewsDisputed(c ids.CaseID, m ids.MeetingID) Entry {
	return made(ViewsDisputedKind, Done, string(m)).In(c, "")
}

// ViewsSettled: somebody has seen to that.
func ViewsSettled(c ids.CaseID, m ids.MeetingID) Entry {
	return made(ViewsSettledKind, Done, string(m)).In(c, "")
}

// MinutesKept: a message was said to bring a meeting's minutes.
func MinutesKept(c ids.CaseID, t ids.ThreadID, m ids.MeetingID, id ids.MessageID) Entry {
	return made(MinutesKeptKind, Done, string(id)).In(c, t).With("meeting", string(m))
}

// MinutesTakenBack: that was a mistake.
func MinutesTakenBack(c ids.CaseID, t ids.ThreadID, m ids.MeetingID, id ids.MessageID) Entry {
	return made(MinutesBackKind, Done, string(id)).In(c, t).With("meeting", string(m))
}

// ActionSet: something is to be done after a meeting by a day, by whom is a kind of person.
func ActionSet(c ids.CaseID, m ids.MeetingID, id ids.ActionID, owner, due string) Entry {
	return made(ActionSetKind, Done, string(id)).In(c, "").With("meeting", string(m)).With("owner", Code(owner)).With("due", Code(due))
}

// ActionClosed: it was done.
func ActionClosed(c ids.CaseID, m ids.MeetingID, id ids.ActionID) Entry {
	return made(ActionClosedKind, Done, string(id)).In(c, "").With("meeting", string(m))
}

// DebriefKept: her supporter wrote how she was. What she wrote, and how, is nobody else's.
func DebriefKept(c ids.CaseID, m ids.MeetingID) Entry {
	return made(DebriefKeptKind, Done, string(m)).In(c, "")
}

// DebriefRead: somebody read it.
func DebriefRead(c ids.CaseID, m ids.MeetingID) Entry {
	return made(DebriefReadKind, Done, string(m)).In(c, "")
}
