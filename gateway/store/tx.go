package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/workdays"
)

// Reader reads. A Store's own Reader sees what is committed; a Tx's sees the transaction too.
type Reader struct {
	q     querier
	vault *vault.Vault
	clock func() time.Time
}

// Today is the day it is in London, of a transaction the one it began on.
func (r Reader) Today() workdays.Day { return workdays.Of(r.clock()) }

// Tx is one change in the making: it reads, writes, adds audit entries and outbox items. It is used by one goroutine and is
// worthless after the function that received it returns.
type Tx struct {
	Reader
	ctx    context.Context
	actor  ids.Actor
	now    time.Time
	also   []audit.Entry
	topics []string
	keys   map[vault.Scope]*vault.Key // of scopes sealed for in this change
	ahead  *sealedAhead               // what was sealed before the change; nil = nothing
}

// Now is the time of the transaction, in whole microseconds UTC: the same for everything it writes.
func (tx *Tx) Now() time.Time { return tx.now }

// Context is the transaction's context; it does not end with the caller's.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Also adds an audit entry besides the one that the change returns, before it.
func (tx *Tx) Also(e audit.Entry) { tx.also = append(tx.also, e) }

// ActAs says who the change is by, for the entries that do not say so themselves: whose words a mail brings turns out only inside the change.
func (tx *Tx) ActAs(a ids.Actor) { tx.actor = a }

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

// entryColumns is how many columns an entry's row has.
const entryColumns = 10

// insertEntries inserts one row, two rows …
var insertEntries = func() (texts [8]string) {
	row := "(" + placeholders(entryColumns) + ")"
	for i := range texts {
		texts[i] = `INSERT INTO audit_entries (seq, id, at, kind, actor_kind, actor_id, case_id, thread_id, body, chain) VALUES ` + row + strings.Repeat(", "+row, i)
	}
	return texts
}()

// appendEntries takes the next sequence numbers under the counter row's lock and writes the entries.
func (tx *Tx) appendEntries(entries []audit.Entry) error {
	next, chain, err := tx.q.takeNumbers(tx.ctx, len(entries))
	if err != nil {
		return fmt.Errorf("audit counter: %w", err)
	}
	for part := range slices.Chunk(entries, len(insertEntries)) { // several rows a statement: most changes are one statement
		args := make([]any, 0, len(part)*entryColumns)
		for _, e := range part {
			e = e.Stamp(ids.New[string](ids.AuditEntry), tx.now, tx.actor)
			body, err := audit.Encode(next, e)
			if err != nil {
				return err
			}
			chain = chain.Next(body)
			link := chain
			c := audit.ColumnsOf(next, e)
			args = append(args, c.Seq, c.ID, c.AtMicros, c.Kind, c.ActorKind, c.ActorID, c.Case, c.Thread, body, link[:])
			next++
		}
		if _, err := tx.q.exec(tx.ctx, insertEntries[len(part)-1], args...); err != nil {
			return err
		}
	}
	if err := tx.q.keepChain(tx.ctx, chain); err != nil {
		return err
	}
	tx.Wake(TopicAudit)
	return nil
}

// auditCounter is the counter row while SQLite's one writer has its transaction open: the changes of a group take their numbers here, and the
// row is written once, before the commit.
type auditCounter struct {
	read, changed bool
	next          int64
	chain         audit.Chain
}

const readCounter = `SELECT next, chain FROM audit_counter WHERE one = 1`

// takeNumbers takes n sequence numbers and returns the first of them with the running hash before it.
func (q querier) takeNumbers(ctx context.Context, n int) (first int64, chain audit.Chain, err error) {
	var hash []byte
	if q.counter == nil {
		// The update locks the row on PostgreSQL until we commit: sequence numbers are taken in commit order.
		err = q.one(ctx, `UPDATE audit_counter SET next = next + ? WHERE one = 1 RETURNING next, chain`, []any{n}, &first, &hash)
		copy(chain[:], hash)
		return first - int64(n), chain, err
	}
	c := q.counter
	if !c.read {
		if err = q.one(ctx, readCounter, nil, &c.next, &hash); err != nil {
			return 0, chain, err
		}
		c.chain, c.read = audit.Chain{}, true
		copy(c.chain[:], hash)
	}
	first, chain = c.next, c.chain
	c.next, c.changed = c.next+int64(n), true
	return first, chain, nil
}

// keepChain stores the running hash after the entries that were just written.
func (q querier) keepChain(ctx context.Context, chain audit.Chain) error {
	if q.counter != nil {
		q.counter.chain = chain
		return nil
	}
	_, err := q.exec(ctx, `UPDATE audit_counter SET chain = ? WHERE one = 1`, chain[:])
	return err
}

// writeCounter writes the row that the changes of the open transaction have used.
func (q querier) writeCounter(ctx context.Context) error {
	if c := q.counter; c.changed {
		_, err := q.exec(ctx, `UPDATE audit_counter SET next = ?, chain = ? WHERE one = 1`, c.next, c.chain[:])
		return err
	}
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

// EnqueueLeased leaves work that is begun at once by this program: it is leased until the given time, and comes to anybody else only then.
func (tx *Tx) EnqueueLeased(kind outbox.Kind, payload any, until time.Time) (outbox.Item, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return outbox.Item{}, err
	}
	it := outbox.Item{ID: ids.New[string](ids.OutboxItem), Kind: kind, Payload: body, Created: tx.now, NotBefore: tx.now, Attempts: 1}
	it.Key = it.ID
	_, err = tx.q.exec(tx.ctx, `INSERT INTO outbox (id, kind, item_key, payload, created, not_before, attempts, lease_until) VALUES (?, ?, ?, ?, ?, ?, 1, ?)`,
		it.ID, string(kind), it.Key, string(body), micros(tx.now), micros(tx.now), micros(until))
	return it, err
}

// finish records work as done in the transaction that did it.
func (tx *Tx) finish(it outbox.Item) error {
	if it.ID == "" {
		return nil
	}
	if it.Key == it.ID {
		_, err := tx.q.exec(tx.ctx, `DELETE FROM outbox WHERE id = ?`, it.ID)
		return err
	}
	_, err := tx.q.exec(tx.ctx, `UPDATE outbox SET state = 'done', lease_until = 0 WHERE id = ?`, it.ID)
	return err
}
