// Package store keeps everything that must not be lost, in SQLite (one file, the default) or PostgreSQL, with the same hand-written SQL.
//
// A change is made in one way: Store.Write runs a function inside a transaction and commits its state, its audit entry and its outbox
// items together; a use case that returns no entry does not compile. On SQLite one goroutine writes and puts concurrent
// changes into one transaction, so that they share an fsync; on PostgreSQL each change has its own transaction. Content is
// sealed per case before it reaches the database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the "pgx" driver

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

// Engine names a database engine.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Config says where the store is.
type Config struct {
	Engine Engine
	// DSN is a file path for SQLite, a connection string or URL for PostgreSQL.
	DSN string
	// Vault seals content; it must hold the key-encryption key the database was written with.
	Vault *vault.Vault
	// Wake, when set, is called after each commit with the topics it touched (see Tx.wake). It must not block.
	Wake func(topics []string)
	// Now is the clock; nil = time.Now.
	Now func() time.Time
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	Reader
	cfg    Config
	write  *sql.DB // PostgreSQL: the pool; SQLite: two connections, owned by writer
	read   *sql.DB
	writer *groupWriter // SQLite only
	pg     querier      // PostgreSQL only
	now    func() time.Time

	closing  sync.Once
	closeErr error
	inHand   sync.RWMutex // PostgreSQL: read-locked by each change, locked by Close
	closed   bool         // under inHand
}

// Open opens a database whose schema is current. It refuses one that is older (run `kinbridge migrate`) or newer than this
// program.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Vault == nil {
		return nil, errors.New("store: no vault")
	}
	if err := checkVersion(ctx, cfg); err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	switch cfg.Engine {
	case SQLite:
		err = s.openSQLite(ctx)
	case Postgres:
		err = s.openPostgres(ctx)
	default:
		err = fmt.Errorf("store: unknown engine %q (want sqlite or postgres)", cfg.Engine)
	}
	if err != nil {
		return nil, err
	}
	s.Reader = Reader{q: querier{c: s.read, engine: cfg.Engine, kept: &sync.Map{}}, vault: cfg.Vault, clock: s.now}
	return s, nil
}

// sqliteDSN: WAL with synchronous=FULL makes every commit durable before it is acknowledged.
func sqliteDSN(path string, pragmas ...string) string {
	v := url.Values{}
	for _, p := range append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"}, pragmas...) {
		v.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

func (s *Store) openSQLite(ctx context.Context) error {
	if _, err := os.Stat(s.cfg.DSN); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	var err error
	// 16 MiB of cache: a commit that has split a page of an index looks through all of it (sqlite3PcacheTruncate), and the system caches the file anyway.
	if s.write, err = sql.Open("sqlite", sqliteDSN(s.cfg.DSN, "cache_size(-16384)", "wal_autocheckpoint(0)", "secure_delete(ON)", "temp_store(MEMORY)")); err != nil {
		return err
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return errors.Join(classify(err), s.write.Close())
	}
	other, err := s.write.Conn(ctx)
	if err != nil {
		return errors.Join(classify(err), conn.Close(), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", sqliteDSN(s.cfg.DSN, "query_only(ON)")); err != nil {
		return errors.Join(err, other.Close(), conn.Close(), s.write.Close())
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	s.writer = newGroupWriter(conn, other)
	return nil
}

func (s *Store) openPostgres(ctx context.Context) error {
	db, err := sql.Open("pgx", s.cfg.DSN)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return errors.Join(classify(err), db.Close())
	}
	s.write, s.read = db, db
	s.pg = querier{c: db, engine: Postgres, kept: &sync.Map{}}
	return nil
}

// Close waits for the writes in hand and closes the database. Closing again returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.close())
		errs = append(errs, s.read.Close())
	}
	s.inHand.Lock()
	s.closed = true
	s.inHand.Unlock()
	return errors.Join(append(errs, s.write.Close())...)
}

// Write runs fn in a transaction and commits what it did together with the audit entry it returns. The entry is given its
// identifier, time, actor and sequence number here. When Write returns nil everything is durable; when it returns an error
// nothing was done. fn may be run again (a neighbour in SQLite's group failed, or PostgreSQL
// could not serialize) and must do nothing outside the Tx.
func (s *Store) Write(ctx context.Context, actor ids.Actor, fn func(*Tx) (audit.Entry, error)) error {
	return s.record(ctx, actor, fn, &Announced{s: s})
}

func (s *Store) record(ctx context.Context, actor ids.Actor, fn func(*Tx) (audit.Entry, error), a *Announced) error {
	return s.transact(ctx, func(tx *Tx) error {
		tx.actor, tx.ahead = actor, a.ahead
		e, err := fn(tx)
		if err != nil {
			return err
		}
		return tx.appendEntries(append(tx.also, e))
	}, a.Withdraw)
}

// Announced is a change that will be made in a moment.
type Announced struct {
	s       *Store
	counted bool // among the changes that the writer holds a group open for
	once    sync.Once
	ahead   *sealedAhead
}

// Announce says that a change will follow in a moment, so that changes which are being made ready side by side share a commit instead of each
// having its own: SQLite's writer holds a group open for them, for three milliseconds at most. Call Write, or Withdraw when there will be none;
// to withdraw after Write does nothing.
func (s *Store) Announce() *Announced {
	if s.writer != nil {
		s.writer.coming.Add(1)
	}
	return &Announced{s: s, counted: s.writer != nil}
}

// Write is Store.Write for the announced change.
func (a *Announced) Write(ctx context.Context, actor ids.Actor, fn func(*Tx) (audit.Entry, error)) error {
	defer a.Withdraw()
	return a.s.record(ctx, actor, fn, a)
}

// Withdraw takes the announcement back.
func (a *Announced) Withdraw() {
	a.once.Do(func() {
		if a.counted {
			a.s.writer.came()
		}
	})
}

// housekeep commits bookkeeping that is no business event: leases, last-seen times, tree nodes.
func (s *Store) housekeep(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, fn, func() {})
}

// transact runs a change; arrived is called once SQLite's writer has it.
func (s *Store) transact(ctx context.Context, fn func(*Tx) error, arrived func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A change once begun is finished: interrupting SQLite in the middle would roll back its neighbours' work too.
	ctx = context.WithoutCancel(ctx)
	var topics []string
	run := func(q querier) error {
		now := s.now().UTC().Truncate(time.Microsecond)
		tx := &Tx{Reader: Reader{q: q, vault: s.cfg.Vault, clock: func() time.Time { return now }}, ctx: ctx, now: now}
		if err := fn(tx); err != nil {
			return err
		}
		topics = tx.topics
		return nil
	}
	var err error
	if s.writer != nil {
		err = s.writer.do(run, arrived)
	} else {
		err = s.transactPostgres(ctx, run)
	}
	if err == nil && s.cfg.Wake != nil && len(topics) > 0 {
		s.cfg.Wake(topics)
	}
	return err
}

func (s *Store) transactPostgres(ctx context.Context, run func(querier) error) error {
	s.inHand.RLock()
	defer s.inHand.RUnlock()
	if s.closed {
		return errClosed
	}
	for try := 0; ; try++ {
		err := s.oncePostgres(ctx, run)
		if err == nil || !(retryable(err) || errors.Is(err, errAgain)) || try == 9 {
			return classify(err)
		}
		time.Sleep(time.Duration(try+1) * 5 * time.Millisecond)
	}
}

func (s *Store) oncePostgres(ctx context.Context, run func(querier) error) error {
	sqlTx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	q := s.pg
	q.c = sqlTx
	if err := call(run, q); err != nil {
		_ = sqlTx.Rollback()
		return err
	}
	return sqlTx.Commit()
}
