package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

const agencyColumns = `id, kind, name, domain, slug, name_cy, duty_email, duty_phone`

// AddAgency stores a new agency.
func (tx *Tx) AddAgency(a people.Agency) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO agencies (`+agencyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, string(a.ID), string(a.Kind), a.Name, a.Domain,
		a.Slug, a.Welsh, a.Duty.Email, a.Duty.Phone)
	return err
}

func scanAgency(r scanner) (people.Agency, error) {
	var a people.Agency
	return a, r.Scan(&a.ID, &a.Kind, &a.Name, &a.Domain, &a.Slug, &a.Welsh, &a.Duty.Email, &a.Duty.Phone)
}

// Agency returns one agency.
func (r Reader) Agency(ctx context.Context, id ids.AgencyID) (people.Agency, error) {
	return remember(ctx, r.q, "agency/"+string(id), func() (people.Agency, error) {
		as, err := all(ctx, r.q, `SELECT `+agencyColumns+` FROM agencies WHERE id = ?`, []any{string(id)}, scanAgency)
		return first(as, err)
	})
}

// Agencies returns every agency of a kind ("" = all), by name.
func (r Reader) Agencies(ctx context.Context, kind people.AgencyKind) ([]people.Agency, error) {
	return all(ctx, r.q, `SELECT `+agencyColumns+` FROM agencies WHERE kind = ? OR ? = '' ORDER BY name`, []any{string(kind), string(kind)}, scanAgency)
}

// AddWing stores a new wing.
func (tx *Tx) AddWing(w people.Wing) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO wings (id, establishment_id, name) VALUES (?, ?, ?)`, string(w.ID), string(w.Establishment), w.Name)
	return err
}

// Wings returns an establishment's wings ("" = every establishment's), by name.
func (r Reader) Wings(ctx context.Context, e ids.AgencyID) ([]people.Wing, error) {
	return all(ctx, r.q, `SELECT id, establishment_id, name FROM wings WHERE establishment_id = ? OR ? = '' ORDER BY establishment_id, name`,
		[]any{string(e), string(e)}, func(s scanner) (people.Wing, error) {
			var w people.Wing
			return w, s.Scan(&w.ID, &w.Establishment, &w.Name)
		})
}

// AddMother stores a new mother with the hash of her PIN.
func (tx *Tx) AddMother(m people.Mother, pinHash string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO mothers (id, name, prisoner_number, establishment_id, wing_id, language, pin_hash, created, entered_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(m.ID), m.Name, m.PrisonerNumber, string(m.Establishment), string(m.Wing), m.Language, pinHash, micros(tx.now), string(m.Establishment))
	return err
}

const motherColumns = `id, name, prisoner_number, establishment_id, wing_id, language, custody, custody_since, created`

func scanMother(r scanner) (people.Mother, error) {
	var m people.Mother
	return m, r.Scan(&m.ID, &m.Name, &m.PrisonerNumber, &m.Establishment, &m.Wing, &m.Language, &m.Custody, at{&m.CustodySince}, at{&m.Created})
}

// Mother returns one mother.
func (r Reader) Mother(ctx context.Context, id ids.MotherID) (people.Mother, error) {
	return remember(ctx, r.q, "mother/"+string(id), func() (people.Mother, error) {
		ms, err := all(ctx, r.q, `SELECT `+motherColumns+` FROM mothers WHERE id = ?`, []any{string(id)}, scanMother)
		return first(ms, err)
	})
}

func first[T any](vs []T, err error) (T, error) {
	var zero T
	switch {
	case err != nil:
		return zero, err
	case len(vs) == 0:
		return zero, ids.ErrNotFound
	}
	return vs[0], nil
}

// MothersOnWing returns the mothers who live on a wing, by name.
func (r Reader) MothersOnWing(ctx context.Context, e ids.AgencyID, w ids.WingID) ([]people.Mother, error) {
	return all(ctx, r.q, `SELECT `+motherColumns+` FROM mothers WHERE establishment_id = ? AND wing_id = ? AND merged_into = '' ORDER BY name`, []any{string(e), string(w)}, scanMother)
}

// MotherPIN returns the hash of a mother's PIN and how guessing it is throttled.
func (r Reader) MotherPIN(ctx context.Context, id ids.MotherID) (hash string, t people.Throttle, err error) {
	err = r.q.one(ctx, `SELECT pin_hash, pin_failures, pin_locked_until FROM mothers WHERE id = ?`, []any{string(id)}, &hash, &t.Failures, at{&t.LockedUntil})
	return hash, t, err
}

// SetMotherThrottle records tries at a mother's PIN.
func (tx *Tx) SetMotherThrottle(id ids.MotherID, t people.Throttle) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE mothers SET pin_failures = ?, pin_locked_until = ? WHERE id = ?`, t.Failures, micros(t.LockedUntil), string(id))
	return err
}

// SetMotherPIN gives a mother a new PIN, lifts the throttle and ends her sessions.
func (tx *Tx) SetMotherPIN(id ids.MotherID, hash string) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE mothers SET pin_hash = ?, pin_failures = 0, pin_locked_until = 0 WHERE id = ?`, hash, string(id))
	if err != nil {
		return err
	}
	if n == 0 {
		return ids.ErrNotFound
	}
	return tx.EndSessionsOf(SessionMother, string(id))
}

// SetMotherLanguage records the language she chose at the kiosk.
func (tx *Tx) SetMotherLanguage(id ids.MotherID, lang string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE mothers SET language = ? WHERE id = ?`, lang, string(id))
	return err
}

const contactColumns = `id, agency_id, name, email, role, verified, verified_at`

func scanContact(r scanner) (people.Contact, error) {
	var c people.Contact
	return c, r.Scan(&c.ID, &c.Agency, &c.Name, &c.Email, &c.Role, &c.Verified, at{&c.VerifiedAt})
}

// AddContact stores a new contact; ErrDuplicate when somebody of her agency has the address.
func (tx *Tx) AddContact(c people.Contact) error {
	n, err := tx.q.exec(tx.ctx, `INSERT INTO contacts (`+contactColumns+`, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email, agency_id) DO NOTHING`,
		string(c.ID), string(c.Agency), c.Name, people.NormaliseEmail(c.Email), string(c.Role), c.Verified, micros(c.VerifiedAt), micros(tx.now))
	if err == nil && n == 0 {
		return ErrDuplicate
	}
	return err
}

// Contact returns one contact.
func (r Reader) Contact(ctx context.Context, id ids.ContactID) (people.Contact, error) {
	return remember(ctx, r.q, "contact/"+string(id), func() (people.Contact, error) {
		cs, err := all(ctx, r.q, `SELECT `+contactColumns+` FROM contacts WHERE id = ?`, []any{string(id)}, scanContact)
		return first(cs, err)
	})
}

// ContactAt finds the contact of an agency who has an address. Another of the same address may be known at another agency: it is one person's, but
// what she is at the one says nothing at the other.
func (r Reader) ContactAt(ctx context.Context, a ids.AgencyID, email string) (people.Contact, error) {
	cs, err := all(ctx, r.q, `SELECT `+contactColumns+` FROM contacts WHERE email = ? AND agency_id = ?`, []any{people.NormaliseEmail(email), string(a)}, scanContact)
	return first(cs, err)
}

// ContactsByEmail returns every contact who has an address: one for each agency at which it is known.
func (r Reader) ContactsByEmail(ctx context.Context, email string) ([]people.Contact, error) {
	return all(ctx, r.q, `SELECT `+contactColumns+` FROM contacts WHERE email = ? ORDER BY created, id`, []any{people.NormaliseEmail(email)}, scanContact)
}

// ContactsOf returns an agency's contacts, by name.
func (r Reader) ContactsOf(ctx context.Context, a ids.AgencyID) ([]people.Contact, error) {
	return all(ctx, r.q, `SELECT `+contactColumns+` FROM contacts WHERE agency_id = ? ORDER BY name`, []any{string(a)}, scanContact)
}

// SessionKind says whose session it is.
type SessionKind string

// The kinds of session.
const (
	SessionStaff SessionKind = "staff"
	// SessionPerson is somebody who has signed in and not yet said in which of her appointments she acts. subject: the person.
	SessionPerson SessionKind = "person"
	SessionMother SessionKind = "mother" // context: the kiosk
	SessionGuest  SessionKind = "guest"  // subject: the participant; context: the meeting
	SessionReader SessionKind = "reader" // subject: the reading page; context: the contact
	// SessionTogether is a worker beside a mother. subject: the message; context: the mother and the worker, "mother/worker".
	SessionTogether SessionKind = "together"
)

// Session is one signed-in face. Token hashes are the keys; the token itself is only in the browser.
type Session struct {
	Kind     SessionKind
	Subject  string
	Context  string
	Created  time.Time
	LastSeen time.Time
	Expires  time.Time
}

// AddSession stores a session under the hash of its token.
func (tx *Tx) AddSession(tokenHash string, s Session) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO sessions (token_hash, kind, subject_id, context_id, created, last_seen, expires) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		tokenHash, string(s.Kind), s.Subject, s.Context, micros(tx.now), micros(tx.now), micros(s.Expires))
	return err
}

// Session finds a living session by its token's hash: not ended, not expired at now, seen since now-idle.
func (r Reader) Session(ctx context.Context, kind SessionKind, tokenHash string, now time.Time, idle time.Duration) (Session, error) {
	s := Session{Kind: kind}
	err := r.q.one(ctx, `SELECT subject_id, context_id, created, last_seen, expires FROM sessions
		WHERE token_hash = ? AND kind = ? AND ended = 0 AND expires > ? AND last_seen > ?`,
		[]any{tokenHash, string(kind), micros(now), micros(now.Add(-idle))}, &s.Subject, &s.Context, at{&s.Created}, at{&s.LastSeen}, at{&s.Expires})
	return s, err
}

// TouchSession records that a session was used.
func (s *Store) TouchSession(ctx context.Context, tokenHash string) error {
	return s.housekeep(ctx, func(tx *Tx) error {
		_, err := tx.q.exec(tx.ctx, `UPDATE sessions SET last_seen = ? WHERE token_hash = ?`, micros(tx.now), tokenHash)
		return err
	})
}

// EndSession ends one session; ending it twice changes nothing.
func (tx *Tx) EndSession(tokenHash string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE sessions SET ended = ? WHERE token_hash = ? AND ended = 0`, micros(tx.now), tokenHash)
	return err
}

// EndSessionsOf ends every session of one subject.
func (tx *Tx) EndSessionsOf(kind SessionKind, subject string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE sessions SET ended = ? WHERE kind = ? AND subject_id = ? AND ended = 0`, micros(tx.now), string(kind), subject)
	return err
}

// APIToken is one bearer token: whose it is and the role it acts in.
type APIToken struct {
	Name    string
	Staff   ids.StaffID
	Role    ids.Role
	Expires time.Time
}

// AddAPIToken stores a bearer token under its hash.
func (tx *Tx) AddAPIToken(tokenHash string, t APIToken) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO api_tokens (token_hash, name, staff_id, role, created, expires) VALUES (?, ?, ?, ?, ?, ?)`,
		tokenHash, t.Name, string(t.Staff), string(t.Role), micros(tx.now), micros(t.Expires))
	return err
}

// APIToken finds a bearer token that is good at now.
func (r Reader) APIToken(ctx context.Context, tokenHash string, now time.Time) (APIToken, error) {
	var t APIToken
	err := r.q.one(ctx, `SELECT name, staff_id, role, expires FROM api_tokens WHERE token_hash = ? AND revoked = 0 AND expires > ?`,
		[]any{tokenHash, micros(now)}, &t.Name, &t.Staff, &t.Role, at{&t.Expires})
	return t, err
}
