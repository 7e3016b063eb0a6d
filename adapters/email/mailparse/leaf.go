package mailparse

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse/charset"
)

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
	case isCMS(p) && r.unpackCMS(p, data, depth, ctx):
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
	if p.name != "" && r.msg.Header.charset == "" && !plainNames(p.header) {
		if r.early == nil {
			r.early = map[int]Header{}
		}
		r.early[len(r.msg.Attachments)] = p.header
	}
	r.msg.Attachments = append(r.msg.Attachments, Attachment{
		Name: p.name, Type: p.mediaType, Data: data, Inline: inline && p.disposition != "attachment", ContentID: p.contentID,
	})
}

// plainNames says that a part's header gives its names in ASCII and in no encoded words.
func plainNames(h Header) bool {
	for _, name := range [...]string{"Content-Type", "Content-Disposition"} {
		if v := h.Raw(name); !isASCII(v) || strings.Contains(v, "=?") {
			return false
		}
	}
	return true
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
	if !isHTML {
		data = r.takeYEnc(data)
	}
	text := cleanText(r.decodeText(data, p.params["charset"], isHTML))
	if !isHTML {
		text = r.inlinePGP(r.takeUU(text))
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
	if r.portalNotice() {
		r.protect(PortalSealed)
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

// ParseStatus reads the fields of a delivery report (RFC 3464 section 2.1) whose MIME structure was lost.
func ParseStatus(fields []byte) Status {
	r := &reader{budget: newBudget(DefaultLimits()), msg: &Message{}}
	return r.status(fields)
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
			s.Recipients = append(s.Recipients, perRecipient(h)...)
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

// perRecipient parts the fields of several recipients between which a server forgot the empty line: where a field that each has once comes
// again, the next begins.
func perRecipient(h Header) []Header {
	if h.Count("Final-Recipient") < 2 {
		return []Header{h}
	}
	var out []Header
	begin := 0
	seen := map[string]bool{}
	for i, f := range h.Fields {
		name := strings.ToLower(f.Name)
		switch name {
		case "original-recipient", "final-recipient", "action":
			if seen[name] {
				out = append(out, Header{Fields: h.Fields[begin:i:i], charset: h.charset})
				begin = i
				clear(seen)
			}
			seen[name] = true
		}
	}
	return append(out, Header{Fields: h.Fields[begin:], charset: h.charset})
}
