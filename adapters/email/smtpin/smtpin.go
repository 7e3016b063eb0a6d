// Package smtpin receives mail by SMTP (RFC 5321) and hands it to the gateway, which has made it durable before the answer 250 is given.
package smtpin

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"
	"golang.org/x/time/rate"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// Gateway is what the listener needs of the domain.
type Gateway interface {
	// CheckRecipient returns nil when mail for the recipient is ours to take, else a NotFound with words for the sender.
	CheckRecipient(rcpt string) error
	// AcceptMail makes a mail durable for one recipient: once it has returned nil the mail is ours. The same mail again is
	// accepted once.
	AcceptMail(ctx context.Context, env store.Envelope, raw []byte) (ids.InboundID, error)
}

// Config says how the listener behaves. Zero values mean the defaults.
type Config struct {
	Hostname        string        // in the greeting and the Received field
	TLS             *tls.Config   // for STARTTLS; nil = not offered
	MaxBytes        int64         // of one mail; default 36 MiB (25 MB of files in base64)
	MaxRecipients   int           // of one mail; default 50
	MaxConnections  int           // at a time; default 200
	MaxPerAddress   int           // connections at a time from one IP address; default 100
	MailsPerMinute  int           // from one IP address; 0 = no limit
	SessionDeadline time.Duration // of one connection, however alive; default 15 min
	InFlight        int64         // bytes of mails being received, all together; default 512 MiB
	Log             *slog.Logger
	Now             func() time.Time
}

func (c *Config) defaults() {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	set(&c.MaxRecipients, 50)
	set(&c.MaxConnections, 200)
	set(&c.MaxPerAddress, 100)
	if c.MaxBytes == 0 {
		c.MaxBytes = 36 << 20
	}
	if c.SessionDeadline == 0 {
		c.SessionDeadline = 15 * time.Minute
	}
	if c.InFlight == 0 {
		c.InFlight = 512 << 20
	}
	if c.Hostname == "" {
		c.Hostname = "localhost"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Server is a running listener.
type Server struct {
	cfg      Config
	gw       Gateway
	smtp     *smtp.Server
	listener net.Listener
	served   chan error
	inFlight atomic.Int64
	limits   *limits
	ctx      context.Context
	cancel   context.CancelFunc
}

// Listen starts a listener on an address ("127.0.0.1:0" chooses a port). It runs a goroutine ("smtp listener") and one for each connection
// until Close.
func Listen(addr string, gw Gateway, cfg Config) (*Server, error) {
	cfg.defaults()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, gw: gw, served: make(chan error, 1), limits: newLimits(cfg)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.listener = &guardedListener{Listener: l, limits: s.limits, deadline: cfg.SessionDeadline, now: cfg.Now}
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain, srv.TLSConfig = cfg.Hostname, cfg.TLS
	srv.MaxMessageBytes, srv.MaxRecipients, srv.MaxLineLength = cfg.MaxBytes, cfg.MaxRecipients, 12<<10
	srv.ReadTimeout, srv.WriteTimeout = 5*time.Minute, 5*time.Minute // RFC 5321 section 4.5.3.2.7
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = quiet{cfg.Log}
	s.smtp = srv
	go func() { s.served <- srv.Serve(s.listener) }()
	return s, nil
}

// Addr is the address it listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops taking connections, lets the mails in hand finish until ctx ends, then cuts the rest.
func (s *Server) Close(ctx context.Context) error {
	err := s.smtp.Shutdown(ctx)
	if err != nil {
		err = s.smtp.Close()
	}
	s.cancel()
	<-s.served
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// quiet keeps go-smtp's notes about broken connections out of the ordinary log.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, v ...any) { q.log.Debug("smtp: a connection broke") }
func (q quiet) Println(v ...any)               { q.log.Debug("smtp: a connection broke") }

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	host, _, err := net.SplitHostPort(c.Conn().RemoteAddr().String())
	if err != nil {
		return nil, err
	}
	return &session{s: s, conn: c, ip: host}, nil
}

type session struct {
	s     *Server
	conn  *smtp.Conn
	ip    string
	from  string
	rcpts []string
}

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

var errBadAddress = reply(553, smtp.EnhancedCode{5, 1, 3}, "This is not a mail address")

// usable reports whether an envelope address can be kept: UTF-8 without control characters, and of the length of RFC 5321 section
// 4.5.3.1.
func usable(addr string) bool {
	if len(addr) > 320 || !utf8.ValidString(addr) {
		return false
	}
	return !strings.ContainsFunc(addr, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Mail implements smtp.Session.
func (x *session) Mail(from string, opts *smtp.MailOptions) error {
	if !x.s.limits.allowMail(x.ip) {
		return reply(451, smtp.EnhancedCode{4, 7, 1}, "Too many mails from your server just now: try again in a minute")
	}
	if !usable(from) {
		return errBadAddress
	}
	if opts != nil && opts.Size > x.s.cfg.MaxBytes {
		return smtp.ErrDataTooLarge
	}
	x.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !usable(to) || !strings.Contains(to, "@") {
		return errBadAddress
	}
	if err := x.s.gw.CheckRecipient(to); err != nil {
		return reply(550, smtp.EnhancedCode{5, 7, 1}, ids.Public(err))
	}
	x.rcpts = append(x.rcpts, to)
	return nil
}

// Data implements smtp.Session: it returns nil, and the client is answered 250, only when the mail is durable for every recipient.
func (x *session) Data(r io.Reader) error {
	raw, release, err := x.receive(r)
	defer release()
	if err != nil {
		return err
	}
	_, isTLS := x.conn.TLSConnectionState()
	for _, rcpt := range x.rcpts {
		env := store.Envelope{MailFrom: x.from, Rcpt: rcpt, RemoteIP: x.ip, Helo: clip(x.conn.Hostname()), TLS: isTLS}
		if _, err := x.s.gw.AcceptMail(x.s.ctx, env, raw); err != nil {
			x.s.cfg.Log.Error("smtp: a mail could not be accepted", "err", err)
			return refusal(err)
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 255 {
		s = s[:255]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), "")
}

// refusal is the answer when a mail could not be kept: always temporary unless trying again is of no use, so that nothing is lost.
func refusal(err error) error {
	if ids.KindOf(err) == ids.TooLarge {
		return smtp.ErrDataTooLarge
	}
	return reply(451, smtp.EnhancedCode{4, 3, 0}, "The mail could not be stored just now and was not accepted: try again later")
}

// receive reads the mail, within its own limit and that of all mails being received together. release gives the room back.
func (x *session) receive(r io.Reader) (raw []byte, release func(), err error) {
	var taken int64
	release = func() { x.s.inFlight.Add(-taken) }
	var buf bytes.Buffer
	chunk := make([]byte, 64<<10)
	for {
		n, err := r.Read(chunk)
		taken += int64(n)
		if x.s.inFlight.Add(int64(n)) > x.s.cfg.InFlight {
			return nil, release, reply(452, smtp.EnhancedCode{4, 3, 1}, "The server is busy with large mails: try again later")
		}
		buf.Write(chunk[:n])
		if err == io.EOF {
			return buf.Bytes(), release, nil
		}
		if err != nil {
			return nil, release, err
		}
	}
}

// Reset implements smtp.Session.
func (x *session) Reset() { x.from, x.rcpts = "", nil }

// Logout implements smtp.Session.
func (x *session) Logout() error { return nil }

// limits counts connections and mails.
type limits struct {
	cfg   Config
	mu    sync.Mutex
	total int
	perIP map[string]int
	rates map[string]*rate.Limiter
}

func newLimits(cfg Config) *limits {
	return &limits{cfg: cfg, perIP: map[string]int{}, rates: map[string]*rate.Limiter{}}
}

func (l *limits) enter(ip string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.cfg.MaxConnections || l.perIP[ip] >= l.cfg.MaxPerAddress {
		return false
	}
	l.total++
	l.perIP[ip]++
	return true
}

func (l *limits) leave(ip string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.perIP[ip]--; l.perIP[ip] == 0 {
		delete(l.perIP, ip)
	}
}

func (l *limits) allowMail(ip string) bool {
	if l.cfg.MailsPerMinute == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rates[ip]
	if r == nil {
		if len(l.rates) > 10_000 { // forget idle addresses rather than grow
			clear(l.rates)
		}
		r = rate.NewLimiter(rate.Limit(float64(l.cfg.MailsPerMinute)/60), l.cfg.MailsPerMinute)
		l.rates[ip] = r
	}
	return r.AllowN(l.cfg.Now(), 1)
}

// guardedListener turns away connections over the limits and gives each a deadline that no activity extends: a client that sends
// one byte a second would outlive every read timeout.
type guardedListener struct {
	net.Listener
	limits   *limits
	deadline time.Duration
	now      func() time.Time
}

func (g *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ip, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		if !g.limits.enter(ip) {
			_ = c.SetWriteDeadline(g.now().Add(time.Second))
			_, _ = io.WriteString(c, "421 4.7.0 Too many connections: try again later\r\n")
			_ = c.Close()
			continue
		}
		return &guardedConn{Conn: c, end: g.now().Add(g.deadline), leave: sync.OnceFunc(func() { g.limits.leave(ip) })}, nil
	}
}

type guardedConn struct {
	net.Conn
	end   time.Time
	leave func()
}

func (c *guardedConn) bound(t time.Time) time.Time {
	if t.IsZero() || t.After(c.end) {
		return c.end
	}
	return t
}

func (c *guardedConn) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(c.bound(t)) }
func (c *guardedConn) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.bound(t)) }
func (c *guardedConn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *guardedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
