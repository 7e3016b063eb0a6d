package imapin

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// watcher watches one account. All of it belongs to the goroutine that runs it.
type watcher struct {
	cfg     Config
	gw      Gateway
	account Account
	log     *slog.Logger

	state   store.FetchState              // as in the store
	failing map[uint32]store.FetchFailure // state.Failures, by UID
	marks   marks                         // what the mailbox lets us set
	suspect uint32                        // the mail at which the connection broke last
	swept   map[uint32]int                // how often a sweep has taken a mail again
	tries   int                           // connections in a row that came to nothing
}

func newWatcher(gw Gateway, cfg Config, a Account) *watcher {
	cfg.defaults()
	if a.Reading.Sources == nil {
		a.Reading.Sources = Sources
	}
	return &watcher{cfg: cfg, gw: gw, account: a, log: cfg.Log.With("account", a.Name)}
}

// run connects, watches, and begins again after each fault: after a second, doubling to 5 minutes; where only a person can mend it, after a minute,
// doubling to 15.
func (w *watcher) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.session(ctx)
		w.cfg.Metrics.up(w.account.Name, false)
		if ctx.Err() != nil {
			return
		}
		w.tries++
		first, most := time.Second, 5*time.Minute
		if causeOf(err).slow() {
			first, most = time.Minute, 15*time.Minute
		}
		wait := outbox.Backoff(w.tries, first, most)
		wait = wait/2 + time.Duration(w.cfg.Random()*float64(wait)) // spread, so that many gateways do not come back at once
		w.cfg.Metrics.fault(w.account.Name, causeOf(err))
		level := slog.LevelWarn
		if causeOf(err).slow() {
			level = slog.LevelError
		}
		w.log.Log(ctx, level, "imap: "+err.Error(), "cause", string(causeOf(err)), "again_in", wait.Round(time.Second))
		w.cfg.Sleep(ctx, wait)
	}
}

// session is one connection, from its beginning until it breaks or ctx ends. It always returns an error.
func (w *watcher) session(ctx context.Context) error {
	c, err := w.signedIn(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	// Asked here, where it is bounded: the client asks the server for them when it does not know them.
	if err := c.within(ctx, w.cfg.Patience, smallTalk, func() error { c.caps = c.Caps(); return nil }); err != nil {
		return err
	}
	if err := w.open(ctx, c); err != nil {
		return err
	}
	if err := w.sync(ctx, c); err != nil {
		return err
	}
	if err := w.sweep(ctx, c); err != nil {
		return err
	}
	w.cfg.Metrics.up(w.account.Name, true)
	w.log.Info("imap: connected", "mailbox", w.account.Mailbox)
	return w.watch(ctx, c)
}

// open selects the mailbox, compares its UIDVALIDITY with the one known, and reads the place from the store.
func (w *watcher) open(ctx context.Context, c *conn) error {
	if err := w.checkFolder(ctx, c); err != nil {
		return err
	}
	box, err := w.selected(ctx, c, false)
	if err != nil {
		return err
	}
	if w.marks = marksOf(box.PermanentFlags); len(w.marks.flags()) == 0 && w.account.MoveTo == "" {
		w.log.Warn("imap: the mailbox cannot be written to; mail that was taken is not marked")
	}
	return w.load(ctx, box.UIDValidity)
}

// selected selects the mailbox.
func (w *watcher) selected(ctx context.Context, c *conn, readOnly bool) (box *imap.SelectData, err error) {
	err = c.within(ctx, w.cfg.Patience, smallTalk, func() (err error) {
		box, err = c.Select(w.account.Mailbox, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		return err
	})
	switch {
	case refused(err):
		return nil, fault(CauseFolder, nil, "The mailbox %q cannot be opened. Create it, or change mail.imap.mailbox.", w.account.Mailbox)
	case err != nil:
		return nil, answer(err, CauseServer, "opening the mailbox")
	case box.UIDValidity == 0:
		return nil, fault(CauseProtocol, nil, "The server gives the mailbox no UIDVALIDITY: its mails cannot be told apart.")
	}
	return box, nil
}

// checkFolder says early that mail cannot be moved.
func (w *watcher) checkFolder(ctx context.Context, c *conn) error {
	if w.account.MoveTo == "" {
		return nil
	}
	err := c.within(ctx, w.cfg.Patience, smallTalk, func() error {
		_, err := c.Status(w.account.MoveTo, &imap.StatusOptions{NumMessages: true}).Wait()
		return err
	})
	if refused(err) {
		return fault(CauseFolder, nil, "The folder %q is not there. Create it in the mailbox, or change mail.imap.move_to.", w.account.MoveTo)
	}
	return answer(err, CauseServer, "looking for the folder")
}

func (w *watcher) load(ctx context.Context, validity uint32) error {
	src := w.account.source()
	state, err := w.gw.FetchState(ctx, src)
	if err == nil && state.UIDValidity != validity {
		if state.UIDValidity != 0 {
			w.log.Warn("imap: the mailbox was made anew (UIDVALIDITY changed): all of it is read again, and what is known is recognised")
		}
		if err = w.gw.BeginFetch(ctx, src, validity); err == nil {
			state = store.FetchState{UIDValidity: validity}
		}
	}
	if err != nil {
		return fault(CauseStore, err, "The place in the mailbox cannot be read.")
	}
	if state.UIDValidity != w.state.UIDValidity {
		w.suspect, w.swept = 0, map[uint32]int{}
	}
	w.state, w.failing = state, map[uint32]store.FetchFailure{}
	for _, f := range state.Failures {
		w.failing[f.UID] = f
	}
	return nil
}

// sweepEvery is how often mails that should carry our mark and do not are looked for.
const sweepEvery = time.Hour

// watch waits for news and takes what comes, for as long as the connection lasts.
func (w *watcher) watch(ctx context.Context, c *conn) error {
	sinceSweep, quiet := time.Duration(0), 0
	for {
		woken, err := w.wait(ctx, c)
		if err != nil {
			return err
		}
		w.tries = 0 // only now: a server that takes every sign-in and then hangs up is a broken one too
		before := w.state.UID
		if err := w.sync(ctx, c); err != nil {
			return err
		}
		// A server that cries wolf is listened to ever more slowly.
		if quiet++; !woken || w.state.UID != before {
			quiet = 0
		}
		if quiet > 1 {
			w.cfg.Sleep(ctx, time.Duration(min(quiet, 30))*time.Second)
		}
		if woken {
			continue
		}
		if sinceSweep += w.pause(c); sinceSweep >= sweepEvery {
			sinceSweep = 0
			if err := w.sweep(ctx, c); err != nil {
				return err
			}
		}
	}
}

// wait returns when the server speaks of mail (woken), or when it is time to look without being told.
func (w *watcher) wait(ctx context.Context, c *conn) (woken bool, err error) {
	if !c.caps.Has(imap.CapIdle) {
		w.cfg.Sleep(ctx, w.pause(c))
		return false, answer(c.within(ctx, w.cfg.Patience, smallTalk, func() error { return c.Noop().Wait() }), CauseServer, "a sign of life")
	}
	pause := time.NewTimer(w.pause(c))
	defer pause.Stop()
	var stop func() error
	err = c.within(ctx, w.cfg.Patience, smallTalk, func() error {
		idle, err := c.Idle()
		if err == nil {
			stop = func() error { return errors.Join(idle.Close(), idle.Wait()) }
		}
		return err
	})
	if err != nil {
		return false, answer(err, CauseServer, "waiting for mail")
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err() // the connection is cut with the IDLE in it
	case <-c.Closed():
		return false, fault(CauseConnection, nil, "The server ended the connection.")
	case <-c.news:
		woken = true
	case <-pause.C:
	}
	// No other command may be sent before the IDLE has ended. That it does is also the sign that the server is still there.
	return woken, answer(c.within(ctx, w.cfg.Patience, smallTalk, stop), CauseServer, "waiting for mail")
}

// pause is how long it takes until mail is looked for without news.
func (w *watcher) pause(c *conn) time.Duration {
	if c.caps.Has(imap.CapIdle) {
		return w.cfg.IdleFor
	}
	return w.cfg.PollEvery
}

// sync takes every mail above the place, and those failing ones whose time has come.
func (w *watcher) sync(ctx context.Context, c *conn) error {
	for {
		select { // what is news now will be found below
		case <-c.news:
		default:
		}
		var uids []uint32
		if w.state.UID < ^uint32(0) { // else there is no number above it, and a set that begins at 0 would mean something else
			above := imap.UIDSet{{Start: imap.UID(w.state.UID + 1), Stop: 0}}
			var err error
			uids, err = w.search(ctx, c, &imap.SearchCriteria{UID: []imap.UIDSet{above}}, func(uid uint32) bool {
				_, failing := w.failing[uid]
				return uid > w.state.UID && !failing // "n:*" is the last mail even where that is below n
			})
			if err != nil {
				return err
			}
		}
		due := w.dueFailures()
		if len(uids)+len(due) == 0 {
			return nil
		}
		for _, some := range [][]uint32{uids, due} {
			if err := w.takeAll(ctx, c, some); err != nil {
				return err
			}
		}
		if len(uids) < maxRound {
			return nil
		}
	}
}

// dueFailures are the mails to try again now. One whose time lies further off than any back-off was written by another clock.
func (w *watcher) dueFailures() (uids []uint32) {
	now := w.cfg.Now()
	for uid, f := range w.failing {
		if !now.Before(f.Next) || f.Next.Sub(now) > 2*retryLeft || !f.GivenUp && f.Next.Sub(now) > 2*retryMost {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}

// maxSwept is how often one mail is taken again by sweeps.
const maxSwept = 8

// sweep takes what lies below the place and does not carry our mark. It is handed over again and recognised, unless it was never seen before.
func (w *watcher) sweep(ctx context.Context, c *conn) error {
	for range 20 {
		criteria := w.unmarked()
		if criteria == nil {
			return nil
		}
		uids, err := w.search(ctx, c, criteria, func(uid uint32) bool {
			_, failing := w.failing[uid]
			return uid <= w.state.UID && !failing && w.swept[uid] < maxSwept // a mark that does not stick is not tried for ever
		})
		if err != nil || len(uids) == 0 {
			return err
		}
		for _, uid := range uids {
			w.swept[uid]++
		}
		if err := w.takeAll(ctx, c, uids); err != nil {
			return err
		}
	}
	return nil
}

// kindOfMailFault says whether an error of AcceptMail is about this mail alone.
func kindOfMailFault(err error) bool {
	k := ids.KindOf(err)
	return k != ids.Unavailable && k != ids.TooMany && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
