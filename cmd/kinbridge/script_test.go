package main

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"

	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) {
	testscript.Main(withDatabases{m}, map[string]func(){
		"kinbridge": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
		"tamper":    func() { os.Exit(tamper(os.Args[1:])) },
	})
}

// withDatabases are the tests, with what their databases need.
type withDatabases struct{ m *testing.M }

func (w withDatabases) Run() int { return storetest.Run(w.m) }

// TestScripts runs the commands as a person would, one script for each file in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

// tampering is what somebody can do who owns the database file. %d is the entry's place in the log.
var tampering = map[string][]string{
	"flip":   {`UPDATE audit_entries SET body = CAST(substr(body, 1, 60) || char(unicode(substr(body, 61, 1)) + 1) || substr(body, 62) AS BLOB) WHERE seq = %d`},
	"remove": {`DELETE FROM audit_entries WHERE seq = %d`},
	"swap": {`UPDATE audit_entries SET seq = -1 - seq WHERE seq IN (%[1]d, %[1]d + 1)`,
		`UPDATE audit_entries SET seq = CASE seq WHEN -1 - %[1]d THEN %[1]d + 1 ELSE %[1]d END WHERE seq < 0`},
	"actor": {`UPDATE audit_entries SET actor_id = 'somebody' WHERE seq = %d`},
	// A tree of n leaves has 2n hashes less one for each set bit of n (tlog.StoredHashCount): the script cuts at 5, which has two.
	"cut": {`DELETE FROM audit_entries WHERE seq >= %d`, `DELETE FROM audit_hashes WHERE idx >= 2 * %d - 2`, `DELETE FROM audit_checkpoints WHERE size > %d`,
		`UPDATE audit_counter SET next = %d, chain = (SELECT chain FROM audit_entries ORDER BY seq DESC LIMIT 1)`},
	"newer": {`INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)`},
}

// tamper changes a database behind Kinbridge's back: tamper DB HOW ENTRY.
func tamper(args []string) int {
	err := func() error {
		if len(args) != 3 || tampering[args[1]] == nil {
			return fmt.Errorf("usage: tamper DB HOW ENTRY")
		}
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		db, err := sql.Open("sqlite", args[0])
		if err != nil {
			return err
		}
		defer db.Close()
		statements := append([]string{`DROP TRIGGER audit_entries_no_update`, `DROP TRIGGER audit_entries_no_delete`}, tampering[args[1]]...)
		for i, s := range statements {
			if i > 1 {
				s = fmt.Sprintf(s, n)
			}
			res, err := db.Exec(s)
			if err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			if rows, _ := res.RowsAffected(); i > 1 && rows == 0 {
				return fmt.Errorf("%s: it changed nothing", s)
			}
		}
		return nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
