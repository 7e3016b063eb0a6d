package outbox

import "sync/atomic"

// Handover passes items from whoever commits them to the dispatcher of the same program, so that the usual case costs neither a lease nor a
// second reading of the database. The item is in the database all the same, leased since its birth: if we die it falls due when the lease
// ends. When there is no room, or no dispatcher, the item is made like any other.
type Handover struct {
	items  chan Item
	booked atomic.Int64
	open   atomic.Bool
}

// NewHandover makes one that holds up to n items.
func NewHandover(n int) *Handover { return &Handover{items: make(chan Item, n)} }

// Reserve books a place and reports whether there was one. Whoever got true calls Put or Cancel, once. A nil Handover has no place.
func (h *Handover) Reserve() bool {
	if h == nil || !h.open.Load() {
		return false
	}
	if h.booked.Add(1) > int64(cap(h.items)) {
		h.booked.Add(-1)
		return false
	}
	return true
}

// Put hands over an item that is committed and leased. It does not block.
func (h *Handover) Put(it Item) { h.items <- it }

// Cancel gives a booked place back: the item was not made.
func (h *Handover) Cancel() { h.booked.Add(-1) }

// receive is where the dispatcher takes items from; nil when there is nothing to take from.
func (h *Handover) receive(room bool) <-chan Item {
	if h == nil || !room {
		return nil
	}
	return h.items
}

// left takes what nobody has begun.
func (h *Handover) left() (items []Item) {
	for h != nil {
		select {
		case it := <-h.items:
			h.Cancel()
			items = append(items, it)
		default:
			return items
		}
	}
	return nil
}

func (h *Handover) setOpen(open bool) {
	if h != nil {
		h.open.Store(open)
	}
}
