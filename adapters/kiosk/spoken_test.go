package kiosk

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSpoken(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"en", "The review is on 03/05/2027 at 14:30.", "The review is on 3 May 2027 at 14 30."},
		{"en", "Come 2026-12-01, 9.00am", "Come 1 December 2026, 9 am"},
		{"en", "Call 020 7946 0123", "Call zero two zero seven nine four six zero one two three"},
		{"en", "99/99/2027 is no date", "99 99 2027 is no date"},
		{"en", "See https://anytown.example/a?b=c now", "See a web address now"},
		{"en", "<b>Hello</b> & *goodbye*", " b Hello  b  &  goodbye "},
		{"cy", "Ar 3/5/2027 ffoniwch 01632 960123", "Ar 3 Mai 2027 ffoniwch dim un chwech tri dau naw chwech dim un dau tri"},
		{"fr", "1/2/2026", "1 February 2026"},
		{"en", "Siân, 12 children, 5 of them here", "Siân, 12 children, 5 of them here"},
	} {
		if got := Spoken(c.lang, c.text); got != c.want {
			t.Errorf("%s %q is spoken %q, want %q", c.lang, c.text, got, c.want)
		}
	}
	long := Spoken("en", strings.Repeat("One two three. ", 1000))
	if n := utf8.RuneCountInString(long); n > speakChars || !strings.HasSuffix(long, ".") {
		t.Errorf("a long text has %d characters and ends %q", n, long[len(long)-5:])
	}
}

func FuzzSpoken(f *testing.F) {
	f.Add("en", "On 03/05/2027 at 14:30 call +44 20 7946 0123 or www.example")
	f.Add("cy", "\xff\x00 1/1/1 99:99")
	f.Fuzz(func(t *testing.T, lang, text string) {
		got := Spoken(lang, text)
		if utf8.RuneCountInString(got) > speakChars || strings.ContainsAny(got, "<>\x00|`$") {
			t.Errorf("%q", got)
		}
	})
}
