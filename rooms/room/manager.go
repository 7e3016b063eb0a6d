package room

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

// Config is what rooms share.
type Config struct {
	Engine media.Engine
	Now    func() time.Time // default time.Now
	Tick   time.Duration    // how often rooms look at the clock; default 1 s
	Grace  time.Duration    // how long a member whose socket broke is expected back; default 20 s
	Log    *slog.Logger
}

// Manager owns the rooms.
type Manager struct {
	cfg    Config
	events *eventQueue

	mu     sync.Mutex
	rooms  map[ID]*Room
	over   map[ID]time.Time // rooms that ended, until they are forgotten
	closed bool
}

// remember is how long after its end a room's name is kept, so that an order that comes late does not open it again.
const remember = 24 * time.Hour

// NewManager starts the event queue to the sink. Close ends it.
func NewManager(cfg Config, sink EventSink) (*Manager, error) {
	if cfg.Engine == nil || sink == nil {
		return nil, errors.New("room: a media engine and an event sink are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tick == 0 {
		cfg.Tick = time.Second
	}
	if cfg.Grace == 0 {
		cfg.Grace = 20 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{cfg: cfg, events: newEventQueue(sink, cfg.Log), rooms: map[ID]*Room{}, over: map[ID]time.Time{}}, nil
}

// Apply puts an order into effect, opening the room if there is none. When it returns nil, every right the order
// withdraws has ended. An order that is not newer than the last one does nothing; so does one for a room that has
// ended.
func (m *Manager) Apply(ctx context.Context, o Order) error {
	if err := o.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	m.forgetLocked()
	if m.closed {
		m.mu.Unlock()
		return ErrStopping
	}
	if _, ended := m.over[o.Room]; ended {
		m.mu.Unlock()
		return nil
	}
	r := m.rooms[o.Room]
	if r == nil {
		defer m.mu.Unlock()
		if o.Ended || !m.cfg.Now().Before(o.Ends) {
			m.over[o.Room] = m.cfg.Now()
			return nil
		}
		m.rooms[o.Room] = newRoom(o, m.cfg, m.events, func() { m.finished(o.Room) })
		return nil
	}
	m.mu.Unlock()
	err := r.do(ctx, func() error {
		if o.Revision > r.order.Revision {
			r.take(o)
		}
		return nil
	})
	if errors.Is(err, ErrEnded) {
		return nil // it ended meanwhile
	}
	return err
}

func (m *Manager) finished(id ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed { // Close waits for the rooms it finds in the map
		delete(m.rooms, id)
	}
	m.over[id] = m.cfg.Now()
}

func (m *Manager) forgetLocked() {
	for id, at := range m.over {
		if m.cfg.Now().Sub(at) > remember {
			delete(m.over, id)
		}
	}
}

func (m *Manager) find(id ID) (*Room, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrStopping
	}
	if r := m.rooms[id]; r != nil {
		return r, nil
	}
	if _, ended := m.over[id]; ended {
		return nil, ErrEnded
	}
	return nil, ErrNoRoom
}

// Join seats a member on a device, with a session. The caller has checked her ticket.
func (m *Manager) Join(ctx context.Context, room ID, member MemberID, device string, s Session) (*Seat, error) {
	r, err := m.find(room)
	if err != nil {
		return nil, err
	}
	return r.join(ctx, member, device, s)
}

// Resume seats the member whose token this is: the one given with her last Waiting or Entered, or the one before. The
// device must be the one she joined from; empty means that devices are not told apart.
func (m *Manager) Resume(ctx context.Context, room ID, token, device string, s Session) (*Seat, error) {
	r, err := m.find(room)
	if err != nil {
		return nil, err
	}
	return r.resumeSeat(ctx, token, device, s)
}

// ReportRefusal queues the event that a ticket was refused, for a reason that is one of the codes of SIGNALLING.md.
func (m *Manager) ReportRefusal(room ID, member MemberID, reason Reason) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return // the queue is closing; the socket was told
	}
	e := Event{ID: ids.New[string]("rme"), Room: room, At: m.cfg.Now(), Kind: TicketRefused, Member: member, Reason: reason}
	m.events.put(e)
	m.cfg.Log.Info("room", "event", e)
}

// End ends a room for all, by somebody who is not in it. There being none is no error.
func (m *Manager) End(ctx context.Context, room ID) error {
	r, err := m.find(room)
	if err != nil {
		if errors.Is(err, ErrStopping) {
			return err
		}
		return nil
	}
	err = r.do(ctx, func() error { r.end("", ReasonOrder); return nil })
	if errors.Is(err, ErrEnded) {
		return nil
	}
	return err
}

// Presence is one member's place, for a page that shows who is there.
type Presence struct {
	Person  Person
	Waiting bool // in the lobby
	Since   time.Time
}

// People lists who is in a room or its lobby now.
func (m *Manager) People(ctx context.Context, room ID) ([]Presence, error) {
	r, err := m.find(room)
	if err != nil {
		return nil, err
	}
	var list []Presence
	err = r.do(ctx, func() error {
		for _, a := range r.sorted() {
			if a.phase != out {
				list = append(list, Presence{Person: r.person(a), Waiting: a.phase == waiting, Since: a.since})
			}
		}
		return nil
	})
	return list, err
}

// Counts are for metrics.
type Counts struct{ Rooms, EventsWaiting int }

// Counts returns the number of open rooms and of events the sink has not taken yet.
func (m *Manager) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Counts{Rooms: len(m.rooms), EventsWaiting: m.events.len()}
}

// Close ends every room because the server stops: sockets are told to come back, members have left, and every event is
// handed to the sink before it returns, or the error says how many were not when ctx ended.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	rooms := make([]*Room, 0, len(m.rooms))
	for _, r := range m.rooms {
		rooms = append(rooms, r)
	}
	m.mu.Unlock()
	for _, r := range rooms {
		r.post(func() { r.end("", ReasonShutdown) })
	}
	for _, r := range rooms {
		<-r.done
	}
	return m.events.close(ctx)
}
