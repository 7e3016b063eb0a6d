// Package polls asks several people outside when a meeting can be held: which times are offered, who is asked, what each answers, and which time suits best. It is pure.
package polls

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// Limits of a poll.
const (
	MaxSlots   = 8
	MaxAsked   = 20
	MaxComment = 300 // characters
	MinMinutes = 10
	MaxOpen    = 60 * 24 * time.Hour // how long answers can be waited for
)

// Vote is what somebody says of one time. Silent is nothing yet.
type Vote string

// The votes.
const (
	Silent   Vote = ""
	Yes      Vote = "yes"
	IfNeedBe Vote = "if_need_be"
	No       Vote = "no"
)

// Votes are those that can be given, in the order screens show them.
var Votes = []Vote{Yes, IfNeedBe, No}

// Valid reports whether v is a vote that can be given.
func (v Vote) Valid() bool { return slices.Contains(Votes, v) }

// State is how far a poll has come by somebody's decision. That its time is over is the clock's business: Phase.
type State string

// The states.
const (
	Open      State = "open"
	Closed    State = "closed"    // no answer is taken any more
	Withdrawn State = "withdrawn" // there will be no meeting of it
	Decided   State = "decided"   // a meeting was made of it
)

// Slot is a time that is offered. N counts from 1, in the order of their beginning, and never changes.
type Slot struct {
	N     int
	Start time.Time
}

// MailState is how the mail with somebody's link has fared.
type MailState string

// The states of a mail.
const (
	MailWaiting MailState = ""
	MailSent    MailState = "sent"   // the mail server has it
	MailFailed  MailState = "failed" // refused for good
)

// Invitee is one person who is asked.
type Invitee struct {
	ID       ids.InviteeID
	Contact  ids.ContactID
	Name     string
	Email    string
	Required bool         // the meeting cannot be held without her
	Votes    map[int]Vote // by Slot.N; empty until she answers
	Comment  string
	Answered time.Time // last; zero = not yet
	Reminded time.Time // last; zero = not yet
	Mail     MailState
}

// Poll is one question.
type Poll struct {
	ID       ids.PollID
	Case     ids.CaseID
	Kind     meetings.Kind
	About    []ids.ChildID
	Minutes  int
	Across   bool // who asks has confirmed that several authorities take part
	Slots    []Slot
	Invitees []Invitee
	Created  time.Time
	Closes   time.Time
	By       ids.StaffID
	State    State
	Chosen   int           // the slot that the meeting was made of; 0 = none of them
	Meeting  ids.MeetingID // that was made
}

// Length is how long the meeting is to last.
func (p Poll) Length() time.Duration { return time.Duration(p.Minutes) * time.Minute }

// Phase is where the poll stands at a time: an open one is closed when its time is over, or when the first of its times has begun.
func (p Poll) Phase(now time.Time) State {
	if p.State == Open && !now.Before(p.Closes) {
		return Closed
	}
	return p.State
}

// HalfWay is when those who have not answered are reminded by themselves.
func (p Poll) HalfWay() time.Time { return p.Created.Add(p.Closes.Sub(p.Created) / 2) }

// Slot returns the slot with a number.
func (p Poll) Slot(n int) (Slot, bool) {
	for _, s := range p.Slots {
		if s.N == n {
			return s, true
		}
	}
	return Slot{}, false
}

// At returns the number of the slot that begins at a time; 0 when none does.
func (p Poll) At(start time.Time) int {
	for _, s := range p.Slots {
		if s.Start.Equal(start) {
			return s.N
		}
	}
	return 0
}

// Check reports, in words for the person who asks, what is wrong with times, length and the day by which answers are to be in. It returns the times as slots, in order.
func Check(starts []time.Time, minutes int, closes, now time.Time) ([]Slot, error) {
	out, err := CheckSlots(starts, minutes, now)
	if err != nil {
		return nil, err
	}
	return out, CheckCloses(out, closes, now)
}

// CheckSlots is the part of Check about the times.
func CheckSlots(starts []time.Time, minutes int, now time.Time) ([]Slot, error) {
	switch {
	case len(starts) == 0:
		return nil, ids.E(ids.Invalid, "Offer at least one time.")
	case len(starts) > MaxSlots:
		return nil, ids.E(ids.Invalid, "Offer %d times at most.", MaxSlots)
	case minutes < MinMinutes:
		return nil, ids.E(ids.Invalid, "A meeting lasts %d minutes at least.", MinMinutes)
	}
	sorted := slices.SortedFunc(slices.Values(starts), time.Time.Compare)
	var out []Slot
	for i, s := range sorted {
		if i > 0 && s.Equal(sorted[i-1]) {
			return nil, ids.E(ids.Invalid, "The same time is there twice. Offer each time once.")
		}
		if err := meetings.CheckTimes(s, s.Add(time.Duration(minutes)*time.Minute), now); err != nil {
			return nil, err
		}
		out = append(out, Slot{N: i + 1, Start: s.UTC().Truncate(time.Second)})
	}
	return out, nil
}

// CheckCloses is the part of Check about the end of the time for answers.
func CheckCloses(slots []Slot, closes, now time.Time) error {
	switch {
	case closes.IsZero():
		return ids.E(ids.Invalid, "Say until when answers can be given.")
	case !closes.After(now):
		return ids.E(ids.Invalid, "The time for answers must be in the future.")
	case len(slots) > 0 && closes.After(slots[0].Start):
		return ids.E(ids.Invalid, "Answers must be in before the first of the times begins.")
	case closes.Sub(now) > MaxOpen:
		return ids.E(ids.Invalid, "Answers can be waited for %d days at most.", int(MaxOpen/(24*time.Hour)))
	}
	return nil
}

// Answer checks somebody's answer: one vote for each time, and a comment fit to keep.
func (p Poll) Answer(votes map[int]Vote, comment string) (map[int]Vote, string, error) {
	out := make(map[int]Vote, len(p.Slots))
	for _, s := range p.Slots {
		v := votes[s.N]
		if !v.Valid() {
			return nil, "", ids.E(ids.Invalid, "Say for each time whether it suits you.")
		}
		out[s.N] = v
	}
	comment = strings.TrimSpace(comment)
	if utf8.RuneCountInString(comment) > MaxComment {
		return nil, "", ids.E(ids.TooLarge, "The comment must be %d characters or fewer.", MaxComment)
	}
	if !utf8.ValidString(comment) || strings.ContainsFunc(comment, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}) {
		return nil, "", ids.E(ids.TooLarge, "The comment has characters that cannot be used.")
	}
	return out, comment, nil
}

// SameAnswer reports whether somebody has said exactly that already.
func (i Invitee) SameAnswer(votes map[int]Vote, comment string) bool {
	if i.Answered.IsZero() || i.Comment != comment || len(i.Votes) != len(votes) {
		return false
	}
	for n, v := range votes {
		if i.Votes[n] != v {
			return false
		}
	}
	return true
}

// Ranked is one slot with how it suits.
type Ranked struct {
	Slot
	Yes, IfNeedBe, No, Silent int
	Without                   []ids.InviteeID // who must be there and says no
}

// Best ranks the times that have not begun, the best first: those at which nobody who must be there says no, then those with the most who say yes, then the earliest.
func (p Poll) Best(now time.Time) (out []Ranked) {
	for _, s := range p.Slots {
		if !s.Start.After(now) {
			continue
		}
		r := Ranked{Slot: s}
		for _, i := range p.Invitees {
			switch i.Votes[s.N] {
			case Yes:
				r.Yes++
			case IfNeedBe:
				r.IfNeedBe++
			case No:
				r.No++
				if i.Required {
					r.Without = append(r.Without, i.ID)
				}
			default:
				r.Silent++
			}
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(min(1, len(a.Without)), min(1, len(b.Without))), cmp.Compare(b.Yes, a.Yes), a.Start.Compare(b.Start), cmp.Compare(a.N, b.N))
	})
	return out
}

// Waiting are those who have not answered.
func (p Poll) Waiting() (out []Invitee) {
	for _, i := range p.Invitees {
		if i.Answered.IsZero() {
			out = append(out, i)
		}
	}
	return out
}
