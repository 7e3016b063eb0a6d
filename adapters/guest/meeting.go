package guest

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// rules tells the guest what she must know before she comes in.
func (g *Guest) rules(w http.ResponseWriter, r *http.Request) error {
	who := guestOf(r)
	return g.pages.Render(w, r, http.StatusOK, "rules", web.Page{Title: g.pages.Loc(r).T("guest.rules.title"), Data: rulesView{Host: who.Host, Organisation: who.Organisation}})
}

type rulesView struct{ Host, Organisation string }

type roomView struct {
	Stage web.RoomStage
	Host  string
}

// room is the device check and, after it, the lobby and the meeting on the same page: the camera stays open from one to the other.
func (g *Guest) room(w http.ResponseWriter, r *http.Request) error {
	who := guestOf(r)
	loc := g.pages.Loc(r)
	if page := closedPage[who.Phase]; page != "" {
		about := g.about(r, who.Meeting.Starts, who.Meeting.Ends, who.Organisation)
		if who.Phase == meetings.TooEarly {
			about.Rows = append(about.Rows, web.Row(loc.T("guest.about.opens"), g.pages.When(r).Clock(who.Meeting.RoomOpens())))
		}
		return g.closed(w, r, http.StatusOK, page, &about)
	}
	v := roomView{Host: who.Host, Stage: web.RoomStage{Title: loc.T("guest.room.title"), WS: flow.RoomsPath, TicketURL: "/guest/meeting/ticket",
		After: &web.Link{Text: loc.T("guest.room.after"), Href: "/guest/meeting/left"}}}
	return g.pages.Render(w, r, http.StatusOK, "room", web.Page{Title: loc.T("guest.room.title"), Wide: true, Data: v})
}

// ticket gives the stage a ticket for the room. It answers in JSON, errors too: a script asks.
func (g *Guest) ticket(w http.ResponseWriter, r *http.Request) error {
	who, err := g.who(r)
	var t flow.RoomTicket
	if err == nil {
		t, err = g.flow.RoomTicket(r.Context(), who.Actor(), who.Meeting.ID)
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

// ping answers at once: the network test takes its time.
func (g *Guest) ping(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// speedBytes is how much the network test downloads: two seconds at one megabit a second.
const speedBytes = 256 << 10

func (g *Guest) speed(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(g.noise) // when it fails the reader has gone
	return nil
}

// noise is bytes that no proxy can compress.
func noise() []byte {
	b := make([]byte, speedBytes)
	src := rand.NewChaCha8([32]byte{1})
	_, _ = src.Read(b) // never fails
	return b
}

// left is where a guest comes out of the meeting: she can go back, or close her place on this device.
func (g *Guest) left(w http.ResponseWriter, r *http.Request) error {
	loc := g.pages.Loc(r)
	return g.pages.Render(w, r, http.StatusOK, "left", web.Page{Title: loc.T("guest.left.title"), Data: closedView{Rejoin: guestOf(r).Phase == meetings.Open}})
}

// finish ends the session.
func (g *Guest) finish(w http.ResponseWriter, r *http.Request) error {
	if token, ok := g.cookie.Token(r); ok {
		if err := g.flow.GuestLeave(r.Context(), token); err != nil {
			return err
		}
	}
	g.cookie.Clear(w)
	return web.Redirect(w, r, "/guest/meeting/done")
}

func (g *Guest) done(w http.ResponseWriter, r *http.Request) error {
	return g.closed(w, r, http.StatusOK, "done", nil)
}
