package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
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

// authorLetters are the letters that tell an author outside why, in general words. What a restriction, a support plan or another secret is behind is told as
// messages.TellGeneral, with the same words as any other. Their subjects have no reference, as no neutral mail has: the day says which message it is, and an answer
// finds its conversation by the address.
var authorLetters = map[messages.Telling]string{
	messages.TellGeneral: "review_general", messages.TellWords: "review_words", messages.TellThird: "review_third",
	messages.TellRecipient: "review_recipient", messages.TellOutOfDate: "review_out_of_date",
}

// reviewLetter is the mail that tells of a decision; ErrNothingToSend when an appeal has changed it meanwhile.
func (f *Flow) reviewLetter(ctx context.Context, n noticePayload) (l letters.Letter, err error) {
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
	langs, err := f.languagesOfContact(ctx, n.Contact)
	if err != nil {
		return l, err
	}
	name, ends := "", []string{"review_ask", "automatic"}
	switch {
	case n.OtherSide:
		name = "review_other_side"
	case m.State == messages.Returned:
		name, ends = "review_returned", ends[1:]
	default:
		r, _ := messages.ReasonOf(h.ReasonCode)
		if name = authorLetters[r.Author]; name == "" {
			name = authorLetters[messages.TellGeneral]
		}
	}
	return letters.Write(name, langs, letters.Values{At: m.Written}, ends...), nil
}

// reviewMail is the mail of a notice that tells of a decision.
func (f *Flow) reviewMail(ctx context.Context, n noticePayload, out OutMail) (OutMail, error) {
	l, err := f.reviewLetter(ctx, n)
	if err != nil {
		return OutMail{}, err
	}
	out.Subject, out.Text, out.HTML = l.Subject, l.Text(), l.HTML()
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
