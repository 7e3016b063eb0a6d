package calendar

import (
	"sort"
	"time"

	"kinbridge/adapters/calendar/problem"
)

// Window bounds an expansion: the occurrences that overlap [From, To), at most Max of them (DefaultMax when 0).
type Window struct {
	From, To time.Time
	Max      int
}

// DefaultMax is how many occurrences Expand gives when the window does not say.
const DefaultMax = 1000

// Occurrence is one meeting of a series, or the only one of an event that does not repeat.
type Occurrence struct {
	When
	Event        Event     // the event that describes it: the master, or the exception to it
	RecurrenceID time.Time // which occurrence it is, by its original start; zero of an event that does not repeat
	Moved        bool      // an exception describes it
}

// Expand lists the occurrences of events inside the window in order of time. Events of one UID belong together: the newest master, and for
// each occurrence its newest exception, with THISANDFUTURE shifting those after it (RFC 5545 section 3.8.4.4). Cancelled occurrences are
// left out. A rule without end is fine; what could not be read or was cut is in the problems.
func Expand(events []Event, w Window) ([]Occurrence, []problem.Problem) {
	if w.Max <= 0 {
		w.Max = DefaultMax
	}
	var out []Occurrence
	var problems []problem.Problem
	b := budget{left: maxCandidates}
	order, groups := group(events)
	for _, uid := range order {
		found, why := groups[uid].expand(w, &b)
		out = append(out, found...)
		problems = problem.Add(problems, why...)
		if len(out) > 4*w.Max && len(out) > 4*DefaultMax {
			problems = problem.Add(problems, problem.New(problem.Cut))
			break
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Start.Before(out[j].Start) })
	if len(out) > w.Max {
		out = out[:w.Max]
		problems = problem.Add(problems, problem.New(problem.Cut))
	}
	return out, problems
}

// series is what is known of one UID.
type series struct {
	master     *Event
	exceptions map[int64]*Event // by the instant of RECURRENCE-ID
	later      []*Event         // those with THISANDFUTURE, in order
}

func group(events []Event) (order []string, groups map[string]*series) {
	groups = map[string]*series{}
	for i := range events {
		e := &events[i]
		key := e.UID
		if key == "" {
			key = "\x00" + e.Start.String() + e.Summary // no version of any other
		}
		g := groups[key]
		if g == nil {
			g = &series{exceptions: map[int64]*Event{}}
			groups[key] = g
			order = append(order, key)
		}
		if e.RecurrenceID.IsZero() {
			if g.master == nil || Compare(*e, *g.master) >= 0 {
				g.master = e
			}
		} else if old := g.exceptions[e.RecurrenceID.Unix()]; old == nil || Compare(*e, *old) >= 0 {
			g.exceptions[e.RecurrenceID.Unix()] = e
		}
	}
	for _, g := range groups {
		for _, e := range g.exceptions {
			if e.AndLater {
				g.later = append(g.later, e)
			}
		}
		sort.Slice(g.later, func(i, j int) bool { return g.later[i].RecurrenceID.Before(g.later[j].RecurrenceID) })
	}
	return order, groups
}

func (w Window) holds(t When) bool {
	return t.Start.Before(w.To) && (t.End.After(w.From) || t.Start.Equal(t.End) && !t.Start.Before(w.From))
}

func (g *series) expand(w Window, b *budget) (out []Occurrence, problems []problem.Problem) {
	used := map[int64]bool{}
	add := func(o Occurrence) {
		if w.holds(o.When) && !o.Start.IsZero() {
			out = append(out, o)
		}
	}
	if m := g.master; m != nil && !m.Cancelled() && m.Series.start.ok {
		length := m.Series.length(*m)
		problems = problem.Add(problems, m.Series.starts(w, b, func(at, end time.Time) bool {
			if used[at.Unix()] {
				return true
			}
			used[at.Unix()] = true
			if end.IsZero() {
				end = length(at)
			}
			o := Occurrence{Event: *m, When: m.When}
			o.Start, o.End = at, end
			if m.Series.Repeats() {
				o.RecurrenceID = at
			}
			if o, ok := g.excepted(o); ok {
				add(o)
			}
			return len(out) <= w.Max // one more, so that the cut is seen
		})...)
	}
	ids := make([]int64, 0, len(g.exceptions))
	for id := range g.exceptions {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	for _, id := range ids { // those that no rule gave: invited to one occurrence only, or moved into the window from outside it
		if e := g.exceptions[id]; !used[id] && len(out) <= w.Max && !e.Cancelled() && (g.master == nil || !g.master.Cancelled()) {
			add(Occurrence{Event: *e, When: e.When, RecurrenceID: e.RecurrenceID, Moved: true})
		}
	}
	return out, problems
}

// excepted applies the exceptions to one occurrence; ok is false when it is cancelled.
func (g *series) excepted(o Occurrence) (Occurrence, bool) {
	if e := g.exceptions[o.Start.Unix()]; e != nil {
		return Occurrence{Event: *e, When: e.When, RecurrenceID: e.RecurrenceID, Moved: true}, !e.Cancelled()
	}
	i := sort.Search(len(g.later), func(i int) bool { return g.later[i].RecurrenceID.After(o.Start) })
	if i == 0 {
		return o, true
	}
	e := g.later[i-1]
	if e.Cancelled() {
		return o, false
	}
	moved := Occurrence{Event: *e, When: e.When, RecurrenceID: o.Start, Moved: true}
	moved.Start = shift(o.Start, e.RecurrenceID, e.Start)
	moved.End = moved.Start.Add(e.End.Sub(e.Start))
	return moved, true
}

// shift moves an occurrence as the one at from was moved to to: by days and by the clock on the wall, so that it stays at the new hour when
// the clocks change.
func shift(at, from, to time.Time) time.Time {
	wall := func(t time.Time) time.Time {
		t = t.In(to.Location())
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	}
	return inZone(wall(at).Add(wall(to).Sub(wall(from))), to.Location())
}

// length gives the end of an occurrence that begins at a time: whole days for all-day events, else as long by the clock as the first.
func (s Series) length(e Event) func(time.Time) time.Time {
	if e.AllDay {
		days := int((e.End.Sub(e.Start).Hours() + 12) / 24)
		return func(at time.Time) time.Time {
			return inZone(time.Date(at.Year(), at.Month(), at.Day()+days, 0, 0, 0, 0, time.UTC), at.Location())
		}
	}
	d := e.End.Sub(e.Start)
	return func(at time.Time) time.Time { return at.Add(d) }
}

// starts calls yield for every start before the end of the window that is not excluded: those of the rule, then those that were added.
func (s Series) starts(w Window, b *budget, yield func(at, end time.Time) bool) (problems []problem.Problem) {
	out := map[int64]bool{}
	for _, t := range s.Excluded {
		out[t.Unix()] = true
	}
	if s.except != "" {
		if why := s.start.instants(s.except, w.To, b, func(at time.Time) bool { out[at.Unix()] = at.Before(w.To); return at.Before(w.To) }); why != "" {
			problems = problem.Add(problems, problem.New(why))
		}
	}
	one := func(at, end time.Time) bool {
		return out[at.Unix()] || len(s.days) > 0 && s.days[at.Format(time.DateOnly)] || yield(at, end)
	}
	if s.Rule == "" {
		one(s.start.at, time.Time{})
	} else if why := s.start.instants(s.Rule, w.To, b, func(at time.Time) bool { return at.Before(w.To) && one(at, time.Time{}) }); why != "" {
		problems = problem.Add(problems, problem.New(why))
		if why == problem.Rule || why == problem.TooOften {
			one(s.start.at, time.Time{})
		}
	}
	for _, a := range s.Added {
		if !a.Start.Before(w.To) {
			continue
		}
		if !b.spend(1) || !one(a.Start, a.End) {
			break
		}
	}
	return problems
}
