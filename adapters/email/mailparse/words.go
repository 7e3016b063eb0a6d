package mailparse

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse/charset"
)

// decodeWords decodes encoded words (RFC 2047) in an unfolded value. Beyond the RFC it takes words inside quotes or
// glued to text, blanks inside Q words, missing base64 padding and characters split between two words, because mail
// programs write them. Raw 8-bit runs are read as UTF-8 (RFC 6532), else as hint, else as detected.
func decodeWords(v, hint string) string {
	if isPlainASCII(v) {
		return v
	}
	var out strings.Builder
	var run []byte // bytes of adjacent words in one charset, decoded together
	runCharset := ""
	flush := func() {
		if len(run) > 0 {
			out.WriteString(charset.Decode(run, runCharset))
			run = run[:0]
		}
	}
	afterWord := false
	for len(v) > 0 {
		i := strings.Index(v, "=?")
		if i < 0 {
			i = len(v)
		}
		gap, rest := v[:i], v[i:]
		label, data, n, ok := encodedWord(rest)
		if !ok {
			// The gap reaches past this false start.
			end := min(i+2, len(v))
			gap, rest = v[:end], v[end:]
		}
		// Blank space between two encoded words is no part of the text (RFC 2047 section 6.2).
		if !(afterWord && ok && strings.TrimSpace(gap) == "") && gap != "" {
			flush()
			out.WriteString(rawText(gap, hint))
		}
		afterWord = ok
		if ok {
			if !strings.EqualFold(label, runCharset) {
				flush()
				runCharset = label
			}
			run = append(run, data...)
			rest = rest[n:]
		}
		v = rest
	}
	flush()
	return out.String()
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

// encodedWord reads one encoded word at the start of v and returns its charset, its bytes and its length in v.
func encodedWord(v string) (label string, data []byte, n int, ok bool) {
	if !strings.HasPrefix(v, "=?") {
		return "", nil, 0, false
	}
	q1 := strings.IndexByte(v[2:], '?')
	if q1 < 1 || q1 > 60 {
		return "", nil, 0, false
	}
	label = v[2 : 2+q1]
	label, _, _ = strings.Cut(label, "*") // RFC 2231 section 5: a language tag
	p := 2 + q1 + 1
	if p+1 >= len(v) || v[p+1] != '?' {
		return "", nil, 0, false
	}
	body := v[p+2 : min(len(v), p+2+maxWord)]
	end, cut := strings.Index(body, "?="), false
	if v[p] == 'q' || v[p] == 'Q' {
		// A Q word may begin with an escape: "=?utf-8?Q?=C3=A9?=" must not end at its own "?=".
		if end == 0 && len(body) > 2 && isHex(body[2]) {
			if e := strings.Index(body[1:], "?="); e >= 0 {
				end = e + 1
			}
		}
	}
	if end < 0 {
		if strings.HasSuffix(body, "?") && !strings.ContainsAny(body, " \t") && len(body) > 1 {
			end, cut = len(body)-1, true // its last character is missing
		} else {
			return "", nil, 0, false
		}
	}
	text := body[:end]
	n = p + 2 + end + 2
	if cut {
		n--
	}
	switch v[p] {
	case 'b', 'B':
		return label, decodeBase64([]byte(text)), n, true
	case 'q', 'Q':
		return label, decodeQ(text), n, true
	}
	return "", nil, 0, false
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
	return charset.Decode([]byte(s), hint)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// oneLine makes text fit for one line on a screen or in a header: control characters (so also line ends that somebody
// encoded to inject a header) become blanks, and characters that reorder a line (Unicode bidirectional controls) go.
func oneLine(s string) string {
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
