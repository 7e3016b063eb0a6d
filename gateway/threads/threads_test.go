package threads

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/ids"
)

var key = bytes.Repeat([]byte{7}, 32)

func TestAddressesThatWeIssue(t *testing.T) {
	for _, kind := range []AddressKind{ReplyAddress, BounceAddress, AnswerAddress} {
		for range 100 {
			id := NewToken()
			local := LocalPart(key, kind, id)
			if len(local) != 35 || strings.ToLower(local) != local || strings.Trim(local, "-0123456789abcdefghijklmnopqrstuvwxyz") != "" {
				t.Fatalf("%q", local)
			}
			for _, spelt := range []string{local, strings.ToUpper(local), strings.ToUpper(local[:20]) + local[20:]} {
				if k, got, err := ParseLocalPart(key, spelt); err != nil || k != kind || got != id {
					t.Fatalf("%q: %q %q %v", spelt, k, got, err)
				}
			}
		}
	}
}

// Every change of one character, every character left out or put in, is refused.
func TestForgedAddresses(t *testing.T) {
	local := LocalPart(key, ReplyAddress, NewToken())
	refused := func(s string) {
		t.Helper()
		if _, _, err := ParseLocalPart(key, s); !errors.Is(err, ErrForged) && !errors.Is(err, ErrNotOurs) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for i := range local {
		for c := byte(0); c < 128; c++ {
			if strings.EqualFold(string(c), local[i:i+1]) {
				continue
			}
			refused(local[:i] + string(c) + local[i+1:])
			refused(local[:i] + string(c) + local[i:])
		}
		refused(local[:i] + local[i+1:])
		refused(local[:i])
	}
	other := LocalPart(key, ReplyAddress, NewToken())
	refused(local[:18] + other[18:]) // one's name with another's code
	refused("b" + local[1:])         // a reply address as a bounce address
	refused(local + "+tag")
	refused(" " + local)
	if _, _, err := ParseLocalPart(append(bytes.Clone(key[:31]), 8), local); !errors.Is(err, ErrForged) {
		t.Errorf("another key: %v", err)
	}
	for _, s := range []string{"", "-", "--", "r--", "hello", "r-a-b", strings.Repeat("r-", 1<<16)} {
		if _, _, err := ParseLocalPart(key, s); !errors.Is(err, ErrNotOurs) {
			t.Errorf("%.20q: %v", s, err)
		}
	}
}

func FuzzParseLocalPart(f *testing.F) {
	f.Add(LocalPart(key, ReplyAddress, "0123456789abcdef"))
	f.Add(strings.ToUpper(LocalPart(key, BounceAddress, "zyxwvtsrqpnmkjhg")))
	f.Add("r-\u212a123456789abcde-0123456789abcdef") // the Kelvin sign folds to k
	f.Add("r-0123456789abcdef-\x00\xff")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		kind, id, err := ParseLocalPart(key, s)
		if err != nil {
			if kind != "" || id != "" || !errors.Is(err, ErrForged) && !errors.Is(err, ErrNotOurs) {
				t.Fatalf("%q %q %v", kind, id, err)
			}
			return
		}
		if LocalPart(key, kind, id) != strings.ToLower(s) {
			t.Fatalf("%q was taken for %q", s, id)
		}
	})
}

func TestExpiry(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		expires time.Time
		want    bool
	}{{time.Time{}, false}, {now.Add(1), false}, {now, true}, {now.Add(-1), true}} {
		if got := (Address{Expires: c.expires}).Expired(now); got != c.want {
			t.Errorf("expires %v: %t", c.expires, got)
		}
	}
}

// Only the very person, in the very kind, and only while she is in the thread, is a party.
func TestParties(t *testing.T) {
	actors := map[PartyKind][]ids.Actor{
		PartyMother:  {ids.MotherActor("x")},
		PartyStaff:   {{Kind: ids.ActorStaff, ID: "x"}, {Kind: ids.ActorAPI, ID: "x"}},
		PartyContact: {ids.ContactActor("x")},
		"nonsense":   nil,
	}
	var all []ids.Actor
	for _, as := range actors {
		all = append(all, as...)
	}
	all = append(all, ids.KioskActor("x"), ids.System("x"), ids.Unknown("x"), ids.Actor{ID: "x"})
	for kind, is := range actors {
		for _, a := range all {
			want := false
			for _, one := range is {
				want = want || one == a
			}
			for _, p := range []struct {
				party Party
				want  bool
			}{{Party{Kind: kind, ID: "x"}, want}, {Party{Kind: kind, ID: "y"}, false}, {Party{Kind: kind, ID: "x", Until: time.Unix(1, 0)}, false}} {
				if p.party.Is(a) != p.want || IsParty([]Party{{}, p.party}, a) != p.want {
					t.Errorf("%+v is %+v: want %t", p.party, a, p.want)
				}
			}
		}
		if (Party{Kind: kind}).Is(ids.Actor{Kind: ids.ActorMother}) {
			t.Errorf("nobody is a %s", kind)
		}
	}
	for c, want := range map[Channel]bool{Official: true, Confidential: true, Privileged: true, "": false, "Official": false} {
		if c.Valid() != want {
			t.Errorf("%q", c)
		}
	}
}
