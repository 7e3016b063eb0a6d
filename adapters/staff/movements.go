package staff

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

// movementsView is the list of a day: on screen one panel for each woman, in print a table.
type movementsView struct {
	flow.MovementDay
	Heading string // "A wing, Monday 30 November 2026"
	Day     string // as the form has it
	Query   string // of the day and wing, for addresses
	Wings   []web.Option
	Before  string // the day before and after, as addresses
	After   string
	List    string // where the same day is a list, slips, a file
	Slips   string
	CSV     string
	Today   bool
	Items   []movementItem
	Unread  []movementItem // what "all shown" acknowledges
	Alarms  []movementItem
	Paper   web.Table
	ToCome  web.Table
	Left    int  // how many have changed since they were shown, and were not acknowledged
	Nobody  bool // the actor is of no prison
	At      string
	Mark    string
}

// movementItem is a movement in words.
type movementItem struct {
	movement.Row
	Unlock, Home, From, Until string
	Place, Company            string // Company: as everybody may know it: a board and a sheet are read by others, too
	Named                     string // and by name, for whoever has the page before her
	State                     web.Tag
	Press                     string // who pressed it and when
	Why                       string
	Change                    string // what changed, in words
	Read                      string // who has acknowledged it
	Forward, Undo             []pressButton
	Mayread                   bool
}

type pressButton struct {
	To, Text, Href string // Href: it is asked first why
}

// movementWords writes movements in the reader's language; it is the Wording of the spreadsheet too.
type movementWords struct {
	loc  i18n.Loc
	when web.When
}

func (w movementWords) Title(column string) string { return w.loc.T("staff.movements." + column) }
func (w movementWords) Place(place string) string {
	if place == "" {
		return w.loc.T("staff.movements.room")
	}
	return place
}

func (w movementWords) With(c movement.Company, names []string) string {
	key := "nobody"
	switch {
	case c.Pact && c.Prison:
		key = "both"
	case c.Pact:
		key = "pact"
	case c.Prison:
		key = "prison"
	}
	out := w.loc.T("staff.movements.with_" + key)
	for i, n := range names {
		if i == 0 {
			out += ": " + n
		} else {
			out += ", " + n
		}
	}
	return out
}

func (w movementWords) State(r movement.Row) string {
	switch {
	case r.Off && r.Standing.State == movement.Expected:
		return w.loc.T("staff.movements.is_off")
	case r.Gone() && r.Standing.State == movement.Expected:
		return w.loc.T("staff.movements.is_moved")
	}
	return w.loc.T("staff.movements.is_" + string(r.Standing.State))
}

var movementColours = map[movement.State]string{movement.Expected: "grey", movement.Called: "blue", movement.Arrived: "green", movement.Back: "turquoise", movement.Missed: "red"}

func (w movementWords) tag(r movement.Row) web.Tag {
	t := web.Tag{Text: w.State(r), Colour: movementColours[r.Standing.State]}
	if r.Gone() && r.Standing.State == movement.Expected {
		t.Colour = "red"
	}
	return t
}

func (w movementWords) Why(why movement.Reason) string {
	if why == "" {
		return ""
	}
	return w.loc.T("staff.movements.r_" + string(why))
}

func (w movementWords) Acknowledged(a *movement.Acked) string {
	if a == nil {
		return ""
	}
	return w.loc.T("staff.movements.acked", "Name", a.Name, "Time", w.when.Clock(a.At))
}

// Change says what is new of a row: what late change, or that it is struck out.
func (w movementWords) Change(r movement.Row) string {
	switch {
	case r.Off:
		return w.loc.T("staff.movements.c_off")
	case r.Gone():
		return w.loc.T("staff.movements.c_gone", "Time", w.when.DateTime(r.MovedTo))
	case r.News == nil:
		return ""
	case r.News.What == movement.Moved && !r.News.Was.IsZero() && workdays.Of(r.News.Was) == workdays.Of(r.Starts):
		return w.loc.T("staff.movements.c_moved", "Time", w.when.Clock(r.News.Was))
	case r.News.What == movement.Moved && !r.News.Was.IsZero():
		return w.loc.T("staff.movements.c_moved", "Time", w.when.DateTime(r.News.Was))
	case r.News.What == movement.Added:
		return w.loc.T("staff.movements.c_added")
	}
	return w.loc.T("staff.movements.c_placed")
}

func (w movementWords) Twice() string { return w.loc.T("staff.movements.twice") }

func (w movementWords) Clock(t time.Time) string { return w.when.Clock(t) }

func (w movementWords) item(r movement.Row, query string) movementItem {
	it := movementItem{Row: r, Unlock: w.Clock(r.PickUp), Home: w.Clock(r.Slip.Back), From: w.Clock(r.Starts), Until: w.Clock(r.Ends), Place: w.Place(r.Place), Company: w.With(r.With, nil), Named: w.With(r.With, r.Names),
		State: w.tag(r), Why: w.Why(r.Standing.Why), Change: w.Change(r), Read: w.Acknowledged(r.Acked), Mayread: r.MayAcknowledge()}
	if r.StandBy != "" {
		it.Press = w.loc.T("staff.movements.pressed", "Name", r.StandBy, "Time", w.when.Clock(r.Standing.At))
	}
	forward, undo := r.Presses()
	for _, to := range forward {
		b := pressButton{To: string(to), Text: w.loc.T("staff.movements.to_" + string(to))}
		if to == movement.Missed {
			b.Href = "/movements/" + string(r.ID) + "/missed?" + query
		}
		it.Forward = append(it.Forward, b)
	}
	for _, to := range undo {
		it.Undo = append(it.Undo, pressButton{To: string(to), Text: w.loc.T("staff.movements.undo_" + string(r.Standing.State))})
	}
	return it
}

// askedDay is the day of the address; today when it names none.
func (s *Staff) askedDay(day string) workdays.Day {
	if d, err := workdays.Parse(day); err == nil {
		return d
	}
	return workdays.Of(s.now())
}

func movementQuery(day workdays.Day, wing ids.WingID) string {
	q := url.Values{"day": {day.String()}}
	if wing != "" {
		q.Set("wing", string(wing))
	}
	return q.Encode()
}

// movementDay reads the list that an address or a form asks for.
func (s *Staff) movementDay(r *http.Request, me people.Staff, day, wing string) (v movementsView, err error) {
	words := movementWords{s.pages.Loc(r), s.pages.When(r)}
	list, err := s.flow.MovementDay(r.Context(), me.Actor(), s.askedDay(day), ids.WingID(wing))
	if err != nil {
		return v, err
	}
	v = movementsView{MovementDay: list, Day: list.Day.String(), Query: movementQuery(list.Day, list.Wing), Today: list.Day == workdays.Of(s.now()), Nobody: len(list.Wings) == 0, Mark: list.Mark(),
		At: words.when.Clock(s.now()), Before: "/movements?" + movementQuery(list.Day.Plus(-1), list.Wing), After: "/movements?" + movementQuery(list.Day.Plus(1), list.Wing)}
	v.List, v.Slips, v.CSV = "/movements?"+v.Query, "/movements/slips?"+v.Query, "/movements.csv?"+v.Query // whole: a template would escape the marks of a query
	name := words.loc.T("staff.movements.all_wings")
	v.Wings = []web.Option{web.Opt("", name)}
	for _, one := range list.Wings {
		v.Wings = append(v.Wings, web.Option{Value: string(one.ID), Text: one.Name, Checked: one.ID == list.Wing})
		if one.ID == list.Wing {
			name = one.Name
		}
	}
	v.Heading = name + ", " + words.when.LongDate(list.Day.At(12, 0))
	for _, row := range list.Rows {
		it := words.item(row, v.Query)
		v.Items = append(v.Items, it)
		if it.Mayread {
			v.Unread = append(v.Unread, it)
		}
		if row.Alarm {
			v.Alarms = append(v.Alarms, it)
		}
	}
	v.Paper = words.paper(v)
	return v, nil
}

// paper is the list as a table: a sheet that is carried.
func (w movementWords) paper(v movementsView) web.Table {
	t := web.Table{Caption: v.Prison + ", " + v.Heading, Empty: w.loc.T("staff.movements.none_day")}
	for _, c := range []string{"unlocked", "woman", "place", "with", "starts", "back", "state", "acknowledged"} {
		t.Columns = append(t.Columns, web.Column{Title: w.Title(c)})
	}
	for _, it := range v.Items {
		about := it.Number + ", " + it.Wing + "."
		if it.Special {
			about += " " + w.loc.T("staff.movements.special")
		}
		if it.Twice {
			about += " " + w.Twice()
		}
		if it.Change != "" {
			about += " " + w.loc.T("staff.movements.changed") + " " + it.Change
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: it.Unlock}, {Text: it.Mother, Small: about}, {Text: it.Place}, {Text: it.Company}, {Text: it.From, Small: it.Until}, {Text: it.Home},
			{Text: it.State.Text, Small: it.Why}, {Text: it.Read}})
	}
	return t
}

// movements is the list of a day: what an officer prints, reads and presses.
func (s *Staff) movements(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	q := r.URL.Query()
	left, _ := strconv.Atoi(q.Get("left"))
	return s.showMovements(w, r, me, http.StatusOK, &web.Form{}, q.Get("day"), q.Get("wing"), left)
}

func (s *Staff) showMovements(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, day, wing string, left int) error {
	v, err := s.movementDay(r, me, day, wing)
	if err != nil {
		return err
	}
	v.Left = max(0, min(left, len(v.Items)))
	rows, err := s.flow.Movements(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	var later []flow.MovementRow
	for _, m := range rows {
		if workdays.Of(m.Starts) > workdays.Of(s.now()) {
			later = append(later, m)
		}
	}
	v.ToCome = s.movementTable(r, later)
	v.ToCome.Caption = s.pages.Loc(r).T("staff.movements.to_come")
	p := s.page(r, me, s.pages.Loc(r).T("staff.movements.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "movements", p)
}

// movementsCSV is the list for a spreadsheet.
func (s *Staff) movementsCSV(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, err := s.movementDay(r, me, r.URL.Query().Get("day"), r.URL.Query().Get("wing"))
	if err != nil {
		return err
	}
	for i := range v.Rows {
		v.Rows[i].Names = nil // a file goes further than a page
	}
	rows := movement.Sheet(v.Rows, movementWords{s.pages.Loc(r), s.pages.When(r)})
	for _, row := range rows {
		for i := range row {
			row[i] = plain(row[i])
		}
	}
	return sendCSV(w, "movements-"+v.Day+".csv", rows)
}

// slips is a slip for each woman, several to a sheet.
func (s *Staff) slips(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, err := s.movementDay(r, me, r.URL.Query().Get("day"), r.URL.Query().Get("wing"))
	if err != nil {
		return err
	}
	p := s.page(r, me, s.pages.Loc(r).T("staff.movements.slips"), v)
	p.Back = backTo(s.pages.Loc(r), "movements", "/movements?"+v.Query)
	return s.pages.Render(w, r, http.StatusOK, "movement_slips", p)
}

// movementTable is what is to come, on the home page and under a day's list.
func (s *Staff) movementTable(r *http.Request, rows []flow.MovementRow) web.Table {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	t := web.Table{Caption: loc.T("staff.movements.title"), Empty: loc.T("staff.movements.none"), Columns: []web.Column{{Title: loc.T("staff.movements.due")},
		{Title: loc.T("staff.movements.woman")}, {Title: loc.T("staff.movements.wing")}, {Title: loc.T("staff.movements.place")}, {Title: loc.T("staff.movements.until")}, {Title: loc.T("staff.ladder.way")}}}
	for _, m := range rows {
		place := m.Place
		if place == "" {
			place = loc.T("staff.movements.room")
		}
		step := web.Cell{}
		if m.Step != "" {
			step = web.Cell{Text: loc.T("staff.ladder.change", "Name", m.Mother), Href: "/movements/" + string(m.Step) + "/step"}
		}
		t.Rows = append(t.Rows, []web.Cell{{At: m.Starts}, {Text: m.Mother, Small: m.PrisonerNumber}, {Text: m.Wing}, {Text: place}, {Text: when.Clock(m.Ends)}, step})
	}
	return t
}
