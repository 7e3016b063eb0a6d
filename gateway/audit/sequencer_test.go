package audit

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tree is RFC 6962's: what our edge computes is what tlog computes from scratch.
func TestEdgeAgreesWithTlog(t *testing.T) {
	var tree edge
	var hashes []StoredHash
	var reference []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, reference[i])
		}
		return out, nil
	})
	for n := range int64(300) {
		root, err := tlog.TreeHash(n, read)
		if err != nil || tree.root() != root {
			t.Fatalf("root of %d: %v", n, err)
		}
		body := []byte{byte(n), byte(n >> 8)}
		more, err := tlog.StoredHashes(n, body, read)
		if err != nil {
			t.Fatal(err)
		}
		reference = append(reference, more...)
		hashes = tree.add(tlog.RecordHash(body), hashes)
		if int64(len(hashes)) != tlog.StoredHashCount(n+1) {
			t.Fatalf("%d hashes after %d", len(hashes), n+1)
		}
		for i, h := range hashes {
			if h.Index != int64(i) || h.Hash != reference[i] {
				t.Fatalf("hash %d of %d differs", i, n+1)
			}
		}
		back, err := readEdge(context.Background(), &memLog{hashes: hashes}, n+1)
		if err != nil || back.root() != tree.root() {
			t.Fatalf("read again at %d: %v", n+1, err)
		}
	}
}

func TestSequencerSealsInBatchesAndStartsAgain(t *testing.T) {
	k := newKeys(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &memLog{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 20), 1, 8).Draw(rt, "runs") {
			for range n {
				m.write(t, sample(int(m.counter.Next)))
			}
			s, err := NewSequencer(m, k.skey) // a new process each time: nothing but the store is remembered
			if err != nil {
				rt.Fatal(err)
			}
			if took, err := s.Integrate(t.Context()); err != nil || took != n {
				rt.Fatalf("took %d of %d: %v", took, n, err)
			}
		}
		if r := verify(t, m, k); !r.OK() || r.Sealed != m.counter.Next {
			rt.Fatalf("%+v", r)
		}
	})
	m := build(t, k, -(2*batch + 5))
	s, err := NewSequencer(m, k.skey)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{batch, batch, 5, 0} {
		if took, err := s.Integrate(t.Context()); err != nil || took != want {
			t.Fatalf("took %d, want %d: %v", took, want, err)
		}
	}
}

func TestSequencerNeverForks(t *testing.T) {
	k := newKeys(t)
	ctx := t.Context()
	whole := build(t, k, 5, 6, -3)
	for name, spoil := range map[string]func(m *memLog){
		"a hash of the edge changed":  func(m *memLog) { m.hashes[tlog.StoredHashIndex(3, 0)].Hash[0] ^= 1 },
		"a hash of the edge gone":     func(m *memLog) { m.hashes = m.hashes[:5] },
		"the checkpoint changed":      func(m *memLog) { m.cps[1].Note = slices.Clone(m.cps[1].Note); m.cps[1].Note[20] ^= 1 },
		"the checkpoint missized":     func(m *memLog) { m.cps[1].Size = 12 },
		"a new entry gone":            func(m *memLog) { m.entries = slices.Delete(m.entries, 11, 12) },
		"signed by another":           func(m *memLog) { m.cps = build(t, newKeys(t), 11).cps },
		"a checkpoint of other names": func(m *memLog) { m.cps[1].Note = []byte("nothing signed\n") },
	} {
		m := whole.copy()
		spoil(m)
		before := len(m.cps)
		s, err := NewSequencer(m, k.skey)
		if err != nil {
			t.Fatal(err)
		}
		took, err := s.Integrate(ctx)
		if err == nil || took != 0 || len(m.cps) != before {
			t.Errorf("%s: took %d, %v", name, took, err)
		}
		if name != "a hash of the edge gone" && !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoSequencersExtendOneTree(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 4)
	a, err := NewSequencer(m, k.skey)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewSequencer(m, k.skey)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		m.write(t, sample(100+i))
		first, second := a, b
		if i%3 == 0 {
			first, second = b, a
		}
		if took, err := first.Integrate(t.Context()); err != nil || took != 1 {
			t.Fatalf("%d %v", took, err)
		}
		if took, err := second.Integrate(t.Context()); err != nil || took != 0 {
			t.Fatalf("%d %v", took, err)
		}
	}
	// The other one is faster between our reading and our writing.
	m.write(t, sample(1))
	m.fail = map[string]error{"Seal": ErrMoved}
	if took, err := a.Integrate(t.Context()); err != nil || took != 0 {
		t.Fatalf("%d %v", took, err)
	}
	m.fail = nil
	if took, err := a.Integrate(t.Context()); err != nil || took != 1 {
		t.Fatalf("%d %v", took, err)
	}
	if r := verify(t, m, k); !r.OK() {
		t.Fatalf("%+v", r)
	}
}

func TestSequencerReportsEachFailureOfTheStore(t *testing.T) {
	k := newKeys(t)
	full := errors.New("disk full")
	for _, method := range []string{"LatestCheckpoint", "Entries", "HashesAt", "Seal"} {
		m := build(t, k, 7, -2)
		m.fail = map[string]error{method: full}
		s, err := NewSequencer(m, k.skey)
		if err != nil {
			t.Fatal(err)
		}
		if took, err := s.Integrate(t.Context()); !errors.Is(err, full) || took != 0 {
			t.Errorf("%s: %d %v", method, took, err)
		}
		m.fail = nil
		if took, err := s.Integrate(t.Context()); err != nil || took != 2 {
			t.Errorf("%s: afterwards %d %v", method, took, err)
		}
		if r := verify(t, m, k); !r.OK() {
			t.Errorf("%s: %+v", method, r)
		}
	}
}

func TestSigningKeyCanBeChanged(t *testing.T) {
	old, fresh := newKeys(t), newKeys(t)
	m := build(t, old, 3, -2)
	s, err := NewSequencer(m, fresh.skey, AcceptOlder(old.vkey))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if took, err := s.Integrate(t.Context()); err != nil || took == 0 {
			t.Fatal(took, err)
		}
		m.write(t, sample(50))
	}
	if r := verify(t, m, fresh); r.OK() {
		t.Error("the old key's checkpoint was accepted without it")
	}
	both, err := Verifiers(old.vkey, fresh.vkey)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), m, both); err != nil || !r.OK() || r.Checkpoints != 3 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestRunSealsWithinASecondAndStops(t *testing.T) {
	quiet(t)
	k := newKeys(t)
	synctest.Test(t, func(t *testing.T) {
		m := &memLog{}
		var published [][]byte
		s, err := NewSequencer(m, k.skey, Publish(func(_ context.Context, cp []byte) error {
			published = append(published, cp)
			return errors.New("the other place is down") // never the sequencer's problem
		}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		wake := make(chan struct{}, 1)
		ended := make(chan error)
		go func() { ended <- s.Run(ctx, wake) }()
		pause := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		expect := func(n int, when string) {
			t.Helper()
			if got := m.sealed(); got != n {
				t.Fatalf("%d checkpoints %s, want %d", got, when, n)
			}
		}
		pause(10 * time.Millisecond)
		m.write(t, sample(0))
		pause(time.Second)
		expect(1, "a second after an entry nobody woke it for")

		pause(Interval)
		m.write(t, sample(1))
		wake <- struct{}{}
		pause(time.Millisecond)
		expect(2, "just after a wake")
		m.write(t, sample(2))
		wake <- struct{}{}
		pause(Interval - 10*time.Millisecond)
		expect(2, "before the interval is over")
		pause(10 * time.Millisecond)
		expect(3, "after the interval")

		m.failing("Seal", errors.New("disk full"))
		m.write(t, sample(3))
		pause(5 * time.Second)
		expect(3, "while the disk is full")
		m.failing("", nil)
		pause(time.Second + Interval)
		expect(4, "when there is room again")

		for range 2*batch + 1 {
			m.write(t, sample(9))
		}
		wake <- struct{}{}
		pause(2*Interval + 10*time.Millisecond)
		expect(7, "after a backlog of three batches")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if len(published) != 7 {
			t.Errorf("%d published", len(published))
		}
	})
}

// quiet keeps the failures that a test provokes out of its output.
func quiet(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(before) })
}

func TestRunEndsWhileTheStoreFails(t *testing.T) {
	quiet(t)
	k := newKeys(t)
	synctest.Test(t, func(t *testing.T) {
		m := &memLog{fail: map[string]error{"LatestCheckpoint": errors.New("gone")}}
		s, err := NewSequencer(m, k.skey)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Run(ctx, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestKeys(t *testing.T) {
	for range 50 { // key data with plus signs is common
		skey, vkey, err := NewKey("hmp-example")
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifierKey(skey)
		if err != nil || got != vkey || !strings.HasPrefix(vkey, "kinbridge/audit/hmp-example+") {
			t.Fatalf("%s %s %v", got, vkey, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "ŵ"} {
		if _, _, err := NewKey(name); err == nil {
			t.Errorf("%q accepted as a name", name)
		}
	}
	for _, bad := range []string{"", "PRIVATE+KEY+x", "PRIVATE+KEY+x+00000000+AAAA", "kinbridge/audit/x+00000000+AAAA"} {
		if _, err := VerifierKey(bad); err == nil || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := NewSequencer(&memLog{}, bad); err == nil {
			t.Errorf("%q accepted as a signer", bad)
		}
		if _, err := Verifiers(bad); err == nil {
			t.Errorf("%q accepted as a verifier", bad)
		}
	}
	if _, err := Verifiers(); err == nil {
		t.Error("no keys accepted")
	}
	if _, err := NewSequencer(&memLog{}, newKeys(t).skey, AcceptOlder("nonsense")); err == nil {
		t.Error("a nonsense older key accepted")
	}
}

func TestOpenCheckpointIsStrict(t *testing.T) {
	k := newKeys(t)
	m := build(t, k, 3)
	good := string(m.cps[0].Note)
	lines := strings.Split(good, "\n")
	if len(lines) != 6 || lines[0] != OriginPrefix+"hmp-example" || lines[1] != "3" || lines[3] != "" {
		t.Fatalf("not a C2SP checkpoint:\n%s", good)
	}
	// A signed text of another shape is refused although its signature holds.
	for _, text := range []string{
		"other/log\n3\n" + lines[2] + "\n", lines[0] + "\n03\n" + lines[2] + "\n", lines[0] + "\n-3\n" + lines[2] + "\n",
		lines[0] + "\n3\n" + lines[2] + "\nextension\n", lines[0] + "\n3\n", lines[0] + "\n3\nAAAA\n",
		lines[0] + "\n999999999999999\n" + lines[2] + "\n", lines[0] + "\n+3\n" + lines[2] + "\n",
	} {
		if _, err := OpenCheckpoint(signText(t, k, text), k.verifiers); err == nil {
			t.Errorf("accepted:\n%s", text)
		}
	}
	if _, err := OpenCheckpoint([]byte(good+lines[4]+"\n"), k.verifiers); err == nil {
		t.Error("two signatures accepted")
	}
	if _, err := OpenCheckpoint([]byte(good+"— witness.example AAAAAAAA\n"), k.verifiers); err == nil {
		t.Error("a stranger's signature accepted")
	}
}
