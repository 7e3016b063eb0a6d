package room

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kinbridge/rooms/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine makes legs whose packets are counted instead of sent.
type engine struct {
	mu   sync.Mutex
	legs []*leg
}

func (e *engine) NewPeer(owner media.Owner) (media.Peer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := &leg{id: "leg-" + strconv.Itoa(len(e.legs)), owner: owner, got: map[string]int{}}
	for _, s := range []struct {
		kind   media.Kind
		source media.Source
	}{{media.Audio, media.Microphone}, {media.Video, media.Camera}, {media.Video, media.Screen}} {
		l.own = append(l.own, &stream{media.Info{ID: l.id + "/" + string(s.source), Leg: l.id, Kind: s.kind, Source: s.source}})
	}
	e.legs = append(e.legs, l)
	return l, nil
}

// shoot sends one packet of every stream of every leg through the forwarding tables as they stand.
func (e *engine) shoot() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, from := range e.legs {
		for _, s := range from.own {
			for _, to := range e.legs {
				to.receive(s)
			}
		}
	}
}

type leg struct {
	id    string
	owner media.Owner
	own   []*stream

	mu     sync.Mutex
	table  []media.Stream
	got    map[string]int // by stream
	closed bool
	n      uint64
}

func (l *leg) receive(s media.Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.table {
		if t == s {
			l.got[s.Info().ID]++
		}
	}
}

func (l *leg) clear() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := l.got
	l.got = map[string]int{}
	return got
}

func (l *leg) ID() string { return l.id }
func (l *leg) Listen(streams []media.Stream) media.Placement {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	l.table = streams
	p := media.Placement{Version: l.n}
	for i, s := range streams {
		p.Places = append(p.Places, media.Place{Mid: strconv.Itoa(i), Stream: s.Info().ID})
	}
	return p
}
func (l *leg) Stats() media.Stats { return media.Stats{} }
func (l *leg) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
func (l *leg) Answer(context.Context, media.Offer) (string, media.Placement, error) {
	return "", media.Placement{}, nil
}
func (l *leg) AddCandidate(media.Candidate) error { return nil }

type stream struct{ info media.Info }

func (s *stream) Info() media.Info                        { return s.info }
func (s *stream) Attach(media.Receiver)                   {}
func (s *stream) Detach(media.Receiver)                   {}
func (s *stream) RequestKeyframe()                        {}
func (s *stream) Resend(uint16, func(*media.Packet)) bool { return false }
func (s *stream) Clock() (time.Time, uint32, bool)        { return time.Time{}, 0, false }

// socket is a session that remembers what it was told.
type socket struct {
	mu     sync.Mutex
	told   []Notice
	closed Reason
	after  int // notices after Close
}

func (s *socket) Notify(n Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed != "" {
		s.after++
	}
	s.told = append(s.told, n)
}

func (s *socket) Close(r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = r
}

func (s *socket) reason() Reason { s.mu.Lock(); defer s.mu.Unlock(); return s.closed }

// last returns the newest notice of a type.
func last[N Notice](s *socket) (n N, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.told) - 1; i >= 0; i-- {
		if n, ok := s.told[i].(N); ok {
			return n, true
		}
	}
	return n, false
}

// diary is an event sink.
type diary struct {
	mu     sync.Mutex
	events []Event
	fail   int // so many calls fail first
}

func (d *diary) RoomEvent(_ context.Context, e Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail > 0 {
		d.fail--
		return errors.New("the disk is full")
	}
	d.events = append(d.events, e)
	return nil
}

func (d *diary) kinds(member MemberID) (kinds []EventKind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Member == member {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var ten = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// world is a manager with fakes around it, and one room "r" from 10:00 to 11:00.
type world struct {
	t      testing.TB
	clock  *clock
	engine *engine
	diary  *diary
	m      *Manager
	order  Order
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: ten}, engine: &engine{}, diary: &diary{}}
	var err error
	w.m, err = NewManager(Config{Engine: w.engine, Now: w.clock.Now, Tick: time.Millisecond, Grace: 20 * time.Second}, w.diary)
	if err != nil {
		t.Fatal(err)
	}
	w.order = Order{Room: "r", Language: "cy", Opens: ten, Ends: ten.Add(time.Hour), Members: []Member{
		{ID: "host", Name: "Anwen Price", Role: Host, Rights: DefaultRights(Host)},
		{ID: "mother", Name: "Carys Bevan", Role: Mother, Rights: DefaultRights(Mother)},
		{ID: "guest", Name: "Dilys Howe", Role: Guest, Rights: DefaultRights(Guest), Lobby: true},
		{ID: "observer", Name: "Elin Rees", Role: Observer, Rights: DefaultRights(Observer)},
	}}
	w.apply()
	return w
}

func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.m.Close(ctx); err != nil {
		w.t.Error(err)
	}
}

// apply applies the world's order as a new revision.
func (w *world) apply() {
	w.t.Helper()
	w.order.Revision++
	o := w.order
	o.Members = append([]Member(nil), w.order.Members...)
	if err := w.m.Apply(context.Background(), o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) join(m MemberID) (*Seat, *socket) {
	w.t.Helper()
	s := &socket{}
	seat, err := w.m.Join(context.Background(), "r", m, "device-"+string(m), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return seat, s
}

// media opens the seat's media connection and publishes a microphone, a camera and a screen.
func (w *world) media(s *Seat) *leg {
	w.t.Helper()
	peer, err := s.Peer(context.Background(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	l := peer.(*leg)
	for _, own := range l.own {
		s.room.StreamAdded(l, own)
	}
	return l
}

// settle waits until the actor has done everything posted before.
func (w *world) settle() { _, _ = w.m.People(context.Background(), "r") }

func (w *world) eventually(what string, condition func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("after 5 s still not: %s", what)
		}
	}
}
