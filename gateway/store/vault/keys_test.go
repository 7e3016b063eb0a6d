package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
)

func load(t testing.TB, dir string, existing bool) Keys {
	t.Helper()
	k, err := LoadOrCreateDir(dir, DirOptions{Existing: existing})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var secretFiles = []string{kekFile, signerFile, mailFile, ticketFile, sessionFile}

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "world")
	made := load(t, dir, false)
	for _, existing := range []bool{false, true} {
		if again := load(t, dir, existing); !reflect.DeepEqual(again, made) {
			t.Fatal("the keys are others the second time")
		}
	}
	if made.Mail == made.Ticket || made.Ticket == made.Session || made.Session == [32]byte{} {
		t.Error("keys are not independent")
	}
	if _, err := New(made.KEK); err != nil {
		t.Error(err)
	}
	if v, err := audit.VerifierKey(made.AuditSigner); err != nil || v != made.AuditVerifier {
		t.Errorf("%v", err)
	}
	if other := load(t, filepath.Join(t.TempDir(), "other"), false); other.AuditVerifier == made.AuditVerifier || other.Mail == made.Mail {
		t.Error("two worlds share keys")
	}
	entries, err := os.ReadDir(filepath.Join(dir, "keys"))
	if err != nil || len(entries) != len(secretFiles)+1 {
		t.Fatalf("%v %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		want := fs.FileMode(0o600)
		if e.Name() == VerifierFile {
			want = 0o644
		}
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	info, err := os.Stat(filepath.Join(dir, "keys"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", info.Mode())
	}
}

func TestAMissingKeyOfAnExistingWorldIsNeverReplaced(t *testing.T) {
	for _, name := range secretFiles {
		dir := t.TempDir()
		load(t, dir, false)
		path := filepath.Join(dir, "keys", name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err := LoadOrCreateDir(dir, DirOptions{Existing: true})
		if ids.KindOf(err) != ids.Unavailable || !strings.Contains(ids.Public(err), path) || !strings.Contains(ids.Public(err), "backup") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was made", name)
		}
	}
	empty := t.TempDir()
	if _, err := LoadOrCreateDir(empty, DirOptions{Existing: true}); ids.KindOf(err) != ids.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(empty, "keys")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder was made")
	}
	// The verifier is not secret and follows from the signer.
	dir := t.TempDir()
	made := load(t, dir, false)
	if err := os.Remove(filepath.Join(dir, "keys", VerifierFile)); err != nil {
		t.Fatal(err)
	}
	load(t, dir, true)
	if b, err := os.ReadFile(filepath.Join(dir, "keys", VerifierFile)); err != nil || string(b) != made.AuditVerifier+"\n" {
		t.Errorf("%q %v", b, err)
	}
}

func TestAnInterruptedStartIsContinued(t *testing.T) {
	dir := t.TempDir()
	made := load(t, dir, false)
	if err := os.Remove(filepath.Join(dir, "keys", ticketFile)); err != nil {
		t.Fatal(err)
	}
	again := load(t, dir, false)
	if again.Ticket == made.Ticket || again.Mail != made.Mail {
		t.Error("the wrong key was made")
	}
}

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	for _, name := range secretFiles {
		for _, mode := range []fs.FileMode{0o604, 0o640, 0o666, 0o620} {
			dir := t.TempDir()
			load(t, dir, false)
			path := filepath.Join(dir, "keys", name)
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadOrCreateDir(dir, DirOptions{})
			if ids.KindOf(err) != ids.Forbidden || !strings.Contains(ids.Public(err), "chmod 600 "+path) {
				t.Errorf("%s %v: %v", name, mode, err)
			}
		}
	}
}

func TestDamagedKeysAreRefusedAndKept(t *testing.T) {
	for _, name := range append([]string{VerifierFile}, secretFiles...) {
		for what, content := range map[string]string{"empty": "", "short": "00ff\n", "rubbish": strings.Repeat("secret", 20), "huge": strings.Repeat("0", 2<<20)} {
			dir := t.TempDir()
			load(t, dir, false)
			path := filepath.Join(dir, "keys", name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadOrCreateDir(dir, DirOptions{})
			if ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), path) || strings.Contains(err.Error(), "secretsecret") {
				t.Errorf("%s %s: %v", what, name, err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != content {
				t.Errorf("%s %s was replaced", what, name)
			}
		}
	}
	for _, name := range secretFiles {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "keys", name), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreateDir(dir, DirOptions{}); ids.KindOf(err) != ids.Invalid {
			t.Errorf("a folder in place of %s: %v", name, err)
		}
	}
}

func TestProcessesStartingAtOnceShareKeys(t *testing.T) {
	dir := t.TempDir()
	var keys [8]Keys
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = LoadOrCreateDir(dir, DirOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range keys {
		if !reflect.DeepEqual(keys[i], keys[0]) {
			t.Fatal("different keys")
		}
	}
	noLeftovers(t, filepath.Join(dir, "keys"))
}

func noLeftovers(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

var errDisk = errors.New("disk")

// badFile fails in one call.
type badFile struct {
	file
	call string
}

func (f badFile) Chmod(m fs.FileMode) error {
	if f.call == "chmod" {
		return errDisk
	}
	return f.file.Chmod(m)
}

func (f badFile) Write(p []byte) (int, error) {
	if f.call == "write" {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, errDisk
	}
	return f.file.Write(p)
}

func (f badFile) Sync() error {
	if f.call == "sync" {
		return errDisk
	}
	return f.file.Sync()
}

func (f badFile) Close() error {
	err := f.file.Close()
	if f.call == "close" {
		return errDisk
	}
	return err
}

// failing is the real system with one call failing.
func failing(call string) system {
	s := realSystem()
	two := func(string, string) error { return errDisk }
	switch call {
	case "mkdir":
		s.mkdir = func(string, fs.FileMode) error { return errDisk }
	case "create":
		s.create = func(string, string) (file, error) { return nil, errDisk }
	case "link":
		s.link, s.rename = two, two
	case "remove":
		s.remove = func(name string) error { return errors.Join(errDisk, os.Remove(name)) }
	case "syncDir":
		s.syncDir = func(string) error { return errDisk }
	default:
		real := s.create
		s.create = func(dir, pattern string) (file, error) {
			f, err := real(dir, pattern)
			return badFile{f, call}, err
		}
	}
	return s
}

var calls = []string{"mkdir", "create", "chmod", "write", "sync", "close", "link", "remove", "syncDir"}

// Each system call failing once: an error, never half a key, and the next start goes through.
func TestEachSystemCallFailing(t *testing.T) {
	for _, call := range calls {
		dir := t.TempDir()
		_, err := keyDir{filepath.Join(dir, "keys"), false, failing(call)}.load()
		if !errors.Is(err, errDisk) || ids.KindOf(err) != ids.Unavailable {
			t.Errorf("%s: %v", call, err)
		}
		if call != "mkdir" {
			noLeftovers(t, filepath.Join(dir, "keys"))
		}
		made := load(t, dir, false)
		if again := load(t, dir, true); !reflect.DeepEqual(again, made) {
			t.Errorf("%s: keys changed", call)
		}
	}
}

func TestWriteFileKeepsTheOldFileWhenItFails(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "checkpoint")
	if err := WriteFile(name, []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(name, []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, call := range calls[1:7] {
		s := failing(call)
		if err := s.put(name, []byte("three"), 0o644, s.rename); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", call, err)
		}
		if b, err := os.ReadFile(name); err != nil || string(b) != "two" {
			t.Errorf("%s: %q %v", call, b, err)
		}
		noLeftovers(t, dir)
	}
	if err := WriteFile(filepath.Join(dir, "none", "x"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	s := realSystem()
	if err := s.putNew(name, []byte("three"), 0o600); !errors.Is(err, errExists) {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "two" {
		t.Errorf("replaced: %q", b)
	}
	noLeftovers(t, dir)
}
