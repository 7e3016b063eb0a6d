// Package wording takes English and Welsh text apart into words, without case and accents, and finds phrases in them in linear time. It is
// pure: what may be looked for, and what is done about it, is its callers' business (flags, hints, directory).
package wording

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is one word of a text: a run of letters and digits, folded. Apostrophes and hyphens part words.
type Word struct {
	Text       string // lower case, without accents
	Start, End int    // bytes of the original
	Sentence   bool   // a sentence or a paragraph begins with it
	Clause     bool   // a comma, colon, dash, parenthesis or the end of a sentence stands before it
}

// foldTable holds the folded form of every letter below U+2000, where all alphabets with accents are; -1 for a mark that goes.
var foldTable = sync.OnceValue(func() *[0x2000]rune {
	var t [0x2000]rune
	for r := range t {
		t[r] = foldSlow(rune(r))
	}
	return &t
})

func foldSlow(r rune) rune {
	switch r {
	case 'ø', 'Ø':
		return 'o'
	case 'ł', 'Ł':
		return 'l'
	case 'đ', 'Đ', 'ð', 'Ð':
		return 'd'
	case 'ı':
		return 'i'
	}
	if unicode.Is(unicode.Mn, r) || invisible(r) {
		return -1
	}
	if base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r))); unicode.IsLetter(base) || unicode.IsDigit(base) {
		return unicode.ToLower(base)
	}
	return unicode.ToLower(r)
}

// invisible says that a reader does not see the character: a soft hyphen or joiner inside a word must not hide the word.
func invisible(r rune) bool {
	return r == 0xad || r >= 0x200b && r <= 0x200f || r >= 0x2060 && r <= 0x2064 || r == 0xfeff || r >= 0x202a && r <= 0x202e || r >= 0xfe00 && r <= 0xfe0f
}

// fold gives the folded form of a character; -1 when it goes.
func fold(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case r < 0x2000:
		return foldTable()[r]
	}
	return foldSlow(r)
}

// appendFold writes the folded form; a few letters of western alphabets become two.
func appendFold(b []byte, r rune) []byte {
	switch r {
	case 'ß', 'ẞ':
		return append(b, "ss"...)
	case 'æ', 'Æ':
		return append(b, "ae"...)
	case 'œ', 'Œ':
		return append(b, "oe"...)
	case 'ﬁ':
		return append(b, "fi"...)
	case 'ﬂ':
		return append(b, "fl"...)
	case 'ﬀ':
		return append(b, "ff"...)
	}
	if f := fold(r); f >= 0 {
		b = utf8.AppendRune(b, f)
	}
	return b
}

// Fold writes a text without case, accents and what cannot be seen; everything else stays.
func Fold(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = appendFold(b, r)
	}
	return string(b)
}

// FoldMap is Fold with the way back: at[i] is the byte of s from which byte i of the folded text comes, and at[len(folded)] is len(s).
func FoldMap(s string) (folded string, at []int32) {
	b := make([]byte, 0, len(s))
	at = make([]int32, 0, len(s)+1)
	for i, r := range s {
		b = appendFold(b, r)
		for len(at) < len(b) {
			at = append(at, int32(i))
		}
	}
	return string(b), append(at, int32(len(s)))
}

func wordRune(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r))
}

// Words takes a text apart.
func Words(text string) []Word {
	out := make([]Word, 0, len(text)/6+4)
	buf := make([]byte, 0, len(text)+8)
	var ends []int // of each word in buf
	sentence, clause := true, true
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			clause = clause || strings.ContainsRune(",:()[]–—", r) || r == '-' && strings.HasPrefix(text[i+n:], " ")
			sentence = sentence || endsSentence(text, i, r, n, out, buf)
			i += n
			continue
		}
		start, from := i, len(buf)
		for i < len(text) {
			if r, n = utf8.DecodeRuneInString(text[i:]); !wordRune(r) && !invisible(r) {
				break
			}
			buf = appendFold(buf, r)
			i += n
		}
		if len(buf) > from {
			out = append(out, Word{Start: start, End: i, Sentence: sentence, Clause: sentence || clause})
			ends = append(ends, len(buf))
			sentence, clause = false, false
		}
	}
	folded, from := string(buf), 0
	for i, end := range ends {
		out[i].Text = folded[from:end]
		from = end
	}
	return out
}

// abbreviations end with a full stop that ends no sentence.
var abbreviations = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "st": true, "prof": true, "approx": true, "eg": true, "ie": true}

// endsSentence judges the character r of n bytes at i, which is part of no word.
func endsSentence(text string, i int, r rune, n int, out []Word, buf []byte) bool {
	switch r {
	case '!', '?', '…', '•', ';':
		return true
	case '.':
		after, _ := utf8.DecodeRuneInString(text[i+n:])
		if i+n < len(text) && !unicode.IsSpace(after) && after != '"' && after != '”' && after != '’' && after != ')' {
			return false
		}
		if k := len(out) - 1; k >= 0 && out[k].End == i {
			return !abbreviations[strings.ToLower(text[out[k].Start:i])]
		}
		return true
	case '\n': // an empty line ends a paragraph
		for j := i + n; j < len(text); j++ {
			switch text[j] {
			case ' ', '\t', '\r':
				continue
			case '\n':
				return true
			}
			break
		}
	}
	return false
}
