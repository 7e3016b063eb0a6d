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

// A name's ending says what a program would do with the file, and is judged by: a long name must not lose it.
func TestShortNameKeepsTheEnding(t *testing.T) {
	n := func(s string, times int) string { return strings.Repeat(s, times) }
	for _, c := range []struct{ in, want string }{
		{"Care plan.pdf", "Care plan.pdf"}, {"a\r\n b.js", "a b.js"}, {"", ""}, {n("n", 255), n("n", 255)}, {n("n", 300), n("n", 255)},
		{n("n", 300) + ".js", n("n", 249) + "….js"}, {n("ŵ", 300) + ".exe", n("ŵ", 124) + "….exe"}, {"." + n("x", 300), "." + n("x", 254)},
		{n("n", 300) + "." + n("e", 31), n("n", 220) + "…." + n("e", 31)}, {n("n", 300) + "." + n("e", 32), n("n", 255)},
	} {
		if got := shortName(c.in); got != c.want || len(got) > maxName {
			t.Errorf("%.20q…: %d bytes, %q", c.in, len(got), got)
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
