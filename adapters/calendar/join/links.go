package join

import (
	"net/url"
	"regexp"
	"strings"

	"kinbridge/adapters/calendar/problem"
)

var linkForm = regexp.MustCompile(`https?://[^\s<>"'\x60\])}]+`)

// maxLinks bounds the links of one invitation that are looked at, maxWraps the filters a link may have gone through.
const (
	maxLinks = 1000
	maxWraps = 5
)

// teamsHosts are the hosts of real Teams links; a longer name that only contains one is a trap.
var teamsHosts = map[string]bool{"teams.microsoft.com": true, "teams.live.com": true, "teams.cloud.microsoft": true, "gov.teams.microsoft.us": true, "dod.teams.microsoft.us": true}

// link is a link that leads into a meeting, or to the instructions for its video devices.
type link struct {
	url     string
	kind    string // "long" and "short" of Teams, "other", "video" for instructions, "" for none
	service Service
	thread  string // of a long Teams link, lower case
	tenant  string // of a "video" link, like the two below
	video   string
	direct  string
}

// linkReader reads links and remembers what was refused.
type linkReader struct {
	left     int
	problems []problem.Problem
}

// unpunctuated is a link without the end of the sentence that it stands in.
func unpunctuated(raw string) string { return strings.TrimRight(raw, ".,;") }

// read is follow for a link that may be followed by the end of a sentence.
func (l *linkReader) read(raw string) link { return l.follow(unpunctuated(raw)) }

// follow unwraps a link and says what it is.
func (l *linkReader) follow(raw string) link {
	if l.left--; l.left < 0 || raw == "" {
		return link{}
	}
	for wraps := 0; ; wraps++ {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" {
			return link{}
		}
		inner, wrapped := unwrap(u)
		if !wrapped {
			return l.classify(u, raw)
		}
		if inner == "" || wraps == maxWraps {
			if meetingish(u) {
				l.problems = problem.Add(l.problems, problem.New(problem.Wrapped, u.Hostname()))
			}
			return link{}
		}
		raw = inner
	}
}

// meetingish says that a filter's link mentions a meeting service.
func meetingish(u *url.URL) bool {
	q := strings.ToLower(u.RawQuery)
	for _, s := range []string{"teams.microsoft", "teams.live", "teams.cloud", "zoom.us", "webex.com", "meet.google"} {
		if strings.Contains(q, s) {
			return true
		}
	}
	return false
}

func (l *linkReader) classify(u *url.URL, raw string) link {
	host, path := strings.ToLower(u.Hostname()), strings.ToLower(u.EscapedPath())
	k := kindOf(host, path)
	if k.kind == "" {
		if tenant, video, direct := videoLink(u); direct != "" && u.User == nil {
			return link{kind: "video", tenant: tenant, video: video, direct: direct}
		}
		if strings.Contains(path, "/l/meetup-join/") || falseHost(host) || strings.Contains(host, "safelinks") && meetingish(u) {
			l.problems = problem.Add(l.problems, problem.New(problem.LookAlike, host))
		}
		return link{}
	}
	if u.User != nil || u.Port() != "" && u.Port() != "443" { // https://teams.microsoft.com:x@elsewhere, or a port where no Teams is
		l.problems = problem.Add(l.problems, problem.New(problem.LookAlike, u.Host))
		return link{}
	}
	if rest, ok := strings.CutPrefix(raw, "http:"); ok {
		raw = "https:" + rest
	}
	k.url = raw
	if k.kind == "long" {
		k.thread = threadOf(u)
	}
	return k
}

// kindOf knows a meeting link by its host and path, both lower case.
func kindOf(host, path string) link {
	under := func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) }
	switch {
	case teamsHosts[host] && strings.Contains(path, "/l/meetup-join/"):
		return link{kind: "long", service: Teams}
	case teamsHosts[host] && strings.HasPrefix(path, "/meet/"):
		return link{kind: "short", service: Teams}
	case under("zoom.us") || under("zoomgov.com"):
		for _, p := range []string{"/j/", "/my/", "/w/", "/s/", "/wc/join/"} {
			if strings.HasPrefix(path, p) {
				return link{kind: "other", service: Zoom}
			}
		}
	case host == "meet.google.com" && len(path) > 4 && !strings.HasPrefix(path, "/tel/"):
		return link{kind: "other", service: GoogleMeet}
	case under("webex.com") && (strings.Contains(path, "/meet/") || strings.Contains(path, "/j.php") || strings.Contains(path, "/join/") || strings.Contains(path, "/wbxmjs/joinservice")):
		return link{kind: "other", service: Webex}
	case under("whereby.com") && len(path) > 1 && !strings.HasPrefix(path, "/information"):
		return link{kind: "other", service: Other}
	}
	return link{}
}

// dressed undoes what is done to a name so that it looks like another.
var dressed = strings.NewReplacer("-", ".", "0", "o", "1", "l", "rn", "m", "vv", "w")

// falseHost says that a host, none of the real ones, is dressed as one.
func falseHost(host string) bool {
	switch {
	case host == "teams.microsoft.com" || strings.HasSuffix(host, ".teams.microsoft.com") || strings.HasSuffix(host, ".teams.microsoft.us") || teamsHosts[host]:
		return false
	case strings.HasSuffix(host, ".zoom.us") || strings.HasSuffix(host, ".webex.com") || strings.HasSuffix(host, ".google.com"):
		return false
	}
	squeezed := dressed.Replace(host)
	for _, name := range []string{"teams.microsoft", "microsoft.teams", "teams.live.com", "teams.cloud.microsoft", "zoom.us.", "meet.google.com", "webex.com."} {
		if strings.Contains(squeezed, name) && !strings.HasSuffix(host, ".microsoft.com") && !strings.HasSuffix(host, ".cloud.microsoft") && host != "aka.ms" {
			return true
		}
	}
	if strings.Contains(host, "xn--") || strings.IndexFunc(host, func(r rune) bool { return r > 0x7f }) >= 0 { // letters of another alphabet
		ascii := strings.Map(func(r rune) rune {
			switch r {
			case 'а', 'α':
				return 'a'
			case 'е', 'ε', 'é':
				return 'e'
			case 'о', 'ο', 'ö':
				return 'o'
			case 'с':
				return 'c'
			case 'і', 'ı', 'ι', 'í':
				return 'i'
			case 'ѕ':
				return 's'
			case 'т':
				return 't'
			case 'м':
				return 'm'
			}
			return r
		}, unpuny(host))
		return strings.Contains(ascii, "teams") || strings.Contains(ascii, "microsoft") || strings.Contains(ascii, "zoom") || strings.Contains(ascii, "webex")
	}
	return false
}

// threadOf reads the thread of a long Teams link: …/meetup-join/19:meeting_…@thread.v2/0, escaped once or twice.
func threadOf(u *url.URL) string {
	_, rest, ok := strings.Cut(u.Path, "/l/meetup-join/")
	if !ok {
		return ""
	}
	thread, _, _ := strings.Cut(rest, "/")
	return strings.ToLower(unescapePath(thread))
}

// idInURL reads the meeting ID out of a short Teams link, or a Zoom link.
func idInURL(s string) (id string, inLink bool) {
	u, err := url.Parse(s)
	if err != nil {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	var ok bool
	switch {
	case teamsHosts[host]:
		id, ok = strings.CutPrefix(u.Path, "/meet/")
	case host == "zoom.us" || strings.HasSuffix(host, ".zoom.us"):
		id, ok = strings.CutPrefix(u.Path, "/j/")
	}
	id = strings.Trim(id, "/")
	if ok && digitsOnly(id) == id && len(id) >= 9 && len(id) <= 15 {
		return id, true
	}
	return "", false
}
