package store

import "testing"

// SetSchemaVersion pretends that a newer program has migrated the database.
func SetSchemaVersion(t *testing.T, s *Store, v int64) {
	t.Helper()
	if _, err := s.write.Exec(rebind(s.cfg.Engine, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, `+trueFor(s.cfg.Engine)+`)`), v); err != nil {
		t.Fatal(err)
	}
}
