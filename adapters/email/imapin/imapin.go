// Package imapin takes mail from a mailbox over IMAP (RFC 9051, RFC 3501), for deployments that cannot receive SMTP. Each account is watched by
// one goroutine: it waits with IDLE, fetches what is new by UID without marking it, hands it to the gateway, and only when the gateway has made
// it durable moves its place forward in the store and marks or moves the mail in the mailbox. Whatever happens in between, the worst is
// that a mail is handed over again, which the gateway recognises.
package imapin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// Gateway is what the watcher needs of the domain.
type Gateway interface {
	// OurDomain reports whether mail for an address is ours to take.
	OurDomain(address string) bool
	// AcceptMail makes a mail durable for one recipient: once it has returned nil the mail is ours. The same mail again is accepted once.
	// An error of kind Unavailable or TooMany means that no mail can be taken just now; another, that this one cannot.
	AcceptMail(ctx context.Context, env store.Envelope, raw []byte) (ids.InboundID, error)
	// FetchState returns how far a mailbox has been read.
	FetchState(ctx context.Context, src store.FetchSource) (store.FetchState, error)
	// BeginFetch forgets what was known of a mailbox: it is read from its beginning, under this UIDVALIDITY.
	BeginFetch(ctx context.Context, src store.FetchSource, uidValidity uint32) error
	// KeepFetchProgress makes progress durable; a mail that it gives up is recorded in the audit log.
	KeepFetchProgress(ctx context.Context, src store.FetchSource, p store.FetchProgress) error
}

// TLSMode says how a connection is secured.
type TLSMode string

// The modes. TLSNone is for a server on this machine.
const (
	TLSImplicit TLSMode = "implicit" // from the first byte, usually port 993
	TLSStart    TLSMode = "starttls" // required, usually port 143
	TLSNone     TLSMode = "none"
)

// The mechanisms by which a token is given.
const (
	XOAuth2     = "XOAUTH2"     // Google, Microsoft
	OAuthBearer = "OAUTHBEARER" // RFC 7628
)

// Account is one mailbox to watch.
type Account struct {
	Name         string // in logs, metrics and the record of each mail
	Addr         string // host:port
	TLS          TLSMode
	RootCAs      *x509.CertPool // nil = the system's
	Username     string
	PasswordFile string      // read at each sign-in
	Tokens       TokenSource // instead of a password
	Mechanism    string      // XOAuth2 or OAuthBearer, with Tokens
	Mailbox      string      // "INBOX"
	MoveTo       string      // "" = mail stays and is marked
	Reading      Reading
}

// Reading says how a mail's header tells whom it is for.
type Reading struct {
	Own     string   // the mailbox's own address
	Sources []string // in order of trust; nil = Sources
}

func (a Account) source() store.FetchSource {
	return store.FetchSource{Account: a.Name, Mailbox: a.Mailbox, Origin: a.Username + " at " + a.Addr}
}

func (a Account) tlsConfig() *tls.Config {
	host, _, _ := net.SplitHostPort(a.Addr)
	return &tls.Config{ServerName: host, RootCAs: a.RootCAs, MinVersion: tls.VersionTLS12}
}

// Config says how accounts are watched. Zero values mean the defaults.
type Config struct {
	MaxBytes  int64         // of one mail; of a larger one only the header is taken, and a person is told; default 36 MiB
	IdleFor   time.Duration // how long an IDLE lasts before mail is looked for without news; default 5 min
	PollEvery time.Duration // for servers without IDLE; default 1 min
	Patience  time.Duration // for an answer; default 1 min
	Download  time.Duration // for one mail; default 15 min
	Tries     int           // of one mail that cannot be taken, before it is left in the mailbox; default 8 (some 3 hours)
	Metrics   *Metrics      // nil = none
	Log       *slog.Logger
	Now       func() time.Time
	// Sleep waits, or returns early when ctx ends; nil = a timer. Random is in [0, 1) and spreads retries; nil = math/rand.
	Sleep  func(ctx context.Context, d time.Duration)
	Random func() float64
}

func (c *Config) defaults() {
	for p, d := range map[*time.Duration]time.Duration{&c.IdleFor: 5 * time.Minute, &c.PollEvery: time.Minute, &c.Patience: time.Minute, &c.Download: 15 * time.Minute} {
		if *p == 0 {
			*p = d
		}
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 36 << 20
	}
	if c.Tries == 0 {
		c.Tries = 8
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Sleep == nil {
		c.Sleep = func(ctx context.Context, d time.Duration) {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-ctx.Done():
			case <-t.C:
			}
		}
	}
}

// Watch is running watchers.
type Watch struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Start watches the accounts, each in a goroutine ("imap account"), until Close. A server that cannot be reached is no error: it is tried again.
func Start(gw Gateway, cfg Config, accounts ...Account) *Watch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Watch{cancel: cancel}
	for _, a := range accounts {
		x := newWatcher(gw, cfg, a)
		w.wg.Go(func() { x.run(ctx) })
	}
	return w
}

// Close ends the watching: a mail in hand is finished or left as if never begun; nothing waits for a server.
func (w *Watch) Close() {
	w.cancel()
	w.wg.Wait()
}
