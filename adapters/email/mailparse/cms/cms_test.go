package cms

import (
	"bytes"
	"compress/zlib"
	"os"
	"strings"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		file    string
		kind    Kind
		content bool
	}{
		{"signed.p7m", Signed, true}, {"signed-indefinite.p7m", Signed, true}, {"enveloped.p7m", Enveloped, false}, {"detached.p7s", Signed, false},
	} {
		kind, content := Read(fixture(t, c.file), 1<<20)
		if kind != c.kind || strings.HasPrefix(string(content), "Content-Type: multipart/mixed; boundary=in\r\n") != c.content || strings.HasSuffix(string(content), "--in--\r\n") != c.content {
			t.Errorf("%s: kind %d, %q", c.file, kind, content)
		}
	}
	whole := fixture(t, "signed.p7m")
	if kind, content := Read(whole[:200], 1<<20); kind != Signed || !bytes.HasPrefix(content, []byte("Content-Type")) {
		t.Errorf("cut off: kind %d, %q", kind, content)
	}
	for _, junk := range []string{"", "\x30", "\x30\x80", "hello", "\x30\x84\xff\xff\xff\xff\x06\x03\x2a\x03\x04", strings.Repeat("\x30\x80", 10_000)} {
		if kind, content := Read([]byte(junk), 100); kind != Unknown || content != nil {
			t.Errorf("%.20q: %d %q", junk, kind, content)
		}
	}
}

// compressed wraps text as RFC 3274 does.
func compressed(text string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(text))
	w.Close()
	wrap := func(tag byte, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append([]byte{tag, 0x83, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	}
	octets := wrap(tagOctets, z.Bytes())
	inner := wrap(tagSequence, []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"), wrap(tagContext0, octets))
	data := wrap(tagSequence, []byte("\x02\x01\x00"), []byte("\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08"), inner)
	return wrap(tagSequence, []byte("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09"), wrap(tagContext0, data))
}

func TestCompressed(t *testing.T) {
	if kind, content := Read(compressed("Hello"), 1<<20); kind != Compressed || string(content) != "Hello" {
		t.Errorf("%d %q", kind, content)
	}
	if _, content := Read(compressed(strings.Repeat("x", 10<<20)), 1000); len(content) != 1000 {
		t.Errorf("a bomb became %d bytes", len(content))
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"signed.p7m", "signed-indefinite.p7m", "enveloped.p7m", "detached.p7s"} {
		f.Add(fixture(f, name))
	}
	f.Add(compressed("Hello"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if kind, content := Read(b, 10_000); len(content) > len(b)+10_000 || kind == Enveloped && content != nil {
			t.Fatalf("%d: %d bytes of %d", kind, len(content), len(b))
		}
	})
}
