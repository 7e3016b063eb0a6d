package replytext

import (
	"os"
	"strings"
	"testing"

	"kinbridge/adapters/email/mailparse"
)

// BenchmarkReply splits typical replies of 10 KB: with a marked quote in plain text, with an unmarked one, and in HTML.
func BenchmarkReply(b *testing.B) {
	const answer = "Thank you for your message.\n\nThe review is on the 14th at ten. Ella has settled at her new school and her report will\nbe with you this week.\n\nKind regards\n\nHannah Cole\nChildren's social worker\nTel: 020 7946 0123\n\nThis email and any attachments are confidential and intended solely for the addressee.\n\n"
	const asked = "Please tell us how she is getting on at 10:00, and when the next review will be held.\n"
	html := strings.ReplaceAll(answer, "\n\n", "</p><p class=MsoNormal>")
	bodies := map[string]mailparse.Body{
		"marked":   {Text: answer + "On Fri, 30 Oct 2026 at 16:02, Pact wrote:\n" + strings.Repeat("> "+asked, 115)},
		"unmarked": {Text: answer + "From: Pact <k@kin.example>\nSent: 30 October 2026 16:02\nTo: Hannah Cole\nSubject: review\n\n" + strings.Repeat(asked, 115)},
		"both": {Text: answer + "On Fri, 30 Oct 2026 at 16:02, Pact wrote:\n" + strings.Repeat("> "+asked, 40),
			HTML: "<html><body><div class=WordSection1><p class=MsoNormal>" + html + "</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> Pact &lt;k@kin.example&gt;<br><b>Sent:</b> 30 October 2026 16:02<br><b>To:</b> Hannah Cole<br><b>Subject:</b> review</p></div>" +
				strings.Repeat("<p class=MsoNormal><span style='font-size:11.0pt;color:#1F497D'>"+asked+"</span></p>", 40) + "</div></body></html>"},
	}
	for name, body := range bodies {
		b.Run(name, func(b *testing.B) {
			m := &mailparse.Message{Body: body}
			m.From = []mailparse.Address{{Name: "Hannah Cole", Addr: "hannah@la.example"}}
			b.ReportAllocs()
			b.SetBytes(int64(len(body.Text) + len(body.HTML)))
			for b.Loop() {
				if r := Split(m); !strings.HasSuffix(r.Text, "this week.") {
					b.Fatal(r.Text)
				}
			}
		})
	}
}

// BenchmarkCorpus splits every specimen once.
func BenchmarkCorpus(b *testing.B) {
	if _, err := os.Stat("testdata/corpus"); err != nil {
		b.Fatal(err)
	}
	var all []*mailparse.Message
	for _, c := range readCorpus(b) {
		all = append(all, c.message(b))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range all {
			Split(m)
		}
	}
}
