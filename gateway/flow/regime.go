package flow

import (
	"context"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// RegimeView is what a prison has entered of its wings' times and its places, as far as the actor may change them.
type RegimeView struct {
	Establishment people.Agency
	Wings         []WingRegime
	Places        []slots.Place // nil for who may not change them
	MayManage     bool          // the week and the places; else single days of her wing alone
	Kinds         []slots.PlaceKind
}

// WingRegime is one wing's.
type WingRegime struct {
	people.Wing
	slots.Regime
	Days []slots.Exception // those to come, the next first
}

// Regime returns it; "" = the actor's own establishment.
func (f *Flow) Regime(ctx context.Context, a ids.Actor, e ids.AgencyID) (v RegimeView, err error) {
	if e == "" {
		e = a.Agency
	}
	if v.Establishment, err = f.st.Agency(ctx, e); err != nil {
		return v, err
	}
	if v.Establishment.Kind != people.Establishment {
		return v, ids.ErrNotFound
	}
	v.MayManage = policy.Decide(policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == e}).Allowed()
	wings, err := f.st.Wings(ctx, e)
	if err != nil {
		return v, err
	}
	for _, w := range wings {
		facts, err := f.wingFacts(ctx, a, w)
		if err != nil {
			return v, err
		}
		if !policy.Decide(facts).Allowed() {
			continue
		}
		one := WingRegime{Wing: w}
		if one.Regime, err = f.st.Regime(ctx, w.ID, f.st.Today()); err != nil {
			return v, err
		}
		for _, day := range one.Regime.Days {
			one.Days = append(one.Days, day)
		}
		slices.SortFunc(one.Days, func(x, y slots.Exception) int { return int(x.Day - y.Day) })
		v.Wings = append(v.Wings, one)
	}
	if !v.MayManage && len(v.Wings) == 0 {
		return v, f.may(ctx, policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == e}, auditID(e))
	}
	if v.MayManage {
		v.Places, err = f.st.Places(ctx, e)
		v.Kinds = slots.PlaceKinds
	}
	return v, err
}

// wingFacts are the facts about changing a day of a wing.
func (f *Flow) wingFacts(ctx context.Context, a ids.Actor, w people.Wing) (policy.Facts, error) {
	facts := policy.Facts{Act: policy.RegimeDay, Actor: a, SamePlace: a.Agency != "" && a.Agency == w.Establishment}
	if facts.SamePlace && a.StaffID() != "" {
		s, err := f.st.Staff(ctx, a.StaffID())
		if err != nil {
			return facts, err
		}
		facts.SameWing = s.Wing == "" || s.Wing == w.ID
	}
	return facts, nil
}

func (f *Flow) wing(ctx context.Context, id ids.WingID) (people.Wing, error) {
	all, err := f.st.Wings(ctx, "")
	for _, w := range all {
		if w.ID == id {
			return w, nil
		}
	}
	if err == nil {
		err = ids.ErrNotFound
	}
	return people.Wing{}, err
}

// SetRegimeWeek says when the women of a wing are unlocked on each day of the week, by time.Weekday.
func (f *Flow) SetRegimeWeek(ctx context.Context, a ids.Actor, id ids.WingID, week [7]slots.Windows) error {
	w, err := f.wing(ctx, id)
	if err != nil {
		return err
	}
	facts := policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == w.Establishment}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.RegimeSet(id, weekCode(week)), d), tx.SetRegimeWeek(id, week)
	})
}

// weekCode is how the audit log writes a week: "mon 08:15-11:45, 13:45-16:30; tue …".
func weekCode(week [7]slots.Windows) string {
	var parts []string
	for day, ws := range week {
		if len(ws) > 0 {
			parts = append(parts, strings.ToLower(time.Weekday(day).String()[:3])+" "+ws.String())
		}
	}
	return strings.Join(parts, "; ")
}

// MostRegimeDays is how many days one entry of a regime can cover.
const MostRegimeDays = 31

// SetRegimeDays gives the days from one to another times of unlock of their own; none = locked up all day. What was said of those days before is replaced. Meetings that
// are booked then and do not hold any more stand on the list of those who plan them (MeetingsToPlace); they are not called off by this.
func (f *Flow) SetRegimeDays(ctx context.Context, a ids.Actor, id ids.WingID, from, to workdays.Day, windows slots.Windows, why slots.Why) error {
	w, err := f.wing(ctx, id)
	if err != nil {
		return err
	}
	facts, err := f.wingFacts(ctx, a, w)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	switch today := f.st.Today(); {
	case from == 0 || to < from:
		return ids.E(ids.Invalid, "Enter from which day to which day it is so.")
	case to < today:
		return ids.E(ids.Invalid, "Choose days that are still to come.")
	case to >= from.Plus(MostRegimeDays):
		return ids.E(ids.Invalid, "Enter %d days at most at once. What is so for longer belongs in the week.", MostRegimeDays)
	case to > today.Plus(366):
		return ids.E(ids.Invalid, "Choose days within the next year. Check the year.")
	case !slices.Contains(slots.Whys, why):
		return ids.E(ids.Invalid, "Choose why the day is unlike others.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		entry := func(day workdays.Day) audit.Entry {
			return decided(audit.RegimeDaySet(id, day.String(), windows.String(), string(why)), d)
		}
		for day := from; day <= to; day++ {
			if err := tx.SetRegimeDay(id, slots.Exception{Day: day, Windows: windows, Why: why}); err != nil {
				return audit.Entry{}, err
			}
			if day < to {
				tx.Also(entry(day))
			}
		}
		return entry(to), nil
	})
}

// RemoveRegimeDay makes a day like the others of its weekday again; when it is, nothing changes.
func (f *Flow) RemoveRegimeDay(ctx context.Context, a ids.Actor, id ids.WingID, day workdays.Day) error {
	w, err := f.wing(ctx, id)
	if err != nil {
		return err
	}
	facts, err := f.wingFacts(ctx, a, w)
	if err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.RegimeDaySet(id, day.String(), "", ""), d)
		err := tx.RemoveRegimeDay(id, day)
		if ids.KindOf(err) == ids.NotFound {
			return e.With("repeat", "yes"), nil
		}
		return e, err
	})
}

// AddPlace enters a place where women of an establishment can take part in meetings.
func (f *Flow) AddPlace(ctx context.Context, a ids.Actor, p slots.Place) (ids.PlaceID, error) {
	facts := policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == p.Establishment}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(p.Establishment), d)
	}
	wings, err := f.st.Wings(ctx, p.Establishment)
	if err != nil {
		return "", err
	}
	of := make([]ids.WingID, len(wings))
	for i, w := range wings {
		of[i] = w.ID
	}
	if p, err = p.Check(of); err != nil {
		return "", err
	}
	p.Name = CleanText(p.Name)
	p.ID = ids.New[ids.PlaceID](ids.Place)
	return p.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.PlaceAdded(p.ID, string(p.Kind)), d), tx.AddPlace(p)
	})
}

// WithdrawPlace ends the use of a place; when it has ended, nothing changes. What is booked there stands on the list of those who plan it.
func (f *Flow) WithdrawPlace(ctx context.Context, a ids.Actor, id ids.PlaceID) error {
	p, err := f.st.Place(ctx, id)
	if err != nil {
		return err
	}
	facts := policy.Facts{Act: policy.ManageRegime, Actor: a, SamePlace: a.Agency == p.Establishment}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.PlaceWithdrawn(id), d)
		err := tx.WithdrawPlace(id)
		if ids.KindOf(err) == ids.NotFound {
			return e.With("repeat", "yes"), nil
		}
		return e, err
	})
}
