package kiosk

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/slots"
)

// Meetings is what the kiosk asks of flow about a mother's meetings. Every method asks policy.
type Meetings interface {
	MeetingsOf(ctx context.Context, actor ids.Actor) ([]flow.MeetingRow, error)
	Meeting(ctx context.Context, actor ids.Actor, id ids.MeetingID) (flow.MeetingView, error)
	// RoomTicket lets her into the room once.
	RoomTicket(ctx context.Context, actor ids.Actor, id ids.MeetingID) (flow.RoomTicket, error)
}

type meetingItem struct {
	ID    ids.MeetingID
	Title string
	When  string
	With  string
	State string // in words
	Join  bool
	Where string // where she takes part, and when she is fetched; "" = that is not known yet
	Part  string // how she takes part, when that was changed
	After bool   // there may be more to read about it
	Ready bool   // there is something to do before it
	Shown bool   // that it was shown is to be told
}

func (s shower) meeting(m flow.MeetingRow) meetingItem {
	title := m.Title
	if title == "" {
		title = s.word("kiosk.meeting_kind." + string(m.Kind))
	}
	return meetingItem{ID: m.ID, Title: title, When: s.at(m.Starts), With: strings.Join(m.With, ", "),
		State: s.word("kiosk.meeting_phase." + string(m.Phase)), Join: m.Phase == meetings.Open,
		Ready: m.Kind.AboutChildren() && m.Phase != meetings.CalledOff, Shown: m.Phase == meetings.Open || m.Phase == meetings.TooEarly}
}

// where says where she goes for a meeting and when. A place that does not hold any more is not told: somebody is finding another.
func (s shower) where(p *flow.PlacedView, phase meetings.Phase) string {
	if p == nil || p.Clash != "" || phase != meetings.TooEarly && phase != meetings.Open {
		return ""
	}
	key := "kiosk.place.fetched"
	if p.Kind == slots.KioskPlace {
		key = "kiosk.place.wing"
	}
	return s.word(key, "Place", p.Name, "Time", s.when.Clock(p.PickUp), "Back", s.when.Clock(p.Back))
}

type meetingsView struct {
	Live     live
	Meetings []meetingItem
}

// mostListed bounds her list: what is long over is in her case.
const mostListed = 20

func (k *Kiosk) meetings(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	list, err := k.flow.MeetingsOf(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	v := meetingsView{Live: l}
	for _, m := range list[:min(len(list), mostListed)] {
		item := k.shower(r).meeting(m)
		item.After = m.Phase == meetings.Over
		if m.Phase == meetings.Open || m.Phase == meetings.TooEarly {
			a, err := k.flow.KioskAfter(r.Context(), at.Actor(), m.ID)
			if err != nil {
				return err
			}
			item.Part = k.shower(r).takesPart(a)
			one, err := k.flow.Meeting(r.Context(), at.Actor(), m.ID)
			if err != nil {
				return err
			}
			item.Where = k.shower(r).where(one.Placed, m.Phase)
			item.After = item.Part != ""
		}
		v.Meetings = append(v.Meetings, item)
	}
	return k.pages.Render(w, r, http.StatusOK, "meetings", k.page(r, at, "kiosk.meetings.title", v))
}

type meetingView struct {
	Live    live
	Meeting meetingItem
	Stage   *web.RoomStage // nil while she cannot join
}

func (k *Kiosk) meeting(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	id := r.PathValue("meeting")
	if !known(id) {
		return ids.ErrNotFound
	}
	m, err := k.flow.Meeting(r.Context(), at.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	v := meetingView{Live: l, Meeting: k.shower(r).meeting(m.MeetingRow)}
	v.Meeting.Where = k.shower(r).where(m.Placed, m.Phase)
	if m.MayJoin {
		v.Stage = &web.RoomStage{Title: v.Meeting.Title, WS: flow.RoomsPath, TicketURL: "/kiosk/meetings/" + id + "/ticket",
			After: &web.Link{Text: k.pages.Loc(r).T("kiosk.meeting.back"), Href: "/kiosk/meetings"}}
	}
	if back := m.BackBefore(); v.Stage != nil && !back.IsZero() {
		v.Stage.Back = k.shower(r).word("common.room.back_by", "Time", k.pages.When(r).Clock(back))
	}
	page := k.page(r, at, "kiosk.meeting.title", v)
	page.Wide = true
	return k.pages.Render(w, r, http.StatusOK, "meeting", page)
}

// ticket answers the room's script with a ticket for her own place, good once and for a minute.
func (k *Kiosk) ticket(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	id := r.PathValue("meeting")
	if !known(id) {
		return ids.ErrNotFound
	}
	t, err := k.flow.RoomTicket(r.Context(), at.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]string{"ticket": t.Ticket, "path": t.Path})
}
