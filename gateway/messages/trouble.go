package messages

import (
	"regexp"
	"strings"
)

// Trouble says in one word why an email has not arrived, or not yet. Pages translate it; the server's own answer is kept beside it.
type Trouble string

// What can be the matter.
const (
	TroubleNoMailbox   Trouble = "no_mailbox"  // the address does not exist there
	TroubleDisabled    Trouble = "disabled"    // the mailbox is closed or suspended
	TroubleFull        Trouble = "full"        // the mailbox is full
	TroubleNoDomain    Trouble = "no_domain"   // the domain does not exist or takes no mail
	TroubleTooLarge    Trouble = "too_large"   // larger than the server takes
	TroubleSpam        Trouble = "spam"        // taken for advertising or harm
	TroubleRefused     Trouble = "refused"     // the organisation's rules refuse it
	TroubleOurProof    Trouble = "our_proof"   // our SPF, DKIM or DMARC did not satisfy the server
	TroubleBusy        Trouble = "busy"        // the server asks to come later
	TroubleUnreachable Trouble = "unreachable" // the server does not answer
	TroubleNoTLS       Trouble = "no_tls"      // the server offers no protected connection, and one is required
	TroubleBadTLS      Trouble = "bad_tls"     // the connection could not be protected: the certificate or handshake failed
	TroubleOurServer   Trouble = "our_server"  // our own mail server refuses us: for an operator
	TroubleLoop        Trouble = "loop"        // mail goes round in a circle
	TroubleLetters     Trouble = "letters"     // the address has letters that the server cannot take
	TroubleOther       Trouble = "other"
)

// Troubles lists every trouble with its words in English; pages translate by code.
var Troubles = []struct {
	Code  Trouble
	Words string
}{
	{TroubleNoMailbox, "the address does not exist"},
	{TroubleDisabled, "the mailbox is closed"},
	{TroubleFull, "the mailbox is full"},
	{TroubleNoDomain, "there is no mail server for the address"},
	{TroubleTooLarge, "the email is larger than the server takes"},
	{TroubleSpam, "the server took it for spam"},
	{TroubleRefused, "the organisation’s mail rules refused it"},
	{TroubleOurProof, "the server did not believe that it comes from Kinbridge: tell the operator"},
	{TroubleBusy, "the server asks us to try later"},
	{TroubleUnreachable, "the mail server does not answer"},
	{TroubleNoTLS, "the mail server offers no secure connection"},
	{TroubleBadTLS, "the mail server could not prove a secure connection"},
	{TroubleOurServer, "Kinbridge’s own mail server refused it: tell the operator"},
	{TroubleLoop, "the email went round in a circle"},
	{TroubleLetters, "the server cannot take an address with these letters"},
	{TroubleOther, "the server gave another reason"},
}

// Insecure reports whether the trouble is that a server could not be reached securely.
func (t Trouble) Insecure() bool { return t == TroubleNoTLS || t == TroubleBadTLS }

// Gone reports whether the trouble is that there is no such mailbox any more: another person, or another address of hers, must be written to.
func (t Trouble) Gone() bool { return t == TroubleNoMailbox || t == TroubleDisabled }

// byStatus are the subjects and details of RFC 3463 (and the registry that RFC 5248 began) that name the trouble by themselves, without
// the class. Those that servers use for several things (x.7.1, x.1.0, x.0.0, x.3.0 …; x.1.10, which is null MX by RFC 7505 and Exchange's
// for an address that it does not know) are left to the words.
var byStatus = map[string]Trouble{
	"1.1": TroubleNoMailbox, "1.3": TroubleNoMailbox, "1.6": TroubleNoMailbox, "1.2": TroubleNoDomain, "4.4": TroubleNoDomain,
	"1.7": TroubleOurServer, "1.8": TroubleOurServer, "2.1": TroubleDisabled, "2.2": TroubleFull, "2.3": TroubleTooLarge, "3.4": TroubleTooLarge,
	"3.1": TroubleFull, "4.1": TroubleUnreachable, "4.2": TroubleUnreachable, "4.3": TroubleUnreachable, "4.5": TroubleBusy, "4.6": TroubleLoop,
	"4.7": TroubleUnreachable, "6.7": TroubleLetters, "7.8": TroubleOurServer, "7.9": TroubleOurServer, "7.20": TroubleOurProof, "7.21": TroubleOurProof,
	"7.22": TroubleOurProof, "7.23": TroubleOurProof, "7.24": TroubleOurProof, "7.25": TroubleOurProof, "7.26": TroubleOurProof, "7.27": TroubleOurProof,
	"7.4": TroubleNoTLS, "7.10": TroubleNoTLS, "7.30": TroubleNoTLS, "7.5": TroubleBadTLS, "7.17": TroubleNoMailbox, "7.18": TroubleNoMailbox,
}

// byWords are tried in order on the server's words, in lower case. Each is how more than one kind of server says it.
var byWords = []struct {
	say  *regexp.Regexp
	what Trouble
}{
	{regexp.MustCompile(`mail loop|loop(s)? (back|detected)|too many hops|hop count`), TroubleLoop},
	{regexp.MustCompile(`over ?quota|quota (is )?exceeded|exceed(s|ed)?.{0,20}(quota|storage)|mailbox.{0,20}full|out of storage|insufficient.{0,20}(storage|space)`), TroubleFull},
	{regexp.MustCompile(`(message|size|file|mail).{0,30}(too (large|big)|exceed)|exceed.{0,40}(size|limit)|too (large|big)`), TroubleTooLarge},
	{regexp.MustCompile(`\b(spf|dkim|dmarc|sender id)\b|unauthenticated (sender|mail)|sender authenticat`), TroubleOurProof},
	{regexp.MustCompile(`starttls|requiretls|tls (is )?(required|not)|must issue.{0,20}tls|encrypt.{0,30}(required|needed)`), TroubleNoTLS},
	{regexp.MustCompile(`spam|junk|block ?list|black ?list|deny ?list|\brbl\b|dnsbl|spamhaus|reputation|content (was )?(rejected|refused)|virus|malware|phish|suspicio|bulk`), TroubleSpam},
	{regexp.MustCompile(`gr[ae]y ?list`), TroubleBusy},
	{regexp.MustCompile(`(account|mailbox|user|recipient|address).{0,40}(disabled|suspended|deactivated|inactive|closed|locked|expired)|no longer (active|in use|valid|available|works)`), TroubleDisabled},
	{regexp.MustCompile(`(user|recipient|mailbox|account|address|person|alias|name).{0,60}(unknown|not found|not exist|n.t exist|no such|unavailable|invalid|not known|not local|undeliverable|couldn.t be found|not listed)` +
		`|(unknown|no such|invalid|non-?existent|bad).{0,30}(user|recipient|mailbox|account|address|person|alias)|no mailbox (here|by)|does ?n.t have an? .{0,30}account|resolver\.adr\.|recipnotfound|recipient address rejected: access denied`), TroubleNoMailbox},
	{regexp.MustCompile(`(domain|host|hostname).{0,40}(not found|unknown|not exist|no such|invalid|nxdomain)|null ?mx|does not accept mail|no mx|unrouteable|unroutable|relay(ing)? (access )?(denied|not permitted|prohibited)|not (permitted|allowed|able) to relay`), TroubleNoDomain},
	{regexp.MustCompile(`connection (timed out|refused|reset|lost|closed)|timed? ?out|no route|unreachable|could not be reached|lost connection|not responding`), TroubleUnreachable},
	{regexp.MustCompile(`try (again )?later|temporar|too many|rate ?limit|throttl|busy|overload|deferred`), TroubleBusy},
	{regexp.MustCompile(`polic(y|ies)|prohibit|not authori[sz]ed|not allowed|access denied|rejected|refused|denied|forbidden`), TroubleRefused},
}

// TroubleOf reads a server's answer: the reply code (RFC 5321; 0 when a report gives none), the enhanced status (RFC 3463, "5.1.1"; "" when
// there is none) and its words.
func TroubleOf(code int, status, words string) Trouble {
	class, detail, _ := strings.Cut(status, ".")
	if t, ok := byStatus[detail]; ok && !(class == "5" && detail == "4.1") { // Exchange says 5.4.1 of an address it does not know
		return t
	}
	if len(words) > 2000 {
		words = words[:2000]
	}
	words = strings.ToLower(words)
	for _, w := range byWords {
		if w.say.MatchString(words) {
			return w.what
		}
	}
	temporary := code >= 400 && code < 500 || code == 0 && class == "4"
	switch {
	case code == 452 || code == 552:
		return TroubleFull
	case code == 551 || code == 553 || strings.HasPrefix(detail, "1."), code == 550 && !strings.HasPrefix(detail, "7."):
		return TroubleNoMailbox
	case code >= 530 && code <= 538 || code >= 500 && code <= 504:
		return TroubleOurServer
	case temporary && strings.HasPrefix(detail, "4."):
		return TroubleUnreachable
	case temporary:
		return TroubleBusy
	case strings.HasPrefix(detail, "7."), code == 554, code == 521:
		return TroubleRefused
	}
	return TroubleOther
}

// Known reports whether the trouble is one of Troubles.
func (t Trouble) Known() bool {
	for _, k := range Troubles {
		if k.Code == t {
			return true
		}
	}
	return false
}
