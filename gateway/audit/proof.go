package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kinbridge/gateway/ids"
)

// proofHeader is the first line of a proof file, https://c2sp.org/tlog-proof.
const proofHeader = "c2sp.org/tlog-proof@v1"

// maxProof bounds a proof file: a body, 48 hashes and a checkpoint are far smaller.
const maxProof = 1 << 18

// proof is a proof file, read. The file is in the C2SP tlog-proof format: the header, "extra" with the entry's body
// in base64, "index", the inclusion path from the leaf's sibling upwards, an empty line, the signed checkpoint. The
// extra line is what reconstructs the record hash, so here it is proved like everything else.
type proof struct {
	body       []byte
	index      int64
	path       tlog.RecordProof
	checkpoint []byte
}

func (p proof) format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofHeader, base64.StdEncoding.EncodeToString(p.body), p.index)
	for _, h := range p.path {
		fmt.Fprintln(&b, h)
	}
	b.WriteByte('\n')
	b.Write(p.checkpoint)
	return b.Bytes()
}

var errProofFormat = ids.E(ids.Invalid, "This is not a proof file of Kinbridge's audit log, or it was changed.")

// parseProof reads a proof file. It is strict: only the bytes that format would write are accepted.
func parseProof(file []byte) (proof, error) {
	if len(file) > maxProof {
		return proof{}, errProofFormat
	}
	head, checkpoint, ok := strings.Cut(string(file), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != proofHeader {
		return proof{}, errProofFormat
	}
	extra, ok1 := strings.CutPrefix(lines[1], "extra ")
	index, ok2 := strings.CutPrefix(lines[2], "index ")
	p := proof{checkpoint: []byte(checkpoint)}
	var err1, err2 error
	p.body, err1 = base64.StdEncoding.DecodeString(extra)
	p.index, err2 = strconv.ParseInt(index, 10, 64)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || len(lines) > 3+64 {
		return proof{}, errProofFormat
	}
	for _, l := range lines[3:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return proof{}, errProofFormat
		}
		p.path = append(p.path, h)
	}
	if !bytes.Equal(p.format(), file) {
		return proof{}, errProofFormat
	}
	return p, nil
}

// check holds the proof to its checkpoint's signature and returns the entry.
func (p proof) check(keys note.Verifiers) (Entry, error) {
	cp, err := OpenCheckpoint(p.checkpoint, keys)
	if err != nil {
		return Entry{}, ids.Wrap(ids.Invalid, err, "The proof is not signed with this key.")
	}
	if err := tlog.CheckRecord(p.path, cp.Tree.N, cp.Tree.Hash, p.index, tlog.RecordHash(p.body)); err != nil {
		return Entry{}, ids.Wrap(ids.Invalid, err, "The proof does not hold: the entry in it is not the one that was signed.")
	}
	seq, e, err := Decode(p.body)
	if err != nil {
		return Entry{}, ids.Wrap(ids.Invalid, err, "The proof holds, but this version of Kinbridge cannot read its entry.")
	}
	if seq != p.index {
		return Entry{}, ids.E(ids.Invalid, "The proof's entry says that it is entry %d, but it is proved to be in place %d.", seq, p.index)
	}
	return e, nil
}

// Prove makes a proof file for the entry in place seq: that it is in the log whose newest checkpoint is signed by a
// key of keys. The file needs neither the database nor Kinbridge to be checked; it shows the entry's identifiers and
// codes to whoever has it. The proof is checked before it is returned. An entry younger than a second may not be
// signed yet: the error then has kind Unavailable.
func Prove(ctx context.Context, r Reader, seq int64, keys note.Verifiers) ([]byte, error) {
	last, err := r.LatestCheckpoint(ctx)
	if err != nil {
		return nil, fmt.Errorf("audit: read the last checkpoint: %w", err)
	}
	found, err := r.Entries(ctx, seq, 1)
	if err != nil {
		return nil, fmt.Errorf("audit: read the entry: %w", err)
	}
	if seq < 0 || len(found) == 0 || found[0].Seq != seq {
		return nil, ids.E(ids.NotFound, "There is no entry %d in the audit log.", seq)
	}
	if len(last.Note) == 0 {
		return nil, errUnsigned
	}
	cp, err := OpenCheckpoint(last.Note, keys)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if seq >= cp.Tree.N {
		return nil, errUnsigned
	}
	path, err := tlog.ProveRecord(cp.Tree.N, seq, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return r.HashesAt(ctx, indexes)
	}))
	if err != nil {
		return nil, fmt.Errorf("audit: read the tree: %w", err)
	}
	p := proof{body: found[0].Body, index: seq, path: path, checkpoint: last.Note}
	if _, err := p.check(keys); err != nil {
		return nil, fmt.Errorf("%w: entry %d: %w", ErrBroken, seq, err)
	}
	return p.format(), nil
}

var errUnsigned = ids.E(ids.Unavailable, "The entry is not signed yet. It will be within a second while Kinbridge runs: try again.")

// VerifyProof checks a proof file with nothing but the log's verifier key and returns the entry it proves. Every byte
// of the file counts: a file changed anywhere does not verify.
func VerifyProof(file []byte, vkey string) (Entry, error) {
	keys, err := Verifiers(vkey)
	if err != nil {
		return Entry{}, err
	}
	p, err := parseProof(file)
	if err != nil {
		return Entry{}, err
	}
	return p.check(keys)
}
