package flow

import (
	"context"
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
}

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
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		kids, err := tx.Children(tx.Context(), at.row.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, k := range kids {
			if k.ID != id {
				continue
			}
			k.Born, k.Authority, k.ResponsibilityEnds, k.EndedWhy, k.Care = in.Born, in.Authority, in.Ends, in.Why, in.Care
			return decided(audit.ChildChanged(c, id, string(in.Why)), d), tx.UpdateChild(k)
		}
		return audit.Entry{}, ids.ErrNotFound
	})
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
	case in.Ends == 0 && in.Why != "":
		return ids.E(ids.Invalid, "Enter the day on which parental responsibility ends.")
	case in.Ends != 0 && in.Why != cases.EndedAdopted && in.Why != cases.EndedOrder && in.Why != cases.EndedDied:
		return ids.E(ids.Invalid, "Choose why parental responsibility ends.")
	case in.Ends != 0 && born != 0 && in.Ends < born:
		return ids.E(ids.Invalid, "Parental responsibility cannot end before the child is born. Check the two dates.")
	}
	return in.Care.Check(born, today).Err()
}
