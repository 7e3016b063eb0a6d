package store

import (
	"context"
	"encoding/json"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// AddHandover stores a proposed handover; an open one for the same reason and successor stays as it is and added is false.
func (tx *Tx) AddHandover(h cases.Handover) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO handovers (id, case_id, thread_id, contact_id, reason, name, email, phone, inbound_id, proposed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, string(h.ID), string(h.Case), string(h.Thread), string(h.From), string(h.Reason),
		h.Successor.Name, h.Successor.Email, h.Successor.Phone, string(h.Inbound), micros(tx.now))
	tx.Wake(TopicStaff)
	return n > 0, err
}

const handoverColumns = `id, case_id, thread_id, contact_id, reason, name, email, phone, inbound_id, proposed, decided, decided_by, outcome, to_contact`

func scanHandover(r scanner) (cases.Handover, error) {
	var h cases.Handover
	return h, r.Scan(&h.ID, &h.Case, &h.Thread, &h.From, &h.Reason, &h.Successor.Name, &h.Successor.Email, &h.Successor.Phone, &h.Inbound,
		at{&h.Proposed}, at{&h.Decided}, &h.DecidedBy, &h.Outcome, &h.To)
}

func (r Reader) handoversWhere(ctx context.Context, where string, args ...any) ([]cases.Handover, error) {
	return all(ctx, r.q, `SELECT `+handoverColumns+` FROM handovers WHERE `+where, args, scanHandover)
}

// Handover returns one handover.
func (r Reader) Handover(ctx context.Context, id ids.HandoverID) (cases.Handover, error) {
	hs, err := r.handoversWhere(ctx, `id = ?`, string(id))
	return first(hs, err)
}

// LockHandover is Handover with the row locked until the commit, so that of two decisions the later sees the earlier.
func (tx *Tx) LockHandover(id ids.HandoverID) (cases.Handover, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE handovers SET outcome = outcome WHERE id = ?`, string(id)); err != nil {
		return cases.Handover{}, err
	}
	return tx.Handover(tx.ctx, id)
}

// OpenHandovers returns a case's undecided handovers, oldest first.
func (r Reader) OpenHandovers(ctx context.Context, c ids.CaseID) ([]cases.Handover, error) {
	return r.handoversWhere(ctx, `case_id = ? AND decided = 0 ORDER BY proposed, id`, string(c))
}

// CandidateHandovers returns the open handovers of the cases that a member of staff could have to do with, oldest first.
func (r Reader) CandidateHandovers(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]cases.Handover, error) {
	return r.handoversWhere(ctx, `case_id IN `+candidateIDs+` AND decided = 0 ORDER BY proposed, id`, string(agency), string(s))
}

// HandoversOfMail returns the handovers that an email proposed, oldest first.
func (r Reader) HandoversOfMail(ctx context.Context, in ids.InboundID) ([]cases.Handover, error) {
	return r.handoversWhere(ctx, `inbound_id = ? ORDER BY proposed, id`, string(in))
}

// DecideHandover stores a decision.
func (tx *Tx) DecideHandover(h cases.Handover) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE handovers SET decided = ?, decided_by = ?, outcome = ?, to_contact = ? WHERE id = ?`,
		micros(h.Decided), string(h.DecidedBy), string(h.Outcome), string(h.To), string(h.ID))
	tx.Wake(TopicStaff)
	return err
}

// SetAbsence stores what a contact's mailbox says of her; it replaces what it said before.
func (tx *Tx) SetAbsence(a people.Absence) error {
	list, err := json.Marshal(a.Colleagues)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO absences (contact_id, away_until, has_left, colleagues, learnt, inbound_id) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (contact_id) DO UPDATE SET away_until = excluded.away_until, has_left = excluded.has_left, colleagues = excluded.colleagues,
		learnt = excluded.learnt, inbound_id = excluded.inbound_id`,
		string(a.Contact), micros(a.Until), flag(a.Left), string(list), micros(tx.now), string(a.Inbound))
	tx.Wake(TopicStaff)
	return err
}

// Absence returns what a contact's mailbox last said; ids.ErrNotFound when it never said anything.
func (r Reader) Absence(ctx context.Context, c ids.ContactID) (people.Absence, error) {
	a := people.Absence{Contact: c}
	var list string
	err := r.q.one(ctx, `SELECT away_until, has_left, colleagues, learnt, inbound_id FROM absences WHERE contact_id = ?`, []any{string(c)},
		at{&a.Until}, &a.Left, &list, at{&a.Learnt}, &a.Inbound)
	if err == nil && list != "" {
		err = json.Unmarshal([]byte(list), &a.Colleagues)
	}
	return a, err
}

// AutomaticMailSince counts the automatic mail of a thread ("" = of none) since a time, noted or held.
func (r Reader) AutomaticMailSince(ctx context.Context, t ids.ThreadID, since time.Time) (n int, err error) {
	return n, r.q.one(ctx, `SELECT COUNT(*) FROM inbound_mail m WHERE m.thread_id = ? AND m.received >= ? AND m.message_id = '' AND (m.state = 'noted'
		OR EXISTS (SELECT 1 FROM holds h WHERE h.inbound_id = m.id AND h.reason = 'auto_reply'))`, []any{string(t), micros(since)}, &n)
}
