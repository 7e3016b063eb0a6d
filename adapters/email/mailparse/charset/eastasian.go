package charset

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// wideSet is one of the multi-byte charsets that mail leaves undeclared or confuses.
type wideSet struct {
	name string
	enc  encoding.Encoding
	// frequent says that a character's lead byte is in the part of the code where the standard put the frequent characters.
	frequent func(lead byte) bool
}

var eastAsian = []wideSet{
	{"gb18030", simplifiedchinese.GB18030, func(b byte) bool { return b >= 0xb0 && b <= 0xd7 }},
	{"big5", traditionalchinese.Big5, func(b byte) bool { return b >= 0xa4 && b <= 0xc6 }},
	{"shift_jis", japanese.ShiftJIS, func(b byte) bool { return b >= 0x88 && b <= 0x98 }},
	{"euc-jp", japanese.EUCJP, func(b byte) bool { return b >= 0xb0 && b <= 0xcf }},
	{"euc-kr", korean.EUCKR, func(b byte) bool { return b >= 0xb0 && b <= 0xc8 }},
}

// multibyte says that the charset is one of the East Asian ones, in which short text can be valid UTF-8 by chance.
func multibyte(name string) bool {
	switch name {
	case "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "hz-gb-2312", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn":
		return true
	}
	return false
}

// plausibility rates decoded East Asian text between 0 (noise) and 1: how many of its non-ASCII characters are kana, Hangul,
// frequent Han characters or full-width punctuation, with the rare ones counting little. A half-width katakana after another counts kana: much where Japanese was declared, little elsewhere, for
// that is what Shift_JIS reads out of every other 8-bit text.
func plausibility(text string, kana float64) float64 {
	var score, n float64
	halfKana := false
	for _, r := range text {
		if r < 0x80 {
			halfKana = false
			continue
		}
		n++
		switch {
		case r >= 0x3040 && r <= 0x30ff:
			score++
		case r >= 0xac00 && r <= 0xd7a3:
			score += hangulWeight(r)
		case r >= 0x3131 && r <= 0x318e:
			score += 0.9 // Korean letters by themselves: laughter, mostly
		case r >= 0x4e00 && r <= 0x9fff:
			score += hanWeight(r)
		case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff5e, r >= 0x2010 && r <= 0x2030:
			score += 0.9
		case r >= 0x2460 && r <= 0x2473, r == '〒', r == '※', r == '→', r == '■', r == '●', r == '○', r == '◎', r == '★', r == '・', r == '─', r == '━':
			score += 0.8
		case r >= 0xff61 && r <= 0xff65:
			score += 0.1 // its marks stand inside words when it is EUC-JP that is read
		case r >= 0xff66 && r <= 0xff9f:
			if halfKana {
				score += kana
			}
		case r == utf8.RuneError, unicode.Is(unicode.Co, r), unicode.IsControl(r):
			score -= 2
		}
		halfKana = r >= 0xff61 && r <= 0xff9f
	}
	if n == 0 {
		return 1
	}
	return score / n
}

func hanWeight(r rune) float64 {
	switch {
	case commonHan[r]:
		return 1
	case level1[r]:
		return 0.6
	}
	return 0.3
}

// hangulWeight prefers the syllables that people write.
func hangulWeight(r rune) float64 {
	if commonHangul[r] {
		return 1
	}
	switch (r - 0xac00) % 28 {
	case 0, 1, 4, 8, 16, 17, 19, 20, 21:
		return 0.55
	}
	return 0.25
}

func runeSet(s string) map[rune]bool {
	m := make(map[rune]bool, len(s)/3)
	for _, r := range s {
		m[r] = true
	}
	return m
}

// level1 holds the frequent characters of GB 2312, Big5 and JIS X 0208, as the standards themselves divide them.
var level1 = func() map[rune]bool {
	m := make(map[rune]bool, 9000)
	for _, set := range eastAsian[:4] {
		if set.name == "shift_jis" {
			continue // the same characters as EUC-JP
		}
		dec := set.enc.NewDecoder()
		for lead := 0xa1; lead <= 0xfe; lead++ {
			for trail := 0x40; trail <= 0xfe && set.frequent(byte(lead)); trail++ {
				if trail < 0xa1 && (set.name != "big5" || trail > 0x7e) {
					continue
				}
				if b, err := dec.Bytes([]byte{byte(lead), byte(trail)}); err == nil {
					if r, n := utf8.DecodeRune(b); n == len(b) && r >= 0x4e00 && r <= 0x9fff {
						m[r] = true
					}
				}
			}
		}
	}
	return m
}()

// commonHangul holds the syllables that make up most of Korean prose and names.
var commonHangul = runeSet("가각간감갑강갔같개거건걸것게겠겨격견결경계고곡골곳공과관광교구국군권귀규그극근글금급기긴길김까께꼭끝나난날남내너널네녀년념노논높누눈느는늘능니님다단달담답당대더덕데도독돈돌동되된될두뒤드득든들등디따때또라락란람랍랑래략량러런럼럽럿렀레려력련렬렵령례로록론료루류률르른를름리린림립마막만많말맞매머먼메면명모목몰못무문물미민믿및바박반받발방배백번범법변별병보복본볼봄봉부북분불비빈빌사산살삼상새색생서석선설성세셔션소속손송수숙순술스습승시식신실심십싶써쓰씨아악안않알암았앞애야약양어억언얼업없었에여역연열였영예오온올와완왔왕외요용우운울원월위유육율은을음응의이인일임입있자작잔잘잠장재저적전절점접정제져조족존종좋좌죄주죽준중즉즐증지직진질집째쪽차착찬참창찾채책처천첨청체쳐초촉최추축출충취측층치친칠침카코크클키타탁탄태터테토통퇴투트특파판팀페편평포표품프피필하학한할함합항해했향허험현협형호혼화확환활황회획효후훈희히힘답장메일전화첨부확인연락")

// commonHan holds frequent characters of Chinese, in both scripts, and of Japanese: enough that real text is full of them
// and misread text is not.
var commonHan = runeSet("收办辦处處究继繼续續组組织織造论論研农農员导質质量求支势勢济濟委革究技术術构構建设設施环環境责責任监監督保护護安护士歌语語言英汉漢班课課程读讀练練习習健康饭飯菜茶酒房屋车車票店街路站机場场飞飛船医醫院病药藥钱錢银銀行买買卖賣价價钟鐘季春夏秋冬早晚夜昨昼晨刻远遠近快慢新旧舊好坏壞冷热熱暖寒晴雨雪风風云雲山河湖海树樹草花鸟鳥鱼魚狗猫貓牛羊猪馬马虎龙龍红紅黄黃蓝藍绿綠黑白灰色音乐樂画畫图圖片照相影视視剧劇球赛賽游戏戲网網站邮郵箱密码碼登录錄注册冊户戶账帳号号单單订訂购購货貨款退换換售客服咨询詢投诉訴意满滿足笑哭怕怒爱愛恨思念忘记記忆憶梦夢休假旅游签簽证證护照护卡爷爺奶叔姨哥姐弟妹亲親戚朋友邻鄰居夫妻婚姻结結离離寄养養抚撫收容评評估计计划劃策略标標准準则則规規章制度律条条例案例审審判决決诉訴讼訟证證据據辩辯护罪刑罚罰释釋放探望未若那哪些什么麼怎样樣谁誰几幾另外其实實虽雖然如果因此所以但而且或者还還已经經正在刚剛才曾将將要愿願应應该該必须須可能够夠会會想希望需打算准备備" +
	"的一是不了在人有我他這個个們们中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日军軍者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并並物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特代内內信表化老给給世位次度门門任常先海通教儿兒原东東声聲提立及比员員解水名真论論处處走处義义各入几幾口认認条條平系气氣题題活尔爾更别別打女变變四神总總何电電数數安少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命山金指克许許统統区區保至队隊形社便空决決治展马馬科司五基眼书書非则則听聽白却卻界达達光放强強即像难難且权權思王象完设設式色路记記南品住告类類求据據程北边邊死张張该該交规規万萬取拉格望觉覺术術领領共确確传傳师師观觀清今切院让讓识識候带帶导導争爭运運您好谢謝请請贵貴敬祝复複邮郵件送附寄参參加会议議您联聯络絡系電話号號码碼先生女士御様樣願致宜承頂届戻込払働円駅歳仕食私達何時間今日明日昨日午前後週曜月火水木金土株式会社部課長氏名件送返信確認連絡質問回答予定場所資料添付測試测试简体繁體文字" +
	"孩母亲親父妈媽爸案庭监監狱獄福社区儿童法官律师律師访訪视視频頻周週星期推迟遲延紀纪录錄终終版始准准精顺順帮幫助困况況轉转发信息通知安排申请批准需须須校班考试試验驗医醫药藥病" +
	"李刘劉陈陳杨楊黄黃赵趙吴吳徐孙孫朱胡郭林罗羅郑鄭梁宋唐韩韓冯馮邓鄧曹彭曾肖田董袁潘蒋蔣蔡余杜叶葉苏蘇魏吕呂丁沈姚卢盧姜崔钟鍾谭譚陆陸汪范石廖贾賈夏韦付邹鄒孟熊秦邱江尹薛雷侯龙龍史陶黎贺賀顾顧毛郝龚邵钱錢严嚴武戴莫孔汤湯丽麗华華伟偉芳娜秀英敏静靜磊洋勇艳豔杰傑娟涛濤超兰蘭霞刚剛桂玲雅淑芬婷玉萍红紅梅琴云雲飞飛鹏鵬宇浩轩軒怡欣佳志建国" +
	"佐藤橋渡辺伊村中小林加吉山井松阪岡崎谷川野島池内森阿部石前田橋本清水太郎花子美恵智佳奈真由優翔悠斗結衣愛健介誠博隆浩幸雄夫彦貴史聡也香織里絵理沙" +
	"件名了解致申上失礼御中各位様拝啓敬具宜最近変更延期議事録最終版開始番号知願世話出席欠席都合返事検討対応状況報告書提出期限担当者依頼注文商品価格受付込振口座住所東京都市町丁目階建物県府道")
