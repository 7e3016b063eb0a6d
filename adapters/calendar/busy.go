package calendar

import (
	"sort"
	"strings"
	"time"

	"kinbridge/adapters/calendar/problem"
)

// Interval is a time in which somebody is busy.
type Interval struct{ Start, End time.Time }

// MaxFeed bounds a calendar feed in bytes: fetch no more of it.
const MaxFeed = maxBytes

// Busy reads somebody's calendar (a feed that her calendar program publishes: VEVENTs, or VFREEBUSY alone) and gives the times inside the
// window in which she is busy, merged and in order, cut to the window. Nothing else of the calendar is kept. Cancelled events and those marked as
// free are left out; tentative ones count. An empty calendar is no error; ErrNoCalendar says that the data is none, so the last
// good one should be kept.
func Busy(data []byte, w Window) ([]Interval, []problem.Problem, error) {
	root, cut := readComponents(string(data[:min(len(data), maxBytes)]))
	var problems []problem.Problem
	if cut || len(data) > maxBytes {
		problems = problem.Add(problems, problem.New(problem.TooLong))
	}
	var events []Event
	var busy []Interval
	found := false
	for _, cal := range root.kids {
		if cal.name != "VCALENDAR" {
			continue
		}
		found = true
		z := newZones(cal)
		for _, k := range cal.kids {
			switch {
			case k.name == "VEVENT" && len(events) < maxEvents:
				events = append(events, readEvent(k, z, ""))
			case k.name == "VEVENT":
				problems = problem.Add(problems, problem.New(problem.TooLong))
			case k.name == "VFREEBUSY":
				busy = append(busy, freeBusy(k, z)...)
			}
		}
	}
	if !found {
		return nil, problems, ErrNoCalendar
	}
	if w.Max <= 0 {
		w.Max = maxEvents
	}
	list, why := Expand(events, w)
	problems = problem.Add(problems, why...)
	for _, o := range list {
		if !o.Event.Free {
			busy = append(busy, Interval{o.Start, o.End})
		}
	}
	return merge(busy, w), problems, nil
}

// freeBusy reads the FREEBUSY periods of a VFREEBUSY (RFC 5545 section 3.8.2.6).
func freeBusy(c *component, z zones) (out []Interval) {
	for i := range c.props {
		p := &c.props[i]
		if p.name != "FREEBUSY" || strings.EqualFold(p.params["FBTYPE"], "FREE") {
			continue
		}
		for rest := p.value; rest != "" && len(out) < maxDates; {
			var v string
			v, rest, _ = strings.Cut(rest, ",")
			from, to, _ := strings.Cut(v, "/")
			start := z.moment("", from, false)
			if !start.ok {
				continue
			}
			if d, ok := duration(to); ok {
				out = append(out, Interval{start.at, start.plus(d)})
			} else if end := z.moment("", to, false); end.ok {
				out = append(out, Interval{start.at, end.at})
			}
		}
	}
	return out
}

// merge joins intervals that touch and cuts them to the window.
func merge(list []Interval, w Window) []Interval {
	sort.Slice(list, func(i, j int) bool { return list[i].Start.Before(list[j].Start) })
	var out []Interval
	for _, v := range list {
		if v.Start.Before(w.From) {
			v.Start = w.From
		}
		if v.End.After(w.To) {
			v.End = w.To
		}
		if !v.Start.Before(v.End) {
			continue
		}
		if n := len(out); n > 0 && !v.Start.After(out[n-1].End) {
			if v.End.After(out[n-1].End) {
				out[n-1].End = v.End
			}
			continue
		}
		out = append(out, v)
	}
	return out
}
