package smtpin_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"kinbridge/adapters/email/smtpin"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const domain = "in.kinbridge.example"

// gateway keeps what it is given, as the real one does, and can be told that its database is down.
type gateway struct {
	mu   sync.Mutex
	got  []kept
	down error
}

type kept struct {
	env store.Envelope
	raw string
}

func (g *gateway) CheckRecipient(rcpt string) error {
	if !strings.HasSuffix(strings.ToLower(rcpt), "@"+domain) {
		return ids.E(ids.NotFound, "This server does not take mail for that domain.")
	}
	return nil
}

func (g *gateway) AcceptMail(_ context.Context, env store.Envelope, raw []byte) (ids.InboundID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down != nil {
		return "", g.down
	}
	g.got = append(g.got, kept{env, string(raw)})
	return "inb_1", nil
}

func (g *gateway) all() []kept {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]kept(nil), g.got...)
}

func serve(t *testing.T, g *gateway, cfg smtpin.Config) string {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	cfg.Hostname = "mx." + domain
	s, err := smtpin.Listen("127.0.0.1:0", g, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s.Addr().String()
}

func certificate(t *testing.T) (server *tls.Config, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx." + domain}, DNSNames: []string{"mx." + domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func dial(t *testing.T, addr string) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(c *smtp.Client, from, body string, to ...string) error {
	if err := c.Mail(from, nil); err != nil {
		return err
	}
	for _, rcpt := range to {
		if err := c.Rcpt(rcpt, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, body); err != nil {
		return err
	}
	return w.Close()
}

func answered(t *testing.T, err error, code int) {
	t.Helper()
	var e *smtp.SMTPError
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want %d", err, code)
	}
}

const mail = "From: a@anytown.example\r\nSubject: x\r\n\r\nWords \x00\xff\xfe kept.\r\n.leading dot\r\n"

func TestMailIsHandedOverAsItCame(t *testing.T) {
	g := &gateway{}
	server, pool := certificate(t)
	addr := serve(t, g, smtpin.Config{TLS: server})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClientStartTLS(conn, &tls.Config{ServerName: "mx." + domain, RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 { // several mails on one connection
		if err := send(c, "a@anytown.example", mail, "r-1@"+domain, "R-2@"+strings.ToUpper(domain)); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(c, "", mail, "b-1@"+domain); err != nil { // a report, with the null reverse-path
		t.Fatal(err)
	}
	got := g.all()
	if len(got) != 5 {
		t.Fatalf("%d kept", len(got))
	}
	for _, k := range got {
		if !strings.HasSuffix(k.raw, mail) || !k.env.TLS || k.env.RemoteIP != "127.0.0.1" || k.env.Helo == "" {
			t.Errorf("%+v", k)
		}
	}
	if got[4].env.MailFrom != "" || got[1].env.Rcpt != "R-2@"+strings.ToUpper(domain) {
		t.Errorf("%+v", got)
	}
}

func TestRefusals(t *testing.T) {
	g := &gateway{}
	addr := serve(t, g, smtpin.Config{MaxBytes: 20_000, MaxRecipients: 3})
	c := dial(t, addr)
	answered(t, send(c, "a@b.example", mail, "someone@elsewhere.example"), 550)
	_ = c.Reset()
	answered(t, send(c, "a@b.example", mail, strings.Repeat("a", 400)+"@"+domain), 553)
	_ = c.Reset()
	answered(t, send(c, "a@b.example", strings.Repeat("long line\r\n", 5_000), "r@"+domain), 552)
	c = dial(t, addr)
	answered(t, c.Mail("a@b.example", &smtp.MailOptions{Size: 30_000}), 552)
	if err := send(c, "a@b.example", mail, "1@"+domain, "2@"+domain, "3@"+domain, "4@"+domain); err == nil {
		t.Error("four recipients were taken")
	}
	if n := len(g.all()); n != 0 {
		t.Errorf("%d kept of mails that were refused", n)
	}
	if err := send(dial(t, addr), "a@b.example", mail, "r@"+domain); err != nil {
		t.Errorf("nobody else is disturbed: %v", err)
	}
}

func TestDatabaseDownIsTemporaryAndKeepsNothing(t *testing.T) {
	g := &gateway{down: ids.E(ids.Unavailable, "The disk is full.")}
	c := dial(t, serve(t, g, smtpin.Config{}))
	answered(t, send(c, "a@b.example", mail, "r@"+domain), 451)
	g.mu.Lock()
	g.down = errors.New("a bug")
	g.mu.Unlock()
	answered(t, send(c, "a@b.example", mail, "r@"+domain), 451)
	g.mu.Lock()
	g.down = nil
	g.mu.Unlock()
	if err := send(c, "a@b.example", mail, "r@"+domain); err != nil || len(g.all()) != 1 {
		t.Errorf("works again: %v, %d", err, len(g.all()))
	}
}

// talk writes raw bytes and returns all that the server said until it closed or fell silent.
func talk(t *testing.T, addr string, lines ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(conn)
	var said strings.Builder
	reply := func() bool {
		for {
			line, err := r.ReadString('\n')
			said.WriteString(line)
			if err != nil {
				return false
			}
			if len(line) > 3 && line[3] == ' ' {
				return true
			}
		}
	}
	if !reply() {
		return said.String()
	}
	for _, l := range lines {
		if _, err := io.WriteString(conn, l); err != nil || !reply() {
			break
		}
	}
	return said.String()
}

// A second mail hidden behind a bare line feed is not taken for one (SMTP smuggling).
func TestSmuggling(t *testing.T) {
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n\x00.\r\n", "\r.\r"} {
		g := &gateway{}
		addr := serve(t, g, smtpin.Config{})
		talk(t, addr, "EHLO x.example\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<r@"+domain+">\r\n", "DATA\r\n",
			"Subject: one\r\n\r\nbody"+end+"MAIL FROM:<forged@b.example>\r\nRCPT TO:<r@"+domain+">\r\nDATA\r\nSubject: two\r\n\r\nx\r\n.\r\n", "QUIT\r\n")
		for _, k := range g.all() {
			if k.env.MailFrom == "forged@b.example" {
				t.Errorf("%q let a second mail through", end)
			}
		}
		if n := len(g.all()); n > 1 {
			t.Errorf("%q: %d mails", end, n)
		}
	}
}

func TestGarbage(t *testing.T) {
	g := &gateway{}
	addr := serve(t, g, smtpin.Config{})
	for _, lines := range [][]string{
		{"\x00\xff\xfe\r\n"}, {"EHLO \x00\r\n", "MAIL FROM:<a\x00b@c.example>\r\n"}, {"EHLO x\r\n", "MAIL FROM:<\xff\xfe@c.example>\r\n", "RCPT TO:<r\xff@" + domain + ">\r\n", "DATA\r\n"},
		{"EHLO x\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<r\x01@" + domain + ">\r\n", "DATA\r\n"}, {strings.Repeat("A", 100_000) + "\r\n"},
		{"DATA\r\n"}, {"EHLO x\r\n", "RCPT TO:<r@" + domain + ">\r\n"}, {"GET / HTTP/1.1\r\n"}, {"EHLO x\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<r@" + domain + ">\r\n", "DATA\r\n", "cut off"},
	} {
		talk(t, addr, lines...)
	}
	if n := len(g.all()); n != 0 {
		t.Errorf("%d mails of garbage: %+v", n, g.all())
	}
	if err := send(dial(t, addr), "a@b.example", mail, "r@"+domain); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestInternationalAddresses(t *testing.T) {
	g := &gateway{}
	c := dial(t, serve(t, g, smtpin.Config{}))
	if err := c.Mail("ŵyn@anytown.example", &smtp.MailOptions{UTF8: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("r@"+domain, nil); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, mail)
	if err := w.Close(); err != nil || g.all()[0].env.MailFrom != "ŵyn@anytown.example" {
		t.Errorf("%v %+v", err, g.all())
	}
}

func TestConnectionCap(t *testing.T) {
	g := &gateway{}
	addr := serve(t, g, smtpin.Config{MaxConnections: 5, MaxPerAddress: 2})
	first, second := dial(t, addr), dial(t, addr)
	if err := first.Noop(); err != nil {
		t.Fatal(err)
	}
	if err := second.Noop(); err != nil {
		t.Fatal(err)
	}
	if said := talk(t, addr); !strings.HasPrefix(said, "421 ") {
		t.Errorf("a third connection: %q", said)
	}
	if err := first.Quit(); err != nil {
		t.Fatal(err)
	}
	for range 100 { // the place is free once the server has seen the end
		if said := talk(t, addr, "QUIT\r\n"); strings.HasPrefix(said, "220 ") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the place of a connection that ended is not free again")
}

func TestRateLimit(t *testing.T) {
	g := &gateway{}
	now := time.Now()
	c := dial(t, serve(t, g, smtpin.Config{MailsPerMinute: 3, Now: func() time.Time { return now }}))
	for range 3 {
		if err := send(c, "a@b.example", mail, "r@"+domain); err != nil {
			t.Fatal(err)
		}
	}
	answered(t, send(c, "a@b.example", mail, "r@"+domain), 451)
}

func TestLimitOfSenderAndRecipient(t *testing.T) {
	g := &gateway{}
	c := dial(t, serve(t, g, smtpin.Config{PerSenderHour: 2}))
	for range 2 {
		if err := send(c, "a@b.example", mail, "r@"+domain); err != nil {
			t.Fatal(err)
		}
	}
	answered(t, send(c, "a@b.example", mail, "r@"+domain), 450)
	if err := send(c, "a@b.example", mail, "other@"+domain); err != nil {
		t.Error(err)
	}
}

// A client that sends a byte now and then is cut off, however alive it looks.
func TestSlowClient(t *testing.T) {
	g := &gateway{}
	addr := serve(t, g, smtpin.Config{SessionDeadline: 500 * time.Millisecond})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, conn); close(ended) }()
	for {
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Second):
			t.Error("it is still connected")
			_ = conn.Close()
			<-ended
			return
		default:
			_, _ = conn.Write([]byte("N"))
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func TestMailsInFlightAreBounded(t *testing.T) {
	g := &gateway{}
	c := dial(t, serve(t, g, smtpin.Config{InFlight: 10_000}))
	answered(t, send(c, "a@b.example", strings.Repeat("line of text\r\n", 5_000), "r@"+domain), 452)
	c = dial(t, serve(t, g, smtpin.Config{InFlight: 10_000}))
	for range 5 { // the room is given back
		if err := send(c, "a@b.example", strings.Repeat("line\r\n", 1_000), "r@"+domain); err != nil {
			t.Fatal(err)
		}
	}
}

// swaks is a program that others test their servers with.
func TestSwaks(t *testing.T) {
	if _, err := exec.LookPath("swaks"); err != nil {
		t.Fatal("swaks is not installed: install the package swaks (make test does)")
	}
	g := &gateway{}
	server, _ := certificate(t)
	addr := serve(t, g, smtpin.Config{TLS: server})
	for _, extra := range [][]string{nil, {"--tls"}, {"--pipeline"}} {
		args := append([]string{"--server", addr, "--from", "a@anytown.example", "--to", "r@" + domain, "--header", "Subject: swaks", "--body", "Words ŵŷ"}, extra...)
		if out, err := exec.Command("swaks", args...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", extra, err, out)
		}
	}
	got := g.all()
	if len(got) != 3 || !strings.Contains(got[0].raw, "Words ŵŷ") || got[0].env.TLS || !got[1].env.TLS {
		t.Errorf("%d kept", len(got))
	}
	if out, err := exec.Command("swaks", "--server", addr, "--from", "a@b.example", "--to", "x@elsewhere.example").CombinedOutput(); err == nil {
		t.Errorf("relayed:\n%s", out)
	}
}

// Mails being received when the listener closes are finished; then nothing listens and nothing runs.
func TestCloseFinishesWhatIsInHand(t *testing.T) {
	g := &gateway{}
	s, err := smtpin.Listen("127.0.0.1:0", g, smtpin.Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.Dial(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Mail("a@b.example", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("r@"+domain, nil); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		closed <- s.Close(ctx)
	}()
	if _, err := fmt.Fprint(w, mail); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil || len(g.all()) != 1 {
		t.Errorf("the mail in hand: %v, %d kept", err, len(g.all()))
	}
	_ = c.Quit()
	_ = c.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := net.DialTimeout("tcp", s.Addr().String(), time.Second); err == nil {
		t.Error("it still listens")
	}
}

// Some programs write a page of HTML in one line, and her words may be in it. A line without end is refused, and costs the others nothing.
func TestLongLines(t *testing.T) {
	g := &gateway{}
	addr := serve(t, g, smtpin.Config{})
	c := dial(t, addr)
	for _, mail := range []string{strings.Repeat("x", 1<<20) + "\r\n", "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n\r\nwords\r\n"} {
		if err := send(c, "a@b.example", mail, "r@"+domain); err != nil {
			t.Errorf("a line of 1 MiB: %v", err)
		}
	}
	if err := send(c, "a@b.example", strings.Repeat("x", 5<<20)+"\r\n", "r@"+domain); err == nil {
		t.Error("a line of 5 MiB was taken")
	}
	if err := send(dial(t, addr), "a@b.example", "next\r\n", "r@"+domain); err != nil {
		t.Errorf("the next mail: %v", err)
	}
	if n := len(g.all()); n != 3 {
		t.Errorf("%d mails were taken", n)
	}
}

// A program that cannot start another of its parts closes this one at once, perhaps before it has begun to serve.
func TestCloseRightAfterListen(t *testing.T) {
	for range 200 {
		s, err := smtpin.Listen("127.0.0.1:0", &gateway{}, smtpin.Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}
