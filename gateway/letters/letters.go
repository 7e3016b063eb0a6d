// Package letters holds every word of the mails that Kinbridge itself writes, in English and in Welsh: notices, codes, invitations, and what
// stands around a message that is passed on. It is pure. The words are data (words/en.toml, words/cy.toml); a mail that is not whole in
// both languages does not load, which the tests find.
//
// A person at an organisation with a Welsh name gets both languages, Welsh first, as bodies in Wales write (Welsh Language Standards:
// the Welsh text is placed so that it is read first). Everybody else gets English.
package letters

import (
	"embed"
	"fmt"
	"html"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"kinbridge/gateway/workdays"
)

//go:embed words/*.toml
var wordFiles embed.FS

// Languages are those in which there are words.
var Languages = []string{workdays.English, workdays.Welsh}

// For returns the languages in which somebody is written to, in their order; welsh is the Welsh name of her organisation, "" = it has none.
func For(welsh string) []string {
	if welsh != "" {
		return []string{workdays.Welsh, workdays.English}
	}
	return []string{workdays.English}
}

// Values fill the places of a letter. Days and clocks are Europe/London and are written as each language does.
type Values struct {
	Org, Plural     string
	At, Ends, Opens time.Time
	Link, Code      string
	Slots           []time.Time // times that are proposed, one after the other in one place
}

// Letter is a mail of paragraphs, in one language or two.
type Letter struct {
	Subject  string
	sections []section
}

type section struct {
	lang  string
	parts []part
}

// part is a paragraph; a link or a code is set apart below its words.
type part struct{ words, link, code string }

// text of one letter in the data.
type text struct {
	Subject string
	Words   []string
}

// book is one language: letters, and the single words that stand around a message.
type book struct {
	Letters map[string]text
	Around  map[string]string
}

var books = sync.OnceValue(func() map[string]book {
	out := map[string]book{}
	for _, lang := range Languages {
		raw, err := wordFiles.ReadFile(path.Join("words", lang+".toml"))
		if err != nil {
			panic("letters: " + err.Error())
		}
		var b book
		if err := toml.Unmarshal(raw, &b); err != nil {
			panic(fmt.Sprintf("letters: words/%s.toml: %v", lang, err))
		}
		out[lang] = b
	}
	return out
})

// Write writes a letter. ends name letters whose paragraphs follow, such as "automatic"; a name that there is no letter of is a fault of
// the program.
func Write(name string, langs []string, v Values, ends ...string) Letter {
	var l Letter
	var subjects []string
	for _, lang := range langs {
		s := section{lang: lang}
		for i, n := range append([]string{name}, ends...) {
			t, ok := books()[lang].Letters[n]
			if !ok {
				panic("letters: there is no letter " + n)
			}
			if i == 0 {
				subjects = append(subjects, fill(t.Subject, lang, v))
			}
			for _, w := range t.Words {
				p := part{}
				if cut, ok := strings.CutSuffix(w, " {link}"); ok {
					w, p.link = cut, v.Link
				} else if cut, ok := strings.CutSuffix(w, " {code}"); ok {
					w, p.code = cut, v.Code
				}
				p.words = fill(w, lang, v)
				s.parts = append(s.parts, p)
			}
		}
		l.sections = append(l.sections, s)
	}
	l.Subject = strings.Join(subjects, " / ")
	return l
}

func fill(words, lang string, v Values) string {
	if !strings.Contains(words, "{{") {
		return words
	}
	t := template.Must(template.New("").Option("missingkey=error").Parse(words))
	var b strings.Builder
	var slots []string
	for _, s := range v.Slots {
		slots = append(slots, Day(s, lang))
	}
	err := t.Execute(&b, map[string]string{"Slots": strings.Join(slots, "; "), "Org": v.Org, "At": Day(v.At, lang), "On": on(v.At, lang), "Ends": Clock(v.Ends), "Opens": Clock(v.Opens)})
	if err != nil {
		panic("letters: " + err.Error())
	}
	return b.String()
}

// Text is the letter as plain text.
func (l Letter) Text() string {
	var b strings.Builder
	for i, s := range l.sections {
		if i > 0 {
			b.WriteString(strings.Repeat("-", 68) + "\n\n")
		}
		for _, p := range s.parts {
			b.WriteString(p.words + "\n")
			if set := p.link + p.code; set != "" {
				b.WriteString("\n    " + set + "\n")
			}
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// HTML is the letter as a page; each language is marked as such, for whoever hears it read.
func (l Letter) HTML() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"" + l.sections[0].lang + "\"><head><meta charset=\"utf-8\"><title>" + html.EscapeString(l.Subject) + "</title></head><body>\n")
	for i, s := range l.sections {
		if i > 0 {
			b.WriteString("<hr>\n")
		}
		b.WriteString("<div lang=\"" + s.lang + "\">\n")
		for _, p := range s.parts {
			b.WriteString("<p>" + html.EscapeString(p.words) + "</p>\n")
			if p.link != "" {
				b.WriteString("<p><a href=\"" + html.EscapeString(p.link) + "\">" + html.EscapeString(p.link) + "</a></p>\n")
			}
			if p.code != "" {
				b.WriteString("<p><strong>" + html.EscapeString(p.code) + "</strong></p>\n")
			}
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

// Around returns the words that stand around a message that is passed on, by their names in the data.
func Around(lang string) map[string]string { return books()[lang].Around }

// Wrap breaks words into lines of at most 68 characters, as plain text around a message has them.
func Wrap(words string) string {
	var b strings.Builder
	n := 0
	for i, w := range strings.Fields(words) {
		size := utf8.RuneCountInString(w)
		switch {
		case i == 0:
		case n+1+size > 68:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += size
	}
	return b.String()
}

// Subject names a message that is passed on, in each language.
func Subject(langs []string, reference string) string {
	var out []string
	for _, lang := range langs {
		out = append(out, Around(lang)["subject"])
	}
	if len(out) > 1 { // the reference once: it must not look like two
		return strings.Join(out, " / ") + ", " + reference
	}
	return out[0] + ", " + Around(langs[0])["subject_reference"] + " " + reference
}

// FileReason says in a language why a file does not go with a mail.
func FileReason(lang, reason string) string {
	if w := Around(lang)["file_"+reason]; w != "" {
		return w
	}
	return Around(lang)["file_other"]
}

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("letters: the zone database has no Europe/London: " + err.Error())
	}
	return l
}()

// Day writes "Monday 23 November 2026 at 2pm (GMT)", "dydd Llun 23 Tachwedd 2026 am 2pm (GMT)".
func Day(t time.Time, lang string) string {
	at := " at "
	if lang == workdays.Welsh {
		at = " am "
	}
	return workdays.LongDate(workdays.Of(t), lang) + at + Clock(t)
}

// on says when: "on Monday 23 November …"; Welsh says it by the soft mutation, which "o" (of) asks for too: "ddydd Llun 23 Tachwedd …".
func on(t time.Time, lang string) string {
	if lang == workdays.Welsh {
		return "d" + Day(t, lang)
	}
	return "on " + Day(t, lang)
}

// Clock writes "2pm (GMT)" or "2:05pm (BST)", as both languages do.
func Clock(t time.Time) string {
	t = t.In(london)
	if t.Minute() == 0 {
		return t.Format("3pm (MST)")
	}
	return t.Format("3:04pm (MST)")
}

// Names returns the names of all letters in a language, sorted.
func Names(lang string) []string {
	var out []string
	for n := range books()[lang].Letters {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
