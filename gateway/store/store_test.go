package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var system = ids.System("test")

// seed makes one case with a thread and returns them.
func seed(t testing.TB, s *store.Store) (cases.Case, threads.Thread) {
	t.Helper()
	prison := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Establishment, Name: "HMP Example"}
	wing := people.Wing{ID: ids.New[ids.WingID](ids.Wing), Establishment: prison.ID, Name: "A"}
	worker := people.Staff{ID: ids.New[ids.StaffID](ids.Staff), Email: string(ids.New[string]("w")) + "@pact.example", Name: "Wren Hart", Role: ids.RolePactWorker, Agency: prison.ID}
	mother := people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Maya Reed", PrisonerNumber: ids.Secret(5), Establishment: prison.ID, Wing: wing.ID, Language: "en"}
	c := cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: ids.Secret(5), Mother: mother.ID, Worker: worker.ID}
	th := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: c.ID, Channel: threads.Official, Subject: "School place"}
	err := s.Write(context.Background(), system, func(tx *store.Tx) (audit.Entry, error) {
		return audit.CaseCreated(c.ID, mother.ID), errors.Join(tx.AddAgency(prison), tx.AddWing(wing), tx.AddStaff(worker, store.StaffSecret{TOTPSecret: "JBSWY3DP"}),
			tx.AddMother(mother, "hash"), tx.AddCase(c), tx.AddThread(th, []threads.Party{{Kind: threads.PartyMother, ID: string(mother.ID)}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, th
}

func newMessage(c cases.Case, th threads.Thread, body string) messages.Message {
	return messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: th.ID, Case: c.ID, AuthorKind: messages.ByMother, AuthorID: string(c.Mother),
		State: messages.Held, Body: body, Written: time.Now().UTC().Truncate(time.Microsecond)}
}

func write(s *store.Store, m messages.Message, key string) error {
	return s.Write(context.Background(), system, func(tx *store.Tx) (audit.Entry, error) {
		_, _, err := tx.AddMessage(m, key, string(m.ID)+"@example", nil)
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.MessageWritten(m.Case, m.Thread, m.ID), tx.Enqueue(outbox.MailOut, string(m.ID), m.ID, time.Time{})
	})
}

func TestConcurrentWritesAreAllThereInOrderAndVerified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		ctx := context.Background()
		c, th := seed(t, e.Store)
		const n = 200
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				if err := write(e.Store, newMessage(c, th, fmt.Sprintf("word %d ŵŷ", i)), fmt.Sprint("key", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		ms, err := e.Store.MessagesOfThread(ctx, th.ID)
		if err != nil || len(ms) != n {
			t.Fatalf("%d messages, %v", len(ms), err)
		}
		seen := map[string]bool{}
		for _, m := range ms {
			seen[m.Body] = true
		}
		if len(seen) != n {
			t.Fatalf("%d different bodies", len(seen))
		}
		var counter audit.Counter
		err = e.Store.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) (err error) {
			counter, err = src.Counter(ctx)
			return err
		})
		if err != nil || counter.Next != n+2 || counter.Rows != n+2 { // the migration's and the seed's entries
			t.Fatalf("counter %+v, %v", counter, err)
		}
	})
}

func TestAFailedChangeLeavesNothingAndDisturbsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		c, th := seed(t, e.Store)
		broken := errors.New("no")
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				m := newMessage(c, th, "x")
				err := e.Store.Write(context.Background(), system, func(tx *store.Tx) (audit.Entry, error) {
					if _, _, err := tx.AddMessage(m, fmt.Sprint(i), "", nil); err != nil {
						return audit.Entry{}, err
					}
					switch i % 3 {
					case 0:
						return audit.Entry{}, broken
					case 1:
						panic("in a change")
					}
					return audit.MessageWritten(c.ID, th.ID, m.ID), nil
				})
				if (i%3 == 2) != (err == nil) {
					t.Errorf("change %d: %v", i, err)
				}
				if i%3 == 0 && !errors.Is(err, broken) {
					t.Errorf("change %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		ms, err := e.Store.MessagesOfThread(context.Background(), th.ID)
		if err != nil || len(ms) != 20 {
			t.Fatalf("%d messages, %v", len(ms), err)
		}
	})
}

func TestAnEmptyEntryIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		c, th := seed(t, e.Store)
		err := e.Store.Write(context.Background(), system, func(tx *store.Tx) (audit.Entry, error) {
			_, _, err := tx.AddMessage(newMessage(c, th, "x"), "k", "", nil)
			return audit.Entry{}, err
		})
		if err == nil {
			t.Fatal("a change without an audit entry was committed")
		}
		if ms, _ := e.Store.MessagesOfThread(context.Background(), th.ID); len(ms) != 0 {
			t.Fatal("its state was kept")
		}
	})
}

func TestIdempotentMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		c, th := seed(t, e.Store)
		first, second := newMessage(c, th, "once"), newMessage(c, th, "again")
		for _, m := range []messages.Message{first, second} {
			if err := write(e.Store, m, "same"); err != nil {
				t.Fatal(err)
			}
		}
		ms, err := e.Store.MessagesOfThread(context.Background(), th.ID)
		if err != nil || len(ms) != 1 || ms[0].ID != first.ID || ms[0].Body != "once" {
			t.Fatalf("%+v %v", ms, err)
		}
	})
}

func TestOutboxLeasesOnceAndComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		ctx, q := context.Background(), e.Store.Outbox()
		c, th := seed(t, e.Store)
		for i := range 5 {
			if err := write(e.Store, newMessage(c, th, "x"), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		kinds := []outbox.Kind{outbox.MailOut}
		now := e.Clock.Now()
		got := map[string]bool{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				items, err := q.Lease(ctx, kinds, 3, now, now.Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, it := range items {
					if got[it.ID] {
						t.Errorf("%s leased twice", it.ID)
					}
					got[it.ID] = true
				}
			})
		}
		wg.Wait()
		if len(got) != 5 {
			t.Fatalf("%d leased", len(got))
		}
		again, err := q.Lease(ctx, kinds, 10, now.Add(2*time.Minute), now.Add(3*time.Minute))
		if err != nil || len(again) != 5 || again[0].Attempts != 2 {
			t.Fatalf("after the lease ran out: %d, %v", len(again), err)
		}
		for i, r := range []outbox.Result{{Done: true}, {Dead: true, Error: "x"}, {RetryAt: now.Add(time.Hour), Error: "y"}} {
			if err := q.Settle(ctx, again[i].ID, r); err != nil {
				t.Fatal(err)
			}
		}
		later, err := q.Lease(ctx, kinds, 10, now.Add(30*time.Minute), now.Add(31*time.Minute))
		if err != nil || len(later) != 2 {
			t.Fatalf("%d due, %v", len(later), err)
		}
		dead, err := e.Store.DeadItems(ctx, 10)
		if err != nil || len(dead) != 1 || dead[0].ID != again[1].ID {
			t.Fatalf("%v %v", dead, err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		store.SetSchemaVersion(t, e.Store, 9999)
		_, err := store.Open(context.Background(), e.Config)
		if ids.KindOf(err) != ids.Conflict {
			t.Fatalf("opened: %v", err)
		}
		if _, _, err = store.Migrate(context.Background(), e.Config); ids.KindOf(err) != ids.Conflict {
			t.Fatalf("migrated: %v", err)
		}
	})
}

func TestTwoMigrationsAtOnce(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if _, _, err := store.Migrate(context.Background(), cfg); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}
