package flow

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// GuestChoices returns the people outside whom the actor can invite to a meeting about some children of the case, by name: who has to do with one of them. With no child chosen it
// is about the whole family.
func (f *Flow) GuestChoices(ctx context.Context, actor ids.Actor, c ids.CaseID, about []ids.ChildID) ([]people.Contact, error) {
	p, err := f.loadPlan(ctx, actor, NewMeeting{Case: c})
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, p.facts, auditID(c)); err != nil {
		return nil, err
	}
	row, err := f.st.Case(ctx, c)
	if err != nil {
		return nil, err
	}
	return f.peopleAround(ctx, p.facts, row, about)
}

// peopleAround returns those outside with whom the case deals and whom the actor may look up, by name; with children chosen, only who has to do with one of them. facts are the
// actor's about the case.
func (f *Flow) peopleAround(ctx context.Context, facts policy.Facts, c cases.Case, about []ids.ChildID) ([]people.Contact, error) {
	w, err := aroundCase(ctx, f.st.Reader, c.ID)
	if err != nil {
		return nil, err
	}
	known, err := f.contactsOfCase(ctx, facts, c, w)
	if err != nil {
		return nil, err
	}
	facts.Act = policy.LookUp
	for id, g := range known {
		facts.Touch = policy.Touch{Contacts: []ids.ContactID{id}, Concerned: len(about) == 0 || w.any(about, g)}
		if !policy.Decide(facts).Allowed() {
			delete(known, id)
		}
	}
	return slices.SortedFunc(maps.Values(known), func(a, b people.Contact) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	}), nil
}

// contactsOfCase returns the people outside whom an actor knows the case to deal with: who has to do with one of its children, or is in a conversation of it that the actor may
// read. facts are the actor's about the case.
func (f *Flow) contactsOfCase(ctx context.Context, facts policy.Facts, c cases.Case, w around) (map[ids.ContactID]people.Contact, error) {
	known := map[ids.ContactID]people.Contact{}
	list, err := w.outside(ctx, f.st.Reader)
	if err != nil {
		return nil, err
	}
	for _, contact := range list {
		known[contact.ID] = contact
	}
	ts, err := f.st.ThreadsOfCase(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		parties, err := f.st.Parties(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(policy.Facts{Act: policy.ReadThread, Actor: facts.Actor, Case: facts.Case, Thread: threadFacts(facts.Actor, t, parties)}).Allowed() {
			continue // a privileged thread must not be betrayed by whom one may invite
		}
		for _, party := range parties {
			if party.Kind != threads.PartyContact || !party.Until.IsZero() {
				continue
			}
			if known[ids.ContactID(party.ID)], err = f.st.Contact(ctx, ids.ContactID(party.ID)); err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}
