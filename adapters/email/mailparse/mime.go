package mailparse

import (
	"bytes"
	"strings"

	"kinbridge/gateway/ids"
)

// budget is what is left of the limits, shared by a message and the messages inside it.
type budget struct {
	lim     Limits
	parts   int
	decoded int
	text    int
}

func newBudget(l Limits) *budget {
	return &budget{lim: l, parts: l.MaxParts, decoded: l.MaxDecoded, text: l.MaxText}
}

// reader reads one message.
type reader struct {
	*budget
	msg      *Message
	blocks   []block
	problems []string
	seen     map[string]bool
	lost     bool           // something could not be read at all
	early    map[int]Header // of attachments named in raw bytes before any text was met
	subject  string         // of a winmail.dat, for a message whose header has none
	adopted  string         // the kind of a multipart whose parts are its siblings, because it uses their boundary
}

// block is one piece of body: the same words as plain text and as HTML, or in only one form.
type block struct {
	text, html       string
	hasText, hasHTML bool
}

// context is where in the tree a part stands.
type context struct {
	root    bool
	alt     *block // inside multipart/alternative: the block its parts share
	report  bool   // inside multipart/report
	digest  bool   // inside multipart/digest: parts are messages
	related bool   // inside multipart/related, below its root part
	// boundary of the multipart around, which one inside may wrongly use again.
	boundary string
}

func (r *reader) problem(p string) {
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if !r.seen[p] {
		r.seen[p] = true
		r.problems = append(r.problems, p)
	}
}

// lose notes a problem that cost content.
func (r *reader) lose(p string) {
	r.lost = true
	r.problem(p)
}

func (r *reader) tooLarge(p string) {
	r.msg.OverLimit = true
	r.lose(p)
}

func (r *reader) err() error {
	switch {
	case r.msg.OverLimit:
		return ids.E(ids.TooLarge, "Part of the message was not read: %s", strings.Join(r.problems, " "))
	case r.lost:
		return ids.E(ids.Invalid, "Part of the message could not be read: %s", strings.Join(r.problems, " "))
	}
	return nil
}

// walk reads one part, whose header is h, and the parts inside it.
func (r *reader) walk(h Header, body []byte, depth int, ctx context) {
	if r.parts--; r.parts < 0 {
		r.tooLarge("There are more parts than the limit; the rest were not read.")
		return
	}
	if depth > r.lim.MaxDepth {
		r.tooLarge("Parts are nested deeper than the limit; the inner ones were not read.")
		return
	}
	p := r.describe(h, body, ctx)
	if strings.HasPrefix(p.mediaType, "multipart/") {
		r.multipart(p, body, depth, ctx)
		return
	}
	data, ok := decodeTransfer(body, h.Raw("Content-Transfer-Encoding"))
	if strings.HasPrefix(p.mediaType, "text/") && len(data) == len(body) {
		if hidden, is := undeclaredTransfer(data); is {
			data, ok = hidden, false
		}
	}
	if !ok {
		r.problem("A part is not in the transfer encoding it names.")
	}
	if r.decoded -= len(data); r.decoded < 0 {
		r.tooLarge("The parts are larger than the limit; the rest were not read.")
		return
	}
	r.leaf(p, data, depth, ctx)
}

// part is what the header of one part says about it.
type part struct {
	header      Header
	mediaType   string
	params      map[string]string
	disposition string
	name        string
	contentID   string
}

func (r *reader) describe(h Header, body []byte, ctx context) part {
	p := part{header: h}
	var dp map[string]string
	p.mediaType, p.params = mediaType(h.Raw("Content-Type"), h.charset)
	p.disposition, dp = mediaType(h.Raw("Content-Disposition"), h.charset)
	p.name = partName(p.params, dp)
	p.contentID = strings.Trim(strings.TrimSpace(h.Raw("Content-ID")), "<>")
	switch {
	case strings.Contains(p.mediaType, "/"):
	case p.mediaType == "text" || p.mediaType == "html":
		p.mediaType = map[string]string{"text": "text/plain", "html": "text/html"}[p.mediaType]
	case p.mediaType != "":
		r.problem("A Content-Type cannot be read.")
		fallthrough
	default:
		p.mediaType = "text/plain"
		if ctx.digest {
			p.mediaType = "message/rfc822"
		} else if b := guessBoundary(body); ctx.root && b != "" {
			p.mediaType, p.params["boundary"] = "multipart/mixed", b
		} else if p.disposition == "attachment" && p.name != "" {
			p.mediaType = "application/octet-stream"
		}
	}
	r.protect(protection(p))
	return p
}

// partName is the file name that Content-Type and Content-Disposition give, the latter first.
func partName(ct, cd map[string]string) string {
	name := ""
	for _, n := range [...]string{cd["filename"], ct["name"], ct["filename"], cd["name"]} {
		if n = fileName(n); n != "" && (name == "" || strings.Contains(name, "\ufffd") && !strings.Contains(n, "\ufffd")) {
			name = n
		}
	}
	return name
}

// lateNames reads the file names with raw bytes again that stood before the text whose charset they are in.
func (r *reader) lateNames() {
	for at, h := range r.early {
		_, ct := mediaType(h.Raw("Content-Type"), r.msg.Header.charset)
		_, cd := mediaType(h.Raw("Content-Disposition"), r.msg.Header.charset)
		r.msg.Attachments[at].Name = partName(ct, cd)
	}
}

// guessBoundary finds the boundary of a multipart whose header does not give it: a line of two dashes and a word that has a part header
// after it, or that comes again with two dashes at its end.
func guessBoundary(body []byte) string {
	rest := body[:min(len(body), 16<<10)]
	for tries := 0; len(rest) > 0 && tries < 20; {
		var line []byte
		line, rest = cutLine(rest)
		line = bytes.TrimRight(line, " \t\r")
		if len(line) < 6 || len(line) > 120 || !bytes.HasPrefix(line, []byte("--")) || bytes.ContainsAny(line, " \t") || bytes.HasSuffix(line, []byte("--")) {
			continue
		}
		tries++
		next, _ := cutLine(rest)
		if n := fieldName(next); n > 0 && len(next) > 8 && strings.EqualFold(string(next[:8]), "content-") {
			return string(line[2:])
		}
		if bytes.Contains(body, []byte("\n"+string(line)+"--")) {
			return string(line[2:])
		}
	}
	return ""
}

func (r *reader) multipart(p part, body []byte, depth int, ctx context) {
	kind := strings.TrimPrefix(p.mediaType, "multipart/")
	if e := strings.ToLower(p.header.Raw("Content-Transfer-Encoding")); e == "base64" || e == "quoted-printable" {
		// Forbidden by RFC 2045 section 6.4, and written all the same.
		if decoded, ok := decodeTransfer(body, e); ok && p.params["boundary"] != "" && !bytes.Contains(body, []byte("--"+p.params["boundary"])) {
			body = decoded
		}
	}
	boundary := p.params["boundary"]
	pieces, terminated := splitParts(body, boundary)
	if len(pieces) == 0 {
		if b := guessBoundary(body); b != "" && b != boundary {
			r.problem("The boundary between the parts is not the one the header names.")
			pieces, terminated = splitParts(body, b)
		}
	}
	if len(pieces) == 0 {
		if boundary != "" && boundary == ctx.boundary {
			r.problem("A multipart inside another uses the same boundary.")
			r.adopted = kind
			return
		}
		if len(bytes.TrimSpace(body)) > 0 {
			r.problem("A multipart has no parts; it was read as plain text.")
			r.leaf(part{header: p.header, mediaType: "text/plain", params: map[string]string{}}, body, depth, ctx)
		}
		return
	}
	if !terminated {
		r.problem("A multipart is cut off before its end.")
	}
	if kind == "report" && r.msg.Report == "" {
		r.msg.Report = strings.ToLower(p.params["report-type"])
	}
	inner := context{alt: ctx.alt, report: ctx.report || kind == "report", digest: kind == "digest", related: ctx.related, boundary: boundary}
	if kind == "alternative" && ctx.alt == nil {
		inner.alt = &block{}
	}
	own := inner.alt
	for i, piece := range pieces {
		inner.related = ctx.related || kind == "related" && i > 0
		r.adopted = ""
		r.child(piece, depth+1, inner)
		if r.adopted == "alternative" && inner.alt == nil {
			inner.alt = &block{} // what follows belongs to a multipart inside that uses the same boundary
		}
		if r.parts < 0 {
			break
		}
	}
	r.adopted = ""
	if inner.alt != nil && (own != ctx.alt || own == nil) {
		r.blocks = append(r.blocks, *inner.alt)
	}
}

// child reads one piece of a multipart.
func (r *reader) child(piece []byte, depth int, ctx context) {
	if bytes.HasPrefix(piece, []byte("\n")) {
		r.walk(Header{charset: r.msg.Header.charset}, piece[1:], depth, ctx)
		return
	}
	h, body := r.readHeader(piece, false)
	h.charset = r.msg.Header.charset
	r.walk(h, body, depth, ctx)
}

// splitParts cuts a multipart body at its boundary lines (RFC 2046 section 5.1.1). Preamble and epilogue are left out. A
// missing end is taken to be at the end of the data.
func splitParts(body []byte, boundary string) (parts [][]byte, terminated bool) {
	if boundary == "" {
		return nil, false
	}
	delimiter := []byte("--" + boundary)
	start := -1
	for pos := 0; pos < len(body); {
		i := bytes.Index(body[pos:], delimiter)
		if i < 0 {
			break
		}
		at := pos + i
		if at > 0 && body[at-1] != '\n' {
			pos = at + len(delimiter)
			continue
		}
		line, rest := cutLine(body[at:])
		tail := bytes.TrimRight(line[len(delimiter):], " \t\r")
		if len(tail) > 0 && string(tail) != "--" {
			pos = at + len(line)
			continue
		}
		if start >= 0 {
			end := at
			if end > start { // the line end before a boundary belongs to the boundary
				end--
			}
			parts = append(parts, body[start:end])
		}
		start = len(body) - len(rest)
		pos = start
		if string(tail) == "--" {
			// More parts after the end: some programs join two bodies, or use a boundary again inside.
			again := append([]byte("\n"), delimiter...)
			if !bytes.Contains(body[max(0, start-1):], append(again, '\n')) {
				return parts, true
			}
			start = -1
		}
	}
	if start < 0 && len(parts) > 0 {
		return parts, true
	}
	if start >= 0 && len(bytes.TrimSpace(body[start:])) > 0 {
		parts = append(parts, body[start:])
	}
	return parts, false
}
