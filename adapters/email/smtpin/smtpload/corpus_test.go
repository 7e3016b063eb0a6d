package smtpload_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"kinbridge/adapters/email/intake"
	"kinbridge/adapters/email/mailauth"
	"kinbridge/adapters/email/smtpin/smtpload"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/store"
)

// What the load sends is read as it is meant: else the benchmark measures something that no council sends.
func TestCorpusIsReadAsReplies(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	reader := intake.Reader{Resolver: mailauth.Static{TXT: map[string][]string{
		"northvale.example":                  {"v=spf1 ip4:127.0.0.0/8 -all"},
		"_dmarc.northvale.example":           {"v=DMARC1; p=reject"},
		"bench._domainkey.northvale.example": {"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)},
	}}}
	env := store.Envelope{MailFrom: "hannah.cole@northvale.example", Rcpt: "r-1@in.kinbridge.example", RemoteIP: "127.0.0.1", Helo: "load.example"}
	corpus := smtpload.Corpus{Size: 10 << 10, Words: "bench", Signer: key}
	seen := map[string]bool{}
	for n := range 8 {
		m, err := corpus.Mail(n, env.MailFrom, env.Rcpt)
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(m.Raw)] || len(m.Raw) < 10<<10 || len(m.Raw) > 12<<10 {
			t.Errorf("mail %d: %d bytes, or the same as another", n, len(m.Raw))
		}
		seen[string(m.Raw)] = true
		if bytes.Contains(m.Raw, []byte("\n.")) || !bytes.HasSuffix(m.Raw, []byte("\r\n")) || bytes.Contains(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("mail %d cannot be sent as it is", n)
		}
		read, ok := reader.ReadAtOnce(t.Context(), m.Raw, env)
		want := fmt.Sprintf("Thank you for your message. bench (%d)", n)
		if !ok || read.Kind != flow.MailMessage || !read.Proof.Verified || !strings.HasPrefix(strings.TrimSpace(read.Text), want) || strings.Contains(read.Text, "Please tell us") {
			t.Errorf("mail %d: ok %v, %s, proof %+v, text %.700q", n, ok, read.Kind, read.Proof, read.Text)
		}
		if signed := read.Proof.Results["dkim"] == "pass"; signed != (n%4 == 3) {
			t.Errorf("mail %d: dkim %q", n, read.Proof.Results["dkim"])
		}
	}
}
