package smtpout

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"kinbridge/adapters/email/mtasts"
	"kinbridge/gateway/messages"
)

// Resolver asks the DNS; net.Resolver does.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	mtasts.Resolver
}

// The most servers of a domain, and addresses of one server, that one try goes to.
const (
	mostHosts     = 8
	mostAddresses = 4
)

// asciiDomain writes a recipient's domain as the DNS has it (RFC 5891).
func asciiDomain(domain string) (string, error) {
	a, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || a == "" {
		return "", &fault{stage: atLookup, permanent: true, trouble: messages.TroubleNoDomain,
			err: refusal(553, smtp.EnhancedCode{5, 1, 2}, "the address has no domain that can be looked up")}
	}
	return a, nil
}

// mxHosts returns the names of the servers that take a domain's mail, in the order in which to try them: by preference, in random order
// among equals; the domain itself where it has no MX (RFC 5321 section 5.1); a permanent fault where it takes no mail (RFC 7505) or
// does not exist.
func (s *Sender) mxHosts(ctx context.Context, domain string) ([]string, error) {
	list, err := s.cfg.Net.Resolver.LookupMX(ctx, domain)
	var dns *net.DNSError
	switch {
	case len(list) > 0: // with an error: Go's resolver leaves out names that are none
	case err == nil, errors.As(err, &dns) && dns.IsNotFound:
		if s.ourselves(domain) {
			return nil, looping()
		}
		return []string{domain}, nil
	default:
		return nil, &fault{stage: atLookup, trouble: messages.TroubleUnreachable, err: refusal(451, smtp.EnhancedCode{4, 4, 3}, "the name servers of the domain do not answer")}
	}
	if len(list) == 1 && strings.TrimSuffix(list[0].Host, ".") == "" {
		return nil, &fault{stage: atLookup, permanent: true, trouble: messages.TroubleNoDomain, err: refusal(556, smtp.EnhancedCode{5, 1, 10}, "the domain takes no mail (null MX)")}
	}
	list = slices.Clone(list)
	s.cfg.Net.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	ours := 1 << 16 // our own preference: we may hand on only to servers preferred to us (RFC 5321 section 5.1)
	for _, mx := range list {
		if s.ourselves(mx.Host) {
			ours = min(ours, int(mx.Pref))
		}
	}
	var hosts []string
	for _, mx := range list {
		host := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if host != "" && int(mx.Pref) < ours && !slices.Contains(hosts, host) && len(hosts) < mostHosts {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil, looping()
	}
	return hosts, nil
}

func looping() error {
	return &fault{stage: atLookup, permanent: true, trouble: messages.TroubleLoop, err: refusal(554, smtp.EnhancedCode{5, 4, 6}, "the domain's mail comes back to this server")}
}

func (s *Sender) ourselves(host string) bool {
	return strings.EqualFold(strings.TrimSuffix(host, "."), s.cfg.Hostname)
}

// addresses returns where a server is, in the order of the resolver (RFC 6724). Addresses that are no other machine's are left out: a
// stranger's DNS must not send us to services that trust this one.
func (s *Sender) addresses(ctx context.Context, host string) ([]string, error) {
	ips, err := s.cfg.Net.Resolver.LookupNetIP(ctx, "ip", host)
	var dns *net.DNSError
	if err != nil && errors.As(err, &dns) && dns.IsNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || len(out) == mostAddresses {
			continue
		}
		out = append(out, net.JoinHostPort(ip.String(), "25"))
	}
	return out, nil
}
