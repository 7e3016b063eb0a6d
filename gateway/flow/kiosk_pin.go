package flow

import (
	"context"
	"errors"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// MotherSession is a woman at a kiosk, after her PIN.
type MotherSession struct {
	Mother   ids.MotherID
	Name     string
	Language string // "en" or "cy", as she last chose
	Kiosk    ids.KioskID
	LastSeen time.Time // when she was last known to be there
}

// Actor is the mother.
func (s MotherSession) Actor() ids.Actor { return ids.MotherActor(s.Mother) }

// How long a mother's session lasts. KioskIdle is without a sign of her; KioskWarn before it she is asked whether she is still there.
// The store forgets a session a little later than the kiosk locks it, so that a kiosk whose power failed is locked too.
const (
	KioskIdle        = 120 * time.Second
	KioskWarn        = 30 * time.Second
	kioskIdleInStore = KioskIdle + 30*time.Second
	kioskSessionLife = 12 * time.Hour
	pinDigits        = 6
)

// PINRefused is the error of a PIN that was not accepted. Wait is how long no further PIN is looked at; 0 = she may try again now.
// It unwraps to an error of kind Invalid or TooMany.
type PINRefused struct {
	Wait  time.Duration
	cause error
}

func (e *PINRefused) Error() string { return e.cause.Error() }

// Unwrap returns the classified error.
func (e *PINRefused) Unwrap() error { return e.cause }

func pinRefused(wait time.Duration) error {
	if wait > 0 {
		return &PINRefused{Wait: wait, cause: ids.E(ids.TooMany, "That is not the right PIN. Take a break, then try again. An officer can give you a new PIN.")}
	}
	return &PINRefused{cause: ids.E(ids.Invalid, "That is not the right PIN. Try again.")}
}

// errPINRaced means that another try at the same PIN was decided while this one was being computed.
var errPINRaced = errors.New("another PIN try came first")

// Unlock begins a mother's session at a kiosk of her wing; any other session at that kiosk ends. The PIN is computed outside the
// transaction; the result counts only if no other try was decided meanwhile, so that guesses in parallel, at however many kiosks and
// processes, are worth no more than guesses in a row. The throttle is kept with the mother: neither a restart nor another kiosk resets
// it. A wrong or throttled PIN gives *PINRefused.
func (f *Flow) Unlock(ctx context.Context, kiosk ids.Actor, mother ids.MotherID, pin string) (token string, s MotherSession, err error) {
	k, err := f.kioskOf(ctx, kiosk)
	if err != nil {
		return "", s, err
	}
	m, err := f.st.Mother(ctx, mother)
	if err != nil {
		return "", s, err
	}
	facts := chooseFacts(k, m)
	if err := f.may(ctx, facts, auditID(mother)); err != nil {
		return "", s, err
	}
	for range 5 {
		token, err = f.tryPIN(ctx, k, m, pin)
		if !errors.Is(err, errPINRaced) {
			if err != nil {
				token = ""
			}
			return token, MotherSession{Mother: m.ID, Name: m.Name, Language: m.Language, Kiosk: k.ID, LastSeen: f.now()}, err
		}
	}
	return "", s, &PINRefused{Wait: time.Second, cause: ids.E(ids.TooMany, "Somebody else is trying this PIN. Try again in a moment.")}
}

func (f *Flow) tryPIN(ctx context.Context, k Kiosk, m people.Mother, pin string) (token string, err error) {
	token = ids.Secret(32)
	return token, f.withPIN(ctx, pinTry{by: k.Actor(), kiosk: k.ID, mother: m.ID, pin: pin}, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.TouchKiosk(k.ID); err != nil {
			return audit.Entry{}, err
		}
		left, err := tx.EndSessionsAt(k.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, other := range left {
			tx.Also(audit.KioskLocked(k.ID, other, "next"))
		}
		return audit.KioskUnlocked(k.ID, m.ID), tx.AddSession(people.HashToken(token), store.Session{Kind: store.SessionMother,
			Subject: string(m.ID), Context: string(k.ID), Expires: tx.Now().Add(kioskSessionLife)})
	})
}

// pinTry is one try at a mother's PIN.
type pinTry struct {
	by     ids.Actor
	kiosk  ids.KioskID // "" when she gave it on a worker's device
	mother ids.MotherID
	caseID ids.CaseID // of a try on a worker's device
	pin    string
}

func (p pinTry) failed(throttled bool) audit.Entry {
	switch {
	case p.kiosk == "":
		return audit.TogetherCodeFailed(p.caseID, p.mother).With("what", "pin")
	case throttled:
		return audit.KioskThrottled(p.kiosk, p.mother)
	}
	return audit.KioskPINFailed(p.kiosk, p.mother)
}

// withPIN makes a change that needs a mother's PIN, in one transaction with the PIN's throttle. errPINRaced: try again. A wrong or throttled PIN
// gives *PINRefused.
func (f *Flow) withPIN(ctx context.Context, try pinTry, change func(*store.Tx) (audit.Entry, error)) error {
	m := try.mother
	hash, before, err := f.st.MotherPIN(ctx, m)
	if err != nil {
		return err
	}
	if wait := before.Wait(f.now()); wait > 0 {
		return pinRefused(wait) // not looked at, so nothing is learnt and nothing recorded: the pause itself was
	}
	right := people.CheckSecret(hash, try.pin)
	if right != nil && !errors.Is(right, people.ErrWrongCredential) {
		return right
	}
	var wait time.Duration
	err = f.st.Write(ctx, try.by, func(tx *store.Tx) (audit.Entry, error) {
		hashNow, now, err := tx.LockMotherPIN(m)
		if err != nil {
			return audit.Entry{}, err
		}
		if hashNow != hash || now.Failures != before.Failures || !now.LockedUntil.Equal(before.LockedUntil) {
			return audit.Entry{}, errPINRaced
		}
		if right != nil {
			after := before.Failed(tx.Now())
			if wait = after.Wait(tx.Now()); wait > 0 {
				tx.Also(try.failed(false))
				return try.failed(true), tx.SetMotherThrottle(m, after)
			}
			return try.failed(false), tx.SetMotherThrottle(m, after)
		}
		if before != (people.Throttle{}) {
			if err := tx.SetMotherThrottle(m, people.Throttle{}); err != nil {
				return audit.Entry{}, err
			}
		}
		return change(tx)
	})
	if err == nil && right != nil {
		err = pinRefused(wait)
	}
	return err
}

// MotherBySession finds who is at a kiosk; Unauthenticated when the session has ended, belongs to another kiosk, or the kiosk no longer
// serves her wing.
func (f *Flow) MotherBySession(ctx context.Context, kiosk ids.Actor, token string) (MotherSession, error) {
	locked := ids.E(ids.Unauthenticated, "The kiosk is locked. Choose your name and give your PIN.")
	k, err := f.kioskOf(ctx, kiosk)
	if err != nil {
		return MotherSession{}, err
	}
	s, err := f.st.Session(ctx, store.SessionMother, people.HashToken(token), f.now(), kioskIdleInStore)
	if ids.KindOf(err) == ids.NotFound || err == nil && s.Context != string(k.ID) {
		return MotherSession{}, locked
	}
	if err != nil {
		return MotherSession{}, err
	}
	m, err := f.st.Mother(ctx, ids.MotherID(s.Subject))
	if err != nil {
		return MotherSession{}, err
	}
	if !policy.Decide(chooseFacts(k, m)).Allowed() {
		return MotherSession{}, locked
	}
	return MotherSession{Mother: m.ID, Name: m.Name, Language: m.Language, Kiosk: k.ID, LastSeen: s.LastSeen}, nil
}

// TouchMother records that the woman of a session is still there.
func (f *Flow) TouchMother(ctx context.Context, token string) error {
	return f.st.TouchSession(ctx, people.HashToken(token))
}

// MotherLanguage records the language that a mother chose.
func (f *Flow) MotherLanguage(ctx context.Context, mother ids.MotherID, lang string) error {
	if lang != "en" && lang != "cy" {
		return ids.E(ids.Invalid, "Choose English or Welsh.")
	}
	return f.st.KeepMotherLanguage(ctx, mother, lang)
}

// LockKiosk ends a mother's session at a kiosk; why is a code ("left", "idle", "dropped"). Locking what is locked changes nothing.
func (f *Flow) LockKiosk(ctx context.Context, token, why string) error {
	s, err := f.st.Session(ctx, store.SessionMother, people.HashToken(token), f.now(), kioskSessionLife)
	if ids.KindOf(err) == ids.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	m := ids.MotherID(s.Subject)
	return f.st.Write(ctx, ids.MotherActor(m), func(tx *store.Tx) (audit.Entry, error) {
		tx.Wake(store.TopicMother(m))
		return audit.KioskLocked(ids.KioskID(s.Context), m, why), tx.EndSession(people.HashToken(token))
	})
}

// ResetPIN gives a mother a new PIN, which is returned once, lifts her throttle and locks every kiosk she is at.
func (f *Flow) ResetPIN(ctx context.Context, actor ids.Actor, mother ids.MotherID) (pin string, err error) {
	m, err := f.st.Mother(ctx, mother)
	if err != nil {
		return "", err
	}
	facts, err := f.pinFacts(ctx, actor, m)
	if err != nil {
		return "", err
	}
	if err := f.may(ctx, facts, auditID(mother)); err != nil {
		return "", err
	}
	pin = people.NewDigits(pinDigits)
	hash := people.HashSecret(pin, f.cfg.PasswordCost)
	err = f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		tx.Wake(store.TopicMother(mother))
		return decided(audit.MotherPINSet(mother), policy.Decide(facts)), tx.SetMotherPIN(mother, hash)
	})
	if err != nil {
		return "", err
	}
	return pin, nil
}

// pinFacts gathers what policy asks about a member of staff and a mother's PIN.
func (f *Flow) pinFacts(ctx context.Context, actor ids.Actor, m people.Mother) (policy.Facts, error) {
	facts := policy.Facts{Act: policy.ResetPIN, Actor: actor, SamePlace: actor.Agency != "" && actor.Agency == m.Establishment,
		Custody: custodyFacts(cases.Case{}, m)}
	if id := actor.StaffID(); id != "" {
		s, err := f.st.Staff(ctx, id)
		if err != nil {
			return facts, err
		}
		facts.SameWing = facts.SamePlace && (s.Wing == "" || s.Wing == m.Wing)
	}
	c, err := f.st.CaseOfMother(ctx, m.ID)
	if ids.KindOf(err) == ids.NotFound {
		return facts, nil
	}
	if err != nil {
		return facts, err
	}
	facts.Case, err = caseFactsOf(ctx, f.st.Reader, actor, c, m)
	return facts, err
}
