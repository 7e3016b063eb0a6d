package staff

import (
	"net/http"
	"net/url"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type queueView struct {
	Rows []queueRow
}

type queueRow struct {
	flow.HoldRow
	Reason string
	Waited string
	Sealed bool
	Mine   bool
	Check  bool // it can be chosen for reading several
}

// queue shows what waits for a decision, oldest first.
func (s *Staff) queue(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showQueue(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showQueue(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.Holds(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	var v queueView
	for _, h := range rows {
		v.Rows = append(v.Rows, queueRow{HoldRow: h, Reason: reason(loc, h.Reason), Waited: ago(loc, h.Opened, s.now()), Sealed: sealed(h),
			Mine: h.ClaimedBy == me.ID, Check: h.Message != ""})
	}
	p := s.page(r, me, loc.T("staff.queue.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "queue", p)
}

// sealed reports whether a row says nothing of whom it concerns although it belongs to a conversation: it is legally privileged.
func sealed(h flow.HoldRow) bool { return h.Thread != "" && h.CaseReference == "" }

// holdTable is the queue as the home page shows it.
func (s *Staff) holdTable(r *http.Request, rows []flow.HoldRow) web.Table {
	loc := s.pages.Loc(r)
	t := web.Table{Caption: loc.T("staff.home.waiting"), Empty: loc.T("staff.queue.none"), Columns: []web.Column{{Title: loc.T("staff.queue.what")},
		{Title: loc.T("staff.queue.from")}, {Title: loc.T("staff.queue.why")}, {Title: loc.T("staff.queue.waited")}}}
	for _, h := range rows {
		t.Rows = append(t.Rows, []web.Cell{{Text: s.holdTitle(r, h), Href: "/queue/" + string(h.ID), Small: h.CaseReference}, {Text: h.From}, {Text: reason(loc, h.Reason)},
			{Text: ago(loc, h.Opened, s.now()), Small: h.ClaimedName}})
	}
	return t
}

// holdTitle names a hold in a list.
func (s *Staff) holdTitle(r *http.Request, h flow.HoldRow) string {
	switch {
	case sealed(h):
		return s.pages.Loc(r).T("staff.queue.sealed")
	case h.Subject != "":
		return h.Subject
	}
	return s.pages.Loc(r).T("staff.queue.no_thread")
}

// queueAct does with the chosen holds what the button says: claims them, or shows them together to be read and decided.
func (s *Staff) queueAct(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	chosen := form.Values["hold"]
	if len(chosen) == 0 {
		form.Fail("hold", s.pages.Loc(r).T("staff.queue.choose"))
		return s.showQueue(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if len(chosen) > mostSeveral {
		form.Fail("hold", s.pages.Loc(r).T("staff.queue.choose_fewer", "Most", mostSeveral))
		return s.showQueue(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if form.Value("do") == "read" {
		return web.Redirect(w, r, "/queue/several?"+url.Values{"hold": chosen}.Encode())
	}
	for _, id := range chosen {
		if err := s.flow.Claim(r.Context(), me.Actor(), ids.HoldID(id)); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, "/queue?done=claimed")
}
