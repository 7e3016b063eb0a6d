package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// Kiosk is an enrolled kiosk on a wing.
type Kiosk struct {
	ID            ids.KioskID
	Establishment ids.AgencyID
	Wing          ids.WingID
	Name          string
	Enrolled      time.Time
	LastSeen      time.Time // when it was last unlocked; zero = never
	Withdrawn     time.Time // zero while it may be used
}

// Actor is how audit and policy name this kiosk.
func (k Kiosk) Actor() ids.Actor {
	return ids.Actor{Kind: ids.ActorKiosk, ID: string(k.ID), Agency: k.Establishment}
}

// KioskCode is a one-time enrolment code and what it makes of the device that gives it.
type KioskCode struct {
	Kiosk         ids.KioskID // the identifier that the kiosk will have
	Establishment ids.AgencyID
	Wing          ids.WingID
	Name          string
	Expires       time.Time
}

// AddKioskCode stores an enrolment code under the digest of its digits.
func (tx *Tx) AddKioskCode(digest string, c KioskCode) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO kiosk_codes (code_hash, establishment_id, wing_id, name, created, expires, kiosk_id) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		digest, string(c.Establishment), string(c.Wing), c.Name, micros(tx.now), micros(c.Expires), string(c.Kiosk))
	return err
}

// SpendKioskCode uses up a code that is neither used nor expired; ids.ErrNotFound when there is no such code.
func (tx *Tx) SpendKioskCode(digest string) (KioskCode, error) {
	var c KioskCode
	err := tx.q.one(tx.ctx, `UPDATE kiosk_codes SET used = ? WHERE code_hash = ? AND used = 0 AND expires > ?
		RETURNING kiosk_id, establishment_id, wing_id, name, expires`, []any{micros(tx.now), digest, micros(tx.now)},
		&c.Kiosk, &c.Establishment, &c.Wing, &c.Name, at{&c.Expires})
	return c, err
}

// CountEnrolmentTry counts one try at a code, of whatever device, in a window that begins anew once it is older than length, and
// returns how many the window has. The row is locked until the commit, so that parallel tries are counted one after another.
func (tx *Tx) CountEnrolmentTry(length time.Duration) (tries int, err error) {
	old := micros(tx.now.Add(-length))
	err = tx.q.one(tx.ctx, `UPDATE kiosk_enrolment SET
		tries = CASE WHEN since <= ? THEN 1 ELSE tries + 1 END,
		since = CASE WHEN since <= ? THEN ? ELSE since END
		WHERE one = 1 RETURNING tries`, []any{old, old, micros(tx.now)}, &tries)
	return tries, err
}

// ForgiveEnrolmentTry takes back one counted try: it was the right code.
func (tx *Tx) ForgiveEnrolmentTry() error {
	_, err := tx.q.exec(tx.ctx, `UPDATE kiosk_enrolment SET tries = tries - 1 WHERE one = 1 AND tries > 0`)
	return err
}

const kioskColumns = `id, establishment_id, wing_id, name, enrolled, last_seen, withdrawn`

func scanKiosk(r scanner) (Kiosk, error) {
	var k Kiosk
	return k, r.Scan(&k.ID, &k.Establishment, &k.Wing, &k.Name, at{&k.Enrolled}, at{&k.LastSeen}, at{&k.Withdrawn})
}

// AddKiosk stores a newly enrolled kiosk under the hash of its secret.
func (tx *Tx) AddKiosk(k Kiosk, secretHash string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO kiosks (id, establishment_id, wing_id, name, secret_hash, enrolled) VALUES (?, ?, ?, ?, ?, ?)`,
		string(k.ID), string(k.Establishment), string(k.Wing), k.Name, secretHash, micros(tx.now))
	return err
}

// Kiosk returns one kiosk, withdrawn or not.
func (r Reader) Kiosk(ctx context.Context, id ids.KioskID) (Kiosk, error) {
	ks, err := all(ctx, r.q, `SELECT `+kioskColumns+` FROM kiosks WHERE id = ?`, []any{string(id)}, scanKiosk)
	return first(ks, err)
}

// KioskBySecret returns the kiosk that holds the secret with this hash, unless it was withdrawn.
func (r Reader) KioskBySecret(ctx context.Context, secretHash string) (Kiosk, error) {
	ks, err := all(ctx, r.q, `SELECT `+kioskColumns+` FROM kiosks WHERE secret_hash = ? AND withdrawn = 0`, []any{secretHash}, scanKiosk)
	return first(ks, err)
}

// Kiosks returns an establishment's kiosks ("" = every establishment's), by wing and name, the withdrawn ones too.
func (r Reader) Kiosks(ctx context.Context, e ids.AgencyID) ([]Kiosk, error) {
	return all(ctx, r.q, `SELECT `+kioskColumns+` FROM kiosks WHERE establishment_id = ? OR ? = '' ORDER BY establishment_id, wing_id, name, id`,
		[]any{string(e), string(e)}, scanKiosk)
}

// WithdrawKiosk ends a kiosk's right to connect and every session on it; ids.ErrNotFound when there is none to withdraw.
func (tx *Tx) WithdrawKiosk(id ids.KioskID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE kiosks SET withdrawn = ? WHERE id = ? AND withdrawn = 0`, micros(tx.now), string(id))
	if err != nil {
		return err
	}
	if n == 0 {
		return ids.ErrNotFound
	}
	_, err = tx.EndSessionsAt(id)
	return err
}

// EndSessionsAt ends every mother's session at a kiosk and returns whose they were.
func (tx *Tx) EndSessionsAt(k ids.KioskID) ([]ids.MotherID, error) {
	mothers, err := all(tx.ctx, tx.q, `UPDATE sessions SET ended = ? WHERE kind = ? AND context_id = ? AND ended = 0 AND expires > ? RETURNING subject_id`,
		[]any{micros(tx.now), string(SessionMother), string(k), micros(tx.now)}, func(s scanner) (ids.MotherID, error) {
			var id ids.MotherID
			return id, s.Scan(&id)
		})
	for _, m := range mothers {
		tx.Wake(TopicMother(m))
	}
	return mothers, err
}

// TouchKiosk records that a kiosk was unlocked now.
func (tx *Tx) TouchKiosk(id ids.KioskID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE kiosks SET last_seen = ? WHERE id = ?`, micros(tx.now), string(id))
	return err
}

// LockMotherPIN is MotherPIN with the row locked until the commit.
func (tx *Tx) LockMotherPIN(id ids.MotherID) (hash string, t people.Throttle, err error) {
	err = tx.q.one(tx.ctx, `UPDATE mothers SET pin_failures = pin_failures WHERE id = ? RETURNING pin_hash, pin_failures, pin_locked_until`,
		[]any{string(id)}, &hash, &t.Failures, at{&t.LockedUntil})
	return hash, t, err
}

// KeepMotherLanguage records the language that a mother chose at the kiosk.
func (s *Store) KeepMotherLanguage(ctx context.Context, id ids.MotherID, lang string) error {
	return s.housekeep(ctx, func(tx *Tx) error { return tx.SetMotherLanguage(id, lang) })
}
