package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kinbridge/adapters/mailbox"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// The demo's people and places are invented; its domains are example domains (RFC 2606).
var demoAgencies = []struct {
	key, name, domain string
	kind              people.AgencyKind
	wings             []string
}{
	{"pact", "Pact", "pact.example", people.Charity, nil},
	{"fenbrook", "HMP Fenbrook", "fenbrook.example", people.Establishment, []string{"A wing", "B wing"}},
	{"larkfield", "HMP Larkfield", "larkfield.example", people.Establishment, []string{"A wing"}},
	{"northvale", "Northvale County Council", "northvale.example", people.Authority, nil},
	{"southmere", "Southmere Borough Council", "southmere.example", people.Authority, nil},
	{"harrow", "Harrow Lane Solicitors", "harrowlane.example", people.LawFirm, nil},
	{"elmtree", "Elm Tree Primary School", "elmtree.example", people.School, nil},
}

var demoStaff = []struct {
	key, email, name string
	role             ids.Role
	agency, wing     string
}{
	{"rhian", "rhian.price@pact.example", "Rhian Price", ids.RolePactWorker, "pact", ""},
	{"dana", "dana.okoro@pact.example", "Dana Okoro", ids.RolePactWorker, "pact", ""},
	{"moira", "moira.finch@pact.example", "Moira Finch", ids.RoleFamilyWorker, "pact", ""},
	{"paul", "paul.stead@fenbrook.example", "Paul Stead", ids.RoleOffenderManager, "fenbrook", ""},
	{"asha", "asha.lind@larkfield.example", "Asha Lind", ids.RoleOffenderManager, "larkfield", ""},
	{"officer", "kit.marsh@fenbrook.example", "Kit Marsh", ids.RoleWingOfficer, "fenbrook", "A wing"},
	{"officer2", "jo.vale@larkfield.example", "Jo Vale", ids.RoleWingOfficer, "larkfield", "A wing"},
	{"protection", "sam.thorne@fenbrook.example", "Sam Thorne", ids.RolePublicProtection, "fenbrook", ""},
	{"admin", "admin@pact.example", "Alex Moor", ids.RoleAdministrator, "pact", ""},
	{"nell", "nell.archer@pact.example", "Nell Archer", ids.RolePactWorker, "pact", ""},
}

// demoSecond are the appointments that somebody has besides: she signs in once and chooses.
var demoSecond = []struct {
	key, email, workEmail string
	role                  ids.Role
	agency                string
}{
	{"nell-larkfield", "nell.archer@pact.example", "nell.archer@larkfield.example", ids.RoleOffenderManager, "larkfield"},
}

var demoContacts = []struct {
	key, agency, name, email string
	role                     people.ContactRole
}{
	{"hannah", "northvale", "Hannah Cole", "hannah.cole@northvale.example", people.AllocatedWorker},
	{"idris", "northvale", "Idris Bell", "idris.bell@northvale.example", people.ReviewingOfficer},
	{"leah", "southmere", "Leah Quist", "leah.quist@southmere.example", people.AllocatedWorker},
	{"priya", "southmere", "Priya Shaw", "priya.shaw@southmere.example", people.AllocatedWorker},
	{"owen", "harrow", "Owen Tate", "owen.tate@harrowlane.example", people.Solicitor},
	{"pia", "elmtree", "Pia Lund", "pia.lund@elmtree.example", people.SchoolLead},
}

var demoMothers = []struct {
	key, name, number, prison, wing, lang, pin string
	reference, worker                          string
	team                                       []string
	children                                   []cases.Child // Authority holds the agency's key
}{
	{"maya", "Maya Reed", "A1001AA", "fenbrook", "A wing", "en", "204816", "KB-1001", "rhian", []string{"moira", "paul"},
		[]cases.Child{{Name: "Ella Reed", Born: "2016-03-04", Authority: "northvale"}, {Name: "Tom Reed", Born: "2019-09-21", Authority: "southmere"}}},
	{"carys", "Carys Bevan", "A1002BB", "fenbrook", "A wing", "cy", "135790", "KB-1002", "rhian", []string{"paul"},
		[]cases.Child{{Name: "Nia Bevan", Born: "2014-11-30", Authority: "northvale"}}},
	{"joanna", "Joanna Sims", "A1003CC", "fenbrook", "B wing", "en", "864209", "KB-1003", "rhian", []string{"paul", "nell"},
		[]cases.Child{{Name: "Rory Sims", Born: "2021-06-15", Authority: "southmere"}}},
	{"leanne", "Leanne Ward", "A1004DD", "larkfield", "A wing", "en", "112358", "KB-1004", "dana", []string{"rhian", "asha", "nell-larkfield"},
		[]cases.Child{{Name: "Jack Ward", Born: "2012-01-09", Authority: "southmere"}, {Name: "Amy Ward", Born: "2018-05-02", Authority: "southmere"}}},
}

var demoThreads = []struct {
	key, mother, subject string
	channel              threads.Channel
	contacts, children   []string
	staff                []string
}{
	{"ella", "maya", "Ella's school and her next review", threads.Official, []string{"hannah"}, []string{"Ella Reed"}, nil},
	{"tom", "maya", "Tom's placement", threads.Official, []string{"leah"}, []string{"Tom Reed"}, nil},
	{"maya-pact", "maya", "Talking to Pact", threads.Confidential, nil, nil, []string{"rhian"}},
	{"maya-law", "maya", "Advice from your solicitor", threads.Privileged, []string{"owen"}, nil, nil},
	{"nia", "carys", "Nia and letters home", threads.Official, []string{"hannah"}, []string{"Nia Bevan"}, nil},
	{"rory", "joanna", "Rory's nursery", threads.Official, []string{"leah"}, []string{"Rory Sims"}, nil},
	{"joanna-pact", "joanna", "Talking to Pact", threads.Confidential, nil, nil, []string{"rhian"}},
	{"jack", "leanne", "Jack and Amy: core group", threads.Official, []string{"leah"}, []string{"Jack Ward", "Amy Ward"}, nil},
	{"amy", "leanne", "Amy's new school", threads.Official, []string{"priya"}, []string{"Amy Ward"}, nil},
}

// demoPassword is every demo account's; the codes differ.
const demoPassword = "demo-password-2026"

// demoWorld makes the world, or reads what an earlier start made.
func demoWorld(ctx context.Context, s *service) (ready, error) {
	path := filepath.Join(s.Config.Dir, "demo.json")
	var r ready
	b, err := os.ReadFile(path)
	if err == nil {
		return r, json.Unmarshal(b, &r)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	d := newDemoMaker(ctx, s)
	for _, step := range []func() error{d.places, d.people, d.families, d.conversations, d.regimes, d.kiosks, d.firstWords, d.firstAsk, d.olderAsks, d.firstMeeting,
		d.review, d.transfer, d.restrictions, d.firstRequests, d.clocks, d.after, d.beforeMeetings, d.hardNews, d.hasLeft, d.invitation, d.askedTimes, d.token} {
		if err := step(); err != nil {
			return r, fmt.Errorf("making the demo world: %w", err)
		}
	}
	if b, err = json.Marshal(d.r); err != nil {
		return r, err
	}
	return d.r, writeWhole(path, b)
}

func newDemoMaker(ctx context.Context, s *service) *demoMaker {
	return &demoMaker{ctx: ctx, s: s, f: s.Flow, op: ids.System("demo"), agencies: map[string]ids.AgencyID{}, wings: map[string]ids.WingID{},
		staff: map[string]ids.StaffID{}, contacts: map[string]ids.ContactID{}, emails: map[string]string{}, mothers: map[string]ids.MotherID{},
		cases: map[string]ids.CaseID{}, children: map[string]ids.ChildID{}, threads: map[string]ids.ThreadID{}}
}

type demoMaker struct {
	ctx      context.Context
	s        *service
	f        *flow.Flow
	op       ids.Actor
	r        ready
	agencies map[string]ids.AgencyID
	wings    map[string]ids.WingID // "fenbrook/A wing"
	staff    map[string]ids.StaffID
	contacts map[string]ids.ContactID
	emails   map[string]string
	mothers  map[string]ids.MotherID
	cases    map[string]ids.CaseID
	children map[string]ids.ChildID
	threads  map[string]ids.ThreadID
}

func (d *demoMaker) places() error {
	return d.placesOf(func(people.AgencyKind) bool { return true })
}

// placesOf makes the places of some kinds, with their wings.
func (d *demoMaker) placesOf(which func(people.AgencyKind) bool) (err error) {
	for _, a := range demoAgencies {
		if !which(a.kind) {
			continue
		}
		if d.agencies[a.key], err = d.f.CreateAgency(d.ctx, d.op, a.kind, a.name, a.domain); err != nil {
			return err
		}
		for _, w := range a.wings {
			if d.wings[a.key+"/"+w], err = d.f.CreateWing(d.ctx, d.op, d.agencies[a.key], w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demoMaker) staffPeople() error {
	for _, p := range demoStaff {
		id, secret, err := d.f.CreateStaff(d.ctx, d.op, flow.NewStaff{Email: p.email, Name: p.name, Role: p.role, Agency: d.agencies[p.agency],
			Wing: d.wings[p.agency+"/"+p.wing], Password: demoPassword})
		if err != nil {
			return err
		}
		d.staff[p.key] = id
		d.r.Staff = append(d.r.Staff, readyStaff{Email: p.email, Name: p.name, Password: demoPassword, TOTPSecret: secret, Role: string(p.role)})
	}
	for _, p := range demoSecond {
		id, _, err := d.f.CreateStaff(d.ctx, d.op, flow.NewStaff{Email: p.email, Role: p.role, Agency: d.agencies[p.agency], WorkEmail: p.workEmail, Known: true})
		if err != nil {
			return err
		}
		d.staff[p.key] = id
		for i := range d.r.Staff {
			if d.r.Staff[i].Email == p.email {
				d.r.Staff[i].Also = string(p.role)
			}
		}
	}
	return nil
}

func (d *demoMaker) people() error {
	if err := d.staffPeople(); err != nil {
		return err
	}
	for _, c := range demoContacts {
		id, err := d.f.CreateContact(d.ctx, d.op, d.agencies[c.agency], c.name, c.email, c.role, "directory")
		if err != nil {
			return err
		}
		d.contacts[c.key], d.emails[c.key] = id, c.email
	}
	return nil
}

func (d *demoMaker) families() error {
	for _, m := range demoMothers {
		id, pin, err := d.f.CreateMother(d.ctx, d.op, flow.NewMother{Name: m.name, PrisonerNumber: m.number, Establishment: d.agencies[m.prison],
			Wing: d.wings[m.prison+"/"+m.wing], Language: m.lang, PIN: m.pin})
		if err != nil {
			return err
		}
		d.mothers[m.key] = id
		kids := make([]cases.Child, len(m.children))
		for i, k := range m.children {
			kids[i] = k
			kids[i].Authority = d.agencies[string(k.Authority)]
		}
		var team []ids.StaffID
		for _, t := range m.team {
			team = append(team, d.staff[t])
		}
		c, made, err := d.f.CreateCase(d.ctx, d.op, flow.NewCase{Reference: m.reference, Mother: id, Worker: d.staff[m.worker], Team: team, Children: kids})
		if err != nil {
			return err
		}
		d.cases[m.key] = c
		for _, k := range made {
			d.children[k.Name] = k.ID
		}
		d.r.Mothers = append(d.r.Mothers, readyMother{Name: m.name, PIN: pin, CaseID: string(c)})
	}
	return nil
}

// as is a member of staff acting.
func (d *demoMaker) as(key string) ids.Actor {
	for _, p := range demoStaff {
		if p.key == key {
			return ids.Actor{Kind: ids.ActorStaff, ID: string(d.staff[key]), Role: p.role, Agency: d.agencies[p.agency]}
		}
	}
	panic("no such demo person: " + key)
}

func (d *demoMaker) workerOf(mother string) ids.Actor {
	for _, m := range demoMothers {
		if m.key == mother {
			return d.as(m.worker)
		}
	}
	panic("no such demo mother: " + mother)
}

func (d *demoMaker) conversations() error {
	for _, t := range demoThreads {
		in := flow.NewThread{Case: d.cases[t.mother], Channel: t.channel, Subject: t.subject}
		for _, c := range t.contacts {
			in.Contacts = append(in.Contacts, d.contacts[c])
		}
		for _, k := range t.children {
			in.Children = append(in.Children, d.children[k])
		}
		for _, p := range t.staff {
			in.WithStaff = append(in.WithStaff, d.staff[p])
		}
		id, err := d.f.OpenThread(d.ctx, d.workerOf(t.mother), in)
		if err != nil {
			return err
		}
		d.threads[t.key] = id
		row := readyThread{ID: string(id), CaseID: string(in.Case), Channel: string(t.channel)}
		if len(t.contacts) > 0 {
			row.LAEmail = d.emails[t.contacts[0]]
			if row.ReplyAddress, err = d.f.ReplyAddress(d.ctx, id, in.Contacts[0]); err != nil {
				return err
			}
		}
		d.r.Threads = append(d.r.Threads, row)
	}
	return nil
}

// firstAsk asks an authority for an answer, and says how the duty teams of two are reached.
func (d *demoMaker) firstAsk() error {
	for _, key := range []string{"northvale", "southmere"} {
		duty := directory.Duty{Email: "duty@" + key + ".example", Phone: "01632 960001", Domains: []string{key + ".example"}}
		if err := d.f.SetDuty(d.ctx, d.op, string(d.agencies[key]), duty); err != nil {
			return err
		}
	}
	for _, t := range demoThreads {
		if t.channel == threads.Official && len(t.contacts) > 0 {
			_, err := d.f.SetAsk(d.ctx, d.workerOf(t.mother), d.threads[t.key], d.f.AskDay(), "demo")
			return err
		}
	}
	return nil
}

func (d *demoMaker) kiosks() error {
	for _, a := range demoAgencies {
		for _, w := range a.wings {
			code, err := d.f.IssueKioskCode(d.ctx, d.op, d.agencies[a.key], d.wings[a.key+"/"+w], a.name+" "+w)
			if err != nil {
				return err
			}
			d.r.Kiosks = append(d.r.Kiosks, readyKiosk{EnrolCode: code, Establishment: a.name, Wing: w})
		}
	}
	return nil
}

// firstWords puts something into the conversations by the ways that people use: the staff site, the kiosk, and real mail.
func (d *demoMaker) firstWords() error {
	say := func(a ids.Actor, thread, key, body string) error {
		_, err := d.f.Compose(d.ctx, a, flow.NewMessage{Thread: d.threads[thread], Body: body, IdemKey: "demo-" + key})
		return err
	}
	mother := func(key string) ids.Actor { return ids.MotherActor(d.mothers[key]) }
	return errors.Join(
		say(d.as("rhian"), "ella", "1", "Hello Hannah. Maya is at HMP Fenbrook and can be reached here. She would like to be part of Ella's next review. Please reply to this email with the date."),
		say(d.as("rhian"), "maya-pact", "2", "Hello Maya. This is a private conversation with me. Prison staff cannot see it. Write to me here when you want to."),
		say(mother("maya"), "ella", "3", "Please can you tell me how Ella is getting on at her new school? Can I see her school report?"),
		say(d.as("dana"), "jack", "4", "Hello Leah. The core group for Jack and Amy is due. Leanne would like to join by video. Which days suit you?"),
		d.mail("hannah", "nia", "Letter", "", "Carys, Nia has written you a letter and made a drawing. I will send them to Pact this week.\n\nShe is well and asks about you.\n\nHannah Cole\nChildren's social worker\nNorthvale County Council"),
	)
}

// mail delivers an email as a council's server would: the gateway cannot tell it from one. more are header lines of its own, each with its CRLF.
func (d *demoMaker) mail(from, thread, subject, more, body string) error {
	to, err := d.f.ReplyAddress(d.ctx, d.threads[thread], d.contacts[from])
	if err != nil {
		return err
	}
	email := d.emails[from]
	raw := fmt.Sprintf("From: %s\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <demo-%s@%s>\r\n%sMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		email, to, subject, time.Now().Format(time.RFC1123Z), ids.Secret(8), people.Domain(email), more, strings.ReplaceAll(body, "\n", "\r\n"))
	_, err = d.f.AcceptMail(d.ctx, store.Envelope{MailFrom: email, Rcpt: to, RemoteIP: "127.0.0.1", Helo: people.Domain(email)}, []byte(raw))
	return err
}

// hasLeft has an authority's worker answer that she has left: a handover is proposed, and waits for Leanne's worker to confirm it.
func (d *demoMaker) hasLeft() error {
	if _, err := d.f.Compose(d.ctx, d.as("dana"), flow.NewMessage{Thread: d.threads["amy"], IdemKey: "demo-left",
		Body: "Hello Priya. Leanne would like to know which school Amy starts at in January."}); err != nil {
		return err
	}
	return d.mail("priya", "amy", "Automatic reply: Amy's new school", "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n",
		"I have left Southmere Borough Council. Please contact Gethin Lowe at gethin.lowe@southmere.example, who has taken over my cases.")
}

// firstMeeting plans a meeting that is open now, so that it can be tried at once.
func (d *demoMaker) firstMeeting() error {
	now := time.Now().Truncate(5 * time.Minute)
	id, err := d.f.CreateMeeting(d.ctx, d.as("rhian"), flow.NewMeeting{Case: d.cases["maya"], Kind: meetings.LookedAfterReview, Title: "Ella's review", About: []ids.ChildID{d.children["Ella Reed"]},
		Starts: now, Ends: now.Add(3 * time.Hour), Guests: []ids.ContactID{d.contacts["hannah"]}, IdemKey: "demo"})
	d.r.Meetings = append(d.r.Meetings, readyMeeting{ID: string(id), CaseID: string(d.cases["maya"])})
	return err
}

// restrictions puts one in force that public protection is to look at today.
func (d *demoMaker) restrictions() error {
	today := d.s.Store.Today()
	_, err := d.f.AddRestriction(d.ctx, d.as("protection"), flow.NewRestriction{Case: d.cases["joanna"], Kind: cases.NoPictures, Source: "court_order",
		Children: []ids.ChildID{d.children["Rory Sims"]}, From: today, Review: today, Told: true, IdemKey: "demo"})
	return err
}

func (d *demoMaker) token() (err error) {
	d.r.APIToken, err = d.f.IssueToken(d.ctx, d.op, "demo", d.staff["rhian"], time.Now().AddDate(0, 1, 0))
	return err
}

// demoWriters are those at whose desks the pretend mailbox can sit.
func demoWriters() []mailbox.Person {
	var out []mailbox.Person
	for _, c := range demoContacts {
		out = append(out, mailbox.Person{Name: c.name, Email: c.email})
	}
	return out
}
