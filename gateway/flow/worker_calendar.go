package flow

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// BusyReader reads the calendar that somebody publishes.
type BusyReader interface {
	// Busy returns when its owner is busy between two times, in order and without overlaps. Its error is a CalendarTrouble, or ctx's.
	Busy(ctx context.Context, url string, from, until time.Time) ([]TimeSlot, error)
}

// CalendarTrouble is why a published calendar could not be read: a code that pages have words for.
type CalendarTrouble string

// The troubles.
const (
	CalendarUnreachable CalendarTrouble = "unreachable" // no server, no answer in time, or it is out of order
	CalendarRefused     CalendarTrouble = "refused"     // the server says that there is none, or not for us
	CalendarForbidden   CalendarTrouble = "forbidden"   // the address leads into a network that is not public
	CalendarTooLarge    CalendarTrouble = "too_large"
	CalendarNone        CalendarTrouble = "no_calendar" // what is there is no calendar
)

// Error implements error.
func (t CalendarTrouble) Error() string { return "the published calendar: " + string(t) }

// How calendars of staff are read.
const (
	busyDays      = 90               // how far ahead
	calendarEvery = 30 * time.Minute // how often
	maxFeedURL    = 2000             // bytes
	feedPast      = 31 * 24 * time.Hour
	mostInFeed    = 1000 // meetings
)

// WorkerCalendar is what a member of staff sees of her calendars.
type WorkerCalendar struct {
	FeedMade time.Time // when the address of her feed was made; zero = there is none
	Named    bool      // she has named the calendar that she publishes
	Host     string    // the server it is at: the rest of its address is a secret
	Tried    time.Time
	Fetched  time.Time
	Trouble  CalendarTrouble
}

// ownDesk is the member of staff who acts for herself on the pages: no token of a program makes or takes back secrets of hers.
func ownDesk(a ids.Actor) (ids.StaffID, error) {
	if a.Kind != ids.ActorStaff || a.StaffID() == "" {
		return "", ids.ErrNotFound
	}
	return a.StaffID(), nil
}

// MyCalendar returns the actor's own.
func (f *Flow) MyCalendar(ctx context.Context, a ids.Actor) (v WorkerCalendar, err error) {
	me, err := ownDesk(a)
	if err != nil {
		return v, err
	}
	if v.FeedMade, err = f.st.CalendarFeedMade(ctx, me); err != nil {
		return v, err
	}
	src, err := f.st.CalendarSource(ctx, me)
	if ids.KindOf(err) == ids.NotFound {
		return v, nil
	}
	v.Named, v.Tried, v.Fetched, v.Trouble = err == nil, src.Tried, src.Fetched, CalendarTrouble(src.Trouble)
	if u, bad := url.Parse(src.URL); bad == nil {
		v.Host = u.Host
	}
	return v, err
}

// MakeCalendarFeed gives the actor's feed a new address and returns its secret part, which is not kept and cannot be shown again. The one before is worth
// nothing any more.
func (f *Flow) MakeCalendarFeed(ctx context.Context, a ids.Actor) (secret string, err error) {
	me, err := ownDesk(a)
	if err != nil {
		return "", err
	}
	secret = ids.Secret(20)
	return secret, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.CalendarFeedMade(me), tx.SetCalendarFeed(me, people.HashToken(secret))
	})
}

// RevokeCalendarFeed takes the address of the actor's feed back; twice changes nothing.
func (f *Flow) RevokeCalendarFeed(ctx context.Context, a ids.Actor) error {
	return f.endCalendar(ctx, a, (*store.Tx).RemoveCalendarFeed, audit.CalendarFeedRevoked)
}

// RemoveCalendarSource forgets the calendar that the actor publishes; twice changes nothing.
func (f *Flow) RemoveCalendarSource(ctx context.Context, a ids.Actor) error {
	return f.endCalendar(ctx, a, (*store.Tx).RemoveCalendarSource, audit.CalendarSourceRemoved)
}

func (f *Flow) endCalendar(ctx context.Context, a ids.Actor, end func(*store.Tx, ids.StaffID) error, entry func(ids.StaffID) audit.Entry) error {
	me, err := ownDesk(a)
	if err != nil {
		return err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return entry(me), end(tx, me) })
	if ids.KindOf(err) == ids.NotFound {
		return nil
	}
	return err
}

// CleanCalendarURL returns the address of a published calendar as it is kept. Calendar programs write webcal for https.
func CleanCalendarURL(s string) (string, error) {
	s = strings.TrimSpace(s)
	if scheme, rest, ok := strings.Cut(s, "://"); ok && (strings.EqualFold(scheme, "webcal") || strings.EqualFold(scheme, "webcals")) {
		s = "https://" + rest
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || len(s) > maxFeedURL || u.Hostname() == "" || u.User != nil:
		return "", ids.E(ids.Invalid, "Enter the address of the calendar as your calendar program shows it. It ends in .ics.")
	case u.Scheme != "https":
		return "", ids.E(ids.Invalid, "The address must begin with https://, so that nobody on the way can read your calendar.")
	}
	u.Fragment = ""
	return u.String(), nil
}

// SetCalendarSource names the calendar that the actor publishes elsewhere. It is read within a minute, and then every half hour.
func (f *Flow) SetCalendarSource(ctx context.Context, a ids.Actor, address string) error {
	me, err := ownDesk(a)
	if err != nil {
		return err
	}
	if address, err = CleanCalendarURL(address); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.CalendarSourceSet(me), tx.SetCalendarSource(me, address)
	})
}

// ReadCalendars reads the published calendars that are due, at most ten, one after the other, and returns how many it tried. What fails leaves what was known
// before. An error is the database's or ctx's.
func (f *Flow) ReadCalendars(ctx context.Context, r BusyReader) (tried int, err error) {
	due, err := f.st.DueCalendars(ctx, f.now().Add(-calendarEvery), 10)
	if err != nil {
		return 0, err
	}
	for _, c := range due {
		if mine, err := f.st.ClaimCalendar(ctx, c); err != nil {
			return tried, err
		} else if !mine {
			continue
		}
		tried++
		if err := f.readCalendar(ctx, r, c); err != nil {
			return tried, err
		}
	}
	return tried, nil
}

func (f *Flow) readCalendar(ctx context.Context, r BusyReader, c store.CalendarSource) error {
	s, err := f.st.Staff(ctx, c.Staff)
	if err != nil || s.Disabled { // she no longer works here: her calendar is nobody's business
		return err
	}
	slots, err := r.Busy(ctx, c.URL, f.now(), f.now().AddDate(0, 0, busyDays))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	trouble := ""
	if err != nil {
		known := CalendarUnreachable
		errors.As(err, &known)
		trouble = string(known)
	}
	var busy []store.Interval
	for _, t := range slots {
		if t.End.After(t.Start) {
			busy = append(busy, store.Interval{Starts: t.Start, Ends: t.End})
		}
	}
	var entry *audit.Entry
	if trouble != c.Trouble || c.Fetched.IsZero() && trouble == "" { // only what is new
		e := audit.CalendarRead(c.Staff, trouble)
		entry = &e
	}
	return f.st.KeepCalendar(ctx, ids.System("calendars"), c, busy, trouble, entry)
}

// CalendarFeed returns the feed at an address: its owner's own meetings, those of the last month and all to come, of which it says no more than when. What was
// taken back, what never was and what belongs to somebody who no longer works here are the same: not found.
func (f *Flow) CalendarFeed(ctx context.Context, secret string) ([]byte, error) {
	if f.cfg.Calendar == nil {
		return nil, ids.ErrNotFound
	}
	id, err := f.st.StaffByCalendarFeed(ctx, people.HashToken(secret))
	if err != nil {
		return nil, err
	}
	s, err := f.st.Staff(ctx, id)
	if err != nil || s.Disabled {
		return nil, orNotFound(err)
	}
	ctx = store.OnePage(ctx)
	ms, err := f.st.MeetingsOfPerson(ctx, meetings.PersonStaff, string(id), mostInFeed)
	if err != nil {
		return nil, err
	}
	var entries []CalendarEntry
	for _, m := range ms {
		if m.Ends.Before(f.now().Add(-feedPast)) {
			continue
		}
		o, err := f.gather(ctx, s.Actor(), m)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.SeeMeeting)).Allowed() {
			continue
		}
		entries = append(entries, CalendarEntry{UID: ids.Base32(f.derive("kinbridge feed uid v1", string(id)+"\x00"+string(m.ID))[:20]) + "@" + f.cfg.MailDomain, Sequence: m.Sequence,
			Start: m.Starts, End: m.Ends, Changed: m.Created, Link: f.cfg.PublicURL + "/meetings/" + string(m.ID), Cancelled: m.PhaseAt(f.now()) == meetings.CalledOff})
	}
	return f.cfg.Calendar.Feed("Kinbridge", entries)
}
