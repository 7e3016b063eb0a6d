package store

import (
	"context"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

const askColumns = `id, case_id, thread_id, agency_id, message_id, origin, ref, asked, asked_by, due_day, answered, answered_by, answer_id, stopped, stopped_by,
	promise_id, promise_day`

func scanAsk(r scanner) (cases.Ask, error) {
	var a cases.Ask
	var answeredBy, stoppedBy string
	err := r.Scan(&a.ID, &a.Case, &a.Thread, &a.Agency, &a.Message, &a.Origin, &a.Ref, at{&a.Asked}, &a.AskedBy, &a.Due, at{&a.Answered}, &answeredBy, &a.Ended.Answer,
		at{&a.Ended.Stopped}, &stoppedBy, &a.Promise.Message, &a.Promise.By)
	if a.Ended.By = answeredBy; answeredBy == "" {
		a.Ended.By = stoppedBy
	}
	return a, err
}

// AddAsk stores that an answer is waited for; added is false, and the identifier that of the first, when the same was asked there before.
func (tx *Tx) AddAsk(a cases.Ask) (id ids.AskID, added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO asks (id, case_id, thread_id, agency_id, message_id, origin, ref, asked, asked_by, due_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (thread_id, ref) DO NOTHING`, string(a.ID), string(a.Case), string(a.Thread), string(a.Agency), string(a.Message), string(a.Origin), a.Ref, micros(a.Asked),
		a.AskedBy, int64(a.Due))
	if err != nil || n == 1 {
		tx.Wake(TopicStaff)
		return a.ID, n == 1, err
	}
	return id, false, tx.q.one(tx.ctx, `SELECT id FROM asks WHERE thread_id = ? AND ref = ?`, []any{string(a.Thread), a.Ref}, &id)
}

func (r Reader) asksWhere(ctx context.Context, where string, args ...any) ([]cases.Ask, error) {
	return all(ctx, r.q, `SELECT `+askColumns+` FROM asks WHERE `+where+` ORDER BY due_day, id`, args, scanAsk)
}

// Ask returns one.
func (r Reader) Ask(ctx context.Context, id ids.AskID) (cases.Ask, error) {
	as, err := r.asksWhere(ctx, `id = ?`, string(id))
	return first(as, err)
}

// LockAsk is Ask with the row locked until the commit: an answer and a step of the ladder must not miss each other.
func (tx *Tx) LockAsk(id ids.AskID) (cases.Ask, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE asks SET answered = answered WHERE id = ?`, string(id)); err != nil {
		return cases.Ask{}, err
	}
	return tx.Ask(tx.ctx, id)
}

// OpenAsksOf returns the answers of cases that are waited for.
func (r Reader) OpenAsksOf(ctx context.Context, of []ids.CaseID) (out []cases.Ask, err error) {
	err = inParts(of, func(list string, args []any) error {
		as, err := r.asksWhere(ctx, `case_id IN `+list+` AND answered = 0 AND stopped = 0`, args...)
		out = append(out, as...)
		return err
	})
	return out, err
}

// StepsOfAsks returns the steps of several asks, each ask's in the order in which they were made.
func (r Reader) StepsOfAsks(ctx context.Context, of []ids.AskID) (map[ids.AskID][]cases.AskStep, error) {
	out := map[ids.AskID][]cases.AskStep{}
	return out, inParts(of, func(list string, args []any) error {
		steps, err := r.stepsWhere(ctx, `ask_id IN `+list, args...)
		for _, s := range steps {
			out[s.Ask] = append(out[s.Ask], s)
		}
		return err
	})
}

// AsksOfCase returns every ask of a case, ended ones too.
func (r Reader) AsksOfCase(ctx context.Context, c ids.CaseID) ([]cases.Ask, error) {
	return r.asksWhere(ctx, `case_id = ?`, string(c))
}

// AsksOfThread returns every ask of a conversation, ended ones too.
func (r Reader) AsksOfThread(ctx context.Context, t ids.ThreadID) ([]cases.Ask, error) {
	return r.asksWhere(ctx, `thread_id = ?`, string(t))
}

// UpdateAsk stores its due day, the promise that waits, and how it ended.
func (tx *Tx) UpdateAsk(a cases.Ask) error {
	answeredBy, stoppedBy := "", ""
	if !a.Answered.IsZero() {
		answeredBy = a.Ended.By
	}
	if !a.Ended.Stopped.IsZero() {
		stoppedBy = a.Ended.By
	}
	_, err := tx.q.exec(tx.ctx, `UPDATE asks SET due_day = ?, answered = ?, answered_by = ?, answer_id = ?, stopped = ?, stopped_by = ?, promise_id = ?, promise_day = ? WHERE id = ?`, int64(a.Due),
		micros(a.Answered), answeredBy, string(a.Ended.Answer), micros(a.Ended.Stopped), stoppedBy,
		string(a.Promise.Message), int64(a.Promise.By), string(a.ID))
	tx.Wake(TopicStaff)
	return err
}

// AddAskStep stores a draft; added is false when there is one for that step of that due day, unless that one was passed over because the day had been changed.
func (tx *Tx) AddAskStep(s cases.AskStep) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO ask_steps (id, ask_id, due_day, after_days, rung, state, made, reason_sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (ask_id, due_day, after_days) DO UPDATE SET state = excluded.state, made = excluded.made WHERE ask_steps.state = 'passed'`, string(s.ID), string(s.Ask), int64(s.Due), s.After, string(s.Rung), string(s.State), micros(tx.now), []byte{})
	tx.Wake(TopicStaff)
	return n == 1, err
}

const stepColumns = `id, ask_id, due_day, after_days, rung, state, made, decided, decided_by, thread_id, message_id, reason_sealed`

func (r Reader) stepsWhere(ctx context.Context, where string, args ...any) ([]cases.AskStep, error) {
	list, err := all(ctx, r.q, `SELECT `+stepColumns+` FROM ask_steps WHERE `+where+` ORDER BY made, id`, args, func(s scanner) (cases.AskStep, error) {
		var x cases.AskStep
		var reason []byte
		err := s.Scan(&x.ID, &x.Ask, &x.Due, &x.After, &x.Rung, &x.State, at{&x.Made}, at{&x.Decided}, &x.DecidedBy, &x.Thread, &x.Message, &reason)
		x.Reason = string(reason) // still sealed
		return x, err
	})
	for i := range list {
		x := &list[i]
		if x.Reason == "" || err != nil {
			continue
		}
		a, err := r.Ask(ctx, x.Ask)
		if err != nil {
			return nil, err
		}
		if x.Reason, err = r.openText(ctx, vault.CaseScope(a.Case), "ask_steps", string(x.ID), "reason", []byte(x.Reason)); err != nil {
			return nil, err
		}
	}
	return list, err
}

// AskSteps returns the steps of an ask, in the order in which they were made.
func (r Reader) AskSteps(ctx context.Context, a ids.AskID) ([]cases.AskStep, error) {
	return r.stepsWhere(ctx, `ask_id = ?`, string(a))
}

// AskStep returns one step.
func (r Reader) AskStep(ctx context.Context, id ids.AskStepID) (cases.AskStep, error) {
	list, err := r.stepsWhere(ctx, `id = ?`, string(id))
	return first(list, err)
}

// UpdateAskStep stores how a step was decided. c is the ask's case, whose key seals the reason.
func (tx *Tx) UpdateAskStep(s cases.AskStep, c ids.CaseID) error {
	reason := []byte{}
	if s.Reason != "" {
		var err error
		if reason, err = tx.sealText(vault.CaseScope(c), "ask_steps", string(s.ID), "reason", s.Reason); err != nil {
			return err
		}
	}
	_, err := tx.q.exec(tx.ctx, `UPDATE ask_steps SET state = ?, decided = ?, decided_by = ?, thread_id = ?, message_id = ?, reason_sealed = ? WHERE id = ?`, string(s.State),
		micros(s.Decided), string(s.DecidedBy), string(s.Thread), string(s.Message), reason, string(s.ID))
	tx.Wake(TopicStaff)
	return err
}

// Address limits a message to one contact; it may be called for several.
func (tx *Tx) Address(m ids.MessageID, c ids.ContactID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO message_audience (message_id, contact_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, string(m), string(c))
	return err
}

// Audience returns the contacts whom a message is limited to; none when it goes to everybody in the conversation.
func (r Reader) Audience(ctx context.Context, m ids.MessageID) ([]ids.ContactID, error) {
	return all(ctx, r.q, `SELECT contact_id FROM message_audience WHERE message_id = ?`, []any{string(m)},
		func(s scanner) (ids.ContactID, error) { var c ids.ContactID; return c, s.Scan(&c) })
}
