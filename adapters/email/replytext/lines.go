package replytext

import (
	"strings"
	"unicode/utf8"
)

// line is one line of body with what is known of it before any words are weighed.
type line struct {
	text  string // without quote marks and the blanks around them
	depth int32  // quote marks in plain text, or quoting blockquotes in HTML
	hint  hint   // what the HTML structure says
	raw   string // a marked line of plain text as it came, quote marks and all
}

// hint is evidence that only the HTML structure holds and flattening would destroy.
type hint uint8

const (
	quoted    hint = 1 << iota // inside an element in which a mail program puts what is answered
	heading                    // the attribution line or header block a mail program wrote
	tail                       // from here to the end is what is answered
	signature                  // inside an element in which a mail program puts the signature
	indented                   // inside a blockquote that does not say who put it there
	ruled                      // directly below a ruling line or a top border
	inlined                    // the rest of a line on which a quote began after words of the author
)

func (l line) blank() bool       { return l.text == "" }
func (l line) is(h hint) bool    { return l.hint&h != 0 }
func (l line) sureQuote() bool   { return l.is(quoted | heading | tail) }
func (l line) authorLevel() bool { return l.depth == 0 && !l.sureQuote() }

// render is the line as it stands in the result, with its quote marks.
func (l line) render() string {
	switch {
	case l.raw != "":
		return l.raw
	case l.depth == 0:
		return l.text
	}
	return strings.Repeat("> ", int(min(l.depth, 40))) + l.text
}

// textLines cuts plain text into lines and counts their quote marks.
func textLines(text string) []line {
	n := 1
	for i, c := range []byte(text) {
		if c == '\n' && (i < 2 || text[i-1] != '\n' || text[i-2] != '\n') {
			n++
		}
	}
	lines := make([]line, 0, n)
	for s := range strings.SplitSeq(text, "\n") {
		depth, rest := quoteMarks(s)
		l := line{text: strings.TrimRight(rest, " \t"), depth: int32(depth)}
		if depth == 0 && l.text == "" {
			if n := len(lines); n < 2 || lines[n-1].text != "" || lines[n-1].depth > 0 || lines[n-2].text != "" || lines[n-2].depth > 0 {
				lines = append(lines, line{})
			}
			continue // two blank lines say no more than three
		}
		if depth == 1 && len(lines) > 0 && closesAddress(lines[len(lines)-1], rest) {
			l = line{text: strings.TrimSpace(s)}
		} else if depth > 0 {
			l.raw = strings.TrimRight(s, " \t")
			if l.text == "" && initialsMark(strings.TrimLeft(s, " \t")) > 0 {
				l = line{text: l.raw} // initials alone mark nothing
			}
			if l.depth == 3 && groupWise(l.text) && (len(lines) == 0 || lines[len(lines)-1].depth == 0) {
				l.depth, l.hint, l.text, l.raw = 0, inlined, l.raw, ""
			}
		}
		lines = append(lines, l)
	}
	markBars(lines)
	return lines
}

// closesAddress says that the ">" at the front of a line closes an address that was wrapped in front of it, as in "<jo@example.org",
// ">:".
func closesAddress(prev line, rest string) bool {
	if prev.depth > 0 || len(rest) > 40 || !strings.HasSuffix(strings.TrimRight(rest, " "), ":") {
		return false
	}
	i := strings.LastIndexByte(prev.text, '<')
	return i >= 0 && strings.Contains(prev.text[i:], "@") && !strings.Contains(prev.text[i:], ">")
}

// markBars takes stretches of two lines or more that begin with a bar, and have no other, as quoted: some programs mark so what is
// answered. A table has more bars.
func markBars(lines []line) {
	barred := func(l line) bool {
		return l.depth == 0 && strings.HasPrefix(l.text, "|") && strings.Count(l.text, "|") == 1
	}
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && barred(lines[j]) {
			j++
		}
		for k := i; k < j && j-i > 1; k++ {
			lines[k].depth, lines[k].raw, lines[k].text = 1, lines[k].text, strings.TrimSpace(lines[k].text[1:])
		}
		i = max(j, i+1)
	}
}

// wideQuote is the ">" of Japanese and Chinese keyboards.
const wideQuote = "＞"

// quoteMarks counts the ">" at the front of a line, with or without blanks between them, and the "JP> " that some
// programs build from the writer's initials.
func quoteMarks(s string) (int, string) {
	depth, i := 0, 0
	for {
		j := skipBlanks(s, i)
		switch {
		case j < len(s) && s[j] == '>':
			i = j + 1
			depth++
			continue
		case j < len(s) && s[j] == wideQuote[0] && strings.HasPrefix(s[j:], wideQuote):
			i = j + len(wideQuote)
			depth++
			continue
		case depth == 0 && j < len(s) && initialsMark(s[j:]) > 0:
			i = j + initialsMark(s[j:])
			depth++
			continue
		}
		break
	}
	if depth == 0 {
		return 0, s
	}
	rest := s[i:]
	if strings.Contains(rest, "\u00a0") {
		rest = strings.ReplaceAll(rest, "\u00a0", " ")
	}
	return depth, strings.TrimPrefix(rest, " ")
}

// skipBlanks returns the first place from i on that holds no blank, tab or no-break space.
func skipBlanks(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == ' ' || s[i] == '\t':
			i++
		case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0xa0:
			i += 2
		default:
			return i
		}
	}
	return i
}

// groupWise says that the rest of a line behind ">>>" is the introduction that GroupWise writes above what is answered, which it does
// not mark: ">>> Jo Price <jo@example.org> 03/03/2025 10:00 >>>".
func groupWise(s string) bool {
	s = squeeze(s)
	if strings.HasSuffix(s, ">>>") {
		return evidenceIn(s).date
	}
	return strings.HasSuffix(s, ":") && attribution(s) == strong
}

// initialsMark returns the length of a quote mark such as "JP>" or 0.
func initialsMark(s string) int {
	for i := 0; i < len(s) && i < 4; i++ {
		switch c := s[i]; {
		case c == '>' && i > 0:
			if i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '>' {
				return i + 1
			}
			return 0
		case c < 'A' || c > 'Z':
			return 0
		}
	}
	return 0
}

// maxWeighed is how much of a line is weighed: what mail programs write themselves is never longer.
const maxWeighed = 2000

// squeeze collapses blanks, among them the no-break ones of every language's typography, and drops invisible marks. A line longer
// than maxWeighed is cut, with an ellipsis so that it matches no pattern up to a line's end.
func squeeze(s string) string {
	if len(s) > maxWeighed {
		s = s[:maxWeighed] + "…"
	}
	if plainLine(s) {
		return s
	}
	var b strings.Builder
	blank := false
	for _, r := range s {
		switch r {
		case ' ', '\t', '\n', '\r', 0xa0, 0x202f, 0x2009, 0x3000:
			blank = b.Len() > 0
			continue
		case 0x200b, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0x00ad, utf8.RuneError:
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plainLine says that squeeze would change nothing.
func plainLine(s string) bool {
	blank := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ' && !blank:
			blank = true
			continue
		case c <= ' ' || c >= 0x80:
			return false
		}
		blank = false
	}
	return !blank || s == ""
}
