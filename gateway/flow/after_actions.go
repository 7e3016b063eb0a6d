package flow

import (
	"context"
	"slices"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// owners are those who can be given something to do after a meeting: the mother, the case's team, who was invited, and those outside in the case's official conversations.
func (f *Flow) owners(ctx context.Context, o openMeeting) (out []OwnerChoice, err error) {
	out = append(out, OwnerChoice{Kind: meetings.OwnedByMother, Name: o.Mother.Name})
	seen := map[string]bool{}
	add := func(k meetings.OwnerKind, id, name string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, OwnerChoice{k, id, name})
		}
	}
	team, err := f.st.Team(ctx, o.Case)
	if err != nil {
		return nil, err
	}
	for _, s := range team {
		if !s.Disabled {
			add(meetings.OwnedByStaff, string(s.ID), s.Name)
		}
	}
	for _, p := range o.Participants {
		if p.Kind == meetings.PersonContact {
			add(meetings.OwnedByContact, p.Person, p.Name)
		}
	}
	err = f.officialParties(ctx, o.Case, func(t threads.Thread, p threads.Party) { add(meetings.OwnedByContact, p.ID, p.Name) })
	return out, err
}

// officialParties calls with everybody outside who is in an official conversation of a case now, the latest conversation first.
func (f *Flow) officialParties(ctx context.Context, c ids.CaseID, with func(threads.Thread, threads.Party)) error {
	ts, err := f.st.ThreadsOfCase(ctx, c)
	if err != nil {
		return err
	}
	for _, t := range ts {
		if t.Channel != threads.Official {
			continue
		}
		ps, err := f.st.Parties(ctx, t.ID)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if p.Kind == threads.PartyContact && p.Until.IsZero() {
				with(t, p)
			}
		}
	}
	return nil
}

// NewAction is something to be done, as somebody enters it from the minutes.
type NewAction struct {
	What    string
	Kind    meetings.OwnerKind
	Owner   string
	Due     workdays.Day
	IdemKey string
}

// AddAction records something to be done after a meeting. What somebody outside is to do is asked for in a conversation with her, where there is one and its day is still to come.
func (f *Flow) AddAction(ctx context.Context, a ids.Actor, id ids.MeetingID, n NewAction) (made ids.ActionID, err error) {
	o, d, err := f.keepIn(ctx, a, id, policy.KeepMeeting)
	if err != nil {
		return "", err
	}
	if n.Kind == meetings.OwnedByMother {
		n.Owner = ""
	}
	x := meetings.Action{ID: ids.New[ids.ActionID](ids.Action), Meeting: id, Case: o.Case, What: oneLine(CleanText(n.What), 2000), Kind: n.Kind, Owner: n.Owner, Due: n.Due, By: a.StaffID()}
	if err := x.Check(f.st.Today()).Err(); err != nil {
		return "", err
	}
	if n.IdemKey == "" || len(n.IdemKey) > maxIDSize {
		return "", ids.E(ids.Invalid, "The request needs an identifier of its own, of at most %d characters.", maxIDSize)
	}
	owners, err := f.owners(ctx, o)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(owners, func(c OwnerChoice) bool {
		return c.Kind == x.Kind && (c.ID == x.Owner || x.Kind == meetings.OwnedByMother)
	}) {
		return "", ids.BadField(meetings.ActionOwner, "owner", "Choose who is to do it.").Err()
	}
	var in threads.Thread // where she is asked
	if x.Kind == meetings.OwnedByContact {
		if err := f.officialParties(ctx, o.Case, func(t threads.Thread, p threads.Party) {
			if in.ID == "" && p.ID == x.Owner {
				in = t
			}
		}); err != nil {
			return "", err
		}
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		x := x
		if in.ID != "" && x.Due > tx.Today() && x.Due <= tx.Today().Plus(maxAskDays) {
			if _, chase, err := chaseIn(tx, a, in.ID); err == nil && chase.Allowed() {
				if x.Ask, err = f.AskFor(tx, in, NewAsk{Message: f.lastAsked(tx, in.ID), Origin: cases.AskByAction, Ref: string(id) + "/" + n.IdemKey, By: a.ID, Due: x.Due}); err != nil {
					return audit.Entry{}, err
				}
			}
		}
		var added bool
		if made, added, err = tx.AddAction(x, n.IdemKey); err != nil {
			return audit.Entry{}, err
		}
		e := decided(audit.ActionSet(o.Case, id, made, string(x.Kind), x.Due.String()), d)
		if !added {
			return e.With("repeat", "yes"), nil
		}
		return e, tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(id))
	})
	return made, err
}

// CloseAction records that something was done; what asked for it ends. Closing again changes nothing.
func (f *Flow) CloseAction(ctx context.Context, a ids.Actor, id ids.ActionID) (ids.MeetingID, error) {
	x, err := f.st.Action(ctx, id)
	if err != nil {
		return "", err
	}
	o, d, err := f.keepIn(ctx, a, x.Meeting, policy.KeepMeeting)
	if err != nil {
		return "", err
	}
	return x.Meeting, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		e := decided(audit.ActionClosed(o.Case, x.Meeting, id), d)
		closed, err := tx.CloseAction(id, a.StaffID())
		switch {
		case err != nil:
			return e, err
		case !closed:
			return e.With("repeat", "yes"), nil
		}
		if x.Ask != "" {
			ask, err := tx.LockAsk(x.Ask)
			if err != nil {
				return e, err
			}
			if ask.Open() {
				ask.Answered, ask.Ended.By, ask.Ended.Answer, ask.Promise = tx.Now(), a.ID, ask.Promise.Message, cases.AskPromise{}
				if err := firstErr(passSteps(tx, ask, ""), tx.UpdateAsk(ask)); err != nil {
					return e, err
				}
				tx.Also(audit.AskAnswered(ask.Case, ask.Thread, ask.ID, ask.Ended.Answer))
			}
		}
		return e, tx.AddFeed(o.Mother.ID, store.FeedMeeting, string(x.Meeting))
	})
}
