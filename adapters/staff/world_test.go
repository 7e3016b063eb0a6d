package staff_test

import (
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"go.uber.org/goleak"

	"kinbridge/adapters/calendar/desk"
	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/adapters/staff"
	"kinbridge/adapters/web"
	"kinbridge/adapters/web/assets"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

func TestMain(m *testing.M) {
	code := storetest.Run(m)
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*http2Transport).newClientConn")); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

// embedded compresses the scripts and style sheets once for all tests.
var embedded = sync.OnceValues(assets.Load)

// cheap keeps the tests quick: the cost of a hash is not what they ask about.
var cheap = people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}

const password = "a long enough password"

// world is a small world behind a real server: one case with everything, another that nobody here works on, and staff of every role.
type world struct {
	t      *testing.T
	e      storetest.Env
	f      *flow.Flow
	bus    *flow.Bus
	url    string
	face   *staff.Staff
	prison people.Agency
	wing   people.Wing
	mother people.Mother
	c      cases.Case // everybody's
	far    cases.Case // another worker's
	anna   people.Contact
	lawyer people.Contact
	staff  map[ids.Role]people.Staff
	secret map[ids.Role]string // for authenticator apps

	official, confidential, privileged, farThread ids.ThreadID
	held                                          ids.HoldID // of a message of the mother's
	heldMessage                                   ids.MessageID
	sent                                          ids.MessageID // of the worker's
	meeting                                       ids.MeetingID
	child                                         ids.ChildID
}

type signer struct{}

func (signer) SignTicket(t meetings.Ticket) (string, error) { return "signed-" + t.ID, nil }

const evil = `<script>alert("x")</script><img src=x onerror=alert(1)>`

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, bus: flow.NewBus(), staff: map[ids.Role]people.Staff{}, secret: map[ids.Role]string{}}
	w.e = storetest.Open(t, store.SQLite, w.bus.Wake)
	skey, _, err := audit.NewKey("test")
	w.must(err)
	records, err := audit.NewRecordSigner(skey)
	w.must(err)
	w.f = flow.New(w.e.Store, w.bus, flow.Config{Calendar: desk.Desk{}, Records: records, MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example", AddressKey: make([]byte, 32),
		SessionKey: []byte("a session key of thirty-two bytes"), PasswordCost: cheap, Tickets: signer{}, Files: &flowtest.Files{},
		Mail: intake.Reader{Resolver: mailauth.Static{TXT: map[string][]string{"anytown.example": {"v=spf1 ip4:192.0.2.1 -all"}, "hale.example": {"v=spf1 ip4:192.0.2.1 -all"}}}}, Now: w.e.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	w.seed()
	flowtest.CheckFiles(t, w.e.Store, w.f, w.e.Clock.Now)
	faults := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	words, err := i18n.Load()
	w.must(err)
	built, err := embedded()
	w.must(err)
	site, err := web.New(web.Config{Assets: built, Words: words, Log: faults, Now: w.e.Clock.Now})
	w.must(err)
	face, err := staff.New(staff.Config{Site: site, Now: w.e.Clock.Now, Log: slog.New(slog.DiscardHandler)}, w.f)
	w.must(err)
	w.face = face
	server := httptest.NewServer(face.Handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) seed() {
	w.t.Helper()
	ctx, root := w.t.Context(), ids.System("test")
	agency := func(kind people.AgencyKind, name, domain string) people.Agency {
		id, err := w.f.CreateAgency(ctx, root, kind, name, domain)
		w.must(err)
		return people.Agency{ID: id, Kind: kind, Name: name, Domain: domain}
	}
	pact := agency(people.Charity, "Pact", "pact.example")
	w.prison = agency(people.Establishment, "HMP Fernhill", "fernhill.example")
	council, firm := agency(people.Authority, "Anytown Council", "anytown.example"), agency(people.LawFirm, "Hale & Co", "hale.example")
	wing, err := w.f.CreateWing(ctx, root, w.prison.ID, "A wing")
	w.must(err)
	w.wing = people.Wing{ID: wing, Establishment: w.prison.ID, Name: "A wing"}
	for _, s := range []struct {
		role ids.Role
		name string
		of   people.Agency
	}{{ids.RolePactWorker, "Wendy Pryce", pact}, {ids.RoleFamilyWorker, "Faye Ellis", pact}, {ids.RoleOffenderManager, "Owen Mann", w.prison}, {ids.RoleWingOfficer, "Olive Ward", w.prison},
		{ids.RolePublicProtection, "Petra Prior", w.prison}, {ids.RoleAdministrator, "Ada Minter", pact}} {
		n := flow.NewStaff{Email: strings.ToLower(strings.Fields(s.name)[0]) + "@" + s.of.Domain, Name: s.name, Role: s.role, Agency: s.of.ID, Password: password}
		id, secret, err := w.f.CreateStaff(ctx, root, n)
		w.must(err)
		w.staff[s.role], w.secret[s.role] = people.Staff{ID: id, Email: n.Email, Name: n.Name, Role: n.Role, Agency: n.Agency}, secret
	}
	other, _, err := w.f.CreateStaff(ctx, root, flow.NewStaff{Email: "zoe@pact.example", Name: "Zoe Other", Role: ids.RolePactWorker, Agency: pact.ID, Password: password})
	w.must(err)
	w.anna.ID, err = w.f.CreateContact(ctx, root, council.ID, "Anna Quill", "anna@anytown.example", people.AllocatedWorker, "directory")
	w.must(err)
	w.lawyer.ID, err = w.f.CreateContact(ctx, root, firm.ID, "Lena Law", "lena@hale.example", people.Solicitor, "directory")
	w.must(err)
	w.mother = w.newMother("Mair Hughes", "A1234BC")
	second := w.newMother("Nia Far", "A2345CD")
	team := []ids.StaffID{w.worker().ID}
	for _, role := range []ids.Role{ids.RoleFamilyWorker, ids.RoleOffenderManager} {
		team = append(team, w.staff[role].ID)
	}
	id, kids, err := w.f.CreateCase(ctx, root, flow.NewCase{Reference: "KB-1001", Mother: w.mother.ID, Worker: w.worker().ID, Team: team,
		Children: []cases.Child{{Name: "Tomos", Born: "2019-05-04", Authority: council.ID}}})
	w.must(err)
	w.c, w.child = cases.Case{ID: id}, kids[0].ID
	id, _, err = w.f.CreateCase(ctx, root, flow.NewCase{Reference: "KB-2002", Mother: second.ID, Worker: other})
	w.must(err)
	w.far = cases.Case{ID: id}
	w.seedThreads(council, firm, second)
	w.meeting, err = w.f.CreateMeeting(ctx, w.worker().Actor(), flow.NewMeeting{Case: w.c.ID, Kind: meetings.LookedAfterReview, Title: "Review " + evil,
		Starts: w.e.Clock.Now().Add(10 * time.Minute), Ends: w.e.Clock.Now().Add(70 * time.Minute), Guests: []ids.ContactID{w.anna.ID}})
	w.must(err)
}

func (w *world) newMother(name, number string) people.Mother {
	w.t.Helper()
	n := flow.NewMother{Name: name, PrisonerNumber: number, Establishment: w.prison.ID, Wing: w.wing.ID, Language: "cy"}
	id, _, err := w.f.CreateMother(w.t.Context(), ids.System("test"), n)
	w.must(err)
	return people.Mother{ID: id, Name: name, PrisonerNumber: number, Establishment: w.prison.ID, Wing: w.wing.ID}
}

// seedThreads puts a thread of every channel into the case, with a held and a sent message in the official one.
func (w *world) seedThreads(council, firm people.Agency, second people.Mother) {
	w.t.Helper()
	add := func(c ids.CaseID, m ids.MotherID, ch threads.Channel, of ids.AgencyID, subject string, parties ...threads.Party) ids.ThreadID {
		t := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: c, Channel: ch, Agency: of, Subject: subject}
		w.must(w.e.Store.Write(w.t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
			err := tx.AddThread(t, append(parties, threads.Party{Kind: threads.PartyMother, ID: string(m)}))
			for _, p := range parties {
				_, e := tx.ReplyAddress(t.ID, ids.ContactID(p.ID))
				err = errors.Join(err, e)
			}
			return audit.ThreadOpened(c, t.ID, string(ch)), err
		}))
		return t.ID
	}
	w.official = add(w.c.ID, w.mother.ID, threads.Official, council.ID, "Review of the plan "+evil, threads.Party{Kind: threads.PartyContact, ID: string(w.anna.ID)})
	w.confidential = add(w.c.ID, w.mother.ID, threads.Confidential, "", "Just us")
	w.privileged = add(w.c.ID, w.mother.ID, threads.Privileged, firm.ID, "Appeal", threads.Party{Kind: threads.PartyContact, ID: string(w.lawyer.ID)})
	w.farThread = add(w.far.ID, second.ID, threads.Official, council.ID, "Elsewhere", threads.Party{Kind: threads.PartyContact, ID: string(w.anna.ID)})
	out, err := w.f.Compose(w.t.Context(), ids.MotherActor(w.mother.ID), flow.NewMessage{Thread: w.official, Body: "Pryd mae’r cyfarfod? " + evil, IdemKey: "m1"})
	w.must(err)
	if out.State != messages.Held {
		w.t.Fatalf("the mother's message is %s", out.State)
	}
	w.heldMessage = out.Message
	out, err = w.f.Compose(w.t.Context(), w.worker().Actor(), flow.NewMessage{Thread: w.official, Body: "The review is on Monday.", IdemKey: "s1",
		Files: []store.NewFile{{Attachment: messages.Attachment{ID: ids.New[ids.AttachmentID](ids.Attachment), Name: "../pl\"an.html", MediaType: "text/html"}, Content: []byte(evil)}}})
	w.must(err)
	w.sent = out.Message
	holds, err := w.f.Holds(w.t.Context(), w.worker().Actor())
	w.must(err)
	w.held = holds[0].ID
}

func (w *world) worker() people.Staff { return w.staff[ids.RolePactWorker] }

// client is a browser of somebody who is signed in.
type client struct {
	w    *world
	http *http.Client
	lang string
}

func (w *world) browser() *client {
	jar, err := cookiejar.New(nil)
	w.must(err)
	c := &client{w: w, lang: "en", http: &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	w.t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// as signs somebody in through the form.
func (w *world) as(role ids.Role) *client {
	w.t.Helper()
	return w.signedIn(w.staff[role].Email, w.secret[role], "/")
}

// signedIn signs somebody in who then comes to a page.
func (w *world) signedIn(email, secret, location string) *client {
	w.t.Helper()
	c := w.browser()
	code, err := totp.GenerateCode(secret, w.e.Clock.Now())
	w.must(err)
	a := c.post("/sign-in", url.Values{"email": {email}, "password": {password}, "code": {code}})
	if a.status != http.StatusSeeOther || a.location != location {
		w.t.Fatalf("%s could not sign in: %d %s\n%s", email, a.status, a.location, a.text)
	}
	w.e.Clock.Advance(30 * time.Second) // a code works once
	return c
}

type answer struct {
	status   int
	location string
	body     string // as sent
	text     string // unescaped, without tags
	header   http.Header
}

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

func (c *client) do(r *http.Request) answer {
	c.w.t.Helper()
	r.Header.Set("Accept-Language", c.lang)
	res, err := c.http.Do(r)
	c.w.must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	c.w.must(err)
	if strings.Contains(string(b), "[staff.") || strings.Contains(string(b), "[common.") || strings.Contains(string(b), "ZgotmplZ") {
		c.w.t.Errorf("%s %s lacks words or has a value out of place", r.Method, r.URL.Path)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(b), strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(string(b), " "))), " "), res.Header}
}

func (c *client) get(path string) answer {
	c.w.t.Helper()
	r, err := http.NewRequestWithContext(c.w.t.Context(), http.MethodGet, c.w.url+path, nil)
	c.w.must(err)
	return c.do(r)
}

func (c *client) request(path string, form url.Values) *http.Request {
	c.w.t.Helper()
	r, err := http.NewRequestWithContext(c.w.t.Context(), http.MethodPost, c.w.url+path, strings.NewReader(form.Encode()))
	c.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (c *client) post(path string, form url.Values) answer {
	c.w.t.Helper()
	return c.do(c.request(path, form))
}

func (c *client) want(a answer, status int, words ...string) {
	c.w.t.Helper()
	if a.status != status {
		c.w.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	for _, word := range words {
		if !strings.Contains(a.text, word) {
			c.w.t.Errorf("%q is not on the page: %s", word, a.text)
		}
	}
}
