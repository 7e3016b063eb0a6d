package staff

import (
	"net/http"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type findView struct {
	Searched bool
	Count    int
	More     bool
	Found    []foundView
	Most     int    // characters
	Searches string // where administrators read who looked for what; "" for others
}

// foundView is one person found.
type foundView struct {
	Name  string
	What  string // what she is
	Lines []string
	Cases []web.Link
}

// findPage asks whom to look for.
func (s *Staff) findPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if !flow.MayLookUp(me.Actor()) {
		return ids.ErrNotFound
	}
	return s.showFind(w, r, me, http.StatusOK, &web.Form{}, findView{})
}

// find looks for a person. It is a POST so that no name gets into an address, a history or a log.
func (s *Staff) find(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if ok, wait := s.finds.Allow(string(me.ID)); !ok {
		web.RetryAfter(w, wait)
		form.Fail("name", loc.T("staff.find.too_many"))
		return s.showFind(w, r, me, http.StatusTooManyRequests, form, findView{})
	}
	got, err := s.flow.LookUp(r.Context(), me.Actor(), form.Value("name"))
	if ids.KindOf(err) == ids.Invalid {
		form.Fail("name", loc.T("staff.find.length", "Least", flow.MinLookUp, "Most", flow.MaxLookUp))
		return s.showFind(w, r, me, http.StatusUnprocessableEntity, form, findView{})
	}
	if err != nil {
		return err
	}
	v := findView{Searched: true, Count: len(got.People), More: got.More}
	for _, p := range got.People {
		v.Found = append(v.Found, foundPerson(loc, p))
	}
	return s.showFind(w, r, me, http.StatusOK, form, v)
}

func (s *Staff) showFind(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, v findView) error {
	if v.Most = flow.MaxLookUp; me.Role == ids.RoleAdministrator {
		v.Searches = "/audit/searches"
	}
	p := s.page(r, me, s.pages.Loc(r).T("staff.find.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "find", p)
}

func foundPerson(loc i18n.Loc, p flow.Found) foundView {
	v := foundView{Name: p.Name, What: loc.T("staff.find.is_" + string(p.Kind))}
	line := func(text string) {
		if text != "" {
			v.Lines = append(v.Lines, text)
		}
	}
	if p.Office != "" {
		v.What = office(loc, p.Office)
	}
	line(p.Number)
	line(p.Body.In(string(loc.Lang())))
	line(p.Email)
	for _, c := range p.Cases {
		text := c.Reference
		if p.Kind != flow.FoundMother {
			text = c.Reference + ", " + c.Mother
		}
		v.Cases = append(v.Cases, web.Link{Href: "/cases/" + string(c.ID), Text: text})
	}
	return v
}

// searches shows administrators who looked for whom.
func (s *Staff) searches(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rows, err := s.flow.LookUps(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.find.searches"), CaptionHidden: true, Empty: loc.T("staff.find.no_searches"),
		Columns: []web.Column{{Title: loc.T("staff.find.when")}, {Title: loc.T("staff.find.who")}, {Title: loc.T("staff.find.words")}, {Title: loc.T("staff.find.shown"), Numeric: true}}}
	for _, x := range rows {
		t.Rows = append(t.Rows, []web.Cell{{At: x.At}, {Text: x.Name}, {Text: strings.TrimSpace(x.Words)}, {Text: strconv.Itoa(x.Found), Numeric: true}})
	}
	p := s.page(r, me, loc.T("staff.find.searches"), t)
	p.Back = backTo(loc, "audit", "/audit")
	return s.pages.Render(w, r, http.StatusOK, "searches", p)
}
