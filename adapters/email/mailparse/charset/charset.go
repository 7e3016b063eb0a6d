// Package charset turns the bytes of mail into UTF-8: it knows the charsets that mail carries under all the names that mail gives
// them, and does not believe a name that the bytes contradict. It is pure and takes time linear in its input.
package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Decode returns data as UTF-8, believing the declared charset unless the bytes contradict it: text that calls itself ASCII or Latin-1 and
// is UTF-8, one East Asian charset named as another, nothing declared at all. It always returns valid UTF-8; a byte nothing explains
// becomes U+FFFD.
func Decode(data []byte, declared string) string {
	text, _ := Read(data, declared, "")
	return text
}

// Read is Decode for a piece of a message of which something is known: hint names the charset in which another piece is written, and
// decides where the bytes alone leave doubt. used names the charset that was believed in the end, "us-ascii" where any would do.
func Read(data []byte, declared, hint string) (text, used string) {
	if text, used, ok := decodeSelfEvident(data); ok {
		return text, used
	}
	name := Canonical(declared)
	if name == "" && Canonical(hint) == "utf-7" {
		hint = ""
	}
	switch {
	case name == "utf-7" && isASCIIBytes(data):
		return decodeUTF7(data), "utf-7"
	case name == "viscii":
		if !utf8.Valid(data) || isASCIIBytes(data) {
			return decodeVISCII(data), name
		}
	case name == "iso-2022-kr" || name == "iso-2022-cn":
		if isASCIIBytes(data) {
			return decode2022(data, name), name
		}
		name = "" // a seven-bit charset does not have these bytes
	}
	if !wideUnits(name) && hasEscapes(data) {
		if text, used, ok := decodeEscapes(data); ok {
			return text, used
		}
	}
	if name == "iso-2022-jp" {
		if isASCIIBytes(data) {
			return restoreEscapes(data), name
		}
		name, hint = "", "shift_jis"
	}
	if isASCIIBytes(data) && !wideUnits(name) && name != "hz-gb-2312" {
		return string(data), "us-ascii"
	}
	if name == "" || !Known(name) {
		name = Canonical(hint)
		if name == "" || name == "utf-8" || wideUnits(name) || !Known(name) || name == "viscii" {
			return doubleDecoded(detect(data, name))
		}
	}
	return doubleDecoded(decodeDeclared(data, name, Canonical(hint)))
}

// Exactly returns data as UTF-8, read in the charset of the name without doubting it; Windows-1252 when the name is none that is known. It
// is for formats whose programs know what they wrote.
func Exactly(data []byte, name string) string {
	name = Canonical(name)
	if enc := lookupEncoding(name); enc != nil {
		text, _ := decodeWith(enc, data)
		return text
	}
	text, _ := decodeWith(charmap.Windows1252, data)
	return text
}

// wideUnits says that a character is at least two bytes in the charset, also an ASCII one.
func wideUnits(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32")
}

func decodeDeclared(data []byte, name, hint string) (text, used string) {
	valid := utf8.Valid(data)
	if name == "utf-8" {
		if valid {
			return string(data), name
		}
		return decodeNearlyUTF8(data, hint)
	}
	if wideUnits(name) {
		return decodeWide(data, name, valid)
	}
	enc := lookupEncoding(name)
	if enc == nil {
		return detect(data, hint)
	}
	text, bad := decodeWith(enc, data)
	if valid && !isASCIIBytes(data) && (!multibyte(name) || bad > 0 || surelyUTF8(data)) {
		return string(data), "utf-8" // no single-byte text looks like UTF-8 by chance
	}
	if valid && multibyte(name) && !isASCIIBytes(data) && oneAlphabet(string(data)) && plausibility(sampleText(text), kanaOf(name)) < 0.7 {
		return string(data), "utf-8" // a word of another alphabet rather than rare characters
	}
	if better, used, ok := cousin(data, name); ok && !valid {
		return better, used
	}
	if name == "koi8-r" && strings.ContainsAny(text, "╓╔╕╖╗╣╤╥╦╧╩╟╠╡") {
		if ukrainian, _ := decodeWith(lookupEncoding("koi8-u"), data); cyrillicScore(sampleOf(data), "koi8-u") > cyrillicScore(sampleOf(data), "koi8-r") {
			text, name = ukrainian, "koi8-u" // KOI8-U differs only in these
		}
	}
	if contradicts(data, name, text, bad) {
		if better, used, ok := betterCharset(data, text, name, bad, hint); ok {
			return better, used
		}
	}
	if name == "windows-1258" {
		text = norm.NFC.String(text) // it writes accents after their letters
	}
	return text, name
}

// surelyUTF8 says that valid UTF-8 is not so by chance, as a word or two in an East Asian charset can be: it has many multi-byte
// characters, or accented Latin letters inside Latin words.
func surelyUTF8(data []byte) bool {
	n := 0
	prev := rune(' ')
	for _, r := range string(data) {
		if r >= 0x80 {
			if n++; n >= 4 || r >= 0x2000 || r < 0x250 && r > 0xa0 && prev|0x20 >= 'a' && prev|0x20 <= 'z' {
				return true
			}
		}
		prev = r
	}
	return false
}

// oneAlphabet says that all characters of s beyond ASCII are Cyrillic, or all are Greek, or all are of Western Europe.
func oneAlphabet(s string) bool {
	cyrillic, greek, western := 0, 0, 0
	for _, r := range s {
		switch {
		case r < 0x80:
		case r >= 0x400 && r < 0x530:
			cyrillic = 1
		case r >= 0x370 && r < 0x400:
			greek = 1
		case r >= 0xa0 && r < 0x180:
			western = 1
		default:
			return false
		}
	}
	return cyrillic+greek+western == 1
}

// doubleDecoded undoes UTF-8 that was taken for Windows-1252 and encoded again, only where that is certain: two or more such
// characters, and not one other that is not ASCII.
func doubleDecoded(text, used string) (string, string) {
	if used != "utf-8" || !mojibake(text) {
		return text, used
	}
	raw := make([]byte, 0, len(text))
	high := 0
	for _, r := range text {
		c, ok := windows1252Byte(r)
		if !ok {
			return text, used
		}
		raw = append(raw, c)
		if c >= 0x80 {
			high++
		}
	}
	if high < 4 || !utf8.Valid(raw) || bytes.Contains(raw, []byte("\ufffd")) {
		return text, used
	}
	return string(raw), used
}

// mojibake says that text has one of the letters with which UTF-8 read as Windows-1252 is full.
func mojibake(text string) bool {
	for _, lead := range [...]string{"Ã", "Â", "â€", "Ä", "Å"} {
		if strings.Contains(text, lead) {
			return true
		}
	}
	return false
}

func isASCIIBytes(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
