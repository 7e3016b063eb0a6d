package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type planView struct {
	Bar     web.IdentityBar
	Case    ids.CaseID
	Key     string // of the act of planning
	Kinds   []web.Option
	Lengths []web.Option
	Guests  []web.Option
	Staff   []web.Option
	Present []web.Option // children who can be there
	Usual   []standardView
	// Step are the children to choose from, where that is this page's question; Chosen were in the step before, and Again is where they can be chosen again.
	Step, Chosen []web.Option
	ChosenAs     string
	Again        string
	Window       string // the days within which it is due
	Nobody       bool   // nobody outside has to do with one of them
	Several      bool   // the guests offered come from more than one local authority
	Poll         string // that asked for its time; "" = none
	Invitation   string // the hold of the invitation that it is made of; "" = none
	Where        []web.Option
	Clash        *clashView // she cannot be there at the time that was typed
	Find         string     // where a time is looked for
	Carry        []web.Option
}

// lengths are the durations that can be chosen, in minutes.
var lengths = []int{30, 45, 60, 90, 120, 180, 240}

// planPage is the form of a new meeting.
func (s *Staff) planPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	q := r.URL.Query()
	form := &web.Form{Values: url.Values{"kind": q["kind"], "about": q["child"], "step": {q.Get("step")}}}
	for _, name := range planCarried {
		if len(q[name]) > 0 {
			form.Values[name] = q[name]
		}
	}
	takeAt(form, form.Value("at"))
	if err := s.planFrom(r, me, form); err != nil {
		return err
	}
	if like := q.Get("like"); ids.Has(like, ids.Meeting) {
		if err := s.likeMeeting(r, me, ids.MeetingID(like), form); err != nil {
			return err
		}
	}
	return s.showPlan(w, r, me, http.StatusOK, form, nil)
}

// planCarried is what a plan can begin with that the step before, or the search for a time, has asked already.
var planCarried = []string{"at", "length", "staff", "beside", "like", "invitation"}

// likeMeeting begins a plan with what another meeting was: whom it was about, who was there, how long. With a day by which it is due, a day two weeks before is offered.
func (s *Staff) likeMeeting(r *http.Request, me people.Staff, id ids.MeetingID, form *web.Form) error {
	like, err := s.flow.PlanLike(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	add := func(name string, values ...string) {
		if len(form.Values[name]) == 0 {
			form.Values[name] = values
		}
	}
	add("kind", string(like.Kind))
	add("title", like.Title)
	add("length", strconv.Itoa(like.Minutes))
	add("about", texts(like.About)...)
	add("child", texts(like.Children)...)
	add("guest", texts(like.Guests)...)
	add("staff", texts(like.Staff)...)
	if by, err := workdays.Parse(r.URL.Query().Get("by")); err == nil {
		offer := workdays.EnglandAndWales().Add(by, -10)
		if offer <= s.today() {
			offer = workdays.EnglandAndWales().Add(max(by, s.today()), 0)
		}
		add("by", by.String())
		add("day", offer.String())
	}
	return nil
}

func texts[T ~string](of []T) (out []string) {
	for _, x := range of {
		out = append(out, string(x))
	}
	return out
}

func (s *Staff) showPlan(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, clash *clashView) error {
	loc := s.pages.Loc(r)
	c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	v := planView{Bar: caseBar(loc, c), Case: c.ID, Clash: clash, Find: "/cases/" + string(c.ID) + "/times", Key: form.Value("key"), Poll: form.Value("poll"), Invitation: form.Value("invitation"), Kinds: []web.Option{web.Opt("", loc.T("staff.plan.choose"))}}
	if v.Key == "" {
		v.Key = newKey()
	}
	if by, err := workdays.Parse(form.Value("by")); err == nil {
		v.Window = loc.T("staff.plan.window", "Day", day(loc, by))
	}
	var about []ids.ChildID
	present := c.Children
	chosen, all := childOptions(c, form.Values["about"])
	if len(c.Children) > 1 {
		if len(chosen) == 0 || form.Value("step") == "children" {
			v.Step = all
		}
		v.Chosen, v.ChosenAs, v.Again = chosen, "about", carried(childrenAddress("/cases/"+string(c.ID)+"/plan", "", "children", form.Values["about"]), form)
		present = nil
		for _, k := range c.Children {
			if slices.ContainsFunc(chosen, func(o web.Option) bool { return o.Value == string(k.ID) }) {
				about, present = append(about, k.ID), append(present, k)
			}
		}
	}
	guests, err := s.flow.GuestChoices(r.Context(), me.Actor(), c.ID, about)
	if err != nil {
		return err
	}
	if v.Guests, err = s.people(r, guests); err != nil {
		return err
	}
	v.Nobody, v.Several = len(guests) == 0, c.Walled && len(about) != 1
	for _, k := range meetings.Kinds {
		if k != meetings.LegalVisit { // it has no host, so it is not planned here
			v.Kinds = append(v.Kinds, web.Opt(string(k), loc.T("staff.kind."+string(k))))
			v.Usual = append(v.Usual, s.standard(loc, k))
		}
	}
	v.Lengths = lengthOptions(loc, form.Value("length"))
	for _, name := range append([]string{"kind"}, planCarried...) {
		for _, value := range form.Values[name] {
			v.Carry = append(v.Carry, web.Option{Text: name, Value: value})
		}
	}
	if v.Where, err = s.placeOptions(r, me, c.ID); err != nil {
		return err
	}
	for _, k := range present {
		v.Present = append(v.Present, web.Opt(string(k.ID), k.Name))
	}
	for _, m := range c.Team {
		if m.ID != me.ID && !m.Disabled {
			v.Staff = append(v.Staff, web.Option{Value: string(m.ID), Text: m.Name, Hint: loc.T("staff.role." + string(m.Role))})
		}
	}
	p := s.page(r, me, loc.T("staff.plan.title"), v)
	p.Form, p.Back = form, backTo(loc, "case", "/cases/"+string(c.ID))
	return s.pages.Render(w, r, status, "plan", p)
}

// plan creates the meeting; a form sent twice creates one.
func (s *Staff) plan(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if form.Value("step") == "children" {
		if len(form.Values["about"]) > 0 {
			return web.Redirect(w, r, carried(childrenAddress("/cases/"+r.PathValue("case")+"/plan", "", "", form.Values["about"]), form))
		}
		form.Fail("about", s.pages.Loc(r).T("staff.begin.children_missing"))
		return s.showPlan(w, r, me, http.StatusUnprocessableEntity, form, nil)
	}
	n := s.readPlan(r, form)
	if !form.Bad() {
		if err := form.FailWith("day", meetings.CheckTimes(n.Starts, n.Ends, s.now())); err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showPlan(w, r, me, http.StatusUnprocessableEntity, form, nil)
	}
	if fault, err := s.aboutMissing(r, me, n); err != nil {
		return err
	} else if fault {
		form.Fail("about", s.pages.Loc(r).T("staff.plan.about_missing"))
		return s.showPlan(w, r, me, http.StatusUnprocessableEntity, form, nil)
	}
	return s.create(w, r, me, form, n)
}

// create makes the meeting, once it is known where she takes part in it, or that she does nowhere yet. Who comes second is offered other times.
func (s *Staff) create(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, n flow.NewMeeting) error {
	clash, err := s.checkVenue(r, me, &n, form)
	if err != nil {
		return err
	}
	if clash != nil {
		// Of a form that was sent twice it may be its own meeting that is in the way.
		made, err := s.flow.MeetingMade(r.Context(), me.Actor(), n.Case, n.IdemKey)
		if err != nil {
			return err
		}
		if made != "" {
			return web.Redirect(w, r, "/meetings/"+string(made)+"?done=planned")
		}
		return s.showClash(w, r, me, form, clash)
	}
	id, err := s.makePlanned(r, me, form, n)
	switch {
	case flow.IsTaken(err):
		return s.showTaken(w, r, me, form, n)
	case ids.KindOf(err) == ids.Invalid:
		form.Fail("day", ids.Public(err))
	case ids.KindOf(err) == ids.Forbidden: // such as guests of two authorities: she can mend it here
		form.Fail("guest", ids.Public(err))
	case err != nil:
		return err
	default:
		return web.Redirect(w, r, "/meetings/"+string(id)+"?done=planned")
	}
	return s.showPlan(w, r, me, http.StatusUnprocessableEntity, form, nil)
}

// showClash shows the form again with what is wrong with its time, and what can be done.
func (s *Staff) showClash(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, clash *clashView) error {
	loc := s.pages.Loc(r)
	if clash.Quicker {
		form.Fail("instead", loc.T("staff.clash.quicker"))
	} else {
		form.Fail("instead", loc.T("staff.clash.decide"))
	}
	return s.showPlan(w, r, me, http.StatusUnprocessableEntity, form, clash)
}

// showTaken is for who came second by a moment.
func (s *Staff) showTaken(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, n flow.NewMeeting) error {
	t := flow.TimesAsked{Case: n.Case, Kind: n.Kind, Length: n.Ends.Sub(n.Starts), Beside: n.Venue.Beside}
	v, err := s.flow.JudgeTimes(r.Context(), me.Actor(), t, n.Starts)
	if err != nil {
		return err
	}
	clash, err := s.clash(r, me, t, n, v, form)
	if err != nil {
		return err
	}
	clash.Quicker = true
	return s.showClash(w, r, me, form, clash)
}

// carried adds to an address what the plan has been given already.
func carried(at string, form *web.Form) string {
	q := url.Values{}
	for _, name := range append([]string{"kind"}, planCarried...) {
		for _, value := range form.Values[name] {
			if value != "" {
				q.Add(name, value)
			}
		}
	}
	switch {
	case len(q) == 0:
		return at
	case strings.Contains(at, "?"):
		return at + "&" + q.Encode()
	}
	return at + "?" + q.Encode()
}

// aboutMissing reports whether the form must say about which of several children the meeting is: the clocks go by it.
func (s *Staff) aboutMissing(r *http.Request, me people.Staff, n flow.NewMeeting) (bool, error) {
	if !n.Kind.AboutChildren() || len(n.About) > 0 {
		return false, nil
	}
	c, err := s.flow.Case(r.Context(), me.Actor(), n.Case)
	return len(c.Children) > 1, err
}

// readPlan reads the form and notes what is wrong with it.
func (s *Staff) readPlan(r *http.Request, form *web.Form) flow.NewMeeting {
	loc := s.pages.Loc(r)
	n := flow.NewMeeting{Case: ids.CaseID(r.PathValue("case")), Kind: meetings.Kind(form.Value("kind")), IdemKey: form.Value("key"), AcrossAuthorities: form.Has("across", "yes")}
	if !n.Kind.Valid() {
		form.Fail("kind", loc.T("staff.plan.kind_missing"))
	}
	var err error
	if n.Title, err = meetings.CleanTitle(form.Value("title")); err != nil {
		form.Fail("title", loc.T("staff.plan.title_bad"))
	}
	n.Starts, n.Ends = readTimes(loc, form)
	n.Venue = readVenue(loc, form)
	for _, g := range form.Values["guest"] {
		n.Guests = append(n.Guests, ids.ContactID(g))
	}
	for _, k := range form.Values["about"] {
		n.About = append(n.About, ids.ChildID(k))
	}
	for _, k := range form.Values["child"] {
		n.Children = append(n.Children, ids.ChildID(k))
	}
	for _, m := range form.Values["staff"] {
		n.Staff = append(n.Staff, ids.StaffID(m))
	}
	return n
}
