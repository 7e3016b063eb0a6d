package audit

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Verify recomputes the whole log from its raw rows: every entry's canonical form, columns and chain, every hash of the
// tree, every checkpoint's signature and root, and the counter. The report names the first bad entry. trusted are
// signed checkpoints kept outside the database; with the newest of them, entries cut off together with their
// checkpoints are missed too. An error means that the log could not be read, and says nothing about it.
//
// What the rows say is told apart by what is signed. Where the tree of the stored hashes has a checkpoint's root but
// the tree of the bodies has not, an entry was changed; where it is the other way round, a hash was; where neither has,
// somebody changed both, and the report names the entries between two checkpoints if the chain cannot say more.
func Verify(ctx context.Context, src Source, keys note.Verifiers, trusted ...[]byte) (Report, error) {
	v := &verifier{src: src, keys: keys, rep: Report{Complete: true}}
	if err := v.loadCheckpoints(ctx, trusted); err != nil {
		return Report{}, fmt.Errorf("audit: read the checkpoints: %w", err)
	}
	v.hashes = newHashReader(ctx, src)
	defer v.hashes.stop()
	for page, err := range pages(ctx, math.MinInt64, src.Entries, func(s Stored) int64 { return s.Seq }) {
		if err != nil {
			return Report{}, fmt.Errorf("audit: read the entries: %w", err)
		}
		facts := examine(page)
		for i := range page {
			if err := v.entry(ctx, &page[i], &facts[i]); err != nil {
				return Report{}, err
			}
			if !v.rep.Complete {
				break
			}
		}
		if !v.rep.Complete || len(v.rep.Problems) > maxProblems {
			v.rep.Complete = false
			break
		}
	}
	v.settle(unsigned)
	if v.rep.Complete {
		if err := v.end(ctx); err != nil {
			return Report{}, err
		}
	}
	v.rep.finish()
	return v.rep, nil
}

// facts is what one row says by itself.
type facts struct {
	leaf    tlog.Hash
	seq     int64 // the body's own
	at      time.Time
	unread  bool   // the body is not a canonical entry
	columns string // the first column that differs from the body
}

// examine works out the facts of a page, on every processor.
func examine(page []Stored) []facts {
	out := make([]facts, len(page))
	var wg sync.WaitGroup
	share := (len(page) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for lo := 0; lo < len(page); lo += share {
		hi := min(lo+share, len(page))
		wg.Go(func() {
			for i := lo; i < hi; i++ {
				out[i] = factsOf(&page[i])
			}
		})
	}
	wg.Wait()
	return out
}

func factsOf(s *Stored) facts {
	f := facts{leaf: tlog.RecordHash(s.Body)}
	seq, e, err := Decode(s.Body)
	if err != nil {
		f.unread = true
		return f
	}
	f.seq, f.at = seq, e.At
	switch want := ColumnsOf(seq, e); {
	case want.ID != s.ID:
		f.columns = "identifier"
	case want.Kind != s.Kind:
		f.columns = "kind"
	case want.AtMicros != s.AtMicros:
		f.columns = "time"
	case want.ActorKind != s.ActorKind || want.ActorID != s.ActorID:
		f.columns = "actor"
	case want.Case != s.Case:
		f.columns = "case"
	case want.Thread != s.Thread:
		f.columns = "thread"
	}
	return f
}

// verifier is a verification under way.
type verifier struct {
	src  Source
	keys note.Verifiers
	rep  Report

	signed []signedTree // genuine checkpoints still ahead, by size
	sealed int64        // size of the newest checkpoint in the database
	from   int64        // where the newest checkpoint passed ends

	next       int64 // the next place
	chain, alt Chain // after the last row: as stored, and as computed when that differs
	bodies     edge  // the tree of the bodies
	stored     edge  // the tree of the stored leaf hashes
	hashes     *hashReader
	suspects   []suspect // since the last checkpoint passed
	lost       bool      // an entry was changed that no hash tells: the trees no longer say anything
}

// suspect is a row with something wrong whose cause the next checkpoint tells.
type suspect struct {
	seq    int64
	id     string
	unread bool
	leaf   bool   // its hash is not the stored one
	bare   bool   // it has no stored hash
	chain  bool   // the chain does not fit
	column string // the column that does not fit
}

// entry takes the next row.
func (v *verifier) entry(ctx context.Context, s *Stored, f *facts) error {
	v.rep.Entries++
	switch {
	case s.Seq < 0:
		v.rep.add(Reordered, 0, s.ID, "A row is in place %d, before the log's first entry.", s.Seq)
		return nil
	case s.Seq < v.next:
		v.rep.add(Duplicate, s.Seq, s.ID, "Entry %d is there twice.", s.Seq)
		return nil
	case s.Seq > v.next:
		v.missing(s.Seq)
		v.rep.Complete = false
		return nil
	case !f.unread && f.seq != s.Seq:
		return v.misplaced(ctx, s, f)
	}
	sus := suspect{seq: s.Seq, id: s.ID, unread: f.unread, column: f.columns, chain: !v.link(s)}
	sus.bare = true
	if v.next < v.sealed {
		storedLeaf, ok, err := v.hashes.leaf(v.next, &v.stored, &v.rep)
		if err != nil {
			return err
		}
		sus.bare, sus.leaf = !ok, ok && storedLeaf != f.leaf
	}
	v.bodies.add(f.leaf, nil)
	v.next++
	v.rep.Newest = f.at
	if sus.unread || sus.leaf || sus.chain || sus.column != "" {
		v.suspects = append(v.suspects, sus)
	}
	for len(v.signed) > 0 && v.signed[0].tree.N == v.next {
		v.boundary(v.signed[0])
		v.signed = v.signed[1:]
	}
	return nil
}

// link checks the running chain and follows it.
func (v *verifier) link(s *Stored) bool {
	computed := v.chain.Next(s.Body)
	fits := computed == s.Chain
	if !fits && v.alt != v.chain {
		// The row before had a changed chain, or a changed body: whichever this row continues was right.
		if other := v.alt.Next(s.Body); other == s.Chain {
			computed, fits = other, true
		}
	}
	v.chain, v.alt = s.Chain, computed
	return fits
}

// missing records that the places from v.next up to, not including, to hold nothing.
func (v *verifier) missing(to int64) {
	if to == v.next+1 {
		v.rep.add(Missing, v.next, "", "Entry %d is missing.", v.next)
		return
	}
	v.rep.add(Missing, v.next, "", "Entries %d to %d are missing.", v.next, to-1)
}

// misplaced tells a genuine entry in another's place from an entry whose own number was changed.
func (v *verifier) misplaced(ctx context.Context, s *Stored, f *facts) error {
	v.rep.Complete = false
	genuine, err := v.elsewhere(ctx, s, f)
	if err != nil {
		return err
	}
	switch {
	case !genuine:
		v.rep.add(Changed, s.Seq, s.ID, "Entry %d was changed: it says that it is entry %d.", s.Seq, f.seq)
	case f.seq < s.Seq:
		v.rep.add(Duplicate, s.Seq, s.ID, "The place of entry %d holds entry %d a second time.", s.Seq, f.seq)
	default:
		v.rep.add(Reordered, s.Seq, s.ID, "The place of entry %d holds entry %d.", s.Seq, f.seq)
	}
	return nil
}

// elsewhere reports whether a row's body is the genuine entry of another place: its hash is stored there, or, when
// nothing is stored there yet, it does not come to fit the chain by giving it this place's number.
func (v *verifier) elsewhere(ctx context.Context, s *Stored, f *facts) (bool, error) {
	if f.seq < v.sealed {
		at := tlog.StoredHashIndex(0, f.seq)
		h, err := v.src.Hashes(ctx, at, 1)
		if err != nil {
			return false, fmt.Errorf("audit: read the tree: %w", err)
		}
		return len(h) == 1 && h[0] == StoredHash{at, f.leaf}, nil
	}
	_, e, err := Decode(s.Body)
	if err != nil {
		return false, nil // examined already: cannot be
	}
	here, err := Encode(s.Seq, e)
	return err == nil && v.chain.Next(here) != s.Chain, nil
}

// verdict is what a checkpoint says about the entries before it.
type verdict int

const (
	unsigned    verdict = iota // there is no checkpoint
	bodiesTrue                 // the bodies are what was signed
	hashesTrue                 // the stored hashes are what was signed
	neitherTrue                // neither is
)

// boundary compares the trees with a checkpoint.
func (v *verifier) boundary(c signedTree) {
	root := v.bodies.root()
	switch {
	case v.lost:
		v.settle(neitherTrue)
		return
	case v.from == v.next && c.tree.Hash != root:
		v.rep.add(BadCheckpoint, -1, "", "%s does not agree with another of the same size: the log was forked, or cut off and continued.", c.name())
		return
	}
	switch c.tree.Hash {
	case root:
		v.settle(bodiesTrue)
	case v.stored.root():
		v.settle(hashesTrue)
		v.bodies = v.stored // go on from the genuine tree, so that later entries are judged for themselves
	default:
		if !slices.ContainsFunc(v.suspects, func(s suspect) bool { return s.unread || s.leaf || s.chain }) {
			v.rep.add(Changed, v.from, "", "One of the entries %d to %d was changed, added or removed, and the stored hashes made to fit; %s does not agree.", v.from, v.next-1, c.name())
		}
		v.settle(neitherTrue)
		v.lost = true
	}
	v.from = v.next
}

// settle turns the suspects into problems.
func (v *verifier) settle(d verdict) {
	for _, s := range v.suspects {
		genuine := d == bodiesTrue || (d != neitherTrue && !s.bare && !s.leaf)
		switch {
		case s.unread, !genuine && (s.leaf || s.chain):
			v.rep.add(Changed, s.seq, s.id, "Entry %d (%s) was changed after it was recorded.", s.seq, s.id)
		case s.leaf:
			v.rep.add(BadHash, s.seq, s.id, "Entry %d (%s) is as it was signed, but its stored hash was changed.", s.seq, s.id)
		case s.chain:
			v.rep.add(BadChain, s.seq, s.id, "Entry %d (%s) is as it was signed, but its running chain was changed.", s.seq, s.id)
		default:
			v.rep.add(WrongColumn, s.seq, s.id, "Entry %d (%s): the %s column beside it does not agree with the entry.", s.seq, s.id, s.column)
		}
	}
	v.suspects = v.suspects[:0]
}

// end compares what was read with the counter, the checkpoints and the number of hashes.
func (v *verifier) end(ctx context.Context) error {
	c, err := v.src.Counter(ctx)
	if err != nil {
		return fmt.Errorf("audit: read the counter: %w", err)
	}
	for _, s := range v.signed {
		v.rep.add(BadCheckpoint, -1, "", "%s covers %d entries, but the log has only %d.", s.name(), s.tree.N, v.next)
		c.Next = max(c.Next, s.tree.N)
	}
	switch {
	case c.Next > v.next:
		v.missing(c.Next)
	case c.Next < v.next:
		v.rep.add(BadCounter, c.Next, "", "The counter says that the log has %d entries, but there are %d: entry %d is one too many, or the counter was changed.", c.Next, v.next, c.Next)
	case c.Chain != v.chain && c.Chain != v.alt && v.next > 0:
		v.rep.add(Changed, v.next-1, "", "The newest entry, %d, does not end the running chain that the counter holds: it or the counter was changed.", v.next-1)
	case v.next == 0 && c.Chain != v.chain:
		v.rep.add(BadCounter, -1, "", "The log is empty but the counter holds a running chain.")
	}
	if c.Rows != v.rep.Entries {
		v.rep.add(BadCounter, -1, "", "The table has %d rows, but only %d have a place of their own.", c.Rows, v.rep.Entries)
	}
	return v.hashes.end(v.sealed, &v.rep)
}

// hashReader follows the stored hashes beside the entries.
type hashReader struct {
	pull  func() (StoredHash, error, bool)
	stop  func()
	index int64 // of the next hash
	done  bool  // there are no more, or a gap after which nothing can be said
	gap   bool
}

func newHashReader(ctx context.Context, src Source) *hashReader {
	h := &hashReader{}
	p := pages(ctx, math.MinInt64, src.Hashes, func(s StoredHash) int64 { return s.Index })
	h.pull, h.stop = iter.Pull2(rows(p))
	return h
}

// next gives the next hash; ok is false when there is none or it is out of its place.
func (h *hashReader) next(rep *Report) (hash tlog.Hash, ok bool, err error) {
	if h.done {
		return hash, false, nil
	}
	s, err, more := h.pull()
	switch {
	case err != nil:
		return hash, false, fmt.Errorf("audit: read the tree: %w", err)
	case !more:
		h.done = true
		return hash, false, nil
	case s.Index != h.index:
		h.done, h.gap = true, true
		rep.add(BadHash, -1, "", "Hash %d of the tree is missing or there twice.", h.index)
		return hash, false, nil
	}
	h.index++
	return s.Hash, true, nil
}

// leaf reads the hashes that were stored with leaf n, adds the leaf to the tree of the stored hashes and holds the
// others to it. ok is false when there is no stored hash for the leaf.
func (h *hashReader) leaf(n int64, t *edge, rep *Report) (leaf tlog.Hash, ok bool, err error) {
	leaf, ok, err = h.next(rep)
	if err != nil || !ok {
		return leaf, false, err
	}
	for i, want := range t.add(leaf, nil)[1:] {
		got, ok, err := h.next(rep)
		if err != nil {
			return leaf, false, err
		}
		if !ok {
			if !h.gap {
				h.gap = true
				rep.add(BadHash, -1, "", "Hash %d of the tree is missing.", want.Index)
			}
			break
		}
		if got != want.Hash {
			rep.add(BadHash, -1, "", "Hash %d of the tree (level %d, node %d) was changed.", want.Index, i+1, n>>(i+1))
		}
	}
	return leaf, true, nil
}

// end checks that there are exactly the hashes of a tree of that size.
func (h *hashReader) end(size int64, rep *Report) error {
	if h.gap {
		return nil
	}
	_, more, err := h.next(rep)
	if err != nil {
		return err
	}
	switch want := tlog.StoredHashCount(size); {
	case more || h.index > want:
		rep.add(BadHash, -1, "", "There are hashes beyond the newest checkpoint, of %d entries: a checkpoint was removed.", size)
	case h.index < want:
		rep.add(BadHash, -1, "", "The tree has %d stored hashes; %d entries need %d.", h.index, size, want)
	}
	return nil
}
