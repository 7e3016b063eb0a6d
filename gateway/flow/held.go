package flow

import (
	"context"
	"errors"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// NewHeld is a meeting that was held outside Kinbridge, or without her, as somebody records it.
type NewHeld struct {
	Case     ids.CaseID
	Kind     meetings.Kind
	Day      workdays.Day
	Children []ids.ChildID // whom it was about
	Part     meetings.Part
	Why      meetings.Why
	Note     string
	IdemKey  string // the case's record with this key is made once; "" = every request is a new one
}

// Record is the record that would be kept.
func (n NewHeld) Record() meetings.Elsewhere {
	return meetings.Elsewhere{Case: n.Case, Kind: n.Kind, Day: n.Day, Children: unique(n.Children), Part: n.Part, Why: n.Why, Note: CleanText(n.Note)}
}

// RecordHeld records a meeting that happened, with the part that she had. Whoever may plan the case's meetings may.
func (f *Flow) RecordHeld(ctx context.Context, a ids.Actor, n NewHeld) (made ids.ElsewhereID, err error) {
	_, facts, err := f.plannerOf(ctx, a, n.Case)
	if err != nil {
		return "", err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(n.Case), d)
	}
	e := n.Record()
	e.ID, e.By = ids.New[ids.ElsewhereID](ids.Elsewhere), a.StaffID()
	if err := e.Check(f.st.Today()).Err(); err != nil {
		return "", err
	}
	if len(n.IdemKey) > maxIDSize {
		return "", ids.E(ids.Invalid, "The request's identifier can have at most %d characters.", maxIDSize)
	}
	if err := f.ofCase(ctx, n.Case, e.Children); err != nil {
		return "", err
	}
	key := n.IdemKey
	if key == "" {
		key = string(e.ID)
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		var added bool
		var err error
		if made, added, err = tx.AddElsewhere(e, key); err == nil && !added {
			err = errSame
		}
		return decided(audit.MeetingHeld(e.Case, e.ID, string(e.Kind), e.Day.String(), string(e.Part), string(e.Why)), d), err
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return made, err
}

// WithdrawHeld takes such a record back: it was a mistake, and the clocks count it no more. It stays in the audit log.
func (f *Flow) WithdrawHeld(ctx context.Context, a ids.Actor, c ids.CaseID, id ids.ElsewhereID) error {
	_, facts, err := f.plannerOf(ctx, a, c)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(c), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.HeldWithdrawn(c, id), d), tx.WithdrawElsewhere(c, id, a.StaffID())
	})
}

// HeldElsewhere returns the case's meetings that were held elsewhere, the last first, for whoever may plan its meetings.
func (f *Flow) HeldElsewhere(ctx context.Context, a ids.Actor, c ids.CaseID) ([]meetings.Elsewhere, error) {
	_, facts, err := f.plannerOf(ctx, a, c)
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, facts, auditID(c)); err != nil {
		return nil, err
	}
	return f.st.ElsewhereOfCase(ctx, c)
}

// ofCase reports whether all the children are of a case.
func (f *Flow) ofCase(ctx context.Context, c ids.CaseID, list []ids.ChildID) error {
	kids, err := f.st.Children(ctx, c)
	if err != nil {
		return err
	}
	for _, id := range list {
		if !hasChild(kids, id) {
			return errNotOfCase
		}
	}
	return nil
}

// errNotOfCase: a child that was named is none of the case.
var errNotOfCase = ids.E(ids.Invalid, "One of the children is not in this case. Choose a child from the list.")
