package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/clocks"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// DueClock is by when a meeting about a child is due, and how that stands.
type DueClock struct {
	Case      ids.CaseID
	Reference string
	Mother    string // her name
	Child     cases.Child
	Nation    clocks.Nation
	Assumed   bool // the nation is not known, and England's rules are taken
	clocks.Clock
	WithoutHer bool // the meeting from which it is counted was held without her
}

// plannerOf reports whether the actor may plan meetings in a case, with what is known of the case. Who may not know of the case gets NotFound.
func (f *Flow) plannerOf(ctx context.Context, a ids.Actor, id ids.CaseID) (cases.Case, policy.Facts, error) {
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return c, policy.Facts{}, err
	}
	facts := policy.Facts{Act: policy.PlanMeeting, Actor: a}
	facts.Case, err = caseFacts(ctx, f.st.Reader, a, c)
	return c, facts, err
}

// Clocks returns by when meetings about the children of a case are due, the most pressing first. Whoever may plan its meetings is told, and nobody else.
func (f *Flow) Clocks(ctx context.Context, a ids.Actor, id ids.CaseID) ([]DueClock, error) {
	c, facts, err := f.plannerOf(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return nil, err
	}
	m, err := f.st.Mother(ctx, c.Mother)
	if err != nil {
		return nil, err
	}
	return f.clocksOf(ctx, store.ChildrenOfCase(id), map[ids.CaseID]visibleCase{id: {Case: c, mother: m}})
}

// DueReviews returns what somebody has to see to over all the cases whose meetings she may plan: what is overdue, planned too late, due soon with nothing
// planned, or planned without the mother; the most pressing first.
func (f *Flow) DueReviews(ctx context.Context, a ids.Actor) ([]DueClock, error) {
	if a.StaffID() == "" {
		return nil, ids.ErrNotFound
	}
	visible, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	mine := map[ids.CaseID]visibleCase{}
	for _, v := range visible {
		if policy.Decide(policy.Facts{Act: policy.PlanMeeting, Actor: a, Case: v.facts}).Allowed() {
			mine[v.ID] = v
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	all, err := f.clocksOf(ctx, store.ChildrenOfCandidates(a.StaffID(), a.Agency), mine)
	return slices.DeleteFunc(all, func(d DueClock) bool { return d.State == clocks.Due || d.State == clocks.Planned }), err
}

// clocksOf reckons the clocks of the children in a scope, of the cases that are named. It asks three things of the database, however many cases there are.
func (f *Flow) clocksOf(ctx context.Context, scope store.ChildScope, of map[ids.CaseID]visibleCase) ([]DueClock, error) {
	kids, err := f.st.ChildrenInCare(ctx, scope)
	if err != nil || len(kids) == 0 {
		return nil, err
	}
	about, err := f.st.MeetingsAbout(ctx, scope)
	if err != nil {
		return nil, err
	}
	nations, err := f.nations(ctx)
	if err != nil {
		return nil, err
	}
	held := map[ids.ChildID][]clocks.Meeting{}
	now, today := f.now(), f.st.Today()
	for _, m := range about {
		held[m.Child] = append(held[m.Child], clockMeeting(m, now))
	}
	var out []DueClock
	for _, k := range kids {
		v, ok := of[k.Case]
		if !ok || !k.Responsibility(today) { // a child grown up or adopted is nobody's to review
			continue
		}
		nation, known := nations[k.Authority]
		if !known {
			nation = clocks.England
		}
		for _, one := range clocks.Of(childClock(k, nation), held[k.ID], today, f.cfg.Chase.calendar()) {
			d := DueClock{Case: v.ID, Reference: v.Reference, Mother: v.mother.Name, Child: k, Nation: nation, Assumed: !known, Clock: one}
			d.WithoutHer = withoutHer(held[k.ID], one)
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(x, y DueClock) int {
		return cmp.Or(cmp.Compare(x.State.Severity(), y.State.Severity()), cmp.Compare(x.By, y.By), cmp.Compare(x.Reference, y.Reference), cmp.Compare(x.Child.Name, y.Child.Name))
	})
	return out, nil
}

// withoutHer reports whether a clock counts from a meeting, and the mother had no part in it.
func withoutHer(ms []clocks.Meeting, k clocks.Clock) bool {
	held, part := false, false
	for _, m := range ms {
		if m.Held && m.Kind == k.Kind && m.Day == k.From {
			held, part = true, part || m.Invited
		}
	}
	return held && !part
}

// clockMeeting is one of our meetings, or of those elsewhere, as the clocks count it.
func clockMeeting(m store.AboutChild, now time.Time) clocks.Meeting {
	if m.Day != 0 {
		return clocks.Meeting{Kind: m.Kind, Day: m.Day, Held: true, Invited: m.Invited}
	}
	held := m.State == meetings.Ended || !now.Before(m.Ends)
	return clocks.Meeting{Kind: m.Kind, Day: workdays.Of(m.Starts), Held: held, Invited: m.Invited}
}

func childClock(k cases.Child, n clocks.Nation) clocks.Child {
	return clocks.Child{Nation: n, LookedAfter: k.Care.LookedAfter, LookedAfterEnds: k.Care.LookedAfterEnds, Strategy: k.Care.Strategy, Plan: k.Care.Plan, PlanEnds: k.Care.PlanEnds}
}

// nations says in which nation each authority is that the directory knows.
func (f *Flow) nations(ctx context.Context) (map[ids.AgencyID]clocks.Nation, error) {
	agencies, err := f.st.Agencies(ctx, "")
	if err != nil {
		return nil, err
	}
	out := map[ids.AgencyID]clocks.Nation{}
	for _, a := range agencies {
		if a.Slug == "" {
			continue
		}
		if of, ok := directory.BySlug(a.Slug); ok {
			out[a.ID] = clocks.England
			if of.Country == directory.Wales {
				out[a.ID] = clocks.Wales
			}
		}
	}
	return out, nil
}

// Expected is what staff are told of a meeting from its kind: whom it is about, by name, and when the papers are to be with everybody (0 = there are none).
type Expected struct {
	About    []string
	PapersBy workdays.Day
}

func (f *Flow) expected(ctx context.Context, m meetings.Meeting) (x Expected, err error) {
	x.PapersBy = f.PapersBy(m.Kind, workdays.Of(m.Starts))
	kids, err := f.st.MeetingAbout(ctx, m.ID)
	for _, k := range kids {
		x.About = append(x.About, k.Name)
	}
	return x, err
}

// PapersBefore is how many working days before a meeting of a kind its papers are to be with her and the others; 0 = there are none.
func (f *Flow) PapersBefore(k meetings.Kind) int {
	if n := f.cfg.PapersBefore[k]; n > 0 {
		return n
	}
	return meetings.StandardOf(k).PapersBefore
}

// PapersBy is the day by which the papers of a meeting are to be with her and the others; 0 = there are none.
func (f *Flow) PapersBy(k meetings.Kind, day workdays.Day) workdays.Day {
	if n := f.PapersBefore(k); n > 0 {
		return f.cfg.Chase.calendar().Add(day, -n)
	}
	return 0
}
