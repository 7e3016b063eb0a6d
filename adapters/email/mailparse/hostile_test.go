package mailparse

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/ids"
)

func TestEmptyMessage(t *testing.T) {
	for _, raw := range []string{"", "\n\r\n", "   \n"} {
		if m, err := Parse([]byte(raw), Limits{}); m != nil || !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v %v", raw, m, err)
		}
	}
}

func TestReadableRestOfBrokenMail(t *testing.T) {
	for _, c := range []struct{ name, raw, text string }{
		{"no header", "Hello there,\nthis is only text.\n", "Hello there,\nthis is only text.\n"},
		{"no blank line", "From: a@b.example\nSubject: x\nHello there, no blank line.\n", "Hello there, no blank line.\n"},
		{"no Content-Type", "From: a@b.example\n\ncaf\xc3\xa9\n", "café\n"},
		{"unterminated multipart", "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n", "Hello\n"},
		{"boundary not in the body", "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\nHello\n", "Hello\n"},
		{"boundary not in the header", "From: a@b.example\nContent-Type: multipart/mixed\n\n--abcdef\nContent-Type: text/plain\n\nHello\n--abcdef--\n", "Hello"},
		{"cut in a base64 part", "From: a@b.example\nContent-Transfer-Encoding: base64\n\nSGVsbG8gdGhlc", "Hello the"},
		{"says base64, is text", "From: a@b.example\nContent-Transfer-Encoding: base64\n\nHello there, dear reader, this is text.\n", "Hello there, dear reader, this is text.\n"},
		{"bad quoted-printable", "From: a@b.example\nContent-Transfer-Encoding: quoted-printable\n\n50 =3D =ZZ soft=\nline\n", "50 = =ZZ softline\n"},
		{"NUL bytes", "From: a@b.example\n\nHel\x00lo\n", "Hello\n"},
		{"CR line ends", "From: a@b.example\rSubject: x\r\rHello\r", "Hello\n"},
		{"LF boundary, CRLF text", "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\n\n--x\r\n\r\nHello\n--x--\n", "Hello"},
		{"boundary is a prefix of another", "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--xy\nnot a part\n--x\n\nHello\n--xy\nstill\n--x--\n", "Hello\n--xy\nstill"},
		{"unknown charset", "From: a@b.example\nContent-Type: text/plain; charset=x-martian\n\ncaf\xe9 au lait\n", "café au lait\n"},
		{"mbox separator", ">From a@b Mon Mar  3\nFrom: a@b.example\n\nHello\n", "Hello\n"},
		{"broken header line", "From: a@b.example\nthis is no header\nSubject: x\n\nHello\n", "Hello\n"},
	} {
		m, _ := Parse([]byte(c.raw), Limits{})
		if m == nil || m.Text != c.text {
			t.Errorf("%s: %q, want %q", c.name, m.Text, c.text)
		}
	}
}

func TestGarbageNeverPanics(t *testing.T) {
	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = byte(i*7 + i/256)
	}
	for _, raw := range [][]byte{garbage, append([]byte("From: "), garbage...), append([]byte("From: a@b\nContent-Type: multipart/mixed; boundary=\x01\n\n"), garbage...)} {
		m, _ := Parse(raw, Limits{})
		if m == nil || !utf8.ValidString(m.Text) || !utf8.ValidString(m.Subject) {
			t.Errorf("%.20q: %+v", raw, m)
		}
	}
}

func TestNestingIsLimited(t *testing.T) {
	var b strings.Builder
	b.WriteString("From: a@b.example\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("\nHello\n")
	m, err := Parse([]byte(b.String()), Limits{})
	if m == nil || !m.OverLimit || ids.KindOf(err) != ids.TooLarge {
		t.Fatalf("%v", err)
	}
	b.Reset()
	b.WriteString("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nFirst\n")
	for range 10_000 {
		b.WriteString("--x\nContent-Type: application/pdf\n\nx\n")
	}
	m, err = Parse([]byte(b.String()), Limits{})
	if ids.KindOf(err) != ids.TooLarge || m.Text != "First" || len(m.Attachments) > 200 {
		t.Fatalf("%v %q %d", err, m.Text, len(m.Attachments))
	}
}

func TestArchivesStayPacked(t *testing.T) {
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, err := w.Create("bomb")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	raw := "From: a@b.example\nContent-Type: application/zip; name=bomb.zip\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(z.Bytes())
	m := mustParse(t, raw)
	if len(m.Attachments) != 1 || !bytes.Equal(m.Attachments[0].Data, z.Bytes()) {
		t.Fatalf("%d attachments", len(m.Attachments))
	}
}

func TestNamesCannotInjectOrEscape(t *testing.T) {
	m := mustParse(t, "From: =?utf-8?Q?Jo=0D=0ABcc:_x@evil.example?= <jo@la.example>\nContent-Type: multipart/mixed; boundary=x\n\n"+
		"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"..\\..\\windows\\a.txt\"\n\nx\n--x\nContent-Type: image/png; name=\"../../etc/passwd\"\n\ny\n--x--\n")
	if a := m.From[0]; strings.ContainsAny(a.Name, "\r\n") || a.Addr != "jo@la.example" {
		t.Errorf("%q", a)
	}
	if m.Attachments[0].Name != "a.txt" || m.Attachments[1].Name != "passwd" {
		t.Errorf("%+v", m.Attachments)
	}
}

func TestDecodedLimit(t *testing.T) {
	raw := "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n--x\nContent-Type: image/png\n\n" + strings.Repeat("y", 5000) + "\n--x--\n"
	m, err := Parse([]byte(raw), Limits{MaxDecoded: 1000})
	if ids.KindOf(err) != ids.TooLarge || m.Text != "Hello" || len(m.Attachments) != 0 {
		t.Fatalf("%v %q %d", err, m.Text, len(m.Attachments))
	}
	m, err = Parse([]byte("From: a@b.example\n\n"+strings.Repeat("y", 5000)), Limits{MaxText: 1000})
	if ids.KindOf(err) != ids.TooLarge || len(m.Text) != 1000 {
		t.Fatalf("%v %d", err, len(m.Text))
	}
	m, err = Parse([]byte("From: a@b.example\n"+strings.Repeat("X-Y: z\n", 5000)+"\nHello"), Limits{MaxHeader: 1000})
	if ids.KindOf(err) != ids.TooLarge || m.Text != "Hello" || len(m.From) != 1 {
		t.Fatalf("%v %q", err, m.Text)
	}
}

// worst builds inputs on which a careless parser takes quadratic time.
func worst(n int) map[string][]byte {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)) }
	return map[string][]byte{
		"quotes in an address":   []byte("From: \"" + rep(`\"`) + "\n\nx"),
		"open comments":          []byte("From: " + rep("(") + "\n\nx"),
		"open angles":            []byte("From: " + rep("<") + "\n\nx"),
		"half encoded words":     []byte("Subject: " + rep("=?a?q?") + "\n\nx"),
		"false encoded words":    []byte("Subject: " + rep("=?") + "\n\nx"),
		"parameters":             []byte("Content-Type: text/plain" + rep("; a*0=x") + "\n\nx"),
		"open quotes in params":  []byte("Content-Type: text/plain; a=\"" + rep(`;b="`) + "\n\nx"),
		"folded lines":           []byte("Subject: x\n" + rep(" y\n") + "\nx"),
		"boundary prefixes":      []byte("Content-Type: multipart/mixed; boundary=x\n\n" + rep("--xx\n")),
		"dashes":                 []byte("Content-Type: multipart/mixed; boundary=---\n\n" + rep("-")),
		"false uuencode":         []byte("From: a@b\n\n" + rep("begin 644 a\n")),
		"uuencode":               []byte("From: a@b\n\n" + rep("begin 644 a\n#86)C\nend\n")),
		"UTF-7":                  []byte("Content-Type: text/plain; charset=utf-7\n\n" + rep("+")),
		"references":             []byte("References: " + rep("<a@b> ") + "\n\nx"),
		"status groups":          []byte("Content-Type: message/delivery-status\n\n" + rep("Action: failed\n\n")),
		"quoted lines":           []byte("From: a@b\n\n" + rep("> quoted line of text that goes on and on\n")),
		"failed recipients":      []byte("From: mailer-daemon@b.example\nSubject: failure notice\n\n" + rep("<a@b.example>:\n550 no\n")),
		"many different bounces": manyRecipients(n),
	}
}

func manyRecipients(n int) []byte {
	var b bytes.Buffer
	b.WriteString("From: mailer-daemon@b.example\nSubject: failure notice\n\n")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "<a%d@b.example>:\nsomething odd\n", i)
	}
	return b.Bytes()
}

// TestLinear feeds each worst case; a quadratic step would run the test into its deadline.
func TestLinear(t *testing.T) {
	for name, raw := range worst(50_000) {
		t.Run(name, func(t *testing.T) {
			m, _ := Parse(raw, Limits{})
			if m == nil {
				t.Fatal("nothing read")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range worst(300) {
		f.Add(raw)
	}
	f.Add([]byte("From: mailer-daemon@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n\n--b--\n"))
	f.Add([]byte("From: =?utf-8?B?4oKs?= <a@b>\nContent-Type: text/plain; charset=utf-7; format=flowed; delsp=yes\n\n> a \n> b\n-- \n+AGEA-"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw, Limits{})
		if m == nil {
			if !errors.Is(err, ErrEmpty) {
				t.Fatalf("no message: %v", err)
			}
			return
		}
		for _, s := range append([]string{m.Subject, m.Text, m.HTML}, m.References...) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Fatalf("not clean: %q", s)
			}
		}
		if strings.ContainsAny(m.Subject, "\r\n") {
			t.Fatalf("subject over lines: %q", m.Subject)
		}
		for _, a := range append(m.From, m.To...) {
			if strings.ContainsAny(a.Name+a.Addr, "\r\n\x00") {
				t.Fatalf("address over lines: %q", a)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := []byte("From: Jo <jo@la.example>\nSubject: =?utf-8?Q?adolygiad_=C5=B5?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable\n\n" +
		strings.Repeat("A line of text with a caf=E9 in it.\n", 100) + "\n--x\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(make([]byte, 4500)) + "\n--x--\n")
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if m, err := Parse(raw, Limits{}); err != nil || m.Text == "" {
			b.Fatal(err)
		}
	}
}
