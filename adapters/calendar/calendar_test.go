package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/calendar/problem"
)

func ics(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

func event(props ...string) []byte {
	return ics("BEGIN:VEVENT\r\n" + strings.Join(props, "\r\n") + "\r\nEND:VEVENT")
}

const customZone = "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE"

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		name       string
		data       []byte
		start, end string
	}{
		{"UTC", event("UID:1", "DTSTART:20250703T090000Z", "DTEND:20250703T100000Z"), "2025-07-03T09:00:00Z", "2025-07-03T10:00:00Z"},
		{"Windows name, summer", event("UID:1", "DTSTART;TZID=GMT Standard Time:20250703T100000", "DTEND;TZID=GMT Standard Time:20250703T110000"), "2025-07-03T10:00:00+01:00", "2025-07-03T11:00:00+01:00"},
		{"Windows name, winter, quoted", event("UID:1", `DTSTART;TZID="GMT Standard Time":20250103T100000`, "DURATION:PT1H30M"), "2025-01-03T10:00:00Z", "2025-01-03T11:30:00Z"},
		{"IANA", event("UID:1", "DTSTART;TZID=America/New_York:20250703T100000"), "2025-07-03T10:00:00-04:00", "2025-07-03T10:00:00-04:00"},
		{"zone of its own, summer", ics(customZone, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Customized Time Zone:20250703T100000", "END:VEVENT"), "2025-07-03T10:00:00+01:00", "2025-07-03T10:00:00+01:00"},
		{"zone of its own, the day before summer", ics(customZone, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Customized Time Zone:20250329T100000", "END:VEVENT"), "2025-03-29T10:00:00Z", "2025-03-29T10:00:00Z"},
		{"zone of its own, the first day of summer", ics(customZone, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Customized Time Zone:20250330T100000", "END:VEVENT"), "2025-03-30T10:00:00+01:00", "2025-03-30T10:00:00+01:00"},
		{"no zone", event("UID:1", "DTSTART:20250703T100000"), "2025-07-03T10:00:00+01:00", "2025-07-03T10:00:00+01:00"},
		{"unknown zone", event("UID:1", "DTSTART;TZID=Nowhere:20250703T100000"), "2025-07-03T10:00:00+01:00", "2025-07-03T10:00:00+01:00"},
		{"display name", event("UID:1", "DTSTART;TZID=(UTC+00:00) Dublin\\, Edinburgh\\, Lisbon\\, London:20250703T100000"), "2025-07-03T10:00:00+01:00", "2025-07-03T10:00:00+01:00"},
		{"all day", event("UID:1", "DTSTART;VALUE=DATE:20250703"), "2025-07-03T00:00:00+01:00", "2025-07-04T00:00:00+01:00"},
		{"LF and BOM", []byte("\ufeffBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20250703T090\n 000Z\nEND:VEVENT\nEND:VCALENDAR"), "2025-07-03T09:00:00Z", "2025-07-03T09:00:00Z"},
	} {
		ev, err := Parse(c.data)
		if err != nil || len(ev) != 1 {
			t.Errorf("%s: %v %d", c.name, err, len(ev))
			continue
		}
		if got := ev[0].Start.Format(time.RFC3339); got != c.start {
			t.Errorf("%s: start %s, want %s", c.name, got, c.start)
		}
		if got := ev[0].End.Format(time.RFC3339); got != c.end {
			t.Errorf("%s: end %s, want %s", c.name, got, c.end)
		}
	}
}

func TestEventFields(t *testing.T) {
	ev, err := Parse(event("UID:040000008200E00074C5B7101A82E008", "SEQUENCE:3", `ORGANIZER;CN="Price, Jo";SENT-BY="mailto:pa@la.example":MAILTO:jo.price@la.example`,
		"ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=K:mailto:k@kin.example", `SUMMARY:LAC review\, second`, `DESCRIPTION:one\ntwo\;`, "STATUS:CONFIRMED", "DTSTART:20250703T090000Z"))
	if err != nil {
		t.Fatal(err)
	}
	e := ev[0]
	if e.UID != "040000008200E00074C5B7101A82E008" || e.Sequence != 3 || e.Method != "REQUEST" || e.Summary != "LAC review, second" || e.Description != "one\ntwo;" {
		t.Errorf("%+v", e)
	}
	if e.Organizer != (Party{Name: "Price, Jo", Addr: "jo.price@la.example"}) || e.Attendees[0].Status != "NEEDS-ACTION" {
		t.Errorf("%+v %+v", e.Organizer, e.Attendees)
	}
}

func TestChoose(t *testing.T) {
	a, b := Event{UID: "1", Sequence: 1}, Event{UID: "1", Sequence: 2}
	if e, ok := Choose([]Event{b, a}); !ok || e.Sequence != 2 {
		t.Errorf("%+v %v", e, ok)
	}
	if _, ok := Choose([]Event{a, {UID: "2"}}); ok {
		t.Error("two meetings taken for one")
	}
}

func TestBrokenCalendars(t *testing.T) {
	for _, data := range []string{"", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VEVENT\nUID:1", strings.Repeat("BEGIN:VEVENT\n", 100_000), "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x"} {
		if ev, err := Parse([]byte(data)); len(ev) != 0 || !errors.Is(err, ErrNoCalendar) {
			t.Errorf("%.30q: %v %v", data, ev, err)
		}
	}
	ev, err := Parse([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=\"x:2025\nDTSTART;TZID"))
	if err != nil || len(ev) != 1 || len(ev[0].Problems) == 0 {
		t.Errorf("%+v %v", ev, err)
	}
}

// FuzzParse: whatever the data, reading ends, what is expanded lies in the window and in order, and what is busy does too.
func FuzzParse(f *testing.F) {
	f.Add(event("UID:1", "DTSTART;TZID=GMT Standard Time:20250703T100000", "DURATION:P1D"))
	f.Add(ics(customZone, "BEGIN:VEVENT", "DTSTART;TZID=Customized Time Zone:20250703T100000", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=5", "EXDATE;TZID=Customized Time Zone:20250710T100000", "END:VEVENT"))
	f.Add(event("UID:1", "DTSTART:20250703T100000Z", "RDATE;VALUE=PERIOD:20250704T100000Z/PT2H,20250705T100000Z/20250705T110000Z", "RRULE:FREQ=MONTHLY;BYDAY=1TH;UNTIL=20260101"))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20250701T100000\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20250703T100000\nDTSTART:20250703T120000\nDTEND:20250703T130000\nEND:VEVENT\nBEGIN:VFREEBUSY\nFREEBUSY:20250703T100000Z/PT1H\nEND:VFREEBUSY\nEND:VCALENDAR"))
	w := Window{From: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Max: 50}
	f.Fuzz(func(t *testing.T, data []byte) {
		ev, err := Parse(data)
		if err == nil && len(ev) == 0 {
			t.Fatal("no event and no error")
		}
		for _, e := range ev {
			if e.End.Before(e.Start) && !e.Start.IsZero() {
				t.Fatalf("an event ends before it begins: %v %v", e.Start, e.End)
			}
		}
		Choose(ev)
		found, _ := Expand(ev, w)
		if len(found) > w.Max {
			t.Fatal("more occurrences than were asked for")
		}
		for i, o := range found {
			if !w.holds(o.When) {
				t.Fatalf("an occurrence outside the window: %v", o.When)
			}
			if i > 0 && o.Start.Before(found[i-1].Start) {
				t.Fatal("out of order")
			}
		}
		busy, _, _ := Busy(data, w)
		for i, b := range busy {
			if b.Start.Before(w.From) || b.End.After(w.To) || !b.Start.Before(b.End) || i > 0 && !b.Start.After(busy[i-1].End) {
				t.Fatalf("%v in %v", b, busy)
			}
		}
	})
}

// An hour that the clocks leave out or go over twice is remarked on, also where the invitation defines its zone itself, as Exchange does.
func TestHoursOfTheClockChangeByTheObjectsOwnZone(t *testing.T) {
	for _, c := range []struct {
		wall string
		at   string
		code problem.Code
	}{
		{"20270328T013000", "2027-03-28T02:30:00+01:00", problem.Gap},
		{"20270328T005900", "2027-03-28T00:59:00Z", ""},
		{"20270328T020000", "2027-03-28T02:00:00+01:00", ""},
		{"20261025T013000", "2026-10-25T01:30:00+01:00", problem.Fold},
		{"20261025T005900", "2026-10-25T00:59:00+01:00", ""},
		{"20261025T020000", "2026-10-25T02:00:00Z", ""},
	} {
		data := "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" + customZone + "\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Customized Time Zone:" + c.wall + "\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR"
		events, err := Parse([]byte(data))
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v %d", c.wall, err, len(events))
		}
		e := events[0]
		if got := e.Start.Format(time.RFC3339); got != c.at {
			t.Errorf("%s is %s, not %s", c.wall, got, c.at)
		}
		for _, code := range []problem.Code{problem.Gap, problem.Fold} {
			if problem.Has(e.Problems, code) != (code == c.code) {
				t.Errorf("%s: %v", c.wall, e.Problems)
			}
		}
	}
}
