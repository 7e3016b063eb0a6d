package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// TestCommandsOnPostgreSQL tries the commands of a world whose database is PostgreSQL, with its configuration in a file.
func TestCommandsOnPostgreSQL(t *testing.T) {
	dsn := storetest.Config(t, store.Postgres).DSN
	dir := t.TempDir()
	config := filepath.Join(dir, "kinbridge.toml")
	text := fmt.Sprintf("dir = %q\npublic_url = \"https://kinbridge.example\"\n[database]\nengine = \"postgres\"\ndsn = %q\n", filepath.Join(dir, "world"), dsn)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(status int, want string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if got := run(append(args, "--config", config), &out, &errs); got != status || !regexp.MustCompile(want).MatchString(out.String()+errs.String()) {
			t.Fatalf("%v: status %d, want %d and %q: %s%s", args, got, status, want, &out, &errs)
		}
	}
	command(1, "There is no Kinbridge database at the configured PostgreSQL", "user", "list")
	command(0, "from version 0 to version", "migrate")
	command(0, "already", "migrate")
	command(0, "otpauth://", "user", "add", "--name", "Alex Moor", "--role", "administrator", "--agency", "Pact", "--agency-kind", "charity", "alex@pact.example")
	command(0, "alex@pact.example", "user", "list")
	command(0, "^ok: 3 entries, 3 of them signed", "audit", "verify")
	command(0, "^c2sp.org/tlog-proof@v1\n", "audit", "prove", "1")

	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`ALTER TABLE audit_entries DISABLE TRIGGER ALL`, `UPDATE audit_entries SET body = set_byte(body, 60, get_byte(body, 60) # 1) WHERE seq = 1`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	command(1, `^BAD: the first bad entry is 1 aud_[0-9a-z]+ \(changed\)`, "audit", "verify")
}
