package mailkind

import (
	"html"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

// ownLimit is how much of a body is read to tell who wrote it. Programs say it at once.
const ownLimit = 2500

// ownWords is the beginning of a body up to where something quoted begins, and whether something was.
type ownWords struct {
	text   string
	quotes bool
}

// readOwnWords takes the plain text where there is some, else the HTML.
func readOwnWords(m *mailparse.Message) ownWords {
	text := head(m.Text, 2*ownLimit)
	if strings.TrimSpace(text) == "" && m.HTML != "" {
		text = htmlText(m.HTML, 2*ownLimit)
	}
	var w ownWords
	w.text = strings.TrimLeft(strings.ToValidUTF8(head(text, ownLimit), ""), " \t\n\u00a0")
	for _, mark := range quoteMarks {
		i := strings.Index(w.text, mark)
		if i >= 0 && (i > 0 || mark[0] == '>') {
			w.text, w.quotes = w.text[:i], true
		}
	}
	return w
}

// quoteMarks begin what is quoted. An answer that begins with one has no words of its own.
var quoteMarks = []string{"\n>", "\n-----", "\n____", "\nFrom:", "\n*From:", "\nVon:", "\nDe :", "\nDe:", "\nDa:", "\nVan:", "\nFrån:", "\nFra:", "\nOd:", "\nOddi wrth:", " wrote:\n",
	"> wrote:", " ysgrifennodd:\n", " schrieb:\n", " a écrit :\n", " a écrit:\n", " escribió:\n", " ha scritto:\n", " schreef:\n", " skrev:\n"}

// htmlText is enough of an HTML reader for looking a text through: at most limit bytes of it, never for showing.
func htmlText(s string, limit int) string {
	s = head(s, 256<<10)
	var b strings.Builder
	for len(s) > 0 && b.Len() < limit {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		b.WriteString(strings.Join(strings.FieldsFunc(s[:i], func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "))
		if s = s[i:]; s == "" {
			break
		}
		end := strings.IndexByte(s, '>')
		if end < 0 {
			break
		}
		tag := strings.ToLower(head(s[1:end], 12))
		s = s[end+1:]
		switch name := strings.FieldsFunc(tag+" ", func(r rune) bool { return r == ' ' || r == '/' }); {
		case len(name) == 0:
		case strings.HasPrefix(tag, "!--") && !strings.HasSuffix(head(tag, 12), "--"):
		case name[0] == "style" || name[0] == "script" || name[0] == "head" || name[0] == "title":
			if j := indexFold(s, "</"+name[0]); j >= 0 && !strings.HasPrefix(tag, "/") {
				s = s[j:]
			}
		case blockTags[name[0]]:
			b.WriteByte('\n')
		}
	}
	return html.UnescapeString(b.String())
}

var blockTags = map[string]bool{"br": true, "p": true, "div": true, "tr": true, "td": true, "li": true, "h1": true, "h2": true, "h3": true, "h4": true, "table": true,
	"blockquote": true, "hr": true, "ul": true, "ol": true, "pre": true}

// indexFold is strings.Index for a lower-case ASCII word in any case.
func indexFold(s, word string) int {
	for i := 0; i+len(word) <= len(s); {
		j := strings.IndexByte(s[i:], word[0])
		if j < 0 || i+j+len(word) > len(s) {
			return -1
		}
		if i += j; strings.EqualFold(s[i:i+len(word)], word) {
			return i
		}
		i++
	}
	return -1
}

// head is the first n bytes of s.
func head(s string, n int) string { return s[:min(len(s), n)] }
