// Package chase says when an answer that has not come is asked for again, and whom to ask next: reminders, then a ladder of people, in working
// days of England and Wales. It is pure: the caller keeps the state and says what day it is.
package chase

import (
	"fmt"
	"slices"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Rung is a person on the ladder.
type Rung string

// The rungs, lowest first.
const (
	Worker           Rung = "worker" // who was asked: the child's social worker
	TeamManager      Rung = "team_manager"
	ServiceManager   Rung = "service_manager"
	ReviewingOfficer Rung = "reviewing_officer"
)

// Rungs lists them, lowest first.
var Rungs = []Rung{Worker, TeamManager, ServiceManager, ReviewingOfficer}

// Do is what is to be done.
type Do string

// The doings.
const (
	Wait   Do = "wait"   // nothing now
	Remind Do = "remind" // send a reminder to who was asked
	Draft  Do = "draft"  // lay a drafted message before a person, who sends it to the rung
)

// Step is one step of the schedule: so many working days after the due day (before it when negative).
type Step struct {
	After int
	Rung  Rung
}

// do is what the step does: the worker is reminded; nobody else is written to without a person.
func (s Step) do() Do {
	if s.Rung == Worker {
		return Remind
	}
	return Draft
}

// Config is a schedule. Steps are in the order of their days and climb the ladder. MaxPause is how many working days in all an absence that we were told
// of may put steps off: longer, and somebody else has to answer.
type Config struct {
	Steps    []Step
	MaxPause int
}

// Default is the schedule where a deployment sets none: a reminder two working days before the due day, on the first and the third after it, the team
// manager on the fifth, the service manager on the tenth, the reviewing officer on the fifteenth; an absence puts off by ten working days at most. No
// law fixes these numbers: the deployment agrees them with its authorities.
func Default() Config {
	return Config{MaxPause: 10, Steps: []Step{{-2, Worker}, {1, Worker}, {3, Worker}, {5, TeamManager}, {10, ServiceManager}, {15, ReviewingOfficer}}}
}

// The limits of a schedule, in working days.
const (
	maxSteps  = 20
	maxBefore = 60
	maxAfter  = 250
	maxPause  = 60
)

// Check says what is wrong with a schedule, in words for who set it.
func (c Config) Check() error {
	if len(c.Steps) == 0 || len(c.Steps) > maxSteps {
		return ids.E(ids.Invalid, "A schedule of chasing has between 1 and %d steps.", maxSteps)
	}
	if c.MaxPause < 0 || c.MaxPause > maxPause {
		return ids.E(ids.Invalid, "An absence may put chasing off by 0 to %d working days.", maxPause)
	}
	for i, s := range c.Steps {
		at := slices.Index(Rungs, s.Rung)
		switch {
		case at < 0:
			return ids.E(ids.Invalid, "Step %d of chasing: nobody is called “%s”. Write worker, team_manager, service_manager or reviewing_officer.", i+1, s.Rung)
		case s.After < -maxBefore || s.After > maxAfter:
			return ids.E(ids.Invalid, "Step %d of chasing: %d working days are too many.", i+1, s.After)
		case s.Rung != Worker && s.After < 1:
			return ids.E(ids.Invalid, "Step %d of chasing: nobody above the worker is written to before the answer is late.", i+1)
		case i > 0 && s.After <= c.Steps[i-1].After:
			return ids.E(ids.Invalid, "Step %d of chasing: each step is at least a working day after the one before.", i+1)
		case i > 0 && at < slices.Index(Rungs, c.Steps[i-1].Rung):
			return ids.E(ids.Invalid, "Step %d of chasing: the ladder goes up only.", i+1)
		}
	}
	return nil
}

// Done is a step that was taken: for which due day, which step of the schedule, to whom and when.
type Done struct {
	Due   workdays.Day
	After int
	Rung  Rung
	On    workdays.Day
}

// Away is an absence that we were told of: the first day, and the day she is back.
type Away struct {
	From, Back workdays.Day
}

func (a Away) on(d workdays.Day) bool { return d >= a.From && d < a.Back }

// State is one answer that is waited for. Done keeps every step, also those for an earlier due day.
type State struct {
	Asked    workdays.Day
	Due      workdays.Day
	Answered workdays.Day // 0 while there is none
	Stopped  workdays.Day // 0; else somebody said that no answer is needed any more
	Away     []Away
	Done     []Done
}

// Promised moves the due day, when an answer is promised for another: the schedule begins anew for it.
func (s State) Promised(due workdays.Day) State {
	s.Due = due
	return s
}

// Took notes that an action was taken on a day: a reminder was sent, or the person sent the drafted message.
func (s State) Took(a Action, on workdays.Day) State {
	s.Done = append(slices.Clip(s.Done), Done{Due: s.Due, After: a.After, Rung: a.Rung, On: on})
	return s
}

// Action is what to do on a day.
type Action struct {
	Do        Do
	Rung      Rung         // to whom; "" for Wait
	After     int          // the step, by its working days after the due day
	Next      workdays.Day // of Wait: the day to look again; 0 when there is none
	Exhausted bool         // of Wait: the last step was taken and there is no answer; a person decides
}

// Planner works a schedule out in a calendar. It does not change and may be shared.
type Planner struct {
	config   Config
	calendar *workdays.Calendar
}

// New makes a planner of a schedule that Check finds good.
func New(c Config, cal *workdays.Calendar) (*Planner, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if cal == nil {
		return nil, fmt.Errorf("chase: no calendar")
	}
	return &Planner{config: Config{Steps: slices.Clone(c.Steps), MaxPause: c.MaxPause}, calendar: cal}, nil
}

// Next says what to do on a day. A step that was missed is made up for: of several reminders the last only, but no rung of the ladder is left out, and
// after a late step the next keeps its distance. Reminders go out on working days alone; a draft stays until somebody sends it.
func (p *Planner) Next(today workdays.Day, s State) Action {
	if s.Answered != 0 || s.Stopped != 0 || s.Due == 0 || today == 0 {
		return Action{Do: Wait}
	}
	last, on := p.lastDone(s)
	remind := -1
	for i := last + 1; i < len(p.config.Steps); i++ {
		step := p.config.Steps[i]
		day := p.day(s, i)
		if last >= 0 {
			day = max(day, p.calendar.Add(on, step.After-p.config.Steps[last].After))
		}
		if step.After < 0 && day <= s.Asked.Plus(1) {
			continue // asked so late that a reminder before the due day would follow on the heels
		}
		switch {
		case day > today && remind >= 0:
			return p.remind(today, remind)
		case day > today:
			return Action{Do: Wait, Next: day}
		case step.do() == Draft:
			return p.act(i)
		default:
			remind = i
		}
	}
	if remind >= 0 {
		return p.remind(today, remind)
	}
	return Action{Do: Wait, Exhausted: last == len(p.config.Steps)-1}
}

// remind is the reminder of step i today, or on the next working day.
func (p *Planner) remind(today workdays.Day, i int) Action {
	if !p.calendar.IsWorkingDay(today) {
		return Action{Do: Wait, Next: p.calendar.Add(today, 0)}
	}
	return p.act(i)
}

func (p *Planner) act(i int) Action {
	s := p.config.Steps[i]
	return Action{Do: s.do(), Rung: s.Rung, After: s.After}
}

// lastDone is the last step of the schedule that was taken for this due day, -1 for none, and when.
func (p *Planner) lastDone(s State) (last int, on workdays.Day) {
	last = -1
	for _, d := range s.Done {
		if d.Due != s.Due {
			continue
		}
		// A step that a changed schedule no longer has counts as the one before it.
		for i, step := range p.config.Steps {
			if step.After <= d.After && i >= last {
				last, on = i, max(on, d.On)
			}
		}
	}
	return last, on
}

// day is the day of a step: working days counted from the due day, leaving out those of absences as far as MaxPause allows.
func (p *Planner) day(s State, i int) workdays.Day {
	after, pause := p.config.Steps[i].After, p.config.MaxPause
	d := s.Due
	if after <= 0 {
		d = p.calendar.Add(s.Due, after)
	}
	for n := max(after, 0); ; {
		if n > 0 {
			d = p.calendar.Add(d, 1)
		}
		away := slices.ContainsFunc(s.Away, func(a Away) bool { return a.on(d) })
		switch {
		case away && pause > 0:
			pause--
			if n == 0 {
				d = p.calendar.Add(d, 1)
			}
		case n <= 1:
			return d
		default:
			n--
		}
	}
}
