package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/adapters/calendar/problem"
)

func inLondon(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(ukZone)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// A weekly meeting at an hour is at that hour in every week, in winter and summer, and nowhere outside the window: checked against
// counting days one by one.
func TestWeeklyAgainstCountingDays(t *testing.T) {
	loc := inLondon(t)
	names := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	rapid.Check(t, func(r *rapid.T) {
		day := rapid.IntRange(0, 4000).Draw(r, "day")
		hour, interval := rapid.IntRange(3, 22).Draw(r, "hour"), rapid.IntRange(1, 8).Draw(r, "interval")
		length := rapid.IntRange(15, 600).Draw(r, "minutes")
		start := time.Date(2020, 1, 1+day, hour, 30, 0, 0, loc)
		from := start.AddDate(0, 0, rapid.IntRange(-400, 400).Draw(r, "from"))
		w := Window{From: from, To: from.AddDate(0, 0, rapid.IntRange(0, 800).Draw(r, "to")), Max: 1000}
		ev, err := Parse(event("UID:1", "DTSTART;TZID=GMT Standard Time:"+start.Format("20060102T150405"), fmt.Sprintf("DURATION:PT%dM", length),
			fmt.Sprintf("RRULE:FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", interval, names[start.Weekday()])))
		if err != nil {
			r.Fatal(err)
		}
		got, problems := Expand(ev, w)
		if len(problems) > 0 {
			r.Fatal(problems)
		}
		var want []time.Time
		for i := 0; ; i += 7 * interval {
			at := time.Date(start.Year(), start.Month(), start.Day()+i, hour, 30, 0, 0, loc)
			if !at.Before(w.To) {
				break
			}
			if at.Add(time.Duration(length) * time.Minute).After(w.From) {
				want = append(want, at)
			}
		}
		if len(got) != len(want) {
			r.Fatalf("%d occurrences, want %d", len(got), len(want))
		}
		for i, o := range got {
			if !o.Start.Equal(want[i]) || o.Start.Hour() != hour || o.End.Sub(o.Start) != time.Duration(length)*time.Minute || !o.RecurrenceID.Equal(o.Start) {
				r.Fatalf("%v, want %v", o.When, want[i])
			}
		}
	})
}

// Whatever rule, exception and window: what comes out overlaps the window, is in order and not more than asked for, and no excluded date is in it.
func TestExpansionStaysInTheWindow(t *testing.T) {
	loc := inLondon(t)
	rapid.Check(t, func(r *rapid.T) {
		pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(r, name) }
		start := time.Date(2024, 1, 1+rapid.IntRange(0, 800).Draw(r, "day"), rapid.IntRange(0, 23).Draw(r, "hour"), 0, 0, 0, loc)
		rule := "FREQ=" + pick("freq", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY") + pick("interval", "", ";INTERVAL=2", ";INTERVAL=6") +
			pick("by", "", ";BYDAY=MO,TH", ";BYMONTHDAY=31", ";BYDAY=MO,TU,WE;BYSETPOS=-1", ";BYMONTH=2,10") + pick("end", "", ";COUNT=7", ";UNTIL=20260101T000000Z", ";UNTIL=20251031")
		excluded := start.AddDate(0, 0, rapid.IntRange(0, 60).Draw(r, "excluded"))
		props := []string{"UID:1", "DTSTART;TZID=Europe/London:" + start.Format("20060102T150405"), "DURATION:PT90M", "RRULE:" + rule, "EXDATE;TZID=Europe/London:" + excluded.Format("20060102T150405")}
		data := string(event(props...))
		if rapid.Bool().Draw(r, "exception") {
			x := start.AddDate(0, 0, rapid.IntRange(0, 30).Draw(r, "which"))
			moved := x.Add(time.Duration(rapid.IntRange(-100, 100).Draw(r, "moved")) * time.Hour)
			data = strings.Replace(data, "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:1\r\nSEQUENCE:1\r\nRECURRENCE-ID"+pick("range", "", ";RANGE=THISANDFUTURE")+";TZID=Europe/London:"+x.Format("20060102T150405")+
				"\r\nDTSTART:"+moved.UTC().Format("20060102T150405Z")+"\r\nDURATION:PT30M\r\nEND:VEVENT\r\nEND:VCALENDAR", 1)
		}
		ev, err := Parse([]byte(data))
		if err != nil {
			r.Fatal(err)
		}
		w := Window{From: start.AddDate(0, 0, rapid.IntRange(-100, 300).Draw(r, "from")), Max: rapid.IntRange(1, 200).Draw(r, "max")}
		w.To = w.From.AddDate(0, 0, rapid.IntRange(0, 500).Draw(r, "to"))
		got, problems := Expand(ev, w)
		if len(got) > w.Max {
			r.Fatalf("%d occurrences, asked for %d", len(got), w.Max)
		}
		if len(got) < w.Max && len(problems) > 0 && rule[:11] != "FREQ=HOURLY" {
			r.Fatalf("%s: %v", rule, problems)
		}
		for i, o := range got {
			if !o.Start.Before(w.To) || o.End.Before(w.From) || i > 0 && o.Start.Before(got[i-1].Start) {
				r.Fatalf("%v outside %v–%v", o.When, w.From, w.To)
			}
			if !o.Moved && o.Start.Equal(excluded) {
				r.Fatalf("%v was excluded", o.Start)
			}
		}
	})
}

// The newest version is the one with the highest SEQUENCE, then the latest DTSTAMP, in whatever order they arrive.
func TestOrderOfVersions(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Event {
			return Event{UID: "1", Sequence: rapid.IntRange(0, 4).Draw(r, "sequence"), Stamp: time.Unix(rapid.Int64Range(1, 5).Draw(r, "stamp"), 0)}
		}), 1, 12).Draw(r, "events")
		best, one := Choose(list)
		if !one {
			r.Fatal("one meeting was taken for several")
		}
		for _, e := range list {
			if Compare(e, best) > 0 {
				r.Fatalf("%+v is newer than %+v", e, best)
			}
			if cmp.Compare(Compare(e, best), 0) != -cmp.Compare(Compare(best, e), 0) {
				r.Fatal("the order depends on the side")
			}
		}
	})
}

func expandAll(t *testing.T, data []byte) []string {
	t.Helper()
	ev, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	found, problems := Expand(ev, Window{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)})
	if len(problems) > 0 {
		t.Error(problems)
	}
	var out []string
	for _, o := range found {
		out = append(out, o.Start.Format(time.RFC3339)+"/"+o.End.Format("15:04"))
	}
	return out
}

func TestExpandCases(t *testing.T) {
	tz := ";TZID=Europe/London:"
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"daily over the night the clocks go forward, in the hour that is left out", event("UID:1", "DTSTART"+tz+"20260328T013000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
			"2026-03-28T01:30:00Z/02:30 2026-03-29T02:30:00+01:00/03:30 2026-03-30T01:30:00+01:00/02:30"},
		{"daily over the night the clocks go back, in the hour that comes twice", event("UID:1", "DTSTART"+tz+"20251025T013000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
			"2025-10-25T01:30:00+01:00/02:30 2025-10-26T01:30:00+01:00/01:30 2025-10-27T01:30:00Z/02:30"},
		{"all-day weekly", event("UID:1", "DTSTART;VALUE=DATE:20251020", "DTEND;VALUE=DATE:20251022", "RRULE:FREQ=WEEKLY;COUNT=2"), "2025-10-20T00:00:00+01:00/00:00 2025-10-27T00:00:00Z/00:00"},
		{"DTSTART that the rule does not give counts as the first", event("UID:1", "DTSTART"+tz+"20250707T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=3"),
			"2025-07-07T10:00:00+01:00/11:00 2025-07-10T10:00:00+01:00/11:00 2025-07-17T10:00:00+01:00/11:00"},
		{"the 31st of months that have one", event("UID:1", "DTSTART:20250131T100000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=3"), "2025-01-31T10:00:00Z/11:00 2025-03-31T10:00:00Z/11:00 2025-05-31T10:00:00Z/11:00"},
		{"EXRULE", event("UID:1", "DTSTART:20250701T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4", "EXRULE:FREQ=DAILY;INTERVAL=2"), "2025-07-02T10:00:00Z/11:00 2025-07-04T10:00:00Z/11:00"},
		{"an exception moved into the window from beyond it", ics("BEGIN:VEVENT", "UID:1", "DTSTART:20261225T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5", "END:VEVENT", "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20270101T100000Z", "DTSTART:20261228T100000Z", "DURATION:PT1H", "END:VEVENT"),
			"2026-12-25T10:00:00Z/11:00 2026-12-28T10:00:00Z/11:00"},
		{"cancelled from an occurrence on", ics("BEGIN:VEVENT", "UID:1", "DTSTART:20250701T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", "END:VEVENT", "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20250703T100000Z", "DTSTART:20250703T100000Z", "STATUS:CANCELLED", "END:VEVENT"),
			"2025-07-01T10:00:00Z/11:00 2025-07-02T10:00:00Z/11:00"},
	} {
		if got := strings.Join(expandAll(t, c.data), " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestBusy(t *testing.T) {
	w := Window{From: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 7, 8, 0, 0, 0, 0, time.UTC)}
	busy, problems, err := Busy(ics("BEGIN:VEVENT", "UID:1", "DTSTART:20250630T230000Z", "DTEND:20250701T010000Z", "END:VEVENT", // cut at the window
		"BEGIN:VEVENT", "UID:2", "DTSTART:20250702T090000Z", "DTEND:20250702T100000Z", "RRULE:FREQ=DAILY;COUNT=2", "END:VEVENT",
		"BEGIN:VEVENT", "UID:3", "DTSTART:20250702T093000Z", "DTEND:20250702T110000Z", "END:VEVENT", // overlaps
		"BEGIN:VEVENT", "UID:4", "DTSTART:20250704T090000Z", "DTEND:20250704T100000Z", "TRANSP:TRANSPARENT", "END:VEVENT",
		"BEGIN:VEVENT", "UID:5", "DTSTART:20250704T090000Z", "DTEND:20250704T100000Z", "STATUS:CANCELLED", "END:VEVENT",
		"BEGIN:VFREEBUSY", "FREEBUSY;FBTYPE=BUSY:20250705T090000Z/PT1H,20250705T120000Z/20250705T123000Z", "FREEBUSY;FBTYPE=FREE:20250706T090000Z/PT1H", "END:VFREEBUSY"), w)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var got []string
	for _, b := range busy {
		got = append(got, b.Start.Format("02T15:04")+"-"+b.End.Format("02T15:04"))
	}
	if want := "01T00:00-01T01:00 02T09:00-02T11:00 03T09:00-03T10:00 05T09:00-05T10:00 05T12:00-05T12:30"; strings.Join(got, " ") != want {
		t.Errorf("got %s", got)
	}
	if _, _, err := Busy([]byte("<html>Sign in</html>"), w); err != ErrNoCalendar {
		t.Errorf("a sign-in page was taken for a calendar: %v", err)
	}
	if busy, _, err := Busy([]byte("BEGIN:VCALENDAR\nEND:VCALENDAR"), w); err != nil || len(busy) != 0 {
		t.Errorf("an empty calendar: %v %v", busy, err)
	}
}

func TestTimeProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props []string
		want  problem.Code
	}{
		"day that is none": {[]string{"DTSTART:20250231T100000Z"}, problem.BadTime},
		"year nought":      {[]string{"DTSTART:00000101T100000Z"}, problem.BadTime},
		"empty":            {[]string{"DTSTART:"}, problem.NoStart},
		"negative":         {[]string{"DTSTART:20250703T100000Z", "DURATION:-PT1H"}, problem.NoEnd},
		"dateless":         {[]string{"SUMMARY:x"}, problem.NoStart},
	} {
		if ev, err := Parse(event(append(c.props, "UID:1")...)); err != nil || !problem.Has(ev[0].Problems, c.want) {
			t.Errorf("%s: %v", name, ev[0].Problems)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	data := ics(customZone, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Customized Time Zone:20250703T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TH", "END:VEVENT")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExpandYear(b *testing.B) {
	ev, err := Parse(ics(customZone, "BEGIN:VEVENT", "UID:1", "DTSTART;TZID=Customized Time Zone:20250703T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TH", "END:VEVENT"))
	if err != nil {
		b.Fatal(err)
	}
	w := Window{From: ev[0].Start, To: ev[0].Start.AddDate(1, 0, 0)}
	for b.Loop() {
		if found, _ := Expand(ev, w); len(found) != 53 {
			b.Fatal(len(found))
		}
	}
}
