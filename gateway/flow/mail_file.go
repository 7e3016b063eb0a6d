package flow

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/wording"
)

// mailFacts is what is kept beside a received email once it was read. It holds no word of the mail.
type mailFacts struct {
	SenderProof
	Kind MailKind `json:"kind,omitempty"`
	From string   `json:"from,omitempty"` // as ReadMail's
	Form string   `json:"form,omitempty"` // of an automatic answer
}

func factsOf(m ReadMail) mailFacts {
	return mailFacts{SenderProof: m.Proof, Kind: m.Kind, From: m.From, Form: m.Auto.Form}
}

func (m mailFacts) encode() (string, error) {
	b, err := json.Marshal(m)
	return string(b), err
}

// decodeFacts reads what encode wrote; ok is false for a mail that was not read yet.
func decodeFacts(s string) (m mailFacts, ok bool) {
	return m, s != "" && json.Unmarshal([]byte(s), &m) == nil
}

// automatic reports whether a machine wrote the mail.
func (k MailKind) automatic() bool { return k == MailAutoReply || k == MailBounce || k == MailLoop }

// sorting is a received email with what decides where it goes.
type sorting struct {
	in      store.Inbound
	mail    ReadMail
	to      addressee
	o       openThread    // of the address; empty when it leads nowhere
	actor   ids.Actor     // the contact who sent it, or somebody unknown
	moved   people.Agency // where whom the address was given to seems to write from now; empty when she does not
	facts   policy.Facts
	invited invited // of an invitation
}

// fileMail asks policy what becomes of an email and does it. Everything it asks about is as the transaction sees it.
func (f *Flow) fileMail(tx *store.Tx, in store.Inbound, mail ReadMail, to addressee) (audit.Entry, error) {
	s := sorting{in: in, mail: mail, to: to}
	if err := f.gatherMail(tx, &s); err != nil {
		return audit.Entry{}, err
	}
	if mail.Kind == MailBounce && to.problem == nil {
		d, ok, err := reportedDelivery(tx, s)
		if err != nil {
			return audit.Entry{}, err
		}
		if ok { // a server that answers the header's address instead of the envelope's (RFC 3461 section 6.1 asks for the latter)
			s.to.delivery = d
			return f.noteReport(tx, in, mail, s.to)
		}
	}
	d := policy.Decide(s.facts)
	switch {
	case d.Effect == policy.Note:
		return f.noteMail(tx, s, d)
	case s.facts.Mail.AddressValid && s.facts.Mail.SenderIsParty && (d.Allowed() || d.Hold == string(messages.HoldReview)):
		return f.postMail(tx, s.actor, s.o, in, mail, d)
	}
	return f.holdMail(tx, s, d)
}

// gatherMail gathers the facts about an email's address and sender.
func (f *Flow) gatherMail(tx *store.Tx, s *sorting) (err error) {
	ctx, mail := tx.Context(), s.mail
	s.actor = ids.Unknown("mail")
	m := policy.MailFacts{AddressValid: s.to.problem == nil, AddressExpired: s.to.address.Expired(f.now()), Verified: mail.Proof.Verified,
		Readable: mail.readable() && s.in.Envelope.WholeSize == 0, Encrypted: mail.Encrypted, Automatic: mail.Kind.automatic(), Report: mail.Kind == MailBounce, Invitation: mail.Kind == MailInvite,
		Challenge: mail.Auto.Form == AutoChallenge}
	s.facts = policy.Facts{Act: policy.FileMail}
	if m.AddressValid {
		if s.o, err = loadThread(ctx, tx.Reader, s.actor, s.to.address.Thread); err != nil {
			return err
		}
		contact, err := tx.Contact(ctx, s.to.address.Contact)
		if err != nil {
			return err
		}
		if sender, ok := partyWhoWrites(s.o.Parties, mail.From); ok {
			m.SenderIsParty, s.actor = true, ids.ContactActor(sender)
			s.actor.Agency = contact.Agency
		}
		if m.SameAgency, err = sameAgency(ctx, tx.Reader, contact.Agency, mail.From); err != nil {
			return err
		}
		if !m.SenderIsParty && !m.SameAgency {
			if s.moved, err = movedTo(ctx, tx.Reader, contact, mail); err != nil {
				return err
			}
			m.Moved = s.moved.ID != ""
		}
		s.o.facts.Actor, s.o.facts.Thread.IsParty = s.actor, threads.IsParty(s.o.Parties, s.actor)
		s.facts = s.o.to(policy.FileMail)
		s.facts.Touch = touches(ids.ContactID(s.actor.ID), m.SenderIsParty)
	}
	if m.AddressValid {
		// Words that say how to join are put before whoever plans meetings where she can plan one; anywhere else they are words.
		if mail.Invite != nil && mail.Invite.WordsOnly && (s.o.Channel != threads.Official || !s.o.facts.Thread.HasMother) {
			m.Invitation = false
		}
		if err := f.gatherInvite(ctx, tx.Reader, s, &m); err != nil {
			return err
		}
	}
	if m.Automatic {
		if m.AutomaticToday, err = tx.AutomaticMailSince(ctx, s.o.ID, f.now().Add(-24*time.Hour)); err != nil {
			return err
		}
	}
	s.facts.Actor, s.facts.Mail = s.actor, m
	return nil
}

// readable reports whether the mail says clearly who wrote what.
func (m ReadMail) readable() bool {
	return m.Kind != MailRejected && m.FromHeaders == 1 && m.From != ""
}

// partyWhoWrites finds the contact who is in the thread now under an address: whichever of their reply addresses she answered to, a colleague's
// that was forwarded to her included, her words are hers.
func partyWhoWrites(ps []threads.Party, from string) (ids.ContactID, bool) {
	for _, p := range ps {
		if p.Kind == threads.PartyContact && p.Until.IsZero() && from != "" && p.Email == from {
			return ids.ContactID(p.ID), true
		}
	}
	return "", false
}

// movedTo finds the organisation from which a contact seems to write now: another one than hers, whose mail domain the sender's address is at, and the
// sender has her name, or her address before the @. It is a guess, upon which a person is asked and nothing else is done.
func movedTo(ctx context.Context, r store.Reader, c people.Contact, mail ReadMail) (people.Agency, error) {
	local := func(address string) string { return strings.TrimSuffix(address, "@"+people.Domain(address)) }
	name := func(s string) string { return strings.Join(strings.Fields(wording.Fold(s)), " ") }
	if mail.From == "" || c.Role == people.DutyTeam || local(mail.From) != local(c.Email) && name(mail.FromName) != name(c.Name) {
		return people.Agency{}, nil
	}
	all, err := r.Agencies(ctx, "")
	if err != nil {
		return people.Agency{}, err
	}
	for _, a := range all {
		if a.ID != c.Agency && a.Writes(mail.From) {
			return a, nil
		}
	}
	return people.Agency{}, nil
}

// sameAgency reports whether an address is at an organisation's own mail domain.
func sameAgency(ctx context.Context, r store.Reader, agency ids.AgencyID, from string) (bool, error) {
	if agency == "" {
		return false, nil
	}
	a, err := r.Agency(ctx, agency)
	return err == nil && a.Writes(from), err
}

// reportedDelivery finds the delivery that a report at a reply address is about: the newest one, not yet known to have failed, that it names, to the
// recipient that it names. A reply address is known to whoever was ever sent it, so the report must show what only a server that had the mail can
// show: the mail's Message-ID, or the envelope's ENVID (RFC 3461 section 4.4). Without that it moves nothing, and a person looks at it.
func reportedDelivery(tx *store.Tx, s sorting) (found messages.Delivery, ok bool, err error) {
	ds, err := tx.DeliveriesOfThread(tx.Context(), s.o.ID)
	if err != nil {
		return found, false, err
	}
	for _, d := range ds {
		if d.RecipientKind != messages.ToContact || d.State != messages.Sent && d.State != messages.Accepted {
			continue
		}
		if !slices.Contains(s.mail.Names, string(d.Message)) && !slices.Contains(s.mail.Names, string(d.ID)) {
			continue
		}
		for _, b := range s.mail.Bounces {
			if people.NormaliseEmail(b.Recipient) == people.NormaliseEmail(d.Address) {
				found, ok = d, true
			}
		}
	}
	return found, ok, nil
}

// holdMail keeps an email for a person to decide.
func (f *Flow) holdMail(tx *store.Tx, s sorting, d policy.Decision) (audit.Entry, error) {
	h := holdFor(d, s.o.Case, s.o.ID)
	h.Inbound = s.in.ID
	if s.to.problem == threads.ErrNotOurs {
		h.Reason, h.Why = messages.HoldNoAddress, "The email was not sent to a reply address."
	}
	if done, err := dealtWith(tx, s.in); err != nil || done {
		return audit.MailHeld(s.in.ID, h.ID, "repeat"), err
	}
	s.in.State, s.in.Thread = store.InboundHeld, s.o.ID
	if err := tx.UpdateInbound(s.in); err != nil {
		return audit.Entry{}, err
	}
	if d.Rule == "moved" { // who follows is for her organisation to say: it is not she
		if err := f.proposeHandover(tx, s.o.Thread, cases.Handover{From: s.to.address.Contact, Reason: cases.HandoverMoved, Inbound: s.in.ID}); err != nil {
			return audit.Entry{}, err
		}
	}
	if d.Rule == "handover" {
		if err := f.proposeHandover(tx, s.o.Thread, cases.Handover{From: s.to.address.Contact, Reason: cases.HandoverNewSender, Inbound: s.in.ID,
			Successor: cases.Successor{Name: contactName(s.mail), Email: s.mail.From}}); err != nil {
			return audit.Entry{}, err
		}
	}
	if d.Rule == "invitation" {
		if err := f.keepInvitation(tx, s, h.ID); err != nil {
			return audit.Entry{}, err
		}
	}
	if d.Duties.Has(policy.TellSender) {
		if err := f.tellUnreadable(tx, s); err != nil {
			return audit.Entry{}, err
		}
	}
	return decided(audit.MailHeld(s.in.ID, h.ID, string(h.Reason)).In(s.o.Case, s.o.ID), d), tx.AddHold(h)
}

// dealtWith reports whether another try has settled what becomes of a mail.
func dealtWith(tx *store.Tx, in store.Inbound) (bool, error) {
	if in.New != nil { // it arrives in this very transaction
		return false, nil
	}
	now, err := tx.Inbound(tx.Context(), in.ID)
	return err == nil && now.State != store.InboundAccepted, err
}

// noteMail uses what an automatic mail tells and puts it before nobody. The mail is kept like every other.
func (f *Flow) noteMail(tx *store.Tx, s sorting, d policy.Decision) (audit.Entry, error) {
	if done, err := dealtWith(tx, s.in); err != nil || done {
		return audit.MailNoted(s.in.ID, "repeat"), err
	}
	form := s.mail.Auto.Form
	if form == "" {
		form = string(s.mail.Kind)
	}
	s.in.State, s.in.Thread = store.InboundNoted, s.o.ID
	if err := tx.UpdateInbound(s.in); err != nil {
		return audit.Entry{}, err
	}
	if d.Rule == "automatic_answer" {
		if err := f.useAutoFacts(tx, s); err != nil {
			return audit.Entry{}, err
		}
	}
	if d.Rule == "invitation_waits" {
		if err := f.keepInvitation(tx, s, ""); err != nil {
			return audit.Entry{}, err
		}
	}
	tx.Wake(store.TopicStaff)
	return decided(audit.MailNoted(s.in.ID, form).In(s.o.Case, s.o.ID), d), nil
}

// useAutoFacts keeps what a contact's mailbox says of her. That she has left proposes a handover.
func (f *Flow) useAutoFacts(tx *store.Tx, s sorting) error {
	auto, contact := s.mail.Auto, ids.ContactID(s.actor.ID)
	a := people.Absence{Contact: contact, Until: auto.Until, Left: auto.Form == AutoLeft, Inbound: s.in.ID}
	for _, c := range auto.Colleagues {
		if len(a.Colleagues) == maxColleagues {
			break
		}
		a.Colleagues = append(a.Colleagues, Colleague{Name: oneLine(c.Name, 100), Email: oneLine(people.NormaliseEmail(c.Email), 200), Phone: oneLine(c.Phone, 40)})
	}
	switch auto.Form {
	case AutoAway:
		tx.Also(audit.ContactAway(contact, s.in.ID))
	case AutoLeft:
		tx.Also(audit.ContactLeft(contact, s.in.ID))
	default:
		return nil // an acknowledgement or a receipt tells nothing of her
	}
	if err := tx.SetAbsence(a); err != nil {
		return err
	}
	if !a.Left {
		return nil
	}
	h := cases.Handover{From: contact, Reason: cases.HandoverLeft, Inbound: s.in.ID}
	for _, c := range a.Colleagues {
		if ok, err := sameAgency(tx.Context(), tx.Reader, s.actor.Agency, c.Email); err != nil {
			return err
		} else if ok {
			h.Successor = cases.Successor(c)
			break
		}
	}
	return f.proposeEverywhere(tx, h)
}

// The forms of automatic answers that tell something of their sender.
const (
	AutoAway = "away"
	AutoLeft = "left"
	// AutoChallenge is no answer of hers: our message has not reached her.
	AutoChallenge = "challenge"
)

// maxColleagues bounds what is kept of one automatic answer.
const maxColleagues = 5

// noticePayload is the outbox item of a mail that tells a sender why nobody could read hers.
type noticePayload struct {
	Thread  ids.ThreadID
	Contact ids.ContactID
	Inbound ids.InboundID
	reviewNotice
}

// tellUnreadable leaves a mail to the sender of an encrypted email, at most one a day to each contact of a thread: whatever answers it, no
// two programs can keep each other writing.
func (f *Flow) tellUnreadable(tx *store.Tx, s sorting) error {
	key := strings.Join([]string{string(s.o.ID), s.actor.ID, tx.Now().Format(time.DateOnly)}, "/")
	return tx.Enqueue(outbox.MailNote, key, noticePayload{Thread: s.o.ID, Contact: ids.ContactID(s.actor.ID), Inbound: s.in.ID}, tx.Now())
}

// NoticeMail returns the mail that tells a sender why hers could not be read, or somebody of a review. ErrNothingToSend when she is no longer in the thread.
func (f *Flow) NoticeMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	n, err := payloadOf[noticePayload](payload)
	if err != nil {
		return OutMail{}, err
	}
	contact := ids.ContactActor(n.Contact)
	o, err := loadThread(ctx, f.st.Reader, contact, n.Thread)
	if err != nil {
		return OutMail{}, err
	}
	if !threads.IsParty(o.Parties, contact) {
		return OutMail{}, ErrNothingToSend
	}
	c, err := f.st.Contact(ctx, n.Contact)
	if err != nil {
		return OutMail{}, err
	}
	from, err := f.ReplyAddress(ctx, n.Thread, n.Contact)
	if err != nil {
		return OutMail{}, err
	}
	if n.Hold != "" {
		return f.reviewMail(ctx, n, OutMail{From: from, FromName: "Kinbridge", To: c.Email, ToName: c.Name, Neutral: true})
	}
	langs, err := f.languagesAt(ctx, c.Agency)
	if err != nil {
		return OutMail{}, err
	}
	l := letters.Write("encrypted", langs, letters.Values{}, "automatic")
	out := OutMail{From: from, FromName: "Kinbridge", To: c.Email, ToName: c.Name, EnvelopeFrom: "", Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		MessageID: f.messageID(ids.MessageID("note-" + string(n.Inbound))), Headers: standardHeaders("unreadable"), Neutral: true}
	out.Headers["Auto-Submitted"] = "auto-replied" // RFC 3834 section 5: it answers a mail
	return out, nil
}

// NoticeDone records how sending such a mail ended.
func (f *Flow) NoticeDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	n, err := payloadOf[noticePayload](payload)
	if err != nil {
		return err
	}
	t, err := f.st.Thread(ctx, n.Thread)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, ids.System("mail"), func(*store.Tx) (audit.Entry, error) {
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		if sent {
			code = ""
		}
		if n.Hold != "" {
			return reviewNoticeDone(t, n, code), nil
		}
		if sent {
			return audit.NoticeSent(t.Case, t.ID, n.Inbound), nil
		}
		return audit.NoticeFailed(t.Case, t.ID, n.Inbound, code), nil
	})
}
