package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
)

// mayAllMeet asks policy about everybody outside and every child who is to be at a meeting, one by one, so that the refusal is about somebody.
func (f *Flow) mayAllMeet(ctx context.Context, n NewMeeting, p plan) error {
	kids, err := f.st.Children(ctx, n.Case)
	if err != nil {
		return err
	}
	for _, id := range slices.Concat(n.Children, n.About) {
		if !hasChild(kids, id) {
			return errNotOfCase
		}
	}
	for _, id := range n.Children {
		if len(n.About) > 0 && !slices.Contains(n.About, id) {
			return ids.E(ids.Invalid, "A child who is to be there is not one of those whom the meeting is about.")
		}
	}
	rules, err := restrictionsInForce(ctx, f.st.Reader, n.Case)
	if err != nil {
		return err
	}
	facts := p.facts
	facts.Act, facts.InForce = policy.Invite, rules
	facts.Thread.NoResponsibility = noResponsibility(kids, n.Children, f.st.Today())
	var touches []policy.Touch
	for _, g := range p.guests {
		touches = append(touches, policy.Touch{Contacts: []ids.ContactID{g.ID}})
	}
	for _, k := range n.Children {
		touches = append(touches, policy.Touch{Children: []ids.ChildID{k}})
	}
	for _, t := range touches {
		t.Supervised = true // whoever plans a meeting hosts it
		facts.Touch = t
		if err := f.may(ctx, facts, auditID(n.Case)); err != nil {
			return err
		}
	}
	return nil
}

// aboutWhom says which children of the case a meeting to be is about; that they are of it has been checked. As with those who are to be there, one at least must be a child for
// whom she has parental responsibility.
func (f *Flow) aboutWhom(ctx context.Context, n NewMeeting, p plan) ([]ids.ChildID, error) {
	kids, err := f.st.Children(ctx, n.Case)
	if err != nil {
		return nil, err
	}
	about := unique(n.About)
	if len(about) == 0 && n.Kind.AboutChildren() && len(kids) == 1 {
		about = []ids.ChildID{kids[0].ID}
	}
	facts := p.facts
	facts.Act, facts.Thread.NoResponsibility = policy.Invite, noResponsibility(kids, about, f.st.Today())
	return about, f.may(ctx, facts, auditID(n.Case))
}

// meets is whom taking part in a meeting brings together with her: a guest herself, and for the mother everybody outside and every child who is to be there. Staff may always
// be there: somebody must tell the others.
func (f *Flow) meets(ctx context.Context, a ids.Actor, m meetings.Meeting, ps []meetings.Participant) (t policy.Touch, err error) {
	t.Supervised = hasStaff(ps)
	switch a.Kind {
	case ids.ActorContact:
		t.Contacts = []ids.ContactID{ids.ContactID(a.ID)}
	case ids.ActorMother:
		for _, p := range ps {
			if p.Kind == meetings.PersonContact && p.Removed.IsZero() {
				t.Contacts = append(t.Contacts, ids.ContactID(p.Person))
			}
		}
		t.Children, err = f.st.MeetingChildren(ctx, m.ID)
	}
	return t, err
}
