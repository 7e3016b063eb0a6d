package store

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// AddViews keeps what is recorded of her views beside what was recorded before; it gets the next number.
func (tx *Tx) AddViews(c ids.CaseID, v meetings.Views) error {
	if err := tx.LockMeeting(v.Meeting); err != nil {
		return err
	}
	if err := tx.q.one(tx.ctx, `SELECT COALESCE(MAX(seq), 0) + 1 FROM meeting_views WHERE meeting_id = ?`, []any{string(v.Meeting)}, &v.Seq); err != nil {
		return err
	}
	text, err := tx.sealText(vault.CaseScope(c), "meeting_views", stepKey(v.Meeting, v.Seq), "text", v.Text)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO meeting_views (meeting_id, seq, source, text_sealed, by_id, at) VALUES (?, ?, ?, ?, ?, ?)`,
		string(v.Meeting), v.Seq, string(v.Source), text, string(v.By), micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// MeetingViews returns what was recorded of her views, the first first.
func (r Reader) MeetingViews(ctx context.Context, c ids.CaseID, m ids.MeetingID) ([]meetings.Views, error) {
	list, err := all(ctx, r.q, `SELECT seq, source, text_sealed, by_id, at, disputed, settled, settled_by FROM meeting_views WHERE meeting_id = ? ORDER BY seq`, []any{string(m)},
		func(s scanner) (meetings.Views, error) {
			v := meetings.Views{Meeting: m}
			var text []byte
			err := s.Scan(&v.Seq, &v.Source, &text, &v.By, at{&v.At}, at{&v.Disputed}, at{&v.Settled}, &v.SettledBy)
			v.Text = string(text) // still sealed
			return v, err
		})
	for i := range list {
		v := &list[i]
		if err == nil {
			v.Text, err = r.openText(ctx, vault.CaseScope(c), "meeting_views", stepKey(m, v.Seq), "text", []byte(v.Text))
		}
	}
	return list, err
}

// DisputeViews records that she says it is not what she said; false when she has said so already.
func (tx *Tx) DisputeViews(m ids.MeetingID, seq int64) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE meeting_views SET disputed = ? WHERE meeting_id = ? AND seq = ? AND disputed = 0`, micros(tx.now), string(m), seq)
	tx.Wake(TopicStaff)
	return n == 1, err
}

// SettleViews records that somebody has seen to it; false when that was done, or there is nothing to see to.
func (tx *Tx) SettleViews(m ids.MeetingID, seq int64, by ids.StaffID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE meeting_views SET settled = ?, settled_by = ? WHERE meeting_id = ? AND seq = ? AND disputed <> 0 AND settled = 0`, micros(tx.now), string(by), string(m), seq)
	tx.Wake(TopicStaff)
	return n == 1, err
}

// ViewsDisputed returns the cases' meetings of whose recorded views she says that she did not say them, and nobody has seen to it, the longest waiting first.
func (r Reader) ViewsDisputed(ctx context.Context, of []ids.CaseID) (out []meetings.Views, err error) {
	err = inParts(of, func(list string, args []any) error {
		rows, err := all(ctx, r.q, `SELECT v.meeting_id, v.seq, v.disputed FROM meeting_views v JOIN meetings m ON m.id = v.meeting_id
			WHERE v.disputed <> 0 AND v.settled = 0 AND m.case_id IN `+list+` ORDER BY v.disputed, v.meeting_id, v.seq`, args, func(s scanner) (v meetings.Views, err error) {
			return v, s.Scan(&v.Meeting, &v.Seq, at{&v.Disputed})
		})
		out = append(out, rows...)
		return err
	})
	return out, err
}

// AddMinutes notes that a message brought a meeting's minutes; added is false, and of is the meeting noted, when it was noted before.
func (tx *Tx) AddMinutes(m meetings.Minutes) (of ids.MeetingID, added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_minutes (message_id, meeting_id, by_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING`,
		string(m.Message), string(m.Meeting), string(m.By), micros(tx.now))
	if err != nil || n == 1 {
		tx.Wake(TopicStaff)
		return m.Meeting, n == 1, err
	}
	err = tx.q.one(tx.ctx, `SELECT meeting_id FROM meeting_minutes WHERE message_id = ?`, []any{string(m.Message)}, &of)
	return of, false, err
}

// RemoveMinutes takes that back; false when it was not noted.
func (tx *Tx) RemoveMinutes(m ids.MeetingID, id ids.MessageID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `DELETE FROM meeting_minutes WHERE meeting_id = ? AND message_id = ?`, string(m), string(id))
	tx.Wake(TopicStaff)
	return n == 1, err
}

// MinutesOf returns the messages that brought a meeting's minutes, the first noted first.
func (r Reader) MinutesOf(ctx context.Context, m ids.MeetingID) ([]meetings.Minutes, error) {
	return all(ctx, r.q, `SELECT message_id, meeting_id, by_id, at FROM meeting_minutes WHERE meeting_id = ? ORDER BY at, message_id`, []any{string(m)}, scanMinutes)
}

// MinutesOfCase returns those of all of a case's meetings.
func (r Reader) MinutesOfCase(ctx context.Context, c ids.CaseID) ([]meetings.Minutes, error) {
	return all(ctx, r.q, `SELECT i.message_id, i.meeting_id, i.by_id, i.at FROM meeting_minutes i JOIN meetings m ON m.id = i.meeting_id WHERE m.case_id = ? ORDER BY i.at, i.message_id`,
		[]any{string(c)}, scanMinutes)
}

func scanMinutes(s scanner) (m meetings.Minutes, err error) {
	return m, s.Scan(&m.Message, &m.Meeting, &m.By, at{&m.At})
}

// AddAction stores an action. key makes it unique in its meeting: when there is one with that key already, added is false and that one's identifier is returned.
func (tx *Tx) AddAction(a meetings.Action, key string) (id ids.ActionID, added bool, err error) {
	what, err := tx.sealText(vault.CaseScope(a.Case), "meeting_actions", string(a.ID), "what", a.What)
	if err != nil {
		return "", false, err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_actions (id, meeting_id, case_id, what_sealed, owner_kind, owner_id, due, ask_id, by_id, at, idem_key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (meeting_id, idem_key) DO NOTHING`, string(a.ID), string(a.Meeting), string(a.Case), what, string(a.Kind), a.Owner,
		int64(a.Due), string(a.Ask), string(a.By), micros(tx.now), key)
	if err != nil || n == 1 {
		tx.Wake(TopicStaff)
		return a.ID, n == 1, err
	}
	err = tx.q.one(tx.ctx, `SELECT id FROM meeting_actions WHERE meeting_id = ? AND idem_key = ?`, []any{string(a.Meeting), key}, &id)
	return id, false, err
}

// CloseAction records that an action is done; false when it was already.
func (tx *Tx) CloseAction(id ids.ActionID, by ids.StaffID) (bool, error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE meeting_actions SET done = ?, done_by = ? WHERE id = ? AND done = 0`, micros(tx.now), string(by), string(id))
	tx.Wake(TopicStaff)
	return n == 1, err
}

func (r Reader) actionsWhere(ctx context.Context, where string, args ...any) ([]meetings.Action, error) {
	list, err := all(ctx, r.q, `SELECT id, meeting_id, case_id, what_sealed, owner_kind, owner_id, due, ask_id, by_id, at, done, done_by FROM meeting_actions WHERE `+where, args,
		func(s scanner) (a meetings.Action, err error) {
			var what []byte
			err = s.Scan(&a.ID, &a.Meeting, &a.Case, &what, &a.Kind, &a.Owner, &a.Due, &a.Ask, &a.By, at{&a.At}, at{&a.Done}, &a.DoneBy)
			a.What = string(what) // still sealed
			return a, err
		})
	for i := range list {
		a := &list[i]
		if err == nil {
			a.What, err = r.openText(ctx, vault.CaseScope(a.Case), "meeting_actions", string(a.ID), "what", []byte(a.What))
		}
	}
	return list, err
}

// Action returns one action.
func (r Reader) Action(ctx context.Context, id ids.ActionID) (meetings.Action, error) {
	as, err := r.actionsWhere(ctx, `id = ?`, string(id))
	return first(as, err)
}

// ActionsOf returns a meeting's actions, the one due first first.
func (r Reader) ActionsOf(ctx context.Context, m ids.MeetingID) ([]meetings.Action, error) {
	return r.actionsWhere(ctx, `meeting_id = ? ORDER BY due, id`, string(m))
}

// OpenActions returns what is still to be done in cases, the one due first first.
func (r Reader) OpenActions(ctx context.Context, of []ids.CaseID) (out []meetings.Action, err error) {
	err = inParts(of, func(list string, args []any) error {
		as, err := r.actionsWhere(ctx, `done = 0 AND case_id IN `+list+` ORDER BY due, id`, args...)
		out = append(out, as...)
		return err
	})
	return out, err
}

// AddDebriefNote keeps a note beside those before; it gets the next number, which is returned.
func (tx *Tx) AddDebriefNote(c ids.CaseID, d meetings.DebriefNote) (int64, error) {
	if err := tx.LockMeeting(d.Meeting); err != nil {
		return 0, err
	}
	if err := tx.q.one(tx.ctx, `SELECT COALESCE(MAX(seq), 0) + 1 FROM debrief_notes WHERE meeting_id = ?`, []any{string(d.Meeting)}, &d.Seq); err != nil {
		return 0, err
	}
	note, err := tx.sealText(vault.CaseScope(c), "debrief_notes", stepKey(d.Meeting, d.Seq), "note", d.Note)
	if err != nil {
		return 0, err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO debrief_notes (meeting_id, seq, how, note_sealed, by_id, at) VALUES (?, ?, ?, ?, ?, ?)`,
		string(d.Meeting), d.Seq, string(d.How), note, string(d.By), micros(tx.now))
	return d.Seq, err
}

// DebriefNotes returns a debrief's notes, the first first.
func (r Reader) DebriefNotes(ctx context.Context, c ids.CaseID, m ids.MeetingID) ([]meetings.DebriefNote, error) {
	list, err := all(ctx, r.q, `SELECT seq, how, note_sealed, by_id, at FROM debrief_notes WHERE meeting_id = ? ORDER BY seq`, []any{string(m)}, func(s scanner) (meetings.DebriefNote, error) {
		d := meetings.DebriefNote{Meeting: m}
		var note []byte
		err := s.Scan(&d.Seq, &d.How, &note, &d.By, at{&d.At})
		d.Note = string(note) // still sealed
		return d, err
	})
	for i := range list {
		d := &list[i]
		if err == nil {
			d.Note, err = r.openText(ctx, vault.CaseScope(c), "debrief_notes", stepKey(m, d.Seq), "note", []byte(d.Note))
		}
	}
	return list, err
}

// WithoutMinutes returns the cases' meetings that were held between two times and of which no message brought the minutes, the oldest first.
func (r Reader) WithoutMinutes(ctx context.Context, of []ids.CaseID, from, to time.Time) (out []meetings.Meeting, err error) {
	err = inParts(of, func(list string, args []any) error {
		ms, err := r.meetingsWhere(ctx, `m.case_id IN `+list+` AND m.state IN ('planned', 'ended') AND m.ends > ? AND m.ends < ?
			AND NOT EXISTS (SELECT 1 FROM meeting_minutes i WHERE i.meeting_id = m.id) ORDER BY m.starts, m.id`, append(slices.Clone(args), micros(from), micros(to))...)
		out = append(out, ms...)
		return err
	})
	return out, err
}
