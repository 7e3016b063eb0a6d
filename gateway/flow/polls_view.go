package flow

import (
	"context"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/polls"
)

// PollRow is a poll in a list.
type PollRow struct {
	polls.Poll
	Phase         polls.State
	Answered      int
	CaseReference string
	Mother        string
}

// PollView is a poll as whoever plans the case's meetings sees it.
type PollView struct {
	PollRow
	Best []polls.Ranked
	// Invitees says of each, in the order of Poll.Invitees, where she works and whether she could still be invited: who could not is not mailed, and her link leads nowhere.
	People []PollPerson
	About  []cases.Child
}

// PollPerson is what is known besides of somebody who is asked.
type PollPerson struct {
	polls.Invitee
	Agency string
	Gone   bool // she could not be invited any more
}

// Poll returns a poll for somebody who plans the case's meetings.
func (f *Flow) Poll(ctx context.Context, a ids.Actor, id ids.PollID) (v PollView, err error) {
	p, _, err := f.pollFor(ctx, a, id)
	if err != nil {
		return v, err
	}
	if v.PollRow, err = f.pollRow(ctx, p); err != nil {
		return v, err
	}
	still := p
	still.Invitees = nil
	for _, i := range p.Invitees {
		one := PollPerson{Invitee: i}
		contact, err := f.st.Contact(ctx, i.Contact)
		if err != nil {
			return v, err
		}
		agency, err := f.st.Agency(ctx, contact.Agency)
		if err != nil {
			return v, err
		}
		facts, err := f.pollFacts(ctx, p, i)
		if err != nil {
			return v, err
		}
		one.Agency, one.Gone = agency.Name, policy.Decide(facts).Effect == policy.Conceal
		v.People = append(v.People, one)
		if !one.Gone {
			still.Invitees = append(still.Invitees, i)
		}
	}
	v.Best = still.Best(f.now()) // who could not be invited does not count
	kids, err := f.st.Children(ctx, p.Case)
	for _, k := range kids {
		for _, id := range p.About {
			if k.ID == id {
				v.About = append(v.About, k)
			}
		}
	}
	return v, err
}

func (f *Flow) pollRow(ctx context.Context, p polls.Poll) (PollRow, error) {
	row := PollRow{Poll: p, Phase: p.Phase(f.now()), Answered: len(p.Invitees) - len(p.Waiting())}
	c, err := f.st.Case(ctx, p.Case)
	if err != nil {
		return row, err
	}
	m, err := f.st.Mother(ctx, c.Mother)
	row.CaseReference, row.Mother = c.Reference, m.Name
	return row, err
}

// CasePolls returns the polls of a case, however they ended, the newest first; none to who may not plan its meetings.
func (f *Flow) CasePolls(ctx context.Context, a ids.Actor, c ids.CaseID) ([]PollRow, error) {
	all, err := f.st.PollsOfCase(ctx, c)
	if err != nil {
		return nil, err
	}
	return f.plannedBy(ctx, a, all)
}

// OpenPolls returns those of every case whose meetings the actor plans, which closes first, first.
func (f *Flow) OpenPolls(ctx context.Context, a ids.Actor) ([]PollRow, error) {
	all, err := f.st.UndecidedPolls(ctx, a.StaffID(), f.now())
	if err != nil {
		return nil, err
	}
	return f.plannedBy(ctx, a, all)
}

// plannedBy leaves those that the actor may know of.
func (f *Flow) plannedBy(ctx context.Context, a ids.Actor, all []polls.Poll) (out []PollRow, err error) {
	may := map[ids.CaseID]bool{}
	for _, p := range all {
		ok, known := may[p.Case]
		if !known {
			c, err := f.st.Case(ctx, p.Case)
			if err != nil {
				return nil, err
			}
			facts := policy.Facts{Act: policy.PlanMeeting, Actor: a}
			if facts.Case, err = caseFacts(ctx, f.st.Reader, a, c); err != nil {
				return nil, err
			}
			ok = policy.Decide(facts).Allowed()
			may[p.Case] = ok
		}
		if !ok {
			continue
		}
		row, err := f.pollRow(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// PlanOf is what a poll says of the meeting to be, with everybody who could still be invited and has not said no to the slot; slot 0 = everybody.
func (f *Flow) PlanOf(ctx context.Context, a ids.Actor, id ids.PollID, slot int) (n NewMeeting, err error) {
	v, err := f.Poll(ctx, a, id)
	if err != nil {
		return n, err
	}
	n = NewMeeting{Case: v.Case, Kind: v.Kind, About: v.Poll.About, AcrossAuthorities: v.Across}
	if s, ok := v.Slot(slot); ok {
		n.Starts, n.Ends = s.Start, s.Start.Add(v.Length())
	}
	for _, i := range v.People {
		if !i.Gone && i.Votes[slot] != polls.No {
			n.Guests = append(n.Guests, i.Contact)
		}
	}
	return n, nil
}
