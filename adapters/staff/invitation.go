package staff

import (
	"net/http"
	"net/url"
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
	NoHour   bool     // the change is to a whole day: nothing can follow it
	Near     []string // times that would do, where one does not
	Slots    []slotRow
	Proposed *web.SummaryList // other times that were proposed to the organiser, and what became of them
	Other    bool             // another case's address is among those invited
	PlanAt   string           // where a meeting is planned from words without times; "" = it says when
}

// inviteView makes the view of an invitation.
func (s *Staff) inviteView(r *http.Request, me people.Staff, h flow.HoldView, form *web.Form) (v *inviteView, err error) {
	loc, when, in := s.pages.Loc(r), s.pages.When(r), h.Invitation
	v = &inviteView{Unknown: in.Unknown, Trouble: in.Trouble, CanReply: in.MayAnswer, Silent: !in.MayAnswer && !in.Unknown && !in.Invite.WordsOnly, Follow: len(in.Changes) > 0}
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
	switch {
	case in.Invite.Cancels():
		add("staff.invite.says", loc.T("staff.invite.cancels"))
	case in.Invite.Method == invites.Refusal:
		add("staff.invite.says", loc.T("staff.invite.refuses"))
	}
	v.Other, v.Proposed = in.OtherCase, proposedList(loc, when, in.Counter)
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
	v.NoHour = in.Invite.AllDay && !in.Invite.Cancels()
	switch {
	case in.Invite.Cancels(): // nobody needs to know any more
	case loc.Lang() == "cy":
		v.Ask = in.Invite.Ask.Cy.Text
	default:
		v.Ask = in.Invite.Ask.En.Text
	}
	for _, c := range in.Changes {
		words := loc.T("staff.invite.called_off", "Was", span(c.Start, c.End))
		if c.To != nil {
			words = loc.T("staff.invite.moved", "Was", span(c.Start, c.End), "To", span(c.To.Start, c.To.End))
		}
		v.Changes = append(v.Changes, words)
	}
	if in.Invite.WordsOnly && !in.Unknown && len(in.Booked) == 0 {
		if v.PlanAt, err = s.planFromInvitation(r, me, h); err != nil {
			return v, err
		}
	}
	if in.MayAnswer && !in.Unknown && !in.Invite.Cancels() && in.Invite.HasTime() && in.Invite.UID != "" && (in.Counter == nil || in.Counter.Outcome != invites.Awaited) {
		v.Slots = slotRows(loc, form, invites.MaxSlots)
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
	if first := form.Values == nil; first || form.Value("do") == "counter" { // as it is first shown, or another of the page's forms was sent
		if first {
			form.Values = url.Values{}
			if slotsFrom(r, form, invites.MaxSlots); filledRows(form, invites.MaxSlots) == 0 {
				fillSlots(form, judge.near, invites.MaxSlots)
			}
		}
		form.Values["kind"] = []string{in.Kind}
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

// proposedList is what was proposed to the organiser, and what she says to it; nil when nothing was.
func proposedList(loc i18n.Loc, when web.When, c *invites.Counter) *web.SummaryList {
	if c == nil {
		return nil
	}
	times := web.SummaryRow{Key: loc.T("staff.invite.proposed")}
	for _, t := range c.Slots {
		times.Lines = append(times.Lines, when.Span(t.Start, t.End))
	}
	state := "waits"
	if c.Outcome != invites.Awaited {
		state = string(c.Outcome)
	}
	list := &web.SummaryList{Rows: []web.SummaryRow{times, web.Row(loc.T("staff.invite.proposed_on"), when.DateTime(c.At)), web.Row(loc.T("staff.invite.proposed_answer"), loc.T("staff.invite.counter_"+state))}}
	if c.Comment != "" {
		list.Rows = append(list.Rows, web.Row(loc.T("staff.invite.proposed_words"), c.Comment))
	}
	return list
}

// planFromInvitation is the planning form's address with what an invitation without times says: whom it is about, most likely, and who sent it.
func (s *Staff) planFromInvitation(r *http.Request, me people.Staff, h flow.HoldView) (string, error) {
	in := h.Invitation
	var guests []ids.ContactID
	if in.Sender != "" {
		offered, err := s.flow.GuestChoices(r.Context(), me.Actor(), h.Case, in.About)
		if ids.KindOf(err) == ids.Forbidden && err != nil { // she cannot plan here
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(offered, func(c people.Contact) bool { return c.ID == in.Sender }) {
			guests = append(guests, in.Sender)
		}
	}
	at, err := url.Parse(planAddress(h.Case, meetings.Kind(in.Kind), in.About, guests))
	if err != nil {
		return "", err
	}
	q := at.Query()
	q.Set("invitation", string(h.ID))
	at.RawQuery = q.Encode()
	return at.String(), nil
}

// proposeTimes proposes other times to the organiser.
func (s *Staff) proposeTimes(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form) error {
	id, loc := ids.HoldID(r.PathValue("hold")), s.pages.Loc(r)
	starts := readSlots(loc, form, invites.MaxSlots)
	if !form.Bad() && len(starts) == 0 {
		form.Fail(dayField(1), loc.T("staff.invite.slot_missing"))
	}
	if form.Bad() {
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	err := s.flow.ProposeTimes(r.Context(), me.Actor(), id, starts)
	switch {
	case err == nil:
		return web.Redirect(w, r, "/queue/"+string(id)+"?done=invite_countered")
	case ids.KindOf(err) == ids.Invalid, ids.KindOf(err) == ids.Forbidden:
		form.Fail(dayField(1), ids.Public(err))
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return s.decideAgain(w, r, me, form, "", err)
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
	if do == "counter" {
		return s.proposeTimes(w, r, me, form)
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
