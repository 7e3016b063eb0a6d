package staff

import (
	"net/http"
	"net/url"
	"slices"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/clocks"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

// clocksView is the part of a case's page that says when meetings about its children are due.
type clocksView struct {
	Table   web.Table
	Sources []string // of the rules that the table goes by
	Held    string   // the page where a meeting is recorded that was held elsewhere
}

// caseClocks is nil for who may not plan meetings in the case: she sees no clocks.
func (s *Staff) caseClocks(r *http.Request, me people.Staff, c flow.CaseView) (*clocksView, error) {
	if !c.MayPlan {
		return nil, nil
	}
	loc := s.pages.Loc(r)
	rows, err := s.flow.Clocks(r.Context(), me.Actor(), c.ID)
	if err != nil {
		return nil, err
	}
	v := &clocksView{Held: "/cases/" + string(c.ID) + "/held", Table: web.Table{Caption: loc.T("staff.clock.title"), Empty: loc.T("staff.clock.none"),
		Columns: []web.Column{{Title: loc.T("staff.case.child")}, {Title: loc.T("staff.meeting.meeting")}, {Title: loc.T("staff.clock.by")}, {Title: loc.T("staff.clock.state")},
			{Title: loc.T("staff.clock.do")}}}}
	for _, d := range rows {
		child := web.Cell{Text: d.Child.Name}
		if d.Assumed {
			child.Small = loc.T("staff.clock.assumed")
		}
		meeting := web.Cell{Text: loc.T("staff.kind." + string(d.Kind)), Small: loc.T("staff.clock.from_"+string(d.Rule.Begins), "Day", day(loc, d.From))}
		if d.From != began(d) {
			meeting.Small = loc.T("staff.clock.from_last", "Day", day(loc, d.From))
		}
		if d.WithoutHer {
			meeting.Small = loc.T("staff.clock.without_her", "Day", day(loc, d.From))
		}
		plan := web.Cell{}
		if d.Clock.Planned == 0 {
			plan = web.Cell{Text: loc.T("staff.clock.plan", "Name", d.Child.Name),
				Href: "/cases/" + string(c.ID) + "/plan?" + url.Values{"kind": {string(d.Kind)}, "child": {string(d.Child.ID)}}.Encode()}
		}
		v.Table.Rows = append(v.Table.Rows, []web.Cell{child, meeting, {Text: day(loc, d.By), Small: daysTo(loc, d)}, stateCell(loc, d), plan})
		if !slices.Contains(v.Sources, d.Rule.Source) {
			v.Sources = append(v.Sources, d.Rule.Source)
		}
	}
	return v, nil
}

// began is the day on which a clock's rule began for the child.
func began(d flow.DueClock) workdays.Day {
	switch d.Rule.Begins {
	case clocks.StrategyDiscussion:
		return d.Child.Care.Strategy
	case clocks.ProtectionPlan:
		return d.Child.Care.Plan
	}
	return d.Child.Care.LookedAfter
}

var stateColours = map[clocks.State]string{clocks.Overdue: "red", clocks.PlannedLate: "orange", clocks.DueSoon: "yellow", clocks.NotInvited: "orange", clocks.Due: "grey", clocks.Planned: "green"}

func stateCell(loc i18n.Loc, d flow.DueClock) web.Cell {
	c := web.Cell{Tag: &web.Tag{Text: loc.T("staff.clock.s_" + string(d.State)), Colour: stateColours[d.State]}}
	if d.Clock.Planned != 0 {
		c.Small = loc.T("staff.clock.planned_for", "Day", day(loc, d.Clock.Planned))
	} else if d.State == clocks.Overdue {
		c.Small = loc.T("staff.clock.not_asked")
	}
	return c
}

// daysTo says how many working days there are left, or how many it is late.
func daysTo(loc i18n.Loc, d flow.DueClock) string {
	switch {
	case d.Days > 0:
		return loc.N("staff.clock.days_left", d.Days)
	case d.Days < 0:
		return loc.N("staff.clock.days_late", -d.Days)
	case d.State == clocks.Overdue: // its day was just before a weekend, and it is one still
		return loc.T("staff.clock.just_late")
	}
	return loc.T("staff.clock.today")
}

// dueTable is what must be seen to over all cases, the most pressing first.
func (s *Staff) dueTable(loc i18n.Loc, rows []flow.DueClock) web.Table {
	t := web.Table{Caption: loc.T("staff.clock.home"), Empty: loc.T("staff.clock.none_due"), Columns: []web.Column{{Title: loc.T("staff.case.child")},
		{Title: loc.T("staff.meeting.meeting")}, {Title: loc.T("staff.case.case")}, {Title: loc.T("staff.clock.by")}, {Title: loc.T("staff.clock.state")}}}
	for _, d := range rows {
		t.Rows = append(t.Rows, []web.Cell{{Text: d.Child.Name, Href: "/cases/" + string(d.Case) + "#due"}, {Text: loc.T("staff.kind." + string(d.Kind))}, {Text: d.Reference, Small: d.Mother},
			{Text: day(loc, d.By), Small: daysTo(loc, d)}, stateCell(loc, d)})
	}
	return t
}

// due lists what must be seen to over all cases.
func (s *Staff) due(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.DueReviews(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.dueTable(loc, rows)
	t.CaptionHidden = true
	p := s.page(r, me, loc.T("staff.clock.home"), meetingsView{Table: t})
	p.Back = backTo(loc, "home", "/")
	return s.pages.Render(w, r, http.StatusOK, "due", p)
}

// standardView is what a kind of meeting usually is, in words.
type standardView struct {
	Kind    string
	Agenda  []string
	Who     []string
	Papers  []string
	Before  string // when the papers are to be with everybody
	Sources string
}

func (s *Staff) standard(loc i18n.Loc, k meetings.Kind) standardView {
	of := meetings.StandardOf(k)
	v := standardView{Kind: loc.T("staff.kind." + string(k)), Sources: of.Source}
	for _, x := range of.Agenda {
		v.Agenda = append(v.Agenda, loc.T("staff.agenda."+x))
	}
	for _, x := range of.Who {
		v.Who = append(v.Who, loc.T("staff.must_be."+x))
	}
	for _, x := range of.Papers {
		v.Papers = append(v.Papers, loc.T("staff.papers."+x))
	}
	if n := s.flow.PapersBefore(k); len(v.Papers) > 0 && n > 0 {
		v.Before = loc.N("staff.papers_before", n)
	}
	return v
}

// whoTable says for each office that must be at a meeting who of it is invited.
func whoTable(loc i18n.Loc, m flow.MeetingView) web.Table {
	t := web.Table{Caption: loc.T("staff.meeting.must"), Columns: []web.Column{{Title: loc.T("staff.case.office")}, {Title: loc.T("staff.meeting.invited")}}}
	for _, office := range meetings.StandardOf(m.Kind).Who {
		var names []string
		for _, p := range m.Participants {
			if p.Office == people.ContactRole(office) && p.Office != "" || office == meetings.RoleOfMother && p.Kind == meetings.PersonMother ||
				office == meetings.RoleOfSupporter && p.Kind == meetings.PersonStaff {
				names = append(names, p.Name)
			}
		}
		who := web.Cell{Text: joinNames(names)}
		if len(names) == 0 {
			who = web.Cell{Tag: &web.Tag{Text: loc.T("staff.meeting.nobody"), Colour: "grey"}}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: loc.T("staff.must_be." + office)}, who})
	}
	return t
}

// today is the day it is in London.
func (s *Staff) today() workdays.Day { return workdays.Of(s.now()) }

type heldView struct {
	Bar      web.IdentityBar
	At       string
	Key      string
	Kinds    []web.Option
	Children []web.Option
	Parts    []web.Option
	Whys     []web.Option
	Records  []heldRecord
}

// heldRecord is one record that was made, with a way to take it back.
type heldRecord struct {
	ID    ids.ElsewhereID
	Title string
	About web.SummaryList
}

// heldPage is where a meeting is recorded that was held elsewhere, above those that were.
func (s *Staff) heldPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showHeld(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showHeld(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	records, err := s.flow.HeldElsewhere(r.Context(), me.Actor(), c.ID)
	if err != nil {
		return err
	}
	v := heldView{Bar: caseBar(loc, c), At: r.URL.Path, Key: form.Value("key"), Kinds: []web.Option{web.Opt("", loc.T("staff.plan.choose"))},
		Whys: []web.Option{web.Opt("", loc.T("staff.held_meeting.no_why"))}}
	if v.Key == "" {
		v.Key = newKey()
	}
	for _, k := range meetings.Recordable {
		v.Kinds = append(v.Kinds, web.Option{Value: string(k), Text: loc.T("staff.kind." + string(k)), Checked: string(k) == form.Value(meetings.HeldKind)})
	}
	for _, k := range c.Children {
		v.Children = append(v.Children, web.Option{Value: string(k.ID), Text: k.Name, Checked: len(c.Children) == 1})
	}
	for _, p := range meetings.Parts {
		v.Parts = append(v.Parts, web.Opt(string(p), loc.T("staff.held_meeting.p_"+string(p))))
	}
	for _, y := range meetings.Whys {
		v.Whys = append(v.Whys, web.Option{Value: string(y), Text: loc.T("staff.held_meeting.w_" + string(y)), Checked: string(y) == form.Value(meetings.HeldWhy)})
	}
	for _, e := range records {
		v.Records = append(v.Records, heldRecordOf(loc, c, e))
	}
	p := s.page(r, me, loc.T("staff.held_meeting.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "held", p)
}

func heldRecordOf(loc i18n.Loc, c flow.CaseView, e meetings.Elsewhere) heldRecord {
	rec := heldRecord{ID: e.ID, Title: loc.T("staff.kind."+string(e.Kind)) + ", " + day(loc, e.Day)}
	var about []string
	for _, k := range c.Children {
		if slices.Contains(e.Children, k.ID) {
			about = append(about, k.Name)
		}
	}
	rec.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.meeting.about"), joinNames(about)), web.Row(loc.T("staff.held_meeting.part"), loc.T("staff.held_meeting.p_"+string(e.Part)))}
	if e.Why != "" {
		rec.About.Rows = append(rec.About.Rows, web.Row(loc.T("staff.held_meeting.why"), loc.T("staff.held_meeting.w_"+string(e.Why))))
	}
	if e.Note != "" {
		rec.About.Rows = append(rec.About.Rows, web.Row(loc.T("staff.held_meeting.noted"), e.Note))
	}
	return rec
}

// held keeps a record; a form sent twice keeps one.
func (s *Staff) held(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	n := flow.NewHeld{Case: ids.CaseID(r.PathValue("case")), Kind: meetings.Kind(form.Value(meetings.HeldKind)), Day: s.readDay(r, form, meetings.HeldDay),
		Part: meetings.Part(form.Value(meetings.HeldPart)), Why: meetings.Why(form.Value(meetings.HeldWhy)), Note: form.Value(meetings.HeldNote), IdemKey: form.Value("key")}
	for _, k := range form.Values[meetings.HeldChildren] {
		n.Children = append(n.Children, ids.ChildID(k))
	}
	if fault := n.Record().Check(s.today()); fault != nil && !form.Bad() {
		form.Fail(fault.Field, loc.T("staff.held_meeting.bad_"+fault.Code))
	}
	if form.Bad() {
		return s.showHeld(w, r, me, http.StatusUnprocessableEntity, form)
	}
	_, err = s.flow.RecordHeld(r.Context(), me.Actor(), n)
	if ids.KindOf(err) == ids.Invalid {
		form.Fail(meetings.HeldChildren, ids.Public(err))
		return s.showHeld(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, r.URL.Path+"?done=held_recorded")
}

// withdrawHeld takes a record back that was a mistake.
func (s *Staff) withdrawHeld(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	c := r.PathValue("case")
	if err := s.flow.WithdrawHeld(r.Context(), me.Actor(), ids.CaseID(c), ids.ElsewhereID(r.PathValue("meeting"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cases/"+c+"/held?done=held_withdrawn")
}
