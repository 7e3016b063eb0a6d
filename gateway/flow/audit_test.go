package flow_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// wander does a number of things that people do, chosen by a seed.
func wander(t *testing.T, w *flowtest.World, seed uint64, steps int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, seed))
	actors := []ids.Actor{w.MotherActor(), w.Staff.Worker.Actor, w.Staff.StandIn.Actor, w.Staff.Family.Actor, w.Staff.Manager.Actor, w.Staff.Officer.Actor, w.Staff.OtherWorker.Actor}
	ths := []ids.ThreadID{w.Threads.Official, w.Threads.Brookshire, w.Threads.Confidential, w.Threads.Privileged}
	pick := func(n int) int { return r.IntN(n) }
	// Each step may be refused: that is an entry too. Only a fault of ours stops the walk.
	fine := func(err error) {
		t.Helper()
		if err != nil && ids.KindOf(err) == ids.Internal {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	for i := range steps {
		a, th := actors[pick(len(actors))], ths[pick(len(ths))]
		switch pick(7) {
		case 0, 1:
			_, err := w.Flow.Compose(t.Context(), a, flow.NewMessage{Thread: th, Body: fmt.Sprint("words ", i), IdemKey: fmt.Sprint(pick(steps))})
			fine(err)
		case 2:
			rows, err := w.Flow.Holds(t.Context(), a)
			fine(err)
			if len(rows) > 0 {
				h := rows[pick(len(rows))].ID
				if pick(3) == 0 {
					fine(w.Flow.Withhold(t.Context(), a, h, "other", "a reason"))
				} else {
					fine(w.Flow.Release(t.Context(), a, h, ""))
				}
			}
		case 3:
			m := flowtest.From([]string{flowtest.AnnaAddress, flowtest.BeaAddress, "who@else.example"}[pick(3)], fmt.Sprint("answer ", i))
			m.Proof.Verified = pick(4) > 0
			w.Receive(t, w.ReplyAddress(t, w.Threads.Official, w.Contacts.Anna), m)
		case 4:
			for _, s := range w.Send(t) {
				if pick(2) == 0 {
					w.Receive(t, s.EnvelopeFrom, flow.ReadMail{Kind: flow.MailBounce, MessageID: fmt.Sprint(i), Bounces: []flow.Bounce{{Status: "5.1.1", Permanent: pick(2) == 0, Delayed: true}}})
				}
			}
		case 5:
			_, err := w.Flow.Thread(t.Context(), a, th)
			fine(err)
		case 6:
			_, err := w.Flow.AuditTimeline(t.Context(), a, w.Case, 0, 10)
			fine(err)
		}
	}
}

// After any walk the log verifies on both engines; after any change by SQL it does not, and the entry is named.
func TestAuditAfterRandomFlowsAndTampering(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		seed := uint64(len(t.Name()))
		wander(t, w, seed, 60)
		skey, vkey, err := audit.NewKey("test.example/audit")
		if err != nil {
			t.Fatal(err)
		}
		seq, err := audit.NewSequencer(w.Env.Store.AuditLog(), skey)
		if err != nil {
			t.Fatal(err)
		}
		integrate := func() {
			for n := 1; n > 0; {
				if n, err = seq.Integrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		integrate()
		wander(t, w, seed+1, 20)
		integrate()
		wander(t, w, seed+2, 10) // the newest entries are not in the tree yet
		rep := flowtest.Verify(t, w.Env.Store, vkey)
		if !rep.OK() || rep.Entries < 60 {
			t.Fatalf("%+v", rep)
		}
		db := open(t, w)
		last := rep.Entries - 1
		for _, c := range []struct {
			name, sql string
			seq       int64 // of the first bad entry
		}{
			{"a column of an entry", `UPDATE audit_entries SET actor_id = 'stf_another' WHERE seq = 7`, 7},
			{"one byte of an entry", flipByte(w, 20), 20},
			{"one byte of an entry that is not in the tree yet", flipByte(w, last), last},
			{"an entry removed", `DELETE FROM audit_entries WHERE seq = 11`, 11},
			{"the newest removed", fmt.Sprint(`DELETE FROM audit_entries WHERE seq = `, last), last},
			{"two exchanged", `UPDATE audit_entries SET seq = CASE seq WHEN 5 THEN -5 WHEN 6 THEN -6 END WHERE seq IN (5, 6); UPDATE audit_entries SET seq = CASE seq WHEN -5 THEN 6 WHEN -6 THEN 5 END WHERE seq IN (-5, -6)`, 5},
		} {
			tamper(t, db, `CREATE TABLE kept AS SELECT * FROM audit_entries`)
			tamper(t, db, c.sql)
			rep := flowtest.Verify(t, w.Env.Store, vkey)
			if bad, found := rep.FirstBad(); rep.OK() || !found || bad.Seq != c.seq || bad.Text == "" {
				t.Errorf("%s: %+v", c.name, rep)
			}
			tamper(t, db, `DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept; DROP TABLE kept`)
			if rep := flowtest.Verify(t, w.Env.Store, vkey); !rep.OK() {
				t.Fatalf("%s: not put back: %+v", c.name, rep)
			}
		}
	})
}

func flipByte(w *flowtest.World, seq int64) string {
	if w.Env.Config.Engine == store.Postgres {
		return fmt.Sprintf(`UPDATE audit_entries SET body = set_byte(body, length(body) - 3, get_byte(body, length(body) - 3) # 1) WHERE seq = %d`, seq)
	}
	return fmt.Sprintf(`UPDATE audit_entries SET body = CAST(substr(body, 1, length(body) - 3) || 'Z' || substr(body, length(body) - 1) AS BLOB) WHERE seq = %d`, seq)
}

// open opens the database past the store, as somebody who owns it can, with the triggers dropped.
func open(t *testing.T, w *flowtest.World) *sql.DB {
	t.Helper()
	driver := map[store.Engine]string{store.SQLite: "sqlite", store.Postgres: "pgx"}[w.Env.Config.Engine]
	db, err := sql.Open(driver, w.Env.Config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	for _, change := range []string{`UPDATE audit_entries SET kind = 'x' WHERE seq = 3`, `DELETE FROM audit_entries WHERE seq = 3`} {
		if _, err := db.Exec(change); err == nil { // the product never does this, and the database holds it to that
			t.Errorf("the database let %q happen", change)
		}
	}
	drop(t, w, db)
	return db
}

func drop(t *testing.T, w *flowtest.World, db *sql.DB) {
	t.Helper()
	if w.Env.Config.Engine == store.Postgres {
		tamper(t, db, `ALTER TABLE audit_entries DISABLE TRIGGER ALL`)
		return
	}
	tamper(t, db, `DROP TRIGGER audit_entries_no_update; DROP TRIGGER audit_entries_no_delete`)
}

func tamper(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
