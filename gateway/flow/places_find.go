package flow

import (
	"cmp"
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

// TimesAsked is what somebody looks for.
type TimesAsked struct {
	Case     ids.CaseID
	Kind     meetings.Kind
	Length   time.Duration
	From, To workdays.Day
	Hours    slots.Window
	AllDays  bool
	Beside   int
	Staff    []ids.StaffID // who are to be there besides the actor
	Due      workdays.Day
	Except   ids.MeetingID // of a meeting that is to be moved
}

// TimesFound is the answer.
type TimesFound struct {
	slots.Found
	Earliest time.Time              // nothing sooner is offered
	Wing     string                 // hers
	Names    map[ids.StaffID]string // of those who are to be there
}

// mostLooked bounds how many are looked at together.
const mostLooked = 8

// FindTimes finds when a meeting of a case can be, and explains every time that is not offered.
func (f *Flow) FindTimes(ctx context.Context, a ids.Actor, t TimesAsked) (out TimesFound, err error) {
	who, err := f.mayPlan(ctx, a, t.Case, t.Kind)
	if err != nil {
		return out, err
	}
	today := f.st.Today()
	switch {
	case !t.Kind.Valid():
		return out, ids.E(ids.Invalid, "Choose what kind of meeting it is.")
	case t.Length < slots.Step || t.Length > meetings.LongestTime:
		return out, ids.E(ids.Invalid, "A meeting lasts between 15 minutes and 4 hours.")
	case t.From == 0 || t.To < t.From:
		return out, ids.E(ids.Invalid, "Enter from which day to which day you look.")
	case t.To.Plus(1-slots.MostDays) > t.From:
		return out, ids.E(ids.Invalid, "Look at %d days at most.", slots.MostDays)
	case t.To > today.Plus(int(meetings.FarthestDay/(24*time.Hour))):
		return out, ids.E(ids.Invalid, "The meeting must start within the next year. Check the year.")
	case t.Hours != (slots.Window{}) && t.Hours.To <= t.Hours.From:
		return out, ids.E(ids.Invalid, "The latest time must be after the earliest.")
	case len(t.Staff) > mostLooked:
		return out, ids.E(ids.Invalid, "Choose %d people at most.", mostLooked)
	}
	span := slots.Span{From: t.From.Start().Add(-dayBefore), To: t.To.Plus(1).Start().Add(dayBefore)}
	w, err := f.slotWorld(ctx, f.st.Reader, who, span, t.Except)
	if err != nil {
		return out, err
	}
	out.Names = map[ids.StaffID]string{}
	for _, id := range unique(append([]ids.StaffID{a.StaffID()}, t.Staff...)) {
		s, err := f.st.Staff(ctx, id)
		if ids.KindOf(err) == ids.NotFound {
			return out, ids.E(ids.Invalid, "Choose people of the case's team.")
		}
		if err != nil {
			return out, err
		}
		if out.Names[id], err = f.mayLookAt(ctx, a, t.Case, s); err != nil {
			return out, err
		}
		one, err := f.busyStaff(ctx, id, span, t.Except)
		if err != nil {
			return out, err
		}
		w.Workers = append(w.Workers, one)
	}
	out.Earliest = f.earliestStart()
	if out.Wing, err = f.wingName(ctx, who); err != nil {
		return out, err
	}
	out.Found = slots.Find(slots.Ask{Need: slots.Need{Kind: t.Kind, Wing: who.Wing, Beside: t.Beside}, Leads: f.Leads(t.Kind), Length: t.Length, From: t.From, To: t.To,
		Hours: t.Hours, AllDays: t.AllDays, Earliest: out.Earliest, Due: t.Due}, w)
	return out, nil
}

// earliestStart is when a meeting can start that is looked for now: everybody has the notice that is configured.
func (f *Flow) earliestStart() time.Time {
	return f.cfg.Chase.calendar().Add(f.st.Today(), cmp.Or(f.cfg.NoticeDays, DefaultNoticeDays)).Start()
}

// DefaultNoticeDays is how many working days' notice a meeting that is looked for has at least: the wing's list for the next day must be able to have it.
const DefaultNoticeDays = 1

// mayLookAt returns the name of somebody whose busy times may be looked at: the actor herself, or one who may know of the case.
func (f *Flow) mayLookAt(ctx context.Context, a ids.Actor, c ids.CaseID, s people.Staff) (string, error) {
	if s.ID == a.StaffID() {
		return s.Name, nil
	}
	around, err := f.caseAround(ctx, s.Actor(), c)
	if err != nil {
		return "", err
	}
	if s.Disabled || !policy.Decide(policy.Facts{Act: policy.SeeCase, Actor: s.Actor(), Case: around.facts}).Allowed() {
		return "", ids.E(ids.Invalid, "Choose people of the case's team.")
	}
	return s.Name, nil
}

func (f *Flow) wingName(ctx context.Context, who people.Mother) (string, error) {
	wings, err := f.st.Wings(ctx, who.Establishment)
	for _, w := range wings {
		if w.ID == who.Wing {
			return w.Name, err
		}
	}
	return "", err
}

// mayPlan returns the woman of a case whose meetings the actor may plan.
func (f *Flow) mayPlan(ctx context.Context, a ids.Actor, id ids.CaseID, k meetings.Kind) (people.Mother, error) {
	c, err := f.caseAround(ctx, a, id)
	if err != nil {
		return people.Mother{}, err
	}
	facts := policy.Facts{Act: policy.PlanMeeting, Actor: a, Case: c.facts, Meeting: policy.MeetingFacts{LegalVisit: k == meetings.LegalVisit}}
	return c.mother, f.may(ctx, facts, auditID(id))
}
