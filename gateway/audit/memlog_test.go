package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kinbridge/gateway/ids"
)

// memLog is a log held in slices: what a database holds, open to every kind of tampering.
type memLog struct {
	mu      sync.Mutex // the sequencer may run beside the test
	entries []Stored
	hashes  []StoredHash
	cps     []StoredCheckpoint
	counter Counter
	fail    map[string]error // by method name
}

func (m *memLog) LatestCheckpoint(context.Context) (StoredCheckpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.latest(), m.fail["LatestCheckpoint"]
}

func (m *memLog) latest() StoredCheckpoint {
	if len(m.cps) == 0 {
		return StoredCheckpoint{}
	}
	return slices.MaxFunc(m.cps, func(a, b StoredCheckpoint) int { return cmp.Compare(a.Size, b.Size) })
}

// failing makes a method fail from now on.
func (m *memLog) failing(method string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = map[string]error{method: err}
}

// sealed counts the checkpoints.
func (m *memLog) sealed() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.cps)
}

// page gives the rows from a key on, whatever order they are held in.
func page[T any](rows []T, from int64, limit int, key func(T) int64) []T {
	byKey := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	if !slices.IsSortedFunc(rows, byKey) {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, byKey)
	}
	at, _ := slices.BinarySearchFunc(rows, from, func(r T, f int64) int { return cmp.Compare(key(r), f) })
	return rows[at:min(at+limit, len(rows))]
}

func (m *memLog) Entries(_ context.Context, from int64, limit int) ([]Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return page(m.entries, from, limit, func(s Stored) int64 { return s.Seq }), m.fail["Entries"]
}

func (m *memLog) HashesAt(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []tlog.Hash
	for _, i := range indexes {
		at, ok := slices.BinarySearchFunc(m.hashes, i, func(h StoredHash, i int64) int { return cmp.Compare(h.Index, i) })
		if !ok {
			return nil, fmt.Errorf("no hash %d", i)
		}
		out = append(out, m.hashes[at].Hash)
	}
	return out, m.fail["HashesAt"]
}

func (m *memLog) Seal(_ context.Context, from int64, hashes []StoredHash, cp StoredCheckpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fail["Seal"]; err != nil {
		return err
	}
	if last := m.latest(); last.Size != from {
		return ErrMoved
	}
	m.hashes = append(m.hashes, hashes...)
	m.cps = append(m.cps, cp)
	return nil
}

func (m *memLog) Hashes(_ context.Context, from int64, limit int) ([]StoredHash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return page(m.hashes, from, limit, func(h StoredHash) int64 { return h.Index }), m.fail["Hashes"]
}

func (m *memLog) Checkpoints(_ context.Context, from int64, limit int) ([]StoredCheckpoint, error) {
	return page(m.cps, from, limit, func(c StoredCheckpoint) int64 { return c.Size }), m.fail["Checkpoints"]
}

func (m *memLog) Counter(context.Context) (Counter, error) {
	c := m.counter
	c.Rows = int64(len(m.entries))
	return c, m.fail["Counter"]
}

// write commits an entry as the store does.
func (m *memLog) write(t testing.TB, e Entry) Stored {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	seq := m.counter.Next
	body, err := Encode(seq, e)
	if err != nil {
		t.Fatal(err)
	}
	m.counter.Chain = m.counter.Chain.Next(body)
	m.counter.Next++
	s := Stored{Columns: ColumnsOf(seq, e), Body: body, Chain: m.counter.Chain}
	m.entries = append(m.entries, s)
	return s
}

// copy returns a log that can be tampered with while m stays whole.
func (m *memLog) copy() *memLog {
	c := &memLog{entries: slices.Clone(m.entries), hashes: slices.Clone(m.hashes), cps: slices.Clone(m.cps), counter: m.counter}
	for i := range c.entries {
		c.entries[i].Body = slices.Clone(c.entries[i].Body)
	}
	return c
}

var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// sample makes the i-th of a variety of stamped entries.
func sample(i int) Entry {
	id := func(prefix string) string { return fmt.Sprintf("%s_%026d", prefix, i) }
	c, th, m := ids.CaseID(id("cas")), ids.ThreadID(id("thr")), ids.MessageID(id("msg"))
	var e Entry
	switch i % 4 {
	case 0:
		e = MessageHeld(c, th, m, ids.HoldID(id("hld"))).Because("A Pact worker reviews this channel.", `Quote " and \ and ŵ`)
	case 1:
		e = CaseRead(c)
	case 2:
		e = DeliveryQueued(Delivered{c, th, m, ids.DeliveryID(id("dlv"))}, id("con"))
	default:
		e = MailRejected("size").By(ids.Unknown("smtp"))
	}
	return e.Stamp(id("aud"), epoch.Add(time.Duration(i)*1234567*time.Nanosecond), ids.Actor{Kind: ids.ActorStaff, ID: id("stf"), Role: ids.RolePactWorker, Agency: ids.AgencyID(id("agy"))})
}

// testKeys are one log's keys.
type testKeys struct {
	skey, vkey string
	verifiers  note.Verifiers
}

func newKeys(t testing.TB) testKeys {
	t.Helper()
	skey, vkey, err := NewKey("hmp-example")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verifiers(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return testKeys{skey, vkey, v}
}

// build makes a log with a checkpoint after each of the given numbers of entries; the last number stays unsigned when
// it is negative.
func build(t testing.TB, k testKeys, runs ...int) *memLog {
	t.Helper()
	m := &memLog{}
	s, err := NewSequencer(m, k.skey)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range runs {
		for range max(n, -n) {
			m.write(t, sample(int(m.counter.Next)))
		}
		for n > 0 {
			took, err := s.Integrate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if took == 0 {
				break
			}
		}
	}
	return m
}

func verify(t testing.TB, m *memLog, k testKeys, trusted ...[]byte) Report {
	t.Helper()
	r, err := Verify(context.Background(), m, k.verifiers, trusted...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
