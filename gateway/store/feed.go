package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
)

// FeedKind says what a kiosk must show.
type FeedKind string

// The kinds of feed item.
const (
	FeedMessage  FeedKind = "message"  // a message for her may be read: ref is the message
	FeedDelivery FeedKind = "delivery" // a message of hers has come further: ref is the message
	FeedMeeting  FeedKind = "meeting"  // a meeting of hers is new or changed: ref is the meeting
	FeedThread   FeedKind = "thread"   // a thread of hers is new: ref is the thread
)

// FeedItem is one thing a mother's kiosk must be shown. Seq grows by one for each of a mother's items: it is the cursor.
type FeedItem struct {
	Seq  int64
	Kind FeedKind
	Ref  string
	At   time.Time
}

// AddFeed appends to a mother's feed and wakes her kiosk.
func (tx *Tx) AddFeed(m ids.MotherID, kind FeedKind, ref string) error {
	var seq int64
	if err := tx.q.one(tx.ctx, bumpFeed, []any{string(m)}, &seq); err != nil {
		return err
	}
	_, err := tx.q.exec(tx.ctx, `INSERT INTO feed (mother_id, seq, kind, ref_id, at) VALUES (?, ?, ?, ?, ?)`, string(m), seq, string(kind), ref, micros(tx.now))
	tx.Wake(TopicMother(m))
	return err
}

// Feed returns a mother's items after a cursor, in order, at most limit.
func (r Reader) Feed(ctx context.Context, m ids.MotherID, after int64, limit int) ([]FeedItem, error) {
	return all(ctx, r.q, `SELECT seq, kind, ref_id, at FROM feed WHERE mother_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
		[]any{string(m), after, limit}, func(s scanner) (FeedItem, error) {
			var f FeedItem
			return f, s.Scan(&f.Seq, &f.Kind, &f.Ref, at{&f.At})
		})
}

// FeedHead returns the cursor of a mother's newest item.
func (r Reader) FeedHead(ctx context.Context, m ids.MotherID) (int64, error) {
	var seq int64
	return seq, r.q.one(ctx, `SELECT feed_seq FROM mothers WHERE id = ?`, []any{string(m)}, &seq)
}
