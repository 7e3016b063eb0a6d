package charset

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// TestDeclaredWrongly reads a few words of many languages, in the charsets people use, under names that are wrong or say nothing.
func TestDeclaredWrongly(t *testing.T) {
	type set = map[string]encoding.Encoding
	ja := set{"shift_jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP}
	zh := set{"gb2312": simplifiedchinese.GBK, "gb18030": simplifiedchinese.GB18030}
	tw := set{"big5": traditionalchinese.Big5}
	ko := set{"ks_c_5601-1987": korean.EUCKR}
	ru := set{"windows-1251": charmap.Windows1251, "koi8-r": charmap.KOI8R}
	ce := set{"iso-8859-2": charmap.ISO8859_2, "cp1250": charmap.Windows1250}
	nothing := []string{"", "us-ascii", "utf-8", "x-unknown"}
	latin := append([]string{"iso-8859-1", "windows-1252"}, nothing...)
	for _, c := range []struct {
		text  string
		in    set
		named []string
	}{
		{"会議の件", ja, append(latin, "iso-2022-jp", "shift_jis", "euc-jp")},
		{"明日の予定について確認させてください", ja, append(latin, "iso-2022-jp", "shift_jis", "euc-jp")},
		{"テスト", ja, latin},
		{"会议通知", zh, append(latin, "big5")},
		{"您好，明天的会议改到下午", zh, append(latin, "big5")},
		{"會議通知", tw, append(latin, "gb2312", "gbk")},
		{"您好，明天的會議改到下午三點", tw, append(latin, "gb2312")},
		{"회의 안내", ko, latin},
		{"안녕하세요 내일 회의가 있습니다", ko, append(latin, "iso-2022-kr")},
		{"Привет", ru, append(latin, "koi8-r", "windows-1251")},
		{"Подтвердите, пожалуйста, встречу", ru, append(latin, "koi8-r", "windows-1251")},
		{"Подтвердите, пожалуйста, встречу", set{"iso-8859-5": charmap.ISO8859_5}, latin},
		{"Доброго дня, підтвердіть зустріч", set{"windows-1251": charmap.Windows1251, "koi8-u": charmap.KOI8U}, latin},
		{"réunion à Liège", set{"iso-8859-1": charmap.Windows1252}, latin},
		{"Grüße aus Köln – 10 €", set{"windows-1252": charmap.Windows1252}, latin},
		{"Proszę o potwierdzenie spotkania, żółty dom", ce, latin},
		{"Příští týden proběhne schůzka, děkuji", ce, latin},
		{"Καλημέρα, η συνάντηση είναι αύριο", set{"windows-1253": charmap.Windows1253, "iso-8859-7": charmap.ISO8859_7}, latin},
		{"שלום, הפגישה מחר בבוקר", set{"windows-1255": charmap.Windows1255}, latin},
		{"مرحبا، الاجتماع غدا صباحا", set{"windows-1256": charmap.Windows1256, "iso-8859-6": charmap.ISO8859_6}, latin},
		{"Toplantı yarın saat onda başlıyor", set{"iso-8859-9": charmap.Windows1254}, nothing},
		{"การประชุมพรุ่งนี้", set{"tis-620": charmap.Windows874}, latin},
		{"±5 °C, £10, ½ and ²", set{"iso-8859-1": charmap.Windows1252}, []string{"iso-8859-1", "windows-1252"}},
		{"20 m² and 30 m³", set{"iso-8859-1": charmap.Windows1252}, []string{"iso-8859-1"}},
		{"Sjáumst á þriðjudag", set{"iso-8859-1": charmap.Windows1252}, []string{"iso-8859-1"}},
	} {
		for enc, e := range c.in {
			raw, err := e.NewEncoder().String(c.text)
			if err != nil {
				t.Fatalf("%s cannot be written in %s", c.text, enc)
			}
			for _, name := range append(c.named, enc) {
				if got := Decode([]byte(raw), name); got != c.text {
					t.Errorf("%s named %q: %q, want %q", enc, name, got, c.text)
				}
			}
		}
		for _, name := range append(latin, "gb2312", "shift_jis", "windows-1251", "euc-kr") {
			if got := Decode([]byte(c.text), name); got != c.text && name != "utf-16" {
				t.Errorf("UTF-8 named %q: %q, want %q", name, got, c.text)
			}
		}
	}
}

func TestUnusualCharsets(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"1252", "caf\xe9", "café"},
		{"936", "\xd0\xbb\xd0\xbb", "谢谢"},
		{"utf-8; format=flowed", "café", "café"},
		{"=utf-8", "café", "café"},
		{"x-cp1250", "\x9a", "š"},
		{"iso-8859-14", "\xf0", "ŵ"},
		{"ibm852", "\xa5", "ą"},
		{"mac-cyrillic", "\x8f\xf0\xe8", "При"},
		{"utf-7", "caf\xe9 is not UTF-7", "café is not UTF-7"},
		{"viscii", "café in UTF-8", "café in UTF-8"},
		{"utf-7", "Hi Mom +Jjo-!", "Hi Mom ☺!"},
		{"unicode-1-1-utf-7", "1 +- 1", "1 + 1"},
		{"hz-gb-2312", "~{<:Ky2;~}", "己所不"},
		{"iso-2022-kr", "\x1b$)C\x0eH8@G\x0f ok", "회의 ok"},
		{"utf-16le", "h\x00i\x00", "hi"},
		{"utf-16", "\xfe\xff\x00h\x00i", "hi"},
		{"utf-16", "really UTF-8: é", "really UTF-8: é"},
		{"cp437", "caf\x82", "café"},
		{"macintosh", "caf\x8e", "café"},
		{"utf-8", "dŵr, cut at the end: caf\xc3", "dŵr, cut at the end: caf\uFFFD"},
		{"utf-8", "dŵr and a Windows quote \x93", "dŵr and a Windows quote “"},
		{"_iso-2022-jp$ESC", "\x1b$B2q5D\x1b(B", "会議"},
		{"ansi_x3.110-1983", "caf\xe9", "café"},
		{"\"iso-8859-15\"", "10 \xa4", "10 €"},
	} {
		if got := Decode([]byte(c.raw), c.name); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
