package calendar

import (
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a server without zone files must still know when a meeting is

	"kinbridge/adapters/calendar/problem"
)

// ukZone is where a time without any zone is taken to be: every establishment keeps the time of London.
const ukZone = "Europe/London"

// zones resolves the TZIDs of one calendar object.
type zones struct {
	defined map[string]*observances // VTIMEZONE by TZID
	floated string                  // X-WR-TIMEZONE, for times without a TZID
	clocks  map[string]clock        // those found already
}

// maxZones bounds the zones of one object; a time in a further one is London's.
const maxZones = 200

func newZones(cal *component) zones {
	z := zones{defined: map[string]*observances{}, clocks: map[string]clock{}}
	for _, k := range cal.kids {
		if id := k.text("TZID"); k.name == "VTIMEZONE" && len(z.defined) < 100 && z.defined[id] == nil {
			z.defined[id] = readObservances(k)
		}
	}
	z.floated = cal.text("X-WR-TIMEZONE")
	return z
}

// moment is a DTSTART, DTEND or RECURRENCE-ID value.
type moment struct {
	at       time.Time
	wall     time.Time // as written, in UTC's clothes
	zone     clock
	allDay   bool
	ok       bool
	problems []problem.Problem // what had to be assumed
}

// clock turns a wall time into an instant; name is the zone's as written.
type clock struct {
	name     string
	floating bool
	at       func(wall time.Time) (at time.Time, found bool)
	twice    func(wall time.Time) bool // by the object's own definition; nil without one
	named    *time.Location            // what the name alone means, when the object defines the zone otherwise
}

// read resolves a date or date-time property (RFC 5545 sections 3.3.4, 3.3.5 and 3.2.19).
func (z zones) read(p *property) moment {
	if p == nil {
		return moment{}
	}
	tzid, value := p.params["TZID"], strings.TrimSpace(p.value)
	if i := strings.LastIndexByte(value, ':'); i >= 0 && !startsDate(value) {
		// "TZID=(UTC+00:00) Dublin, London:20250703T100000", written without the quotes that its colon asks for.
		tzid, value = tzid+":"+value[:i], value[i+1:]
	}
	first, _, _ := strings.Cut(value, ",")
	return z.moment(tzid, first, strings.EqualFold(p.params["VALUE"], "DATE"))
}

// moment resolves one value of a property.
func (z zones) moment(tzid, value string, date bool) moment {
	wall, utc, day, ok := wallTime(value, date)
	bad := moment{}
	if strings.TrimSpace(value) != "" {
		bad.problems = []problem.Problem{problem.New(problem.BadTime, value)}
	}
	if !ok {
		return bad
	}
	if day {
		return moment{at: inZone(wall, lookupZone(ukZone)), wall: wall, zone: zones{}.clock(""), allDay: true, ok: true}
	}
	c := z.clock(tzid)
	if utc {
		c = clock{name: "UTC", at: func(wall time.Time) (time.Time, bool) { return wall, true }}
	}
	at, found := c.at(wall)
	if !found {
		return bad
	}
	return moment{at: at, wall: wall, zone: c, ok: true, problems: c.remarks(wall, at, tzid)}
}

// remarks says what is odd about a wall time in the zone.
func (c clock) remarks(wall, at time.Time, tzid string) []problem.Problem {
	const hm = "15:04"
	var out []problem.Problem
	switch {
	case c.floating && tzid != "":
		out = append(out, problem.New(problem.UnknownZone, tzid))
	case c.floating:
		out = append(out, problem.New(problem.Floating))
	case c.named != nil:
		if by := inZone(wall, c.named); !by.Equal(at) {
			out = append(out, problem.New(problem.ZoneDiffers, tzid, at.Format(time.RFC3339), by.Format(time.RFC3339)))
		}
	}
	if at.Hour() != wall.Hour() || at.Minute() != wall.Minute() {
		out = append(out, problem.New(problem.Gap, wall.Format(hm), at.Format(hm)))
	} else if again := at.Add(time.Hour); again.Hour() == wall.Hour() || c.twice != nil && c.twice(wall) {
		out = append(out, problem.New(problem.Fold, wall.Format(hm)))
	}
	return out
}

// wallTime reads a DATE or DATE-TIME, with or without the dashes and colons that some programs add.
func wallTime(value string, date bool) (wall time.Time, utc, day, ok bool) {
	v := strings.ToUpper(strings.TrimSpace(value))
	if len(v) > 40 {
		return wall, false, false, false
	}
	v = strings.NewReplacer("-", "", ":", "").Replace(v)
	if date || len(v) == 8 {
		if len(v) < 8 {
			return wall, false, true, false
		}
		wall, err := time.Parse("20060102", v[:8])
		return wall, false, true, err == nil && wall.Year() > 0
	}
	utc = strings.HasSuffix(v, "Z")
	v = strings.TrimSuffix(v, "Z")
	v, _, _ = strings.Cut(v, ".")
	if len(v) == 13 {
		v += "00"
	}
	if strings.HasSuffix(v, "60") && len(v) == 15 {
		v = v[:13] + "59" // a leap second (RFC 5545 section 3.3.12)
	}
	wall, err := time.Parse("20060102T150405", v)
	return wall, utc, false, err == nil && wall.Year() > 0
}

// clock finds the zone of a TZID: the object's own definition, else what the name means, else London's with floating set.
func (z zones) clock(tzid string) clock {
	if c, ok := z.clocks[tzid]; ok {
		return c
	}
	if len(z.clocks) >= maxZones || len(tzid) > 200 {
		return clock{name: ukZone, floating: true, at: func(wall time.Time) (time.Time, bool) { return inZone(wall, lookupZone(ukZone)), true }}
	}
	c := z.findClock(tzid)
	if z.clocks != nil {
		z.clocks[tzid] = c
	}
	return c
}

func (z zones) findClock(tzid string) clock {
	loc := lookupZone(tzid)
	if def := z.defined[tzid]; def != nil && tzid != "" {
		if _, _, ok := def.offset(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)); ok {
			return clock{name: tzid, named: loc, twice: def.twice, at: func(wall time.Time) (time.Time, bool) {
				off, shown, ok := def.offset(wall)
				at := withOffset(wall, off)
				if shown != off {
					at = at.In(time.FixedZone("", shown))
				}
				return at, ok
			}}
		}
	}
	in := func(loc *time.Location) func(time.Time) (time.Time, bool) {
		return func(wall time.Time) (time.Time, bool) { return inZone(wall, loc), true }
	}
	if loc != nil {
		return clock{name: tzid, at: in(loc)}
	}
	if off, ok := offsetInName(tzid); ok {
		return clock{name: tzid, at: func(wall time.Time) (time.Time, bool) { return withOffset(wall, off), true }}
	}
	return clock{name: z.location().String(), floating: tzid != "" || lookupZone(z.floated) == nil, at: in(z.location())}
}

// startsDate says that a value starts with the eight digits of a date, or the ten characters of one with dashes.
func startsDate(v string) bool {
	digits := 0
	for i := 0; i < len(v) && i < 10; i++ {
		if v[i] >= '0' && v[i] <= '9' {
			digits++
		} else if v[i] != '-' {
			break
		}
	}
	return digits >= 8
}

// location is the zone of times that name none.
func (z zones) location() *time.Location {
	if loc := lookupZone(z.floated); loc != nil {
		return loc
	}
	return lookupZone(ukZone)
}

// inZone reads the wall time of t in loc. A time that comes twice is the first; one that the clocks leave out is read with the offset that
// held before (RFC 5545 section 3.3.5), so it shows later.
func inZone(t time.Time, loc *time.Location) time.Time {
	near := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc)
	_, before := near.Add(-24 * time.Hour).Zone()
	_, after := near.Add(24 * time.Hour).Zone()
	if before == after {
		return near
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	early, late := wall.Add(-time.Duration(before)*time.Second).In(loc), wall.Add(-time.Duration(after)*time.Second).In(loc)
	same := func(a time.Time) bool { return a.Hour() == t.Hour() && a.Minute() == t.Minute() && a.Day() == t.Day() }
	if !same(early) && same(late) {
		return late
	}
	return early
}

// withOffset reads the wall time of t at a fixed offset from UTC in seconds.
func withOffset(t time.Time, seconds int) time.Time {
	if seconds == 0 {
		return inZone(t, time.UTC)
	}
	return inZone(t, time.FixedZone("", seconds))
}

// loaded holds the zones that were asked for: reading one costs as much as reading an invitation. Only names that exist are kept.
var loaded sync.Map

func loadZone(name string) *time.Location {
	if loc, ok := loaded.Load(name); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	loaded.Store(name, loc)
	return loc
}

// lookupZone finds a zone by its IANA name, its Windows name, or either inside a longer name ("/softwarestudio.org/…/Europe/London",
// "tzone://Microsoft/Utc", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"); nil when there is none.
func lookupZone(name string) *time.Location {
	name = strings.TrimSpace(strings.Trim(name, `"`))
	if name == "" || strings.EqualFold(name, "local") {
		return nil
	}
	if iana, ok := windowsZones[strings.ToLower(name)]; ok {
		name = iana
	}
	if loc := loadZone(name); loc != nil {
		return loc
	}
	lower := strings.ToLower(name)
	if lower == "z" || strings.HasSuffix(lower, "/utc") || lower == "coordinated universal time" {
		return time.UTC
	}
	parts := strings.Split(name, "/")
	for n := 3; n >= 2; n-- {
		if len(parts) > n {
			if loc := loadZone(strings.Join(parts[len(parts)-n:], "/")); loc != nil {
				return loc
			}
		}
	}
	for _, city := range []struct{ word, zone string }{
		{"london", ukZone}, {"edinburgh", ukZone}, {"dublin", "Europe/Dublin"}, {"amsterdam", "Europe/Amsterdam"}, {"berlin", "Europe/Berlin"},
		{"paris", "Europe/Paris"}, {"eastern time", "America/New_York"}, {"central time", "America/Chicago"}, {"pacific time", "America/Los_Angeles"},
		{"mountain time", "America/Denver"}, {"chennai", "Asia/Kolkata"}, {"athens", "Europe/Athens"}, {"sydney", "Australia/Sydney"},
	} {
		if strings.Contains(lower, city.word) {
			return lookupZone(city.zone)
		}
	}
	return nil
}

// offsetInName reads "(UTC+01:00) …", "GMT+0100" or "UTC-5".
func offsetInName(name string) (int, bool) {
	up := strings.ToUpper(name)
	for _, p := range []string{"UTC", "GMT"} {
		i := strings.Index(up, p)
		if i < 0 {
			continue
		}
		if rest := up[i+3:]; len(rest) > 1 && (rest[0] == '+' || rest[0] == '-') {
			return parseOffset(rest)
		}
	}
	return 0, false
}

// parseOffset reads +HHMM, +HH:MM, +HHMMSS or +H at the front of s, in seconds.
func parseOffset(s string) (int, bool) {
	s = strings.TrimSpace(s)
	sign := 1
	switch {
	case strings.HasPrefix(s, "-"):
		sign, s = -1, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	digits := ""
	for _, r := range s {
		if r == ':' {
			continue
		}
		if r < '0' || r > '9' || len(digits) == 6 {
			break
		}
		digits += string(r)
	}
	if len(digits) == 0 || len(digits) == 5 {
		return 0, false
	}
	if len(digits) <= 2 {
		h, _ := strconv.Atoi(digits)
		return sign * h * 3600, h <= 14
	}
	if len(digits) == 3 {
		digits = "0" + digits
	}
	h, _ := strconv.Atoi(digits[:2])
	m, _ := strconv.Atoi(digits[2:4])
	sec := 0
	if len(digits) == 6 {
		sec, _ = strconv.Atoi(digits[4:6])
	}
	return sign * (h*3600 + m*60 + sec), h <= 24 && m < 60
}
