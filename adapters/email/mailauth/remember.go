package mailauth

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Remembered asks Next once in a while: answers, and that there is none, are kept for a time. A busy sender's mails then do not each wait for
// the name server, and those that ask the same at the same time wait for one answer together. An answer that is only temporary is never
// kept. It is safe for concurrent use.
//
// What it holds is bounded in names and in bytes, so that a sender who makes up names costs no more memory; what was asked for lately stays
// longest.
type Remembered struct {
	next Resolver
	ttl  time.Duration
	now  func() time.Time

	mu         sync.Mutex
	young, old map[question]answer // when young is full it becomes old, and what was old is forgotten
	youngBytes int
	asking     map[question]*pending
}

// question is a name and the kind of record.
type question struct {
	kind recordKind
	name string
}

type recordKind byte

const (
	kindTXT recordKind = iota
	kindMX
	kindIP
	kindPTR
)

// answer is one answer; only the list of its kind is set.
type answer struct {
	texts []string // TXT records, or the names of an address
	mx    []*net.MX
	ips   []net.IPAddr
	err   error
	until time.Time
}

func (a answer) size() int {
	n := 200 + 60*(len(a.mx)+len(a.ips))
	for _, t := range a.texts {
		n += len(t)
	}
	for _, mx := range a.mx {
		n += len(mx.Host)
	}
	return n
}

// pending is a question on its way; gone is closed once answer is there.
type pending struct {
	gone   chan struct{}
	answer answer
	retry  bool // the one who asked gave up: somebody else has to
}

// A generation ends at so many names or bytes; two are kept.
const (
	rememberedNames = 5_000
	rememberedBytes = 8 << 20
)

// Remember returns a resolver that keeps the answers of next for ttl. now is the clock; nil = time.Now.
func Remember(next Resolver, ttl time.Duration, now func() time.Time) *Remembered {
	if now == nil {
		now = time.Now
	}
	return &Remembered{next: next, ttl: ttl, now: now, young: map[question]answer{}, asking: map[question]*pending{}}
}

// LookupTXT implements Resolver.
func (r *Remembered) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a := r.ask(ctx, question{kindTXT, canonical(name)}, func() (a answer) {
		a.texts, a.err = r.next.LookupTXT(ctx, name)
		return a
	})
	return a.texts, a.err
}

// LookupMX implements Resolver. The records are shared: do not change them.
func (r *Remembered) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	a := r.ask(ctx, question{kindMX, canonical(name)}, func() (a answer) {
		a.mx, a.err = r.next.LookupMX(ctx, name)
		return a
	})
	return a.mx, a.err
}

// LookupIPAddr implements Resolver.
func (r *Remembered) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	a := r.ask(ctx, question{kindIP, canonical(host)}, func() (a answer) {
		a.ips, a.err = r.next.LookupIPAddr(ctx, host)
		return a
	})
	return a.ips, a.err
}

// LookupAddr implements Resolver.
func (r *Remembered) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	a := r.ask(ctx, question{kindPTR, addr}, func() (a answer) {
		a.texts, a.err = r.next.LookupAddr(ctx, addr)
		return a
	})
	return a.texts, a.err
}

// ask answers from memory, or joins whoever asks the same, or asks.
func (r *Remembered) ask(ctx context.Context, q question, lookUp func() answer) answer {
	for {
		r.mu.Lock()
		if a, ok := r.knownLocked(q); ok {
			r.mu.Unlock()
			return a
		}
		p, wait := r.asking[q]
		if !wait {
			p = &pending{gone: make(chan struct{}), retry: true}
			r.asking[q] = p
		}
		r.mu.Unlock()
		if !wait {
			r.lead(ctx, q, p, lookUp)
			return p.answer
		}
		select {
		case <-p.gone:
			if !p.retry {
				return p.answer
			}
		case <-ctx.Done():
			return answer{err: &net.DNSError{Err: ctx.Err().Error(), Name: q.name, IsTimeout: true, IsTemporary: true}}
		}
	}
}

// lead asks for all who wait. Should it not come back from it, or its own context end, the others ask again themselves.
func (r *Remembered) lead(ctx context.Context, q question, p *pending, lookUp func() answer) {
	defer func() {
		r.mu.Lock()
		delete(r.asking, q)
		if !p.retry && lasting(p.answer.err) {
			r.keepLocked(q, p.answer)
		}
		r.mu.Unlock()
		close(p.gone)
	}()
	p.answer = lookUp()
	p.retry = p.answer.err != nil && ctx.Err() != nil
}

// lasting says whether an answer is worth keeping: records, or that there are none.
func lasting(err error) bool {
	var dns *net.DNSError
	return err == nil || errors.As(err, &dns) && dns.IsNotFound
}

func (r *Remembered) knownLocked(q question) (answer, bool) {
	a, ok := r.young[q]
	if !ok {
		if a, ok = r.old[q]; ok && r.now().Before(a.until) {
			r.putLocked(q, a)
			return a, true
		}
	}
	return a, ok && r.now().Before(a.until)
}

func (r *Remembered) keepLocked(q question, a answer) {
	a.until = r.now().Add(r.ttl)
	r.putLocked(q, a)
}

func (r *Remembered) putLocked(q question, a answer) {
	if n := a.size(); n <= rememberedBytes/64 {
		if len(r.young) >= rememberedNames || r.youngBytes+n > rememberedBytes {
			r.old, r.young, r.youngBytes = r.young, make(map[question]answer), 0
		}
		if had, ok := r.young[q]; ok {
			r.youngBytes -= had.size()
		}
		r.young[q] = a
		r.youngBytes += n
	}
}

// ErrNotCached is the cause of the error with which CachedOnly answers what it does not remember: ask again with the resolver itself.
var ErrNotCached = errors.New("not cached")

// CachedOnly returns a resolver that answers at once from what r remembers and never asks anybody. What it does not know is a temporary error
// with the cause ErrNotCached; Check then sets Facts.NotCached. So an SMTP session can authenticate a message while it waits when all is
// known, and leave it to later when it is not:
//
//	f := mailauth.Check(ctx, raw, env, mailauth.CachedOnly(r))
//	if f.NotCached { … later: mailauth.Check(ctx, raw, env, r) … }
//
// r is a *Remembered, or a Static whose Next is one; of any other resolver nothing is known.
func CachedOnly(r Resolver) Resolver {
	switch r := r.(type) {
	case *Remembered:
		return cachedOnly{r}
	case Static:
		if r.Next != nil {
			r.Next = CachedOnly(r.Next)
		}
		return r
	}
	return cachedOnly{}
}

type cachedOnly struct{ r *Remembered }

func (c cachedOnly) known(q question) answer {
	if c.r != nil {
		c.r.mu.Lock()
		a, ok := c.r.knownLocked(q)
		c.r.mu.Unlock()
		if ok {
			return a
		}
	}
	return answer{err: &net.DNSError{Err: ErrNotCached.Error(), UnwrapErr: ErrNotCached, Name: q.name, IsTemporary: true}}
}

func (c cachedOnly) LookupTXT(_ context.Context, name string) ([]string, error) {
	a := c.known(question{kindTXT, canonical(name)})
	return a.texts, a.err
}

func (c cachedOnly) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	a := c.known(question{kindMX, canonical(name)})
	return a.mx, a.err
}

func (c cachedOnly) LookupIPAddr(_ context.Context, host string) ([]net.IPAddr, error) {
	a := c.known(question{kindIP, canonical(host)})
	return a.ips, a.err
}

func (c cachedOnly) LookupAddr(_ context.Context, addr string) ([]string, error) {
	a := c.known(question{kindPTR, addr})
	return a.texts, a.err
}
