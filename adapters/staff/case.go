package staff

import (
	"net/http"
	"slices"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type caseView struct {
	Bar     web.IdentityBar
	Sub     web.SubNavigation
	Tables  []web.Table // conversations, meetings, children, team
	Due     *clocksView // for who may plan meetings
	Begin   string      // the address where a conversation is begun, "" when she may not
	Plan    string
	Ask     string // the address where people outside are asked for a time
	PIN     string
	Notes   []string   // of the children, for who keeps their records
	Review  []string   // who reviews its conversations, in words
	Keep    []web.Link // where that, its flags and its team are changed
	Support string     // the page of her support plan
}

// casePage is a case: whose it is, who is in it, what is said and what is planned.
func (s *Staff) casePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	planned, err := s.flow.CaseMeetings(r.Context(), me.Actor(), c.ID)
	if err != nil {
		return err
	}
	asked, err := s.flow.CaseRequests(r.Context(), me.Actor(), c.ID)
	if err != nil {
		return err
	}
	at := "/cases/" + string(c.ID)
	v := caseView{Notes: childNotes(loc, c), Bar: caseBar(loc, c), Sub: caseNav(loc, c, r.URL.Path), Tables: []web.Table{s.threadTable(r, c.Threads),
		s.requestTable(r, asked), s.meetingTable(r, planned, loc.T("staff.case.meetings"), loc.T("staff.case.no_meetings")), s.childTable(r, c), teamTable(loc, c)}}
	if v.Due, err = s.caseClocks(r, me, c); err != nil {
		return err
	}
	if len(c.MayOpen) > 0 {
		v.Begin = at + "/begin"
	}
	if c.MayPlan {
		v.Plan, v.Ask = at+"/plan", at+"/poll"
		times, err := s.flow.CasePolls(r.Context(), me.Actor(), c.ID)
		if err != nil {
			return err
		}
		if len(times) > 0 {
			v.Tables = slices.Insert(v.Tables, 2, s.pollTable(r, times))
		}
	}
	if c.MayResetPIN {
		v.PIN = at + "/pin"
	}
	if c.MaySeePlan {
		v.Support = "/women/" + string(c.Mother.ID) + "/support"
	}
	v.Review = reviewLines(loc, c.Review)
	if c.MaySetReview {
		v.Keep = append(v.Keep, web.Link{Text: loc.T("staff.review.change"), Href: "/review?case=" + string(c.ID)})
	}
	if c.MayFlag {
		v.Keep = append(v.Keep, web.Link{Text: loc.T("staff.nav.flags"), Href: "/flags?case=" + string(c.ID)})
	}
	p := s.page(r, me, loc.T("staff.case.title", "Reference", c.Reference), v)
	p.Back = backTo(loc, "cases", "/cases")
	return s.pages.Render(w, r, http.StatusOK, "case", p)
}

func (s *Staff) childTable(r *http.Request, c flow.CaseView) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.case.children"), Empty: loc.T("staff.case.no_children"),
		Columns: []web.Column{{Title: loc.T("staff.case.child")}, {Title: loc.T("staff.case.born")}, {Title: loc.T("staff.case.authority")}}}
	for _, k := range c.Children {
		name := web.Cell{Text: k.Name}
		if c.Safeguards.MayKeepChild {
			name.Href = "/cases/" + string(c.ID) + "/children/" + string(k.ID)
		}
		t.Rows = append(t.Rows, []web.Cell{name, {Text: born(s.pages.When(r), k.Born)}, {Text: k.AuthorityName}})
	}
	return t
}

func teamTable(loc i18n.Loc, c flow.CaseView) web.Table {
	t := web.Table{Caption: loc.T("staff.case.team"), Empty: loc.T("staff.case.no_team"), Columns: []web.Column{{Title: loc.T("staff.case.person")}, {Title: loc.T("staff.case.office")}}}
	for _, m := range c.Team {
		cell := web.Cell{Text: loc.T("staff.role." + string(m.Role))}
		if m.ID == c.Worker {
			cell.Tag = &web.Tag{Text: loc.T("staff.case.holds"), Colour: "green"}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: m.Name}, cell})
	}
	return t
}

// caseBar says on every page of a case whose it is.
func caseBar(loc i18n.Loc, c flow.CaseView) web.IdentityBar {
	bar := web.IdentityBar{Title: c.Mother.Name, Lines: []string{c.Mother.PrisonerNumber, c.Establishment.Name + ", " + c.Wing, c.Reference}}
	if c.Mother.Language == string(i18n.Welsh) {
		bar.Badges = append(bar.Badges, web.Badge{Text: loc.T("staff.case.welsh"), Colour: "blue"})
	}
	if !c.Closed.IsZero() {
		bar.Badges = append(bar.Badges, web.Badge{Text: loc.T("staff.case.closed"), Colour: "grey"})
	}
	return bar
}

func caseNav(loc i18n.Loc, c flow.CaseView, path string) web.SubNavigation {
	at := "/cases/" + string(c.ID)
	nav := web.SubNavigation{Label: loc.T("staff.case.nav"), Items: []web.NavItem{{Text: loc.T("staff.case.overview"), Href: at, Current: path == at}}}
	if c.Safeguards.MayRead {
		text := loc.T("staff.restrict.title")
		if c.Safeguards.InForce > 0 {
			text = loc.N("staff.restrict.tab", c.Safeguards.InForce)
		}
		nav.Items = append(nav.Items, web.NavItem{Text: text, Href: at + "/restrictions", Current: path == at+"/restrictions"})
	}
	nav.Items = append(nav.Items, web.NavItem{Text: loc.T("staff.request.title"), Href: at + "/requests", Current: path == at+"/requests"})
	nav.Items = append(nav.Items, web.NavItem{Text: loc.T("staff.custody.title"), Href: at + "/custody", Current: path == at+"/custody"})
	if c.MayReadAudit {
		nav.Items = append(nav.Items, web.NavItem{Text: loc.T("staff.audit.title"), Href: at + "/audit", Current: path == at+"/audit"})
	}
	return nav
}

func backTo(loc i18n.Loc, key, href string) *web.Link {
	return &web.Link{Text: loc.T("staff.back." + key), Href: href}
}

// threadTable lists conversations, the most recently used first.
func (s *Staff) threadTable(r *http.Request, rows []flow.ThreadRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.case.threads"), Empty: loc.T("staff.case.no_threads"), Columns: []web.Column{{Title: loc.T("staff.thread.subject")},
		{Title: loc.T("staff.thread.with")}, {Title: loc.T("staff.thread.channel")}, {Title: loc.T("staff.thread.last")}}}
	for _, row := range rows {
		with := row.AgencyName
		if with == "" {
			with = loc.T("staff.thread.pact_only")
		}
		subject := web.Cell{Text: row.Subject, Href: "/threads/" + string(row.ID)}
		if row.Waiting > 0 {
			subject.Tag = &web.Tag{Text: loc.N("staff.case.waiting", row.Waiting), Colour: "yellow"}
		}
		t.Rows = append(t.Rows, []web.Cell{subject, {Text: with}, {Tag: channelTag(loc, row.Channel)}, {At: row.LastAt}})
	}
	return t
}
