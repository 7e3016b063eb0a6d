package flow

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// What becomes of an event besides what package custody says of it.
const (
	CustodyLater   custody.Effect = "later"   // it lies ahead: it is taken when its time has come
	CustodyUnclear custody.Effect = "unclear" // it could not be made out: a person must look
)

const (
	custodySkew     = 5 * time.Minute     // how far ahead of ours another clock may be
	custodyPatience = 30 * 24 * time.Hour // how long an event is kept that is nobody's
	custodyAhead    = 31 * 24 * time.Hour // how far ahead somebody may record an event
	custodyBack     = 366 * 24 * time.Hour
)

// CustodyOutcome says what became of a report.
type CustodyOutcome struct {
	Event  string // its identifier
	Effect custody.Effect
	Why    string       // in words for staff: no name, no number
	Mother ids.MotherID // "" when nobody is known by its number
	Again  bool         // it had been recorded before: Effect and Why are of that time
}

// custodyDue is the payload of an outbox item of kind custody_due.
type custodyDue struct {
	Event  string `json:"event"`
	Forget bool   `json:"forget,omitempty"`
}

// errCustodyAgain ends a transaction whose event was recorded before.
var errCustodyAgain = errors.New("flow: the event was recorded before")

// RecordCustodyEvent takes one report of where a woman is, with all that follows from it, in one transaction. It is idempotent by the event's
// identifier (made of what the event says when it has none), and events may come in any order: a late older one is kept and changes nothing.
// A number that nobody here has is no error: the event is kept for 30 days, for a woman who is entered meanwhile. An event that lies ahead is
// taken when its time has come. Two numbers that were one woman's make one record of two; nobody is ever taken for another by name.
func (f *Flow) RecordCustodyEvent(ctx context.Context, a ids.Actor, e custody.Event) (out CustodyOutcome, err error) {
	if e, err = f.cleanEvent(a, e); err != nil {
		return out, err
	}
	facts, d, err := f.mayRecord(ctx, a, e)
	if err != nil {
		return out, err
	}
	if !d.Allowed() {
		return out, f.refuse(ctx, facts, auditID(e.ID), d)
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCustody(); err != nil {
			return audit.Entry{}, err
		}
		if old, err := tx.CustodyEvent(tx.Context(), e.ID); err == nil {
			out = CustodyOutcome{Event: e.ID, Effect: old.Effect, Why: old.Why, Mother: old.Mother, Again: true}
			return audit.Entry{}, errCustodyAgain
		} else if ids.KindOf(err) != ids.NotFound {
			return audit.Entry{}, err
		}
		rec := store.CustodyRecord{Event: e, By: a}
		var err error
		if out, err = f.takeEvent(tx, rec); err != nil {
			return audit.Entry{}, err
		}
		return f.recorded(tx, d, rec.Event, out)
	})
	if errors.Is(err, errCustodyAgain) {
		err = nil
	}
	return out, err
}

// recorded is the entry about an event, in her case when she has one.
func (f *Flow) recorded(tx *store.Tx, d policy.Decision, e custody.Event, out CustodyOutcome) (audit.Entry, error) {
	entry := decided(audit.CustodyRecorded(e.ID, string(e.Kind), string(out.Effect), e.Source), d)
	if out.Mother == "" {
		return entry, nil
	}
	cs, err := tx.CasesOfMother(tx.Context(), out.Mother)
	if err != nil || len(cs) == 0 {
		return entry, err
	}
	return entry.In(cs[0].ID, ""), nil
}

// NoteUnclearEvent keeps a report that could not be made out, for a person to look at; why says in words what is the matter with it.
func (f *Flow) NoteUnclearEvent(ctx context.Context, a ids.Actor, e custody.Event, why string) error {
	facts := policy.Facts{Act: policy.RecordCustody, Actor: a}
	if err := f.may(ctx, facts, auditID(e.ID)); err != nil {
		return err
	}
	e.ID, e.Received, e.Source, e.Reason = "unclear_"+e.MakeID(), f.now(), oneLine(e.Source, 20), oneLine(e.Reason, 200)
	err := f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		added, err := tx.AddCustodyEvent(store.CustodyRecord{Event: e, By: a, Effect: CustodyUnclear, Why: oneLine(why, 300)})
		if err == nil && !added {
			err = errCustodyAgain
		}
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.CustodyRecorded(e.ID, string(e.Kind), string(CustodyUnclear), e.Source), forgetLater(tx, e.ID)
	})
	if errors.Is(err, errCustodyAgain) {
		return nil
	}
	return err
}

func forgetLater(tx *store.Tx, event string) error {
	return tx.Enqueue(outbox.CustodyDue, "forget:"+event, custodyDue{Event: event, Forget: true}, tx.Now().Add(custodyPatience))
}

// cleanEvent brings an event to the form in which it is kept. Who writes it by hand is told when the year looks wrong; a feed's old event harms
// nothing.
func (f *Flow) cleanEvent(a ids.Actor, e custody.Event) (custody.Event, error) {
	e.Occurred, e.Received = e.Occurred.UTC().Truncate(time.Microsecond), f.now()
	e.Source, e.Reason = oneLine(e.Source, 20), oneLine(e.Reason, 200)
	for _, s := range []*string{&e.At.Code, &e.At.Name, &e.From.Code, &e.From.Name} {
		*s = oneLine(*s, 100)
	}
	for _, n := range []*string{&e.Number, &e.Former} {
		if *n == "" {
			continue
		}
		clean, err := custody.ParseNumber(*n)
		if err != nil {
			return e, err
		}
		*n = clean
	}
	if e.ID == "" {
		e.ID = e.MakeID()
	}
	if len(e.ID) > maxIDSize || strings.ContainsFunc(e.ID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return e, ids.E(ids.Invalid, "An event's identifier has at most %d letters and digits, and no spaces.", maxIDSize)
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	ahead := e.Occurred.Sub(f.now())
	switch {
	case ahead > custodyAhead:
		return e, ids.E(ids.Invalid, "The date is more than a month ahead. Check the year.")
	case a.StaffID() != "" && -ahead > custodyBack:
		return e, ids.E(ids.Invalid, "The date is more than a year ago. Check the year.")
	}
	return e, nil
}

// mayRecord asks policy about whoever records an event. Who may know of her learns that she exists; for everybody else a number that is known and one that
// is not look the same.
func (f *Flow) mayRecord(ctx context.Context, a ids.Actor, e custody.Event) (policy.Facts, policy.Decision, error) {
	facts := policy.Facts{Act: policy.RecordCustody, Actor: a}
	if e.Kind == custody.Merged {
		facts.Act = policy.MergeRecord
		return facts, policy.Decide(facts), nil
	}
	at, err := placesOf(ctx, f.st.Reader)
	if err != nil {
		return facts, policy.Decision{}, err
	}
	facts.Custody.Receiving = a.Agency != "" && at.find(e.At) == a.Agency
	m, err := f.st.MotherByNumber(ctx, e.Number)
	if ids.KindOf(err) == ids.NotFound {
		return facts, policy.Decide(facts), nil
	}
	if err != nil {
		return facts, policy.Decision{}, err
	}
	return f.mayOfMother(ctx, facts, m)
}

// mayOfMother asks policy about an act on a woman: it is allowed when it is so of one of her cases.
func (f *Flow) mayOfMother(ctx context.Context, facts policy.Facts, m people.Mother) (policy.Facts, policy.Decision, error) {
	cs, err := f.st.CasesOfMother(ctx, m.ID)
	if err != nil {
		return facts, policy.Decision{}, err
	}
	facts.Case.SameEstablishment = facts.Actor.Agency != "" && facts.Actor.Agency == m.Establishment
	d := policy.Decide(facts)
	for _, c := range cs {
		if facts.Case, err = caseFactsOf(ctx, f.st.Reader, facts.Actor, c, m); err != nil {
			return facts, d, err
		}
		if d = policy.Decide(facts); d.Allowed() {
			break
		}
	}
	return facts, d, nil
}

// takeEvent stores an event that is not stored yet and does what follows from it.
func (f *Flow) takeEvent(tx *store.Tx, rec store.CustodyRecord) (CustodyOutcome, error) {
	out := CustodyOutcome{Event: rec.ID}
	m, err := whose(tx, rec.Event)
	switch {
	case ids.KindOf(err) == ids.NotFound:
		rec.Effect, rec.Why = custody.Unknown, "Nobody here has this prisoner number. It is kept for 30 days, for a woman who is entered meanwhile."
		err = forgetLater(tx, rec.ID)
	case err != nil:
	case rec.Occurred.After(tx.Now().Add(custodySkew)):
		rec.Mother, rec.Effect, rec.Why = m.ID, CustodyLater, "It lies ahead: it is taken when its time has come."
		err = tx.Enqueue(outbox.CustodyDue, "due:"+rec.ID, custodyDue{Event: rec.ID}, rec.Occurred)
	default:
		rec.Mother, rec.Effect, rec.Why = m.ID, custody.Nothing, "taken"
	}
	if err != nil {
		return out, err
	}
	if _, err := tx.AddCustodyEvent(rec); err != nil {
		return out, err
	}
	out.Effect, out.Why, out.Mother = rec.Effect, rec.Why, rec.Mother
	if rec.Effect != custody.Nothing {
		return out, nil
	}
	if out.Mother, out.Effect, out.Why, err = f.applyEvent(tx, m, rec.Event); err != nil {
		return out, err
	}
	return out, nil
}

// whose finds the woman of an event: of two numbers that became one, whoever has either.
func whose(tx *store.Tx, e custody.Event) (people.Mother, error) {
	m, err := tx.MotherByNumber(tx.Context(), e.Number)
	if ids.KindOf(err) == ids.NotFound && e.Kind == custody.Merged {
		m, err = tx.MotherByNumber(tx.Context(), e.Former)
	}
	return m, err
}

// applyEvent works out what an event that is stored as hers means, records it with the event, and does what follows: her numbers, her records, her
// place.
func (f *Flow) applyEvent(tx *store.Tx, m people.Mother, e custody.Event) (ids.MotherID, custody.Effect, string, error) {
	at, err := placesOf(tx.Context(), tx.Reader)
	if err != nil {
		return "", "", "", err
	}
	before, err := stateOf(tx.Context(), tx.Reader, at, m, e.ID)
	if err != nil {
		return "", "", "", err
	}
	after, effect, why := before.Apply(at.canonical(e))
	if err := tx.SettleCustodyEvent(e.ID, m.ID, effect, why); err != nil {
		return "", "", "", err
	}
	if effect == custody.NewNumber || effect == custody.Nothing && e.Kind == custody.Merged {
		if m, err = f.oneRecord(tx, m, e, after); err != nil {
			return "", "", "", err
		}
	}
	if after, err = stateOf(tx.Context(), tx.Reader, at, m, ""); err != nil { // of the record that goes on, with all that is hers by now
		return "", "", "", err
	}
	if err := f.settlePlace(tx, m, after.Position(), effect); err != nil {
		return "", "", "", err
	}
	return m.ID, effect, why, f.adopt(tx, m.ID)
}

// enterMother stores a new mother and gives her the events that were waiting for her number.
func (f *Flow) enterMother(tx *store.Tx, m people.Mother, pinHash string) error {
	if err := tx.LockCustody(); err != nil {
		return err
	}
	known, err := tx.MotherByNumber(tx.Context(), m.PrisonerNumber)
	if err == nil && known.PrisonerNumber != m.PrisonerNumber {
		return ids.E(ids.Conflict, "A woman is entered already who had this number before.")
	}
	if err != nil && ids.KindOf(err) != ids.NotFound {
		return err
	}
	if err := tx.AddMother(m, pinHash); err != nil {
		return err
	}
	return f.adopt(tx, m.ID)
}

// adopt gives a woman the events of her numbers that were nobody's, the oldest first.
func (f *Flow) adopt(tx *store.Tx, id ids.MotherID) error {
	recs, err := tx.CustodyOfNobody(tx.Context())
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if rec.Effect != custody.Unknown {
			continue
		}
		m, err := whose(tx, rec.Event)
		if ids.KindOf(err) == ids.NotFound || err == nil && m.ID != id {
			continue
		}
		if err != nil {
			return err
		}
		if rec.Occurred.After(tx.Now().Add(custodySkew)) {
			if err := tx.SettleCustodyEvent(rec.ID, id, CustodyLater, "It lies ahead: it is taken when its time has come."); err != nil {
				return err
			}
			if err := tx.Enqueue(outbox.CustodyDue, "due:"+rec.ID, custodyDue{Event: rec.ID}, rec.Occurred); err != nil {
				return err
			}
			continue
		}
		now, effect, _, err := f.applyEvent(tx, m, rec.Event) // which adopts what is left
		if err != nil {
			return err
		}
		tx.Also(audit.CustodyRecorded(rec.ID, string(rec.Kind), string(effect), rec.Source).With("matched", string(now)))
		return f.adopt(tx, now)
	}
	return nil
}

// HandleCustodyDue does an item of kind custody_due: it takes an event whose time has come, or forgets one that stayed nobody's.
func (f *Flow) HandleCustodyDue(ctx context.Context, it outbox.Item) error {
	var due custodyDue
	if err := json.Unmarshal(it.Payload, &due); err != nil {
		return outbox.Permanent(err)
	}
	err := f.st.Write(ctx, ids.System("custody"), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCustody(); err != nil {
			return audit.Entry{}, err
		}
		if due.Forget {
			gone, err := tx.ForgetCustodyEvent(due.Event)
			if err == nil && !gone {
				err = errCustodyAgain
			}
			return audit.CustodyForgotten(due.Event), err
		}
		rec, err := tx.CustodyEvent(tx.Context(), due.Event)
		if err == nil && rec.Effect != CustodyLater || ids.KindOf(err) == ids.NotFound {
			err = errCustodyAgain
		}
		if err != nil {
			return audit.Entry{}, err
		}
		m, err := whose(tx, rec.Event)
		if err != nil {
			return audit.Entry{}, err
		}
		out := CustodyOutcome{Event: rec.ID}
		if out.Mother, out.Effect, out.Why, err = f.applyEvent(tx, m, rec.Event); err != nil {
			return audit.Entry{}, err
		}
		return f.recorded(tx, policy.Decide(policy.Facts{Act: policy.RecordCustody, Actor: ids.System("custody")}), rec.Event, out)
	})
	if errors.Is(err, errCustodyAgain) {
		return nil
	}
	return err
}

// stateOf gathers what is known of a woman as package custody reckons, without one event ("" = with all). Where she was entered counts as her having been
// received there at the beginning of that day: what is reported of that day and later counts more, what happened before changes nothing.
func stateOf(ctx context.Context, r store.Reader, at places, m people.Mother, without string) (custody.State, error) {
	s := custody.NewState(m.PrisonerNumber)
	recs, err := r.CustodyOf(ctx, m.ID)
	if err != nil {
		return s, err
	}
	entries, err := r.Entries(ctx, m.ID)
	if err != nil {
		return s, err
	}
	var events []custody.Event
	for _, e := range entries {
		events = append(events, custody.Event{ID: "entered:" + string(e.Mother), Kind: custody.Received, Number: e.Number, At: at.here(e.Establishment), Occurred: workdays.Of(e.At).Start()})
	}
	for _, x := range recs {
		if x.ID != without && x.Effect != CustodyLater && x.Effect != CustodyUnclear {
			events = append(events, at.canonical(x.Event))
		}
	}
	// Merges first, and again while they lead to more numbers: what is said of a number counts once the number is hers.
	for n := -1; n != len(s.Events()); {
		n = len(s.Events())
		for _, e := range events {
			if e.Kind == custody.Merged {
				s, _, _ = s.Apply(e)
			}
		}
	}
	for _, e := range events {
		s, _, _ = s.Apply(e)
	}
	return s, nil
}

// oneRecord makes one record of all that have one of her numbers, gives it the number that goes on, and returns it.
func (f *Flow) oneRecord(tx *store.Tx, m people.Mother, e custody.Event, s custody.State) (people.Mother, error) {
	numbers := s.Numbers()
	winner, err := tx.MotherByNumber(tx.Context(), numbers[0])
	if ids.KindOf(err) == ids.NotFound {
		winner, err = m, nil
	}
	if err != nil {
		return m, err
	}
	for _, n := range numbers {
		other, err := tx.MotherByNumber(tx.Context(), n)
		if ids.KindOf(err) == ids.NotFound {
			if err := tx.AlsoKnownBy(winner.ID, n); err != nil {
				return m, err
			}
			continue
		}
		if err != nil {
			return m, err
		}
		if other.ID == winner.ID {
			continue
		}
		if err := f.mergeRecords(tx, winner, other); err != nil {
			return m, err
		}
	}
	if winner, err = tx.Mother(tx.Context(), winner.ID); err != nil || winner.PrisonerNumber == numbers[0] {
		return winner, err
	}
	if err := tx.SetNumber(winner.ID, winner.PrisonerNumber, numbers[0]); err != nil {
		return winner, err
	}
	tx.Also(audit.NumberChanged(winner.ID).With("event", audit.Code(e.ID)))
	return tx.Mother(tx.Context(), winner.ID)
}

// mergeRecords moves everything of one record to the one that goes on. What was kept for the record that ends because she was thought to be out goes
// to the kiosk, unless she is.
func (f *Flow) mergeRecords(tx *store.Tx, winner, loser people.Mother) error {
	cs, err := tx.CasesOfMother(tx.Context(), loser.ID)
	if err != nil {
		return err
	}
	if err := tx.MergeMothers(winner, loser); err != nil {
		return err
	}
	merged := audit.MotherMerged(winner.ID, loser.ID)
	tx.Also(merged)
	for _, c := range cs {
		tx.Also(merged.In(c.ID, ""))
	}
	if winner.Custody != people.Released {
		return liftKept(tx, winner.ID)
	}
	return nil
}
