package staff

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type usersView struct{ Table web.Table }

// users lists everybody who has or had access.
func (s *Staff) users(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	list, err := s.flow.Users(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	names, err := s.agencyNames(r)
	if err != nil {
		return err
	}
	t := web.Table{Caption: loc.T("staff.users.title"), CaptionHidden: true, Columns: []web.Column{{Title: loc.T("staff.users.name")}, {Title: loc.T("staff.users.role")},
		{Title: loc.T("staff.users.agency")}, {Title: loc.T("staff.users.state")}}}
	for _, u := range list {
		t.Rows = append(t.Rows, []web.Cell{{Text: u.Name, Href: "/users/" + string(u.ID), Small: u.Email}, {Text: loc.T("staff.role." + string(u.Role))},
			{Text: names[u.Agency]}, {Tag: s.accessTag(r, u)}})
	}
	return s.pages.Render(w, r, http.StatusOK, "users", s.page(r, me, loc.T("staff.users.title"), usersView{t}))
}

func (s *Staff) accessTag(r *http.Request, u people.Staff) *web.Tag {
	loc := s.pages.Loc(r)
	switch {
	case u.Disabled && !u.Ended && u.From > workdays.Of(s.now()):
		return &web.Tag{Text: loc.T("staff.users.begins", "Day", s.pages.When(r).Date(u.From.Start())), Colour: "blue"}
	case u.Disabled:
		return &web.Tag{Text: loc.T("staff.users.disabled"), Colour: "grey"}
	case u.To != 0:
		return &web.Tag{Text: loc.T("staff.users.until", "Day", s.pages.When(r).Date(u.To.Start())), Colour: "green"}
	}
	return &web.Tag{Text: s.pages.Loc(r).T("staff.users.active"), Colour: "green"}
}

type newUserView struct {
	Roles    []web.Option
	Agencies []web.Option
	Wings    []web.Option
	Known    bool // somebody signs in with this address: is it the same person?
}

func (s *Staff) newUserPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showNewUser(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showNewUser(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	if _, err := s.flow.Users(r.Context(), me.Actor()); err != nil { // the form is for administrators, too
		return err
	}
	var v newUserView
	for _, role := range ids.Roles {
		v.Roles = append(v.Roles, web.Opt(string(role), loc.T("staff.role."+string(role))))
	}
	list, err := s.flow.Agencies(r.Context(), "")
	if err != nil {
		return err
	}
	names := map[ids.AgencyID]string{}
	for _, a := range list {
		if names[a.ID] = a.Name; a.ID == me.Agency { // administrators give access at their own organisation
			v.Agencies = append(v.Agencies, web.Opt(string(a.ID), a.Name))
		}
	}
	wings, err := s.flow.Wings(r.Context(), "")
	if err != nil {
		return err
	}
	v.Wings = []web.Option{web.Opt("", loc.T("staff.users.no_wing"))}
	for _, wing := range wings {
		if wing.Establishment != me.Agency {
			continue
		}
		v.Wings = append(v.Wings, web.Opt(string(wing.ID), names[wing.Establishment]+", "+wing.Name))
	}
	p := s.page(r, me, loc.T("staff.users.new_title"), v)
	v.Known = form.Has("known", "yes") || form.Error("known") != ""
	p.Data = v
	p.Form, p.Back = form, backTo(loc, "users", "/users")
	return s.pages.Render(w, r, status, "user_new", p)
}

type madeView struct {
	Name, Email, Secret, Link string
	Token                     bool // the secret is an API token, not an authenticator's
	Done                      string
}

// newUser gives somebody access and shows the secret for her authenticator app, once, on the answer itself.
func (s *Staff) newUser(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	n := flow.NewStaff{Name: strings.TrimSpace(form.Value("name")), Email: strings.TrimSpace(form.Value("email")), Role: ids.Role(form.Value("role")),
		Agency: ids.AgencyID(form.Value("agency")), Wing: ids.WingID(form.Value("wing")), Password: form.Value("password"), WorkEmail: strings.TrimSpace(form.Value("work_email")),
		Known: form.Has("known", "yes")}
	n.From, n.To = s.readDay(r, form, "from"), s.readDay(r, form, "to")
	if n.Name == "" {
		form.Fail("name", loc.T("staff.users.name_missing"))
	}
	if !strings.Contains(n.Email, "@") {
		form.Fail("email", loc.T("staff.users.email_missing"))
	}
	if n.Role == "" {
		form.Fail("role", loc.T("staff.users.role_missing"))
	}
	if !n.Known && utf8.RuneCountInString(n.Password) < 12 {
		form.Fail("password", loc.T("staff.users.password_short"))
	}
	if err := s.checkPlace(r, form, n); err != nil {
		return err
	}
	if form.Bad() {
		return s.showNewUser(w, r, me, http.StatusUnprocessableEntity, form)
	}
	id, secret, err := s.flow.CreateStaff(r.Context(), me.Actor(), n)
	if err != nil {
		field := "email"
		if ids.KindOf(err) == ids.Conflict && !n.Known {
			field = "known"
		}
		if err := form.FailWith(field, err); err != nil {
			return err
		}
		return s.showNewUser(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if secret == "" { // she signs in as before
		return web.Redirect(w, r, "/users/"+string(id)+"?done=appointed")
	}
	p := s.page(r, me, loc.T("staff.users.made_title"), madeView{Name: n.Name, Email: people.NormaliseEmail(n.Email), Secret: secret, Done: "/users"})
	return s.pages.Render(w, r, http.StatusOK, "made", p)
}

// checkPlace holds a new user's organisation and wing to those there are: a wing must be her own prison's.
func (s *Staff) checkPlace(r *http.Request, form *web.Form, n flow.NewStaff) error {
	loc := s.pages.Loc(r)
	list, err := s.flow.Agencies(r.Context(), "")
	if err != nil {
		return err
	}
	known := false
	for _, a := range list {
		known = known || a.ID == n.Agency
	}
	if !known {
		form.Fail("agency", loc.T("staff.users.agency_missing"))
		return nil
	}
	if n.Wing == "" {
		return nil
	}
	wings, err := s.flow.Wings(r.Context(), n.Agency)
	if err != nil {
		return err
	}
	for _, wing := range wings {
		if wing.ID == n.Wing {
			return nil
		}
	}
	form.Fail("wing", loc.T("staff.users.wing_other"))
	return nil
}

type userView struct {
	ID      ids.StaffID
	About   web.SummaryList
	Active  bool
	Self    bool
	Lengths []web.Option
}

// user is one person's access: end it, or give her systems a token.
func (s *Staff) user(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showUser(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) findUser(r *http.Request, me people.Staff) (people.Staff, error) {
	list, err := s.flow.Users(r.Context(), me.Actor())
	if err != nil {
		return people.Staff{}, err
	}
	for _, u := range list {
		if string(u.ID) == r.PathValue("user") {
			return u, nil
		}
	}
	return people.Staff{}, ids.ErrNotFound
}

// tokenDays are how long an API token can live.
var tokenDays = []int{7, 30, 90, 365}

func (s *Staff) showUser(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	u, err := s.findUser(r, me)
	if err != nil {
		return err
	}
	names, err := s.agencyNames(r)
	if err != nil {
		return err
	}
	v := userView{ID: u.ID, Active: !u.Ended, Self: u.Person == me.Person, About: web.SummaryList{Rows: []web.SummaryRow{
		web.Row(loc.T("staff.users.email"), u.Email), web.Row(loc.T("staff.users.role"), loc.T("staff.role."+string(u.Role))),
		web.Row(loc.T("staff.users.agency"), names[u.Agency]), {Key: loc.T("staff.users.state"), Tag: s.accessTag(r, u)},
		web.Row(loc.T("staff.users.since"), s.pages.When(r).Date(u.Created))}}}
	if u.From != 0 {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.users.from"), s.pages.When(r).Date(u.From.Start())))
	}
	if u.To != 0 {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.users.to"), s.pages.When(r).Date(u.To.Start())))
	}
	for _, n := range tokenDays {
		v.Lengths = append(v.Lengths, web.Opt(strconv.Itoa(n), loc.N("staff.days", n)))
	}
	p := s.page(r, me, u.Name, v)
	p.Form, p.Back = form, backTo(loc, "users", "/users")
	return s.pages.Render(w, r, status, "user", p)
}

func (s *Staff) disable(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.DisableStaff(r.Context(), me.Actor(), ids.StaffID(r.PathValue("user"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/users/"+r.PathValue("user")+"?done=disabled")
}

// token makes a bearer token that acts for a member of staff and shows it, once, on the answer itself.
func (s *Staff) token(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	name := strings.TrimSpace(form.Value("token_name"))
	if name == "" || utf8.RuneCountInString(name) > 80 {
		form.Fail("token_name", loc.T("staff.users.token_name_missing"))
	}
	days, err := strconv.Atoi(form.Value("days"))
	if err != nil || days < 1 || days > 365 {
		form.Fail("days", loc.T("staff.users.days_missing"))
	}
	if form.Bad() {
		return s.showUser(w, r, me, http.StatusUnprocessableEntity, form)
	}
	u, err := s.findUser(r, me)
	if err != nil {
		return err
	}
	token, err := s.flow.IssueToken(r.Context(), me.Actor(), name, u.ID, s.now().Add(time.Duration(days)*24*time.Hour))
	if err != nil {
		return err
	}
	p := s.page(r, me, loc.T("staff.users.token_title"), madeView{Name: u.Name, Secret: token, Token: true, Done: "/users/" + string(u.ID)})
	return s.pages.Render(w, r, http.StatusOK, "made", p)
}
