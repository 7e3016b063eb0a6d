package mailkind

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is one word of a text, folded: lower case, without accents. Of scripts that do not part words each character is a token.
type token struct {
	text       string
	start, end int  // bytes of the original
	sentence   bool // a sentence or a paragraph begins here
}

// foldTable holds the folded form of the letters below U+2000, in which all alphabets with accents are.
var foldTable = sync.OnceValue(func() *[0x2000]rune {
	var t [0x2000]rune
	for r := rune(0); r < 0x2000; r++ {
		t[r] = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Hangul, r):
			continue
		case unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Thai, r):
			t[r] = -1
			continue
		}
		if base, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r))); unicode.IsLetter(base) {
			t[r] = unicode.ToLower(base)
		}
		switch t[r] {
		case 'ı':
			t[r] = 'i'
		case 'ς':
			t[r] = 'σ'
		case 'ø':
			t[r] = 'o'
		case 'ł':
			t[r] = 'l'
		case 'đ':
			t[r] = 'd'
		case 'ё':
			t[r] = 'е'
		}
	}
	return &t
})

// fold returns the folded form of a letter; -1 for a mark that goes.
func fold(r rune) rune {
	switch {
	case r < 0x80:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case r < 0x2000:
		return foldTable()[r]
	case r >= 0xff01 && r <= 0xff5e:
		return fold(r - 0xfee0) // full-width forms
	}
	return unicode.ToLower(r)
}

// single says that a character of this script is a token by itself, because words are not parted, or not reliably.
func single(r rune) bool {
	return r >= 0x0e00 && r <= 0x0eff || r >= 0x1100 && r <= 0x11ff || r >= 0x3040 && r <= 0x30ff || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7af ||
		r >= 0xf900 && r <= 0xfaff
}

// tokens takes a text apart. Apostrophes and hyphens part words; "e-mail" is one word all the same.
func tokens(text string) []token {
	if isASCII(text) {
		return asciiTokens(text)
	}
	out := make([]token, 0, len(text)/6+4)
	var folded strings.Builder
	folded.Grow(len(text) + 8)
	sentence := true
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			sentence = sentence || endsSentence(text, i, r, n)
			i += n
			continue
		}
		start, from := i, folded.Len()
		if single(r) {
			folded.WriteRune(fold(r))
			i += n
		} else {
			for i < len(text) {
				if r, n = utf8.DecodeRuneInString(text[i:]); !wordRune(r) || single(r) {
					break
				}
				if f := fold(r); f >= 0 {
					folded.WriteRune(f)
				}
				i += n
			}
		}
		t := token{text: folded.String()[from:], start: start, end: i, sentence: sentence}
		if k := len(out) - 1; k >= 0 && (t.text == "mail" || t.text == "mails") && out[k].text == "e" && start == out[k].end+1 && text[start-1] != ' ' {
			folded.WriteString("e" + t.text)
			out[k] = token{text: folded.String()[folded.Len()-len(t.text)-1:], start: out[k].start, end: i, sentence: out[k].sentence}
		} else if t.text != "" {
			out = append(out, t)
		}
		sentence = false
	}
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// asciiTokens is tokens for most mail: folding keeps every byte in its place.
func asciiTokens(text string) []token {
	lower := strings.ToLower(text)
	out := make([]token, 0, len(text)/5+2)
	sentence := true
	for i := 0; i < len(lower); {
		if !asciiWord[lower[i]] {
			sentence = sentence || asciiEnds[lower[i]] && endsSentence(text, i, rune(lower[i]), 1)
			i++
			continue
		}
		start := i
		for i < len(lower) && asciiWord[lower[i]] {
			i++
		}
		word := lower[start:i]
		if k := len(out) - 1; k >= 0 && (word == "mail" || word == "mails") && out[k].text == "e" && start == out[k].end+1 && text[start-1] != ' ' {
			out[k].text, out[k].end = "e"+word, i
		} else {
			out = append(out, token{text: word, start: start, end: i, sentence: sentence})
		}
		sentence = false
	}
	return out
}

// asciiWord holds the bytes of words, in lower case; asciiEnds those that may end a sentence.
var asciiWord, asciiEnds = func() (word, ends [256]bool) {
	for c := range 0x80 {
		word[c] = wordRune(rune(c))
	}
	for _, c := range ".!?;\n" {
		ends[c] = true
	}
	return word, ends
}()

func wordRune(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r))
}

// endsSentence says that the mark r at i closes a sentence: not the point of "3.12.", of an address or an abbreviation inside a word.
func endsSentence(text string, i int, r rune, n int) bool {
	next := byte(' ')
	if i+n < len(text) {
		next = text[i+n]
	}
	switch r {
	case '.':
		return (next == ' ' || next == '\n' || next == '\t') && !(i > 0 && '0' <= text[i-1] && text[i-1] <= '9')
	case '!', '?', ';':
		return next == ' ' || next == '\n' || next == '\t'
	case '。', '！', '？', '؟', '।':
		return true
	case '\n':
		return next == '\n'
	}
	return false
}
