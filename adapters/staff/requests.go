package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/workdays"
)

// requestTitle says what is asked: "School trip for Tomos".
func requestTitle(loc i18n.Loc, q flow.RequestRow) string {
	lang := string(loc.Lang())
	return sentence(requests.For(q.Kind.Words(lang), q.ChildName, lang))
}

var requestColours = map[requests.State]string{requests.Open: "blue", requests.Overdue: "orange", requests.Closed: "grey", requests.WantsTalk: "yellow",
	requests.Answered: "green", requests.Withdrawn: "grey"}

func requestTag(loc i18n.Loc, q flow.RequestRow) *web.Tag {
	words := loc.T("staff.request.s_" + string(q.State))
	if n := len(q.Answers); q.State == requests.Answered && n > 0 {
		words = loc.T("staff.request.a_" + string(q.Answers[n-1].Says))
	}
	return &web.Tag{Text: words, Colour: requestColours[q.State]}
}

// requestTable lists what is asked in a case.
func (s *Staff) requestTable(r *http.Request, rows []flow.RequestRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.request.title"), Empty: loc.T("staff.request.none"), Columns: []web.Column{{Title: loc.T("staff.request.what")},
		{Title: loc.T("staff.request.who")}, {Title: loc.T("staff.request.by")}, {Title: loc.T("staff.request.state")}}}
	for _, q := range rows {
		who := loc.T("staff.request.her", "Name", q.Question.AuthorName)
		if q.ByHer {
			who = loc.T("staff.request.hers", "Name", q.With)
		}
		by := workdays.Name(q.Due, 0, string(loc.Lang()))
		if by == "" {
			by = loc.T("staff.request.no_day")
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: requestTitle(loc, q), Href: "/cases/" + string(q.Case) + "/requests#" + string(q.ID), Small: q.Subject}, {Text: who}, {Text: by}, {Tag: requestTag(loc, q)}})
	}
	return t
}

type requestItem struct {
	ID      ids.RequestID
	Title   string
	List    web.SummaryList
	Talk    bool // she waits to talk
	Pending bool // it can be withdrawn
}

type requestsView struct {
	Bar   web.IdentityBar
	Sub   web.SubNavigation
	Items []requestItem
	// Record is where her own record can be printed, "" for who may not.
	Record string
}

// requests lists what is asked in a case with every answer, and what can be done.
func (s *Staff) requests(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	rows, err := s.flow.CaseRequests(r.Context(), me.Actor(), c.ID)
	if err != nil {
		return err
	}
	v := requestsView{Bar: caseBar(loc, c), Sub: caseNav(loc, c, r.URL.Path)}
	if c.MayPrint {
		v.Record = "/cases/" + string(c.ID) + "/record"
	}
	for _, q := range rows {
		item := requestItem{ID: q.ID, Title: requestTitle(loc, q), Talk: q.State == requests.WantsTalk, Pending: q.State.Waits() || q.State == requests.Closed}
		add := func(key, text string) { item.List.Rows = append(item.List.Rows, web.Row(loc.T(key), text)) }
		item.List.Rows = append(item.List.Rows, web.SummaryRow{Key: loc.T("staff.request.state"), Tag: requestTag(loc, q)},
			web.SummaryRow{Key: loc.T("staff.thread.subject"), Link: &web.Link{Text: q.Subject, Href: "/threads/" + string(q.Thread) + "#message-" + string(q.Message)}})
		add("staff.request.who", q.Question.AuthorName+", "+when.DateTime(q.Question.Written))
		if q.Due != 0 {
			add("staff.request.by", day(loc, q.Due))
		}
		for _, a := range q.Answers {
			add("staff.request.answer", loc.T("staff.request.a_"+string(a.Says))+", "+when.DateTime(a.At)+". "+loc.T("staff.request.p_"+string(a.Progress)))
		}
		v.Items = append(v.Items, item)
	}
	p := s.page(r, me, loc.T("staff.request.title"), v)
	p.Back = backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, http.StatusOK, "requests", p)
}

// keepRequest withdraws a request, or says that somebody has talked with her, or which message answers what she asked.
func (s *Staff) keepRequest(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, done, target := ids.RequestID(r.PathValue("request")), "request_kept", "/"
	switch form.Value("do") {
	case "withdraw":
		err = s.flow.WithdrawRequest(r.Context(), me.Actor(), id)
	case "talked":
		err = s.flow.MarkTalked(r.Context(), me.Actor(), id)
	case "settle":
		err = s.flow.SettleRequest(r.Context(), me.Actor(), id, ids.MessageID(form.Value("message")))
	default:
		err = ids.E(ids.Invalid, "Choose what to do.")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, target+"?done="+done)
}

type requestView struct {
	Action   string
	Question *web.Messages // the message that asks; nil = it is to be written
	Kinds    []web.Option
	Children []web.Option
	Closes   []web.Option
	Key      string
	There    []string
	Hers     []settleView
	Message  ids.MessageID
}

type settleView struct {
	ID    ids.RequestID
	Title string
}

func (s *Staff) requestPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRequest(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) askPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRequest(w, r, me, http.StatusOK, &web.Form{})
}

// showRequest is the page on which a request is made of a message, or asked from scratch. What the message seems to ask is chosen already.
func (s *Staff) showRequest(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	sg, err := s.flow.SuggestRequest(r.Context(), me.Actor(), ids.ThreadID(r.PathValue("thread")), ids.MessageID(r.PathValue("message")))
	if err != nil {
		return err
	}
	v := requestView{Action: r.URL.Path, Message: sg.Message.ID, Closes: []web.Option{web.Opt("yes", loc.T("staff.request.closes"))}}
	title := loc.T("staff.request.ask")
	if sg.Message.ID != "" {
		title = loc.T("staff.request.make")
		item := s.messageItem(r, people.Mother{}, flow.MessageView{Message: sg.Message})
		item.Status = nil
		v.Question = &web.Messages{Label: loc.T("staff.hold.message"), Items: []web.MessageItem{item}}
	}
	kinds := requests.Informations
	if !sg.ByHer {
		kinds = append(append([]requests.Kind{}, requests.Consents...), kinds...)
	}
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, web.Option{Value: string(k), Text: loc.T("staff.request.k_" + string(k)), Checked: k == sg.Kind})
	}
	for _, c := range sg.Children {
		v.Children = append(v.Children, web.Option{Value: string(c.ID), Text: c.Name, Checked: c.ID == sg.Child})
	}
	for _, q := range sg.There {
		v.There = append(v.There, requestTitle(loc, q))
	}
	for _, q := range sg.Hers {
		v.Hers = append(v.Hers, settleView{q.ID, requestTitle(loc, q)})
	}
	if form.Values == nil {
		form.Values = map[string][]string{"due": {sg.Due.String()}}
		if sg.Closes {
			form.Values["closes"] = []string{"yes"}
		}
	}
	if v.Key = form.Value("key"); v.Key == "" {
		v.Key = newKey()
	}
	p := s.page(r, me, title, v)
	p.Form, p.Back = form, &web.Link{Text: sg.Thread.Subject, Href: "/threads/" + string(sg.Thread.ID)}
	return s.pages.Render(w, r, status, "request", p)
}

// terms reads by when an answer is asked for.
func (s *Staff) terms(r *http.Request, form *web.Form) (t requests.Terms) {
	t.Closes = form.Has("closes", "yes")
	text := strings.TrimSpace(form.Value("due"))
	if text == "" {
		return t
	}
	day, err := workdays.Parse(text)
	if err != nil {
		form.Fail("due", s.pages.Loc(r).T("staff.request.bad_day"))
	}
	t.Due = day
	return t
}

func (s *Staff) makeRequest(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.takeRequest(w, r, me, func(form *web.Form, t requests.Terms) error {
		_, err := s.flow.MakeRequest(r.Context(), me.Actor(), ids.MessageID(r.PathValue("message")), requests.Kind(form.Value("kind")), ids.ChildID(form.Value("child")), t)
		return err
	})
}

func (s *Staff) ask(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.takeRequest(w, r, me, func(form *web.Form, t requests.Terms) error {
		_, err := s.flow.Ask(r.Context(), me.Actor(), flow.NewRequest{Thread: ids.ThreadID(r.PathValue("thread")), Kind: requests.Kind(form.Value("kind")),
			Child: ids.ChildID(form.Value("child")), Terms: t, Body: form.Value("body"), IdemKey: form.Value("key")})
		return err
	})
}

func (s *Staff) takeRequest(w http.ResponseWriter, r *http.Request, me people.Staff, do func(*web.Form, requests.Terms) error) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	t := s.terms(r, form)
	if form.Bad() {
		return s.showRequest(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err := do(form, t); err != nil {
		if err := form.FailWith("kind", err); err != nil {
			return err
		}
		return s.showRequest(w, r, me, http.StatusUnprocessableEntity, form)
	}
	thread := r.PathValue("thread")
	if thread == "" {
		sg, err := s.flow.SuggestRequest(r.Context(), me.Actor(), "", ids.MessageID(r.PathValue("message")))
		if err != nil {
			return err
		}
		thread = string(sg.Thread.ID)
	}
	return web.Redirect(w, r, "/threads/"+thread+"?done=request_made")
}

// askedTables lists who waits to talk, and who waits for her record on paper.
func (s *Staff) askedTables(r *http.Request, me people.Staff) (out []web.Table, err error) {
	loc := s.pages.Loc(r)
	tasks, err := s.flow.RequestTasks(r.Context(), me.Actor())
	if err != nil {
		return nil, err
	}
	if len(tasks.Talks) > 0 {
		t := web.Table{Caption: loc.T("staff.request.talks"), Columns: []web.Column{{Title: loc.T("staff.request.what")}, {Title: loc.T("staff.case.case")}}}
		for _, q := range tasks.Talks {
			t.Rows = append(t.Rows, []web.Cell{{Text: requestTitle(loc, q), Href: "/cases/" + string(q.Case) + "/requests#" + string(q.ID)}, {Text: q.MotherName, Small: q.CaseReference}})
		}
		out = append(out, t)
	}
	if len(tasks.Prints) > 0 {
		t := web.Table{Caption: loc.T("staff.record.wanted"), Columns: []web.Column{{Title: loc.T("staff.case.case")}, {Title: loc.T("staff.home.since")}}}
		for _, p := range tasks.Prints {
			t.Rows = append(t.Rows, []web.Cell{{Text: p.MotherName, Href: "/cases/" + string(p.Case) + "/record", Small: p.Reference}, {At: p.Asked}})
		}
		out = append(out, t)
	}
	return out, nil
}
