package mailparse

import (
	"bytes"
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
		if files, _ := findUU(data, 1); len(files) > 0 {
			return files[0].data, true
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

// undeclaredTransfer decodes text that is in quoted-printable or base64 without saying so, where that is certain: quoted-printable when it has
// soft line breaks or an escaped "=", several escapes, and no "=" that is neither; base64 when nothing else stands there, in lines of one length.
func undeclaredTransfer(data []byte) ([]byte, bool) {
	if i := bytes.IndexByte(data, '='); i >= 0 && certainlyQuotedPrintable(data[i:]) {
		return decodeQuotedPrintable(data), true
	}
	if certainlyBase64(data) {
		if out := decodeBase64(data); bytes.IndexByte(out, 0) < 0 {
			return out, true
		}
	}
	return nil, false
}

// certainlyQuotedPrintable looks at data from its first "=" on. Only escapes that an encoder must write count, for "id=20" is a sum.
func certainlyQuotedPrintable(data []byte) bool {
	soft, escapes := 0, 0
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] >= 0x80:
			return false
		case data[i] != '=':
		case i+1 < len(data) && data[i+1] == '\n':
			soft++
		case i+2 < len(data) && isUpperHex(data[i+1]) && isUpperHex(data[i+2]):
			c := unhex(data[i+1])<<4 | unhex(data[i+2])
			atEnd := i+3 == len(data) || data[i+3] == '\n'
			if c < 0x80 && c != '=' && !(atEnd && (c == ' ' || c == '\t' || c == '\r')) {
				return false
			}
			escapes++
			i += 2
		default:
			return false
		}
	}
	return soft > 0 && escapes > 0 || escapes >= 3
}

func isUpperHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

// certainlyBase64 asks for two full lines at least.
func certainlyBase64(data []byte) bool {
	data = bytes.TrimSpace(data)
	line, rest := cutLine(data)
	width := len(line)
	if width < 56 || width > 76 || width%4 != 0 || len(rest) == 0 {
		return false
	}
	total := width
	for _, c := range line {
		if !isBase64(c) {
			return false
		}
	}
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		line = bytes.TrimRight(line, "\r")
		if len(line) > width || len(line) < width && len(rest) > 0 {
			return false
		}
		for i, c := range line {
			if !isBase64(c) && !(c == '=' && len(rest) == 0 && i >= len(line)-2) {
				return false
			}
		}
		total += len(line)
	}
	return total%4 == 0
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
		for {
			i := bytes.IndexByte(line, '=')
			if i < 0 {
				break
			}
			out = append(out, line[:i]...)
			if i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
				out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
				line = line[i+3:]
			} else {
				out = append(out, '=')
				line = line[i+1:]
			}
		}
		out = append(out, line...)
		if !soft && hadEnd {
			out = append(out, '\n')
		}
	}
	return out
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
		if open && (depth != openDepth || signature || text == "") {
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
