package flow_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

const tripMail = "Dear Mair,\n\nPlease can you give your consent for Tomos to go on the school trip to Oakley Farm? We need to know by 4 December.\n\nAnna"

// askedByMail is a request made of an email from Anna's desk, held for review; the message is returned too.
func askedByMail(t *testing.T, w *flowtest.World) (ids.RequestID, ids.MessageID) {
	t.Helper()
	ctx := context.Background()
	in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, tripMail))
	if in.Message == "" {
		t.Fatalf("the email was not filed: %+v", in)
	}
	id, err := w.Flow.MakeRequest(ctx, w.Staff.Worker.Actor, in.Message, requests.Trip, w.Children[0].ID, requests.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	return id, in.Message
}

func answer(t *testing.T, w *flowtest.World, id ids.RequestID, s requests.Says, reason, key string) (flow.Composed, error) {
	t.Helper()
	ctx := context.Background()
	shown, err := w.Flow.ReadBack(ctx, w.MotherActor(), id, s, "en")
	if err != nil {
		return flow.Composed{}, err
	}
	return w.Flow.Answer(ctx, w.MotherActor(), flow.NewAnswer{Request: id, Says: s, Reason: reason, Lang: "en", Shown: shown, Heard: true, Kiosk: "ksk_1", IdemKey: key})
}

func oneRequest(t *testing.T, w *flowtest.World, a ids.Actor) flow.RequestRow {
	t.Helper()
	rows, err := w.Flow.CaseRequests(context.Background(), a, w.Case)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d requests, %v", len(rows), err)
	}
	return rows[0]
}

// The main path: an email becomes a request, she answers, the authority gets text and a record that verifies; she changes her mind.
func TestConsentByMailAndKiosk(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		id, m := askedByMail(t, w)
		if _, err := w.Flow.KioskRequest(ctx, w.MotherActor(), id); ids.KindOf(err) != ids.NotFound {
			t.Errorf("she knows of a request whose message waits for review: %v", err)
		}
		if _, err := answer(t, w, id, requests.Yes, "", "k0"); ids.KindOf(err) != ids.NotFound {
			t.Errorf("she answers it: %v", err)
		}
		again, err := w.Flow.MakeRequest(ctx, w.Staff.Worker.Actor, m, requests.Trip, w.Children[0].ID, requests.Terms{})
		if err != nil || again != id {
			t.Errorf("made twice it is %s and %s, %v", id, again, err)
		}
		w.Release(t, m)
		k, err := w.Flow.KioskRequest(ctx, w.MotherActor(), id)
		if err != nil || !k.MayAnswer || k.State != requests.Open || k.ChildName != "Tomos" || k.With != "Anytown Council" {
			t.Fatalf("%+v, %v", k, err)
		}
		w.Send(t)

		out, err := answer(t, w, id, requests.Yes, "He loves animals.", "k1")
		if err != nil || out.State != messages.Held {
			t.Fatalf("%+v, %v", out, err)
		}
		if twice, err := answer(t, w, id, requests.Yes, "He loves animals.", "k1"); err != nil || !twice.Again || twice.Message != out.Message {
			t.Errorf("sent twice: %+v, %v", twice, err)
		}
		if row := oneRequest(t, w, w.Staff.Family.Actor); row.State != requests.Open || len(row.Answers) != 0 {
			t.Errorf("who does not review her answer knows it before it is released: %+v", row)
		}
		w.Release(t, out.Message)
		sent := w.Send(t)
		if len(sent) != 1 || !strings.HasPrefix(sent[0].Text, "My answer is YES. I say yes to a school trip for Tomos.") || len(sent[0].Files) != 1 {
			t.Fatalf("%+v", sent)
		}
		first := checkRecord(t, w, sent[0].Files[0].Content, "YES")
		if requests.Field(first, "Read aloud to her") != "yes" || !strings.Contains(first, "> You are saying YES to a school trip for Tomos. Is that right?") || !strings.Contains(first, "> He loves animals.") {
			t.Errorf("the record lacks something:\n%s", first)
		}

		w.Env.Clock.Advance(time.Hour)
		changed, err := answer(t, w, id, requests.No, "", "k2")
		if err != nil {
			t.Fatal(err)
		}
		w.Release(t, changed.Message)
		sent = w.Send(t)
		second := checkRecord(t, w, sent[0].Files[0].Content, "NO")
		if requests.Field(second, "Takes the place of the answer in") != requests.Field(first, "Audit entry") {
			t.Errorf("the second record does not name the first:\n%s", second)
		}
		row := oneRequest(t, w, w.Staff.Family.Actor)
		if row.State != requests.Answered || len(row.Answers) != 2 || row.Answers[1].Says != requests.No {
			t.Errorf("%+v", row)
		}
		w.VerifyAudit(t)
	})
}

// checkRecord verifies a record as the authority would, and against the audit entry that it names; it returns its text.
func checkRecord(t *testing.T, w *flowtest.World, file []byte, says string) string {
	t.Helper()
	mailed := []byte(strings.ReplaceAll(string(file), "\n", "\r\n")) // as a mail program may save it
	text, _, err := audit.OpenRecord(mailed, w.Key, requests.RecordTitle)
	if err != nil {
		t.Fatal(err)
	}
	if requests.Field(text, "Answer") != says || !strings.HasPrefix(requests.Field(text, "Child"), "Tomos (chd_") {
		t.Errorf("%s", text)
	}
	for _, bad := range []string{strings.Replace(string(file), "Tomos", "Thomas", 1), strings.Replace(string(file), "\n> ", "\n>  ", 1), string(file[:len(file)-9]) + "AAAAAAAA\n"} {
		if _, _, err := audit.OpenRecord([]byte(bad), w.Key, requests.RecordTitle); ids.KindOf(err) != ids.Invalid {
			t.Errorf("a changed record holds: %v", err)
		}
	}
	found := false
	for _, e := range w.Entries(t, audit.RequestAnsweredKind) {
		if e.ID == requests.Field(text, "Audit entry") && e.Detail["record_sha256"] == requests.Digest(file) {
			found = true
		}
	}
	if !found {
		t.Error("no entry of the audit log holds the record's digest")
	}
	return text
}

// Who has no parental responsibility for the child that day, who is grown up, is not asked and does not answer.
func TestOnlyWithParentalResponsibility(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := context.Background(), w.Staff.Worker.Actor
		mother, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Gwen Ash", PrisonerNumber: "A2234BC", Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		c, kids, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-2002", Mother: mother, Worker: w.Staff.Worker.ID, Children: []cases.Child{
			{Name: "Idris", Authority: w.Agencies.Anytown, Born: workdays.Of(w.Env.Clock.Now()).YearsLater(-18).Plus(1).String()}, {Name: "Mali", Authority: w.Agencies.Anytown}}})
		if err != nil {
			t.Fatal(err)
		}
		th, err := w.Flow.OpenThread(ctx, worker, flow.NewThread{Case: c, Channel: threads.Official, Subject: "School", Contacts: []ids.ContactID{w.Contacts.Anna}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(child ids.ChildID, key string) (flow.Asked, error) {
			return w.Flow.Ask(ctx, worker, flow.NewRequest{Thread: th, Kind: requests.Passport, Child: child, Body: "Anytown asks: may the child have a passport?", IdemKey: key})
		}
		asked, err := ask(kids[0].ID, "1")
		if err != nil {
			t.Fatal(err)
		}
		her := ids.MotherActor(mother)
		shown, err := w.Flow.ReadBack(ctx, her, asked.Request, requests.Yes, "en")
		if err != nil {
			t.Fatal(err)
		}
		w.Env.Clock.Advance(72 * time.Hour)
		_, err = w.Flow.Answer(ctx, her, flow.NewAnswer{Request: asked.Request, Says: requests.Yes, Lang: "en", Shown: shown, IdemKey: "k"})
		flowtest.Refused(t, err, ids.Forbidden)
		if k, err := w.Flow.KioskRequest(ctx, her, asked.Request); err != nil || k.MayAnswer {
			t.Errorf("%+v, %v", k, err)
		}
		_, err = ask(kids[0].ID, "2")
		flowtest.Refused(t, err, ids.Forbidden)
		if _, err = ask(kids[1].ID, "3"); err != nil {
			t.Errorf("of the other child: %v", err)
		}
		_, err = w.Flow.Ask(ctx, worker, flow.NewRequest{Thread: w.Threads.Official, Kind: requests.Passport, Child: w.Children[1].ID, Body: "x", IdemKey: "4"})
		flowtest.Refused(t, err, ids.Invalid) // the other authority's child
	})
}

// What is to be read together asks her nothing until it was opened with her, and a restriction stops her answer as it stops any message.
func TestRequestsKeepTogetherAndRestrictions(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		id, m := askedByMail(t, w)
		together := messages.Together{Message: m, Thread: w.Threads.Official, Case: w.Case, Marked: w.Env.Clock.Now(), MarkedBy: "hint"}
		write := func(do func(tx *store.Tx) error) {
			t.Helper()
			if err := w.Env.Store.Write(ctx, flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) { return audit.CaseChanged(w.Case, "test"), do(tx) }); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *store.Tx) error { return tx.KeepTogether(together) })
		w.Release(t, m)
		before, _ := w.Flow.FeedCursor(ctx, w.MotherActor())
		if _, err := w.Flow.MakeRequest(ctx, w.Staff.Worker.Actor, m, requests.Consent, w.Children[0].ID, requests.Terms{}); err != nil {
			t.Fatal(err)
		}
		if after, _ := w.Flow.FeedCursor(ctx, w.MotherActor()); after != before {
			t.Error("her kiosk is woken for what she may not know of")
		}
		if v, err := w.Flow.OwnView(ctx, w.MotherActor()); err != nil || len(v.Requests) != 0 {
			t.Errorf("she knows of it: %+v, %v", v, err)
		}
		_, err := answer(t, w, id, requests.Yes, "", "k")
		flowtest.Refused(t, err, ids.NotFound)
		if rec, err := w.Flow.OwnRecord(ctx, w.Staff.Worker.Actor, w.Case); err != nil || len(rec.Lines) != 0 {
			t.Errorf("it is on her paper: %+v, %v", rec, err)
		}
		together.Unmarked = w.Env.Clock.Now()
		write(func(tx *store.Tx) error {
			ds, err := tx.DeliveriesOfMessage(tx.Context(), m)
			if err != nil {
				return err
			}
			for _, d := range ds {
				if d.State == messages.Kept {
					if err := d.Lift(tx.Now()); err != nil {
						return err
					}
					if err := tx.UpdateDelivery(d); err != nil {
						return err
					}
				}
			}
			return tx.KeepTogether(together)
		})
		if _, err := answer(t, w, id, requests.Yes, "", "k1"); err != nil {
			t.Errorf("it was opened and she cannot answer: %v", err)
		}
		write(func(tx *store.Tx) error {
			return tx.AddRestriction(cases.Restriction{ID: ids.New[ids.RestrictionID](ids.Restriction), Case: w.Case, Kind: cases.NoContact, Source: "court",
				From: tx.Today(), Contacts: []ids.ContactID{w.Contacts.Anna}, AddedBy: w.Staff.Protection.ID})
		})
		_, err = answer(t, w, id, requests.No, "", "k2")
		flowtest.Refused(t, err, ids.Forbidden)
		if v, err := w.Flow.OwnView(ctx, w.MotherActor()); err != nil || len(v.Told) != 0 {
			t.Errorf("she is told of a restriction that she may not be told of: %+v, %v", v.Told, err)
		}
	})
}

// "I want to talk first" is a task of her Pact worker's until they have talked, or she answers.
func TestTalkFirst(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		id, m := askedByMail(t, w)
		w.Release(t, m)
		if _, err := answer(t, w, id, requests.Talk, "", "k"); err != nil {
			t.Fatal(err)
		}
		tasks := func(p flowtest.Person) int {
			t.Helper()
			got, err := w.Flow.RequestTasks(ctx, p.Actor)
			if err != nil {
				t.Fatal(err)
			}
			return len(got.Talks)
		}
		for _, p := range []flowtest.Person{w.Staff.OtherWorker, w.Staff.OtherManager, w.Staff.Officer, w.Staff.Manager, w.Staff.Admin} {
			if n := tasks(p); n != 0 {
				t.Errorf("%s has %d tasks of another's", p.Email, n)
			}
			if err := w.Flow.MarkTalked(ctx, p.Actor, id); err == nil {
				t.Errorf("%s says that she has talked with her", p.Email)
			}
		}
		if n := tasks(w.Staff.Worker); n != 1 {
			t.Fatalf("%d tasks", n)
		}
		if err := w.Flow.MarkTalked(ctx, w.Staff.Worker.Actor, id); err != nil {
			t.Fatal(err)
		}
		if n := tasks(w.Staff.Worker); n != 0 {
			t.Errorf("%d tasks after they talked", n)
		}
		if _, err := answer(t, w, id, requests.Yes, "", "k2"); err != nil {
			t.Errorf("she cannot answer after they talked: %v", err)
		}
	})
}

// A day that has passed is said and stops nobody, unless whoever asks has said that no answer counts after it; what is withdrawn is not answered.
func TestLateAndWithdrawn(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, tripMail))
		w.Release(t, in.Message)
		today := workdays.Of(w.Env.Clock.Now())
		ask := func(k requests.Kind, terms requests.Terms) ids.RequestID {
			t.Helper()
			id, err := w.Flow.MakeRequest(ctx, w.Staff.Worker.Actor, in.Message, k, w.Children[0].ID, terms)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		late, closed, gone := ask(requests.Trip, requests.Terms{Due: today}), ask(requests.Passport, requests.Terms{Due: today, Closes: true}), ask(requests.Haircut, requests.Terms{})
		w.Env.Clock.Advance(48 * time.Hour)
		if err := w.Flow.WithdrawRequest(ctx, w.Staff.Worker.Actor, gone); err != nil {
			t.Fatal(err)
		}
		want := map[ids.RequestID]requests.State{late: requests.Overdue, closed: requests.Closed, gone: requests.Withdrawn}
		ks, err := w.Flow.KioskRequests(ctx, w.MotherActor())
		if err != nil || len(ks) != 3 {
			t.Fatalf("%d, %v", len(ks), err)
		}
		for _, k := range ks {
			if k.State != want[k.ID] || k.MayAnswer != (k.ID == late) {
				t.Errorf("%s: %s, may answer: %v", k.Kind, k.State, k.MayAnswer)
			}
		}
		for _, id := range []ids.RequestID{closed, gone} {
			_, err := answer(t, w, id, requests.Yes, "", "k"+string(id))
			flowtest.Refused(t, err, ids.Conflict)
		}
		if _, err := answer(t, w, late, requests.Yes, "", "k"); err != nil {
			t.Error(err)
		}
	})
}

// She asks: her words go the way of every message of hers; the worker says which message answers it.
func TestSheAsks(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		in := flow.NewRequest{Thread: w.Threads.Official, Kind: requests.Report, Child: w.Children[0].ID, Body: "His school report.", Lang: "cy", IdemKey: "k"}
		out, err := w.Flow.Ask(ctx, w.MotherActor(), in)
		if err != nil || out.State != messages.Held {
			t.Fatalf("%+v, %v", out, err)
		}
		if again, err := w.Flow.Ask(ctx, w.MotherActor(), in); err != nil || again.Request != out.Request || again.Message != out.Message {
			t.Errorf("asked twice: %+v, %v", again, err)
		}
		_, err = w.Flow.Ask(ctx, w.MotherActor(), flow.NewRequest{Thread: w.Threads.Official, Kind: requests.Trip, Child: w.Children[0].ID, IdemKey: "k2"})
		flowtest.Refused(t, err, ids.Invalid)
		for _, p := range []flowtest.Person{w.Staff.OtherWorker, w.Staff.Officer} {
			_, err := w.Flow.CaseRequests(ctx, p.Actor, w.Case)
			flowtest.Refused(t, err, ids.NotFound)
			flowtest.Refused(t, w.Flow.SettleRequest(ctx, p.Actor, out.Request, out.Message), ids.NotFound)
		}
		w.Release(t, out.Message)
		if sent := w.Send(t); len(sent) != 1 || !strings.Contains(sent[0].Text, "Please can I have a report for Tomos?") {
			t.Errorf("%+v", sent)
		}
		mail := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Here is the report."))
		flowtest.Refused(t, w.Flow.SettleRequest(ctx, w.Staff.Worker.Actor, out.Request, mail.Message), ids.Invalid) // still held
		w.Release(t, mail.Message)
		if err := w.Flow.SettleRequest(ctx, w.Staff.Worker.Actor, out.Request, mail.Message); err != nil {
			t.Fatal(err)
		}
		v, err := w.Flow.OwnView(ctx, w.MotherActor())
		if err != nil || len(v.Requests) != 1 || v.Requests[0].State != requests.Answered || !v.Requests[0].ByHer {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// Her record on paper has what she may see with the proof of notice, nothing of her lawyer's and no reviewer; she asks for it at the kiosk.
func TestOwnRecord(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		id, m := askedByMail(t, w)
		w.Release(t, m)
		if err := w.Flow.Seen(ctx, w.MotherActor(), m); err != nil {
			t.Fatal(err)
		}
		out, err := answer(t, w, id, requests.Yes, "", "k")
		if err != nil {
			t.Fatal(err)
		}
		w.Release(t, out.Message)
		w.Send(t)
		w.Say(t, w.MotherActor(), w.Threads.Privileged, "For my lawyer alone.")
		held := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Not released yet."))
		for range 2 {
			if err := w.Flow.AskPrint(ctx, w.MotherActor()); err != nil {
				t.Fatal(err)
			}
		}
		tasks, err := w.Flow.RequestTasks(ctx, w.Staff.Worker.Actor)
		if err != nil || len(tasks.Prints) != 1 {
			t.Fatalf("%+v, %v", tasks, err)
		}
		for _, p := range []flowtest.Person{w.Staff.Family, w.Staff.Manager, w.Staff.Protection, w.Staff.OtherWorker} {
			_, err := w.Flow.OwnRecord(ctx, p.Actor, w.Case)
			flowtest.Refused(t, err, ids.NotFound)
			flowtest.Refused(t, w.Flow.GivePrint(ctx, p.Actor, w.Case), ids.NotFound)
		}
		rec, err := w.Flow.OwnRecord(ctx, w.Staff.Worker.Actor, w.Case)
		if err != nil || len(rec.Lines) != 2 || rec.Asked.IsZero() {
			t.Fatalf("%+v, %v (held: %s)", rec, err, held.Message)
		}
		if l := rec.Lines[0]; len(l.Asks) != 1 || len(l.Notices) != 1 || l.Notices[0].Seen.IsZero() {
			t.Errorf("%+v", l)
		}
		if l := rec.Lines[1]; len(l.Answers) != 1 || len(l.Notices) != 1 || l.Notices[0].Sent.IsZero() || l.Notices[0].Name != "Anna Quill" {
			t.Errorf("%+v", l)
		}
		if err := w.Flow.GivePrint(ctx, w.Staff.Worker.Actor, w.Case); err != nil {
			t.Fatal(err)
		}
		if tasks, _ := w.Flow.RequestTasks(ctx, w.Staff.Worker.Actor); len(tasks.Prints) != 0 {
			t.Error("the task stays after she was given it")
		}
	})
}
