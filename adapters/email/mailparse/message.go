// Package mailparse reads one mail message (RFC 5322, MIME) as it really arrives: it never refuses what a person could
// still read. Broken headers, missing boundaries, wrong charsets and truncated parts are read as far as they go, and
// each fault is named in Problems. It is pure: no I/O, no clock, no resolver.
//
// Its own rooms are charset (what the bytes mean), tnef (winmail.dat) and cms (S/MIME envelopes that need no key). Text that is only signed is
// read as if it were not; Protection says so, and whether the words are hidden. What is attached stays packed: archives, BinHex, the forks of
// AppleDouble. A message attached is an attachment, except the one that a delivery report returns.
package mailparse

import (
	"bytes"
	"time"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse/charset"
	"kinbridge/gateway/ids"
)

// Limits bounds what one message may cost. The zero value of a field means its default.
type Limits struct {
	MaxParts   int // leaf and multipart parts read; default 200
	MaxDepth   int // nesting of multiparts; default 50
	MaxDecoded int // bytes of all parts together after transfer decoding; default 64 MiB
	MaxText    int // bytes of all text bodies together after decoding; default 8 MiB
	MaxHeader  int // bytes of one header block; default 1 MiB
}

// DefaultLimits are the limits used where a field is zero.
func DefaultLimits() Limits {
	return Limits{MaxParts: 200, MaxDepth: 50, MaxDecoded: 64 << 20, MaxText: 8 << 20, MaxHeader: 1 << 20}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, def *int }{
		{&l.MaxParts, &d.MaxParts}, {&l.MaxDepth, &d.MaxDepth}, {&l.MaxDecoded, &d.MaxDecoded},
		{&l.MaxText, &d.MaxText}, {&l.MaxHeader, &d.MaxHeader},
	} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	return l
}

// Address is one mailbox: a decoded display name, which may be empty, and the address as written (local@domain).
type Address struct {
	Name string
	Addr string
}

// String is the address for showing: Name <local@domain>, or whichever of the two there is.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Addr
	case a.Addr == "":
		return a.Name
	}
	return a.Name + " <" + a.Addr + ">"
}

// Attachment is one part that is not the text of the message. Data is decoded and never unpacked: an archive stays
// an archive.
type Attachment struct {
	Name      string // decoded file name without any folder; may be empty
	Type      string // lower-case media type, "application/octet-stream" when none was given
	Data      []byte
	Inline    bool   // shown inside the text (an image with a Content-ID, or Content-Disposition: inline)
	ContentID string // without <>
}

// Status is the machine-readable part of a delivery report (RFC 3464): the fields of the message, then those of each
// recipient, in the order given.
type Status struct {
	Message    Header
	Recipients []Header
}

// Envelope is what the header says about who wrote to whom, when, and in answer to what. Identifiers are without <>.
type Envelope struct {
	From, Sender, ReplyTo, To, Cc []Address
	// FromHeaders counts From fields: more than one means that a signature may cover another than the one shown.
	FromHeaders int
	Subject     string // decoded, on one line
	Date        time.Time
	MessageID   string
	InReplyTo   []string
	References  []string
}

// Body is the readable text of the message, in UTF-8 with LF line ends and without NUL.
type Body struct {
	Text string // of the text/plain parts; "" when there are none
	HTML string // of the text/html parts, decoded but not cleaned: never show it as it is
	// TextPartial says that some of the text exists only in HTML, so Text alone would lose words.
	TextPartial bool
}

// Message is one mail message, read as far as it could be.
type Message struct {
	Header Header
	Envelope
	Body
	Attachments []Attachment
	Calendar    [][]byte // text/calendar parts in UTF-8, in the order of the message
	Reports     []Status // message/delivery-status parts
	Returned    *Message // the message a delivery report returns, or its header; nil otherwise
	Report      string   // report-type of multipart/report, lower case ("delivery-status", "disposition-notification")
	Protection  Protection
	Problems    []string // every fault met, in words; no content of the message
	OverLimit   bool     // a limit was reached, so part of the message was not read
}

// ErrEmpty is returned for a message of no bytes (or only blank ones); there is then no Message.
var ErrEmpty = ids.E(ids.Invalid, "The message is empty.")

// Parse reads raw. The Message is nil only when raw is empty. A non-nil error says that something of the message could
// not be read and what; the Message still holds everything that could. Its kind is ids.TooLarge when a limit was met and
// ids.Invalid otherwise. Parse never panics, takes time linear in len(raw), and holds at most
// a small multiple of len(raw) plus lim.MaxDecoded bytes.
func Parse(raw []byte, lim Limits) (*Message, error) {
	lim = lim.orDefault()
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, ErrEmpty
	}
	return parse(newBudget(lim), unixLines(fromUTF16(raw)), 0)
}

func parse(b *budget, raw []byte, depth int) (*Message, error) {
	m := &Message{}
	r := &reader{budget: b, msg: m}
	header, body := r.readHeader(raw, true)
	m.Header = header
	r.walk(header, body, depth, context{root: true})
	// The body first: raw 8-bit bytes in the header are most likely in its charset.
	r.msg.Header.charset = r.headerCharset()
	r.envelope()
	r.lateNames()
	r.finish()
	m.Problems = r.problems
	return m, r.err()
}

// fromUTF16 reads a whole message that somebody saved as UTF-16.
func fromUTF16(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		if text := charset.Decode(raw, "utf-16"); len(text) <= 2*len(raw) {
			return []byte(text)
		}
	}
	return raw
}

// headerCharset is what raw 8-bit bytes in the header are taken to be in: the charset of the text, else what all such fields together
// look like.
func (r *reader) headerCharset() string {
	h := &r.msg.Header
	if h.charset != "" && h.charset != "utf-8" {
		return h.charset
	}
	var raw []byte
	for _, name := range []string{"Subject", "From", "To", "Cc", "Reply-To", "Sender"} {
		if v := h.Raw(name); !utf8.ValidString(v) {
			raw = append(append(raw, v[:min(len(v), 1000)]...), '\n')
		}
	}
	if len(raw) == 0 {
		return h.charset
	}
	_, used := charset.Read(raw, "", h.charset)
	return used
}

// envelope fills the fields that come from the header.
func (r *reader) envelope() {
	m, h := r.msg, &r.msg.Header
	m.From, m.FromHeaders = h.Addresses("From"), h.Count("From")
	m.Sender, m.ReplyTo = h.Addresses("Sender"), h.Addresses("Reply-To")
	m.To, m.Cc = h.Addresses("To"), h.Addresses("Cc")
	if m.Subject = h.Get("Subject"); m.Subject == "" {
		m.Subject = r.subject
	}
	m.MessageID = firstOf(messageIDs(h.Raw("Message-ID")))
	m.InReplyTo = messageIDs(h.Raw("In-Reply-To"))
	m.References = messageIDs(h.Raw("References"))
	if d := h.Get("Date"); d != "" {
		when, ok := parseDate(d)
		if !ok {
			r.problem("The Date header cannot be read.")
		}
		m.Date = when
	}
	if m.FromHeaders > 1 {
		r.problem("There is more than one From header.")
	}
}

func firstOf(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
