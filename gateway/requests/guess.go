package requests

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/wording"
	"kinbridge/gateway/workdays"
)

// Guess is what a text seems to ask. It is offered to a person, who decides; a zero field is no guess.
type Guess struct {
	Kind   Kind
	Child  ids.ChildID
	Due    workdays.Day
	Closes bool
}

// Named is a child by name.
type Named struct {
	ID   ids.ChildID
	Name string
}

// signs are the phrases that give a kind away. Of several kinds the one that is named first counts, a kind of consent before one of information.
var signs = []struct {
	kind Kind
	en   []string
	cy   []string
}{
	{Vaccination, []string{"vaccin*", "immunis*", "immuniz*", "(flu|MMR|HPV|nasal) (spray|jab|vaccine)", "jab", "booster"}, []string{"brechu", "brechiad", "brechlyn"}},
	{Passport, []string{"passport", "travel abroad", "holiday abroad", "go abroad"}, []string{"pasbort", "mynd dramor"}},
	{Haircut, []string{"haircut", "hair (cut|trim)", "cut (her|his|their|the|) hair", "ears pierced", "ear piercing"}, []string{"torri gwallt", "torri (ei|eu) (g|)wallt", "tyllu clustiau"}},
	{Photograph, []string{"photograph*", "(photo|picture) consent", "(take|use|publish) (photos|pictures|images)", "(school|class) photo"},
		[]string{"tynnu lluniau", "tynnu llun", "ffotograff*"}},
	{Trip, []string{"(school|class|residential|day) (trip|visit|outing)", "trip", "excursion", "residential", "outing"}, []string{"taith", "trip ysgol", "ymweliad ysgol"}},
	{Assessment, []string{"assess*", "psychologist", "CAMHS", "evaluation"}, []string{"asesu", "asesiad", "seicolegydd"}},
	{Medical, []string{"operation", "surgery", "an(a|)esthetic", "medical treatment", "treatment", "medication", "dentist", "dental", "hospital", "medical consent", "blood test", "MRI"},
		[]string{"triniaeth", "llawdriniaeth", "meddyginiaeth", "deintydd", "ysbyty"}},
	{Consent, []string{"(your|her|parental|written|) consent", "consent form", "permission", "sign the form"}, []string{"caniatâd", "cydsyniad", "cydsynio", "ffurflen ganiatâd"}},
	{Minutes, []string{"minutes of", "(the|your|meeting) minutes", "notes of the meeting"}, []string{"cofnodion"}},
	{Report, []string{"(your|a|the|written) report", "statement for", "your views", "contribution"}, []string{"adroddiad", "eich barn"}},
	{Photo, []string{"send (a|some|) (photo|picture)", "(photo|picture) of you"}, []string{"anfon llun"}},
	{Update, []string{"let (us|me) know", "update", "how you are", "tell (us|me)"}, []string{"rhoi gwybod", "diweddariad"}},
}

// asks are words without which a text asks for no consent: news of a trip that was is none.
var asks = []string{"consent", "permission", "agree", "agreement", "allow", "authorise", "authorize", "are you happy for", "would you like", "sign", "may (he|she|they|we)",
	"can (he|she|they|we)", "could you", "do you", "(may|can) … (have|go|be|take|get)"}
var asksWelsh = []string{"caniatâd", "cydsynio", "cydsyniad", "cytuno", "gytuno", "ganiatáu", "llofnodi", "ydych chi'n hapus", "(a|) gaiff"}

var (
	signPhrases, signKinds = compileSigns()
	askPhrases             = compileAsks()
)

func compileSigns() (*wording.Phrases, []Kind) {
	var list []wording.Phrase
	var kinds []Kind
	for _, s := range signs {
		for lang, texts := range map[string][]string{"en": s.en, workdays.Welsh: s.cy} {
			for _, text := range texts {
				list, kinds = append(list, wording.Phrase{Text: text, Lang: lang}), append(kinds, s.kind)
			}
		}
	}
	return mustCompile(list), kinds
}

func compileAsks() *wording.Phrases {
	var list []wording.Phrase
	for lang, texts := range map[string][]string{"en": asks, workdays.Welsh: asksWelsh} {
		for _, text := range texts {
			list = append(list, wording.Phrase{Text: text, Lang: lang})
		}
	}
	return mustCompile(list)
}

func mustCompile(list []wording.Phrase) *wording.Phrases {
	p, err := wording.CompilePhrases(list)
	if err != nil {
		panic("requests: " + err.Error()) // a mistake in the list above, which every test finds
	}
	return p
}

// maxGuess bounds how much of a text is looked at.
const maxGuess = 64 << 10

// GuessAt says what a text seems to ask, of which of the children, and by when. It is a suggestion and nothing else.
func GuessAt(text string, kids []Named, today workdays.Day) (g Guess) {
	if len(text) > maxGuess {
		text = text[:maxGuess]
	}
	words := wording.Words(text)
	g.Kind = guessKind(words)
	g.Child = guessChild(words, kids)
	g.Due, g.Closes = guessDue(text, today)
	return g
}

func guessKind(words []wording.Word) (kind Kind) {
	asked := false
	askPhrases.Find(words, func(wording.Found) bool { asked = true; return false })
	consent, information := len(words), len(words)
	var first, other Kind
	signPhrases.Find(words, func(f wording.Found) bool {
		switch k := signKinds[f.Phrase]; {
		case k == Consent: // the last resort: any other kind says more
			if first == "" {
				first = k
			}
		case k.Consents() && (f.From < consent || first == Consent):
			first, consent = k, f.From
		case !k.Consents() && f.From < information:
			other, information = k, f.From
		}
		return true
	})
	if first != "" && asked {
		return first
	}
	return other
}

// guessChild finds the one child who is named; of several it guesses none.
func guessChild(words []wording.Word, kids []Named) (found ids.ChildID) {
	in := map[string]bool{}
	for _, w := range words {
		in[w.Text] = true
	}
	n := 0
	for _, k := range kids {
		first, _, _ := strings.Cut(strings.TrimSpace(k.Name), " ")
		for _, w := range wording.Words(first) {
			if in[w.Text] || in[w.Text+"s"] {
				found = k.ID
				n++
				break
			}
		}
	}
	if n == 1 {
		return found
	}
	if n == 0 && len(kids) == 1 {
		return kids[0].ID
	}
	return ""
}

// byWhen is what comes before a day that an answer is asked for by.
const byWhen = `(?i)\b(?:by|before|no later than|deadline(?: is| of|:)?|until|erbyn|cyn)\s+(?:the\s+|end of\s+|close of play (?:on\s+)?|dydd\s+)*`

var (
	byDate    = regexp.MustCompile(byWhen + `(?:[a-zâêîôûŵŷ]+day,?\s+|(?:llun|mawrth|mercher|iau|gwener),?\s+)?(\d{1,2})(?:st|nd|rd|th|af|ain|fed|eg)?\s+(?:of\s+|o\s+)?([a-z]{3,10})(?:,?\s+(\d{4}))?`)
	byNumbers = regexp.MustCompile(byWhen + `(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?\b`)
	byWeekday = regexp.MustCompile(byWhen + `(?:(?:this|next)\s+)?(monday|tuesday|wednesday|thursday|friday|llun|mawrth|mercher|iau|gwener)\b`)
	within    = regexp.MustCompile(`(?i)\b(?:within|in the next|o fewn)\s+(\d{1,2}|five|seven|ten|fourteen)\s+(working\s+)?(?:days|diwrnod)(\s+gwaith)?\b`)
	closing   = regexp.MustCompile(`(?i)\b(?:after (?:that|this) (?:date|day)|(?:we|i) (?:can ?not|cannot|can't) accept|too late after|no later than|final date|last date)\b`)
)

var counts = map[string]int{"five": 5, "seven": 7, "ten": 10, "fourteen": 14}

// guessDue finds the first day that an answer is asked for by.
func guessDue(text string, today workdays.Day) (due workdays.Day, closes bool) {
	best := len(text) + 1
	try := func(at int, d workdays.Day) {
		if d != 0 && d >= today && d < today.Plus(400) && at < best {
			best, due = at, d
		}
	}
	for _, m := range byDate.FindAllStringSubmatchIndex(text, 8) {
		name := strings.ToLower(text[m[4]:m[5]])
		month := workdays.MonthNamed(name)
		if month == 0 {
			month = workdays.MonthNamed(name[:3])
		}
		try(m[0], day(text[m[2]:m[3]], month, group(text, m, 3), today))
	}
	for _, m := range byNumbers.FindAllStringSubmatchIndex(text, 8) {
		month, _ := strconv.Atoi(text[m[4]:m[5]])
		try(m[0], day(text[m[2]:m[3]], time.Month(month), group(text, m, 3), today))
	}
	for _, m := range byWeekday.FindAllStringSubmatchIndex(text, 8) {
		want, _ := workdays.WeekdayNamed(strings.ToLower(text[m[2]:m[3]]))
		try(m[0], today.Plus((int(want)-int(today.Weekday())+6)%7+1))
	}
	for _, m := range within.FindAllStringSubmatchIndex(text, 8) {
		n, ok := counts[strings.ToLower(text[m[2]:m[3]])]
		if !ok {
			n, _ = strconv.Atoi(text[m[2]:m[3]])
		}
		d := today.Plus(n)
		if m[4] >= 0 || m[6] >= 0 {
			d = workdays.EnglandAndWales().Add(today, n)
		}
		try(m[0], d)
	}
	return due, due != 0 && closing.MatchString(text)
}

func group(text string, m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return text[m[2*n]:m[2*n+1]]
}

// day makes a day of its parts; without a year it is the next that comes.
func day(dayText string, month time.Month, yearText string, today workdays.Day) workdays.Day {
	d, _ := strconv.Atoi(dayText)
	year, _ := strconv.Atoi(yearText)
	return workdays.Next(today, year, month, d)
}
