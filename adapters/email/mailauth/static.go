package mailauth

import (
	"context"
	"net"
	"strings"
)

// Static answers from a fixed table before it asks anybody: for closed networks whose mail servers are in no public DNS, for the demo and for
// tests. Names are lower case without a final dot. With Next nil, what is not in the table does not exist.
type Static struct {
	TXT  map[string][]string
	Next Resolver
}

func missing(name string) error {
	return &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// LookupTXT returns the table's records, or asks Next.
func (s Static) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if txt, ok := s.TXT[canonical(name)]; ok {
		return txt, nil
	}
	if s.Next == nil {
		return nil, missing(name)
	}
	return s.Next.LookupTXT(ctx, name)
}

// LookupMX asks Next.
func (s Static) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if s.Next == nil {
		return nil, missing(name)
	}
	return s.Next.LookupMX(ctx, name)
}

// LookupIPAddr asks Next.
func (s Static) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	if s.Next == nil {
		return nil, missing(host)
	}
	return s.Next.LookupIPAddr(ctx, host)
}

// LookupAddr asks Next.
func (s Static) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if s.Next == nil {
		return nil, missing(addr)
	}
	return s.Next.LookupAddr(ctx, addr)
}
