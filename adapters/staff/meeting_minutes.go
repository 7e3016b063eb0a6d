package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type minutesView struct {
	At       string
	Message  web.Messages
	Meetings []web.Option
	Is       string // the meeting whose minutes it is said to be
}

// minutesPage asks of which meeting a message brings the minutes; what its words say is chosen already.
func (s *Staff) minutesPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showMinutes(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showMinutes(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	sg, err := s.flow.MinutesOfMessage(r.Context(), me.Actor(), ids.MessageID(r.PathValue("message")))
	if err != nil {
		return err
	}
	item := s.messageItem(r, people.Mother{}, flow.MessageView{Message: sg.Message})
	item.Status = nil
	v := minutesView{At: r.URL.Path, Message: web.Messages{Label: loc.T("staff.hold.message"), Items: []web.MessageItem{item}}}
	for _, c := range sg.Choices {
		title := c.Title
		if title == "" {
			title = loc.T("staff.kind." + string(c.Kind))
		}
		title += ", " + day(loc, c.Day)
		o := web.Option{Value: string(c.Meeting), Text: title, Checked: c.Meeting == sg.Guess}
		if c.Invited {
			o.Hint = loc.T("staff.after.was_invited")
		}
		v.Meetings = append(v.Meetings, o)
		if c.Meeting == sg.Is {
			v.Is = loc.T("staff.after.is_minutes", "Meeting", title)
		}
	}
	p := s.page(r, me, loc.T("staff.after.minutes_title"), v)
	p.Form, p.Back = form, &web.Link{Text: sg.Thread.Subject, Href: "/threads/" + string(sg.Thread.ID)}
	return s.pages.Render(w, r, status, "minutes", p)
}

func (s *Staff) keepMinutes(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := ids.MeetingID(form.Value("meeting"))
	if id == "" {
		form.Fail("meeting", s.pages.Loc(r).T("staff.after.choose_meeting"))
	} else if err := s.flow.KeepMinutes(r.Context(), me.Actor(), ids.MessageID(r.PathValue("message")), id); err != nil {
		if err := form.FailWith("meeting", err); err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showMinutes(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/meetings/"+string(id)+"/after?done=minutes_kept#minutes")
}
