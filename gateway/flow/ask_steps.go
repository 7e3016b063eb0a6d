package flow

import (
	"context"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// addressing are the facts for beginning a conversation about the same children with another person of the same organisation.
func (o openThread) addressing(c people.Contact) policy.Facts {
	f := o.to(policy.Address)
	f.Thread = policy.ThreadFacts{Channel: threads.Official, WithAgency: true, HasMother: true, NoResponsibility: o.facts.Thread.NoResponsibility}
	f.Touch = policy.Touch{Contacts: []ids.ContactID{c.ID}, Concerned: o.Agency != "" && c.Agency == o.Agency}
	return f
}

// StepTo is whom a draft goes to, where it does not go to the conversation itself: a contact, or somebody new of the same organisation.
type StepTo struct {
	Contact     ids.ContactID
	Name, Email string
}

// errNotTheirs is the same for whoever works elsewhere: it must not say who that is.
var errNotTheirs = ids.E(ids.Invalid, "Write an address at this organisation's own mail domain. Anybody else is not asked about this family.")

// stepContact returns whom a draft goes to.
func (f *Flow) stepContact(ctx context.Context, r store.Reader, o openThread, rung chase.Rung, to StepTo) (c people.Contact, known bool, err error) {
	n := NewPerson{Contact: to.Contact, Name: to.Name, Email: to.Email, Role: rungRole(rung)}
	if c, known, err = f.newContact(ctx, r, o, n); err != nil {
		return c, known, err
	}
	theirs, err := ofThread(ctx, r, o, c, known)
	if err == nil && !theirs {
		err = errNotTheirs
	}
	return c, known, err
}

// SendStep sends a draft as the person who read it has written it. A reminder goes to the conversation; what goes up the ladder begins a conversation of its own
// about the same children, with a person of the same organisation. It is done once, however often it is asked.
func (f *Flow) SendStep(ctx context.Context, a ids.Actor, id ids.AskStepID, to StepTo, body string) (in ids.ThreadID, err error) {
	if body, err = cleanBody(body); err != nil {
		return "", err
	}
	step, _, o, err := f.loadStep(ctx, a, id)
	if err != nil {
		return "", err
	}
	if step.Rung == chase.Worker { // a refusal is recorded
		facts := o.to(policy.WriteMessage)
		if d := policy.Decide(facts); d.Err() != nil {
			return "", f.refuse(ctx, facts, auditID(id), d)
		}
	} else {
		c, _, err := f.stepContact(ctx, f.st.Reader, o, step.Rung, to)
		if err != nil {
			return "", err
		}
		if err := f.may(ctx, o.addressing(c), auditID(id)); err != nil {
			return "", err
		}
	}
	return in, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		ask, step, d, err := lockStep(tx, a, id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := step.Decide(a.StaffID(), tx.Now(), cases.StepSent); err != nil {
			return audit.Entry{}, err
		}
		where := ask.Thread
		if step.Rung != chase.Worker {
			if where, err = f.beginWith(tx, a, ask, step, to); err != nil {
				return audit.Entry{}, err
			}
		}
		if step.Message, err = f.sayStep(tx, a, where, step, body); err != nil {
			return audit.Entry{}, err
		}
		step.Thread, in = where, where
		if err := tx.UpdateAskStep(step, ask.Case); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.AskStepSent(ask.Case, ask.Thread, step.ID, string(step.Rung), where, step.Message), d), f.askAgain(tx, ask)
	})
}

// DismissStep decides that a draft is not sent, and why. The ladder goes on as if it had been.
func (f *Flow) DismissStep(ctx context.Context, a ids.Actor, id ids.AskStepID, reason string) error {
	if reason = oneLine(reason, 500); reason == "" {
		return ids.E(ids.Invalid, "Say why this is not sent.")
	}
	if _, _, _, err := f.loadStep(ctx, a, id); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		ask, step, d, err := lockStep(tx, a, id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := step.Decide(a.StaffID(), tx.Now(), cases.StepDismissed); err != nil {
			return audit.Entry{}, err
		}
		step.Reason = reason
		if err := tx.UpdateAskStep(step, ask.Case); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.AskStepDismissed(ask.Case, ask.Thread, step.ID, string(step.Rung)), d), f.askAgain(tx, ask)
	})
}

// lockStep reads a step with its ask locked, and asks policy anew.
func lockStep(tx *store.Tx, a ids.Actor, id ids.AskStepID) (ask cases.Ask, step cases.AskStep, d policy.Decision, err error) {
	if step, err = tx.AskStep(tx.Context(), id); err != nil {
		return ask, step, d, err
	}
	if ask, err = tx.LockAsk(step.Ask); err != nil {
		return ask, step, d, err
	}
	if step, err = tx.AskStep(tx.Context(), id); err != nil { // as it is now that the ask is locked
		return ask, step, d, err
	}
	_, d, err = chaseIn(tx, a, ask.Thread)
	if err == nil && !ask.Open() {
		err = ids.E(ids.Conflict, "The answer has come, or is not waited for any more: nothing was sent.")
	}
	return ask, step, d, err
}

// beginWith begins the conversation with the person on the rung: about the same children, with the mother in it as in every one about her.
func (f *Flow) beginWith(tx *store.Tx, a ids.Actor, ask cases.Ask, step cases.AskStep, to StepTo) (ids.ThreadID, error) {
	o, err := loadThread(tx.Context(), tx.Reader, a, ask.Thread)
	if err != nil {
		return "", err
	}
	c, known, err := f.stepContact(tx.Context(), tx.Reader, o, step.Rung, to)
	if err != nil {
		return "", err
	}
	d := policy.Decide(o.addressing(c))
	if err := d.Err(); err != nil {
		return "", err
	}
	if !known {
		if err := tx.AddContact(c); err != nil {
			return "", err
		}
		tx.Also(audit.ContactAdded(c.ID))
		tx.Also(audit.ContactVerified(c.ID, "staff"))
	}
	t := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: o.Case, Channel: threads.Official, Agency: o.Agency, Children: o.Children, Subject: strings.TrimSpace(o.Subject)}
	if err := tx.AddThread(t, []threads.Party{{Kind: threads.PartyMother, ID: string(o.Mother.ID)}, {Kind: threads.PartyContact, ID: string(c.ID)}}); err != nil {
		return "", err
	}
	if _, err := tx.ReplyAddress(t.ID, c.ID); err != nil {
		return "", err
	}
	tx.Also(decided(audit.ThreadOpened(t.Case, t.ID, string(t.Channel)), d))
	return t.ID, tx.AddFeed(o.Mother.ID, store.FeedThread, string(t.ID))
}

// sayStep puts what was written into the conversation: released, or held, as anything that the actor writes there.
func (f *Flow) sayStep(tx *store.Tx, a ids.Actor, where ids.ThreadID, step cases.AskStep, body string) (ids.MessageID, error) {
	o, err := loadThread(tx.Context(), tx.Reader, a, where)
	if err != nil {
		return "", err
	}
	d := policy.Decide(o.to(policy.WriteMessage))
	if err := d.Err(); err != nil {
		return "", err
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: authorKind(a), AuthorID: a.ID, Body: body}
	out, entry, err := f.place(tx, a, o, m, d, origin{idemKey: "step/" + string(step.ID)})
	if err == nil {
		tx.Also(entry)
	}
	return out.Message, err
}
