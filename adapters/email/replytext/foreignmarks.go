package replytext

import (
	"strings"
	"unicode"
)

// Before ">" was everybody's mark, programs let people choose their own: ": ", "] ", or the writer's name as in "Petra> ". Only below an
// attribution do they say so: elsewhere they begin lists, asides and the prompts of programs.

// markForeign takes lines as quoted that begin with a mark of somebody's own choosing, when the first of them stands below an attribution
// and every line of its paragraph begins with the same.
func (s *splitter) markForeign() {
	mark := ""
	for i := range s.lines {
		l := &s.lines[i]
		if !l.authorLevel() || l.blank() {
			continue
		}
		t := strings.TrimLeft(l.text, " \t")
		if mark == "" {
			m := foreignMark(t)
			if m == "" || !s.attributedAbove(i) || !s.wholeParagraph(i, m) {
				continue
			}
			mark = m
		}
		if strings.HasPrefix(t, mark) {
			l.raw, l.depth, l.text = strings.TrimRight(l.text, " \t"), 1, strings.TrimSpace(t[len(mark):])
		}
	}
}

// foreignMark returns the mark at the front of a line: a sign that is no bullet of a list, or a name with ">", and a blank; or "".
func foreignMark(t string) string {
	for i, r := range t {
		switch {
		case i > 24:
			return ""
		case i == 0 && strings.ContainsRune(":]}|%!", r) && len(t) > 1 && t[1] == ' ':
			return t[:1]
		case i > 0 && r == '>':
			if after := t[i+1:]; after == "" || after[0] == ' ' || after[0] == '>' {
				return t[:i+1]
			}
			return ""
		case !unicode.IsLetter(r) && (r != '.' && r != '-' || i == 0):
			return ""
		}
	}
	return ""
}

// attributedAbove says that the words above line i are an attribution.
func (s *splitter) attributedAbove(i int) bool {
	k := i - 1
	for k >= 0 && k >= i-3 && s.lines[k].blank() {
		k--
	}
	if k < 0 || s.lines[k].blank() || !endsIntroduction(squeeze(s.lines[k].text)) {
		return false
	}
	for from := k; from >= 0 && from >= k-2 && !s.lines[from].blank(); from-- {
		if how, n := s.attributionAt(from); how != none && from+n > k {
			return true
		}
	}
	return false
}

// wholeParagraph says that every line from i to the next blank one begins with mark.
func (s *splitter) wholeParagraph(i int, mark string) bool {
	for ; i < len(s.lines) && !s.lines[i].blank(); i++ {
		if !strings.HasPrefix(strings.TrimLeft(s.lines[i].text, " \t"), mark) {
			return false
		}
	}
	return true
}

// keepFenced gives back what looks quoted inside the author's own fenced code: "```" opens and closes it. A quoted fence has quote marks.
func (s *splitter) keepFenced() {
	open := -1
	for i, l := range s.lines {
		if !l.authorLevel() || !strings.HasPrefix(l.text, "```") {
			continue
		}
		if open < 0 {
			open = i
			continue
		}
		for k := open + 1; k < i && i-open <= maxFence; k++ {
			if in := &s.lines[k]; in.raw != "" && !in.sureQuote() {
				*in = line{text: in.raw}
			}
		}
		open = -1
	}
}

// maxFence is how many lines of code people put between fences; a longer stretch is two fences that were not closed.
const maxFence = 200
