package store

import (
	"cmp"
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/workdays"
)

// RestrictionWork is what a change of restrictions did to a booked meeting and left for a person to see to: whose invitation was withdrawn.
type RestrictionWork struct {
	Meeting  ids.MeetingID
	Case     ids.CaseID
	Contact  ids.ContactID // whose invitation it was, or
	Child    ids.ChildID   // the child who was to be there
	Happened time.Time
}

func (w RestrictionWork) subject() (kind, id string) {
	if w.Child != "" {
		return aboutChild, string(w.Child)
	}
	return aboutContact, string(w.Contact)
}

// AddRestrictionWork leaves it to be seen to; what was there and done is open again.
func (tx *Tx) AddRestrictionWork(w RestrictionWork) error {
	kind, id := w.subject()
	_, err := tx.q.exec(tx.ctx, `INSERT INTO restriction_work (meeting_id, kind, subject_id, case_id, happened) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id, kind, subject_id) DO UPDATE SET happened = excluded.happened, done = 0, done_by = ''`,
		string(w.Meeting), kind, id, string(w.Case), micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// RestrictionWork returns what is still to be seen to in a case, the oldest first.
func (r Reader) RestrictionWork(ctx context.Context, c ids.CaseID) ([]RestrictionWork, error) {
	return all(ctx, r.q, `SELECT meeting_id, kind, subject_id, case_id, happened FROM restriction_work WHERE case_id = ? AND done = 0 ORDER BY happened, meeting_id, subject_id`,
		[]any{string(c)}, func(s scanner) (RestrictionWork, error) {
			var w RestrictionWork
			var kind, id string
			err := s.Scan(&w.Meeting, &kind, &id, &w.Case, at{&w.Happened})
			if kind == aboutChild {
				w.Child = ids.ChildID(id)
			} else {
				w.Contact = ids.ContactID(id)
			}
			return w, err
		})
}

// EndRestrictionWork records that a member of staff has seen to a meeting; false when there was nothing left to see to.
func (tx *Tx) EndRestrictionWork(m ids.MeetingID, by ids.StaffID) (done bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE restriction_work SET done = ?, done_by = ? WHERE meeting_id = ? AND done = 0`, micros(tx.now), string(by), string(m))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// AddMeetingChild says that a child is to be at a meeting; one who was taken off the list is on it again.
func (tx *Tx) AddMeetingChild(m ids.MeetingID, c ids.ChildID) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO meeting_children (meeting_id, child_id) VALUES (?, ?) ON CONFLICT (meeting_id, child_id) DO UPDATE SET removed = 0`,
		string(m), string(c))
	return err
}

// RemoveMeetingChild takes a child off a meeting's list.
func (tx *Tx) RemoveMeetingChild(m ids.MeetingID, c ids.ChildID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE meeting_children SET removed = ? WHERE meeting_id = ? AND child_id = ? AND removed = 0`, micros(tx.now), string(m), string(c))
	return err
}

// MeetingChildren returns the children who are to be at a meeting.
func (r Reader) MeetingChildren(ctx context.Context, m ids.MeetingID) ([]ids.ChildID, error) {
	if kids, ok := recall[[]ids.ChildID](ctx, r.q, "meeting_children/"+string(m)); ok {
		return kids, nil
	}
	return all(ctx, r.q, `SELECT child_id FROM meeting_children WHERE meeting_id = ? AND removed = 0 ORDER BY child_id`, []any{string(m)},
		func(s scanner) (ids.ChildID, error) { var c ids.ChildID; return c, s.Scan(&c) })
}

// RemoveParticipant withdraws a guest's invitation: her link, her codes and her session end.
func (tx *Tx) RemoveParticipant(p ids.ParticipantID) error {
	if _, err := tx.q.exec(tx.ctx, `UPDATE participants SET removed = ? WHERE id = ? AND removed = 0`, micros(tx.now), string(p)); err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `UPDATE guest_codes SET expires = ? WHERE participant_id = ? AND used = 0 AND expires > ?`, micros(tx.now), string(p), micros(tx.now)); err != nil {
		return err
	}
	return tx.EndSessionsOf(SessionGuest, string(p))
}

// RestrictedDeliveries returns a case's deliveries that a restriction keeps, the oldest first.
func (r Reader) RestrictedDeliveries(ctx context.Context, c ids.CaseID) ([]messages.Delivery, error) {
	if ds, ok := recall[[]messages.Delivery](ctx, r.q, "kept/"+string(c)); ok {
		return ds, nil
	}
	return r.deliveriesWhere(ctx, `WHERE d.case_id = ? AND d.kept = 'restricted' ORDER BY d.queued, d.id`, string(c))
}

// CasesToExamine returns the cases that have a restriction which nobody has ended and which has begun by a day, by reference.
func (r Reader) CasesToExamine(ctx context.Context, by workdays.Day) ([]ids.CaseID, error) {
	return all(ctx, r.q, `SELECT c.id FROM cases c WHERE c.closed = 0 AND EXISTS (SELECT 1 FROM restrictions x WHERE x.case_id = c.id AND x.ended = 0 AND x.from_day <= ?)
		ORDER BY c.reference`, []any{int64(by)}, func(s scanner) (ids.CaseID, error) { var c ids.CaseID; return c, s.Scan(&c) })
}

// LockCase makes other changes of this case's restrictions wait until this one has ended.
func (tx *Tx) LockCase(c ids.CaseID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE cases SET reference = reference WHERE id = ?`, string(c))
	return err
}

// UpdateChild stores what is known of a child besides the name.
func (tx *Tx) UpdateChild(c cases.Child) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE children SET born = ?, authority_id = ?, responsibility_ends = ?, ended_why = ?, looked_after = ?, looked_after_ends = ?, strategy = ?,
		plan = ?, plan_ends = ?, relation = ?, home = ? WHERE id = ? AND case_id = ?`, c.Born, string(c.Authority), int64(c.ResponsibilityEnds), string(c.EndedWhy), int64(c.Care.LookedAfter),
		int64(c.Care.LookedAfterEnds), int64(c.Care.Strategy), int64(c.Care.Plan), int64(c.Care.PlanEnds), string(cmp.Or(c.Relation, cases.OwnChild)), c.Home, string(c.ID), string(c.Case))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	tx.Wake(TopicStaff)
	return err
}

// FilesWaiting returns the files of a case's messages that wait for a person to say that they may be shown to her, the oldest first.
func (r Reader) FilesWaiting(ctx context.Context, c ids.CaseID) ([]ids.AttachmentID, error) {
	return all(ctx, r.q, `SELECT a.id FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.case_id = ? AND a.ruling = ? ORDER BY a.id`,
		[]any{string(c), string(messages.FileWaits)}, func(s scanner) (ids.AttachmentID, error) { var id ids.AttachmentID; return id, s.Scan(&id) })
}

// SetFileRuling stores what a person, or a restriction, said of a file.
func (tx *Tx) SetFileRuling(id ids.AttachmentID, ruling messages.FileRuling) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE attachments SET ruling = ? WHERE id = ?`, string(ruling), string(id))
	tx.Wake(TopicStaff)
	return err
}
