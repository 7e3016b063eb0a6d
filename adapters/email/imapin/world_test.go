package imapin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"kinbridge/adapters/email/imapin/imaptest"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) {
	code := storetest.Run(m)
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("modernc.org/libc.(*TLS).run")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// world is a gateway on a real store, with a door in front of it at which mail can be refused, and all that came through is counted.
type world struct {
	*flowtest.World
	gate    *gate
	reg     *prometheus.Registry
	metrics *Metrics
	log     *lines
}

// gate counts what is handed over, and fails where a test wants it to.
type gate struct {
	Gateway
	mu     sync.Mutex
	envs   []store.Envelope
	raws   []string
	refuse func(raw string) error                     // of AcceptMail
	lose   func(p store.FetchProgress) (dropped bool) // of KeepFetchProgress: the crash that comes before it
	after  func(store.Envelope)                       // once a mail is durable
}

func (g *gate) AcceptMail(ctx context.Context, env store.Envelope, raw []byte) (ids.InboundID, error) {
	g.mu.Lock()
	refuse, after := g.refuse, g.after
	g.mu.Unlock()
	if refuse != nil {
		if err := refuse(string(raw)); err != nil {
			return "", err
		}
	}
	id, err := g.Gateway.AcceptMail(ctx, env, raw)
	if err == nil {
		g.mu.Lock()
		g.envs, g.raws = append(g.envs, env), append(g.raws, string(raw))
		g.mu.Unlock()
		if after != nil {
			after(env)
		}
	}
	return id, err
}

func (g *gate) KeepFetchProgress(ctx context.Context, src store.FetchSource, p store.FetchProgress) error {
	g.mu.Lock()
	lose := g.lose
	g.mu.Unlock()
	if lose != nil && lose(p) {
		return ids.E(ids.Unavailable, "The test has pulled the plug.")
	}
	return g.Gateway.KeepFetchProgress(ctx, src, p)
}

func (g *gate) set(f func()) { g.mu.Lock(); defer g.mu.Unlock(); f() }

func (g *gate) handed() int { g.mu.Lock(); defer g.mu.Unlock(); return len(g.envs) }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: flowtest.New(t, store.SQLite, flowtest.Mail{}), reg: prometheus.NewRegistry(), log: &lines{}}
	w.metrics = NewMetrics(w.reg)
	w.gate = &gate{Gateway: w.Flow}
	t.Cleanup(func() {
		if t.Failed() {
			log := w.log.String()
			t.Log("the log ends with:\n" + log[max(0, len(log)-4000):])
		}
	})
	return w
}

// kept is how many different mails the gateway has, and how often one was handed over again.
func (w *world) kept(t testing.TB) (mails, again int) {
	t.Helper()
	for _, e := range w.Entries(t, audit.MailAcceptedKind) {
		if _, repeat := e.Detail["repeat"]; repeat {
			again++
		} else {
			mails++
		}
	}
	return mails, again
}

// has waits until the gateway has so many different mails. How often they were handed over is another matter: a mark that a crash cut short
// has a mail handed over again.
func (w *world) has(t testing.TB, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d mails are kept", want), func() bool { kept, _ := w.kept(t); return kept == want })
}

// lines is a log that a test can read.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

var _ io.Writer = (*lines)(nil)

// config watches eagerly: retries come at once, and what IDLE does not tell is found soon. Times that only bound a fault stay long.
func (w *world) config() Config {
	return Config{MaxBytes: 64 << 10, IdleFor: 20 * time.Second, PollEvery: 50 * time.Millisecond, Patience: 20 * time.Second, Download: 20 * time.Second,
		Metrics: w.metrics, Now: w.Env.Clock.Now, Random: func() float64 { return 0 },
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Sleep: func(ctx context.Context, d time.Duration) {
			select {
			case <-ctx.Done():
			case <-time.After(min(d, 20*time.Millisecond)):
			}
		}}
}

func account(d *imaptest.Dovecot, user string) Account {
	return Account{Name: "office", Addr: d.TLSAddr, TLS: TLSImplicit, RootCAs: d.Pool, Username: user, PasswordFile: d.PasswordFile(), Mailbox: "INBOX",
		Reading: Reading{Own: "kinbridge@prison.example"}}
}

// eventually waits for a condition, as long as a loaded machine may need. A condition that is dear to look at, such as a folder of
// thousands of files, is looked at less often: looking must not take the time from what is waited for.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		began := time.Now()
		if cond() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(max(5*time.Millisecond, 8*time.Since(began)))
	}
}

func mail(n int, to string) string {
	return fmt.Sprintf("Return-Path: <anna@anytown.example>\nDelivered-To: %s\nFrom: Anna Quill <anna@anytown.example>\nTo: kinbridge@prison.example\n"+
		"Subject: Re: Kinbridge message\nMessage-ID: <m%d@anytown.example>\n\nWords number %d.\n", to, n, n)
}

func secretFile(t testing.TB, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}
