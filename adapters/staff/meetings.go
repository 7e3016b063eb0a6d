package staff

import (
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type meetingsView struct {
	Table web.Table
	Polls *web.Table // times that people outside are asked for; nil = none
}

// meetings lists the meetings that whoever is signed in may know of, the next first.
func (s *Staff) meetings(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.MeetingsOf(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.meetingTable(r, rows, loc.T("staff.meetings.title"), loc.T("staff.meetings.none"))
	t.CaptionHidden = true
	v := meetingsView{Table: t}
	asked, err := s.flow.OpenPolls(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	if len(asked) > 0 {
		times := s.pollTable(r, asked)
		v.Polls = &times
	}
	return s.pages.Render(w, r, http.StatusOK, "meetings", s.page(r, me, loc.T("staff.meetings.title"), v))
}

func (s *Staff) meetingTable(r *http.Request, rows []flow.MeetingRow, caption, empty string) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: caption, Empty: empty, Columns: []web.Column{{Title: loc.T("staff.meeting.starts")}, {Title: loc.T("staff.meeting.meeting")},
		{Title: loc.T("staff.case.case")}, {Title: loc.T("staff.meeting.with")}, {Title: loc.T("staff.meeting.state")}}}
	for _, m := range rows {
		t.Rows = append(t.Rows, []web.Cell{{At: m.Starts}, {Text: meetingTitle(loc, m), Href: "/meetings/" + string(m.ID)}, {Text: m.CaseReference, Small: m.Mother},
			{Text: strings.Join(m.With, ", ")}, {Tag: phaseTag(loc, m.Phase)}})
	}
	return t
}

// meetingTitle is what a meeting is called: its title, or else its kind.
func meetingTitle(loc i18n.Loc, m flow.MeetingRow) string {
	if m.Title != "" {
		return m.Title
	}
	return loc.T("staff.kind." + string(m.Kind))
}

func phaseTag(loc i18n.Loc, p meetings.Phase) *web.Tag {
	colours := map[meetings.Phase]string{meetings.Open: "green", meetings.TooEarly: "blue", meetings.Over: "grey", meetings.CalledOff: "red"}
	return &web.Tag{Text: loc.T("staff.phase." + string(p)), Colour: colours[p]}
}

type meetingView struct {
	ID         ids.MeetingID
	Title      string
	About      web.SummaryList
	People     web.Table
	Attendance web.Table
	MayJoin    bool
	MayCancel  bool
	MayMove    bool
	Moves      web.Table
	Usual      standardView
	Must       web.Table // who should be there
	PapersBy   string
	TooEarly   time.Time // when the room opens, for somebody who takes part
	After      *afterSummary
	Plan       web.SummaryList // how the others' meeting is reached
	Unanswered string          // the code with which the organiser's mail server refused our answer
	Before     *beforeView     // how it is made ready; nil = not for her
}

// meeting is one meeting: its people, who came and left when, and the way in.
func (s *Staff) meeting(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	m, err := s.flow.Meeting(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	v := meetingView{ID: m.ID, Title: meetingTitle(loc, m.MeetingRow), MayJoin: m.MayJoin, MayCancel: m.MayCancel, MayMove: m.MayMove, Moves: movesTable(loc, when, m)}
	if m.Phase == meetings.TooEarly && m.Role != "" {
		v.TooEarly = m.RoomOpens()
	}
	v.About.Rows = []web.SummaryRow{{Key: loc.T("staff.meeting.state"), Tag: phaseTag(loc, m.Phase)}, web.Row(loc.T("staff.meeting.kind"), loc.T("staff.kind."+string(m.Kind))),
		web.Row(loc.T("staff.meeting.day"), when.LongDate(m.Starts)), web.Row(loc.T("staff.meeting.time"), loc.T("staff.meeting.from_to", "From", when.Clock(m.Starts), "To", when.Clock(m.Ends))),
		{Key: loc.T("staff.case.case"), Link: &web.Link{Text: m.CaseReference + ", " + m.Mother, Href: "/cases/" + string(m.Case)}}}
	if len(m.About) > 0 {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.meeting.about"), joinNames(m.About)))
	}
	v.Usual, v.Must = s.standard(loc, m.Kind), whoTable(loc, m)
	if m.PapersBy != 0 {
		v.PapersBy = loc.T("staff.meeting.papers_by", "Day", day(loc, m.PapersBy))
	}
	if m.MayPrepare {
		if v.Before, err = s.meetingBefore(r, me, m.ID); err != nil {
			return err
		}
	}
	if m.From != nil {
		v.Plan, v.Unanswered = dialPlan(loc, m.From.Invite.Plan), m.From.Trouble
	}
	v.People = web.Table{Caption: loc.T("staff.meeting.people"), Columns: []web.Column{{Title: loc.T("staff.case.person")}, {Title: loc.T("staff.meeting.part")},
		{Title: loc.T("staff.answer.title")}, {Title: loc.T("staff.meeting.attendance")}}}
	for _, p := range m.Participants {
		v.People.Rows = append(v.People.Rows, personCells(loc, when, p))
	}
	v.Attendance = web.Table{Caption: loc.T("staff.meeting.events"), Empty: loc.T("staff.meeting.no_events"), Columns: []web.Column{{Title: loc.T("staff.meeting.at")},
		{Title: loc.T("staff.meeting.event")}, {Title: loc.T("staff.case.person")}, {Title: loc.T("staff.meeting.by")}}}
	for _, a := range m.Attendance {
		v.Attendance.Rows = append(v.Attendance.Rows, []web.Cell{{At: a.At}, {Text: loc.T("staff.happened." + string(a.Kind))}, {Text: a.Name}, {Text: a.By}})
	}
	if v.After, err = s.afterSummary(r, me, m.ID); err != nil {
		return err
	}
	p := s.page(r, me, v.Title, v)
	p.Form, p.Back = &web.Form{}, backTo(loc, "meetings", "/meetings")
	return s.pages.Render(w, r, http.StatusOK, "meeting", p)
}

func personCells(loc i18n.Loc, when web.When, p flow.ParticipantView) []web.Cell {
	name := web.Cell{Text: p.Name, Small: p.Agency}
	if p.TypedName != "" && p.TypedName != p.Name {
		name.Small = strings.TrimPrefix(p.Agency+". "+loc.T("staff.meeting.typed", "Name", p.TypedName), ". ")
	}
	part := web.Cell{Text: loc.T("staff.part." + string(p.Role))}
	if p.Office != "" {
		part.Small = office(loc, p.Office)
	}
	var was web.Cell
	switch at := p.Presence; {
	case at.Present:
		was.Tag = &web.Tag{Text: loc.T("staff.presence.here"), Colour: "green"}
	case at.Waiting:
		was.Tag = &web.Tag{Text: loc.T("staff.presence.waiting"), Colour: "yellow"}
	case !at.Joined.IsZero():
		was.Text = loc.T("staff.presence.was", "From", when.Clock(at.Joined), "To", when.Clock(at.Left))
	default:
		was.Text = loc.T("staff.presence.not_yet")
	}
	return []web.Cell{name, part, answerCell(loc, when, p), was}
}

type cancelView struct {
	ID    ids.MeetingID
	Title string
}

// cancelPage asks whether calling the meeting off is meant: guests are told by email.
func (s *Staff) cancelPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	m, err := s.flow.Meeting(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	if !m.MayCancel {
		return ids.E(ids.Forbidden, "%s", loc.T("staff.cancel.not"))
	}
	p := s.page(r, me, loc.T("staff.cancel.title"), cancelView{ID: m.ID, Title: meetingTitle(loc, m.MeetingRow)})
	p.Back = &web.Link{Href: "/meetings/" + string(m.ID)}
	return s.pages.Render(w, r, http.StatusOK, "cancel", p)
}

func (s *Staff) cancel(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := r.PathValue("meeting")
	if err := s.flow.CancelMeeting(r.Context(), me.Actor(), ids.MeetingID(id)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done=cancelled")
}
