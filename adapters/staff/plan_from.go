package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

// planFrom begins a plan with what the page's address says: a poll and the slot that was chosen, or a day, a time, a length and guests. It never says more than the form can be
// changed to.
func (s *Staff) planFrom(r *http.Request, me people.Staff, form *web.Form) error {
	q := r.URL.Query()
	if id := q.Get("poll"); ids.Has(id, ids.Poll) {
		slot, _ := strconv.Atoi(q.Get("slot"))
		n, err := s.flow.PlanOf(r.Context(), me.Actor(), ids.PollID(id), slot)
		if err != nil {
			return err
		}
		form.Values.Set("poll", id)
		fillPlan(form, n)
		return nil
	}
	if id := q.Get("invitation"); ids.Has(id, ids.Hold) {
		form.Values.Set("invitation", id)
	}
	if day, err := workdays.Parse(q.Get("day")); err == nil {
		form.Values.Set("day", day.String())
	}
	if at, err := time.Parse("15:04", q.Get("clock")); err == nil {
		form.Values.Set("clock", at.Format("15:04"))
	}
	if n, err := strconv.Atoi(q.Get("length")); err == nil && slices.Contains(lengths, n) {
		form.Values.Set("length", strconv.Itoa(n))
	}
	for _, g := range q["guest"] {
		if ids.Has(g, ids.Contact) {
			form.Values.Add("guest", g)
		}
	}
	return nil
}

// fillPlan puts a meeting to be into the form.
func fillPlan(form *web.Form, n flow.NewMeeting) {
	form.Values.Set("kind", string(n.Kind))
	form.Values["about"], form.Values["guest"] = texts(n.About), texts(n.Guests)
	if n.AcrossAuthorities {
		form.Values.Set("across", "yes")
	}
	if n.Starts.IsZero() {
		return
	}
	at := n.Starts.In(web.London)
	form.Values.Set("day", at.Format(time.DateOnly))
	form.Values.Set("clock", at.Format("15:04"))
	form.Values.Set("length", strconv.Itoa(int(n.Ends.Sub(n.Starts)/time.Minute)))
}

// makePlanned makes the meeting, as that of the poll or of the invitation without times that the form began with if it did.
func (s *Staff) makePlanned(r *http.Request, me people.Staff, form *web.Form, n flow.NewMeeting) (ids.MeetingID, error) {
	if id := form.Value("poll"); id != "" {
		return s.flow.ChooseSlot(r.Context(), me.Actor(), ids.PollID(id), n)
	}
	if id := form.Value("invitation"); id != "" {
		made, err := s.flow.AnswerInvitation(r.Context(), me.Actor(), ids.HoldID(id), flow.InviteAnswer{Answer: flow.AnswerAccepted, Plan: &n})
		if err != nil || len(made) == 0 {
			return "", err
		}
		return made[0], nil
	}
	return s.flow.CreateMeeting(r.Context(), me.Actor(), n)
}

// planAddress is the planning form's address with a meeting to be in it: identifiers and times, no names.
func planAddress(c ids.CaseID, k meetings.Kind, about []ids.ChildID, guests []ids.ContactID) string {
	q := url.Values{}
	if k != "" {
		q.Set("kind", string(k))
	}
	for _, id := range about {
		q.Add("child", string(id))
	}
	for _, id := range guests {
		q.Add("guest", string(id))
	}
	at := "/cases/" + string(c) + "/plan"
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}
