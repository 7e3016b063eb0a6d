package store

import (
	"context"
	"fmt"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// SetChair says who runs a meeting.
func (tx *Tx) SetChair(m ids.MeetingID, c ids.ContactID, by ids.StaffID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_chairs (meeting_id, contact_id, chosen, chosen_by) VALUES (?, ?, ?, ?)
		ON CONFLICT (meeting_id) DO UPDATE SET contact_id = excluded.contact_id, chosen = excluded.chosen, chosen_by = excluded.chosen_by`,
		string(m), string(c), micros(tx.now), string(by))
	tx.Wake(TopicStaff)
	return err
}

// Chair returns who runs a meeting where somebody has said so, else "".
func (r Reader) Chair(ctx context.Context, m ids.MeetingID) (c ids.ContactID, err error) {
	err = r.q.one(ctx, `SELECT contact_id FROM meeting_chairs WHERE meeting_id = ?`, []any{string(m)}, &c)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	return c, err
}

// MeetingThread returns the conversation that was begun for a meeting with a person outside ("" = the one of its papers); "" when there is none.
func (r Reader) MeetingThread(ctx context.Context, m ids.MeetingID, c ids.ContactID) (t ids.ThreadID, err error) {
	err = r.q.one(ctx, `SELECT thread_id FROM meeting_threads WHERE meeting_id = ? AND contact_id = ?`, []any{string(m), string(c)}, &t)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	return t, err
}

// SetMeetingThread notes it.
func (tx *Tx) SetMeetingThread(m ids.MeetingID, c ids.ContactID, t ids.ThreadID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_threads (meeting_id, contact_id, thread_id) VALUES (?, ?, ?)
		ON CONFLICT (meeting_id, contact_id) DO UPDATE SET thread_id = excluded.thread_id`, string(m), string(c), string(t))
	return err
}

func answerRow(m ids.MeetingID, writer ids.StaffID, question string) string {
	return fmt.Sprintf("%s/%s/%s", m, writer, question)
}

// KeepAnswer keeps an answer that is not sent yet; empty text removes it.
func (tx *Tx) KeepAnswer(c ids.CaseID, m ids.MeetingID, writer ids.StaffID, question, text string) error {
	if text == "" {
		_, err := tx.q.exec(tx.ctx, `DELETE FROM contribution_answers WHERE meeting_id = ? AND writer = ? AND question = ?`, string(m), string(writer), question)
		return err
	}
	sealed, err := tx.sealText(vault.CaseScope(c), "contribution_answers", answerRow(m, writer, question), "answer", text)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO contribution_answers (meeting_id, writer, question, answer_sealed, changed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id, writer, question) DO UPDATE SET answer_sealed = excluded.answer_sealed, changed = excluded.changed`,
		string(m), string(writer), question, sealed, micros(tx.now))
	return err
}

// SaveAnswer is KeepAnswer as a change by itself, without an audit entry: what she has typed so far is nobody's business, and must not be lost.
func (s *Store) SaveAnswer(ctx context.Context, c ids.CaseID, m ids.MeetingID, writer ids.StaffID, question, text string) error {
	return s.housekeep(ctx, func(tx *Tx) error { return tx.KeepAnswer(c, m, writer, question, text) })
}

// DropAnswers removes what was sent from what is not sent yet.
func (tx *Tx) DropAnswers(m ids.MeetingID, writer ids.StaffID) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM contribution_answers WHERE meeting_id = ? AND writer = ?`, string(m), string(writer))
	return err
}

// Answers returns the answers that are not sent yet, by question.
func (r Reader) Answers(ctx context.Context, c ids.CaseID, m ids.MeetingID, writer ids.StaffID) (map[string]string, error) {
	type row struct {
		question string
		sealed   []byte
	}
	rows, err := all(ctx, r.q, `SELECT question, answer_sealed FROM contribution_answers WHERE meeting_id = ? AND writer = ?`, []any{string(m), string(writer)},
		func(s scanner) (x row, err error) { return x, s.Scan(&x.question, &x.sealed) })
	out := map[string]string{}
	for _, x := range rows {
		if err == nil {
			out[x.question], err = r.openText(ctx, vault.CaseScope(c), "contribution_answers", answerRow(m, writer, x.question), "answer", x.sealed)
		}
	}
	return out, err
}

// AddContribution stores the next version. key makes it unique in its meeting: when there is one with that key already, added is false and that one is returned.
func (tx *Tx) AddContribution(c ids.CaseID, x meetings.Contribution, key string) (kept meetings.Contribution, added bool, err error) {
	if err := tx.LockMeeting(x.Meeting); err != nil {
		return x, false, err
	}
	if old, err := first(tx.contributionsWhere(tx.ctx, c, `meeting_id = ? AND idem_key = ?`, string(x.Meeting), key)); err == nil {
		return old, false, nil
	} else if ids.KindOf(err) != ids.NotFound {
		return x, false, err
	}
	if err := tx.q.one(tx.ctx, `SELECT COALESCE(MAX(version), 0) + 1 FROM contributions WHERE meeting_id = ?`, []any{string(x.Meeting)}, &x.Version); err != nil {
		return x, false, err
	}
	body, err := tx.sealText(vault.CaseScope(c), "contributions", string(x.ID), "body", x.Body)
	if err != nil {
		return x, false, err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO contributions (id, meeting_id, version, writer, body_sealed, contact_id, thread_id, message_id, read_back, given, late, idem_key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(x.ID), string(x.Meeting), x.Version, string(x.Writer), body, string(x.Contact), string(x.Thread), string(x.Message),
		micros(x.ReadBack), micros(x.Given), truth(x.Late), key)
	tx.Wake(TopicStaff)
	return x, true, err
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// SendContribution notes as which message a version went.
func (tx *Tx) SendContribution(x meetings.Contribution) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE contributions SET contact_id = ?, thread_id = ?, message_id = ? WHERE id = ?`, string(x.Contact), string(x.Thread), string(x.Message), string(x.ID))
	tx.Wake(TopicStaff)
	return err
}

func (r Reader) contributionsWhere(ctx context.Context, c ids.CaseID, where string, args ...any) ([]meetings.Contribution, error) {
	list, err := all(ctx, r.q, `SELECT id, meeting_id, version, writer, body_sealed, contact_id, thread_id, message_id, read_back, given, late FROM contributions WHERE `+where, args,
		func(s scanner) (x meetings.Contribution, err error) {
			var body []byte
			var late int64
			err = s.Scan(&x.ID, &x.Meeting, &x.Version, &x.Writer, &body, &x.Contact, &x.Thread, &x.Message, at{&x.ReadBack}, at{&x.Given}, &late)
			x.Body, x.Late = string(body), late != 0 // the body is still sealed
			return x, err
		})
	for i := range list {
		if err == nil {
			list[i].Body, err = r.openText(ctx, vault.CaseScope(c), "contributions", string(list[i].ID), "body", []byte(list[i].Body))
		}
	}
	return list, err
}

// Contributions returns every version of what a mother wants a meeting to hear, the last first.
func (r Reader) Contributions(ctx context.Context, c ids.CaseID, m ids.MeetingID) ([]meetings.Contribution, error) {
	return r.contributionsWhere(ctx, c, `meeting_id = ? ORDER BY version DESC`, string(m))
}

// ContributionOf returns the meeting of which a message is a contribution; "" when it is none.
func (r Reader) ContributionOf(ctx context.Context, m ids.MessageID) (of ids.MeetingID, err error) {
	err = r.q.one(ctx, `SELECT meeting_id FROM contributions WHERE message_id = ?`, []any{string(m)}, &of)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	return of, err
}

func choiceRow(m ids.MeetingID, seq int64) string { return fmt.Sprintf("%s/%d", m, seq) }

// AddChoice stores how a mother wants to take part; the last counts.
func (tx *Tx) AddChoice(c ids.CaseID, m ids.MeetingID, x meetings.Choice) error {
	if err := tx.LockMeeting(m); err != nil {
		return err
	}
	var seq int64
	if err := tx.q.one(tx.ctx, `SELECT COALESCE(MAX(seq), 0) + 1 FROM meeting_choices WHERE meeting_id = ?`, []any{string(m)}, &seq); err != nil {
		return err
	}
	name, err := tx.sealText(vault.CaseScope(c), "meeting_choices", choiceRow(m, seq), "name", x.Name)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO meeting_choices (meeting_id, seq, how, beside, name_sealed, chosen) VALUES (?, ?, ?, ?, ?, ?)`,
		string(m), seq, string(x.How), string(x.Beside), name, micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// Choice returns how a mother wants to take part now; the zero value when she has not said.
func (r Reader) Choice(ctx context.Context, c ids.CaseID, m ids.MeetingID) (x meetings.Choice, err error) {
	var name []byte
	var seq int64
	err = r.q.one(ctx, `SELECT seq, how, beside, name_sealed, chosen, talked FROM meeting_choices WHERE meeting_id = ? ORDER BY seq DESC LIMIT 1`, []any{string(m)},
		&seq, &x.How, &x.Beside, &name, at{&x.Chosen}, at{&x.Talked})
	if ids.KindOf(err) == ids.NotFound {
		return x, nil
	}
	if err == nil {
		x.Name, err = r.openText(ctx, vault.CaseScope(c), "meeting_choices", choiceRow(m, seq), "name", name)
	}
	return x, err
}

// MarkChoiceTalked notes that somebody has talked with her about her last choice; done is false when that was noted before, or she has since chosen otherwise.
func (tx *Tx) MarkChoiceTalked(m ids.MeetingID, by ids.StaffID) (done bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE meeting_choices SET talked = ?, talked_by = ? WHERE meeting_id = ? AND talked = 0 AND how = 'not_there'
		AND seq = (SELECT MAX(seq) FROM meeting_choices WHERE meeting_id = ?)`, micros(tx.now), string(by), string(m), string(m))
	tx.Wake(TopicStaff)
	return n == 1, err
}

// AddReceipt notes when a meeting first came as far as her kiosk or her screen; added is false when that was noted before.
func (tx *Tx) AddReceipt(m ids.MeetingID, what string) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_receipts (meeting_id, what, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, string(m), what, micros(tx.now))
	tx.Wake(TopicStaff)
	return n == 1, err
}

// MeetingReceipts returns when a meeting came to its mother.
func (r Reader) MeetingReceipts(ctx context.Context, mother ids.MotherID, m ids.MeetingID) (x meetings.Receipts, err error) {
	err = r.q.one(ctx, `SELECT COALESCE((SELECT MIN(at) FROM feed WHERE mother_id = ? AND kind = 'meeting' AND ref_id = ?), 0),
		COALESCE((SELECT at FROM meeting_receipts WHERE meeting_id = ? AND what = 'kiosk'), 0), COALESCE((SELECT at FROM meeting_receipts WHERE meeting_id = ? AND what = 'seen'), 0)`,
		[]any{string(mother), string(m), string(m), string(m)}, at{&x.Told}, at{&x.AtKiosk}, at{&x.Seen})
	return x, err
}

// AddLinkOpened notes when a guest's link was first opened; added is false when that was noted before.
func (tx *Tx) AddLinkOpened(p ids.ParticipantID) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO guest_link_opens (participant_id, opened) VALUES (?, ?) ON CONFLICT DO NOTHING`, string(p), micros(tx.now))
	tx.Wake(TopicStaff)
	return n == 1, err
}

// GuestTimes is what became of a guest's link: when it was first opened, and when she first gave the right code. Zero = not yet.
type GuestTimes struct{ Opened, Entered time.Time }

// GuestTimes returns them.
func (r Reader) GuestTimes(ctx context.Context, p ids.ParticipantID) (x GuestTimes, err error) {
	err = r.q.one(ctx, `SELECT COALESCE((SELECT opened FROM guest_link_opens WHERE participant_id = ?), 0),
		COALESCE((SELECT MIN(used) FROM guest_codes WHERE participant_id = ? AND used > 0), 0)`, []any{string(p), string(p)}, at{&x.Opened}, at{&x.Entered})
	return x, err
}
