// Package workdays counts days as the law of England and Wales does: civil days in London wall time, working days without weekends and
// bank holidays, and the words for a day in English and Welsh. It reads no clock.
package workdays

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a server without zone files must still know which day it is in London

	"kinbridge/gateway/ids"
)

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("workdays: the embedded zone database has no Europe/London: " + err.Error())
	}
	return l
}()

// Day is one day of the calendar, without a time and without a zone. It counts days, 1 being 1 January of the year 1 (Gregorian), so that days
// compare, sort and subtract as numbers. The zero value is no day.
type Day int32

// The first and the last day that can be told.
const (
	First Day = 1
	Last  Day = 3652059 // 31 December 9999
)

const unixDay = 719163 // 1 January 1970

// Date makes a day of year, month and day of the month; 0 when there is no such day (30 February) or it is out of range.
func Date(year int, month time.Month, day int) Day {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return 0
	}
	return fromUTC(t)
}

func fromUTC(t time.Time) Day {
	d := Day(t.Unix()/86400 + unixDay)
	if t.Unix() < 0 && t.Unix()%86400 != 0 {
		d--
	}
	return d.within()
}

func (d Day) within() Day { return min(max(d, First), Last) }

// Of returns the day it is in London at t; 0 for the zero time.
func Of(t time.Time) Day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.In(london).Date()
	return Date(y, m, d)
}

// Parse reads "2026-11-28". Anything else is Invalid; "" too.
func Parse(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, strings.TrimSpace(s))
	if err != nil || t.Year() < 1 {
		return 0, ids.Wrap(ids.Invalid, err, "A date is written like 2026-11-28.")
	}
	return fromUTC(t), nil
}

func (d Day) utc() time.Time { return time.Unix((int64(d)-unixDay)*86400, 0).UTC() }

// Format writes the day with a layout of package time; "" for no day. Names come out in English.
func (d Day) Format(layout string) string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(layout)
}

// String writes "2026-11-28"; "" for no day.
func (d Day) String() string { return d.Format(time.DateOnly) }

// MarshalText writes the day as String does.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = Parse(string(b))
	return err
}

// YMD takes the day apart. No day gives zeros.
func (d Day) YMD() (year int, month time.Month, day int) {
	if d == 0 {
		return 0, 0, 0
	}
	return d.utc().Date()
}

// Weekday of the day.
func (d Day) Weekday() time.Weekday { return time.Weekday(((d % 7) + 7) % 7) }

// Plus is the day n calendar days later (earlier when n is negative), kept between First and Last. No day stays no day.
func (d Day) Plus(n int) Day {
	if d == 0 {
		return 0
	}
	n = min(max(n, -int(Last)), int(Last))
	return Day(min(max(int64(d)+int64(n), int64(First)), int64(Last)))
}

// At is the instant when London's clocks show hour and minute on that day. An hour that the clocks skip in March gives the instant that is as
// long after midnight; of the hour that comes twice in October it is the first, in summer time. No day gives the zero time.
func (d Day) At(hour, minute int) time.Time {
	if d == 0 {
		return time.Time{}
	}
	y, m, day := d.YMD()
	t := time.Date(y, m, day, hour, minute, 0, 0, london)
	// time.Date promises one of the two readings and not which; settle it.
	if earlier := t.Add(-time.Hour); sameWall(t, earlier) {
		return earlier
	}
	if skipped := t.Hour() != hour || t.Minute() != minute; skipped && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 {
		return d.Start().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	return t
}

func sameWall(a, b time.Time) bool { return a.Format(time.DateTime) == b.Format(time.DateTime) }

// Start is the instant the day begins in London. The day ends where the next one begins: 23, 24 or 25 hours later.
func (d Day) Start() time.Time { return d.At(0, 0) }

// YearsLater is the same date n years later; 29 February becomes 1 March in a year that has none, as for birthdays in
// England and Wales.
func (d Day) YearsLater(n int) Day {
	y, m, day := d.YMD()
	if d == 0 || y+n < 1 || y+n > 9999 {
		return 0
	}
	if got := Date(y+n, m, day); got != 0 {
		return got
	}
	return Date(y+n, time.March, 1)
}

// MonthsLater is the corresponding date n months later, or the last day of that month where it is shorter (Dodds v Walker [1981] 1 WLR 1027).
func (d Day) MonthsLater(n int) Day {
	y, m, day := d.YMD()
	months := y*12 + int(m) - 1 + n
	if d == 0 || n > 120000 || n < -120000 || months < 12 || months > 9999*12+11 {
		return 0
	}
	y, m = months/12, time.Month(months%12+1)
	for ; day > 28; day-- {
		if got := Date(y, m, day); got != 0 {
			return got
		}
	}
	return Date(y, m, day)
}

// GoString helps failing tests.
func (d Day) GoString() string { return fmt.Sprintf("workdays.Day(%s)", d.String()) }
