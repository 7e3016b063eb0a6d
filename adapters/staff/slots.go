package staff

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
)

// slotRow is one row of a form in which times are offered: a day and a clock time.
type slotRow struct {
	Form               *web.Form
	Legend, Day, Clock string // Day and Clock are the names of its fields
}

func dayField(n int) string   { return fmt.Sprint("day", n) }
func clockField(n int) string { return fmt.Sprint("clock", n) }

// slotRows are the rows of such a form.
func slotRows(loc i18n.Loc, form *web.Form, rows int) (out []slotRow) {
	for n := 1; n <= rows; n++ {
		out = append(out, slotRow{Form: form, Legend: loc.T("staff.poll.slot", "N", fmt.Sprint(n)), Day: dayField(n), Clock: clockField(n)})
	}
	return out
}

// filledRows is how many rows of a form have something in them, counted from the first.
func filledRows(form *web.Form, most int) (last int) {
	for n := 1; n <= most; n++ {
		if form.Value(dayField(n)) != "" || form.Value(clockField(n)) != "" {
			last = n
		}
	}
	return last
}

// readSlots reads the rows that are filled in and notes what is wrong with them. Rows left empty are passed over.
func readSlots(loc i18n.Loc, form *web.Form, most int) (out []time.Time) {
	for n := 1; n <= filledRows(form, most); n++ {
		if form.Value(dayField(n)) == "" && form.Value(clockField(n)) == "" {
			continue
		}
		if at, ok := readMoment(loc, form, dayField(n), clockField(n)); ok {
			out = append(out, at)
		}
	}
	return out
}

// readMoment reads a day and a clock time, in London, and notes what is wrong with them. A time that the clocks jump over in spring is none.
func readMoment(loc i18n.Loc, form *web.Form, dayName, clockName string) (time.Time, bool) {
	day, clock := form.Value(dayName), strings.TrimSpace(form.Value(clockName))
	_, badDay := time.Parse(time.DateOnly, day)
	if badDay != nil {
		form.Fail(dayName, loc.T("staff.poll.day_missing"))
	}
	_, badClock := time.Parse("15:04", clock)
	if badClock != nil {
		form.Fail(clockName, loc.T("staff.poll.clock_missing"))
	}
	if badDay != nil || badClock != nil {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, web.London)
	if err != nil || at.Format("15:04") != fmt.Sprintf("%05s", clock) {
		form.Fail(clockName, loc.T("staff.poll.clock_skipped"))
		return time.Time{}, false
	}
	return at, true
}

// slotsFrom fills the rows with the times that the page's address offers: ?slot=2026-12-08T14:00, in London time, once for each. What cannot be read is passed over.
func slotsFrom(r *http.Request, form *web.Form, most int) {
	var times []time.Time
	for _, s := range r.URL.Query()["slot"] {
		if at, err := time.ParseInLocation(slotLayout, s, web.London); err == nil {
			times = append(times, at)
		}
	}
	fillSlots(form, times, most)
}

// slotLayout is how a time that is offered stands in an address, in London time.
const slotLayout = "2006-01-02T15:04"

// fillSlots fills the rows with times.
func fillSlots(form *web.Form, times []time.Time, most int) {
	for i, at := range times[:min(len(times), most)] {
		form.Values.Set(dayField(i+1), at.In(web.London).Format(time.DateOnly))
		form.Values.Set(clockField(i+1), at.In(web.London).Format("15:04"))
	}
}
