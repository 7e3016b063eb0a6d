package mailauth

import (
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Signature is one DKIM signature.
type Signature struct {
	Domain  string // d=
	Result  Result
	Aligned bool   // its domain is the From domain, or belongs to the same organisation
	Reason  string // why it did not pass, in plain words
	// By names the header that vouches for the result when it was not checked here; "" = checked here.
	By string

	loose bool // Domain was told by an identity (i=), which may lie below d=: good for relaxed alignment only
}

// maxSignatures bounds the work one message can cause.
const maxSignatures = 8

// signature is a DKIM-Signature (RFC 6376 section 3.5) or an ARC-Message-Signature (RFC 8617 section 4.1.2), which differ in little.
type signature struct {
	field                    field
	tags                     tagList
	domain                   string
	headers                  []string // h=
	relaxedHead, relaxedBody bool
	hash, sig                []byte // bh= and b=
	length                   int64  // l=; -1 = the whole body
}

// readSignature reads what DKIM and ARC signatures have in common.
func readSignature(f field, required ...string) (*signature, *fault) {
	s := &signature{field: f, length: -1}
	var err error
	if s.tags, err = parseTags(string(f.value())); err != nil {
		return s, unusable(err.Error())
	}
	s.domain = asciiDomain(s.tags.word("d"))
	for _, name := range required {
		if v, _ := s.tags.get(name); v == "" {
			return s, unusable("a part of it is missing")
		}
	}
	if s.domain == "" || s.tags.word("s") == "" {
		return s, unusable("it does not say who signed")
	}
	if why := s.algorithm(); why != nil {
		return s, why
	}
	if s.sig, err = base64.StdEncoding.DecodeString(s.tags.word("b")); err != nil {
		return s, unusable("it cannot be read")
	}
	return s, nil
}

// algorithm checks a=. RSA with SHA-1 proves nothing any more (RFC 8301 section 3.1).
func (s *signature) algorithm() *fault {
	switch s.tags.word("a") {
	case "rsa-sha256", "ed25519-sha256":
		return nil
	case "rsa-sha1":
		return unusable("it is of a kind too weak to prove anything")
	}
	return unusable("it is of an unknown kind")
}

// readCover reads which fields and how much of the body a signature covers.
func (s *signature) readCover() *fault {
	h, _ := s.tags.get("h")
	s.headers = strings.Split(noBlanks(h), ":")
	head, body, _ := strings.Cut(s.tags.word("c"), "/")
	for _, c := range []struct {
		name string
		set  *bool
	}{{head, &s.relaxedHead}, {body, &s.relaxedBody}} {
		switch c.name {
		case "relaxed":
			*c.set = true
		case "simple", "":
		default:
			return unusable("it is written in an unknown way")
		}
	}
	if l, ok := s.tags.get("l"); ok {
		n, err := strconv.ParseInt(noBlanks(l), 10, 64)
		if err != nil || n < 0 {
			return unusable("it cannot be read")
		}
		s.length = n
	}
	var err error
	if s.hash, err = base64.StdEncoding.DecodeString(s.tags.word("bh")); err != nil {
		return unusable("it cannot be read")
	}
	return nil
}

// covers says whether the signature covers the field of the name.
func (s *signature) covers(name string) bool {
	for _, h := range s.headers {
		if strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// checkBody compares the body with what was signed. A signature of only part of it (l=) counts for nothing when there is more: anybody may
// have added the rest (RFC 6376 section 8.2).
func (m *message) checkBody(s *signature) *fault {
	got := m.digest(s.relaxedBody)
	switch {
	case s.length >= 0 && s.length < got.size:
		return broken("it covers only the beginning of the message")
	case s.length > got.size:
		return unusable("it covers more than the message has")
	case subtle.ConstantTimeCompare(got.sum[:], s.hash) != 1:
		return broken("the text was changed on the way")
	}
	return nil
}

// signedFields hashes the fields a signature covers and then the signature itself without its value (RFC 6376 section 3.7). A name given
// twice means the two lowest fields of it; a name without a field adds nothing.
func (m *message) signedFields(s *signature) ([]byte, *fault) {
	if len(s.headers)*len(m.fields) > 1<<19 || len(s.headers) > maxFields {
		return nil, unusable("it covers too many fields")
	}
	h := newHashing()
	add := appendSimple
	if s.relaxedHead {
		add = appendRelaxed
	}
	var taken [maxFields]bool
	for _, name := range s.headers {
		for i := len(m.fields) - 1; i >= 0; i-- {
			if f := m.fields[i]; !taken[i] && f.is(name) {
				taken[i] = true
				h.buf = append(add(h.buf, f), "\r\n"...)
				h.flush(flushAt)
				break
			}
		}
	}
	h.buf = add(h.buf, s.bare())
	sum := h.sum()
	return sum[:], nil
}

// bare returns the signature's own field with its b= value taken out.
func (s *signature) bare() field {
	b, _ := s.tags.find("b")
	raw, at := s.field.raw, s.field.colon+1
	out := make([]byte, 0, len(raw))
	out = append(out, raw[:at+b.from]...)
	return field{raw: append(out, raw[at+b.to:]...), colon: s.field.colon}
}

// identity checks i=: it must lie in the signing domain or below it (RFC 6376 section 3.5). exact says that it lies in the very domain.
func (s *signature) identity() (exact, ok bool) {
	i, there := s.tags.get("i")
	if !there {
		return true, true
	}
	d := domainOf(noBlanks(i))
	return d == s.domain, d == s.domain || strings.HasSuffix(d, "."+s.domain)
}

// times checks t= and x= (seconds since 1970).
func (s *signature) times(now time.Time) *fault {
	parse := func(name string) (int64, bool, bool) {
		v, there := s.tags.get(name)
		if !there {
			return 0, false, true
		}
		n, err := strconv.ParseInt(noBlanks(v), 10, 64)
		return n, true, err == nil && n >= 0
	}
	made, hasMade, ok1 := parse("t")
	ends, hasEnd, ok2 := parse("x")
	switch {
	case !ok1 || !ok2 || hasMade && hasEnd && ends <= made:
		return unusable("its time cannot be read")
	case hasEnd && now.Unix() > ends:
		return unusable("it was no longer valid when the message came")
	}
	return nil
}

// verifyDKIM checks one DKIM signature. What can be told from the message alone is told before the DNS is asked.
func (m *message) verifyDKIM(f field, a *asker, now time.Time) Signature {
	s, why := readSignature(f, "v", "a", "b", "bh", "d", "h", "s")
	out := Signature{Domain: s.domain, Result: Pass}
	exact := false
	if why == nil {
		why = s.readCover()
	}
	if why == nil {
		why = s.times(now)
	}
	if why == nil {
		var inside bool
		exact, inside = s.identity()
		q, hasQ := s.tags.get("q")
		switch {
		case s.tags.word("v") != "1":
			why = unusable("it is of an unknown version")
		case !s.covers("From"):
			why = unusable("it does not cover who wrote the message")
		case !inside:
			why = unusable("it names somebody outside the signer's domain")
		case hasQ && !holds(q, "dns/txt"):
			why = unusable("its key cannot be looked up")
		}
	}
	if why == nil {
		why = m.prove(s, a, func(k *publicKey) *fault {
			if k.exactID && !exact {
				return unusable("it names somebody outside the signer's domain")
			}
			return nil
		})
	}
	if why != nil {
		out.Result, out.Reason = why.result, why.why
	}
	return out
}

// prove checks body, key and fields. A key that its owner calls a test proves no more than no signature at all (RFC 6376 section 3.6.1).
func (m *message) prove(s *signature, a *asker, allowed func(*publicKey) *fault) *fault {
	if why := m.checkBody(s); why != nil {
		return why
	}
	key, why := a.key(s.domain, s.tags.word("s"))
	if why != nil {
		return why
	}
	if why := allowed(key); why != nil {
		return why
	}
	sum, why := m.signedFields(s)
	if why != nil {
		return why
	}
	if why := key.verify(s.tags.word("a"), sum, s.sig); why != nil {
		return why
	}
	if key.testing {
		return &fault{Neutral, "the signer says that its key is only being tried out"}
	}
	return nil
}

// checkDKIM checks the first maxSignatures signatures.
func (f *Facts) checkDKIM(m *message, a *asker, now time.Time) {
	m.each("DKIM-Signature", func(sig field) bool {
		f.Signatures = append(f.Signatures, m.verifyDKIM(sig, a, now))
		return len(f.Signatures) < maxSignatures
	})
}
