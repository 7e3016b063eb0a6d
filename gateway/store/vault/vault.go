// Package vault encrypts what the store keeps. Content is sealed with a data key of its scope (one case, the intake
// of mail not yet filed, the staff); the data key is stored wrapped by a key-encryption key (KEK) that comes from
// configuration and is never in the database. A stolen disk shows nothing without the KEK, and destroying one scope's
// wrapped key makes that scope unreadable for good.
//
// All cryptography is Tink's: AES-256-GCM keysets, wrapped with the scope as associated data.
package vault

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"kinbridge/gateway/ids"
)

// Scope names what one data key protects.
type Scope string

// The scopes that are not a case.
const (
	Intake Scope = "intake" // mail received and not yet filed in a case
	Flags  Scope = "flags"  // words that reviewers want to be shown everywhere, or at an establishment
	Staff  Scope = "staff"  // staff credentials that must be readable, such as TOTP secrets
)

// CaseScope is the scope of one case's content.
func CaseScope(c ids.CaseID) Scope { return Scope("case:" + string(c)) }

var (
	// ErrNoKey is what a Keyring returns for a scope that never had a data key.
	ErrNoKey = ids.E(ids.NotFound, "Nothing has been stored here yet.")
	// ErrDestroyed is what a Keyring returns for a scope whose data key was destroyed. The content is gone: say so, do
	// not retry.
	ErrDestroyed = ids.E(ids.NotFound, "This content has been destroyed and cannot be read again.")
	// ErrSealed says that a ciphertext or wrapped key does not open: it was altered, moved from another row or scope, or
	// belongs to another key. Never treat it as empty content.
	ErrSealed = errors.New("vault: does not open: altered, moved from another place, or sealed with another key")
	// ErrKEK says that the key-encryption key cannot be used.
	ErrKEK = errors.New("vault: the key-encryption key is not a Tink keyset of AEAD keys in JSON")
)

// Keyring keeps the wrapped data keys. The store implements it on a transaction, so that a key is committed together
// with the first content it seals, or not at all.
type Keyring interface {
	// WrappedKey returns the scope's wrapped key, ErrNoKey or ErrDestroyed.
	WrappedKey(ctx context.Context, scope Scope) ([]byte, error)
	// InsertKey stores a scope's first wrapped key. If another transaction has made one meanwhile it fails, so that the
	// caller's transaction is run again and finds it.
	InsertKey(ctx context.Context, scope Scope, wrapped []byte) error
}

// Vault opens data keys with the KEK. It is safe for concurrent use and starts no goroutine.
type Vault struct {
	kek     tink.AEAD
	primary []byte // Tink's output prefix of the KEK that wraps new keys

	mu    sync.Mutex
	max   int
	order *list.List // of *cached, most recently used first
	byKey map[cacheKey]*list.Element
}

type cacheKey [sha256.Size]byte

type cached struct {
	id  cacheKey
	key *Key
}

// cacheSize is how many opened data keys a Vault remembers: about 1 KB each, one for each case in use.
const cacheSize = 1024

// New makes a Vault from a KEK as NewKEK gives it.
func New(kek []byte) (*Vault, error) {
	h, err := readKEK(kek)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, ErrKEK
	}
	p, err := h.Primary()
	if err != nil {
		return nil, ErrKEK
	}
	return &Vault{
		kek: a, primary: tinkPrefix(p.KeyID()),
		max: cacheSize, order: list.New(), byKey: map[cacheKey]*list.Element{},
	}, nil
}

// tinkPrefix is what Tink puts before a ciphertext of a TINK-prefixed key: 0x01 and the key's identifier, big-endian.
func tinkPrefix(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte{1}, id) }

// wrapAD binds a wrapped key to its scope.
func wrapAD(s Scope) []byte { return []byte("kinbridge data key v1\x00" + string(s)) }

// NewKey makes a data key for a scope. The wrapped form is for the keyring; the key is ready for use.
func (v *Vault) NewKey(s Scope) (wrapped []byte, key *Key, err error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, err
	}
	wrapped, err = v.wrap(s, h)
	if err != nil {
		return nil, nil, err
	}
	key, err = v.Open(s, wrapped)
	return wrapped, key, err
}

func (v *Vault) wrap(s Scope, h *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), v.kek, wrapAD(s)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (v *Vault) unwrap(s Scope, wrapped []byte) (*keyset.Handle, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), v.kek, wrapAD(s))
	if err != nil {
		return nil, ErrSealed // Tink's own error adds nothing, and ours must not depend on its wording.
	}
	return h, nil
}

// Open unwraps a scope's data key, or finds it opened already.
func (v *Vault) Open(s Scope, wrapped []byte) (*Key, error) {
	id := cacheID(s, wrapped)
	if k := v.lookup(id); k != nil {
		return k, nil
	}
	h, err := v.unwrap(s, wrapped)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(h)
	if err != nil {
		return nil, ErrSealed
	}
	k := &Key{scope: s, aead: a}
	v.remember(id, k)
	return k, nil
}

// ForWriting returns the scope's data key, making it in the ring's transaction if this is its first use. A destroyed
// scope stays destroyed: ErrDestroyed.
func (v *Vault) ForWriting(ctx context.Context, ring Keyring, s Scope) (*Key, error) {
	k, err := v.ForReading(ctx, ring, s)
	if !errors.Is(err, ErrNoKey) {
		return k, err
	}
	wrapped, k, err := v.NewKey(s)
	if err != nil {
		return nil, err
	}
	if err := ring.InsertKey(ctx, s, wrapped); err != nil {
		return nil, err
	}
	return k, nil
}

// ForReading returns the scope's data key, ErrNoKey or ErrDestroyed. The ring is asked each time, so a key destroyed
// by another process is not used from memory.
func (v *Vault) ForReading(ctx context.Context, ring Keyring, s Scope) (*Key, error) {
	wrapped, err := ring.WrappedKey(ctx, s)
	if err != nil {
		return nil, err
	}
	return v.Open(s, wrapped)
}

// Rewrap wraps a data key again with the primary KEK. changed is false when that KEK wraps it already. Ciphertexts
// stay as they are: the data key inside is the same.
func (v *Vault) Rewrap(s Scope, wrapped []byte) (rewrapped []byte, changed bool, err error) {
	h, err := v.unwrap(s, wrapped)
	if err != nil {
		return nil, false, err
	}
	if enc, err := keyset.NewBinaryReader(bytes.NewReader(wrapped)).ReadEncrypted(); err == nil && bytes.HasPrefix(enc.GetEncryptedKeyset(), v.primary) {
		return wrapped, false, nil
	}
	rewrapped, err = v.wrap(s, h)
	return rewrapped, err == nil, err
}

// Forget drops every opened key of a scope from memory, after its destruction.
func (v *Vault) Forget(s Scope) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for el := v.order.Front(); el != nil; {
		next := el.Next()
		if c := el.Value.(*cached); c.key.scope == s {
			v.order.Remove(el)
			delete(v.byKey, c.id)
		}
		el = next
	}
}

func cacheID(s Scope, wrapped []byte) cacheKey {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	h.Write([]byte(s))
	h.Write(wrapped)
	return cacheKey(h.Sum(nil))
}

func (v *Vault) lookup(id cacheKey) *Key {
	v.mu.Lock()
	defer v.mu.Unlock()
	el, ok := v.byKey[id]
	if !ok {
		return nil
	}
	v.order.MoveToFront(el)
	return el.Value.(*cached).key
}

func (v *Vault) remember(id cacheKey, k *Key) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.byKey[id]; ok {
		return
	}
	v.byKey[id] = v.order.PushFront(&cached{id, k})
	for v.order.Len() > v.max {
		last := v.order.Back()
		v.order.Remove(last)
		delete(v.byKey, last.Value.(*cached).id)
	}
}

// Key is an opened data key. It is safe for concurrent use.
type Key struct {
	scope Scope
	aead  tink.AEAD
}

// Place says where a ciphertext lives. It is bound in, so that a ciphertext copied to another row, column or table
// does not open there. Row must not change for as long as the ciphertext stays.
type Place struct {
	Table, Row, Column string
}

// bind writes the associated data: each part preceded by its length, so that no two places give the same bytes.
func (k *Key) bind(p Place) []byte {
	b := []byte("kinbridge content v1")
	for _, s := range [...]string{string(k.scope), p.Table, p.Row, p.Column} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

// Overhead is how many bytes longer a ciphertext is at most than its plaintext: the mark of packed content 1, Tink's prefix 5, the nonce 12, the tag 16.
const Overhead = 34

// packed is the first byte of sealed content that was compressed. Tink's own ciphertexts begin with 1.
const packed = 2

// packFrom is the shortest content, in bytes, that is compressed before it is sealed.
const packFrom = 256

// Seal encrypts plaintext for its place; what is longer is compressed first. Two calls never give the same ciphertext.
//
// Compression lets a ciphertext's length tell how repetitive the content is. That is dangerous where somebody can put guesses beside a secret and
// watch the length time after time; here each mail, text or file is compressed by itself, once, and its length is seen only by who has the disk.
func (k *Key) Seal(plaintext []byte, p Place) ([]byte, error) {
	if len(plaintext) >= packFrom {
		if small := s2.Encode(nil, plaintext); len(small) < len(plaintext) {
			sealed, err := k.aead.Encrypt(small, append(k.bind(p), packed))
			return append(append(make([]byte, 0, 1+len(sealed)), packed), sealed...), err
		}
	}
	return k.aead.Encrypt(plaintext, k.bind(p))
}

// Open decrypts what Seal gave for the same scope and place, or returns ErrSealed.
func (k *Key) Open(ciphertext []byte, p Place) ([]byte, error) {
	if len(ciphertext) > 0 && ciphertext[0] == packed {
		small, err := k.aead.Decrypt(ciphertext[1:], append(k.bind(p), packed))
		if err != nil {
			return nil, ErrSealed
		}
		plain, err := s2.Decode(nil, small)
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	}
	plain, err := k.aead.Decrypt(ciphertext, k.bind(p))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
