// Package cases holds a mother's case: her children, the authorities that look after each, and the team around her.
package cases

import (
	"time"

	"kinbridge/gateway/ids"
)

// Case is the work with one mother. Reference is what people say on the telephone ("KB-1042"). Worker is the Pact social
// worker who holds it and reviews its messages.
type Case struct {
	ID        ids.CaseID
	Reference string
	Mother    ids.MotherID
	Worker    ids.StaffID
	Opened    time.Time
	Closed    time.Time // zero while open
	// FollowOn is when it was agreed how she is reached after her release; zero = it was not.
	FollowOn time.Time
}

// TeamMember is a member of staff who works on the case.
type TeamMember struct {
	Case  ids.CaseID
	Staff ids.StaffID
	Since time.Time
}
