package mailbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// newSMTP makes the server. It takes mail for every address: it plays every local authority at once.
func (m *Mailbox) newSMTP() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{m: m}, nil }))
	s.Domain = "mailbox.example"
	s.MaxMessageBytes = maxMail
	s.MaxRecipients = 100
	s.ReadTimeout, s.WriteTimeout = time.Minute, time.Minute
	s.EnableSMTPUTF8 = true
	s.ErrorLog = slog.NewLogLogger(m.log.Handler(), slog.LevelDebug)
	return s
}

// session is one SMTP connection's mail under way.
type session struct {
	m    *Mailbox
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if a, err := mail.ParseAddress("<" + to + ">"); err != nil || a.Address == "" {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "this is no whole email address"}
	}
	if to = strings.ToLower(to); !slices.Contains(s.to, to) {
		s.to = append(s.to, to)
	}
	return nil
}

// Data keeps the mail, as a file too, before it is answered 250.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.m.box.add(s.from, s.to, raw, s.m.now()); err != nil {
		s.m.log.Error("a mail could not be kept", "err", err)
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "the mail could not be kept, try again later"}
	}
	return nil
}

// errNoGateway is shown when a mail is written before the demo has said where its gateway is.
var errNoGateway = errors.New("the gateway's mail address is not known yet")

// send hands a mail to the gateway's SMTP listener. The error of a refusal is an *smtp.SMTPError with the gateway's own words.
func (m *Mailbox) send(ctx context.Context, from string, to []string, raw []byte) error {
	addr := m.gatewayAddr()
	if addr == "" {
		return errNoGateway
	}
	d := net.Dialer{Timeout: 10 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	defer func() { _ = c.Close() }() // after QUIT it is closed already
	c.CommandTimeout, c.SubmissionTimeout = 30*time.Second, time.Minute
	helo := "localhost"
	if _, domain, ok := strings.Cut(from, "@"); ok {
		helo = domain
	}
	if err := c.Hello(helo); err != nil {
		return err
	}
	if err := c.SendMail(from, to, strings.NewReader(string(raw))); err != nil {
		return err
	}
	return c.Quit()
}
