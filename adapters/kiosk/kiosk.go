// Package kiosk is the mother's face: the pages of a shared touch screen on a prison wing, and the WebSocket (PROTOCOL.md) that brings
// what is new to a page she has unlocked.
package kiosk

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

//go:embed all:templates
var templates embed.FS

// Devices is what the kiosk asks of flow about itself.
type Devices interface {
	// EnrolKiosk spends a one-time code; Invalid when it is not right, TooMany when guessing is stopped.
	EnrolKiosk(ctx context.Context, code string) (flow.KioskCredential, error)
	// KioskBySecret finds the enrolled kiosk; Unauthenticated when there is none.
	KioskBySecret(ctx context.Context, secret string) (flow.Kiosk, error)
	// KioskMothers lists the women whom this kiosk serves.
	KioskMothers(ctx context.Context, kiosk ids.Actor) ([]flow.KioskMother, error)
}

// Sessions is what the kiosk asks of flow about who is in front of it.
type Sessions interface {
	// Unlock begins a session; a wrong PIN is a *flow.PINRefused.
	Unlock(ctx context.Context, kiosk ids.Actor, mother ids.MotherID, pin string) (token string, s flow.MotherSession, err error)
	// MotherBySession finds who is there; Unauthenticated when the session has ended.
	MotherBySession(ctx context.Context, kiosk ids.Actor, token string) (flow.MotherSession, error)
	TouchMother(ctx context.Context, token string) error
	LockKiosk(ctx context.Context, token, why string) error
	MotherLanguage(ctx context.Context, mother ids.MotherID, lang string) error
}

// Reading is what a mother reads. Every method asks policy.
type Reading interface {
	KioskThreads(ctx context.Context, actor ids.Actor) ([]flow.KioskThread, error)
	KioskThread(ctx context.Context, actor ids.Actor, id ids.ThreadID) (flow.KioskThread, error)
	KioskMessage(ctx context.Context, actor ids.Actor, id ids.MessageID) (flow.KioskMessage, error)
	// KioskReading says who will read what she writes in a conversation.
	KioskReading(ctx context.Context, actor ids.Actor, id ids.ThreadID) (flow.KioskReading, error)
	Feed(ctx context.Context, actor ids.Actor, after int64, limit int) ([]flow.KioskItem, error)
	FeedCursor(ctx context.Context, actor ids.Actor) (int64, error)
}

// Files is what a mother sees of files: pictures of them.
type Files interface {
	// FilePage returns one picture of a file, counted from 1. It asks policy.
	FilePage(ctx context.Context, actor ids.Actor, id ids.AttachmentID, page int) (messages.FilePage, error)
	FileWords(ctx context.Context, actor ids.Actor, id ids.AttachmentID) (flow.FileWords, error)
}

// Reviewing is what a mother can do about a message of hers that was not passed on.
type Reviewing interface {
	// Appeal asks that a second person looks at it; Forbidden the second time.
	Appeal(ctx context.Context, actor ids.Actor, id ids.MessageID) error
}

// Writing is what a mother's kiosk writes: messages, once per key, and receipts, as often as they come.
type Writing interface {
	Compose(ctx context.Context, actor ids.Actor, m flow.NewMessage) (flow.Composed, error)
	AtKiosk(ctx context.Context, actor ids.Actor, kiosk ids.KioskID, m ids.MessageID) error
	Seen(ctx context.Context, actor ids.Actor, m ids.MessageID) error
	// ListenMother's channel is filled when something of hers changed. It is a hint.
	ListenMother(id ids.MotherID) (wake <-chan struct{}, stop func())
}

// Flow is all that the kiosk needs of the use cases.
type Flow interface {
	Devices
	Sessions
	Reading
	Files
	Writing
	Reviewing
	Meetings
	AfterMeetings
	Together
	Limits
	Answering
	Asking
	Before
}

// Config is how a Kiosk is set up.
type Config struct {
	Site    *web.Site
	Secure  bool             // the site is reached by TLS only
	Speaker Speaker          // reads messages aloud; nil = nobody does, and the pages say so
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = slog.Default
	// Idle and Warn are how long without a sign of her before she is asked, and then before the screen locks; zero means 90 s and 30 s.
	Idle, Warn time.Duration
}

// Kiosk serves the pages and the socket. It is safe for concurrent use.
type Kiosk struct {
	cfg     Config
	flow    Flow
	site    *web.Site
	pages   *web.Pages
	log     *slog.Logger
	now     func() time.Time
	speech  *speechCache
	handler http.Handler

	upgrader websocket.Upgrader
	pinSlots chan struct{} // PINs being computed: each takes 19 MiB for a moment
	tries    *web.Limiter  // PIN and code forms, per kiosk or address

	mu      sync.Mutex
	closing bool
	open    map[string]int // sockets per session token hash
	stop    context.CancelFunc
	alive   context.Context // ends when Close is called
	wg      sync.WaitGroup  // one for each socket
}

// New returns a kiosk face.
func New(cfg Config, f Flow) (*Kiosk, error) {
	if cfg.Site == nil || f == nil {
		return nil, errors.New("kiosk: Config.Site and the flow are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Warn == 0 {
		cfg.Warn = flow.KioskWarn
	}
	if cfg.Idle == 0 {
		cfg.Idle = flow.KioskIdle - flow.KioskWarn
	}
	k := &Kiosk{cfg: cfg, flow: f, site: cfg.Site, log: cfg.Log, now: cfg.Now, speech: newSpeechCache(cfg.Speaker),
		pinSlots: make(chan struct{}, 4), tries: web.NewLimiter(rate.Every(2*time.Second), 10, 1024, cfg.Now), open: map[string]int{}}
	k.alive, k.stop = context.WithCancel(context.Background())
	k.upgrader = websocket.Upgrader{HandshakeTimeout: 10 * time.Second, ReadBufferSize: 4096, WriteBufferSize: 4096,
		Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
			http.Error(w, http.StatusText(status), status)
		}}
	own, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	k.pages, err = cfg.Site.Pages(web.PagesConfig{Face: web.Kiosk, Templates: own, Secure: cfg.Secure,
		Paths: web.Paths{Home: "/kiosk/", Accessibility: "/kiosk/"}, OnUnauthenticated: k.unauthenticated})
	if err != nil {
		return nil, err
	}
	k.handler = k.pages.Wrap(k.language(k.routes()))
	return k, nil
}

// Handler serves everything under /kiosk/.
func (k *Kiosk) Handler() http.Handler { return k.handler }

// Close refuses new sockets, closes the open ones with "going away" and waits for them, at most until ctx ends. Sessions stay: a kiosk
// that comes back after a restart goes on where it was.
func (k *Kiosk) Close(ctx context.Context) error {
	k.mu.Lock()
	k.closing = true
	k.mu.Unlock()
	k.stop()
	done := make(chan struct{})
	go func() { k.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// routes is the whole of the kiosk's addresses.
func (k *Kiosk) routes() http.Handler {
	mux := http.NewServeMux()
	page := func(pattern string, h web.Handler) { mux.Handle(pattern, k.pages.Handle(h)) }
	mux.HandleFunc("GET /kiosk/ws", k.serveSocket)
	page("GET /kiosk/{$}", k.attract)
	page("GET /kiosk/enrol", k.enrolPage)
	page("POST /kiosk/enrol", k.enrol)
	page("GET /kiosk/choose", k.device(k.choose))
	page("GET /kiosk/pin/{mother}", k.device(k.pinPage))
	page("POST /kiosk/pin/{mother}", k.device(k.pin))
	page("GET /kiosk/locked", k.locked)
	page("GET /kiosk/offline", k.offline)
	mux.HandleFunc("GET /kiosk/sw.js", k.serviceWorker)
	page("POST /kiosk/lock", k.lock)
	page("GET /kiosk/home", k.mother(k.home))
	page("GET /kiosk/messages", k.mother(k.messages))
	page("GET /kiosk/messages/{thread}", k.mother(k.thread))
	page("GET /kiosk/messages/{thread}/reply", k.mother(k.replyPage))
	page("POST /kiosk/messages/{thread}/reply", k.mother(k.reply))
	page("POST /kiosk/messages/{thread}/{message}/appeal", k.mother(k.appeal))
	page("GET /kiosk/messages/{thread}/sent/{message}", k.mother(k.sent))
	page("GET /kiosk/messages/{thread}/{message}/files/{file}", k.mother(k.file))
	page("GET /kiosk/files/{file}/{page}", k.mother(k.filePicture))
	page("GET /kiosk/files/{file}/{page}/speech", k.mother(k.speakFile))
	page("GET /kiosk/speech/{message}", k.mother(k.speak))
	page("GET /kiosk/speech/conversation/{thread}", k.mother(k.speakThread))
	page("GET /kiosk/speech/sent/{message}", k.mother(k.speakSent))
	page("GET /kiosk/speech/readers/{thread}", k.mother(k.speakReaders))
	page("GET /kiosk/help", k.mother(k.help))
	page("GET /kiosk/together", k.mother(k.together))
	page("POST /kiosk/together", k.mother(k.beginTogether))
	page("POST /kiosk/together/show", k.mother(k.showTogether))
	page("GET /kiosk/limits", k.mother(k.limits))
	page("GET /kiosk/limits/speech", k.mother(k.speakLimits))
	page("GET /kiosk/meetings", k.mother(k.meetings))
	page("GET /kiosk/meetings/{meeting}", k.mother(k.meeting))
	page("POST /kiosk/meetings/{meeting}/ticket", k.mother(k.ticket))
	page("GET /kiosk/meetings/{meeting}/after", k.mother(k.after))
	page("POST /kiosk/meetings/{meeting}/after", k.mother(k.notMyWords))
	page("GET /kiosk/meetings/{meeting}/after/speech", k.mother(k.speakAfter))
	// What comes before a meeting.
	page("GET /kiosk/meetings/{meeting}/before", k.mother(k.before))
	page("GET /kiosk/meetings/{meeting}/how", k.mother(k.how))
	page("POST /kiosk/meetings/{meeting}/how", k.mother(k.chooseHow))
	page("GET /kiosk/meetings/{meeting}/beside", k.mother(k.beside))
	page("POST /kiosk/meetings/{meeting}/beside", k.mother(k.chooseBeside))
	page("GET /kiosk/meetings/{meeting}/say", k.mother(k.sayCheck))
	page("POST /kiosk/meetings/{meeting}/say", k.mother(k.saySend))
	page("GET /kiosk/meetings/{meeting}/say/{question}", k.mother(k.sayPage))
	page("POST /kiosk/meetings/{meeting}/say/{question}", k.mother(k.sayKeep))
	page("GET /kiosk/meetings/{meeting}/papers", k.mother(k.papers))
	page("GET /kiosk/meetings/{meeting}/speech/{what}", k.mother(k.speakBefore))
	// What is asked, and her own affairs.
	page("GET /kiosk/mine", k.mother(k.mine))
	page("GET /kiosk/mine/rights", k.mother(k.rights))
	page("POST /kiosk/mine/print", k.mother(k.askPrint))
	page("GET /kiosk/mine/{request}", k.mother(k.question))
	page("POST /kiosk/mine/{request}/check", k.mother(k.readBack))
	page("GET /kiosk/mine/{request}/speech/{says}", k.mother(k.speakBack))
	page("POST /kiosk/mine/{request}", k.mother(k.answer))
	page("GET /kiosk/ask", k.mother(k.askPage))
	page("POST /kiosk/ask", k.mother(k.ask))
	page("/kiosk/", func(http.ResponseWriter, *http.Request) error { return ids.ErrNotFound })
	return mux
}
