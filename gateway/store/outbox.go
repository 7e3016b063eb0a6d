package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
)

// Outbox is the store as the dispatcher sees it (outbox.Queue).
func (s *Store) Outbox() outbox.Queue { return outboxQueue{s} }

type outboxQueue struct{ s *Store }

func scanItem(r scanner) (outbox.Item, error) {
	var it outbox.Item
	var kind, payload string
	err := r.Scan(&it.ID, &kind, &it.Key, &payload, at{&it.NotBefore}, at{&it.Created}, &it.Attempts)
	it.Kind, it.Payload = outbox.Kind(kind), json.RawMessage(payload)
	return it, err
}

func (o outboxQueue) Lease(ctx context.Context, kinds []outbox.Kind, n int, now, until time.Time) (items []outbox.Item, err error) {
	if len(kinds) == 0 || n <= 0 {
		return nil, nil
	}
	lockRows := ""
	if o.s.cfg.Engine == Postgres {
		lockRows = " FOR UPDATE SKIP LOCKED"
	} else if err := o.freeOnce(ctx); err != nil {
		return nil, err
	}
	// Look before taking the writer: an idle dispatcher must cost no transaction.
	next, err := o.NextDue(ctx, kinds)
	if err != nil || next.IsZero() || next.After(now) {
		return nil, err
	}
	err = o.s.housekeep(ctx, func(tx *Tx) error {
		args := append(anys(kinds), micros(now), micros(now), n)
		var err error
		items, err = all(tx.ctx, tx.q, `UPDATE outbox SET attempts = attempts + 1, lease_until = ? WHERE id IN (
			SELECT id FROM outbox WHERE state = 'due' AND kind IN (`+placeholders(len(kinds))+`) AND not_before <= ? AND lease_until <= ?
			ORDER BY not_before, id LIMIT ?`+lockRows+`)
			RETURNING id, kind, item_key, payload, not_before, created, attempts`, append([]any{micros(until)}, args...), scanItem)
		return err
	})
	// RETURNING promises no order.
	slices.SortFunc(items, func(a, b outbox.Item) int {
		return cmp.Or(a.NotBefore.Compare(b.NotBefore), strings.Compare(a.ID, b.ID))
	})
	return items, err
}

func (o outboxQueue) Settle(ctx context.Context, id string, r outbox.Result) error {
	return o.s.housekeep(ctx, func(tx *Tx) error {
		state, next := "due", micros(r.RetryAt)
		switch {
		case r.Done:
			_, err := tx.q.exec(tx.ctx, `DELETE FROM outbox WHERE id = ? AND item_key = id`, id)
			if err != nil {
				return err
			}
			state = "done" // keyed items stay, so that their key is not used again
		case r.Dead:
			state = "dead"
		}
		_, err := tx.q.exec(tx.ctx, `UPDATE outbox SET state = ?, not_before = ?, lease_until = 0, last_error = ? WHERE id = ?`, state, next, r.Error, id)
		return err
	})
}

// freeOnce ends, before this program's first lease, the leases of whoever worked on this SQLite file before. One program serves a SQLite file:
// what another one had leased it left behind when it was killed, and it is due now, not when the lease runs out.
func (o outboxQueue) freeOnce(ctx context.Context) error {
	o.s.writer.freeing.Lock()
	defer o.s.writer.freeing.Unlock()
	if o.s.writer.freed {
		return nil
	}
	err := o.s.housekeep(ctx, func(tx *Tx) error {
		_, err := tx.q.exec(tx.ctx, `UPDATE outbox SET lease_until = 0 WHERE state = 'due' AND lease_until > 0`)
		return err
	})
	o.s.writer.freed = err == nil
	return err
}

// NextDue reads the first free item and the first lease to run out by their indexes: a long queue must not make each look at it longer.
func (o outboxQueue) NextDue(ctx context.Context, kinds []outbox.Kind) (time.Time, error) {
	free, err := o.first(ctx, `SELECT not_before FROM outbox WHERE state = 'due' AND lease_until = 0 AND kind IN (`+placeholders(len(kinds))+`)
		ORDER BY not_before, id LIMIT 1`, kinds)
	if err != nil {
		return time.Time{}, err
	}
	leased, err := o.first(ctx, `SELECT lease_until FROM outbox WHERE state = 'due' AND lease_until > 0 AND kind IN (`+placeholders(len(kinds))+`)
		ORDER BY lease_until LIMIT 1`, kinds)
	if free.IsZero() || !leased.IsZero() && leased.Before(free) {
		free = leased
	}
	return free, err
}

func (o outboxQueue) first(ctx context.Context, query string, kinds []outbox.Kind) (t time.Time, err error) {
	err = o.s.q.one(ctx, query, anys(kinds), at{&t})
	if ids.KindOf(err) == ids.NotFound {
		err = nil
	}
	return t, err
}

// DeadItems returns work that was set aside, newest first: a person must look.
func (r Reader) DeadItems(ctx context.Context, limit int) ([]outbox.Item, error) {
	return all(ctx, r.q, `SELECT id, kind, item_key, payload, not_before, created, attempts FROM outbox WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
		[]any{limit}, scanItem)
}
