// Package outbox is the only way out of the domain: work that a transaction left to be done, leased, retried and, when hopeless, set
// aside for a person. It holds no SQL: Queue is what it needs of the store.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Kind says who does the work.
type Kind string

// The kinds of work.
const (
	MailIn     Kind = "mail_in"     // read and file a received email: payload is its InboundID
	MailOut    Kind = "mail_out"    // send one delivery by email: payload is its DeliveryID
	MailGuest  Kind = "mail_guest"  // send a meeting invitation or code: payload is flow's
	MailInvite Kind = "mail_invite" // answer an invitation, or ask its organiser for something: payload is flow's
	MailPoll   Kind = "mail_poll"   // ask somebody when a meeting can be held, or tell her how that ended: payload is flow's
	MailNote   Kind = "mail_note"   // tell a sender that her email could not be read: payload is flow's
	FileCheck  Kind = "file_check"  // look at a file that came with a message: payload is its AttachmentID
	MailPage   Kind = "mail_page"   // send the code of a reading page: payload is flow's
	MailAlert  Kind = "mail_alert"  // ask somebody near a woman to look at her page: payload is flow's
	AlertAgain Kind = "alert_again" // tell more people when nobody sees to her: payload is the AlertID
	// MovementDue: look whether anybody on the wing has acknowledged a movement that begins soon: payload is flow's.
	MovementDue Kind = "movement_due"
	// CustodyDue: take a custody event whose time has come, or forget one that is nobody's: payload is flow's.
	CustodyDue Kind = "custody_due"
	// DayTurned: examine what begins or ends with a London day: payload is the day.
	DayTurned Kind = "day_turned"
	RoomOrder Kind = "room_order" // tell the media server about a meeting: payload is the order
	// Undelivered says that a delivery has failed for good: payload is its DeliveryID. It puts an answer on the ladder that nobody can have given.
	Undelivered Kind = "undelivered"
	// PollDue: remind those who have not said when a meeting can be held: payload is the PollID.
	PollDue Kind = "poll_due"
	// AskDue: look whether an answer that is waited for is to be asked for again: payload is its AskID.
	AskDue Kind = "ask_due"
)

// Item is one piece of work. Key, when not empty, makes it unique: a second item with the same kind and key is not made.
type Item struct {
	ID        string
	Kind      Kind
	Key       string
	Payload   json.RawMessage
	NotBefore time.Time
	Created   time.Time
	Attempts  int // tries begun, this one included
	// Hint is what the maker of a handed-over item knows already, in memory only; nil for an item that was leased.
	Hint any

	settled *bool
}

// MarkSettled tells the dispatcher that the handler's own transaction has recorded the item as done: it need not be settled again.
func (it Item) MarkSettled() {
	if it.settled != nil {
		*it.settled = true
	}
}

// Queue is the store's side. Every method is durable when it returns.
type Queue interface {
	// Lease takes up to n items of these kinds that are due and nobody's, until the given time; a lease that runs out
	// (we died) makes the item due again. Items come oldest first.
	Lease(ctx context.Context, kinds []Kind, n int, now, until time.Time) ([]Item, error)
	// Settle records how a try ended.
	Settle(ctx context.Context, id string, r Result) error
	// NextDue says when the next item of these kinds falls due; the zero time when there is none.
	NextDue(ctx context.Context, kinds []Kind) (time.Time, error)
}

// Result is how one try ended: done; again at RetryAt; or dead (set aside).
type Result struct {
	Done    bool
	RetryAt time.Time
	Dead    bool
	Error   string
}

// Handler does one piece of work. It must be idempotent: after a crash the same item comes again. A nil error means
// done; an error from Permanent sets the item aside; RetryAt chooses the time; any other is tried again with backoff.
type Handler func(ctx context.Context, it Item) error

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks an error that no retry will mend.
func Permanent(err error) error { return permanentError{err} }

type retryError struct {
	error
	at time.Time
}

func (e retryError) Unwrap() error { return e.error }

// RetryAt marks an error after which the work should be tried again at a given time.
func RetryAt(at time.Time, err error) error { return retryError{err, at} }

// Backoff is the wait after the given number of tries: first doubling up to most.
func Backoff(attempts int, first, most time.Duration) time.Duration {
	if attempts < 1 {
		attempts = 1
	}
	if attempts > 30 {
		return most
	}
	return min(first<<(attempts-1), most)
}

// DefaultLease is how long an item is its worker's.
const DefaultLease = 2 * time.Minute

// Dispatcher takes due work and hands it out, a bounded number at a time. One goroutine leases; each item has its own
// while it is worked on.
type Dispatcher struct {
	Queue    Queue
	Handlers map[Kind]Handler
	Wake     <-chan struct{} // a hint that something is due; nil = poll only
	Handed   *Handover       // items handed over in this program; nil = none
	Workers  int             // items at a time; 0 = 8
	LeaseFor time.Duration   // 0 = DefaultLease; longer than any handler may take
	Poll     time.Duration   // the longest sleep; 0 = 5 s
	Now      func() time.Time
	Log      *slog.Logger
}

func (d *Dispatcher) defaults() {
	if d.Workers == 0 {
		d.Workers = 8
	}
	if d.LeaseFor == 0 {
		d.LeaseFor = DefaultLease
	}
	if d.Poll == 0 {
		d.Poll = 5 * time.Second
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
}

// Run dispatches until ctx ends, then waits for the items in hand (their context is ended too; what they leave undone is
// leased again later).
func (d *Dispatcher) Run(ctx context.Context) {
	d.defaults()
	kinds := make([]Kind, 0, len(d.Handlers))
	for k := range d.Handlers {
		kinds = append(kinds, k)
	}
	done := make(chan bool, d.Workers) // one token back for each finished item: whether it will fall due again
	busy := 0
	begin := func(it Item) {
		busy++
		go func() { done <- d.work(ctx, it) }()
	}
	d.Handed.setOpen(true)
	defer func() {
		d.Handed.setOpen(false)
		for ; busy > 0; busy-- {
			<-done
		}
		d.giveBack(ctx, d.Handed.left())
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for look := true; ; {
		if look && busy < d.Workers {
			free := d.Workers - busy
			items, err := d.Queue.Lease(ctx, kinds, free, d.Now(), d.Now().Add(d.LeaseFor))
			for _, it := range items {
				begin(it)
			}
			if look = len(items) == free; !look {
				nap := d.Poll // while the queue fails, asking it when to ask again is of no use
				if err == nil {
					nap = d.sleep(ctx, kinds)
				} else if ctx.Err() == nil {
					d.Log.Error("outbox: lease failed", "err", err)
				}
				timer.Reset(nap)
			}
		}
		select {
		case <-ctx.Done():
			return
		case again := <-done:
			busy--
			look = look || again
			for drained := false; !drained; {
				select {
				case again := <-done:
					busy--
					look = look || again
				default:
					drained = true
				}
			}
		case it := <-d.Handed.receive(busy < d.Workers):
			d.Handed.Cancel()
			begin(it)
		case <-d.Wake:
			look = true
		case <-timer.C:
			look = true
		}
	}
}

// giveBack makes handed-over items that were not begun due again.
func (d *Dispatcher) giveBack(ctx context.Context, items []Item) {
	for _, it := range items {
		if err := d.Queue.Settle(context.WithoutCancel(ctx), it.ID, Result{RetryAt: d.Now()}); err != nil {
			d.Log.Error("outbox: could not give an item back; it will come again", "kind", it.Kind, "item", it.ID, "err", err)
		}
	}
}

// sleep is how long until the next item falls due, at most Poll.
func (d *Dispatcher) sleep(ctx context.Context, kinds []Kind) time.Duration {
	next, err := d.Queue.NextDue(ctx, kinds)
	if err != nil || next.IsZero() {
		return d.Poll
	}
	return min(max(next.Sub(d.Now()), 10*time.Millisecond), d.Poll)
}

// work does one item and reports whether it will fall due again.
func (d *Dispatcher) work(ctx context.Context, it Item) (again bool) {
	wctx, cancel := context.WithTimeout(ctx, d.LeaseFor*9/10)
	defer cancel()
	it.settled = new(bool)
	err := d.call(wctx, it)
	if ctx.Err() != nil && err != nil {
		return true // stopping: the lease runs out and the item comes again
	}
	if err == nil && *it.settled {
		return false
	}
	r := d.result(it, err)
	if err != nil {
		d.Log.Warn("outbox: try failed", "kind", it.Kind, "item", it.ID, "attempt", it.Attempts, "dead", r.Dead, "err", err)
	}
	if err := d.Queue.Settle(context.WithoutCancel(ctx), it.ID, r); err != nil {
		d.Log.Error("outbox: could not settle; the item will come again", "kind", it.Kind, "item", it.ID, "err", err)
		return true
	}
	return !r.Done && !r.Dead
}

// call runs the handler; a panic in it is an error of that item alone.
func (d *Dispatcher) call(ctx context.Context, it Item) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	h, ok := d.Handlers[it.Kind]
	if !ok {
		return Permanent(fmt.Errorf("no handler for %q", it.Kind))
	}
	return h(ctx, it)
}

func (d *Dispatcher) result(it Item, err error) Result {
	var p permanentError
	var r retryError
	switch {
	case err == nil:
		return Result{Done: true}
	case errors.As(err, &p):
		return Result{Dead: true, Error: err.Error()}
	case errors.As(err, &r):
		return Result{RetryAt: r.at, Error: err.Error()}
	}
	return Result{RetryAt: d.Now().Add(Backoff(it.Attempts, time.Second, 5*time.Minute)), Error: err.Error()}
}
