package flow

import (
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// CalendarReply is what somebody's calendar answers to an invitation of ours (RFC 5546 sections 3.2.3 and 3.2.7).
type CalendarReply struct {
	UID        string
	Sequence   int       // of the version that is answered
	Stamp      time.Time // when she says that it was written; zero = not said
	Answer     CalendarAnswer
	Comment    string
	Start, End time.Time // of AnswerCounter: the time that is proposed
}

// maxComment is how much of what a guest writes with her answer is kept, in characters.
const maxComment = 1000

// guestAnswer is the reply as it can be kept: she cannot have written it after it came, or a wrong clock would keep out all that she says later.
func (r CalendarReply) guestAnswer(now time.Time) meetings.GuestAnswer {
	a := meetings.GuestAnswer{Answer: r.Answer, At: now, Sequence: r.Sequence, Stamp: r.Stamp.UTC().Truncate(time.Second), Comment: strings.TrimSpace(CleanText(r.Comment))}
	if a.Stamp.IsZero() || a.Stamp.Year() < 2000 || a.Stamp.After(now) {
		a.Stamp = now
	}
	if c := []rune(a.Comment); len(c) > maxComment {
		a.Comment = string(c[:maxComment])
	}
	if r.Answer == AnswerCounter && r.End.After(r.Start) && r.Start.Year() >= 2000 && r.End.Year() < 3000 {
		a.Starts, a.Ends = r.Start.UTC(), r.End.UTC()
	}
	return a
}

// takeCalendarAnswer uses what came to the address that takes a guest's calendar's answers. The address alone says nothing, as everywhere: the answer must be the
// guest's own, proven, and to her own entry. It moves nothing but what is shown as her answer; what a person seems to have written is put before one.
func (f *Flow) takeCalendarAnswer(tx *store.Tx, in store.Inbound, mail ReadMail, to addressee) (audit.Entry, error) {
	p := to.guest
	m, err := tx.Meeting(tx.Context(), p.Meeting)
	if err != nil {
		return audit.Entry{}, err
	}
	if done, err := dealtWith(tx, in); err != nil || done {
		return audit.MailNoted(in.ID, "repeat"), err
	}
	r := mail.CalendarAnswer
	if r == nil && mail.Kind.automatic() || mail.Kind == MailBounce || mail.Kind == MailLoop {
		return f.noteAnswer(tx, in, audit.GuestAnswerIgnored(seatOf(m, p), "automatic"))
	}
	if why := f.notHerAnswer(mail, p); why != "" {
		return f.holdMail(tx, sorting{in: in, mail: mail, to: to}, policy.Decision{Effect: policy.Hold, Rule: "answer_address", Why: why,
			Hold: string(messages.HoldNoAddress), HoldFor: ids.RolePactWorker})
	}
	tx.ActAs(p.Actor())
	phase := m.PhaseAt(tx.Now())
	switch {
	case !p.Removed.IsZero():
		return f.noteAnswer(tx, in, audit.GuestAnswerIgnored(seatOf(m, p), "withdrawn"))
	case phase == meetings.CalledOff, phase == meetings.Over:
		return f.noteAnswer(tx, in, audit.GuestAnswerIgnored(seatOf(m, p), "over"))
	}
	if err := tx.LockParticipant(p.ID); err != nil {
		return audit.Entry{}, err
	}
	if p, err = tx.Participant(tx.Context(), p.ID); err != nil {
		return audit.Entry{}, err
	}
	a := r.guestAnswer(tx.Now())
	if settled := a.Against(p.Answer, m.Sequence); settled != meetings.AnswerTaken {
		return f.noteAnswer(tx, in, audit.GuestAnswerIgnored(seatOf(m, p), string(settled)))
	}
	if err := tx.SetGuestAnswer(m.Case, p.ID, a); err != nil {
		return audit.Entry{}, err
	}
	return f.noteAnswer(tx, in, audit.GuestAnswered(seatOf(m, p), string(a.Answer), a.Sequence))
}

// notHerAnswer says, in words for who sorts mail, why a mail is not the guest's answer; "" when it is.
func (f *Flow) notHerAnswer(mail ReadMail, p meetings.Participant) string {
	switch r := mail.CalendarAnswer; {
	case r == nil:
		return "The email came to an address that takes only calendars' answers to a meeting."
	case !mail.readable() || mail.From != people.NormaliseEmail(p.Email):
		return "A calendar's answer to a meeting, and not from the guest who was invited there."
	case !mail.Proof.Verified:
		return "A calendar's answer to a meeting that did not prove that it comes from the guest's organisation."
	case r.UID != f.calendarUID(p.ID):
		return "A calendar's answer to another meeting than the one whose address it came to."
	}
	return ""
}

// noteAnswer ends the work on such a mail: it is kept like every other.
func (f *Flow) noteAnswer(tx *store.Tx, in store.Inbound, e audit.Entry) (audit.Entry, error) {
	in.State = store.InboundNoted
	return e.With("inbound", string(in.ID)), tx.UpdateInbound(in)
}
