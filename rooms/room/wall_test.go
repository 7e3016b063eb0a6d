package room

import (
	"errors"
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
	aside                 []MemberID // the mother and who is in private with her, or nobody
	been                  map[MemberID]bool
	locked                bool
}

// ends is the private word's end, when the one who goes was of it.
func (m *model) ends(id MemberID) {
	if slices.Contains(m.aside, id) {
		m.aside = nil
	}
}

// may says whether pub's source may reach sub.
func (m *model) may(pub, sub MemberID, source media.Source) bool {
	_, expected := m.members[pub]
	if pub == sub || !expected || !m.in[pub] || !m.in[sub] {
		return false
	}
	if slices.Contains(m.aside, pub) != slices.Contains(m.aside, sub) {
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
		been: map[MemberID]bool{}, mic: map[MemberID]bool{}, camera: map[MemberID]bool{}}
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
			m.model.in[id], m.model.admitted[id], m.model.sentOut[id], m.model.been[id] = false, false, false, false
			delete(m.tokens, id)
			m.model.ends(id)
		}
	}
}

func (m *machine) enters(id MemberID) {
	if !m.model.in[id] {
		m.model.in[id], m.model.mic[id], m.model.camera[id], m.model.been[id] = true, true, true, true
	}
}

func (m *machine) goes(id MemberID) { m.model.in[id] = false; delete(m.live, id); m.model.ends(id) }

// fill brings everybody in with media: chance alone seldom gets three together, and two of them in private.
func (m *machine) fill(t *rapid.T) {
	for _, id := range everybody {
		s := &socket{}
		seat, err := m.w.m.Join(ctx, "r", id, "d", s)
		m.sits(t, id, seat, s, err)
	}
	if err := m.seats["host"].Admit(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	m.model.admitted["guest"] = true
	m.enters("guest")
	for _, id := range everybody {
		m.opens(id, m.seats[id])
	}
	m.check(t)
}

// opens gives a member's seat a media connection.
func (m *machine) opens(id MemberID, seat *Seat) {
	if peer, err := seat.Peer(ctx, ""); err == nil {
		l := peer.(*leg)
		m.owner[l.id], m.live[id] = id, l.id
		for _, s := range l.own {
			seat.room.StreamAdded(l, s)
		}
	}
}

// step does one random thing and tells the model.
func (m *machine) step(t *rapid.T) {
	id := rapid.SampledFrom(everybody).Draw(t, "who")
	other := rapid.SampledFrom(everybody).Draw(t, "whom")
	action := rapid.SampledFrom([]string{"join", "join", "media", "media", "admit", "admit", "refuse", "remove", "mute",
		"sending", "leave", "drop", "wait", "order", "resume", "fail", "private", "private", "private", "back", "lock", "unlock", "all", "hand", "break"}).Draw(t, "action")
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
		m.opens(id, seat)
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
			m.model.admitted[other], m.model.sentOut[other], m.model.been[other] = false, true, false
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
	case "private":
		if seat.BeginPrivate(ctx, other) == nil {
			m.aside(t, id, other)
		}
	case "back":
		if seat.EndPrivate(ctx) == nil {
			if !slices.Contains(m.model.aside, id) {
				t.Fatalf("%s ended a private word of %v", id, m.model.aside)
			}
			m.model.aside = nil
		}
	case "lock", "unlock":
		if seat.SetLock(ctx, action == "lock") == nil {
			m.locks(action == "lock")
		}
	case "all":
		if seat.AdmitAll(ctx, []MemberID{other}) == nil {
			m.adoptEntered(other)
		}
	case "hand":
		_ = seat.RaiseHand(ctx)
	case "break":
		_ = seat.Break(ctx, rapid.Bool().Draw(t, "on"), "")
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
	if (!member.Lobby && !m.model.sentOut[id] || m.model.admitted[id]) && m.passes(id) {
		m.enters(id)
	}
}

// passes says whether the lock, if there is one, leaves her through.
func (m *machine) passes(id MemberID) bool {
	r := m.model.members[id].Rights
	return !m.model.locked || m.model.been[id] || r.Ask || r.Moderate
}

// aside checks that those two may talk in private, and notes that they do.
func (m *machine) aside(t *rapid.T, a, b MemberID) {
	if m.model.members[b].Rights.Ask {
		a, b = b, a
	}
	if m.model.aside != nil || !m.model.in[a] || !m.model.in[b] || !m.model.members[a].Rights.Ask || !m.model.members[b].Rights.Support {
		t.Fatalf("%s and %s went into private, with %v there already", a, b, m.model.aside)
	}
	m.model.aside = []MemberID{a, b}
}

func (m *machine) locks(on bool) {
	m.model.locked = on
	m.adoptEntered("")
}

// adoptEntered notes who was let in by an act that may let in several, if the rules have it so: never one whom the lock keeps or who was sent out, and from the
// lobby only who was named.
func (m *machine) adoptEntered(named MemberID) {
	list, err := m.w.m.People(ctx, "r")
	if err != nil {
		return
	}
	for _, p := range list {
		id := p.Person.ID
		if p.Waiting || m.model.in[id] || !m.passes(id) || m.model.sentOut[id] {
			continue
		}
		if id == named {
			m.model.admitted[id] = true
		}
		if !m.model.members[id].Lobby || m.model.admitted[id] {
			m.enters(id)
		}
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
		Admit: id == "host", Moderate: id == "host", Ask: id == "mother" && rapid.IntRange(0, 3).Draw(t, "ask") > 0,
		Support: id != "mother" && rapid.Bool().Draw(t, "support")}
	switch {
	case at < 0:
		m.w.order.Members = append(m.w.order.Members, Member{ID: id, Name: "N " + string(id), Role: rapid.SampledFrom([]Role{Guest, Supporter}).Draw(t, "role"), Rights: rights, Lobby: id == "guest"})
	case rapid.IntRange(0, 3).Draw(t, "take out") == 0:
		m.w.order.Members = slices.Delete(slices.Clone(m.w.order.Members), at, at+1)
	default:
		m.w.order.Members = slices.Clone(m.w.order.Members)
		m.w.order.Members[at].Rights = rights
	}
	m.w.apply()
	m.learn()
	if a := m.model.aside; a != nil && !(m.model.members[a[0]].Rights.Ask && m.model.members[a[1]].Rights.Support) {
		m.model.aside = nil
	}
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
	aside := false
	for _, e := range events {
		if ids[e.ID] {
			return fmt.Errorf("event %s twice", e.ID)
		}
		ids[e.ID] = true
		switch e.Kind {
		case Muted, Ended, LockedRoom, UnlockedRoom, HandRaised, HandLowered, BreakAsked, BreakOver, NotUnderstood:
			continue
		case PrivateBegan, PrivateEnded:
			if (e.Kind == PrivateBegan) == aside {
				return fmt.Errorf("%s though a private word goes on: %v", e.Kind, aside)
			}
			aside = !aside
			continue
		}
		if !slices.Contains(follows[state[e.Member]], e.Kind) {
			return fmt.Errorf("%s: %s after %q", e.Member, e.Kind, state[e.Member])
		}
		state[e.Member] = e.Kind
	}
	if aside {
		return errors.New("a private word never ended")
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
	t.Run("from an empty room", func(t *testing.T) { walls(t, func(*machine, *rapid.T) {}) })
	t.Run("from a full room", func(t *testing.T) { walls(t, (*machine).fill) })
}

func walls(t *testing.T, begin func(*machine, *rapid.T)) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t)
		begin(m, rt)
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
