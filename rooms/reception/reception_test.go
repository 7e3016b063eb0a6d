package reception

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func TestMissingPacketsAreAskedForAndForgottenWhenTheyCome(t *testing.T) {
	l := Log{ClockRate: 90000}
	for _, s := range []uint16{65533, 65534, 1, 2} {
		l.Observe(s, 0, start)
	}
	if got, _, _ := l.Ask(start, 10*time.Millisecond, 100*time.Millisecond); len(got) != 0 {
		t.Fatal("asked before reordered packets had a chance", got)
	}
	at := start.Add(20 * time.Millisecond)
	if got, _, _ := l.Ask(at, 10*time.Millisecond, 100*time.Millisecond); !slices.Equal(got, []uint16{65535, 0}) {
		t.Fatal(got)
	}
	if !l.Observe(65535, 0, at) {
		t.Fatal("a packet sent again is late")
	}
	at = at.Add(200 * time.Millisecond)
	if got, _, _ := l.Ask(at, 10*time.Millisecond, 100*time.Millisecond); !slices.Equal(got, []uint16{0}) {
		t.Fatal(got)
	}
	r, ok := l.Report()
	if !ok || r.TotalLost != 1 || r.Highest != 65536+2 || r.FractionLost != 256/6 {
		t.Fatalf("%+v", r)
	}
	_, lost, gaveUp := l.Ask(at.Add(3*time.Second), 0, 0)
	if lost != 1 || !gaveUp {
		t.Fatal("an old hole is given up", lost, gaveUp)
	}
}

func TestAWideGapAsksForAKeyframeInstead(t *testing.T) {
	l := Log{ClockRate: 90000}
	l.Observe(10, 0, start)
	l.Observe(10+500, 0, start)
	got, _, gaveUp := l.Ask(start.Add(time.Second), 0, 0)
	if len(got) != 0 || !gaveUp {
		t.Fatal(got, gaveUp)
	}
	l.Observe(40000, 0, start) // a leap: the publisher began anew
	if r, _ := l.Report(); r.Highest != 40000 || r.TotalLost != 0 {
		t.Fatalf("%+v", r)
	}
}

// With every packet delivered in any order within the window nothing is missing at the end.
func TestReorderingIsNotLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Log{ClockRate: 48000}
		first := rapid.Uint16().Draw(t, "first")
		l.Observe(first, 0, start)
		for block := range 20 {
			for _, i := range rapid.Permutation([]int{1, 2, 3, 4, 5}).Draw(t, "order") {
				l.Observe(first+uint16(block*5+i), 0, start)
			}
		}
		asked, lost, _ := l.Ask(start.Add(time.Second), 0, 0)
		if r, _ := l.Report(); r.TotalLost != 0 || len(asked) != 0 || lost != 0 {
			t.Fatalf("%+v asked %v lost %d", r, asked, lost)
		}
	})
}
