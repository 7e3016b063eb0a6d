package calendar

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a server without zone files must still know when a meeting is
)

// ukZone is where a time without any zone is taken to be: every establishment keeps the time of London.
const ukZone = "Europe/London"

// zones resolves the TZIDs of one calendar object.
type zones struct {
	defined map[string]*component // VTIMEZONE by TZID
	floated string                // X-WR-TIMEZONE, for times without a TZID
}

func newZones(cal *component) zones {
	z := zones{defined: map[string]*component{}}
	for _, k := range cal.kids {
		if k.name == "VTIMEZONE" {
			z.defined[k.text("TZID")] = k
		}
	}
	z.floated = cal.text("X-WR-TIMEZONE")
	return z
}

// moment is a DTSTART, DTEND or RECURRENCE-ID value.
type moment struct {
	at     time.Time
	allDay bool
	ok     bool
	note   string // what had to be assumed, in words
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
	v := strings.ToUpper(value)
	v, _, _ = strings.Cut(v, ",")
	if strings.EqualFold(p.params["VALUE"], "DATE") || len(v) == 8 {
		if len(v) < 8 {
			return moment{}
		}
		d, err := time.Parse("20060102", v[:8])
		return moment{at: inZone(d, z.location()), allDay: true, ok: err == nil}
	}
	utc := strings.HasSuffix(v, "Z")
	v = strings.TrimSuffix(v, "Z")
	v = strings.NewReplacer("-", "", ":", "").Replace(v)
	v, _, _ = strings.Cut(v, ".")
	if len(v) == 13 {
		v += "00"
	}
	wall, err := time.Parse("20060102T150405", v)
	if err != nil {
		return moment{}
	}
	if utc {
		return moment{at: wall, ok: true}
	}
	if def := z.defined[tzid]; def != nil && tzid != "" {
		if off, ok := definedOffset(def, wall); ok {
			return moment{at: withOffset(wall, off), ok: true}
		}
	}
	if loc := lookupZone(tzid); loc != nil {
		return moment{at: inZone(wall, loc), ok: true}
	}
	if off, ok := offsetInName(tzid); ok {
		return moment{at: withOffset(wall, off), ok: true}
	}
	m := moment{at: inZone(wall, z.location()), ok: true}
	if tzid != "" {
		m.note = "The time zone of the invitation is not known; London time was assumed."
	}
	return m
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

// inZone reads the wall time of t in loc.
func inZone(t time.Time, loc *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc)
}

// withOffset reads the wall time of t at a fixed offset from UTC in seconds.
func withOffset(t time.Time, seconds int) time.Time {
	if seconds == 0 {
		return inZone(t, time.UTC)
	}
	return inZone(t, time.FixedZone("", seconds))
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
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	lower := strings.ToLower(name)
	if lower == "z" || strings.HasSuffix(lower, "/utc") || lower == "coordinated universal time" {
		return time.UTC
	}
	parts := strings.Split(name, "/")
	for n := 3; n >= 2; n-- {
		if len(parts) > n {
			if loc, err := time.LoadLocation(strings.Join(parts[len(parts)-n:], "/")); err == nil {
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

// definedOffset evaluates a VTIMEZONE (RFC 5545 section 3.6.5): the offset of the observance that began last before the wall time.
func definedOffset(def *component, wall time.Time) (int, bool) {
	var best time.Time
	offset, found := 0, false
	earliest, earliestFrom := time.Time{}, 0
	for _, obs := range def.kids {
		if obs.name != "STANDARD" && obs.name != "DAYLIGHT" {
			continue
		}
		to, ok := parseOffset(obs.text("TZOFFSETTO"))
		if !ok {
			continue
		}
		start, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(obs.text("DTSTART"))), "Z"))
		if err != nil {
			continue
		}
		if from, ok := parseOffset(obs.text("TZOFFSETFROM")); ok && (earliest.IsZero() || start.Before(earliest)) {
			earliest, earliestFrom = start, from
		}
		for _, onset := range onsets(obs, start, wall) {
			if !onset.After(wall) && (!found || onset.After(best)) {
				best, offset, found = onset, to, true
			}
		}
	}
	if !found && !earliest.IsZero() {
		return earliestFrom, true // before every rule
	}
	return offset, found
}

// onsets returns the moments at which an observance begins that matter for a wall time: the first, those listed, and those of its
// yearly rule in that year and the one before.
func onsets(obs *component, start, wall time.Time) []time.Time {
	out := []time.Time{start}
	for _, p := range obs.props {
		switch p.name {
		case "RDATE":
			for _, v := range strings.Split(p.value, ",") {
				if t, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.TrimSpace(v), "Z")); err == nil {
					out = append(out, t)
				}
			}
		case "RRULE":
			for _, year := range []int{wall.Year() - 1, wall.Year()} {
				if t, ok := yearlyOnset(p.value, start, year); ok && !t.Before(start) {
					out = append(out, t)
				}
			}
		}
	}
	return out
}

// yearlyOnset evaluates the only kind of rule zones use: FREQ=YEARLY with BYMONTH and BYDAY (perhaps as BYMONTHDAY range), until UNTIL.
func yearlyOnset(rule string, start time.Time, year int) (time.Time, bool) {
	part := map[string]string{}
	for _, kv := range strings.Split(strings.ToUpper(rule), ";") {
		k, v, _ := strings.Cut(kv, "=")
		part[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	if part["FREQ"] != "YEARLY" {
		return time.Time{}, false
	}
	month := int(start.Month())
	if m, err := strconv.Atoi(part["BYMONTH"]); err == nil && m >= 1 && m <= 12 {
		month = m
	}
	day := start.Day()
	if by := part["BYDAY"]; by != "" {
		d, ok := nthWeekday(by, part["BYMONTHDAY"], year, time.Month(month))
		if !ok {
			return time.Time{}, false
		}
		day = d
	} else if d, err := strconv.Atoi(part["BYMONTHDAY"]); err == nil && d > 0 {
		day = d
	}
	t := time.Date(year, time.Month(month), day, start.Hour(), start.Minute(), start.Second(), 0, time.UTC)
	if u := strings.TrimSuffix(part["UNTIL"], "Z"); u != "" {
		layout := "20060102T150405"
		until, err := time.Parse(layout[:min(len(layout), len(u))], u)
		if err == nil && t.After(until.Add(24*time.Hour)) {
			return time.Time{}, false
		}
	}
	return t, true
}

var weekdays = map[string]time.Weekday{"SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6}

// nthWeekday finds "-1SU", "2SU", or "SU" within the days of a BYMONTHDAY list.
func nthWeekday(by, monthDays string, year int, month time.Month) (int, bool) {
	by, _, _ = strings.Cut(by, ",")
	if len(by) < 2 {
		return 0, false
	}
	wd, ok := weekdays[by[len(by)-2:]]
	if !ok {
		return 0, false
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(by[:len(by)-2], "+")); err == nil && n != 0 {
		if n > 0 {
			first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday()
			return 1 + (int(wd)-int(first)+7)%7 + 7*(n-1), n <= 5
		}
		last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC)
		return last.Day() - (int(last.Weekday())-int(wd)+7)%7 + 7*(n+1), n >= -5
	}
	for _, d := range strings.Split(monthDays, ",") {
		if day, err := strconv.Atoi(d); err == nil && day > 0 && time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday() == wd {
			return day, true
		}
	}
	if monthDays == "" {
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday()
		return 1 + (int(wd)-int(first)+7)%7, true
	}
	return 0, false
}
