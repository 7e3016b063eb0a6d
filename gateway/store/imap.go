package store

import (
	"context"
	"time"
)

// FetchSource names one mailbox that mail is fetched from.
type FetchSource struct {
	Account string // its name in the configuration
	Mailbox string // "INBOX"
	// Origin is the server and the user name. When it changes, another mailbox stands behind the name: nothing known of the old one counts.
	Origin string
}

// FetchState is how far a mailbox has been read. The zero value is one that was never read.
type FetchState struct {
	UIDValidity uint32 // RFC 9051 section 2.3.1.1; 0 = never read
	UID         uint32 // every mail up to here has been taken, or is in Failures
	Failures    []FetchFailure
}

// FetchFailure is a mail of the mailbox that could not be taken.
type FetchFailure struct {
	UID      uint32
	Attempts int
	Cause    string    // a code: "connection", "refused", "missing", "store", "too_large"
	Next     time.Time // when to try again
	GivenUp  bool      // a person was told that it stays in the mailbox; it is still tried once a day
}

// FetchProgress is what has become of some mails of a mailbox.
type FetchProgress struct {
	UIDValidity uint32
	UID         uint32 // the new place, when it is beyond the old one
	Failed      []FetchFailure
	Left        []uint32 // of Failed: those that are given up with this
	Settled     []uint32 // no longer failing: taken, or gone from the mailbox
}

// FetchState returns how far the mailbox has been read, the zero value when nothing is known of it.
func (r Reader) FetchState(ctx context.Context, src FetchSource) (FetchState, error) {
	var s FetchState
	rows, err := all(ctx, r.q, `SELECT uid_validity, uid FROM imap_mailboxes WHERE account = ? AND mailbox = ? AND origin = ?`,
		[]any{src.Account, src.Mailbox, src.Origin}, func(sc scanner) (FetchState, error) {
			var s FetchState
			return s, sc.Scan(&s.UIDValidity, &s.UID)
		})
	if err != nil || len(rows) == 0 {
		return s, err
	}
	s = rows[0]
	s.Failures, err = all(ctx, r.q, `SELECT uid, attempts, cause, next, given_up FROM imap_failures WHERE account = ? AND mailbox = ? ORDER BY uid`,
		[]any{src.Account, src.Mailbox}, func(sc scanner) (FetchFailure, error) {
			var f FetchFailure
			return f, sc.Scan(&f.UID, &f.Attempts, &f.Cause, at{&f.Next}, &f.GivenUp)
		})
	return s, err
}

// BeginFetch records that a mailbox is read from its beginning under this UIDVALIDITY, and forgets what was known of it before.
func (s *Store) BeginFetch(ctx context.Context, src FetchSource, uidValidity uint32) error {
	return s.housekeep(ctx, func(tx *Tx) error {
		if _, err := tx.q.exec(tx.ctx, `DELETE FROM imap_failures WHERE account = ? AND mailbox = ?`, src.Account, src.Mailbox); err != nil {
			return err
		}
		_, err := tx.q.exec(tx.ctx, `INSERT INTO imap_mailboxes (account, mailbox, origin, uid_validity, uid, changed) VALUES (?, ?, ?, ?, 0, ?)
			ON CONFLICT (account, mailbox) DO UPDATE SET origin = excluded.origin, uid_validity = excluded.uid_validity, uid = 0, changed = excluded.changed`,
			src.Account, src.Mailbox, src.Origin, int64(uidValidity), micros(tx.now))
		return err
	})
}

// KeepFetchProgress commits progress that is no event of the record. Where a mail is given up, use Tx.KeepFetchProgress in a Write.
func (s *Store) KeepFetchProgress(ctx context.Context, src FetchSource, p FetchProgress) error {
	return s.housekeep(ctx, func(tx *Tx) error { return tx.KeepFetchProgress(src, p) })
}

// KeepFetchProgress stores what has become of some mails of a mailbox. The place never goes back, and progress under another UIDVALIDITY
// than the present one is dropped: its numbers mean other mails now.
func (tx *Tx) KeepFetchProgress(src FetchSource, p FetchProgress) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE imap_mailboxes SET uid = CASE WHEN uid < ? THEN ? ELSE uid END, changed = ?
		WHERE account = ? AND mailbox = ? AND origin = ? AND uid_validity = ?`,
		int64(p.UID), int64(p.UID), micros(tx.now), src.Account, src.Mailbox, src.Origin, int64(p.UIDValidity))
	if err != nil || n == 0 {
		return err
	}
	for _, uid := range p.Settled {
		if _, err := tx.q.exec(tx.ctx, `DELETE FROM imap_failures WHERE account = ? AND mailbox = ? AND uid = ?`, src.Account, src.Mailbox, int64(uid)); err != nil {
			return err
		}
	}
	for _, f := range p.Failed {
		_, err := tx.q.exec(tx.ctx, `INSERT INTO imap_failures (account, mailbox, uid, attempts, cause, next, given_up) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (account, mailbox, uid) DO UPDATE SET attempts = excluded.attempts, cause = excluded.cause, next = excluded.next, given_up = excluded.given_up`,
			src.Account, src.Mailbox, int64(f.UID), f.Attempts, f.Cause, micros(f.Next), flag(f.GivenUp))
		if err != nil {
			return err
		}
	}
	return nil
}
