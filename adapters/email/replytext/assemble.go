package replytext

import "strings"

// run is a stretch of lines with the same owner.
type run struct {
	from, to int32
	quoted   bool
	words    bool // it holds more than blank lines
	signs    bool // the HTML structure marks a signature in it
}

func (s *splitter) runs() []run {
	n := 1
	for i := 1; i < len(s.q); i++ {
		if s.q[i] != s.q[i-1] {
			n++
		}
	}
	out := make([]run, 0, n)
	for i := 0; i < len(s.lines); {
		r := run{from: int32(i), quoted: s.q[i]}
		j := i
		for j < len(s.lines) && (s.q[j] == r.quoted || s.lines[j].blank() && s.lines[j].depth == 0 && !s.lines[j].sureQuote()) {
			r.words = r.words || !s.lines[j].blank()
			r.signs = r.signs || s.lines[j].is(signature)
			j++
		}
		r.to = int32(j)
		out = append(out, r)
		i = j
	}
	return out
}

// assembly is how the runs of a body are put together.
type assembly struct {
	*splitter
	all                   []run
	who                   author
	firstQuote, lastQuote int
	lastAuthor            int
	unsigned              map[int]unsigned // of the runs that a signature or a banner may stand in
}

// unsigned is a run of the author without her signature.
type unsigned struct{ body, signature []string }

// assemble builds the reply from the marked lines.
func (s *splitter) assemble(who author) Reply {
	a := assembly{splitter: s, all: s.runs(), who: who, firstQuote: -1, lastQuote: -1, lastAuthor: -1, unsigned: map[int]unsigned{}}
	firstAuthor := -1
	for i, r := range a.all {
		switch {
		case !r.words:
		case r.quoted:
			if a.firstQuote < 0 {
				a.firstQuote = i
			}
			a.lastQuote = i
		default:
			if firstAuthor < 0 {
				firstAuthor = i
			}
			a.lastAuthor = i
		}
	}
	a.unsignLast()
	for i, r := range a.all {
		if _, done := a.unsigned[i]; !done && r.words && !r.quoted && (i == firstAuthor || r.signs || int(r.to) >= s.end) && len(a.unsigned) < maxSigned {
			body, signed := s.unsign(r, who, i == a.lastAuthor, i == 0)
			a.unsigned[i] = unsigned{body, signed}
		}
	}
	return a.join()
}

// maxSigned bounds in how many runs of one body a signature is looked for.
const maxSigned = 64

// unsignLast looks for the author's last words from the end: below them only footers and signatures stand.
func (a *assembly) unsignLast() {
	for i := a.lastAuthor; i >= 0 && len(a.unsigned) < maxSigned/2; i = a.lastAuthor {
		body, signed := a.unsign(a.all[i], a.who, true, i == 0)
		above := prevAuthor(a.all, i)
		if above >= 0 && isAdvertisement(body) {
			body, signed = nil, append(signed, body...)
		}
		a.unsigned[i] = unsigned{body, signed}
		if above < 0 || !allBlank(body) {
			return
		}
		a.lastAuthor = above // only a footer stood there
	}
}

// between says that the author wrote between quoted lines.
func (a *assembly) between() bool {
	for i := a.firstQuote + 1; a.firstQuote >= 0 && i < a.lastQuote; i++ {
		if r := a.all[i]; r.words && !r.quoted {
			if u, ok := a.unsigned[i]; !ok || !allBlank(u.body) {
				return true
			}
		}
	}
	return false
}

func (a *assembly) join() Reply {
	var text, quote, sig joiner
	interleaved := a.between()
	own, others := a.sizes()
	text.b.Grow(own)
	quote.b.Grow(others)
	for i, r := range a.all {
		u, ok := a.unsigned[i]
		switch {
		case !r.words:
		case ok:
			text.add(u.body...)
			text.add("")
			sig.add(u.signature...)
		case !r.quoted:
			a.render(&text, r)
			text.add("")
		case interleaved && i < a.lastAuthor && int(r.from) < a.end:
			a.asked(&text, &quote, r)
			text.add("")
		default:
			a.render(&quote, r)
		}
	}
	out := Reply{Interleaved: interleaved, Text: text.String(), Signature: sig.String(), Quoted: quote.String()}
	if out.Text == "" && out.Signature != "" && !a.onlySigned && !onlyFurniture(strings.Split(out.Signature, "\n")) {
		out.Text, out.Signature = out.Signature, ""
	}
	return out
}

// sizes returns how many bytes the lines of the author and the quoted ones take.
func (a *assembly) sizes() (own, others int) {
	for i, l := range a.lines {
		n := max(len(l.text)+2*int(min(l.depth, 40)), len(l.raw)) + 1
		if a.q[i] {
			others += n
		} else {
			own += n
		}
	}
	return own, others
}

func prevAuthor(runs []run, i int) int {
	for i--; i >= 0; i-- {
		if runs[i].words && !runs[i].quoted {
			return i
		}
	}
	return -1
}

// asked writes the quoted lines of a run that the author answers; those that introduce them stay with what is quoted.
func (a *assembly) asked(text, quote *joiner, r run) {
	seen := false
	for i := int(r.from); i < int(r.to); i++ {
		l := a.lines[i]
		if !seen && !l.blank() && (l.depth > 0 || l.sureQuote()) {
			seen = true
			if n, how := a.introductionAt(i); how == strong && i+n <= int(r.to) {
				for end := i + n; i < end; i++ {
					quote.add(a.lines[i].render())
				}
				for i < int(r.to) && a.lines[i].blank() {
					i++
				}
				i--
				continue
			}
		}
		if l.depth == 0 && !l.is(quoted|indented) {
			if !l.blank() {
				quote.add(l.text)
				seen = true
			}
			continue
		}
		if l.depth == 0 {
			l.depth = 1
		}
		if l.blank() && l.raw == "" && !a.wordsBelow(i+1, int(r.to)) {
			continue // an empty paragraph at the end of a blockquote
		}
		text.add(l.render())
	}
}

// wordsBelow says that a quoted line with words follows before to, past few empty ones.
func (s *splitter) wordsBelow(i, to int) bool {
	for ; i < to && s.lines[i].blank(); i++ {
		if s.lines[i].depth == 0 {
			return false
		}
	}
	return i < to
}

func (s *splitter) render(to *joiner, r run) {
	for i := r.from; i < r.to; i++ {
		to.add(s.lines[i].render())
	}
}

// joiner joins lines, with at most one blank line between two and none at either end.
type joiner struct {
	b     strings.Builder
	blank bool
}

func (j *joiner) add(lines ...string) {
	for _, l := range lines {
		l = strings.TrimRight(l, " \t")
		if strings.TrimSpace(l) == "" {
			j.blank = true
			continue
		}
		if j.b.Len() > 0 {
			j.b.WriteByte('\n')
			if j.blank {
				j.b.WriteByte('\n')
			}
		} else {
			l = strings.TrimLeft(l, " \t\u00a0")
		}
		j.blank = false
		j.b.WriteString(l)
	}
}

func (j *joiner) String() string { return j.b.String() }

func allBlank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}
