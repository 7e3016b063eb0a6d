package hints

import (
	"strings"
	"testing"
)

func TestAsked(t *testing.T) {
	for _, c := range []struct{ subject, body string }{
		{"", "READ TOGETHER\n\nDear Maya"}, {"", "\n\n  Read together:\nDear Maya"}, {"", "*READ TOGETHER*\nDear Maya"}, {"", "READ TOGETHER – Dear Maya,"},
		{"[to be read together] Tomos", ""}, {"RE: Fwd: [To be read together]", ""}, {"Re: READ TOGETHER", "Dear Maya"}, {"Tomos (read together)", ""},
		{"[I’w ddarllen gyda’n gilydd]", ""}, {"", "I'w ddarllen gyda'n gilydd\n\nAnnwyl Mair"}, {"", "DARLLEN GYDA'N GILYDD"}, {"", "Please read together.\nDear Maya"},
		{"ATB: DARLLEN GYDA’N GILYDD", ""},
	} {
		if !Asked(c.subject, c.body) {
			t.Errorf("%q, %q: not asked", c.subject, c.body)
		}
	}
	for _, c := range []struct{ subject, body string }{
		{"", ""}, {"Re: Kinbridge message", "Dear Maya,\nREAD TOGETHER"}, {"", "Read together with the report, this shows that Tomos is well."},
		{"", "We read together every evening: Tomos likes it."}, {"Tomos and I read together", "Hello"}, {"", "Spread together: butter"}, {"", strings.Repeat("x", 1000) + " read together"},
	} {
		if Asked(c.subject, c.body) {
			t.Errorf("%q, %q: asked", c.subject, c.body)
		}
	}
	for _, lang := range []string{"en", "cy"} {
		if !Asked("", Example(lang)+"\nDear Maya") {
			t.Errorf("what our mails tell a sender to write (%s) is not understood", lang)
		}
	}
}

func FuzzAsked(f *testing.F) {
	f.Add("[to be read together]", "READ TOGETHER")
	f.Fuzz(func(t *testing.T, subject, body string) {
		asked := Asked(subject, body)
		if asked && !strings.Contains(strings.ToLower(subject+body), "g") {
			t.Errorf("asked by nothing: %q %q", subject, body)
		}
	})
}
