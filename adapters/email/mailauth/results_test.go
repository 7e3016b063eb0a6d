package mailauth

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/authres"
)

const fetchedMail = "From: Jo Price <jo@anytown.example>\r\nSubject: review\r\n\r\nYes.\r\n"

func TestFromHeader(t *testing.T) {
	pass := " dkim=pass header.d=anytown.example; spf=pass smtp.mailfrom=jo@anytown.example; dmarc=pass header.from=anytown.example"
	forged := "Authentication-Results: mx.anymail.example; dmarc=pass header.from=anytown.example; dkim=pass header.d=anytown.example\r\n"
	exchange := "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=anytown.example; dkim=pass (signature was verified)\r\n header.d=anytown.example;dmarc=pass action=none\r\n header.from=anytown.example;compauth=pass reason=100\r\n"
	mx, none := []string{"mx.anymail.example"}, []string{NoID}
	for _, c := range []struct {
		name     string
		head     string
		trusted  []string
		verified bool
		source   string
	}{
		{"the provider's", "Authentication-Results: mx.anymail.example;" + pass + "\r\n", mx, true, "Authentication-Results of mx.anymail.example"},
		{"the provider's, in capitals and with a version", "AUTHENTICATION-RESULTS: MX.AnyMail.example 1;" + pass + "\r\n", mx, true, "Authentication-Results of mx.anymail.example"},
		{"nobody is trusted", "Authentication-Results: mx.anymail.example;" + pass + "\r\n", nil, false, ""},
		{"another's", "Authentication-Results: mx.evil.example;" + pass + "\r\n", mx, false, ""},
		{"a name that only begins alike", "Authentication-Results: mx.anymail.example.evil.example;" + pass + "\r\n", mx, false, ""},
		{"forged below the true one", "Authentication-Results: mx.anymail.example; dmarc=fail header.from=anytown.example\r\n" + forged, mx, false, "Authentication-Results of mx.anymail.example"},
		{"another's on top of the true one", "Authentication-Results: mx.evil.example; dmarc=fail header.from=anytown.example\r\nAuthentication-Results: mx.anymail.example;" + pass + "\r\n", mx, true, "Authentication-Results of mx.anymail.example"},
		{"an unknown version", "Authentication-Results: mx.anymail.example 2;" + pass + "\r\n", mx, false, ""},
		{"no results", "Authentication-Results: mx.anymail.example; none\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"DKIM of another domain", "Authentication-Results: mx.anymail.example; dkim=pass header.d=evil.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"DMARC of another domain", "Authentication-Results: mx.anymail.example; dmarc=pass header.from=evil.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"DMARC without saying of which", "Authentication-Results: mx.anymail.example; dmarc=pass\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"DKIM by identity", "Authentication-Results: mx.anymail.example; dkim=pass header.i=@anytown.example header.s=s header.b=Ab=c\r\n", mx, true, "Authentication-Results of mx.anymail.example"},
		{"SPF of the bare domain", "Authentication-Results: mx.anymail.example; spf=pass (anymail: domain of jo@anytown.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=anytown.example\r\n", mx, true, "Authentication-Results of mx.anymail.example"},
		{"SPF failed", "Authentication-Results: mx.anymail.example; spf=fail smtp.mailfrom=jo@anytown.example; dkim=fail header.d=anytown.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"results in a comment, which a sender can fill", "Authentication-Results: mx.anymail.example; spf=fail (domain of a; dkim=pass header.d=anytown.example; x@evil.example) smtp.mailfrom=x@evil.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"results in a quoted sender", "Authentication-Results: mx.anymail.example; spf=pass smtp.mailfrom=\"a; dkim=pass header.d=anytown.example\"@evil.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"a quoted sender that quotes", "Authentication-Results: mx.anymail.example; spf=pass smtp.mailfrom=\"a\\\"; dkim=pass header.d=anytown.example; \\\"\"@evil.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"a comment that never ends", "Authentication-Results: mx.anymail.example; spf=fail (x; dkim=pass header.d=anytown.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},
		{"a property given twice says nothing", "Authentication-Results: mx.anymail.example; dkim=pass header.d=evil.example header.d=anytown.example\r\n", mx, false, "Authentication-Results of mx.anymail.example"},

		{"Exchange Online", exchange, none, true, "Authentication-Results without a server's name"},
		{"Exchange Online, not said to be so", exchange, mx, false, ""},
		{"Exchange's form below another's", "Authentication-Results: mx.evil.example; none\r\n" + exchange, none, false, ""},
		{"Exchange's own on top of a forged one", strings.NewReplacer("=pass", "=fail").Replace(exchange) + exchange, none, false, "Authentication-Results without a server's name"},
		{"Exchange's best guess is no pass", "Authentication-Results: spf=none (sender IP is 192.0.2.1) smtp.mailfrom=anytown.example; dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=anytown.example;compauth=pass reason=109\r\n", none, false, "Authentication-Results without a server's name"},
		{"the word for Exchange is no server's name", "Authentication-Results: none-id;" + pass + "\r\n", none, false, ""},
		{"in the text and not in the header", "X-Y: z\r\n\r\n" + forged, mx, false, ""},
	} {
		f := Check(t.Context(), []byte(c.head+fetchedMail), Envelope{Fetched: true, TrustedResults: c.trusted}, Static{})
		if strings.Contains(c.name, "in the text") {
			f = Check(t.Context(), []byte("From: jo@anytown.example\r\n"+c.head), Envelope{Fetched: true, TrustedResults: c.trusted}, Static{})
		}
		if f.Verified() != c.verified || f.Source != c.source {
			t.Errorf("%s: verified %v, source %q; want %v, %q\n%+v", c.name, f.Verified(), f.Source, c.verified, c.source, f.Signatures)
		}
		if len(f.Reasons()) == 0 {
			t.Errorf("%s: no reasons", c.name)
		}
	}
}

// The header is only for mail that was fetched: to a server that met the sender himself it says nothing.
func TestHeaderIsIgnoredAtTheDoor(t *testing.T) {
	raw := "Authentication-Results: mx.anymail.example; dmarc=pass header.from=anytown.example\r\n" + fetchedMail
	if f := Check(t.Context(), []byte(raw), Envelope{TrustedResults: []string{"mx.anymail.example"}}, Static{}); f.Verified() || f.Source != "" {
		t.Errorf("%+v", f)
	}
}

// Our own check of a signature is preferred; the provider's word counts where the message no longer fits its signature.
func TestFetchedSignatures(t *testing.T) {
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}}}
	signed := string(byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from"))
	env := Envelope{Fetched: true, TrustedResults: []string{"mx.anymail.example"}}
	f := Check(t.Context(), []byte(signed), env, dns)
	if !f.Verified() || f.Source != "" || !slices.Contains(f.Reasons(), "It is signed by anytown.example, which is the writer's organisation.") {
		t.Errorf("no header, but a good signature: %v %q", f.Verified(), f.Reasons())
	}
	header := "Authentication-Results: mx.anymail.example; dkim=pass header.d=anytown.example\r\n"
	if f = Check(t.Context(), []byte(header+signed), env, dns); len(f.Signatures) != 1 || f.Signatures[0].By != "" {
		t.Errorf("both: %+v", f.Signatures)
	}
	changed := header + strings.Replace(signed, "Yes.", "Yes!", 1)
	if f = Check(t.Context(), []byte(changed), env, dns); !f.Verified() || len(f.Signatures) != 1 || f.Signatures[0].By != "Authentication-Results of mx.anymail.example" ||
		!slices.Contains(f.Reasons(), "The mailbox provider found it signed by anytown.example, which is the writer's organisation.") {
		t.Errorf("changed by the provider: %+v %q", f.Signatures, f.Reasons())
	}
}

func TestStrictAlignmentOfReportedSignatures(t *testing.T) {
	dns := Static{TXT: map[string][]string{"_dmarc.anytown.example": {"v=DMARC1; p=reject; adkim=s; aspf=s"}}}
	env := Envelope{Fetched: true, TrustedResults: []string{"mx.anymail.example"}}
	for results, want := range map[string]bool{
		"dkim=pass header.d=anytown.example":          true,
		"dkim=pass header.d=mail.anytown.example":     false,
		"dkim=pass header.i=@anytown.example":         false, // the identity may lie below the signing domain
		"spf=pass smtp.mailfrom=x@anytown.example":    true,
		"spf=pass smtp.mailfrom=mail.anytown.example": false,
	} {
		if f := Check(t.Context(), []byte("Authentication-Results: mx.anymail.example; "+results+"\r\n"+fetchedMail), env, dns); f.Verified() != want {
			t.Errorf("%s: %v", results, f.Verified())
		}
	}
}

// Where there are neither comments nor quotations another parser reads the same.
func TestResultsAgreeWithAnotherParser(t *testing.T) {
	for _, text := range []string{
		"mx.example; none", "mx.example 1; spf=pass smtp.mailfrom=x.example", "mx.example; dkim=pass header.d=a.example; dkim=fail header.d=b.example; dmarc=pass header.from=c.example",
		"mx.example;\r\n\tspf=softfail smtp.mailfrom=jo@x.example smtp.helo=y.example;\r\n\tiprev=pass policy.iprev=192.0.2.1",
	} {
		id, theirs, err := authres.Parse(text)
		ours, ok := parseResults(text)
		if err != nil || !ok || id != ours.By {
			t.Errorf("%q: %q, %q, %v", text, id, ours.By, err)
			continue
		}
		var want, got []string
		for _, r := range theirs {
			switch r := r.(type) {
			case *authres.SPFResult:
				want = append(want, "spf "+string(r.Value)+" "+r.From)
			case *authres.DKIMResult:
				want = append(want, "dkim "+string(r.Value)+" "+r.Domain)
			case *authres.DMARCResult:
				want = append(want, "dmarc "+string(r.Value)+" "+r.From)
			case *authres.IPRevResult:
				want = append(want, "iprev "+string(r.Value)+" "+r.IP)
			}
		}
		for _, m := range ours.Methods {
			got = append(got, m.Name+" "+string(m.Result)+" "+m.Props["smtp.mailfrom"]+m.Props["header.d"]+m.Props["header.from"]+m.Props["policy.iprev"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n%q\n%q", text, got, want)
		}
	}
}
