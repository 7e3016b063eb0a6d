package web

import (
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter is a token bucket per key (an address, an account). It remembers at most twice maxKeys keys: when a generation is
// full the one before it is forgotten, so a flood of keys costs bounded memory and, at worst, refills old buckets.
type Limiter struct {
	rate    rate.Limit
	burst   int
	maxKeys int
	now     func() time.Time

	mu       sync.Mutex
	cur, old map[string]*rate.Limiter
}

// NewLimiter allows burst events at once and then r a second for each key.
func NewLimiter(r rate.Limit, burst, maxKeys int, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{rate: r, burst: burst, maxKeys: max(maxKeys, 1), now: now, cur: map[string]*rate.Limiter{}}
}

// Allow takes a token for key. When there is none it reports false and how long until there is one.
func (l *Limiter) Allow(key string) (bool, time.Duration) {
	now := l.now()
	l.mu.Lock()
	b := l.bucketLocked(key)
	l.mu.Unlock()
	res := b.ReserveN(now, 1)
	if !res.OK() {
		return false, time.Hour
	}
	if wait := res.DelayFrom(now); wait > 0 {
		res.CancelAt(now)
		return false, wait
	}
	return true, 0
}

func (l *Limiter) bucketLocked(key string) *rate.Limiter {
	if b := l.cur[key]; b != nil {
		return b
	}
	b := l.old[key]
	if b == nil {
		b = rate.NewLimiter(l.rate, l.burst)
	}
	if len(l.cur) >= l.maxKeys {
		l.old, l.cur = l.cur, map[string]*rate.Limiter{}
	}
	l.cur[key] = b
	return b
}

// ClientIP returns the address a request came from. An IPv6 address is cut to its /64, which one household holds whole.
// Headers that proxies set are not read: anybody can write them.
func ClientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if ip == nil || ip.To4() != nil {
		return host
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
