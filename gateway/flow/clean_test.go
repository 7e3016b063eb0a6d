package flow_test

import (
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/flow"
)

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain\n\ttext": "plain\n\ttext", "a\r\nb\rc": "a\nb\nc", "nul\x00bell\adel\x7f": "nulbelldel",
		"Mae’r plant yn iawn – diolch ŵ": "Mae’r plant yn iawn – diolch ŵ", "c1\u0085next": "c1next", "nbsp\u00a0stays": "nbsp\u00a0stays",
		"over\u202eride\u2066s": "overrides", "bad\xffbyte": "bad\uFFFDbyte", "real \uFFFD stays": "real \uFFFD stays", "cut \xe2\x80": "cut \uFFFD",
	} {
		if got := flow.CleanText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Cleaning twice changes nothing, and what is clean is valid.
func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"a\r\nb", "\xe2\x80\xae", "\x00", "ŵ\u2069", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := flow.CleanText(s)
		if !utf8.ValidString(once) || flow.CleanText(once) != once {
			t.Errorf("%q becomes %q and then %q", s, once, flow.CleanText(once))
		}
	})
}
