package flow

import (
	"context"
	"strconv"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/reports"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// Report counts all cases that policy lets the actor have counted, with what happened in a period; the zero period is the year that ends today. Each reading is an entry, since small numbers can
// tell who is counted; what names the page or file for it.
func (f *Flow) Report(ctx context.Context, a ids.Actor, period reports.Period, what string) (reports.Report, error) {
	if period == (reports.Period{}) {
		period = reports.Year(f.st.Today())
	}
	inside, err := f.ofPrisonNow(ctx, a)
	if err != nil {
		return reports.Report{}, err
	}
	if err := f.may(ctx, policy.Facts{Act: policy.CountCase, Actor: a, OfPrison: inside}, "report"); err != nil {
		return reports.Report{}, err
	}
	if err := period.Check().Err(); err != nil {
		return reports.Report{}, err
	}
	facts, err := f.countedFacts(ctx, a, inside)
	if err != nil {
		return reports.Report{}, err
	}
	facts.Period = period
	r := reports.Of(facts)
	return r, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) {
		return audit.ReportRead(what, period.From.String(), period.Until.String(), strconv.Itoa(r.Cases)), nil
	})
}

// ofPrisonNow reports whether the actor acts in an appointment at a prison.
func (f *Flow) ofPrisonNow(ctx context.Context, a ids.Actor) (bool, error) {
	if a.Agency == "" {
		return false, nil
	}
	of, err := f.st.Agency(ctx, a.Agency)
	return of.Kind == people.Establishment, err
}

// countedFacts gathers what is counted, of the cases that count.
func (f *Flow) countedFacts(ctx context.Context, a ids.Actor, inside bool) (x reports.Facts, err error) {
	x = reports.Facts{Today: f.st.Today(), Calendar: f.cfg.Chase.calendar()}
	every, err := f.st.CountedCases(ctx)
	if err != nil {
		return x, err
	}
	counts := map[ids.CaseID]bool{}
	for _, c := range every {
		if policy.Decide(policy.Facts{Act: policy.CountCase, Actor: a, OfPrison: inside, Case: policy.CaseFacts{ID: c.ID, Closed: !c.Closed.IsZero()}}).Allowed() {
			counts[c.ID] = true
			x.Cases = append(x.Cases, c)
		}
	}
	if x.Meetings, err = f.countedMeetings(ctx, counts); err != nil {
		return x, err
	}
	came, err := f.st.CountedInvitations(ctx)
	if err != nil {
		return x, err
	}
	for _, i := range came {
		if counts[i.Case] {
			x.Invites = append(x.Invites, i.Invitation)
		}
	}
	said, err := f.st.CountedSaid(ctx)
	if err != nil {
		return x, err
	}
	for _, s := range said {
		if counts[s.Case] {
			x.Said = append(x.Said, s.Said)
		}
	}
	asks, err := f.st.CountedAsks(ctx)
	if err != nil {
		return x, err
	}
	for _, k := range asks {
		if counts[k.Case] {
			x.Asks = append(x.Asks, k.Ask)
		}
	}
	goals, err := f.st.EveryGoal(ctx)
	for _, g := range goals {
		if counts[g.Case] {
			x.Goals = append(x.Goals, g)
		}
	}
	return x, err
}

// countedMeetings are the meetings about children that are over, with the part that is known that she had: as somebody recorded it, else as the room proves it. What was only planned, or pressed on
// the ladder, is no part that she had.
func (f *Flow) countedMeetings(ctx context.Context, counts map[ids.CaseID]bool) (out []reports.Meeting, err error) {
	own, err := f.st.CountedMeetings(ctx, f.now())
	if err != nil {
		return nil, err
	}
	of := make([]ids.CaseID, 0, len(counts))
	for c := range counts {
		of = append(of, c)
	}
	parts, err := f.st.PartsOf(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, m := range own {
		if !counts[m.Case] || !m.Kind.AboutChildren() {
			continue
		}
		x := reports.Meeting{Kind: m.Kind, Day: workdays.Of(m.Starts), Starts: m.Starts, Invited: m.Invited, Told: m.Told}
		if p, ok := parts[m.ID]; ok {
			x.Part, x.Why, x.Proven = p.Part, p.Why, p.Proven
		} else if m.Joined && (m.LastStep == "" || m.LastStep == meetings.ByVideo || m.LastStep == meetings.ByAudio) {
			x.Part, x.Proven = meetings.ByVideo, true
			if m.LastStep == meetings.ByAudio {
				x.Part = meetings.ByAudio
			}
		}
		out = append(out, x)
	}
	elsewhere, err := f.st.CountedElsewhere(ctx)
	for _, e := range elsewhere {
		if counts[e.Case] {
			out = append(out, reports.Meeting{Kind: e.Kind, Day: e.Day, Elsewhere: true, Part: e.Part, Why: e.Why})
		}
	}
	return out, err
}

// GoalRow is a goal of contact with the names of who set and who ended it.
type GoalRow struct {
	cases.Goal
	SetByName, EndedByName string
}

// Goals returns the goals of contact with a child, for whoever keeps them.
func (f *Flow) Goals(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID) ([]GoalRow, error) {
	if _, err := f.goalsOf(ctx, a, c, child); err != nil {
		return nil, err
	}
	list, err := f.st.GoalsOfChild(ctx, child)
	out := make([]GoalRow, len(list))
	for i, g := range list {
		out[i] = GoalRow{Goal: g, SetByName: f.personName(ctx, string(g.SetBy))}
		if g.EndedBy != "" {
			out[i].EndedByName = f.personName(ctx, string(g.EndedBy))
		}
	}
	return out, err
}

// goalsOf asks policy whether the actor keeps the goals of a case, and finds the child in it.
func (f *Flow) goalsOf(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID) (policy.Decision, error) {
	_, facts, err := f.restrictionFacts(ctx, a, c, policy.KeepGoal)
	if err != nil {
		return policy.Decision{}, err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return d, f.refuse(ctx, facts, auditID(c), d)
	}
	kids, err := f.st.Children(ctx, c)
	if err == nil && !hasChild(kids, child) {
		err = ids.ErrNotFound
	}
	return d, err
}

// SetGoal says that contact with a child is worked for. A goal of that kind that is worked for already stays as it is.
func (f *Flow) SetGoal(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID, kind cases.GoalKind) (id ids.GoalID, err error) {
	d, err := f.goalsOf(ctx, a, c, child)
	if err != nil {
		return "", err
	}
	if !kind.Valid() {
		return "", ids.Coded(ids.Invalid, "kind", "Choose what contact is worked for.")
	}
	return id, f.st.Write(ctx, a, func(tx *store.Tx) (e audit.Entry, err error) {
		id, _, err = tx.AddGoal(cases.Goal{ID: ids.New[ids.GoalID](ids.Goal), Case: c, Child: child, Kind: kind, SetBy: a.StaffID()})
		return decided(audit.GoalSet(c, child, id, string(kind)), d), err
	})
}

// EndGoal records that a goal was reached, or is given up, on a day. The same again changes nothing.
func (f *Flow) EndGoal(ctx context.Context, a ids.Actor, c ids.CaseID, child ids.ChildID, id ids.GoalID, how cases.GoalOutcome, on workdays.Day) error {
	d, err := f.goalsOf(ctx, a, c, child)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		g, err := tx.Goal(tx.Context(), id)
		if err == nil && g.Child != child {
			err = ids.ErrNotFound
		}
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.GoalEnded(c, child, id, string(how), on.String()), d)
		changed, err := g.End(how, on, tx.Today(), a.StaffID(), tx.Now())
		if err != nil || !changed {
			return entry, err
		}
		return entry, tx.EndGoal(g)
	})
}
