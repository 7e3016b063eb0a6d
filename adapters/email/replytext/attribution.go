package replytext

import (
	"strings"
	"unicode"
)

// The line a mail program writes above what is answered ("On Monday Jo wrote:") is recognised by evidence that holds in
// every language: it ends in a colon, and has a word for writing together with a date or an address, or a date together
// with an address.

// verbs are words for "wrote" as mail programs put them, in lower case.
var verbs = newSet("wrote writes write said schrieb schreibt geschrieben escribió escribio escribe escribiu écrit ecrit écrite scritto scrive scrisse skrev skrever skreiv schreef geschreven heeft " +
	"napisał napisała napisano napisana pisze napsal napsala napísal napisao napisala napisal escreveu escrito ysgrifennodd ysgrifenodd ysgrifennu kirjoitti írta yazdı yazdi scris rašė parašė rakstīja kirjutas " +
	"έγραψε пишет написал написала писал писала пише написа напісаў написав כתב כתבה نوشت لکھا كتب كتبت كتابة מאת viết menulis skrifaði shkroi idatzi escriure scríobh missatge posted sagte odesílatel oseba lietotājs yazdı:")

// verbParts are words for "wrote" in scripts that set no blanks between words.
var verbParts = strings.Split(`写道|寫道|书写|書きました|のメール|のメッセージ|작성|님이 씀|เขียน|लिखा|নিখেছেন|লিখেছেন`, "|")

// starters are the words with which attributions begin, besides a date or a name.
var starters = newSet("on at am le el il em a ar op den de d pe v dne dňa på kl vào pada στις στην на в om az dia ma la data date from von od w dnia dniu in quoting în la u dana dne em no lúc tarihinde kuupäev בתאריך في ב ב- на пн вт ср чт пт сб вс нд mon tue wed thu fri sat sun lun mar mer jeu ven sam dim mo di mi do fr sa so " +
	"monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo montag dienstag mittwoch donnerstag freitag samstag sonntag llun maw mercher iau gwener sadwrn sul mie jue vie sáb seg ter qua qui sex maa zon din woe don vrij zat " +
	"понедельник вторник среда четверг пятница суббота воскресенье понеділок вівторок середа п'ятниця субота неділя pon wt śr czw pt sob niedz po út st čt pá so ne ti ke to pe la su má ti ons tors fre lör sön man tir lør søn th thg cn ngày 在 于 於 gio")

// proseWords are words of sentences, which no program puts into an attribution.
var proseWords = newSet("i me she he they we was were are have had that told please my your our their about because what which when if not but so her his us don't i've i'm she's it it's this there will would can could should")

// quotingFirst are the words with which programs begin that say it first: "Quoting Jo <jo@example.org>:".
var quotingFirst = newFinder(`quoting |zitat von |zitiere |citando |citat |citerar |citerer |quoten |selon |en réponse à |citação de |cytowanie |quote from |reply to message from |in message |in article |in your message |in a message |>in message |message du `)

// strength says how sure it is that a line stands above something answered.
type strength int

const (
	none   strength = iota
	weak            // only together with something quoted right below
	strong          // by itself
)

// attribution weighs one line, or several joined, already squeezed.
func attribution(s string) strength {
	if len(s) < 6 || len(s) > 500 {
		return none
	}
	if strings.IndexByte(s, '*') >= 0 {
		s = strings.ReplaceAll(s, "*", "")
	}
	s = strings.Trim(s, "_ ")
	if strings.Contains(s, "--") && dashedForm(s) {
		return strong
	}
	s = strings.TrimLeft(s, "-–—> ")
	found := weigh(s)
	if found == strong && hasProse(s) {
		return weak // "On Monday at 10:00 she wrote to me and said:" may be the author's own sentence
	}
	return found
}

// hasProse says that a line holds words of sentences outside names and addresses.
func hasProse(s string) bool {
	for _, f := range strings.Fields(s) {
		if w := strings.Trim(f, ",;.()\"'“”"); len(w) <= 8 && w != "" && (w[0] >= 'a' && w[0] <= 'z' || w == "I") && proseWords[strings.ToLower(w)] {
			return true
		}
	}
	return false
}

// verbAt returns where a word for "wrote" begins and ends in s, or -1. The last one counts.
func verbAt(s string, ts []token) (from, to int) {
	for i := len(ts) - 1; i >= 0; i-- {
		if verbs[ts[i].word] {
			return ts[i].from, ts[i].to
		}
	}
	if isASCII(s) {
		return -1, -1
	}
	for _, v := range verbParts {
		if i := strings.LastIndex(s, v); i >= 0 {
			return i, i + len(v)
		}
	}
	return -1, -1
}

func weigh(s string) strength {
	t := strings.TrimRight(s, " -*")
	colon := strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：")
	angle := strings.HasSuffix(t, ">")
	if !colon && !angle {
		return none
	}
	e := evidenceIn(s)
	ts := tokens(s, 96)
	if len(ts) == 0 {
		return none
	}
	from, to := verbAt(strings.ToLower(s), ts)
	lower := ""
	if colon && from >= 0 {
		starts := starters[ts[0].word]
		switch {
		case e.day && e.year && starts && !e.mail && !e.clock && hasSentenceWords(s[:from], ts[:max(0, len(ts)-1)]):
			return weak // "On 2 March 2026 the school wrote:"
		case e.mail && (e.date || starts && e.day), e.date && e.clock, e.day && e.year && starts, e.mail && starts && len(ts[0].word) > 1 && to >= len(t)-4:
			return strong
		case e.mail && to >= len(t)-4 && addressed(t[:from]):
			return strong
		case e.mail || e.date:
			return weak
		case whoWrote(t, from, to):
			return weak
		}
		return none
	}
	if colon {
		lower = strings.ToLower(s)
		if quotingFirst.at(lower) != 0 {
			if e.mail || e.date {
				return strong
			}
			return weak
		}
	}
	switch {
	case e.mail && e.year && e.clock:
		if angle && !e.iso || hasSentenceWords(s, ts) {
			return weak
		}
		return strong
	case e.mail && e.date, e.year && e.clock && !hasSentenceWords(s, ts):
		return weak
	case colon && e.year && e.clock && len(ts) <= 24 && !hasProse(s):
		return weak // "Excerpts from Jo's message of 3 March 2025 10:00:"

	case colon && len(ts) >= 2 && len(ts) <= 4 && strings.Count(s, ":") == 1 && nameLike(strings.TrimRight(t, ": ")):
		return weak // a name above the quote
	}
	return none
}

// addressed says that s is a name with its address in angle brackets and nothing else.
func addressed(s string) bool {
	name, rest, ok := strings.Cut(s, "<")
	_, rest, closed := strings.Cut(rest, ">")
	name = strings.Trim(name, " \"'“”")
	return ok && closed && strings.Trim(rest, " ,") == "" && (nameLike(name) || name != "" && len(strings.Fields(name)) <= 2)
}

// whoWrote says that a line without date and address is a name with "wrote", so that only a quote right below makes it an
// introduction. "As you said:" is somebody's sentence.
func whoWrote(t string, from, to int) bool {
	if len(t) > 110 || from < 0 || to > len(t) || len(strings.Trim(t[to:], " :：*-)(a")) > 24 {
		return false
	}
	before := strings.Trim(t[:from], " ,\"'“”\u00a0")
	if before == "" || strings.EqualFold(before, "you") || strings.EqualFold(before, "he") || strings.EqualFold(before, "she") {
		return true
	}
	fields := strings.Fields(before)
	if len(fields) > 7 || hasProse(before) {
		return false
	}
	lower := 0
	for _, f := range fields {
		if r := firstRune(f); unicode.IsLower(r) && !nameParticle[f] && !verbs[f] {
			lower++
		}
	}
	return lower == 0 || len(fields) == 1 || lower == len(fields) && len(fields) <= 2 || startsLower(fields[len(fields)-1]) && lower <= 1
}

// hasSentenceWords says that a line without a verb of writing holds words in lower case that are neither of dates nor between names.
func hasSentenceWords(s string, ts []token) bool {
	for i, k := range ts {
		if len(k.word) < 4 || k.to > len(s) || s[k.from] < 'a' || s[k.from] > 'z' || starters[k.word] || timeWords[k.word] || monthPrefix(k.word) {
			continue
		}
		if k.to < len(s) && strings.IndexByte("@.-_+", s[k.to]) >= 0 || k.from > 0 && strings.IndexByte("@.-_+<:", s[k.from-1]) >= 0 {
			continue // part of an address
		}
		if i > 0 || len(k.word) > 3 {
			return true
		}
	}
	return false
}

// timeWords stand in dates.
var timeWords = newSet("time hours uhr alle kello plkst godz klokken pukul standard daylight noon midnight heures horas tanggal lúc the über sent ")

// dashedForm recognises the forms between dashes: Zoho's "---- On … wrote ----", Notes' "-----Jo <jo@example.org> wrote: -----" and "Jo
// Price ---03/03/2025 10:00:00---words".
func dashedForm(s string) bool {
	if strings.HasPrefix(s, "---") && strings.HasSuffix(s, "---") {
		inner := strings.Trim(s, "-–— ")
		if len(inner) == 0 || len(inner) == len(s) {
			return false
		}
		e, ts := evidenceIn(inner), tokens(inner, 96)
		if len(ts) == 0 {
			return false
		}
		from, _ := verbAt(strings.ToLower(inner), ts)
		return starters[ts[0].word] && e.date && (e.mail || e.clock) || e.mail && from >= 0
	}
	i := strings.Index(s, "--")
	if i < 2 || i > 90 {
		return false
	}
	rest := strings.TrimLeft(s[i:], "- ")
	end := 0
	for end < len(rest) && end < 24 && (rest[end] >= '0' && rest[end] <= '9' || strings.IndexByte("./-: APM", rest[end]) >= 0) {
		if strings.HasPrefix(rest[end:], "--") {
			break
		}
		end++
	}
	e := evidenceIn(rest[:end])
	after := strings.TrimLeft(rest[end:], " ")
	return e.day && e.clock && (after == "" || strings.HasPrefix(after, "--"))
}

// attributionAt weighs the lines from i on, of which up to five may be one attribution that was wrapped, and returns how many
// lines it takes.
func (s *splitter) attributionAt(i int) (strength, int) {
	lines := s.lines
	first := lines[i]
	if first.blank() || !endsLikeAttribution(lines, i) || !s.spend() {
		return none, 0
	}
	joined := squeeze(first.text)
	if len(joined) > 500 {
		return none, 0
	}
	alone := none
	if endsIntroduction(joined) || strings.Contains(joined, "--") {
		alone = attribution(joined)
	} else if bareVerb(lines, i, joined) {
		alone = attribution(joined + ":")
	}
	if alone == strong || alone == weak && !strings.HasSuffix(joined, ">") {
		return alone, 1
	}
	if !mayBegin(joined) {
		return none, 0
	}
	used := 1
	possible, possibly := none, 0
	for j := i + 1; j < len(lines) && j <= i+4; j++ {
		if lines[j].depth != first.depth || lines[j].is(tail) != first.is(tail) {
			break
		}
		used++
		if lines[j].blank() {
			if j+1 < len(lines) && alone == weak && verbAlone(lines[j+1].text) {
				return strong, used + 1 // a blank line came between the address and the verb
			}
			break
		}
		next := squeeze(lines[j].text)
		if alone == weak && len(next) > 40 {
			break // whole by itself: only the verb can be missing
		}
		// An address may be wrapped in its middle: try both ways of joining.
		for _, sep := range []string{" ", ""} {
			if !endsIntroduction(next) || sep == "" && !strings.ContainsAny(joined[max(0, len(joined)-60):]+next, "@<") {
				continue
			}
			found := attribution(joined + sep + next)
			if found == none || !proseFree(joined) || s.wholeBelow(i, j) {
				continue
			}
			if found == strong || !strings.HasSuffix(next, ">") {
				return found, used
			}
			possible, possibly = found, used // the verb may stand on the next line
		}
		joined += " " + next
		if len(joined) > 500 {
			break
		}
	}
	if alone != none {
		return alone, 1
	}
	return possible, possibly
}

// verbAlone says that a line is a verb of writing and a colon: "wrote:".
func verbAlone(t string) bool {
	if len(t) > 40 || !endsIntroduction(t) {
		return false
	}
	ts := tokens(t, 4)
	from, to := verbAt(strings.ToLower(t), ts)
	return from >= 0 && len(ts) <= 3 && to <= len(t)
}

// mayBegin says that a line could be the first of an attribution that goes on below.
func mayBegin(t string) bool {
	if e := evidenceIn(t); e.mail || e.year || e.iso {
		return true
	}
	return starters[firstWord(t)] || len(t) <= 40 && strings.HasPrefix(t, "\"")
}

// wholeBelow says that the lines from one below i to j are an attribution by themselves, so that line i is the author's: the lower
// lines hold the whole date, and either begin as attributions do or line i does not.
func (s *splitter) wholeBelow(i, j int) bool {
	opens := opensAttribution(squeeze(s.lines[i].text))
	for k := j; k > i; k-- {
		var b strings.Builder
		for n := k; n <= j; n++ {
			if n > k {
				b.WriteByte(' ')
			}
			b.WriteString(squeeze(s.lines[n].text))
		}
		t := b.String()
		e := evidenceIn(t)
		if e.day && (e.clock || e.mail) && attribution(t) == strong && (!opens || opensAttribution(t)) {
			return true
		}
	}
	return false
}

// opensAttribution says that a line begins with a word with which attributions begin.
func opensAttribution(t string) bool {
	return starters[firstWord(t)]
}

// endsIntroduction says that a line could be the last one of an attribution.
func endsIntroduction(t string) bool {
	t = strings.TrimRight(t, "*_ ")
	return strings.HasSuffix(t, "--") || strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：") || strings.HasSuffix(t, ">")
}

// endsLikeAttribution is a cheap look at how this line and the next ones end, before anything dear.
func endsLikeAttribution(lines []line, i int) bool {
	for j := i; j < len(lines) && j <= i+4; j++ {
		t := strings.TrimRight(lines[j].text, " \t*_\u00a0\u202c\u200f\u200e")
		if t == "" {
			return false
		}
		switch c := t[len(t)-1]; {
		case c == ':' || c == '>' || strings.HasSuffix(t, "："):
			return true
		case j == i && (c == '-' || strings.Contains(t, "--") || bareVerb(lines, i, t)):
			return true
		}
	}
	return false
}

// bareVerb says that a line ends in a verb of writing, without its colon, and that what is quoted follows.
func bareVerb(lines []line, i int, t string) bool {
	if i+1 >= len(lines) || lines[i+1].depth <= lines[i].depth || len(t) > 200 {
		return false
	}
	if e := evidenceIn(t); !e.mail && !(e.year && e.clock) {
		return false
	}
	return verbs[strings.ToLower(t[strings.LastIndexByte(t, ' ')+1:])]
}

// proseFree says that the lines before an attribution's last one hold no end of a sentence, so that a sentence that runs
// into the next line is not taken for a wrapped attribution. Abbreviations end in a full stop too: "3. März", "Mr. Price", "a.m. ".
func proseFree(s string) bool {
	if strings.Contains(s, "? ") || strings.Contains(s, "! ") {
		return false
	}
	for rest := s; ; {
		i := strings.Index(rest, ". ")
		if i < 0 {
			return true
		}
		word := rest[strings.LastIndexByte(rest[:i], ' ')+1 : i]
		next := firstRune(rest[i+2:])
		if len([]rune(word)) > 4 && !strings.Contains(word, ".") && unicode.IsUpper(next) {
			return false
		}
		rest = rest[i+2:]
	}
}
