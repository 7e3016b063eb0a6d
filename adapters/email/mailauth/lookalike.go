package mailauth

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// glyphs gives characters the Latin letter a reader takes them for: Cyrillic and Greek letters, digits, and Latin letters that are drawn
// almost alike (after Unicode Technical Standard 39, the part that domain names and names of people can hold).
var glyphs = map[rune]string{
	'а': "a", 'в': "b", 'с': "c", 'ԁ': "d", 'е': "e", 'һ': "h", 'і': "i", 'ј': "j", 'к': "k", 'ӏ': "l", 'м': "m", 'н': "h", 'о': "o", 'р': "p", 'ԛ': "q",
	'ѕ': "s", 'т': "t", 'у': "y", 'ѵ': "v", 'ԝ': "w", 'х': "x", 'ү': "y", 'ҫ': "c", 'г': "r", 'п': "n", 'ь': "b", 'ё': "e", 'ї': "i",
	'α': "a", 'β': "b", 'ε': "e", 'η': "n", 'ι': "i", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'τ': "t", 'υ': "u", 'χ': "x", 'γ': "y", 'ω': "w", 'σ': "o",
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ħ': "h", 'ŧ': "t", 'ƅ': "b", 'ɑ': "a", 'ɡ': "g", 'ɩ': "i", 'ʟ': "l", 'ɴ': "n", 'ʀ': "r", 'ѡ': "w",
	'0': "o", '1': "l", '3': "e", '4': "a", '5': "s", '7': "t", '8': "b", '|': "l",
}

var lookAlikes, dashes = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "i", "l"), strings.NewReplacer("-", ".")

// skeleton writes text as a hurried reader sees it: lower case, without accents, look-alikes as Latin letters, and i as l because they are
// hard to tell apart in many types. Two texts with the same skeleton look alike.
func skeleton(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch g, ok := glyphs[r]; {
		case unicode.Is(unicode.Mn, r) || invisible(r):
		case ok:
			b.WriteString(g)
		default:
			b.WriteRune(r)
		}
	}
	return lookAlikes.Replace(b.String())
}

// nearly says that one edit turns a into b: a letter more, less or other, or two neighbours exchanged.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	if string(x[i+1:]) == string(y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}

// looksLike says whether a reader may take domain for the other, which is of another organisation: the same in look-alike letters, one
// letter off, the same name under another ending, or the other's whole name worked into it.
func looksLike(domain, other string) bool {
	org, want := organisation(domain), organisation(other)
	if org == want || org == "" || want == "" {
		return false
	}
	shown, err := idna.Display.ToUnicode(domain)
	if err != nil {
		shown = domain
	}
	shownOrg := organisation(shown)
	name, wantName := firstLabel(shownOrg), firstLabel(want)
	switch {
	case skeleton(shownOrg) == skeleton(want), skeleton(shown) == skeleton(other):
		return true
	case len(wantName) >= 4 && (skeleton(name) == skeleton(wantName)):
		return true
	case len(wantName) >= 5 && nearly(name, wantName):
		return true
	}
	flat, wantFlat := dashes.Replace(shown), dashes.Replace(want)
	return strings.Contains("."+flat+".", "."+wantFlat+".") && len(wantFlat) > 6
}

// firstLabel is the part of an organisation's domain that it chose, without the public suffix.
func firstLabel(org string) string {
	suffix, _ := publicsuffix.PublicSuffix(org)
	return strings.TrimSuffix(strings.TrimSuffix(org, suffix), ".")
}

var scripts = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian},
	{"Cherokee", unicode.Cherokee}, {"Coptic", unicode.Coptic}, {"Georgian", unicode.Georgian},
}

// mixedScripts says whether one word is written in letters of several alphabets that look alike. Words of Chinese, Japanese, Arabic and others
// beside Latin ones are ordinary.
func mixedScripts(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) }) {
		seen := -1
		for _, r := range word {
			for i, s := range scripts {
				if unicode.Is(s.table, r) {
					if seen >= 0 && seen != i {
						return true
					}
					seen = i
				}
			}
		}
	}
	return false
}

// foreignLabel says whether a domain has a part that is written in mixed alphabets, or wholly in letters that look Latin but are not.
func foreignLabel(domain string) bool {
	if !strings.Contains(domain, "xn--") {
		return false
	}
	shown, err := idna.Display.ToUnicode(domain)
	if err != nil {
		return true
	}
	for _, label := range strings.Split(shown, ".") {
		if mixedScripts(label) {
			return true
		}
		all, strange := true, false
		for _, r := range label {
			g := glyphs[r]
			strange = strange || r >= 0x80 && g != "" && !unicode.Is(unicode.Latin, r)
			all = all && (r < 0x80 || g != "")
		}
		if all && strange {
			return true
		}
	}
	return false
}

// reorders says that the character changes in which order a line is shown (Unicode bidirectional controls).
func reorders(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// invisible says that the character is not seen at all.
func invisible(r rune) bool {
	switch {
	case reorders(r), r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x2064, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return r == 0xfeff || r == 0xad || r == 0x180e || r == 0x34f || r == 0x61c || r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0
}

// hiddenIn says whether a name holds characters that are there to deceive: those that reorder a line, line ends and other controls, and
// invisible ones, except the joiners and direction marks without which Persian, Indic or Hebrew names and emoji cannot be written.
func hiddenIn(name string) bool {
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case r == '\t':
		case reorders(r), r < ' ', r >= 0x7f && r < 0xa0:
			return true
		case r == 0x200c, r == 0x200d, r == 0x200e, r == 0x200f, r == 0x61c:
			if i > 0 && i+1 < len(runes) && latin(runes[i-1]) && latin(runes[i+1]) {
				return true
			}
		case invisible(r):
			return true
		}
	}
	return false
}

func latin(r rune) bool { return unicode.Is(unicode.Latin, r) || r < 0x80 && r > ' ' }
