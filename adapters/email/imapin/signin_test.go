package imapin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"kinbridge/adapters/email/imapin/imaptest"
)

// issuer is an authorization server: its token endpoint, and the introspection endpoint that Dovecot asks.
type issuer struct {
	mu       sync.Mutex
	n        int
	grants   []string
	valid    map[string]bool
	rotate   bool
	denies   bool
	lifetime int
}

func (s *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/introspect" {
		_ = json.NewEncoder(w).Encode(map[string]any{"active": s.valid[r.Form.Get("token")], "username": "office"})
		return
	}
	good := r.Form.Get("client_id") == "kinbridge" && r.Form.Get("client_secret") == "client secret"
	if want := fmt.Sprintf("refresh %d", s.n); r.Form.Get("grant_type") == "refresh_token" && s.rotate {
		good = good && r.Form.Get("refresh_token") == want
	}
	if s.denies || !good {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"ask office@prison.example"}`)
		return
	}
	s.n++
	s.grants = append(s.grants, r.Form.Get("grant_type"))
	token := fmt.Sprintf("token-%d", s.n)
	s.valid[token] = true
	out := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": s.lifetime}
	if s.rotate {
		out["refresh_token"] = fmt.Sprintf("refresh %d", s.n)
	}
	_ = json.NewEncoder(w).Encode(out)
}

func newIssuer(t *testing.T) (*issuer, *httptest.Server) {
	t.Helper()
	s := &issuer{valid: map[string]bool{}, lifetime: 3600}
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	return s, srv
}

func (s *issuer) withdraw() { s.mu.Lock(); defer s.mu.Unlock(); clear(s.valid) }

func TestSignInByTokenAtDovecot(t *testing.T) {
	for _, mechanism := range []string{XOAuth2, OAuthBearer} {
		t.Run(mechanism, func(t *testing.T) {
			s, tokens := newIssuer(t)
			introspect := httptest.NewServer(s) // Dovecot's own question goes without TLS
			t.Cleanup(introspect.Close)
			w, d := newWorld(t), imaptest.Start(t, imaptest.Options{Introspect: introspect.URL + "/introspect"})
			a := account(d, "office")
			a.PasswordFile, a.Mechanism = "", mechanism
			a.Tokens = &OAuth{TokenURL: tokens.URL + "/token", ClientID: "kinbridge", ClientSecretFile: secretFile(t, "client secret\n"), Client: tokens.Client()}
			d.Deliver("office", mail(1, "hello@in.kinbridge.example"))
			watch := Start(w.gate, w.config(), a)
			w.has(t, 1)
			s.withdraw() // the token that is still young is worth nothing: a new one is asked for at once
			d.Kill()
			d.Run()
			d.Deliver("office", mail(2, "hello@in.kinbridge.example"))
			w.has(t, 2)
			watch.Close()
			if n := len(s.grants); n < 2 {
				t.Errorf("%d tokens were asked for", n)
			}
			if log := w.log.String(); strings.Contains(log, "token-") || strings.Contains(log, "client secret") {
				t.Error("the log has a secret:\n" + log)
			}
		})
	}
}

func TestTokensAreKeptAndRefreshed(t *testing.T) {
	s, srv := newIssuer(t)
	s.rotate = true
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	file := secretFile(t, "refresh 0\n")
	o := &OAuth{TokenURL: srv.URL, ClientID: "kinbridge", ClientSecretFile: secretFile(t, "client secret"), RefreshTokenFile: file, Client: srv.Client(),
		Now: func() time.Time { return now }}
	want := func(fresh bool, token string) {
		t.Helper()
		if got, err := o.Token(context.Background(), fresh); err != nil || got != token {
			t.Errorf("got %q %v, want %q", got, err, token)
		}
	}
	want(false, "token-1")
	now = now.Add(50 * time.Minute)
	want(false, "token-1")
	now = now.Add(5 * time.Minute)
	want(false, "token-2")
	want(true, "token-3")
	now = now.Add(-time.Hour) // nobody knows how old it is
	want(false, "token-4")
	if b, _ := os.ReadFile(file); string(b) != "refresh 4\n" {
		t.Errorf("the refresh token in the file is %q", b)
	}
	s.denies = true
	if _, err := o.Token(context.Background(), true); err == nil || !strings.Contains(err.Error(), "invalid_grant") || strings.Contains(err.Error(), "office@") {
		t.Errorf("the refusal is %v", err)
	}
}

func TestTokenEndpointThatMisbehaves(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the secret was sent on") }))
	defer elsewhere.Close()
	for name, answer := range map[string]http.HandlerFunc{
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"no JSON":              func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") },
		"no token":             func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"expires_in":1}`) },
		"a token of two lines": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"access_token":"a\r\nb"}`) },
		"endless": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"access_token":"`+strings.Repeat("x", 1<<20))
		},
	} {
		srv := httptest.NewTLSServer(answer)
		o := &OAuth{TokenURL: srv.URL, ClientID: "kinbridge", ClientSecretFile: secretFile(t, "s"), Client: srv.Client()}
		if token, err := o.Token(context.Background(), false); err == nil {
			t.Errorf("%s: token %q", name, token)
		}
		srv.Close()
	}
}

// What is wrong is said in words an operator can act on.
func TestFaultsInWords(t *testing.T) {
	d := imaptest.Start(t, imaptest.Options{})
	d.Box("office", "")
	for _, c := range []struct {
		name  string
		set   func(a *Account)
		cause Cause
		words string
	}{
		{"all is well", func(*Account) {}, "", ""},
		{"STARTTLS", func(a *Account) { a.Addr, a.TLS = d.Addr, TLSStart }, "", ""},
		{"wrong password", func(a *Account) { a.PasswordFile = secretFile(t, "wrong") }, CauseSignIn, "refuses the user name or the password"},
		{"no password file", func(a *Account) { a.PasswordFile = "/nowhere/at/all" }, CauseSignIn, "mail.imap.password_file"},
		{"a token where none is taken", func(a *Account) { a.Tokens, a.Mechanism = TokenFile(secretFile(t, "t")), XOAuth2 }, CauseSignIn, "refuses"},
		{"no such mailbox", func(a *Account) { a.Mailbox = "Kinbridge" }, CauseFolder, "mail.imap.mailbox"},
		{"no such folder", func(a *Account) { a.MoveTo = "Taken" }, CauseFolder, "mail.imap.move_to"},
		{"unknown certificate", func(a *Account) { a.RootCAs = nil }, CauseSecurity, "mail.imap.ca_file"},
		{"unknown certificate by STARTTLS", func(a *Account) { a.Addr, a.TLS, a.RootCAs = d.Addr, TLSStart, nil }, CauseSecurity, "mail.imap.ca_file"},
		{"no TLS there", func(a *Account) { a.Addr = d.Addr }, CauseConnection, "No secure connection"},
		{"nobody there", func(a *Account) { a.Addr = "127.0.0.1:1" }, CauseConnection, "cannot be reached"},
	} {
		a := account(d, "office")
		c.set(&a)
		findings, err := Check(context.Background(), Config{Patience: 20 * time.Second}, a)
		switch {
		case c.cause == "" && (err != nil || len(findings) < 5):
			t.Errorf("%s: %v %v", c.name, findings, err)
		case c.cause != "" && (causeOf(err) != c.cause || !strings.Contains(err.Error(), c.words)):
			t.Errorf("%s: %v (%s)", c.name, err, causeOf(err))
		}
	}
}

func TestNoStartTLSOffered(t *testing.T) {
	w, s := newWorld(t), newLiar(t)
	_ = w
	s.lie = func(_ *liarSession, tag, c string) (string, bool) { return tag + " BAD what\r\n", c == "STARTTLS" }
	a := s.account()
	a.TLS = TLSStart
	if _, err := Check(context.Background(), Config{}, a); causeOf(err) != CauseSecurity || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("%v", err)
	}
}

// A mailbox of thousands is taken whole, once; mail comes by APPEND too, into an account that is signed in to elsewhere.
func TestLargeMailbox(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	const mails = 2000
	for n := range mails {
		d.Deliver("office", mail(n, "hello@in.kinbridge.example"))
	}
	watch := Start(w.gate, w.config(), account(d, "office"))
	eventually(t, "all are marked", func() bool { return marked(d, "office") == mails })
	other, err := imapclient.DialInsecure(d.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := os.ReadFile(d.PasswordFile())
	if err := other.Login("office", strings.TrimSpace(string(password))).Wait(); err != nil {
		t.Fatal(err)
	}
	m := strings.ReplaceAll(mail(mails, "hello@in.kinbridge.example"), "\n", "\r\n")
	put := other.Append("INBOX", int64(len(m)), nil)
	fmt.Fprint(put, m)
	if err := put.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := put.Wait(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the appended mail is taken", func() bool { return w.gate.handed() == mails+1 })
	_ = other.Close()
	watch.Close()
	if kept, again := w.kept(t); kept != mails+1 || again != 0 {
		t.Errorf("%d kept, %d again", kept, again)
	}
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			got[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	if got["kinbridge_imap_mails_total"] != mails+1 || got["kinbridge_imap_connected"] != 0 || got["kinbridge_imap_last_mail_timestamp_seconds"] == 0 {
		t.Errorf("metrics: %v", got)
	}
}

func TestUnwritableRefreshFile(t *testing.T) {
	s, srv := newIssuer(t)
	s.rotate = true
	dir := t.TempDir()
	file := filepath.Join(dir, "refresh")
	if err := os.WriteFile(file, []byte("refresh 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &OAuth{TokenURL: srv.URL, ClientID: "kinbridge", ClientSecretFile: secretFile(t, "client secret"), RefreshTokenFile: file, Client: srv.Client()}
	if _, err := o.Token(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	o.rotated = "refresh 1" // as when the file could not be written
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Token(context.Background(), true); err != nil || got != "token-2" {
		t.Errorf("%q %v", got, err)
	}
}
