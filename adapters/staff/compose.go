package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

// compose takes a message, or a draft of one when the other button was pressed. The form carries a key made with the page: sent twice it
// is one message.
func (s *Staff) compose(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc, id := s.pages.Loc(r), ids.ThreadID(r.PathValue("thread"))
	at := "/threads/" + string(id)
	if form.Value("do") == "draft" {
		if err := s.flow.SaveDraft(r.Context(), me.Actor(), id, form.Value("body")); err != nil {
			return s.composeAgain(w, r, me, form, err)
		}
		return web.Redirect(w, r, at+"?done=draft#body")
	}
	if strings.TrimSpace(form.Value("body")) == "" {
		form.Fail("body", loc.T("staff.thread.body_missing"))
		return s.showThread(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if form.Value("key") == "" {
		form.Values.Set("key", newKey())
	}
	made, err := s.flow.Compose(r.Context(), me.Actor(), flow.NewMessage{Thread: id, Body: form.Value("body"), IdemKey: form.Value("key"), Together: form.Has("together", "yes")})
	if err != nil {
		return s.composeAgain(w, r, me, form, err)
	}
	done := "sent"
	if made.State == messages.Held {
		done = "held"
	}
	if made.Again {
		done = "again"
	}
	return web.Redirect(w, r, at+"?done="+done+"#message-"+string(made.Message))
}

// composeAgain shows what was written with what is wrong: nothing of it is lost.
func (s *Staff) composeAgain(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, err error) error {
	switch ids.KindOf(err) {
	case ids.TooLarge:
		form.Fail("body", s.pages.Loc(r).T("staff.thread.body_long", "Most", flow.MaxBody))
	case ids.Unavailable:
		form.Fail("", s.pages.Loc(r).T("common.errors.unavailable.body"))
		return s.showThread(w, r, me, http.StatusServiceUnavailable, form)
	default:
		if err := form.FailWith("body", err); err != nil {
			return err
		}
	}
	return s.showThread(w, r, me, http.StatusUnprocessableEntity, form)
}

// draft keeps what a script saves while somebody writes.
func (s *Staff) draft(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if err := s.flow.SaveDraft(r.Context(), me.Actor(), ids.ThreadID(r.PathValue("thread")), form.Value("body")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
