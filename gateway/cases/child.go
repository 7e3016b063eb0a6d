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
}

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
