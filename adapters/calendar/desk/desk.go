// Package desk writes calendar objects in the gateway's words (flow.CalendarWriter) with package itip. It is pure.
package desk

import (
	"time"

	"kinbridge/adapters/calendar"
	"kinbridge/adapters/calendar/itip"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Desk implements flow.CalendarWriter.
type Desk struct{}

var answers = map[flow.CalendarAnswer]itip.Answer{flow.AnswerAccepted: itip.Accepted, flow.AnswerTentative: itip.Tentative, flow.AnswerDeclined: itip.Declined}

// Reply implements flow.CalendarWriter.
func (Desk) Reply(in flow.CalendarInvitation, me flow.CalendarPerson, a flow.CalendarAnswer, comment string, now time.Time) (flow.CalendarPart, error) {
	answer, ok := answers[a]
	if !ok {
		return flow.CalendarPart{}, ids.E(ids.Invalid, "Choose whether to accept, to accept provisionally or to decline.")
	}
	return part(itip.Reply(event(in), party(me), answer, comment, now))
}

// Counter implements flow.CalendarWriter.
func (Desk) Counter(in flow.CalendarInvitation, me flow.CalendarPerson, slots []flow.TimeSlot, comment string, now time.Time) (flow.CalendarPart, error) {
	list := make([]itip.Slot, len(slots))
	for i, s := range slots {
		list[i] = itip.Slot(s)
	}
	return part(itip.Counter(event(in), party(me), list, comment, now))
}

// Request implements flow.CalendarWriter.
func (Desk) Request(m flow.CalendarMeeting, now time.Time) (flow.CalendarPart, error) {
	return part(itip.Request(meeting(m), now))
}

// Cancel implements flow.CalendarWriter.
func (Desk) Cancel(m flow.CalendarMeeting, now time.Time) (flow.CalendarPart, error) {
	return part(itip.Cancel(meeting(m), now))
}

// Feed implements flow.CalendarWriter.
func (Desk) Feed(name string, entries []flow.CalendarEntry) ([]byte, error) {
	list := make([]itip.Entry, len(entries))
	for i, e := range entries {
		list[i] = itip.Entry(e)
	}
	o, err := itip.Feed(name, list)
	return o.ICS, err
}

func part(o itip.Object, err error) (flow.CalendarPart, error) {
	return flow.CalendarPart{Method: o.Method, ICS: o.ICS}, err
}

func party(p flow.CalendarPerson) calendar.Party {
	return calendar.Party{Name: p.Name, Addr: p.Address}
}

func event(in flow.CalendarInvitation) calendar.Event {
	return calendar.Event{UID: in.UID, Sequence: in.Sequence, RecurrenceID: in.RecurrenceID, AndLater: in.AndLater, Organizer: party(in.Organizer),
		When: calendar.When{Start: in.Start, End: in.End, AllDay: in.AllDay}}
}

func meeting(m flow.CalendarMeeting) itip.Meeting {
	return itip.Meeting{UID: m.UID, Sequence: m.Sequence, Start: m.Start, End: m.End, Organizer: party(m.Organizer), Attendees: []calendar.Party{party(m.Guest)},
		Way: itip.Way{GuestLink: m.Link, Number: m.Number, PIN: m.PIN}}
}
