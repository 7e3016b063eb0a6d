package flow_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// The place in a mailbox never goes back, belongs to one mailbox and one UIDVALIDITY, and a mail that is given up is in the audit log.
func TestPlaceInAMailbox(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, src := context.Background(), store.FetchSource{Account: "office", Mailbox: "INBOX", Origin: "a at b"}
		next := w.Env.Clock.Now().UTC().Truncate(time.Microsecond)
		keep := func(p store.FetchProgress) {
			t.Helper()
			if err := w.Flow.KeepFetchProgress(ctx, src, p); err != nil {
				t.Fatal(err)
			}
		}
		want := func(src store.FetchSource, s store.FetchState) {
			t.Helper()
			got, err := w.Flow.FetchState(ctx, src)
			if err != nil || cmp.Diff(s, got) != "" {
				t.Fatalf("%v %s", err, cmp.Diff(s, got))
			}
		}
		keep(store.FetchProgress{UIDValidity: 1, UID: 5}) // of a mailbox that was never begun
		want(src, store.FetchState{})
		if err := w.Flow.BeginFetch(ctx, src, 4294967295); err != nil {
			t.Fatal(err)
		}
		five := store.FetchFailure{UID: 5, Attempts: 1, Cause: "refused", Next: next}
		keep(store.FetchProgress{UIDValidity: 4294967295, UID: 9, Failed: []store.FetchFailure{five, {UID: 6, Attempts: 1, Cause: "missing", Next: next}}})
		keep(store.FetchProgress{UIDValidity: 4294967295, UID: 4, Settled: []uint32{6}})
		want(src, store.FetchState{UIDValidity: 4294967295, UID: 9, Failures: []store.FetchFailure{five}})
		keep(store.FetchProgress{UIDValidity: 3, UID: 4000000000}) // of another numbering
		five.Attempts, five.GivenUp = 8, true
		keep(store.FetchProgress{UIDValidity: 4294967295, Failed: []store.FetchFailure{five}, Left: []uint32{5}})
		five.Attempts = 9
		keep(store.FetchProgress{UIDValidity: 4294967295, Failed: []store.FetchFailure{five}})
		want(src, store.FetchState{UIDValidity: 4294967295, UID: 9, Failures: []store.FetchFailure{five}})
		if es := w.Entries(t, audit.MailLeftKind); len(es) != 1 || es[0].Detail["uid"] != "5" || es[0].Detail["account"] != "office" {
			t.Errorf("the record of it: %+v", es)
		}
		other := src
		other.Origin = "a at c"
		want(other, store.FetchState{})
		if err := w.Flow.BeginFetch(ctx, other, 7); err != nil {
			t.Fatal(err)
		}
		want(other, store.FetchState{UIDValidity: 7})
		want(src, store.FetchState{})
		w.VerifyAudit(t)
	})
}

// A fetched mail says by which account it came; one of which only the header was fetched is held, whoever wrote it.
func TestFetchedMail(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := context.Background()
		raw := []byte(`{"Kind":"message","From":"` + flowtest.AnnaAddress + `","FromHeaders":1,"Text":"Words","MessageID":"f@x","Proof":{"verified":true}}`)
		env := store.Envelope{MailFrom: flowtest.AnnaAddress, Rcpt: w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), Fetched: "office", WholeSize: 50 << 20}
		id, err := w.Flow.AcceptMail(ctx, env, raw)
		if err != nil {
			t.Fatal(err)
		}
		w.ReadMail(t)
		in, err := w.Env.Store.Inbound(ctx, id)
		if err != nil || in.State != store.InboundHeld || in.Envelope != env {
			t.Errorf("%v %s %+v", err, in.State, in.Envelope)
		}
		if h := w.HoldOfMail(t, id); h.Reason != messages.HoldUnreadable {
			t.Errorf("held as %s", h.Reason)
		}
		if e := w.Entries(t, audit.MailAcceptedKind)[0]; e.Actor != ids.Unknown("imap") {
			t.Errorf("it was accepted from %v", e.Actor)
		}
		env.WholeSize, env.Rcpt = 0, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
		again, err := w.Flow.AcceptMail(ctx, env, raw) // the same bytes and envelope, however it came
		if err != nil || again != id {
			t.Errorf("%v %s", err, again)
		}
		if left := w.Take(t, outbox.MailIn); len(left) != 0 {
			t.Errorf("%d to be read again", len(left))
		}
	})
}
