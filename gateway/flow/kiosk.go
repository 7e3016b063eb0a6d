package flow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// Kiosk is an enrolled kiosk.
type Kiosk = store.Kiosk

// KioskCredential is what an enrolled device keeps: who it is, and the secret that proves it.
type KioskCredential struct {
	ID     ids.KioskID
	Secret string
}

// Enrolment: a code has ten digits, so that it can be typed on the kiosk's own number pad; it is good once and for a day. Thirty wrong
// tries in ten minutes, of all devices together, stop enrolment for the rest of those minutes: a guesser needs centuries.
const (
	kioskCodeDigits   = 10
	kioskCodeLife     = 24 * time.Hour
	enrolmentTries    = 30
	enrolmentWindow   = 10 * time.Minute
	maxKioskName      = 80
	kioskCodeNotKnown = "This code is not right, was used already, or is too old. Ask for a new one."
)

// IssueKioskCode makes a one-time code that enrols one kiosk on a wing. The code is returned once and kept as a keyed digest only.
func (f *Flow) IssueKioskCode(ctx context.Context, actor ids.Actor, e ids.AgencyID, w ids.WingID, name string) (code string, err error) {
	if err := f.may(ctx, policy.Facts{Act: policy.ManageKiosks, Actor: actor, SamePlace: actor.Agency == e}, auditID(w)); err != nil {
		return "", err
	}
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxKioskName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", ids.E(ids.Invalid, "Give the kiosk a name of 1 to %d letters, such as “B wing, by the servery”.", maxKioskName)
	}
	wings, err := f.st.Wings(ctx, e)
	if err != nil {
		return "", err
	}
	known := false
	for _, wing := range wings {
		known = known || wing.ID == w && wing.Establishment == e
	}
	if !known {
		return "", ids.E(ids.Invalid, "Choose a wing of this establishment.")
	}
	code = people.NewDigits(kioskCodeDigits)
	err = f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		c := store.KioskCode{Kiosk: ids.New[ids.KioskID](ids.Kiosk), Establishment: e, Wing: w, Name: name, Expires: tx.Now().Add(kioskCodeLife)}
		return audit.KioskCodeMade(c.Kiosk).With("wing", string(w)), tx.AddKioskCode(f.codeDigest(code), c)
	})
	return code, err
}

// codeDigest is how an enrolment code is kept: keyed, because ten digits can be tried out against a plain hash.
func (f *Flow) codeDigest(code string) string {
	h := hmac.New(sha256.New, f.cfg.SessionKey)
	h.Write([]byte("kiosk code\x00" + code))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// EnrolKiosk makes a kiosk of the device that gives a right code. Spaces and dashes in the code do not count. Errors: Invalid for a
// code that is wrong, used or expired; TooMany when too many wrong ones were given lately.
func (f *Flow) EnrolKiosk(ctx context.Context, code string) (KioskCredential, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, code)
	if len(code) > 64 {
		return KioskCredential{}, ids.E(ids.Invalid, kioskCodeNotKnown)
	}
	cred := KioskCredential{Secret: ids.Secret(32)}
	var wrong bool
	err := f.st.Write(ctx, ids.Unknown("kiosk-enrolment"), func(tx *store.Tx) (audit.Entry, error) {
		wrong = false
		tries, err := tx.CountEnrolmentTry(enrolmentWindow)
		if err != nil {
			return audit.Entry{}, err
		}
		if tries > enrolmentTries {
			return audit.Entry{}, ids.E(ids.TooMany, "Too many wrong codes were given. Wait ten minutes, then try again.")
		}
		c, err := tx.SpendKioskCode(f.codeDigest(code))
		if ids.KindOf(err) == ids.NotFound {
			wrong = true
			return audit.PolicyRefused("enrol_kiosk", "").With("rule", "unknown_code"), nil
		}
		if err != nil {
			return audit.Entry{}, err
		}
		cred.ID = c.Kiosk
		k := Kiosk{ID: c.Kiosk, Establishment: c.Establishment, Wing: c.Wing, Name: c.Name}
		if err := tx.AddKiosk(k, people.HashToken(cred.Secret)); err != nil {
			return audit.Entry{}, err
		}
		return audit.KioskEnrolled(k.ID, k.Wing).By(k.Actor()), tx.ForgiveEnrolmentTry()
	})
	switch {
	case err != nil:
		return KioskCredential{}, err
	case wrong:
		return KioskCredential{}, ids.E(ids.Invalid, kioskCodeNotKnown)
	}
	return cred, nil
}

// KioskBySecret finds the kiosk that holds a secret; Unauthenticated when there is none or it was withdrawn.
func (f *Flow) KioskBySecret(ctx context.Context, secret string) (Kiosk, error) {
	k, err := f.st.KioskBySecret(ctx, people.HashToken(secret))
	if ids.KindOf(err) == ids.NotFound {
		return k, ids.E(ids.Unauthenticated, "This kiosk is not in use. Ask staff to set it up.")
	}
	return k, err
}

// Kiosks lists the kiosks of an establishment ("" = of all), for those who manage them.
func (f *Flow) Kiosks(ctx context.Context, actor ids.Actor, e ids.AgencyID) ([]Kiosk, error) {
	if err := f.may(ctx, policy.Facts{Act: policy.ManageKiosks, Actor: actor, SamePlace: actor.Agency == e}, auditID(e)); err != nil {
		return nil, err
	}
	return f.st.Kiosks(ctx, e)
}

// WithdrawKiosk ends a kiosk's right to connect, and whoever uses it now is locked out at once.
func (f *Flow) WithdrawKiosk(ctx context.Context, actor ids.Actor, id ids.KioskID) error {
	if err := f.may(ctx, policy.Facts{Act: policy.ManageKiosks, Actor: actor}, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		return audit.KioskRevoked(id), tx.WithdrawKiosk(id)
	})
}

// KioskMother is a woman as her wing's kiosk offers her: nothing says whether anything waits for her.
type KioskMother struct {
	ID   ids.MotherID
	Name string
}

// KioskMothers lists the women of a kiosk's own wing, by name.
func (f *Flow) KioskMothers(ctx context.Context, kiosk ids.Actor) ([]KioskMother, error) {
	k, err := f.kioskOf(ctx, kiosk)
	if err != nil {
		return nil, err
	}
	ms, err := f.st.MothersOnWing(ctx, k.Establishment, k.Wing)
	if err != nil {
		return nil, err
	}
	out := make([]KioskMother, 0, len(ms))
	for _, m := range ms {
		if policy.Decide(chooseFacts(k, m)).Allowed() {
			out = append(out, KioskMother{ID: m.ID, Name: m.Name})
		}
	}
	return out, nil
}

// kioskOf returns the living kiosk that acts.
func (f *Flow) kioskOf(ctx context.Context, kiosk ids.Actor) (Kiosk, error) {
	closed := ids.E(ids.Unauthenticated, "This kiosk is not in use. Ask staff to set it up.")
	if kiosk.Kind != ids.ActorKiosk {
		return Kiosk{}, closed
	}
	k, err := f.st.Kiosk(ctx, ids.KioskID(kiosk.ID))
	if ids.KindOf(err) == ids.NotFound || err == nil && !k.Withdrawn.IsZero() {
		return Kiosk{}, closed
	}
	return k, err
}

func chooseFacts(k Kiosk, m people.Mother) policy.Facts {
	return policy.Facts{Act: policy.ChooseMother, Actor: k.Actor(), SamePlace: m.Establishment == k.Establishment, SameWing: m.Wing == k.Wing,
		Custody: custodyFacts(cases.Case{}, m)}
}
