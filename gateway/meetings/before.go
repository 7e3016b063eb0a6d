package meetings

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// How is how a mother wants to take part.
type How string

// The ways. Not being there calls nothing off: somebody talks with her about it.
const (
	HowVideo    How = "video"
	HowListen   How = "audio" // hears and speaks, without a picture
	HowPhone    How = "phone"
	HowNotThere How = "not_there" // she says what she thinks, and that is all
	HowUnsure   How = "unsure"
)

// Hows lists them in the order screens show them.
var Hows = []How{HowVideo, HowListen, HowPhone, HowNotThere, HowUnsure}

// Beside is who she wants to sit with her.
type Beside string

// The people.
const (
	BesidePact    Beside = "pact"
	BesideFamily  Beside = "family_worker"
	BesideOfficer Beside = "officer"
	BesideNobody  Beside = "nobody"
	BesideOther   Beside = "other" // somebody whom she names
)

// Besides lists them in the order screens show them.
var Besides = []Beside{BesidePact, BesideFamily, BesideOfficer, BesideNobody, BesideOther}

// MaxBesideName is the longest name of somebody to ask for, in characters.
const MaxBesideName = 80

// Choice is how she wants to take part in one meeting. Beside "" = she has not said yet.
type Choice struct {
	How    How
	Beside Beside
	Name   string // of whom to ask for; "" unless Beside is BesideOther
	Chosen time.Time
	// Talked is when somebody had talked with her about not being there; zero = nobody has.
	Talked time.Time
}

// ToTalk reports whether somebody is still to talk with her.
func (c Choice) ToTalk() bool { return c.How == HowNotThere && c.Talked.IsZero() }

// Check says what is wrong with a choice; nil = nothing.
func (c Choice) Check() *ids.Fault {
	switch {
	case !slices.Contains(Hows, c.How):
		return ids.BadField("how", "how", "Choose how you want to take part.")
	case c.Beside != "" && !slices.Contains(Besides, c.Beside):
		return ids.BadField("beside", "beside", "Choose who is to sit with you.")
	case c.Beside == BesideOther && c.Name == "":
		return ids.BadField("name", "name", "Write the name of the person.")
	case len([]rune(c.Name)) > MaxBesideName:
		return ids.BadField("name", "long", "The name is too long.")
	}
	return nil
}

// Contribution is one version of what she wants a meeting to hear. The last that was given counts.
type Contribution struct {
	ID      ids.ContributionID
	Meeting ids.MeetingID
	Version int
	Writer  ids.StaffID // who wrote it down together with her; "" = she typed it herself
	Body    string
	Contact ids.ContactID // who runs the meeting; "" = that is not known yet, and it waits
	Thread  ids.ThreadID
	Message ids.MessageID // "" while it waits
	// ReadBack is when it was read back to her, of one that was written down with her.
	ReadBack time.Time
	Given    time.Time // when she, or her worker with her, confirmed it
	Late     bool      // the meeting had begun
}

// Paper is a file that is a paper of a meeting.
type Paper struct {
	ID      ids.PaperID
	Meeting ids.MeetingID
	Kind    string // one of Standard.Papers, or OtherPaper
	File    ids.AttachmentID
	Summary string // in plain words, by her worker; it is read aloud to her
	Added   time.Time
	AddedBy ids.StaffID
}

// OtherPaper is a paper that no standard expects.
const OtherPaper = "other_paper"

// MaxSummary is the longest summary of a paper, in characters.
const MaxSummary = 2000

// PaperKinds are the kinds that a meeting can have.
func PaperKinds(k Kind) []string { return append(slices.Clone(StandardOf(k).Papers), OtherPaper) }

// Receipts are when a meeting came to her: told when we put it before her, AtKiosk when it was at a kiosk that she had unlocked, Seen when it was on her screen. Zero = not yet.
type Receipts struct{ Told, AtKiosk, Seen time.Time }

// The names of receipts, as they are kept.
const (
	ReceiptKiosk = "kiosk"
	ReceiptSeen  = "seen"
)

// NoticeDays is how many working days before a meeting she should know of it. No law gives the number: it is what authorities' procedures ask for when they invite parents, and an
// initial conference is called within 15 working days of the discussion that leads to it.
func (k Kind) NoticeDays() int {
	switch k {
	case InitialConference:
		return 5
	case LookedAfterReview, ReviewConference, FamilyGroupConference, PersonalEducationPlan:
		return 10
	}
	if k.AboutChildren() {
		return 5
	}
	return 0
}

// ContributionBefore is how many working days before a meeting of a kind she is reminded to say what she thinks, and her worker sees that she has not; 0 = nothing is said ahead.
func (k Kind) ContributionBefore() int {
	if k.AboutChildren() {
		return 5
	}
	return 0
}

// Chairs are the offices of those who run meetings.
var Chairs = []string{"reviewing_officer", "conference_chair"}

// DaysOfNotice is how many working days lie between the day she knew and the meeting's; 0 when she did not know before its day.
func DaysOfNotice(c *workdays.Calendar, knew, starts time.Time) int {
	if knew.IsZero() || !knew.Before(starts) {
		return 0
	}
	return max(c.Between(workdays.Of(knew), workdays.Of(starts)), 0)
}
