package smtpin

import (
	"fmt"
	"testing"
	"time"
)

// One sender may fill one address only so quickly; she can still write to another, and another can write to this one.
func TestAllowPair(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	l := newLimits(Config{PerSenderHour: 60, Now: func() time.Time { return now }})
	const anna, to = "anna@anytown.example", "r-1@in.kinbridge.example"
	for n := range 60 {
		if !l.allowPair(anna, to) {
			t.Fatalf("mail %d is refused", n)
		}
	}
	for _, from := range []string{anna, "ANNA@Anytown.Example", "anna+loop7@anytown.example"} {
		if l.allowPair(from, "R-1@In.Kinbridge.Example") {
			t.Errorf("the 61st mail of an hour, from %s, is taken", from)
		}
	}
	for _, other := range [][2]string{{anna, "r-2@in.kinbridge.example"}, {"bea@anytown.example", to}, {"", to}} {
		if !l.allowPair(other[0], other[1]) {
			t.Errorf("%q to %s is refused for another's mails", other[0], other[1])
		}
	}
	now = now.Add(time.Minute + time.Second)
	if !l.allowPair(anna, to) || l.allowPair(anna, to) {
		t.Error("after a minute one mail more is taken, and only one")
	}
}

// A clock that jumps neither opens the gate for good nor shuts it.
func TestRatesWhenTheClockJumps(t *testing.T) {
	r := newRates(2, time.Hour)
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	r.allow("a", now)
	r.allow("a", now)
	for _, back := range []time.Duration{-time.Second, -24 * time.Hour, -50 * 365 * 24 * time.Hour} {
		if r.allow("a", now.Add(back)) {
			t.Errorf("set back by %s, the clock lets more through", -back)
		}
	}
	past := now.Add(-50 * 365 * 24 * time.Hour)
	if !r.allow("a", past.Add(time.Hour)) {
		t.Error("an hour after the clock was set back the key is still shut out")
	}
	ahead := now.Add(80 * 365 * 24 * time.Hour)
	taken := 0
	for range 10 {
		if r.allow("a", ahead) {
			taken++
		}
	}
	if taken != 2 {
		t.Errorf("set ahead, the clock lets %d through at once", taken)
	}
}

// Somebody who makes up senders neither takes our memory nor opens a gate that is shut.
func TestRatesAreBounded(t *testing.T) {
	r := newRates(1, time.Hour)
	now := time.Now()
	r.allow("loop", now)
	for n := range 3 * rateKeys {
		r.allow(fmt.Sprint(n), now)
		if n%1000 == 0 && r.allow("loop", now) {
			t.Fatal("the gate is open again")
		}
	}
	if len(r.of) > rateKeys || r.order.Len() != len(r.of) {
		t.Errorf("%d keys are remembered", len(r.of))
	}
}

func TestNoLimit(t *testing.T) {
	l := newLimits(Config{Now: time.Now})
	for range 1000 {
		if !l.allowPair("a@b.example", "r@c.example") || !l.allowMail("192.0.2.1") {
			t.Fatal("refused without a limit")
		}
	}
}
