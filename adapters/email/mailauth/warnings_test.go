package mailauth

import (
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

// encoded writes text as one encoded word (RFC 2047).
func encoded(text string) string {
	return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?="
}

func ascii(t *testing.T, domain string) string {
	t.Helper()
	a, err := idna.Punycode.ToASCII(domain)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWarnings(t *testing.T) {
	expect := []Party{{"Anytown Council", "anytown.gov.uk"}, {"Anna Quill", "anytown.gov.uk"}, {"Kinbridge", "kinbridge.example"}, {"", "hantsea.gov.uk"}, {"", "milham.gov.uk"}}
	for _, c := range []struct {
		name string
		head string
		want string // part of the one warning; "" = there must be none
	}{
		{"plain", "From: Anna Quill <anna@anytown.gov.uk>", ""},
		{"her address as her name", "From: \"anna@anytown.gov.uk\" <anna@anytown.gov.uk>", ""},
		{"her address in her name, in capitals", "From: \"Anna Quill (ANNA@anytown.gov.uk)\" <anna@anytown.gov.uk>", ""},
		{"a subdomain of the one expected", "From: Anna Quill <anna@social.anytown.gov.uk>", ""},
		{"accents and apostrophes", "From: =?utf-8?Q?Siobh=C3=A1n_O=E2=80=99Brien?= <s@anytown.gov.uk>", ""},
		{"a Russian name", "From: " + encoded("Анна Иванова") + " <a@hantsea.gov.uk>", ""},
		{"a name in two scripts, word by word", "From: " + encoded("Анна Ivanova") + " <a@hantsea.gov.uk>", ""},
		{"a Persian name with a joiner", "From: " + encoded("علی\u200cرضا") + " <a@hantsea.gov.uk>", ""},
		{"an emoji of several", "From: " + encoded("Jo 👩\u200d👧") + " <jo@anytown.gov.uk>", ""},
		{"at, in words", "From: \"Anna @ Anytown\" <anna@anytown.gov.uk>", ""},
		{"answers to a colleague", "From: a@anytown.gov.uk\r\nReply-To: team@social.anytown.gov.uk", ""},
		{"a stranger who looks like nobody", "From: Pat Lee <pat@example.org>", ""},
		{"sender of the same house", "From: a@anytown.gov.uk\r\nSender: b@mail.anytown.gov.uk", ""},

		{"answers elsewhere", "From: a@anytown.gov.uk\r\nReply-To: Anna <anna@evil.example>", "Answers would go to another organisation (evil.example)"},
		{"another's address as the name", "From: \"anna@anytown.gov.uk\" <x@evil.example>", "contains another address (anna@anytown.gov.uk)"},
		{"another's address, not quoted", "From: anna@anytown.gov.uk <x@evil.example>", "contains another address (anna@anytown.gov.uk)"},
		{"another's address, in brackets", "From: \"Anna <anna@anytown.gov.uk>\" <x@evil.example>", "contains another address"},
		{"another's address with a wide at", "From: " + encoded("anna＠anytown.gov.uk") + " <x@evil.example>", "another address"},
		{"another's address, encoded", "From: " + encoded("anna@anytown.gov.uk") + " <x@evil.example>", "hides another address (anna@anytown.gov.uk)"},
		{"an address in front of the address", "From: \"anna@anytown.gov.uk\"@evil.example", "a second address in front"},
		{"the authority's name", "From: Anytown Council <x@freemail.example>", "that of Anytown Council"},
		{"the authority's name in other letters", "From: " + encoded("Аnytown Соuncil") + " <x@freemail.example>", "that of Anytown Council"},
		{"the worker's name from elsewhere", "From: \"Anna  QUILL\" <annaquill@freemail.example>", "that of Anna Quill"},
		{"the authority's domain as a name", "From: \"anytown.gov.uk secure mail\" <x@freemail.example>", "contains anytown.gov.uk"},
		{"us", "From: Kinbridge <x@evil.example>", "that of Kinbridge"},
		{"a digit for a letter", "From: a@anyt0wn.gov.uk", "looks like anytown.gov.uk"},
		{"one letter off", "From: a@anytowm.gov.uk", "looks like anytown.gov.uk"},
		{"two letters exchanged", "From: a@anytonw.gov.uk", "looks like anytown.gov.uk"},
		{"r and n for m", "From: a@rnilham.gov.uk", "looks like milham.gov.uk"},
		{"one letter more", "From: a@hantseaa.gov.uk", "looks like hantsea.gov.uk"},
		{"another ending", "From: a@anytown.org.uk", "looks like anytown.gov.uk"},
		{"worked into another", "From: a@anytown.gov.uk.evil.example", "looks like anytown.gov.uk"},
		{"worked into another with dashes", "From: a@anytown-gov-uk.example", "looks like anytown.gov.uk"},
		{"Cyrillic letters", "From: a@" + ascii(t, "аnytown.gov.uk"), "looks like anytown.gov.uk"},
		{"a domain in mixed letters", "From: a@" + ascii(t, "pаypol.example"), "letters of another alphabet"},
		{"a domain wholly in letters that look like ours", "From: a@" + ascii(t, "росе.example"), "letters of another alphabet"},
		{"a name in mixed letters", "From: " + encoded("Раt Lee") + " <pat@example.org>", "mixes letters"},
		{"sent by another", "From: a@anytown.gov.uk\r\nSender: news@bulk.example", "sent by somebody at bulk.example"},
		{"two writers", "From: a@anytown.gov.uk, b@anytown.gov.uk", "names 2 writers at once"},
		{"two From", "From: a@anytown.gov.uk\r\nFrom: b@anytown.gov.uk", "names its writer 2 times"},
		{"a group", "From: Anytown: a@anytown.gov.uk;", "as a group"},
		{"text turned round", "From: " + encoded("Anna \u202egpj.exe") + " <a@anytown.gov.uk>", "hidden characters"},
		{"nothing between two letters", "From: " + encoded("An\u200bna") + " <a@anytown.gov.uk>", "hidden characters"},
		{"a joiner between Latin letters", "From: " + encoded("An\u200dna") + " <a@anytown.gov.uk>", "hidden characters"},
		{"a line end in a name", "From: " + encoded("Anna\r\nBcc: x") + " <a@anytown.gov.uk>", "hidden characters"},
		{"a very long name", "From: \"Anna" + strings.Repeat(" Quill", 40) + "\" <a@anytown.gov.uk>", "unusually long"},
	} {
		f := Check(t.Context(), []byte(c.head+"\r\nSubject: x\r\n\r\nx"), Envelope{Expect: expect}, Static{})
		w := f.Warnings()
		if c.want == "" && len(w) > 0 || c.want != "" && !slices.ContainsFunc(w, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%s: %q, want %q", c.name, w, c.want)
		}
	}
}

func TestEnvelopeSenderElsewhere(t *testing.T) {
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}}}
	env := Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "x@evil.example"}
	warned := func(raw []byte) bool {
		return slices.ContainsFunc(Check(t.Context(), raw, env, dns).Warnings(), func(s string) bool { return strings.Contains(s, "another sender (at evil.example)") })
	}
	if !warned([]byte(plainMail)) {
		t.Error("no warning")
	}
	if warned(byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from")) {
		t.Error("a mail that its domain signed may be sent by any server")
	}
}

// What is inside a message is nobody's proof: not the header of a forwarded message, however well that is signed.
func TestForwardedMessageChangesNothing(t *testing.T) {
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}, "evil.example": {"v=spf1 ip4:192.0.2.1 -all"}}}
	inner := string(byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from"))
	outer := "From: Pat <pat@evil.example>\r\nSubject: Fwd: review\r\n"
	env := Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "pat@evil.example"}
	bare := Check(t.Context(), []byte(outer+"\r\nHello.\r\n"), env, dns)
	for name, raw := range map[string]string{
		"as an attachment": outer + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--b--\r\n",
		"as the message":   outer + "Content-Type: message/rfc822\r\n\r\n" + inner,
		"in the text":      outer + "\r\n---------- Forwarded message ---------\r\nFrom: Jo Price <jo@anytown.example>\r\nReply-To: jo@anytown.example\r\n\r\nYes.\r\n",
		"pasted below":     outer + "\r\n" + inner,
	} {
		f := Check(t.Context(), []byte(raw), env, dns)
		if f.FromAddress != "pat@evil.example" || f.FromHeaders != 1 || len(f.Signatures) != 0 || !f.Verified() || !slices.Equal(f.Reasons(), bare.Reasons()) || len(f.Warnings()) != 0 {
			t.Errorf("%s: %+v %q", name, f, f.Warnings())
		}
	}
	// And the signature of a mail that is sent on with another From on it proves nothing for that one.
	if f := Check(t.Context(), []byte(strings.Replace(inner, "From: Jo Price <jo@", "From: Al Price <al@", 1)), Envelope{}, dns); f.Verified() {
		t.Error("a signature counts for a From it does not cover")
	}
}
