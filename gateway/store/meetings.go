package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store/vault"
)

// AddMeeting stores a new meeting. idemKey makes it unique in its case: when the case has a meeting with that key already, added is
// false and that one's identifier is returned.
func (tx *Tx) AddMeeting(m meetings.Meeting, idemKey string) (id ids.MeetingID, added bool, err error) {
	title, err := tx.sealText(vault.CaseScope(m.Case), "meetings", string(m.ID), "title", m.Title)
	if err != nil {
		return "", false, err
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO meetings (id, case_id, kind, title_sealed, starts, ends, state, created_by, created, revision, idem_key)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, idem_key) DO NOTHING`, string(m.ID), string(m.Case), string(m.Kind), title,
		micros(m.Starts), micros(m.Ends), string(m.State), string(m.CreatedBy), micros(tx.now), m.Revision, idemKey)
	if err == nil && n == 1 {
		err = tx.addMovement(MovementOf{Meeting: m.ID})
	}
	if err != nil || n == 1 {
		tx.Wake(TopicStaff)
		return m.ID, true, err
	}
	err = tx.q.one(tx.ctx, `SELECT id FROM meetings WHERE case_id = ? AND idem_key = ?`, []any{string(m.Case), idemKey}, &id)
	return id, false, err
}

// MeetingByKey returns the meeting of a case that was made with a key; NotFound when none was.
func (r Reader) MeetingByKey(ctx context.Context, c ids.CaseID, idemKey string) (id ids.MeetingID, err error) {
	return id, r.q.one(ctx, `SELECT id FROM meetings WHERE case_id = ? AND idem_key = ?`, []any{string(c), idemKey}, &id)
}

const meetingColumns = `m.id, m.case_id, m.kind, m.title_sealed, m.starts, m.ends, m.state, m.created_by, m.created, m.revision, m.sequence`

func scanMeeting(s scanner) (meetings.Meeting, error) {
	var m meetings.Meeting
	var title []byte
	err := s.Scan(&m.ID, &m.Case, &m.Kind, &title, at{&m.Starts}, at{&m.Ends}, &m.State, &m.CreatedBy, at{&m.Created}, &m.Revision, &m.Sequence)
	m.Title = string(title) // still sealed
	return m, err
}

func (r Reader) meetingsWhere(ctx context.Context, where string, args ...any) ([]meetings.Meeting, error) {
	ms, err := all(ctx, r.q, `SELECT `+meetingColumns+` FROM meetings m WHERE `+where, args, scanMeeting)
	for i := range ms {
		if ms[i].Title, err = r.openText(ctx, vault.CaseScope(ms[i].Case), "meetings", string(ms[i].ID), "title", []byte(ms[i].Title)); err != nil {
			return nil, err
		}
	}
	return ms, err
}

// Meeting returns one meeting.
func (r Reader) Meeting(ctx context.Context, id ids.MeetingID) (meetings.Meeting, error) {
	ms, err := r.meetingsWhere(ctx, `m.id = ?`, string(id))
	return first(ms, err)
}

// MeetingsOfPerson returns the meetings that somebody is or was invited to, the latest first, at most limit.
func (r Reader) MeetingsOfPerson(ctx context.Context, kind meetings.PersonKind, person string, limit int) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.kind = ? AND p.person_id = ? AND p.removed = 0)
		ORDER BY m.starts DESC, m.id LIMIT ?`, string(kind), person, limit)
}

// CandidateMeetings returns the meetings that a member of staff could have to do with, the latest first, at most limit: those she is
// invited to, of cases where she is on the team, and of mothers at her establishment. It narrows the search; policy decides for each.
func (r Reader) CandidateMeetings(ctx context.Context, s ids.StaffID, agency ids.AgencyID, limit int) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.kind = 'staff' AND p.person_id = ?)
		OR EXISTS (SELECT 1 FROM case_team t WHERE t.case_id = m.case_id AND t.staff_id = ?)
		OR EXISTS (SELECT 1 FROM cases c JOIN mothers mo ON mo.id = c.mother_id WHERE c.id = m.case_id AND mo.establishment_id = ?)
		ORDER BY m.starts DESC, m.id LIMIT ?`, string(s), string(s), string(agency), limit)
}

// MeetingsOfCase returns a case's meetings, the latest first.
func (r Reader) MeetingsOfCase(ctx context.Context, c ids.CaseID) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `m.case_id = ? ORDER BY m.starts DESC, m.id`, string(c))
}

// LivingMeetings returns the planned meetings that end after a time: those whose rooms a media server must know.
func (r Reader) LivingMeetings(ctx context.Context, after time.Time) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `m.state = 'planned' AND m.ends > ? ORDER BY m.starts, m.id`, micros(after))
}

// SetMeetingState records that a planned meeting was cancelled or ended and returns its new revision; its place is free for others. Conflict when it is no
// longer planned.
func (tx *Tx) SetMeetingState(id ids.MeetingID, s meetings.State) (revision int64, err error) {
	err = tx.q.one(tx.ctx, `UPDATE meetings SET state = ?, revision = revision + 1, sequence = sequence + 1 WHERE id = ? AND state = 'planned' RETURNING revision`,
		[]any{string(s), string(id)}, &revision)
	if ids.KindOf(err) == ids.NotFound {
		return 0, ids.E(ids.Conflict, "This meeting was cancelled or has ended already.")
	}
	if err != nil {
		return 0, err
	}
	tx.Wake(TopicStaff)
	return revision, tx.FreeBooking(id)
}

// BumpMeeting gives a meeting its next revision, because the media server must learn of a change.
func (tx *Tx) BumpMeeting(id ids.MeetingID) (revision int64, err error) {
	err = tx.q.one(tx.ctx, `UPDATE meetings SET revision = revision + 1 WHERE id = ? RETURNING revision`, []any{string(id)}, &revision)
	return revision, err
}

// LockMeeting makes other transactions about this meeting wait until this one has ended.
func (tx *Tx) LockMeeting(m ids.MeetingID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE meetings SET revision = revision WHERE id = ?`, string(m))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

// AddParticipant stores one person's place in a meeting. linkHash is the hash of her link's token, "" for those who need none.
func (tx *Tx) AddParticipant(p meetings.Participant, linkHash string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO participants (id, meeting_id, kind, person_id, name, typed_sealed, email, role, link_hash, invited, answer_token)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(p.ID), string(p.Meeting), string(p.Kind), p.Person, p.Name, []byte{}, p.Email, string(p.Role),
		linkHash, micros(tx.now), string(p.Answers))
	return err
}

const participantColumns = `p.id, p.meeting_id, p.kind, p.person_id, p.name, p.typed_sealed, p.email, p.role, p.mail_state, p.mail_at, p.invited,
	p.removed, p.answer_token, p.answer, p.answer_at, p.answer_sequence, p.answer_stamp, p.answer_starts, p.answer_ends, p.answer_sealed, m.case_id`

// placed is a participant with the case whose key her typed name is sealed with.
type placed struct {
	meetings.Participant
	of ids.CaseID
}

func (r Reader) participantsWhere(ctx context.Context, where string, args ...any) ([]meetings.Participant, error) {
	rows, err := all(ctx, r.q, `SELECT `+participantColumns+` FROM participants p JOIN meetings m ON m.id = p.meeting_id WHERE `+where, args,
		func(s scanner) (placed, error) {
			var p placed
			var typed, said []byte
			err := s.Scan(&p.ID, &p.Meeting, &p.Kind, &p.Person, &p.Name, &typed, &p.Email, &p.Role, &p.Mail, at{&p.MailAt}, at{&p.Invited}, at{&p.Removed},
				&p.Answers, &p.Answer.Answer, at{&p.Answer.At}, &p.Answer.Sequence, at{&p.Answer.Stamp}, at{&p.Answer.Starts}, at{&p.Answer.Ends}, &said, &p.of)
			p.TypedName, p.Answer.Comment = string(typed), string(said) // still sealed
			return p, err
		})
	if err != nil {
		return nil, err
	}
	ps := make([]meetings.Participant, len(rows))
	for i, p := range rows {
		if p.TypedName, err = r.openText(ctx, vault.CaseScope(p.of), "participants", string(p.ID), "typed", []byte(p.TypedName)); err != nil {
			return nil, err
		}
		if p.Answer.Comment, err = r.openText(ctx, vault.CaseScope(p.of), "participants", string(p.ID), "answer", []byte(p.Answer.Comment)); err != nil {
			return nil, err
		}
		ps[i] = p.Participant
	}
	return ps, nil
}

// Participants returns everybody who is or was invited to a meeting: the hosts, the mother, supporters, guests, each by name.
func (r Reader) Participants(ctx context.Context, m ids.MeetingID) ([]meetings.Participant, error) {
	if ps, ok := recall[[]meetings.Participant](ctx, r.q, "invited/"+string(m)); ok {
		return ps, nil
	}
	return r.participantsWhere(ctx, `p.meeting_id = ?`+participantOrder, string(m))
}

const participantOrder = ` ORDER BY CASE p.role WHEN 'host' THEN 0 WHEN 'mother' THEN 1 WHEN 'supporter' THEN 2 ELSE 3 END, p.name, p.id`

// Participant returns one person's place in a meeting.
func (r Reader) Participant(ctx context.Context, id ids.ParticipantID) (meetings.Participant, error) {
	ps, err := r.participantsWhere(ctx, `p.id = ?`, string(id))
	return first(ps, err)
}

// ParticipantByLink finds a guest by the hash of her link's token.
func (r Reader) ParticipantByLink(ctx context.Context, linkHash string) (meetings.Participant, error) {
	if linkHash == "" {
		return meetings.Participant{}, ids.ErrNotFound
	}
	ps, err := r.participantsWhere(ctx, `p.link_hash = ?`, linkHash)
	return first(ps, err)
}

// SetGuestMail records how far the newest mail to a guest has come.
func (tx *Tx) SetGuestMail(p ids.ParticipantID, s meetings.MailState) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE participants SET mail_state = ?, mail_at = ? WHERE id = ?`, string(s), micros(tx.now), string(p))
	tx.Wake(TopicStaff)
	return err
}

// SetTypedName records the name that a guest gave when she entered.
func (tx *Tx) SetTypedName(c ids.CaseID, p ids.ParticipantID, name string) error {
	sealed, err := tx.sealText(vault.CaseScope(c), "participants", string(p), "typed", name)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `UPDATE participants SET typed_sealed = ? WHERE id = ?`, sealed, string(p))
	return err
}

// CodePurpose says why a guest was sent a code.
type CodePurpose string

// The purposes.
const (
	CodeInvited CodePurpose = "invited" // it came with the invitation
	CodeAsked   CodePurpose = "asked"   // she asked for it on the page
)

// GuestCode is one one-time code, without its digits.
type GuestCode struct {
	ID          string
	Participant ids.ParticipantID
	Purpose     CodePurpose
	Created     time.Time
	Expires     time.Time
}

// AddGuestCode stores a code and ends the guest's earlier ones: only the newest works.
func (tx *Tx) AddGuestCode(c GuestCode) error {
	if _, err := tx.q.exec(tx.ctx, `UPDATE guest_codes SET expires = ? WHERE participant_id = ? AND used = 0 AND expires > ?`,
		micros(tx.now), string(c.Participant), micros(tx.now)); err != nil {
		return err
	}
	_, err := tx.q.exec(tx.ctx, `INSERT INTO guest_codes (id, participant_id, purpose, created, expires) VALUES (?, ?, ?, ?, ?)`,
		c.ID, string(c.Participant), string(c.Purpose), micros(tx.now), micros(c.Expires))
	return err
}

// CodesAsked counts the codes a guest asked for since a time.
func (r Reader) CodesAsked(ctx context.Context, p ids.ParticipantID, since time.Time) (n int, err error) {
	err = r.q.one(ctx, `SELECT COUNT(*) FROM guest_codes WHERE participant_id = ? AND purpose = 'asked' AND created > ?`,
		[]any{string(p), micros(since)}, &n)
	return n, err
}

// LockParticipant makes other transactions about this guest wait until this one has ended.
func (tx *Tx) LockParticipant(p ids.ParticipantID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE participants SET invited = invited WHERE id = ?`, string(p))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

// GuestCode returns one code.
func (r Reader) GuestCode(ctx context.Context, id string) (GuestCode, error) {
	c := GuestCode{ID: id}
	err := r.q.one(ctx, `SELECT participant_id, purpose, created, expires FROM guest_codes WHERE id = ?`, []any{id},
		&c.Participant, &c.Purpose, at{&c.Created}, at{&c.Expires})
	return c, err
}

// TryGuestCode counts a try at a guest's living code and returns its identifier, so that two tries at once are two tries; NotFound
// when no code lives: none was made, or it was used, has expired, or had its most tries.
func (tx *Tx) TryGuestCode(p ids.ParticipantID, most int) (id string, err error) {
	return id, tx.q.one(tx.ctx, `UPDATE guest_codes SET tries = tries + 1 WHERE participant_id = ? AND used = 0 AND expires > ? AND tries < ?
		RETURNING id`, []any{string(p), micros(tx.now), most}, &id)
}

// SpendGuestCode records that a code let its guest in; Conflict when it did so before.
func (tx *Tx) SpendGuestCode(id string) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE guest_codes SET used = ? WHERE id = ? AND used = 0`, micros(tx.now), id)
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "This code was used already. Ask for a new one.")
	}
	return err
}

// AddAttendance keeps one event of a room; false when an event of that identifier is there already. Events of one meeting must not be
// added at the same time.
func (tx *Tx) AddAttendance(e meetings.RoomEvent) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO attendance (id, meeting_id, seq, participant_id, event, at, by_id, detail)
		VALUES (?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM attendance WHERE meeting_id = ?), ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		e.ID, string(e.Room), string(e.Room), string(e.Participant), string(e.Kind), micros(e.At), string(e.By), e.Detail)
	tx.Wake(TopicStaff)
	return n == 1, err
}

// Attendance returns what happened in a meeting's room, in the order it was told.
func (r Reader) Attendance(ctx context.Context, m ids.MeetingID) ([]meetings.Attendance, error) {
	return all(ctx, r.q, `SELECT event, participant_id, by_id, at, detail FROM attendance WHERE meeting_id = ? ORDER BY seq`, []any{string(m)},
		func(s scanner) (meetings.Attendance, error) {
			var a meetings.Attendance
			return a, s.Scan(&a.Kind, &a.Participant, &a.By, at{&a.At}, &a.Detail)
		})
}
