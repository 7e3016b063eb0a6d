package surface_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/outbox"
)

// postman takes the mails that leave. A fault can be put into it.
type postman func(flow.OutMail) flow.OutMail

var (
	guestLink = regexp.MustCompile(`/guest/([0-9a-z]{20,})`)
	pollLink  = regexp.MustCompile(`/poll/([0-9a-z]{20,})`)
	pageLink  = regexp.MustCompile(`/read/([0-9a-z]{20,})`)
	sixDigits = regexp.MustCompile(`\b\d{3} ?\d{3}\b`)
)

// work does everything that is due, as the dispatchers would, and looks at each mail that leaves.
func (w *world) work() {
	ctx, q := w.t.Context(), w.env.Store.Outbox()
	handlers := map[outbox.Kind]func(context.Context, outbox.Item) error{outbox.MailIn: w.f.HandleMailIn, outbox.FileCheck: w.f.HandleFileCheck, outbox.AskDue: w.f.HandleAskDue,
		outbox.Undelivered: w.f.HandleUndelivered, outbox.CustodyDue: w.f.HandleCustodyDue, outbox.DayTurned: w.f.HandleDayTurned, outbox.AlertAgain: w.f.HandleAlertAgain, outbox.MovementDue: w.f.HandleMovementDue,
		outbox.MailOut: w.post, outbox.MailGuest: w.postWith(w.f.GuestMail, w.f.GuestMailDone), outbox.MailPage: w.postWith(w.f.PageMail, w.f.PageMailDone),
		outbox.MailAlert: w.postWith(w.f.AlertMail, w.f.AlertMailDone), outbox.MailNote: w.postWith(w.f.NoticeMail, w.f.NoticeDone), outbox.MailInvite: w.postWith(w.f.InviteMail, w.f.InviteMailDone),
		outbox.MailPoll: w.postWith(w.f.PollMail, w.f.PollMailDone), outbox.PollDue: w.f.HandlePollDue,
		outbox.RoomOrder: func(context.Context, outbox.Item) error { return nil }}
	kinds := make([]outbox.Kind, 0, len(handlers))
	for k := range handlers {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for range 20 {
		now := w.env.Clock.Now().Add(time.Second)
		items := must(q.Lease(ctx, kinds, 100, now, now.Add(time.Minute)))(w.t)
		if len(items) == 0 {
			return
		}
		w.look()
		for _, it := range items {
			if err := handlers[it.Kind](ctx, it); err != nil && ids.KindOf(err) == ids.Internal {
				w.report("%s failed: %v", it.Kind, err)
			}
			if err := q.Settle(ctx, it.ID, outbox.Result{Done: true}); err != nil && ids.KindOf(err) == ids.Internal {
				w.t.Fatal(err)
			}
		}
	}
}

// post sends a delivery; now and then a server does not take it, or offers no protection.
func (w *world) post(ctx context.Context, it outbox.Item) error {
	var d ids.DeliveryID
	if err := json.Unmarshal(it.Payload, &d); err != nil {
		return err
	}
	m, err := w.f.OutgoingMail(ctx, d)
	if errors.Is(err, flow.ErrNothingToSend) {
		return nil
	}
	if err != nil {
		if ids.KindOf(err) != ids.Internal {
			return nil
		}
		return err
	}
	row := must(w.env.Store.Delivery(ctx, d))(w.t)
	to := contactPerson(ids.ContactID(row.RecipientID))
	s := w.m.says[row.Message]
	if s == nil {
		w.look()
		s = w.m.says[row.Message]
	}
	if !m.Neutral && !s.readBy(to) {
		w.report("an email with message %s, which is not for her, leaves to %s", row.Message, to.name)
	}
	w.posted(to, m)
	switch w.pick(8) {
	case 0:
		_, err = w.f.MailFailed(ctx, d, 1, flow.MailFailure{MayNotify: true, Trouble: messages.TroubleNoTLS, Answer: "530 no TLS"})
	case 1:
		_, err = w.f.MailFailed(ctx, d, 1, flow.MailFailure{Permanent: true, Answer: "550 5.1.1 no such mailbox"})
	default:
		err = w.f.MailSent(ctx, d, false, "250 2.0.0 queued")
	}
	return err
}

func (w *world) postWith(render func(context.Context, json.RawMessage) (flow.OutMail, error), done func(context.Context, json.RawMessage, bool, string) error) func(context.Context, outbox.Item) error {
	return func(ctx context.Context, it outbox.Item) error {
		m, err := render(ctx, it.Payload)
		if errors.Is(err, flow.ErrNothingToSend) {
			return nil
		}
		if err != nil {
			return err
		}
		w.posted(w.addressee(m.To), m)
		return done(ctx, it.Payload, true, "250 2.0.0 queued")
	}
}

// addressee finds who reads an address.
func (w *world) addressee(to string) person {
	for _, p := range w.staff {
		if p.email == to {
			return *p
		}
	}
	for _, c := range w.m.people {
		if c.Email == to {
			return contactPerson(c.ID)
		}
	}
	return person{name: "somebody at " + to}
}

// posted looks at a mail on its way. Headers are read by every server that it passes: nothing may stand in them but the recipient's own name and
// address. The rest is for the recipient.
func (w *world) posted(to person, m flow.OutMail) {
	if w.letter != nil {
		m = w.letter(m)
	}
	for _, word := range marker.FindAllString(fmt.Sprint(m.From, m.FromName, m.EnvelopeFrom, m.EnvelopeID, m.Subject, m.InReplyTo, m.References, m.Headers), -1) {
		if p := w.m.words[lower(word)]; len(p) > 0 && p[0].what == "a case's reference" && !m.Neutral {
			continue // that is what names a conversation without naming anybody
		}
		w.report("the header of a mail to %s has %s in it: %s", to.name, word, m.Subject)
	}
	text := m.Text + "\n" + m.HTML
	for _, f := range m.Files {
		text += "\n" + f.Name + "\n" + string(f.Content)
	}
	if m.Neutral && marker.MatchString(m.Subject+text) {
		w.report("a mail to %s that may go unprotected is not neutral: %s", to.name, text)
	}
	w.scan(to, "an email: "+m.Subject, text, nil)
	c := ids.ContactID(to.ID)
	if x := guestLink.FindStringSubmatch(m.Text); x != nil {
		w.links.guests[x[1]] = c
	}
	if x := pollLink.FindStringSubmatch(m.Text); x != nil {
		w.links.polls[x[1]] = c
	}
	if x := pageLink.FindStringSubmatch(m.Text); x != nil {
		w.links.pages[x[1]] = c
	}
	if x := sixDigits.FindString(m.Text); x != "" {
		w.links.codes[c] = x
	}
}
