package imapin

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Check signs in to an account once, as its watcher does, and says in words what works, up to the first thing that does not. It takes no mail
// and changes nothing.
func Check(ctx context.Context, cfg Config, a Account) (findings []string, err error) {
	w := newWatcher(nil, cfg, a)
	ok := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	c, err := w.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.close()
	ok("The server %s answers (%s).", a.Addr, map[TLSMode]string{TLSImplicit: "TLS", TLSStart: "STARTTLS", TLSNone: "without TLS"}[a.TLS])
	ok("It takes the sign-in.")
	if err := c.within(ctx, w.cfg.Patience, smallTalk, func() error { c.caps = c.Caps(); return nil }); err != nil {
		return findings, err
	}
	box, err := w.selected(ctx, c, true)
	if err != nil {
		return findings, err
	}
	ok("The mailbox %q is there, with %d mails.", a.Mailbox, box.NumMessages)
	if err := w.checkFolder(ctx, c); err != nil {
		return findings, err
	}
	switch {
	case a.MoveTo != "" && c.caps.Has(imap.CapMove):
		ok("Mail that was taken is moved to %q.", a.MoveTo)
	case a.MoveTo != "":
		ok("Mail that was taken is copied to %q and deleted (the server has no MOVE).", a.MoveTo)
	default:
		ok("Mail that was taken stays and is marked.")
	}
	if c.caps.Has(imap.CapIdle) {
		ok("New mail is told at once (IDLE).")
	} else {
		ok("New mail is looked for every %s (the server has no IDLE).", w.cfg.PollEvery)
	}
	return findings, nil
}
