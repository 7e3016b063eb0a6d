package mailauth

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
)

// fault is why a signature or a chain does not count, with the result it has therefore.
type fault struct {
	result Result
	why    string // ends a sentence that begins with "does not count: "
}

func broken(why string) *fault   { return &fault{Fail, why} }
func unusable(why string) *fault { return &fault{PermError, why} }

var faultNotNow = &fault{TempError, "the signer's key could not be looked up just now"}

// publicKey is a key record (RFC 6376 section 3.6.1).
type publicKey struct {
	rsa     *rsa.PublicKey
	ed      ed25519.PublicKey // exactly one of the two is set
	testing bool              // t=y
	exactID bool              // t=s: the identity must be in the very domain, not below it
}

// Keys shorter than this prove nothing (RFC 8301 section 3.2); longer ones than maxRSABits cost more than any signer asks for.
const (
	minRSABits = 1024
	maxRSABits = 8192
)

// parseKey reads a key record.
func parseKey(record string) (*publicKey, *fault) {
	tags, err := parseTags(record)
	if err != nil {
		return nil, unusable("the signer's key cannot be read")
	}
	if v, ok := tags.get("v"); ok && (v != "DKIM1" || tags[0].name != "v") {
		return nil, unusable("the signer's key is of an unknown version")
	}
	p, ok := tags.get("p")
	switch {
	case !ok:
		return nil, unusable("the signer's key cannot be read")
	case p == "":
		return nil, unusable("the signer has withdrawn its key")
	}
	if h, ok := tags.get("h"); ok && !holds(h, "sha256") {
		return nil, unusable("the signer's key is not for this kind of signature")
	}
	if s, ok := tags.get("s"); ok && !holds(s, "email") && !holds(s, "*") {
		return nil, unusable("the signer's key is not for email")
	}
	t, _ := tags.get("t")
	key := &publicKey{testing: holds(t, "y"), exactID: holds(t, "s")}
	der, err := base64.StdEncoding.DecodeString(noBlanks(p))
	if err != nil {
		return nil, unusable("the signer's key cannot be read")
	}
	switch kind, _ := tags.get("k"); strings.ToLower(kind) {
	case "", "rsa":
		key.rsa, err = parseRSA(der)
		switch {
		case err != nil:
			return nil, unusable("the signer's key cannot be read")
		case key.rsa.N.BitLen() < minRSABits:
			return nil, unusable("the signer's key is too short to prove anything")
		case key.rsa.N.BitLen() > maxRSABits:
			return nil, unusable("the signer's key is too long")
		}
	case "ed25519": // RFC 8463
		if len(der) != ed25519.PublicKeySize {
			return nil, unusable("the signer's key cannot be read")
		}
		key.ed = der
	default:
		return nil, unusable("the signer's key is of an unknown kind")
	}
	return key, nil
}

// parseRSA takes both forms in use: SubjectPublicKeyInfo, and the bare RSAPublicKey (RFC 6376 erratum 3017).
func parseRSA(der []byte) (*rsa.PublicKey, error) {
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return x509.ParsePKCS1PublicKey(der)
	}
	key, ok := pub.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return key, nil
}

// verify checks a signature of the algorithm over a SHA-256 hash.
func (k *publicKey) verify(algorithm string, hash, sig []byte) *fault {
	switch {
	case algorithm == "rsa-sha256" && k.rsa != nil:
		if rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, hash, sig) != nil {
			return broken("what it covers was changed on the way, or it is forged")
		}
	case algorithm == "ed25519-sha256" && k.ed != nil:
		if !ed25519.Verify(k.ed, hash, sig) {
			return broken("what it covers was changed on the way, or it is forged")
		}
	default:
		return unusable("the signer's key is not for this kind of signature")
	}
	return nil
}

// key looks up the key of a selector. A name with several records is an error unless exactly one of them is a key (RFC 6376 section
// 3.6.2.2 leaves that open).
func (a *asker) key(domain, selector string) (*publicKey, *fault) {
	name := selector + "._domainkey." + domain
	if len(name) > 253 {
		return nil, unusable("the name of its key cannot be read")
	}
	records, err := a.LookupTXT(a.ctx, name)
	switch {
	case err != nil && temporary(err):
		return nil, faultNotNow
	case err != nil || len(records) == 0:
		return nil, unusable("the signer publishes no such key")
	}
	if len(records) > 1 {
		var keys []string
		for _, r := range records {
			if strings.HasPrefix(r, "v=DKIM1") || strings.Contains(r, "p=") {
				keys = append(keys, r)
			}
		}
		records = keys
	}
	if len(records) != 1 {
		return nil, unusable("the signer publishes more than one key under one name")
	}
	return parseKey(records[0])
}
