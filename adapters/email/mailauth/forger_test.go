package mailauth

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/adapters/email/mailparse"
)

// A forger owns evil.example: its name servers, its key (testKey) and the server that delivers. anytown.example has a key that is not his,
// and once wrote him a mail, genuine. Trusted are a mailbox provider and a sealer, and he is neither.
var (
	victimKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	forgerDNS = Static{TXT: map[string][]string{
		"evil.example":                    {"v=spf1 +all"},
		"mail.evil.example":               {"v=spf1 +all"},
		"s._domainkey.evil.example":       {keyRecord()},
		"_dmarc.evil.example":             {"v=DMARC1; p=none; psd=y"},
		"arc._domainkey.evil.example":     {keyRecord()},
		"anytown.example":                 {"v=spf1 ip4:203.0.113.7 -all"},
		"s._domainkey.anytown.example":    {"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(victimKey.Public().(ed25519.PublicKey))},
		"arc._domainkey.relay.example":    {"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(victimKey.Public().(ed25519.PublicKey))},
		"_dmarc.anytown.example":          {"v=DMARC1; p=reject"},
		"s._domainkey.example":            {keyRecord()},
		"_dmarc.example":                  {"v=DMARC1; p=none; psd=y"},
		"s._domainkey.xn--9a.example":     {keyRecord()},
		"s._domainkey.notanytown.example": {keyRecord()},
	}}
)

const genuineBody = "The genuine words, which the forger never uses as they are.\r\n"

// forged checks what the forger made, at the door and fetched from a mailbox whose provider wrote no results, and fails if it passes for
// somebody else's.
func forged(t interface{ Fatalf(string, ...any) }, raw []byte, env Envelope) {
	env.Received = time.Unix(1_800_000_000, 0)
	env.TrustedSealers = []string{"relay.example"}
	for _, fetched := range []bool{false, true} {
		env.Fetched = fetched
		if fetched {
			env.TrustedResults = []string{"mx.anymail.example"}
		}
		f := Check(context.Background(), raw, env, forgerDNS)
		for _, s := range append(f.Reasons(), f.Warnings()...) {
			if s == "" || strings.ContainsAny(s, "\r\n") {
				t.Fatalf("not a sentence: %q", s)
			}
		}
		if !f.Verified() {
			continue
		}
		org := organisation(f.FromDomain)
		if org != "evil.example" && org != "notanytown.example" && org != "xn--9a.example" && f.FromDomain != "example" {
			t.Fatalf("fetched %v: passes for %s: %q\n%q", fetched, f.FromAddress, f.Reasons(), raw)
		}
		parsed, _ := mailparse.Parse(raw, mailparse.Limits{})
		if parsed == nil || len(parsed.From) != 1 || parsed.FromHeaders != 1 || !strings.EqualFold(parsed.From[0].Addr, f.FromAddress) {
			t.Fatalf("verified is %s, shown is %+v\n%q", f.FromAddress, parsed, raw)
		}
	}
}

// TestNobodyCanPassForAnother: no message the forger puts together is verified for any domain but his.
func TestNobodyCanPassForAnother(t *testing.T) {
	genuine := signedWith(t, victimKey, "anytown.example", "From: Jo Price <jo@anytown.example>\r\nTo: x@evil.example\r\nSubject: review\r\n\r\n"+genuineBody)
	genuineSignature := strings.SplitAfter(string(genuine), "\r\nFrom:")[0]
	genuineSignature = strings.TrimSuffix(genuineSignature, "From:")
	sealed := chain(t, victimKey, "From: Jo Price <jo@anytown.example>\r\nSubject: review\r\n\r\n"+genuineBody, hop{domain: "relay.example", results: sawPass})
	genuineSeal := sealed[:strings.Index(sealed, "From:")]

	author := rapid.SampledFrom([]string{
		"From: jo@anytown.example\r\n", "From: Jo Price <jo@anytown.example>\r\n", "from : jo@anytown.example\r\n", "From: x@evil.example\r\n", "FROM:\r\n x@mail.evil.example\r\n",
		"From: x@evil.example,\r\n jo@anytown.example\r\n", "From: \"x@evil.example\" <jo@anytown.example>\r\n", "From: <x@evil.example> <jo@anytown.example>\r\n", "From: A: jo@anytown.example;\r\n",
		"From: jo@anytown.example (x@evil.example)\r\n", "From: \"jo@anytown.example\"@evil.example\r\n", "From: \"x@evil.example\"@anytown.example\r\n", "From: x@evil.example@anytown.example\r\n",
		"From: =?utf-8?Q?x=40evil.example?= <jo@anytown.example>\r\n", "From: x@EVIL.example.\r\n", "From: jo@sub.anytown.example\r\n", "From: @evil.example:jo@anytown.example\r\n",
		"From: jo@anytown.example\x00@evil.example\r\n", "From: jo@anytown.example\r@evil.example\r\n", "From: x@notanytown.example\r\n", "From:\r\n", "From x@evil.example\r\n", "From: jo@anytown.example\n", "From: jo@example\r\n",
	})
	other := rapid.SampledFrom([]string{
		"Subject: review\r\n", "Subject: other\r\n", "Sender: x@evil.example\r\n", "Reply-To: x@evil.example\r\n", " fold\r\n", "\tFrom: jo@anytown.example\r\n", "junk\r\n", "\x00: y\r\n", "\r\n", "\n", " \r\n",
		"To: x@evil.example\r\n", "Authentication-Results: mx.evil.example; dmarc=pass header.from=anytown.example\r\n", "Resent-From: jo@anytown.example\r\n",
		"Authentication-Results: spf=pass smtp.mailfrom=anytown.example; dmarc=pass header.from=anytown.example\r\n", "Authentication-Results: x (; mx.anymail.example ; dkim=pass header.d=anytown.example\r\n",
		genuineSignature, genuineSeal,
	})
	words := rapid.SampledFrom([]string{"Give him to me.\r\n", "", "\r\n", genuineBody + "And more.\r\n", "From: jo@anytown.example\r\n\r\nx"})
	sender := rapid.SampledFrom([]string{"", "x@evil.example", "jo@anytown.example", "x@mail.evil.example", "\"x@evil.example\"@anytown.example", "jo@anytown.example@evil.example", "x@EVIL.EXAMPLE."})
	helo := rapid.SampledFrom([]string{"", "evil.example", "anytown.example", "mx", "[192.0.2.1]"})
	domain := rapid.SampledFrom([]string{"evil.example", "anytown.example", "mail.evil.example", "example", "notanytown.example", "evil.example\r\n\t.anytown.example"})
	rapid.Check(t, func(rt *rapid.T) {
		head := strings.Join(rapid.SliceOfN(other, 0, 3).Draw(rt, "above"), "") + strings.Join(rapid.SliceOfN(author, 1, 2).Draw(rt, "from"), "") +
			strings.Join(rapid.SliceOfN(other, 0, 3).Draw(rt, "below"), "")
		raw := head + "\r\n" + words.Draw(rt, "body")
		if d := domain.Draw(rt, "d"); rapid.Bool().Draw(rt, "sign") {
			l := rapid.SampledFrom([]string{"", "; l=0", "; l=3", "; i=jo@anytown.example", "; i=x@evil.example", "; x=1"}).Draw(rt, "more")
			raw = string(byHand(t, raw, "v=1; a=ed25519-sha256; d="+d+"; s=s; h="+rapid.SampledFrom([]string{"from", "From:From:subject", "subject"}).Draw(rt, "h")+l))
		}
		if rapid.Bool().Draw(rt, "seal") {
			raw = chain(t, testKey, raw, hop{domain: rapid.SampledFrom([]string{"evil.example", "relay.example"}).Draw(rt, "sealer"), results: sawPass})
		}
		forged(rt, []byte(raw), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), Helo: helo.Draw(rt, "helo"), MailFrom: sender.Draw(rt, "sender")})
	})
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(msg), "jo@la.gov.uk")
	f.Add([]byte(plainMail), "x@evil.example")
	f.Add([]byte("DKIM-Signature: v=1; a=ed25519-sha256; d=anytown.example; s=s; h=From; bh=x; b=x\r\n"+plainMail), "x@evil.example")
	f.Add(byHand(f, plainMail, "v=1; a=ed25519-sha256; d=evil.example; s=s; h=from:subject; l=6; i=x@evil.example"), "x@evil.example")
	f.Add([]byte(chain(f, testKey, arcMail, hop{domain: "evil.example", results: sawPass}, hop{domain: "evil.example", results: sawPass})), "")
	f.Add([]byte("From: =?utf-8?B?YW5uYUBhbnl0b3duLmV4YW1wbGU=?= <x@evil.example>\r\nReply-To: a@b.example\r\n\r\n"), "x@evil.example")
	f.Add([]byte("From jo Mon\n>From jo\nFrom: x\x00@evil.example\n \n\n\r\n\r\n"), "\"a@b\"@evil.example")
	f.Fuzz(func(t *testing.T, raw []byte, sender string) {
		if strings.Contains(strings.ToLower(string(raw)), "anymail") {
			t.Skip("what the provider itself writes is believed")
		}
		forged(t, raw, Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), Helo: "evil.example", MailFrom: sender, Expect: []Party{{"Jo Price", "anytown.example"}}})
	})
}

// FuzzARC checks the sets of any header; with a key that signed nothing no chain may hold.
func FuzzARC(f *testing.F) {
	f.Add([]byte(chain(f, victimKey, arcMail, hop{domain: "relay.example", results: sawPass}, hop{domain: "relay.example", results: "x; none"})))
	f.Add([]byte("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=relay.example; s=arc; b=\r\nARC-Message-Signature: i=1\r\nARC-Authentication-Results: (c) i (x) = 1 ; x; none\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := splitMessage(raw)
		sets, why := m.arcSets()
		if why == nil {
			why = readSets(sets)
		}
		if len(sets) > maxSets {
			t.Fatalf("%d sets", len(sets))
		}
		var facts Facts
		facts.checkARC(m, &asker{Resolver: Static{TXT: map[string][]string{"arc._domainkey.relay.example": {keyRecord()}}}, ctx: t.Context()}, []string{"relay.example"})
		if facts.ARC.Result == Pass || why != nil && facts.ARC.Result == None || facts.arcVouches() {
			t.Fatalf("%+v", facts.ARC)
		}
	})
}

// FuzzResults reads any Authentication-Results value. Whatever stands in a comment or in quotation marks must not become a result.
func FuzzResults(f *testing.F) {
	f.Add("mx.example 1; spf=pass (a; b) smtp.mailfrom=\"x y\"@z.example; dkim=pass reason=\"x\" header.d=a.example", "x; dmarc=pass header.from=a.example")
	f.Add("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x.example;dmarc=pass action=none header.from=x.example;compauth=pass reason=100", "(;")
	f.Add("=;=;\"\\", ")")
	f.Fuzz(func(t *testing.T, text, inside string) {
		r, ok := parseResults(text)
		if len(r.Methods) > maxResults || ok && r.By == "" && len(r.Methods) == 0 {
			t.Fatalf("%+v", r)
		}
		for _, m := range r.Methods {
			if len(m.Props) > maxProps || m.Result != resultWord(string(m.Result)) {
				t.Fatalf("%+v", m)
			}
		}
		r.vouchesFor("a.example", true, false)
		inside = strings.NewReplacer("\\", "", "\"", "", "(", "", ")", "").Replace(inside)
		for _, v := range []string{"mx.example; spf=fail (" + inside + ") smtp.mailfrom=x@b.example", "mx.example; spf=fail smtp.mailfrom=\"" + inside + "\"@b.example"} {
			if r, ok := parseResults(v); !ok || len(r.Methods) != 1 || r.vouchesFor("a.example", false, false) {
				t.Fatalf("%q: %+v", v, r)
			}
		}
	})
}

// FuzzSplit checks that the raw header is taken apart without losing or doubling a byte of it.
func FuzzSplit(f *testing.F) {
	f.Add([]byte(plainMail))
	f.Add([]byte("A: b\n c\r\n\td\nno colon\n\nbody"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := splitMessage(raw)
		total := len(m.body)
		for _, field := range m.fields {
			total += len(field.raw)
			if field.colon >= 0 && field.raw[field.colon] != ':' {
				t.Fatal("the colon is elsewhere")
			}
			if got, want := string(appendRelaxed(nil, field)), string(appendRelaxed(nil, field)); got != want || strings.ContainsAny(got, "\r\n") && field.colon >= 0 && !bytes.ContainsAny(field.name(), "\r") {
				t.Fatalf("%q", got)
			}
		}
		if total > len(raw) || !bytes.HasSuffix(raw, m.body) {
			t.Fatal("bytes were made up")
		}
		if d := m.digest(true); d.size > int64(len(m.body))*2+2 {
			t.Fatal("the canonical body grew")
		}
	})
}

// FuzzTags reads any tag list and key record.
func FuzzTags(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; p=AAAA; t=y:s; h=sha256; s=*")
	f.Add(keyRecord())
	f.Add("v=DMARC1; p=reject; sp=none; pct=5; adkim=s")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseTags(text)
		if err == nil {
			for _, tag := range list {
				if tag.from > tag.to || tag.to > len(text) || strings.Trim(text[tag.from:tag.to], " \t\r\n") != tag.value {
					t.Fatalf("%+v", tag)
				}
			}
		}
		if key, why := parseKey(text); (key == nil) == (why == nil) {
			t.Fatal("neither a key nor a reason")
		}
		_, _ = parseDMARC(text)
	})
}
