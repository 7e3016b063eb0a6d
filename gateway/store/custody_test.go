package store_test

import (
	"slices"
	"testing"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// Two records that are one woman's leave nothing behind: whoever adds a table with a mother's identifier says here how it moves.
func TestMergingMovesEveryTable(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	tables := store.Query(t, e.Store, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'mother_id' ORDER BY m.name`)
	known := append([]string{"feed", "bookings"}, store.OfMother...)
	for _, table := range tables {
		if !slices.Contains(known, table) {
			t.Errorf("%s has a mother_id, and MergeMothers does not move it", table)
		}
	}
	if len(tables) < len(known) {
		t.Errorf("%v, and known are %v", tables, known)
	}
}
