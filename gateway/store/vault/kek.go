package vault

import (
	"bytes"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// NewKEK makes a key-encryption key: a Tink keyset of one AES-256-GCM key, in clear JSON. Whoever has it and the
// database can read everything; keep it apart from both the database and its backups.
func NewKEK() ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return writeKEK(h)
}

// RotateKEK adds a fresh key to a KEK and makes it the one that wraps from now on. Older keys stay, to open what they
// wrapped: after the rotation Rewrap every data key, then RetireKEK.
func RotateKEK(kek []byte) ([]byte, error) {
	h, err := readKEK(kek)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(h)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	return manage(m)
}

// RetireKEK removes every key of a KEK but the one that wraps. What the others wrapped can then no longer be opened.
func RetireKEK(kek []byte) ([]byte, error) {
	h, err := readKEK(kek)
	if err != nil {
		return nil, err
	}
	primary, err := h.Primary()
	if err != nil {
		return nil, ErrKEK
	}
	m := keyset.NewManagerFromHandle(h)
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return nil, ErrKEK
		}
		if e.KeyID() == primary.KeyID() {
			continue
		}
		if err := m.Delete(e.KeyID()); err != nil {
			return nil, fmt.Errorf("vault: retire: %w", err)
		}
	}
	return manage(m)
}

func manage(m *keyset.Manager) ([]byte, error) {
	h, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return writeKEK(h)
}

func writeKEK(h *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return append(bytes.TrimSpace(b.Bytes()), '\n'), nil
}

func readKEK(kek []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(kek)))
	if err != nil {
		return nil, ErrKEK
	}
	if _, err := aead.New(h); err != nil { // a keyset of another primitive
		return nil, ErrKEK
	}
	return h, nil
}
