package imapin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

var three = []string{mail(1, "hello@in.kinbridge.example"), mail(2, "hello@in.kinbridge.example"), mail(3, "hello@in.kinbridge.example")}

// lies are what a server may do wrong. Whatever it is, the three mails that there really are must be taken, whole and once; unless want says
// that the server keeps one of them back, which must then be known to the operator and the audit log.
var lies = map[string]struct {
	set        func(s *liar)
	want, left int
}{
	"none": {set: func(*liar) {}, want: 3},
	"numbers repeat, are out of order, and 0": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* SEARCH 3 1 0 1 3 2 2 0\r\n* SEARCH 2\r\n" + tag + " OK x\r\n", strings.HasPrefix(c, "UID SEARCH")
		}
	}, want: 3},
	"mails that there are not, up to the highest number": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* SEARCH 1 2 3 77 4294967295\r\n" + tag + " OK x\r\n", strings.HasPrefix(c, "UID SEARCH")
		}
	}, want: 3, left: 2},
	"every mail that could be": {set: func(s *liar) {
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			return "* ESEARCH (TAG \"" + tag + "\") UID ALL 1:4294967295\r\n" + tag + " OK x\r\n", strings.HasPrefix(c, "UID SEARCH") && x.n < 4
		}
	}, want: 3},
	"another UIDVALIDITY at every connection": {set: func(s *liar) {
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			s.validity = uint32(x.n)
			if c == "NOOP" && x.n < 6 {
				x.conn.Close()
			}
			return "", false
		}
	}, want: 3},
	"no UIDVALIDITY at first": {set: func(s *liar) {
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			return "* 3 EXISTS\r\n" + tag + " OK x\r\n", strings.HasPrefix(c, "SELECT") && x.n < 3
		}
	}, want: 3},
	"EXISTS shrinks, grows and expunges at every word": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* 0 EXISTS\r\n* 4294967295 EXPUNGE\r\n* 99 EXISTS\r\n* 5 FETCH (FLAGS (\\Seen) UID 9)\r\n* 1 RECENT\r\n" + s.honest(tag, c), true
		}
	}, want: 3},
	"answers for mails that nobody asked for, and twice": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			if !strings.HasPrefix(c, "UID FETCH") {
				return "", false
			}
			f := s.fetch(strings.Fields(c)[2], c)
			return "* 9 FETCH (UID 900 BODY[] {3}\r\nabc)\r\n* 8 FETCH (RFC822.SIZE 5)\r\n" + f + f + tag + " OK x\r\n", true
		}
	}, want: 3},
	"a literal without end": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* 2 FETCH (UID 2 BODY[] {999999999999}\r\n" + strings.Repeat("x", 2<<20), strings.HasPrefix(c, "UID FETCH 2 ") && strings.Contains(c, "BODY")
		}
	}, want: 2, left: 1},
	"a literal without end, but an honest header": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* 2 FETCH (UID 2 BODY[] {999999999}\r\n" + strings.Repeat("x", 1<<17), strings.HasPrefix(c, "UID FETCH 2 ") && strings.Contains(c, "BODY.PEEK[]")
		}
	}, want: 3},
	"nothing where a mail should be": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return "* 2 FETCH (UID 2 BODY[] NIL)\r\n" + tag + " OK x\r\n", strings.HasPrefix(c, "UID FETCH 2 ") && strings.Contains(c, "BODY")
		}
	}, want: 2, left: 1},
	"no to one mail": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return tag + " NO [SERVERBUG] it is damaged\r\n", strings.HasPrefix(c, "UID FETCH 1 ") && strings.Contains(c, "BODY")
		}
	}, want: 2, left: 1},
	"the connection breaks in the middle of one mail, always": {set: func(s *liar) {
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			if strings.HasPrefix(c, "UID FETCH 1 ") && strings.Contains(c, "BODY") {
				half := s.fetch("1", c)
				fmt.Fprint(x.conn, half[:len(half)/2])
				x.conn.Close()
				return "", true
			}
			return "", false
		}
	}, want: 2, left: 1},
	"the connection breaks in the middle of a mail, once each": {set: func(s *liar) {
		broken := map[string]bool{}
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			set := strings.Fields(c + " x x x")[2]
			if strings.HasPrefix(c, "UID FETCH") && strings.Contains(c, "BODY") && !broken[set] {
				broken[set] = true
				half := s.fetch(set, c)
				fmt.Fprint(x.conn, half[:len(half)-20])
				x.conn.Close()
				return "", true
			}
			return "", false
		}
	}, want: 3},
	"junk, then sense": {set: func(s *liar) {
		junk := []string{"* WHAT is this\r\n", "\r\n\r\n", "+ go on\r\n", "* 1 FETCH (\r\n", strings.Repeat("(", 5000), "T999 OK no\r\n", "* LIST (\\Marked", "\x00\xff\xfe\r\n", "* 99999999999999999999 EXISTS\r\n",
			"* BYE enough\r\n", strings.Repeat("x", 3<<20)}
		s.lie = func(x *liarSession, tag, c string) (string, bool) {
			if x.n <= len(junk) {
				return junk[x.n-1] + s.honest(tag, c), true
			}
			return "", false
		}
	}, want: 3},
	"every mark refused": {set: func(s *liar) {
		s.lie = func(_ *liarSession, tag, c string) (string, bool) {
			return tag + " NO [NOPERM] read only\r\n", strings.HasPrefix(c, "UID STORE")
		}
	}, want: 3},
}

func TestServerThatLies(t *testing.T) {
	for name, l := range lies {
		t.Run(name, func(t *testing.T) {
			w, s := newWorld(t), newLiar(t, three...)
			l.set(s)
			cfg := w.config()
			cfg.Tries = 3
			watch := Start(w.gate, cfg, s.account())
			eventually(t, "the mails are taken, and what cannot be is named", func() bool {
				w.Env.Clock.Advance(time.Hour) // retries come due
				kept, _ := w.kept(t)
				return kept == l.want && len(w.Entries(t, audit.MailLeftKind)) == l.left
			})
			watch.Close()
			if kept, _ := w.kept(t); kept != l.want {
				t.Errorf("%d mails kept, not %d", kept, l.want)
			}
			for _, raw := range w.gate.raws {
				if raw != "abc" && !strings.Contains(raw, "Words number") && !strings.HasSuffix(raw, "\r\n\r\n") || raw == "abc" {
					t.Errorf("a mail came as %q", raw)
				}
			}
			if told := strings.Count(w.log.String(), "look at it there"); told != l.left {
				t.Errorf("the operator was told of %d mails, not %d", told, l.left)
			}
			w.VerifyAudit(t)
		})
	}
}

// A mail that comes under a number below those that are taken is found by the next sweep.
func TestNumbersThatGoBack(t *testing.T) {
	w, s := newWorld(t), newLiar(t)
	s.mails[50], s.mails[60] = three[0], three[1]
	watch := Start(w.gate, w.config(), s.account())
	eventually(t, "two are taken", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.marked) == 2 })
	watch.Close()
	s.mu.Lock()
	s.mails[5] = three[2]
	s.mu.Unlock()
	watch = Start(w.gate, w.config(), s.account())
	eventually(t, "the third is taken", func() bool { return w.gate.handed() == 3 })
	watch.Close()
	if kept, again := w.kept(t); kept != 3 || again != 0 {
		t.Errorf("%d kept, %d again", kept, again)
	}
}

func TestMailOverTheLimit(t *testing.T) {
	big := "Return-Path: <anna@anytown.example>\nDelivered-To: hello@in.kinbridge.example\nFrom: anna@anytown.example\nSubject: plans\n\n" + strings.Repeat("words\n", 20_000)
	w, s := newWorld(t), newLiar(t, three[0], big, three[1])
	watch := Start(w.gate, w.config(), s.account())
	eventually(t, "all are taken and marked", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.marked) == 3 })
	watch.Close()
	env, raw := w.gate.envs[1], w.gate.raws[1]
	if env.WholeSize != int64(len(strings.ReplaceAll(big, "\n", "\r\n"))) || !strings.HasSuffix(raw, "Subject: plans\r\n\r\n") || env.Rcpt != "hello@in.kinbridge.example" {
		t.Errorf("the large mail came as %d bytes with %+v", len(raw), env)
	}
	if kept, again := w.kept(t); kept != 3 || again != 0 {
		t.Errorf("%d kept, %d again", kept, again)
	}
}

// A mail that the gateway refuses stops no other; a gateway that can take nothing stops all, and nothing is counted against any mail.
func TestPoisonAndFullDisk(t *testing.T) {
	w, s := newWorld(t), newLiar(t, three...)
	full := 5
	w.gate.refuse = func(raw string) error {
		if full > 0 {
			full--
			return ids.E(ids.Unavailable, "The disk is full.")
		}
		if strings.Contains(raw, "Words number 2.") {
			return ids.E(ids.Invalid, "poison")
		}
		return nil
	}
	cfg := w.config()
	cfg.Tries = 3
	watch := Start(w.gate, cfg, s.account())
	defer watch.Close()
	eventually(t, "the others are taken and it is named", func() bool {
		w.Env.Clock.Advance(time.Hour)
		return w.gate.handed() == 2 && len(w.Entries(t, audit.MailLeftKind)) == 1
	})
	e := w.Entries(t, audit.MailLeftKind)[0]
	if e.Detail["uid"] != "2" || e.Detail["account"] != "office" || e.Detail["code"] != "refused" {
		t.Errorf("the entry says %v", e.Detail)
	}
	s.mu.Lock()
	if s.marked[2] || !s.marked[1] || !s.marked[3] {
		t.Errorf("marked: %v", s.marked)
	}
	s.mu.Unlock()
	w.gate.set(func() { w.gate.refuse = nil }) // mended: it is tried once a day
	eventually(t, "it is taken after all", func() bool { w.Env.Clock.Advance(time.Hour); return w.gate.handed() == 3 })
	if n := len(w.Entries(t, audit.MailLeftKind)); n != 1 {
		t.Errorf("%d entries about one mail", n)
	}
}

// A clock that jumps, forward or back by years, loses no retry.
func TestClockJumps(t *testing.T) {
	x := newWatcher(nil, Config{}, Account{})
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	x.cfg.Now = func() time.Time { return now }
	x.failing = map[uint32]store.FetchFailure{1: {UID: 1, Next: now.Add(retryMost)}, 2: {UID: 2, Next: now.Add(retryLeft), GivenUp: true}}
	if due := x.dueFailures(); len(due) != 0 {
		t.Errorf("due at once: %v", due)
	}
	for _, jump := range []time.Duration{-10 * 365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		now = now.Add(jump)
		if due := x.dueFailures(); len(due) != 2 {
			t.Errorf("after a jump of %s only %v are due", jump, due)
		}
		now = now.Add(-jump)
	}
}

// A server that stops answering is given up after Patience, and shutdown does not wait for it.
func TestServerThatFallsSilent(t *testing.T) {
	w, s := newWorld(t), newLiar(t, three...)
	s.lie = func(x *liarSession, _, c string) (string, bool) { return "", strings.HasPrefix(c, "SELECT") }
	cfg := w.config()
	cfg.Patience = 50 * time.Millisecond
	watch := Start(w.gate, cfg, s.account())
	eventually(t, "it is noticed", func() bool { return strings.Contains(w.log.String(), "cause=timeout") })
	watch.Close()
	cfg.Patience = time.Hour
	watch = Start(w.gate, cfg, s.account())
	before := func() int { s.mu.Lock(); defer s.mu.Unlock(); return s.sessions }
	n := before()
	eventually(t, "it hangs", func() bool { return before() >= n })
	watch.Close() // returns
}
