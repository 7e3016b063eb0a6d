// Package cms looks into the cryptographic envelopes of S/MIME (RFC 5652, RFC 8551) as far as no key is needed: it tells what kind one is,
// and takes out the message of one that is only signed. It verifies nothing. It is pure and takes time linear in its input.
package cms

import (
	"bytes"
	"compress/zlib"
	"encoding/asn1"
	"io"
)

// Kind is what an envelope does with its content.
type Kind int

// The kinds of envelope.
const (
	Unknown Kind = iota
	Signed
	Enveloped // encrypted
	Compressed
)

var kinds = map[string]Kind{
	"1.2.840.113549.1.7.2":       Signed,
	"1.2.840.113549.1.7.3":       Enveloped,
	"1.2.840.113549.1.7.6":       Enveloped, // encrypted-data
	"1.2.840.113549.1.9.16.1.23": Enveloped, // authenticated and enveloped (RFC 5083)
	"1.2.840.113549.1.9.16.1.9":  Compressed,
	"1.2.840.113549.1.7.4":       Enveloped, // PKCS #7 signed and enveloped
	"1.2.840.113549.1.9.16.1.2":  Signed,    // authenticated data
}

// Read returns the kind of an envelope and, of one that is not encrypted, its content: nil when it holds none, as a detached signature
// does. What compression grows to is cut at maxContent bytes. The data may be DER, or BER with indefinite lengths, cut off anywhere.
func Read(b []byte, maxContent int) (Kind, []byte) {
	info, ok := open(b, tagSequence)
	if !ok {
		return Unknown, nil
	}
	oid, rest, ok := next(info)
	if !ok || oid.tag != tagOID {
		return Unknown, nil
	}
	kind := kinds[oidString(oid.body)]
	content, _, ok := next(rest)
	if !ok || content.tag != tagContext0 || kind == Unknown || kind == Enveloped {
		return kind, nil
	}
	fields, ok := open(content.body, tagSequence)
	// SignedData: version, digest algorithms, content; CompressedData: version, algorithm, content (RFC 5652 section 5.1, RFC 3274).
	for range 2 {
		if ok {
			_, fields, ok = next(fields)
		}
	}
	encapsulated, ok2 := open(fields, tagSequence)
	if !ok || !ok2 {
		return kind, nil
	}
	_, rest, ok = next(encapsulated)
	explicit, _, ok2 := next(rest)
	if !ok || !ok2 || explicit.tag != tagContext0 {
		return kind, nil
	}
	octets, _, ok := next(explicit.body)
	if !ok {
		return kind, nil
	}
	data := joined(octets, 0)
	if kind == Compressed {
		data = inflate(data, maxContent)
	}
	return kind, data
}

// Tags (X.690 section 8.1.2), with the bit that says "constructed".
const (
	tagOID       = 0x06
	tagOctets    = 0x04
	tagOctetsSet = 0x24 // an octet string in pieces
	tagSequence  = 0x30
	tagContext0  = 0xa0
)

// element is one value with its tag; body is what is inside.
type element struct {
	tag  byte
	body []byte
}

func open(b []byte, tag byte) ([]byte, bool) {
	e, _, ok := next(b)
	return e.body, ok && e.tag == tag
}

// next reads one element off the front of b; one that is cut off ends with b.
func next(b []byte) (e element, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return e, nil, false
	}
	e.tag = b[0]
	length, head := int64(b[1]), 2
	if b[1] > 0x80 {
		n := int(b[1] & 0x7f)
		if n > 4 || len(b) < 2+n {
			return e, nil, false
		}
		length = 0
		for _, c := range b[2 : 2+n] {
			length = length<<8 | int64(c)
		}
		head += n
	} else if b[1] == 0x80 {
		end := indefiniteEnd(b[2:])
		e.body = b[2 : 2+end]
		return e, b[min(len(b), 2+end+2):], true
	}
	b = b[head:]
	length = min(length, int64(len(b))) // cut off
	e.body = b[:length]
	return e, b[length:], true
}

// maxDepth bounds how deep elements of indefinite length nest.
const maxDepth = 16

// indefiniteEnd returns where the end mark of an element of indefinite length stands in b, its body, or len(b) when there is none.
func indefiniteEnd(b []byte) int {
	depth := 0
	for pos := 0; pos+2 <= len(b); {
		tag, l := b[pos], b[pos+1]
		switch {
		case tag == 0 && l == 0:
			if depth == 0 {
				return pos
			}
			depth--
			pos += 2
		case l == 0x80:
			if depth++; depth > maxDepth {
				return len(b)
			}
			pos += 2
		case l < 0x80:
			pos += 2 + int(l)
		default:
			n := int(l & 0x7f)
			if n > 4 || pos+2+n > len(b) {
				return len(b)
			}
			length := 0
			for _, c := range b[pos+2 : pos+2+n] {
				length = length<<8 | int(c)
			}
			pos += 2 + n + length
		}
	}
	return len(b)
}

// joined returns the bytes of an octet string that may come in pieces.
func joined(e element, depth int) []byte {
	if e.tag&0x20 == 0 {
		if e.tag == tagOctets || e.tag == 0x80 {
			return e.body
		}
		return nil
	}
	if e.tag != tagOctetsSet && e.tag != tagContext0 || depth > 4 {
		return nil
	}
	var out []byte
	for rest := e.body; len(rest) > 0; {
		var piece element
		var ok bool
		if piece, rest, ok = next(rest); !ok || piece.tag == 0 {
			break
		}
		out = append(out, joined(piece, depth+1)...)
	}
	return out
}

func oidString(b []byte) string {
	if len(b) > 30 {
		return ""
	}
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(append([]byte{tagOID, byte(len(b))}, b...), &oid); err != nil {
		return ""
	}
	return oid.String()
}

func inflate(b []byte, limit int) []byte {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, int64(limit))) // what can be read before a fault is better than nothing
	return out
}
