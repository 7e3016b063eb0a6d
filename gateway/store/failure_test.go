package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

// Many changes at once share commits, and so fsyncs; each is still told of its own fate.
func TestConcurrentWritesShareCommits(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	c, th := seed(t, e.Store)
	commits := store.CountCommits(t, e.Store)
	block, started := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // while this one is being made the others gather, as they do during an fsync
		if err := e.Store.Write(context.Background(), system, func(*store.Tx) (audit.Entry, error) {
			close(started)
			<-block
			return audit.AuditRead(""), nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-started
	const n = 100
	var asked atomic.Int64
	for i := range n {
		wg.Go(func() {
			asked.Add(1)
			if err := write(e.Store, newMessage(c, th, "x"), fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	for asked.Load() < n {
		// each is about to hand over its change
	}
	close(block)
	wg.Wait()
	if got := commits.Load(); got < 1 || got > n/4 {
		t.Errorf("%d changes took %d commits", n+1, got)
	}
	if ms, err := e.Store.MessagesOfThread(t.Context(), th.ID); err != nil || len(ms) != n {
		t.Errorf("%d messages, %v", len(ms), err)
	}
}

func unavailable(t *testing.T, err error, words string) {
	t.Helper()
	if ids.KindOf(err) != ids.Unavailable || !strings.Contains(ids.Public(err), words) || !strings.Contains(ids.Public(err), "Nothing was accepted") {
		t.Errorf("got %v (%s), want Unavailable with %q", err, ids.KindOf(err), words)
	}
}

func TestReadOnlyDatabase(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		e := storetest.Open(t, store.SQLite)
		c, th := seed(t, e.Store)
		store.Pragma(t, e.Store, "PRAGMA query_only = ON")
		for i := range 3 {
			unavailable(t, write(e.Store, newMessage(c, th, "x"), fmt.Sprint(i)), "read-only")
		}
		store.Pragma(t, e.Store, "PRAGMA query_only = OFF")
		afterwards(t, e.Store, func() error { return write(e.Store, newMessage(c, th, "x"), "later") }, th.ID)
	})
	t.Run("postgres", func(t *testing.T) {
		e := storetest.Open(t, store.Postgres)
		c, th := seed(t, e.Store)
		cfg := e.Config
		cfg.DSN += " options='-c default_transaction_read_only=on'"
		s, err := store.Open(t.Context(), cfg) // reading, verifying and exporting still work
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		unavailable(t, write(s, newMessage(c, th, "x"), "a"), "read-only")
		afterwards(t, e.Store, func() error { return write(e.Store, newMessage(c, th, "x"), "later") }, th.ID)
	})
}

// afterwards: nothing was kept of what was refused, and the next write is good.
func afterwards(t *testing.T, s *store.Store, write func() error, th ids.ThreadID) {
	t.Helper()
	if ms, err := s.MessagesOfThread(t.Context(), th); err != nil || len(ms) != 0 {
		t.Errorf("%d messages of those refused, %v", len(ms), err)
	}
	if err := write(); err != nil {
		t.Errorf("it does not work again: %v", err)
	}
	if ms, err := s.MessagesOfThread(t.Context(), th); err != nil || len(ms) != 1 {
		t.Errorf("%d messages, %v", len(ms), err)
	}
	if items, err := s.Outbox().Lease(t.Context(), []outbox.Kind{outbox.MailOut}, 10, never, never); err != nil || len(items) != 1 {
		t.Errorf("%d items in the outbox, %v", len(items), err)
	}
}

// A disk that is full: what did not fit was not acknowledged, what was acknowledged is there, and it works again when there is room.
func TestFullDisk(t *testing.T) {
	e := storetest.Open(t, store.SQLite)
	c, th := seed(t, e.Store)
	store.Pragma(t, e.Store, "PRAGMA max_page_count = 1") // SQLite takes it as: no page more than there is
	var mu sync.Mutex
	acknowledged := map[ids.MessageID]bool{}
	refused := 0
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			m := newMessage(c, th, ids.Secret(6000)) // random: it cannot be compressed
			err := write(e.Store, m, fmt.Sprint(i))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				acknowledged[m.ID] = true
				return
			}
			refused++
			unavailable(t, err, "")
		})
	}
	wg.Wait()
	if refused < 30 {
		t.Fatalf("only %d of 40 large messages were refused: the disk was not full", refused)
	}
	store.Pragma(t, e.Store, "PRAGMA max_page_count = 1000000")
	late := newMessage(c, th, "room again")
	if err := write(e.Store, late, "late"); err != nil {
		t.Fatalf("it does not work again: %v", err)
	}
	acknowledged[late.ID] = true
	ms, err := e.Store.MessagesOfThread(t.Context(), th.ID)
	if err != nil || len(ms) != len(acknowledged) {
		t.Fatalf("%d messages, %d acknowledged, %v", len(ms), len(acknowledged), err)
	}
	for _, m := range ms {
		if !acknowledged[m.ID] {
			t.Errorf("%s is there and was refused", m.ID)
		}
	}
	verified(t, e.Store)
}

// Closing while many write: each either is durable and was told so, or was refused in words and is not there.
func TestClosingWhileWriting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		c, th := seed(t, e.Store)
		var mu sync.Mutex
		acknowledged := map[ids.MessageID]bool{}
		var count atomic.Int64
		var wg sync.WaitGroup
		ready := make(chan struct{})
		for g := range 8 {
			wg.Go(func() {
				for i := 0; ; i++ {
					m := newMessage(c, th, "x")
					if err := write(e.Store, m, fmt.Sprint(g, "/", i)); err != nil {
						if ids.KindOf(err) != ids.Unavailable {
							t.Errorf("refused with %v", err)
						}
						return
					}
					mu.Lock()
					acknowledged[m.ID] = true
					mu.Unlock()
					if count.Add(1) == 30 {
						close(ready)
					}
				}
			})
		}
		<-ready
		if err := e.Store.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		s, err := store.Open(context.Background(), e.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ms, err := s.MessagesOfThread(t.Context(), th.ID)
		if err != nil || len(ms) != len(acknowledged) {
			t.Fatalf("%d messages, %d acknowledged, %v", len(ms), len(acknowledged), err)
		}
		verified(t, s)
	})
}

func verified(t *testing.T, s *store.Store) {
	t.Helper()
	skey, vkey, err := audit.NewKey("test.example/audit")
	if err != nil {
		t.Fatal(err)
	}
	verifiedWith(t, s, skey, vkey)
}

func verifiedWith(t *testing.T, s *store.Store, skey, vkey string) {
	t.Helper()
	seq, err := audit.NewSequencer(s.AuditLog(), skey)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; {
		if n, err = seq.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := audit.Verifiers(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AuditSnapshot(t.Context(), func(src audit.Source, _ audit.Reader) error {
		rep, err := audit.Verify(t.Context(), src, keys)
		if err == nil && !rep.OK() {
			t.Errorf("the audit log: %+v", rep)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A caller who has gone before her turn is told so and nothing is done; one who goes afterwards disturbs nothing.
func TestCallerGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ran := false
		err := e.Store.Write(ctx, system, func(*store.Tx) (audit.Entry, error) { ran = true; return audit.AuditRead(""), nil })
		if !errors.Is(err, context.Canceled) || ran {
			t.Errorf("%v, ran %t", err, ran)
		}
		ctx, cancel = context.WithCancel(t.Context())
		if err := e.Store.Write(ctx, system, func(tx *store.Tx) (audit.Entry, error) { cancel(); return audit.AuditRead(""), tx.Context().Err() }); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatAServerSaysIsSorted(t *testing.T) {
	for code, want := range map[string]ids.Kind{"53100": ids.Unavailable, "53300": ids.Unavailable, "57P01": ids.Unavailable, "08006": ids.Unavailable,
		"25006": ids.Unavailable, "23505": ids.Conflict, "42601": ids.Internal} {
		if got := ids.KindOf(store.Classify(&pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}

var update = flag.Bool("update", false, "write testdata/migrations.sum anew")

const sums = "testdata/migrations.sum"

// Migrations are append-only: a database somewhere has run them.
func TestMigrationsAreNotEdited(t *testing.T) {
	now := ""
	err := fs.WalkDir(store.MigrationFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(store.MigrationFiles, path)
		now += fmt.Sprintf("%x  %s\n", sha256.Sum256(b), path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(sums, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	frozen, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	if string(frozen) != now {
		t.Errorf("A migration differs from %s. One that was released is never edited: add a new one. For a new one, or before the first release, run: go test ./gateway/store -run TestMigrationsAreNotEdited -update\nnow:\n%s\nfrozen:\n%s", sums, now, frozen)
	}
}

// A database of the first version is refused until it is migrated, and then has everything it had.
func TestUpgradeFromTheFirstVersion(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			cfg := storetest.Config(t, engine)
			db := store.MigrateTo(t, cfg, 1)
			for _, row := range oldRows {
				if _, err := db.Exec(row); err != nil {
					t.Fatalf("%s: %v", row, err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Open(t.Context(), cfg); ids.KindOf(err) != ids.Conflict || !strings.Contains(ids.Public(err), "kinbridge migrate") {
				t.Fatalf("an old schema was opened: %v", err)
			}
			from, to, err := store.Migrate(t.Context(), cfg)
			if err != nil || from != 1 || to < 2 {
				t.Fatalf("%d to %d, %v", from, to, err)
			}
			s, err := store.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if a, err := s.Agency(t.Context(), "agy_old"); err != nil || a.Name != "An old body" {
				t.Errorf("%+v %v", a, err)
			}
			d, err := s.Delivery(t.Context(), "dlv_old")
			if err != nil || d.State != messages.Failed || d.Detail != "550 no" || d.Way != (messages.Way{}) || !d.Times.Handled.IsZero() {
				t.Errorf("%+v %v", d, err)
			}
			if failed, err := s.FailedDeliveries(t.Context(), "", "agy_old"); err != nil || len(failed) != 1 {
				t.Errorf("%+v %v", failed, err)
			}
			if in, err := s.Inbound(t.Context(), "inb_old"); err != nil || in.Envelope.Fetched != "" || in.Envelope.WholeSize != 0 {
				t.Errorf("%+v %v", in, err)
			}
			work, err := s.Outbox().Lease(t.Context(), []outbox.Kind{outbox.FileCheck}, 10, never, never.Add(time.Minute))
			if err != nil || len(work) != 1 || string(work[0].Payload) != `"att_old"` {
				t.Errorf("the old file is not looked at: %+v %v", work, err)
			}
			c, th := seed(t, s)
			if err := write(s, newMessage(c, th, "new words"), "k"); err != nil {
				t.Error(err)
			}
			verified(t, s)
		})
	}
}

// The audit log of a SQLite file is made anew by the eighth version: it is the same log, it goes on, and still nothing in it can be changed.
func TestUpgradeKeepsTheAuditLog(t *testing.T) {
	skey, vkey, err := audit.NewKey("test.example/audit")
	if err != nil {
		t.Fatal(err)
	}
	now, old := storetest.Config(t, store.SQLite), storetest.Config(t, store.SQLite)
	filled := open(t, now)
	c, th := seed(t, filled)
	for i := range 5 {
		if err := write(filled, newMessage(c, th, "words"), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	verifiedWith(t, filled, skey, vkey)
	if err := filled.Close(); err != nil {
		t.Fatal(err)
	}
	db := store.MigrateTo(t, old, 7)
	db.SetMaxOpenConns(1) // what is attached is attached to one connection
	for _, stmt := range []string{`ATTACH '` + now.DSN + `' AS filled`, `DELETE FROM audit_counter`,
		`INSERT INTO audit_counter SELECT * FROM filled.audit_counter`, `INSERT INTO audit_entries SELECT * FROM filled.audit_entries`,
		`INSERT INTO audit_hashes SELECT * FROM filled.audit_hashes`, `INSERT INTO audit_checkpoints SELECT * FROM filled.audit_checkpoints`} {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, old)
	defer s.Close()
	verifiedWith(t, s, skey, vkey)
	if n := store.Query(t, s, `SELECT COUNT(*) FROM audit_entries`); n[0] != "8" { // both migrations, the seed, five messages
		t.Errorf("%s entries", n[0])
	}
	for _, stmt := range []string{`UPDATE audit_entries SET kind = 'x'`, `DELETE FROM audit_entries`} {
		if err := store.TryExec(s, stmt); err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v", stmt, err)
		}
	}
}

// open migrates and opens a database.
func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	if _, _, err := store.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oldRows are rows of the first version of every table that was changed since, with what they lean on.
var oldRows = []string{
	`INSERT INTO agencies (id, kind, name, domain) VALUES ('agy_old', 'charity', 'An old body', '')`,
	`INSERT INTO wings (id, establishment_id, name) VALUES ('wng_old', 'agy_old', 'A')`,
	`INSERT INTO staff (id, email, name, role, agency_id, password_hash, totp_sealed, created) VALUES ('stf_old', 'old@pact.example', 'Wendy Pryce', 'pact_worker', 'agy_old', '', '', 1)`,
	`INSERT INTO mothers (id, name, prisoner_number, establishment_id, wing_id, pin_hash, created) VALUES ('mth_old', 'Mair Hughes', 'A0000OL', 'agy_old', 'wng_old', '', 1)`,
	`INSERT INTO cases (id, reference, mother_id, worker_id, opened) VALUES ('cas_old', 'KB-OLD', 'mth_old', 'stf_old', 1)`,
	`INSERT INTO threads (id, case_id, channel, subject_sealed, created, last_at) VALUES ('thr_old', 'cas_old', 'official', '', 1, 1)`,
	`INSERT INTO messages (id, thread_id, case_id, author_kind, author_id, state, subject_sealed, body_sealed, quoted_sealed, written, idem_key, header_id)
		VALUES ('msg_old', 'thr_old', 'cas_old', 'contact', 'con_old', 'released', '', '', '', 1, 'k', 'old@example')`,
	`INSERT INTO attachments (id, message_id, name_sealed, media_type, size, content_sealed) VALUES ('att_old', 'msg_old', '', 'application/pdf', 1, '')`,
	`INSERT INTO deliveries (id, message_id, thread_id, case_id, recipient_kind, recipient_id, address, bounce_token, state, queued, failed, detail)
		VALUES ('dlv_old', 'msg_old', 'thr_old', 'cas_old', 'contact', 'con_old', 'old@anytown.example', 'b', 'failed', 1, 2, '550 no')`,
	`INSERT INTO inbound_mail (id, digest, scope, size, mail_from, rcpt, remote_ip, helo, tls, received, state) VALUES ('inb_old', 'd', 'intake', 1, '', '', '', '', 0, 1, 'noted')`,
}

// never is later than anything falls due.
var never = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
