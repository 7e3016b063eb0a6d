package flow_test

import (
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// Mail to a privileged thread stays there, even when a member of staff is a party of it and sorts its mail: at the intake desk every Pact worker
// would read it. Nor does anybody take over there.
func TestPrivilegedMailStays(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, party := t.Context(), w.Staff.Worker
		err := w.Env.Store.Write(ctx, ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
			return audit.PartyAdded(w.Case, w.Threads.Privileged, string(party.ID)), tx.AddParty(w.Threads.Privileged, threads.PartyStaff, string(party.ID))
		})
		if err != nil {
			t.Fatal(err)
		}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From("clerk@hale.example", "SECRET"))
		h := w.HoldOfMail(t, in.ID)
		v, err := w.Flow.HoldView(ctx, party.Actor, h.ID)
		if err != nil || v.Mail == nil || v.MayMove {
			t.Fatalf("%+v %v", v, err)
		}
		flowtest.Refused(t, w.Flow.MoveHeld(ctx, party.Actor, h.ID, ""), ids.Forbidden)
		for _, how := range []flow.Filing{{Thread: w.Threads.Privileged, Replaces: true}, {Thread: w.Threads.Official}} {
			_, err := w.Flow.FileHeld(ctx, party.Actor, h.ID, how)
			flowtest.Refused(t, err, ids.Forbidden)
		}
		if _, err := w.Flow.MailDetails(ctx, w.Staff.OtherWorker.Actor, in.ID); ids.KindOf(err) != ids.NotFound {
			t.Errorf("another worker reads it: %v", err)
		}
		w.VerifyAudit(t)
	})
}

// A mail that nobody has read yet is in no thread, so nothing says yet whose it is: it is shown to nobody.
func TestUnreadMailIsShownToNobody(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		in := w.Accept(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From(flowtest.LaraAddress, "SECRET"))
		for _, p := range []flowtest.Person{w.Staff.Worker, w.Staff.OtherWorker, w.Staff.Admin} {
			if _, err := w.Flow.MailDetails(t.Context(), p.Actor, in); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Email, err)
			}
			if _, err := w.Flow.MailOriginal(t.Context(), p.Actor, in); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Email, err)
			}
		}
	})
}

// What did not reach somebody who has left since is not sent to her again: her successor has it.
func TestNothingIsSentToWhoHasLeft(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		w.Say(t, worker, w.Threads.Official, "First")
		first := w.Send(t)[0]
		if _, err := w.Flow.MailFailed(ctx, first.Delivery, 1, flow.MailFailure{Permanent: true, Trouble: messages.TroubleRefused}); err != nil {
			t.Fatal(err)
		}
		id, err := w.Flow.AskHandover(ctx, worker, w.Threads.Official, w.Contacts.Anna)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Flow.AskHandover(ctx, worker, w.Threads.Official, w.Contacts.Anna); err != nil || again != id {
			t.Errorf("asked twice: %s, %s, %v", id, again, err)
		}
		if err := w.Flow.AcceptHandover(ctx, worker, id, flow.NewPerson{Name: "Nia Bevan", Email: "nia@anytown.example", Replace: true}); err != nil {
			t.Fatal(err)
		}
		flowtest.Refused(t, w.Flow.AcceptHandover(ctx, worker, id, flow.NewPerson{Name: "Mo Hill", Email: "mo@anytown.example"}), ids.Conflict)
		flowtest.Refused(t, w.Flow.SendAgain(ctx, worker, first.Delivery), ids.Conflict)
		if sent := w.Send(t); len(sent) != 1 || sent[0].To != "nia@anytown.example" {
			t.Errorf("%+v", sent)
		}
		w.VerifyAudit(t)
	})
}

// What one family's conversation told of a worker is used in another's, but that case's team does not learn in which email it was said.
func TestWhichEmailSaidItStaysInItsFamily(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, other := t.Context(), w.Staff.OtherWorker
		mother, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Rhoda Lane", PrisonerNumber: "A9876ZY", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		c, kids, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-1002", Mother: mother, Worker: other.ID, Children: []cases.Child{{Name: "Ivy", Authority: w.Agencies.Anytown}}})
		if err != nil {
			t.Fatal(err)
		}
		th, err := w.Flow.OpenThread(ctx, other.Actor, flow.NewThread{Case: c, Channel: threads.Official, Subject: "Ivy", Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{kids[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), auto(flow.AutoLeft, nil))
		for _, of := range []struct {
			who  flowtest.Person
			th   ids.ThreadID
			want ids.InboundID
		}{{w.Staff.Worker, w.Threads.Official, in.ID}, {other, th, ""}} {
			v, err := w.Flow.Thread(ctx, of.who.Actor, of.th)
			if err != nil || len(v.Absences) != 1 || !v.Absences[0].Left || v.Absences[0].Inbound != of.want {
				t.Errorf("%s is told %+v, %v", of.who.Email, v.Absences, err)
			}
			rows := handovers(t, w, of.who.Actor)
			if len(rows) != 1 {
				t.Fatalf("%s has %d handovers", of.who.Email, len(rows))
			}
			if h, err := w.Flow.Handover(ctx, of.who.Actor, rows[0].ID); err != nil || h.Inbound != of.want {
				t.Errorf("%s sees the handover of %q, %v", of.who.Email, h.Inbound, err)
			}
		}
	})
}
