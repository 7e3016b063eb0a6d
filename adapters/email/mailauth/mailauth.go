// Package mailauth finds out whether a message really comes from the domain its From header names: SPF (RFC 7208), DKIM (RFC 6376, 8301,
// 8463), the alignment rules of DMARC (RFC 7489), ARC chains (RFC 8617), and for mail that was fetched from a mailbox the results its provider
// wrote into it (RFC 8601). Beside these it names the tricks by which a message shows another writer than it has. It gathers facts and decides
// nothing but whether they verify the domain; the caller's policy decides what to do. Resolver and clock are passed in.
//
// Only the message's own header is looked at. Whatever a forwarded message inside it says, or is signed by, changes nothing.
package mailauth

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"

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

// Envelope is what is known about a message beside its bytes. Only the first three come from the SMTP session.
type Envelope struct {
	RemoteIP net.IP // of the client; nil when there was no session
	Helo     string // the name it gave
	MailFrom string // the envelope sender without <>; empty for reports

	// Fetched says that the message was taken from a mailbox: there was no session to check, so SPF is what the provider reports in the field
	// that is trusted (RFC 8601 section 7.1), given TrustedResults. Signatures are checked here nevertheless, and ours is preferred.
	Fetched        bool
	TrustedResults []string // names of servers (authserv-id), or NoID
	// TrustedSealers are the domains whose ARC seals are believed. A trusted sealer at the end of a valid chain verifies the writer when it
	// saw an aligned method pass.
	TrustedSealers []string

	Expect   []Party            // who the writer might pretend to be
	Received time.Time          // when the message came, against which signatures expire; zero = now
	Parsed   *mailparse.Message // the whole message as the caller read it; nil = it is read here, which costs time
}

// Party is a person or body that a forger might want to be taken for: ourselves, the authority addressed, its worker. Either field may be
// empty.
type Party struct {
	Name   string
	Domain string
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

// Author is whom the From field names.
type Author struct {
	FromHeaders int    // From fields, counted in the header
	FromDomain  string // of the one From address, lower case and in ASCII form; "" when there is not exactly one
	FromAddress string

	clear bool // the parser and the raw header agree on what From says
}

// SPFFacts is what SPF says about the server that handed the message in.
type SPFFacts struct {
	SPF        Result
	SPFDomain  string
	SPFAligned bool
}

// Facts is what was found out about one message.
type Facts struct {
	Author
	SPFFacts
	Signatures []Signature
	DMARCFacts
	ARC ARC

	// Source says whose results these are: "" = all were checked here; else which header was believed besides ("Authentication-Results of
	// mx.anytown.example").
	Source string
	// NotCached says that CachedOnly did not know an answer: whatever else is said here, it has to be asked again with a resolver that asks.
	NotCached bool

	fetched  bool
	reported *Reported
	reasons  []string
	warnings []string
}

// Verified says that exactly one From address is named and that SPF or DKIM vouches for its domain, whether or not the domain
// publishes a DMARC policy; or that somebody whom the caller trusts (the mailbox provider, an ARC sealer) saw that they did. It says nothing
// about the person: anyone in the domain could have written it.
func (f Facts) Verified() bool {
	if f.FromHeaders != 1 || f.FromDomain == "" || !f.clear {
		return false
	}
	return f.alignedDKIM() || f.SPF == Pass && f.SPFAligned || f.providerVouches() || f.arcVouches()
}

func (f Facts) alignedDKIM() bool {
	for _, s := range f.Signatures {
		if s.Result == Pass && s.Aligned {
			return true
		}
	}
	return false
}

// providerVouches says whether the trusted header reports DMARC as passed for the From domain.
func (f Facts) providerVouches() bool { return f.reported != nil && f.reported.dmarcPass(f.FromDomain) }

// Temporary says that trying again later may verify the sender: a look-up failed in a way that may pass and nothing else verified it, or an
// answer was not cached.
func (f Facts) Temporary() bool {
	if f.NotCached {
		return true
	}
	if f.Verified() {
		return false
	}
	temp := f.SPF == TempError || f.DMARC == TempError || f.ARC.Result == TempError
	for _, s := range f.Signatures {
		temp = temp || s.Result == TempError
	}
	return temp
}

// Reasons says in plain words why the sender is or is not verified, for the person who reviews the message.
func (f Facts) Reasons() []string { return append([]string(nil), f.reasons...) }

// Warnings names in plain words the tricks seen in who the message says it is from. They say nothing about Verified: a forger can own a
// domain and sign with it.
func (f Facts) Warnings() []string { return append([]string(nil), f.warnings...) }

// Check gathers the facts about raw, the message as it was received. A plain message costs r four or five questions; a hostile one is held to
// SPF's own limits (RFC 7208 section 4.6.4), eight signatures, twelve ARC sets and three policies. Check stops when ctx ends; what could not
// be asked is a TempError.
func Check(ctx context.Context, raw []byte, env Envelope, r Resolver) Facts {
	if env.Received.IsZero() {
		env.Received = time.Now()
	}
	a := &asker{Resolver: r, ctx: ctx}
	m := splitMessage(raw)
	if env.Parsed == nil {
		env.Parsed, _ = mailparse.Parse(raw[:len(raw)-len(m.body)], mailparse.Limits{})
	}
	f := Facts{fetched: env.Fetched}
	f.SPF = None
	f.readFrom(m, env.Parsed)
	if env.Fetched {
		f.readReported(m, env.TrustedResults)
	} else {
		f.checkSPF(env, a)
	}
	f.checkDKIM(m, a, env.Received)
	f.addReported()
	f.checkARC(m, a, env.TrustedSealers)
	f.checkDMARC(a)
	f.NotCached = a.notCached
	f.explain()
	f.warn(m, env)
	return f
}

// Within ends Check's look-ups after d, so that a slow name server cannot hold a session.
func Within(ctx context.Context, d time.Duration, raw []byte, env Envelope, r Resolver) Facts {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return Check(ctx, raw, env, r)
}

func (f *Facts) readFrom(m *message, parsed *mailparse.Message) {
	if parsed == nil {
		return
	}
	f.FromHeaders = parsed.FromHeaders
	f.clear = m.clearly(parsed.Header.Raw("From"))
	if len(parsed.From) == 1 && parsed.FromHeaders == 1 {
		f.FromAddress = strings.ToLower(parsed.From[0].Addr)
		// "x@one.example"@other.example is read in more than one way: nobody writes so in good faith.
		if strings.Count(f.FromAddress, "@") == 1 {
			f.FromDomain = domainOf(f.FromAddress)
		}
	}
}

// clearly says whether the parsed From is what the raw header shows, so that a signature over the one is a signature over the other.
func (m *message) clearly(from string) bool {
	n, same := 0, false
	m.each("From", func(f field) bool {
		n++
		same = bytes.Equal(appendSquashed(nil, f.value()), appendSquashed(nil, []byte(from)))
		return n < 2
	})
	return n == 1 && same && !m.tooMany
}

func (f *Facts) checkSPF(env Envelope, a *asker) {
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
	// The library cuts at the first @, we at the last: only with one of them is the same domain meant.
	local := "postmaster"
	if i := strings.LastIndexByte(env.MailFrom, '@'); i > 0 && !strings.Contains(env.MailFrom[:i], "@") {
		local = env.MailFrom[:i]
	}
	f.SPF = hostResult(env, local+"@"+f.SPFDomain, a)
}

// hostResult calls the SPF library, which reads what strangers publish.
func hostResult(env Envelope, sender string, a *asker) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = PermError
		}
	}()
	got, _ := spf.CheckHostWithSender(env.RemoteIP, env.Helo, sender, spf.WithContext(a.ctx), spf.WithResolver(a))
	return Result(got)
}

// readReported takes SPF from the header that is trusted.
func (f *Facts) readReported(m *message, trusted []string) {
	r, ok := m.fromHeader(trusted)
	if !ok {
		return
	}
	f.reported, f.Source = &r, r.source()
	f.SPFDomain, f.SPF = r.spf()
}

// addReported adds the signatures that the provider saw pass and that do not pass here, for instance because it changed the message when
// it stored it.
func (f *Facts) addReported() {
	if f.reported == nil {
		return
	}
	for _, s := range f.reported.dkim() {
		known := s.Result != Pass
		for i, own := range f.Signatures {
			if own.Domain == s.Domain && own.By == "" && !known {
				known = true
				if own.Result != Pass {
					f.Signatures[i] = s
				}
			}
		}
		if !known {
			f.Signatures = append(f.Signatures, s)
		}
	}
}

// explain puts the facts into words.
func (f *Facts) explain() {
	switch {
	case f.FromHeaders == 0:
		f.say("The message does not say who wrote it.")
	case f.FromHeaders > 1:
		f.say("The message names %d writers, so none can be trusted.", f.FromHeaders)
	case f.FromDomain == "":
		f.say("The writer's address cannot be read.")
	case !f.clear:
		f.say("The header of the message can be read in two ways, so the writer cannot be checked.")
	}
	for _, s := range f.Signatures {
		f.explainSignature(s)
	}
	f.explainSPF()
	f.explainARC()
	if f.providerVouches() {
		f.say("The mailbox provider found that the message really comes from %s.", f.FromDomain)
	}
	if !f.Verified() && len(f.reasons) == 0 {
		f.say("Nothing shows that it really comes from %s.", f.FromDomain)
	}
	switch {
	case f.DMARC == Fail && f.DMARCPolicy != "none" && f.DMARCPercent > 0:
		f.say("%s says that such messages are not to be trusted.", f.FromDomain)
	case f.DMARC == TempError:
		f.say("What %s says about messages in its name could not be looked up just now.", f.FromDomain)
	}
	switch {
	case f.reported != nil:
		f.say("Where this is the word of the mailbox provider, it was read from: %s.", f.Source)
	case f.fetched:
		f.say("The mailbox provider left no findings that are trusted here.")
	}
}

func (f *Facts) say(format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	f.reasons = append(f.reasons, format)
}

func (f *Facts) explainSignature(s Signature) {
	who := "It is signed by "
	if s.By != "" {
		who = "The mailbox provider found it signed by "
	}
	switch {
	case s.Result == Pass && s.Aligned:
		f.say(who + s.Domain + ", which is the writer's organisation.")
	case s.Result == Pass:
		f.say(who + s.Domain + ", which is not the writer's organisation.")
	case s.Result == TempError:
		f.say("A signature could not be checked just now.")
	case s.Domain != "":
		f.say("The signature of " + s.Domain + " does not count: " + s.Reason + ".")
	default:
		f.say("A signature does not count: " + s.Reason + ".")
	}
}

func (f *Facts) explainSPF() {
	start := "It came from a server that "
	if f.fetched {
		start = "The mailbox provider found that it came from a server that "
	}
	switch {
	case f.SPF == Pass && f.SPFAligned:
		f.say(start + f.SPFDomain + " allows.")
	case f.SPF == Pass:
		f.say("The server that sent it is allowed by " + f.SPFDomain + ", which is not the writer's organisation.")
	case f.SPF == Fail || f.SPF == SoftFail:
		f.say("The server that sent it is not one that " + f.SPFDomain + " allows.")
	case f.SPF == TempError:
		f.say("Which servers " + f.SPFDomain + " allows could not be looked up just now.")
	case f.SPF == PermError:
		f.say("Which servers " + f.SPFDomain + " allows cannot be told: what it publishes about them is faulty.")
	}
}

func (f *Facts) explainARC() {
	by := strings.Join(f.ARC.Sealers, ", then ")
	switch {
	case f.ARC.Result == None:
	case f.arcVouches():
		f.say("It was passed on by " + by + ". " + f.ARC.FirstSealer + ", which is trusted here, saw that it came from the writer's organisation.")
	case f.ARC.Result == Pass && f.ARC.First != nil:
		f.say("It was passed on by " + by + ". " + f.ARC.FirstSealer + ", which is trusted here, did not see that it came from the writer's organisation.")
	case f.ARC.Result == Pass:
		f.say("It was passed on by " + by + ", whose word about the writer is not taken here.")
	case f.ARC.Result == TempError:
		f.say("Who passed it on could not be checked just now.")
	default:
		f.say("The record of who passed it on does not hold: " + f.ARC.Reason + ".")
	}
}
