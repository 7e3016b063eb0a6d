package smtpout

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	"github.com/emersion/go-smtp"

	"kinbridge/gateway/messages"
)

// maxHeard is how many bytes of answers one session may bring: a server that never stops talking is left.
const maxHeard = 1 << 20

// wire is a connection that ends with its context, hears no more than maxHeard bytes, and may begin with words already heard. A deadline
// would not hold: go-smtp sets its own, of five minutes, for each command, and a silent server would outlive the outbox's lease.
type wire struct {
	net.Conn
	before io.Reader // heard before; nil = nothing
	left   int64
}

var errTalksOn = errors.New("the server sends without end")

func (w *wire) Read(p []byte) (int, error) {
	if w.before != nil {
		if n, _ := w.before.Read(p); n > 0 {
			return n, nil
		}
		w.before = nil
	}
	if w.left <= 0 {
		return 0, errTalksOn
	}
	n, err := w.Conn.Read(p[:min(int64(len(p)), w.left)])
	w.left -= int64(n)
	return n, err
}

// target is one server and how to speak with it.
type target struct {
	addr     string // host:port
	host     string // its name, for the certificate
	domain   string // for the report
	policy   string // for the report
	level    level
	implicit bool // TLS from the first byte (RFC 8314)
	// mayNotify is the requirement's.
	mayNotify bool
}

// open connects to a server, secures the connection as far as the target asks, and says EHLO. The caller closes the client. The connection
// ends with ctx.
func (s *Sender) open(ctx context.Context, t target) (*smtp.Client, error) {
	dctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout/4)
	defer cancel()
	conn, err := s.cfg.Net.Dial(dctx, "tcp", t.addr)
	if err != nil {
		return nil, &fault{stage: atConnect, trouble: messages.TroubleUnreachable, err: err}
	}
	// Until the server has said EHLO and the connection is secure, it has a quarter of the time: the next server gets the rest.
	stopSetup := context.AfterFunc(dctx, func() { _ = conn.Close() })
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	w, err := s.secure(dctx, &wire{Conn: conn, left: maxHeard}, t)
	if err == nil {
		c := smtp.NewClient(w)
		if err = c.Hello(s.cfg.Hostname); err == nil {
			if stopSetup() {
				return c, nil
			}
			err = context.DeadlineExceeded
		}
	}
	_ = conn.Close()
	var f *fault
	if !errors.As(err, &f) {
		f = &fault{stage: atConnect, err: err}
	}
	return nil, f
}

// secure does what stands before the mail's own dialog: TLS at once, or STARTTLS (RFC 3207) where it is asked for or offered. What it returns
// begins with a greeting for the SMTP client to read: after STARTTLS a server sends none.
func (s *Sender) secure(ctx context.Context, w *wire, t target) (net.Conn, error) {
	if t.implicit {
		return s.handshake(ctx, w, t)
	}
	if t.level == plain {
		return w, nil
	}
	r := textproto.NewReader(bufio.NewReader(w))
	if _, _, err := r.ReadResponse(220); err != nil {
		return nil, smtpError(err)
	}
	offered, err := s.offersTLS(r, w)
	if err != nil {
		return nil, err
	}
	if !offered {
		s.report.add(t.domain, t.policy, TLSNotSupported)
		if t.level == verified {
			return nil, &fault{stage: atTLS, trouble: messages.TroubleNoTLS, mayNotify: t.mayNotify, err: errors.New("the server does not offer STARTTLS")}
		}
		return greeted(w), nil
	}
	if _, err := fmt.Fprintf(w, "STARTTLS\r\n"); err != nil {
		return nil, err
	}
	if _, _, err := r.ReadResponse(220); err != nil { // "454 TLS not available due to temporary reason", or somebody in between
		s.report.add(t.domain, t.policy, TLSNotSupported)
		return nil, &fault{stage: atTLS, trouble: messages.TroubleBadTLS, mayNotify: t.mayNotify, err: smtpError(err)}
	}
	if r.R.Buffered() > 0 { // words put in before the handshake would be taken for the server's (CVE-2011-0411)
		s.report.add(t.domain, t.policy, TLSFailed)
		return nil, &fault{stage: atTLS, trouble: messages.TroubleBadTLS, mayNotify: t.mayNotify, err: errors.New("the server went on in the clear after STARTTLS")}
	}
	tc, err := s.handshake(ctx, w, t)
	if err != nil {
		return nil, err
	}
	return greeted(tc), nil
}

// offersTLS says EHLO and reports whether STARTTLS is among the answers. A server that knows no EHLO offers nothing.
func (s *Sender) offersTLS(r *textproto.Reader, w io.Writer) (bool, error) {
	if _, err := fmt.Fprintf(w, "EHLO %s\r\n", s.cfg.Hostname); err != nil {
		return false, err
	}
	_, answer, err := r.ReadResponse(250)
	var p *textproto.Error
	if errors.As(err, &p) && (p.Code == 500 || p.Code == 502) {
		return false, nil
	}
	if err != nil {
		return false, smtpError(err)
	}
	_, extensions, _ := strings.Cut(answer, "\n")
	for line := range strings.SplitSeq(extensions, "\n") {
		if word, _, _ := strings.Cut(line, " "); strings.EqualFold(word, "STARTTLS") {
			return true, nil
		}
	}
	return false, nil
}

// greeted is a connection whose server has greeted already.
func greeted(c net.Conn) net.Conn {
	return &wire{Conn: c, before: strings.NewReader("220 ready\r\n"), left: maxHeard}
}

// smtpError is a reply as the SMTP client's errors have it.
func smtpError(err error) error {
	var p *textproto.Error
	if !errors.As(err, &p) {
		return err
	}
	e := &smtp.SMTPError{Code: p.Code, Message: p.Msg}
	var c smtp.EnhancedCode
	if n, _ := fmt.Sscanf(p.Msg, "%d.%d.%d ", &c[0], &c[1], &c[2]); n == 3 {
		_, e.Message, _ = strings.Cut(p.Msg, " ")
		e.EnhancedCode = c
	}
	return e
}

// handshake makes TLS of a connection. The certificate is always checked, against the host's name, and the result counted; it is an error
// where the level asks for it.
func (s *Sender) handshake(ctx context.Context, w net.Conn, t target) (net.Conn, error) {
	cfg := &tls.Config{}
	if s.cfg.Net.TLS != nil {
		cfg = s.cfg.Net.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = t.host
	}
	cfg.MinVersion = tls.VersionTLS12
	var problem error
	cfg.InsecureSkipVerify = true // what the standard check would do is done here: it must also be counted where it does not count
	cfg.VerifyConnection = func(c tls.ConnectionState) error {
		if problem = verify(c, cfg); problem != nil && t.level == verified {
			return problem
		}
		return nil
	}
	tc := tls.Client(w, cfg)
	err := tc.HandshakeContext(ctx)
	if problem == nil {
		problem = err
	}
	s.report.add(t.domain, t.policy, tlsResult(problem))
	if err != nil {
		return nil, &fault{stage: atTLS, trouble: messages.TroubleBadTLS, mayNotify: t.mayNotify, err: err}
	}
	return tc, nil
}

// verify checks a server's certificate for the name and roots of a configuration.
func verify(c tls.ConnectionState, cfg *tls.Config) error {
	opts := x509.VerifyOptions{Roots: cfg.RootCAs, DNSName: cfg.ServerName, Intermediates: x509.NewCertPool()}
	if cfg.Time != nil {
		opts.CurrentTime = cfg.Time()
	}
	for _, cert := range c.PeerCertificates[1:] {
		opts.Intermediates.AddCert(cert)
	}
	_, err := c.PeerCertificates[0].Verify(opts)
	return err
}
