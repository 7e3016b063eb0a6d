package join

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	markup   = regexp.MustCompile(`(?i)</(?:a|b|body|div|html|li|p|span|strong|table|td|ul)>|<br\s*/?>`)
	brackets = regexp.MustCompile(`(?i)<(?:https?|tel|mailto):`)
)

// FlattenDescription turns a DESCRIPTION into text: some programs write HTML into it, and those that write text write links as label<url>.
func FlattenDescription(s string) string {
	if !strings.Contains(s, "<") || brackets.MatchString(s) || !markup.MatchString(s) {
		return s
	}
	return Flatten(s)
}

// Flatten turns HTML into text with one line per block and links written as label<url>.
func Flatten(src string) string {
	if !strings.Contains(src, "<") {
		return src
	}
	var b strings.Builder
	var hrefs []string
	var skip int
	z := html.NewTokenizer(strings.NewReader(src[:min(len(src), maxText)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(" "+string(z.Text())+" ", func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, has := z.TagName()
			switch tag := atom.Lookup(name); tag {
			case atom.A:
				href := ""
				for has {
					var k, v []byte
					k, v, has = z.TagAttr()
					if string(k) == "href" {
						href = string(v)
					}
				}
				if len(hrefs) < 100 {
					hrefs = append(hrefs, href)
				}
			case atom.Script, atom.Style:
				skip++
			case atom.Br, atom.P, atom.Div, atom.Tr, atom.Td, atom.Li, atom.Hr, atom.Table, atom.H1, atom.H2, atom.H3:
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.A:
				if n := len(hrefs); n > 0 {
					if hrefs[n-1] != "" {
						b.WriteString("<" + hrefs[n-1] + "> ")
					}
					hrefs = hrefs[:n-1]
				}
			case atom.Script, atom.Style:
				skip = max(0, skip-1)
			case atom.P, atom.Div, atom.Tr, atom.Li, atom.Table, atom.H1, atom.H2, atom.H3:
				b.WriteByte('\n')
			}
		}
	}
}
