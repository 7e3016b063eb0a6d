package hints

import (
	"strings"
	"unicode"

	"kinbridge/gateway/wording"
)

// The words by which a sender asks that her message be read together, by language. They stand in the subject or the first line.
var askedWords = []string{"to be read together", "please read together", "read together", "i'w ddarllen gyda'n gilydd", "i'w ddarllen gyda'i gilydd", "darllen gyda'n gilydd", "darllenwch gyda'ch gilydd"}

// Example is how our mails tell a sender to ask for it.
func Example(lang string) string {
	if lang == wording.Welsh {
		return "DARLLEN GYDA'N GILYDD"
	}
	return "READ TOGETHER"
}

// Asked reports whether a sender asks that her message be read together with somebody: in the subject, after "Re:" and the like or in brackets, or in
// the first line that has letters in it. There the words stand alone or before a mark of punctuation, so that "Read together with the report, this
// shows …" asks nothing. It is pure and takes time linear in the text.
func Asked(subject, body string) bool {
	return asks(afterPrefixes(plain(firstLine(subject)))) || asks(plain(firstLine(body))) || bracketed(plain(firstLine(subject)))
}

const maxLine = 300 // bytes of a line that are looked at

func firstLine(s string) string {
	for len(s) > 0 {
		line, rest, _ := strings.Cut(s, "\n")
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "")
		}
		if strings.IndexFunc(line, unicode.IsLetter) >= 0 {
			return line
		}
		s = rest
	}
	return ""
}

// plain is a line in small letters, with one sort of apostrophe and single spaces.
func plain(line string) string {
	line = strings.Map(func(r rune) rune {
		switch r {
		case '’', '‘', '`', '´', 'ʼ':
			return '\''
		case '\u00a0', '\u200b', '\ufeff':
			return ' '
		}
		return unicode.ToLower(r)
	}, line)
	return strings.Join(strings.Fields(line), " ")
}

// afterPrefixes takes "re:", "fwd: " and their like from the front: up to four letters and a colon.
func afterPrefixes(s string) string {
	for range 10 {
		word, rest, ok := strings.Cut(s, ":")
		if !ok || len(word) > 5 || strings.ContainsAny(word, " '") {
			return s
		}
		s = strings.TrimSpace(rest)
	}
	return s
}

// asks reports whether a line begins with the words, and they end there.
func asks(line string) bool {
	line = strings.TrimLeftFunc(line, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
	for _, w := range askedWords {
		if rest, ok := strings.CutPrefix(line, w); ok && ends(rest) {
			return true
		}
	}
	return false
}

// ends: nothing follows, or punctuation does.
func ends(rest string) bool {
	for _, r := range strings.TrimLeft(rest, " ") {
		return unicode.IsPunct(r) || unicode.IsSymbol(r)
	}
	return true
}

// bracketed finds the words in brackets anywhere.
func bracketed(line string) bool {
	for {
		i := strings.IndexAny(line, "[(")
		if i < 0 {
			return false
		}
		line = line[i+1:]
		if inside, _, ok := strings.Cut(line, "]"); ok && asks(inside) {
			return true
		}
		if inside, _, ok := strings.Cut(line, ")"); ok && asks(inside) {
			return true
		}
	}
}
