package calendar

import (
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"kinbridge/adapters/calendar/problem"
)

// Series is how an event repeats (RFC 5545 section 3.8.5); the zero value does not.
type Series struct {
	Rule     string          // RRULE as written; "" when there is none
	Excluded []time.Time     // EXDATE
	Added    []Added         // RDATE
	except   string          // EXRULE, of the older RFC 2445
	days     map[string]bool // EXDATE of a whole day, of an event at an hour
	start    moment
}

// Added is one date of RDATE; End is zero when the occurrence is as long as the others.
type Added struct{ Start, End time.Time }

// Repeats says that the event has, or can have, more than one occurrence.
func (s Series) Repeats() bool { return s.Rule != "" || len(s.Added) > 0 }

// maxDates bounds the dates that RDATE and EXDATE may list.
const maxDates = 5000

func readSeries(c *component, z zones, start moment) Series {
	s := Series{start: start}
	for i := range c.props {
		p := &c.props[i]
		switch p.name {
		case "RRULE":
			if s.Rule == "" { // section 3.8.5.3: it should not occur more than once
				s.Rule = strings.ToUpper(strings.TrimSpace(p.value[:min(len(p.value), maxRule+1)]))
			}
		case "EXRULE":
			s.except = strings.ToUpper(strings.TrimSpace(p.value[:min(len(p.value), maxRule+1)]))
		case "RDATE", "EXDATE":
			s.dates(p, z)
		}
	}
	return s
}

func (s *Series) dates(p *property, z zones) {
	for rest := p.value; rest != ""; {
		var v string
		v, rest, _ = strings.Cut(rest, ",")
		from, to, _ := strings.Cut(strings.TrimSpace(v), "/")
		m := z.moment(p.params["TZID"], from, strings.EqualFold(p.params["VALUE"], "DATE"))
		switch {
		case !m.ok:
		case p.name == "EXDATE" && m.allDay && !s.start.allDay:
			if s.days == nil {
				s.days = map[string]bool{}
			}
			if len(s.days) < maxDates {
				s.days[m.wall.Format(time.DateOnly)] = true
			}
		case p.name == "EXDATE" && len(s.Excluded) < maxDates:
			s.Excluded = append(s.Excluded, m.at)
		case p.name == "RDATE" && len(s.Added) < maxDates:
			a := Added{Start: m.at}
			if d, ok := duration(to); ok {
				a.End = m.plus(d)
			} else if end := z.moment(p.params["TZID"], to, false); end.ok && end.at.After(m.at) {
				a.End = end.at
			}
			s.Added = append(s.Added, a)
		}
		if len(s.Excluded) == maxDates || len(s.Added) == maxDates {
			return
		}
	}
}

// The costs that one call of Expand may run up: candidates looked at, and the longest rule read.
const (
	maxCandidates = 200_000
	maxRule       = 1000
	maxTimesADay  = 96 // BYHOUR × BYMINUTE × BYSECOND
)

// limits of what is believed of a rule: a date beyond these is no meeting's.
var firstYear, lastYear = 1900, 2200

// budget is what is left of the cost of one expansion.
type budget struct{ left int }

func (b *budget) spend(n int) bool { b.left -= n; return b.left >= 0 }

// instants calls yield with the start of each occurrence of a rule before the end of the window, in order, until it returns false. It
// works on wall times and asks the zone for each: a meeting at ten stays at ten when the clocks change.
func (m moment) instants(rule string, to time.Time, b *budget, yield func(time.Time) bool) (why problem.Code) {
	if !b.spend(10) {
		return problem.Cut
	}
	opt, until, count, why := readRule(rule, m)
	if why != "" {
		return why
	}
	end := to.UTC().Add(48 * time.Hour) // walls are at most 14 hours from UTC
	if !until.IsZero() && until.Add(48*time.Hour).Before(end) {
		end = until.Add(48 * time.Hour)
	}
	if m.wall.Year() < firstYear || end.Year() > lastYear {
		return problem.Cut
	}
	units := int(end.Sub(m.wall).Hours()) + 1
	if opt.Freq != rrule.HOURLY {
		units = units/24 + 1
	}
	if !b.spend(100 + max(0, units)) { // what the library may pass over in silence
		return problem.Cut
	}
	opt.Dtstart, opt.Until = m.wall, end
	r, err := rrule.NewRRule(opt)
	if err != nil {
		return problem.Rule
	}
	next, n, first := r.Iterator(), 0, true
	for {
		wall, ok := next()
		if first { // DTSTART counts as the first occurrence whether or not the rule would give it
			first = false
			n++
			if !yield(m.at) {
				return ""
			}
			if ok && wall.Equal(m.wall) {
				continue
			}
		}
		if !ok || count > 0 && n >= count {
			return ""
		}
		if !b.spend(1) {
			return problem.Cut
		}
		at, found := m.zone.at(wall)
		if !found {
			return problem.Rule
		}
		if !until.IsZero() && at.After(until) || !yield(at) {
			return ""
		}
		n++
	}
}

// readRule reads a rule as far as meetings have one: not more often than hourly, no more times a day than a quarter-hour clock.
func readRule(rule string, m moment) (opt rrule.ROption, until time.Time, count int, why problem.Code) {
	if len(rule) > maxRule || !m.ok {
		return opt, until, 0, problem.Rule
	}
	var parts []string
	times := 1
	for _, part := range strings.Split(rule, ";") {
		name, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok || strings.HasPrefix(name, "X-") || name == "RSCALE" || name == "SKIP":
		case name == "UNTIL":
			wall, utc, day, ok := wallTime(v, false)
			if !ok {
				return opt, until, 0, problem.Rule
			}
			switch {
			case utc:
				until = wall
			case day: // the whole of that day
				until, _ = m.zone.at(wall.AddDate(0, 0, 1).Add(-time.Second))
			default:
				until, _ = m.zone.at(wall)
			}
		case name == "FREQ" && (v == "SECONDLY" || v == "MINUTELY"):
			return opt, until, 0, problem.TooOften
		default:
			if name == "BYHOUR" || name == "BYMINUTE" || name == "BYSECOND" {
				times *= 1 + strings.Count(v, ",")
			}
			parts = append(parts, name+"="+v)
		}
	}
	if times > maxTimesADay {
		return opt, until, 0, problem.TooOften
	}
	o, err := rrule.StrToROption(strings.Join(parts, ";"))
	if err != nil || o == nil || o.Interval < 0 || o.Count < 0 || !strings.Contains(rule, "FREQ=") {
		return opt, until, 0, problem.Rule
	}
	count, o.Count = o.Count, 0
	return *o, until, count, ""
}
