package replytext

import (
	"strings"
)

// A quote may begin on the line on which the author's words end: programs and gateways join lines.

// inlineFirst are the words, with a capital, with which an attribution begins in the middle of a line.
var inlineFirst = newFinder(`On |Am |Le |El |Il |Op |Den |Em |Ar |At |W dniu |Dnia |Dne |På |No dia |În |Στις |В |Vào `)

// cutInline cuts line i when a quote begins in it after the author's words.
func (s *splitter) insideAt(text string) int {
	dashes := strings.Contains(text, "---") || strings.Contains(text, "___")
	colons := strings.Count(text, ":")
	if len(text) > 20000 || !dashes && colons == 0 || strings.IndexByte(text, ' ') < 0 || !s.spend() {
		return -1
	}
	if dashes {
		if at := separatorInside(text); at > 0 {
			return at
		}
	}
	if colons > 0 {
		if at := attributionInside(text); at > 0 {
			return at
		}
	}
	if colons >= 4 {
		return headersInside(text)
	}
	return -1
}

// separatorInside returns where "-----Original Message-----" stands behind other words, or -1.
func separatorInside(text string) int {
	for from := 0; from < len(text); {
		i := strings.Index(text[from:], "---")
		if u := strings.Index(text[from:], "___"); i < 0 || u >= 0 && u < i {
			i = u
		}
		if i < 0 {
			return -1
		}
		at := from + i
		rest := text[at:]
		words := strings.TrimLeft(rest, "-_ ")
		end := strings.Index(words[:min(len(words), 60)], "--")
		if under := strings.Index(words[:min(len(words), 60)], "__"); end < 0 || under >= 0 && under < end {
			end = under
		}
		if end > 0 && hasWords(text[:at]) && isSeparator("--- "+strings.TrimSpace(words[:end])+" ---") {
			return at
		}
		from = len(text) - len(words)
		if from <= at {
			from = at + 3
		}
	}
	return -1
}

func hasWords(s string) bool {
	for _, r := range s {
		if isWordRune(r) {
			return true
		}
	}
	return false
}

// attributionInside returns the index in s at which an attribution starts after other words, or -1.
func attributionInside(s string) int {
	if !strings.ContainsAny(s, "0123456789") {
		return -1
	}
	tries := 0
	for i := 1; i < len(s) && tries < 24; i++ {
		if c := s[i-1]; c != ' ' && c != '.' && c != '!' && c != '?' && c != ')' && c < 0x80 || s[i] < 'A' || s[i] > 'Z' && s[i] < 0x80 {
			continue
		}
		if inlineFirst.at(s[i:]) == 0 || !hasWords(s[:i]) {
			continue
		}
		tries++
		if endOfAttribution(s[i:]) > 0 && !introduces(s[:i]) {
			return i
		}
	}
	return -1
}

// separatorInFront says that a line begins with a ruling line and goes on with the header lines that belong below it, as Samsung's programs
// join them in plain text: "-------- Original message --------From: Jo <jo@example.org> Date: …".
func separatorInFront(s string) bool {
	if !strings.HasPrefix(s, "---") {
		return false
	}
	title := strings.TrimLeft(s, "- ")
	end := strings.Index(title[:min(len(title), 60)], "---")
	if end <= 0 || !isSeparator("--- "+strings.TrimSpace(title[:end])+" ---") {
		return false
	}
	l, _ := labelOf(strings.TrimLeft(title[end:], "- "))
	return l == fromLabel
}

// attributionInFront says that a line begins with an attribution and goes on with what is quoted, as Yahoo's programs and Hushmail join
// them: "On 3 March 2025 at 10:00, Jo <jo@example.org> wrote:Are you coming?"
func attributionInFront(s string) bool {
	s = strings.TrimLeft(s, " \t*_")
	if strings.HasSuffix(s, ":") || inlineFirst.at(s) == 0 {
		return false // nothing goes on
	}
	end := endOfAttribution(s)
	return end > 0 && end < len(s) && hasWords(s[end:])
}

// endOfAttribution returns where the attribution ends with which s begins, or 0. A blank follows its colon, or it ends s, or a verb of
// writing stands right before it.
func endOfAttribution(s string) int {
	for end := 0; end < len(s) && end < 420; {
		i := strings.IndexByte(s[end:], ':')
		if i < 0 || end+i > 420 {
			return 0
		}
		end += i + 1
		if end < len(s) && s[end] != ' ' && s[end] != '>' && !verbs[lastWord(s[:end-1])] {
			continue
		}
		e := evidenceIn(s[:end])
		if e.date && (e.mail || e.clock && e.year) && attribution(s[:end]) == strong {
			return end
		}
	}
	return 0
}

// lastWord returns the last word of s in lower case.
func lastWord(s string) string {
	s = s[strings.LastIndexByte(s, ' ')+1:]
	if len(s) > 24 {
		return ""
	}
	return strings.ToLower(s)
}

// introduces says that the words in front of an inner attribution belong to it: "Message from Jo <jo@example.org> On …", or a date.
func introduces(head string) bool {
	e := evidenceIn(head)
	if !e.mail && !(e.day && e.year) {
		return false
	}
	head = strings.TrimRight(head, " ")
	return !endsSentence(head) && len(head) < 80 && (starters[firstWord(head)] || e.mail)
}

// headersInside returns where the labels of a header block stand one after the other behind other words, or -1: From, then a label of
// date, then two more, within reach of each other.
func headersInside(text string) int {
	at, want := -1, noLabel
	seen, last := 0, 0
	for i := 0; i < len(text); i++ {
		if text[i] != ':' && !strings.HasPrefix(text[i:], "：") {
			continue
		}
		start, l := labelBefore(text, i)
		switch {
		case l == fromLabel && hasWords(text[:start]) && (at < 0 || seen < 2):
			at, seen, last, want = start, 1, i, fromLabel
		case at >= 0 && i-last > 600:
			at, seen = -1, 0
		case at >= 0 && l != noLabel && l != otherLabel && l != want:
			seen, last, want = seen+1, i, l
		}
		if seen >= 4 {
			return at
		}
	}
	return -1
}

// labelBefore reads the label that ends at i: up to three words.
func labelBefore(text string, i int) (int, label) {
	head := strings.TrimRight(text[max(0, i-40):i], " *\u00a0")
	off := max(0, i-40)
	end := len(head)
	for range 3 {
		j := strings.LastIndexAny(head[:end], " *.>\u00a0")
		word := strings.ToLower(strings.Trim(head[j+1:], " *\u00a0"))
		if l := labels[word]; l != noLabel && j >= 0 {
			return off + j + 1, l
		}
		if j <= 0 {
			return 0, noLabel
		}
		end = j
	}
	return 0, noLabel
}
