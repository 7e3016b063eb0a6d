package room

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// three are a host, a mother and a guest in a room, with media.
type three struct {
	*world
	host, mother, guest                   *Seat
	hostSocket, motherSocket, guestSocket *socket
	hostLeg, motherLeg, guestLeg          *leg
}

func newThree(t *testing.T) *three {
	t.Helper()
	w := &three{world: newWorld(t)}
	w.host, w.hostSocket = w.join("host")
	w.mother, w.motherSocket = w.join("mother")
	w.guest, w.guestSocket = w.join("guest")
	if err := w.host.Admit(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	w.hostLeg, w.motherLeg, w.guestLeg = w.media(w.host), w.media(w.mother), w.media(w.guest)
	w.settle()
	return w
}

// hears says of how many others' microphones a leg receives the next packet.
func (w *three) hears() (host, mother, guest int) {
	w.engine.shoot()
	count := func(l *leg) (n int) {
		got := l.clear()
		for _, from := range []*leg{w.hostLeg, w.motherLeg, w.guestLeg} {
			n += got[from.id+"/mic"]
		}
		return n
	}
	return count(w.hostLeg), count(w.motherLeg), count(w.guestLeg)
}

func (w *three) wantHears(when string, host, mother, guest int) {
	w.t.Helper()
	if h, m, g := w.hears(); h != host || m != mother || g != guest {
		w.t.Errorf("%s: host hears %d, mother %d, guest %d; want %d, %d, %d", when, h, m, g, host, mother, guest)
	}
}

func TestAPrivateWordIsHeardByTheTwoAlone(t *testing.T) {
	w := newThree(t)
	defer w.close()
	if n, _ := last[Private](w.motherSocket); !slices.Equal(n.May, []MemberID{"host"}) {
		t.Fatal("without a supporter the host is whom she may go with", n.May)
	}
	if n, told := last[Private](w.guestSocket); told {
		t.Fatal("a guest is offered a private word", n)
	}
	for _, s := range []*Seat{w.guest, w.mother} {
		if err := s.BeginPrivate(ctx, "observer"); err == nil {
			t.Fatal("began with somebody who is not there")
		}
	}
	if err := w.guest.BeginPrivate(ctx, "mother"); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := w.mother.BeginPrivate(ctx, "guest"); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	w.wantHears("before", 2, 2, 2)
	if err := w.mother.BeginPrivate(ctx, "host"); err != nil {
		t.Fatal(err)
	}
	w.wantHears("during", 1, 1, 0)
	if n, _ := last[PersonChanged](w.guestSocket); !n.Person.Private {
		t.Error("the others do not see that they are in private", n)
	}
	if n, _ := last[Streams](w.guestSocket); len(n.Carried) != 0 {
		t.Error("she is told of streams behind the wall", n.Carried)
	}
	if err := w.host.BeginPrivate(ctx, "mother"); !errors.Is(err, ErrAside) {
		t.Error(err)
	}
	if err := w.guest.EndPrivate(ctx); !errors.Is(err, ErrNotAside) {
		t.Error("somebody outside ended it", err)
	}
	_, observer := w.join("observer") // who comes meanwhile is outside too
	if e, _ := last[Entered](observer); !slices.ContainsFunc(e.Others, func(p Person) bool { return p.ID == "mother" && p.Private }) {
		t.Error("one who comes is not told that they are in private", e.Others)
	}
	if err := w.host.EndPrivate(ctx); err != nil {
		t.Fatal(err)
	}
	w.wantHears("after", 2, 2, 2)
	if n, _ := last[PersonChanged](w.guestSocket); n.Person.Private {
		t.Error("the others do not see that they are back", n)
	}
	w.eventually("both ends are recorded", func() bool {
		w.diary.mu.Lock()
		defer w.diary.mu.Unlock()
		var got []Event
		for _, e := range w.diary.events {
			if e.Kind == PrivateBegan || e.Kind == PrivateEnded {
				got = append(got, e)
			}
		}
		return len(got) == 2 && got[0].Member == "host" && got[0].By == "mother" && got[1].By == "host" && got[1].Reason == ""
	})
}

func TestASupporterComesBeforeTheHost(t *testing.T) {
	w := newThree(t)
	defer w.close()
	w.order.Members[3].Role, w.order.Members[3].Rights = Supporter, DefaultRights(Supporter)
	w.apply()
	supporter, _ := w.join("observer")
	if n, _ := last[Private](w.motherSocket); !slices.Equal(n.May, []MemberID{"observer"}) {
		t.Fatal(n.May)
	}
	if err := w.host.BeginPrivate(ctx, "mother"); !errors.Is(err, ErrNoRight) {
		t.Fatal("the host began one though a supporter is there", err)
	}
	if err := supporter.BeginPrivate(ctx, "mother"); err != nil {
		t.Fatal(err)
	}
	w.wantHears("during", 1, 0, 1) // the supporter sends nothing here: no media
	if err := w.mother.EndPrivate(ctx); err != nil {
		t.Fatal(err)
	}
	supporter.Drop(ReasonLost)
	w.settle()
	if n, _ := last[Private](w.motherSocket); !slices.Equal(n.May, []MemberID{"host"}) {
		t.Fatal("with nobody else there the host goes with her", n.May)
	}
}

func TestAPrivateWordEndsByItself(t *testing.T) {
	for name, end := range map[string]struct {
		do                  func(w *three)
		host, mother, guest int // whom each hears then
		reason              Reason
	}{
		"she leaves":      {func(w *three) { _ = w.mother.Leave(ctx) }, 1, 0, 1, ReasonLeft},
		"the host leaves": {func(w *three) { _ = w.host.Leave(ctx) }, 0, 1, 1, ReasonLeft},
		"she is out of the order": {func(w *three) {
			w.order.Members = slices.Delete(slices.Clone(w.order.Members), 1, 2)
			w.apply()
		}, 1, 0, 1, ReasonOrder},
		"her right ends": {func(w *three) { w.order.Members[1].Rights.Ask = false; w.apply() }, 2, 2, 2, ReasonOrder},
		"his right ends": {func(w *three) { w.order.Members[0].Rights.Support = false; w.apply() }, 2, 2, 2, ReasonOrder},
		"she is lost for good": {func(w *three) {
			w.mother.Drop(ReasonLost)
			w.settle()
			w.wantHears("while she may come back", 1, 1, 0)
			w.clock.move(21 * time.Second)
			w.eventually("she is given up", func() bool { _, gone := last[PersonGone](w.guestSocket); return gone })
		}, 1, 0, 1, ReasonLost},
	} {
		t.Run(name, func(t *testing.T) {
			w := newThree(t)
			defer w.close()
			if err := w.host.BeginPrivate(ctx, "mother"); err != nil {
				t.Fatal(err)
			}
			end.do(w)
			w.wantHears("after", end.host, end.mother, end.guest)
			w.eventually("its end is recorded", func() bool {
				w.diary.mu.Lock()
				defer w.diary.mu.Unlock()
				return slices.ContainsFunc(w.diary.events, func(e Event) bool { return e.Kind == PrivateEnded && e.By == "" && e.Reason == end.reason })
			})
		})
	}
}

func TestWhoComesBackIsStillBehindTheWall(t *testing.T) {
	w := newThree(t)
	defer w.close()
	entered, _ := last[Entered](w.motherSocket)
	if err := w.host.BeginPrivate(ctx, "mother"); err != nil {
		t.Fatal(err)
	}
	w.mother.Drop(ReasonLost)
	back := &socket{}
	mother, err := w.m.Resume(ctx, "r", entered.Resume, "device-mother", back)
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := last[Entered](back); !e.Self.Private {
		t.Error("her page is not told that she is in private", e.Self)
	}
	w.motherLeg = w.media(mother)
	w.settle()
	w.wantHears("after she came back", 1, 1, 0)
}

func TestABreakIsToldToAllUntilItIsOver(t *testing.T) {
	w := newThree(t)
	defer w.close()
	if err := w.guest.Break(ctx, true, ""); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := w.host.Break(ctx, true, "mother"); !errors.Is(err, ErrNoRight) {
		t.Fatal("somebody else said it for her", err)
	}
	for range 2 {
		if err := w.mother.Break(ctx, true, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*socket{w.hostSocket, w.motherSocket, w.guestSocket} {
		if n, _ := last[PersonChanged](s); n.Person.ID != "mother" || !n.Person.Break {
			t.Error(n)
		}
	}
	if err := w.guest.Break(ctx, false, "mother"); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := w.host.Break(ctx, false, "mother"); err != nil {
		t.Fatal(err)
	}
	if n, _ := last[PersonChanged](w.guestSocket); n.Person.Break {
		t.Error("it is over and nobody says so")
	}
	w.eventually("both are recorded once", func() bool {
		return slices.Equal(w.diary.kinds("mother"), []EventKind{Joined, BreakAsked, BreakOver})
	})
}

func TestThatSheDoesNotUnderstandIsToldQuietly(t *testing.T) {
	w := newThree(t)
	defer w.close()
	if err := w.guest.NotUnderstood(ctx); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	before := len(w.guestSocket.told)
	for range 3 {
		if err := w.mother.NotUnderstood(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n, ok := last[NotUnderstoodBy](w.hostSocket); !ok || n.ID != "mother" {
		t.Error("the host was not told")
	}
	if len(w.guestSocket.told) != before {
		t.Error("the guest was told something", w.guestSocket.told[before:])
	}
	if n, _ := last[Told](w.motherSocket); !slices.Equal(n.To, []MemberID{"host"}) {
		t.Error("she was not told who knows", n)
	}
	w.clock.move(11 * time.Second)
	if err := w.mother.NotUnderstood(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.host.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.mother.NotUnderstood(ctx); err != nil {
		t.Fatal(err)
	}
	if n, _ := last[Told](w.motherSocket); n.To == nil || len(n.To) != 0 {
		t.Error("nobody is there who could help and she is not told so", n)
	}
	w.eventually("it is recorded once for every time", func() bool {
		return slices.Equal(w.diary.kinds("mother"), []EventKind{Joined, NotUnderstood, NotUnderstood})
	})
}

func TestHandsAreSeenInTheOrderInWhichTheyWentUp(t *testing.T) {
	w := newThree(t)
	defer w.close()
	observer, _ := w.join("observer")
	if err := observer.RaiseHand(ctx); !errors.Is(err, ErrNoRight) {
		t.Fatal("one who may not speak asks to", err)
	}
	for _, s := range []*Seat{w.mother, w.guest, w.mother} {
		if err := s.RaiseHand(ctx); err != nil {
			t.Fatal(err)
		}
	}
	hand := func(id MemberID) int {
		list, err := w.m.People(ctx, "r")
		if err != nil {
			t.Fatal(err)
		}
		return list[slices.IndexFunc(list, func(p Presence) bool { return p.Person.ID == id })].Person.Hand
	}
	if m, g := hand("mother"), hand("guest"); m == 0 || g <= m {
		t.Error(m, g)
	}
	if err := w.guest.LowerHand(ctx, "mother"); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := w.host.LowerHand(ctx, "mother"); err != nil {
		t.Fatal(err)
	}
	if err := w.guest.LowerHand(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if m, g := hand("mother"), hand("guest"); m != 0 || g != 0 {
		t.Error(m, g)
	}
	if err := w.mother.RaiseHand(ctx); err != nil {
		t.Fatal(err)
	}
	w.order.Members[1].Rights.Publish = false
	w.apply()
	if hand("mother") != 0 {
		t.Error("her hand is up though she may not speak")
	}
}

func TestALockedRoomTakesNobodyNew(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	w.order.Members = append(w.order.Members, Member{ID: "other", Name: "Ffion Lloyd", Role: Guest, Rights: DefaultRights(Guest), Lobby: true})
	w.apply()
	host, hostSocket := w.join("host")
	guest, _ := w.join("guest")
	if err := guest.SetLock(ctx, true); err == nil {
		t.Fatal("somebody in the lobby locked the room")
	}
	if err := host.Admit(ctx, "guest"); err != nil {
		t.Fatal(err)
	}
	if err := guest.SetLock(ctx, true); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := host.SetLock(ctx, true); err != nil {
		t.Fatal(err)
	}
	w.join("other")
	observer := func() *socket { _, s := w.join("observer"); return s }()
	if _, in := last[Entered](observer); in {
		t.Fatal("somebody new walked into a locked room")
	}
	if l, _ := last[Lobby](hostSocket); l.Count != 2 || len(l.Waiting) != 0 {
		t.Error("of those who wait at a locked room their number is told and no more", l)
	}
	if err := host.Admit(ctx, "other"); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if err := host.AdmitAll(ctx, []MemberID{"other"}); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if _, mother := w.join("mother"); func() bool { _, in := last[Entered](mother); return !in }() {
		t.Error("the mother was locked out of her own meeting")
	}
	if err := guest.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	if _, again := w.join("guest"); func() bool { _, in := last[Entered](again); return !in }() {
		t.Error("one who was in before could not come back")
	}
	if err := host.SetLock(ctx, false); err != nil {
		t.Fatal(err)
	}
	if _, in := last[Entered](observer); !in {
		t.Error("nothing but the lock kept her, and it is open")
	}
	if l, _ := last[Lobby](hostSocket); len(l.Waiting) != 1 || l.Waiting[0].ID != "other" {
		t.Error(l)
	}
}

func TestAdmitAllTakesThoseOnTheScreenWhoWereNeverTurnedAway(t *testing.T) {
	w := newWorld(t)
	defer w.close()
	for _, id := range []MemberID{"b", "c"} {
		w.order.Members = append(w.order.Members, Member{ID: id, Name: "N " + string(id), Role: Guest, Rights: DefaultRights(Guest), Lobby: true})
	}
	w.apply()
	host, hostSocket := w.join("host")
	mother, _ := w.join("mother")
	w.join("guest")
	w.join("b")
	if err := host.Refuse(ctx, "b"); err != nil {
		t.Fatal(err)
	}
	w.join("b")
	w.join("c") // knocks while the finger is on its way
	if l, _ := last[Lobby](hostSocket); len(l.Waiting) != 3 || !slices.ContainsFunc(l.Waiting, func(k Knocking) bool { return k.ID == "b" && k.Again }) {
		t.Error(l)
	}
	if err := mother.AdmitAll(ctx, []MemberID{"guest"}); !errors.Is(err, ErrNoRight) {
		t.Fatal(err)
	}
	if err := host.AdmitAll(ctx, []MemberID{"guest", "b", "nobody"}); err != nil {
		t.Fatal(err)
	}
	if l, _ := last[Lobby](hostSocket); len(l.Waiting) != 2 {
		t.Error(l)
	}
}

func TestEverybodyIsToldWhenTheMeetingIsToEnd(t *testing.T) {
	w := newThree(t)
	defer w.close()
	w.order.Until = ten.Add(50 * time.Minute)
	w.apply()
	for _, s := range []*socket{w.hostSocket, w.motherSocket, w.guestSocket} {
		if n, _ := last[EndsChanged](s); !n.Until.Equal(w.order.Until) || !n.Ends.Equal(w.order.Ends) {
			t.Errorf("%+v", n)
		}
	}
}
