package replytext

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// element is an open HTML element and what it changes for the text inside it.
type element struct {
	tag    atom.Atom
	hint   hint
	depth  int  // 1 for a blockquote that quotes
	pre    bool // blanks and line ends are kept
	skip   bool // not text at all
	block  bool
	spaced bool   // a blank line follows
	item   int    // next number of an ordered list, 0 otherwise
	gmail  bool   // Gmail's quote container, whose kind its first line tells
	opened int    // lines there were when it opened
	href   string // of a link in the author's own words
	from   int    // where the text of the link begins in the current line
}

// flattener turns HTML into lines, keeping as hints what the structure says. It works on tokens with a stack of its own,
// so that its time is linear and its depth bounded whatever the nesting.
type flattener struct {
	lines  []line
	text   []byte // of the current line
	stack  []element
	blank  bool // a blank is due before the next word
	hint   hint // of the open elements together
	depth  int
	pre    int
	skip   int
	tailed bool // a tail mark has been met: everything after is answered text
	spacer bool // a no-break space stands on the current line: alone it makes a blank one
	ruled  bool // a ruling line was just met
	first  line // depth and hint where the current line's first word stood
}

// maxStack bounds the elements remembered; deeper ones are read as if they were not there.
const maxStack = 4096

// htmlLines flattens HTML into lines.
func htmlLines(src string) []line {
	f := &flattener{}
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			f.newline()
			return f.lines
		case html.TextToken:
			if f.skip == 0 {
				f.words(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			f.open(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			f.close(atom.Lookup(name))
		}
	}
}

// attrs are the attributes that mail programs mark structure with.
type attrs struct{ id, class, style, kind, name, cite, marker, smart, sigblock, href, start string }

func readAttrs(z *html.Tokenizer) attrs {
	var a attrs
	for more := true; more; {
		var k, v []byte
		k, v, more = z.TagAttr()
		var to *string
		switch string(k) {
		case "id":
			to = &a.id
		case "class":
			to = &a.class
		case "style":
			if styleMatters(v) {
				to = &a.style
			}
		case "type":
			to = &a.kind
		case "name":
			to = &a.name
		case "cite":
			to = &a.cite
		case "start":
			to = &a.start
		case "data-marker":
			to = &a.marker
		case "data-smartmail":
			to = &a.smart
		case "data-signatureblock":
			to = &a.sigblock
		case "href":
			if a.href == "" {
				a.href = strings.TrimSpace(string(v))
			}
		}
		if to != nil && *to == "" && len(v) > 0 {
			*to = strings.ToLower(string(v))
		}
	}
	return a
}

func (f *flattener) open(z *html.Tokenizer) {
	name, has := z.TagName()
	tag := atom.Lookup(name)
	var a attrs
	if has {
		a = readAttrs(z)
	}
	switch tag {
	case atom.Br:
		if len(f.text) > 0 {
			f.newline()
		} else {
			f.blankLine()
		}
		return
	case atom.Hr:
		f.newline()
		if a.id == "stopspelling" {
			f.tailed = true
		}
		f.ruled = true
		return
	case atom.Img, atom.Input, atom.Meta, atom.Link, atom.Area, atom.Base, atom.Col, atom.Wbr, atom.Source:
		return
	}
	e := element{tag: tag, block: isBlock(tag)}
	f.describe(&e, a)
	if e.block {
		if n := len(f.stack); n > 0 && f.stack[n-1].tag == atom.P {
			f.close(atom.P) // a paragraph ends where a block begins (HTML, "optional tags")
		}
		f.newline()
		if tag == atom.Blockquote && e.hint&indented != 0 {
			e.spaced = true
		}
		if e.spaced && tag != atom.P {
			f.blankLine()
		}
	}
	e.opened = len(f.lines)
	if tag == atom.A && f.depth == 0 && f.hint == 0 && !f.tailed && strings.HasPrefix(strings.ToLower(a.href), "http") && len(a.href) < 2000 {
		e.href, e.from = a.href, len(f.text)
	}
	if e.hint&tail != 0 {
		f.tailed = true
	}
	if e.hint&ruled != 0 {
		f.ruled = true
	}
	e.hint &^= tail | ruled
	if tag == atom.Li {
		f.closeItem()
		f.bullet()
	}
	if tag == atom.Td || tag == atom.Th {
		f.blank = len(f.text) > 0
	}
	if len(f.stack) < maxStack {
		f.stack = append(f.stack, e)
		f.enter(e, 1)
	}
}

func (f *flattener) enter(e element, by int) {
	f.depth += by * e.depth
	if e.pre {
		f.pre += by
	}
	if e.skip {
		f.skip += by
	}
	if by > 0 {
		f.hint |= e.hint
		return
	}
	if e.hint != 0 {
		f.hint = 0
		for _, o := range f.stack {
			f.hint |= o.hint
		}
	}
}

// close ends the nearest open element of the tag; an end tag without one is passed over.
func (f *flattener) close(tag atom.Atom) {
	for i := len(f.stack) - 1; i >= 0 && i >= len(f.stack)-64; i-- {
		if f.stack[i].tag != tag || tag == 0 {
			continue
		}
		for len(f.stack) > i {
			e := f.stack[len(f.stack)-1]
			if e.block {
				f.newline()
			}
			if e.href != "" && e.opened == len(f.lines) && e.from < len(f.text) {
				f.target(e.href, string(f.text[e.from:]))
			}
			f.stack = f.stack[:len(f.stack)-1]
			f.enter(e, -1)
			if e.spaced || e.tag == atom.P && e.opened == len(f.lines) {
				f.blankLine()
			}
		}
		return
	}
	if tag == atom.P {
		f.newline()
	}
}

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.P, atom.Div, atom.Blockquote, atom.Table, atom.Tr, atom.Ul, atom.Ol, atom.Li, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4,
		atom.H5, atom.H6, atom.Center, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dl, atom.Dt, atom.Dd,
		atom.Fieldset, atom.Form, atom.Tbody, atom.Thead, atom.Body, atom.Html, atom.Main, atom.Nav, atom.Figure, atom.Details:
		return true
	}
	return false
}

// target writes where a link leads behind its text, unless the text says so itself.
func (f *flattener) target(href, text string) {
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		s = strings.TrimPrefix(strings.TrimPrefix(s, "http://"), "https://")
		return strings.Trim(strings.TrimPrefix(s, "www."), "/")
	}
	t := bare(text)
	if t == "" || strings.ContainsAny(t, "@") || bare(href) == t || !strings.Contains(t, " ") && strings.Contains(t, ".") {
		return
	}
	f.text = append(append(append(f.text, " <"...), href...), '>')
}

// closeItem ends the list item before, which HTML lets people leave open.
func (f *flattener) closeItem() {
	for i := len(f.stack) - 1; i >= 0 && i >= len(f.stack)-16; i-- {
		switch f.stack[i].tag {
		case atom.Ol, atom.Ul:
			return
		case atom.Li:
			f.close(atom.Li)
			return
		}
	}
}

// inList says that a list is open.
func (f *flattener) inList() bool {
	for i := len(f.stack) - 1; i >= 0 && i >= len(f.stack)-16; i-- {
		if t := f.stack[i].tag; t == atom.Ul || t == atom.Ol {
			return true
		}
	}
	return false
}

// bullet starts a list item.
func (f *flattener) bullet() {
	for i := len(f.stack) - 1; i >= 0 && i >= len(f.stack)-64; i-- {
		switch f.stack[i].tag {
		case atom.Ol:
			f.text = append(f.text, strconv.Itoa(f.stack[i].item)+". "...)
			f.stack[i].item++
			return
		case atom.Ul:
			f.text = append(f.text, "- "...)
			return
		}
	}
}

// words adds text, collapsing blanks unless they are kept.
func (f *flattener) words(s []byte) {
	if f.pre > 0 {
		for i := 0; ; i++ {
			part, rest, more := bytes.Cut(s, []byte{'\n'})
			if i > 0 {
				f.newline()
			}
			f.begin()
			part = bytes.TrimRight(part, "\r")
			if bytes.IndexByte(part, 0) >= 0 || bytes.Contains(part, noBreak) {
				part = bytes.ReplaceAll(bytes.ReplaceAll(part, noBreak, []byte{' '}), []byte{0}, nil)
			}
			f.text = append(f.text, part...)
			if !more {
				return
			}
			s = rest
		}
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			f.blank = true
			i++
		case c == 0:
			i++
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xa0:
			f.blank, f.spacer = true, len(f.text) == 0
			i += 2
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xad, bytes.HasPrefix(s[i:], zeroWidth), bytes.HasPrefix(s[i:], byteOrderMark):
			i += 2
			if c != 0xc2 {
				i++
			}
		default:
			from := i
			for i++; i < len(s) && s[i] > ' ' && s[i] != 0xc2 && s[i] != 0xe2 && s[i] != 0xef; i++ {
			}
			f.begin()
			if f.blank && len(f.text) > 0 {
				f.text = append(f.text, ' ')
			}
			f.blank = false
			f.text = append(f.text, s[from:i]...)
		}
	}
}

var noBreak, zeroWidth, byteOrderMark = []byte("\u00a0"), []byte("\u200b"), []byte("\ufeff")

// begin notes where the first word of a line stands.
func (f *flattener) begin() {
	if len(f.text) == 0 {
		f.first = line{depth: int32(f.depth), hint: f.hint}
	}
}

// newline ends the current line, if anything is written on it.
func (f *flattener) newline() {
	f.blank = false
	s := string(bytes.TrimRight(f.text, " \t"))
	if s == "" {
		if len(f.text) > 0 || f.spacer {
			f.text, f.spacer = f.text[:0], false
			f.blankLine()
		}
		return
	}
	f.spacer = false
	f.text = f.text[:0]
	l := line{text: s, depth: f.first.depth, hint: f.first.hint}
	if strings.HasPrefix(s, ">>>") && groupWise(strings.TrimLeft(s, "> ")) {
		l.hint |= inlined
	}
	if l.depth == 0 && !l.is(inlined) && strings.IndexByte(s[:min(len(s), 6)], '>') >= 0 {
		// Plain text that a program wrapped in HTML keeps its quote marks.
		if depth, rest := quoteMarks(s); depth > 0 && (strings.TrimSpace(rest) != "" || !hasWords(s)) {
			l.depth, l.text, l.raw = int32(depth), rest, s
		}
	}
	f.gmailKind(&l)
	if f.tailed {
		l.hint |= tail
	}
	if f.ruled {
		l.hint |= ruled
		f.ruled = false
	}
	f.lines = append(f.lines, l)
}

// blankLine adds one blank line, unless there is one or nothing is written yet.
func (f *flattener) blankLine() {
	f.newline()
	n := len(f.lines)
	if n == 0 || f.lines[n-1].blank() {
		return
	}
	l := line{depth: int32(f.depth), hint: f.hint}
	if f.tailed {
		l.hint |= tail
	}
	f.lines = append(f.lines, l)
}

// gmailKind looks at the first line of Gmail's container: a forwarded message is quoted whole, but in an answer only the
// blockquote is, because people write below it.
func (f *flattener) gmailKind(l *line) {
	for i := len(f.stack) - 1; i >= 0 && i >= len(f.stack)-8; i-- {
		if e := &f.stack[i]; e.gmail && e.opened == len(f.lines) {
			e.gmail = false
			if isSeparator(squeeze(l.text)) {
				e.hint |= quoted
				f.hint |= quoted
				l.hint |= quoted
			}
			return
		}
	}
}
