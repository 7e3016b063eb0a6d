package store_test

import (
	"database/sql"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// The helper does what the tests of the flows rely on: each function runs twice and is committed once.
func TestEveryChangeRunsTwice(t *testing.T) {
	e := storetest.Open(t, store.Postgres)
	before := entries(t, e)
	storetest.Twice(t, e)
	runs := 0
	for range 3 {
		err := e.Store.Write(t.Context(), system, func(*store.Tx) (audit.Entry, error) {
			runs++
			return audit.AgencyCreated("age_1"), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := entries(t, e) - before; runs != 6 || n != 3 {
		t.Errorf("%d runs and %d entries for 3 changes", runs, n)
	}
}

func entries(t *testing.T, e storetest.Env) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", e.Config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_entries`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
