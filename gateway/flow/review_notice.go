package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// reviewNotice is the part of a notice's outbox item that tells of a review. What it says is decided when the mail is made.
type reviewNotice struct {
	Hold ids.HoldID `json:",omitempty"` // whose decision it tells of; "" = the notice is about something else
	// OtherSide: it goes to whom the message was meant for, not to its author.
	OtherSide bool `json:",omitempty"`
}

// tellOfDecision leaves the notices of a message that was not passed on: its author learns it in any case, whom it was meant for only where the reason
// lets her (messages.WithholdReason.OtherSide).
func (f *Flow) tellOfDecision(tx *store.Tx, o openThread, m messages.Message, h messages.Hold) error {
	if err := f.tellAuthor(tx, m); err != nil {
		return err
	}
	if m.AuthorKind == messages.ByContact && authorTold(h) {
		n := noticePayload{Thread: o.ID, Contact: ids.ContactID(m.AuthorID), reviewNotice: reviewNotice{Hold: h.ID}}
		if err := tx.Enqueue(outbox.MailNote, "review/"+string(h.ID)+"/"+m.AuthorID, n, tx.Now()); err != nil {
			return err
		}
	}
	for _, p := range o.Parties {
		if !tellable(m, h) || !p.Until.IsZero() || p.ID == m.AuthorID {
			continue
		}
		switch p.Kind {
		case threads.PartyMother:
			if err := tellOf(tx, ids.MotherID(p.ID), o.ID); err != nil {
				return err
			}
		case threads.PartyContact:
			n := noticePayload{Thread: o.ID, Contact: ids.ContactID(p.ID), reviewNotice: reviewNotice{Hold: h.ID, OtherSide: true}}
			if err := tx.Enqueue(outbox.MailNote, "review/"+string(h.ID)+"/"+p.ID, n, tx.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// authorTold reports whether an author outside is told of a decision by mail: never one who is not who she says, nor a machine.
func authorTold(h messages.Hold) bool {
	r, ok := messages.ReasonOf(h.ReasonCode)
	return h.Outcome == messages.OutcomeReturned || ok && r.Author != messages.TellNothing
}

// tellable reports whether the reason lets the other side be told.
func tellable(m messages.Message, h messages.Hold) bool {
	r, ok := messages.ReasonOf(h.ReasonCode)
	return m.State == messages.Withheld && ok && r.OtherSide
}

// notPassedOn reports whether a party may be told that somebody wrote to her and it was not passed on.
func (f *Flow) notPassedOn(ctx context.Context, o openThread, m messages.Message) (bool, error) {
	if m.State != messages.Withheld || m.AuthorKind == messages.ByMother {
		return false, nil
	}
	h, err := f.st.HoldOfMessage(ctx, m.ID)
	if err != nil {
		return false, err
	}
	facts := o.about(policy.HearOf, m)
	facts.Message.Tellable = tellable(m, h)
	return policy.Decide(facts).Allowed(), nil
}

// authorWords are the general words in which an author outside is told why. What a restriction, a support plan or another secret is behind is told as
// messages.TellGeneral, with the same words as any other.
var authorWords = map[messages.Telling]string{
	messages.TellGeneral:   "It has been kept, and will not be passed on as it is.",
	messages.TellWords:     "Some of its words could hurt or frighten somebody. It has been kept, and will not be passed on as it is.",
	messages.TellThird:     "It seems to have private details of somebody else. It has been kept, and will not be passed on as it is.",
	messages.TellRecipient: "It seems to be meant for somebody else. It has been kept, and will not be passed on.",
	messages.TellOutOfDate: "What it says seems to be no longer so. It has been kept, and will not be passed on as it is.",
}

// reviewLetter is the mail that tells of a decision; ErrNothingToSend when an appeal has changed it meanwhile.
func (f *Flow) reviewLetter(ctx context.Context, n noticePayload) (l guestLetter, err error) {
	h, err := f.st.Hold(ctx, n.Hold)
	if err != nil {
		return l, err
	}
	m, err := f.st.Message(ctx, h.Message)
	if err != nil {
		return l, err
	}
	if !m.State.Stopped() || n.OtherSide && !tellable(m, h) {
		return l, ErrNothingToSend
	}
	ask := letterPart{words: "If you have a question, ask the Pact social worker whom you know from this conversation. An answer to this email goes into the conversation like any other."}
	// Its subject has no reference, as no neutral mail has: the date says which message it is, and an answer finds its conversation by the address.
	day := londonDateTime(m.Written)
	switch {
	case n.OtherSide:
		l = guestLetter{subject: "A message was not passed on", parts: []letterPart{
			{words: "A message to you of " + day + " was not passed on, because what it says is no longer so. You need do nothing."}, ask}}
	case m.State == messages.Returned:
		l = guestLetter{subject: "Your message was not passed on yet", parts: []letterPart{
			{words: "Your message of " + day + " has not been passed on. Whoever read it first asks you to write it again in other words, in answer to this email."},
			{words: "To learn what should change, ask the Pact social worker whom you know from this conversation."}}}
	default:
		r, _ := messages.ReasonOf(h.ReasonCode)
		l = guestLetter{subject: "Your message was not passed on", parts: []letterPart{
			{words: "Your message of " + day + " was not passed on. " + authorWords[r.Author]}, ask}}
	}
	l.parts = append(l.parts, letterPart{words: "This email was sent automatically."})
	return l, nil
}

// reviewMail is the mail of a notice that tells of a decision.
func (f *Flow) reviewMail(ctx context.Context, n noticePayload, out OutMail) (OutMail, error) {
	l, err := f.reviewLetter(ctx, n)
	if err != nil {
		return OutMail{}, err
	}
	out.Subject, out.Text, out.HTML = l.subject, l.text(), l.html()
	out.MessageID, out.Headers = f.messageID(ids.MessageID("note-"+string(n.Hold)+"-"+string(n.Contact))), standardHeaders("review")
	return out, nil
}

// reviewNoticeDone is the entry for how sending such a mail ended; code is the server's answer, "" when it took the mail.
func reviewNoticeDone(t threads.Thread, n noticePayload, code string) audit.Entry {
	if code == "" {
		return audit.ReviewTold(t.Case, t.ID, n.Hold, n.Contact)
	}
	return audit.ReviewNotTold(t.Case, t.ID, n.Hold, n.Contact, code)
}
