package smtpload

import (
	"bytes"
	"crypto"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// Corpus makes the mix of replies that a gateway sees on an ordinary day: of every four one is plain text, one is Outlook's HTML, one has
// both forms as webmail writes them, and one is signed by its domain (DKIM) besides. Each is about Size bytes and unique.
type Corpus struct {
	Size  int
	Words string // in every first line and every Message-ID
	// Signer signs every fourth mail for the sender's domain under the selector SelectorOfKey; nil = none is signed.
	Signer crypto.Signer
}

// SelectorOfKey is the selector (RFC 6376 section 3.1) under which the public key of Corpus.Signer is looked up.
const SelectorOfKey = "bench"

// Mail makes the n-th mail. Making a signed one takes a thousandth of a second or so: make them before the clock starts.
func (c Corpus) Mail(n int, from, to string) (Mail, error) {
	switch n % 4 {
	case 1:
		return Mail{from, to, c.outlook(n, from, to)}, nil
	case 2:
		return Mail{from, to, c.webmail(n, from, to)}, nil
	case 3:
		return c.signed(n, from, to)
	}
	return Reply(n, c.Size, from, to, c.Words), nil
}

func (c Corpus) header(b *strings.Builder, n int, from, to, contentType string) {
	fmt.Fprintf(b, "From: \"Cole, Hannah\" <%s>\r\nTo: Pact <%s>\r\nSubject: RE: A message from Pact\r\nThread-Topic: A message from Pact\r\n"+
		"Date: Mon, 02 Nov 2026 09:30:00 +0000\r\nMessage-ID: <%s.%d@load.example>\r\nAccept-Language: en-GB\r\nContent-Language: en-GB\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: %s\r\n", from, to, c.Words, n, contentType)
}

func (c Corpus) words(n int) [2]string {
	return [2]string{fmt.Sprintf("Thank you for your message. %s (%d)", c.Words, n),
		"The review is on the 14th at ten. Ella has settled at her new school and her report will be with you this week."}
}

const historyLine = "Please tell us how she is getting on, and when the next review will be held."

// outlook is a reply as Outlook on the desktop writes it: Word's HTML alone, quoted-printable, the history under a rule with its header block.
func (c Corpus) outlook(n int, from, to string) []byte {
	var b strings.Builder
	b.Grow(c.Size + 1000)
	c.header(&b, n, from, to, "text/html; charset=\"utf-8\"")
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := c.words(n)
	fmt.Fprintf(&b, "<html xmlns:o=3D\"urn:schemas-microsoft-com:office:office\" xmlns:w=3D\"urn:schem=\r\nas-microsoft-com:office:word\"><head>\r\n"+
		"<meta http-equiv=3D\"Content-Type\" content=3D\"text/html; charset=3Dutf-8\">\r\n<style><!--\r\n"+
		"p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt; font-famil=\r\ny:\"Calibri\",sans-serif;}\r\n--></style></head>\r\n"+
		"<body lang=3D\"EN-GB\" link=3D\"#0563C1\"><div class=3D\"WordSection1\">\r\n"+
		"<p class=3D\"MsoNormal\">%s<o:p></o:p></p>\r\n<p class=3D\"MsoNormal\">%s<o:p></=\r\no:p></p>\r\n<p class=3D\"MsoNormal\"><o:p>&nbsp;</o:p></p>\r\n"+
		"<p class=3D\"MsoNormal\">Kind regards,<o:p></o:p></p>\r\n<p class=3D\"MsoNormal\"><b>Hannah Cole</b><o:p></o:p></p>\r\n"+
		"<p class=3D\"MsoNormal\">Social Worker, Children&#8217;s Services | 01632 960123<o:p></o:p></p>\r\n"+
		"<p class=3D\"MsoNormal\"><o:p>&nbsp;</o:p></p>\r\n<div>\r\n<div style=3D\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm=\r\n\">\r\n"+
		"<p class=3D\"MsoNormal\"><b>From:</b> Pact &lt;%s&gt; <br>\r\n<b>Sent:</b> 30 October 2026 16:02<br>\r\n"+
		"<b>To:</b> Cole, Hannah &lt;%s&gt;<br>\r\n<b>Subject:</b> A message from Pact<o:p></o:p></p>\r\n</div>\r\n</div>\r\n<p class=3D\"MsoNormal\"><o:p>&nbsp;</o:p></p>\r\n", w[0], w[1], to, from)
	for i := 0; b.Len() < c.Size; i++ {
		fmt.Fprintf(&b, "<p class=3D\"MsoNormal\">%d. %s=\r\n<o:p></o:p></p>\r\n", i, historyLine)
	}
	b.WriteString("</div></body></html>\r\n")
	return []byte(b.String())
}

// webmail is a reply with both forms, the history in a marked blockquote.
func (c Corpus) webmail(n int, from, to string) []byte {
	var b strings.Builder
	b.Grow(c.Size + 1000)
	boundary := fmt.Sprintf("0000000000%08x", n)
	c.header(&b, n, from, to, "multipart/alternative; boundary=\""+boundary+"\"")
	w := c.words(n)
	fmt.Fprintf(&b, "\r\n--%s\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\n%s\r\n\r\n%s\r\n\r\nHannah\r\n\r\n"+
		"On Fri, 30 Oct 2026 at 16:02, Pact <%s> wrote:\r\n\r\n", boundary, w[0], w[1], to)
	for i := 0; b.Len() < c.Size*2/5; i++ {
		fmt.Fprintf(&b, "> %d. %s\r\n", i, historyLine)
	}
	fmt.Fprintf(&b, "\r\n--%s\r\nContent-Type: text/html; charset=\"UTF-8\"\r\n\r\n<div dir=\"ltr\">%s<div><br></div><div>%s</div><div><br></div><div>Hannah</div></div><br>"+
		"<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Fri, 30 Oct 2026 at 16:02, Pact &lt;<a href=\"mailto:%s\">%s</a>&gt; wrote:<br></div>"+
		"<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;padding-left:1ex\">\r\n", boundary, w[0], w[1], to, to)
	for i := 0; b.Len() < c.Size; i++ {
		fmt.Fprintf(&b, "<div>%d. %s</div>\r\n", i, historyLine)
	}
	fmt.Fprintf(&b, "</blockquote></div>\r\n\r\n--%s--\r\n", boundary)
	return []byte(b.String())
}

// signed is the plain reply with its domain's signature.
func (c Corpus) signed(n int, from, to string) (Mail, error) {
	m := Reply(n, c.Size, from, to, c.Words)
	if c.Signer == nil {
		return m, nil
	}
	_, domain, _ := strings.Cut(from, "@")
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(m.Raw), &dkim.SignOptions{Domain: domain, Selector: SelectorOfKey, Signer: c.Signer,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}})
	m.Raw = out.Bytes()
	return m, err
}
