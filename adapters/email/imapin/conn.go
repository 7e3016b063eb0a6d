package imapin

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// guard is the connection beneath the IMAP client, which knows no contexts and does not bound what a server may send. Each exchange has
// a budget of bytes: a server that sends more is cut off.
type guard struct {
	net.Conn
	left atomic.Int64
}

var errFlood = errors.New("the server sent more than the exchange allows")

func (g *guard) Read(b []byte) (int, error) {
	left := g.left.Load()
	if left <= 0 {
		_ = g.Conn.Close()
		return 0, errFlood
	}
	n, err := g.Conn.Read(b[:min(int64(len(b)), left)])
	g.left.Add(-int64(n))
	return n, err
}

// abandonAfter is how long a wait of the client may outlast its connection, in which every read and write fails at once.
const abandonAfter = 5 * time.Second

var errAbandoned = errors.New("the IMAP client does not return")

// smallTalk is the budget of an exchange that has no reason to be large.
const smallTalk = 1 << 20

// conn is one connection to a server.
type conn struct {
	*imapclient.Client
	guard *guard
	caps  imap.CapSet   // once signed in
	news  chan struct{} // the server spoke of new mail; holds one
}

// within runs one exchange with the server: it may take d and receive budget bytes. When the time is over or ctx ends, the connection is
// closed, which ends every wait of the IMAP client.
func (c *conn) within(ctx context.Context, d time.Duration, budget int64, f func() error) error {
	return bounded(ctx, c.guard, d, budget, f)
}

func bounded(ctx context.Context, g *guard, d time.Duration, budget int64, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.left.Store(budget)
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = g.Conn.Close() })
	defer stop()
	// The client's waits end with the connection, but for faults of its own: one that does not end is left behind.
	done := make(chan error, 1)
	go func() { done <- f() }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		grace := time.NewTimer(abandonAfter)
		defer grace.Stop()
		select {
		case err = <-done:
		case <-grace.C:
			err = errAbandoned
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fault(CauseTimeout, nil, "The server did not answer within %s.", d)
	case ctx.Err() != nil:
		return ctx.Err()
	case g.left.Load() <= 0:
		return fault(CauseProtocol, errFlood, "The server sent more than it was asked for.")
	}
	return err
}

// connect opens a connection to the account's server, secured as configured, and reads its greeting.
func (w *watcher) connect(ctx context.Context) (*conn, error) {
	a := w.account
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Patience)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.Addr)
	if err != nil {
		return nil, fault(CauseConnection, err, "The mail server %s cannot be reached.", a.Addr)
	}
	g := &guard{Conn: raw}
	c := &conn{guard: g, news: make(chan struct{}, 1)}
	opts := &imapclient.Options{TLSConfig: a.tlsConfig(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				c.tell()
			}
		}}}
	err = c.within(ctx, w.cfg.Patience, smallTalk, func() (err error) {
		switch a.TLS {
		case TLSImplicit:
			secured := tls.Client(g, a.tlsConfig())
			if err := secured.HandshakeContext(ctx); err != nil {
				return insecure(err, a.Addr)
			}
			c.Client = imapclient.New(secured, opts)
		case TLSStart:
			if c.Client, err = imapclient.NewStartTLS(g, opts); err != nil {
				return insecure(err, a.Addr)
			}
		default:
			c.Client = imapclient.New(g, opts)
		}
		return c.WaitGreeting()
	})
	if err == nil && c.State() != imap.ConnStateNotAuthenticated {
		err = fault(CauseProtocol, nil, "The server %s takes everybody for signed in before anybody has signed in.", a.Addr)
	}
	if err != nil {
		c.close()
		return nil, answer(err, CauseServer, "the connection")
	}
	return c, nil
}

// insecure says why a connection could not be secured: a certificate that does not verify is no passing fault.
func insecure(err error, addr string) error {
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return fault(CauseSecurity, err, "The certificate of %s does not verify. Set mail.imap.ca_file if its authority is your own.", addr)
	case refused(err):
		return fault(CauseSecurity, nil, "The server %s does not offer STARTTLS. Use its TLS port and tls = \"implicit\".", addr)
	}
	return fault(CauseConnection, err, "No secure connection to %s could be made.", addr)
}

// tell notes that there may be new mail. It never blocks: the IMAP client waits for it.
func (c *conn) tell() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// close cuts the connection and waits for the client's reader.
func (c *conn) close() {
	_ = c.guard.Conn.Close()
	if c.Client != nil {
		_ = c.Client.Close()
	}
}
