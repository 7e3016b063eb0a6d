// Package custody reads custody events from files and from messages in the shape of HMPPS domain events. It only parses: package gateway/custody
// says what events mean. It is pure.
package custody

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kinbridge/gateway/custody"
	"kinbridge/gateway/table"
	"kinbridge/gateway/wording"
	"kinbridge/gateway/workdays"
)

var columns = []table.Column{
	{Name: "prisoner number", Also: []string{"prison number", "prisoner no", "prison no", "noms", "noms number", "noms id", "nomis number", "number", "offender number", "offender id"}, Required: true},
	{Name: "event", Also: []string{"event type", "type", "movement", "movement type", "what"}, Required: true},
	{Name: "direction", Also: []string{"in/out", "in or out"}},
	{Name: "date", Also: []string{"occurred", "when", "date and time", "datetime", "event date", "movement date"}, Required: true},
	{Name: "time", Also: []string{"event time", "movement time"}},
	{Name: "establishment", Also: []string{"prison", "at", "to", "agency", "to prison", "to establishment", "to agency"}},
	{Name: "code", Also: []string{"prison code", "establishment code", "agency code", "to code", "prison id"}},
	{Name: "from", Also: []string{"from prison", "from establishment", "from agency"}},
	{Name: "from code", Also: []string{"from prison code", "from agency code"}},
	{Name: "former number", Also: []string{"old number", "removed number", "merged number", "previous number"}},
	{Name: "reason", Also: []string{"movement reason", "note", "details"}},
}

// eventWords are what people and the prisons' own records call the events, folded and without "prisoner" and the like.
var eventWords = map[string]custody.Kind{
	"received": custody.Received, "reception": custody.Received, "receive": custody.Received, "received in": custody.Received, "admission": custody.Received, "admitted": custody.Received, "new admission": custody.Received,
	"adm": custody.Received, "in": custody.Received, "transfer in": custody.Received, "transferred in": custody.Received, "remand": custody.Received, "sentenced": custody.Received,
	"transferred": custody.Transferred, "transfer": custody.Transferred, "trn": custody.Transferred, "moved": custody.Transferred, "move": custody.Transferred, "transfer out": custody.Transferred, "transferred out": custody.Transferred,
	"released": custody.Released, "release": custody.Released, "discharge": custody.Released, "discharged": custody.Released, "rel": custody.Released, "hdc": custody.Released, "bailed": custody.Released,
	"recalled": custody.Recalled, "recall": custody.Recalled, "licence recall": custody.Recalled,
	"hospital": custody.HospitalOut, "hospital out": custody.HospitalOut, "to hospital": custody.HospitalOut, "released to hospital": custody.HospitalOut, "out to hospital": custody.HospitalOut,
	"hospital back": custody.HospitalBack, "hospital in": custody.HospitalBack, "hospital return": custody.HospitalBack, "return from hospital": custody.HospitalBack, "back from hospital": custody.HospitalBack, "returned from hospital": custody.HospitalBack,
	"temporary absence": custody.AbsenceOut, "temporary absence out": custody.AbsenceOut, "absence out": custody.AbsenceOut, "absence": custody.AbsenceOut, "tap": custody.AbsenceOut, "rotl": custody.AbsenceOut, "temporary release": custody.AbsenceOut,
	"rotl out": custody.AbsenceOut, "court": custody.AbsenceOut, "to court": custody.AbsenceOut, "crt": custody.AbsenceOut, "sent to court": custody.AbsenceOut, "court out": custody.AbsenceOut,
	"temporary absence back": custody.AbsenceBack, "temporary absence in": custody.AbsenceBack, "temporary absence return": custody.AbsenceBack, "absence back": custody.AbsenceBack, "absence in": custody.AbsenceBack, "rotl return": custody.AbsenceBack,
	"rotl back": custody.AbsenceBack, "rotl in": custody.AbsenceBack, "return from court": custody.AbsenceBack, "court return": custody.AbsenceBack, "court in": custody.AbsenceBack, "back from court": custody.AbsenceBack, "returned": custody.AbsenceBack, "return": custody.AbsenceBack,
	"merged": custody.Merged, "merge": custody.Merged, "number merge": custody.Merged, "numbers merged": custody.Merged,
	"derbyn": custody.Received, "derbyniwyd": custody.Received, "trosglwyddo": custody.Transferred, "trosglwyddwyd": custody.Transferred, "rhyddhau": custody.Released, "rhyddhawyd": custody.Released,
	"galw yn ol": custody.Recalled, "ysbyty": custody.HospitalOut, "yn ol o r ysbyty": custody.HospitalBack,
}

// ahead is how far in the future an event may be: clocks and zones differ. A later one is a mistake that would hide all that comes before it.
const ahead = 26 * time.Hour

// ReadCSV reads a table of events; received is when it came. Columns (in any order): prisoner number, event, date, and where they are needed time,
// establishment or code, from, former number, direction, reason. Rows with a fault are left out and named; the others are returned. An error means
// that the file is no such table. A date without a time counts as noon in London.
func ReadCSV(data []byte, received time.Time) ([]custody.Event, *table.Faults, error) {
	rows, faults, err := table.Read(data, columns)
	if err != nil {
		return nil, nil, err
	}
	var out []custody.Event
	for _, r := range rows {
		before := len(faults.List) + faults.More
		e := readRow(r, received, faults)
		if len(faults.List)+faults.More == before {
			out = append(out, e)
		}
	}
	return out, faults, nil
}

func readRow(r table.Row, received time.Time, faults *table.Faults) custody.Event {
	e := custody.Event{Received: received, Source: "csv", Reason: r.Get("reason")}
	var err error
	if e.Number, err = custody.ParseNumber(r.Get("prisoner number")); err != nil {
		faults.Add(r.Number, "prisoner number", "It has the form A1234BC.")
	}
	if former := r.Get("former number"); former != "" {
		if e.Former, err = custody.ParseNumber(former); err != nil {
			faults.Add(r.Number, "former number", "It has the form A1234BC.")
		}
	}
	kind, ok := eventKind(r.Get("event"), r.Get("direction"))
	if !ok {
		faults.Add(r.Number, "event", "Write received, transferred, released, recalled, hospital, hospital back, absence, absence back or merged.")
	}
	e.Kind = kind
	if e.Occurred, ok = occurred(r.Get("date"), r.Get("time")); !ok {
		faults.Add(r.Number, "date", "Write the date like 28/11/2026 and the time like 14:30.")
	} else if e.Occurred.After(received.Add(ahead)) {
		faults.Add(r.Number, "date", "It is in the future.")
	}
	at, from := place(r.Get("code"), r.Get("establishment")), place(r.Get("from code"), r.Get("from"))
	out := isOut(r.Get("event"), r.Get("direction"))
	switch kind {
	case custody.Released, custody.HospitalOut, custody.AbsenceOut:
		if !from.Known() {
			from = at // the one establishment of the row is the one she leaves
		}
		at = custody.Place{}
	case custody.Transferred:
		if out && !from.Known() {
			at, from = custody.Place{}, at
		}
	}
	e.At, e.From = at, from
	e.ID = e.MakeID()
	if err := e.Check(); err != nil && ok && kind != "" && e.Number != "" {
		faults.Add(r.Number, "", "%s", err)
	}
	return e
}

// plain folds what somebody wrote into words with single spaces, without those that say nothing.
func plain(s string) string {
	var out []string
	for _, w := range wording.Words(s) {
		if w.Text != "prisoner" && w.Text != "event" && w.Text != "the" && w.Text != "wedi" {
			out = append(out, w.Text)
		}
	}
	return strings.Join(out, " ")
}

func isOut(event, direction string) bool {
	d := plain(direction)
	return d == "out" || d == "o" || d == "allan" || d == "" && strings.HasSuffix(plain(event), " out")
}

func eventKind(event, direction string) (custody.Kind, bool) {
	kind, ok := eventWords[plain(event)]
	d := plain(direction)
	in := d == "in" || d == "i" || d == "i mewn"
	switch {
	case kind == custody.AbsenceOut && in:
		kind = custody.AbsenceBack
	case kind == custody.HospitalOut && in:
		kind = custody.HospitalBack
	case kind == custody.Transferred && in:
		kind = custody.Received
	}
	return kind, ok
}

// place joins code and name; a name of three capital letters is a code.
func place(code, name string) custody.Place {
	p := custody.Place{Code: strings.ToUpper(code), Name: name}
	if p.Code == "" && len(name) == 3 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		p = custody.Place{Code: name}
	}
	for _, prefix := range []string{"HMP & YOI ", "HMP/YOI ", "HMP and YOI ", "HMP YOI ", "HMP ", "HMPYOI "} {
		if len(p.Name) > len(prefix) && strings.EqualFold(p.Name[:len(prefix)], prefix) {
			p.Name = p.Name[len(prefix):]
			break
		}
	}
	// The same prison by code here and by name there is one place.
	for c, n := range custody.WomensPrisons {
		if p.Code == "" && strings.EqualFold(p.Name, n) {
			p.Code = c
		}
		if p.Code == c && p.Name == "" {
			p.Name = n
		}
	}
	return p
}

var dateForms = []string{"2006-1-2", "2/1/2006", "2/1/06", "2.1.2006", "2.1.06", "2-1-2006", "2 Jan 2006", "2 January 2006", "2-Jan-2006", "2-Jan-06", "2 Jan 06", "20060102", "Mon 2 Jan 2006", "Monday 2 January 2006", "2006/1/2"}

var timeForms = []string{"15:04:05", "15:04", "15.04", "1504", "3:04pm", "3:04:05pm", "3.04pm", "3pm"}

// occurred reads date and time, in one cell or two. Dates are day first, as in Britain; a time is London's unless it says its zone.
func occurred(date, clock string) (time.Time, bool) {
	date, clock = strings.Join(strings.Fields(date), " "), strings.Join(strings.Fields(clock), " ")
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(form, date); err == nil && t.Year() > 1900 {
			return t, true
		}
	}
	if t, ok := serial(date, clock); ok {
		return t, true
	}
	if clock == "" {
		date, clock = splitTime(date)
	}
	d, ok := day(strings.ReplaceAll(date, ",", ""))
	if !ok {
		return time.Time{}, false
	}
	if clock == "" {
		return d.At(12, 0), true
	}
	clock = strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(clock, " ", "")), "hrs")
	clock, _, _ = strings.Cut(clock, ".000") // as databases write it
	for _, form := range timeForms {
		if t, err := time.Parse(form, clock); err == nil {
			return d.At(t.Hour(), t.Minute()).Add(time.Duration(t.Second()) * time.Second), true
		}
	}
	return time.Time{}, false
}

// splitTime parts "28/11/2026 14:30", "2026-11-28T14:30" and "28 Nov 2026 2:30 pm".
func splitTime(s string) (date, clock string) {
	if len(s) > 11 && s[10] == 'T' {
		return s[:10], s[11:]
	}
	fields := strings.Fields(s)
	i := slices.IndexFunc(fields, func(f string) bool {
		f = strings.ToLower(f)
		return strings.Contains(f, ":") || len(f) > 2 && (strings.HasSuffix(f, "am") || strings.HasSuffix(f, "pm")) && f[0] <= '9'
	})
	if i < 1 {
		return s, ""
	}
	return strings.Join(fields[:i], " "), strings.Join(fields[i:], "")
}

func day(s string) (workdays.Day, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil && t.Year() > 1900 && t.Year() < 2200 {
			return workdays.Date(t.Year(), t.Month(), t.Day()), true
		}
	}
	return 0, false
}

// serial reads a date that a spreadsheet has left as the number of days since 30 December 1899, with the time as its fraction.
func serial(date, clock string) (time.Time, bool) {
	f, err := strconv.ParseFloat(strings.Replace(date, ",", ".", 1), 64)
	if err != nil || f < 30000 || f > 80000 || clock != "" && clock != "0" {
		return time.Time{}, false
	}
	days := int(f)
	d := workdays.Date(1899, time.December, 30).Plus(days)
	if f == float64(days) {
		return d.At(12, 0), true
	}
	minutes := int((f-float64(days))*24*60 + 0.5)
	return d.At(minutes/60, minutes%60), true
}
