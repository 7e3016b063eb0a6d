package workdays

import (
	"fmt"
	"time"
)

// The languages of the house. Whatever is not Welsh is English.
const (
	English = "en"
	Welsh   = "cy"
)

var welshDays = [...]string{"Sul", "Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn"}

var welshMonths = [...]string{"", "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"}

// Weekday names a day of the week: "Tuesday", "dydd Mawrth".
func Weekday(w time.Weekday, lang string) string {
	if lang == Welsh {
		return "dydd " + welshDays[((int(w)%7)+7)%7]
	}
	return w.String()
}

// OnWeekday says when, by the weekday alone: "on Tuesday", "ddydd Mawrth" (Welsh says it by the soft mutation and without a preposition).
func OnWeekday(d Day, lang string) string {
	if lang == Welsh {
		return "ddydd " + welshDays[d.Weekday()]
	}
	return "on " + d.Weekday().String()
}

// LongDate writes "Tuesday 3 March 2026", "dydd Mawrth 3 Mawrth 2026".
func LongDate(d Day, lang string) string {
	if d == 0 {
		return ""
	}
	return Weekday(d.Weekday(), lang) + " " + dayMonth(d, lang) + d.Format(" 2006")
}

func dayMonth(d Day, lang string) string {
	_, m, day := d.YMD()
	if lang == Welsh {
		return fmt.Sprintf("%d %s", day, welshMonths[m])
	}
	return fmt.Sprintf("%d %s", day, m)
}

// Name names d as one would on the day today, without a preposition: "today", "yesterday", "tomorrow", "Tuesday" (within six days), "Tuesday
// 3 March", and with the year when it is another; "dydd Mawrth".
func Name(d, today Day, lang string) string {
	if d == 0 {
		return ""
	}
	if words, ok := near[int(d-today)]; ok && today != 0 {
		if lang == Welsh {
			return words[1]
		}
		return words[0]
	}
	out := Weekday(d.Weekday(), lang)
	if away := int(d - today); today != 0 && away > -7 && away < 7 {
		return out
	}
	out += " " + dayMonth(d, lang)
	y, _, _ := d.YMD()
	if thisYear, _, _ := today.YMD(); y != thisYear {
		out += d.Format(" 2006")
	}
	return out
}

var near = map[int][2]string{0: {"today", "heddiw"}, -1: {"yesterday", "ddoe"}, 1: {"tomorrow", "yfory"}}

// On says when d is, as Name names it: "today", "on Tuesday", "ddydd Mawrth".
func On(d, today Day, lang string) string {
	name := Name(d, today, lang)
	if _, ok := near[int(d-today)]; d == 0 || ok && today != 0 {
		return name
	}
	if lang == Welsh {
		return "d" + name
	}
	return "on " + name
}
