package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// alertItem is a woman who may need support, on a page.
type alertItem struct {
	flow.AlertRow
	Waited string
}

type alertsView struct{ Items []alertItem }

func (s *Staff) alertItem(r *http.Request, a flow.AlertRow) alertItem {
	return alertItem{a, ago(s.pages.Loc(r), a.Raised, s.now())}
}

// alerts lists the women who may need support, never why.
func (s *Staff) alerts(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rows, err := s.flow.Alerts(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	var v alertsView
	for _, a := range rows {
		v.Items = append(v.Items, s.alertItem(r, a))
	}
	return s.pages.Render(w, r, http.StatusOK, "alerts", s.page(r, me, s.pages.Loc(r).T("staff.alerts.title"), v))
}

// acknowledge records that whoever is signed in sees to her.
func (s *Staff) acknowledge(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.AcknowledgeAlert(r.Context(), me.Actor(), ids.AlertID(r.PathValue("alert"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/alerts?done=acknowledged")
}

type alertListView struct {
	flow.AlertList
	Prisons []web.Option // to choose from, for an administrator
	Staff   []web.Option
	Wings   []web.Option
	Minutes int
}

// alertPlace is the prison whose list is asked for: one's own, or an administrator's choice.
func alertPlace(me people.Staff, asked string) ids.AgencyID {
	if me.Role == ids.RoleAdministrator {
		return ids.AgencyID(asked)
	}
	return me.Agency
}

func (s *Staff) alertList(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showAlertList(w, r, me, http.StatusOK, alertPlace(me, r.URL.Query().Get("prison")), &web.Form{})
}

func (s *Staff) showAlertList(w http.ResponseWriter, r *http.Request, me people.Staff, status int, at ids.AgencyID, form *web.Form) (err error) {
	loc := s.pages.Loc(r)
	var v alertListView
	prisons, err := s.flow.Agencies(r.Context(), people.Establishment)
	if err != nil {
		return err
	}
	if me.Role == ids.RoleAdministrator {
		for _, p := range prisons {
			v.Prisons = append(v.Prisons, web.Option{Value: string(p.ID), Text: p.Name, Checked: p.ID == at})
		}
		if at == "" && len(prisons) > 0 {
			at = prisons[0].ID
		}
	}
	if v.AlertList, err = s.flow.AlertList(r.Context(), me.Actor(), at); err != nil {
		return err
	}
	v.Minutes = int(v.AgainAfter.Minutes())
	v.Wings = []web.Option{web.Opt("", loc.T("staff.alert_list.all_wings"))}
	for _, wing := range v.AlertList.Wings {
		v.Wings = append(v.Wings, web.Opt(string(wing.ID), wing.Name))
	}
	v.Staff = []web.Option{web.Opt("", loc.T("staff.alert_list.choose"))}
	for _, p := range v.AlertList.Staff {
		v.Staff = append(v.Staff, web.Opt(string(p.ID), p.Name+", "+loc.T("staff.role."+string(p.Role))))
	}
	if form.Values == nil {
		form.Values = map[string][]string{"duty": {v.DutyEmail}, "prison": {string(at)}}
	}
	p := s.page(r, me, loc.T("staff.alert_list.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "alert_list", p)
}

// keepAlertList puts somebody on the list, takes her off, or sets the duty governor's address.
func (s *Staff) keepAlertList(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	at := alertPlace(me, form.Value("prison"))
	p := people.AlertPerson{Establishment: at, Wing: ids.WingID(form.Value("wing")), Staff: ids.StaffID(form.Value("staff")), ByMail: form.Has("by_mail", "yes")}
	field := "staff"
	switch form.Value("do") {
	case "add":
		err = s.flow.KeepAlertPerson(r.Context(), me.Actor(), p)
	case "remove":
		err = s.flow.DropAlertPerson(r.Context(), me.Actor(), p)
	case "duty":
		field, err = "duty", s.flow.SetDutyEmail(r.Context(), me.Actor(), at, form.Value("duty"))
	default:
		return ids.ErrNotFound
	}
	if err != nil {
		if err := form.FailWith(field, err); err != nil {
			return err
		}
		return s.showAlertList(w, r, me, http.StatusUnprocessableEntity, at, form)
	}
	return web.Redirect(w, r, "/alert-list?done=list_changed&prison="+string(at))
}

// supportPlan says whether a woman has an open support plan, and lets her prison open or close it.
func (s *Staff) supportPlan(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, err := s.flow.Plan(r.Context(), me.Actor(), ids.MotherID(r.PathValue("mother")))
	if err != nil {
		return err
	}
	return s.pages.Render(w, r, http.StatusOK, "support", s.page(r, me, s.pages.Loc(r).T("staff.support.title"), v))
}

func (s *Staff) keepSupportPlan(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, done := ids.MotherID(r.PathValue("mother")), "plan_opened"
	switch form.Value("do") {
	case "open":
		err = s.flow.OpenPlan(r.Context(), me.Actor(), id)
	case "close":
		done, err = "plan_closed", s.flow.ClosePlan(r.Context(), me.Actor(), id)
	default:
		return ids.ErrNotFound
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/women/"+string(id)+"/support?done="+done)
}
