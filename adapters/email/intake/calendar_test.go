package intake

import (
	"testing"
	"time"

	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/flow"
)

func TestCalendarAnswers(t *testing.T) {
	event := func(method, extra string) []byte {
		return []byte("BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:" + method + "\nBEGIN:VEVENT\nUID:u1\nSEQUENCE:3\nDTSTAMP:20261102T090000Z\nDTSTART:20261104T140000Z\nDTEND:20261104T150000Z\n" + extra + "\nEND:VEVENT\nEND:VCALENDAR\n")
	}
	const anna = "anna@la.example"
	by := func(addr, status string) string { return "ATTENDEE;PARTSTAT=" + status + ":mailto:" + addr }
	for name, c := range map[string]struct {
		parts [][]byte
		want  flow.CalendarAnswer // "" = none is found
	}{
		"accepted":                      {[][]byte{event("REPLY", by("Anna@LA.example", "ACCEPTED"))}, flow.AnswerAccepted},
		"declined, under another name":  {[][]byte{event("REPLY", by("a.quill@la.example", "DECLINED"))}, flow.AnswerDeclined},
		"hers among others":             {[][]byte{event("REPLY", by("bea@la.example", "ACCEPTED")+"\n"+by(anna, "TENTATIVE"))}, flow.AnswerTentative},
		"others', and not hers":         {[][]byte{event("REPLY", by("bea@la.example", "ACCEPTED")+"\n"+by("c@la.example", "ACCEPTED"))}, ""},
		"another time":                  {[][]byte{event("COUNTER", by(anna, "TENTATIVE"))}, flow.AnswerCounter},
		"the same twice, as Google has": {[][]byte{event("REPLY", by(anna, "ACCEPTED")), event("REPLY", by(anna, "ACCEPTED"))}, flow.AnswerAccepted},
		"answers to two invitations":    {[][]byte{event("REPLY", by(anna, "ACCEPTED")), []byte("BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:u2\n" + by(anna, "DECLINED") + "\nEND:VEVENT\nEND:VCALENDAR\n")}, ""},
		"an invitation":                 {[][]byte{event("REQUEST", by(anna, "NEEDS-ACTION"))}, ""},
		"not answered yet":              {[][]byte{event("REPLY", by(anna, "NEEDS-ACTION"))}, ""},
		"delegated":                     {[][]byte{event("REPLY", by(anna, "DELEGATED"))}, ""},
		"one day of a series":           {[][]byte{event("REPLY", by(anna, "ACCEPTED")+"\nRECURRENCE-ID:20261104T140000Z")}, ""},
		"nothing":                       {nil, ""},
		"no calendar":                   {[][]byte{[]byte("hello")}, ""},
	} {
		got := calendarAnswer(&mailparse.Message{Calendar: c.parts}, anna)
		if (got != nil) != (c.want != "") || got != nil && (got.Answer != c.want || got.UID != "u1" || got.Sequence != 3 || !got.Stamp.Equal(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))) {
			t.Errorf("%s: %+v", name, got)
		}
		if got != nil && (got.Start.IsZero() != (c.want != flow.AnswerCounter)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
