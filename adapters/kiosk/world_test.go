package kiosk_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/kiosk"
	"kinbridge/adapters/web"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// world is a prison with two wings, two mothers on one of them, and a Pact worker, with the kiosk face served over HTTP.
type world struct {
	t                  testing.TB
	f                  *flow.Flow
	env                storetest.Env
	k                  *kiosk.Kiosk
	srv                *httptest.Server
	admin, worker      ids.Actor
	prison             ids.AgencyID
	wing, otherWing    ids.WingID
	mair, nia, far     ids.MotherID // far lives on the other wing
	official, confided ids.ThreadID // mair's
}

const (
	mairPIN = "246810"
	niaPIN  = "135791"
)

func newWorld(t testing.TB, cfg kiosk.Config) *world {
	t.Helper()
	bus := flow.NewBus()
	w := &world{t: t, env: storetest.Open(t, store.SQLite, bus.Wake), admin: ids.System("test")}
	quiet := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	skey, _, err := audit.NewKey("test")
	if err != nil {
		t.Fatal(err)
	}
	w.f = flow.New(w.env.Store, bus, flow.Config{Records: must(audit.NewRecordSigner(skey))(t), MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example", AddressKey: make([]byte, 32),
		SessionKey: []byte("a session key of thirty-two bytes"), PasswordCost: people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}, Files: &flowtest.Files{}, Now: w.env.Clock.Now, Log: quiet})
	w.seed()
	site, err := web.Load(quiet, prometheus.NewRegistry(), w.env.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Site, cfg.Now, cfg.Log = site, w.env.Clock.Now, quiet
	if w.k, err = kiosk.New(cfg, w.f); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Routes(mux)
	mux.Handle("/kiosk/", w.k.Handler())
	w.srv = httptest.NewServer(mux)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.k.Close(ctx); err != nil {
			t.Errorf("closing the kiosk: %v", err)
		}
		w.srv.Close()
	})
	return w
}

func (w *world) seed() {
	ctx := context.Background()
	pact := must(w.f.CreateAgency(ctx, w.admin, people.Charity, "Pact", ""))(w.t)
	w.prison = must(w.f.CreateAgency(ctx, w.admin, people.Establishment, "HMP Fernhill", ""))(w.t)
	la := must(w.f.CreateAgency(ctx, w.admin, people.Authority, "Anytown Council", "anytown.example"))(w.t)
	w.wing = must(w.f.CreateWing(ctx, w.admin, w.prison, "B"))(w.t)
	w.otherWing = must(w.f.CreateWing(ctx, w.admin, w.prison, "C"))(w.t)
	mother := func(name, number, pin string, wing ids.WingID) ids.MotherID {
		id, _, err := w.f.CreateMother(ctx, w.admin, flow.NewMother{Name: name, PrisonerNumber: number, Establishment: w.prison, Wing: wing, PIN: pin})
		return must(id, err)(w.t)
	}
	w.mair, w.nia, w.far = mother("Mair Hughes", "A1234BC", mairPIN, w.wing), mother("Nia Pugh", "A1235BC", niaPIN, w.wing), mother("Fern Ash", "A1236BC", "111222", w.otherWing)
	staff, _, err := w.f.CreateStaff(ctx, w.admin, flow.NewStaff{Email: "wendy@pact.example", Name: "Wendy Pryce", Role: ids.RolePactWorker, Agency: pact, Password: "correct horse battery"})
	w.worker = ids.Actor{Kind: ids.ActorStaff, ID: string(must(staff, err)(w.t)), Role: ids.RolePactWorker, Agency: pact}
	c, _, err := w.f.CreateCase(ctx, w.admin, flow.NewCase{Reference: "KB-1", Mother: w.mair, Worker: staff, Team: []ids.StaffID{staff}, Children: []cases.Child{{Name: "Tomos", Authority: la}}})
	must(c, err)(w.t)
	anna := must(w.f.CreateContact(ctx, w.admin, la, "Anna Quill", "anna@anytown.example", people.AllocatedWorker, "directory"))(w.t)
	w.official = must(w.f.OpenThread(ctx, w.worker, flow.NewThread{Case: c, Channel: threads.Official, Subject: "The school in September", Contacts: []ids.ContactID{anna}}))(w.t)
	w.confided = must(w.f.OpenThread(ctx, w.worker, flow.NewThread{Case: c, Channel: threads.Confidential, Subject: "Between us", WithStaff: []ids.StaffID{staff}}))(w.t)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// code issues an enrolment code for the mothers' wing.
func (w *world) code() string {
	w.t.Helper()
	admin := ids.Actor{Kind: ids.ActorStaff, ID: "stf_admin", Role: ids.RoleAdministrator}
	return must(w.f.IssueKioskCode(context.Background(), admin, w.prison, w.wing, "By the servery"))(w.t)
}

// browser is one kiosk's browser: cookies, and pages as text.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{w: w, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// page is an answer after redirects.
type page struct {
	status int
	path   string
	body   string
	header http.Header
}

func (b *browser) do(req *http.Request, err error) page {
	b.w.t.Helper()
	if err != nil {
		b.w.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return page{res.StatusCode, res.Request.URL.Path, string(body), res.Header}
}

func (b *browser) get(path string) page {
	return b.do(http.NewRequest(http.MethodGet, b.w.srv.URL+path, nil))
}

func (b *browser) post(path string, pairs ...string) page {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, b.w.srv.URL+path, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(req, err)
}

// enrolled is a browser that has given a code.
func (w *world) enrolled() *browser {
	w.t.Helper()
	b := w.browser()
	if p := b.post("/kiosk/enrol", "code", w.code()); p.path != "/kiosk/" || p.status != http.StatusOK {
		w.t.Fatalf("enrolment led to %s (%d)", p.path, p.status)
	}
	return b
}

// unlocked is a kiosk at which a mother has given her PIN.
func (w *world) unlocked(m ids.MotherID, pin string) *browser {
	w.t.Helper()
	b := w.enrolled()
	b.unlock(m, pin)
	return b
}

func (b *browser) unlock(m ids.MotherID, pin string) {
	b.w.t.Helper()
	if p := b.post("/kiosk/pin/"+string(m), "pin", pin); p.path != "/kiosk/home" {
		b.w.t.Fatalf("the PIN led to %s (%d)", p.path, p.status)
	}
}

func (p page) has(t testing.TB, words ...string) {
	t.Helper()
	for _, s := range words {
		if !strings.Contains(p.body, s) {
			t.Errorf("%s (%d) does not say %q", p.path, p.status, s)
		}
	}
}

func (p page) hasNot(t testing.TB, words ...string) {
	t.Helper()
	for _, s := range words {
		if strings.Contains(p.body, s) {
			t.Errorf("%s (%d) says %q", p.path, p.status, s)
		}
	}
}

// find returns the first group of a pattern.
func (p page) find(t testing.TB, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("%s has nothing like %s", p.path, pattern)
	}
	return m[1]
}
