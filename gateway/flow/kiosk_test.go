package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

// kioskWorld is a prison with two wings and three mothers: mair and nia on wing B, fern on wing C.
type kioskWorld struct {
	t               *testing.T
	e               storetest.Env
	f               *flow.Flow
	cfg             flow.Config
	prison          ids.AgencyID
	wing, other     ids.WingID
	mair, nia, fern ids.MotherID
	admin, worker   ids.Actor
	thread          ids.ThreadID // mair's, confidential
	official        ids.ThreadID // mair's, with an authority
}

const (
	mairPIN = "246810"
	niaPIN  = "135791"
)

func newKioskWorld(t *testing.T, e storetest.Env) *kioskWorld {
	t.Helper()
	storetest.Twice(t, e)
	w := &kioskWorld{t: t, e: e, admin: ids.Actor{Kind: ids.ActorStaff, ID: "stf_admin", Role: ids.RoleAdministrator}}
	w.cfg = flow.Config{MailDomain: "in.kinbridge.example", AddressKey: make([]byte, 32), SessionKey: []byte("a session key of thirty-two bytes"),
		PasswordCost: people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}, Now: e.Clock.Now}
	w.f = flow.New(e.Store, flow.NewBus(), w.cfg)
	ctx, sys := t.Context(), ids.System("test")
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pact, err := w.f.CreateAgency(ctx, sys, people.Charity, "Pact", "")
	ok(err)
	la, err := w.f.CreateAgency(ctx, sys, people.Authority, "Anytown Council", "anytown.example")
	ok(err)
	w.prison, err = w.f.CreateAgency(ctx, sys, people.Establishment, "HMP Fernhill", "")
	ok(err)
	w.wing, err = w.f.CreateWing(ctx, sys, w.prison, "B")
	ok(err)
	w.other, err = w.f.CreateWing(ctx, sys, w.prison, "C")
	ok(err)
	mother := func(name, number, pin string, wing ids.WingID) (id ids.MotherID) {
		id, _, err := w.f.CreateMother(ctx, sys, flow.NewMother{Name: name, PrisonerNumber: number, Establishment: w.prison, Wing: wing, PIN: pin})
		ok(err)
		return id
	}
	w.mair, w.nia, w.fern = mother("Mair Hughes", "A1234BC", mairPIN, w.wing), mother("Nia Pugh", "A1235BC", niaPIN, w.wing), mother("Fern Ash", "A1236BC", "111222", w.other)
	w.worker = w.staff("Wendy Pryce", ids.RolePactWorker, pact, "")
	c, _, err := w.f.CreateCase(ctx, sys, flow.NewCase{Reference: "KB-1", Mother: w.mair, Worker: w.worker.StaffID(), Team: []ids.StaffID{w.worker.StaffID()}})
	ok(err)
	anna, err := w.f.CreateContact(ctx, sys, la, "Anna Quill", "anna@anytown.example", people.AllocatedWorker, "directory")
	ok(err)
	w.thread, err = w.f.OpenThread(ctx, w.worker, flow.NewThread{Case: c, Channel: threads.Confidential, Subject: "Between us", WithStaff: []ids.StaffID{w.worker.StaffID()}})
	ok(err)
	w.official, err = w.f.OpenThread(ctx, w.worker, flow.NewThread{Case: c, Channel: threads.Official, Subject: "School", Contacts: []ids.ContactID{anna}})
	ok(err)
	return w
}

func (w *kioskWorld) staff(name string, role ids.Role, agency ids.AgencyID, wing ids.WingID) ids.Actor {
	w.t.Helper()
	id, _, err := w.f.CreateStaff(w.t.Context(), ids.System("test"), flow.NewStaff{Email: fmt.Sprintf("s%d@pact.example", time.Now().UnixNano()), Name: name, Role: role,
		Agency: agency, Wing: wing, Password: "correct horse battery"})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids.Actor{Kind: ids.ActorStaff, ID: string(id), Role: role, Agency: agency}
}

// kiosk enrols one on mair's and nia's wing.
func (w *kioskWorld) kiosk() ids.Actor {
	w.t.Helper()
	code, err := w.f.IssueKioskCode(w.t.Context(), w.admin, w.prison, w.wing, "By the servery")
	if err != nil {
		w.t.Fatal(err)
	}
	cred, err := w.f.EnrolKiosk(w.t.Context(), code)
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := w.f.KioskBySecret(w.t.Context(), cred.Secret)
	if err != nil || k.ID != cred.ID || k.Wing != w.wing || k.Establishment != w.prison {
		w.t.Fatalf("the kiosk is %+v, %v", k, err)
	}
	return k.Actor()
}

func (w *kioskWorld) unlock(k ids.Actor, m ids.MotherID, pin string) string {
	w.t.Helper()
	token, s, err := w.f.Unlock(w.t.Context(), k, m, pin)
	if err != nil || s.Mother != m || s.Kiosk != ids.KioskID(k.ID) {
		w.t.Fatalf("unlock: %+v, %v", s, err)
	}
	return token
}

// count returns how many audit entries there are of a kind.
func (w *kioskWorld) count(kind audit.Kind) (n int) {
	w.t.Helper()
	entries, err := w.e.Store.AuditLog().Entries(w.t.Context(), 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == string(kind) {
			n++
		}
	}
	return n
}

func (w *kioskWorld) fails(err error, kind ids.Kind) {
	w.t.Helper()
	if err == nil || ids.KindOf(err) != kind {
		w.t.Errorf("the error is %v (%v), want kind %v", err, ids.KindOf(err), kind)
	}
}

func TestKioskCodeIsGoodOnceAndForADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		_, err := w.f.IssueKioskCode(ctx, w.worker, w.prison, w.wing, "x")
		w.fails(err, ids.Forbidden)
		for _, bad := range []struct {
			wing ids.WingID
			name string
		}{{"wng_none", "x"}, {w.wing, " "}, {w.wing, "a\nb"}} {
			_, err = w.f.IssueKioskCode(ctx, w.admin, w.prison, bad.wing, bad.name)
			w.fails(err, ids.Invalid)
		}
		code, err := w.f.IssueKioskCode(ctx, w.admin, w.prison, w.wing, "One")
		if err != nil || len(code) != 10 {
			t.Fatalf("code %q, %v", code, err)
		}
		if _, err := w.f.EnrolKiosk(ctx, code[:5]+" - "+code[5:]); err != nil {
			t.Fatalf("with a space and a dash: %v", err)
		}
		_, err = w.f.EnrolKiosk(ctx, code)
		w.fails(err, ids.Invalid)
		late, err := w.f.IssueKioskCode(ctx, w.admin, w.prison, w.wing, "Two")
		if err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(24*time.Hour + time.Second)
		_, err = w.f.EnrolKiosk(ctx, late)
		w.fails(err, ids.Invalid)
		if n := w.count(audit.KioskEnrolledKind); n != 1 {
			t.Errorf("%d enrolments are audited", n)
		}
	})
}

func TestKioskCodesCannotBeGuessed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		code, err := w.f.IssueKioskCode(ctx, w.admin, w.prison, w.wing, "One")
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		kinds := map[ids.Kind]int{}
		for i := range 40 {
			wg.Go(func() {
				_, err := w.f.EnrolKiosk(ctx, fmt.Sprintf("%010d", i))
				mu.Lock()
				defer mu.Unlock()
				kinds[ids.KindOf(err)]++
			})
		}
		wg.Wait()
		if kinds[ids.Invalid] != 30 || kinds[ids.TooMany] != 10 {
			t.Errorf("forty guesses at once gave %v", kinds)
		}
		_, err = w.f.EnrolKiosk(ctx, code) // the right one waits too: else the wait would tell
		w.fails(err, ids.TooMany)
		e.Clock.Advance(11 * time.Minute)
		if _, err := w.f.EnrolKiosk(ctx, code); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

func TestKioskOffersItsOwnWingOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		k := w.kiosk()
		ms, err := w.f.KioskMothers(t.Context(), k)
		if err != nil || len(ms) != 2 || ms[0].ID != w.mair || ms[1].ID != w.nia {
			t.Errorf("it offers %+v, %v", ms, err)
		}
		_, _, err = w.f.Unlock(t.Context(), k, w.fern, "111222")
		w.fails(err, ids.NotFound)
		_, err = w.f.KioskMothers(t.Context(), ids.MotherActor(w.mair))
		w.fails(err, ids.Unauthenticated)
	})
}

func TestWrongPINTenTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		one, two := w.kiosk(), w.kiosk()
		var refused *flow.PINRefused
		for i := range 10 {
			// Another kiosk and a restarted program make no difference.
			f, k := w.f, one
			if i%2 == 1 {
				f, k = flow.New(e.Store, flow.NewBus(), w.cfg), two
			}
			_, _, err := f.Unlock(t.Context(), k, w.mair, "000000")
			if !errors.As(err, &refused) {
				t.Fatalf("try %d: %v", i+1, err)
			}
			if wait := refused.Wait > 0; wait != (i >= 2) {
				t.Errorf("try %d: wait %v", i+1, refused.Wait)
			}
		}
		if refused.Wait > 30*time.Second || ids.KindOf(refused) != ids.TooMany {
			t.Errorf("the wait is %v, kind %v", refused.Wait, ids.KindOf(refused))
		}
		_, _, err := w.f.Unlock(t.Context(), one, w.mair, mairPIN)
		w.fails(err, ids.TooMany)    // even the right one is not looked at
		w.unlock(one, w.nia, niaPIN) // nobody else waits
		e.Clock.Advance(31 * time.Second)
		w.unlock(two, w.mair, mairPIN)
		if k, err := e.Store.Kiosk(t.Context(), ids.KioskID(two.ID)); err != nil || k.LastSeen.IsZero() {
			t.Errorf("when it was unlocked is not kept: %+v, %v", k, err)
		}
		_, _, err = w.f.Unlock(t.Context(), one, w.mair, "000000")
		if !errors.As(err, &refused) || refused.Wait != 0 {
			t.Errorf("the right PIN did not lift the throttle: %v", err)
		}
		if failed, paused := w.count(audit.KioskPINFailedKind), w.count(audit.KioskThrottledKind); failed != 4 || paused != 1 {
			t.Errorf("audited: %d failures and %d pauses, want 4 and 1", failed, paused)
		}
	})
}

func TestPINsTriedAtOnceCountOneAfterAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		kiosks := []ids.Actor{w.kiosk(), w.kiosk(), w.kiosk(), w.kiosk()}
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				_, _, err := w.f.Unlock(context.Background(), kiosks[i%4], w.mair, fmt.Sprintf("%06d", i))
				if err == nil {
					t.Error("a wrong PIN unlocked")
				}
			})
		}
		wg.Wait()
		_, throttle, err := e.Store.MotherPIN(t.Context(), w.mair)
		if err != nil || throttle.Failures < 1 || throttle.Failures > people.FreeTries { // who lost the race too often learnt nothing
			t.Errorf("thirty-two guesses at once were worth %d (%v), want at most %d", throttle.Failures, err, people.FreeTries)
		}
	})
}

func TestMotherSessionEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		k, other := w.kiosk(), w.kiosk()
		here := func(k ids.Actor, token string) error {
			_, err := w.f.MotherBySession(ctx, k, token)
			return err
		}
		token := w.unlock(k, w.mair, mairPIN)
		if s, err := w.f.MotherBySession(ctx, k, token); err != nil || s.Mother != w.mair || s.Name != "Mair Hughes" {
			t.Fatalf("session %+v, %v", s, err)
		}
		w.fails(here(other, token), ids.Unauthenticated) // bound to its kiosk
		second := w.unlock(other, w.mair, mairPIN)       // she may be at two
		if err := w.f.LockKiosk(ctx, token, "left"); err != nil {
			t.Fatal(err)
		}
		if err := w.f.LockKiosk(ctx, token, "left"); err != nil {
			t.Fatalf("locking twice: %v", err)
		}
		w.fails(here(k, token), ids.Unauthenticated)
		if err := here(other, second); err != nil {
			t.Errorf("the other kiosk was locked too: %v", err)
		}
		next := w.unlock(other, w.nia, niaPIN)
		w.fails(here(other, second), ids.Unauthenticated) // the next woman ends the last one's
		e.Clock.Advance(100 * time.Second)
		if err := w.f.TouchMother(ctx, next); err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(100 * time.Second)
		if err := here(other, next); err != nil {
			t.Errorf("a session that was used: %v", err)
		}
		e.Clock.Advance(flow.KioskIdle + 31*time.Second)
		w.fails(here(other, next), ids.Unauthenticated)

		last := w.unlock(k, w.mair, mairPIN)
		if err := w.f.WithdrawKiosk(ctx, w.admin, ids.KioskID(k.ID)); err != nil {
			t.Fatal(err)
		}
		w.fails(here(k, last), ids.Unauthenticated)
		_, _, err := w.f.Unlock(ctx, k, w.mair, mairPIN)
		w.fails(err, ids.Unauthenticated)
		w.fails(w.f.WithdrawKiosk(ctx, w.admin, ids.KioskID(k.ID)), ids.NotFound)
		if n := w.count(audit.KioskLockedKind); n != 2 {
			t.Errorf("%d locks are audited, want 2", n)
		}
	})
}

func TestResetPIN(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		k := w.kiosk()
		officer, elsewhere := w.staff("Olwen Rees", ids.RoleWingOfficer, w.prison, w.wing), w.staff("Carys Ward", ids.RoleWingOfficer, w.prison, w.other)
		stranger := w.staff("Sara Lund", ids.RolePactWorker, w.worker.Agency, "")
		_, err := w.f.ResetPIN(ctx, elsewhere, w.mair)
		w.fails(err, ids.Forbidden)
		_, err = w.f.ResetPIN(ctx, stranger, w.mair)
		w.fails(err, ids.NotFound)
		token := w.unlock(k, w.mair, mairPIN)
		for range 5 {
			_, _, _ = w.f.Unlock(ctx, k, w.mair, "000000")
		}
		pin, err := w.f.ResetPIN(ctx, officer, w.mair)
		if err != nil || len(pin) != 6 {
			t.Fatalf("pin of %d digits, %v", len(pin), err)
		}
		_, err = w.f.MotherBySession(ctx, k, token)
		w.fails(err, ids.Unauthenticated)
		w.unlock(k, w.mair, pin) // the throttle is lifted
		if _, _, err := w.f.Unlock(ctx, k, w.mair, mairPIN); err == nil {
			t.Error("the old PIN still unlocks")
		}
		if _, err := w.f.ResetPIN(ctx, w.worker, w.mair); err != nil {
			t.Errorf("her Pact worker: %v", err)
		}
	})
}

func TestFeedMissesNothingAndRepeatsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		mair := ids.MotherActor(w.mair)
		start, err := w.f.FeedCursor(ctx, mair)
		if err != nil {
			t.Fatal(err)
		}
		const n = 30
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				if _, err := w.f.Compose(ctx, w.worker, flow.NewMessage{Thread: w.thread, Body: fmt.Sprintf("number %d", i), IdemKey: fmt.Sprintf("key-%d", i)}); err != nil {
					t.Error(err)
				}
			})
		}
		// A reader follows meanwhile, a few at a time.
		got := map[ids.MessageID]int{}
		cursor := start
		for deadline := time.Now().Add(30 * time.Second); len(got) < n && time.Now().Before(deadline); {
			items, err := w.f.Feed(ctx, mair, cursor, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range items {
				if it.Seq != cursor+1 {
					t.Fatalf("item %d follows %d", it.Seq, cursor)
				}
				cursor = it.Seq
				if it.Kind != flow.FeedMessage || it.Message == nil || !it.Message.New || it.Message.Mine {
					t.Fatalf("item %+v", it)
				}
				got[it.Message.ID]++
			}
		}
		wg.Wait()
		if len(got) != n {
			t.Fatalf("%d of %d messages came", len(got), n)
		}
		for id, times := range got {
			if times != 1 {
				t.Errorf("%s came %d times", id, times)
			}
		}
		_, err = w.f.Feed(ctx, w.worker, 0, 10)
		w.fails(err, ids.NotFound)
		if items, err := w.f.Feed(ctx, ids.MotherActor(w.nia), 0, 10); err != nil || len(items) != 0 {
			t.Errorf("another woman's feed has %d items, %v", len(items), err)
		}
	})
}

func TestKioskThreadShowsWhatPolicyLetsHerRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newKioskWorld(t, e)
		ctx := t.Context()
		mair := ids.MotherActor(w.mair)
		mine, err := w.f.Compose(ctx, mair, flow.NewMessage{Thread: w.official, Body: "May I come?", IdemKey: "kiosk:a1"})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := w.f.Compose(ctx, w.worker, flow.NewMessage{Thread: w.thread, Body: "I will ask.", IdemKey: "b1"})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.f.KioskThreads(ctx, mair)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d threads, %v", len(list), err)
		}
		i := slices.IndexFunc(list, func(k flow.KioskThread) bool { return k.ID == w.thread })
		if list[i].New != 1 || list[i].With != "Wendy Pryce" || list[i].Newest == nil || list[i].Newest.ID != theirs.Message {
			t.Errorf("the confidential thread is %+v", list[i])
		}
		th, err := w.f.KioskThread(ctx, mair, w.official)
		if err != nil || len(th.Parts) != 1 || th.Parts[0].Progress != flow.ProgressChecking || !th.Parts[0].Mine || th.With != "Anytown Council" {
			t.Fatalf("the official thread is %+v, %v", th, err)
		}
		holds, err := w.f.Holds(ctx, w.worker)
		if err != nil || len(holds) != 1 {
			t.Fatalf("%d holds, %v", len(holds), err)
		}
		if err := w.f.Withhold(ctx, w.worker, holds[0].ID, "wrong_recipient", ""); err != nil {
			t.Fatal(err)
		}
		if m, err := w.f.KioskMessage(ctx, mair, mine.Message); err != nil || m.Progress != flow.ProgressStopped {
			t.Errorf("withheld: %+v, %v", m.Progress, err)
		}
		if err := w.f.Seen(ctx, mair, theirs.Message); err != nil {
			t.Fatal(err)
		}
		if m, err := w.f.KioskMessage(ctx, mair, theirs.Message); err != nil || m.New {
			t.Errorf("seen: new %v, %v", m.New, err)
		}
		nia := ids.MotherActor(w.nia)
		_, err = w.f.KioskThread(ctx, nia, w.thread)
		w.fails(err, ids.NotFound)
		_, err = w.f.KioskMessage(ctx, nia, theirs.Message)
		w.fails(err, ids.NotFound)
		if list, err := w.f.KioskThreads(ctx, nia); err != nil || len(list) != 0 {
			t.Errorf("another woman has %d threads, %v", len(list), err)
		}
	})
}
