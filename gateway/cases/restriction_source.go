package cases

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// RestrictionSources lists what a restriction can rest on.
var RestrictionSources = []string{"court_order", "protection_assessment", "authority_request", "victim_wishes", "licence_condition", "other"}

var sourceWords = map[string]string{
	"court_order":           "A court order",
	"protection_assessment": "An assessment by public protection",
	"authority_request":     "A request of the local authority",
	"victim_wishes":         "The wishes of a victim",
	"licence_condition":     "A licence condition",
	"other":                 "Something else",
}

// SourceWords say in English what a code of RestrictionSources means; "" for any other.
func SourceWords(code string) string { return sourceWords[code] }

// Limits of a restriction.
const (
	MaxSubjects = 50   // people and children of one restriction
	maxNote     = 4000 // bytes
)

// Check reports, in words for whoever enters it, what is wrong with a restriction by itself.
func (r Restriction) Check() error {
	switch {
	case !r.Kind.Valid():
		return ids.E(ids.Invalid, "Choose what is forbidden.")
	case sourceWords[r.Source] == "":
		return ids.E(ids.Invalid, "Choose what the restriction rests on.")
	case len(r.Contacts)+len(r.Children) == 0:
		return ids.E(ids.Invalid, "Choose at least one person or child whom the restriction is about.")
	case len(r.Contacts)+len(r.Children) > MaxSubjects:
		return ids.E(ids.Invalid, "One restriction can name %d people and children at most. Enter a second one for the others.", MaxSubjects)
	case len(r.Note) > maxNote:
		return ids.E(ids.TooLarge, "The note is too long: at most %d characters fit.", maxNote)
	}
	return r.CheckDays()
}

// CheckDays reports what is wrong with its days.
func (r Restriction) CheckDays() error {
	switch {
	case r.From == 0:
		return ids.E(ids.Invalid, "Enter the day from which the restriction is in force.")
	case r.To != 0 && r.To < r.From:
		return ids.E(ids.Invalid, "The last day is before the first. Check the two dates.")
	case r.Review != 0 && r.Review < r.From:
		return ids.E(ids.Invalid, "The day of review is before the restriction begins. Check the dates.")
	case r.To != 0 && r.Review > r.To:
		return ids.E(ids.Invalid, "The day of review is after the last day. Check the dates.")
	}
	return nil
}

// About reports whether the restriction names the person or the child.
func (r Restriction) About(contact ids.ContactID, child ids.ChildID) bool {
	for _, c := range r.Contacts {
		if c == contact {
			return true
		}
	}
	for _, c := range r.Children {
		if c == child {
			return true
		}
	}
	return false
}

// Severity orders kinds: 0 is the strictest.
func (k RestrictionKind) Severity() int {
	for i, known := range RestrictionKinds {
		if k == known {
			return i
		}
	}
	return len(RestrictionKinds)
}

// AdultWithin reports whether the child will be eighteen within so many days of a day, and the day.
func (c Child) AdultWithin(day workdays.Day, days int) (workdays.Day, bool) {
	adult := c.Adult()
	return adult, adult > day && adult <= day.Plus(days)
}
