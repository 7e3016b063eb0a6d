package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/saintfish/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/unicode/norm"
)

// sampleSize bounds how much text a guess looks at: enough to be sure, little enough to be quick.
const sampleSize = 2 << 10

// detect reads undeclared 8-bit data: as itself when it is UTF-8, else in the charset whose reading looks most like a language.
func detect(data []byte, hint string) (text, name string) {
	if utf8.Valid(data) && !(multibyte(hint) && !surelyUTF8(data)) {
		return string(data), "utf-8"
	}
	if good, bad := countUTF8(data); hint == "utf-8" && good >= bad && good > 0 || good > 0 && bad == 0 || good >= 4 && good >= 4*bad {
		return mixedUTF8(data), "utf-8"
	}
	if text, name, ok := betterCharset(data, "", "", len(data), hint); ok {
		return text, name
	}
	if text, name, ok := detectLatin(data); ok {
		return text, name
	}
	text, _ = decodeWith(charmap.Windows1252, data)
	return text, "windows-1252"
}

// sampleOf returns some lines of data that are not all ASCII.
func sampleOf(data []byte) []byte {
	if len(data) <= sampleSize {
		return data
	}
	var out []byte
	for len(data) > 0 && len(out) < sampleSize {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line = data[:i+1]
		}
		data = data[len(line):]
		if !isASCIIBytes(line) {
			out = append(out, line[:min(len(line), sampleSize-len(out))]...)
		}
	}
	return out
}

// contradicts says that the declared charset's reading is so unlike text that others should be tried.
func contradicts(data []byte, name, text string, bad int) bool {
	data = sampleOf(data)
	switch {
	case multibyte(name):
		return bad > 0 || plausibility(sampleText(text), kanaOf(name)) < 0.55
	case name == "windows-1252" || name == "iso-8859-1" || name == "iso-8859-15":
		return longHighRuns(data) || oddLatin(data) || notWestern(data)
	case isCyrillicSet(name):
		return cyrillicScore(data, name) < 0.75
	}
	return false
}

// kanaOf is what half-width katakana count in text of the declared charset.
func kanaOf(name string) float64 {
	if name == "shift_jis" || name == "euc-jp" {
		return 0.75
	}
	return 0.4
}

func isCyrillicSet(name string) bool {
	return name == "windows-1251" || strings.HasPrefix(name, "koi8") || name == "iso-8859-5" || name == "ibm866" || name == "x-mac-cyrillic"
}

// oddLatin says that data is not what Latin text looks like: mostly 8-bit, or full of bytes that Windows-1252 uses for next to nothing.
func oddLatin(data []byte) bool {
	high, plain, odd := 0, 0, 0
	for _, c := range sampleOf(data) {
		switch {
		case c >= 0x81 && c <= 0x84 || c >= 0x86 && c <= 0x90 || c == 0x98 || c >= 0x9a && c <= 0x9f:
			odd++
			high++
		case c >= 0x80:
			high++
		case c > ' ':
			plain++
		}
	}
	return high >= 6 && high > plain || odd >= 2 && odd*3 > high
}

// longHighRuns says that most 8-bit bytes stand in runs of four or more, as they do in East Asian, Cyrillic, Greek or
// Arabic text and hardly ever in Latin text.
func longHighRuns(data []byte) bool {
	high, inRuns, run := 0, 0, 0
	end := func() {
		if run >= 4 {
			inRuns += run
		}
		run = 0
	}
	for _, c := range sampleOf(data) {
		if c >= 0x80 {
			high++
			run++
			continue
		}
		end()
	}
	end()
	return high >= 4 && inRuns*2 > high
}

// betterCharset tries the other charsets that mail is written in on data and returns the reading that looks most like text, with its
// name, if it looks clearly better than have, the text read so far with bad undecodable characters. The charset named hint, in which
// something else of the same message is written, needs less.
func betterCharset(data []byte, have, name string, bad int, hint string) (text, found string, ok bool) {
	if utf8.Valid(data) && surelyUTF8(data) {
		return string(data), "utf-8", true
	}
	bestScore := 0.6
	switch {
	case have == "" || bad > 0:
	case isCyrillicSet(name):
		bestScore = cyrillicScore(sampleOf(data), name) + 0.12
	case multibyte(name):
		bestScore = max(bestScore, plausibility(sampleText(have), kanaOf(name))+0.15)
	}
	sample := sampleOf(data)
	var best encoding.Encoding
	if enc, s := bestWide(sample, hint); s > bestScore && !(isCyrillicSet(name) && bad == 0) {
		best, bestScore = enc, s
	}
	// Single-byte text reads as East Asian only by chance, and then badly: it must be clearly better the other way round.
	if enc, s := bestLanguage(sample, have != "" && !notWestern(sample), lookupEncoding(hint)); enc != nil && s > bestScore {
		best = enc
	}
	if best == nil {
		return "", "", false
	}
	text, _ = decodeWith(best, data)
	if best == charmap.Windows1258 {
		text = norm.NFC.String(text) // it writes accents after their letters
	}
	return text, encodingName(best), true
}

// bestWide returns the East Asian charset whose reading of data is most plausible.
func bestWide(data []byte, hint string) (encoding.Encoding, float64) {
	var best encoding.Encoding
	top := 0.0
	pairs := onlyHighPairs(data)
	for _, set := range eastAsian {
		text, wrong := decodeWith(set.enc, data)
		// A sample may be cut inside a character.
		if wrong > 1+len(data)/500 {
			continue
		}
		s := plausibility(text, 0.4)
		if set.name == "big5" && pairs {
			s -= 0.15 // of its second bytes two in five are ASCII
		}
		if set.name != "shift_jis" && set.name != "euc-jp" {
			s -= 0.2 * kanaShare(text) // they have kana too, for the few who quote Japanese
		}
		if set.name == hint {
			s += 0.2
		}
		if s > top {
			best, top = set.enc, s
		}
	}
	return best, top
}

// kanaShare is how much of the text beyond ASCII is kana.
func kanaShare(text string) float64 {
	kana, n := 0, 0
	for _, r := range text {
		if r >= 0x80 {
			n++
			if r >= 0x3040 && r <= 0x30ff {
				kana++
			}
		}
	}
	return float64(kana) / float64(max(n, 1))
}

// onlyHighPairs says that data has four or more characters of two bytes, all with the eighth bit.
func onlyHighPairs(data []byte) bool {
	run, n := 0, 0
	for _, c := range append(data[:len(data):len(data)], ' ') {
		if c >= 0xa1 && c <= 0xfe {
			run++
			continue
		}
		if c >= 0x80 || run%2 != 0 {
			return false
		}
		n += run / 2
		run = 0
	}
	return n >= 4
}

// encodingName is the name of a charset that detection can find.
func encodingName(enc encoding.Encoding) string {
	for _, set := range eastAsian {
		if set.enc == enc {
			return set.name
		}
	}
	name, err := htmlindex.Name(enc)
	if err != nil {
		name, _ = ianaindex.MIME.Name(enc)
	}
	return strings.ToLower(name)
}

func sampleText(s string) string { return s[:min(len(s), sampleSize)] }

// detectLatin asks the statistical detector when no language model is sure.
func detectLatin(data []byte) (text, name string, ok bool) {
	high := 0
	for _, c := range data {
		if c >= 0x80 {
			high++
		}
	}
	if high < 6 {
		return "", "", false
	}
	res, err := chardet.NewTextDetector().DetectBest(sampleOf(data))
	if err != nil || res.Confidence < 35 {
		return "", "", false
	}
	name = Canonical(res.Charset)
	enc := lookupEncoding(name)
	if enc == nil || multibyte(name) {
		return "", "", false
	}
	text, bad := decodeWith(enc, data)
	return text, name, bad == 0
}

// windows1252Byte is the byte that Windows-1252 has for r, taking the unused ones for the control characters beside which they stand.
func windows1252Byte(r rune) (byte, bool) {
	if r < 0x80 || r >= 0x80 && r < 0xa0 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}
