package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/invites"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// InviteAnswer is what somebody decides about an invitation.
type InviteAnswer struct {
	Answer CalendarAnswer // accepted, tentative or declined
	// Of an accepted one: the meetings that are made of it.
	Kind     meetings.Kind
	About    []ids.ChildID
	Children []ids.ChildID // who are to be there
	Staff    []ids.StaffID
	// Times are those of a series that are booked, by invites.Time.ID; none = the first that is free.
	Times []time.Time
	Note  string // of the decision, for staff
	// Plan is the meeting that is made of an accepted one that says no time; its case is the invitation's.
	Plan *NewMeeting
}

var errNotInvited = ids.E(ids.Invalid, "This email brings no invitation that can be answered. File it, or plan the meeting by hand.")

// AnswerInvitation decides about the invitation of a held email. Accepted, meetings are made of its free times that were chosen, and what the organiser has changed of those
// that were made before is followed; the organiser's calendar is answered, and the hold is decided, in the same change. A provisional answer leaves it waiting.
// Whoever sorts the mail of the case and may plan its meetings may.
func (f *Flow) AnswerInvitation(ctx context.Context, a ids.Actor, hold ids.HoldID, n InviteAnswer) (made []ids.MeetingID, err error) {
	h, err := f.reviewableMail(ctx, a, hold)
	if err != nil {
		return nil, err
	}
	late := h.hold // who comes late is told of the decision, whatever else is wrong
	if err := late.Decide(a.StaffID(), f.now(), messages.OutcomeAnswered, "", n.Note); err != nil {
		return nil, err
	}
	k, err := f.st.InvitationByHold(ctx, hold)
	if ids.KindOf(err) == ids.NotFound && err != nil {
		return nil, errNotInvited
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]CalendarAnswer{AnswerAccepted, AnswerTentative, AnswerDeclined}, n.Answer) {
		return nil, ids.E(ids.Invalid, "Choose what to answer.")
	}
	facts := h.in.to(policy.PlanMeeting)
	if err := f.may(ctx, facts, auditID(hold)); err != nil {
		return nil, err
	}
	step := inviteStep{Known: k, answer: n}
	if n.Answer == AnswerAccepted {
		if err := f.prepareAnswer(ctx, a, &step); err != nil {
			return nil, err
		}
	}
	err = untilPlaced(func() error {
		return f.st.Write(ctx, a, func(tx *store.Tx) (e audit.Entry, err error) {
			made, e, err = f.answerIn(tx, a, h, step)
			return e, err
		})
	})
	return made, err
}

// inviteStep is a decision about an invitation on its way.
type inviteStep struct {
	invites.Known
	answer InviteAnswer
	book   []bookedTime
	follow []followed
}

// bookedTime is a meeting to be made of one of the times.
type bookedTime struct {
	prepared
	occurrence time.Time
}

// followed is a meeting that follows what the organiser has changed.
type followed struct {
	openMeeting
	invites.Change
}

// prepareAnswer checks every meeting that is to be made, called off or given another time.
func (f *Flow) prepareAnswer(ctx context.Context, a ids.Actor, s *inviteStep) error {
	now := f.now()
	for _, c := range s.Changes(now) {
		o, err := f.loadMeeting(ctx, a, c.Meeting)
		if err != nil {
			return err
		}
		if c.To != nil {
			if err := meetings.CheckTimes(c.To.Start, c.To.End, now); err != nil {
				return err
			}
		}
		s.follow = append(s.follow, followed{o, c})
	}
	if len(s.follow) > 0 {
		return nil
	}
	if s.answer.Plan != nil && !s.Invite.HasTime() {
		return f.preparePlanned(ctx, a, s)
	}
	free := s.Free(now)
	if len(free) == 0 && len(s.Booked) > 0 {
		return ids.E(ids.Conflict, "Somebody has booked this meeting already.")
	}
	if len(free) == 0 {
		return ids.E(ids.Invalid, "The meeting has begun already, or says no time. Ask the organiser, and plan it by hand.")
	}
	for _, t := range free {
		if len(s.answer.Times) > 0 && !slices.ContainsFunc(s.answer.Times, t.ID.Equal) || len(s.answer.Times) == 0 && t != free[0] {
			continue
		}
		m, err := f.prepareMeeting(ctx, a, NewMeeting{Case: s.Case, Kind: s.answer.Kind, Starts: t.Start, Ends: t.End, About: s.answer.About, Children: s.answer.Children,
			Staff: s.answer.Staff, Venue: Venue{Best: true}, IdemKey: fmt.Sprintf("invitation/%s/%d/%d", s.ID, t.ID.Unix(), s.Invite.Sequence)})
		if err != nil {
			return err
		}
		s.book = append(s.book, bookedTime{m, t.ID})
	}
	if len(s.book) == 0 {
		return ids.E(ids.Conflict, "The times that you chose are no longer free. Look at the invitation again.")
	}
	return nil
}

// preparePlanned checks the one meeting that is made of an invitation without times.
func (f *Flow) preparePlanned(ctx context.Context, a ids.Actor, s *inviteStep) error {
	n := *s.answer.Plan
	switch {
	case n.Case != s.Case:
		return ids.ErrNotFound
	case len(s.Booked) > 0:
		return ids.E(ids.Conflict, "Somebody has booked this meeting already.")
	}
	n.IdemKey = fmt.Sprintf("invitation/%s/planned", s.ID)
	m, err := f.prepareMeeting(ctx, a, n)
	s.book = append(s.book, bookedTime{prepared: m})
	return err
}

// answerIn makes the change. What another has decided or the organiser has changed meanwhile is told, and nothing is done.
func (f *Flow) answerIn(tx *store.Tx, a ids.Actor, h heldThing, s inviteStep) (made []ids.MeetingID, e audit.Entry, err error) {
	k, err := tx.LockInvitation(s.ID)
	if err != nil {
		return nil, e, err
	}
	if k.Hold != h.hold.ID || k.Invite.Sequence != s.Invite.Sequence || !k.Invite.Stamp.Equal(s.Invite.Stamp) || len(k.Booked) != len(s.Booked) {
		return nil, e, ids.E(ids.Conflict, "The invitation has changed while you were looking at it. Look at it again.")
	}
	if s.answer.Answer != AnswerTentative {
		if err := decideHold(tx, a, &h.hold, messages.OutcomeAnswered, "", s.answer.Note); err != nil {
			return nil, e, err
		}
		in, err := tx.Inbound(tx.Context(), h.hold.Inbound)
		if err != nil {
			return nil, e, err
		}
		in.State = store.InboundNoted
		if err := tx.UpdateInbound(in); err != nil {
			return nil, e, err
		}
	}
	for _, c := range s.follow {
		if err := f.followIn(tx, a, k, c); err != nil {
			return nil, e, err
		}
	}
	for _, b := range s.book {
		id, entry, err := f.makeMeeting(tx, b.prepared)
		if err != nil {
			if errors.Is(err, errSame) {
				err = ids.E(ids.Conflict, "Somebody has booked this meeting already.")
			}
			return nil, e, err
		}
		if err := tx.BookOf(k.ID, b.occurrence, id); err != nil {
			return nil, e, err
		}
		made = append(made, id)
		tx.Also(entry)
		if err := f.replyTo(tx, k, s.answer.Answer, b.occurrence); err != nil {
			return nil, e, err
		}
	}
	switch {
	case s.answer.Answer != AnswerAccepted:
		k.State = map[CalendarAnswer]invites.State{AnswerTentative: invites.Tentative, AnswerDeclined: invites.Declined}[s.answer.Answer]
		if err := f.replyTo(tx, k, s.answer.Answer, k.Invite.RecurrenceID); err != nil {
			return nil, e, err
		}
	case k.Invite.Cancels():
		k.State = invites.Withdrawn
	default:
		k.State = invites.Accepted
	}
	k.Decided, k.By = tx.Now(), a.StaffID()
	return made, audit.InvitationAnswered(k.Case, k.Thread, k.ID, string(s.answer.Answer)), tx.SaveInvitation(k, "")
}

// followIn makes one meeting follow the organiser's change.
func (f *Flow) followIn(tx *store.Tx, a ids.Actor, k invites.Known, c followed) error {
	if c.To == nil {
		tx.Also(audit.MeetingCancelled(c.openMeeting.Case, c.openMeeting.ID))
		return f.cancelIn(tx, c.openMeeting)
	}
	e, err := f.moveIn(tx, a, c.openMeeting, c.To.Start, c.To.End, "")
	if err != nil {
		return err
	}
	tx.Also(e)
	return f.replyTo(tx, k, AnswerAccepted, c.Occurrence)
}

// replyTo leaves the answer to the organiser's calendar to be sent. A cancellation needs none (RFC 5546 section 3.2.5).
func (f *Flow) replyTo(tx *store.Tx, k invites.Known, answer CalendarAnswer, occurrence time.Time) error {
	if k.Invite.Cancels() || k.Invite.Organizer.Address == "" || k.Invite.UID == "" {
		return nil
	}
	m := inviteMail{Invitation: k.ID, Answer: answer, Occurrence: occurrence, Sequence: k.Invite.Sequence, At: tx.Now()}
	return tx.Enqueue(outbox.MailInvite, fmt.Sprintf("%s/%s/%d/%d", k.ID, answer, occurrence.Unix(), tx.Now().UnixMicro()), m, tx.Now())
}

// AskOrganiser sends the drafted request for what an invitation does not say; once for each version of it.
func (f *Flow) AskOrganiser(ctx context.Context, a ids.Actor, hold ids.HoldID) error {
	h, err := f.reviewableMail(ctx, a, hold)
	if err != nil {
		return err
	}
	k, err := f.st.InvitationByHold(ctx, hold)
	if err != nil {
		return err
	}
	if err := f.may(ctx, h.in.to(policy.PlanMeeting), auditID(hold)); err != nil {
		return err
	}
	if k.Invite.Ask.To == "" || k.Invite.Cancels() {
		return ids.E(ids.Invalid, "Nothing is missing from this invitation.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		m := inviteMail{Invitation: k.ID, Ask: true, Sequence: k.Invite.Sequence, At: tx.Now()}
		return audit.InvitationAnswered(k.Case, k.Thread, k.ID, "asked"), tx.Enqueue(outbox.MailInvite, fmt.Sprintf("%s/ask/%d", k.ID, k.Invite.Sequence), m, tx.Now())
	})
}

// inviteMail is the payload of an outbox item of kind mail_invite. It says which version is answered: a later one is another item.
type inviteMail struct {
	Invitation ids.InvitationID `json:"invitation"`
	Answer     CalendarAnswer   `json:"answer,omitempty"`
	Occurrence time.Time        `json:"occurrence"`
	Sequence   int              `json:"sequence"`
	At         time.Time        `json:"at"`
	Ask        bool             `json:"ask,omitempty"`
}

// InviteMail makes the mail of an outbox item of kind mail_invite: an answer with its calendar object, or the drafted request. It goes to the organiser, who must be of the
// conversation's organisation, from the address that was invited, and says nothing of the mother, her children or the matter. ErrNothingToSend when the organiser is
// anybody else.
func (f *Flow) InviteMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	g, err := payloadOf[inviteMail](payload)
	if err != nil {
		return OutMail{}, err
	}
	k, err := f.st.Invitation(ctx, g.Invitation)
	if err != nil {
		return OutMail{}, err
	}
	o, err := loadThread(ctx, f.st.Reader, ids.System("mail"), k.Thread)
	if err != nil {
		return OutMail{}, err
	}
	to := k.Invite.Organizer
	if g.Ask {
		to = invites.Person{Address: k.Invite.Ask.To}
	}
	facts, err := f.organiserFacts(ctx, o, to.Address)
	if err != nil {
		return OutMail{}, err
	}
	if !policy.Decide(facts).Allowed() {
		return OutMail{}, ErrNothingToSend
	}
	in, err := f.st.Inbound(ctx, k.Inbound)
	if err != nil {
		return OutMail{}, err
	}
	langs, err := f.languagesAt(ctx, o.Agency)
	if err != nil {
		return OutMail{}, err
	}
	key, _ := json.Marshal(g)
	out := OutMail{From: in.Envelope.Rcpt, FromName: "Kinbridge", To: to.Address, ToName: oneLine(to.Name, 100), EnvelopeFrom: f.addressing().Named("meetings"),
		MessageID: ids.Base32(f.derive("kinbridge invitation mail v1", string(key)))[:24] + "@" + f.cfg.MailDomain, Headers: standardHeaders("meeting"), Neutral: true}
	if g.Ask {
		draft := k.Invite.Ask.En
		out.Subject, out.Text = draft.Subject, draft.Text
		if slices.Contains(langs, workdays.Welsh) {
			out.Subject, out.Text = k.Invite.Ask.Cy.Subject+" / "+draft.Subject, k.Invite.Ask.Cy.Text+"\n\n"+draft.Text
		}
		out.HTML = letters.Plain(out.Text)
		return out, nil
	}
	about := CalendarInvitation{UID: k.Invite.UID, Sequence: g.Sequence, RecurrenceID: g.Occurrence, Organizer: CalendarPerson(to), Start: k.Invite.Start, End: k.Invite.End, AllDay: k.Invite.AllDay}
	var part CalendarPart
	var v letters.Values
	if me := (CalendarPerson{Address: in.Envelope.Rcpt}); g.Answer == AnswerCounter {
		part, v, err = f.counterPart(k, g, about, me)
	} else {
		part, err = f.cfg.Calendar.Reply(about, me, g.Answer, "", g.At)
	}
	if err != nil {
		return OutMail{}, err
	}
	l := letters.Write("invitation_"+string(g.Answer), langs, v, "automatic")
	out.Subject, out.Text, out.HTML, out.Calendar = l.Subject, l.Text(), l.HTML(), &part
	return out, nil
}

// InviteMailDone records how sending such a mail ended. That it was refused for good stands on the pages of the invitation and its meetings: somebody must tell the organiser.
func (f *Flow) InviteMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	g, err := payloadOf[inviteMail](payload)
	if err != nil {
		return err
	}
	k, err := f.st.Invitation(ctx, g.Invitation)
	if err != nil {
		return err
	}
	what := string(g.Answer)
	if g.Ask {
		what = "asked"
	}
	return f.st.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		if sent {
			return audit.InvitationMailSent(k.Case, k.Thread, k.ID, what), tx.SetInvitationTrouble(k.ID, "")
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote an address
		return audit.InvitationMailFailed(k.Case, k.Thread, k.ID, code), tx.SetInvitationTrouble(k.ID, audit.Code(cmp.Or(code, "failed")))
	})
}
