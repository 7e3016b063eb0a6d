package staff

import (
	"net/http"
	"strconv"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

type undeliveredView struct{ Items []undeliveredItem }

type undeliveredItem struct {
	flow.FailedRow
	About web.SummaryList
	Href  string // the message in its conversation
	Waits bool   // it is tried again by itself
}

// undelivered lists the messages that did not arrive, what has failed before what is still tried, each with what can be done about it.
func (s *Staff) undelivered(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	rows, err := s.flow.Undelivered(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	var v undeliveredView
	for _, f := range rows {
		item := undeliveredItem{FailedRow: f, Href: "/threads/" + string(f.Thread) + "#message-" + string(f.Message)}
		item.About.Rows = []web.SummaryRow{{Key: loc.T("staff.home.to"), Lines: []string{f.RecipientName, f.Address}}, web.Row(loc.T("staff.case.case"), f.CaseReference),
			web.Row(loc.T("staff.undelivered.sent"), when.DateTime(f.Times.Queued))}
		add := func(key, words string) {
			if words != "" {
				item.About.Rows = append(item.About.Rows, web.Row(loc.T(key), words))
			}
		}
		if f.State == messages.Failed {
			add("staff.home.since", when.DateTime(f.Times.Failed))
		} else {
			item.Waits = true
			add("staff.undelivered.state", loc.T("staff.undelivered.still"))
		}
		if f.Way.Trouble != "" {
			add("staff.undelivered.why", troubleWords(loc, f.Way.Trouble))
		}
		if f.Way.Tries > 0 {
			add("staff.undelivered.tries", strconv.Itoa(f.Way.Tries))
		}
		add("staff.undelivered.answer", f.Detail)
		v.Items = append(v.Items, item)
	}
	return s.pages.Render(w, r, http.StatusOK, "undelivered", s.page(r, me, loc.T("staff.undelivered.title"), v))
}

// dealWithFailure has a message sent again, marks it as dealt with, or asks who else is to be written to.
func (s *Staff) dealWithFailure(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, done := ids.DeliveryID(r.PathValue("delivery")), ""
	switch form.Value("do") {
	case "again":
		done, err = "sent_again", s.flow.SendAgain(r.Context(), me.Actor(), id)
	case "handled":
		done, err = "handled", s.flow.MarkHandled(r.Context(), me.Actor(), id)
	default:
		return ids.E(ids.Invalid, "Choose what to do about the message.")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/undelivered?done="+done)
}
