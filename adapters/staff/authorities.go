package staff

import (
	"net/http"
	"net/url"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type authoritiesView struct {
	Table    web.Table
	Count    int
	Searched bool
}

// authorities lists the local authorities by name, with what is known of their duty teams.
func (s *Staff) authorities(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, search := s.pages.Loc(r), r.URL.Query().Get("q")
	rows, err := s.flow.Authorities(r.Context(), me.Actor(), search)
	if err != nil {
		return err
	}
	t := web.Table{Caption: loc.T("staff.authority.title"), CaptionHidden: true, Empty: loc.T("staff.authority.none"), Columns: []web.Column{{Title: loc.T("staff.authority.name")},
		{Title: loc.T("staff.authority.duty")}, {Title: loc.T("staff.authority.domain")}}}
	for _, a := range rows {
		duty := web.Cell{Text: a.Agency.Duty.Email, Small: a.Agency.Duty.Phone}
		if a.Agency.Duty == (people.Duty{}) {
			duty.Tag = &web.Tag{Text: loc.T("staff.authority.unknown"), Colour: "grey"}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: authorityName(a), Href: "/authorities/" + authorityKey(a), Small: a.WelshName}, duty, {Text: strings.Join(strings.Fields(a.Agency.Domain), ", ")}})
	}
	p := s.page(r, me, loc.T("staff.authority.title"), authoritiesView{t, len(rows), search != ""})
	p.Form = &web.Form{Values: url.Values{"q": {search}}}
	return s.pages.Render(w, r, http.StatusOK, "authorities", p)
}

func authorityName(a flow.AuthorityRow) string {
	if a.Name == "" {
		return a.Agency.Name
	}
	return a.Name
}

func authorityKey(a flow.AuthorityRow) string {
	if a.Slug == "" {
		return string(a.Agency.ID)
	}
	return a.Slug
}

type authorityView struct{ Key string }

func (s *Staff) authorityPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showAuthority(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showAuthority(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	a, err := s.flow.AuthorityDuty(r.Context(), me.Actor(), r.PathValue("authority"))
	if err != nil {
		return err
	}
	if form.Values == nil {
		form.Values = url.Values{"email": {a.Agency.Duty.Email}, "phone": {a.Agency.Duty.Phone}, "domains": {a.Agency.Domain}}
	}
	p := s.page(r, me, authorityName(a), authorityView{authorityKey(a)})
	p.Form, p.Back = form, backTo(s.pages.Loc(r), "authorities", "/authorities")
	return s.pages.Render(w, r, status, "authority", p)
}

// setDuty records how one authority's duty team is reached.
func (s *Staff) setDuty(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	d := directory.Duty{Email: form.Value("email"), Phone: form.Value("phone"), Domains: strings.Fields(strings.ReplaceAll(form.Value("domains"), ",", " "))}
	err = s.flow.SetDuty(r.Context(), me.Actor(), r.PathValue("authority"), d)
	if invalid(err) {
		field := "email"
		if strings.Contains(public(err), "domain") {
			field = "domains"
		}
		form.Fail(field, public(err))
		return s.showAuthority(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/authorities?done=duty_set")
}

type dutyTableView struct {
	Table   *web.Table // what it would change
	Faults  []string   // of lines that are left out
	Changes int
}

func (s *Staff) dutyTablePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if _, err := s.flow.Authorities(r.Context(), me.Actor(), ""); err != nil { // the form is for administrators, too
		return err
	}
	return s.showDutyTable(w, r, me, http.StatusOK, &web.Form{}, dutyTableView{})
}

func (s *Staff) showDutyTable(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, v dutyTableView) error {
	loc := s.pages.Loc(r)
	p := s.page(r, me, loc.T("staff.authority.table_title"), v)
	p.Form, p.Back = form, backTo(loc, "authorities", "/authorities")
	return s.pages.Render(w, r, status, "duty_table", p)
}

// dutyTable shows what a table would change, then takes it.
func (s *Staff) dutyTable(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, text, err := readTableFile(w, r, "table")
	if err != nil {
		return err
	}
	loc, data := s.pages.Loc(r), []byte(text)
	if form.Value("do") == "take" {
		if _, _, err = s.flow.ImportDuty(r.Context(), me.Actor(), data); err == nil {
			return web.Redirect(w, r, "/authorities?done=duty_set")
		}
	}
	var v dutyTableView
	list, faults, err := s.flow.PreviewDuty(r.Context(), me.Actor(), data)
	if invalid(err) {
		form.Fail("table", public(err))
		return s.showDutyTable(w, r, me, http.StatusUnprocessableEntity, form, v)
	}
	if err != nil {
		return err
	}
	t := web.Table{Caption: loc.T("staff.authority.preview"), Empty: loc.T("staff.authority.nothing"), Columns: []web.Column{{Title: loc.T("staff.authority.name")},
		{Title: loc.T("staff.authority.duty")}, {Title: loc.T("staff.authority.domain")}}}
	for _, c := range list {
		if !c.Changes {
			continue
		}
		v.Changes++
		t.Rows = append(t.Rows, []web.Cell{{Text: c.Name}, {Text: c.Email, Small: c.Phone}, {Text: strings.Join(c.Domains, ", ")}})
	}
	v.Table = &t
	if err := faults.Err(); err != nil {
		v.Faults = strings.Split(strings.TrimSpace(public(err)), "\n")
	}
	return s.showDutyTable(w, r, me, http.StatusOK, form, v)
}

func invalid(err error) bool {
	k := ids.KindOf(err)
	return k == ids.Invalid || k == ids.TooLarge
}

func public(err error) string { return ids.Public(err) }
