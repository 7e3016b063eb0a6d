package people

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// Cost of one argon2id computation. The defaults are the second recommended option of RFC 9106 section 4 with less memory
// (19 MiB, two passes: OWASP's minimum), so that twenty kiosks unlocking at once do not exhaust a small server.
type Cost struct {
	Passes, MemoryKiB uint32
	Threads           uint8
}

// DefaultCost is what new credentials are hashed with.
var DefaultCost = Cost{Passes: 2, MemoryKiB: 19 * 1024, Threads: 1}

// ErrWrongCredential means that the password or PIN does not match.
var ErrWrongCredential = errors.New("credential does not match")

// HashSecret hashes a password or PIN with argon2id and a random salt into the PHC string format.
func HashSecret(secret string, c Cost) string {
	salt := randomBytes(saltSize)
	return phc(c, salt, argon2.IDKey([]byte(secret), salt, c.Passes, c.MemoryKiB, c.Threads, sumSize))
}

// UnmatchableHash is in the form that HashSecret gives and takes CheckSecret as long, and no secret matches it: its sum is of nothing.
func UnmatchableHash(c Cost) string { return phc(c, randomBytes(saltSize), randomBytes(sumSize)) }

// Sizes in bytes.
const saltSize, sumSize = 16, 32

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

// phc writes a hash as the PHC string format does.
func phc(c Cost, salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// CheckSecret compares a password or PIN with a hash made by HashSecret. It returns ErrWrongCredential when they differ,
// another error when the hash cannot be read.
func CheckSecret(hash, secret string) error {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return errors.New("unreadable credential hash")
	}
	var c Cost
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return errors.New("unknown argon2 version")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Threads); err != nil {
		return fmt.Errorf("unreadable argon2 parameters: %w", err)
	}
	if c.Passes == 0 || c.Threads == 0 || c.MemoryKiB > 1<<20 {
		return errors.New("argon2 parameters out of range")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return err
	}
	got := argon2.IDKey([]byte(secret), salt, c.Passes, c.MemoryKiB, c.Threads, uint32(len(want)))
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return ErrWrongCredential
	}
	return nil
}

// HashToken is how a random token of 128 bits or more is stored: SHA-256, hex. (A slow hash adds nothing to a secret
// that cannot be guessed.)
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("%x", sum)
}

// NewDigits makes a random decimal code of n digits.
func NewDigits(n int) string {
	var b strings.Builder
	for range n {
		d, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil { // crypto/rand does not fail on any system we run on
			panic(err)
		}
		b.WriteByte('0' + byte(d.Int64()))
	}
	return b.String()
}

// Throttle slows down guessing of one credential. The zero value allows.
type Throttle struct {
	Failures    int       // wrong tries since the last right one
	LockedUntil time.Time // no try is looked at before this
}

// FreeTries is how many wrong tries in a row cost nothing: a slip of the finger is not an attack.
const FreeTries = 3

// maxWait bounds the wait between tries, so that a woman is never shut out of her own messages for a day by somebody
// else's mischief; 96 guesses a day against a six-digit PIN stay hopeless.
const maxWait = 15 * time.Minute

// Wait returns how long until a try is looked at; 0 = now.
func (t Throttle) Wait(now time.Time) time.Duration {
	return max(0, t.LockedUntil.Sub(now))
}

// Failed returns the throttle after one more wrong try: after FreeTries each doubles the wait, from 30 s up to 15 min.
func (t Throttle) Failed(now time.Time) Throttle {
	t.Failures++
	if over := t.Failures - FreeTries; over >= 0 {
		wait := maxWait
		if over < 5 {
			wait = 30 * time.Second << over
		}
		t.LockedUntil = now.Add(wait)
	}
	return t
}
