package staff

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

// inviteView is an invitation that a held email brings, and how it can be answered.
type inviteView struct {
	About    web.SummaryList
	Plan     web.SummaryList
	Problems []string
	Changes  []string // what the organiser has changed of meetings that were made
	Times    []web.Option
	Kinds    []web.Option
	Children []web.Option
	Staff    []web.Option
	Book     bool // there is a time to book, or a change to follow
	CanReply bool // its organiser's calendar gets an answer
	Silent   bool // nobody is answered: why is said
	Unknown  bool
	Trouble  string   // the code with which the organiser's mail server refused our answer
	Ask      string   // the drafted request; "" = nothing is missing
	Follow   bool     // a change is followed, nothing new is booked
	Near     []string // times that would do, where one does not
}

// inviteView makes the view of an invitation.
func (s *Staff) inviteView(r *http.Request, me people.Staff, h flow.HoldView, form *web.Form) (*inviteView, error) {
	loc, when, in := s.pages.Loc(r), s.pages.When(r), h.Invitation
	v := &inviteView{Unknown: in.Unknown, Trouble: in.Trouble, CanReply: in.MayAnswer, Silent: !in.MayAnswer && !in.Unknown, Follow: len(in.Changes) > 0}
	add := func(key, value string) {
		if value != "" {
			v.About.Rows = append(v.About.Rows, web.Row(loc.T(key), value))
		}
	}
	span := func(from, to time.Time) string { return span(loc, when, from, to) }
	judge, err := s.inviteJudge(r, me, h)
	if err != nil {
		return v, err
	}
	if in.Invite.Cancels() {
		add("staff.invite.says", loc.T("staff.invite.cancels"))
	}
	add("staff.invite.summary", in.Invite.Summary)
	if !in.Invite.Start.IsZero() {
		add("staff.invite.when", span(in.Invite.Start, in.Invite.Start.Add(in.Invite.Length())))
	}
	if in.Invite.Repeats {
		add("staff.invite.repeats", loc.N("staff.invite.times", len(in.Invite.Times)))
	}
	add("staff.invite.organiser", joinWords(in.Invite.Organizer.Name, in.Invite.Organizer.Address))
	add("staff.invite.where", in.Invite.Location)
	if in.Invite.Service != "" {
		add("staff.invite.service", loc.T("staff.invite.by_"+in.Invite.Service))
	}
	for _, p := range in.Invite.Problems {
		if loc.Lang() == "cy" {
			p.En = p.Cy
		}
		v.Problems = append(v.Problems, p.En)
	}
	if in.Invite.Others > 0 {
		v.Problems = append(v.Problems, loc.N("staff.invite.others", in.Invite.Others))
	}
	v.Plan = dialPlan(loc, in.Invite.Plan)
	if loc.Lang() == "cy" {
		v.Ask = in.Invite.Ask.Cy.Text
	} else {
		v.Ask = in.Invite.Ask.En.Text
	}
	for _, c := range in.Changes {
		words := loc.T("staff.invite.called_off", "Was", span(c.Start, c.End))
		if c.To != nil {
			words = loc.T("staff.invite.moved", "Was", span(c.Start, c.End), "To", span(c.To.Start, c.To.End))
		}
		v.Changes = append(v.Changes, words)
	}
	v.Book = !in.Unknown && (len(in.Changes) > 0 || len(in.Free) > 0)
	if !v.Book || v.Follow {
		return v, judge.where(in, v)
	}
	if in.Invite.Repeats {
		for i, t := range in.Free {
			v.Times = append(v.Times, web.Option{Value: strconv.FormatInt(t.ID.Unix(), 10), Text: span(t.Start, t.End), Checked: i == 0})
		}
	}
	if err := judge.where(in, v); err != nil {
		return v, err
	}
	v.Kinds = []web.Option{web.Opt("", loc.T("staff.plan.choose"))}
	for _, k := range meetings.Kinds {
		if k != meetings.LegalVisit && !k.Private() {
			v.Kinds = append(v.Kinds, web.Option{Value: string(k), Text: loc.T("staff.kind." + string(k)), Checked: string(k) == in.Kind})
		}
	}
	c, err := s.flow.Case(r.Context(), me.Actor(), h.Case)
	if err != nil {
		return v, err
	}
	if form.Values == nil { // the form as it is first shown
		form.Values = map[string][]string{"kind": {in.Kind}}
		for _, k := range in.About {
			form.Values["about"] = append(form.Values["about"], string(k))
		}
		if len(v.Times) > 0 {
			form.Values["time"] = []string{v.Times[0].Value}
		}
	}
	if len(c.Children) > 1 {
		_, v.Children = childOptions(c, form.Values["about"])
	}
	for _, m := range c.Team {
		if m.ID != me.ID && !m.Disabled {
			v.Staff = append(v.Staff, web.Option{Value: string(m.ID), Text: m.Name, Hint: loc.T("staff.role." + string(m.Role))})
		}
	}
	return v, nil
}

// dialPlan is how a meeting can be reached, the best way first. What is dialled is shown; the digits that are sent then are not.
func dialPlan(loc i18n.Loc, legs []invites.Leg) (list web.SummaryList) {
	for _, l := range legs {
		why := l.Why
		if loc.Lang() == "cy" {
			why = l.WhyCy
		}
		list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T("staff.invite.leg_" + string(l.Kind)), Lines: []string{l.Target, why}})
	}
	return list
}

// span writes a day with the times between which something is on it.
func span(loc i18n.Loc, when web.When, from, to time.Time) string {
	return when.LongDate(from) + ", " + loc.T("staff.meeting.from_to", "From", when.Clock(from), "To", when.Clock(to))
}

func joinWords(name, address string) string {
	if name == "" {
		return address
	}
	return name + " (" + address + ")"
}

// invitation decides about the invitation of a held email.
func (s *Staff) invitation(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, loc := ids.HoldID(r.PathValue("hold")), s.pages.Loc(r)
	do := form.Value("do")
	if do == "ask" {
		if err := s.flow.AskOrganiser(r.Context(), me.Actor(), id); err != nil {
			return s.decideAgain(w, r, me, form, "", err)
		}
		return web.Redirect(w, r, "/queue/"+string(id)+"?done=organiser_asked")
	}
	n := flow.InviteAnswer{Answer: flow.CalendarAnswer(do), Kind: meetings.Kind(form.Value("kind"))}
	if do == string(flow.AnswerAccepted) && !form.Has("follow", "yes") {
		s.readInvitation(loc, form, &n)
	}
	if form.Bad() {
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	made, err := s.flow.AnswerInvitation(r.Context(), me.Actor(), id, n)
	switch {
	case ids.KindOf(err) == ids.Invalid && err != nil, ids.KindOf(err) == ids.Forbidden && err != nil:
		form.Fail("kind", ids.Public(err))
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	case err != nil:
		return s.decideAgain(w, r, me, form, "", err)
	case do == string(flow.AnswerTentative):
		return web.Redirect(w, r, "/queue/"+string(id)+"?done=invite_answered")
	case len(made) > 0:
		return web.Redirect(w, r, "/meetings/"+string(made[0])+"?done=invite_booked")
	}
	return web.Redirect(w, r, "/queue?done=invite_answered")
}

// readInvitation reads what is to be booked and notes what is missing.
func (s *Staff) readInvitation(loc i18n.Loc, form *web.Form, n *flow.InviteAnswer) {
	if !slices.Contains(meetings.Kinds, n.Kind) {
		form.Fail("kind", loc.T("staff.plan.kind_missing"))
	}
	for _, k := range form.Values["about"] {
		n.About = append(n.About, ids.ChildID(k))
	}
	if form.Has("children", "several") && len(n.About) == 0 && n.Kind.AboutChildren() {
		form.Fail("about", loc.T("staff.plan.about_missing"))
	}
	for _, m := range form.Values["staff"] {
		n.Staff = append(n.Staff, ids.StaffID(m))
	}
	for _, t := range form.Values["time"] {
		if sec, err := strconv.ParseInt(t, 10, 64); err == nil {
			n.Times = append(n.Times, time.Unix(sec, 0))
		}
	}
	if form.Has("series", "yes") && len(n.Times) == 0 {
		form.Fail("time", loc.T("staff.invite.time_missing"))
	}
}
