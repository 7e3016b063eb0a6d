package staff

import (
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// born writes a date of birth as it is kept, YYYY-MM-DD, in words.
func born(when web.When, date string) string {
	t, err := time.ParseInLocation(time.DateOnly, date, web.London)
	if err != nil {
		return date
	}
	return when.Date(t)
}

type pinView struct {
	Name string
	PIN  string // "" before it was made
	Done string // where to go on
}

// pinPage asks whether a new PIN is meant: the old one stops at once.
func (s *Staff) pinPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if !c.MayResetPIN {
		return ids.ErrNotFound
	}
	return s.showPIN(w, r, me, pinView{Name: c.Mother.Name, Done: "/cases/" + string(c.ID)})
}

// resetPIN makes a new PIN and shows it, once, on the answer itself: it is in no address and kept by nobody.
func (s *Staff) resetPIN(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	pin, err := s.flow.ResetPIN(r.Context(), me.Actor(), c.Mother.ID)
	if err != nil {
		return err
	}
	return s.showPIN(w, r, me, pinView{Name: c.Mother.Name, PIN: pin, Done: "/cases/" + string(c.ID)})
}

func (s *Staff) showPIN(w http.ResponseWriter, r *http.Request, me people.Staff, v pinView) error {
	loc := s.pages.Loc(r)
	p := s.page(r, me, loc.T("staff.pin.title"), v)
	p.Back = &web.Link{Href: v.Done}
	return s.pages.Render(w, r, http.StatusOK, "pin", p)
}

type womenView struct{ Table []womanRow }

type womanRow struct {
	ID                 ids.MotherID
	Name, Number, Wing string
}

// women lists those to whom an officer can give a new PIN.
func (s *Staff) women(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	list, err := s.flow.WomenForPIN(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	var v womenView
	for _, m := range list {
		v.Table = append(v.Table, womanRow{ID: m.ID, Name: m.Name, Number: m.PrisonerNumber, Wing: m.Wing})
	}
	return s.pages.Render(w, r, http.StatusOK, "women", s.page(r, me, s.pages.Loc(r).T("staff.women.title"), v))
}

// womanPIN gives a woman of the officer's wing a new PIN.
func (s *Staff) womanPIN(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := ids.MotherID(r.PathValue("mother"))
	pin, err := s.flow.ResetPIN(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	list, err := s.flow.WomenForPIN(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	v := pinView{PIN: pin, Done: "/women"}
	for _, m := range list {
		if m.ID == id {
			v.Name = m.Name
		}
	}
	return s.showPIN(w, r, me, v)
}
