package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/store"
)

// guestMail is the payload of an outbox item of kind mail_guest. It holds identifiers only: the link and the digits are derived when the
// mail is made.
type guestMail struct {
	Participant ids.ParticipantID `json:"participant"`
	Purpose     string            `json:"purpose"`
	Code        string            `json:"code,omitempty"` // a code's identifier
}

// The purposes of mail to guests.
const (
	mailInvited   = "invited"
	mailAsked     = "asked"
	mailCancelled = "cancelled"
	mailWithdrawn = "withdrawn" // she is no longer invited
	mailReoffered = "reoffered" // it cannot take place as planned; a new time will be offered
)

// GuestMail makes the mail of an outbox item of kind mail_guest. It says nothing of the mother, her children, the matter or the others.
// It returns ErrNothingToSend when the world has moved on: the meeting was cancelled or is over, or a newer code replaced this one.
func (f *Flow) GuestMail(ctx context.Context, payload json.RawMessage) (OutMail, error) {
	var g guestMail
	if err := json.Unmarshal(payload, &g); err != nil {
		return OutMail{}, ids.Wrap(ids.Invalid, err, "The guest mail's payload cannot be read.")
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
	var l guestLetter
	switch g.Purpose {
	case mailCancelled:
		l = cancelledLetter(m, org)
	case mailReoffered:
		l = reofferedLetter(m, org)
	case mailWithdrawn:
		if p.Removed.IsZero() {
			return OutMail{}, ErrNothingToSend
		}
		l = withdrawnLetter(m, org)
	case mailInvited, mailAsked:
		c, err := f.st.GuestCode(ctx, g.Code)
		if err != nil {
			return OutMail{}, err
		}
		if !p.Removed.IsZero() || phase == meetings.CalledOff || phase == meetings.Over || !now.Before(c.Expires) {
			return OutMail{}, ErrNothingToSend
		}
		link := f.cfg.PublicURL + "/guest/" + f.guestToken(p.ID)
		if l = invitedLetter(m, org, link, f.guestCode(c.ID)); g.Purpose == mailAsked {
			l = codeLetter(m, link, f.guestCode(c.ID))
		}
	default:
		return OutMail{}, ids.E(ids.Invalid, "There is no guest mail for that purpose.")
	}
	from := f.addressing().Named("meetings")
	key := g.Code
	if key == "" {
		key = g.Purpose
	}
	return OutMail{From: from, FromName: "Kinbridge meetings", To: p.Email, ToName: p.Name, EnvelopeFrom: from,
		Subject: l.subject, Text: l.text(), HTML: l.html(),
		// The same item has the same Message-ID however often it is tried.
		MessageID: fmt.Sprintf("%s.%s@%s", p.ID, ids.Base32(f.derive("kinbridge guest mail v1", key))[:16], f.cfg.MailDomain),
		Headers:   standardHeaders("meeting"),
	}, nil
}

// GuestMailDone records how sending an item's mail ended: the mail server took it, or refused it for good (answer is what it said). It is
// idempotent in what it leaves, if not in the audit log: mail tried twice was sent twice.
func (f *Flow) GuestMailDone(ctx context.Context, payload json.RawMessage, sent bool, answer string) error {
	var g guestMail
	if err := json.Unmarshal(payload, &g); err != nil {
		return ids.Wrap(ids.Invalid, err, "The guest mail's payload cannot be read.")
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

// guestLetter is a mail of paragraphs, one of which may be a link and one a code.
type guestLetter struct {
	subject string
	parts   []letterPart
}

type letterPart struct {
	words      string
	link, code string // set apart under the words
}

func (l guestLetter) text() string {
	var b strings.Builder
	for _, p := range l.parts {
		b.WriteString(p.words + "\n")
		if set := p.link + p.code; set != "" {
			b.WriteString("\n    " + set + "\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (l guestLetter) html() string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + html.EscapeString(l.subject) + "</title></head><body>\n")
	for _, p := range l.parts {
		b.WriteString("<p>" + html.EscapeString(p.words) + "</p>\n")
		if p.link != "" {
			b.WriteString("<p><a href=\"" + html.EscapeString(p.link) + "\">" + html.EscapeString(p.link) + "</a></p>\n")
		}
		if p.code != "" {
			b.WriteString("<p><strong>" + html.EscapeString(p.code) + "</strong></p>\n")
		}
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

func invitedLetter(m meetings.Meeting, org, link, code string) guestLetter {
	return guestLetter{subject: "An invitation to a meeting", parts: []letterPart{
		{words: fmt.Sprintf("%s invites you to a video meeting on %s. It is planned to end at %s.", org, londonDateTime(m.Starts), londonClock(m.Ends))},
		{words: "Open this link in a current browser on a computer, tablet or phone with a camera and microphone:", link: link},
		{words: "The page asks for your name and this code, which works once:", code: code},
		{words: fmt.Sprintf("You can come in from %s to test your camera and microphone. If you lose the code, the page can send you a new one at this address.", londonClock(m.RoomOpens()))},
		{words: "The invitation is for you alone. Do not forward it: if somebody else should take part, ask the person who invited you."},
		{words: "This email was sent automatically; nobody reads replies to it."},
	}}
}

func codeLetter(m meetings.Meeting, link, code string) guestLetter {
	return guestLetter{subject: "Your code for a meeting", parts: []letterPart{
		{words: fmt.Sprintf("You, or somebody with your link, asked for a new code for the meeting on %s:", londonDateTime(m.Starts)), code: code},
		{words: "It works once, for 15 minutes. Earlier codes no longer work. Enter it here:", link: link},
		{words: "If you did not ask for it, you need do nothing. Give the code to nobody."},
		{words: "This email was sent automatically; nobody reads replies to it."},
	}}
}

func cancelledLetter(m meetings.Meeting, org string) guestLetter {
	return guestLetter{subject: "A meeting is cancelled", parts: []letterPart{
		{words: fmt.Sprintf("The video meeting on %s, to which %s invited you, will not take place.", londonDateTime(m.Starts), org)},
		{words: "The link we sent you no longer leads to a meeting. If there is a new date, you will get a new invitation."},
		{words: "This email was sent automatically; nobody reads replies to it."},
	}}
}

// withdrawnLetter says no more than that: not why, and not whether the others meet.
func withdrawnLetter(m meetings.Meeting, org string) guestLetter {
	return guestLetter{subject: "Change to a meeting", parts: []letterPart{
		{words: fmt.Sprintf("The arrangements for the video meeting on %s, to which %s invited you, have changed. You need not attend.", londonDateTime(m.Starts), org)},
		{words: "The link we sent you no longer leads to a meeting."},
		{words: "This email was sent automatically; nobody reads replies to it."},
		{words: fmt.Sprintf("Mae'r trefniadau ar gyfer y cyfarfod fideo ar %s wedi newid. Nid oes angen i chi fod yno.", londonDay(m.Starts))},
	}}
}

// reofferedLetter says no more than that: not where she is, and not why.
func reofferedLetter(m meetings.Meeting, org string) guestLetter {
	return guestLetter{subject: "A meeting cannot take place as planned", parts: []letterPart{
		{words: fmt.Sprintf("The video meeting on %s, to which %s invited you, cannot take place as planned. A new time will be offered.", londonDateTime(m.Starts), org)},
		{words: "The link we sent you no longer leads to a meeting. With the new time you will get a new invitation."},
		{words: "This email was sent automatically; nobody reads replies to it."},
		{words: fmt.Sprintf("Ni all y cyfarfod fideo ar %s gael ei gynnal fel y trefnwyd. Cynigir amser newydd.", londonDay(m.Starts))},
	}}
}

// londonDay writes "23/11/2026, 14:00", which needs no words.
func londonDay(t time.Time) string { return t.In(london).Format("02/01/2006, 15:04") }

// londonDateTime writes "Monday 23 November 2026 at 2pm (GMT)".
func londonDateTime(t time.Time) string {
	return t.In(london).Format("Monday 2 January 2006 at ") + londonClock(t)
}

// londonClock writes "2pm (GMT)" or "2:05pm (BST)".
func londonClock(t time.Time) string {
	t = t.In(london)
	if t.Minute() == 0 {
		return t.Format("3pm (MST)")
	}
	return t.Format("3:04pm (MST)")
}
