package charset

import (
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// language is a small model of one language's letters beyond ASCII, for guessing undeclared single-byte charsets from a few words,
// where statistics need pages.
type language struct {
	encodings []encoding.Encoding
	frequent  map[rune]bool // lower case; most non-ASCII letters of any text
	script    *unicode.RangeTable
}

func newLanguage(frequent string, script *unicode.RangeTable, encodings ...encoding.Encoding) language {
	l := language{encodings: encodings, frequent: map[rune]bool{}, script: script}
	for _, r := range frequent {
		l.frequent[r] = true
	}
	return l
}

var cyrillicLetters = newLanguage("оеаинтсрвлкмдпуьі", unicode.Cyrillic, charmap.Windows1251, charmap.KOI8U, charmap.ISO8859_5, charmap.CodePage866, charmap.KOI8R)

// languages are tried in this order; an earlier one wins a tie.
var languages = []language{
	newLanguage("éèàâêîôûçëïùœ", nil, charmap.Windows1252),
	newLanguage("äöüßé", nil, charmap.Windows1252),
	newLanguage("áéíóúñü¿¡", nil, charmap.Windows1252),
	newLanguage("ãõáéíóúâêôçà", nil, charmap.Windows1252),
	newLanguage("åäöæøé", nil, charmap.Windows1252),
	newLanguage("àèéìòù", nil, charmap.Windows1252),
	newLanguage("âêîôûŵŷáéïöẃ", nil, charmap.Windows1252),
	cyrillicLetters,
	newLanguage("ąćęłńóśźż", nil, charmap.ISO8859_2, charmap.Windows1250),
	newLanguage("áíéěščřžýůúťďňó", nil, charmap.ISO8859_2, charmap.Windows1250),
	newLanguage("áéíóöőúüű", nil, charmap.ISO8859_2, charmap.Windows1250),
	newLanguage("čćžšđ", nil, charmap.ISO8859_2, charmap.Windows1250),
	newLanguage("āčēģīķļņšūž", nil, charmap.Windows1257),
	newLanguage("ąčęėįšųūž", nil, charmap.Windows1257),
	newLanguage("ışğüöçİ", nil, charmap.Windows1254),
	newLanguage("áéíóúýþðæö", nil, charmap.Windows1252), // after Turkish, whose letters stand in its places
	newLanguage("αοιετσνηυρπκμλςάόίήέύώω", unicode.Greek, charmap.ISO8859_7, charmap.Windows1253),
	newLanguage("יוהלאמרתבשנםחדע", unicode.Hebrew, charmap.Windows1255, charmap.ISO8859_8),
	newLanguage("اليمنترةعدبسفهو", unicode.Arabic, charmap.Windows1256, charmap.ISO8859_6),
	newLanguage("านรอกเงมยลวดทส่้ปีิัตะ", unicode.Thai, charmap.Windows874),
}

// bestLanguage returns the charset in which data looks most like one of the languages, and how much, between 0 and 1. When another
// charset was declared, the Latin ones are not tried: they could explain anything.
func bestLanguage(data []byte, declared bool) (encoding.Encoding, float64) {
	var best encoding.Encoding
	top := 0.55
	for _, l := range languages {
		if declared && l.script == nil {
			continue
		}
		for _, enc := range l.encodings {
			text, bad := decodeWith(enc, data)
			if bad > 0 {
				continue
			}
			if s := l.score(text); s > top {
				best, top = enc, s
			}
		}
	}
	return best, top
}

// score rates decoded text by its non-ASCII characters: frequent letters count fully, other letters of the script half, a capital inside a
// word and everything that is neither letter nor typography against it.
func (l language) score(text string) float64 {
	var sum, n float64
	prev := ' '
	inLower := false // a small letter stood earlier in this word
	for _, r := range text {
		if !unicode.IsLetter(r) {
			inLower = false
		}
		if r >= 0x80 {
			n++
			lower := unicode.ToLower(r)
			switch {
			case unicode.IsUpper(r) && inLower:
				sum--
			case l.script != nil && unicode.IsLetter(r) && prev < 0x80 && unicode.IsLetter(prev):
				sum-- // two scripts in one word
			case l.frequent[lower]:
				sum++
			case l.script != nil && unicode.Is(l.script, r):
				sum += 0.5
			case isTypography(r):
				sum += 0.7
			default:
				sum--
			}
		}
		inLower = inLower || unicode.IsLower(r)
		prev = r
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

func isTypography(r rune) bool {
	switch r {
	case '“', '”', '„', '‘', '’', '–', '—', '…', '€', '£', '«', '»', 0xa0, '·', '№', '،', '؟', '°', '§', '©', '®', '™', '•':
		return true
	}
	return false
}

// notWestern says that two or more characters inside words of text in a declared Western charset fit none of its languages.
func notWestern(text string) bool {
	text = text[:min(len(text), sampleSize)]
	n := 0
	prev := ' '
	for _, r := range text {
		if r >= 0x80 && !isTypography(r) && unicode.IsLetter(prev) {
			n++
		}
		prev = r
	}
	if n < 2 {
		return false
	}
	for _, l := range languages {
		if l.encodings[0] == charmap.Windows1252 && l.score(text) > 0.5 {
			return false
		}
	}
	return true
}

// cyrillicScore rates text in a declared Cyrillic charset.
func cyrillicScore(text string) float64 {
	return cyrillicLetters.score(text[:min(len(text), sampleSize)])
}
