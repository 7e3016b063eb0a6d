package staff_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t)
	c := w.browser()
	a := c.get("/cases?show=closed")
	if a.status != http.StatusSeeOther || a.location != "/sign-in?next=%2Fcases%3Fshow%3Dclosed" {
		t.Fatalf("%d %s", a.status, a.location)
	}
	c.want(c.get(a.location), http.StatusOK, "Sign in", "6-digit code")
	c.want(c.post("/sign-in", nil), http.StatusUnprocessableEntity, "Enter your email address", "Enter your password", "Enter the 6-digit code")
	email := w.worker().Email
	code := func() string {
		s, err := totp.GenerateCode(w.secret[ids.RolePactWorker], w.e.Clock.Now())
		w.must(err)
		return s
	}
	const wrong = "The email address, password or code is not right"
	for _, form := range []url.Values{{"email": {"nobody@pact.example"}, "password": {password}, "code": {code()}}, {"email": {email}, "password": {"wrong"}, "code": {code()}},
		{"email": {email}, "password": {password}, "code": {"000000"}}} {
		a := c.post("/sign-in", form)
		c.want(a, http.StatusUnprocessableEntity, wrong)
		if strings.Contains(a.body, password) || strings.Contains(a.body, `value="`+form.Get("code")+`"`) {
			t.Error("the page gives back a secret")
		}
	}
	right := code()
	a = c.post("/sign-in", url.Values{"email": {email}, "password": {password}, "code": {right}, "next": {"/cases"}})
	if a.status != http.StatusSeeOther || a.location != "/cases" {
		t.Fatalf("%d %s %s", a.status, a.location, a.text)
	}
	if cookie := a.header.Get("Set-Cookie"); !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Error(cookie)
	}
	if a := w.browser().post("/sign-in", url.Values{"email": {email}, "password": {password}, "code": {right}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a code works twice: %d", a.status)
	}
	c.want(c.get("/"), http.StatusOK, "Wendy Pryce", "Pact social worker")
	if a := c.get("/sign-in?next=https://evil.example/"); a.location != "/" {
		t.Errorf("it leads to %s", a.location)
	}
	token := c.http.Jar.Cookies(mustURL(w))[0].Value
	if a := c.post("/sign-out", nil); a.location != "/sign-in" {
		t.Errorf("%d %s", a.status, a.location)
	}
	if a := c.get("/"); a.location != "/sign-in" {
		t.Errorf("still signed in: %d", a.status)
	}
	if _, err := w.f.StaffBySession(t.Context(), token); ids.KindOf(err) != ids.Unauthenticated {
		t.Errorf("the session lives on: %v", err)
	}
}

func mustURL(w *world) *url.URL {
	u, err := url.Parse(w.url)
	w.must(err)
	return u
}

func TestGuessingIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	c := w.browser()
	seen := map[int]bool{}
	for range 25 {
		seen[c.post("/sign-in", url.Values{"email": {w.worker().Email}, "password": {"guess"}, "code": {"123456"}}).status] = true
	}
	a := c.post("/sign-in", url.Values{"email": {"somebody@else.example"}, "password": {"guess"}, "code": {"123456"}})
	c.want(a, http.StatusTooManyRequests, "too many tries from your connection")
	if !seen[http.StatusUnprocessableEntity] || !seen[http.StatusTooManyRequests] || a.header.Get("Retry-After") == "" {
		t.Errorf("%v %q", seen, a.header.Get("Retry-After"))
	}
}

func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	for range 3 { // use keeps it alive
		w.e.Clock.Advance(flow.StaffSessionIdle - time.Minute)
		c.want(c.get("/"), http.StatusOK)
	}
	w.e.Clock.Advance(flow.StaffSessionIdle + time.Minute)
	if a := c.get("/cases"); a.location != "/sign-in?next=%2Fcases" {
		t.Errorf("%d %s", a.status, a.location)
	}
	a := c.post("/threads/"+string(w.official), url.Values{"key": {"k"}, "body": {"late"}})
	if a.status != http.StatusSeeOther || a.location != "/sign-in?ended" {
		t.Errorf("%d %s", a.status, a.location)
	}
	c.want(c.get(a.location), http.StatusOK, "Your session has ended, so the form was not used")
	if a := c.post("/meetings/"+string(w.meeting)+"/ticket", nil); a.status != http.StatusUnauthorized || strings.Contains(a.body, "signed-") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestAnotherSitesFormIsRefused sends every form as another site would.
func TestAnotherSitesFormIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RolePactWorker)
	for _, path := range []string{"/sign-in", "/sign-out", "/threads/" + string(w.official), "/queue/" + string(w.held) + "/release", "/cases/" + string(w.c.ID) + "/pin",
		"/meetings/" + string(w.meeting) + "/ticket", "/meetings/" + string(w.meeting) + "/cancel"} {
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			r := c.request(path, url.Values{"body": {"forged"}, "key": {"k"}})
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set(header[0], header[1])
			c.want(c.do(r), http.StatusForbidden, "This form came from another site")
		}
	}
	if page := c.get("/threads/" + string(w.official)); strings.Contains(page.text, "forged") || !strings.Contains(page.text, "Being checked") {
		t.Error("a forged form acted")
	}
}

// Whoever is offered a section may read it: each role, and an administrator of a prison.
func TestWhatIsOfferedCanBeRead(t *testing.T) {
	w := newWorld(t)
	_, secret, err := w.f.CreateStaff(t.Context(), ids.System("test"), flow.NewStaff{Email: "iris@fernhill.example", Name: "Iris Warden", Role: ids.RoleAdministrator, Agency: w.prison.ID, Password: password})
	w.must(err)
	people := map[string]*client{"a prison's administrator": w.signedIn("iris@fernhill.example", secret, "/")}
	for _, role := range ids.Roles {
		people[string(role)] = w.as(role)
	}
	link := regexp.MustCompile(`govuk-service-navigation__link" href="([^"]+)"`)
	for name, c := range people {
		offered := link.FindAllStringSubmatch(c.get("/").body, -1)
		if len(offered) < 3 {
			t.Errorf("%s is offered %d sections", name, len(offered))
		}
		for _, o := range offered {
			if a := c.get(o[1]); a.status != http.StatusOK {
				t.Errorf("%s is offered %s, which answers %d", name, o[1], a.status)
			}
		}
	}
}

func TestUsers(t *testing.T) {
	w := newWorld(t)
	pact := w.as(ids.RoleAdministrator)
	a := pact.get("/users")
	pact.want(a, http.StatusOK, "Wendy Pryce", "wendy@pact.example", "Has access")
	if strings.Contains(a.text, "Olive Ward") {
		t.Error("an administrator of Pact manages the prison's staff")
	}
	olive := "/users/" + string(w.staff[ids.RoleWingOfficer].ID)
	pact.want(pact.get(olive), http.StatusNotFound)
	pact.want(pact.post(olive+"/disable", nil), http.StatusForbidden, "at their own organisation only")
	self, secret, err := w.f.CreateStaff(t.Context(), ids.System("test"), flow.NewStaff{Email: "iris@fernhill.example", Name: "Iris Warden", Role: ids.RoleAdministrator, Agency: w.prison.ID, Password: password})
	w.must(err)
	c := w.signedIn("iris@fernhill.example", secret, "/")
	form := url.Values{"name": {"Nora New"}, "email": {"Nora@fernhill.example"}, "role": {"wing_officer"}, "agency": {string(w.prison.ID)}, "wing": {string(w.wing.ID)}, "password": {"short"}}
	a = c.post("/users/new", form)
	c.want(a, http.StatusUnprocessableEntity, "The password needs at least 12 characters")
	if !strings.Contains(a.body, `value="Nora New"`) || strings.Contains(a.body, `value="short"`) {
		t.Error("the form forgets what is right, or gives back the password")
	}
	form.Set("password", password)
	form.Set("agency", string(w.worker().Agency))
	c.want(c.post("/users/new", form), http.StatusUnprocessableEntity, "This wing is not in that prison")
	form.Del("wing")
	c.want(c.post("/users/new", form), http.StatusForbidden, "at their own organisation only")
	form.Set("wing", string(w.wing.ID))
	form.Set("agency", "agy_none")
	c.want(c.post("/users/new", form), http.StatusUnprocessableEntity, "Choose an organisation")
	form.Set("agency", string(w.prison.ID))
	a = c.post("/users/new", form)
	c.want(a, http.StatusOK, "Access given", "nora@fernhill.example")
	secret = regexp.MustCompile(`[A-Z2-7]{32}`).FindString(a.text)
	c.want(c.post("/users/new", form), http.StatusUnprocessableEntity, "has access already", "It is the same person")
	code, err := totp.GenerateCode(secret, w.e.Clock.Now())
	w.must(err)
	nora := w.browser()
	if a := nora.post("/sign-in", url.Values{"email": {"nora@fernhill.example"}, "password": {password}, "code": {code}}); a.status != http.StatusSeeOther {
		t.Fatalf("she cannot sign in: %d %s", a.status, a.text)
	}
	nora.want(nora.get("/women"), http.StatusOK, "Mair Hughes", "Nia Far")
	id := regexp.MustCompile(`/users/(stf_[0-9a-z]+)">Nora`).FindStringSubmatch(c.get("/users").body)[1]

	c.want(c.post("/users/"+id+"/token", url.Values{"days": {"7"}}), http.StatusUnprocessableEntity, "Enter what the token is for")
	a = c.post("/users/"+id+"/token", url.Values{"token_name": {"rota"}, "days": {"7"}})
	c.want(a, http.StatusOK, "Token made")
	token := regexp.MustCompile(`kb_[0-9a-z]{52}`).FindString(a.text)
	if actor, err := w.f.ActorByToken(t.Context(), token); err != nil || actor.ID != id {
		t.Errorf("%+v %v", actor, err)
	}
	if a := c.post("/users/"+id+"/disable", nil); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	if a := nora.get("/"); a.location != "/sign-in" {
		t.Errorf("she is still signed in: %d", a.status)
	}
	c.want(c.get("/users/"+id+"?done=disabled"), http.StatusOK, "Access ended")
	c.want(c.post("/users/"+string(self)+"/disable", nil), http.StatusForbidden, "cannot end your own access")
	few := w.as(ids.RoleFamilyWorker)
	few.want(few.post("/users/new", form), http.StatusForbidden)
	few.want(few.post("/users/"+id+"/token", url.Values{"token_name": {"x"}, "days": {"7"}}), http.StatusForbidden)
}

func TestKiosksAndPINs(t *testing.T) {
	w := newWorld(t)
	c := w.as(ids.RoleAdministrator)
	c.want(c.get("/kiosks"), http.StatusOK, "No kiosk is enrolled yet", "HMP Fernhill, A wing")
	c.want(c.post("/kiosks", url.Values{"wing": {string(w.prison.ID) + "/" + string(w.wing.ID)}}), http.StatusUnprocessableEntity, "Enter a name for the kiosk")
	c.want(c.post("/kiosks", url.Values{"wing": {"nonsense"}, "name": {"By the stairs"}}), http.StatusUnprocessableEntity, "Choose a wing")
	a := c.post("/kiosks", url.Values{"wing": {string(w.prison.ID) + "/" + string(w.wing.ID)}, "name": {"By the stairs"}})
	c.want(a, http.StatusOK, "The code for By the stairs")
	cred, err := w.f.EnrolKiosk(t.Context(), regexp.MustCompile(`\d{5} \d{5}`).FindString(a.text))
	w.must(err)
	c.want(c.get("/kiosks"), http.StatusOK, "By the stairs", "In use")
	c.want(c.get("/kiosks/"+string(cred.ID)+"/withdraw"), http.StatusOK, "locked out at once")
	officer := w.as(ids.RoleWingOfficer)
	officer.want(officer.post("/kiosks/"+string(cred.ID)+"/withdraw", nil), http.StatusForbidden)

	a = officer.post("/women/"+string(w.mother.ID)+"/pin", nil)
	officer.want(a, http.StatusOK, "The new PIN of Mair Hughes")
	pin := regexp.MustCompile(`\b\d{6}\b`).FindString(a.text)
	if _, _, err := w.f.Unlock(t.Context(), ids.KioskActor(cred.ID), w.mother.ID, pin); err != nil {
		t.Errorf("the new PIN does not work: %v", err)
	}
	worker := w.as(ids.RolePactWorker)
	worker.want(worker.post("/cases/"+string(w.c.ID)+"/pin", nil), http.StatusOK, "The new PIN of Mair Hughes")
	worker.want(worker.post("/women/mth_none/pin", nil), http.StatusNotFound)
	protection := w.as(ids.RolePublicProtection)
	protection.want(protection.post("/women/"+string(w.mother.ID)+"/pin", nil), http.StatusNotFound)
	if a := c.post("/kiosks/"+string(cred.ID)+"/withdraw", nil); a.location != "/kiosks?done=withdrawn" {
		t.Errorf("%d %s", a.status, a.location)
	}
	c.want(c.get("/kiosks"), http.StatusOK, "Withdrawn")
}

func TestRuleBookPages(t *testing.T) {
	w := newWorld(t)
	admin := w.as(ids.RoleAdministrator)
	admin.want(admin.get("/rules"), http.StatusOK, "How Kinbridge decides", "Read one message")
	admin.want(admin.get("/rules/deliver"), http.StatusOK, "The rules are tried from the top", "It goes to the mother and is to be read together", "read_together", "Kinbridge must also:")
	admin.want(admin.get("/rules/nonsense"), http.StatusNotFound)
	worker := w.as(ids.RolePactWorker)
	worker.want(worker.get("/rules"), http.StatusForbidden, "Only an administrator")
}
