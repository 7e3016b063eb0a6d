package workdays

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/ids"
)

// Holiday is one bank holiday. A substitute day stands for a holiday that falls on a weekend.
type Holiday struct {
	Day        Day
	English    string
	Welsh      string
	Substitute bool
}

// The years for which holidays are kept at hand. The rules go on before and after, and are then computed at each question.
const (
	firstYear = 1990
	lastYear  = 2199
)

//go:embed oneoff.txt
var oneOff string

// Calendar knows the bank holidays of England and Wales. It does not change and may be shared.
type Calendar struct {
	added map[Day]Holiday
	moved map[Day]Day
	kept  map[Day]Holiday // of firstYear to lastYear
}

// EnglandAndWales is the calendar as this release knows it. It is the same in both (Banking and Financial Dealings Act 1971, Schedule 1).
var EnglandAndWales = sync.OnceValue(func() *Calendar {
	c, err := With("")
	if err != nil {
		panic("workdays: oneoff.txt: " + err.Error())
	}
	return c
})

// With is the calendar with more days in the form of oneoff.txt, for holidays proclaimed after this release. A line that cannot be read is
// Invalid and named by its number.
func With(more string) (*Calendar, error) {
	c := &Calendar{added: map[Day]Holiday{}, moved: map[Day]Day{}}
	if err := c.load(oneOff); err != nil {
		return nil, err
	}
	if err := c.load(more); err != nil {
		return nil, err
	}
	kept := map[Day]Holiday{}
	for y := firstYear; y <= lastYear; y++ {
		for _, h := range c.year(y) {
			kept[h.Day] = h
		}
	}
	c.kept = kept
	return c, nil
}

func (c *Calendar) load(table string) error {
	if len(table) > 1<<20 {
		return ids.E(ids.TooLarge, "The table of bank holidays is too long.")
	}
	for i, line := range strings.Split(table, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := c.loadLine(line); err != nil {
			return ids.E(ids.Invalid, "Bank holidays, line %d: %s", i+1, err)
		}
	}
	return nil
}

func (c *Calendar) loadLine(line string) error {
	left, right, moves := strings.Cut(line, ">")
	if !moves {
		var adds bool
		if left, right, adds = strings.Cut(line, "="); !adds {
			return fmt.Errorf("write DATE = NAME | WELSH NAME, or DATE > DATE")
		}
	}
	day, err := Parse(left)
	if err != nil {
		return err
	}
	if moves {
		to, err := Parse(right)
		if err != nil {
			return err
		}
		ruled, isOne := c.ruled(day)
		if y, _, _ := to.YMD(); !isOne || ruled.Substitute || y != day.utc().Year() || weekend(to) {
			return fmt.Errorf("only a bank holiday that the rules give can be moved, and only to a weekday of the same year")
		}
		c.moved[day] = to
		return nil
	}
	english, welsh, _ := strings.Cut(right, "|")
	english, welsh = strings.TrimSpace(english), strings.TrimSpace(welsh)
	if english == "" || weekend(day) {
		return fmt.Errorf("an additional bank holiday has a name and is a weekday")
	}
	if welsh == "" {
		welsh = english
	}
	c.added[day] = Holiday{Day: day, English: english, Welsh: welsh}
	return nil
}

func (c *Calendar) ruled(d Day) (Holiday, bool) {
	year, _, _ := d.YMD()
	for _, h := range rules(year) {
		if h.Day == d {
			return h, true
		}
	}
	return Holiday{}, false
}

// rules gives the eight holidays of a year that law and custom fix, in order of their days.
func rules(year int) []Holiday {
	newYear := Date(year, time.January, 1)
	christmas := Date(year, time.December, 25)
	easter := Easter(year)
	out := []Holiday{
		{Day: easter.Plus(-2), English: "Good Friday", Welsh: "Dydd Gwener y Groglith"},
		{Day: easter.Plus(1), English: "Easter Monday", Welsh: "Dydd Llun y Pasg"},
		{Day: onOrAfter(Date(year, time.May, 1), time.Monday), English: "Early May bank holiday", Welsh: "Gŵyl y banc dechrau mis Mai"},
		{Day: onOrAfter(Date(year, time.May, 25), time.Monday), English: "Spring bank holiday", Welsh: "Gŵyl y banc y gwanwyn"},
		{Day: onOrAfter(Date(year, time.August, 25), time.Monday), English: "Summer bank holiday", Welsh: "Gŵyl y banc yr haf"},
		weekdayFor(Holiday{Day: newYear, English: "New Year’s Day", Welsh: "Dydd Calan"}, 0),
		// Christmas Day on a Sunday leaves Monday to Boxing Day and takes Tuesday; on a Saturday it takes Monday, and Boxing Day Tuesday.
		weekdayFor(Holiday{Day: christmas, English: "Christmas Day", Welsh: "Dydd Nadolig"}, 1),
		weekdayFor(Holiday{Day: christmas.Plus(1), English: "Boxing Day", Welsh: "Gŵyl San Steffan"}, 1),
	}
	slices.SortFunc(out, byDay)
	return out
}

func byDay(a, b Holiday) int { return int(a.Day - b.Day) }

// weekdayFor moves a holiday from the weekend to the Monday after; sundays is how many days more when it falls on a Sunday.
func weekdayFor(h Holiday, sundays int) Holiday {
	switch h.Day.Weekday() {
	case time.Saturday:
		h.Day, h.Substitute = h.Day.Plus(2), true
	case time.Sunday:
		h.Day, h.Substitute = h.Day.Plus(1+sundays), true
	}
	return h
}

func onOrAfter(d Day, w time.Weekday) Day { return d.Plus((int(w) - int(d.Weekday()) + 7) % 7) }

// Easter is Easter Sunday of the Gregorian calendar (the anonymous computus of Meeus, Jones and Butcher; the dates are those of the
// Calendar (New Style) Act 1750).
func Easter(year int) Day {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date(year, time.Month(n/31), n%31+1)
}

// year gives all holidays of a year, in order of their days.
func (c *Calendar) year(year int) []Holiday {
	if year < 1 || year > 9999 {
		return nil
	}
	days := map[Day]Holiday{}
	for _, h := range rules(year) {
		if to := c.moved[h.Day]; to != 0 {
			h.Day = to
		}
		days[h.Day] = h
	}
	for d, h := range c.added {
		if y, _, _ := d.YMD(); y == year {
			days[d] = h
		}
	}
	return slices.SortedFunc(maps.Values(days), byDay)
}

// Holidays lists the bank holidays of a year, in order of their days.
func (c *Calendar) Holidays(year int) []Holiday { return c.year(year) }

// Holiday tells which bank holiday a day is.
func (c *Calendar) Holiday(d Day) (Holiday, bool) {
	if year, _, _ := d.YMD(); year >= firstYear && year <= lastYear {
		h, ok := c.kept[d]
		return h, ok
	} else if d != 0 {
		for _, h := range c.year(year) {
			if h.Day == d {
				return h, true
			}
		}
	}
	return Holiday{}, false
}
