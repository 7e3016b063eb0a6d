package charset

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/saintfish/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// sampleSize bounds how much text a guess looks at: enough to be sure, little enough to be quick.
const sampleSize = 16 << 10

// eastAsian are the multi-byte charsets that mail leaves undeclared or confuses.
var eastAsian = []encoding.Encoding{
	simplifiedchinese.GB18030, traditionalchinese.Big5, japanese.ShiftJIS, japanese.EUCJP, korean.EUCKR,
}

// Detect returns undeclared 8-bit data as UTF-8: as itself when it is UTF-8, else in the charset whose reading looks
// most like a language.
func Detect(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	if text, ok := betterCharset(data, "", len(data)); ok {
		return text
	}
	if text, ok := detectLatin(data); ok {
		return text
	}
	text, _ := decodeWith(charmap.Windows1252, data)
	return text
}

// contradicts says that the declared charset's reading is so unlike text that others should be tried.
func contradicts(data []byte, name, text string, bad int) bool {
	switch {
	case multibyte(name):
		return bad > 0 || plausibility(sampleText(text)) < 0.5
	case name == "windows-1252" || name == "iso-8859-1" || name == "iso-8859-15":
		return longHighRuns(data) || oddLatin(data) || notWestern(text)
	case name == "windows-1251" || strings.HasPrefix(name, "koi8") || name == "iso-8859-5" || name == "ibm866":
		return cyrillicScore(text) < 0.4
	}
	return false
}

// oddLatin says that data is not what Latin text looks like: mostly 8-bit, or full of bytes that Windows-1252 uses for next to nothing.
func oddLatin(data []byte) bool {
	high, plain, odd := 0, 0, 0
	for _, c := range data[:min(len(data), sampleSize)] {
		switch {
		case c >= 0x81 && c <= 0x84 || c >= 0x86 && c <= 0x90 || c == 0x98 || c >= 0x9a && c <= 0x9f:
			odd++
			high++
		case c >= 0x80:
			high++
		case c > ' ':
			plain++
		}
	}
	return high > plain || odd >= 2 && odd*3 > high
}

// longHighRuns says that most 8-bit bytes stand in runs of four or more, as they do in East Asian, Cyrillic, Greek or
// Arabic text and hardly ever in Latin text.
func longHighRuns(data []byte) bool {
	high, inRuns, run := 0, 0, 0
	end := func() {
		if run >= 4 {
			inRuns += run
		}
		run = 0
	}
	for _, c := range data[:min(len(data), sampleSize)] {
		if c >= 0x80 {
			high++
			run++
			continue
		}
		end()
	}
	end()
	return high >= 4 && inRuns*2 > high
}

// betterCharset tries the charsets of eastAsian and cyrillic on data and returns the reading that looks most like text,
// if it looks clearly better than the text read so far with bad undecodable characters.
func betterCharset(data []byte, have string, bad int) (string, bool) {
	if utf8.Valid(data) {
		return string(data), true
	}
	best, bestScore := "", 0.6
	if have != "" && bad == 0 {
		bestScore = max(bestScore, plausibility(sampleText(have))+0.15)
	}
	sample := data[:min(len(data), sampleSize)]
	var bestEnc encoding.Encoding
	for _, enc := range eastAsian {
		text, wrong := decodeWith(enc, sample)
		// A sample may be cut inside a character.
		if wrong > 1+len(sample)/500 {
			continue
		}
		if s := plausibility([]rune(text)); s > bestScore {
			best, bestScore, bestEnc = text, s, enc
		}
	}
	// Single-byte text reads as East Asian only by chance, and then badly: it must be clearly better the other way round.
	if enc, s := bestLanguage(sample, have != "" && !notWestern(have)); enc != nil && s > bestScore {
		best, bestEnc = "found", enc
		best, _ = decodeWith(bestEnc, sample)
	}
	if best == "" {
		return "", false
	}
	if len(sample) < len(data) {
		best, _ = decodeWith(bestEnc, data)
	}
	return best, true
}

func sampleText(s string) []rune {
	return []rune(s[:min(len(s), sampleSize)])
}

// plausibility rates decoded East Asian text between 0 (noise) and 1: how many of its non-ASCII characters are kana, Hangul,
// frequent Han characters or full-width punctuation, with the rare ones counting little.
func plausibility(text []rune) float64 {
	var score, n float64
	for i, r := range text {
		if r < 0x80 {
			continue
		}
		n++
		switch {
		case r >= 0x3040 && r <= 0x30ff:
			score++
		case r >= 0xac00 && r <= 0xd7a3:
			score += hangulWeight(r)
		case r >= 0x4e00 && r <= 0x9fff:
			switch {
			case commonHan[r]:
				score++
			case gb2312Level1(r):
				score += 0.62
			default:
				score += 0.3
			}
		case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff5e, r >= 0x2010 && r <= 0x2030:
			score += 0.9
		case r >= 0xff61 && r <= 0xff9f:
			// Half-width katakana: what Shift_JIS reads out of every other 8-bit text.
			if i > 0 && text[i-1] >= 0xff61 && text[i-1] <= 0xff9f {
				score += 0.4
			}
		case r == utf8.RuneError, unicode.Is(unicode.Co, r), unicode.IsControl(r):
			score -= 2
		}
	}
	if n == 0 {
		return 1
	}
	return score / n
}

// hangulWeight prefers the 2,350 syllables of KS X 1001, which is all that people write, roughly by the finals they use.
func hangulWeight(r rune) float64 {
	switch (r - 0xac00) % 28 {
	case 0, 1, 4, 8, 16, 17, 19, 20, 21:
		return 1
	}
	return 0.4
}

// detectLatin asks the statistical detector when no language model is sure.
func detectLatin(data []byte) (string, bool) {
	high := 0
	for _, c := range data {
		if c >= 0x80 {
			high++
		}
	}
	if high < 6 {
		return "", false
	}
	res, err := chardet.NewTextDetector().DetectBest(data[:min(len(data), sampleSize)])
	if err != nil || res.Confidence < 35 {
		return "", false
	}
	enc := lookupEncoding(Canonical(res.Charset))
	if enc == nil || multibyte(Canonical(res.Charset)) {
		return "", false
	}
	text, bad := decodeWith(enc, data)
	return text, bad == 0
}

// gb2312Level1 says that a Han character is among the 3,755 frequent ones of GB 2312.
func gb2312Level1(r rune) bool { return level1[r] }

var level1 = func() map[rune]bool {
	m := make(map[rune]bool, 3755)
	dec := simplifiedchinese.GBK.NewDecoder()
	for lead := byte(0xb0); lead <= 0xd7; lead++ {
		for trail := byte(0xa1); trail <= 0xfe; trail++ {
			if b, err := dec.Bytes([]byte{lead, trail}); err == nil {
				r, _ := utf8.DecodeRune(b)
				m[r] = true
			}
		}
	}
	return m
}()

// commonHan holds frequent characters of Chinese, in both scripts, and of Japanese: enough that real text is full of them
// and misread text is not.
var commonHan = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "的一是不了在人有我他这個個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日军軍者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并並物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特代内內信表化老给給世位次度门門任常先海通教儿兒原东東声聲提立及比员員解水名真论論处處走义義各入几幾口认認条條平系气氣题題活尔爾更别別打女变變四神总總何电電数數安少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命山金指克许許统統区區保至队隊形社便空决決治展马馬科司五基眼书書非则則听聽白却卻界达達光放强強即像难難且权權思王象完设設式色路记記南品住告类類求据據程北边邊死张張该該交规規万萬取拉格望觉覺术術领領共确確传傳师師观觀清今切院让讓识識候带帶导導争爭运運您好谢謝请請贵貴敬祝复複邮郵件送附寄参參加会议議您联聯络絡系電話号號码碼先生女士御様樣願致宜承頂届戻込払働円駅歳仕食私達何時間今日明日昨日午前後週曜月火水木金土株式会社部課長氏名件送返信確認連絡質問回答予定場所資料添付測試测试简体繁體文字" {
		m[r] = true
	}
	return m
}()
