package flow_test

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

var (
	readLink  = regexp.MustCompile(`https://kinbridge\.example/read/([0-9a-z]+)`)
	readDigit = regexp.MustCompile(`(?m)^    (\d{6})$`)
)

var noTLS = flow.MailFailure{MayNotify: true, Trouble: messages.TroubleNoTLS, Answer: "the mail server could not be used: the server does not offer STARTTLS"}

// noticed has the worker write to Anna, whose server offers no TLS, and returns the delivery and the notice's link.
func noticed(t *testing.T, w *flowtest.World, body string) (ids.DeliveryID, string) {
	t.Helper()
	w.Take(t, outbox.MailOut)
	w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, body)
	id := deliveryOf(t, w.Take(t, outbox.MailOut)[0])
	retry, err := w.Flow.MailFailed(t.Context(), id, 1, noTLS)
	if err != nil || retry.IsZero() || retry.After(w.Env.Clock.Now()) {
		t.Fatalf("the notice goes at once: %v %v", retry, err)
	}
	m, err := w.Flow.OutgoingMail(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{body, "Mair", "Tomos", "Wendy", "KB-1001", "School", "Pact"} {
		if strings.Contains(m.Subject+m.Text+m.HTML, private) {
			t.Errorf("the notice says %q", private)
		}
	}
	if !m.Neutral || len(m.References) != 0 || len(m.Files) != 0 || m.Subject != "A message is waiting for you" || m.EnvelopeFrom == "" || m.To != flowtest.AnnaAddress {
		t.Errorf("%+v", m)
	}
	again, err := w.Flow.OutgoingMail(t.Context(), id)
	if err != nil || again.MessageID != m.MessageID || again.Text != m.Text {
		t.Errorf("after a crash it is the same notice: %v", err)
	}
	if err := w.Flow.MailSent(t.Context(), id, true, "250 queued"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Flow.OutgoingMail(t.Context(), id); err != flow.ErrNothingToSend {
		t.Errorf("a second notice: %v", err)
	}
	return id, readLink.FindStringSubmatch(m.Text)[1]
}

// pageCode asks for a code in a browser and reads it in the mail.
func pageCode(t *testing.T, w *flowtest.World, link, browser string) string {
	t.Helper()
	if err := w.Flow.SendPageCode(t.Context(), link, browser); err != nil {
		t.Fatal(err)
	}
	items := w.Take(t, outbox.MailPage)
	m, err := w.Flow.PageMail(t.Context(), items[len(items)-1].Payload)
	if err != nil {
		t.Fatal(err)
	}
	if m.To != flowtest.AnnaAddress || !m.Neutral || strings.Contains(m.Text+m.HTML, "/read/") {
		t.Errorf("the code's mail: %+v", m)
	}
	if err := w.Flow.PageMailDone(t.Context(), items[len(items)-1].Payload, true, "250"); err != nil {
		t.Fatal(err)
	}
	return readDigit.FindStringSubmatch(m.Text)[1]
}

func TestMessageIsReadAndAnsweredOnItsPage(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		id, link := noticed(t, w, "The review is on Friday.")
		d, _ := w.Env.Store.Delivery(ctx, id)
		if d.State != messages.Sent || !d.Way.Notice || d.Way.NoticeSent.IsZero() || d.Way.Trouble != messages.TroubleNoTLS {
			t.Fatalf("%+v", d)
		}
		for range 3 { // mail filters look first
			l, err := w.Flow.PageLanding(ctx, link)
			if err != nil || l.Address != "a…@anytown.example" {
				t.Fatalf("%+v %v", l, err)
			}
		}
		code := pageCode(t, w, link, "her browser")
		if _, err := w.Flow.PageEnter(ctx, link, "another browser", code); err != flow.ErrDeadCode {
			t.Errorf("a code that was overheard: %v", err)
		}
		if _, err := w.Flow.PageEnter(ctx, link, "her browser", other6(code)); err != flow.ErrWrongCode {
			t.Errorf("%v", err)
		}
		token, err := w.Flow.PageEnter(ctx, link, "her browser", code)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Flow.PageEnter(ctx, link, "her browser", code); err != flow.ErrDeadCode {
			t.Errorf("the code twice: %v", err)
		}
		for range 2 {
			v, err := w.Flow.ReadPage(ctx, token)
			if err != nil || v.Body != "The review is on Friday." || v.Author != "Wendy Pryce" || v.ByMother || !v.Reviewed || !strings.Contains(v.Readers, "Mair Hughes") {
				t.Fatalf("%+v %v", v, err)
			}
		}
		if d, _ = w.Env.Store.Delivery(ctx, id); d.State != messages.Seen || d.Times.Seen.IsZero() || !d.Times.Kiosk.IsZero() {
			t.Errorf("%+v", d)
		}
		if got := w.Entries(t, audit.DeliverySeenKind); len(got) != 1 || got[0].Actor.ID != string(w.Contacts.Anna) || len(w.Entries(t, audit.PageReadKind)) != 2 {
			t.Errorf("%+v", got)
		}
		c, err := w.Flow.PageAnswer(ctx, token, "We shall be there.\r\n", "one")
		if err != nil || c.State != messages.Held {
			t.Fatalf("%+v %v", c, err)
		}
		if again, err := w.Flow.PageAnswer(ctx, token, "We shall be there.\n", "one"); err != nil || again.Message != c.Message || !again.Again {
			t.Errorf("sent twice: %+v %v", again, err)
		}
		if _, err := w.Flow.PageAnswer(ctx, token, " \n", "two"); ids.KindOf(err) != ids.Invalid {
			t.Errorf("%v", err)
		}
		w.Release(t, c.Message)
		if m, err := w.Flow.KioskMessage(ctx, w.MotherActor(), c.Message); err != nil || m.Body != "We shall be there.\n" {
			t.Errorf("%+v %v", m, err)
		}
		if err := w.Flow.LeavePage(ctx, token); err != nil {
			t.Error(err)
		}
		if _, err := w.Flow.ReadPage(ctx, token); ids.KindOf(err) != ids.NotFound {
			t.Errorf("after leaving: %v", err)
		}
		if err := w.Flow.LeavePage(ctx, token); err != nil {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

func other6(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

// A page ends with its time, and with her part in the conversation; codes are few, and wrong ones kill.
func TestPageIsClosed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		_, link := noticed(t, w, "Words")
		if _, err := w.Flow.PageLanding(ctx, "0123456789abcdefghjkmnpqrstvwxyz"); ids.KindOf(err) != ids.NotFound {
			t.Error(err)
		}
		code := pageCode(t, w, link, "b")
		for range 5 {
			if _, err := w.Flow.PageEnter(ctx, link, "b", other6(code)); err != flow.ErrWrongCode {
				t.Fatal(err)
			}
		}
		if _, err := w.Flow.PageEnter(ctx, link, "b", code); err != flow.ErrDeadCode {
			t.Errorf("after five wrong tries: %v", err)
		}
		for range 4 {
			code = pageCode(t, w, link, "b")
		}
		if err := w.Flow.SendPageCode(ctx, link, "b"); ids.KindOf(err) != ids.TooMany {
			t.Errorf("a sixth code: %v", err)
		}
		token, err := w.Flow.PageEnter(ctx, link, "b", code[:3]+" "+code[3:])
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range []bool{true, false} {
			setLeft(t, w, left)
			_, landing := w.Flow.PageLanding(ctx, link)
			_, read := w.Flow.ReadPage(ctx, token)
			_, answered := w.Flow.PageAnswer(ctx, token, "Words", "k")
			for _, err := range []error{landing, read, answered} {
				if left && ids.KindOf(err) != ids.NotFound || !left && err != nil {
					t.Errorf("she left %t: %v", left, err)
				}
			}
		}
		w.Env.Clock.Advance(31 * 24 * time.Hour)
		if _, err := w.Flow.PageLanding(ctx, link); err != flow.ErrPageExpired {
			t.Error(err)
		}
		if err := w.Flow.SendPageCode(ctx, link, "b"); err != flow.ErrPageExpired {
			t.Error(err)
		}
		if _, err := w.Flow.ReadPage(ctx, token); ids.KindOf(err) != ids.NotFound {
			t.Error(err)
		}
		w.VerifyAudit(t)
	})
}

// setLeft ends Anna's part in the official thread, or takes it up again: no use case does that yet.
func setLeft(t *testing.T, w *flowtest.World, left bool) {
	t.Helper()
	driver := map[store.Engine]string{store.SQLite: "sqlite", store.Postgres: "pgx"}[w.Env.Config.Engine]
	db, err := sql.Open(driver, w.Env.Config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	until := map[bool]string{true: "1", false: "0"}[left]
	if _, err := db.ExecContext(t.Context(), "UPDATE thread_parties SET until = "+until+" WHERE kind = 'contact' AND party_id = '"+string(w.Contacts.Anna)+"'"); err != nil {
		t.Fatal(err)
	}
}

// When a notice goes, and when not.
func TestWhenANoticeGoes(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		fresh := func() ids.DeliveryID {
			w.Take(t, outbox.MailOut)
			w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Words")
			return deliveryOf(t, w.Take(t, outbox.MailOut)[0])
		}
		fail := func(id ids.DeliveryID, f flow.MailFailure) (messages.Delivery, time.Time) {
			retry, err := w.Flow.MailFailed(ctx, id, 1, f)
			if err != nil {
				t.Fatal(err)
			}
			d, err := w.Env.Store.Delivery(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return d, retry
		}
		bad := noTLS
		bad.Trouble = messages.TroubleBadTLS
		id := fresh()
		for try := 1; try <= 3; try++ {
			if d, _ := fail(id, bad); d.Way.Notice != (try == 3) || d.State != messages.Queued {
				t.Errorf("a bad certificate, try %d: %+v", try, d)
			}
		}
		enforced := noTLS
		enforced.MayNotify = false
		if d, retry := fail(fresh(), enforced); d.Way.Notice || retry.IsZero() {
			t.Errorf("a domain that forbids it: %+v", d)
		}
		busy := flow.MailFailure{MayNotify: true, Trouble: messages.TroubleBusy}
		if d, _ := fail(fresh(), busy); d.Way.Notice {
			t.Errorf("a server that is busy: %+v", d)
		}
		// The notice's own time begins with it.
		id = fresh()
		w.Env.Clock.Advance(messages.MaxAge - time.Hour)
		fail(id, noTLS)
		w.Env.Clock.Advance(2 * time.Hour)
		if d, retry := fail(id, busy); d.State != messages.Queued || retry.IsZero() {
			t.Errorf("the notice is tried for its own days: %+v", d)
		}
		if d, retry := fail(id, flow.MailFailure{Permanent: true, Trouble: messages.TroubleNoMailbox}); d.State != messages.Failed || !retry.IsZero() {
			t.Errorf("%+v", d)
		}
		rows, err := w.Flow.Undelivered(ctx, w.Staff.Worker.Actor)
		if err != nil || len(rows) == 0 {
			t.Fatal(err)
		}
		if failed := rows[0]; len(rows) != 4 || failed.ID != id || failed.Way.Trouble != messages.TroubleNoMailbox || failed.Way.Tries != 3 ||
			failed.Times.Failed.IsZero() || rows[1].Way.Tries != 3 || !rows[1].Times.Failed.IsZero() || rows[1].CaseReference != "KB-1001" {
			t.Errorf("%d rows: %+v", len(rows), rows)
		}
		if rows, err := w.Flow.Undelivered(ctx, w.Staff.OtherWorker.Actor); err != nil || len(rows) != 0 {
			t.Errorf("somebody else's: %d %v", len(rows), err)
		}
		// Sent again by a person, the message itself is tried anew; its page gets a new time, and a second failure is told again.
		w.Take(t, outbox.Undelivered)
		if err := w.Flow.SendAgain(ctx, w.Staff.Worker.Actor, id); err != nil {
			t.Fatal(err)
		}
		w.Env.Clock.Advance(40 * 24 * time.Hour)
		if m, err := w.Flow.OutgoingMail(ctx, id); err != nil || m.Neutral {
			t.Errorf("%+v %v", m, err)
		}
		fail(id, noTLS)
		m, err := w.Flow.OutgoingMail(ctx, id)
		if err != nil || !m.Neutral {
			t.Fatalf("%+v %v", m, err)
		}
		if _, err := w.Flow.PageLanding(ctx, readLink.FindStringSubmatch(m.Text)[1]); err != nil {
			t.Error(err)
		}
		fail(id, flow.MailFailure{Permanent: true, Trouble: messages.TroubleNoMailbox})
		if n := len(w.Take(t, outbox.Undelivered)); n != 1 {
			t.Errorf("%d items for whoever chases it", n)
		}
	})
}

// A relay that had promised to protect the mail and could not reports 5.7.30: the notice goes then, once.
func TestNoticeAfterAReport(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Words")
		sent := w.Send(t)[0]
		report := flow.ReadMail{Kind: flow.MailBounce, From: "postmaster@relay.example", FromHeaders: 1, MessageID: "r1@relay.example",
			Bounces: []flow.Bounce{{Recipient: flowtest.AnnaAddress, Status: "5.7.30", Permanent: true, Diagnostic: "REQUIRETLS support required"}}}
		w.Receive(t, sent.EnvelopeFrom, report)
		notice := w.Send(t)
		if len(notice) != 1 || !notice[0].Neutral || notice[0].Delivery != sent.Delivery {
			t.Fatalf("%+v", notice)
		}
		report.MessageID = "r1-again@relay.example"
		w.Receive(t, sent.EnvelopeFrom, report)
		if d, _ := w.Env.Store.Delivery(ctx, sent.Delivery); d.State != messages.Sent || d.Way.NoticeSent.IsZero() || len(w.Send(t)) != 0 {
			t.Errorf("said twice: %+v", d)
		}
		report.MessageID = "r2@relay.example"
		report.Bounces[0].Status, report.Bounces[0].Diagnostic = "5.1.1", "no such user"
		w.Receive(t, sent.EnvelopeFrom, report)
		if d, _ := w.Env.Store.Delivery(ctx, sent.Delivery); d.State != messages.Failed || d.Way.Trouble != messages.TroubleNoMailbox {
			t.Errorf("%+v", d)
		}
	})
}
