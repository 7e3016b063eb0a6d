package kiosk

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// numbers spoken one by one in each language, for telephone numbers and references.
var digitWords = map[string][10]string{
	"en": {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"},
	"cy": {"dim", "un", "dau", "tri", "pedwar", "pump", "chwech", "saith", "wyth", "naw"},
}

var monthWords = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"cy": {"Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"},
}

var (
	slashDate  = regexp.MustCompile(`\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b`)
	isoDate    = regexp.MustCompile(`\b(\d{4})-(\d{2})-(\d{2})\b`)
	clockTime  = regexp.MustCompile(`\b([01]?\d|2[0-3])[:.]([0-5]\d) ?(am|pm)?\b`)
	longNumber = regexp.MustCompile(`\+?\d(?:[ \-]?\d){5,}`)
	webAddress = regexp.MustCompile(`(?:https?://|www\.)\S+`)
)

var addressWords = map[string]string{"en": "a web address", "cy": "cyfeiriad gwe"}

// Spoken rewrites a text so that a speech program says it as a person would: dates with the month's name, times without their colon, long
// numbers digit by digit, no web addresses and no signs. It is cut at a sentence when it is very long.
func Spoken(lang, text string) string {
	months, ok := monthWords[lang]
	if !ok {
		lang, months = "en", monthWords["en"]
	}
	date := func(day, month, year, as string) string {
		d, _ := strconv.Atoi(day)
		m, _ := strconv.Atoi(month)
		if d < 1 || d > 31 || m < 1 || m > 12 {
			return as
		}
		return strconv.Itoa(d) + " " + months[m-1] + " " + year
	}
	text = webAddress.ReplaceAllString(text, addressWords[lang])
	text = slashDate.ReplaceAllStringFunc(text, func(s string) string {
		p := slashDate.FindStringSubmatch(s)
		return date(p[1], p[2], p[3], s)
	})
	text = isoDate.ReplaceAllStringFunc(text, func(s string) string {
		p := isoDate.FindStringSubmatch(s)
		return date(p[3], p[2], p[1], s)
	})
	text = longNumber.ReplaceAllStringFunc(text, func(s string) string {
		var words []string
		for _, r := range s {
			if r >= '0' && r <= '9' {
				words = append(words, digitWords[lang][r-'0'])
			}
		}
		return strings.Join(words, " ")
	})
	text = clockTime.ReplaceAllStringFunc(text, func(s string) string {
		p := clockTime.FindStringSubmatch(s)
		said := strings.TrimLeft(p[1], "0")
		if said == "" {
			said = "0"
		}
		if p[2] != "00" {
			said += " " + p[2]
		}
		return strings.TrimSpace(said + " " + p[3])
	})
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), unicode.IsSpace(r), strings.ContainsRune(".,;:?!'’-£%&()", r):
			return r
		}
		return ' '
	}, text)
	return cut(text, speakChars)
}

// cut shortens a text to at most n characters, at the end of a sentence when there is one in the last quarter.
func cut(text string, n int) string {
	rs := []rune(text)
	if len(rs) <= n {
		return text
	}
	for i := n - 1; i > n*3/4; i-- {
		if strings.ContainsRune(".?!\n", rs[i]) {
			return string(rs[:i+1])
		}
	}
	return string(rs[:n])
}
