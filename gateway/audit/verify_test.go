package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func signText(t testing.TB, k testKeys, text string) []byte {
	t.Helper()
	s, err := note.NewSigner(k.skey)
	if err != nil {
		t.Fatal(err)
	}
	b, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVerifyPassesWholeLogs(t *testing.T) {
	k := newKeys(t)
	for _, runs := range [][]int{{}, {-1}, {1}, {-7}, {1, 1, 1}, {8}, {8, -1}, {3, 13, 1, -4}, {pageSize + 1, -pageSize}} {
		m := build(t, k, runs...)
		r := verify(t, m, k)
		sealed := 0
		for _, n := range runs {
			sealed += max(0, n)
		}
		if !r.OK() || r.Entries != m.counter.Next || r.Sealed != int64(sealed) || r.Checkpoints != int64(len(m.cps)) {
			t.Errorf("%v: %+v", runs, r)
		}
		if sealed > 0 && r.Origin != OriginPrefix+"hmp-example" {
			t.Errorf("origin %q", r.Origin)
		}
	}
}

// Every byte of an entry's body, each with all its bits: signed, at the edge of a checkpoint, and not yet signed.
func TestEveryByteOfABodyCounts(t *testing.T) {
	k := newKeys(t)
	whole := build(t, k, 4, 9, 6, -3)
	for place, bits := range map[int][]byte{0: {1}, 3: {4}, 7: {1, 0x20, 0x80, 0xff}, 12: {2}, 18: {1}, 19: {1}, 21: {1, 0x80}} {
		for at := range whole.entries[place].Body {
			for _, bit := range bits {
				m := whole.copy()
				m.entries[place].Body[at] ^= bit
				r := verify(t, m, k)
				bad, ok := r.FirstBad()
				if !ok || bad.Seq != int64(place) || bad.ID != whole.entries[place].ID || bad.Fault != Changed {
					t.Fatalf("entry %d byte %d: %+v", place, at, r.Problems)
				}
				if n := len(r.Problems); n != 1 {
					t.Fatalf("entry %d byte %d: %d problems: %+v", place, at, n, r.Problems)
				}
			}
		}
		for _, cut := range []func([]byte) []byte{
			func(b []byte) []byte { return nil }, func(b []byte) []byte { return b[1:] }, func(b []byte) []byte { return b[:len(b)-1] },
			func(b []byte) []byte { return append(b, '\n') }, func(b []byte) []byte { return append(b, b...) },
		} {
			m := whole.copy()
			m.entries[place].Body = cut(m.entries[place].Body)
			if bad, _ := verify(t, m, k).FirstBad(); bad.Seq != int64(place) || bad.Fault != Changed {
				t.Fatalf("entry %d: %+v", place, bad)
			}
		}
	}
}

func TestEveryColumnCounts(t *testing.T) {
	k := newKeys(t)
	whole := build(t, k, 4, 9, -3)
	for name, spoil := range map[string]func(*Stored){
		"identifier": func(s *Stored) { s.ID = "aud_other" },
		"kind":       func(s *Stored) { s.Kind = string(MessageWrittenKind) },
		"time":       func(s *Stored) { s.AtMicros++ },
		"actor":      func(s *Stored) { s.ActorID = "stf_other" },
		"actor ":     func(s *Stored) { s.ActorKind = "system" },
		"case":       func(s *Stored) { s.Case += "x" },
		"thread":     func(s *Stored) { s.Thread += "x" },
	} {
		for _, place := range []int{0, 3, 8, 15} {
			m := whole.copy()
			spoil(&m.entries[place])
			r := verify(t, m, k)
			bad, _ := r.FirstBad()
			if bad.Seq != int64(place) || bad.Fault != WrongColumn || !strings.Contains(bad.Text, strings.TrimSpace(name)) || len(r.Problems) != 1 {
				t.Errorf("%s of %d: %+v", name, place, r.Problems)
			}
		}
	}
}

// tampering is one way to change a whole log of 22 entries with checkpoints at 4, 13 and 19, and what must be found.
type tampering struct {
	name  string
	do    func(t testing.TB, m *memLog, k testKeys)
	fault Fault
	seq   int64 // -1: of no entry
}

func tamperings() []tampering {
	swap := func(i, j int, columns bool) func(testing.TB, *memLog, testKeys) {
		return func(_ testing.TB, m *memLog, _ testKeys) {
			a, b := &m.entries[i], &m.entries[j]
			if columns {
				*a, *b = *b, *a
				a.Seq, b.Seq = int64(i), int64(j)
			} else {
				a.Body, b.Body = b.Body, a.Body
			}
		}
	}
	return []tampering{
		{"first entry removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = m.entries[1:] }, Missing, 0},
		{"entry removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = slices.Delete(m.entries, 6, 7) }, Missing, 6},
		{"three entries removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = slices.Delete(m.entries, 6, 9) }, Missing, 6},
		{"last signed entry removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = slices.Delete(m.entries, 18, 19) }, Missing, 18},
		{"last entry removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = m.entries[:21] }, Missing, 21},
		{"all entries removed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = nil }, Missing, 0},
		{"last entry removed, counter too", func(_ testing.TB, m *memLog, _ testKeys) {
			m.entries = m.entries[:18]
			m.counter.Next, m.counter.Chain = 18, m.entries[17].Chain
		}, Missing, 18},
		{"entry removed, the others renumbered", func(_ testing.TB, m *memLog, _ testKeys) {
			m.entries = slices.Delete(m.entries, 6, 7)
			for i := 6; i < len(m.entries); i++ {
				m.entries[i].Seq--
			}
			m.counter.Next--
		}, Reordered, 6},
		{"bodies swapped", swap(5, 11, false), Reordered, 5},
		{"bodies swapped across a checkpoint", swap(2, 17, false), Reordered, 2},
		{"rows swapped", swap(5, 6, true), Reordered, 5},
		{"unsigned rows swapped", swap(19, 21, true), Reordered, 19},
		{"body copied over a later one", func(_ testing.TB, m *memLog, _ testKeys) { m.entries[9].Body = m.entries[8].Body }, Duplicate, 9},
		{"body copied over an earlier one", func(_ testing.TB, m *memLog, _ testKeys) { m.entries[8].Body = m.entries[9].Body }, Reordered, 8},
		{"row doubled", func(_ testing.TB, m *memLog, _ testKeys) { m.entries = slices.Insert(m.entries, 9, m.entries[8]) }, Duplicate, 8},
		{"row put before the first", func(_ testing.TB, m *memLog, _ testKeys) {
			s := m.entries[8]
			s.Seq = -1
			m.entries = slices.Insert(m.entries, 0, s)
		}, Reordered, 0},
		{"row added at the end", func(_ testing.TB, m *memLog, _ testKeys) {
			s := m.entries[8]
			s.Seq = 22
			m.entries = append(m.entries, s)
		}, Duplicate, 22},
		{"fitting row added at the end", func(t testing.TB, m *memLog, _ testKeys) {
			c := m.counter
			m.write(t, sample(77))
			m.counter = c
		}, BadCounter, 22},
		{"entry rewritten, chain made to fit", func(t testing.TB, m *memLog, _ testKeys) { rewrite(t, m, 10); rechain(m) }, Changed, 10},
		{"entry rewritten, chain and hashes made to fit", func(t testing.TB, m *memLog, _ testKeys) {
			rewrite(t, m, 10)
			rechain(m)
			rehash(m)
		}, Changed, 4}, // between the checkpoints of 4 and 13; nothing is left that could say more
		{"entry rewritten, hashes made to fit, chain not", func(t testing.TB, m *memLog, _ testKeys) { rewrite(t, m, 10); rehash(m) }, Changed, 10},
		{"all signed again with another key", func(t testing.TB, m *memLog, _ testKeys) {
			rewrite(t, m, 10)
			rechain(m)
			other := newKeys(t)
			fresh := build(t, other)
			fresh.entries, fresh.counter = m.entries, m.counter
			s, err := NewSequencer(fresh, other.skey)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Integrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			m.hashes, m.cps = fresh.hashes, fresh.cps
		}, BadCheckpoint, -1},
		{"chain changed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries[7].Chain[31] ^= 1 }, BadChain, 7},
		{"last chain changed", func(_ testing.TB, m *memLog, _ testKeys) { m.entries[21].Chain[31] ^= 1 }, Changed, 21},
		{"leaf hash changed", func(_ testing.TB, m *memLog, _ testKeys) { m.hashes[tlog.StoredHashIndex(0, 14)].Hash[0] ^= 1 }, BadHash, 14},
		{"inner hash changed", func(_ testing.TB, m *memLog, _ testKeys) { m.hashes[tlog.StoredHashIndex(2, 1)].Hash[0] ^= 1 }, BadHash, -1},
		{"hash removed", func(_ testing.TB, m *memLog, _ testKeys) { m.hashes = slices.Delete(m.hashes, 9, 10) }, BadHash, -1},
		{"last hashes removed", func(_ testing.TB, m *memLog, _ testKeys) { m.hashes = m.hashes[:len(m.hashes)-2] }, BadHash, -1},
		{"hash doubled", func(_ testing.TB, m *memLog, _ testKeys) { m.hashes = slices.Insert(m.hashes, 9, m.hashes[8]) }, BadHash, -1},
		{"hash added", func(_ testing.TB, m *memLog, _ testKeys) {
			m.hashes = append(m.hashes, StoredHash{int64(len(m.hashes)), tlog.Hash{1}})
		}, BadHash, -1},
		{"checkpoint changed", func(_ testing.TB, m *memLog, _ testKeys) {
			m.cps[1].Note = slices.Clone(m.cps[1].Note)
			m.cps[1].Note[len(m.cps[1].Note)-9] ^= 1
		}, BadCheckpoint, -1},
		{"checkpoint's size column changed", func(_ testing.TB, m *memLog, _ testKeys) { m.cps[1].Size = 12 }, BadCheckpoint, -1},
		{"checkpoint doubled", func(_ testing.TB, m *memLog, _ testKeys) { m.cps = append(m.cps, m.cps[1]) }, BadCheckpoint, -1},
		{"newest checkpoint removed", func(_ testing.TB, m *memLog, _ testKeys) { m.cps = m.cps[:2] }, BadHash, -1},
		{"all checkpoints removed", func(_ testing.TB, m *memLog, _ testKeys) { m.cps = nil }, BadHash, -1},
		{"checkpoint of another log", func(t testing.TB, m *memLog, k testKeys) { m.cps[1] = build(t, newKeys(t), 13).cps[0] }, BadCheckpoint, -1},
		{"checkpoint of another tree", func(t testing.TB, m *memLog, k testKeys) {
			text := strings.Split(string(m.cps[1].Note), "\n")
			m.cps[1].Note = signText(t, k, text[0]+"\n13\n"+tlog.Hash{9}.String()+"\n")
		}, Changed, 4},
		{"counter too high", func(_ testing.TB, m *memLog, _ testKeys) { m.counter.Next++ }, Missing, 22},
		{"counter too low", func(_ testing.TB, m *memLog, _ testKeys) { m.counter.Next-- }, BadCounter, 21},
		{"counter's chain changed", func(_ testing.TB, m *memLog, _ testKeys) { m.counter.Chain[0] ^= 1 }, Changed, 21},
	}
}

// rewrite replaces an entry by another valid one, columns and all.
func rewrite(t testing.TB, m *memLog, i int) {
	body, err := Encode(int64(i), sample(1000+i))
	if err != nil {
		t.Fatal(err)
	}
	m.entries[i].Columns, m.entries[i].Body = ColumnsOf(int64(i), sample(1000+i)), body
}

// rechain makes the chain fit the bodies, as somebody who knows the format would.
func rechain(m *memLog) {
	var c Chain
	for i := range m.entries {
		c = c.Next(m.entries[i].Body)
		m.entries[i].Chain = c
	}
	m.counter.Chain = c
}

// rehash makes the stored hashes fit the bodies.
func rehash(m *memLog) {
	var tree edge
	n := len(m.hashes)
	m.hashes = nil
	for _, e := range m.entries {
		m.hashes = tree.add(tlog.RecordHash(e.Body), m.hashes)
	}
	m.hashes = m.hashes[:n]
}

func TestEveryTamperingIsFoundAndNamed(t *testing.T) {
	k := newKeys(t)
	whole := build(t, k, 4, 9, 6, -3)
	if r := verify(t, whole, k); !r.OK() {
		t.Fatalf("%+v", r)
	}
	for _, c := range tamperings() {
		m := whole.copy()
		c.do(t, m, k)
		r := verify(t, m, k)
		if len(r.Problems) == 0 || r.OK() {
			t.Errorf("%s: not found", c.name)
			continue
		}
		p := r.Problems[0]
		if bad, ok := r.FirstBad(); ok != (c.seq >= 0) || (ok && bad != p) {
			t.Errorf("%s: first bad %+v of %+v", c.name, bad, r.Problems)
		}
		if p.Fault != c.fault || p.Seq != c.seq {
			t.Errorf("%s: found %+v, want %s of %d", c.name, r.Problems, c.fault, c.seq)
		}
		if !strings.HasSuffix(p.Text, ".") || strings.Contains(p.Text, "%!") {
			t.Errorf("%s: %q", c.name, p.Text)
		}
	}
}

// Two changed entries in one stretch are both found: the first does not hide the second.
func TestLaterChangesAreFoundToo(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 4, 9, 6, -3)
	for _, i := range []int{5, 7, 15, 20} {
		rewrite(t, m, i)
	}
	r := verify(t, m, k)
	if len(r.Problems) != 4 || r.Problems[0].Seq != 5 || r.Problems[1].Seq != 7 || r.Problems[2].Seq != 15 || r.Problems[3].Seq != 20 {
		t.Fatalf("%+v", r.Problems)
	}
	for i := range m.entries {
		m.entries[i].Body = []byte("nonsense")
	}
	if r := verify(t, m, k); len(r.Problems) != 22 || r.Problems[0].Seq != 0 {
		t.Fatalf("%d problems", len(r.Problems))
	}
}

func TestAReportIsBounded(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 500, -500)
	for i := range m.entries {
		m.entries[i].Kind = "x"
	}
	if r := verify(t, m, k); len(r.Problems) != maxProblems || r.OK() || r.Complete {
		t.Fatalf("%d problems", len(r.Problems))
	}
}

// Somebody with the database can cut off the newest entries with everything that belongs to them. Only a checkpoint
// kept elsewhere shows it.
func TestCutOffIsFoundWithATrustedCheckpoint(t *testing.T) {
	k := newKeys(t)
	whole := build(t, k, 4, 9, 6)
	kept := whole.cps[2].Note
	cut := build(t, k, 4, 9)
	if r := verify(t, cut, k); !r.OK() {
		t.Fatalf("a log by itself: %+v", r)
	}
	r := verify(t, cut, k, kept)
	if bad, ok := r.FirstBad(); !ok || bad.Fault != Missing || bad.Seq != 13 {
		t.Errorf("%+v", r)
	}
	if r := verify(t, whole, k, kept, whole.cps[0].Note, whole.cps[0].Note); !r.OK() {
		t.Errorf("%+v", r)
	}
	// Cut off and continued differently with the real key: a fork.
	forked := build(t, k, 4, 9, -6)
	rewrite(t, forked, 15)
	rechain(forked)
	s, err := NewSequencer(forked, k.skey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, forked, k); !r.OK() {
		t.Fatalf("%+v", r)
	}
	if r := verify(t, forked, k, kept); r.OK() || !strings.Contains(r.Problems[0].Text, "forked") {
		t.Errorf("%+v", r)
	}
	if r := verify(t, whole, k, []byte("rubbish")); r.OK() {
		t.Error("a rubbish checkpoint was accepted")
	}
	if r := verify(t, whole, k, signText(t, k, OriginPrefix+"hmp-example\n0\n"+tlog.Hash{}.String()+"\n")); !r.OK() {
		t.Errorf("a checkpoint of nothing: %+v", r)
	}
}

func TestVerifyReportsEachFailureOfTheStore(t *testing.T) {
	k := newKeys(t)
	gone := errors.New("gone")
	for _, method := range []string{"Entries", "Hashes", "Checkpoints", "Counter"} {
		m := build(t, k, 4, -2)
		m.fail = map[string]error{method: gone}
		if _, err := Verify(t.Context(), m, k.verifiers); !errors.Is(err, gone) {
			t.Errorf("%s: %v", method, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, build(t, k, 4), k.verifiers); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Random logs, one random change of one byte anywhere: always found, and an entry's change always named.
func TestAnyByteAnywhere(t *testing.T) {
	k := newKeys(t)
	rapid.Check(t, func(rt *rapid.T) {
		runs := rapid.SliceOfN(rapid.IntRange(1, 30), 1, 5).Draw(rt, "runs")
		m := build(t, k, append(runs, -rapid.IntRange(0, 3).Draw(rt, "unsigned"))...)
		flip := byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		place := rapid.IntRange(0, len(m.entries)-1).Draw(rt, "place")
		in := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "at") }
		named := true
		switch what := rapid.SampledFrom([]string{"body", "chain", "hash", "checkpoint"}).Draw(rt, "what"); what {
		case "body":
			m.entries[place].Body[in(len(m.entries[place].Body))] ^= flip
		case "chain":
			m.entries[place].Chain[in(32)] ^= flip
		case "hash":
			named = false
			m.hashes[in(len(m.hashes))].Hash[in(32)] ^= flip
		case "checkpoint":
			named = false
			c := &m.cps[in(len(m.cps))]
			c.Note = slices.Clone(c.Note)
			c.Note[in(len(c.Note))] ^= flip
		}
		r := verify(t, m, k)
		if r.OK() {
			rt.Fatal("not found")
		}
		if bad, ok := r.FirstBad(); named && (!ok || bad.Seq != int64(place) || len(r.Problems) != 1) {
			rt.Fatalf("%+v", r.Problems)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	k := newKeys(b)
	for _, each := range []int{500, 1} {
		m := build(b, k, -100_000)
		signer, err := note.NewSigner(k.skey)
		if err != nil {
			b.Fatal(err)
		}
		var tree edge
		for i, e := range m.entries {
			m.hashes = tree.add(tlog.RecordHash(e.Body), m.hashes)
			if (i+1)%each == 0 {
				cp, err := sign(tlog.Tree{N: tree.n, Hash: tree.root()}, signer)
				if err != nil {
					b.Fatal(err)
				}
				m.cps = append(m.cps, cp)
			}
		}
		b.Run(fmt.Sprintf("entries=100000/checkpoints=%d", len(m.cps)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := verify(b, m, k); !r.OK() {
					b.Fatal(r.Problems)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	e := sample(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(7, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIntegrate(b *testing.B) {
	k := newKeys(b)
	for b.Loop() {
		b.StopTimer()
		m := build(b, k, -batch)
		s, err := NewSequencer(m, k.skey)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := s.Integrate(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "entries/s")
}
