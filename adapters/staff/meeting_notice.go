package staff

import (
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type noticeView struct {
	Title  string
	About  web.SummaryList
	Her    web.SummaryList
	Short  bool
	Guests web.Table
	Made   time.Time
}

// notice is the sheet that proves who was told of a meeting when, to be printed on one page.
func (s *Staff) notice(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	n, err := s.flow.Notice(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	loc, when := s.pages.Loc(r), s.pages.When(r)
	at := func(t time.Time) string {
		if t.IsZero() {
			return loc.T("staff.before.not_yet")
		}
		return when.DateTime(t)
	}
	v := noticeView{Title: meetingTitle(loc, n.Meeting), Short: n.Asked > 0 && n.Short(), Made: n.Made}
	v.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.meeting.kind"), loc.T("staff.kind."+string(n.Meeting.Kind))), web.Row(loc.T("staff.meeting.starts"), when.DateTime(n.Meeting.Starts)),
		web.Row(loc.T("staff.case.case"), n.Meeting.CaseReference+", "+n.Meeting.Mother), web.Row(loc.T("staff.meeting.about"), joinNames(n.About)),
		web.Row(loc.T("staff.before.n_known"), loc.T("staff.before.n_known_by", "Time", when.DateTime(n.Known), "Name", n.By))}
	v.Her.Rows = []web.SummaryRow{web.Row(loc.T("staff.before.n_told"), at(n.Receipts.Told)), web.Row(loc.T("staff.before.n_kiosk"), at(n.Receipts.AtKiosk)),
		web.Row(loc.T("staff.before.n_seen"), at(n.Receipts.Seen)), web.Row(loc.T("staff.before.n_days"), loc.N("staff.before.days", n.Days)), web.Row(loc.T("staff.before.n_asked"), loc.N("staff.before.days", n.Asked))}
	if !n.Receipts.Seen.IsZero() {
		v.Her.Rows = append(v.Her.Rows, web.Row(loc.T("staff.before.n_days_seen"), loc.N("staff.before.days", n.DaysSeen)))
	}
	v.Her.Rows = append(v.Her.Rows, choiceRows(loc, n.Choice)...)
	v.Her.Rows = append(v.Her.Rows, web.Row(loc.T("staff.before.n_said"), at(n.FirstSaid)))
	v.Guests = web.Table{Caption: loc.T("staff.before.n_guests"), Empty: loc.T("staff.before.n_no_guests"), Columns: []web.Column{{Title: loc.T("staff.case.person")}, {Title: loc.T("staff.before.n_mailed")},
		{Title: loc.T("staff.before.n_server")}, {Title: loc.T("staff.before.n_opened")}, {Title: loc.T("staff.before.n_entered")}}}
	for _, g := range n.Guests {
		v.Guests.Rows = append(v.Guests.Rows, []web.Cell{{Text: g.Name, Small: g.Body}, {Text: at(g.Invited)}, {Text: mailWords(loc.T, at, g)}, {Text: at(g.Opened)}, {Text: at(g.Entered)}})
	}
	p := s.page(r, me, loc.T("staff.before.notice"), v)
	p.Back = &web.Link{Href: "/meetings/" + string(n.Meeting.ID)}
	return s.pages.Render(w, r, http.StatusOK, "meeting_notice", p)
}

func mailWords(word func(string, ...any) string, at func(time.Time) string, g flow.GuestNotice) string {
	switch g.Mail {
	case meetings.MailSent:
		return at(g.MailAt)
	case meetings.MailFailed:
		return word("staff.before.n_refused", "Time", at(g.MailAt))
	}
	return at(time.Time{})
}
