package surface_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
)

const (
	domain    = "in.kinbridge.example"
	publicURL = "http://kinbridge.example"
	planName  = "zqplanname"
)

// marker is what every secret carries: a word that nothing else has in it.
// A mother's prisoner number is one in its own form.
var marker = regexp.MustCompile(`(?i)\b(?:zq[a-z]{8}|a[1-3]37[1-3]qz)\b`)

// person is anybody who looks at a surface.
type person struct {
	ids.Actor
	name   string // in a report
	wing   ids.WingID
	email  string
	token  string       // of the API; "" = none
	prison ids.AgencyID // of a kiosk: where it stands
}

// family is a mother with her case. Everything else of it is read from the store.
type family struct {
	mother ids.MotherID
	id     ids.CaseID
	pin    string
	number string
}

// world is a whole gateway in one process, with everybody around it.
type world struct {
	t     testing.TB
	rnd   *rand.Rand
	env   storetest.Env
	bus   *flow.Bus
	f     *flow.Flow
	faces *faces
	made  int

	pact, north, south ids.AgencyID
	wingA, wingB, wing ids.WingID // two of the north, one of the south
	authorities        []ids.AgencyID
	outside            []outsider
	staff              []*person
	kiosks             []kioskAt
	families           []*family
	inbound            []ids.InboundID
	plainFiles         map[ids.AttachmentID]string
	plainMails         map[ids.InboundID]string
	links              links

	pages    []route // of the faces for people
	apiAll   []route
	apiLists []string
	letter   postman // a fault in mail; nil = none

	m                       *model
	guesses, stills, wanted int    // what was compared
	after                   string // the last step, for a report
	reports                 []string
	seen                    map[string]bool // what has been shown to whom it may be shown: the other side of the test
}

// outsider is somebody at an organisation outside.
type outsider struct {
	id     ids.ContactID
	agency ids.AgencyID
	email  string
	lawyer bool
}

type kioskAt struct {
	prison ids.AgencyID
	wing   ids.WingID
	actor  ids.Actor
	secret string
}

// links are what emails gave to people outside.
type links struct {
	guests, pages, polls map[string]ids.ContactID // the link's token → who was sent it
	codes                map[ids.ContactID]string // the newest code mailed to her
}

// word makes a marker.
func (w *world) word() string {
	w.made++
	b := []byte("zqaaaaaaaa")
	for i, n := len(b)-1, w.made*7919; i > 1 && n > 0; i-- {
		b[i] = byte('a' + n%26)
		n /= 26
	}
	b[2] = byte('b' + w.rnd.IntN(20))
	return string(b)
}

// name is a marker as a name has it.
func (w *world) name() string { s := w.word(); return "Z" + s[1:] }

func (w *world) pick(n int) int        { return w.rnd.IntN(n) }
func (w *world) chance(one int) bool   { return w.rnd.IntN(one) == 0 }
func choose[T any](w *world, of []T) T { return of[w.rnd.IntN(len(of))] }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var operator = ids.System("test")

type tickets struct{}

func (tickets) SignTicket(t meetings.Ticket) (string, error) { return "signed-" + t.ID, nil }

// newWorld builds the places and the people; nothing has happened yet.
func newWorld(t testing.TB, engine store.Engine, seed uint64) *world {
	t.Helper()
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 4)), bus: flow.NewBus(), plainFiles: map[ids.AttachmentID]string{}, plainMails: map[ids.InboundID]string{}, seen: map[string]bool{},
		links: links{guests: map[string]ids.ContactID{}, pages: map[string]ids.ContactID{}, polls: map[string]ids.ContactID{}, codes: map[ids.ContactID]string{}}}
	w.env = storetest.Open(t, engine, w.bus.Wake)
	key, _, err := audit.NewKey("test.example/records")
	if err != nil {
		t.Fatal(err)
	}
	w.f = flow.New(w.env.Store, w.bus, flow.Config{MailDomain: domain, AddressKey: []byte("an address key of thirty-two byte"), SessionKey: []byte("a session key of thirty-two bytes"), PublicURL: publicURL,
		Mail: flowtest.Mail{}, Files: &flowtest.Files{}, Records: must(audit.NewRecordSigner(key))(t), Tickets: tickets{}, Support: flow.SupportConfig{PlanName: planName},
		PasswordCost: people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}, Now: w.env.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	ctx := t.Context()
	agency := func(k people.AgencyKind, name, domain string) ids.AgencyID {
		return must(w.f.CreateAgency(ctx, operator, k, name, domain))(t)
	}
	w.pact, w.north, w.south = agency(people.Charity, "Pact", "pact.example"), agency(people.Establishment, "HMP Northgate", "northgate.example"), agency(people.Establishment, "HMP Southgate", "southgate.example")
	wing := func(e ids.AgencyID, name string) ids.WingID { return must(w.f.CreateWing(ctx, operator, e, name))(t) }
	w.wingA, w.wingB, w.wing = wing(w.north, "A"), wing(w.north, "B"), wing(w.south, "C")
	w.people()
	w.outsiders(agency)
	w.mothers()
	for _, at := range []kioskAt{{prison: w.north, wing: w.wingA}, {prison: w.north, wing: w.wingB}, {prison: w.south, wing: w.wing}} {
		code := must(w.f.IssueKioskCode(ctx, w.by("admin").Actor, at.prison, at.wing, "By the servery"))(t)
		cred := must(w.f.EnrolKiosk(ctx, code))(t)
		k := must(w.f.KioskBySecret(ctx, cred.Secret))(t)
		at.secret, at.actor = cred.Secret, k.Actor()
		w.kiosks = append(w.kiosks, at)
	}
	w.look()
	return w
}

func (w *world) people() {
	for _, s := range []struct {
		name string
		role ids.Role
		of   ids.AgencyID
		wing ids.WingID
	}{{"pact1", ids.RolePactWorker, w.pact, ""}, {"pact2", ids.RolePactWorker, w.pact, ""}, {"pact3", ids.RolePactWorker, w.pact, ""}, {"few1", ids.RoleFamilyWorker, w.pact, ""},
		{"few2", ids.RoleFamilyWorker, w.south, ""}, {"pom1", ids.RoleOffenderManager, w.north, ""}, {"pom2", ids.RoleOffenderManager, w.south, ""},
		{"officerA", ids.RoleWingOfficer, w.north, w.wingA}, {"officerB", ids.RoleWingOfficer, w.north, w.wingB}, {"officerC", ids.RoleWingOfficer, w.south, w.wing},
		{"pp1", ids.RolePublicProtection, w.north, ""}, {"pp2", ids.RolePublicProtection, w.south, ""}, {"admin", ids.RoleAdministrator, w.pact, ""}} {
		p := &person{name: s.name, wing: s.wing, email: s.name + "@staff.example"}
		id, _, err := w.f.CreateStaff(w.t.Context(), operator, flow.NewStaff{Email: p.email, Name: "Staff " + s.name, Role: s.role, Agency: s.of, Wing: s.wing, Password: "a password of some length"})
		p.Actor = ids.Actor{Kind: ids.ActorStaff, ID: string(must(id, err)(w.t)), Role: s.role, Agency: s.of}
		p.token = must(w.f.IssueToken(w.t.Context(), operator, "a system", id, w.env.Clock.Now().AddDate(0, 6, 0)))(w.t)
		w.staff = append(w.staff, p)
	}
}

func (w *world) by(name string) *person {
	for _, p := range w.staff {
		if p.name == name {
			return p
		}
	}
	w.t.Fatalf("there is no %s", name)
	return nil
}

func (w *world) outsiders(agency func(people.AgencyKind, string, string) ids.AgencyID) {
	add := func(of ids.AgencyID, at string, r people.ContactRole) {
		o := outsider{agency: of, email: w.word() + "@" + at, lawyer: r == people.Solicitor}
		o.id = must(w.f.CreateContact(w.t.Context(), operator, of, w.name(), o.email, r, "directory"))(w.t)
		w.outside = append(w.outside, o)
	}
	for _, at := range []string{"anytown.example", "brook.example", "carr.example"} {
		la := agency(people.Authority, w.name()+" Council", at)
		w.authorities = append(w.authorities, la)
		add(la, at, people.AllocatedWorker)
		add(la, at, people.TeamManager)
	}
	add(agency(people.School, w.name()+" School", "school.example"), "school.example", people.SchoolLead)
	add(agency(people.LawFirm, w.name()+" & Co", "hale.example"), "hale.example", people.Solicitor)
	add(agency(people.LawFirm, w.name()+" LLP", "peel.example"), "peel.example", people.Solicitor)
}

// mothers are three: two at the north on two wings, one at the south. Pact's workers carry one family each, and share nothing.
func (w *world) mothers() {
	for i, s := range []struct {
		prison ids.AgencyID
		wing   ids.WingID
		worker string
		team   []string
		kids   []int
	}{{w.north, w.wingA, "pact1", []string{"pact3", "few1", "pom1"}, []int{0, 1}}, {w.south, w.wing, "pact2", []string{"few2", "pom2"}, []int{1, 2}}, {w.north, w.wingB, "pact2", []string{"pom1"}, []int{0}}} {
		f := &family{number: "A" + string(rune('1'+i)) + "37" + string(rune('1'+i)) + "QZ"}
		var err error
		if f.mother, f.pin, err = w.f.CreateMother(w.t.Context(), operator, flow.NewMother{Name: w.name(), PrisonerNumber: f.number, Establishment: s.prison, Wing: s.wing, Language: []string{"en", "cy", "en"}[i]}); err != nil {
			w.t.Fatal(err)
		}
		n := flow.NewCase{Reference: "KB-" + w.word(), Mother: f.mother, Worker: w.by(s.worker).StaffID()}
		for _, name := range s.team {
			n.Team = append(n.Team, w.by(name).StaffID())
		}
		for _, la := range s.kids {
			n.Children = append(n.Children, cases.Child{Name: w.name(), Born: "2019-05-04", Authority: w.authorities[la]})
		}
		if f.id, _, err = w.f.CreateCase(w.t.Context(), operator, n); err != nil {
			w.t.Fatal(err)
		}
		w.families = append(w.families, f)
	}
}

// report keeps a finding; a test prints them at the end, and a fault hunt asks whether there are any.
func (w *world) report(format string, args ...any) {
	if len(w.reports) < 40 {
		w.reports = append(w.reports, "after "+w.after+": "+sprintf(format, args...))
	}
}

// said looks at what a use case answered somebody: the words of an error are a surface too, and a fault of ours is a finding.
func (w *world) said(who person, err error) {
	if err == nil {
		return
	}
	if k := ids.KindOf(err); k == ids.Internal && !errors.Is(err, context.Canceled) {
		w.report("%s was answered with a fault of ours: %v", who.name, err)
	}
	w.scan(who, "an error's words", ids.Public(err), nil)
}

// receive has an email arrive from somebody outside and be read.
func (w *world) receive(rcpt string, m flow.ReadMail) {
	raw, err := json.Marshal(m)
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := w.f.AcceptMail(w.t.Context(), store.Envelope{MailFrom: m.From, Rcpt: rcpt, RemoteIP: "192.0.2.1", Helo: "mx.example"}, raw)
	if err != nil {
		if ids.KindOf(err) == ids.Internal {
			w.report("mail could not be accepted: %v", err)
		}
		return
	}
	w.inbound, w.plainMails[in] = append(w.inbound, in), rcpt+" "+m.From+" "+m.Subject+" "+m.Text
	for _, f := range m.Files {
		w.plainMails[in] += " " + f.Name
	}
}

// noon moves on by whole days; a working day's noon is as good an hour as any.
func (w *world) later(d time.Duration) { w.env.Clock.Advance(d) }

func lower(s string) string { return strings.ToLower(s) }
