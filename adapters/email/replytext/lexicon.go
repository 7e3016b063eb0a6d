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

// finder finds many terms in one pass over a line. Each term belongs to topics, which are bits.
type finder struct {
	first [1 << 16 / 64]uint64 // whether some term begins with these two bytes
	terms map[uint16][]term
}

type term struct {
	text  string
	topic uint64
}

// newFinder builds a finder from lists of terms set apart by bars; the bit of the first list is 1, of the second 2 and so on.
func newFinder(lists ...string) *finder {
	f := &finder{terms: map[uint16][]term{}}
	for i, list := range lists {
		for _, t := range strings.Split(list, "|") {
			k := uint16(t[0])<<8 | uint16(t[1])
			f.first[k/64] |= 1 << (k % 64)
			f.terms[k] = append(f.terms[k], term{t, 1 << i})
		}
	}
	return f
}

// in returns the topics of all terms that stand in s.
func (f *finder) in(s string) uint64 {
	var found uint64
	for i := 0; i+1 < len(s); i++ {
		if k := uint16(s[i])<<8 | uint16(s[i+1]); f.first[k/64]&(1<<(k%64)) != 0 {
			found |= f.from(k, s[i:])
		}
	}
	return found
}

// at returns the topics of all terms with which s begins.
func (f *finder) at(s string) uint64 {
	if len(s) < 2 {
		return 0
	}
	k := uint16(s[0])<<8 | uint16(s[1])
	if f.first[k/64]&(1<<(k%64)) == 0 {
		return 0
	}
	return f.from(k, s)
}

func (f *finder) from(k uint16, s string) uint64 {
	var found uint64
	for _, t := range f.terms[k] {
		if found&t.topic == 0 && strings.HasPrefix(s, t.text) {
			found |= t.topic
		}
	}
	return found
}

// asciiFold lowers a line and writes the typographic apostrophe as the plain one, so that one spelling is enough in the lists.
func asciiFold(s string) string {
	s = strings.ToLower(s)
	if strings.Contains(s, "’") {
		s = strings.ReplaceAll(s, "’", "'")
	}
	return s
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// firstWord returns the first word of s in lower case, or "".
func firstWord(s string) string {
	from := -1
	for i, r := range s {
		switch word := isWordRune(r); {
		case word && from < 0:
			from = i
		case !word && from >= 0:
			return strings.Trim(strings.ToLower(s[from:i]), "'’")
		}
	}
	if from < 0 {
		return ""
	}
	return strings.Trim(strings.ToLower(s[from:]), "'’")
}
