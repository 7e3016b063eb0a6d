package mailparse

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04 -0700",
	"Mon, 2 Jan 06 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700", "Mon Jan 2 15:04:05 -0700 2006", "Mon Jan 2 15:04:05 2006",
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
	"Mon, 2 January 2006 15:04:05 -0700", "Mon, 2-Jan-2006 15:04:05 -0700", "Mon, 2 Jan 2006 15.04.05 -0700", "Monday, January 2, 2006 15:04:05",
}

var (
	dateComment = regexp.MustCompile(`\([^()]*\)`)
	dateZone    = regexp.MustCompile(`(?:GMT|UTC|UT)([+-]\d{4})$`)
)

// maxDate is longer than any date; what follows is noise.
const maxDate = 200

// parseDate reads a Date value (RFC 5322 section 3.3) and the forms that old and home-made programs write. A time
// without a zone is taken as UTC.
func parseDate(v string) (time.Time, bool) {
	v = v[:min(len(v), maxDate)]
	if t, err := time.Parse(dateLayouts[0], v); err == nil { // nearly all mail
		return t, true
	}
	if t, err := mail.ParseDate(v); err == nil {
		return t, true
	}
	v = strings.Join(strings.Fields(dateComment.ReplaceAllString(v, " ")), " ")
	v = dateZone.ReplaceAllString(v, "$1")
	v = strings.Replace(v, " ,", ",", 1)
	if t, err := mail.ParseDate(v); err == nil {
		return t, true
	}
	for _, l := range dateLayouts {
		if t, err := time.Parse(l, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
