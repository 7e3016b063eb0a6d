package staff

import (
	"net/http"
	"net/url"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

// choosing is the page on which she says in which appointment she acts, before she sees the one that she asked for.
func choosing(next string) string {
	if next == "/" {
		return "/appointments"
	}
	return "/appointments?" + url.Values{"next": {next}}.Encode()
}

type appointmentsView struct {
	Posts []postView
	Next  string
}

type postView struct {
	ID     ids.StaffID
	Title  string // "Pact social worker, Pact"
	Small  string // her wing, or the last day
	Acting bool
}

// appointments shows the appointments of whoever has signed in: she acts in one of them at a time.
func (s *Staff) appointments(w http.ResponseWriter, r *http.Request) error {
	token, ok := s.cookie.Token(r)
	if !ok {
		return errSignedOut
	}
	posts, err := s.flow.Posts(r.Context(), token)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	v := appointmentsView{Next: web.LocalPath(r.URL.Query().Get("next"), "/")}
	for _, p := range posts {
		one := postView{ID: p.ID, Title: loc.T("staff.role."+string(p.Role)) + ", " + p.AgencyName, Small: p.Wing, Acting: p.Acting}
		if p.To != 0 {
			one.Small = loc.T("staff.appointments.until", "Day", s.pages.When(r).Date(p.To.Start()))
		}
		v.Posts = append(v.Posts, one)
	}
	title := loc.T("staff.appointments.title")
	page := web.Page{Title: title, Data: v, User: &web.User{SignOut: "/sign-out"}}
	if len(posts) > 0 {
		page.User.Name = posts[0].Name
	}
	if me, err := s.who(r); err == nil {
		page = s.page(withActing(r, me), me.Staff, title, v)
		page.Acting, page.User.Switch = "", "" // this form is about just that, and this page is where the link leads
	}
	return s.pages.Render(w, r, http.StatusOK, "appointments", page)
}

// actIn begins to act in an appointment. The page that she asked for may be none of hers there: then she is told so by it.
func (s *Staff) actIn(w http.ResponseWriter, r *http.Request) error {
	token, ok := s.cookie.Token(r)
	if !ok {
		return errSignedOut
	}
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	next, _, err := s.flow.ActIn(r.Context(), token, ids.StaffID(form.Value("appointment")))
	if err != nil {
		return err
	}
	s.cookie.Set(w, next)
	target := web.LocalPath(form.Value("next"), "/")
	if target == "/" {
		target = "/?done=acting"
	}
	return web.Redirect(w, r, target)
}
