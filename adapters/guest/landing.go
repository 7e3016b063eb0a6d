package guest

import (
	"errors"
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// start is the face's own address, without a link: a guest with a session goes on, another is asked for her link.
func (g *Guest) start(w http.ResponseWriter, r *http.Request) error {
	if _, err := g.who(r); err == nil {
		return web.Redirect(w, r, "/guest/meeting/room")
	}
	return g.closed(w, r, http.StatusOK, "no_link", nil)
}

type landingView struct {
	Link    string
	About   web.SummaryList
	Address string
	Again   bool // the reader has entered already
}

// landing shows what a link leads to. It spends nothing.
func (g *Guest) landing(w http.ResponseWriter, r *http.Request) error {
	return g.showLanding(w, r, http.StatusOK, &web.Form{}, r.URL.Query().Has("sent"))
}

func (g *Guest) showLanding(w http.ResponseWriter, r *http.Request, status int, form *web.Form, sent bool) error {
	link := r.PathValue("link")
	l, err := g.flow.GuestLanding(r.Context(), link)
	if ids.KindOf(err) == ids.NotFound {
		return g.closed(w, r, http.StatusNotFound, "unknown_link", nil)
	}
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		_ = g.flow.LinkOpened(r.Context(), link) // a hint: the page is shown without it
	}
	about := g.about(r, l.Starts, l.Ends, l.Organisation)
	if page := closedPage[l.State]; page != "" {
		loc := g.pages.Loc(r)
		if l.State == meetings.TooEarly {
			about.Rows = append(about.Rows, web.Row(loc.T("guest.about.opens"), g.pages.When(r).Clock(l.Opens)))
		}
		return g.closed(w, r, status, page, &about)
	}
	loc := g.pages.Loc(r)
	page := web.Page{Title: loc.T("guest.landing.title"), Form: form, Data: landingView{Link: link, About: about, Address: l.Address,
		Again: g.hasEntered(r, l)}}
	if sent {
		page.Banner = &web.Banner{Kind: "success", Heading: loc.T("guest.landing.sent"), Text: loc.T("guest.landing.sent_where", "Address", l.Address)}
	}
	return g.pages.Render(w, r, status, "landing", page)
}

// closedPage names the page for a phase in which nobody can enter.
var closedPage = map[meetings.Phase]string{meetings.TooEarly: "too_early", meetings.Over: "ended", meetings.CalledOff: "cancelled"}

func (g *Guest) hasEntered(r *http.Request, l flow.GuestLanding) bool {
	who, err := g.who(r)
	return err == nil && who.Participant.ID == l.Participant
}

// about lists when a meeting is and whose.
func (g *Guest) about(r *http.Request, starts, ends time.Time, organisation string) web.SummaryList {
	loc, when := g.pages.Loc(r), g.pages.When(r)
	return web.SummaryList{Rows: []web.SummaryRow{
		web.Row(loc.T("guest.about.day"), when.LongDate(starts)),
		web.Row(loc.T("guest.about.time"), when.Clock(starts)),
		web.Row(loc.T("guest.about.length"), loc.N("guest.minutes", int(ends.Sub(starts).Round(time.Minute)/time.Minute))),
		web.Row(loc.T("guest.about.by"), organisation),
	}}
}

// enter takes the name and the code.
func (g *Guest) enter(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := g.pages.Loc(r)
	name, err := meetings.CleanName(form.Value("name"))
	if err != nil {
		form.Fail("name", loc.T("guest.landing.name_error"))
	}
	token, _, err := "", flow.Guest{}, error(nil)
	if !form.Bad() {
		token, _, err = g.flow.GuestEnter(r.Context(), r.PathValue("link"), name, form.Value("code"))
	}
	switch {
	case form.Bad():
	case errors.Is(err, flow.ErrWrongCode):
		form.Fail("code", loc.T("guest.landing.code_wrong"))
	case errors.Is(err, flow.ErrDeadCode):
		form.Fail("code", loc.T("guest.landing.code_dead"))
	case ids.KindOf(err) == ids.Invalid:
		form.Fail("code", loc.T("guest.landing.code_error"))
	case ids.KindOf(err) == ids.Conflict, ids.KindOf(err) == ids.NotFound:
		return g.showLanding(w, r, http.StatusConflict, form, false) // the page says what has become of the meeting
	case err != nil:
		return err
	default:
		g.cookie.Set(w, token)
		return web.Redirect(w, r, "/guest/meeting/rules")
	}
	form.Values.Del("code") // a code is typed anew
	return g.showLanding(w, r, http.StatusUnprocessableEntity, form, false)
}

// sendCode mails a new code.
func (g *Guest) sendCode(w http.ResponseWriter, r *http.Request) error {
	err := g.flow.SendGuestCode(r.Context(), r.PathValue("link"))
	switch ids.KindOf(err) {
	case ids.TooMany:
		form := &web.Form{}
		form.Fail("", g.pages.Loc(r).T("guest.landing.too_many_codes"))
		return g.showLanding(w, r, http.StatusTooManyRequests, form, false)
	case ids.Conflict, ids.NotFound:
		return g.showLanding(w, r, http.StatusConflict, &web.Form{}, false)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/guest/"+r.PathValue("link")+"?sent")
}

type closedView struct {
	Title, Body string
	About       *web.SummaryList
	Rejoin      bool
}

// closed shows a page that says why there is nothing to enter.
func (g *Guest) closed(w http.ResponseWriter, r *http.Request, status int, why string, about *web.SummaryList) error {
	loc := g.pages.Loc(r)
	v := closedView{Title: loc.T("guest.closed." + why + ".title"), Body: loc.T("guest.closed." + why + ".body"), About: about}
	return g.pages.Render(w, r, status, "closed", web.Page{Title: v.Title, Data: v})
}
