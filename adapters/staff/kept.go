package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type keptView struct {
	Case     ids.CaseID
	Bar      web.IdentityBar
	Out      bool
	May      bool
	FollowOn string
	Rows     []keptRow
}

type keptRow struct {
	ID     ids.DeliveryID
	Title  string
	Href   string
	About  web.SummaryList
	May    bool
	WhyNot string
	How    []web.Option
}

// kept lists what waits for a woman who has been released, and how she is reached.
func (s *Staff) kept(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showKept(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showKept(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	id := ids.CaseID(r.PathValue("case"))
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	k, err := s.flow.KeptAfterRelease(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	v := keptView{Case: id, Bar: caseBar(loc, c), Out: k.Mother.Custody == people.Released, May: k.MayAgree, FollowOn: k.FollowOn}
	for _, d := range k.Rows {
		row := keptRow{ID: d.ID, Title: d.Subject, Href: "/threads/" + string(d.Thread) + "#message-" + string(d.Message), May: d.MayGive, WhyNot: d.WhyNot}
		row.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.queue.from"), d.From), web.Row(loc.T("staff.kept.written"), when.DateTime(d.Written))}
		if d.Together {
			row.About.Rows = append(row.About.Rows, web.Row(loc.T("staff.custody.state"), loc.T("staff.kept.together")))
		}
		for _, how := range flow.GivenHow {
			row.How = append(row.How, web.Opt(how, loc.T("staff.kept.h_"+how)))
		}
		v.Rows = append(v.Rows, row)
	}
	if form.Values == nil {
		form.Values = map[string][]string{"how": {k.FollowOn}}
	}
	p := s.page(r, me, loc.T("staff.kept.title"), v)
	p.Form, p.Back = form, &web.Link{Href: "/cases/" + string(id) + "/custody"}
	return s.pages.Render(w, r, status, "kept", p)
}

// agreeFollowOn records how she is reached after her release.
func (s *Staff) agreeFollowOn(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := ids.CaseID(r.PathValue("case"))
	if err := s.flow.AgreeFollowOn(r.Context(), me.Actor(), id, form.Value("how")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cases/"+string(id)+"/kept?done=agreed")
}

// giveKept records that she was given a message.
func (s *Staff) giveKept(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("delivery")
	err = form.FailWith("how-"+id, s.flow.GiveKept(r.Context(), me.Actor(), ids.DeliveryID(id), form.Value("how-"+id)))
	if err != nil {
		return err
	}
	if form.Bad() {
		return s.showKept(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/cases/"+r.PathValue("case")+"/kept?done=given")
}
