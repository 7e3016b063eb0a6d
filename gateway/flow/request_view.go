package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// AnswerRow is an answer with how far the message that carries it has come.
type AnswerRow struct {
	requests.Answer
	Progress Progress
}

// RequestRow is a request as one reader may know of it. State follows from the answers that she may know of.
type RequestRow struct {
	requests.Request
	State         requests.State
	Answers       []AnswerRow // oldest first
	Question      messages.Message
	ChildName     string
	Subject       string // of the conversation
	With          string // the body outside
	CaseReference string
	MotherName    string
}

// CaseRequests returns what is asked in a case, in conversations that the actor may know of, the oldest first; and records that it was read.
func (f *Flow) CaseRequests(ctx context.Context, a ids.Actor, id ids.CaseID) ([]RequestRow, error) {
	c, err := f.st.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	cf, err := caseFacts(ctx, f.st.Reader, a, c)
	if err != nil {
		return nil, err
	}
	if err := f.may(ctx, policy.Facts{Act: policy.SeeCase, Actor: a, Case: cf}, auditID(id)); err != nil {
		return nil, err
	}
	rows, err := f.requestRows(ctx, a, c)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.RequestsRead(id), nil })
}

// RequestOf returns one request to staff who keep it.
func (f *Flow) RequestOf(ctx context.Context, a ids.Actor, id ids.RequestID) (row RequestRow, err error) {
	r, err := f.st.Request(ctx, id)
	if err != nil {
		return row, err
	}
	rows, err := f.CaseRequests(ctx, a, r.Case)
	if err != nil {
		return row, err
	}
	for _, row := range rows {
		if row.ID == id {
			return row, nil
		}
	}
	return row, ids.ErrNotFound
}

// requestRows lists a case's requests for one reader.
func (f *Flow) requestRows(ctx context.Context, a ids.Actor, c cases.Case) ([]RequestRow, error) {
	rs, err := f.st.RequestsOfCase(ctx, c.ID)
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	answers, err := f.st.AnswersOfCase(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	in := map[ids.ThreadID]openThread{}
	var out []RequestRow
	for _, r := range rs {
		o, ok := in[r.Thread]
		if !ok {
			if o, err = loadThread(ctx, f.st.Reader, a, r.Thread); err != nil {
				return nil, err
			}
			in[r.Thread] = o
		}
		row, ok, err := f.requestRow(ctx, a, o, r, answers)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, row)
		}
	}
	return out, nil
}

// requestRow is one request for one reader; ok is false when she may not know of it.
func (f *Flow) requestRow(ctx context.Context, a ids.Actor, o openThread, r requests.Request, answers []requests.Answer) (row RequestRow, ok bool, err error) {
	m, err := f.st.Message(ctx, r.Message)
	if err != nil {
		return row, false, err
	}
	if !policy.Decide(o.about(policy.SeeRequest, m)).Allowed() {
		return row, false, nil
	}
	if a.Kind == ids.ActorMother {
		if kept, err := keptFromHer(ctx, f.st.Reader, m); err != nil || kept {
			return row, false, err
		}
	}
	row = RequestRow{Request: r, Question: m, Subject: o.Subject, CaseReference: o.CaseRow.Reference, MotherName: o.Mother.Name}
	var known []requests.Answer
	for _, x := range answers {
		if x.Request != r.ID {
			continue
		}
		am, err := f.st.Message(ctx, x.Message)
		if err != nil {
			return row, false, err
		}
		if !policy.Decide(o.about(policy.ReadMessage, am)).Allowed() {
			continue // it waits for review, or was not passed on
		}
		ds, err := f.st.DeliveriesOfMessage(ctx, x.Message)
		if err != nil {
			return row, false, err
		}
		row.Answers = append(row.Answers, AnswerRow{x, progress(am, ds)})
		if am.State != messages.Withheld { // it never reached whoever asked
			known = append(known, x)
		}
	}
	row.State = requests.StateOf(r, known, f.st.Today())
	if row.Settled, row.State, err = f.settledFor(ctx, o, row); err != nil {
		return row, false, err
	}
	kids, err := f.st.Children(ctx, o.Case)
	if err != nil {
		return row, false, err
	}
	for _, k := range kids {
		if k.ID == r.Child {
			row.ChildName = k.Name
		}
	}
	row.With, err = f.withWhom(ctx, ids.MotherActor(o.Mother.ID), o)
	return row, true, err
}

// settledFor hides that a request was settled from who may not read the message that settled it: it may be one to be read together.
func (f *Flow) settledFor(ctx context.Context, o openThread, row RequestRow) (time.Time, requests.State, error) {
	if row.Settled.IsZero() {
		return row.Settled, row.State, nil
	}
	m, err := f.st.Message(ctx, row.SettledBy)
	if err != nil {
		return row.Settled, row.State, err
	}
	hidden := !policy.Decide(o.about(policy.ReadMessage, m)).Allowed()
	if !hidden && o.facts.Actor.Kind == ids.ActorMother {
		if hidden, err = keptFromHer(ctx, f.st.Reader, m); err != nil {
			return row.Settled, row.State, err
		}
	}
	if !hidden {
		return row.Settled, row.State, nil
	}
	r := row.Request
	r.Settled = time.Time{}
	return time.Time{}, requests.StateOf(r, nil, f.st.Today()), nil
}

// KioskRequest is a request as a mother's kiosk shows it.
type KioskRequest struct {
	RequestRow
	MayAnswer bool
}

// KioskRequests returns what she is asked and what she asked, the newest first.
func (f *Flow) KioskRequests(ctx context.Context, a ids.Actor) ([]KioskRequest, error) {
	c, err := f.caseOfHers(ctx, a)
	if err != nil || c.ID == "" {
		return nil, err
	}
	rows, err := f.requestRows(ctx, a, c)
	if err != nil {
		return nil, err
	}
	var out []KioskRequest
	for _, row := range slices.Backward(rows) {
		k, err := f.forHer(ctx, a, row)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// caseOfHers returns a mother's case; one without an identifier when she has none.
func (f *Flow) caseOfHers(ctx context.Context, a ids.Actor) (cases.Case, error) {
	if a.Kind != ids.ActorMother {
		return cases.Case{}, ids.ErrNotFound
	}
	c, err := f.st.CaseOfMother(ctx, ids.MotherID(a.ID))
	if ids.KindOf(err) == ids.NotFound {
		return cases.Case{}, nil
	}
	return c, err
}

func (f *Flow) forHer(ctx context.Context, a ids.Actor, row RequestRow) (KioskRequest, error) {
	k := KioskRequest{RequestRow: row}
	if row.ByHer {
		return k, nil
	}
	t, err := f.toAnswer(ctx, f.st.Reader, a, row.ID)
	if err != nil {
		return k, err
	}
	k.MayAnswer = policy.Decide(t.about(policy.AnswerRequest, t.question)).Allowed() && policy.Decide(t.facts(policy.WriteMessage)).Err() == nil && t.open(f.st.Today()) == nil
	return k, nil
}

// KioskRequest returns one request of hers.
func (f *Flow) KioskRequest(ctx context.Context, a ids.Actor, id ids.RequestID) (KioskRequest, error) {
	if a.Kind != ids.ActorMother {
		return KioskRequest{}, ids.ErrNotFound
	}
	r, err := f.st.Request(ctx, id)
	if err != nil {
		return KioskRequest{}, err
	}
	o, err := loadThread(ctx, f.st.Reader, a, r.Thread)
	if err != nil {
		return KioskRequest{}, err
	}
	answers, err := f.st.AnswersOf(ctx, id)
	if err != nil {
		return KioskRequest{}, err
	}
	row, ok, err := f.requestRow(ctx, a, o, r, answers)
	if err != nil || !ok {
		return KioskRequest{}, firstErr(err, ids.ErrNotFound)
	}
	return f.forHer(ctx, a, row)
}

// AskChoice is a conversation in which she can ask, with the children she can ask about.
type AskChoice struct {
	Thread   ids.ThreadID
	With     string
	Subject  string
	Children []cases.Child
	Reading  KioskReading // who reads it first
}

// AskChoices returns where a mother can ask for something: her official conversations with people outside.
func (f *Flow) AskChoices(ctx context.Context, a ids.Actor) ([]AskChoice, error) {
	c, err := f.caseOfHers(ctx, a)
	if err != nil || c.ID == "" {
		return nil, err
	}
	ts, err := f.st.ThreadsOfCase(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var out []AskChoice
	began := map[ids.ThreadID]time.Time{}
	for _, t := range ts {
		if t.Channel != threads.Official || t.Agency == "" {
			continue
		}
		ask, err := f.asking(ctx, f.st.Reader, a, t.ID, "")
		if err != nil {
			return nil, err
		}
		if policy.Decide(ask.facts(policy.AskRequest)).Err() != nil {
			continue
		}
		choice := AskChoice{Thread: t.ID, Subject: t.Subject, Reading: reviewedFor(ask.o)}
		for _, k := range ask.kids {
			if k.Responsibility(f.st.Today()) {
				choice.Children = append(choice.Children, k)
			}
		}
		if choice.With, err = f.withWhom(ctx, a, ask.o); err != nil {
			return nil, err
		}
		out = append(out, choice)
		began[t.ID] = t.Created
	}
	// Not by their last message: what waits for review, or to be read with her, moves nothing that she sees.
	slices.SortStableFunc(out, func(x, y AskChoice) int { return began[y.Thread].Compare(began[x.Thread]) })
	return out, nil
}

// Tasks are what waits for a case's Pact social worker because a mother asked for it.
type Tasks struct {
	Talks  []RequestRow // she wants to talk before she answers
	Prints []PrintTask  // she wants her own record on paper
}

// RequestTasks returns them, in all of the actor's cases, the oldest first.
func (f *Flow) RequestTasks(ctx context.Context, a ids.Actor) (out Tasks, err error) {
	if a.StaffID() == "" {
		return out, nil
	}
	talks, err := f.st.TalkTasks(ctx, a.StaffID())
	if err != nil {
		return out, err
	}
	for _, id := range talks {
		r, err := f.keepable(ctx, f.st.Reader, a, id, false)
		if ids.KindOf(err) == ids.NotFound || ids.KindOf(err) == ids.Forbidden {
			continue
		}
		if err != nil {
			return out, err
		}
		o, err := loadThread(ctx, f.st.Reader, a, r.Thread)
		if err != nil {
			return out, err
		}
		row, ok, err := f.requestRow(ctx, a, o, r, nil)
		if err != nil {
			return out, err
		}
		if ok && row.State.Waits() {
			out.Talks = append(out.Talks, row)
		}
	}
	out.Prints, err = f.printTasks(ctx, a)
	return out, err
}

func (f *Flow) printTasks(ctx context.Context, a ids.Actor) (out []PrintTask, err error) {
	asks, err := f.st.PrintAsks(ctx, a.StaffID())
	if err != nil {
		return nil, err
	}
	for _, ask := range asks {
		c, err := f.st.Case(ctx, ask.Case)
		if err != nil {
			return nil, err
		}
		m, err := f.st.Mother(ctx, c.Mother)
		if err != nil {
			return nil, err
		}
		cf, err := caseFactsOf(ctx, f.st.Reader, a, c, m)
		if err != nil {
			return nil, err
		}
		if policy.Decide(policy.Facts{Act: policy.OwnRecord, Actor: a, Case: cf}).Allowed() {
			out = append(out, PrintTask{Case: c.ID, Reference: c.Reference, MotherName: m.Name, Asked: ask.Asked})
		}
	}
	return out, nil
}
