package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
)

func TestRestrictionsPages(t *testing.T) {
	w := newWorld(t)
	at := "/cases/" + string(w.c.ID) + "/restrictions"
	c := w.as(ids.RolePublicProtection)
	c.want(c.get(at), http.StatusOK, "There are no restrictions.", "Add a restriction")
	c.want(c.get(at+"/new"), http.StatusOK, "Anna Quill", "Tomos", "A court order")
	form := url.Values{"key": {"k1"}, "kind": {"no_contact"}, "person": {string(w.anna.ID)}, "source": {"court_order"}, "to": {"2020-01-01"}}
	c.want(c.post(at+"/new", form), http.StatusUnprocessableEntity, "The last day is before the first")
	form.Set("to", "")
	form.Set("note", evil)
	for range 2 {
		c.post(at+"/new", form)
	}
	form.Set("key", "k2")
	form.Set("kind", "monitored")
	c.post(at+"/new", form)
	page := c.get(at)
	c.want(page, http.StatusOK, "2 restrictions bear on Anna Quill; the strictest counts: no contact of any kind", "It continues", "End it now")
	if strings.Count(page.body, "<section id=") != 2 {
		t.Error("a form sent twice is two restrictions")
	}
	c.want(c.get("/restrictions"), http.StatusOK, "Mair Hughes", "no contact of any kind", "public protection reads what passes")
	id := regexp.MustCompile(`<section id="([^"]+)"`).FindStringSubmatch(page.body)[1]
	c.want(c.post(at, url.Values{"do": {"continue"}, "restriction": {id}, "next": {"2020-01-01"}}), http.StatusUnprocessableEntity, "must be in the future")
	worker := w.as(ids.RolePactWorker)
	page = worker.get(at)
	worker.want(page, http.StatusOK, "Anna Quill", "Add a restriction")
	if strings.Contains(page.body, "End it now") {
		t.Error("a worker is offered to end it")
	}
	worker.want(worker.post(at, url.Values{"do": {"end"}, "restriction": {id}}), http.StatusForbidden, "Only public protection")
	c.post(at, url.Values{"do": {"end"}, "restriction": {id}})
	c.want(c.get(at), http.StatusOK, "Over")
	for _, role := range []ids.Role{ids.RoleWingOfficer, ids.RoleAdministrator} {
		other := w.as(role)
		other.want(other.get(at), http.StatusNotFound)
		other.want(other.get(at+"/new"), http.StatusNotFound)
	}
}

func TestChildPage(t *testing.T) {
	w := newWorld(t)
	at := "/cases/" + string(w.c.ID) + "/children/" + string(w.child)
	c := w.as(ids.RolePactWorker)
	c.want(c.get(at), http.StatusOK, "Tomos", "Why parental responsibility ends")
	c.want(c.post(at, url.Values{"born": {"2019-05-04"}, "why": {"adopted"}}), http.StatusUnprocessableEntity, "Enter the day")
	c.post(at, url.Values{"born": {"2019-05-04"}, "why": {"adopted"}, "ends": {"2026-01-05"}})
	c.want(c.get("/cases/"+string(w.c.ID)), http.StatusOK, "Parental responsibility for Tomos ended on 5/1/2026", "told in person")
	pom := w.as(ids.RoleOffenderManager)
	pom.want(pom.get(at), http.StatusNotFound)
}
