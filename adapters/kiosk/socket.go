package kiosk

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// Close codes of PROTOCOL.md beside those of RFC 6455 section 7.4.1.
const (
	closeProtocol = 4000
	closeLocked   = 4001
	closeTooMany  = 4003
	closeTooSlow  = 4004
	closeVersion  = 4005
)

// Times and sizes of PROTOCOL.md.
const (
	maxSockets   = 6 // of one session
	helloWait    = 10 * time.Second
	pingEvery    = 20 * time.Second
	silenceLimit = 50 * time.Second
	writeLimit   = 10 * time.Second
	beatEvery    = 15 * time.Second
	pollEvery    = 5 * time.Second
	queueLength  = 256
)

// serveSocket upgrades a page's request and runs its session until either end is gone.
func (k *Kiosk) serveSocket(w http.ResponseWriter, r *http.Request) {
	at, err := k.whoIs(r)
	if err != nil {
		http.Error(w, http.StatusText(web.Status(err)), web.Status(err))
		return
	}
	key := people.HashToken(at.token)
	if status := k.admit(key); status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer k.leave(key)
	conn, err := k.upgrader.Upgrade(w, r, nil) // it refuses an Origin that is not our host, and answers for itself
	if err != nil {
		return
	}
	if _, err := r.Cookie(langCookie); err != nil {
		lang, _ := i18n.Parse(at.Language)
		r = web.WithLang(r, lang)
	}
	s := &session{k: k, conn: conn, at: at, show: k.shower(r), in: make(chan []byte), out: make(chan any, queueLength),
		gone: make(chan struct{}), lost: make(chan struct{}), end: make(chan closing, 1)}
	s.run()
}

// admit counts a socket of a session in, or says with which status it is refused.
func (k *Kiosk) admit(key string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.closing:
		return http.StatusServiceUnavailable
	case k.open[key] >= maxSockets:
		return http.StatusTooManyRequests
	}
	k.open[key]++
	k.wg.Add(1)
	return 0
}

func (k *Kiosk) leave(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open[key]--; k.open[key] == 0 {
		delete(k.open, key)
	}
	k.wg.Done()
}

// closing is how a socket is to end.
type closing struct {
	code int
	text string
}

// read passes text messages to the session until the line breaks or the session is gone. It is the only reader.
func (s *session) read() {
	defer close(s.lost)
	s.conn.SetReadLimit(maxFrame) // beyond it the library answers with 1009
	alive := func() error { return s.conn.SetReadDeadline(time.Now().Add(silenceLimit)) }
	_ = alive()
	s.conn.SetPongHandler(func(string) error { return alive() })
	for {
		kind, raw, err := s.conn.ReadMessage()
		if errors.Is(err, websocket.ErrReadLimit) {
			s.endWith(websocket.CloseMessageTooBig, "")
			_, _ = io.Copy(io.Discard, s.conn.NetConn()) // the rest of it: see awaitClose
			return
		}
		if err != nil {
			return
		}
		_ = alive()
		switch {
		case kind != websocket.TextMessage:
			s.endWith(websocket.CloseUnsupportedData, "text only")
			s.drain()
			return
		case !utf8.Valid(raw):
			s.endWith(websocket.CloseInvalidFramePayloadData, "not UTF-8")
			s.drain()
			return
		}
		select {
		case s.in <- raw:
		case <-s.gone:
			s.drain()
			return
		}
	}
}

// drain throws away what still comes until the other end closes, or we do.
func (s *session) drain() {
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

// endWith asks the session to end; the first to ask decides how.
func (s *session) endWith(code int, text string) {
	select {
	case s.end <- closing{code, text}:
	default:
	}
}

// write sends what the session queued, and pings, until the session is gone; then what is still queued, and the close frame. It is the
// only writer of messages.
func (s *session) write(done chan<- struct{}) {
	defer close(done)
	defer s.conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case f := <-s.out:
			if s.send(f) != nil {
				s.endWith(closeTooSlow, "")
				return
			}
		case <-ping.C:
			if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeLimit)) != nil {
				s.endWith(closeTooSlow, "")
				return
			}
		case <-s.gone:
			for {
				select {
				case f := <-s.out:
					if s.send(f) != nil {
						return
					}
					continue
				default:
				}
				break
			}
			msg := websocket.FormatCloseMessage(s.how.code, s.how.text)
			err := s.conn.WriteControl(websocket.CloseMessage, msg, time.Now().Add(writeLimit))
			if err == nil || errors.Is(err, websocket.ErrCloseSent) { // the library has answered 1009 by itself
				s.awaitClose()
			}
			return
		}
	}
}

// awaitClose gives the other end a moment to answer the close frame (RFC 6455 section 7.1.1), while the reader takes what it still sends:
// to close a TCP connection with unread input throws away what we sent last.
func (s *session) awaitClose() {
	select {
	case <-s.lost:
	case <-time.After(time.Second):
	}
}

func (s *session) send(f any) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, raw)
}

// codeOf is the code of an error in an error frame.
func codeOf(err error) string {
	if errors.Is(err, errMalformed) {
		return "malformed"
	}
	return ids.KindOf(err).String()
}
