package staff_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kinbridge/gateway/ids"
)

// A person is looked for by a form, so that no name is in an address; too many searches are stopped; administrators read who looked.
func TestFind(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	c.want(c.get("/find"), http.StatusOK, "Find a person", "What you look for is recorded")
	look := func(words string) answer { return c.post("/find", url.Values{"name": {words}}) }
	c.want(look("m"), http.StatusUnprocessableEntity, "Write 2 to 100 letters or digits")
	c.want(look(strings.Repeat("x", 101)), http.StatusUnprocessableEntity, "Write 2 to 100 letters or digits")
	c.want(look("MÂIR"), http.StatusOK, "1 person found", "Mair Hughes", "KB-1001")
	c.want(look("tomos"), http.StatusOK, "Tomos", "Anytown Council", "Child")
	c.want(look("quill"), http.StatusOK, "Anna Quill", "Child’s social worker")
	if a := look("nobody of this name"); !strings.Contains(a.text, "0 people found") || strings.Contains(a.text, "Mair") {
		t.Errorf("%d %s", a.status, a.text)
	}
	if a := c.get("/find?name=mair"); strings.Contains(a.text, "Mair") {
		t.Error("a name in an address is looked for")
	}
	stopped := 0
	for range 30 {
		if a := look("mair"); a.status == http.StatusTooManyRequests {
			c.want(a, http.StatusTooManyRequests, "Wait a minute")
			stopped++
		}
	}
	if stopped == 0 {
		t.Error("thirty searches at once were all answered")
	}
	admin := w.as(ids.RoleAdministrator)
	admin.want(admin.get("/audit/searches"), http.StatusOK, "MÂIR", "Wendy Pryce")
	admin.want(admin.get("/audit"), http.StatusOK, "Looked for a person")
	if a := admin.post("/find", url.Values{"name": {"mair"}}); strings.Contains(a.text, "Mair Hughes") {
		t.Error("an administrator finds a mother")
	}
	officer := w.as(ids.RoleWingOfficer)
	officer.want(officer.get("/find"), http.StatusNotFound)
	officer.want(officer.post("/find", url.Values{"name": {"mair"}}), http.StatusNotFound)
	if a := c.get("/audit/searches"); a.status < 400 {
		t.Errorf("a Pact worker reads who looked for whom: %d", a.status)
	}
}
