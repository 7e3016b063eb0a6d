package imapin

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

const (
	batch       = 32 // mails whose progress is stored, and who are set aside, together
	retryFirst  = time.Minute
	retryMost   = time.Hour
	retryLeft   = 24 * time.Hour // of a mail that was given up: what was wrong with it may have been mended
	maxFailures = 1000           // mails failing at a time: beyond that it is the server that fails
)

// takeAll takes mails in batches.
func (w *watcher) takeAll(ctx context.Context, c *conn, uids []uint32) error {
	for some := range slices.Chunk(uids, batch) {
		if err := w.takeBatch(ctx, c, some); err != nil {
			return err
		}
	}
	return nil
}

// takeBatch takes some mails: each is handed to the gateway; then the progress is stored; then they are set aside in the mailbox. A mail that
// cannot be taken holds nobody up.
func (w *watcher) takeBatch(ctx context.Context, c *conn, uids []uint32) error {
	sizes, err := w.sizes(ctx, c, uids)
	if err != nil {
		return err
	}
	p := store.FetchProgress{UIDValidity: w.state.UIDValidity}
	var taken []uint32
	var broke error
	for _, uid := range uids {
		size, there := sizes[uid]
		if !there {
			continue
		}
		err := w.take(ctx, c, uid, size)
		cause := causeOf(err)
		switch {
		case err == nil:
			taken = append(taken, uid)
			p.Settled = append(p.Settled, uid)
		case ctx.Err() != nil:
			broke = ctx.Err()
		case cause == CauseRefused || cause == CauseServer || cause == CauseMissing:
			p.Failed = append(p.Failed, w.failed(uid, cause))
		case cause == CauseStore:
			broke = err
		case cause == CauseTooLarge || w.suspect == uid: // the second time in a row that the connection broke at this very mail
			p.Failed = append(p.Failed, w.failed(uid, cause))
			broke = err
		default:
			w.suspect, broke = uid, err
		}
		if broke != nil {
			break
		}
		p.UID = max(p.UID, uid)
	}
	if n := len(p.Failed); broke != nil && n > 0 {
		p.UID = max(p.UID, p.Failed[n-1].UID)
	}
	if broke == nil {
		broke = w.missing(ctx, c, uids, sizes, &p)
	}
	if broke != nil { // those not given, below the place, are looked for again when their time comes
		for _, uid := range uids {
			if _, there := sizes[uid]; !there && uid < p.UID {
				p.Failed = append(p.Failed, w.failed(uid, CauseMissing))
			}
		}
	}
	if err := w.keep(ctx, p); err != nil {
		return err
	}
	if broke != nil {
		return broke
	}
	return w.setAside(ctx, c, taken)
}

// missing looks again for mails that the server listed and did not give: those that are gone meanwhile are forgotten, the others fail. The
// place does not move for their sake: a number that no mail has been seen under says nothing about the numbers below it.
func (w *watcher) missing(ctx context.Context, c *conn, uids []uint32, sizes map[uint32]int64, p *store.FetchProgress) error {
	var lost []uint32
	for _, uid := range uids {
		if _, there := sizes[uid]; !there {
			lost = append(lost, uid)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	still, err := w.search(ctx, c, &imap.SearchCriteria{UID: []imap.UIDSet{uidSet(lost)}}, func(uid uint32) bool { return slices.Contains(lost, uid) })
	if err != nil {
		return err
	}
	if gone := len(lost) - len(still); gone > 0 {
		w.log.Warn("imap: mails went from the mailbox before they could be taken: somebody else moves or deletes mail there", "mails", gone)
	}
	for _, uid := range lost {
		if slices.Contains(still, uid) {
			p.Failed = append(p.Failed, w.failed(uid, CauseMissing))
		} else {
			p.Settled = append(p.Settled, uid)
		}
	}
	return nil
}

// failed counts one more failure of a mail.
func (w *watcher) failed(uid uint32, cause Cause) store.FetchFailure {
	f := w.failing[uid]
	f.UID, f.Cause = uid, string(cause)
	f.Attempts++
	wait := outbox.Backoff(f.Attempts, retryFirst, retryMost)
	if f.GivenUp = f.Attempts >= w.cfg.Tries; f.GivenUp {
		wait = retryLeft
	}
	f.Next = w.cfg.Now().Add(wait)
	return f
}

// keep stores progress, then knows it.
func (w *watcher) keep(ctx context.Context, p store.FetchProgress) error {
	p.Settled = slices.DeleteFunc(p.Settled, func(uid uint32) bool { _, was := w.failing[uid]; return !was })
	for _, f := range p.Failed {
		if f.GivenUp && !w.failing[f.UID].GivenUp {
			p.Left = append(p.Left, f.UID)
		}
	}
	if p.UID <= w.state.UID && len(p.Failed)+len(p.Settled) == 0 {
		return nil
	}
	// What was handed over is durable; that its place is too should not depend on a shutdown that began meanwhile.
	if err := w.gw.KeepFetchProgress(context.WithoutCancel(ctx), w.account.source(), p); err != nil {
		return fault(CauseStore, err, "The place in the mailbox cannot be stored.")
	}
	w.state.UID = max(w.state.UID, p.UID)
	for _, uid := range p.Settled {
		delete(w.failing, uid)
	}
	for _, f := range p.Failed {
		w.failing[f.UID] = f
		w.cfg.Metrics.fault(w.account.Name, Cause(f.Cause))
		if slices.Contains(p.Left, f.UID) {
			w.cfg.Metrics.mail(w.account.Name, resultLeft)
			w.log.Error("imap: a mail could not be taken and stays in the mailbox: look at it there", "uid", f.UID, "cause", f.Cause, "tries", f.Attempts)
		} else {
			w.log.Warn("imap: a mail could not be taken and is tried again", "uid", f.UID, "cause", f.Cause, "tries", f.Attempts)
		}
	}
	if len(w.failing) > maxFailures {
		return fault(CauseProtocol, nil, "More than %d mails of the mailbox cannot be taken: its server is not to be trusted with the rest.", maxFailures)
	}
	return nil
}

// take hands one mail to the gateway, for each of its recipients.
func (w *watcher) take(ctx context.Context, c *conn, uid uint32, size int64) error {
	whole, limit := int64(0), w.cfg.MaxBytes
	if f, failed := w.failing[uid]; size > limit || failed && f.Cause == string(CauseTooLarge) {
		whole, limit = max(size, limit+1), min(limit, maxHeader)
	}
	raw, err := w.body(ctx, c, uid, whole > 0, limit)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return fault(CauseMissing, nil, "The server lists a mail and gives nothing of it.")
	}
	if whole > 0 {
		raw, _ = splitHeader(raw)
	}
	r := reading{Own: w.account.Reading.Own, Sources: w.account.Reading.Sources, Ours: w.gw.OurDomain}
	for _, env := range r.envelopes(raw, w.account.Name, whole) {
		if _, err := w.gw.AcceptMail(ctx, env, raw); err != nil {
			if ctx.Err() != nil || !kindOfMailFault(err) {
				return fault(CauseStore, err, "A mail could not be kept.")
			}
			return fault(CauseRefused, err, "The gateway does not take a mail.")
		}
	}
	w.suspect = 0
	result := resultTaken
	if whole > 0 {
		result = resultHeader
	}
	w.cfg.Metrics.mail(w.account.Name, result)
	w.cfg.Metrics.last(w.account.Name, w.cfg.Now())
	return nil
}

// maxHeader is the longest header that is taken of a mail that is too large, in bytes.
const maxHeader = 1 << 20
