package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/letters"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

// guestMail is the payload of an outbox item of kind mail_guest. It holds identifiers only: the link and the digits are derived when the
// mail is made.
type guestMail struct {
	Participant ids.ParticipantID `json:"participant"`
	Purpose     string            `json:"purpose"`
	Code        string            `json:"code,omitempty"`     // a code's identifier
	Sequence    int               `json:"sequence,omitempty"` // of mail about a move: the version of the times that it made
	Step        int64             `json:"step,omitempty"`     // the number of a step, of mailStepped
}

// The purposes of mail to guests.
const (
	mailInvited   = "invited"
	mailAsked     = "asked"
	mailMoved     = "moved"
	mailCancelled = "cancelled"
	mailWithdrawn = "withdrawn" // she is no longer invited
	mailReoffered = "reoffered" // it cannot take place as planned; a new time will be offered
	mailStepped   = "stepped"   // somebody takes part in another way
)

// GuestMail makes the mail of an outbox item of kind mail_guest. It says nothing of the mother, her children, the matter or the others.
// It returns ErrNothingToSend when the world has moved on: the meeting was cancelled or is over, or a newer code replaced this one.
func (f *Flow) GuestMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	g, err := payloadOf[guestMail](payload)
	if err != nil {
		return OutMail{}, err
	}
	p, err := f.st.Participant(ctx, g.Participant)
	if err != nil {
		return OutMail{}, err
	}
	m, err := f.st.Meeting(ctx, p.Meeting)
	if err != nil {
		return OutMail{}, err
	}
	_, org, err := f.hostOf(ctx, m)
	if err != nil {
		return OutMail{}, err
	}
	phase, now := m.PhaseAt(f.now()), f.now()
	name, v := "", letters.Values{Org: org, At: m.Starts, Ends: m.Ends, Opens: m.RoomOpens()}
	switch g.Purpose {
	case mailCancelled:
		name = "cancelled"
	case mailReoffered:
		name = "reoffered"
	case mailWithdrawn:
		if p.Removed.IsZero() {
			return OutMail{}, ErrNothingToSend
		}
		name = "withdrawn" // not why, and not whether the others meet
	case mailMoved:
		if !p.Removed.IsZero() || phase == meetings.CalledOff || phase == meetings.Over || m.Sequence != g.Sequence { // moved again: that mail follows
			return OutMail{}, ErrNothingToSend
		}
		name, v.Link = "moved", f.guestLink(p.ID)
	case mailStepped:
		if name, err = f.stepLetter(ctx, m, g.Step); err != nil {
			return OutMail{}, err
		}
		if name == "" || !p.Removed.IsZero() {
			return OutMail{}, ErrNothingToSend
		}
	case mailInvited, mailAsked:
		c, err := f.st.GuestCode(ctx, g.Code)
		if err != nil {
			return OutMail{}, err
		}
		if !p.Removed.IsZero() || phase == meetings.CalledOff || phase == meetings.Over || !now.Before(c.Expires) {
			return OutMail{}, ErrNothingToSend
		}
		v.Link, v.Code = f.guestLink(p.ID), f.guestCode(c.ID)
		if name = "invited"; g.Purpose == mailAsked {
			name = "guest_code"
		}
	default:
		return OutMail{}, ids.E(ids.Invalid, "There is no guest mail for that purpose.")
	}
	langs, err := f.guestLanguages(ctx, p)
	if err != nil {
		return OutMail{}, err
	}
	part, err := f.calendarPart(m, p, g.Purpose)
	if err != nil {
		return OutMail{}, err
	}
	ends := []string{"unread"}
	back := f.addressing().Named("meetings")
	from := back
	if part != nil { // calendars believe what comes from its organiser (RFC 6047 section 2.2), and answer there
		from = f.answerAddress(p)
	}
	if part != nil && g.Purpose != mailCancelled && g.Purpose != mailReoffered && g.Purpose != mailWithdrawn {
		ends = []string{"calendar", "unread"}
	}
	l := letters.Write(name, langs, v, ends...)
	key := g.Code
	if key == "" {
		key = g.Purpose
	}
	if g.Sequence > 0 {
		key += fmt.Sprintf(":%d", g.Sequence)
	}
	if g.Step != 0 {
		key += fmt.Sprint("/", g.Step)
	}
	return OutMail{From: from, FromName: meetingsName, To: p.Email, ToName: p.Name, EnvelopeFrom: back, Calendar: part,
		Subject: l.Subject, Text: l.Text(), HTML: l.HTML(),
		// The same item has the same Message-ID however often it is tried.
		MessageID: fmt.Sprintf("%s.%s@%s", p.ID, ids.Base32(f.derive("kinbridge guest mail v1", key))[:16], f.cfg.MailDomain),
		Headers:   standardHeaders("meeting"),
	}, nil
}

// GuestMailDone records how sending an item's mail ended: the mail server took it, or refused it for good (answer is what it said). It is
// idempotent in what it leaves, if not in the audit log: mail tried twice was sent twice.
func (f *Flow) GuestMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	g, err := payloadOf[guestMail](payload)
	if err != nil {
		return err
	}
	p, err := f.st.Participant(ctx, g.Participant)
	if err != nil {
		return err
	}
	m, err := f.st.Meeting(ctx, p.Meeting)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, ids.System("mail"), func(tx *store.Tx) (audit.Entry, error) {
		if sent {
			return audit.GuestMailSent(seatOf(m, p), g.Purpose), tx.SetGuestMail(p.ID, meetings.MailSent)
		}
		code, _, _ := strings.Cut(answer, " ") // the rest may quote her address
		return audit.GuestMailFailed(seatOf(m, p), g.Purpose, code), tx.SetGuestMail(p.ID, meetings.MailFailed)
	})
}

// languagesAt returns the languages in which somebody of an agency is written to.
func (f *Flow) languagesAt(ctx context.Context, agency ids.AgencyID) ([]string, error) {
	if agency == "" {
		return letters.For(""), nil
	}
	a, err := f.st.Agency(ctx, agency)
	return letters.For(a.Welsh), err
}

// languagesOfContact does so for a contact.
func (f *Flow) languagesOfContact(ctx context.Context, id ids.ContactID) ([]string, error) {
	c, err := f.st.Contact(ctx, id)
	if err != nil {
		return nil, err
	}
	return f.languagesAt(ctx, c.Agency)
}

// guestLanguages does so for a guest: one whom we know as a contact, else one whose address is of an agency that we know.
func (f *Flow) guestLanguages(ctx context.Context, p meetings.Participant) ([]string, error) {
	if p.Person != "" {
		return f.languagesOfContact(ctx, ids.ContactID(p.Person))
	}
	as, err := f.st.Agencies(ctx, people.Authority)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		if slices.Contains(strings.Fields(a.Domain), people.Domain(p.Email)) {
			return letters.For(a.Welsh), nil
		}
	}
	return letters.For(""), nil
}

// londonDateTime writes "Monday 23 November 2026 at 2pm (GMT)".
func londonDateTime(t time.Time) string { return letters.Day(t, "en") }
