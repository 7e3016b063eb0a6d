package guest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/guest"
	"kinbridge/adapters/web"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site is the guest pages over real use cases and a real database, served by HTTP, with one meeting.
type site struct {
	t       *testing.T
	e       storetest.Env
	f       *flow.Flow
	url     string
	meeting ids.MeetingID
	worker  people.Staff
	link    string // its secret part
	code    string
}

type signer struct{}

func (signer) SignTicket(t meetings.Ticket) (string, error) {
	return "signed-for-" + string(t.Participant), nil
}

func newSite(t *testing.T, e storetest.Env) *site {
	t.Helper()
	s := &site{t: t, e: e}
	s.f = flow.New(e.Store, flow.NewBus(), flow.Config{MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example", AddressKey: make([]byte, 32),
		SessionKey: []byte("a session key of thirty-two bytes"), Tickets: signer{}, Files: &flowtest.Files{}, Now: e.Clock.Now})
	pact := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Charity, Name: "Pact"}
	prison := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Establishment, Name: "HMP Fernhill"}
	council := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: "Anytown Council"}
	wing := people.Wing{ID: ids.New[ids.WingID](ids.Wing), Establishment: prison.ID, Name: "A"}
	s.worker = people.Staff{ID: ids.New[ids.StaffID](ids.Staff), Name: "Wendy Pryce", Email: "wendy@pact.example", Role: ids.RolePactWorker, Agency: pact.ID}
	mother := people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Mair Hughes", PrisonerNumber: "A1234BC", Establishment: prison.ID, Wing: wing.ID, Language: "cy"}
	anna := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: council.ID, Name: "Anna Quill", Email: "anna@anytown.example", Role: people.AllocatedWorker}
	c := cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: "KB-1001", Mother: mother.ID, Worker: s.worker.ID}
	err := e.Store.Write(t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
		return audit.CaseCreated(c.ID, mother.ID), errors.Join(tx.AddAgency(pact), tx.AddAgency(prison), tx.AddAgency(council), tx.AddWing(wing),
			tx.AddStaff(s.worker, store.StaffSecret{PasswordHash: "x"}), tx.AddMother(mother, "x"), tx.AddContact(anna), tx.AddCase(c),
			tx.AddChild(cases.Child{ID: ids.New[ids.ChildID](ids.Child), Case: c.ID, Name: "Tomos", Authority: council.ID}))
	})
	if err != nil {
		t.Fatal(err)
	}
	now := e.Clock.Now()
	s.meeting, err = s.f.CreateMeeting(t.Context(), s.worker.Actor(), flow.NewMeeting{Case: c.ID, Kind: meetings.CoreGroup, Title: "About Tomos",
		Starts: now.Add(time.Hour), Ends: now.Add(150 * time.Minute), Guests: []ids.ContactID{anna.ID}})
	if err != nil {
		t.Fatal(err)
	}
	s.link, s.code = s.mailed()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	pages, err := web.Load(log, nil, e.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	g, err := guest.New(guest.Config{Site: pages, Now: e.Clock.Now}, s.f)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/guest/", g.Handler())
	mux.Handle("/read/", g.Handler())
	mux.Handle("/poll/", g.Handler())
	pages.Routes(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

var (
	linkIn = regexp.MustCompile(`/guest/([0-9a-z]+)`)
	codeIn = regexp.MustCompile(`(?m)^    (\d{6})$`)
)

// mailed takes the newest mail to a guest from the outbox and returns its link and code.
func (s *site) mailed() (link, code string) {
	s.t.Helper()
	now := s.e.Clock.Now().Add(time.Second)
	items, err := s.e.Store.Outbox().Lease(s.t.Context(), []outbox.Kind{outbox.MailGuest}, 10, now, now.Add(time.Hour))
	if err != nil || len(items) == 0 {
		s.t.Fatalf("no mail to a guest: %v", err)
	}
	newest := slices.MaxFunc(items, func(a, b outbox.Item) int { return a.Created.Compare(b.Created) })
	m, err := s.f.GuestMail(s.t.Context(), newest.Payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return linkIn.FindStringSubmatch(m.Text)[1], codeIn.FindStringSubmatch(m.Text)[1]
}

// browser is one guest's browser: cookies, and redirects shown rather than followed.
type browser struct {
	*site
	c *http.Client
}

func (s *site) browser() browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status int
	to     string
	body   string
	header http.Header
}

func (b browser) do(r *http.Request, err error) answer {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}
}

func (b browser) get(path string) answer {
	b.t.Helper()
	return b.do(http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil))
}

func (b browser) post(path string, form url.Values) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return b.do(r, err)
}

func (b browser) want(a answer, status int, words ...string) {
	b.t.Helper()
	if a.status != status {
		b.t.Fatalf("status %d, want %d:\n%s", a.status, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			b.t.Fatalf("%q is not on the page:\n%s", w, a.body)
		}
	}
}

func form(name, code string) url.Values { return url.Values{"name": {name}, "code": {code}} }

func wrong(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

func TestGuestGoesFromHerEmailIntoTheRoom(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		b.want(b.get("/guest/"+s.link), 200, "The meeting is not open yet", "Pact", "90 minutes")
		e.Clock.Advance(40 * time.Minute)
		for range 5 { // mail filters look at the link first
			preview := s.browser()
			a := preview.get("/guest/" + s.link)
			preview.want(a, 200, "You are invited to a video meeting", "a…@anytown.example", `autocomplete="one-time-code"`)
			for _, private := range []string{"Mair", "Tomos", "Fernhill", "Wendy", "Anna Quill", "core"} {
				if strings.Contains(a.body, private) {
					t.Fatalf("before the code the page says %q", private)
				}
			}
			if len(a.header.Values("Set-Cookie")) != 0 {
				t.Fatal("opening a link begins a session")
			}
			csp := a.header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "require-trusted-types-for") || strings.Contains(a.body, "<script>") || strings.Contains(a.body, " style=") || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("headers %v", a.header)
			}
		}
		b.want(b.post("/guest/"+s.link, form("", s.code)), 422, "Error: ", "Enter your name")
		b.want(b.post("/guest/"+s.link, form("<b>Anna</b>", s.code)), 422, "Enter your name", "&lt;b&gt;Anna&lt;/b&gt;")
		b.want(b.post("/guest/"+s.link, form("Anna Quill", "12")), 422, "Enter the 6 digits", `value="Anna Quill"`)
		a := b.post("/guest/"+s.link, form("Anna Quill", wrong(s.code)))
		b.want(a, 422, "This code is not right")
		if strings.Contains(a.body, wrong(s.code)) {
			t.Fatal("the page repeats the code")
		}
		a = b.post("/guest/"+s.link, form("Anna Quill", s.code))
		if a.status != http.StatusSeeOther || a.to != "/guest/meeting/rules" {
			t.Fatalf("%+v", a)
		}
		cookie := a.header.Get("Set-Cookie")
		if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Fatal(cookie)
		}
		b.want(b.get("/guest/meeting/rules"), 200, "Wendy Pryce of Pact", "Do not record")
		a = b.get("/guest/meeting/room")
		b.want(a, 200, "data-guest-check", "data-room", `data-room-ticket-url="/guest/meeting/ticket"`, `data-room-ws="/rooms/ws"`)
		if strings.Contains(a.body, "data-room-lobby ") || strings.Contains(a.body, "data-room-end") {
			t.Fatal("a guest's page offers what a host may do")
		}
		var got struct{ Ticket string }
		a = b.post("/guest/meeting/ticket", nil)
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || !strings.HasPrefix(got.Ticket, "signed-for-par_") {
			t.Fatalf("%+v %v", a, err)
		}
		b.want(b.get("/guest/"+s.link), 200, "You have entered your code on this device already")
		b.want(b.get("/guest/"), http.StatusSeeOther)
		other := s.browser()
		other.want(other.post("/guest/"+s.link, form("Eve Adams", s.code)), 422, "no longer works")
	})
}

func TestGuestWithoutASessionIsAskedForHerLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		e.Clock.Advance(40 * time.Minute)
		b.want(b.get("/guest/"), 200, "Open the link in your invitation")
		for _, path := range []string{"/guest/meeting/rules", "/guest/meeting/room", "/guest/meeting/left", "/guest/meeting/ping", "/guest/meeting/speed"} {
			b.want(b.get(path), 401, "Open the link in your invitation again")
		}
		a := b.post("/guest/meeting/ticket", nil)
		if a.status != 401 || !strings.Contains(a.header.Get("Content-Type"), "json") || strings.Contains(a.body, "signed") {
			t.Fatalf("%+v", a)
		}
		b.want(b.get("/guest/0123456789abcdefghjkmnpqrstvwxyz"), 404, "This link does not lead to a meeting")
		b.want(b.post("/guest/0123456789abcdefghjkmnpqrstvwxyz", form("Eve Adams", "123456")), 404, "This link does not lead to a meeting")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/guest/"+s.link, strings.NewReader(form("Eve Adams", s.code).Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		b.want(b.do(r, err), 403, "This form came from another site")
	})
}

func TestGuestAsksForANewCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		e.Clock.Advance(40 * time.Minute)
		for range 5 {
			b.want(b.post("/guest/"+s.link, form("Anna Quill", wrong(s.code))), 422, "This code is not right")
		}
		b.want(b.post("/guest/"+s.link, form("Anna Quill", s.code)), 422, "no longer works")
		a := b.post("/guest/"+s.link+"/code", nil)
		if a.status != http.StatusSeeOther || a.to != "/guest/"+s.link+"?sent" {
			t.Fatalf("%+v", a)
		}
		b.want(b.get(a.to), 200, "We have sent a new code", "a…@anytown.example")
		link, code := s.mailed()
		if link != s.link {
			t.Fatalf("the new mail's link is another: %s", link)
		}
		for range 4 {
			b.want(b.post("/guest/"+s.link+"/code", nil), http.StatusSeeOther)
		}
		b.want(b.post("/guest/"+s.link+"/code", nil), 429, "We have sent you 5 codes within an hour")
		if _, newest := s.mailed(); newest != code {
			b.want(b.post("/guest/"+s.link, form("Anna Quill", code)), 422, "This code is not right")
			code = newest
		}
		b.want(b.post("/guest/"+s.link, form("Anna Quill", code)), http.StatusSeeOther)
	})
}

func TestGuestComesBackLeavesAndFindsTheEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		e.Clock.Advance(40 * time.Minute)
		b.want(b.post("/guest/"+s.link, form("Anna Quill", s.code)), http.StatusSeeOther)
		e.Clock.Advance(time.Hour)
		b.want(b.get("/guest/meeting/left"), 200, "You have left the meeting", "You need no new code")
		b.want(b.get("/guest/meeting/room"), 200, "data-guest-check")
		b.want(b.get("/guest/meeting/ping"), http.StatusNoContent)
		if a := b.get("/guest/meeting/speed"); a.status != 200 || len(a.body) != 256<<10 || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %d %v", a.status, len(a.body), a.header)
		}
		if err := s.f.RoomEvent(t.Context(), meetings.RoomEvent{ID: "end", Room: s.meeting, Kind: meetings.RoomEnded, Detail: "ended", At: e.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		b.want(b.get("/guest/meeting/room"), 200, "This meeting has ended")
		b.want(b.post("/guest/meeting/ticket", nil), 403, "This meeting has ended")
		b.want(b.get("/guest/"+s.link), 200, "This meeting has ended")
		b.want(b.post("/guest/"+s.link, form("Anna Quill", s.code)), 409, "This meeting has ended")
		b.want(b.post("/guest/"+s.link+"/code", nil), 409, "This meeting has ended")
		if a := b.post("/guest/meeting/finish", nil); a.status != http.StatusSeeOther || a.to != "/guest/meeting/done" {
			t.Fatalf("%+v", a)
		}
		b.want(b.get("/guest/meeting/done"), 200, "Your place is closed on this device")
		b.want(b.get("/guest/meeting/room"), 401, "Open the link in your invitation again")
	})
}

func TestCancelledMeetingInWelsh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		e.Clock.Advance(40 * time.Minute)
		if a := b.get("/guest/" + s.link + "?lang=cy"); a.status != http.StatusSeeOther || a.to != "/guest/"+s.link {
			t.Fatalf("%+v", a)
		}
		b.want(b.get("/guest/"+s.link), 200, `lang="cy"`, "Rydych wedi cael gwahoddiad", "90 munud")
		b.want(b.post("/guest/"+s.link, form("Anna Quill", wrong(s.code))), 422, "Nid yw’r cod hwn yn gywir")
		if err := s.f.CancelMeeting(t.Context(), s.worker.Actor(), s.meeting); err != nil {
			t.Fatal(err)
		}
		b.want(b.get("/guest/"+s.link), 200, "Cafodd y cyfarfod hwn ei ganslo")
		b.want(b.post("/guest/"+s.link, form("Anna Quill", s.code)), 409, "Cafodd y cyfarfod hwn ei ganslo")
	})
}

func TestTooManyFormsForOneLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		var last answer
		for range 31 {
			last = b.post("/guest/0123456789abcdefghjkmnpqrstvwxyz", form("Eve Adams", "123456"))
		}
		b.want(last, 429, "There were too many tries")
		if last.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.want(b.get("/guest/0123456789abcdefghjkmnpqrstvwxyz"), 404) // reading is not limited
		e.Clock.Advance(40 * time.Minute)
		b.want(b.post("/guest/"+s.link, form("Anna Quill", s.code)), http.StatusSeeOther) // nor is her neighbour
	})
}

// brokenFlow fails as a database does that cannot be reached.
type brokenFlow struct{ *flow.Flow }

func (brokenFlow) GuestLanding(context.Context, string) (flow.GuestLanding, error) {
	return flow.GuestLanding{}, ids.Wrap(ids.Unavailable, errors.New("disk on fire"), "The database cannot be reached just now.")
}

func TestFaultOfOursSaysNothingOfItsCause(t *testing.T) {
	pages, err := web.Load(slog.New(slog.NewTextHandler(io.Discard, nil)), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	g, err := guest.New(guest.Config{Site: pages}, brokenFlow{})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	g.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/guest/abc", nil))
	if rec.Code != http.StatusServiceUnavailable || strings.Contains(rec.Body.String(), "fire") {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if _, err := guest.New(guest.Config{}, brokenFlow{}); err == nil {
		t.Error("pages without a site")
	}
}
