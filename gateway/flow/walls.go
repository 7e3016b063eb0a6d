package flow

import (
	"cmp"
	"context"
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// around is who outside has to do with which child of a case: the authority that looks after a child, the schools, courts and carers that are entered with it, and those (other
// than authorities) who are in an official conversation about it.
type around struct {
	kids []cases.Child
	with map[ids.ChildID]map[string]bool // by the identifier of an organisation, or of a carer
}

// aroundCase gathers it.
func aroundCase(ctx context.Context, r store.Reader, c ids.CaseID) (w around, err error) {
	if w.kids, err = r.Children(ctx, c); err != nil {
		return w, err
	}
	w.with = make(map[ids.ChildID]map[string]bool, len(w.kids))
	for _, k := range w.kids {
		w.with[k.ID] = map[string]bool{}
		if k.Authority != "" {
			w.with[k.ID][string(k.Authority)] = true
		}
	}
	list, err := r.Concerns(ctx, c)
	if err != nil {
		return w, err
	}
	for _, x := range list {
		w.with[x.Child][x.Ref] = true
	}
	ts, err := r.ThreadsOfCase(ctx, c)
	if err != nil {
		return w, err
	}
	for _, t := range ts {
		if t.Channel != threads.Official || t.Agency == "" {
			continue
		}
		if err := w.fromThread(ctx, r, t); err != nil {
			return w, err
		}
	}
	return w, nil
}

// fromThread adds those who are in a conversation already.
func (w around) fromThread(ctx context.Context, r store.Reader, t threads.Thread) error {
	of, err := r.Agency(ctx, t.Agency)
	if err != nil {
		return err
	}
	ps, err := r.Parties(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, id := range contactsNow(ps) {
		c, err := r.Contact(ctx, id)
		if err != nil {
			return err
		}
		who := string(c.Agency)
		if c.Role == people.Carer {
			who = string(c.ID)
		} else if of.Kind == people.Authority {
			continue // whose child it is says the child's record: it may have changed since
		}
		for _, k := range w.chosen(t.Children) {
			if w.with[k] != nil {
				w.with[k][who] = true
			}
		}
	}
	return nil
}

// walled reports whether the children are looked after by different authorities.
func (w around) walled() bool {
	var one ids.AgencyID
	for _, k := range w.kids {
		if k.Authority != "" && one != "" && k.Authority != one {
			return true
		}
		one = cmp.Or(k.Authority, one)
	}
	return false
}

// chosen are the children that something is about. What is about no child in particular is about any of them, but where they are looked after by different authorities it is
// about none: then a person must say whom it is about.
func (w around) chosen(about []ids.ChildID) []ids.ChildID {
	if len(about) > 0 || w.walled() {
		return about
	}
	for _, k := range w.kids {
		about = append(about, k.ID)
	}
	return about
}

// every reports whether somebody has to do with each of the children chosen; where none is chosen and nothing parts them, with any. With no child on record nothing tells
// anybody apart.
func (w around) every(about []ids.ChildID, c people.Contact) bool {
	if len(about) == 0 {
		return w.any(about, c)
	}
	for _, k := range about {
		if !w.has(k, c) {
			return false
		}
	}
	return true
}

// any reports whether somebody has to do with one of the children chosen.
func (w around) any(about []ids.ChildID, c people.Contact) bool {
	return len(w.kids) == 0 || slices.ContainsFunc(w.chosen(about), func(k ids.ChildID) bool { return w.has(k, c) })
}

func (w around) has(k ids.ChildID, c people.Contact) bool {
	if c.Role == people.Carer { // she cares for one child, whatever organisation she is registered with
		return w.with[k][string(c.ID)]
	}
	return w.with[k][string(c.Agency)]
}

// outside reads the people who have to do with any of the children.
func (w around) outside(ctx context.Context, r store.Reader) (out []people.Contact, err error) {
	refs := map[string]bool{}
	for _, with := range w.with {
		for ref := range with {
			refs[ref] = true
		}
	}
	for ref := range refs {
		var list []people.Contact
		if ids.Has(ref, ids.Contact) {
			c, err := r.Contact(ctx, ids.ContactID(ref))
			if err != nil {
				return nil, err
			}
			list = []people.Contact{c}
		} else if list, err = r.ContactsOf(ctx, ids.AgencyID(ref)); err != nil {
			return nil, err
		}
		for _, c := range list {
			if c.Role != people.Carer || refs[string(c.ID)] && string(c.ID) == ref {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b people.Contact) int {
		return cmp.Or(cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// errNotOffered answers whoever names a person outside that was not offered. It is the same for a stranger, for somebody of another authority of the family, and for whom a
// restriction is about.
var errNotOffered = ids.E(ids.Invalid, "Choose the people from the list. It holds those who have to do with the children whom this is about.")

// addressing are the facts for choosing a person outside for a conversation to be. facts are those for opening it.
func addressing(facts policy.Facts, w around, about []ids.ChildID, c people.Contact, of people.Agency) policy.Facts {
	facts.Act = policy.Address
	facts.Thread.WithAgency = true
	facts.Touch = policy.Touch{Contacts: []ids.ContactID{c.ID}}
	switch facts.Thread.Channel {
	case threads.Privileged:
		facts.Touch.Concerned = of.Kind == people.LawFirm
	case threads.Official:
		facts.Touch.Concerned = of.Kind != people.LawFirm && w.every(about, c)
	}
	return facts
}

// ContactsFor returns the people outside with whom a conversation about some children of a case can be begun on a channel, by organisation and name: on the official one
// those who have to do with every child chosen, on the privileged one lawyers, on the confidential one nobody.
func (f *Flow) ContactsFor(ctx context.Context, a ids.Actor, id ids.CaseID, ch threads.Channel, about []ids.ChildID) ([]people.Contact, error) {
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	facts := policy.Facts{Act: policy.OpenThread, Actor: a, Thread: policy.ThreadFacts{Channel: ch, HasMother: true}}
	if facts.Case, err = caseFacts(ctx, f.st.Reader, a, c); err != nil {
		return nil, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return nil, err
	}
	w, err := aroundCase(ctx, f.st.Reader, id)
	if err != nil {
		return nil, err
	}
	if facts.InForce, err = restrictionsInForce(ctx, f.st.Reader, id); err != nil {
		return nil, err
	}
	facts.Thread.NoResponsibility = noResponsibility(w.kids, about, f.st.Today())
	list, err := f.candidatesFor(ctx, ch, w)
	if err != nil {
		return nil, err
	}
	var out []people.Contact
	for _, p := range list {
		of, err := f.st.Agency(ctx, p.Agency)
		if err != nil {
			return nil, err
		}
		if policy.Decide(addressing(facts, w, about, p, of)).Allowed() {
			out = append(out, p)
		}
	}
	return out, nil
}

// candidatesFor narrows whom policy is asked about.
func (f *Flow) candidatesFor(ctx context.Context, ch threads.Channel, w around) (out []people.Contact, err error) {
	kinds := map[people.AgencyKind]bool{people.LawFirm: ch == threads.Privileged}
	if ch == threads.Official {
		if len(w.kids) > 0 {
			return w.outside(ctx, f.st.Reader)
		}
		kinds = map[people.AgencyKind]bool{people.Authority: true, people.School: true, people.Court: true}
	}
	agencies, err := f.st.Agencies(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, ag := range agencies {
		if !kinds[ag.Kind] {
			continue
		}
		cs, err := f.st.ContactsOf(ctx, ag.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, cs...)
	}
	return out, nil
}

// chooseOutside checks that each person named for a conversation to be could have been offered. A refusal is recorded, and names nobody.
func (f *Flow) chooseOutside(ctx context.Context, facts policy.Facts, in NewThread) (out []people.Contact, err error) {
	if len(in.Contacts) == 0 {
		return nil, nil
	}
	w, err := aroundCase(ctx, f.st.Reader, in.Case)
	if err != nil {
		return nil, err
	}
	for _, id := range in.Contacts {
		c, err := f.st.Contact(ctx, id)
		if ids.KindOf(err) == ids.NotFound {
			return nil, errNotOffered
		}
		if err != nil {
			return nil, err
		}
		of, err := f.st.Agency(ctx, c.Agency)
		if err != nil {
			return nil, err
		}
		one := addressing(facts, w, in.Children, c, of)
		if d := policy.Decide(one); !d.Allowed() {
			_ = f.refuse(ctx, one, auditID(in.Case), d) // recorded; what it says could name somebody
			return nil, errNotOffered
		}
		out = append(out, c)
	}
	return out, nil
}
