// Package flowtest builds a small world for tests of the use cases, through the use cases themselves, on either database engine: one mother,
// two authorities of one family, a lawyer, and staff of every role on and off her case.
package flowtest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

// Domain is where the world receives mail.
const Domain = "in.kinbridge.example"

// Password is every member of staff's.
const Password = "a password of some length"

// AddressKey signs the world's reply addresses.
var AddressKey = []byte("an address key of thirty-two byte")

// Operator is who set the world up.
var Operator = ids.System("test")

// World is one small world. Everybody in it is invented.
type World struct {
	Env      storetest.Env
	Flow     *flow.Flow
	Bus      *flow.Bus
	Agencies Agencies
	Wing     ids.WingID
	Staff    Staff
	Contacts Contacts
	Mother   ids.MotherID
	PIN      string
	Case     ids.CaseID
	Children []cases.Child // the first looked after by Anytown, the second by Brookshire
	Threads  Threads
	Files    *Files
	Key      string // the audit log's verifier key, for records of answers
}

// Agencies are the world's bodies.
type Agencies struct{ Pact, Prison, OtherPrison, Anytown, Brookshire, Firm ids.AgencyID }

// Staff are those who sign in. Worker holds the case; StandIn, Family and Manager are on its team; Officer, Protection are at the mother's
// prison and off the team; the others have nothing to do with her.
type Staff struct {
	Worker, StandIn, Family, Manager, Officer, Protection, Admin, OtherWorker, OtherManager Person
}

// Person is a member of staff with what she signs in with.
type Person struct {
	Actor      ids.Actor
	ID         ids.StaffID
	Email      string
	TOTPSecret string
}

// Contacts are people outside: Anna of Anytown, Bea of Brookshire, Lara the lawyer.
type Contacts struct{ Anna, Bea, Lara ids.ContactID }

// Addresses of the contacts.
const (
	AnnaAddress = "anna@anytown.example"
	BeaAddress  = "bea@brookshire.example"
	LaraAddress = "lara@hale.example"
)

// Threads are one of each channel, and an official one with the second authority.
type Threads struct{ Official, Brookshire, Confidential, Privileged ids.ThreadID }

// Each runs the body in a fresh world on SQLite and on PostgreSQL, where every change is made to run twice (see storetest.Twice). The test then runs beside others: nothing that it uses may belong to the whole
// process.
func Each(t *testing.T, body func(t *testing.T, w *World)) {
	t.Helper()
	t.Parallel()
	for _, e := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(e), func(t *testing.T) { body(t, New(t, e, Mail{})) })
	}
}

// New makes a fresh world whose received email is read by mail.
func New(t testing.TB, e store.Engine, mail flow.MailReader) *World {
	t.Helper()
	w := &World{Bus: flow.NewBus(), Files: &Files{}}
	w.Env = storetest.Open(t, e, w.Bus.Wake)
	storetest.Twice(t, w.Env)
	skey, vkey, err := audit.NewKey("test.example/records")
	if err != nil {
		t.Fatal(err)
	}
	w.Key = vkey
	w.Flow = flow.New(w.Env.Store, w.Bus, flow.Config{MailDomain: Domain, Records: must[*audit.RecordSigner](t)(audit.NewRecordSigner(skey)), AddressKey: AddressKey, SessionKey: []byte("a session key of thirty-two bytes"),
		PublicURL: "https://kinbridge.example", Mail: mail, Files: w.Files, Calendar: Calendar{}, PasswordCost: people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}, Now: w.Env.Clock.Now})
	b := builder{t: t, ctx: context.Background(), w: w}
	b.agencies()
	b.staff()
	b.family()
	return w
}

type builder struct {
	t   testing.TB
	ctx context.Context
	w   *World
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (b builder) agencies() {
	agency := func(k people.AgencyKind, name, domain string) ids.AgencyID {
		return must[ids.AgencyID](b.t)(b.w.Flow.CreateAgency(b.ctx, Operator, k, name, domain))
	}
	b.w.Agencies = Agencies{Pact: agency(people.Charity, "Pact", "pact.example"), Prison: agency(people.Establishment, "HMP Fernhill", ""),
		OtherPrison: agency(people.Establishment, "HMP Larkfield", ""), Anytown: agency(people.Authority, "Anytown Council", "anytown.example"),
		Brookshire: agency(people.Authority, "Brookshire Council", "brookshire.example"), Firm: agency(people.LawFirm, "Hale & Co", "hale.example")}
	b.w.Wing = must[ids.WingID](b.t)(b.w.Flow.CreateWing(b.ctx, Operator, b.w.Agencies.Prison, "A wing"))
}

func (b builder) person(name, email string, r ids.Role, at ids.AgencyID) Person {
	b.t.Helper()
	id, secret, err := b.w.Flow.CreateStaff(b.ctx, Operator, flow.NewStaff{Email: email, Name: name, Role: r, Agency: at, Password: Password})
	if err != nil {
		b.t.Fatal(err)
	}
	return Person{ID: id, Email: email, TOTPSecret: secret, Actor: ids.Actor{Kind: ids.ActorStaff, ID: string(id), Role: r, Agency: at, Person: store.PersonOf(id)}}
}

func (b builder) staff() {
	a := b.w.Agencies
	b.w.Staff = Staff{
		Worker:       b.person("Wendy Pryce", "wendy@pact.example", ids.RolePactWorker, a.Pact),
		StandIn:      b.person("Stella Marsh", "stella@pact.example", ids.RolePactWorker, a.Pact),
		Family:       b.person("Fay Dunn", "fay@pact.example", ids.RoleFamilyWorker, a.Pact),
		Manager:      b.person("Pat Moss", "pat@fernhill.example", ids.RoleOffenderManager, a.Prison),
		Officer:      b.person("Olive Grant", "olive@fernhill.example", ids.RoleWingOfficer, a.Prison),
		Protection:   b.person("Petra Lane", "petra@fernhill.example", ids.RolePublicProtection, a.Prison),
		Admin:        b.person("Ada Booth", "ada@pact.example", ids.RoleAdministrator, a.Pact),
		OtherWorker:  b.person("Nell Frost", "nell@pact.example", ids.RolePactWorker, a.Pact),
		OtherManager: b.person("Max Ford", "max@larkfield.example", ids.RoleOffenderManager, a.OtherPrison),
	}
}

func (b builder) family() {
	w, f := b.w, b.w.Flow
	var err error
	if w.Mother, w.PIN, err = f.CreateMother(b.ctx, Operator, flow.NewMother{Name: "Mair Hughes", PrisonerNumber: "A1234BC",
		Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "cy"}); err != nil {
		b.t.Fatal(err)
	}
	if w.Case, w.Children, err = f.CreateCase(b.ctx, Operator, flow.NewCase{Reference: "KB-1001", Mother: w.Mother, Worker: w.Staff.Worker.ID,
		Team:     []ids.StaffID{w.Staff.StandIn.ID, w.Staff.Family.ID, w.Staff.Manager.ID},
		Children: []cases.Child{{Name: "Tomos", Authority: w.Agencies.Anytown}, {Name: "Elin", Authority: w.Agencies.Brookshire}}}); err != nil {
		b.t.Fatal(err)
	}
	contact := func(name, email string, r people.ContactRole, of ids.AgencyID) ids.ContactID {
		return must[ids.ContactID](b.t)(f.CreateContact(b.ctx, Operator, of, name, email, r, "directory"))
	}
	w.Contacts = Contacts{Anna: contact("Anna Quill", AnnaAddress, people.AllocatedWorker, w.Agencies.Anytown),
		Bea:  contact("Bea Stone", BeaAddress, people.AllocatedWorker, w.Agencies.Brookshire),
		Lara: contact("Lara Hale", LaraAddress, people.Solicitor, w.Agencies.Firm)}
	open := func(n flow.NewThread) ids.ThreadID {
		n.Case = w.Case
		return must[ids.ThreadID](b.t)(f.OpenThread(b.ctx, w.Staff.Worker.Actor, n))
	}
	w.Threads = Threads{
		Official: open(flow.NewThread{Channel: threads.Official, Subject: "School place for Tomos", Contacts: []ids.ContactID{w.Contacts.Anna},
			Children: []ids.ChildID{w.Children[0].ID}}),
		Brookshire: open(flow.NewThread{Channel: threads.Official, Subject: "Health check for Elin", Contacts: []ids.ContactID{w.Contacts.Bea},
			Children: []ids.ChildID{w.Children[1].ID}}),
		Confidential: open(flow.NewThread{Channel: threads.Confidential, Subject: "Between us", WithStaff: []ids.StaffID{w.Staff.Worker.ID}}),
		Privileged:   open(flow.NewThread{Channel: threads.Privileged, Subject: "Appeal", Contacts: []ids.ContactID{w.Contacts.Lara}}),
	}
}

// MotherActor is the mother at a kiosk.
func (w *World) MotherActor() ids.Actor { return ids.MotherActor(w.Mother) }

// Say has somebody write in a thread.
func (w *World) Say(t testing.TB, a ids.Actor, th ids.ThreadID, body string) flow.Composed {
	t.Helper()
	return must[flow.Composed](t)(w.Flow.Compose(context.Background(), a, flow.NewMessage{Thread: th, Body: body, IdemKey: ids.Secret(10)}))
}

// HoldOf returns the hold of a message.
func (w *World) HoldOf(t testing.TB, m ids.MessageID) messages.Hold {
	t.Helper()
	return must[messages.Hold](t)(w.Env.Store.HoldOfMessage(context.Background(), m))
}

// Release has the case's worker release a message.
func (w *World) Release(t testing.TB, m ids.MessageID) {
	t.Helper()
	if err := w.Flow.Release(context.Background(), w.Staff.Worker.Actor, w.HoldOf(t, m).ID, ""); err != nil {
		t.Fatal(err)
	}
}

// ReplyAddress is the address by which a contact answers in a thread.
func (w *World) ReplyAddress(t testing.TB, th ids.ThreadID, c ids.ContactID) string {
	t.Helper()
	return must[string](t)(w.Flow.ReplyAddress(context.Background(), th, c))
}

// Take leases every due item of a kind and marks it done.
func (w *World) Take(t testing.TB, kind outbox.Kind) []outbox.Item {
	t.Helper()
	ctx, q := context.Background(), w.Env.Store.Outbox()
	var out []outbox.Item
	for {
		now := w.Env.Clock.Now().Add(time.Second)
		items := must[[]outbox.Item](t)(q.Lease(ctx, []outbox.Kind{kind}, 50, now, now.Add(time.Minute)))
		for _, it := range items {
			if err := q.Settle(ctx, it.ID, outbox.Result{Done: true}); err != nil {
				t.Fatal(err)
			}
		}
		if out = append(out, items...); len(items) == 0 {
			return out
		}
	}
}

// Sent is one email that left.
type Sent struct {
	Delivery ids.DeliveryID
	flow.OutMail
}

// Send takes the email that waits to leave and records that the smarthost has it.
func (w *World) Send(t testing.TB) []Sent {
	t.Helper()
	var out []Sent
	for _, it := range w.Take(t, outbox.MailOut) {
		var s Sent
		if err := json.Unmarshal(it.Payload, &s.Delivery); err != nil {
			t.Fatal(err)
		}
		s.OutMail = must[flow.OutMail](t)(w.Flow.OutgoingMail(context.Background(), s.Delivery))
		if err := w.Flow.MailSent(context.Background(), s.Delivery, false, "250 2.0.0 queued"); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// Mail is the world's reader of received email: its bytes are a flow.ReadMail in JSON.
type Mail struct{}

// Read implements flow.MailReader.
func (Mail) Read(_ context.Context, raw []byte, _ store.Envelope) flow.ReadMail {
	var m flow.ReadMail
	if err := json.Unmarshal(raw, &m); err != nil {
		return flow.ReadMail{Kind: flow.MailRejected, Problem: "damaged"}
	}
	return m
}

// From is an ordinary verified email of somebody.
func From(address, text string) flow.ReadMail {
	return flow.ReadMail{Kind: flow.MailMessage, From: address, FromHeaders: 1, Subject: "Re: Kinbridge message", Text: text,
		MessageID: ids.Secret(10) + "@" + people.Domain(address), Proof: flow.SenderProof{Verified: true, Results: map[string]string{"spf": "pass"}}}
}

// Receive accepts an email and has it read.
func (w *World) Receive(t testing.TB, rcpt string, m flow.ReadMail) store.Inbound {
	t.Helper()
	in := w.Accept(t, rcpt, m)
	w.ReadMail(t)
	return must[store.Inbound](t)(w.Env.Store.Inbound(context.Background(), in))
}

// Accept accepts an email and leaves it unread.
func (w *World) Accept(t testing.TB, rcpt string, m flow.ReadMail) ids.InboundID {
	t.Helper()
	raw := must[[]byte](t)(json.Marshal(m))
	return must[ids.InboundID](t)(w.Flow.AcceptMail(context.Background(), store.Envelope{MailFrom: m.From, Rcpt: rcpt, RemoteIP: "192.0.2.1", Helo: "mx.example"}, raw))
}

// ReadMail handles the accepted email that waits.
func (w *World) ReadMail(t testing.TB) {
	t.Helper()
	for _, it := range w.Take(t, outbox.MailIn) {
		if err := w.Flow.HandleMailIn(context.Background(), it); err != nil {
			t.Fatal(err)
		}
	}
}

// HoldOfMail returns the one open hold of a received email, as the database has it.
func (w *World) HoldOfMail(t testing.TB, in ids.InboundID) messages.Hold {
	t.Helper()
	ctx := context.Background()
	var hs []messages.Hold
	for _, p := range []Person{w.Staff.Worker, w.Staff.Admin} {
		for _, h := range must[[]messages.Hold](t)(w.Env.Store.OpenHolds(ctx, p.ID)) {
			if h.Inbound == in && !slices.ContainsFunc(hs, func(o messages.Hold) bool { return o.ID == h.ID }) {
				hs = append(hs, h)
			}
		}
	}
	if len(hs) != 1 {
		t.Fatalf("%d open holds of the email", len(hs))
	}
	return hs[0]
}

// Entries returns the audit entries of a kind, newest first.
func (w *World) Entries(t testing.TB, kind audit.Kind) []audit.Entry {
	t.Helper()
	all, _, err := w.Env.Store.AuditEntries(context.Background(), store.AuditQuery{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Kind != kind })
}

// VerifyAudit seals the audit log and verifies all of it.
func (w *World) VerifyAudit(t testing.TB) {
	t.Helper()
	skey, vkey, err := audit.NewKey("test.example/audit")
	if err != nil {
		t.Fatal(err)
	}
	seq := must[*audit.Sequencer](t)(audit.NewSequencer(w.Env.Store.AuditLog(), skey))
	for {
		if n := must[int](t)(seq.Integrate(context.Background())); n == 0 {
			break
		}
	}
	if rep := Verify(t, w.Env.Store, vkey); !rep.OK() || rep.Entries == 0 {
		t.Fatalf("the audit log does not verify: %+v", rep)
	}
}

// Verify runs the audit log's verification on a snapshot.
func Verify(t testing.TB, s *store.Store, vkey string) (rep audit.Report) {
	t.Helper()
	keys, err := audit.Verifiers(vkey)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := s.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) (err error) {
		rep, err = audit.Verify(ctx, src, keys)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return rep
}

// Refused fails the test unless err is a refusal of the kind.
func Refused(t testing.TB, err error, k ids.Kind) {
	t.Helper()
	if err == nil || ids.KindOf(err) != k {
		t.Errorf("got %v (%s), want an error of kind %s", err, ids.KindOf(err), k)
	}
}
