package kiosk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
)

func TestProgramsSpeak(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	p := FindPrograms()
	for lang, pkg := range map[string]string{"en": "flite", "cy": "espeak-ng"} {
		if !p.Can(lang) {
			t.Fatalf("install the package %s", pkg)
		}
		short, kind, err := p.Speak(t.Context(), lang, "Un dau tri.")
		if err != nil || kind != "audio/wav" || !bytes.HasPrefix(short, []byte("RIFF")) {
			t.Fatalf("%s: %d bytes of %s, %v", lang, len(short), kind, err)
		}
		// What looks like an option or a command is text like any other, and more text is more sound.
		long, _, err := p.Speak(t.Context(), lang, "-o /tmp/x; $(id). "+strings.Repeat("One two three. ", 5))
		if err != nil || len(long) < 2*len(short) {
			t.Errorf("%s: %d bytes for a short text, %d for a long one, %v", lang, len(short), len(long), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Speak(ctx, "en", "Hello."); err == nil {
		t.Error("it spoke for somebody who had gone")
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "kinbridge-speech-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("sounds are left on the disk: %v %v", left, err)
	}
}

func TestMissingProgramSaysSo(t *testing.T) {
	p := &Programs{slots: make(chan struct{}, 1)}
	if p.Can("en") || p.Can("cy") {
		t.Error("it can speak without programs")
	}
	if _, _, err := p.Speak(t.Context(), "en", "x"); ids.KindOf(err) != ids.Unavailable {
		t.Errorf("%v", err)
	}
	broken := &Programs{flite: "/bin/false", slots: make(chan struct{}, 1)}
	if _, _, err := broken.Speak(t.Context(), "en", "secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a program that fails: %v", err)
	}
}

// loud is a speaker that says how often it was asked.
type loud struct {
	asked int
	size  int
	err   error
}

func (l *loud) Can(string) bool { return true }
func (l *loud) Speak(_ context.Context, _, text string) ([]byte, string, error) {
	l.asked++
	return bytes.Repeat([]byte(text[:1]), l.size), "audio/wav", l.err
}

func TestSpeechCacheIsBounded(t *testing.T) {
	l := &loud{size: speakCache / 4}
	c := newSpeechCache(l)
	say := func(text string) {
		t.Helper()
		s, err := c.speak(t.Context(), "en", text)
		if err != nil || len(s.audio) != l.size || s.audio[0] != text[0] {
			t.Fatalf("%q: %d bytes, %v", text, len(s.audio), err)
		}
	}
	say("a")
	say("a")
	if l.asked != 1 {
		t.Errorf("asked %d times for one text", l.asked)
	}
	for _, s := range []string{"b", "c", "d", "e", "f"} {
		say(s)
	}
	if c.size > speakCache || len(c.sounds) != len(c.order) || len(c.sounds) != 4 {
		t.Errorf("it keeps %d bytes in %d sounds (%d in order)", c.size, len(c.sounds), len(c.order))
	}
	say("a")
	if l.asked != 7 {
		t.Errorf("asked %d times, want 7: the oldest is forgotten", l.asked)
	}
	l.err = errors.New("broken")
	if _, err := c.speak(t.Context(), "en", "z"); err == nil {
		t.Error("a failure was kept as a sound")
	}
}
