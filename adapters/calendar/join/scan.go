package join

import (
	"regexp"
	"strings"

	"kinbridge/adapters/calendar/problem"
)

var (
	dialForm   = regexp.MustCompile(`(\+?\d[\d ().\-]{6,22}\d)\s*,{1,4}\s*(?:\*\d\d\*)?(\d[\d ]{2,14}\d)\s*#(?:[#,\s]*\*(\d{4,12})#|#?(\d{4,12})#)?`)
	telLink    = regexp.MustCompile(`(?i)tel:(?:\+|%2b)?[^\s>"]{4,200}`)
	phoneForm  = regexp.MustCompile(`\+\d[\d ().\-]{7,20}\d`)
	phoneFirst = regexp.MustCompile(`^[•·\-\s]*(?:\([A-Z]{2}\)\s*)?\+\d`)
	hashDigits = regexp.MustCompile(`(?:^|[:：\s])\s*(\d[\d ]{2,16}\d)\s?#\s*$`)
	digitLine  = regexp.MustCompile(`^[^\d<>@]{0,60}[:：]\s*(\d{2,}(?:[ -]?\d+)*)\s*$`)
	bareDigits = regexp.MustCompile(`^(\d{2,4}(?:[ -]\d{1,4}){1,5}|\d{9,15})$`)
	labelOnly  = regexp.MustCompile(`^[^\d<>@]{2,60}[:：]$`)
	passLine   = regexp.MustCompile(`^[^<>@\d]{0,60}?[:：]\s*(\S{4,24})(?:\s\((\d{4,12})\s[^)]*\))?$`)
	addrForm   = regexp.MustCompile(`[A-Za-z0-9._+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}`)
	angled     = regexp.MustCompile(`<[^<>]*>`)
	vtcWords   = regexp.MustCompile(`(?i)\b(?:vtc|video|tenant|sip|cvi)\b|fideo|vídeo|vidéo|wideo|visio|konferenzgerät|vide[oó][\s-]?[ck]onf`)
)

// The bounds of one text: far above any invitation. A longer line is cut, since shapes stand near its beginning.
const (
	maxLines = 5000
	maxLine  = 8000
)

// wanted is what is known of the meeting already: a chain of forwards is searched for it.
type wanted struct{ thread, url, meetingID string }

// readText reads the join details out of one text, in which links stand as label<url>. When it quotes several invitations, it reads the
// one that is wanted, else the topmost.
func readText(text string, people map[string]bool, l *linkReader, want wanted) Details {
	if strings.TrimSpace(text) == "" {
		return Details{}
	}
	var found []Details
	for _, lines := range segments(joinLabels(text)) {
		s := scanner{people: people, lastID: -10, lastDial: -100, want: want}
		if d := s.read(lines, l); d.says() {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return Details{}
	}
	best, matched := found[0], false
	for _, d := range found { // a reference number in a signature above what was forwarded is no meeting
		if d.reaches() {
			best = d
			break
		}
	}
	for _, d := range found {
		if want.thread != "" && d.thread == want.thread || want.url != "" && d.URL == want.url || want.meetingID != "" && d.MeetingID == want.meetingID {
			best, matched = d, true
			break
		}
	}
	for _, d := range found {
		if !matched && d.identity() != "" && best.identity() != "" && d.identity() != best.identity() {
			best.Problems = problem.Add(best.Problems, problem.New(problem.Chain))
		}
	}
	return best
}

func (d *Details) says() bool {
	return d.URL != "" || d.ConferenceID != "" || d.MeetingID != "" || d.SIPURI != "" || len(d.Problems) > 0
}

// reaches says that there is more than a number.
func (d *Details) reaches() bool { return d.URL != "" || d.ConferenceID != "" || d.SIPURI != "" }

// identity names the meeting that details lead to.
func (d *Details) identity() string {
	if d.thread != "" {
		return d.thread
	}
	return d.URL
}

// joinLabels cuts text into squeezed lines without blank ones; a label alone on its line takes the next line as its value.
func joinLabels(text string) []string {
	text = text[:min(len(text), maxText)]
	var out []string
	clean := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u200b", "", "\u200e", "", "\u202a", "", "\u202c", "", "\ufeff", "")
	for rest := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text); rest != "" && len(out) < maxLines; {
		var l string
		l, rest, _ = strings.Cut(rest, "\n")
		if strings.TrimSpace(l) == "" {
			continue
		}
		l = clean.Replace(l[:min(len(l), 2*maxLine)])
		l, rest = rejoin(l, rest, clean)
		words := strings.Fields(l)
		for i, w := range words {
			if strings.IndexByte(w, '*') >= 0 && !strings.Contains(w, "://") && !strings.Contains(w, ",*") {
				words[i] = strings.ReplaceAll(w, "*", "") // bold type, where no link or dialling string has one
			}
		}
		l = strings.TrimLeft(strings.Join(words, " "), "> |")
		if l = strings.ToValidUTF8(l[:min(len(l), maxLine)], ""); l == "" {
			continue
		}
		if n := len(out); n > 0 && labelOnly.MatchString(out[n-1]) && !labelOnly.MatchString(l) {
			out[n-1] += " " + l
			continue
		}
		out = append(out, l)
	}
	return out
}

// maxBroken is over how many lines a link can be broken.
const maxBroken = 12

// rejoin makes a link in brackets whole that was broken over lines (RFC 3986 appendix C). One that is never closed stays as it is.
func rejoin(l, rest string, clean *strings.Replacer) (line, left string) {
	line, left = l, rest
	for n := 0; n < maxBroken && opensLink(line); n++ {
		next, after, _ := strings.Cut(left, "\n")
		next = strings.TrimLeft(next, "> |\t")
		at := strings.IndexAny(next, "> \t<")
		if next == "" || len(line)+len(next) > 2*maxLine || at == 0 || at > 0 && next[at] != '>' {
			break
		}
		line, left = strings.TrimRight(line, " \t")+clean.Replace(next), after
		if at > 0 {
			return line, left
		}
	}
	return l, rest
}

// opensLink says that a line ends inside a link that began with a bracket.
func opensLink(l string) bool {
	at := strings.LastIndexByte(l, '<')
	return at >= 0 && strings.HasPrefix(l[at+1:], "http") && strings.Contains(l[at:], "://") && !strings.ContainsAny(strings.TrimRight(l[at+1:], " \t"), "> \t")
}

var (
	ruled       = regexp.MustCompile(`^-{3,}\s*\pL[\pL ,.'’]{2,60}\s*-{3,}$`)
	forwarded   = regexp.MustCompile(`(?i)^(?:begin forwarded message|dechrau neges a anfonwyd ymlaen|anfang der weitergeleiteten nachricht|début du message transféré|inicio del mensaje reenviado)\s?:`)
	wrote       = regexp.MustCompile(`(?i)(?:wrote|ysgrifennodd|schrieb|a écrit|escribió|napisał(?:\(a\))?|a scris)\s?:$`)
	headerFrom  = regexp.MustCompile(`^(?:From|Oddi wrth|O|Von|De|De la|Od|Da)\s?:\s`)
	headerDated = regexp.MustCompile(`^(?:Sent|Date|Anfonwyd|Dyddiad|Gesendet|Datum|Envoyé|Enviado|Fecha|Wysłano|Data|Trimis|When|Pryd|Wann|Quand|Cuándo|Kiedy|Când)\s?:\s`)
)

// segments parts a text where a forwarded or quoted message begins.
func segments(lines []string) [][]string {
	var out [][]string
	from := 0
	for i, l := range lines {
		begins := l[0] == '-' && ruled.MatchString(l) || strings.Contains(l, ":") && (forwarded.MatchString(l) || strings.HasSuffix(l, ":") && wrote.MatchString(l))
		if !begins && headerFrom.MatchString(l) {
			for k := i + 1; k <= i+4 && k < len(lines); k++ {
				begins = begins || headerDated.MatchString(lines[k])
			}
		}
		if begins && i > from && len(out) < 100 {
			out = append(out, lines[from:i])
			from = i
		}
	}
	return append(out, lines[from:])
}

// scanner reads one invitation line by line, by the shapes of numbers rather than by labels, which are translated.
type scanner struct {
	d        Details
	people   map[string]bool
	want     wanted
	printed  string // the conference ID as printed
	dialled  string // the conference ID after ",,"
	afterSIP bool   // a tenant key stood above, and its video ID is still to come
	lastID   int    // line of the meeting ID
	lastDial int    // line of the last dialling string
	linkLine int    // line of the first meeting link, -1 when there is none
	loose    []Phone
	links    []link
}

func (s *scanner) read(lines []string, l *linkReader) Details {
	s.linkLine = -1
	for i, line := range lines {
		if !strings.Contains(line, "://") {
			continue
		}
		for _, at := range linkForm.FindAllStringIndex(line, 100) {
			raw := line[at[0]:at[1]]
			if at[1] == len(line) || line[at[1]] != '>' { // between brackets all of it is the link
				raw = unpunctuated(raw)
			}
			if k := l.follow(raw); k.kind != "" {
				s.links = append(s.links, k)
				if k.kind != "video" && s.linkLine < 0 {
					s.linkLine = i
				}
			}
		}
	}
	s.chooseLink()
	for i, line := range lines {
		s.line(i, line, lines)
	}
	s.settle()
	return s.d
}

// chooseLink picks the link of the meeting: of the Teams links the one of the wanted thread, else the last long one, else the last short
// one; then the first of another service.
func (s *scanner) chooseLink() {
	rank := map[string]int{"other": 1, "short": 2, "long": 3}
	var best link
	for _, k := range s.links {
		switch {
		case rank[k.kind] == 0:
		case k.thread != "" && k.thread == s.want.thread:
			s.d.setLink(k)
			return
		case rank[k.kind] > rank[best.kind] || rank[k.kind] == rank[best.kind] && k.kind != "other":
			best = k
		}
	}
	if best.kind != "" {
		s.d.setLink(best)
	}
}

// settle makes up the identifiers from where they were found, and compares.
func (s *scanner) settle() {
	switch {
	case s.printed != "" && s.dialled != "" && s.printed != s.dialled:
		s.d.refuse(problem.ConferenceMismatch, s.dialled, s.printed)
	case s.dialled != "":
		s.d.ConferenceID = s.dialled
	default:
		s.d.ConferenceID = s.printed
	}
	if (s.d.Service == Zoom || s.d.Service == Webex) && s.d.Phone == "" && len(s.loose) > 0 && s.d.MeetingID != "" {
		s.d.ConferenceID = s.d.MeetingID // they print the number alone, and ask for the meeting's
		s.addPhone(s.loose[0].Number, s.loose[0].Place)
	}
	if s.d.Phone != "" {
		for _, p := range s.loose {
			s.addPhone(p.Number, p.Place)
		}
	}
	for _, k := range s.links {
		if k.kind == "video" {
			s.videoLink(k)
			return
		}
	}
}

// videoLink takes what the link to the instructions for video devices says: it is preferred to the printed text, unless they differ.
func (s *scanner) videoLink(k link) {
	if k.tenant != "" && s.d.SIPURI != "" && !strings.EqualFold(k.tenant, s.d.SIPURI) {
		s.d.refuse(problem.TenantMismatch, s.d.SIPURI, k.tenant)
		return
	}
	if s.d.VideoID != "" && s.d.VideoID != k.video {
		s.d.refuse(problem.VideoMismatch, s.d.VideoID, k.video)
		return
	}
	_, domain, _ := strings.Cut(k.direct, "@")
	if _, printed, ok := strings.Cut(strings.ToLower(s.d.SIPURI), "@"); ok && k.tenant == "" && !sameDomain(printed, domain) {
		s.d.refuse(problem.TenantMismatch, s.d.SIPURI, k.direct)
		return
	}
	s.d.VideoID, s.d.DirectSIP = k.video, k.direct
	if k.tenant != "" {
		s.d.SIPURI = k.tenant
	}
}

func (s *scanner) addPhone(number, place string) {
	if number == "" {
		return
	}
	if s.d.Phone == "" {
		s.d.Phone = number
	}
	for _, p := range s.d.Phones {
		if p.Number == number {
			return
		}
	}
	if len(s.d.Phones) < 30 {
		s.d.Phones = append(s.d.Phones, Phone{Number: number, Place: place})
	}
}
