package mailparse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t *testing.T, raw string) *Message {
	t.Helper()
	m, err := Parse([]byte(raw), Limits{})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return m
}

func TestHeaderForms(t *testing.T) {
	m := mustParse(t, "From jo@la.example Mon Mar  3 10:00:00 2025\r\n"+
		"From: =?utf-8?Q?Si=C3=A2n_Ll=C5=B7r?= <sian@la.example>\r\nTo: \"Price, Jo\" <jo@pact.example>, Team <team@la.example>;\r\n"+
		"Subject: =?iso-8859-1?Q?Caf=E9?=\r\n =?iso-8859-1?Q?_a_the?=\r\nDate: Mon, 3 Mar 2025 10:00:00 +0000 (GMT)\r\n"+
		"Message-ID: <a@la.example>\r\nIn-Reply-To: Your message of today <b@kinbridge.example>\r\nReferences: <c@x.example>\r\n <b@kinbridge.example>\r\n\r\nHello\r\n")
	if diff := cmp.Diff([]Address{{"Siân Llŷr", "sian@la.example"}}, m.From); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Address{{"Price, Jo", "jo@pact.example"}, {"Team", "team@la.example"}}, m.To); diff != "" {
		t.Error(diff)
	}
	if m.Subject != "Café a the" || m.MessageID != "a@la.example" || m.Text != "Hello\n" || m.Date.IsZero() || m.FromHeaders != 1 {
		t.Errorf("%+v", m)
	}
	if diff := cmp.Diff([]string{"b@kinbridge.example"}, m.InReplyTo); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c@x.example", "b@kinbridge.example"}, m.References); diff != "" {
		t.Error(diff)
	}
}

func TestSubjects(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"raw UTF-8", "Subject: Cynhadledd ŵy\n\n", "Cynhadledd ŵy"},
		{"raw Latin-1, nothing declared", "Subject: r\xe9union \xe0 10h\n\nx", "réunion à 10h"},
		{"raw bytes in the body's charset", "Subject: \xcf\xf0\xe8\xe2\xe5\xf2\nContent-Type: text/plain; charset=windows-1251\n\n\xcf\xf0", "Привет"},
		{"raw KOI8-R in a multipart", "Subject: \xf0\xd2\xc9\xd7\xc5\xd4\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=koi8-r\n\n\xf0\xd2\n--x--\n", "Привет"},
		{"character split between two words", "Subject: =?utf-8?B?4oK=?= =?utf-8?B?rA==?=\n\n", "€"},
		{"blank inside a Q word", "Subject: =?utf-8?Q?two words?=\n\n", "two words"},
		{"no padding", "Subject: =?utf-8?B?SGVsbG8?=\n\n", "Hello"},
		{"glued to text", "Subject: Re:=?utf-8?Q?=C3=A9t=C3=A9?=!\n\n", "Re:été!"},
		{"language tag", "Subject: =?utf-8*cy?Q?s=C5=B5n?=\n\n", "sŵn"},
		{"ISO-2022-JP raw", "Subject: \x1b$B2q5D\x1b(B\n\n", "会議"},
		{"gb2312 word with a character of GBK", "Subject: =?gb2312?B?1uzpRrv5?=\n\n", "朱镕基"},
		{"injected line", "Subject: =?utf-8?Q?hello=0D=0ABcc:_x@y.example?=\n\n", "hello  Bcc: x@y.example"},
		{"not a word at all", "Subject: what =? is this ?=\n\n", "what =? is this ?="},
		{"NUL", "Subject: a\x00b\n\n", "ab"},
		{"unknown charset", "Subject: =?x-nothing?Q?caf=E9?=\n\n", "café"},
	} {
		if m := mustParse(t, "From: a@b.example\n"+c.raw); m.Subject != c.want {
			t.Errorf("%s: %q, want %q", c.name, m.Subject, c.want)
		}
	}
}

func TestMultipart(t *testing.T) {
	m := mustParse(t, strings.ReplaceAll(`From: a@b.example
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=outer1

--outer1
Content-Type: text/plain; charset=utf-8; format=flowed

> quoted line that 
> goes on
My answer is 
yes.
-- 
Jo
--outer1
Content-Type: text/html

<p>My answer is yes.</p>
--outer1--
--outer
Content-Type: application/pdf; name*0*=utf-8''cofnod%20; name*1*=t%C5%B7.pdf
Content-Transfer-Encoding: base64

aGVs
bG8=
--outer--
epilogue
`, "\n", "\r\n"))
	if m.Text != "> quoted line that goes on\nMy answer is yes.\n-- \nJo" {
		t.Errorf("%q", m.Text)
	}
	if m.HTML != "<p>My answer is yes.</p>" {
		t.Errorf("%q", m.HTML)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "cofnod tŷ.pdf" || string(m.Attachments[0].Data) != "hello" {
		t.Errorf("%+v", m.Attachments)
	}
	if len(m.Problems) > 0 {
		t.Error(m.Problems)
	}
}
