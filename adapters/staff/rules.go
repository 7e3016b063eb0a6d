package staff

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
)

type rulesView struct {
	Table web.Table
	Act   string // of one chapter
}

// rules is the contents of the rule book.
func (s *Staff) rules(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	book, err := s.flow.RuleBook(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := web.Table{Caption: loc.T("staff.rules.title"), CaptionHidden: true, Columns: []web.Column{{Title: loc.T("staff.rules.act")}, {Title: loc.T("staff.rules.count"), Numeric: true}}}
	for _, c := range book {
		t.Rows = append(t.Rows, []web.Cell{{Text: sentence(c.Title), Href: "/rules/" + string(c.Act), Small: string(c.Act)}, {Text: strconv.Itoa(len(c.Rules)), Numeric: true}})
	}
	return s.pages.Render(w, r, http.StatusOK, "rules", s.page(r, me, loc.T("staff.rules.title"), rulesView{Table: t}))
}

// chapter is the decision table of one act: the rules in the order in which they are tried.
func (s *Staff) chapter(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	book, err := s.flow.RuleBook(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(book, func(c *policy.Chapter) bool { return string(c.Act) == r.PathValue("act") })
	if i < 0 {
		return ids.ErrNotFound
	}
	c := book[i]
	t := web.Table{Caption: sentence(c.Title), CaptionHidden: true, Columns: []web.Column{{Title: "#", Numeric: true}, {Title: loc.T("staff.rules.when")},
		{Title: loc.T("staff.rules.answer")}, {Title: loc.T("staff.rules.why")}}}
	for n, l := range c.Lines() {
		answer := web.Cell{Text: sentence(l.Answer)}
		if l.Act != "" {
			answer.Href = "/rules/" + string(l.Act)
		}
		if l.Duties != "" {
			answer.Small = loc.T("staff.rules.also") + " " + l.Duties + "."
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: strconv.Itoa(n + 1), Numeric: true}, {Text: sentence(l.When)}, answer, {Text: strings.TrimSpace(l.Why + " " + l.Do), Small: l.Name}})
	}
	return s.pages.Render(w, r, http.StatusOK, "rules", s.page(r, me, sentence(c.Title), rulesView{Table: t, Act: string(c.Act)}))
}

// sentence begins words with a capital.
func sentence(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}
