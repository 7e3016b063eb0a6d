package cases

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Child is a child of a case.
type Child struct {
	ID        ids.ChildID
	Case      ids.CaseID
	Name      string
	Born      string // YYYY-MM-DD; "" when not known
	Authority ids.AgencyID
	// ResponsibilityEnds is the day from which she no longer has parental responsibility; 0 = none is known. EndedWhy says why.
	ResponsibilityEnds workdays.Day
	EndedWhy           EndedWhy
	Care               Care
	Relation           Relation // "" counts as her own
	// Home is the same for children of a case who live together, and tells nothing else; "" = it is not known where the child lives.
	Home string
}

// Relation is how a child is related to the mother in whose case it is.
type Relation string

// The relations.
const (
	OwnChild   Relation = "own"
	StepChild  Relation = "step"
	Grandchild Relation = "grandchild"
	OtherChild Relation = "other" // another whom she looked after
)

// Relations lists them in the order screens show them.
var Relations = []Relation{OwnChild, StepChild, Grandchild, OtherChild}

// Own reports whether the child is her own.
func (c Child) Own() bool { return c.Relation == OwnChild || c.Relation == "" }

// EndedWhy is why parental responsibility ended before the child was grown up.
type EndedWhy string

// The reasons. An adoption order ends parental responsibility on the day it is made (Adoption and Children Act 2002, section 46).
const (
	EndedAdopted EndedWhy = "adopted"
	EndedOrder   EndedWhy = "order" // another court order
	EndedDied    EndedWhy = "died"
)

// Adult returns the day a child is eighteen; 0 when its birth is not known. Whoever is born on 29 February is eighteen on 1 March of a year
// that has none (Family Law Reform Act 1969, section 9: at the commencement of the birthday).
func (c Child) Adult() workdays.Day {
	born, err := workdays.Parse(c.Born)
	if err != nil {
		return 0
	}
	return born.YearsLater(18)
}

// Responsibility reports whether she has parental responsibility for the child on a day.
func (c Child) Responsibility(day workdays.Day) bool {
	if c.ResponsibilityEnds != 0 && day >= c.ResponsibilityEnds {
		return false
	}
	adult := c.Adult()
	return adult == 0 || day < adult
}
