package flow_test

import (
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// Somebody at an authority with a Welsh name gets both languages, Welsh first, around a message and in Kinbridge's own mails.
func TestMailInBothLanguages(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		agency, err := w.Flow.CreateAgency(ctx, flowtest.Operator, people.Authority, "Ceredigion", "ceredigion.example")
		if err != nil {
			t.Fatal(err)
		}
		contact, err := w.Flow.CreateContact(ctx, flowtest.Operator, agency, "Nia Rhys", "nia@ceredigion.example", people.AllocatedWorker, "directory")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Flow.SetChild(ctx, w.Staff.Worker.Actor, w.Case, w.Children[0].ID, flow.ChildFacts{Authority: agency}); err != nil {
			t.Fatal(err)
		}
		th, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "School place", Contacts: []ids.ContactID{contact},
			Children: []ids.ChildID{w.Children[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		w.Take(t, outbox.MailOut)
		w.Say(t, w.Staff.Worker.Actor, th, "When is the review?")
		id := deliveryOf(t, w.Take(t, outbox.MailOut)[0])
		m, err := w.Flow.OutgoingMail(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(m.Subject, "Neges Kinbridge / Kinbridge message, KB-1001-") {
			t.Error(m.Subject)
		}
		welsh, english := strings.Index(m.Text, "I ateb, atebwch"), strings.Index(m.Text, "To answer, reply")
		if welsh < 0 || english < welsh || strings.Count(m.Text, "When is the review?") != 1 {
			t.Error(m.Text)
		}
		if !strings.Contains(m.HTML, `<html lang="cy">`) || !strings.Contains(m.HTML, `<div lang="en">`) {
			t.Error(m.HTML)
		}
		if _, err := w.Flow.MailFailed(ctx, id, 1, noTLS); err != nil {
			t.Fatal(err)
		}
		if m, err = w.Flow.OutgoingMail(ctx, id); err != nil || m.Subject != "Mae neges yn aros amdanoch / A message is waiting for you" || strings.Count(m.Text, "/read/") != 2 {
			t.Errorf("%v %+v", err, m)
		}
	})
}
