package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/workdays"
)

// From the worker's date to the draft that she sends, and one she does not.
func TestAnAnswerIsAskedFor(t *testing.T) {
	w := newWorld(t)
	c, thread := w.as(ids.RolePactWorker), "/threads/"+string(w.official)
	c.want(c.get("/asks"), http.StatusOK, "No answer is awaited")
	page := c.get(thread)
	c.want(page, http.StatusOK, "We need an answer by")
	c.want(c.post(thread+"/asks", url.Values{"due": {"nonsense"}, "askkey": {"k"}}), http.StatusUnprocessableEntity, "A date is written like")
	cal := workdays.EnglandAndWales()
	due := cal.Add(workdays.Of(w.e.Clock.Now()), 1)
	for range 2 {
		if a := c.post(thread+"/asks", url.Values{"due": {due.String()}, "askkey": {"k"}}); a.location != thread+"?done=asked#asks" {
			t.Fatalf("%d %s", a.status, a.location)
		}
	}
	c.want(c.get(thread+"?done=asked"), http.StatusOK, "Saved. Drafts", "Waiting for the answer", workdays.LongDate(due, "en"))
	w.e.Clock.Advance(cal.Add(due, 3).At(10, 0).Sub(w.e.Clock.Now()))
	now := w.e.Clock.Now().Add(time.Second)
	items, err := w.e.Store.Outbox().Lease(t.Context(), []outbox.Kind{outbox.AskDue}, 10, now, now.Add(time.Minute))
	w.must(err)
	for _, it := range items {
		w.must(w.f.HandleAskDue(t.Context(), it))
	}
	c = w.as(ids.RolePactWorker)
	home := c.get("/")
	c.want(home, http.StatusOK, "A reminder to the worker is ready", "Overdue 3 working days")
	c.want(c.get(thread), http.StatusOK, "Overdue 3 working days: A reminder to the worker is ready", "Read the draft")
	at := regexp.MustCompile(`/asks/steps/stp_[0-9a-z]+`).FindString(home.body)
	c.want(c.get(at), http.StatusOK, "Remind the worker", "have not had one yet", "Wendy")
	other := w.as(ids.RoleOffenderManager)
	if a := other.get(at); a.status == http.StatusOK {
		t.Error("the prison reads the draft")
	}
	c.want(c.post(at, url.Values{"do": {"dismiss"}, "reason": {""}}), http.StatusUnprocessableEntity, "Say why this is not sent")
	c.want(c.post(at, url.Values{"do": {"send"}, "body": {" "}}), http.StatusUnprocessableEntity, "Write a message first")
	if a := c.post(at, url.Values{"do": {"send"}, "body": {"Please answer us."}}); a.location != "/asks?done=ask_sent" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.post(at, url.Values{"do": {"send"}, "body": {"Please answer us."}}), http.StatusConflict)
	c.want(c.get(thread), http.StatusOK, "Please answer us.", "Reminder to the worker: sent")
	ask := regexp.MustCompile(`/asks/ask_[0-9a-z]+`).FindString(c.get(thread).body)
	if a := c.post(ask, url.Values{"do": {"answered"}}); a.location != "/asks?done=answered" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/asks?done=answered"), http.StatusOK, "Marked as answered", "No answer is awaited")
}

// An administrator finds an authority, enters its duty team, and takes a table after seeing what it would change.
func TestDutyTeamsAreEntered(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RoleAdministrator)
	c.want(c.get("/authorities"), http.StatusOK, "Leeds", "Ynys Môn", "Anytown Council", "Not known")
	c.want(c.get("/authorities?q=ynys"), http.StatusOK, "1 authority", "Isle of Anglesey")
	c.want(c.post("/authorities/leeds", url.Values{"email": {"nonsense"}}), http.StatusUnprocessableEntity, "Write an email address")
	if a := c.post("/authorities/leeds", url.Values{"email": {"duty@leeds.example"}, "phone": {"01632 960001"}, "domains": {"leeds.example"}}); a.location != "/authorities?done=duty_set" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/authorities?q=leeds"), http.StatusOK, "duty@leeds.example", "01632 960001")
	table := url.Values{"table": {"council\temail\nKirklees\tduty@kirklees.example\nNowhere\tx@y.example\n"}, "do": {"preview"}}
	c.want(c.post("/authorities/table", table), http.StatusOK, "duty@kirklees.example", "Make these changes", "Row 3")
	c.want(c.get("/authorities?q=kirklees"), http.StatusOK, "Not known")
	table.Set("do", "take")
	if a := c.post("/authorities/table", table); a.location != "/authorities?done=duty_set" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/authorities?q=kirklees"), http.StatusOK, "duty@kirklees.example")
	c.want(c.post("/authorities/table", url.Values{"table": {"nothing"}, "do": {"preview"}}), http.StatusUnprocessableEntity)
	worker := w.as(ids.RolePactWorker)
	worker.want(worker.post("/authorities/leeds", url.Values{"email": {"x@y.example"}}), http.StatusForbidden)
}
