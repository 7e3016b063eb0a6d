package staff_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
)

// A request is asked from scratch with a suggestion-free form, stands on the case's pages, and can be withdrawn; who has nothing to do with the case sees none of it.
func TestAskAndWithdraw(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	at := "/threads/" + string(w.official) + "/ask"
	page := c.get(at)
	c.want(page, http.StatusOK, "School trip", "For which child")
	key := hiddenKey.FindStringSubmatch(page.body)
	if key == nil {
		t.Fatal("the form has no key")
	}
	sg, err := w.f.SuggestRequest(t.Context(), w.worker().Actor(), w.official, "")
	w.must(err)
	if len(sg.Children) == 0 {
		t.Fatal("no child to choose")
	}
	form := url.Values{"key": {key[1]}, "kind": {"passport"}, "child": {string(sg.Children[0].ID)}, "due": {"soon"}, "body": {"May the child have a passport?"}}
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Give the day as year")
	form.Set("due", "2099-12-04")
	form.Del("child")
	c.want(c.post(at, form), http.StatusUnprocessableEntity, "Choose the child")
	form.Set("child", string(sg.Children[0].ID))
	for range 2 {
		if a := c.post(at, form); a.status != http.StatusSeeOther || !strings.HasSuffix(a.location, "?done=request_made") {
			t.Fatalf("%d %s %s", a.status, a.location, a.text)
		}
	}
	rows, err := w.f.CaseRequests(t.Context(), w.worker().Actor(), w.c.ID)
	w.must(err)
	if len(rows) != 1 || rows[0].State != requests.Open {
		t.Fatalf("%+v", rows)
	}
	list := "/cases/" + string(w.c.ID) + "/requests"
	c.want(c.get("/cases/"+string(w.c.ID)), http.StatusOK, "A passport for", "Waiting")
	c.want(c.get(list), http.StatusOK, "A passport for", "Friday 4 December 2099", "Withdraw the request")
	c.want(c.get("/messages/"+string(rows[0].Message)+"/request"), http.StatusOK, "This is asked already")
	c.want(c.get("/cases/"+string(w.c.ID)+"/record"), http.StatusOK, "May the child have a passport?")

	for _, role := range []ids.Role{ids.RoleWingOfficer, ids.RoleAdministrator} {
		other := w.as(role)
		for _, path := range []string{list, at, "/messages/" + string(rows[0].Message) + "/request", "/cases/" + string(w.c.ID) + "/record"} {
			if a := other.get(path); a.status != http.StatusNotFound || strings.Contains(a.text, "passport") {
				t.Errorf("%s gets %d at %s", role, a.status, path)
			}
		}
	}
	if a := c.post("/requests/"+string(rows[0].ID), url.Values{"do": {"withdraw"}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	c.want(c.get(list), http.StatusOK, "Withdrawn")
}
