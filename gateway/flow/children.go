package flow

import (
	"context"
	"slices"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// ChildFacts are what is kept of a child besides the name.
type ChildFacts struct {
	Born      string       // YYYY-MM-DD; "" when not known
	Authority ids.AgencyID // that looks after the child; "" when none does
	Ends      workdays.Day // the day from which she no longer has parental responsibility; 0 = none is known
	Why       cases.EndedWhy
	Care      cases.Care
	Relation  cases.Relation // "" = her own
	// LivesWith says where the child lives, as far as it is counted: "" = not known, Apart = with none of the other children of the case, else one of those with whom.
	LivesWith string
	// Concerned are the others who have to do with the child: the identifiers of schools and courts, and of carers.
	Concerned []string
}

// Apart is a child's LivesWith that lives with no other child of the case.
const Apart = "apart"

// worthTelling is how many days ahead her worker is told that a child will be eighteen: there is time to talk with her.
const worthTelling = 30

// ChildNotice is what her worker is told of a child: that parental responsibility has ended or soon will.
type ChildNotice struct {
	Child cases.Child
	On    workdays.Day
	Adult bool // by the child's being eighteen; else for the child's EndedWhy
	Ended bool // on that day already
}

// noticesOf says what her worker must know of the children.
func noticesOf(kids []ChildRow, today workdays.Day) (out []ChildNotice) {
	for _, k := range kids {
		adult, soon := k.AdultWithin(today, worthTelling)
		switch {
		case k.ResponsibilityEnds != 0 && k.ResponsibilityEnds <= today.Plus(worthTelling) && (adult == 0 || k.ResponsibilityEnds <= adult):
			out = append(out, ChildNotice{Child: k.Child, On: k.ResponsibilityEnds, Ended: k.ResponsibilityEnds <= today})
		case soon, adult != 0 && adult <= today:
			out = append(out, ChildNotice{Child: k.Child, On: adult, Adult: true, Ended: adult <= today})
		}
	}
	return out
}

// SetChild says what is known of a child. From the day that parental responsibility ends, nothing new is written about this child alone, asked of her or planned; she is told by her
// Pact social worker, never by a screen.
func (f *Flow) SetChild(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ChildID, in ChildFacts) error {
	at, facts, err := f.restrictionFacts(ctx, a, c, policy.KeepChild)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(c), d)
	}
	in.Born = strings.TrimSpace(in.Born)
	if err := in.check(f.st.Today()); err != nil {
		return err
	}
	if in.Authority != "" {
		of, err := f.st.Agency(ctx, in.Authority)
		if err != nil && ids.KindOf(err) != ids.NotFound {
			return err
		}
		if err != nil || of.Kind != people.Authority {
			return ids.E(ids.Invalid, "Choose a local authority from the list.")
		}
	}
	concerns, err := f.concernsOf(ctx, in.Concerned)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		kids, err := tx.Children(tx.Context(), at.row.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, k := range kids {
			if k.ID != id {
				continue
			}
			k.Born, k.Authority, k.ResponsibilityEnds, k.EndedWhy, k.Care, k.Relation = in.Born, in.Authority, in.Ends, in.Why, in.Care, in.Relation
			if k.Home, err = homeOf(tx, kids, k, in.LivesWith); err != nil {
				return audit.Entry{}, err
			}
			if err := tx.SetConcerns(id, concerns); err != nil {
				return audit.Entry{}, err
			}
			return decided(audit.ChildChanged(c, id, string(in.Why)), d), tx.UpdateChild(k)
		}
		return audit.Entry{}, ids.ErrNotFound
	})
}

// LivesWith says of a child of a case what ChildFacts.LivesWith is now.
func LivesWith(kids []cases.Child, k cases.Child) string {
	if k.Home == "" {
		return ""
	}
	for _, other := range kids {
		if other.ID != k.ID && other.Home == k.Home {
			return string(other.ID)
		}
	}
	return Apart
}

// homeOf is a child's home when it is to live so. Whoever she or he is to live with, and of whom no home is known, gets the same. A home is a name made of chance: it tells of no place.
func homeOf(tx *store.Tx, kids []cases.Child, k cases.Child, with string) (string, error) {
	switch {
	case with == "":
		return "", nil
	case with == LivesWith(kids, k):
		return k.Home, nil
	case with == Apart:
		return ids.Secret(5), nil
	}
	for _, other := range kids {
		if string(other.ID) != with || other.ID == k.ID {
			continue
		}
		if other.Home == "" {
			other.Home = ids.Secret(5)
			if err := tx.UpdateChild(other); err != nil {
				return "", err
			}
			tx.Also(audit.ChildChanged(other.Case, other.ID, ""))
		}
		return other.Home, nil
	}
	return "", ids.E(ids.Invalid, "Choose with whom the child lives from the list.")
}

// check reports what is wrong with the facts by themselves.
func (in ChildFacts) check(today workdays.Day) error {
	born := workdays.Day(0)
	if in.Born != "" {
		var err error
		if born, err = workdays.Parse(in.Born); err != nil {
			return ids.E(ids.Invalid, "Enter the date of birth as a day, month and year, or leave it empty.")
		}
		if born > today.Plus(280) { // a child not born yet has a day it is due
			return ids.E(ids.Invalid, "The date of birth is too far ahead. Check the year.")
		}
	}
	switch {
	case in.Relation != "" && !slices.Contains(cases.Relations, in.Relation):
		return ids.E(ids.Invalid, "Choose how the child is related to her.")
	case in.Ends == 0 && in.Why != "":
		return ids.E(ids.Invalid, "Enter the day on which parental responsibility ends.")
	case in.Ends != 0 && in.Why != cases.EndedAdopted && in.Why != cases.EndedOrder && in.Why != cases.EndedDied:
		return ids.E(ids.Invalid, "Choose why parental responsibility ends.")
	case in.Ends != 0 && born != 0 && in.Ends < born:
		return ids.E(ids.Invalid, "Parental responsibility cannot end before the child is born. Check the two dates.")
	}
	return in.Care.Check(born, today).Err()
}

// concernsOf checks who is said to have to do with a child.
func (f *Flow) concernsOf(ctx context.Context, refs []string) (out []store.Concern, err error) {
	wrong := ids.E(ids.Invalid, "Choose a school, a court or a carer from the list.")
	for _, ref := range refs {
		x := store.Concern{Kind: store.ConcernAgency, Ref: ref}
		if ids.Has(ref, ids.Contact) {
			x.Kind = store.ConcernContact
			c, err := f.st.Contact(ctx, ids.ContactID(ref))
			if ids.KindOf(err) == ids.NotFound || err == nil && c.Role != people.Carer {
				return nil, wrong
			} else if err != nil {
				return nil, err
			}
		} else if of, err := f.st.Agency(ctx, ids.AgencyID(ref)); ids.KindOf(err) == ids.NotFound || err == nil && of.Kind != people.School && of.Kind != people.Court {
			return nil, wrong
		} else if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// ConcernChoice is somebody who can be said to have to do with a child.
type ConcernChoice struct {
	Ref    string
	Name   string
	Agency string // of a carer: where she is registered
	Set    bool   // she has
}

// ConcernChoices returns who can be said to have to do with a child besides its authority: every school and court, and the carers who are registered with its authority.
func (f *Flow) ConcernChoices(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ChildID) ([]ConcernChoice, error) {
	_, facts, err := f.restrictionFacts(ctx, a, c, policy.KeepChild)
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, facts, auditID(c)); err != nil {
		return nil, err
	}
	list, err := f.st.Concerns(ctx, c)
	if err != nil {
		return nil, err
	}
	set := map[string]bool{}
	for _, x := range list {
		set[x.Ref] = set[x.Ref] || x.Child == id
	}
	var out []ConcernChoice
	for _, kind := range []people.AgencyKind{people.School, people.Court} {
		agencies, err := f.st.Agencies(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, ag := range agencies {
			out = append(out, ConcernChoice{Ref: string(ag.ID), Name: ag.Name, Set: set[string(ag.ID)]})
		}
	}
	carers, err := f.carersOf(ctx, c, id)
	for _, k := range carers {
		k.Set = set[k.Ref]
		out = append(out, k)
	}
	return out, err
}

// carersOf are the carers who are registered with the authority that looks after a child.
func (f *Flow) carersOf(ctx context.Context, c ids.CaseID, id ids.ChildID) (out []ConcernChoice, err error) {
	kids, err := f.st.Children(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, k := range kids {
		if k.ID != id || k.Authority == "" {
			continue
		}
		of, err := f.st.Agency(ctx, k.Authority)
		if err != nil {
			return nil, err
		}
		list, err := f.st.ContactsOf(ctx, k.Authority)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.Role == people.Carer {
				out = append(out, ConcernChoice{Ref: string(p.ID), Name: p.Name, Agency: of.Name})
			}
		}
	}
	return out, nil
}
