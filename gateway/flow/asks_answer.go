package flow

import (
	"cmp"
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/promises"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// answered ends what an organisation was asked for in a conversation, when a message of its own is released there that was written later. One that seems
// only to promise the answer ends nothing: it is laid before a person.
func (f *Flow) answered(tx *store.Tx, o openThread, m messages.Message) error {
	if m.AuthorKind != messages.ByContact || o.Channel != threads.Official {
		return nil
	}
	asks, err := tx.AsksOfThread(tx.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, a := range asks {
		if !a.Open() || m.Written.Before(a.Asked) {
			continue
		}
		from, err := tx.Contact(tx.Context(), ids.ContactID(m.AuthorID))
		if err != nil {
			return err
		}
		if from.Agency != a.Agency {
			continue
		}
		if a, err = tx.LockAsk(a.ID); err != nil {
			return err
		}
		if !a.Open() {
			continue
		}
		if p, ok := f.promiseIn(m); ok {
			a.Promise = cases.AskPromise{Message: m.ID, By: p.By}
			tx.Also(audit.AskPromised(a.Case, a.Thread, a.ID, m.ID, p.By.String()))
			if err := tx.UpdateAsk(a); err != nil {
				return err
			}
			continue
		}
		a.Answered, a.Ended.By, a.Ended.Answer = tx.Now(), m.AuthorID, m.ID
		a.Promise = cases.AskPromise{}
		if err := tx.UpdateAsk(a); err != nil {
			return err
		}
		tx.Also(audit.AskAnswered(a.Case, a.Thread, a.ID, m.ID))
		if err := passSteps(tx, a, ""); err != nil {
			return err
		}
	}
	return nil
}

// promiseIn finds the promise in a message's own words.
func (f *Flow) promiseIn(m messages.Message) (promises.Promise, bool) {
	return f.cfg.Chase.promises().Find(m.Body, workdays.Of(m.Written), f.cfg.Chase.calendar())
}

// PromiseDay is the day that is offered for a promise: the one that it names, or what the deployment gives when that has passed or none is named.
func (f *Flow) PromiseDay(by workdays.Day) workdays.Day {
	if by <= f.st.Today() || by > f.st.Today().Plus(maxAskDays) {
		return f.AskDay()
	}
	return by
}

// PromiseMade is a message that seems to promise an answer which nobody waits for yet.
type PromiseMade struct {
	Message ids.MessageID
	Author  string
	By      workdays.Day // that it names; 0 = none
}

// ThreadPromise is the last message of those outside in a conversation, when it promises something and nothing is waited for there; nil when there is
// none, and for whoever may not ask or not read it.
func (f *Flow) ThreadPromise(ctx context.Context, a ids.Actor, thread ids.ThreadID) (*PromiseMade, error) {
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return nil, err
	}
	if !policy.Decide(o.to(policy.Chase)).Allowed() || o.Agency == "" {
		return nil, nil
	}
	asks, err := f.st.AsksOfThread(ctx, thread)
	if err != nil {
		return nil, err
	}
	ms, err := f.st.MessagesOfThread(ctx, thread)
	if err != nil {
		return nil, err
	}
	m, ok := lastReply(ms)
	if !ok || !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
		return nil, nil
	}
	for _, x := range asks {
		if x.Open() || x.Message == m.ID || x.Ended.Answer == m.ID {
			return nil, nil // waited for, or a person has decided about this one
		}
	}
	p, ok := f.promiseIn(m)
	if !ok {
		return nil, nil
	}
	return &PromiseMade{m.ID, m.AuthorName, p.By}, nil
}

// lastReply is the last message of somebody outside that was passed on.
func lastReply(ms []messages.Message) (last messages.Message, ok bool) {
	for _, m := range ms {
		if m.State == messages.Released && m.AuthorKind == messages.ByContact {
			last, ok = m, true
		}
	}
	return last, ok
}

// WaitFor has a member of the case's team wait for what a message promises, until a day; 0 is the day that it names, or the deployment's. Waiting twice for
// the same message is waiting once.
func (f *Flow) WaitFor(ctx context.Context, a ids.Actor, id ids.MessageID, due workdays.Day) (ask ids.AskID, err error) {
	m, err := f.st.Message(ctx, id)
	if err != nil {
		return "", err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return "", err
	}
	if err := f.may(ctx, o.to(policy.Chase), auditID(id)); err != nil {
		return "", err
	}
	if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
		return "", ids.ErrNotFound
	}
	if m.State != messages.Released || m.AuthorKind != messages.ByContact {
		return "", ids.E(ids.Invalid, "Only what somebody outside has written, and what was passed on, promises an answer.")
	}
	p, _ := f.promiseIn(m)
	due = cmp.Or(due, f.PromiseDay(p.By))
	return ask, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		o, d, err := chaseIn(tx, a, m.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		x, added, err := f.askFor(tx, o.Thread, NewAsk{Message: m.ID, Origin: cases.AskByPromise, Ref: string(m.ID), By: a.ID, Due: due})
		ask = x.ID
		e := decided(askSet(x), d)
		if !added {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}
