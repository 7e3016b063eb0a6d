package mailparse

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

// wholeText is a small mail in one language.
type wholeText struct{ subject, name, file, body string }

// TestWholeMessages reads mails whose header, body and file name are all in one charset, raw or encoded, under names that are true, false or
// missing, and counts those of which everything is right.
func TestWholeMessages(t *testing.T) {
	texts := map[string]wholeText{
		"fr": {"Réunion d'équipe reportée", "Hélène Lefèvre", "Procès-verbal.pdf", "Bonjour,\n\nje vous confirme ma présence à la réunion.\n"},
		"de": {"Rückfrage zum Gespräch", "Jürgen Größmann", "Übersicht.docx", "Guten Tag,\n\nkönnen Sie mir kurz Rückmeldung geben?\nViele Grüße\n"},
		"pl": {"Potwierdzenie spotkania w środę", "Małgorzata Żółkiewska", "załącznik.pdf", "Dzień dobry,\n\nproszę o potwierdzenie obecności na jutrzejszym spotkaniu. Dziękuję\n"},
		"cs": {"Schůzka příští týden", "Jiří Dvořák", "žádost.doc", "Dobrý den,\n\npotvrzuji účast na zítřejší schůzce. Děkuji\n"},
		"ru": {"Перенос встречи", "Екатерина Щербакова", "Отчёт.xlsx", "Здравствуйте!\n\nПодтверждаю участие в завтрашнем совещании.\n"},
		"el": {"Αναβολή συνάντησης", "Γιώργος Παπαδόπουλος", "Έγγραφο.pdf", "Καλημέρα σας,\n\nεπιβεβαιώνω τη συμμετοχή μου.\n"},
		"he": {"הפגישה נדחתה", "יעל כהן", "מסמך.pdf", "שלום רב,\n\nאני מאשרת את השתתפותי בפגישה מחר.\n"},
		"ar": {"تأجيل الاجتماع", "محمد عبد الله", "وثيقة.pdf", "السلام عليكم،\n\nأؤكد حضوري اجتماع الغد.\n"},
		"th": {"เลื่อนการประชุม", "สมชาย ใจดี", "เอกสาร.pdf", "สวัสดีค่ะ\n\nขอยืนยันการเข้าร่วมประชุมพรุ่งนี้\n"},
		"tr": {"Toplantı ertelendi", "Gülşah Çağlayan", "özgeçmiş.pdf", "Merhaba,\n\nyarınki görüşmeye katılacağım. Teşekkürler, iyi günler\n"},
		"ja": {"会議の延期について", "山田太郎", "議事録.pdf", "お世話になっております。\n\n明日の会議に出席いたします。\n"},
		"zh": {"会议推迟到星期四", "王小明", "会议记录.doc", "您好，\n\n我确认参加明天的会议。谢谢您的帮助。\n"},
		"tw": {"會議延期到星期四", "陳美玲", "會議紀錄.doc", "您好，\n\n我確認參加明天的會議。謝謝您的幫助。\n"},
		"ko": {"회의 연기 안내", "김영희", "회의록.hwp", "안녕하세요.\n\n내일 회의에 참석하겠습니다. 감사합니다.\n"},
	}
	sets := map[string][]string{
		"fr": {"windows-1252", "utf-8", "iso-8859-15"}, "de": {"windows-1252", "utf-8"}, "pl": {"iso-8859-2", "windows-1250", "utf-8"}, "cs": {"iso-8859-2", "windows-1250"},
		"ru": {"windows-1251", "koi8-r", "iso-8859-5", "utf-8"}, "el": {"iso-8859-7", "windows-1253"}, "he": {"windows-1255"}, "ar": {"windows-1256"},
		"th": {"windows-874"}, "tr": {"windows-1254"}, "ja": {"shift_jis", "euc-jp", "iso-2022-jp", "utf-8"}, "zh": {"gbk", "gb18030", "utf-8"}, "tw": {"big5", "utf-8"}, "ko": {"euc-kr", "utf-8"},
	}
	wrong, all := 0, 0
	for lang, x := range texts {
		for _, cs := range sets[lang] {
			names := []string{cs, "", "us-ascii", "utf-8", "x-unknown"}
			if lang != "pl" && lang != "cs" && lang != "tr" { // whose letters stand where Western ones do
				names = append(names, "iso-8859-1")
			}
			for _, named := range names {
				for form := range 5 {
					all++
					raw := wholeMessage(t, x, cs, named, form)
					m, err := Parse([]byte(raw), Limits{})
					if err != nil {
						t.Fatal(err)
					}
					got := wholeText{m.Subject, "", "", m.Text}
					if len(m.From) == 1 {
						got.name = m.From[0].Name
					}
					if len(m.Attachments) == 1 {
						got.file = m.Attachments[0].Name
					}
					got.body = strings.TrimRight(got.body, "\n") + "\n"
					if got != x {
						wrong++
						t.Logf("%s in %s named %q, form %d: %q", lang, cs, named, form, got)
					}
				}
			}
		}
	}
	t.Logf("%d of %d wrong", wrong, all)
	if wrong*100 > 2*all {
		t.Errorf("%d of %d wrong", wrong, all)
	}
}

// wholeMessage writes a mail. Form 0 is all raw; 1 has a true encoded header; 2 an encoded header under the false name; 3 a raw header above a
// body in quoted-printable; 4 is HTML in base64 with the attachment first.
func wholeMessage(t *testing.T, x wholeText, cs, named string, form int) string {
	enc, err := htmlindex.Get(cs)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(s string) string {
		out, err := enc.NewEncoder().String(s)
		if err != nil {
			t.Fatalf("%s: %v", cs, err)
		}
		return out
	}
	header := raw
	label := named
	if form == 1 {
		label = cs
	}
	if label == "" {
		label = "unknown-8bit"
	}
	if form == 1 || form == 2 {
		header = func(s string) string {
			return "=?" + label + "?B?" + base64.StdEncoding.EncodeToString([]byte(raw(s))) + "?="
		}
	}
	ctype := "text/plain"
	if named != "" {
		ctype += "; charset=" + named
	}
	body, encoding := raw(x.body), "8bit"
	switch form {
	case 3:
		encoding = "quoted-printable"
		var b strings.Builder
		for _, c := range []byte(body) {
			if c == '\n' || c > ' ' && c < 0x7f && c != '=' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "=%02X", c)
			}
		}
		body = b.String()
	case 4:
		encoding = "base64"
		body = base64.StdEncoding.EncodeToString([]byte(body)) + "\n"
	}
	text := "--b\nContent-Type: " + ctype + "\nContent-Transfer-Encoding: " + encoding + "\n\n" + body + "\n"
	file := "--b\nContent-Type: application/octet-stream; name=\"" + header(x.file) + "\"\nContent-Disposition: attachment; filename=\"" + header(x.file) + "\"\n\nx\n"
	parts := text + file
	if form == 4 {
		parts = file + text
	}
	return "From: " + header(x.name) + " <x@la.example>\nSubject: " + header(x.subject) + "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + parts + "--b--\n"
}
