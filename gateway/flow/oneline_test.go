package flow

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOneLineCutsBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"a\r\n  b\tc", 10, "a b c"}, {"abcdef", 3, "abc"}, {"abc", 3, "abc"}, {"Siân", 3, "Si"}, {"Siân", 4, "Siâ"}, {"\U0001F600x", 3, ""}, {"ŵ", 1, ""}, {"x", 0, ""}, {"", 0, ""},
	} {
		if got := oneLine(c.in, c.limit); got != c.want {
			t.Errorf("oneLine(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

// A Subject, a display name, a file's name and a server's answer are as long as strangers make them. Cutting them one character at a time took
// a minute and more for a megabyte, inside the transaction that files the mail.
func TestOneLineIsLinear(t *testing.T) {
	long := strings.Repeat("gair ŵ ", 150_000)
	if n := testing.AllocsPerRun(1, func() {
		if got := oneLine(long, 500); len(got) > 500 || !utf8.ValidString(got) {
			t.Errorf("%d bytes", len(got))
		}
	}); n > 100 {
		t.Errorf("%.0f allocations for one line", n)
	}
}
