package store

import (
	"context"
	"strconv"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// MoveMeeting gives a planned meeting other times, keeps those it had with the reason, and returns its new revision and version of times. What its guests
// have answered was to the old times: all are asked anew. Unspent codes of invitations live as long as the room. Conflict when it is no longer planned.
func (tx *Tx) MoveMeeting(m meetings.Meeting, starts, ends time.Time, by ids.StaffID, why string) (moved meetings.Meeting, err error) {
	moved = m
	moved.Starts, moved.Ends = starts, ends
	err = tx.q.one(tx.ctx, `UPDATE meetings SET starts = ?, ends = ?, revision = revision + 1, sequence = sequence + 1 WHERE id = ? AND state = 'planned' RETURNING revision, sequence`,
		[]any{micros(starts), micros(ends), string(m.ID)}, &moved.Revision, &moved.Sequence)
	if ids.KindOf(err) == ids.NotFound {
		return m, ids.E(ids.Conflict, "This meeting was cancelled or has ended already.")
	}
	if err != nil {
		return m, err
	}
	row := string(m.ID) + "/" + strconv.Itoa(moved.Sequence)
	sealed, err := tx.sealText(vault.CaseScope(m.Case), "meeting_moves", row, "why", why)
	if err != nil {
		return m, err
	}
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_moves (meeting_id, sequence, starts, ends, moved, moved_by, why_sealed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(m.ID), moved.Sequence, micros(m.Starts), micros(m.Ends), micros(tx.now), string(by), sealed); err != nil {
		return m, err
	}
	if _, err := tx.q.exec(tx.ctx, `UPDATE participants SET answer = '', answer_at = 0, answer_sequence = 0, answer_stamp = 0, answer_starts = 0, answer_ends = 0, answer_sealed = NULL
		WHERE meeting_id = ?`, string(m.ID)); err != nil {
		return m, err
	}
	_, err = tx.q.exec(tx.ctx, `UPDATE guest_codes SET expires = ? WHERE purpose = 'invited' AND used = 0 AND expires = ? AND participant_id IN (SELECT id FROM participants WHERE meeting_id = ?)`,
		micros(moved.RoomCloses()), micros(m.RoomCloses()), string(m.ID))
	tx.Wake(TopicStaff)
	return moved, err
}

// MovesOf returns how often a meeting was moved, the last first.
func (r Reader) MovesOf(ctx context.Context, m meetings.Meeting) ([]meetings.Move, error) {
	ms, err := all(ctx, r.q, `SELECT sequence, starts, ends, moved, moved_by, why_sealed FROM meeting_moves WHERE meeting_id = ? ORDER BY sequence DESC`, []any{string(m.ID)},
		func(s scanner) (v meetings.Move, err error) {
			var why []byte
			err = s.Scan(&v.Sequence, at{&v.Starts}, at{&v.Ends}, at{&v.At}, &v.By, &why)
			v.Why = string(why) // still sealed
			return v, err
		})
	for i := range ms {
		row := string(m.ID) + "/" + strconv.Itoa(ms[i].Sequence)
		if ms[i].Why, err = r.openText(ctx, vault.CaseScope(m.Case), "meeting_moves", row, "why", []byte(ms[i].Why)); err != nil {
			return nil, err
		}
	}
	return ms, err
}

// ParticipantByAnswerToken finds the guest whose calendar's answers an address of ours takes.
func (r Reader) ParticipantByAnswerToken(ctx context.Context, token ids.AddressTokenID) (meetings.Participant, error) {
	if token == "" {
		return meetings.Participant{}, ids.ErrNotFound
	}
	ps, err := r.participantsWhere(ctx, `p.answer_token = ?`, string(token))
	return first(ps, err)
}

// SetGuestAnswer records what a guest's calendar has said.
func (tx *Tx) SetGuestAnswer(c ids.CaseID, p ids.ParticipantID, a meetings.GuestAnswer) error {
	sealed, err := tx.sealText(vault.CaseScope(c), "participants", string(p), "answer", a.Comment)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `UPDATE participants SET answer = ?, answer_at = ?, answer_sequence = ?, answer_stamp = ?, answer_starts = ?, answer_ends = ?, answer_sealed = ? WHERE id = ?`,
		string(a.Answer), micros(a.At), a.Sequence, micros(a.Stamp), micros(a.Starts), micros(a.Ends), sealed, string(p))
	tx.Wake(TopicStaff)
	return err
}
