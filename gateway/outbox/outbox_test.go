package outbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a queue in memory with a store's promises.
type memory struct {
	mu      sync.Mutex
	items   []*row
	failing bool // the database is down
	leases  int
}

type row struct {
	Item
	lease   time.Time
	result  *Result
	settled int
}

func (q *memory) add(kind Kind, id string, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, &row{Item: Item{ID: id, Kind: kind, NotBefore: at}})
}

func (q *memory) Lease(_ context.Context, kinds []Kind, n int, now, until time.Time) (out []Item, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.leases++
	if q.failing {
		return nil, errors.New("down")
	}
	for _, r := range q.items {
		if len(out) == n {
			break
		}
		if r.result != nil && (r.result.Done || r.result.Dead) || !slices.Contains(kinds, r.Kind) || r.NotBefore.After(now) || r.lease.After(now) {
			continue
		}
		r.Attempts++
		r.lease = until
		out = append(out, r.Item)
	}
	return out, nil
}

func (q *memory) Settle(_ context.Context, id string, res Result) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing {
		return errors.New("down")
	}
	for _, r := range q.items {
		if r.ID == id {
			r.result, r.lease = &res, time.Time{}
			r.settled++
			if !res.RetryAt.IsZero() {
				r.NotBefore = res.RetryAt
			}
		}
	}
	return nil
}

func (q *memory) NextDue(context.Context, []Kind) (t time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.items {
		if r.result != nil && (r.result.Done || r.result.Dead) {
			continue
		}
		due := r.NotBefore
		if r.lease.After(due) {
			due = r.lease
		}
		if t.IsZero() || due.Before(t) {
			t = due
		}
	}
	return t, nil
}

func (q *memory) row(id string) row {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.items {
		if r.ID == id {
			return *r
		}
	}
	return row{}
}

func (q *memory) set(failing bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failing = failing
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// run starts a dispatcher inside the bubble and returns what stops it and waits.
func run(d *Dispatcher) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	d.Log = silent
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	return func() { cancel(); <-ended }
}

func TestDoneAndRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		start := time.Now()
		var tries []time.Duration
		q.add(MailOut, "a", start)
		q.add(MailOut, "b", start)
		stop := run(&Dispatcher{Queue: q, Handlers: map[Kind]Handler{MailOut: func(_ context.Context, it Item) error {
			if it.ID == "a" {
				return nil
			}
			tries = append(tries, time.Since(start))
			if it.Attempts < 4 {
				return errors.New("not yet")
			}
			return nil
		}}})
		time.Sleep(time.Minute)
		stop()
		if a, b := q.row("a"), q.row("b"); !a.result.Done || a.Attempts != 1 || !b.result.Done || b.Attempts != 4 {
			t.Errorf("%+v %+v", a, b)
		}
		want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second} // 1, 2, 4 s between
		for i, d := range tries {
			if d < want[i] || d > want[i]+100*time.Millisecond {
				t.Errorf("try %d after %s, want %s", i+1, d, want[i])
			}
		}
	})
}

func TestRetryAtPermanentPanicAndUnknownKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		now := time.Now()
		for _, id := range []string{"later", "never", "panic", "slow"} {
			q.add(MailOut, id, now)
		}
		q.add("strange", "unknown", now)
		stop := run(&Dispatcher{Queue: q, Handlers: map[Kind]Handler{MailOut: func(ctx context.Context, it Item) error {
			switch it.ID {
			case "later":
				return RetryAt(now.Add(time.Hour), errors.New("busy"))
			case "never":
				return errors.Join(errors.New("x"), Permanent(errors.New("no such person")))
			case "panic":
				panic("a bug")
			}
			<-ctx.Done() // a handler that would hang is ended before its lease
			return ctx.Err()
		}, "strange": nil}})
		time.Sleep(110 * time.Second)
		if r := q.row("later"); r.result.Done || !r.result.RetryAt.Equal(now.Add(time.Hour)) || r.Attempts != 1 {
			t.Errorf("%+v", r.result)
		}
		if r := q.row("never"); !r.result.Dead || r.Attempts != 1 {
			t.Errorf("%+v", r.result)
		}
		if r := q.row("panic"); r.result.Dead || r.result.Done || r.result.Error != "panic: a bug" || r.Attempts < 2 {
			t.Errorf("%+v", r.result)
		}
		if r := q.row("slow"); r.result == nil || r.result.RetryAt.IsZero() {
			t.Errorf("%+v", r)
		}
		if r := q.row("unknown"); r.result == nil || r.result.Done {
			t.Errorf("%+v", r)
		}
		stop()
	})
}

// A dispatcher that died leaves its lease behind; when it runs out the item comes again, and not before.
func TestLeaseOfTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		start := time.Now()
		q.add(MailOut, "a", start)
		if _, err := q.Lease(t.Context(), []Kind{MailOut}, 1, start, start.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		var when time.Duration
		stop := run(&Dispatcher{Queue: q, Handlers: map[Kind]Handler{MailOut: func(context.Context, Item) error { when = time.Since(start); return nil }}})
		time.Sleep(3 * time.Minute)
		stop()
		if when < 2*time.Minute || when > 2*time.Minute+6*time.Second {
			t.Errorf("again after %s", when)
		}
	})
}

func TestWakeIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, wake, got := &memory{}, make(chan struct{}, 1), make(chan time.Time, 1)
		stop := run(&Dispatcher{Queue: q, Wake: wake, Handlers: map[Kind]Handler{MailOut: func(context.Context, Item) error { got <- time.Now(); return nil }}})
		time.Sleep(7 * time.Second)
		now := time.Now()
		q.add(MailOut, "a", now)
		wake <- struct{}{}
		if at := <-got; at.Sub(now) > time.Millisecond {
			t.Errorf("after %s", at.Sub(now))
		}
		// And without a hint it is found by looking.
		now = time.Now()
		q.add(MailOut, "b", now)
		if at := <-got; at.Sub(now) > 5*time.Second {
			t.Errorf("after %s", at.Sub(now))
		}
		stop()
	})
}

func TestNoMoreThanWorkersAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		for i := range 30 {
			q.add(MailOut, string(rune('a'+i)), time.Now())
		}
		var mu sync.Mutex
		busy, most, done := 0, 0, 0
		stop := run(&Dispatcher{Queue: q, Workers: 4, Handlers: map[Kind]Handler{MailOut: func(context.Context, Item) error {
			mu.Lock()
			busy++
			most = max(most, busy)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			busy--
			done++
			return nil
		}}})
		time.Sleep(time.Minute)
		stop()
		if most != 4 || done != 30 {
			t.Errorf("%d at a time, %d done", most, done)
		}
	})
}

// At shutdown the items in hand are told to stop and waited for; what was not finished is not settled and comes again.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{}
		q.add(MailOut, "finishes", time.Now())
		q.add(MailOut, "gives up", time.Now())
		ended := 0
		var mu sync.Mutex
		stop := run(&Dispatcher{Queue: q, Handlers: map[Kind]Handler{MailOut: func(ctx context.Context, it Item) error {
			<-ctx.Done()
			time.Sleep(3 * time.Second) // the last answer from the server is on its way
			mu.Lock()
			defer mu.Unlock()
			ended++
			if it.ID == "finishes" {
				return nil
			}
			return ctx.Err()
		}}})
		time.Sleep(time.Second)
		stop()
		if ended != 2 {
			t.Fatalf("Run returned with %d of 2 handlers ended", ended)
		}
		if r := q.row("finishes"); r.result == nil || !r.result.Done {
			t.Errorf("what was done is not recorded: %+v", r)
		}
		if r := q.row("gives up"); r.result != nil {
			t.Errorf("what was not done is settled: %+v", r.result)
		}
	})
}

func TestDatabaseDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &memory{failing: true}
		q.add(MailOut, "a", time.Now())
		stop := run(&Dispatcher{Queue: q, Handlers: map[Kind]Handler{MailOut: func(context.Context, Item) error { return nil }}})
		time.Sleep(time.Minute)
		q.mu.Lock()
		leases := q.leases
		q.mu.Unlock()
		if leases > 15 {
			t.Errorf("%d leases in a minute: a busy loop", leases)
		}
		q.set(false)
		time.Sleep(6 * time.Second)
		stop()
		if r := q.row("a"); r.result == nil || !r.result.Done {
			t.Errorf("%+v", r)
		}
	})
}

func TestBackoff(t *testing.T) {
	for attempts, want := range map[int]time.Duration{-1: time.Second, 0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 12: time.Minute, 31: time.Minute, 1 << 30: time.Minute} {
		if got := Backoff(attempts, time.Second, time.Minute); got != want {
			t.Errorf("%d: %s, want %s", attempts, got, want)
		}
	}
}
