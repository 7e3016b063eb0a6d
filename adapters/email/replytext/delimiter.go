package replytext

import "strings"

// What people draw above a signature: the "-- " of RFC 3676, near forms of it, ruling lines.

// isDelimiter says that a line is "--" or a near form of it.
func isDelimiter(l string) bool {
	if len(l) > 20 {
		return false
	}
	switch strings.TrimSpace(l) {
	case "--", "—", "––", "__", "-- -", "–", "- -":
		return true
	}
	return false
}

// explicitDelimiter finds the "-- " line that ends the words of the author (RFC 3676 section 4.3), or a near form of it with
// few lines below.
func explicitDelimiter(lines []string, end int) int {
	for i := max(0, end-4*maxFooter); i < end; i++ {
		l := lines[i]
		if !isDelimiter(l) {
			continue
		}
		most := 12
		if l == "-- " || l == "--" {
			most = 30
		}
		if allBlank(lines[:i]) && proseBelow(lines[i+1:end]) {
			continue // a stroke above her words
		}
		if atMost(lines[i+1:end], most) && (l == "-- " || !speaks(lines[i+1:end])) {
			return i
		}
	}
	return -1
}

// proseBelow says that the first words are a sentence.
func proseBelow(lines []string) bool {
	i := firstWords(lines)
	if i == len(lines) {
		return false
	}
	t := squeeze(lines[i])
	return saysSomething(lines[i:i+1]) && !isContact(t) && !isMobile(t) && !isLegal(t, paragraph(lines, i)) && !listFooter(t) && !strings.ContainsAny(t[:1], "\"“”«»'*")
}

// speaks says that what stands below a dash is somebody's sentence to the reader and no signature: prose of the first or second person
// in one paragraph, with no name and no contacts.
func speaks(lines []string) bool {
	n := 0
	for i, l := range lines {
		t := squeeze(l)
		if t == "" {
			continue
		}
		n++
		if i > 0 && strings.TrimSpace(lines[i-1]) == "" && n > 1 || isContact(t) || nameLike(t) || isLegal(t, t) {
			return false
		}
	}
	if n == 0 {
		return false
	}
	top := squeeze(lines[min(len(lines)-1, firstWords(lines))])
	if startsLower(top) && len(strings.Fields(top)) > 2 && asksSomething(top, false) && !isMobile(top) {
		return true
	}
	first := paragraph(lines, min(len(lines)-1, firstWords(lines)))
	return len(first) > 60 && (strings.Contains(first, "? ") || strings.Contains(first, ". ") || strings.HasSuffix(first, "?")) && !strings.ContainsAny(first, "\"“”«»") &&
		(strings.Contains(" "+asciiFold(first)+" ", " you ") || hasFirstPerson(first) && furnitureFinder.in(asciiFold(first))&workingNote == 0)
}

// framedStart finds a signature below a ruling line, or between two as people in Japan draw it; or -1. The author's name is in it, or a
// name with contacts.
func framedStart(lines []string, end int, who author) int {
	bottom := end
	if end > 0 && isRuler(lines[end-1]) {
		bottom--
	}
	named, contacts := false, false
	for i := bottom - 1; i >= 0 && i >= bottom-13; i-- {
		if isRuler(lines[i]) {
			if (named || contacts && nameLike(signed(lines[i+1]))) && signatureBelow(lines[i+1:bottom], who) {
				return i
			}
			return -1
		}
		t := signed(lines[i])
		named, contacts = named || who.signs(t) || who.heads(t), contacts || isContact(t)
	}
	return -1
}

// nameAbove returns the line of the author's name alone, in a paragraph of its own, that ends above a signature and its ruling line; or -1.
func nameAbove(lines []string, at int, who author) int {
	for at > 0 && isRuler(lines[at-1]) {
		at--
	}
	at = trimEnd(lines, at)
	if at < 2 || strings.TrimSpace(lines[at-2]) != "" || allBlank(lines[:at-1]) {
		return -1
	}
	if t := signed(lines[at-1]); len(t) > 48 || !who.signs(t) {
		return -1
	}
	return at - 1
}
