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

	"github.com/emersion/go-msgauth/dkim"

	"kinbridge/adapters/email/mailparse"
)

// records is a resolver of fixed TXT records; names in slow fail for the time being.
type records struct {
	txt  map[string]string
	slow map[string]bool
}

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	name = strings.TrimSuffix(name, ".")
	if r.slow[name] {
		return nil, &net.DNSError{Name: name, Err: "timeout", IsTimeout: true, IsTemporary: true}
	}
	if v, ok := r.txt[name]; ok {
		return []string{v}, nil
	}
	return nil, &net.DNSError{Name: name, Err: "no such host", IsNotFound: true}
}
func (r records) LookupMX(context.Context, string) ([]*net.MX, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}
func (r records) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}
func (r records) LookupAddr(context.Context, string) ([]string, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

func keyRecord() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(testKey.Public().(ed25519.PublicKey))
}

func signed(t *testing.T, domain, msg string) []byte {
	t.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(msg), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: testKey, HeaderKeys: []string{"From", "Subject"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const msg = "From: Jo Price <jo@social.la.gov.uk>\r\nSubject: review\r\n\r\nYes.\r\n"

func TestVerified(t *testing.T) {
	dns := records{txt: map[string]string{
		"s._domainkey.la.gov.uk":             keyRecord(),
		"s._domainkey.social.la.gov.uk":      keyRecord(),
		"s._domainkey.other.gov.uk":          keyRecord(),
		"la.gov.uk":                          "v=spf1 ip4:203.0.113.9 -all",
		"other.gov.uk":                       "v=spf1 ip4:203.0.113.9 -all",
		"strict.gov.uk":                      "v=spf1 ip4:203.0.113.9 -all",
		"_dmarc.strict.gov.uk":               "v=DMARC1; p=reject; aspf=s; adkim=s",
		"_dmarc.la.gov.uk":                   "v=DMARC1; p=reject; sp=quarantine",
		"s._domainkey.evil.social.example":   keyRecord(),
		"s._domainkey.a-la.gov.uk.example":   keyRecord(),
		"_dmarc.a-la.gov.uk.example":         "v=DMARC1; p=none",
		"s._domainkey.mailout.strict.gov.uk": keyRecord(),
	}}
	good, bad := net.IPv4(203, 0, 113, 9), net.IPv4(198, 51, 100, 1)
	for _, c := range []struct {
		name     string
		raw      []byte
		env      Envelope
		verified bool
		dmarc    Result
	}{
		{"signed by the organisation", signed(t, "la.gov.uk", msg), Envelope{RemoteIP: bad, MailFrom: "x@list.example"}, true, Pass},
		{"signed by another", signed(t, "other.gov.uk", msg), Envelope{RemoteIP: bad, MailFrom: "x@other.gov.uk"}, false, Fail},
		{"changed after signing", bytes.Replace(signed(t, "la.gov.uk", msg), []byte("Yes."), []byte("No!!"), 1), Envelope{RemoteIP: bad, MailFrom: "jo@la.gov.uk"}, false, Fail},
		{"SPF, subdomain", []byte(msg), Envelope{RemoteIP: good, MailFrom: "bounce@la.gov.uk"}, true, Pass},
		{"SPF fails", []byte(msg), Envelope{RemoteIP: bad, MailFrom: "jo@la.gov.uk"}, false, Fail},
		{"SPF of another domain", []byte(msg), Envelope{RemoteIP: good, MailFrom: "jo@other.gov.uk"}, false, Fail},
		{"gov.uk is nobody's organisation", []byte("From: jo@other.gov.uk\r\n\r\nx"), Envelope{RemoteIP: good, MailFrom: "jo@la.gov.uk"}, false, None},
		{"second From on top of a signed one", append([]byte("From: evil@x.example\r\n"), signed(t, "la.gov.uk", msg)...), Envelope{RemoteIP: good, MailFrom: "jo@la.gov.uk"}, false, None},
		{"two addresses in one From", []byte("From: jo@la.gov.uk, evil@x.example\r\n\r\nx"), Envelope{RemoteIP: good, MailFrom: "jo@la.gov.uk"}, false, None},
		{"strict alignment", []byte("From: jo@strict.gov.uk\r\n\r\nx"), Envelope{RemoteIP: good, MailFrom: "jo@strict.gov.uk"}, true, Pass},
		{"strict alignment, signed by a subdomain", signed(t, "mailout.strict.gov.uk", "From: jo@strict.gov.uk\r\nSubject: x\r\n\r\nx"), Envelope{RemoteIP: bad, MailFrom: "x@y.example"}, false, Fail},
		{"empty sender, HELO", []byte("From: postmaster@la.gov.uk\r\n\r\nx"), Envelope{RemoteIP: good, Helo: "la.gov.uk"}, true, Pass},
		{"nothing at all", []byte("From: jo@nothing.example\r\n\r\nx"), Envelope{RemoteIP: good, MailFrom: "jo@nothing.example"}, false, None},
		{"no From", []byte("Subject: x\r\n\r\nx"), Envelope{RemoteIP: good, MailFrom: "jo@la.gov.uk"}, false, None},
		{"stored with LF", bytes.ReplaceAll(signed(t, "la.gov.uk", msg), []byte("\r\n"), []byte("\n")), Envelope{RemoteIP: bad}, true, Pass},
	} {
		f := Check(context.Background(), c.raw, c.env, dns)
		if f.Verified() != c.verified || f.DMARC != c.dmarc {
			t.Errorf("%s: verified %v DMARC %s, want %v %s\n%+v", c.name, f.Verified(), f.DMARC, c.verified, c.dmarc, f)
		}
		if len(f.Reasons()) == 0 {
			t.Errorf("%s: no reasons", c.name)
		}
		if f.Temporary() {
			t.Errorf("%s: called temporary", c.name)
		}
	}
}

func TestTemporaryFailures(t *testing.T) {
	dns := records{slow: map[string]bool{"la.gov.uk": true, "s._domainkey.la.gov.uk": true, "_dmarc.social.la.gov.uk": true}}
	f := Check(context.Background(), signed(t, "la.gov.uk", msg), Envelope{RemoteIP: net.IPv4(203, 0, 113, 9), MailFrom: "jo@la.gov.uk"}, dns)
	if f.Verified() || !f.Temporary() || f.SPF != TempError || f.Signatures[0].Result != TempError || f.DMARC != TempError {
		t.Fatalf("%+v", f)
	}
}

// stuck never answers before its context ends.
type stuck struct{ records }

func (stuck) LookupTXT(ctx context.Context, name string) ([]string, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Name: name, Err: ctx.Err().Error(), IsTimeout: true, IsTemporary: true}
}

func TestWithinEnds(t *testing.T) {
	f := Within(context.Background(), 20*time.Millisecond, []byte(msg), Envelope{RemoteIP: net.IPv4(203, 0, 113, 9), MailFrom: "jo@la.gov.uk"}, stuck{})
	if f.Verified() || !f.Temporary() {
		t.Fatalf("%+v", f)
	}
}

func TestManySignaturesAreBounded(t *testing.T) {
	raw := []byte(strings.Repeat("DKIM-Signature: v=1; a=ed25519-sha256; d=la.gov.uk; s=s; h=From; bh=x; b=x\r\n", 100) + msg)
	f := Check(context.Background(), raw, Envelope{}, records{})
	if len(f.Signatures) > maxSignatures || f.Verified() {
		t.Fatalf("%d", len(f.Signatures))
	}
}

// When parser and raw header do not agree on the writer, a signature over the one says nothing of the other.
func TestParsedAndRawMustAgree(t *testing.T) {
	raw := byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from")
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}}}
	for from, want := range map[string]bool{"From: Jo Price <jo@anytown.example>": true, "From: Jo  Price\r\n <jo@anytown.example>": true, "From: Al Price <al@anytown.example>": false, "To: x": false} {
		parsed, _ := mailparse.Parse([]byte(from+"\r\n\r\nx"), mailparse.Limits{})
		if f := Check(t.Context(), raw, Envelope{Parsed: parsed}, dns); f.Verified() != want {
			t.Errorf("%s: %v %q", from, f.Verified(), f.Reasons())
		}
	}
}

// A quarter megabyte of anything must stay cheap: none of the readers may look at the rest again for each mark in it. Should one do, this test takes
// minutes and not a moment.
func TestHugeHeaders(t *testing.T) {
	for _, piece := range []string{"<", "(", "\"", "\\", ";", "=", "a=b;", "=?", "=?x?q?", "@", ",", " ", "\r\n ", "x@y ", "\xd0\xb0a", "\u200d"} {
		many := strings.Repeat(piece, (256<<10)/len(piece))
		for _, name := range []string{"From", "Reply-To", "Authentication-Results", "ARC-Authentication-Results", "ARC-Seal", "DKIM-Signature"} {
			raw := []byte("From: x <jo@anytown.example>\r\n" + name + ": " + many + "\r\n\r\nx")
			if name == "From" {
				raw = raw[len("From: x <jo@anytown.example>\r\n"):]
			}
			f := Check(t.Context(), raw, Envelope{Fetched: true, TrustedResults: []string{"mx.anymail.example", NoID}, Expect: []Party{{"Anytown Council", "anytown.gov.uk"}}}, Static{})
			if f.Verified() {
				t.Errorf("%s of %q: verified", name, piece)
			}
		}
	}
}
