package staff

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

// Regimes is when a prison's women are unlocked, and where they can be taken.
type Regimes interface {
	Regime(ctx context.Context, a ids.Actor, e ids.AgencyID) (flow.RegimeView, error)
	RegimeChanges
	Venues
}

// RegimeChanges is how the times of a wing are changed. RegimeClashes counts the bookings that do not hold with them any more.
type RegimeChanges interface {
	SetRegimeWeek(ctx context.Context, a ids.Actor, id ids.WingID, week [7]slots.Windows) error
	SetRegimeDays(ctx context.Context, a ids.Actor, id ids.WingID, from, to workdays.Day, windows slots.Windows, why slots.Why) error
	RemoveRegimeDay(ctx context.Context, a ids.Actor, id ids.WingID, day workdays.Day) error
	RegimeClashes(ctx context.Context, a ids.Actor, id ids.WingID) (int, error)
}

// Venues is what places there are.
type Venues interface {
	AddPlace(ctx context.Context, a ids.Actor, p slots.Place) (ids.PlaceID, error)
	WithdrawPlace(ctx context.Context, a ids.Actor, id ids.PlaceID) error
	BookedIn(ctx context.Context, a ids.Actor, id ids.PlaceID) (p slots.Place, n int, err error)
}

type regimeView struct {
	Prison  string
	ID      ids.AgencyID
	Prisons []web.Option // to choose from; nil = only her own
	Wings   web.Table
	Manage  bool
	Places  []placeRow
	Kinds   []web.Option
	Of      []web.Option // wings whose women may use a new place
	Traits  []web.Option
}

type placeRow struct {
	ID            ids.PlaceID
	Name, Kind    string
	Wings, Traits string
	Walk, Beside  string
}

// prisonOf is the prison whose regime is asked for: her own, or, for whoever works at none, the one that was chosen or the first.
func (s *Staff) prisonOf(r *http.Request, me people.Staff) (ids.AgencyID, []flow.Prison, error) {
	if me.Role != ids.RoleAdministrator {
		return me.Agency, nil, nil
	}
	all, err := s.flow.Prisons(r.Context())
	if err != nil || len(all) == 0 {
		return me.Agency, nil, err
	}
	asked := ids.AgencyID(r.FormValue("prison"))
	for _, p := range all {
		if p.ID == asked {
			return asked, all, nil
		}
	}
	return all[0].ID, all, nil
}

// regime shows the wings of a prison and its places.
func (s *Staff) regime(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showRegime(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showRegime(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	prison, all, err := s.prisonOf(r, me)
	if err != nil {
		return err
	}
	got, err := s.flow.Regime(r.Context(), me.Actor(), prison)
	if err != nil {
		return err
	}
	v := regimeView{Prison: got.Establishment.Name, ID: got.Establishment.ID, Manage: got.MayManage, Wings: s.wingTable(loc, got)}
	for _, p := range all {
		v.Prisons = append(v.Prisons, web.Option{Value: string(p.ID), Text: p.Name, Checked: p.ID == prison})
	}
	names := map[ids.WingID]string{}
	for _, one := range got.Wings {
		names[one.Wing.ID] = one.Name
		v.Of = append(v.Of, web.Opt(string(one.Wing.ID), one.Name))
	}
	for _, p := range got.Places {
		v.Places = append(v.Places, placeRowOf(loc, p, names))
	}
	for _, k := range got.Kinds {
		v.Kinds = append(v.Kinds, web.Opt(string(k), loc.T("staff.place_kind."+string(k))))
	}
	v.Traits = []web.Option{{Value: "private", Text: loc.T("staff.places.private"), Hint: loc.T("staff.places.private_hint")}, {Value: "legal", Text: loc.T("staff.places.legal")}}
	p := s.page(r, me, loc.T("staff.regime.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "regime", p)
}

func (s *Staff) wingTable(loc i18n.Loc, v flow.RegimeView) web.Table {
	t := web.Table{Caption: loc.T("staff.regime.wings"), Empty: loc.T("staff.regime.no_wings"), Columns: []web.Column{{Title: loc.T("staff.regime.wing")}, {Title: loc.T("staff.regime.today")},
		{Title: loc.T("staff.regime.unlike")}}}
	for _, w := range v.Wings {
		now := web.Cell{Tag: &web.Tag{Text: loc.T("staff.regime.not_entered"), Colour: "orange"}}
		if w.Entered {
			windows, e := w.Regime.On(s.today())
			now = web.Cell{Text: unlocks(loc, windows)}
			if e.Day != 0 {
				now.Small = loc.T("staff.regime.why_" + string(e.Why))
			}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: w.Name, Href: "/regime/" + string(w.Wing.ID)}, now, {Text: loc.N("staff.days", len(w.Days))}})
	}
	return t
}

// unlocks writes a day's times of unlock as they are entered.
func unlocks(loc i18n.Loc, ws slots.Windows) string {
	if len(ws) == 0 {
		return loc.T("staff.regime.locked")
	}
	return strings.ReplaceAll(ws.String(), "-", "–")
}

func placeRowOf(loc i18n.Loc, p slots.Place, wings map[ids.WingID]string) placeRow {
	row := placeRow{ID: p.ID, Name: p.Name, Kind: loc.T("staff.place_kind." + string(p.Kind)), Wings: loc.T("staff.places.all_wings"), Walk: loc.N("staff.minutes", int(p.Walk.Minutes())),
		Beside: strconv.Itoa(p.Beside)}
	var of, traits []string
	for _, w := range p.Wings {
		of = append(of, wings[w])
	}
	if len(of) > 0 {
		row.Wings = strings.Join(of, ", ")
	}
	if p.Private {
		traits = append(traits, loc.T("staff.places.is_private"))
	}
	if p.Legal {
		traits = append(traits, loc.T("staff.places.is_legal"))
	}
	row.Traits = strings.Join(traits, ", ")
	return row
}

type wingView struct {
	ID      ids.WingID
	Where   string
	Entered bool
	Manage  bool
	Clashes int
	Week    web.Table
	Fields  []weekday
	Days    []dayRow
	Whys    []web.Option
	Hows    []web.Option
}

type weekday struct{ Field, Name, Now string }

type dayRow struct {
	Day              workdays.Day
	Text, Times, Why string
}

// weekdays in the order in which people think of a week.
var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func weekField(d time.Weekday) string { return "day" + strconv.Itoa(int(d)) }

// wing is one wing's times of unlock: the week, and the days that are unlike others.
func (s *Staff) wing(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showWing(w, r, me, http.StatusOK, &web.Form{})
}

// wingOf is what is known of a wing, as far as whoever is signed in may change it.
func (s *Staff) wingOf(r *http.Request, me people.Staff) (flow.RegimeView, flow.WingRegime, error) {
	id := ids.WingID(r.PathValue("wing"))
	wings, err := s.flow.Wings(r.Context(), "")
	if err != nil {
		return flow.RegimeView{}, flow.WingRegime{}, err
	}
	at := slices.IndexFunc(wings, func(w people.Wing) bool { return w.ID == id })
	if at < 0 {
		return flow.RegimeView{}, flow.WingRegime{}, ids.ErrNotFound
	}
	v, err := s.flow.Regime(r.Context(), me.Actor(), wings[at].Establishment)
	if err != nil {
		return v, flow.WingRegime{}, err
	}
	for _, one := range v.Wings {
		if one.Wing.ID == id {
			return v, one, nil
		}
	}
	return v, flow.WingRegime{}, ids.ErrNotFound
}

func (s *Staff) showWing(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	of, one, err := s.wingOf(r, me)
	if err != nil {
		return err
	}
	v := wingView{ID: one.Wing.ID, Where: one.Name + ", " + of.Establishment.Name, Entered: one.Entered, Manage: of.MayManage}
	if v.Clashes, err = s.flow.RegimeClashes(r.Context(), me.Actor(), v.ID); err != nil {
		return err
	}
	v.Week = web.Table{Caption: loc.T("staff.regime.week"), Columns: []web.Column{{Title: loc.T("staff.meeting.day")}, {Title: loc.T("staff.regime.unlocked")}}}
	for _, d := range weekdays {
		name := loc.T("common.weekdays.d" + strconv.Itoa(int(d)))
		v.Fields = append(v.Fields, weekday{weekField(d), name, one.Week[d].String()})
		v.Week.Rows = append(v.Week.Rows, []web.Cell{{Text: name}, {Text: unlocks(loc, one.Week[d])}})
	}
	for _, e := range one.Days {
		v.Days = append(v.Days, dayRow{e.Day, day(loc, e.Day), unlocks(loc, e.Windows), loc.T("staff.regime.why_" + string(e.Why))})
	}
	for _, y := range slots.Whys {
		v.Whys = append(v.Whys, web.Opt(string(y), loc.T("staff.regime.why_"+string(y))))
	}
	v.Hows = []web.Option{web.Opt("locked", loc.T("staff.regime.how_locked")), web.Opt("times", loc.T("staff.regime.how_times"))}
	p := s.page(r, me, loc.T("staff.regime.wing_title", "Wing", one.Name), v)
	p.Form, p.Back = form, &web.Link{Text: loc.T("staff.regime.title"), Href: "/regime?prison=" + string(of.Establishment.ID)}
	return s.pages.Render(w, r, status, "wing", p)
}

// setWeek changes the week of a wing. What is wrong stands beside its day, and everything typed stays.
func (s *Staff) setWeek(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	var week [7]slots.Windows
	for _, d := range weekdays {
		field := weekField(d)
		ws, err := slots.ParseWindows(form.Value(field))
		if err != nil {
			form.Fail(field, loc.T("common.weekdays.d"+strconv.Itoa(int(d)))+": "+ids.Public(err))
		}
		week[d] = ws
	}
	return s.keepRegime(w, r, me, form, weekField(time.Monday), "regime_set", func(id ids.WingID) error {
		return s.flow.SetRegimeWeek(r.Context(), me.Actor(), id, week)
	})
}

// keepRegime keeps what a form says of a wing, and shows the form again with what is wrong with it; what the use case finds wrong stands at the field.
func (s *Staff) keepRegime(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, field, done string, keep func(ids.WingID) error) error {
	id := r.PathValue("wing")
	if !form.Bad() {
		if err := form.FailWith(field, keep(ids.WingID(id))); err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showWing(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/regime/"+id+"?done="+done)
}

// setDays says that days are unlike others.
func (s *Staff) setDays(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	from := s.readDay(r, form, "from")
	to := from
	if form.Value("to") != "" {
		to = s.readDay(r, form, "to")
	}
	var windows slots.Windows
	switch form.Value("how") {
	case "locked":
	case "times":
		if windows, err = slots.ParseWindows(form.Value("times")); err != nil {
			form.Fail("times", ids.Public(err))
		} else if len(windows) == 0 {
			form.Fail("times", loc.T("staff.regime.times_missing"))
		}
	default:
		form.Fail("how", loc.T("staff.regime.how_missing"))
	}
	why := slots.Why(form.Value("why"))
	if !slices.Contains(slots.Whys, why) {
		form.Fail("why", loc.T("staff.regime.why_missing"))
	}
	return s.keepRegime(w, r, me, form, "from", "day_set", func(id ids.WingID) error {
		return s.flow.SetRegimeDays(r.Context(), me.Actor(), id, from, to, windows, why)
	})
}

// removeDay makes a day like others again.
func (s *Staff) removeDay(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	d, err := workdays.Parse(form.Value("day"))
	if err != nil {
		return ids.ErrNotFound
	}
	id := r.PathValue("wing")
	if err := s.flow.RemoveRegimeDay(r.Context(), me.Actor(), ids.WingID(id), d); err != nil {
		return err
	}
	return web.Redirect(w, r, "/regime/"+id+"?done=day_removed")
}

// addPlace enters a place.
func (s *Staff) addPlace(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	p := slots.Place{Establishment: ids.AgencyID(form.Value("prison")), Name: form.Value("name"), Kind: slots.PlaceKind(form.Value("kind")), Private: form.Has("traits", "private"), Legal: form.Has("traits", "legal")}
	for _, id := range form.Values["wing"] {
		p.Wings = append(p.Wings, ids.WingID(id))
	}
	number := func(field string, most int) int {
		n, err := strconv.Atoi(cmp.Or(strings.TrimSpace(form.Value(field)), "0"))
		if err != nil || n < 0 || n > most {
			form.Fail(field, loc.T("staff.places.bad_"+field, "Most", most))
		}
		return n
	}
	if strings.TrimSpace(p.Name) == "" {
		form.Fail("name", loc.T("staff.places.name_missing"))
	}
	if !slices.Contains(slots.PlaceKinds, p.Kind) {
		form.Fail("kind", loc.T("staff.places.kind_missing"))
	}
	p.Walk, p.Beside = time.Duration(number("walk", int(slots.LongestWalk.Minutes())))*time.Minute, number("beside", slots.MostBeside)
	if !form.Bad() {
		_, err := s.flow.AddPlace(r.Context(), me.Actor(), p)
		if err := form.FailWith("name", err); err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showRegime(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, regimeAddress(p.Establishment, "place_added"))
}

// regimeAddress is the page of a prison's regime with the result of a step.
func regimeAddress(e ids.AgencyID, done string) string {
	at := "/regime?done=" + done
	if ids.Has(string(e), ids.Agency) {
		at += "&prison=" + string(e)
	}
	return at
}

type withdrawPlaceView struct {
	ID     ids.PlaceID
	Name   string
	Booked int
}

// withdrawPlacePage asks whether it is meant, and says how many meetings are booked there.
func (s *Staff) withdrawPlacePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	place, n, err := s.flow.BookedIn(r.Context(), me.Actor(), ids.PlaceID(r.PathValue("place")))
	if err != nil {
		return err
	}
	if !place.Withdrawn.IsZero() {
		return ids.ErrNotFound
	}
	p := s.page(r, me, loc.T("staff.places.withdraw_title"), withdrawPlaceView{place.ID, place.Name, n})
	p.Back = &web.Link{Text: loc.T("staff.regime.title"), Href: "/regime?prison=" + string(place.Establishment)}
	return s.pages.Render(w, r, http.StatusOK, "place_withdraw", p)
}

func (s *Staff) withdrawPlace(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := ids.PlaceID(r.PathValue("place"))
	place, _, err := s.flow.BookedIn(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	if err := s.flow.WithdrawPlace(r.Context(), me.Actor(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, regimeAddress(place.Establishment, "place_withdrawn"))
}
