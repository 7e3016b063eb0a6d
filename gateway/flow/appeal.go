package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// Appeal asks, for the author of a message that was not passed on, that a second person looks at it. It waits again, for somebody who did not decide
// first: of the same role where there is another one, else of the role that stands in for it.
func (f *Flow) Appeal(ctx context.Context, a ids.Actor, id ids.MessageID) error {
	m, err := f.st.Message(ctx, id)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return err
	}
	facts, _, err := f.reviewerFacts(ctx, o, policy.Appeal, m)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		now, err := tx.Message(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := now.LookAgain(); err != nil {
			return audit.Entry{}, err
		}
		first, err := tx.HoldOfMessage(tx.Context(), id)
		if err != nil {
			return audit.Entry{}, err
		}
		h := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: m.Case, Thread: m.Thread, Message: id, Inbound: m.Inbound, Reason: messages.HoldAppeal,
			Why: "Its author asks that a second person looks at it.", Stage: first.Stage, AppealOf: first.ID}
		if h.ForRole, err = secondPerson(tx, o, m, first); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.AddHold(h); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.SetMessageState(now); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.MessageAppealed(m.Case, m.Thread, id, h.ID).With("first", string(first.ID)), d), f.tellAuthor(tx, now)
	})
}

// standsIn is who decides an appeal when nobody else of the role is there.
var standsIn = map[ids.Role]ids.Role{ids.RolePactWorker: ids.RolePublicProtection, ids.RolePublicProtection: ids.RolePactWorker,
	ids.RoleFamilyWorker: ids.RolePactWorker, ids.RoleOffenderManager: ids.RolePublicProtection}

// secondPerson returns the role for which an appeal waits: the first whose holder, as policy decides, could decide it. When nobody can, it waits for
// the role of the first decision: somebody new may come to the team.
func secondPerson(tx *store.Tx, o openThread, m messages.Message, first messages.Hold) (ids.Role, error) {
	team, err := tx.Team(tx.Context(), o.Case)
	if err != nil {
		return "", err
	}
	there, err := tx.StaffOf(tx.Context(), o.Mother.Establishment)
	if err != nil {
		return "", err
	}
	for _, role := range []ids.Role{first.ForRole, standsIn[first.ForRole]} {
		for _, s := range append(append([]people.Staff{}, team...), there...) {
			if s.Role != role || s.Disabled {
				continue
			}
			theirs := openThread{Thread: o.Thread}
			if err := theirs.load(tx.Context(), tx.Reader, s.Actor()); err != nil {
				return "", err
			}
			f := theirs.about(policy.Review, m)
			f.Review.For, f.Review.Appeal, f.Review.DecidedFirst = role, true, theirs.self.is(s.Actor(), first.DecidedBy)
			if policy.Decide(f).Allowed() {
				return role, nil
			}
		}
	}
	return first.ForRole, nil
}
