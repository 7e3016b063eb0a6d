package flow

import (
	"context"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// caseFacts gathers what policy asks about an actor and a case.
func caseFacts(ctx context.Context, r store.Reader, a ids.Actor, c cases.Case) (policy.CaseFacts, error) {
	m, err := r.Mother(ctx, c.Mother)
	if err != nil {
		return policy.CaseFacts{}, err
	}
	return caseFactsOf(ctx, r, a, c, m)
}

func caseFactsOf(ctx context.Context, r store.Reader, a ids.Actor, c cases.Case, m people.Mother) (policy.CaseFacts, error) {
	f := policy.CaseFacts{
		ID:                c.ID,
		IsMother:          a.Kind == ids.ActorMother && a.ID == string(m.ID),
		SameEstablishment: a.Agency != "" && a.Agency == m.Establishment,
		Closed:            !c.Closed.IsZero(),
	}
	staff := a.StaffID()
	if staff == "" {
		return f, nil
	}
	f.IsWorker = c.Worker == staff
	var err error
	if ofPrison[a.Role] && a.Agency != "" && !f.SameEstablishment {
		agency, err := r.Agency(ctx, a.Agency)
		if err != nil {
			return f, err
		}
		f.OtherPrison = agency.Kind == people.Establishment
	}
	f.OnTeam, err = r.OnTeam(ctx, c.ID, staff)
	return f, err
}

// ofPrison are the roles that a prison's own staff can have.
var ofPrison = map[ids.Role]bool{ids.RoleFamilyWorker: true, ids.RoleOffenderManager: true, ids.RoleWingOfficer: true, ids.RolePublicProtection: true}

// threadFacts gathers what policy asks about an actor and a thread.
func threadFacts(a ids.Actor, t threads.Thread, parties []threads.Party) policy.ThreadFacts {
	f := policy.ThreadFacts{ID: t.ID, Channel: t.Channel, IsParty: threads.IsParty(parties, a), Quiet: t.Quiet}
	for _, p := range parties {
		if !p.Until.IsZero() {
			continue
		}
		f.HasMother = f.HasMother || p.Kind == threads.PartyMother
		f.WithAgency = f.WithAgency || p.Kind == threads.PartyContact
	}
	return f
}

// messageFacts gathers what policy asks about an actor and a message.
func messageFacts(a ids.Actor, m messages.Message) policy.MessageFacts {
	return policy.MessageFacts{
		Held:     m.State == messages.Held,
		Withheld: m.State.Stopped(),
		IsAuthor: wrote(a, m),
		Notice:   m.AuthorKind == messages.BySystem,
	}
}

// wrote reports whether the actor is the author of a message.
func wrote(a ids.Actor, m messages.Message) bool {
	if a.ID == "" || m.AuthorID != a.ID {
		return false
	}
	switch m.AuthorKind {
	case messages.ByMother:
		return a.Kind == ids.ActorMother
	case messages.ByContact:
		return a.Kind == ids.ActorContact
	case messages.ByStaff:
		return a.StaffID() != ""
	}
	return false
}

// openThread is a thread with what every decision about it needs.
type openThread struct {
	threads.Thread
	Parties []threads.Party
	CaseRow cases.Case
	Mother  people.Mother
	safe    safety
	self    self
	facts   policy.Facts // without an act and a message
}

// loadThread reads a thread and gathers the actor's facts about it. It decides nothing.
func loadThread(ctx context.Context, r store.Reader, a ids.Actor, id ids.ThreadID) (openThread, error) {
	var o openThread
	var err error
	if o.Thread, err = r.Thread(ctx, id); err != nil {
		return o, err
	}
	return o, o.load(ctx, r, a)
}

func (o *openThread) load(ctx context.Context, r store.Reader, a ids.Actor) (err error) {
	if o.Parties, err = r.Parties(ctx, o.ID); err != nil {
		return err
	}
	if o.CaseRow, err = r.Case(ctx, o.Case); err != nil {
		return err
	}
	if o.Mother, err = r.Mother(ctx, o.CaseRow.Mother); err != nil {
		return err
	}
	if o.safe, err = safetyOf(ctx, r, o.CaseRow, o.Mother, o.ID); err != nil {
		return err
	}
	o.facts = policy.Facts{Actor: a, Thread: threadFacts(a, o.Thread, o.Parties), InForce: o.safe.inForce, Custody: custodyFacts(o.CaseRow, o.Mother),
		Touch: policy.Touch{Contacts: contactsNow(o.Parties)}}
	if len(o.Children) > 0 {
		kids, err := r.Children(ctx, o.Case)
		if err != nil {
			return err
		}
		o.facts.Thread.NoResponsibility = noResponsibility(kids, o.Children, r.Today())
	}
	if o.self, err = selfOf(ctx, r, a); err != nil {
		return err
	}
	o.facts.Case, err = caseFactsOf(ctx, r, a, o.CaseRow, o.Mother)
	return err
}

// to returns the facts for one act on the thread.
func (o openThread) to(act policy.Act) policy.Facts {
	f := o.facts
	f.Act = act
	f.Review = o.safe.review[messages.ToHer]
	if f.Actor.Kind == ids.ActorMother {
		f.Review = o.safe.review[messages.FromHer]
	}
	return f
}

// about returns the facts for one act on one message of the thread.
func (o openThread) about(act policy.Act, m messages.Message) policy.Facts {
	f := o.to(act)
	f.Message = messageFacts(f.Actor, m)
	f.Message.SamePerson = o.self.wrote(m, o.Parties)
	f.Message.Kept = o.safe.kept[keptFrom{m.ID, f.Actor.ID}]
	f.Review = o.safe.review[messages.DirectionOf(m.AuthorKind)]
	f.Support = o.safe.supportFacts(m.ID, f.Actor)
	return f
}
