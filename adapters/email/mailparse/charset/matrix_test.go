package charset

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// writtenIn are the charsets in which mail in each language is written.
var writtenIn = map[string][]string{
	"en": latinSets, "fr": latinSets, "de": latinSets, "es": latinSets, "pt": latinSets, "it": latinSets, "nl": latinSets, "cy": latinSets, "sv": latinSets,
	"da": latinSets, "no": latinSets, "fi": latinSets, "is": latinSets, "ga": latinSets,
	"pl": easternSets, "cs": easternSets, "sk": easternSets, "hu": easternSets, "ro": easternSets, "hr": easternSets, "sl": easternSets,
	"tr": {"windows-1254", "iso-8859-9"}, "lt": balticSets, "lv": balticSets, "et": {"windows-1257", "iso-8859-13", "iso-8859-15"},
	"ru": {"windows-1251", "koi8-r", "iso-8859-5", "cp866"}, "uk": {"windows-1251", "koi8-u"}, "bg": {"windows-1251", "iso-8859-5"},
	"sr": {"windows-1251", "iso-8859-5"}, "el": {"windows-1253", "iso-8859-7"}, "he": {"windows-1255", "iso-8859-8"},
	"ar": {"windows-1256", "iso-8859-6"}, "fa": {"windows-1256"}, "th": {"tis-620"}, "vi": {"windows-1258", "viscii"},
	"ja": {"shift_jis", "euc-jp", "iso-2022-jp"}, "zh": {"gb2312", "gb18030", "hz-gb-2312"}, "tw": {"big5"}, "ko": {"euc-kr", "iso-2022-kr"},
}

var (
	latinSets   = []string{"windows-1252", "iso-8859-1", "iso-8859-15", "cp850", "macintosh"}
	easternSets = []string{"windows-1250", "iso-8859-2", "cp852"}
	balticSets  = []string{"windows-1257", "iso-8859-13"}
)

type sampleLine struct {
	lang, text string
	vague      bool // too little to go by without the right name
}

func sampleLines(t testing.TB) []sampleLine {
	f, err := os.Open("testdata/texts.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []sampleLine
	for s := bufio.NewScanner(f); s.Scan(); {
		if lang, text, ok := strings.Cut(s.Text(), "|"); ok && !strings.HasPrefix(lang, "#") {
			name := strings.TrimPrefix(lang, "!")
			out = append(out, sampleLine{name, text, name != lang})
		}
	}
	if len(out) < 100 {
		t.Fatalf("only %d texts", len(out))
	}
	return out
}

// encode writes text in a charset; false when the charset has not all its characters.
func encode(text, name string) (string, bool) {
	switch name {
	case "iso-2022-kr":
		raw, ok := encode(text, "euc-kr")
		return shiftOut(raw), ok
	case "viscii":
		return encodeVISCII(text)
	case "windows-1258":
		text = decomposeTones(text)
	}
	enc := lookupEncoding(Canonical(name))
	if enc == nil {
		return "", false
	}
	raw, err := enc.NewEncoder().String(text)
	return raw, err == nil
}

func encodeVISCII(text string) (string, bool) {
	var out []byte
	for _, r := range text {
		at := slices.Index(visciiTable, r)
		switch {
		case r < 0x80:
			out = append(out, byte(r))
		case at >= 0:
			out = append(out, byte(0x80+at))
		default:
			return "", false
		}
	}
	return string(out), true
}

// decomposeTones writes the five tones of Vietnamese after their letters, as Windows-1258 does.
func decomposeTones(text string) string {
	var b strings.Builder
	for _, r := range text {
		d := []rune(norm.NFD.String(string(r)))
		if tone := slices.IndexFunc(d, func(c rune) bool { return strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", c) }); r >= 0x80 && tone > 0 {
			t := d[tone]
			b.WriteString(norm.NFC.String(string(slices.Delete(d, tone, tone+1))) + string(t))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func shiftOut(euc string) string {
	var b strings.Builder
	b.WriteString("\x1b$)C")
	in := false
	for i := range len(euc) {
		c := euc[i]
		if high := c >= 0x80; high != in {
			in = high
			b.WriteByte(map[bool]byte{true: 0x0e, false: 0x0f}[high])
		}
		b.WriteByte(c & 0x7f)
	}
	return b.String()
}

// namedAs are the names under which text in a charset really travels, besides its own.
func namedAs(enc string) []string {
	names := []string{enc, "", "us-ascii", "utf-8", "x-unknown", "iso-8859-1"}
	switch enc {
	case "windows-1252", "iso-8859-1", "iso-8859-15":
		return append(names, "windows-1252")
	case "windows-1250", "iso-8859-2":
		return []string{enc, "", "us-ascii", "utf-8"}
	case "windows-1254", "iso-8859-9", "windows-1257", "iso-8859-13", "windows-1258", "viscii":
		return []string{enc, "", "utf-8"}
	case "cp850", "macintosh", "cp852":
		return []string{enc}
	case "windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "cp866":
		return append(names, "windows-1252", "windows-1251", "koi8-r", "iso-8859-5")
	case "shift_jis", "euc-jp":
		return append(names, "windows-1252", "shift_jis", "euc-jp", "iso-2022-jp")
	case "gb2312", "gb18030":
		return append(names, "windows-1252", "gb2312", "big5")
	case "big5":
		return append(names, "windows-1252", "gb2312", "gbk")
	case "iso-2022-jp", "iso-2022-kr":
		return append(names, "shift_jis", "euc-kr")
	case "hz-gb-2312":
		return []string{enc}
	}
	return append(names, "windows-1252")
}

// TestMatrix reads every text in every charset of its language under every name it really travels under. A text of a word or two can
// be more than one thing, so a few may be wrong under a wrong name; under its own name and as UTF-8 never.
func TestMatrix(t *testing.T) {
	wrong, all := 0, 0
	for _, l := range sampleLines(t) {
		for _, enc := range writtenIn[l.lang] {
			raw, ok := encode(l.text, enc)
			if !ok {
				continue
			}
			names := slices.Compact(namedAs(enc))
			if l.vague || enc == "viscii" {
				names = names[:1]
			}
			for i, name := range names {
				all++
				if got := Decode([]byte(raw), name); got != l.text {
					wrong++
					if i == 0 {
						t.Errorf("%s in %s under its own name: %.60q", l.lang, enc, got)
					} else {
						t.Logf("%s in %s named %q: %.60q, want %.60q", l.lang, enc, name, got, l.text)
					}
				}
			}
		}
		for _, name := range []string{"", "us-ascii", "utf-8", "iso-8859-1", "windows-1252", "iso-8859-2", "windows-1251", "koi8-r", "gb2312", "big5", "shift_jis", "euc-jp", "euc-kr", "x-unknown", "iso-8859-15"} {
			all++
			if l.vague && name != "" {
				continue
			}
			if got := Decode([]byte(l.text), name); got != l.text {
				wrong++
				t.Errorf("%s in UTF-8 named %q: %.60q, want %.60q", l.lang, name, got, l.text)
			}
		}
	}
	t.Logf("%d of %d wrong", wrong, all)
	if wrong*200 > all {
		t.Errorf("%d of %d wrong", wrong, all)
	}
}
