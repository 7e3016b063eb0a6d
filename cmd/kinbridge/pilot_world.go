package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// makePilot makes the pilot's world in a fresh database, before anything is served: two years of it, day after day on a clock of its own, so that the audit log's times are in order. What was
// written and met is stored as it would be, without the mail that went to and fro.
func makePilot(ctx context.Context, cfg Config, seed uint64) (r ready, err error) {
	now := time.Now()
	m := &pilotMaker{plan: planPilot(seed), rng: rand.New(rand.NewPCG(seed, 2)), today: workdays.Of(now), cal: workdays.EnglandAndWales()}
	m.clock = m.today.Plus(-760).At(9, 0)
	w, err := openWorldAt(ctx, cfg, func() time.Time { return m.clock })
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	m.d = newDemoMaker(ctx, &service{world: w})
	for _, step := range []func() error{m.d.pilotPlaces, m.d.staffPeople, m.bodies, m.history} {
		if err := step(); err != nil {
			return r, fmt.Errorf("making the pilot's world: %w", err)
		}
	}
	m.clock = now
	for _, step := range []func() error{m.d.kiosks, m.addresses, m.d.token} {
		if err := step(); err != nil {
			return r, fmt.Errorf("making the pilot's world: %w", err)
		}
	}
	b, err := json.Marshal(m.d.r)
	if err != nil {
		return r, err
	}
	if err := w.seal(ctx); err != nil {
		return r, err
	}
	return m.d.r, writeWhole(filepath.Join(cfg.Dir, "demo.json"), b)
}

// pilotMaker makes it. clock is the time that the store and the use cases see.
type pilotMaker struct {
	d      *demoMaker
	plan   pilotPlan
	rng    *rand.Rand
	today  workdays.Day
	cal    *workdays.Calendar
	clock  time.Time
	days   map[workdays.Day][]pilotEvent
	living []pilotThread // of the open cases
}

// pilotEvent is something that happens on a day; its entry goes with the others of that day.
type pilotEvent func(tx *store.Tx) (audit.Entry, error)

// on has something happen on a day, unless that day is not over.
func (m *pilotMaker) on(day workdays.Day, do pilotEvent) {
	if day < m.today {
		m.days[day] = append(m.days[day], do)
	}
}

// pilotPlaces are Pact and the prisons, as in the small demo: the authorities are the plan's.
func (d *demoMaker) pilotPlaces() error {
	return d.placesOf(func(k people.AgencyKind) bool { return k == people.Charity || k == people.Establishment })
}

// bodies enters the authorities and their social workers.
func (m *pilotMaker) bodies() error {
	return m.d.s.Store.Write(m.d.ctx, m.d.op, func(tx *store.Tx) (e audit.Entry, err error) {
		for _, b := range m.plan.authorities {
			a := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: b.name, Domain: b.domain}
			if err := tx.AddAgency(a); err != nil {
				return e, err
			}
			m.d.agencies[b.key] = a.ID
			if e.Kind != "" {
				tx.Also(e)
			}
			e = audit.AgencyCreated(a.ID)
		}
		for _, f := range m.plan.families {
			for _, w := range f.workers {
				c := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: m.d.agencies[m.plan.authorities[w.authority].key], Name: w.name, Email: w.email, Role: people.AllocatedWorker,
					Verified: "directory", VerifiedAt: tx.Now()}
				if err := tx.AddContact(c); err != nil {
					return e, err
				}
				m.d.contacts[w.key], m.d.emails[w.key] = c.ID, c.Email
				tx.Also(audit.ContactAdded(c.ID))
			}
		}
		return e, nil
	})
}

// history gathers what happened in each case, then lets the days pass.
func (m *pilotMaker) history() error {
	m.days = map[workdays.Day][]pilotEvent{}
	for i := range m.plan.families {
		m.family(i)
	}
	days := make([]workdays.Day, 0, len(m.days))
	for d := range m.days {
		days = append(days, d)
	}
	slices.Sort(days)
	for _, day := range days {
		m.clock = day.At(16, 0)
		if err := m.pass(m.days[day]); err != nil {
			return err
		}
	}
	return nil
}

// pass makes a day's changes in one transaction.
func (m *pilotMaker) pass(events []pilotEvent) error {
	return m.d.s.Store.Write(m.d.ctx, m.d.op, func(tx *store.Tx) (first audit.Entry, err error) {
		for i, do := range events {
			e, err := do(tx)
			if err != nil {
				return first, err
			}
			if i == 0 {
				first = e
			} else {
				tx.Also(e)
			}
		}
		return first, nil
	})
}

// pilotCase is one case while its history is drawn.
type pilotCase struct {
	pilotFamily
	id       ids.CaseID
	mother   ids.MotherID
	worker   ids.Actor
	kids     []cases.Child
	from, to workdays.Day // the days on which something can happen
	threads  []pilotThread
	wing     ids.WingID
	pinHash  string
}

type pilotThread struct {
	threads.Thread
	with pilotWorker
	to   ids.ContactID
}

// family draws the history of one case.
func (m *pilotMaker) family(i int) {
	f := m.plan.families[i]
	c := &pilotCase{pilotFamily: f, id: ids.New[ids.CaseID](ids.Case), mother: ids.New[ids.MotherID](ids.Mother), worker: m.d.as(pilotCaseOwner[f.prison]), from: m.today.Plus(-f.opened), to: m.today.Plus(-1)}
	if f.closed > 0 {
		c.to = m.today.Plus(-f.closed)
	}
	homes := map[int]string{}
	for _, k := range f.children {
		if k.home > 0 && homes[k.home] == "" {
			homes[k.home] = ids.Secret(5)
		}
		child := cases.Child{ID: ids.New[ids.ChildID](ids.Child), Case: c.id, Name: k.name + " " + lastName(f.name), Born: m.today.Plus(-k.age).String(), Relation: k.relation, Home: homes[k.home]}
		if k.authority >= 0 {
			child.Authority = m.d.agencies[m.plan.authorities[k.authority].key]
		}
		c.kids = append(c.kids, child)
	}
	for _, w := range f.workers {
		t := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: c.id, Channel: threads.Official, Agency: m.d.agencies[m.plan.authorities[w.authority].key], Subject: "How the children are"}
		for _, k := range c.kids {
			if k.Authority == t.Agency {
				t.Children = append(t.Children, k.ID)
			}
		}
		c.threads = append(c.threads, pilotThread{t, w, m.d.contacts[w.key]})
	}
	m.entered(c)
	m.on(c.from, func(tx *store.Tx) (audit.Entry, error) { return audit.CaseCreated(c.id, c.mother), m.open(tx, c) })
	for _, t := range c.threads {
		m.talk(c, t)
	}
	m.meetingsOf(c)
	m.goalsOf(c)
	if f.closed > 0 {
		m.on(c.to, func(tx *store.Tx) (audit.Entry, error) {
			her, err := tx.Mother(tx.Context(), c.mother)
			if err != nil {
				return audit.Entry{}, err
			}
			her.Custody, her.CustodySince = people.Released, tx.Now()
			return audit.CaseChanged(c.id, "closed"), errors.Join(tx.PlaceMother(her), tx.CloseCase(c.id))
		})
	}
}

// entered draws her wing and PIN, and tells those of whoever tries the demo: of the open cases.
func (m *pilotMaker) entered(c *pilotCase) {
	prison := pilotPrisons[c.prison]
	c.wing, c.pinHash = m.d.wings[prison+"/A wing"], closedPIN
	if other, ok := m.d.wings[prison+"/B wing"]; ok && m.rng.IntN(2) == 0 {
		c.wing = other
	}
	if c.closed > 0 {
		return
	}
	pin := fmt.Sprintf("%06d", 100_000+m.rng.IntN(900_000))
	c.pinHash = people.HashSecret(pin, people.DefaultCost)
	m.d.r.Mothers = append(m.d.r.Mothers, readyMother{Name: c.name, PIN: pin, CaseID: string(c.id)})
	m.living = append(m.living, c.threads...)
}

// addresses tells where to write to the conversations of open cases.
func (m *pilotMaker) addresses() error {
	for _, t := range m.living {
		to, err := m.d.f.ReplyAddress(m.d.ctx, t.ID, t.to)
		if err != nil {
			return err
		}
		m.d.r.Threads = append(m.d.r.Threads, readyThread{ID: string(t.ID), CaseID: string(t.Case), Channel: string(t.Channel), ReplyAddress: to, LAEmail: t.with.email})
	}
	return nil
}

func lastName(full string) string {
	for i := len(full) - 1; i > 0; i-- {
		if full[i] == ' ' {
			return full[i+1:]
		}
	}
	return full
}

// closedPIN is the hash of a PIN that nobody knows, of the women whose cases are closed: they are at no kiosk.
var closedPIN = people.HashSecret(ids.Secret(20), people.Cost{Passes: 1, MemoryKiB: 64, Threads: 1})

// open enters the woman with her case, children, team and conversations.
func (m *pilotMaker) open(tx *store.Tx, c *pilotCase) error {
	if err := tx.AddMother(people.Mother{ID: c.mother, Name: c.name, PrisonerNumber: c.number, Establishment: m.d.agencies[pilotPrisons[c.prison]], Wing: c.wing, Language: c.lang}, c.pinHash); err != nil {
		return err
	}
	tx.Also(audit.MotherCreated(c.mother))
	if err := tx.AddCase(cases.Case{ID: c.id, Reference: c.reference, Mother: c.mother, Worker: c.worker.StaffID()}); err != nil {
		return err
	}
	for _, who := range [][]string{{"moira", "paul"}, {"asha"}}[c.prison] {
		if err := tx.AddToTeam(c.id, m.d.staff[who]); err != nil {
			return err
		}
	}
	for _, k := range c.kids {
		if err := tx.AddChild(k); err != nil {
			return err
		}
		tx.Also(audit.ChildAdded(c.id, k.ID))
	}
	for _, t := range c.threads {
		parties := []threads.Party{{Kind: threads.PartyMother, ID: string(c.mother)}, {Kind: threads.PartyContact, ID: string(t.to)}}
		if err := tx.AddThread(t.Thread, parties); err != nil {
			return err
		}
		if _, err := tx.ReplyAddress(t.ID, t.to); err != nil {
			return err
		}
		tx.Also(audit.ThreadOpened(c.id, t.ID, string(t.Channel)))
	}
	return nil
}

// workday is the working day on or after so many days into the case; 0 when the case is closed by then.
func (m *pilotMaker) workday(c *pilotCase, in int) workdays.Day {
	day := m.cal.Add(c.from.Plus(in), 0)
	if day > c.to {
		return 0
	}
	return day
}

// answerTime draws how many working days somebody takes: most answer soon, and some very late.
func (m *pilotMaker) answerTime(slow int) int {
	return int(m.rng.ExpFloat64()*float64(slow)) + m.rng.IntN(2)
}
