package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// The generations of Teams invitation, as BRIDGING.md shows them.
const (
	gen2018 = "Join Microsoft Teams Meeting<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%7d>\n+44 20 7946 0958<tel:+44%2020%207946%200958,,12345678#>   United Kingdom, London (Toll)\nConference ID: 123 456 78#\nLocal numbers<https://x.example> | Reset PIN<https://x.example>\nJoin with a video conferencing device\n123456789@t.plcm.vc<mailto:123456789@t.plcm.vc> VTC Conference ID: 012345678\nAlternate VTC dialing instructions<https://dialin.plcm.vc/teams/?key=123456789&conf=012345678>\n"
	gen2020 = "Microsoft Teams meeting\nJoin on your computer, mobile app or room device\nClick here to join the meeting<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nMeeting ID: 123 456 789 012\nPasscode: Ab3dEf\nDownload Teams<https://x.example> | Join on the web<https://x.example>\nJoin with a video conferencing device\nteams@vc.example.gov.uk\nVideo Conference ID: 112 345 678 9\nAlternate VTC instructions<https://pexip.me/teams/vc.example.gov.uk/1123456789>\nOr call in (audio only)\n+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#>   United Kingdom, London\nPhone Conference ID: 123 456 789#\nFind a local number<https://x.example> | Reset PIN<https://x.example>\n"
	gen2024 = "Microsoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-GB>\nJoin the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nMeeting ID: 123 456 789 012 3\nPasscode: ts2gG2P7\n________________________________\nDial in by phone\n+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#> United Kingdom, London\nFind a local number<https://dialin.teams.microsoft.com/x?id=123456789>\nPhone conference ID: 123 456 789#\nJoin on a video conferencing device\nTenant key: 123456789@t.plcm.vc\nVideo ID: 114 567 890 1\nMore info<https://x.example>\n"
	gen2025 = "Microsoft Teams meeting\nJoin: https://teams.microsoft.com/meet/123456789012345?p=aBcDeFgHiJkLmNoPqR\nMeeting ID: 123 456 789 012 345\nPasscode: jz7o5CE9\nNeed help?<https://x.example> | System reference<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nDial in by phone\n+44 20 7946 0958,,12345678#<tel:+442079460958,,12345678#> United Kingdom, London\nPhone conference ID: 123 456 78#\nJoin on a video conferencing device\nTenant key: example@m.webex.com\nVideo ID: 119 876 543 2\n"
	teams   = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0"
)

func TestJoinDetails(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Join
	}{
		{"2018", gen2018, Join{URL: teams + "?context=%7b%22Tid%22%7d", Phone: "+442079460958", ConferenceID: "12345678", SIPURI: "123456789@t.plcm.vc", VideoID: "012345678"}},
		{"2020", gen2020, Join{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf", Phone: "+442079460958", ConferenceID: "123456789", SIPURI: "teams@vc.example.gov.uk", VideoID: "1123456789"}},
		{"2024", gen2024, Join{URL: teams, MeetingID: "1234567890123", Passcode: "ts2gG2P7", Phone: "+442079460958", ConferenceID: "123456789", SIPURI: "123456789@t.plcm.vc", VideoID: "1145678901"}},
		{"2025", gen2025, Join{URL: teams, MeetingID: "123456789012345", Passcode: "jz7o5CE9", Phone: "+442079460958", ConferenceID: "12345678", SIPURI: "example@m.webex.com", VideoID: "1198765432"}},
		{"labels and values on two lines", "Meeting ID:\n123 456 789 012\nPasscode:\nAb3dEf\n", Join{MeetingID: "123456789012", Passcode: "Ab3dEf"}},
		{"Welsh labels", "Ymunwch nawr<" + teams + ">\nRhif adnabod y cyfarfod: 123 456 789 012\nCôd pas: Ab3dEf\nDeialu i mewn dros y ffôn\n+44 20 7946 0958,,123456789#\nRhif cynhadledd ffôn: 123 456 789#\n", Join{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf", Phone: "+442079460958", ConferenceID: "123456789"}},
		{"no phone block", "Join the meeting now<" + teams + ">\nMeeting ID: 123 456 789 012\nPasscode: Ab3dEf\n", Join{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf"}},
		{"numbers that differ", "+44 20 7946 0958,,123456789#\nPhone conference ID: 987 654 321#\n", Join{Phone: "+442079460958", Conflict: "The phone conference ID in the dialling string is not the printed one."}},
		{"look-alike host", "Join<https://teams.microsoft.com.evil.example/l/meetup-join/x>\n", Join{}},
		{"safe link", "Join<https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F19%253ameeting_abc%2540thread.v2%2F0&data=x>\n", Join{URL: teams}},
	} {
		if diff := cmp.Diff(c.want, JoinFrom(Event{}, c.text, "")); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestJoinFromCalendarAndHTML(t *testing.T) {
	ev, err := Parse(event("UID:1", "DTSTART:20250703T090000Z", "LOCATION;LANGUAGE=en-US:Microsoft Teams Meeting", "X-MICROSOFT-SKYPETEAMSMEETINGURL:"+teams,
		`X-MICROSOFT-SKYPETEAMSPROPERTIES:{"cid":"19:meeting_abc@thread.v2"\,"private":true}`,
		`X-ALT-DESC;FMTTYPE=text/html:<p><a href="https://teams.microsoft.com/l/meetup-join/19%3ameeting_old%40thread.v2/0">Join</a></p><div>Meeting ID: <span>123 456 789 012</span></div><div>Passcode: <span>Ab3dEf</span></div><a href="tel:+442079460958\,\,123456789#">+44 20 7946 0958\,\,123456789#</a>`))
	if err != nil {
		t.Fatal(err)
	}
	want := Join{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf", Phone: "+442079460958", ConferenceID: "123456789"}
	if diff := cmp.Diff(want, JoinFrom(ev[0], "", "")); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenCalendars(t *testing.T) {
	for _, data := range []string{"", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VEVENT\nUID:1", strings.Repeat("BEGIN:VEVENT\n", 100_000), "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x"} {
		if ev, err := Parse([]byte(data)); len(ev) != 0 || !errors.Is(err, ErrNoCalendar) {
			t.Errorf("%.30q: %v %v", data, ev, err)
		}
	}
	ev, err := Parse([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=\"x:2025\nDTSTART;TZID"))
	if err != nil || len(ev) != 1 || len(ev[0].Notes) == 0 {
		t.Errorf("%+v %v", ev, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(event("UID:1", "DTSTART;TZID=GMT Standard Time:20250703T100000", "DURATION:P1D"), gen2018)
	f.Add(ics(customZone, "BEGIN:VEVENT", "DTSTART;TZID=Customized Time Zone:20250703T100000", "END:VEVENT"), gen2025)
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		ev, err := Parse(data)
		if err == nil && len(ev) == 0 {
			t.Fatal("no event and no error")
		}
		e, _ := Choose(ev)
		j := JoinFrom(e, text, text)
		if j.Conflict != "" && j.ConferenceID != "" {
			t.Fatal("a contradicted conference ID was kept")
		}
	})
}
