package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/goleak"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is two families, who work with one each, and a server.
type world struct {
	t       *testing.T
	e       storetest.Env
	f       *flow.Flow
	url     string
	log     *bytes.Buffer
	api     *API
	mother  people.Mother
	c, far  ids.CaseID
	anna    ids.ContactID
	thread  ids.ThreadID // official, with Anna
	other   ids.ThreadID // of the other family
	lawyers ids.ThreadID // privileged, of the first family
	worker  string       // tokens
	pom     string
	admin   string
	staff   map[string]people.Staff
}

type signer struct{}

func (signer) SignTicket(t meetings.Ticket) (string, error) { return "signed-" + t.ID, nil }

// mails reads what the tests put in: one line with the sender, then the text.
type mails struct{}

func (mails) Read(_ context.Context, raw []byte, _ store.Envelope) flow.ReadMail {
	from, text, _ := strings.Cut(string(raw), "\n")
	return flow.ReadMail{Kind: flow.MailMessage, From: from, FromHeaders: 1, Subject: "Hello", Text: text, MessageID: ids.Secret(4) + "@test.example", Proof: flow.SenderProof{Verified: true, Reasons: []string{"SPF passed."}}}
}

func newWorld(t *testing.T, cfg Config) *world {
	t.Helper()
	e := storetest.Open(t, store.SQLite)
	w := &world{t: t, e: e, log: &bytes.Buffer{}, staff: map[string]people.Staff{}}
	skey, _, err := audit.NewKey("test.example/records")
	if err != nil {
		t.Fatal(err)
	}
	records, err := audit.NewRecordSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	w.f = flow.New(e.Store, flow.NewBus(), flow.Config{Records: records, MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example", AddressKey: make([]byte, 32),
		SessionKey: make([]byte, 32), Tickets: signer{}, Mail: mails{}, Files: &flowtest.Files{}, Now: e.Clock.Now})
	w.seed()
	cfg.Log, cfg.Now = slog.New(slog.NewTextHandler(w.log, nil)), e.Clock.Now
	a, err := New(cfg, w.f)
	if err != nil {
		t.Fatal(err)
	}
	w.api = a
	s := httptest.NewServer(a.Handler())
	t.Cleanup(s.Close)
	w.url = s.URL + Prefix
	return w
}

func (w *world) seed() {
	w.t.Helper()
	agency := func(kind people.AgencyKind, name, domain string) people.Agency {
		return people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: kind, Name: name, Domain: domain}
	}
	pact, prison := agency(people.Charity, "Pact", "pact.example"), agency(people.Establishment, "HMP Fernhill", "fernhill.example")
	council, firm := agency(people.Authority, "Anytown Council", "anytown.example"), agency(people.LawFirm, "Hale & Co", "hale.example")
	wing := people.Wing{ID: ids.New[ids.WingID](ids.Wing), Establishment: prison.ID, Name: "A"}
	for key, s := range map[string]people.Staff{"worker": {Role: ids.RolePactWorker, Agency: pact.ID, Name: "Wendy Pryce"}, "other": {Role: ids.RolePactWorker, Agency: pact.ID, Name: "Olive Grant"},
		"pom": {Role: ids.RoleOffenderManager, Agency: prison.ID, Name: "Pat Moss"}, "protection": {Role: ids.RolePublicProtection, Agency: prison.ID, Name: "Sam Thorne"}, "admin": {Role: ids.RoleAdministrator, Agency: pact.ID, Name: "Alex Moor"}} {
		s.ID, s.Email = ids.New[ids.StaffID](ids.Staff), key+"@pact.example"
		w.staff[key] = s
	}
	anna := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: council.ID, Name: "Anna Quill", Email: "anna@anytown.example", Role: people.AllocatedWorker, Verified: "test"}
	lawyer := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: firm.ID, Name: "Lara Hale", Email: "lara@hale.example", Role: people.Solicitor, Verified: "test"}
	w.anna = anna.ID
	w.mother = people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Mair Hughes", PrisonerNumber: "A1234BC", Establishment: prison.ID, Wing: wing.ID, Language: "cy"}
	second := people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Jo Sims", PrisonerNumber: "A1234BD", Establishment: prison.ID, Wing: wing.ID, Language: "en"}
	w.c, w.far = ids.New[ids.CaseID](ids.Case), ids.New[ids.CaseID](ids.Case)
	w.thread, w.other, w.lawyers = ids.New[ids.ThreadID](ids.Thread), ids.New[ids.ThreadID](ids.Thread), ids.New[ids.ThreadID](ids.Thread)
	err := w.e.Store.Write(w.t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
		var errs []error
		for _, a := range []people.Agency{pact, prison, council, firm} {
			errs = append(errs, tx.AddAgency(a))
		}
		errs = append(errs, tx.AddWing(wing), tx.AddMother(w.mother, "x"), tx.AddMother(second, "x"), tx.AddContact(anna), tx.AddContact(lawyer))
		for _, s := range w.staff {
			errs = append(errs, tx.AddStaff(s, store.StaffSecret{PasswordHash: "x"}))
		}
		mum := threads.Party{Kind: threads.PartyMother, ID: string(w.mother.ID)}
		errs = append(errs, tx.AddCase(cases.Case{ID: w.c, Reference: "KB-1001", Mother: w.mother.ID, Worker: w.staff["worker"].ID}),
			tx.AddCase(cases.Case{ID: w.far, Reference: "KB-1002", Mother: second.ID, Worker: w.staff["other"].ID}),
			tx.AddToTeam(w.c, w.staff["worker"].ID), tx.AddToTeam(w.c, w.staff["pom"].ID), tx.AddToTeam(w.far, w.staff["other"].ID),
			tx.AddChild(cases.Child{ID: ids.New[ids.ChildID](ids.Child), Case: w.c, Name: "Tomos", Born: "2016-03-04", Authority: council.ID}),
			tx.AddThread(threads.Thread{ID: w.thread, Case: w.c, Channel: threads.Official, Agency: council.ID, Subject: "Review"}, []threads.Party{mum, {Kind: threads.PartyContact, ID: string(anna.ID)}}),
			tx.AddThread(threads.Thread{ID: w.lawyers, Case: w.c, Channel: threads.Privileged, Agency: firm.ID, Subject: "Appeal"}, []threads.Party{mum, {Kind: threads.PartyContact, ID: string(lawyer.ID)}}),
			tx.AddThread(threads.Thread{ID: w.other, Case: w.far, Channel: threads.Official, Subject: "School"}, []threads.Party{{Kind: threads.PartyMother, ID: string(second.ID)}}))
		if _, err := tx.ReplyAddress(w.thread, anna.ID); err != nil {
			errs = append(errs, err)
		}
		return audit.CaseCreated(w.c, w.mother.ID), errors.Join(errs...)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.worker, w.pom, w.admin = w.token("worker", time.Hour), w.token("pom", time.Hour), w.token("admin", time.Hour)
}

func (w *world) token(of string, life time.Duration) string {
	w.t.Helper()
	token, err := w.f.IssueToken(w.t.Context(), ids.System("test"), "test", w.staff[of].ID, w.e.Clock.Now().Add(life))
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// say puts a message of the mother into the thread; it waits for review.
func (w *world) say(text string) ids.MessageID {
	w.t.Helper()
	c, err := w.f.Compose(w.t.Context(), ids.MotherActor(w.mother.ID), flow.NewMessage{Thread: w.thread, Body: text, IdemKey: ids.Secret(8)})
	if err != nil || c.State != "held" {
		w.t.Fatal(c, err)
	}
	return c.Message
}

// do sends a request and decodes the answer, which must be JSON, of the right sort and not to be stored.
func (w *world) do(method, path, token, body string, want int, headers ...string) map[string]any {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != want {
		w.t.Fatalf("%s %s: %d, want %d: %s\n%s", method, path, res.StatusCode, want, raw, w.log)
	}
	kind := "application/json"
	if want >= 400 {
		kind = "application/problem+json"
	}
	if path == "/openapi.json" {
		kind = "application/openapi+json"
	}
	if got := res.Header.Get("Content-Type"); got != kind || res.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%s %s: %s %v", method, path, got, res.Header)
	}
	if want == http.StatusUnauthorized && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer ") {
		w.t.Errorf("%s: no WWW-Authenticate", path)
	}
	if want == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "" {
		w.t.Errorf("%s: no Retry-After", path)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
	}
	w.fits(req, want, out)
	if want >= 400 && (out["status"] != float64(want) || out["detail"] == "" || out["title"] == "") {
		w.t.Errorf("%s %s: no whole problem: %s", method, path, raw)
	}
	return out
}

// fits holds an answer to what the OpenAPI document says of it.
func (w *world) fits(req *http.Request, status int, body map[string]any) {
	w.t.Helper()
	_, pattern := w.api.mux.Handler(req)
	method, path, _ := strings.Cut(pattern, " "+Prefix)
	doc := w.api.api.OpenAPI()
	item := doc.Paths[path]
	if item == nil { // the document itself
		return
	}
	op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post}[method]
	res := op.Responses[strconv.Itoa(status)]
	if res == nil {
		w.t.Errorf("%s: the document does not say %d", pattern, status)
		return
	}
	content := res.Content["application/json"]
	if status >= 400 {
		content = res.Content["application/problem+json"]
	}
	if content == nil {
		return // said in words only
	}
	var found huma.ValidateResult
	huma.Validate(doc.Components.Schemas, content.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, body, &found)
	for _, err := range found.Errors {
		w.t.Errorf("%s: the answer is not as documented: %v", pattern, err)
	}
}

func items(v map[string]any) []any { return v["items"].([]any) }

func first(t *testing.T, v map[string]any) map[string]any {
	t.Helper()
	list := items(v)
	if len(list) == 0 {
		t.Fatalf("nothing in the list: %v", v)
	}
	return list[0].(map[string]any)
}
