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
	"kinbridge/gateway/workdays"
)

// safety is what safeguards a thread today: restrictions in force, who reviews each direction, and what is to be read together.
type safety struct {
	inForce  []policy.Restriction
	review   map[messages.Direction]policy.ReviewFacts
	together map[ids.MessageID]messages.Together
	kept     map[keptFrom]bool
}

// keptFrom is one message that a restriction keeps from one recipient.
type keptFrom struct {
	message ids.MessageID
	from    string
}

// safetyOf gathers it, and what of it a case alone has when the thread is "".
func safetyOf(ctx context.Context, r store.Reader, c cases.Case, m people.Mother, t ids.ThreadID) (s safety, err error) {
	rs, err := r.Restrictions(ctx, c.ID)
	if err != nil {
		return s, err
	}
	if s.inForce, err = inForceNow(ctx, r, rs); err != nil {
		return s, err
	}
	if len(rs) > 0 { // a message stays kept when its restriction has ended, until a person lets it go
		if s.kept, err = keptIn(ctx, r, c.ID); err != nil {
			return s, err
		}
	}
	settings, err := r.ReviewSettings(ctx, t, c.ID, m.Establishment)
	if err != nil {
		return s, err
	}
	s.review = reviewers(settings)
	if t == "" {
		return s, nil
	}
	list, err := r.TogetherOfThread(ctx, t)
	if err != nil || len(list) == 0 {
		return s, err
	}
	s.together = make(map[ids.MessageID]messages.Together, len(list))
	for _, x := range list {
		s.together[x.Message] = x
	}
	return s, nil
}

// restrictionsInForce returns a case's restrictions as policy sees them, today's only.
func restrictionsInForce(ctx context.Context, r store.Reader, c ids.CaseID) ([]policy.Restriction, error) {
	rs, err := r.Restrictions(ctx, c)
	if err != nil {
		return nil, err
	}
	return inForceNow(ctx, r, rs)
}

// inForceNow is what of restrictions binds today. One about a person binds her at every organisation where her address is known.
func inForceNow(ctx context.Context, r store.Reader, rs []cases.Restriction) ([]policy.Restriction, error) {
	out := inForce(rs, r.Today())
	for _, x := range out {
		if x.Contact == "" {
			continue
		}
		c, err := r.Contact(ctx, x.Contact)
		if err != nil {
			return nil, err
		}
		same, err := r.ContactsByEmail(ctx, c.Email)
		if err != nil {
			return nil, err
		}
		for _, also := range same {
			if also.ID != x.Contact {
				out = append(out, policy.Restriction{Kind: x.Kind, Contact: also.ID})
			}
		}
	}
	return out, nil
}

// inForce is what of restrictions binds on a day, as policy sees it.
func inForce(rs []cases.Restriction, day workdays.Day) (out []policy.Restriction) {
	for _, x := range rs {
		if !x.InForce(day) {
			continue
		}
		for _, p := range x.Contacts {
			out = append(out, policy.Restriction{Kind: x.Kind, Contact: p})
		}
		for _, k := range x.Children {
			out = append(out, policy.Restriction{Kind: x.Kind, Child: k})
		}
	}
	return out
}

// keptIn says which messages of a case a restriction keeps from whom.
func keptIn(ctx context.Context, r store.Reader, c ids.CaseID) (map[keptFrom]bool, error) {
	ds, err := r.RestrictedDeliveries(ctx, c)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	out := make(map[keptFrom]bool, len(ds))
	for _, d := range ds {
		out[keptFrom{d.Message, d.RecipientID}] = true
	}
	return out, nil
}

// width orders scopes: the narrowest counts.
var width = map[messages.ScopeKind]int{messages.Estate: 1, messages.Establishment: 2, messages.OfCase: 3, messages.OfThread: 4}

// reviewers picks the setting that counts for each direction.
func reviewers(settings []messages.ReviewSetting) map[messages.Direction]policy.ReviewFacts {
	if len(settings) == 0 {
		return nil
	}
	out, best := map[messages.Direction]policy.ReviewFacts{}, map[messages.Direction]int{}
	for _, s := range settings {
		if w := width[s.Scope.Kind]; w > best[s.Direction] {
			best[s.Direction] = w
			out[s.Direction] = policy.ReviewFacts{Nobody: s.Nobody, First: s.First, Second: s.Second}
		}
	}
	return out
}

// noResponsibility reports whether she has parental responsibility for none of the children that a thread is about. Of a thread about no child in
// particular she has.
func noResponsibility(kids []cases.Child, about []ids.ChildID, day workdays.Day) bool {
	if len(about) == 0 {
		return false
	}
	of := make(map[ids.ChildID]cases.Child, len(kids))
	for _, k := range kids {
		of[k.ID] = k
	}
	for _, id := range about {
		if k, ok := of[id]; !ok || k.Responsibility(day) {
			return false
		}
	}
	return true
}

// custodyFacts says where she is, as policy asks.
func custodyFacts(c cases.Case, m people.Mother) policy.CustodyFacts {
	f := policy.CustodyFacts{FollowOn: !c.FollowOn.IsZero()}
	switch m.Custody {
	case people.Away:
		f.State = policy.Away
	case people.Released:
		f.State = policy.Released
	}
	return f
}

// touches is one person outside, if she is known.
func touches(c ids.ContactID, known bool) (t policy.Touch) {
	if known {
		t.Contacts = []ids.ContactID{c}
	}
	return t
}

// contactsNow are the people outside who are parties.
func contactsNow(ps []threads.Party) (out []ids.ContactID) {
	for _, p := range ps {
		if p.Kind == threads.PartyContact && p.Until.IsZero() {
			out = append(out, ids.ContactID(p.ID))
		}
	}
	return out
}

// supportFacts says whether a message is to be read together.
func (s safety) supportFacts(m ids.MessageID, a ids.Actor) policy.SupportFacts {
	t, ok := s.together[m]
	if !ok {
		return policy.SupportFacts{}
	}
	return policy.SupportFacts{Together: t.Required(), Opened: !t.Opened.IsZero(), IsSupporter: t.Booking.Supporter != "" && a.StaffID() == t.Booking.Supporter}
}

// towards are the facts for letting a released message reach one party.
func (o openThread) towards(p threads.Party, m messages.Message) policy.Facts {
	f := o.about(policy.Deliver, m)
	f.Actor, f.Message = ids.System("delivery"), policy.MessageFacts{Held: m.State == messages.Held, Withheld: m.State.Stopped()}
	f.Touch = policy.Touch{}
	switch p.Kind {
	case threads.PartyMother:
		f.To = policy.ToMother
		if m.AuthorKind == messages.ByContact {
			f.Touch.Contacts = []ids.ContactID{ids.ContactID(m.AuthorID)}
		}
	case threads.PartyContact:
		f.To = policy.ToContact
		if m.AuthorKind == messages.ByMother || m.AuthorKind == messages.BySystem {
			f.Touch.Contacts = []ids.ContactID{ids.ContactID(p.ID)}
		}
	case threads.PartyStaff:
		f.To = policy.ToStaff
	}
	return f
}

// keptWhy is why a delivery is kept after a decision; "" when it goes.
func keptWhy(d policy.Decision) messages.KeptWhy {
	switch {
	case d.Allowed():
		return ""
	case d.Effect == policy.Hold:
		return messages.KeptWhy(d.Hold)
	}
	return messages.KeptRestricted
}
