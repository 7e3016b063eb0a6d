package flow

import (
	"context"
	"encoding/json"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
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
	l := noticeLetter(f.cfg.PublicURL+"/read/"+f.pageToken(p.ID), londonDateTime(p.Expires))
	out.Neutral, out.Headers = true, standardHeaders("notice")
	// Another mail than the message's own: a server that has half of that must not take this one for it.
	out.MessageID = "notice." + out.MessageID
	out.Subject, out.Text, out.HTML = l.subject, l.text(), l.html()
	return out, nil
}

func noticeLetter(link, until string) guestLetter {
	return guestLetter{subject: "A message is waiting for you", parts: []letterPart{
		{words: "Somebody has sent you a message through Kinbridge. We could not send it by email: your mail server does not offer the secure connection that it needs."},
		{words: "Read it on this page:", link: link},
		{words: "The page sends a code to this address before it shows the message, so open it where you can read your email. You can answer there too."},
		{words: "The link works until " + until + ". It is for you alone: do not forward it."},
		{words: "If you reply to this email instead, your reply reaches the same people, but it may not be protected on its way."},
	}}
}

func pageCodeLetter(code string) guestLetter {
	return guestLetter{subject: "Your code", parts: []letterPart{
		{words: "You, or somebody with your link, asked for a code to read a message:", code: code},
		{words: "It works once, for 15 minutes, in the browser window that asked for it. Earlier codes no longer work."},
		{words: "If you did not ask for it, you need do nothing. Give the code to nobody."},
		{words: "This email was sent automatically; nobody reads replies to it."},
	}}
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
	l, from := pageCodeLetter(f.guestCode(c.ID)), "codes@"+f.cfg.MailDomain
	return OutMail{From: from, FromName: "Kinbridge", To: r.delivery.Address, ToName: r.delivery.RecipientName, EnvelopeFrom: from, Subject: l.subject, Text: l.text(), HTML: l.html(),
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
