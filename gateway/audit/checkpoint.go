package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kinbridge/gateway/ids"
)

// OriginPrefix begins the name of every log of ours. A log's full name is its checkpoints' origin and the name of the
// key that signs them.
const OriginPrefix = "kinbridge/audit/"

// NewKey makes the Ed25519 key pair of a log. name tells this log from every other ("hmp-example"); it may not hold
// white space or a plus sign. skey is secret; vkey is for anybody who is to check proofs.
func NewKey(name string) (skey, vkey string, err error) {
	if !permitted(name) || name == "" || strings.Contains(name, "+") {
		return "", "", ids.E(ids.Invalid, "The name of an audit log is letters, digits and dashes, without spaces or plus signs.")
	}
	return note.GenerateKey(rand.Reader, OriginPrefix+name)
}

// VerifierKey returns the verifier key that belongs to a signer key.
func VerifierKey(skey string) (string, error) {
	bad := errors.New("audit: not a note signer key")
	signer, err := note.NewSigner(skey)
	if err != nil {
		return "", bad
	}
	// "PRIVATE+KEY+<name>+<hash>+<base64 of 0x01 and the Ed25519 seed>"; the base64 may itself hold plus signs.
	data, err := base64.StdEncoding.DecodeString(strings.SplitN(skey, "+", 5)[4])
	if err != nil || len(data) != 1+ed25519.SeedSize {
		return "", bad
	}
	public := ed25519.NewKeyFromSeed(data[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return "", bad
	}
	return vkey, nil
}

// Verifiers makes the list of keys that verification accepts.
func Verifiers(vkeys ...string) (note.Verifiers, error) {
	list := make([]note.Verifier, 0, len(vkeys))
	for _, k := range vkeys {
		v, err := note.NewVerifier(strings.TrimSpace(k))
		if err != nil {
			return nil, ids.E(ids.Invalid, "This is not a verifier key. It looks like: %sNAME+1a2b3c4d+AbCd…", OriginPrefix)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, ids.E(ids.Invalid, "At least one verifier key is needed.")
	}
	return note.VerifierList(list...), nil
}

// Checkpoint is a signed tree head, read.
type Checkpoint struct {
	Origin string
	Tree   tlog.Tree
}

// maxSize bounds a tree that is read: index arithmetic stays far from overflow, and nobody will have as many entries.
const maxSize = 1 << 48

// text is the C2SP tlog-checkpoint body: origin, size, root, each on its line.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Tree.N, 10) + "\n" + c.Tree.Hash.String() + "\n"
}

// sign makes the signed note of a tree head.
func sign(tree tlog.Tree, s note.Signer) (StoredCheckpoint, error) {
	text := Checkpoint{s.Name(), tree}.text()
	b, err := note.Sign(&note.Note{Text: text}, s)
	return StoredCheckpoint{Size: tree.N, Note: b}, err
}

// OpenCheckpoint verifies a signed checkpoint and reads it. It is strict: one signature, by a known key whose name is
// the origin, and no other way to write the same bytes.
func OpenCheckpoint(signed []byte, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("audit: the checkpoint's signature is not by a known key or does not fit: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 || len(lines) != 4 {
		return Checkpoint{}, errors.New("audit: the checkpoint is not three lines and one signature")
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	if err1 != nil || err2 != nil || size < 0 || size > maxSize {
		return Checkpoint{}, errors.New("audit: the checkpoint's size or root cannot be read")
	}
	c := Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: root}}
	if c.Origin != n.Sigs[0].Name || c.text() != n.Text {
		return Checkpoint{}, errors.New("audit: the checkpoint is not in canonical form, or not signed by its own log")
	}
	// Base64 can spell one signature in several ways; only the one that note.Sign writes is accepted.
	sig, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	if err != nil || !bytes.Equal(signed, []byte(n.Text+"\n— "+n.Sigs[0].Name+" "+base64.StdEncoding.EncodeToString(sig)+"\n")) {
		return Checkpoint{}, errors.New("audit: the checkpoint's signature is not in canonical form")
	}
	return c, nil
}
