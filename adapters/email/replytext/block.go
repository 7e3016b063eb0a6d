package replytext

import (
	"strings"
	"unicode"
)

// contactStart finds a signature without closing words: the author's name, "/Jo", initials, or a block of contacts under a
// name; or -1.
func contactStart(lines []string, end int, who author) int {
	if end == 0 {
		return -1
	}
	t := signed(lines[end-1])
	start := end - 1
	for start > 0 && strings.TrimSpace(lines[start-1]) != "" && !isRuler(lines[start-1]) {
		start--
	}
	alone := start == end-1
	above := ""
	if end > 1 {
		above = squeeze(lines[end-2])
	}
	before := squeeze(previousWords(lines, end-1))
	stroke, dash := strokeName(t)
	switch {
	case stroke != "" && !(dash && isListItem(before)),
		alone && who.signs(t) && len(t) <= 48,
		!alone && who.signs(t) && (nameLike(t) && !listsNames(above) || isDelimiterLike(above)):
		return end - 1
	case alone && end >= 2 && len(who.words) == 0 && len(t) <= 6 && isInitials(t):
		return end - 1
	case alone && end >= 3 && soundsSigned(t, who) && (endsSentence(before) || isRuler(before) || endsThanks(before)):
		return end - 1
	}
	at := contactBlock(lines, end, who)
	if at >= 0 && at < end && pointsBelow(previousWords(lines, at)) && !who.signs(signed(lines[at])) && !who.heads(signed(lines[at])) {
		return -1 // the contacts of somebody else, which she was asked for
	}
	return at
}

// anyAsks says that one of the lines below a name is part of a sentence, so that they are no signature.
func anyAsks(lines []string) bool {
	contacts := false
	for _, l := range lines {
		t := signed(l)
		contacts = contacts || isContact(t)
		if asksSomething(t, contacts) && furnitureFinder.in(asciiFold(t))&workingNote == 0 {
			return true
		}
	}
	return false
}

// pointing are words with which people announce the contacts of somebody.
var pointing = newSet("details contact contacts number address below following email phone reach ring telephone here solicitor kontakt kontaktdaten nummer coordonnées datos manylion rhif")

// pointsBelow says that a line announces contacts.
func pointsBelow(t string) bool {
	if len(t) > 200 || t == "" {
		return false
	}
	for _, k := range tokens(t, 40) {
		if pointing[k.word] {
			return true
		}
	}
	return false
}

// listsNames says that the line above a name goes on into it or is a name too, so that the last one is no signature.
func listsNames(above string) bool {
	return strings.HasSuffix(above, ":") || strings.HasSuffix(above, ",") || isFirstName(above) || nameLike(above) && len(strings.Fields(above)) > 1 || isListItem(above) || hasLabel(above)
}

// hasLabel says that a line gives a value under a short title: "Carer: Ann Lee".
func hasLabel(t string) bool {
	i := strings.IndexByte(t, ':')
	return i > 0 && i < 30 && i+1 < len(t) && t[i+1] == ' '
}

// soundsSigned says that a paragraph of its own below a sentence is a first name, since people go by other ones than the header gives; or a
// whole name where the header gives none.
func soundsSigned(t string, who author) bool {
	t = strings.TrimRightFunc(t, func(r rune) bool { return unicode.IsSymbol(r) || r == ' ' || r == '\ufe0f' || r == '\u200d' })
	fields := strings.Fields(t)
	if n := len(fields); n > 1 && strings.Trim(fields[n-1], "xX") == "" {
		fields = fields[:n-1]
	}
	if len(fields) == 1 {
		return isFirstName(fields[0]) && !titleWord[strings.ToLower(fields[0])] && !participle(fields[0])
	}
	if !who.unnamed && len(who.words) > 1 && !who.knowsAny(fields) {
		return false // she does not sign with the whole name of somebody else
	}
	if len(fields) > 3 || endsSentence(t) || !nameLike(strings.Join(fields, " ")) {
		return false
	}
	for _, f := range fields {
		if !unicode.IsUpper(firstRuneOf(f)) || answerWord[strings.ToLower(strings.Trim(f, ","))] || titleWord[strings.ToLower(f)] || closingOpener[strings.ToLower(f)] {
			return false
		}
	}
	return true
}

// participle says that a word ends as those do that people report with in one word ("Merged", "Signed"). Names end in "-red" and "-med".
func participle(w string) bool {
	return len(w) > 5 && strings.HasSuffix(w, "ed") && w[len(w)-3] != 'r' && w[len(w)-3] != 'm'
}

// isDelimiterLike says that a line stands between dashes: an aside, below which a name signs.
func isDelimiterLike(t string) bool { return strings.HasPrefix(t, "--") && strings.HasSuffix(t, "--") }

func endsThanks(t string) bool {
	ts := tokens(t, 64)
	if len(ts) == 0 {
		return false
	}
	switch ts[len(ts)-1].word {
	case "thanks", "you", "thx", "cheers", "regards", "wishes", "diolch", "merci", "danke", "gracias", "obrigado", "obrigada", "grazie":
		return true
	}
	return false
}

// contactBlock looks up from the end over short lines for the topmost line that is a name, with contacts below it.
func contactBlock(lines []string, end int, who author) int {
	contacts, found := 0, -1
	for i := end - 1; i >= 0 && i >= end-24; i-- {
		t := signed(lines[i])
		if t == "" || isPicture(t) {
			continue
		}
		words := len(strings.Fields(t))
		contact := isContact(t) && words <= 14 && !strings.HasSuffix(t, "?") && !strings.HasSuffix(t, ".")
		head, _, _ := strings.Cut(strings.Replace(t, ",", "|", 1), "|")
		top := i == 0 || strings.TrimSpace(lines[i-1]) == "" || isRuler(lines[i-1])
		titled := len(head) < len(t) && strings.Contains(t, "|") && len(strings.Fields(head)) >= 2 && nameLike(head) && (hasTitle(t) || isContact(t))
		name := titled || who.signs(t) || who.heads(t) || len(head) < len(t) && who.signs(head) || nameLike(t) && words >= 2 || who.unnamed && isFirstName(t)
		switch {
		case (who.signs(t) && len(t) <= 48 || who.heads(t) && top) && i < end-1:
			if anyAsks(lines[i+1 : end]) {
				return -1
			}
			return i
		case len(head) < len(t) && who.signs(head) && len(nameWords(head)) >= 2 && (contacts > 0 || hasTitle(t)) && (top || i == end-1):
			return i
		case titled && top && !allBlank(lines[:i]):
			return i
		case contact:
			contacts++
		case name && contacts > 0 && top:
			found = i
		case contacts > 0 && furnitureFinder.in(asciiFold(t))&workingNote != 0 && !strings.HasSuffix(t, "?"):
		case len(t) > 80 || endsSentence(t) || words > 9 || isListItem(t):
			return found
		}
	}
	return found
}
