package threads

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"kinbridge/gateway/ids"
)

// A reply address is r-ID-MAC@domain: ID is a random 80-bit name of one thread and one recipient, MAC the first 80 bits of
// an HMAC over it. A bounce address is b-ID-MAC@domain and names one delivery (variable envelope return path). An answer
// address is a-ID-MAC@domain and names one guest's place in one meeting. All are lower-case base32, 35 characters: within the 64 of RFC 5321 section 4.5.3.1.1, and they survive hosts that change case.
// None is worth anything alone: a reply also needs its verified sender.

// AddressKind says what an address of ours is for.
type AddressKind string

// The kinds of address of ours.
const (
	ReplyAddress  AddressKind = "r"
	BounceAddress AddressKind = "b"
	AnswerAddress AddressKind = "a" // takes what a guest's calendar answers to an invitation of ours
)

const tokenChars = 16 // 80 bits in base32

// ErrNotOurs means that a local part has no shape of ours at all; ErrForged that it has the shape and a wrong code.
var (
	ErrNotOurs = errors.New("not an address we issue")
	ErrForged  = errors.New("the address's code is wrong")
)

// NewToken makes the ID part of an address.
func NewToken() ids.AddressTokenID { return ids.AddressTokenID(ids.Secret(10)) }

// LocalPart writes the part before the @ of an address of ours.
func LocalPart(key []byte, kind AddressKind, id ids.AddressTokenID) string {
	return string(kind) + "-" + string(id) + "-" + mac(key, kind, id)
}

func mac(key []byte, kind AddressKind, id ids.AddressTokenID) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("kinbridge address v1\x00" + string(kind) + "\x00" + string(id)))
	return ids.Base32(h.Sum(nil)[:10])
}

// ParseLocalPart reads the part before the @ in any case. It returns ErrNotOurs or ErrForged when it is not one we issued.
func ParseLocalPart(key []byte, local string) (AddressKind, ids.AddressTokenID, error) {
	parts := strings.Split(strings.ToLower(local), "-")
	if len(parts) != 3 || len(parts[1]) != tokenChars || len(parts[2]) != tokenChars {
		return "", "", ErrNotOurs
	}
	kind := AddressKind(parts[0])
	if kind != ReplyAddress && kind != BounceAddress && kind != AnswerAddress {
		return "", "", ErrNotOurs
	}
	id := ids.AddressTokenID(parts[1])
	if !hmac.Equal([]byte(mac(key, kind, id)), []byte(parts[2])) {
		return "", "", ErrForged
	}
	return kind, id, nil
}

// Address is what a reply address stands for.
type Address struct {
	ID      ids.AddressTokenID
	Thread  ids.ThreadID
	Case    ids.CaseID
	Contact ids.ContactID
	Created time.Time
	Expires time.Time
}

// Expired reports whether the address no longer routes.
func (a Address) Expired(now time.Time) bool { return !a.Expires.IsZero() && !now.Before(a.Expires) }
