package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type asksView struct{ Table web.Table }

// asks lists the answers that are waited for, the one due first first.
func (s *Staff) asks(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.Asks(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.askTable(loc, rows)
	t.CaptionHidden = true
	return s.pages.Render(w, r, http.StatusOK, "asks", s.page(r, me, loc.T("staff.ask.title"), asksView{t}))
}

func (s *Staff) askTable(loc i18n.Loc, rows []flow.AskRow) web.Table {
	t := web.Table{Caption: loc.T("staff.ask.title"), Empty: loc.T("staff.ask.none"), Columns: []web.Column{{Title: loc.T("staff.thread.subject")}, {Title: loc.T("staff.ask.of")},
		{Title: loc.T("staff.ask.due")}, {Title: loc.T("staff.ask.stands")}}}
	for _, a := range rows {
		stands := web.Cell{Text: askStands(loc, a)}
		if a.Promise.Message != "" {
			stands.Href = "/threads/" + string(a.Thread) + "#asks"
		} else if a.Ready != nil {
			stands.Href = "/asks/steps/" + string(a.Ready.ID)
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: a.Subject, Href: "/threads/" + string(a.Thread) + "#asks", Small: a.CaseReference}, {Text: a.AgencyName},
			{Text: day(loc, a.Due), Small: late(loc, a)}, stands})
	}
	return t
}

func day(loc i18n.Loc, d workdays.Day) string { return workdays.LongDate(d, string(loc.Lang())) }

// late says by how many working days; "" while it is not.
func late(loc i18n.Loc, a flow.AskRow) string {
	if a.Late < 1 || !a.Open() {
		return ""
	}
	return loc.N("staff.ask.late", a.Late)
}

// askStands says in words how far it has come.
func askStands(loc i18n.Loc, a flow.AskRow) string {
	switch {
	case !a.Ended.Stopped.IsZero():
		return loc.T("staff.ask.stopped")
	case !a.Answered.IsZero():
		return loc.T("staff.ask.answered")
	case a.Promise.Message != "":
		return loc.T("staff.ask.decide")
	case a.Ready != nil:
		return loc.T("staff.ask.ready_" + string(a.Ready.Rung))
	case a.Exhausted:
		return loc.T("staff.ask.exhausted")
	case a.Origin == cases.AskUndelivered:
		return loc.T("staff.ask.undelivered")
	}
	return loc.T("staff.ask.waiting")
}

// threadAsks is what a conversation's page shows of what is waited for there.
type threadAsks struct {
	Items []threadAsk
	May   bool
	Key   string       // of the act of asking
	Day   string       // by which an answer is asked for where nobody says another
	New   *promiseView // of a reply that nobody waits for yet
}

type threadAsk struct {
	ID    ids.AskID
	About web.SummaryList
	Open  bool
	Step  ids.AskStepID // of a draft that is ready; "" = none
	Ready string
	Due   string
	// Promise is the reply that seems to promise the answer; nil = none waits for a decision.
	Promise *promiseView
}

// promiseView is a reply that seems to promise an answer for later.
type promiseView struct {
	Message   ids.MessageID
	Says      string
	Due, Keep string // the day that is offered, and the words of the button
}

func (s *Staff) promise(loc i18n.Loc, m ids.MessageID, by workdays.Day) *promiseView {
	due := s.flow.PromiseDay(by)
	v := promiseView{Message: m, Due: due.String(), Says: loc.T("staff.promise.no_day"), Keep: loc.T("staff.promise.keep", "Day", day(loc, due))}
	if by != 0 {
		v.Says = loc.T("staff.promise.by", "Day", day(loc, by))
	}
	return &v
}

func (s *Staff) threadAsks(r *http.Request, me people.Staff, id ids.ThreadID) (v threadAsks, err error) {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	rows, may, err := s.flow.ThreadAsks(r.Context(), me.Actor(), id)
	if err != nil || !may {
		return v, err
	}
	v.May, v.Key, v.Day = true, newKey(), s.flow.AskDay().String()
	for _, a := range rows {
		stands := askStands(loc, a)
		if words := late(loc, a); words != "" {
			stands = words + ": " + stands
		}
		x := threadAsk{ID: a.ID, Open: a.Open(), Due: a.Due.String(), About: web.SummaryList{Rows: []web.SummaryRow{web.Row(loc.T("staff.ask.due"), day(loc, a.Due)), web.Row(loc.T("staff.ask.stands"), stands)}}}
		if a.Promise.Message != "" && a.Open() {
			x.Promise = s.promise(loc, a.Promise.Message, a.Promise.By)
		}
		if a.Ready != nil {
			x.Step, x.Ready = a.Ready.ID, loc.T("staff.ask.look")
		}
		var done []string
		for _, step := range a.Steps {
			switch step.State {
			case cases.StepSent:
				done = append(done, loc.T("staff.ask.sent", "Who", loc.T("staff.ask.rung_"+string(step.Rung)), "Time", when.DateTime(step.Decided)))
			case cases.StepDismissed:
				done = append(done, loc.T("staff.ask.dismissed", "Who", loc.T("staff.ask.rung_"+string(step.Rung)), "Time", when.DateTime(step.Decided), "Why", step.Reason))
			}
		}
		if len(done) > 0 {
			x.About.Rows = append(x.About.Rows, web.SummaryRow{Key: loc.T("staff.ask.done"), Lines: done})
		}
		v.Items = append(v.Items, x)
	}
	p, err := s.flow.ThreadPromise(r.Context(), me.Actor(), id)
	if err == nil && p != nil {
		v.New = s.promise(loc, p.Message, p.By)
		v.New.Keep = loc.T("staff.promise.wait", "Day", day(loc, s.flow.PromiseDay(p.By)))
	}
	return v, err
}

// setAsk asks for an answer by a day.
func (s *Staff) setAsk(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	thread := ids.ThreadID(r.PathValue("thread"))
	due, err := workdays.Parse(form.Value("due"))
	if err == nil {
		_, err = s.flow.SetAsk(r.Context(), me.Actor(), thread, due, form.Value("askkey"))
	}
	if ids.KindOf(err) == ids.Invalid {
		form.Fail("due", ids.Public(err))
		return s.showThread(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/threads/"+string(thread)+"?done=asked#asks")
}

// waitFor waits for what a message promises.
func (s *Staff) waitFor(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	due, err := workdays.Parse(form.Value("due"))
	if err == nil {
		_, err = s.flow.WaitFor(r.Context(), me.Actor(), ids.MessageID(form.Value("message")), due)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/threads/"+r.PathValue("thread")+"?done=asked#asks")
}

// changeAsk says that the answer came another way, that none is needed, or that it is promised for another day.
func (s *Staff) changeAsk(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, done := ids.AskID(r.PathValue("ask")), ""
	switch form.Value("do") {
	case "answered":
		done, err = "answered", s.flow.MarkAnswered(r.Context(), me.Actor(), id)
	case "stop":
		done, err = "stopped", s.flow.StopAsking(r.Context(), me.Actor(), id)
	case "move":
		var due workdays.Day
		if due, err = workdays.Parse(form.Value("due")); err == nil {
			done, err = "asked", s.flow.MoveAsk(r.Context(), me.Actor(), id, due)
		}
	default:
		err = ids.E(ids.Invalid, "Choose what to do about the answer.")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/asks?done="+done)
}

type stepView struct {
	ID       ids.AskStepID
	About    web.SummaryList
	Open     bool
	InThread bool
	People   []web.Option
	Missing  bool // nobody with that office is known
	Role     string
	Agency   string
}

func (s *Staff) stepPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showStep(w, r, me, http.StatusOK, &web.Form{})
}

// showStep is a draft to ask again, for a person to write, send or dismiss.
func (s *Staff) showStep(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	x, err := s.flow.AskStep(r.Context(), me.Actor(), ids.AskStepID(r.PathValue("step")))
	if err != nil {
		return err
	}
	v := stepView{ID: x.Step.ID, Open: x.Step.State == cases.StepReady && x.Open(), InThread: x.InThread, Role: loc.T("staff.office." + string(x.Role)), Agency: x.AgencyName,
		About: web.SummaryList{Rows: []web.SummaryRow{{Key: loc.T("staff.thread.subject"), Link: &web.Link{Text: x.Subject, Href: "/threads/" + string(x.Thread)}},
			web.Row(loc.T("staff.case.case"), x.CaseReference), web.Row(loc.T("staff.ask.of"), x.AgencyName), web.Row(loc.T("staff.ask.due"), day(loc, x.Due)),
			web.Row(loc.T("staff.ask.stands"), askStands(loc, x.AskRow))}}}
	if words := late(loc, x.AskRow); words != "" {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.ask.overdue"), words))
	}
	if !x.InThread {
		v.Missing = len(x.Contacts) == 0
		for i, c := range x.Contacts {
			v.People = append(v.People, web.Option{Value: string(c.ID), Text: c.Name, Hint: c.Email, Checked: i == 0})
		}
		v.People = append(v.People, web.Option{Value: newPerson, Text: loc.T("staff.handover.somebody_new"), Checked: v.Missing})
	}
	if form.Values == nil {
		form.Values = map[string][]string{"body": {x.Draft}}
	}
	p := s.page(r, me, loc.T("staff.ask.step_"+string(x.Step.Rung)), v)
	p.Form, p.Back = form, backTo(loc, "asks", "/asks")
	return s.pages.Render(w, r, status, "step", p)
}

// decideStep sends a draft, or says why it is not sent.
func (s *Staff) decideStep(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, field, done := ids.AskStepID(r.PathValue("step")), "body", "ask_sent"
	if form.Value("do") == "dismiss" {
		field, done = "reason", "dismissed"
		err = s.flow.DismissStep(r.Context(), me.Actor(), id, form.Value("reason"))
	} else {
		var to flow.StepTo
		if person := form.Value("person"); person != newPerson && person != "" {
			to.Contact = ids.ContactID(person)
		} else if to.Name, to.Email = form.Value("name"), form.Value("email"); person == newPerson {
			if field = "email"; to.Name == "" {
				field = "name"
			}
		}
		_, err = s.flow.SendStep(r.Context(), me.Actor(), id, to, form.Value("body"))
	}
	if k := ids.KindOf(err); k == ids.Invalid || k == ids.TooLarge {
		form.Fail(field, ids.Public(err))
		return s.showStep(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/asks?done="+done)
}
