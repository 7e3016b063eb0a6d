package replytext

import "strings"

// run is a stretch of lines with the same owner.
type run struct {
	from, to int
	quoted   bool
	words    bool // it holds more than blank lines
}

func (s *splitter) runs() []run {
	var out []run
	for i := 0; i < len(s.lines); {
		j := i
		words := false
		for j < len(s.lines) && (s.q[j] == s.q[i] || s.lines[j].blank() && s.lines[j].depth == 0 && !s.lines[j].sureQuote()) {
			words = words || !s.lines[j].blank()
			j++
		}
		out = append(out, run{i, j, s.q[i], words})
		i = j
	}
	return out
}

// assemble builds the reply from the marked lines.
func (s *splitter) assemble(who author) Reply {
	var out Reply
	var text, quote, sig []string
	runs := s.runs()
	lastAuthor, lastQuote, firstQuote := -1, -1, -1
	for i, r := range runs {
		switch {
		case !r.words:
		case r.quoted:
			if firstQuote < 0 {
				firstQuote = i
			}
			lastQuote = i
		default:
			lastAuthor = i
		}
	}
	bodies := make([][]string, len(runs))
	for i := len(runs) - 1; i >= 0; i-- {
		if r := runs[i]; r.words && !r.quoted {
			last := i == lastAuthor
			body, signed := s.unsign(r, who, last, i == 0)
			if last && prevAuthor(runs, i) >= 0 && isAdvertisement(body) {
				body, signed = nil, append(signed, body...)
			}
			bodies[i] = body
			sig = append(signed, sig...)
			if last && allBlank(body) {
				lastAuthor = prevAuthor(runs, i) // only a footer stood there
			}
		}
	}
	quote = make([]string, 0, len(s.lines))
	between := false
	for i, r := range runs {
		between = between || !r.quoted && i > firstQuote && firstQuote >= 0 && i < lastQuote && !allBlank(bodies[i])
	}
	if lastAuthor < 0 && lastQuote < 0 {
		lastAuthor = 0
	}
	for i, r := range runs {
		switch {
		case !r.words:
		case !r.quoted:
			text = append(append(text, bodies[i]...), "")
		case between && i < lastAuthor && r.from < s.end:
			asked, intro := s.askedLines(r)
			text = append(append(text, asked...), "")
			quote = append(quote, intro...)
		default:
			quote = s.render(quote, r)
		}
	}
	out.Interleaved = between
	out.Text, out.Signature, out.Quoted = joinLines(text), joinLines(sig), joinLines(quote)
	if out.Text == "" && out.Signature != "" && !onlyFurniture(sig) {
		out.Text, out.Signature = out.Signature, ""
	}
	return out
}

func prevAuthor(runs []run, i int) int {
	for i--; i >= 0; i-- {
		if runs[i].words && !runs[i].quoted {
			return i
		}
	}
	return -1
}

// askedLines separates the quoted lines of a run from those that introduce it.
func (s *splitter) askedLines(r run) (asked, intro []string) {
	for i := r.from; i < r.to; i++ {
		l := s.lines[i]
		if len(asked)+len(intro) == 0 && !l.blank() && (l.depth > 0 || l.sureQuote()) {
			if n, how := s.introductionAt(i); how == strong && i+n <= r.to {
				for end := i + n; i < end; i++ {
					intro = append(intro, s.lines[i].render())
				}
				i = s.skipEmpty(i, r.to) - 1
				continue
			}
		}
		if l.depth == 0 && !l.is(quoted|indented) {
			if !l.blank() {
				intro = append(intro, l.text)
			}
			continue
		}
		if l.depth == 0 {
			l.depth = 1
		}
		asked = append(asked, l.render())
	}
	return asked, intro
}

// skipEmpty returns the first line from i on that has words, or to.
func (s *splitter) skipEmpty(i, to int) int {
	for i < to && s.lines[i].blank() {
		i++
	}
	return i
}

func (s *splitter) render(out []string, r run) []string {
	for i := r.from; i < r.to; i++ {
		out = append(out, s.lines[i].render())
	}
	return out
}

// joinLines joins lines, with at most one blank line between two and none at either end.
func joinLines(lines []string) string {
	var b strings.Builder
	size := 0
	for _, l := range lines {
		size += len(l) + 2
	}
	b.Grow(size)
	blank := false
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			blank = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if blank {
				b.WriteByte('\n')
			}
		}
		blank = false
		l = strings.TrimRight(l, " \t")
		if b.Len() == 0 {
			l = strings.TrimLeft(l, " \t\u00a0")
		}
		b.WriteString(l)
	}
	return b.String()
}

func allBlank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}
