// Package signalling speaks SIGNALLING.md over WebSocket: it lets members in by tickets and carries what they and their
// room say to each other. It decides nothing about who may do what: the room does.
//
// Goroutines: per socket a reader (the request's own) and a writer, which end together.
package signalling

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
	"kinbridge/rooms/room"
)

// Limits of a socket (SIGNALLING.md).
const (
	maxFrame        = 64 << 10
	perSecond       = 25
	burst           = 300
	offersPerSecond = 1
	offersBurst     = 20
	outboxSize      = 512
	firstWithin     = 10 * time.Second
	pingEvery       = 15 * time.Second
	silentAfter     = 40 * time.Second
	writeWithin     = 10 * time.Second
	lingerFor       = time.Second
)

// Desk is where members are seated; *room.Manager is one. The caller of Join has checked the ticket.
type Desk interface {
	Join(ctx context.Context, room room.ID, member room.MemberID, device string, s room.Session) (*room.Seat, error)
	Resume(ctx context.Context, room room.ID, token, device string, s room.Session) (*room.Seat, error)
	// ReportRefusal records that a ticket was refused; room and member are empty when we did not sign it.
	ReportRefusal(room room.ID, member room.MemberID, reason room.Reason)
}

// Config is what the handler needs.
type Config struct {
	Desk       Desk
	Signer     *Signer
	Spent      Register
	ICEServers func(member string) []ICEServer // nil: none
	Origins    []string                        // allowed origins besides the request's own host, as "https://host[:port]"
	Device     func(r *http.Request) string    // what the request's browser session is known by; nil: tickets are not bound
	Now        func() time.Time
	Log        *slog.Logger
}

// Handler is the WebSocket endpoint.
type Handler struct {
	cfg       Config
	upgrader  websocket.Upgrader
	forgeries forgeries

	mu      sync.Mutex
	sockets map[*socket]struct{}
	closed  bool
	work    sync.WaitGroup
}

// New checks cfg and returns the handler.
func New(cfg Config) (*Handler, error) {
	if cfg.Desk == nil || cfg.Signer == nil || cfg.Spent == nil {
		return nil, errors.New("signalling: a desk, a signer and a register of used tickets are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{cfg: cfg, sockets: map[*socket]struct{}{}, forgeries: forgeries{rate.NewLimiter(1, 20)}}
	h.upgrader = websocket.Upgrader{HandshakeTimeout: firstWithin, CheckOrigin: h.allowed, ReadBufferSize: 4096, WriteBufferSize: 4096}
	return h, nil
}

// allowed refuses pages of other sites: without it any site could open a socket with the visitor's cookies.
func (h *Handler) allowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true // not a browser; the ticket decides
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if strings.EqualFold(u.Host, r.Host) {
		return true
	}
	for _, o := range h.cfg.Origins {
		if strings.EqualFold(o, origin) {
			return true
		}
	}
	return false
}

// ServeHTTP carries one socket until it ends.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		http.Error(w, ids.Public(room.ErrStopping), http.StatusServiceUnavailable)
		return
	}
	h.work.Add(1)
	h.mu.Unlock()
	defer h.work.Done()
	device := ""
	if h.cfg.Device != nil {
		if device = h.cfg.Device(r); device == "" {
			device = "unknown" // a browser without a session is still not every browser
		}
	}
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	s := &socket{cfg: h.cfg, forgeries: h.forgeries, conn: conn, device: device, outbox: make(chan []byte, outboxSize), bye: make(chan farewell, 1),
		gone: make(chan struct{}), drained: make(chan struct{}), limiter: rate.NewLimiter(perSecond, burst),
		offers: rate.NewLimiter(offersPerSecond, offersBurst)}
	if !h.keep(s) {
		close(s.drained)
		s.Close(room.ReasonShutdown)
		s.write()
		return
	}
	defer h.drop(s)
	s.serve(r.Context())
}

func (h *Handler) keep(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.sockets[s] = struct{}{}
	return true
}

func (h *Handler) drop(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
}

// Sockets is the number of open sockets.
func (h *Handler) Sockets() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

// Close refuses new sockets, tells open ones to come back later, and waits until they have ended. Close the rooms
// first, so that members are told why by their room.
func (h *Handler) Close() {
	h.mu.Lock()
	h.closed = true
	for s := range h.sockets {
		s.Close(room.ReasonShutdown)
	}
	h.mu.Unlock()
	h.work.Wait()
}

var _ room.Session = (*socket)(nil)

var errVersion = ids.E(ids.Invalid, "This page is of another version: load it again.")

// open takes the first message: a ticket, or a token to come back with.
func (s *socket) open(ctx context.Context, r request) (err error) {
	if r.Version != 1 {
		return errVersion
	}
	switch r.Type {
	case "join":
		t, err := s.join(ctx, r)
		if err != nil && ids.KindOf(err) != ids.Unavailable && s.forgeries.allow(t) {
			code, _ := refusal(err)
			s.cfg.Desk.ReportRefusal(room.ID(t.Room), room.MemberID(t.Member), room.Reason(code))
		}
		return err
	case "resume":
		s.room = r.Room
		s.seat, err = s.cfg.Desk.Resume(ctx, room.ID(r.Room), r.Token, s.device, s)
		return err
	}
	return errMalformed
}

// join takes a seat by a ticket. With an error it returns the ticket as far as it was signed by us.
func (s *socket) join(ctx context.Context, r request) (t Ticket, err error) {
	if t, err = s.cfg.Signer.Verify(r.Ticket, s.cfg.Now()); err != nil {
		return t, err
	}
	if t.Device != "" && s.cfg.Device != nil && t.Device != s.device {
		return t, ErrTicketDevice
	}
	if err := s.cfg.Spent.Spend(ctx, t); err != nil {
		return t, err
	}
	device := s.device
	if device == "" {
		device = t.Device
	}
	s.room = t.Room
	s.seat, err = s.cfg.Desk.Join(ctx, room.ID(t.Room), room.MemberID(t.Member), device, s)
	return t, err
}

// forgeries limits how often tickets that we did not sign are reported: anybody can make them.
type forgeries struct{ limiter *rate.Limiter }

func (f forgeries) allow(t Ticket) bool { return t.Room != "" || f.limiter.Allow() }

// handle does what a seated client asks; an error is told to it and ends nothing.
func (s *socket) handle(ctx context.Context, r request) error {
	member := room.MemberID(r.Member)
	switch r.Type {
	case "ping":
		s.send(map[string]any{"type": "pong", "ref": r.Ref})
		return nil
	case "offer":
		return s.offer(ctx, r)
	case "candidate":
		return s.candidate(r)
	case "sending":
		if r.Mic == nil || r.Camera == nil {
			return ids.E(ids.Invalid, "Say whether microphone and camera are on.")
		}
		return s.seat.SetSending(ctx, *r.Mic, *r.Camera)
	case "admit":
		return s.seat.Admit(ctx, member)
	case "refuse":
		return s.seat.Refuse(ctx, member)
	case "mute":
		return s.seat.Mute(ctx, member)
	case "remove":
		return s.seat.Remove(ctx, member)
	case "admitall":
		members := make([]room.MemberID, 0, len(r.Members))
		for _, id := range r.Members {
			members = append(members, room.MemberID(id))
		}
		return s.seat.AdmitAll(ctx, members)
	case "end":
		return s.seat.End(ctx)
	case "private":
		return s.seat.BeginPrivate(ctx, member)
	case "return":
		return s.seat.EndPrivate(ctx)
	case "unclear":
		return s.seat.NotUnderstood(ctx)
	case "break", "hand", "lock":
		return s.turn(ctx, r)
	case "leave":
		return s.seat.Leave(ctx)
	}
	return ids.E(ids.Invalid, "There is no message of this type.")
}

// turn is a request that turns something on or off.
func (s *socket) turn(ctx context.Context, r request) error {
	if r.On == nil {
		return ids.E(ids.Invalid, "Say whether it is to be on.")
	}
	member := room.MemberID(r.Member)
	switch {
	case r.Type == "lock":
		return s.seat.SetLock(ctx, *r.On)
	case r.Type == "break":
		return s.seat.Break(ctx, *r.On, member)
	case !*r.On:
		return s.seat.LowerHand(ctx, member)
	case member != "":
		return room.ErrNoRight // nobody raises another's hand
	}
	return s.seat.RaiseHand(ctx)
}

// offer negotiates media: on the connection the client names, or on a new one.
func (s *socket) offer(ctx context.Context, r request) error {
	if !s.offers.Allow() {
		return ids.E(ids.TooMany, "Too many offers at once. Try again in a moment.")
	}
	peer, err := s.seat.Peer(ctx, r.Leg)
	if err != nil {
		return err
	}
	s.peer, s.leg = peer, peer.ID()
	answer, placed, err := peer.Answer(ctx, media.Offer{SDP: r.SDP, Sources: r.Sources})
	if err != nil {
		return err
	}
	s.send(map[string]any{"type": "answer", "ref": r.Ref, "leg": s.leg, "sdp": answer})
	return s.seat.Placed(ctx, s.leg, placed)
}

func (s *socket) candidate(r request) error {
	if r.Candidate == nil || s.peer == nil || r.Leg != s.leg && r.Leg != "" {
		return nil // of a connection that is no more
	}
	return s.peer.AddCandidate(media.Candidate{Line: r.Candidate.Candidate, Mid: r.Candidate.Mid, Index: r.Candidate.Index})
}
