package calendar

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Join is how a meeting can be reached. Passcode and the identifiers are credentials: never log or show them to those who do not
// dial. Empty fields were not given: an invitation without a phone block is common.
type Join struct {
	URL          string // https link, unwrapped from safe links
	MeetingID    string // digits only, 9 to 15
	Passcode     string
	Phone        string // E.164: + and digits
	ConferenceID string // digits to send after the phone is answered, followed by #
	SIPURI       string // tenant key for video rooms, local@domain
	VideoID      string // digits for the video service
	Conflict     string // in words, when two places contradict each other; the field is then empty
}

// JoinFrom reads the join details of an event and of the message that brought it. htmlBody and textBody may be empty.
func JoinFrom(e Event, textBody, htmlBody string) Join {
	texts := []string{e.Description, flatten(e.altHTML), textBody, flatten(htmlBody), e.Location}
	var j Join
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			j.fill(readJoin(t))
		}
	}
	j.URL = chooseURL(e, texts)
	if j.ConferenceID == "" && j.Conflict == "" {
		j.ConferenceID = e.teams.confID
	}
	if j.Phone == "" {
		j.Phone = e164(e.teams.tollNumber)
	}
	if j.MeetingID == "" {
		j.MeetingID = idInURL(j.URL)
	}
	return j
}

// fill takes from o what j lacks.
func (j *Join) fill(o Join) {
	if j.Conflict == "" && o.Conflict != "" && j.ConferenceID == "" {
		j.Conflict = o.Conflict
	}
	for _, f := range []struct{ to, from *string }{
		{&j.MeetingID, &o.MeetingID}, {&j.Passcode, &o.Passcode}, {&j.Phone, &o.Phone}, {&j.ConferenceID, &o.ConferenceID},
		{&j.SIPURI, &o.SIPURI}, {&j.VideoID, &o.VideoID},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	if j.Conflict != "" {
		j.ConferenceID = "" // a contradiction in one form of the invitation is not settled by another form of it
	}
}

var (
	linkForm   = regexp.MustCompile(`https?://[^\s<>"'\x60\])}]+`)
	dialForm   = regexp.MustCompile(`(\+?\d[\d ().\-]{6,22}\d)\s*,{1,4}\s*(\d[\d ]{3,14}\d)\s*#`)
	telLink    = regexp.MustCompile(`(?i)tel:\+?[^\s>"]+`)
	phoneForm  = regexp.MustCompile(`\+\d[\d ().\-]{7,20}\d`)
	hashDigits = regexp.MustCompile(`(?:^|[:：\s])\s*(\d[\d ]{3,16}\d)\s?#\s*$`)
	digitLine  = regexp.MustCompile(`^[^\d<>@]{0,60}[:：]\s*(\d{2,}(?:[ \x{a0}-]?\d+)*)\s*$`)
	bareDigits = regexp.MustCompile(`^(\d{2,4}(?:[ \x{a0}-]\d{1,4}){1,5}|\d{9,15})$`)
	labelOnly  = regexp.MustCompile(`^[^\d<>@]{2,60}[:：]$`)
	passLine   = regexp.MustCompile(`^[^<>@\d]{0,60}?[:：]\s*(\S{4,24})$`)
	addrForm   = regexp.MustCompile(`[A-Za-z0-9._+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+`)
	angled     = regexp.MustCompile(`<[^<>]*>`)
	vtcWords   = regexp.MustCompile(`(?i)\b(?:vtc|video|tenant|sip|cvi)\b|fideo|vídeo|vidéo|konferenzgerät|videokonferenz`)
)

// joinScanner reads a body line by line, by the shapes of numbers rather than by labels, which are translated.
type joinScanner struct {
	j        Join
	printed  string // the conference ID as printed
	dialled  string // the conference ID after ",,"
	afterSIP bool   // a tenant key stood above
	lastID   int    // line of the meeting ID
}

// readJoin reads the join details out of one text, in which links stand as label<url>.
func readJoin(text string) Join {
	s := joinScanner{lastID: -10}
	lines := joinLabels(text)
	for i, l := range lines {
		s.line(i, l, lines)
	}
	switch {
	case s.printed != "" && s.dialled != "" && s.printed != s.dialled:
		s.j.Conflict = "The phone conference ID in the dialling string is not the printed one."
		s.j.ConferenceID = ""
	case s.dialled != "":
		s.j.ConferenceID = s.dialled
	default:
		s.j.ConferenceID = s.printed
	}
	return s.j
}

// joinLabels cuts text into squeezed lines without blank ones; a label alone on its line takes the next line as its value.
func joinLabels(text string) []string {
	if len(text) > 1<<20 {
		text = text[:1<<20]
	}
	var out []string
	for _, l := range strings.Split(strings.NewReplacer("\r", "\n", "\u00a0", " ", "*", "", "\u200b", "", "\u202a", "", "\u202c", "").Replace(text), "\n") {
		l = strings.TrimLeft(strings.Join(strings.Fields(l), " "), "> |")
		if l == "" {
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

func (s *joinScanner) line(i int, l string, lines []string) {
	plain := strings.TrimSpace(angled.ReplaceAllString(l, ""))
	tel := ""
	if m := telLink.FindString(l); m != "" {
		if u, err := url.PathUnescape(m[4:]); err == nil {
			tel = u
		}
	}
	for _, cand := range []string{plain, tel} {
		if m := dialForm.FindStringSubmatch(cand); m != nil && s.dialled == "" {
			s.j.Phone, s.dialled = e164(m[1]), digitsOnly(m[2])
			return
		}
	}
	if dialForm.MatchString(plain) {
		return // a second number of the same meeting
	}
	if m := hashDigits.FindStringSubmatch(plain); m != nil {
		if s.printed == "" {
			s.printed = digitsOnly(m[1])
		}
		return
	}
	if a := addrForm.FindString(plain); a != "" && s.sipAddress(a, i, lines) {
		if s.j.SIPURI == "" {
			s.j.SIPURI = a
			s.afterSIP = true
			if m := digitLine.FindStringSubmatch(strings.TrimSpace(plain[strings.Index(plain, a)+len(a):])); m != nil {
				s.j.VideoID = digitsOnly(m[1])
			}
		}
		return
	}
	if s.j.Phone == "" {
		if m := phoneForm.FindString(plain); m != "" && nearHash(i, lines) {
			s.j.Phone = e164(m)
			return
		}
	}
	s.numbers(i, plain)
}

// numbers files a line of digits, or the passcode below the meeting ID.
func (s *joinScanner) numbers(i int, plain string) {
	m := digitLine.FindStringSubmatch(plain)
	if m == nil {
		m = bareDigits.FindStringSubmatch(plain)
	}
	if m != nil {
		d := digitsOnly(m[1])
		switch {
		case (s.afterSIP || vtcWords.MatchString(plain)) && len(d) >= 7 && len(d) <= 14 && s.j.VideoID == "":
			s.j.VideoID = d
			return
		case len(d) >= 9 && len(d) <= 15 && s.j.MeetingID == "" && !s.afterSIP:
			s.j.MeetingID, s.lastID = d, i
			return
		}
	}
	if i == s.lastID+1 && s.j.Passcode == "" {
		if m := passLine.FindStringSubmatch(plain); m != nil && !strings.Contains(m[1], "://") {
			s.j.Passcode = m[1]
		}
	}
}

// sipAddress says that an address is where video rooms dial: digits for the video service stand on its line or below, or its
// domain is one of the known services.
func (s *joinScanner) sipAddress(a string, i int, lines []string) bool {
	domain := strings.ToLower(a[strings.IndexByte(a, '@')+1:])
	for _, known := range []string{"t.plcm.vc", "m.webex.com", "onpexip.com", "pexip.me", "zoomcrc.com", "lync.webex.com"} {
		if domain == known || strings.HasSuffix(domain, "."+known) {
			return true
		}
	}
	if strings.HasPrefix(domain, "vc.") || strings.HasPrefix(domain, "video.") || strings.HasPrefix(domain, "vtc.") {
		return true
	}
	for k := i; k <= i+1 && k < len(lines); k++ {
		l := strings.TrimSpace(angled.ReplaceAllString(lines[k], ""))
		if k > i && !strings.HasSuffix(l, "#") && digitLine.MatchString(l) && i > 0 && (vtcWords.MatchString(l) || vtcWords.MatchString(lines[i-1]) || vtcWords.MatchString(lines[i])) {
			return true
		}
	}
	return false
}

// nearHash says that a phone conference ID is printed within the next lines.
func nearHash(i int, lines []string) bool {
	for k := i + 1; k <= i+4 && k < len(lines); k++ {
		if hashDigits.MatchString(strings.TrimSpace(angled.ReplaceAllString(lines[k], ""))) {
			return true
		}
	}
	return false
}

func digitsOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// e164 brings a printed number to + and digits; a national number of the United Kingdom gets its country code.
func e164(s string) string {
	s = strings.ReplaceAll(s, "(0)", "")
	d := digitsOnly(s)
	switch {
	case d == "":
		return ""
	case strings.HasPrefix(strings.TrimSpace(s), "+"):
		return "+" + d
	case strings.HasPrefix(d, "00"):
		return "+" + d[2:]
	case strings.HasPrefix(d, "0"):
		return "+44" + d[1:]
	}
	return "+" + d
}

// teamsHosts are the hosts of real Teams links; a longer name that only contains one is a trap.
var teamsHosts = map[string]bool{"teams.microsoft.com": true, "teams.live.com": true, "teams.cloud.microsoft": true, "gov.teams.microsoft.us": true, "dod.teams.microsoft.us": true}

// chooseURL picks the link of the meeting: of the Teams links the one of the calendar's thread, else the calendar's canonical one,
// else the last long link, else the last short one; then a link of another service.
func chooseURL(e Event, texts []string) string {
	var long, short, other []string
	add := func(raw string) {
		u, kind := meetingLink(raw)
		switch kind {
		case "long":
			long = append(long, u)
		case "short":
			short = append(short, u)
		case "other":
			other = append(other, u)
		}
	}
	for _, t := range texts {
		for _, raw := range linkForm.FindAllString(t, 500) {
			add(raw)
		}
	}
	canonical, kind := meetingLink(e.teams.url)
	if e.teams.cid != "" {
		for i := len(long) - 1; i >= 0; i-- {
			if u, err := url.PathUnescape(long[i]); err == nil && strings.Contains(u, e.teams.cid) {
				return long[i]
			}
		}
	}
	switch {
	case kind != "":
		return canonical
	case len(long) > 0:
		return long[len(long)-1]
	case len(short) > 0:
		return short[len(short)-1]
	case e.conferenceURL != "":
		return e.conferenceURL
	case len(other) > 0:
		return other[0]
	}
	return ""
}

// meetingLink unwraps a link and says what it is: a "long" or "short" Teams link, a link of an "other" meeting service, or "".
func meetingLink(raw string) (string, string) {
	raw = strings.TrimRight(raw, ".,;")
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", ""
	}
	host := strings.ToLower(u.Hostname())
	if strings.HasSuffix(host, ".safelinks.protection.outlook.com") {
		if inner := u.Query().Get("url"); inner != "" && !strings.Contains(inner, "safelinks") {
			return meetingLink(inner)
		}
		return "", ""
	}
	path := strings.ToLower(u.EscapedPath())
	if teamsHosts[host] {
		switch {
		case strings.Contains(path, "/l/meetup-join/"):
			return raw, "long"
		case strings.HasPrefix(path, "/meet/"):
			return raw, "short"
		}
		return "", ""
	}
	switch {
	case (host == "zoom.us" || strings.HasSuffix(host, ".zoom.us")) && (strings.HasPrefix(path, "/j/") || strings.HasPrefix(path, "/my/") || strings.HasPrefix(path, "/w/")),
		host == "meet.google.com" && len(path) > 4, strings.HasSuffix(host, ".webex.com") && (strings.Contains(path, "/meet/") || strings.Contains(path, "/j.php")),
		strings.HasSuffix(host, "whereby.com") && len(path) > 1:
		return raw, "other"
	}
	return "", ""
}

// idInURL reads the meeting ID out of a short Teams link.
func idInURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || !teamsHosts[strings.ToLower(u.Hostname())] {
		return ""
	}
	id, ok := strings.CutPrefix(u.Path, "/meet/")
	if d := digitsOnly(id); ok && d == id && len(d) >= 9 && len(d) <= 15 {
		return d
	}
	return ""
}

// flatten turns HTML into text with one line per block and links written as label<url>.
func flatten(src string) string {
	if !strings.Contains(src, "<") {
		return src
	}
	var b strings.Builder
	var hrefs []string
	skip := 0
	z := html.NewTokenizer(strings.NewReader(src[:min(len(src), 2<<20)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(" "+string(z.Text())+" ", func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, has := z.TagName()
			switch tag := atom.Lookup(name); tag {
			case atom.A:
				href := ""
				for has {
					var k, v []byte
					k, v, has = z.TagAttr()
					if string(k) == "href" {
						href = string(v)
					}
				}
				hrefs = append(hrefs, href)
			case atom.Script, atom.Style:
				skip++
			case atom.Br, atom.P, atom.Div, atom.Tr, atom.Td, atom.Li, atom.Hr, atom.Table, atom.H1, atom.H2, atom.H3:
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.A:
				if n := len(hrefs); n > 0 {
					if hrefs[n-1] != "" {
						b.WriteString("<" + hrefs[n-1] + "> ")
					}
					hrefs = hrefs[:n-1]
				}
			case atom.Script, atom.Style:
				skip = max(0, skip-1)
			case atom.P, atom.Div, atom.Tr, atom.Li, atom.Table, atom.H1, atom.H2, atom.H3:
				b.WriteByte('\n')
			}
		}
	}
}
