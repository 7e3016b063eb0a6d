package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store/vault"
)

// AddRequest stores a request. When its message asks the same for the same child already, that one's identifier is returned and added is false.
func (tx *Tx) AddRequest(r requests.Request) (id ids.RequestID, added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO requests (id, case_id, thread_id, message_id, child_id, kind, by_her, due_day, closes, made, made_kind, made_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id, kind, child_id) DO NOTHING`, string(r.ID), string(r.Case), string(r.Thread), string(r.Message),
		string(r.Child), string(r.Kind), flag(r.ByHer), int64(r.Due), flag(r.Closes), micros(tx.now), string(r.MadeBy.Kind), r.MadeBy.ID)
	if err != nil || n > 0 {
		tx.Wake(TopicStaff)
		return r.ID, n > 0, err
	}
	err = tx.q.one(tx.ctx, `SELECT id FROM requests WHERE message_id = ? AND kind = ? AND child_id = ?`, []any{string(r.Message), string(r.Kind), string(r.Child)}, &id)
	return id, false, err
}

const requestColumns = `id, case_id, thread_id, message_id, child_id, kind, by_her, due_day, closes, made, made_kind, made_by, withdrawn, settled, settled_by`

func scanRequest(s scanner) (r requests.Request, err error) {
	err = s.Scan(&r.ID, &r.Case, &r.Thread, &r.Message, &r.Child, &r.Kind, &r.ByHer, &r.Due, &r.Closes, at{&r.Made}, &r.MadeBy.Kind, &r.MadeBy.ID, at{&r.Withdrawn},
		at{&r.Settled}, &r.SettledBy)
	return r, err
}

func (r Reader) requestsWhere(ctx context.Context, where string, args ...any) ([]requests.Request, error) {
	return all(ctx, r.q, `SELECT `+requestColumns+` FROM requests WHERE `+where+` ORDER BY made, id`, args, scanRequest)
}

// Request returns one request.
func (r Reader) Request(ctx context.Context, id ids.RequestID) (requests.Request, error) {
	rs, err := r.requestsWhere(ctx, `id = ?`, string(id))
	return first(rs, err)
}

// LockRequest is Request with the row locked until the commit, so that of two answers the later sees the earlier.
func (tx *Tx) LockRequest(id ids.RequestID) (requests.Request, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE requests SET kind = kind WHERE id = ?`, string(id)); err != nil {
		return requests.Request{}, err
	}
	return tx.Request(tx.ctx, id)
}

// RequestsOfCase returns a case's requests, the oldest first.
func (r Reader) RequestsOfCase(ctx context.Context, c ids.CaseID) ([]requests.Request, error) {
	return r.requestsWhere(ctx, `case_id = ?`, string(c))
}

// RequestsOfMessage returns what a message asks.
func (r Reader) RequestsOfMessage(ctx context.Context, m ids.MessageID) ([]requests.Request, error) {
	return r.requestsWhere(ctx, `message_id = ?`, string(m))
}

// UpdateRequest stores what has become of a request.
func (tx *Tx) UpdateRequest(r requests.Request) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE requests SET withdrawn = ?, settled = ?, settled_by = ? WHERE id = ?`, micros(r.Withdrawn), micros(r.Settled), string(r.SettledBy), string(r.ID))
	tx.Wake(TopicStaff)
	return err
}

// AddAnswer stores an answer with the words that were shown before it.
func (tx *Tx) AddAnswer(c ids.CaseID, a requests.Answer, shown string) error {
	sealed, err := tx.sealText(vault.CaseScope(c), "request_answers", string(a.ID), "shown", shown)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO request_answers (id, request_id, case_id, says, message_id, at, shown_sealed, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, string(a.ID),
		string(a.Request), string(c), string(a.Says), string(a.Message), micros(tx.now), sealed, a.Entry)
	tx.Wake(TopicStaff)
	return err
}

func (r Reader) answersWhere(ctx context.Context, where string, args ...any) ([]requests.Answer, error) {
	return all(ctx, r.q, `SELECT id, request_id, says, message_id, at, talked, entry FROM request_answers WHERE `+where+` ORDER BY at, id`, args, func(s scanner) (a requests.Answer, err error) {
		err = s.Scan(&a.ID, &a.Request, &a.Says, &a.Message, at{&a.At}, at{&a.Talked}, &a.Entry)
		return a, err
	})
}

// AnswersOf returns the answers to a request, the oldest first.
func (r Reader) AnswersOf(ctx context.Context, id ids.RequestID) ([]requests.Answer, error) {
	return r.answersWhere(ctx, `request_id = ?`, string(id))
}

// AnswersOfCase returns every answer in a case, the oldest first.
func (r Reader) AnswersOfCase(ctx context.Context, c ids.CaseID) ([]requests.Answer, error) {
	return r.answersWhere(ctx, `case_id = ?`, string(c))
}

// AnswerShown returns the words that were shown before an answer.
func (r Reader) AnswerShown(ctx context.Context, c ids.CaseID, id ids.AnswerID) (string, error) {
	var sealed []byte
	if err := r.q.one(ctx, `SELECT shown_sealed FROM request_answers WHERE id = ?`, []any{string(id)}, &sealed); err != nil {
		return "", err
	}
	return r.openText(ctx, vault.CaseScope(c), "request_answers", string(id), "shown", sealed)
}

// MarkTalked notes that somebody has talked with her about every answer to a request that asked for it.
func (tx *Tx) MarkTalked(id ids.RequestID) (changed bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE request_answers SET talked = ? WHERE request_id = ? AND says = 'talk' AND talked = 0`, micros(tx.now), string(id))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// AskPrint notes that she wants her record on paper; asked is false when that is noted already and she has not been given it.
func (tx *Tx) AskPrint(c ids.CaseID) (asked bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO print_asks (case_id, asked) VALUES (?, ?) ON CONFLICT DO NOTHING`, string(c), micros(tx.now))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// GivePrint notes that she has been given it; given is false when nothing was asked.
func (tx *Tx) GivePrint(c ids.CaseID) (given bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE print_asks SET given = ? WHERE case_id = ? AND given = 0`, micros(tx.now), string(c))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// PrintAsked returns since when she waits for her record on paper; the zero time when she does not.
func (r Reader) PrintAsked(ctx context.Context, c ids.CaseID) (time.Time, error) {
	ts, err := all(ctx, r.q, `SELECT asked FROM print_asks WHERE case_id = ? AND given = 0`, []any{string(c)}, func(s scanner) (t time.Time, err error) {
		return t, s.Scan(at{&t})
	})
	if err != nil || len(ts) == 0 {
		return time.Time{}, err
	}
	return ts[0], nil
}

// ofStaff narrows to the cases that a member of staff is on the team of, or holds.
const ofStaff = `(SELECT case_id FROM case_team WHERE staff_id = ? UNION SELECT id FROM cases WHERE worker_id = ?)`

// TalkTasks returns the requests in a member of staff's cases whose last answer is that she wants to talk first, and about which nobody has talked with
// her yet; the oldest first.
func (r Reader) TalkTasks(ctx context.Context, s ids.StaffID) ([]ids.RequestID, error) {
	return all(ctx, r.q, `SELECT a.request_id FROM request_answers a WHERE a.says = 'talk' AND a.talked = 0 AND a.case_id IN `+ofStaff+`
		AND NOT EXISTS (SELECT 1 FROM request_answers b WHERE b.request_id = a.request_id AND (b.at > a.at OR b.at = a.at AND b.id > a.id)) ORDER BY a.at, a.id`,
		[]any{string(s), string(s)}, func(s scanner) (id ids.RequestID, err error) { return id, s.Scan(&id) })
}

// PrintAsk is a mother's wish to have her record on paper.
type PrintAsk struct {
	Case  ids.CaseID
	Asked time.Time
}

// PrintAsks returns the open ones in a member of staff's cases, the oldest first.
func (r Reader) PrintAsks(ctx context.Context, s ids.StaffID) ([]PrintAsk, error) {
	return all(ctx, r.q, `SELECT case_id, asked FROM print_asks WHERE given = 0 AND case_id IN `+ofStaff+` ORDER BY asked, case_id`, []any{string(s), string(s)},
		func(s scanner) (p PrintAsk, err error) { return p, s.Scan(&p.Case, at{&p.Asked}) })
}
