package workdays

import (
	"strings"
	"time"
)

// monthNames are the Welsh months in every form that a preposition gives them.
var monthNames = map[string]time.Month{"ionawr": 1, "chwefror": 2, "mawrth": 3, "fawrth": 3, "ebrill": 4, "mai": 5, "fai": 5, "mehefin": 6, "fehefin": 6, "gorffennaf": 7, "orffennaf": 7, "awst": 8, "medi": 9,
	"fedi": 9, "hydref": 10, "tachwedd": 11, "dachwedd": 11, "rhagfyr": 12, "ragfyr": 12}

var englishMonths = func() map[string]time.Month {
	out := map[string]time.Month{"sept": 9}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		out[name], out[name[:3]] = m, m
	}
	return out
}()

// MonthNamed reads the name of a month in small letters: "december", "dec", "rhagfyr", "ragfyr"; 0 when it is none.
func MonthNamed(word string) time.Month {
	if m, ok := englishMonths[word]; ok {
		return m
	}
	return monthNames[word]
}

var weekdayNames = func() map[string]time.Weekday {
	out := map[string]time.Weekday{"tues": 2, "thur": 4, "thurs": 4, "lun": 1, "fawrth": 2, "fercher": 3, "wener": 5}
	for w := time.Sunday; w <= time.Saturday; w++ {
		name := strings.ToLower(w.String())
		out[name], out[strings.ToLower(welshDays[w])] = w, w
		if name[:3] != "sun" && name[:3] != "sat" { // words of their own
			out[name[:3]] = w
		}
	}
	return out
}()

// WeekdayNamed reads the name of a day of the week in small letters: "friday", "fri", "gwener" (after "dydd", which is left out).
func WeekdayNamed(word string) (w time.Weekday, ok bool) {
	w, ok = weekdayNames[word]
	return w, ok
}

// Next is the date that is meant on the day today: with year 0 the next that comes, today included. A year below 100 is of this century. No such date is no day.
func Next(today Day, year int, month time.Month, day int) Day {
	switch {
	case year > 0 && year < 100:
		return Date(year+2000, month, day)
	case year != 0:
		return Date(year, month, day)
	}
	year, _, _ = today.YMD()
	if found := Date(year, month, day); found == 0 || found >= today {
		return found
	}
	return Date(year+1, month, day)
}
