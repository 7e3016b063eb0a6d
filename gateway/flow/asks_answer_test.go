package flow_test

import (
	"slices"
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// A reply that only promises the answer ends nothing: a person is shown it, and decides. The ladder stays where it was until then.
func TestAPromiseIsNoAnswer(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, th, cal := t.Context(), w.Staff.Worker.Actor, w.Threads.Official, workdays.EnglandAndWales()
		today := workdays.Of(w.Env.Clock.Now())
		id, err := w.Flow.SetAsk(ctx, me, th, cal.Add(today, 3), "key")
		if err != nil {
			t.Fatal(err)
		}
		reply := func(words string) ids.MessageID {
			in := w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, words))
			w.Release(t, in.Message)
			return in.Message
		}
		held := reply("Thank you. I will get back to you within 10 working days.")
		rows := asksOf(t, w, me)
		if len(rows) != 1 || !rows[0].Open() || rows[0].Promise.Message != held || rows[0].Promise.By != cal.Add(today, 10) {
			t.Fatalf("%+v", rows)
		}
		if p, err := w.Flow.ThreadPromise(ctx, me, th); err != nil || p != nil {
			t.Errorf("offered besides the ask that waits: %+v %v", p, err)
		}
		// The mother hears of no answer, and of no promise that nobody has confirmed.
		if k, _ := w.Flow.KioskThread(ctx, w.MotherActor(), th); len(k.Waiting) != 1 || !strings.Contains(k.Waiting[0].In("en"), "We asked for an answer by") {
			t.Errorf("%+v", k.Waiting)
		}
		// Without a decision the drafts go on as before.
		goTo(t, w, cal.Add(today, 4), 10)
		if errs := lookAtAsks(t, w); len(errs) != 0 {
			t.Error(errs)
		}
		if rows := asksOf(t, w, me); rows[0].Ready == nil || rows[0].Promise.Message != held {
			t.Fatalf("%+v", rows)
		}
		if err := w.Flow.MoveAsk(ctx, me, id, w.Flow.PromiseDay(rows[0].Promise.By)); err != nil {
			t.Fatal(err)
		}
		if rows := asksOf(t, w, me); rows[0].Ready != nil || rows[0].Promise.Message != "" || rows[0].Due != cal.Add(today, 10) {
			t.Fatalf("%+v", rows)
		}
		// The second is said to be the answer after all.
		second := reply("He can come every Friday. I will send you the dates.")
		if err := w.Flow.MarkAnswered(ctx, me, id); err != nil {
			t.Fatal(err)
		}
		all, _, err := w.Flow.ThreadAsks(ctx, me, th)
		if err != nil || len(all) != 1 || all[0].Open() || all[0].Ended.Answer != second || all[0].Promise.Message != "" {
			t.Fatalf("%+v %v", all, err)
		}
		if p, _ := w.Flow.ThreadPromise(ctx, me, th); p != nil {
			t.Errorf("a person has decided about it: %+v", p)
		}
		w.VerifyAudit(t)
	})
}

// One press on a promise waits for it, until the day that it names; a plain answer later ends that. Who may not ask is not shown it.
func TestAPromiseIsWaitedFor(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, th, cal := t.Context(), w.Staff.Worker.Actor, w.Threads.Official, workdays.EnglandAndWales()
		in := w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "You will have the report within 5 working days."))
		if p, err := w.Flow.ThreadPromise(ctx, me, th); err != nil || p != nil {
			t.Errorf("before it was passed on: %+v %v", p, err)
		}
		if _, err := w.Flow.WaitFor(ctx, me, in.Message, 0); ids.KindOf(err) != ids.Invalid {
			t.Errorf("before it was passed on: %v", err)
		}
		w.Release(t, in.Message)
		p, err := w.Flow.ThreadPromise(ctx, me, th)
		due := cal.Add(workdays.Of(w.Env.Clock.Now()), 5)
		if err != nil || p == nil || p.Message != in.Message || p.By != due {
			t.Fatalf("%+v %v", p, err)
		}
		for _, other := range []ids.Actor{w.Staff.Manager.Actor, w.Staff.OtherWorker.Actor} {
			p, err := w.Flow.ThreadPromise(ctx, other, th)
			if p != nil || err != nil && ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s is shown it: %+v %v", other.Role, p, err)
			}
			if _, err := w.Flow.WaitFor(ctx, other, in.Message, 0); ids.KindOf(err) != ids.Forbidden && ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s waits for it: %v", other.Role, err)
			}
		}
		id, err := w.Flow.WaitFor(ctx, me, in.Message, 0)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.WaitFor(ctx, me, in.Message, cal.Add(due, 1)); err != nil || again != id {
			t.Errorf("%v %v", again, err)
		}
		rows := asksOf(t, w, me)
		if len(rows) != 1 || rows[0].ID != id || rows[0].Due != due || rows[0].Message != in.Message {
			t.Fatalf("%+v", rows)
		}
		w.Release(t, w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Here is the report: he does well at school.")).Message)
		if rows := asksOf(t, w, me); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
		w.VerifyAudit(t)
	})
}

// The report counts what the actor sees one by one, and nothing of anybody else's.
func TestTheReportCountsWhatSheSees(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, cal := t.Context(), w.Staff.Worker.Actor, workdays.EnglandAndWales()
		report := func(a ids.Actor) []flow.AuthorityAsks {
			rows, err := w.Flow.AskReport(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		if rows := report(me); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
		today := workdays.Of(w.Env.Clock.Now())
		for _, th := range []ids.ThreadID{w.Threads.Official, w.Threads.Brookshire} {
			if _, err := w.Flow.SetAsk(ctx, me, th, cal.Add(today, 3), "key"); err != nil {
				t.Fatal(err)
			}
		}
		goTo(t, w, cal.Add(today, 6), 10)
		w.Release(t, w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "On Tuesday.")).Message)
		if _, err := w.Flow.SetAsk(ctx, me, w.Threads.Official, cal.Add(today, 9), "second"); err != nil {
			t.Fatal(err)
		}
		rows := report(me)
		i := slices.IndexFunc(rows, func(r flow.AuthorityAsks) bool { return r.Answered == 1 })
		if len(rows) != 2 || i < 0 {
			t.Fatalf("%+v", rows)
		}
		if got := rows[i]; got.Open != 1 || got.Overdue != 0 || got.Median != 6 || got.Ninetieth != 6 || got.Oldest != 0 || got.Ages[0] != 1 {
			t.Errorf("%+v", got)
		}
		if got := rows[1-i]; got.Open != 1 || got.Overdue != 1 || got.Answered != 0 || got.Oldest != 6 || got.Ages[1] != 1 {
			t.Errorf("%+v", got)
		}
		for _, other := range []ids.Actor{w.Staff.OtherWorker.Actor, w.Staff.Manager.Actor} {
			if rows := report(other); len(rows) != 0 {
				t.Errorf("%s counts %+v", other.Role, rows)
			}
		}
		goTo(t, w, cal.Add(today, 300), 10)
		if rows := report(me); len(rows) != 2 || rows[0].Answered+rows[1].Answered != 0 {
			t.Errorf("an answer of more than a year ago: %+v", rows)
		}
	})
}
