package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
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

// atOnce reads mail while its sender waits; can says whether it can.
type atOnce struct {
	flowtest.Mail
	can func() bool
}

func (a atOnce) ReadAtOnce(ctx context.Context, raw []byte, env store.Envelope) (flow.ReadMail, bool) {
	return a.Read(ctx, raw, env), a.can()
}

func atOnceWorlds(t *testing.T, can func() bool, body func(t *testing.T, w *flowtest.World)) {
	t.Helper()
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(e), func(t *testing.T) { body(t, flowtest.New(t, e, atOnce{can: can})) })
	}
}

func yes() bool { return true }

// kinds are the kinds of the entries after the first so many, oldest first, with who they are by.
func kinds(t *testing.T, w *flowtest.World, after int) (out []string) {
	t.Helper()
	all, _, err := w.Env.Store.AuditEntries(t.Context(), store.AuditQuery{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	for _, e := range all[after:] {
		out = append(out, fmt.Sprintf("%s by %s", e.Kind, e.Actor.Kind))
	}
	return out
}

// An ordinary mail is filed when AcceptMail returns, with the same entries as if it had been read later, and leaves no work.
func TestMailFiledAtOnce(t *testing.T) {
	read := func(t *testing.T, w *flowtest.World, later bool) (states []store.InboundState, entries []string) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		w.Say(t, w.Staff.Worker.Actor, w.Threads.Official, "Out")
		bounce := w.Send(t)[0].EnvelopeFrom
		seen := len(kinds(t, w, 0))
		var list []ids.InboundID
		for _, c := range []struct {
			to   string
			mail flow.ReadMail
		}{
			{to, flowtest.From(flowtest.AnnaAddress, "Filed")},
			{to, flowtest.From("who@else.example", "Held")},
			{"hello@" + flowtest.Domain, flowtest.From(flowtest.AnnaAddress, "To nobody")},
			{w.ReplyAddress(t, w.Threads.Privileged, w.Contacts.Lara), flowtest.From(flowtest.LaraAddress, "Released")},
			{bounce, flow.ReadMail{Kind: flow.MailBounce, Bounces: []flow.Bounce{{Status: "5.1.1", Permanent: true}}}},
			{bounce, flowtest.From(flowtest.AnnaAddress, "By hand")},
		} {
			list = append(list, w.Accept(t, c.to, c.mail))
			if later {
				w.ReadMail(t)
			}
		}
		if items := w.Take(t, outbox.MailIn); len(items) != 0 {
			t.Errorf("%d mails are left to be read", len(items))
		}
		for _, id := range list {
			in, err := w.Env.Store.Inbound(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, in.State)
			if raw, err := w.Env.Store.InboundRaw(t.Context(), id); err != nil || !json.Valid(raw) {
				t.Errorf("the original: %q, %v", raw, err)
			}
		}
		w.VerifyAudit(t)
		return states, kinds(t, w, seen)
	}
	atOnceWorlds(t, yes, func(t *testing.T, w *flowtest.World) {
		states, entries := read(t, w, false)
		wantStates, wantEntries := read(t, flowtest.New(t, store.SQLite, flowtest.Mail{}), true)
		if !slices.Equal(states, wantStates) || states[0] != store.InboundFiled || states[1] != store.InboundHeld || states[4] != store.InboundNoted {
			t.Errorf("at once %v, later %v", states, wantStates)
		}
		if !slices.Equal(entries, wantEntries) {
			t.Errorf("at once:\n%s\nlater:\n%s", strings.Join(entries, "\n"), strings.Join(wantEntries, "\n"))
		}
	})
}

// A server that did not hear our answer sends the same mail again: it is the same mail, on this way too, and from several servers at a time.
func TestMailFiledAtOnceIsOneMail(t *testing.T) {
	atOnceWorlds(t, yes, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		m := flowtest.From(flowtest.AnnaAddress, "Once")
		m.MessageID = "" // then only the digest makes it one
		first := w.Accept(t, to, m)
		var wg sync.WaitGroup
		var others [8]flow.ReadMail
		for i := range others {
			others[i] = flowtest.From(flowtest.AnnaAddress, fmt.Sprintf("Another %d", i))
			wg.Go(func() { w.Accept(t, to, others[i]) }) // neighbours in a group with one that fails
			wg.Go(func() {
				if again := w.Accept(t, to, m); again != first {
					t.Errorf("the same mail is %s and %s", first, again)
				}
			})
		}
		wg.Wait()
		if ms, err := w.Env.Store.MessagesOfThread(t.Context(), w.Threads.Official); err != nil || len(ms) != 1+len(others) {
			t.Errorf("%d messages, %v", len(ms), err)
		}
		if n := len(w.Take(t, outbox.MailIn)); n != 0 {
			t.Errorf("%d mails are left to be read", n)
		}
		repeats := 0
		for _, e := range w.Entries(t, audit.MailAcceptedKind) {
			if e.Detail["repeat"] == "yes" {
				repeats++
			}
		}
		if repeats != len(others) {
			t.Errorf("%d repeats are recorded", repeats)
		}
		w.VerifyAudit(t)
	})
}

// What cannot be read at once is accepted all the same, and read later.
func TestMailThatIsLeftForLater(t *testing.T) {
	for name, c := range map[string]struct {
		can  func() bool
		mail flow.ReadMail
	}{
		"the DNS must be asked":   {func() bool { return false }, flowtest.From(flowtest.AnnaAddress, "Hello")},
		"the DNS does not answer": {yes, with(flowtest.From(flowtest.AnnaAddress, "Hello"), func(m *flow.ReadMail) { m.Proof.TempFail = true })},
		"the reader breaks":       {func() bool { panic("a defect") }, flowtest.From(flowtest.AnnaAddress, "Hello")},
		"it is large":             {yes, flowtest.From(flowtest.AnnaAddress, strings.Repeat("a", 70_000))},
	} {
		t.Run(name, func(t *testing.T) {
			w := flowtest.New(t, store.SQLite, atOnce{can: c.can})
			id := w.Accept(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), c.mail)
			if in, err := w.Env.Store.Inbound(t.Context(), id); err != nil || in.State != store.InboundAccepted {
				t.Errorf("%s, %v", in.State, err)
			}
			if n := len(w.Take(t, outbox.MailIn)); n != 1 {
				t.Errorf("%d mails are left to be read", n)
			}
		})
	}
}

// What policy is asked is as it is in the transaction: an address that has expired, or a contact who has left, counts for the very next mail.
func TestMailFiledAtOnceUnderPresentFacts(t *testing.T) {
	atOnceWorlds(t, yes, func(t *testing.T, w *flowtest.World) {
		to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		w.Accept(t, to, flowtest.From(flowtest.AnnaAddress, "Before"))
		token, err := w.Env.Store.ReplyAddressOf(t.Context(), w.Threads.Official, w.Contacts.Anna)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Env.Store.Write(t.Context(), flowtest.Operator, func(tx *store.Tx) (audit.Entry, error) {
			return audit.PartyRemoved(w.Case, w.Threads.Official, string(w.Contacts.Anna)), tx.ExpireAddress(token)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Env.Clock.Advance(1) // the address is good until its last moment
		id := w.Accept(t, to, flowtest.From(flowtest.AnnaAddress, "After"))
		if h := w.HoldOfMail(t, id); h.Reason != messages.HoldExpired {
			t.Errorf("held as %s", h.Reason)
		}
	})
}
