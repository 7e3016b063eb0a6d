package replytext

import (
	"regexp"
	"strings"
	"unicode"
)

// The line a mail program writes above what is answered ("On Monday Jo wrote:") is recognised by evidence that holds in
// every language: it ends in a colon, and has a word for writing together with a date or an address, or a date together
// with an address.

// wroteWords are words for "wrote" as mail programs put them, in lower case.
const wroteWords = `wrote|writes|write|said|schrieb|schreibt|geschrieben|escribi[oó]|escribe|a écrit|écrit|ecrit|a écrite?|ha scritto|scritto|scrive|scrisse|` +
	`skrev|skrever|skreiv|schreef|geschreven|napisał\(?a?\)?|napisała|napisano|pisze|napsal\(?a?\)?|napsala|napísal\(?a?\)?|napisao|napisala|je napisa[ol]a?|escreveu|` +
	`ysgrifennodd|ysgrifenodd|wedi ysgrifennu|kirjoitti|írta|ezt írta|yazdı|şunu yazdı|a scris|rašė|parašė|rakstīja|kirjutas|έγραψε|` +
	`пишет|написала?|писала?|пише|написа|напісаў|כתב|כתבה|كتب|كتبت|đã viết|viết|menulis|skrifaði|shkroi|idatzi du|va escriure|ha escrit|scríobh|` +
	`写道|寫道|写|寫|书写|さんは書きました|書きました|wrote on|のメール|のメッセージ|작성|님이 작성|님이 씀|เขียนว่า|เขียน|ने लिखा|নিখেছেন|ha escrito|a dit|sagte|posted|написав`

var (
	// wroteInside is for languages that put the verb before the name: "Am 3.3.25 um 10:00 schrieb Jo:".
	wroteInside = regexp.MustCompile(`(?i)(?:^|[\s,(])(?:schrieb|skrev|skreiv|schreef|heeft|hat|kirjoitti|kirjutas|napsal\(?a?\)?|napisał\(?a?\)?|napisana przez|ysgrifennodd|wedi ysgrifennu|odesílatel|je oseba|lietotājs|мне писал|пишет|escribió|écrit|ha scritto|escreveu|wrote|said|yazdı|تمت كتابة|כתב|מאת|missatge de)(?:[\s,]|$)`)
	wroteEnd    = regexp.MustCompile(`(?i)(?:^|[\s"'<>()\]\p{P}\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}])(?:` + wroteWords + `)(?: (?:on [^:]{1,30}|at [^:]{1,30}|on|at|am|le|el|den|op|the following|to .{1,120}|in .{1,120}|.{0,60}\d{4}.{0,40}))?\s?[:：](?:\s?[-*]+)?$`)
	// quotingStart is for programs that say it first: "Quoting Jo <jo@example.org>:".
	quotingStart = regexp.MustCompile(`(?i)^(?:quoting|zitat von|zitiere|citando|citat|citerar|citerer|quoten|selon|en réponse à|citação de|cytowanie|quote from|reply to message from|in (?:message|article)|in your message)\b.*[:：]$`)
	zohoForm     = regexp.MustCompile(`(?i)^-{3,}\s?(?:on|le|el|am|il|em|op|ar) .{4,300}-{3,}$`)
	lotusForm    = regexp.MustCompile(`^\S.{1,80} ?-{2,}\s?\d{1,2}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: [AP]M)?(?:\s?-{2,}.*)?$`)
	dateLike     = regexp.MustCompile(`(?i)\b(?:19|20)\d{2}\b|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|\b\d{1,2}[:.h]\d{2}\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b|年.*月.*日|년.*월|\b\d{1,2}(?:st|nd|rd|th)?\.?\s?(?:jan|feb|mar|apr|may|mai|maj|jun|jul|aug|sep|oct|okt|nov|dec|dez|dic|déc|ion|chwe|maw|ebr|meh|gor|awst|medi|hyd|tach|rhag)`)
	clockLike    = regexp.MustCompile(`(?i)\b\d{1,2}\s?[:.h]\s?\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b`)
	yearLike     = regexp.MustCompile(`\b(?:19|20)\d{2}\b|(?:19|20)\d{2}[-/.年]|\b\d{1,2}([./-]) ?\d{1,2}[./-] ?\d{2}\b`)
	isoDate      = regexp.MustCompile(`^(?:[Oo]n )?(?:19|20)\d{2}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}`)
	mailLike     = regexp.MustCompile(`[^\s<>@,;:()\[\]]+@[^\s<>@,;:()\[\]]+`)
	starter      = regexp.MustCompile(`(?i)^(?:on|at|am|le|el|il|in data|op|den|d\.|em|a|ar|w dniu|dnia|pe|v|dne|dňa|den|em|på|kl\.|vào|pada|στις|на|в|le|om|le|il giorno|az|tarihinde|dia|ma|la|data|date|from|von|od|om|quoting|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so|llun|maw|mer|iau|gwe|sad|sul)[\p{L}]*[ ,.]`)
)

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
	s = strings.Trim(strings.ReplaceAll(s, "*", ""), "_ ")
	if strings.Contains(s, "--") && (zohoForm.MatchString(s) && (mailLike.MatchString(s) || clockLike.MatchString(s)) || lotusForm.MatchString(s) || dashedWrote(s)) {
		return strong
	}
	s = strings.TrimLeft(s, "-–—> ")
	found := weigh(s)
	if found == strong && proseWord.MatchString(s) {
		return weak // "On Monday at 10:00 she wrote to me and said:" may be the author's own sentence
	}
	return found
}

// proseWord are words of sentences, which no program puts into an attribution.
var proseWord = regexp.MustCompile(`(?i)(?:^|\s)(?:i|me|she|he|they|we|was|were|are|have|had|that|told|please|my|your|our|their|about|because|and said|to say)\s`)

func weigh(s string) strength {
	hasMail, hasDate := mailLike.MatchString(s), dateLike.MatchString(s)
	if !strings.HasSuffix(s, ">") && wroteEnd.MatchString(s) {
		starts := starter.MatchString(s)
		switch {
		case hasMail && (hasDate || starts), hasDate && clockLike.MatchString(s), hasDate && yearLike.MatchString(s) && starts:
			return strong
		case hasMail || hasDate || starts || len(s) < 120:
			return weak
		}
		return none
	}
	if !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "：") && !strings.HasSuffix(s, ">") {
		return none
	}
	switch {
	case hasDate && (hasMail || clockLike.MatchString(s) && yearLike.MatchString(s)) && wroteInside.MatchString(s) && !strings.HasSuffix(s, ">"):
		return strong
	case quotingStart.MatchString(s) && (hasMail || hasDate):
		return strong
	case quotingStart.MatchString(s):
		return weak
	case hasMail && yearLike.MatchString(s) && clockLike.MatchString(s):
		if strings.HasSuffix(s, ">") && !isoDate.MatchString(s) {
			return weak
		}
		return strong
	case hasMail && hasDate, hasDate && yearLike.MatchString(s) && clockLike.MatchString(s):
		return weak
	}
	return none
}

// dashedWrote says that a line between dashes says who wrote: "-----Jo <jo@example.org> wrote: -----", as Notes puts it.
func dashedWrote(s string) bool {
	inner := strings.Trim(s, "-–— ")
	return len(inner) < len(s) && strings.HasPrefix(s, "---") && strings.HasSuffix(s, "---") && mailLike.MatchString(inner) && (wroteEnd.MatchString(inner) || wroteEnd.MatchString(inner+":"))
}

// attributionAt weighs the lines from i on, of which up to four may be one attribution that was wrapped, and returns how many
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
	alone := attribution(joined)
	if alone == strong || alone == weak && !strings.HasSuffix(joined, ">") {
		return alone, 1
	}
	if !starter.MatchString(joined+" ") && !isoDate.MatchString(joined) && !mailLike.MatchString(joined) && !yearLike.MatchString(joined) {
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
			s := attribution(joined + sep + next)
			if s == none || !proseFree(joined) {
				continue
			}
			if s == strong || !strings.HasSuffix(next, ">") {
				return s, used
			}
			possible, possibly = s, used // the verb may stand on the next line
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

// endsIntroduction says that a line could be the last one of an attribution.
func endsIntroduction(t string) bool {
	t = strings.TrimRight(t, "*_ ")
	return strings.HasSuffix(t, "--") || strings.HasSuffix(t, ":") || strings.HasSuffix(t, "：") || strings.HasSuffix(t, ">")
}

// endsLikeAttribution is a cheap look at how this line and the next ones end, before anything dear.
func endsLikeAttribution(lines []line, i int) bool {
	for j := i; j < len(lines) && j <= i+4; j++ {
		t := strings.TrimRight(lines[j].text, " \t*_\u00a0")
		if t == "" {
			return false
		}
		switch c := t[len(t)-1]; {
		case c == ':' || c == '>' || strings.HasSuffix(t, "："):
			return true
		case j == i && (c == '-' || strings.Contains(t, "--")):
			return true
		}
	}
	return false
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

// inlineAttribution finds an attribution that begins in the middle of a line, after words of the author, and returns where.
var inlineAttribution = regexp.MustCompile(`(?i)[\s.!?)](On|Am|Le|El|Il|Op|Den|Em|Ar|W dniu|At) [^\n]{0,160}?(?:\d{4}|\d{1,2}[:.h]\d{2})[^\n]{0,200}?(?:` + wroteWords + `)\s?:`)

// attributionInside returns the index in s at which an attribution starts after other words, or -1.
func attributionInside(s string) int {
	if len(s) > 20000 || !strings.Contains(s, ":") {
		return -1
	}
	if !strings.ContainsAny(s, "0123456789") {
		return -1
	}
	loc := inlineAttribution.FindStringSubmatchIndex(s)
	if loc == nil {
		return -1
	}
	found := s[loc[2]:loc[1]]
	if !mailLike.MatchString(found) && !(clockLike.MatchString(found) && yearLike.MatchString(found)) {
		return -1
	}
	if strings.TrimSpace(s[:loc[2]]) == "" {
		return -1
	}
	return loc[2]
}
