package charset

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func BenchmarkUndeclared(b *testing.B) {
	for name, text := range map[string]string{"short": "R\xe9union \xe0 10h", "page": strings.Repeat("Bonjour, je vous confirme ma pr\xe9sence \xe0 la r\xe9union de demain.\n", 500)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Read([]byte(text), "", "")
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, l := range sampleLines(f) {
		for _, enc := range writtenIn[l.lang] {
			if raw, ok := encode(l.text, enc); ok {
				f.Add([]byte(raw), enc, "")
				f.Add([]byte(raw), "", enc)
			}
		}
	}
	f.Add([]byte("$B2q5D(B"), "iso-2022-jp", "utf-7")
	f.Fuzz(func(t *testing.T, raw []byte, declared, hint string) {
		text, used := Read(raw, declared, hint)
		if !utf8.ValidString(text) {
			t.Fatalf("not UTF-8: %q", text)
		}
		if len(text) > 16+8*len(raw) {
			t.Fatalf("%d bytes became %d", len(raw), len(text))
		}
		if used == "" {
			t.Fatal("no charset named")
		}
	})
}
