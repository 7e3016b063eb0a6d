package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type teamView struct {
	Case    ids.CaseID
	Bar     web.IdentityBar
	Team    []teamRow
	Others  []web.Option
	Workers []web.Option
}

type teamRow struct {
	ID                 ids.StaffID
	Name, Role, Agency string
	Holds, Away        bool
}

// teamPage says who works on a case, and who could.
func (s *Staff) teamPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showTeam(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showTeam(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	id := ids.CaseID(r.PathValue("case"))
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	team, err := s.flow.CaseTeam(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	choose := web.Opt("", loc.T("staff.team.choose"))
	v := teamView{Case: id, Bar: caseBar(loc, c), Others: []web.Option{choose}, Workers: []web.Option{choose}}
	for _, m := range team.Team {
		v.Team = append(v.Team, teamRow{ID: m.ID, Name: m.Name, Role: loc.T("staff.role." + string(m.Role)), Agency: m.AgencyName, Holds: m.ID == c.Worker, Away: m.Away})
		if m.Role == ids.RolePactWorker && m.ID != c.Worker && !m.Disabled {
			v.Workers = append(v.Workers, web.Opt(string(m.ID), m.Name))
		}
	}
	for _, m := range team.Others {
		v.Others = append(v.Others, web.Opt(string(m.ID), m.Name+", "+loc.T("staff.role."+string(m.Role))+", "+m.AgencyName))
		if m.Role == ids.RolePactWorker {
			v.Workers = append(v.Workers, web.Opt(string(m.ID), m.Name))
		}
	}
	p := s.page(r, me, loc.T("staff.team.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(id))
	return s.pages.Render(w, r, status, "team", p)
}

// changeTeam does what the button says: somebody joins, leaves, or holds the case from now on.
func (s *Staff) changeTeam(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, field := ids.CaseID(r.PathValue("case")), form.Value("do")
	do := s.flow.JoinTeam
	switch field {
	case "join":
	case "leave":
		do = s.flow.LeaveTeam
	case "hand":
		do = s.flow.HandCase
	default:
		return ids.E(ids.Invalid, "The form was not understood.")
	}
	who := ids.StaffID(form.Value(field))
	if who == "" {
		form.Fail(field, s.pages.Loc(r).T("staff.team.missing"))
		return s.showTeam(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err := form.FailWith(field, do(r.Context(), me.Actor(), id, who)); err != nil {
		return err
	}
	if form.Bad() {
		return s.showTeam(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/cases/"+string(id)+"/team?done=team")
}
