package web

import (
	"html/template"
	"strings"
	"time"

	"kinbridge/adapters/web/i18n"
)

// funcs are the functions templates may call, bound to one language.
func (s *Site) funcs(l i18n.Lang) template.FuncMap {
	loc := s.words.Loc(l)
	when := When{Loc: loc, Now: s.now}
	return template.FuncMap{
		"t": loc.Text, "tn": loc.Count,
		"asset":    s.assets.URL,
		"lang":     func() string { return string(l) },
		"clock":    when.Clock,
		"date":     when.Date,
		"longdate": when.LongDate,
		"datetime": when.DateTime,
		"day":      when.Day,
		"isotime":  when.ISO,
		"input":    NewField, "textarea": NewField, "select": NewField, "radios": NewField, "checkboxes": NewField,
		"opt":        Opt,
		"options":    func(list ...Option) []Option { return list },
		"link":       func(text, href string) *Link { return &Link{Text: text, Href: href} },
		"button":     func(text string) Button { return Button{Text: text} },
		"linkbutton": func(text, href string) Button { return Button{Text: text, Href: href} },
		"secondary":  func(b Button) Button { b.Kind = "secondary"; return b },
		"warning":    func(b Button) Button { b.Kind = "warning"; return b },
		"named":      func(name, value string, b Button) Button { b.Name, b.Value = name, value; return b },
		"tag":        func(text, colour string) Tag { return Tag{Text: text, Colour: colour} },
		"badge":      func(text, colour string) Badge { return Badge{Text: text, Colour: colour} },
		"details":    func(summary, text string) Details { return Details{Summary: summary, Text: text} },
		"paragraphs": Paragraphs,
		"newday":     newDay,
		"headinglevel": func(n int) int {
			if n < 2 || n > 4 {
				return 2
			}
			return n
		},
	}
}

// Paragraphs parts plain text at blank lines, and each paragraph into its lines, so that a template can show what somebody
// wrote with the breaks she made.
func Paragraphs(text string) [][]string {
	var out [][]string
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if line == "" {
			if len(lines) > 0 {
				out = append(out, lines)
			}
			lines = nil
			continue
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		out = append(out, lines)
	}
	return out
}

// newDay reports whether the i-th message is on another day, in London, than the one before it.
func newDay(items []MessageItem, i int) bool {
	return i == 0 || items[i].At.In(London).Format(time.DateOnly) != items[i-1].At.In(London).Format(time.DateOnly)
}
