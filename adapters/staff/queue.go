package staff

import (
	"net/http"
	"net/url"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

type queueView struct {
	Rows     []queueRow
	Filtered bool
	Way      []web.Option
	Which    []web.Option
}

type queueRow struct {
	flow.HoldRow
	Reason string
	Waited string
	Sealed bool
	Mine   bool
	Check  bool   // it can be chosen for reading several
	Late   string // that the aim is missed; "" = it is not
	Found  string // how many things were pointed out; "" = none
}

// queue shows what waits for a decision, oldest first.
func (s *Staff) queue(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showQueue(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showQueue(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	filter := queueFilter(r)
	rows, err := s.flow.Queue(r.Context(), me.Actor(), filter)
	if err != nil {
		return err
	}
	v := s.queueChoices(r)
	v.Filtered = filter != flow.QueueFilter{}
	for _, h := range rows {
		row := queueRow{HoldRow: h, Reason: reason(loc, h.Reason), Waited: working(loc, h.Waiting), Sealed: sealed(h), Mine: h.ClaimedBy == me.ID, Check: h.Message != ""}
		if h.Waiting.Late {
			row.Late = loc.T("staff.queue.late", "Time", s.pages.When(r).DateTime(h.Waiting.Due))
		}
		if h.Pointed > 0 {
			row.Found = loc.N("staff.queue.pointed", h.Pointed)
		}
		v.Rows = append(v.Rows, row)
	}
	p := s.page(r, me, loc.T("staff.queue.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "queue", p)
}

// queueFilter reads the filter of an address; what it does not know filters nothing.
func queueFilter(r *http.Request) (q flow.QueueFilter) {
	switch way := messages.Direction(r.URL.Query().Get("way")); way {
	case messages.ToHer, messages.FromHer:
		q.Direction = way
	}
	switch r.URL.Query().Get("which") {
	case "mine":
		q.Mine = true
	case "free":
		q.Free = true
	case "late":
		q.Late = true
	}
	return q
}

// queueChoices are the ways to filter, with the address's chosen.
func (s *Staff) queueChoices(r *http.Request) (v queueView) {
	loc := s.pages.Loc(r)
	choose := func(name string, values ...string) (out []web.Option) {
		for _, value := range values {
			out = append(out, web.Option{Value: value, Text: loc.T("staff.queue." + name + "_" + value), Checked: r.URL.Query().Get(name) == value})
		}
		return out
	}
	v.Way, v.Which = choose("way", "all", string(messages.ToHer), string(messages.FromHer)), choose("which", "all", "free", "mine", "late")
	return v
}

// working says how long something has waited, in working time.
func working(loc i18n.Loc, w flow.Waiting) string {
	switch {
	case w.Days == 0 && w.Hours == 0:
		return loc.T("staff.queue.under_an_hour")
	case w.Days == 0:
		return loc.N("staff.queue.work_hours", w.Hours)
	case w.Hours == 0:
		return loc.N("staff.queue.work_days", w.Days)
	}
	return loc.T("staff.queue.days_and_hours", "Days", loc.N("staff.queue.work_days", w.Days), "Hours", loc.N("staff.hours", w.Hours))
}

// waitCell says how long a hold has waited, whether that is too long, and who has taken it on.
func waitCell(loc i18n.Loc, h flow.HoldRow) web.Cell {
	c := web.Cell{Text: working(loc, h.Waiting), Small: h.ClaimedName}
	if h.Waiting.Late {
		c.Tag = &web.Tag{Text: loc.T("staff.queue.is_late"), Colour: "red"}
	}
	return c
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
			waitCell(loc, h)})
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
