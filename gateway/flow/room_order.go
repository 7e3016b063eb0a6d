package flow

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// enqueueOrder leaves an order for the media server. The key holds its revision: an order is sent once, a newer one is another item, and
// the media server ignores one that comes late.
func (f *Flow) enqueueOrder(tx *store.Tx, o meetings.RoomOrder) error {
	return tx.Enqueue(outbox.RoomOrder, string(o.Room)+":"+strconv.FormatInt(o.Revision, 10), o, time.Time{})
}

// RoomOrderOf reads the payload of an outbox item of kind room_order.
func RoomOrderOf(payload json.RawMessage) (meetings.RoomOrder, error) {
	var o meetings.RoomOrder
	if err := json.Unmarshal(payload, &o); err != nil {
		return o, ids.Wrap(ids.Invalid, err, "The room order cannot be read.")
	}
	return o, nil
}

// OpenRoomOrders returns the orders of all meetings whose rooms have not closed: what a media server that has just started must be
// told, as it keeps nothing.
func (f *Flow) OpenRoomOrders(ctx context.Context) ([]meetings.RoomOrder, error) {
	ms, err := f.st.LivingMeetings(ctx, f.now().Add(-meetings.ClosesAfter))
	if err != nil {
		return nil, err
	}
	orders := make([]meetings.RoomOrder, 0, len(ms))
	for _, m := range ms {
		o, err := orderOf(ctx, f.st.Reader, m)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// orderOf makes a meeting's present order.
func orderOf(ctx context.Context, r store.Reader, m meetings.Meeting) (meetings.RoomOrder, error) {
	ps, err := r.Participants(ctx, m.ID)
	if err != nil {
		return meetings.RoomOrder{}, err
	}
	c, err := r.Case(ctx, m.Case)
	if err != nil {
		return meetings.RoomOrder{}, err
	}
	mother, err := r.Mother(ctx, c.Mother)
	if err != nil {
		return meetings.RoomOrder{}, err
	}
	return meetings.OrderFor(m, ps, mother.Language), nil
}
