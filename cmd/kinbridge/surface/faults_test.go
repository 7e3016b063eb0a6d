package surface_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// fault is a wall that falls: a rule of the book, or something between the use cases and a face, or in the mail. who are those whose look must find it.
type fault struct {
	name  string
	who   func(person) bool
	rule  func() (undo func())
	faces func(*world) behind
	mail  postman
	still bool // only what moves tells of it
}

// spoil changes the rule of a chapter that has a name; the change is undone afterwards.
func spoil(act policy.Act, name string, change func(*policy.Rule)) func() func() {
	return func() func() {
		for _, c := range policy.Book() {
			for i := range c.Rules {
				if c.Act == act && c.Rules[i].Rule == name {
					whole := c.Rules
					c.Rules = slices.Clone(whole)
					change(&c.Rules[i])
					return func() { c.Rules = whole }
				}
			}
		}
		panic("there is no rule " + name + " in " + string(act))
	}
}

func letThrough(r *policy.Rule) { r.Decision, r.For = policy.Decision{Effect: policy.Allow}, nil }
func tell(r *policy.Rule)       { r.Effect = policy.Deny }

// never has a rule that conceals never apply.
func never(r *policy.Rule) { r.When = func(*policy.Facts) bool { return false } }

func named(names ...string) func(person) bool {
	return func(p person) bool { return slices.Contains(names, p.name) }
}
func mothers(p person) bool { return p.Kind == ids.ActorMother }
func anybody(person) bool   { return true }

// Faults between the use cases and the faces.

type seesAllCases struct{ *flow.Flow }

func (f seesAllCases) Cases(ctx context.Context, _ ids.Actor) ([]flow.CaseRow, error) {
	return f.Flow.Cases(ctx, current.by("pact2").Actor)
}

type saysItExists struct{ *flow.Flow }

func (f saysItExists) Meeting(ctx context.Context, a ids.Actor, id ids.MeetingID) (flow.MeetingView, error) {
	v, err := f.Flow.Meeting(ctx, a, id)
	if current.m.meets[id] != nil && ids.KindOf(err) == ids.NotFound {
		return v, ids.E(ids.Forbidden, "This meeting is not yours.")
	}
	return v, err
}

type namesInErrors struct{ *flow.Flow }

func (f namesInErrors) Case(ctx context.Context, a ids.Actor, id ids.CaseID) (flow.CaseView, error) {
	v, err := f.Flow.Case(ctx, a, id)
	if c := current.m.cases[id]; c != nil && err != nil {
		return v, ids.E(ids.Forbidden, "You do not work with %s.", c.mother.Name)
	}
	return v, err
}

type looseLog struct{ *flow.Flow }

func (f looseLog) AuditTimeline(ctx context.Context, a ids.Actor, c ids.CaseID, before int64, limit int) (p flow.AuditPage, err error) {
	if p, err = f.Flow.AuditTimeline(ctx, a, c, before, limit); err != nil {
		return p, err
	}
	entries, seqs, err := current.env.Store.AuditEntries(ctx, store.AuditQuery{Case: c, Before: before, Limit: limit})
	p.Rows = nil
	for i, e := range entries {
		p.Rows = append(p.Rows, flow.AuditRow{Seq: seqs[i], Entry: e, ActorName: "somebody"})
	}
	return p, err
}

type movesList struct{ *flow.Flow }

func (f movesList) Cases(ctx context.Context, a ids.Actor) ([]flow.CaseRow, error) {
	rows, err := f.Flow.Cases(ctx, a)
	for i := range rows {
		for _, s := range current.m.says {
			if s.Case == rows[i].ID {
				rows[i].Holds++ // counts what is not for her
			}
		}
	}
	return rows, err
}

type lendsThreads struct{ *flow.Flow }

func (f lendsThreads) KioskThreads(ctx context.Context, a ids.Actor) (out []flow.KioskThread, err error) {
	for _, x := range current.families {
		ts, err := f.Flow.KioskThreads(ctx, ids.MotherActor(x.mother))
		if err != nil {
			return nil, err
		}
		out = append(out, ts...)
	}
	return out, nil
}

type offersAll struct{ *flow.Flow }

func (f offersAll) KioskMothers(context.Context, ids.Actor) (out []flow.KioskMother, err error) {
	for _, c := range current.m.cases {
		out = append(out, flow.KioskMother{ID: c.mother.ID, Name: c.mother.Name})
	}
	return out, nil
}

type pushesAll struct{ *flow.Flow }

func (f pushesAll) Feed(ctx context.Context, a ids.Actor, after int64, limit int) ([]flow.KioskItem, error) {
	items, err := f.Flow.Feed(ctx, a, after, limit)
	for _, t := range current.m.talks {
		if !t.followedBy(person{Actor: a}) && len(items) > 0 {
			items[0].Thread = t.ID
		}
	}
	return items, err
}

type tellingLink struct{ *flow.Flow }

func (f tellingLink) GuestLanding(ctx context.Context, link string) (flow.GuestLanding, error) {
	l, err := f.Flow.GuestLanding(ctx, link)
	for _, c := range current.people3() {
		l.Organisation += " for " + c
	}
	return l, err
}

// people3 are the children's names.
func (w *world) people3() (out []string) {
	for _, c := range w.m.cases {
		for _, k := range c.kids {
			out = append(out, k.Name)
		}
	}
	return out
}

// current is the world of the faults: one at a time.
var current *world

func staffFace(f func(*flow.Flow) behind) func(*world) behind {
	return func(w *world) behind { return f(w.f) }
}

var faults = []fault{
	{name: "privileged conversations are open to whoever knows of the case", who: named("pact1", "pom1"), rule: spoil(policy.ReadThread, "privileged_wall", letThrough)},
	{name: "confidential conversations are open to prison staff", who: named("pom1", "pp1", "pom2", "pp2"), rule: spoil(policy.ReadThread, "confidential_wall", letThrough)},
	{name: "a confidential conversation is refused and not concealed", who: named("pom1", "pp1"), rule: spoil(policy.ReadThread, "confidential_wall", tell)},
	{name: "everybody may know of a case", who: named("officerA", "pact3", "pom2"), rule: spoil(policy.SeeCase, "not_on_team", letThrough)},
	{name: "a case is refused and not concealed", who: named("officerA", "pact2", "pom2"), rule: spoil(policy.SeeCase, "not_on_team", tell)},
	{name: "what waits for review is read by everybody in the conversation", who: mothers, rule: spoil(policy.ReadMessage, "not_released", letThrough)},
	{name: "she is shown what is to be read together", who: mothers, rule: spoil(policy.ReadMessage, "read_together", letThrough)},
	{name: "she learns of a conversation that begins quietly", who: mothers, rule: spoil(policy.ReadThread, "begins_together", never)},
	{name: "meetings with her supporter are known to the prison", who: named("pom1", "pp1", "pp2"), rule: spoil(policy.SeeMeeting, "private_wall", letThrough)},
	{name: "women of other wings are offered at a kiosk", who: func(p person) bool { return p.Kind == ids.ActorKiosk }, faces: staffFace(func(f *flow.Flow) behind { return behind{f, offersAll{f}, f} })},
	{name: "the list of cases is another worker's", who: named("pact1", "pom2"), faces: staffFace(func(f *flow.Flow) behind { return behind{seesAllCases{f}, f, f} })},
	{name: "a meeting that is not hers has words of its own", who: named("officerA", "pact1", "pact2"), faces: staffFace(func(f *flow.Flow) behind { return behind{saysItExists{f}, f, f} })},
	{name: "an error names the mother", who: named("officerB", "pact1", "pact2"), faces: staffFace(func(f *flow.Flow) behind { return behind{namesInErrors{f}, f, f} })},
	{name: "the audit log has no wall", who: named("pact1", "pact2", "admin"), faces: staffFace(func(f *flow.Flow) behind { return behind{looseLog{f}, f, f} })},
	{name: "a count has what she may not know of", who: named("pom1", "pp1", "pp2", "pom2"), still: true, faces: staffFace(func(f *flow.Flow) behind { return behind{movesList{f}, f, f} })},
	{name: "the kiosk lists another woman's conversations", who: mothers, faces: staffFace(func(f *flow.Flow) behind { return behind{f, lendsThreads{f}, f} })},
	{name: "the kiosk's socket brings what she may not know of", who: mothers, faces: staffFace(func(f *flow.Flow) behind { return behind{f, pushesAll{f}, f} })},
	{name: "a guest's link names the children", who: person.outside, faces: staffFace(func(f *flow.Flow) behind { return behind{f, f, tellingLink{f}} })},
	{name: "a mail's subject has the child's name", who: anybody, mail: func(m flow.OutMail) flow.OutMail { m.Subject += " " + current.people3()[0]; return m }},
	{name: "a mail names the other authority", who: anybody, mail: func(m flow.OutMail) flow.OutMail {
		for _, o := range current.outside {
			m.Text += "\nCopied to " + o.email
		}
		return m
	}},
}

// TestSeededLeaksAreFound lets one wall after the other fall, and has those look who must find it.
func TestSeededLeaksAreFound(t *testing.T) {
	w := begun(t, store.SQLite, 5, nil)
	current = w
	for _, f := range w.families { // a conversation that begins quietly, and a message to be read together in one that she knows
		_, err := w.f.OpenThread(t.Context(), w.pactOf(f).Actor, flow.NewThread{Case: f.id, Channel: threads.Official, Subject: w.word(), Together: true, Children: []ids.ChildID{w.m.cases[f.id].kids[0].ID},
			Contacts: []ids.ContactID{w.contactOf(w.m.cases[f.id].kids[0].Authority)}})
		w.said(*w.pactOf(f), err)
		for _, x := range w.talksOf(f) {
			if x.Channel == threads.Official && !x.Quiet {
				_, err := w.f.Compose(t.Context(), w.pactOf(f).Actor, flow.NewMessage{Thread: x.ID, Body: w.word(), IdemKey: w.word(), Together: true})
				w.said(*w.pactOf(f), err)
			}
		}
		at := w.env.Clock.Now().Add(20 * time.Minute)
		_, err = w.f.CreateMeeting(t.Context(), w.pactOf(f).Actor, flow.NewMeeting{Case: f.id, Kind: meetings.CoreGroup, Title: w.word(), Starts: at, Ends: at.Add(time.Hour), Guests: []ids.ContactID{w.contactOf(w.m.cases[f.id].kids[0].Authority)}})
		w.said(*w.pactOf(f), err)
	}
	w.work()
	w.look()
	if w.fail(5); t.Failed() {
		return
	}
	for _, x := range faults {
		t.Run(x.name, func(t *testing.T) {
			undo := func() {}
			if x.rule != nil {
				undo = x.rule()
			}
			defer func() { undo(); w.letter, w.reports = nil, nil; w.mount(real(w.f)) }()
			if x.faces != nil {
				w.mount(x.faces(w))
			}
			w.letter, w.after = x.mail, x.name
			for range 6 {
				if x.mail != nil { // what is wrong with mail is seen in mail: there must be some
					for range 5 {
						w.everybodyWrites()
					}
					w.look()
				} else {
					w.lookWho(x.who, 25, 40, x.still)
				}
				if len(w.reports) > 0 {
					t.Logf("found: %s", short(w.reports[0]))
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

// everybodyWrites has each woman and her worker write somewhere, and what they wrote go its way.
func (w *world) everybodyWrites() {
	for _, f := range w.families {
		w.write(f)
		w.sheWrites(f)
	}
	w.work()
}

func (w *world) contactOf(a ids.AgencyID) ids.ContactID {
	for _, o := range w.outside {
		if o.agency == a {
			return o.id
		}
	}
	return ""
}
