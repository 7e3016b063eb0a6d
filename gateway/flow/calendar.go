package flow

import (
	"time"

	"kinbridge/gateway/meetings"
)

// CalendarPart is the calendar object that an email carries beside its words, for the recipient's calendar program (RFC 6047).
type CalendarPart struct {
	Method string // REQUEST, CANCEL, REPLY, COUNTER, DECLINECOUNTER …
	ICS    []byte // UTF-8
}

// CalendarPerson is somebody in a calendar object: an organiser or one who is invited.
type CalendarPerson struct{ Name, Address string }

// TimeSlot is a time from its beginning until its end.
type TimeSlot struct{ Start, End time.Time }

// CalendarAnswer is what somebody says to an invitation.
type CalendarAnswer = meetings.Answer

// The answers. Awaited is none yet.
const (
	AnswerAwaited   = meetings.AnswerAwaited
	AnswerAccepted  = meetings.AnswerAccepted
	AnswerTentative = meetings.AnswerTentative
	AnswerDeclined  = meetings.AnswerDeclined
	AnswerCounter   = meetings.AnswerCounter
)

// CalendarInvitation is what an answer to somebody else's invitation must name of it.
type CalendarInvitation struct {
	UID          string
	Sequence     int
	RecurrenceID time.Time // the one occurrence that is meant; zero for the whole series
	AndLater     bool      // and all occurrences after it
	Organizer    CalendarPerson
	Start, End   time.Time
	AllDay       bool
}

// CalendarMeeting is a meeting of ours as one guest's calendar is to hold it. There is no place in it for what it is about or whom.
type CalendarMeeting struct {
	UID        string // the same for every version, unguessable
	Sequence   int    // 0, then more with every change and with the cancellation
	Start, End time.Time
	Organizer  CalendarPerson // an address of ours that takes her answer
	Guest      CalendarPerson
	Link       string // her own way in
	Number     string // to dial, as printed; "" = there is none
	PIN        string // her own, asked for after the number
}

// CalendarEntry is one meeting in the feed of a member of staff.
type CalendarEntry struct {
	UID        string
	Sequence   int
	Start, End time.Time
	Changed    time.Time // when this version was made
	Title      string    // what whoever holds the feed's address may see; "" = that there is a meeting
	Link       string    // to the meeting's page, which asks for a sign-in
	Cancelled  bool
}

// CalendarWriter writes what Kinbridge sends to other calendars. It is pure. Its errors are of kind ids.Invalid, in words, when what is to be written
// cannot be (an invitation without an organiser, a time that ends before it begins). now is when the version is written (DTSTAMP).
type CalendarWriter interface {
	// Reply answers an invitation for me, the address that was invited. comment goes to the organiser as it is: nothing private.
	Reply(in CalendarInvitation, me CalendarPerson, answer CalendarAnswer, comment string, now time.Time) (CalendarPart, error)
	// Counter proposes other times, at least one.
	Counter(in CalendarInvitation, me CalendarPerson, slots []TimeSlot, comment string, now time.Time) (CalendarPart, error)
	// Request invites to a meeting of ours, or moves it when its Sequence has grown; Cancel takes it back.
	Request(m CalendarMeeting, now time.Time) (CalendarPart, error)
	Cancel(m CalendarMeeting, now time.Time) (CalendarPart, error)
	// Feed writes somebody's meetings for her calendar program to subscribe to.
	Feed(name string, entries []CalendarEntry) ([]byte, error)
}
