package store

import (
	"cmp"
	"context"
	"slices"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// AddThread stores a new thread with its children and parties.
func (tx *Tx) AddThread(t threads.Thread, parties []threads.Party) error {
	subject, err := tx.sealText(vault.CaseScope(t.Case), "threads", string(t.ID), "subject", t.Subject)
	if err != nil {
		return err
	}
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO threads (id, case_id, channel, agency_id, subject_sealed, created, last_at, quiet) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(t.ID), string(t.Case), string(t.Channel), string(t.Agency), subject, micros(tx.now), micros(tx.now), flag(t.Quiet)); err != nil {
		return err
	}
	for _, c := range t.Children {
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO thread_children (thread_id, child_id) VALUES (?, ?)`, string(t.ID), string(c)); err != nil {
			return err
		}
	}
	for _, p := range parties {
		if err := tx.AddParty(t.ID, p.Kind, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// AddParty puts somebody into a thread; twice changes nothing, and somebody who had left is in it again.
func (tx *Tx) AddParty(t ids.ThreadID, kind threads.PartyKind, id string) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO thread_parties (thread_id, kind, party_id, since) VALUES (?, ?, ?, ?)
		ON CONFLICT (thread_id, kind, party_id) DO UPDATE SET until = 0`, string(t), string(kind), id, micros(tx.now))
	return err
}

// ThreadsOfParty returns the threads that somebody is a party of now, the oldest first.
func (r Reader) ThreadsOfParty(ctx context.Context, kind threads.PartyKind, id string) ([]threads.Thread, error) {
	ts, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t JOIN thread_parties p ON p.thread_id = t.id
		WHERE p.kind = ? AND p.party_id = ? AND p.until = 0 ORDER BY t.created, t.id`, []any{string(kind), id}, r.scanThread(ctx))
	return r.openSubjects(ctx, ts, err)
}

// EndParty takes somebody out of a thread: she is shown nothing of it from now on.
func (tx *Tx) EndParty(t ids.ThreadID, kind threads.PartyKind, id string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE thread_parties SET until = ? WHERE thread_id = ? AND kind = ? AND party_id = ? AND until = 0`,
		micros(tx.now), string(t), string(kind), id)
	return err
}

func (r Reader) scanThread(ctx context.Context) func(scanner) (threads.Thread, error) {
	return func(s scanner) (threads.Thread, error) {
		var t threads.Thread
		var sealed []byte
		if err := s.Scan(&t.ID, &t.Case, &t.Channel, &t.Agency, &sealed, at{&t.Created}, at{&t.LastAt}, &t.Quiet); err != nil {
			return t, err
		}
		t.Subject = string(sealed) // opened after the rows are closed: a transaction has one connection
		return t, nil
	}
}

// openSubjects decrypts the subjects that scanThread left sealed, and reads the children.
func (r Reader) openSubjects(ctx context.Context, ts []threads.Thread, err error) ([]threads.Thread, error) {
	if err != nil {
		return nil, err
	}
	at := make(map[ids.ThreadID]*threads.Thread, len(ts))
	of := make([]ids.ThreadID, len(ts))
	for i := range ts {
		t := &ts[i]
		at[t.ID], of[i] = t, t.ID
		if t.Subject, err = r.openText(ctx, vault.CaseScope(t.Case), "threads", string(t.ID), "subject", []byte(t.Subject)); err != nil {
			return nil, err
		}
	}
	type child struct {
		thread ids.ThreadID
		id     ids.ChildID
	}
	scan := func(s scanner) (c child, err error) { return c, s.Scan(&c.thread, &c.id) }
	about := func(c child) { at[c.thread].Children = append(at[c.thread].Children, c.id) }
	return ts, each(ctx, r.q, of, func(list string) string {
		return `SELECT thread_id, child_id FROM thread_children WHERE thread_id IN ` + list
	}, scan, about)
}

const threadColumns = `t.id, t.case_id, t.channel, t.agency_id, t.subject_sealed, t.created, t.last_at, t.quiet`

// Thread returns one thread.
func (r Reader) Thread(ctx context.Context, id ids.ThreadID) (threads.Thread, error) {
	return remember(ctx, r.q, threadKey(id), func() (threads.Thread, error) {
		ts, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t WHERE t.id = ?`, []any{string(id)}, r.scanThread(ctx))
		ts, err = r.openSubjects(ctx, ts, err)
		return first(ts, err)
	})
}

// ThreadsOfCases returns every thread of cases, case by case in their order, of each the most recently used first.
func (r Reader) ThreadsOfCases(ctx context.Context, of []ids.CaseID) ([]threads.Thread, error) {
	if err := r.AheadOfCases(ctx, "", of); err != nil { // for the keys of their subjects
		return nil, err
	}
	order := make(map[ids.CaseID]int, len(of))
	for i, c := range of {
		order[c] = i
	}
	var ts []threads.Thread
	err := inParts(of, func(list string, args []any) error {
		some, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t WHERE t.case_id IN `+list+` ORDER BY t.last_at DESC`, args, r.scanThread(ctx))
		ts = append(ts, some...)
		return err
	})
	slices.SortStableFunc(ts, func(a, b threads.Thread) int { return cmp.Compare(order[a.Case], order[b.Case]) })
	return r.openSubjects(ctx, ts, err)
}

// ThreadsOfCase returns every thread of a case, the most recently used first. Policy decides which of them may be shown.
func (r Reader) ThreadsOfCase(ctx context.Context, c ids.CaseID) ([]threads.Thread, error) {
	ts, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t WHERE t.case_id = ? ORDER BY t.last_at DESC`, []any{string(c)}, r.scanThread(ctx))
	return r.openSubjects(ctx, ts, err)
}

// Parties returns everybody who is or was in a thread, with names.
func (r Reader) Parties(ctx context.Context, t ids.ThreadID) ([]threads.Party, error) {
	return remember(ctx, r.q, "parties/"+string(t), func() ([]threads.Party, error) { return r.parties(ctx, t) })
}

func (r Reader) parties(ctx context.Context, t ids.ThreadID) ([]threads.Party, error) {
	rows, err := all(ctx, r.q, partiesOf(`= ?`), []any{string(t)}, scanParty)
	ps := make([]threads.Party, len(rows))
	for i, p := range rows {
		ps[i] = p.Party
	}
	return ps, err
}

// partyOf is a party with the thread it is of.
type partyOf struct {
	threads.Party
	thread ids.ThreadID
}

func partiesOf(which string) string {
	return `SELECT p.thread_id, p.kind, p.party_id, p.since, p.until,
		COALESCE(m.name, s.name, c.name, ''), COALESCE(c.email, '')
		FROM thread_parties p
		LEFT JOIN mothers m ON p.kind = 'mother' AND m.id = p.party_id
		LEFT JOIN staff s ON p.kind = 'staff' AND s.id = p.party_id
		LEFT JOIN contacts c ON p.kind = 'contact' AND c.id = p.party_id
		WHERE p.thread_id ` + which + ` ORDER BY p.kind DESC, p.since, p.party_id`
}

func scanParty(s scanner) (p partyOf, err error) {
	return p, s.Scan(&p.thread, &p.Kind, &p.ID, at{&p.Since}, at{&p.Until}, &p.Name, &p.Email)
}

// ReplyAddress returns the address by which a contact answers in a thread, making it on first use.
func (tx *Tx) ReplyAddress(t ids.ThreadID, c ids.ContactID) (ids.AddressTokenID, error) {
	if _, err := tx.q.exec(tx.ctx, `INSERT INTO reply_addresses (id, thread_id, contact_id, created) VALUES (?, ?, ?, ?)
		ON CONFLICT (thread_id, contact_id) DO NOTHING`, string(threads.NewToken()), string(t), string(c), micros(tx.now)); err != nil {
		return "", err
	}
	return tx.ReplyAddressOf(tx.ctx, t, c)
}

// ReplyAddressOf returns the address already made for a contact in a thread.
func (r Reader) ReplyAddressOf(ctx context.Context, t ids.ThreadID, c ids.ContactID) (ids.AddressTokenID, error) {
	var id ids.AddressTokenID
	return id, r.q.one(ctx, `SELECT id FROM reply_addresses WHERE thread_id = ? AND contact_id = ?`, []any{string(t), string(c)}, &id)
}

// AddressOf returns what a reply address stands for.
func (r Reader) AddressOf(ctx context.Context, id ids.AddressTokenID) (threads.Address, error) {
	return remember(ctx, r.q, addressKey(id), func() (threads.Address, error) { return r.addressOf(ctx, id) })
}

func (r Reader) addressOf(ctx context.Context, id ids.AddressTokenID) (threads.Address, error) {
	a := threads.Address{ID: id}
	err := r.q.one(ctx, `SELECT a.thread_id, t.case_id, a.contact_id, a.created, a.expires FROM reply_addresses a JOIN threads t ON t.id = a.thread_id
		WHERE a.id = ?`, []any{string(id)}, &a.Thread, &a.Case, &a.Contact, at{&a.Created}, at{&a.Expires})
	return a, err
}

// ExpireAddress ends a reply address: mail to it is held from now on.
func (tx *Tx) ExpireAddress(id ids.AddressTokenID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE reply_addresses SET expires = ? WHERE id = ?`, micros(tx.now), string(id))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

// RenewAddress opens a contact's reply address in a thread again, when it had ended.
func (tx *Tx) RenewAddress(t ids.ThreadID, c ids.ContactID) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE reply_addresses SET expires = 0 WHERE thread_id = ? AND contact_id = ? AND expires > 0`, string(t), string(c))
	return err
}

// SaveDraft keeps what a member of staff has written so far in a thread; empty text removes it.
func (s *Store) SaveDraft(ctx context.Context, staff ids.StaffID, t threads.Thread, body string) error {
	return s.housekeep(ctx, func(tx *Tx) error { return tx.saveDraft(staff, t, body) })
}

func (tx *Tx) saveDraft(staff ids.StaffID, t threads.Thread, body string) error {
	if body == "" {
		return tx.DeleteDraft(staff, t.ID)
	}
	sealed, err := tx.sealText(vault.CaseScope(t.Case), "drafts", string(staff)+"/"+string(t.ID), "body", body)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO drafts (staff_id, thread_id, body_sealed, saved) VALUES (?, ?, ?, ?)
		ON CONFLICT (staff_id, thread_id) DO UPDATE SET body_sealed = excluded.body_sealed, saved = excluded.saved`,
		string(staff), string(t.ID), sealed, micros(tx.now))
	return err
}

// DeleteDraft removes a draft, if there is one.
func (tx *Tx) DeleteDraft(staff ids.StaffID, t ids.ThreadID) error {
	_, err := tx.q.exec(tx.ctx, `DELETE FROM drafts WHERE staff_id = ? AND thread_id = ?`, string(staff), string(t))
	return err
}

// Draft returns a saved draft, or "".
func (r Reader) Draft(ctx context.Context, staff ids.StaffID, t threads.Thread) (string, error) {
	var sealed []byte
	err := r.q.one(ctx, `SELECT body_sealed FROM drafts WHERE staff_id = ? AND thread_id = ?`, []any{string(staff), string(t.ID)}, &sealed)
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return r.openText(ctx, vault.CaseScope(t.Case), "drafts", string(staff)+"/"+string(t.ID), "body", sealed)
}
