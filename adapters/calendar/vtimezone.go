package calendar

import (
	"strconv"
	"strings"
	"time"
)

// observances are the rules of a VTIMEZONE (RFC 5545 section 3.6.5).
type observances struct{ list []observance }

// observance is a STANDARD or DAYLIGHT part: from when which offset holds. Times are walls of the offset before, in UTC's clothes.
type observance struct {
	from, to int // seconds east of UTC
	start    time.Time
	listed   []time.Time // RDATE
	rules    []string
}

// maxObservances and maxListed bound one VTIMEZONE: Exchange lists at most a few dozen.
const (
	maxObservances = 200
	maxListed      = 500
)

func readObservances(def *component) *observances {
	var out observances
	for _, c := range def.kids {
		if c.name != "STANDARD" && c.name != "DAYLIGHT" || len(out.list) == maxObservances {
			continue
		}
		to, ok := parseOffset(c.text("TZOFFSETTO"))
		start, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(c.text("DTSTART"))), "Z"))
		if !ok || err != nil {
			continue
		}
		o := observance{to: to, from: to, start: start}
		if from, ok := parseOffset(c.text("TZOFFSETFROM")); ok {
			o.from = from
		}
		for _, p := range c.props {
			switch p.name {
			case "RDATE":
				for _, v := range strings.SplitN(p.value, ",", maxListed+1) {
					if t, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.TrimSpace(v), "Z")); err == nil && len(o.listed) < maxListed {
						o.listed = append(o.listed, t)
					}
				}
			case "RRULE":
				if len(o.rules) < 10 && len(p.value) < 500 {
					o.rules = append(o.rules, p.value)
				}
			}
		}
		out.list = append(out.list, o)
	}
	return &out
}

// offset is the one of the observance that began last before the wall time; ok is false when the definition says nothing. A wall time that
// the clocks leave out is read with the offset before (RFC 5545 section 3.3.5); clocks then show it at the offset shown.
func (d *observances) offset(wall time.Time) (seconds, shown int, ok bool) {
	var best time.Time
	var last, earliest *observance
	for i := range d.list {
		o := &d.list[i]
		if earliest == nil || o.start.Before(earliest.start) {
			earliest = o
		}
		for _, onset := range o.onsets(wall) {
			if !onset.After(wall) && (last == nil || onset.After(best)) {
				best, last = onset, o
			}
		}
	}
	switch {
	case last != nil && last.to > last.from && wall.Before(best.Add(time.Duration(last.to-last.from)*time.Second)):
		return last.from, last.to, true
	case last != nil:
		return last.to, last.to, true
	case earliest != nil:
		return earliest.from, earliest.from, true // before every rule
	}
	return 0, 0, false
}

// twice says that the clocks go back over a wall time, so that it comes again.
func (d *observances) twice(wall time.Time) bool {
	for i := range d.list {
		o := &d.list[i]
		back := time.Duration(o.from-o.to) * time.Second
		for _, onset := range o.onsets(wall) {
			if back > 0 && onset.After(wall) && !wall.Before(onset.Add(-back)) {
				return true
			}
		}
	}
	return false
}

// onsets returns the moments at which an observance begins that matter for a wall time: the first, those listed, and those of its
// yearly rule in that year and the one before.
func (o *observance) onsets(wall time.Time) []time.Time {
	out := append([]time.Time{o.start}, o.listed...)
	for _, rule := range o.rules {
		for _, year := range []int{wall.Year() - 1, wall.Year()} {
			if t, ok := yearlyOnset(rule, o.start, year); ok && !t.Before(o.start) {
				out = append(out, t)
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
