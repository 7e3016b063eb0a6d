package flow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// How a message is opened together: the worker's code lives five minutes and dies of five wrong ones; once both have proven who they are, there is
// half an hour to show the message.
const (
	readingCodeLife  = 5 * time.Minute
	readingCodeTries = 5
	readingSession   = 30 * time.Minute
)

// errReadingCode is one answer for every code that is not good.
var errReadingCode = ids.E(ids.Invalid, "The worker's code is not right, was used, or is older than five minutes. She can take a new one on her own page.")

// readingDigest is how a code is kept: keyed, and bound to the mother.
func (f *Flow) readingDigest(m ids.MotherID, code string) string {
	h := hmac.New(sha256.New, f.cfg.SessionKey)
	h.Write([]byte("reading code\x00" + string(m) + "\x00" + code))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// ReadingCode makes the six digits by which the worker, at a kiosk, opens this message with its mother: once, within five minutes. It is shown once.
func (f *Flow) ReadingCode(ctx context.Context, a ids.Actor, id ids.MessageID) (code string, expires time.Time, err error) {
	if _, _, _, err := f.mayWith(ctx, a, policy.OpenTogether, id); err != nil {
		return "", expires, err
	}
	code = people.NewDigits(pinDigits)
	return code, expires, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, m, d, err := f.again(tx, a, policy.OpenTogether, id)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := bookable(t, m, o.Mother); err != nil {
			return audit.Entry{}, err
		}
		expires = tx.Now().Add(readingCodeLife)
		return decided(audit.TogetherCodeMade(o.Case, o.ID, id), d), tx.KeepReadingCode(store.ReadingCode{Message: id, Staff: a.StaffID(), Mother: o.Mother.ID,
			Digest: f.readingDigest(o.Mother.ID, code), Expires: expires})
	})
}

// BeginTogether begins, at a kiosk that the mother has unlocked, the reading that the worker's code is for. Both must be right, the code and her PIN.
// The token is good for half an hour: ShowTogether shows the message. Nothing is shown yet, so that either can still stop.
func (f *Flow) BeginTogether(ctx context.Context, a ids.Actor, kiosk ids.KioskID, code, pin string) (token string, err error) {
	if a.Kind != ids.ActorMother {
		return "", ids.ErrNotFound
	}
	mother := ids.MotherID(a.ID)
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
	if len(code) > 20 {
		return "", errReadingCode
	}
	codes, err := f.st.ReadingCodesOf(ctx, mother, f.now(), readingCodeTries)
	if err != nil {
		return "", err
	}
	digest := f.readingDigest(mother, code)
	for _, c := range codes {
		if subtle.ConstantTimeCompare([]byte(c.Digest), []byte(digest)) == 1 {
			return f.begin(ctx, reading{message: c.Message, mother: mother, worker: c.Staff}, pinTry{by: a, kiosk: kiosk, mother: mother, pin: pin}, func(tx *store.Tx) error {
				spent, err := tx.SpendReadingCode(c, readingCodeTries)
				if err == nil && !spent {
					err = errReadingCode
				}
				return err
			})
		}
	}
	row, err := f.st.CaseOfMother(ctx, mother)
	if err != nil {
		return "", err
	}
	return "", errors.Join(errReadingCode, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.TogetherCodeFailed(row.ID, mother), tx.CountReadingTry(mother)
	}))
}

// BeginBeside begins the reading on the worker's own device: she is signed in, and the mother beside her gives her PIN.
func (f *Flow) BeginBeside(ctx context.Context, a ids.Actor, id ids.MessageID, pin string) (token string, err error) {
	o, _, _, err := f.mayWith(ctx, a, policy.OpenTogether, id)
	if err != nil {
		return "", err
	}
	return f.begin(ctx, reading{message: id, mother: o.Mother.ID, worker: a.StaffID()}, pinTry{by: a, mother: o.Mother.ID, caseID: o.Case, pin: pin}, func(*store.Tx) error { return nil })
}

// reading is a worker beside a mother, with one message.
type reading struct {
	message ids.MessageID
	mother  ids.MotherID
	worker  ids.StaffID
}

func (r reading) session(expires time.Time) store.Session {
	return store.Session{Kind: store.SessionTogether, Subject: string(r.message), Context: string(r.mother) + "/" + string(r.worker), Expires: expires}
}

// begin checks the PIN and, in the same change, whatever proves the worker.
func (f *Flow) begin(ctx context.Context, r reading, try pinTry, prove func(*store.Tx) error) (token string, err error) {
	worker, err := f.st.Staff(ctx, r.worker)
	if err != nil {
		return "", err
	}
	token = ids.Secret(32)
	for range 5 {
		err = f.withPIN(ctx, try, func(tx *store.Tx) (audit.Entry, error) {
			t, o, m, d, err := f.again(tx, worker.Actor(), policy.OpenTogether, r.message)
			if err != nil {
				return audit.Entry{}, err
			}
			if worker.Disabled || o.Mother.ID != r.mother {
				return audit.Entry{}, errReadingCode
			}
			if err := bookable(t, m, o.Mother); err != nil {
				return audit.Entry{}, err
			}
			if err := prove(tx); err != nil {
				return audit.Entry{}, err
			}
			return decided(audit.TogetherBegun(o.Case, o.ID, r.message, r.worker), d), tx.AddSession(people.HashToken(token), r.session(tx.Now().Add(readingSession)))
		})
		if !errors.Is(err, errPINRaced) {
			break
		}
	}
	switch {
	case errors.Is(err, errPINRaced):
		return "", &PINRefused{Wait: time.Second, cause: ids.E(ids.TooMany, "Somebody else is trying this PIN. Try again in a moment.")}
	case err != nil:
		return "", err
	}
	return token, nil
}

// ShowTogether opens the message to its mother, with the worker beside her, and returns it as her kiosk shows it. She can read it again whenever she
// likes from now on, and the duty to tell those near her fires in the same change. Doing it again shows it again and changes nothing. beside is whose
// device it is on: the mother at a kiosk, or the worker.
func (f *Flow) ShowTogether(ctx context.Context, beside ids.Actor, token string) (k KioskMessage, err error) {
	r, err := f.readingBy(ctx, beside, token)
	if err != nil {
		return k, err
	}
	worker, err := f.st.Staff(ctx, r.worker)
	if err != nil {
		return k, err
	}
	err = f.st.Write(ctx, worker.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		t, o, m, d, err := f.again(tx, worker.Actor(), policy.OpenTogether, r.message)
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.TogetherOpened(o.Case, o.ID, r.message, r.worker), d)
		if !t.Opened.IsZero() {
			return entry.With("repeat", "yes"), nil
		}
		if err := bookable(t, m, o.Mother); err != nil {
			return entry, err
		}
		return entry, f.openNow(tx, t, o, m, d, worker)
	})
	if err != nil {
		return k, err
	}
	shown, err := f.kioskMessage(ctx, ids.MotherActor(r.mother), r.message)
	if err == nil && shown == nil {
		err = ids.ErrNotFound
	}
	if err != nil {
		return k, err
	}
	return *shown, nil
}

// openNow is what opening changes.
func (f *Flow) openNow(tx *store.Tx, t messages.Together, o openThread, m messages.Message, d policy.Decision, worker people.Staff) error {
	t.Opened, t.OpenedBy = tx.Now(), worker.ID
	if err := tx.KeepTogether(t); err != nil {
		return err
	}
	if err := f.letGo(tx, o, m); err != nil {
		return err
	}
	to, err := tx.DeliveryTo(tx.Context(), m.ID, messages.ToMother, string(o.Mother.ID))
	if err != nil {
		return err
	}
	if to.State == messages.Kept { // something else stands in the way: nothing is shown, and nothing was opened
		return ids.E(ids.Conflict, "Something else keeps this message back now. Look at its conversation.")
	}
	if to.Advance(messages.Seen, tx.Now()) {
		tx.Also(audit.DeliverySeen(deliveredOf(to)))
		if err := tx.UpdateDelivery(to); err != nil {
			return err
		}
	}
	if !d.Duties.Has(policy.TellWing) {
		return nil
	}
	return f.raiseAlert(tx, o, m.ID, false)
}

// readingBy finds the reading of a token; NotFound when its time is over, or it is on somebody else's device.
func (f *Flow) readingBy(ctx context.Context, beside ids.Actor, token string) (reading, error) {
	s, err := f.st.Session(ctx, store.SessionTogether, people.HashToken(token), f.now(), readingSession)
	if err != nil {
		return reading{}, err
	}
	mother, worker, _ := strings.Cut(s.Context, "/")
	r := reading{ids.MessageID(s.Subject), ids.MotherID(mother), ids.StaffID(worker)}
	if beside != ids.MotherActor(r.mother) && (beside.StaffID() == "" || beside.StaffID() != r.worker) {
		return reading{}, ids.ErrNotFound
	}
	return r, nil
}

// RecordReading writes down how it went. What was not shown is not opened: then only "stopped" and "worried" can be said, the booking is freed, and the
// message stays to be read together. Worried about her safety, those near her are told at once to speak to her.
func (f *Flow) RecordReading(ctx context.Context, a ids.Actor, id ids.MessageID, went messages.Went, note string) error {
	note = strings.TrimSpace(CleanText(note))
	if !went.Valid() {
		return ids.E(ids.Invalid, "Choose how it went.")
	}
	if len(note) > MaxWhy {
		return ids.E(ids.TooLarge, "The note is too long: at most %d characters fit.", MaxWhy)
	}
	if _, _, _, err := f.mayWith(ctx, a, policy.OpenTogether, id); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		t, o, _, d, err := f.again(tx, a, policy.OpenTogether, id)
		if err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.TogetherRecorded(o.Case, o.ID, id, string(went)), d)
		switch {
		case !t.Recorded.IsZero() && t.Went == went && t.Note == note:
			return entry.With("repeat", "yes"), nil
		case !t.Recorded.IsZero():
			return entry, ids.E(ids.Conflict, "How it went was written down already.")
		case t.Opened.IsZero() && went != messages.WentStopped && went != messages.WentWorried:
			return entry, ids.E(ids.Invalid, "The message was not opened with her yet. If you stopped before, choose that.")
		}
		was := t.Booking
		t.Went, t.Note = went, note
		if !t.Opened.IsZero() {
			t.Recorded = tx.Now()
		} else if !t.Booking.For.IsZero() {
			t.Booking = messages.Booking{}
			tx.Also(audit.TogetherFreed(o.Case, o.ID, id, "stopped"))
		}
		if err := tx.KeepTogether(t); err != nil {
			return entry, err
		}
		if err := f.readingMoved(tx, t, was); err != nil {
			return entry, err
		}
		if went == messages.WentWorried {
			return entry, f.raiseAlert(tx, o, id, true)
		}
		return entry, nil
	})
}
