package flow

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// PlacedView is where she takes part in a meeting.
type PlacedView struct {
	store.Booking
	Name string
	Kind slots.PlaceKind
	// Clash says why it does not hold any more: the regime, her wing or the place has changed. "" = it holds.
	Clash slots.Reason
}

// placeOf is the place that a meeting has; nil when it has none.
func (f *Flow) placeOf(ctx context.Context, m meetings.Meeting, who people.Mother) (*PlacedView, error) {
	b, err := f.st.Booking(ctx, m.ID)
	if ids.KindOf(err) == ids.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v, err := f.placeBook().view(ctx, m, who, b)
	return &v, err
}

// placeBook remembers, for one list of meetings, the places and the times of unlock that many of them ask for.
type placeBook struct {
	f       *Flow
	places  map[ids.PlaceID]slots.Place
	all     map[ids.AgencyID][]slots.Place // of a prison, those in use
	regimes map[ids.WingID]slots.Regime
}

func (f *Flow) placeBook() placeBook {
	return placeBook{f: f, places: map[ids.PlaceID]slots.Place{}, all: map[ids.AgencyID][]slots.Place{}, regimes: map[ids.WingID]slots.Regime{}}
}

// inUse are the places of a prison.
func (k placeBook) inUse(ctx context.Context, e ids.AgencyID) ([]slots.Place, error) {
	if list, known := k.all[e]; known {
		return list, nil
	}
	list, err := k.f.st.Places(ctx, e)
	for _, p := range list {
		k.places[p.ID] = p
	}
	k.all[e] = list
	return list, err
}

func (k placeBook) place(ctx context.Context, id ids.PlaceID) (p slots.Place, err error) {
	p, known := k.places[id]
	if !known {
		if p, err = k.f.st.Place(ctx, id); err == nil {
			k.places[id] = p
		}
	}
	return p, err
}

func (k placeBook) regime(ctx context.Context, w ids.WingID) (r slots.Regime, err error) {
	r, known := k.regimes[w]
	if !known {
		if r, err = k.f.st.Regime(ctx, w, k.f.st.Today().Plus(-1)); err == nil {
			k.regimes[w] = r
		}
	}
	return r, err
}

// view is a booking as staff and the mother see it. Of a meeting that is past the times of unlock of days unlike others are not known any more, and none is found wrong.
func (k placeBook) view(ctx context.Context, m meetings.Meeting, who people.Mother, b store.Booking) (v PlacedView, err error) {
	v.Booking = b
	p, err := k.place(ctx, b.Place)
	if err != nil {
		return v, err
	}
	v.Name, v.Kind = p.Name, p.Kind
	if workdays.Of(b.Back) < k.f.st.Today() {
		return v, nil
	}
	if p.Establishment != who.Establishment {
		v.Clash = slots.OtherWing
		return v, nil
	}
	if v.Clash = p.Refuses(slots.Need{Kind: m.Kind, Wing: who.Wing}); v.Clash != "" || b.Special {
		return v, nil
	}
	regime, err := k.regime(ctx, who.Wing)
	v.Clash = regime.Refuses(b.Away())
	return v, err
}

// ToPlace is a meeting that has no place, or one that does not hold any more.
type ToPlace struct {
	MeetingRow
	Placed *PlacedView // nil = it has none
}

// MeetingsToPlace returns the meetings to come that need a place, over all the cases whose meetings the actor plans, the first first. At a prison that has entered no
// places none is looked for.
func (f *Flow) MeetingsToPlace(ctx context.Context, a ids.Actor) (out []ToPlace, err error) {
	if a.StaffID() == "" {
		return nil, ids.ErrNotFound
	}
	ctx = store.OnePage(ctx)
	visible, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	book, mine := f.placeBook(), []visibleCase(nil)
	for _, v := range visible {
		places, err := book.inUse(ctx, v.mother.Establishment)
		if err != nil {
			return nil, err
		}
		if len(places) > 0 && policy.Decide(policy.Facts{Act: policy.PlanMeeting, Actor: a, Case: v.facts}).Allowed() {
			mine = append(mine, v)
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	ms, booked, err := f.st.PlannedOf(ctx, idsOf(mine), f.now())
	if err != nil || len(ms) == 0 {
		return nil, err
	}
	if err := f.st.AheadOfMeetings(ctx, a.StaffID(), ms); err != nil {
		return nil, err
	}
	for _, m := range ms {
		o, err := f.gather(ctx, a, m)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.SeeMeeting)).Allowed() || !policy.Decide(o.to(policy.PlanMeeting)).Allowed() {
			continue
		}
		row := ToPlace{MeetingRow: o.row(a, f.now())}
		if b, ok := booked[m.ID]; ok {
			v, err := book.view(ctx, m, o.Mother, b)
			if err != nil {
				return nil, err
			}
			if v.Clash == "" {
				continue
			}
			row.Placed = &v
		}
		out = append(out, row)
	}
	return out, nil
}
