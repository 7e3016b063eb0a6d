package rooms_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"kinbridge/rooms"
	"kinbridge/rooms/internal/testpeer"
	"kinbridge/rooms/room"
)

// certificate is one that this process trusts: pion's client takes the system's roots and no others.
var certificate *tls.Config

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "rooms")
	if err != nil {
		panic(err)
	}
	certificate = trusted(filepath.Join(folder, "root.pem"))
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(folder)
		os.Exit(code)
	}))
}

type diary struct {
	mu     sync.Mutex
	events []room.Event
}

func (d *diary) RoomEvent(_ context.Context, e room.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	return nil
}

func (d *diary) kinds(m room.MemberID) (out []room.EventKind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Member == m {
			out = append(out, e.Kind)
		}
	}
	return out
}

// house is a media server behind an HTTP server, with one room for a host, a mother and a guest.
type house struct {
	server *rooms.Server
	http   *httptest.Server
	diary  *diary
	order  room.Order
}

func open(t *testing.T, turn rooms.TURNConfig) *house {
	t.Helper()
	h := &house{diary: &diary{}}
	var err error
	h.server, err = rooms.NewServer(rooms.Config{TicketKey: make([]byte, 32), TURN: turn,
		Media: rooms.MediaConfig{UDP: "127.0.0.1:0", Loopback: true}}, h.diary)
	if err != nil {
		t.Fatal(err)
	}
	h.http = httptest.NewServer(h.server.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.server.Close(ctx); err != nil {
			t.Error(err)
		}
		h.http.Close()
	})
	h.order = room.Order{Room: "mtg", Revision: 1, Language: "en", Opens: time.Now().Add(-time.Minute), Ends: time.Now().Add(time.Hour),
		Members: []room.Member{
			{ID: "host", Name: "Anwen Price", Role: room.Host, Rights: room.DefaultRights(room.Host)},
			{ID: "mother", Name: "Carys Bevan", Role: room.Mother, Rights: room.DefaultRights(room.Mother)},
			{ID: "guest", Name: "Dilys Howe", Role: room.Guest, Rights: room.DefaultRights(room.Guest), Lobby: true},
		}}
	if err := h.server.Apply(t.Context(), h.order); err != nil {
		t.Fatal(err)
	}
	return h
}

// member is a whole client: a socket and a browser's media.
type member struct {
	t     *testing.T
	conn  *websocket.Conn
	media *testpeer.Peer
	mu    sync.Mutex
	heard []map[string]any
	ended chan struct{}
}

func (h *house) enter(t *testing.T, id room.MemberID) *member {
	t.Helper()
	ticket, err := h.server.MintTicket("mtg", id, "", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.http.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &member{t: t, conn: conn, ended: make(chan struct{})}
	go m.read()
	t.Cleanup(func() { conn.Close(); <-m.ended })
	m.say(map[string]any{"type": "join", "v": 1, "ticket": ticket})
	return m
}

func (m *member) read() {
	defer close(m.ended)
	for {
		var got map[string]any
		if err := m.conn.ReadJSON(&got); err != nil {
			return
		}
		m.mu.Lock()
		m.heard = append(m.heard, got)
		m.mu.Unlock()
	}
}

func (m *member) say(message any) {
	m.t.Helper()
	if err := m.conn.WriteJSON(message); err != nil {
		m.t.Fatal(err)
	}
}

// wait returns the newest message of a type, once there is one.
func (m *member) wait(kind string) (found map[string]any) {
	m.t.Helper()
	testpeer.Eventually(m.t, "a message "+kind, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, got := range m.heard {
			if got["type"] == kind {
				found = got
			}
		}
		return found != nil
	})
	return found
}

// publish negotiates media with the ICE servers the room gave.
func (m *member) publish(author uint32, o testpeer.Options) {
	m.t.Helper()
	entered := m.wait("entered")
	var servers []struct {
		URLs                 []string
		Username, Credential string
	}
	b, _ := json.Marshal(entered["iceServers"])
	if err := json.Unmarshal(b, &servers); err != nil {
		m.t.Fatal(err)
	}
	if o.RelayOnly {
		for _, s := range servers {
			for _, u := range s.URLs {
				o.ICE = append(o.ICE, webrtc.ICEServer{URLs: []string{u}, Username: s.Username, Credential: s.Credential})
			}
		}
	}
	o.Lines = 2
	m.media = testpeer.New(m.t, author, o)
	m.say(map[string]any{"type": "offer", "ref": 1, "leg": "", "sdp": m.media.Offer(m.t, false)})
	answer, _ := m.wait("answer")["sdp"].(string)
	m.media.Accept(m.t, answer)
	m.media.Send()
}

func sum(a, b int) int { return a + b }

func TestAMeetingOfThreeWithALobby(t *testing.T) {
	h := open(t, rooms.TURNConfig{})
	host, mother, guest := h.enter(t, "host"), h.enter(t, "mother"), h.enter(t, "guest")
	host.publish(1, testpeer.Options{})
	mother.publish(2, testpeer.Options{})
	receives := func(m *member, author uint32) {
		t.Helper()
		testpeer.Eventually(t, "sound and pictures of the others", func() bool {
			a, v := m.media.Heard(author)
			return a > 20 && v > 20
		})
	}
	receives(host, 2)
	receives(mother, 1)
	guest.wait("waiting")
	guest.say(map[string]any{"type": "offer", "ref": 7, "leg": "", "sdp": "v=0"})
	if e := guest.wait("error"); e["code"] != "forbidden" || e["ref"] != 7.0 {
		t.Fatal(e)
	}
	for _, got := range guest.heard {
		if s, _ := json.Marshal(got); strings.Contains(string(s), "Carys") || strings.Contains(string(s), "Anwen") {
			t.Fatalf("the lobby was told a name: %s", s)
		}
	}
	host.wait("lobby")
	host.say(map[string]any{"type": "admit", "member": "guest"})
	guest.publish(3, testpeer.Options{})
	receives(guest, 1)
	receives(guest, 2)
	receives(host, 3)
	receives(mother, 3)

	// The mother and the host talk in private, on the same connections: nothing crosses, either way, and it comes again after.
	mother.say(map[string]any{"type": "private", "member": "host"})
	aside := func(is bool) {
		testpeer.Eventually(t, "everybody sees who is in private", func() bool {
			p, _ := guest.wait("member")["member"].(map[string]any)
			return p["private"] == is
		})
	}
	aside(true)
	time.Sleep(50 * time.Millisecond) // what was in the network when the wall went up
	silent, hostOf, motherOf := guest.media.Total(), sum(host.media.Heard(3)), sum(mother.media.Heard(3))
	between := sum(host.media.Heard(2))
	testpeer.Eventually(t, "the two hear each other", func() bool { return sum(host.media.Heard(2)) > between+20 })
	if n := guest.media.Total(); n != silent {
		t.Fatalf("%d packets reached the guest from a private word", n-silent)
	}
	if h, m := sum(host.media.Heard(3)), sum(mother.media.Heard(3)); h != hostOf || m != motherOf {
		t.Fatalf("%d packets of the guest reached the private word", h-hostOf+m-motherOf)
	}
	host.say(map[string]any{"type": "return"})
	aside(false)
	testpeer.Eventually(t, "the guest hears them again", func() bool { return guest.media.Total() > silent+20 })

	// An order withdraws the mother's right to be heard and seen; then the host puts the guest out.
	h.order.Revision, h.order.Members[1].Rights.Publish = 2, false
	if err := h.server.Apply(t.Context(), h.order); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // what was in the network when Apply returned
	a, v := host.media.Heard(2)
	time.Sleep(200 * time.Millisecond)
	if a2, v2 := host.media.Heard(2); a2 != a || v2 != v {
		t.Fatalf("%d packets after the right was withdrawn", a2+v2-a-v)
	}
	host.say(map[string]any{"type": "remove", "member": "guest"})
	if bye := guest.wait("bye"); bye["reason"] != "removed" {
		t.Fatal(bye)
	}
	time.Sleep(50 * time.Millisecond)
	total := guest.media.Total()
	time.Sleep(200 * time.Millisecond)
	if n := guest.media.Total(); n != total {
		t.Fatalf("%d packets after she was removed", n-total)
	}
	host.say(map[string]any{"type": "end"})
	if bye := mother.wait("bye"); bye["reason"] != "ended" {
		t.Fatal(bye)
	}
	testpeer.Eventually(t, "the events", func() bool {
		k := h.diary.kinds("guest")
		return len(k) == 4 && k[0] == room.Knocked && k[1] == room.Admitted && k[2] == room.Joined && k[3] == room.Removed
	})
	testpeer.Eventually(t, "nothing is left open", func() bool { return h.server.Counts() == rooms.Counts{} })
}

func TestRelayOnly(t *testing.T) {
	for name, turn := range map[string]rooms.TURNConfig{
		"UDP": {UDP: "127.0.0.1:0"}, "TCP": {TCP: "127.0.0.1:0"}, "TLS": {TLS: "127.0.0.1:0", Certificate: certificate}} {
		t.Run(name, func(t *testing.T) {
			h := open(t, turn)
			host, mother := h.enter(t, "host"), h.enter(t, "mother")
			host.publish(1, testpeer.Options{})
			mother.publish(2, testpeer.Options{RelayOnly: true})
			for _, p := range []struct {
				m      *member
				author uint32
			}{{host, 2}, {mother, 1}} {
				testpeer.Eventually(t, "sound and pictures through the relay", func() bool {
					a, v := p.m.media.Heard(p.author)
					return a > 20 && v > 20
				})
			}
			if n := h.server.Counts().Relays; n == 0 {
				t.Fatal("nothing went through the relay")
			}
		})
	}
}

// trusted makes a certificate and puts it in a file that is this process's set of roots.
func trusted(file string) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", file)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

func TestBadConfigurationIsRefusedAndLeavesNothingOpen(t *testing.T) {
	good := func() rooms.Config {
		return rooms.Config{TicketKey: make([]byte, 32), Media: rooms.MediaConfig{UDP: "127.0.0.1:0"}}
	}
	for want, spoil := range map[string]func(*rooms.Config){
		"ticket key":  func(c *rooms.Config) { c.TicketKey = c.TicketKey[:8] },
		"UDP":         func(c *rooms.Config) { c.Media.UDP = "x" },
		"certificate": func(c *rooms.Config) { c.TURN.TLS = "127.0.0.1:0" },
		"secret":      func(c *rooms.Config) { c.TURN.UDP, c.TURN.Secret = "127.0.0.1:0", []byte("short") },
		"public":      func(c *rooms.Config) { c.TURN.UDP, c.Media.PublicIPs = "127.0.0.1:0", []string{"host.example"} },
	} {
		cfg := good()
		spoil(&cfg)
		if _, err := rooms.NewServer(cfg, &diary{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := rooms.NewServer(good(), nil); err == nil {
		t.Error("no sink accepted")
	}
}
