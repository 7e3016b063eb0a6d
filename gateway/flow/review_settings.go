package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// ReviewerRoles are the roles that can review.
var ReviewerRoles = []ids.Role{ids.RolePactWorker, ids.RolePublicProtection, ids.RoleFamilyWorker, ids.RoleOffenderManager}

// Directions are both, as pages show them.
var Directions = []messages.Direction{messages.ToHer, messages.FromHer}

// ReviewLine is who reviews one direction of a scope.
type ReviewLine struct {
	Direction messages.Direction
	Own       *messages.ReviewSetting // set for the scope itself; nil = a wider one counts
	Order     []ids.Role              // who reviews, in this order, as it is now; none = nobody
	From      messages.ScopeKind      // which setting counts; "" = the program's own
}

// ReviewRules are who reviews what in a scope.
type ReviewRules struct {
	Scope messages.Scope
	Lines []ReviewLine
	Aim   int // working days; of the estate and establishments
}

// reviewScope are the facts for setting who reviews in a scope, and the settings that count there.
func (f *Flow) reviewScope(ctx context.Context, a ids.Actor, s messages.Scope) (facts policy.Facts, all []messages.ReviewSetting, err error) {
	facts = policy.Facts{Act: policy.SetReview, Actor: a}
	r := f.st.Reader
	switch s.Kind {
	case messages.Estate:
		all, err = r.ReviewSettings(ctx, "", "", "")
	case messages.Establishment:
		facts.SamePlace = a.Agency == ids.AgencyID(s.ID)
		if _, err = r.Agency(ctx, ids.AgencyID(s.ID)); err == nil {
			all, err = r.ReviewSettings(ctx, "", "", ids.AgencyID(s.ID))
		}
	case messages.OfCase:
		c, e := r.Case(ctx, ids.CaseID(s.ID))
		if e != nil {
			return facts, nil, e
		}
		m, e := r.Mother(ctx, c.Mother)
		if e != nil {
			return facts, nil, e
		}
		if facts.Case, err = caseFactsOf(ctx, r, a, c, m); err == nil {
			all, err = r.ReviewSettings(ctx, "", c.ID, m.Establishment)
		}
	case messages.OfThread:
		o, e := loadThread(ctx, r, a, ids.ThreadID(s.ID))
		if e != nil {
			return facts, nil, e
		}
		facts = o.to(policy.SetReview)
		all, err = r.ReviewSettings(ctx, o.ID, o.Case, o.Mother.Establishment)
	default:
		return facts, nil, ids.E(ids.Invalid, "Review is set for the estate, an establishment, a case or a conversation.")
	}
	return facts, all, err
}

// ReviewOf returns who reviews what in a scope, to whoever may change it.
func (f *Flow) ReviewOf(ctx context.Context, a ids.Actor, s messages.Scope) (ReviewRules, error) {
	facts, all, err := f.reviewScope(ctx, a, s)
	if err != nil {
		return ReviewRules{}, err
	}
	if err := f.may(ctx, facts, auditID(s.ID)); err != nil {
		return ReviewRules{}, err
	}
	v := ReviewRules{Scope: s, Lines: reviewLines(all, nil)}
	for i, l := range v.Lines {
		for _, x := range all {
			if x.Direction == l.Direction && x.Scope == s {
				v.Lines[i].Own = &x
			}
		}
	}
	set, err := f.st.ReviewAims(ctx)
	v.Aim = aims(set).at(ids.AgencyID(s.ID))
	return v, err
}

// reviewLines says for each direction who reviews it. inForce are a thread's restrictions: what is monitored has one more reviewer.
func reviewLines(all []messages.ReviewSetting, o *openThread) (out []ReviewLine) {
	by := reviewers(all)
	for _, d := range Directions {
		l := ReviewLine{Direction: d}
		facts := policy.Facts{Review: by[d]}
		if o != nil {
			facts = o.facts
			facts.Review = o.safe.review[d]
		}
		l.Order = policy.Reviewers(facts)
		best := 0
		for _, x := range all {
			if w := width[x.Scope.Kind]; x.Direction == d && w > best {
				best, l.From = w, x.Scope.Kind
			}
		}
		out = append(out, l)
	}
	return out
}

// SetReview says who reviews a direction of a scope. What waits already goes on waiting for whom it waits.
func (f *Flow) SetReview(ctx context.Context, a ids.Actor, s messages.ReviewSetting) error {
	if !slices.Contains(Directions, s.Direction) {
		return ids.E(ids.Invalid, "Choose a direction.")
	}
	if s.Nobody {
		s.First, s.Second = "", ""
	}
	if s.Second == s.First {
		s.Second = ""
	}
	if !s.Nobody && !slices.Contains(ReviewerRoles, s.First) || s.Second != "" && !slices.Contains(ReviewerRoles, s.Second) {
		return ids.E(ids.Invalid, "Choose who reviews.")
	}
	first := string(s.First)
	if s.Nobody {
		first = "nobody"
	}
	return f.changeReview(ctx, a, s.Scope, func(tx *store.Tx) (audit.Entry, error) {
		return audit.ReviewSet(string(s.Scope.Kind), s.Scope.ID, string(s.Direction), first, string(s.Second)), tx.SetReview(s, string(a.StaffID()))
	})
}

// UnsetReview takes a setting away, so that the next wider one counts.
func (f *Flow) UnsetReview(ctx context.Context, a ids.Actor, s messages.Scope, d messages.Direction) error {
	return f.changeReview(ctx, a, s, func(tx *store.Tx) (audit.Entry, error) {
		return audit.ReviewSet(string(s.Kind), s.ID, string(d), "unset", ""), tx.UnsetReview(s, d)
	})
}

func (f *Flow) changeReview(ctx context.Context, a ids.Actor, s messages.Scope, change func(*store.Tx) (audit.Entry, error)) error {
	facts, _, err := f.reviewScope(ctx, a, s)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(s.ID), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e, err := change(tx)
		tx.Wake(store.TopicStaff)
		return decided(e.In(facts.Case.ID, facts.Thread.ID), d), err
	})
}

// reviewWords are who reviews a conversation, for staff who may read it; none where nobody can.
func (f *Flow) reviewWords(ctx context.Context, o openThread) ([]ReviewLine, error) {
	if !policy.HasReviewer(o.Channel) || !o.facts.Thread.HasMother || !o.facts.Thread.WithAgency {
		return nil, nil
	}
	all, err := f.st.ReviewSettings(ctx, o.ID, o.Case, o.Mother.Establishment)
	return reviewLines(all, &o), err
}
