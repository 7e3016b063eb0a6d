package mailauth

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// DMARCFacts is what DMARC (RFC 7489) says.
type DMARCFacts struct {
	DMARC Result // pass when an aligned method passed; none when the domain publishes no policy
	// DMARCPolicy is what the domain asks receivers to do with mail that fails: none, quarantine or reject; "" without a record.
	DMARCPolicy  string
	DMARCPercent int // pct=: of how many in a hundred failing messages it asks that; 100 unless it says otherwise

	strictDKIM, strictSPF bool // the alignment it asks for
}

// dmarcRecord is a policy record (RFC 7489 section 6.3).
type dmarcRecord struct {
	policy, subPolicy     string
	percent               int
	strictDKIM, strictSPF bool
	publicSuffix          bool // psd=y (RFC 9091 section 3.2)
}

var (
	errNoPolicy  = errors.New("no policy")
	errBadPolicy = errors.New("the policy cannot be read")
)

// parseDMARC reads one record. What cannot be read of it counts as not said, except the policy itself, which may be left out only when
// reports are asked for (RFC 7489 section 6.6.3 step 6).
func parseDMARC(text string) (dmarcRecord, error) {
	rec := dmarcRecord{percent: 100}
	tags := map[string]string{}
	for n, part := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := tags[name]; !twice && n < maxTags {
			tags[name] = strings.TrimSpace(value)
		}
	}
	policy := func(name string) string {
		switch v := strings.ToLower(tags[name]); v {
		case "none", "quarantine", "reject":
			return v
		}
		return ""
	}
	rec.policy, rec.subPolicy = policy("p"), policy("sp")
	if rec.policy == "" {
		if !strings.Contains(strings.ToLower(tags["rua"]), "mailto:") {
			return rec, errBadPolicy
		}
		rec.policy, rec.subPolicy = "none", "none"
	}
	rec.strictDKIM, rec.strictSPF = strings.EqualFold(tags["adkim"], "s"), strings.EqualFold(tags["aspf"], "s")
	if n, err := strconv.Atoi(tags["pct"]); err == nil && n >= 0 && n <= 100 {
		rec.percent = n
	}
	rec.publicSuffix = strings.EqualFold(tags["psd"], "y")
	return rec, nil
}

// isDMARC says whether a TXT record is a DMARC record: its first tag is v=DMARC1.
func isDMARC(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.TrimSpace(name) == "v" && strings.TrimSpace(value) == "DMARC1"
}

// policyOf looks up the record of exactly this domain. Several records are as good as none, and end the search (RFC 7489 section 6.6.3).
func (a *asker) policyOf(domain string) (rec dmarcRecord, found bool, err error) {
	txts, err := a.LookupTXT(a.ctx, "_dmarc."+domain)
	if err != nil {
		if temporary(err) {
			return rec, false, err
		}
		return rec, false, nil
	}
	var records []string
	for _, txt := range txts {
		if isDMARC(txt) {
			records = append(records, txt)
		}
	}
	switch len(records) {
	case 0:
		return rec, false, nil
	case 1:
		rec, err = parseDMARC(records[0])
		return rec, true, err
	}
	return rec, true, errNoPolicy
}

// policyFor finds the policy of a From domain: its own record, else that of its organisation, else that of a public suffix which says that
// it speaks for what is registered below it (RFC 7489 section 6.6.3, RFC 9091 section 3.4).
func (a *asker) policyFor(from string) (rec dmarcRecord, err error) {
	rec, found, err := a.policyOf(from)
	if found || err != nil {
		return rec, err
	}
	org := organisation(from)
	if org != from {
		if rec, found, err = a.policyOf(org); found || err != nil {
			if rec.subPolicy != "" {
				rec.policy = rec.subPolicy
			}
			return rec, err
		}
	}
	if suffix, icann := publicsuffix.PublicSuffix(org); icann && suffix != org {
		if rec, found, err = a.policyOf(suffix); err == nil && found && rec.publicSuffix {
			if rec.subPolicy != "" {
				rec.policy = rec.subPolicy
			}
			return rec, nil
		}
		if err != nil && temporary(err) {
			return rec, err
		}
	}
	return dmarcRecord{}, errNoPolicy
}

// checkDMARC finds the domain's policy and with it which results are aligned. While the policy cannot be asked, only the very same domain
// counts as aligned, because the domain may want that.
func (f *Facts) checkDMARC(a *asker) {
	f.DMARC, f.DMARCPercent = None, 100
	if f.FromDomain == "" {
		return
	}
	rec, err := a.policyFor(f.FromDomain)
	switch {
	case err == nil:
		f.DMARC, f.DMARCPolicy, f.DMARCPercent = Fail, rec.policy, rec.percent
		f.strictDKIM, f.strictSPF = rec.strictDKIM, rec.strictSPF
	case errors.Is(err, errNoPolicy):
	case errors.Is(err, errBadPolicy):
		f.DMARC = PermError
	default:
		f.DMARC, f.strictDKIM, f.strictSPF = TempError, true, true
	}
	f.SPFAligned = aligned(f.FromDomain, f.SPFDomain, f.strictSPF)
	for i, s := range f.Signatures {
		f.Signatures[i].Aligned = s.alignedWith(f.FromDomain, f.strictDKIM)
	}
	if f.DMARC == Fail && f.FromHeaders == 1 && f.clear && (f.alignedDKIM() || f.SPF == Pass && f.SPFAligned || f.providerVouches()) {
		f.DMARC = Pass
	}
}

func (s Signature) alignedWith(from string, strict bool) bool {
	return aligned(from, s.Domain, strict) && !(strict && s.loose)
}

// domainOf returns the domain of an address in lower-case ASCII form, or "".
func domainOf(addr string) string {
	i := strings.LastIndexByte(addr, '@')
	if i < 0 {
		return ""
	}
	return asciiDomain(addr[i+1:])
}

// asciiDomain returns a domain in lower-case ASCII form (RFC 5890); "" when that cannot be had, as of an address literal.
func asciiDomain(d string) string {
	d = strings.TrimSuffix(strings.TrimSpace(d), ".")
	if d == "" || len(d) > 253 { // RFC 1035 section 2.3.4
		return ""
	}
	plain, lower := true, true
	for i := 0; i < len(d); i++ {
		switch c := d[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
		case c >= 'A' && c <= 'Z':
			lower = false
		default:
			plain = false
		}
	}
	if !lower {
		d = strings.ToLower(d)
	}
	if plain && !strings.Contains(d, "xn--") {
		return d
	}
	if a, err := idna.Lookup.ToASCII(d); err == nil {
		return a
	}
	for i := 0; i < len(d); i++ {
		if c := d[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("<>@,;:\"()[]/", c) >= 0 {
			return ""
		}
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
	if strict || from == other {
		return from == other
	}
	return organisation(from) == organisation(other)
}

// asker puts one message's questions, and notes what a resolver that may only remember did not know.
type asker struct {
	Resolver
	ctx       context.Context
	notCached bool
}

// note makes every error a *net.DNSError, the only kind the SPF library tells apart: an error of no other kind, such as the end of the
// context, is one that may pass.
func (a *asker) note(err error) error {
	if err == nil {
		return nil
	}
	a.notCached = a.notCached || errors.Is(err, ErrNotCached)
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns
	}
	return &net.DNSError{Err: err.Error(), IsTemporary: true}
}

// absolute keeps the machine's search list out of it: a name that is not there must not be looked for in the local domain.
func absolute(name string) string {
	if strings.HasSuffix(name, ".") {
		return name
	}
	return name + "."
}

func (a *asker) LookupTXT(ctx context.Context, name string) ([]string, error) {
	v, err := a.Resolver.LookupTXT(ctx, absolute(name))
	return v, a.note(err)
}

func (a *asker) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	v, err := a.Resolver.LookupMX(ctx, absolute(name))
	return v, a.note(err)
}

func (a *asker) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	v, err := a.Resolver.LookupIPAddr(ctx, absolute(host))
	return v, a.note(err)
}

func (a *asker) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	v, err := a.Resolver.LookupAddr(ctx, addr)
	return v, a.note(err)
}

// temporary says whether a look-up's error may pass.
func temporary(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && !dns.IsNotFound && (dns.IsTemporary || dns.IsTimeout)
}
