package threads

import (
	"strings"
	"testing"
)

func TestAddressesOfOneMailbox(t *testing.T) {
	whole := Addressing{Key: key, Domain: "in.kinbridge.example"}
	one := Addressing{Key: key, Domain: "prison.example", Mailbox: "kinbridge"}
	id := NewToken()
	if got := whole.Write(ReplyAddress, id); !strings.HasPrefix(got, "r-") || !strings.HasSuffix(got, "@in.kinbridge.example") {
		t.Errorf("whole domain: %s", got)
	}
	address := one.Write(BounceAddress, id)
	if !strings.HasPrefix(address, "kinbridge+b-") || !strings.HasSuffix(address, "@prison.example") {
		t.Errorf("one mailbox: %s", address)
	}
	for _, spelt := range []string{address, strings.ToUpper(address), address + "."} {
		if kind, got, err := one.Parse(spelt); err != nil || kind != BounceAddress || got != id {
			t.Errorf("%s: %s %s %v", spelt, kind, got, err)
		}
		if !one.Ours(spelt) {
			t.Errorf("%s is not ours", spelt)
		}
	}
	for _, other := range []string{"governor@prison.example", "kinbridge@elsewhere.example", "kinbridges@prison.example", "kinbridge-r@prison.example",
		"kinbridge+@prison.example", "kin@prison.example", "", "@", "kinbridge", strings.Replace(address, "kinbridge+", "", 1)} {
		if one.Ours(other) {
			t.Errorf("%q is taken for ours", other)
		}
		if _, _, err := one.Parse(other); err != ErrNotOurs {
			t.Errorf("%q: %v", other, err)
		}
	}
	if !one.Ours("Kinbridge@Prison.example") || one.Named("meetings") != "kinbridge@prison.example" || whole.Named("meetings") != "meetings@in.kinbridge.example" {
		t.Error("the mailbox's own address")
	}
	long := Addressing{Key: key, Domain: "d.example", Mailbox: strings.Repeat("m", MaxMailbox)}
	if local, _, _ := strings.Cut(long.Write(ReplyAddress, id), "@"); len(local) != maxLocalPart {
		t.Errorf("the longest mailbox makes a local part of %d", len(local))
	}
	// What is signed for one way of writing is not an address in the other.
	if _, _, err := whole.Parse(address); err != ErrNotOurs {
		t.Errorf("a subaddress at another deployment: %v", err)
	}
}
