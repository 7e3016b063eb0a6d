package staff

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type calendarView struct {
	flow.WorkerCalendar
	Address string // of the feed, just made: shown once
	State   string // of the published calendar, in words
	Wrong   bool   // it says that something is wrong
}

// calendar is the page about the calendars of whoever is signed in.
func (s *Staff) calendar(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showCalendar(w, r, me, http.StatusOK, nil, "")
}

func (s *Staff) showCalendar(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, secret string) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	c, err := s.flow.MyCalendar(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	v := calendarView{WorkerCalendar: c}
	if secret != "" {
		scheme := "http://"
		if s.secure {
			scheme = "https://"
		}
		v.Address = scheme + r.Host + "/calendar/feed/" + secret
	}
	switch {
	case !c.Named:
	case c.Tried.IsZero() || c.Trouble == "" && c.Fetched.IsZero():
		v.State = loc.T("staff.calendar.soon")
	case c.Trouble != "":
		v.Wrong, v.State = true, loc.T("staff.calendar.trouble_"+string(c.Trouble), "At", when.DateTime(c.Tried))
		if !c.Fetched.IsZero() {
			v.State += " " + loc.T("staff.calendar.kept", "At", when.DateTime(c.Fetched))
		}
	default:
		v.State = loc.T("staff.calendar.read", "At", when.DateTime(c.Fetched))
	}
	p := s.page(r, me, loc.T("staff.calendar.title"), v)
	p.Form, p.Back = form, backTo(loc, "meetings", "/meetings")
	return s.pages.Render(w, r, status, "calendar", p)
}

// makeFeed makes a new address and shows it, once, on the answer itself.
func (s *Staff) makeFeed(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	secret, err := s.flow.MakeCalendarFeed(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	return s.showCalendar(w, r, me, http.StatusOK, nil, secret)
}

func (s *Staff) revokeFeed(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.RevokeCalendarFeed(r.Context(), me.Actor()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/calendar?done=feed_revoked")
}

func (s *Staff) setSource(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := form.FailWith("address", s.flow.SetCalendarSource(r.Context(), me.Actor(), form.Value("address"))); err != nil {
		return err
	}
	if form.Bad() {
		return s.showCalendar(w, r, me, http.StatusUnprocessableEntity, form, "")
	}
	return web.Redirect(w, r, "/calendar?done=source_set")
}

func (s *Staff) removeSource(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.RemoveCalendarSource(r.Context(), me.Actor()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/calendar?done=source_removed")
}

// feed is the feed of somebody's meetings, for her calendar program, which does not sign in. What was taken back is as what never was.
func (s *Staff) feed(w http.ResponseWriter, r *http.Request) error {
	if ok, wait := s.feeds.Allow(web.ClientIP(r)); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		return ids.E(ids.TooMany, "%s", s.pages.Loc(r).T("staff.calendar.too_many"))
	}
	raw, err := s.flow.CalendarFeed(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("ETag", tag)
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="kinbridge.ics"`)
	h.Set("X-Robots-Tag", "noindex")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Length", fmt.Sprint(len(raw)))
	_, err = w.Write(raw)
	return err
}
