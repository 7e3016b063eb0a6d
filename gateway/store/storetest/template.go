package storetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
)

// The templates are one migrated database of each engine, which every test gets a copy of: the migrations run once in a process. They hold nothing but
// the schema and the audit entry of the migration, none of it sealed, so that a copy works with any vault.
var (
	sqliteTemplate   = sync.OnceValues(migratedFile)
	postgresTemplate = sync.OnceValue(migratedDatabase)
)

// template is the name of PostgreSQL's migrated database. Nobody connects to it once it is made: PostgreSQL copies only such.
const template = "kb_template"

// migrated names a fresh database of the engine that has this program's schema, and a new key to seal it with.
func migrated(t testing.TB, engine store.Engine) store.Config {
	t.Helper()
	cfg := store.Config{Engine: engine, Vault: newVault(t)}
	if engine == store.Postgres {
		if err := postgresTemplate(); err != nil {
			t.Fatalf("migrating PostgreSQL's template: %v", err)
		}
		cfg.DSN = createDatabase(t, template)
		return cfg
	}
	file, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("migrating SQLite's template: %v", err)
	}
	cfg.DSN = filepath.Join(t.TempDir(), "kinbridge.db")
	if err := os.WriteFile(cfg.DSN, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func migratedFile() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "kinbridge-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := store.Config{Engine: store.SQLite, DSN: filepath.Join(dir, "kinbridge.db")}
	if err := migrate(cfg); err != nil {
		return nil, err
	}
	if _, err := os.Stat(cfg.DSN + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("part of the database is still in its log: %w", err)
	}
	return os.ReadFile(cfg.DSN)
}

func migratedDatabase() error {
	if err := serve(); err != nil {
		return err
	}
	if err := execute("CREATE DATABASE " + template); err != nil {
		return err
	}
	return migrate(store.Config{Engine: store.Postgres, DSN: dsn(template)})
}

func migrate(cfg store.Config) error {
	kek, err := vault.NewKEK()
	if err != nil {
		return err
	}
	if cfg.Vault, err = vault.New(kek); err != nil {
		return err
	}
	_, _, err = store.Migrate(context.Background(), cfg)
	return err
}
