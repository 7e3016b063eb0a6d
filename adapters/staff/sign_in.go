package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type signInView struct{ Next string }

func (s *Staff) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := web.LocalPath(r.URL.Query().Get("next"), "/")
	if _, err := s.who(r); err == nil {
		return web.Redirect(w, r, next)
	}
	if token, ok := s.cookie.Token(r); ok && s.mustChoose(r, token) {
		return web.Redirect(w, r, choosing(next))
	}
	page := web.Page{Title: s.pages.Loc(r).T("staff.sign_in.title"), Data: signInView{Next: next}}
	if r.URL.Query().Has("ended") {
		page.Banner = &web.Banner{Heading: s.pages.Loc(r).T("staff.sign_in.ended")}
	}
	return s.pages.Render(w, r, http.StatusOK, "sign_in", page)
}

// signIn checks the three things a member of staff proves herself with. What was wrong of them is not said.
func (s *Staff) signIn(w http.ResponseWriter, r *http.Request) error {
	loc := s.pages.Loc(r)
	if ok, wait := s.tries.Allow(web.ClientIP(r)); !ok {
		web.RetryAfter(w, wait)
		return ids.E(ids.TooMany, "%s", loc.T("staff.sign_in.too_many"))
	}
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	for _, field := range []string{"email", "password", "code"} {
		if form.Value(field) == "" {
			form.Fail(field, loc.T("staff.sign_in."+field+"_missing"))
		}
	}
	status := http.StatusUnprocessableEntity
	if !form.Bad() {
		token, me, err := s.trySignIn(r, form)
		switch ids.KindOf(err) {
		case ids.Unauthenticated:
			form.Fail("email", loc.T("staff.sign_in.wrong"))
		case ids.TooMany:
			status = http.StatusTooManyRequests
			form.Fail("", loc.T("staff.sign_in.throttled"))
		default:
			if err != nil {
				return err
			}
			if old, ok := s.cookie.Token(r); ok { // whoever sat here before is signed out
				if err := s.flow.SignOut(r.Context(), old); err != nil {
					return err
				}
			}
			s.cookie.Set(w, token)
			next := web.LocalPath(form.Value("next"), "/")
			if me.ID == "" {
				next = choosing(next)
			}
			return web.Redirect(w, r, next)
		}
	}
	form.Values.Del("code") // a code is typed anew
	return s.pages.Render(w, r, status, "sign_in", web.Page{Title: loc.T("staff.sign_in.title"), Form: form, Data: signInView{Next: web.LocalPath(form.Value("next"), "/")}})
}

// trySignIn computes at most a few passwords at a time.
func (s *Staff) trySignIn(r *http.Request, form *web.Form) (string, people.Staff, error) {
	select {
	case s.hashes <- struct{}{}:
		defer func() { <-s.hashes }()
	case <-r.Context().Done():
		return "", people.Staff{}, r.Context().Err()
	}
	return s.flow.SignIn(r.Context(), form.Value("email"), form.Value("password"), form.Value("code"))
}

func (s *Staff) signOut(w http.ResponseWriter, r *http.Request) error {
	if token, ok := s.cookie.Token(r); ok {
		if err := s.flow.SignOut(r.Context(), token); err != nil {
			return err
		}
	}
	s.cookie.Clear(w)
	return web.Redirect(w, r, "/sign-in")
}
