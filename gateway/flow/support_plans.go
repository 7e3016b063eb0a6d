package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// PlanView says whether a woman has an open support plan, to those inside the prison who may know.
type PlanView struct {
	Mother       people.Mother
	Name         string // what a plan is called here
	Plan         people.SupportPlan
	OpenedByName string
	MayKeep      bool
}

// planFacts gathers what policy asks about a woman's plan. A woman without a case has one all the same, for her prison's staff.
func (f *Flow) planFacts(ctx context.Context, r store.Reader, a ids.Actor, act policy.Act, id ids.MotherID) (policy.Facts, people.Mother, error) {
	m, err := r.Mother(ctx, id)
	if err != nil {
		return policy.Facts{}, m, err
	}
	c, err := r.CaseOfMother(ctx, id)
	if ids.KindOf(err) == ids.NotFound {
		c, err = cases.Case{}, nil
	}
	if err != nil {
		return policy.Facts{}, m, err
	}
	facts, err := f.careFacts(ctx, r, a, c, m)
	facts.Act = act
	return facts, m, err
}

// Plan says whether a support plan is open, and records that it was looked up. NotFound for whoever may not know of plans, whether there is one or not.
func (f *Flow) Plan(ctx context.Context, a ids.Actor, id ids.MotherID) (v PlanView, err error) {
	facts, m, err := f.planFacts(ctx, f.st.Reader, a, policy.SeeSupport, id)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	v = PlanView{Mother: m, Name: f.cfg.Support.planName(), MayKeep: allowed(facts, policy.KeepSupport)}
	if v.Plan, err = f.st.OpenPlan(ctx, id); err != nil {
		return v, err
	}
	v.OpenedByName = f.personName(ctx, string(v.Plan.OpenedBy))
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.PlanRead(facts.Case.ID, id), nil })
}

// OpenPlan opens a support plan; when one is open nothing changes.
func (f *Flow) OpenPlan(ctx context.Context, a ids.Actor, id ids.MotherID) error {
	return f.keepPlan(ctx, a, id, func(tx *store.Tx, c ids.CaseID) (audit.Entry, error) {
		p := people.SupportPlan{ID: ids.New[ids.PlanID](ids.Plan), Mother: id, OpenedBy: a.StaffID()}
		added, err := tx.AddPlan(p)
		if err == nil && !added {
			return audit.PlanRead(c, id).With("repeat", "yes"), nil
		}
		return audit.PlanOpened(c, p.ID), err
	})
}

// ClosePlan closes a woman's open support plan; without one nothing changes.
func (f *Flow) ClosePlan(ctx context.Context, a ids.Actor, id ids.MotherID) error {
	return f.keepPlan(ctx, a, id, func(tx *store.Tx, c ids.CaseID) (audit.Entry, error) {
		p, err := tx.OpenPlan(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		if !p.Open() {
			return audit.PlanRead(c, id).With("repeat", "yes"), nil
		}
		_, err = tx.ClosePlan(id, a.StaffID())
		return audit.PlanClosed(c, p.ID), err
	})
}

func (f *Flow) keepPlan(ctx context.Context, a ids.Actor, id ids.MotherID, change func(*store.Tx, ids.CaseID) (audit.Entry, error)) error {
	facts, _, err := f.planFacts(ctx, f.st.Reader, a, policy.KeepSupport, id)
	if err != nil {
		return err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return change(tx, facts.Case.ID) })
}

// knowsOfPlans reports whether the actor may see the audit entries of a case's support plans.
func (f *Flow) knowsOfPlans(ctx context.Context, a ids.Actor, id ids.CaseID) (bool, error) {
	if id == "" {
		return false, nil
	}
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return false, err
	}
	m, err := f.st.Mother(ctx, c.Mother)
	if err != nil {
		return false, err
	}
	facts, err := f.careFacts(ctx, f.st.Reader, a, c, m)
	return err == nil && allowed(facts, policy.SeeSupport), err
}

// ofPlans reports whether a refusal was about a support plan. It gives away no plan, but that somebody looked for one is nobody else's matter.
func ofPlans(detail map[string]string) bool {
	return detail["rule"] == "inside_only" || detail["rule"] == "plan_read_only"
}
