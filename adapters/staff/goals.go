package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

// goalsView is what contact with a child is worked for, and the forms that change it.
type goalsView struct {
	Table    web.Table
	Kinds    []web.Option
	Open     []web.Option // goals that can be ended
	Outcomes []web.Option
}

// goals shows them on the child's page, to whoever keeps them.
func (s *Staff) goals(r *http.Request, me people.Staff, c ids.CaseID, child ids.ChildID, form *web.Form) (*goalsView, error) {
	loc := s.pages.Loc(r)
	list, err := s.flow.Goals(r.Context(), me.Actor(), c, child)
	if err != nil {
		return nil, err
	}
	v := &goalsView{Table: web.Table{Caption: loc.T("staff.goal.title"), CaptionHidden: true, Empty: loc.T("staff.goal.none"), Columns: []web.Column{{Title: loc.T("staff.goal.kind")}, {Title: loc.T("staff.goal.state")}}},
		Kinds: []web.Option{web.Opt("", loc.T("staff.goal.choose"))}}
	open := map[cases.GoalKind]bool{}
	for _, g := range list {
		key, on, by := "open_since", workdays.Of(g.Set), g.SetByName
		switch {
		case g.Outcome == cases.GoalReached:
			key, on, by = "reached_on", g.On, g.EndedByName
		case g.Outcome == cases.GoalGivenUp:
			key, on, by = "given_up_on", g.On, g.EndedByName
		default:
			open[g.Kind] = true
			v.Open = append(v.Open, web.Option{Value: string(g.ID), Text: loc.T("staff.report.g_" + string(g.Kind)), Checked: form.Value("goal") == string(g.ID)})
		}
		v.Table.Rows = append(v.Table.Rows, []web.Cell{{Text: loc.T("staff.report.g_" + string(g.Kind))}, {Text: loc.T("staff.goal."+key, "Day", day(loc, on)), Small: by}})
	}
	for _, k := range cases.GoalKinds {
		if !open[k] {
			v.Kinds = append(v.Kinds, web.Option{Value: string(k), Text: loc.T("staff.report.g_" + string(k)), Checked: form.Value("goal_kind") == string(k)})
		}
	}
	for _, o := range []cases.GoalOutcome{cases.GoalReached, cases.GoalGivenUp} {
		v.Outcomes = append(v.Outcomes, web.Option{Value: string(o), Text: loc.T("staff.goal.was_" + string(o)), Checked: form.Value("outcome") == string(o)})
	}
	if form.Value("goal_day") == "" {
		form.Values.Set("goal_day", s.today().String())
	}
	return v, nil
}

// keepGoal sets a goal, or records what became of one.
func (s *Staff) keepGoal(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	c, child := ids.CaseID(r.PathValue("case")), ids.ChildID(r.PathValue("child"))
	field := "goal_kind"
	if form.Value("do") == "end" {
		field = "goal_day"
		if on := s.readDay(r, form, "goal_day"); !form.Bad() {
			err = s.flow.EndGoal(r.Context(), me.Actor(), c, child, ids.GoalID(form.Value("goal")), cases.GoalOutcome(form.Value("outcome")), on)
		}
	} else {
		_, err = s.flow.SetGoal(r.Context(), me.Actor(), c, child, cases.GoalKind(form.Value("goal_kind")))
	}
	if err == nil && !form.Bad() {
		return web.Redirect(w, r, "/cases/"+string(c)+"/children/"+string(child)+"?done=saved#goals")
	}
	if err != nil {
		if k := ids.KindOf(err); k != ids.Invalid && k != ids.Conflict {
			return err
		}
		words := ids.Public(err)
		switch code := ids.CodeOf(err); code {
		case "":
		case "outcome":
			field = "outcome"
			fallthrough
		default:
			words = s.pages.Loc(r).T("staff.goal.bad_" + code)
		}
		form.Fail(field, words)
	}
	return s.showChild(w, r, me, http.StatusUnprocessableEntity, form)
}
