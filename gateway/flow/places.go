package flow

import (
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// Venue says where she is to take part in a meeting. The zero value is nowhere yet.
type Venue struct {
	// Best: the place that fits best, and none when none fits.
	Best bool
	// Place is a certain one. It is booked or the meeting is not made: Conflict when somebody else has it, Invalid when it does not fit.
	Place ids.PlaceID
	// Special: the wing is to unlock her for it though she would be locked up. It counts for a certain place only.
	Special bool
	// Beside is how many people sit with her.
	Beside int
}

func (v Venue) asked() bool { return v.Best || v.Place != "" }

// Leads are how long before and after a meeting of a kind she has the place to herself and her supporter.
func (f *Flow) Leads(k meetings.Kind) slots.Leads {
	l := slots.DefaultLeads(k)
	if l == (slots.Leads{}) {
		return l
	}
	if d, ok := f.cfg.PreBrief[k]; ok {
		l.PreBrief = d
	}
	if d, ok := f.cfg.Debrief[k]; ok {
		l.Debrief = d
	}
	return l
}

// slotWorld is what is known of a woman's wing, her prison and her time in a span. A meeting that is to be placed anew is not in its own way.
func (f *Flow) slotWorld(ctx context.Context, r store.Reader, who people.Mother, s slots.Span, except ids.MeetingID) (w slots.World, err error) {
	w.Holiday = func(d workdays.Day) bool { _, is := f.cfg.Chase.calendar().Holiday(d); return is }
	if who.Custody == people.Released {
		return w, nil
	}
	if w.Regime, err = r.Regime(ctx, who.Wing, workdays.Of(s.From).Plus(-1)); err != nil {
		return w, err
	}
	if w.Places, err = r.Places(ctx, who.Establishment); err != nil {
		return w, err
	}
	booked, err := r.BookingsAt(ctx, who.Establishment, s)
	if err != nil {
		return w, err
	}
	w.Taken = map[ids.PlaceID][]slots.Span{}
	for _, b := range booked {
		if b.Meeting != except {
			w.Taken[b.Place] = append(w.Taken[b.Place], b.There)
		}
	}
	w.Her, err = f.busyMother(ctx, r, who, s, except)
	return w, err
}

// busyMother is when a woman is somewhere else: what is booked for her, her meetings that have no place yet, and messages that are read together.
func (f *Flow) busyMother(ctx context.Context, r store.Reader, who people.Mother, s slots.Span, except ids.MeetingID) (busy []slots.Span, err error) {
	booked, err := r.BookingsOf(ctx, who.ID, s)
	if err != nil {
		return nil, err
	}
	placed := map[ids.MeetingID]bool{except: true}
	for _, b := range booked {
		if !placed[b.Meeting] {
			busy = append(busy, b.Away())
		}
		placed[b.Meeting] = true
	}
	planned, err := r.PlannedMeetings(ctx, meetings.PersonMother, string(who.ID), s)
	if err != nil {
		return nil, err
	}
	for _, m := range planned {
		if !placed[m.ID] {
			busy = append(busy, slots.Span{From: m.Starts, To: m.Ends})
		}
	}
	readings, err := r.TogetherBooked(ctx, who.Establishment, s.From.Add(-messages.ReadingTime))
	if err != nil {
		return nil, err
	}
	for _, t := range readings {
		c, err := r.Case(ctx, t.Case)
		if err != nil {
			return nil, err
		}
		if c.Mother == who.ID {
			busy = append(busy, readingSpan(t))
		}
	}
	return busy, nil
}

func readingSpan(t messages.Together) slots.Span {
	return slots.Span{From: t.Booking.For, To: t.Booking.For.Add(messages.ReadingTime)}
}

// busyStaff is when a member of staff is busy: her meetings here, messages that she reads with somebody, and the calendar that she publishes.
func (f *Flow) busyStaff(ctx context.Context, id ids.StaffID, s slots.Span, except ids.MeetingID) (w slots.Worker, err error) {
	w.ID = id
	published, err := f.st.WorkerBusy(ctx, id, s.From, s.To)
	if err != nil {
		return w, err
	}
	for _, b := range published {
		w.Busy = append(w.Busy, slots.Span{From: b.Starts, To: b.Ends})
	}
	planned, err := f.st.PlannedMeetings(ctx, meetings.PersonStaff, string(id), s)
	if err != nil {
		return w, err
	}
	for _, m := range planned {
		if m.ID != except {
			w.Busy = append(w.Busy, slots.Span{From: m.Starts, To: m.Ends})
		}
	}
	readings, err := f.st.ReadingsWith(ctx, id, s.From.Add(-messages.ReadingTime), s.To)
	for _, t := range readings {
		w.Busy = append(w.Busy, readingSpan(t))
	}
	return w, err
}

// judgePlace says of a meeting's times whether she can be there, and where. When only the talk before and after does not fit, it is judged without.
func (f *Flow) judgePlace(ctx context.Context, r store.Reader, who people.Mother, m meetings.Meeting, beside int) (slots.Verdict, error) {
	ask := slots.Ask{Need: slots.Need{Kind: m.Kind, Wing: who.Wing, Beside: beside}, Leads: f.Leads(m.Kind), Length: m.Ends.Sub(m.Starts)}
	w, err := f.slotWorld(ctx, r, who, besides(m.Starts, m.Ends), m.ID)
	if err != nil {
		return slots.Verdict{}, err
	}
	v := slots.Judge(ask, w, m.Starts)
	if v.Why == "" || ask.Leads == (slots.Leads{}) {
		return v, nil
	}
	ask.Leads = slots.Leads{}
	if bare := slots.Judge(ask, w, m.Starts); bare.Why == "" {
		return bare, nil
	}
	return v, nil
}

// besides is the span in which something can be in the way of a meeting.
func besides(starts, ends time.Time) slots.Span {
	return slots.Span{From: starts.Add(-dayBefore), To: ends.Add(dayBefore)}
}

const dayBefore = 24 * time.Hour

// placeIn books the place that was asked for, in the transaction that makes or moves the meeting.
func (f *Flow) placeIn(tx *store.Tx, m meetings.Meeting, who people.Mother, v Venue, by ids.StaffID) error {
	if !v.asked() {
		return nil
	}
	verdict, err := f.judgePlace(tx.Context(), tx.Reader, who, m, v.Beside)
	if err != nil {
		return err
	}
	b := store.Booking{Meeting: m.ID, Place: verdict.Place.ID, Mother: who.ID, Times: verdict.Times, By: by}
	switch {
	case v.Place != "":
		if b, err = f.certainPlace(tx, m, who, v, verdict, b); err != nil {
			return err
		}
	case verdict.Why != "":
		return nil // none fits; the meeting's page says why
	}
	if err := tx.SetBooking(b); err != nil {
		return err
	}
	tx.Also(audit.MeetingPlaced(m.Case, m.ID, b.Place, b.Special))
	return nil
}

// certainPlace is the booking of a place that somebody chose.
func (f *Flow) certainPlace(tx *store.Tx, m meetings.Meeting, who people.Mother, v Venue, verdict slots.Verdict, b store.Booking) (store.Booking, error) {
	p, err := tx.Place(tx.Context(), v.Place)
	if ids.KindOf(err) == ids.NotFound || err == nil && p.Establishment != who.Establishment {
		return b, ids.E(ids.Invalid, "Choose a place of the prison where she is.")
	}
	if err != nil {
		return b, err
	}
	if why := p.Refuses(slots.Need{Kind: m.Kind, Wing: who.Wing, Beside: v.Beside}); why != "" {
		return b, ids.E(ids.Invalid, "%s cannot be used: %s", p.Name, PlaceTrouble(why))
	}
	leads := f.Leads(m.Kind)
	fits := verdict.Why == "" && (verdict.Place.ID == p.ID || slices.ContainsFunc(verdict.Others, func(o slots.Place) bool { return o.ID == p.ID }))
	if fits {
		leads = slots.Leads{PreBrief: m.Starts.Sub(verdict.Times.There.From), Debrief: verdict.Times.There.To.Sub(m.Ends)}
	}
	b.Place, b.Times = p.ID, leads.Around(m.Starts, m.Ends, p.Walk)
	if fits {
		return b, nil
	}
	regime, err := tx.Regime(tx.Context(), who.Wing, workdays.Of(b.PickUp))
	if err != nil {
		return b, err
	}
	if why := regime.Refuses(b.Away()); why != "" {
		if !v.Special {
			return b, ids.E(ids.Invalid, "%s Choose another time or place, or say that the wing will unlock her for it.", PlaceTrouble(why))
		}
		b.Special = true
	}
	return b, nil // whether it is taken, the database says
}

// PlaceTrouble says in words why a place or a time does not do, for errors; pages have words of their own.
func PlaceTrouble(why slots.Reason) string {
	switch why {
	case slots.NoRegime:
		return "Nobody has entered when her wing is unlocked."
	case slots.ClosedDay, slots.LockedUp, slots.WalkIsLocked:
		return "She would be locked up for a part of that time."
	case slots.OtherWing:
		return "It is for the women of other wings."
	case slots.LegalOnly:
		return "It is kept for legal visits."
	case slots.NotPrivate:
		return "Others would hear what is said there."
	case slots.TooSmall:
		return "There is no room for those who sit with her."
	case slots.NoVideo:
		return "There is no camera."
	case slots.Withdrawn:
		return "It is not used any more."
	}
	return "It is taken."
}

// replace finds a place for a meeting that has other times now: the one it had where that is free, or the best, or none. A meeting that never had one still has none.
func (f *Flow) replace(tx *store.Tx, m meetings.Meeting, who people.Mother, by ids.StaffID) error {
	had, err := tx.LastBooking(tx.Context(), m.ID)
	if ids.KindOf(err) == ids.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := f.judgePlace(tx.Context(), tx.Reader, who, m, 0)
	if err != nil {
		return err
	}
	if err := tx.FreeBooking(m.ID); err != nil {
		return err
	}
	if v.Why != "" {
		tx.Also(audit.MeetingPlaced(m.Case, m.ID, "", false))
		return nil
	}
	p := v.Place
	for _, o := range v.Others {
		if o.ID == had.Place {
			p = o
		}
	}
	leads := slots.Leads{PreBrief: m.Starts.Sub(v.Times.There.From), Debrief: v.Times.There.To.Sub(m.Ends)}
	b := store.Booking{Meeting: m.ID, Place: p.ID, Mother: who.ID, Times: leads.Around(m.Starts, m.Ends, p.Walk), By: by}
	if err := tx.SetBooking(b); err != nil {
		return err
	}
	tx.Also(audit.MeetingPlaced(m.Case, m.ID, b.Place, false))
	return nil
}

// untilPlaced runs a change that looks for the best place once more when somebody else was a moment quicker: the next look finds another.
func untilPlaced(change func() error) (err error) {
	for range 4 {
		if err = change(); !errors.Is(err, store.ErrTaken) {
			return err
		}
	}
	return err
}

// ChoosePlace gives a meeting that is to come another place, or its first one. Asked again it changes nothing. Conflict when somebody else has it.
func (f *Flow) ChoosePlace(ctx context.Context, a ids.Actor, id ids.MeetingID, v Venue) error {
	o, d, err := f.planned(ctx, a, id)
	if err != nil {
		return err
	}
	if !v.asked() {
		return ids.E(ids.Invalid, "Choose a place.")
	}
	return untilPlaced(func() error {
		return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.LockMeeting(id); err != nil {
				return audit.Entry{}, err
			}
			m, err := tx.Meeting(tx.Context(), id)
			if err != nil {
				return audit.Entry{}, err
			}
			if p := m.PhaseAt(tx.Now()); p != meetings.TooEarly && p != meetings.Open {
				return audit.Entry{}, ids.E(ids.Conflict, "This meeting was cancelled or has ended already.")
			}
			had, err := tx.Booking(tx.Context(), id)
			if err != nil && ids.KindOf(err) != ids.NotFound {
				return audit.Entry{}, err
			}
			if err := f.placeIn(tx, m, o.Mother, v, a.StaffID()); err != nil {
				return audit.Entry{}, err
			}
			has, err := tx.Booking(tx.Context(), id)
			if err != nil {
				if ids.KindOf(err) == ids.NotFound {
					return audit.Entry{}, ids.E(ids.Conflict, "No place is free for her at that time. Choose another time.")
				}
				return audit.Entry{}, err
			}
			if has.Place != had.Place || has.Special != had.Special || !has.PickUp.Equal(had.PickUp) || !has.Back.Equal(had.Back) {
				change := movement.Change{What: movement.Placed, Was: m.Starts, WasEnds: m.Ends, Starts: m.Starts, Ends: m.Ends}
				if err := f.movementChanged(tx, store.MovementOf{Meeting: id}, m.Case, "", change); err != nil {
					return audit.Entry{}, err
				}
			}
			return decided(audit.MeetingChanged(m.Case, id, "place"), d), tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(id))
		})
	})
}
