package flow

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// How long a staff session lives, at most and unused.
const (
	StaffSession     = 12 * time.Hour
	StaffSessionIdle = 30 * time.Minute
)

// errSignIn is one answer for every wrong part, so that it tells nobody which was wrong.
var errSignIn = ids.E(ids.Unauthenticated, "The email address, password or code is not right. Codes change every 30 seconds and work once.")

// dummyHash is compared with when there is no such person, so that the answer takes as long.
var dummyHash = people.UnmatchableHash(people.DefaultCost)

// SignIn checks somebody's email address, password and time-based code (RFC 6238) and returns a session token. Wrong tries slow down further
// ones for her. Who has one appointment acts in it (s); who has several is asked first which (s is the zero value): see ActIn.
func (f *Flow) SignIn(ctx context.Context, email, password, code string) (token string, s people.Staff, err error) {
	p, err := f.st.PersonByEmail(ctx, people.NormaliseEmail(email))
	if ids.KindOf(err) == ids.NotFound {
		_ = people.CheckSecret(dummyHash, password)
		return "", s, f.signInFailed(ctx, "", "unknown")
	}
	if err != nil {
		return "", s, err
	}
	sec, err := f.st.PersonSecret(ctx, p.ID)
	if err != nil {
		return "", s, err
	}
	if wait := sec.Throttle.Wait(f.now()); wait > 0 {
		return "", s, ids.E(ids.TooMany, "Too many wrong tries. Try again in %s.", waitWords(wait))
	}
	posts, err := f.postsToday(ctx, p.ID)
	if err != nil {
		return "", s, err
	}
	step, codeOK := checkTOTP(sec.TOTPSecret, code, f.now(), sec.TOTPLast)
	switch err := people.CheckSecret(sec.PasswordHash, password); {
	case errors.Is(err, people.ErrWrongCredential):
		return "", s, f.wrongStaffSecret(ctx, p, sec, "password")
	case err != nil:
		return "", s, err
	case !codeOK:
		return "", s, f.wrongStaffSecret(ctx, p, sec, "code")
	case len(posts) == 0:
		return "", s, f.signInFailed(ctx, p.ID, "disabled")
	}
	actor := ids.Unknown("staff-sign-in")
	entry, session := audit.PersonSignedIn(p.ID), store.Session{Kind: store.SessionPerson, Subject: string(p.ID)}
	if len(posts) == 1 {
		s, actor = posts[0], posts[0].Actor()
		entry, session = audit.StaffSignedIn(s.ID), store.Session{Kind: store.SessionStaff, Subject: string(s.ID)}
	}
	token = ids.Secret(32)
	return token, s, f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		// Looked at again with the row locked: of two sign-ins with one code, one wins.
		now, err := tx.LockPersonSecret(p.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if now.TOTPLast >= step || now.Throttle.Wait(tx.Now()) > 0 {
			return audit.Entry{}, errSignIn
		}
		if err := tx.SetPersonThrottle(p.ID, people.Throttle{}, step); err != nil {
			return audit.Entry{}, err
		}
		if s.ID != "" {
			if err := leaveOthers(tx, s); err != nil {
				return audit.Entry{}, err
			}
		}
		session.Expires = tx.Now().Add(StaffSession)
		return entry, tx.AddSession(people.HashToken(token), session)
	})
}

// checkTOTP finds the time step (one before, this, one after) whose code was given and which is newer than the last one used.
func checkTOTP(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for _, d := range []int64{0, -1, 1} {
		step := now.Unix()/30 + d
		valid, err := totp.ValidateCustom(code, secret, time.Unix(step*30, 0), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && valid && step > last {
			return step, true
		}
	}
	return 0, false
}

func (f *Flow) signInFailed(ctx context.Context, p ids.PersonID, code string) error {
	return errors.Join(errSignIn, f.st.Write(ctx, ids.Unknown("staff-sign-in"), func(*store.Tx) (audit.Entry, error) {
		return audit.StaffSignInFailed(p, code), nil
	}))
}

func (f *Flow) wrongStaffSecret(ctx context.Context, p people.Person, sec store.StaffSecret, code string) error {
	err := f.st.Write(ctx, ids.Unknown("staff-sign-in"), func(tx *store.Tx) (audit.Entry, error) {
		now, err := tx.LockPersonSecret(p.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		throttle := now.Throttle.Failed(tx.Now())
		if throttle.Wait(tx.Now()) > 0 {
			tx.Also(audit.StaffLocked(p.ID))
		}
		return audit.StaffSignInFailed(p.ID, code), tx.SetPersonThrottle(p.ID, throttle, now.TOTPLast)
	})
	if err != nil {
		return err
	}
	return errSignIn
}

// waitWords says a wait in whole minutes or seconds.
func waitWords(d time.Duration) string {
	if d > time.Minute {
		return plural(int((d+time.Minute-1)/time.Minute), "minute")
	}
	return plural(int((d+time.Second-1)/time.Second), "second")
}

// StaffBySession returns who is signed in with a token, and in which appointment; Unauthenticated when nobody is. Who has not said yet in which
// she acts is not signed in.
func (f *Flow) StaffBySession(ctx context.Context, token string) (people.Acting, error) {
	me, s, err := f.acting(ctx, token)
	if err != nil {
		return me, err
	}
	if f.now().Sub(s.LastSeen) > time.Minute {
		if err := f.st.TouchSession(ctx, people.HashToken(token)); err != nil {
			f.log.Warn("a session's use could not be recorded", "err", err)
		}
	}
	return me, nil
}

// acting reads a session and who acts in it. An appointment whose last day is over has no session any more.
func (f *Flow) acting(ctx context.Context, token string) (me people.Acting, s store.Session, err error) {
	if s, err = f.st.Session(ctx, store.SessionStaff, people.HashToken(token), f.now(), StaffSessionIdle); err != nil {
		return me, s, signedOut(err)
	}
	if me.Staff, err = f.st.Staff(ctx, ids.StaffID(s.Subject)); err != nil || me.Disabled {
		return me, s, signedOut(err)
	}
	agency, err := f.st.Agency(ctx, me.Agency)
	if err != nil {
		return me, s, err
	}
	posts, err := f.postsToday(ctx, me.Person)
	me.AgencyName, me.Inside, me.Posts = agency.Name, agency.Kind == people.Establishment, len(posts)
	return me, s, err
}

func signedOut(err error) error {
	if err == nil || ids.KindOf(err) == ids.NotFound {
		return ids.E(ids.Unauthenticated, "Sign in to go on.")
	}
	return err
}

// SignOut ends a session.
func (f *Flow) SignOut(ctx context.Context, token string) error {
	hash := people.HashToken(token)
	if p, err := f.st.Session(ctx, store.SessionPerson, hash, f.now(), StaffSessionIdle); err == nil {
		return f.st.Write(ctx, ids.Unknown("staff-sign-in"), func(tx *store.Tx) (audit.Entry, error) {
			return audit.PersonSignedOut(ids.PersonID(p.Subject), "asked"), tx.EndSession(hash)
		})
	}
	s, err := f.StaffBySession(ctx, token)
	if err != nil {
		return nil // nobody is signed in: that is what was asked for
	}
	return f.st.Write(ctx, s.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		return audit.StaffSignedOut(s.ID, "asked"), tx.EndSession(hash)
	})
}

// ActorByToken returns who a bearer token acts for; Unauthenticated when it is not good.
func (f *Flow) ActorByToken(ctx context.Context, token string) (ids.Actor, error) {
	t, err := f.st.APIToken(ctx, people.HashToken(token), f.now())
	if err != nil {
		return ids.Actor{}, signedOut(err)
	}
	s, err := f.st.Staff(ctx, t.Staff)
	if err != nil || s.Disabled {
		return ids.Actor{}, signedOut(err)
	}
	a := s.Actor()
	a.Kind, a.Role = ids.ActorAPI, t.Role
	return a, nil
}

// IssueToken makes a bearer token that acts for a member of staff, in this appointment of hers alone, until it expires.
func (f *Flow) IssueToken(ctx context.Context, a ids.Actor, name string, s ids.StaffID, expires time.Time) (string, error) {
	staff, err := f.appointmentOf(ctx, a, s, false)
	if err != nil {
		return "", err
	}
	token := "kb_" + ids.Secret(32)
	return token, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		hash := people.HashToken(token)
		return audit.TokenCreated(hash[:16], staff.Role), tx.AddAPIToken(hash, store.APIToken{Name: name, Staff: s, Role: staff.Role, Expires: expires})
	})
}

// mayManage allows administrators, and the operator at the command line.
func (f *Flow) mayManage(ctx context.Context, a ids.Actor) error {
	return f.may(ctx, policy.Facts{Act: policy.ManagePeople, Actor: a}, "")
}
