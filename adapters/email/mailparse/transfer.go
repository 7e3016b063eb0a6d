package mailparse

import (
	"bytes"
	"strconv"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 section 6) tolerantly; ok is false when the encoding is one
// we do not know, and the data then comes back as it is.
func decodeTransfer(data []byte, encoding string) (out []byte, ok bool) {
	switch strings.ToLower(strings.Trim(encoding, " \t\"';.")) {
	case "base64":
		if !looksBase64(data) {
			return data, false
		}
		return decodeBase64(data), true
	case "quoted-printable", "quotedprintable", "qp":
		return decodeQuotedPrintable(data), true
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if _, body, _, found := findUU(data); found {
			return body, true
		}
		return data, false
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "7bits", "8bits":
		return data, true
	}
	return data, false
}

// looksBase64 tells base64 from plain text that only claims to be: prose has blanks inside its lines.
func looksBase64(data []byte) bool {
	sample := data[:min(len(data), 4096)]
	other := 0
	for _, line := range bytes.Split(sample, []byte("\n")) {
		line = bytes.TrimSpace(line)
		for _, c := range line {
			if !isBase64(c) && c != '=' && c != '-' && c != '_' && c != '\r' {
				other++
			}
		}
	}
	return other*10 <= len(sample)
}

// decodeQuotedPrintable decodes RFC 2045 section 6.7; a bad escape stays as written, blanks at a line's end go.
func decodeQuotedPrintable(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		var line []byte
		hadEnd := bytes.IndexByte(data, '\n') >= 0
		line, data = cutLine(data)
		line = bytes.TrimRight(line, " \t\r")
		soft := len(line) > 0 && line[len(line)-1] == '='
		if soft {
			line = line[:len(line)-1]
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
				out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
				i += 2
				continue
			}
			out = append(out, line[i])
		}
		if !soft && hadEnd {
			out = append(out, '\n')
		}
	}
	return out
}

// findUU finds the first uuencoded file in text: its name, its data, and the text without it.
func findUU(text []byte) (name string, data, rest []byte, found bool) {
	pos := 0
	for pos < len(text) {
		line, after := cutLine(text[pos:])
		next := len(text) - len(after)
		if n, ok := uuBegin(line); ok {
			if body, end, ok := uuBody(after); ok {
				rest = append(append([]byte(nil), text[:pos]...), after[end:]...)
				return n, body, rest, true
			}
		}
		if len(after) == 0 {
			break
		}
		pos = next
	}
	return "", nil, text, false
}

// uuBegin reads "begin 644 name".
func uuBegin(line []byte) (string, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("begin "))
	if !ok {
		return "", false
	}
	mode, name, ok := bytes.Cut(rest, []byte(" "))
	if _, err := strconv.ParseUint(string(mode), 8, 16); !ok || err != nil || len(mode) < 3 || len(mode) > 4 {
		return "", false
	}
	return fileName(string(bytes.TrimSpace(name))), true
}

// uuBody decodes lines up to "end" and returns how much of b they took. A first line that is no uuencoding means that the
// "begin" was prose.
func uuBody(b []byte) (data []byte, end int, ok bool) {
	rest := b
	for len(rest) > 0 {
		line, after := cutLine(rest)
		line = bytes.TrimRight(line, "\r")
		if string(bytes.TrimSpace(line)) == "end" {
			return data, len(b) - len(after), true
		}
		if len(line) > 0 && line[0] > ' ' && line[0] <= '`' {
			n := int(line[0]-' ') & 63
			if len(line)-1 < (n*4+2)/3-1 {
				return data, len(b) - len(rest), len(data) > 0
			}
			data = append(data, uuLine(line[1:], n)...)
		} else if len(bytes.TrimSpace(line)) > 0 {
			return data, len(b) - len(rest), len(data) > 0
		}
		rest = after
	}
	return data, len(b), len(data) > 0
}

func uuLine(s []byte, n int) []byte {
	out := make([]byte, 0, n+3)
	at := func(i int) byte {
		if i < len(s) {
			return (s[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; len(out) < n; i += 4 {
		a, b, c, d := at(i), at(i+1), at(i+2), at(i+3)
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return out[:n]
}

// cleanText makes a decoded text body fit to work with: LF line ends, no NUL and no control characters but tab and line end.
func cleanText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' || s[i] == 0x7f {
			return strings.Map(func(r rune) rune {
				if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

// unflow joins the soft-wrapped lines of format=flowed text (RFC 3676) and removes its space-stuffing. Quote marks stay at
// the front of each paragraph.
func unflow(s string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	lines := strings.Split(s, "\n")
	open, openDepth := false, 0
	for _, line := range lines {
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		text := line[depth:]
		text = strings.TrimPrefix(text, " ")
		signature := text == "-- "
		flowed := strings.HasSuffix(text, " ") && !signature
		if open && (depth != openDepth || signature) {
			out.WriteByte('\n')
			open = false
		}
		if !open && depth > 0 {
			out.WriteString(strings.Repeat(">", depth))
			if text != "" {
				out.WriteByte(' ')
			}
		}
		if flowed && delSp {
			text = text[:len(text)-1]
		}
		out.WriteString(text)
		if open = flowed; !open {
			out.WriteByte('\n')
		}
		openDepth = depth
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
