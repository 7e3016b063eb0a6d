package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newVault(t testing.TB) (*Vault, []byte) {
	t.Helper()
	kek, err := NewKEK()
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(kek)
	if err != nil {
		t.Fatal(err)
	}
	return v, kek
}

func newKey(t testing.TB, v *Vault, s Scope) ([]byte, *Key) {
	t.Helper()
	wrapped, k, err := v.NewKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped, k
}

// memRing is a keyring in a map; a nil value is a destroyed key.
type memRing struct {
	keys map[Scope][]byte
	fail error
}

func (r *memRing) WrappedKey(_ context.Context, s Scope) ([]byte, error) {
	w, ok := r.keys[s]
	switch {
	case !ok:
		return nil, ErrNoKey
	case w == nil:
		return nil, ErrDestroyed
	}
	return w, nil
}

func (r *memRing) InsertKey(_ context.Context, s Scope, w []byte) error {
	if r.fail == nil {
		r.keys[s] = w
	}
	return r.fail
}

func TestSealOpen(t *testing.T) {
	v, _ := newVault(t)
	wrapped, k := newKey(t, v, CaseScope("cas_1"))
	rapid.Check(t, func(t *rapid.T) {
		plain := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.IntRange(1, 40).Draw(t, "times"))
		p := Place{rapid.String().Draw(t, "table"), rapid.String().Draw(t, "row"), rapid.String().Draw(t, "column")}
		c, err := k.Seal(plain, p)
		if err != nil || len(c) > len(plain)+Overhead {
			t.Fatalf("%d bytes of %d: %v", len(c), len(plain), err)
		}
		again, err := v.Open("case:cas_1", wrapped)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open(c, p); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%v", err)
		}
		if other, err := k.Seal(plain, p); err != nil || bytes.Equal(other, c) {
			t.Fatal("sealed twice alike")
		}
	})
}

// Long content is kept small, and whether it was compressed is part of what is authenticated.
func TestLongContentIsPacked(t *testing.T) {
	v, _ := newVault(t)
	_, k := newKey(t, v, "case:cas_1")
	p := Place{"inbound_raw", "inb_1", "raw"}
	long := bytes.Repeat([]byte("Please tell us how she is getting on.\r\n"), 300)
	c, err := k.Seal(long, p)
	if err != nil || len(c) > len(long)/4 || c[0] != packed {
		t.Fatalf("%d bytes of %d: %v", len(c), len(long), err)
	}
	if got, err := k.Open(c, p); err != nil || !bytes.Equal(got, long) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if _, err := k.Open(c[1:], p); !errors.Is(err, ErrSealed) {
		t.Errorf("packed content opened as if it were not: %v", err)
	}
	short, err := k.Seal([]byte("Thank you."), p)
	if err != nil || len(short) != 10+33 {
		t.Fatalf("%d bytes: %v", len(short), err)
	}
	if _, err := k.Open(append([]byte{packed}, short...), p); !errors.Is(err, ErrSealed) {
		t.Errorf("content that was not packed opened as if it were: %v", err)
	}
}

func TestACiphertextOpensOnlyInItsPlace(t *testing.T) {
	v, _ := newVault(t)
	_, k := newKey(t, v, "case:cas_1")
	_, other := newKey(t, v, "case:cas_1")
	home := Place{"messages", "msg_1", "body"}
	c, err := k.Seal([]byte("a letter"), home)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Place{
		{"messages", "msg_2", "body"}, {"messages", "msg_1", "subject"}, {"drafts", "msg_1", "body"}, {},
		{"messagesm", "sg_1", "body"}, {"messages", "msg_1bod", "y"}, {"", "messagesmsg_1", "body"},
	} {
		if _, err := k.Open(c, p); !errors.Is(err, ErrSealed) {
			t.Errorf("%v: %v", p, err)
		}
	}
	if _, err := other.Open(c, home); !errors.Is(err, ErrSealed) {
		t.Errorf("another key: %v", err)
	}
	moved := &Key{scope: "case:cas_2", aead: k.aead}
	if _, err := moved.Open(c, home); !errors.Is(err, ErrSealed) {
		t.Errorf("another scope: %v", err)
	}
	for i := range c {
		for bit := range 8 {
			bad := slices.Clone(c)
			bad[i] ^= 1 << bit
			if _, err := k.Open(bad, home); !errors.Is(err, ErrSealed) {
				t.Fatalf("byte %d bit %d opened", i, bit)
			}
		}
		if _, err := k.Open(c[:i], home); !errors.Is(err, ErrSealed) {
			t.Fatalf("%d bytes opened", i)
		}
	}
}

func TestAWrappedKeyOpensOnlyForItsScope(t *testing.T) {
	v, _ := newVault(t)
	wrapped, _ := newKey(t, v, "case:cas_1")
	stranger, _ := newVault(t)
	if _, err := v.Open("case:cas_2", wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("another scope: %v", err)
	}
	if _, err := stranger.Open("case:cas_1", wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("another KEK: %v", err)
	}
	for _, bad := range [][]byte{nil, {}, []byte("rubbish"), wrapped[:len(wrapped)/2]} {
		if _, err := v.Open("case:cas_1", bad); !errors.Is(err, ErrSealed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, _, err := v.Rewrap("case:cas_2", wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("rewrapped for another scope: %v", err)
	}
}

func TestKeyringIsFollowed(t *testing.T) {
	v, _ := newVault(t)
	ring := &memRing{keys: map[Scope][]byte{}}
	ctx := t.Context()
	if _, err := v.ForReading(ctx, ring, Intake); !errors.Is(err, ErrNoKey) {
		t.Fatalf("%v", err)
	}
	ring.fail = errors.New("lost a race")
	if _, err := v.ForWriting(ctx, ring, Intake); !errors.Is(err, ring.fail) {
		t.Fatalf("%v", err)
	}
	ring.fail = nil
	k, err := v.ForWriting(ctx, ring, Intake)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Seal([]byte("x"), Place{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := v.ForWriting(ctx, ring, Intake)
	if err != nil || again != k {
		t.Fatalf("a second key was made: %v", err)
	}
	if r, err := v.ForReading(ctx, ring, Intake); err != nil || r != k {
		t.Fatalf("%v", err)
	}

	// Destroyed: neither read nor made anew, though this process has the key in memory.
	ring.keys[Intake] = nil
	for name, f := range map[string]func(context.Context, Keyring, Scope) (*Key, error){"read": v.ForReading, "write": v.ForWriting} {
		if _, err := f(ctx, ring, Intake); !errors.Is(err, ErrDestroyed) || errors.Is(err, ErrNoKey) || ids.Public(err) == ids.Public(ErrNoKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fresh, _ := newKey(t, v, Intake)
	ring.keys[Intake] = fresh
	other, err := v.ForReading(ctx, ring, Intake)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(c, Place{}); !errors.Is(err, ErrSealed) {
		t.Errorf("what the destroyed key sealed opened: %v", err)
	}
}

func TestForgetAndBoundedMemory(t *testing.T) {
	v, _ := newVault(t)
	v.max = 3
	var first []byte
	for i := range 5 {
		w, _ := newKey(t, v, Scope(fmt.Sprint("case:", i)))
		if i == 2 {
			first = w
		}
	}
	if v.order.Len() != 3 || len(v.byKey) != 3 {
		t.Fatalf("%d keys remembered", v.order.Len())
	}
	if _, err := v.Open("case:2", first); err != nil { // used again: now the newest
		t.Fatal(err)
	}
	newKey(t, v, "case:5")
	if v.lookup(cacheID("case:2", first)) == nil {
		t.Error("the key in use was dropped before an older one")
	}
	v.Forget("case:2")
	v.Forget("case:none")
	if v.lookup(cacheID("case:2", first)) != nil || v.order.Len() != 2 || len(v.byKey) != 2 {
		t.Error("a forgotten key is remembered")
	}
}

func TestVaultIsSafeForConcurrentUse(t *testing.T) {
	v, _ := newVault(t)
	v.max = 2
	var wrapped [4][]byte
	for i := range wrapped {
		wrapped[i], _ = newKey(t, v, Scope(fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 50 {
				i := (g + n) % len(wrapped)
				k, err := v.Open(Scope(fmt.Sprint(i)), wrapped[i])
				if err != nil {
					t.Error(err)
					return
				}
				c, err := k.Seal([]byte("x"), Place{})
				if err != nil {
					t.Error(err)
				}
				if _, err := k.Open(c, Place{}); err != nil {
					t.Error(err)
				}
				if n%10 == 0 {
					v.Forget(Scope(fmt.Sprint(i)))
				}
			}
		})
	}
	wg.Wait()
}

func TestRotation(t *testing.T) {
	old, kek := newVault(t)
	wrapped, k := newKey(t, old, Intake)
	c, err := k.Seal([]byte("x"), Place{})
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, err := old.Rewrap(Intake, wrapped); changed || err != nil {
		t.Errorf("rewrapped for nothing: %v", err)
	}
	rotated, err := RotateKEK(kek)
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(rotated)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(v *Vault, w []byte) {
		t.Helper()
		k, err := v.Open(Intake, w)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Open(c, Place{}); err != nil || string(got) != "x" {
			t.Fatalf("%v", err)
		}
	}
	opens(v, wrapped) // what the old key wrapped
	rewrapped, changed, err := v.Rewrap(Intake, wrapped)
	if err != nil || !changed {
		t.Fatalf("%v %v", changed, err)
	}
	opens(v, rewrapped)
	if _, changed, _ := v.Rewrap(Intake, rewrapped); changed {
		t.Error("rewrapped twice")
	}
	if _, err := old.Open(Intake, rewrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("the old KEK opens what the new one wrapped: %v", err)
	}
	retired, err := RetireKEK(rotated)
	if err != nil {
		t.Fatal(err)
	}
	last, err := New(retired)
	if err != nil {
		t.Fatal(err)
	}
	opens(last, rewrapped)
	if _, err := last.Open(Intake, wrapped); !errors.Is(err, ErrSealed) {
		t.Errorf("a retired KEK opens: %v", err)
	}
	if again, err := RetireKEK(retired); err != nil || len(again) == 0 {
		t.Errorf("%v", err)
	}
}

func TestBadKEKs(t *testing.T) {
	h, err := keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&other)); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "not JSON": []byte("hunter2"), "empty": []byte("{}"), "no keys": []byte(`{"primaryKeyId":1,"key":[]}`),
		"a MAC keyset": other.Bytes(),
	} {
		if _, err := New(bad); !errors.Is(err, ErrKEK) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := RotateKEK(bad); !errors.Is(err, ErrKEK) {
			t.Errorf("rotate %s: %v", name, err)
		}
		if _, err := RetireKEK(bad); !errors.Is(err, ErrKEK) {
			t.Errorf("retire %s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	v, _ := newVault(f)
	wrapped, k := newKey(f, v, Intake)
	c, err := k.Seal([]byte("x"), Place{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped)
	f.Add(c)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := v.Open(Intake, b); err == nil && !bytes.Equal(b, wrapped) {
			// Tink's wrapper is a protocol buffer: it may be spelled otherwise, but only around the same sealed key.
			if w, err := keyset.NewBinaryReader(bytes.NewReader(b)).ReadEncrypted(); err != nil || !bytes.Contains(wrapped, w.GetEncryptedKeyset()) {
				t.Fatal("opened a key that was never wrapped")
			}
		}
		if _, err := k.Open(b, Place{}); err == nil && !bytes.Equal(b, c) {
			t.Fatal("opened what was never sealed")
		}
	})
}

func BenchmarkSeal4KB(b *testing.B) {
	v, _ := newVault(b)
	_, k := newKey(b, v, Intake)
	plain, p := make([]byte, 4096), Place{"messages", "msg_1", "body"}
	b.SetBytes(4096)
	for b.Loop() {
		if _, err := k.Seal(plain, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen4KB(b *testing.B) {
	v, _ := newVault(b)
	_, k := newKey(b, v, Intake)
	p := Place{"messages", "msg_1", "body"}
	c, err := k.Seal(make([]byte, 4096), p)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4096)
	for b.Loop() {
		if _, err := k.Open(c, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenKey(b *testing.B) {
	v, _ := newVault(b)
	wrapped, _ := newKey(b, v, Intake)
	for name, forget := range map[string]bool{"cached": false, "unwrapped": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					v.Forget(Intake)
				}
				if _, err := v.Open(Intake, wrapped); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
