package staff_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

func TestWhenMeetingsAreDue(t *testing.T) {
	w := newWorld(t)
	c, at := w.as(ids.RolePactWorker), "/cases/"+string(w.c.ID)
	w.must(w.f.CancelMeeting(t.Context(), w.worker().Actor(), w.meeting))
	c.want(c.get(at), http.StatusOK, "When meetings are due", "No meeting is due")
	if page := c.get("/"); strings.Contains(page.text, "Meetings about children") {
		t.Error("home lists meetings to see to, and there are none")
	}
	cal, today := workdays.EnglandAndWales(), workdays.Of(w.e.Clock.Now())
	child := url.Values{"looked_after": {today.Plus(3).String()}}
	c.want(c.post(at+"/children/"+string(w.child), child), http.StatusUnprocessableEntity, "The day is in the future")
	since := cal.Add(today, -25)
	child.Set("looked_after", since.String())
	child.Set("looked_after_ends", since.Plus(-1).String())
	c.want(c.post(at+"/children/"+string(w.child), child), http.StatusUnprocessableEntity, "cannot end before it begins")
	child.Del("looked_after_ends")
	if a := c.post(at+"/children/"+string(w.child), child); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	c.want(c.get(at+"/children/"+string(w.child)), http.StatusOK, "Looked after by a local authority")
	page := c.get(at)
	c.want(page, http.StatusOK, "Overdue", "working days late", "Plan it for Tomos", "the mother is not invited", "SI 2010/959")
	if !strings.Contains(page.body, at+"/plan?child="+string(w.child)+"&amp;kind=looked_after_review") {
		t.Error("no way from the clock to planning")
	}
	c.want(c.get("/"), http.StatusOK, "Meetings about children to see to", "Overdue", "KB-1001")
	c.want(c.get("/due"), http.StatusOK, "Tomos", "Overdue")
	c.lang = "cy"
	c.want(c.get(at), http.StatusOK, "Pryd y mae cyfarfodydd i fod", "Yn hwyr", "Trefnu hwn ar gyfer Tomos")
	c.want(c.get("/due"), http.StatusOK, "Cyfarfodydd am blant i ymdrin â nhw")
	c.lang = "en"
	c.want(c.get(at+"/plan?kind=looked_after_review&child="+string(w.child)), http.StatusOK, "What each kind of meeting usually has",
		"Independent reviewing officer (chairs)", "3 working days before")

	if page := c.get(at + "/plan?kind=core_group"); !strings.Contains(page.body, `value="core_group" selected`) {
		t.Error("the kind is not chosen beforehand")
	}

	for _, role := range []ids.Role{ids.RoleOffenderManager, ids.RoleWingOfficer, ids.RolePublicProtection, ids.RoleAdministrator} {
		who := w.as(role)
		for _, path := range []string{at, "/", "/due"} {
			if page := who.get(path); strings.Contains(page.text, "Overdue") || strings.Contains(page.text, "When meetings are due") {
				t.Errorf("%s sees a clock at %s", role, path)
			}
		}
	}
}

func TestRecordingAMeetingThatWasHeld(t *testing.T) {
	w := newWorld(t)
	c, at := w.as(ids.RolePactWorker), "/cases/"+string(w.c.ID)+"/held"
	page := c.get(at)
	c.want(page, http.StatusOK, "Record that a meeting was held", "Not at all: it was held without her", "Nobody told her, or us, in time")
	if strings.Contains(page.text, "Legal visit") || strings.Contains(page.text, "Talk before a meeting") {
		t.Error("what passes with her lawyer or supporter is not recorded here")
	}
	form := url.Values{"key": {hiddenKey.FindStringSubmatch(page.body)[1]}}
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Choose what kind of meeting it was")
	today := workdays.Of(w.e.Clock.Now())
	form.Set("kind", "core_group")
	form.Set("day", today.Plus(1).String())
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "The day is in the future")
	form.Set("day", today.Plus(-2).String())
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Choose the children")
	form.Set("about", string(w.child))
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Choose how she took part")
	form.Set("part", "none")
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Choose why she did not see and hear the others")
	form.Set("why", "other")
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Say in the note")
	form.Set("note", "<b>The gate</b> was shut.")
	a, again := c.post(at, form), c.post(at, form)
	if a.status != http.StatusSeeOther || a.location != at+"?done=held_recorded" || again.location != a.location {
		t.Fatalf("%d %s %s", a.status, a.location, a.text)
	}
	page = c.get(a.location)
	c.want(page, http.StatusOK, "The meeting is recorded", "<b>The gate</b> was shut.", "Take this record back")
	if strings.Contains(page.body, "<b>The gate") {
		t.Error("a note is taken for markup")
	}
	withdraws := strings.Count(page.body, "/withdraw")
	_, rest, _ := strings.Cut(page.body, `action="`+at+"/els_")
	id, _, ok := strings.Cut(rest, "/withdraw")
	if !ok || withdraws != 1 {
		t.Fatalf("%d records can be taken back", withdraws)
	}
	if a := c.post(at+"/els_"+id+"/withdraw", nil); a.location != at+"?done=held_withdrawn" {
		t.Errorf("%d %s", a.status, a.text)
	}
	c.want(c.post(at+"/els_"+id+"/withdraw", nil), http.StatusConflict)
	if page := c.get(at); strings.Contains(page.body, "/withdraw") {
		t.Error("the record is still there")
	}
}
