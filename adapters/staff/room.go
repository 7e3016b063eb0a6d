package staff

import (
	"encoding/json"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type roomView struct{ Stage web.RoomStage }

// room is the meeting itself. Its ticket is fetched by the stage when it starts: a page that is only loaded spends none.
func (s *Staff) room(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	m, err := s.flow.Meeting(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
	if err != nil {
		return err
	}
	at := "/meetings/" + string(m.ID)
	if !m.MayJoin {
		return web.Redirect(w, r, at) // which says why
	}
	title := meetingTitle(loc, m.MeetingRow)
	v := roomView{web.RoomStage{Title: title, WS: flow.RoomsPath, TicketURL: at + "/ticket", Host: m.Role == meetings.RoleHost,
		After: &web.Link{Text: loc.T("staff.room.after"), Href: at}}}
	if back := m.BackBefore(); v.Stage.Host && !back.IsZero() {
		v.Stage.Back = loc.T("common.room.back_by_her", "Time", s.pages.When(r).Clock(back))
	}
	p := s.page(r, me, title, v)
	p.Wide = true
	return s.pages.Render(w, r, http.StatusOK, "room", p)
}

// ticket gives the stage a ticket. It answers in JSON, errors too: a script asks.
func (s *Staff) ticket(w http.ResponseWriter, r *http.Request) error {
	token, ok := s.cookie.Token(r)
	var t flow.RoomTicket
	err := error(errSignedOut)
	if ok {
		var me people.Acting
		if me, err = s.flow.StaffBySession(r.Context(), token); err == nil {
			t, err = s.flow.RoomTicket(r.Context(), me.Actor(), ids.MeetingID(r.PathValue("meeting")))
		}
	}
	if kind := ids.KindOf(err); err != nil && (kind == ids.Internal || kind == ids.Unavailable) {
		return err // logged with its cause
	}
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]string{"ticket": t.Ticket}
	if err != nil {
		w.WriteHeader(web.Status(err))
		answer = map[string]string{"error": ids.KindOf(err).String(), "message": ids.Public(err)}
	}
	return json.NewEncoder(w).Encode(answer)
}
