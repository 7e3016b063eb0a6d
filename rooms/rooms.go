// Package rooms is the media server whole: rooms, forwarding, TURN and signalling put together. It knows no cases, no
// SQL and no flow; it is given orders, and gives events.
package rooms

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"kinbridge/rooms/room"
	"kinbridge/rooms/sfu"
	"kinbridge/rooms/sfu/turnserver"
	"kinbridge/rooms/signalling"
)

// MediaConfig says where media arrives.
type MediaConfig struct {
	UDP       string   // "host:port" of the one UDP port; port 0 chooses one; an empty host means every interface
	TCP       string   // "host:port" for ICE over TCP; empty: none
	PublicIPs []string // announced instead of local addresses, behind a one-to-one NAT
	Loopback  bool     // also announce loopback addresses: demonstrations and tests on one machine
}

// TURNConfig says how the embedded TURN server is reached; with no address there is none.
type TURNConfig struct {
	UDP, TCP, TLS string // "host:port" each
	Certificate   *tls.Config
	PublicHost    string // name or address in the URLs clients get; empty: the listening address
	Relay         string // local IP address of relayed sockets; empty: 127.0.0.1
	Secret        []byte // at least 16 bytes; empty: a random one, good until the server stops
}

// Config is everything the media server needs.
type Config struct {
	Media     MediaConfig
	TURN      TURNConfig
	TicketKey []byte                       // at least 32 bytes, shared by all who mint tickets
	Spent     signalling.Register          // remembers used tickets; nil: in memory
	Origins   []string                     // allowed origins of pages on other hosts, "https://host[:port]"
	Device    func(r *http.Request) string // what a request's browser session is known by, to bind tickets; nil: not bound
	Grace     time.Duration                // how long a member whose socket broke is expected back; 0: 20 s
	Now       func() time.Time             // nil: time.Now
	Log       *slog.Logger                 // nil: nothing is logged
}

// Server is a running media server.
type Server struct {
	manager *room.Manager
	engine  *sfu.Engine
	turn    *turnserver.Server
	signer  *signalling.Signer
	handler *signalling.Handler
	now     func() time.Time
}

// credentialLife is how long a TURN credential is good. Allocations are refreshed with the same credential, so it must
// outlast a meeting.
const credentialLife = 6 * time.Hour

// NewServer opens the media and TURN ports and starts delivering events to sink. Close ends everything.
func NewServer(cfg Config, sink room.EventSink) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Spent == nil {
		cfg.Spent = signalling.NewMemory(cfg.Now)
	}
	s := &Server{now: cfg.Now}
	var err error
	if s.signer, err = signalling.NewSigner(cfg.TicketKey); err != nil {
		return nil, err
	}
	s.engine, err = sfu.New(sfu.Config{UDP: cfg.Media.UDP, TCP: cfg.Media.TCP, PublicIPs: cfg.Media.PublicIPs,
		Loopback: cfg.Media.Loopback, Log: cfg.Log, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if err := s.startTURN(cfg); err != nil {
		_ = s.engine.Close()
		return nil, err
	}
	s.manager, err = room.NewManager(room.Config{Engine: s.engine, Now: cfg.Now, Grace: cfg.Grace, Log: cfg.Log}, sink)
	if err != nil {
		return nil, errors.Join(err, s.closeMedia())
	}
	s.handler, err = signalling.New(signalling.Config{Desk: s.manager, Signer: s.signer, Spent: cfg.Spent,
		ICEServers: s.iceServers, Origins: cfg.Origins, Device: cfg.Device, Now: cfg.Now, Log: cfg.Log})
	if err != nil {
		return nil, errors.Join(err, s.manager.Close(context.Background()), s.closeMedia())
	}
	return s, nil
}

func (s *Server) startTURN(cfg Config) error {
	t := cfg.TURN
	if t.UDP == "" && t.TCP == "" && t.TLS == "" {
		return nil
	}
	if len(t.Secret) == 0 {
		t.Secret = make([]byte, 32)
		_, _ = rand.Read(t.Secret) // never fails: it ends the program instead
	}
	var announced []net.IP
	for _, p := range cfg.Media.PublicIPs {
		ip := net.ParseIP(p)
		if ip == nil {
			return fmt.Errorf("the public media address %q is not an IP address", p)
		}
		announced = append(announced, ip)
	}
	var err error
	s.turn, err = turnserver.New(turnserver.Config{UDP: t.UDP, TCP: t.TCP, TLS: t.TLS, Certificate: t.Certificate,
		PublicHost: t.PublicHost, Relay: t.Relay, Media: s.engine.UDPAddresses(), Announced: announced, Secret: t.Secret,
		Now: cfg.Now})
	return err
}

func (s *Server) iceServers(member string) []signalling.ICEServer {
	if s.turn == nil {
		return nil
	}
	user, password := s.turn.Credential(member, credentialLife)
	return []signalling.ICEServer{{URLs: s.turn.URLs(), Username: user, Credential: password}}
}

// Handler is the signalling endpoint, to be mounted at /rooms/ws.
func (s *Server) Handler() http.Handler { return s.handler }

// Apply puts an order into effect (room.Manager.Apply).
func (s *Server) Apply(ctx context.Context, o room.Order) error { return s.manager.Apply(ctx, o) }

// End ends a room for all.
func (s *Server) End(ctx context.Context, id room.ID) error { return s.manager.End(ctx, id) }

// People lists who is in a room or its lobby.
func (s *Server) People(ctx context.Context, id room.ID) ([]room.Presence, error) {
	return s.manager.People(ctx, id)
}

// MintTicket makes a ticket for a member of a room, good once, for a short time, from one device (empty: any).
func (s *Server) MintTicket(id room.ID, member room.MemberID, device string, valid time.Duration) (string, error) {
	now := s.now()
	return s.signer.Sign(signalling.Ticket{Room: string(id), Member: string(member), Device: device, Issued: now,
		Expires: now.Add(valid)})
}

// SignTicket is MintTicket for callers that choose the ticket's ID; Issued, when zero, is now.
func (s *Server) SignTicket(t signalling.Ticket) (string, error) {
	if t.Issued.IsZero() {
		t.Issued = s.now()
	}
	return s.signer.Sign(t)
}

// Counts are for metrics.
type Counts struct{ Rooms, EventsWaiting, Sockets, Peers, Relays int }

// Counts returns what is open now.
func (s *Server) Counts() Counts {
	m := s.manager.Counts()
	c := Counts{Rooms: m.Rooms, EventsWaiting: m.EventsWaiting, Sockets: s.handler.Sockets(), Peers: s.engine.Peers()}
	if s.turn != nil {
		c.Relays = s.turn.Allocations()
	}
	return c
}

// MediaAddresses are the local addresses on which media arrives over UDP.
func (s *Server) MediaAddresses() []net.UDPAddr { return s.engine.UDPAddresses() }

// TURNURLs are the addresses of the embedded TURN server, if there is one.
func (s *Server) TURNURLs() []string {
	if s.turn == nil {
		return nil
	}
	return s.turn.URLs()
}

// Close ends every room and socket. Members are told to come back later; every event is handed to the sink before it
// returns, or the error says how many were not when ctx ended.
func (s *Server) Close(ctx context.Context) error {
	err := s.manager.Close(ctx)
	s.handler.Close()
	return errors.Join(err, s.closeMedia())
}

func (s *Server) closeMedia() error {
	var err error
	if s.turn != nil {
		err = s.turn.Close()
	}
	return errors.Join(err, s.engine.Close())
}
