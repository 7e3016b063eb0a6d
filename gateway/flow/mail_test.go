package flow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

func deliveryOf(t *testing.T, it outbox.Item) (id ids.DeliveryID) {
	t.Helper()
	if err := json.Unmarshal(it.Payload, &id); err != nil {
		t.Fatal(err)
	}
	return id
}

func with(m flow.ReadMail, change func(*flow.ReadMail)) flow.ReadMail {
	change(&m)
	return m
}

// Every mail that must not be posted is held with its reason, kept whole, and in no thread.
func TestMailThatIsHeld(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		official := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		local, domain, _ := strings.Cut(official, "@")
		forged := local[:len(local)-1] + string(other(local[len(local)-1])) + "@" + domain
		unissued := threads.LocalPart(flowtest.AddressKey, threads.ReplyAddress, threads.NewToken()) + "@" + domain
		anna := func() flow.ReadMail { return flowtest.From(flowtest.AnnaAddress, "Words") }
		for _, c := range []struct {
			name, to string
			mail     flow.ReadMail
			want     messages.HoldReason
		}{
			{"forged token", forged, anna(), messages.HoldForgedAddress},
			{"our key, never issued", unissued, anna(), messages.HoldForgedAddress},
			{"no reply address", "hello@" + domain, anna(), messages.HoldNoAddress},
			{"right token, another authority", official, flowtest.From(flowtest.BeaAddress, "Words"), messages.HoldUnknownSender},
			{"right token, a stranger", official, flowtest.From("who@else.example", "Words"), messages.HoldUnknownSender},
			{"a colleague, unverified", official, with(flowtest.From("new@anytown.example", "Words"), func(m *flow.ReadMail) { m.Proof.Verified = false }), messages.HoldUnknownSender},
			{"a colleague", official, flowtest.From("new@anytown.example", "Words"), messages.HoldHandover},
			{"a sister domain", official, flowtest.From("anna@notanytown.example", "Words"), messages.HoldUnknownSender},
			{"unverified", official, with(anna(), func(m *flow.ReadMail) { m.Proof.Verified = false }), messages.HoldUnverified},
			{"two From fields", official, with(anna(), func(m *flow.ReadMail) { m.FromHeaders = 2 }), messages.HoldUnreadable},
			{"no From", official, with(anna(), func(m *flow.ReadMail) { m.From, m.FromHeaders = "", 0 }), messages.HoldUnreadable},
			{"damaged", official, with(anna(), func(m *flow.ReadMail) { m.Kind, m.Problem = flow.MailRejected, "damaged" }), messages.HoldUnreadable},
			{"out of office, unverified", official, with(anna(), func(m *flow.ReadMail) { m.Kind, m.Proof.Verified = flow.MailAutoReply, false }), messages.HoldAutoReply},
			{"our own mail back from a stranger", official, with(flow.ReadMail(flowtest.From("x@else.example", "")), func(m *flow.ReadMail) { m.Kind = flow.MailLoop }), messages.HoldAutoReply},
			{"a report of no mail of ours", official, flow.ReadMail{Kind: flow.MailBounce, MessageID: "r@x.example", Bounces: []flow.Bounce{{Recipient: "who@x.example"}}}, messages.HoldAutoReply},
			{"an invitation", official, with(anna(), func(m *flow.ReadMail) { m.Kind = flow.MailInvite }), messages.HoldInvite},
		} {
			in := w.Receive(t, c.to, c.mail)
			if in.State != store.InboundHeld || in.Message != "" {
				t.Errorf("%s: %s %q", c.name, in.State, in.Message)
				continue
			}
			h := w.HoldOfMail(t, in.ID)
			if h.Reason != c.want || h.Why == "" {
				t.Errorf("%s: held as %s (%q), want %s", c.name, h.Reason, h.Why, c.want)
			}
			raw, err := w.Env.Store.InboundRaw(t.Context(), in.ID)
			if err != nil || !strings.Contains(string(raw), c.mail.MessageID) {
				t.Errorf("%s: the original is not kept: %v", c.name, err)
			}
			if v, err := w.Flow.HoldView(t.Context(), w.Staff.Worker.Actor, h.ID); err != nil || v.Mail == nil {
				t.Errorf("%s: the worker cannot read it: %v", c.name, err)
			}
			for _, p := range []flowtest.Person{w.Staff.Manager, w.Staff.Officer, w.Staff.Protection, w.Staff.Family} {
				if _, err := w.Flow.HoldView(t.Context(), p.Actor, h.ID); ids.KindOf(err) != ids.NotFound {
					t.Errorf("%s: %s: %v", c.name, p.Email, err)
				}
			}
		}
		if ms, _ := w.Env.Store.MessagesOfThread(t.Context(), w.Threads.Official); len(ms) != 0 {
			t.Errorf("%d messages were posted", len(ms))
		}
		if len(w.Send(t)) != 0 {
			t.Error("something was answered by mail")
		}
		w.VerifyAudit(t)
	})
}

func other(b byte) byte {
	if b == '0' {
		return '1'
	}
	return '0'
}

func TestExpiredAddress(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		token, err := w.Env.Store.ReplyAddressOf(t.Context(), w.Threads.Official, w.Contacts.Anna)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Env.Store.Write(t.Context(), flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
			return audit.ContactVerified(w.Contacts.Anna, "test"), tx.ExpireAddress(token)
		})
		if err != nil {
			t.Fatal(err)
		}
		in := w.Receive(t, to, flowtest.From(flowtest.AnnaAddress, "Late"))
		if h := w.HoldOfMail(t, in.ID); h.Reason != messages.HoldExpired || h.Case != w.Case {
			t.Fatalf("%+v", h)
		}
	})
}

func TestAddressCaseDoesNotMatter(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		in := w.Receive(t, strings.ToUpper(w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)), flowtest.From(flowtest.AnnaAddress, "Shouting server"))
		if in.State != store.InboundFiled || in.Thread != w.Threads.Official || in.Scope != vault.CaseScope(w.Case) {
			t.Fatalf("%+v", in)
		}
	})
}

// A colleague's mail, confirmed by the worker, makes her a contact of the thread; her next mail is ordinary.
func TestHandoverBecomesAContact(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		in := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), with(flowtest.From("nia@anytown.example", "I took over from Anna."), func(m *flow.ReadMail) { m.FromName = "Nia\r\nBcc: x" }))
		h := w.HoldOfMail(t, in.ID)
		flowtest.Refused(t, w.Flow.Release(ctx, w.Staff.Worker.Actor, h.ID, ""), ids.Invalid)
		c, err := w.Flow.FileHeld(ctx, w.Staff.Worker.Actor, h.ID, flow.Filing{Note: "rang the office"})
		if err != nil || c.State != messages.Released {
			t.Fatalf("%+v %v", c, err)
		}
		nia, err := w.Env.Store.ContactAt(ctx, w.Agencies.Anytown, "nia@anytown.example")
		if err != nil || nia.Verified == "" || nia.Agency != w.Agencies.Anytown || nia.Name != "Nia Bcc: x" {
			t.Fatalf("%+v %v", nia, err)
		}
		if m, err := w.Flow.KioskMessage(ctx, w.MotherActor(), c.Message); err != nil || m.Body != "I took over from Anna." {
			t.Fatalf("%+v %v", m, err)
		}
		if _, err := w.Flow.FileHeld(ctx, w.Staff.Worker.Actor, h.ID, flow.Filing{}); ids.KindOf(err) != ids.Conflict {
			t.Errorf("filed twice: %v", err)
		}
		next := w.Receive(t, w.ReplyAddress(t, w.Threads.Official, nia.ID), flowtest.From("nia@anytown.example", "Second"))
		if next.State != store.InboundFiled || w.HoldOf(t, next.Message).Reason != messages.HoldReview {
			t.Errorf("%+v", next)
		}
		w.Take(t, outbox.MailOut)
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Welcome")
		if out := w.Send(t); len(out) != 2 || out[0].From == out[1].From {
			t.Errorf("both colleagues are written to, each with her own address: %d", len(out))
		}
		w.VerifyAudit(t)
	})
}

// Filing a held mail cannot carry it to another organisation or through a wall, and a decision refused makes nobody a contact.
func TestFilingKeepsTheWalls(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		in := w.Receive(t, "hello@"+flowtest.Domain, flowtest.From("nia@anytown.example", "Hello"))
		h := w.HoldOfMail(t, in.ID).ID
		for name, c := range map[string]struct {
			who  ids.Actor
			to   ids.ThreadID
			kind ids.Kind
		}{
			"another authority":          {worker, w.Threads.Brookshire, ids.Forbidden},
			"the privileged thread":      {worker, w.Threads.Privileged, ids.NotFound},
			"the confidential thread":    {worker, w.Threads.Confidential, ids.Forbidden},
			"a worker of no such case":   {w.Staff.OtherWorker.Actor, w.Threads.Official, ids.NotFound},
			"somebody who does not sort": {w.Staff.Manager.Actor, w.Threads.Official, ids.NotFound},
		} {
			if _, err := w.Flow.FileHeld(ctx, c.who, h, flow.Filing{Thread: c.to}); ids.KindOf(err) != c.kind {
				t.Errorf("%s: %v (%s)", name, err, ids.KindOf(err))
			}
		}
		if err := w.Flow.Withhold(ctx, worker, h, "not_genuine", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Flow.FileHeld(ctx, worker, h, flow.Filing{Thread: w.Threads.Official}); ids.KindOf(err) != ids.Conflict {
			t.Errorf("a refused mail was filed: %v", err)
		}
		if _, err := w.Env.Store.ContactAt(ctx, w.Agencies.Anytown, "nia@anytown.example"); ids.KindOf(err) != ids.NotFound {
			t.Errorf("the refused sender is a contact: %v", err)
		}
		if in, _ := w.Env.Store.Inbound(ctx, in.ID); in.State != store.InboundDiscarded {
			t.Errorf("%s", in.State)
		}
		if raw, err := w.Env.Store.InboundRaw(ctx, in.ID); err != nil || len(raw) == 0 {
			t.Errorf("the original is gone: %v", err)
		}
	})
}

func TestPrivilegedMailIsSealed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		to := w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara)
		in := w.Receive(t, to, flowtest.From(flowtest.LaraAddress, "Your appeal is listed."))
		if in.State != store.InboundFiled {
			t.Fatalf("%+v", in)
		}
		if m, err := w.Flow.KioskMessage(ctx, w.MotherActor(), in.Message); err != nil || m.Body != "Your appeal is listed." {
			t.Fatalf("it reaches her unread: %+v %v", m, err)
		}
		held := w.Receive(t, to, flowtest.From("clerk@hale.example", "From the clerk: SECRET"))
		h := w.HoldOfMail(t, held.ID)
		if h.Reason != messages.HoldHandover || h.ForRole != ids.RoleAdministrator {
			t.Fatalf("%+v", h)
		}
		for _, p := range []flowtest.Person{w.Staff.Worker, w.Staff.StandIn, w.Staff.Manager, w.Staff.Officer, w.Staff.Protection, w.Staff.OtherWorker} {
			if _, err := w.Flow.HoldView(ctx, p.Actor, h.ID); ids.KindOf(err) != ids.NotFound {
				t.Errorf("%s: %v", p.Email, err)
			}
			rows, err := w.Flow.Holds(ctx, p.Actor)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				if r.ID == h.ID {
					t.Errorf("%s has it in her queue", p.Email)
				}
			}
		}
		v, err := w.Flow.HoldView(ctx, w.Staff.Admin.Actor, h.ID)
		if err != nil || !v.Sealed || v.Mail != nil || v.Message != nil || v.Subject != "" || v.MotherName != "" || !v.Proof.Verified {
			t.Errorf("the administrator sees the check and nothing else: %+v %v", v, err)
		}
		if _, err := w.Flow.FileHeld(ctx, w.Staff.Admin.Actor, h.ID, flow.Filing{Thread: w.Threads.Official}); err == nil {
			t.Error("an administrator moved privileged mail")
		}
	})
}

func TestTheSameMailAgain(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		m := flowtest.From(flowtest.AnnaAddress, "Once")
		var wg sync.WaitGroup
		got := make([]ids.InboundID, 6)
		for i := range got { // a server that lost our answer tries again, from several connections
			wg.Go(func() { got[i] = w.Accept(t, to, m) })
		}
		wg.Wait()
		for _, id := range got {
			if id != got[0] {
				t.Fatalf("accepted twice: %v", got)
			}
		}
		w.ReadMail(t)
		// The same Message-ID and words by another road (a second server's trace fields) are the same message.
		second := w.Receive(t, to, with(m, func(m *flow.ReadMail) { m.Quoted = "added by a list" }))
		// The same Message-ID with other words is another message: some senders' programs repeat them.
		third := w.Receive(t, to, with(m, func(m *flow.ReadMail) { m.Text = "Twice" }))
		first, _ := w.Env.Store.Inbound(t.Context(), got[0])
		if second.Message != first.Message || third.Message == first.Message {
			t.Errorf("first %s second %s third %s", first.Message, second.Message, third.Message)
		}
		if ms, _ := w.Env.Store.MessagesOfThread(t.Context(), w.Threads.Official); len(ms) != 2 {
			t.Errorf("%d messages", len(ms))
		}
		w.VerifyAudit(t)
	})
}

// A crash after the work and before the item was settled makes the handler run again.
func TestMailHandledTwice(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		w.Accept(t, to, flowtest.From(flowtest.AnnaAddress, "Filed"))
		w.Accept(t, to, flowtest.From("who@else.example", "Held"))
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Out")
		report := w.Accept(t, w.Send(t)[0].EnvelopeFrom, flow.ReadMail{Kind: flow.MailBounce, Bounces: []flow.Bounce{{Status: "5.1.1", Permanent: true}}})
		items := w.Take(t, outbox.MailIn)
		if len(items) != 3 {
			t.Fatalf("%d items", len(items))
		}
		for range 3 {
			for _, it := range items {
				if err := w.Flow.HandleMailIn(ctx, it); err != nil {
					t.Fatal(err)
				}
			}
		}
		if ms, _ := w.Env.Store.MessagesOfThread(ctx, w.Threads.Official); len(ms) != 2 {
			t.Errorf("%d messages", len(ms))
		}
		if rows, _ := w.Flow.Holds(ctx, w.Staff.Worker.Actor); len(rows) != 2 {
			t.Errorf("%d holds", len(rows))
		}
		if n := len(w.Entries(t, audit.DeliveryFailedKind)); n != 1 {
			t.Errorf("%d failures recorded", n)
		}
		if in, _ := w.Env.Store.Inbound(ctx, report); in.State != store.InboundNoted {
			t.Errorf("%s", in.State)
		}
		w.VerifyAudit(t)
	})
}

func TestDeliveryReports(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		for _, c := range []struct {
			name    string
			bounces []flow.Bounce
			kind    flow.MailKind
			want    messages.DeliveryState
		}{
			{"failed", []flow.Bounce{{Status: "5.1.1", Permanent: true, Diagnostic: "no such\r\nuser"}}, flow.MailBounce, messages.Failed},
			{"delayed", []flow.Bounce{{Status: "4.4.1", Delayed: true}}, flow.MailBounce, messages.Sent},
			{"delivered", []flow.Bounce{{Status: "2.0.0", Delivered: true}}, flow.MailBounce, messages.Accepted},
			{"the worst counts", []flow.Bounce{{Status: "2.0.0", Delivered: true}, {Status: "5.2.2", Permanent: true}}, flow.MailBounce, messages.Failed},
			{"no report in it", nil, flow.MailBounce, messages.Sent},
			{"out of office to the bounce address", nil, flow.MailAutoReply, messages.Sent},
		} {
			w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, c.name)
			m := w.Send(t)[0]
			in := w.Receive(t, m.EnvelopeFrom, flow.ReadMail{Kind: c.kind, Bounces: c.bounces, MessageID: c.name})
			d, err := w.Env.Store.Delivery(ctx, m.Delivery)
			if err != nil || d.State != c.want || in.State != store.InboundNoted {
				t.Errorf("%s: delivery %s (%s), mail %s, %v", c.name, d.State, d.Detail, in.State, err)
			}
			if strings.ContainsAny(d.Detail, "\r\n") {
				t.Errorf("%s: %q", c.name, d.Detail)
			}
		}
		// A late report of failure counts after "accepted"; none moves a failed delivery again.
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "late")
		m := w.Send(t)[0]
		for i, b := range []flow.Bounce{{Status: "2.0.0", Delivered: true}, {Status: "5.7.1", Permanent: true}, {Status: "2.0.0", Delivered: true}} {
			w.Receive(t, m.EnvelopeFrom, flow.ReadMail{Kind: flow.MailBounce, Bounces: []flow.Bounce{b}, MessageID: string(rune('a' + i))})
		}
		if d, _ := w.Env.Store.Delivery(ctx, m.Delivery); d.State != messages.Failed || d.Times.Accepted.IsZero() {
			t.Errorf("%+v", d)
		}
		// Somebody writes to the bounce address by hand: a person looks.
		in := w.Receive(t, m.EnvelopeFrom, flowtest.From(flowtest.AnnaAddress, "Is anybody there?"))
		if h := w.HoldOfMail(t, in.ID); h.Reason != messages.HoldNoAddress && h.Case != w.Case {
			t.Errorf("%+v", h)
		}
		w.VerifyAudit(t)
	})
}

// A reply address is no secret from whoever was ever sent it. A report that comes to one moves only a delivery that it names as the mail itself does.
func TestAReportAtAReplyAddressMustNameItsMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		var sent []flowtest.Sent
		for _, words := range []string{"The first", "The second"} {
			w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, words)
			sent = append(sent, w.Send(t)...)
		}
		state := func(i int) messages.DeliveryState {
			d, err := w.Env.Store.Delivery(t.Context(), sent[i].Delivery)
			if err != nil {
				t.Fatal(err)
			}
			return d.State
		}
		message := func(i int) string { name, _, _ := strings.Cut(sent[i].MessageID, "@"); return name }
		other := ids.New[string](ids.Message)
		for i, c := range []struct {
			from  string
			names []string
			rcpt  string
			moves int // the delivery that fails by it; -1 = none, and it is held
		}{
			{"postmaster@anytown.example", nil, flowtest.AnnaAddress, -1},
			{flowtest.AnnaAddress, nil, flowtest.AnnaAddress, -1}, // from herself and proven
			{"postmaster@anytown.example", []string{other, string(ids.New[ids.DeliveryID](ids.Delivery))}, flowtest.AnnaAddress, -1},
			{"postmaster@anytown.example", []string{message(1)}, "somebody@anytown.example", -1},
			{"postmaster@anytown.example", []string{message(0)}, flowtest.AnnaAddress, 0}, // and not the newest
			{"postmaster@anytown.example", []string{string(sent[1].Delivery)}, flowtest.AnnaAddress, 1},
		} {
			m := with(flowtest.From(c.from, "Undeliverable"), func(m *flow.ReadMail) {
				m.Kind, m.Names, m.MessageID = flow.MailBounce, c.names, fmt.Sprint("report-", i)
				m.Bounces = []flow.Bounce{{Recipient: c.rcpt, Status: "5.1.1", Permanent: true}}
			})
			before := [2]messages.DeliveryState{state(0), state(1)}
			in := w.Receive(t, to, m)
			after := [2]messages.DeliveryState{state(0), state(1)}
			if c.moves < 0 {
				if h := w.HoldOfMail(t, in.ID); in.State != store.InboundHeld || h.Reason != messages.HoldAutoReply || after != before {
					t.Errorf("%d: mail %s, hold %s, deliveries %v, then %v", i, in.State, h.Reason, before, after)
				}
				continue
			}
			before[c.moves] = messages.Failed
			if in.State != store.InboundNoted || after != before {
				t.Errorf("%d: mail %s, deliveries %v, want %v", i, in.State, after, before)
			}
		}
		w.VerifyAudit(t)
	})
}

func TestDNSThatDoesNotAnswerIsTriedAgain(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		m := with(flowtest.From(flowtest.AnnaAddress, "Hello"), func(m *flow.ReadMail) { m.Proof = flow.SenderProof{TempFail: true} })
		id := w.Accept(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), m)
		it := w.Take(t, outbox.MailIn)[0]
		it.Attempts = 1
		if err := w.Flow.HandleMailIn(t.Context(), it); err == nil {
			t.Fatal("it was decided without a check")
		}
		it.Attempts = 6
		if err := w.Flow.HandleMailIn(t.Context(), it); err != nil {
			t.Fatal(err)
		}
		if h := w.HoldOfMail(t, id); h.Reason != messages.HoldUnverified {
			t.Errorf("%+v", h)
		}
	})
}

// What a hostile mail puts where the database wants text must not stop it from being dealt with.
func TestHostileFieldsOfAMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		for name, m := range map[string]flow.ReadMail{
			"NUL in Message-ID":  with(flowtest.From(flowtest.AnnaAddress, "a"), func(m *flow.ReadMail) { m.MessageID = "a\x00b@c" }),
			"vast Message-ID":    with(flowtest.From(flowtest.AnnaAddress, "b"), func(m *flow.ReadMail) { m.MessageID = strings.Repeat("a", 100_000) + "@c" }),
			"Message-ID breaks":  with(flowtest.From(flowtest.AnnaAddress, "c"), func(m *flow.ReadMail) { m.MessageID = "a@b>\r\nBcc: <x@y" }),
			"NUL everywhere":     with(flowtest.From(flowtest.AnnaAddress, "d\x00"), func(m *flow.ReadMail) { m.Subject, m.FromName, m.Quoted = "\x00s\r\n", "\x00n", "\x00q" }),
			"vast text":          with(flowtest.From(flowtest.AnnaAddress, strings.Repeat("ŵ", flow.MaxBody)), func(*flow.ReadMail) {}),
			"odd file":           with(flowtest.From(flowtest.AnnaAddress, ""), func(m *flow.ReadMail) { m.Files = []store.NewFile{oddFile()} }),
			"no words, no files": with(flowtest.From(flowtest.AnnaAddress, "\n"), func(*flow.ReadMail) {}),
		} {
			in := w.Receive(t, to, m)
			if in.State != store.InboundFiled {
				t.Errorf("%s: %+v", name, in)
				continue
			}
			msg, err := w.Env.Store.Message(t.Context(), in.Message)
			if err != nil || strings.ContainsAny(msg.Body+msg.Subject+msg.Quoted, "\x00") || strings.TrimSpace(msg.Body) == "" {
				t.Errorf("%s: %v", name, err)
			}
			for _, a := range msg.Attachments {
				if a.MediaType != "application/octet-stream" || strings.ContainsAny(a.Name, "\x00\r\n") {
					t.Errorf("%s: %+v", name, a)
				}
			}
			w.Release(t, in.Message)
		}
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "after")
		for _, r := range w.Send(t)[0].References {
			if strings.ContainsAny(r, "<> \r\n\x00") || len(r) > 900 {
				t.Errorf("reference %.60q", r)
			}
		}
	})
}

func oddFile() store.NewFile {
	return store.NewFile{Content: []byte("x"), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "a\x00\r\nb", MediaType: "text/\x00\xff", Size: 1}}
}

// For every kind of thing that can be wrong the SMTP listener asks here first; only our own domain is ours.
func TestRecipientsOfOtherDomains(t *testing.T) {
	w := flowtest.New(t, store.SQLite, flowtest.Mail{})
	for _, rcpt := range []string{"a@" + flowtest.Domain, "A@IN.Kinbridge.Example", "a@" + flowtest.Domain + "."} {
		if err := w.Flow.CheckRecipient(rcpt); err != nil {
			t.Errorf("%s: %v", rcpt, err)
		}
	}
	for _, rcpt := range []string{"", "a", "a@example.net", "a@x." + flowtest.Domain, "a@" + flowtest.Domain + "@evil.example", "a@\x00"} {
		if err := w.Flow.CheckRecipient(rcpt); ids.KindOf(err) != ids.NotFound {
			t.Errorf("%q: %v", rcpt, err)
		}
	}
}

func TestAClosedStoreAcceptsNothing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		if err := w.Env.Store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, rcpt := range []string{to, "a@" + flowtest.Domain} {
			if _, err := w.Flow.AcceptMail(t.Context(), store.Envelope{Rcpt: rcpt}, []byte("x")); err == nil || errors.Is(err, ids.ErrNotFound) {
				t.Errorf("accepted by a closed database: %v", err)
			}
		}
	})
}
