package smtpout

import (
	"bytes"
	"io"
	"mime"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"

	"kinbridge/adapters/calendar/itip"
	"kinbridge/gateway/flow"
)

// compose writes an email as MIME: text, HTML and calendar as alternatives (RFC 2046 section 5.1.4; for calendars also RFC 6047), then the files.
func compose(m flow.OutMail, now time.Time) ([]byte, error) {
	var h mail.Header
	h.SetDate(now)
	h.SetAddressList("From", []*mail.Address{{Name: header(m.FromName), Address: m.From}})
	h.SetAddressList("To", []*mail.Address{{Name: header(m.ToName), Address: m.To}})
	h.SetSubject(header(m.Subject))
	h.SetMessageID(m.MessageID)
	if m.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{header(m.InReplyTo)})
	}
	if len(m.References) > 0 {
		h.SetMsgIDList("References", validIDs(m.References))
	}
	names := make([]string, 0, len(m.Headers))
	for name := range m.Headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		h.SetText(name, header(m.Headers[name]))
	}
	var buf bytes.Buffer
	if len(m.Files) == 0 { // the alternatives are the whole mail
		alt, err := mail.CreateInlineWriter(&buf, h)
		if err != nil {
			return nil, err
		}
		if err := writeAlternatives(alt, m); err != nil {
			return nil, err
		}
		return buf.Bytes(), nil
	}
	w, err := mail.CreateWriter(&buf, h)
	if err != nil {
		return nil, err
	}
	alt, err := w.CreateInline()
	if err != nil {
		return nil, err
	}
	if err := writeAlternatives(alt, m); err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		var fh mail.AttachmentHeader
		fh.Set("Content-Type", mediaType(f.MediaType))
		if f.Name != "" {
			fh.SetFilename(header(filepath.Base(f.Name)))
		}
		fh.Set("Content-Transfer-Encoding", "base64")
		if err := writePart(f.Content, func() (io.WriteCloser, error) { return w.CreateAttachment(fh) }); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func writeAlternatives(alt *mail.InlineWriter, m flow.OutMail) error {
	for _, p := range []struct{ kind, text string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		var h mail.InlineHeader
		h.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		text := strings.ReplaceAll(p.text, "\n", "\r\n")
		if err := writePart([]byte(text), func() (io.WriteCloser, error) { return alt.CreatePart(h) }); err != nil {
			return err
		}
	}
	if c := m.Calendar; c != nil { // last: a program that understands it takes it before the words (RFC 2046 section 5.1.4)
		o := itip.Object{Method: c.Method, ICS: c.ICS}
		var h mail.InlineHeader
		for name := range o.Header() {
			h.Set(name, o.Header().Get(name))
		}
		if err := writePart(o.ICS, func() (io.WriteCloser, error) { return alt.CreatePart(h) }); err != nil {
			return err
		}
	}
	return alt.Close()
}

func writePart(content []byte, create func() (io.WriteCloser, error)) error {
	p, err := create()
	if err != nil {
		return err
	}
	if _, err := p.Write(content); err != nil {
		return err
	}
	return p.Close()
}

// header makes text safe for a header field: one line, no control characters, whoever it came from.
func header(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// validIDs drops identifiers that are not of the form of RFC 5322 section 3.6.4: a sender's broken one must not break our field.
func validIDs(list []string) []string {
	var out []string
	for _, id := range list {
		if strings.Contains(id, "@") && !strings.ContainsAny(id, "<> \t\r\n\"") && len(id) < 900 {
			out = append(out, id)
		}
	}
	return out
}

// mediaType returns the type if it is one, else the general one (RFC 2046 section 4.5.1). A message or multipart type cannot be sent in
// base64 (RFC 2045 section 6.4) and goes as the general one.
func mediaType(t string) string {
	kind, _, err := mime.ParseMediaType(t)
	if err != nil || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		return "application/octet-stream"
	}
	return kind
}

// signed are the fields that a DKIM signature covers: who wrote what to whom, and how it is to be read (RFC 6376 section 5.4.1).
var signed = []string{"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Content-Type", "Auto-Submitted", "Feedback-Id"}

// once are fields that a mail may have once: they are signed once more than they occur, so that a second one put in on the way breaks the
// signature (RFC 6376 section 8.15).
var once = []string{"From", "To", "Subject", "Date", "Message-Id", "Reply-To", "Cc", "Mime-Version", "Content-Type"}

// sign adds a DKIM signature.
func (s *Sender) sign(raw []byte) ([]byte, error) {
	if s.cfg.DKIM.Key == nil {
		return raw, nil
	}
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{Domain: s.cfg.DKIM.Domain, Selector: s.cfg.DKIM.Selector, Signer: s.cfg.DKIM.Key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: append(slices.Clone(signed), once...)})
	return out.Bytes(), err
}
