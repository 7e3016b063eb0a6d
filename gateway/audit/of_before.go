package audit

import (
	"strconv"

	"kinbridge/gateway/ids"
)

// The kinds of this file, and what each means.
const (
	ContributionGivenKind Kind = "contribution.given"
	ContributionSentKind  Kind = "contribution.sent"
	ChairChosenKind       Kind = "meeting.chair_chosen"
	AttendanceChosenKind  Kind = "meeting.attendance_chosen"
	AttendanceTalkedKind  Kind = "meeting.attendance_talked"
	PaperAddedKind        Kind = "meeting.paper_added"
	PaperSeenKind         Kind = "meeting.paper_seen"
	MeetingKioskKind      Kind = "meeting.kiosk"
	MeetingSeenKind       Kind = "meeting.seen"
	NoticeReadKind        Kind = "meeting.notice_read"
	GuestOpenedKind       Kind = "guest.link_opened"
)

var beforeKinds = []Info{
	{ContributionGivenKind, "Gave what she wants a meeting to hear", "meeting", true},
	{ContributionSentKind, "Passed on what she wants a meeting to hear", "meeting", true},
	{ChairChosenKind, "Said who runs a meeting", "meeting", true},
	{AttendanceChosenKind, "Chose how she wants to take part in a meeting", "meeting", true},
	{AttendanceTalkedKind, "Talked with her about not taking part in a meeting", "meeting", true},
	{PaperAddedKind, "Added a paper to a meeting", "meeting", true},
	{PaperSeenKind, "Had a page of a paper on her screen", "meeting", true},
	{MeetingKioskKind, "Had a meeting on a kiosk that she had unlocked", "meeting", true},
	{MeetingSeenKind, "Had a meeting on her screen", "meeting", true},
	{NoticeReadKind, "Took the record of who was told of a meeting when", "meeting", true},
	{GuestOpenedKind, "Opened the link of an invitation", "participant", true},
}

func ofMeeting(k Kind, c ids.CaseID, m ids.MeetingID) Entry {
	return made(k, Done, string(m)).In(c, "")
}

// ContributionGiven: she confirmed a version of what she wants a meeting to hear; writer is who wrote it down with her, "" for her own typing.
func ContributionGiven(c ids.CaseID, m ids.MeetingID, version int, writer ids.StaffID, late bool) Entry {
	e := ofMeeting(ContributionGivenKind, c, m).With("version", Code(strconv.Itoa(version)))
	if writer != "" {
		e = e.With("written_down_by", string(writer))
	}
	if late {
		e = e.With("late", "yes")
	}
	return e
}

// ContributionSent: it became a message to whoever runs the meeting.
func ContributionSent(c ids.CaseID, t ids.ThreadID, m ids.MeetingID, version int, msg ids.MessageID) Entry {
	return made(ContributionSentKind, Done, string(m)).In(c, t).With("version", Code(strconv.Itoa(version))).With("message", string(msg))
}

// ChairChosen: somebody said who runs a meeting.
func ChairChosen(c ids.CaseID, m ids.MeetingID, contact ids.ContactID) Entry {
	return ofMeeting(ChairChosenKind, c, m).With("contact", string(contact))
}

// AttendanceChosen: she chose; how and beside are codes ("video", "nobody").
func AttendanceChosen(c ids.CaseID, m ids.MeetingID, how, beside string) Entry {
	return ofMeeting(AttendanceChosenKind, c, m).With("how", Code(how)).With("beside", Code(beside))
}

// AttendanceTalked: somebody has talked with her about not being there.
func AttendanceTalked(c ids.CaseID, m ids.MeetingID) Entry {
	return ofMeeting(AttendanceTalkedKind, c, m)
}

// PaperAdded: a file became a paper of a meeting; kind is a code ("worker_report").
func PaperAdded(c ids.CaseID, t ids.ThreadID, m ids.MeetingID, p ids.PaperID, file ids.AttachmentID, kind string) Entry {
	return made(PaperAddedKind, Done, string(m)).In(c, t).With("paper", string(p)).With("file", string(file)).With("kind", Code(kind))
}

// PaperSeen: a page of it, counted from 1, was on her screen for the first time.
func PaperSeen(c ids.CaseID, t ids.ThreadID, m ids.MeetingID, p ids.PaperID, page int) Entry {
	return made(PaperSeenKind, Done, string(m)).In(c, t).With("paper", string(p)).With("page", Code(strconv.Itoa(page)))
}

// MeetingKiosk: a meeting was on a kiosk that its mother had unlocked.
func MeetingKiosk(c ids.CaseID, m ids.MeetingID, k ids.KioskID) Entry {
	return ofMeeting(MeetingKioskKind, c, m).With("kiosk", string(k))
}

// MeetingSeen: a meeting was on its mother's screen.
func MeetingSeen(c ids.CaseID, m ids.MeetingID) Entry { return ofMeeting(MeetingSeenKind, c, m) }

// NoticeRead: the record of who was told when was taken.
func NoticeRead(c ids.CaseID, m ids.MeetingID) Entry { return ofMeeting(NoticeReadKind, c, m) }

// GuestOpened: the link of an invitation was opened for the first time, by the guest or by what looks into her mail.
func GuestOpened(s Seat) Entry { return s.entry(GuestOpenedKind, Done) }
