package mailauth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"kinbridge/adapters/email/mailparse"
)

// longMail is a 10 KB answer as a council's server would send it: text and HTML, some twenty fields above them.
func longMail() string {
	var b strings.Builder
	for i := range 4 {
		fmt.Fprintf(&b, "Received: from mx%d.anytown.example (mx%d.anytown.example [192.0.2.%d])\r\n\tby gw.anytown.example (Postfix) with ESMTPS id 4Bx%d;\r\n\tThu, 7 May 2026 09:1%d:00 +0100\r\n", i, i, i, i, i)
	}
	b.WriteString("From: \"Quill, Anna\" <anna.quill@anytown.example>\r\nTo: Kinbridge <r-1@in.kinbridge.example>\r\nSubject: RE: Contact on Monday\r\n" +
		"Date: Thu, 7 May 2026 09:10:00 +0100\r\nMessage-ID: <bench-1@anytown.example>\r\nIn-Reply-To: <q@in.kinbridge.example>\r\nReferences: <q@in.kinbridge.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b1\"\r\nX-Mailer: Example\r\nThread-Topic: Contact on Monday\r\nThread-Index: AdrExample==\r\nAccept-Language: en-GB\r\n\r\n")
	b.WriteString("--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
	for b.Len() < 5000 {
		b.WriteString("Yes, Monday at ten is fine for the visit, and the foster carer will bring him.  We shall ring\r\nbefore if anything changes. \r\n\r\n")
	}
	b.WriteString("--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n")
	for b.Len() < 10_200 {
		b.WriteString("<p class=\"MsoNormal\">Yes, Monday at ten is fine for the visit,\tand the foster carer will bring him.</p>\r\n")
	}
	b.WriteString("</body></html>\r\n--b1--\r\n")
	return b.String()
}

func signedWith(tb testing.TB, signer crypto.Signer, domain, raw string) []byte {
	tb.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(raw), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: signer, HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization: dkim.CanonicalizationRelaxed, HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type"}})
	if err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func keyText(tb testing.TB, pub crypto.PublicKey) string {
	tb.Helper()
	if e, ok := pub.(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(e)
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		tb.Fatal(err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// BenchmarkCheck authenticates a 10 KB mail with one RSA-2048 signature while every answer of the DNS is remembered.
func BenchmarkCheck(b *testing.B) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	raw := signedWith(b, key, "anytown.example", longMail())
	next := Static{TXT: map[string][]string{
		"anytown.example":              {"v=spf1 include:spf.anytown.example mx -all"},
		"spf.anytown.example":          {"v=spf1 ip4:192.0.2.0/28 ip4:203.0.113.0/24 -all"},
		"_dmarc.anytown.example":       {"v=DMARC1; p=reject; rua=mailto:d@anytown.example"},
		"s._domainkey.anytown.example": {keyText(b, key.Public())},
	}}
	r := Remember(next, time.Hour, nil)
	env := Envelope{RemoteIP: net.IPv4(203, 0, 113, 9), Helo: "mx.anytown.example", MailFrom: "anna.quill@anytown.example"}
	if f := Check(context.Background(), raw, env, r); !f.Verified() || f.DMARC != Pass || f.SPF != Pass || f.Signatures[0].Result != Pass {
		b.Fatalf("%+v", f)
	}
	parsed, err := mailparse.Parse(raw, mailparse.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		parsed *mailparse.Message
		r      Resolver
	}{{"read-here", nil, r}, {"parsed", parsed, r}, {"cached-only", parsed, CachedOnly(r)}} {
		b.Run(c.name, func(b *testing.B) {
			env := env
			env.Parsed = c.parsed
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if f := Check(context.Background(), raw, env, c.r); f.NotCached || !f.Verified() {
					b.Fatalf("%+v", f)
				}
			}
		})
	}
}
