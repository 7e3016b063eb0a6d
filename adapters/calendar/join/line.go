package join

import (
	"strings"

	"golang.org/x/net/idna"

	"kinbridge/adapters/calendar/problem"
)

// line files one line of an invitation.
func (s *scanner) line(i int, l string, lines []string) {
	plain := bare(l)
	if s.dialString(i, l, plain) {
		return
	}
	phone := ""
	if strings.IndexByte(plain, '+') >= 0 {
		phone = phoneForm.FindString(plain)
	}
	if m := hashed(plain); m != nil {
		id := digitsOnly(m[1])
		switch {
		case phone != "": // Google: each number with a PIN of its own
			if s.d.Phone == "" {
				s.addPhone(e164(phone), "")
				s.printed = id
			}
		case s.printed == "":
			s.printed = id
		case s.printed != id:
			s.d.refuse(problem.ConferenceMismatch, s.printed, id)
		}
		s.lastDial = i
		return
	}
	if a := address(plain); a != "" && s.sipAddress(a, i, lines) {
		s.sip(a, plain)
		return
	}
	if phone != "" {
		switch _, place, _ := strings.Cut(plain, phone); {
		case s.d.Phone == "" && s.d.Service == GoogleMeet && s.printed == "" && pin(place, i, lines) != "":
			s.addPhone(e164(phone), "")
			s.printed, s.lastDial = pin(place, i, lines), i
			return
		case s.d.Phone == "" && nearHash(i, lines):
			s.addPhone(e164(phone), cleanPlace(place))
			return
		case phoneFirst.MatchString(plain) && (i-s.lastDial < 30 || s.d.Service == Zoom || s.d.Service == Webex) && len(s.loose) < 30:
			s.loose = append(s.loose, Phone{Number: e164(phone), Place: cleanPlace(place)})
			return
		}
	}
	s.numbers(i, plain)
}

// The shapes are looked for only where their mark stands: expressions are slow, and a hostile text has very many lines.

func hashed(plain string) []string {
	if !strings.HasSuffix(plain, "#") {
		return nil
	}
	return hashDigits.FindStringSubmatch(plain)
}

func address(plain string) string {
	if strings.IndexByte(plain, '@') < 0 {
		return ""
	}
	return addrForm.FindString(plain)
}

// dialString reads "+44 20 7946 0958,,123456789#" as printed and as linked: the two must agree, like those of other numbers.
func (s *scanner) dialString(i int, l, plain string) bool {
	found := false
	if strings.IndexByte(l, ',') < 0 && !strings.Contains(l, "%2") {
		return false
	}
	tel := ""
	if m := telLink.FindString(l); m != "" {
		tel = unescapePath(m[len("tel:"):])
	}
	for _, text := range []string{plain, tel} {
		number, id, pass := dialString(text)
		if number == "" {
			continue
		}
		switch {
		case s.dialled == "":
			s.dialled = id
			if pass != "" {
				s.d.PhonePasscode = pass
			}
		case s.dialled != id:
			s.d.refuse(problem.ConferenceMismatch, s.dialled, id)
		}
		place := ""
		if !found {
			if at := dialForm.FindStringIndex(plain); at != nil {
				place = cleanPlace(strings.TrimLeft(plain[at[1]:], "#"))
			} else if at := phoneForm.FindStringIndex(plain); at != nil {
				place = cleanPlace(plain[at[1]:])
			}
			s.addPhone(number, place)
		}
		found, s.lastDial = true, i
	}
	return found
}

// dialString reads a number with the digits that follow it; number is "" when there are none.
func dialString(text string) (number, id, pass string) {
	if strings.IndexByte(text, '#') < 0 || strings.IndexByte(text, ',') < 0 {
		return "", "", ""
	}
	m := dialForm.FindStringSubmatch(text[:min(len(text), maxLine)])
	if m == nil {
		return "", "", ""
	}
	return e164(m[1]), digitsOnly(m[2]), m[3] + m[4] // *PASSCODE# of Zoom, or PASSCODE# of Webex
}

func (s *scanner) sip(a, plain string) {
	a = strings.ToLower(a)
	if s.d.SIPURI != "" {
		return // Webex prints a second one for Lync
	}
	s.d.SIPURI = a
	key, _, _ := strings.Cut(a, "@")
	s.afterSIP = digitsOnly(key) != key || directSIP(a, "") == ""
	if m := digitLine.FindStringSubmatch(strings.TrimSpace(plain[strings.Index(strings.ToLower(plain), a)+len(a):])); m != nil {
		s.d.VideoID, s.afterSIP = digitsOnly(m[1]), false
	}
}

// numbers files a line of digits, or the passcode below the meeting ID.
func (s *scanner) numbers(i int, plain string) {
	m := digitLine.FindStringSubmatch(plain)
	if m == nil {
		m = bareDigits.FindStringSubmatch(plain)
	}
	if m != nil {
		d := digitsOnly(m[1])
		switch {
		case (s.afterSIP || vtcWords.MatchString(plain)) && len(d) >= 7 && len(d) <= 14:
			switch {
			case s.d.VideoID == "":
				s.d.VideoID, s.afterSIP = d, false
			case s.d.VideoID != d && vtcWords.MatchString(plain):
				s.d.refuse(problem.VideoMismatch, s.d.VideoID, d)
			}
			return
		case i < s.linkLine: // the writer's own numbers stand above the invitation
		case len(d) >= 9 && len(d) <= 15 && s.d.MeetingID == "" && (d[0] != '0' || len(d) > 11): // 0… is a telephone number
			s.d.MeetingID, s.lastID = d, i
			return
		}
	}
	if i == s.lastID+1 && i > s.linkLine && s.d.Passcode == "" {
		if m := passLine.FindStringSubmatch(plain); m != nil && !strings.Contains(m[1], "://") {
			s.d.Passcode = m[1]
			if s.d.PhonePasscode == "" {
				s.d.PhonePasscode = m[2]
			}
		}
	}
}

// videoDomains are the services whose addresses are for video devices whatever stands around them.
var videoDomains = []string{"t.plcm.vc", "m.webex.com", "onpexip.com", "pexip.me", "zoomcrc.com", "lync.webex.com", "bjn.vc"}

// sipAddress says that an address is where video devices dial: digits for the video service stand on its line or below, or its
// domain is one of the known services.
func (s *scanner) sipAddress(a string, i int, lines []string) bool {
	a = strings.ToLower(a)
	if s.people[a] {
		return false
	}
	local, domain, _ := strings.Cut(a, "@")
	for _, known := range videoDomains {
		if domain == known || strings.HasSuffix(domain, "."+known) {
			return true
		}
	}
	if strings.HasSuffix(domain, ".webex.com") && digitsOnly(local) == local {
		return true
	}
	if strings.HasPrefix(domain, "vc.") || strings.HasPrefix(domain, "video.") || strings.HasPrefix(domain, "vtc.") {
		return true
	}
	if i+1 >= len(lines) {
		return false
	}
	next := bare(lines[i+1])
	m := digitLine.FindStringSubmatch(next)
	if m == nil || i == 0 {
		return false
	}
	if vtcWords.MatchString(next) || vtcWords.MatchString(lines[i-1]) || vtcWords.MatchString(lines[i]) {
		return true
	}
	// Labels in a language we have no word of: an address below the meeting ID, and ten digits below it that are no telephone number.
	d := digitsOnly(m[1])
	return s.d.MeetingID != "" && s.d.Service == Teams && len(d) >= 9 && len(d) <= 11 && d[0] != '0' && !strings.HasPrefix(d, "44")
}

// nearHash says that a phone conference ID is printed within the next lines.
func nearHash(i int, lines []string) bool {
	for k := i + 1; k <= i+4 && k < len(lines); k++ {
		if hashed(bare(lines[k])) != nil {
			return true
		}
	}
	return false
}

// pin is Google's, where its HTML prints it without the hash: behind the number, or on the next line.
func pin(behind string, i int, lines []string) string {
	texts := []string{strings.TrimSpace(behind)}
	if i+1 < len(lines) {
		texts = append(texts, bare(lines[i+1]))
	}
	for _, text := range texts {
		if m := digitLine.FindStringSubmatch(text); m != nil {
			if id := digitsOnly(m[1]); len(id) >= 6 && len(id) <= 16 {
				return id
			}
		}
	}
	return ""
}

// bare is a line without the links in it.
func bare(l string) string {
	if strings.IndexByte(l, '<') < 0 {
		return l
	}
	return strings.TrimSpace(angled.ReplaceAllString(l, ""))
}

// cleanPlace is what stands behind a number: where it is.
func cleanPlace(s string) string {
	s = strings.Trim(bare(s), " \t,;|-–")
	if r := []rune(s); len(r) > 60 || strings.ContainsAny(s, "@#") {
		return ""
	}
	return s
}

func digitsOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// e164 brings a printed number to + and digits; a national number of the United Kingdom gets its country code. "" when it is none.
func e164(s string) string {
	s = strings.ReplaceAll(s, "(0)", "")
	d := digitsOnly(s)
	switch {
	case len(d) < 7 || len(d) > 17:
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

// unpuny gives the letters of a host that is written in Punycode.
func unpuny(host string) string {
	if len(host) > 253 {
		return host
	}
	u, err := idna.ToUnicode(host)
	if err != nil && u == "" {
		return host
	}
	return u
}
