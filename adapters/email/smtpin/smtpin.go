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
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// Gateway is what the listener needs of the domain.
type Gateway interface {
	// CheckRecipient returns nil when mail for the recipient is ours to take, else a NotFound with words for the sender.
	CheckRecipient(rcpt string) error
	// AcceptMail makes a mail durable for one recipient: once it has returned nil the mail is ours. The same mail again is
	// accepted once. raw is the listener's again when it returns.
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
	PerSenderHour   int           // mails an hour from one envelope sender to one recipient; 0 = no limit
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
	srv.MaxMessageBytes, srv.MaxRecipients, srv.MaxLineLength = cfg.MaxBytes, cfg.MaxRecipients, maxLine
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
	_ = s.listener.Close() // Serve may only now begin, with a listener that Shutdown did not know of: it would wait for connections for ever
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
	buf   bytes.Buffer // of the mail being received; kept from mail to mail while it is small
}

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// maxLine bounds a line, in bytes; at one that is longer the connection is cut, and the client may not see the answer. RFC 5321 section
// 4.5.3.1.6 lets a line of text have 1000, and programs that write a page of HTML in one line do not care: her words are worth more than the
// rule. A command of that length is kept in memory until it is refused: with 200 connections still less than InFlight.
const maxLine = 2 << 20

var errLongLine = reply(554, smtp.EnhancedCode{5, 6, 0}, "The mail has a line of more than 2 MiB and was not accepted: send it in another format")

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
	if !x.s.limits.allowPair(x.from, to) {
		return reply(450, smtp.EnhancedCode{4, 7, 1}, "Too many mails from this sender to this address just now: try again later")
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

// keptBuffer is the largest buffer, in bytes, that a session keeps for its next mail.
const keptBuffer = 128 << 10

// receive reads the mail, within its own limit and that of all mails being received together. release gives the room back; raw is not to
// be used after it.
func (x *session) receive(r io.Reader) (raw []byte, release func(), err error) {
	var taken int64
	release = func() {
		x.s.inFlight.Add(-taken)
		if x.buf.Cap() > keptBuffer {
			x.buf = bytes.Buffer{}
		}
	}
	x.buf.Reset()
	for {
		x.buf.Grow(16 << 10)
		n, err := r.Read(x.buf.AvailableBuffer()[:x.buf.Available()])
		taken += int64(n)
		if x.s.inFlight.Add(int64(n)) > x.s.cfg.InFlight {
			return nil, release, reply(452, smtp.EnhancedCode{4, 3, 1}, "The server is busy with large mails: try again later")
		}
		_, _ = x.buf.Write(x.buf.AvailableBuffer()[:n]) // where it is already: this only makes it count
		if err == io.EOF {
			return x.buf.Bytes(), release, nil
		}
		if errors.Is(err, smtp.ErrTooLongLine) {
			return nil, release, errLongLine
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
