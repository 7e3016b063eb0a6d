package storetest

import (
	"database/sql"
	"testing"

	"kinbridge/gateway/store"
)

// A sequence is not rolled back: it remembers that a change has been refused once. The entry of the change is its last act, so that the function
// has run to its end by then.
const twice = `
CREATE SEQUENCE test_turn;
CREATE FUNCTION test_refuse_every_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF nextval('test_turn') % 2 = 1 THEN
		RAISE EXCEPTION 'the test wants it once more' USING ERRCODE = 'serialization_failure';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER test_twice BEFORE UPDATE OF next ON audit_counter FOR EACH ROW EXECUTE FUNCTION test_refuse_every_other();`

// Twice makes every audited change on PostgreSQL run twice from here on: the first run is rolled back as one that could not be serialized, after
// its function has ended, as the store's contract allows (see store.Store.Write). What a function leaves outside its transaction in the
// first run, such as a list that it added to, then shows in what the test looks at. On SQLite it does nothing.
func Twice(t testing.TB, e Env) {
	t.Helper()
	if e.Config.Engine != store.Postgres {
		return
	}
	db, err := sql.Open("pgx", e.Config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), twice); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
}
