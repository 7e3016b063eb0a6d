package staff

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/hints"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

// togetherPart is, on the page of something that waits for review, whether it is to be read together.
type togetherPart struct {
	ID     ids.MessageID
	Marked bool
	Why    string
}

func (s *Staff) togetherPart(r *http.Request, m flow.MessageView) *togetherPart {
	if !m.MayMark {
		return nil
	}
	return &togetherPart{ID: m.ID, Marked: m.Together.Required(), Why: markedWhy(s.pages.Loc(r), m.Together, "")}
}

// markedWhy says who or what marked a message.
func markedWhy(loc i18n.Loc, t messages.Together, name string) string {
	switch {
	case t.MarkedBy == messages.MarkedByHint:
		var kinds []string
		for _, k := range strings.Split(t.Hint, ",") {
			words := hints.Kind(k).Label(string(loc.Lang()))
			if words == "" {
				words = loc.T("staff.together.too_long")
			}
			kinds = append(kinds, words)
		}
		return loc.T("staff.together.by_hint", "Kinds", strings.Join(kinds, ", "))
	case t.MarkedBy == messages.MarkedByThread:
		return loc.T("staff.together.by_thread")
	case name != "":
		return loc.T("staff.together.by_name", "Name", name)
	}
	return loc.T("staff.together.by_person")
}

// togetherTable lists what is to be read with mothers, with a clock.
func (s *Staff) togetherTable(r *http.Request, rows []flow.TogetherRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.together.title"), Empty: loc.T("staff.together.none"), Columns: []web.Column{{Title: loc.T("staff.thread.subject")}, {Title: loc.T("staff.case.case")},
		{Title: loc.T("staff.together.waiting")}, {Title: loc.T("staff.together.state")}}}
	for _, row := range rows {
		t.Rows = append(t.Rows, []web.Cell{{Text: row.Subject, Href: "/together/" + string(row.Message), Small: row.From}, {Text: row.CaseReference, Small: row.MotherName},
			{Text: ago(loc, row.Marked, s.now())}, s.readingState(r, row)})
	}
	return t
}

func (s *Staff) readingState(r *http.Request, row flow.TogetherRow) web.Cell {
	loc := s.pages.Loc(r)
	tag := func(key, colour string) *web.Tag {
		return &web.Tag{Text: loc.T("staff.together." + key), Colour: colour}
	}
	when := s.pages.When(r).DateTime(row.Booking.For)
	switch {
	case !row.Opened.IsZero():
		return web.Cell{Tag: tag("not_recorded", "orange")}
	case row.Moved:
		return web.Cell{Tag: tag("moved", "red")}
	case row.Past:
		return web.Cell{Tag: tag("past", "red"), Small: when}
	case row.Booked:
		return web.Cell{Tag: tag("booked", "green"), Small: loc.T("staff.together.with", "When", when, "Place", row.Booking.Place, "Name", row.SupporterName)}
	}
	return web.Cell{Tag: tag("not_booked", "red")}
}

func (s *Staff) togetherList(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rows, err := s.flow.TogetherList(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.togetherTable(r, rows)
	t.CaptionHidden = true
	return s.pages.Render(w, r, http.StatusOK, "together", s.page(r, me, s.pages.Loc(r).T("staff.together.title"), meetingsView{Table: t}))
}

// homeSupport fills in what a home page says of reading together, and of women who may need support.
func (s *Staff) homeSupport(r *http.Request, me people.Staff, v *homeView) error {
	if hasSection(me.Role, "/together") {
		rows, err := s.flow.TogetherList(r.Context(), me.Actor())
		if err != nil {
			return err
		}
		t := s.togetherTable(r, rows[:min(len(rows), mostAtHome)])
		v.Together = &t
	}
	alerts, err := s.flow.Alerts(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if a.Acknowledged.IsZero() && len(v.Alerts) < mostAtHome {
			v.Alerts = append(v.Alerts, s.alertItem(r, a))
		}
	}
	return nil
}

// readingView is the page of one message that is to be read with its mother.
type readingView struct {
	flow.TogetherView
	Bar        web.IdentityBar
	About      web.SummaryList
	Messages   web.Messages
	Supporters []web.Option
	Went       []web.Option
	Code       string // just made; shown once
	Expires    time.Time
	Token      string // of a reading that has begun beside her, on this device
	Shown      bool   // and the message is in sight
	Opened     bool
}

func (s *Staff) together(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showTogether(w, r, me, http.StatusOK, &web.Form{}, readingView{})
}

func (s *Staff) showTogether(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, v readingView) (err error) {
	loc := s.pages.Loc(r)
	if v.TogetherView, err = s.flow.Together(r.Context(), me.Actor(), ids.MessageID(r.PathValue("message"))); err != nil {
		return err
	}
	t := v.TogetherView
	v.Opened = !t.Opened.IsZero()
	v.Bar = web.IdentityBar{Title: t.Mother.Name, Lines: []string{t.Mother.PrisonerNumber, t.CaseReference}}
	v.About = s.readingAbout(r, t)
	item := s.messageItem(r, t.Mother, t.Message)
	item.Links = nil
	v.Messages = web.Messages{Label: loc.T("staff.hold.message"), Items: []web.MessageItem{item}}
	for _, p := range t.Supporters {
		v.Supporters = append(v.Supporters, web.Option{Value: string(p.ID), Text: p.Name, Hint: loc.T("staff.role." + string(p.Role)), Checked: form.Values == nil && (p.ID == t.Booking.Supporter || t.Booking.Supporter == "" && p.ID == me.ID)})
	}
	for _, went := range messages.TogetherWent {
		if v.Opened || went == messages.WentStopped || went == messages.WentWorried {
			v.Went = append(v.Went, web.Opt(string(went), loc.T("staff.together.went_"+string(went))))
		}
	}
	p := s.page(r, me, loc.T("staff.together.heading"), v)
	p.Form, p.Back = form, &web.Link{Href: "/threads/" + string(t.Thread)}
	return s.pages.Render(w, r, status, "reading", p)
}

func (s *Staff) readingAbout(r *http.Request, t flow.TogetherView) web.SummaryList {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	list := web.SummaryList{Rows: []web.SummaryRow{web.Row(loc.T("staff.thread.subject"), t.Subject), web.Row(loc.T("staff.queue.from"), t.From),
		web.Row(loc.T("staff.together.marked"), when.DateTime(t.Marked)+". "+markedWhy(loc, t.Together, t.MarkedByName))}}
	add := func(key, words string) {
		if words != "" {
			list.Rows = append(list.Rows, web.Row(loc.T(key), words))
		}
	}
	if t.MaySeePlan {
		state := "staff.support.closed"
		if t.PlanOpen {
			state = "staff.support.open"
		}
		list.Rows = append(list.Rows, web.SummaryRow{Key: t.PlanName, Lines: []string{loc.T(state)}, Link: &web.Link{Text: loc.T("staff.support.see"), Href: "/women/" + string(t.Mother.ID) + "/support"}})
	}
	if !t.Unmarked.IsZero() {
		add("staff.together.unmarked", when.DateTime(t.Unmarked)+". "+t.WhyNot)
		return list
	}
	if t.Opened.IsZero() {
		cell := s.readingState(r, t.TogetherRow)
		list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T("staff.together.state"), Tag: cell.Tag, Lines: lineOf(cell.Small)})
	} else {
		add("staff.together.opened", when.DateTime(t.Opened)+", "+t.OpenedByName)
	}
	if t.Went != "" {
		add("staff.together.went", loc.T("staff.together.went_"+string(t.Went)))
	}
	add("staff.hold.note", t.Note)
	return list
}

func lineOf(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// togetherDo is every step of reading together; each goes back to the page with what came of it.
func (s *Staff) togetherDo(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	ctx, a, id := r.Context(), me.Actor(), ids.MessageID(r.PathValue("message"))
	field, done, v := "", "", readingView{}
	switch r.PathValue("do") {
	case "mark":
		done, err = "marked", s.flow.MarkTogether(ctx, a, id)
	case "unmark":
		field, done, err = "why", "unmarked", s.flow.UnmarkTogether(ctx, a, id, form.Value("why"))
	case "book":
		n := s.readBooking(r, form)
		if form.Bad() {
			return s.showTogether(w, r, me, http.StatusUnprocessableEntity, form, v)
		}
		field, done, err = "day", "booked", s.flow.BookReading(ctx, a, id, n)
	case "cancel":
		done, err = "unbooked", s.flow.CancelReading(ctx, a, id)
	case "code":
		v.Code, v.Expires, err = s.flow.ReadingCode(ctx, a, id)
	case "begin":
		field = "pin"
		if v.Token, err = s.beginBeside(r, me, id, form.Value("pin")); err == nil {
			form = &web.Form{}
		}
	case "show":
		v.Token = form.Value("token")
		_, err = s.flow.ShowTogether(ctx, a, v.Token)
		v.Shown = err == nil
	case "record":
		field, done, err = "went", "recorded", s.flow.RecordReading(ctx, a, id, messages.Went(form.Value("went")), form.Value("note"))
	default:
		return ids.ErrNotFound
	}
	switch {
	case err == nil && done != "":
		return web.Redirect(w, r, "/together/"+string(id)+"?done="+done)
	case err == nil:
		return s.showTogether(w, r, me, http.StatusOK, form, v)
	case field == "" || ids.KindOf(err) != ids.Invalid && ids.KindOf(err) != ids.TooMany:
		return err
	}
	form.Fail(field, ids.Public(err))
	return s.showTogether(w, r, me, http.StatusUnprocessableEntity, form, v)
}

// beginBeside takes the mother's PIN. PINs are computed a few at a time, and tried no faster from one desk than at a kiosk.
func (s *Staff) beginBeside(r *http.Request, me people.Staff, id ids.MessageID, pin string) (token string, err error) {
	if ok, _ := s.tries.Allow("pin " + string(me.ID)); !ok {
		return "", ids.E(ids.TooMany, "%s", s.pages.Loc(r).T("staff.together.slow_down"))
	}
	select {
	case s.hashes <- struct{}{}:
	case <-r.Context().Done():
		return "", r.Context().Err()
	}
	defer func() { <-s.hashes }()
	token, err = s.flow.BeginBeside(r.Context(), me.Actor(), id, pin)
	var refused *flow.PINRefused
	if errors.As(err, &refused) {
		return "", ids.E(ids.Invalid, "%s", ids.Public(err))
	}
	return token, err
}

func (s *Staff) readBooking(r *http.Request, form *web.Form) flow.NewBooking {
	loc := s.pages.Loc(r)
	n := flow.NewBooking{Supporter: ids.StaffID(form.Value("supporter")), Place: form.Value("place")}
	at, err := time.ParseInLocation("2006-01-02 15:04", form.Value("day")+" "+strings.TrimSpace(form.Value("clock")), web.London)
	_, badDay := time.Parse(time.DateOnly, form.Value("day"))
	_, badClock := time.Parse("15:04", strings.TrimSpace(form.Value("clock")))
	if badDay != nil {
		form.Fail("day", loc.T("staff.together.day_missing"))
	}
	if badClock != nil || badDay == nil && err != nil {
		form.Fail("clock", loc.T("staff.together.clock_missing"))
	}
	if strings.TrimSpace(n.Place) == "" {
		form.Fail("place", loc.T("staff.together.place_missing"))
	}
	if n.Supporter == "" {
		form.Fail("supporter", loc.T("staff.together.supporter_missing"))
	}
	n.At = at
	return n
}

type hintsView struct {
	Langs []hintLang
	Found []flow.HintFound
	Tried bool
}

type hintLang struct {
	flow.HintWords
	Label string
}

// hintWords shows the words that mark a message to be read together, to be changed and tried out.
func (s *Staff) hintWords(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showHints(w, r, me, http.StatusOK, &web.Form{}, hintsView{})
}

func (s *Staff) showHints(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, v hintsView) error {
	loc := s.pages.Loc(r)
	list, err := s.flow.HintWords(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	values := map[string][]string{"text": {form.Value("text")}}
	for _, h := range list {
		v.Langs = append(v.Langs, hintLang{h, loc.T("staff.hints.lang_" + h.Lang)})
		values["words_"+h.Lang] = []string{h.Words}
		if form.Value("lang") == h.Lang && form.Bad() {
			values["words_"+h.Lang] = []string{form.Value("words_" + h.Lang)}
		}
	}
	form.Values = values
	p := s.page(r, me, loc.T("staff.hints.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "hints", p)
}

// keepHintWords changes the words of a language, brings the built-in ones back, or tries a text out.
func (s *Staff) keepHintWords(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	lang, words := form.Value("lang"), form.Value("words_"+form.Value("lang"))
	switch form.Value("do") {
	case "try":
		var v hintsView
		if v.Found, err = s.flow.TryHints(r.Context(), me.Actor(), "", "", form.Value("text")); err != nil {
			return err
		}
		v.Tried = true
		return s.showHints(w, r, me, http.StatusOK, form, v)
	case "built_in":
		words = ""
	}
	if err := s.flow.SetHintWords(r.Context(), me.Actor(), lang, words); err != nil {
		if err := form.FailWith("words_"+lang, err); err != nil {
			return err
		}
		return s.showHints(w, r, me, http.StatusUnprocessableEntity, form, hintsView{})
	}
	return web.Redirect(w, r, "/hints?done=words_changed")
}
