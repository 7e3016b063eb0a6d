package store_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/store/vault"
)

// BenchmarkMail measures what one filed mail of 10 KB costs the store: the mail, its bytes, its message, its hold and three audit entries, in
// groups of a given size. cpu-us is processor time, the system's included.
func BenchmarkMail(b *testing.B) {
	for _, together := range []int{1, 4, 10, 50} {
		b.Run(fmt.Sprintf("%d", together), func(b *testing.B) { benchMail(b, together) })
	}
}

func benchMail(b *testing.B, together int) {
	e := storetest.Open(b, store.SQLite)
	ctx := b.Context()
	kase, thread := seed(b, e.Store)
	c, th := kase.ID, thread.ID
	raw := make([]byte, 10<<10)
	for i := range raw {
		raw[i] = byte('a' + i%26)
	}
	mail := func() {
		in := store.Inbound{ID: ids.New[ids.InboundID](ids.Inbound), Scope: vault.CaseScope(c), State: store.InboundFiled, Thread: th, Facts: "{}",
			Envelope: store.Envelope{MailFrom: "hannah.cole@northvale.example", Rcpt: "r-1@in.kinbridge.example"}, New: &store.NewInbound{Digest: ids.Secret(32), Raw: raw}}
		m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: th, Case: c, AuthorKind: messages.ByContact, AuthorID: "con_1", Body: "Thank you.",
			Quoted: string(raw), Subject: "Re: School", State: messages.Held, Inbound: in.ID}
		in.Message = m.ID
		err := e.Store.Write(ctx, ids.System("bench"), func(tx *store.Tx) (audit.Entry, error) {
			m.Written = tx.Now()
			if _, _, err := tx.AddMessage(m, "mail/"+string(in.ID), string(m.ID)+"@load.example", nil); err != nil {
				return audit.Entry{}, err
			}
			if err := tx.UpdateInbound(in); err != nil {
				return audit.Entry{}, err
			}
			h := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: c, Thread: th, Message: m.ID, Inbound: in.ID, Reason: messages.HoldReview, Why: "It is reviewed."}
			tx.Also(audit.MailAccepted(in.ID, "d"))
			tx.Also(audit.MailFiled(c, th, m.ID, in.ID))
			return audit.MessageHeld(c, th, m.ID, h.ID), tx.AddHold(h)
		})
		if err != nil {
			b.Error(err)
		}
	}
	mail()
	b.ReportAllocs()
	b.ResetTimer()
	commits := store.CountCommits(b, e.Store)
	before := usedCPU(b)
	for n := 0; n < b.N; n += together {
		var wg sync.WaitGroup
		for range min(together, b.N-n) {
			wg.Go(mail)
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.N)/float64(commits.Load()), "mails/commit")
	b.ReportMetric(float64((usedCPU(b)-before).Microseconds())/float64(b.N), "cpu-us")
}

func usedCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
