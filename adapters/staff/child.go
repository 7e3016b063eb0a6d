package staff

import (
	"net/http"
	"slices"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type childView struct {
	Bar         web.IdentityBar
	At          string
	Authorities []web.Option
	Whys        []web.Option
	Concerned   []web.Option // schools, courts and carers who have to do with the child
	Others      []web.Option // those who can be added
	Relations   []web.Option
	LivesWith   []web.Option // nil: there is no other child
	Goals       *goalsView
}

// childPage is what is known of a child.
func (s *Staff) childPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showChild(w, r, me, http.StatusOK, nil)
}

func (s *Staff) showChild(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if !c.Safeguards.MayKeepChild {
		return ids.ErrNotFound
	}
	for _, k := range c.Children {
		if string(k.ID) != r.PathValue("child") {
			continue
		}
		choices, err := s.flow.ConcernChoices(r.Context(), me.Actor(), c.ID, k.ID)
		if err != nil {
			return err
		}
		now := s.childNow(c, k.Child, choices)
		if form == nil {
			form = now
		} else if form.Value("do") != "" { // a form of a goal, which says nothing of the child
			for field, v := range now.Values {
				form.Values[field] = v
			}
		}
		agencies, err := s.flow.Agencies(r.Context(), people.Authority)
		if err != nil {
			return err
		}
		v := childView{Bar: caseBar(loc, c), At: "/cases/" + string(c.ID) + "/children/" + string(k.ID), Authorities: []web.Option{web.Opt("", loc.T("staff.child.no_authority"))},
			Whys: []web.Option{web.Opt("", loc.T("staff.child.not_ended"))}}
		for _, a := range agencies {
			v.Authorities = append(v.Authorities, web.Option{Value: string(a.ID), Text: a.Name, Checked: string(a.ID) == form.Value("authority")})
		}
		for _, why := range []cases.EndedWhy{cases.EndedAdopted, cases.EndedOrder, cases.EndedDied} {
			v.Whys = append(v.Whys, web.Option{Value: string(why), Text: loc.T("staff.child.w_" + string(why)), Checked: string(why) == form.Value("why")})
		}
		v.concern(loc, choices)
		v.family(loc, c.Children, k.Child, form)
		if v.Goals, err = s.goals(r, me, c.ID, k.ID, form); err != nil {
			return err
		}
		p := s.page(r, me, k.Name, v)
		p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
		return s.pages.Render(w, r, status, "child", p)
	}
	return ids.ErrNotFound
}

// childNow is the form as what is known fills it in.
func (s *Staff) childNow(c flow.CaseView, k cases.Child, choices []flow.ConcernChoice) *web.Form {
	form := &web.Form{Values: map[string][]string{"born": {k.Born}, "authority": {string(k.Authority)}, "ends": {k.ResponsibilityEnds.String()}, "why": {string(k.EndedWhy)},
		"relation": {string(k.Relation)}, "lives_with": {flow.LivesWith(children(c.Children), k)},
		cases.CareLookedAfter: {k.Care.LookedAfter.String()}, cases.CareLookedAfterEnds: {k.Care.LookedAfterEnds.String()}, cases.CareStrategy: {k.Care.Strategy.String()},
		cases.CarePlan: {k.Care.Plan.String()}, cases.CarePlanEnds: {k.Care.PlanEnds.String()}}}
	for _, x := range choices {
		if x.Set {
			form.Values.Add("concerned", x.Ref)
		}
	}
	return form
}

func children(rows []flow.ChildRow) (out []cases.Child) {
	for _, r := range rows {
		out = append(out, r.Child)
	}
	return out
}

// family offers how the child is related to the mother, and with which of the others she or he can live: those who live together are one choice.
func (v *childView) family(loc i18n.Loc, rows []flow.ChildRow, k cases.Child, form *web.Form) {
	for _, rel := range cases.Relations {
		v.Relations = append(v.Relations, web.Option{Value: string(rel), Text: loc.T("staff.child.r_" + string(rel)), Checked: string(rel) == form.Value("relation") || rel == cases.OwnChild && form.Value("relation") == ""})
	}
	var homes []web.Option
	at := map[string]int{}
	chosen := form.Value("lives_with")
	for _, other := range rows {
		if other.ID == k.ID {
			continue
		}
		i, known := at[other.Home]
		if !known || other.Home == "" {
			i = len(homes)
			at[other.Home] = i
			homes = append(homes, web.Option{Value: string(other.ID), Text: other.Name})
		} else {
			homes[i].Text += ", " + other.Name
		}
		homes[i].Checked = homes[i].Checked || chosen == string(other.ID)
	}
	if len(homes) == 0 {
		return
	}
	v.LivesWith = []web.Option{web.Opt("", loc.T("staff.child.lives_unknown")), {Value: flow.Apart, Text: loc.T("staff.child.lives_apart"), Checked: chosen == flow.Apart}}
	for _, o := range homes {
		o.Text = loc.T("staff.child.lives_one", "Names", o.Text)
		v.LivesWith = append(v.LivesWith, o)
	}
}

// concern offers who has to do with the child, and who can be added.
func (v *childView) concern(loc i18n.Loc, list []flow.ConcernChoice) {
	v.Others = []web.Option{web.Opt("", loc.T("staff.child.nobody_else"))}
	for _, x := range list {
		o := web.Option{Value: x.Ref, Text: x.Name}
		if x.Agency != "" {
			o.Hint = loc.T("staff.office.carer") + ", " + x.Agency
		}
		if x.Set {
			v.Concerned = append(v.Concerned, o)
			continue
		}
		if o.Hint != "" {
			o.Text, o.Hint = o.Text+" ("+o.Hint+")", ""
		}
		v.Others = append(v.Others, o)
	}
}

// setChild keeps what is known of a child.
func (s *Staff) setChild(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	in := flow.ChildFacts{Born: form.Value("born"), Authority: ids.AgencyID(form.Value("authority")), Ends: s.readDay(r, form, "ends"), Why: cases.EndedWhy(form.Value("why")),
		Concerned: form.Values["concerned"], Relation: cases.Relation(form.Value("relation")), LivesWith: form.Value("lives_with"),
		Care: cases.Care{LookedAfter: s.readDay(r, form, cases.CareLookedAfter), LookedAfterEnds: s.readDay(r, form, cases.CareLookedAfterEnds),
			Strategy: s.readDay(r, form, cases.CareStrategy), Plan: s.readDay(r, form, cases.CarePlan), PlanEnds: s.readDay(r, form, cases.CarePlanEnds)}}
	birth, _ := workdays.Parse(in.Born) // a bad one is told by flow
	if fault := in.Care.Check(birth, s.today()); fault != nil && !form.Bad() {
		form.Fail(fault.Field, s.pages.Loc(r).T("staff.child.bad_"+fault.Code))
	}
	if also := form.Value("also"); also != "" {
		in.Concerned = append(slices.Clone(in.Concerned), also)
	}
	if !form.Bad() {
		err := s.flow.SetChild(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")), ids.ChildID(r.PathValue("child")), in)
		if err == nil {
			return web.Redirect(w, r, "/cases/"+r.PathValue("case")+"?done=saved")
		}
		if ids.KindOf(err) != ids.Invalid {
			return err
		}
		form.Fail("ends", ids.Public(err))
	}
	return s.showChild(w, r, me, http.StatusUnprocessableEntity, form)
}

// childNotes says what whoever keeps the children's records must know in time.
func childNotes(loc i18n.Loc, c flow.CaseView) (out []string) {
	for _, n := range c.Safeguards.Notices {
		key := "staff.child.n_ends"
		switch {
		case n.Adult && n.Ended:
			key = "staff.child.n_adult"
		case n.Adult:
			key = "staff.child.n_adult_soon"
		case n.Ended:
			key = "staff.child.n_ended"
		}
		out = append(out, loc.T(key, "Name", n.Child.Name, "Day", dayWords(loc, n.On)))
	}
	return out
}
