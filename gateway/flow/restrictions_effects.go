package flow

import (
	"context"
	"encoding/json"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// reexamine brings a case to what the restrictions of today allow: what waits to be sent, or to be read, is kept where it must not arrive; the reply addresses of people
// who must not write to her are closed, and opened when they may again; invitations are withdrawn. It lets nothing go that was kept. Doing it again changes nothing.
func (f *Flow) reexamine(tx *store.Tx, id ids.CaseID) error {
	ts, err := tx.ThreadsOfCase(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, t := range ts {
		o := openThread{Thread: t}
		if err := o.load(tx.Context(), tx.Reader, ids.System("delivery")); err != nil {
			return err
		}
		if !o.facts.Thread.HasMother {
			continue
		}
		if err := closeAddresses(tx, o); err != nil {
			return err
		}
		if err := f.keepWaiting(tx, o); err != nil {
			return err
		}
	}
	return f.withdrawInvitations(tx, id)
}

// closeAddresses closes the reply address of every party outside between whom and her words are forbidden, and opens it again when they are not: only who has left has no
// address otherwise.
func closeAddresses(tx *store.Tx, o openThread) error {
	for _, p := range o.Parties {
		if p.Kind != threads.PartyContact || !p.Until.IsZero() {
			continue
		}
		may := policy.Decide(o.towards(p, messages.Message{AuthorKind: messages.ByMother, State: messages.Released})).Allowed()
		if may {
			if err := tx.RenewAddress(o.ID, ids.ContactID(p.ID)); err != nil {
				return err
			}
			continue
		}
		token, err := tx.ReplyAddressOf(tx.Context(), o.ID, ids.ContactID(p.ID))
		if ids.KindOf(err) == ids.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		at, err := tx.AddressOf(tx.Context(), token)
		if err != nil {
			return err
		}
		if at.Expires.IsZero() {
			if err := tx.ExpireAddress(token); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepWaiting keeps the deliveries of a conversation that have not arrived and must not.
func (f *Flow) keepWaiting(tx *store.Tx, o openThread) error {
	ds, err := tx.DeliveriesOfThread(tx.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.RecipientKind == messages.ToStaff {
			continue
		}
		try := d
		if !try.Keep() {
			continue
		}
		m, err := tx.Message(tx.Context(), d.Message)
		if err != nil {
			return err
		}
		may := policy.Decide(o.towards(partyOf(d), m))
		if keptWhy(may) != messages.KeptRestricted {
			continue
		}
		now, err := tx.LockDelivery(d.ID)
		if err != nil {
			return err
		}
		if !now.Keep() {
			continue
		}
		tx.Also(decided(audit.DeliveryKept(deliveredOf(now), string(now.Kept)), may))
		if err := tx.UpdateDelivery(now); err != nil {
			return err
		}
		if now.RecipientKind == messages.ToMother { // her kiosk shows it no longer
			if err := tellOf(tx, ids.MotherID(now.RecipientID), o.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// partyOf is the party to whom a delivery goes.
func partyOf(d messages.Delivery) threads.Party {
	p := threads.Party{ID: d.RecipientID, Email: d.Address, Kind: threads.PartyContact}
	switch d.RecipientKind {
	case messages.ToMother:
		p.Kind = threads.PartyMother
	case messages.ToStaff:
		p.Kind = threads.PartyStaff
	}
	return p
}

// withdrawInvitations takes from the meetings to come those whom she must not meet. Each is told in neutral words, the media server at once, and what is left to be done
// is put before those who plan the case's meetings.
func (f *Flow) withdrawInvitations(tx *store.Tx, id ids.CaseID) error {
	rules, err := restrictionsInForce(tx.Context(), tx.Reader, id)
	if err != nil || len(rules) == 0 {
		return err
	}
	ms, err := tx.MeetingsOfCase(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if phase := m.PhaseAt(tx.Now()); phase == meetings.Over || phase == meetings.CalledOff {
			continue
		}
		if err := f.withdrawFrom(tx, m, rules); err != nil {
			return err
		}
	}
	return nil
}

func (f *Flow) withdrawFrom(tx *store.Tx, m meetings.Meeting, rules []policy.Restriction) error {
	ctx := tx.Context()
	ps, err := tx.Participants(ctx, m.ID)
	if err != nil {
		return err
	}
	kids, err := tx.MeetingChildren(ctx, m.ID)
	if err != nil {
		return err
	}
	supervised := hasStaff(ps)
	changed := false
	for i, p := range ps {
		if p.Kind != meetings.PersonContact || !p.Removed.IsZero() ||
			mayMeet(rules, policy.Touch{Contacts: []ids.ContactID{ids.ContactID(p.Person)}, Supervised: supervised}) {
			continue
		}
		if err := f.withdrawGuest(tx, m, p); err != nil {
			return err
		}
		ps[i].Removed, changed = tx.Now(), true
	}
	for _, k := range kids {
		if mayMeet(rules, policy.Touch{Children: []ids.ChildID{k}, Supervised: supervised}) {
			continue
		}
		if err := tx.RemoveMeetingChild(m.ID, k); err != nil {
			return err
		}
		tx.Also(audit.InvitationWithdrawn(m.Case, m.ID, string(k)))
		if err := tx.AddRestrictionWork(store.RestrictionWork{Meeting: m.ID, Case: m.Case, Child: k}); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	if m.Revision, err = tx.BumpMeeting(m.ID); err != nil {
		return err
	}
	o, err := orderOf(ctx, tx.Reader, m)
	if err != nil {
		return err
	}
	if err := f.enqueueOrder(tx, o); err != nil {
		return err
	}
	c, err := tx.Case(ctx, m.Case)
	if err != nil {
		return err
	}
	return tx.AddFeed(c.Mother, store.FeedMeeting, string(m.ID))
}

func (f *Flow) withdrawGuest(tx *store.Tx, m meetings.Meeting, p meetings.Participant) error {
	if err := tx.RemoveParticipant(p.ID); err != nil {
		return err
	}
	tx.Also(audit.InvitationWithdrawn(m.Case, m.ID, p.Person))
	if err := tx.AddRestrictionWork(store.RestrictionWork{Meeting: m.ID, Case: m.Case, Contact: ids.ContactID(p.Person)}); err != nil {
		return err
	}
	return tx.Enqueue(outbox.MailGuest, "withdrawn:"+string(p.ID), guestMail{Participant: p.ID, Purpose: mailWithdrawn}, time.Time{})
}

// mayMeet asks policy about somebody who is or was invited: as who plans it may.
func mayMeet(rules []policy.Restriction, t policy.Touch) bool {
	return policy.Decide(policy.Facts{Act: policy.AttendMeeting, Actor: ids.Actor{Kind: ids.ActorMother, ID: "her"}, Case: policy.CaseFacts{IsMother: true},
		Meeting: policy.MeetingFacts{IsParticipant: true}, InForce: rules, Touch: t}).Allowed()
}

// hasStaff reports whether a member of staff is to be at a meeting all the time.
func hasStaff(ps []meetings.Participant) bool {
	for _, p := range ps {
		if p.Kind == meetings.PersonStaff && p.Removed.IsZero() {
			return true
		}
	}
	return false
}

// KeepDays has what begins or ends with a day examined from now on: today at once, every later day when it begins in London. Call it when the program starts; calling it
// again changes nothing.
func (f *Flow) KeepDays(ctx context.Context) error {
	// The item's key holds the day, so that each is examined once however many programs there are.
	return f.st.Write(ctx, ids.System("days"), func(tx *store.Tx) (audit.Entry, error) {
		today := tx.Today()
		return audit.DayExamined(today.String()), dayItem(tx, today)
	})
}

func dayItem(tx *store.Tx, day workdays.Day) error {
	return tx.Enqueue(outbox.DayTurned, day.String(), day, day.Start())
}

// HandleDayTurned is the outbox handler for a day that has begun: restrictions that begin, and those whose last day is over, take effect. It is idempotent, and each case
// is a change of its own: one that fails stops no other.
func (f *Flow) HandleDayTurned(ctx context.Context, it outbox.Item) error {
	var day workdays.Day
	if err := json.Unmarshal(it.Payload, &day); err != nil {
		return outbox.Permanent(err)
	}
	today := f.st.Today()
	list, err := f.st.CasesToExamine(ctx, today)
	if err != nil {
		return err
	}
	var failed error
	for _, c := range list {
		err := f.st.Write(ctx, ids.System("days"), func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.LockCase(c); err != nil {
				return audit.Entry{}, err
			}
			return audit.DayExamined(today.String()).In(c, ""), f.reexamine(tx, c)
		})
		if err != nil && failed == nil {
			failed = err
		}
	}
	if failed == nil {
		failed = f.endOver(ctx)
	}
	if failed != nil {
		return failed
	}
	return f.st.Write(ctx, ids.System("days"), func(tx *store.Tx) (audit.Entry, error) {
		return audit.DayExamined(today.String()), dayItem(tx, max(today, day).Plus(1))
	})
}
