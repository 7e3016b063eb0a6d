package store

import (
	"context"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

// Interval is a time in which somebody is busy.
type Interval struct{ Starts, Ends time.Time }

// CalendarSource is the calendar that a member of staff publishes elsewhere.
type CalendarSource struct {
	Staff   ids.StaffID
	URL     string // a secret
	Added   time.Time
	Tried   time.Time // zero = not yet
	Fetched time.Time // when what is known was read; zero = nothing is
	Trouble string    // a code: why the last try read nothing; "" = it did
}

// SetCalendarFeed gives a member of staff's feed another address, of which only the hash is kept.
func (tx *Tx) SetCalendarFeed(s ids.StaffID, hash string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO calendar_feeds (staff_id, hash, made) VALUES (?, ?, ?) ON CONFLICT (staff_id) DO UPDATE SET hash = excluded.hash, made = excluded.made`,
		string(s), hash, micros(tx.now))
	return err
}

// RemoveCalendarFeed ends the feed; ErrNotFound when there is none.
func (tx *Tx) RemoveCalendarFeed(s ids.StaffID) error {
	return oneRow(tx.q.exec(tx.ctx, `DELETE FROM calendar_feeds WHERE staff_id = ?`, string(s)))
}

func oneRow(n int64, err error) error {
	if err == nil && n == 0 {
		err = ids.ErrNotFound
	}
	return err
}

// CalendarFeedMade returns when a member of staff's feed got its address; the zero time when there is none.
func (r Reader) CalendarFeedMade(ctx context.Context, s ids.StaffID) (made time.Time, err error) {
	err = r.q.one(ctx, `SELECT made FROM calendar_feeds WHERE staff_id = ?`, []any{string(s)}, at{&made})
	if ids.KindOf(err) == ids.NotFound {
		err = nil
	}
	return made, err
}

// StaffByCalendarFeed finds whose feed has an address with a hash.
func (r Reader) StaffByCalendarFeed(ctx context.Context, hash string) (s ids.StaffID, err error) {
	err = r.q.one(ctx, `SELECT staff_id FROM calendar_feeds WHERE hash = ?`, []any{hash}, &s)
	return s, err
}

// SetCalendarSource names the calendar that a member of staff publishes. What was known from another one is forgotten.
func (tx *Tx) SetCalendarSource(s ids.StaffID, url string) error {
	sealed, err := tx.sealText(vault.Staff, "calendar_sources", string(s), "url", url)
	if err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `DELETE FROM staff_busy WHERE staff_id = ?`, string(s)); err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO calendar_sources (staff_id, url_sealed, added) VALUES (?, ?, ?) ON CONFLICT (staff_id) DO UPDATE
		SET url_sealed = excluded.url_sealed, added = excluded.added, tried = 0, fetched = 0, trouble = ''`, string(s), sealed, micros(tx.now))
	return err
}

// RemoveCalendarSource forgets it and what was known from it; ErrNotFound when there is none.
func (tx *Tx) RemoveCalendarSource(s ids.StaffID) error {
	if _, err := tx.q.exec(tx.ctx, `DELETE FROM staff_busy WHERE staff_id = ?`, string(s)); err != nil {
		return err
	}
	return oneRow(tx.q.exec(tx.ctx, `DELETE FROM calendar_sources WHERE staff_id = ?`, string(s)))
}

const sourceColumns = `staff_id, url_sealed, added, tried, fetched, trouble`

func (r Reader) calendarSources(ctx context.Context, where string, args ...any) ([]CalendarSource, error) {
	list, err := all(ctx, r.q, `SELECT `+sourceColumns+` FROM calendar_sources WHERE `+where, args, func(s scanner) (c CalendarSource, err error) {
		var url []byte
		err = s.Scan(&c.Staff, &url, at{&c.Added}, at{&c.Tried}, at{&c.Fetched}, &c.Trouble)
		c.URL = string(url) // still sealed
		return c, err
	})
	for i := range list {
		if list[i].URL, err = r.openText(ctx, vault.Staff, "calendar_sources", string(list[i].Staff), "url", []byte(list[i].URL)); err != nil {
			return nil, err
		}
	}
	return list, err
}

// CalendarSource returns the calendar that a member of staff publishes; ErrNotFound when she named none.
func (r Reader) CalendarSource(ctx context.Context, s ids.StaffID) (CalendarSource, error) {
	list, err := r.calendarSources(ctx, `staff_id = ?`, string(s))
	return first(list, err)
}

// DueCalendars returns the published calendars that were not tried since a time, the longest ago first.
func (r Reader) DueCalendars(ctx context.Context, since time.Time, limit int) ([]CalendarSource, error) {
	return r.calendarSources(ctx, `tried <= ? ORDER BY tried, staff_id LIMIT ?`, micros(since), limit)
}

// ClaimCalendar records that a calendar is about to be read, and reports whether nobody else has done so since it was looked at.
func (s *Store) ClaimCalendar(ctx context.Context, c CalendarSource) (mine bool, err error) {
	err = s.housekeep(ctx, func(tx *Tx) error {
		n, err := tx.q.exec(tx.ctx, `UPDATE calendar_sources SET tried = ? WHERE staff_id = ? AND added = ? AND tried = ?`, micros(tx.now), string(c.Staff), micros(c.Added), micros(c.Tried))
		mine = n == 1
		return err
	})
	return mine, err
}

// KeepCalendar stores what reading a calendar gave: the times in which its owner is busy, or trouble, which leaves what was known before. entry, when it
// is not nil, goes to the audit log. Nothing is stored when she has named another calendar meanwhile.
func (s *Store) KeepCalendar(ctx context.Context, actor ids.Actor, c CalendarSource, busy []Interval, trouble string, entry *audit.Entry) error {
	keep := func(tx *Tx) error {
		n, err := tx.q.exec(tx.ctx, `UPDATE calendar_sources SET trouble = ? WHERE staff_id = ? AND added = ?`, trouble, string(c.Staff), micros(c.Added))
		if err = oneRow(n, err); err != nil || trouble != "" {
			return err
		}
		if _, err := tx.q.exec(tx.ctx, `UPDATE calendar_sources SET fetched = ? WHERE staff_id = ?`, micros(tx.now), string(c.Staff)); err != nil {
			return err
		}
		if _, err := tx.q.exec(tx.ctx, `DELETE FROM staff_busy WHERE staff_id = ?`, string(c.Staff)); err != nil {
			return err
		}
		for _, b := range busy {
			if _, err := tx.q.exec(tx.ctx, `INSERT INTO staff_busy (staff_id, starts, ends) VALUES (?, ?, ?)`, string(c.Staff), micros(b.Starts), micros(b.Ends)); err != nil {
				return err
			}
		}
		return nil
	}
	write := func() error { return s.housekeep(ctx, keep) }
	if entry != nil {
		write = func() error {
			return s.Write(ctx, actor, func(tx *Tx) (audit.Entry, error) { return *entry, keep(tx) })
		}
	}
	if err := write(); ids.KindOf(err) != ids.NotFound {
		return err
	}
	return nil
}

// WorkerBusy returns when a member of staff is busy, by the calendar that she publishes, between two times, in order. Her meetings in Kinbridge are not
// among them unless that calendar has them. Nothing is known of who named none.
func (r Reader) WorkerBusy(ctx context.Context, s ids.StaffID, from, to time.Time) ([]Interval, error) {
	return all(ctx, r.q, `SELECT starts, ends FROM staff_busy WHERE staff_id = ? AND starts < ? AND ends > ? ORDER BY starts`, []any{string(s), micros(to), micros(from)},
		func(sc scanner) (i Interval, err error) { return i, sc.Scan(at{&i.Starts}, at{&i.Ends}) })
}
