package flow

import (
	"context"
	"encoding/json"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// notice makes of a delivery's mail, of which only the addresses are filled in, the notice that goes in its place.
func (f *Flow) notice(ctx context.Context, out OutMail, d messages.Delivery) (OutMail, error) {
	p, err := f.st.SecurePageOf(ctx, d.ID)
	if err != nil {
		return OutMail{}, err
	}
	langs, err := f.languagesOfContact(ctx, ids.ContactID(d.RecipientID))
	if err != nil {
		return OutMail{}, err
	}
	l := letters.Write("notice", langs, letters.Values{Link: f.cfg.PublicURL + "/read/" + f.pageToken(p.ID), At: p.Expires})
	out.Neutral, out.Headers = true, standardHeaders("notice")
	// Another mail than the message's own: a server that has half of that must not take this one for it.
	out.MessageID = "notice." + out.MessageID
	out.Subject, out.Text, out.HTML = l.Subject, l.Text(), l.HTML()
	return out, nil
}

// pageMail is the payload of an outbox item of kind mail_page.
type pageMail struct {
	Page ids.PageID `json:"page"`
	Code string     `json:"code"` // a code's identifier
}

func (f *Flow) pageOf(ctx context.Context, payload json.RawMessage) (g pageMail, r readable, err error) {
	if err := json.Unmarshal(payload, &g); err != nil {
		return g, r, ids.Wrap(ids.Invalid, err, "The mail's payload cannot be read.")
	}
	p, err := f.st.SecurePage(ctx, g.Page)
	if err != nil {
		return g, r, err
	}
	r, err = f.loadPage(ctx, p)
	return g, r, err
}

// PageMail makes the mail with the code of a reading page. It returns ErrNothingToSend when a newer code replaced this one, its time is
// over, or the recipient may no longer read the message.
func (f *Flow) PageMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	g, r, err := f.pageOf(ctx, payload)
	if err != nil {
		return OutMail{}, err
	}
	c, err := f.st.PageCode(ctx, g.Code)
	if err != nil {
		return OutMail{}, err
	}
	if !f.now().Before(c.Expires) || !policy.Decide(r.facts()).Allowed() {
		return OutMail{}, ErrNothingToSend
	}
	langs, err := f.languagesOfContact(ctx, ids.ContactID(r.delivery.RecipientID))
	if err != nil {
		return OutMail{}, err
	}
	l, from := letters.Write("page_code", langs, letters.Values{Code: f.guestCode(c.ID)}, "unread"), "codes@"+f.cfg.MailDomain
	return OutMail{From: from, FromName: "Kinbridge", To: r.delivery.Address, ToName: r.delivery.RecipientName, EnvelopeFrom: from, Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		MessageID: ids.Base32(f.derive("kinbridge page mail v1", c.ID))[:24] + "@" + f.cfg.MailDomain, Headers: standardHeaders("code"), Neutral: true}, nil
}

// PageMailDone records how sending a code ended: a server took it, or refused it for good (answer is what it said).
func (f *Flow) PageMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	_, r, err := f.pageOf(ctx, payload)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, ids.System("mail"), func(*store.Tx) (audit.Entry, error) {
		if sent {
			return audit.PageCodeSent(r.on()), nil
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		return audit.PageCodeFailed(r.on(), code), nil
	})
}
