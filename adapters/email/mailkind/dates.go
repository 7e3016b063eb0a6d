package mailkind

import (
	"strings"
	"time"
)

// dateSpan is a date found in a text, and the tokens it covers. year is 0 when it was not given.
type dateSpan struct {
	from, to         int
	day, month, year int
	weekday          time.Weekday
	onlyDay          bool // a weekday without a date
	ranged           bool // it ends a range: "3 to 7 March"
}

// months are the names of months, folded, in the forms that dates use; an abbreviation is found by its full stop or by itself.
var months = monthTable(
	`january jan ionawr janvier janv januar jan jänner janner enero ene gennaio gen janeiro januari tammikuuta tammi stycznia stycznia ledna január január ianuarie января січня
		ocak siječnja janeiro ιανουαρίου jaanuar sausio januara`,
	`february feb chwefror février fevr fév februar feber febrero febbraio fevereiro fev februari helmikuuta helmi lutego února unora februára február februarie
		февраля лютого şubat subat veljače φεβρουαρίου veebruar februarja`,
	`march mar mawrth fawrth mars märz maerz mär marzo março marco mrt maart marts maaliskuuta marca března brezna březen marec március marcius martie марта березня mart ožujka μαρτίου märts`,
	`april apr ebrill avril avr abril abr aprile huhtikuuta huhti kwietnia dubna apríla aprilie április апреля квітня nisan travnja απριλίου aprill aprila`,
	`may mai fai mayo maggio maio mei maj toukokuuta touko maja května kvetna mája május мая травня mayıs mayis svibnja μαΐου`,
	`june jun mehefin fehefin juin juni junio giugno giu junho kesäkuuta kesakuuta kesä czerwca června cervna júna június iunie июня червня haziran lipnja ιουνίου juuni junija juna`,
	`july jul gorffennaf orffennaf juillet juil juli julio luglio lug julho heinäkuuta heina lipca července cervence júla július iulie июля липня temmuz srpnja ιουλίου juuli julija jula`,
	`august aug awst août aout agosto ago elokuuta elo sierpnia srpna augusta augusztus august августа серпня ağustos agustos kolovoza αυγούστου augusti avgusta`,
	`september sept sep medi fedi septembre septiembre settembre set setembro syyskuuta syys września wrzesnia září zari septembra szeptember septembrie сентября вересня eylül eylul rujna
		σεπτεμβρίου`,
	`october oct hydref octobre oktober okt octubre ottobre ott outubro out lokakuuta loka października pazdziernika října rijna októbra október octombrie октября жовтня ekim οκτωβρίου oktobra
		oktoober`,
	`november nov tachwedd dachwedd novembre noviembre novembro marraskuuta marras listopada listopadu novembra noiembrie ноября листопада kasım kasim studenoga νοεμβρίου`,
	`december dec rhagfyr ragfyr décembre dezember dez diciembre dic dicembre dezembro desember des joulukuuta joulu grudnia prosince decembra decembrie декабря грудня aralık aralik prosinca
		δεκεμβρίου detsember`,
)

func monthTable(lists ...string) map[string]int {
	m := map[string]int{}
	for i, list := range lists {
		for _, w := range strings.Fields(list) {
			if _, have := m[foldWord(w)]; !have {
				m[foldWord(w)] = i + 1
			}
		}
	}
	return m
}

// weekdays are names of weekdays, folded. Welsh "Mawrth" is March too, and is a day only after "dydd".
var weekdays = weekdayTable(
	`sunday sun dimanche sonntag domingo domenica zondag søndag söndag sunnuntaina niedziela niedzieli neděle nedele vasárnap duminică воскресенье воскресенья sul pazar`,
	`monday mon lundi montag lunes lunedì lunedi segunda maandag mandag måndag maanantaina poniedziałek poniedziałku poniedzialek pondělí pondeli pondelok hétfőn luni понедельник понедельника llun pazartesi`,
	`tuesday tue tues mardi dienstag martes martedì martedi terça dinsdag tirsdag tisdag tiistaina wtorek wtorku úterý utery utorok kedden marți вторник вторника salı`,
	`wednesday wed mercredi mittwoch miércoles miercoles mercoledì mercoledi quarta woensdag onsdag keskiviikkona środa środę sroda středa stredu szerdán miercuri среду среда mercher çarşamba`,
	`thursday thu thur thurs jeudi donnerstag jueves giovedì giovedi quinta donderdag torsdag torstaina czwartek czwartku čtvrtek ctvrtek štvrtok csütörtökön joi четверг четверга iau perşembe`,
	`friday fri vendredi freitag viernes venerdì venerdi sexta vrijdag fredag perjantaina piątek piątku piatek pátek patek piatok pénteken vineri пятницу пятница gwener cuma`,
	`saturday sat samedi samstag sonnabend sábado sabado sabato zaterdag lørdag lördag lauantaina sobota sobotę sobotu szombaton sâmbătă субботу суббота sadwrn`,
)

func weekdayTable(lists ...string) map[string]time.Weekday {
	m := map[string]time.Weekday{}
	for i, list := range lists {
		for _, w := range strings.Fields(list) {
			m[foldWord(w)] = time.Weekday(i)
		}
	}
	return m
}

// number reads a token of digits, perhaps with an ordinal ending ("3rd", "1er", "2º", "12fed"); ok only below 10000.
func number(t token) (n int, ok bool) {
	i := 0
	for ; i < len(t.text) && t.text[i] >= '0' && t.text[i] <= '9'; i++ {
		n = n*10 + int(t.text[i]-'0')
		if i > 3 {
			return 0, false
		}
	}
	if i == 0 {
		return 0, false
	}
	switch t.text[i:] {
	case "", "st", "nd", "rd", "th", "er", "e", "º", "ª", "o", "a", "af", "ail", "ydd", "fed", "eg", "ain", "de", "ste", "en", "an", "ig", "i", "an.":
		return n, true
	}
	return 0, false
}

// joined returns the mark between the tokens i and i+1 when nothing else, or only blanks beside a point, stands there; 0 otherwise.
func joined(text string, toks []token, i int) byte {
	if i+1 >= len(toks) {
		return 0
	}
	between := strings.TrimSpace(text[toks[i].end:toks[i+1].start])
	if len(between) != 1 || between != "." && len(between) != toks[i+1].start-toks[i].end {
		return 0
	}
	return between[0]
}

// findDates returns the dates in a text, in order: "3 December 2026", "December 3rd", "03/12/2026" (the day first, as in Britain and most
// of the world, unless it cannot be), "3.12.", "2026-12-03", "12月3日", a weekday by itself, "3 to 7 March".
func findDates(text string, toks []token) []dateSpan {
	var out []dateSpan
	for i := 0; i < len(toks) && len(out) < 20; {
		d, ok := dateAt(text, toks, i)
		if !ok {
			i++
			continue
		}
		d.from = i
		d.ranged = rangeBefore(text, toks, i, out)
		if wd, ok := weekdays[toks[i].text]; ok && d.onlyDay {
			d.weekday = wd
		}
		out = append(out, d)
		i = d.to
	}
	return out
}

func dateAt(text string, toks []token, i int) (dateSpan, bool) {
	t := toks[i]
	if n, ok := number(t); ok {
		return numberDate(text, toks, i, n)
	}
	if m := months[t.text]; m > 0 && i+1 < len(toks) && !(m == 5 && t.text == "may" && t.sentence) {
		if day, ok := number(toks[i+1]); ok && day >= 1 && day <= 31 {
			d := dateSpan{to: i + 2, day: day, month: m}
			return d.withYear(toks), true
		}
		return dateSpan{}, false
	}
	if _, ok := weekdays[t.text]; ok {
		// "Monday 5th January": the date that follows says more.
		for j := i + 1; j < len(toks) && j <= i+3 && !toks[j].sentence; j++ {
			if d, ok := dateAt(text, toks, j); ok && !d.onlyDay {
				return d, true
			}
		}
		return dateSpan{to: i + 1, onlyDay: true}, len(t.text) > 3
	}
	return dateSpan{}, false
}

// numberDate reads a date that begins with the number n at i.
func numberDate(text string, toks []token, i, n int) (dateSpan, bool) {
	at := func(k int) (int, bool) {
		if k >= len(toks) {
			return 0, false
		}
		return number(toks[k])
	}
	word := func(k int) string {
		if k >= len(toks) {
			return ""
		}
		return toks[k].text
	}
	switch sep := joined(text, toks, i); {
	case word(i+1) == "年" || word(i+1) == "년":
		if d, ok := dateAt(text, toks, i+2); ok && d.year == 0 && n > 1900 {
			d.year = n
			return d, true
		}
	case (word(i+1) == "月" || word(i+1) == "월") && n >= 1 && n <= 12:
		if day, ok := at(i + 2); ok && day >= 1 && day <= 31 {
			return dateSpan{to: min(i+4, len(toks)), day: day, month: n}, true
		}
	case n > 1900 && n < 2200 && months[word(i+1)] > 0: // Hungarian: "2026. december 3."
		if d, ok := dateAt(text, toks, i+1); ok && d.year == 0 {
			d.year = n
			return d, true
		}
	case sep == '-' || sep == '/' || sep == '.':
		b, ok := at(i + 1)
		if !ok {
			break
		}
		c, third := at(i + 2)
		third = third && joined(text, toks, i+1) == sep
		if n > 1900 && n < 2200 && third && b >= 1 && b <= 12 && c >= 1 && c <= 31 {
			return dateSpan{to: i + 3, day: c, month: b, year: n}, true
		}
		day, month := n, b
		if month > 12 && day <= 12 {
			day, month = month, day
		}
		if day < 1 || day > 31 || month < 1 || month > 12 || !third && sep == '-' {
			break
		}
		if third && (c < 100 || c > 1900 && c < 2200) {
			if c < 100 {
				c += 2000
			}
			return dateSpan{to: i + 3, day: day, month: month, year: c}, true
		}
		if sep == '.' && !strings.HasPrefix(text[toks[i+1].end:], ".") && toks[i+1].text != "12" && len(toks[i+1].text) < 2 {
			break // "3.5" is a number
		}
		if sep == '.' && !third && strings.HasPrefix(text[toks[i+1].end:], ":") {
			break // a time of day
		}
		return dateSpan{to: i + 2, day: day, month: month}, true
	}
	if n < 1 || n > 31 {
		return dateSpan{}, false
	}
	j := i + 1
	for j < len(toks) && j < i+3 && dateFillers[toks[j].text] {
		j++
	}
	if m := months[word(j)]; m > 0 && !toks[j].sentence {
		d := dateSpan{to: j + 1, day: n, month: m}
		return d.withYear(toks), true
	}
	return dateSpan{}, false
}

// dateFillers stand between the day and the month.
var dateFillers = words("of o de d del di do den der dem the ain af fed ydd th st nd rd")

func (d dateSpan) withYear(toks []token) dateSpan {
	j := d.to
	for j < len(toks) && j < d.to+1 && dateFillers[toks[j].text] {
		j++
	}
	if j < len(toks) {
		if y, ok := number(toks[j]); ok && y > 1990 && y < 2200 {
			d.year, d.to = y, j+1
		}
	}
	return d
}

// rangeWords join the ends of a range that includes both.
var rangeWords = words("to bis au al tot til till do a à and and ate po hasta fino i tan — – -")

// rangeBefore says that the date at i ends a range: a number or a date and a word like "to" or a dash stand before it.
func rangeBefore(text string, toks []token, i int, before []dateSpan) bool {
	if i == 0 {
		return false
	}
	k := i - 1
	dash := strings.TrimSpace(text[toks[k].end:toks[i].start])
	if dash != "-" && dash != "–" && dash != "—" {
		if !rangeWords[toks[k].text] || k == 0 {
			return false
		}
		k--
		for k > 0 && (rangeWords[toks[k].text] || dateFillers[toks[k].text]) {
			k--
		}
	}
	if n, ok := number(toks[k]); ok && n <= 31 {
		return true
	}
	return len(before) > 0 && before[len(before)-1].to >= k
}

// resolve gives the date a year and a place in time: midnight UTC. sent is when the mail was written; without it a date that does not name
// its year is unknown. A date without a year is the one nearest after a month before sent.
func (d dateSpan) resolve(sent time.Time) (time.Time, bool) {
	if d.onlyDay {
		if sent.IsZero() {
			return time.Time{}, false
		}
		ahead := (int(d.weekday) - int(sent.Weekday()) + 7) % 7
		if ahead == 0 {
			ahead = 7
		}
		return day(sent.Year(), int(sent.Month()), sent.Day()+ahead), true
	}
	if d.year == 0 && sent.IsZero() {
		return time.Time{}, false
	}
	y := d.year
	if y == 0 {
		y = sent.Year()
		if day(y, d.month, d.day).Before(sent.AddDate(0, -1, 0)) {
			y++
		}
	}
	t := day(y, d.month, d.day)
	return t, t.Day() == d.day // 31 June is none
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
