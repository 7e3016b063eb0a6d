package calendar

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/calendar/problem"
)

// hostile are calendars made to cost much, each of about a megabyte.
func hostile() map[string][]byte {
	const mega = 1 << 20
	fill := func(unit string) string { return strings.Repeat(unit, mega/len(unit)) }
	wrap := func(s string) []byte {
		return []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20250703T100000Z\n" + s + "\nEND:VEVENT\nEND:VCALENDAR\n")
	}
	return map[string][]byte{
		"one line":             wrap("DESCRIPTION:" + fill("x")),
		"folded each letter":   wrap("DESCRIPTION:" + fill("\n x")),
		"short lines":          []byte(fill("A:\n")),
		"begins":               []byte(fill("BEGIN:VEVENT\n")),
		"events":               []byte("BEGIN:VCALENDAR\n" + fill("BEGIN:VEVENT\nUID:1\nDTSTART:20250703T100000Z\nEND:VEVENT\n") + "END:VCALENDAR"),
		"series":               []byte("BEGIN:VCALENDAR\n" + fill("BEGIN:VEVENT\nDTSTART:19010101T100000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n") + "END:VCALENDAR"),
		"hourly series":        []byte("BEGIN:VCALENDAR\n" + fill("BEGIN:VEVENT\nDTSTART:20200101T100000Z\nRRULE:FREQ=HOURLY;BYMINUTE=0,15,30,45\nEND:VEVENT\n") + "END:VCALENDAR"),
		"every second":         wrap("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
		"a rule of a megabyte": wrap("RRULE:FREQ=YEARLY;BYYEARDAY=" + fill("1,")),
		"dates":                wrap("RDATE:" + fill("20250704T100000Z,")),
		"excluded":             wrap("RRULE:FREQ=DAILY\nEXDATE:" + fill("20250704T100000Z,")),
		"attendees":            wrap(fill("ATTENDEE;CN=A:mailto:a@la.example\n")),
		"parameters":           wrap("ATTENDEE" + fill(";A=1") + ":mailto:a@la.example"),
		"quotes":               wrap("ATTENDEE" + fill(`;A="`) + ":x"),
		"backslashes":          wrap("SUMMARY:" + fill(`\`)),
		"zones":                []byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Z\n" + fill("BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:+0000\nRRULE:FREQ=YEARLY;BYDAY=1SU\nEND:STANDARD\n") + "END:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=Z:20250703T100000\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR"),
		"zone dates":           []byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Z\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:+0000\nRDATE:" + fill("20250101T000000,") + "\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=Z:20250703T100000\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR"),
		"unknown zones":        []byte("BEGIN:VCALENDAR\n" + fill("BEGIN:VEVENT\nDTSTART;TZID=a/b/c/d/e/f:20250703T100000\nEND:VEVENT\n") + "END:VCALENDAR"),
		"links":                wrap("DESCRIPTION:" + fill("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx ")),
		"labels":               wrap("DESCRIPTION:" + fill(`Meeting ID:\n`)),
		"digits":               wrap("DESCRIPTION:" + fill("+44 20 7946 0958 ")),
		"addresses":            wrap("DESCRIPTION:" + fill(`a@b.c\n1: 123456789\n`)),
		"angles":               wrap("X-ALT-DESC:" + fill("<a<")),
		"tags":                 wrap("X-ALT-DESC:" + fill("<a href=x>")),
	}
}

func TestHostileCalendarsAreBounded(t *testing.T) {
	w := Window{From: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)}
	for name, data := range hostile() {
		var took, busyTook time.Duration
		var used int64
		for range 3 { // the machine may be busy with other things once
			took, used = measured(func() {
				ev, _ := Parse(data)
				Expand(ev, w)
				if e, ok := Choose(ev); ok {
					JoinFrom(e, "", "")
				}
			})
			busyTook, _ = measured(func() { Busy(data, w) })
			if raceEnabled || max(took, busyTook) < time.Second && used < 64<<20 {
				break
			}
		}
		t.Logf("%-22s %8s %4d MiB", name, took.Round(time.Millisecond), used>>20)
		if !raceEnabled && (max(took, busyTook) > time.Second || used > 64<<20) {
			t.Errorf("%s: %v, %d MiB; Busy %v", name, took, used>>20, busyTook)
		}
	}
}

// measured runs f and tells how long it took and how far the heap grew at most.
func measured(f func()) (time.Duration, int64) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	start := time.Now()
	f()
	took := time.Since(start)
	close(stop)
	return took, int64(<-peak) - int64(before.HeapAlloc)
}

func TestHostileProblemsAreSaid(t *testing.T) {
	for name, want := range map[string]problem.Code{"attendees": problem.Attendees, "one line": problem.NoEnd} {
		ev, err := Parse(hostile()[name])
		if err != nil || !problem.Has(ev[0].Problems, want) {
			t.Errorf("%s: %v %v", name, ev, err)
		}
	}
	ev, _ := Parse(hostile()["every second"])
	if found, why := Expand(ev, Window{From: time.Unix(0, 0), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}); len(found) != 1 || !problem.Has(why, problem.TooOften) {
		t.Errorf("%d %v", len(found), why)
	}
}
