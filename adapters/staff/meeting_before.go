package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

// beforeView is how a meeting is made ready: what she says, how she takes part, its papers.
type beforeView struct {
	Form    *web.Form
	At      string
	Speaks  bool
	Choice  web.SummaryList
	Talk    bool // somebody is to talk with her
	Said    []saidView
	Chair   string
	Chairs  []web.Option
	Change  bool
	Write   bool
	Notice  bool
	Papers  web.Table
	PaperBy string
}

// saidView is one version of what she says.
type saidView struct {
	Title string // "Version 2, which counts"
	How   string // typed by her, or written down with her
	State string
	Late  bool
	Body  string // "" = not for the reader, or not yet
	Href  string // of the message; "" = there is none
}

// meetingBefore is the section of the meeting's page.
func (s *Staff) meetingBefore(r *http.Request, me people.Staff, id ids.MeetingID) (*beforeView, error) {
	loc := s.pages.Loc(r)
	b, err := s.flow.Before(r.Context(), me.Actor(), id)
	if err != nil {
		return nil, err
	}
	v := &beforeView{At: "/meetings/" + string(id), Speaks: b.Speaks, Change: b.MayChange, Write: b.MayWrite, Notice: b.MayNotice, Talk: b.Choice.ToTalk()}
	if !b.Speaks {
		return v, nil
	}
	v.Choice.Rows = choiceRows(loc, b.Choice)
	v.Chair = loc.T("staff.before.chair_unknown")
	if b.Chair.ID != "" {
		v.Chair = loc.T("staff.before.chair_is", "Name", b.Chair.Name, "Office", office(loc, b.Chair.Office), "Body", b.Chair.Body)
	}
	v.Chairs = []web.Option{web.Opt("", loc.T("staff.plan.choose"))}
	for _, c := range b.Chairs {
		v.Chairs = append(v.Chairs, web.Option{Value: string(c.ID), Text: c.Name + ", " + office(loc, c.Office) + ", " + c.Body, Checked: c.ID == b.Chair.ID})
	}
	for i, x := range b.Said {
		v.Said = append(v.Said, s.saidItem(r, x, i == 0))
	}
	v.Papers = s.paperTable(r, b)
	return v, nil
}

func choiceRows(loc i18n.Loc, c meetings.Choice) []web.SummaryRow {
	how, beside := loc.T("staff.before.not_chosen"), loc.T("staff.before.not_chosen")
	if c.How != "" {
		how = loc.T("staff.before.how_" + string(c.How))
	}
	if c.Beside != "" {
		beside = loc.T("staff.before.beside_" + string(c.Beside))
	}
	if c.Name != "" {
		beside = loc.T("staff.before.beside_named", "Name", c.Name)
	}
	return []web.SummaryRow{web.Row(loc.T("staff.before.how"), how), web.Row(loc.T("staff.before.beside"), beside)}
}

func (s *Staff) saidItem(r *http.Request, x flow.Said, last bool) saidView {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	v := saidView{Title: loc.T("staff.before.version", "Number", x.Version), Late: x.Late, Body: x.Body}
	if last {
		v.Title = loc.T("staff.before.version_counts", "Number", x.Version)
	}
	v.How = loc.T("staff.before.typed", "Time", when.DateTime(x.Given))
	if x.Contribution.Writer != "" {
		v.How = loc.T("staff.before.written_down", "Name", x.Writer, "Time", when.DateTime(x.Given))
	}
	switch {
	case x.Progress == "":
		v.State = loc.T("staff.before.s_waits")
	case x.Progress == flow.ProgressChecking && x.Checker != "":
		v.State = loc.T("staff.before.s_checking_by", "Office", loc.T("staff.role."+string(x.Checker)))
	default:
		v.State = loc.T("staff.before.s_"+string(x.Progress), "Name", x.To)
	}
	if x.Readable && x.Message != "" {
		v.Href = "/threads/" + string(x.Thread) + "#message-" + string(x.Message)
	}
	return v
}

// paperTable says of each paper that is expected, and each that is there, how far it has come.
func (s *Staff) paperTable(r *http.Request, b flow.BeforeView) web.Table {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	t := web.Table{Caption: loc.T("staff.before.papers"), Columns: []web.Column{{Title: loc.T("staff.before.paper")}, {Title: loc.T("staff.before.receipts")}}}
	if b.PapersBy != 0 {
		t.Caption = loc.T("staff.meeting.papers_by", "Day", day(loc, b.PapersBy))
	}
	for _, p := range b.Papers {
		name := web.Cell{Text: loc.T("staff.papers." + p.Kind), Small: p.Name, Href: "/threads/" + string(p.Thread) + "#message-" + string(p.Message)}
		state := web.Cell{Tag: &web.Tag{Text: loc.T("staff.before.p_there"), Colour: "green"}}
		switch {
		case p.State == messages.Held:
			state.Tag = &web.Tag{Text: loc.T("staff.before.p_checked"), Colour: "yellow"}
		case p.Kept || p.State.Stopped():
			state.Tag = &web.Tag{Text: loc.T("staff.before.p_kept"), Colour: "grey"}
		}
		var got []string
		note := func(key string, pairs ...any) { got = append(got, loc.T(key, pairs...)) }
		if p.Late {
			note("staff.before.p_late")
		}
		if !p.Released.IsZero() {
			note("staff.before.r_released", "Time", when.DateTime(p.Released))
		}
		if !p.AtKiosk.IsZero() {
			note("staff.before.r_kiosk", "Time", when.DateTime(p.AtKiosk))
		}
		if !p.Opened.IsZero() {
			note("staff.before.r_opened", "Time", when.DateTime(p.Opened), "Pages", p.Pages, "Of", p.Verdict.Shown)
		}
		if p.Summary != "" {
			note("staff.before.r_summary")
		}
		state.Small = strings.Join(got, " ")
		t.Rows = append(t.Rows, []web.Cell{name, state})
	}
	for _, k := range b.Missing {
		tag := &web.Tag{Text: loc.T("staff.before.p_expected"), Colour: "grey"}
		if b.LateNow {
			tag = &web.Tag{Text: loc.T("staff.before.p_overdue"), Colour: "red"}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: loc.T("staff.papers." + k)}, {Tag: tag}})
	}
	return t
}

// setChair says who runs the meeting.
func (s *Staff) setChair(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("meeting")
	if err := s.flow.SetChair(r.Context(), me.Actor(), ids.MeetingID(id), ids.ContactID(form.Value("chair"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done=chair_set#before")
}

// talkedAttendance notes that somebody has talked with her about not being there.
func (s *Staff) talkedAttendance(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := r.PathValue("meeting")
	if err := s.flow.TalkedAboutAttendance(r.Context(), me.Actor(), ids.MeetingID(id)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done=talked_attendance#before")
}

type prepareView struct{ Table web.Table }

// toPrepare lists what is to be seen to before meetings.
func (s *Staff) toPrepare(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.ToPrepare(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.prepareTable(r, rows)
	t.CaptionHidden = true
	p := s.page(r, me, loc.T("staff.before.list"), prepareView{t})
	p.Back = backTo(loc, "home", "/")
	return s.pages.Render(w, r, http.StatusOK, "before", p)
}

func (s *Staff) prepareTable(r *http.Request, rows []flow.ToPrepare) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.before.list"), Empty: loc.T("staff.before.list_none"), Columns: []web.Column{{Title: loc.T("staff.meeting.meeting")}, {Title: loc.T("staff.before.to_do")},
		{Title: loc.T("staff.meeting.starts")}}}
	for _, x := range rows {
		var do []string
		if x.Talk {
			do = append(do, loc.T("staff.before.do_talk"))
		}
		if x.NoChair {
			do = append(do, loc.T("staff.before.do_chair"))
		}
		if x.NoWords {
			do = append(do, loc.T("staff.before.do_words"))
		}
		if x.PapersDue != 0 {
			var names []string
			for _, k := range x.Papers {
				names = append(names, loc.T("staff.papers."+k))
			}
			do = append(do, loc.T("staff.before.do_papers", "Day", day(loc, x.PapersDue), "Papers", strings.Join(names, "; ")))
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: loc.T("staff.kind." + string(x.Meeting.Kind)), Href: "/meetings/" + string(x.Meeting.ID) + "#before", Small: x.Reference + ", " + x.Mother}, {Text: strings.Join(do, " ")},
			{At: x.Meeting.Starts}})
	}
	return t
}
