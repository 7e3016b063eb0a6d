package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// ProposeTimes proposes other times to the organiser of the invitation of a held email (COUNTER, RFC 5546 section 3.2.7), which waits on until she answers: by a later version of the
// invitation, or by refusing. The same times again are proposed once; others only when she has answered. Whoever may answer the invitation may.
func (f *Flow) ProposeTimes(ctx context.Context, a ids.Actor, hold ids.HoldID, starts []time.Time) error {
	h, err := f.reviewableMail(ctx, a, hold)
	if err != nil {
		return err
	}
	late := h.hold // who comes late is told of the decision, whatever else is wrong
	if err := late.Decide(a.StaffID(), f.now(), messages.OutcomeAnswered, "", ""); err != nil {
		return err
	}
	k, err := f.st.InvitationByHold(ctx, hold)
	if ids.KindOf(err) == ids.NotFound && err != nil {
		return errNotInvited
	}
	if err != nil {
		return err
	}
	if err := f.may(ctx, h.in.to(policy.PlanMeeting), auditID(hold)); err != nil {
		return err
	}
	facts, err := f.organiserFacts(ctx, h.in, k.Invite.Organizer.Address)
	if err != nil {
		return err
	}
	if err := f.may(ctx, facts, auditID(hold)); err != nil {
		return err
	}
	c, err := k.Propose(starts, a.StaffID(), f.now())
	if err != nil {
		return err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		now, err := tx.LockInvitation(k.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if now.Hold != h.hold.ID || now.Invite.Sequence != k.Invite.Sequence || !now.Invite.Stamp.Equal(k.Invite.Stamp) {
			return audit.Entry{}, ids.E(ids.Conflict, "The invitation has changed while you were looking at it. Look at it again.")
		}
		if old := now.Counter; old != nil && old.Outcome == invites.Awaited {
			if old.SameAs(c) {
				return audit.Entry{}, errSame
			}
			return audit.Entry{}, ids.E(ids.Conflict, "Other times were proposed already. Wait for the organiser’s answer.")
		}
		c.At = tx.Now()
		now.Counter, now.State, now.Decided, now.By = &c, invites.Tentative, tx.Now(), a.StaffID()
		m := inviteMail{Invitation: k.ID, Answer: AnswerCounter, Occurrence: c.Occurrence, Sequence: c.Sequence, At: c.At}
		if err := tx.Enqueue(outbox.MailInvite, fmt.Sprintf("%s/counter/%d/%d", k.ID, c.Sequence, c.At.UnixMicro()), m, c.At); err != nil {
			return audit.Entry{}, err
		}
		return audit.InvitationAnswered(k.Case, k.Thread, k.ID, string(AnswerCounter)), tx.SaveInvitation(now, "")
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return err
}

// counterPart writes the proposal of an outbox item for the organiser's calendar, with what the mail says of it. ErrNothingToSend when another has taken its place, or the organiser has
// answered meanwhile.
func (f *Flow) counterPart(k invites.Known, g inviteMail, about CalendarInvitation, me CalendarPerson) (CalendarPart, letters.Values, error) {
	c := k.Counter
	if c == nil || !c.At.Equal(g.At) || c.Outcome != invites.Awaited {
		return CalendarPart{}, letters.Values{}, ErrNothingToSend
	}
	about.Start, about.End = c.Was.Start, c.Was.End
	var slots []TimeSlot
	v := letters.Values{At: c.Was.Start}
	for _, t := range c.Slots {
		slots = append(slots, TimeSlot{Start: t.Start, End: t.End})
		v.Slots = append(v.Slots, t.Start)
	}
	part, err := f.cfg.Calendar.Counter(about, me, slots, "", g.At)
	return part, v, err
}
