package flow_test

import (
	"strings"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
)

// Mail that came to the wrong case is sorted again by whoever holds the right one.
func TestWrongCase(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From("nia@anytown.example", "About another child"))
		h := w.HoldOfMail(t, in.ID)
		flowtest.Refused(t, w.Flow.MoveHeld(ctx, w.Staff.OtherWorker.Actor, h.ID, ""), ids.NotFound)
		if err := w.Flow.MoveHeld(ctx, worker, h.ID, "it is about Osian"); err != nil {
			t.Fatal(err)
		}
		if len(handovers(t, w, worker)) != 0 {
			t.Error("it still proposes a handover here")
		}
		next := w.HoldOfMail(t, in.ID)
		if next.Case != "" || next.Reason != messages.HoldWrongCase {
			t.Fatalf("%+v", next)
		}
		v, err := w.Flow.HoldView(ctx, w.Staff.OtherWorker.Actor, next.ID)
		if err != nil || v.Mail == nil || v.Mail.Text != "About another child" {
			t.Errorf("%+v %v", v, err)
		}
		flowtest.Refused(t, w.Flow.MoveHeld(ctx, worker, next.ID, ""), ids.Invalid)
		if c, err := w.Flow.FileHeld(ctx, worker, next.ID, flow.Filing{Thread: w.Threads.Official}); err != nil || c.Message == "" {
			t.Errorf("%v", err)
		}
		w.VerifyAudit(t)
	})
}

// A proven sender of encrypted mail is told, once a day; an unproven one never is.
func TestEncryptedMailIsExplained(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, to := t.Context(), w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		sealed := func(m flow.ReadMail, id string) flow.ReadMail {
			m.Kind, m.Encrypted, m.Text, m.MessageID = flow.MailRejected, true, "", id
			return m
		}
		in := w.Receive(t, to, sealed(with(flowtest.From(flowtest.AnnaAddress, ""), func(m *flow.ReadMail) { m.Proof.Verified = false }), "1"))
		if w.HoldOfMail(t, in.ID).Reason != messages.HoldEncrypted || len(w.Take(t, outbox.MailNote)) != 0 {
			t.Error("an unproven sender was told, or not held")
		}
		for _, id := range []string{"2", "3"} {
			if in := w.Receive(t, to, sealed(flowtest.From(flowtest.AnnaAddress, ""), id)); w.HoldOfMail(t, in.ID).Reason != messages.HoldEncrypted {
				t.Error("not held")
			}
		}
		items := w.Take(t, outbox.MailNote)
		if len(items) != 1 {
			t.Fatalf("%d notices", len(items))
		}
		m, err := w.Flow.NoticeMail(ctx, items[0].Payload)
		if err != nil || m.To != flowtest.AnnaAddress || m.From != to || m.EnvelopeFrom != "" || m.Headers["Auto-Submitted"] != "auto-replied" || !strings.Contains(m.Text, "without encryption") {
			t.Errorf("%+v %v", m, err)
		}
		for _, word := range []string{"Mair", "Tomos", "Hughes", "prison"} {
			if strings.Contains(m.Text+m.Subject+m.HTML, word) {
				t.Errorf("the notice tells %q", word)
			}
		}
		if err := w.Flow.NoticeDone(ctx, items[0].Payload, true, "250"); err != nil {
			t.Error(err)
		}
		if err := w.Flow.NoticeDone(ctx, items[0].Payload, false, "550 anna@anytown.example unknown"); err != nil {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

// What did not arrive can be sent again or marked as dealt with, by the case's Pact worker alone.
func TestUndelivered(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		w.Say(t, worker, w.Threads.Official, "First")
		first := w.Send(t)[0]
		flowtest.Refused(t, w.Flow.SendAgain(ctx, worker, first.Delivery), ids.Conflict)
		fail := func(id ids.DeliveryID) {
			t.Helper()
			if _, err := w.Flow.MailFailed(ctx, id, 1, flow.MailFailure{Permanent: true, Trouble: messages.TroubleRefused, Answer: "554 5.7.1 refused"}); err != nil {
				t.Fatal(err)
			}
		}
		fail(first.Delivery)
		for _, p := range []ids.Actor{w.Staff.Manager.Actor, w.Staff.OtherWorker.Actor, w.Staff.Admin.Actor, w.Staff.Family.Actor} {
			if err := w.Flow.SendAgain(ctx, p, first.Delivery); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Role, err)
			}
			if rows, _ := w.Flow.Undelivered(ctx, p); len(rows) != 0 {
				t.Errorf("%s sees what did not arrive", p.Role)
			}
		}
		if err := w.Flow.SendAgain(ctx, worker, first.Delivery); err != nil {
			t.Fatal(err)
		}
		again := w.Send(t)
		if len(again) != 1 || again[0].MessageID != first.MessageID || again[0].EnvelopeFrom != first.EnvelopeFrom {
			t.Fatalf("%+v", again)
		}
		fail(first.Delivery)
		if rows, err := w.Flow.Undelivered(ctx, worker); err != nil || len(rows) != 1 || rows[0].CaseReference != "KB-1001" {
			t.Fatalf("%+v %v", rows, err)
		}
		for range 2 {
			if err := w.Flow.MarkHandled(ctx, worker, first.Delivery); err != nil {
				t.Fatal(err)
			}
		}
		if rows, _ := w.Flow.Undelivered(ctx, worker); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
		if len(handovers(t, w, worker)) != 0 {
			t.Error("a refusal for another reason proposes a handover")
		}
		w.VerifyAudit(t)
	})
}

// How an email came is for who sorts the case's mail, and of privileged mail for nobody on the staff.
func TestMailDetails(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		filed := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), with(flowtest.From(flowtest.AnnaAddress, "Words"), func(m *flow.ReadMail) { m.Quoted = "History" }))
		intake := w.Receive(t, "hello@"+flowtest.Domain, flowtest.From("who@else.example", "Hello"))
		private := w.Receive(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From(flowtest.LaraAddress, "SECRET"))
		v, err := w.Flow.MailDetails(ctx, w.Staff.Worker.Actor, filed.ID)
		if err != nil || v.Mail.Text != "Words" || v.Mail.Quoted != "History" || v.CaseReference != "KB-1001" || !v.Proof.Verified || v.Message == "" || v.Hold != "" {
			t.Fatalf("%+v %v", v, err)
		}
		if raw, err := w.Flow.MailOriginal(ctx, w.Staff.Worker.Actor, filed.ID); err != nil || !strings.Contains(string(raw), "History") {
			t.Errorf("%s %v", raw, err)
		}
		if v, err := w.Flow.MailDetails(ctx, w.Staff.OtherWorker.Actor, intake.ID); err != nil || v.Hold == "" {
			t.Errorf("the intake desk: %+v %v", v, err)
		}
		for _, p := range []flowtest.Person{w.Staff.Worker, w.Staff.Admin, w.Staff.Manager, w.Staff.OtherWorker} {
			if _, err := w.Flow.MailDetails(ctx, p.Actor, private.ID); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s reads privileged mail: %v", p.Email, err)
			}
			if _, err := w.Flow.MailOriginal(ctx, p.Actor, private.ID); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s takes privileged mail: %v", p.Email, err)
			}
		}
		for _, p := range []flowtest.Person{w.Staff.Manager, w.Staff.OtherWorker, w.Staff.Family, w.Staff.Officer, w.Staff.Admin} {
			if _, err := w.Flow.MailOriginal(ctx, p.Actor, filed.ID); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Email, err)
			}
		}
		if len(w.Entries(t, audit.MailTakenKind)) != 1 {
			t.Error("taking the original is not recorded once")
		}
	})
}
