package kiosk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"kinbridge/adapters/kiosk"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// socket is the browser's end of a socket.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

// frame is any frame from the server.
type frame struct {
	Type, Re, Code, Text, Why, Kind, State, Thread string
	Seq, Cursor                                    int64
	Idle, Warn, Seconds                            int
	Message                                        json.RawMessage
}

func (f frame) message(t testing.TB) kiosk.MessageView {
	t.Helper()
	var v kiosk.MessageView
	if err := json.Unmarshal(f.Message, &v); err != nil {
		t.Fatalf("%s: %v", f.Message, err)
	}
	return v
}

// messageID is the identifier that a "sent" frame carries.
func (f frame) messageID() string { return strings.Trim(string(f.Message), `"`) }

func (b *browser) dial(origin string) (*websocket.Conn, int) {
	b.w.t.Helper()
	base, _ := url.Parse(b.w.srv.URL)
	head := http.Header{}
	for _, c := range b.client.Jar.Cookies(base) {
		head.Add("Cookie", c.Name+"="+c.Value)
	}
	if origin != "" {
		head.Set("Origin", origin)
	}
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(b.w.srv.URL, "http")+"/kiosk/ws", head)
	if err != nil {
		if res == nil {
			b.w.t.Fatal(err)
		}
		return nil, res.StatusCode
	}
	return conn, res.StatusCode
}

func (b *browser) socket() *socket {
	b.w.t.Helper()
	conn, status := b.dial(b.w.srv.URL)
	if conn == nil {
		b.w.t.Fatalf("the upgrade answers %d", status)
	}
	b.w.t.Cleanup(func() { conn.Close() })
	return &socket{b.w.t, conn}
}

// hello opens a socket with a cursor and takes the welcome.
func (b *browser) hello(cursor int64) *socket {
	b.w.t.Helper()
	s := b.socket()
	s.say(`{"type":"hello","v":1,"cursor":%d}`, cursor)
	if f := s.next(); f.Type != "welcome" || f.Cursor != cursor {
		b.w.t.Fatalf("the answer to hello is %+v", f)
	}
	return s
}

func (s *socket) say(format string, args ...any) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		s.t.Fatal(err)
	}
}

// read returns the next frame but beats, or the error that ended the socket.
func (s *socket) read() (frame, error) {
	for {
		var f frame
		_ = s.conn.SetReadDeadline(time.Now().Add(15 * time.Second))
		if err := s.conn.ReadJSON(&f); err != nil {
			return f, err
		}
		if f.Type != "beat" {
			return f, nil
		}
	}
}

func (s *socket) next() frame {
	s.t.Helper()
	f, err := s.read()
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// until returns the first frame of a type.
func (s *socket) until(kind string) frame {
	s.t.Helper()
	for {
		if f := s.next(); f.Type == kind {
			return f
		}
	}
}

// ends takes frames until the socket is closed, and wants a close code.
func (s *socket) ends(code int) {
	s.t.Helper()
	for {
		_, err := s.read()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			s.t.Errorf("the socket ended with %v, want %d", err, code)
		}
		return
	}
}

func (b *browser) cursor() int64 {
	b.w.t.Helper()
	var n int64
	_, _ = fmt.Sscan(b.get("/kiosk/home").find(b.w.t, `data-cursor="(\d+)"`), &n)
	return n
}

func TestMessageArrivesAndIsSeen(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	s := b.hello(b.cursor())
	id := w.say("live", "Good <b>news</b>")
	f := s.until("item")
	m := f.message(t)
	if f.Kind != "message" || m.ID != string(id) || m.From != "Wendy Pryce" || m.Body != "Good <b>news</b>" || !m.New || m.Mine || m.When == "" {
		t.Errorf("the item is %+v with %+v", f, m)
	}
	for _, what := range []string{"shown", "seen", "seen"} {
		s.say(`{"type":"receipt","id":"receipt-%s","message":"%s","what":"%s"}`, what, id, what)
		if f := s.until("ok"); f.Re != "receipt-"+what {
			t.Errorf("the answer to %s is %+v", what, f)
		}
	}
	d, err := w.env.Store.DeliveryTo(context.Background(), id, messages.ToMother, string(w.mair))
	if err != nil || d.State != messages.Seen || d.Times.Kiosk.IsZero() || d.Times.Seen.IsZero() {
		t.Errorf("the delivery is %+v, %v", d, err)
	}
}

func TestReplayedSendIsOneMessage(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	send := fmt.Sprintf(`{"type":"send","id":"frame-0001","thread":"%s","body":"Please send the report."}`, w.official)
	var first frame
	for range 3 { // each on a new line, as after a break
		s := b.hello(b.cursor())
		for range 2 {
			s.say("%s", send)
			f := s.until("sent")
			if first.Type == "" {
				first = f
			}
			if f.messageID() != first.messageID() || f.Re != "frame-0001" || f.State != "held" {
				t.Errorf("the answer is %+v, first it was %+v", f, first)
			}
		}
		s.conn.Close()
	}
	th, err := w.f.KioskThread(context.Background(), ids.MotherActor(w.mair), w.official)
	if err != nil || len(th.Parts) != 1 {
		t.Errorf("%d messages, %v", len(th.Parts), err)
	}
	// Another woman's frame with the same identifier is her own: here, refused.
	other := w.unlocked(w.nia, niaPIN)
	s := other.hello(other.cursor())
	s.say("%s", send)
	if f := s.until("error"); f.Code != "not_found" || f.Re != "frame-0001" {
		t.Errorf("into another's thread: %+v", f)
	}
}

func TestReconnectWithACursorMissesNothing(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	cursor := b.cursor()
	seen := map[string]int{}
	var writing = make(chan struct{})
	go func() {
		defer close(writing)
		for i := range 60 {
			w.say(fmt.Sprint("n", i), fmt.Sprintf("number %d", i))
		}
	}()
	for len(seen) < 60 {
		s := b.hello(cursor)
		for range 7 { // then the line breaks
			f, err := s.read()
			if err != nil {
				t.Fatal(err)
			}
			if f.Type != "item" {
				continue
			}
			if f.Seq != cursor+1 {
				t.Fatalf("item %d after %d", f.Seq, cursor)
			}
			cursor = f.Seq
			seen[f.message(t).ID]++
			if len(seen) == 60 {
				break
			}
		}
		s.conn.Close()
		time.Sleep(5 * time.Millisecond) // its place must be free again: six sockets are all a session has
	}
	<-writing
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	s := b.socket()
	s.say(`{"type":"hello","v":1,"cursor":%d}`, cursor+1000) // from a database that was restored
	if f := s.next(); f.Type != "welcome" || f.Cursor != cursor {
		t.Errorf("a cursor ahead of the feed gives %+v, want %d", f, cursor)
	}
}

func TestBadFramesHurtOnlyTheirSocket(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	good := w.unlocked(w.nia, niaPIN)
	bystander := good.hello(good.cursor())
	cursor := b.cursor()
	for name, c := range map[string]struct {
		do   func(s *socket)
		code int
	}{
		"too large":     {func(s *socket) { s.many(1, `{"type":"send","body":"`+strings.Repeat("x", 700_000)+`"}`) }, websocket.CloseMessageTooBig},
		"binary":        {func(s *socket) { _ = s.conn.WriteMessage(websocket.BinaryMessage, []byte("{}")) }, websocket.CloseUnsupportedData},
		"not UTF-8":     {func(s *socket) { s.say("\xff\xfe") }, websocket.CloseInvalidFramePayloadData},
		"second hello":  {func(s *socket) { s.say(`{"type":"hello","v":1,"cursor":0}`) }, 4000},
		"eight bad":     {func(s *socket) { s.many(8, `{"type":"send"}`) }, 4000},
		"a flood":       {func(s *socket) { s.many(200, `{"type":"active","why":"touch"}`) }, 4003},
		"many bad deep": {func(s *socket) { s.many(8, strings.Repeat("[", 20_000)) }, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			s := b.hello(cursor)
			s.t = t
			c.do(s)
			s.ends(c.code)
		})
	}
	for raw, code := range map[string]int{`{"type":"hello","v":2,"cursor":0}`: 4005, `{"type":"lock"}`: 4000, `{"type":"send","id":"aaaaaaaa","thread":"thr_1","body":"x"}`: 4000} {
		s := b.socket()
		s.say("%s", raw)
		s.ends(code)
	}
	s := b.hello(cursor)
	s.say(`{"type":"what"}`)
	if f := s.until("error"); f.Code != "malformed" || f.Text == "" {
		t.Errorf("an unknown type gives %+v", f)
	}
	s.say(`{"type":"send","id":"aaaaaaaa","thread":"%s","body":"   "}`, w.official)
	if f := s.until("error"); f.Code != "invalid" || f.Re != "aaaaaaaa" {
		t.Errorf("an empty message gives %+v", f)
	}
	s.say(`{"type":"send","id":"aaaaaaab","thread":"%s","body":"%s"}`, w.official, strings.Repeat("y", 10_001))
	if f := s.until("error"); f.Code != "too_large" {
		t.Errorf("a long message gives %+v", f)
	}
	s.say(`{"type":"send","id":"aaaaaaac","thread":"%s","body":"nul \u0000 and \u202e"}`, w.official)
	s.until("sent")
	bystander.say(`{"type":"what"}`)
	if f := bystander.next(); f.Code != "malformed" {
		t.Errorf("the bystander got %+v", f)
	}
}

func (s *socket) many(n int, raw string) {
	for range n {
		if s.conn.WriteMessage(websocket.TextMessage, []byte(raw)) != nil {
			return // it was closed already: ends looks at the code
		}
	}
}

func TestWhoMayConnect(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	if _, status := b.dial("https://elsewhere.example"); status != http.StatusForbidden {
		t.Errorf("a foreign origin gets %d", status)
	}
	for name, other := range map[string]*browser{"a stranger": w.browser(), "a locked kiosk": w.enrolled()} {
		if _, status := other.dial(w.srv.URL); status != http.StatusUnauthorized {
			t.Errorf("%s gets %d", name, status)
		}
	}
	cursor := b.cursor()
	for range 6 {
		b.hello(cursor)
	}
	if _, status := b.dial(w.srv.URL); status != http.StatusTooManyRequests {
		t.Errorf("the seventh socket gets %d", status)
	}
}

func TestTwoKiosksOfOneWoman(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	one, two := w.unlocked(w.mair, mairPIN), w.unlocked(w.mair, mairPIN)
	cursor := one.cursor()
	first, second := one.hello(cursor), two.hello(cursor)
	id := w.say("both", "To both")
	for _, s := range []*socket{first, second} {
		if m := s.until("item").message(t); m.ID != string(id) {
			t.Errorf("it got %+v", m)
		}
	}
	one.post("/kiosk/lock")
	if f := first.until("locked"); f.Why != "ended" {
		t.Errorf("the page that was locked elsewhere is told %+v", f)
	}
	first.ends(4001)
	w.say("later", "To one")
	if m := second.until("item").message(t); m.Body != "To one" {
		t.Errorf("the other kiosk got %+v", m)
	}
}

func TestLockWithFramesInFlight(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	b := w.unlocked(w.mair, mairPIN)
	s := b.hello(b.cursor())
	s.say(`{"type":"send","id":"before-lock","thread":"%s","body":"before"}`, w.official)
	s.say(`{"type":"lock"}`)
	for i := range 5 {
		s.say(`{"type":"send","id":"after-lock-%d","thread":"%s","body":"after"}`, i, w.official)
	}
	if f := s.next(); f.Type != "sent" || f.Re != "before-lock" {
		t.Errorf("what came before the lock is answered %+v", f)
	}
	if f := s.next(); f.Type != "locked" || f.Why != "left" {
		t.Errorf("the lock is answered %+v", f)
	}
	s.ends(4001)
	th, err := w.f.KioskThread(context.Background(), ids.MotherActor(w.mair), w.official)
	if err != nil || len(th.Parts) != 1 || th.Parts[0].Body != "before" {
		t.Errorf("%d messages are kept, %v", len(th.Parts), err)
	}
	if p := b.get("/kiosk/home"); p.path != "/kiosk/locked" {
		t.Errorf("after the lock home is %s", p.path)
	}
}

func TestLockedFromElsewhere(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	for name, end := range map[string]func(b *browser){
		"a new PIN":      func(*browser) { must(w.f.ResetPIN(context.Background(), w.worker, w.mair))(t) },
		"the next woman": func(b *browser) { b.unlock(w.nia, niaPIN) },
	} {
		t.Run(name, func(t *testing.T) {
			// A fresh PIN each time: the reset changed it.
			pin := must(w.f.ResetPIN(context.Background(), w.worker, w.mair))(t)
			b := w.unlocked(w.mair, pin)
			s := b.hello(b.cursor())
			end(b)
			s.until("locked")
			s.ends(4001)
		})
	}
}

func TestSilenceAsksThenLocks(t *testing.T) {
	w := newWorld(t, kiosk.Config{Idle: 400 * time.Millisecond, Warn: 1500 * time.Millisecond})
	b := w.unlocked(w.mair, mairPIN)
	s := b.socket()
	s.say(`{"type":"hello","v":1,"cursor":%d}`, b.cursor())
	s.until("warn") // on a slow machine it can come before the welcome
	s.say(`{"type":"active","why":"touch"}`)
	s.until("awake")
	for range 8 { // something is read to her: longer than the silence that would ask
		time.Sleep(100 * time.Millisecond)
		s.say(`{"type":"active","why":"audio"}`)
	}
	s.until("warn")
	if f := s.until("locked"); f.Why != "idle" {
		t.Errorf("locked because %q", f.Why)
	}
	s.ends(4001)
	if p := b.get("/kiosk/home"); p.path != "/kiosk/locked" {
		t.Errorf("after the silence home is %s", p.path)
	}
}

func TestCloseEndsEverySocket(t *testing.T) {
	w := newWorld(t, kiosk.Config{})
	http.DefaultClient.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	b := w.unlocked(w.mair, mairPIN)
	cursor := b.cursor()
	s, silent := b.hello(cursor), b.socket()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.k.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s.ends(websocket.CloseGoingAway)
	silent.ends(websocket.CloseGoingAway)
	if _, status := b.dial(w.srv.URL); status != http.StatusServiceUnavailable {
		t.Errorf("a socket after closing gets %d", status)
	}
	b.client.CloseIdleConnections()
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).serve"), goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"))
}

// BenchmarkReleaseToKioskAt50 releases 50 messages a second and reports the time from each release to its frame in the kiosk's hands.
func BenchmarkReleaseToKioskAt50(b *testing.B) {
	w := newWorld(b, kiosk.Config{})
	k := w.unlocked(w.mair, mairPIN)
	s := k.hello(k.cursor())
	began := make(chan time.Time, 1_000_000)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	took := make([]time.Duration, 0, b.N)
	go func() {
		for i := range b.N {
			<-tick.C
			began <- time.Now()
			w.say(fmt.Sprint("bench", i), "x")
		}
	}()
	b.ResetTimer()
	for range b.N {
		s.until("item")
		took = append(took, time.Since(<-began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkReleaseToKiosk measures from the call that posts a message to its frame in the kiosk's hands, on a durable SQLite file.
func BenchmarkReleaseToKiosk(b *testing.B) {
	w := newWorld(b, kiosk.Config{})
	k := w.unlocked(w.mair, mairPIN)
	s := k.hello(k.cursor())
	i := 0
	for b.Loop() {
		i++
		if _, err := w.f.Compose(context.Background(), w.worker, flow.NewMessage{Thread: w.confided, Body: "x", IdemKey: fmt.Sprint("bench", i)}); err != nil {
			b.Fatal(err)
		}
		s.until("item")
	}
}
