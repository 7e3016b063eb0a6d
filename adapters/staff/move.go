package staff

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type moveView struct {
	ID      ids.MeetingID
	Title   string
	Lengths []web.Option
	Check   *web.SummaryList // of the second step: what will be
	Values  []web.Option     // of the second step: what was entered, by field
	Guests  bool             // somebody is told by email
	Find    string           // where another time is looked for
}

// movePage is the form for other times of a meeting.
func (s *Staff) movePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	m, err := s.movable(r, me)
	if err != nil {
		return err
	}
	at := m.Starts.In(web.London)
	form := &web.Form{Values: url.Values{"day": {at.Format(time.DateOnly)}, "clock": {at.Format("15:04")}}}
	if q := r.URL.Query(); takeAt(form, q.Get("at")) { // found by the search for a time
		form.Values["length"] = q["length"]
	}
	return s.showMove(w, r, me, m, http.StatusOK, form, false)
}

// movable is the meeting when whoever is signed in may move it.
func (s *Staff) movable(r *http.Request, me people.Staff) (flow.MeetingView, error) {
	m, err := s.flow.Meeting(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err == nil && !m.MayMove {
		err = ids.E(ids.Forbidden, "%s", s.pages.Loc(r).T("staff.move.not"))
	}
	return m, err
}

// move checks what was entered, shows it once more, and moves the meeting.
func (s *Staff) move(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	m, err := s.movable(r, me)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	starts, ends := readTimes(s.pages.Loc(r), form)
	if !form.Bad() {
		if err := form.FailWith("day", meetings.CheckTimes(starts, ends, s.now())); err != nil {
			return err
		}
	}
	if len([]rune(form.Value("why"))) > flow.MaxMoveReason {
		form.Fail("why", s.pages.Loc(r).T("staff.move.why_long"))
	}
	switch {
	case form.Bad():
		return s.showMove(w, r, me, m, http.StatusUnprocessableEntity, form, false)
	case form.Value("step") != "sure":
		return s.showMove(w, r, me, m, http.StatusOK, form, form.Value("step") != "again")
	}
	if err := form.FailWith("day", s.flow.MoveMeeting(r.Context(), me.Actor(), m.ID, starts, ends, form.Value("why"))); err != nil {
		return err
	}
	if form.Bad() {
		return s.showMove(w, r, me, m, http.StatusUnprocessableEntity, form, false)
	}
	done := "meeting_moved"
	if m.Placed != nil {
		after, err := s.flow.Meeting(r.Context(), me.Actor(), m.ID)
		if err != nil {
			return err
		}
		switch {
		case after.Placed == nil:
			done = "moved_without_place"
		case after.Placed.Place != m.Placed.Place:
			done = "moved_other_place"
		}
	}
	return web.Redirect(w, r, "/meetings/"+string(m.ID)+"?done="+done)
}

// readTimes reads a day, a clock time and a length from a form and notes what is wrong with them.
func readTimes(loc i18n.Loc, form *web.Form) (starts, ends time.Time) {
	starts, err := time.ParseInLocation("2006-01-02 15:04", form.Value("day")+" "+strings.TrimSpace(form.Value("clock")), web.London)
	_, badDay := time.Parse(time.DateOnly, form.Value("day"))
	_, badClock := time.Parse("15:04", strings.TrimSpace(form.Value("clock")))
	if badDay != nil {
		form.Fail("day", loc.T("staff.plan.day_missing"))
	}
	if badClock != nil || (badDay == nil && err != nil) {
		form.Fail("clock", loc.T("staff.plan.clock_missing"))
	}
	minutes, err := strconv.Atoi(form.Value("length"))
	if err != nil || minutes < 1 || minutes > 1440 {
		form.Fail("length", loc.T("staff.plan.length_missing"))
	}
	return starts, starts.Add(time.Duration(minutes) * time.Minute)
}

func (s *Staff) showMove(w http.ResponseWriter, r *http.Request, me people.Staff, m flow.MeetingView, status int, form *web.Form, check bool) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	v := moveView{ID: m.ID, Title: meetingTitle(loc, m.MeetingRow)}
	was := form.Value("length")
	if was == "" {
		was = strconv.Itoa(int(m.Ends.Sub(m.Starts).Minutes()))
	}
	v.Lengths, v.Find = lengthOptions(loc, was), "/cases/"+string(m.Case)+"/times?move="+string(m.ID)
	for _, p := range m.Participants {
		v.Guests = v.Guests || p.Kind == meetings.PersonContact
	}
	if check {
		times := func(a, b time.Time) string {
			return when.LongDate(a) + ", " + loc.T("staff.meeting.from_to", "From", when.Clock(a), "To", when.Clock(b))
		}
		starts, ends := readTimes(loc, form)
		v.Check = &web.SummaryList{Rows: []web.SummaryRow{web.Row(loc.T("staff.move.was"), times(m.Starts, m.Ends)), web.Row(loc.T("staff.move.will"), times(starts, ends))}}
		where, err := s.moveWhere(r, me, m, starts, ends)
		if err != nil {
			return err
		}
		v.Check.Rows = append(v.Check.Rows, where...)
		if why := strings.TrimSpace(form.Value("why")); why != "" {
			v.Check.Rows = append(v.Check.Rows, web.Row(loc.T("staff.move.why"), why))
		}
		for _, name := range []string{"day", "clock", "length", "why"} {
			v.Values = append(v.Values, web.Option{Value: form.Value(name), Text: name})
		}
	}
	p := s.page(r, me, loc.T("staff.move.title"), v)
	p.Form, p.Back = form, &web.Link{Href: "/meetings/" + string(m.ID)}
	return s.pages.Render(w, r, status, "move", p)
}

// answerCell says what a guest's calendar has answered.
func answerCell(loc i18n.Loc, when web.When, p flow.ParticipantView) web.Cell {
	if p.Kind != meetings.PersonContact {
		return web.Cell{}
	}
	a := p.Answer
	colours := map[meetings.Answer]string{meetings.AnswerAccepted: "green", meetings.AnswerTentative: "yellow", meetings.AnswerDeclined: "red", meetings.AnswerCounter: "orange", meetings.AnswerAwaited: "grey"}
	key := string(a.Answer)
	if key == "" {
		return web.Cell{Tag: &web.Tag{Text: loc.T("staff.answer.awaited"), Colour: "grey"}}
	}
	var small []string
	if !a.Starts.IsZero() {
		small = append(small, loc.T("staff.answer.proposes", "Day", when.LongDate(a.Starts), "From", when.Clock(a.Starts), "To", when.Clock(a.Ends)))
	}
	if a.Comment != "" {
		small = append(small, loc.T("staff.answer.says", "Words", a.Comment))
	}
	small = append(small, loc.T("staff.answer.at", "At", when.DateTime(a.At)))
	return web.Cell{Tag: &web.Tag{Text: loc.T("staff.answer." + key), Colour: colours[a.Answer]}, Small: strings.Join(small, " ")}
}

// movesTable is how often the meeting was moved.
func movesTable(loc i18n.Loc, when web.When, m flow.MeetingView) web.Table {
	t := web.Table{Caption: loc.T("staff.move.moves"), Columns: []web.Column{{Title: loc.T("staff.move.moved")}, {Title: loc.T("staff.move.from")}, {Title: loc.T("staff.meeting.by")}, {Title: loc.T("staff.move.why")}}}
	for _, one := range m.Moves {
		t.Rows = append(t.Rows, []web.Cell{{At: one.At}, {Text: when.LongDate(one.Starts), Small: loc.T("staff.meeting.from_to", "From", when.Clock(one.Starts), "To", when.Clock(one.Ends))}, {Text: one.Name}, {Text: one.Why}})
	}
	return t
}
