package mailauth

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Remembered asks Next once in a while: TXT records (SPF, DKIM and DMARC policies), and that there are none, are kept for TTL. A busy sender's
// mails then do not each wait for the name server. An answer that is only temporary is never kept. It is safe for concurrent use.
type Remembered struct {
	Resolver
	ttl time.Duration
	now func() time.Time

	mu  sync.Mutex
	txt map[string]remembered
}

type remembered struct {
	txt   []string
	err   error
	until time.Time
}

// rememberedNames bounds what is kept: past it all is forgotten, so that a sender who makes up names costs no more memory.
const rememberedNames = 10_000

// Remember returns a resolver that keeps TXT answers of next for ttl. now is the clock; nil = time.Now.
func Remember(next Resolver, ttl time.Duration, now func() time.Time) *Remembered {
	if now == nil {
		now = time.Now
	}
	return &Remembered{Resolver: next, ttl: ttl, now: now, txt: map[string]remembered{}}
}

// LookupTXT implements Resolver.
func (r *Remembered) LookupTXT(ctx context.Context, name string) ([]string, error) {
	key := canonical(name)
	r.mu.Lock()
	kept, ok := r.txt[key]
	r.mu.Unlock()
	if ok && r.now().Before(kept.until) {
		return kept.txt, kept.err
	}
	txt, err := r.Resolver.LookupTXT(ctx, name)
	var dns *net.DNSError
	if err != nil && !(errors.As(err, &dns) && dns.IsNotFound) {
		return txt, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.txt) >= rememberedNames {
		clear(r.txt)
	}
	r.txt[key] = remembered{txt, err, r.now().Add(r.ttl)}
	return txt, err
}
