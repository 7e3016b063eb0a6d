package imapin

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/store"
)

// The places in a mail's header where a server may have written whom it was for. IMAP has no envelope, so it is read from there.
const (
	FromDeliveredTo  = "delivered-to"   // Postfix, Dovecot, Gmail
	FromXOriginalTo  = "x-original-to"  // Postfix: before aliases
	FromEnvelopeTo   = "envelope-to"    // Exim
	FromXDeliveredTo = "x-delivered-to" // Cyrus, Fastmail
	FromXEnvelopeTo  = "x-envelope-to"  // sendmail filters, some providers
	FromReceived     = "received"       // the "for" clause (RFC 5321 section 4.4)
	FromHeader       = "header"         // To, Cc and Bcc: what the sender wrote
)

// Sources are all of them, in the order in which they are asked unless the configuration names its own.
var Sources = []string{FromDeliveredTo, FromXOriginalTo, FromEnvelopeTo, FromXDeliveredTo, FromXEnvelopeTo, FromReceived, FromHeader}

// maxRecipients bounds for how many of our addresses one mail is taken.
const maxRecipients = 50

// reading is what the envelope of a fetched mail is made from.
type reading struct {
	Own     string            // the mailbox's own address: who a mail is for that names none of ours
	Sources []string          // in order of trust
	Ours    func(string) bool // whether an address is ours
}

// envelope makes the envelopes of a fetched mail, one for each of our recipients and at least one. It depends on the mail's bytes alone: the
// same mail fetched again has the same envelopes, so that the gateway knows it again.
func (r reading) envelope(raw []byte) (mailFrom string, rcpts []string) {
	head, _ := splitHeader(raw)
	m, err := mailparse.Parse(head, mailparse.Limits{})
	if m == nil || err != nil && len(m.Header.Fields) == 0 {
		return "", []string{r.Own}
	}
	for _, source := range r.Sources {
		for _, a := range addressesIn(m, source) {
			a = strings.ToLower(a)
			if r.Ours(a) && !strings.EqualFold(a, r.Own) && usable(a) && !slices.Contains(rcpts, a) && len(rcpts) < maxRecipients {
				rcpts = append(rcpts, a)
			}
		}
		if len(rcpts) > 0 {
			break
		}
	}
	if len(rcpts) == 0 {
		rcpts = []string{r.Own}
	}
	return returnPath(m), rcpts
}

// envelopes are the store's envelopes of the mail.
func (r reading) envelopes(raw []byte, account string, wholeSize int64) []store.Envelope {
	from, rcpts := r.envelope(raw)
	out := make([]store.Envelope, 0, len(rcpts))
	for _, to := range rcpts {
		out = append(out, store.Envelope{MailFrom: from, Rcpt: to, Fetched: account, WholeSize: wholeSize})
	}
	return out
}

// returnPath is the envelope sender: the topmost Return-Path, which the last server wrote ("" for <>, RFC 5321 section 4.4); where no
// server wrote any, the writer's address, so that mail is not mistaken for a delivery report.
func returnPath(m *mailparse.Message) string {
	for _, name := range []string{"Return-Path", "X-Envelope-From", "Envelope-From"} {
		if !m.Header.Has(name) {
			continue
		}
		v := strings.TrimSpace(m.Header.Raw(name))
		if strings.Trim(v, "<> \t") == "" {
			return ""
		}
		if as := tokens(v); len(as) > 0 && usable(as[0]) {
			return as[0]
		}
	}
	if len(m.From) > 0 && usable(m.From[0].Addr) {
		return m.From[0].Addr
	}
	return ""
}

// addressesIn returns the addresses that a source names, topmost field first.
func addressesIn(m *mailparse.Message, source string) (out []string) {
	switch source {
	case FromHeader:
		for _, a := range append(append([]mailparse.Address(nil), m.To...), m.Cc...) {
			out = append(out, a.Addr)
		}
		for _, v := range raws(m, "Bcc") {
			out = append(out, tokens(v)...)
		}
	case FromReceived:
		for _, v := range raws(m, "Received") {
			if a := forClause(v); a != "" {
				out = append(out, a)
			}
		}
	default:
		for _, v := range raws(m, source) {
			out = append(out, tokens(v)...)
		}
	}
	return out
}

func raws(m *mailparse.Message, name string) (out []string) {
	for _, f := range m.Header.Fields {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// tokens finds the addresses in a trace field, bare or in angle brackets.
func tokens(v string) (out []string) {
	for _, w := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" \t,;<>()\"", r) }) {
		w = strings.TrimPrefix(strings.TrimPrefix(w, "rfc822;"), "smtp:")
		if i := strings.LastIndexByte(w, '@'); i > 0 && i < len(w)-1 {
			out = append(out, w)
		}
	}
	return out
}

// forClause is the address after "for" in a Received field; "" when it has none. What stands in comments is not it.
func forClause(v string) string {
	var flat strings.Builder
	depth := 0
	for _, r := range v {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
			flat.WriteByte(' ')
		case depth == 0:
			flat.WriteRune(r)
		}
	}
	words := strings.Fields(flat.String())
	for i, w := range words {
		if strings.EqualFold(w, "for") && i+1 < len(words) {
			if as := tokens(words[i+1]); len(as) == 1 {
				return as[0]
			}
		}
	}
	return ""
}

// usable reports whether an address can be kept: UTF-8 without control characters, of the length of RFC 5321 section 4.5.3.1.
func usable(addr string) bool {
	return len(addr) <= 320 && utf8.ValidString(addr) && !strings.ContainsFunc(addr, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// splitHeader cuts a mail after the blank line that ends its header.
func splitHeader(raw []byte) (head, body []byte) {
	end := len(raw)
	for _, mark := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw[:end], []byte(mark)); i >= 0 {
			end = min(end, i+len(mark))
		}
	}
	return raw[:end], raw[end:]
}
