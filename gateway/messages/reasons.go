package messages

// Telling is what the author of a withheld message is told of why, in general words; pages and mail translate by key. It must not let her guess at
// a restriction, a support plan or somebody else's secret: what could is told as TellGeneral, the same for all of them.
type Telling string

// What authors are told.
const (
	TellNothing   Telling = ""            // not told by mail at all: whoever wrote is not who she says, or is a machine
	TellGeneral   Telling = "general"     // it was not passed on; whom to ask
	TellWords     Telling = "words"       // some of its words could hurt or frighten somebody
	TellThird     Telling = "third"       // it has private details of somebody else
	TellRecipient Telling = "recipient"   // it seems to be meant for somebody else
	TellOutOfDate Telling = "out_of_date" // what it says is no longer so
)

// Tellings are all that an author can be told.
var Tellings = []Telling{TellGeneral, TellWords, TellThird, TellRecipient, TellOutOfDate}

// WithholdReason is a reason that a reviewer chooses.
type WithholdReason struct {
	Code   string // stored
	Words  string // for reviewers, in English; pages translate by code
	Author Telling
	// OtherSide: the people it was meant for are told that a message was not passed on. Never of a restriction, a threat or somebody else's
	// secret, nor of what is to be told in person: that there was a message would tell too much already.
	OtherSide bool
}

// WithholdReasons are the reasons a reviewer chooses from.
var WithholdReasons = []WithholdReason{
	{Code: "restricted_contact", Words: "It would be contact that a restriction forbids", Author: TellGeneral},
	{Code: "wrong_recipient", Words: "It is meant for somebody else", Author: TellRecipient},
	{Code: "third_party", Words: "It tells of another person what must stay private", Author: TellThird},
	{Code: "threat", Words: "It threatens or harasses", Author: TellWords},
	{Code: "needs_support", Words: "It should be told in person, with support", Author: TellGeneral},
	{Code: "out_of_date", Words: "What it says is no longer so", Author: TellOutOfDate, OtherSide: true},
	{Code: "not_genuine", Words: "The sender is not who the mail claims"},
	{Code: "spam", Words: "It is advertising or machine mail"},
	{Code: "other", Words: "Another reason, given in the note", Author: TellGeneral},
}

// ReasonOf finds a reason by its code; ok is false for a code that is not on the list.
func ReasonOf(code string) (r WithholdReason, ok bool) {
	for _, r := range WithholdReasons {
		if r.Code == code {
			return r, true
		}
	}
	return WithholdReason{}, false
}

// WithholdReasonCodes are the codes, in the order of the list.
func WithholdReasonCodes() (codes []string) {
	for _, r := range WithholdReasons {
		codes = append(codes, r.Code)
	}
	return codes
}

// WithholdWords returns the words for a code; ok is false for a code that is not on the list.
func WithholdWords(code string) (words string, ok bool) {
	r, ok := ReasonOf(code)
	return r.Words, ok
}
