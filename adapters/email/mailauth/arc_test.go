package mailauth

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hop is one sealer of a test's chain. The fields below cv break what it writes.
type hop struct {
	domain, results, cv string

	amsHeaders string // h= of the message signature; "from:subject" when empty
	extraSeal  string // more tags of the seal
	selector   string
}

var blanks = regexp.MustCompile(`[ \t]+`)

// relaxedByHand is the canonical form of a field (RFC 6376 section 3.4.2), written apart from the code under test.
func relaxedByHand(f string) string {
	name, value, _ := strings.Cut(f, ":")
	value = blanks.ReplaceAllString(strings.ReplaceAll(value, "\r\n", ""), " ")
	return strings.ToLower(strings.TrimSpace(name)) + ":" + strings.TrimSpace(value)
}

func relaxedBodyByHand(body string) string {
	lines := strings.Split(body, "\r\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(blanks.ReplaceAllString(l, " "), " ")
	}
	if out := strings.TrimRight(strings.Join(lines, "\r\n"), "\r\n"); out != "" {
		return out + "\r\n"
	}
	return ""
}

// seal puts one ARC set on top of a message, as RFC 8617 section 5.1 tells.
func seal(t testing.TB, key crypto.Signer, raw string, h hop) string {
	t.Helper()
	if h.amsHeaders == "" {
		h.amsHeaders = "from:subject"
	}
	if h.selector == "" {
		h.selector = "arc"
	}
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	fields := regexp.MustCompile(`\r\n([^ \t])`).ReplaceAllString(head, "\x00$1")
	all := strings.Split(fields, "\x00")
	i := 1 + strings.Count(head, "ARC-Seal: ")
	algorithm := "rsa-sha256"
	if _, ok := key.Public().(ed25519.PublicKey); ok {
		algorithm = "ed25519-sha256"
	}
	sign := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		var opts crypto.SignerOpts = crypto.SHA256
		if algorithm[0] == 'e' {
			opts = crypto.Hash(0)
		}
		sig, err := key.Sign(rand.Reader, sum[:], opts)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(sig)
	}
	aar := fmt.Sprintf("ARC-Authentication-Results: i=%d; %s", i, h.results)
	bodySum := sha256.Sum256([]byte(relaxedBodyByHand(body)))
	ams := fmt.Sprintf("ARC-Message-Signature: i=%d; a=%s; c=relaxed/relaxed; d=%s;\r\n\ts=%s; h=%s; bh=%s;\r\n\tb=", i, algorithm, h.domain, h.selector, h.amsHeaders,
		base64.StdEncoding.EncodeToString(bodySum[:]))
	signed := ""
	for _, name := range strings.Split(h.amsHeaders, ":") {
		for _, f := range all {
			if strings.HasPrefix(strings.ToLower(f), name+":") {
				signed += relaxedByHand(f) + "\r\n"
			}
		}
	}
	ams += sign(signed + relaxedByHand(ams))
	as := fmt.Sprintf("ARC-Seal: i=%d; a=%s; cv=%s; d=%s; s=%s;%s\r\n\tb=", i, algorithm, h.cv, h.domain, h.selector, h.extraSeal)
	chain := ""
	for n := 1; n < i; n++ {
		for _, kind := range arcFields {
			for _, f := range all {
				if regexp.MustCompile(fmt.Sprintf(`^%s:\s*i=%d;`, kind, n)).MatchString(f) {
					chain += relaxedByHand(f) + "\r\n"
				}
			}
		}
	}
	as += sign(chain + relaxedByHand(aar) + "\r\n" + relaxedByHand(ams) + "\r\n" + relaxedByHand(as))
	return as + "\r\n" + ams + "\r\n" + aar + "\r\n" + raw
}

// chain seals msg by each hop in turn and returns it with the keys' records.
func chain(t testing.TB, key crypto.Signer, raw string, hops ...hop) string {
	for i, h := range hops {
		if h.cv == "" {
			h.cv = "pass"
			if i == 0 {
				h.cv = "none"
			}
		}
		raw = seal(t, key, raw, h)
	}
	return raw
}

const arcMail = "From: Jo Price <jo@anytown.example>\r\nSubject: review \r\n of  the plan\r\nTo: r@in.kinbridge.example\r\n\r\nYes,  on Monday. \r\n\r\nJo\r\n\r\n\r\n"

const sawPass = "mx.list.example; dkim=pass header.d=anytown.example; dmarc=pass header.from=anytown.example"

func arcDNS(t testing.TB, key crypto.Signer) records {
	text := keyText(t, key.Public())
	return records{txt: map[string]string{
		"arc._domainkey.list.example":     text,
		"arc._domainkey.relay.example":    text,
		"arc._domainkey.evil.example":     text,
		"test._domainkey.list.example":    text + "; t=y",
		"revoked._domainkey.list.example": "v=DKIM1; p=",
		"_dmarc.anytown.example":          "v=DMARC1; p=reject",
	}}
}

func signers(t testing.TB) map[string]crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"RSA": key, "Ed25519": testKey}
}

func TestARCChains(t *testing.T) {
	list, relay, evil := hop{domain: "list.example", results: sawPass}, hop{domain: "relay.example", results: "relay.example; arc=pass"}, hop{domain: "evil.example", results: "evil.example; none"}
	with := func(h hop, change func(*hop)) hop { change(&h); return h }
	swap := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("nothing to break: %q is not in the message", old)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	same := func(s string) string { return s }
	keys := signers(t)
	for _, c := range []struct {
		name     string
		hops     []hop
		change   func(string) string
		result   Result
		trusted  []string
		verified bool
	}{
		{"no chain", nil, same, None, []string{"list.example"}, false},
		{"one hop, nobody trusted", []hop{list}, same, Pass, nil, false},
		{"one trusted hop", []hop{list}, same, Pass, []string{"List.Example"}, true},
		{"one hop, another is trusted", []hop{list}, same, Pass, []string{"relay.example"}, false},
		{"two trusted hops", []hop{list, relay}, same, Pass, []string{"list.example", "relay.example"}, true},
		{"only the older is trusted: the newer could have changed everything", []hop{list, evil}, same, Pass, []string{"list.example"}, false},
		{"only the newer is trusted, and it says nothing of the writer", []hop{list, relay}, same, Pass, []string{"relay.example"}, false},
		{"a stranger in between", []hop{list, evil, relay}, same, Pass, []string{"list.example", "relay.example"}, false},
		{"a trusted hop saw another domain pass", []hop{with(list, func(h *hop) {
			h.results = "mx.list.example; dkim=pass header.d=evil.example; dmarc=fail header.from=anytown.example"
		})}, same, Pass, []string{"list.example"}, false},
		{"a trusted hop saw nothing", []hop{with(list, func(h *hop) { h.results = "mx.list.example; none" })}, same, Pass, []string{"list.example"}, false},
		{"a trusted hop saw SPF of the domain", []hop{with(list, func(h *hop) { h.results = "mx.list.example; spf=pass smtp.mailfrom=jo@anytown.example" })}, same, Pass, []string{"list.example"}, true},
		{"From is not covered, so it may be another's", []hop{with(list, func(h *hop) { h.amsHeaders = "subject" })}, same, Pass, []string{"list.example"}, false},

		{"the text changed", []hop{list}, swap("Monday", "Sunday"), Fail, []string{"list.example"}, false},
		{"the subject changed", []hop{list}, swap("review", "closure"), Fail, []string{"list.example"}, false},
		{"From changed", []hop{list}, swap("jo@anytown", "al@anytown"), Fail, []string{"list.example"}, false},
		{"the recorded results changed", []hop{list}, swap("dkim=pass", "dkim=pass header.i=x"), Fail, []string{"list.example"}, false},
		{"the recorded results of the first of two changed", []hop{list, relay}, swap("dmarc=pass", "dmarc=fail"), Fail, []string{"list.example", "relay.example"}, false},
		{"the message signature is of another", []hop{list}, swap("d=list.example;\r\n\ts=arc; h", "d=evil.example;\r\n\ts=arc; h"), Fail, []string{"list.example"}, false},
		{"the seal is of another", []hop{list}, swap("cv=none; d=list.example", "cv=none; d=relay.example"), Fail, []string{"list.example"}, false},
		{"cv=pass in the first set", []hop{with(list, func(h *hop) { h.cv = "pass" })}, same, Fail, []string{"list.example"}, false},
		{"cv=none in the second", []hop{list, with(relay, func(h *hop) { h.cv = "none" })}, same, Fail, []string{"list.example"}, false},
		{"cv=fail", []hop{list, with(relay, func(h *hop) { h.cv = "fail" })}, same, Fail, []string{"list.example"}, false},
		{"a seal with h=", []hop{with(list, func(h *hop) { h.extraSeal = " h=from;" })}, same, Fail, []string{"list.example"}, false},
		{"the message signature covers the seal", []hop{with(list, func(h *hop) { h.amsHeaders = "from:arc-seal" })}, same, Fail, []string{"list.example"}, false},
		{"a field is missing", []hop{list}, swap("ARC-Seal:", "X-Seal:"), Fail, []string{"list.example"}, false},
		{"a set is missing", []hop{list, relay}, func(s string) string { return strings.ReplaceAll(s, "i=1;", "i=3;") }, Fail, []string{"list.example"}, false},
		{"an instance twice", []hop{list}, func(s string) string { return "ARC-Authentication-Results: i=1; evil.example; dmarc=pass\r\n" + s }, Fail, []string{"list.example"}, false},
		{"instance 0", []hop{list}, func(s string) string { return "ARC-Seal: i=0; a=rsa-sha256; cv=none; d=x.example; s=s; b=\r\n" + s }, Fail, []string{"list.example"}, false},
		{"no instance", []hop{list}, func(s string) string { return "ARC-Authentication-Results: evil.example; dmarc=pass\r\n" + s }, Fail, []string{"list.example"}, false},
		{"a key that is only tried out", []hop{with(list, func(h *hop) { h.selector = "test" })}, same, Fail, []string{"list.example"}, false},
		{"a key withdrawn", []hop{with(list, func(h *hop) { h.selector = "revoked" })}, same, Fail, []string{"list.example"}, false},
		{"no key", []hop{with(list, func(h *hop) { h.selector = "none" })}, same, Fail, []string{"list.example"}, false},
		{"an older seal whose key there is not, below a good one", []hop{with(list, func(h *hop) { h.selector = "none" }), relay}, same, Fail, []string{"list.example", "relay.example"}, false},
		{"a second From on top", []hop{list}, func(s string) string { return "From: evil@evil.example\r\n" + s }, Pass, []string{"list.example"}, false},
	} {
		for kind, key := range keys {
			raw := c.change(chain(t, key, arcMail, c.hops...))
			f := Check(t.Context(), []byte(raw), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "bounce@list.example", TrustedSealers: c.trusted}, arcDNS(t, key))
			if f.ARC.Result != c.result || f.Verified() != c.verified {
				t.Errorf("%s (%s): ARC %s %q verified %v, want %s %v", c.name, kind, f.ARC.Result, f.ARC.Reason, f.Verified(), c.result, c.verified)
			}
			if (f.ARC.Reason == "") != (c.result == Pass || c.result == None) {
				t.Errorf("%s (%s): reason %q", c.name, kind, f.ARC.Reason)
			}
		}
	}
}

func TestARCFacts(t *testing.T) {
	raw := chain(t, testKey, arcMail, hop{domain: "list.example", results: sawPass})
	raw = strings.Replace(raw, "Yes, ", "[list] Yes, ", 1) // the second hop changes the text before it seals
	raw = chain(t, testKey, raw, hop{domain: "relay.example", results: "relay.example; arc=pass", cv: "pass"})
	f := Check(t.Context(), []byte(raw), Envelope{TrustedSealers: []string{"list.example", "relay.example"}}, arcDNS(t, testKey))
	if f.ARC.Result != Pass || !slices.Equal(f.ARC.Sealers, []string{"list.example", "relay.example"}) || f.ARC.OldestPass != 2 {
		t.Fatalf("%+v", f.ARC)
	}
	if f.ARC.FirstSealer != "list.example" || f.ARC.First.By != "mx.list.example" || len(f.ARC.First.Methods) != 2 {
		t.Errorf("the first hop: %+v", f.ARC.First)
	}
	if !f.Verified() || !slices.Contains(f.Reasons(), "It was passed on by list.example, then relay.example. list.example, which is trusted here, saw that it came from the writer's organisation.") {
		t.Errorf("%v %q", f.Verified(), f.Reasons())
	}
	dns := arcDNS(t, testKey)
	dns.slow = map[string]bool{"arc._domainkey.relay.example": true}
	if f = Check(t.Context(), []byte(raw), Envelope{TrustedSealers: []string{"list.example"}}, dns); f.ARC.Result != TempError || !f.Temporary() || f.Verified() {
		t.Errorf("a key that cannot be had now: %+v", f.ARC)
	}
}

func TestLongARCChainsAreNotFollowed(t *testing.T) {
	var b bytes.Buffer
	for i := range 60 {
		fmt.Fprintf(&b, "ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=evil.example; s=s; b=AA==\r\n", i+1)
	}
	dns := &asks{Static: Static{}}
	f := Check(t.Context(), append(b.Bytes(), arcMail...), Envelope{}, dns)
	if f.ARC.Result != Fail || dns.n > 5 {
		t.Errorf("%+v after %d questions", f.ARC, dns.n)
	}
}
