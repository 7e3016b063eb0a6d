package audit

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right-hand edge of a Merkle tree of n leaves (RFC 6962 section 2.1): for each bit of n the root of the
// complete subtree of that size, largest first from the left. It is all that is needed to add leaves and to know the
// root. The zero edge is the empty tree.
type edge struct {
	n     int64
	level [63]tlog.Hash // level[i] holds a root of 2^i leaves when bit i of n is set
}

// add appends a leaf and gives the hashes it completes, leaf first, at their tlog stored-hash indexes.
func (t *edge) add(leaf tlog.Hash, to []StoredHash) []StoredHash {
	at := tlog.StoredHashIndex(0, t.n)
	h := leaf
	to = append(to, StoredHash{at, h})
	i := 0
	for ; t.n>>i&1 == 1; i++ {
		h = tlog.NodeHash(t.level[i], h)
		at++
		to = append(to, StoredHash{at, h})
	}
	t.level[i] = h
	t.n++
	return to
}

// root is the tree's head.
func (t *edge) root() tlog.Hash {
	if t.n == 0 {
		h, _ := tlog.TreeHash(0, nil) // the constant of the empty tree; reads nothing
		return h
	}
	i := bits.TrailingZeros64(uint64(t.n))
	h := t.level[i]
	for i++; t.n>>i != 0; i++ {
		if t.n>>i&1 == 1 {
			h = tlog.NodeHash(t.level[i], h)
		}
	}
	return h
}

// readEdge reads the edge of the tree of the first n leaves from the stored hashes.
func readEdge(ctx context.Context, r Reader, n int64) (edge, error) {
	t := edge{n: n}
	var indexes []int64
	for i := 62; i >= 0; i-- {
		if n>>i&1 == 1 {
			// The subtree of this bit ends where the bits above it and itself are counted.
			indexes = append(indexes, tlog.StoredHashIndex(i, n>>i-1))
		}
	}
	hashes, err := r.HashesAt(ctx, indexes)
	if err != nil {
		return edge{}, err
	}
	if len(hashes) != len(indexes) {
		return edge{}, fmt.Errorf("audit: the store gave %d hashes of %d", len(hashes), len(indexes))
	}
	for i := 62; i >= 0; i-- {
		if n>>i&1 == 1 {
			t.level[i], hashes = hashes[0], hashes[1:]
		}
	}
	return t, nil
}
