// Package movement is the prison's list of movements: who is unlocked when, to go where, with whom and when she is back. A movement is of one meeting or of
// one reading together, and says neither. It holds the states that an officer presses, what an officer acknowledges and when that is worth nothing any more,
// which changes are late, and when the wing's alarm goes. It is pure.
package movement

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Defaults of what a deployment may set (the meetings section of its configuration).
const (
	// DefaultPickUp is how long before the beginning she is unlocked, and after the end is back, where no place with times of its own is booked.
	DefaultPickUp = 10 * time.Minute
	// DefaultAlarmBefore is how long before the beginning somebody on the wing must have acknowledged it.
	DefaultAlarmBefore = 15 * time.Minute
	// DefaultLate is how near to the pick-up a change is late, and announced, though nobody has acknowledged what was there before. No rule of the prison service
	// that we could find says how much notice a wing is owed, so it is each prison's own to set.
	DefaultLate = 24 * time.Hour
)

// State is where she is on her way, by what an officer pressed.
type State string

// The states. The zero value is not one: a movement that nobody has marked is Expected.
const (
	Expected State = "expected"
	Called   State = "called"
	Arrived  State = "arrived"
	Back     State = "back"
	Missed   State = "missed" // she did not come
)

// States lists them, in the order of a day.
var States = []State{Expected, Called, Arrived, Back, Missed}

// after says what may follow a state: the way forward, and what puts a wrong press right (the last of each).
var after = map[State][]State{
	Expected: {Called, Arrived, Missed},
	Called:   {Arrived, Missed, Expected},
	Arrived:  {Back, Expected},
	Back:     {Arrived},
	Missed:   {Arrived, Expected}, // she came late after all
}

// Next returns the states that may follow.
func (s State) Next() []State { return after[s] }

// May reports whether the state may follow.
func (s State) May(next State) bool { return slices.Contains(after[s], next) }

// Corrects reports whether the step from s to next takes a press back.
func (s State) Corrects(next State) bool {
	return next == Expected || s == Back && next == Arrived
}

// Reason is why she did not come.
type Reason string

// The reasons. They are codes and not words: a wing's screen is read by whoever passes.
const (
	Refused   Reason = "refused"   // she did not want to
	Unwell    Reason = "unwell"    // she was not well
	Locked    Reason = "locked"    // the regime: the wing was locked up
	NoEscort  Reason = "no_escort" // nobody could bring her
	Elsewhere Reason = "elsewhere" // at court, in hospital, at another appointment
	NotTold   Reason = "not_told"  // she had not been told
	Other     Reason = "other"
)

// Reasons lists them as forms show them.
var Reasons = []Reason{Refused, Unwell, Locked, NoEscort, Elsewhere, NotTold, Other}

// Mark is one press. Due is the beginning that the movement had then: a movement to another time begins anew.
type Mark struct {
	Seq   int64 // from 1
	Due   time.Time
	State State
	Why   Reason // of Missed
	By    ids.StaffID
	At    time.Time
}

// Standing returns the mark that counts for a beginning; the zero Mark with Expected when there is none.
func Standing(marks []Mark, due time.Time) Mark {
	for _, m := range slices.Backward(marks) {
		if m.Due.Equal(due) {
			return m
		}
	}
	return Mark{State: Expected, Due: due}
}

// Check says what is wrong with pressing next, in words for the officer.
func (s State) Check(next State, why Reason) error {
	switch {
	case !slices.Contains(States, next):
		return ids.E(ids.Invalid, "Choose what happened.")
	case next == Missed && !slices.Contains(Reasons, why):
		return ids.E(ids.Invalid, "Choose why she did not come.")
	case !s.May(next):
		return ids.E(ids.Conflict, "Somebody else has recorded something since your page was shown. Look at it again.")
	}
	return nil
}

// Company is with whom she is, as far as every officer may know it: never who, and never anybody outside.
type Company struct {
	Pact   bool `json:"pact,omitempty"`   // somebody of Pact
	Prison bool `json:"prison,omitempty"` // somebody of the prison's own staff
}

// Slip is what an officer reads of a movement, and acknowledges. Times are to the second.
type Slip struct {
	Mother       ids.MotherID
	Wing         ids.WingID
	Starts, Ends time.Time
	PickUp, Back time.Time
	Place        string // "" = none is booked: the kiosk or room of the wing
	With         Company
	Special      bool // the wing is to unlock her for it though she would be locked up
	Off          bool // it does not take place: it was called off
}

// Timed returns the slip with the times at which she is unlocked and back: a lead before the beginning, and a lag after the end.
func (s Slip) Timed(lead, lag time.Duration) Slip {
	s.PickUp, s.Back = s.Starts.Add(-lead), s.Ends.Add(lag)
	return s
}

// Print is the fingerprint of what an officer reads: it changes when something of it does, and else never.
func (s Slip) Print() string {
	b, _ := json.Marshal(struct { // strings, numbers and booleans: it cannot fail
		M ids.MotherID
		W ids.WingID
		T [4]int64
		P string
		C Company
		S bool
		O bool
	}{s.Mother, s.Wing, [4]int64{s.Starts.Unix(), s.Ends.Unix(), s.PickUp.Unix(), s.Back.Unix()}, s.Place, s.With, s.Special, s.Off})
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Ack is that a named officer has read a movement as it was with a fingerprint.
type Ack struct {
	Print string
	By    ids.StaffID
	At    time.Time
}

// Acknowledged returns who has acknowledged the slip as it is; ok is false when nobody has, or it changed since. Of several acknowledgements the last counts.
func Acknowledged(acks []Ack, s Slip) (a Ack, ok bool) {
	if len(acks) == 0 {
		return a, false
	}
	a = acks[len(acks)-1]
	return a, a.Print == s.Print()
}

// What says in which way a movement changed.
type What string

// The changes.
const (
	Added  What = "added"  // it was on no list before
	Moved  What = "moved"  // it has other times
	Off    What = "off"    // it was called off
	Placed What = "placed" // it leads to another place, or with others
)

// Change is one change of a movement. Starts and Ends are what it has since, the zero time when it was called off; Was what it had before, the zero time when it
// is new.
type Change struct {
	Seq          int64
	What         What
	Was, WasEnds time.Time
	Starts, Ends time.Time
	Late         bool // it was announced to the wing
	At           time.Time
	Stale        bool // set by News: somebody had acknowledged what was there before
}

// Late reports whether a change is announced: what was there had been acknowledged, or its beginning, or the new one, is near: within the given time, or on this
// London day. What is over is no news.
func Late(now time.Time, acknowledged bool, was, starts time.Time, within time.Duration) bool {
	if acknowledged {
		return true
	}
	near := func(t time.Time) bool {
		return !t.IsZero() && t.After(now.Add(-time.Hour)) && (t.Sub(now) <= within || workdays.Of(t) == workdays.Of(now))
	}
	return near(was) || near(starts)
}

// News returns the late change that the wing is still to acknowledge; ok is false when there is none. What nobody has acknowledged yet is news by its latest late
// change; what somebody has, by the latest change of any kind, once it reads otherwise.
func News(changes []Change, acks []Ack, s Slip) (c Change, ok bool) {
	if _, done := Acknowledged(acks, s); done {
		return c, false
	}
	for _, c := range slices.Backward(changes) {
		if c.Late || len(acks) > 0 {
			c.Stale = len(acks) > 0
			return c, true
		}
	}
	if len(acks) > 0 { // the wing, or with whom: what no change of the plan tells
		return Change{What: Placed, Stale: true, Starts: s.Starts, Ends: s.Ends, Late: true}, true
	}
	return c, false
}

// Alarming reports whether the wing's alarm goes at now: it begins soon, it is not over, it takes place, nobody has acknowledged it, and nobody has pressed
// anything either.
func Alarming(now time.Time, s Slip, acks []Ack, standing State, before time.Duration) bool {
	if _, ok := Acknowledged(acks, s); ok || s.Off || standing != Expected {
		return false
	}
	return !now.Before(s.Starts.Add(-before)) && now.Before(s.Ends)
}

// AlarmKind is what a worker is told of a movement.
type AlarmKind string

// What a worker is told.
const (
	AlarmUnseen AlarmKind = "unseen" // nobody had acknowledged it in time
	AlarmMissed AlarmKind = "missed" // she did not come
)

// AlarmAt is when the alarm of a beginning falls due.
func AlarmAt(starts time.Time, before time.Duration) time.Time { return starts.Add(-before) }
