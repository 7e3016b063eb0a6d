package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// AddMeetingStep keeps a step; Conflict when the meeting has one with that number already.
func (tx *Tx) AddMeetingStep(c ids.CaseID, s meetings.Step) error {
	note, err := tx.sealText(vault.CaseScope(c), "meeting_steps", stepKey(s.Meeting, s.Seq), "note", s.Note)
	if err != nil {
		return err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_steps (meeting_id, seq, from_part, to_part, why, note_sealed, by_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(s.Meeting), s.Seq, string(s.From), string(s.To), string(s.Why), note, string(s.By), micros(tx.now))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody else has just changed this.")
	}
	tx.Wake(TopicStaff)
	return err
}

// stepKey names a numbered row of a meeting to the vault.
func stepKey(m ids.MeetingID, seq int64) string { return string(m) + "/" + strconv.FormatInt(seq, 10) }

// MeetingSteps returns a meeting's steps in their order. c is its case.
func (r Reader) MeetingSteps(ctx context.Context, c ids.CaseID, m ids.MeetingID) ([]meetings.Step, error) {
	list, err := all(ctx, r.q, `SELECT seq, from_part, to_part, why, note_sealed, by_id, at FROM meeting_steps WHERE meeting_id = ? ORDER BY seq`, []any{string(m)},
		func(s scanner) (meetings.Step, error) {
			x := meetings.Step{Meeting: m}
			var note []byte
			err := s.Scan(&x.Seq, &x.From, &x.To, &x.Why, &note, &x.By, at{&x.At})
			x.Note = string(note) // still sealed
			return x, err
		})
	for i := range list {
		x := &list[i]
		if err == nil {
			x.Note, err = r.openText(ctx, vault.CaseScope(c), "meeting_steps", stepKey(m, x.Seq), "note", []byte(x.Note))
		}
	}
	return list, err
}

// SetMeetingPart records the part that she had; a later record takes the place of an earlier one.
func (tx *Tx) SetMeetingPart(c ids.CaseID, p meetings.PartRecord) error {
	note, err := tx.sealText(vault.CaseScope(c), "meeting_parts", string(p.Meeting), "note", p.Note)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO meeting_parts (meeting_id, part, why, proven, note_sealed, by_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id) DO UPDATE SET part = excluded.part, why = excluded.why, proven = excluded.proven, note_sealed = excluded.note_sealed, by_id = excluded.by_id, at = excluded.at`,
		string(p.Meeting), string(p.Part), string(p.Why), flag(p.Proven), note, string(p.By), micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// MeetingPart returns the part that she had in a meeting; NotFound while nobody has recorded it.
func (r Reader) MeetingPart(ctx context.Context, c ids.CaseID, m ids.MeetingID) (meetings.PartRecord, error) {
	p := meetings.PartRecord{Meeting: m}
	var note []byte
	var proven int
	err := r.q.one(ctx, `SELECT part, why, proven, note_sealed, by_id, at FROM meeting_parts WHERE meeting_id = ?`, []any{string(m)}, &p.Part, &p.Why, &proven, &note, &p.By, at{&p.At})
	if err != nil {
		return p, err
	}
	p.Proven = proven != 0
	p.Note, err = r.openText(ctx, vault.CaseScope(c), "meeting_parts", string(m), "note", note)
	return p, err
}

// PartsOf returns which part she had in each of the cases' meetings, without the notes, and whether it is proven; those of which nobody has recorded it are missing.
func (r Reader) PartsOf(ctx context.Context, of []ids.CaseID) (map[ids.MeetingID]meetings.PartRecord, error) {
	out := map[ids.MeetingID]meetings.PartRecord{}
	return out, inParts(of, func(list string, args []any) error {
		rows, err := all(ctx, r.q, `SELECT p.meeting_id, p.part, p.why, p.proven, p.by_id, p.at FROM meeting_parts p JOIN meetings m ON m.id = p.meeting_id WHERE m.case_id IN `+list, args,
			func(s scanner) (p meetings.PartRecord, err error) {
				var proven int
				err = s.Scan(&p.Meeting, &p.Part, &p.Why, &proven, &p.By, at{&p.At})
				p.Proven = proven != 0
				return p, err
			})
		for _, p := range rows {
			out[p.Meeting] = p
		}
		return err
	})
}

// PartMissing returns the cases' meetings about children that were over before now and of which nobody has recorded her part, the oldest first; joined says
// whether the room's events have her in it.
func (r Reader) PartMissing(ctx context.Context, of []ids.CaseID, now time.Time) (ms []meetings.Meeting, joined map[ids.MeetingID]bool, err error) {
	joined = map[ids.MeetingID]bool{}
	err = inParts(of, func(list string, args []any) error {
		where := `m.case_id IN ` + list + ` AND m.state IN ('planned', 'ended') AND (m.state = 'ended' OR m.ends < ?)
			AND NOT EXISTS (SELECT 1 FROM meeting_parts p WHERE p.meeting_id = m.id)`
		got, err := r.meetingsWhere(ctx, where+` ORDER BY m.starts, m.id`, append(slices.Clone(args), micros(now))...)
		if err != nil {
			return err
		}
		ms = append(ms, got...)
		in, err := all(ctx, r.q, `SELECT DISTINCT m.id FROM meetings m JOIN participants p ON p.meeting_id = m.id AND p.kind = 'mother' JOIN attendance a ON a.meeting_id = m.id
			AND a.participant_id = p.id AND a.event = 'joined' WHERE `+where, append(slices.Clone(args), micros(now)), func(s scanner) (id ids.MeetingID, err error) { return id, s.Scan(&id) })
		for _, id := range in {
			joined[id] = true
		}
		return err
	})
	return ms, joined, err
}

// SayThere records somebody's word that a participant was there; an empty leg takes it back.
func (tx *Tx) SayThere(m ids.MeetingID, t meetings.There) error {
	tx.Wake(TopicStaff)
	if t.Leg == "" {
		_, err := tx.q.exec(tx.ctx, `DELETE FROM meeting_there WHERE meeting_id = ? AND participant_id = ?`, string(m), string(t.Participant))
		return err
	}
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_there (meeting_id, participant_id, leg, by_id, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id, participant_id) DO UPDATE SET leg = excluded.leg, by_id = excluded.by_id, at = excluded.at`,
		string(m), string(t.Participant), string(t.Leg), string(t.By), micros(tx.now))
	return err
}

// SaidThere returns who was at a meeting by somebody's word.
func (r Reader) SaidThere(ctx context.Context, m ids.MeetingID) ([]meetings.There, error) {
	return all(ctx, r.q, `SELECT participant_id, leg, by_id, at FROM meeting_there WHERE meeting_id = ? ORDER BY participant_id`, []any{string(m)}, func(s scanner) (t meetings.There, err error) {
		return t, s.Scan(&t.Participant, &t.Leg, &t.By, at{&t.At})
	})
}
