package mailauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// everyKind answers all kinds of questions and counts them.
type everyKind struct{ n atomic.Int32 }

func (e *everyKind) LookupTXT(context.Context, string) ([]string, error) {
	e.n.Add(1)
	return []string{"v=spf1 mx ptr exists:%{i}.list.example -all"}, nil
}
func (e *everyKind) LookupMX(context.Context, string) ([]*net.MX, error) {
	e.n.Add(1)
	return []*net.MX{{Host: "mx.anytown.example"}}, nil
}
func (e *everyKind) LookupIPAddr(_ context.Context, host string) ([]net.IPAddr, error) {
	e.n.Add(1)
	return nil, missing(host)
}
func (e *everyKind) LookupAddr(_ context.Context, addr string) ([]string, error) {
	e.n.Add(1)
	return nil, missing(addr)
}

func TestEveryKindIsRemembered(t *testing.T) {
	now := time.Unix(0, 0)
	next := &everyKind{}
	r := Remember(next, time.Minute, func() time.Time { return now })
	env := Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.example"}
	raw := []byte("From: jo@anytown.example\r\n\r\nx")
	cold := Check(t.Context(), raw, env, CachedOnly(r))
	if !cold.NotCached || !cold.Temporary() || cold.Verified() || next.n.Load() != 0 {
		t.Fatalf("nothing is known yet: %+v after %d questions", cold, next.n.Load())
	}
	first := Check(t.Context(), raw, env, r)
	asked := next.n.Load()
	if asked < 5 || first.NotCached {
		t.Fatalf("%d questions, %+v", asked, first)
	}
	for name, resolver := range map[string]Resolver{"the same": r, "only what is cached": CachedOnly(r), "a table before it": CachedOnly(Static{Next: r})} {
		f := Check(t.Context(), raw, env, resolver)
		if f.NotCached || f.SPF != first.SPF || f.DMARC != first.DMARC || next.n.Load() != asked {
			t.Errorf("%s: %+v after %d more questions", name, f, next.n.Load()-asked)
		}
	}
	now = now.Add(time.Minute)
	if f := Check(t.Context(), raw, env, CachedOnly(r)); !f.NotCached {
		t.Error("old answers are still given")
	}
	if f := Check(t.Context(), raw, env, CachedOnly(next)); !f.NotCached || next.n.Load() != asked {
		t.Error("a resolver that remembers nothing was asked")
	}
	if f := Check(t.Context(), raw, env, CachedOnly(Static{})); f.NotCached {
		t.Error("a table knows all it knows")
	}
}

// One unknown answer is enough to ask again, though the rest verifies: it could be the policy that asks for strict alignment.
func TestNotCachedThoughVerified(t *testing.T) {
	r := Remember(Static{TXT: map[string][]string{"anytown.example": {"v=spf1 ip4:192.0.2.1 -all"}}}, time.Hour, nil)
	if _, err := r.LookupTXT(t.Context(), "anytown.example"); err != nil {
		t.Fatal(err)
	}
	f := Check(t.Context(), []byte("From: jo@anytown.example\r\n\r\nx"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.example"}, CachedOnly(r))
	if !f.Verified() || !f.NotCached || !f.Temporary() {
		t.Errorf("%+v", f)
	}
	var dns *net.DNSError
	if _, err := CachedOnly(r).LookupMX(t.Context(), "anytown.example"); !errors.Is(err, ErrNotCached) || !errors.As(err, &dns) || !dns.Temporary() {
		t.Errorf("%v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	next := &countingResolver{answer: func(name string) ([]string, error) { return []string{name}, nil }}
	r := Remember(next, time.Hour, nil)
	ask := func(name string) {
		if _, err := r.LookupTXT(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 * rememberedNames {
		ask(fmt.Sprintf("n%d.example", i))
		if i%1000 == 0 {
			ask("busy.example")
		}
	}
	if n := len(r.young) + len(r.old); n > 2*rememberedNames {
		t.Errorf("%d names are kept", n)
	}
	asked := next.asked
	if ask("busy.example"); next.asked != asked {
		t.Error("what is asked for often was forgotten")
	}
	if ask("n0.example"); next.asked != asked+1 {
		t.Error("what was asked for long ago is kept")
	}
	big := make([]string, 1000)
	for i := range big {
		big[i] = fmt.Sprintf("%0100d", i)
	}
	next.answer = func(string) ([]string, error) { return big, nil }
	for i := range 1000 {
		ask(fmt.Sprintf("big%d.example", i))
	}
	if total := r.youngBytes + sizeOf(r.old); total > 2*rememberedBytes {
		t.Errorf("%d bytes are kept", total)
	}
}

func sizeOf(m map[question]answer) int {
	n := 0
	for _, a := range m {
		n += a.size()
	}
	return n
}

// gate answers when it is opened.
type gate struct {
	Static
	asked chan struct{}
	open  chan struct{}
	n     atomic.Int32
}

func (g *gate) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	g.n.Add(1)
	g.asked <- struct{}{}
	select {
	case <-g.open:
		return []string{"v=spf1 -all"}, nil
	case <-ctx.Done():
		return nil, &net.DNSError{Err: "gave up", IsTimeout: true}
	}
}

func TestSameQuestionsAreAskedOnce(t *testing.T) {
	g := &gate{asked: make(chan struct{}, 100), open: make(chan struct{})}
	r := Remember(g, time.Hour, nil)
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			if txt, err := r.LookupTXT(t.Context(), "anytown.example"); err != nil || len(txt) != 1 {
				t.Errorf("%q %v", txt, err)
			}
		})
	}
	<-g.asked
	close(g.open)
	done.Wait()
	if g.n.Load() != 1 {
		t.Errorf("asked %d times", g.n.Load())
	}
}

// Whoever asks for all may give up; those who wait with him must not get his time-out. And one who waits may give up alone.
func TestOthersAskWhenTheFirstGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{asked: make(chan struct{}, 100), open: make(chan struct{})}
		r := Remember(g, time.Hour, nil)
		ctx, giveUp := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() {
			if _, err := r.LookupTXT(ctx, "anytown.example"); err == nil {
				t.Error("the first got an answer")
			}
		})
		synctest.Wait()
		done.Go(func() {
			if txt, err := r.LookupTXT(t.Context(), "anytown.example"); err != nil || len(txt) != 1 {
				t.Errorf("the second: %q %v", txt, err)
			}
		})
		impatient, leave := context.WithCancel(t.Context())
		done.Go(func() {
			if _, err := r.LookupTXT(impatient, "anytown.example"); !temporary(err) {
				t.Errorf("the third: %v", err)
			}
		})
		synctest.Wait() // both wait for the first
		if g.n.Load() != 1 {
			t.Errorf("asked %d times", g.n.Load())
		}
		leave()
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if g.n.Load() != 2 {
			t.Errorf("the second did not ask itself: %d", g.n.Load())
		}
		close(g.open)
		done.Wait()
	})
}
