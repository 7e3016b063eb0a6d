package smtpin

import (
	"container/list"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// limits counts connections and mails.
type limits struct {
	cfg     Config
	senders *rates // by IP address
	pairs   *rates // by envelope sender and recipient

	mu    sync.Mutex
	total int
	perIP map[string]int
}

func newLimits(cfg Config) *limits {
	return &limits{cfg: cfg, perIP: map[string]int{}, senders: newRates(cfg.MailsPerMinute, time.Minute), pairs: newRates(cfg.PerSenderHour, time.Hour)}
}

func (l *limits) enter(ip string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.cfg.MaxConnections || l.perIP[ip] >= l.cfg.MaxPerAddress {
		return false
	}
	l.total++
	l.perIP[ip]++
	return true
}

func (l *limits) leave(ip string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.perIP[ip]--; l.perIP[ip] == 0 {
		delete(l.perIP, ip)
	}
}

func (l *limits) allowMail(ip string) bool { return l.senders.allow(ip, l.cfg.Now()) }

// allowPair stops a loop, and whoever fills one conversation: nobody answers one address sixty times an hour. A sender's extension after "+"
// makes no other sender of her.
func (l *limits) allowPair(from, to string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(from), "@")
	local, _, _ = strings.Cut(local, "+")
	return l.pairs.allow(local+"@"+domain+"\x00"+strings.ToLower(to), l.cfg.Now())
}

// rates allows each key so many events in a period, in bursts of as many. It is safe for concurrent use and remembers a bounded number of keys,
// the ones used last. A clock that is set back, where the readings are not monotonic as Go's own are, costs nobody more than the period: time
// that runs backwards counts as none and is reckoned from anew. (golang.org/x/time/rate would wait until the clock has caught up.)
type rates struct {
	most   int // events in a period; 0 = any number
	period time.Duration

	mu    sync.Mutex
	of    map[string]*list.Element
	order *list.List // of *bucket, the last used first
}

// bucket is what a key may still do: it fills evenly in a period, and holds no more than a period's worth.
type bucket struct {
	key  string
	left float64
	at   time.Time // when left was reckoned
}

// rateKeys bounds how many keys a rates remembers.
const rateKeys = 20_000

func newRates(most int, period time.Duration) *rates {
	return &rates{most: most, period: period, of: map[string]*list.Element{}, order: list.New()}
}

func (r *rates) allow(key string, now time.Time) bool {
	if r.most == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.of[key]
	if ok {
		r.order.MoveToFront(at)
	} else {
		at = r.order.PushFront(&bucket{key, float64(r.most), now})
		r.of[key] = at
		if r.order.Len() > rateKeys {
			oldest := r.order.Back()
			delete(r.of, r.order.Remove(oldest).(*bucket).key)
		}
	}
	b := at.Value.(*bucket)
	if gone := now.Sub(b.at); gone > 0 {
		b.left = min(float64(r.most), b.left+float64(r.most)*gone.Seconds()/r.period.Seconds())
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// guardedListener turns away connections over the limits and gives each a deadline that no activity extends: a client that sends
// one byte a second would outlive every read timeout.
type guardedListener struct {
	net.Listener
	limits   *limits
	deadline time.Duration
	now      func() time.Time
}

func (g *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ip, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		if !g.limits.enter(ip) {
			_ = c.SetWriteDeadline(g.now().Add(time.Second))
			_, _ = io.WriteString(c, "421 4.7.0 Too many connections: try again later\r\n")
			_ = c.Close()
			continue
		}
		return &guardedConn{Conn: c, end: g.now().Add(g.deadline), leave: sync.OnceFunc(func() { g.limits.leave(ip) })}, nil
	}
}

type guardedConn struct {
	net.Conn
	end   time.Time
	leave func()
}

func (c *guardedConn) bound(t time.Time) time.Time {
	if t.IsZero() || t.After(c.end) {
		return c.end
	}
	return t
}

func (c *guardedConn) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(c.bound(t)) }
func (c *guardedConn) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.bound(t)) }
func (c *guardedConn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *guardedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
