package store

import (
	"context"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
)

// AddGoal stores that contact with a child is worked for; when it is worked for already, added is false and that goal's identifier is returned.
func (tx *Tx) AddGoal(g cases.Goal) (id ids.GoalID, added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO contact_goals (id, case_id, child_id, kind, set_at, set_by) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (child_id, kind) WHERE outcome = '' DO NOTHING`, string(g.ID), string(g.Case), string(g.Child), string(g.Kind), micros(tx.now), string(g.SetBy))
	tx.Wake(TopicStaff)
	if err != nil || n == 1 {
		return g.ID, n == 1, err
	}
	return id, false, tx.q.one(tx.ctx, `SELECT id FROM contact_goals WHERE child_id = ? AND kind = ? AND outcome = ''`, []any{string(g.Child), string(g.Kind)}, &id)
}

// EndGoal stores how a goal ended; Conflict when somebody was first.
func (tx *Tx) EndGoal(g cases.Goal) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE contact_goals SET outcome = ?, ended_day = ?, ended = ?, ended_by = ? WHERE id = ? AND outcome = ''`,
		string(g.Outcome), int64(g.On), micros(g.Ended), string(g.EndedBy), string(g.ID))
	if err == nil && n == 0 {
		return ids.Coded(ids.Conflict, "ended", "Somebody has ended this goal already.")
	}
	tx.Wake(TopicStaff)
	return err
}

func (r Reader) goalsWhere(ctx context.Context, where string, args ...any) ([]cases.Goal, error) {
	return all(ctx, r.q, `SELECT id, case_id, child_id, kind, set_at, set_by, outcome, ended_day, ended, ended_by FROM contact_goals WHERE `+where+` ORDER BY set_at, id`, args,
		func(s scanner) (g cases.Goal, err error) {
			return g, s.Scan(&g.ID, &g.Case, &g.Child, &g.Kind, at{&g.Set}, &g.SetBy, &g.Outcome, &g.On, at{&g.Ended}, &g.EndedBy)
		})
}

// Goal returns one goal.
func (r Reader) Goal(ctx context.Context, id ids.GoalID) (cases.Goal, error) {
	gs, err := r.goalsWhere(ctx, `id = ?`, string(id))
	return first(gs, err)
}

// GoalsOfChild returns a child's goals, the first set first.
func (r Reader) GoalsOfChild(ctx context.Context, c ids.ChildID) ([]cases.Goal, error) {
	return r.goalsWhere(ctx, `child_id = ?`, string(c))
}
