package mailparse

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostile builds inputs of about n bytes on which a careless parser takes quadratic time or much memory, besides those of worst.
func hostile(n int) map[string][]byte {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	mixed := "Content-Type: multipart/mixed; boundary=x\n\n"
	out := map[string][]byte{
		"one header line":             []byte("From: a@b.example\nSubject: " + rep("x") + "\n\nHello"),
		"many From":                   []byte(rep("From: a@b.example\n") + "\nHello"),
		"many recipients":             []byte("To: " + rep("\"A, B\" <a@b.example>, ") + "\n\nHello"),
		"tiny fields":                 []byte(rep("a: b\n") + "\nHello"),
		"words in a false charset":    []byte("Subject: " + rep("=?gb2312?q?=E9t=E9?= x ") + "\n\nHello"),
		"words in no charset":         []byte("To: " + rep("=?x?q?=E9=E8?= <a@b>, ") + "\n\nHello"),
		"raw bytes in every field":    []byte(rep("To: \xe9\xe8\xc0 <a@b>\n") + "\nHello"),
		"words without an end":        []byte("Subject: " + rep("=?a?q?xxxxxxxx") + "\n\nHello"),
		"half base64 words":           []byte("Subject: " + rep("=?utf-8?B?YQ?= ") + "\n\nHello"),
		"different references":        []byte("References: " + numbered("<%d@b.example> ") + "\n\nHello"),
		"references without brackets": []byte("References: " + rep("a@b ") + "\n\nHello"),
		"parameters":                  []byte("Content-Type: text/plain" + numbered("; p%d=x") + "\n\nHello"),
		"parameter sections":          []byte("Content-Type: text/plain" + numbered("; name*%d*=%%41") + "\n\nHello"),
		"undeclared bytes":            []byte("From: a@b.example\n\n" + rep("\xe9\xe8\xfe \xc0\xd0\n")),
		"random bytes":                append([]byte("From: a@b.example\n\n"), noise(n)...),
		"escapes":                     []byte("From: a@b.example\n\n" + rep("\x1b$B%\x1b(B")),
		"escape characters":           []byte("From: a@b.example\n\n" + rep("\x1b")),
		"lost escapes":                []byte("Content-Type: text/plain; charset=iso-2022-jp\n\n" + rep("$Baa")),
		"false UTF-16":                []byte("Content-Type: text/plain; charset=utf-16\n\n" + rep("\xd8\x00\xff")),
		"UTF-7 shifts":                []byte("Content-Type: text/plain; charset=utf-7\n\n" + rep("+AA-")),
		"flowed quotes":               []byte("Content-Type: text/plain; format=flowed\n\n" + rep("> ")),
		"flowed depths":               []byte("Content-Type: text/plain; format=flowed\n\n" + rep(">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> x \n")),
		"soft line breaks":            []byte("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + rep("=\n")),
		"uuencode, blank lines":       []byte("From: a@b\n\n" + rep("begin 644 a\n\n\n\n")),
		"uuencoded files":             []byte("From: a@b\n\n" + rep("begin 644 a\n#86)C\nend\nx\n")),
		"yEnc":                        []byte("From: a@b\n\n" + rep("=ybegin line=1 name=a\nx\n")),
		"clear-signed":                []byte("From: a@b\n\n" + rep("-----BEGIN PGP SIGNED MESSAGE-----\n\n- x\n-----BEGIN PGP SIGNATURE-----\n")),
		"armour without an end":       []byte("From: a@b\n\n" + rep("-----BEGIN PGP MESSAGE-----\n")),
		"boundaries":                  []byte(mixed + rep("--x\n")),
		"closed boundaries":           []byte(mixed + rep("--x\n\n--x--\n")),
		"guessed boundaries":          []byte("Content-Type: multipart/mixed\n\n" + numbered("--abcdef%d\n")),
		"nested":                      []byte("From: a@b.example\n" + numbered("Content-Type: multipart/mixed; boundary=b%[1]d\n\n--b%[1]d\n")),
		"nested messages in a report": []byte("From: a@b.example\n" + rep("Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n")),
		"CMS of indefinite length":    []byte("Content-Type: application/pkcs7-mime\n\n" + rep("\x30\x80")),
		"comments":                    []byte("From: " + rep("(a)") + "\n\nHello"),
		"groups":                      []byte("To: " + rep("g:a@b,c@d;") + "\n\nHello"),
		"date comments":               []byte("Date: " + rep("(a)") + "\n\nHello"),
		"semicolons":                  []byte("Content-Disposition: attachment" + rep(";") + "\n\nHello"),
		"CR":                          []byte("From: a@b\r\n\r\n" + rep("\r")),
		"HTML without an end":         []byte("Content-Type: text/html\n\n" + rep("<meta charset=")),
	}
	bomb := append([]byte("\x78\x9f\x3e\x22\x01\x00"), bytes.Repeat([]byte("\x02\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00"), n/13)...)
	out["winmail.dat of attachments"] = []byte("Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(bomb))
	return out
}

// noise is the same for every run.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(2463534242)
	for i := range out {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = byte(x)
	}
	return out
}

// allocated returns how many bytes f allocates, counting what is freed again.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostileMailIsCheap bounds what a hostile mail of 1 MiB may allocate altogether, and so what it can hold at once, and sees that four
// times the size costs about four times as much, which quadratic work with any memory in it does not.
func TestHostileMailIsCheap(t *testing.T) {
	const small, large = 1<<18 - 1<<10, 1<<20 - 1<<12
	inputs := hostile(large)
	for name, raw := range worst(large) {
		inputs[name] = raw
	}
	less := hostile(small)
	for name, raw := range worst(small) {
		less[name] = raw
	}
	for name, raw := range inputs {
		t.Run(name, func(t *testing.T) {
			var m *Message
			cost := allocated(func() { m, _ = Parse(raw, Limits{}) })
			if m == nil {
				t.Fatal("nothing read")
			}
			if cost > 48<<20 {
				t.Errorf("%d KiB allocated", cost>>10)
			}
			if quarter := allocated(func() { Parse(less[name], Limits{}) }); cost > 8*quarter+1<<20 {
				t.Errorf("%d KiB allocated for a quarter, %d KiB for the whole", quarter>>10, cost>>10)
			}
		})
	}
}
