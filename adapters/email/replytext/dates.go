package replytext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// evidence is what a line holds of the things that attributions are made of, in any language.
type evidence struct {
	mail  bool // a mail address
	date  bool // anything like a date or a time
	day   bool // a whole day: 3 March, 3.3., 03/03/2025, 2025-03-03, 3月3日
	year  bool
	clock bool // a time of day
	iso   bool // it begins with a date in the order year, month, day
}

// evidenceIn reads a line once, number by number.
func evidenceIn(s string) evidence {
	e := evidence{mail: hasMail(s)}
	if !isASCII(s) {
		s = westernDigits(s)
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < '0' || c > '9' {
			i++
			continue
		}
		if i > 0 && (isLetterByte(s[i-1]) || s[i-1] == '_') {
			for i < len(s) && (isLetterByte(s[i]) || s[i] >= '0' && s[i] <= '9') {
				i++
			}
			continue
		}
		i = e.number(s, i)
	}
	if !e.date && (strings.Contains(s, "年") && strings.Contains(s, "日") || strings.Contains(s, "년") && strings.Contains(s, "월")) {
		e.date, e.day = true, true
	}
	return e
}

// westernDigits writes the digits of Arabic, Persian, Hindi, Bengali and Thai as 0 to 9, and those of full width.
func westernDigits(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x660 && unicode.IsDigit(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, s)
}

func isLetterByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// digitsAt returns where the number that starts at i ends.
func digitsAt(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// dateSep returns where the next number begins behind a separator of dates at i, and the separator; 0 when there is none.
func dateSep(s string, i int) (int, byte) {
	if i < len(s) && s[i] == ' ' {
		i++
	}
	if i >= len(s) {
		return i, 0
	}
	sep := s[i]
	switch {
	case sep == '.' || sep == '/' || sep == '-':
		i++
	case strings.HasPrefix(s[i:], "年"), strings.HasPrefix(s[i:], "月"), strings.HasPrefix(s[i:], "년"), strings.HasPrefix(s[i:], "월"):
		sep, i = 'c', i+3
	default:
		return i, 0
	}
	if i < len(s) && s[i] == ' ' {
		i++
	}
	if i >= len(s) || s[i] < '0' || s[i] > '9' {
		return i, 0
	}
	return i, sep
}

// number weighs the number at i and what stands around it, and returns where reading goes on.
func (e *evidence) number(s string, i int) int {
	end := digitsAt(s, i)
	n := end - i
	if n > 4 || n == 3 {
		return end
	}
	next, sep := dateSep(s, end)
	nextEnd := digitsAt(s, next)
	isYear := n == 4 && (s[i:i+2] == "19" || s[i:i+2] == "20")
	if sep != 0 && nextEnd-next <= 2 {
		third, sep2 := dateSep(s, nextEnd)
		thirdEnd := digitsAt(s, third)
		switch w := thirdEnd - third; {
		case isYear && sep2 != 0 && w <= 2:
			e.date, e.day, e.year = true, true, true
			e.iso = e.iso || startsAt(s, i)
			return thirdEnd
		case n <= 2 && sep2 != 0 && (w == 2 || w == 4):
			e.date, e.day, e.year = true, true, true
			return thirdEnd
		case sep == 'c':
			e.date, e.day = true, true
		}
	}
	if isYear {
		e.date, e.year = true, true
		return end
	}
	if n > 2 {
		return end
	}
	if end+2 < len(s) && (s[end] == ':' || s[end] == '.' || s[end] == 'h') && digitsAt(s, end+1) == end+3 && (end == i || n <= 2) {
		e.date, e.clock = true, true
		return end + 3
	}
	if next+2 < len(s) && end < len(s) && s[end] == ' ' && next > end { // "10 : 00"
		if t := strings.TrimLeft(s[end:], " "); strings.HasPrefix(t, ":") && digitsAt(t, min(len(t), 1+blanks(t[1:]))) > 2 {
			e.clock = true
		}
	}
	rest := strings.TrimLeft(s[end:], " ")
	if len(rest) >= 2 && (rest[0]|0x20 == 'a' || rest[0]|0x20 == 'p') && (rest[1]|0x20 == 'm' || rest[1] == '.' && len(rest) > 2 && rest[2]|0x20 == 'm') {
		e.clock = true
	}
	if isMonth(rest) || isMonthBefore(s[:i]) {
		e.date, e.day = true, true
	}
	if strings.HasPrefix(rest, "日") || strings.HasPrefix(rest, "일") {
		e.date = true
	}
	return end
}

func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// startsAt says that nothing but "On" and the like stands in front of i.
func startsAt(s string, i int) bool {
	head := strings.Trim(s[:i], " [(<")
	return head == "" || strings.EqualFold(head, "on") || strings.EqualFold(head, "at")
}

// months are the beginnings of the names of months, in lower case.
var months = newSet("jan feb mar apr may jun jul aug sep oct nov dec mai mag maj mei okt dez dic déc fév fev avr abr aoû aou ago ene gen giu lug set ott out maa mrt mär máj ápr jún júl szep már " +
	"sty lut kwi cze lip sie wrz paź lis gru led úno bře dub kvě čer srp zář říj pro ion chw maw ebr meh gor aws med hyd tac rha ianu iul tam hel huh tou kes hei elo syy mar jou " +
	"oca şub nis haz tem ağu eyl eki kas ara янв фев мар апр мая май июн июл авг сен окт ноя дек січ лют бер кві тра чер лип сер вер жов лис гру ιαν φεβ μαρ απρ μαΐ μαι ιου αυγ σεπ οκτ νοε δεκ " +
	"ינו פבר מרץ במר אפר מאי יונ יול אוג ספט אוק נוב דצמ יוני يناي فبرا مار أبري ماي يوني يولي أغسط سبتم أكتو نوفم ديسم sij velj ožu tra svi srp kol ruj stu pros ianuarie mart")

// isMonth says that s begins with the name of a month, past "de", "." and the ending of an ordinal number.
func isMonth(s string) bool {
	for _, skip := range []string{"st ", "nd ", "rd ", "th ", ". ", ".", "er ", "º ", "de ", "d'", "eg ", "fed ", "af ", "ain ", "ydd ", "-", "/"} {
		if strings.HasPrefix(s, skip) {
			s = strings.TrimLeft(s[len(skip):], " ")
			break
		}
	}
	return monthPrefix(s)
}

func monthPrefix(s string) bool {
	n, cut := 0, len(s)
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return n >= 3 && months[strings.ToLower(s[:i])]
		}
		if n++; n == 4 {
			cut = i
			break
		}
	}
	return n >= 3 && months[strings.ToLower(s[:cut])]
}

// isMonthBefore says that s ends in the name of a month: "March 3".
func isMonthBefore(s string) bool {
	s = strings.TrimRight(s, " .")
	i := len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.IsLetter(r) {
			break
		}
		i -= size
		if len(s)-i > 24 {
			return false
		}
	}
	return i < len(s) && monthPrefix(s[i:])
}
