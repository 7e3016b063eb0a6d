package replytext

import (
	"strings"
)

// Closing words are read as words of a small lexicon, since people combine them freely ("With very kind regards and many thanks").

var (
	// closingHead are the words of which one must be there; closingRest are those that may stand around them.
	closingHead = newSet("regards regard wishes thanks thank thankyou rgds greetings thx tnx yours sincerely faithfully truly respectfully cheers cordially " +
		"saludo saludos saluto saluti cumprimentos grüße grüßen grüsse grüssen gruß gruss hälsning hälsningar hilsen hilsner groet groeten groetjes salutations terveisin pozdrowienia pozdrowieniami pozdravem pozdrav pozdravy üdvözlettel abrazo abraço abrazos abraços gruezi")
	closingRest = newSet("with my our very many kind kindest best warm warmest good personal sincere friendly fond fondest most all the and again a lot so much in advance million you kindly yours " +
		"un una uno mit med met con com z s os as mes nos mis meus meilleures sincères cordiales cordial cordiale cordiali distinti distinguées cari caro affettuoso afectuoso afectuosos atento atentos muy molti tanti viele vielen liebe lieben schöne schönen sonnige sonnigen herzliche herzlichen besten beste bester freundliche freundlichen freundlichem kollegiale kollegialen vänlig vänliga varma bästa venlig venlige vennlig vennlige kærlig hjertelig hartelijke vriendelijke melhores migliori i gli mejores und och og en und y e et serdeczne serdecznymi parhain ystävällisin srdačan lijep přátelským")
	// closingFirst may stand first.
	closingFirst = newSet("with my our very many kind kindest best warm warmest good personal sincere friendly fond fondest regards wishes thanks thank thankyou rgds greetings thx tnx yours sincerely faithfully truly respectfully cheers cordially all " +
		"un uno mit med met con com z s os mes nos mis meilleures sincères cordiales cordial cordiale cordiali distinti cari caro affettuoso afectuoso atento atentos molti tanti muchos viele liebe lieben schöne schönen sonnige herzliche herzlichen besten beste freundliche freundlichen kollegiale vänlig vänliga varma bästa venlig venlige vennlig vennlige kærlig hjertelig hartelijke vriendelijke melhores migliori mejores serdeczne parhain ystävällisin saludo saludos saluto saluti cumprimentos grüße gruß gruss hälsningar hilsen hilsner groet groeten groetjes salutations pozdrowienia pozdrav abrazo abraço")

	closingPhrases, longestClosing = phrases(`best|kr|br|k r|b r|kind rgds|ta|take care|all the best|best of luck|speak soon|see you|see you soon|talk soon|love|lots of love|xx|xxx|x|warmly|very best|until then|bye|bye for now|have a great day|have a good day|have a nice day|have a lovely day|have a great weekend|have a good weekend|have a nice weekend|have a lovely weekend|have a great week|have a good week|have a good evening|in friendship|with love|peace|hth|tia|vr|v r|r|best always|as always|as ever|thanks for your time|thanks for your help|thanks for your support|thank you for your time|thank you for your help|thank you for your support|thank you for your consideration|thank you for your understanding|for and on behalf of` +
		`|cofion|cofion cynnes|cofion gorau|cofion cu|cofion caredig|cofion cynnes iawn|gyda diolch|gyda chofion|gyda chofion cynnes|gyda chofion gorau|gyda diolch a chofion cynnes|gyda phob dymuniad da|diolch|diolch yn fawr|diolch o galon|diolch eto|diolch i chi|diolch am bopeth|diolch ymlaen llaw|diolch yn fawr iawn|llawer o ddiolch|yn gywir|yr eiddoch yn gywir|yr eiddoch yn ddiffuant|pob hwyl|hwyl|hwyl am y tro|hwyl fawr|dymuniadau gorau|yn ddiffuant|cariad` +
		`|mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichen gruessen|mit freundlichem gruß|mit freundlichem gruss|mit besten grüßen|mit besten grüssen|mit herzlichen grüßen|mit lieben grüßen|mit vielen grüßen|mit bestem dank|mit vielem dank|mit kollegialen grüßen|freundliche grüße|freundliche grüsse|freundliche gruesse|viele grüße|viele grüsse|viele gruesse|liebe grüße|liebe grüsse|liebe gruesse|beste grüße|beste grüsse|herzliche grüße|herzliche grüsse|schöne grüße|sonnige grüße|lieben gruß|liebe gruß|besten gruß|beste gruß|schönen gruß|herzlichen gruß|viele gruß|gruß|gruss|grüße|grüsse|mfg|lg|vg|bg|hg|vielen dank|besten dank|herzlichen dank|danke|danke schön|danke dir|vielen dank und viele grüße|danke und gruß|danke und viele grüße|hochachtungsvoll|vielen dank im voraus|bis dann|bis bald|ihr|ihre|euer|eure` +
		`|cordialement|bien cordialement|très cordialement|cordialement vôtre|bien à vous|bien à toi|salutations|salutations distinguées|meilleures salutations|sincères salutations|amicalement|amitiés|cdlt|cdt|bien amicalement|merci|merci beaucoup|merci d'avance|merci bien|par avance merci|bonne journée|bonne soirée|bonne réception|bon week end|respectueusement|bises|à bientôt|avec mes remerciements|bien respectueusement` +
		`|saludos|saludo|un saludo|saludos cordiales|un cordial saludo|cordial saludo|cordiales saludos|un afectuoso saludo|atento saludo|un saludo cordial|saludos a todos|muchos saludos|atentamente|muy atentamente|atte|gracias|muchas gracias|gracias de antemano|un abrazo|abrazos|gracias y saludos|gracias y un saludo|saludos y gracias|quedo a su disposición` +
		`|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|os melhores cumprimentos|com os meus cumprimentos|cordiais cumprimentos|atenciosamente|att|atte|obrigado|obrigada|muito obrigado|muito obrigada|desde já obrigado|abraço|abraços|um abraço|grato|grata|cordialmente|até breve|bom trabalho|respeitosamente` +
		`|cordiali saluti|distinti saluti|saluti|un saluto|un caro saluto|cari saluti|i migliori saluti|molti saluti|tanti saluti|grazie|grazie mille|mille grazie|grazie e saluti|grazie e cordiali saluti|a presto|ciao|buona giornata|buon lavoro|buona serata|in fede|cordialmente` +
		`|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|met hartelijke groet|met hartelijke groeten|hartelijke groet|hartelijke groeten|groet|groeten|groetjes|met groet|mvg|m vr gr|m v g|bedankt|alvast bedankt|hoogachtend|dank je|dank u|fijne dag|tot ziens|met beste groet` +
		`|med vänlig hälsning|med vänliga hälsningar|vänlig hälsning|vänliga hälsningar|med bästa hälsning|bästa hälsningar|hälsningar|hälsning|varma hälsningar|många hälsningar|mvh|vh|m v h|tack|tack på förhand|tack så mycket|ha det bra|allt gott` +
		`|med vennlig hilsen|vennlig hilsen|med venlig hilsen|venlig hilsen|med venlige hilsner|venlige hilsner|med vennlige hilsener|beste hilsener|beste hilsen|bedste hilsner|hilsen|hilsner|mange hilsner|kærlig hilsen|kh|vennlig hilsen og takk|takk|tak|på forhånd takk|på forhånd tak|mange tak|tusen takk|ha en fin dag|hav en god dag|dbh` +
		`|ystävällisin terveisin|terveisin|terv|parhain terveisin|kiitos|kiitoksia|kiittäen|yt|t|kunnioittavasti` +
		`|pozdrawiam|pozdrawiam serdecznie|serdecznie pozdrawiam|z poważaniem|z wyrazami szacunku|z pozdrowieniami|pozdrowienia|pozdr|dziękuję|dzięki|z góry dziękuję|dziękuję i pozdrawiam|miłego dnia|łączę pozdrowienia|z wyrazami szacunku` +
		`|s pozdravem|pozdrav|s úctou|děkuji|díky|předem děkuji|hezký den|pěkný den|s přáním hezkého dne|ďakujem|s pozdravom|pekný deň|s úctou` +
		`|üdvözlettel|tisztelettel|köszönettel|üdv|köszönöm|köszönöm szépen|köszi|szívélyes üdvözlettel|szép napot|előre is köszönöm` +
		`|saygılarımla|saygılarımızla|teşekkürler|teşekkür ederim|iyi çalışmalar|sevgiler|iyi günler|selamlar|kolay gelsin|şimdiden teşekkürler` +
		`|с уважением|с наилучшими пожеланиями|с приветом|всего доброго|всего хорошего|всего наилучшего|спасибо|заранее спасибо|благодарю|удачи|хорошего дня|с почтением|з повагою|дякую|щиро дякую|з найкращими побажаннями|гарного дня|з вдячністю|с поздрави|поздрави|поздрав|с уважение|благодаря|срдачан поздрав` +
		`|cu stimă|cu respect|mulțumesc|mulţumesc|vă mulțumesc|cu considerație|o zi bună|o zi frumoasă|toate cele bune|salutări|cu prietenie` +
		`|με εκτίμηση|φιλικά|με φιλικούς χαιρετισμούς|χαιρετισμούς|ευχαριστώ|σας ευχαριστώ|ευχαριστώ πολύ|καλή συνέχεια|με τιμή` +
		`|مع التحيات|مع التحية|مع أطيب التحيات|مع خالص التحية|مع خالص الشكر|مع الشكر|مع تحياتي|مع فائق الاحترام|مع فائق الاحترام والتقدير|مع الشكر والتقدير|تحياتي|أطيب التحيات|شكرا|شكرا جزيلا|شكراً|شكراً جزيلاً|وتفضلوا بقبول فائق الاحترام|מכבוד רב|בכבוד רב|בברכה|תודה|תודה רבה|תודה מראש|ברכות` +
		`|此致|敬礼|敬禮|此致 敬礼|祝好|谢谢|謝謝|多谢|顺祝商祺|顺颂商祺|商祺|以上|敬具|草々|よろしくお願いします|よろしくお願いいたします|よろしくお願い致します|宜しくお願いします|宜しくお願いいたします|宜しくお願い致します|以上 よろしくお願いします|以上 よろしくお願いいたします|ありがとうございます|ありがとうございました|감사합니다|감사드립니다|고맙습니다|드림|cảm ơn|xin cảm ơn|trân trọng|thân mến|trân trọng cảm ơn|terima kasih|salam|salam hormat|hormat kami|hormat saya|ขอบคุณ|ขอบคุณครับ|ขอบคุณค่ะ|ขอแสดงความนับถือ|धन्यवाद|ধন্যবাদ` +
		`|lijep pozdrav|srdačan pozdrav|s poštovanjem|pozdravi|lep pozdrav|lp|hvala|hvala vnaprej|parimate soovidega|tervitades|lugupidamisega|tänan|aitäh|pagarbiai|su pagarba|ačiū|cieņā|ar cieņu|paldies|agur bat|agur bero bat|ondo izan|eskerrik asko|atentament|salutacions|salutacions cordials|moltes gràcies|gràcies|kveðja|kær kveðja|bestu kveðjur|takk fyrir|le meas|is mise le meas|slán|go raibh maith agat|saúdos|un saúdo|grazas|me respekt|faleminderit`)

	// closingOpener are the words with which closings begin.
	closingOpener = func() set {
		s := set{}
		for p := range closingPhrases {
			first, _, _ := strings.Cut(p, " ")
			s[first] = true
		}
		for w := range closingFirst {
			s[w] = true
		}
		return s
	}()

	// thanking are the words at the front of closings that are words of the author too when no name follows.
	thankingFirst = newSet("thank thanks thankyou thx tnx ta cheers many merci danke vielen besten herzlichen gracias muchas obrigado obrigada muito grazie mille bedankt alvast tack takk tak mange tusen kiitos kiitoksia dzięki dziękuję děkuji díky ďakujem teşekkürler teşekkür спасибо благодарю дякую diolch llawer love x xx xxx best see speak talk have 谢谢 謝謝 多谢 감사합니다 감사드립니다 고맙습니다 terima ciao hwyl pob bye よろしくお願いします よろしくお願いいたします よろしくお願い致します 宜しくお願いします 宜しくお願いいたします 宜しくお願い致します ありがとうございます ありがとうございました شكرا شكراً תודה ευχαριστώ cảm xin ขอบคุณ ขอบคุณครับ ขอบคุณค่ะ mulțumesc köszönöm köszi hvala paldies ačiū tänan aitäh danke until bis à a take bonne bon buona buon ha hav хорошего гарного hezký pěkný miłego szép fijne iyi")
)

// closing is what the closing words at the front of a line are.
type closing struct {
	words    int  // how many words they take; 0 when there are none
	end      int  // where in the line they end
	thanking bool // they thank or wish, so that without a name below they are the author's words
}

// closingOf reads the closing words at the front of a line's tokens. Several may follow each other: "Cofion gorau / Kind regards".
func closingOf(ts []token) closing {
	var c closing
	for c.words < len(ts) {
		n := closingWords(ts[c.words:])
		if n == 0 {
			break
		}
		if c.words == 0 {
			c.thanking = thankingFirst[ts[0].word] && !(ts[0].word == "many" && n > 1 && ts[1].word != "thanks") && !(ts[0].word == "best" && n > 1)
		}
		c.words += n
		if next := c.words; next < len(ts) && isAnd[ts[next].word] && closingWords(ts[next+1:]) > 0 {
			c.words++
		}
	}
	if c.words > 0 {
		c.end = ts[c.words-1].to
	}
	return c
}

// greetsFrom are the words behind which a closing names the place.
var greetsFrom = newSet("aus von vom from fra från uit z ze sa de du da depuis desde")

var isAnd = newSet("and und et y e en og och ja a i и и та")

func closingWords(ts []token) int {
	if len(ts) == 0 {
		return 0
	}
	best := 0
	// The longest listed phrase.
	var b strings.Builder
	for i := 0; i < len(ts) && i < longestClosing; i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(ts[i].word)
		if closingPhrases[b.String()] {
			best = i + 1
		}
	}
	// English, put together freely.
	if closingFirst[ts[0].word] {
		n, head := 0, false
		for n < len(ts) && n < 10 && (closingHead[ts[n].word] || closingRest[ts[n].word]) {
			head = head || closingHead[ts[n].word]
			n++
		}
		if head {
			best = max(best, n)
		}
	}
	return best
}

// isClosing says that the line is closing words and nothing else, and which.
func isClosing(t string) (closing, bool) {
	if t == "" || len(t) > 120 || strings.HasSuffix(t, "?") {
		return closing{}, false
	}
	if !closingOpener[firstWord(t)] {
		return closing{}, false
	}
	ts := tokens(t, 16)
	c := closingOf(ts)
	if n := len(ts) - c.words; c.words >= 2 && (n == 2 || n == 3) && !c.thanking && greetsFrom[ts[c.words].word] {
		c.words, c.end = len(ts), ts[len(ts)-1].to // "Mit freundlichen Grüßen aus Musterstadt"
	}
	if c.words == 0 || c.words != len(ts) || !emptyRest(t[min(c.end, len(t)):]) {
		return closing{}, false
	}
	if c.words > 2 && ts[0].word == "have" && (strings.HasSuffix(t, "!") || strings.HasSuffix(t, ".")) {
		return closing{}, false // "Have a nice weekend!" is a sentence; with a comma it closes
	}
	return c, true
}

// emptyRest says that nothing but stops, smileys and kisses follows.
func emptyRest(s string) bool {
	for _, r := range s {
		if isWordRune(r) {
			return false
		}
		if r == '/' || r == '\\' || r == '@' || r == '$' || r == '%' || r == '=' {
			return false
		}
	}
	return true
}

// closedByName recognises closing words and a name on one line: "Regards, Jo Price". ts are the tokens of t.
func closedByName(t string, who author) bool {
	if len(t) > 90 || !closingOpener[firstWord(t)] {
		return false
	}
	ts := tokens(t, 16)
	c := closingOf(ts)
	if c.words == 0 || c.words == len(ts) || len(ts)-c.words > 5 || c.end > len(t) || ts[c.words].from > len(t) {
		return false
	}
	name := strings.TrimLeft(t[c.end:], " \t,.!-–—~:/")
	if name == "" {
		return false
	}
	if who.signs(name) {
		return true
	}
	if c.thanking && who.addresses(name) {
		return false // "Thanks, Sarah" to Sarah
	}
	between := t[c.end:ts[c.words].from]
	if c.thanking && !strings.ContainsAny(between, ",!.-–—") {
		return false // "Thanks Sarah" speaks to Sarah
	}
	if !c.thanking && !strings.ContainsAny(between, ",!.-–—") && len(ts)-c.words > 2 {
		return false
	}
	if strings.HasSuffix(name, ".") && c.thanking {
		return false
	}
	_, again := isClosing(name)
	return nameLike(name) && len(ts)-c.words <= 3 && !again
}
