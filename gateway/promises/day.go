package promises

import (
	"strconv"
	"strings"
	"time"

	"kinbridge/gateway/wording"
	"kinbridge/gateway/workdays"
)

// longest is how far ahead a day may lie, in calendar days.
const longest = 366

// dayIn finds the day that a sentence names: the first after the word at, else the last before it. "The end of the day" counts where nothing else is said.
func dayIn(text string, words []wording.Word, at int, written workdays.Day) (best workdays.Day) {
	r := reader{text, words, written}
	var before, weak workdays.Day
	for i := 0; i < len(words); {
		d, n, faint := r.day(i)
		if n == 0 {
			i++
			continue
		}
		switch {
		case d < written || d > written.Plus(longest):
		case faint:
			weak = d
		case i >= at:
			return d
		default:
			before = d
		}
		i += n
	}
	if before == 0 {
		return weak
	}
	return before
}

// reader reads days off the words of a sentence.
type reader struct {
	text    string
	words   []wording.Word
	written workdays.Day
}

// is says whether the words from i on are those.
func (r reader) is(i int, phrase string) int {
	fields := strings.Fields(phrase)
	if i < 0 || i+len(fields) > len(r.words) {
		return 0
	}
	for k, f := range fields {
		if r.words[i+k].Text != f {
			return 0
		}
	}
	return len(fields)
}

// named are fixed expressions, longer before shorter where one begins with the other. Faint ones give way to another day of the sentence.
var named = []struct {
	words string
	day   func(today workdays.Day) workdays.Day
	faint bool
}{
	{"day after tomorrow", plus(2), false}, {"tomorrow", plus(1), false}, {"today", plus(0), true}, {"tonight", plus(0), true}, {"this afternoon", plus(0), true}, {"this evening", plus(0), true},
	{"end of the day", plus(0), true}, {"end of day", plus(0), true}, {"close of play", plus(0), true}, {"close of business", plus(0), true},
	{"beginning of next week", week(7, 2), false}, {"start of next week", week(7, 2), false}, {"early next week", week(7, 2), false}, {"middle of next week", week(7, 3), false},
	{"next week", week(7, 5), false}, {"week after next", week(14, 5), false}, {"this week", week(0, 5), false}, {"end of the week", week(0, 5), false}, {"later in the week", week(0, 5), false},
	{"week commencing", nil, false}, {"next month", monthEnd(1), false}, {"this month", monthEnd(0), false}, {"end of the month", monthEnd(0), false},
	{"trennydd", plus(3), false}, {"drennydd", plus(2), false}, {"yfory", plus(1), false}, {"fory", plus(1), false}, {"heddiw", plus(0), true}, {"heno", plus(0), true}, {"prynhawn yma", plus(0), true},
	{"diwedd y dydd", plus(0), true}, {"ddiwedd y dydd", plus(0), true},
	{"dechrau r wythnos nesaf", week(7, 2), false}, {"ddechrau r wythnos nesaf", week(7, 2), false}, {"wythnos nesaf", week(7, 5), false}, {"wythnos hon", week(0, 5), false},
	{"wythnos yma", week(0, 5), false}, {"diwedd yr wythnos", week(0, 5), false}, {"ddiwedd yr wythnos", week(0, 5), false},
	{"mis nesaf", monthEnd(1), false}, {"mis hwn", monthEnd(0), false}, {"mis yma", monthEnd(0), false}, {"diwedd y mis", monthEnd(0), false}, {"ddiwedd y mis", monthEnd(0), false},
}

func plus(n int) func(workdays.Day) workdays.Day {
	return func(d workdays.Day) workdays.Day { return d.Plus(n) }
}

// week is a weekday (1 = Monday) of the week that begins on Monday, so many days on. Of this week, what has passed is next week's: at a weekend
// "this week" is the coming one.
func week(later, weekday int) func(workdays.Day) workdays.Day {
	return func(d workdays.Day) workdays.Day {
		monday := d.Plus(-(int(d.Weekday()) + 6) % 7)
		out := monday.Plus(later + weekday - 1)
		if out < d {
			out = out.Plus(7)
		}
		return out
	}
}

// monthEnd is the last day of this month, or of one so many months later.
func monthEnd(later int) func(workdays.Day) workdays.Day {
	return func(d workdays.Day) workdays.Day {
		y, m, _ := d.YMD()
		return workdays.Date(y, m, 1).MonthsLater(later + 1).Plus(-1)
	}
}

// day reads the day that begins at word i; n is how many words it takes, 0 for none. d is 0 for what takes words and names no day.
func (r reader) day(i int) (d workdays.Day, n int, faint bool) {
	for _, x := range named {
		if n := r.is(i, x.words); n > 0 && x.day != nil {
			return x.day(r.written), n, x.faint
		}
	}
	if d, n := r.date(i); n > 0 {
		return d, n, false
	}
	if d, n := r.weekday(i); n > 0 {
		return d, n, false
	}
	d, n = r.within(i)
	return d, n, false
}

// weekday reads "Friday", "next Friday", "Friday week", "dydd Gwener (nesaf)", and the date after it where there is one.
func (r reader) weekday(i int) (d workdays.Day, n int) {
	next := r.is(i, "next") > 0
	if next || r.is(i, "this")+r.is(i, "dydd")+r.is(i, "ddydd") > 0 {
		n = 1
	}
	if i+n >= len(r.words) {
		return 0, 0
	}
	w, ok := workdays.WeekdayNamed(r.words[i+n].Text)
	// "iau" and "mawrth", "sul" and "llun" are other words too: in Welsh a day has "dydd" before it.
	if welsh := r.is(i, "dydd")+r.is(i, "ddydd") > 0; !ok || welshDay[r.words[i+n].Text] && !welsh {
		return 0, 0
	}
	n++
	if d, more := r.date(i + n); more > 0 {
		return d, n + more
	}
	if more := r.is(i+n, "the"); more > 0 {
		if d, m := r.date(i + n + more); m > 0 {
			return d, n + more + m
		}
	}
	d = r.written.Plus((int(w)-int(r.written.Weekday())+6)%7 + 1)
	if more := r.is(i+n, "nesaf"); more > 0 {
		next, n = true, n+more
	}
	sunday := r.written.Plus((7 - int(r.written.Weekday())) % 7)
	switch more := r.is(i+n, "week"); {
	case more > 0:
		d, n = d.Plus(7), n+more
	case next && d <= sunday: // "next Friday", said on a Monday, is not this week's
		d = d.Plus(7)
	}
	return d, n
}

var welshDay = map[string]bool{"sul": true, "llun": true, "lun": true, "mawrth": true, "fawrth": true, "mercher": true, "fercher": true, "iau": true, "gwener": true, "wener": true, "sadwrn": true}

// number reads "12", "12th", "12fed" and small numbers in words; -1 for none.
func number(word string) int {
	if n, ok := numbers[word]; ok {
		return n
	}
	digits := len(word)
	for k, c := range word {
		if c < '0' || c > '9' {
			digits = k
			break
		}
	}
	if digits == 0 || digits > 4 {
		return -1
	}
	switch word[digits:] {
	case "", "st", "nd", "rd", "th", "af", "ail", "ydd", "fed", "ed", "eg", "ain":
		n, err := strconv.Atoi(word[:digits])
		if err == nil {
			return n
		}
	}
	return -1
}

var numbers = map[string]int{"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "fourteen": 14, "fifteen": 15, "twenty": 20,
	"couple": 2, "few": 5, "un": 1, "dau": 2, "ddau": 2, "tri": 3, "dri": 3, "pedwar": 4, "pum": 5, "bum": 5, "chwe": 6, "saith": 7, "wyth": 8, "naw": 9, "deg": 10, "ddeng": 10, "deng": 10, "cwpl": 2, "ychydig": 5}

// date reads "12 December (2026)", "12th of December", "December 12", "12/12(/2026)", "12 o Ragfyr", "the 12th".
func (r reader) date(i int) (d workdays.Day, n int) {
	if i >= len(r.words) {
		return 0, 0
	}
	first := r.words[i].Text
	if m := workdays.MonthNamed(first); m != 0 && i+1 < len(r.words) {
		if day := number(r.words[i+1].Text); day >= 1 && day <= 31 && digit(r.words[i+1].Text) {
			year, more := r.year(i + 2)
			return workdays.Next(r.written, year, m, day), 2 + more
		}
		return 0, 0
	}
	day := number(first)
	if day < 1 || day > 31 || !digit(first) {
		return 0, 0
	}
	j := i + 1
	j += r.is(j, "of") + r.is(j, "o")
	if j < len(r.words) {
		if m := workdays.MonthNamed(r.words[j].Text); m != 0 {
			year, more := r.year(j + 1)
			return workdays.Next(r.written, year, m, day), j + 1 + more - i
		}
	}
	if sep := r.between(i); sep == "/" || sep == "." {
		m, year, n := number(r.words[i+1].Text), 0, 2
		if r.between(i+1) == sep {
			year, n = max(number(r.words[i+2].Text), 0), 3
		}
		if m < 1 || m > 12 || sep == "." && year == 0 { // "2.10" is a time of day
			return 0, n
		}
		return workdays.Next(r.written, year, time.Month(m), day), n
	}
	if first != strconv.Itoa(day) && r.is(i-1, "the") > 0 { // the 12th, of this month or the next
		y, m, _ := r.written.YMD()
		d := workdays.Date(y, m, day)
		if d < r.written {
			if d = workdays.Date(y, m, 1).MonthsLater(1).Plus(day - 1); d != 0 {
				if _, _, got := d.YMD(); got != day {
					d = 0
				}
			}
		}
		return d, 1
	}
	return 0, 0
}

func digit(word string) bool { return word != "" && word[0] >= '0' && word[0] <= '9' }

// between is what stands between word i and the next.
func (r reader) between(i int) string {
	if i+1 >= len(r.words) {
		return ""
	}
	return r.text[r.words[i].End:r.words[i+1].Start]
}

func (r reader) year(i int) (year, n int) {
	if i < len(r.words) && len(r.words[i].Text) == 4 {
		if y := number(r.words[i].Text); y >= 2000 && y < 2200 {
			return y, 1
		}
	}
	return 0, 0
}

// spans are the words for lengths of time: days, and whether working days where that is said.
var spans = map[string]int{"day": 1, "days": 1, "diwrnod": 1, "ddiwrnod": 1, "dyddiau": 1, "ddyddiau": 1, "week": 7, "weeks": 7, "wythnos": 7, "wythnosau": 7, "fortnight": 14, "pythefnos": 14, "bythefnos": 14}

// within reads "within five working days", "in a week", "in the next couple of weeks", "o fewn 5 diwrnod gwaith", "ymhen pythefnos".
func (r reader) within(i int) (d workdays.Day, n int) {
	for _, lead := range []string{"within the next", "in the next", "over the next", "within", "in", "o fewn", "ymhen", "mewn", "yn yr"} {
		if n = r.is(i, lead); n > 0 {
			break
		}
	}
	if n == 0 {
		return 0, 0
	}
	count, working := 1, false
	for n > 0 && i+n < len(r.words) && n < 8 {
		w := r.words[i+n].Text
		switch {
		case w == "a" || w == "the" || w == "of" || w == "o":
		case w == "working":
			working = true
		case w == "hours" || w == "awr":
			return r.written.Plus((count + 23) / 24), n + 1
		case spans[w] != 0:
			n++
			if more := r.is(i+n, "gwaith"); more > 0 {
				working, n = true, n+more
			}
			if count > longest {
				return 0, n
			}
			if working && spans[w] == 1 {
				return workdays.EnglandAndWales().Add(r.written, count), n
			}
			return r.written.Plus(count * spans[w]), n
		default:
			if count = number(w); count < 1 {
				return 0, 0
			}
		}
		n++
	}
	return 0, 0
}
