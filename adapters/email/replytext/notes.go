package replytext

import "strings"

// Lotus Notes writes header blocks of its own making above what is answered.

// notesBlockAt returns how many lines the header takes that Lotus Notes writes without labels: a name with its organisation, a date, then
// "To" and "Subject" alone on their lines with the values below.
func (s *splitter) notesBlockAt(i int) int {
	lines := s.lines
	if !strings.ContainsAny(lines[i].text, "/@") || len(lines[i].text) > 100 || !s.aloneTo(i) || !s.spend() {
		return 0
	}
	date, to, end := false, false, 0
	seen := 0
	for j := i + 1; j < len(lines) && j <= i+20 && lines[j].depth == lines[i].depth; j++ {
		t := squeeze(lines[j].text)
		if t == "" {
			continue
		}
		seen++
		word := strings.ToLower(strings.TrimSuffix(t, ":"))
		switch {
		case seen <= 3 && !date && len(t) < 40 && isDateTime(t):
			date = true
		case date && !to && labels[word] == toLabel:
			to = true
		case to && labels[word] == subjectLabel:
			end = j + 1
		case seen > 3 && !to:
			return 0
		}
		if end > 0 {
			if end < len(lines) && !lines[end].blank() {
				end++
			}
			return end - i
		}
	}
	return 0
}

// aloneTo says that one of the next lines is the word "To" alone.
func (s *splitter) aloneTo(i int) bool {
	for j := i + 2; j < len(s.lines) && j <= i+8; j++ {
		if t := s.lines[j].text; len(t) < 30 && t != "" && labels[strings.ToLower(strings.Trim(t, ": \t"))] == toLabel {
			return true
		}
	}
	return false
}

// columnBlockAt returns how many lines the header takes that Notes 6 sets in columns: the sender on the left, and on the right "To", "cc"
// and "Subject" alone at the line's end with their values below.
func (s *splitter) columnBlockAt(i int) int {
	if !strings.HasPrefix(s.lines[i].text, "     ") || s.lines[i].depth > 0 || !s.spend() {
		return 0
	}
	to, date := false, false
	for j := i; j < len(s.lines) && j < i+24; j++ {
		t := s.lines[j].text
		if strings.TrimSpace(t) == "" {
			continue
		}
		if !strings.HasPrefix(t, "   ") {
			return 0
		}
		date = date || isDateTime(t)
		word := t[strings.LastIndexAny(t, " \t")+1:]
		if !strings.HasSuffix(t, "  "+word) {
			continue
		}
		switch labels[strings.ToLower(strings.TrimSuffix(word, ":"))] {
		case toLabel:
			to = true
		case subjectLabel:
			if to && date {
				return min(j+2, len(s.lines)) - i
			}
		}
	}
	return 0
}

// datedBlockAt returns how many lines the header takes that Notes writes for a sender of the same organisation: a name, a date with its
// time, then labelled lines from "To:" to "Subject:".
func (s *splitter) datedBlockAt(i int) int {
	lines := s.lines
	if i+3 >= len(lines) || len(lines[i].text) > 60 || len(lines[i+1].text) > 40 || !isDateTime(squeeze(lines[i+1].text)) || !nameLike(squeeze(lines[i].text)) {
		return 0
	}
	to := false
	for j := s.nextWords(i + 2); j < len(lines) && j < i+10 && lines[j].depth == lines[i].depth; j++ {
		if lines[j].blank() {
			continue
		}
		switch l, _ := labelOf(squeeze(lines[j].text)); {
		case l == toLabel:
			to = true
		case l == subjectLabel && to:
			return j + 1 - i
		case l == noLabel || !to:
			return 0
		}
	}
	return 0
}
