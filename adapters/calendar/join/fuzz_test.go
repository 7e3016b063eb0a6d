package join

import (
	"net/url"
	"strings"
	"testing"

	"kinbridge/adapters/calendar/problem"
)

// sound says what must hold of whatever was read.
func sound(t *testing.T, d Details) {
	t.Helper()
	for code, field := range map[problem.Code]string{
		problem.ConferenceMismatch: d.ConferenceID, problem.ConferenceDiffers: d.ConferenceID, problem.MeetingMismatch: d.MeetingID,
		problem.VideoMismatch: d.VideoID, problem.TenantMismatch: d.SIPURI, problem.PasscodeMismatch: d.Passcode,
	} {
		if problem.Has(d.Problems, code) && field != "" {
			t.Fatalf("%s, and %q was kept", code, field)
		}
	}
	for _, digits := range []string{d.MeetingID, d.ConferenceID, d.VideoID, d.PhonePasscode, strings.TrimPrefix(d.Phone, "+")} {
		if digitsOnly(digits) != digits {
			t.Fatalf("%q is not digits", digits)
		}
	}
	if d.Phone != "" && d.Phone[0] != '+' {
		t.Fatalf("%q is no E.164", d.Phone)
	}
	if d.URL != "" {
		u, err := url.Parse(d.URL)
		if err != nil || u.Scheme != "https" || u.User != nil || kindOf(strings.ToLower(u.Hostname()), strings.ToLower(u.EscapedPath())).kind == "" {
			t.Fatalf("%q was taken for a meeting's link", d.URL)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{gen2018, gen2020, gen2024, gen2025, "From: a\nSent: b\n" + gen2018, "https://urldefense.com/v3/__https:**Ateams.microsoft.com/meet/1__;Ly8!!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, Read(Source{Text: text, Calendar: []string{gen2024}}))
		sound(t, Read(Source{Text: text}))
	})
}

func FuzzHTML(f *testing.F) {
	f.Add(`<div>Meeting ID: <span>123 456 789 012</span></div><a href="tel:+442079460958,,123456789#">+44 20 7946 0958,,123456789#</a>`)
	f.Add(`<p><a href="https://teams.microsoft.com/meet/123456789012345?p=x">Join</a><br>Passcode: <b>Ab3dEf</b><style>x</style>`)
	f.Fuzz(func(t *testing.T, html string) { sound(t, Read(Source{HTML: html})); Flatten(html) })
}
