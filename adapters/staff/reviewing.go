package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// returnMessage sends a message back to its author.
func (s *Staff) returnMessage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(form.Value("explanation")) == "" {
		form.Fail("explanation", s.pages.Loc(r).T("staff.hold.explanation_missing"))
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err := s.flow.Return(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold")), form.Value("explanation")); err != nil {
		return s.decideAgain(w, r, me, form, "explanation", err)
	}
	return web.Redirect(w, r, "/queue?done=returned")
}

// giveBack puts a claimed hold back into the queue.
func (s *Staff) giveBack(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.ReleaseClaim(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/queue?done=given_back")
}

// appeal asks for a second person on a message of the reader's own.
func (s *Staff) appeal(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.Appeal(r.Context(), me.Actor(), ids.MessageID(r.PathValue("message"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/threads/"+r.PathValue("thread")+"?done=appealed")
}

// stoppedView is a message of the reader's own that was not passed on.
type stoppedView struct {
	ID        ids.MessageID
	Thread    ids.ThreadID
	Title     string
	Words     string
	Again     bool // it can be written again
	MayAppeal bool
}

func stoppedOf(loc i18n.Loc, when web.When, t flow.ThreadView) (out []stoppedView) {
	for _, m := range t.Messages {
		if m.Stopped == nil {
			continue
		}
		v := stoppedView{ID: m.ID, Thread: t.ID, Again: m.Stopped.Returned && t.MayWrite, MayAppeal: m.Stopped.MayAppeal, Words: m.Stopped.Words,
			Title: loc.T("staff.stopped.withheld", "Time", when.DateTime(m.Written))}
		if m.Stopped.Returned {
			v.Title = loc.T("staff.stopped.returned", "Time", when.DateTime(m.Written))
		} else {
			v.Words = loc.T("staff.stopped.why_" + string(m.Stopped.Why))
		}
		out = append(out, v)
	}
	return out
}

// reviewLine says in words who reads what goes one way.
func reviewLine(loc i18n.Loc, l flow.ReviewLine) string {
	way := string(l.Direction)
	switch len(l.Order) {
	case 0:
		return loc.T("staff.review.nobody_" + way)
	case 1:
		return loc.T("staff.review.one_"+way, "First", reviewer(loc, l.Order[0]))
	case 2:
		return loc.T("staff.review.two_"+way, "First", reviewer(loc, l.Order[0]), "Second", reviewer(loc, l.Order[1]))
	}
	return loc.T("staff.review.three_"+way, "First", reviewer(loc, l.Order[0]), "Second", reviewer(loc, l.Order[1]), "Third", reviewer(loc, l.Order[2]))
}

func reviewer(loc i18n.Loc, r ids.Role) string { return loc.T("staff.review.by_" + string(r)) }

func reviewLines(loc i18n.Loc, ls []flow.ReviewLine) (out []string) {
	for _, l := range ls {
		out = append(out, reviewLine(loc, l))
	}
	return out
}
