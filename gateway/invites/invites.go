// Package invites holds the invitations that other people's calendars send (iTIP, RFC 5546): what one says, how the meeting can be reached, and what a
// new version does to what is known of the meeting. It is pure.
package invites

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/wording"
)

// Method is what a message wants of the calendar that it comes to (RFC 5546 section 1.4).
type Method string

// The methods that are acted on. Published is a calendar object without a method, or one for whoever likes it.
const (
	Request   Method = "REQUEST"
	Cancel    Method = "CANCEL"
	Published Method = "PUBLISH"
	// Refusal: the organiser does not take the other times that were proposed (DECLINECOUNTER, RFC 5546 section 3.2.8).
	Refusal Method = "DECLINECOUNTER"
)

// Person is the organiser.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// LegKind is a way in which she can take part.
type LegKind string

// The ways, best first.
const (
	VideoInterop LegKind = "video_interop" // our room dials the meeting's address for video devices
	Phone        LegKind = "phone"         // our room dials the meeting's telephone number
	GuestLink    LegKind = "guest_link"    // the others come to our room
	Contribution LegKind = "contribution"  // her words are read out
)

// Leg is one way in, with why, in English and Welsh. Target and Send are credentials: for whoever plans the meeting, and in no log.
type Leg struct {
	Kind   LegKind `json:"kind"`
	Target string  `json:"target"`
	Send   string  `json:"send"`
	Why    string  `json:"why"`
	WhyCy  string  `json:"why_cy"`
}

// Problem is one thing that had to be assumed, left out or refused, in words for the person who decides. It may hold numbers that differ: it is shown, and
// never logged.
type Problem struct {
	Code string `json:"code"`
	En   string `json:"en"`
	Cy   string `json:"cy"`
}

// Draft is a request to the organiser for what is missing, in one language.
type Draft struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Ask is the drafted request to the organiser; the zero value when nothing is missing.
type Ask struct {
	To string `json:"to"`
	En Draft  `json:"en"`
	Cy Draft  `json:"cy"`
}

// Time is one meeting of a series, or the only one. ID is its original start, zero of a meeting that does not repeat.
type Time struct {
	ID    time.Time `json:"id"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Invite is what one message says of one meeting.
type Invite struct {
	UID          string    `json:"uid"` // "" when the object had none, or there was no calendar object
	Method       Method    `json:"method"`
	Sequence     int       `json:"sequence"`
	Stamp        time.Time `json:"stamp"`         // DTSTAMP
	RecurrenceID time.Time `json:"recurrence_id"` // the one occurrence that is meant; zero = all
	AndLater     bool      `json:"and_later"`
	Start        time.Time `json:"start"` // zero when it does not say
	End          time.Time `json:"end"`   // Start when it does not say
	AllDay       bool      `json:"all_day"`
	Repeats      bool      `json:"repeats"`
	Times        []Time    `json:"times"` // those of the first year, at most MaxTimes
	Organizer    Person    `json:"organizer"`
	Summary      string    `json:"summary"` // the organiser's words: for staff, never for a screen of hers
	Location     string    `json:"location"`
	Service      string    `json:"service"` // "teams", "zoom" …; "" when no way in is known
	JoinURL      string    `json:"join_url"`
	Plan         []Leg     `json:"plan"`
	Problems     []Problem `json:"problems"`
	Ask          Ask       `json:"ask"`
	Others       int       `json:"others"`    // other meetings in the same message
	Attendees    []string  `json:"attendees"` // addresses, at most MaxAttendees
	Comment      string    `json:"comment"`   // of a refusal: the organiser's words
	// WordsOnly: the message says how to join, and has no calendar part: no time is known.
	WordsOnly bool `json:"words_only"`
}

// MaxTimes is how many meetings of a series are kept, MaxAttendees how many of those invited.
const (
	MaxTimes     = 60
	MaxAttendees = 200
)

// Cancels reports whether the message takes the meeting, or one of its occurrences, back.
func (in Invite) Cancels() bool { return in.Method == Cancel }

// Length is how long the meeting lasts; an hour when the invitation does not say, since a room must be booked for some time.
func (in Invite) Length() time.Duration {
	if d := in.End.Sub(in.Start); d > 0 {
		return d
	}
	return time.Hour
}

// times are its times, each with an end; of a cancellation there are none.
func (in Invite) times() (out []Time) {
	all := in.Times
	if len(all) == 0 && !in.Start.IsZero() && !in.Cancels() {
		all = []Time{{ID: in.RecurrenceID, Start: in.Start}}
	}
	for _, t := range all {
		if !t.End.After(t.Start) {
			t.End = t.Start.Add(in.Length())
		}
		out = append(out, t)
	}
	return out
}

// HasTime reports whether the message says when the meeting is.
func (in Invite) HasTime() bool { return len(in.times()) > 0 }

// Coming are its times that have not begun, the first first. A whole day is no time at which a room could be booked.
func (in Invite) Coming(now time.Time) (out []Time) {
	if in.AllDay {
		return nil
	}
	for _, t := range in.times() {
		if t.Start.After(now) {
			out = append(out, t)
		}
	}
	return out
}

// State is what has become of an invitation.
type State string

// The states.
const (
	Proposed  State = "proposed"  // waits for a person
	Accepted  State = "accepted"  // a meeting was made of it
	Tentative State = "tentative" // answered provisionally; it waits on
	Declined  State = "declined"
	Withdrawn State = "withdrawn" // the organiser has taken it back
	Moved     State = "moved"     // somebody found that it is about another case, where it is known by itself
)

// Booked is a meeting that was made of one of an invitation's times.
type Booked struct {
	Occurrence time.Time // Time.ID
	Meeting    ids.MeetingID
	Start, End time.Time // as the meeting has them
	Over       bool      // it was called off here, has been, or is to be offered again: nothing is to be changed
}

// Version is the newest that was seen of a meeting, or of one of its occurrences.
type Version struct {
	ID       time.Time `json:"id"` // RECURRENCE-ID; zero = of all
	Sequence int       `json:"sequence"`
	Stamp    time.Time `json:"stamp"`
}

// Known is an invitation as it is kept.
type Known struct {
	ID       ids.InvitationID
	Case     ids.CaseID
	Thread   ids.ThreadID
	Contact  ids.ContactID // whose reply address it came to
	Inbound  ids.InboundID // the email that brought the newest
	Hold     ids.HoldID    // that waits, or waited last, for a person's decision about it
	State    State
	Received time.Time
	Decided  time.Time
	By       ids.StaffID
	Trouble  string // the code with which the organiser's mail server refused our last answer for good; "" = it did not
	Booked   []Booked
	Versions []Version
	Invite   Invite
	Counter  *Counter // the last times that were proposed to its organiser; nil = none were
}

// Verdict says what a message does to what is known.
type Verdict string

// The verdicts.
const (
	New       Verdict = "new"       // nothing is known of this meeting
	Newer     Verdict = "newer"     // a later version: it is put before a person
	Same      Verdict = "same"      // it has come before, such as a forward of what we have
	Stale     Verdict = "stale"     // an older version than what we have: it changes nothing
	NotOurs   Verdict = "not_ours"  // a cancellation of a meeting that is not known here
	Refused   Verdict = "refused"   // the organiser does not take the times that were proposed
	Forbidden Verdict = "forbidden" // somebody who is not of the organiser's side wants to change what is known
)

// Judge says what a message does. organiser reports whether it is proven to come from the organiser's side: nobody else's version counts for a meeting that is known
// (RFC 5546 section 6.1.1). known is nil when nothing is.
func Judge(known *Known, in Invite, organiser bool) Verdict {
	switch {
	case known == nil && (in.Cancels() || in.Method == Refusal):
		return NotOurs
	case known == nil:
		return New
	case in.Method == Refusal && !known.counterWaits():
		return Same // of an older proposal, or it came twice
	case in.Method == Refusal && !organiser:
		return Forbidden
	case in.Method == Refusal:
		return Refused
	}
	for _, v := range known.Versions {
		if !v.ID.Equal(in.RecurrenceID) {
			continue
		}
		switch c := v.compare(in); {
		case c > 0:
			return Stale
		case c == 0:
			return Same
		}
	}
	if !organiser {
		return Forbidden
	}
	return Newer
}

// compare says whether a version is later than that of a message: by SEQUENCE, then by DTSTAMP (RFC 5546 section 2.1.5).
func (v Version) compare(in Invite) int {
	if v.Sequence != in.Sequence {
		return v.Sequence - in.Sequence
	}
	return v.Stamp.Compare(in.Stamp)
}

// Apply returns what is known after a message that is new, or newer than what was known.
func (k Known) Apply(in Invite) Known {
	if in.Method == Refusal {
		return k.refused(in)
	}
	k = k.overtaken(in)
	k.Versions = append(k.versionsBut(in.RecurrenceID), Version{ID: in.RecurrenceID, Sequence: in.Sequence, Stamp: in.Stamp})
	was := k.Invite
	switch {
	case !in.RecurrenceID.IsZero() && (was.Repeats || len(was.Times) > 0): // of a series that is known, about some of its times
		k.Invite.Times = mergeTimes(was.Times, in)
		if !in.Cancels() {
			k.Invite.Plan, k.Invite.Problems, k.Invite.Service, k.Invite.JoinURL = in.Plan, in.Problems, in.Service, in.JoinURL
		}
		k.Invite.Sequence, k.Invite.Stamp = in.Sequence, in.Stamp
	case in.Cancels():
		k.Invite.Method, k.Invite.Sequence, k.Invite.Stamp, k.Invite.Times = in.Method, in.Sequence, in.Stamp, nil
		if !k.stands() {
			k.State = Withdrawn
		}
		return k
	default:
		k.Invite = in
	}
	if !k.stands() { // answered or not, what is new is a new question
		k.State = Proposed
	}
	return k
}

// stands reports whether a meeting that was made of it is still to be, or was.
func (k Known) stands() bool {
	return slices.ContainsFunc(k.Booked, func(b Booked) bool { return !b.Over })
}

func (k Known) versionsBut(id time.Time) (out []Version) {
	for _, v := range k.Versions {
		if !v.ID.Equal(id) {
			out = append(out, v)
		}
	}
	return out
}

// mergeTimes changes the times of a series by a message about one of them, or one and all later ones (RANGE=THISANDFUTURE moves those by as much).
func mergeTimes(times []Time, in Invite) (out []Time) {
	found := false
	for _, t := range times {
		switch {
		case t.ID.Equal(in.RecurrenceID):
			found = true
			if !in.Cancels() {
				out = append(out, Time{ID: t.ID, Start: in.Start, End: in.Start.Add(in.Length())})
			}
		case in.AndLater && t.ID.After(in.RecurrenceID):
			if !in.Cancels() {
				by := in.Start.Sub(in.RecurrenceID)
				out = append(out, Time{ID: t.ID, Start: t.ID.Add(by), End: t.ID.Add(by).Add(in.Length())})
			}
		default:
			out = append(out, t)
		}
	}
	if !found && !in.Cancels() && len(out) < MaxTimes {
		out = append(out, Time{ID: in.RecurrenceID, Start: in.Start, End: in.Start.Add(in.Length())})
	}
	slices.SortFunc(out, func(a, b Time) int { return a.Start.Compare(b.Start) })
	return out
}

// Change is what the organiser has changed about a meeting that was made.
type Change struct {
	Booked
	To *Time // nil = called off
}

// Changes says what a person has to be asked about the meetings that were made.
func (k Known) Changes(now time.Time) (out []Change) {
	times := k.Invite.times()
	for _, b := range k.Booked {
		if b.Over || !b.End.After(now) {
			continue
		}
		at := slices.IndexFunc(times, func(t Time) bool { return t.ID.Equal(b.Occurrence) })
		switch {
		case k.Invite.Cancels() || at < 0:
			out = append(out, Change{Booked: b})
		case !times[at].Start.Equal(b.Start) || !times[at].End.Equal(b.End):
			out = append(out, Change{Booked: b, To: &times[at]})
		}
	}
	return out
}

// Free are the times that have not begun and of which no meeting stands: one that was called off here can be made again.
func (k Known) Free(now time.Time) (out []Time) {
	for _, t := range k.Invite.Coming(now) {
		if !slices.ContainsFunc(k.Booked, func(b Booked) bool { return !b.Over && b.Occurrence.Equal(t.ID) }) {
			out = append(out, t)
		}
	}
	return out
}

// KindOf guesses the kind of meeting by the words of a summary; "" when none gives it away. It is a suggestion: a person decides.
func KindOf(summary string) meetings.Kind {
	words := " " + strings.Join(strings.FieldsFunc(wording.Fold(summary), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ") + " "
	for _, k := range kindWords {
		if strings.Contains(words, " "+k.words+" ") {
			return k.kind
		}
	}
	return ""
}

// kindWords are what summaries call the kinds, the more telling first. Welsh words are those of the Welsh authorities' own pages.
var kindWords = []struct {
	words string
	kind  meetings.Kind
}{
	{"initial child protection conference", meetings.InitialConference}, {"initial conference", meetings.InitialConference}, {"icpc", meetings.InitialConference},
	{"cynhadledd gychwynnol", meetings.InitialConference},
	{"review child protection conference", meetings.ReviewConference}, {"child protection review conference", meetings.ReviewConference}, {"review conference", meetings.ReviewConference}, {"rcpc", meetings.ReviewConference},
	{"child protection conference", meetings.ReviewConference}, {"cynhadledd adolygu", meetings.ReviewConference},
	{"core group", meetings.CoreGroup}, {"grwp craidd", meetings.CoreGroup},
	{"family group conference", meetings.FamilyGroupConference}, {"fgc", meetings.FamilyGroupConference}, {"family group decision", meetings.FamilyGroupConference},
	{"child in need", meetings.ChildInNeedMeeting}, {"cin", meetings.ChildInNeedMeeting}, {"plentyn mewn angen", meetings.ChildInNeedMeeting},
	{"team around the child", meetings.TeamAroundTheChild}, {"team around the family", meetings.TeamAroundTheChild}, {"tac", meetings.TeamAroundTheChild}, {"taf", meetings.TeamAroundTheChild},
	{"personal education plan", meetings.PersonalEducationPlan}, {"pep", meetings.PersonalEducationPlan}, {"cynllun addysg personol", meetings.PersonalEducationPlan},
	{"parents evening", meetings.PersonalEducationPlan},
	{"looked after review", meetings.LookedAfterReview}, {"looked after child review", meetings.LookedAfterReview}, {"child looked after review", meetings.LookedAfterReview},
	{"lac review", meetings.LookedAfterReview}, {"cla review", meetings.LookedAfterReview}, {"cin review", meetings.ChildInNeedMeeting}, {"lac", meetings.LookedAfterReview}, {"cla", meetings.LookedAfterReview},
	{"our child review", meetings.LookedAfterReview}, {"adolygiad plentyn sy n derbyn gofal", meetings.LookedAfterReview}, {"adolygiad", meetings.LookedAfterReview},
}
