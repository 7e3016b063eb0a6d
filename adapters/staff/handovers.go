package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type handoversView struct{ Table web.Table }

// handovers lists who is proposed to take over a conversation.
func (s *Staff) handovers(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.Handovers(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.handoverTable(r, rows)
	t.CaptionHidden = true
	return s.pages.Render(w, r, http.StatusOK, "handovers", s.page(r, me, loc.T("staff.handover.title"), handoversView{t}))
}

func (s *Staff) handoverTable(r *http.Request, rows []flow.HandoverRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.handover.title"), Empty: loc.T("staff.handover.none"), Columns: []web.Column{{Title: loc.T("staff.handover.from")},
		{Title: loc.T("staff.thread.subject")}, {Title: loc.T("staff.handover.why")}, {Title: loc.T("staff.handover.to")}, {Title: loc.T("staff.queue.waited")}}}
	for _, h := range rows {
		to := web.Cell{Text: h.Successor.Name, Small: h.Successor.Email}
		if h.Successor == (cases.Successor{}) {
			to.Text = loc.T("staff.handover.unknown")
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: h.FromContact.Name, Href: "/handovers/" + string(h.ID), Small: h.Agency.Name}, {Text: h.Subject, Small: h.CaseReference},
			{Text: loc.T("staff.handover.r_" + string(h.Reason))}, to, {Text: ago(loc, h.Proposed, s.now())}})
	}
	return t
}

type handoverView struct {
	ID      ids.HandoverID
	About   web.SummaryList
	Open    bool
	Hold    string // the address of the held email that proposed it
	People  []web.Option
	Roles   []web.Option
	Choices []web.Option // replace or join
	Name    string       // proposed, for somebody new
	Email   string
	From    string
	Also    []alsoView // her other conversations
}

type alsoView struct {
	flow.AlsoHers
	Chosen bool
	Text   string
}

// dutyTeam is the choice of the organisation's duty team.
const dutyTeam = "duty"

// newPerson is the choice of somebody who is no contact yet.
const newPerson = "new"

func (s *Staff) handoverPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showHandover(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showHandover(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	h, err := s.flow.Handover(r.Context(), me.Actor(), ids.HandoverID(r.PathValue("handover")))
	if err != nil {
		return err
	}
	v := handoverView{ID: h.ID, Open: h.Decided.IsZero(), About: s.handoverAbout(r, h), Name: h.Successor.Name, Email: h.Successor.Email, From: h.FromContact.Name,
		Roles: roleOptions(loc, h.FromContact.Role), Choices: []web.Option{{Value: "replace", Text: loc.T("staff.handover.replace", "Name", h.FromContact.Name), Checked: true},
			{Value: "join", Text: loc.T("staff.handover.join")}}}
	known := false
	for _, c := range h.Choices {
		is := h.Successor.Email != "" && c.Email == h.Successor.Email
		known = known || is
		v.People = append(v.People, web.Option{Value: string(c.ID), Text: c.Name, Hint: c.Email, Checked: is})
	}
	if h.DutyEmail != "" {
		v.People = append(v.People, web.Option{Value: dutyTeam, Text: loc.T("staff.handover.duty"), Hint: h.DutyEmail})
	}
	v.People = append(v.People, web.Option{Value: newPerson, Text: loc.T("staff.handover.somebody_new"), Checked: !known})
	for _, x := range h.Also {
		one := alsoView{AlsoHers: x, Chosen: form.Has("also", string(x.Thread)), Text: x.Summary}
		if text := form.Value("summary-" + string(x.Thread)); text != "" {
			one.Text = text
		}
		v.Also = append(v.Also, one)
	}
	if h.Hold != "" {
		v.Hold = "/queue/" + string(h.Hold)
	}
	if form.Values == nil {
		form.Values = map[string][]string{"name": {v.Name}, "email": {v.Email}, "summary": {h.Summary}}
	}
	p := s.page(r, me, loc.T("staff.handover.who", "Name", h.FromContact.Name), v)
	p.Form, p.Back = form, backTo(loc, "handovers", "/handovers")
	return s.pages.Render(w, r, status, "handover", p)
}

func (s *Staff) handoverAbout(r *http.Request, h flow.HandoverView) web.SummaryList {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	list := web.SummaryList{Rows: []web.SummaryRow{
		{Key: loc.T("staff.handover.from"), Lines: []string{h.FromContact.Name, h.FromContact.Email, h.Agency.Name}},
		web.Row(loc.T("staff.handover.why"), loc.T("staff.handover.r_"+string(h.Reason))),
		{Key: loc.T("staff.thread.subject"), Link: &web.Link{Text: h.Subject, Href: "/threads/" + string(h.Thread)}},
		web.Row(loc.T("staff.case.case"), h.CaseReference+", "+h.MotherName),
		web.Row(loc.T("staff.handover.proposed"), when.DateTime(h.Proposed)+" ("+ago(loc, h.Proposed, s.now())+")")}}
	if h.Successor != (cases.Successor{}) {
		row := web.SummaryRow{Key: loc.T("staff.handover.to")}
		for _, line := range []string{h.Successor.Name, h.Successor.Email, h.Successor.Phone} {
			if line != "" {
				row.Lines = append(row.Lines, line)
			}
		}
		list.Rows = append(list.Rows, row)
	}
	if h.Inbound != "" {
		list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T("staff.mail.learnt"), Link: &web.Link{Text: loc.T("staff.mail.see"), Href: "/mail/" + string(h.Inbound)}})
	}
	if !h.Decided.IsZero() {
		list.Rows = append(list.Rows, web.Row(loc.T("staff.hold.decided"), loc.T("staff.handover.o_"+string(h.Outcome))+", "+when.DateTime(h.Decided)))
	}
	return list
}

// contactRoles are the offices in an authority that may take a conversation over.
var contactRoles = []people.ContactRole{people.AllocatedWorker, people.TeamManager, people.ServiceManager, people.DutyTeam, people.ReviewingOfficer, people.ConferenceChair}

func roleOptions(loc i18n.Loc, chosen people.ContactRole) []web.Option {
	var out []web.Option
	for _, role := range contactRoles {
		out = append(out, web.Option{Value: string(role), Text: loc.T("staff.office." + string(role)), Checked: role == chosen})
	}
	return out
}

// handOver decides a handover.
func (s *Staff) handOver(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := ids.HandoverID(r.PathValue("handover"))
	if form.Value("do") == "nothing" {
		if err := s.flow.RefuseHandover(r.Context(), me.Actor(), id); err != nil {
			return err
		}
		return web.Redirect(w, r, "/handovers?done=left_as_it_is")
	}
	n := flow.NewPerson{Replace: form.Value("how") != "join", Summary: form.Value("summary")}
	if person := form.Value("person"); person == dutyTeam {
		n.Duty = true
	} else if person != newPerson && person != "" {
		n.Contact = ids.ContactID(person)
	} else {
		n.Name, n.Email, n.Role = form.Value("name"), form.Value("email"), people.ContactRole(form.Value("role"))
	}
	err = s.flow.AcceptHandover(r.Context(), me.Actor(), id, n)
	if err == nil {
		err = s.handOverAlso(r, me, id, form)
	}
	switch k := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, "/handovers?done=handed_over")
	case k == ids.Invalid, k == ids.Forbidden:
		field := "email"
		if n.Contact != "" || n.Duty {
			field = "person"
		} else if n.Name == "" {
			field = "name"
		}
		form.Fail(field, ids.Public(err))
		status := http.StatusUnprocessableEntity
		if k == ids.Forbidden {
			status = http.StatusForbidden
		}
		return s.showHandover(w, r, me, status, form)
	}
	return err
}

// handOverAlso hands over her other conversations that were ticked.
func (s *Staff) handOverAlso(r *http.Request, me people.Staff, id ids.HandoverID, form *web.Form) error {
	also := map[ids.ThreadID]string{}
	for _, t := range form.Values["also"] {
		also[ids.ThreadID(t)] = form.Value("summary-" + t)
	}
	if len(also) == 0 {
		return nil
	}
	return s.flow.HandOverAlso(r.Context(), me.Actor(), id, also)
}

// askHandover begins a handover because the worker learnt of it herself.
func (s *Staff) askHandover(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, err := s.flow.AskHandover(r.Context(), me.Actor(), ids.ThreadID(r.PathValue("thread")), ids.ContactID(form.Value("contact")))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/handovers/"+string(id))
}
