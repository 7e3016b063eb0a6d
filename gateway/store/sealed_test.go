package store_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// Words that may be nowhere in the database. Each is long and unlike anything else.
const (
	wordBody    = "plain-body-of-a-message-zq"
	wordSubject = "plain-subject-of-a-mail-zq"
	wordQuoted  = "plain-quoted-history-zq"
	wordThread  = "plain-subject-of-a-thread-zq"
	wordFile    = "plain-content-of-a-file-zq"
	wordPicture = "plain-picture-of-a-file-zq"
	wordAloud   = "plain-words-of-a-page-zq"
	wordName    = "plain-name-of-a-file-zq"
	wordMail    = "plain-raw-mail-zq"
	wordNote    = "plain-note-of-a-decision-zq"
	wordDraft   = "plain-draft-zq"
	wordTOTP    = "PLAINTOTPSECRETZQ"
)

var words = []string{wordBody, wordSubject, wordQuoted, wordThread, wordFile, wordPicture, wordAloud, wordName, wordMail, wordNote, wordDraft, wordTOTP}

// secretive is a database with one of everything that must be sealed, twice.
type secretive struct {
	e       storetest.Env
	c       cases.Case
	th      threads.Thread
	msgs    [2]messages.Message
	files   [2]store.NewFile
	inbound [2]ids.InboundID
	holds   [2]ids.HoldID
	worker  ids.StaffID
}

func fill(t *testing.T, e storetest.Env) secretive {
	t.Helper()
	x := secretive{e: e}
	x.c, _ = seed(t, e.Store)
	x.th = threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: x.c.ID, Channel: threads.Official, Subject: wordThread}
	x.worker = ids.New[ids.StaffID](ids.Staff)
	err := e.Store.Write(context.Background(), system, func(tx *store.Tx) (audit.Entry, error) {
		agencies, err := tx.Agencies(tx.Context(), people.Establishment)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.AddStaff(people.Staff{ID: x.worker, Email: "x@pact.example", Name: "X", Role: ids.RoleAdministrator, Agency: agencies[0].ID}, store.StaffSecret{TOTPSecret: wordTOTP}); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.AddThread(x.th, nil); err != nil {
			return audit.Entry{}, err
		}
		for i := range 2 {
			n := fmt.Sprint(i)
			m := newMessage(x.c, x.th, wordBody+n)
			shown := messages.FileVerdict{State: messages.FileShown, Found: "text", Shown: 1, Total: 1}
			m.Subject, m.Quoted = wordSubject+n, wordQuoted+n
			x.files[i] = store.NewFile{Content: []byte(wordFile + n), Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: wordName + n, MediaType: "text/plain"}}
			if _, _, err := tx.AddMessage(m, n, n, []store.NewFile{x.files[i]}); err != nil {
				return audit.Entry{}, err
			}
			x.msgs[i] = m
			if _, err := tx.SetFileVerdict(x.c.ID, x.files[i].ID, shown, []messages.FilePage{{MediaType: "image/png", Content: []byte(wordPicture + n), Words: wordAloud + n}}); err != nil {
				return audit.Entry{}, err
			}
			scope := vault.Intake
			if i == 0 {
				scope = vault.CaseScope(x.c.ID)
			}
			x.inbound[i] = ids.New[ids.InboundID](ids.Inbound)
			if _, _, err := tx.AddInbound(store.Inbound{ID: x.inbound[i], Scope: scope}, n, []byte(wordMail+n)); err != nil {
				return audit.Entry{}, err
			}
			h := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: x.c.ID, Thread: x.th.ID, Message: m.ID, Why: "x", ForRole: ids.RolePactWorker}
			if err := tx.AddHold(h); err != nil {
				return audit.Entry{}, err
			}
			h.Note = wordNote + n
			if err := tx.UpdateHold(h); err != nil {
				return audit.Entry{}, err
			}
			x.holds[i] = h.ID
		}
		return audit.ThreadOpened(x.c.ID, x.th.ID, "official"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Store.SaveDraft(context.Background(), x.worker, x.th, wordDraft); err != nil {
		t.Fatal(err)
	}
	return x
}

func sealed(t *testing.T, where string, data []byte) {
	t.Helper()
	for _, w := range words {
		for _, form := range []string{w, hex.EncodeToString([]byte(w))} {
			if bytes.Contains(data, []byte(form)) {
				t.Errorf("%s holds %q in the clear", where, w)
			}
		}
	}
}

func TestNothingIsInTheClear(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		e := storetest.Open(t, store.SQLite)
		fill(t, e)
		read := func(suffix string) []byte {
			data, err := os.ReadFile(e.Config.DSN + suffix)
			if err != nil {
				t.Fatal(err)
			}
			sealed(t, "the file"+suffix, data)
			return data
		}
		live := append(read(""), read("-wal")...)
		if err := e.Store.Close(); err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{live, read("")} { // that the search can find what is there
			if !bytes.Contains(data, []byte("HMP Example")) {
				t.Fatal("the prison's name, which is not sealed, was not found: the search is blind")
			}
		}
	})
	t.Run("postgres", func(t *testing.T) {
		e := storetest.Open(t, store.Postgres)
		fill(t, e)
		var all strings.Builder
		tables := store.Query(t, e.Store, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
		for _, table := range tables {
			for _, row := range store.Query(t, e.Store, `SELECT r::text FROM `+table+` r`) {
				all.WriteString(row)
			}
		}
		sealed(t, "a table", []byte(all.String()))
		if len(tables) < 20 || !strings.Contains(all.String(), "HMP Example") {
			t.Fatal("the search is blind")
		}
	})
}

// A ciphertext in another's place is refused: another row, another column, another case, another table.
func TestCiphertextMovedIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		x, ctx, s := fill(t, e), t.Context(), e.Store
		readAll := func() error {
			if ms, err := s.MessagesOfThread(ctx, x.th.ID); err != nil || len(ms) != 2 {
				return fmt.Errorf("messages: %w", err)
			}
			for i := range 2 {
				if _, err := s.AttachmentContent(ctx, x.c.ID, x.files[i].ID); err != nil {
					return fmt.Errorf("file: %w", err)
				}
				if p, err := s.FilePage(ctx, x.c.ID, x.files[i].ID, 1); err != nil || string(p.Content) != wordPicture+fmt.Sprint(i) {
					return fmt.Errorf("picture: %w", err)
				}
				if words, err := s.FileWords(ctx, x.c.ID, x.files[i].ID); err != nil || len(words) != 1 || words[0] != wordAloud+fmt.Sprint(i) {
					return fmt.Errorf("words: %w", err)
				}
				if raw, err := s.InboundRaw(ctx, x.inbound[i]); err != nil || string(raw) != wordMail+fmt.Sprint(i) {
					return fmt.Errorf("mail: %w", err)
				}
				if _, err := s.Hold(ctx, x.holds[i]); err != nil {
					return fmt.Errorf("hold: %w", err)
				}
			}
			if _, err := s.Thread(ctx, x.th.ID); err != nil {
				return fmt.Errorf("thread: %w", err)
			}
			_, err := s.PersonSecret(ctx, store.PersonOf(x.worker))
			return err
		}
		if err := readAll(); err != nil {
			t.Fatal(err)
		}
		a, b := string(x.msgs[0].ID), string(x.msgs[1].ID)
		for _, c := range []struct{ name, table, column, row, from string }{
			{"another message's body", "messages", "body_sealed", a, `SELECT body_sealed FROM messages WHERE id = '` + b + `'`},
			{"the same message's subject as its body", "messages", "body_sealed", a, `SELECT subject_sealed FROM messages WHERE id = '` + a + `'`},
			{"another file's content", "attachments", "content_sealed", string(x.files[0].ID), `SELECT content_sealed FROM attachments WHERE id = '` + string(x.files[1].ID) + `'`},
			{"a file's name as its content", "attachments", "content_sealed", string(x.files[0].ID), `SELECT name_sealed FROM attachments WHERE id = '` + string(x.files[0].ID) + `'`},
			{"a mail of another scope", "inbound_raw", "raw_sealed", string(x.inbound[0]), `SELECT raw_sealed FROM inbound_raw WHERE id = '` + string(x.inbound[1]) + `'`},
			{"a message in the place of a mail", "inbound_raw", "raw_sealed", string(x.inbound[0]), `SELECT body_sealed FROM messages WHERE id = '` + a + `'`},
			{"another decision's note", "holds", "note_sealed", string(x.holds[0]), `SELECT note_sealed FROM holds WHERE id = '` + string(x.holds[1]) + `'`},
			{"a body as the thread's subject", "threads", "subject_sealed", string(x.th.ID), `SELECT body_sealed FROM messages WHERE id = '` + a + `'`},
			{"a body as a sign-in secret", "persons", "totp_sealed", string(store.PersonOf(x.worker)), `SELECT body_sealed FROM messages WHERE id = '` + a + `'`},
		} {
			store.Exec(t, s, `CREATE TABLE kept AS SELECT `+c.column+` AS v FROM `+c.table+` WHERE id = '`+c.row+`'`)
			store.Exec(t, s, `UPDATE `+c.table+` SET `+c.column+` = (`+c.from+`) WHERE id = '`+c.row+`'`)
			if err := readAll(); err == nil || strings.Contains(err.Error(), "-zq") {
				t.Errorf("%s: %v", c.name, err)
			}
			store.Exec(t, s, `UPDATE `+c.table+` SET `+c.column+` = (SELECT v FROM kept) WHERE id = '`+c.row+`'`)
			store.Exec(t, s, `DROP TABLE kept`)
			if err := readAll(); err != nil {
				t.Fatalf("%s: not put back: %v", c.name, err)
			}
		}
	})
}

func TestDestroyedKeyReadsNothingAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		x := fill(t, e)
		scope := vault.CaseScope(x.c.ID)
		if err := e.Store.Write(t.Context(), system, func(tx *store.Tx) (audit.Entry, error) {
			return audit.KeyDestroyed(string(scope)), tx.DestroyKey(scope)
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Store.Message(t.Context(), x.msgs[0].ID); err == nil {
			t.Error("a message of a destroyed case was read")
		}
		if raw, err := e.Store.InboundRaw(t.Context(), x.inbound[1]); err != nil || len(raw) == 0 {
			t.Errorf("another scope's mail is gone too: %v", err)
		}
		if err := write(e.Store, newMessage(x.c, x.th, "more"), "more"); err == nil {
			t.Error("a destroyed case takes new words")
		}
	})
}
