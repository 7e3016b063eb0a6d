package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Whoever has two appointments chooses after she has signed in, sees on every page in which she acts, and changes by the link beside it.
func TestChoosingAnAppointment(t *testing.T) {
	w := newWorld(t)
	email, secret := w.worker().Email, w.secret[ids.RolePactWorker]
	inside, _, err := w.f.CreateStaff(t.Context(), ids.System("test"), flow.NewStaff{Email: email, Role: ids.RolePublicProtection, Agency: w.prison.ID, Known: true})
	w.must(err)
	c := w.signedIn(email, secret, "/appointments")
	if a := c.get("/cases"); a.location != "/appointments" {
		t.Errorf("a page before she has chosen: %d %s", a.status, a.location)
	}
	a := c.get("/appointments?next=%2Fcases")
	c.want(a, http.StatusOK, "What are you working as?", "Pact social worker, Pact", "Public protection, HMP Fernhill")
	c.want(c.post("/appointments", url.Values{"appointment": {string(w.staff[ids.RoleAdministrator].ID)}}), http.StatusNotFound)
	if a := c.post("/appointments", url.Values{"appointment": {string(inside)}, "next": {"https://elsewhere.example/"}}); a.location != "/?done=acting" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/restrictions"), http.StatusOK, "Wendy Pryce", "Public protection", "HMP Fernhill", "Work as something else")
	c.want(c.get("/threads/"+string(w.confidential)), http.StatusNotFound, "HMP Fernhill")

	// Two tabs: in one she has begun to act as something else, and the form in the other was filled in before.
	form := regexp.MustCompile(`name="acting_as" value="(stf_[0-9a-z]+)"`)
	stale := form.FindStringSubmatch(c.get("/flags").body)
	if stale == nil || stale[1] != string(inside) {
		t.Fatalf("the forms do not say for which appointment they are: %v", stale)
	}
	if a := c.post("/appointments", url.Values{"appointment": {string(w.worker().ID)}, "next": {"/cases"}}); a.location != "/cases" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get("/cases"), http.StatusOK, "Pact social worker", "Work as something else")
	words := url.Values{"body": {"Hello"}, "key": {"k1"}, "acting_as": {stale[1]}}
	c.want(c.post("/threads/"+string(w.official), words), http.StatusConflict, "you have begun to work in another appointment")
	words.Set("acting_as", string(w.worker().ID))
	if a := c.post("/threads/"+string(w.official), words); a.status != http.StatusSeeOther {
		t.Errorf("her own form: %d %s", a.status, a.text)
	}
	// Who has one appointment is offered no other, and signs in to her home.
	few := w.as(ids.RoleFamilyWorker)
	a = few.get("/")
	few.want(a, http.StatusOK, "Faye Ellis", "Pact")
	if strings.Contains(a.text, "Work as something else") || strings.Contains(a.body, "acting_as") {
		t.Error("somebody of one appointment is offered others")
	}
	a = few.get("/appointments")
	few.want(a, http.StatusOK, "Now")
	if a := w.browser().get("/appointments"); a.location != "/sign-in?next=%2Fappointments" {
		t.Errorf("signed out: %d %s", a.status, a.location)
	}
	if a := c.post("/sign-out", nil); a.location != "/sign-in" {
		t.Errorf("%d %s", a.status, a.location)
	}
	if a := c.get("/appointments"); a.status != http.StatusSeeOther {
		t.Errorf("after signing out: %d", a.status)
	}
}

// An administrator gives somebody who signs in already one more appointment, after she has said that it is the same person.
func TestOneMoreAppointmentByForm(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RoleAdministrator)
	pact := string(w.staff[ids.RoleAdministrator].Agency)
	form := url.Values{"name": {"Owen Mann"}, "email": {"owen@fernhill.example"}, "role": {"pact_worker"}, "agency": {pact}, "to": {"2099-12-31"}, "password": {password}}
	c.want(c.post("/users/new", form), http.StatusUnprocessableEntity, "has access already", "It is the same person: give her this appointment as well")
	form.Set("known", "yes")
	form.Del("password")
	form.Set("from", "tomorrow")
	c.want(c.post("/users/new", form), http.StatusUnprocessableEntity, "Enter a day")
	form.Del("from")
	a := c.post("/users/new", form)
	if a.status != http.StatusSeeOther || !strings.HasSuffix(a.location, "?done=appointed") {
		t.Fatalf("%d %s", a.status, a.text)
	}
	c.want(c.get(a.location), http.StatusOK, "Owen Mann", "Appointment given", "Until 31 December 2099")
	owen := w.signedIn("owen@fernhill.example", w.secret[ids.RoleOffenderManager], "/appointments")
	owen.want(owen.get("/appointments"), http.StatusOK, "Until 31 December 2099")
	if a := c.post(strings.Split(a.location, "?")[0]+"/disable", nil); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if w.signedIn("owen@fernhill.example", w.secret[ids.RoleOffenderManager], "/") == nil {
		t.Error("his other appointment")
	}
}
