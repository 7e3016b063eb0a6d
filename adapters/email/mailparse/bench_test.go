package mailparse

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
)

// typicalMail is a reply of about 10 KB as Outlook on the web sends it: a long header, text and HTML, both in quoted-printable, CRLF.
func typicalMail() []byte {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "Received: from mx%d.la.example (mx%d.la.example [203.0.113.%d])\n by mx.in.kinbridge.example with ESMTPS id 4XyZ%d;\n Mon, 3 Mar 2025 10:00:0%d +0000\n", i, i, i, i, i)
	}
	b.WriteString("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=la.example; s=selector1;\n h=From:Date:Subject:Message-ID:Content-Type:MIME-Version;\n bh=" + strings.Repeat("A", 43) + "=;\n b=" + strings.Repeat("Ab1/", 85) + "==\n" +
		"From: =?utf-8?Q?Si=C3=A2n_Ll=C5=B7r?= <sian.llyr@la.example>\nTo: \"thread-x\" <thread-x@in.kinbridge.example>\nSubject: RE: review on Tuesday\nThread-Topic: review on Tuesday\n" +
		"Date: Mon, 3 Mar 2025 10:00:00 +0000\nMessage-ID: <LO2P265MB0001@la.example>\nReferences: <1@in.kinbridge.example>\n <2@in.kinbridge.example>\nIn-Reply-To: <2@in.kinbridge.example>\n" +
		"X-MS-Exchange-Organization-SCL: 1\nAccept-Language: en-GB, en-US\nMIME-Version: 1.0\nContent-Type: multipart/alternative;\n boundary=\"_000_LO2P265MB0001_\"\n\n")
	b.WriteString("--_000_LO2P265MB0001_\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\n" +
		strings.Repeat("The review is on Tuesday at ten o=E2=80=99clock and I shall be there in time=\n for it. Diolch!\n", 26) +
		"\n--_000_LO2P265MB0001_\nContent-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\n<html>\n<head>\n<meta http-equiv=3D\"Content-Type\" content=3D\"text/html; charset=3Dutf-8\">\n</head><body>\n" +
		strings.Repeat("<p class=3D\"MsoNormal\">The review is on Tuesday at ten o=E2=80=99clock and I=\n shall be there in time for it. Diolch!</p>\n", 40) + "</body></html>\n\n--_000_LO2P265MB0001_--\n")
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n"))
}

// BenchmarkTypical is the mail that matters, read by us and by go-message, which decodes the parts and no more.
func BenchmarkTypical(b *testing.B) {
	raw := typicalMail()
	b.Run("mailparse", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			if m, err := Parse(raw, Limits{}); err != nil || len(m.Text) < 1000 || len(m.HTML) < 1000 {
				b.Fatal(err)
			}
		}
	})
	b.Run("go-message", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			r, err := mail.CreateReader(bytes.NewReader(raw))
			if err != nil {
				b.Fatal(err)
			}
			for {
				p, err := r.NextPart()
				if err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadAll(p.Body); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
