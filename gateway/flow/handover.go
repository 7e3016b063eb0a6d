package flow

import (
	"context"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// proposeHandover stores a proposal for one thread. Only official threads are handed over: who is somebody's lawyer is not for us to change.
func (f *Flow) proposeHandover(tx *store.Tx, t threads.Thread, h cases.Handover) error {
	if t.Channel != threads.Official {
		return nil
	}
	h.ID, h.Case, h.Thread = ids.New[ids.HandoverID](ids.Handover), t.Case, t.ID
	added, err := tx.AddHandover(h)
	if added {
		tx.Also(audit.HandoverProposed(t.Case, t.ID, h.ID, h.From, string(h.Reason)))
	}
	return err
}

// proposeEverywhere proposes the same in every thread that the contact is in now: that she has gone concerns all of them.
func (f *Flow) proposeEverywhere(tx *store.Tx, h cases.Handover) error {
	ts, err := tx.ThreadsOfParty(tx.Context(), threads.PartyContact, string(h.From))
	if err != nil {
		return err
	}
	for _, t := range ts {
		if err := f.proposeHandover(tx, t, h); err != nil {
			return err
		}
	}
	return nil
}

// mailboxGone proposes a handover when a contact's server says that there is no such mailbox.
func (f *Flow) mailboxGone(tx *store.Tx, d messages.Delivery) error {
	return f.proposeEverywhere(tx, cases.Handover{From: ids.ContactID(d.RecipientID), Reason: cases.HandoverMailboxGone})
}

// HandoverRow is a proposed handover in a list.
type HandoverRow struct {
	cases.Handover
	CaseReference, MotherName string
	Subject                   string // of the thread
	FromContact               people.Contact
	Agency                    people.Agency
}

// HandoverView is a handover's page.
type HandoverView struct {
	HandoverRow
	Choices []people.Contact // contacts of the organisation who are not in the thread
	Hold    ids.HoldID       // the held email that proposed it; "" for none
}

// Handovers returns what is proposed in the actor's cases, oldest first in each.
func (f *Flow) Handovers(ctx context.Context, a ids.Actor) ([]HandoverRow, error) {
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []HandoverRow
	for _, c := range cs {
		hs, err := f.st.OpenHandovers(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			o, err := loadThread(ctx, f.st.Reader, a, h.Thread)
			if err != nil {
				return nil, err
			}
			if !policy.Decide(o.to(policy.Handover)).Allowed() {
				continue
			}
			row, err := f.handoverRow(ctx, o, h)
			if err != nil {
				return nil, err
			}
			out = append(out, row)
		}
	}
	return out, nil
}

func (f *Flow) handoverRow(ctx context.Context, o openThread, h cases.Handover) (row HandoverRow, err error) {
	row = HandoverRow{Handover: h, CaseReference: o.CaseRow.Reference, MotherName: o.Mother.Name, Subject: o.Subject}
	if row.FromContact, err = f.st.Contact(ctx, h.From); err != nil {
		return row, err
	}
	row.Agency, err = f.st.Agency(ctx, o.Agency)
	return row, err
}

// loadHandover reads a handover whose thread the actor may hand over.
func (f *Flow) loadHandover(ctx context.Context, a ids.Actor, id ids.HandoverID) (h cases.Handover, o openThread, err error) {
	if h, err = f.st.Handover(ctx, id); err != nil {
		return h, o, err
	}
	if o, err = loadThread(ctx, f.st.Reader, a, h.Thread); err != nil {
		return h, o, err
	}
	return h, o, f.may(ctx, o.to(policy.Handover), auditID(id))
}

// Handover returns a handover's page.
func (f *Flow) Handover(ctx context.Context, a ids.Actor, id ids.HandoverID) (v HandoverView, err error) {
	h, o, err := f.loadHandover(ctx, a, id)
	if err != nil {
		return v, err
	}
	if v.HandoverRow, err = f.handoverRow(ctx, o, h); err != nil {
		return v, err
	}
	all, err := f.st.ContactsOf(ctx, o.Agency)
	if err != nil {
		return v, err
	}
	for _, c := range all {
		if !threads.IsParty(o.Parties, ids.ContactActor(c.ID)) {
			v.Choices = append(v.Choices, c)
		}
	}
	if h.Reason == cases.HandoverNewSender {
		v.Hold, err = f.st.OpenHoldOfMail(ctx, h.Inbound)
	}
	return v, err
}

// AskHandover proposes a handover because the case's worker learnt by herself that somebody else is to be written to.
func (f *Flow) AskHandover(ctx context.Context, a ids.Actor, thread ids.ThreadID, from ids.ContactID) (ids.HandoverID, error) {
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return "", err
	}
	facts := o.to(policy.Handover)
	d := policy.Decide(facts)
	if !d.Allowed() {
		return "", f.refuse(ctx, facts, auditID(thread), d)
	}
	if !threads.IsParty(o.Parties, ids.ContactActor(from)) {
		return "", ids.E(ids.Invalid, "She is not in this conversation.")
	}
	h := cases.Handover{ID: ids.New[ids.HandoverID](ids.Handover), Case: o.Case, Thread: o.ID, From: from, Reason: cases.HandoverAsked}
	id := h.ID
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		added, err := tx.AddHandover(h)
		if err == nil && !added { // one is open already
			var open []cases.Handover
			open, err = tx.OpenHandovers(tx.Context(), o.Case)
			for _, was := range open {
				if was.Thread == o.ID && was.From == from && was.Reason == h.Reason && was.Successor.Email == "" {
					id = was.ID
				}
			}
		}
		return decided(audit.HandoverProposed(o.Case, o.ID, id, from, string(h.Reason)), d), err
	})
	return id, err
}

// NewPerson is who takes over a thread: a contact there is, or somebody new. Replace ends her predecessor's part in it.
type NewPerson struct {
	Contact     ids.ContactID
	Name, Email string // of somebody new
	Role        people.ContactRole
	Replace     bool
}

// check returns the contact that a person is or becomes. known is false for one who must be added.
func (f *Flow) newContact(ctx context.Context, o openThread, n NewPerson) (c people.Contact, known bool, err error) {
	if n.Contact != "" {
		c, err = f.st.Contact(ctx, n.Contact)
		return c, true, err
	}
	email, name := people.NormaliseEmail(n.Email), oneLine(n.Name, 100)
	switch {
	case name == "":
		return c, false, ids.E(ids.Invalid, "Write a name.")
	case people.Domain(email) == "" || strings.ContainsAny(email, " ,;<>\"\n"):
		return c, false, ids.E(ids.Invalid, "Write an email address, such as name@anytown.example.")
	}
	c, err = f.st.ContactByEmail(ctx, email)
	if ids.KindOf(err) != ids.NotFound {
		return c, true, err
	}
	if n.Role == "" {
		n.Role = people.AllocatedWorker
	}
	return people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: o.Agency, Name: name, Email: email, Role: n.Role,
		Verified: confirmedByStaff, VerifiedAt: f.now()}, false, nil
}

// confirmedByStaff is how a contact is verified whose address a member of staff has vouched for.
const confirmedByStaff = "confirmed by staff"

// AcceptHandover lets a person take over: she is in the thread from now on, under an address of her own, and gets what did not reach her
// predecessor.
func (f *Flow) AcceptHandover(ctx context.Context, a ids.Actor, id ids.HandoverID, n NewPerson) error {
	h, o, err := f.loadHandover(ctx, a, id)
	if err != nil {
		return err
	}
	c, known, err := f.newContact(ctx, o, n)
	if err != nil {
		return err
	}
	facts := o.to(policy.HandOver)
	if facts.Mail.SameAgency, err = f.ofThread(ctx, o, c, known); err != nil {
		return err
	}
	d := policy.Decide(facts)
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(id), d)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if h, err = tx.LockHandover(id); err != nil {
			return audit.Entry{}, err
		}
		outcome := cases.HandoverJoined
		if n.Replace {
			outcome = cases.HandoverReplaced
		}
		if err := h.Decide(a.StaffID(), tx.Now(), outcome, c.ID); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.DecideHandover(h); err != nil {
			return audit.Entry{}, err
		}
		if err := f.takeOver(tx, o, h.From, c, known, n.Replace); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.HandoverAccepted(o.Case, o.ID, h.ID, c.ID, string(outcome)), d), f.settleProposals(tx, a, o, h)
	})
}

// takeOver puts a contact into a thread, with what her predecessor did not get; with replace the predecessor leaves it.
func (f *Flow) takeOver(tx *store.Tx, o openThread, from ids.ContactID, c people.Contact, known, replace bool) error {
	if err := f.enter(tx, o, c, known); err != nil {
		return err
	}
	if from == c.ID || from == "" || !replace && threads.IsParty(o.Parties, ids.ContactActor(c.ID)) {
		return nil
	}
	ds, err := tx.DeliveriesOfThread(tx.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.RecipientID != string(from) || d.State != messages.Failed && (!replace || d.State != messages.Queued) || !d.Times.Handled.IsZero() {
			continue
		}
		if d, err = tx.LockDelivery(d.ID); err != nil {
			return err
		}
		if d.Advance(messages.Failed, tx.Now()) { // it still waited: it goes to the successor instead
			d.Detail = "handed over"
		}
		if err := d.Handle(tx.Now()); err != nil {
			return err
		}
		if err := tx.UpdateDelivery(d); err != nil {
			return err
		}
		if err := f.deliverTo(tx, o, d.Message, c); err != nil {
			return err
		}
	}
	if !replace {
		return nil
	}
	if err := tx.EndParty(o.ID, threads.PartyContact, string(from)); err != nil {
		return err
	}
	tx.Also(audit.PartyRemoved(o.Case, o.ID, string(from)))
	token, err := tx.ReplyAddressOf(tx.Context(), o.ID, from)
	if err != nil {
		return err
	}
	return tx.ExpireAddress(token)
}

// enter makes a contact a party of a thread with a reply address of her own, and a contact first when she is none yet.
func (f *Flow) enter(tx *store.Tx, o openThread, c people.Contact, known bool) error {
	if !known {
		if err := tx.AddContact(c); err != nil {
			return err
		}
		tx.Also(audit.ContactAdded(c.ID))
		tx.Also(audit.ContactVerified(c.ID, "staff"))
	}
	if threads.IsParty(o.Parties, ids.ContactActor(c.ID)) {
		return nil
	}
	if err := tx.AddParty(o.ID, threads.PartyContact, string(c.ID)); err != nil {
		return err
	}
	tx.Also(audit.PartyAdded(o.Case, o.ID, string(c.ID)))
	if _, err := tx.ReplyAddress(o.ID, c.ID); err != nil {
		return err
	}
	return tx.RenewAddress(o.ID, c.ID) // she may have left once and come back
}

// deliverTo makes one delivery of a released message to a contact.
func (f *Flow) deliverTo(tx *store.Tx, o openThread, m ids.MessageID, c people.Contact) error {
	d := messages.Delivery{ID: ids.New[ids.DeliveryID](ids.Delivery), Message: m, Thread: o.ID, Case: o.Case,
		RecipientKind: messages.ToContact, RecipientID: string(c.ID), Address: c.Email}
	added, err := tx.AddDelivery(d)
	if err != nil || !added {
		return err
	}
	tx.Also(audit.DeliveryQueued(audit.Delivered{Case: o.Case, Thread: o.ID, Message: m, Delivery: d.ID}, d.RecipientID))
	return tx.Enqueue(outbox.MailOut, string(d.ID), d.ID, tx.Now())
}

// settleProposals decides the thread's other open proposals that a decision has answered: every one about a predecessor who is gone, and
// those that named the very successor.
func (f *Flow) settleProposals(tx *store.Tx, a ids.Actor, o openThread, done cases.Handover) error {
	open, err := tx.OpenHandovers(tx.Context(), o.Case)
	if err != nil {
		return err
	}
	to, err := tx.Contact(tx.Context(), done.To)
	if err != nil {
		return err
	}
	for _, h := range open {
		if h.Thread != o.ID || h.From != done.From || h.ID == done.ID || done.Outcome != cases.HandoverReplaced && h.Successor.Email != to.Email {
			continue
		}
		if err := h.Decide(a.StaffID(), tx.Now(), done.Outcome, done.To); err != nil {
			return err
		}
		if err := tx.DecideHandover(h); err != nil {
			return err
		}
		tx.Also(audit.HandoverAccepted(o.Case, o.ID, h.ID, done.To, string(done.Outcome)))
	}
	return nil
}

// RefuseHandover decides that nothing changes.
func (f *Flow) RefuseHandover(ctx context.Context, a ids.Actor, id ids.HandoverID) error {
	_, o, err := f.loadHandover(ctx, a, id)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.HandoverRefused(o.Case, o.ID, id), f.refuseProposal(tx, a, id)
	})
}

func (f *Flow) refuseProposal(tx *store.Tx, a ids.Actor, id ids.HandoverID) error {
	h, err := tx.LockHandover(id)
	if err != nil {
		return err
	}
	if err := h.Decide(a.StaffID(), tx.Now(), cases.HandoverRefused, ""); err != nil {
		return err
	}
	return tx.DecideHandover(h)
}
