package audit

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// signedTree is a genuine checkpoint to hold the log to.
type signedTree struct {
	tree      tlog.Tree
	elsewhere bool // it was kept outside the database
}

func (s signedTree) name() string {
	if s.elsewhere {
		return fmt.Sprintf("The checkpoint of %d entries that was kept elsewhere", s.tree.N)
	}
	return fmt.Sprintf("The checkpoint of %d entries", s.tree.N)
}

// loadCheckpoints verifies every signature, on every processor, and keeps the genuine checkpoints by size.
func (v *verifier) loadCheckpoints(ctx context.Context, trusted [][]byte) error {
	last := int64(0)
	for page, err := range pages(ctx, math.MinInt64, v.src.Checkpoints, func(c StoredCheckpoint) int64 { return c.Size }) {
		if err != nil {
			return err
		}
		opened, errs := v.openAll(page)
		for i, c := range opened {
			switch {
			case errs[i] != nil:
				v.rep.add(BadCheckpoint, -1, "", "The checkpoint of %d entries is not genuine: it was changed or signed with a key that was not given.", page[i].Size)
			case c.Tree.N != page[i].Size:
				v.rep.add(BadCheckpoint, -1, "", "A checkpoint of %d entries is stored as one of %d.", c.Tree.N, page[i].Size)
			case c.Tree.N <= last:
				v.rep.add(BadCheckpoint, -1, "", "The checkpoint of %d entries is there twice, or of an empty tree.", c.Tree.N)
			default:
				v.accept(c, false)
				last, v.sealed = c.Tree.N, c.Tree.N
				v.rep.Checkpoints++
			}
		}
	}
	v.rep.Sealed = v.sealed
	for _, t := range trusted {
		c, err := OpenCheckpoint(t, v.keys)
		if err != nil {
			v.rep.add(BadCheckpoint, -1, "", "A checkpoint that was kept elsewhere is not genuine, or signed with a key that was not given.")
			continue
		}
		v.accept(c, true)
	}
	slices.SortStableFunc(v.signed, func(a, b signedTree) int { return int(min(1, max(-1, a.tree.N-b.tree.N))) })
	if len(v.signed) > 0 && v.signed[0].tree.N == 0 { // kept elsewhere, from before the first entry: nothing to hold
		v.signed = v.signed[1:]
	}
	return nil
}

// accept keeps a genuine checkpoint if it is of this log.
func (v *verifier) accept(c Checkpoint, elsewhere bool) {
	if v.rep.Origin == "" {
		v.rep.Origin = c.Origin
	}
	if c.Origin != v.rep.Origin {
		v.rep.add(BadCheckpoint, -1, "", "The checkpoint of %d entries is of another log.", c.Tree.N)
		return
	}
	v.signed = append(v.signed, signedTree{c.Tree, elsewhere})
}

func (v *verifier) openAll(page []StoredCheckpoint) ([]Checkpoint, []error) {
	out, errs := make([]Checkpoint, len(page)), make([]error, len(page))
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(page); i += workers {
				out[i], errs[i] = OpenCheckpoint(page[i].Note, v.keys)
			}
		})
	}
	wg.Wait()
	return out, errs
}
