// Package signalling speaks SIGNALLING.md over WebSocket: it lets members in by tickets and carries what they and their
// room say to each other. It decides nothing about who may do what: the room does.
//
// Goroutines: per socket a reader (the request's own) and a writer, which end together.
package signalling

import (
	"context"
	"encoding/json"
	"errors"
	"io"
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

// farewell is a socket's last message and its close code.
type farewell struct {
	message []byte
	code    int
	reason  string
}

// socket is one client. It implements room.Session.
type socket struct {
	forgeries forgeries
	cfg       Config
	conn      *websocket.Conn
	device    string
	room      string // set by the reader before there is a seat
	seat      *room.Seat
	leg       string        // the media connection in use; reader only
	peer      media.Peer    // reader only
	limiter   *rate.Limiter // of all messages
	offers    *rate.Limiter // of negotiations, which cost more

	outbox  chan []byte
	bye     chan farewell
	gone    chan struct{} // closed when the writer has ended
	drained chan struct{} // closed when the reader has
}

var _ room.Session = (*socket)(nil)

// Notify queues a notice. A client that takes nothing for too long is closed.
func (s *socket) Notify(n room.Notice) { s.send(s.encode(n)) }

func (s *socket) send(message any) {
	b, err := json.Marshal(message)
	if err != nil || message == nil {
		s.cfg.Log.Error("a message could not be written", "error", err)
		return
	}
	select {
	case s.outbox <- b:
	case <-s.gone:
	default:
		s.Close(room.ReasonSlow)
	}
}

// Close queues the farewell behind what was said before.
func (s *socket) Close(r room.Reason) {
	code, ok := reasonCodes[r]
	if !ok {
		code = websocket.CloseInternalServerErr
	}
	b, _ := json.Marshal(map[string]any{"type": "bye", "reason": r})
	s.farewell(farewell{b, code, string(r)})
}

func (s *socket) farewell(f farewell) {
	select {
	case s.bye <- f:
	default: // one is on its way already
	}
}

// refusal gives the code and the close code of an error that ends a socket.
func refusal(err error) (code string, bye int) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.code, r.bye
		}
	}
	return "internal", websocket.CloseInternalServerErr
}

// refuse ends the socket with an error.
func (s *socket) refuse(err error) {
	code, bye := refusal(err)
	switch ids.KindOf(err) {
	case ids.Unavailable:
		bye = CloseUnavailable
	case ids.Internal:
		s.cfg.Log.Error("signalling", "error", err)
	}
	s.send(errorMessage{"error", code, ids.Public(err), 0})
	b, _ := json.Marshal(map[string]any{"type": "bye", "reason": code})
	s.farewell(farewell{b, bye, code})
}

type errorMessage struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Ref     int64  `json:"ref,omitempty"`
}

// serve runs the socket: the writer beside, the reader here.
func (s *socket) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
		cancel()
	}()
	reason := s.read(ctx)
	if s.seat != nil {
		s.seat.Drop(reason)
	}
	s.Close(reason) // does nothing when the room, or the reader, said farewell already
	s.drain()
	close(s.drained)
	<-written
}

// drain reads on, for nothing, until the client has closed or the writer does: a connection closed while something of
// the client's is unread is reset, and the client would never read why it was closed (RFC 6455, section 7.1.1).
func (s *socket) drain() {
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			if errors.Is(err, websocket.ErrReadLimit) {
				_, _ = io.Copy(io.Discard, s.conn.NetConn())
			}
			return
		}
	}
}

// write is the socket's writer goroutine. It alone writes to the connection, and closes it.
func (s *socket) write() {
	defer s.conn.Close()
	defer close(s.gone)
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case b := <-s.outbox:
			if s.put(websocket.TextMessage, b) != nil {
				return
			}
		case <-ping.C:
			if s.put(websocket.PingMessage, nil) != nil {
				return
			}
		case f := <-s.bye:
			s.writeFarewell(f)
			timer := time.NewTimer(lingerFor)
			defer timer.Stop()
			select {
			case <-s.drained:
			case <-timer.C:
			}
			return
		}
	}
}

func (s *socket) writeFarewell(f farewell) {
	for {
		select {
		case b := <-s.outbox:
			if s.put(websocket.TextMessage, b) != nil {
				return
			}
			continue
		default:
		}
		break
	}
	if s.put(websocket.TextMessage, f.message) == nil {
		_ = s.put(websocket.CloseMessage, websocket.FormatCloseMessage(f.code, f.reason))
	}
}

func (s *socket) put(kind int, b []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil { // the network's clock, not the room's
		return err
	}
	return s.conn.WriteMessage(kind, b)
}

// read is the socket's reader. It returns why the socket ended.
func (s *socket) read(ctx context.Context) room.Reason {
	s.conn.SetReadLimit(maxFrame)
	alive := func() { _ = s.conn.SetReadDeadline(time.Now().Add(silentAfter)) }
	_ = s.conn.SetReadDeadline(time.Now().Add(firstWithin))
	s.conn.SetPongHandler(func(string) error {
		if s.seat != nil {
			alive()
		}
		return nil
	})
	for {
		kind, frame, err := s.conn.ReadMessage()
		if err != nil {
			return room.ReasonLost
		}
		if !s.limiter.Allow() {
			s.send(errorMessage{"error", "too_many", "Too many messages at once.", 0})
			s.farewell(farewell{[]byte(`{"type":"bye","reason":"too_many"}`), CloseTooMany, "too_many"})
			return room.ReasonMalformed
		}
		r, err := parse(frame)
		if err != nil || kind != websocket.TextMessage {
			s.refuse(errMalformed)
			return room.ReasonMalformed
		}
		if s.seat == nil {
			if err := s.open(ctx, r); err != nil {
				s.refuse(err)
				return room.ReasonMalformed
			}
			alive()
			continue
		}
		alive()
		if err := s.handle(ctx, r); err != nil {
			s.answerError(r, err)
		}
	}
}

func (s *socket) answerError(r request, err error) {
	if ids.KindOf(err) == ids.Internal {
		s.cfg.Log.Error("signalling", "type", r.Type, "error", err)
	}
	s.send(errorMessage{"error", ids.KindOf(err).String(), ids.Public(err), r.Ref})
}

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
	case "end":
		return s.seat.End(ctx)
	case "leave":
		return s.seat.Leave(ctx)
	}
	return ids.E(ids.Invalid, "There is no message of this type.")
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
