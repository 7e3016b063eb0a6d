package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type kiosksView struct {
	Rows  []kioskRow
	Wings []web.Option
	Code  string // just made; shown once
	For   string
}

type kioskRow struct {
	flow.Kiosk
	Place string
}

// kiosks lists the devices, and offers a code for a new one.
func (s *Staff) kiosks(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showKiosks(w, r, me, http.StatusOK, &web.Form{}, "", "")
}

func (s *Staff) showKiosks(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, code, of string) error {
	loc := s.pages.Loc(r)
	list, err := s.flow.Kiosks(r.Context(), me.Actor(), "")
	if err != nil {
		return err
	}
	names, err := s.agencyNames(r)
	if err != nil {
		return err
	}
	wings, err := s.flow.Wings(r.Context(), "")
	if err != nil {
		return err
	}
	v := kiosksView{Code: code, For: of}
	places := map[ids.WingID]string{}
	for _, wing := range wings {
		places[wing.ID] = names[wing.Establishment] + ", " + wing.Name
		v.Wings = append(v.Wings, web.Opt(string(wing.Establishment)+"/"+string(wing.ID), places[wing.ID]))
	}
	for _, k := range list {
		v.Rows = append(v.Rows, kioskRow{k, places[k.Wing]})
	}
	p := s.page(r, me, loc.T("staff.kiosks.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "kiosks", p)
}

// kioskCode makes an enrolment code and shows it, once, on the answer itself.
func (s *Staff) kioskCode(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(form.Value("name"))
	if name == "" {
		form.Fail("name", s.pages.Loc(r).T("staff.kiosks.name_missing"))
		return s.showKiosks(w, r, me, http.StatusUnprocessableEntity, form, "", "")
	}
	place, wing, _ := strings.Cut(form.Value("wing"), "/")
	code, err := s.flow.IssueKioskCode(r.Context(), me.Actor(), ids.AgencyID(place), ids.WingID(wing), name)
	if err != nil {
		if err := form.FailWith("name", err); err != nil {
			return err
		}
		return s.showKiosks(w, r, me, http.StatusUnprocessableEntity, form, "", "")
	}
	return s.showKiosks(w, r, me, http.StatusOK, &web.Form{}, groups(code), name)
}

// groups writes digits so that they can be read out: "12345 67890".
func groups(code string) string {
	if len(code) != 10 {
		return code
	}
	return code[:5] + " " + code[5:]
}

type withdrawView struct {
	ID   ids.KioskID
	Name string
}

// withdrawPage asks whether it is meant: whoever uses the kiosk is locked out at once.
func (s *Staff) withdrawPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	list, err := s.flow.Kiosks(r.Context(), me.Actor(), "")
	if err != nil {
		return err
	}
	for _, k := range list {
		if string(k.ID) == r.PathValue("kiosk") && k.Withdrawn.IsZero() {
			p := s.page(r, me, s.pages.Loc(r).T("staff.kiosks.withdraw_title"), withdrawView{k.ID, k.Name})
			p.Back = &web.Link{Href: "/kiosks"}
			return s.pages.Render(w, r, http.StatusOK, "withdraw", p)
		}
	}
	return ids.ErrNotFound
}

func (s *Staff) withdraw(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.WithdrawKiosk(r.Context(), me.Actor(), ids.KioskID(r.PathValue("kiosk"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/kiosks?done=withdrawn")
}
