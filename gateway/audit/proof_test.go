package audit

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kinbridge/gateway/ids"
)

func TestProveEveryEntry(t *testing.T) {
	k := newKeys(t)
	for _, runs := range [][]int{{1}, {2}, {7, 9}, {33}} {
		m := build(t, k, runs...)
		for i := range m.entries {
			p, err := Prove(t.Context(), m, int64(i), k.verifiers)
			if err != nil {
				t.Fatal(err)
			}
			e, err := VerifyProof(p, k.vkey)
			if err != nil || !cmp.Equal(e, sample(i)) {
				t.Fatalf("%v %s", err, cmp.Diff(e, sample(i)))
			}
			if !strings.HasPrefix(string(p), "c2sp.org/tlog-proof@v1\nextra ") {
				t.Fatalf("not a C2SP tlog-proof:\n%s", p)
			}
		}
	}
}

// There is no harmless byte in a proof file.
func TestEveryByteOfAProofCounts(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 11)
	whole, err := Prove(t.Context(), m, 6, k.verifiers)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, at int, file []byte) {
		t.Helper()
		if bytes.Equal(file, whole) {
			return
		}
		if _, err := VerifyProof(file, k.vkey); err == nil || ids.KindOf(err) != ids.Invalid {
			t.Fatalf("%s at %d: %v\n%s", what, at, err, file)
		}
	}
	for at := range whole {
		for _, flip := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 7} {
			f := slices.Clone(whole)
			f[at] ^= flip
			refused("changed", at, f)
		}
		refused("removed", at, slices.Delete(slices.Clone(whole), at, at+1))
		for _, c := range []byte("\n =A\r0") {
			refused("inserted", at, slices.Insert(slices.Clone(whole), at, c))
		}
		refused("cut", at, whole[:at])
	}
	refused("appended", len(whole), append(slices.Clone(whole), '\n'))
	refused("doubled", 0, append(slices.Clone(whole), whole...))
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for i := range lines {
		for j := range i {
			l := slices.Clone(lines)
			l[i], l[j] = l[j], l[i]
			refused("lines swapped", i, bytes.Join(l, nil))
		}
	}
}

func TestProofOfAnotherLogOrKey(t *testing.T) {
	k, other := newKeys(t), newKeys(t)
	p, err := Prove(t.Context(), build(t, k, 5), 2, k.verifiers)
	if err != nil {
		t.Fatal(err)
	}
	for _, vkey := range []string{other.vkey, "", "nonsense"} {
		if _, err := VerifyProof(p, vkey); ids.KindOf(err) != ids.Invalid {
			t.Errorf("%q: %v", vkey, err)
		}
	}
	if _, err := VerifyProof(p, " "+k.vkey+"\n"); err != nil {
		t.Errorf("a key as read from its file: %v", err)
	}
	if _, err := VerifyProof(bytes.Repeat([]byte("x"), maxProof+1), k.vkey); ids.KindOf(err) != ids.Invalid {
		t.Errorf("%v", err)
	}
}

// A proof whose entry is genuine and whose tree is signed, but which is not of this log's form.
func TestProofOfAForeignRecord(t *testing.T) {
	k := newKeys(t)
	body, err := Encode(4, sample(4)) // says 4, stands in place 0
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{body, []byte("not an entry")} {
		m := &memLog{entries: []Stored{{Body: body}}}
		s, err := NewSequencer(m, k.skey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		file := proof{body: body, checkpoint: m.cps[0].Note}.format()
		if _, err := VerifyProof(file, k.vkey); ids.KindOf(err) != ids.Invalid {
			t.Errorf("%v", err)
		}
	}
}

func TestProveSaysWhatIsWrong(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 5, -2)
	for _, seq := range []int64{-1, 7, 1 << 60} {
		if _, err := Prove(t.Context(), m, seq, k.verifiers); ids.KindOf(err) != ids.NotFound {
			t.Errorf("%d: %v", seq, err)
		}
	}
	if _, err := Prove(t.Context(), m, 6, k.verifiers); ids.KindOf(err) != ids.Unavailable {
		t.Errorf("unsigned: %v", err)
	}
	if _, err := Prove(t.Context(), build(t, k, -2), 0, k.verifiers); ids.KindOf(err) != ids.Unavailable {
		t.Errorf("no checkpoint at all: %v", err)
	}
	if _, err := Prove(t.Context(), m, 2, newKeys(t).verifiers); !errors.Is(err, ErrBroken) {
		t.Errorf("another key: %v", err)
	}
	for _, spoil := range []func(*memLog){
		func(m *memLog) { m.entries[2].Body[40] ^= 1 },
		func(m *memLog) { m.hashes[2].Hash[0] ^= 1 },
	} {
		c := m.copy()
		spoil(c)
		if _, err := Prove(t.Context(), c, 2, k.verifiers); !errors.Is(err, ErrBroken) {
			t.Errorf("broken log: %v", err)
		}
	}
	gone := errors.New("gone")
	for _, method := range []string{"LatestCheckpoint", "Entries", "HashesAt"} {
		c := m.copy()
		c.fail = map[string]error{method: gone}
		if _, err := Prove(t.Context(), c, 2, k.verifiers); !errors.Is(err, gone) {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func FuzzVerifyProof(f *testing.F) {
	k := newKeys(f)
	m := build(f, k, 6)
	for i := range m.entries {
		p, err := Prove(f.Context(), m, int64(i), k.verifiers)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
	}
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		e, err := VerifyProof(file, k.vkey)
		if err != nil {
			return
		}
		// Only what the log holds can be proved: the fuzzer does not have the key.
		if !slices.ContainsFunc(m.entries, func(s Stored) bool { return s.ID == e.ID }) {
			t.Fatalf("proved an entry that was never written: %+v", e)
		}
	})
}
