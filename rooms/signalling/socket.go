package signalling

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"kinbridge/gateway/ids"
	"kinbridge/rooms/media"
	"kinbridge/rooms/room"
)

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
