package flow

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
)

// MovementRow says that a woman is due somewhere at a time, and no more: not what about, and not with whom.
type MovementRow struct {
	Mother         string
	PrisonerNumber string
	Wing           string
	Starts, Ends   time.Time
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
		rows = append(rows, MovementRow{Mother: o.Mother.Name, PrisonerNumber: o.Mother.PrisonerNumber, Wing: wings[o.Mother.Wing], Starts: m.Starts, Ends: m.Ends})
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
