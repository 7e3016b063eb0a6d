package mailauth

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"
)

// countingResolver answers from a table of functions and counts the questions.
type countingResolver struct {
	Static
	asked  int
	answer func(name string) ([]string, error)
}

func (c *countingResolver) LookupTXT(_ context.Context, name string) ([]string, error) {
	c.asked++
	return c.answer(name)
}

func TestRemember(t *testing.T) {
	now := time.Unix(0, 0)
	next := &countingResolver{}
	r := Remember(next, time.Minute, func() time.Time { return now })
	ask := func(name string) ([]string, error) { return r.LookupTXT(t.Context(), name) }

	next.answer = func(string) ([]string, error) { return []string{"v=spf1 -all"}, nil }
	for _, name := range []string{"council.example", "Council.Example."} {
		if txt, err := ask(name); err != nil || !slices.Equal(txt, []string{"v=spf1 -all"}) {
			t.Fatalf("%s: %q, %v", name, txt, err)
		}
	}
	next.answer = func(name string) ([]string, error) { return nil, missing(name) }
	for range 2 {
		var dns *net.DNSError
		if _, err := ask("_dmarc.council.example"); !errors.As(err, &dns) || !dns.IsNotFound {
			t.Fatalf("a name that is not there: %v", err)
		}
	}
	if next.asked != 2 {
		t.Errorf("two names were asked for %d times", next.asked)
	}
	if now = now.Add(time.Minute); true {
		if _, err := ask("council.example"); err == nil {
			t.Error("an old answer outlives its time")
		}
	}
	next.asked, next.answer = 0, func(string) ([]string, error) { return nil, &net.DNSError{IsTimeout: true, IsTemporary: true} }
	for range 2 {
		if _, err := ask("slow.example"); err == nil {
			t.Error("no answer is taken for an answer")
		}
	}
	if next.asked != 2 {
		t.Errorf("a time-out was remembered: asked %d times", next.asked)
	}
}
