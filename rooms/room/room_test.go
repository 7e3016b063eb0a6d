package room

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/ids"
)

var ctx = context.Background()

func TestTheLobbyTellsNothingUntilTheHostAdmits(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	host, hostSocket := w.join("host")
	mother, _ := w.join("mother")
	hostLeg, motherLeg := w.media(host), w.media(mother)
	guest, guestSocket := w.join("guest")
	if _, err := guest.Peer(ctx, ""); !errors.Is(err, ErrNotInside) {
		t.Fatal("a waiting member got a media connection", err)
	}
	if len(guestSocket.told) != 1 {
		t.Fatalf("a waiting member is told that she waits and nothing else: %+v", guestSocket.told)
	}
	if lobby, _ := last[Lobby](hostSocket); len(lobby.Waiting) != 1 || lobby.Waiting[0].Name != "Dilys Howe" {
		t.Fatalf("%+v", lobby)
	}
	if err := mother.Admit(ctx, "guest"); !errors.Is(err, ErrNoRight) {
		t.Fatal("somebody without the right admitted", err)
	}
	if err := guest.Admit(ctx, "guest"); !errors.Is(err, ErrNotInside) {
		t.Fatal("she admitted herself", err)
	}
	if err := host.Admit(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	entered, ok := last[Entered](guestSocket)
	if !ok || len(entered.Others) != 2 || entered.Language != "cy" || !entered.Ends.Equal(ten.Add(time.Hour)) {
		t.Fatalf("%+v", entered)
	}
	guestLeg := w.media(guest)
	w.settle()
	w.engine.shoot()
	for l, want := range map[*leg]int{hostLeg: 4, motherLeg: 5, guestLeg: 5} { // only the host may share a screen
		if got := l.clear(); len(got) != want {
			t.Errorf("%s receives %v, want %d streams", l.id, got, want)
		}
	}
	if streams, ok := last[Streams](guestSocket); !ok || len(streams.Carried) != 5 {
		t.Fatalf("%+v", streams)
	}
	w.eventually("the guest's events", func() bool {
		return slices.Equal(w.diary.kinds("guest"), []EventKind{Knocked, Admitted, Joined})
	})
}

func TestARightWithdrawnEndsBeforeApplyReturns(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	host, _ := w.join("host")
	mother, motherSocket := w.join("mother")
	hostLeg, motherLeg := w.media(host), w.media(mother)
	w.settle()
	w.order.Members[1].Rights.Publish = false
	w.apply()
	w.engine.shoot()
	if got := hostLeg.clear(); len(got) != 0 {
		t.Fatal("forwarded after the right was withdrawn", got)
	}
	if n, ok := last[RightsChanged](motherSocket); !ok || n.Rights.Publish {
		t.Fatal("she was not told", n, ok)
	}
	if len(motherLeg.clear()) == 0 {
		t.Fatal("she may still hear and see")
	}
	stale := w.order
	stale.Revision = 1
	if err := w.m.Apply(ctx, stale); err != nil {
		t.Fatal(err)
	}
	w.order.Members = w.order.Members[:1]
	w.apply()
	w.engine.shoot()
	if got := motherLeg.clear(); len(got) != 0 || motherSocket.reason() != ReasonOrder {
		t.Fatal("she is out of the order and still receives", got, motherSocket.reason())
	}
	if err := mother.SetSending(ctx, true, true); !errors.Is(err, ErrStale) {
		t.Fatal(err)
	}
	w.eventually("her media connection is closed", func() bool { motherLeg.mu.Lock(); defer motherLeg.mu.Unlock(); return motherLeg.closed })
}

func TestDropResumeLeaveRemove(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	host, hostSocket := w.join("host")
	guest, guestSocket := w.join("guest")
	if err := host.Admit(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	entered, _ := last[Entered](guestSocket)
	l := w.media(guest)
	guest.Drop(ReasonLost)
	w.eventually("the host sees that she is lost", func() bool {
		n, _ := last[PersonChanged](hostSocket)
		return n.Person.ID == "guest" && !n.Person.Present
	})
	if _, err := w.m.Resume(ctx, "r", entered.Resume, "another device", &socket{}); !errors.Is(err, ErrResume) {
		t.Fatal("a token was good on another device", err)
	}
	if _, err := w.m.Resume(ctx, "r", "made up", "device-guest", &socket{}); !errors.Is(err, ErrResume) {
		t.Fatal(err)
	}
	back := &socket{}
	guest, err := w.m.Resume(ctx, "r", entered.Resume, "device-guest", back)
	if err != nil {
		t.Fatal(err)
	}
	again, ok := last[Entered](back)
	if !ok || again.Leg != l.id || again.Resume == entered.Resume {
		t.Fatalf("she comes back to her place without the lobby: %+v", again)
	}
	if peer, err := guest.Peer(ctx, l.id); err != nil || peer.ID() != l.id {
		t.Fatal("her media connection was not kept", err)
	}
	// The answer with the new token may be lost with the socket: the one before is good once more.
	if guest, err = w.m.Resume(ctx, "r", entered.Resume, "device-guest", &socket{}); err != nil {
		t.Fatal(err)
	}
	if back.reason() != ReasonReplaced {
		t.Fatal("the older socket stayed open", back.reason())
	}
	if err := guest.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	s := &socket{}
	if _, err = w.m.Resume(ctx, "r", freshToken(t, w, "guest"), "device-guest", s); err != nil {
		t.Fatal("leave and rejoin needs no new ticket", err)
	}
	token := func() string { e, _ := last[Entered](s); return e.Resume }()
	if err := host.Remove(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	if s.reason() != ReasonRemoved {
		t.Fatal(s.reason())
	}
	if _, err := w.m.Resume(ctx, "r", token, "device-guest", &socket{}); !errors.Is(err, ErrResume) {
		t.Fatal("a removed member came back with her token", err)
	}
	_, waitingAgain := w.join("guest")
	if _, in := last[Entered](waitingAgain); in {
		t.Fatal("a removed member came back past the lobby")
	}
	w.eventually("the guest's events", func() bool {
		return slices.Equal(w.diary.kinds("guest"), []EventKind{Knocked, Admitted, Joined, Lost, Back, Left, Joined, Removed, Knocked})
	})
}

// freshToken gives a member the token that her next notice would have carried.
func freshToken(t *testing.T, w *world, member MemberID) (token string) {
	t.Helper()
	r, err := w.m.find("r")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.do(ctx, func() error { token = r.members[member].resume.renew(); return nil }); err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAMemberWhoDoesNotComeBackHasLeft(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	_, hostSocket := w.join("host")
	mother, _ := w.join("mother")
	l := w.media(mother)
	mother.Drop(ReasonLost)
	w.settle() // the room notes when she was lost by the clock it finds
	w.clock.move(19 * time.Second)
	time.Sleep(10 * time.Millisecond)
	if _, gone := last[PersonGone](hostSocket); gone {
		t.Fatal("given up before the grace time was over")
	}
	w.clock.move(2 * time.Second)
	w.eventually("she has left", func() bool {
		n, ok := last[PersonGone](hostSocket)
		l.mu.Lock()
		defer l.mu.Unlock()
		return ok && n.ID == "mother" && n.Reason == ReasonLost && l.closed
	})
	if k := w.diary.kinds("mother"); !slices.Equal(k, []EventKind{Joined, Lost, Left}) {
		t.Fatal(k)
	}
}

func TestMuteHoldsOnTheServerUntilSheTurnsItOnAgain(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	host, _ := w.join("host")
	mother, socket := w.join("mother")
	hostLeg := w.media(host)
	w.media(mother)
	w.settle()
	if err := mother.Mute(ctx, "host"); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := host.Mute(ctx, "mother"); err != nil {
		t.Fatal(err)
	}
	w.engine.shoot()
	if got := hostLeg.clear(); len(got) != 1 {
		t.Fatal("her microphone is forwarded though it is off, or her camera is not", got)
	}
	if n, ok := last[MutedBy](socket); !ok || n.By != "host" {
		t.Fatal("she was not told")
	}
	if err := mother.SetSending(ctx, true, false); err != nil {
		t.Fatal(err)
	}
	w.engine.shoot()
	if got := hostLeg.clear(); len(got) != 1 || got["leg-1/mic"] != 1 {
		t.Fatal(got)
	}
}

func TestTimes(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	early := w.order
	early.Room, early.Opens = "later", ten.Add(30*time.Minute)
	if err := w.m.Apply(ctx, early); err != nil {
		t.Fatal(err)
	}
	if _, err := w.m.Join(ctx, "later", "host", "", &socket{}); !errors.Is(err, ErrTooEarly) {
		t.Fatal(err)
	}
	if _, err := w.m.Join(ctx, "none", "host", "", &socket{}); !errors.Is(err, ErrNoRoom) {
		t.Fatal(err)
	}
	if _, err := w.m.Join(ctx, "r", "stranger", "", &socket{}); !errors.Is(err, ErrNotExpected) {
		t.Fatal(err)
	}
	_, s := w.join("host")
	w.order.Ends = ten.Add(90 * time.Minute)
	w.apply()
	if n, ok := last[EndsChanged](s); !ok || !n.Ends.Equal(w.order.Ends) {
		t.Fatal("nobody said that the end moved")
	}
	w.clock.move(91 * time.Minute)
	w.eventually("the room closed by itself", func() bool { return s.reason() == ReasonTime })
	w.eventually("joining says so", func() bool {
		_, err := w.m.Join(ctx, "r", "host", "", &socket{})
		return errors.Is(err, ErrEnded)
	})
	w.apply()
	if _, err := w.m.Join(ctx, "r", "host", "", &socket{}); !errors.Is(err, ErrEnded) {
		t.Fatal("a late order opened an ended room", err)
	}
}

func TestEndForAll(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	host, hostSocket := w.join("host")
	mother, motherSocket := w.join("mother")
	_, guestSocket := w.join("guest")
	if err := mother.End(ctx); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := host.End(ctx); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*socket{hostSocket, motherSocket, guestSocket} {
		if s.reason() != ReasonEnded {
			t.Error(s.reason())
		}
	}
	w.eventually("events", func() bool {
		return slices.Equal(w.diary.kinds("mother"), []EventKind{Joined, Left}) &&
			slices.Equal(w.diary.kinds("guest"), []EventKind{Knocked, StoppedWaiting}) && slices.Equal(w.diary.kinds(""), []EventKind{Ended})
	})
}

func TestEventsSurviveAFailingSinkAndShutdownLosesNone(t *testing.T) {
	w := newWorld(t)
	w.diary.fail = 3
	w.join("host")
	w.join("mother")
	w.close()
	if k := w.diary.kinds("mother"); !slices.Equal(k, []EventKind{Joined, Left}) {
		t.Fatal(k)
	}
	if err := w.m.Apply(ctx, w.order); !errors.Is(err, ErrStopping) {
		t.Fatal(err)
	}
}

func TestASinkThatNeverTakesIsCounted(t *testing.T) {
	w := newWorld(t)
	w.diary.fail = 1 << 30
	w.join("host")
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := w.m.Close(short); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if n := w.m.Counts().EventsWaiting; n != 2 {
		t.Fatal("joined and left wait", n)
	}
}

func TestBadOrdersSayWhatIsWrong(t *testing.T) {
	good := Order{Room: "r", Opens: ten, Ends: ten.Add(time.Hour), Members: []Member{{ID: "a", Name: "A", Role: Host}}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Order){
		"no room":      func(o *Order) { o.Room = "" },
		"times":        func(o *Order) { o.Ends = o.Opens },
		"twice":        func(o *Order) { o.Members = append(o.Members, o.Members[0]) },
		"no name":      func(o *Order) { o.Members = []Member{{ID: "a", Role: Host}} },
		"bad UTF-8":    func(o *Order) { o.Members = []Member{{ID: "a", Name: "\xff", Role: Host}} },
		"no such role": func(o *Order) { o.Members = []Member{{ID: "a", Name: "A", Role: "king"}} },
		"too many":     func(o *Order) { o.Members = make([]Member, MaxMembers+1) },
	} {
		o := good
		spoil(&o)
		if err := o.Validate(); ids.KindOf(err) == ids.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}
