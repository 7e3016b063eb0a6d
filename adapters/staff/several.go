package staff

import (
	"net/http"
	"net/url"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// mostSeveral is how many messages can be read and decided together.
const mostSeveral = 20

type severalView struct {
	Items   []severalItem
	Reasons []web.Option
}

type severalItem struct {
	ID       ids.HoldID
	Title    string
	Case     string
	ToMother bool
	Messages web.Messages
}

// several shows the chosen messages whole, so that nothing is released unread, with one form to decide them all.
func (s *Staff) several(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showSeveral(w, r, me, http.StatusOK, r.URL.Query()["hold"], &web.Form{})
}

func (s *Staff) showSeveral(w http.ResponseWriter, r *http.Request, me people.Staff, status int, holds []string, form *web.Form) error {
	loc := s.pages.Loc(r)
	v := severalView{Reasons: withholdOptions(loc)}
	for _, id := range holds[:min(len(holds), mostSeveral)] {
		h, err := s.flow.HoldView(r.Context(), me.Actor(), ids.HoldID(id))
		if err != nil {
			return err
		}
		if h.Message == nil || !h.Decided.IsZero() { // an email in no conversation is decided by itself
			continue
		}
		m := *h.Message
		m.Hold = nil
		v.Items = append(v.Items, severalItem{ID: h.ID, Title: s.holdTitle(r, h.HoldRow), Case: h.CaseReference, ToMother: h.ToMother,
			Messages: web.Messages{Label: s.holdTitle(r, h.HoldRow), Items: []web.MessageItem{s.messageItem(r, people.Mother{}, m)}}})
	}
	if len(v.Items) == 0 {
		return web.Redirect(w, r, "/queue")
	}
	p := s.page(r, me, loc.N("staff.several.title", len(v.Items)), v)
	p.Form, p.Back = form, backTo(loc, "queue", "/queue")
	return s.pages.Render(w, r, status, "several", p)
}

// decideSeveral decides each by itself: one that somebody else has decided meanwhile does not stop the rest.
func (s *Staff) decideSeveral(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	holds := form.Values["hold"]
	done, decide := "released", func(id ids.HoldID) error {
		return s.flow.Release(r.Context(), me.Actor(), id, form.Value("release_note"))
	}
	switch form.Value("do") {
	case "release":
	case "withhold":
		done, decide = "withheld", func(id ids.HoldID) error {
			return s.flow.Withhold(r.Context(), me.Actor(), id, form.Value("reason"), form.Value("note"))
		}
		if s.checkWithhold(r, form); form.Bad() {
			return s.showSeveral(w, r, me, http.StatusUnprocessableEntity, holds, form)
		}
	default: // a form without its button decides nothing
		return web.Redirect(w, r, "/queue/several?"+url.Values{"hold": holds}.Encode())
	}
	for _, id := range holds[:min(len(holds), mostSeveral)] {
		switch err := decide(ids.HoldID(id)); ids.KindOf(err) {
		case ids.Conflict, ids.NotFound, ids.Forbidden:
			done = "some_failed"
		default:
			if err != nil {
				return err
			}
		}
	}
	return web.Redirect(w, r, "/queue?done="+done)
}
