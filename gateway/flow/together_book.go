package flow

import (
	"context"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// NewBooking is when and where a message is read, and with whom.
type NewBooking struct {
	Supporter ids.StaffID
	At        time.Time
	Place     string
}

// check reports what is wrong with it by itself, and cleans it.
func (n *NewBooking) check(now time.Time) error {
	n.Place = strings.TrimSpace(CleanText(n.Place))
	switch {
	case n.Place == "" || len(n.Place) > 100 || strings.ContainsAny(n.Place, "\n\t"):
		return ids.E(ids.Invalid, "Name the place in one line, at most 100 characters: prison staff read it on their list.")
	case n.At.Before(now.Add(-5 * time.Minute)):
		return ids.E(ids.Invalid, "Choose a time that is still to come.")
	case n.At.After(now.AddDate(0, 2, 0)):
		return ids.E(ids.Invalid, "Choose a time within the next two months: hard news must not wait longer.")
	}
	n.At = n.At.UTC().Truncate(time.Second)
	return nil
}

// BookReading arranges when, where and with whom a message is read; a second time changes the arrangement.
func (f *Flow) BookReading(ctx context.Context, a ids.Actor, id ids.MessageID, n NewBooking) error {
	if _, _, _, err := f.mayWith(ctx, a, policy.BookSupport, id); err != nil {
		return err
	}
	if err := n.check(f.now()); err != nil {
		return err
	}
	supporter, err := f.st.Staff(ctx, n.Supporter)
	if ids.KindOf(err) == ids.NotFound {
		return ids.E(ids.Invalid, "Choose who is with her.")
	}
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, m, d, err := f.again(tx, a, policy.BookSupport, id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := bookable(t, m, o.Mother); err != nil {
			return audit.Entry{}, err
		}
		ok, err := f.canSupport(tx.Context(), tx.Reader, o, m, supporter)
		if err != nil {
			return audit.Entry{}, err
		}
		if !ok {
			return audit.Entry{}, ids.E(ids.Invalid, "Only a Pact social worker or family engagement worker of the case's team can be with her.")
		}
		was := t.Booking
		t.Booking = messages.Booking{Supporter: n.Supporter, By: a.StaffID(), For: n.At, Place: n.Place, At: o.Mother.Establishment}
		if err := tx.KeepTogether(t); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.TogetherBooked(o.Case, o.ID, id, n.Supporter), d), f.readingMoved(tx, t, was)
	})
}

// readingMoved keeps on the wing's list that a reading is booked, or is booked otherwise, or no more.
func (f *Flow) readingMoved(tx *store.Tx, t messages.Together, was messages.Booking) error {
	is := t.Booking
	if was.At != is.At && !is.For.IsZero() {
		was = messages.Booking{} // of another prison
	}
	c := movement.Change{What: movement.Moved, Was: was.For, Starts: is.For}
	if !was.For.IsZero() {
		c.WasEnds = was.For.Add(messages.ReadingTime)
	}
	if !is.For.IsZero() {
		c.Ends = is.For.Add(messages.ReadingTime)
	}
	switch {
	case was.For.IsZero() && is.For.IsZero():
		return nil
	case was.For.IsZero():
		c.What = movement.Added
	case is.For.IsZero():
		c.What = movement.Off
	case is.For.Equal(was.For) && is.Place == was.Place && is.Supporter == was.Supporter:
		return nil
	case is.For.Equal(was.For):
		c.What = movement.Placed
	}
	return f.movementChanged(tx, store.MovementOf{Message: t.Message}, t.Case, t.Thread, c)
}

// bookable reports why a reading cannot be booked as things are.
func bookable(t messages.Together, m messages.Message, who people.Mother) error {
	switch {
	case !t.Required():
		return ids.E(ids.Conflict, "This message need not be read together any more.")
	case !t.Opened.IsZero():
		return ids.E(ids.Conflict, "This message was opened with her already.")
	case m.State != messages.Released:
		return ids.E(ids.Conflict, "This message waits for review. Book when it is released.")
	case who.Custody == people.Released:
		return ids.E(ids.Conflict, "She has been released: it is kept for the agreed follow-on contact.")
	}
	return nil
}

// CancelReading takes a booking back; without one nothing changes. The message stays to be read together.
func (f *Flow) CancelReading(ctx context.Context, a ids.Actor, id ids.MessageID) error {
	if _, _, _, err := f.mayWith(ctx, a, policy.BookSupport, id); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, _, d, err := f.again(tx, a, policy.BookSupport, id)
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.TogetherFreed(o.Case, o.ID, id, "cancelled"), d)
		if t.Booking.For.IsZero() {
			return entry.With("repeat", "yes"), nil
		}
		was := t.Booking
		t.Booking = messages.Booking{}
		if err := tx.KeepTogether(t); err != nil {
			return entry, err
		}
		return entry, f.readingMoved(tx, t, was)
	})
}

// supporters are those of the case's team who may be with her when a message is read.
func (f *Flow) supporters(ctx context.Context, o openThread, m messages.Message) ([]people.Staff, error) {
	team, err := f.st.Team(ctx, o.Case)
	if err != nil {
		return nil, err
	}
	var out []people.Staff
	for _, s := range team {
		ok, err := f.canSupport(ctx, f.st.Reader, o, m, s)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// canSupport asks policy whether somebody, were she booked, could open a message with its mother.
func (f *Flow) canSupport(ctx context.Context, r store.Reader, o openThread, m messages.Message, s people.Staff) (bool, error) {
	if s.Disabled {
		return false, nil
	}
	hers, err := loadThread(ctx, r, s.Actor(), o.ID)
	if err != nil {
		return false, err
	}
	facts := hers.about(policy.OpenTogether, m)
	facts.Support.IsSupporter = true
	return policy.Decide(facts).Allowed(), nil
}
