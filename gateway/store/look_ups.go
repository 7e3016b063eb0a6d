package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// LookUp is one search for a person.
type LookUp struct {
	ID    ids.LookUpID
	Staff ids.StaffID
	At    time.Time
	Words string // as they were typed
	Found int    // how many results she was shown
}

// AddLookUp records a search.
func (tx *Tx) AddLookUp(l LookUp) error {
	sealed, err := tx.sealText(vault.Staff, "look_ups", string(l.ID), "words", l.Words)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO look_ups (id, staff_id, at, found, words_sealed) VALUES (?, ?, ?, ?, ?)`, string(l.ID), string(l.Staff), micros(tx.now), l.Found, sealed)
	return err
}

// LookUps returns the newest searches, the last first.
func (r Reader) LookUps(ctx context.Context, limit int) ([]LookUp, error) {
	type row struct {
		LookUp
		sealed []byte
	}
	rows, err := all(ctx, r.q, `SELECT id, staff_id, at, found, words_sealed FROM look_ups ORDER BY at DESC, id DESC LIMIT ?`, []any{limit}, func(s scanner) (x row, err error) {
		return x, s.Scan(&x.ID, &x.Staff, at{&x.At}, &x.Found, &x.sealed)
	})
	if err != nil {
		return nil, err
	}
	out := make([]LookUp, len(rows))
	for i, x := range rows {
		if x.Words, err = r.openText(ctx, vault.Staff, "look_ups", string(x.ID), "words", x.sealed); err != nil {
			return nil, err
		}
		out[i] = x.LookUp
	}
	return out, nil
}

// Seat is one party's place in a thread of a case, with what policy asks about the thread.
type Seat struct {
	Case    ids.CaseID
	Thread  ids.ThreadID
	Channel threads.Channel
	Quiet   bool
	Party   threads.Party
}

// CandidateSeats returns the parties of every thread in the cases that a member of staff could have to do with (see Candidates), by thread. It takes one query
// however many there are.
func (r Reader) CandidateSeats(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]Seat, error) {
	return all(ctx, r.q, `SELECT t.case_id, t.id, t.channel, t.quiet, p.kind, p.party_id, p.since, p.until FROM threads t JOIN thread_parties p ON p.thread_id = t.id
		WHERE t.case_id IN `+candidateIDs+` ORDER BY t.id`, []any{string(agency), string(s)}, func(r scanner) (x Seat, err error) {
		return x, r.Scan(&x.Case, &x.Thread, &x.Channel, &x.Quiet, &x.Party.Kind, &x.Party.ID, at{&x.Party.Since}, at{&x.Party.Until})
	})
}

// ChildWith is a child with the name of the authority that looks after her or him.
type ChildWith struct {
	ID        ids.ChildID
	Case      ids.CaseID
	Name      string
	Authority people.Agency // without an ID when none does
}

// CandidateChildren returns the children of those cases, in one query.
func (r Reader) CandidateChildren(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]ChildWith, error) {
	return all(ctx, r.q, `SELECT k.id, k.case_id, k.name, COALESCE(a.id, ''), COALESCE(a.name, ''), COALESCE(a.name_cy, '') FROM children k LEFT JOIN agencies a ON a.id = k.authority_id
		WHERE k.case_id IN `+candidateIDs+` ORDER BY k.id`, []any{string(agency), string(s)}, func(r scanner) (x ChildWith, err error) {
		return x, r.Scan(&x.ID, &x.Case, &x.Name, &x.Authority.ID, &x.Authority.Name, &x.Authority.Welsh)
	})
}

// CandidateConcerns returns who else has to do with the children of those cases, in one query.
func (r Reader) CandidateConcerns(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]Concern, error) {
	return all(ctx, r.q, `SELECT x.child_id, x.kind, x.ref FROM child_concerned x JOIN children k ON k.id = x.child_id WHERE k.case_id IN `+candidateIDs+` ORDER BY x.child_id, x.kind, x.ref`,
		[]any{string(agency), string(s)}, func(r scanner) (x Concern, err error) { return x, r.Scan(&x.Child, &x.Kind, &x.Ref) })
}

// AllContacts returns everybody outside who is reached by email, by identifier.
func (r Reader) AllContacts(ctx context.Context) ([]people.Contact, error) {
	return all(ctx, r.q, `SELECT `+contactColumns+` FROM contacts ORDER BY id`, nil, scanContact)
}
