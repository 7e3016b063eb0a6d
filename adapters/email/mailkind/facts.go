package mailkind

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// facts reads out what the automatic answer tells.
func (e *evidence) facts() AutoReply {
	a := AutoReply{Form: e.form()}
	if a.Form == FormAway {
		a.Until = e.until()
	}
	if a.Form == FormAway || a.Form == FormLeft {
		a.Colleagues = e.colleagues()
	}
	return a
}

// form tells the forms apart, the plainest signs first.
func (e *evidence) form() Form {
	m, s := e.c.m, e.says
	switch {
	case m.Report == "disposition-notification" || hasPart(m, "message/disposition-notification") || s[receipt] || e.notesReceipt():
		return FormReceipt
	case e.administration() != "":
		return e.administration()
	case (s[left] || e.subject.ofSender && e.subject.says(left)) && !(s[away] && (s[until] || s[back])):
		return FormLeft
	case s[away] || s[later] || e.subject.away || e.subjectAway():
		return FormAway
	case s[received] || e.subject.received || s[thanks] && (s[machine] || s[contact] || e.subject.program) || ticketSubject.MatchString(e.c.subject):
		return FormAcknowledgement
	}
	return ""
}

// subjectAway says that the words of a program's subject speak of absence, such as "Out of Office AutoReply" and "Abwesenheitsnotiz".
func (e *evidence) subjectAway() bool {
	if !e.subject.program {
		return false
	}
	begin := foldWord(head(e.subject.rest, 40))
	for _, w := range []string{"office", "absen", "abwesen", "urlaub", "vacation", "holiday", "leave", "away", "afwezig", "franvar", "fravær", "poissa", "nieobecn", "nepritomn", "hazon kivul", "不在", "休暇", "부재", "外出", "休假"} {
		if strings.Contains(begin, foldWord(w)) {
			return true
		}
	}
	return false
}

// furthest is how far ahead a return is believed: parental leave is the longest that people announce.
const furthest = 500 * 24 * time.Hour

// until finds the first day back. A date after "back on" tells it; then one after "until"; then the day after one that is included.
func (e *evidence) until() time.Time {
	text, toks, hits := e.own.text, e.toks, e.hits
	if e.subject.dated() {
		// Notes has it in the subject: "… is out of the office (returning 10/03/2025)".
		text = e.subject.rest + ".\n\n" + text
		toks = tokens(text)
		hits = lexicon().find(toks, len(toks))
	}
	dates := findDates(text, toks)
	for _, want := range []sense{back, until, through} {
		for _, h := range hits {
			if h.sense != want {
				continue
			}
			d, ok := beside(dates, toks, h, want)
			if !ok {
				continue
			}
			inclusive := want == through || d.ranged && want != back || want == until && saysInclusive(text, toks, d)
			if t, ok := e.dated(d, inclusive); ok {
				return t
			}
		}
	}
	for _, d := range dates {
		if d.ranged {
			if t, ok := e.dated(d, true); ok {
				return t
			}
		}
	}
	return time.Time{}
}

// dated resolves a date and believes it when it is near the mail's own.
func (e *evidence) dated(d dateSpan, inclusive bool) (time.Time, bool) {
	sent := e.c.m.Date
	t, ok := d.resolve(sent)
	if !ok {
		return t, false
	}
	if inclusive {
		t = t.AddDate(0, 0, 1)
	}
	if !sent.IsZero() && (t.Before(sent.AddDate(0, 0, -2)) || t.Sub(sent) > furthest) {
		return t, false
	}
	return t, true
}

// beside finds the date that belongs to a word like "until": the next one in the sentence, or the one before it in languages that put the
// word last (Finnish, Turkish, Japanese, Korean).
func beside(dates []dateSpan, toks []token, h hit, want sense) (dateSpan, bool) {
	for _, d := range dates {
		if d.from < h.to || d.from > h.to+5 {
			continue
		}
		for k := h.to; k < d.from; k++ {
			if toks[k].sentence && k > h.to {
				return dateSpan{}, false
			}
		}
		return d, true
	}
	switch toks[h.from].text {
	case "asti", "saakka", "kadar", "tarihine", "ま", "까", "ig", "e", "a", "ye", "itibaren", "か", "부", "तक":
		for i := len(dates) - 1; i >= 0; i-- {
			if d := dates[i]; d.to <= h.from && d.to >= h.from-2 {
				return d, true
			}
		}
	}
	return dateSpan{}, false
}

// saysInclusive says that a word beside the date includes it: "until 3 March inclusive", "bis einschließlich".
func saysInclusive(text string, toks []token, d dateSpan) bool {
	around := foldWord(text[toks[max(0, d.from-3)].start:toks[min(len(toks), d.to+2)-1].end])
	for _, w := range []string{"inclu", "einschl", "inkl", "compris", "wlacznie", "vcetne", "vratane", "t/m", "og med", "och med", "included", "gan gynnwys", "zakljucno", "vkljucno"} {
		if strings.Contains(around, w) {
			return true
		}
	}
	return false
}

var (
	phoneNumber = regexp.MustCompile(`(?:\+|\(0|\b0|\b1[-. ]?\()[\d()/. \-]{6,20}\d`)
	numericDate = regexp.MustCompile(`^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b`)
	plainEmail  = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=_~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
)

// colleagues finds whom to ask instead: the addresses and telephone numbers in lines that say so, or below such a line. The author's own
// and ours are none, and her signature, which follows a closing, is not read.
func (e *evidence) colleagues() []Colleague {
	var out []Colleague
	asked := 0 // lines still to look at after one that says whom to ask
	for _, line := range strings.Split(joinWrapped(cutClosing(e.own.text)), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		asks := e.lineAsks(line)
		if asks {
			asked = 3
		}
		if asked == 0 {
			continue
		}
		asked--
		found := e.inLine(line)
		if len(found) == 0 && !asks {
			continue
		}
		for _, c := range found {
			out = addColleague(out, c)
		}
		if len(out) >= 10 {
			return out[:10]
		}
	}
	return out
}

// joinWrapped joins lines that a mail program wrapped inside a paragraph.
func joinWrapped(text string) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for i, l := range lines {
		b.WriteString(strings.TrimRight(l, " \t"))
		long := utf8.RuneCountInString(l) > 50
		if i+1 < len(lines) && long && strings.TrimSpace(lines[i+1]) != "" {
			b.WriteByte(' ')
		} else {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (e *evidence) lineAsks(line string) bool {
	toks := tokens(line)
	for _, h := range lexicon().find(toks, len(toks)) {
		if h.sense == contact {
			return true
		}
	}
	return false
}

// inLine finds the people in one line or paragraph.
func (e *evidence) inLine(line string) []Colleague {
	var out []Colleague
	spots := plainEmail.FindAllStringIndex(line, 10)
	from := 0
	for i, at := range spots {
		to := len(line)
		if i+1 < len(spots) {
			to = spots[i+1][0]
		}
		addr := strings.Trim(line[at[0]:at[1]], ".,;:'")
		before, after := line[from:at[0]], line[at[1]:to]
		from = at[1]
		if e.ours(addr) {
			continue
		}
		phone := firstPhone(before)
		if phone == "" && (i+1 == len(spots) || len(spots) == 1) {
			phone = firstPhone(after)
		}
		out = append(out, Colleague{Name: nameIn(before, true), Email: strings.ToLower(addr), Phone: phone})
	}
	if len(spots) > 0 {
		return out
	}
	name, phone := nameIn(line, false), firstPhone(line)
	if name == "" && phone == "" {
		return nil
	}
	return []Colleague{{Name: name, Phone: phone}}
}

// ours says that an address is the author's own, or one the answer was sent to.
func (e *evidence) ours(addr string) bool {
	m := e.c.m
	for _, a := range append(append(append(m.From[:len(m.From):len(m.From)], m.ReplyTo...), m.To...), m.Sender...) {
		if strings.EqualFold(a.Addr, addr) {
			return true
		}
	}
	return false
}

func firstPhone(s string) string {
	for _, p := range phoneNumber.FindAllString(s, 5) {
		digits := 0
		for _, r := range p {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits >= 7 && digits <= 15 && !numericDate.MatchString(p) {
			return strings.Trim(p, " .-/(")
		}
	}
	return ""
}

// nameIn finds a person's or a team's name: a run of capitalised words; the last one before an address, the first after a word of asking
// otherwise. last says which.
func nameIn(s string, last bool) string {
	s = strings.NewReplacer("mailto:", " ", "<", " < ", "(", " ( ", ")", " ) ", "[", " [ ").Replace(s)
	var best string
	var run []string
	flush := func() {
		for len(run) > 0 && !nameEnd(run[len(run)-1]) {
			run = run[:len(run)-1]
		}
		for len(run) > 0 && notNames[foldWord(strings.Trim(run[0], ",.:;"))] {
			run = run[1:]
		}
		if name := strings.Join(run, " "); len(run) > 0 && len(run) <= 5 && len(name) > 2 && (best == "" || last) && (len(run) > 1 || !last || best == "") {
			best = name
		}
		run = nil
	}
	sentence := true
	for _, w := range strings.Fields(s) {
		bare := strings.Trim(w, ",.:;\"'“”()!")
		r, _ := utf8.DecodeRuneInString(bare)
		isName := unicode.IsUpper(r) && !strings.ContainsAny(bare, "@/0123456789") && !notNames[foldWord(bare)] && months[foldWord(bare)] == 0 && utf8.RuneCountInString(bare) > 1
		if _, day := weekdays[foldWord(bare)]; day {
			isName = false
		}
		switch {
		case isName && !(sentence && !strings.Contains(foldWord(s), "@") && len(run) == 0 && len(strings.Fields(s)) > 8 && notNames[foldWord(bare)]):
			run = append(run, bare)
			if strings.HasSuffix(w, ",") || strings.HasSuffix(w, ".") || strings.HasSuffix(w, ":") || strings.HasSuffix(w, ";") {
				flush()
			}
		case len(run) > 0 && nameParticles[foldWord(bare)]:
			run = append(run, bare)
		default:
			flush()
		}
		sentence = strings.HasSuffix(w, ".")
	}
	flush()
	return best
}

func nameEnd(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// nameParticles stand inside names; notNames are capitalised words that are none, folded.
var (
	nameParticles = words("van von de der den del di da la le ap ab al bin ibn ter ten du dos")
	notNames      = words(`please if for in i you the my our your we thank thanks kind regards best should any all this that should during while when on at contact email mail phone tel telephone
		mobile office mr mrs ms miss dr herr frau monsieur madame m mme and or if urgent urgently in or out leave annual i'm i am will be he she they it to from of with by ext extension line
		hello hi dear alternatively otherwise number is are can os am ar yn mewn diolch rydw rwyf cysylltwch bitte in wenden sie ihre ihr vielen dank mit freundlichen für bei pour en je veuillez merci vous
		si por favor en para mi su gracias per in proszę w dziękuję pilnych sprawach mój moja kontakt uk eu am pm bst gmt urgent matters enquiries queries during absence direct
		automatic reply subject message re fax ich meine meinen kollegin kollege kollegen mein meiner vertretung neem met bel voor uw ik tel. voicemail`)
)

// closings begin the end of a letter; what follows is the signature.
var closings = regexp.MustCompile(`(?im)^[ \t]*(?:(?:kind|best|warm|many|with kind|warmest)?[ \t]*regards|best wishes|many thanks|thanks|thank you|cheers|sincerely|yours \w+|cofion(?: \w+)?|diolch(?: yn fawr)?|cordialement|bien cordialement|` +
	`mit freundlichen grüßen|mit freundlichem gruß|freundliche grüße|viele grüße|beste grüße|mfg|saludos(?: cordiales)?|un saludo|atentamente|cordiali saluti|distinti saluti|met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|` +
	`med vänliga hälsningar|vänliga hälsningar|med venlig hilsen|vennlig hilsen|med vennlig hilsen|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem|atenciosamente|cumprimentos|melhores cumprimentos|s pozdravem|üdvözlettel|с уважением|-- ?)[ \t]*[,.!]?[ \t]*$`)

func cutClosing(text string) string {
	if i := closings.FindStringIndex(text); i != nil && i[0] > 40 {
		return text[:i[0]]
	}
	return text
}

// addColleague adds c, or completes the one it belongs to: a telephone number that follows a name.
func addColleague(list []Colleague, c Colleague) []Colleague {
	for i, have := range list {
		switch {
		case c.Email != "" && have.Email == c.Email, c.Email == "" && c.Name != "" && have.Name == c.Name:
			if have.Phone == "" {
				list[i].Phone = c.Phone
			}
			return list
		case c.Email == "" && c.Name == "" && have.Phone == c.Phone:
			return list
		}
	}
	if n := len(list); n > 0 && c.Email == "" && c.Name == "" && list[n-1].Phone == "" {
		list[n-1].Phone = c.Phone
		return list
	}
	return append(list, c)
}
