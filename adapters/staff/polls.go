package staff

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/workdays"
)

// Polls is how people outside are asked when a meeting can be held.
type Polls interface {
	MakePoll(ctx context.Context, a ids.Actor, n flow.NewPoll) (ids.PollID, error)
	PollViews
	RemindPoll(ctx context.Context, a ids.Actor, id ids.PollID) error
	ClosePoll(ctx context.Context, a ids.Actor, id ids.PollID) error
	CancelPoll(ctx context.Context, a ids.Actor, id ids.PollID) error
}

// PollViews is what is shown of polls, and what a meeting is made of.
type PollViews interface {
	Poll(ctx context.Context, a ids.Actor, id ids.PollID) (flow.PollView, error)
	CasePolls(ctx context.Context, a ids.Actor, c ids.CaseID) ([]flow.PollRow, error)
	OpenPolls(ctx context.Context, a ids.Actor) ([]flow.PollRow, error)
	PlanOf(ctx context.Context, a ids.Actor, id ids.PollID, slot int) (flow.NewMeeting, error)
	ChooseSlot(ctx context.Context, a ids.Actor, id ids.PollID, n flow.NewMeeting) (ids.MeetingID, error)
}

type askTimesView struct {
	Bar      web.IdentityBar
	Case     ids.CaseID
	Key      string // of the act of asking
	Rows     []slotRow
	More     []slotRow // that are folded away
	MoreOpen bool      // but one of them is filled in
	Kinds    []web.Option
	Lengths  []web.Option
	People   []web.Option
	Required []web.Option
	// Step are the children to choose from, where that is this page's question; Chosen were in the step before, and Again is where they can be chosen again.
	Step, Chosen []web.Option
	ChosenAs     string
	Again        string
	Keep         []web.Option // of the step of the children: what the address offered, hidden
	Nobody       bool
	Several      bool
}

// leastRows is how many times a form shows room for at first.
const leastRows = 3

// pollForm is the form by which people outside are asked. Its address can offer times, a kind and children.
func (s *Staff) pollForm(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	q := r.URL.Query()
	form := &web.Form{Values: url.Values{"kind": q["kind"], "about": q["child"], "step": {q.Get("step")}, "close_clock": {"17:00"}}}
	slotsFrom(r, form, polls.MaxSlots)
	form.Values.Set("close_day", workdays.EnglandAndWales().Add(s.today(), 3).String())
	return s.showAskTimes(w, r, me, http.StatusOK, form)
}

func (s *Staff) showAskTimes(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	at := "/cases/" + string(c.ID) + "/poll"
	rows := slotRows(loc, form, polls.MaxSlots)
	v := askTimesView{Bar: caseBar(loc, c), Case: c.ID, Key: form.Value("key"), Rows: rows[:leastRows], More: rows[leastRows:], MoreOpen: filledRows(form, polls.MaxSlots) > leastRows}
	if v.Key == "" {
		v.Key = newKey()
	}
	var about []ids.ChildID
	chosen, all := childOptions(c, form.Values["about"])
	if len(c.Children) > 1 {
		if len(chosen) == 0 || form.Value("step") == "children" {
			v.Step = all
			for n := 1; n <= filledRows(form, polls.MaxSlots); n++ {
				v.Keep = append(v.Keep, web.Option{Text: "slot", Value: form.Value(dayField(n)) + "T" + form.Value(clockField(n))})
			}
			v.Keep = append(v.Keep, web.Option{Text: "kind", Value: form.Value("kind")})
		}
		v.Chosen, v.ChosenAs, v.Again = chosen, "about", childrenAddress(at, "", "children", form.Values["about"])
		for _, o := range chosen {
			about = append(about, ids.ChildID(o.Value))
		}
	}
	guests, err := s.flow.GuestChoices(r.Context(), me.Actor(), c.ID, about)
	if err != nil {
		return err
	}
	if v.People, err = s.people(r, guests); err != nil {
		return err
	}
	v.Required = slices.Clone(v.People)
	v.Nobody, v.Several = len(guests) == 0, c.Walled && len(about) != 1
	v.Kinds = pollKinds(loc)
	for _, n := range lengths {
		v.Lengths = append(v.Lengths, web.Option{Value: strconv.Itoa(n), Text: loc.N("staff.minutes", n), Checked: n == 60 && form.Value("length") == ""})
	}
	p := s.page(r, me, loc.T("staff.poll.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "poll_ask", p)
}

// pollKinds are the kinds of meeting to which people outside come.
func pollKinds(loc i18n.Loc) []web.Option {
	out := []web.Option{web.Opt("", loc.T("staff.plan.choose"))}
	for _, k := range meetings.Kinds {
		if k != meetings.LegalVisit && !k.Private() {
			out = append(out, web.Opt(string(k), loc.T("staff.kind."+string(k))))
		}
	}
	return out
}

// askTimes sends the question; a form sent twice asks once.
func (s *Staff) askTimes(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	switch {
	case form.Value("step") == "children" && len(form.Values["about"]) == 0:
		form.Fail("about", loc.T("staff.begin.children_missing"))
		return s.showAskTimes(w, r, me, http.StatusUnprocessableEntity, form)
	case form.Value("step") == "children":
		to, _ := url.Parse(childrenAddress("/cases/"+r.PathValue("case")+"/poll", "", "", form.Values["about"]))
		q := to.Query()
		q["slot"], q["kind"] = form.Values["slot"], form.Values["kind"]
		to.RawQuery = q.Encode()
		return web.Redirect(w, r, to.String())
	}
	n := s.readPoll(r, form)
	if form.Bad() {
		return s.showAskTimes(w, r, me, http.StatusUnprocessableEntity, form)
	}
	id, err := s.flow.MakePoll(r.Context(), me.Actor(), n)
	switch kind := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, "/polls/"+string(id)+"?done=poll_asked")
	case kind == ids.Invalid, kind == ids.Forbidden: // such as people of two authorities: she can mend it here
		form.Fail("asked", ids.Public(err))
		return s.showAskTimes(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return err
}

// readPoll reads the form and notes what is wrong with it.
func (s *Staff) readPoll(r *http.Request, form *web.Form) flow.NewPoll {
	loc := s.pages.Loc(r)
	n := flow.NewPoll{Case: ids.CaseID(r.PathValue("case")), Kind: meetings.Kind(form.Value("kind")), IdemKey: form.Value("key"), Across: form.Has("across", "yes")}
	if !slices.ContainsFunc(pollKinds(loc)[1:], func(o web.Option) bool { return o.Value == string(n.Kind) }) {
		form.Fail("kind", loc.T("staff.plan.kind_missing"))
	}
	for _, k := range form.Values["about"] {
		n.About = append(n.About, ids.ChildID(k))
	}
	var err error
	if n.Minutes, err = strconv.Atoi(form.Value("length")); err != nil || !slices.Contains(lengths, n.Minutes) {
		form.Fail("length", loc.T("staff.plan.length_missing"))
	}
	n.Starts = readSlots(loc, form, polls.MaxSlots)
	var slots []polls.Slot
	if !form.Bad() {
		if slots, err = polls.CheckSlots(n.Starts, n.Minutes, s.now()); err != nil {
			form.Fail(dayField(1), ids.Public(err))
		}
	}
	for _, g := range form.Values["asked"] {
		n.Asked = append(n.Asked, ids.ContactID(g))
	}
	for _, g := range form.Values["required"] {
		n.Required = append(n.Required, ids.ContactID(g))
	}
	if len(n.Asked)+len(n.Required) == 0 {
		form.Fail("asked", loc.T("staff.poll.asked_missing"))
	}
	if closes, ok := readMoment(loc, form, "close_day", "close_clock"); ok {
		n.Closes = closes
		if err := polls.CheckCloses(slots, closes, s.now()); err != nil {
			form.Fail("close_day", ids.Public(err))
		}
	}
	return n
}

type pollView struct {
	ID       ids.PollID
	Bar      string
	About    web.SummaryList
	Grid     web.Table
	People   web.Table
	Remind   bool
	Close    bool
	Cancel   bool
	Other    string // where another time is chosen; "" = nothing is to be chosen
	Meeting  string // that was made
	Answered string
}

// pollPage is what was asked, what was answered, and what can be done.
func (s *Staff) pollPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	p, err := s.flow.Poll(r.Context(), me.Actor(), ids.PollID(r.PathValue("poll")))
	if err != nil {
		return err
	}
	open := p.Phase == polls.Open || p.Phase == polls.Closed
	v := pollView{ID: p.ID, Remind: p.Phase == polls.Open && len(p.Waiting()) > 0, Close: p.Phase == polls.Open, Cancel: open,
		Answered: loc.T("staff.poll.answered_of", "N", strconv.Itoa(p.Answered), "Of", strconv.Itoa(len(p.Invitees)))}
	v.About.Rows = []web.SummaryRow{{Key: loc.T("staff.meeting.state"), Tag: pollTag(loc, p.Phase)}, web.Row(loc.T("staff.meeting.kind"), loc.T("staff.kind."+string(p.Kind))),
		web.Row(loc.T("staff.plan.length"), loc.N("staff.minutes", p.Minutes)), web.Row(loc.T("staff.poll.closes"), when.LongDate(p.Closes)+", "+when.Clock(p.Closes)),
		{Key: loc.T("staff.case.case"), Link: &web.Link{Text: p.CaseReference + ", " + p.Mother, Href: "/cases/" + string(p.Case)}}}
	if len(p.About) > 0 {
		names := ""
		for _, k := range p.About {
			names += ", " + k.Name
		}
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.meeting.about"), names[2:]))
	}
	if open {
		v.Other = "/cases/" + string(p.Case) + "/plan?poll=" + string(p.ID) + "&slot=0"
	}
	if p.Meeting != "" {
		v.Meeting = "/meetings/" + string(p.Meeting)
	}
	v.Grid, v.People = pollGrid(loc, when, p, open), pollPeople(loc, when, p)
	page := s.page(r, me, loc.T("staff.poll.page_title"), v)
	page.Back = backTo(loc, "case", "/cases/"+string(p.Case))
	return s.pages.Render(w, r, http.StatusOK, "poll", page)
}

var pollColours = map[polls.State]string{polls.Open: "green", polls.Closed: "yellow", polls.Withdrawn: "grey", polls.Decided: "blue"}

func pollTag(loc i18n.Loc, state polls.State) *web.Tag {
	return &web.Tag{Text: loc.T("staff.poll.state_" + string(state)), Colour: pollColours[state]}
}

// pollGrid is people by times, the best time first; a time is chosen by its link.
func pollGrid(loc i18n.Loc, when web.When, p flow.PollView, open bool) web.Table {
	t := web.Table{Caption: loc.T("staff.poll.grid"), Columns: []web.Column{{Title: loc.T("staff.poll.time")}, {Title: loc.T("staff.poll.suits")}}}
	if open {
		t.Columns = append(t.Columns, web.Column{Title: loc.T("staff.poll.choose")})
	}
	for _, i := range p.People {
		t.Columns = append(t.Columns, web.Column{Title: i.Name})
	}
	rows := p.Best
	for _, s := range p.Slots { // those that have begun are shown, and cannot be chosen
		if !slices.ContainsFunc(p.Best, func(r polls.Ranked) bool { return r.N == s.N }) {
			rows = append(rows, polls.Ranked{Slot: s})
		}
	}
	for at, r := range rows {
		past := at >= len(p.Best)
		name := web.Cell{Text: when.Span(r.Start, r.Start.Add(p.Length()))}
		switch {
		case p.Chosen == r.N:
			name.Tag = &web.Tag{Text: loc.T("staff.poll.chosen"), Colour: "blue"}
		case past:
			name.Tag = &web.Tag{Text: loc.T("staff.poll.past"), Colour: "grey"}
		case at == 0 && open && p.Answered > 0:
			name.Tag = &web.Tag{Text: loc.T("staff.poll.best"), Colour: "green"}
		}
		suits := web.Cell{Text: loc.T("staff.poll.counts", "Yes", strconv.Itoa(r.Yes), "IfNeedBe", strconv.Itoa(r.IfNeedBe), "No", strconv.Itoa(r.No))}
		if len(r.Without) > 0 {
			suits.Small = loc.T("staff.poll.without")
		}
		if past {
			suits = web.Cell{Text: "–"}
		}
		cells := []web.Cell{name, suits}
		if open && !past {
			cells = append(cells, web.Cell{Text: loc.T("staff.poll.choose_this"), Href: "/cases/" + string(p.Case) + "/plan?poll=" + string(p.ID) + "&slot=" + strconv.Itoa(r.N)})
		} else if open {
			cells = append(cells, web.Cell{Text: "–"})
		}
		for _, i := range p.People {
			cells = append(cells, voteCell(loc, i, r.N))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

var voteColours = map[polls.Vote]string{polls.Yes: "green", polls.IfNeedBe: "yellow", polls.No: "red"}

func voteCell(loc i18n.Loc, i flow.PollPerson, n int) web.Cell {
	v := i.Votes[n]
	if v == polls.Silent {
		return web.Cell{Text: loc.T("staff.poll.silent")}
	}
	return web.Cell{Tag: &web.Tag{Text: loc.T("staff.poll.vote_" + string(v)), Colour: voteColours[v]}}
}

// pollPeople is who was asked, and what she says besides.
func pollPeople(loc i18n.Loc, when web.When, p flow.PollView) web.Table {
	t := web.Table{Caption: loc.T("staff.poll.people"), Columns: []web.Column{{Title: loc.T("staff.case.person")}, {Title: loc.T("staff.poll.answer")}, {Title: loc.T("staff.poll.comment")}}}
	for _, i := range p.People {
		name := web.Cell{Text: i.Name, Small: i.Agency}
		if i.Required {
			name.Tag = &web.Tag{Text: loc.T("staff.poll.required_tag"), Colour: "blue"}
		}
		var said web.Cell
		switch {
		case i.Gone:
			said.Text = loc.T("staff.poll.gone")
		case !i.Answered.IsZero():
			said.Text = loc.T("staff.poll.answered_at", "Time", when.DateTime(i.Answered))
		case i.Mail == polls.MailFailed:
			said.Tag = &web.Tag{Text: loc.T("staff.poll.mail_failed"), Colour: "red"}
		default:
			said.Text = loc.T("staff.poll.silent")
		}
		if !i.Reminded.IsZero() && i.Answered.IsZero() {
			said.Small = loc.T("staff.poll.reminded_at", "Time", when.DateTime(i.Reminded))
		}
		t.Rows = append(t.Rows, []web.Cell{name, said, {Text: i.Comment}})
	}
	return t
}

// pollTable lists polls that are not decided.
func (s *Staff) pollTable(r *http.Request, rows []flow.PollRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.poll.list"), Columns: []web.Column{{Title: loc.T("staff.poll.closes")}, {Title: loc.T("staff.meeting.meeting")}, {Title: loc.T("staff.case.case")},
		{Title: loc.T("staff.poll.answers")}, {Title: loc.T("staff.meeting.state")}}}
	for _, p := range rows {
		t.Rows = append(t.Rows, []web.Cell{{At: p.Closes}, {Text: loc.T("staff.kind." + string(p.Kind)), Href: "/polls/" + string(p.ID)}, {Text: p.CaseReference, Small: p.Mother},
			{Text: loc.T("staff.poll.answered_of", "N", strconv.Itoa(p.Answered), "Of", strconv.Itoa(len(p.Invitees)))}, {Tag: pollTag(loc, p.Phase)}})
	}
	return t
}

func (s *Staff) remindPoll(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.pollDo(w, r, "poll_reminded", s.flow.RemindPoll(r.Context(), me.Actor(), ids.PollID(r.PathValue("poll"))))
}

func (s *Staff) closePoll(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.pollDo(w, r, "poll_closed", s.flow.ClosePoll(r.Context(), me.Actor(), ids.PollID(r.PathValue("poll"))))
}

func (s *Staff) cancelPoll(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.pollDo(w, r, "poll_withdrawn", s.flow.CancelPoll(r.Context(), me.Actor(), ids.PollID(r.PathValue("poll"))))
}

func (s *Staff) pollDo(w http.ResponseWriter, r *http.Request, done string, err error) error {
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/polls/"+r.PathValue("poll")+"?done="+done)
}

type cancelPollView struct {
	ID    ids.PollID
	Title string
}

// cancelPollPage asks whether taking the question back is meant: those asked are told by email.
func (s *Staff) cancelPollPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	p, err := s.flow.Poll(r.Context(), me.Actor(), ids.PollID(r.PathValue("poll")))
	if err != nil {
		return err
	}
	page := s.page(r, me, loc.T("staff.poll.cancel_title"), cancelPollView{ID: p.ID, Title: loc.T("staff.kind."+string(p.Kind)) + ", " + p.CaseReference})
	page.Back = &web.Link{Href: "/polls/" + string(p.ID)}
	return s.pages.Render(w, r, http.StatusOK, "poll_cancel", page)
}
