package flow

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// KioskReader is somebody who will read what a mother writes, as she knows her: by name and by what she is.
type KioskReader struct {
	Name   string
	Office people.ContactRole // of a person outside; "" else
	Body   string             // the organisation of a person outside; "" else
	Role   ids.Role           // of staff; "" else
}

// KioskReading says who reads in one conversation of a mother's.
type KioskReading struct {
	To    []KioskReader // those it goes to
	Staff []KioskReader // staff of her case who can read it, besides those it goes to
	// Protection: public protection at her prison can read it.
	Protection bool
	// First reads what she writes before it goes on, ToHer what is written to her, each in order and by the settings in force; none = nobody. Also: staff may read it
	// besides. Who has a restriction watched over is not said: she may not know of the restriction.
	First, ToHer         []ids.Role
	Also                 bool
	Official, Privileged bool
}

// KioskReading returns who will read what a mother writes in a conversation, before she writes it.
func (f *Flow) KioskReading(ctx context.Context, actor ids.Actor, id ids.ThreadID) (KioskReading, error) {
	if actor.Kind != ids.ActorMother {
		return KioskReading{}, ids.ErrNotFound
	}
	o, err := loadThread(ctx, f.st.Reader, actor, id)
	if err != nil {
		return KioskReading{}, err
	}
	if err := f.may(ctx, o.to(policy.ReadThread), auditID(id)); err != nil {
		return KioskReading{}, err
	}
	v := reviewedFor(o)
	if err := f.readersOutside(ctx, o, &v); err != nil {
		return v, err
	}
	return v, f.readersInside(ctx, o, &v)
}

// reviewedFor says who reviews a conversation, as far as she is told.
func reviewedFor(o openThread) KioskReading {
	v := KioskReading{Official: o.Channel == threads.Official, Privileged: o.Channel == threads.Privileged}
	if !policy.HasReviewer(o.Channel) || !o.facts.Thread.HasMother || !o.facts.Thread.WithAgency {
		return v
	}
	facts := o.facts
	facts.Review = o.safe.review[messages.FromHer]
	all := policy.Reviewers(facts)
	facts.InForce = nil
	v.First = policy.Reviewers(facts)
	v.Also = len(all) > len(v.First)
	facts.Review = o.safe.review[messages.ToHer]
	v.ToHer = policy.Reviewers(facts)
	return v
}

// readersOutside adds the parties besides herself.
func (f *Flow) readersOutside(ctx context.Context, o openThread, v *KioskReading) error {
	for _, p := range o.Parties {
		if !p.Until.IsZero() {
			continue
		}
		switch p.Kind {
		case threads.PartyContact:
			c, err := f.st.Contact(ctx, ids.ContactID(p.ID))
			if err != nil {
				return err
			}
			of, err := f.st.Agency(ctx, c.Agency)
			if err != nil {
				return err
			}
			v.To = append(v.To, KioskReader{Name: c.Name, Office: c.Role, Body: of.Name})
		case threads.PartyStaff:
			s, err := f.st.Staff(ctx, ids.StaffID(p.ID))
			if err != nil {
				return err
			}
			if !s.Disabled {
				v.To = append(v.To, KioskReader{Name: s.Name, Role: s.Role})
			}
		}
	}
	return nil
}

// readersInside adds the staff of her case whom policy lets read the conversation.
func (f *Flow) readersInside(ctx context.Context, o openThread, v *KioskReading) error {
	team, err := f.st.Team(ctx, o.Case)
	if err != nil {
		return err
	}
	reads := func(a ids.Actor) (bool, error) {
		facts := policy.Facts{Act: policy.ReadThread, Actor: a, Thread: threadFacts(a, o.Thread, o.Parties)}
		var err error
		facts.Case, err = caseFactsOf(ctx, f.st.Reader, a, o.CaseRow, o.Mother)
		return policy.Decide(facts).Allowed(), err
	}
	for _, s := range team {
		if s.Disabled || threads.IsParty(o.Parties, s.Actor()) {
			continue
		}
		may, err := reads(s.Actor())
		if err != nil {
			return err
		}
		if may {
			v.Staff = append(v.Staff, KioskReader{Name: s.Name, Role: s.Role})
		}
	}
	// Whoever works there in that office: not one person, so none is named.
	anybody := ids.Actor{Kind: ids.ActorStaff, ID: "anybody", Role: ids.RolePublicProtection, Agency: o.Mother.Establishment}
	v.Protection, err = reads(anybody)
	return err
}
