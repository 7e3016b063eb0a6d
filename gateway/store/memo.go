package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// memo is what SQLite's one writer remembers, from one change to the next, of rows that every change asks for and that seldom change: who is
// in a thread, whose case it is, a case's wrapped key. The writer's goroutine alone fills it and relies on it, inside its transaction, so that what it answers is
// what the database would. Others may ask for a hint. It forgets everything when a statement writes to a table that it may hold rows of, when a transaction or a
// savepoint is undone, and when another program has written.
type memo struct {
	mu      sync.RWMutex // for hints: the writer's goroutine locks it to change of, and need not to read
	of      map[string]any
	version int64 // PRAGMA data_version: it moves when another connection commits, and never by our own commits
}

// memoSize bounds the rows remembered.
const memoSize = 8192

func newMemo() *memo { return &memo{of: map[string]any{}} }

// remember returns what key names from the querier's memo, or reads it. Only what was found is remembered. Whoever gets it must not change what
// it points to.
func remember[T any](ctx context.Context, q querier, key string, read func() (T, error)) (T, error) {
	m := q.memory(ctx)
	if m == nil {
		return read()
	}
	if v, ok := m.of[key].(T); ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		m.put(key, v)
	}
	return v, err
}

// hint returns what the writer remembers under a key, for any goroutine. It may be out of date, or undone: nothing may rest on it.
func hint[T any](m *memo, key string) (T, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.of[key].(T)
	return v, ok
}

func (m *memo) put(key string, v any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.of) >= memoSize {
		clear(m.of)
	}
	m.of[key] = v
}

type onePage struct{}

// OnePage returns a context in which reading outside a change remembers rows that every decision asks for, as the writer's memo does: for one page that
// asks many decisions, by one goroutine, and no longer. A change never reads from it. A page within a page is the same one.
func OnePage(ctx context.Context) context.Context {
	if ctx.Value(onePage{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, onePage{}, newMemo())
}

// memory is the memo that a querier may use: the writer's own; of a pool the page's.
func (q querier) memory(ctx context.Context) *memo {
	if q.memo != nil {
		return q.memo
	}
	if _, pool := q.c.(*sql.DB); !pool {
		return nil
	}
	m, _ := ctx.Value(onePage{}).(*memo)
	return m
}

func (m *memo) forget() {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		clear(m.of)
	}
}

// begin notices, inside a transaction that has begun, whether another program has written since the last one.
func (m *memo) begin(ctx context.Context, q querier) error {
	var version int64
	if err := q.one(ctx, `PRAGMA data_version`, nil, &version); err != nil {
		return err
	}
	if version != m.version {
		m.forget()
		m.version = version
	}
	return nil
}

func threadKey(id ids.ThreadID) string        { return "thread/" + string(id) }
func addressKey(id ids.AddressTokenID) string { return "address/" + string(id) }
func wrappedKey(s vault.Scope) string         { return "key/" + string(s) }

// moved keeps the one remembered column that every message changes.
func (m *memo) moved(id ids.ThreadID, at time.Time) {
	if m == nil {
		return
	}
	if t, ok := m.of[threadKey(id)].(threads.Thread); ok && t.LastAt.Before(at) {
		t.LastAt = at
		m.mu.Lock()
		defer m.mu.Unlock()
		m.of[threadKey(id)] = t
	}
}

// unremembered are the tables of which nothing is remembered: to write to them changes nothing here.
var unremembered = map[string]bool{"inbound_mail": true, "inbound_raw": true, "messages": true, "attachments": true, "holds": true, "deliveries": true,
	"outbox": true, "feed": true, "drafts": true, "sessions": true, "attendance": true,
	"audit_entries": true, "audit_counter": true, "audit_hashes": true, "audit_checkpoints": true}

// The two statements that change a column of a remembered table which is not remembered, or is kept by moved.
const (
	bumpThread = `UPDATE threads SET last_at = ? WHERE id = ? AND last_at < ?`
	bumpFeed   = `UPDATE mothers SET feed_seq = feed_seq + 1 WHERE id = ? RETURNING feed_seq`
)

// spoils reports whether a statement may change what is remembered. What it does not know, it takes for one that does.
func spoils(query string) bool {
	if query == bumpThread || query == bumpFeed {
		return false
	}
	words := strings.Fields(query)
	for i := range words {
		words[i] = strings.ToUpper(words[i])
	}
	switch {
	case len(words) == 0:
		return true
	case words[0] == "SELECT", words[0] == "PRAGMA", words[0] == "BEGIN", words[0] == "COMMIT", words[0] == "SAVEPOINT", words[0] == "RELEASE":
		return false
	case len(words) > 2 && (words[0] == "INSERT" && words[1] == "INTO" || words[0] == "DELETE" && words[1] == "FROM"):
		return !unremembered[strings.ToLower(words[2])]
	case len(words) > 1 && words[0] == "UPDATE":
		return !unremembered[strings.ToLower(words[1])]
	}
	return true // ROLLBACK is one of them
}
