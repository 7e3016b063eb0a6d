package imapin

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// maxRound is how many mails one question after new mail brings at most; the next question brings more.
const maxRound = 500

// search returns the mails that match, by UID, lowest first, each once, at most maxRound of them. The server's word is taken for what it
// is: an answer of a range is not unfolded beyond the limit.
func (w *watcher) search(ctx context.Context, c *conn, criteria *imap.SearchCriteria, keep func(uint32) bool) (uids []uint32, err error) {
	var data *imap.SearchData
	err = c.within(ctx, w.cfg.Patience, 32<<20, func() (err error) {
		data, err = c.UIDSearch(criteria, nil).Wait()
		return err
	})
	if err != nil {
		return nil, answer(err, CauseServer, "looking for mail")
	}
	set, _ := data.All.(imap.UIDSet)
	for _, r := range set {
		if r.Start == 0 {
			continue // the number 0, which no mail has
		}
		if r.Stop == 0 {
			return nil, fault(CauseProtocol, nil, "The server lists mails that cannot be.")
		}
		for uid := uint64(r.Start); uid <= uint64(r.Stop) && len(uids) < maxRound; uid++ {
			if keep(uint32(uid)) {
				uids = append(uids, uint32(uid))
			} else if uid-uint64(r.Start) > maxScan {
				return nil, fault(CauseProtocol, nil, "The server lists more mails than a mailbox has.")
			}
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// maxScan bounds how much of a range that a server claims is looked through.
const maxScan = 10_000_000

// uidSet is a set of mails for a command. A zero would mean "*", the last mail, whatever it is.
func uidSet(uids []uint32) (s imap.UIDSet) {
	for _, u := range uids {
		if u != 0 {
			s.AddNum(imap.UID(u))
		}
	}
	return s
}

// sizes asks how large mails are (RFC822.SIZE). Mails that the server does not answer for are not in the result.
func (w *watcher) sizes(ctx context.Context, c *conn, uids []uint32) (map[uint32]int64, error) {
	out := map[uint32]int64{}
	err := c.within(ctx, w.cfg.Patience, smallTalk, func() error {
		cmd := c.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, RFC822Size: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			buf, err := m.Collect()
			if err == nil && slices.Contains(uids, uint32(buf.UID)) {
				out[uint32(buf.UID)] = buf.RFC822Size
			}
		}
		return cmd.Close()
	})
	return out, answer(err, CauseServer, "listing mail")
}

// body fetches one mail without marking it as seen, whole or only its header. A nil result without an error means that the server gave nothing.
// With an error of CauseTooLarge the mail is larger than limit, whatever the server said of its size before.
func (w *watcher) body(ctx context.Context, c *conn, uid uint32, headerOnly bool, limit int64) (raw []byte, err error) {
	section := &imap.FetchItemBodySection{Peek: true}
	if headerOnly {
		section.Specifier = imap.PartSpecifierHeader
	}
	tooLarge := false
	err = c.within(ctx, w.cfg.Download, limit+smallTalk, func() error {
		cmd := c.Fetch(uidSet([]uint32{uid}), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		defer cmd.Close()
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			for item := m.Next(); item != nil; item = m.Next() {
				part, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || part.Literal == nil || !part.MatchCommand(section) {
					continue
				}
				if part.Literal.Size() > limit {
					tooLarge = true // what comes is not wanted: the connection is cut rather than filled with it
					return c.guard.Conn.Close()
				}
				b, err := readLiteral(part.Literal)
				if err != nil {
					// The client's reader goes on when a literal ends early, and Close would read what is left of it at the same time: the
					// reader must have ended first.
					_ = c.guard.Conn.Close()
					<-c.Closed()
					return err
				}
				raw = b
			}
		}
		return cmd.Close()
	})
	if tooLarge {
		return nil, fault(CauseTooLarge, nil, "A mail is larger than the server said, and over the limit.")
	}
	if err != nil {
		return nil, answer(err, CauseServer, "fetching a mail")
	}
	return raw, nil
}

// readLiteral reads a literal and holds it to its announced length: the client takes a connection that ends in the middle of one for its
// end, and half a mail must never pass for a whole one.
func readLiteral(l imap.LiteralReader) ([]byte, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(l); err != nil {
		return nil, err
	}
	if int64(b.Len()) != l.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	return b.Bytes(), nil
}
