package mailauth

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"strings"
	"sync"
)

// field is one header field exactly as it stands in the message: signatures cover these bytes and not what a parser makes of them.
type field struct {
	raw   []byte // name, colon, value and folds, without the last line end
	colon int    // index of the colon in raw; -1 in a line that is no field
}

func (f field) name() []byte {
	if f.colon < 0 {
		return nil
	}
	return bytes.TrimRight(f.raw[:f.colon], " \t") // blanks before the colon: RFC 5322 section 4.5
}

// value is what follows the colon, folds included.
func (f field) value() []byte {
	if f.colon < 0 {
		return nil
	}
	return f.raw[f.colon+1:]
}

func (f field) is(name string) bool {
	n := f.name()
	return len(n) == len(name) && strings.EqualFold(string(n), name)
}

// message is a message taken apart for checking signatures, without copying it.
type message struct {
	fields          []field
	body            []byte
	tooMany         bool // there are more than maxFields; the rest was not looked at
	relaxed, simple *bodyDigest
}

// maxFields bounds the header fields that are looked at. Real mail has at most a few hundred.
const maxFields = 2000

// splitMessage finds the fields of the outermost header and where the body begins. Lines may end with CRLF or, as some stores keep them, LF.
// It takes time linear in the length of the header.
func splitMessage(raw []byte) *message {
	m := &message{fields: make([]field, 0, 48)}
	rest := raw
	for bytes.HasPrefix(rest, []byte("From ")) || bytes.HasPrefix(rest, []byte(">From ")) { // the separator of an mbox
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return m
		}
		rest = rest[i+1:]
	}
	start := 0 // of the field being read, in rest
	for at := 0; at < len(rest); {
		end, next := len(rest), len(rest)
		if i := bytes.IndexByte(rest[at:], '\n'); i >= 0 {
			end, next = at+i, at+i+1
			if end > at && rest[end-1] == '\r' {
				end--
			}
		}
		switch {
		case end == at:
			m.body = rest[next:]
			return m
		case len(m.fields) > 0 && (rest[at] == ' ' || rest[at] == '\t'):
			m.fields[len(m.fields)-1].raw = rest[start:end]
		case len(m.fields) == maxFields:
			m.tooMany = true
			return m
		default:
			start = at
			m.fields = append(m.fields, field{raw: rest[at:end], colon: bytes.IndexByte(rest[at:end], ':')})
		}
		at = next
	}
	return m
}

// each calls do for the fields of the name, from the top, until do returns false.
func (m *message) each(name string, do func(field) bool) {
	for _, f := range m.fields {
		if f.is(name) && !do(f) {
			return
		}
	}
}

// appendRelaxed appends the field in the "relaxed" form (RFC 6376 section 3.4.2), without its line end.
func appendRelaxed(dst []byte, f field) []byte {
	name, value := f.name(), f.value()
	if f.colon < 0 {
		name = bytes.TrimSpace(f.raw)
	}
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return appendSquashed(append(dst, ':'), value)
}

// appendSquashed appends text unfolded, with one blank for each run of white space and none at its ends.
func appendSquashed(dst, text []byte) []byte {
	blank, first := false, true
	for _, c := range text {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			blank = true
			continue
		}
		if blank && !first {
			dst = append(dst, ' ')
		}
		blank, first = false, false
		dst = append(dst, c)
	}
	return dst
}

// appendSimple appends the field as it was on the wire (RFC 6376 section 3.4.1), without its last line end.
func appendSimple(dst []byte, f field) []byte {
	for i, c := range f.raw {
		if c == '\n' && (i == 0 || f.raw[i-1] != '\r') {
			dst = append(dst, '\r')
		}
		dst = append(dst, c)
	}
	return dst
}

// bodyDigest is the hash of the canonical body and its length in bytes.
type bodyDigest struct {
	sum  [sha256.Size]byte
	size int64
}

// digest returns the hash of the body in one of the two forms; each is worked out once, however many signatures ask for it.
func (m *message) digest(relaxed bool) bodyDigest {
	kept := &m.simple
	if relaxed {
		kept = &m.relaxed
	}
	if *kept == nil {
		d := hashBody(m.body, relaxed)
		*kept = &d
	}
	return **kept
}

// hashing is a hash with the room to collect what goes into it.
type hashing struct {
	sha  hash.Hash
	buf  []byte
	size int64
}

var hashers = sync.Pool{New: func() any { return &hashing{sha: sha256.New(), buf: make([]byte, 0, 16<<10)} }}

func newHashing() *hashing {
	h := hashers.Get().(*hashing)
	h.sha.Reset()
	h.buf, h.size = h.buf[:0], 0
	return h
}

// flush hands on what was collected once it is worth it.
func (h *hashing) flush(atLeast int) {
	if len(h.buf) >= atLeast {
		h.sha.Write(h.buf)
		h.size += int64(len(h.buf))
		h.buf = h.buf[:0]
	}
}

// sum ends the hashing; h must not be used after it.
func (h *hashing) sum() (sum [sha256.Size]byte) {
	h.flush(0)
	h.sha.Sum(sum[:0])
	if cap(h.buf) <= 64<<10 {
		hashers.Put(h)
	}
	return sum
}

const flushAt = 12 << 10

// hashBody hashes a body in canonical form (RFC 6376 sections 3.4.3 and 3.4.4): blank lines at its end do not count, and relaxed also
// takes white space at line ends and in runs as one. A bare LF counts as a line end.
func hashBody(body []byte, relaxed bool) bodyDigest {
	h := newHashing()
	blank, written := 0, false
	for len(body) > 0 {
		line := body
		if i := bytes.IndexByte(body, '\n'); i >= 0 {
			line, body = body[:i], body[i+1:]
			line = bytes.TrimSuffix(line, []byte("\r"))
		} else {
			body = nil
		}
		if relaxed {
			line = bytes.TrimRight(line, " \t")
		}
		if len(line) == 0 {
			blank++
			continue
		}
		for ; blank > 0; blank-- {
			h.buf = append(h.buf, "\r\n"...)
			h.flush(flushAt)
		}
		if relaxed && (bytes.IndexByte(line, '\t') >= 0 || bytes.Contains(line, []byte("  "))) {
			h.buf = appendRuns(h.buf, line)
		} else {
			h.buf = append(h.buf, line...)
		}
		h.buf = append(h.buf, "\r\n"...)
		written = true
		h.flush(flushAt)
	}
	if !written && !relaxed {
		h.buf = append(h.buf, "\r\n"...)
	}
	h.flush(0)
	size := h.size
	return bodyDigest{sum: h.sum(), size: size}
}

// appendRuns appends a line, which does not end with white space, with one blank for each run of blanks and tabs.
func appendRuns(dst, line []byte) []byte {
	start := 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\t' && !(c == ' ' && (line[i+1] == ' ' || line[i+1] == '\t')) {
			continue
		}
		dst = append(append(dst, line[start:i]...), ' ')
		for line[i+1] == ' ' || line[i+1] == '\t' {
			i++
		}
		start = i + 1
	}
	return append(dst, line[start:]...)
}
