package mailkind

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
)

// worst builds messages on which a careless classifier takes quadratic time.
func worst(n int) map[string][]byte {
	rep := func(s string) string { return strings.Repeat(s, n/len(s)) }
	const daemon, person = "From: mailer-daemon@b.example\nSubject: failure notice\n\n", "From: a@b.example\nSubject: Re: x\n\n"
	var many bytes.Buffer
	many.WriteString(daemon)
	for i := 0; many.Len() < n; i++ {
		fmt.Fprintf(&many, "<a%d@b.example>:\nsomething odd\n", i)
	}
	return map[string][]byte{
		"many recipients":       many.Bytes(),
		"one recipient often":   []byte(daemon + rep("<a@b.example>:\n550 no\n")),
		"addresses on a line":   []byte(daemon + rep("a@b.example ")),
		"at signs":              []byte(daemon + rep("@")),
		"delivered to":          []byte(daemon + rep("delivered to ")),
		"dialogue":              []byte(daemon + rep("RCPT TO:<a@b.example>\n")),
		"copy marks":            []byte(daemon + rep("--- original messag\n")),
		"status groups":         []byte("From: mailer-daemon@b.example\n\n" + rep("Final-Recipient: rfc822; a@b.example\nAction: failed\n\n")),
		"phrases with gaps":     []byte(person + rep("your message to please your message ")),
		"one word":              []byte(person + rep("i ")),
		"dates":                 []byte("From: a@b.example\nSubject: Automatic reply: x\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\nI am away " + rep("until 3 March to ")),
		"colleagues":            []byte("From: a@b.example\nSubject: Automatic reply: x\n\nI am away. Please contact " + rep("Sam Reed a@b.example 01632 960123 ")),
		"subject of tags":       []byte("From: a@b.example\nSubject: " + rep("[a] Re: ") + "\n\nx"),
		"open tags in HTML":     []byte("From: a@b.example\nContent-Type: text/html\n\n" + rep("<style ")),
		"entities":              []byte("From: a@b.example\nContent-Type: text/html\n\n" + rep("&amp;<br>")),
		"header fields":         []byte(rep("X-Auto-Reply: no\n") + "From: a@b.example\n\nx"),
		"marks that are single": []byte(person + rep("自動返信不在休暇")),
	}
}

// TestLinear feeds each worst case; a quadratic step would run the test into its deadline.
func TestLinear(t *testing.T) {
	for name, raw := range worst(400_000) {
		t.Run(name, func(t *testing.T) {
			m, _ := mailparse.Parse(raw, mailparse.Limits{})
			if m == nil {
				t.Fatal("nothing read")
			}
			if c := Classify(m, ""); len(c.Bounces) > maxRecipients || len(c.Auto.Colleagues) > 10 {
				t.Errorf("%d recipients, %d colleagues", len(c.Bounces), len(c.Auto.Colleagues))
			}
		})
	}
}

func FuzzClassify(f *testing.F) {
	for _, raw := range worst(300) {
		f.Add(raw)
	}
	for _, file := range []string{"auto.txt", "bounces.txt"} {
		for _, c := range corpus(f, file) {
			f.Add([]byte(c.raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, _ := mailparse.Parse(raw, mailparse.Limits{})
		if m == nil {
			return
		}
		c := Classify(m, "-")
		for _, b := range c.Bounces {
			if c.Kind != KindBounce || b.Permanent && b.Delayed || !utf8.ValidString(b.Recipient+b.Diagnostic) || strings.ContainsAny(b.Diagnostic, "\r\n\x00") {
				t.Fatalf("%s %+v", c.Kind, b)
			}
		}
		if c.Kind != KindAutoReply && (c.Auto.Form != "" || c.Auto.Colleagues != nil) {
			t.Fatalf("%s tells %+v", c.Kind, c.Auto)
		}
		for _, p := range c.Auto.Colleagues {
			if !utf8.ValidString(p.Name+p.Email+p.Phone) || strings.ContainsAny(p.Name+p.Email+p.Phone, "\r\n\x00") {
				t.Fatalf("%+v", p)
			}
		}
		if c.Kind == KindMessage && c.Reason != "" {
			t.Fatalf("a message for a reason: %s", c.Reason)
		}
	})
}

// BenchmarkClassify is for an ordinary mail of 10 KB: header fields as Outlook writes them, a short answer and a long quote.
func BenchmarkClassify(b *testing.B) {
	header := "From: Jo Price <jo.price@la.example>\nTo: thread-x@in.kinbridge.example\nSubject: Re: Kinbridge message, reference KB-1001-1\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n" +
		"In-Reply-To: <m1@in.kinbridge.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	for i := range 30 {
		header += fmt.Sprintf("X-MS-Exchange-Transport-Field%d: something %d\n", i, i)
	}
	own := "Hello,\n\nThank you for the message. Lily has settled in well at school and would like to hear how the garden is. The review is on Tuesday 10 March at ten; I will send the papers on Friday. " +
		"She asked whether she may bring the drawing that you sent. I have told her that she may.\n\nKind regards,\n\nJo Price\nSocial Worker\nAnytown Council\nTel: 01632 960555\n\n"
	quote := "On Sun, 1 Mar 2026 at 10:00, Kinbridge <r-1@in.kinbridge.example> wrote:\n" + strings.Repeat("> a line of what was written before, and what she answered to it then\n", 120)
	for name, body := range map[string]string{"reply": own + quote, "long": strings.Repeat(own, 18)} {
		m, err := mailparse.Parse([]byte(header+"\n"+body), mailparse.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if k := Classify(m, "jo.price@la.example").Kind; k != KindMessage {
					b.Fatal(k)
				}
			}
		})
	}
}
