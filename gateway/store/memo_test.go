package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

// inChange runs fn in a change, which must succeed.
func inChange(t *testing.T, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) { return audit.AgencyCreated("age_1"), fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

// What the writer remembers of seldom changing rows is what the database holds: after a change, after one that was undone, and after another
// program's.
func TestWriterRemembersWhatIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		c, th := seed(t, e.Store)
		parties := func(want int, when string) {
			t.Helper()
			inChange(t, e.Store, func(tx *store.Tx) error {
				for range 2 { // read, then remembered
					ps, err := tx.Parties(tx.Context(), th.ID)
					if err != nil || len(ps) != want {
						t.Errorf("%s: %d parties, want %d, %v", when, len(ps), want, err)
					}
				}
				return nil
			})
		}
		add := func(tx *store.Tx, id string) error { return tx.AddParty(th.ID, threads.PartyStaff, id) }
		parties(1, "at first")
		inChange(t, e.Store, func(tx *store.Tx) error { return add(tx, "stf_a") })
		parties(2, "after a change")

		inChange(t, e.Store, func(tx *store.Tx) error {
			if err := add(tx, "stf_b"); err != nil {
				return err
			}
			ps, err := tx.Parties(tx.Context(), th.ID)
			if err == nil && len(ps) != 3 {
				t.Errorf("inside the change: %d parties", len(ps))
			}
			return err
		})
		parties(3, "after a change that had looked")

		undone := errors.New("undone")
		err := e.Store.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
			if err := add(tx, "stf_c"); err != nil {
				return audit.Entry{}, err
			}
			if ps, err := tx.Parties(tx.Context(), th.ID); err != nil || len(ps) != 4 {
				t.Errorf("inside the change to be undone: %d parties, %v", len(ps), err)
			}
			return audit.Entry{}, undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		parties(3, "after a change that was undone")

		store.Exec(t, e.Store, `DELETE FROM thread_parties WHERE party_id = 'stf_b'`) // another connection
		parties(2, "after another program's change")

		other, err := store.Open(t.Context(), e.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		inChange(t, other, func(tx *store.Tx) error { return add(tx, "stf_d") })
		parties(3, "after a second store's change")

		m := newMessage(c, th, "Hello")
		m.Written = e.Clock.Now().UTC().Add(time.Hour).Truncate(time.Microsecond)
		inChange(t, e.Store, func(tx *store.Tx) error {
			if _, err := tx.Thread(tx.Context(), th.ID); err != nil {
				return err
			}
			if _, _, err := tx.AddMessage(m, "k", "k@x.example", nil); err != nil {
				return err
			}
			now, err := tx.Thread(tx.Context(), th.ID)
			if err == nil && !now.LastAt.Equal(m.Written) {
				t.Errorf("the thread's newest message is of %s, want %s", now.LastAt, m.Written)
			}
			return err
		})
	})
}

// In a group, a change that fails takes only its own back, and its neighbours never see it.
func TestWriterForgetsWhatAGroupUndid(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	_, th := seed(t, e.Store)
	undone := errors.New("undone")
	var wg sync.WaitGroup
	for n := range 60 {
		wg.Go(func() {
			err := e.Store.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
				ps, err := tx.Parties(tx.Context(), th.ID)
				if err != nil || len(ps) != 1 {
					t.Errorf("%d parties, %v", len(ps), err)
				}
				if n%3 != 0 {
					return audit.AgencyCreated("age_1"), nil
				}
				if err := tx.AddParty(th.ID, threads.PartyStaff, string(ids.New[ids.StaffID](ids.Staff))); err != nil {
					return audit.Entry{}, err
				}
				if ps, err := tx.Parties(tx.Context(), th.ID); err != nil || len(ps) != 2 {
					t.Errorf("with its own: %d parties, %v", len(ps), err)
				}
				return audit.Entry{}, undone
			})
			if n%3 == 0 && !errors.Is(err, undone) || n%3 != 0 && err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// An announced change that never comes holds nobody up for long, and one that comes is committed like any other.
func TestAnnouncedChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		never := e.Store.Announce()
		defer never.Withdraw()
		for range 20 {
			inChange(t, e.Store, func(*store.Tx) error { return nil })
		}
		a := e.Store.Announce()
		if err := a.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) { return audit.AgencyCreated("age_2"), nil }); err != nil {
			t.Error(err)
		}
		a.Withdraw()
		if entries, _, err := e.Store.AuditEntries(t.Context(), store.AuditQuery{Limit: 1}); err != nil || entries[0].Subject != "age_2" {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

// Changes that are announced together share one commit.
func TestAnnouncedChangesShareACommit(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	store.SetGroupWait(e.Store, time.Minute)
	commits := store.CountCommits(t, e.Store)
	var announced [12]*store.Announced
	for i := range announced {
		announced[i] = e.Store.Announce()
	}
	var wg sync.WaitGroup
	for _, a := range announced {
		wg.Go(func() {
			if err := a.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) { return audit.AgencyCreated("age_1"), nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := commits.Load(); n != 1 {
		t.Errorf("%d commits for 12 changes announced together", n)
	}
}

// A group that waits for one announced change goes on when that one is withdrawn: it does not sit out its wait.
func TestWithdrawnChangeIsNotWaitedFor(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	store.SetGroupWait(e.Store, time.Hour)
	a := e.Store.Announce()
	running, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- e.Store.Write(t.Context(), system, func(*store.Tx) (audit.Entry, error) {
			close(running)
			return audit.AgencyCreated("age_1"), nil
		})
	}()
	<-running
	time.Sleep(20 * time.Millisecond) // mostly it waits by now; if it does not yet, it finds nothing to wait for
	a.Withdraw()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the group waits for a change that will not come")
	}
}
