package store

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/slots"
)

// Booking is the place that a meeting has.
type Booking struct {
	Meeting ids.MeetingID
	Place   ids.PlaceID
	Mother  ids.MotherID
	slots.Times
	// Special: somebody has booked it though she would be locked up, so the wing must unlock her for it.
	Special bool
	By      ids.StaffID
	At      time.Time
}

// ErrTaken is what a booking gets that comes second.
var ErrTaken = ids.E(ids.Conflict, "Somebody has just booked this place, or something else for her, at that time. Choose another time or place.")

// SetBooking gives a meeting its place, instead of the one it had. Conflict when the place or the woman is booked in any cell of that time already, by another
// meeting: the database's key on (resource, cell) decides, so that of two who book at once one is told. The same booking again changes nothing.
func (tx *Tx) SetBooking(b Booking) error {
	if err := tx.FreeBooking(b.Meeting); err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO bookings (meeting_id, place_id, mother_id, pick_up, there_from, there_to, back, special, by_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (meeting_id) DO UPDATE SET place_id = excluded.place_id, mother_id = excluded.mother_id, pick_up = excluded.pick_up, there_from = excluded.there_from,
		there_to = excluded.there_to, back = excluded.back, special = excluded.special, by_id = excluded.by_id, at = excluded.at`,
		string(b.Meeting), string(b.Place), string(b.Mother), micros(b.PickUp), micros(b.There.From), micros(b.There.To), micros(b.Back), flag(b.Special), string(b.By), micros(tx.now)); err != nil {
		return err
	}
	// In one order for everybody, so that two who want both never wait for each other.
	for _, one := range []struct {
		resource string
		span     slots.Span
	}{{placeCells(b.Place), b.There}, {motherCells(b.Mother), b.Away()}} {
		first, behind := one.span.Cells()
		n, err := tx.q.exec(tx.ctx, `WITH RECURSIVE c (n) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n + 1 < CAST(? AS BIGINT))
			INSERT INTO booked_cells (resource, cell, meeting_id) SELECT CAST(? AS TEXT), n, CAST(? AS TEXT) FROM c WHERE 1 = 1 ON CONFLICT DO NOTHING`,
			first, behind, one.resource, string(b.Meeting))
		if err != nil {
			return err
		}
		if n != behind-first {
			return ErrTaken
		}
	}
	tx.Wake(TopicStaff)
	return nil
}

func placeCells(p ids.PlaceID) string   { return "place:" + string(p) }
func motherCells(m ids.MotherID) string { return "mother:" + string(m) }

// FreeBooking gives back the time of a meeting's place. What it had stays known, for whoever was told of it; of a meeting that has none nothing changes.
func (tx *Tx) FreeBooking(m ids.MeetingID) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM booked_cells WHERE meeting_id = ?`, string(m))
	return err
}

const bookingColumns = `b.meeting_id, b.place_id, b.mother_id, b.pick_up, b.there_from, b.there_to, b.back, b.special, b.by_id, b.at`

// living is a booking that holds its time.
const living = `EXISTS (SELECT 1 FROM booked_cells c WHERE c.meeting_id = b.meeting_id)`

func (r Reader) bookingsWhere(ctx context.Context, where string, args ...any) ([]Booking, error) {
	return all(ctx, r.q, `SELECT `+bookingColumns+` FROM bookings b WHERE `+where, args, func(s scanner) (b Booking, err error) {
		return b, s.Scan(&b.Meeting, &b.Place, &b.Mother, at{&b.PickUp}, at{&b.There.From}, at{&b.There.To}, at{&b.Back}, &b.Special, &b.By, at{&b.At})
	})
}

// Booking returns the place that a meeting has; NotFound when it has none (any more).
func (r Reader) Booking(ctx context.Context, m ids.MeetingID) (Booking, error) {
	list, err := r.bookingsWhere(ctx, `b.meeting_id = ? AND `+living, string(m))
	return first(list, err)
}

// LastBooking returns the place that a meeting has or had when it was called off; NotFound when it never had one.
func (r Reader) LastBooking(ctx context.Context, m ids.MeetingID) (Booking, error) {
	list, err := r.bookingsWhere(ctx, `b.meeting_id = ?`, string(m))
	return first(list, err)
}

// BookingsAt returns what is booked in an establishment's places in a span, by its beginning.
func (r Reader) BookingsAt(ctx context.Context, e ids.AgencyID, s slots.Span) ([]Booking, error) {
	return r.bookingsWhere(ctx, `b.place_id IN (SELECT id FROM places WHERE establishment_id = ?) AND b.there_from < ? AND b.there_to > ? AND `+living+` ORDER BY b.there_from, b.meeting_id`,
		string(e), micros(s.To), micros(s.From))
}

// BookingsOf returns what is booked for a woman in a span, by its beginning.
func (r Reader) BookingsOf(ctx context.Context, m ids.MotherID, s slots.Span) ([]Booking, error) {
	return r.bookingsWhere(ctx, `b.mother_id = ? AND b.pick_up < ? AND b.back > ? AND `+living+` ORDER BY b.pick_up, b.meeting_id`, string(m), micros(s.To), micros(s.From))
}

// PlannedMeetings returns the planned meetings to which somebody is invited and that touch a span, the first first.
func (r Reader) PlannedMeetings(ctx context.Context, kind meetings.PersonKind, person string, s slots.Span) ([]meetings.Meeting, error) {
	return r.meetingsWhere(ctx, `m.state = 'planned' AND m.starts < ? AND m.ends > ? AND EXISTS (SELECT 1 FROM participants p WHERE p.meeting_id = m.id AND p.kind = ? AND p.person_id = ?
		AND p.removed = 0) ORDER BY m.starts, m.id`, micros(s.To), micros(s.From), string(kind), person)
}

// PlannedOf returns cases' planned meetings that end after a time, with what each has booked, the first first. A meeting that has no place has a Booking whose Place is "".
func (r Reader) PlannedOf(ctx context.Context, of []ids.CaseID, after time.Time) (ms []meetings.Meeting, booked map[ids.MeetingID]Booking, err error) {
	booked = map[ids.MeetingID]Booking{}
	err = inParts(of, func(list string, args []any) error {
		some, err := r.meetingsWhere(ctx, `m.state = 'planned' AND m.case_id IN `+list+` AND m.ends > ? ORDER BY m.starts, m.id`, append(args, micros(after))...)
		ms = append(ms, some...)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	meetingIDs := make([]ids.MeetingID, len(ms))
	for i, m := range ms {
		meetingIDs[i] = m.ID
	}
	err = inParts(meetingIDs, func(list string, args []any) error {
		some, err := r.bookingsWhere(ctx, `b.meeting_id IN `+list+` AND `+living, args...)
		for _, b := range some {
			booked[b.Meeting] = b
		}
		return err
	})
	slices.SortStableFunc(ms, func(a, b meetings.Meeting) int { return a.Starts.Compare(b.Starts) })
	return ms, booked, err
}

// mergeBookings moves what is booked for one record of a woman to another. Where both are booked at once, the ending record's meeting loses its place: she cannot be
// in two, and it is shown as to be placed anew.
func (tx *Tx) mergeBookings(winner, loser ids.MotherID) error {
	w, l := motherCells(winner), motherCells(loser)
	for _, s := range []struct {
		text string
		args []any
	}{
		{`DELETE FROM booked_cells WHERE meeting_id IN (SELECT x.meeting_id FROM booked_cells x JOIN booked_cells y ON y.resource = ? AND y.cell = x.cell WHERE x.resource = ?)`, []any{w, l}},
		{`UPDATE booked_cells SET resource = ? WHERE resource = ?`, []any{w, l}},
		{`UPDATE bookings SET mother_id = ? WHERE mother_id = ?`, []any{string(winner), string(loser)}},
	} {
		if _, err := tx.q.exec(tx.ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}
