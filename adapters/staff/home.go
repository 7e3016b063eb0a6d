package staff

import (
	"net/http"
	"slices"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type homeView struct {
	Name       string
	Waiting    *web.Table
	WaitingN   int
	Failed     *web.Table
	Handovers  *web.Table
	Meetings   *web.Table
	Movements  *web.Table
	Arrivals   *web.Table
	Restricted *web.Table // at public protection's prison, what is due first
	Admin      bool
	Asked      []web.Table // what mothers wait for: to talk, and their record on paper
	Asks       *web.Table
	Due        *web.Table // meetings about children to see to
	DueN       int
	Prepare    *web.Table // what is to be seen to before meetings
	ToPlace    *web.Table // meetings that need a place
	Together   *web.Table
	Alerts     []alertItem
	After      *homeAfter
	Waits      []movementTask // whom nobody brings, or who did not come
}

// mostAtHome bounds each list of the home page; the rest is on the list's own page.
const mostAtHome = 10

// soon is how far ahead the home page looks.
const soon = 7 * 24 * time.Hour

func hasSection(role ids.Role, path string) bool {
	for _, sec := range sections {
		if sec.path == path {
			return slices.Contains(sec.roles, role)
		}
	}
	return false
}

// home shows what waits for whoever is signed in, oldest first.
func (s *Staff) home(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	h, err := s.flow.Home(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	v := homeView{Name: me.Name, Admin: me.Role == ids.RoleAdministrator}
	if hasSection(me.Role, "/queue") {
		v.WaitingN = len(h.Holds)
		t := s.holdTable(r, h.Holds[:min(len(h.Holds), mostAtHome)])
		v.Waiting = &t
	}
	if v.After, err = s.homeAfter(r, me); err != nil {
		return err
	}
	if v.Waits, err = s.movementTasks(r, me); err != nil {
		return err
	}
	if err := s.homeSupport(r, me, &v); err != nil {
		return err
	}
	if hasSection(me.Role, "/cases") {
		failed := s.failedTable(r, h.Failed)
		v.Failed = &failed
		handovers := s.handoverTable(r, h.Handovers[:min(len(h.Handovers), mostAtHome)])
		v.Handovers = &handovers
		asks := s.askTable(loc, h.Steps[:min(len(h.Steps), mostAtHome)])
		v.Asks = &asks
		due := s.dueTable(loc, h.Due[:min(len(h.Due), mostAtHome)])
		v.Due, v.DueN = &due, len(h.Due)
		t := s.meetingTable(r, s.soonOnly(h.Meetings), loc.T("staff.home.meetings"), loc.T("staff.home.no_meetings"))
		v.Meetings = &t
	}
	if me.Role == ids.RolePactWorker || me.Role == ids.RoleFamilyWorker {
		rows, err := s.flow.ToPrepare(r.Context(), me.Actor())
		if err != nil {
			return err
		}
		t := s.prepareTable(r, rows[:min(len(rows), mostAtHome)])
		v.Prepare = &t
		places := s.toPlaceTable(r, h.ToPlace[:min(len(h.ToPlace), mostAtHome)])
		v.ToPlace = &places
	}
	if hasSection(me.Role, "/restrictions") {
		t, err := s.restrictedTable(r, me)
		if err != nil {
			return err
		}
		t.Rows = t.Rows[:min(len(t.Rows), mostAtHome)]
		v.Restricted = &t
	}
	if me.Role == ids.RolePactWorker {
		if v.Asked, err = s.askedTables(r, me); err != nil {
			return err
		}
	}
	if hasSection(me.Role, "/arrivals") {
		rows, err := s.flow.Arrivals(r.Context(), me.Actor())
		if err != nil {
			return err
		}
		t := s.arrivalTable(r, rows)
		v.Arrivals = &t
	}
	if hasSection(me.Role, "/movements") {
		rows, err := s.flow.Movements(r.Context(), me.Actor())
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(m flow.MovementRow) bool { return m.Starts.After(s.now().Add(soon)) })
		t := s.movementTable(r, rows[:min(len(rows), mostAtHome)])
		v.Movements = &t
	}
	return s.pages.Render(w, r, http.StatusOK, "home", s.page(r, me, loc.T("staff.home.title"), v))
}

func (s *Staff) soonOnly(rows []flow.MeetingRow) []flow.MeetingRow {
	var out []flow.MeetingRow
	for _, m := range rows {
		if (m.Phase == meetings.Open || m.Phase == meetings.TooEarly) && m.Starts.Before(s.now().Add(soon)) && len(out) < mostAtHome {
			out = append(out, m)
		}
	}
	return out
}

// failedTable lists deliveries that did not arrive, the oldest first.
func (s *Staff) failedTable(r *http.Request, failed []flow.FailedRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.home.failed"), Empty: loc.T("staff.home.no_failed"), Columns: []web.Column{{Title: loc.T("staff.thread.subject")},
		{Title: loc.T("staff.case.case")}, {Title: loc.T("staff.home.to")}, {Title: loc.T("staff.home.since")}}}
	for _, f := range failed[:min(len(failed), mostAtHome)] {
		t.Rows = append(t.Rows, []web.Cell{{Text: f.Subject, Href: "/threads/" + string(f.Thread) + "#message-" + string(f.Message)}, {Text: f.CaseReference},
			{Text: f.RecipientName, Small: deliveryNote(loc, f.Delivery)}, {At: f.Times.Failed}})
	}
	return t
}
