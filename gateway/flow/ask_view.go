package flow

import (
	"cmp"
	"context"
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// AskRow is an answer that is waited for, in a list.
type AskRow struct {
	cases.Ask
	CaseReference, Subject string
	AgencyName             string
	Late                   int // working days after the due day; 0 or less while it has not passed
	Steps                  []cases.AskStep
	Ready                  *cases.AskStep // a draft that waits for a person; nil = none
	Exhausted              bool           // the last step was taken, and there is no answer
}

// Asks returns what is waited for in the actor's cases, the one due first first.
func (f *Flow) Asks(ctx context.Context, a ids.Actor) ([]AskRow, error) {
	ctx = store.OnePage(ctx)
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	asks, err := f.st.OpenAsksOf(ctx, idsOf(cs))
	if err != nil || len(asks) == 0 {
		return nil, err
	}
	in, of := make([]ids.ThreadID, len(asks)), make([]ids.AskID, len(asks))
	for i, x := range asks {
		in[i], of[i] = x.Thread, x.ID
	}
	if err := f.st.AheadOfThreads(ctx, a.StaffID(), in); err != nil {
		return nil, err
	}
	steps, err := f.st.StepsOfAsks(ctx, of)
	if err != nil {
		return nil, err
	}
	var out []AskRow
	for _, x := range asks {
		o, err := loadThread(ctx, f.st.Reader, a, x.Thread)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.to(policy.Chase)).Allowed() {
			continue
		}
		row, err := f.askRow(ctx, o, x, steps[x.ID])
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b AskRow) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (f *Flow) readySteps(ctx context.Context, a ids.Actor) (out []AskRow, err error) {
	rows, err := f.Asks(ctx, a)
	for _, r := range rows {
		if r.Ready != nil || r.Exhausted || r.Promise.Message != "" {
			out = append(out, r)
		}
	}
	return out, err
}

func (f *Flow) askRow(ctx context.Context, o openThread, x cases.Ask, steps []cases.AskStep) (row AskRow, err error) {
	row = AskRow{Ask: x, CaseReference: o.CaseRow.Reference, Subject: o.Subject, Late: f.cfg.Chase.calendar().Between(x.Due, f.st.Today())}
	ag, err := f.st.Agency(ctx, x.Agency)
	if err != nil {
		return row, err
	}
	row.AgencyName, row.Steps = ag.Name, steps
	for i := range row.Steps {
		if row.Steps[i].State == cases.StepReady {
			row.Ready = &row.Steps[i]
		}
	}
	row.Exhausted = x.Open() && f.planner.Next(f.st.Today(), x.ChaseState(row.Steps, nil)).Exhausted
	return row, nil
}

// ThreadAsks returns what was asked for in a conversation, ended ones too, and whether the actor may ask there. Who may not chase sees nothing of it.
func (f *Flow) ThreadAsks(ctx context.Context, a ids.Actor, thread ids.ThreadID) (rows []AskRow, may bool, err error) {
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return nil, false, err
	}
	if !policy.Decide(o.to(policy.Chase)).Allowed() || o.Agency == "" {
		return nil, false, nil
	}
	asks, err := f.st.AsksOfThread(ctx, thread)
	if err != nil {
		return nil, false, err
	}
	of := make([]ids.AskID, len(asks))
	for i, x := range asks {
		of[i] = x.ID
	}
	steps, err := f.st.StepsOfAsks(ctx, of)
	if err != nil {
		return nil, false, err
	}
	for _, x := range asks {
		row, err := f.askRow(ctx, o, x, steps[x.ID])
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, true, nil
}

// AskOf returns one ask, ended or not.
func (f *Flow) AskOf(ctx context.Context, a ids.Actor, id ids.AskID) (row AskRow, err error) {
	x, err := f.st.Ask(ctx, id)
	if err != nil {
		return row, err
	}
	o, err := loadThread(ctx, f.st.Reader, a, x.Thread)
	if err != nil {
		return row, err
	}
	if err := f.may(ctx, o.to(policy.Chase), auditID(id)); err != nil {
		return row, err
	}
	steps, err := f.st.StepsOfAsks(ctx, []ids.AskID{id})
	if err != nil {
		return row, err
	}
	return f.askRow(ctx, o, x, steps[id])
}

// StepView is a draft's page.
type StepView struct {
	AskRow
	Step      cases.AskStep
	Draft     string
	Contacts  []people.Contact // who could be written to; none of a reminder, which goes to the conversation
	InThread  bool             // it is sent in the conversation itself
	Role      people.ContactRole
	Languages bool // the draft is in English and Welsh
}

// rungRole is the office of who is on a rung.
func rungRole(r chase.Rung) people.ContactRole {
	switch r {
	case chase.TeamManager:
		return people.TeamManager
	case chase.ServiceManager:
		return people.ServiceManager
	case chase.ReviewingOfficer:
		return people.ReviewingOfficer
	}
	return people.AllocatedWorker
}

// AskStep returns a draft's page.
func (f *Flow) AskStep(ctx context.Context, a ids.Actor, id ids.AskStepID) (v StepView, err error) {
	s, ask, o, err := f.loadStep(ctx, a, id)
	if err != nil {
		return v, err
	}
	v = StepView{Step: s, InThread: s.Rung == chase.Worker, Role: rungRole(s.Rung)}
	steps, err := f.st.AskSteps(ctx, ask.ID)
	if err != nil {
		return v, err
	}
	if v.AskRow, err = f.askRow(ctx, o, ask, steps); err != nil {
		return v, err
	}
	ag, err := f.st.Agency(ctx, ask.Agency)
	if err != nil {
		return v, err
	}
	me, err := f.st.Staff(ctx, a.StaffID())
	if err != nil {
		return v, err
	}
	v.Draft, v.Languages = f.stepDraft(v.AskRow, s, me.Name, ag.Welsh != ""), ag.Welsh != ""
	if v.InThread {
		return v, nil
	}
	all, err := f.st.ContactsOf(ctx, ask.Agency)
	if err != nil {
		return v, err
	}
	for _, c := range all {
		if c.Role == v.Role && policy.Decide(o.addressing(c)).Allowed() {
			v.Contacts = append(v.Contacts, c)
		}
	}
	return v, nil
}

func (f *Flow) loadStep(ctx context.Context, a ids.Actor, id ids.AskStepID) (s cases.AskStep, ask cases.Ask, o openThread, err error) {
	if s, err = f.st.AskStep(ctx, id); err != nil {
		return s, ask, o, err
	}
	if ask, err = f.st.Ask(ctx, s.Ask); err != nil {
		return s, ask, o, err
	}
	if o, err = loadThread(ctx, f.st.Reader, a, ask.Thread); err != nil {
		return s, ask, o, err
	}
	return s, ask, o, f.may(ctx, o.to(policy.Chase), auditID(id))
}

// stepDraft is what a person would send: it names the conversation's subject, which everybody at its organisation may know, and nothing that was said in it.
func (f *Flow) stepDraft(row AskRow, s cases.AskStep, by string, welsh bool) string {
	today, state := f.st.Today(), row.ChaseState(row.Steps, nil)
	text := "Hello,\n\nThis is about: " + oneLine(row.Subject, 200) + "\n\n" + chase.DraftFor(s.Rung, today, state, workdays.English)
	if welsh {
		text += "\n\nHelo,\n\nMae hyn yn ymwneud â: " + oneLine(row.Subject, 200) + "\n\n" + chase.DraftFor(s.Rung, today, state, workdays.Welsh)
	}
	return text + "\n\n" + signedBy(by)
}

// KioskWaiting is an answer that is waited for, as its mother is told of it.
type KioskWaiting struct {
	state   chase.State
	today   workdays.Day
	planner *chase.Planner
}

// In says it in a language, "en" or "cy", in one or two plain sentences: "We asked again on Tuesday."
func (w KioskWaiting) In(lang string) string { return w.planner.ForHer(w.today, w.state, lang) }

// waitingFor are the open asks of a conversation. A step counts for her when the message it became was passed on.
func (f *Flow) waitingFor(ctx context.Context, o openThread) (out []KioskWaiting, err error) {
	asks, err := f.st.AsksOfThread(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range asks {
		if !x.Open() {
			continue
		}
		if x.Message != "" { // what is asked in a message that she may not know of (it is to be read with her, say) tells her of it
			m, err := f.st.Message(ctx, x.Message)
			if err != nil {
				return nil, err
			}
			if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
				continue
			}
		}
		steps, err := f.st.AskSteps(ctx, x.ID)
		if err != nil {
			return nil, err
		}
		for i, s := range steps {
			if s.State != cases.StepSent {
				continue
			}
			m, err := f.st.Message(ctx, s.Message)
			if err != nil {
				return nil, err
			}
			if m.State != messages.Released {
				steps[i].State = cases.StepDismissed // nobody has it: the ladder goes on in silence
			}
		}
		away, err := f.awayIn(ctx, f.st.Reader, o.Parties)
		if err != nil {
			return nil, err
		}
		out = append(out, KioskWaiting{x.ChaseState(steps, away), f.st.Today(), f.planner})
	}
	return out, nil
}
