package flow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// IsTaken reports whether a booking came second: somebody else has that place, or she is booked, at that time.
func IsTaken(err error) bool { return errors.Is(err, store.ErrTaken) }

// PlacesFor returns the places of the prison where the mother of a case is, for whoever may plan her meetings; none once she has been released.
func (f *Flow) PlacesFor(ctx context.Context, a ids.Actor, c ids.CaseID) ([]slots.Place, error) {
	who, err := f.mayPlan(ctx, a, c, "")
	if err != nil || who.Custody == people.Released {
		return nil, err
	}
	return f.st.Places(ctx, who.Establishment)
}

// MeetingMade returns the meeting of a case that was made with a key; "" when none was.
func (f *Flow) MeetingMade(ctx context.Context, a ids.Actor, c ids.CaseID, key string) (ids.MeetingID, error) {
	if _, err := f.mayPlan(ctx, a, c, ""); err != nil || key == "" {
		return "", err
	}
	id, err := f.st.MeetingByKey(ctx, c, key)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	return id, err
}

// JudgeTimes says of a time that somebody has chosen whether she can be there, and where. t says of which case, kind and length the meeting is, how many sit with her, and which
// meeting has those times already; its days are not read.
func (f *Flow) JudgeTimes(ctx context.Context, a ids.Actor, t TimesAsked, starts time.Time) (slots.Verdict, error) {
	who, err := f.mayPlan(ctx, a, t.Case, t.Kind)
	if err != nil {
		return slots.Verdict{}, err
	}
	return f.judgePlace(ctx, f.st.Reader, who, meetings.Meeting{ID: t.Except, Kind: t.Kind, Starts: starts, Ends: starts.Add(t.Length)}, t.Beside)
}

// MostSuggested is how many times are suggested in the place of one that cannot be.
const MostSuggested = 3

// SuggestTimes offers times in the place of one that cannot be: those of its week that are nearest to it, of the week after when nothing of it is left; at most
// MostSuggested, the first first. Of the question the days are not read: they are those of the week. The actor is free then, as far as is known.
func (f *Flow) SuggestTimes(ctx context.Context, a ids.Actor, t TimesAsked, near time.Time) ([]slots.Verdict, error) {
	today := f.st.Today()
	last := today.Plus(int(meetings.FarthestDay / dayBefore))
	day := workdays.Of(near)
	monday := day.Plus(-(int(day.Weekday()) + 6) % 7)
	for range 2 {
		t.From, t.To = max(monday, today), min(monday.Plus(6), last)
		if t.From <= t.To {
			found, err := f.FindTimes(ctx, a, t)
			if err != nil {
				return nil, err
			}
			if near := nearest(found.Found, near); len(near) > 0 {
				return near, nil
			}
		}
		monday = monday.Plus(7)
	}
	return nil, nil
}

// nearest picks the times that are nearest to one, an hour apart as long as there are such: three starts a quarter of an hour apart are no choice.
func nearest(found slots.Found, to time.Time) []slots.Verdict {
	var all, out []slots.Verdict
	for _, d := range found.Days {
		all = append(all, d.Slots...)
	}
	slices.SortStableFunc(all, func(x, y slots.Verdict) int {
		return cmp.Compare(x.Starts.Sub(to).Abs(), y.Starts.Sub(to).Abs())
	})
	for _, apart := range []time.Duration{time.Hour, slots.Step} {
		for _, v := range all {
			near := func(o slots.Verdict) bool { return v.Starts.Sub(o.Starts).Abs() < apart }
			if len(out) < MostSuggested && !slices.ContainsFunc(out, near) {
				out = append(out, v)
			}
		}
	}
	slices.SortFunc(out, func(x, y slots.Verdict) int { return x.Starts.Compare(y.Starts) })
	return out
}

// RegimeClashes is how many bookings to come of women of a wing do not hold with its times of unlock. Whoever may change a day of the wing is told; whose they are stands
// on the list of those who plan them (MeetingsToPlace).
func (f *Flow) RegimeClashes(ctx context.Context, a ids.Actor, id ids.WingID) (n int, err error) {
	w, err := f.wing(ctx, id)
	if err != nil {
		return 0, err
	}
	facts, err := f.wingFacts(ctx, a, w)
	if err != nil {
		return 0, err
	}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return 0, err
	}
	booked, err := f.st.BookingsAt(ctx, w.Establishment, f.toCome())
	if err != nil {
		return 0, err
	}
	regime, err := f.st.Regime(ctx, id, f.st.Today())
	if err != nil {
		return 0, err
	}
	wings := map[ids.MotherID]ids.WingID{}
	for _, b := range booked {
		if b.Special || regime.Refuses(b.Away()) == "" {
			continue
		}
		if _, known := wings[b.Mother]; !known {
			who, err := f.st.Mother(ctx, b.Mother)
			if err != nil {
				return 0, err
			}
			wings[b.Mother] = who.Wing
		}
		if wings[b.Mother] == id {
			n++
		}
	}
	return n, nil
}

// toCome is the time in which something can be booked from now on.
func (f *Flow) toCome() slots.Span {
	return slots.Span{From: f.now(), To: f.now().Add(meetings.FarthestDay + 2*dayBefore)}
}

// BookedIn is how many meetings to come are booked in a place, for whoever may withdraw it.
func (f *Flow) BookedIn(ctx context.Context, a ids.Actor, id ids.PlaceID) (p slots.Place, n int, err error) {
	if p, err = f.st.Place(ctx, id); err != nil {
		return p, 0, err
	}
	if err := f.may(ctx, policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == p.Establishment}, auditID(id)); err != nil {
		return slots.Place{}, 0, err
	}
	booked, err := f.st.BookingsAt(ctx, p.Establishment, f.toCome())
	for _, b := range booked {
		if b.Place == id {
			n++
		}
	}
	return p, n, err
}
