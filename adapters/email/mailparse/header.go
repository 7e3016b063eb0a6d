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
func (h *Header) Get(name string) string { return OneLine(decodeWords(h.Raw(name), h.charset)) }

// Values returns every field of the name, decoded as Get does.
func (h *Header) Values(name string) []string {
	var out []string
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			out = append(out, OneLine(decodeWords(f.Value, h.charset)))
		}
	}
	return out
}

// Addresses returns the addresses of every field of the name, in order.
func (h *Header) Addresses(name string) []Address {
	var out []Address
	for _, f := range h.Fields {
		if len(out) < maxAddresses && strings.EqualFold(f.Name, name) {
			out = append(out, parseAddresses(f.Value, h.charset)...)
		}
	}
	return out
}

// unixLines returns raw with CRLF, and CR where a file knows no LF, as LF. A UTF-8 byte order mark and blank lines before the header go.
//
// CRCRLF is one line end where every line ends so, as some gateways write. Otherwise a CR alone is none, nor is a line of one CR blank: whoever
// checks signatures reads on there, and we must not take for the writer a From that stands before such a line, or behind such a CR.
func unixLines(raw []byte) []byte {
	if bytes.IndexByte(raw, '\r') >= 0 {
		lines := bytes.Count(raw, []byte("\n"))
		switch {
		case lines == 0:
			raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
		case bytes.Count(raw, []byte("\r\r\n")) == lines:
			raw = bytes.ReplaceAll(raw, []byte("\r\r\n"), []byte("\n"))
		default:
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

// cutLineString is cutLine for text.
func cutLineString(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return line, rest
}

// fieldName returns the length of the field name a line starts with, up to its colon, or 0 (RFC 5322 section 2.2; blanks
// before the colon are the obsolete form of section 4.5).
func fieldName[T string | []byte](line T) int {
	end := 0 // of the name, when blanks have begun
	for i := range len(line) {
		switch c := line[i]; {
		case c == ':':
			if end > 0 {
				return end
			}
			return i
		case c == ' ' || c == '\t':
			if end == 0 {
				end = i
			}
			if i == 0 {
				return 0
			}
		case c < 33 || c > 126 || i > 100 || end > 0:
			return 0
		}
	}
	return 0
}

// readHeader splits a header block from its body. atTop says that this is the outermost header, before which an mbox
// separator may stand.
func (r *reader) readHeader(raw []byte, atTop bool) (Header, []byte) {
	for atTop && isSeparator(raw) {
		_, raw = cutLine(raw)
	}
	// The header is looked at as one string, of which names and most values are pieces.
	size := len(raw)
	if i := bytes.Index(raw, []byte("\n\n")); i >= 0 {
		size = i + 2
	}
	block := string(raw[:min(size, r.lim.MaxHeader)])
	if size > len(block) {
		block = block[:strings.LastIndexByte(block, '\n')+1] // no half line
	}
	h := headerReader{rest: block}
	for h.rest != "" {
		problem, end := h.line()
		if problem != "" {
			r.problem(problem)
		}
		if end {
			return h.header, raw[len(block)-len(h.rest):]
		}
	}
	if size > len(block) {
		r.tooLarge("The header is longer than the limit; some of it was not read.")
		h = headerReader{rest: shortHeader(raw[:size], r.lim.MaxHeader)}
		for end := false; h.rest != "" && !end; {
			_, end = h.line()
		}
	}
	h.close()
	return h.header, raw[size:]
}

// shortHeader makes a header of at most limit bytes out of a longer one: it cuts long lines short, so that the fields after them are read.
func shortHeader(raw []byte, limit int) string {
	var b strings.Builder
	for len(raw) > 0 && b.Len() < limit {
		var line []byte
		line, raw = cutLine(raw)
		if line = line[:min(len(line), limit/16)]; b.Len()+len(line) < limit {
			b.Write(line)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// isSeparator says that raw begins with the line that mbox files put before each message, which is no field with a blank before its colon.
func isSeparator(raw []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(raw, []byte(">")), []byte("From "))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(":"))
}

// headerReader reads a header block line by line.
type headerReader struct {
	header Header
	rest   string
	value  string // of the last field, so far
	folded []byte // the same, when it has more than one line
}

// line reads the next line; end says that the header ends there, and rest is then the body.
func (h *headerReader) line() (problem string, end bool) {
	line, after := cutLineString(h.rest)
	fields := len(h.header.Fields)
	switch n := fieldName(line); {
	case line == "":
		h.close()
		h.rest = after
		return "", true
	case line[0] == ' ' || line[0] == '\t':
		if strings.TrimSpace(line) == "" && !startsField(after) && !startsFold(after) {
			h.close()
			h.rest = after
			return "", true
		}
		h.fold(line)
	case n > 0 && (fields > 0 || plausibleFirst(line, n, after)):
		h.close()
		colon := strings.IndexByte(line, ':')
		h.header.Fields = append(h.header.Fields, Field{Name: line[:n]})
		h.value = strings.TrimSpace(line[colon+1:])
	case !headerGoesOn(after):
		// No blank line between header and body, or no header at all: from here on it is body.
		h.close()
		if fields > 0 {
			return "The header does not end with a blank line.", true
		}
		return "There is no header.", true
	default:
		h.fold(line)
		problem = "A header line cannot be read."
	}
	h.rest = after
	return problem, false
}

func (h *headerReader) fold(line string) {
	if h.folded == nil {
		h.folded = append(make([]byte, 0, len(h.value)+len(line)+80), h.value...)
	}
	h.folded = append(append(h.folded, ' '), strings.TrimSpace(line)...)
}

// close gives the value read so far to the last field.
func (h *headerReader) close() {
	if h.folded != nil {
		h.value = strings.TrimSpace(string(h.folded))
	}
	if n := len(h.header.Fields); n > 0 && h.value != "" {
		h.header.Fields[n-1].Value = h.value
	}
	h.value, h.folded = "", nil
}

// plausibleFirst says whether a line that has the shape of a field really starts a header and not prose such as
// "Note: see below": its name is known, or a second field follows at once.
func plausibleFirst(line string, n int, after string) bool {
	return knownField[strings.ToLower(line[:n])] || len(line) > 2 && strings.EqualFold(line[:2], "x-") || startsField(after) || startsFold(after)
}

func startsField(s string) bool {
	line, _ := cutLineString(s)
	return fieldName(line) > 0
}

func startsFold(s string) bool {
	line, _ := cutLineString(s)
	return line != "" && (line[0] == ' ' || line[0] == '\t') && strings.TrimSpace(line) != ""
}

// headerGoesOn looks a few lines ahead for a field whose name is well known, before a blank line.
func headerGoesOn(s string) bool {
	for range 5 {
		var line string
		line, s = cutLineString(s)
		if line == "" {
			return false
		}
		if n := fieldName(line); n > 0 && (knownField[strings.ToLower(line[:n])] || strings.HasPrefix(line, "X-")) {
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
			out = append(out, OneLine(id))
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
