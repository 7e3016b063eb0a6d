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

// Filing is how somebody files a held email.
type Filing struct {
	Thread    ids.ThreadID // "" = the one it was addressed to
	Note      string
	Confirmed bool // she has asked the sender by another way, so that an unproven one may be filed
	Replaces  bool // the sender takes over from the person the reply address was given to
}

// filing is a held email on its way into a thread, with the facts that say whether it may.
type filing struct {
	succession               // its sender
	from       ids.ContactID // whose reply address of this thread it came to; "" = none's
}

// filingOf gathers what is asked of a held email and the thread that it is to be filed in.
func (f *Flow) filingOf(ctx context.Context, r store.Reader, a ids.Actor, h heldThing, how Filing, mail ReadMail) (x filing, err error) {
	if x.in, err = loadThread(ctx, r, a, how.Thread); err != nil {
		return x, err
	}
	if x.contact, x.known, err = f.senderAsContact(ctx, r, mail, x.in); err != nil {
		return x, err
	}
	x.facts = x.in.to(policy.FileHeldMail)
	x.facts.Touch = touches(x.contact.ID, x.known)
	x.facts.Mail = policy.MailFacts{Readable: mail.readable(), Automatic: mail.Kind.automatic(), Verified: mail.Proof.Verified,
		Filing: policy.FilingFacts{Privileged: h.in.Channel == threads.Privileged, Elsewhere: x.in.ID != h.in.ID, TakesOver: how.Replaces, Confirmed: how.Confirmed}}
	if x.facts.Mail.SameAgency, err = ofThread(ctx, r, x.in, x.contact, x.known); err != nil || x.facts.Mail.Filing.Elsewhere {
		return x, err
	}
	x.from, err = f.addressedContact(ctx, r, h.hold.Inbound)
	return x, err
}

// FileHeld puts a held email into a thread as its sender's words: a person has looked at who sent it and takes responsibility. A sender who is
// not yet a contact becomes one of the thread's own agency, marked as confirmed by the person who files it. Having read it is the
// review, so it is released. An invitation that came to another case's address is put before whoever decides about invitations in the case that it is filed in
// (Composed.Hold), as if it had come there.
func (f *Flow) FileHeld(ctx context.Context, a ids.Actor, id ids.HoldID, how Filing) (out Composed, err error) {
	h, err := f.reviewableMail(ctx, a, id)
	if err != nil {
		return out, err
	}
	if how.Thread == "" {
		how.Thread = h.hold.Thread
	}
	mail, err := f.readInbound(ctx, h.hold.Inbound)
	if err != nil {
		return out, err
	}
	x, err := f.filingOf(ctx, f.st.Reader, a, h, how, mail)
	if err != nil {
		return out, err
	}
	if err := f.may(ctx, x.facts, auditID(id)); err != nil {
		return out, err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (e audit.Entry, err error) {
		out, e, err = f.fileNow(tx, a, h, how, mail)
		return e, err
	})
	return out, err
}

// fileNow decides the hold and files its email. Policy is asked anew of what holds now: somebody may have taken over, or the case have ended.
func (f *Flow) fileNow(tx *store.Tx, a ids.Actor, h heldThing, how Filing, mail ReadMail) (out Composed, e audit.Entry, err error) {
	if err := decideHold(tx, a, &h.hold, messages.OutcomeFiled, "", how.Note); err != nil {
		return out, e, err
	}
	x, err := f.filingOf(tx.Context(), tx.Reader, a, h, how, mail)
	if err != nil {
		return out, e, err
	}
	d := policy.Decide(x.facts)
	if !d.Allowed() {
		return out, e, d.Err()
	}
	// With the decision: who was not let in becomes nobody's verified contact.
	if err := f.takeOver(tx, x.in, x.from, x.contact, x.known, how.Replaces); err != nil {
		return out, e, err
	}
	if err := f.settleMailProposals(tx, a, x.in, h, x.contact, how.Replaces); err != nil {
		return out, e, err
	}
	if x.facts.Mail.Filing.Elsewhere {
		if again, e, err := f.invitationElsewhere(tx, x, h, mail); err != nil || again != "" {
			return Composed{Hold: again, State: messages.Held}, decided(e, d), err
		}
	}
	m, err := f.fileAs(tx, x.in, x.contact, h.hold.Inbound, mail)
	if err != nil {
		return out, e, err
	}
	if x.in.Parties, err = tx.Parties(tx.Context(), x.in.ID); err != nil { // whoever has just left gets nothing
		return out, e, err
	}
	out = Composed{Message: m.ID, State: m.State}
	return out, decided(audit.MailFiled(x.in.Case, x.in.ID, m.ID, h.hold.Inbound), d), f.deliver(tx, x.in, m)
}

// reviewableMail loads the hold of an email that the actor may decide.
func (f *Flow) reviewableMail(ctx context.Context, a ids.Actor, id ids.HoldID) (heldThing, error) {
	h, _, err := f.reviewable(ctx, a, id)
	if err == nil && (h.hold.Inbound == "" || h.hold.Message != "") {
		err = ids.E(ids.Invalid, "Only a held email can be filed.")
	}
	return h, err
}

// addressedContact is the contact whose reply address an email was sent to; "" when it was none's.
func (f *Flow) addressedContact(ctx context.Context, r store.Reader, id ids.InboundID) (ids.ContactID, error) {
	in, err := r.Inbound(ctx, id)
	if err != nil {
		return "", err
	}
	to, err := f.recipient(ctx, r, in.Envelope.Rcpt)
	return to.address.Contact, err
}

// settleMailProposals decides the proposals that a filed email has made or answered.
func (f *Flow) settleMailProposals(tx *store.Tx, a ids.Actor, target openThread, h heldThing, c people.Contact, replaces bool) error {
	hs, err := tx.HandoversOfMail(tx.Context(), h.hold.Inbound)
	if err != nil {
		return err
	}
	for _, p := range hs {
		if !p.Decided.IsZero() {
			continue
		}
		if p.Thread != target.ID { // it was filed elsewhere: here nothing changes
			if err := f.refuseProposal(tx, a, p.ID); err != nil {
				return err
			}
			tx.Also(audit.HandoverRefused(p.Case, p.Thread, p.ID))
			continue
		}
		if err := p.Decide(a.StaffID(), tx.Now(), outcomeOf(replaces), c.ID); err != nil {
			return err
		}
		if err := tx.DecideHandover(p); err != nil {
			return err
		}
		tx.Also(audit.HandoverAccepted(target.Case, target.ID, p.ID, c.ID, string(p.Outcome)))
		if err := f.settleProposals(tx, a, target, p); err != nil {
			return err
		}
	}
	return nil
}

// fileAs stores a confirmed email as a released message of a contact.
func (f *Flow) fileAs(tx *store.Tx, o openThread, c people.Contact, inbound ids.InboundID, mail ReadMail) (messages.Message, error) {
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: messages.ByContact, AuthorID: string(c.ID),
		State: messages.Released, Subject: oneLine(mail.Subject, 500), Body: mail.bodyOrNote(), Quoted: CleanText(mail.Quoted), Written: tx.Now(), ReleasedAt: tx.Now(), Inbound: inbound}
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
	if err := f.markNew(tx, ids.ContactActor(c.ID), o, m, origin{files: files}); err != nil {
		return m, err
	}
	in, err := tx.Inbound(tx.Context(), inbound)
	if err != nil {
		return m, err
	}
	in.State, in.Thread, in.Message = store.InboundFiled, o.ID, id
	return m, tx.UpdateInbound(in)
}

// senderAsContact finds the contact that sent an email, or says who she would be (known is false) in the thread's agency. An address that is known at
// several agencies is hers who is in the thread, or of its agency: what she is at another says nothing here.
func (f *Flow) senderAsContact(ctx context.Context, r store.Reader, mail ReadMail, o openThread) (c people.Contact, known bool, err error) {
	if mail.From != "" {
		if party, ok := partyWhoWrites(o.Parties, mail.From); ok {
			c, err = r.Contact(ctx, party)
			return c, err == nil, err
		}
		c, err = r.ContactAt(ctx, o.Agency, mail.From)
		if ids.KindOf(err) != ids.NotFound {
			return c, err == nil, err
		}
	}
	return people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: o.Agency, Name: contactName(mail), Email: mail.From,
		Role: people.AllocatedWorker, Verified: confirmedByStaff, VerifiedAt: f.now()}, false, nil
}

// ofThread reports whether a sender is of the thread's organisation: a contact of it, or somebody new who writes from there.
func ofThread(ctx context.Context, r store.Reader, o openThread, c people.Contact, known bool) (bool, error) {
	if known {
		return o.Agency != "" && c.Agency == o.Agency, nil
	}
	return sameAgency(ctx, r, o.Agency, c.Email)
}

func contactName(m ReadMail) string {
	if n := oneLine(m.FromName, 100); n != "" {
		return n
	}
	return m.From
}

// MoveHeld says that a held email belongs to another case than the one whose address it came to. It goes to the intake desk, where
// whoever holds the right case files it.
func (f *Flow) MoveHeld(ctx context.Context, a ids.Actor, id ids.HoldID, note string) error {
	h, err := f.reviewableMail(ctx, a, id)
	if err != nil {
		return err
	}
	if h.hold.Case == "" {
		return ids.E(ids.Invalid, "This email belongs to no case yet: file it, or put it aside.")
	}
	if err := f.may(ctx, h.in.to(policy.MoveMail), auditID(id)); err != nil {
		return err
	}
	next := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Inbound: h.hold.Inbound, Reason: messages.HoldWrongCase,
		Why: "Somebody found that this email belongs to another case than the one it came to.", ForRole: ids.RolePactWorker}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := decideHold(tx, a, &h.hold, messages.OutcomeMoved, "", note); err != nil {
			return audit.Entry{}, err
		}
		in, err := tx.Inbound(tx.Context(), h.hold.Inbound)
		if err != nil {
			return audit.Entry{}, err
		}
		in.Thread = ""
		if err := tx.UpdateInbound(in); err != nil {
			return audit.Entry{}, err
		}
		if err := leaveInvitation(tx, a, h.hold.ID); err != nil {
			return audit.Entry{}, err
		}
		hs, err := tx.HandoversOfMail(tx.Context(), in.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, p := range hs {
			if p.Decided.IsZero() {
				if err := f.refuseProposal(tx, a, p.ID); err != nil {
					return audit.Entry{}, err
				}
				tx.Also(audit.HandoverRefused(p.Case, p.Thread, p.ID))
			}
		}
		return audit.MailMoved(in.ID, next.ID).In(h.hold.Case, h.hold.Thread), tx.AddHold(next)
	})
}
