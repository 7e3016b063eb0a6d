package smtpout

import (
	"strings"

	"kinbridge/adapters/email/mtasts"
)

// level is how well a connection must be protected before a mail goes over it.
type level int

const (
	plain         level = iota // not at all
	opportunistic              // by TLS where it is offered; what cannot be proven is taken (RFC 7435)
	verified                   // by TLS 1.2 or newer with a certificate for the server's name, or nothing is sent
)

// requirement is what one mail asks of the connection to its recipient's own server.
type requirement struct {
	level level
	// sts is the domain's policy (RFC 8461): in mode enforce only hosts that it names are used, in mode testing others are reported.
	sts *mtasts.Policy
	// mayNotify says that, where the requirement cannot be met, a notice without any content may be sent unprotected in the mail's place. A
	// domain that enforces a policy of its own forbids that too (RFC 8461 section 5).
	mayNotify bool
}

// requires decides what a mail for a domain asks. required are the configured patterns (matchDomain); neutral mail holds nothing
// private, so that our own rule does not bind it, while the domain's does.
func requires(domain string, required []string, sts *mtasts.Policy, neutral bool) requirement {
	r := requirement{level: opportunistic, sts: sts}
	enforced := sts != nil && sts.Mode == mtasts.Enforce
	switch {
	case enforced:
		r.level = verified
	case !neutral && matchDomain(domain, required):
		r.level, r.mayNotify = verified, true
	}
	return r
}

// names reports whether the requirement lets a mail go to an MX host, and whether a policy names it.
func (r requirement) names(host string) (allowed, named bool) {
	if r.sts == nil {
		return true, true
	}
	named = r.sts.Matches(host)
	return named || r.sts.Mode != mtasts.Enforce, named
}

// matchDomain reports whether a domain is one of the patterns: "anytown.example" is itself alone, "*.gov.uk" is gov.uk and everything
// under it.
func matchDomain(domain string, patterns []string) bool {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	for _, p := range patterns {
		p = strings.ToLower(strings.TrimSuffix(p, "."))
		if rest, wild := strings.CutPrefix(p, "*."); wild {
			if domain == rest || strings.HasSuffix(domain, "."+rest) {
				return true
			}
		} else if domain == p {
			return true
		}
	}
	return false
}
