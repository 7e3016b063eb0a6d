package meetings

import "time"

// Answer is what a guest's calendar has said to the invitation.
type Answer string

// The answers.
const (
	AnswerAwaited   Answer = ""
	AnswerAccepted  Answer = "accepted"
	AnswerTentative Answer = "tentative"
	AnswerDeclined  Answer = "declined"
	AnswerCounter   Answer = "counter" // another time is proposed
)

// GuestAnswer is a guest's answer to one version of a meeting's times.
type GuestAnswer struct {
	Answer   Answer
	At       time.Time // when it came; zero = none has
	Sequence int       // the version of the times that is answered
	Stamp    time.Time // when she says that she wrote it (DTSTAMP), never later than it came
	Comment  string    // her own words, for those who may see the meeting
	Starts   time.Time // the time that she proposes instead
	Ends     time.Time
}

// Settled says what is to become of an answer that has come, beside the one that is kept.
type Settled string

// What becomes of an answer.
const (
	AnswerTaken    Settled = "taken"
	AnswerRepeated Settled = "repeat"  // it is the one that is kept
	AnswerOutdated Settled = "old"     // it is older, or answers times that the meeting no longer has
	AnswerUnknown  Settled = "unknown" // it answers times that were never sent
)

// Against compares an answer with the one that is kept and the present version of the times: what is older never takes the place of what is newer
// (RFC 5546 section 2.1.5). Mail overtakes mail, so the order of arrival says nothing.
func (a GuestAnswer) Against(kept GuestAnswer, sequence int) Settled {
	switch {
	case a.Sequence > sequence:
		return AnswerUnknown
	case a.Sequence < sequence, !kept.At.IsZero() && a.Stamp.Before(kept.Stamp):
		return AnswerOutdated
	case !kept.At.IsZero() && a.Stamp.Equal(kept.Stamp) && a.Answer == kept.Answer && a.Comment == kept.Comment && a.Starts.Equal(kept.Starts) && a.Ends.Equal(kept.Ends):
		return AnswerRepeated
	}
	return AnswerTaken
}

// Move is one change of a meeting's times.
type Move struct {
	Sequence     int       // the version that it made
	Starts, Ends time.Time // those that it had before
	At           time.Time
	By           string // a member of staff's identifier
	Why          string
}
