package staff_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kinbridge/adapters/web"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// today is the form's day and time of now, in London.
func (w *world) today() (day, clock string) {
	now := w.e.Clock.Now().In(web.London)
	return now.Format("2006-01-02"), now.Format("15:04")
}

// An event is shown before it is recorded; afterwards the old prison knows no more of her and the worker has the list.
func TestRecordingATransfer(t *testing.T) {
	w := newWorld(t)
	other, err := w.f.CreateAgency(t.Context(), ids.System("test"), people.Establishment, "HMP Larkfield", "larkfield.example")
	w.must(err)
	c, pom := w.as(ids.RolePactWorker), w.as(ids.RoleOffenderManager)
	at := "/cases/" + string(w.c.ID)
	c.want(c.get(at+"/custody"), http.StatusOK, "In prison", "HMP Fernhill", "Nothing has been reported", "Record where she is")
	c.want(c.get("/custody/record?case="+string(w.c.ID)), http.StatusOK, "Mair Hughes (A1234BC)", "HMP Larkfield")
	day, clock := w.today()
	form := url.Values{"case": {string(w.c.ID)}, "kind": {string(custody.Received)}, "day": {day}, "clock": {clock}, "do": {"check"}}
	c.want(c.post("/custody/record", url.Values{"case": {string(w.c.ID)}}), http.StatusUnprocessableEntity, "Choose what happened", "Enter the day it happened")
	c.want(c.post("/custody/record", form), http.StatusUnprocessableEntity, "Choose the prison")
	form.Set("prison", string(other))
	a := c.post("/custody/record", form)
	c.want(a, http.StatusOK, "Check before you record this", "She moves to another prison", "not where")
	pom.want(pom.get(at), http.StatusOK, "Mair Hughes")
	form.Set("do", "record")
	for range 2 { // a double press
		if a = c.post("/custody/record", form); a.status != http.StatusSeeOther || a.location != at+"/custody?done=recorded" {
			t.Fatalf("%d %s %s", a.status, a.location, a.text)
		}
	}
	c.want(c.get(at+"/custody"), http.StatusOK, "HMP Larkfield", "Reception", "Received into a prison", "re-offer these meetings", "Plan a new time")
	pom.want(pom.get(at), http.StatusNotFound)
	pom.want(pom.get(at+"/custody"), http.StatusNotFound)
	pom.want(pom.get("/meetings/"+string(w.meeting)), http.StatusNotFound)
	for _, path := range []string{"/", "/cases", "/meetings", "/movements", "/arrivals"} {
		if a := pom.get(path); strings.Contains(a.text, "Mair Hughes") || strings.Contains(a.text, "Larkfield") {
			t.Errorf("%s tells the old prison: %s", path, a.text)
		}
	}
	c.want(c.get("/"), http.StatusOK, "Arrivals and meetings to offer again", "Mair Hughes")
	c.want(c.get("/arrivals"), http.StatusOK, "Mair Hughes", "A new time was offered")
	if a := c.post("/reoffers/"+string(w.meeting), url.Values{"do": {"offered"}}); a.location != "/arrivals?done=reoffered" {
		t.Errorf("%d %s", a.status, a.text)
	}
	c.want(c.get("/arrivals"), http.StatusOK, "no meeting waits")
	// The case is handed on.
	c.want(c.get(at+"/team"), http.StatusOK, "Owen Mann", "sees nothing", "Zoe Other")
	c.want(c.post(at+"/team", url.Values{"do": {"hand"}}), http.StatusUnprocessableEntity, "Choose somebody")
	c.want(c.post(at+"/team", url.Values{"do": {"leave"}, "leave": {string(w.worker().ID)}}), http.StatusUnprocessableEntity, "She holds the case")
	pom.want(pom.get(at+"/team"), http.StatusNotFound)
}

func TestKeptAfterRelease(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/cases/" + string(w.c.ID)
	c.want(c.get(at+"/kept"), http.StatusOK, "reach her at her kiosk")
	day, clock := w.today()
	a := c.post("/custody/record", url.Values{"case": {string(w.c.ID)}, "kind": {string(custody.Released)}, "day": {day}, "clock": {clock}, "do": {"record"}})
	if a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	c.want(c.get(at+"/kept"), http.StatusOK, "Review of the plan", "Agree that with her and record it first")
	if a := c.post(at+"/follow-on", url.Values{"how": {"By post " + evil}}); a.location != at+"/kept?done=agreed" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	a = c.get(at + "/kept")
	c.want(a, http.StatusOK, "She has it", "By post")
	i := strings.Index(a.body, at+"/kept/dlv_")
	if i < 0 || strings.Contains(a.body, evil) {
		t.Fatal(a.body)
	}
	give, _, _ := strings.Cut(a.body[i:], `"`)
	id := give[strings.LastIndex(give, "/")+1:]
	c.want(c.post(give, nil), http.StatusUnprocessableEntity, "Say how she was given it")
	if a := c.post(give, url.Values{"how-" + id: {"post"}}); a.location != at+"/kept?done=given" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	c.want(c.get(at+"/kept"), http.StatusOK, "Nothing waits for her")
}

// upload sends a file as a browser does.
func (c *client) upload(path, content string) answer {
	c.w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "moves.csv")
	c.w.must(err)
	_, err = part.Write([]byte(content))
	c.w.must(err)
	c.w.must(m.Close())
	r, err := http.NewRequestWithContext(c.w.t.Context(), http.MethodPost, c.w.url+path, &b)
	c.w.must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.do(r)
}

// A file's rows are shown with what each will do; its mistakes are named; taken twice it changes nothing.
func TestCustodyFile(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RoleAdministrator)
	day, clock := w.today()
	text := "number,event,date,time,prison\nA1234BC,received," + day + "," + clock + ",Larkfield\nC4321XY,released," + day + ",,\nA1234,flown,never,,\nA1234BC,to hospital,01/01/2020,,\n"
	_, err := w.f.CreateAgency(t.Context(), ids.System("test"), people.Establishment, "HMP & YOI Larkfield", "")
	w.must(err)
	c.want(c.get("/custody/file"), http.StatusOK, "Show what it will do")
	c.want(c.post("/custody/file", nil), http.StatusUnprocessableEntity, "Choose a file")
	c.want(c.upload("/custody/file", "a,b\n1,2\n"), http.StatusUnprocessableEntity, "prisoner number")
	a := c.upload("/custody/file", text)
	c.want(a, http.StatusOK, "She moves to another prison", "kept for 30 days", "Row 4", "Left out", "Check the year", "Take these 2 rows")
	for range 2 {
		if a := c.post("/custody/file", url.Values{"text": {text}, "do": {"take"}}); a.location != "/arrivals?done=file_taken" {
			t.Fatalf("%d %s", a.status, a.text)
		}
	}
	c.want(c.upload("/custody/file", text), http.StatusOK, "nothing changes")
	m, err := w.e.Store.MotherByNumber(t.Context(), "A1234BC")
	w.must(err)
	if recs, err := w.e.Store.CustodyOf(t.Context(), m.ID); err != nil || len(recs) != 1 || m.Establishment == w.prison.ID {
		t.Errorf("%+v %v", recs, err)
	}
	c.want(c.get("/custody/unknown"), http.StatusOK, "C4321XY", "HMP Fernhill")
	if a := c.post("/custody/codes/"+string(w.prison.ID), url.Values{"code-" + string(w.prison.ID): {"FHI"}}); a.location != "/custody/unknown?done=code_set" {
		t.Errorf("%d %s", a.status, a.text)
	}
	worker := w.as(ids.RolePactWorker)
	worker.want(worker.get("/custody/unknown"), http.StatusForbidden)
}
