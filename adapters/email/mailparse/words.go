package mailparse

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse/charset"
)

// decodeWords decodes encoded words (RFC 2047) in an unfolded value. Beyond the RFC it takes words inside quotes or glued to text, blanks
// inside Q words, missing base64 padding, characters or base64 groups split between two words, and a last word cut off, because mail
// programs write them. Raw 8-bit runs are read as UTF-8 (RFC 6532), else as hint, else as detected; hint also decides about words whose
// charset is not known or cannot be true.
func decodeWords(v, hint string) string {
	if isPlainASCII(v) {
		return v
	}
	d := wordDecoder{hint: hint}
	afterWord := false
	for len(v) > 0 {
		i := strings.Index(v, "=?")
		if i < 0 {
			i = len(v)
		}
		gap, rest := v[:i], v[i:]
		w, ok := encodedWord(rest)
		if !ok {
			// The gap reaches past this false start.
			end := min(i+2, len(v))
			gap, rest = v[:end], v[end:]
		}
		// Blank space between two encoded words is no part of the text (RFC 2047 section 6.2).
		if !(afterWord && ok && strings.TrimSpace(gap) == "") && gap != "" {
			d.flush()
			d.out.WriteString(rawText(gap, hint))
		}
		afterWord = ok
		if ok {
			d.add(w)
			rest = rest[w.length:]
		}
		v = rest
	}
	d.flush()
	return d.out.String()
}

// wordDecoder collects adjacent encoded words in one charset, so that they are decoded together.
type wordDecoder struct {
	out    strings.Builder
	hint   string
	label  string
	run    []byte // decoded bytes
	base64 []byte // of the last word when its groups of four are not complete
	reads  int
	used   string // the charset believed last
}

func (d *wordDecoder) add(w word) {
	if !strings.EqualFold(w.label, d.label) {
		d.flush()
		d.label = w.label
	}
	if w.q {
		d.endBase64()
		d.run = append(d.run, decodeQ(w.text)...)
		return
	}
	d.base64 = append(d.base64, w.text...)
	if len(d.base64)%4 == 0 || strings.Contains(w.text, "=") {
		d.endBase64()
	}
}

func (d *wordDecoder) endBase64() {
	if len(d.base64) > 0 {
		d.run = append(d.run, decodeBase64(d.base64)...)
		d.base64 = d.base64[:0]
	}
}

// maxGuesses bounds how often the charset of the words in one value is doubted; after that the last answer stands.
const maxGuesses = 20

func (d *wordDecoder) flush() {
	d.endBase64()
	if len(d.run) == 0 {
		return
	}
	if d.reads++; d.reads > maxGuesses {
		d.out.WriteString(charset.Exactly(d.run, d.used))
	} else {
		var text string
		text, d.used = charset.Read(d.run, d.label, d.hint)
		d.out.WriteString(text)
	}
	d.run = d.run[:0]
}

// isPlainASCII says that there is nothing to decode: no encoded word, no byte above 126, no escape.
func isPlainASCII(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] >= 0x7f || v[i] == 0x1b || v[i] == '=' && i+1 < len(v) && v[i+1] == '?' {
			return false
		}
	}
	return true
}

// maxWord bounds one encoded word: RFC 2047 allows 75 characters, programs write whole subjects into one, and looking further for the end
// of each of many that have none would be quadratic.
const maxWord = 8192

// word is one encoded word: its charset as named, its text still encoded, and its length in the value.
type word struct {
	label, text string
	q           bool // Q, else B
	length      int
}

// encodedWord reads one encoded word at the start of v.
func encodedWord(v string) (word, bool) {
	if !strings.HasPrefix(v, "=?") {
		return word{}, false
	}
	q1 := strings.IndexByte(v[2:min(len(v), 64)], '?')
	if q1 < 1 {
		return word{}, false
	}
	w := word{label: v[2 : 2+q1]}
	w.label, _, _ = strings.Cut(w.label, "*") // RFC 2231 section 5: a language tag
	p := 2 + q1 + 1
	for p < len(v) && v[p] == ' ' {
		p++
	}
	if p+1 >= len(v) || v[p+1] != '?' || !strings.ContainsRune("qQbB", rune(v[p])) {
		return word{}, false
	}
	w.q = v[p]|0x20 == 'q'
	start := p + 2
	body := v[start:min(len(v), start+maxWord)]
	end := strings.Index(body, "?=")
	// A Q word may begin with an escape: "=?utf-8?Q?=C3=A9?=" must not end at its own "?=".
	if w.q && end == 0 && len(body) > 2 && isHex(body[2]) {
		if e := strings.Index(body[1:], "?="); e >= 0 {
			end = e + 1
		}
	}
	if end >= 0 {
		w.text, w.length = body[:end], start+end+2
		return w, true
	}
	// Its end is missing: the value was cut off.
	if len(body) == maxWord || len(body) < 2 || strings.ContainsAny(body, " \t") {
		return word{}, false
	}
	w.text, w.length = strings.TrimRight(body, "?"), len(v)
	if strings.HasSuffix(body, "?") || w.q && strings.Contains(body, "=") || !w.q && len(body) >= 4 && looksBase64([]byte(body)) {
		return w, true
	}
	return word{}, false
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' }

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// decodeQ decodes the Q encoding (RFC 2047 section 4.2); a bad escape stays as written.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

// decodeBase64 decodes as much as it can: line ends, stray characters, missing or early padding are passed over.
func decodeBase64(b []byte) []byte {
	fast := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	if n, err := base64.StdEncoding.Decode(fast, b); err == nil {
		return fast[:n]
	}
	out := make([]byte, 0, len(b)*3/4+3)
	clean := make([]byte, 0, len(b))
	flush := func() {
		clean = clean[:len(clean)-boolInt(len(clean)%4 == 1)]
		n := len(out)
		out = append(out, make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))...)
		got, _ := base64.RawStdEncoding.Decode(out[n:], clean)
		out = out[:n+got]
		clean = clean[:0]
	}
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '-':
			clean = append(clean, '+') // the URL alphabet (RFC 4648 section 5)
		case c == '_':
			clean = append(clean, '/')
		case c == '=' && len(clean) > 0:
			flush() // padding ends one encoding; another may follow
		}
	}
	if len(clean) > 0 {
		flush()
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rawText reads header text that is not encoded.
func rawText(s, hint string) string {
	if isASCII(s) && !strings.Contains(s, "\x1b") {
		return s
	}
	text, _ := charset.Read([]byte(s), "", hint)
	return text
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// OneLine makes text fit for one line on a screen or in a header: control characters (so also line ends that somebody
// encoded to inject a header) become blanks, and characters that reorder a line (Unicode bidirectional controls) go.
func OneLine(s string) string {
	if !needsCleaning(s) {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r == 0:
			return -1
		case unicode.IsControl(r), r == 0x2028, r == 0x2029:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(s)
}

func needsCleaning(s string) bool {
	for _, r := range s {
		if r < 0x20 || r >= 0x7f {
			return true
		}
	}
	return !utf8.ValidString(s)
}
