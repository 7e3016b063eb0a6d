package staff

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

// Times is when meetings can be, and where she takes part in them.
type Times interface {
	FindTimes(ctx context.Context, a ids.Actor, t flow.TimesAsked) (flow.TimesFound, error)
	SuggestTimes(ctx context.Context, a ids.Actor, t flow.TimesAsked, near time.Time) ([]slots.Verdict, error)
	JudgeTimes(ctx context.Context, a ids.Actor, t flow.TimesAsked, starts time.Time) (slots.Verdict, error)
	PlacesFor(ctx context.Context, a ids.Actor, c ids.CaseID) ([]slots.Place, error)
	Placing
}

// Placing is how meetings get their places.
type Placing interface {
	ChoosePlace(ctx context.Context, a ids.Actor, id ids.MeetingID, v flow.Venue) error
	// MeetingMade is the meeting that a form made when it was sent before.
	MeetingMade(ctx context.Context, a ids.Actor, c ids.CaseID, key string) (ids.MeetingID, error)
}

type timesView struct {
	Bar      web.IdentityBar
	At       string // this page's own address
	Plan     string // where a time that was chosen is planned, or the meeting that it is for moved
	Carry    []web.Option
	Moves    string // the meeting that is to be moved, in words; "" = a new one is to be planned
	Move     ids.MeetingID
	Kinds    []web.Option
	Lengths  []web.Option
	About    []web.Option
	Staff    []web.Option
	Searched bool
	Note     string // who is looked at, and how soon it can be
	Due      string
	Best     []web.Option
	Ask      string // where people outside are asked which of the best suit; "" = nobody is
	Days     []dayTimes
	None     int // how many days have no time at all
}

// dayTimes is one day: what is offered, and why the rest is not.
type dayTimes struct {
	Summary string
	Times   []timeLink
	Refused []string
}

type timeLink struct{ Href, Text, Day, Small string }

// usualWeeks is how many weeks are looked at when nobody says.
const usualWeeks = 4

// times looks for times of a meeting. It is a form that is asked for by GET, so that what was found has an address.
func (s *Staff) times(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if _, err := s.flow.PlacesFor(r.Context(), me.Actor(), c.ID); err != nil { // says so when she may not plan here
		return err
	}
	q := r.URL.Query()
	form := &web.Form{Values: url.Values{}}
	for _, name := range []string{"kind", "length", "from", "to", "earliest", "latest", "beside", "staff", "child", "days", "move", "like"} {
		if len(q[name]) > 0 {
			form.Values[name] = q[name]
		}
	}
	v := timesView{Bar: caseBar(loc, c), At: "/cases/" + string(c.ID) + "/times", Plan: "/cases/" + string(c.ID) + "/plan", Searched: q.Has("from")}
	if err := s.toMove(r, me, form, &v); err != nil {
		return err
	}
	preset := func(name, value string) {
		if !v.Searched && form.Value(name) == "" {
			form.Values.Set(name, value)
		}
	}
	preset("length", "60")
	preset("from", s.today().String())
	preset("to", s.today().Plus(7*usualWeeks).String())
	preset("earliest", slots.Clock(slots.OfficeHours.From))
	preset("latest", slots.Clock(slots.OfficeHours.To))
	s.timesChoices(loc, me, c, form, &v)
	status := http.StatusOK
	if v.Searched {
		if err := s.findTimes(r, me, c, form, &v); err != nil {
			return err
		}
		if form.Bad() {
			status = http.StatusUnprocessableEntity
		}
	}
	p := s.page(r, me, loc.T("staff.times.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "times", p)
}

// toMove begins with what a meeting is that is to be moved.
func (s *Staff) toMove(r *http.Request, me people.Staff, form *web.Form, v *timesView) error {
	id := form.Value("move")
	if id == "" {
		return nil
	}
	m, err := s.flow.Meeting(r.Context(), me.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	if string(m.Case) != r.PathValue("case") {
		return ids.ErrNotFound
	}
	v.Move, v.Moves, v.Plan = m.ID, meetingTitle(s.pages.Loc(r), m.MeetingRow), "/meetings/"+string(m.ID)+"/move"
	form.Values.Set("kind", string(m.Kind))
	if form.Value("length") == "" {
		form.Values.Set("length", strconv.Itoa(int(m.Ends.Sub(m.Starts).Minutes())))
	}
	return nil
}

func (s *Staff) timesChoices(loc i18n.Loc, me people.Staff, c flow.CaseView, form *web.Form, v *timesView) {
	v.Kinds = append(v.Kinds, web.Opt("", loc.T("staff.plan.choose")))
	for _, k := range meetings.Kinds {
		if k != meetings.LegalVisit {
			v.Kinds = append(v.Kinds, web.Opt(string(k), loc.T("staff.kind."+string(k))))
		}
	}
	v.Lengths = lengthOptions(loc, form.Value("length"))
	if len(c.Children) > 1 && v.Move == "" {
		_, v.About = childOptions(c, form.Values["child"])
	}
	for _, m := range c.Team {
		if m.ID != me.ID && !m.Disabled {
			v.Staff = append(v.Staff, web.Option{Value: string(m.ID), Text: m.Name, Hint: loc.T("staff.role." + string(m.Role))})
		}
	}
}

// lengthOptions are the lengths that can be chosen, with the one that is asked for among them.
func lengthOptions(loc i18n.Loc, asked string) (out []web.Option) {
	all := slices.Clone(lengths)
	if n, err := strconv.Atoi(asked); err == nil && n > 0 && n <= int(meetings.LongestTime.Minutes()) && !slices.Contains(all, n) {
		all = append(all, n)
		slices.Sort(all)
	}
	for _, n := range all {
		out = append(out, web.Option{Value: strconv.Itoa(n), Text: loc.N("staff.minutes", n), Checked: strconv.Itoa(n) == asked || asked == "" && n == 60})
	}
	return out
}

// readTimesAsked reads what is looked for, and notes what is wrong.
func (s *Staff) readTimesAsked(r *http.Request, c flow.CaseView, form *web.Form, move ids.MeetingID) flow.TimesAsked {
	loc := s.pages.Loc(r)
	t := flow.TimesAsked{Case: c.ID, Kind: meetings.Kind(form.Value("kind")), AllDays: form.Has("days", "all"), Except: move}
	if !t.Kind.Valid() {
		form.Fail("kind", loc.T("staff.plan.kind_missing"))
	}
	n, err := strconv.Atoi(form.Value("length"))
	if err != nil || n < 15 || n > int(meetings.LongestTime.Minutes()) {
		form.Fail("length", loc.T("staff.plan.length_missing"))
	}
	t.Length = time.Duration(n) * time.Minute
	for field, to := range map[string]*workdays.Day{"from": &t.From, "to": &t.To} {
		if *to, err = workdays.Parse(form.Value(field)); err != nil {
			form.Fail(field, loc.T("staff.times.bad_"+field))
		}
	}
	for field, to := range map[string]*int{"earliest": &t.Hours.From, "latest": &t.Hours.To} {
		at, err := time.Parse("15:04", strings.TrimSpace(form.Value(field)))
		if err != nil {
			form.Fail(field, loc.T("staff.times.bad_"+field))
		}
		*to = at.Hour()*60 + at.Minute()
	}
	t.Beside = readBeside(loc, form)
	for _, id := range form.Values["staff"] {
		t.Staff = append(t.Staff, ids.StaffID(id))
	}
	return t
}

// readBeside reads how many people sit with her; nothing is nobody.
func readBeside(loc i18n.Loc, form *web.Form) int {
	words := strings.TrimSpace(form.Value("beside"))
	if words == "" {
		return 0
	}
	n, err := strconv.Atoi(words)
	if err != nil || n < 0 || n > slots.MostBeside {
		form.Fail("beside", loc.T("staff.places.bad_beside", "Most", slots.MostBeside))
		return 0
	}
	return n
}

// findTimes fills in what was found, or notes what is wrong with the question.
func (s *Staff) findTimes(r *http.Request, me people.Staff, c flow.CaseView, form *web.Form, v *timesView) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	t := s.readTimesAsked(r, c, form, v.Move)
	if form.Bad() {
		return nil
	}
	var err error
	if t.Due, err = s.dueOf(r, me, t, form.Values["child"]); err != nil {
		return err
	}
	found, err := s.flow.FindTimes(r.Context(), me.Actor(), t)
	if err := form.FailWith("from", err); err != nil || form.Bad() {
		return err
	}
	v.Note = loc.T("staff.times.looked", "Names", joinNames(namesOf(found.Names)), "Wing", found.Wing, "Earliest", when.LongDate(found.Earliest))
	if t.Due != 0 {
		v.Due = loc.T("staff.times.due", "Day", day(loc, t.Due))
	}
	carry := url.Values{}
	for _, name := range []string{"kind", "length", "child", "staff", "beside", "like"} {
		if values := form.Values[name]; len(values) > 0 && values[0] != "" && (v.Move == "" || name == "length") {
			carry[name] = values
			for _, one := range values {
				v.Carry = append(v.Carry, web.Option{Text: name, Value: one})
			}
		}
	}
	for _, b := range found.Best {
		v.Best = append(v.Best, web.Option{Value: atValue(b), Text: span(loc, when, b.Starts, b.Ends), Hint: timeHint(loc, when, b)})
	}
	if k := meetings.Kind(form.Value("kind")); v.Move == "" && len(found.Best) > 0 && !slots.MustBePrivate(k) {
		ask := url.Values{"kind": {string(k)}, "child": form.Values["child"]}
		for _, b := range found.Best {
			ask.Add("slot", b.Starts.In(web.London).Format(slotLayout))
		}
		v.Ask = "/cases/" + r.PathValue("case") + "/poll?" + ask.Encode()
	}
	for _, d := range found.Days {
		one := s.dayTimes(loc, when, d, found.Names)
		for i, at := range d.Slots {
			carry.Set("at", atValue(at))
			one.Times[i].Href = v.Plan + "?" + carry.Encode()
		}
		if len(d.Slots) == 0 {
			v.None++
		}
		v.Days = append(v.Days, one)
	}
	return nil
}

func (s *Staff) dayTimes(loc i18n.Loc, when web.When, d slots.DayFound, names map[ids.StaffID]string) dayTimes {
	one := dayTimes{Summary: loc.T("staff.times.day", "Day", day(loc, d.Day), "Zone", when.Zone(d.Day.At(12, 0)), "Times", loc.N("staff.times.count", len(d.Slots)))}
	for _, v := range d.Slots {
		one.Times = append(one.Times, timeLink{Text: when.Hour(v.Starts), Day: day(loc, d.Day), Small: v.Place.Name})
	}
	for _, x := range d.Refused {
		at := when.Hour(x.From)
		if x.To.After(x.From) {
			at = loc.T("staff.meeting.from_to", "From", at, "To", when.Hour(x.To))
		}
		one.Refused = append(one.Refused, loc.T("staff.times.refused", "Times", at, "Why", whyNot(loc, x.Verdict, names)))
	}
	return one
}

// timeHint says of a time where it is, and that it is late.
func timeHint(loc i18n.Loc, when web.When, v slots.Verdict) string {
	words := placed(loc, when, v.Place.Name, v.Times)
	if v.Late {
		words += " " + loc.T("staff.times.late")
	}
	return words
}

func namesOf(of map[ids.StaffID]string) (out []string) {
	for _, name := range of {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// dueOf is the day by which a meeting of a kind is due, of the children whom it is about, or of any when nobody was chosen; 0 = none.
func (s *Staff) dueOf(r *http.Request, me people.Staff, t flow.TimesAsked, about []string) (due workdays.Day, err error) {
	rows, err := s.flow.Clocks(r.Context(), me.Actor(), t.Case)
	for _, d := range rows {
		if d.Kind == t.Kind && (len(about) == 0 || slices.Contains(about, string(d.Child.ID))) && (due == 0 || d.By < due) {
			due = d.By
		}
	}
	return due, err
}

// atValue is a start and a place as one field of a form carries them: a day and a time of day in London, and the place's identifier.
func atValue(v slots.Verdict) string {
	return v.Starts.In(web.London).Format("2006-01-02 15:04") + " " + string(v.Place.ID)
}

// takeAt puts a time that was chosen elsewhere into a form; false when it is none.
func takeAt(form *web.Form, at string) bool {
	parts := strings.Fields(at)
	if len(parts) != 3 || !ids.Has(parts[2], ids.Place) {
		return false
	}
	form.Values["day"], form.Values["clock"], form.Values["where"] = parts[:1], parts[1:2], parts[2:]
	return true
}
