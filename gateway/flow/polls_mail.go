package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/store"
)

// pollMail is the payload of an outbox item of kind mail_poll. It holds identifiers only: the link is derived when the mail is made.
type pollMail struct {
	Invitee ids.InviteeID `json:"invitee"`
	Purpose string        `json:"purpose"`
	Key     string        `json:"key,omitempty"` // of a reminder: which
}

// The purposes of mail about polls.
const (
	pollAsked     = "asked"
	pollReminded  = "reminded"
	pollDecided   = "decided"   // a time was chosen, and she is not invited
	pollWithdrawn = "withdrawn" // it is no longer asked
)

// PollMail makes the mail of an outbox item of kind mail_poll. It says nothing of the mother, her children, the matter or the others. ErrNothingToSend when she has
// answered a reminder already, the question is over, or she could not be invited any more: that is asked anew.
func (f *Flow) PollMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	g, err := payloadOf[pollMail](payload)
	if err != nil {
		return OutMail{}, err
	}
	p, err := f.st.PollOfInvitee(ctx, g.Invitee)
	if err != nil {
		return OutMail{}, err
	}
	i, err := inviteeOf(p, g.Invitee)
	if err != nil {
		return OutMail{}, err
	}
	facts, err := f.pollFacts(ctx, p, i)
	if err != nil {
		return OutMail{}, err
	}
	d, asks := policy.Decide(facts), g.Purpose == pollAsked || g.Purpose == pollReminded
	if d.Effect == policy.Conceal || asks && !d.Allowed() || g.Purpose == pollReminded && !i.Answered.IsZero() {
		return OutMail{}, ErrNothingToSend
	}
	by, err := f.st.Staff(ctx, p.By)
	if err != nil {
		return OutMail{}, err
	}
	org, err := f.st.Agency(ctx, by.Agency)
	if err != nil {
		return OutMail{}, err
	}
	langs, err := f.languagesOfContact(ctx, i.Contact)
	if err != nil {
		return OutMail{}, err
	}
	l := letters.Write("poll_"+g.Purpose, langs, letters.Values{Org: org.Name, At: p.Closes, Link: f.pollLink(i.ID)}, "unread")
	back := f.addressing().Named("meetings")
	return OutMail{From: back, FromName: meetingsName, To: i.Email, ToName: i.Name, EnvelopeFrom: back, Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		MessageID: fmt.Sprintf("%s.%s@%s", i.ID, ids.Base32(f.derive("kinbridge poll mail v1", g.Purpose+"/"+g.Key))[:16], f.cfg.MailDomain), Headers: standardHeaders("meeting")}, nil
}

// PollMailDone records how sending an item's mail ended. That it was refused for good stands on the poll's page.
func (f *Flow) PollMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	g, err := payloadOf[pollMail](payload)
	if err != nil {
		return err
	}
	p, err := f.st.PollOfInvitee(ctx, g.Invitee)
	if err != nil {
		return err
	}
	who := audit.Asking{Case: p.Case, Poll: p.ID, Invitee: g.Invitee}
	return f.st.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		if sent {
			return audit.PollMailSent(who, g.Purpose), tx.SetPollMail(g.Invitee, polls.MailSent)
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		return audit.PollMailFailed(who, g.Purpose, code), tx.SetPollMail(g.Invitee, polls.MailFailed)
	})
}
