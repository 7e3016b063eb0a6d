package mailbox

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"kinbridge/adapters/web"
)

// Quoting is how a mail program puts the mail that is answered under the answer.
type Quoting string

// The ways of quoting.
const (
	QuoteBlock Quoting = "block" // a line, then "From: … Sent: … To: … Subject: …", then the mail as it was: Outlook's way
	QuoteSigns Quoting = "signs" // "On … wrote:" and ">" before each line
	QuoteNone  Quoting = "nothing"
)

// draft is a mail to be sent.
type draft struct {
	From    mail.Address
	To      mail.Address
	Subject string
	Text    string // what the author wrote, "\n" line ends
	Quoting Quoting
	Answers *Mail // the mail that is answered, or nil
	File    *File
}

// answer begins a draft that answers a mail as one of those who received it.
func answer(m Mail, from mail.Address) draft {
	d := draft{From: from, To: mail.Address{Address: m.ReplyTo}, Subject: m.Subject, Quoting: QuoteBlock, Answers: &m}
	if m.ReplyTo == m.From {
		d.To.Name = m.FromName
	}
	if !isReply.MatchString(d.Subject) {
		d.Subject = "RE: " + d.Subject
	}
	return d
}

var isReply = regexp.MustCompile(`(?i)^re:`)

// compose writes the draft as MIME (RFC 2045): text and HTML as alternatives, then the file.
func (d draft) compose(now time.Time) ([]byte, error) {
	var h mail.Header
	h.SetDate(now.In(web.London))
	h.SetAddressList("From", []*mail.Address{&d.From})
	h.SetAddressList("To", []*mail.Address{&d.To})
	h.SetSubject(d.Subject)
	_, domain, _ := strings.Cut(d.From.Address, "@")
	if err := h.GenerateMessageIDWithHostname(domain); err != nil {
		return nil, err
	}
	if a := d.Answers; a != nil && a.MessageID != "" {
		h.SetMsgIDList("In-Reply-To", []string{a.MessageID})
		h.SetMsgIDList("References", append(append([]string{}, a.References...), a.MessageID)) // RFC 5322 section 3.6.4
	}
	h.SetText("X-Mailer", "Kinbridge demo mailbox")
	var b bytes.Buffer
	w, err := mail.CreateWriter(&b, h)
	if err != nil {
		return nil, err
	}
	alt, err := w.CreateInline()
	if err != nil {
		return nil, err
	}
	for _, p := range []struct{ kind, text string }{{"text/plain", d.plain()}, {"text/html", d.html()}} {
		var ph mail.InlineHeader
		ph.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		ph.Set("Content-Transfer-Encoding", "quoted-printable")
		if err := writePart([]byte(strings.ReplaceAll(p.text, "\n", "\r\n")), func() (io.WriteCloser, error) { return alt.CreatePart(ph) }); err != nil {
			return nil, err
		}
	}
	if err := alt.Close(); err != nil {
		return nil, err
	}
	if d.File != nil {
		var fh mail.AttachmentHeader
		fh.SetContentType(safeType(d.File.Type), nil)
		fh.SetFilename(d.File.Name)
		fh.Set("Content-Transfer-Encoding", "base64")
		if err := writePart(d.File.data, func() (io.WriteCloser, error) { return w.CreateAttachment(fh) }); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
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

// sentLine is the time as Outlook writes it in the block above a quoted mail; wroteLine as others do.
const (
	sentLine  = "02 January 2006 15:04"
	wroteLine = "Mon, 2 Jan 2006 at 15:04"
)

func (d draft) block() [][2]string {
	a := d.Answers
	return [][2]string{{"From", a.FromLine()}, {"Sent", a.Received.In(web.London).Format(sentLine)}, {"To", nameLine(d.From.Name, d.From.Address)}, {"Subject", a.Subject}}
}

func (d draft) plain() string {
	if d.Answers == nil || d.Quoting == QuoteNone {
		return d.Text + "\n"
	}
	old := strings.TrimRight(d.Answers.PlainText(), "\n")
	var b strings.Builder
	b.WriteString(d.Text + "\n\n")
	if d.Quoting == QuoteSigns {
		fmt.Fprintf(&b, "On %s, %s wrote:\n", d.Answers.Received.In(web.London).Format(wroteLine), d.Answers.FromLine())
		for line := range strings.SplitSeq(old, "\n") {
			b.WriteString(strings.TrimRight("> "+line, " ") + "\n")
		}
		return b.String()
	}
	b.WriteString("________________________________\n")
	for _, line := range d.block() {
		fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
	}
	return b.String() + "\n" + old + "\n"
}

func (d draft) html() string {
	var b strings.Builder
	b.WriteString("<html><body>\n" + paragraphs(d.Text))
	if d.Answers != nil && d.Quoting != QuoteNone {
		old := d.Answers.CleanHTML()
		if strings.TrimSpace(old) == "" {
			old = paragraphs(d.Answers.PlainText())
		}
		if d.Quoting == QuoteSigns {
			fmt.Fprintf(&b, "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On %s, %s wrote:<br></div>\n<blockquote class=\"gmail_quote\">%s</blockquote></div>\n",
				d.Answers.Received.In(web.London).Format(wroteLine), html.EscapeString(d.Answers.FromLine()), old)
		} else {
			b.WriteString("<hr style=\"display:inline-block;width:98%\">\n<div id=\"divRplyFwdMsg\" dir=\"ltr\">")
			for _, line := range d.block() {
				fmt.Fprintf(&b, "<b>%s:</b> %s<br>\n", line[0], html.EscapeString(line[1]))
			}
			b.WriteString("</div>\n<div>" + old + "</div>\n")
		}
	}
	return b.String() + "</body></html>\n"
}

func paragraphs(text string) string {
	var b strings.Builder
	for _, p := range web.Paragraphs(text) {
		for i := range p {
			p[i] = html.EscapeString(p[i])
		}
		b.WriteString("<p>" + strings.Join(p, "<br>\n") + "</p>\n")
	}
	return b.String()
}

// maxForm bounds a form with its file.
const maxForm = 30 << 20

// formFile reads the one file a form may carry; nil when there is none.
func formFile(r *http.Request) (*File, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["file"]) == 0 {
		return nil, nil
	}
	head := r.MultipartForm.File["file"][0]
	if head.Filename == "" {
		return nil, nil
	}
	f, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(f)
	return &File{Name: fileName(head.Filename, 1), Type: safeType(head.Header.Get("Content-Type")), Size: len(data), data: data}, err
}
