package replytext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// author is what the From header tells of the one who signs.
type author struct {
	words []string // of the name, lower case, in any order
	// readers are the first names of those she writes to, lower case.
	readers []string
	// unnamed says that the header gives no name, so that words are only what the address suggests.
	unnamed bool
}

func nameWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && r != '\'' && r != '-' && r != '’' && !unicode.IsMark(r)
	})
}

func newAuthor(name, addr string) author {
	a := author{}
	name, _, _ = strings.Cut(name, "(")
	name, _, _ = strings.Cut(name, "[")
	for _, w := range nameWords(name) {
		if utf8.RuneCountInString(w) > 1 {
			a.words = append(a.words, w)
		}
	}
	if len(a.words) == 0 {
		a.unnamed = true
		local, _, _ := strings.Cut(strings.ToLower(addr), "@")
		for _, w := range strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			if utf8.RuneCountInString(w) > 1 {
				a.words = append(a.words, w)
			}
		}
	}
	return a
}

// addresses says that a short line is the first name of a reader and not the author's own.
func (a author) addresses(s string) bool {
	words := nameWords(s)
	if len(words) == 0 || a.known(words[0]) {
		return false
	}
	for _, r := range a.readers {
		if words[0] == r {
			return true
		}
	}
	return false
}

func (a author) known(w string) bool {
	for _, n := range a.words {
		if w == n {
			return true
		}
	}
	return false
}

// knowsAny says that one of the words is part of the author's name.
func (a author) knowsAny(words []string) bool {
	for _, w := range words {
		if a.known(strings.ToLower(strings.Trim(w, ".,"))) {
			return true
		}
	}
	return false
}

// humble are the words with which people in Korea, Japan and China sign behind their names.
var humble = newSet("드림 올림 拝 敬上 谨上 謹上 上")

// signs says that a short line is the author's name, a part of it, or her initials.
func (a author) signs(s string) bool {
	if len(s) > 100 || len(a.words) == 0 {
		return false
	}
	words := nameWords(s)
	for len(words) > 1 && strings.Trim(words[len(words)-1], "x") == "" {
		words = words[:len(words)-1] // kisses
	}
	if len(words) > 1 && humble[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	if len(words) == 0 || len(words) > 5 {
		return false
	}
	known := 0
	for _, w := range words {
		if a.known(w) {
			known++
		}
	}
	if known == len(words) || known >= 2 && len(words) <= 4 || strings.Join(words, "") == strings.Join(a.words, "") {
		return true // "山田 花子" is 山田花子
	}
	if len(words) != 1 || strings.ContainsAny(s, ":?\"") {
		return false
	}
	// A short form: Jo for Joanna, Beth for Bethan.
	if utf8.RuneCountInString(words[0]) >= 2 && strings.HasPrefix(a.words[0], words[0]) && !unicode.IsLower(firstRune(s)) {
		return true // among scripts without capitals: the family name of a name written in one
	}
	in := strings.Trim(words[0], ".")
	return strings.ToUpper(s) == strings.TrimSpace(s) && (initials(a.words) == in || utf8.RuneCountInString(in) == 1 && strings.HasPrefix(a.words[0], in))
}

// heads says that a line begins with the author's full name and goes on with what stands behind names: degrees, pronouns, an office.
func (a author) heads(s string) bool {
	if len(a.words) < 2 || a.unnamed || len(s) > 120 || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, ".") && !strings.ContainsAny(s, "|,") {
		return false
	}
	words := nameWords(s)
	if len(words) < 3 || !a.known(words[0]) || !a.known(words[1]) || words[0] == words[1] {
		return false
	}
	if strings.ContainsAny(s, ",|()/–—•·-") {
		return true
	}
	fields := strings.Fields(s)
	if len(fields) < 3 { // the words stand together: "jo.smith;manager"
		return false
	}
	for _, f := range fields[2:] {
		if !unicode.IsUpper(firstRune(f)) {
			return false
		}
	}
	return true
}

func firstRune(s string) rune {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		b.WriteRune(r)
	}
	return b.String()
}

var (
	nameTitle    = newSet("Mr Mrs Ms Miss Dr Prof Professor Mx Sir Dame Rev Herr Frau Mme Sra Sr Ing Dipl Mag Dott Dott.ssa Cllr")
	nameParticle = newSet("de van von der den ter ap ab ferch bin bint la le da dos do du di del ibn al el y e zu af och and &")
)

// nameLike says that a line could be the name of a person or two and nothing else: up to five words with capitals.
func nameLike(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	if i := strings.IndexByte(s, '('); i > 0 && strings.HasSuffix(s, ")") && len(s)-i < 32 {
		s = strings.TrimSpace(s[:i])
	}
	s = strings.TrimRight(s, ",. ")
	fields := strings.Fields(s)
	for len(fields) > 1 && strings.Trim(strings.ToLower(fields[len(fields)-1]), "x") == "" {
		fields = fields[:len(fields)-1]
	}
	if len(fields) == 0 || len(fields) > 7 {
		return false
	}
	names := 0
	for i, f := range fields {
		switch {
		case nameTitle[strings.TrimRight(f, ".")]:
		case i > 0 && nameParticle[f]:
		case isNameWord(f):
			names++
		default:
			return false
		}
	}
	return names > 0 && names <= 5
}

// isNameWord says that a word begins with a capital and holds letters, stops, hyphens and apostrophes only.
func isNameWord(w string) bool {
	for i, r := range w {
		switch {
		case i == 0 && !unicode.IsUpper(r) && (unicode.IsLower(r) || !unicode.IsLetter(r)):
			return false
		case i > 0 && !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' && r != '.' && r != '-':
			return false
		}
	}
	return true
}

// isFirstName says that a line is one word that could be a name and nothing else: no punctuation, one capital in front.
func isFirstName(t string) bool {
	t = strings.TrimSuffix(t, ",")
	n := utf8.RuneCountInString(t)
	if n < 2 || n > 24 {
		return false
	}
	upper := true
	for _, r := range t {
		switch {
		case r == '-' && !upper:
			upper = true
			continue
		case upper && !unicode.IsUpper(r), !upper && !unicode.IsLower(r):
			return false
		}
		upper = false
	}
	return !upper && !answerWord[strings.ToLower(t)]
}

// isInitials says that a line is one to three capitals, with stops or without.
func isInitials(t string) bool {
	letters := 0
	for _, r := range strings.TrimRight(t, "x ") {
		switch {
		case unicode.IsUpper(r):
			letters++
		case r != '.' && r != ' ':
			return false
		}
	}
	return letters >= 1 && letters <= 3 && t != "OK" && t != "I" && t != "NO" && t != "A" && t != "B" && t != "C"
}

// strokeName returns the name behind a stroke, "/Jo" or "- Jo", or "".
func strokeName(t string) (name string, dash bool) {
	rest := strings.TrimLeft(t, "/-–—~")
	stroke := len(t) - len(rest)
	if stroke == 0 || utf8.RuneCountInString(t[:stroke]) > 2 || len(rest) > 64 || !unicode.IsUpper(firstRuneOf(strings.TrimLeft(rest, " "))) {
		return "", false
	}
	name = strings.TrimSpace(rest)
	if len(strings.Fields(name)) > 3 || !nameLike(name) || strings.HasSuffix(name, ",") {
		return "", false
	}
	return name, t[0] == '-' || strings.HasPrefix(t, "–") || strings.HasPrefix(t, "—")
}

func firstRuneOf(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) (rune, int) { return utf8.DecodeLastRuneInString(s) }

// answerWord are single words that people write as a paragraph of their own and that are no names.
var answerWord = newSet("yes no ta ok okay thanks thank agreed done great sorry perfect please sure fine good excellent nice cool wow maybe never always absolutely definitely exactly true false correct wrong right yep yeah nope nah hello hi hey bye goodbye welcome congratulations congrats cheers best regards sincerely confirmed approved accepted declined rejected noted understood received attached see here why what when where who how will can could would interesting awesome brilliant lovely super wonderful amazing hmm well indeed same ditto both neither either none nothing everything something today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december test update question answer resolved fixed closed unsubscribe stop start help cancel legal photo consent tell ask call ring phone send give let get bring take try go come keep leave wait check use meet visit contact speak talk write read say not only just and or but if with for from to the a an my her his our your their this that next last new more less happy poor about after before until mine yours ours urgent important private confidential sent apologies merry feliz frohe gute schönes joyeux bonne buon buona god glad wesołych veselé hyvää viel kellemes boldog judge " +
	"ja nein danke gut genau gerne klar stimmt einverstanden oui non merci bien parfait daccord exact sí gracias vale perfecto bueno claro de acuerdo grazie bene perfetto certo nee goed prima bedankt tak dziękuję dobrze sim não obrigado obrigada perfeito nej tack bra takk kyllä ei kiitos hyvä ano ne děkuji iawn diolch ie na ydw gallaf oes nac gwych да нет спасибо хорошо")
