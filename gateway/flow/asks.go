package flow

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/promises"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// ChaseConfig says when answers are asked for again.
type ChaseConfig struct {
	Schedule chase.Config       // the zero value = chase.Default
	Calendar *workdays.Calendar // nil = England and Wales, without holidays of the deployment's own
	Promises *promises.Book     // nil = promises.Default
	Days     int                // working days that are given for an answer where nobody says; 0 = 10
}

const (
	defaultAskDays = 10
	maxAskDays     = 366 // calendar days ahead that an answer can be asked for
	// Drafts are made, and people looked after, in London's working hours.
	workBegins = 9
	workEnds   = 17
)

// planner works out the schedule; one that Check refuses never gets here (the configuration is checked at start).
func (c ChaseConfig) planner() *chase.Planner {
	if len(c.Schedule.Steps) == 0 {
		c.Schedule = chase.Default()
	}
	p, err := chase.New(c.Schedule, c.calendar())
	if err != nil {
		panic("flow: the schedule of chasing was not checked: " + err.Error())
	}
	return p
}

func (c ChaseConfig) calendar() *workdays.Calendar {
	if c.Calendar == nil {
		return workdays.EnglandAndWales()
	}
	return c.Calendar
}

func (c ChaseConfig) promises() *promises.Book {
	if c.Promises == nil {
		return promises.Default()
	}
	return c.Promises
}

func (c ChaseConfig) days() int {
	if c.Days < 1 {
		return defaultAskDays
	}
	return c.Days
}

// AskDay is the day by which an answer is asked for where nobody says another.
func (f *Flow) AskDay() workdays.Day {
	return f.cfg.Chase.calendar().Add(workdays.Of(f.now()), f.cfg.Chase.days())
}

// NewAsk is an answer to be waited for. Ref names what asks (a form's key, a request's identifier), so that asking twice is asking once. Due 0 is
// so many working days from today as the deployment gives.
type NewAsk struct {
	Message ids.MessageID
	Origin  cases.AskOrigin
	Ref     string
	By      string
	Due     workdays.Day
}

// AskFor notes, inside a change, that the organisation of an official conversation is asked for an answer. Whether the actor may ask there is for the
// caller to decide. Asking again for the same changes nothing.
func (f *Flow) AskFor(tx *store.Tx, t threads.Thread, n NewAsk) (ids.AskID, error) {
	a, added, err := f.askFor(tx, t, n)
	if err == nil && added {
		tx.Also(askSet(a))
	}
	return a.ID, err
}

func askSet(a cases.Ask) audit.Entry {
	return audit.AskSet(a.Case, a.Thread, a.ID, string(a.Origin), a.Due.String())
}

func (f *Flow) askFor(tx *store.Tx, t threads.Thread, n NewAsk) (a cases.Ask, added bool, err error) {
	today := tx.Today()
	if n.Due == 0 {
		n.Due = f.cfg.Chase.calendar().Add(today, f.cfg.Chase.days())
	}
	switch {
	case t.Channel != threads.Official || t.Agency == "":
		return a, false, ids.E(ids.Invalid, "Only the people outside in an official conversation are asked for an answer.")
	case n.Due <= today || n.Due > today.Plus(maxAskDays):
		return a, false, ids.E(ids.Invalid, "Choose a day after today, within a year.")
	case n.Ref == "" || len(n.Ref) > maxIDSize:
		return a, false, ids.E(ids.Invalid, "What asks for the answer needs an identifier of its own.")
	}
	a = cases.Ask{ID: ids.New[ids.AskID](ids.Ask), Case: t.Case, Thread: t.ID, Agency: t.Agency, Message: n.Message, Origin: n.Origin, Ref: string(n.Origin) + "/" + n.Ref,
		Asked: tx.Now(), AskedBy: n.By, Due: n.Due}
	if a.ID, added, err = tx.AddAsk(a); err != nil || !added {
		return a, false, err
	}
	return a, true, f.askAgain(tx, a)
}

// SetAsk has a member of the case's team ask for an answer by a day. key names the act, so that a form sent twice asks once.
func (f *Flow) SetAsk(ctx context.Context, a ids.Actor, thread ids.ThreadID, due workdays.Day, key string) (id ids.AskID, err error) {
	if err := f.mayChase(ctx, a, thread); err != nil {
		return "", err
	}
	return id, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		o, d, err := chaseIn(tx, a, thread)
		if err != nil {
			return audit.Entry{}, err
		}
		ms, err := tx.MessagesOfThread(tx.Context(), o.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		ask, added, err := f.askFor(tx, o.Thread, NewAsk{Message: lastQuestion(ms), Origin: cases.AskByWorker, Ref: key, By: a.ID, Due: due})
		id = ask.ID
		e := decided(askSet(ask), d)
		if !added {
			e = e.With("repeat", "yes")
		}
		return e, err
	})
}

// lastQuestion is the latest message that went to the people outside: what an answer is waited for to.
func lastQuestion(ms []messages.Message) (id ids.MessageID) {
	for _, m := range ms {
		if m.State == messages.Released && (m.AuthorKind == messages.ByMother || m.AuthorKind == messages.ByStaff) {
			id = m.ID
		}
	}
	return id
}

func (f *Flow) mayChase(ctx context.Context, a ids.Actor, thread ids.ThreadID) error {
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return err
	}
	return f.may(ctx, o.to(policy.Chase), auditID(thread))
}

// chaseIn asks policy anew inside a change.
func chaseIn(tx *store.Tx, a ids.Actor, thread ids.ThreadID) (o openThread, d policy.Decision, err error) {
	if o, err = loadThread(tx.Context(), tx.Reader, a, thread); err != nil {
		return o, d, err
	}
	d = policy.Decide(o.to(policy.Chase))
	return o, d, d.Err()
}

// changeAsk locks an ask for a change by the actor.
func (f *Flow) changeAsk(ctx context.Context, a ids.Actor, id ids.AskID, do func(*store.Tx, *cases.Ask) (audit.Entry, error)) error {
	ask, err := f.st.Ask(ctx, id)
	if err != nil {
		return err
	}
	if err := f.mayChase(ctx, a, ask.Thread); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		ask, err := tx.LockAsk(id)
		if err != nil {
			return audit.Entry{}, err
		}
		_, d, err := chaseIn(tx, a, ask.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		if !ask.Open() {
			return audit.Entry{}, ids.E(ids.Conflict, "This answer is not waited for any more.")
		}
		e, err := do(tx, &ask)
		if err != nil {
			return e, err
		}
		return decided(e, d), tx.UpdateAsk(ask)
	})
}

// MoveAsk gives another day by which the answer is waited for, because it was promised for then: the schedule begins anew.
func (f *Flow) MoveAsk(ctx context.Context, a ids.Actor, id ids.AskID, due workdays.Day) error {
	return f.changeAsk(ctx, a, id, func(tx *store.Tx, ask *cases.Ask) (audit.Entry, error) {
		if due <= tx.Today() || due > tx.Today().Plus(maxAskDays) {
			return audit.Entry{}, ids.E(ids.Invalid, "Choose a day after today, within a year.")
		}
		ask.Promise = cases.AskPromise{}
		if ask.Due == due {
			return audit.AskMoved(ask.Case, ask.Thread, ask.ID, due.String()), nil
		}
		ask.Due = due
		if err := passSteps(tx, *ask, ""); err != nil {
			return audit.Entry{}, err
		}
		return audit.AskMoved(ask.Case, ask.Thread, ask.ID, due.String()), f.askAgain(tx, *ask)
	})
}

// MarkAnswered records that the answer came: another way, or by the reply that seemed only to promise it.
func (f *Flow) MarkAnswered(ctx context.Context, a ids.Actor, id ids.AskID) error {
	return f.changeAsk(ctx, a, id, func(tx *store.Tx, ask *cases.Ask) (audit.Entry, error) {
		ask.Answered, ask.Ended.By, ask.Ended.Answer = tx.Now(), a.ID, ask.Promise.Message
		ask.Promise = cases.AskPromise{}
		return audit.AskAnswered(ask.Case, ask.Thread, ask.ID, ask.Ended.Answer), passSteps(tx, *ask, "")
	})
}

// StopAsking records that no answer is needed any more.
func (f *Flow) StopAsking(ctx context.Context, a ids.Actor, id ids.AskID) error {
	return f.changeAsk(ctx, a, id, func(tx *store.Tx, ask *cases.Ask) (audit.Entry, error) {
		ask.Ended.Stopped, ask.Ended.By = tx.Now(), a.ID
		return audit.AskStopped(ask.Case, ask.Thread, ask.ID), passSteps(tx, *ask, "")
	})
}

// passSteps takes the drafts away that still wait, but for one.
func passSteps(tx *store.Tx, a cases.Ask, but ids.AskStepID) error {
	steps, err := tx.AskSteps(tx.Context(), a.ID)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.State != cases.StepReady || s.ID == but {
			continue
		}
		s.State, s.Decided = cases.StepPassed, tx.Now()
		if err := tx.UpdateAskStep(s, a.Case); err != nil {
			return err
		}
	}
	return nil
}

// awayIn are the absences that the mailboxes of a conversation's contacts have told. Who has left is no absence: somebody else must be found.
func (f *Flow) awayIn(ctx context.Context, r store.Reader, ps []threads.Party) (out []chase.Away, err error) {
	for _, c := range contactsNow(ps) {
		x, err := r.Absence(ctx, c)
		if ids.KindOf(err) == ids.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if x.Left {
			continue
		}
		from, back := workdays.Of(x.Learnt), workdays.Of(x.Until)
		if back == 0 {
			back = from.Plus(14)
		}
		out = append(out, chase.Away{From: from, Back: back})
	}
	return out, nil
}

// askAgain works out what to do about an ask today: nothing, and when to look again; or to lay a draft before a person. It changes nothing the second time.
func (f *Flow) askAgain(tx *store.Tx, a cases.Ask) error {
	if !a.Open() {
		return nil
	}
	ps, err := tx.Parties(tx.Context(), a.Thread)
	if err != nil {
		return err
	}
	away, err := f.awayIn(tx.Context(), tx.Reader, ps)
	if err != nil {
		return err
	}
	steps, err := tx.AskSteps(tx.Context(), a.ID)
	if err != nil {
		return err
	}
	today := tx.Today()
	act := f.planner.Next(today, a.ChaseState(steps, away))
	if act.Do == chase.Wait {
		if act.Next == 0 {
			return nil
		}
		return lookAgain(tx, a, act.Next)
	}
	s := cases.AskStep{ID: ids.New[ids.AskStepID](ids.AskStep), Ask: a.ID, Due: a.Due, After: act.After, Rung: act.Rung, State: cases.StepReady}
	added, err := tx.AddAskStep(s)
	if err != nil {
		return err
	}
	if added {
		if steps, err = tx.AskSteps(tx.Context(), a.ID); err != nil {
			return err
		}
		for _, x := range steps {
			if x.Due == s.Due && x.After == s.After {
				s.ID = x.ID // of one that was passed over, the identifier it has
			}
		}
		if err := passSteps(tx, a, s.ID); err != nil {
			return err
		}
		tx.Also(audit.AskStepReady(a.Case, a.Thread, s.ID, a.ID, string(s.Rung)).By(ids.System("chase")))
	}
	// While the draft waits, the ladder goes on beside it.
	return lookAgain(tx, a, f.cfg.Chase.calendar().Add(today, 1))
}

func lookAgain(tx *store.Tx, a cases.Ask, day workdays.Day) error {
	return tx.Enqueue(outbox.AskDue, string(a.ID)+"/"+a.Due.String()+"/"+day.String(), a.ID, day.At(workBegins, 0))
}

var (
	errOutsideHours = errors.New("flow: outside working hours")
	errNothingToDo  = errors.New("flow: nothing to do") // ends a transaction that would change nothing
)

// HandleAskDue looks whether an answer is to be asked for again. Outside London's working hours it waits for them.
func (f *Flow) HandleAskDue(ctx context.Context, it outbox.Item) error {
	var id ids.AskID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	if at := f.workingTime(f.now()); at.After(f.now()) {
		return outbox.RetryAt(at, errOutsideHours)
	}
	err := f.st.Write(ctx, ids.System("chase"), func(tx *store.Tx) (audit.Entry, error) {
		a, err := tx.LockAsk(id)
		if err != nil {
			return audit.Entry{}, err
		}
		o, err := loadThread(tx.Context(), tx.Reader, ids.System("chase"), a.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		if !a.Open() || !o.CaseRow.Closed.IsZero() {
			return audit.Entry{}, errNothingToDo
		}
		return audit.AskLooked(a.Case, a.Thread, a.ID), f.askAgain(tx, a)
	})
	switch {
	case errors.Is(err, errNothingToDo):
		return nil
	case ids.KindOf(err) == ids.NotFound:
		return outbox.Permanent(err)
	}
	return err
}

// workingTime is t, or the next moment of working hours.
func (f *Flow) workingTime(t time.Time) time.Time {
	cal, day := f.cfg.Chase.calendar(), workdays.Of(t)
	switch {
	case !cal.IsWorkingDay(day):
		return cal.Add(day, 0).At(workBegins, 0)
	case t.Before(day.At(workBegins, 0)):
		return day.At(workBegins, 0)
	case !t.Before(day.At(workEnds, 0)):
		return cal.Add(day, 1).At(workBegins, 0)
	}
	return t
}

// HandleUndelivered puts what did not arrive on the ladder: nobody can have answered it. What somebody has dealt with meanwhile is left alone.
func (f *Flow) HandleUndelivered(ctx context.Context, it outbox.Item) error {
	var id ids.DeliveryID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	d, err := f.st.Delivery(ctx, id)
	if ids.KindOf(err) == ids.NotFound {
		return outbox.Permanent(err)
	}
	if err != nil {
		return err
	}
	if d.RecipientKind != messages.ToContact {
		return nil
	}
	err = f.st.Write(ctx, ids.System("chase"), func(tx *store.Tx) (audit.Entry, error) {
		d, err := tx.LockDelivery(id)
		if err != nil {
			return audit.Entry{}, err
		}
		t, err := tx.Thread(tx.Context(), d.Thread)
		if err != nil {
			return audit.Entry{}, err
		}
		m, err := tx.Message(tx.Context(), d.Message)
		if err != nil {
			return audit.Entry{}, err
		}
		if d.State != messages.Failed || !d.Times.Handled.IsZero() || t.Channel != threads.Official || t.Agency == "" || m.AuthorKind == messages.BySystem {
			return audit.Entry{}, errNothingToDo
		}
		asks, err := tx.AsksOfThread(tx.Context(), t.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, a := range asks {
			if a.Open() {
				return audit.Entry{}, errNothingToDo // the ladder is climbed already
			}
		}
		a, added, err := f.askFor(tx, t, NewAsk{Message: m.ID, Origin: cases.AskUndelivered, Ref: string(m.ID), By: "system"})
		if err == nil && !added {
			err = errNothingToDo
		}
		return askSet(a).With("delivery", string(d.ID)), err
	})
	if errors.Is(err, errNothingToDo) {
		return nil
	}
	return err
}

// signedBy is how a draft ends.
func signedBy(name string) string { return strings.TrimSpace(name) + "\nPact, through Kinbridge" }
