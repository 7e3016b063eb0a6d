package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
)

// Keys are the secrets of a world kept in one folder (kinbridge demo, serve --dir). A larger installation gives the
// same secrets by configuration.
type Keys struct {
	KEK           []byte   // Tink keyset in JSON, for New
	AuditSigner   string   // note signer key ("PRIVATE+KEY+…") for audit.NewSequencer
	AuditVerifier string   // the matching verifier key, fit to hand to anybody
	Mail          [32]byte // HMAC key of reply addresses
	Ticket        [32]byte // HMAC key of meeting-room tickets
	Session       [32]byte // HMAC key of staff and guest sessions and links
}

// Names of the files in DIR/keys. All but the verifier are secret.
const (
	kekFile      = "kek.json"
	signerFile   = "audit.key"
	VerifierFile = "audit.pub" // the file an outsider needs to check a proof
	mailFile     = "mail.key"
	ticketFile   = "ticket.key"
	sessionFile  = "session.key"
)

// DirOptions say how LoadOrCreateDir treats keys that are not there.
type DirOptions struct {
	// Existing is true when the world's database already holds something. A missing key is then an error: a new one
	// could not open what is stored, or would start a second audit log.
	Existing bool
}

// LoadOrCreateDir reads the keys in dir/keys, making those that are missing unless o.Existing. Files are made with
// mode 0600, whole and on disk before it returns, and are never replaced: when two processes start at once both get
// the same keys. A secret that others on the machine can read is refused.
func LoadOrCreateDir(dir string, o DirOptions) (Keys, error) {
	return keyDir{filepath.Join(dir, "keys"), o.Existing, realSystem()}.load()
}

// keyDir is one folder of keys being loaded.
type keyDir struct {
	path     string
	existing bool
	sys      system
}

func (d keyDir) load() (Keys, error) {
	if !d.existing {
		if err := d.sys.mkdir(d.path, 0o700); err != nil {
			return Keys{}, ids.Wrap(ids.Unavailable, err, "Cannot make the folder %s for the keys.", d.path)
		}
	}
	var k Keys
	var err error
	if k.KEK, err = d.secret(kekFile, NewKEK); err != nil {
		return Keys{}, err
	}
	if _, err := readKEK(k.KEK); err != nil {
		return Keys{}, d.damaged(kekFile, err)
	}
	for name, to := range map[string]*[32]byte{mailFile: &k.Mail, ticketFile: &k.Ticket, sessionFile: &k.Session} {
		if err := d.random(name, to); err != nil {
			return Keys{}, err
		}
	}
	if err := d.signer(&k); err != nil {
		return Keys{}, err
	}
	// A start that was cut off after linking a key may not have made its name durable; this one does.
	if err := d.sys.syncDir(d.path); err != nil {
		return Keys{}, ids.Wrap(ids.Unavailable, err, "Cannot make the keys in %s safe on disk.", d.path)
	}
	return k, nil
}

// random loads 32 random bytes, kept as one line of hexadecimal.
func (d keyDir) random(name string, to *[32]byte) error {
	text, err := d.secret(name, func() ([]byte, error) {
		var b [32]byte
		_, _ = rand.Read(b[:]) // never fails: it ends the program instead
		return []byte(hex.EncodeToString(b[:]) + "\n"), nil
	})
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != len(to) {
		return d.damaged(name, errors.New("it is not 64 hexadecimal digits"))
	}
	copy(to[:], b)
	return nil
}

// signer loads the audit log's signing key and keeps the verifier file beside it true.
func (d keyDir) signer(k *Keys) error {
	text, err := d.secret(signerFile, func() ([]byte, error) {
		skey, _, err := audit.NewKey(ids.Secret(10)) // each log needs a name of its own
		return []byte(skey + "\n"), err
	})
	if err != nil {
		return err
	}
	k.AuditSigner = strings.TrimSpace(string(text))
	if k.AuditVerifier, err = audit.VerifierKey(k.AuditSigner); err != nil {
		return d.damaged(signerFile, err)
	}
	name := filepath.Join(d.path, VerifierFile)
	have, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = d.sys.putNew(name, []byte(k.AuditVerifier+"\n"), 0o644)
		if err != nil && !errors.Is(err, errExists) {
			return ids.Wrap(ids.Unavailable, err, "Cannot write the key file %s.", name)
		}
	case err != nil:
		return ids.Wrap(ids.Unavailable, err, "Cannot read the key file %s.", name)
	case strings.TrimSpace(string(have)) != k.AuditVerifier:
		return d.damaged(VerifierFile, errors.New("it does not belong to "+signerFile))
	}
	return nil
}

// secret reads a key file, or makes it.
func (d keyDir) secret(name string, make func() ([]byte, error)) ([]byte, error) {
	path := filepath.Join(d.path, name)
	data, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if d.existing {
		return nil, ids.Wrap(ids.Unavailable, err,
			"The key file %s is missing, but the database holds content that needs it. Restore it from your backup: a new key cannot open what is stored.", path)
	}
	fresh, err := make()
	if err != nil {
		return nil, err
	}
	if err := d.sys.putNew(path, fresh, 0o600); err != nil && !errors.Is(err, errExists) {
		return nil, ids.Wrap(ids.Unavailable, err, "Cannot write the key file %s.", path)
	}
	return readSecret(path) // the file's word counts, ours or another process's
}

// readSecret reads a file that only its owner may read.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, ids.Wrap(ids.Unavailable, err, "Cannot read the key file %s.", path)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, ids.Wrap(ids.Unavailable, err, "Cannot read the key file %s.", path)
	}
	if !info.Mode().IsRegular() {
		return nil, ids.E(ids.Invalid, "The key file %s is not a file.", path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, ids.E(ids.Forbidden,
			"The key file %s can be read or changed by others (mode %04o). Run: chmod 600 %s. If they may have read it, change the key.", path, perm, path)
	}
	if info.Size() > 1<<20 {
		return nil, ids.E(ids.Invalid, "The key file %s is far too large to be a key.", path)
	}
	data := make([]byte, info.Size())
	if n, err := f.ReadAt(data, 0); n != len(data) {
		return nil, ids.Wrap(ids.Unavailable, err, "Cannot read the key file %s.", path)
	}
	return data, nil
}

func (d keyDir) damaged(name string, cause error) error {
	return ids.Wrap(ids.Invalid, fmt.Errorf("%s: %w", name, cause),
		"The key file %s is damaged. Restore it from your backup.", filepath.Join(d.path, name))
}
