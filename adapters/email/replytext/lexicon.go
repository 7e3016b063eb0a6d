package replytext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word of a line: lower case, with the place where it stands.
type token struct {
	word     string
	from, to int // bytes in the line
}

// isWordRune says that a rune belongs into a word. An apostrophe does ("Mae'r"), a hyphen and a stop do not.
func isWordRune(r rune) bool {
	return r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '\'') ||
		r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '’')
}

// tokens cuts a line into its words, at most limit of them.
func tokens(s string, limit int) []token {
	lower := strings.ToLower(s)
	if len(lower) != len(s) {
		s = lower // a letter changed its length; the places are then those of the lowered line, which callers only compare
	}
	out := make([]token, 0, 12)
	from := -1
	for i, r := range lower {
		switch word := isWordRune(r); {
		case word && from < 0:
			from = i
		case !word && from >= 0:
			out = append(out, token{strings.Trim(lower[from:i], "'’"), from, i})
			from = -1
			if len(out) == limit {
				return out
			}
		}
	}
	if from >= 0 {
		out = append(out, token{strings.Trim(lower[from:], "'’"), from, len(lower)})
	}
	return out
}

// set is a set of words or phrases.
type set map[string]bool

// newSet reads words set apart by blanks.
func newSet(words string) set {
	s := set{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}

// phrases reads phrases set apart by bars, as their words joined by single blanks, and tells how many words the longest has.
func phrases(list string) (set, int) {
	s, longest := set{}, 0
	for _, p := range strings.Split(list, "|") {
		words := make([]string, 0, 8)
		for _, t := range tokens(p, 20) {
			words = append(words, t.word)
		}
		s[strings.Join(words, " ")] = true
		longest = max(longest, len(words))
	}
	return s, longest
}

// contains says that s holds one of the terms.
func contains(s string, terms []string) bool {
	for _, t := range terms {
		if strings.Contains(s, t) {
			return true
		}
	}
	return false
}

// groups counts of how many groups of terms s holds at least one.
func groups(s string, all [][]string) int {
	n := 0
	for _, g := range all {
		if contains(s, g) {
			n++
		}
	}
	return n
}

// terms reads terms set apart by bars.
func terms(list string) []string { return strings.Split(list, "|") }

// startsWith says that s begins with one of the terms.
func startsWith(s string, terms []string) bool {
	for _, t := range terms {
		if strings.HasPrefix(s, t) {
			return true
		}
	}
	return false
}

// asciiFold lowers a line and writes the typographic apostrophe as the plain one, so that one spelling is enough in the lists.
func asciiFold(s string) string {
	s = strings.ToLower(s)
	if strings.Contains(s, "’") {
		s = strings.ReplaceAll(s, "’", "'")
	}
	return s
}
