package staff

import (
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/requests"
)

type ownRecordView struct {
	flow.OwnRecord
	Items []recordItem
}

type recordItem struct {
	flow.OwnLine
	Title string
	Notes []string // what it asks and answers, and the proof of notice
}

// ownRecord is a mother's own record, in her language, to be printed for her.
func (s *Staff) ownRecord(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	rec, err := s.flow.OwnRecord(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case")))
	if err != nil {
		return err
	}
	if lang, ok := i18n.Parse(rec.Language); ok {
		r = web.WithLang(r, lang)
	}
	loc, v := s.pages.Loc(r), ownRecordView{OwnRecord: rec}
	for _, l := range rec.Lines {
		v.Items = append(v.Items, s.recordItem(r, l))
	}
	p := s.page(r, me, loc.T("staff.record.title", "Name", rec.MotherName), v)
	p.Back = backTo(loc, "case", "/cases/"+string(rec.Case))
	return s.pages.Render(w, r, http.StatusOK, "record", p)
}

func (s *Staff) recordItem(r *http.Request, l flow.OwnLine) recordItem {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	lang := string(loc.Lang())
	item := recordItem{OwnLine: l, Title: l.Who}
	note := func(key string, pairs ...any) { item.Notes = append(item.Notes, loc.T(key, pairs...)) }
	if l.Kind == flow.OwnMeeting {
		item.Title = loc.T("staff.record.meeting")
		return item
	}
	for _, q := range l.Asks {
		note("staff.record.asks", "What", requests.For(q.Kind.Words(lang), q.ChildName, lang))
	}
	for _, a := range l.Answers {
		note("staff.record.answers", "Answer", loc.T("staff.record.a_"+string(a.Says)), "What", requests.For(a.Kind.Words(lang), a.ChildName, lang), "Entry", a.Entry)
	}
	if l.Progress == flow.ProgressStopped {
		note("staff.record.stopped")
	}
	if l.Progress == flow.ProgressChecking {
		note("staff.record.checking")
	}
	for _, n := range l.Notices {
		for _, t := range []struct {
			key string
			at  time.Time
		}{{"sent", n.Sent}, {"accepted", n.Accepted}, {"kiosk", n.AtKiosk}, {"seen", n.Seen}} {
			if !t.at.IsZero() {
				note("staff.record.n_"+t.key, "Name", n.Name, "Time", when.DateTime(t.at))
			}
		}
	}
	return item
}

// givePrint notes that she was given her record.
func (s *Staff) givePrint(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	if err := s.flow.GivePrint(r.Context(), me.Actor(), ids.CaseID(r.PathValue("case"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/?done=record_given")
}
