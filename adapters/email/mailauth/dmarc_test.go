package mailauth

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestDMARCRecords(t *testing.T) {
	for _, c := range []struct {
		name    string
		from    string // the domain in From; signed and sent by anytown.gov.uk unless the name says otherwise
		txt     map[string][]string
		want    Result
		policy  string
		percent int
	}{
		{"own record", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=reject"}}, Pass, "reject", 100},
		{"written in capitals and without blanks", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1;P=Reject;PCT=20"}}, Pass, "reject", 20},
		{"the organisation's record for a subdomain", "social.anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=reject; sp=quarantine"}}, Pass, "quarantine", 100},
		{"the organisation's record has no sp=", "social.anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=reject"}}, Pass, "reject", 100},
		{"sp= says nothing of the domain itself", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=none; sp=reject"}}, Pass, "none", 100},
		{"none", "anytown.gov.uk", nil, None, "", 100},
		{"several records are none, and end the search", "social.anytown.gov.uk", map[string][]string{"_dmarc.social.anytown.gov.uk": {"v=DMARC1; p=none", "v=DMARC1; p=reject"}, "_dmarc.anytown.gov.uk": {"v=DMARC1; p=reject"}}, None, "", 100},
		{"a record of something else beside it", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=spf1 -all", "v=DMARC1; p=quarantine"}}, Pass, "quarantine", 100},
		{"v= not first is no record", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"p=reject; v=DMARC1"}}, None, "", 100},
		{"another version is no record", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC2; p=reject"}}, None, "", 100},
		{"no policy but reports asked for", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; rua=mailto:d@anytown.gov.uk"}}, Pass, "none", 100},
		{"no policy and no reports", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=perhaps"}}, PermError, "", 100},
		{"what else cannot be read counts as not said", "anytown.gov.uk", map[string][]string{"_dmarc.anytown.gov.uk": {"v=DMARC1; p=reject; pct=a lot; adkim=x; fo=9; ri=-1; rubbish"}}, Pass, "reject", 100},
		{"a public suffix that speaks for those below it", "anytown.gov.uk", map[string][]string{"_dmarc.gov.uk": {"v=DMARC1; p=reject; sp=quarantine; psd=y"}}, Pass, "quarantine", 100},
		{"a public suffix that does not", "anytown.gov.uk", map[string][]string{"_dmarc.gov.uk": {"v=DMARC1; p=reject"}}, None, "", 100},
	} {
		txt := map[string][]string{"anytown.gov.uk": {"v=spf1 ip4:192.0.2.1 -all"}}
		for k, v := range c.txt {
			txt[k] = v
		}
		f := Check(t.Context(), []byte("From: jo@"+c.from+"\r\n\r\nx"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.gov.uk"}, Static{TXT: txt})
		if f.DMARC != c.want || f.DMARCPolicy != c.policy || f.DMARCPercent != c.percent || !f.Verified() {
			t.Errorf("%s: %s %q %d, want %s %q %d; verified %v", c.name, f.DMARC, f.DMARCPolicy, f.DMARCPercent, c.want, c.policy, c.percent, f.Verified())
		}
	}
}

// While the policy cannot be asked the domain may want strict alignment, so only the very same domain counts.
func TestUnknownPolicyCountsAsStrict(t *testing.T) {
	dns := records{txt: map[string]string{"anytown.example": "v=spf1 ip4:192.0.2.1 -all"}, slow: map[string]bool{"_dmarc.social.anytown.example": true, "_dmarc.anytown.example": true}}
	env := Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.example"}
	if f := Check(t.Context(), []byte("From: jo@social.anytown.example\r\n\r\nx"), env, dns); f.Verified() || !f.Temporary() || f.DMARC != TempError {
		t.Errorf("a subdomain: %+v", f)
	}
	if f := Check(t.Context(), []byte("From: jo@anytown.example\r\n\r\nx"), env, dns); !f.Verified() || f.Temporary() {
		t.Errorf("the domain itself: %+v", f)
	}
}

func TestSPFLimits(t *testing.T) {
	txt := map[string][]string{
		"loop.example":    {"v=spf1 include:loop.example -all"},
		"void.example":    {"v=spf1 exists:a.void.example exists:b.void.example exists:c.void.example ip4:192.0.2.1 -all"},
		"syntax.example":  {"v=spf1 ipv4:192.0.2.1 -all"},
		"two.example":     {"v=spf1 ip4:192.0.2.1 -all", "v=spf1 -all"},
		"soft.example":    {"v=spf1 ~all"},
		"neutral.example": {"v=spf1 ?all"},
		"nothing.example": {"unrelated"},
	}
	includes := ""
	for i := range 11 {
		includes += fmt.Sprintf(" include:i%d.example", i)
		txt[fmt.Sprintf("i%d.example", i)] = []string{"v=spf1 ip4:203.0.113.1 -all"}
	}
	txt["eleven.example"] = []string{"v=spf1" + includes + " ip4:192.0.2.1 -all"}
	txt["ten.example"] = []string{"v=spf1" + strings.TrimSuffix(includes, " include:i10.example") + " ip4:192.0.2.1 -all"}
	for domain, want := range map[string]Result{"loop.example": PermError, "void.example": PermError, "syntax.example": PermError, "two.example": PermError, "eleven.example": PermError,
		"ten.example": Pass, "soft.example": SoftFail, "neutral.example": Neutral, "nothing.example": None, "absent.example": None} {
		f := Check(t.Context(), []byte("From: jo@"+domain+"\r\n\r\nx"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@" + domain}, Static{TXT: txt})
		if f.SPF != want || f.Verified() != (want == Pass) || f.Temporary() {
			t.Errorf("%s: %s, want %s; verified %v", domain, f.SPF, want, f.Verified())
		}
	}
}

// The domain that is looked up must be the one that is compared with From, whatever quotation marks a sender uses.
func TestEnvelopeSenderWithTwoAts(t *testing.T) {
	dns := Static{TXT: map[string][]string{"evil.example": {"v=spf1 +all"}, "anytown.example": {"v=spf1 -all"}}}
	for _, sender := range []string{`"x@evil.example"@anytown.example`, `x@evil.example@anytown.example`, `"a b"@anytown.example`} {
		f := Check(t.Context(), []byte("From: jo@anytown.example\r\n\r\nx"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: sender}, dns)
		if f.Verified() || f.SPF != Fail {
			t.Errorf("%s: %s", sender, f.SPF)
		}
	}
}

func TestNamesAreAskedAbsolutely(t *testing.T) {
	var names []string
	next := &countingResolver{answer: func(name string) ([]string, error) { names = append(names, name); return nil, missing(name) }}
	Check(t.Context(), []byte("From: jo@anytown.example\r\n\r\nx"), Envelope{RemoteIP: net.IPv4(192, 0, 2, 1), MailFrom: "jo@anytown.example"}, next)
	if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".") }) {
		t.Errorf("the search list of the machine may be tried: %q", names)
	}
}
