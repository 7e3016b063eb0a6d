package flow_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

const hardNews = "Dear Mair,\n\nThe court has made a placement order for Tomos.\n\nAnna"

// readTogether is a world in which hard news from Anna has been released, with a kiosk that the mother has unlocked.
type readTogether struct {
	*flowtest.World
	m     ids.MessageID
	kiosk ids.KioskID
}

// fromAnna receives a mail of Anna's in the official thread and returns its message.
func fromAnna(t *testing.T, w *flowtest.World, subject, text string) ids.MessageID {
	t.Helper()
	mail := flowtest.From(flowtest.AnnaAddress, text)
	if subject != "" {
		mail.Subject = subject
	}
	in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), mail)
	if in.Message == "" {
		t.Fatalf("the mail became no message: %+v", in)
	}
	return in.Message
}

func hard(t *testing.T, w *flowtest.World) readTogether {
	t.Helper()
	x := readTogether{World: w, m: fromAnna(t, w, "", hardNews), kiosk: newKiosk(t, w)}
	w.Release(t, x.m)
	return x
}

func newKiosk(t *testing.T, w *flowtest.World) ids.KioskID {
	t.Helper()
	code, err := w.Flow.IssueKioskCode(context.Background(), w.Staff.Admin.Actor, w.Agencies.Prison, w.Wing, "A wing")
	must(t, err)
	cred, err := w.Flow.EnrolKiosk(context.Background(), code)
	must(t, err)
	return cred.ID
}

// shown is all that a kiosk can ask about her, in one text.
func shown(t *testing.T, w *flowtest.World) string {
	t.Helper()
	ctx, a := context.Background(), w.MotherActor()
	var b strings.Builder
	list, err := w.Flow.KioskThreads(ctx, a)
	must(t, err)
	for _, th := range list {
		b.WriteString(string(th.ID) + " " + th.Subject + " " + th.LastAt.String() + " new" + strings.Repeat("!", th.New) + "\n")
		one, err := w.Flow.KioskThread(ctx, a, th.ID)
		must(t, err)
		for _, p := range one.Parts {
			b.WriteString("  " + string(p.ID) + " " + p.Body + "\n")
		}
	}
	feed, err := w.Flow.Feed(ctx, a, 0, 200)
	must(t, err)
	for _, it := range feed {
		b.WriteString("feed " + string(it.Kind) + " " + string(it.Thread) + "\n")
	}
	ms, err := w.Flow.MeetingsOf(ctx, a)
	must(t, err)
	for _, m := range ms {
		b.WriteString("meeting " + string(m.ID) + "\n")
	}
	return b.String()
}

func delivery(t *testing.T, w *flowtest.World, m ids.MessageID) messages.Delivery {
	t.Helper()
	d, err := w.Env.Store.DeliveryTo(context.Background(), m, messages.ToMother, string(w.Mother))
	must(t, err)
	return d
}

// Whoever or whatever says so, it is marked before it can reach her, and shows her nothing: no item, no count, no order, no file, no conversation.
func TestHardNewsShowsHerNothing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Confidential, "Hello Mair.")
		before := shown(t, w)
		marks := map[string]ids.MessageID{messages.MarkedByHint: fromAnna(t, w, "", hardNews), string(w.Contacts.Anna): fromAnna(t, w, "", "READ TOGETHER\n\nPlease ring me."),
			string(w.Contacts.Anna) + " ": fromAnna(t, w, "Re: [I'w ddarllen gyda'n gilydd]", "Helo Mair.")}
		mine, err := w.Flow.Compose(ctx, w.Staff.Family.Actor, flow.NewMessage{Thread: w.Threads.Official, Body: "I will come to you.", IdemKey: "k", Together: true})
		must(t, err)
		marks[string(w.Staff.Family.ID)] = mine.Message
		for by, m := range marks {
			if got, err := w.Env.Store.TogetherOf(ctx, m); err != nil || got.MarkedBy != strings.TrimSpace(by) || !got.Due() {
				t.Errorf("marked by %s: %+v, %v", by, got, err)
			}
			if m != mine.Message {
				w.Release(t, m)
			}
			if d := delivery(t, w, m); d.State != messages.Kept || d.Kept != messages.KeptTogether {
				t.Errorf("the delivery is %s, %s", d.State, d.Kept)
			}
			_, err := w.Flow.KioskMessage(ctx, w.MotherActor(), m)
			flowtest.Refused(t, err, ids.NotFound)
		}
		quiet, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "Adoption of Tomos",
			Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[0].ID}, Together: true})
		must(t, err)
		said, err := w.Flow.Compose(ctx, w.Staff.StandIn.Actor, flow.NewMessage{Thread: quiet, Body: "Let us meet.", IdemKey: "k2",
			Files: []store.NewFile{{Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "letter.pdf", MediaType: "application/pdf"}, Content: []byte("page")}}})
		must(t, err)
		w.CheckFiles(t)
		_, err = w.Flow.KioskThread(ctx, w.MotherActor(), quiet)
		flowtest.Refused(t, err, ids.NotFound)
		if after := shown(t, w); after != before {
			t.Errorf("her kiosk shows\n%s\nand showed\n%s", after, before)
		}
		// With the reason given by a colleague who has not written it, it is hers, and so is the conversation.
		must(t, w.Flow.UnmarkTogether(ctx, w.Staff.Worker.Actor, said.Message, "It is an invitation."))
		if after := shown(t, w); !strings.Contains(after, "Adoption of Tomos") || !strings.Contains(after, "Let us meet.") {
			t.Errorf("it was let go, and her kiosk shows\n%s", after)
		}
		w.VerifyAudit(t)
	})
}

// What is written to her without hard news, and what she writes herself, is never marked; privileged conversations neither.
func TestOrdinaryWordsAreNotMarked(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		list := []ids.MessageID{fromAnna(t, w, "", "Tomos likes his new school."), w.Say(t, w.MotherActor(), w.Threads.Official, "READ TOGETHER\n\nIs there a placement order?").Message}
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From(flowtest.LaraAddress, "READ TOGETHER\n"+hardNews))
		for _, m := range append(list, in.Message) {
			if got, err := w.Env.Store.TogetherOf(ctx, m); err != nil || !got.Marked.IsZero() {
				t.Errorf("%+v, %v", got, err)
			}
		}
		flowtest.Refused(t, w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, list[1]), ids.Invalid)
		if err := w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, in.Message); ids.KindOf(err) != ids.NotFound {
			t.Errorf("privileged, to the worker: %v", err)
		}
	})
}

func TestWhoMarksAndUnmarks(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		m := fromAnna(t, w, "", "Tomos likes his new school.")
		must(t, w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, m))
		must(t, w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, m)) // again changes nothing
		flowtest.Refused(t, w.Flow.UnmarkTogether(ctx, w.Staff.Worker.Actor, m, " "), ids.Invalid)
		flowtest.Refused(t, w.Flow.UnmarkTogether(ctx, w.Staff.Family.Actor, m, "why"), ids.NotFound) // it is held: not hers to know
		flowtest.Refused(t, w.Flow.MarkTogether(ctx, w.Staff.OtherWorker.Actor, m), ids.NotFound)
		must(t, w.Flow.UnmarkTogether(ctx, w.Staff.Worker.Actor, m, "It is good news."))
		w.Release(t, m)
		if d := delivery(t, w, m); d.State != messages.Queued {
			t.Errorf("the delivery is %s", d.State)
		}
		must(t, w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, m)) // not hers yet: it is kept back
		if d := delivery(t, w, m); d.State != messages.Kept {
			t.Errorf("the delivery is %s", d.State)
		}
		flowtest.Refused(t, w.Flow.UnmarkTogether(ctx, w.Staff.Family.Actor, m, "why"), ids.Forbidden)
		must(t, w.Flow.UnmarkTogether(ctx, w.Staff.StandIn.Actor, m, "It is good news."))
		must(t, w.Flow.Seen(ctx, w.MotherActor(), m))
		flowtest.Refused(t, w.Flow.MarkTogether(ctx, w.Staff.Worker.Actor, m), ids.Conflict)
		own := w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "There is a placement order.").Message
		flowtest.Refused(t, w.Flow.UnmarkTogether(ctx, w.Staff.Worker.Actor, own, "I wrote it."), ids.Forbidden)
	})
}

func (x readTogether) book(t *testing.T, at time.Time) {
	t.Helper()
	must(t, x.Flow.BookReading(context.Background(), x.Staff.Worker.Actor, x.m, flow.NewBooking{Supporter: x.Staff.Family.ID, At: at, Place: "Chapel office"}))
}

func (x readTogether) row(t *testing.T) flow.TogetherRow {
	t.Helper()
	rows, err := x.Flow.TogetherList(context.Background(), x.Staff.Family.Actor)
	must(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

// The whole way: booked, on the movement list without a reason, opened with the code and her PIN, the wing told, written down.
func TestFromBookingToTheWing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := context.Background(), hard(t, w)
		must(t, w.Flow.KeepAlertPerson(ctx, w.Staff.Protection.Actor, people.AlertPerson{Establishment: w.Agencies.Prison, Wing: w.Wing, Staff: w.Staff.Manager.ID, ByMail: true}))
		must(t, w.Flow.SetDutyEmail(ctx, w.Staff.Admin.Actor, w.Agencies.Prison, "duty@fernhill.example"))
		if row := x.row(t); row.Booked || row.MotherName == "" {
			t.Errorf("%+v", row)
		}
		flowtest.Refused(t, w.Flow.BookReading(ctx, w.Staff.Manager.Actor, x.m, flow.NewBooking{}), ids.Forbidden)
		flowtest.Refused(t, w.Flow.BookReading(ctx, w.Staff.Worker.Actor, x.m, flow.NewBooking{Supporter: w.Staff.Officer.ID, At: w.Env.Clock.Now().Add(time.Hour), Place: "x"}), ids.Invalid)
		x.book(t, w.Env.Clock.Now().Add(time.Hour))
		moves, err := w.Flow.Movements(ctx, w.Staff.Officer.Actor)
		must(t, err)
		if len(moves) != 1 || moves[0].Place != "Chapel office" || moves[0].Mother != "Mair Hughes" {
			t.Errorf("%+v", moves)
		}
		code, _, err := w.Flow.ReadingCode(ctx, w.Staff.Family.Actor, x.m)
		must(t, err)
		_, err = w.Flow.BeginTogether(ctx, w.MotherActor(), x.kiosk, code, "000000")
		flowtest.Refused(t, err, ids.Invalid)
		token, err := w.Flow.BeginTogether(ctx, w.MotherActor(), x.kiosk, code[:3]+" "+code[3:], w.PIN)
		must(t, err)
		if d := delivery(t, w, x.m); d.State != messages.Kept {
			t.Errorf("before it is shown, the delivery is %s", d.State)
		}
		_, err = w.Flow.BeginTogether(ctx, w.MotherActor(), x.kiosk, code, w.PIN)
		flowtest.Refused(t, err, ids.Invalid) // once
		_, err = w.Flow.ShowTogether(ctx, w.Staff.StandIn.Actor, token)
		flowtest.Refused(t, err, ids.NotFound) // somebody else's
		for range 2 {                          // the answer was lost: again
			k, err := w.Flow.ShowTogether(ctx, w.MotherActor(), token)
			must(t, err)
			if !strings.Contains(k.Body, "placement order") {
				t.Errorf("%+v", k)
			}
		}
		if d := delivery(t, w, x.m); d.State != messages.Seen {
			t.Errorf("the delivery is %s", d.State)
		}
		if !strings.Contains(shown(t, w), "placement order") {
			t.Error("she cannot read it again")
		}
		alerts, err := w.Flow.Alerts(ctx, w.Staff.Officer.Actor)
		must(t, err)
		if len(alerts) != 1 || alerts[0].Urgent || alerts[0].Opening != "" || alerts[0].MotherName != "Mair Hughes" {
			t.Fatalf("%+v", alerts)
		}
		must(t, w.Flow.RecordReading(ctx, w.Staff.Family.Actor, x.m, messages.WentWorried, "She was very quiet."))
		must(t, w.Flow.RecordReading(ctx, w.Staff.Family.Actor, x.m, messages.WentWorried, "She was very quiet."))
		flowtest.Refused(t, w.Flow.RecordReading(ctx, w.Staff.Worker.Actor, x.m, messages.WentCalm, ""), ids.Conflict)
		alerts, err = w.Flow.Alerts(ctx, w.Staff.Officer.Actor)
		must(t, err)
		if len(alerts) != 2 || !alerts[0].Urgent && !alerts[1].Urgent {
			t.Fatalf("%+v", alerts)
		}
		if rows, err := w.Flow.TogetherList(ctx, w.Staff.Family.Actor); err != nil || len(rows) != 0 {
			t.Errorf("%+v %v", rows, err)
		}
		alertMails(t, x, 2)
		w.VerifyAudit(t)
	})
}

// alertMails: the named person is mailed at once, for each alert; nobody sees to her, so the whole wing and the duty governor are. No mail names
// anybody or says why. One acknowledgement each, and the rest is not sent.
func alertMails(t *testing.T, x readTogether, alerts int) {
	t.Helper()
	ctx := context.Background()
	send := func() (to []string) {
		for _, it := range x.Take(t, outbox.MailAlert) {
			m, err := x.Flow.AlertMail(ctx, it.Payload)
			must(t, err)
			for _, word := range []string{"Mair", "Hughes", "message", "together", "placement", "Tomos", "ACCT", "order"} {
				if strings.Contains(m.Subject+m.Text+m.HTML, word) {
					t.Errorf("a mail says %q: %s", word, m.Text)
				}
			}
			must(t, x.Flow.AlertMailDone(ctx, it.Payload, true, "250 ok"))
			to = append(to, m.To)
		}
		return to
	}
	if to := send(); len(to) != alerts || to[0] != x.Staff.Manager.Email {
		t.Errorf("at once: %v", to)
	}
	if again := x.Take(t, outbox.AlertAgain); len(again) != 0 {
		t.Errorf("too early: %v", again)
	}
	x.Env.Clock.Advance(flow.DefaultAgainAfter + time.Minute)
	for _, it := range x.Take(t, outbox.AlertAgain) {
		must(t, x.Flow.HandleAlertAgain(ctx, it))
		must(t, x.Flow.HandleAlertAgain(ctx, it)) // after a crash the item comes again
	}
	if to := send(); len(to) != 3*alerts || !strings.Contains(strings.Join(to, " "), "duty@fernhill.example") || !strings.Contains(strings.Join(to, " "), x.Staff.Officer.Email) {
		t.Errorf("again: %v", to)
	}
	list, err := x.Flow.Alerts(ctx, x.Staff.Officer.Actor)
	must(t, err)
	for _, a := range list {
		must(t, x.Flow.AcknowledgeAlert(ctx, x.Staff.Officer.Actor, a.ID))
		must(t, x.Flow.AcknowledgeAlert(ctx, x.Staff.Worker.Actor, a.ID)) // the first stands
		flowtest.Refused(t, x.Flow.AcknowledgeAlert(ctx, x.Staff.OtherManager.Actor, a.ID), ids.NotFound)
	}
	list, err = x.Flow.Alerts(ctx, x.Staff.Officer.Actor)
	must(t, err)
	for _, a := range list {
		if a.By != x.Staff.Officer.ID || a.ByName != "Olive Grant" {
			t.Errorf("%+v", a)
		}
	}
}

// Wrong codes are few; a code is for one woman, for five minutes; and what was not shown is not opened.
func TestCodesAndStoppingEarly(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := context.Background(), hard(t, w)
		x.book(t, w.Env.Clock.Now().Add(time.Hour))
		_, _, err := w.Flow.ReadingCode(ctx, w.Staff.Manager.Actor, x.m)
		flowtest.Refused(t, err, ids.Forbidden)
		begin := func(code string) (string, error) {
			return w.Flow.BeginTogether(ctx, w.MotherActor(), x.kiosk, code, w.PIN)
		}
		code, _, err := w.Flow.ReadingCode(ctx, w.Staff.Family.Actor, x.m)
		must(t, err)
		for range 5 {
			_, err := begin("wrong1")
			flowtest.Refused(t, err, ids.Invalid)
		}
		_, err = begin(code)
		flowtest.Refused(t, err, ids.Invalid) // five wrong ones killed it
		code, _, err = w.Flow.ReadingCode(ctx, w.Staff.Family.Actor, x.m)
		must(t, err)
		w.Env.Clock.Advance(5*time.Minute + time.Second)
		_, err = begin(code)
		flowtest.Refused(t, err, ids.Invalid)
		token, err := w.Flow.BeginBeside(ctx, w.Staff.Family.Actor, x.m, w.PIN)
		must(t, err)
		flowtest.Refused(t, w.Flow.RecordReading(ctx, w.Staff.Family.Actor, x.m, messages.WentCalm, ""), ids.Invalid)
		must(t, w.Flow.RecordReading(ctx, w.Staff.Family.Actor, x.m, messages.WentStopped, "She asked to wait."))
		if got, _ := w.Env.Store.TogetherOf(ctx, x.m); !got.Due() || !got.Booking.For.IsZero() || got.Note != "She asked to wait." {
			t.Errorf("%+v", got)
		}
		if alerts, err := w.Flow.Alerts(ctx, w.Staff.Officer.Actor); err != nil || len(alerts) != 0 {
			t.Errorf("%v %v", alerts, err)
		}
		w.Env.Clock.Advance(31 * time.Minute)
		_, err = w.Flow.ShowTogether(ctx, w.Staff.Family.Actor, token)
		flowtest.Refused(t, err, ids.NotFound) // half an hour is over
	})
}

// Two workers at once: one opening, one alert, one booking that stands; and one who marks while another releases is not too late.
func TestTwoWorkersAtOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := context.Background(), hard(t, w)
		a, err := w.Flow.BeginBeside(ctx, w.Staff.Worker.Actor, x.m, w.PIN)
		must(t, err)
		b, err := w.Flow.BeginBeside(ctx, w.Staff.StandIn.Actor, x.m, w.PIN)
		must(t, err)
		held := fromAnna(t, w, "", "Tomos likes his new school.")
		hold := w.HoldOf(t, held).ID
		var wg sync.WaitGroup
		var marked error
		for _, f := range []func(){
			func() { _, _ = w.Flow.ShowTogether(ctx, w.Staff.Worker.Actor, a) }, func() { _, _ = w.Flow.ShowTogether(ctx, w.Staff.StandIn.Actor, b) },
			func() { marked = w.Flow.MarkTogether(ctx, w.Staff.StandIn.Actor, held) }, func() { _ = w.Flow.Release(ctx, w.Staff.Worker.Actor, hold, "") },
		} {
			wg.Add(1)
			go func() { defer wg.Done(); f() }()
		}
		wg.Wait()
		opened := w.Entries(t, audit.TogetherOpenedKind)
		if n := len(opened); n != 1 && n != 2 || len(w.Entries(t, audit.AlertRaisedKind)) != 1 {
			t.Errorf("%d openings, %d alerts", n, len(w.Entries(t, audit.AlertRaisedKind)))
		}
		must(t, marked)
		if d := delivery(t, w, held); d.State != messages.Kept {
			t.Errorf("marked while it was released: the delivery is %s", d.State)
		}
	})
}

// move is what a transfer or a release changes of her record.
func move(t *testing.T, w *flowtest.World, establishment ids.AgencyID, c people.Custody) {
	t.Helper()
	must(t, w.Env.Store.Write(context.Background(), flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
		m, err := tx.Mother(tx.Context(), w.Mother)
		m.Establishment, m.Custody = establishment, c
		if err == nil {
			err = tx.PlaceMother(m)
		}
		return audit.CustodyChanged(w.Mother, "", establishment, string(c)), err
	}))
}

var clockWords = regexp.MustCompile(`\w+ \d+ \w+ \d+ at \d+(:\d+)?[ap]m`)

// What an authority is sent, told and shown about a message is the same to the letter, and at the same time, whether it was read together or not.
func TestTheAuthoritySeesNoDifference(t *testing.T) {
	outputs := func(t *testing.T, w *flowtest.World, prefix string) string {
		var b strings.Builder
		ctx, start := context.Background(), w.Env.Clock.Now()
		since := func(at time.Time) string { return at.Sub(start).Round(30 * time.Minute).String() } // the clock runs, and an hour is let go by
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, prefix+"Tomos has moved."))
		b.WriteString(string(in.State) + "\n")
		w.Env.Clock.Advance(time.Hour)
		w.Release(t, in.Message)
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Thank you, Anna.")
		for _, s := range w.Send(t) {
			b.WriteString(s.To + "|" + s.Subject + "|" + s.Text + "|" + s.HTML + "|" + s.OutMail.EnvelopeFrom[:2] + "\n")
			for k, v := range s.Headers {
				if k == "Feedback-ID" {
					b.WriteString(v + "\n")
				}
			}
		}
		for _, kind := range []outbox.Kind{outbox.MailNote, outbox.MailPage, outbox.MailGuest} {
			b.WriteString(string(kind) + strings.Repeat("!", len(w.Take(t, kind))) + "\n")
		}
		v, err := w.Flow.Thread(ctx, ids.ContactActor(w.Contacts.Anna), w.Threads.Official)
		must(t, err)
		for _, m := range v.Messages {
			b.WriteString(m.Body + "|" + since(m.Written) + "\n")
			for _, d := range m.Deliveries {
				if d.RecipientKind == messages.ToContact {
					b.WriteString(string(d.State) + since(d.Times.Queued) + "\n")
				}
			}
		}
		return clockWords.ReplaceAllString(strings.ReplaceAll(b.String(), "READ TOGETHER\n", ""), "TIME")
	}
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			plain, supported := flowtest.New(t, e, flowtest.Mail{}), flowtest.New(t, e, flowtest.Mail{})
			strip := func(w *flowtest.World, s string) string {
				id := strings.ToUpper(string(w.Threads.Official))
				return strings.ReplaceAll(s, id[len(id)-4:], "REF")
			}
			a, b := strip(plain, outputs(t, plain, "")), strip(supported, outputs(t, supported, "READ TOGETHER\n"))
			if a != b {
				t.Errorf("ordinary:\n%s\nread together:\n%s", a, b)
			}
			if !strings.Contains(a, "Thank you, Anna.") {
				t.Error("nothing was compared")
			}
		})
	}
}

// Support plans are known inside the prison, and nowhere else: not by their audit entries either.
func TestSupportPlansStayInside(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		must(t, w.Flow.OpenPlan(ctx, w.Staff.Officer.Actor, w.Mother))
		must(t, w.Flow.OpenPlan(ctx, w.Staff.Manager.Actor, w.Mother)) // it is open
		for _, p := range []flowtest.Person{w.Staff.Officer, w.Staff.Manager, w.Staff.Protection, w.Staff.Worker, w.Staff.Family} {
			if v, err := w.Flow.Plan(ctx, p.Actor, w.Mother); err != nil || !v.Plan.Open() || v.Name != "ACCT" {
				t.Errorf("%s: %+v %v", p.Email, v, err)
			}
		}
		for _, a := range []ids.Actor{w.Staff.Admin.Actor, w.Staff.OtherWorker.Actor, w.Staff.OtherManager.Actor, ids.ContactActor(w.Contacts.Anna), w.MotherActor()} {
			_, err := w.Flow.Plan(ctx, a, w.Mother)
			flowtest.Refused(t, err, ids.NotFound)
			if err := w.Flow.ClosePlan(ctx, a, w.Mother); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%v: %v", a, err)
			}
		}
		flowtest.Refused(t, w.Flow.ClosePlan(ctx, w.Staff.Worker.Actor, w.Mother), ids.Forbidden)
		for a, want := range map[ids.Actor]bool{w.Staff.Admin.Actor: false, w.Staff.Worker.Actor: true} {
			page, err := w.Flow.AuditTimeline(ctx, a, w.Case, 0, 200)
			must(t, err)
			found := false
			for _, r := range page.Rows {
				found = found || r.Kind.OfPlans() || strings.Contains(strings.Join(r.Reasons, " "), "upport plan")
			}
			if found != want {
				t.Errorf("%s: the log gives the plan away: %v", a.Role, found)
			}
		}
		must(t, w.Flow.ClosePlan(ctx, w.Staff.Protection.Actor, w.Mother))
		must(t, w.Flow.ClosePlan(ctx, w.Staff.Protection.Actor, w.Mother))
		if v, err := w.Flow.Plan(ctx, w.Staff.Officer.Actor, w.Mother); err != nil || v.Plan.Open() {
			t.Errorf("%+v %v", v, err)
		}
	})
}

func TestHintWordsAreTheEstates(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		flowtest.Refused(t, w.Flow.SetHintWords(ctx, w.Staff.Worker.Actor, "en", "[death]\nbudgie"), ids.Forbidden)
		flowtest.Refused(t, w.Flow.SetHintWords(ctx, w.Staff.Admin.Actor, "en", "budgie"), ids.Invalid)
		must(t, w.Flow.SetHintWords(ctx, w.Staff.Admin.Actor, "en", "[death]\nthe budgie"))
		if found, err := w.Flow.TryHints(ctx, w.Staff.Admin.Actor, "", "", "About the budgie."); err != nil || len(found) != 1 || found[0].Words != "the budgie" {
			t.Errorf("%+v %v", found, err)
		}
		for text, want := range map[string]bool{"The budgie is ill.": true, "There is a placement order.": false, "Mae gorchymyn mabwysiadu.": true} {
			got, err := w.Env.Store.TogetherOf(ctx, fromAnna(t, w, "", text))
			if err != nil || got.Due() != want {
				t.Errorf("%q: %+v %v", text, got, err)
			}
		}
		must(t, w.Flow.SetHintWords(ctx, w.Staff.Admin.Actor, "en", ""))
		if got, _ := w.Env.Store.TogetherOf(ctx, fromAnna(t, w, "", hardNews)); !got.Due() {
			t.Error("the built-in words are not back")
		}
	})
}

// Moved between booking and opening, the booking counts no more and the message is still kept; released, it is not opened.
func TestTransferAndRelease(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, x := context.Background(), hard(t, w)
		x.book(t, w.Env.Clock.Now().Add(time.Hour))
		if row := x.row(t); !row.Booked {
			t.Fatalf("%+v", row)
		}
		move(t, w, w.Agencies.OtherPrison, people.InCustody)
		if row := x.row(t); row.Booked || !row.Moved {
			t.Errorf("%+v", row)
		}
		for _, a := range []ids.Actor{w.Staff.Officer.Actor, w.Staff.OtherManager.Actor} {
			if moves, err := w.Flow.Movements(ctx, a); err != nil || len(moves) != 0 {
				t.Errorf("%+v %v", moves, err)
			}
		}
		if d := delivery(t, w, x.m); d.State != messages.Kept {
			t.Errorf("the delivery is %s", d.State)
		}
		x.book(t, w.Env.Clock.Now().Add(2*time.Hour))
		if moves, err := w.Flow.Movements(ctx, w.Staff.OtherManager.Actor); err != nil || len(moves) != 1 {
			t.Errorf("%+v %v", moves, err)
		}
		token, err := w.Flow.BeginBeside(ctx, w.Staff.Worker.Actor, x.m, w.PIN)
		must(t, err)
		move(t, w, w.Agencies.OtherPrison, people.Released)
		_, err = w.Flow.ShowTogether(ctx, w.Staff.Worker.Actor, token)
		flowtest.Refused(t, err, ids.Forbidden)
		_, _, err = w.Flow.ReadingCode(ctx, w.Staff.Worker.Actor, x.m)
		flowtest.Refused(t, err, ids.Forbidden)
		if d := delivery(t, w, x.m); d.State != messages.Kept {
			t.Errorf("the delivery is %s", d.State)
		}
		later := fromAnna(t, w, "", hardNews)
		w.Release(t, later)
		if d := delivery(t, w, later); d.Kept != messages.KeptCustody {
			t.Errorf("kept as %q", d.Kept)
		}
	})
}
