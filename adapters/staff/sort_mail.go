package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// sortMail decides about a held email by one press: the sender belongs in the conversation, she takes over from the person it was
// written to, it belongs to another case, or it is junk.
func (s *Staff) sortMail(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, done := ids.HoldID(r.PathValue("hold")), ""
	switch form.Value("do") {
	case "known", "takes_over":
		return s.fileHeld(w, r, me, form)
	case "wrong_case":
		done, err = "moved", s.flow.MoveHeld(r.Context(), me.Actor(), id, form.Value("sort_note"))
	case "junk":
		done, err = "set_aside", s.flow.Withhold(r.Context(), me.Actor(), id, "spam", form.Value("sort_note"))
	default:
		form.Fail("", s.pages.Loc(r).T("staff.sort.choose"))
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return s.decideAgain(w, r, me, form, "", err)
	}
	return web.Redirect(w, r, "/queue?done="+done)
}

// fileHeld puts a held email into a conversation.
func (s *Staff) fileHeld(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form) error {
	if form.Value("thread") == "" {
		form.Fail("thread", s.pages.Loc(r).T("staff.hold.thread_missing"))
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	made, err := s.flow.FileHeld(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold")), flow.Filing{Thread: ids.ThreadID(form.Value("thread")),
		Note: form.Value("sort_note"), Confirmed: form.Value("confirmed") == "yes", Replaces: form.Value("do") == "takes_over"})
	if err != nil && ids.KindOf(err) == ids.Forbidden { // such as a sender of another organisation, or one who was not asked
		field := "thread"
		if form.Has("unproven", "yes") && form.Value("confirmed") == "" {
			field = "confirmed"
		}
		form.Fail(field, ids.Public(err))
		return s.showHold(w, r, me, http.StatusForbidden, form)
	}
	if err != nil {
		return s.decideAgain(w, r, me, form, "thread", err)
	}
	if made.Hold != "" { // an invitation, which waits there now
		return web.Redirect(w, r, "/queue/"+string(made.Hold))
	}
	return web.Redirect(w, r, "/threads/"+form.Value("thread")+"?done=filed#message-"+string(made.Message))
}
