package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// MovementRow says that a woman is due somewhere at a time, and no more: not what about, and not with whom.
type MovementRow struct {
	Mother         string
	PrisonerNumber string
	Wing           string
	Place          string // "" = a kiosk or room of her wing
	Starts, Ends   time.Time
	Step           ids.MeetingID // where the actor can say that she takes part in another way; "" = nowhere
}

// Movements returns the meetings to come, as far as the prison's own staff must know of them to bring the women there, the next first. An
// officer of one wing is told of that wing.
func (f *Flow) Movements(ctx context.Context, a ids.Actor) ([]MovementRow, error) {
	wings, own, err := f.wingsOf(ctx, a)
	if err != nil {
		return nil, err
	}
	ms, err := f.st.LivingMeetings(ctx, f.now())
	if err != nil {
		return nil, err
	}
	ctx = store.OnePage(ctx)
	if err := f.st.AheadOfMeetings(ctx, a.StaffID(), ms); err != nil {
		return nil, err
	}
	var rows []MovementRow
	for _, m := range ms {
		o, err := f.gather(ctx, a, m)
		if err != nil {
			return nil, err
		}
		facts := o.to(policy.SeeMovement)
		facts.SamePlace = facts.Case.SameEstablishment
		if !facts.SamePlace || !policy.Decide(facts).Allowed() || own != "" && own != o.Mother.Wing {
			continue
		}
		row := MovementRow{Mother: o.Mother.Name, PrisonerNumber: o.Mother.PrisonerNumber, Wing: wings[o.Mother.Wing], Starts: m.Starts, Ends: m.Ends}
		placed, err := f.where(ctx, movement.Slip{Starts: m.Starts, Ends: m.Ends}, m.ID)
		if err != nil {
			return nil, err
		}
		row.Place = placed.Place
		facts.Act, facts.Case.SameWing = policy.StepDown, own == "" || own == o.Mother.Wing
		if policy.Decide(facts).Allowed() {
			row.Step = m.ID
		}
		rows = append(rows, row)
	}
	booked, err := f.bookedMovements(ctx, a, wings, own)
	if err != nil || len(booked) == 0 {
		return rows, err
	}
	rows = append(rows, booked...)
	slices.SortStableFunc(rows, func(x, y MovementRow) int { return x.Starts.Compare(y.Starts) })
	return rows, nil
}

// bookedMovements are the appointments with a worker. They look like any other: nothing says what for.
func (f *Flow) bookedMovements(ctx context.Context, a ids.Actor, wings map[ids.WingID]string, own ids.WingID) (rows []MovementRow, err error) {
	if a.Agency == "" {
		return nil, nil
	}
	list, err := f.st.TogetherBooked(ctx, a.Agency, f.now().Add(-messages.ReadingTime))
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		c, err := f.st.Case(ctx, t.Case)
		if err != nil {
			return nil, err
		}
		m, err := f.st.Mother(ctx, c.Mother)
		if err != nil {
			return nil, err
		}
		facts := policy.Facts{Act: policy.SeeMovement, Actor: a, SamePlace: m.Establishment == a.Agency}
		if !t.Booking.Holds(m.Establishment) || m.Custody == people.Released || !policy.Decide(facts).Allowed() || own != "" && own != m.Wing {
			continue
		}
		rows = append(rows, MovementRow{Mother: m.Name, PrisonerNumber: m.PrisonerNumber, Wing: wings[m.Wing], Place: t.Booking.Place, Starts: t.Booking.For,
			Ends: t.Booking.For.Add(messages.ReadingTime)})
	}
	return rows, nil
}

// WingWoman is a woman to whom the actor can give a new PIN.
type WingWoman struct {
	ID                         ids.MotherID
	Name, PrisonerNumber, Wing string
}

// WomenForPIN returns the women of the actor's own prison to whom she can give a new PIN, wing by wing.
func (f *Flow) WomenForPIN(ctx context.Context, a ids.Actor) ([]WingWoman, error) {
	if a.Agency == "" {
		return nil, nil
	}
	wings, err := f.st.Wings(ctx, a.Agency)
	if err != nil {
		return nil, err
	}
	var out []WingWoman
	for _, w := range wings {
		women, err := f.st.MothersOnWing(ctx, a.Agency, w.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range women {
			facts, err := f.pinFacts(ctx, a, m)
			if err != nil {
				return nil, err
			}
			if policy.Decide(facts).Allowed() {
				out = append(out, WingWoman{ID: m.ID, Name: m.Name, PrisonerNumber: m.PrisonerNumber, Wing: w.Name})
			}
		}
	}
	return out, nil
}

// wingsOf returns the names of the wings of the actor's establishment and the wing that she works on ("" = all).
func (f *Flow) wingsOf(ctx context.Context, a ids.Actor) (map[ids.WingID]string, ids.WingID, error) {
	names := map[ids.WingID]string{}
	var s people.Staff
	if a.StaffID() == "" || a.Agency == "" {
		return names, "", nil
	}
	wings, err := f.st.Wings(ctx, a.Agency)
	if err != nil {
		return nil, "", err
	}
	for _, w := range wings {
		names[w.ID] = w.Name
	}
	s, err = f.st.Staff(ctx, a.StaffID())
	return names, s.Wing, err
}
