package flow_test

import (
	"context"
	"slices"
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
)

// The road of the whole spine: she writes, it is reviewed, leaves as mail, an answer comes back, is reviewed, and she reads it.
func TestMessageOutAndReplyIn(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f, mother, worker := t.Context(), w.Flow, w.MotherActor(), w.Staff.Worker.Actor
		c := w.Say(t, mother, w.Threads.Official, "Which school will Tomos go to? ŵŷ")
		if c.State != messages.Held || len(w.Send(t)) != 0 {
			t.Fatalf("%+v left without review", c)
		}
		rows, err := f.Holds(ctx, worker)
		if err != nil || len(rows) != 1 || rows[0].Message != c.Message || rows[0].ToMother || rows[0].Reason != messages.HoldReview {
			t.Fatalf("the queue: %+v %v", rows, err)
		}
		if err := f.Claim(ctx, worker, rows[0].ID); err != nil {
			t.Fatal(err)
		}
		if v, err := f.HoldView(ctx, worker, rows[0].ID); err != nil || v.Message == nil || !strings.Contains(v.Message.Body, "ŵŷ") || v.ClaimedName != "Wendy Pryce" {
			t.Fatalf("%+v %v", v, err)
		}
		w.Release(t, c.Message)
		out := w.Send(t)
		if len(out) != 1 || out[0].To != flowtest.AnnaAddress || !strings.Contains(out[0].Text, "ŵŷ") {
			t.Fatalf("%+v", out)
		}
		in := w.Receive(t, out[0].From, flowtest.From(flowtest.AnnaAddress, "The one beside the park."))
		if in.State != store.InboundFiled || in.Thread != w.Threads.Official {
			t.Fatalf("%+v", in)
		}
		cursor, err := f.FeedCursor(ctx, mother)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.KioskMessage(ctx, mother, in.Message); ids.KindOf(err) != ids.NotFound {
			t.Fatalf("she could read it before review: %v", err)
		}
		w.Release(t, in.Message)
		items, err := f.Feed(ctx, mother, cursor, 100)
		if err != nil || len(items) != 1 || items[0].Message == nil || items[0].Message.ID != in.Message || !items[0].Message.New {
			t.Fatalf("feed %+v %v", items, err)
		}
		for _, move := range []func() error{
			func() error { return f.AtKiosk(ctx, mother, ids.New[ids.KioskID](ids.Kiosk), in.Message) },
			func() error { return f.Seen(ctx, mother, in.Message) },
			func() error { return f.Seen(ctx, mother, in.Message) }, // again: changes nothing
		} {
			if err := move(); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.Entries(t, audit.DeliverySeenKind)); n != 1 {
			t.Errorf("%d seen entries", n)
		}
		v, err := f.Thread(ctx, worker, w.Threads.Official)
		if err != nil || len(v.Messages) != 2 {
			t.Fatalf("%+v %v", v, err)
		}
		if d := v.Messages[1].Deliveries; len(d) != 1 || d[0].State != messages.Seen || d[0].Times.Seen.IsZero() || d[0].Times.Kiosk.IsZero() {
			t.Errorf("the worker's receipt: %+v", d)
		}
		if m, err := f.KioskMessage(ctx, mother, c.Message); err != nil || m.Progress != flow.ProgressSent || !m.Mine {
			t.Errorf("her own: %+v %v", m, err)
		}
		w.VerifyAudit(t)
	})
}

func TestMailTellsNobodyMoreThanItMust(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		c := w.Say(t, w.MotherActor(), w.Threads.Official, "Hello")
		w.Release(t, c.Message)
		m := w.Send(t)[0]
		header := strings.Join([]string{m.Subject, m.FromName, m.From, m.EnvelopeFrom, m.MessageID, m.InReplyTo, strings.Join(m.References, " ")}, "\n")
		for k, v := range m.Headers {
			header += "\n" + k + ": " + v
		}
		for _, name := range []string{"Mair", "Hughes", "Tomos", "Elin", "Wendy", "Fernhill", "A1234BC", "School", "prison"} {
			if strings.Contains(strings.ToLower(header), strings.ToLower(name)) {
				t.Errorf("a header says %q:\n%s", name, header)
			}
		}
		if !strings.HasPrefix(m.Subject, "Kinbridge message, reference KB-1001-") || m.Headers["Auto-Submitted"] != "auto-generated" {
			t.Errorf("%q %v", m.Subject, m.Headers)
		}
		for _, body := range []string{m.Text, m.HTML} {
			if strings.Contains(body, "Brookshire") || strings.Contains(body, "Elin") || strings.Contains(body, "A1234BC") {
				t.Errorf("the mail tells of the other authority, the other child or the prison:\n%s", body)
			}
		}
	})
}

func TestHTMLInAMessageIsText(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		c := w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "<script>alert(1)</script>\n\n<img src=x onerror=y>\x00\u202e")
		if c.State != messages.Released {
			t.Fatalf("%+v", c)
		}
		m := w.Send(t)[0]
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") || !strings.Contains(m.HTML, "&lt;script&gt;") {
			t.Errorf("%s", m.HTML)
		}
		if strings.ContainsAny(m.Text, "\x00\u202e") || !strings.Contains(m.Text, "<script>alert(1)</script>") {
			t.Errorf("%q", m.Text)
		}
	})
}

// Each message answers the newest before it and refers to all, whoever wrote them, so that every mail program shows one conversation.
func TestReferencesOverSeveralTurns(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		var chain []string
		for turn := range 3 {
			c := w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Turn")
			m := w.Send(t)[0]
			if m.MessageID != string(c.Message)+"@"+flowtest.Domain || !slices.Equal(m.References, chain) {
				t.Fatalf("turn %d: id %q references %v, want %v", turn, m.MessageID, m.References, chain)
			}
			if turn == 0 && (m.InReplyTo != "" || strings.HasPrefix(m.Subject, "Re:")) || turn > 0 && (m.InReplyTo != chain[len(chain)-1] || !strings.HasPrefix(m.Subject, "Re: ")) {
				t.Fatalf("turn %d: In-Reply-To %q, subject %q", turn, m.InReplyTo, m.Subject)
			}
			reply := flowtest.From(flowtest.AnnaAddress, "Answer")
			in := w.Receive(t, m.From, reply)
			w.Release(t, in.Message)
			chain = append(chain, m.MessageID, reply.MessageID)
		}
		// What waits for review is not referred to: it would tell that it exists.
		w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), flowtest.From(flowtest.AnnaAddress, "Held"))
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Last")
		if m := w.Send(t)[0]; !slices.Equal(m.References, chain) {
			t.Fatalf("%v, want %v", m.References, chain)
		}
	})
}

func TestTheSameWritingTwiceIsOneMessage(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		in := flow.NewMessage{Thread: w.Threads.Official, Body: "Once", IdemKey: "key"}
		var wg sync.WaitGroup
		got := make([]flow.Composed, 10)
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = w.Flow.Compose(context.Background(), w.MotherActor(), in); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		fresh := 0
		for _, c := range got {
			if c.Message != got[0].Message {
				t.Errorf("two messages: %s, %s", c.Message, got[0].Message)
			}
			if !c.Again {
				fresh++
			}
		}
		if ms, err := w.Env.Store.MessagesOfThread(t.Context(), w.Threads.Official); err != nil || len(ms) != 1 || fresh != 1 {
			t.Errorf("%d messages, %d new, %v", len(ms), fresh, err)
		}
		// Another's same key is another message.
		if c, err := w.Flow.Compose(t.Context(), w.Staff.Worker.Actor, in); err != nil || c.Again {
			t.Errorf("%+v %v", c, err)
		}
	})
}

func TestComposeRefusesWhatItCannotKeep(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		for name, c := range map[string]struct {
			m    flow.NewMessage
			kind ids.Kind
		}{
			"empty":          {flow.NewMessage{Body: " \n\t", IdemKey: "k"}, ids.Invalid},
			"control only":   {flow.NewMessage{Body: "\x00\x01\u202e", IdemKey: "k"}, ids.Invalid},
			"too long":       {flow.NewMessage{Body: strings.Repeat("a", flow.MaxBody+1), IdemKey: "k"}, ids.TooLarge},
			"not UTF-8":      {flow.NewMessage{Body: "\xff\xfe", IdemKey: "k"}, ids.Invalid},
			"no key":         {flow.NewMessage{Body: "a"}, ids.Invalid},
			"a vast key":     {flow.NewMessage{Body: "a", IdemKey: strings.Repeat("k", 300)}, ids.Invalid},
			"too many files": {flow.NewMessage{Body: "a", IdemKey: "k", Files: make([]store.NewFile, flow.MaxFiles+1)}, ids.TooLarge},
		} {
			c.m.Thread = w.Threads.Official
			if _, err := w.Flow.Compose(t.Context(), w.MotherActor(), c.m); ids.KindOf(err) != c.kind || ids.Public(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.Flow.Compose(t.Context(), w.MotherActor(), flow.NewMessage{Thread: "thr_nonsense \x00", Body: "a", IdemKey: "k"}); ids.KindOf(err) != ids.NotFound && ids.KindOf(err) != ids.Internal {
			t.Errorf("a thread that is not there: %v", err)
		}
		if ms, _ := w.Env.Store.MessagesOfThread(t.Context(), w.Threads.Official); len(ms) != 0 {
			t.Errorf("%d messages were kept", len(ms))
		}
	})
}

func TestWithholding(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		c := w.Say(t, w.MotherActor(), w.Threads.Official, "Not now")
		h := w.HoldOf(t, c.Message).ID
		flowtest.Refused(t, w.Flow.Withhold(ctx, worker, h, "", ""), ids.Invalid)
		flowtest.Refused(t, w.Flow.Withhold(ctx, worker, h, "because", ""), ids.Invalid)
		flowtest.Refused(t, w.Flow.Withhold(ctx, worker, h, "other", ""), ids.Invalid)
		if w.HoldOf(t, c.Message).Decided != (messages.Hold{}).Decided {
			t.Fatal("a refused decision was kept")
		}
		cursor, _ := w.Flow.FeedCursor(ctx, w.MotherActor())
		if err := w.Flow.Withhold(ctx, worker, h, "needs_support", "I shall see her on Monday\x00"); err != nil {
			t.Fatal(err)
		}
		got := w.HoldOf(t, c.Message)
		if got.Outcome != messages.OutcomeWithheld || got.ReasonCode != "needs_support" || got.Note != "I shall see her on Monday" || got.DecidedBy != w.Staff.Worker.ID {
			t.Errorf("%+v", got)
		}
		if len(w.Send(t)) != 0 {
			t.Error("a withheld message left")
		}
		items, err := w.Flow.Feed(ctx, w.MotherActor(), cursor, 10)
		if err != nil || len(items) != 1 || items[0].Message.Progress != flow.ProgressStopped {
			t.Errorf("the author is told: %+v %v", items, err)
		}
		if e := w.Entries(t, audit.MessageWithheldKind); len(e) != 1 || e[0].Detail["code"] != "needs_support" || strings.Contains(strings.Join(e[0].Reasons, ""), "Monday") {
			t.Errorf("%+v", e)
		}
		// The reviewer still has the original; nobody else of the team reads it.
		if v, err := w.Flow.Thread(ctx, worker, w.Threads.Official); err != nil || len(v.Messages) != 1 || v.Messages[0].Body != "Not now" {
			t.Errorf("%+v %v", v, err)
		}
		if v, err := w.Flow.Thread(ctx, w.Staff.Family.Actor, w.Threads.Official); err != nil || len(v.Messages) != 0 {
			t.Errorf("%+v %v", v, err)
		}
	})
}

// However many decide at once, one decision stands, the others are told, and the mail leaves once or not at all.
func TestDoubleDecision(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		c := w.Say(t, w.MotherActor(), w.Threads.Official, "Race")
		h := w.HoldOf(t, c.Message).ID
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				if i%2 == 0 {
					errs[i] = w.Flow.Release(context.Background(), w.Staff.Worker.Actor, h, "")
					return
				}
				errs[i] = w.Flow.Withhold(context.Background(), w.Staff.StandIn.Actor, h, "threat", "")
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if ids.KindOf(err) != ids.Conflict {
				t.Errorf("a loser was told %v", err)
			}
		}
		decisions := len(w.Entries(t, audit.MessageReleasedKind)) + len(w.Entries(t, audit.MessageWithheldKind))
		if won != 1 || decisions != 1 {
			t.Fatalf("%d won, %d recorded", won, decisions)
		}
		released := w.HoldOf(t, c.Message).Outcome == messages.OutcomeReleased
		if n := len(w.Send(t)); n == 1 != released || n > 1 {
			t.Errorf("released %t, %d mails", released, n)
		}
	})
}

func TestNobodyReviewsHerOwnWords(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		c := w.Say(t, w.MotherActor(), w.Threads.Official, "Mine")
		h := w.HoldOf(t, c.Message).ID
		for name, p := range map[string]ids.Actor{"mother": w.MotherActor(), "another's worker": w.Staff.OtherWorker.Actor,
			"wing": w.Staff.Officer.Actor, "contact": ids.ContactActor(w.Contacts.Anna), "stranger": ids.Unknown("x")} {
			if err := w.Flow.Release(t.Context(), p, h, ""); err == nil {
				t.Errorf("%s released it", name)
			}
		}
		for _, p := range []flowtest.Person{w.Staff.Family, w.Staff.Manager, w.Staff.Protection} {
			flowtest.Refused(t, w.Flow.Release(t.Context(), p.Actor, h, ""), ids.Forbidden)
			flowtest.Refused(t, w.Flow.Withhold(t.Context(), p.Actor, h, "threat", ""), ids.Forbidden)
			flowtest.Refused(t, w.Flow.Claim(t.Context(), p.Actor, h), ids.Forbidden)
		}
		if !w.HoldOf(t, c.Message).Decided.IsZero() {
			t.Error("it was decided")
		}
	})
}

func TestThreadsKeepAuthoritiesApart(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		open := func(n flow.NewThread) error {
			n.Case = w.Case
			_, err := w.Flow.OpenThread(t.Context(), w.Staff.Worker.Actor, n)
			return err
		}
		flowtest.Refused(t, open(flow.NewThread{Channel: "official", Subject: "Both", Contacts: []ids.ContactID{w.Contacts.Anna, w.Contacts.Bea}}), ids.Invalid)
		flowtest.Refused(t, open(flow.NewThread{Channel: "official", Subject: "Elin", Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[1].ID}}), ids.Invalid)
		flowtest.Refused(t, open(flow.NewThread{Channel: "official", Subject: "A child of nobody", Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{"chd_x"}}), ids.Invalid)
		flowtest.Refused(t, open(flow.NewThread{Channel: "confidential", Subject: "With the council", Contacts: []ids.ContactID{w.Contacts.Anna}}), ids.Forbidden)
		flowtest.Refused(t, open(flow.NewThread{Channel: "privileged", Subject: "With nobody"}), ids.Invalid)
		flowtest.Refused(t, open(flow.NewThread{Channel: "official", Subject: "Two\nlines: x"}), ids.Invalid)
		flowtest.Refused(t, open(flow.NewThread{Channel: "official"}), ids.Invalid)
	})
}

// What was queued while a delivery was on its way out is not sent a second time, nor after it has failed.
func TestOutgoingMailIsSentOnce(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "One")
		m := w.Send(t)[0]
		if _, err := w.Flow.OutgoingMail(t.Context(), m.Delivery); err != flow.ErrNothingToSend {
			t.Fatalf("it would go again: %v", err)
		}
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Two")
		it := w.Take(t, outbox.MailOut)
		if len(it) != 1 {
			t.Fatalf("%d items", len(it))
		}
		id := deliveryOf(t, it[0])
		retry, err := w.Flow.MailFailed(t.Context(), id, 1, flow.MailFailure{Trouble: messages.TroubleBusy, Answer: "450 4.2.0 later"})
		if err != nil || !retry.After(w.Env.Clock.Now()) {
			t.Fatalf("%v %v", retry, err)
		}
		w.Env.Clock.Advance(messages.MaxAge)
		if retry, err = w.Flow.MailFailed(t.Context(), id, 40, flow.MailFailure{Trouble: messages.TroubleBusy, Answer: "450 4.2.0 later"}); err != nil || !retry.IsZero() {
			t.Fatalf("five days later: %v %v", retry, err)
		}
		if d, _ := w.Env.Store.Delivery(t.Context(), id); d.State != messages.Failed || d.Detail != "450 4.2.0 later" || d.Way.Tries != 2 || d.Way.Trouble != messages.TroubleBusy {
			t.Fatalf("%+v", d)
		}
		if v, err := w.Flow.Home(t.Context(), w.Staff.Worker.Actor); err != nil || len(v.Failed) != 1 {
			t.Fatalf("the worker is told: %+v %v", v.Failed, err)
		}
		if _, err := w.Flow.OutgoingMail(t.Context(), id); err != flow.ErrNothingToSend {
			t.Fatal(err)
		}
		if it := w.Take(t, outbox.Undelivered); len(it) != 1 || deliveryOf(t, it[0]) != id {
			t.Fatalf("%d items for whoever chases it", len(it))
		}
	})
}
