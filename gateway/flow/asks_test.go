package flow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/workdays"
)

// goTo moves the clock to a time of day in London, on a day; never back.
func goTo(t *testing.T, w *flowtest.World, day workdays.Day, hour int) {
	t.Helper()
	d := day.At(hour, 0).Sub(w.Env.Clock.Now())
	if d < 0 {
		t.Fatalf("the clock is past %s", day)
	}
	w.Env.Clock.Advance(d)
}

// lookAtAsks runs what is due, as the dispatcher would, and returns the errors.
func lookAtAsks(t *testing.T, w *flowtest.World) (errs []error) {
	t.Helper()
	q, now := w.Env.Store.Outbox(), w.Env.Clock.Now().Add(time.Second)
	items, err := q.Lease(t.Context(), []outbox.Kind{outbox.AskDue, outbox.Undelivered}, 100, now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		handle := w.Flow.HandleAskDue
		if it.Kind == outbox.Undelivered {
			handle = w.Flow.HandleUndelivered
		}
		err := handle(t.Context(), it)
		if again := handle(t.Context(), it); (again == nil) != (err == nil) { // killed before it was settled
			t.Errorf("the second time: %v", again)
		}
		r := outbox.Result{Done: true}
		if err != nil {
			errs, r = append(errs, err), outbox.Result{RetryAt: now.Add(time.Hour), Error: err.Error()}
		}
		if err := q.Settle(t.Context(), it.ID, r); err != nil {
			t.Fatal(err)
		}
	}
	return errs
}

func asksOf(t *testing.T, w *flowtest.World, a ids.Actor) []flow.AskRow {
	t.Helper()
	rows, err := w.Flow.Asks(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// each calls f on every day from the clock's to the last, at ten in the morning.
func eachDay(t *testing.T, w *flowtest.World, until workdays.Day, f func(workdays.Day)) {
	t.Helper()
	for d := workdays.Of(w.Env.Clock.Now()).Plus(1); d <= until; d++ {
		goTo(t, w, d, 10)
		if errs := lookAtAsks(t, w); len(errs) != 0 && workdays.EnglandAndWales().IsWorkingDay(d) {
			t.Errorf("%s: %v", d, errs)
		}
		f(d)
	}
}

// The ladder as it is lived: nothing goes by itself, each draft waits for a person, and the mother is told what was done.
func TestTheLadderIsClimbedByAPerson(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, th := t.Context(), w.Staff.Worker.Actor, w.Threads.Official
		m := w.Say(t, w.MotherActor(), th, "When can he come?")
		w.Release(t, m.Message)
		w.Send(t)
		cal, today := workdays.EnglandAndWales(), workdays.Of(w.Env.Clock.Now())
		due := cal.Add(today, 10)
		id, err := w.Flow.SetAsk(ctx, me, th, due, "key-1")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.SetAsk(ctx, me, th, due, "key-1"); err != nil || again != id {
			t.Fatalf("%v %v", again, err)
		}
		rows := asksOf(t, w, me)
		if len(rows) != 1 || rows[0].Message != m.Message || rows[0].Late >= 0 || rows[0].Ready != nil {
			t.Fatalf("%+v", rows)
		}
		var ready []string
		last, sent := ids.AskStepID(""), 0
		eachDay(t, w, cal.Add(due, 16), func(d workdays.Day) {
			rows := asksOf(t, w, me)
			if len(rows) != 1 || rows[0].Ready == nil || rows[0].Ready.ID == last {
				return
			}
			s := rows[0].Ready
			last = s.ID
			ready = append(ready, string(s.Rung))
			if n := len(w.Send(t)); n != 0 {
				t.Errorf("%s: %d emails left by themselves", d, n)
			}
			v, err := w.Flow.AskStep(ctx, me, s.ID)
			if err != nil || !strings.Contains(v.Draft, "School place for Tomos") || strings.Contains(v.Draft, "When can he come") {
				t.Fatalf("%+v %v", v, err)
			}
			to := flow.StepTo{}
			if s.Rung != chase.Worker {
				to = flow.StepTo{Name: "Mo Reed", Email: string(s.Rung) + "@anytown.example"}
				for _, bad := range []flow.StepTo{{Name: "x", Email: "x@brookshire.example"}, {Contact: w.Contacts.Bea}, {Name: "x", Email: flowtest.BeaAddress}} {
					if _, err := w.Flow.SendStep(ctx, me, s.ID, bad, v.Draft); err == nil || strings.Contains(strings.ToLower(ids.Public(err)), "brook") {
						t.Errorf("%+v: %v", bad, err)
					}
				}
			}
			in, err := w.Flow.SendStep(ctx, me, s.ID, to, v.Draft)
			if err != nil {
				t.Fatal(err)
			}
			if (in == th) != (s.Rung == chase.Worker) {
				t.Errorf("%s went to %s", s.Rung, in)
			}
			if _, err := w.Flow.SendStep(ctx, me, s.ID, to, v.Draft); ids.KindOf(err) != ids.Conflict {
				t.Errorf("sent twice: %v", err)
			}
			mails := w.Send(t)
			if len(mails) != 1 || !strings.Contains(mails[0].Text, "School place for Tomos") || strings.Contains(mails[0].Subject, "Tomos") || strings.Contains(mails[0].Text, "Elin") {
				t.Errorf("%d emails %+v", len(mails), mails)
			}
			sent++
			k, err := w.Flow.KioskThread(ctx, w.MotherActor(), th)
			if err != nil || len(k.Waiting) != 1 || !strings.Contains(k.Waiting[0].In("en"), "today") || !strings.Contains(k.Waiting[0].In("cy"), "heddiw") {
				t.Errorf("she is told %v %v", k.Waiting, err)
			}
			if s.Rung == chase.TeamManager && !strings.Contains(k.Waiting[0].In("en"), "We asked the team manager today.") {
				t.Errorf("%q", k.Waiting[0].In("en"))
			}
		})
		if want := []string{"worker", "worker", "worker", "team_manager", "service_manager", "reviewing_officer"}; !slices.Equal(ready, want) || sent != len(want) {
			t.Errorf("%v", ready)
		}
		if rows := asksOf(t, w, me); len(rows) != 1 || !rows[0].Exhausted || rows[0].Late < 15 {
			t.Errorf("%+v", rows)
		}
		w.VerifyAudit(t)
	})
}

// An answer of the organisation in the conversation ends the waiting when it is released, and takes the draft away; one of another's does not.
func TestTheAnswerEndsIt(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, cal := t.Context(), w.Staff.Worker.Actor, workdays.EnglandAndWales()
		due := cal.Add(workdays.Of(w.Env.Clock.Now()), 3)
		for _, th := range []ids.ThreadID{w.Threads.Official, w.Threads.Brookshire} {
			if _, err := w.Flow.SetAsk(ctx, me, th, due, "key"); err != nil {
				t.Fatal(err)
			}
		}
		goTo(t, w, cal.Add(due, 1), 9)
		lookAtAsks(t, w)
		rows := asksOf(t, w, me)
		if len(rows) != 2 || rows[0].Ready == nil || rows[1].Ready == nil || rows[0].Late != 1 {
			t.Fatalf("%+v", rows)
		}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "On Tuesday."))
		if n := len(asksOf(t, w, me)); n != 2 {
			t.Errorf("answered before it was checked: %d", n)
		}
		w.Release(t, in.Message)
		rows = asksOf(t, w, me)
		if len(rows) != 1 || rows[0].Thread != w.Threads.Brookshire {
			t.Fatalf("%+v", rows)
		}
		all, may, err := w.Flow.ThreadAsks(ctx, me, w.Threads.Official)
		if err != nil || !may || len(all) != 1 || all[0].Ended.Answer != in.Message || all[0].Ready != nil || all[0].Steps[0].State != cases.StepPassed {
			t.Fatalf("%+v %v", all, err)
		}
		if _, err := w.Flow.SendStep(ctx, me, all[0].Steps[0].ID, flow.StepTo{}, "Too late"); ids.KindOf(err) != ids.Conflict {
			t.Errorf("%v", err)
		}
		if k, _ := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official); len(k.Waiting) != 0 {
			t.Error("she is still told to wait")
		}
		// What is dismissed is not told to her, and the ladder goes on.
		step := rows[0].Ready.ID
		if err := w.Flow.DismissStep(ctx, me, step, " "); ids.KindOf(err) != ids.Invalid {
			t.Error(err)
		}
		if err := w.Flow.DismissStep(ctx, me, step, "She rang: the doctor is away"); err != nil {
			t.Fatal(err)
		}
		if k, _ := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Brookshire); len(k.Waiting) != 1 || strings.Contains(k.Waiting[0].In("en"), "asked again") {
			t.Errorf("%v", k.Waiting)
		}
		if s, err := w.Env.Store.AskStep(ctx, step); err != nil || s.Reason != "She rang: the doctor is away" {
			t.Errorf("%+v %v", s, err)
		}
		// A promise for another day: the schedule begins anew.
		later := cal.Add(workdays.Of(w.Env.Clock.Now()), 8)
		if err := w.Flow.MoveAsk(ctx, me, rows[0].ID, later); err != nil {
			t.Fatal(err)
		}
		if rows = asksOf(t, w, me); rows[0].Due != later || rows[0].Ready != nil {
			t.Errorf("%+v", rows[0])
		}
		if err := w.Flow.MarkAnswered(ctx, w.Staff.Family.Actor, rows[0].ID); err != nil {
			t.Error(err)
		}
		if err := w.Flow.StopAsking(ctx, me, rows[0].ID); ids.KindOf(err) != ids.Conflict {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

// Who may not chase is told nothing, and nothing can be asked in conversations with nobody outside, or with her lawyer.
func TestWhoMayChase(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, due := t.Context(), workdays.Of(w.Env.Clock.Now()).Plus(20)
		s := w.Staff
		id, err := w.Flow.SetAsk(ctx, s.Family.Actor, w.Threads.Official, due, "k")
		if err != nil {
			t.Fatal(err)
		}
		for _, th := range []ids.ThreadID{w.Threads.Confidential, w.Threads.Privileged} {
			if _, err := w.Flow.SetAsk(ctx, s.Worker.Actor, th, due, "k"); err == nil {
				t.Errorf("%s", th)
			}
		}
		for _, p := range []flowtest.Person{s.Manager, s.Officer, s.Protection, s.Admin, s.OtherWorker, s.OtherManager} {
			if _, err := w.Flow.SetAsk(ctx, p.Actor, w.Threads.Official, due, "k2"); err == nil {
				t.Errorf("%s asks", p.Email)
			}
			if err := w.Flow.MarkAnswered(ctx, p.Actor, id); err == nil {
				t.Errorf("%s marks", p.Email)
			}
			if rows := asksOf(t, w, p.Actor); len(rows) != 0 {
				t.Errorf("%s sees %d", p.Email, len(rows))
			}
			if rows, may, err := w.Flow.ThreadAsks(ctx, p.Actor, w.Threads.Official); err != nil || may || len(rows) != 0 {
				t.Errorf("%s sees %v %v", p.Email, rows, err)
			}
		}
		for _, day := range []workdays.Day{0 + 1, workdays.Of(w.Env.Clock.Now()), workdays.Of(w.Env.Clock.Now()).Plus(400)} {
			if _, err := w.Flow.SetAsk(ctx, s.Worker.Actor, w.Threads.Official, day, "k3"); ids.KindOf(err) != ids.Invalid {
				t.Errorf("%s: %v", day, err)
			}
		}
		w.VerifyAudit(t)
	})
}

// What did not arrive goes on the ladder once, and not when somebody has dealt with it.
func TestUndeliveredGoesOnTheLadder(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		fail := func(body string) ids.DeliveryID {
			c := w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, body)
			it := w.Take(t, outbox.MailOut)
			if len(it) != 1 {
				t.Fatalf("%d mails", len(it))
			}
			var d ids.DeliveryID
			if err := json.Unmarshal(it[0].Payload, &d); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Flow.MailFailed(ctx, d, 1, flow.MailFailure{Permanent: true, Answer: "550 5.1.1"}); err != nil {
				t.Fatal(err)
			}
			_ = c
			return d
		}
		fail("Are you there?")
		if errs := lookAtAsks(t, w); len(errs) != 0 {
			t.Fatal(errs)
		}
		rows := asksOf(t, w, w.Staff.Worker.Actor)
		if len(rows) != 1 || rows[0].Origin != cases.AskUndelivered {
			t.Fatalf("%+v", rows)
		}
		fail("Hello?")
		lookAtAsks(t, w)
		if n := len(asksOf(t, w, w.Staff.Worker.Actor)); n != 1 {
			t.Errorf("%d ladders for one conversation", n)
		}
		if err := w.Flow.StopAsking(ctx, w.Staff.Worker.Actor, rows[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Flow.MarkHandled(ctx, w.Staff.Worker.Actor, fail("Once more")); err != nil {
			t.Fatal(err)
		}
		lookAtAsks(t, w)
		if n := len(asksOf(t, w, w.Staff.Worker.Actor)); n != 0 {
			t.Errorf("%d asks for what was dealt with", n)
		}
		w.VerifyAudit(t)
	})
}

// Drafts come at nine in London, in summer and winter time, and never at night; an absence that her mailbox told of puts them off.
func TestWorkingHoursAndAbsences(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, q := t.Context(), w.Staff.Worker.Actor, w.Env.Store.Outbox()
		cal := workdays.EnglandAndWales()
		// The Friday before the clocks go forward, next year: the first step is on a working day after that.
		due := workdays.Date(w.Env.Clock.Now().Year()+1, time.March, 31)
		for due.Weekday() != time.Friday || due.Plus(2).Format("1") != "3" {
			due = due.Plus(-1)
		}
		goTo(t, w, due.Plus(-1), 12)
		id, err := w.Flow.SetAsk(ctx, me, w.Threads.Official, due, "k")
		if err != nil {
			t.Fatal(err)
		}
		first := cal.Add(due, 1)
		next, err := q.NextDue(ctx, []outbox.Kind{outbox.AskDue})
		y, m, d := first.YMD()
		if want := time.Date(y, m, d, 8, 0, 0, 0, time.UTC); err != nil || !next.Equal(want) { // nine o'clock in summer time
			t.Fatalf("looked at again %s, want %s %v", next, want, err)
		}
		goTo(t, w, first, 20)
		if errs := lookAtAsks(t, w); len(errs) != 1 {
			t.Errorf("looked at in the evening: %v", errs)
		}
		if rows := asksOf(t, w, me); rows[0].Ready != nil {
			t.Error("a draft in the evening")
		}
		goTo(t, w, cal.Add(first, 1), 10)
		lookAtAsks(t, w)
		rows := asksOf(t, w, me)
		if rows[0].ID != id || rows[0].Ready == nil {
			t.Fatalf("%+v", rows[0])
		}
		if _, err := w.Flow.SendStep(ctx, me, rows[0].Ready.ID, flow.StepTo{}, "Hello again"); err != nil {
			t.Fatal(err)
		}
		back := cal.Add(first, 8)
		w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), auto(flow.AutoAway, func(f *flow.AutoFacts) { f.Until = back.Start() }))
		k, err := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official)
		if err != nil || !strings.Contains(k.Waiting[0].In("en"), "away until") {
			t.Errorf("%v %v", k.Waiting, err)
		}
		for d := cal.Add(first, 2); d < back; d++ {
			goTo(t, w, d, 10)
			lookAtAsks(t, w)
			if rows := asksOf(t, w, me); rows[0].Ready != nil {
				t.Fatalf("%s: a draft while she is away", d)
			}
		}
		w.VerifyAudit(t)
	})
}
