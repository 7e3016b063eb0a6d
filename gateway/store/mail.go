package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store/vault"
)

// InboundState is where a received email stands.
type InboundState string

// The states of a received email.
const (
	InboundAccepted  InboundState = "accepted"  // durable, answered 250, not yet read
	InboundFiled     InboundState = "filed"     // its words are a message
	InboundHeld      InboundState = "held"      // waits for a person
	InboundNoted     InboundState = "noted"     // a delivery report or the like: its facts were used
	InboundDiscarded InboundState = "discarded" // a person decided that it goes no further; the original is kept
)

// Envelope is what the SMTP session said (RFC 5321), or what a fetched mail's header says of it.
type Envelope struct {
	MailFrom string // "" for the null reverse-path
	Rcpt     string
	RemoteIP string
	Helo     string
	TLS      bool
	// Fetched is the name of the IMAP account that the mail was fetched by; "" = it came by SMTP. Who sent it was then checked by the
	// mailbox's provider, if by anybody, and RemoteIP and Helo are empty.
	Fetched string
	// WholeSize is the size in bytes of a mail of which only the header was fetched, because it is over the limit; 0 = it is here whole.
	WholeSize int64
}

// Inbound is one received email for one envelope recipient.
type Inbound struct {
	ID       ids.InboundID
	Envelope Envelope
	Received time.Time
	Size     int64
	State    InboundState
	Scope    vault.Scope
	Thread   ids.ThreadID
	Message  ids.MessageID
	Facts    string // JSON of what the mail proved about its sender, once read
	// Work is the outbox item that reads it: UpdateInbound records it as done in the same transaction.
	Work outbox.Item
	// New, when set, is an email that the database does not have yet: UpdateInbound stores all of it, with what became of it.
	New *NewInbound
}

// NewInbound is what a received email has besides its facts: the digest that makes it unique, its bytes, and the identifier that its message gets if
// it becomes one ("" = any).
type NewInbound struct {
	Digest  string
	Raw     []byte
	Message ids.MessageID
}

// ErrRepeat is what UpdateInbound returns for a new email that has been received before: nothing may be done with it again.
var ErrRepeat = ids.E(ids.Conflict, "This email has been received before.")

// AddInbound stores a received email. digest makes it unique: the same bytes for the same recipient from the same sender, tried
// again after a lost answer, are the same email, and its identifier is returned with added false.
func (tx *Tx) AddInbound(in Inbound, digest string, raw []byte) (id ids.InboundID, added bool, err error) {
	in.State = InboundAccepted
	err = tx.insertInbound(in, NewInbound{Digest: digest, Raw: raw})
	if errors.Is(err, ErrRepeat) {
		err = tx.q.one(tx.ctx, `SELECT id FROM inbound_mail WHERE digest = ?`, []any{digest}, &id)
		return id, false, err
	}
	return in.ID, err == nil, err
}

func (tx *Tx) insertInbound(in Inbound, fresh NewInbound) error {
	e := in.Envelope
	n, err := tx.q.exec(tx.ctx, `INSERT INTO inbound_mail (id, digest, scope, size, mail_from, rcpt, remote_ip, helo, tls, received, state, thread_id, message_id, facts, fetched, whole_size)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`, string(in.ID), fresh.Digest, string(in.Scope), len(fresh.Raw),
		e.MailFrom, e.Rcpt, e.RemoteIP, e.Helo, flag(e.TLS), micros(tx.now), string(in.State), string(in.Thread), string(in.Message), in.Facts, e.Fetched, e.WholeSize)
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrRepeat
	}
	sealed, err := tx.seal(in.Scope, "inbound_raw", string(in.ID), "raw", fresh.Raw)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO inbound_raw (id, raw_sealed) VALUES (?, ?)`, string(in.ID), sealed)
	return err
}

// Inbound returns one received email without its bytes.
func (r Reader) Inbound(ctx context.Context, id ids.InboundID) (Inbound, error) {
	in := Inbound{ID: id}
	e := &in.Envelope
	err := r.q.one(ctx, `SELECT scope, size, mail_from, rcpt, remote_ip, helo, tls, received, state, thread_id, message_id, facts, fetched, whole_size
		FROM inbound_mail WHERE id = ?`,
		[]any{string(id)}, &in.Scope, &in.Size, &e.MailFrom, &e.Rcpt, &e.RemoteIP, &e.Helo, &e.TLS, at{&in.Received}, &in.State, &in.Thread, &in.Message, &in.Facts,
		&e.Fetched, &e.WholeSize)
	return in, err
}

// MailBesideMessages returns the mail of a thread that is no message in it, oldest first, at most the newest hundred.
func (r Reader) MailBesideMessages(ctx context.Context, t ids.ThreadID) ([]Inbound, error) {
	list, err := all(ctx, r.q, `SELECT id, received, state, facts FROM inbound_mail WHERE thread_id = ? AND message_id = '' AND state <> 'accepted'
		ORDER BY received DESC, id DESC LIMIT 100`, []any{string(t)}, func(s scanner) (Inbound, error) {
		in := Inbound{Thread: t}
		return in, s.Scan(&in.ID, at{&in.Received}, &in.State, &in.Facts)
	})
	slices.Reverse(list)
	return list, err
}

// InboundRaw returns a received email's bytes exactly as they came.
func (r Reader) InboundRaw(ctx context.Context, id ids.InboundID) ([]byte, error) {
	var scope string
	var sealed []byte
	if err := r.q.one(ctx, `SELECT m.scope, r.raw_sealed FROM inbound_mail m JOIN inbound_raw r ON r.id = m.id WHERE m.id = ?`, []any{string(id)}, &scope, &sealed); err != nil {
		return nil, err
	}
	return r.open(ctx, vault.Scope(scope), "inbound_raw", string(id), "raw", sealed)
}

// UpdateInbound stores what became of a received email and finishes the work of reading it. A new one is stored whole; ErrRepeat says that
// it was there already.
func (tx *Tx) UpdateInbound(in Inbound) error {
	if in.New != nil {
		return tx.insertInbound(in, *in.New)
	}
	_, err := tx.q.exec(tx.ctx, `UPDATE inbound_mail SET state = ?, thread_id = ?, message_id = ?, facts = ? WHERE id = ?`,
		string(in.State), string(in.Thread), string(in.Message), in.Facts, string(in.ID))
	if err != nil {
		return err
	}
	return tx.finish(in.Work)
}
