package charset

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decodeSelfEvident reads text that says itself what it is: by a byte order mark, or by the NULs that UTF-16 puts beside ASCII.
func decodeSelfEvident(data []byte) (text, used string, ok bool) {
	even := len(data)%2 == 0
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		if !utf8.Valid(data) {
			text, _ := Read(data[3:], "utf-8", "")
			return text, "utf-8", true
		}
		return string(data[3:]), "utf-8", true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}) && len(data)%4 == 0, bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}) && len(data)%4 == 0:
		t, _ := decodeWith(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), data)
		return t, "utf-32", true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}) && (even || bytes.IndexByte(data, 0) >= 0):
		t, _ := decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), data)
		return t, "utf-16le", true
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}) && (even || bytes.IndexByte(data, 0) >= 0):
		t, _ := decodeWith(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), data)
		return t, "utf-16be", true
	}
	if len(data) >= 4 && even {
		sample := data[:min(len(data), 1024)]
		nulEven, nulOdd := 0, 0
		for i, c := range sample {
			if c == 0 {
				nulEven += 1 - i&1
				nulOdd += i & 1
			}
		}
		switch half := len(sample) / 2; {
		case nulOdd*10 > half*8 && nulEven == 0:
			t, _ := decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), data)
			return t, "utf-16le", true
		case nulEven*10 > half*8 && nulOdd == 0:
			t, _ := decodeWith(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), data)
			return t, "utf-16be", true
		}
	}
	return "", "", false
}

// decodeWide reads data that calls itself UTF-16 or UTF-32 and has no byte order mark. RFC 2781 section 4.3 says big-endian; what is
// written is mostly little-endian, so the reading with more line ends, blanks and letters of one script wins.
func decodeWide(data []byte, name string, valid bool) (text, used string) {
	if bytes.IndexByte(data, 0) < 0 && valid && !looksUTF16(data) {
		return string(data), "utf-8" // named UTF-16, written in UTF-8
	}
	if strings.HasPrefix(name, "utf-32") {
		order := utf32.Endianness(utf32.BigEndian)
		if len(data) >= 4 && data[0] != 0 && data[3] == 0 {
			order = utf32.LittleEndian
		}
		text, _ = decodeWith(utf32.UTF32(order, utf32.UseBOM), data)
		return text, name
	}
	big, badBig := decodeWith(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), data)
	little, badLittle := decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), data)
	if scoreBig, scoreLittle := utf16Score(big)-badBig, utf16Score(little)-badLittle; scoreLittle > scoreBig || scoreLittle == scoreBig && name == "utf-16le" {
		return little, "utf-16le"
	}
	return big, "utf-16be"
}

// looksUTF16 says that ASCII bytes make better sense two by two.
func looksUTF16(data []byte) bool {
	if len(data)%2 != 0 || len(data) == 0 {
		return false
	}
	words := 0
	for _, c := range data {
		if c >= 'a' && c <= 'z' || c == ' ' {
			words++
		}
	}
	return words*2 < len(data)
}

// utf16Score counts the characters that every text has: ASCII, and the commonest of each script.
func utf16Score(text string) int {
	n := 0
	for _, r := range text[:min(len(text), sampleSize)] {
		switch {
		case r == '\n' || r == ' ' || r == 0x3002 || r == 0x3001 || r == 0xff0c:
			n += 3
		case r > ' ' && r < 0x7f || r >= 0xc0 && r < 0x530 || r >= 0x3040 && r <= 0x30ff || commonHan[r] || commonHangul[r]:
			n++
		}
	}
	return n
}

// decodeWith decodes data and counts what could not be: U+FFFD in the result.
func decodeWith(enc encoding.Encoding, data []byte) (string, int) {
	if table := tables[enc]; table != nil {
		return table.decode(data)
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD"), len(data)
	}
	return string(out), bytes.Count(out, []byte("\uFFFD"))
}

// decodeNearlyUTF8 reads bytes that call themselves UTF-8 but hold something else: mostly UTF-8 with a few stray bytes
// (cut in the middle of a character, or Windows punctuation pasted in), or another charset altogether.
func decodeNearlyUTF8(data []byte, hint string) (text, used string) {
	good, bad := countUTF8(data)
	if Known(hint) && hint != "utf-8" && !wideUnits(hint) && bad*4 > good {
		return decodeDeclared(data, hint, hint)
	}
	if good == 0 || bad > good {
		return detect(data, hint)
	}
	return mixedUTF8(data), "utf-8"
}

// countUTF8 counts the multi-byte characters of data and the bytes that are none. A character that the end cuts off is neither.
func countUTF8(data []byte) (good, bad int) {
	for i := 0; i < len(data); {
		if data[i] < 0x80 {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			good++
		case i+cutSequence(data[i:]) == len(data) && cutSequence(data[i:]) > 0:
			return good, bad
		default:
			bad++
		}
		i += n
	}
	return good, bad
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
		case j < i+4: // too short for one UTF-16 unit
			b.Write(data[i:j])
			i = j - 1
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

// hasEscapes says that data switches character sets as the seven-bit charsets of East Asia do (ISO 2022).
func hasEscapes(data []byte) bool {
	for i := bytes.IndexByte(data, 0x1b); i >= 0; {
		if i+1 < len(data) && (data[i+1] == '$' || data[i+1] == '(') {
			return true
		}
		j := bytes.IndexByte(data[i+1:], 0x1b)
		if j < 0 {
			break
		}
		i += 1 + j
	}
	return false
}

// decodeEscapes reads data that switches character sets. One character cut or broken costs no more than itself.
func decodeEscapes(data []byte) (text, used string, ok bool) {
	switch {
	case bytes.Contains(data, []byte("\x1b$)C")):
		return decode2022(data, "iso-2022-kr"), "iso-2022-kr", true
	case bytes.Contains(data, []byte("\x1b$)A")):
		return decode2022(data, "iso-2022-cn"), "iso-2022-cn", true
	}
	text, bad := decodeWith(japanese.ISO2022JP, kanaShifts(data))
	if bad == 0 || bad*4 <= len([]rune(text)) && isASCIIBytes(data) {
		return text, "iso-2022-jp", true
	}
	return "", "", false
}

// kanaShifts turns the half-width katakana that CP50221 and CP50222 write between SO and SI, or with the eighth bit, into the escape
// sequence that ISO-2022-JP decoders know.
func kanaShifts(data []byte) []byte {
	if bytes.IndexByte(data, 0x0e) < 0 {
		return data
	}
	data = bytes.ReplaceAll(data, []byte{0x0e}, []byte("\x1b(I"))
	return bytes.ReplaceAll(data, []byte{0x0f}, []byte("\x1b(B"))
}

// restoreEscapes reads ISO-2022-JP from which a server has removed the escape characters: "$B", pairs of printable characters, "(B".
func restoreEscapes(data []byte) string {
	if !bytes.Contains(data, []byte("$B")) || bytes.IndexByte(data, 0x1b) >= 0 {
		return string(data)
	}
	out := lostEscape.ReplaceAll(data, []byte("\x1b$$B$1\x1b($2"))
	if text, bad := decodeWith(japanese.ISO2022JP, out); bad == 0 && plausibility(text, 0.4) > 0.7 {
		return text
	}
	return string(data)
}

var lostEscape = regexp.MustCompile(`\$B((?:[!-~]{2})+?)\(([BJ])`)

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
