package flow

import (
	"cmp"
	"context"
	"slices"
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
	Summary string           // a draft of what the newcomer is told
	// DutyEmail is the address of the organisation's duty team; "" = not known.
	DutyEmail string
	Also      []AlsoHers // the contact's other conversations that could be handed over with this one
	Hold      ids.HoldID // the held email that proposed it; "" for none
}

// Handovers returns what is proposed in the actor's cases, oldest first in each.
func (f *Flow) Handovers(ctx context.Context, a ids.Actor) ([]HandoverRow, error) {
	hs, err := f.st.CandidateHandovers(ctx, a.StaffID(), a.Agency)
	if err != nil {
		return nil, err
	}
	ctx = store.OnePage(ctx)
	in := make([]ids.ThreadID, len(hs))
	for i, h := range hs {
		in[i] = h.Thread
	}
	if err := f.st.AheadOfThreads(ctx, a.StaffID(), in); err != nil {
		return nil, err
	}
	var out []HandoverRow
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
	slices.SortStableFunc(out, func(a, b HandoverRow) int { return cmp.Compare(a.CaseReference, b.CaseReference) })
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
	if h.Inbound != "" { // it may be of another family's conversation
		if h.Inbound, err = f.readable(ctx, a, h.Inbound); err != nil {
			return v, err
		}
	}
	if v.HandoverRow, err = f.handoverRow(ctx, o, h); err != nil {
		return v, err
	}
	all, err := f.st.ContactsOf(ctx, o.Agency)
	if err != nil {
		return v, err
	}
	v.DutyEmail = v.Agency.Duty.Email
	w, err := aroundCase(ctx, f.st.Reader, o.Case)
	if err != nil {
		return v, err
	}
	for _, c := range all {
		if !threads.IsParty(o.Parties, ids.ContactActor(c.ID)) && policy.Decide(addressing(o.facts, w, o.Children, c, v.Agency)).Allowed() {
			v.Choices = append(v.Choices, c)
		}
	}
	if h.Decided.IsZero() {
		me, err := f.st.Staff(ctx, a.StaffID())
		if err != nil {
			return v, err
		}
		if v.Summary, err = f.summaryDraft(ctx, f.st.Reader, o, v.FromContact, me.Name); err != nil {
			return v, err
		}
		if v.Also, err = f.alsoHers(ctx, a, h, v.FromContact, me.Name); err != nil {
			return v, err
		}
	}
	if h.Reason == cases.HandoverNewSender && h.Inbound != "" {
		v.Hold, err = f.st.OpenHoldOfMail(ctx, h.Inbound)
	}
	return v, err
}

// AskHandover proposes a handover because the case's worker learnt by herself that somebody else is to be written to. It returns the one that is
// open already, when there is one.
func (f *Flow) AskHandover(ctx context.Context, a ids.Actor, thread ids.ThreadID, from ids.ContactID) (id ids.HandoverID, err error) {
	o, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return "", err
	}
	if err := f.may(ctx, o.to(policy.Handover), auditID(thread)); err != nil {
		return "", err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		o, err := loadThread(tx.Context(), tx.Reader, a, thread)
		if err != nil {
			return audit.Entry{}, err
		}
		d := policy.Decide(o.to(policy.Handover))
		if !d.Allowed() {
			return audit.Entry{}, d.Err()
		}
		if !threads.IsParty(o.Parties, ids.ContactActor(from)) {
			return audit.Entry{}, ids.E(ids.Invalid, "She is not in this conversation.")
		}
		h := cases.Handover{ID: ids.New[ids.HandoverID](ids.Handover), Case: o.Case, Thread: o.ID, From: from, Reason: cases.HandoverAsked}
		id, err = addOrFind(tx, h)
		return decided(audit.HandoverProposed(o.Case, o.ID, id, from, string(h.Reason)), d), err
	})
	return id, err
}

// addOrFind stores a proposal and returns its identifier, or that of the open one which says the same.
func addOrFind(tx *store.Tx, h cases.Handover) (ids.HandoverID, error) {
	added, err := tx.AddHandover(h)
	if err != nil || added {
		return h.ID, err
	}
	open, err := tx.OpenHandovers(tx.Context(), h.Case)
	for _, was := range open {
		if was.Thread == h.Thread && was.From == h.From && was.Reason == h.Reason && was.Successor.Email == h.Successor.Email {
			return was.ID, nil
		}
	}
	return h.ID, err
}

// NewPerson is who takes over a thread: a contact there is, or somebody new. Replace ends her predecessor's part in it.
type NewPerson struct {
	Contact     ids.ContactID
	Name, Email string // of somebody new
	Role        people.ContactRole
	Duty        bool // the duty team of the conversation's organisation
	Replace     bool
	Summary     string // what she is told of the conversation; "" = nothing
}

// newContact returns the contact that a person is or becomes. known is false for one who must be added.
func (f *Flow) newContact(ctx context.Context, r store.Reader, o openThread, n NewPerson) (c people.Contact, known bool, err error) {
	if n.Contact != "" {
		c, err = r.Contact(ctx, n.Contact)
		return c, true, err
	}
	email, name := people.NormaliseEmail(n.Email), oneLine(n.Name, 100)
	if n.Duty {
		return f.dutyTeam(ctx, r, o)
	}
	switch {
	case name == "":
		return c, false, ids.E(ids.Invalid, "Write a name.")
	case people.Domain(email) == "" || strings.ContainsAny(email, " ,;<>\"\n"):
		return c, false, ids.E(ids.Invalid, "Write an email address, such as name@anytown.example.")
	}
	c, err = r.ContactAt(ctx, o.Agency, email)
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

// succession is a person taking over a thread, with the facts that say whether she may.
type succession struct {
	in      openThread
	contact people.Contact
	known   bool // she is a contact already
	facts   policy.Facts
}

// successionOf gathers who takes over a handover's thread.
func (f *Flow) successionOf(ctx context.Context, r store.Reader, a ids.Actor, thread ids.ThreadID, n NewPerson) (s succession, err error) {
	if s.in, err = loadThread(ctx, r, a, thread); err != nil {
		return s, err
	}
	if s.contact, s.known, err = f.newContact(ctx, r, s.in, n); err != nil {
		return s, err
	}
	s.facts = s.in.to(policy.HandOver)
	s.facts.Touch = touches(s.contact.ID, s.known)
	if n.Duty { // its address is the administrators' word
		s.facts.Mail.SameAgency = s.contact.Agency == s.in.Agency
		return s, nil
	}
	s.facts.Mail.SameAgency, err = ofThread(ctx, r, s.in, s.contact, s.known)
	return s, err
}

// AcceptHandover lets a person take over: she is in the thread from now on, under an address of her own, and gets what did not reach her
// predecessor.
func (f *Flow) AcceptHandover(ctx context.Context, a ids.Actor, id ids.HandoverID, n NewPerson) error {
	h, _, err := f.loadHandover(ctx, a, id)
	if err != nil {
		return err
	}
	s, err := f.successionOf(ctx, f.st.Reader, a, h.Thread, n)
	if err != nil {
		return err
	}
	if err := f.may(ctx, s.facts, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		h, err := tx.LockHandover(id)
		if err != nil {
			return audit.Entry{}, err
		}
		// Asked anew of what holds now: another handover of the thread, or the case's end, may have come first.
		s, err := f.successionOf(tx.Context(), tx.Reader, a, h.Thread, n)
		if err != nil {
			return audit.Entry{}, err
		}
		d := policy.Decide(s.facts)
		if !d.Allowed() {
			return audit.Entry{}, d.Err()
		}
		if err := h.Decide(a.StaffID(), tx.Now(), outcomeOf(n.Replace), s.contact.ID); err != nil {
			return audit.Entry{}, err
		}
		if err := f.takeOver(tx, s.in, h.From, s.contact, s.known, n.Replace); err != nil {
			return audit.Entry{}, err
		}
		if h.Summary, err = f.sendSummary(tx, a, h, s.contact.ID, n.Summary); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.DecideHandover(h); err != nil {
			return audit.Entry{}, err
		}
		// The mother is told who answers now.
		if err := tellOf(tx, s.in.Mother.ID, h.Thread); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.HandoverAccepted(h.Case, h.Thread, h.ID, s.contact.ID, string(h.Outcome)), d), f.settleProposals(tx, a, s.in, h)
	})
}

// outcomeOf is how a handover is decided whose successor is let in.
func outcomeOf(replaces bool) cases.HandoverOutcome {
	if replaces {
		return cases.HandoverReplaced
	}
	return cases.HandoverJoined
}

// takeOver puts a contact into a thread, with what her predecessor did not get; with replace the predecessor leaves it.
func (f *Flow) takeOver(tx *store.Tx, o openThread, from ids.ContactID, c people.Contact, known, replace bool) error {
	if err := f.enter(tx, o, c, known); err != nil {
		return err
	}
	if from == c.ID || from == "" || !replace && threads.IsParty(o.Parties, ids.ContactActor(c.ID)) {
		return nil
	}
	if err := f.passOn(tx, o, from, c, replace); err != nil || !replace {
		return err
	}
	return leave(tx, o, from)
}

// passOn delivers to a successor what did not reach her predecessor; of a predecessor who leaves, what still waits to be sent too.
func (f *Flow) passOn(tx *store.Tx, o openThread, from ids.ContactID, c people.Contact, replace bool) error {
	unread := func(d messages.Delivery) bool {
		return d.RecipientID == string(from) && (d.State == messages.Failed || replace && d.State == messages.Queued) && d.Times.Handled.IsZero()
	}
	ds, err := tx.DeliveriesOfThread(tx.Context(), o.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if !unread(d) {
			continue
		}
		if d, err = tx.LockDelivery(d.ID); err != nil {
			return err
		}
		if !unread(d) { // it was sent, or somebody dealt with it, before the row was ours
			continue
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
	return nil
}

// leave ends a contact's part in a thread, and her reply address with it. One who has left already is left alone.
func leave(tx *store.Tx, o openThread, contact ids.ContactID) error {
	if !threads.IsParty(o.Parties, ids.ContactActor(contact)) {
		return nil
	}
	if err := tx.EndParty(o.ID, threads.PartyContact, string(contact)); err != nil {
		return err
	}
	tx.Also(audit.PartyRemoved(o.Case, o.ID, string(contact)))
	token, err := tx.ReplyAddressOf(tx.Context(), o.ID, contact)
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
