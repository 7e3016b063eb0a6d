package flow

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// A message that cannot be sent securely is not sent. A notice without any content goes in its place, with a link to a reading page; there the
// recipient asks for a one-time code, which goes to the same address, and reads and answers the message over HTTPS.
//
// The notice and the code may cross the network in the clear, so somebody who reads along there sees both. That is why a code works only in
// the browser that asked for it: who only listens gets nothing by it. Who can also ask for a code of her own could read it, but not
// unseen: the true reader's code stops working, and asking, entering and reading are in the record.

// NoticeConfig says when a notice goes in a message's place.
type NoticeConfig struct {
	// After is how many tries a server gets whose certificate or handshake fails; one that offers no TLS at all gets one. 0 = 3; below 0: there
	// are no notices, and the message fails when its time is over.
	After int
	Life  time.Duration // of the page; 0 = 30 days
}

const (
	defaultNoticeAfter = 3
	defaultPageLife    = 30 * 24 * time.Hour
	readerIdle         = 30 * time.Minute // a reader's session without use
	readerLongest      = 4 * time.Hour
)

// noticeDue reports whether a notice is to go instead of trying the message again.
func (f *Flow) noticeDue(w messages.Way) bool {
	after := f.cfg.Notices.After
	if after == 0 {
		after = defaultNoticeAfter
	}
	switch {
	case after < 0 || w.Notice || !w.Trouble.Insecure():
		return false
	case w.Trouble == messages.TroubleNoTLS:
		return true // the server says so itself: another try would get the same answer
	}
	return w.Tries >= after
}

// beginNotice makes the delivery's page. The next mail of the delivery is the notice.
func (f *Flow) beginNotice(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
	life := f.cfg.Notices.Life
	if life == 0 {
		life = defaultPageLife
	}
	p := store.SecurePage{ID: ids.New[ids.PageID](ids.Page), Delivery: d.ID, Expires: tx.Now().Add(life)}
	p.LinkHash = people.HashToken(f.pageToken(p.ID))
	d.Way.Notice = true
	return audit.DeliveryNotice(on, string(d.Way.Trouble)), tx.AddSecurePage(p)
}

// noticeSent moves a delivery whose notice a server has taken.
func (f *Flow) noticeSent(tx *store.Tx, d *messages.Delivery, on audit.Delivered) (audit.Entry, error) {
	p, err := tx.SecurePageOf(tx.Context(), d.ID)
	if err != nil {
		return audit.Entry{}, err
	}
	d.Way.NoticeSent = tx.Now()
	d.Advance(messages.Sent, tx.Now())
	return audit.PageNoticed(audit.Reading{Delivered: on, Page: p.ID}), nil
}

// reportOn uses one delivery report. Where a relay had taken the message with REQUIRETLS and found nobody to hand it to securely (5.7.30, RFC
// 8689 section 4.2.1), a notice begins.
func (f *Flow) reportOn(tx *store.Tx, d *messages.Delivery, on audit.Delivered, b Bounce) (audit.Entry, error) {
	d.Detail = oneLine(b.Status+" "+b.Diagnostic, 500)
	switch d.Way.Trouble = messages.TroubleOf(0, b.Status, b.Diagnostic); {
	case b.Delivered:
		d.Way.Trouble = ""
		d.Advance(messages.Accepted, tx.Now())
		return audit.DeliveryAccepted(on, b.Status), nil
	case b.Delayed:
		return audit.DeliveryDelayed(on, b.Status), nil
	case strings.HasSuffix(b.Status, ".7.30") && d.Way.Notice: // said twice of the message; the notice asks for no such protection
		return audit.DeliveryNotice(on, string(d.Way.Trouble)).With("repeat", "yes"), nil
	case strings.HasSuffix(b.Status, ".7.30") && d.State == messages.Sent && f.noticeDue(d.Way):
		e, err := f.beginNotice(tx, d, on)
		if err != nil {
			return e, err
		}
		return e, tx.Enqueue(outbox.MailOut, fmt.Sprintf("%s/notice/%d", d.ID, tx.Now().UnixMicro()), d.ID, tx.Now())
	}
	return f.failDelivery(tx, d, on, b.Status)
}

// dueSince is when the mail that is tried now was first due: the message's, or the notice's.
func (f *Flow) dueSince(tx *store.Tx, d messages.Delivery) (time.Time, error) {
	if !d.Way.Notice {
		return d.Times.Queued, nil
	}
	p, err := tx.SecurePageOf(tx.Context(), d.ID)
	return p.Created, err
}

// pageToken is the secret part of a page's link: 160 bits in base32.
func (f *Flow) pageToken(p ids.PageID) string {
	return ids.Base32(f.derive("kinbridge reading link v1", string(p))[:20])
}

// readable is a page with all that says whether its recipient may read the message now.
type readable struct {
	page     store.SecurePage
	delivery messages.Delivery
	message  messages.Message
	in       openThread
	contact  ids.Actor
}

func (r readable) on() audit.Reading {
	return audit.Reading{Delivered: deliveredOf(r.delivery), Page: r.page.ID}
}

// facts are what policy asks about the recipient's reading the message.
func (r readable) facts() policy.Facts { return r.in.about(policy.ReadMessage, r.message) }

func (f *Flow) loadPage(ctx context.Context, p store.SecurePage) (r readable, err error) {
	r.page = p
	if r.delivery, err = f.st.Delivery(ctx, p.Delivery); err != nil {
		return r, err
	}
	if r.message, err = f.st.Message(ctx, r.delivery.Message); err != nil {
		return r, err
	}
	r.contact = ids.ContactActor(ids.ContactID(r.delivery.RecipientID))
	c, err := f.st.Contact(ctx, ids.ContactID(r.contact.ID))
	if err != nil {
		return r, err
	}
	r.contact.Agency = c.Agency
	r.in, err = loadThread(ctx, f.st.Reader, r.contact, r.delivery.Thread)
	return r, err
}

// ErrPageExpired is the answer to a link whose time is over.
var ErrPageExpired = ids.E(ids.Conflict, "This link has expired. Ask the person who wrote to you to send the message again.")

// byPageLink reads a link: NotFound when it leads to nothing that its recipient may read now, ErrPageExpired when its time is over.
func (f *Flow) byPageLink(ctx context.Context, link string) (readable, error) {
	p, err := f.st.SecurePageByLink(ctx, people.HashToken(link))
	if err != nil {
		return readable{}, err
	}
	r, err := f.loadPage(ctx, p)
	switch {
	case err != nil:
		return r, err
	case !policy.Decide(r.facts()).Allowed():
		return r, ids.ErrNotFound // nobody has proven who she is: what has changed is not for her
	case !f.now().Before(p.Expires):
		return r, ErrPageExpired
	}
	return r, nil
}

// PageLanding is what a reading page shows before a code was given: nothing about the family, the matter or the writer.
type PageLanding struct {
	Page    ids.PageID // to tell whether a session is this link's; not shown
	Address string     // where codes are sent, masked
	Expires time.Time
}

// PageLanding reads a link. It changes nothing and spends nothing: mail filters open links to look at them.
func (f *Flow) PageLanding(ctx context.Context, link string) (PageLanding, error) {
	r, err := f.byPageLink(ctx, link)
	return PageLanding{Page: r.page.ID, Address: mask(r.delivery.Address), Expires: r.page.Expires}, err
}

// SendPageCode mails a new code to the recipient's address; earlier codes stop working. It works in the browser that holds asker alone. At most
// five can be asked for within an hour.
func (f *Flow) SendPageCode(ctx context.Context, link, asker string) error {
	r, err := f.byPageLink(ctx, link)
	if err != nil {
		return err
	}
	if asker == "" {
		return ids.E(ids.Invalid, "The browser that asks for a code must be known.")
	}
	return f.st.Write(ctx, ids.Unknown("reading-page"), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockSecurePage(r.page.ID); err != nil {
			return audit.Entry{}, err
		}
		n, err := tx.PageCodesAsked(tx.Context(), r.page.ID, tx.Now().Add(-time.Hour))
		if err != nil {
			return audit.Entry{}, err
		}
		if n >= mostCodesHour {
			return audit.Entry{}, ids.E(ids.TooMany, "We have sent %d codes within an hour. Use the newest, or wait before you ask for another.", n)
		}
		c := store.PageCode{ID: ids.Secret(16), Page: r.page.ID, Asker: people.HashToken(asker), Expires: tx.Now().Add(askedCodeLife)}
		if err := tx.AddPageCode(c); err != nil {
			return audit.Entry{}, err
		}
		return audit.PageCodeAsked(r.on()), tx.Enqueue(outbox.MailPage, "", pageMail{Page: r.page.ID, Code: c.ID}, time.Time{})
	})
}

// PageEnter lets the recipient in with the code she was sent, in the browser that asked for it, and returns the token of her session;
// ErrWrongCode or ErrDeadCode for another. A code is good once and dead after five wrong tries.
func (f *Flow) PageEnter(ctx context.Context, link, asker, code string) (string, error) {
	r, err := f.byPageLink(ctx, link)
	if err != nil {
		return "", err
	}
	if code, err = cleanCode(code); err != nil {
		return "", err
	}
	token := ids.Secret(32)
	var outcome error
	err = f.st.Write(ctx, r.contact, func(tx *store.Tx) (audit.Entry, error) {
		outcome = nil
		id, err := tx.TryPageCode(r.page.ID, people.HashToken(asker), mostCodeTries)
		switch {
		case ids.KindOf(err) == ids.NotFound && err != nil:
			outcome = ErrDeadCode
			return audit.PageCodeFailed(r.on(), "dead").By(ids.Unknown("reading-page")), nil
		case err != nil:
			return audit.Entry{}, err
		case subtle.ConstantTimeCompare([]byte(f.guestCode(id)), []byte(code)) != 1:
			outcome = ErrWrongCode
			return audit.PageCodeFailed(r.on(), "wrong").By(ids.Unknown("reading-page")), nil
		}
		if err := tx.SpendPageCode(id); err != nil {
			return audit.Entry{}, err
		}
		ends := tx.Now().Add(readerLongest)
		if ends.After(r.page.Expires) {
			ends = r.page.Expires
		}
		return audit.PageEntered(r.on()), tx.AddSession(people.HashToken(token), store.Session{Kind: store.SessionReader, Subject: string(r.page.ID), Context: r.contact.ID, Expires: ends})
	})
	if err == nil {
		err = outcome
	}
	if err != nil {
		return "", err
	}
	return token, nil
}
