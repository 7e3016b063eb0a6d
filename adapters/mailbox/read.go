package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	netmail "net/mail"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // the character sets that mail still comes in
	"github.com/emersion/go-message/mail"
	"github.com/microcosm-cc/bluemonday"
)

// Mail is one received mail as it is shown. Identifiers are without angle brackets.
type Mail struct {
	ID         string    `json:"id"`          // the mailbox's own; it has the time in it and sorts by arrival
	To         []string  `json:"to"`          // the envelope's recipients
	From       string    `json:"from"`        // the From field's address
	FromName   string    `json:"from_name"`   // and the name beside it
	ReplyTo    string    `json:"reply_to"`    // where an answer goes: Reply-To, or From
	Subject    string    `json:"subject"`     // decoded
	Text       string    `json:"text"`        // of the text/plain parts, UTF-8, "\n" line ends
	HTML       string    `json:"html"`        // of the text/html parts as they came, not cleaned
	MessageID  string    `json:"message_id"`  // Message-ID
	InReplyTo  []string  `json:"in_reply_to"` // In-Reply-To
	References []string  `json:"references"`  // References
	Files      []File    `json:"attachments"` // in the order of the mail
	Received   time.Time `json:"received"`    // RFC 3339, UTC
	Problem    string    `json:"problem"`     // what could not be read of it; "" when all could
	raw        []byte
	header     []Line
}

// File is one attachment; Size is in decoded bytes.
type File struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
	data []byte
}

// Line is one header field, decoded.
type Line struct{ Name, Value string }

const (
	maxParts = 200     // parts of one mail that are read
	maxText  = 2 << 20 // bytes of text and of HTML that are shown
)

// read reads a mail as far as it can be read; Problem says what could not. The file begins with the envelope.
func read(id string, at time.Time, raw []byte) Mail {
	m := Mail{ID: id, Received: at, raw: raw, To: []string{}, InReplyTo: []string{}, References: []string{}, Files: []File{}}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		m.Problem = fmt.Sprint("The mail cannot be read: ", err)
		return m
	}
	defer func() { _ = r.Close() }() // reads from memory
	m.readHeader(r.Header)
	for n := 0; ; n++ {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if p == nil || n == maxParts || err != nil && !message.IsUnknownCharset(err) {
			m.Problem = "Not all of the mail can be read."
			break
		}
		if err := m.readPart(p); err != nil {
			m.Problem = "Not all of the mail can be read."
		}
	}
	m.Text, m.HTML = tidy(m.Text), tidy(m.HTML)
	return m
}

func (m *Mail) readHeader(h mail.Header) {
	if list, err := h.AddressList("From"); err == nil && len(list) > 0 {
		m.From, m.FromName = list[0].Address, list[0].Name
	}
	m.ReplyTo = m.From
	if list, err := h.AddressList("Reply-To"); err == nil && len(list) > 0 {
		m.ReplyTo = list[0].Address
	}
	m.Subject, _ = h.Subject() // what cannot be decoded is shown as it is
	m.MessageID, _ = h.MessageID()
	if list, err := h.MsgIDList("In-Reply-To"); err == nil && list != nil {
		m.InReplyTo = list
	}
	if list, err := h.MsgIDList("References"); err == nil && list != nil {
		m.References = list
	}
	for f := h.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = f.Value()
		}
		if f.Key() == "Delivered-To" {
			m.To = append(m.To, strings.ToLower(value))
		}
		m.header = append(m.header, Line{f.Key(), strings.ToValidUTF8(value, "\uFFFD")})
	}
}

func (m *Mail) readPart(p *mail.Part) error {
	body, err := io.ReadAll(io.LimitReader(p.Body, maxMail))
	var kind, name string
	attached := false
	switch h := p.Header.(type) {
	case *mail.InlineHeader:
		var params map[string]string
		kind, params, _ = h.ContentType() // "" when it cannot be read: then it is shown as a file
		name = params["name"]
	case *mail.AttachmentHeader:
		attached = true
		kind, _, _ = h.ContentType()
		name, _ = h.Filename()
	}
	switch {
	case !attached && (kind == "text/plain" || kind == "") && name == "":
		m.Text = appendText(m.Text, string(body), "\n")
	case !attached && kind == "text/html" && name == "":
		m.HTML = appendText(m.HTML, string(body), "<hr>")
	default:
		m.Files = append(m.Files, File{Name: fileName(name, len(m.Files)+1), Type: safeType(kind), Size: len(body), data: body})
	}
	return err
}

func appendText(have, more, between string) string {
	if have != "" {
		have += between
	}
	return have + more[:min(len(more), max(0, maxText-len(have)))]
}

// tidy makes text fit to show: UTF-8, "\n" line ends, no NUL.
func tidy(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\x00", "")
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

func fileName(name string, n int) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(path.Base("/"+strings.ReplaceAll(name, "\\", "/")), "_"))
	if name == "_" || name == "" || name == "." {
		return fmt.Sprintf("file-%d", n)
	}
	return name
}

func safeType(kind string) string {
	if t, _, err := mime.ParseMediaType(kind); err == nil && strings.Contains(t, "/") {
		return t
	}
	return "application/octet-stream"
}

// cleaner lets through what mail needs to be read, and nothing that reaches out, runs, or breaks the page's own structure. Images and
// styles go too: the page's content security policy would refuse them.
var cleaner = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "blockquote", "pre", "code", "ul", "ol", "li", "hr",
		"table", "thead", "tbody", "tr", "td", "th")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	return p
}()

// CleanHTML is the mail's HTML made safe to show inside another page.
func (m Mail) CleanHTML() string { return cleaner.Sanitize(m.HTML) }

var (
	breaks = regexp.MustCompile(`(?i)<(br|/p|/div|/tr|/li|hr)\b[^>]*>`)
	spaces = regexp.MustCompile(`\n{3,}`)
)

// PlainText is what the mail says, from its HTML when it has no plain text.
func (m Mail) PlainText() string {
	if strings.TrimSpace(m.Text) != "" || m.HTML == "" {
		return m.Text
	}
	text := breaks.ReplaceAllString(m.CleanHTML(), "$0\n")
	text = html.UnescapeString(bluemonday.StrictPolicy().Sanitize(text))
	return spaces.ReplaceAllString(strings.TrimSpace(text), "\n\n")
}

// FromLine is the sender as mail programs write her.
func (m Mail) FromLine() string { return nameLine(m.FromName, m.From) }

func nameLine(name, address string) string {
	if name == "" {
		return address
	}
	return name + " <" + address + ">"
}

// address reads one address that somebody typed.
func address(s string) (*mail.Address, error) {
	a, err := netmail.ParseAddress(s)
	return (*mail.Address)(a), err
}
