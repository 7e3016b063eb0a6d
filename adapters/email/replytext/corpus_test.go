package replytext

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"kinbridge/adapters/email/mailparse"
)

// specimen is one message of testdata/corpus; the README there says how it is written.
type specimen struct {
	name, why, from, to, subject string
	part                         map[string]string // "text", "html", "want", "sig", "quoted"
}

func readCorpus(t testing.TB) []specimen {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []specimen
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(f), ".txt")
		for _, block := range strings.Split("\n"+string(raw), "\n@@ ")[1:] {
			all = append(all, readSpecimen(t, family, block))
		}
	}
	return all
}

func readSpecimen(t testing.TB, family, block string) specimen {
	t.Helper()
	lines := strings.Split(block, "\n")
	c := specimen{name: family + "/" + lines[0], from: "Jo Price <jo.price@la.example>", to: "thread@in.kinbridge.example", subject: "Re: the review", part: map[string]string{}}
	in := ""
	for _, l := range lines[1:] {
		key, rest, _ := strings.Cut(strings.TrimPrefix(l, "@"), " ")
		switch {
		case !strings.HasPrefix(l, "@"):
			if in == "" && l != "" {
				t.Fatalf("%s: %q stands in no part", c.name, l)
			}
			if in != "" {
				c.part[in] += l + "\n"
			}
		case key == "why":
			c.why = rest
		case key == "from":
			c.from = rest
		case key == "to":
			c.to = rest
		case key == "subject":
			c.subject = rest
		default:
			in = key
			c.part[in] = ""
		}
	}
	for p := range c.part {
		if p != "text" && p != "html" && p != "want" && p != "sig" && p != "quoted" {
			t.Fatalf("%s: unknown part %q", c.name, p)
		}
	}
	if _, wants := c.part["want"]; !wants || c.why == "" {
		t.Fatalf("%s: a case needs @why and @want", c.name)
	}
	return c
}

// message is the specimen as it comes over the wire.
func (c specimen) message(t testing.TB) *mailparse.Message {
	t.Helper()
	head := "From: " + c.from + "\r\nTo: " + c.to + "\r\nSubject: " + c.subject + "\r\nMIME-Version: 1.0\r\n"
	part := func(kind, body string) string {
		return "Content-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n")
	}
	text, hasText := c.part["text"]
	page, hasPage := c.part["html"]
	var raw string
	switch {
	case hasText && hasPage:
		raw = head + "Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n--=_b\r\n" + part("plain", text) + "\r\n--=_b\r\n" + part("html", page) + "\r\n--=_b--\r\n"
	case hasPage:
		raw = head + part("html", page)
	default:
		raw = head + part("plain", text)
	}
	m, err := mailparse.Parse([]byte(raw), mailparse.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return m
}

// TestCorpus splits every specimen: the text must be exactly the author's new words, and nothing of the body may be missing.
func TestCorpus(t *testing.T) {
	all := readCorpus(t)
	seen := map[string]bool{}
	wrong := 0
	for _, c := range all {
		if seen[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		seen[c.name] = true
		m := c.message(t)
		r := Split(m)
		bad := ""
		if want := strings.TrimSpace(c.part["want"]); r.Text != want {
			bad = fmt.Sprintf("text\n%s\n-- want\n%s\n", r.Text, want)
		}
		if want, says := c.part["sig"]; says && r.Signature != strings.TrimSpace(want) {
			bad += fmt.Sprintf("-- signature\n%s\n-- want\n%s\n", r.Signature, strings.TrimSpace(want))
		}
		for _, l := range strings.Split(strings.TrimSpace(c.part["quoted"]), "\n") {
			if !strings.Contains(r.Quoted, l) {
				bad += "quoted lacks " + l + "\n"
			}
		}
		if lost := missing(m, r); lost != "" {
			bad += "lost: " + lost + "\n"
		}
		if bad != "" {
			wrong++
			t.Errorf("%s (%s)\n%s-- all of it: signature\n%s\n-- quoted\n%s\n", c.name, c.why, bad, r.Signature, r.Quoted)
		}
	}
	t.Logf("%d of %d wrong", wrong, len(all))
}

// missing names the letters and digits of the body that a reply has fewer times.
func missing(m *mailparse.Message, r Reply) string {
	body := m.Text
	if r.FromHTML {
		body = visible(m.HTML)
	}
	have := map[rune]int{}
	for _, c := range r.Text + r.Signature + r.Quoted {
		have[c]++
	}
	var out strings.Builder
	for _, c := range body {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			if have[c]--; have[c] == -1 {
				out.WriteRune(c)
			}
		}
	}
	return out.String()
}

// visible is the text of an HTML page, read without any regard to structure.
func visible(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	hidden := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			if name, _ := z.TagName(); hidden == "" && (string(name) == "style" || string(name) == "script" || string(name) == "title") {
				hidden = string(name)
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == hidden {
				hidden = ""
			}
		}
	}
}
