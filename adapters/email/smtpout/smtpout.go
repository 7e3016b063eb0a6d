// Package smtpout sends what the outbox asks for, as MIME mail over SMTP to the configured smarthost. It keeps nothing: retries are the
// outbox's, states the gateway's.
package smtpout

import (
	"context"
	"crypto"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
)

// Gateway is what the sender needs of the domain.
type Gateway interface {
	// OutgoingMail returns the email of a delivery, or flow.ErrNothingToSend.
	OutgoingMail(ctx context.Context, id ids.DeliveryID) (flow.OutMail, error)
	// GuestMail returns the email of a meeting's outbox item, or flow.ErrNothingToSend.
	GuestMail(ctx context.Context, payload json.RawMessage) (flow.OutMail, error)
	// GuestMailDone records that the smarthost has taken such an email, or refused it for good.
	GuestMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error
	// MailSent records that the smarthost has taken a delivery; final: it is the recipient's own server.
	MailSent(ctx context.Context, id ids.DeliveryID, final bool, answer string) error
	// MailFailed records a failed try and returns when to try again; the zero time = never.
	MailFailed(ctx context.Context, id ids.DeliveryID, attempt int, permanent bool, answer string) (time.Time, error)
}

// TLSMode says how the connection to the smarthost is protected.
type TLSMode string

// The TLS modes.
const (
	TLSRequired      TLSMode = "starttls"      // STARTTLS with a verified certificate, or nothing is sent
	TLSImplicit      TLSMode = "tls"           // TLS from the first byte (RFC 8314)
	TLSOpportunistic TLSMode = "opportunistic" // STARTTLS where offered
	TLSNone          TLSMode = "none"          // for a smarthost on this machine
)

// Config says where mail goes.
type Config struct {
	Smarthost          string  // host:port
	TLS                TLSMode // "" = starttls
	TLSConfig          *tls.Config
	Username, Password string // "" = no authentication
	Hostname           string // for EHLO
	// FinalFor lists the recipient domains whose own server the smarthost is ("*" = every): its 250 then means accepted by the
	// recipient's server, not merely sent.
	FinalFor []string
	Timeout  time.Duration // of one mail; 0 = 2 min, at most 100 s of it inside the outbox's lease
	// DKIM signs what is sent (RFC 6376); the zero value does not.
	DKIM DKIM
	Now  func() time.Time
	Log  *slog.Logger
}

// DKIM is a signing key.
type DKIM struct {
	Domain, Selector string
	Key              crypto.Signer // RSA or Ed25519
}

// Sender sends mail. It is safe for concurrent use and starts no goroutine of its own.
type Sender struct {
	cfg Config
	gw  Gateway
}

// New checks the configuration and returns a sender.
func New(gw Gateway, cfg Config) (*Sender, error) {
	if cfg.TLS == "" {
		cfg.TLS = TLSRequired
	}
	if !slices.Contains([]TLSMode{TLSRequired, TLSImplicit, TLSOpportunistic, TLSNone}, cfg.TLS) {
		return nil, fmt.Errorf("mail.out.tls: %q is none of starttls, tls, opportunistic, none", cfg.TLS)
	}
	if _, _, err := net.SplitHostPort(cfg.Smarthost); err != nil {
		return nil, fmt.Errorf("mail.out.smarthost: %q is not host:port", cfg.Smarthost)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 100 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Hostname == "" {
		cfg.Hostname = "localhost"
	}
	return &Sender{cfg: cfg, gw: gw}, nil
}

// HandleDelivery is the outbox handler for mail_out items.
func (s *Sender) HandleDelivery(ctx context.Context, it outbox.Item) error {
	var id ids.DeliveryID
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		return outbox.Permanent(err)
	}
	m, err := s.gw.OutgoingMail(ctx, id)
	if errors.Is(err, flow.ErrNothingToSend) {
		return nil
	}
	if err != nil {
		return err
	}
	answer, err := s.send(ctx, m)
	if err == nil {
		return s.gw.MailSent(ctx, id, s.final(m.To), answer)
	}
	if ctx.Err() != nil {
		return err // we are stopping: the item comes again
	}
	retry, recordErr := s.gw.MailFailed(ctx, id, it.Attempts, permanent(err), answerOf(err))
	switch {
	case recordErr != nil:
		return errors.Join(err, recordErr)
	case retry.IsZero():
		return nil // recorded as failed: a person is told, nothing is left to do
	}
	return outbox.RetryAt(retry, err)
}

// HandleGuest is the outbox handler for mail_guest items.
func (s *Sender) HandleGuest(ctx context.Context, it outbox.Item) error {
	m, err := s.gw.GuestMail(ctx, it.Payload)
	if errors.Is(err, flow.ErrNothingToSend) {
		return nil
	}
	if err != nil {
		return err
	}
	answer, err := s.send(ctx, m)
	switch {
	case err == nil:
		return s.gw.GuestMailDone(ctx, it.Payload, true, answer)
	case permanent(err):
		// Recorded, and shown to the host: a person is told, nothing is left to do.
		return s.gw.GuestMailDone(ctx, it.Payload, false, answerOf(err))
	}
	return outbox.RetryAt(s.cfg.Now().Add(outbox.Backoff(it.Attempts, 5*time.Second, 10*time.Minute)), err)
}

func (s *Sender) final(to string) bool {
	return slices.Contains(s.cfg.FinalFor, "*") || slices.Contains(s.cfg.FinalFor, people.Domain(to))
}

// permanent reports whether trying this mail again is of no use: the server said 5xx about it. What it says about us instead (RFC 5321
// section 4.2.2: 500-504, commands it does not take; 521, no mail at all; RFC 4954 section 6: 530-538, who we are) is for an
// operator to mend, and no message is lost meanwhile.
func permanent(err error) bool {
	var e *smtp.SMTPError
	if !errors.As(err, &e) || e.Temporary() {
		return false
	}
	return !(e.Code <= 504 || e.Code == 521 || e.Code >= 530 && e.Code <= 538)
}

func answerOf(err error) string {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return fmt.Sprintf("%d %d.%d.%d %s", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2], e.Message)
	}
	var n net.Error
	if errors.As(err, &n) {
		return "the mail server could not be reached"
	}
	return "the mail server could not be used: " + err.Error()
}

// send hands one mail to the smarthost and returns its answer.
func (s *Sender) send(ctx context.Context, m flow.OutMail) (string, error) {
	raw, err := compose(m, s.cfg.Now())
	if err != nil {
		return "", err
	}
	if raw, err = s.sign(raw); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	c, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if s.cfg.Username != "" {
		if err := c.Auth(sasl.NewPlainClient("", s.cfg.Username, s.cfg.Password)); err != nil {
			return "", err
		}
	}
	return transmit(c, m, raw)
}

func transmit(c *smtp.Client, m flow.OutMail, raw []byte) (string, error) {
	utf8, _ := c.Extension("SMTPUTF8")
	if err := c.Mail(m.EnvelopeFrom, &smtp.MailOptions{Size: int64(len(raw)), UTF8: utf8 && !ascii(m.To)}); err != nil {
		return "", err
	}
	opts := &smtp.RcptOptions{}
	if ok, _ := c.Extension("DSN"); ok && m.EnvelopeFrom != "" {
		opts.Notify = []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
	}
	if err := c.Rcpt(m.To, opts); err != nil {
		return "", err
	}
	w, err := c.Data()
	if err != nil {
		return "", err
	}
	if _, err := w.Write(raw); err != nil {
		return "", err
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return "", err
	}
	_ = c.Quit() // the mail is taken, whatever becomes of the connection
	return "250 " + strings.TrimSpace(answer.StatusText), nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

// connect opens a connection that ends with ctx. A deadline on it would not hold: go-smtp sets its own, of five minutes, for each
// command, and a silent server would outlive the outbox's lease.
func (s *Sender) connect(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 30 * time.Second}).DialContext(ctx, "tcp", s.cfg.Smarthost)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	return conn, nil
}

func (s *Sender) dial(ctx context.Context) (*smtp.Client, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	tlsConfig := s.tlsConfig()
	switch s.cfg.TLS {
	case TLSImplicit:
		return s.hello(smtp.NewClient(tls.Client(conn, tlsConfig)))
	case TLSRequired:
		c, err := smtp.NewClientStartTLS(conn, tlsConfig)
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("starttls: %w", err)
		}
		return s.hello(c)
	}
	c, err := s.hello(smtp.NewClient(conn))
	if err != nil || s.cfg.TLS == TLSNone {
		return c, err
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return c, nil
	}
	_ = c.Close()
	if conn, err = s.connect(ctx); err != nil {
		return nil, err
	}
	tlsConfig.InsecureSkipVerify = true // opportunistic TLS keeps listeners out; it cannot prove the server (RFC 7435)
	if c, err = smtp.NewClientStartTLS(conn, tlsConfig); err != nil {
		return nil, err
	}
	return s.hello(c)
}

func (s *Sender) tlsConfig() *tls.Config {
	c := &tls.Config{}
	if s.cfg.TLSConfig != nil {
		c = s.cfg.TLSConfig.Clone()
	}
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(s.cfg.Smarthost)
	}
	c.MinVersion = tls.VersionTLS12
	return c
}

func (s *Sender) hello(c *smtp.Client) (*smtp.Client, error) {
	if err := c.Hello(s.cfg.Hostname); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}
