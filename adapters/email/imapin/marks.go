package imapin

import (
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Taken is the keyword set on a mail that was taken and stays in its mailbox.
const Taken imap.Flag = "$KinbridgeTaken"

// marks says what a mailbox lets us set on its mails.
type marks struct{ keyword, seen bool }

// marksOf reads PERMANENTFLAGS (RFC 9051 section 7.1): what it names, or anything where it names \*. A server that names nothing allows all.
func marksOf(permanent []imap.Flag) marks {
	if permanent == nil {
		return marks{true, true}
	}
	any := slices.Contains(permanent, imap.FlagWildcard)
	return marks{keyword: any || slices.Contains(permanent, Taken), seen: slices.Contains(permanent, imap.FlagSeen)}
}

func (m marks) flags() (out []imap.Flag) {
	if m.seen {
		out = append(out, imap.FlagSeen)
	}
	if m.keyword {
		out = append(out, Taken)
	}
	return out
}

// setAside marks or moves mails that are durable here. Nothing is lost when the server refuses: they are known here, and the next sweep tries
// again. An error is the connection's.
func (w *watcher) setAside(ctx context.Context, c *conn, uids []uint32) error {
	set := uidSet(uids)
	if len(set) == 0 {
		return nil
	}
	if err := w.mark(ctx, c, set); err != nil || w.account.MoveTo == "" {
		return err
	}
	err := w.move(ctx, c, set)
	if refused(err) {
		w.cfg.Metrics.fault(w.account.Name, CauseFolder)
		w.log.Error("imap: mail that was taken cannot be moved and stays where it is: is the folder there, and is there room?", "folder", w.account.MoveTo, "mails", len(uids))
		return nil
	}
	return answer(err, CauseServer, "moving mail")
}

// move moves mails (RFC 6851). Without MOVE it copies and deletes. The IMAP client's own fallback deletes without waiting whether the copy
// succeeded, and expunges what others had marked as deleted: this one does neither.
func (w *watcher) move(ctx context.Context, c *conn, set imap.UIDSet) error {
	if c.caps.Has(imap.CapMove) {
		return c.within(ctx, w.cfg.Patience, smallTalk, func() error {
			_, err := c.Move(set, w.account.MoveTo).Wait()
			return err
		})
	}
	err := c.within(ctx, w.cfg.Patience, smallTalk, func() error {
		_, err := c.Copy(set, w.account.MoveTo).Wait()
		return err
	})
	if err == nil {
		err = w.flag(ctx, c, set, imap.FlagDeleted)
	}
	if err != nil || !c.caps.Has(imap.CapUIDPlus) {
		return err // without UIDPLUS (RFC 4315) the mail stays, marked as deleted, until somebody expunges
	}
	return c.within(ctx, w.cfg.Patience, smallTalk, func() error { return c.UIDExpunge(set).Close() })
}

func (w *watcher) flag(ctx context.Context, c *conn, set imap.UIDSet, flags ...imap.Flag) error {
	return c.within(ctx, w.cfg.Patience, smallTalk, func() error {
		return c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close()
	})
}

// mark sets our marks. What the server refuses is not asked of it again.
func (w *watcher) mark(ctx context.Context, c *conn, set imap.UIDSet) error {
	flags := w.marks.flags()
	if len(flags) == 0 {
		return nil
	}
	err := w.flag(ctx, c, set, flags...)
	if !refused(err) {
		return answer(err, CauseServer, "marking mail")
	}
	if w.marks.keyword && w.marks.seen {
		w.marks.keyword = false
		w.log.Warn("imap: the mailbox keeps no keywords: mail that was taken is marked as seen only")
		return w.mark(ctx, c, set)
	}
	w.marks = marks{}
	w.log.Warn("imap: the mailbox lets nothing be marked: mail that was taken is not marked")
	return nil
}

// unmarked are the mails up to the place that do not carry our mark: a crash came between keeping and marking them, or the server gave them a
// number below mails it had given before. nil means that the mailbox cannot tell.
func (w *watcher) unmarked() *imap.SearchCriteria {
	if w.state.UID == 0 {
		return nil
	}
	below := imap.UIDSet{{Start: 1, Stop: imap.UID(w.state.UID)}}
	switch {
	case w.account.MoveTo != "":
		return &imap.SearchCriteria{UID: []imap.UIDSet{below}, NotFlag: []imap.Flag{imap.FlagDeleted}}
	case w.marks.keyword:
		return &imap.SearchCriteria{UID: []imap.UIDSet{below}, NotFlag: []imap.Flag{Taken}}
	case w.marks.seen:
		return &imap.SearchCriteria{UID: []imap.UIDSet{below}, NotFlag: []imap.Flag{imap.FlagSeen}}
	}
	return nil
}
