package turnserver

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a UDP port that sends everything back.
func echo(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(b[:n], from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c
}

func start(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	media := echo(t)
	cfg := Config{UDP: "127.0.0.1:0", Secret: []byte("0123456789abcdef"), Media: []net.UDPAddr{*media.LocalAddr().(*net.UDPAddr)}}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t *testing.T, s *Server, user, password string) *turn.Client {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	address := strings.TrimSuffix(strings.TrimPrefix(s.URLs()[0], "turn:"), "?transport=udp")
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: address, TURNServerAddr: address, Conn: conn, Username: user,
		Password: password, Realm: "kinbridge", RTO: 50 * time.Millisecond, LoggerFactory: silent()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func relay(t *testing.T, s *Server) net.PacketConn {
	t.Helper()
	user, password := s.Credential("member", time.Minute)
	r, err := dial(t, s, user, password).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// answers says whether what is sent to an address through the relay comes back.
func answers(t *testing.T, r net.PacketConn, to net.Addr) (bool, error) {
	t.Helper()
	if _, err := r.WriteTo([]byte("hello"), to); err != nil {
		return false, err
	}
	_ = r.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	b := make([]byte, 100)
	n, from, err := r.ReadFrom(b)
	return err == nil && string(b[:n]) == "hello" && from.String() == to.String(), nil
}

func TestRelaysToTheMediaPortAndNowhereElse(t *testing.T) {
	s := start(t, nil)
	r := relay(t, s)
	if ok, err := answers(t, r, &s.cfg.Media[0]); !ok {
		t.Fatal("the media port is not reached", err)
	}
	if ok, _ := answers(t, r, echo(t).LocalAddr()); ok {
		t.Fatal("another port of the same host was reached: an open relay")
	}
	if _, err := answers(t, r, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: s.cfg.Media[0].Port}); err == nil {
		t.Fatal("a permission for another host was given")
	}
}

func TestTheMediaPortIsReachedByItsPublicAddress(t *testing.T) {
	public := net.IPv4(203, 0, 113, 7)
	s := start(t, func(c *Config) { c.Announced = []net.IP{public} })
	if ok, err := answers(t, relay(t, s), &net.UDPAddr{IP: public, Port: s.cfg.Media[0].Port}); !ok {
		t.Fatal("not reached, or the answer came from another address", err)
	}
}

func TestCredentialsEnd(t *testing.T) {
	now := time.Now()
	s := start(t, func(c *Config) { c.Now = func() time.Time { return now } })
	user, password := s.Credential("member", time.Minute)
	expired, expiredPassword := s.Credential("member", -time.Second)
	for name, c := range map[string][2]string{"wrong password": {user, password + "x"}, "expired": {expired, expiredPassword},
		"no expiry": {"member", s.password("member")}, "later expiry": {"9" + user, password}} {
		if r, err := dial(t, s, c[0], c[1]).Allocate(); err == nil {
			r.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOneCredentialHasAQuota(t *testing.T) {
	s := start(t, func(c *Config) { c.PerUser = 2 })
	user, password := s.Credential("member", time.Minute)
	for i := range 3 {
		r, err := dial(t, s, user, password).Allocate()
		if (err == nil) != (i < 2) {
			t.Fatalf("allocation %d: %v", i+1, err)
		}
		if err == nil {
			t.Cleanup(func() { r.Close() })
		}
	}
}
