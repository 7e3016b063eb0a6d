package cases

import (
	"cmp"
	"slices"
	"time"

	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// AskOrigin says what asked for an answer.
type AskOrigin string

// The origins of an ask.
const (
	AskByWorker    AskOrigin = "worker"      // a person of the case's team set a day
	AskByRequest   AskOrigin = "request"     // a typed request has a day by which it is to be answered
	AskByPromise   AskOrigin = "promise"     // a message promised the answer, and a person waits for it
	AskByMinutes   AskOrigin = "minutes"     // a meeting's minutes are to be there by a day
	AskByAction    AskOrigin = "action"      // somebody outside is to do something after a meeting
	AskUndelivered AskOrigin = "undelivered" // a message did not arrive, so nobody can have answered it
)

// Ask is an answer that is waited for in a conversation with people outside.
type Ask struct {
	ID       ids.AskID
	Case     ids.CaseID
	Thread   ids.ThreadID
	Agency   ids.AgencyID  // whose answer
	Message  ids.MessageID // that asks; "" = none in particular
	Origin   AskOrigin
	Ref      string // names what asked, so that asking twice is asking once
	Asked    time.Time
	AskedBy  string // a member of staff, or "system"
	Due      workdays.Day
	Answered time.Time
	Ended    AskEnd
	Promise  AskPromise
}

// AskPromise is a reply that seems to promise the answer for later. It waits for a person, who says whether it is the answer; the zero value = none does.
type AskPromise struct {
	Message ids.MessageID
	By      workdays.Day // the working day that it names; 0 = none
}

// AskEnd is how an ask ended: answered by whom, with which message, or stopped.
type AskEnd struct {
	By      string        // a member of staff who said so, or the contact who answered
	Answer  ids.MessageID // "" when a person said that the answer came another way
	Stopped time.Time
}

// Open reports whether the answer is still waited for.
func (a Ask) Open() bool { return a.Answered.IsZero() && a.Ended.Stopped.IsZero() }

// StepState is how far a step has come.
type StepState string

// The states of a step.
const (
	StepReady     StepState = "ready"     // a draft waits for a person
	StepSent      StepState = "sent"      // she sent it
	StepDismissed StepState = "dismissed" // she decided that it is not sent, and said why
	StepPassed    StepState = "passed"    // a later step took its place, or the answer came
)

// AskStep is one step of asking again: a draft for a person to send.
type AskStep struct {
	ID        ids.AskStepID
	Ask       ids.AskID
	Due       workdays.Day // the due day that it was made for
	After     int          // the step of the schedule, in working days after that
	Rung      chase.Rung
	State     StepState
	Made      time.Time
	Decided   time.Time
	DecidedBy ids.StaffID
	Thread    ids.ThreadID  // it was sent in
	Message   ids.MessageID // that it became
	Reason    string        // why it was dismissed; sealed in the database
}

// Decide ends a step that is ready. It refuses a second decision, naming the first.
func (s *AskStep) Decide(by ids.StaffID, at time.Time, to StepState) error {
	if s.State != StepReady {
		return ids.E(ids.Conflict, "This draft is not open any more (%s): nothing was sent again.", s.State)
	}
	s.State, s.Decided, s.DecidedBy = to, at, by
	return nil
}

// ChaseState is what package chase asks about an ask. A step counts as taken when it was sent, and when it was dismissed: the ladder goes on.
func (a Ask) ChaseState(steps []AskStep, away []chase.Away) chase.State {
	s := chase.State{Asked: workdays.Of(a.Asked), Due: a.Due, Answered: workdays.Of(a.Answered), Stopped: workdays.Of(a.Ended.Stopped), Away: away}
	for _, x := range steps {
		if x.State == StepSent || x.State == StepDismissed {
			s.Done = append(s.Done, chase.Done{Due: x.Due, After: x.After, Rung: x.Rung, On: workdays.Of(x.Decided), Silent: x.State == StepDismissed})
		}
	}
	// The last thing done is the one decided last, whenever its draft was made.
	slices.SortStableFunc(s.Done, func(x, y chase.Done) int { return cmp.Compare(x.On, y.On) })
	return s
}
