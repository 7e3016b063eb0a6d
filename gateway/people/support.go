package people

import (
	"time"

	"kinbridge/gateway/ids"
)

// SupportAlert is word to those near a woman that she may need support today. It never says why.
type SupportAlert struct {
	ID            ids.AlertID
	Case          ids.CaseID
	Mother        ids.MotherID
	Establishment ids.AgencyID // where she was when it was raised
	Wing          ids.WingID
	Opening       ids.MessageID // what was read with her: shown to nobody
	Urgent        bool          // somebody is worried about her safety
	Raised        time.Time
	Again         time.Time // when it went out again, to more people; zero = not
	Acknowledged  time.Time // when somebody said that she sees to it
	By            ids.StaffID
}

// AlertPerson is a member of staff who is told besides the officers of a wing.
type AlertPerson struct {
	Establishment ids.AgencyID
	Wing          ids.WingID // "" = of every wing
	Staff         ids.StaffID
	ByMail        bool // she wants a mail too
}

// SupportPlan is a plan that a prison keeps for a woman at risk (in England and Wales ACCT). It is known inside the prison only.
type SupportPlan struct {
	ID       ids.PlanID
	Mother   ids.MotherID
	Opened   time.Time
	OpenedBy ids.StaffID
	Closed   time.Time
	ClosedBy ids.StaffID
}

// Open reports whether the plan is open. The zero value is no plan.
func (p SupportPlan) Open() bool { return !p.Opened.IsZero() && p.Closed.IsZero() }
