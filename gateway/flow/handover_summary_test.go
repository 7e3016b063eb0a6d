package flow_test

import (
	"slices"
	"strings"
	"testing"

	"kinbridge/gateway/directory"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

func askHandover(t *testing.T, w *flowtest.World, th ids.ThreadID) flow.HandoverView {
	t.Helper()
	id, err := w.Flow.AskHandover(t.Context(), w.Staff.Worker.Actor, th, w.Contacts.Anna)
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.Flow.Handover(t.Context(), w.Staff.Worker.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The newcomer is told what her predecessor knew and nothing else; nobody but she gets it; the mother is told who answers now.
func TestANewcomerIsToldWhatHerPredecessorKnew(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, th := t.Context(), w.Staff.Worker.Actor, w.Threads.Official
		asked := w.Say(t, w.MotherActor(), th, "When can he come?")
		w.Release(t, asked.Message)
		in := w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "On Tuesday the ninth."))
		w.Release(t, in.Message)
		w.Say(t, w.MotherActor(), th, "This waits for review")
		held := w.Say(t, w.MotherActor(), th, "This was withheld")
		if err := w.Flow.Withhold(ctx, me, w.HoldOf(t, held.Message).ID, messages.WithholdReasons[0].Code, ""); err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Her own words, held"))
		w.Send(t)
		v := askHandover(t, w, th)
		for _, want := range []string{"Mair Hughes", "Tomos", "School place for Tomos", "When can he come?", "On Tuesday the ninth.", "Wendy Pryce", "latest 2 messages"} {
			if !strings.Contains(v.Summary, want) {
				t.Errorf("no %q in\n%s", want, v.Summary)
			}
		}
		for _, never := range []string{"waits for review", "withheld", "Her own words", "Elin", "Brookshire", "A1234BC", "Fernhill"} {
			if strings.Contains(v.Summary, never) {
				t.Errorf("%q in\n%s", never, v.Summary)
			}
		}
		n := flow.NewPerson{Name: "Nia Vaughan", Email: "nia@anytown.example", Role: people.AllocatedWorker, Replace: true, Summary: v.Summary + "\nGood to meet you."}
		if err := w.Flow.AcceptHandover(ctx, me, v.ID, n); err != nil {
			t.Fatal(err)
		}
		if err := w.Flow.AcceptHandover(ctx, me, v.ID, n); ids.KindOf(err) != ids.Conflict {
			t.Errorf("twice: %v", err)
		}
		mails := w.Send(t)
		if len(mails) != 1 || mails[0].To != "nia@anytown.example" || !strings.Contains(mails[0].Text, "Good to meet you.") || strings.Contains(mails[0].Subject, "Mair") || mails[0].From == "" {
			t.Fatalf("%d mails %+v", len(mails), mails)
		}
		k, err := w.Flow.KioskThread(ctx, w.MotherActor(), th)
		if err != nil || k.Newcomer == nil || *k.Newcomer != (flow.KioskNewcomer{Name: "Nia Vaughan", Role: people.AllocatedWorker, Whose: true, Told: true}) {
			t.Fatalf("%+v %v", k.Newcomer, err)
		}
		if slices.ContainsFunc(k.Parts, func(m flow.KioskMessage) bool { return strings.Contains(m.Body, "You take over") }) {
			t.Error("the mother is shown what the newcomer was written")
		}
		if other, _ := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Brookshire); other.Newcomer != nil {
			t.Error("told in another conversation")
		}
		// The old address is closed: mail to it is held.
		w.Env.Clock.Advance(1)
		if in := w.Receive(t, w.ReplyAddress(t, th, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "One more thing")); w.HoldOfMail(t, in.ID).Thread == "" && in.Message != "" {
			t.Errorf("%+v", in)
		}
		w.VerifyAudit(t)
	})
}

// With one press the others of her predecessor's conversations go the same way, each with its own summary, once the first was handed over.
func TestSeveralConversationsAreHandedOverAtOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me := t.Context(), w.Staff.Worker.Actor
		second, err := w.Flow.OpenThread(ctx, me, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "Swimming", Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[0].ID}})
		if err != nil {
			t.Fatal(err)
		}
		v := askHandover(t, w, w.Threads.Official)
		if len(v.Also) != 1 || v.Also[0].Thread != second || !strings.Contains(v.Also[0].Summary, "Swimming") || strings.Contains(v.Also[0].Summary, "School place") {
			t.Fatalf("%+v", v.Also)
		}
		if err := w.Flow.HandOverAlso(ctx, me, v.ID, map[ids.ThreadID]string{second: "x"}); ids.KindOf(err) != ids.Conflict {
			t.Errorf("the others first: %v", err)
		}
		if err := w.Flow.AcceptHandover(ctx, me, v.ID, flow.NewPerson{Name: "Nia Vaughan", Email: "nia@anytown.example", Replace: true}); err != nil {
			t.Fatal(err)
		}
		if k, _ := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official); k.Newcomer == nil || k.Newcomer.Told {
			t.Errorf("%+v", k.Newcomer)
		}
		if err := w.Flow.HandOverAlso(ctx, me, v.ID, map[ids.ThreadID]string{second: v.Also[0].Summary}); err != nil {
			t.Fatal(err)
		}
		for _, th := range []ids.ThreadID{w.Threads.Official, second} {
			ps, err := w.Env.Store.Parties(ctx, th)
			if err != nil || threads.IsParty(ps, ids.ContactActor(w.Contacts.Anna)) {
				t.Errorf("%s %v", th, err)
			}
		}
		if mails := w.Send(t); len(mails) != 1 || mails[0].To != "nia@anytown.example" {
			t.Errorf("%+v", mails)
		}
		if err := w.Flow.HandOverAlso(ctx, me, v.ID, map[ids.ThreadID]string{w.Threads.Brookshire: "x"}); err == nil {
			t.Error("a conversation that she is not in")
		}
		w.VerifyAudit(t)
	})
}

// Nobody is left to write to: the authority's duty team, as the deployment's table has it.
func TestTheDutyTeamTakesOver(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, admin := t.Context(), w.Staff.Worker.Actor, w.Staff.Admin.Actor
		v := askHandover(t, w, w.Threads.Official)
		duty := flow.NewPerson{Duty: true, Replace: true, Summary: v.Summary}
		if err := w.Flow.AcceptHandover(ctx, me, v.ID, duty); ids.KindOf(err) != ids.Invalid || v.DutyEmail != "" {
			t.Fatalf("%v", err)
		}
		if err := w.Flow.SetDuty(ctx, me, string(w.Agencies.Anytown), directory.Duty{Email: "x@y.example"}); err == nil {
			t.Error("a worker sets it")
		}
		if err := w.Flow.SetDuty(ctx, admin, string(w.Agencies.Anytown), directory.Duty{Email: "Duty@Childrenstrust.example", Phone: "01632 960001", Domains: []string{"anytown.example", "Childrenstrust.example"}}); err != nil {
			t.Fatal(err)
		}
		if v = askHandover(t, w, w.Threads.Official); v.DutyEmail != "duty@childrenstrust.example" {
			t.Fatalf("%q", v.DutyEmail)
		}
		if err := w.Flow.AcceptHandover(ctx, me, v.ID, duty); err != nil {
			t.Fatal(err)
		}
		if mails := w.Send(t); len(mails) != 1 || mails[0].To != "duty@childrenstrust.example" {
			t.Errorf("%+v", mails)
		}
		if k, _ := w.Flow.KioskThread(ctx, w.MotherActor(), w.Threads.Official); k.Newcomer == nil || k.Newcomer.Role != people.DutyTeam {
			t.Errorf("%+v", k.Newcomer)
		}
		w.VerifyAudit(t)
	})
}

// The directory's 175 are there by name; a table fills in what the deployment knows, a second time it changes nothing.
func TestTheTableOfDutyTeams(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, admin := t.Context(), w.Staff.Admin.Actor
		rows, err := w.Flow.Authorities(ctx, admin, "")
		if err != nil || len(rows) != 177 { // and the world's own two
			t.Fatalf("%d %v", len(rows), err)
		}
		if rows, _ = w.Flow.Authorities(ctx, admin, "ynys"); len(rows) != 1 || rows[0].Slug != "isle-of-anglesey" {
			t.Errorf("%+v", rows)
		}
		if _, err := w.Flow.Authorities(ctx, w.Staff.Worker.Actor, ""); err == nil {
			t.Error("a worker reads the list")
		}
		table := []byte("authority,duty_email,duty_phone,domain\nLeeds,duty@leeds.example,01632 960001,leeds.example\nYnys Môn,duty@mon.example,,mon.example\nNowhere,x@y.example,,\n")
		list, faults, err := w.Flow.PreviewDuty(ctx, admin, table)
		if err != nil || len(list) != 2 || !list[0].Changes || faults.Err() == nil {
			t.Fatalf("%+v %v", list, err)
		}
		n, _, err := w.Flow.ImportDuty(ctx, admin, table)
		if err != nil || n != 2 {
			t.Fatalf("%d %v", n, err)
		}
		if n, _, err = w.Flow.ImportDuty(ctx, admin, table); err != nil || n != 0 {
			t.Errorf("again: %d %v", n, err)
		}
		if n, _, err = w.Flow.ImportDuty(ctx, admin, []byte("authority,duty_phone\nLeeds,01632 960002\n")); err != nil || n != 1 {
			t.Errorf("%d %v", n, err)
		}
		row, err := w.Flow.AuthorityDuty(ctx, admin, "leeds")
		if err != nil || row.Agency.Duty != (people.Duty{Email: "duty@leeds.example", Phone: "01632 960002"}) || row.Agency.Domain != "leeds.example" {
			t.Errorf("%+v %v", row, err)
		}
		if row, _ = w.Flow.AuthorityDuty(ctx, admin, "isle-of-anglesey"); row.Agency.In("cy") != "Ynys Môn" {
			t.Errorf("%+v", row.Agency)
		}
		if _, err := w.Flow.CreateAgency(ctx, admin, people.Authority, "Leeds City Council", ""); ids.KindOf(err) != ids.Conflict {
			t.Errorf("twice: %v", err)
		}
		w.VerifyAudit(t)
	})
}
