package meetings

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Part is the part that the mother had in a meeting, down the ladder.
type Part string

// The parts, from all to none.
const (
	ByVideo  Part = "video"
	ByAudio  Part = "audio"
	ByPhone  Part = "phone"
	ReadOut  Part = "contribution_read_out" // what she wanted to say was read out
	WithNone Part = "none"                  // it was held without her
)

// Parts lists them, from all to none.
var Parts = []Part{ByVideo, ByAudio, ByPhone, ReadOut, WithNone}

// Why is why she had no part, or a smaller one than seeing and hearing the others.
type Why string

// The reasons.
const (
	WhyVideo     Why = "video_unavailable"
	WhyRegime    Why = "regime"       // the prison could not unlock or bring her
	WhyAdmitted  Why = "not_admitted" // she was there, and was not let in
	WhyAuthority Why = "la_refused"   // the authority did not want her there
	WhyNotTold   Why = "not_told"     // nobody told her, or us, in time
	WhyOwnChoice Why = "she_chose_not_to"
	WhyOther     Why = "other" // the note says which
)

// Whys lists the reasons in the order screens show them.
var Whys = []Why{WhyNotTold, WhyAuthority, WhyVideo, WhyRegime, WhyAdmitted, WhyOwnChoice, WhyOther}

// Recordable lists the kinds that are recorded when they were held elsewhere: those about children. What passes between her and her lawyer or her
// supporter is not.
var Recordable = []Kind{LookedAfterReview, InitialConference, ReviewConference, CoreGroup, ChildInNeedMeeting, TeamAroundTheChild, FamilyGroupConference, PersonalEducationPlan}

// AboutChildren reports whether a meeting of this kind is about a child or several.
func (k Kind) AboutChildren() bool { return slices.Contains(Recordable, k) }

// Elsewhere is a meeting that was held outside Kinbridge, or without her.
type Elsewhere struct {
	ID       ids.ElsewhereID
	Case     ids.CaseID
	Kind     Kind
	Day      workdays.Day
	Children []ids.ChildID // whom it was about
	Part     Part
	Why      Why
	Note     string
	Recorded time.Time
	By       ids.StaffID
	// Withdrawn is when the record was taken back as a mistake; zero = it stands.
	Withdrawn   time.Time
	WithdrawnBy ids.StaffID
}

// The fields of a record, as forms name them.
const (
	HeldKind     = "kind"
	HeldDay      = "day"
	HeldChildren = "about"
	HeldPart     = "part"
	HeldWhy      = "why"
	HeldNote     = "note"
)

// MaxNote is the longest note, in characters.
const MaxNote = 1000

// earliest is how many years back a meeting can be recorded: nobody is a child for longer.
const earliest = 19

// Check says what is wrong with the record on a day; nil = nothing.
func (e Elsewhere) Check(today workdays.Day) *ids.Fault {
	switch {
	case !e.Kind.AboutChildren():
		return ids.BadField(HeldKind, "kind", "Choose what kind of meeting it was.")
	case e.Day == 0:
		return ids.BadField(HeldDay, "day", "Enter the day of the meeting.")
	case e.Day > today:
		return ids.BadField(HeldDay, "future", "The day is in the future. Record the meeting once it was held.")
	case e.Day < today.YearsLater(-earliest):
		return ids.BadField(HeldDay, "long_ago", "The day is too long ago. Check the year.")
	case len(e.Children) == 0:
		return ids.BadField(HeldChildren, "about", "Choose the children the meeting was about.")
	}
	return checkPart(e.Part, e.Why, e.Note)
}
