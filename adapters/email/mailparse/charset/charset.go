// Package charset turns the bytes of mail into UTF-8: it knows the charsets that mail carries under all the names that mail gives
// them, and does not believe a name that the bytes contradict. It is pure and takes time linear in its input.
package charset

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// charsetAlias maps names seen in mail that the WHATWG and IANA tables lack, or mean too narrowly.
var charsetAlias = map[string]string{
	"utf8": "utf-8", "utf8mb4": "utf-8", "utf-8n": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp65001": "utf-8", "utf_8": "utf-8",
	"x-utf-8": "utf-8", "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16", "ucs-4": "utf-32",
	"unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "utf7": "utf-7", "cp65000": "utf-7", "unicode-2-0-utf-7": "utf-7",
	"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "euc-cn": "gb18030",
	"x-euc-cn": "gb18030", "ms936": "gb18030", "windows-936": "gb18030", "gb-18030": "gb18030", "chinese": "gb18030", "hz": "hz-gb-2312",
	"cp950": "big5", "ms950": "big5", "big-5": "big5", "big5-hkscs": "big5", "x-x-big5": "big5", "windows-950": "big5",
	"cp932": "shift_jis", "ms932": "shift_jis", "windows-31j": "shift_jis", "sjis": "shift_jis", "shift-jis": "shift_jis",
	"x-sjis": "shift_jis", "ms_kanji": "shift_jis", "cp943": "shift_jis", "eucjp": "euc-jp", "x-euc-jp": "euc-jp", "ujis": "euc-jp",
	"cp51932": "euc-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-3": "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp50222": "iso-2022-jp", "jis": "iso-2022-jp",
	"ks_c_5601-1987": "euc-kr", "ks_c_5601": "euc-kr", "ksc5601": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr", "x-windows-949": "euc-kr",
	"windows-949": "euc-kr", "ms949": "euc-kr", "korean": "euc-kr", "johab": "johab",
	"latin1": "windows-1252", "latin-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859_1": "windows-1252",
	"iso-8859-1-windows-3.1-latin-1": "windows-1252", "ansi_x3.110-1983": "windows-1252", "ansi": "windows-1252",
	"iso-8859-1:1987": "windows-1252", "iso8859_1": "windows-1252", "8859_1": "windows-1252", "windows1252": "windows-1252", "iso-latin-1": "windows-1252",
	"latin9": "iso-8859-15", "latin-9": "iso-8859-15", "iso8859-15": "iso-8859-15", "x-mac-roman": "macintosh", "mac": "macintosh",
	"tis-620": "windows-874", "tis620": "windows-874", "iso-8859-11": "windows-874", "cp874": "windows-874",
	"koi8": "koi8-r", "koi8r": "koi8-r", "koi8u": "koi8-u", "koi8-ru": "koi8-u", "dos-866": "ibm866", "cp-866": "ibm866",
	"cp437": "ibm437", "cp850": "ibm850", "cp852": "ibm852", "cp858": "ibm00858", "cp-850": "ibm850", "iso-8859-9e": "iso-8859-9",
}

// undeclared are names that say nothing about the bytes.
var undeclared = map[string]bool{
	"": true, "us-ascii": true, "ascii": true, "ansi_x3.4-1968": true, "7bit": true, "8bit": true, "default": true, "unknown": true,
	"unknown-8bit": true, "x-unknown": true, "default_charset": true, "none": true, "_autodetect": true, "auto": true,
	"x-user-defined": true, "iso-8859": true, "binary": true, "_autodetect_all": true, "us": true, "usascii": true, "iso646-us": true, "646": true,
	"undefined": true, "null": true, "charset": true,
}

// Canonical brings a declared name to the one used below; "" when it says nothing.
func Canonical(name string) string {
	name = strings.ToLower(strings.Trim(name, " \t\"'`;,"))
	name = strings.TrimPrefix(name, "charset=")
	name, _, _ = strings.Cut(name, "$") // "_iso-2022-jp$ESC"
	name = strings.Trim(name, "_\"' ")
	if undeclared[name] {
		return ""
	}
	if a, ok := charsetAlias[name]; ok {
		return a
	}
	for _, p := range []string{"cp-125", "cp125", "win-125", "win125", "windows125", "x-cp125", "ms-125", "windows_125", "cs-windows-125", "x-windows-125", "ansi-125"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) == 1 {
			return "windows-125" + rest
		}
	}
	for _, p := range []string{"iso8859-", "iso-8859_", "iso_8859-", "iso8859_", "iso-8859", "8859-", "x-iso-8859-", "iso 8859-"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) > 0 && len(rest) <= 3 && rest[0] != '-' {
			return "iso-8859-" + rest
		}
	}
	return name
}

// Known says whether a declared name is one whose bytes can be read.
func Known(declared string) bool {
	name := Canonical(declared)
	return name == "utf-7" || strings.HasPrefix(name, "iso-2022-") || name != "" && lookupEncoding(name) != nil
}

// lookupEncoding returns the decoder of a canonical name, or nil.
func lookupEncoding(name string) encoding.Encoding {
	switch name {
	case "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "utf-16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-32":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "iso-8859-1":
		return charmap.Windows1252
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e
	}
	return nil
}

// Decode returns data as UTF-8, believing the declared charset unless the bytes contradict it: text that calls
// itself ASCII or Latin-1 and is UTF-8, one East Asian charset named as another, nothing declared at all. It always
// returns valid UTF-8; a byte nothing explains becomes U+FFFD.
func Decode(data []byte, declared string) string {
	if text, ok := decodeBOM(data); ok {
		return text
	}
	name := Canonical(declared)
	switch name {
	case "utf-7":
		if isASCII(string(data)) {
			return decodeUTF7(data)
		}
	case "iso-2022-kr", "iso-2022-cn":
		return decode2022(data, name)
	}
	escapes := bytes.Contains(data, []byte("\x1b$")) || bytes.Contains(data, []byte("\x1b("))
	if escapes && !strings.HasPrefix(name, "utf-16") {
		if bytes.Contains(data, []byte("\x1b$)C")) {
			return decode2022(data, "iso-2022-kr")
		}
		if t, bad := decodeWith(japanese.ISO2022JP, data); bad == 0 {
			return t
		}
	}
	if isASCIIBytes(data) && !wideCharset(name) {
		return string(data)
	}
	if name == "" {
		return Detect(data)
	}
	return decodeDeclared(data, name)
}

// wideCharset says that ASCII bytes do not stand for themselves in the charset.
func wideCharset(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") || name == "hz-gb-2312" || name == "iso-2022-jp"
}

func decodeDeclared(data []byte, name string) string {
	valid := utf8.Valid(data)
	if name == "utf-8" {
		if valid {
			return string(data)
		}
		return decodeNearlyUTF8(data)
	}
	enc := lookupEncoding(name)
	if enc == nil {
		return Detect(data)
	}
	if strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") {
		if bytes.IndexByte(data, 0) < 0 && valid {
			return string(data) // named UTF-16, written in UTF-8
		}
		text, _ := decodeWith(enc, data)
		return text
	}
	text, bad := decodeWith(enc, data)
	if valid && (!multibyte(name) || bad > 0 || surelyUTF8(data)) {
		return string(data) // no single-byte text looks like UTF-8 by chance
	}
	if contradicts(data, name, text, bad) {
		if better, ok := betterCharset(data, text, bad); ok {
			return better
		}
	}
	return text
}

// surelyUTF8 says that valid UTF-8 is not so by chance, as a word or two in an East Asian charset can be: it has many multi-byte
// characters, or accented Latin letters inside Latin words.
func surelyUTF8(data []byte) bool {
	n := 0
	prev := rune(' ')
	for _, r := range string(data) {
		if r >= 0x80 {
			if n++; n >= 4 || r < 0x250 && r > 0xa0 && prev|0x20 >= 'a' && prev|0x20 <= 'z' {
				return true
			}
		}
		prev = r
	}
	return false
}

// multibyte says that the charset is one of the East Asian ones, in which short text can be valid UTF-8 by chance.
func multibyte(name string) bool {
	switch name {
	case "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "hz-gb-2312", "iso-2022-jp":
		return true
	}
	return false
}

// decodeBOM reads text that says itself what it is.
func decodeBOM(data []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD"), true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}) && len(data)%4 == 0, bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}) && len(data)%4 == 0:
		t, _ := decodeWith(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), data)
		return t, true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}) && len(data)%2 == 0 && bytes.IndexByte(data, 0) >= 0:
		t, _ := decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), data)
		return t, true
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}) && len(data)%2 == 0 && bytes.IndexByte(data, 0) >= 0:
		t, _ := decodeWith(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), data)
		return t, true
	}
	return "", false
}

// decodeWith decodes data and counts what could not be: U+FFFD in the result.
func decodeWith(enc encoding.Encoding, data []byte) (string, int) {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD"), len(data)
	}
	return string(out), bytes.Count(out, []byte("\uFFFD"))
}

// decodeNearlyUTF8 reads bytes that call themselves UTF-8 but hold something else: mostly UTF-8 with a few stray bytes
// (cut in the middle of a character, or Windows punctuation pasted in), or another charset altogether.
func decodeNearlyUTF8(data []byte) string {
	good, bad := 0, 0
	for i := 0; i < len(data); {
		if data[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	if good == 0 || bad > good {
		return Detect(data)
	}
	return mixedUTF8(data)
}

// mixedUTF8 keeps the UTF-8 of data and reads every other byte as Windows-1252, except a character cut off, which becomes
// one U+FFFD.
func mixedUTF8(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + 16)
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r != utf8.RuneError || n > 1 {
			b.Write(data[i : i+n])
			i += n
			continue
		}
		if cut := cutSequence(data[i:]); cut > 0 {
			b.WriteRune(utf8.RuneError)
			i += cut
			continue
		}
		b.WriteRune(charmap.Windows1252.DecodeByte(data[i]))
		i++
	}
	return b.String()
}

// cutSequence returns the length of a UTF-8 sequence that starts b but lacks its last bytes, or 0.
func cutSequence(b []byte) int {
	want := 0
	switch c := b[0]; {
	case c >= 0xe0 && c < 0xf0:
		want = 3
	case c >= 0xf0 && c < 0xf5:
		want = 4
	case c >= 0xc2 && c < 0xe0 && len(b) == 1:
		return 1
	}
	n := 1
	for n < want && n < len(b) && b[n]&0xc0 == 0x80 {
		n++
	}
	if want > 0 && n < want && (n > 1 || len(b) == 1) {
		return n
	}
	return 0
}

// decodeUTF7 reads UTF-7 (RFC 2152). A shift that is not base64 stays as written.
func decodeUTF7(data []byte) string {
	var b strings.Builder
	for i := 0; i < len(data); i++ {
		if data[i] != '+' {
			b.WriteByte(data[i])
			continue
		}
		j := i + 1
		for j < len(data) && isBase64(data[j]) {
			j++
		}
		switch {
		case j == i+1 && j < len(data) && data[j] == '-':
			b.WriteByte('+')
			i = j
		case j == i+1:
			b.WriteByte('+')
		default:
			b.WriteString(utf16Base64(data[i+1 : j]))
			i = j - 1
			if j < len(data) && data[j] == '-' {
				i = j
			}
		}
	}
	return b.String()
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

func utf16Base64(b []byte) string {
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(raw, b)
	units := make([]uint16, n/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(units))
}

// decode2022 reads ISO-2022-KR (RFC 1557) and the GB 2312 plane of ISO-2022-CN (RFC 1922): between SO and SI, two 7-bit
// bytes are one character of the designated set.
func decode2022(data []byte, name string) string {
	var enc encoding.Encoding = korean.EUCKR
	if name == "iso-2022-cn" {
		enc = simplifiedchinese.GBK
	}
	out := make([]byte, 0, len(data))
	shifted := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == 0x1b && i+3 < len(data) && data[i+1] == '$':
			i += 3
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n':
			shifted = false
			out = append(out, c)
		case shifted && c > 0x20 && c < 0x7f:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	text, _ := decodeWith(enc, out)
	return text
}

func isASCIIBytes(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
