package mailparse

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse/charset"
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
	lost     bool // something could not be read at all
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
	p.mediaType, p.params = mediaType(h.Raw("Content-Type"), h.charset)
	disposition, dp := mediaType(h.Raw("Content-Disposition"), h.charset)
	p.disposition = disposition
	for _, n := range [...]string{dp["filename"], p.params["name"], p.params["filename"], dp["name"]} {
		if n = fileName(n); n != "" && (p.name == "" || strings.Contains(p.name, "\ufffd") && !strings.Contains(n, "\ufffd")) {
			p.name = n
		}
	}
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
	if r.msg.Protection == Unprotected {
		r.msg.Protection = protection(p)
	}
	return p
}

func protection(p part) Protection {
	proto := strings.ToLower(p.params["protocol"])
	switch p.mediaType {
	case "multipart/signed":
		if strings.Contains(proto, "pgp") {
			return PGPSigned
		}
		return SMIMESigned
	case "multipart/encrypted":
		return PGPSealed
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if strings.HasPrefix(strings.ToLower(p.params["smime-type"]), "signed") {
			return SMIMESigned
		}
		return SMIMESealed
	}
	return Unprotected
}

// guessBoundary finds the boundary of a multipart whose header does not give it: a line of two dashes and a word that
// comes again later with a part header after it.
func guessBoundary(body []byte) string {
	rest := body[:min(len(body), 16<<10)]
	for len(rest) > 0 {
		var line []byte
		line, rest = cutLine(rest)
		line = bytes.TrimRight(line, " \t\r")
		if len(line) < 6 || !bytes.HasPrefix(line, []byte("--")) || bytes.ContainsAny(line, " \t") || bytes.HasSuffix(line, []byte("--")) {
			continue
		}
		next, _ := cutLine(rest)
		if n := fieldName(next); n > 0 && bytes.HasPrefix(bytes.ToLower(next), []byte("content-")) {
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
		if len(bytes.TrimSpace(body)) > 0 {
			r.problem("A multipart has no parts; it was read as plain text.")
			r.leaf(part{header: p.header, mediaType: "text/plain", params: map[string]string{}}, body, depth, ctx)
		}
		return
	}
	if !terminated {
		r.problem("A multipart is cut off before its end.")
	}
	inner := context{alt: ctx.alt, report: ctx.report || kind == "report", digest: kind == "digest", related: ctx.related}
	if kind == "report" && r.msg.Report == "" {
		r.msg.Report = strings.ToLower(p.params["report-type"])
	}
	if kind == "alternative" && ctx.alt == nil {
		inner.alt = &block{}
	}
	for i, piece := range pieces {
		inner.related = ctx.related || kind == "related" && i > 0
		r.child(piece, depth+1, inner)
		if r.parts < 0 {
			break
		}
	}
	if kind == "alternative" && ctx.alt == nil {
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
			return parts, true
		}
	}
	if start >= 0 && len(bytes.TrimSpace(body[start:])) > 0 {
		parts = append(parts, body[start:])
	}
	return parts, false
}

// leaf files one part that holds no others: as body, calendar, report or attachment.
func (r *reader) leaf(p part, data []byte, depth int, ctx context) {
	attached := p.disposition == "attachment" || p.name != "" && p.disposition != "inline" || p.name != "" && !strings.HasPrefix(p.mediaType, "text/")
	switch t := p.mediaType; {
	case t == "text/calendar" || t == "application/ics" || strings.HasSuffix(strings.ToLower(p.name), ".ics") && (t == "application/octet-stream" || t == "text/plain"):
		r.msg.Calendar = append(r.msg.Calendar, []byte(withMethod(cleanText(charset.Decode(data, p.params["charset"])), p.params["method"])))
		if attached {
			r.attach(p, data, false)
		}
	case t == "message/delivery-status" || t == "message/global-delivery-status":
		r.msg.Reports = append(r.msg.Reports, r.status(data))
	case ctx.report && (t == "message/rfc822" || t == "message/global" || t == "text/rfc822-headers" || t == "message/rfc822-headers" || t == "text/rfc822-header"):
		r.returned(data, depth)
	case ctx.report && (t == "message/disposition-notification" || t == "message/feedback-report"):
		if r.msg.Report == "" {
			r.msg.Report = strings.TrimPrefix(t, "message/") // the Content-Type above names no report-type
		}
	case (t == "text/plain" || t == "text/html" || t == "text/enriched" || t == "text/x-markdown" || t == "text/markdown" || t == "text/x-amp-html" || t == "text/watch-html") && !attached && !(p.name != "" && !ctx.root):
		r.body(p, data, ctx)
	case ctx.root && strings.HasPrefix(t, "text/") && p.disposition != "attachment":
		r.body(p, data, ctx)
	case (t == "application/ms-tnef" || t == "application/vnd.ms-tnef" || strings.EqualFold(p.name, "winmail.dat")) && r.unpackTNEF(data):
	case t == "message/rfc822" && p.name == "":
		p.name = r.subjectName(data)
		fallthrough
	default:
		r.attach(p, data, p.disposition == "inline" || p.contentID != "" && ctx.related)
	}
}

// withMethod gives a calendar object that names no METHOD the one of its Content-Type (RFC 6047 section 2.4).
func withMethod(calendar, method string) string {
	const begin = "BEGIN:VCALENDAR"
	up := strings.ToUpper(calendar)
	i := strings.Index(up, begin)
	if i < 0 || !methodName.MatchString(method) || strings.Contains(up, "\nMETHOD:") || strings.Contains(up, "\nMETHOD;") {
		return calendar
	}
	i += len(begin)
	if i > len(calendar) {
		return calendar // a letter whose capital is longer stood before it
	}
	return calendar[:i] + "\nMETHOD:" + strings.ToUpper(method) + calendar[i:]
}

var methodName = regexp.MustCompile(`^[A-Za-z-]{3,20}$`)

// subjectName names a message attached without a name after its subject.
func (r *reader) subjectName(data []byte) string {
	inner := &reader{budget: newBudget(r.lim), msg: &Message{}}
	h, _ := inner.readHeader(unixLines(data[:min(len(data), 64<<10)]), true)
	h.charset = charset.Canonical(attachedCharset(data))
	name := strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, c) {
			return ' '
		}
		return c
	}, h.Get("Subject"))
	if runes := []rune(strings.Join(strings.Fields(name), " ")); len(runes) > 0 {
		return string(runes[:min(len(runes), 100)]) + ".eml"
	}
	return "message.eml"
}

func (r *reader) attach(p part, data []byte, inline bool) {
	r.msg.Attachments = append(r.msg.Attachments, Attachment{
		Name: p.name, Type: p.mediaType, Data: data, Inline: inline && p.disposition != "attachment", ContentID: p.contentID,
	})
}

// body adds a text part to the body.
func (r *reader) body(p part, data []byte, ctx context) {
	if p.mediaType == "text/x-amp-html" || p.mediaType == "text/watch-html" {
		return // the same words a third time, for programs that want them
	}
	if len(data) > r.text {
		data = data[:max(r.text, 0)]
		r.tooLarge("The text is longer than the limit; the rest was not read.")
	}
	r.text -= len(data)
	isHTML := p.mediaType == "text/html" || p.mediaType == "text/plain" && looksHTML(data)
	text := cleanText(r.decodeText(data, p.params["charset"], isHTML))
	if !isHTML {
		text = r.uuAttachments(text)
		if strings.EqualFold(p.params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(p.params["delsp"], "yes"))
		}
	}
	b := ctx.alt
	if b == nil {
		r.blocks = append(r.blocks, block{})
		b = &r.blocks[len(r.blocks)-1]
	}
	if isHTML {
		b.html, b.hasHTML = joinText(b.html, text), true
	} else {
		b.text, b.hasText = joinText(b.text, text), true
	}
}

// decodeText decodes a body and remembers its charset for what says nothing about its own. What an HTML page says of itself counts where
// the part says nothing, or what cannot be true.
func (r *reader) decodeText(data []byte, label string, isHTML bool) string {
	hint := r.msg.Header.charset
	if isHTML {
		if meta := metaCharset(data); charset.Known(meta) && !strings.HasPrefix(charset.Canonical(meta), "utf-16") {
			if !charset.Known(label) {
				label = meta
			}
			hint = meta
		}
	}
	text, used := charset.Read(data, label, hint)
	switch {
	case used == "us-ascii":
		used = charset.Canonical(label)
	case r.msg.Header.charset == "utf-8" && used != "utf-8":
		r.msg.Header.charset = "" // the first to have such characters
	}
	if r.msg.Header.charset == "" && charset.Known(used) && used != "utf-7" && !strings.HasPrefix(used, "utf-16") {
		r.msg.Header.charset = used
	}
	return text
}

func joinText(a, b string) string {
	if a == "" {
		return b
	}
	return strings.TrimRight(a, "\n") + "\n" + b
}

// looksHTML says that a part named text/plain is an HTML page.
func looksHTML(data []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) && bytes.Contains(bytes.ToLower(data[max(0, len(data)-512):]), []byte("</html"))
}

var charsetParam = regexp.MustCompile(`(?i)charset\s*=\s*["']?([A-Za-z0-9._:\-]+)`)

// attachedCharset is the first charset that a message attached names, for the raw bytes of its subject.
func attachedCharset(data []byte) string {
	if m := charsetParam.FindSubmatch(data[:min(len(data), 8192)]); m != nil {
		return string(m[1])
	}
	return ""
}

// metaCharset reads the charset an HTML page gives itself.
func metaCharset(data []byte) string {
	head := data[:min(len(data), 4096)]
	if !bytes.Contains(head, []byte("harset")) && !bytes.Contains(head, []byte("HARSET")) {
		return ""
	}
	return attachedCharset(head)
}

// uuAttachments takes uuencoded files out of plain text.
func (r *reader) uuAttachments(text string) string {
	if !strings.Contains(text, "begin ") {
		return text
	}
	rest := []byte(text)
	for range 100 {
		name, data, without, found := findUU(rest)
		if !found {
			break
		}
		r.attach(part{name: name, mediaType: "application/octet-stream", disposition: "attachment"}, data, false)
		rest = without
	}
	return string(rest)
}

// finish joins the blocks of body.
func (r *reader) finish() {
	anyHTML, anyText := false, false
	for _, b := range r.blocks {
		anyHTML = anyHTML || b.hasHTML && strings.TrimSpace(b.html) != ""
		anyText = anyText || b.hasText && strings.TrimSpace(b.text) != ""
	}
	m := r.msg
	for _, b := range r.blocks {
		if b.hasText {
			m.Text = joinText(m.Text, b.text)
		} else if b.hasHTML && strings.TrimSpace(b.html) != "" {
			m.TextPartial = anyText
		}
		switch {
		case b.hasHTML && strings.TrimSpace(b.html) != "":
			m.HTML = joinText(m.HTML, b.html)
		case anyHTML && b.hasText && strings.TrimSpace(b.text) != "":
			m.HTML = joinText(m.HTML, "<pre>"+html.EscapeString(b.text)+"</pre>")
		}
	}
}

// returned reads the message, or only its header, that a report gives back.
func (r *reader) returned(data []byte, depth int) {
	if r.msg.Returned != nil || depth+1 > r.lim.MaxDepth || len(bytes.TrimSpace(data)) == 0 {
		return
	}
	m, _ := parse(r.budget, unixLines(data), depth+1)
	r.msg.Returned = m
}

// status reads a message/delivery-status part (RFC 3464 section 2.1): groups of fields with blank lines between.
func (r *reader) status(data []byte) Status {
	var s Status
	rest := bytes.TrimLeft(unixLines(data), "\n \t")
	for first := true; len(rest) > 0; first = false {
		var h Header
		h, rest = r.readHeader(rest, false)
		h.charset = "utf-8"
		if first && !h.Has("Final-Recipient") && !h.Has("Original-Recipient") && !h.Has("Action") {
			s.Message = h
		} else if len(h.Fields) > 0 {
			s.Recipients = append(s.Recipients, h)
		}
		before := len(rest)
		rest = bytes.TrimLeft(rest, "\n")
		if len(h.Fields) == 0 && before == len(rest) {
			break // text where fields should be
		}
		if len(s.Recipients) >= 1000 {
			break
		}
	}
	return s
}
