package mailparse

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// clean fails when header text is not one line of UTF-8 without control characters.
func clean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Fatalf("not clean: %q", s)
	}
}

func FuzzGolden(f *testing.F) {
	for _, c := range goldens(f) {
		if len(c.mail) < 8<<10 {
			f.Add([]byte(c.mail))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, _ := Parse(raw, Limits{})
		if m == nil {
			return
		}
		clean(t, m.Subject)
		for _, as := range [][]Address{m.From, m.To, m.Cc, m.ReplyTo, m.Sender} {
			for _, a := range as {
				clean(t, a.String())
			}
		}
		for _, a := range m.Attachments {
			clean(t, a.Name)
			if strings.ContainsAny(a.Name, `/\`) {
				t.Fatalf("a folder in %q", a.Name)
			}
		}
		for _, s := range []string{m.Text, m.HTML} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r") {
				t.Fatalf("not clean: %q", s)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"=?utf-8?B?4oK=?= =?utf-8?B?rA==?=", "=?utf-8?Q?=C3=89?=", "=?x*en?q?a b", "caf\xe9 =?gb2312?b?1uzpRrv5?=", "\x1b$B2q5D\x1b(B", "=?utf-8?B?Q2Fm"} {
		f.Add(s, "windows-1251")
	}
	f.Fuzz(func(t *testing.T, v, hint string) { clean(t, OneLine(decodeWords(v, hint))) })
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{`a/b; name*0*=utf-8''t%C5%B7; name*1="x"`, `attachment; filename="=?utf-8?B?dMW3?="`, `x; a='b'; c="\"\\d`, `a; b*=x''%zz; b*9999999999999=1; =; c*`} {
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, v, hint string) {
		_, params := mediaType(v, hint)
		for name, value := range params {
			clean(t, value)
			if name == "" || len(params) > 200 {
				t.Fatalf("%d parameters, one named %q", len(params), name)
			}
		}
	})
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`"Price, Jo" <jo@b.example>, g: a@b, c@d;`, `jo@b.example (Jo (duty))`, `<@a,@b:c@d>`, `=?utf-8?Q?a=2Cb?= <c@d>`, `"\"`, "Jo <a@b<mailto:a@b>>"} {
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, v, hint string) {
		as := parseAddresses(v, hint)
		if len(as) > maxAddresses {
			t.Fatalf("%d addresses", len(as))
		}
		for _, a := range as {
			clean(t, a.String())
		}
	})
}

func FuzzBodies(f *testing.F) {
	for _, s := range []string{"begin 644 a\n#86)C\nend\n", "=ybegin line=1 name=a\n\x8b=\n=yend\n", "> a \n> b\n-- \nJo", "caf=C3=A9 =\n", "SGVsbG8=", pgpSigned + "\n\n- a\n" + pgpSignature + "\nx\n" + pgpEnd + "SIGNATURE-----"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, encoding := range []string{"base64", "quoted-printable", "x-uuencode", "7bit"} {
			if out, _ := decodeTransfer([]byte(s), encoding); len(out) > len(s)+1 {
				t.Fatalf("%s made %d bytes of %d", encoding, len(out), len(s))
			}
		}
		undeclaredTransfer([]byte(s))
		r := &reader{budget: newBudget(DefaultLimits()), msg: &Message{}}
		text := r.inlinePGP(r.takeUU(string(r.takeYEnc([]byte(s)))))
		n := 0
		for _, a := range r.msg.Attachments {
			n += len(a.Data)
		}
		if len(text)+n > len(s) {
			t.Fatalf("%d bytes became %d of text and %d of files", len(s), len(text), n)
		}
		if flowed := unflow(s, false); len(strings.Fields(strings.ReplaceAll(flowed, ">", ""))) > len(strings.Fields(strings.ReplaceAll(s, ">", "")))+1 {
			t.Fatalf("words made of %q: %q", s, flowed)
		}
		parseDate(s)
		messageIDs(s)
	})
}
