package flowtest

import (
	"encoding/json"
	"testing"
	"time"

	"kinbridge/gateway/flow"
)

// Calendar writes no iCalendar but what would have been in it, in JSON: a Written. The gateway's tests know no adapter.
type Calendar struct{}

// Written is one calendar object that the world's Calendar wrote.
type Written struct {
	Method     string
	Invitation flow.CalendarInvitation
	Me         flow.CalendarPerson
	Answer     flow.CalendarAnswer
	Comment    string
	Slots      []flow.TimeSlot
	Meeting    flow.CalendarMeeting
	Name       string
	Entries    []flow.CalendarEntry
	At         time.Time
}

// ReadCalendar returns what is in the calendar part of an email that the world wrote; it fails when there is none.
func ReadCalendar(t testing.TB, m flow.OutMail) (w Written) {
	t.Helper()
	if m.Calendar == nil {
		t.Fatalf("the mail %q has no calendar part", m.Subject)
	}
	if err := json.Unmarshal(m.Calendar.ICS, &w); err != nil || w.Method != m.Calendar.Method {
		t.Fatalf("%v: %+v", err, m.Calendar)
	}
	return w
}

func (w Written) part() (flow.CalendarPart, error) {
	raw, err := json.Marshal(w)
	return flow.CalendarPart{Method: w.Method, ICS: raw}, err
}

// Reply implements flow.CalendarWriter.
func (Calendar) Reply(in flow.CalendarInvitation, me flow.CalendarPerson, answer flow.CalendarAnswer, comment string, now time.Time) (flow.CalendarPart, error) {
	return Written{Method: "REPLY", Invitation: in, Me: me, Answer: answer, Comment: comment, At: now}.part()
}

// Counter implements flow.CalendarWriter.
func (Calendar) Counter(in flow.CalendarInvitation, me flow.CalendarPerson, slots []flow.TimeSlot, comment string, now time.Time) (flow.CalendarPart, error) {
	return Written{Method: "COUNTER", Invitation: in, Me: me, Slots: slots, Comment: comment, At: now}.part()
}

// Request implements flow.CalendarWriter.
func (Calendar) Request(m flow.CalendarMeeting, now time.Time) (flow.CalendarPart, error) {
	return Written{Method: "REQUEST", Meeting: m, At: now}.part()
}

// Cancel implements flow.CalendarWriter.
func (Calendar) Cancel(m flow.CalendarMeeting, now time.Time) (flow.CalendarPart, error) {
	return Written{Method: "CANCEL", Meeting: m, At: now}.part()
}

// Feed implements flow.CalendarWriter.
func (Calendar) Feed(name string, entries []flow.CalendarEntry) ([]byte, error) {
	p, err := Written{Method: "PUBLISH", Name: name, Entries: entries}.part()
	return p.ICS, err
}
