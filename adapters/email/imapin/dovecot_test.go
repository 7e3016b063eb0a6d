package imapin

import (
	"context"
	"strings"
	"testing"

	"kinbridge/adapters/email/imapin/imaptest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

func TestMailArrivesMarkedAndOnce(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	to := w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna)
	d.Deliver("office", mail(1, to), mail(2, to))
	watch := Start(w.gate, w.config(), account(d, "office"))
	eventually(t, "what was there is taken", func() bool { return w.gate.handed() == 2 })
	eventually(t, "the account is watched", func() bool { return strings.Contains(w.log.String(), "imap: connected") })
	d.Deliver("office", mail(3, to)) // IdleFor is long: only the IDLE can tell
	eventually(t, "news is taken", func() bool { return w.gate.handed() == 3 })
	eventually(t, "mails are marked", func() bool { return marked(d, "office") == 3 })
	watch.Close()
	env := w.gate.envs[0]
	if env.Rcpt != to || env.MailFrom != "anna@anytown.example" || env.Fetched != "office" || env.RemoteIP != "" || env.WholeSize != 0 {
		t.Errorf("the envelope is %+v", env)
	}
	if want := strings.ReplaceAll(mail(1, to), "\n", "\r\n"); w.gate.raws[0] != want {
		t.Errorf("the mail came as %q", w.gate.raws[0])
	}
	again := Start(w.gate, w.config(), account(d, "office"))
	d.Deliver("office", mail(4, to))
	eventually(t, "news after a restart", func() bool { return w.gate.handed() == 4 })
	again.Close()
	if kept, repeats := w.kept(t); kept != 4 || repeats != 0 {
		t.Errorf("%d mails kept, %d handed over again", kept, repeats)
	}
	if s := w.log.String(); strings.Contains(s, "anna@") || strings.Contains(s, imaptest.Password) || strings.Contains(s, "Words") {
		t.Error("the log says what it must not:\n" + s)
	}
}

// marked counts the mails that are seen and carry a keyword ("a" is a Maildir's first).
func marked(d *imaptest.Dovecot, user string) (n int) {
	for _, name := range d.Files(user, "") {
		if _, flags, _ := strings.Cut(name, ":2,"); strings.Contains(flags, "S") && strings.ContainsAny(flags, "abcdefgh") {
			n++
		}
	}
	return n
}

func TestMailIsMoved(t *testing.T) {
	for name, o := range map[string]imaptest.Options{"MOVE": {}, "COPY and UIDPLUS": {Capabilities: "IMAP4rev1 LITERAL+ IDLE UIDPLUS"}} {
		t.Run(name, func(t *testing.T) {
			w, d := newWorld(t), imaptest.Start(t, o)
			a := account(d, "office")
			a.MoveTo = "Taken"
			d.Box("office", "Taken")
			d.Deliver("office", mail(1, "x@"+"in.kinbridge.example"), mail(2, "hello@in.kinbridge.example"))
			watch := Start(w.gate, w.config(), a)
			eventually(t, "mails are moved", func() bool { return len(d.Files("office", "Taken")) == 2 && len(d.Files("office", "")) == 0 })
			d.Deliver("office", mail(3, "hello@in.kinbridge.example"))
			eventually(t, "news is moved", func() bool { return len(d.Files("office", "Taken")) == 3 && len(d.Files("office", "")) == 0 })
			watch.Close()
			if kept, repeats := w.kept(t); kept != 3 || repeats != 0 {
				t.Errorf("%d mails kept, %d handed over again", kept, repeats)
			}
		})
	}
}

func TestServerDiesAndComesBack(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	watch := Start(w.gate, w.config(), account(d, "office"))
	defer watch.Close()
	for n := range 5 {
		d.Deliver("office", mail(n, "hello@in.kinbridge.example"))
		w.has(t, n+1)
		d.Kill()
		eventually(t, "the loss is noticed", func() bool { return strings.Count(w.log.String(), "again_in") > n })
		d.Run()
	}
	d.Deliver("office", mail(9, "hello@in.kinbridge.example"))
	w.has(t, 6)
}

func TestMailboxMadeAnew(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	for n := range 5 {
		d.Deliver("office", mail(n, "hello@in.kinbridge.example"))
	}
	watch := Start(w.gate, w.config(), account(d, "office"))
	eventually(t, "all are taken", func() bool { return w.gate.handed() == 5 })
	watch.Close()
	d.Kill()
	d.Renumber("office")
	d.Deliver("office", mail(5, "hello@in.kinbridge.example"))
	d.Run()
	watch = Start(w.gate, w.config(), account(d, "office"))
	eventually(t, "all are read again", func() bool { return w.gate.handed() == 11 })
	watch.Close()
	if kept, repeats := w.kept(t); kept != 6 || repeats != 5 {
		t.Errorf("%d mails kept, %d recognised", kept, repeats)
	}
	if !strings.Contains(w.log.String(), "UIDVALIDITY changed") {
		t.Error("nobody was told")
	}
}

// The process dies after the gateway has a mail and before its place is stored: again and again, at every place.
func TestDeathBeforeThePlaceIsStored(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	const mails = 3 * batch
	for n := range mails {
		d.Deliver("office", mail(n, "hello@in.kinbridge.example"))
	}
	for _, left := range []int{7, 20, batch + 1, 14, 25, batch} {
		dead := make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		w.gate.set(func() {
			w.gate.after = nil
			w.gate.refuse = func(string) error { // the life ends at a mail, its batch's place not stored
				if left--; left == 0 {
					cancel()
					return context.Canceled
				}
				return nil
			}
		})
		x := newWatcher(lostProgress{w.gate, ctx}, w.config(), account(d, "office"))
		go func() { defer close(dead); x.run(ctx) }()
		<-dead
		cancel()
	}
	w.gate.set(func() { w.gate.refuse = nil })
	watch := Start(w.gate, w.config(), account(d, "office"))
	eventually(t, "all are marked", func() bool { return marked(d, "office") == mails })
	watch.Close()
	kept, repeats := w.kept(t)
	if kept != mails || repeats == 0 {
		t.Errorf("%d of %d mails kept, %d recognised", kept, mails, repeats)
	}
}

// lostProgress stores nothing once its life is over, as a killed process does not.
type lostProgress struct {
	*gate
	life context.Context
}

// The process dies after the place is stored and before the mail is marked: the sweep of the next life marks it.
func TestDeathBeforeTheMark(t *testing.T) {
	w, d := newWorld(t), imaptest.Start(t, imaptest.Options{})
	d.Deliver("office", mail(1, "hello@in.kinbridge.example"), mail(2, "hello@in.kinbridge.example"))
	a := account(d, "office")
	ctx, cancel := context.WithCancel(context.Background())
	x := newWatcher(dieAfterKeep{w.gate, cancel}, w.config(), a)
	x.run(ctx)
	if n := marked(d, "office"); n != 0 {
		t.Fatalf("%d mails are marked: the life did not end in time", n)
	}
	watch := Start(w.gate, w.config(), a)
	eventually(t, "they are marked", func() bool { return marked(d, "office") == 2 })
	watch.Close()
	if kept, repeats := w.kept(t); kept != 2 || repeats != 2 {
		t.Errorf("%d mails kept, %d recognised", kept, repeats)
	}
}

type dieAfterKeep struct {
	*gate
	die func()
}

func (g dieAfterKeep) KeepFetchProgress(ctx context.Context, src store.FetchSource, p store.FetchProgress) error {
	err := g.gate.KeepFetchProgress(ctx, src, p)
	g.die()
	return err
}

func (g lostProgress) KeepFetchProgress(ctx context.Context, src store.FetchSource, p store.FetchProgress) error {
	if g.life.Err() != nil {
		return ids.E(ids.Unavailable, "The process is dead.")
	}
	return g.gate.KeepFetchProgress(ctx, src, p)
}
