package smtpin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/adapters/email/smtpin"
	"kinbridge/adapters/email/smtpin/smtpload"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

// BenchmarkAccept measures received mail as the service does it: answered 250 when it is durable (SQLite, synchronous=FULL), and read,
// checked, threaded, encrypted, held and audited by the same process. One operation is one 10 KB reply of a mix (see smtpload.Corpus).
//
//	mails/s   answered 250
//	filed/s   the same mails, until the last of them is a held message of its thread
//	p99-ms    the time from MAIL (or connecting) to the answer
//	cpu-ms    processor time of a mail, the client's included
func BenchmarkAccept(b *testing.B) {
	for _, c := range []int{1, 10, 50} {
		for _, perMail := range []bool{false, true} {
			name := fmt.Sprintf("%d-kept", c)
			if perMail {
				name = fmt.Sprintf("%d-one-per-mail", c)
			}
			b.Run(name, func(b *testing.B) { benchAccept(b, c, perMail) })
		}
	}
}

func benchAccept(b *testing.B, connections int, perMail bool) {
	w := newBenchWorld(b)
	corpus := smtpload.Corpus{Size: 10 << 10, Words: "bench", Signer: w.key}
	mails := make([]smtpload.Mail, b.N)
	for n := range mails {
		var err error
		if mails[n], err = corpus.Mail(n, benchSender, w.replyTo[n%len(w.replyTo)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.SetBytes(10 << 10)
	b.ResetTimer()
	began, cpu := time.Now(), cpuTime(b)
	r, err := smtpload.Load{Addr: w.addr, Connections: connections, Mails: b.N, PerMail: perMail, Make: func(n int) smtpload.Mail { return mails[n] }}.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	w.drain(b)
	all := time.Since(began)
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/1000/float64(b.N), "cpu-ms")
	b.StopTimer()
	b.ReportMetric(r.Rate(), "mails/s")
	b.ReportMetric(float64(b.N)/all.Seconds(), "filed/s")
	b.ReportMetric(float64(r.Percentile(0.99).Microseconds())/1000, "p99-ms")
	w.check(b, b.N)
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchSender = "hannah.cole@northvale.example"

// benchWorld is the gateway as cmd wires it for mail: store, sequencer, dispatcher and listener.
type benchWorld struct {
	e       storetest.Env
	f       *flow.Flow
	addr    string
	key     *rsa.PrivateKey // the sender's, for DKIM
	threads []ids.ThreadID
	replyTo []string
}

func newBenchWorld(b *testing.B) *benchWorld {
	b.Helper()
	bus, handover := flow.NewBus(), outbox.NewHandover(256)
	w := &benchWorld{e: storetest.Open(b, store.SQLite, bus.Wake)}
	var err error
	if w.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		b.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(w.key.Public())
	if err != nil {
		b.Fatal(err)
	}
	resolver := mailauth.Static{TXT: map[string][]string{
		"northvale.example":        {"v=spf1 ip4:127.0.0.0/8 -all"},
		"_dmarc.northvale.example": {"v=DMARC1; p=reject"},
		smtpload.SelectorOfKey + "._domainkey.northvale.example": {"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)},
	}}
	w.f = flow.New(w.e.Store, bus, flow.Config{MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example", AddressKey: make([]byte, 32),
		SessionKey: make([]byte, 32), Handover: handover, PasswordCost: people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}, Mail: intake.Reader{Resolver: resolver}, Log: slog.Default()})
	w.seed(b)
	skey, _, err := audit.NewKey("bench")
	if err != nil {
		b.Fatal(err)
	}
	seq, err := audit.NewSequencer(w.e.Store.AuditLog(), skey)
	if err != nil {
		b.Fatal(err)
	}
	auditWake, stopAudit := bus.Listen(store.TopicAudit)
	outboxWake, stopOutbox := bus.Listen(store.TopicOutbox)
	d := &outbox.Dispatcher{Queue: w.e.Store.Outbox(), Wake: outboxWake, Handed: handover, Workers: 16, Handlers: map[outbox.Kind]outbox.Handler{outbox.MailIn: w.f.HandleMailIn}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	go func() { _ = seq.Run(ctx, auditWake); ended <- struct{}{} }()
	go func() { d.Run(ctx); ended <- struct{}{} }()
	srv, err := smtpin.Listen("127.0.0.1:0", w.f, smtpin.Config{Hostname: "in.kinbridge.example"})
	if err != nil {
		b.Fatal(err)
	}
	w.addr = srv.Addr().String()
	b.Cleanup(func() {
		if err := srv.Close(context.Background()); err != nil {
			b.Error(err)
		}
		cancel()
		<-ended
		<-ended
		stopAudit()
		stopOutbox()
	})
	return w
}

// seed makes two cases with two threads each.
func (w *benchWorld) seed(b *testing.B) {
	b.Helper()
	ctx, op := b.Context(), ids.System("bench")
	fail := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	pact, err := w.f.CreateAgency(ctx, op, people.Charity, "Pact", "")
	fail(err)
	prison, err := w.f.CreateAgency(ctx, op, people.Establishment, "HMP Fenbrook", "")
	fail(err)
	la, err := w.f.CreateAgency(ctx, op, people.Authority, "Northvale County Council", "northvale.example")
	fail(err)
	wing, err := w.f.CreateWing(ctx, op, prison, "A wing")
	fail(err)
	worker, _, err := w.f.CreateStaff(ctx, op, flow.NewStaff{Email: "rhian@pact.example", Name: "Rhian Price", Role: ids.RolePactWorker, Agency: pact, Password: "correct horse battery"})
	fail(err)
	contact, err := w.f.CreateContact(ctx, op, la, "Hannah Cole", benchSender, people.AllocatedWorker, "directory")
	fail(err)
	actor := ids.Actor{Kind: ids.ActorStaff, ID: string(worker), Role: ids.RolePactWorker, Agency: pact}
	for i := range 2 {
		mother, _, err := w.f.CreateMother(ctx, op, flow.NewMother{Name: "Maya Reed", PrisonerNumber: fmt.Sprintf("A100%dAA", i), Establishment: prison, Wing: wing, PIN: "204816"})
		fail(err)
		c, _, err := w.f.CreateCase(ctx, op, flow.NewCase{Reference: fmt.Sprintf("KB-%d", i), Mother: mother, Worker: worker, Team: []ids.StaffID{worker},
			Children: []cases.Child{{Name: "Ella Reed", Authority: la}}})
		fail(err)
		for range 2 {
			th, err := w.f.OpenThread(ctx, actor, flow.NewThread{Case: c, Channel: threads.Official, Subject: "School", Contacts: []ids.ContactID{contact}})
			fail(err)
			to, err := w.f.ReplyAddress(ctx, th, contact)
			fail(err)
			w.threads, w.replyTo = append(w.threads, th), append(w.replyTo, to)
		}
	}
}

// drain waits until all accepted mail has been read.
func (w *benchWorld) drain(b *testing.B) {
	b.Helper()
	for {
		next, err := w.e.Store.Outbox().NextDue(b.Context(), []outbox.Kind{outbox.MailIn})
		if err != nil {
			b.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// check counts what was filed: a benchmark that loses mail measures nothing.
func (w *benchWorld) check(b *testing.B, want int) {
	b.Helper()
	got := 0
	for _, th := range w.threads {
		ms, err := w.e.Store.MessagesOfThread(context.Background(), th)
		if err != nil {
			b.Fatal(err)
		}
		got += len(ms)
	}
	if got != want {
		b.Fatalf("%d mails were sent and %d messages are there", want, got)
	}
}
