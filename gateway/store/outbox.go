package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

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
	// Look before taking the writer: an idle dispatcher must cost no transaction.
	next, err := o.NextDue(ctx, kinds)
	if err != nil || next.IsZero() || next.After(now) {
		return nil, err
	}
	lockRows := ""
	if o.s.cfg.Engine == Postgres {
		lockRows = " FOR UPDATE SKIP LOCKED"
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

func (o outboxQueue) NextDue(ctx context.Context, kinds []outbox.Kind) (time.Time, error) {
	var t time.Time
	var due *int64
	err := o.s.q.one(ctx, `SELECT MIN(CASE WHEN not_before > lease_until THEN not_before ELSE lease_until END) FROM outbox
		WHERE state = 'due' AND kind IN (`+placeholders(len(kinds))+`)`, anys(kinds), &due)
	if err != nil || due == nil {
		return t, err
	}
	return time.UnixMicro(*due).UTC(), nil
}

// DeadItems returns work that was set aside, newest first: a person must look.
func (r Reader) DeadItems(ctx context.Context, limit int) ([]outbox.Item, error) {
	return all(ctx, r.q, `SELECT id, kind, item_key, payload, not_before, created, attempts FROM outbox WHERE state = 'dead' ORDER BY created DESC LIMIT ?`,
		[]any{limit}, scanItem)
}
