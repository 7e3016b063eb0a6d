package flow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

// A guest's link and her codes are derived with SessionKey from identifiers that are in the database, and only hashes or nothing of them
// are kept there: neither a copy of the database nor the outbox lets anybody into a meeting. A link stays good until the meeting is
// over; a code is good once.

const (
	codeDigits    = 6
	mostCodeTries = 5                // then the code is dead
	mostCodesHour = 5                // codes a guest can ask for within an hour
	askedCodeLife = 15 * time.Minute // of a code she asked for; the invitation's lives as long as the room
)

// guestToken is the secret part of a guest's link: 160 bits in base32.
func (f *Flow) guestToken(p ids.ParticipantID) string {
	return ids.Base32(f.derive("kinbridge guest link v1", string(p))[:20])
}

// guestCode is the digits of a code.
func (f *Flow) guestCode(id string) string {
	n := binary.BigEndian.Uint64(f.derive("kinbridge guest code v1", id))
	return fmt.Sprintf("%0*d", codeDigits, n%1_000_000) // the bias of 2^64 modulo 10^6 is below 10^-13
}

func (f *Flow) derive(label, id string) []byte {
	h := hmac.New(sha256.New, f.cfg.SessionKey)
	h.Write([]byte(label + "\x00" + id))
	return h.Sum(nil)
}

// GuestLanding is what a link shows before a code was given: nothing about the family, the matter or the others.
type GuestLanding struct {
	Starts, Ends time.Time
	Opens        time.Time
	Organisation string // whose meeting it is
	State        meetings.Phase
	Address      string            // where codes are sent, masked: "j…@anytown.example"
	Participant  ids.ParticipantID // to tell whether a session is this link's; not shown
}

// GuestLanding reads a link. It changes nothing and spends nothing: mail filters open links to look at them.
func (f *Flow) GuestLanding(ctx context.Context, link string) (GuestLanding, error) {
	p, m, err := f.byLink(ctx, link)
	if err != nil {
		return GuestLanding{}, err
	}
	_, org, err := f.hostOf(ctx, m)
	if err != nil {
		return GuestLanding{}, err
	}
	return GuestLanding{Starts: m.Starts, Ends: m.Ends, Opens: m.RoomOpens(), Organisation: org, State: m.PhaseAt(f.now()), Address: mask(p.Email),
		Participant: p.ID}, nil
}

func (f *Flow) byLink(ctx context.Context, link string) (meetings.Participant, meetings.Meeting, error) {
	p, err := f.st.ParticipantByLink(ctx, people.HashToken(link))
	if err != nil {
		return p, meetings.Meeting{}, err
	}
	if !p.Removed.IsZero() {
		return p, meetings.Meeting{}, ids.ErrNotFound
	}
	m, err := f.st.Meeting(ctx, p.Meeting)
	return p, m, err
}

// hostOf returns the names of who planned a meeting and of her organisation.
func (f *Flow) hostOf(ctx context.Context, m meetings.Meeting) (name, organisation string, err error) {
	s, err := f.st.Staff(ctx, m.CreatedBy)
	if err != nil {
		return "", "", err
	}
	a, err := f.st.Agency(ctx, s.Agency)
	return s.Name, a.Name, err
}

// mask shows enough of an address to recognise one's own.
func mask(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 1 {
		return ""
	}
	first := []rune(email[:i])[0]
	return string(first) + "…" + email[i:]
}

// guestMay reports, in words for a guest, why a meeting cannot be entered now.
func guestMay(m meetings.Meeting, now time.Time) error {
	switch m.PhaseAt(now) {
	case meetings.CalledOff:
		return ids.E(ids.Conflict, "This meeting was cancelled.")
	case meetings.Over:
		return ids.E(ids.Conflict, "This meeting has ended.")
	case meetings.TooEarly:
		return ids.E(ids.Conflict, "The room is not open yet. Come back nearer the time.")
	}
	return nil
}

// SendGuestCode mails a new code to the invited address; earlier codes stop working. At most five can be asked for within an hour.
func (f *Flow) SendGuestCode(ctx context.Context, link string) error {
	p, m, err := f.byLink(ctx, link)
	if err != nil {
		return err
	}
	if err := guestMay(m, f.now()); err != nil {
		return err
	}
	actor := ids.Unknown("guest-page")
	return f.st.Write(ctx, actor, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockParticipant(p.ID); err != nil {
			return audit.Entry{}, err
		}
		n, err := tx.CodesAsked(tx.Context(), p.ID, tx.Now().Add(-time.Hour))
		if err != nil {
			return audit.Entry{}, err
		}
		if n >= mostCodesHour {
			return audit.Entry{}, ids.E(ids.TooMany, "We have sent %d codes within an hour. Use the newest, or wait before you ask for another.", n)
		}
		c := store.GuestCode{ID: ids.Secret(16), Participant: p.ID, Purpose: store.CodeAsked, Expires: tx.Now().Add(askedCodeLife)}
		if err := tx.AddGuestCode(c); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Enqueue(outbox.MailGuest, "", guestMail{Participant: p.ID, Purpose: mailAsked, Code: c.ID}, time.Time{}); err != nil {
			return audit.Entry{}, err
		}
		return audit.GuestInvited(seatOf(m, p)).With("code", "asked_for_code"), nil
	})
}

func seatOf(m meetings.Meeting, p meetings.Participant) audit.Seat {
	return audit.Seat{Case: m.Case, Meeting: m.ID, Participant: p.ID}
}

// Guest is somebody who gave the right code, for one meeting.
type Guest struct {
	Participant  meetings.Participant
	Meeting      meetings.Meeting // without its title
	Phase        meetings.Phase
	Host         string // the name of who planned it
	Organisation string
}

// Actor is how flow knows the guest.
func (g Guest) Actor() ids.Actor { return g.Participant.Actor() }

// A code that does not let its guest in. That the two differ is no secret: the link's holder finds it out by trying.
var (
	ErrWrongCode = ids.E(ids.Unauthenticated, "The code is not right. Check the newest email from us and try again.")
	ErrDeadCode  = ids.E(ids.Unauthenticated, "This code no longer works: it was used, has expired, or was entered wrongly too many times. Ask for a new code.")
)

// GuestEnter lets a guest in with the name she gives and the code she was sent, and returns the token of her session. A code is good
// once and dead after five wrong tries.
func (f *Flow) GuestEnter(ctx context.Context, link, name, code string) (string, Guest, error) {
	p, m, err := f.byLink(ctx, link)
	if err != nil {
		return "", Guest{}, err
	}
	if err := guestMay(m, f.now()); err != nil {
		return "", Guest{}, err
	}
	if name, err = meetings.CleanName(name); err != nil {
		return "", Guest{}, err
	}
	if code, err = cleanCode(code); err != nil {
		return "", Guest{}, err
	}
	token := ids.Secret(32)
	var outcome error
	err = f.st.Write(ctx, p.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		outcome = nil
		id, err := tx.TryGuestCode(p.ID, mostCodeTries)
		switch {
		case ids.KindOf(err) == ids.NotFound:
			outcome = ErrDeadCode
			return audit.GuestCodeFailed(seatOf(m, p)).By(ids.Unknown("guest-page")).With("code", "dead"), nil
		case err != nil:
			return audit.Entry{}, err
		case subtle.ConstantTimeCompare([]byte(f.guestCode(id)), []byte(code)) != 1:
			outcome = ErrWrongCode
			return audit.GuestCodeFailed(seatOf(m, p)).By(ids.Unknown("guest-page")).With("code", "wrong"), nil
		}
		return f.letIn(tx, m, p, id, name, token)
	})
	if err == nil {
		err = outcome
	}
	if err != nil {
		return "", Guest{}, err
	}
	p.TypedName = name
	g, err := f.guest(ctx, p, m)
	return token, g, err
}

// letIn spends the code and begins the guest's session; the room learns of a name that is not the invited one.
func (f *Flow) letIn(tx *store.Tx, m meetings.Meeting, p meetings.Participant, code, name, token string) (audit.Entry, error) {
	if err := tx.SpendGuestCode(code); err != nil {
		return audit.Entry{}, err
	}
	if err := tx.AddSession(people.HashToken(token), store.Session{Kind: store.SessionGuest, Subject: string(p.ID), Context: string(m.ID), Expires: m.RoomCloses().Add(guestAfter)}); err != nil {
		return audit.Entry{}, err
	}
	before := p.DisplayName()
	p.TypedName = name
	entry := audit.GuestEntered(seatOf(m, p))
	if err := tx.SetTypedName(m.Case, p.ID, name); err != nil || p.DisplayName() == before {
		return entry, err
	}
	if _, err := tx.BumpMeeting(m.ID); err != nil {
		return audit.Entry{}, err
	}
	fresh, err := tx.Meeting(tx.Context(), m.ID)
	if err != nil {
		return audit.Entry{}, err
	}
	o, err := orderOf(tx.Context(), tx.Reader, fresh)
	if err != nil {
		return audit.Entry{}, err
	}
	return entry.With("name", "other_than_invited"), f.enqueueOrder(tx, o)
}

// guestAfter is how long after the end a guest's page still says that the meeting has ended.
const guestAfter = 24 * time.Hour

// cleanCode returns the digits of a code as it may be copied from an email, or says what is wrong with it.
func cleanCode(code string) (string, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(code))
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		return "", ids.E(ids.Invalid, "Enter the code of %d digits from our email.", codeDigits)
	}
	return code, nil
}

// guestIdle is how long a guest's session lives without use: she may come back after a fall of the connection or a pause.
const guestIdle = 5 * time.Hour

// GuestBySession returns the guest of a session; NotFound when it has ended.
func (f *Flow) GuestBySession(ctx context.Context, token string) (Guest, error) {
	s, err := f.st.Session(ctx, store.SessionGuest, people.HashToken(token), f.now(), guestIdle)
	if err != nil {
		return Guest{}, err
	}
	if f.now().Sub(s.LastSeen) > guestIdle/10 { // seldom, so that a page costs no write
		if err := f.st.TouchSession(ctx, people.HashToken(token)); err != nil {
			return Guest{}, err
		}
	}
	p, err := f.st.Participant(ctx, ids.ParticipantID(s.Subject))
	if err != nil {
		return Guest{}, err
	}
	if !p.Removed.IsZero() {
		return Guest{}, ids.ErrNotFound
	}
	m, err := f.st.Meeting(ctx, p.Meeting)
	if err != nil {
		return Guest{}, err
	}
	return f.guest(ctx, p, m)
}

// GuestLeave ends a guest's session on her own wish, on a shared computer; ending one that has ended changes nothing.
func (f *Flow) GuestLeave(ctx context.Context, token string) error {
	g, err := f.GuestBySession(ctx, token)
	if ids.KindOf(err) == ids.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return f.st.Write(ctx, g.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		return audit.GuestLeft(seatOf(g.Meeting, g.Participant)), tx.EndSession(people.HashToken(token))
	})
}

func (f *Flow) guest(ctx context.Context, p meetings.Participant, m meetings.Meeting) (Guest, error) {
	m.Title = "" // written for those inside
	g := Guest{Participant: p, Meeting: m, Phase: m.PhaseAt(f.now())}
	var err error
	g.Host, g.Organisation, err = f.hostOf(ctx, m)
	return g, err
}
