// Package busyfeed fetches the calendars that staff publish elsewhere and gives the times in which they are busy (flow.BusyReader). An address that somebody
// enters must not become a way into the networks that only this program reaches, so every connection, also after a redirect, is to a public address.
package busyfeed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"kinbridge/adapters/calendar"
	"kinbridge/gateway/flow"
)

// Config says how calendars are fetched.
type Config struct {
	Allowed []netip.Prefix // networks that are not public and may be connected to all the same, on any port
	Timeout time.Duration  // of a whole fetch; 0 = 20 s
	Roots   *x509.CertPool // nil = the system's
}

// Reader fetches calendars. It is safe for concurrent use.
type Reader struct {
	allowed []netip.Prefix
	timeout time.Duration
	client  *http.Client
}

const mostRedirects = 4

// New returns a Reader.
func New(c Config) *Reader {
	r := &Reader{allowed: c.Allowed, timeout: c.Timeout}
	if r.timeout == 0 {
		r.timeout = 20 * time.Second
	}
	dial := &net.Dialer{Timeout: 10 * time.Second, Control: r.control}
	r.client = &http.Client{
		Transport: &http.Transport{DialContext: dial.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots}, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: 15 * time.Second, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, ForceAttemptHTTP2: true}, // no Proxy: it would dial in our place
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Scheme != "https" || req.URL.User != nil || len(via) > mostRedirects {
				return flow.CalendarRefused
			}
			req.Header.Del("Referer") // the address is a secret
			return nil
		},
	}
	return r
}

// Busy implements flow.BusyReader.
func (r *Reader) Busy(ctx context.Context, address string, from, until time.Time) ([]flow.TimeSlot, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	raw, err := r.fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	// Trouble with single entries is no trouble with the calendar: what can be read counts.
	list, _, err := calendar.Busy(raw, calendar.Window{From: from, To: until})
	if err != nil {
		return nil, flow.CalendarNone
	}
	out := make([]flow.TimeSlot, len(list))
	for i, b := range list {
		out[i] = flow.TimeSlot(b)
	}
	return out, nil
}

// fetch returns what is at an address. Its errors never hold the address.
func (r *Reader) fetch(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || req.URL.Scheme != "https" {
		return nil, flow.CalendarRefused
	}
	req.Header.Set("Accept", "text/calendar, */*;q=0.1")
	req.Header.Set("User-Agent", "Kinbridge")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, troubleOf(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read or is of no use
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return nil, flow.CalendarUnreachable
	case res.StatusCode != http.StatusOK:
		return nil, flow.CalendarRefused
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, calendar.MaxFeed+1))
	switch {
	case err != nil:
		return nil, flow.CalendarUnreachable
	case len(raw) > calendar.MaxFeed:
		return nil, flow.CalendarTooLarge
	}
	return raw, nil
}

func troubleOf(err error) error {
	var known flow.CalendarTrouble
	if errors.As(err, &known) {
		return known
	}
	return flow.CalendarUnreachable
}

// control sees every address just before it is connected to, after the name was resolved: a name that answers otherwise the second time gains nothing.
func (r *Reader) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return flow.CalendarForbidden
	}
	ip := to.Addr().Unmap().WithZone("")
	for _, p := range r.allowed {
		if p.Contains(ip) {
			return nil
		}
	}
	if !public(ip) || to.Port() != 443 {
		return fmt.Errorf("%w", flow.CalendarForbidden)
	}
	return nil
}

// closed are networks that are not the public internet and that netip has no word for, and those that carry an IPv4 address inside (IANA special-purpose
// registries).
var closed = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range closed {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
