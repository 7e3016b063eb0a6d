package mtasts

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Resolver asks the DNS for TXT records. A name that has none is an error whose IsNotFound is true (net.DNSError).
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Errors of a policy that could not be had, named as TLS reports name them (RFC 8460 section 4.3).
var (
	ErrFetch  = errors.New("mtasts: the policy could not be fetched")            // "sts-policy-fetch-error"
	ErrWebPKI = errors.New("mtasts: the policy host's certificate is not valid") // "sts-webpki-invalid"
)

// The cache's bounds.
const (
	recheck    = 10 * time.Minute // between two looks at a domain's record
	retryFetch = 5 * time.Minute  // after a fetch that failed (RFC 8461 section 3.3 asks for a limit)
	fetchTime  = 20 * time.Second
	maxDomains = 10_000
)

// Cache finds domains' policies and keeps them, in memory, as long as each says. While a kept policy is valid, a DNS or a policy host that
// does not answer, or answers something else, changes nothing: that is what protects against somebody in between (RFC 8461
// section 10.2). It is safe for concurrent use and starts no goroutine.
type Cache struct {
	resolver Resolver
	client   *http.Client
	now      func() time.Time

	mu      sync.Mutex
	domains map[string]*entry
}

// entry is what is known of one domain. Its mutex is held while the domain is asked, so that it is asked once.
type entry struct {
	mu      sync.Mutex
	policy  *Policy
	id      string
	expires time.Time // of the policy
	checked time.Time // the record
	failed  time.Time // a fetch
	failure error
}

// New returns an empty cache. The client is used as it is but follows no redirect (RFC 8461 section 3.3); nil = one with the system's roots.
func New(r Resolver, client *http.Client, now func() time.Time) *Cache {
	c := http.Client{}
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Jar = nil
	if c.Transport == nil {
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10}
	}
	return &Cache{resolver: r, client: &c, now: now, domains: map[string]*entry{}}
}

// Policy returns a domain's policy; nil when it has none (or mode "none"). The error says why a policy that the domain announces could
// not be had or renewed: it may come with a policy, the kept one, and with none, when there is nothing to enforce.
func (c *Cache) Policy(ctx context.Context, domain string) (*Policy, error) {
	e := c.entry(domain)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := c.now()
	if e.policy != nil && !now.Before(e.expires) {
		e.policy, e.id, e.checked = nil, "", time.Time{}
	}
	if now.Sub(e.checked) < recheck && (e.failure == nil || now.Sub(e.failed) < retryFetch) {
		return e.answer()
	}
	txts, err := c.resolver.LookupTXT(ctx, "_mta-sts."+domain)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			e.checked, e.failure = now, nil
		}
		return e.answer() // the DNS is silent: what is kept holds, and it is asked again next time
	}
	id, ok := ParseRecord(txts)
	e.checked = now
	if !ok || id == e.id && e.policy != nil && e.expires.Sub(now) > e.policy.MaxAge/2 {
		e.failure = nil
		return e.answer()
	}
	p, err := c.fetch(ctx, domain)
	if err != nil {
		e.failure, e.failed = err, now
		return e.answer()
	}
	e.policy, e.id, e.expires, e.failure = &p, id, now.Add(p.MaxAge), nil
	return e.answer()
}

func (e *entry) answer() (*Policy, error) {
	if e.policy == nil || e.policy.Mode == None {
		return nil, e.failure
	}
	p := *e.policy
	return &p, e.failure
}

func (c *Cache) entry(domain string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.domains[domain]
	if e != nil {
		return e
	}
	if len(c.domains) >= maxDomains {
		c.forgetLocked()
	}
	e = &entry{}
	c.domains[domain] = e
	return e
}

// forgetLocked makes room: domains without a policy go first, then any.
func (c *Cache) forgetLocked() {
	for pass := range 2 {
		for name, e := range c.domains {
			if len(c.domains) < maxDomains*9/10 {
				return
			}
			if !e.mu.TryLock() {
				continue // somebody asks for it just now
			}
			if pass == 1 || e.policy == nil {
				delete(c.domains, name)
			}
			e.mu.Unlock()
		}
	}
}

// fetch asks the policy host (RFC 8461 section 3.3): by HTTPS with a valid certificate, no redirect, status 200, text/plain.
func (c *Cache) fetch(ctx context.Context, domain string) (Policy, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://mta-sts."+domain+wellKnown, nil)
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %v", ErrFetch, err)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		var cert *tls.CertificateVerificationError
		var host x509.HostnameError
		if errors.As(err, &cert) || errors.As(err, &host) {
			return Policy{}, fmt.Errorf("%w: %v", ErrWebPKI, err)
		}
		return Policy{}, fmt.Errorf("%w: %v", ErrFetch, err)
	}
	defer resp.Body.Close()
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode != http.StatusOK || !strings.EqualFold(kind, "text/plain") {
		return Policy{}, fmt.Errorf("%w: answered %d, %q", ErrFetch, resp.StatusCode, kind)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, MaxPolicy+1))
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %v", ErrFetch, err)
	}
	return ParsePolicy(text)
}
