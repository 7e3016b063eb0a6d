package mailparse

import (
	"bytes"
	"strconv"
	"strings"
)

// Files that stand in the text itself, as they did before MIME and still do: uuencoded and yEncoded.

// encodedFile is one of them.
type encodedFile struct {
	name string
	data []byte
}

// maxEncodedFiles bounds how many are taken out of one text; further ones stay in it as they are.
const maxEncodedFiles = 100

// takeUU takes uuencoded files out of plain text.
func (r *reader) takeUU(text string) string {
	if !strings.Contains(text, "begin ") {
		return text
	}
	files, rest := findUU([]byte(text), maxEncodedFiles)
	if len(files) == 0 {
		return text
	}
	r.attachEncoded(files)
	return string(rest)
}

// takeYEnc takes yEncoded files out of a body that is not decoded yet.
func (r *reader) takeYEnc(body []byte) []byte {
	if !bytes.Contains(body, []byte("=ybegin ")) {
		return body
	}
	files, rest := findYEnc(body, maxEncodedFiles)
	r.attachEncoded(files)
	return rest
}

func (r *reader) attachEncoded(files []encodedFile) {
	for _, f := range files {
		r.attach(part{name: f.name, mediaType: "application/octet-stream", disposition: "attachment"}, f.data, false)
	}
}

// findUU finds up to most uuencoded files in text and returns the text without them.
func findUU(text []byte, most int) (files []encodedFile, rest []byte) {
	kept := 0 // text up to here is in rest, or left out
	for pos := 0; pos < len(text) && len(files) < most; {
		line, after := cutLine(text[pos:])
		next := len(text) - len(after)
		if name, ok := uuBegin(line); ok {
			if data, end, ok := uuBody(after); ok {
				files = append(files, encodedFile{name, data})
				rest = append(rest, text[kept:pos]...)
				next += end
				kept = next
			}
		}
		pos = next
	}
	return files, append(rest, text[kept:]...)
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

// findYEnc finds yEncoded files (yEnc draft 1.3) and returns the body without them. Of a file in several parts each is a file.
func findYEnc(body []byte, most int) (files []encodedFile, rest []byte) {
	for len(body) > 0 {
		line, after := cutLine(body)
		if !bytes.HasPrefix(line, []byte("=ybegin ")) || len(files) >= most {
			rest = append(rest, body[:len(body)-len(after)]...)
			body = after
			continue
		}
		f := encodedFile{}
		if i := bytes.Index(line, []byte("name=")); i >= 0 {
			f.name = fileName(OneLine(rawText(string(line[i+len("name="):]), "")))
		}
		for body = after; len(body) > 0; {
			line, body = cutLine(body)
			if bytes.HasPrefix(line, []byte("=yend")) {
				break
			}
			if !bytes.HasPrefix(line, []byte("=ypart ")) {
				f.data = appendYEnc(f.data, line)
			}
		}
		files = append(files, f)
	}
	return files, rest
}

func appendYEnc(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '=' && i+1 < len(line) {
			i++
			c = line[i] - 64
		}
		out = append(out, c-42)
	}
	return out
}
