package flow_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

func code(t *testing.T, w *flowtest.World, p flowtest.Person) string {
	t.Helper()
	c, err := totp.GenerateCode(p.TOTPSecret, w.Env.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSignIn(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, p := t.Context(), w.Staff.Worker
		c := code(t, w, p)
		token, s, err := w.Flow.SignIn(ctx, "  Wendy@PACT.example ", flowtest.Password, c[:3]+" "+c[3:])
		if err != nil || s.ID != p.ID || len(token) < 32 {
			t.Fatalf("%v %+v", err, s)
		}
		if got, err := w.Flow.StaffBySession(ctx, token); err != nil || got.ID != p.ID {
			t.Fatalf("%+v %v", got, err)
		}
		// A code works once, however often it would still be in time.
		_, _, err = w.Flow.SignIn(ctx, p.Email, flowtest.Password, c)
		flowtest.Refused(t, err, ids.Unauthenticated)
		for _, bad := range []string{"", token + "x", token[:len(token)-1], "' OR 1=1 --", "\x01"} {
			_, err := w.Flow.StaffBySession(ctx, bad)
			flowtest.Refused(t, err, ids.Unauthenticated)
		}
		if err := w.Flow.SignOut(ctx, token); err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.StaffBySession(ctx, token)
		flowtest.Refused(t, err, ids.Unauthenticated)
		if err := w.Flow.SignOut(ctx, token); err != nil {
			t.Errorf("signing out twice: %v", err)
		}
		if a, b := len(w.Entries(t, audit.StaffSignedInKind)), len(w.Entries(t, audit.StaffSignedOutKind)); a != 1 || b != 1 {
			t.Errorf("%d in, %d out", a, b)
		}
	})
}

// Whatever is wrong, the answer is the same words: nobody learns which part was.
func TestWrongSignIns(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p := w.Staff.Worker
		words := map[string]bool{}
		for name, c := range map[string]struct{ email, password, code string }{
			"password": {p.Email, "another password", code(t, w, p)},
			"code":     {p.Email, flowtest.Password, "000000"},
			"email":    {"nobody@pact.example", flowtest.Password, code(t, w, p)},
			"nothing":  {"", "", ""},
		} {
			_, _, err := w.Flow.SignIn(t.Context(), c.email, c.password, c.code)
			if ids.KindOf(err) != ids.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
			words[ids.Public(err)] = true
		}
		if len(words) != 1 {
			t.Errorf("the answers differ: %v", words)
		}
		if n := len(w.Entries(t, audit.StaffSignInFailedKind)); n != 4 {
			t.Errorf("%d failures recorded", n)
		}
	})
}

func TestSignInIsThrottled(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, p := t.Context(), w.Staff.Worker
		var err error
		for n := 1; ; n++ {
			if _, _, err = w.Flow.SignIn(ctx, p.Email, "wrong", code(t, w, p)); ids.KindOf(err) == ids.TooMany {
				break
			}
			if n == 10 {
				t.Fatal("ten wrong passwords in a row were looked at")
			}
		}
		if _, _, err := w.Flow.SignIn(ctx, p.Email, flowtest.Password, code(t, w, p)); ids.KindOf(err) != ids.TooMany {
			t.Fatalf("the right one was looked at meanwhile: %v", err)
		}
		if locked := w.Entries(t, audit.StaffLockedKind); len(locked) != 1 || locked[0].Subject != string(store.PersonOf(p.ID)) {
			t.Errorf("the log says that she was locked out %d times: %v", len(locked), locked)
		}
		if _, _, err := w.Flow.SignIn(ctx, w.Staff.Family.Email, flowtest.Password, code(t, w, w.Staff.Family)); err != nil {
			t.Errorf("somebody else is disturbed: %v", err)
		}
		w.Env.Clock.Advance(16 * time.Minute)
		if _, _, err := w.Flow.SignIn(ctx, p.Email, flowtest.Password, code(t, w, p)); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

// Of many sign-ins with one code at the same moment, one wins.
func TestOneCodeInARace(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p := w.Staff.Worker
		c := code(t, w, p)
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, _, errs[i] = w.Flow.SignIn(context.Background(), p.Email, flowtest.Password, c) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if k := ids.KindOf(err); k != ids.Unauthenticated && k != ids.TooMany {
				t.Errorf("%v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d sign-ins with one code", won)
		}
	})
}

// Parallel wrong tries all count: guessing at many connections is worth no more than at one.
func TestParallelGuessesAllCount(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		p := w.Staff.Worker
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() { _, _, _ = w.Flow.SignIn(context.Background(), p.Email, "wrong", "000000") })
		}
		wg.Wait()
		sec, err := w.Env.Store.PersonSecret(t.Context(), store.PersonOf(p.ID))
		if looked := len(w.Entries(t, audit.StaffSignInFailedKind)); err != nil || sec.Throttle.Failures != looked || looked < 3 {
			t.Errorf("%d tries were looked at and %d counted, %v", looked, sec.Throttle.Failures, err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		in := func(p flowtest.Person) string {
			token, _, err := w.Flow.SignIn(ctx, p.Email, flowtest.Password, code(t, w, p))
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		idle := in(w.Staff.Worker)
		w.Env.Clock.Advance(flow.StaffSessionIdle + time.Second)
		_, err := w.Flow.StaffBySession(ctx, idle)
		flowtest.Refused(t, err, ids.Unauthenticated)
		used := in(w.Staff.Worker)
		for gone := time.Duration(0); gone < flow.StaffSession-20*time.Minute; gone += 20 * time.Minute {
			if _, err := w.Flow.StaffBySession(ctx, used); err != nil {
				t.Fatalf("after %s of use: %v", gone, err)
			}
			w.Env.Clock.Advance(20 * time.Minute)
		}
		w.Env.Clock.Advance(20 * time.Minute)
		_, err = w.Flow.StaffBySession(ctx, used)
		flowtest.Refused(t, err, ids.Unauthenticated)
	})
}

func TestDisabledStaff(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, p, admin := t.Context(), w.Staff.Family, w.Staff.Admin.Actor
		token, _, err := w.Flow.SignIn(ctx, p.Email, flowtest.Password, code(t, w, p))
		if err != nil {
			t.Fatal(err)
		}
		bearer, err := w.Flow.IssueToken(ctx, admin, "laptop", p.ID, w.Env.Clock.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, w.Flow.DisableStaff(ctx, w.Staff.Worker.Actor, p.ID), ids.Forbidden)
		flowtest.Refused(t, w.Flow.DisableStaff(ctx, admin, w.Staff.Admin.ID), ids.Forbidden)
		if err := w.Flow.DisableStaff(ctx, admin, p.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Flow.StaffBySession(ctx, token)
		flowtest.Refused(t, err, ids.Unauthenticated)
		_, err = w.Flow.ActorByToken(ctx, bearer)
		flowtest.Refused(t, err, ids.Unauthenticated)
		w.Env.Clock.Advance(time.Minute)
		_, _, err = w.Flow.SignIn(ctx, p.Email, flowtest.Password, code(t, w, p))
		flowtest.Refused(t, err, ids.Unauthenticated)
	})
}

func TestAPIToken(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, admin := t.Context(), w.Staff.Admin.Actor
		expires := w.Env.Clock.Now().Add(time.Hour)
		token, err := w.Flow.IssueToken(ctx, admin, "case system", w.Staff.Worker.ID, expires)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Flow.ActorByToken(ctx, token)
		if err != nil || a.Kind != ids.ActorAPI || a.StaffID() != w.Staff.Worker.ID || a.Role != ids.RolePactWorker {
			t.Fatalf("%+v %v", a, err)
		}
		if c := w.Say(t, a, w.Threads.Official, "By the API"); c.State != "released" {
			t.Errorf("%+v", c)
		}
		if _, err := w.Flow.Thread(ctx, a, w.Threads.Privileged); ids.KindOf(err) != ids.NotFound {
			t.Errorf("a token passes the wall: %v", err)
		}
		for _, bad := range []string{"", "kb_", token + "0", token[:len(token)-1] + "!"} {
			_, err := w.Flow.ActorByToken(ctx, bad)
			flowtest.Refused(t, err, ids.Unauthenticated)
		}
		if _, err := w.Flow.IssueToken(ctx, w.Staff.Worker.Actor, "mine", w.Staff.Worker.ID, expires); ids.KindOf(err) != ids.Forbidden {
			t.Errorf("a worker made one: %v", err)
		}
		w.Env.Clock.Advance(2 * time.Hour)
		_, err = w.Flow.ActorByToken(ctx, token)
		flowtest.Refused(t, err, ids.Unauthenticated)
		for _, e := range w.Entries(t, audit.TokenCreatedKind) {
			if len(e.Subject) > 20 {
				t.Errorf("the entry names more than the token's short name: %q", e.Subject)
			}
		}
	})
}

func TestStaffAreGivenAccessWithCare(t *testing.T) {
	w := flowtest.New(t, store.SQLite, flowtest.Mail{})
	good := flow.NewStaff{Email: "new@pact.example", Name: "New Person", Role: ids.RolePactWorker, Agency: w.Agencies.Pact, Password: flowtest.Password}
	for name, c := range map[string]struct {
		change func(*flow.NewStaff)
		actor  ids.Actor
		kind   ids.Kind
	}{
		"by a worker":       {func(*flow.NewStaff) {}, w.Staff.Worker.Actor, ids.Forbidden},
		"short password":    {func(s *flow.NewStaff) { s.Password = "short" }, w.Staff.Admin.Actor, ids.Invalid},
		"vast password":     {func(s *flow.NewStaff) { s.Password = string(make([]byte, 10_000)) }, w.Staff.Admin.Actor, ids.Invalid},
		"no role":           {func(s *flow.NewStaff) { s.Role = "governor" }, w.Staff.Admin.Actor, ids.Invalid},
		"no address":        {func(s *flow.NewStaff) { s.Email = "new" }, w.Staff.Admin.Actor, ids.Invalid},
		"no name":           {func(s *flow.NewStaff) { s.Name = "\x00\n" }, w.Staff.Admin.Actor, ids.Invalid},
		"an address in use": {func(s *flow.NewStaff) { s.Email = "WENDY@pact.example" }, w.Staff.Admin.Actor, ids.Conflict},
	} {
		s := good
		c.change(&s)
		if _, _, err := w.Flow.CreateStaff(t.Context(), c.actor, s); ids.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, secret, err := w.Flow.CreateStaff(t.Context(), w.Staff.Admin.Actor, good); err != nil || len(secret) < 26 {
		t.Errorf("%v", err)
	}
}
