package room

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/rooms/media"
)

// model is what the rules say, kept apart from the room's own account: who is in, and what she may send.
type model struct {
	in, admitted, sentOut map[MemberID]bool
	mic, camera           map[MemberID]bool
	members               map[MemberID]Member
}

// may says whether pub's source may reach sub.
func (m *model) may(pub, sub MemberID, source media.Source) bool {
	_, expected := m.members[pub]
	if pub == sub || !expected || !m.in[pub] || !m.in[sub] {
		return false
	}
	r := m.members[pub].Rights
	switch source {
	case media.Screen:
		return r.Present
	case media.Microphone:
		return r.Publish && m.mic[pub]
	}
	return r.Publish && m.camera[pub]
}

// machine drives a real room by random steps, with one place per member.
type machine struct {
	w       *world
	model   model
	seats   map[MemberID]*Seat
	sockets map[MemberID]*socket
	tokens  map[MemberID]string
	owner   map[string]MemberID // leg to member
	live    map[MemberID]string // member to her leg
	all     []*socket
}

var everybody = []MemberID{"host", "mother", "guest", "observer"}

func newMachine(t testing.TB) *machine {
	m := &machine{w: newWorld(t), seats: map[MemberID]*Seat{}, sockets: map[MemberID]*socket{}, tokens: map[MemberID]string{},
		owner: map[string]MemberID{}, live: map[MemberID]string{}}
	m.model = model{in: map[MemberID]bool{}, admitted: map[MemberID]bool{}, sentOut: map[MemberID]bool{},
		mic: map[MemberID]bool{}, camera: map[MemberID]bool{}}
	m.learn()
	return m
}

func (m *machine) learn() {
	m.model.members = map[MemberID]Member{}
	for _, o := range m.w.order.Members {
		m.model.members[o.ID] = o
	}
	for _, id := range everybody {
		if _, ok := m.model.members[id]; !ok {
			m.model.in[id], m.model.admitted[id], m.model.sentOut[id] = false, false, false
			delete(m.tokens, id)
		}
	}
}

func (m *machine) enters(id MemberID) {
	if !m.model.in[id] {
		m.model.in[id], m.model.mic[id], m.model.camera[id] = true, true, true
	}
}

func (m *machine) goes(id MemberID) { m.model.in[id] = false; delete(m.live, id) }

// step does one random thing and tells the model.
func (m *machine) step(t *rapid.T) {
	id := rapid.SampledFrom(everybody).Draw(t, "who")
	other := rapid.SampledFrom(everybody).Draw(t, "whom")
	action := rapid.SampledFrom([]string{"join", "join", "media", "media", "admit", "admit", "refuse", "remove", "mute",
		"sending", "leave", "drop", "wait", "order", "resume", "fail"}).Draw(t, "action")
	seat := m.seats[id]
	if seat == nil && !slices.Contains([]string{"join", "wait", "order", "resume"}, action) {
		return
	}
	switch action {
	case "join":
		s := &socket{}
		seat, err := m.w.m.Join(ctx, "r", id, "d", s)
		m.sits(t, id, seat, s, err)
		delete(m.live, id)
	case "resume":
		s := &socket{}
		if m.tokens[id] != "" {
			seat, err := m.w.m.Resume(ctx, "r", m.tokens[id], "d", s)
			if err == nil {
				m.sits(t, id, seat, s, nil)
			}
		}
	case "media":
		if peer, err := seat.Peer(ctx, ""); err == nil {
			l := peer.(*leg)
			m.owner[l.id], m.live[id] = id, l.id
			for _, s := range l.own {
				seat.room.StreamAdded(l, s)
			}
		}
	case "fail":
		for _, l := range m.w.engine.legs {
			if l.id == m.live[id] {
				seat.room.LegState(l, media.Failed)
				delete(m.live, id)
			}
		}
	case "admit":
		if seat.Admit(ctx, other) == nil {
			m.model.admitted[other], m.model.sentOut[other] = true, false
			m.enters(other)
		}
	case "refuse":
		if seat.Refuse(ctx, other) == nil {
			m.model.admitted[other], m.model.sentOut[other] = false, true
		}
	case "remove":
		if seat.Remove(ctx, other) == nil {
			m.model.admitted[other], m.model.sentOut[other] = false, true
			m.goes(other)
		}
	case "mute":
		if seat.Mute(ctx, other) == nil {
			m.model.mic[other] = false
		}
	case "sending":
		mic, camera := rapid.Bool().Draw(t, "mic"), rapid.Bool().Draw(t, "camera")
		if seat.SetSending(ctx, mic, camera) == nil {
			m.model.mic[id], m.model.camera[id] = mic, camera
		}
	case "leave":
		if seat.Leave(ctx) == nil {
			m.goes(id)
		}
	case "drop":
		seat.Drop(ReasonLost)
	case "wait":
		m.passTime()
	case "order":
		m.reorder(t, id)
	}
}

func (m *machine) sits(t *rapid.T, id MemberID, seat *Seat, s *socket, err error) {
	member, expected := m.model.members[id]
	if (err == nil) != expected {
		t.Fatalf("join of %s: %v, expected in the order: %v", id, err, expected)
	}
	if err != nil {
		return
	}
	m.seats[id], m.sockets[id] = seat, s
	m.all = append(m.all, s)
	if !member.Lobby && !m.model.sentOut[id] || m.model.admitted[id] {
		m.enters(id)
	}
}

// passTime lets the grace time of the lost run out, and waits until the room has seen it.
func (m *machine) passTime() {
	m.w.clock.move(21 * time.Second)
	m.w.order.Ends = m.w.order.Ends.Add(21 * time.Second)
	m.w.apply()
	r, err := m.w.m.find("r")
	if err != nil {
		return
	}
	_ = r.do(ctx, func() error {
		r.tick()
		for _, a := range r.sorted() {
			if a.phase == out && m.model.in[a.ID] {
				m.goes(a.ID)
			}
			if a.phase == lost {
				panic("still lost after the grace time")
			}
		}
		return nil
	})
}

// reorder takes a member out of the order or back in, or changes what she may do.
func (m *machine) reorder(t *rapid.T, id MemberID) {
	at := slices.IndexFunc(m.w.order.Members, func(o Member) bool { return o.ID == id })
	rights := Rights{Publish: rapid.Bool().Draw(t, "publish"), Present: rapid.Bool().Draw(t, "present"),
		Admit: id == "host", Moderate: id == "host"}
	switch {
	case at < 0:
		m.w.order.Members = append(m.w.order.Members, Member{ID: id, Name: "N " + string(id), Role: Guest, Rights: rights, Lobby: id == "guest"})
	case rapid.IntRange(0, 3).Draw(t, "take out") == 0:
		m.w.order.Members = slices.Delete(slices.Clone(m.w.order.Members), at, at+1)
	default:
		m.w.order.Members = slices.Clone(m.w.order.Members)
		m.w.order.Members[at].Rights = rights
	}
	m.w.apply()
	m.learn()
	for _, e := range everybody {
		if !m.model.in[e] {
			delete(m.live, e)
		}
	}
}

// check shoots a packet of every stream there ever was and looks where it arrived.
func (m *machine) check(t *rapid.T) {
	m.w.settle()
	for id, s := range m.sockets {
		if e, ok := last[Entered](s); ok {
			m.tokens[id] = e.Resume
		} else if e, ok := last[Waiting](s); ok {
			m.tokens[id] = e.Resume
		}
	}
	for _, l := range m.w.engine.legs {
		l.clear()
	}
	m.w.engine.shoot()
	for _, to := range m.w.engine.legs {
		sub := m.owner[to.id]
		got := to.clear()
		for _, from := range m.w.engine.legs {
			pub := m.owner[from.id]
			for _, s := range from.own {
				alive := m.live[sub] == to.id && m.live[pub] == from.id
				want := alive && m.model.may(pub, sub, s.info.Source)
				if (got[s.info.ID] > 0) != want {
					t.Fatalf("%s of %s reached %s: %v, the rules say %v", s.info.Source, pub, sub, got[s.info.ID] > 0, want)
				}
			}
		}
	}
	for _, s := range m.all {
		s.mu.Lock()
		entered := false
		for _, n := range s.told {
			switch n.(type) {
			case Entered:
				entered = true
			case Waiting:
			default:
				if !entered {
					t.Fatalf("a member who is not admitted was told %T", n)
				}
			}
		}
		if s.after > 0 {
			t.Fatalf("told %d things after it was closed", s.after)
		}
		s.mu.Unlock()
	}
}

// grammar checks that every member's events make sense one after another.
func grammar(events []Event) error {
	state := map[MemberID]EventKind{}
	follows := map[EventKind][]EventKind{ // what may come after which
		"": {Knocked, Joined}, Knocked: {Admitted, Refused, StoppedWaiting}, Admitted: {Joined}, Refused: {Knocked},
		StoppedWaiting: {Knocked, Joined}, Joined: {Lost, Left, Removed}, Lost: {Back, Left, Removed}, Back: {Lost, Left, Removed},
		Left: {Knocked, Joined}, Removed: {Knocked},
	}
	ids := map[string]bool{}
	for _, e := range events {
		if ids[e.ID] {
			return fmt.Errorf("event %s twice", e.ID)
		}
		ids[e.ID] = true
		if e.Kind == Muted || e.Kind == Ended {
			continue
		}
		if !slices.Contains(follows[state[e.Member]], e.Kind) {
			return fmt.Errorf("%s: %s after %q", e.Member, e.Kind, state[e.Member])
		}
		state[e.Member] = e.Kind
	}
	for member, kind := range state {
		if slices.Contains([]EventKind{Knocked, Admitted, Joined, Lost, Back}, kind) {
			return fmt.Errorf("%s: nothing came after %s when all was over", member, kind)
		}
	}
	return nil
}

// Whatever members, hosts, networks and orders do, no packet crosses a wall and nothing is told to the lobby.
func TestNoPacketEverCrossesAWall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			m.step(rt)
			m.check(rt)
		}
		m.w.close()
		if err := grammar(m.w.diary.events); err != nil {
			rt.Fatal(err)
		}
	})
}
