package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGolden compares the fields each golden message names; see testdata/README.md.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d golden messages, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".eml"), func(t *testing.T) {
			var out bytes.Buffer
			if err := Files(context.Background(), &out, io.Discard, []string{f}); err != nil {
				t.Fatal(err)
			}
			var got, want map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(strings.TrimSuffix(f, ".eml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			for field, w := range want {
				if diff := cmp.Diff(w, got[field]); diff != "" {
					t.Errorf("%s:\n%s", field, diff)
				}
			}
			if _, has := want["error"]; !has && got["error"] != nil {
				t.Errorf("error: %v", got["error"])
			}
		})
	}
}

func TestOneBadFileStopsNothing(t *testing.T) {
	dir := t.TempDir()
	empty, good := filepath.Join(dir, "empty.eml"), filepath.Join(dir, "good.eml")
	for name, data := range map[string]string{empty: "", good: "From: a@b.example\nSubject: <x> & y\n\nHello\nthere\n"} {
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, complaints bytes.Buffer
	if err := Files(context.Background(), &out, &complaints, []string{filepath.Join(dir, "missing.eml"), empty, dir, good}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	for i, l := range lines {
		var r Report
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		if (r.Error != "") != (i < 3) || i == 3 && (r.Text != "Hello\nthere" || r.Subject != "<x> & y" || r.Kind != "message") {
			t.Errorf("line %d: %+v", i, r)
		}
	}
	if !strings.Contains(complaints.String(), "missing.eml") {
		t.Errorf("%q", complaints.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFilesReportsWhenLinesAreMissing(t *testing.T) {
	files := []string{"testdata/reply-gmail.eml"}
	if err := Files(context.Background(), brokenWriter{}, io.Discard, files); err == nil {
		t.Error("a failed write was not reported")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Files(ctx, io.Discard, io.Discard, files); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzMessage(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r := Message(raw); strings.HasPrefix(r.Error, "internal fault") {
			t.Fatal(r.Error)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	raw, err := os.ReadFile("testdata/reply-gmail.eml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if Message(raw).Kind != "message" {
			b.Fatal("wrong kind")
		}
	}
}

// What is no message says what it is and what to do, and never only "rejected".
func TestWhatIsNoMessage(t *testing.T) {
	for raw, want := range map[string]string{
		strings.Repeat("\x00", 1<<20): "nothing but NUL", "\x00": "nothing but NUL", "": "empty",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600): "as .eml", "PK\x03\x04" + strings.Repeat("x", 50): "Unpack it", "\x89PNG\r\n\x1a\n": "a picture",
		"From: a@x.example\r\nFrom: b@y.example\r\n\r\nWho?\r\n": "more than one writer",
	} {
		if r := Message([]byte(raw)); r.Kind != "rejected" || !strings.Contains(r.Error, want) {
			t.Errorf("%.20q: %s %q, want %q", raw, r.Kind, r.Error, want)
		}
	}
	if r := Message([]byte("Subject: x\r\n\r\nPK\x03\x04 and \x00\r\n")); r.Kind != "message" || r.Error != "" {
		t.Errorf("%+v", r)
	}
	var out, said strings.Builder
	if err := Files(t.Context(), &out, &said, []string{t.TempDir()}); err != nil || !strings.Contains(out.String(), "This is a folder") || !strings.Contains(said.String(), "This is a folder") {
		t.Errorf("%v %s %s", err, out.String(), said.String())
	}
}
