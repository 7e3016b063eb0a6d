package audit

import (
	"context"
	"crypto/sha256"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Columns are what the store keeps beside a body so that it can be searched. They repeat the body, and verification
// holds them to it.
type Columns struct {
	Seq       int64
	ID        string
	Kind      string
	AtMicros  int64 // microseconds since 1970-01-01 UTC
	ActorKind string
	ActorID   string
	Case      string
	Thread    string
}

// ColumnsOf returns the columns of an entry at a place in the log.
func ColumnsOf(seq int64, e Entry) Columns {
	return Columns{
		Seq: seq, ID: e.ID, Kind: string(e.Kind), AtMicros: e.At.UnixMicro(),
		ActorKind: string(e.Actor.Kind), ActorID: e.Actor.ID, Case: string(e.Case), Thread: string(e.Thread),
	}
}

// Chain is the running hash of the bodies: it protects the newest entries, under a second's worth, until a signed
// checkpoint does. The first link follows the zero Chain.
type Chain [sha256.Size]byte

// Next is SHA-256(chain ‖ body).
func (c Chain) Next(body []byte) Chain {
	h := sha256.New()
	h.Write(c[:])
	h.Write(body)
	return Chain(h.Sum(nil))
}

// Stored is one row of the log as the store has it.
type Stored struct {
	Columns
	Body  []byte
	Chain Chain // after this body
}

// StoredHash is one row of the tree's hashes, at its tlog stored-hash index.
type StoredHash struct {
	Index int64
	Hash  tlog.Hash
}

// StoredCheckpoint is one row of the signed checkpoints.
type StoredCheckpoint struct {
	Size int64  // entries in the tree
	Note []byte // the signed note, as Seal gives it
}

// Counter is the row that hands out sequence numbers, and the number of rows there are.
type Counter struct {
	Next  int64 // the next entry's sequence number
	Chain Chain // after the newest entry
	Rows  int64 // how many entries the table holds, counted
}

// Reader is the log as a sequencer and a prover read it. Each method sees only committed rows.
type Reader interface {
	// LatestCheckpoint returns the checkpoint of the largest tree, or a zero one when there is none.
	LatestCheckpoint(ctx context.Context) (StoredCheckpoint, error)
	// Entries returns up to limit rows whose sequence number is at least from, by sequence number. No row that a later
	// commit can add may precede one already returned: sequence numbers are taken under the counter row's lock.
	Entries(ctx context.Context, from int64, limit int) ([]Stored, error)
	// HashesAt returns the hashes with these stored-hash indexes, in the same order, or an error if one is missing.
	HashesAt(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
}

// Log is the storage a Sequencer works on.
type Log interface {
	Reader
	// Seal stores the new hashes and the checkpoint, all or nothing and durably. It returns ErrMoved, and stores nothing,
	// when the newest checkpoint is no longer of size from: two sequencers never both extend the same tree.
	Seal(ctx context.Context, from int64, hashes []StoredHash, cp StoredCheckpoint) error
}

// ErrMoved says that another sequencer has extended the tree: read it again and go on.
var ErrMoved = errors.New("audit: another sequencer has extended the tree")

// Source is the log as verification reads it: one consistent snapshot (a single read transaction), everything raw.
// Each page holds up to limit rows from a key on, in the key's order, and is empty only at the end.
type Source interface {
	Entries(ctx context.Context, from int64, limit int) ([]Stored, error)
	Hashes(ctx context.Context, from int64, limit int) ([]StoredHash, error)
	Checkpoints(ctx context.Context, from int64, limit int) ([]StoredCheckpoint, error)
	Counter(ctx context.Context) (Counter, error)
}
