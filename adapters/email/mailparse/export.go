package mailparse

// ParseAddresses reads an address list (RFC 5322 section 3.4) that stands outside a header, such as in the text of a delivery report. It
// never refuses: what is no address comes out as a name.
func ParseAddresses(list string) []Address { return parseAddresses(list, "") }

// Addresses returns the addresses of every field of the name, in order.
func (h *Header) Addresses(name string) []Address { return h.addresses(name) }

// ParseStatus reads the fields of a delivery report (RFC 3464 section 2.1) whose MIME structure was lost.
func ParseStatus(fields []byte) Status {
	r := &reader{budget: newBudget(DefaultLimits()), msg: &Message{}}
	return r.status(fields)
}

// OneLine is s without line ends, control characters and marks that turn the direction of text.
func OneLine(s string) string { return oneLine(s) }
