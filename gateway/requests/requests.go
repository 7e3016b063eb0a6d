// Package requests knows what is asked in a conversation and how it is answered: consent and information, by an authority of a mother and by
// her of an authority. It is pure: the words for a request in English and Welsh, what an email seems to ask, and the record of an answer.
package requests

import (
	"slices"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Kind is what is asked for.
type Kind string

// What may be asked for: consent to something, or information.
const (
	Medical     Kind = "medical"     // medical treatment
	Vaccination Kind = "vaccination" // a vaccination
	Trip        Kind = "school_trip" // a school trip
	Passport    Kind = "passport"    // a passport, or leave to travel with it
	Assessment  Kind = "assessment"  // an assessment of the child
	Haircut     Kind = "haircut"     // a haircut
	Photograph  Kind = "photograph"  // having photographs taken and used
	Consent     Kind = "consent"     // anything else that needs her consent
	Report      Kind = "report"      // a written report
	Minutes     Kind = "minutes"     // the minutes of a meeting
	Update      Kind = "update"      // news of how somebody is
	Photo       Kind = "photo"       // a photograph of the child
	Information Kind = "information" // anything else to be told
)

// Consents and Informations list the kinds, in the order in which they are offered.
var (
	Consents     = []Kind{Medical, Vaccination, Trip, Passport, Assessment, Haircut, Photograph, Consent}
	Informations = []Kind{Report, Minutes, Update, Photo, Information}
)

// Consents reports whether it is her consent that is asked for: yes or no is then an answer.
func (k Kind) Consents() bool { return slices.Contains(Consents, k) }

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return k.Consents() || slices.Contains(Informations, k) }

// Says is what an answer says.
type Says string

// The answers. Told answers a request for information, in her own words.
const (
	Yes  Says = "yes"
	No   Says = "no"
	Talk Says = "talk" // she wants to talk about it first: it stays open
	Told Says = "told"
)

// Fits reports whether an answer can be given to a kind of request.
func (s Says) Fits(k Kind) bool {
	switch s {
	case Yes:
		return k.Consents()
	case Told:
		return k.Known() && !k.Consents()
	case No, Talk:
		return k.Known()
	}
	return false
}

// Request is one thing asked in a conversation, by the message that asks it.
type Request struct {
	ID      ids.RequestID
	Case    ids.CaseID
	Thread  ids.ThreadID
	Message ids.MessageID // in whose words it is asked: who may not read that may not know of the request
	Child   ids.ChildID   // "" = no child in particular; consent always names one
	Kind    Kind
	ByHer   bool // she asks; else she is asked
	Terms
	Course
}

// Terms are by when an answer is asked for.
type Terms struct {
	Due    workdays.Day // 0 = no day was named
	Closes bool         // whoever asks has said that no answer counts after that day
}

// Closed reports whether no answer counts any more.
func (t Terms) Closed(today workdays.Day) bool { return t.Closes && t.Due != 0 && today > t.Due }

// Course is what has become of a request.
type Course struct {
	Made      time.Time
	MadeBy    ids.Actor // who made a request of the message; only kind and identifier are kept
	Withdrawn time.Time // it is not asked any more
	Settled   time.Time // of what she asked: it was answered
	SettledBy ids.MessageID
}

// Answer is one answer of hers. A later one takes its place; all are kept.
type Answer struct {
	ID      ids.AnswerID
	Request ids.RequestID
	Says    Says
	Message ids.MessageID // her message, which carries it
	At      time.Time
	Talked  time.Time // of Talk: when her Pact worker had talked with her about it
	Entry   string    // the audit entry that holds the digest of its record
}

// State is where a request stands.
type State string

// The states.
const (
	Open      State = "open"
	Overdue   State = "overdue"  // its day has passed; it can be answered all the same
	Closed    State = "closed"   // its day has passed, and whoever asked has said that no answer counts after it
	WantsTalk State = "talk"     // she wants to talk first
	Answered  State = "answered" // by her; or, of what she asked, by a message
	Withdrawn State = "withdrawn"
)

// StateOf says where a request stands on a day. The answers are in the order in which they were given.
func StateOf(r Request, answers []Answer, today workdays.Day) State {
	switch {
	case !r.Withdrawn.IsZero():
		return Withdrawn
	case !r.Settled.IsZero():
		return Answered
	case len(answers) > 0 && answers[len(answers)-1].Says != Talk:
		return Answered
	case r.Terms.Closed(today):
		return Closed
	case len(answers) > 0:
		return WantsTalk
	case r.Due != 0 && today > r.Due:
		return Overdue
	}
	return Open
}

// Waits reports whether an answer is still waited for.
func (s State) Waits() bool { return s == Open || s == Overdue || s == WantsTalk }
