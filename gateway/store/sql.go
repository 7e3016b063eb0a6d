package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kinbridge/gateway/ids"
)

// conn is a connection, a pool or a transaction.
type conn interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// querier runs hand-written SQL with ? placeholders on either engine, each text prepared once. pgx prepares and keeps statements by
// itself, per connection; SQLite's are kept here. (Preparing on a pool from inside a transaction would wait for a second
// connection, which a busy pool never gives.)
type querier struct {
	c      conn
	engine Engine
	kept   *sync.Map // query text -> *sql.Stmt (SQLite) or rebound text (PostgreSQL)

	counter *auditCounter // SQLite's writer only
	memo    *memo         // SQLite's writer only
}

// statement is one of SQLite's prepared statements.
type statement struct {
	*sql.Stmt
	spoils bool // running it may change what the memo holds
}

// stmt returns SQLite's prepared statement for a text that is about to be run.
func (q querier) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	s, err := q.prepared(ctx, query)
	if err == nil && s.spoils {
		q.memo.forget()
	}
	return s.Stmt, err
}

func (q querier) prepared(ctx context.Context, query string) (statement, error) {
	if s, ok := q.kept.Load(query); ok {
		return s.(statement), nil
	}
	s, err := q.c.PrepareContext(ctx, query)
	if err != nil {
		return statement{}, fmt.Errorf("prepare %q: %w", strings.Join(strings.Fields(query), " "), err)
	}
	made := statement{s, spoils(query)}
	if old, loaded := q.kept.LoadOrStore(query, made); loaded {
		_ = s.Close()
		made = old.(statement)
	}
	return made, nil
}

func (q querier) text(query string) string {
	if s, ok := q.kept.Load(query); ok {
		return s.(string)
	}
	s := rebind(q.engine, query)
	q.kept.Store(query, s)
	return s
}

type statementCount struct{}

// CountStatements returns a context in which statements outside changes are counted: a page that asks the database once for each of its rows is found so.
func CountStatements(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, statementCount{}, n)
}

func (q querier) execute(ctx context.Context, query string, args []any) (sql.Result, error) {
	if q.engine == Postgres {
		return q.c.ExecContext(ctx, q.text(query), args...)
	}
	s, err := q.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (q querier) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if n, ok := ctx.Value(statementCount{}).(*atomic.Int64); ok {
		n.Add(1)
	}
	if q.engine == Postgres {
		return q.c.QueryContext(ctx, q.text(query), args...)
	}
	s, err := q.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// rebind turns ? placeholders into PostgreSQL's $1, $2 …; none of our statements has a ? inside a literal.
func rebind(e Engine, query string) string {
	if e != Postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// exec runs a statement and returns the number of rows it changed.
func (q querier) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := q.execute(ctx, query, args)
	if err != nil {
		return 0, classify(err)
	}
	return r.RowsAffected()
}

// one reads one row into dest; ids.ErrNotFound when there is none.
func (q querier) one(ctx context.Context, query string, args []any, dest ...any) error {
	rows, err := q.query(ctx, query, args)
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return classify(err)
		}
		return ids.ErrNotFound
	}
	if err := rows.Scan(dest...); err != nil {
		return classify(err)
	}
	return classify(rows.Close())
}

type scanner interface{ Scan(dest ...any) error }

// all reads every row with scan.
func all[T any](ctx context.Context, q querier, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	rows, err := q.query(ctx, query, args)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, classify(err)
		}
		out = append(out, v)
	}
	return out, classify(rows.Err())
}

// placeholders writes "?, ?, ?" for n values.
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anys[T any](vs []T) []any {
	out := make([]any, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out
}

// micros writes a time as the database keeps it; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// at scans a time written by micros.
type at struct{ t *time.Time }

func (a at) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time column holds %T", v)
	}
	if n == 0 {
		*a.t = time.Time{}
		return nil
	}
	*a.t = time.UnixMicro(n).UTC()
	return nil
}

// flag writes a bool as the database keeps it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ErrDuplicate means that a row with the same key is there already.
var ErrDuplicate = ids.E(ids.Conflict, "This is there already.")

// classify gives a database error its kind: what a person can wait out is Unavailable, a broken uniqueness is ErrDuplicate;
// the rest stays internal.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var known *ids.Error
	if errors.As(err, &known) {
		return err
	}
	const nothingLost = "Nothing was accepted and nothing is lost: try again later."
	var se *sqlite.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT:
			if se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
				return fmt.Errorf("%w (%v)", ErrDuplicate, err)
			}
		case sqlite3.SQLITE_READONLY:
			return ids.Wrap(ids.Unavailable, err, "The database file is read-only. %s", nothingLost)
		case sqlite3.SQLITE_FULL:
			return ids.Wrap(ids.Unavailable, err, "The disk that holds the database is full. %s", nothingLost)
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return ids.Wrap(ids.Unavailable, err, "The database cannot be reached just now. %s", nothingLost)
		}
		return err
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "23505":
			return fmt.Errorf("%w (%v)", ErrDuplicate, err)
		case pe.Code == "25006":
			return ids.Wrap(ids.Unavailable, err, "The database is read-only just now. %s", nothingLost)
		case strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57P"), strings.HasPrefix(pe.Code, "08"):
			return ids.Wrap(ids.Unavailable, err, "The database cannot be reached just now. %s", nothingLost)
		}
		return err
	}
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) || errors.Is(err, sql.ErrConnDone) {
		return ids.Wrap(ids.Unavailable, err, "The database cannot be reached just now. %s", nothingLost)
	}
	return err
}

// retryable reports whether a PostgreSQL transaction failed only because of another one (serialization or deadlock).
func retryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}
