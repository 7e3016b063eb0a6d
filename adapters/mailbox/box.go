package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/ids"
)

// box keeps mails in memory, and each as a file named by its identifier.
type box struct {
	dir string
	log *slog.Logger

	mu    sync.Mutex
	mails []Mail // by arrival
	bytes int
}

// stamp is how a file's name begins: it sorts by arrival. The fraction is of fixed width for that reason.
const stamp = "20060102T150405.000000Z"

// openBox reads the mails that a folder holds.
func openBox(dir string, log *slog.Logger) (*box, error) {
	if dir == "" {
		return nil, errors.New("mailbox: it needs a folder to keep its mails in")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	b := &box{dir: dir, log: log}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("mailbox: %w", err)
		}
		id := strings.TrimSuffix(filepath.Base(name), ".eml")
		first, _, _ := strings.Cut(id, "-")
		at, err := time.Parse(stamp, first)
		if err != nil {
			continue // not a file of ours
		}
		b.mails = append(b.mails, read(id, at, raw))
		b.bytes += len(raw)
	}
	b.trim()
	return b, nil
}

// add keeps a mail. As a mail server does on final delivery, it writes down the envelope in front of the header: the sender (RFC 5321
// section 4.4) and the recipients.
func (b *box) add(from string, to []string, raw []byte, at time.Time) error {
	var file bytes.Buffer
	fmt.Fprintf(&file, "Return-Path: <%s>\r\n", from)
	for _, t := range to {
		fmt.Fprintf(&file, "Delivered-To: %s\r\n", t)
	}
	file.Write(raw)
	at = at.UTC().Truncate(time.Microsecond)
	id := at.Format(stamp) + "-" + ids.Secret(5)
	name := filepath.Join(b.dir, id+".eml")
	if err := os.WriteFile(name+".new", file.Bytes(), 0o600); err != nil {
		return errors.Join(err, os.Remove(name+".new"))
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	m := read(id, at, file.Bytes())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	b.bytes += len(m.raw)
	b.trim()
	return nil
}

// trim lets go of the oldest mails over the limits; the newest stays in any case.
func (b *box) trim() {
	for len(b.mails) > 1 && (len(b.mails) > maxKept || b.bytes > maxBytes) {
		old := b.mails[0]
		b.bytes -= len(old.raw)
		b.mails = slices.Delete(b.mails, 0, 1)
		if err := os.Remove(filepath.Join(b.dir, old.ID+".eml")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			b.log.Warn("an old mail's file could not be removed", "err", err)
		}
	}
}

// list returns the mails to an address ("" = all), the oldest first.
func (b *box) list(address string) []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Mail, 0, len(b.mails))
	for _, m := range b.mails {
		if address == "" || slices.Contains(m.To, address) {
			out = append(out, m)
		}
	}
	return out
}

// get returns one mail.
func (b *box) get(id string) (Mail, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.ID == id {
			return m, nil
		}
	}
	return Mail{}, ids.ErrNotFound
}
