package charset

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// language is a small model of one language's letters beyond ASCII, for guessing undeclared single-byte charsets from a few words,
// where statistics need pages.
type language struct {
	sets   []languageSet
	weight map[rune]float64 // of lower-case letters: 1 for the frequent, less for the rest of the alphabet; others are foreign to it
	script *unicode.RangeTable
	joined bool     // it has no words of one letter, or only Greek ones
	habits []string // letter sequences of ASCII that the language is full of and its neighbours are not
}

// languageSet is a charset in which the language is written, with what each byte of its upper half counts there.
type languageSet struct {
	*singleByte
	value [128]float64
	prior float64 // for or against the charset, before a byte is seen
}

// groupWeight is what the letters of each group of newLanguage count.
var groupWeight = [...]float64{1, 0.9, 0.75, 0.5}

// newLanguage takes letters in groups divided by blanks, the frequent groups first.
func newLanguage(letters string, script *unicode.RangeTable, habits string, encodings ...encoding.Encoding) language {
	l := language{weight: map[rune]float64{}, script: script, habits: strings.Fields(habits), joined: script == unicode.Greek || script == unicode.Thai || script == unicode.Hebrew || script == unicode.Arabic}
	for group, of := range strings.Fields(letters) {
		for _, r := range of {
			l.weight[r] = groupWeight[group]
		}
	}
	for _, enc := range encodings {
		set := languageSet{singleByte: tableOf(enc)}
		for i, r := range set.runes {
			set.value[i] = l.value(r)
		}
		switch {
		case script != nil:
		case enc == charmap.Windows1252:
			set.prior = 0.07
		case enc == charmap.CodePage850, enc == charmap.Macintosh, enc == charmap.CodePage852:
			set.prior = -0.25 // the charsets of old machines, seldom undeclared
		}
		l.sets = append(l.sets, set)
	}
	return l
}

var (
	cyrillicSets = []encoding.Encoding{charmap.Windows1251, charmap.KOI8R, charmap.ISO8859_5, charmap.CodePage866, charmap.MacintoshCyrillic}
	westernSets  = []encoding.Encoding{charmap.Windows1252, charmap.CodePage850, charmap.Macintosh}
	centralSets  = []encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2, charmap.CodePage852}
)

// languages are tried in this order; an earlier one wins a tie.
var languages = []language{
	newLanguage("é - èçñöüï", nil, "the and ing for you ith our tion ent ave", westernSets...),
	newLanguage("éèàâêîôûçùœ - ëïüÿæ", nil, "eau oux ment que les des vous nous jour est pour", westernSets...),
	newLanguage("äöüß - éà", nil, "sch ung ich ein der die und bitte gru", westernSets...),
	newLanguage("áéíóúñ¿¡ - üçºª", nil, "que los las por para con del ici ado", westernSets...),
	newLanguage("ãõáéíóúâêôç - àüªº", nil, "que para com uma ente dos obrigad nho", westernSets...),
	newLanguage("åäöæøé - üà", nil, "och att det ikke jag jeg til med een aan ette inen", westernSets...),
	newLanguage("àèéìòù - îóï", nil, "che per gli non zione ell", westernSets...),
	newLanguage("âêîôûáéïöëàèìòùẃ", nil, "wy yn dd ll ydd mae", westernSets...),
	newLanguage("оеаинтс рвлкмдпуя ыьзгбчйх жшюцщэфъё", unicode.Cyrillic, "", cyrillicSets...),
	newLanguage("оеаинті рвлкмдпуяс ьзгбчйхї жшюцщфєґ", unicode.Cyrillic, "", append([]encoding.Encoding{charmap.KOI8U}, cyrillicSets...)...),
	newLanguage("оеаинтс рвлкмдпуј згбчжшхљњ цфђћџ", unicode.Cyrillic, "", charmap.Windows1251, charmap.ISO8859_5),
	newLanguage("ąćęłńóśźż", nil, "cz sz rz dz nie prz owa uj ski ie", centralSets...),
	newLanguage("áíéěščřžýůúťďň - ó", nil, "je se na pro ova kov ost pros", centralSets...),
	newLanguage("áíéščžýúťďňľôä - óĺŕ", nil, "je sa na pre ova kov ost pros", centralSets...),
	newLanguage("áéíóöőúüű", nil, "sz gy nek hogy meg cs ly", centralSets...),
	newLanguage("ăâîşţșț", nil, "ul ea lui rog si ziua este care mul", centralSets...),
	newLanguage("čćžšđ", nil, "je ije sam na da od hva ko", centralSets...),
	newLanguage("āčēģīķļņšūž", nil, "as is ija", charmap.Windows1257, charmap.ISO8859_13),
	newLanguage("ąčęėįšųūž", nil, "as is us ai", charmap.Windows1257, charmap.ISO8859_13),
	newLanguage("ışğüöçİ - âîû", nil, "lar ler bir ve iyi yor lan anla top yar onda mek mak dan den", charmap.Windows1254),
	newLanguage("áéíóúýþðæö", nil, "", westernSets...), // after Turkish, whose letters stand in its places
	newLanguage("αοιετσνη υρπκμλςάόίήέωγ ύώ βδζθξφχψϊϋΐΰ", unicode.Greek, "", charmap.ISO8859_7, charmap.Windows1253),
	newLanguage("יוהלאמרתבשנםחדעכןקפ - גזטךםסףצץ", unicode.Hebrew, "", charmap.Windows1255, charmap.ISO8859_8),
	newLanguage("اليمنترةعدبسفهو - حكقجشصخطضزذغءأإآؤئىظپچگژکیٹڈں\u064b\u064e\u064f\u0650\u0651\u0652ـ", unicode.Arabic, "", charmap.Windows1256, charmap.ISO8859_6),
	newLanguage("านรอกเงมยลวดทส่้ปีิัตะขคพ - แไใโบจชหผนณธถฝฟศษซญฎฏฐฑฒฌฆฉฮภฬฤาำึืุูๆ็์ๅฯ", unicode.Thai, "", charmap.Windows874),
	newLanguage("ăâđêôơưáàảãạ\u0300\u0301\u0303\u0309\u0323 - éèíìóòúùý", nil, "ng nh th ch xin anh", charmap.Windows1258),
}

// singleByte is a charset of one byte a character, as tables of its upper half.
type singleByte struct {
	enc    encoding.Encoding
	name   string
	runes  [128]rune // utf8.RuneError where there is none
	letter [256]bool
	upper  [256]bool
	lower  [256]bool
	mark   [256]bool // stands on or after a letter, never alone
}

var tables = map[encoding.Encoding]*singleByte{}

// tableOf returns the tables of enc, made once while the package is initialised.
func tableOf(enc encoding.Encoding) *singleByte {
	if t := tables[enc]; t != nil {
		return t
	}
	t := &singleByte{enc: enc, name: encodingName(enc)}
	for i := range 256 {
		r := enc.(*charmap.Charmap).DecodeByte(byte(i))
		if i >= 0x80 {
			t.runes[i-0x80] = r
		}
		t.letter[i], t.upper[i], t.lower[i] = unicode.IsLetter(r), unicode.IsUpper(r), unicode.IsLower(r)
		t.mark[i] = unicode.IsMark(r) || r == 'า' || r == 'ำ' || r == 'ะ'
	}
	tables[enc] = t
	return t
}

// reads says that every byte of data stands for something.
func (s *singleByte) reads(data []byte) bool {
	for _, c := range data {
		if c >= 0x80 && s.runes[c-0x80] == utf8.RuneError {
			return false
		}
	}
	return true
}

// decode reads data and counts the bytes that stand for nothing.
func (s *singleByte) decode(data []byte) (text string, bad int) {
	var b strings.Builder
	b.Grow(len(data) + len(data)/4)
	for _, c := range data {
		if c < 0x80 {
			b.WriteByte(c)
			continue
		}
		r := s.runes[c-0x80]
		if r == utf8.RuneError {
			bad++
		}
		b.WriteRune(r)
	}
	return b.String(), bad
}

// bestLanguage returns the charset in which data looks most like one of the languages, and how much, between 0 and 1. When another
// charset was declared, the Latin ones are not tried: they could explain anything. The charset named favoured needs less.
func bestLanguage(data []byte, declared bool, favoured encoding.Encoding) (encoding.Encoding, float64) {
	var best encoding.Encoding
	top := 0.5
	lower := strings.ToLower(asciiOf(data))
	for i := range languages {
		l := &languages[i]
		if declared && l.script == nil {
			continue
		}
		bonus := l.bonus(lower)
		for j := range l.sets {
			set := &l.sets[j]
			if !set.reads(data) {
				continue
			}
			s := l.score(set, data) + bonus + set.prior
			if set.enc == favoured {
				s += 0.2
			}
			if s > top {
				best, top = set.enc, s
			}
		}
	}
	return best, top
}

// asciiOf keeps the ASCII of data.
func asciiOf(data []byte) string {
	var b strings.Builder
	for _, c := range data {
		if c < 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteByte('\x01')
		}
	}
	return b.String()
}

// bonus is for text that has the habits of the language in its ASCII.
func (l *language) bonus(lower string) float64 {
	hits := 0
	for _, h := range l.habits {
		if strings.Contains(lower, h) {
			hits++
		}
	}
	return min(0.25, 0.05*float64(hits))
}

// What a byte's value says besides its weight.
const (
	typographic = 2 // a quotation mark, dash or other sign that prose has
	strange     = 3 // nothing that belongs into text of the language
)

// value is what one character beyond ASCII counts for the language.
func (l *language) value(r rune) float64 {
	switch w := l.weight[unicode.ToLower(r)]; {
	case w > 0:
		return w
	case isTypography(r):
		return typographic
	case l.script != nil && unicode.Is(l.script, r):
		return -0.2
	}
	return strange
}

// score rates data, read in set, by its characters beyond ASCII: letters of the language count by their weight; a capital inside a word, a
// letter of another language, a sign inside a word and everything that is neither letter nor typography count against it.
func (l *language) score(set *languageSet, data []byte) float64 {
	var sum, n float64
	var prev byte = ' '
	inLower := false // a small letter stood earlier in this word
	capitals, letters := 0, 0
	for i, c := range data {
		letter := set.letter[c]
		if !letter {
			inLower = false
		}
		if c >= 0x80 {
			n++
			switch v := set.value[c-0x80]; {
			case v == typographic:
				sum += typographyWeight(set, prev, c, data[i+1:])
			case set.mark[c] && !set.letter[prev] && !set.mark[prev], l.joined && letter && !strings.ContainsRune("ηΗοΟήΉό", set.runes[c-0x80]) && alone(set, prev, data[i+1:]):
				sum--
			case letter && (l.script == nil || alone(set, prev, data[i+1:])) && (isDigit(prev) || i+1 < len(data) && isDigit(data[i+1])):
				sum -= 0.5
			case v == strange, letter && set.upper[c] && inLower, l.script != nil && letter && prev < 0x80 && set.letter[prev]:
				sum-- // foreign; a capital inside a word; two scripts in one word
			default:
				sum += v
			}
			if letter {
				if letters++; set.upper[c] && set.upper[prev] {
					capitals++
				}
			}
		}
		inLower = inLower || set.lower[c]
		prev = c
	}
	if n == 0 {
		return 0
	}
	if letters > 0 && capitals*2 > letters {
		sum -= 0.06 * n // text all in capitals is seldom
	}
	return sum / n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// alone says that a letter has no neighbour of its own script.
func alone(set *languageSet, prev byte, rest []byte) bool {
	part := func(c byte) bool { return c >= 0x80 && (set.letter[c] || set.mark[c]) }
	return !part(prev) && (len(rest) == 0 || !part(rest[0]))
}

// typographyWeight rates a sign by where it stands: those that stand inside words are few.
func typographyWeight(set *languageSet, prev, c byte, rest []byte) float64 {
	r := set.runes[c-0x80]
	if len(rest) > 0 && set.letter[prev] && set.letter[rest[0]] && r != '’' && r != '·' && r != '–' && r != 0xad {
		return -1
	}
	if r == '„' || r == '‚' || r == '“' && set.letter[prev] {
		return 0.5
	}
	return 0.7
}

func isTypography(r rune) bool {
	switch r {
	case '“', '”', '„', '‘', '’', '–', '—', '…', '€', '£', '«', '»', 0xa0, '·', '№', '،', '؟', '؛', '°', '§', '©', '®', '™', '•', '²', '³', '½', '¼', '±', 0xad, 0x200c, 0x200f, 0x200e:
		return true
	}
	return false
}

// notWestern says that two or more characters inside words of data, declared to be in a Western charset, fit none of its languages.
func notWestern(data []byte) bool {
	western := tableOf(charmap.Windows1252)
	n := 0
	for i, c := range data {
		if c >= 0x80 && !isTypography(western.runes[c-0x80]) && (western.letter[c] || i > 0 && western.letter[data[i-1]]) {
			n++
		}
	}
	if n < 2 {
		return false
	}
	for i := range languages {
		if l := &languages[i]; l.sets[0].enc == charmap.Windows1252 && l.score(&l.sets[0], data) > 0.5 {
			return false
		}
	}
	return true
}

// cyrillicScore rates data as text in the Cyrillic charset of the name.
func cyrillicScore(data []byte, name string) float64 {
	best := -1.0
	for i := range languages {
		l := &languages[i]
		for j := range l.sets {
			if set := &l.sets[j]; set.name == name && l.script == unicode.Cyrillic && set.reads(data) {
				best = max(best, l.score(set, data))
			}
		}
	}
	return best
}
