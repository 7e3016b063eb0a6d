package staff

import (
	"net/http"

	"kinbridge/adapters/web"
)

// about is a page that anybody can read: the accessibility statement, and what is kept of whoever uses the site.
func (s *Staff) about(name string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		title := s.pages.Loc(r).T("staff." + name + ".title")
		p := web.Page{Title: title}
		if me, err := s.who(r); err == nil {
			p = s.page(withActing(r, me), me.Staff, title, nil)
		}
		return s.pages.Render(w, r, http.StatusOK, name, p)
	}
}
