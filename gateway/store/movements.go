package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
)

// MovementOf is what a movement is of: one of the two.
type MovementOf struct {
	ID      ids.MovementID
	Meeting ids.MeetingID
	Message ids.MessageID // it is read together
}

// key is the kind and the identifier of what it is of.
func (m MovementOf) key() (kind, of string) {
	if m.Meeting != "" {
		return "meeting", string(m.Meeting)
	}
	return "reading", string(m.Message)
}

// addMovement gives a meeting or a reading its line on the list, once.
func (tx *Tx) addMovement(m MovementOf) error {
	kind, of := m.key()
	_, err := tx.q.exec(tx.ctx, `INSERT INTO movements (id, kind, of_id) VALUES (?, ?, ?) ON CONFLICT (kind, of_id) DO NOTHING`, string(ids.New[ids.MovementID](ids.Movement)), kind, of)
	return err
}

// MovementDue is a line of the list with its beginning.
type MovementDue struct {
	ID     ids.MovementID `json:"movement"`
	Starts time.Time      `json:"starts"`
}

// AddMissingMovements gives the planned meetings and the bookings that begin after a time, and are from before there was a list, their lines, and returns those.
func (tx *Tx) AddMissingMovements(after time.Time) (made []MovementDue, err error) {
	const missing = ` AND NOT EXISTS (SELECT 1 FROM movements v WHERE v.kind = ? AND v.of_id = `
	ms, err := tx.meetingsWhere(tx.ctx, `m.state = 'planned' AND m.starts > ?`+missing+`m.id) ORDER BY m.starts, m.id`, micros(after), "meeting")
	if err != nil {
		return nil, err
	}
	rs, err := tx.togetherWhere(tx.ctx, `booked_for > ? AND unmarked = 0`+missing+`message_id) ORDER BY booked_for, message_id`, micros(after), "reading")
	if err != nil {
		return nil, err
	}
	add := func(of MovementOf, starts time.Time) error {
		id, err := tx.MovementLine(of)
		made = append(made, MovementDue{id, starts})
		return err
	}
	for _, m := range ms {
		if err := add(MovementOf{Meeting: m.ID}, m.Starts); err != nil {
			return nil, err
		}
	}
	for _, r := range rs {
		if err := add(MovementOf{Message: r.Message}, r.Booking.For); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// MovementLine returns the line of a meeting or reading; one that has none is given one.
func (tx *Tx) MovementLine(m MovementOf) (id ids.MovementID, err error) {
	if err := tx.addMovement(m); err != nil {
		return "", err
	}
	kind, of := m.key()
	return id, tx.q.one(tx.ctx, `SELECT id FROM movements WHERE kind = ? AND of_id = ?`, []any{kind, of}, &id)
}

// Movement returns what a line is of.
func (r Reader) Movement(ctx context.Context, id ids.MovementID) (MovementOf, error) {
	m := MovementOf{ID: id}
	var kind, of string
	if err := r.q.one(ctx, `SELECT kind, of_id FROM movements WHERE id = ?`, []any{string(id)}, &kind, &of); err != nil {
		return m, err
	}
	if kind == "meeting" {
		m.Meeting = ids.MeetingID(of)
	} else {
		m.Message = ids.MessageID(of)
	}
	return m, nil
}

// LockMovement makes other changes of this line wait until this one has ended.
func (tx *Tx) LockMovement(id ids.MovementID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE movements SET kind = kind WHERE id = ?`, string(id))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

const ofWomenAt = ` IN (SELECT c.id FROM cases c JOIN mothers mo ON mo.id = c.mother_id WHERE mo.establishment_id = ?)`

// lateFrom are the meetings (or messages) that a late change took from a day.
const lateFrom = `IN (SELECT v.of_id FROM movement_changes x JOIN movements v ON v.id = x.movement_id WHERE v.kind = ? AND x.late = 1 AND x.was_starts >= ? AND x.was_starts < ?)`

// MeetingsOnDay returns the meetings that the women of an establishment have in a time, whether or not they are over or were called off, and those that a late change took from it.
func (r Reader) MeetingsOnDay(ctx context.Context, establishment ids.AgencyID, from, to time.Time) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `m.case_id`+ofWomenAt+` AND m.state <> 'to_reoffer' AND (m.starts >= ? AND m.starts < ? OR m.id `+lateFrom+`) ORDER BY m.starts, m.id`,
		string(establishment), micros(from), micros(to), "meeting", micros(from), micros(to))
}

// ReadingsOnDay returns what is booked to be read with the women of an establishment in a time, and what a late change took from it.
func (r Reader) ReadingsOnDay(ctx context.Context, establishment ids.AgencyID, from, to time.Time) ([]messages.Together, error) {
	return r.togetherWhere(ctx, `case_id`+ofWomenAt+` AND (booked_at = ? AND booked_for >= ? AND booked_for < ? OR message_id `+lateFrom+`) ORDER BY booked_for, message_id`,
		string(establishment), string(establishment), micros(from), micros(to), "reading", micros(from), micros(to))
}

// MovementLog is what is kept of a line.
type MovementLog struct {
	ID      ids.MovementID
	Marks   []movement.Mark
	Acks    []movement.Ack
	Changes []movement.Change
}

// MovementLogs returns the lines of meetings and readings with all that is kept of them, by what they are of (a MeetingID or MessageID). What has no line is missing.
func (r Reader) MovementLogs(ctx context.Context, of []string) (map[string]*MovementLog, error) {
	out, by := map[string]*MovementLog{}, map[ids.MovementID]*MovementLog{}
	type line struct {
		id ids.MovementID
		of string
	}
	if err := each(ctx, r.q, of, func(list string) string { return `SELECT id, of_id FROM movements WHERE of_id IN ` + list }, func(s scanner) (l line, err error) {
		return l, s.Scan(&l.id, &l.of)
	}, func(l line) {
		log := &MovementLog{ID: l.id}
		out[l.of], by[l.id] = log, log
	}); err != nil {
		return nil, err
	}
	lines := make([]ids.MovementID, 0, len(by))
	for id := range by {
		lines = append(lines, id)
	}
	return out, r.fillLogs(ctx, lines, by)
}

// MovementLog returns what is kept of one line.
func (r Reader) MovementLog(ctx context.Context, id ids.MovementID) (MovementLog, error) {
	log := MovementLog{ID: id}
	return log, r.fillLogs(ctx, []ids.MovementID{id}, map[ids.MovementID]*MovementLog{id: &log})
}

func (r Reader) fillLogs(ctx context.Context, lines []ids.MovementID, by map[ids.MovementID]*MovementLog) error {
	if len(lines) == 0 {
		return nil
	}
	type mark struct {
		of ids.MovementID
		movement.Mark
	}
	if err := each(ctx, r.q, lines, func(list string) string {
		return `SELECT movement_id, seq, due, state, why, by_id, at FROM movement_marks WHERE movement_id IN ` + list + ` ORDER BY movement_id, seq`
	}, func(s scanner) (m mark, err error) {
		return m, s.Scan(&m.of, &m.Seq, at{&m.Due}, &m.State, &m.Why, &m.By, at{&m.At})
	}, func(m mark) { by[m.of].Marks = append(by[m.of].Marks, m.Mark) }); err != nil {
		return err
	}
	type ack struct {
		of ids.MovementID
		movement.Ack
	}
	if err := each(ctx, r.q, lines, func(list string) string {
		return `SELECT movement_id, print, by_id, at FROM movement_acks WHERE movement_id IN ` + list + ` ORDER BY movement_id, seq`
	}, func(s scanner) (a ack, err error) { return a, s.Scan(&a.of, &a.Print, &a.By, at{&a.At}) }, func(a ack) { by[a.of].Acks = append(by[a.of].Acks, a.Ack) }); err != nil {
		return err
	}
	type change struct {
		of ids.MovementID
		movement.Change
	}
	return each(ctx, r.q, lines, func(list string) string {
		return `SELECT movement_id, seq, what, was_starts, was_ends, starts, ends, late, at FROM movement_changes WHERE movement_id IN ` + list + ` ORDER BY movement_id, seq`
	}, func(s scanner) (c change, err error) {
		var late int
		err = s.Scan(&c.of, &c.Seq, &c.What, at{&c.Was}, at{&c.WasEnds}, at{&c.Starts}, at{&c.Ends}, &late, at{&c.At})
		c.Late = late != 0
		return c, err
	}, func(c change) { by[c.of].Changes = append(by[c.of].Changes, c.Change) })
}

// AddMovementMark keeps a press; Conflict when the line has a mark with that number already.
func (tx *Tx) AddMovementMark(id ids.MovementID, m movement.Mark) error {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO movement_marks (movement_id, seq, due, state, why, by_id, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(id), m.Seq, micros(m.Due), string(m.State), string(m.Why), string(m.By), micros(tx.now))
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "Somebody else has just recorded something of her. Look at it again.")
	}
	tx.Wake(TopicStaff)
	return err
}

// AddMovementAck keeps that somebody has read a line.
func (tx *Tx) AddMovementAck(id ids.MovementID, a movement.Ack) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO movement_acks (movement_id, seq, print, by_id, at) VALUES (?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM movement_acks WHERE movement_id = ?), ?, ?, ?)`,
		string(id), string(id), a.Print, string(a.By), micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// AddMovementChange keeps how a line changed.
func (tx *Tx) AddMovementChange(id ids.MovementID, c movement.Change) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO movement_changes (movement_id, seq, what, was_starts, was_ends, starts, ends, late, at)
		VALUES (?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM movement_changes WHERE movement_id = ?), ?, ?, ?, ?, ?, ?, ?)`,
		string(id), string(id), string(c.What), micros(c.Was), micros(c.WasEnds), micros(c.Starts), micros(c.Ends), flag(c.Late), micros(tx.now))
	tx.Wake(TopicStaff)
	return err
}

// MovementAlarm is what a worker is told of a movement.
type MovementAlarm struct {
	Movement ids.MovementID
	Due      time.Time
	Kind     movement.AlarmKind
	Raised   time.Time
	Seen     time.Time
	SeenBy   ids.StaffID
}

// AddMovementAlarm keeps an alarm; a second of the same beginning and kind changes nothing and added is false.
func (tx *Tx) AddMovementAlarm(a MovementAlarm) (added bool, err error) {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO movement_alarms (movement_id, due, kind, raised) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, string(a.Movement), micros(a.Due), string(a.Kind), micros(tx.now))
	tx.Wake(TopicStaff)
	return n > 0, err
}

// SeeMovementAlarm records that a worker has seen to an alarm; first is false when somebody had before, and NotFound when there is no such alarm.
func (tx *Tx) SeeMovementAlarm(a MovementAlarm, by ids.StaffID) (first bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE movement_alarms SET seen = ?, seen_by = ? WHERE movement_id = ? AND due = ? AND kind = ? AND seen = 0`,
		micros(tx.now), string(by), string(a.Movement), micros(a.Due), string(a.Kind))
	if err != nil || n > 0 {
		tx.Wake(TopicStaff)
		return n > 0, err
	}
	_, err = tx.MovementAlarm(tx.ctx, a)
	return false, err
}

const alarmColumns = `SELECT movement_id, due, kind, raised, seen, seen_by FROM movement_alarms `

func scanMovementAlarm(s scanner) (a MovementAlarm, err error) {
	return a, s.Scan(&a.Movement, at{&a.Due}, &a.Kind, at{&a.Raised}, at{&a.Seen}, &a.SeenBy)
}

// MovementAlarm returns one alarm by its line, beginning and kind.
func (r Reader) MovementAlarm(ctx context.Context, a MovementAlarm) (MovementAlarm, error) {
	as, err := all(ctx, r.q, alarmColumns+`WHERE movement_id = ? AND due = ? AND kind = ?`, []any{string(a.Movement), micros(a.Due), string(a.Kind)}, scanMovementAlarm)
	return first(as, err)
}

// OpenMovementAlarms returns the alarms since a time that no worker has seen to, of the cases on whose team somebody is and the meetings that she is in, the oldest first. It narrows the search; policy decides for each.
func (r Reader) OpenMovementAlarms(ctx context.Context, s ids.StaffID, since time.Time) ([]MovementAlarm, error) {
	return all(ctx, r.q, alarmColumns+`WHERE seen = 0 AND raised > ? AND movement_id IN (
		SELECT v.id FROM movements v JOIN meetings m ON v.kind = 'meeting' AND m.id = v.of_id WHERE m.case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?)
			OR EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.kind = 'staff' AND p.person_id = ?)
		UNION SELECT v.id FROM movements v JOIN reading_together t ON v.kind = 'reading' AND t.message_id = v.of_id WHERE t.case_id IN (SELECT case_id FROM case_team WHERE staff_id = ?))
		ORDER BY raised, movement_id, kind`, []any{micros(since), string(s), string(s), string(s)}, scanMovementAlarm)
}
