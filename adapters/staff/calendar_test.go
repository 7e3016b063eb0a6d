package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

var feedAddress = regexp.MustCompile(`/calendar/feed/[0-9a-z]{32}`)

func TestHerCalendar(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	if a := w.browser().get("/calendar"); a.status != http.StatusSeeOther {
		t.Errorf("without signing in: %d", a.status)
	}
	c.want(c.get("/meetings"), http.StatusOK, "Connect your calendar")
	c.want(c.get("/calendar"), http.StatusOK, "Make an address")
	a := c.post("/calendar/feed", nil)
	c.want(a, http.StatusOK, "shown this once")
	first := feedAddress.FindString(a.body)
	c.want(c.get("/calendar"), http.StatusOK, "An address was made on", "Take the address back")
	if feedAddress.MatchString(c.get("/calendar").body) {
		t.Error("it is shown again")
	}
	program := w.browser() // which does not sign in
	got := program.get(first)
	if got.status != http.StatusOK || got.header.Get("Cache-Control") != "private, max-age=300" || got.header.Get("ETag") == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/calendar") {
		t.Errorf("%d %v", got.status, got.header)
	}
	second := feedAddress.FindString(c.post("/calendar/feed", nil).body)
	if first == second || program.get(first).status != http.StatusNotFound || program.get(second).status != http.StatusOK {
		t.Error("the old address still works, or the new one does not")
	}
	if a := c.post("/calendar/feed/revoke", nil); a.location != "/calendar?done=feed_revoked" {
		t.Errorf("%d %s", a.status, a.location)
	}
	gone, never := program.get(second), program.get("/calendar/feed/"+strings.Repeat("0", 32))
	if gone.status != http.StatusNotFound || gone.status != never.status || gone.text != never.text {
		t.Errorf("taken back %d, never there %d", gone.status, never.status)
	}
	c.want(c.post("/calendar/source", url.Values{"address": {"ftp://cal.example"}}), http.StatusUnprocessableEntity, "must begin with https://")
	c.want(c.post("/calendar/source", url.Values{"address": {""}}), http.StatusUnprocessableEntity, "as your calendar program shows it")
	if a := c.post("/calendar/source", url.Values{"address": {"https://cal.example/very-secret/me.ics"}}); a.location != "/calendar?done=source_set" {
		t.Errorf("%d %s", a.status, a.location)
	}
	page := c.get("/calendar")
	c.want(page, http.StatusOK, "A calendar at cal.example is read", "within a minute")
	if strings.Contains(page.body, "very-secret") {
		t.Error("the page shows the address")
	}
	c.post("/calendar/source/remove", nil)
	c.want(c.get("/calendar"), http.StatusOK, "Read this calendar")
	limited := false
	for range 80 {
		if a := program.get("/calendar/feed/" + strings.Repeat("1", 32)); a.status == http.StatusTooManyRequests {
			limited = a.header.Get("Retry-After") != ""
			break
		}
	}
	if !limited {
		t.Error("addresses can be tried without end")
	}
}

func TestMovingAMeeting(t *testing.T) {
	w := newWorld(t)
	c, at := w.as(ids.RolePactWorker), "/meetings/"+string(w.meeting)
	c.want(c.get(at), http.StatusOK, "Move this meeting", "Answer by calendar")
	c.want(c.get(at+"/move"), http.StatusOK, "You see it once more before anybody is told")
	next := w.e.Clock.Now().AddDate(0, 0, 20)
	day, zone := next.Format(time.DateOnly), time.Date(next.Year(), next.Month(), next.Day(), 10, 30, 0, 0, web.London).Format("MST")
	times := "10:30am (" + zone + ") to 11:15am (" + zone + ")"
	form := url.Values{"day": {day}, "clock": {"10:30"}, "length": {"45"}, "why": {"The <chair> is away."}}
	c.want(c.post(at+"/move", url.Values{"day": {"x"}, "clock": {"y"}, "length": {"z"}}), http.StatusUnprocessableEntity, "Enter the day")
	c.want(c.post(at+"/move", url.Values{"day": form["day"], "clock": form["clock"], "length": form["length"], "why": {strings.Repeat("x", 501)}}), http.StatusUnprocessableEntity, "500 characters or fewer")
	c.want(c.post(at+"/move", form), http.StatusOK, "Check the new times", times, "The <chair> is away.")
	if page := c.get(at); strings.Contains(page.text, times) {
		t.Error("it moved before it was checked")
	}
	form.Set("step", "sure")
	for range 2 {
		if a := c.post(at+"/move", form); a.location != at+"?done=meeting_moved" {
			t.Fatalf("%d %s %s", a.status, a.location, a.text)
		}
	}
	page := c.get(at)
	c.want(page, http.StatusOK, times, "How it was moved", "The <chair> is away.")
	if strings.Count(page.text, "The <chair> is away.") != 1 {
		t.Error("sent twice it moved twice")
	}
	c.lang = "cy"
	c.want(c.get(at), http.StatusOK, "Symud y cyfarfod hwn", "Ateb drwy galendr")
	c.lang = "en"
	if a := w.as(ids.RoleWingOfficer).get(at + "/move"); a.status == http.StatusOK {
		t.Errorf("an officer can move it: %d", a.status)
	}
	w.must(w.f.CancelMeeting(t.Context(), w.worker().Actor(), w.meeting))
	c.want(c.get(at+"/move"), http.StatusForbidden, "cannot be moved any more")
}
