package flow

import (
	"context"
	"errors"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// NewRestriction is a contact restriction to be put in force.
type NewRestriction struct {
	Case     ids.CaseID
	Kind     cases.RestrictionKind
	Source   string // a code of cases.RestrictionSources
	Contacts []ids.ContactID
	Children []ids.ChildID
	From     workdays.Day // 0 = today
	To       workdays.Day // the last day; 0 = until it is ended
	Review   workdays.Day // 0 = none set
	Told     bool         // she may be told of it
	Note     string
	IdemKey  string // names this act of entering: the same key in the same case is the same restriction; "" = every request is a new one
}

// AddRestriction puts a restriction in force, and examines at once what it now forbids: mail that waits, reply addresses, meetings that are booked. However many there
// are for one person or child, and however they contradict each other, the strictest counts.
func (f *Flow) AddRestriction(ctx context.Context, a ids.Actor, in NewRestriction) (ids.RestrictionID, error) {
	c, facts, err := f.restrictionFacts(ctx, a, in.Case, policy.AddRestriction)
	if err != nil {
		return "", err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(in.Case), d)
	}
	x := cases.Restriction{ID: ids.New[ids.RestrictionID](ids.Restriction), Case: in.Case, Kind: in.Kind, Source: in.Source, Contacts: unique(in.Contacts), Children: unique(in.Children),
		From: in.From, To: in.To, Review: in.Review, Told: in.Told, Note: CleanText(in.Note), AddedBy: a.StaffID()}
	if len(in.IdemKey) > maxIDSize {
		return "", ids.E(ids.Invalid, "The request's identifier can have at most %d characters.", maxIDSize)
	}
	if in.IdemKey != "" {
		x.ID = ids.RestrictionID(ids.Restriction + "_" + ids.Base32(f.derive("kinbridge restriction v1", string(in.Case)+"/"+a.ID+"/"+in.IdemKey)[:16]))
	}
	if x.From == 0 {
		x.From = f.st.Today()
	}
	if d.Duties.Has(policy.TellProtection) && x.Review == 0 {
		x.Review = x.From // public protection is to look at what others have entered
	}
	if err := x.Check(); err != nil {
		return "", err
	}
	if err := f.checkSubjects(ctx, a, c, x); err != nil {
		return "", err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCase(x.Case); err != nil {
			return audit.Entry{}, err
		}
		if _, err := tx.Restriction(tx.Context(), x.ID); ids.KindOf(err) != ids.NotFound {
			if err == nil {
				err = errSame
			}
			return audit.Entry{}, err
		}
		if err := tx.AddRestriction(x); err != nil {
			return audit.Entry{}, err
		}
		tx.Also(decided(audit.RestrictionAdded(x.Case, x.ID, string(x.Kind), x.Source), d))
		return audit.CaseChanged(x.Case, "restrictions"), f.reexamine(tx, x.Case)
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return x.ID, err
}

func unique[T comparable](in []T) (out []T) {
	seen := map[T]bool{}
	for _, x := range in {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// restrictionFacts gathers the facts of an act on a case's restrictions.
func (f *Flow) restrictionFacts(ctx context.Context, a ids.Actor, id ids.CaseID, act policy.Act) (caseAround, policy.Facts, error) {
	c, err := f.caseAround(ctx, a, id)
	return c, policy.Facts{Act: act, Actor: a, Case: c.facts}, err
}

// checkSubjects holds the people and children of a restriction to its case. Somebody of another case and somebody who does not exist look the same, and nobody can
// be named of whom the actor may not know.
func (f *Flow) checkSubjects(ctx context.Context, a ids.Actor, c caseAround, x cases.Restriction) error {
	list, err := f.peopleAround(ctx, policy.Facts{Actor: a, Case: c.facts}, c.row, nil)
	if err != nil {
		return err
	}
	for _, id := range x.Contacts {
		if !slices.ContainsFunc(list, func(p people.Contact) bool { return p.ID == id }) {
			return ids.E(ids.Invalid, "One of the people has nothing to do with this case. Choose somebody from the list.")
		}
	}
	kids, err := f.st.Children(ctx, x.Case)
	if err != nil {
		return err
	}
	for _, id := range x.Children {
		if !hasChild(kids, id) {
			return ids.E(ids.Invalid, "One of the children is not in this case. Choose a child from the list.")
		}
	}
	return nil
}

func hasChild(kids []cases.Child, id ids.ChildID) bool {
	for _, k := range kids {
		if k.ID == id {
			return true
		}
	}
	return false
}

// RestrictionChange is what of a restriction can be changed. What it forbids and whom it is about cannot: another restriction takes its place.
type RestrictionChange struct {
	From, To, Review workdays.Day
	Told             bool
	Note             string
}

// ChangeRestriction changes a restriction's days, day of review, note and whether she may be told, and examines what follows.
func (f *Flow) ChangeRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID, in RestrictionChange) error {
	return f.alterRestriction(ctx, a, id, func(_ *store.Tx, x *cases.Restriction) (audit.Entry, error) {
		x.From, x.To, x.Review, x.Told, x.Note = in.From, in.To, in.Review, in.Told, CleanText(in.Note)
		return audit.RestrictionChanged(x.Case, x.ID), x.Check()
	})
}

// ReviewRestriction records that public protection has looked at a restriction again and that it continues until a day, when it is looked at next.
func (f *Flow) ReviewRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID, next workdays.Day) error {
	return f.alterRestriction(ctx, a, id, func(tx *store.Tx, x *cases.Restriction) (audit.Entry, error) {
		if next <= tx.Today() {
			return audit.Entry{}, ids.E(ids.Invalid, "The next day of review must be in the future.")
		}
		x.Review = next
		return audit.RestrictionReviewed(x.Case, x.ID, next.String()), x.CheckDays()
	})
}

// EndRestriction ends a restriction now. Nothing that it kept goes out by that: a person decides on each (LetKeptGo).
func (f *Flow) EndRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID) error {
	return f.alterRestriction(ctx, a, id, func(tx *store.Tx, x *cases.Restriction) (audit.Entry, error) {
		x.Ended, x.EndedBy = tx.Now(), a.StaffID()
		return audit.RestrictionEnded(x.Case, x.ID), nil
	})
}

// alterRestriction changes one restriction as it is now, and examines what follows.
func (f *Flow) alterRestriction(ctx context.Context, a ids.Actor, id ids.RestrictionID, change func(*store.Tx, *cases.Restriction) (audit.Entry, error)) error {
	x, err := f.st.Restriction(ctx, id)
	if err != nil {
		return err
	}
	_, facts, err := f.restrictionFacts(ctx, a, x.Case, policy.ChangeRestriction)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCase(x.Case); err != nil {
			return audit.Entry{}, err
		}
		now, err := tx.Restriction(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		if !now.Ended.IsZero() {
			return audit.Entry{}, ids.E(ids.Conflict, "This restriction has been ended already.")
		}
		e, err := change(tx, &now)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.UpdateRestriction(now); err != nil {
			return audit.Entry{}, err
		}
		return decided(e, d), f.reexamine(tx, now.Case)
	})
}

// safeToOpen gathers what restrictions and parental responsibility say about a conversation that is to be begun.
func (f *Flow) safeToOpen(ctx context.Context, in NewThread, facts *policy.Facts) (err error) {
	if facts.InForce, err = restrictionsInForce(ctx, f.st.Reader, in.Case); err != nil {
		return err
	}
	facts.Touch.Contacts = in.Contacts
	if len(in.Children) == 0 {
		return nil
	}
	kids, err := f.st.Children(ctx, in.Case)
	facts.Thread.NoResponsibility = noResponsibility(kids, in.Children, f.st.Today())
	return err
}
