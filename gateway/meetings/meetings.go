// Package meetings holds meetings between a mother, those who work with her and people outside: who takes part and in what role, when the
// room is open, and the self-contained order that the media server works from. It is pure.
package meetings

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kinbridge/gateway/ids"
)

// Kind says what sort of meeting it is.
type Kind string

// The kinds of PRODUCT.md.
const (
	LookedAfterReview     Kind = "looked_after_review"
	InitialConference     Kind = "initial_conference" // ICPC
	ReviewConference      Kind = "review_conference"  // RCPC
	CoreGroup             Kind = "core_group"
	ChildInNeedMeeting    Kind = "child_in_need"
	TeamAroundTheChild    Kind = "team_around_the_child"
	FamilyGroupConference Kind = "family_group_conference"
	PersonalEducationPlan Kind = "personal_education_plan"
	LegalVisit            Kind = "legal_visit"
	PreBrief              Kind = "pre_brief" // mother and supporter alone, before
	Debrief               Kind = "debrief"   // and after
)

// Kinds lists every kind, in the order screens show them.
var Kinds = []Kind{LookedAfterReview, InitialConference, ReviewConference, CoreGroup, ChildInNeedMeeting, TeamAroundTheChild,
	FamilyGroupConference, PersonalEducationPlan, LegalVisit, PreBrief, Debrief}

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool {
	for _, known := range Kinds {
		if k == known {
			return true
		}
	}
	return false
}

// Private reports whether a meeting of this kind is between the mother and her supporter alone: prison staff who are not in it may not
// know what it is about.
func (k Kind) Private() bool { return k == PreBrief || k == Debrief }

// State is how far a meeting has come by somebody's decision; the clock alone is Phase's business.
type State string

// The states.
const (
	Planned   State = "planned"
	Cancelled State = "cancelled"
	Ended     State = "ended" // the host ended it for everybody
	// ToReoffer: it cannot take place as planned, because she has moved or was released; a new time is to be offered.
	ToReoffer State = "to_reoffer"
)

// Meeting is one meeting of a case. Revision grows with every change that the media server must know.
type Meeting struct {
	ID        ids.MeetingID
	Case      ids.CaseID
	Kind      Kind
	Title     string // "" = the kind says it all
	Starts    time.Time
	Ends      time.Time
	State     State
	CreatedBy ids.StaffID
	Created   time.Time
	Revision  int64
	// Sequence is the version of its times, as calendars count them: 0, then one more with every move and with its being called off.
	Sequence int
}

// Limits of a meeting's times.
const (
	OpensBefore = 30 * time.Minute // people come early to try camera and microphone
	ClosesAfter = 30 * time.Minute // meetings overrun; after this the room is closed whoever is in it
	LongestTime = 4 * time.Hour
	LatestPlan  = 15 * time.Minute // how long after its beginning a meeting can still be planned
	FarthestDay = 366 * 24 * time.Hour
)

// RoomOpens is when the first person can enter the room.
func (m Meeting) RoomOpens() time.Time { return m.Starts.Add(-OpensBefore) }

// RoomCloses is when the room closes for everybody.
func (m Meeting) RoomCloses() time.Time { return m.Ends.Add(ClosesAfter) }

// Phase is where a meeting stands at a time.
type Phase string

// The phases.
const (
	TooEarly  Phase = "too_early"
	Open      Phase = "open"
	Over      Phase = "ended"
	CalledOff Phase = "cancelled"
)

// PhaseAt says where the meeting stands at now.
func (m Meeting) PhaseAt(now time.Time) Phase {
	switch {
	case m.State == Cancelled, m.State == ToReoffer:
		return CalledOff
	case m.State == Ended, !now.Before(m.RoomCloses()):
		return Over
	case now.Before(m.RoomOpens()):
		return TooEarly
	}
	return Open
}

// CheckTimes reports, in words for the person who plans, what is wrong with a meeting's times.
func CheckTimes(starts, ends, now time.Time) error {
	switch {
	case starts.IsZero() || ends.IsZero():
		return ids.E(ids.Invalid, "Enter when the meeting starts and when it ends.")
	case !ends.After(starts):
		return ids.E(ids.Invalid, "The meeting must end after it starts.")
	case ends.Sub(starts) > LongestTime:
		return ids.E(ids.Invalid, "A meeting can last 4 hours at most.")
	case starts.Before(now.Add(-LatestPlan)):
		return ids.E(ids.Invalid, "The meeting must start in the future.")
	case starts.After(now.Add(FarthestDay)):
		return ids.E(ids.Invalid, "The meeting must start within the next year. Check the year.")
	}
	return nil
}

const maxTitle = 120 // characters

// CleanTitle returns a title fit to keep: one line, trimmed.
func CleanTitle(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxTitle {
		return "", ids.E(ids.Invalid, "The title must be %d characters or fewer.", maxTitle)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		return "", ids.E(ids.Invalid, "The title has characters that cannot be used.")
	}
	return s, nil
}

// PersonKind says what sort of person a participant is.
type PersonKind string

// The kinds of person.
const (
	PersonMother  PersonKind = "mother"
	PersonStaff   PersonKind = "staff"
	PersonContact PersonKind = "contact" // a guest: somebody outside who was emailed a link
)

// Role is what a participant is in the meeting.
type Role string

// The roles.
const (
	RoleHost      Role = "host"      // admits, refuses, removes, ends
	RoleMother    Role = "mother"    // walks in from the kiosk
	RoleSupporter Role = "supporter" // staff who take part and do not host
	RoleGuest     Role = "guest"     // waits in the lobby until a host admits
)

// Participant is one person's place in one meeting. Name is what we know her by; TypedName is what a guest wrote of herself when she
// entered, "" before that.
type Participant struct {
	ID        ids.ParticipantID
	Meeting   ids.MeetingID
	Kind      PersonKind
	Person    string // a MotherID, StaffID or ContactID
	Name      string
	TypedName string
	Email     string // guests only
	Role      Role
	Mail      MailState // guests only
	MailAt    time.Time
	Invited   time.Time
	Removed   time.Time          // zero = still invited
	Answers   ids.AddressTokenID // names her in the address that takes her calendar's answers; "" = there is none
	Answer    GuestAnswer        // what her calendar has said; guests only
}

// MailState says how far the newest mail to a guest has come.
type MailState string

// The states of a guest's mail.
const (
	MailWaiting MailState = ""       // not sent yet
	MailSent    MailState = "sent"   // our mail server has taken it
	MailFailed  MailState = "failed" // it was refused for good: somebody must tell her another way
)

// Is reports whether the actor is this participant and still invited.
func (p Participant) Is(a ids.Actor) bool {
	if !p.Removed.IsZero() || a.ID == "" || p.Person != a.ID {
		return false
	}
	switch p.Kind {
	case PersonMother:
		return a.Kind == ids.ActorMother
	case PersonStaff:
		return a.StaffID() != ""
	case PersonContact:
		return a.Kind == ids.ActorContact
	}
	return false
}

// Actor is how audit entries name the participant. A member of staff's role and agency are not known here.
func (p Participant) Actor() ids.Actor {
	switch p.Kind {
	case PersonMother:
		return ids.MotherActor(ids.MotherID(p.Person))
	case PersonStaff:
		return ids.Actor{Kind: ids.ActorStaff, ID: p.Person}
	case PersonContact:
		return ids.ContactActor(ids.ContactID(p.Person))
	}
	return ids.Unknown("participant")
}

// Find returns the actor's place among participants.
func Find(ps []Participant, a ids.Actor) (Participant, bool) {
	for _, p := range ps {
		if p.Is(a) {
			return p, true
		}
	}
	return Participant{}, false
}

// DisplayName is what others in the room see: the invited name and, when the guest gave another, that one beside it, so that a
// colleague who stands in is seen to be one.
func (p Participant) DisplayName() string {
	if p.TypedName == "" || sameName(p.TypedName, p.Name) {
		return p.Name
	}
	return p.Name + " (“" + p.TypedName + "”)"
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

const maxName = 60 // characters

// CleanName checks a name that somebody wrote of herself: letters of any script, and what stands between them in names.
func CleanName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsMark(r), r == ' ', r == '\'', r == '’', r == '-', r == '.', r == ',':
		default:
			return "", ids.E(ids.Invalid, "Your name must have only letters, spaces, hyphens, full stops and apostrophes.")
		}
	}
	switch {
	case letters == 0:
		return "", ids.E(ids.Invalid, "Enter your name.")
	case utf8.RuneCountInString(s) > maxName:
		return "", ids.E(ids.Invalid, "Your name must be %d characters or fewer.", maxName)
	}
	return s, nil
}
