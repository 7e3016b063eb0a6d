package people

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var quick = Cost{Passes: 1, MemoryKiB: 64, Threads: 1}

func TestSecretsAreHashedAndChecked(t *testing.T) {
	for _, secret := range []string{"123456", "ŵŷ correct horse", "", "\x00\xff", strings.Repeat("a", 10_000)} {
		a, b := HashSecret(secret, quick), HashSecret(secret, quick)
		if a == b {
			t.Errorf("%.20q: no salt", secret)
		}
		if secret != "" && strings.Contains(a, secret) || !strings.HasPrefix(a, "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Errorf("%q", a)
		}
		for _, h := range []string{a, b} {
			if err := CheckSecret(h, secret); err != nil {
				t.Errorf("%.20q: %v", secret, err)
			}
			if err := CheckSecret(h, secret+"x"); !errors.Is(err, ErrWrongCredential) {
				t.Errorf("%.20q: %v", secret, err)
			}
		}
	}
	if err := CheckSecret(HashSecret("x", DefaultCost), "x"); err != nil {
		t.Error(err)
	}
}

// A hash that cannot be read is neither right nor merely wrong, and never costs the server its memory.
func TestUnreadableHashes(t *testing.T) {
	good := HashSecret("x", quick)
	for _, bad := range []string{"", "x", "$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=4294967295", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=64,", "", 1), good[:len(good)-44] + "!!!", good + "$x"} {
		if err := CheckSecret(bad, "x"); err == nil || errors.Is(err, ErrWrongCredential) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTokensAndDigits(t *testing.T) {
	if a, b := HashToken("a"), HashToken("b"); a == b || len(a) != 64 || a != HashToken("a") {
		t.Error(a, b)
	}
	seen, digits := map[string]bool{}, map[rune]bool{}
	for range 200 {
		d := NewDigits(10)
		if len(d) != 10 || strings.Trim(d, "0123456789") != "" || seen[d] {
			t.Fatalf("%q", d)
		}
		seen[d] = true
		for _, r := range d {
			digits[r] = true
		}
	}
	if len(digits) != 10 {
		t.Errorf("only %d different digits", len(digits))
	}
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)
	var th Throttle
	want := []time.Duration{0, 0, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute}
	for i, w := range want {
		th = th.Failed(now)
		if got := th.Wait(now); got != w || th.Failures != i+1 {
			t.Errorf("after %d wrong tries: wait %s, want %s", i+1, got, w)
		}
		now = now.Add(th.Wait(now))
		if th.Wait(now) != 0 {
			t.Errorf("after the wait there is more")
		}
	}
}

// However a guesser times her tries, a day allows few, and the owner is never shut out for longer than a quarter of an hour.
func TestThrottleBoundsADayOfGuessing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		end := now.Add(24 * time.Hour)
		var th Throttle
		tries := 0
		for now.Before(end) {
			if w := th.Wait(now); w > 0 {
				if w > 15*time.Minute {
					t.Fatalf("wait %s", w)
				}
				now = now.Add(w)
				continue
			}
			th = th.Failed(now)
			tries++
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "pause")) * time.Millisecond)
		}
		if tries > 110 {
			t.Fatalf("%d guesses in a day", tries)
		}
	})
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{" Jo@Anytown.Example\n": "jo@anytown.example", "": ""} {
		if got := NormaliseEmail(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	for in, want := range map[string]string{"a@B.example": "b.example", `"a@b"@c.example`: "c.example", "a@b.example.": "b.example", "none": "", "a@": "", "": ""} {
		if got := Domain(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
