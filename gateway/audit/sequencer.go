package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Interval is the shortest time between two checkpoints while Run works.
const Interval = 250 * time.Millisecond

// batch is how many entries one checkpoint integrates at most, so that a backlog does not make one vast transaction.
const batch = 2048

// Sequencer integrates committed entries into the Merkle tree and signs the new tree head. Writers never wait for it:
// they commit their entries, and a sequencer takes them from the store within a second. Several may work on one store;
// Log.Seal lets only one extend each tree.
type Sequencer struct {
	log      Log
	signer   note.Signer
	accepted []string       // verifier keys of checkpoints it may extend
	keys     note.Verifiers // the same, ready
	publish  func(ctx context.Context, checkpoint []byte) error

	// edge caches the hashes that the next entry needs, at most one a level, so that a batch reads none from the store.
	edge edge
}

// SequencerOption changes how a Sequencer works.
type SequencerOption func(*Sequencer)

// AcceptOlder makes the sequencer extend a log whose last checkpoint was signed with one of these keys: after the
// signing key was changed. The new key must have the same name.
func AcceptOlder(vkeys ...string) SequencerOption {
	return func(s *Sequencer) { s.accepted = append(s.accepted, vkeys...) }
}

// Publish makes the sequencer hand each new checkpoint to a place outside the database (a file, another organisation),
// after it is stored. Somebody who can change the database can cut off its newest entries together with their
// checkpoints, and only a checkpoint kept elsewhere shows that (Options.Trusted). An error is logged; the next
// checkpoint covers the same entries.
func Publish(f func(ctx context.Context, checkpoint []byte) error) SequencerOption {
	return func(s *Sequencer) { s.publish = f }
}

// NewSequencer makes a sequencer that signs with skey, as NewKey gives it.
func NewSequencer(log Log, skey string, opts ...SequencerOption) (*Sequencer, error) {
	vkey, err := VerifierKey(skey)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, errors.New("audit: not a note signer key")
	}
	s := &Sequencer{log: log, signer: signer, accepted: []string{vkey}}
	for _, o := range opts {
		o(s)
	}
	if s.keys, err = Verifiers(s.accepted...); err != nil {
		return nil, err
	}
	return s, nil
}

// Run integrates until ctx ends: whenever wake is signalled and at least every second, but never more often than
// Interval. Send on wake without blocking (a channel of capacity 1 and a select with default). A failure of the store
// is logged once and tried again. When ctx ends Run returns nil at once; a caller that wants the last entries signed
// before it closes the store then calls Integrate until it returns 0.
func (s *Sequencer) Run(ctx context.Context, wake <-chan struct{}) error {
	var failing bool
	for {
		n, err := s.Integrate(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			slog.ErrorContext(ctx, "audit sequencer failed; trying again", "error", err)
			failing = true
		case err == nil && failing:
			slog.InfoContext(ctx, "audit sequencer works again")
			failing = false
		}
		if !sleep(ctx, Interval) {
			return nil
		}
		if n == batch { // a backlog: go on
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-time.After(time.Second - Interval):
		}
	}
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// ErrBroken says that the store's tree does not fit its signed checkpoint or that its entries have a gap. The
// sequencer signs nothing more: run kinbridge audit verify, which names what is wrong.
var ErrBroken = errors.New("audit: the log does not fit its last checkpoint; run: kinbridge audit verify")

// Integrate takes the entries after the last checkpoint, at most a batch, into the tree, and stores the new hashes and
// the signed checkpoint. It returns how many entries it took; 0 and no error means there was nothing to do. It never
// forks the log: before extending a tree it recomputes that tree's head from the stored hashes and compares it with
// the signed one. It is not safe for concurrent use; make a Sequencer for each goroutine.
func (s *Sequencer) Integrate(ctx context.Context) (int, error) {
	last, err := s.log.LatestCheckpoint(ctx)
	if err != nil {
		return 0, fmt.Errorf("audit: read the last checkpoint: %w", err)
	}
	entries, err := s.log.Entries(ctx, last.Size, batch)
	if err != nil {
		return 0, fmt.Errorf("audit: read new entries: %w", err)
	}
	if len(entries) == 0 {
		return 0, nil
	}
	if err := s.catchUp(ctx, last); err != nil {
		return 0, err
	}
	tree := s.edge // a copy: kept only when sealed
	hashes := make([]StoredHash, 0, 2*len(entries))
	for _, e := range entries {
		if e.Seq != tree.n {
			return 0, fmt.Errorf("%w: entry %d follows entry %d", ErrBroken, e.Seq, tree.n-1)
		}
		hashes = tree.add(tlog.RecordHash(e.Body), hashes)
	}
	cp, err := sign(tlog.Tree{N: tree.n, Hash: tree.root()}, s.signer)
	if err != nil {
		return 0, fmt.Errorf("audit: sign a checkpoint: %w", err)
	}
	if err := s.log.Seal(ctx, last.Size, hashes, cp); err != nil {
		s.edge = edge{} // whether it was stored is not known: read everything again
		if errors.Is(err, ErrMoved) {
			return 0, nil
		}
		return 0, fmt.Errorf("audit: store a checkpoint: %w", err)
	}
	s.edge = tree
	if s.publish != nil {
		if err := s.publish(ctx, cp.Note); err != nil {
			slog.WarnContext(ctx, "audit checkpoint not published", "size", cp.Size, "error", err)
		}
	}
	return len(entries), nil
}

// catchUp makes s.edge the right-hand edge of the tree that the last checkpoint signs, from the store.
func (s *Sequencer) catchUp(ctx context.Context, last StoredCheckpoint) error {
	if last.Size == 0 && len(last.Note) == 0 {
		s.edge = edge{}
		return nil
	}
	cp, err := OpenCheckpoint(last.Note, s.keys)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if cp.Origin != s.signer.Name() {
		return fmt.Errorf("%w: it is the log of %s, this key is for %s", ErrBroken, cp.Origin, s.signer.Name())
	}
	if s.edge.n != cp.Tree.N || cp.Tree.N != last.Size {
		if cp.Tree.N != last.Size {
			return fmt.Errorf("%w: the checkpoint is of %d entries and stored as of %d", ErrBroken, cp.Tree.N, last.Size)
		}
		if s.edge, err = readEdge(ctx, s.log, cp.Tree.N); err != nil {
			return fmt.Errorf("audit: read the tree: %w", err)
		}
	}
	if s.edge.root() != cp.Tree.Hash {
		s.edge = edge{}
		return fmt.Errorf("%w: its %d entries have another root", ErrBroken, cp.Tree.N)
	}
	return nil
}
