package web

import (
	"fmt"
	"time"

	"kinbridge/adapters/web/i18n"
)

// London is the zone of every time on a page.
var London = mustLondon()

func mustLondon() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("web: the embedded zone database has no Europe/London: " + err.Error())
	}
	return l
}

// When writes dates and times in one language, in London wall time, in the GOV.UK way. The zero time gives "".
type When struct {
	Loc i18n.Loc
	Now func() time.Time
}

// Clock writes a time of day with its zone: "2pm (GMT)", "2:05pm (BST)", "midday (GMT)".
func (w When) Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(London)
	zone, _ := t.Zone()
	return w.hour(t) + " (" + zone + ")"
}

// hour writes the time of day alone.
func (w When) hour(t time.Time) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return w.Loc.T("common.midday")
	case t.Hour() == 0 && t.Minute() == 0:
		return w.Loc.T("common.midnight")
	case t.Minute() == 0:
		return t.Format("3pm")
	}
	return t.Format("3:04pm")
}

// Span writes a day and a time from its beginning to its end: "Tuesday 8 December 2026, 2pm to 3pm (GMT)"; the zone of the beginning stands with it where the clocks change in between.
func (w When) Span(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	begin, end := w.hour(from.In(London)), w.Clock(to)
	a, _ := from.In(London).Zone()
	if b, _ := to.In(London).Zone(); a != b {
		begin = w.Clock(from)
	}
	return w.Loc.T("common.date_time", "Date", w.LongDate(from), "Time", w.Loc.T("common.time_span", "From", begin, "To", end))
}

// Date writes "23 November 2026".
func (w When) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(London)
	return fmt.Sprintf("%d %s %d", t.Day(), w.Loc.T(fmt.Sprintf("common.months.m%d", int(t.Month()))), t.Year())
}

// LongDate writes "Monday 23 November 2026".
func (w When) LongDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return w.Loc.T(fmt.Sprintf("common.weekdays.d%d", int(t.In(London).Weekday()))) + " " + w.Date(t)
}

// DateTime writes "23 November 2026, 2pm (GMT)".
func (w When) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return w.Loc.T("common.date_time", "Date", w.Date(t), "Time", w.Clock(t))
}

// Day writes "Today", "Yesterday" or the date.
func (w When) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(London), w.Now().In(London)
	switch t.Format(time.DateOnly) {
	case now.Format(time.DateOnly):
		return w.Loc.T("common.today")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return w.Loc.T("common.yesterday")
	}
	return w.Date(t)
}

// ISO writes the time for a datetime attribute.
func (w When) ISO(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(London).Format(time.RFC3339)
}
