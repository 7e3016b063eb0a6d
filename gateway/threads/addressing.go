package threads

import (
	"strings"

	"kinbridge/gateway/ids"
)

// Addressing is how our addresses are written: as a local part of their own at a domain that is all ours, or, where a deployment has one
// mailbox at a provider, as subaddresses of that mailbox (RFC 5233): kinbridge+r-ID-MAC@prison.example.
type Addressing struct {
	Key    []byte // signs the addresses
	Domain string // "in.kinbridge.example"
	// Mailbox is the local part of the one mailbox ("kinbridge"), at Domain; "" = the whole domain is ours.
	Mailbox string
}

// Separator stands between a mailbox's own name and the rest of a subaddress. It is what Exchange, Gmail, Dovecot, Postfix and Fastmail use.
const Separator = "+"

// maxLocalPart is the longest local part, in octets (RFC 5321 section 4.5.3.1.1).
const maxLocalPart = 64

// MaxMailbox is the longest name of a mailbox that an address of ours still fits behind.
const MaxMailbox = maxLocalPart - len(Separator) - (1 + 1 + tokenChars + 1 + tokenChars)

// Write writes an address of ours.
func (a Addressing) Write(kind AddressKind, id ids.AddressTokenID) string {
	local := LocalPart(a.Key, kind, id)
	if a.Mailbox != "" {
		local = a.Mailbox + Separator + local
	}
	return local + "@" + a.Domain
}

// Named is an address of ours that people may know: name at our domain, or the one mailbox itself.
func (a Addressing) Named(name string) string {
	if a.Mailbox != "" {
		name = a.Mailbox
	}
	return name + "@" + a.Domain
}

// Ours reports whether mail for the address, in any case, is ours to take.
func (a Addressing) Ours(address string) bool {
	local, at := a.local(address)
	return at && (a.Mailbox == "" || strings.EqualFold(local, a.Mailbox) || a.sub(local) != "")
}

// Parse reads an address. It returns ErrNotOurs or ErrForged when it is not one we issued.
func (a Addressing) Parse(address string) (AddressKind, ids.AddressTokenID, error) {
	local, at := a.local(address)
	if a.Mailbox != "" {
		local = a.sub(local)
	}
	if !at {
		return "", "", ErrNotOurs
	}
	return ParseLocalPart(a.Key, local)
}

// local splits an address of our domain.
func (a Addressing) local(address string) (local string, ours bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", false
	}
	return address[:i], strings.EqualFold(strings.TrimSuffix(address[i+1:], "."), a.Domain)
}

// sub is what stands behind the mailbox's name and the separator; "" when the local part is no subaddress of it.
func (a Addressing) sub(local string) string {
	n := len(a.Mailbox)
	if len(local) <= n+len(Separator) || !strings.EqualFold(local[:n], a.Mailbox) || local[n:n+len(Separator)] != Separator {
		return ""
	}
	return local[n+len(Separator):]
}
