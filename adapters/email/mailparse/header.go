package mailparse

import (
	"bytes"
	"strings"
)

// Field is one header field: its name as written, and its value unfolded but not decoded (it may hold raw 8-bit bytes).
type Field struct {
	Name  string
	Value string
}

// Header is a header block in the order of the message.
type Header struct {
	Fields  []Field
	charset string // what raw 8-bit bytes in it are believed to be, "" when unknown
}

// Count returns how many fields have the name, in any case.
func (h *Header) Count(name string) int {
	n := 0
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			n++
		}
	}
	return n
}

// Has reports whether there is a field of the name.
func (h *Header) Has(name string) bool { return h.Count(name) > 0 }

// Raw returns the first field of the name, unfolded and not decoded; "" when there is none.
func (h *Header) Raw(name string) string {
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Get returns the first field of the name, decoded (RFC 2047, raw UTF-8 of RFC 6532, raw 8-bit in the body's charset)
// to one line of UTF-8 without control characters.
func (h *Header) Get(name string) string { return oneLine(decodeWords(h.Raw(name), h.charset)) }

// Values returns every field of the name, decoded as Get does.
func (h *Header) Values(name string) []string {
	var out []string
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			out = append(out, oneLine(decodeWords(f.Value, h.charset)))
		}
	}
	return out
}

func (h *Header) addresses(name string) []Address {
	var out []Address
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			out = append(out, parseAddresses(f.Value, h.charset)...)
		}
	}
	return out
}

// unixLines returns raw with CRLF, and CR where a file knows no LF, as LF. A UTF-8 byte order mark and blank lines
// before the header go.
func unixLines(raw []byte) []byte {
	if bytes.IndexByte(raw, '\r') >= 0 {
		if bytes.IndexByte(raw, '\n') < 0 {
			raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
		} else {
			raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		}
	}
	return bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), "\n")
}

// cutLine splits off the first line, without its line end.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return b[:i], b[i+1:]
}

// fieldName returns the length of the field name a line starts with, up to its colon, or 0 (RFC 5322 section 2.2; blanks
// before the colon are the obsolete form of section 4.5).
func fieldName(line []byte) int {
	for i, c := range line {
		switch {
		case c == ':':
			return len(bytes.TrimRight(line[:i], " \t"))
		case c == ' ' || c == '\t':
			if rest := bytes.TrimLeft(line[i:], " \t"); len(rest) == 0 || rest[0] != ':' {
				return 0
			}
		case c < 33 || c > 126 || i > 100:
			return 0
		}
	}
	return 0
}

// readHeader splits a header block from its body. atTop says that this is the outermost header, before which an mbox
// separator may stand.
func (r *reader) readHeader(raw []byte, atTop bool) (Header, []byte) {
	var h Header
	rest := raw
	for atTop && (bytes.HasPrefix(rest, []byte("From ")) || bytes.HasPrefix(rest, []byte(">From "))) {
		_, rest = cutLine(rest)
	}
	var folded []byte
	for len(rest) > 0 {
		if len(raw)-len(rest) > r.lim.MaxHeader {
			r.tooLarge("The header is longer than the limit; the rest of it was not read.")
			if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
				return h.close(folded), rest[i+2:]
			}
			return h.close(folded), nil
		}
		line, after := cutLine(rest)
		switch n := fieldName(line); {
		case len(line) == 0:
			return h.close(folded), after
		case line[0] == ' ' || line[0] == '\t':
			if len(bytes.TrimSpace(line)) == 0 && !startsField(after) {
				return h.close(folded), after
			}
			folded = append(append(folded, ' '), bytes.TrimSpace(line)...)
		case n > 0 && !(len(h.Fields) == 0 && len(folded) == 0 && !plausibleFirst(line, n, after)):
			h = h.close(folded)
			h.Fields = append(h.Fields, Field{Name: string(line[:n])})
			colon := bytes.IndexByte(line, ':')
			folded = append([]byte(nil), bytes.TrimSpace(line[colon+1:])...)
		case !headerGoesOn(after):
			// No blank line between header and body, or no header at all: from here on it is body.
			if len(h.Fields) > 0 {
				r.problem("The header does not end with a blank line.")
			} else {
				r.problem("There is no header.")
			}
			return h.close(folded), rest
		default:
			r.problem("A header line cannot be read.")
			folded = append(append(folded, ' '), bytes.TrimSpace(line)...)
		}
		rest = after
	}
	return h.close(folded), nil
}

// close gives the value read so far to the last field.
func (h Header) close(value []byte) Header {
	if n := len(h.Fields); n > 0 {
		h.Fields[n-1].Value = string(bytes.TrimSpace(value))
	}
	return h
}

// plausibleFirst says whether a line that has the shape of a field really starts a header and not prose such as
// "Note: see below": its name is known, or a second field follows at once.
func plausibleFirst(line []byte, n int, after []byte) bool {
	return knownField[strings.ToLower(string(line[:n]))] || bytes.HasPrefix(bytes.ToLower(line), []byte("x-")) || startsField(after) || startsFold(after)
}

func startsField(b []byte) bool {
	line, _ := cutLine(b)
	return fieldName(line) > 0
}

func startsFold(b []byte) bool {
	line, _ := cutLine(b)
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(bytes.TrimSpace(line)) > 0
}

// headerGoesOn looks a few lines ahead for a field whose name is well known, before a blank line.
func headerGoesOn(b []byte) bool {
	for range 5 {
		var line []byte
		line, b = cutLine(b)
		if len(line) == 0 {
			return false
		}
		if n := fieldName(line); n > 0 && (knownField[strings.ToLower(string(line[:n]))] || bytes.HasPrefix(line, []byte("X-"))) {
			return true
		}
	}
	return false
}

var knownField = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "subject": true, "date": true, "received": true, "return-path": true,
	"message-id": true, "mime-version": true, "content-type": true, "content-transfer-encoding": true, "reply-to": true,
	"sender": true, "in-reply-to": true, "references": true, "delivered-to": true, "content-disposition": true,
	"auto-submitted": true, "precedence": true, "dkim-signature": true, "received-spf": true, "user-agent": true,
	"authentication-results": true, "thread-topic": true, "thread-index": true, "content-language": true,
	"importance": true, "priority": true, "status": true, "content-id": true, "content-description": true,
	"final-recipient": true, "reporting-mta": true, "arrival-date": true, "original-recipient": true, "action": true,
	"list-id": true, "list-unsubscribe": true, "resent-from": true, "envelope-to": true, "delivery-date": true,
}

// messageIDs finds the identifiers in a Message-ID, In-Reply-To or References value (RFC 5322 section 3.6.4), without
// <>, each once. The phrases old programs put around them are passed over.
func messageIDs(v string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(id string) {
		id = strings.Join(strings.Fields(id), "")
		if id != "" && !seen[id] && len(out) < 1000 {
			seen[id] = true
			out = append(out, oneLine(id))
		}
	}
	rest := v
	for {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		j := strings.IndexByte(rest[i:], '>')
		if j < 0 {
			break
		}
		add(rest[i+1 : i+j])
		rest = rest[i+j+1:]
	}
	if len(out) == 0 {
		for _, w := range strings.Fields(v) {
			if strings.Contains(w, "@") {
				add(strings.Trim(w, "<>,;\"'"))
			}
		}
	}
	return out
}
