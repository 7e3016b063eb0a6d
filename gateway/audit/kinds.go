package audit

import "slices"

// Kind says what happened. The set is closed: Encode and Decode refuse a kind that is not in the table below, so
// every entry of the log has a meaning a person can be shown.
type Kind string

// Info describes one kind of event.
type Info struct {
	Kind    Kind
	Meaning string // one line of English for a timeline; the actor is its unwritten subject
	Subject string // what Entry.Subject identifies; "" when such an entry has no subject
	Cased   bool   // the entry always belongs to a case
}

// kinds is the one table of what can be in the log: each part stands with the entries it is about.
var kinds = slices.Concat(peopleKinds, messagingKinds, reviewKinds, handoverKinds, pagesKinds, requestsKinds, meetingsKinds, invitationsKinds,
	pollsKinds, calendarsKinds, afterKinds, beforeKinds, chasingKinds, togetherKinds, movementKinds, restrictionsKinds, reportsKinds, custodyKinds)

// known finds a kind's row of the table.
var known = func() map[Kind]Info {
	m := make(map[Kind]Info, len(kinds))
	for _, info := range kinds {
		m[info.Kind] = info
	}
	return m
}()

// Kinds returns the whole table, in the order of its parts.
func Kinds() []Info { return slices.Clone(kinds) }

// Known reports whether the kind is in the table.
func (k Kind) Known() bool { _, ok := known[k]; return ok }

// Meaning is the kind's line of English, or "" for a kind that is not in the table.
func (k Kind) Meaning() string { return known[k].Meaning }
