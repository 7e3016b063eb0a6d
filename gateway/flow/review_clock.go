package flow

import (
	"context"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// The working day of a hold's clock, in London, and its aim where none is set.
const (
	dayBegins, dayEnds = 9, 17 // o'clock
	defaultAim         = 1     // working days
	maxAim             = 20
)

// Waiting is how long something has waited for a person, in working time of England and Wales.
type Waiting struct {
	Days, Hours int       // whole working days, and whole working hours of the day begun
	Due         time.Time // when the aim is missed
	Late        bool
}

// waited reckons how long a hold has waited, with an aim in working days: what comes on a Monday is due at the end of Tuesday, what comes at a weekend
// at the end of Monday.
func waited(cal *workdays.Calendar, opened, now time.Time, aim int) Waiting {
	from, to := workdays.Of(opened), workdays.Of(now)
	w := Waiting{Due: cal.Add(from, aim).At(dayEnds, 0)}
	w.Late = now.After(w.Due)
	span := time.Duration(0)
	if from == to {
		span = workedOn(cal, from, opened, now)
	} else {
		full := max(0, cal.Between(from, to))
		if cal.IsWorkingDay(to) {
			full--
		}
		span = workedOn(cal, from, opened, now) + workedOn(cal, to, opened, now) + time.Duration(full)*(dayEnds-dayBegins)*time.Hour
	}
	hours := int(span / time.Hour)
	w.Days, w.Hours = hours/(dayEnds-dayBegins), hours%(dayEnds-dayBegins)
	return w
}

// workedOn is the working time of a day that lies between two instants.
func workedOn(cal *workdays.Calendar, d workdays.Day, from, to time.Time) time.Duration {
	if !cal.IsWorkingDay(d) {
		return 0
	}
	begin, end := d.At(dayBegins, 0), d.At(dayEnds, 0)
	if from.After(begin) {
		begin = from
	}
	if to.Before(end) {
		end = to
	}
	return max(0, end.Sub(begin))
}

// aims says in how many working days a hold is to be decided.
type aims map[ids.AgencyID]int

func (a aims) at(e ids.AgencyID) int {
	if n, ok := a[e]; ok {
		return n
	}
	if n, ok := a[""]; ok {
		return n
	}
	return defaultAim
}

// SetReviewAim says in how many working days a hold is to be decided at an establishment ("" = everywhere, where none is set). Nothing happens to what
// is late but that reviewers are told.
func (f *Flow) SetReviewAim(ctx context.Context, a ids.Actor, e ids.AgencyID, days int) error {
	facts := policy.Facts{Act: policy.SetReview, Actor: a, SamePlace: e != "" && a.Agency == e}
	if err := f.may(ctx, facts, auditID(e)); err != nil {
		return err
	}
	if days < 1 || days > maxAim {
		return ids.E(ids.Invalid, "Give the aim in working days, from 1 to %d.", maxAim)
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.ReviewAimSet(string(e), days), tx.SetReviewAim(e, days, string(a.StaffID()))
	})
}
