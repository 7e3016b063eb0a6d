package flow

import (
	"context"
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

// NewRequest is something asked in an official conversation: by staff of the mother, or by the mother of those outside.
type NewRequest struct {
	Thread ids.ThreadID
	Kind   requests.Kind
	Child  ids.ChildID
	requests.Terms
	Body    string // the message that asks. Of the mother: her own words, which may be empty
	IdemKey string
	Lang    string // of the words that are written for her
}

// Asked is what became of a new request.
type Asked struct {
	Request ids.RequestID
	Composed
}

// Ask writes a message that asks for something, with the request beside it. The message goes the way of every other: what reviews, keeps or
// withholds it does the same to the request, since whoever may not read the message may not know of what it asks.
func (f *Flow) Ask(ctx context.Context, a ids.Actor, in NewRequest) (out Asked, err error) {
	if in.IdemKey == "" || len(in.IdemKey) > maxIDSize {
		return out, ids.E(ids.Invalid, "The request needs an identifier of its own, of at most %d characters.", maxIDSize)
	}
	ask, err := f.asking(ctx, f.st.Reader, a, in.Thread, in.Child)
	if err != nil {
		return out, err
	}
	if err := f.refused(ctx, ask.facts(policy.AskRequest), auditID(in.Thread)); err != nil {
		return out, err
	}
	byHer := a.Kind == ids.ActorMother
	if err := checkRequest(in.Kind, in.Child, in.Terms, byHer); err != nil {
		return out, err
	}
	body := in.Body
	if byHer {
		body = requests.Ask(in.Kind, ask.childName(), CleanText(in.Body), in.Lang)
	}
	if body, err = cleanBody(body); err != nil {
		return out, err
	}
	r := requests.Request{ID: ids.New[ids.RequestID](ids.Request), Case: ask.o.Case, Thread: ask.o.ID, Child: in.Child, Kind: in.Kind, ByHer: byHer, Terms: in.Terms,
		Course: requests.Course{MadeBy: a}}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: ask.o.ID, Case: ask.o.Case, AuthorKind: authorKind(a), AuthorID: a.ID, Body: body}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		ask, err := f.asking(tx.Context(), tx.Reader, a, in.Thread, in.Child) // anew: a restriction or an adoption may have come meanwhile
		if err != nil {
			return audit.Entry{}, err
		}
		d, write := policy.Decide(ask.facts(policy.AskRequest)), policy.Decide(ask.o.to(policy.WriteMessage))
		if err := firstErr(d.Err(), write.Err()); err != nil {
			return audit.Entry{}, err
		}
		var entry audit.Entry
		if out.Composed, entry, err = f.place(tx, a, ask.o, m, write, origin{idemKey: in.IdemKey + "/" + a.ID}); err != nil {
			return audit.Entry{}, err
		}
		tx.Also(entry)
		r := r
		r.Message = out.Message
		out.Request, err = keepRequest(tx, r)
		return decided(audit.RequestMade(audit.Asked{Case: r.Case, Thread: r.Thread, Request: out.Request}, string(r.Kind), r.Message), d), err
	})
	return out, err
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// refused is may, where a hold is no refusal.
func (f *Flow) refused(ctx context.Context, facts policy.Facts, subject string) error {
	d := policy.Decide(facts)
	if d.Err() == nil {
		return nil
	}
	return f.refuse(ctx, facts, subject, d)
}

func keepRequest(tx *store.Tx, r requests.Request) (ids.RequestID, error) {
	id, _, err := tx.AddRequest(r)
	return id, err
}

// checkRequest holds a request to what can be asked. What she asks is information; consent is for one child.
func checkRequest(k requests.Kind, child ids.ChildID, t requests.Terms, byHer bool) error {
	switch {
	case !k.Known() || byHer && k.Consents():
		return ids.E(ids.Invalid, "Choose what is asked for.")
	case k.Consents() && child == "":
		return ids.E(ids.Invalid, "Choose the child whom it is about.")
	case t.Closes && t.Due == 0:
		return ids.E(ids.Invalid, "Give the day after which no answer counts.")
	}
	return nil
}

// asking is a conversation with the child that something is asked about.
type asking struct {
	o    openThread
	kids []cases.Child // whom the conversation may be about
	kid  *cases.Child  // nil = no child in particular
}

// asking gathers the facts. A child whom the conversation is not about is not found.
func (f *Flow) asking(ctx context.Context, r store.Reader, a ids.Actor, t ids.ThreadID, child ids.ChildID) (s asking, err error) {
	if s.o, err = loadThread(ctx, r, a, t); err != nil {
		return s, err
	}
	all, err := r.Children(ctx, s.o.Case)
	if err != nil {
		return s, err
	}
	s.kids = concerns(s.o.Thread, all)
	if child == "" {
		return s, nil
	}
	for i := range s.kids {
		if s.kids[i].ID == child {
			s.kid = &s.kids[i]
			s.o.facts.Thread.NoResponsibility = !s.kid.Responsibility(r.Today())
			return s, nil
		}
	}
	if d := policy.Decide(s.o.to(policy.ReadThread)); d.Err() != nil { // who may not know of the conversation learns nothing of its children
		return s, d.Err()
	}
	return s, ids.E(ids.Invalid, "This conversation is not about that child.")
}

// concerns are the children whom a conversation is about: those it names; else those whom its authority looks after; else, with a body that looks
// after none of them, all.
func concerns(t threads.Thread, all []cases.Child) (out []cases.Child) {
	for _, k := range all {
		for _, id := range t.Children {
			if id == k.ID {
				out = append(out, k)
			}
		}
	}
	if len(t.Children) > 0 {
		return out
	}
	for _, k := range all {
		if t.Agency != "" && k.Authority == t.Agency {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

func (s asking) facts(act policy.Act) policy.Facts { return s.o.to(act) }

func (s asking) about(act policy.Act, m messages.Message) policy.Facts { return s.o.about(act, m) }

func (s asking) childName() string {
	if s.kid == nil {
		return ""
	}
	return s.kid.Name
}

// MakeRequest makes a request of a message that is there: an authority writes email, and a person who reads it says what it asks. The same said twice
// is the same request. Of a message of the mother's it is what she asks.
func (f *Flow) MakeRequest(ctx context.Context, a ids.Actor, id ids.MessageID, k requests.Kind, child ids.ChildID, terms requests.Terms) (out ids.RequestID, err error) {
	m, ask, err := f.requestable(ctx, f.st.Reader, a, id, child)
	if err != nil {
		return "", err
	}
	if err := f.refused(ctx, ask.facts(policy.AskRequest), auditID(id)); err != nil {
		return "", err
	}
	if err := checkRequest(k, child, terms, m.AuthorKind == messages.ByMother); err != nil {
		return "", err
	}
	r := requests.Request{ID: ids.New[ids.RequestID](ids.Request), Case: m.Case, Thread: m.Thread, Message: m.ID, Child: child, Kind: k,
		ByHer: m.AuthorKind == messages.ByMother, Terms: terms, Course: requests.Course{MadeBy: a}}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		m, ask, err := f.requestable(tx.Context(), tx.Reader, a, id, child)
		if err != nil {
			return audit.Entry{}, err
		}
		d := policy.Decide(ask.facts(policy.AskRequest))
		if err := d.Err(); err != nil {
			return audit.Entry{}, err
		}
		var added bool
		if out, added, err = tx.AddRequest(r); err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.RequestMade(audit.Asked{Case: r.Case, Thread: r.Thread, Request: out}, string(k), m.ID), d)
		if !added {
			return entry.With("repeat", "yes"), nil
		}
		return entry, showAgain(tx, m)
	})
	return out, err
}

// showAgain puts a message that its mother has already before her once more, now that it asks something. One that is kept from her is not.
func showAgain(tx *store.Tx, m messages.Message) error {
	ds, err := tx.DeliveriesOfMessage(tx.Context(), m.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.RecipientKind == messages.ToMother && d.State != messages.Kept {
			return tx.AddFeed(ids.MotherID(d.RecipientID), store.FeedMessage, string(m.ID))
		}
	}
	return nil
}

// requestable loads a message of which a request may be made. One that was withheld asks nobody anything.
func (f *Flow) requestable(ctx context.Context, r store.Reader, a ids.Actor, id ids.MessageID, child ids.ChildID) (messages.Message, asking, error) {
	m, err := r.Message(ctx, id)
	if err != nil {
		return m, asking{}, err
	}
	o, err := loadThread(ctx, r, a, m.Thread)
	if err != nil {
		return m, asking{}, err
	}
	if err := policy.Decide(o.about(policy.ReadMessage, m)).Err(); err != nil {
		return m, asking{}, err
	}
	if m.State == messages.Withheld {
		return m, asking{}, ids.E(ids.Conflict, "This message was not passed on, so nothing can be asked by it.")
	}
	ask, err := f.asking(ctx, r, a, m.Thread, child)
	return m, ask, err
}

// Suggestion is what a message seems to ask, with the choices there are.
type Suggestion struct {
	requests.Guess
	Message  messages.Message
	Thread   threads.Thread
	Children []cases.Child
	ByHer    bool
	There    []RequestRow // what is asked already in the conversation and not answered
	Hers     []RequestRow // what she has asked in it, which the message may answer
}

// SuggestRequest says what a message seems to ask: it is a suggestion to the person who makes a request of it. With no message it is for asking from
// scratch in the conversation.
func (f *Flow) SuggestRequest(ctx context.Context, a ids.Actor, thread ids.ThreadID, id ids.MessageID) (s Suggestion, err error) {
	var ask asking
	if id != "" {
		if s.Message, ask, err = f.requestable(ctx, f.st.Reader, a, id, ""); err != nil {
			return s, err
		}
	} else if ask, err = f.asking(ctx, f.st.Reader, a, thread, ""); err != nil {
		return s, err
	}
	if err := f.refused(ctx, ask.facts(policy.AskRequest), auditID(ask.o.ID)); err != nil {
		return s, err
	}
	s.Thread, s.ByHer = ask.o.Thread, s.Message.AuthorKind == messages.ByMother
	var named []requests.Named
	for _, k := range ask.kids {
		if k.Responsibility(f.st.Today()) {
			s.Children, named = append(s.Children, k), append(named, requests.Named{ID: k.ID, Name: k.Name})
		}
	}
	s.Guess = requests.GuessAt(s.Message.Subject+"\n"+s.Message.Body, named, f.st.Today())
	if s.ByHer && s.Kind.Consents() {
		s.Kind = ""
	}
	rows, err := f.requestRows(ctx, a, ask.o.CaseRow)
	for _, row := range rows {
		if row.Thread == ask.o.ID && row.State.Waits() && row.ByHer == s.ByHer {
			s.There = append(s.There, row)
		}
		if row.Thread == ask.o.ID && row.State.Waits() && row.ByHer && !s.ByHer && s.Message.State == messages.Released {
			s.Hers = append(s.Hers, row)
		}
	}
	return s, err
}

// keepAct is by what whoever works on the case keeps its requests: the same people ask for answers.
const keepAct = policy.Chase

// change lets staff of the case change what has become of a request.
func (f *Flow) change(ctx context.Context, a ids.Actor, id ids.RequestID, do func(*store.Tx, *requests.Request) (audit.Entry, error)) error {
	if _, err := f.keepable(ctx, f.st.Reader, a, id, true); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		r, err := tx.LockRequest(id)
		if err != nil {
			return audit.Entry{}, err
		}
		if _, err := f.keepable(tx.Context(), tx.Reader, a, id, false); err != nil {
			return audit.Entry{}, err
		}
		return do(tx, &r)
	})
}

// keepable loads a request that the actor keeps. Who may not read the message that asks has never heard of it.
func (f *Flow) keepable(ctx context.Context, rd store.Reader, a ids.Actor, id ids.RequestID, record bool) (r requests.Request, err error) {
	if r, err = rd.Request(ctx, id); err != nil {
		return r, err
	}
	m, err := rd.Message(ctx, r.Message)
	if err != nil {
		return r, err
	}
	o, err := loadThread(ctx, rd, a, r.Thread)
	if err != nil {
		return r, err
	}
	for _, facts := range []policy.Facts{o.about(policy.SeeRequest, m), o.to(keepAct)} {
		if d := policy.Decide(facts); !d.Allowed() && record {
			return r, f.refuse(ctx, facts, auditID(id), d)
		} else if !d.Allowed() {
			return r, d.Err()
		}
	}
	return r, nil
}

func askedOf(r requests.Request) audit.Asked {
	return audit.Asked{Case: r.Case, Thread: r.Thread, Request: r.ID}
}

// WithdrawRequest says that it is not asked any more. What was answered stays answered.
func (f *Flow) WithdrawRequest(ctx context.Context, a ids.Actor, id ids.RequestID) error {
	return f.change(ctx, a, id, func(tx *store.Tx, r *requests.Request) (audit.Entry, error) {
		if !r.Withdrawn.IsZero() {
			return audit.RequestWithdrawn(askedOf(*r)).With("repeat", "yes"), nil
		}
		r.Withdrawn = tx.Now()
		if err := tellHer(tx, *r); err != nil {
			return audit.Entry{}, err
		}
		return audit.RequestWithdrawn(askedOf(*r)), tx.UpdateRequest(*r)
	})
}

// tellHer has her kiosk look again at the message that a request is made of.
func tellHer(tx *store.Tx, r requests.Request) error {
	m, err := tx.Message(tx.Context(), r.Message)
	if err != nil {
		return err
	}
	return showAgain(tx, m)
}

// SettleRequest says which message answers what she asked.
func (f *Flow) SettleRequest(ctx context.Context, a ids.Actor, id ids.RequestID, by ids.MessageID) error {
	return f.change(ctx, a, id, func(tx *store.Tx, r *requests.Request) (audit.Entry, error) {
		m, err := tx.Message(tx.Context(), by)
		if err != nil {
			return audit.Entry{}, err
		}
		o, err := loadThread(tx.Context(), tx.Reader, a, m.Thread)
		switch {
		case err != nil:
			return audit.Entry{}, err
		case !policy.Decide(o.about(policy.ReadMessage, m)).Allowed():
			return audit.Entry{}, ids.ErrNotFound
		case !r.ByHer:
			return audit.Entry{}, ids.E(ids.Invalid, "Only she answers what she is asked.")
		case m.Thread != r.Thread || m.AuthorKind == messages.ByMother || m.State != messages.Released:
			return audit.Entry{}, ids.E(ids.Invalid, "Choose a message to her in this conversation that has been passed on.")
		}
		r.Settled, r.SettledBy = tx.Now(), m.ID
		return audit.RequestSettled(askedOf(*r), m.ID), tx.UpdateRequest(*r)
	})
}

// MarkTalked says that somebody has talked with her about what she wants to talk about first.
func (f *Flow) MarkTalked(ctx context.Context, a ids.Actor, id ids.RequestID) error {
	return f.change(ctx, a, id, func(tx *store.Tx, r *requests.Request) (audit.Entry, error) {
		changed, err := tx.MarkTalked(r.ID)
		if !changed {
			return audit.RequestTalked(askedOf(*r)).With("repeat", "yes"), err
		}
		return audit.RequestTalked(askedOf(*r)), err
	})
}

// PrintTask is a woman who waits for her own record on paper.
type PrintTask struct {
	Case       ids.CaseID
	Reference  string
	MotherName string
	Asked      time.Time
}
