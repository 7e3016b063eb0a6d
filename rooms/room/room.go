package room

import (
	"context"
	"sort"
	"sync"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
)

// firstLines is the most receiving media lines a client is told to begin with; more are added when they are needed.
const firstLines = 6

type phase uint8

const (
	out     phase = iota
	waiting       // in the lobby
	inside
	lost // in the room, without a socket
)

// attendee is what the room knows of one member of the order.
type attendee struct {
	Member
	phase    phase
	admitted bool // somebody let her in; it holds until she is put out
	sentOut  bool // somebody refused or removed her: she waits in the lobby whatever the order says
	since    time.Time
	device   string
	session  Session
	resume   tokens
	leg      media.Peer
	streams  []media.Stream
	mic      bool
	camera   bool
	placed   media.Placement
	pause    bool       // she needs a break
	hand     int        // her hand's number, 0 while it is down
	unclear  time.Time  // when it was last recorded that she does not understand
	raised   time.Time  // and that her hand went up
	mayGo    []MemberID // what she was last told of whom she may talk to in private
	been     bool       // she has been in the room, and was not put out
}

func (a *attendee) present() bool { return a.phase == inside || a.phase == lost }

func (r *Room) person(a *attendee) Person {
	return Person{ID: a.ID, Name: a.Name, Role: a.Role, Mic: a.mic && a.Rights.Publish,
		Camera: a.camera && a.Rights.Publish, Present: a.phase == inside, Private: r.side.holds(a), Break: a.pause, Hand: a.hand}
}

// Room is one meeting in progress. Its fields below inbox belong to the actor.
type Room struct {
	id      ID
	cfg     Config
	events  *eventQueue
	inbox   chan func()
	gone    chan struct{} // closed when the actor takes no more
	done    chan struct{} // closed when everything it began has ended
	closing sync.WaitGroup

	order    Order
	members  map[MemberID]*attendee
	side     *side // the private word that goes on, or nil
	hands    int   // how many hands have gone up
	locked   bool  // nobody new is let in
	finished bool
}

func newRoom(o Order, cfg Config, events *eventQueue, onDone func()) *Room {
	r := &Room{id: o.Room, cfg: cfg, events: events, inbox: make(chan func()), gone: make(chan struct{}),
		done: make(chan struct{}), members: map[MemberID]*attendee{}}
	r.take(o)
	go r.run(onDone)
	return r
}

// run is the actor.
func (r *Room) run(onDone func()) {
	defer close(r.done)
	ticker := time.NewTicker(r.cfg.Tick)
	defer ticker.Stop()
	for !r.finished {
		select {
		case f := <-r.inbox:
			f()
		case <-ticker.C:
			r.tick()
		}
	}
	close(r.gone)
	onDone()
	r.closing.Wait()
}

// do runs f on the actor and returns its error.
func (r *Room) do(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	select {
	case r.inbox <- func() { result <- f() }:
		return <-result // the actor always finishes what it has taken
	case <-r.gone:
		return ErrEnded
	case <-ctx.Done():
		return ids.Wrap(ids.Unavailable, ctx.Err(), "The meeting is busy. Try again.")
	}
}

// post runs f on the actor, some time, without waiting for it.
func (r *Room) post(f func()) {
	select {
	case r.inbox <- f:
	case <-r.gone:
	}
}

func (r *Room) emit(kind EventKind, member, by MemberID, reason Reason) {
	e := Event{ID: ids.New[string]("rme"), Room: r.id, At: r.cfg.Now(), Kind: kind, Member: member, By: by, Reason: reason}
	if a := r.members[member]; a != nil && (kind == Joined || kind == Knocked || kind == Back) {
		e.Device = a.device
	}
	r.events.put(e)
	r.cfg.Log.Info("room", "event", e)
}

// tick is the passing of time.
func (r *Room) tick() {
	now := r.cfg.Now()
	if !now.Before(r.order.Ends) {
		r.end("", ReasonTime)
		return
	}
	for _, a := range r.sorted() {
		if a.phase == lost && now.Sub(a.since) >= r.cfg.Grace {
			r.depart(a, Left, "", ReasonLost)
		}
	}
}

// sorted lists the members in a fixed order, so that the same happenings give the same events.
func (r *Room) sorted() []*attendee {
	all := make([]*attendee, 0, len(r.members))
	for _, a := range r.members {
		all = append(all, a)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

// take puts an order into effect.
func (r *Room) take(o Order) {
	if o.Ended {
		r.end("", ReasonOrder)
		return
	}
	moved := !r.order.Ends.Equal(o.Ends) || !r.order.Until.Equal(o.Until)
	r.order = o
	expected := map[MemberID]bool{}
	for _, m := range o.Members {
		expected[m.ID] = true
	}
	for _, a := range r.sorted() {
		if !expected[a.ID] {
			r.dismiss(a, "", ReasonOrder)
			delete(r.members, a.ID)
		}
	}
	var changed []*attendee
	for _, m := range o.Members {
		a := r.members[m.ID]
		if a == nil {
			r.members[m.ID] = &attendee{Member: m, mic: true, camera: true}
			continue
		}
		if a.Member != m {
			if a.session != nil && a.Rights != m.Rights && a.phase == inside {
				a.session.Notify(RightsChanged{m.Rights})
			}
			a.Member = m
			changed = append(changed, a)
		}
	}
	r.refresh() // before anything is said: a right withdrawn has ended when Apply returns
	r.checkPrivate()
	for _, a := range changed {
		if !a.Rights.Publish {
			r.lowerHand(a, "")
		}
		if !a.Rights.Ask {
			r.setBreak(a, false, "", ReasonOrder)
		}
		if a.present() {
			r.announce(a)
		}
	}
	r.showPrivate()
	r.showLobby()
	if moved {
		r.tell(nil, EndsChanged{r.times()})
	}
}

func (r *Room) times() Times { return Times{Ends: r.order.Ends, Until: r.order.Until} }

// forwards is the wall: whether sub is sent stream s of pub. Nothing else decides it.
func (r *Room) forwards(pub, sub *attendee, s media.Stream) bool {
	if pub == sub || !pub.present() || !sub.present() || r.side.holds(pub) != r.side.holds(sub) {
		return false
	}
	info := s.Info()
	switch {
	case info.Source == media.Screen:
		return pub.Rights.Present
	case !pub.Rights.Publish:
		return false
	case info.Kind == media.Audio:
		return pub.mic
	}
	return pub.camera
}

// refresh puts the forwarding table in step with the members.
func (r *Room) refresh() {
	all := r.sorted()
	sort.SliceStable(all, func(i, j int) bool { return all[i].since.Before(all[j].since) })
	for _, sub := range all {
		if sub.leg == nil {
			continue
		}
		var streams []media.Stream
		for _, pub := range all {
			for _, s := range pub.streams {
				if r.forwards(pub, sub, s) {
					streams = append(streams, s)
				}
			}
		}
		r.show(sub, sub.leg.Listen(streams))
	}
}

// show tells a member where her streams are, if that changed.
func (r *Room) show(a *attendee, p media.Placement) {
	if p.Version < a.placed.Version {
		return
	}
	same := len(p.Places) == len(a.placed.Places) && p.NeedAudio == a.placed.NeedAudio && p.NeedVideo == a.placed.NeedVideo
	for i := 0; same && i < len(p.Places); i++ {
		same = p.Places[i] == a.placed.Places[i]
	}
	a.placed = p
	if !same {
		r.showStreams(a)
	}
}

func (r *Room) showStreams(a *attendee) {
	if a.session == nil || a.leg == nil {
		return
	}
	owners := map[string]Carried{}
	for _, m := range r.members {
		for _, s := range m.streams {
			i := s.Info()
			owners[i.ID] = Carried{Member: m.ID, Kind: i.Kind, Source: i.Source}
		}
	}
	n := Streams{Leg: a.leg.ID(), Version: a.placed.Version, NeedAudio: a.placed.NeedAudio, NeedVideo: a.placed.NeedVideo}
	for _, p := range a.placed.Places {
		c, ok := owners[p.Stream]
		if !ok {
			continue
		}
		c.Mid = p.Mid
		n.Carried = append(n.Carried, c)
	}
	a.session.Notify(n)
}

// tell notifies everybody in the room but one.
func (r *Room) tell(but *attendee, n Notice) {
	for _, a := range r.sorted() {
		if a != but && a.phase == inside && a.session != nil {
			a.session.Notify(n)
		}
	}
}

func (r *Room) announce(a *attendee) { r.tell(nil, PersonChanged{r.person(a)}) }

// showLobby tells those who may admit who waits; while the room is locked, how many do and no more.
func (r *Room) showLobby() {
	list, count := []Knocking{}, 0
	for _, a := range r.sorted() {
		if a.phase != waiting {
			continue
		}
		if count++; !r.locked {
			list = append(list, Knocking{ID: a.ID, Name: a.Name, Role: a.Role, Since: a.since, Again: a.sentOut})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Since.Before(list[j].Since) })
	for _, a := range r.sorted() {
		if a.phase == inside && a.Rights.Admit && a.session != nil {
			a.session.Notify(Lobby{Waiting: list, Count: count})
		}
	}
}

// enter brings a member into the room.
func (r *Room) enter(a *attendee) {
	a.phase, a.since, a.mic, a.camera, a.been = inside, r.cfg.Now(), true, true, true
	r.emit(Joined, a.ID, "", "")
	r.welcome(a)
	r.tell(a, PersonChanged{r.person(a)})
	r.showPrivate()
	r.showLobby()
	r.refresh()
}

// welcome tells a member everything about the room she is in.
func (r *Room) welcome(a *attendee) {
	if a.session == nil {
		return
	}
	n := Entered{Self: r.person(a), Rights: a.Rights, Language: r.order.Language, Times: r.times(), Locked: r.locked,
		Resume: a.resume.renew(), Lines: min(max(len(r.order.Members)-1, 1), firstLines)}
	if a.leg != nil {
		n.Leg = a.leg.ID()
	}
	for _, o := range r.sorted() {
		if o != a && o.present() {
			n.Others = append(n.Others, r.person(o))
		}
	}
	a.session.Notify(n)
	a.mayGo = nil // a new page knows of nobody
	a.placed.Places = nil
	r.showStreams(a)
}

// depart takes a member out of the room or the lobby with the event that says so.
func (r *Room) depart(a *attendee, kind EventKind, by MemberID, reason Reason) {
	was := a.present()
	a.phase, a.since = out, r.cfg.Now()
	session := a.session
	a.session = nil
	r.refresh() // nothing of hers is forwarded, nothing forwarded to her, before anybody is told
	r.dropLeg(a)
	r.putDown(a, reason)
	r.emit(kind, a.ID, by, reason)
	if session != nil {
		session.Close(reason)
	}
	if was {
		r.tell(a, PersonGone{ID: a.ID, Reason: reason})
	}
	r.showPrivate()
	r.showLobby()
}

// dismiss takes a member out, wherever she is, with the event that fits.
func (r *Room) dismiss(a *attendee, by MemberID, reason Reason) {
	switch a.phase {
	case waiting:
		r.depart(a, StoppedWaiting, by, reason)
	case inside, lost:
		r.depart(a, Left, by, reason)
	}
	a.resume = tokens{}
}

// dropLeg ends a member's media connection: its streams leave the table now, the rest is cleared up beside the actor,
// because the connection's own goroutines may be waiting to post to it.
func (r *Room) dropLeg(a *attendee) {
	leg := a.leg
	if leg == nil {
		return
	}
	leg.Listen(nil)
	a.leg, a.streams, a.placed = nil, nil, media.Placement{}
	r.refresh()
	r.closing.Add(1)
	go func() {
		defer r.closing.Done()
		if err := leg.Close(); err != nil {
			r.cfg.Log.Warn("media connection did not close cleanly", "room", r.id, "error", err)
		}
	}()
}

// end closes the room for good.
func (r *Room) end(by MemberID, reason Reason) {
	for _, a := range r.sorted() {
		r.dismiss(a, by, reason)
	}
	if reason != ReasonShutdown {
		r.emit(Ended, "", by, reason)
	}
	r.finished = true
}

// ownerOf is the member whose connection this is now, or nil.
func (r *Room) ownerOf(leg media.Leg) *attendee {
	for _, a := range r.members {
		if a.leg != nil && a.leg.ID() == leg.ID() {
			return a
		}
	}
	return nil
}

// StreamAdded, StreamRemoved and LegState implement media.Owner.
func (r *Room) StreamAdded(leg media.Leg, s media.Stream) {
	r.post(func() {
		if a := r.ownerOf(leg); a != nil {
			a.streams = append(a.streams, s)
			r.refresh()
		}
	})
}

// StreamRemoved is called when a publisher's stream ends.
func (r *Room) StreamRemoved(leg media.Leg, s media.Stream) {
	r.post(func() {
		a := r.ownerOf(leg)
		if a == nil {
			return
		}
		for i, o := range a.streams {
			if o == s {
				a.streams = append(a.streams[:i:i], a.streams[i+1:]...)
				break
			}
		}
		r.refresh()
	})
}

// LegState is called when a media connection changes its state.
func (r *Room) LegState(leg media.Leg, s media.State) {
	if s != media.Failed {
		return
	}
	r.post(func() {
		a := r.ownerOf(leg)
		if a == nil {
			return
		}
		r.dropLeg(a)
		if a.session != nil {
			a.session.Notify(MediaLost{leg.ID()})
		}
	})
}
