// Package mailbox is the demo's local authority: a small real SMTP server that keeps what it receives, and a page on an address of its
// own where a newcomer reads it and answers, by real SMTP to the gateway, as a social worker's mail program would.
//
// It stands for somebody outside Kinbridge. So it shares no mail code with the gateway (it reads and writes mail with
// emersion/go-message), knows no case, and has no sign-in: whoever can reach its address can read and write everybody's mail. It belongs
// on a loopback address and its pages say so. Its pages are in English only.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"kinbridge/adapters/web"
)

// Person is somebody at a local authority whom the demo knows.
type Person struct{ Name, Email string }

// Config says where the mailbox is.
type Config struct {
	SMTPAddr string // where it receives mail; "" = 127.0.0.1:0
	HTTPAddr string // where its pages are; "" = 127.0.0.1:0
	Dir      string // where each mail is kept as an .eml file; made if missing
	// GatewaySMTP is where mail that is written here is sent. It can be given later, by SetGateway.
	GatewaySMTP string
	People      []Person  // who can write here; others can once they have received a mail
	Site        *web.Site // nil = one of its own
	Log         *slog.Logger
	Now         func() time.Time
}

// Limits of the mailbox. The oldest mails go when there is no more room.
const (
	maxMail  = 50 << 20  // bytes of one mail
	maxKept  = 500       // mails
	maxBytes = 256 << 20 // bytes of all mails
)

// Mailbox is a mail server with its pages.
type Mailbox struct {
	cfg   Config
	log   *slog.Logger
	now   func() time.Time
	box   *box
	pages *web.Pages
	h     http.Handler

	mu      sync.Mutex
	gateway string

	smtp    *smtp.Server
	http    *http.Server
	smtpL   net.Listener
	httpL   net.Listener
	serving sync.WaitGroup
}

// New reads the folder and prepares the pages; nothing listens before Start.
func New(cfg Config) (*Mailbox, error) {
	m := &Mailbox{cfg: cfg, log: cfg.Log, now: cfg.Now, gateway: cfg.GatewaySMTP}
	if m.log == nil {
		m.log = slog.Default()
	}
	m.log = m.log.With("part", "mailbox")
	if m.now == nil {
		m.now = time.Now
	}
	for _, addr := range []*string{&m.cfg.SMTPAddr, &m.cfg.HTTPAddr} {
		if *addr == "" {
			*addr = "127.0.0.1:0"
		}
	}
	var err error
	if m.box, err = openBox(cfg.Dir, m.log); err != nil {
		return nil, err
	}
	if m.cfg.Site == nil {
		if m.cfg.Site, err = web.Load(m.log, nil, m.now); err != nil {
			return nil, err
		}
	}
	m.h, err = m.routes()
	return m, err
}

// Start listens and serves until Close. It returns when both addresses are open.
func (m *Mailbox) Start() error {
	var err error
	if m.smtpL, err = net.Listen("tcp", m.cfg.SMTPAddr); err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	if m.httpL, err = net.Listen("tcp", m.cfg.HTTPAddr); err != nil {
		return errors.Join(fmt.Errorf("mailbox: %w", err), m.smtpL.Close())
	}
	m.smtp = m.newSMTP()
	m.http = &http.Server{Handler: m.h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelWarn)}
	m.serving.Go(func() { m.served("smtp", m.smtp.Serve(m.smtpL)) })
	m.serving.Go(func() { m.served("http", m.http.Serve(m.httpL)) })
	return nil
}

func (m *Mailbox) served(what string, err error) {
	if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		m.log.Error("the mailbox stopped serving", "protocol", what, "err", err)
	}
}

// grace is how long Close waits for mails and pages under way.
const grace = 3 * time.Second

// Close stops listening, lets what is under way end for a moment, and returns when nothing of the mailbox runs any more.
func (m *Mailbox) Close() error {
	if m.smtp == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		if err := m.http.Shutdown(ctx); err != nil {
			_ = m.http.Close() // what hangs is cut off
		}
	})
	both.Go(func() {
		if err := m.smtp.Shutdown(ctx); err != nil { // a client that holds its connection open for the next mail is no mail under way
			_ = m.smtp.Close()
		}
	})
	both.Wait()
	m.serving.Wait()
	return nil
}

// SMTPAddr is where the mailbox receives mail ("127.0.0.1:2526"), once it has started.
func (m *Mailbox) SMTPAddr() string { return m.smtpL.Addr().String() }

// HTTPAddr is where its pages are, once it has started.
func (m *Mailbox) HTTPAddr() string { return m.httpL.Addr().String() }

// Handler is the pages, for a server of the caller's own.
func (m *Mailbox) Handler() http.Handler { return m.h }

// SetGateway says where mail that is written here is sent.
func (m *Mailbox) SetGateway(addr string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gateway = addr
}

func (m *Mailbox) gatewayAddr() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gateway
}

// Mails returns what the mailbox holds, the oldest first.
func (m *Mailbox) Mails() []Mail { return m.box.list("") }
