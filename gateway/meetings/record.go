package meetings

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Lengths of what is recorded after a meeting, in characters.
const (
	MaxViews  = 4000
	MaxAction = 300
)

// ViewsSource says where her views were taken from.
type ViewsSource string

// The sources.
const (
	ViewsInMinutes ViewsSource = "minutes"
	ViewsByWorker  ViewsSource = "worker" // somebody who was there says so
)

// Views are what is recorded of her views. Disputed is when she said that it is not what she said; Settled when somebody has seen to that.
type Views struct {
	Meeting   ids.MeetingID
	Seq       int64
	Source    ViewsSource
	Text      string
	By        ids.StaffID
	At        time.Time
	Disputed  time.Time
	Settled   time.Time
	SettledBy ids.StaffID
}

// Wrong reports whether she has said that it is not what she said, and nobody has seen to it.
func (v Views) Wrong() bool { return !v.Disputed.IsZero() && v.Settled.IsZero() }

// Minutes are a message that brought a meeting's minutes.
type Minutes struct {
	Message ids.MessageID
	Meeting ids.MeetingID
	By      ids.StaffID
	At      time.Time
}

// OwnerKind says what sort of person is to do an action.
type OwnerKind string

// The kinds of owner.
const (
	OwnedByContact OwnerKind = "contact"
	OwnedByStaff   OwnerKind = "staff"
	OwnedByMother  OwnerKind = "mother"
)

// Action is something to be done after a meeting. Owner is a contact's or a member of staff's identifier; "" of the mother.
type Action struct {
	ID      ids.ActionID
	Meeting ids.MeetingID
	Case    ids.CaseID
	What    string
	Kind    OwnerKind
	Owner   string
	Due     workdays.Day
	Ask     ids.AskID // what asks its owner; "" = nothing does
	By      ids.StaffID
	At      time.Time
	Done    time.Time
	DoneBy  ids.StaffID
}

// Late reports whether it should have been done before a day.
func (a Action) Late(today workdays.Day) bool { return a.Done.IsZero() && a.Due < today }

// The fields of an action and of views, as forms name them.
const (
	ActionWhat  = "what"
	ActionOwner = "owner"
	ActionDue   = "due"
	ViewsText   = "views"
	ViewsFrom   = "source"
)

// mostAhead is how far ahead an action can be due, in days.
const mostAhead = 2 * 366

// Check says what is wrong with a new action by itself; nil = nothing. One of minutes that came late may be due already.
func (a Action) Check(today workdays.Day) *ids.Fault {
	switch {
	case a.What == "" || len([]rune(a.What)) > MaxAction:
		return ids.BadField(ActionWhat, "what", "Say what is to be done, in at most 300 characters.")
	case !slices.Contains([]OwnerKind{OwnedByContact, OwnedByStaff, OwnedByMother}, a.Kind), (a.Owner == "") != (a.Kind == OwnedByMother):
		return ids.BadField(ActionOwner, "owner", "Choose who is to do it.")
	case a.Due == 0 || a.Due > today.Plus(mostAhead) || a.Due < today.Plus(-mostAhead):
		return ids.BadField(ActionDue, "due", "Enter the day by which it is to be done.")
	}
	return nil
}

// Mood says how she was after a meeting, as her supporter saw it.
type Mood string

// The ways she was.
const (
	MoodFine    Mood = "fine"
	MoodUpset   Mood = "upset"
	MoodWorried Mood = "worried" // somebody worries about her safety: those near her are told at once
)

// Moods lists them, in the order screens show them.
var Moods = []Mood{MoodFine, MoodUpset, MoodWorried}

// DebriefNote is what her supporter wrote when a meeting was talked over with her.
type DebriefNote struct {
	Meeting ids.MeetingID
	Seq     int64
	How     Mood
	Note    string
	By      ids.StaffID
	At      time.Time
}
