package staff

import (
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/slots"
)

// placed says where a meeting can be and when she is fetched and brought back: "Video room 1. Picked up at 1:20pm, back at 3:25pm".
func placed(loc i18n.Loc, when web.When, name string, t slots.Times) string {
	return loc.T("staff.places.placed", "Place", name, "From", when.Hour(t.PickUp), "To", when.Hour(t.Back))
}

// whyNot says why a time is not offered. names are those of the staff who are to be there.
func whyNot(loc i18n.Loc, v slots.Verdict, names map[ids.StaffID]string) string {
	switch v.Why {
	case slots.WorkerIsBusy:
		return loc.T("staff.times.worker_busy", "Name", names[v.Worker])
	case slots.ClosedDay:
		return loc.T("staff.times.closed_day", "Why", loc.T("staff.regime.why_"+string(v.Exception.Why)))
	case slots.LockedUp:
		if v.Exception.Day != 0 {
			return loc.T("staff.times.locked_today", "Why", loc.T("staff.regime.why_"+string(v.Exception.Why)))
		}
	case slots.NoPlace:
		var each []string
		for _, p := range v.Refused {
			each = append(each, loc.T("staff.times.place_why", "Place", p.Place.Name, "Why", loc.T("staff.place_why."+string(p.Why))))
		}
		if len(each) == 0 {
			return loc.T("staff.times.no_places")
		}
		return loc.T("staff.times.no_place", "Places", strings.Join(each, "; "))
	}
	return loc.T("staff.times." + string(v.Why))
}

// clashWords says why a place that was booked does not hold any more.
func clashWords(loc i18n.Loc, why slots.Reason) string {
	switch why {
	case slots.NoRegime, slots.ClosedDay, slots.LockedUp:
		return loc.T("staff.places.clash_regime")
	case slots.OtherWing:
		return loc.T("staff.places.clash_moved")
	case slots.Withdrawn:
		return loc.T("staff.places.clash_withdrawn")
	}
	return loc.T("staff.places.clash_unfit", "Why", loc.T("staff.place_why."+string(why)))
}

// placedRows are what the page of a meeting says about where she takes part.
func placedRows(loc i18n.Loc, when web.When, p *flow.PlacedView) []web.SummaryRow {
	if p == nil {
		return []web.SummaryRow{web.Row(loc.T("staff.places.where"), loc.T("staff.places.nowhere"))}
	}
	row := web.SummaryRow{Key: loc.T("staff.places.where"), Lines: []string{p.Name, loc.T("staff.places.picked_up", "Time", when.Clock(p.PickUp)), loc.T("staff.places.back", "Time", when.Clock(p.Back))}}
	if p.Special {
		row.Lines = append(row.Lines, loc.T("staff.places.special"))
	}
	return []web.SummaryRow{row}
}

// lockedUp reports whether a reason is one that the wing can do something about.
func lockedUp(why slots.Reason) bool {
	switch why {
	case slots.NoRegime, slots.ClosedDay, slots.LockedUp, slots.WalkIsLocked:
		return true
	}
	return false
}

// refusalOf says why a certain place does not do at a time; "" when it does.
func refusalOf(v slots.Verdict, p ids.PlaceID) slots.Reason {
	if v.Why == "" && v.Place.ID == p {
		return ""
	}
	for _, o := range v.Others {
		if v.Why == "" && o.ID == p {
			return ""
		}
	}
	for _, r := range v.Refused {
		if r.Place.ID == p {
			return r.Why
		}
	}
	return v.Why
}
