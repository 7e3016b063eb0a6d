package staff_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

func TestCases(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePublicProtection) // she sees all cases of her prison
	page := c.get("/cases")
	c.want(page, http.StatusOK, "2 cases", "Mair Hughes", "A1234BC", "Nia Far")
	if !strings.Contains(page.body, `href="/cases?sort=mother"`) {
		t.Error("the list cannot be sorted by its heading")
	}
	page = c.get("/cases?sort=-reference")
	if !strings.Contains(page.body, `aria-sort="descending"`) || strings.Index(page.text, "KB-2002") > strings.Index(page.text, "KB-1001") {
		t.Errorf("not sorted: %s", page.text)
	}
	c.want(c.post("/cases", url.Values{"search": {"mair 1001"}}), http.StatusOK, "1 case ", "Mair Hughes", "Clear the search")
	c.want(c.post("/cases", url.Values{"search": {"a2345cd"}}), http.StatusOK, "1 case ", "Nia Far")
	c.want(c.post("/cases", url.Values{"search": {"nobody " + evil}}), http.StatusOK, "0 cases", "No case fits")
	c.want(c.get("/cases?place=agy_none"), http.StatusOK, "0 cases")
	worker := w.as(ids.RolePactWorker)
	worker.want(worker.get("/cases?show=waiting"), http.StatusOK, "1 case ", "Mair Hughes")

	a := c.get("/cases.csv?sort=-reference")
	c.want(a, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "Case" || rows[1][0] != "KB-2002" || rows[2][1] != "Mair Hughes" || rows[2][4] != "1" {
		t.Errorf("%q %v", rows, err)
	}
	if a.header.Get("Content-Disposition") != `attachment; filename="cases.csv"` {
		t.Error(a.header)
	}
}

func TestCasePage(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/cases/" + string(w.c.ID)
	page := c.get(at)
	c.want(page, http.StatusOK, "Mair Hughes", "HMP Fernhill, A wing", "Reads Welsh", "Tomos", "4 May 2019", "Anytown Council", "Holds the case", "Just us", "1 to check")
	if strings.Contains(page.text, "Appeal") {
		t.Error("the worker learns of the privileged conversation")
	}
	pom := w.as(ids.RoleOffenderManager)
	page = pom.get(at)
	pom.want(page, http.StatusOK, "Mair Hughes")
	for _, secret := range []string{"Just us", "Appeal", "1 to check", "/audit", "/begin", "/plan"} {
		if strings.Contains(page.body, secret) {
			t.Errorf("an offender manager is shown %q", secret)
		}
	}
}

func TestAuditTimeline(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	for range 50 {
		c.get("/cases/" + string(w.c.ID))
	}
	page := c.get("/cases/" + string(w.c.ID) + "/audit")
	c.want(page, http.StatusOK, "Read the case", "Wendy Pryce", "Older entries")
	older := regexp.MustCompile(`href="(/cases/[^"]+/audit\?before=\d+)"`).FindStringSubmatch(page.body)
	c.want(c.get(older[1]), http.StatusOK, "Opened the case", "Newest entries")
	admin := w.as(ids.RoleAdministrator)
	page = admin.get("/audit")
	admin.want(page, http.StatusOK, "Signed in to the staff site", "Older entries")
	if strings.Contains(page.text, "Pryd mae") {
		t.Error("the log tells what was written")
	}
	admin.lang = "cy"
	admin.want(admin.get("/audit"), http.StatusOK, "Mewngofnododd i’r safle staff")
	admin.want(admin.get("/audit?before=nonsense"), http.StatusOK)
}

func TestMeetings(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/cases/" + string(w.c.ID) + "/plan"
	page := c.get(at)
	c.want(page, http.StatusOK, "Anna Quill", "Owen Mann", "Looked-after child review")
	key := hiddenKey.FindStringSubmatch(page.body)[1]
	c.want(c.post(at, url.Values{"key": {key}}), http.StatusUnprocessableEntity, "Choose what kind of meeting it is", "Enter the day of the meeting", "Choose how long the meeting lasts")
	day := w.e.Clock.Now().In(web.London).AddDate(0, 0, 2)
	form := url.Values{"key": {key}, "kind": {"core_group"}, "title": {"Plan"}, "day": {day.Format(time.DateOnly)}, "clock": {"noon"}, "length": {"60"},
		"guest": {string(w.anna.ID)}, "staff": {string(w.staff[ids.RoleFamilyWorker].ID)}}
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Enter when the meeting starts")
	form.Set("clock", "14:30")
	form.Set("day", "2020-01-01")
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "must start in the future")
	form.Set("day", day.Format(time.DateOnly))
	a, again := c.post(at, form), c.post(at, form)
	if a.status != http.StatusSeeOther || !strings.HasSuffix(a.location, "?done=planned") || a.location != again.location {
		t.Fatalf("%d %s %s %s", a.status, a.location, again.location, a.text)
	}
	c.want(c.get(a.location), http.StatusOK, "Meeting planned", "Core group", "2:30pm", "Anna Quill", "Faye Ellis", "Host", "Has not come", "You can join from 2pm")
	meeting, _, _ := strings.Cut(a.location, "?")
	c.want(c.get(meeting+"/cancel"), http.StatusOK, "cannot be undone")
	if a := c.post(meeting+"/cancel", nil); a.location != meeting+"?done=cancelled" {
		t.Errorf("%d %s", a.status, a.location)
	}
	c.want(c.get(meeting), http.StatusOK, "Cancelled")
	c.want(c.post(meeting+"/cancel", nil), http.StatusConflict)
	c.want(c.get("/"), http.StatusOK, "Meetings in the next 7 days", "Review")

	officer := w.as(ids.RoleWingOfficer)
	page = officer.get("/movements")
	officer.want(page, http.StatusOK, "Mair Hughes", "A1234BC", "A wing")
	for _, secret := range []string{"Review", "Anna", "KB-1001", "/meetings/"} {
		if strings.Contains(page.body, secret) {
			t.Errorf("the list of movements tells %q", secret)
		}
	}
}

func TestRoomTicket(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/meetings/" + string(w.meeting)
	page := c.get(at + "/room")
	c.want(page, http.StatusOK)
	if !strings.Contains(page.body, `data-room-ticket-url="`+at+`/ticket"`) || !strings.Contains(page.body, "data-room-lobby") || !strings.Contains(page.body, `data-room-ws="`+flow.RoomsPath+`"`) {
		t.Error("the stage lacks its ticket, lobby or socket")
	}
	a := c.post(at+"/ticket", nil)
	var got map[string]string
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK || !strings.HasPrefix(got["ticket"], "signed-") {
		t.Errorf("%d %s", a.status, a.body)
	}
	for role, want := range map[ids.Role]int{ids.RoleOffenderManager: http.StatusForbidden, ids.RoleWingOfficer: http.StatusNotFound} {
		other := w.as(role)
		if a := other.post(at+"/ticket", nil); a.status != want || strings.Contains(a.body, "signed-") {
			t.Errorf("%s: %d %s", role, a.status, a.body)
		}
	}
}
