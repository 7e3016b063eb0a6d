package sfu_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/internal/testpeer"
	"kinbridge/rooms/media"
	"kinbridge/rooms/sfu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is a forwarding table in which everybody receives everybody else, unless a wall stands between.
type table struct {
	mu      sync.Mutex
	peers   map[string]media.Peer
	streams map[string][]media.Stream // by leg
	walls   map[[2]string]bool        // publisher, subscriber
	places  map[string]media.Placement
	states  map[string]media.State
}

func newTable() *table {
	return &table{peers: map[string]media.Peer{}, streams: map[string][]media.Stream{}, walls: map[[2]string]bool{},
		places: map[string]media.Placement{}, states: map[string]media.State{}}
}

func (b *table) StreamAdded(leg media.Leg, s media.Stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streams[leg.ID()] = append(b.streams[leg.ID()], s)
	b.refreshLocked()
}

func (b *table) StreamRemoved(leg media.Leg, s media.Stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kept []media.Stream
	for _, o := range b.streams[leg.ID()] {
		if o != s {
			kept = append(kept, o)
		}
	}
	b.streams[leg.ID()] = kept
	b.refreshLocked()
}

func (b *table) LegState(leg media.Leg, s media.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.states[leg.ID()] = s
}

func (b *table) refreshLocked() {
	for id, peer := range b.peers {
		var all []media.Stream
		for from, streams := range b.streams {
			if from != id && !b.walls[[2]string{from, id}] {
				all = append(all, streams...)
			}
		}
		b.places[id] = peer.Listen(all)
	}
}

func (b *table) wall(publisher, subscriber string, up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.walls[[2]string{publisher, subscriber}] = up
	b.refreshLocked()
}

func engine(t testing.TB, cfg sfu.Config) *sfu.Engine {
	t.Helper()
	cfg.Loopback = true
	if cfg.UDP == "" {
		cfg.UDP = "127.0.0.1:0"
	}
	e, err := sfu.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// join connects a browser to a new peer of the engine.
func join(t testing.TB, e *sfu.Engine, b *table, author uint32, o testpeer.Options) (*testpeer.Peer, media.Peer) {
	t.Helper()
	peer, err := e.NewPeer(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := peer.Close(); err != nil {
			t.Error(err)
		}
	})
	b.mu.Lock()
	b.peers[peer.ID()] = peer
	b.refreshLocked()
	b.mu.Unlock()
	if o.Lines == 0 {
		o.Lines = 2
	}
	browser := testpeer.New(t, author, o)
	negotiate(t, browser, peer, false)
	browser.Send()
	return browser, peer
}

func negotiate(t testing.TB, browser *testpeer.Peer, peer media.Peer, restart bool) media.Placement {
	t.Helper()
	answer, placed, err := peer.Answer(context.Background(), media.Offer{SDP: browser.Offer(t, restart)})
	if err != nil {
		t.Fatal(err)
	}
	if role := testpeer.Suite(answer); role != "passive" {
		t.Fatalf("the server must be the DTLS server for AES-GCM, but its role is %q", role)
	}
	browser.Accept(t, answer)
	return placed
}

func hears(p *testpeer.Peer, author uint32, more int) func() bool {
	audio, video := p.Heard(author)
	return func() bool {
		a, v := p.Heard(author)
		return a >= audio+more && v >= video+more
	}
}

func TestThreeReceiveEachOther(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, _ := join(t, e, b, 1, testpeer.Options{})
	two, _ := join(t, e, b, 2, testpeer.Options{})
	three, _ := join(t, e, b, 3, testpeer.Options{})
	for _, pair := range []struct {
		p      *testpeer.Peer
		author uint32
	}{{one, 2}, {one, 3}, {two, 1}, {two, 3}, {three, 1}, {three, 2}} {
		testpeer.Eventually(t, "everybody receives sound and pictures of everybody else", hears(pair.p, pair.author, 30))
	}
	for name, p := range map[string]*testpeer.Peer{"one": one, "two": two, "three": three} {
		if a, v := p.Heard(map[string]uint32{"one": 1, "two": 2, "three": 3}[name]); a+v > 0 {
			t.Errorf("%s receives herself", name)
		}
		for mid, l := range p.Lines() {
			if l.Gaps != 0 || len(l.SSRCs) != 1 {
				t.Errorf("%s, line %s: %d gaps, %d sources on loopback", name, mid, l.Gaps, len(l.SSRCs))
			}
		}
	}
	testpeer.Eventually(t, "publishers get congestion feedback and reports, subscribers sender reports", func() bool {
		plis, congestion, receiver, sender := one.Feedback()
		return plis > 0 && congestion > 3 && receiver > 0 && sender > 0
	})
}

func TestALineIsUsedAgainWithoutABreakInItsNumbers(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, _ := join(t, e, b, 1, testpeer.Options{Lines: 1})
	two, legTwo := join(t, e, b, 2, testpeer.Options{Lines: 1})
	testpeer.Eventually(t, "one receives two", hears(one, 2, 20))
	two.Close()
	if err := legTwo.Close(); err != nil {
		t.Fatal(err)
	}
	join(t, e, b, 3, testpeer.Options{Lines: 1})
	testpeer.Eventually(t, "one receives three on the same lines", hears(one, 3, 20))
	for mid, l := range one.Lines() {
		if l.Video && !l.TurnedOnKey {
			t.Errorf("line %s: the pictures of three began before a keyframe", mid)
		}
		if l.Gaps != 0 || len(l.SSRCs) != 1 || len(l.Authors) != 2 {
			t.Errorf("line %s: %d gaps, %d sources, authors %v", mid, l.Gaps, len(l.SSRCs), l.Authors)
		}
	}
}

func TestTooFewLinesAreSaidAndMoreCanBeAdded(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, legOne := join(t, e, b, 1, testpeer.Options{Lines: 1})
	join(t, e, b, 2, testpeer.Options{})
	join(t, e, b, 3, testpeer.Options{})
	placed := func() media.Placement { b.mu.Lock(); defer b.mu.Unlock(); return b.places[legOne.ID()] }
	testpeer.Eventually(t, "one line of each kind is missing", func() bool {
		p := placed()
		return p.NeedAudio == 1 && p.NeedVideo == 1 && len(p.Places) == 2
	})
	one.AddLines(t, 1, 1)
	if p := negotiate(t, one, legOne, false); p.NeedAudio+p.NeedVideo != 0 || len(p.Places) != 4 {
		t.Fatalf("%+v", p)
	}
	testpeer.Eventually(t, "one receives two", hears(one, 2, 20))
	testpeer.Eventually(t, "one receives three", hears(one, 3, 20))
}

func TestAWallStopsWithinOnePacketAndComingBackBeginsWithAKeyframe(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, legOne := join(t, e, b, 1, testpeer.Options{})
	_, legTwo := join(t, e, b, 2, testpeer.Options{})
	testpeer.Eventually(t, "one receives two", hears(one, 2, 20))
	b.wall(legTwo.ID(), legOne.ID(), true)
	sent := legOne.Stats().PacketsOut
	time.Sleep(300 * time.Millisecond)
	if after := legOne.Stats().PacketsOut; after != sent {
		t.Fatalf("%d packets crossed the wall after it stood", after-sent)
	}
	b.wall(legTwo.ID(), legOne.ID(), false)
	testpeer.Eventually(t, "one receives two again", hears(one, 2, 20))
	for mid, l := range one.Lines() {
		if l.Gaps != 0 {
			t.Errorf("line %s: %d gaps", mid, l.Gaps)
		}
		if l.Keyframes == 1 {
			t.Errorf("line %s: pictures came back without a keyframe", mid)
		}
	}
}

func TestLostPacketsAreSentAgain(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	// Every tenth picture packet is lost once on its way to the browser, below its own retransmission logic.
	one, legOne := join(t, e, b, 1, testpeer.Options{Setting: lossy(10)})
	join(t, e, b, 2, testpeer.Options{})
	testpeer.Eventually(t, "one receives two", hears(one, 2, 60))
	testpeer.Eventually(t, "lost packets are sent again", func() bool { return legOne.Stats().Resent > 3 })
}

func TestICERestart(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, legOne := join(t, e, b, 1, testpeer.Options{})
	join(t, e, b, 2, testpeer.Options{})
	testpeer.Eventually(t, "one receives two", hears(one, 2, 10))
	negotiate(t, one, legOne, true)
	testpeer.Eventually(t, "one still receives two after the restart", hears(one, 2, 50))
}

func TestICEOverTCP(t *testing.T) {
	e, b := engine(t, sfu.Config{TCP: "127.0.0.1:0"}), newTable()
	one, _ := join(t, e, b, 1, testpeer.Options{TCPOnly: true})
	two, _ := join(t, e, b, 2, testpeer.Options{})
	testpeer.Eventually(t, "one receives two over TCP", hears(one, 2, 20))
	testpeer.Eventually(t, "two receives one over TCP", hears(two, 1, 20))
}

func TestBadOffersAreRefusedAndDisturbNobody(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	one, _ := join(t, e, b, 1, testpeer.Options{})
	join(t, e, b, 2, testpeer.Options{})
	peer, err := e.NewPeer(b)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	bomb := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n", 200)
	for name, sdp := range map[string]string{"empty": "", "garbage": "\x00\xff\x00", "bomb": bomb,
		"no fingerprint": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\n"} {
		_, _, err := peer.Answer(context.Background(), media.Offer{SDP: sdp})
		if kind := ids.KindOf(err); err == nil || kind != ids.Invalid && kind != ids.TooLarge {
			t.Errorf("%s: %v (%v)", name, err, kind)
		}
	}
	if err := peer.AddCandidate(media.Candidate{Line: "candidate:nonsense"}); ids.KindOf(err) != ids.Invalid {
		t.Errorf("a nonsense candidate: %v", err)
	}
	var last error
	for range 1000 {
		last = peer.AddCandidate(media.Candidate{Line: "candidate:nonsense"})
	}
	if ids.KindOf(last) != ids.TooMany {
		t.Errorf("a thousand candidates: %v", last)
	}
	testpeer.Eventually(t, "the others still receive each other", hears(one, 2, 30))
}

func TestBadConfigurationSaysWhich(t *testing.T) {
	for name, cfg := range map[string]sfu.Config{"UDP": {UDP: "nonsense"}, "TCP": {UDP: "127.0.0.1:0", TCP: "127.0.0.1:99999"}} {
		if e, err := sfu.New(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
}

func TestJoiningAndLeavingLeavesNothingBehind(t *testing.T) {
	e, b := engine(t, sfu.Config{}), newTable()
	before := 0
	for i := range 30 {
		browser, peer := join(t, e, b, uint32(i+1), testpeer.Options{})
		browser.Close()
		if err := peer.Close(); err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		delete(b.peers, peer.ID())
		b.mu.Unlock()
		if n := runtime.NumGoroutine(); i == 9 {
			before = n
		} else if i > 9 && n > before+10 {
			t.Fatalf("%d goroutines after %d joins, %d after 10", n, i+1, before)
		}
	}
	if n := e.Peers(); n != 0 {
		t.Fatalf("%d peers left", n)
	}
}
