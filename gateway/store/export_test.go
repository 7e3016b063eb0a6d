package store

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"
)

// SetSchemaVersion pretends that a newer program has migrated the database.
func SetSchemaVersion(t *testing.T, s *Store, v int64) {
	t.Helper()
	Exec(t, s, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, `+trueFor(s.cfg.Engine)+`)`, v)
}

// Exec runs SQL past the store, as somebody with the database in her hands would.
func Exec(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	if _, err := s.write.Exec(rebind(s.cfg.Engine, query), args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TryExec is Exec for what may fail.
func TryExec(s *Store, query string) error {
	_, err := s.write.Exec(query)
	return err
}

// Query reads one column of text past the store.
func Query(t testing.TB, s *Store, query string) (out []string) {
	t.Helper()
	rows, err := s.write.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Pragma runs a statement on SQLite's writing connection, which must be idle.
func Pragma(t testing.TB, s *Store, stmt string) {
	t.Helper()
	if _, err := s.writer.conn.ExecContext(context.Background(), stmt); err != nil {
		t.Fatal(err)
	}
}

// SetGroupWait changes how long SQLite's writer, which must be idle, waits for announced changes.
func SetGroupWait(s *Store, d time.Duration) { s.writer.wait = d }

// SealedAhead reports whether an announced change has anything sealed ahead.
func SealedAhead(a *Announced) bool { return a.ahead != nil }

// CountCommits counts the commits of SQLite's writer from now on.
func CountCommits(t testing.TB, s *Store) *atomic.Int64 {
	t.Helper()
	var n atomic.Int64
	if err := s.writer.conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { n.Add(1); return 0 })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return &n
}

// MigrateTo brings a database to an older version than this program's.
func MigrateTo(t testing.TB, cfg Config, version int64) *sql.DB {
	t.Helper()
	p, db, err := provider(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := p.UpTo(context.Background(), version); err != nil {
		t.Fatal(err)
	}
	return db
}

// MigrationFiles are the migrations of both engines.
var MigrationFiles = migrationFiles

// Classify is classify.
var Classify = classify

// OfMother are the tables that a merge of two records moves by mother_id.
var OfMother = ofMother
