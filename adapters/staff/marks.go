package staff

import (
	"slices"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
)

// marked parts a text into paragraphs and lines, as web.Paragraphs does, and shows where flags found something. Each mark has a number, counted from
// 1 in the order of the text; one that begins within another is shown with it.
func marked(text string, marks []flow.Mark) (out []web.MarkedParagraph) {
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(a, b flow.Mark) int { return a.Start - b.Start })
	var lines web.MarkedParagraph
	next := 0
	for at := 0; at <= len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		if strings.TrimSpace(text[at:end]) == "" {
			if len(lines) > 0 {
				out = append(out, lines)
			}
			lines = nil
		} else {
			var line []web.Span
			line, next = markLine(text, at, end, marks, next)
			lines = append(lines, line)
		}
		at = end + 1
	}
	if len(lines) > 0 {
		out = append(out, lines)
	}
	return out
}

// markLine is the line from at to end, and the first mark after it.
func markLine(text string, at, end int, marks []flow.Mark, next int) (line []web.Span, after int) {
	for ; next < len(marks) && marks[next].Start < end; next++ {
		m := marks[next]
		if m.Start < at { // within what was shown, or begun on the line before
			if len(line) > 0 && len(line[len(line)-1].Marks) > 0 {
				line[len(line)-1].Marks = append(line[len(line)-1].Marks, next+1)
				continue
			}
			m.Start = at
		}
		stop := min(max(m.End, m.Start), end)
		if m.Start > at {
			line = append(line, web.Span{Text: text[at:m.Start]})
		}
		line = append(line, web.Span{Text: text[m.Start:stop], Marks: []int{next + 1}})
		at = stop
	}
	if at < end {
		line = append(line, web.Span{Text: text[at:end]})
	}
	return line, next
}

// pointedView is what flags pointed out in a message, for its reviewer.
type pointedView struct {
	Title string
	Notes []string // by number
	More  []string // found elsewhere than in its words
	Cut   bool
}

func pointed(loc i18n.Loc, body string, p flow.Pointed) *pointedView {
	if p.Count() == 0 && !p.Cut {
		return nil
	}
	v := &pointedView{Title: loc.N("staff.queue.pointed", p.Count()), Cut: p.Cut}
	marks := slices.Clone(p.Marks)
	slices.SortStableFunc(marks, func(a, b flow.Mark) int { return a.Start - b.Start })
	note := func(words, note string) string {
		if note == "" {
			return "“" + words + "”"
		}
		return "“" + words + "”: " + note
	}
	for _, m := range marks {
		v.Notes = append(v.Notes, note(body[m.Start:m.End], m.Note))
	}
	for _, m := range p.InSubject {
		v.More = append(v.More, loc.T("staff.flags.in_subject", "Note", m.Note))
	}
	for _, m := range p.InFiles {
		v.More = append(v.More, loc.T("staff.flags.in_file", "Note", m.Note))
	}
	return v
}
