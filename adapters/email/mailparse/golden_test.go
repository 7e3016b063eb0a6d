package mailparse

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// golden is one case of testdata/*.txt; testdata/README.md explains the form.
type golden struct{ name, why, mail, want string }

func goldens(t testing.TB) []golden {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split("\n"+string(raw), "\n=== ")[1:] {
			head, rest, ok1 := strings.Cut(c, "\n--- mail\n")
			mail, want, ok2 := strings.Cut(rest, "\n--- want\n")
			name, why, ok3 := strings.Cut(head, "\n")
			if !ok1 || !ok2 || !ok3 || strings.TrimSpace(why) == "" {
				t.Fatalf("%s: case %.40q is not in the form", f, c)
			}
			out = append(out, golden{name, why, expand(t, mail+"\n"), want})
		}
	}
	if len(out) < 120 {
		t.Fatalf("only %d cases", len(out))
	}
	return out
}

var (
	macro  = regexp.MustCompile(`(?s)\{\{(raw|q|b64|word|qword|file|repeat) ([^|}]*)\|?(.*?)\}\}`)
	escape = regexp.MustCompile(`\\(?:x[0-9a-f]{2}|[rnt0\\])`)
)

// expand turns the readable form of a mail into its bytes.
func expand(t testing.TB, s string) string {
	s = macro.ReplaceAllStringFunc(s, func(m string) string {
		p := macro.FindStringSubmatch(m)
		if p[1] == "file" {
			b, err := os.ReadFile(p[2])
			if err != nil {
				t.Fatal(err)
			}
			return base64.StdEncoding.EncodeToString(b)
		}
		if p[1] == "repeat" {
			n, err := strconv.Atoi(p[2])
			if err != nil {
				t.Fatal(err)
			}
			return strings.Repeat(p[3], n)
		}
		raw := inCharset(t, unescape(p[3]), p[2])
		switch p[1] {
		case "b64":
			return base64.StdEncoding.EncodeToString([]byte(raw))
		case "word":
			return "=?" + p[2] + "?B?" + base64.StdEncoding.EncodeToString([]byte(raw)) + "?="
		case "q":
			return quoted16(raw, false)
		case "qword":
			return "=?" + p[2] + "?Q?" + quoted16(raw, true) + "?="
		}
		return hexEscapes(raw)
	})
	return unescape(s)
}

func unescape(s string) string {
	return escape.ReplaceAllStringFunc(s, func(m string) string {
		u, err := strconv.Unquote(`"` + strings.Replace(m, `\0`, `\x00`, 1) + `"`)
		if err != nil {
			return m
		}
		return u
	})
}

func hexEscapes(raw string) string {
	var b strings.Builder
	for _, c := range []byte(raw) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

func quoted16(raw string, word bool) string {
	var b strings.Builder
	for _, c := range []byte(raw) {
		switch {
		case c == ' ' && word:
			b.WriteByte('_')
		case c > ' ' && c < 0x7f && c != '=' && c != '?' && c != '_' && c != '\\' || c == '\n' && !word || c == ' ':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func inCharset(t testing.TB, text, name string) string {
	enc, err := htmlindex.Get(name)
	if e, ok := map[string]encoding.Encoding{"ibm850": charmap.CodePage850, "ibm437": charmap.CodePage437}[name]; ok {
		enc, err = e, nil
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out, err := enc.NewEncoder().String(text)
	if err != nil {
		t.Fatalf("%q in %s: %v", text, name, err)
	}
	return out
}

// facts are the lines by which a case can say what it wants.
func facts(m *Message, err error) map[string]string {
	list := func(as []Address) string {
		var out []string
		for _, a := range as {
			out = append(out, a.String())
		}
		return strings.Join(out, " | ")
	}
	files := ""
	for i, a := range m.Attachments {
		if i > 0 {
			files += " | "
		}
		files += fmt.Sprintf("%s %s %d", a.Name, a.Type, len(a.Data))
	}
	date := ""
	if !m.Date.IsZero() {
		date = m.Date.UTC().Format("2006-01-02T15:04:05Z")
	}
	kind := ""
	if err != nil {
		kind = "error"
	}
	return map[string]string{
		"subject": m.Subject, "from": list(m.From), "to": list(m.To), "cc": list(m.Cc), "reply-to": list(m.ReplyTo), "date": date, "id": m.MessageID, "in-reply-to": strings.Join(m.InReplyTo, " "),
		"references": strings.Join(m.References, " "), "text": m.Text, "html": m.HTML, "files": files, "protection": string(m.Protection),
		"problems": strings.Join(m.Problems, " "), "error": kind, "calendars": strconv.Itoa(len(m.Calendar)),
	}
}

// TestGolden compares what each case names; a case that names no problems has none.
func TestGolden(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range goldens(t) {
		if seen[c.name] {
			t.Fatalf("%q twice", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse([]byte(c.mail), Limits{})
			if m == nil {
				t.Fatal(err)
			}
			got := facts(m, err)
			want := map[string]string{"problems": "", "error": ""}
			for line := range strings.Lines(c.want) {
				line = strings.TrimSuffix(line, "\n")
				if line == "" {
					continue
				}
				key, value, ok := strings.Cut(line, ":")
				if _, known := got[key]; !ok || !known {
					t.Fatalf("no such fact: %q", line)
				}
				want[key] = unescape(strings.TrimPrefix(value, " "))
			}
			for key, w := range want {
				if g := got[key]; g != w && !(key == "problems" && w == "some" && g != "") {
					t.Errorf("%s: %q, want %q", key, g, w)
				}
			}
		})
	}
}
