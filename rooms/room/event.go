package room

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// EventKind says what happened.
type EventKind string

// The kinds of event. Every Joined is followed by exactly one Left or Removed of the same member; every Knocked by
// exactly one Admitted, Refused or StoppedWaiting; every PrivateBegan by exactly one PrivateEnded before the next, every BreakAsked by one BreakOver of
// the same member.
const (
	Knocked        EventKind = "knocked"         // came to the lobby
	Admitted       EventKind = "admitted"        // By let her in; Joined follows
	Refused        EventKind = "refused"         // By turned her away from the lobby
	StoppedWaiting EventKind = "stopped_waiting" // left the lobby, or the room closed; Reason
	Joined         EventKind = "joined"          // is in the room
	Lost           EventKind = "lost"            // her connection broke; she is still expected back
	Back           EventKind = "back"            // and it was mended
	Left           EventKind = "left"            // is no longer in the room; Reason
	Removed        EventKind = "removed"         // By put her out
	Muted          EventKind = "muted"           // By turned her microphone off
	Ended          EventKind = "ended"           // the room closed for good; By, or Reason; Member is empty
	PrivateBegan   EventKind = "private_began"   // Member went into a private word with the mother; By began it
	PrivateEnded   EventKind = "private_ended"   // and it is over: By ended it, or Reason
	BreakAsked     EventKind = "break_asked"     // needs a break
	BreakOver      EventKind = "break_over"      // By said that it is over, or Reason
	NotUnderstood  EventKind = "not_understood"  // said quietly that she does not understand
	HandRaised     EventKind = "hand_raised"     // wants to say something
	LockedRoom     EventKind = "locked"          // By, who is Member too, let nobody new in
	UnlockedRoom   EventKind = "unlocked"        // and again
	HandLowered    EventKind = "hand_lowered"    // By lowered it
	TicketRefused  EventKind = "ticket_refused"  // a ticket was not good; Reason is the code of SIGNALLING.md; Room and Member only when it was signed by us
)

// Reason says why something ended.
type Reason string

// The reasons.
const (
	ReasonLeft      Reason = "left"      // by her own wish
	ReasonLost      Reason = "lost"      // her connection broke and did not come back in time
	ReasonEnded     Reason = "ended"     // the meeting was ended for all
	ReasonTime      Reason = "time"      // the meeting's time was over
	ReasonOrder     Reason = "order"     // an order took her out of the meeting, or ended it
	ReasonRefused   Reason = "refused"   // turned away from the lobby
	ReasonRemoved   Reason = "removed"   // put out
	ReasonReplaced  Reason = "replaced"  // she joined again elsewhere
	ReasonUnlocked  Reason = "unlocked"  // nothing but the lock kept her in the lobby
	ReasonShutdown  Reason = "shutdown"  // the server stopped
	ReasonSlow      Reason = "slow"      // her connection took too long to take what was sent
	ReasonMalformed Reason = "malformed" // her client broke the protocol
)

// Event is one thing that happened in a room.
type Event struct {
	ID     string    `json:"id"` // unique; an event delivered twice has the same
	Room   ID        `json:"room"`
	At     time.Time `json:"at"`
	Kind   EventKind `json:"kind"`
	Member MemberID  `json:"member,omitempty"`
	By     MemberID  `json:"by,omitempty"`
	Reason Reason    `json:"reason,omitempty"`
	Device string    `json:"device,omitempty"` // of the ticket, on Knocked, Joined and Back
}

// LogValue is the event for the log: identifiers only, as it holds no more.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("room", string(e.Room)), slog.String("kind", string(e.Kind)),
		slog.String("member", string(e.Member)), slog.String("by", string(e.By)), slog.String("reason", string(e.Reason)))
}

// EventSink takes events. RoomEvent is called by one goroutine, one event at a time, in the order they happened. When
// it returns an error the same event comes again, after a growing pause, and later ones wait behind it: so it must be
// idempotent by Event.ID, and durable when it returns nil.
type EventSink interface {
	RoomEvent(ctx context.Context, e Event) error
}

// eventQueue carries events from the actors, which never wait for it, to the sink.
type eventQueue struct {
	sink   EventSink
	log    *slog.Logger
	wake   chan struct{}
	done   chan struct{}
	ctx    context.Context // of the calls to the sink; ends when Close gives up
	cancel context.CancelFunc

	mu      sync.Mutex
	waiting []Event
	closing bool
}

const (
	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second
)

func newEventQueue(sink EventSink, log *slog.Logger) *eventQueue {
	q := &eventQueue{sink: sink, log: log, wake: make(chan struct{}, 1), done: make(chan struct{})}
	q.ctx, q.cancel = context.WithCancel(context.Background()) // the queue outlives every request
	go q.run()
	return q
}

func (q *eventQueue) put(e Event) {
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	q.mu.Unlock()
	q.nudge()
}

func (q *eventQueue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// len is the number of events not yet taken by the sink.
func (q *eventQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *eventQueue) run() {
	defer close(q.done)
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			closing := q.closing
			q.mu.Unlock()
			if closing {
				return
			}
			select {
			case <-q.wake:
			case <-q.ctx.Done():
				return
			}
			continue
		}
		e := q.waiting[0]
		q.mu.Unlock()
		if !q.deliver(e) {
			return
		}
		q.mu.Lock()
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
	}
}

// deliver tries until the sink takes the event; it says false when the queue gave up.
func (q *eventQueue) deliver(e Event) bool {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := q.sink.RoomEvent(q.ctx, e)
		if err == nil {
			return true
		}
		q.log.Warn("room event not taken, will try again", "event", e, "waiting", q.len(), "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-q.ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// close waits until every event is taken, or ctx ends; then the error says how many were not.
func (q *eventQueue) close(ctx context.Context) error {
	q.mu.Lock()
	q.closing = true
	q.mu.Unlock()
	q.nudge()
	select {
	case <-q.done:
	case <-ctx.Done():
		q.cancel()
		<-q.done
	}
	q.cancel()
	if n := q.len(); n > 0 {
		return fmt.Errorf("%d room events were not taken before the server stopped: %w", n, ctx.Err())
	}
	return nil
}
