package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store/vault"
)

// Reader reads. A Store's own Reader sees what is committed; a Tx's sees the transaction too.
type Reader struct {
	q     querier
	vault *vault.Vault
}

// Tx is one change in the making: it reads, writes, adds audit entries and outbox items. It is used by one goroutine and is
// worthless after the function that received it returns.
type Tx struct {
	Reader
	ctx    context.Context
	actor  ids.Actor
	now    time.Time
	also   []audit.Entry
	topics []string
}

// Now is the time of the transaction, in whole microseconds UTC: the same for everything it writes.
func (tx *Tx) Now() time.Time { return tx.now }

// Context is the transaction's context; it does not end with the caller's.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Also adds an audit entry besides the one that the change returns, before it.
func (tx *Tx) Also(e audit.Entry) { tx.also = append(tx.also, e) }

// Wake names a topic whose listeners should look again once this has committed: "outbox", "audit", or TopicMother and TopicStaff.
func (tx *Tx) Wake(topic string) { tx.topics = append(tx.topics, topic) }

// The topics that a commit can wake.
const (
	TopicOutbox = "outbox"
	TopicAudit  = "audit"
	TopicStaff  = "staff" // something changed that staff pages show
)

// TopicMother is the topic of one mother's feed.
func TopicMother(id ids.MotherID) string { return "mother:" + string(id) }

// appendEntries takes the next sequence numbers under the counter row's lock and writes the entries.
func (tx *Tx) appendEntries(entries []audit.Entry) error {
	var next int64
	var chainBytes []byte
	// The update locks the row on PostgreSQL until we commit: sequence numbers are taken in commit order.
	if err := tx.q.one(tx.ctx, `UPDATE audit_counter SET next = next + ? WHERE one = 1 RETURNING next, chain`,
		[]any{len(entries)}, &next, &chainBytes); err != nil {
		return fmt.Errorf("audit counter: %w", err)
	}
	next -= int64(len(entries))
	var chain audit.Chain
	copy(chain[:], chainBytes)
	for i, e := range entries {
		seq := next + int64(i)
		e = e.Stamp(ids.New[string](ids.AuditEntry), tx.now, tx.actor)
		body, err := audit.Encode(seq, e)
		if err != nil {
			return err
		}
		chain = chain.Next(body)
		c := audit.ColumnsOf(seq, e)
		if _, err := tx.q.exec(tx.ctx, `INSERT INTO audit_entries
			(seq, id, at, kind, actor_kind, actor_id, case_id, thread_id, body, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.Seq, c.ID, c.AtMicros, c.Kind, c.ActorKind, c.ActorID, c.Case, c.Thread, body, chain[:]); err != nil {
			return err
		}
	}
	if _, err := tx.q.exec(tx.ctx, `UPDATE audit_counter SET chain = ? WHERE one = 1`, chain[:]); err != nil {
		return err
	}
	tx.Wake(TopicAudit)
	return nil
}

// Enqueue leaves work to be done after the commit. With a key that the kind already has, nothing is added and the first
// item stays as it is. The payload is stored as JSON.
func (tx *Tx) Enqueue(kind outbox.Kind, key string, payload any, notBefore time.Time) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	id := ids.New[string](ids.OutboxItem)
	if key == "" {
		key = id
	}
	if notBefore.IsZero() {
		notBefore = tx.now
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO outbox (id, kind, item_key, payload, created, not_before) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, item_key) DO NOTHING`, id, string(kind), key, string(body), micros(tx.now), micros(notBefore))
	tx.Wake(TopicOutbox)
	return err
}
