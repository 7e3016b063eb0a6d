package kiosk

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// session is the actor behind one socket. Its run method owns every field below gone; reader and writer have goroutines of their own
// and touch only the connection and the channels.
type session struct {
	k    *Kiosk
	conn *websocket.Conn
	at   atKiosk
	show shower
	in   chan []byte
	out  chan any
	gone chan struct{} // closed when the session is over: nobody waits for it after that
	lost chan struct{} // closed when the reader has ended
	end  chan closing
	how  closing // how it ended; set before gone is closed

	greeted   bool
	cursor    int64
	malformed int
	limit     *rate.Limiter
	idle      idleness
}

// idleness is when there was last a sign of her, and whether she is being asked.
type idleness struct {
	last    time.Time
	touched time.Time // when the store was last told
	asking  bool
	timer   *time.Timer
}

// run is the session's own goroutine: the request's. It returns when reader and writer have ended too.
func (s *session) run() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.k.alive))
	defer cancel()
	s.limit = rate.NewLimiter(20, 60)
	s.idle = idleness{last: s.at.LastSeen, touched: s.at.LastSeen, timer: time.NewTimer(s.k.cfg.Idle)}
	defer s.idle.timer.Stop()
	s.armIdle()
	wake, stop := s.k.flow.ListenMother(s.at.Mother)
	defer stop()
	written := make(chan struct{})
	go s.read()
	go s.write(written)
	s.how = s.loop(ctx, wake)
	close(s.gone)
	<-written
	<-s.lost
}

// loop handles one event after another until it returns how the socket is to be closed.
func (s *session) loop(ctx context.Context, wake <-chan struct{}) closing {
	poll, beat, hello := time.NewTicker(pollEvery), time.NewTicker(beatEvery), time.NewTimer(helloWait)
	defer poll.Stop()
	defer beat.Stop()
	defer hello.Stop()
	for {
		var stop *closing
		select {
		case raw := <-s.in:
			stop = s.handle(ctx, raw)
		case <-wake:
			stop = s.news(ctx)
		case <-poll.C:
			stop = s.news(ctx)
		case <-beat.C:
			stop = s.put(plainFrame{Type: "beat"})
		case <-s.idle.timer.C:
			stop = s.quiet(ctx)
		case <-hello.C:
			if !s.greeted {
				stop = &closing{closeProtocol, "no hello"}
			}
		case c := <-s.end:
			stop = &c
		case <-s.lost:
			select {
			case c := <-s.end: // the reader left for a reason of ours
				return c
			default:
				return closing{websocket.CloseNormalClosure, ""}
			}
		case <-s.k.alive.Done():
			return closing{websocket.CloseGoingAway, ""}
		}
		if stop != nil {
			return *stop
		}
	}
}

// put queues a frame; a page that does not take what we send is closed rather than waited for.
func (s *session) put(f any) *closing {
	select {
	case s.out <- f:
		return nil
	default:
		return &closing{closeTooSlow, "too slow"}
	}
}

// handle answers one message of the page.
func (s *session) handle(ctx context.Context, raw []byte) *closing {
	if !s.limit.Allow() {
		return &closing{closeTooMany, "too many frames"}
	}
	f, err := parseFrame(raw)
	if err != nil {
		if s.malformed++; s.malformed >= 8 {
			return &closing{closeProtocol, "malformed frames"}
		}
		return s.put(errorFrame{Type: "error", Code: "malformed", Text: s.show.word("kiosk.errors.try_again")})
	}
	if !s.greeted || f.Type == "hello" {
		return s.greet(ctx, f)
	}
	if stop := s.still(ctx); stop != nil {
		return stop
	}
	switch f.Type {
	case "send":
		return s.compose(ctx, f)
	case "receipt":
		return s.receipt(ctx, f)
	case "keep":
		return s.keep(ctx, f)
	case "active":
		return s.present(ctx)
	case "lock":
		return s.lock(ctx, "left")
	}
	return nil
}

// greet answers the hello, and sends what she has not got yet.
func (s *session) greet(ctx context.Context, f inFrame) *closing {
	switch {
	case f.Type != "hello" || s.greeted:
		_ = s.put(errorFrame{Type: "error", Code: "hello", Text: s.show.word("kiosk.errors.try_again")})
		return &closing{closeProtocol, "hello"}
	case f.V != protocolVersion:
		return &closing{closeVersion, "version"}
	}
	head, err := s.k.flow.FeedCursor(ctx, s.at.Actor())
	if err != nil {
		s.failed("cursor", err)
		return &closing{websocket.CloseTryAgainLater, ""}
	}
	s.cursor, s.greeted = min(f.Cursor, head), true
	w := welcomeFrame{Type: "welcome", V: protocolVersion, Cursor: s.cursor, Idle: int(s.k.cfg.Idle.Seconds()), Warn: int(s.k.cfg.Warn.Seconds())}
	if stop := s.put(w); stop != nil {
		return stop
	}
	return s.news(ctx)
}

// still looks up whether the session has ended elsewhere; then it says so and closes.
func (s *session) still(ctx context.Context) *closing {
	who, err := s.k.flow.MotherBySession(ctx, s.at.kiosk.Actor(), s.at.token)
	switch {
	case err == nil:
		if who.LastSeen.After(s.idle.last) { // another page of hers
			s.idle.last = who.LastSeen
		}
		return nil
	case ids.KindOf(err) == ids.Unauthenticated:
		return s.bye("ended")
	}
	s.failed("session", err)
	return nil // the database is away for a moment: what needs it will say so
}

func (s *session) bye(why string) *closing {
	_ = s.put(plainFrame{Type: "locked", Why: why})
	return &closing{closeLocked, "locked"}
}

// news sends what is after the cursor.
func (s *session) news(ctx context.Context) *closing {
	if stop := s.still(ctx); stop != nil || !s.greeted {
		return stop
	}
	for {
		items, err := s.k.flow.Feed(ctx, s.at.Actor(), s.cursor, 50)
		if err != nil {
			s.failed("feed", err)
			return nil // the next poll tries again, from the same cursor
		}
		for _, it := range items {
			if stop := s.put(s.item(it)); stop != nil {
				return stop
			}
			s.cursor = it.Seq
		}
		if len(items) < 50 {
			return nil
		}
	}
}

func (s *session) item(it flow.KioskItem) itemFrame {
	f := itemFrame{Type: "item", Seq: it.Seq, Kind: string(it.Kind), Thread: string(it.Thread), Meeting: string(it.Meeting)}
	if it.Message != nil {
		v := s.show.message(*it.Message)
		f.Message = &v
	}
	return f
}

// compose keeps a message of hers. The frame's identifier is the key, so a repeated frame finds the message it made.
func (s *session) compose(ctx context.Context, f inFrame) *closing {
	if utf8.RuneCountInString(f.Body) > maxBody {
		return s.refuse(f.ID, ids.E(ids.TooLarge, "%s", s.show.word("kiosk.errors.too_long")))
	}
	c, err := s.k.flow.Compose(ctx, s.at.Actor(), flow.NewMessage{Thread: ids.ThreadID(f.Thread), Body: f.Body, IdemKey: idemKey(f.ID)})
	if err != nil {
		return s.refuse(f.ID, err)
	}
	if stop := s.present(ctx); stop != nil {
		return stop
	}
	return s.put(sentFrame{Type: "sent", Re: f.ID, Message: string(c.Message), State: string(c.State), Status: s.show.state(c)})
}

// idemKey is the key under which a message from a kiosk is kept; flow adds whose it is.
func idemKey(id string) string { return "kiosk:" + id }

func (s *session) receipt(ctx context.Context, f inFrame) *closing {
	var err error
	switch {
	case f.Meeting != "" && f.What == "seen":
		err = s.k.flow.MeetingSeen(ctx, s.at.Actor(), ids.MeetingID(f.Meeting))
	case f.Meeting != "":
		err = s.k.flow.MeetingAtKiosk(ctx, s.at.Actor(), s.at.kiosk.ID, ids.MeetingID(f.Meeting))
	case f.What == "seen":
		err = s.k.flow.Seen(ctx, s.at.Actor(), ids.MessageID(f.Message))
	default:
		err = s.k.flow.AtKiosk(ctx, s.at.Actor(), s.at.kiosk.ID, ids.MessageID(f.Message))
	}
	if err != nil {
		return s.refuse(f.ID, err)
	}
	return s.put(plainFrame{Type: "ok", Re: f.ID})
}

// keep holds on to an answer that she is typing, so that a lock loses nothing of it. It is sent to nobody.
func (s *session) keep(ctx context.Context, f inFrame) *closing {
	if err := s.k.flow.SaveAnswer(ctx, s.at.Actor(), ids.MeetingID(f.Meeting), f.Question, f.Body); err != nil {
		return s.refuse(f.ID, err)
	}
	return s.put(plainFrame{Type: "ok", Re: f.ID})
}

// refuse answers a frame with an error; our own faults are logged, hers are not.
func (s *session) refuse(re string, err error) *closing {
	if kind := ids.KindOf(err); kind == ids.Internal || kind == ids.Unavailable {
		s.failed("frame", err)
	}
	return s.put(errorFrame{Type: "error", Re: re, Code: codeOf(err), Text: s.show.problem(err)})
}

func (s *session) failed(what string, err error) {
	if !errors.Is(err, context.Canceled) {
		s.k.log.Error("kiosk socket", "kiosk", s.at.kiosk.ID, "what", what, "err", err)
	}
}

// present notes a sign of her, and tells the store now and then.
func (s *session) present(ctx context.Context) *closing {
	s.mark()
	if now := s.k.now(); now.Sub(s.idle.touched) >= 5*time.Second {
		s.idle.touched = now
		if err := s.k.flow.TouchMother(ctx, s.at.token); err != nil {
			s.failed("touch", err)
		}
	}
	if s.idle.asking {
		s.idle.asking = false
		s.armIdle()
		return s.put(plainFrame{Type: "awake"})
	}
	return nil
}

func (s *session) mark() { s.idle.last = s.k.now() }

// armIdle sets the timer to when she must be asked or, when she is being asked, to when the screen must lock.
func (s *session) armIdle() {
	after := s.k.cfg.Idle
	if s.idle.asking {
		after += s.k.cfg.Warn
	}
	s.idle.timer.Reset(max(0, s.idle.last.Add(after).Sub(s.k.now())))
}

// quiet is called when the idle timer has run out: it asks, locks, or finds that there was a sign of her meanwhile, here or at another
// page.
func (s *session) quiet(ctx context.Context) *closing {
	if stop := s.still(ctx); stop != nil {
		return stop
	}
	silent := s.k.now().Sub(s.idle.last)
	var stop *closing
	switch {
	case silent >= s.k.cfg.Idle+s.k.cfg.Warn:
		return s.lock(ctx, "idle")
	case silent >= s.k.cfg.Idle:
		s.idle.asking = true
		stop = s.put(plainFrame{Type: "warn", Seconds: int((s.k.cfg.Idle + s.k.cfg.Warn - silent).Round(time.Second).Seconds())})
	case s.idle.asking:
		s.idle.asking = false
		stop = s.put(plainFrame{Type: "awake"})
	}
	s.armIdle()
	return stop
}

// lock ends the session in the store, for every page of it, and closes this socket. If the store cannot be reached the screen is wiped
// all the same and the session dies of silence.
func (s *session) lock(ctx context.Context, why string) *closing {
	if err := s.k.flow.LockKiosk(ctx, s.at.token, why); err != nil {
		s.failed("lock", err)
	}
	return s.bye(why)
}
