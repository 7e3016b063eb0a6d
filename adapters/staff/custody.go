package staff

import (
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type custodyView struct {
	Bar      web.IdentityBar
	Sub      web.SubNavigation
	Now      web.SummaryList
	History  web.Table
	Reoffers []reofferView
	Away     web.Table
	Record   string // the address of the form, "" when she may not
	Kept     string
	Team     string
}

// reofferView is a freed meeting with the buttons that deal with it.
type reofferView struct {
	ID    ids.MeetingID
	Title string
	Case  ids.CaseID
	Rows  web.SummaryList
	May   bool
}

// custodyPage tells in words where she is and was.
func (s *Staff) custodyPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	id := ids.CaseID(r.PathValue("case"))
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	cv, err := s.flow.Custody(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	v := custodyView{Bar: caseBar(loc, c), Sub: caseNav(loc, c, r.URL.Path), History: s.custodyHistory(r, cv.History), Reoffers: s.reofferViews(r, cv.Reoffers)}
	v.Away = s.reofferTable(r, cv.WhileAway)
	v.Now.Rows = []web.SummaryRow{web.Row(loc.T("staff.custody.state"), loc.T("staff.custody.s_"+string(cv.Mother.Custody))), web.Row(loc.T("staff.custody.prison"), cv.Establishment),
		web.Row(loc.T("staff.custody.wing"), cv.Wing)}
	if !cv.Mother.CustodySince.IsZero() {
		v.Now.Rows = append(v.Now.Rows, web.Row(loc.T("staff.custody.since"), when.DateTime(cv.Mother.CustodySince)))
	}
	if len(cv.Former) > 0 {
		v.Now.Rows = append(v.Now.Rows, web.Row(loc.T("staff.custody.former"), strings.Join(cv.Former, ", ")))
	}
	at := "/cases/" + string(id)
	if cv.MayRecord {
		v.Record = "/custody/record?case=" + string(id)
	}
	if cv.Mother.Custody == people.Released || cv.MayAgree {
		v.Kept = at + "/kept"
	}
	if cv.MayKeepTeam {
		v.Team = at + "/team"
	}
	p := s.page(r, me, loc.T("staff.custody.title"), v)
	p.Back = backTo(loc, "case", at)
	return s.pages.Render(w, r, http.StatusOK, "custody", p)
}

func (s *Staff) custodyHistory(r *http.Request, rows []flow.CustodyRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.custody.history"), Empty: loc.T("staff.custody.no_history"), Columns: []web.Column{{Title: loc.T("staff.custody.when")},
		{Title: loc.T("staff.custody.what")}, {Title: loc.T("staff.custody.meant")}, {Title: loc.T("staff.custody.source")}}}
	for _, e := range rows {
		t.Rows = append(t.Rows, []web.Cell{{At: e.Occurred}, {Text: kindWords(loc, e.Kind), Small: placeWords(loc, e.At, e.From)}, {Text: effectWords(loc, e.Effect)},
			{Text: loc.T("staff.custody.by_" + sourceKey(e.Source))}})
	}
	return t
}

// sourceKey is the key of the words for where a report came from.
func sourceKey(s string) string {
	switch s {
	case "form", "csv", "webhook":
		return s
	}
	return "elsewhere"
}

func kindWords(loc i18n.Loc, k custody.Kind) string {
	if k == "" {
		return loc.T("staff.custody.k_unclear")
	}
	return loc.T("staff.custody.k_" + string(k))
}

func effectWords(loc i18n.Loc, e custody.Effect) string { return loc.T("staff.custody.e_" + string(e)) }

func placeWords(loc i18n.Loc, at, from string) string {
	switch {
	case at != "" && from != "":
		return loc.T("staff.custody.from_to", "From", from, "To", at)
	case at != "":
		return at
	case from != "":
		return loc.T("staff.custody.from", "From", from)
	}
	return ""
}

type recordView struct {
	Case    string // the case's identifier, when the form was opened from it
	Fixed   bool   // the number comes from the case
	Name    string
	Kinds   []web.Option
	Prisons []web.Option
	Merge   bool
	Confirm *confirmView
}

// confirmView is what an event will do, before it is recorded.
type confirmView struct {
	About  web.SummaryList
	Values map[string]string
}

// onHerWay is the choice of a place that is none of ours.
const onHerWay = "elsewhere"

func (s *Staff) recordPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRecord(w, r, me, http.StatusOK, &web.Form{}, nil)
}

func (s *Staff) showRecord(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, confirm *confirmView) error {
	loc := s.pages.Loc(r)
	v := recordView{Case: form.Value("case"), Confirm: confirm, Merge: me.Role == ids.RoleAdministrator}
	if form.Values == nil {
		v.Case = r.URL.Query().Get("case")
	}
	back := &web.Link{Href: "/arrivals"}
	if v.Case != "" {
		c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(v.Case))
		if err != nil {
			return err
		}
		v.Fixed, v.Name, back.Href = true, c.Mother.Name+" ("+c.Mother.PrisonerNumber+")", "/cases/"+v.Case+"/custody"
	}
	v.Kinds = []web.Option{web.Opt("", loc.T("staff.custody.choose"))}
	for _, k := range custody.Kinds {
		if k != custody.Merged || v.Merge && !v.Fixed {
			v.Kinds = append(v.Kinds, web.Opt(string(k), kindWords(loc, k)))
		}
	}
	prisons, err := s.flow.Prisons(r.Context())
	if err != nil {
		return err
	}
	v.Prisons = []web.Option{web.Opt("", loc.T("staff.custody.no_place")), web.Opt(onHerWay, loc.T("staff.custody.on_her_way"))}
	for _, p := range prisons {
		v.Prisons = append(v.Prisons, web.Opt(string(p.ID), p.Name))
	}
	title := loc.T("staff.custody.record")
	if confirm != nil {
		title = loc.T("staff.custody.confirm")
	}
	p := s.page(r, me, title, v)
	p.Form, p.Back = form, back
	return s.pages.Render(w, r, status, "custody_record", p)
}

// record shows what an event will do, and takes it when that was confirmed. Sent twice it is taken once: the same words are the same event.
func (s *Staff) record(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	e, err := s.readEvent(r, me, form)
	if err != nil {
		return err
	}
	if form.Bad() {
		return s.showRecord(w, r, me, http.StatusUnprocessableEntity, form, nil)
	}
	if form.Value("do") == "record" {
		_, err := s.flow.RecordCustodyEvent(r.Context(), me.Actor(), e)
		if err = form.FailWith("kind", err); err != nil {
			return err
		}
		if form.Bad() {
			return s.showRecord(w, r, me, http.StatusUnprocessableEntity, form, nil)
		}
		to := "/arrivals"
		if id := form.Value("case"); id != "" {
			to = "/cases/" + id + "/custody"
			if _, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(id)); err != nil {
				to = "/arrivals" // she has moved out of the actor's sight
			}
		}
		return web.Redirect(w, r, to+"?done=recorded")
	}
	if form.Value("do") == "change" {
		return s.showRecord(w, r, me, http.StatusOK, form, nil)
	}
	list, err := s.flow.PreviewCustody(r.Context(), me.Actor(), []custody.Event{e})
	if err != nil {
		return err
	}
	if list[0].Err != nil {
		if err := form.FailWith("kind", list[0].Err); err != nil {
			return err
		}
		return s.showRecord(w, r, me, http.StatusUnprocessableEntity, form, nil)
	}
	return s.showRecord(w, r, me, http.StatusOK, form, s.confirmOf(r, loc, form, list[0]))
}

func (s *Staff) confirmOf(r *http.Request, loc i18n.Loc, form *web.Form, p flow.CustodyPreview) *confirmView {
	when := s.pages.When(r)
	c := &confirmView{Values: map[string]string{}}
	for name := range form.Values {
		if name != "do" {
			c.Values[name] = form.Value(name)
		}
	}
	who := p.Event.Number
	if p.Name != "" {
		who = p.Name + " (" + p.Event.Number + ")"
	}
	c.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.custody.who"), who), web.Row(loc.T("staff.custody.what"), kindWords(loc, p.Event.Kind)),
		web.Row(loc.T("staff.custody.when"), when.DateTime(p.Event.Occurred)), web.Row(loc.T("staff.custody.will"), effectWords(loc, p.Effect))}
	if more := "staff.custody.w_" + string(p.Effect); consequences[p.Effect] {
		c.About.Rows = append(c.About.Rows, web.Row(loc.T("staff.custody.follows"), loc.T(more)))
	}
	return c
}

// consequences are the effects of which it is said what follows.
var consequences = map[custody.Effect]bool{custody.Moved: true, custody.Left: true, custody.Freed: true, custody.Readmitted: true, custody.ByRecall: true, custody.WentOut: true,
	custody.NewNumber: true}

// readEvent reads the form of an event and notes what is wrong with it.
func (s *Staff) readEvent(r *http.Request, me people.Staff, form *web.Form) (custody.Event, error) {
	loc := s.pages.Loc(r)
	e := custody.Event{Kind: custody.Kind(form.Value("kind")), Number: form.Value("number"), Former: form.Value("former"), Source: "form"}
	if id := form.Value("case"); id != "" {
		c, err := s.flow.Case(r.Context(), me.Actor(), ids.CaseID(id))
		if err != nil {
			return e, err
		}
		e.Number = c.Mother.PrisonerNumber
	}
	var err error
	if e.Number, err = custody.ParseNumber(e.Number); err != nil {
		form.Fail("number", loc.T("staff.custody.number_bad"))
	}
	if e.Kind == custody.Merged {
		if e.Former, err = custody.ParseNumber(e.Former); err != nil {
			form.Fail("former", loc.T("staff.custody.number_bad"))
		}
	} else {
		e.Former = ""
	}
	at := custody.Place{Code: form.Value("prison")}
	switch e.Kind {
	case custody.Released, custody.Merged, custody.HospitalOut, custody.HospitalBack, custody.AbsenceOut, custody.AbsenceBack:
		at = custody.Place{}
	case custody.Received, custody.Transferred, custody.Recalled:
		if at.Code == onHerWay {
			at = custody.Place{Name: loc.T("staff.custody.on_her_way")}
		}
		if !at.Known() && e.Kind != custody.Recalled {
			form.Fail("prison", loc.T("staff.custody.prison_missing"))
		}
	default:
		form.Fail("kind", loc.T("staff.custody.kind_missing"))
	}
	e.At = at
	day, err := workdays.Parse(form.Value("day"))
	clock, err2 := time.Parse("15:04", strings.TrimSpace(form.Value("clock")))
	if err != nil {
		form.Fail("day", loc.T("staff.custody.day_missing"))
	}
	if err2 != nil {
		form.Fail("clock", loc.T("staff.plan.clock_missing"))
	}
	if err == nil && err2 == nil {
		e.Occurred = day.At(clock.Hour(), clock.Minute())
	}
	return e, nil
}
