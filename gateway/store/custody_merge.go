package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// ofMother are the tables whose rows say by mother_id whose they are, and of which two records' rows do not get in each other's way; the feed is moved by itself.
var ofMother = []string{"cases", "prisoner_numbers", "custody_events", "reading_codes", "support_alerts", "support_plans"}

// MergeMothers moves everything of one record to another that is the same woman's: cases, her part in conversations, what she wrote, what was
// delivered to her, her places in meetings, her numbers and the reports about her; and her feed, behind the other's, in its order. The record that ends stays, with no PIN
// that lets anybody in and no session, so that its number still finds her.
func (tx *Tx) MergeMothers(winner, loser people.Mother) error {
	w, l := string(winner.ID), string(loser.ID)
	// The feed's cursor is taken forward first: it locks the row that goes on, so that nothing comes between.
	var head int64
	if err := tx.q.one(tx.ctx, `UPDATE mothers SET feed_seq = feed_seq + (SELECT COUNT(*) FROM feed WHERE mother_id = ?) WHERE id = ? RETURNING feed_seq - (SELECT COUNT(*) FROM feed WHERE mother_id = ?)`,
		[]any{l, w, l}, &head); err != nil {
		return err
	}
	for _, s := range []struct {
		text string
		args []any
	}{
		{`UPDATE feed SET mother_id = ?, seq = seq + ? WHERE mother_id = ?`, []any{w, head, l}},
		{`DELETE FROM thread_parties WHERE kind = 'mother' AND party_id = ? AND thread_id IN (SELECT thread_id FROM thread_parties WHERE kind = 'mother' AND party_id = ?)`, []any{l, w}},
		{`UPDATE thread_parties SET party_id = ? WHERE kind = 'mother' AND party_id = ?`, []any{w, l}},
		{`UPDATE messages SET author_id = ? WHERE author_kind = 'mother' AND author_id = ?`, []any{w, l}},
		{`UPDATE deliveries SET recipient_id = ? WHERE recipient_kind = 'mother' AND recipient_id = ?`, []any{w, l}},
		{`UPDATE participants SET person_id = ?, name = ? WHERE kind = 'mother' AND person_id = ?`, []any{w, winner.Name, l}},
		// Of two open plans one goes on.
		{`UPDATE support_plans SET closed = ?, closed_by = 'merged' WHERE mother_id = ? AND closed = 0 AND EXISTS (SELECT 1 FROM support_plans WHERE mother_id = ? AND closed = 0)`,
			[]any{micros(tx.now), l, w}},
		{`UPDATE mothers SET merged_into = ? WHERE merged_into = ?`, []any{w, l}},
		{`UPDATE mothers SET merged_into = ?, pin_hash = '', feed_seq = 0, custody = 'released' WHERE id = ?`, []any{w, l}},
	} {
		if _, err := tx.q.exec(tx.ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	for _, table := range ofMother {
		if _, err := tx.q.exec(tx.ctx, `UPDATE `+table+` SET mother_id = ? WHERE mother_id = ?`, w, l); err != nil {
			return err
		}
	}
	if err := tx.mergeBookings(winner.ID, loser.ID); err != nil {
		return err
	}
	tx.Wake(TopicStaff)
	tx.Wake(TopicMother(winner.ID))
	tx.Wake(TopicMother(loser.ID))
	return tx.EndSessionsOf(SessionMother, l)
}

// Reoffer is a meeting that could not take place as planned and whose new time is to be offered.
type Reoffer struct {
	Meeting ids.MeetingID
	Case    ids.CaseID
	Why     string // the effect that freed it
}

// AddReoffer records that a new time must be offered for a meeting; twice changes nothing.
func (tx *Tx) AddReoffer(r Reoffer) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_reoffers (meeting_id, case_id, freed, why) VALUES (?, ?, ?, ?) ON CONFLICT (meeting_id) DO NOTHING`,
		string(r.Meeting), string(r.Case), micros(tx.now), r.Why)
	tx.Wake(TopicStaff)
	return err
}

// SettleReoffer records what became of it ("offered", "not_needed"); Conflict when somebody was first.
func (tx *Tx) SettleReoffer(m ids.MeetingID, by ids.StaffID, outcome string) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE meeting_reoffers SET done = ?, done_by = ?, outcome = ? WHERE meeting_id = ? AND done = 0`, micros(tx.now), string(by), outcome, string(m))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "This was dealt with already.")
	}
	tx.Wake(TopicStaff)
	return err
}

// OpenReoffers returns a case's meetings whose new time is to be offered, the first planned first.
func (r Reader) OpenReoffers(ctx context.Context, c ids.CaseID) ([]Reoffer, error) {
	return all(ctx, r.q, `SELECT o.meeting_id, o.case_id, o.why FROM meeting_reoffers o JOIN meetings m ON m.id = o.meeting_id WHERE o.case_id = ? AND o.done = 0 ORDER BY m.starts, m.id`,
		[]any{string(c)}, func(s scanner) (Reoffer, error) {
			var o Reoffer
			return o, s.Scan(&o.Meeting, &o.Case, &o.Why)
		})
}

// RemoveFromTeam takes a member of staff off a case's team; twice changes nothing.
func (tx *Tx) RemoveFromTeam(c ids.CaseID, s ids.StaffID) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM case_team WHERE case_id = ? AND staff_id = ?`, string(c), string(s))
	tx.Wake(TopicStaff)
	return err
}

// SetWorker makes a member of staff the one who holds a case; she joins its team.
func (tx *Tx) SetWorker(c ids.CaseID, s ids.StaffID) error {
	if _, err := tx.q.exec(tx.ctx, `UPDATE cases SET worker_id = ? WHERE id = ?`, string(s), string(c)); err != nil {
		return err
	}
	tx.Wake(TopicStaff)
	return tx.AddToTeam(c, s)
}
