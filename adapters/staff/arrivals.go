package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type arrivalsView struct {
	Rows   []arrivalView
	Record bool // the actor's role records events
	File   bool
	Admin  bool
}

type arrivalView struct {
	ID       ids.MotherID
	Name     string
	About    web.SummaryList
	Wings    []web.Option // to choose from; none when she may not
	Meetings []reofferView
	Away     web.Table
}

// arrivals lists the women who have come and have no wing yet, and the meetings that are to be offered again.
func (s *Staff) arrivals(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showArrivals(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showArrivals(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	rows, err := s.flow.Arrivals(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	v := arrivalsView{Record: recordsCustody[me.Role], File: recordsCustody[me.Role], Admin: me.Role == ids.RoleAdministrator}
	for _, a := range rows {
		one := arrivalView{ID: a.Mother.ID, Name: a.Mother.Name, Meetings: s.reofferViews(r, a.Meetings), Away: s.reofferTable(r, a.Away)}
		one.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.custody.number"), a.Mother.PrisonerNumber), web.Row(loc.T("staff.custody.state"), loc.T("staff.custody.s_"+string(a.Mother.Custody)))}
		if !a.Arrived.IsZero() {
			one.About.Rows = append(one.About.Rows, web.Row(loc.T("staff.custody.since"), when.DateTime(a.Arrived)))
		}
		one.About.Rows = append(one.About.Rows, web.Row(loc.T("staff.custody.wing"), a.Wing))
		if a.Case != "" {
			one.About.Rows = append(one.About.Rows, web.SummaryRow{Key: loc.T("staff.case.case"), Link: &web.Link{Text: a.Ref, Href: "/cases/" + string(a.Case)}})
		}
		if a.Worker != "" {
			one.About.Rows = append(one.About.Rows, web.Row(loc.T("staff.arrivals.worker"), a.Worker))
		}
		if n := a.Waiting - len(a.Meetings); n > 0 {
			one.About.Rows = append(one.About.Rows, web.Row(loc.T("staff.arrivals.waiting"), loc.N("staff.arrivals.ask", n)))
		}
		if a.MayPlace {
			if one.Wings, err = s.wingOptions(r, a.Mother.Establishment); err != nil {
				return err
			}
		}
		v.Rows = append(v.Rows, one)
	}
	p := s.page(r, me, loc.T("staff.arrivals.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "arrivals", p)
}

// recordsCustody are the roles that are offered the form and the file; whether they may is decided in flow.
var recordsCustody = map[ids.Role]bool{ids.RolePactWorker: true, ids.RoleOffenderManager: true, ids.RolePublicProtection: true, ids.RoleAdministrator: true}

func (s *Staff) wingOptions(r *http.Request, e ids.AgencyID) ([]web.Option, error) {
	wings, err := s.flow.Wings(r.Context(), e)
	if err != nil {
		return nil, err
	}
	out := []web.Option{web.Opt("", s.pages.Loc(r).T("staff.arrivals.choose_wing"))}
	for _, w := range wings {
		out = append(out, web.Opt(string(w.ID), w.Name))
	}
	return out, nil
}

func (s *Staff) reofferViews(r *http.Request, rows []flow.ReofferRow) []reofferView {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	var out []reofferView
	for _, m := range rows {
		out = append(out, reofferView{ID: m.ID, Title: meetingTitle(loc, m.MeetingRow), Case: m.Case, May: m.MaySettle, Rows: web.SummaryList{Rows: []web.SummaryRow{
			web.Row(loc.T("staff.arrivals.was"), when.DateTime(m.Starts)), web.Row(loc.T("staff.meeting.with"), strings.Join(m.With, ", "))}}})
	}
	return out
}

func (s *Staff) reofferTable(r *http.Request, rows []flow.ReofferRow) web.Table {
	loc := s.pages.Loc(r)
	list := make([]flow.MeetingRow, len(rows))
	for i, m := range rows {
		list[i] = m.MeetingRow
	}
	return s.meetingTable(r, list, loc.T("staff.arrivals.while_away"), "")
}

// arrivalTable is the list as the home page shows it.
func (s *Staff) arrivalTable(r *http.Request, rows []flow.Arrival) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.arrivals.home"), Columns: []web.Column{{Title: loc.T("staff.custody.who")}, {Title: loc.T("staff.custody.wing")},
		{Title: loc.T("staff.arrivals.waiting")}, {Title: loc.T("staff.custody.since")}}}
	for _, a := range rows[:min(len(rows), mostAtHome)] {
		t.Rows = append(t.Rows, []web.Cell{{Text: a.Mother.Name, Href: "/arrivals", Small: a.Mother.PrisonerNumber}, {Text: a.Wing}, {Text: loc.N("staff.arrivals.meetings", a.Waiting)}, {At: a.Arrived}})
	}
	return t
}

// giveWing says on which wing an arrival is.
func (s *Staff) giveWing(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	mother := ids.MotherID(r.PathValue("mother"))
	err = form.FailWith("wing-"+string(mother), s.flow.AllocateWing(r.Context(), me.Actor(), mother, ids.WingID(form.Value("wing-"+string(mother)))))
	if err != nil {
		return err
	}
	if form.Bad() {
		return s.showArrivals(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/arrivals?done=wing_given")
}

// settleReoffer deals with a meeting that was freed.
func (s *Staff) settleReoffer(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := s.flow.SettleReoffer(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")), form.Value("do")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/arrivals?done=reoffered")
}
