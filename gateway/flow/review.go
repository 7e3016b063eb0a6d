package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// heldThing is a hold with what it holds and the actor's facts about it.
type heldThing struct {
	hold  messages.Hold
	in    openThread // empty for mail of no thread
	msg   messages.Message
	facts policy.Facts
}

// loadHold reads a hold and gathers the facts for deciding it; a hold of mail is decided as DecideMail, one of a message as
// Review.
func (f *Flow) loadHold(ctx context.Context, r store.Reader, a ids.Actor, id ids.HoldID) (heldThing, error) {
	h, err := r.Hold(ctx, id)
	if err != nil {
		return heldThing{}, err
	}
	return f.loadHeld(ctx, r, a, h)
}

func (f *Flow) loadHeld(ctx context.Context, r store.Reader, a ids.Actor, hold messages.Hold) (h heldThing, err error) {
	h.hold = hold
	h.facts = policy.Facts{Act: policy.DecideMail, Actor: a}
	if h.hold.Thread != "" {
		if h.in, err = loadThread(ctx, r, a, h.hold.Thread); err != nil {
			return h, err
		}
		h.facts = h.in.to(policy.DecideMail)
	}
	if h.hold.Message != "" {
		if h.msg, err = r.Message(ctx, h.hold.Message); err != nil {
			return h, err
		}
		h.facts = h.in.about(policy.Review, h.msg)
	}
	h.facts.Message.HasHold = true
	return h, nil
}

// Claim marks a hold as taken by the actor, so that two reviewers do not do the same work. Claiming again is harmless; a hold that
// somebody else has claimed can be taken over, which is recorded.
func (f *Flow) Claim(ctx context.Context, a ids.Actor, id ids.HoldID) error {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return err
	}
	if err := f.may(ctx, h.facts, auditID(id)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		h.hold.ClaimedBy = a.StaffID()
		return audit.HoldClaimed(id).In(h.hold.Case, h.hold.Thread), tx.UpdateHold(h.hold)
	})
}

// Release lets a held message go: it becomes readable to its parties and its deliveries are made. The note is kept with the hold.
func (f *Flow) Release(ctx context.Context, a ids.Actor, id ids.HoldID, note string) error {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return err
	}
	if h.hold.Message == "" {
		return ids.E(ids.Invalid, "This email is in no conversation yet: choose one to file it in.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return f.settle(tx, a, h, d, messages.OutcomeReleased, "", note)
	})
}

// Withhold decides that a held message or email goes no further, with a reason from messages.WithholdReasons. The original is kept.
func (f *Flow) Withhold(ctx context.Context, a ids.Actor, id ids.HoldID, code, note string) error {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if h.hold.Message != "" {
			return f.settle(tx, a, h, d, messages.OutcomeWithheld, code, note)
		}
		if err := decideHold(tx, a, &h.hold, messages.OutcomeWithheld, code, note); err != nil {
			return audit.Entry{}, err
		}
		in, err := tx.Inbound(tx.Context(), h.hold.Inbound)
		if err != nil {
			return audit.Entry{}, err
		}
		in.State = store.InboundDiscarded
		return decided(audit.MailDiscarded(in.ID, code).In(h.hold.Case, h.hold.Thread), d), tx.UpdateInbound(in)
	})
}

// reviewable loads a hold that the actor may decide.
func (f *Flow) reviewable(ctx context.Context, a ids.Actor, id ids.HoldID) (heldThing, policy.Decision, error) {
	h, err := f.loadHold(ctx, f.st.Reader, a, id)
	if err != nil {
		return h, policy.Decision{}, err
	}
	d := policy.Decide(h.facts)
	if !d.Allowed() {
		return h, d, f.refuse(ctx, h.facts, auditID(id), d)
	}
	return h, d, nil
}

// decideHold decides a hold on the row as it is now: two reviewers cannot both decide.
func decideHold(tx *store.Tx, a ids.Actor, h *messages.Hold, o messages.Outcome, code, note string) error {
	now, err := tx.Hold(tx.Context(), h.ID)
	if err != nil {
		return err
	}
	*h = now
	if err := h.Decide(a.StaffID(), tx.Now(), o, code, CleanText(note)); err != nil {
		return err
	}
	return tx.UpdateHold(*h)
}

// settle decides the hold of a message and moves the message.
func (f *Flow) settle(tx *store.Tx, a ids.Actor, h heldThing, d policy.Decision, o messages.Outcome, code, note string) (audit.Entry, error) {
	if err := decideHold(tx, a, &h.hold, o, code, note); err != nil {
		return audit.Entry{}, err
	}
	m, err := tx.Message(tx.Context(), h.msg.ID)
	if err != nil {
		return audit.Entry{}, err
	}
	if err := m.Review(o, tx.Now()); err != nil {
		return audit.Entry{}, err
	}
	if err := tx.SetMessageState(m); err != nil {
		return audit.Entry{}, err
	}
	if o == messages.OutcomeReleased {
		return decided(audit.MessageReleased(m.Case, m.Thread, m.ID, h.hold.ID), d), f.deliver(tx, h.in, m)
	}
	tx.Wake(store.TopicStaff)
	return decided(audit.MessageWithheld(m.Case, m.Thread, m.ID, h.hold.ID).With("code", code), d), f.tellAuthor(tx, m)
}

// FileHeld puts a held email into a thread as its sender's words: a person has looked at who sent it and takes responsibility. In the
// thread it was addressed to, a sender who is not yet a contact becomes one of the thread's own agency, marked as confirmed by
// the person who files it. It then goes through the channel's ordinary review as any other message.
func (f *Flow) FileHeld(ctx context.Context, a ids.Actor, id ids.HoldID, thread ids.ThreadID, note string) (Composed, error) {
	h, d, err := f.reviewable(ctx, a, id)
	if err != nil {
		return Composed{}, err
	}
	if h.hold.Inbound == "" || h.hold.Message != "" {
		return Composed{}, ids.E(ids.Invalid, "Only a held email can be filed.")
	}
	if thread == "" {
		thread = h.hold.Thread
	}
	target, err := loadThread(ctx, f.st.Reader, a, thread)
	if err != nil {
		return Composed{}, err
	}
	if err := f.mayFileIn(ctx, h, target); err != nil {
		return Composed{}, err
	}
	mail, err := f.readInbound(ctx, h.hold.Inbound)
	if err != nil {
		return Composed{}, err
	}
	contact, known, err := f.senderAsContact(ctx, mail, target)
	if err != nil {
		return Composed{}, err
	}
	var out Composed
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := decideHold(tx, a, &h.hold, messages.OutcomeFiled, "", note); err != nil {
			return audit.Entry{}, err
		}
		if !known { // with the decision: who was not let in becomes nobody's verified contact
			if err := tx.AddContact(contact); err != nil {
				return audit.Entry{}, err
			}
			tx.Also(audit.ContactAdded(contact.ID))
			tx.Also(audit.ContactVerified(contact.ID, "staff"))
		}
		m, err := f.fileAs(tx, target, contact, h.hold.Inbound, mail)
		if err != nil {
			return audit.Entry{}, err
		}
		out = Composed{Message: m.ID, State: m.State}
		return decided(audit.MailFiled(target.Case, target.ID, m.ID, h.hold.Inbound), d), f.deliver(tx, target, m)
	})
	return out, err
}

// mayFileIn asks whether the person who decides a held email may put it into a thread: she must be allowed to review there, for filing
// is letting words in. What was addressed to a privileged thread stays there, and nothing else comes into one.
func (f *Flow) mayFileIn(ctx context.Context, h heldThing, target openThread) error {
	if h.in.Channel == threads.Privileged {
		if target.ID == h.in.ID {
			return nil // deciding its mail was allowed to her as its party
		}
		return ids.E(ids.Forbidden, "Legally privileged mail cannot be moved to another conversation.")
	}
	return f.may(ctx, target.to(policy.Review), auditID(target.ID))
}

// fileAs stores a confirmed email as a released message of a contact: the person who filed it has read it, which is the review.
func (f *Flow) fileAs(tx *store.Tx, o openThread, c people.Contact, inbound ids.InboundID, mail ReadMail) (messages.Message, error) {
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: messages.ByContact, AuthorID: string(c.ID),
		State: messages.Released, Subject: oneLine(mail.Subject, 500), Body: mail.bodyOrNote(), Quoted: CleanText(mail.Quoted), Written: tx.Now(), ReleasedAt: tx.Now(), Inbound: inbound}
	if err := tx.AddParty(o.ID, threads.PartyContact, string(c.ID)); err != nil {
		return m, err
	}
	if _, err := tx.ReplyAddress(o.ID, c.ID); err != nil {
		return m, err
	}
	files := mail.files()
	id, added, err := tx.AddMessage(m, mail.idemKey(inbound), mail.headerID(), files)
	if err != nil {
		return m, err
	}
	if !added {
		return m, ids.E(ids.Conflict, "The same email is in this conversation already.")
	}
	if err := leaveToCheck(tx, files); err != nil {
		return m, err
	}
	in, err := tx.Inbound(tx.Context(), inbound)
	if err != nil {
		return m, err
	}
	in.State, in.Thread, in.Message = store.InboundFiled, o.ID, id
	return m, tx.UpdateInbound(in)
}

// senderAsContact finds the contact that sent an email, or says who she would be (known is false) in the thread's agency.
func (f *Flow) senderAsContact(ctx context.Context, mail ReadMail, o openThread) (c people.Contact, known bool, err error) {
	if mail.From == "" || mail.FromHeaders != 1 {
		return c, false, ids.E(ids.Invalid, "The email does not say who sent it, so it cannot be filed under anybody's name.")
	}
	c, err = f.st.ContactByEmail(ctx, mail.From)
	if err == nil {
		if o.Agency != "" && c.Agency != o.Agency {
			return c, true, ids.E(ids.Forbidden, "The sender belongs to another organisation than this conversation's.")
		}
		return c, true, nil
	}
	if ids.KindOf(err) != ids.NotFound {
		return c, false, err
	}
	if o.Agency == "" {
		return c, false, ids.E(ids.Invalid, "This conversation is with nobody outside: begin one with the sender's organisation first.")
	}
	agency, err := f.st.Agency(ctx, o.Agency)
	if err != nil {
		return c, false, err
	}
	if agency.Domain == "" || people.Domain(mail.From) != agency.Domain {
		return c, false, ids.E(ids.Forbidden, "The sender does not write from this conversation's organisation.")
	}
	return people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: o.Agency, Name: contactName(mail), Email: mail.From,
		Role: people.AllocatedWorker, Verified: "confirmed by staff", VerifiedAt: f.now()}, false, nil
}

func contactName(m ReadMail) string {
	if n := oneLine(m.FromName, 100); n != "" {
		return n
	}
	return m.From
}
