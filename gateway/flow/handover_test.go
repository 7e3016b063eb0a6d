package flow_test

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// auto is an automatic answer from Anna's mailbox.
func auto(form string, change func(*flow.AutoFacts)) flow.ReadMail {
	return with(flowtest.From(flowtest.AnnaAddress, "I am away."), func(m *flow.ReadMail) {
		m.Kind, m.Auto.Form = flow.MailAutoReply, form
		if change != nil {
			change(&m.Auto)
		}
	})
}

func handovers(t *testing.T, w *flowtest.World, a ids.Actor) []flow.HandoverRow {
	t.Helper()
	rows, err := w.Flow.Handovers(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// An automatic answer is in no thread and no queue; what it tells is on the thread's page until its day comes or she writes.
func TestAwayIsToldAndIsNobodysWords(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, to := t.Context(), w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		back := w.Env.Clock.Now().Add(72 * time.Hour).Truncate(24 * time.Hour)
		in := w.Receive(t, to, auto(flow.AutoAway, func(f *flow.AutoFacts) {
			f.Until, f.Colleagues = back, []flow.Colleague{{Name: "Duty\r\nteam", Email: "DUTY@anytown.example", Phone: "020 7946 0123"}}
		}))
		if in.State != store.InboundNoted || in.Message != "" {
			t.Fatalf("%+v", in)
		}
		if rows, _ := w.Flow.Holds(ctx, w.Staff.Worker.Actor); len(rows) != 0 {
			t.Errorf("%d holds", len(rows))
		}
		v, err := w.Flow.Thread(ctx, w.Staff.Worker.Actor, w.Threads.Official)
		if err != nil || len(v.Messages) != 0 || len(v.Absences) != 1 || len(v.Mail) != 1 || !v.MayHandOver {
			t.Fatalf("%+v %v", v, err)
		}
		a := v.Absences[0]
		if !a.Until.Equal(back) || a.Left || len(a.Colleagues) != 1 || a.Colleagues[0] != (flow.Colleague{Name: "Duty team", Email: "duty@anytown.example", Phone: "020 7946 0123"}) {
			t.Errorf("%+v", a)
		}
		if n := v.Mail[0]; n.ID != in.ID || n.Kind != flow.MailAutoReply || n.Form != flow.AutoAway || n.State != store.InboundNoted {
			t.Errorf("%+v", n)
		}
		if a.Inbound != in.ID {
			t.Error("the worker cannot see which email said so")
		}
		if v, err := w.Flow.Thread(ctx, w.Staff.Manager.Actor, w.Threads.Official); err != nil || len(v.Mail) != 0 || v.MayHandOver || len(v.Absences) != 1 || v.Absences[0].Inbound != "" {
			t.Errorf("the prison's manager sees the case's mail: %+v %+v %v", v.Mail, v.Absences, err)
		}
		if ks, err := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official); err != nil || len(ks.Parts) != 0 {
			t.Errorf("the mother is shown it: %+v %v", ks, err)
		}
		if len(handovers(t, w, w.Staff.Worker.Actor)) != 0 {
			t.Error("being away proposes a handover")
		}
		// She writes: then she is there, whatever her mailbox says.
		w.Env.Clock.Advance(time.Minute)
		w.Receive(t, to, flowtest.From(flowtest.AnnaAddress, "Reading mail on holiday"))
		if v, _ := w.Flow.Thread(ctx, w.Staff.Worker.Actor, w.Threads.Official); len(v.Absences) != 0 {
			t.Error("she wrote and is still away")
		}
		w.Env.Clock.Advance(time.Minute)
		w.Receive(t, to, with(auto(flow.AutoAway, func(f *flow.AutoFacts) { f.Until = back }), func(m *flow.ReadMail) { m.MessageID = "second" }))
		if v, _ := w.Flow.Thread(ctx, w.Staff.Worker.Actor, w.Threads.Official); len(v.Absences) != 1 {
			t.Error("a later answer does not count")
		}
		w.Env.Clock.Advance(96 * time.Hour)
		if v, _ := w.Flow.Thread(ctx, w.Staff.Worker.Actor, w.Threads.Official); len(v.Absences) != 0 {
			t.Error("her day has come and she is still away")
		}
		w.VerifyAudit(t)
	})
}

// Nothing that an unproven machine says is used: it could hand a family's thread to a stranger.
func TestUnprovenAnswersTellNothing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		left := func(m flow.ReadMail) flow.ReadMail {
			m.Kind, m.Auto = flow.MailAutoReply, flow.AutoFacts{Form: flow.AutoLeft, Colleagues: []flow.Colleague{{Email: "new@anytown.example"}}}
			return m
		}
		for name, m := range map[string]flow.ReadMail{
			"unverified": with(flowtest.From(flowtest.AnnaAddress, "x"), func(m *flow.ReadMail) { m.Proof.Verified = false }),
			"a stranger": flowtest.From("x@else.example", "x"),
			"bea":        flowtest.From(flowtest.BeaAddress, "x"),
		} {
			if in := w.Receive(t, to, left(m)); in.State != store.InboundHeld || w.HoldOfMail(t, in.ID).Reason != messages.HoldAutoReply {
				t.Errorf("%s: %+v", name, in)
			}
		}
		if n := len(handovers(t, w, w.Staff.Worker.Actor)); n != 0 {
			t.Errorf("%d handovers", n)
		}
		if _, err := w.Env.Store.Absence(t.Context(), w.Contacts.Anna); ids.KindOf(err) != ids.NotFound {
			t.Errorf("an absence: %v", err)
		}
	})
}

// A machine that answers without end fills no queue: past a number a day its mail is kept and shown to nobody.
func TestAFloodOfAutomaticMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to, held := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), 0
		for range 15 {
			in := w.Receive(t, to, with(flowtest.From("robot@else.example", "Ticket opened"), func(m *flow.ReadMail) { m.Kind = flow.MailAutoReply }))
			if in.State == store.InboundHeld {
				held++
			} else if in.State != store.InboundNoted {
				t.Fatalf("%s", in.State)
			}
			if raw, err := w.Env.Store.InboundRaw(t.Context(), in.ID); err != nil || len(raw) == 0 {
				t.Fatalf("not kept: %v", err)
			}
		}
		if held != 10 {
			t.Errorf("%d were put before a person", held)
		}
		w.Env.Clock.Advance(25 * time.Hour)
		if in := w.Receive(t, to, with(flowtest.From("robot@else.example", "Next day"), func(m *flow.ReadMail) { m.Kind = flow.MailAutoReply })); in.State != store.InboundHeld {
			t.Errorf("the next day: %s", in.State)
		}
		if in := w.Receive(t, to, flowtest.From(flowtest.AnnaAddress, "A person")); in.State != store.InboundFiled {
			t.Errorf("a person's words: %s", in.State)
		}
		if len(w.Send(t)) != 0 || len(w.Take(t, outbox.MailNote)) != 0 {
			t.Error("a machine was answered")
		}
	})
}

// "She has left" proposes a handover in every official thread she is in, once, to each case's own worker; deciding it moves the thread.
func TestLeftIsHandedOver(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		second, err := w.Flow.OpenThread(ctx, worker, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "Family time", Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		w.Say(t, worker, w.Threads.Official, "Is there a place?")
		sent := w.Send(t)[0]
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		for range 2 {
			w.Receive(t, to, auto(flow.AutoLeft, func(f *flow.AutoFacts) {
				f.Colleagues = []flow.Colleague{{Name: "Help", Email: "help@else.example"}, {Name: "Nia Vaughan", Email: "nia@anytown.example"}}
			}))
		}
		rows := handovers(t, w, worker)
		if len(rows) != 2 {
			t.Fatalf("%d proposals", len(rows))
		}
		if len(handovers(t, w, w.Staff.OtherWorker.Actor))+len(handovers(t, w, w.Staff.Manager.Actor))+len(handovers(t, w, w.Staff.Admin.Actor)) != 0 {
			t.Error("others see the proposals")
		}
		row := rows[0]
		if row.Thread != w.Threads.Official {
			row = rows[1]
		}
		if row.Reason != cases.HandoverLeft || row.Successor.Email != "nia@anytown.example" || row.FromContact.ID != w.Contacts.Anna || row.Agency.ID != w.Agencies.Anytown {
			t.Fatalf("%+v", row)
		}
		// The mailbox is gone as well: the message that did not arrive waits for a person.
		w.Receive(t, sent.EnvelopeFrom, flow.ReadMail{Kind: flow.MailBounce, MessageID: "b", Bounces: []flow.Bounce{{Status: "5.1.1", Permanent: true}}})
		if failed, err := w.Flow.Undelivered(ctx, worker); err != nil || len(failed) != 1 {
			t.Fatalf("%+v %v", failed, err)
		}
		if rows := handovers(t, w, worker); len(rows) != 4 {
			t.Errorf("%d proposals after the report", len(rows))
		}
		for _, p := range []ids.Actor{w.Staff.Manager.Actor, w.Staff.OtherWorker.Actor, w.Staff.Admin.Actor, w.MotherActor()} {
			if err := w.Flow.AcceptHandover(ctx, p, row.ID, flow.NewPerson{Name: "Nia", Email: "nia@anytown.example", Replace: true}); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Role, err)
			}
		}
		flowtest.Refused(t, w.Flow.AcceptHandover(ctx, worker, row.ID, flow.NewPerson{Name: "X", Email: "x@else.example", Replace: true}), ids.Forbidden)
		flowtest.Refused(t, w.Flow.AcceptHandover(ctx, worker, row.ID, flow.NewPerson{Contact: w.Contacts.Bea, Replace: true}), ids.Forbidden)
		flowtest.Refused(t, w.Flow.AcceptHandover(ctx, worker, row.ID, flow.NewPerson{Name: "Nia", Email: "nia"}), ids.Invalid)
		flowtest.Refused(t, w.Flow.AcceptHandover(ctx, worker, row.ID, flow.NewPerson{Email: "nia@anytown.example"}), ids.Invalid)
		if err := w.Flow.AcceptHandover(ctx, worker, row.ID, flow.NewPerson{Name: "Nia Vaughan", Email: "Nia@anytown.example", Replace: true}); err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, w.Flow.RefuseHandover(ctx, worker, row.ID), ids.Conflict)
		out := w.Send(t)
		if len(out) != 1 || out[0].To != "nia@anytown.example" || !strings.Contains(out[0].Text, "Is there a place?") {
			t.Fatalf("what did not arrive goes to the successor: %+v", out)
		}
		if failed, _ := w.Flow.Undelivered(ctx, worker); len(failed) != 0 {
			t.Errorf("it is still on the list: %+v", failed)
		}
		// Anna's old address leads nowhere now; Nia's is her own.
		if in := w.Receive(t, to, flowtest.From(flowtest.AnnaAddress, "I am back")); w.HoldOfMail(t, in.ID).Reason != messages.HoldExpired {
			t.Errorf("%+v", in)
		}
		if in := w.Receive(t, out[0].From, flowtest.From("nia@anytown.example", "Yes")); in.State != store.InboundFiled {
			t.Errorf("%+v", in)
		}
		// The other thread waits for its own decision.
		rows = handovers(t, w, worker)
		for _, r := range rows {
			if r.Thread != second {
				t.Errorf("a decided proposal is still open: %+v", r)
			}
		}
		if len(rows) != 2 {
			t.Errorf("%d left", len(rows))
		}
		if err := w.Flow.RefuseHandover(ctx, worker, rows[0].ID); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Entries(t, audit.HandoverAcceptedKind)); n != 2 {
			t.Errorf("%d acceptances recorded", n)
		}
		w.VerifyAudit(t)
	})
}

// Mail that waited for her predecessor when the thread was handed over is not lost: it goes to the successor.
func TestHandoverTakesWaitingMailAlong(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		w.Say(t, worker, w.Threads.Official, "Waiting")
		id, err := w.Flow.AskHandover(ctx, worker, w.Threads.Official, w.Contacts.Anna)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.AskHandover(ctx, worker, w.Threads.Official, w.Contacts.Anna); err != nil || again != id {
			t.Errorf("%s %v", again, err)
		}
		flowtest.Refused(t, func() error {
			_, err := w.Flow.AskHandover(ctx, worker, w.Threads.Privileged, w.Contacts.Lara)
			return err
		}(), ids.NotFound)
		if err := w.Flow.AcceptHandover(ctx, worker, id, flow.NewPerson{Name: "Nia", Email: "nia@anytown.example", Role: people.TeamManager, Replace: true}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range w.Take(t, outbox.MailOut) {
			if m, err := w.Flow.OutgoingMail(ctx, deliveryOf(t, it)); err == nil {
				got = append(got, m.To)
			}
		}
		if len(got) != 1 || got[0] != "nia@anytown.example" {
			t.Errorf("%v", got)
		}
		if failed, _ := w.Flow.Undelivered(ctx, worker); len(failed) != 0 {
			t.Errorf("%+v", failed)
		}
	})
}

// One press in the queue: the sender of a held mail takes over.
func TestNewWorkerByHeldMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), with(flowtest.From("nia@anytown.example", "I am Tomos's worker now."), func(m *flow.ReadMail) { m.FromName = "Nia Vaughan" }))
		rows := handovers(t, w, worker)
		if len(rows) != 1 || rows[0].Reason != cases.HandoverNewSender || rows[0].Successor != (cases.Successor{Name: "Nia Vaughan", Email: "nia@anytown.example"}) {
			t.Fatalf("%+v", rows)
		}
		h := w.HoldOfMail(t, in.ID)
		if v, err := w.Flow.Handover(ctx, worker, rows[0].ID); err != nil || v.Hold != h.ID {
			t.Errorf("%+v %v", v, err)
		}
		if v, err := w.Flow.HoldView(ctx, worker, h.ID); err != nil || v.Addressed != "Anna Quill" || v.From != "nia@anytown.example" {
			t.Errorf("%+v %v", v, err)
		}
		c, err := w.Flow.FileHeld(ctx, worker, h.ID, flow.Filing{Replaces: true})
		if err != nil || c.State != messages.Released {
			t.Fatalf("%+v %v", c, err)
		}
		if rows := handovers(t, w, worker); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
		w.Say(t, worker, w.Threads.Official, "Welcome")
		if out := w.Send(t); len(out) != 1 || out[0].To != "nia@anytown.example" {
			t.Errorf("%d mails", len(out))
		}
		w.VerifyAudit(t)
	})
}

// A sender who proved nothing is let in only by a person who says that she asked her.
func TestUnprovenSenderNeedsConfirmation(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), with(flowtest.From(flowtest.AnnaAddress, "From a broken relay"), func(m *flow.ReadMail) { m.Proof.Verified = false }))
		h := w.HoldOfMail(t, in.ID)
		_, err := w.Flow.FileHeld(ctx, worker, h.ID, flow.Filing{})
		flowtest.Refused(t, err, ids.Forbidden)
		c, err := w.Flow.FileHeld(ctx, worker, h.ID, flow.Filing{Confirmed: true, Note: "rang her"})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := w.Flow.KioskMessage(ctx, w.MotherActor(), c.Message); err != nil || m.AuthorName != "Anna Quill" {
			t.Errorf("%+v %v", m, err)
		}
		// A report is nobody's words, however sure the person is.
		in = w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), with(flowtest.From("robot@anytown.example", "Ticket"), func(m *flow.ReadMail) { m.Kind = flow.MailAutoReply }))
		_, err = w.Flow.FileHeld(ctx, worker, w.HoldOfMail(t, in.ID).ID, flow.Filing{Confirmed: true})
		flowtest.Refused(t, err, ids.Forbidden)
	})
}

// A colleague who is in the thread herself answers to another's address: her words are hers, and her proof counts.
func TestColleagueInTheThreadAnswers(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		id, err := w.Flow.AskHandover(ctx, worker, w.Threads.Official, w.Contacts.Anna)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Flow.AcceptHandover(ctx, worker, id, flow.NewPerson{Name: "Nia", Email: "nia@anytown.example"}); err != nil {
			t.Fatal(err)
		}
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		in := w.Receive(t, to, flowtest.From("nia@anytown.example", "Anna passed this on to me."))
		if in.State != store.InboundFiled {
			t.Fatalf("%+v", in)
		}
		if m, err := w.Env.Store.Message(ctx, in.Message); err != nil || m.AuthorName != "Nia" {
			t.Errorf("%+v %v", m, err)
		}
		if in := w.Receive(t, to, with(flowtest.From("nia@anytown.example", "Again"), func(m *flow.ReadMail) { m.Proof.Verified = false })); in.State != store.InboundHeld {
			t.Errorf("unproven: %+v", in)
		}
		// Bea is somebody's contact, and not of this thread.
		if in := w.Receive(t, to, flowtest.From(flowtest.BeaAddress, "Hello")); in.State != store.InboundHeld {
			t.Errorf("%+v", in)
		}
	})
}
