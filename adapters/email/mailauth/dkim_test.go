package mailauth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"
)

// asks counts what is asked of it.
type asks struct {
	Static
	n int
}

func (a *asks) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a.n++
	return a.Static.LookupTXT(ctx, name)
}

const sigHash = crypto.Hash(0)

// weakKey is an RSA key of 512 bits, which Go itself makes no more.
func weakKey() *rsa.PublicKey {
	n, _ := new(big.Int).SetString("d"+strings.Repeat("3a7f", 31)+"9b1", 16)
	return &rsa.PublicKey{N: n, E: 65537}
}

// byHand signs with tags of the test's choice: what the libraries refuse to write.
func byHand(t testing.TB, raw, tags string) []byte {
	t.Helper()
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	list, err := parseTags(tags)
	if err != nil {
		t.Fatal(err)
	}
	canonical := relaxedBodyByHand(body)
	if l := list.word("l"); l != "" {
		var n int
		if fmt.Sscan(l, &n); n < len(canonical) {
			canonical = canonical[:n]
		}
	}
	sum := sha256.Sum256([]byte(canonical))
	field := "DKIM-Signature: " + tags + "; c=relaxed/relaxed; bh=" + base64.StdEncoding.EncodeToString(sum[:]) + "; b="
	text, seen := "", map[string]bool{}
	for _, name := range strings.Split(list.word("h"), ":") {
		for _, f := range strings.Split(head, "\r\n") {
			if !seen[name] && strings.HasPrefix(strings.ToLower(f), strings.ToLower(name)+":") {
				text += relaxedByHand(f) + "\r\n"
			}
		}
		seen[name] = true
	}
	hash := sha256.Sum256([]byte(text + relaxedByHand(field)))
	sig, err := testKey.Sign(rand.Reader, hash[:], sigHash)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(field + base64.StdEncoding.EncodeToString(sig) + "\r\n" + raw)
}

const plainMail = "From: Jo Price <jo@anytown.example>\r\nSubject: review\r\n\r\nYes.\r\n"

func TestDKIMRules(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	key := keyRecord()
	weak, err := x509.MarshalPKIXPublicKey(weakKey())
	if err != nil {
		t.Fatal(err)
	}
	dns := Static{TXT: map[string][]string{
		"s._domainkey.anytown.example":       {key},
		"test._domainkey.anytown.example":    {key + "; t=y"},
		"exact._domainkey.anytown.example":   {key + "; t=s"},
		"gone._domainkey.anytown.example":    {"v=DKIM1; k=ed25519; p="},
		"weak._domainkey.anytown.example":    {"v=DKIM1; p=" + base64.StdEncoding.EncodeToString(weak)},
		"sha1._domainkey.anytown.example":    {key + "; h=sha1"},
		"other._domainkey.anytown.example":   {key + "; s=tlsrpt"},
		"two._domainkey.anytown.example":     {key, key},
		"beside._domainkey.anytown.example":  {"some-verification=1", key},
		"version._domainkey.anytown.example": {strings.Replace(key, "DKIM1", "DKIM2", 1)},
		"junk._domainkey.anytown.example":    {"nothing of the kind"},
	}}
	base := "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from:subject"
	swap := func(old, new string) string { return strings.Replace(base, old, new, 1) }
	for _, c := range []struct {
		name string
		raw  []byte
		want Result
	}{
		{"plain", byHand(t, plainMail, base), Pass},
		{"blanks in the tags", byHand(t, plainMail, "v = 1 ;a= ed25519-sha256; d=anytown.example ; s=\ts; h = from : subject"), Pass},
		{"a field covered that is not there", byHand(t, plainMail, swap("from:subject", "from:from:subject:reply-to")), Pass},
		{"body longer than l=", append(byHand(t, plainMail, base+"; l=6"), "Give him to me.\r\n"...), Fail},
		{"l= exactly the body", byHand(t, plainMail, base+"; l=6"), Pass},
		{"l=0", byHand(t, plainMail, base+"; l=0"), Fail},
		{"l= longer than the body", byHand(t, plainMail, base+"; l=600"), PermError},
		{"expired", byHand(t, plainMail, base+"; t=1700000000; x=1700000100"), PermError},
		{"not expired", byHand(t, plainMail, base+"; t=1700000000; x=1900000100"), Pass},
		{"expires before it begins", byHand(t, plainMail, base+"; t=1900000000; x=1890000000"), PermError},
		{"no number for a time", byHand(t, plainMail, base+"; x=soon"), PermError},
		{"i= in the domain", byHand(t, plainMail, base+"; i=jo@anytown.example"), Pass},
		{"i= below the domain", byHand(t, plainMail, base+"; i=jo@mail.anytown.example"), Pass},
		{"i= below the domain, which the key forbids", byHand(t, plainMail, swap("s=s", "s=exact")+"; i=jo@mail.anytown.example"), PermError},
		{"i= elsewhere", byHand(t, plainMail, base+"; i=jo@evil.example"), PermError},
		{"i= of a domain that only ends alike", byHand(t, plainMail, base+"; i=jo@notanytown.example"), PermError},
		{"From not covered", byHand(t, plainMail, swap("from:subject", "subject")), PermError},
		{"key only tried out", byHand(t, plainMail, swap("s=s", "s=test")), Neutral},
		{"key withdrawn", byHand(t, plainMail, swap("s=s", "s=gone")), PermError},
		{"key of 512 bits", byHand(t, plainMail, strings.Replace(swap("s=s", "s=weak"), "ed25519-", "rsa-", 1)), PermError},
		{"key for another hash", byHand(t, plainMail, swap("s=s", "s=sha1")), PermError},
		{"key for something else than mail", byHand(t, plainMail, swap("s=s", "s=other")), PermError},
		{"two keys under one name", byHand(t, plainMail, swap("s=s", "s=two")), PermError},
		{"a key beside another record", byHand(t, plainMail, swap("s=s", "s=beside")), Pass},
		{"key of another version", byHand(t, plainMail, swap("s=s", "s=version")), PermError},
		{"no key but something else", byHand(t, plainMail, swap("s=s", "s=junk")), PermError},
		{"no key", byHand(t, plainMail, swap("s=s", "s=nowhere")), PermError},
		{"kind of key and of signature differ", byHand(t, plainMail, swap("ed25519-", "rsa-")), PermError},
		{"SHA-1", byHand(t, plainMail, swap("ed25519-sha256", "rsa-sha1")), PermError},
		{"unknown version", byHand(t, plainMail, swap("v=1", "v=2")), PermError},
		{"unknown way of asking", byHand(t, plainMail, base+"; q=carrier/pigeon"), PermError},
		{"a tag is missing", byHand(t, plainMail, swap("s=s; ", "")), PermError},
		{"subject changed", bytes.Replace(byHand(t, plainMail, base), []byte("review"), []byte("closed"), 1), Fail},
		{"words added", append(byHand(t, plainMail, base), "And more.\r\n"...), Fail},
		{"blank lines added", append(byHand(t, plainMail, base), "\r\n\r\n"...), Pass},
	} {
		f := Check(t.Context(), c.raw, Envelope{Received: now}, dns)
		if len(f.Signatures) != 1 || f.Signatures[0].Result != c.want {
			t.Errorf("%s: %+v, want %s", c.name, f.Signatures, c.want)
			continue
		}
		if f.Verified() != (c.want == Pass) || (f.Signatures[0].Reason == "") != (c.want == Pass) {
			t.Errorf("%s: verified %v, reason %q", c.name, f.Verified(), f.Signatures[0].Reason)
		}
	}
}

func TestWordsAddedBelowASignedBeginning(t *testing.T) {
	raw := append(byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from; l=6"), "Give him to me.\r\n"...)
	want := "The signature of anytown.example does not count: it covers only the beginning of the message."
	if f := Check(t.Context(), raw, Envelope{}, Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}}}); f.Verified() || !slices.Contains(f.Reasons(), want) {
		t.Errorf("%q", f.Reasons())
	}
}

func TestSeveralSignatures(t *testing.T) {
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}, "s._domainkey.list.example": {keyRecord()}}}
	raw := byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from")
	raw = byHand(t, string(raw), "v=1; a=ed25519-sha256; d=list.example; s=s; h=from")
	raw = append([]byte("DKIM-Signature: nonsense\r\n"), raw...)
	f := Check(t.Context(), raw, Envelope{}, dns)
	if len(f.Signatures) != 3 || f.Signatures[0].Result != PermError || f.Signatures[1].Result != Pass || f.Signatures[1].Aligned || !f.Signatures[2].Aligned || !f.Verified() {
		t.Errorf("%+v", f.Signatures)
	}
}

// What the message alone shows to be void is not asked about.
func TestChangedTextAsksForNoKey(t *testing.T) {
	dns := &asks{}
	raw := bytes.Replace(byHand(t, plainMail, "v=1; a=ed25519-sha256; d=anytown.example; s=s; h=from"), []byte("Yes."), []byte("No."), 1)
	if m := splitMessage(raw); m.verifyDKIM(m.fields[0], &asker{Resolver: dns, ctx: t.Context()}, time.Now()).Result != Fail || dns.n != 0 {
		t.Errorf("%d questions", dns.n)
	}
}

// TestAgreesWithAnotherVerifier signs messages of odd shapes with another implementation and asks it and ours, of the message as signed and
// with one byte changed.
func TestAgreesWithAnotherVerifier(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	record := keyText(t, key.Public())
	dns := Static{TXT: map[string][]string{"s._domainkey.anytown.example": {record}}}
	piece := rapid.SampledFrom([]string{"a", "Yes", " ", "  ", "\t", "\r\n", "\r\n\r\n", "=", ".", "é", "\r\n \r\n", " \r\n"})
	rapid.Check(t, func(t *rapid.T) {
		subject := strings.NewReplacer("\r\n", "\r\n ").Replace("s" + strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "subject"), "") + "x")
		subject = strings.NewReplacer("\r\n \r\n", "\r\n ", "\r\n  \r\n", "\r\n ").Replace(subject)
		body := strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "body"), "")
		raw := "From: jo@anytown.example\r\nsubject:" + subject + "\r\nX-Two: 1\r\nX-Two:2\r\n\r\n" + body
		forms := rapid.SampledFrom([]dkim.Canonicalization{dkim.CanonicalizationSimple, dkim.CanonicalizationRelaxed})
		var out bytes.Buffer
		err := dkim.Sign(&out, strings.NewReader(raw), &dkim.SignOptions{Domain: "anytown.example", Selector: "s", Signer: key,
			HeaderKeys: []string{"From", "Subject", "X-Two", "X-Two", "X-None"}, HeaderCanonicalization: forms.Draw(t, "head"), BodyCanonicalization: forms.Draw(t, "body form")})
		if err != nil {
			t.Skip("cannot be signed")
		}
		signed := out.Bytes()
		if rapid.Bool().Draw(t, "change") {
			at := rapid.IntRange(0, len(signed)-1).Draw(t, "at")
			if signed[at] == '\r' || signed[at] == '\n' {
				t.Skip("line ends are read in more than one way")
			}
			signed[at] = rapid.SampledFrom([]byte("a bX\t;=:")).Draw(t, "to")
		}
		theirs, err := dkim.VerifyWithOptions(bytes.NewReader(signed), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) { return []string{record}, nil }})
		want := err == nil && len(theirs) == 1 && theirs[0].Err == nil
		f := Check(context.Background(), signed, Envelope{}, dns)
		got := len(f.Signatures) == 1 && f.Signatures[0].Result == Pass
		if got != want && !(want && f.Signatures[0].Reason == "the signer publishes no such key") { // theirs was given the key of any name
			t.Fatalf("ours %v %+v, theirs %v\n%q", got, f.Signatures, want, signed)
		}
	})
}

func TestManyFieldsCostLittle(t *testing.T) {
	head := strings.Repeat("X: y\r\n", 100_000)
	sig := "DKIM-Signature: v=1; a=ed25519-sha256; d=anytown.example; s=s; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; c=relaxed/relaxed; b=AA==; h=from" + strings.Repeat(":x", 100_000) + "\r\n"
	f := Check(t.Context(), []byte(sig+"From: jo@anytown.example\r\n"+head+"\r\n"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.example"},
		Static{TXT: map[string][]string{"s._domainkey.anytown.example": {keyRecord()}, "anytown.example": {"v=spf1 ip4:192.0.2.1 -all"}}})
	if f.Verified() || f.Signatures[0].Result == Pass {
		t.Errorf("%+v", f)
	}
}
