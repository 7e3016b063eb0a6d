package smtpout

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// smarthost is a real SMTP server that answers as it is told.
type smarthost struct {
	mu      sync.Mutex
	got     []received
	mailErr error
	rcptErr error
	dataErr error
	user    string // demanded, with the password "secret"

	requireTLS, ascii bool // offers REQUIRETLS; does not offer SMTPUTF8
}

type received struct {
	from, to, helo string
	opts           smtp.MailOptions
	rcpt           smtp.RcptOptions
	raw            string
	tls            bool
}

type hostSession struct {
	h      *smarthost
	c      *smtp.Conn
	cur    received
	authed bool
}

func (s *hostSession) Mail(from string, o *smtp.MailOptions) error {
	if s.h.user != "" && !s.authed {
		return smtp.ErrAuthRequired
	}
	s.cur = received{from: from, opts: *o, helo: s.c.Hostname()}
	_, s.cur.tls = s.c.TLSConnectionState()
	return s.h.mailErr
}
func (s *hostSession) Rcpt(to string, o *smtp.RcptOptions) error {
	s.cur.to, s.cur.rcpt = to, *o
	return s.h.rcptErr
}
func (s *hostSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.h.dataErr != nil {
		return s.h.dataErr
	}
	s.cur.raw = string(raw)
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.h.got = append(s.h.got, s.cur)
	return nil
}
func (s *hostSession) Reset()        {}
func (s *hostSession) Logout() error { return nil }
func (s *hostSession) AuthMechanisms() []string {
	if s.h.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}
func (s *hostSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.authed = user == s.h.user && password == "secret"; !s.authed {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (h *smarthost) all() []received {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]received(nil), h.got...)
}

func (h *smarthost) start(t *testing.T, tlsConfig *tls.Config, implicit bool) string {
	t.Helper()
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &hostSession{h: h, c: c}, nil }))
	srv.Domain, srv.EnableDSN, srv.EnableSMTPUTF8, srv.TLSConfig = "relay.example", true, true, tlsConfig
	srv.AllowInsecureAuth = true
	srv.EnableREQUIRETLS, srv.EnableSMTPUTF8 = h.requireTLS, !h.ascii
	srv.ErrorLog = quietLog{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if implicit {
		l = tls.NewListener(l, tlsConfig)
	}
	done := make(chan struct{})
	go func() { _ = srv.Serve(l); close(done) }()
	t.Cleanup(func() {
		_ = srv.Close()
		_ = l.Close() // a server that was closed before it began to serve would wait for ever
		<-done
	})
	return addr
}

type quietLog struct{}

func (quietLog) Printf(string, ...any) {}
func (quietLog) Println(...any)        {}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// gateway is the gateway's side as the tests see it: one mail, and what was recorded.
type gateway struct {
	mail      flow.OutMail
	err       error
	sent      []string
	final     bool
	failed    []string
	permanent bool
	why       flow.MailFailure
	retry     time.Time
	guest     []bool
}

func (g *gateway) OutgoingMail(context.Context, ids.DeliveryID) (flow.OutMail, error) {
	return g.mail, g.err
}
func (g *gateway) GuestMail(context.Context, json.RawMessage) (flow.OutMail, error) {
	return g.mail, g.err
}
func (g *gateway) GuestMailDone(_ context.Context, _ json.RawMessage, sent bool, answer string) error {
	g.guest = append(g.guest, sent)
	return nil
}
func (g *gateway) MailSent(_ context.Context, _ ids.DeliveryID, final bool, answer string) error {
	g.sent, g.final = append(g.sent, answer), final
	return nil
}
func (g *gateway) PageMail(ctx context.Context, p json.RawMessage) (flow.OutMail, error) {
	return g.GuestMail(ctx, p)
}
func (g *gateway) PageMailDone(ctx context.Context, p json.RawMessage, sent bool, answer string) error {
	return g.GuestMailDone(ctx, p, sent, answer)
}
func (g *gateway) AlertMail(ctx context.Context, p json.RawMessage) (flow.OutMail, error) {
	return g.GuestMail(ctx, p)
}
func (g *gateway) AlertMailDone(ctx context.Context, p json.RawMessage, sent bool, answer string) error {
	return g.GuestMailDone(ctx, p, sent, answer)
}
func (g *gateway) NoticeMail(ctx context.Context, p json.RawMessage) (flow.OutMail, error) {
	return g.GuestMail(ctx, p)
}
func (g *gateway) NoticeDone(ctx context.Context, p json.RawMessage, sent bool, answer string) error {
	return g.GuestMailDone(ctx, p, sent, answer)
}
func (g *gateway) MailFailed(_ context.Context, _ ids.DeliveryID, _ int, why flow.MailFailure) (time.Time, error) {
	g.failed, g.permanent, g.why = append(g.failed, why.Answer), why.Permanent, why
	if why.Permanent {
		return time.Time{}, nil
	}
	return g.retry, nil
}

func letter() flow.OutMail {
	return flow.OutMail{From: "r-1@in.kinbridge.example", FromName: "Kinbridge", To: "anna@anytown.example", ToName: "Anna Quill ŵ", EnvelopeFrom: "b-1@in.kinbridge.example", EnvelopeID: "dlv_1",
		Subject: "Kinbridge message, reference KB-1", Text: "Hello ŵŷ\n.a dot\nFrom here\n" + strings.Repeat("long ", 300), HTML: "<p>Hello ŵŷ</p>", MessageID: "msg_1@in.kinbridge.example",
		InReplyTo: "old@x.example", References: []string{"first@x.example", "old@x.example"}, Headers: map[string]string{"Auto-Submitted": "auto-generated"},
		Files: []store.NewFile{{Content: []byte("\x00\xff\r\n.\r\nbinary"), Attachment: messages.Attachment{Name: "ysgol ŵ.pdf", MediaType: "application/pdf"}}}}
}

var item = outbox.Item{ID: "out_1", Payload: json.RawMessage(`"dlv_1"`), Attempts: 1}

func sender(t *testing.T, g *gateway, cfg Config) *Sender {
	t.Helper()
	cfg.Hostname, cfg.Log = "out.kinbridge.example", slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := New(g, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What was composed reads back, by the reader we use for others' mail, as what was meant.
func TestMIMEReadsBack(t *testing.T) {
	for _, files := range []bool{true, false} {
		h, g := &smarthost{}, &gateway{mail: letter()}
		if !files {
			g.mail.Files = nil
		}
		s := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}})
		if err := s.HandleDelivery(t.Context(), item); err != nil {
			t.Fatal(err)
		}
		got := h.all()
		if len(got) != 1 || len(g.sent) != 1 || g.final || !strings.HasPrefix(g.sent[0], "250 ") {
			t.Fatalf("%d received, sent %v", len(got), g.sent)
		}
		r := got[0]
		if r.from != g.mail.EnvelopeFrom || r.to != g.mail.To || r.helo != "out.kinbridge.example" || len(r.rcpt.Notify) != 3 || r.opts.Size != int64(len(r.raw)) ||
			r.opts.Return != smtp.DSNReturnHeaders || r.opts.EnvelopeID != "dlv_1" || r.rcpt.OriginalRecipient != g.mail.To {
			t.Errorf("envelope %+v", r)
		}
		m, err := mailparse.Parse([]byte(r.raw), mailparse.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != g.mail.Subject || m.MessageID != g.mail.MessageID || len(m.From) != 1 || m.From[0].Addr != g.mail.From || len(m.To) != 1 || m.To[0].Name != g.mail.ToName ||
			strings.Join(m.References, " ") != "first@x.example old@x.example" || strings.Join(m.InReplyTo, " ") != "old@x.example" {
			t.Errorf("%+v", m.Envelope)
		}
		if text := strings.TrimSpace(m.Text); strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) != strings.TrimSpace(g.mail.Text) || !strings.Contains(m.HTML, "<p>Hello ŵŷ</p>") {
			t.Errorf("text %q html %q", text, m.HTML)
		}
		if files && (len(m.Attachments) != 1 || m.Attachments[0].Name != "ysgol ŵ.pdf" || string(m.Attachments[0].Data) != string(g.mail.Files[0].Content)) {
			t.Errorf("%+v", m.Attachments)
		}
		for _, line := range strings.Split(r.raw, "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("a line of %d bytes (RFC 5322 section 2.1.1)", len(line))
			}
		}
	}
}

// Whatever stands in a name, subject or identifier, no header field is begun by it.
func TestHeaderInjection(t *testing.T) {
	for _, evil := range []string{"x\r\nBcc: victim@x.example", "x\nBcc: victim@x.example", "x\rBcc: victim@x.example", "x\r\n\r\n<script>", "\x00x\u0085Bcc: y\u2028z", "\xff\xfe", `"quoted" <a@b>`, strings.Repeat("ŵ", 5000)} {
		h, g := &smarthost{}, &gateway{mail: letter()}
		m := &g.mail
		m.Subject, m.FromName, m.ToName, m.InReplyTo, m.Headers["X-Test"] = evil, evil, evil, evil, evil
		m.References = []string{evil, evil + "@x", "good@x.example"}
		m.Files[0].Name, m.Files[0].MediaType = evil, "text/plain; x=\""+evil+"\""
		s := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}})
		if err := s.HandleDelivery(t.Context(), item); err != nil {
			t.Errorf("%.20q: %v", evil, err)
			continue
		}
		raw := h.all()[0].raw
		for part := range strings.SplitSeq(raw, "\r\n\r\n") {
			for line := range strings.SplitSeq(part, "\r\n") {
				if strings.HasPrefix(strings.ToLower(line), "bcc:") || strings.HasPrefix(line, "<script") {
					t.Errorf("%.20q began the line %q", evil, line)
				}
			}
		}
		back, err := mailparse.Parse([]byte(raw), mailparse.Limits{})
		if err != nil || len(back.From) != 1 || back.From[0].Addr != m.From || len(back.To) != 1 || back.To[0].Addr != m.To || !strings.Contains(back.Text, "Hello ŵŷ") {
			t.Errorf("%.20q: %v", evil, err)
		}
	}
}

func TestTLSModes(t *testing.T) {
	server, pool := certificate(t)
	for _, c := range []struct {
		name      string
		mode      TLSMode
		offered   bool
		implicit  bool
		trusted   bool
		delivered bool
		encrypted bool
	}{
		{"required and offered", TLSRequired, true, false, true, true, true},
		{"required and not offered", TLSRequired, false, false, true, false, false},
		{"required, certificate unknown", TLSRequired, true, false, false, false, false},
		{"from the first byte", TLSImplicit, true, true, true, true, true},
		{"from the first byte, certificate unknown", TLSImplicit, true, true, false, false, false},
		{"where offered, offered", TLSOpportunistic, true, false, false, true, true},
		{"where offered, not offered", TLSOpportunistic, false, false, false, true, false},
		{"none", TLSNone, true, false, false, true, false},
	} {
		h, g := &smarthost{}, &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
		cfg := Config{Smarthost: Smarthost{TLS: c.mode}, Net: Network{TLS: &tls.Config{RootCAs: x509.NewCertPool()}}}
		if c.trusted {
			cfg.Net.TLS.RootCAs = pool
		}
		var offered *tls.Config
		if c.offered {
			offered = server
		}
		cfg.Smarthost.Addr = h.start(t, offered, c.implicit)
		err := sender(t, g, cfg).HandleDelivery(t.Context(), item)
		got := h.all()
		if (err == nil) != c.delivered || (len(got) == 1) != c.delivered || c.delivered && (got[0].tls != c.encrypted || got[0].helo != "out.kinbridge.example") {
			t.Errorf("%s: %v, %d received", c.name, err, len(got))
		}
		if !c.delivered && (len(g.failed) != 1 || g.permanent) {
			t.Errorf("%s: a connection that is not protected is tried again later: %v", c.name, g.failed)
		}
	}
}

func TestAnswersOfTheSmarthost(t *testing.T) {
	retry := time.Now().Add(time.Hour)
	temporary := &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "later"}
	permanent := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such person"}
	for _, c := range []struct {
		name  string
		host  *smarthost
		perm  bool
		words string
	}{
		{"temporary at MAIL", &smarthost{mailErr: temporary}, false, "450 4.2.0 later"},
		{"temporary at RCPT", &smarthost{rcptErr: temporary}, false, "450 4.2.0 later"},
		{"temporary after DATA", &smarthost{dataErr: temporary}, false, "450 4.2.0 later"},
		{"permanent at MAIL", &smarthost{mailErr: permanent}, true, "550 5.1.1 no such person"},
		{"permanent at RCPT", &smarthost{rcptErr: permanent}, true, "550 5.1.1 no such person"},
		{"permanent after DATA", &smarthost{dataErr: permanent}, true, "550 5.1.1 no such person"},
		{"who are you", &smarthost{user: "kinbridge"}, false, "502"},
		{"wrong password", &smarthost{mailErr: &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no"}}, false, "535 5.7.8 no"},
	} {
		g := &gateway{mail: letter(), retry: retry}
		err := sender(t, g, Config{Smarthost: Smarthost{Addr: c.host.start(t, nil, false), TLS: TLSNone}}).HandleDelivery(t.Context(), item)
		if len(g.failed) != 1 || g.permanent != c.perm || !strings.Contains(g.failed[0], c.words) || len(g.sent) != 0 {
			t.Errorf("%s: %v permanent %t", c.name, g.failed, g.permanent)
		}
		if c.perm != (err == nil) { // what is recorded as failed is done; the rest comes again
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSmarthostDownOrSilent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := l.Addr().String()
	t.Cleanup(func() { _ = l.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for _, addr := range []string{gone.Addr().String(), silent} {
		for _, mode := range []TLSMode{TLSNone, TLSRequired, TLSImplicit, TLSOpportunistic} {
			g := &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
			err := sender(t, g, Config{Smarthost: Smarthost{Addr: addr, TLS: mode}, Timeout: 200 * time.Millisecond}).HandleDelivery(t.Context(), item)
			if err == nil || len(g.failed) != 1 || g.permanent {
				t.Errorf("%s: %v %v", mode, err, g.failed)
			}
		}
	}
}

func TestAuthentication(t *testing.T) {
	for password, delivered := range map[string]bool{"secret": true, "wrong": false} {
		h, g := &smarthost{user: "kinbridge"}, &gateway{mail: letter(), retry: time.Now().Add(time.Hour)}
		_ = sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone, Username: "kinbridge", Password: password}}).HandleDelivery(t.Context(), item)
		if (len(h.all()) == 1) != delivered || len(g.failed) > 0 && strings.Contains(g.failed[0], password) {
			t.Errorf("%s: %v", password, g.failed)
		}
	}
}

// With the recipient's own server as smarthost its 250 means accepted; nothing to send is done; a broken item is set aside.
func TestHandlers(t *testing.T) {
	h := &smarthost{}
	addr := h.start(t, nil, false)
	g := &gateway{mail: letter()}
	s := sender(t, g, Config{Smarthost: Smarthost{Addr: addr, TLS: TLSNone, FinalFor: []string{"anytown.example"}}})
	if err := s.HandleDelivery(t.Context(), item); err != nil || !g.final {
		t.Errorf("%v, final %t", err, g.final)
	}
	g.mail.EnvelopeFrom = ""
	if err := s.HandleGuest(t.Context(), item); err != nil || len(g.guest) != 1 || !g.guest[0] {
		t.Error(err, g.guest)
	}
	if got := h.all()[1]; got.from != "" || got.rcpt.Notify != nil {
		t.Errorf("no report is asked for with the null reverse-path: %+v", got)
	}
	g.err = flow.ErrNothingToSend
	if err := errors.Join(s.HandleDelivery(t.Context(), item), s.HandleGuest(t.Context(), item)); err != nil || len(h.all()) != 2 {
		t.Errorf("%v", err)
	}
	if err := s.HandleDelivery(t.Context(), outbox.Item{Payload: json.RawMessage(`{`)}); err == nil {
		t.Error("a broken item")
	}
	for _, bad := range []Config{{Smarthost: Smarthost{Addr: "nowhere", TLS: TLSNone}}, {Smarthost: Smarthost{Addr: "a:1", TLS: "maybe"}}} {
		if _, err := New(g, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestDKIM(t *testing.T) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, g := &smarthost{}, &gateway{mail: letter()}
	s := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}, DKIM: DKIM{Domain: "in.kinbridge.example", Selector: "k1", Key: key}})
	if err := s.HandleDelivery(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	check := func(raw string) error {
		vs, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "k1._domainkey.in.kinbridge.example" {
				t.Errorf("asked for %q", name)
			}
			return []string{record}, nil
		}})
		if err != nil || len(vs) != 1 {
			t.Fatalf("%d signatures, %v", len(vs), err)
		}
		return vs[0].Err
	}
	raw := h.all()[0].raw
	if err := check(raw); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
	if err := check(strings.Replace(raw, "Subject: Kinbridge", "Subject: Sinbridge", 1)); err == nil {
		t.Error("a changed subject verifies")
	}
	// A second field of those that a mail has once breaks the signature wherever it is put in, also of those that we do not write.
	for _, field := range []string{"From: eve@elsewhere.example", "To: eve@elsewhere.example", "Subject: other", "Date: Mon, 1 Jan 2024 00:00:00 +0000", "Reply-To: eve@elsewhere.example",
		"Cc: eve@elsewhere.example", "Content-Type: text/html", "Message-ID: <x@y.example>"} {
		end := strings.Index(raw, "\r\n\r\n")
		if err := check(field + "\r\n" + raw); err == nil {
			t.Errorf("with %q on top it verifies", field)
		}
		if err := check(raw[:end] + "\r\n" + field + raw[end:]); err == nil {
			t.Errorf("with %q below it verifies", field)
		}
	}
}

// A file that came without a name goes on without one: a name made up here (a dot, of an empty path) helps nobody.
func TestAFileWithoutAName(t *testing.T) {
	h, g := &smarthost{}, &gateway{mail: letter()}
	g.mail.Files[0].Name = ""
	if err := sender(t, g, Config{Smarthost: Smarthost{Addr: h.start(t, nil, false), TLS: TLSNone}}).HandleDelivery(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	m, err := mailparse.Parse([]byte(h.all()[0].raw), mailparse.Limits{})
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Name != "" || len(m.Attachments[0].Data) != len(g.mail.Files[0].Content) || strings.Contains(h.all()[0].raw, "filename") {
		t.Errorf("%v %+v", err, m.Attachments)
	}
}
