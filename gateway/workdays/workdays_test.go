package workdays_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/workdays"
)

func day(t *testing.T, s string) workdays.Day {
	t.Helper()
	d, err := workdays.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The dates that the government has published for England and Wales (2028 to 2030 by the same rules, counted on a paper calendar).
func TestPublishedBankHolidays(t *testing.T) {
	for year, want := range map[int]string{
		1995: "01-02 04-14 04-17 05-08 05-29 08-28 12-25 12-26",
		1999: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28 12-31",
		2002: "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26",
		2010: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
		2011: "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27",
		2012: "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26",
		2015: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
		2019: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
		2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
		2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
		2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
		2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
		2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
		2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
		2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
		2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
		2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
		2029: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
		2030: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
	} {
		var got []string
		for _, h := range workdays.EnglandAndWales().Holidays(year) {
			got = append(got, h.Day.Format("01-02"))
			if h.English == "" || h.Welsh == "" {
				t.Errorf("%s has no name", h.Day)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d: %v, want %s", year, got, want)
		}
	}
}

func TestSubstituteDays(t *testing.T) {
	for _, c := range []struct{ day, want string }{
		{"2021-12-27", "Christmas Day true"}, {"2021-12-28", "Boxing Day true"}, // Saturday and Sunday
		{"2022-12-26", "Boxing Day false"}, {"2022-12-27", "Christmas Day true"}, // Sunday and Monday
		{"2026-12-25", "Christmas Day false"}, {"2026-12-28", "Boxing Day true"}, // Friday and Saturday
		{"2022-01-03", "New Year’s Day true"}, {"2022-01-01", " false"},
		{"2022-05-30", " false"}, {"2022-06-02", "Spring bank holiday false"},
	} {
		h, _ := workdays.EnglandAndWales().Holiday(day(t, c.day))
		if got := fmt.Sprintf("%s %t", h.English, h.Substitute); got != c.want {
			t.Errorf("%s: %q, want %q", c.day, got, c.want)
		}
	}
}

// Known Easters, the earliest and the latest possible among them.
func TestEaster(t *testing.T) {
	for _, s := range []string{"1818-03-22", "1943-04-25", "1990-04-15", "2000-04-23", "2008-03-23", "2011-04-24", "2016-03-27", "2019-04-21", "2024-03-31",
		"2025-04-20", "2026-04-05", "2027-03-28", "2030-04-21", "2038-04-25", "2049-04-18", "2076-04-19", "2100-03-28", "2285-03-22"} {
		d := day(t, s)
		y, _, _ := d.YMD()
		if got := workdays.Easter(y); got != d {
			t.Errorf("Easter %d is %s, want %s", y, got, d)
		}
	}
}

func TestCountingWorkingDays(t *testing.T) {
	c := workdays.EnglandAndWales()
	for _, x := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-27", 1, "2026-11-30"},   // Friday: Monday
		{"2026-11-28", 1, "2026-11-30"},   // Saturday: Monday too
		{"2026-12-24", 1, "2026-12-29"},   // over Christmas, a weekend and Boxing Day's substitute
		{"2026-12-14", 15, "2027-01-07"},  // an ICPC over Christmas
		{"2027-03-25", 1, "2027-03-30"},   // over Easter
		{"2022-05-30", 5, "2022-06-08"},   // over the Jubilee
		{"2026-11-28", 0, "2026-11-30"},   // rolled on
		{"2026-11-27", 0, "2026-11-27"},   // stays
		{"2026-11-30", -1, "2026-11-27"},  // back
		{"2026-12-29", -2, "2026-12-23"},  // back over Christmas
		{"1985-12-24", 1, "1985-12-27"},   // before the years kept at hand
		{"2300-12-24", 1, "2300-12-27"},   // and after
		{"9999-12-30", 50, "9999-12-31"},  // the end
		{"0001-01-03", -50, "0001-01-01"}, // the beginning
	} {
		if got := c.Add(day(t, x.from), x.n); got.String() != x.want {
			t.Errorf("Add(%s, %d) = %s, want %s", x.from, x.n, got, x.want)
		}
	}
}

// A day is that of London's clocks; it is 23 or 25 hours long when they change.
func TestDaysOfInstants(t *testing.T) {
	for _, c := range []struct{ instant, want string }{
		{"2026-06-30T22:59:59Z", "2026-06-30"}, {"2026-06-30T23:00:00Z", "2026-07-01"}, // summer: the day begins at 23:00 UTC
		{"2026-12-31T23:59:59Z", "2026-12-31"}, {"2027-01-01T00:00:00Z", "2027-01-01"},
		{"2026-03-28T23:59:59Z", "2026-03-28"}, {"2026-03-29T00:00:00Z", "2026-03-29"}, {"2026-03-29T22:59:59Z", "2026-03-29"}, {"2026-03-29T23:00:00Z", "2026-03-30"},
		{"2026-10-24T22:59:59Z", "2026-10-24"}, {"2026-10-24T23:00:00Z", "2026-10-25"}, {"2026-10-25T23:59:59Z", "2026-10-25"}, {"2026-10-26T00:00:00Z", "2026-10-26"},
		{"1970-06-01T22:59:59Z", "1970-06-01"}, {"1970-06-01T23:00:00Z", "1970-06-02"}, // the experiment: summer time all year
		{"2026-11-28T05:00:00+13:00", "2026-11-27"},
	} {
		at, err := time.Parse(time.RFC3339, c.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := workdays.Of(at); got.String() != c.want {
			t.Errorf("%s is %s, want %s", c.instant, got, c.want)
		}
	}
	for s, hours := range map[string]int{"2026-03-29": 23, "2026-10-25": 25, "2026-11-28": 24, "2026-06-21": 24} {
		d := day(t, s)
		if got := d.Plus(1).Start().Sub(d.Start()); got != time.Duration(hours)*time.Hour {
			t.Errorf("%s lasts %s", s, got)
		}
	}
	for s, want := range map[string]string{
		"2026-03-29 00:59": "2026-03-29T00:59:00Z", "2026-03-29 01:30": "2026-03-29T01:30:00Z", "2026-03-29 02:00": "2026-03-29T01:00:00Z",
		"2026-10-25 01:30": "2026-10-25T00:30:00Z", "2026-10-25 02:00": "2026-10-25T02:00:00Z", "2026-07-01 09:00": "2026-07-01T08:00:00Z",
	} {
		w, _ := time.Parse("2006-01-02 15:04", s)
		if got := day(t, s[:10]).At(w.Hour(), w.Minute()).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s is %s, want %s", s, got, want)
		}
	}
}

func TestDatesThatDoNotExist(t *testing.T) {
	for _, s := range []string{"", "2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "0000-01-01", "2026-11-28T00:00:00Z", "tomorrow", "10000-01-01"} {
		if d, err := workdays.Parse(s); err == nil {
			t.Errorf("%q is %s", s, d)
		}
	}
	if workdays.Date(2026, 2, 29) != 0 || workdays.Date(2024, 2, 29) == 0 || workdays.Date(0, 1, 1) != 0 {
		t.Error("Date takes days that are none")
	}
	var none workdays.Day
	c := workdays.EnglandAndWales()
	if none.String() != "" || workdays.Of(time.Time{}) != 0 || c.IsWorkingDay(0) || c.Add(0, 3) != 0 || none.Plus(2) != 0 || !none.Start().IsZero() || none.MonthsLater(1) != 0 || none.YearsLater(1) != 0 ||
		workdays.On(0, 5, "en") != "" {
		t.Error("no day becomes one")
	}
	if _, ok := c.Holiday(0); ok {
		t.Error("no day is a holiday")
	}
}

func TestMonthsAndYears(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2026-11-30", 3, "2027-02-28"}, {"2027-11-30", 3, "2028-02-29"}, {"2026-08-31", 6, "2027-02-28"}, {"2026-01-15", -1, "2025-12-15"}, {"2026-12-31", 6, "2027-06-30"}} {
		if got := day(t, c.from).MonthsLater(c.n); got.String() != c.want {
			t.Errorf("%s and %d months is %s, want %s", c.from, c.n, got, c.want)
		}
	}
	if got := day(t, "2008-02-29").YearsLater(18).String(); got != "2026-03-01" {
		t.Errorf("eighteen on %s", got)
	}
}

func TestMoreHolidays(t *testing.T) {
	c, err := workdays.With("# proclaimed\n2027-06-11 = A day of thanks | Diwrnod o ddiolch\n2027-05-03 > 2027-05-07\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.IsWorkingDay(day(t, "2027-06-11")) || c.IsWorkingDay(day(t, "2027-05-07")) || !c.IsWorkingDay(day(t, "2027-05-03")) || !workdays.EnglandAndWales().IsWorkingDay(day(t, "2027-06-11")) {
		t.Error("the deployment's own days do not count, or count for all")
	}
	if h, _ := c.Holiday(day(t, "2027-06-11")); h.Welsh != "Diwrnod o ddiolch" {
		t.Errorf("%+v", h)
	}
	for _, bad := range []string{"x", "2027-06-11", "2027-06-11 =", "2027-06-12 = On a Saturday", "2027-06-11 > 2027-06-14", "2027-05-03 > 2028-05-03", "2027-05-03 > 2027-05-08", "2027-31-12 = x", "a > b"} {
		if _, err := workdays.With("\n" + bad); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWords(t *testing.T) {
	today := day(t, "2026-11-28") // a Saturday
	for _, c := range []struct{ day, en, cy string }{
		{"2026-11-28", "today", "heddiw"}, {"2026-11-27", "yesterday", "ddoe"}, {"2026-11-29", "tomorrow", "yfory"},
		{"2026-11-24", "on Tuesday", "ddydd Mawrth"}, {"2026-12-03", "on Thursday", "ddydd Iau"},
		{"2026-11-21", "on Saturday 21 November", "ddydd Sadwrn 21 Tachwedd"}, {"2026-03-03", "on Tuesday 3 March", "ddydd Mawrth 3 Mawrth"},
		{"2027-01-04", "on Monday 4 January 2027", "ddydd Llun 4 Ionawr 2027"},
	} {
		if en, cy := workdays.On(day(t, c.day), today, "en"), workdays.On(day(t, c.day), today, "cy"); en != c.en || cy != c.cy {
			t.Errorf("%s: %q, %q", c.day, en, cy)
		}
	}
	if got := workdays.LongDate(today, "cy") + ", " + workdays.LongDate(today, "en"); got != "dydd Sadwrn 28 Tachwedd 2026, Saturday 28 November 2026" {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	in := struct{ A, B workdays.Day }{A: day(t, "2026-11-28")}
	b, err := json.Marshal(in)
	if err != nil || string(b) != `{"A":"2026-11-28","B":""}` {
		t.Fatal(string(b), err)
	}
	out := in
	out.A = 0
	if err := json.Unmarshal(b, &out); err != nil || out != in {
		t.Fatal(out, err)
	}
	if json.Unmarshal([]byte(`{"A":"28/11/2026"}`), &out) == nil {
		t.Error("took 28/11/2026")
	}
}

func anyDay(lo, hi workdays.Day) *rapid.Generator[workdays.Day] {
	return rapid.Custom(func(t *rapid.T) workdays.Day {
		return workdays.Day(rapid.Int32Range(int32(lo), int32(hi)).Draw(t, "day"))
	})
}

// A day agrees with package time in every way that both can tell it.
func TestDayIsTheCalendars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay(workdays.First, workdays.Last).Draw(t, "d")
		y, m, dd := d.YMD()
		u := time.Date(y, m, dd, 12, 0, 0, 0, time.UTC)
		if back, err := workdays.Parse(d.String()); err != nil || back != d || workdays.Date(y, m, dd) != d || d.Weekday() != u.Weekday() {
			t.Fatalf("%d is %s, %s", d, d, back)
		}
		n := rapid.IntRange(-40000, 40000).Draw(t, "n")
		if got, want := d.Plus(n), u.AddDate(0, 0, n); want.Year() >= 1 && want.Year() <= 9999 && got.String() != want.Format(time.DateOnly) {
			t.Fatalf("%s and %d days is %s", d, n, got)
		}
		if s := d.Start(); workdays.Of(s) != d || d > workdays.First && workdays.Of(s.Add(-time.Nanosecond)) != d-1 {
			t.Fatalf("%s starts at %s", d, s)
		}
	})
}

// Counting on, counting between and looking at each day agree.
func TestCountingAgrees(t *testing.T) {
	c := workdays.EnglandAndWales()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay(workdays.Date(1980, 1, 1), workdays.Date(2210, 1, 1)).Draw(t, "d")
		n := rapid.IntRange(-300, 300).Draw(t, "n")
		got := c.Add(d, n)
		if !c.IsWorkingDay(got) {
			t.Fatalf("Add(%s, %d) is %s, no working day", d, n, got)
		}
		if between := c.Between(d, got); n > 0 && between != n || n < 0 && c.IsWorkingDay(d) && between != n {
			t.Fatalf("between %s and %s are %d, not %d", d, got, between, n)
		}
		to := anyDay(d, d.Plus(1500)).Draw(t, "to")
		walked := 0
		for x := d + 1; x <= to; x++ {
			if c.IsWorkingDay(x) {
				walked++
			}
		}
		if c.Between(d, to) != walked || c.Between(to, d) != -walked {
			t.Fatalf("between %s and %s: %d, walked %d", d, to, c.Between(d, to), walked)
		}
		if a, b := c.Add(d, 5), c.Add(d.Plus(1), 5); b < a {
			t.Fatalf("a day later ends earlier: %s %s", a, b)
		}
	})
}

// Every year has eight holidays or more, all on weekdays and each once.
func TestEveryYear(t *testing.T) {
	c := workdays.EnglandAndWales()
	for y := 1975; y <= 2220; y++ {
		hs := c.Holidays(y)
		if len(hs) < 8 || len(hs) > 10 {
			t.Errorf("%d has %d", y, len(hs))
		}
		for i, h := range hs {
			if w := h.Day.Weekday(); w == time.Saturday || w == time.Sunday || i > 0 && hs[i-1].Day >= h.Day {
				t.Errorf("%s", h.Day)
			}
		}
	}
}

func FuzzWith(f *testing.F) {
	f.Add("2027-06-11 = A | B\n2027-05-03 > 2027-05-07 # x")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := workdays.With(s); err == nil && len(c.Holidays(2027)) < 7 {
			t.Fatal("a holiday is lost")
		}
	})
}

func BenchmarkAdd20(b *testing.B) {
	c := workdays.EnglandAndWales()
	d := workdays.Date(2026, 12, 14)
	b.ReportAllocs()
	for b.Loop() {
		c.Add(d, 20)
	}
}
