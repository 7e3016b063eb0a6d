package flow

import (
	"context"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// MailView is how an email came, as a person may look it up.
type MailView struct {
	store.Inbound
	Mail          HeldMail
	Proof         SenderProof
	Auto          AutoFacts
	Signed        string
	CaseReference string
	ThreadSubject string
	Hold          ids.HoldID // while it waits for a decision
}

// loadMail reads an email that the actor may look up.
func (f *Flow) loadMail(ctx context.Context, a ids.Actor, id ids.InboundID) (in store.Inbound, o openThread, err error) {
	if in, err = f.st.Inbound(ctx, id); err != nil {
		return in, o, err
	}
	o, facts, err := f.mailFacts(ctx, a, in)
	if err != nil {
		return in, o, err
	}
	return in, o, f.may(ctx, facts, auditID(id))
}

// mailFacts are the facts by which policy decides whether the actor may look an email up, and the thread it belongs to, if it does.
func (f *Flow) mailFacts(ctx context.Context, a ids.Actor, in store.Inbound) (o openThread, facts policy.Facts, err error) {
	if in.State == store.InboundAccepted {
		return o, facts, ids.ErrNotFound // whose it is, a privileged thread's perhaps, is known only once it was read
	}
	if in.Thread == "" {
		return o, policy.Facts{Act: policy.ReadMail, Actor: a}, nil
	}
	if o, err = loadThread(ctx, f.st.Reader, a, in.Thread); err != nil {
		return o, facts, err
	}
	return o, o.to(policy.ReadMail), nil
}

// readable returns the email's identifier for who may look it up, else "": what is learnt of a person in one family's conversation is told in
// another's, but not in which email it was said.
func (f *Flow) readable(ctx context.Context, a ids.Actor, id ids.InboundID) (ids.InboundID, error) {
	in, err := f.st.Inbound(ctx, id)
	if err != nil {
		return "", err
	}
	_, facts, err := f.mailFacts(ctx, a, in)
	if ids.KindOf(err) == ids.NotFound || err == nil && !policy.Decide(facts).Allowed() {
		return "", nil
	}
	return id, err
}

// MailDetails returns how an email came: its envelope, what it proved, its words and what was trimmed of them. Reading it is recorded.
func (f *Flow) MailDetails(ctx context.Context, a ids.Actor, id ids.InboundID) (v MailView, err error) {
	in, o, err := f.loadMail(ctx, a, id)
	if err != nil {
		return v, err
	}
	mail, err := f.readInbound(ctx, id)
	if err != nil {
		return v, err
	}
	v = MailView{Inbound: in, Mail: heldMail(in, mail), Proof: mail.Proof, Auto: mail.Auto, Signed: mail.Signed,
		CaseReference: o.CaseRow.Reference, ThreadSubject: o.Subject}
	if v.Hold, err = f.st.OpenHoldOfMail(ctx, id); err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.MailRead(id).In(o.Case, o.ID), nil })
}

// MailOriginal returns the bytes of an email exactly as they came. Taking them is recorded.
func (f *Flow) MailOriginal(ctx context.Context, a ids.Actor, id ids.InboundID) ([]byte, error) {
	_, o, err := f.loadMail(ctx, a, id)
	if err != nil {
		return nil, err
	}
	raw, err := f.st.InboundRaw(ctx, id)
	if err != nil {
		return nil, err
	}
	return raw, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.MailTaken(id).In(o.Case, o.ID), nil })
}

// heldMail is what a person is shown of an email.
func heldMail(in store.Inbound, m ReadMail) HeldMail {
	v := HeldMail{From: m.From, FromName: oneLine(m.FromName, 200), To: in.Envelope.Rcpt, Subject: oneLine(m.Subject, 500),
		Text: CleanText(m.Text), Quoted: CleanText(m.Quoted), Kind: m.Kind, Problem: m.Problem, Received: in.Received}
	for _, file := range m.Files {
		v.Files = append(v.Files, file.Name)
	}
	return v
}

// MailNote is an email of a thread that is nobody's words in it: an automatic answer, a report, or one that waits or was put aside.
type MailNote struct {
	ID    ids.InboundID
	State store.InboundState
	Kind  MailKind
	Form  string // of an automatic answer
	At    time.Time
}

// ContactAbsence is a party of a thread whose mailbox says that she is away or gone. Inbound is "" for who may not look up the email that said so.
type ContactAbsence struct {
	Name string
	people.Absence
}

// mailAround fills in what came to a thread by mail and is no message, and who of its contacts is away. Only who sorts the case's mail sees
// the former.
func (f *Flow) mailAround(ctx context.Context, a ids.Actor, o openThread, v *ThreadView) error {
	v.MayHandOver = policy.Decide(o.to(policy.Handover)).Allowed()
	for _, p := range o.Parties {
		if p.Kind != threads.PartyContact || !p.Until.IsZero() {
			continue
		}
		absence, err := f.st.Absence(ctx, ids.ContactID(p.ID))
		if ids.KindOf(err) == ids.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if absence.Now(f.now()) && !wroteSince(v.Messages, p.ID, absence.Learnt) {
			if absence.Inbound, err = f.readable(ctx, a, absence.Inbound); err != nil {
				return err
			}
			v.Absences = append(v.Absences, ContactAbsence{p.Name, absence})
		}
	}
	if !policy.Decide(o.to(policy.ReadMail)).Allowed() {
		return nil
	}
	ins, err := f.st.MailBesideMessages(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, in := range ins {
		kept, _ := decodeFacts(in.Facts)
		v.Mail = append(v.Mail, MailNote{ID: in.ID, State: in.State, Kind: kept.Kind, Form: kept.Form, At: in.Received})
	}
	return nil
}

// wroteSince reports whether a contact has written after a time: then she is there, whatever her mailbox said before.
func wroteSince(ms []MessageView, contact string, since time.Time) bool {
	for _, m := range ms {
		if m.AuthorKind == messages.ByContact && m.AuthorID == contact && m.Written.After(since) {
			return true
		}
	}
	return false
}
