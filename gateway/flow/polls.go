package flow

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// NewPoll asks people outside when a meeting can be held. They are those who could be invited to it.
type NewPoll struct {
	Case     ids.CaseID
	Kind     meetings.Kind
	About    []ids.ChildID
	Minutes  int
	Starts   []time.Time // the times that are offered
	Closes   time.Time   // until when answers are taken
	Asked    []ids.ContactID
	Required []ids.ContactID // of those asked: without whom it cannot be held
	Across   bool            // as NewMeeting.AcrossAuthorities
	IdemKey  string          // as NewMeeting.IdemKey
}

func (n NewPoll) meeting() NewMeeting {
	return NewMeeting{Case: n.Case, Kind: n.Kind, About: n.About, Guests: n.Asked, AcrossAuthorities: n.Across, IdemKey: n.IdemKey}
}

// check reports what is wrong with the request by itself and returns its times.
func (n NewPoll) check(now time.Time) ([]polls.Slot, error) {
	switch {
	case !n.Kind.Valid():
		return nil, ids.E(ids.Invalid, "Choose what kind of meeting it is.")
	case n.Kind.Private():
		return nil, ids.E(ids.Invalid, "A meeting of this kind is between her and her supporter: nobody outside is asked.")
	case len(n.Asked) == 0:
		return nil, ids.E(ids.Invalid, "Choose whom to ask.")
	case len(n.Asked) > polls.MaxAsked:
		return nil, ids.E(ids.Invalid, "%d people can be asked at most.", polls.MaxAsked)
	case len(n.IdemKey) > 200:
		return nil, ids.E(ids.Invalid, "The request's key must be 200 bytes or fewer.")
	}
	return polls.Check(n.Starts, n.Minutes, n.Closes, now)
}

// MakePoll asks: each person is mailed a link of her own. Whoever may plan the meeting may ask, and only those can be asked who could be invited.
func (f *Flow) MakePoll(ctx context.Context, a ids.Actor, n NewPoll) (made ids.PollID, err error) {
	n.Asked = unique(slices.Concat(n.Asked, n.Required))
	slots, err := n.check(f.now())
	if err != nil {
		return "", err
	}
	pl, err := f.loadPlan(ctx, a, n.meeting())
	if err != nil {
		return "", err
	}
	d := policy.Decide(pl.facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, pl.facts, auditID(n.Case), d)
	}
	if err := f.mayAllMeet(ctx, n.meeting(), pl); err != nil {
		return "", err
	}
	p := polls.Poll{ID: ids.New[ids.PollID](ids.Poll), Case: n.Case, Kind: n.Kind, Minutes: n.Minutes, Across: n.Across, Slots: slots, Created: f.now(), Closes: n.Closes.UTC().Truncate(time.Second),
		By: a.StaffID(), State: polls.Open}
	if p.About, err = f.aboutWhom(ctx, n.meeting(), pl); err != nil {
		return "", err
	}
	var asked []store.NewInvitee
	for _, g := range pl.guests {
		one := polls.Invitee{ID: ids.New[ids.InviteeID](ids.Invitee), Contact: g.ID, Name: g.Name, Email: g.Email, Required: slices.Contains(n.Required, g.ID)}
		asked = append(asked, store.NewInvitee{Invitee: one, LinkHash: people.HashToken(f.pollToken(one.ID))})
	}
	key := n.IdemKey
	if key == "" {
		key = string(p.ID)
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		id, added, err := tx.AddPoll(p, asked, key)
		if err == nil && !added {
			err = errSame
		}
		made = id
		if err != nil {
			return audit.Entry{}, err
		}
		for _, i := range asked {
			if err := tx.Enqueue(outbox.MailPoll, "asked/"+string(i.ID), pollMail{Invitee: i.ID, Purpose: pollAsked}, time.Time{}); err != nil {
				return audit.Entry{}, err
			}
		}
		return decided(audit.PollMade(p.Case, p.ID, len(asked)), d), tx.Enqueue(outbox.PollDue, string(p.ID), p.ID, p.HalfWay())
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return made, err
}

// pollFor loads a poll for somebody who plans the case's meetings; NotFound to who may not know of the case.
func (f *Flow) pollFor(ctx context.Context, a ids.Actor, id ids.PollID) (p polls.Poll, pl plan, err error) {
	if p, err = f.st.Poll(ctx, id); err != nil {
		return p, pl, err
	}
	if pl, err = f.loadPlan(ctx, a, NewMeeting{Case: p.Case}); err != nil {
		return p, pl, err
	}
	return p, pl, f.may(ctx, pl.facts, auditID(id))
}

// changePoll makes a change of a poll with its row locked. do returns errSame when there is nothing left to do.
func (f *Flow) changePoll(ctx context.Context, a ids.Actor, id ids.PollID, do func(*store.Tx, polls.Poll) (audit.Entry, error)) error {
	if _, _, err := f.pollFor(ctx, a, id); err != nil {
		return err
	}
	err := f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		p, err := tx.LockPoll(id)
		if err != nil {
			return audit.Entry{}, err
		}
		return do(tx, p)
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	return err
}

var (
	errPollDecided   = ids.E(ids.Conflict, "A time has been chosen already. Change the meeting instead.")
	errPollWithdrawn = ids.E(ids.Conflict, "This question was taken back already.")
	errPollClosed    = ids.E(ids.Conflict, "No answers are taken any more.")
)

// RemindPoll asks those again who have not answered, each once in a day. Pressed again it does nothing.
func (f *Flow) RemindPoll(ctx context.Context, a ids.Actor, id ids.PollID) error {
	return f.changePoll(ctx, a, id, func(tx *store.Tx, p polls.Poll) (audit.Entry, error) {
		if p.Phase(tx.Now()) != polls.Open {
			return audit.Entry{}, errPollClosed
		}
		today := tx.Today()
		n, err := f.remindIn(tx, p, today.String(), func(i polls.Invitee) bool { return i.Reminded.IsZero() || workdays.Of(i.Reminded) != today })
		return audit.PollReminded(p.Case, p.ID, "person", n), err
	})
}

// remindIn leaves a reminder for each of those who have not answered and are due; errSame when there is none.
func (f *Flow) remindIn(tx *store.Tx, p polls.Poll, key string, due func(polls.Invitee) bool) (n int, err error) {
	for _, i := range p.Waiting() {
		if !due(i) {
			continue
		}
		if err := tx.Enqueue(outbox.MailPoll, "reminded/"+string(i.ID)+"/"+key, pollMail{Invitee: i.ID, Purpose: pollReminded, Key: key}, time.Time{}); err != nil {
			return n, err
		}
		if err := tx.SetPollReminded(i.ID); err != nil {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, errSame
	}
	return n, nil
}

// HandlePollDue is the outbox handler for poll_due: half way to the end, those who have not answered and whom nobody has reminded are reminded, once.
func (f *Flow) HandlePollDue(ctx context.Context, it outbox.Item) error {
	var id ids.PollID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	err := f.st.Write(ctx, ids.System("polls"), func(tx *store.Tx) (audit.Entry, error) {
		p, err := tx.LockPoll(id)
		if err != nil {
			return audit.Entry{}, err
		}
		if p.Phase(tx.Now()) != polls.Open {
			return audit.Entry{}, errSame
		}
		n, err := f.remindIn(tx, p, "half_way", func(i polls.Invitee) bool { return i.Reminded.IsZero() })
		return audit.PollReminded(p.Case, p.ID, "half_way", n), err
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// ClosePoll takes no more answers; a time can still be chosen.
func (f *Flow) ClosePoll(ctx context.Context, a ids.Actor, id ids.PollID) error {
	return f.changePoll(ctx, a, id, func(tx *store.Tx, p polls.Poll) (audit.Entry, error) {
		switch p.State {
		case polls.Withdrawn:
			return audit.Entry{}, errPollWithdrawn
		case polls.Decided:
			return audit.Entry{}, errPollDecided
		case polls.Closed:
			return audit.Entry{}, errSame
		}
		return audit.PollClosed(p.Case, p.ID), tx.SetPollState(p.ID, polls.Closed)
	})
}

// CancelPoll takes the question back: those asked are told, neutrally.
func (f *Flow) CancelPoll(ctx context.Context, a ids.Actor, id ids.PollID) error {
	return f.changePoll(ctx, a, id, func(tx *store.Tx, p polls.Poll) (audit.Entry, error) {
		switch p.State {
		case polls.Withdrawn:
			return audit.Entry{}, errSame
		case polls.Decided:
			return audit.Entry{}, errPollDecided
		}
		for _, i := range p.Invitees {
			if err := tx.Enqueue(outbox.MailPoll, "withdrawn/"+string(i.ID), pollMail{Invitee: i.ID, Purpose: pollWithdrawn}, time.Time{}); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.PollWithdrawn(p.Case, p.ID), tx.SetPollState(p.ID, polls.Withdrawn)
	})
}

// ChooseSlot makes the meeting of a poll, as it is planned then: at one of its times, or at another. Those of the guests who were asked get their invitations, the others of
// those asked a note that the time is decided. Pressed again it returns the meeting that was made.
func (f *Flow) ChooseSlot(ctx context.Context, a ids.Actor, id ids.PollID, n NewMeeting) (made ids.MeetingID, err error) {
	p, _, err := f.pollFor(ctx, a, id)
	if err != nil {
		return "", err
	}
	switch {
	case p.Case != n.Case:
		return "", ids.ErrNotFound
	case p.State == polls.Decided:
		return p.Meeting, nil
	case p.State == polls.Withdrawn:
		return "", errPollWithdrawn
	}
	n.IdemKey = "poll/" + string(id)
	m, err := f.prepareMeeting(ctx, a, n)
	if err != nil {
		return "", err
	}
	err = untilPlaced(func() error {
		return f.changePoll(ctx, a, id, func(tx *store.Tx, p polls.Poll) (e audit.Entry, err error) {
			made, e, err = f.chooseIn(tx, p, m)
			return e, err
		})
	})
	return made, err
}

// chooseIn makes the change, or returns errSame with the meeting that was made before.
func (f *Flow) chooseIn(tx *store.Tx, p polls.Poll, m prepared) (ids.MeetingID, audit.Entry, error) {
	switch p.State {
	case polls.Decided:
		return p.Meeting, audit.Entry{}, errSame
	case polls.Withdrawn:
		return "", audit.Entry{}, errPollWithdrawn
	}
	id, e, err := f.makeMeeting(tx, m)
	if err != nil {
		return id, e, err
	}
	tx.Also(e)
	for _, i := range p.Invitees {
		if slices.Contains(m.new.Guests, i.Contact) {
			continue
		}
		if err := tx.Enqueue(outbox.MailPoll, "decided/"+string(i.ID), pollMail{Invitee: i.ID, Purpose: pollDecided}, time.Time{}); err != nil {
			return id, e, err
		}
	}
	return id, audit.PollDecided(p.Case, p.ID, id), tx.DecidePoll(p.ID, p.At(m.Starts), id)
}
