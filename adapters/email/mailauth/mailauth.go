// Package mailauth finds out whether a message really comes from the domain its From header names: SPF (RFC 7208), DKIM
// (RFC 6376) and the alignment rules of DMARC (RFC 7489). It gathers facts and decides nothing but whether they verify the
// domain; the caller's policy decides what to do. The resolver is passed in.
package mailauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"kinbridge/adapters/email/mailparse"
)

// Resolver looks up DNS records. *net.Resolver is one. Each method returns a *net.DNSError with IsNotFound when there is no
// record, and one with IsTemporary or IsTimeout when trying later may help.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Envelope is what the SMTP session knows.
type Envelope struct {
	RemoteIP net.IP // of the client
	Helo     string // the name it gave
	MailFrom string // the envelope sender without <>; empty for reports
}

// Result is the outcome of one method, in the words of RFC 8601 section 2.7.
type Result string

// The results used here.
const (
	None      Result = "none"
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	Neutral   Result = "neutral"
	TempError Result = "temperror"
	PermError Result = "permerror"
)

// Signature is one DKIM signature.
type Signature struct {
	Domain  string // d=
	Result  Result
	Aligned bool   // its domain is the From domain, or belongs to the same organisation
	Reason  string // why it did not pass, for a log
}

// Facts is what was found out about one message.
type Facts struct {
	FromHeaders int    // From fields, counted in the raw header
	FromDomain  string // of the one From address, lower case and in ASCII form; "" when there is not exactly one
	FromAddress string

	SPF        Result
	SPFDomain  string
	SPFAligned bool

	Signatures []Signature

	DMARC       Result // pass when an aligned method passed; none when the domain publishes no policy
	DMARCPolicy string // none, quarantine or reject; "" without a record

	reasons []string
}

// maxSignatures bounds the work one message can cause.
const maxSignatures = 8

// Verified says that exactly one From address is named and that SPF or DKIM vouches for its domain, whether or not the domain
// publishes a DMARC policy. It says nothing about the person: anyone in the domain could have written it.
func (f Facts) Verified() bool {
	if f.FromHeaders != 1 || f.FromDomain == "" {
		return false
	}
	return f.alignedDKIM() || f.SPF == Pass && f.SPFAligned
}

func (f Facts) alignedDKIM() bool {
	for _, s := range f.Signatures {
		if s.Result == Pass && s.Aligned {
			return true
		}
	}
	return false
}

// Temporary says that a look-up failed in a way that may pass, and that nothing else verified the sender: trying again later
// may verify it.
func (f Facts) Temporary() bool {
	if f.Verified() {
		return false
	}
	temp := f.SPF == TempError || f.DMARC == TempError
	for _, s := range f.Signatures {
		temp = temp || s.Result == TempError
	}
	return temp
}

// Reasons says in plain words why the sender is or is not verified, for the person who reviews the message.
func (f Facts) Reasons() []string { return append([]string(nil), f.reasons...) }

// Check gathers the facts about raw, the message as it was received. It asks r at most some thirty questions and stops when
// ctx ends; what could not be asked is a TempError.
func Check(ctx context.Context, raw []byte, env Envelope, r Resolver) Facts {
	f := Facts{SPF: None, DMARC: None}
	f.readFrom(raw)
	f.checkSPF(ctx, env, r)
	f.checkDKIM(ctx, raw, r)
	f.checkDMARC(ctx, r)
	f.explain()
	return f
}

func (f *Facts) readFrom(raw []byte) {
	head := raw
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(head, []byte(end)); i >= 0 {
			head = head[:i+len(end)]
		}
	}
	m, _ := mailparse.Parse(head, mailparse.Limits{})
	if m == nil {
		return
	}
	f.FromHeaders = m.FromHeaders
	if len(m.From) == 1 && m.FromHeaders == 1 {
		f.FromAddress = strings.ToLower(m.From[0].Addr)
		f.FromDomain = domainOf(m.From[0].Addr)
	}
}

// domainOf returns the domain of an address in lower-case ASCII form, or "".
func domainOf(addr string) string {
	i := strings.LastIndexByte(addr, '@')
	if i < 0 {
		return ""
	}
	return asciiDomain(addr[i+1:])
}

func asciiDomain(d string) string {
	d = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(d)), ".")
	if a, err := idna.Lookup.ToASCII(d); err == nil {
		return a
	}
	if strings.ContainsAny(d, " \t<>@,;\"") {
		return ""
	}
	return d
}

// organisation returns the organisational domain (RFC 7489 section 3.2): one label under the public suffix.
func organisation(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return org
}

// aligned applies RFC 7489 section 3.1; strict asks for the very same domain.
func aligned(from, other string, strict bool) bool {
	if from == "" || other == "" {
		return false
	}
	if strict {
		return from == other
	}
	return organisation(from) == organisation(other)
}

func (f *Facts) checkSPF(ctx context.Context, env Envelope, r Resolver) {
	if env.RemoteIP == nil {
		return
	}
	f.SPFDomain = domainOf(env.MailFrom)
	if f.SPFDomain == "" {
		f.SPFDomain = asciiDomain(env.Helo) // RFC 7208 section 2.4: an empty sender stands for postmaster of the HELO name
	}
	if f.SPFDomain == "" {
		return
	}
	sender := env.MailFrom
	if sender == "" {
		sender = "postmaster@" + f.SPFDomain
	}
	res, _ := spf.CheckHostWithSender(env.RemoteIP, env.Helo, sender, spf.WithContext(ctx), spf.WithResolver(r))
	f.SPF = Result(res)
	f.SPFAligned = aligned(f.FromDomain, f.SPFDomain, false)
}

func (f *Facts) checkDKIM(ctx context.Context, raw []byte, r Resolver) {
	if !bytes.Contains(bytes.ToLower(raw[:min(len(raw), 256<<10)]), []byte("dkim-signature:")) {
		return
	}
	lookup := func(name string) ([]string, error) { return r.LookupTXT(ctx, name) }
	found, err := verify(raw, lookup)
	if err != nil && len(found) == 0 && !errors.Is(err, dkim.ErrTooManySignatures) {
		f.Signatures = append(f.Signatures, Signature{Result: PermError, Reason: err.Error()})
	}
	for _, v := range found {
		s := Signature{Domain: asciiDomain(v.Domain), Result: Pass}
		switch {
		case v.Err == nil:
		case dkim.IsTempFail(v.Err):
			s.Result, s.Reason = TempError, v.Err.Error()
		case dkim.IsPermFail(v.Err):
			s.Result, s.Reason = PermError, v.Err.Error()
		default:
			s.Result, s.Reason = Fail, v.Err.Error()
		}
		s.Aligned = aligned(f.FromDomain, s.Domain, false)
		f.Signatures = append(f.Signatures, s)
	}
}

// verify calls the DKIM library, which may panic on hostile input.
func verify(raw []byte, lookup func(string) ([]string, error)) (found []*dkim.Verification, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, fmt.Errorf("dkim: %v", p)
		}
	}()
	return dkim.VerifyWithOptions(bytes.NewReader(crlf(raw)), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
}

// crlf gives every line the end it had on the wire, in case the message was stored with LF.
func crlf(raw []byte) []byte {
	if bytes.Contains(raw, []byte("\r\n")) || !bytes.Contains(raw, []byte("\n")) {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

func (f *Facts) checkDMARC(ctx context.Context, r Resolver) {
	if f.FromDomain == "" {
		return
	}
	lookup := func(name string) ([]string, error) { return r.LookupTXT(ctx, name) }
	rec, err := dmarc.LookupWithOptions(f.FromDomain, &dmarc.LookupOptions{LookupTXT: lookup})
	sub := false
	if org := organisation(f.FromDomain); errors.Is(err, dmarc.ErrNoPolicy) && org != f.FromDomain {
		rec, err = dmarc.LookupWithOptions(org, &dmarc.LookupOptions{LookupTXT: lookup})
		sub = true
	}
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		return
	case err != nil && dmarc.IsTempFail(err):
		f.DMARC = TempError
		return
	case err != nil:
		f.DMARC = PermError
		return
	}
	f.DMARCPolicy = string(rec.Policy)
	if sub && rec.SubdomainPolicy != "" {
		f.DMARCPolicy = string(rec.SubdomainPolicy)
	}
	// The domain may ask for strict alignment; then what aligned loosely above does not count.
	if rec.SPFAlignment == dmarc.AlignmentStrict {
		f.SPFAligned = aligned(f.FromDomain, f.SPFDomain, true)
	}
	if rec.DKIMAlignment == dmarc.AlignmentStrict {
		for i := range f.Signatures {
			f.Signatures[i].Aligned = aligned(f.FromDomain, f.Signatures[i].Domain, true)
		}
	}
	f.DMARC = Fail
	if f.alignedDKIM() || f.SPF == Pass && f.SPFAligned {
		f.DMARC = Pass
	}
}

func (f *Facts) explain() {
	say := func(format string, args ...any) { f.reasons = append(f.reasons, fmt.Sprintf(format, args...)) }
	switch {
	case f.FromHeaders == 0:
		say("The message does not say who wrote it.")
	case f.FromHeaders > 1:
		say("The message names %d writers, so none can be trusted.", f.FromHeaders)
	case f.FromDomain == "":
		say("The writer's address cannot be read.")
	}
	for _, s := range f.Signatures {
		switch {
		case s.Result == Pass && s.Aligned:
			say("It is signed by %s, which is the writer's organisation.", s.Domain)
		case s.Result == Pass:
			say("It is signed by %s, which is not the writer's organisation.", s.Domain)
		case s.Result == TempError:
			say("A signature could not be checked just now.")
		default:
			say("A signature is broken: the message may have been changed on its way.")
		}
	}
	switch {
	case f.SPF == Pass && f.SPFAligned:
		say("It came from a server that %s allows.", f.SPFDomain)
	case f.SPF == Pass:
		say("The server that sent it is allowed by %s, which is not the writer's organisation.", f.SPFDomain)
	case f.SPF == Fail || f.SPF == SoftFail:
		say("The server that sent it is not one that %s allows.", f.SPFDomain)
	case f.SPF == TempError:
		say("Which servers %s allows could not be looked up just now.", f.SPFDomain)
	}
	if !f.Verified() && len(f.reasons) == 0 {
		say("Nothing shows that it really comes from %s.", f.FromDomain)
	}
	if f.DMARC == Fail {
		say("%s says that such messages are not to be trusted.", f.FromDomain)
	}
}

// Within ends Check's look-ups after d, so that a slow name server cannot hold a session.
func Within(ctx context.Context, d time.Duration, raw []byte, env Envelope, r Resolver) Facts {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return Check(ctx, raw, env, r)
}
