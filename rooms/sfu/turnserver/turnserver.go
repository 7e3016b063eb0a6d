// Package turnserver is a TURN server (RFC 8656) for members whose network lets nothing else through: over UDP, TCP and
// TLS, on pion/turn. It relays to our own media ports and nowhere else, so that it is of no use to anybody for anything
// but our meetings.
//
// Goroutines: pion/turn's own, all ended by Close.
package turnserver

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the credential scheme browsers and servers agree on uses it (draft-uberti-behave-turn-rest)
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v4"
)

// Config says where the server listens and what it relays to. At least one of UDP, TCP and TLS is needed.
type Config struct {
	UDP, TCP, TLS string // "host:port"; empty: not offered
	Certificate   *tls.Config
	PublicHost    string // name or address in the URLs that clients get; empty: the listening address
	Relay         string // local address of relayed sockets; it must reach the media ports. Empty: 127.0.0.1
	Media         []net.UDPAddr
	Announced     []net.IP // public addresses that clients take the media ports to have (one-to-one NAT)
	Secret        []byte   // for credentials: at least 16 bytes
	Realm         string   // default "kinbridge"
	PerUser       int      // most relayed sockets of one credential at once; default 8
	Now           func() time.Time
	Logger        logging.LoggerFactory
}

// Server is a running TURN server.
type Server struct {
	cfg    Config
	server *turn.Server
	urls   []string

	mu    sync.Mutex
	users map[string]int
}

// New starts the server. Close ends it and every relay.
func New(cfg Config) (*Server, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, users: map[string]int{}}
	sc := turn.ServerConfig{Realm: cfg.Realm, AuthHandler: s.authenticate, QuotaHandler: s.quota, LoggerFactory: cfg.Logger}
	sc.EventHandler.OnAllocationCreated = func(_, _ net.Addr, _, user, _ string, _ net.Addr, _ int) { s.count(user, 1) }
	sc.EventHandler.OnAllocationDeleted = func(_, _ net.Addr, _, user, _ string) { s.count(user, -1) }
	var opened []interface{ Close() error }
	fail := func(err error) (*Server, error) {
		for _, o := range opened {
			_ = o.Close()
		}
		return nil, err
	}
	relay := &generator{cfg: cfg}
	if cfg.UDP != "" {
		conn, err := net.ListenPacket("udp", cfg.UDP)
		if err != nil {
			return fail(fmt.Errorf("TURN UDP port %s: %w", cfg.UDP, err))
		}
		opened = append(opened, conn)
		sc.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: relay, PermissionHandler: relay.permit}}
		s.addURL("turn", conn.LocalAddr(), "udp")
	}
	for _, l := range []struct {
		address, scheme string
		tls             *tls.Config
	}{{cfg.TCP, "turn", nil}, {cfg.TLS, "turns", cfg.Certificate}} {
		if l.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", l.address)
		if err != nil {
			return fail(fmt.Errorf("TURN %s port %s: %w", l.scheme, l.address, err))
		}
		opened = append(opened, listener)
		s.addURL(l.scheme, listener.Addr(), "tcp")
		if l.tls != nil {
			listener = tls.NewListener(listener, l.tls)
		}
		sc.ListenerConfigs = append(sc.ListenerConfigs,
			turn.ListenerConfig{Listener: listener, RelayAddressGenerator: relay, PermissionHandler: relay.permit})
	}
	server, err := turn.NewServer(sc)
	if err != nil {
		return fail(fmt.Errorf("TURN: %w", err))
	}
	s.server = server
	return s, nil
}

func (c *Config) fill() error {
	switch {
	case c.UDP == "" && c.TCP == "" && c.TLS == "":
		return errors.New("TURN needs a UDP, TCP or TLS address to listen on")
	case c.TLS != "" && c.Certificate == nil:
		return errors.New("TURN over TLS needs a certificate")
	case len(c.Secret) < 16:
		return errors.New("the TURN secret needs at least 16 bytes")
	case len(c.Media) == 0:
		return errors.New("TURN needs the media ports it relays to")
	}
	if c.Relay == "" {
		c.Relay = "127.0.0.1"
	}
	if net.ParseIP(c.Relay) == nil {
		return fmt.Errorf("the TURN relay address %q is not an IP address", c.Relay)
	}
	if c.Realm == "" {
		c.Realm = "kinbridge"
	}
	if c.PerUser == 0 {
		c.PerUser = 8
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = silent()
	}
	return nil
}

func silent() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled // it would write people's addresses
	return f
}

func (s *Server) addURL(scheme string, a net.Addr, transport string) {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return
	}
	if s.cfg.PublicHost != "" {
		host = s.cfg.PublicHost
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	s.urls = append(s.urls, scheme+":"+host+":"+port+"?transport="+transport)
}

// URLs are the server's addresses (RFC 7065), for RTCIceServer.urls.
func (s *Server) URLs() []string { return s.urls }

// Credential makes a user name and password that are good for a time: the expiry in seconds, a colon and a name; and
// the HMAC-SHA1 of that under the secret (draft-uberti-behave-turn-rest-00, section 2.2, as coturn's use-auth-secret).
func (s *Server) Credential(name string, valid time.Duration) (user, password string) {
	user = strconv.FormatInt(s.cfg.Now().Add(valid).Unix(), 10) + ":" + name
	return user, s.password(user)
}

func (s *Server) password(user string) string {
	mac := hmac.New(sha1.New, s.cfg.Secret)
	mac.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) authenticate(user, realm string, _ net.Addr) (key []byte, ok bool) {
	until, _, _ := strings.Cut(user, ":")
	expires, err := strconv.ParseInt(until, 10, 64)
	if err != nil || expires <= s.cfg.Now().Unix() {
		return nil, false
	}
	return turn.GenerateAuthKey(user, realm, s.password(user)), true
}

func (s *Server) quota(user, _ string, _ net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[user] < s.cfg.PerUser
}

func (s *Server) count(user string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user] += n; s.users[user] <= 0 {
		delete(s.users, user)
	}
}

// Allocations is the number of relayed sockets now.
func (s *Server) Allocations() int { return s.server.AllocationCount() }

// Close ends the server.
func (s *Server) Close() error { return s.server.Close() }

// generator makes relayed sockets that reach our media ports only.
type generator struct{ cfg Config }

// Validate implements turn.RelayAddressGenerator.
func (g *generator) Validate() error { return nil }

// AllocatePacketConn opens a relayed socket.
func (g *generator) AllocatePacketConn(network string, port int) (net.PacketConn, net.Addr, error) {
	conn, err := net.ListenPacket(network, net.JoinHostPort(g.cfg.Relay, strconv.Itoa(port)))
	if err != nil {
		return nil, nil, err
	}
	allowed := map[netip.AddrPort]bool{}
	for _, m := range g.cfg.Media {
		allowed[clean(m.AddrPort())] = true
	}
	return &walled{PacketConn: conn, media: g.cfg.Media, announced: g.cfg.Announced, allowed: allowed}, conn.LocalAddr(), nil
}

// AllocateConn refuses: relayed TCP (RFC 6062) has no use here.
func (g *generator) AllocateConn(string, int) (net.Conn, net.Addr, error) {
	return nil, nil, errors.New("relayed TCP is not offered")
}

// permit refuses permissions and channels for other hosts than the media server's; ports are checked at each packet.
func (g *generator) permit(_ net.Addr, peer net.IP) bool {
	for _, m := range g.cfg.Media {
		if m.IP.Equal(peer) {
			return true
		}
	}
	for _, ip := range g.cfg.Announced {
		if ip.Equal(peer) {
			return true
		}
	}
	return false
}

// walled is a relayed socket. It drops what goes to, or comes from, anything but a media port; and a media port that the
// client knows by a public address is reached by its local one, and seems to answer from the public one.
type walled struct {
	net.PacketConn
	media     []net.UDPAddr
	announced []net.IP
	allowed   map[netip.AddrPort]bool

	mu     sync.Mutex
	public map[netip.AddrPort]net.UDPAddr // local address to the public one the client used
}

// WriteTo sends to a media port, or drops.
func (w *walled) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return len(b), nil
	}
	if w.allowed[clean(udp.AddrPort())] {
		return w.PacketConn.WriteTo(b, udp)
	}
	for _, ip := range w.announced {
		if !ip.Equal(udp.IP) {
			continue
		}
		for _, m := range w.media {
			if m.Port == udp.Port {
				w.mu.Lock()
				if w.public == nil {
					w.public = map[netip.AddrPort]net.UDPAddr{}
				}
				w.public[clean(m.AddrPort())] = *udp
				w.mu.Unlock()
				return w.PacketConn.WriteTo(b, &m)
			}
		}
	}
	return len(b), nil // as a network would: no answer comes
}

// ReadFrom takes packets of media ports and drops others.
func (w *walled) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := w.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok || !w.allowed[clean(udp.AddrPort())] {
			continue
		}
		w.mu.Lock()
		public, known := w.public[clean(udp.AddrPort())]
		w.mu.Unlock()
		if known {
			return n, &public, nil
		}
		return n, udp, nil
	}
}

func clean(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
