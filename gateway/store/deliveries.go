package store

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/threads"
)

// AddDelivery stores a new delivery in state queued, or kept when it says why; a second one of the same message to the same recipient changes nothing
// and added is false.
func (tx *Tx) AddDelivery(d messages.Delivery) (added bool, err error) {
	state := messages.Queued
	if d.Kept != "" {
		state = messages.Kept
	}
	n, err := tx.q.exec(tx.ctx, `INSERT INTO deliveries (id, message_id, thread_id, case_id, recipient_kind, recipient_id, address, bounce_token, state, kept, queued)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id, recipient_kind, recipient_id) DO NOTHING`,
		string(d.ID), string(d.Message), string(d.Thread), string(d.Case), string(d.RecipientKind), d.RecipientID, d.Address,
		string(threads.NewToken()), string(state), string(d.Kept), micros(tx.now))
	return n > 0, err
}

const deliveryColumns = `d.id, d.message_id, d.thread_id, d.case_id, d.recipient_kind, d.recipient_id,
	COALESCE(m.name, s.name, c.name, ''), d.address, d.state, d.queued, d.sent, d.accepted, d.failed, d.kiosk, d.seen, d.handled, d.detail,
	d.tries, d.trouble, d.notice, d.notice_sent, d.kept`

const deliveryJoins = ` FROM deliveries d
	LEFT JOIN mothers m ON d.recipient_kind = 'mother' AND m.id = d.recipient_id
	LEFT JOIN staff s ON d.recipient_kind = 'staff' AND s.id = d.recipient_id
	LEFT JOIN contacts c ON d.recipient_kind = 'contact' AND c.id = d.recipient_id `

func scanDelivery(r scanner) (messages.Delivery, error) {
	var d messages.Delivery
	return d, r.Scan(&d.ID, &d.Message, &d.Thread, &d.Case, &d.RecipientKind, &d.RecipientID, &d.RecipientName, &d.Address, &d.State,
		at{&d.Times.Queued}, at{&d.Times.Sent}, at{&d.Times.Accepted}, at{&d.Times.Failed}, at{&d.Times.Kiosk}, at{&d.Times.Seen}, at{&d.Times.Handled}, &d.Detail,
		&d.Way.Tries, &d.Way.Trouble, &d.Way.Notice, at{&d.Way.NoticeSent}, &d.Kept)
}

func (r Reader) deliveriesWhere(ctx context.Context, where string, args ...any) ([]messages.Delivery, error) {
	return all(ctx, r.q, `SELECT `+deliveryColumns+deliveryJoins+where, args, scanDelivery)
}

// Delivery returns one delivery.
func (r Reader) Delivery(ctx context.Context, id ids.DeliveryID) (messages.Delivery, error) {
	ds, err := r.deliveriesWhere(ctx, `WHERE d.id = ?`, string(id))
	return first(ds, err)
}

// LockDelivery is Delivery with the row locked until the commit, so that of two reports on it the later sees the earlier.
func (tx *Tx) LockDelivery(id ids.DeliveryID) (messages.Delivery, error) {
	if _, err := tx.q.exec(tx.ctx, `UPDATE deliveries SET state = state WHERE id = ?`, string(id)); err != nil {
		return messages.Delivery{}, err
	}
	return tx.Delivery(tx.ctx, id)
}

// DeliveryByBounceToken returns the delivery whose envelope sender carried the token.
func (r Reader) DeliveryByBounceToken(ctx context.Context, t ids.AddressTokenID) (messages.Delivery, error) {
	ds, err := r.deliveriesWhere(ctx, `WHERE d.bounce_token = ?`, string(t))
	return first(ds, err)
}

// BounceToken returns the token of a delivery's envelope sender.
func (r Reader) BounceToken(ctx context.Context, id ids.DeliveryID) (ids.AddressTokenID, error) {
	var t ids.AddressTokenID
	return t, r.q.one(ctx, `SELECT bounce_token FROM deliveries WHERE id = ?`, []any{string(id)}, &t)
}

// DeliveriesOfThread returns every delivery of a thread's messages, oldest first.
func (r Reader) DeliveriesOfThread(ctx context.Context, t ids.ThreadID) ([]messages.Delivery, error) {
	if ds, ok := recall[[]messages.Delivery](ctx, r.q, "delivered_in/"+string(t)); ok {
		return ds, nil
	}
	return r.deliveriesWhere(ctx, `WHERE d.thread_id = ? ORDER BY d.queued, d.id`, string(t))
}

// DeliveriesOfMessage returns a message's deliveries.
func (r Reader) DeliveriesOfMessage(ctx context.Context, m ids.MessageID) ([]messages.Delivery, error) {
	return r.deliveriesWhere(ctx, `WHERE d.message_id = ? ORDER BY d.queued, d.id`, string(m))
}

// DeliveryTo returns a message's delivery to one recipient.
func (r Reader) DeliveryTo(ctx context.Context, m ids.MessageID, kind messages.RecipientKind, id string) (messages.Delivery, error) {
	ds, err := r.deliveriesWhere(ctx, `WHERE d.message_id = ? AND d.recipient_kind = ? AND d.recipient_id = ?`, string(m), string(kind), id)
	return first(ds, err)
}

// UpdateDelivery stores a delivery's state, times, detail and way.
func (tx *Tx) UpdateDelivery(d messages.Delivery) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE deliveries SET state = ?, kept = ?, queued = ?, sent = ?, accepted = ?, failed = ?, kiosk = ?, seen = ?, handled = ?, detail = ?,
		tries = ?, trouble = ?, notice = ?, notice_sent = ? WHERE id = ?`,
		string(d.State), string(d.Kept), micros(d.Times.Queued), micros(d.Times.Sent), micros(d.Times.Accepted), micros(d.Times.Failed), micros(d.Times.Kiosk),
		micros(d.Times.Seen), micros(d.Times.Handled), d.Detail, d.Way.Tries, string(d.Way.Trouble), flag(d.Way.Notice), micros(d.Way.NoticeSent), string(d.ID))
	tx.Wake(TopicStaff)
	return err
}

// FailedDeliveries returns the deliveries that failed and that nobody has dealt with, of the cases that a member of staff could have to do with,
// oldest first.
func (r Reader) FailedDeliveries(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]messages.Delivery, error) {
	return r.deliveriesWhere(ctx, `WHERE d.case_id IN `+candidateIDs+` AND d.state = 'failed' AND d.handled = 0 ORDER BY d.failed, d.id`, string(agency), string(s))
}

// TroubledDeliveries returns those by email that failed or that wait to be tried again, as FailedDeliveries does.
func (r Reader) TroubledDeliveries(ctx context.Context, s ids.StaffID, agency ids.AgencyID) ([]messages.Delivery, error) {
	return r.deliveriesWhere(ctx, `WHERE d.case_id IN `+candidateIDs+` AND d.recipient_kind = 'contact' AND (d.state = 'failed' AND d.handled = 0 OR d.state = 'queued' AND d.tries > 0) ORDER BY d.queued, d.id`, string(agency), string(s))
}
