package mailparse

// Addresses returns the mailboxes of every field of the name, in order, with decoded names (RFC 5322 section 3.4).
func (h *Header) Addresses(name string) []Address { return h.addresses(name) }

// ParseAddresses reads an address list as Header.Addresses does.
func ParseAddresses(list string) []Address { return parseAddresses(list, "") }

// OneLine makes text fit for one line on a screen or in a header: control characters become blanks, characters that reorder a line and
// invalid UTF-8 go.
func OneLine(s string) string { return oneLine(s) }
