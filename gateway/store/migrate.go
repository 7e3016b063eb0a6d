package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

//go:embed migrations
var migrationFiles embed.FS

// migrations returns the files an engine runs: the shared ones and its own, in one order of numbers.
func migrations(e Engine) (fs.FS, error) {
	out := fstest.MapFS{}
	for _, dir := range []string{"migrations", "migrations/" + string(e)} {
		entries, err := migrationFiles.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, f := range entries {
			if f.IsDir() {
				continue
			}
			b, err := migrationFiles.ReadFile(path.Join(dir, f.Name()))
			if err != nil {
				return nil, err
			}
			out[f.Name()] = &fstest.MapFile{Data: b, Mode: 0o444}
		}
	}
	return out, nil
}

// provider opens a bare connection and goose over it. The caller closes the database.
func provider(ctx context.Context, cfg Config) (*goose.Provider, *sql.DB, error) {
	files, err := migrations(cfg.Engine)
	if err != nil {
		return nil, nil, err
	}
	dialect, driver, dsn := database.DialectSQLite3, "sqlite", sqliteDSN(cfg.DSN)
	opts := []goose.ProviderOption{goose.WithVerbose(false)}
	if cfg.Engine == Postgres {
		dialect, driver, dsn = database.DialectPostgres, "pgx", cfg.DSN
		locker, err := lock.NewPostgresSessionLocker() // a PostgreSQL advisory lock
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	p, err := goose.NewProvider(dialect, db, files, opts...)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return p, db, nil
}

// lockMigration keeps two migrations of one SQLite file apart: an advisory lock on a file beside it. PostgreSQL's lock is
// in the provider.
func lockMigration(cfg Config) (unlock func(), err error) {
	if cfg.Engine != SQLite {
		return func() {}, nil
	}
	if err := os.MkdirAll(filepath.Dir(cfg.DSN), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(cfg.DSN+".migrate-lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("migration lock: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// Migrate brings the database's schema up to this program's, under a lock, and records it in the audit log. It returns the
// versions before and after; a schema newer than this program is refused. A SQLite file that does not exist is made.
func Migrate(ctx context.Context, cfg Config) (from, to int64, err error) {
	unlock, err := lockMigration(cfg)
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	if cfg.Engine == SQLite { // made with a private mode before SQLite would make it with the umask's
		f, err := os.OpenFile(cfg.DSN, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return 0, 0, fmt.Errorf("database: %w", err)
		}
		if err := f.Close(); err != nil {
			return 0, 0, err
		}
	}
	from, to, err = migrateLocked(ctx, cfg)
	if err != nil || from == to {
		return from, to, err
	}
	s, err := Open(ctx, cfg)
	if err != nil {
		return from, to, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return from, to, s.Write(ctx, ids.System("migrate"), func(*Tx) (audit.Entry, error) { return audit.MigrateApplied(from, to), nil })
}

func migrateLocked(ctx context.Context, cfg Config) (from, to int64, err error) {
	p, db, err := provider(ctx, cfg)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	from, target, err := p.GetVersions(ctx)
	if err != nil {
		return 0, 0, classify(err)
	}
	if from > target {
		return from, from, newerSchema(from, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return from, from, fmt.Errorf("migrate: %w", classify(err))
	}
	return from, target, nil
}

func newerSchema(have, want int64) error {
	return ids.E(ids.Conflict, "The database has schema version %d and this program knows %d: it was written by a newer Kinbridge. Use that one, or restore a backup from before the upgrade.", have, want)
}

// checkVersion refuses a database whose schema is not this program's.
func checkVersion(ctx context.Context, cfg Config) (err error) {
	if cfg.Engine == SQLite {
		if _, err := os.Stat(cfg.DSN); err != nil {
			return ids.Wrap(ids.NotFound, err, "There is no database at %s: run `kinbridge migrate` to make one.", cfg.DSN)
		}
	}
	if cfg.Engine != SQLite && cfg.Engine != Postgres {
		return fmt.Errorf("store: unknown engine %q (want sqlite or postgres)", cfg.Engine)
	}
	have, want, err := versions(ctx, cfg)
	switch {
	case err != nil:
		return err
	case have > want:
		return newerSchema(have, want)
	case have < want:
		return ids.E(ids.Conflict, "The database has schema version %d and this program needs %d: run `kinbridge migrate`.", have, want)
	}
	return nil
}

// Exists reports whether the configured database has been migrated before.
func Exists(ctx context.Context, cfg Config) (bool, error) {
	if cfg.Engine == SQLite {
		info, err := os.Stat(cfg.DSN)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	have, _, err := versions(ctx, cfg)
	return have > 0, err
}

// versions reads the schema's version without changing anything: a read-only database can still be verified.
func versions(ctx context.Context, cfg Config) (have, want int64, err error) {
	files, err := migrations(cfg.Engine)
	if err != nil {
		return 0, 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	for _, n := range names {
		v, err := goose.NumericComponent(n)
		if err != nil {
			return 0, 0, err
		}
		want = max(want, v)
	}
	driver, dsn := "pgx", cfg.DSN
	if cfg.Engine == SQLite {
		driver, dsn = "sqlite", sqliteDSN(cfg.DSN)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return 0, 0, classify(err)
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = `+trueFor(cfg.Engine)).Scan(&have)
	if err != nil { // no table: a database nobody has migrated
		return 0, want, nil
	}
	return have, want, nil
}

func trueFor(e Engine) string {
	if e == Postgres {
		return "TRUE"
	}
	return "1"
}

// DestroyKey destroys a scope's data key: what it sealed cannot be read again.
func (tx *Tx) DestroyKey(s vault.Scope) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE data_keys SET wrapped = ?, destroyed = ? WHERE scope = ? AND destroyed = 0`, []byte{}, micros(tx.now), string(s))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	delete(tx.keys, s)
	tx.vault.Forget(s)
	return err
}
