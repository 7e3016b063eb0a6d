package signalling

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"kinbridge/rooms/media"
	"kinbridge/rooms/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type noMedia struct{}

func (noMedia) NewPeer(media.Owner) (media.Peer, error) {
	return nil, errors.New("no media in these tests")
}

type events struct {
	mu  sync.Mutex
	all []room.Event
}

func (e *events) RoomEvent(_ context.Context, got room.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, got)
	return nil
}

// desk is a handler with a real room behind it, in which a host and a mother are expected, and a guest in the lobby.
type desk struct {
	events *events
	t      *testing.T
	server *httptest.Server
	signer *Signer
	rooms  *room.Manager
	h      *Handler
}

func newDesk(t *testing.T, change func(*Config)) *desk {
	t.Helper()
	signer, err := NewSigner(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	told := &events{}
	rooms, err := room.NewManager(room.Config{Engine: noMedia{}}, told)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Desk: rooms, Signer: signer, Spent: NewMemory(time.Now)}
	if change != nil {
		change(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{events: told, t: t, server: httptest.NewServer(h), signer: signer, rooms: rooms, h: h}
	t.Cleanup(func() {
		if err := rooms.Close(context.Background()); err != nil {
			t.Error(err)
		}
		h.Close()
		d.server.Close()
	})
	err = rooms.Apply(t.Context(), room.Order{Room: "r", Revision: 1, Language: "en", Opens: time.Now().Add(-time.Hour),
		Ends: time.Now().Add(time.Hour), Members: []room.Member{
			{ID: "host", Name: "Anwen Price", Role: room.Host, Rights: room.DefaultRights(room.Host)},
			{ID: "mother", Name: "Carys Bevan", Role: room.Mother, Rights: room.DefaultRights(room.Mother)},
			{ID: "guest", Name: "Dilys Howe", Role: room.Guest, Rights: room.DefaultRights(room.Guest), Lobby: true}}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) ticket(member string, change func(*Ticket)) string {
	d.t.Helper()
	t := Ticket{Room: "r", Member: member, Issued: time.Now().Add(time.Second), Expires: time.Now().Add(time.Minute)}
	if change != nil {
		change(&t)
	}
	text, err := d.signer.Sign(t)
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

type client struct {
	t *testing.T
	*websocket.Conn
}

func (d *desk) dial(header http.Header) *client {
	d.t.Helper()
	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(d.server.URL, "http"), header)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return &client{d.t, c}
}

func (c *client) send(m map[string]any) {
	c.t.Helper()
	if err := c.WriteJSON(m); err != nil {
		c.t.Fatal(err)
	}
}

// until reads to the first message of a type.
func (c *client) until(kind string) map[string]any {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var m map[string]any
		if err := c.ReadJSON(&m); err != nil {
			c.t.Fatalf("waiting for %s: %v", kind, err)
		}
		if m["type"] == kind {
			return m
		}
	}
}

// end reads to the end and returns the last error code and the close code.
func (c *client) end() (code string, closed int) {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		_, b, err := c.ReadMessage()
		if err != nil {
			var e *websocket.CloseError
			if errors.As(err, &e) {
				return code, e.Code
			}
			c.t.Fatalf("the socket ended without a close code: %v", err)
		}
		var m struct{ Type, Code string }
		if json.Unmarshal(b, &m) == nil && m.Type == "error" {
			code = m.Code
		}
	}
}

func (d *desk) join(member string) (*client, map[string]any) {
	d.t.Helper()
	c := d.dial(nil)
	c.send(map[string]any{"type": "join", "v": 1, "ticket": d.ticket(member, nil)})
	if member == "guest" {
		return c, c.until("waiting")
	}
	return c, c.until("entered")
}

func TestTicketsThatAreRefused(t *testing.T) {
	d := newDesk(t, nil)
	foreign, err := NewSigner([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := foreign.Sign(Ticket{Room: "r", Member: "host", Issued: time.Now(), Expires: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	good := d.ticket("host", nil)
	used := d.ticket("mother", nil)
	first := d.dial(nil)
	first.send(map[string]any{"type": "join", "v": 1, "ticket": used})
	first.until("entered")
	for name, c := range map[string]struct {
		ticket, code string
		closed       int
	}{
		"none":           {"", "ticket_invalid", CloseTicket},
		"foreign key":    {forged, "ticket_invalid", CloseTicket},
		"changed":        {"x" + good, "ticket_invalid", CloseTicket},
		"cut":            {good[:len(good)-2], "ticket_invalid", CloseTicket},
		"expired":        {d.ticket("host", func(t *Ticket) { t.Expires = time.Now().Add(-time.Second) }), "ticket_expired", CloseTicket},
		"used":           {used, "ticket_used", CloseTicket},
		"before restart": {d.ticket("host", func(t *Ticket) { t.Issued = time.Now().Add(-time.Hour) }), "ticket_used", CloseTicket},
		"foreign room":   {d.ticket("host", func(t *Ticket) { t.Room = "other" }), "no_room", CloseNoRoom},
		"no member":      {d.ticket("stranger", nil), "not_expected", CloseNotAllowed},
	} {
		socket := d.dial(nil)
		socket.send(map[string]any{"type": "join", "v": 1, "ticket": c.ticket})
		if code, closed := socket.end(); code != c.code || closed != c.closed {
			t.Errorf("%s: %s, %d; want %s, %d", name, code, closed, c.code, c.closed)
		}
	}
	want := map[room.Reason]int{"ticket_invalid": 4, "ticket_expired": 1, "ticket_used": 2, "no_room": 1, "not_expected": 1}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		got := map[room.Reason]int{}
		d.events.mu.Lock()
		for _, e := range d.events.all {
			if e.Kind == room.TicketRefused {
				got[e.Reason]++
				if (e.Member == "") != (e.Reason == "ticket_invalid") {
					t.Errorf("who it was is recorded exactly when we signed the ticket: %+v", e)
				}
			}
		}
		d.events.mu.Unlock()
		if maps.Equal(got, want) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("refusals recorded: %v, want %v", got, want)
		}
	}
	first.send(map[string]any{"type": "ping", "ref": 5})
	if pong := first.until("pong"); pong["ref"] != 5.0 {
		t.Error("the member already in was disturbed", pong)
	}
}

func TestOneTicketUsedByManyAtOnceLetsOneIn(t *testing.T) {
	d := newDesk(t, nil)
	ticket := d.ticket("mother", nil)
	var wait sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 8 {
		c := d.dial(nil)
		wait.Add(1)
		go func() {
			defer wait.Done()
			_ = c.WriteJSON(map[string]any{"type": "join", "v": 1, "ticket": ticket})
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			var m map[string]any
			if c.ReadJSON(&m) == nil && m["type"] == "entered" {
				mu.Lock()
				in++
				mu.Unlock()
			}
		}()
	}
	wait.Wait()
	if in != 1 {
		t.Fatalf("%d came in with one ticket", in)
	}
}

func TestTicketsAreBoundToADevice(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Device = func(r *http.Request) string { return r.Header.Get("X-Device") } })
	ticket := d.ticket("mother", func(t *Ticket) { t.Device = "kiosk-1" })
	for _, header := range []http.Header{{"X-Device": {"kiosk-2"}}, {}} {
		thief := d.dial(header)
		thief.send(map[string]any{"type": "join", "v": 1, "ticket": ticket})
		if code, closed := thief.end(); code != "ticket_device" || closed != CloseTicket {
			t.Fatal(code, closed)
		}
	}
	right := d.dial(http.Header{"X-Device": {"kiosk-1"}})
	right.send(map[string]any{"type": "join", "v": 1, "ticket": ticket})
	token := right.until("entered")["resume"]
	thief := d.dial(http.Header{"X-Device": {"kiosk-2"}})
	thief.send(map[string]any{"type": "resume", "v": 1, "room": "r", "token": token})
	if code, _ := thief.end(); code != "resume_refused" {
		t.Fatal("a token was good on another device", code)
	}
	again := d.dial(http.Header{"X-Device": {"kiosk-1"}})
	again.send(map[string]any{"type": "resume", "v": 1, "room": "r", "token": token})
	again.until("entered")
	if _, closed := right.end(); closed != CloseReplaced {
		t.Fatal("the older socket:", closed)
	}
}

func TestBadFramesEndOnlyTheirSocket(t *testing.T) {
	d := newDesk(t, nil)
	host, _ := d.join("host")
	bad := func(name string, code string, closed int, do func(c *client)) {
		t.Helper()
		c := d.dial(nil)
		do(c)
		if gotCode, got := c.end(); gotCode != code || got != closed {
			t.Errorf("%s: %q, %d; want %q, %d", name, gotCode, got, code, closed)
		}
	}
	text := func(s string) func(c *client) {
		return func(c *client) { _ = c.WriteMessage(websocket.TextMessage, []byte(s)) }
	}
	bad("not JSON", "malformed", CloseMalformed, text("hello"))
	bad("empty", "malformed", CloseMalformed, text(""))
	bad("an array", "malformed", CloseMalformed, text(`[1]`))
	bad("two objects", "malformed", CloseMalformed, text(`{"type":"join"}{"type":"join"}`))
	bad("no type", "malformed", CloseMalformed, text(`{}`))
	bad("wrong kinds", "malformed", CloseMalformed, text(`{"type":7}`))
	bad("deep", "malformed", CloseMalformed, text(`{"type":"join","candidate":`+strings.Repeat("[", 20000)+`}`))
	bad("not a first message", "malformed", CloseMalformed, text(`{"type":"leave","v":1}`))
	bad("another version", "version", CloseMalformed, text(`{"type":"join","v":2}`))
	bad("binary", "malformed", CloseMalformed, func(c *client) { _ = c.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"join"}`)) })
	bad("too large", "", websocket.CloseMessageTooBig, text(`{"type":"`+strings.Repeat("x", 65<<10)+`"}`))
	mother, _ := d.join("mother")
	for range 2000 {
		if mother.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping"}`)) != nil {
			break // closed already
		}
	}
	if code, closed := mother.end(); code != "too_many" || closed != CloseTooMany {
		t.Error("a flood:", code, closed)
	}
	host.send(map[string]any{"type": "ping", "ref": 9})
	host.until("pong")
}

func TestRequestsThatAreRefusedEndNothing(t *testing.T) {
	d := newDesk(t, nil)
	guest, _ := d.join("guest")
	mother, _ := d.join("mother")
	for _, c := range []struct {
		who  *client
		m    map[string]any
		code string
	}{
		{guest, map[string]any{"type": "admit", "member": "guest"}, "forbidden"},
		{guest, map[string]any{"type": "offer", "sdp": "v=0"}, "forbidden"},
		{guest, map[string]any{"type": "sending", "mic": true, "camera": true}, "forbidden"},
		{mother, map[string]any{"type": "admit", "member": "guest"}, "forbidden"},
		{mother, map[string]any{"type": "remove", "member": "guest"}, "forbidden"},
		{mother, map[string]any{"type": "end"}, "forbidden"},
		{mother, map[string]any{"type": "sending"}, "invalid"},
		{guest, map[string]any{"type": "private", "member": "mother"}, "forbidden"},
		{guest, map[string]any{"type": "hand", "on": true}, "forbidden"},
		{mother, map[string]any{"type": "private", "member": "guest"}, "not_found"},
		{mother, map[string]any{"type": "return"}, "forbidden"},
		{mother, map[string]any{"type": "lock", "on": true}, "forbidden"},
		{mother, map[string]any{"type": "admitall", "members": []string{"guest"}}, "forbidden"},
		{mother, map[string]any{"type": "hand", "on": true, "member": "guest"}, "forbidden"},
		{mother, map[string]any{"type": "hand"}, "invalid"},
		{mother, map[string]any{"type": "break", "member": "mother"}, "invalid"},
		{mother, map[string]any{"type": "dance"}, "invalid"},
		{mother, map[string]any{"type": "join"}, "invalid"},
	} {
		c.m["ref"] = 3
		c.who.send(c.m)
		if e := c.who.until("error"); e["code"] != c.code || e["ref"] != 3.0 {
			t.Errorf("%v: %v", c.m, e)
		}
	}
}

func TestAFloodOfOffersIsSlowedDown(t *testing.T) {
	d := newDesk(t, nil)
	mother, _ := d.join("mother")
	for range 40 {
		mother.send(map[string]any{"type": "offer", "sdp": "v=0", "leg": ""})
	}
	_ = mother.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if e := mother.until("error"); e["code"] == "too_many" {
			return
		}
	}
}

func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Origins = []string{"https://guest.example"} })
	url := "ws" + strings.TrimPrefix(d.server.URL, "http")
	for origin, want := range map[string]int{"https://evil.example": 403, "null": 403, "https://guest.example.evil.example": 403,
		"https://guest.example": 101, d.server.URL: 101} {
		c, response, _ := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {origin}})
		if response == nil || response.StatusCode != want {
			t.Errorf("%s: %v, want %d", origin, response, want)
		}
		if c != nil {
			c.Close()
		}
	}
}

func TestASlowReaderIsLetGo(t *testing.T) {
	d := newDesk(t, nil)
	host, _ := d.join("host")
	slow := &socket{cfg: d.h.cfg, outbox: make(chan []byte, 4), bye: make(chan farewell, 1), gone: make(chan struct{})}
	seat, err := d.rooms.Join(t.Context(), "r", "mother", "", slow)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		host.send(map[string]any{"type": "sending", "mic": i%2 == 0, "camera": true})
	}
	host.send(map[string]any{"type": "ping", "ref": 77})
	host.until("pong")
	select {
	case f := <-slow.bye:
		if f.code != CloseSlow {
			t.Fatal(f.code)
		}
	default:
		t.Fatal("a client that takes nothing was kept")
	}
	seat.Drop(room.ReasonSlow)
}

func TestShutdownTellsEverybodyToComeBack(t *testing.T) {
	d := newDesk(t, nil)
	host, _ := d.join("host")
	idle := d.dial(nil)
	if err := d.rooms.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	go d.h.Close()
	if _, closed := host.end(); closed != CloseUnavailable {
		t.Error(closed)
	}
	if _, closed := idle.end(); closed != CloseUnavailable {
		t.Error(closed)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"type":"join","v":1,"ticket":"a.b"}`, `{"type":"offer","ref":1,"leg":"","sdp":"v=0","sources":{"0":"mic"}}`,
		`{"type":"candidate","candidate":{"candidate":"","sdpMid":"0","sdpMLineIndex":0}}`, `{"type":"sending","mic":true,"camera":false}`,
		`[]`, `{"type":"x"}{}`, `{"type":"offer","sources":{"0":"king"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		r, err := parse(frame)
		if err == nil && (r.Type == "" || len(r.Type) > 32 || len(r.Sources) > 8) {
			t.Fatalf("accepted %q as %+v", frame, r)
		}
	})
}

func FuzzTicket(f *testing.F) {
	signer, err := NewSigner(make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	good, err := signer.Sign(Ticket{Room: "r", Member: "m", Issued: now, Expires: now.Add(time.Minute), ID: "1"})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", ".", "a.b", good + "=", strings.ToUpper(good)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if ticket, err := signer.Verify(text, now); err == nil && text != good {
			t.Fatalf("accepted %q as %+v", text, ticket)
		}
	})
}
