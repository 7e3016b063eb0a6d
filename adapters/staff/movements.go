package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

// movements says who is due when, and no more: it is made to be printed and carried.
func (s *Staff) movements(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rows, err := s.flow.Movements(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	t := s.movementTable(r, rows)
	t.CaptionHidden = true
	return s.pages.Render(w, r, http.StatusOK, "movements", s.page(r, me, s.pages.Loc(r).T("staff.movements.title"), meetingsView{Table: t}))
}

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
