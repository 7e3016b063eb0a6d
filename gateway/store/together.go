package store

import (
	"context"

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
	_, err = tx.q.exec(tx.ctx, `INSERT INTO reading_together (message_id, thread_id, case_id, marked, marked_by, hint, unmarked, unmarked_by, supporter, booked_for, place,
		opened, opened_by, went, note_sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (message_id) DO UPDATE SET marked = excluded.marked, marked_by = excluded.marked_by, hint = excluded.hint, unmarked = excluded.unmarked,
		unmarked_by = excluded.unmarked_by, supporter = excluded.supporter, booked_for = excluded.booked_for, place = excluded.place, opened = excluded.opened,
		opened_by = excluded.opened_by, went = excluded.went, note_sealed = excluded.note_sealed`,
		string(t.Message), string(t.Thread), string(t.Case), micros(t.Marked), t.MarkedBy, t.Hint, micros(t.Unmarked), string(t.Unmarker), string(t.Supporter), micros(t.BookedFor),
		t.Place, micros(t.Opened), string(t.OpenedBy), t.Went, note)
	tx.Wake(TopicStaff)
	return err
}

func (r Reader) togetherWhere(ctx context.Context, where string, args ...any) ([]messages.Together, error) {
	ts, err := all(ctx, r.q, `SELECT message_id, thread_id, case_id, marked, marked_by, hint, unmarked, unmarked_by, supporter, booked_for, place, opened, opened_by, went, note_sealed
		FROM reading_together WHERE `+where, args, func(s scanner) (messages.Together, error) {
		var t messages.Together
		var note []byte
		err := s.Scan(&t.Message, &t.Thread, &t.Case, at{&t.Marked}, &t.MarkedBy, &t.Hint, at{&t.Unmarked}, &t.Unmarker, &t.Supporter, at{&t.BookedFor}, &t.Place,
			at{&t.Opened}, &t.OpenedBy, &t.Went, &note)
		t.Note = string(note) // still sealed
		return t, err
	})
	for i := range ts {
		if ts[i].Note, err = r.openText(ctx, vault.CaseScope(ts[i].Case), "reading_together", string(ts[i].Message), "note", []byte(ts[i].Note)); err != nil {
			return nil, err
		}
	}
	return ts, err
}

// TogetherOfThread returns what is, or was, to be read together in a thread.
func (r Reader) TogetherOfThread(ctx context.Context, t ids.ThreadID) ([]messages.Together, error) {
	return remember(ctx, r.q, "together/"+string(t), func() ([]messages.Together, error) { return r.togetherWhere(ctx, `thread_id = ?`, string(t)) })
}

// TogetherDue returns what is still to be read together in a case, the oldest first.
func (r Reader) TogetherDue(ctx context.Context, c ids.CaseID) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `case_id = ? AND opened = 0 AND unmarked = 0 ORDER BY marked, message_id`, string(c))
}
