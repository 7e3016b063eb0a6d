package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store/vault"
)

// KeepTogether stores that a message is to be read together, or how far that has come.
func (tx *Tx) KeepTogether(t messages.Together) error {
	note, err := tx.sealText(vault.CaseScope(t.Case), "reading_together", string(t.Message), "note", t.Note)
	if err != nil {
		return err
	}
	why, err := tx.sealText(vault.CaseScope(t.Case), "reading_together", string(t.Message), "why_unmarked", t.WhyNot)
	if err != nil {
		return err
	}
	b := t.Booking
	_, err = tx.q.exec(tx.ctx, `INSERT INTO reading_together (message_id, thread_id, case_id, marked, marked_by, hint, unmarked, unmarked_by, why_unmarked_sealed, supporter, booked_by,
		booked_for, place, booked_at, opened, opened_by, went, note_sealed, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (message_id) DO UPDATE SET marked = excluded.marked, marked_by = excluded.marked_by, hint = excluded.hint, unmarked = excluded.unmarked,
		unmarked_by = excluded.unmarked_by, why_unmarked_sealed = excluded.why_unmarked_sealed, supporter = excluded.supporter, booked_by = excluded.booked_by,
		booked_for = excluded.booked_for, place = excluded.place, booked_at = excluded.booked_at, opened = excluded.opened, opened_by = excluded.opened_by,
		went = excluded.went, note_sealed = excluded.note_sealed, recorded = excluded.recorded`,
		string(t.Message), string(t.Thread), string(t.Case), micros(t.Marked), t.MarkedBy, t.Hint, micros(t.Unmarked), string(t.Unmarker), why, string(b.Supporter), string(b.By),
		micros(b.For), b.Place, string(b.At), micros(t.Opened), string(t.OpenedBy), string(t.Went), note, micros(t.Recorded))
	if err == nil && !b.For.IsZero() {
		err = tx.addMovement(MovementOf{Message: t.Message})
	}
	tx.Wake(TopicStaff)
	return err
}

// LockTogether returns what is known of reading a message together, with the message's row locked until the commit: of two changes to it, and of
// one and the message's release, the later sees the earlier. The zero value is that it was never marked.
func (tx *Tx) LockTogether(m ids.MessageID) (t messages.Together, err error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE messages SET state = state WHERE id = ?`, string(m)); err != nil {
		return t, err
	}
	return tx.TogetherOf(tx.ctx, m)
}

// TogetherOf returns what is known of reading a message together; the zero value when it was never marked.
func (r Reader) TogetherOf(ctx context.Context, m ids.MessageID) (messages.Together, error) {
	ts, err := r.togetherWhere(ctx, `message_id = ?`, string(m))
	if err != nil || len(ts) == 0 {
		return messages.Together{}, err
	}
	return ts[0], nil
}

func (r Reader) togetherWhere(ctx context.Context, where string, args ...any) ([]messages.Together, error) {
	ts, err := all(ctx, r.q, `SELECT message_id, thread_id, case_id, marked, marked_by, hint, unmarked, unmarked_by, why_unmarked_sealed, supporter, booked_by, booked_for, place,
		booked_at, opened, opened_by, went, note_sealed, recorded FROM reading_together WHERE `+where, args, func(s scanner) (messages.Together, error) {
		var t messages.Together
		var note, why []byte
		b := &t.Booking
		err := s.Scan(&t.Message, &t.Thread, &t.Case, at{&t.Marked}, &t.MarkedBy, &t.Hint, at{&t.Unmarked}, &t.Unmarker, &why, &b.Supporter, &b.By, at{&b.For}, &b.Place,
			&b.At, at{&t.Opened}, &t.OpenedBy, &t.Went, &note, at{&t.Recorded})
		t.Note, t.WhyNot = string(note), string(why) // still sealed
		return t, err
	})
	if err != nil {
		return nil, err
	}
	for i := range ts {
		t := &ts[i]
		scope, row := vault.CaseScope(t.Case), string(t.Message)
		if t.Note, err = r.openText(ctx, scope, "reading_together", row, "note", []byte(t.Note)); err != nil {
			return nil, err
		}
		if t.WhyNot, err = r.openText(ctx, scope, "reading_together", row, "why_unmarked", []byte(t.WhyNot)); err != nil {
			return nil, err
		}
	}
	return ts, nil
}

// TogetherOfThread returns what is, or was, to be read together in a thread.
func (r Reader) TogetherOfThread(ctx context.Context, t ids.ThreadID) ([]messages.Together, error) {
	return remember(ctx, r.q, "together/"+string(t), func() ([]messages.Together, error) { return r.togetherWhere(ctx, `thread_id = ?`, string(t)) })
}

// TogetherDue returns what is still to be read together in a case, and what was read of which nobody has said yet how it went, the oldest first.
func (r Reader) TogetherDue(ctx context.Context, c ids.CaseID) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `case_id = ? AND unmarked = 0 AND (opened = 0 OR recorded = 0) ORDER BY marked, message_id`, string(c))
}

// TogetherOpen returns what TogetherDue does of every case on whose team somebody is.
func (r Reader) TogetherOpen(ctx context.Context, s ids.StaffID) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `unmarked = 0 AND (opened = 0 OR recorded = 0) AND case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?) ORDER BY marked, message_id`, string(s))
}

// TogetherBooked returns the bookings of an establishment that begin after a time, the next first.
func (r Reader) TogetherBooked(ctx context.Context, establishment ids.AgencyID, after time.Time) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `booked_at = ? AND booked_for > ? AND unmarked = 0 ORDER BY booked_for, message_id`, string(establishment), micros(after))
}

// ReadingsWith returns the bookings with a supporter that begin between two times, the next first.
func (r Reader) ReadingsWith(ctx context.Context, s ids.StaffID, from, to time.Time) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `supporter = ? AND booked_for > ? AND booked_for < ? AND unmarked = 0 ORDER BY booked_for, message_id`, string(s), micros(from), micros(to))
}

// ShowThread makes a conversation known that began quietly.
func (tx *Tx) ShowThread(t ids.ThreadID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE threads SET quiet = 0 WHERE id = ?`, string(t))
	return err
}
