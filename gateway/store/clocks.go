package store

import (
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/workdays"
)

// ChildScope says whose children a question is about.
type ChildScope struct {
	where string // of the table children as k
	args  []any
}

// ChildrenOfCase are those of one case.
func ChildrenOfCase(c ids.CaseID) ChildScope {
	return ChildScope{`k.case_id = ?`, []any{string(c)}}
}

// ChildrenOfCandidates are those of every case that a member of staff could have to do with. It narrows the search; policy decides for each.
func ChildrenOfCandidates(s ids.StaffID, agency ids.AgencyID) ChildScope {
	return ChildScope{`k.case_id IN ` + candidateIDs, []any{string(agency), string(s)}}
}

// ChildrenInCare returns the children of whom a day is known from which meetings are due, by name.
func (r Reader) ChildrenInCare(ctx context.Context, s ChildScope) ([]cases.Child, error) {
	return all(ctx, r.q, `SELECT `+childColumns+` FROM children k WHERE (k.looked_after <> 0 OR k.strategy <> 0 OR k.plan <> 0) AND `+s.where+` ORDER BY k.name, k.id`, s.args, scanChild)
}

// AboutChild is a meeting about a child: our own with its times and state, or one that was held elsewhere on a day.
type AboutChild struct {
	Child   ids.ChildID
	Kind    meetings.Kind
	Starts  time.Time
	Ends    time.Time
	State   meetings.State
	Invited bool         // the mother is invited to it
	Day     workdays.Day // of a meeting elsewhere; 0 = it is our own
}

// MeetingsAbout returns the meetings about the children that were not called off, with those held elsewhere.
func (r Reader) MeetingsAbout(ctx context.Context, s ChildScope) ([]AboutChild, error) {
	return all(ctx, r.q, `SELECT a.child_id, m.kind, m.starts, m.ends, m.state, 0,
			(SELECT COUNT(*) FROM participants p WHERE p.meeting_id = m.id AND p.kind = 'mother' AND p.removed = 0)
			FROM children k JOIN meeting_about a ON a.child_id = k.id JOIN meetings m ON m.id = a.meeting_id WHERE m.state IN ('planned', 'ended') AND `+s.where+`
		UNION ALL SELECT a.child_id, e.kind, 0, 0, '', e.day, CASE WHEN e.part = 'none' THEN 0 ELSE 1 END
			FROM children k JOIN meeting_elsewhere_about a ON a.child_id = k.id JOIN meetings_elsewhere e ON e.id = a.meeting_id WHERE e.withdrawn = 0 AND `+s.where,
		append(append([]any{}, s.args...), s.args...), func(sc scanner) (AboutChild, error) {
			var a AboutChild
			var invited int
			err := sc.Scan(&a.Child, &a.Kind, at{&a.Starts}, at{&a.Ends}, &a.State, &a.Day, &invited)
			a.Invited = invited > 0
			return a, err
		})
}

// AddMeetingAbout notes that a meeting is about a child; twice changes nothing.
func (tx *Tx) AddMeetingAbout(m ids.MeetingID, c ids.ChildID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_about (meeting_id, child_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, string(m), string(c))
	return err
}

// MeetingAbout returns the children whom a meeting is about, by name.
func (r Reader) MeetingAbout(ctx context.Context, m ids.MeetingID) ([]cases.Child, error) {
	return all(ctx, r.q, `SELECT `+childColumns+` FROM children k JOIN meeting_about a ON a.child_id = k.id WHERE a.meeting_id = ? ORDER BY k.name, k.id`, []any{string(m)}, scanChild)
}

// AddElsewhere stores a meeting that was held elsewhere. key makes it unique in its case: when the case has a record with that key already, added is
// false and that one's identifier is returned.
func (tx *Tx) AddElsewhere(e meetings.Elsewhere, key string) (id ids.ElsewhereID, added bool, err error) {
	note, err := tx.sealText(vault.CaseScope(e.Case), "meetings_elsewhere", string(e.ID), "note", e.Note)
	if err != nil {
		return "", false, err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meetings_elsewhere (id, case_id, kind, day, part, why, note_sealed, recorded, recorded_by, idem_key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, idem_key) DO NOTHING`, string(e.ID), string(e.Case), string(e.Kind), int64(e.Day), string(e.Part), string(e.Why),
		note, micros(tx.now), string(e.By), key)
	if err != nil {
		return "", false, err
	}
	if n == 0 {
		return id, false, tx.q.one(tx.ctx, `SELECT id FROM meetings_elsewhere WHERE case_id = ? AND idem_key = ?`, []any{string(e.Case), key}, &id)
	}
	for _, c := range e.Children {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_elsewhere_about (meeting_id, child_id) VALUES (?, ?)`, string(e.ID), string(c)); err != nil {
			return "", false, err
		}
	}
	tx.Wake(TopicStaff)
	return e.ID, true, nil
}

// ElsewhereOfCase returns a case's meetings that were held elsewhere and whose records stand, the last held first.
func (r Reader) ElsewhereOfCase(ctx context.Context, c ids.CaseID) ([]meetings.Elsewhere, error) {
	list, err := all(ctx, r.q, `SELECT id, kind, day, part, why, note_sealed, recorded, recorded_by FROM meetings_elsewhere WHERE case_id = ? AND withdrawn = 0 ORDER BY day DESC, id DESC`,
		[]any{string(c)}, func(s scanner) (meetings.Elsewhere, error) {
			e := meetings.Elsewhere{Case: c}
			var note []byte
			err := s.Scan(&e.ID, &e.Kind, &e.Day, &e.Part, &e.Why, &note, at{&e.Recorded}, &e.By)
			e.Note = string(note) // still sealed
			return e, err
		})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	about, err := all(ctx, r.q, `SELECT a.meeting_id, a.child_id FROM meeting_elsewhere_about a JOIN meetings_elsewhere e ON e.id = a.meeting_id WHERE e.case_id = ? ORDER BY a.child_id`,
		[]any{string(c)}, func(s scanner) (p struct {
			meeting ids.ElsewhereID
			child   ids.ChildID
		}, err error) {
			return p, s.Scan(&p.meeting, &p.child)
		})
	for i := range list {
		e := &list[i]
		for _, p := range about {
			if p.meeting == e.ID {
				e.Children = append(e.Children, p.child)
			}
		}
		if err == nil {
			e.Note, err = r.openText(ctx, vault.CaseScope(c), "meetings_elsewhere", string(e.ID), "note", []byte(e.Note))
		}
	}
	return list, err
}

// WithdrawElsewhere takes a record back; Conflict when somebody was first, or the case has none of that identifier.
func (tx *Tx) WithdrawElsewhere(c ids.CaseID, id ids.ElsewhereID, by ids.StaffID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE meetings_elsewhere SET withdrawn = ?, withdrawn_by = ? WHERE id = ? AND case_id = ? AND withdrawn = 0`, micros(tx.now), string(by), string(id), string(c))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "This record was taken back already.")
	}
	tx.Wake(TopicStaff)
	return err
}
