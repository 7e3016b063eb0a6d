package flow

import (
	"context"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// CaseRow is a case in a list.
type CaseRow struct {
	cases.Case
	Mother        people.Mother
	Establishment string
	Former        []string // prisoner numbers she had before
	Children      int
	Holds         int       // messages that wait for review and that the actor may review
	LastMessage   time.Time // in threads of which the actor may know
}

// Cases returns the cases an actor may see, by reference.
func (f *Flow) Cases(ctx context.Context, a ids.Actor) ([]CaseRow, error) {
	ctx = store.OnePage(ctx)
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	of := idsOf(cs)
	if err := f.st.AheadOfCases(ctx, a.StaffID(), of); err != nil {
		return nil, err
	}
	activity, err := f.st.OfficialActivity(ctx, of, a.Role)
	if err != nil {
		return nil, err
	}
	former, err := f.st.EveryFormerNumber(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]CaseRow, 0, len(cs))
	for _, v := range cs {
		row := CaseRow{Case: v.Case, Mother: v.mother, Former: former[v.mother.ID]}
		prison, err := f.st.Agency(ctx, v.mother.Establishment)
		if err != nil {
			return nil, err
		}
		kids, err := f.st.Children(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		act := activity[v.ID]
		row.Establishment, row.Children, row.LastMessage = prison.Name, len(kids), act.Last
		if policy.Decide(policy.Facts{Act: policy.Review, Actor: a, Case: v.facts, Thread: policy.ThreadFacts{Channel: threads.Official, HasMother: true, WithAgency: true},
			Review: policy.ReviewFacts{For: a.Role}}).Allowed() {
			row.Holds = act.Holds
		}
		rows = append(rows, row)
	}
	return rows, nil
}

type visibleCase struct {
	cases.Case
	mother people.Mother
	facts  policy.CaseFacts
}

func idsOf(cs []visibleCase) []ids.CaseID {
	out := make([]ids.CaseID, len(cs))
	for i, c := range cs {
		out[i] = c.ID
	}
	return out
}

func (f *Flow) visibleCases(ctx context.Context, a ids.Actor) ([]visibleCase, error) {
	ctx = store.OnePage(ctx)
	candidates, err := f.st.Candidates(ctx, a.StaffID(), a.Agency)
	if err != nil {
		return nil, err
	}
	var out []visibleCase
	for _, c := range candidates {
		cf, err := caseFactsOf(ctx, f.st.Reader, a, c.Case, c.Mother)
		if err != nil {
			return nil, err
		}
		if policy.Decide(policy.Facts{Act: policy.SeeCase, Actor: a, Case: cf}).Allowed() {
			out = append(out, visibleCase{c.Case, c.Mother, cf})
		}
	}
	return out, nil
}

// ChildRow is a child with the name of the authority that looks after her or him.
type ChildRow struct {
	cases.Child
	AuthorityName string
}

// CaseView is a case's page.
type CaseView struct {
	cases.Case
	Mother        people.Mother
	Establishment people.Agency
	Wing          string
	Children      []ChildRow
	Walled        bool // different authorities look after the children
	Team          []people.Staff
	Threads       []ThreadRow
	MayOpen       []threads.Channel // channels on which the actor may begin a thread
	MayPlan       bool              // plan a meeting
	MayReadAudit  bool
	MayResetPIN   bool
	MayPrint      bool // her own record, for her
	MaySeePlan    bool // whether a support plan is open
	Guarding
	Safeguards Safeguards
}

// Guarding is how a case is watched over, for whoever may change it.
type Guarding struct {
	Review                []ReviewLine // who reviews its conversations where they set nothing else
	MaySetReview, MayFlag bool
}

// Safeguards are what a case's page says of restrictions and of the children.
type Safeguards struct {
	MayRead      bool // the restrictions
	MayKeepChild bool
	InForce      int           // restrictions, for who may read them
	Notices      []ChildNotice // for who keeps the children's records
}

// Case returns a case's page and records that it was read.
func (f *Flow) Case(ctx context.Context, a ids.Actor, id ids.CaseID) (CaseView, error) {
	var v CaseView
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return v, err
	}
	v.Case = c
	if v.Mother, err = f.st.Mother(ctx, c.Mother); err != nil {
		return v, err
	}
	cf, err := caseFactsOf(ctx, f.st.Reader, a, c, v.Mother)
	if err != nil {
		return v, err
	}
	facts := policy.Facts{Act: policy.SeeCase, Actor: a, Case: cf}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	if err := f.fillCase(ctx, &v); err != nil {
		return v, err
	}
	if v.Threads, err = f.threadRows(ctx, a, c.ID); err != nil {
		return v, err
	}
	for _, ch := range []threads.Channel{threads.Official, threads.Confidential, threads.Privileged} {
		if policy.Decide(policy.Facts{Act: policy.OpenThread, Actor: a, Case: cf, Thread: policy.ThreadFacts{Channel: ch, HasMother: true}}).Allowed() {
			v.MayOpen = append(v.MayOpen, ch)
		}
	}
	facts.SamePlace, facts.SameWing = cf.SameEstablishment, cf.SameWing
	v.MaySeePlan = allowed(facts, policy.SeeSupport)
	v.MayPlan, v.MayReadAudit, v.MayResetPIN = allowed(facts, policy.PlanMeeting), allowed(facts, policy.ReadAudit), allowed(facts, policy.ResetPIN)
	v.MayPrint = allowed(facts, policy.OwnRecord)
	v.MaySetReview, v.MayFlag = allowed(facts, policy.SetReview), allowed(facts, policy.SetFlags)
	settings, err := f.st.ReviewSettings(ctx, "", id, v.Mother.Establishment)
	if err != nil {
		return v, err
	}
	v.Review = reviewLines(settings, nil)
	if err := f.safeguards(ctx, facts, &v); err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.CaseRead(id), nil })
}

func allowed(f policy.Facts, act policy.Act) bool {
	f.Act = act
	return policy.Decide(f).Allowed()
}

func (f *Flow) fillCase(ctx context.Context, v *CaseView) (err error) {
	if v.Establishment, err = f.st.Agency(ctx, v.Mother.Establishment); err != nil {
		return err
	}
	wings, err := f.st.Wings(ctx, v.Mother.Establishment)
	if err != nil {
		return err
	}
	for _, w := range wings {
		if w.ID == v.Mother.Wing {
			v.Wing = w.Name
		}
	}
	kids, err := f.st.Children(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, k := range kids {
		row := ChildRow{Child: k}
		if k.Authority != "" {
			ag, err := f.st.Agency(ctx, k.Authority)
			if err != nil {
				return err
			}
			row.AuthorityName = ag.Name
		}
		v.Children = append(v.Children, row)
	}
	v.Walled = around{kids: kids}.walled()
	v.Team, err = f.st.Team(ctx, v.ID)
	return err
}

// ThreadRow is a thread in a list. Waiting counts the messages in it that wait for the actor's review.
type ThreadRow struct {
	threads.Thread
	AgencyName string
	Waiting    int
	Unseen     int // for a mother: messages she has not opened
}

// Threads returns the threads of a case that the actor may know of, the most recently used first.
func (f *Flow) Threads(ctx context.Context, a ids.Actor, id ids.CaseID) ([]ThreadRow, error) {
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return nil, err
	}
	if a.Kind != ids.ActorMother || !cf.IsMother {
		if err := f.may(ctx, policy.Facts{Act: policy.SeeCase, Actor: a, Case: cf}, auditID(id)); err != nil {
			return nil, err
		}
	}
	return f.threadRows(ctx, a, id)
}

// threadRows returns the threads of cases that the actor may know of, case by case.
func (f *Flow) threadRows(ctx context.Context, a ids.Actor, of ...ids.CaseID) ([]ThreadRow, error) {
	ctx = store.OnePage(ctx)
	ts, err := f.st.ThreadsOfCases(ctx, of)
	if err != nil {
		return nil, err
	}
	if err := f.st.AheadOfTalk(ctx, a.StaffID(), ts); err != nil {
		return nil, err
	}
	var rows []ThreadRow
	for _, t := range ts {
		o := openThread{Thread: t}
		if err := o.load(ctx, f.st.Reader, a); err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.ReadThread)).Allowed() {
			continue
		}
		row := ThreadRow{Thread: t}
		if t.Agency != "" {
			ag, err := f.st.Agency(ctx, t.Agency)
			if err != nil {
				return nil, err
			}
			row.AgencyName = ag.Name
		}
		if err := f.countThread(ctx, a, o, &row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (f *Flow) countThread(ctx context.Context, a ids.Actor, o openThread, row *ThreadRow) error {
	ms, err := f.st.MessagesOfThread(ctx, o.ID)
	if err != nil {
		return err
	}
	ds, err := f.st.DeliveriesOfThread(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, m := range ms {
		if m.State != messages.Held {
			continue
		}
		if facts, _, err := f.reviewerFacts(ctx, o, policy.Review, m); err != nil {
			return err
		} else if policy.Decide(facts).Allowed() {
			row.Waiting++
		}
	}
	if a.Kind == ids.ActorMother {
		for _, d := range ds {
			if d.RecipientKind == messages.ToMother && d.RecipientID == a.ID && d.State != messages.Seen && d.State != messages.Kept {
				row.Unseen++
			}
		}
	}
	return nil
}

// MessageView is a message as one reader may see it: with its deliveries, and its hold where she may know of it.
type MessageView struct {
	messages.Message
	Own        bool
	Together   messages.Together // the zero value: it never was to be read together
	MayMark    bool              // the reader may say so, and see the page of that
	HowItCame  bool              // it is an email, and the reader may look up how it came
	MayAsk     bool              // a request can be made of it
	Minutes    bool              // it looks like a meeting's minutes, or has files, and the reader can keep it with the meeting
	Deliveries []messages.Delivery
	Hold       *messages.Hold // for its reviewer only
	Stopped    *Stopped       // for its author, when it was not passed on
}

// ThreadView is a thread's page.
type ThreadView struct {
	threads.Thread
	CaseReference string
	AgencyName    string
	Mother        people.Mother
	Parties       []threads.Party
	ChildNames    []string
	Messages      []MessageView
	MayWrite      bool
	Reviewed      bool   // what the actor writes waits for review
	WhyNot        string // why she may not write
	Draft         string
	Around        // for staff
}

// Around is what staff see beside the messages of a thread.
type Around struct {
	Absences     []ContactAbsence
	Mail         []MailNote
	MayHandOver  bool
	Review       []ReviewLine // none where nobody can review
	MaySetReview bool
	MayAsk       bool // consent or information
}

// Thread returns a thread with the messages that the actor may read, oldest first, and records that staff read it.
func (f *Flow) Thread(ctx context.Context, a ids.Actor, id ids.ThreadID) (ThreadView, error) {
	var v ThreadView
	o, err := loadThread(ctx, f.st.Reader, a, id)
	if err != nil {
		return v, err
	}
	if err := f.may(ctx, o.to(policy.ReadThread), auditID(id)); err != nil {
		return v, err
	}
	v = ThreadView{Thread: o.Thread, CaseReference: o.CaseRow.Reference, Mother: o.Mother, Parties: o.Parties}
	write := policy.Decide(o.to(policy.WriteMessage))
	v.MayWrite, v.Reviewed = write.Err() == nil, write.Effect == policy.Hold
	if !v.MayWrite {
		v.WhyNot = write.Why
	}
	if err := f.nameThread(ctx, a, &v); err != nil {
		return v, err
	}
	if v.Messages, err = f.messageViews(ctx, a, o); err != nil {
		return v, err
	}
	if a.StaffID() == "" {
		return v, nil
	}
	v.MayAsk = policy.Decide(o.to(policy.AskRequest)).Err() == nil
	if err := f.mailAround(ctx, a, o, &v); err != nil {
		return v, err
	}
	if v.Review, err = f.reviewWords(ctx, o); err != nil {
		return v, err
	}
	v.MaySetReview = len(v.Review) > 0 && allowed(o.facts, policy.SetReview)
	return v, f.staffRead(ctx, a, v)
}

func (f *Flow) nameThread(ctx context.Context, a ids.Actor, v *ThreadView) error {
	if v.Agency != "" {
		ag, err := f.st.Agency(ctx, v.Agency)
		if err != nil {
			return err
		}
		v.AgencyName = ag.Name
	}
	kids, err := f.st.Children(ctx, v.Case)
	if err != nil {
		return err
	}
	about := map[ids.ChildID]bool{}
	for _, c := range v.Children {
		about[c] = true
	}
	for _, k := range kids {
		if about[k.ID] {
			v.ChildNames = append(v.ChildNames, k.Name)
		}
	}
	if a.StaffID() != "" && v.MayWrite {
		v.Draft, err = f.st.Draft(ctx, a.StaffID(), v.Thread)
	}
	return err
}

// messageViews returns the messages of a thread that the actor may read.
func (f *Flow) messageViews(ctx context.Context, a ids.Actor, o openThread) ([]MessageView, error) {
	ms, err := f.st.MessagesOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	ds, err := f.st.DeliveriesOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	sorts := policy.Decide(o.to(policy.ReadMail)).Allowed()
	asks := a.StaffID() != "" && policy.Decide(o.to(policy.AskRequest)).Err() == nil
	keeps := keepsMinutes(o)
	var out []MessageView
	for _, m := range ms {
		facts, _, err := f.reviewerFacts(ctx, o, policy.ReadMessage, m)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(facts).Allowed() {
			continue
		}
		v := MessageView{Message: m, Own: wrote(a, m), HowItCame: m.Inbound != "" && sorts, MayAsk: asks, Minutes: keeps && bringsMinutes(m)}
		v.Together, v.MayMark = o.safe.together[m.ID], policy.Decide(o.about(policy.MarkTogether, m)).Allowed()
		for _, d := range ds {
			if d.Message == m.ID {
				v.Deliveries = append(v.Deliveries, d)
			}
		}
		if err := f.stopped(ctx, o, m, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// staffRead records that a member of staff read a thread and, where she is a recipient, that she has seen what is in it.
func (f *Flow) staffRead(ctx context.Context, a ids.Actor, v ThreadView) error {
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		for _, m := range v.Messages {
			for _, d := range m.Deliveries {
				if d.RecipientKind == messages.ToStaff && d.RecipientID == string(a.StaffID()) && d.Advance(messages.Seen, tx.Now()) {
					if err := tx.UpdateDelivery(d); err != nil {
						return audit.Entry{}, err
					}
					tx.Also(audit.DeliverySeen(audit.Delivered{Case: d.Case, Thread: d.Thread, Message: d.Message, Delivery: d.ID}))
				}
			}
		}
		return audit.ThreadRead(v.Case, v.ID), nil
	})
}
