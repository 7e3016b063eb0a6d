package flow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// invited is what is known of the invitation that an email brings.
type invited struct {
	known   *invites.Known // nil = nothing
	digest  string
	verdict invites.Verdict
}

// gatherInvite says what an email's invitation does to what is known of its meeting. Only official conversations with a mother have invitations: what a lawyer sends to a
// privileged one is opened by nobody.
func (f *Flow) gatherInvite(ctx context.Context, r store.Reader, s *sorting, m *policy.MailFacts) (err error) {
	in := s.mail.Invite
	if !m.Invitation || in == nil || s.o.Channel != threads.Official || !s.o.facts.Thread.HasMother {
		return nil
	}
	s.invited.digest = f.uidDigest(s.o.Case, in.UID, s.in.ID)
	k, err := r.InvitationByUID(ctx, s.o.Case, s.invited.digest)
	switch {
	case err == nil:
		s.invited.known = &k
	case ids.KindOf(err) != ids.NotFound:
		return err
	}
	s.invited.verdict = invites.Judge(s.invited.known, *in, m.Verified && (m.SenderIsParty || m.SameAgency))
	switch s.invited.verdict {
	case invites.Same, invites.Stale:
		m.InviteKnown = true
	case invites.Refused:
		m.InviteWaits = true // it decides nothing, and is shown where the invitation is
	case invites.Newer:
		h, err := r.Hold(ctx, s.invited.known.Hold)
		if err != nil && ids.KindOf(err) != ids.NotFound {
			return err
		}
		m.InviteWaits = err == nil && h.Decided.IsZero()
	}
	return nil
}

// uidDigest names a meeting of somebody else's calendar in a case. It is keyed, since a UID can be an address or a name. An invitation without a UID is one by itself.
func (f *Flow) uidDigest(c ids.CaseID, uid string, in ids.InboundID) string {
	if uid == "" {
		uid = "mail/" + string(in)
	}
	h := hmac.New(sha256.New, f.cfg.SessionKey)
	fmt.Fprintf(h, "invitation v1\x00%s\x00%s", c, uid)
	return fmt.Sprintf("%x", h.Sum(nil)[:20])
}

// keepInvitation stores what an email's invitation says, for whoever decides the hold. hold is "" when the one that waits already goes on waiting.
func (f *Flow) keepInvitation(tx *store.Tx, s sorting, hold ids.HoldID) error {
	v := s.invited.verdict
	if v != invites.New && v != invites.Newer && v != invites.Refused {
		return nil
	}
	var k invites.Known
	if s.invited.known != nil {
		k = *s.invited.known
	} else {
		k = invites.Known{ID: ids.New[ids.InvitationID](ids.Invitation), Case: s.o.Case, State: invites.Proposed}
	}
	k = k.Apply(*s.mail.Invite)
	if v != invites.Refused { // what is answered, and shown, is the invitation
		k.Thread, k.Contact, k.Inbound = s.o.ID, s.to.address.Contact, s.in.ID
	}
	if hold != "" {
		k.Hold = hold
	}
	tx.Also(audit.InvitationReceived(k.Case, k.Thread, k.ID, string(v)))
	return tx.SaveInvitation(k, s.invited.digest)
}

// invitationElsewhere has an invitation that came to another case's address wait in the case of the conversation that a person files it in, so that it can be booked and
// answered there. It returns the new hold; "" when the email brings no invitation, or none that is news there.
func (f *Flow) invitationElsewhere(tx *store.Tx, x filing, h heldThing, mail ReadMail) (ids.HoldID, audit.Entry, error) {
	in, err := tx.Inbound(tx.Context(), h.hold.Inbound)
	if err != nil {
		return "", audit.Entry{}, err
	}
	s := sorting{in: in, mail: mail, o: x.in, to: addressee{address: threads.Address{Contact: x.contact.ID}}}
	// Whoever files it answers for its sender, who is of the conversation's organisation.
	facts := policy.MailFacts{Invitation: mail.Kind == MailInvite, Verified: true, SameAgency: x.facts.Mail.SameAgency}
	if err := f.gatherInvite(tx.Context(), tx.Reader, &s, &facts); err != nil {
		return "", audit.Entry{}, err
	}
	if v := s.invited.verdict; v != invites.New && v != invites.Newer {
		return "", audit.Entry{}, nil
	}
	next := messages.Hold{ID: ids.New[ids.HoldID](ids.Hold), Case: x.in.Case, Thread: x.in.ID, Inbound: in.ID, Reason: messages.HoldInvite,
		Why: "A meeting invitation that came to another address was found to be about her.", ForRole: ids.RolePactWorker}
	s.in.State, s.in.Thread = store.InboundHeld, x.in.ID
	if err := tx.UpdateInbound(s.in); err != nil {
		return "", audit.Entry{}, err
	}
	if err := f.keepInvitation(tx, s, next.ID); err != nil {
		return "", audit.Entry{}, err
	}
	return next.ID, audit.MailHeld(in.ID, next.ID, string(next.Reason)).In(x.in.Case, x.in.ID), tx.AddHold(next)
}

// leaveInvitation ends what a case knows of an invitation that is about another one: nothing of what it says stays under this case's key.
func leaveInvitation(tx *store.Tx, a ids.Actor, h ids.HoldID) error {
	k, err := tx.InvitationByHold(tx.Context(), h)
	if ids.KindOf(err) == ids.NotFound || err == nil && len(k.Booked) > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	k.State, k.Decided, k.By, k.Hold = invites.Moved, tx.Now(), a.StaffID(), ""
	k.Counter = nil
	k.Versions = nil // should it come back here after all, it is news again
	k.Invite = invites.Invite{UID: k.Invite.UID, Method: k.Invite.Method, Sequence: k.Invite.Sequence, Stamp: k.Invite.Stamp}
	return tx.SaveInvitation(k, "")
}

// madeOf is the invitation of which a meeting was made; nil when it was made of none.
func (f *Flow) madeOf(ctx context.Context, m ids.MeetingID) (*invites.Known, error) {
	k, err := f.st.InvitationByMeeting(ctx, m)
	switch {
	case err == nil:
		return &k, nil
	case ids.KindOf(err) == ids.NotFound:
		return nil, nil
	}
	return nil, err
}

// InvitationView is an invitation as whoever decides about it sees it.
type InvitationView struct {
	invites.Known
	Changes []invites.Change
	Free    []invites.Time
	Kind    string        // that its words suggest; "" = none
	About   []ids.ChildID // whom the conversation's organisation looks after: whom it is about, most likely
	// MayAnswer: its organiser is of the conversation's organisation, so an answer goes to her calendar. To nobody else's does one go.
	MayAnswer bool
	// Sender is the contact who sent it, where she could be invited.
	Sender ids.ContactID
	// OtherCase: another case's address is among those invited.
	OtherCase bool
	// Unknown: it takes back a meeting that is not known here, or comes from somebody whose word does not count for it.
	Unknown bool
}

// invitationOf is the invitation that a held email brings; nil when it brings none, or nobody may be shown it.
func (f *Flow) invitationOf(ctx context.Context, h heldThing, mail ReadMail) (*InvitationView, error) {
	if mail.Invite == nil || h.in.ID == "" || h.in.Channel != threads.Official {
		return nil, nil
	}
	k, err := f.st.InvitationByHold(ctx, h.hold.ID)
	if ids.KindOf(err) == ids.NotFound && err != nil { // an unproven sender's, or a cancellation of what is not known: shown, and nothing is made of it
		k, err = invites.Known{Case: h.hold.Case, Thread: h.in.ID, Inbound: h.hold.Inbound, Invite: *mail.Invite}, nil
	}
	if err != nil {
		return nil, err
	}
	v := &InvitationView{Known: k, Changes: k.Changes(f.now()), Free: k.Free(f.now()), Kind: string(invites.KindOf(k.Invite.Summary)), Unknown: k.ID == ""}
	kids, err := f.st.Children(ctx, h.in.Case)
	if err != nil {
		return nil, err
	}
	for _, kid := range kids {
		if kid.Authority == h.in.Agency {
			v.About = append(v.About, kid.ID)
		}
	}
	if v.OtherCase, err = f.namesOtherCase(ctx, h.in.Case, k.Invite); err != nil {
		return nil, err
	}
	if sender, ok := partyWhoWrites(h.in.Parties, mail.From); ok {
		v.Sender = sender
	}
	facts, err := f.organiserFacts(ctx, h.in, k.Invite.Organizer.Address)
	v.MayAnswer = policy.Decide(facts).Allowed()
	return v, err
}

// namesOtherCase reports whether an invitation went to another case's address, too: it may be about that mother. Which case it is, is not said.
func (f *Flow) namesOtherCase(ctx context.Context, c ids.CaseID, in invites.Invite) (bool, error) {
	for _, a := range in.Attendees {
		if !f.addressing().Ours(a) {
			continue
		}
		to, err := f.recipient(ctx, f.st.Reader, a)
		if err != nil {
			return false, err
		}
		if to.problem == nil && to.caseID != "" && to.caseID != c {
			return true, nil
		}
	}
	return false, nil
}

// organiserFacts are what policy asks about an answer to an organiser.
func (f *Flow) organiserFacts(ctx context.Context, o openThread, address string) (facts policy.Facts, err error) {
	facts = o.to(policy.AnswerOrganiser)
	facts.Mail.SameAgency, err = sameAgency(ctx, f.st.Reader, o.Agency, address)
	return facts, err
}
