package custody_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	adapter "kinbridge/adapters/custody"
	"kinbridge/gateway/ids"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestCSV(t *testing.T) {
	got, faults, err := adapter.ReadCSV([]byte("\ufeffPrison No.;Event;Date;Time;Prison;From;Old number;In/Out\r\n"+
		"A1234BC;Received;28/11/2026;10:15;HMP Styal;;;\r\n"+
		"a1234 bc;TRANSFER;1/7/2026;2.30pm;Send;STI;;\r\n"+
		"A1234BC;Transfer out;27 Nov 2026;;EWI;;;\r\n"+
		"A1234BC;released;27-Nov-26;0930;Low Newton;;;\r\n"+
		"A1234BC;TAP;2026-11-27;09:00;STI;;;OUT\r\n"+
		"A1234BC;tap;2026-11-27;17:00;STI;;;in\r\n"+
		"A1234BC;Return from hospital;2026-11-27T23:30:00Z;;STI;;;\r\n"+
		"B1234BC;merged;46353,5;;;;A1234BC;\r\n"+
		"A1234BC;Recalled;Friday 27 November 2026 at noon;;;;;\r\n"+
		"A1234;flown;31/11/2026;;;;X1;\r\n"+
		"A1234BC;received;27/11/2026;25:00;STI;;;\r\n"+
		"A1234BC;received;27/11/2027;;STI;;;\r\n"+
		"A1234BC;received;27/11/2026;;;;;\r\n"), now)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range got {
		lines = append(lines, fmt.Sprintf("%s %s at %s/%s from %s/%s %s %s", e.Number, e.Kind, e.At.Code, e.At.Name, e.From.Code, e.From.Name, e.Occurred.UTC().Format("2006-01-02T15:04"), e.Former))
		if e.Source != "csv" || !e.Received.Equal(now) || e.ID == "" || e.Check() != nil {
			t.Errorf("%+v", e)
		}
	}
	want := []string{
		"A1234BC received at STI/Styal from / 2026-11-28T10:15 ",
		"A1234BC transferred at SDI/Send from STI/Styal 2026-07-01T13:30 ",
		"A1234BC transferred at / from EWI/Eastwood Park 2026-11-27T12:00 ",
		"A1234BC released at / from LNI/Low Newton 2026-11-27T09:30 ",
		"A1234BC absence_out at / from STI/Styal 2026-11-27T09:00 ",
		"A1234BC absence_back at STI/Styal from / 2026-11-27T17:00 ",
		"A1234BC hospital_back at STI/Styal from / 2026-11-27T23:30 ",
		"B1234BC merged at / from / 2026-11-27T12:00 A1234BC",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	text := ids.Public(faults.Err())
	for _, w := range []string{"Row 10, date", "Row 11, prisoner number", "Row 11, former number", "Row 11, event", "Row 11, date", "Row 12, date", "Row 13, date: It is in the future", "Row 14: Say which establishment"} {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
	if _, _, err := adapter.ReadCSV([]byte("name,date\nx,y"), now); err == nil || !strings.Contains(err.Error(), "prisoner number") {
		t.Error(err)
	}
}

// Dates are day first; a clock is London's.
func TestDates(t *testing.T) {
	for date, want := range map[string]string{
		"03/04/2026": "2026-04-03T11:00", "3/4/26": "2026-04-03T11:00", "03.04.2026 08:05": "2026-04-03T07:05", "3 April 2026": "2026-04-03T11:00", "Fri 3 Apr 2026": "2026-04-03T11:00",
		"2026-04-03 08:05:30": "2026-04-03T07:05", "2026-04-03T08:05:30+01:00": "2026-04-03T07:05", "2026-04-03 2:30 PM": "2026-04-03T13:30", "2026-04-03 14:30:00.000": "2026-04-03T13:30",
		"46115": "2026-04-03T11:00", "46115.25": "2026-04-03T05:00", "20260403": "2026-04-03T11:00", "03/04/2026 1430hrs": "", "13/13/2026": "", "yesterday": "", "": "", "0": "", "1e5": "", "04/31/2026": "",
	} {
		got, _, _ := adapter.ReadCSV([]byte("number,event,date,at\nA1234BC,received,"+date+",STI\n"), now)
		s := ""
		if len(got) == 1 {
			s = got[0].Occurred.UTC().Format("2006-01-02T15:04")
		}
		if s != want {
			t.Errorf("%q is %q, want %q", date, s, want)
		}
	}
}

func message(eventType, extra string) string {
	return `{"version":1,"eventType":"` + eventType + `","occurredAt":"2026-11-27T14:30:00+00:00","publishedAt":"2026-11-27T14:30:05Z","description":"x","additionalInformation":{"nomsNumber":"A1234BC"` + extra +
		`},"personReference":{"identifiers":[{"type":"NOMS","value":"A1234BC"}]}}`
}

func TestDomainEvents(t *testing.T) {
	const search, events = "prisoner-offender-search.prisoner.", "prison-offender-events.prisoner."
	for _, c := range []struct{ eventType, extra, want string }{
		{search + "received", `,"reason":"NEW_ADMISSION","prisonId":"STI"`, "used received at STI from "},
		{search + "received", `,"reason":"TRANSFERRED","prisonId":"SDI"`, "used received at SDI from "},
		{search + "received", `,"reason":"RETURN_FROM_COURT","prisonId":"STI"`, "used absence_back at STI from "},
		{search + "received", `,"reason":"TEMPORARY_ABSENCE_RETURN","prisonId":"STI"`, "used absence_back at STI from "},
		{events + "received", `,"reason":"ADMISSION","probableCause":"RECALL","prisonId":"STI","source":"PRISON"`, "used recalled at STI from "},
		{events + "received", `,"reason":"ADMISSION","probableCause":"CONVICTED","prisonId":"STI"`, "used received at STI from "},
		{events + "received", `,"reason":"RECALL","prisonId":"STI"`, "used recalled at STI from "},
		{events + "received", `,"reason":"TEMPORARY_ABSENCE_RETURN","probableCause":"RECALL","prisonId":"STI"`, "used absence_back at STI from "},
		{events + "received", `,"reason":"ADMISSION"`, "unclear received at  from "},
		{events + "received", `,"reason":"BEAMED_UP","prisonId":"STI"`, "unclear  at STI from "},
		{search + "released", `,"reason":"RELEASED","prisonId":"STI"`, "used released at  from STI"},
		{search + "released", `,"reason":"TRANSFERRED","prisonId":"STI"`, "used transferred at  from STI"},
		{search + "released", `,"reason":"SENT_TO_COURT","prisonId":"STI"`, "used absence_out at  from STI"},
		{search + "released", `,"reason":"TEMPORARY_ABSENCE_RELEASE","prisonId":"STI"`, "used absence_out at  from STI"},
		{search + "released", `,"reason":"RELEASED_TO_HOSPITAL","prisonId":"STI"`, "used hospital_out at  from STI"},
		{search + "released", `,"reason":"UNKNOWN","prisonId":"STI"`, "unclear  at STI from "},
		{search + "released", ``, "unclear  at  from "},
		{events + "merged", `,"reason":"MERGE","removedNomsNumber":"B1234BC"`, "used merged at  from "},
		{"prisoner.merged", `,"removedNomsNumber":"B1234BC"`, "used merged at  from "},
		{"prisoner.merged", ``, "unclear merged at  from "},
		{"prisoner-offender-search.prisoner.updated", ``, "not_used  at  from "},
		{"calculate-release-dates.prisoner.changed", ``, "not_used  at  from "},
		{"not-a-prisoner.released", ``, "not_used  at  from "},
		{"", ``, "not_used  at  from "},
		{search + "released", `,"reason":7`, "unclear  at  from "},
		{"other.event", `,"reason":7`, "not_used  at  from "},
		{search + "received", `,"reason":"NEW_ADMISSION","prisonId":"STI","nomsNumber":"B1234BC"`, "unclear received at STI from "},
	} {
		r, err := adapter.ReadMessage([]byte(message(c.eventType, c.extra)), now)
		if got := fmt.Sprintf("%s %s at %s from %s", r.Outcome, r.Event.Kind, r.Event.At.Code, r.Event.From.Code); err != nil || got != c.want || r.Why == "" || r.Type != c.eventType {
			t.Errorf("%s %s: %s (%s) %v, want %s", c.eventType, c.extra, got, r.Why, err, c.want)
		}
		if r.Outcome == adapter.Used && (r.Event.Number != "A1234BC" || r.Event.Check() != nil || !r.Event.Occurred.Equal(time.Date(2026, 11, 27, 14, 30, 0, 0, time.UTC))) {
			t.Errorf("%+v", r.Event)
		}
	}
}

func TestTimesAndNumbers(t *testing.T) {
	base := message("prisoner-offender-search.prisoner.released", `,"reason":"RELEASED","prisonId":"STI"`)
	for _, c := range []struct {
		old, with string
		outcome   adapter.Outcome
		at        string
	}{
		{"", "", adapter.Used, "2026-11-27T14:30:00Z"},
		{"2026-11-27T14:30:00+00:00", "2026-07-01T10:00:00+01:00[Europe/London]", adapter.Used, "2026-07-01T09:00:00Z"},
		{"2026-11-27T14:30:00+00:00", "2026-07-01T10:00:00.5", adapter.Used, "2026-07-01T09:00:00Z"},
		{"2026-11-27T14:30:00+00:00", "", adapter.Used, "2026-11-27T14:30:05Z"},
		{"2026-11-27T14:30:00+00:00", "2036-11-27T14:30:00Z", adapter.Unclear, "2036-11-27T14:30:00Z"},
		{`"type":"NOMS","value":"A1234BC"`, `"type":"CRN","value":"X12"`, adapter.Used, "2026-11-27T14:30:00Z"},
		{`"nomsNumber":"A1234BC",`, ``, adapter.Used, "2026-11-27T14:30:00Z"},
		{`A1234BC`, `12345`, adapter.Unclear, "2026-11-27T14:30:00Z"},
	} {
		text := base
		if c.old != "" {
			text = strings.ReplaceAll(base, c.old, c.with)
		}
		r, err := adapter.ReadMessage([]byte(text), now)
		if err != nil || r.Outcome != c.outcome || r.Event.Occurred.UTC().Format(time.RFC3339) != c.at {
			t.Errorf("%q: %s %s (%s) %v", c.with, r.Outcome, r.Event.Occurred, r.Why, err)
		}
	}
}

func wrap(t *testing.T, key, inner string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"Type": "Notification", "MessageId": "m-1", key: inner})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWrappings(t *testing.T) {
	bare := message("prisoner-offender-search.prisoner.released", `,"reason":"RELEASED","prisonId":"STI"`)
	want, err := adapter.ReadMessage([]byte(bare), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{wrap(t, "Message", bare), wrap(t, "Body", wrap(t, "Message", bare)), wrap(t, "body", bare), `{"Message":` + bare + `}`} {
		if r, err := adapter.ReadMessage([]byte(text), now); err != nil || r != want {
			t.Errorf("%s: %+v %v", text, r, err)
		}
	}
	deep := bare
	for range 9 {
		deep = wrap(t, "Message", deep)
	}
	for _, text := range []string{"{}", "null", `{"eventType":7}`, `{"eventType":{}}`, `{"Message":7}`, deep, `{"Type":"SubscriptionConfirmation","Message":"You have chosen to subscribe"}`} {
		if r, err := adapter.ReadMessage([]byte(text), now); err != nil || r.Outcome != adapter.NotUsed || r.Why == "" {
			t.Errorf("%s: %+v %v", text, r, err)
		}
	}
	for _, text := range []string{"", "x", "[]", `"x"`, "{"} {
		if _, err := adapter.ReadMessage([]byte(text), now); ids.KindOf(err) != ids.Invalid {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := adapter.ReadMessage(make([]byte, adapter.MaxMessage+1), now); ids.KindOf(err) != ids.TooLarge {
		t.Error(err)
	}
}

// The same report from a file and by webhook is one event.
func TestOneReportTwice(t *testing.T) {
	r, err := adapter.ReadMessage([]byte(message("prisoner-offender-search.prisoner.received", `,"reason":"TRANSFERRED","prisonId":"STI"`)), now)
	rows, _, err2 := adapter.ReadCSV([]byte("number,event,date,time,prison\nA1234BC,received,27/11/2026,14:30,HMP & YOI Styal\n"), now)
	if err != nil || err2 != nil || len(rows) != 1 || rows[0].ID != r.Event.ID {
		t.Errorf("%v %v %+v %+v", err, err2, rows, r)
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(message("prisoner-offender-search.prisoner.received", `,"reason":"TRANSFERRED","prisonId":"STI"`)))
	f.Add([]byte(`{"Message":"{\"eventType\":\"prisoner.merged\"}"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := adapter.ReadMessage(b, now)
		if err == nil && (r.Why == "" || r.Outcome == "") || r.Outcome == adapter.Used && r.Event.Check() != nil || err != nil && ids.KindOf(err) == ids.Internal {
			t.Fatalf("%+v %v", r, err)
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("number,event,date,time,prison\nA1234BC,received,27/11/2026,14:30,STI\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _, err := adapter.ReadCSV(b, now)
		for _, e := range got {
			if e.Check() != nil || e.Occurred.After(now.Add(27*time.Hour)) {
				t.Fatalf("%+v", e)
			}
		}
		if err != nil && ids.KindOf(err) == ids.Internal {
			t.Fatal(err)
		}
	})
}
