// Package replytext separates what the author of a message wrote from what she quoted and from her signature. The HTML
// structure is read before the text is flattened, since it is the better evidence; where nothing is sure, words stay with
// the author. It is pure, and linear in the size of the body.
//
// What belongs where:
//
//   - Text is what she wrote new, greeting and postscript included. Sentences of thanks and good wishes are hers; so are closing words of
//     thanks that no name follows ("Thanks!").
//   - Signature is a block below "-- " or in an element that marks it, and without such marks: closing words with the name and office
//     below, her name or initials alone below a sentence, "/Jo", a name with contacts. What stands below a signature and is neither
//     (a postscript, a question) keeps all of it in Text. Disclaimers, protective markings, warning banners, what mobile programs say
//     of themselves and list footers are counted as signature.
//   - Quoted is what she answers, with the lines that introduce it, and what she forwards, whole: a forward without words has no Text.
//   - When she answers between quoted lines, Text holds the quoted lines down to her last answer, each as it stood; the lines that
//     introduce the first are in Quoted.
//
// The evidence, in the order in which it is weighed: elements that mail programs name or style (marks.go), quote marks (lines.go), header
// blocks and ruling lines (headers.go, separators.go, notes.go), attributions (attribution.go, dates.go), the same inside a line
// (inline.go); then, among the author's lines, banners and furniture (furniture.go), closings (closing.go), names and contacts
// (names.go, block.go, contacts.go).
package replytext

import (
	"strings"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
)

// Reply is a body taken apart. Text, Signature and Quoted together hold every word of it.
type Reply struct {
	Text      string // the author's new words, without signature
	Signature string // her signature, closing words, disclaimers and warning banners
	Quoted    string // what she answered or forwarded, with the lines that introduce it
	// Interleaved says that she answered between quoted lines: Text then holds those lines too, marked with "> ".
	Interleaved bool
	FromHTML    bool // the HTML body was used
}

// Split takes the body of m apart.
func Split(m *mailparse.Message) Reply {
	who := author{}
	if len(m.From) > 0 {
		who = newAuthor(m.From[0].Name, m.From[0].Addr)
	}
	for _, to := range [][]mailparse.Address{m.To, m.Cc} {
		for _, a := range to {
			if w := nameWords(a.Name); len(w) > 0 && len(who.readers) < 50 {
				who.readers = append(who.readers, w[0])
			}
		}
	}
	lines, fromHTML := bodyLines(m)
	r := split(lines, who, looksLikeReply(m))
	r.FromHTML = fromHTML
	return r
}

// looksLikeReply says that the header calls the message an answer.
func looksLikeReply(m *mailparse.Message) bool {
	return len(m.InReplyTo) > 0 || len(m.References) > 0 || len(m.Header.Fields) == 0 || isReplySubject(m.Subject)
}

func isReplySubject(s string) bool {
	prefix, _, ok := strings.Cut(s, ":")
	if !ok || len(prefix) > 8 {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(prefix)) {
	case "re", "aw", "sv", "vs", "antw", "odp", "ynt", "res", "rv", "atb", "ateb", "r", "回复", "答复", "回覆", "返信", "rif", "bls", "על":
		return true
	}
	return false
}

// bodyLines chooses the form of the body with the better evidence: HTML when there is no whole plain text, or when the HTML
// structure shows what was quoted.
func bodyLines(m *mailparse.Message) ([]line, bool) {
	plain := strings.TrimSpace(m.Text) != ""
	if strings.TrimSpace(m.HTML) == "" {
		return textLines(m.Text), false
	}
	lines := htmlLines(m.HTML)
	words := 0
	structure := false
	for _, l := range lines {
		words += len(l.text)
		structure = structure || l.is(quoted|heading|tail)
	}
	switch {
	case !plain || m.TextPartial || len(m.Text)*3 < words || onlyNotice(m.Text, lines):
		return lines, true
	case structure && words*2 >= len(m.Text)/2:
		return lines, true
	}
	return textLines(m.Text), false
}

// onlyNotice says that a plain text is short, speaks of HTML and says nothing that the page says: it asks for another program.
func onlyNotice(text string, page []line) bool {
	t := squeeze(text)
	if len(t) > 400 || !strings.Contains(strings.ToLower(t), "html") {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	first = squeeze(first)
	words := false
	for _, l := range page {
		words = words || !l.blank()
		if strings.Contains(l.text, first) || !l.blank() && strings.Contains(t, squeeze(l.text)) {
			return false
		}
	}
	return words
}

// splitter works on the lines of one body. q[i] says that line i is not the author's.
type splitter struct {
	lines []line
	q     []bool
	reply bool
	end   int // from here on everything is quoted
	// onlySigned says that the author's words are nothing but a signature that the HTML structure marks.
	onlySigned bool
	left       int // dear looks at lines that are left
}

// maxDear bounds how many lines of one body are weighed with care. No message holds as many introductions that introduce nothing; in a
// hostile one the rest stays with the author.
const maxDear = 400

// spend takes one dear look, if any is left.
func (s *splitter) spend() bool {
	s.left--
	return s.left >= 0
}

func split(lines []line, who author, isReply bool) Reply {
	s := &splitter{lines: lines, reply: isReply, left: maxDear}
	s.cutInline()
	s.q, s.end = make([]bool, len(s.lines)), len(s.lines)
	s.left = maxDear
	s.keepFenced()
	s.markForeign()
	s.markQuoted()
	s.markIntroductions()
	s.markSpill()
	return s.assemble(who)
}

// cutInline cuts each line in which a quote begins after the author's words.
func (s *splitter) cutInline() {
	var out []line
	for i, l := range s.lines {
		at := -1
		if l.authorLevel() && len(l.text) > 20 && !l.is(inlined) {
			if at = s.insideAt(l.text); separatorInFront(l.text) || at < 0 && i > 0 && attributionInFront(l.text) {
				at = 0 // the quote goes on behind its attribution
			}
		}
		if at == 0 {
			s.lines[i].hint |= inlined
			l = s.lines[i]
		}
		if at > 0 {
			if out == nil {
				out = append(make([]line, 0, len(s.lines)+4), s.lines[:i]...)
			}
			head, rest := l, l
			head.text = strings.TrimRight(l.text[:at], " \t")
			rest.text = l.text[at:]
			rest.hint |= inlined
			out = append(out, head, rest)
		} else if out != nil {
			out = append(out, l)
		}
	}
	if out != nil {
		s.lines = out
	}
}

// markQuoted marks what quote marks or structure say is quoted.
func (s *splitter) markQuoted() {
	for i, l := range s.lines {
		if l.depth > 0 || l.sureQuote() {
			s.q[i] = true
		}
	}
	s.keepOwnMarks()
	s.markBelowHead()
}

// markBelowHead marks what stands below an element that is marked as quoted and holds header lines alone: some programs put what they
// belong to into an element of its own, without a mark.
func (s *splitter) markBelowHead() {
	for i := 0; i < len(s.lines); i++ {
		if !s.lines[i].sureQuote() || i > 0 && s.lines[i-1].sureQuote() || s.lines[i].blank() {
			continue
		}
		end := i
		for end < len(s.lines) && (s.lines[end].sureQuote() || s.lines[end].blank()) {
			end++
		}
		b := s.headerBlockAt(i)
		if next := s.nextWords(i + b.lines); b.sure && next >= end && s.lines[i].depth == 0 {
			s.end = i
			s.mark(i, len(s.lines))
			return
		}
	}
}

// keepOwnMarks gives back lines with ">" that the author wrote herself: a message that answers nothing, and a line or two
// that nothing introduces.
func (s *splitter) keepOwnMarks() {
	if s.reply {
		return
	}
	for i := 0; i < len(s.lines); {
		if s.lines[i].depth == 0 || s.lines[i].sureQuote() {
			i++
			continue
		}
		j := i
		for j < len(s.lines) && s.lines[j].depth > 0 {
			j++
		}
		if j-i <= 3 && !s.introduced(i) {
			for k := i; k < j; k++ {
				s.q[k] = false
			}
		}
		i = j
	}
}

// introduced says that the lines above i introduce a quote.
func (s *splitter) introduced(i int) bool {
	for k := i - 1; k >= 0 && k >= i-6; k-- {
		if s.lines[k].blank() {
			continue
		}
		if a, n := s.attributionAt(k); a != none && k+n >= i-1 {
			return true
		}
		if isSeparator(squeeze(s.lines[k].text)) {
			return true
		}
	}
	return false
}

// nextWords returns the next line from i on that is not blank, or len(lines).
func (s *splitter) nextWords(i int) int {
	for i < len(s.lines) && s.lines[i].blank() {
		i++
	}
	return i
}

// markIntroductions finds the lines that introduce a quote. Where marks or structure show the quote itself, only the
// introduction is marked; otherwise everything below is quoted.
func (s *splitter) markIntroductions() {
	for i := 0; i < len(s.lines); {
		if s.q[i] || s.lines[i].blank() {
			i++
			continue
		}
		n, how := s.introductionAt(i)
		if n == 0 {
			i++
			continue
		}
		next := s.nextWords(i + n)
		marked := next < len(s.lines) && s.q[next]
		switch {
		case marked:
			s.mark(i, next)
			i = next
		case s.snipped(next):
			s.mark(i, i+n)
			i = next
		case next < len(s.lines) && s.lines[next].is(indented) && (how == strong || dated(s.lines[i].text)):
			end := next
			for end < len(s.lines) && (s.lines[end].is(indented) || s.lines[end].blank()) {
				end++
			}
			s.mark(i, end)
			i = end
		case how == strong:
			s.end = i
			s.mark(i, len(s.lines))
			return
		default:
			i += n
		}
	}
}

// snipped says that the author cut the front of the quote and says so: "[...]" stands above the first quoted line.
func (s *splitter) snipped(i int) bool {
	if i >= len(s.lines) || len(s.lines[i].text) > 40 {
		return false
	}
	t := squeeze(s.lines[i].text)
	if !strings.HasPrefix(t, "[") && !strings.HasPrefix(t, "...") && !strings.HasPrefix(t, "…") && !strings.HasPrefix(t, "<") && !strings.HasPrefix(t, "(") {
		return false
	}
	next := s.nextWords(i + 1)
	return next < len(s.lines) && s.q[next]
}

// dated says that a line holds a date or an address.
func dated(t string) bool {
	e := evidenceIn(t)
	return e.date || e.mail
}

func (s *splitter) mark(from, to int) {
	for k := from; k < to; k++ {
		s.q[k] = true
	}
}

// introductionAt returns how many lines from i on introduce a quote, and how sure that is by itself.
func (s *splitter) introductionAt(i int) (int, strength) {
	text := squeeze(s.lines[i].text)
	if s.lines[i].is(inlined) {
		return 1, strong
	}
	if isSeparator(text) {
		n := 1
		if j := s.nextWords(i + 1); j < len(s.lines) && j <= i+3 {
			if b := s.headerBlockAt(j); b.lines > 0 {
				n = j + b.lines - i
			} else if a, k := s.attributionAt(j); a != none {
				n = j + k - i
			}
		}
		return n, strong
	}
	if j := s.nextWords(i + 1); j < len(s.lines) && j <= i+2 && !s.q[j] && strings.ContainsAny(s.lines[j].text, ":：") && (isTitle(text) || isBareTitle(text)) {
		if b := s.headerBlockAt(j); b.sure {
			return j + b.lines - i, strong
		}
	}
	if isUnderscores(text) {
		if j := s.nextWords(i + 1); j < len(s.lines) && j <= i+3 && !s.q[j] {
			if b := s.headerBlockAt(j); b.lines > 0 {
				return j + b.lines - i, strong
			}
			if a, k := s.attributionAt(j); a == strong || a == weak && s.quotedAt(s.nextWords(j+k)) {
				return j + k - i, strong
			}
			if s.signedAndDated(j) {
				return j + 2 - i, weak
			}
		}
		return 0, none
	}
	if b := s.headerBlockAt(i); b.lines > 0 {
		if b.sure {
			return b.lines, strong
		}
		return b.lines, weak
	}
	if n := max(s.notesBlockAt(i), s.columnBlockAt(i), s.datedBlockAt(i), s.foreignBlockAt(i)); n > 0 {
		return n, strong
	}
	a, n := s.attributionAt(i)
	if a == none && s.signedAndDated(i) {
		return 2, weak
	}
	return n, a
}

// quotedAt says that line i is there and quoted.
func (s *splitter) quotedAt(i int) bool { return i < len(s.lines) && s.q[i] }

// signedAndDated says that line i is a name with its address and the next one a date with its time: an introduction without a verb.
func (s *splitter) signedAndDated(i int) bool {
	if i+1 >= len(s.lines) || len(s.lines[i].text) > 120 || len(s.lines[i+1].text) > 60 || !strings.Contains(s.lines[i].text, "@") {
		return false
	}
	return addressed(squeeze(s.lines[i].text)) && isDateTime(squeeze(s.lines[i+1].text))
}

// markSpill marks the short rest of a quoted line that was wrapped without its quote mark.
func (s *splitter) markSpill() {
	for i := 1; i+1 < len(s.lines) && i < s.end; i++ {
		l, prev, next := s.lines[i], s.lines[i-1], s.lines[i+1]
		if s.q[i] || l.blank() || prev.depth == 0 || next.depth != prev.depth || prev.blank() {
			continue
		}
		if n := utf8.RuneCountInString(prev.text) + int(prev.depth)*2; n >= 68 && utf8.RuneCountInString(l.text) <= 25 && !endsSentence(prev.text) {
			s.q[i] = true
		}
	}
}

func endsSentence(t string) bool {
	return strings.HasSuffix(t, ".") || strings.HasSuffix(t, "?") || strings.HasSuffix(t, "!") || strings.HasSuffix(t, ":")
}
