package replytext

import (
	"regexp"
	"strings"
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
	wroteEnd = regexp.MustCompile(`(?i)(?:^|[\s"'<>()\]\p{P}\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}])(?:` + wroteWords + `)(?: (?:on|at|am|le|el|den|op|the following|to .{1,120}|in .{1,120}|.{0,60}\d{4}.{0,40}))?\s?[:：](?:\s?[-*]+)?$`)
	// quotingStart is for programs that say it first: "Quoting Jo <jo@example.org>:".
	quotingStart = regexp.MustCompile(`(?i)^(?:quoting|zitat von|zitiere|citando|citat|citerar|citerer|quoten|selon|en réponse à|citação de|cytowanie|quote from|reply to message from|in (?:message|article)|in your message)\b.*[:：]$`)
	zohoForm     = regexp.MustCompile(`(?i)^-{3,}\s?(?:on|le|el|am|il|em|op|ar) .{4,300}-{3,}$`)
	lotusForm    = regexp.MustCompile(`^\S.{1,80} ?-{2,}\s?\d{1,2}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: [AP]M)?(?:\s?-{2,}.*)?$`)
	dateLike     = regexp.MustCompile(`(?i)\b(?:19|20)\d{2}\b|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|\b\d{1,2}[:.h]\d{2}\b|年.*月.*日|년.*월|\b\d{1,2}(?:st|nd|rd|th)?\.?\s?(?:jan|feb|mar|apr|may|mai|maj|jun|jul|aug|sep|oct|okt|nov|dec|dez|dic|déc|ion|chwe|maw|ebr|meh|gor|awst|medi|hyd|tach|rhag)`)
	clockLike    = regexp.MustCompile(`(?i)\b\d{1,2}\s?[:.h]\s?\d{2}\b|\b\d{1,2}\s?[ap]\.?m\b`)
	yearLike     = regexp.MustCompile(`\b(?:19|20)\d{2}\b|(?:19|20)\d{2}[-/.年]`)
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
	s = strings.Trim(s, "*_ ")
	if strings.Contains(s, "--") && (zohoForm.MatchString(s) && (mailLike.MatchString(s) || clockLike.MatchString(s)) || lotusForm.MatchString(s)) {
		return strong
	}
	hasMail, hasDate := mailLike.MatchString(s), dateLike.MatchString(s)
	if wroteEnd.MatchString(s) {
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

// attributionAt weighs the lines from i on, of which up to four may be one attribution that was wrapped, and returns how many
// lines it takes.
func attributionAt(lines []line, i int) (strength, int) {
	first := lines[i]
	if first.blank() || !endsLikeAttribution(lines, i) {
		return none, 0
	}
	joined := squeeze(first.text)
	if len(joined) > 500 {
		return none, 0
	}
	if s := attribution(joined); s != none {
		return s, 1
	}
	if !starter.MatchString(joined+" ") && !isoDate.MatchString(joined) && !mailLike.MatchString(joined) && !yearLike.MatchString(joined) {
		return none, 0
	}
	used := 1
	for j := i + 1; j < len(lines) && j <= i+4; j++ {
		if lines[j].depth != first.depth || lines[j].is(tail) != first.is(tail) {
			break
		}
		used++
		if lines[j].blank() {
			break
		}
		next := squeeze(lines[j].text)
		// An address may be wrapped in its middle: try both ways of joining.
		for _, sep := range []string{" ", ""} {
			if s := attribution(joined + sep + next); s != none && proseFree(joined) {
				return s, used
			}
		}
		joined += " " + next
		if len(joined) > 500 {
			break
		}
	}
	return none, 0
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
// into the next line is not taken for a wrapped attribution.
func proseFree(s string) bool {
	for _, end := range []string{"? ", "! ", ". "} {
		for rest := s; ; {
			i := strings.Index(rest, end)
			if i < 0 {
				break
			}
			word := rest[strings.LastIndexByte(rest[:i], ' ')+1 : i]
			// Abbreviations end in a full stop too: "3. März", "Mr. Price", "a.m. ".
			if end != ". " || len([]rune(word)) > 4 && !strings.Contains(word, ".") {
				return false
			}
			rest = rest[i+2:]
		}
	}
	return true
}

// inlineAttribution finds an attribution that begins in the middle of a line, after words of the author, and returns where.
var inlineAttribution = regexp.MustCompile(`(?i)[\s.!?)](On|Am|Le|El|Il|Op|Den|Em|Ar|W dniu|At) [^\n]{0,160}?(?:\d{4}|\d{1,2}[:.h]\d{2})[^\n]{0,200}?(?:` + wroteWords + `)\s?:`)

// attributionInside returns the index in s at which an attribution starts after other words, or -1.
func attributionInside(s string) int {
	if len(s) > 20000 || !strings.Contains(s, ":") {
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
