package cases

import (
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// RestrictionKind is what a contact restriction forbids.
type RestrictionKind string

// The kinds of restriction. What each forbids is the deployment's to confirm with its public protection unit (no published level says more than
// this); package policy holds what follows from each.
const (
	NoContact      RestrictionKind = "no_contact"      // nothing passes between her and the person or child, and they do not meet
	WrittenOnly    RestrictionKind = "written_only"    // letters and messages only: they do not meet
	SupervisedOnly RestrictionKind = "supervised_only" // they meet only while a member of staff is there
	NoPictures     RestrictionKind = "no_pictures"     // no pictures of the child, or from the person
	Monitored      RestrictionKind = "monitored"       // public protection reads what passes, both ways
)

// RestrictionKinds lists the kinds, the strictest first: when several bear on one act, the strictest counts.
var RestrictionKinds = []RestrictionKind{NoContact, WrittenOnly, SupervisedOnly, NoPictures, Monitored}

var restrictionWords = map[RestrictionKind]string{
	NoContact:      "No contact of any kind",
	WrittenOnly:    "Letters and messages only: no meetings",
	SupervisedOnly: "Meetings only while a member of staff is there",
	NoPictures:     "No pictures",
	Monitored:      "Public protection reads what passes",
}

// Valid reports whether the kind is one of those that exist.
func (k RestrictionKind) Valid() bool { return restrictionWords[k] != "" }

// Words say what a restriction of the kind means.
func (k RestrictionKind) Words() string { return restrictionWords[k] }

// Restriction is one contact restriction of a mother's: who may not have which contact with her, from when to when, and who says so.
type Restriction struct {
	ID       ids.RestrictionID
	Case     ids.CaseID
	Kind     RestrictionKind
	Contacts []ids.ContactID // the people outside it is about
	Children []ids.ChildID   // the children it is about
	Source   string          // a code for what it rests on: see RestrictionSources
	From     workdays.Day
	To       workdays.Day // the last day it is in force; 0 = until it is ended
	Review   workdays.Day // when public protection looks at it again; 0 = no day set
	Told     bool         // she may be told of it
	Note     string       // sealed in the database
	Added    time.Time
	AddedBy  ids.StaffID
	Ended    time.Time // zero unless somebody has ended it
	EndedBy  ids.StaffID
}

// InForce reports whether the restriction binds on a day. Its first and last day are days it binds on.
func (r Restriction) InForce(day workdays.Day) bool {
	return r.Ended.IsZero() && r.From <= day && (r.To == 0 || day <= r.To)
}

// Overdue reports whether public protection should have looked at it again.
func (r Restriction) Overdue(day workdays.Day) bool {
	return r.Ended.IsZero() && r.Review != 0 && r.Review < day && (r.To == 0 || day <= r.To)
}
