package staff

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
)

// What can be done about a time that does not do, besides choosing another one.
const (
	keepTime   = "keep"   // she has no place yet
	unlockTime = "unlock" // the wing will unlock her for it
)

// Where she is to take part, besides a certain place.
const (
	bestPlace = "best"
	noPlace   = "none"
)

// clashView is a time at which she cannot be there, and what can be done.
type clashView struct {
	Quicker bool   // somebody else was
	Why     string // in words
	Judged  string // the time and the place of which that is said
	Choices []web.Option
}

// placeOptions are where she can take part; nil when the prison has entered no places.
func (s *Staff) placeOptions(r *http.Request, me people.Staff, c ids.CaseID) ([]web.Option, error) {
	places, err := s.flow.PlacesFor(r.Context(), me.Actor(), c)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	loc := s.pages.Loc(r)
	out := []web.Option{web.Opt(bestPlace, loc.T("staff.places.best"))}
	for _, p := range places {
		out = append(out, web.Opt(string(p.ID), p.Name))
	}
	return append(out, web.Opt(noPlace, loc.T("staff.places.not_yet"))), nil
}

// readVenue reads where she is to take part. The page offers it only where there are places.
func readVenue(loc i18n.Loc, form *web.Form) flow.Venue {
	v := flow.Venue{Beside: readBeside(loc, form), Special: form.Has("unlock", "yes")}
	switch where := form.Value("where"); where {
	case bestPlace:
		v.Best = true
	case "", noPlace:
	default:
		v.Place = ids.PlaceID(where)
	}
	return v
}

// judged names what was judged, so that what was decided about one time does not count for another.
func judged(form *web.Form) string {
	return strings.Join([]string{form.Value("day"), form.Value("clock"), form.Value("length"), form.Value("where"), form.Value("beside"), form.Value("kind")}, " ")
}

// checkVenue looks at a plan's time before it is made. nil when it can be made as n now says; else what is to be decided first.
func (s *Staff) checkVenue(r *http.Request, me people.Staff, n *flow.NewMeeting, form *web.Form) (*clashView, error) {
	if !n.Venue.Best && n.Venue.Place == "" {
		return nil, nil
	}
	loc := s.pages.Loc(r)
	switch instead := form.Value("instead"); {
	case instead == "":
	case takeAt(form, instead):
		length := n.Ends.Sub(n.Starts)
		n.Starts, _ = readTimes(loc, form)
		n.Ends, n.Venue = n.Starts.Add(length), readVenue(loc, form)
	case form.Value("judged") != judged(form): // she has typed another time since
	case instead == keepTime:
		n.Venue = flow.Venue{}
		return nil, nil
	case instead == unlockTime && n.Venue.Place != "":
		n.Venue.Special = true
		return nil, nil
	}
	t := flow.TimesAsked{Case: n.Case, Kind: n.Kind, Length: n.Ends.Sub(n.Starts), Beside: n.Venue.Beside}
	v, err := s.flow.JudgeTimes(r.Context(), me.Actor(), t, n.Starts)
	if err != nil {
		return nil, err
	}
	why := v.Why
	if n.Venue.Place != "" {
		why = refusalOf(v, n.Venue.Place)
	}
	if why == "" {
		return nil, nil
	}
	return s.clash(r, me, t, *n, v, form)
}

// clash says what is wrong with a time, and offers others near it.
func (s *Staff) clash(r *http.Request, me people.Staff, t flow.TimesAsked, n flow.NewMeeting, v slots.Verdict, form *web.Form) (*clashView, error) {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	out := &clashView{Why: whyNot(loc, v, nil), Judged: judged(form)}
	why := v.Why
	if n.Venue.Place != "" {
		why = refusalOf(v, n.Venue.Place)
		out.Quicker = why == slots.Taken
		if v.Why == "" || v.Why == slots.NoPlace {
			out.Why = s.placeWhy(r, me, n, why)
		}
	}
	near, err := s.flow.SuggestTimes(r.Context(), me.Actor(), t, n.Starts)
	if err != nil && ids.KindOf(err) != ids.Invalid {
		return nil, err
	}
	if v.Why == "" { // another place is free at that very time
		near = append([]slots.Verdict{v}, slices.DeleteFunc(near, func(o slots.Verdict) bool { return o.Starts.Equal(n.Starts) })...)
	}
	for _, o := range near[:min(len(near), flow.MostSuggested)] {
		out.Choices = append(out.Choices, web.Option{Value: atValue(o), Text: span(loc, when, o.Starts, o.Ends), Hint: timeHint(loc, when, o)})
	}
	if n.Venue.Place != "" && lockedUp(why) {
		out.Choices = append(out.Choices, web.Option{Value: unlockTime, Text: loc.T("staff.clash.unlock"), Hint: loc.T("staff.clash.unlock_hint")})
	}
	keep := web.Option{Value: keepTime, Text: loc.T("staff.clash.keep"), Hint: loc.T("staff.clash.keep_hint")}
	if n.Venue.Place == "" && lockedUp(why) {
		keep.Hint = loc.T("staff.clash.keep_locked")
	}
	out.Choices = append(out.Choices, keep)
	delete(form.Values, "instead")
	return out, nil
}

// placeWhy says why one place does not do.
func (s *Staff) placeWhy(r *http.Request, me people.Staff, n flow.NewMeeting, why slots.Reason) string {
	loc, name := s.pages.Loc(r), ""
	if places, err := s.flow.PlacesFor(r.Context(), me.Actor(), n.Case); err == nil {
		for _, p := range places {
			if p.ID == n.Venue.Place {
				name = p.Name
			}
		}
	}
	return loc.T("staff.times.place_why", "Place", name, "Why", loc.T("staff.place_why."+string(why)))
}

type meetingPlaceView struct {
	ID     ids.MeetingID
	Title  string
	About  web.SummaryList
	Places []web.Option
	Clash  string
	Find   string // where another time is looked for
}

// placePage is the form for another place of a meeting: each place with what is to be said of it at that time.
func (s *Staff) placePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	m, err := s.movable(r, me)
	if err != nil {
		return err
	}
	return s.showPlace(w, r, me, m, http.StatusOK, &web.Form{})
}

func (s *Staff) showPlace(w http.ResponseWriter, r *http.Request, me people.Staff, m flow.MeetingView, status int, form *web.Form) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	places, err := s.flow.PlacesFor(r.Context(), me.Actor(), m.Case)
	if err != nil {
		return err
	}
	verdict, err := s.flow.JudgeTimes(r.Context(), me.Actor(), flow.TimesAsked{Case: m.Case, Kind: m.Kind, Length: m.Ends.Sub(m.Starts), Except: m.ID}, m.Starts)
	if err != nil {
		return err
	}
	v := meetingPlaceView{ID: m.ID, Title: meetingTitle(loc, m.MeetingRow), Find: "/cases/" + string(m.Case) + "/times?move=" + string(m.ID)}
	v.About.Rows = append([]web.SummaryRow{web.Row(loc.T("staff.meeting.day"), when.LongDate(m.Starts)),
		web.Row(loc.T("staff.meeting.time"), loc.T("staff.meeting.from_to", "From", when.Clock(m.Starts), "To", when.Clock(m.Ends)))}, placedRows(loc, when, m.Placed)...)
	if verdict.Why != "" {
		v.Clash = whyNot(loc, verdict, nil)
	}
	for _, p := range places {
		hint := loc.T("staff.places.free")
		if why := refusalOf(verdict, p.ID); why != "" {
			hint = loc.T("staff.place_why." + string(why))
		}
		v.Places = append(v.Places, web.Option{Value: string(p.ID), Text: p.Name, Hint: hint, Checked: m.Placed != nil && m.Placed.Place == p.ID})
	}
	p := s.page(r, me, loc.T("staff.places.change"), v)
	p.Form, p.Back = form, &web.Link{Href: "/meetings/" + string(m.ID)}
	return s.pages.Render(w, r, status, "meeting_place", p)
}

// choosePlace gives the meeting the place. What does not fit is told, and what was chosen stays.
func (s *Staff) choosePlace(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	m, err := s.movable(r, me)
	if err != nil {
		return err
	}
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	v := readVenue(loc, form)
	if v.Place == "" && !v.Best {
		form.Fail("where", loc.T("staff.places.choose"))
	}
	if !form.Bad() {
		if err := form.FailWith("where", s.flow.ChoosePlace(r.Context(), me.Actor(), m.ID, v)); err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showPlace(w, r, me, m, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/meetings/"+string(m.ID)+"?done=place_chosen")
}

// toPlaceTable lists the meetings that need a place, the next first.
func (s *Staff) toPlaceTable(r *http.Request, rows []flow.ToPlace) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.places.home"), Empty: "", Columns: []web.Column{{Title: loc.T("staff.meeting.starts")}, {Title: loc.T("staff.meeting.meeting")},
		{Title: loc.T("staff.case.case")}, {Title: loc.T("staff.places.what")}}}
	for _, m := range rows {
		what := web.Cell{Tag: &web.Tag{Text: loc.T("staff.places.none_tag"), Colour: "yellow"}}
		if m.Placed != nil {
			what = web.Cell{Tag: &web.Tag{Text: loc.T("staff.places.clash_tag"), Colour: "red"}, Small: clashWords(loc, m.Placed.Clash)}
		}
		t.Rows = append(t.Rows, []web.Cell{{At: m.Starts}, {Text: meetingTitle(loc, m.MeetingRow), Href: "/meetings/" + string(m.ID)}, {Text: m.CaseReference, Small: m.Mother}, what})
	}
	return t
}

// moveWhere says on the second step of a move where she would take part then.
func (s *Staff) moveWhere(r *http.Request, me people.Staff, m flow.MeetingView, starts, ends time.Time) ([]web.SummaryRow, error) {
	if m.Placed == nil {
		return nil, nil
	}
	loc := s.pages.Loc(r)
	v, err := s.flow.JudgeTimes(r.Context(), me.Actor(), flow.TimesAsked{Case: m.Case, Kind: m.Kind, Length: ends.Sub(starts), Except: m.ID}, starts)
	if err != nil {
		return nil, err
	}
	row := web.Row(loc.T("staff.places.where"), "")
	if v.Why != "" {
		row.Lines = []string{loc.T("staff.places.not_along"), whyNot(loc, v, nil)}
		return []web.SummaryRow{row}, nil
	}
	name := v.Place.Name
	if refusalOf(v, m.Placed.Place) == "" {
		name = m.Placed.Name
	}
	row.Lines = []string{name}
	return []web.SummaryRow{row}, nil
}
