package mailparse

import (
	"path"
	"sort"
	"strconv"
	"strings"

	"kinbridge/adapters/email/mailparse/charset"
)

// mediaType reads a Content-Type or Content-Disposition value (RFC 2045 section 5.1, RFC 2183): the lower-case value and
// its parameters, with RFC 2231 continuations and charsets, and RFC 2047 words where programs wrongly write them.
func mediaType(v, hint string) (string, map[string]string) {
	// Raw bytes are decoded first: in the charsets of East Asia they can look like marks of the syntax.
	value, rest, _ := strings.Cut(rawText(v, hint), ";")
	value, _, _ = strings.Cut(value, "(")
	value = strings.ToLower(strings.Join(strings.Fields(value), ""))
	raw := map[string]string{}
	for len(rest) > 0 && len(raw) < 200 {
		var name, val string
		name, val, rest = nextParam(rest)
		if name != "" {
			if _, twice := raw[name]; !twice {
				raw[name] = val
			}
		}
	}
	return value, joinParams(raw, hint)
}

// nextParam reads one name=value; a value may be quoted, and an unquoted one may (wrongly) hold blanks.
func nextParam(s string) (name, val, rest string) {
	s = strings.TrimLeft(s, "; \t")
	eq := strings.IndexAny(s, "=;")
	if eq < 0 {
		return "", "", ""
	}
	if s[eq] == ';' {
		return "", "", s[eq+1:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:eq]))
	s = strings.TrimLeft(s[eq+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		if text, n := quotedParam(s); n > 1 {
			return name, text, s[n:]
		}
		s = s[1:]
	}
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	val = strings.Trim(s[:end], " \t\"")
	if n := len(val); n > 2 && val[0] == '\'' && val[n-1] == '\'' && !strings.Contains(name, "*") {
		val = val[1 : n-1]
	}
	if i := strings.Index(val, " ("); i > 0 && strings.HasSuffix(val, ")") && strings.Contains(val[:i], ".") {
		val = val[:i] // a comment
	}
	return name, val, s[end:]
}

// quotedParam is quoted, except that a backslash before anything but a quote or a backslash stays: Windows paths.
func quotedParam(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 1
}

// section is one piece of a parameter (RFC 2231 section 3): name*n or name*n*.
type section struct {
	n       int
	encoded bool
	val     string
}

func joinParams(raw map[string]string, hint string) map[string]string {
	out := map[string]string{}
	parts := map[string][]section{}
	for name, val := range raw {
		base, mark, has := strings.Cut(name, "*")
		if base == "" {
			continue
		}
		if !has {
			if _, done := out[name]; !done {
				out[name] = plainParam(val, hint)
			}
			continue
		}
		sec := section{encoded: mark == "" || strings.HasSuffix(mark, "*"), val: val}
		sec.n, _ = strconv.Atoi(strings.TrimSuffix(mark, "*"))
		parts[base] = append(parts[base], sec)
	}
	for base, secs := range parts {
		sort.Slice(secs, func(i, j int) bool { return secs[i].n < secs[j].n })
		if v := joinSections(secs, hint); v != "" {
			out[base] = v // the extended form wins over a plain one beside it (RFC 6266 section 4.3)
		}
	}
	return out
}

// plainParam reads the value of a parameter that is not marked as extended, though it may be written as if it were: filename="utf-8”a%20b".
func plainParam(val, hint string) string {
	if label, text, ok := extendedValue(val); ok && strings.Contains(text, "%") {
		decoded, _ := charset.Read(percent(text), label, hint)
		return OneLine(decoded)
	}
	return OneLine(decodeWords(val, hint))
}

// extendedValue splits charset'language'text (RFC 2231 section 4); the quote after the language may be missing.
func extendedValue(v string) (label, text string, ok bool) {
	label, rest, ok := strings.Cut(v, "'")
	if !ok || len(label) > 40 {
		return "", v, false
	}
	if _, text, both := strings.Cut(rest, "'"); both && (label == "" || charset.Known(label) || charset.Canonical(label) == "") {
		return label, text, true
	}
	return label, rest, charset.Known(label)
}

func joinSections(secs []section, hint string) string {
	label, started := "", false
	var data []byte
	for i, s := range secs {
		v := s.val
		// The charset belongs to the first section; some programs give it to each, some do not mark the section as encoded.
		if cs, text, ok := extendedValue(v); ok && (s.encoded && (i == 0 || started && cs != "" && strings.EqualFold(cs, label)) || i == 0 && strings.Contains(text, "%")) {
			label, v, started = cs, text, true
			s.encoded = true
		}
		if s.encoded {
			data = append(data, percent(v)...)
		} else {
			data = append(data, v...)
		}
	}
	if label == "" && strings.Contains(string(data), "=?") {
		return OneLine(decodeWords(string(data), hint))
	}
	text, _ := charset.Read(data, label, hint)
	return OneLine(text)
}

func percent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// fileName keeps the last element of a name that may carry a folder of any system; "" for names that are none.
func fileName(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, `\`, "/"))
	if s == "" {
		return ""
	}
	if s = path.Base(s); s == "." || s == ".." || s == "/" {
		return ""
	}
	return s
}
