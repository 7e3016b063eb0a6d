package replytext

import (
	"math/bits"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Furniture is what programs and organisations add to every mail: disclaimers, warning banners, protective markings, what mobile
// programs say of themselves, list footers. It is recognised by what such texts speak of together, in any order of words.

// The topics of furniture.
const (
	aboutMail uint64 = 1 << iota // what such texts speak of, one bit a topic: the mail itself
	aboutSecret
	aboutReader
	aboutError
	aboutAct
	aboutLaw
	aloneEnough // said by nobody but furniture
	workingNote // when she works, prizes, pronouns: below the contacts

	legalTopics = aboutMail | aboutSecret | aboutReader | aboutError | aboutAct | aboutLaw
)

var (
	furnitureFinder = newFinder(
		`this e-mail|this email|this message|this mail|this communication|this transmission|this electronic|this document|this correspondence|the contents of this|the content of this|the information contained|the information in this|information contained in|e-mail and any|email and any|message and any|any files transmitted|any attachment|its attachments|all attachments|emails sent|email sent|all emails|e-mails are|emails are|nhsmail|`+
			`mae'r e-bost|mae'r ebost|mae'r neges|y neges hon|yr e-bost hwn|neges e-bost|diese e-mail|diese nachricht|dieser e-mail|dieser nachricht|diese mail|ce message|ce courriel|ce mail|cet e-mail|ce courrier|este mensaje|este correo|este e-mail|el presente correo|esta mensagem|este email|questo messaggio|questa e-mail|questa mail|il presente messaggio|la presente|treść tej|ta wiadomość|niniejsza wiadomość|wiadomość ta|le informazioni contenute|la información contenida|les informations contenues|die informationen in dieser|as informações contidas|de informatie in dit|dit bericht|deze e-mail|dit e-mailbericht|denne e-post|detta meddelande|denne e-mail|denne mail|dette e-post|tämä sähköposti|tämä viesti|tento e-mail|tato zpráva|obsah této|acest mesaj|acest e-mail|данное сообщение|это сообщение|настоящее сообщение|цей лист|bu e-posta|bu mesaj|本邮件|此邮件|本電子郵件|このメール|本メール|本電子メール|本メッセージ|이 메일|본 메일|이 메시지|본 메시지|이 이메일|본 이메일|هذه الرسالة|هذا البريد|الرسالة الإلكترونية|הודעה זו|הודעת דואר|מסר זה|το παρόν μήνυμα|αυτό το μήνυμα|το μήνυμα αυτό|ez az üzenet|ez az e-mail|ezen üzenet|jelen üzenet|táto správa|tento email|ovo sporočilo|ova poruka|poruka je|pesan ini|email ini|thư này|email này|aquest missatge|aquest correu`,
		`confidential|privileged|proprietary|private and|cyfrinachol|gyfrinachol|vertraulich|rechtlich geschützt|confidentiel|confidenciais|confidencial|confidenzial|riservat|poufn|vertrouwelijk|konfidentiell|fortrolig|luottamuksel|důvěrn|конфиденциальн|конфіденційн|gizli|保密|机密|機密|秘密|機密情報|기밀|비밀|대외비|سري|חסוי|סודי|εμπιστευτικ|απόρρητ|bizalmas|dôvern|povjerljiv|zaupn|rahasia|bảo mật|salassapid|konfidentsiaal|поверител`,
		`intended|addressee|named recipient|recipient|to whom it is|to whom they are|sole use|solely|bwriadu|derbynnydd|a enwir|adressat|empfänger|bestimmt|destinat|destinad|dirigid|adresat|geadresseerde|bestemd|mottagare|modtager|mottaker|vastaanottaj|příjemc|destinatar|адресат|получател|alıcı|受信者|宛先の方|名宛人|收件人|接收者|수취인|수신인|수신자|المرسل إليه|المستلم|נמען|παραλήπτ|αποδέκτ|címzett|prejemnik|primatelj|primaoc|penerima|người nhận`,
		`received this|received it in error|in error|by mistake|not the intended|are not the|unauthori|strictly prohibited|drwy gamgymeriad|irrtümlich|nicht der richtige|par erreur|por error|por engano|per errore|omyłkow|per ongeluk|abusievelijk|av misstag|ved en fejl|ved en feil|vahingossa|omylem|ошибочно|по ошибке|помилково|yanlışlıkla|greșeală|eroare|tévedés|omylom|greškom|pomotoma|κατά λάθος|εκ παραδρομής|误收|错误|错收|誤って|お心当たり|잘못|بالخطأ|عن طريق الخطأ|בטעות|kesalahan|nhầm`,
		`disclos|copying|copied|distribut|disseminat|forward it|delete it|delete this|deleting|destroy|notify the sender|inform the sender|contact the sender|rely on|reliance|informieren sie|vernichten|divulg|difusión|usunięci|verwijder|törölje|megsemmisít|smažte|zničte|ștergeți|удалите|уничтож|видаліть|siliniz|imha|διαγράψ|删除|刪除|削除|삭제|파기|حذف|מחק|radera|slette|tuhoa|poista`,
		`virus|malware|scanned|monitored|monitor |intercept|recorded|archived|freedom of information|data protection|gdpr|legally binding|liability|views expressed|opinions expressed|views or opinions|do not necessarily|legal reasons|lawful`,
		`consider the environment|think of the environment|think about the environment|think before you print|before printing this|before you print|print this e-mail|print this email|ystyriwch yr amgylchedd|meddyliwch am yr amgylchedd|meddyliwch cyn|we welcome correspondence|we welcome receiving|croesawn ohebiaeth|croesawu gohebiaeth|correspondence in welsh|gohebiaeth yn gymraeg|nhsmail is the secure|virus-free|antivirus software|checked for viruses|scanned for viruses|been scanned for|been scanned by|swept for|to unsubscribe|unsubscribe from this|unsubscribe here|committed to safeguarding|committed to protecting|privacy notice|hysbysiad preifatrwydd|we use your personal|we process your personal|we collect your personal|how we handle your|registered in england|registered in wales|registered in scotland|registered office|registered charity|registered company|company number|company no|charity number|charity no|vat no|vat reg|regulated by the solicitors|regulated by the financial|secured with tuta|denken sie an die umwelt|pensez à l'environnement|imprimer ce|antes de imprimir|prima di stampare|you received this message because|you are receiving this|you received this email because|handelsregister|amtsgericht|geschäftsführer|ust-id|ust.-id|siège social|kvk-nummer`,
		`working day|working hour|working pattern|work pattern|i work |i do not work|i don't work|not work on|part time|part-time|office hour|out of office|out of hours|out-of-hours|annual leave|flexibl|do not feel|don't feel|outside of your|usual hours|normal hours|non-working|my hours|in an emergency|emergency duty|diwrnodau gwaith|oriau gwaith|pronouns|he/him|she/her|they/them|follow us|find us on|visit our|dilynwch ni|connect with me|book time|book a meeting|sent on behalf of|rate my|winner of|awards|investors in people|disability confident|proud to|bank details`,
	)

	legalHeading = func() set {
		s, _ := phrases(`disclaimer|confidentiality|confidentiality notice|confidentiality note|confidentiality statement|confidentiality warning|confidential|legal notice|legal disclaimer|privacy notice|privacy statement|important notice|important confidentiality notice|email disclaimer|e mail disclaimer|email confidentiality notice|notice of confidentiality|privileged and confidential|private and confidential|security notice|nodyn|ymwadiad|cyfrinachedd|haftungsausschluss|hinweis|rechtlicher hinweis|avis de confidentialité|clause de confidentialité|aviso legal|aviso de confidencialidad|aviso de confidencialidade|avviso di riservatezza|informativa privacy|klauzula poufności|免责声明`)
		return s
	}()

	mobileStart = newFinder(
		`sent from|sent via|sent by|sent on|sent using|sent with|written on|written from|written with|typed on|composed on|get outlook|get the outlook|get bluemail|download outlook|scanned from|outlook for`,
		// The same line in other languages.
		`envoyé de|envoyé depuis|envoye de|envoyé à partir|envoyé via|envoyé avec|von meinem|von meiner|vom |gesendet von|gesendet mit|gesendet aus|gesendet über|diese nachricht wurde von|enviado desde|enviado do|enviado de|enviado a partir|enviado com|enviado pelo|enviado por|enviado via|enviado con|inviato da|inviato dal|inviata da|inviato con|verzonden vanaf|verzonden via|verzonden met|verzonden vanuit|verstuurd vanaf|skickat från|skickat frn|sendt fra|sendt via|hentet fra|lähetetty |wysłane z|wysłano z|wysłane za|odesláno z|odoslané z|отправлено с|отправлено из|надіслано з|anfonwyd o|anfonwyd gan|anfonwyd drwy|anfonwyd gyda|trimis de pe|poslano s|poslato sa|elküldve a|küldve |στάλθηκε από|εστάλη από|iphoneから|androidから|ipadから|发自我的|发自|從我的|從我|나의 |내 |נשלח מה|أُرسلت من|أرسلت من|مرسل من|đã gửi từ|được gửi từ|dikirim dari|obtenir outlook|télécharger outlook|outlook für|outlook para|outlook per|outlook voor|obtener outlook|obter o outlook|hämta outlook|pobierz outlook|downloaden outlook|saada outlook|saatud minu|išsiųsta iš|nosūtīts no`,
	)
	mobileThing = newFinder(`iphone|hushmail|fastmail|mailfence|posteo|gmx|web.de|mail.ru|yandex|rediffmail|roundcube|kindle|ipad|ipod|android|phone|mobile|handheld|handset|tablet|blackberry|galaxy|samsung|outlook|windows|yahoo|aol|gmail|proton|huawei|nokia|sony|xperia|htc|moto|lg |oneplus|pixel|xiaomi|redmi|oppo|vivo|nexus|zoho|mail for|my mac|my pad|surface|app|bluemail|spark|edison|airmail|k-9|fairemail|tutanota|tuta|thunderbird|postbox|newton|mailbird|em client|hotmail|superhuman|missive|mimestream|canary|polymail|mailspring|shortwave|inky|hey.|live mail|zimbra|my desk|wireless|3g|4g|5g|o2|vodafone|verizon|at&t|t-mobile|ee network|my i|my a|fone|device|remote|on the go|on the move`)
	mobileEnd   = []string{"gesendet", "gesendet.", "gönderildi", "gönderildi.", "から送信", "傳送", "보냄"}
)

// isMobile says that a line is what a mobile program says of itself.
func isMobile(t string) bool {
	if len(t) > 160 || len(t) < 6 {
		return false
	}
	const around = " *_-–—~|>+[(\"'"
	begins := mobileStart.at(strings.TrimLeft(asciiFold(t[:min(len(t), 48)]), around))
	if begins == 0 && mobileThing.in(asciiFold(t[max(0, len(t)-40):]))|mobileThing.in(asciiFold(t[:min(len(t), 64)])) == 0 {
		return false
	}
	l := strings.TrimLeft(asciiFold(t), around)
	switch {
	case begins&1 != 0:
		return (mobileThing.in(l) != 0 || strings.HasPrefix(l, "sent from my ") && len(strings.Fields(l)) <= 6) && !strings.HasSuffix(l, "?") && len(l) <= 120 && !sentenceGoesOn(l)
	case begins&2 != 0:
		return len([]rune(l)) <= 90 && !strings.HasSuffix(l, "?") && (mobileThing.in(l) != 0 || len(strings.Fields(l)) <= 8)
	}
	if getsOutlook.in(l) == 3 && len(strings.Fields(l)) <= 9 && !strings.HasSuffix(l, "?") && !hasFirstPerson(l) {
		return true // "Get Outlook for iOS" in whatever language
	}
	for _, e := range mobileEnd {
		if strings.HasSuffix(l, e) {
			return mobileThing.in(l) != 0 && len(strings.Fields(l)) <= 8
		}
	}
	return false
}

// sentenceGoesOn says that a line that begins like a mobile program's goes on as somebody's sentence.
func sentenceGoesOn(l string) bool {
	return sentenceWords.in(l) == 1
}

// brevity says that a line excuses typing errors.
func brevity(t string) bool {
	l := asciiFold(t)
	return len(l) < 200 && excuses.in(l) == 3
}

// legalTopicsIn returns what of furniture a paragraph speaks about.
func legalTopicsIn(par string) uint64 {
	return furnitureFinder.in(asciiFold(par[:min(len(par), 4000)]))
}

// legalPower tells how much a paragraph speaks like a disclaimer: 2 and more is one.
func legalPower(par string) int {
	found := legalTopicsIn(par)
	switch {
	case found&aloneEnough != 0:
		return 3
	case found&(aboutSecret|aboutLaw) == 0 && (found&aboutReader == 0 || utf8.RuneCountInString(par) < 100):
		return 0 // mail that came in error and is to be deleted is what people write about
	}
	return bits.OnesCount64(found & legalTopics)
}

// isLegal says that the paragraph that begins with line t is a disclaimer or the like. par is the paragraph on one line.
func isLegal(t, par string) bool {
	if len(t) < 4 || len(par) < 8 {
		return false
	}
	if head, _, ok := strings.Cut(t, ":"); legalHead(t) || ok && len(head) < 60 && legalHead(head) && bits.OnesCount64(legalTopicsIn(par)&(legalTopics|aloneEnough)) >= 2 {
		return true
	}
	if strings.HasSuffix(t, ":") && len(t) < 60 {
		return false
	}
	power := legalPower(par)
	switch {
	case power < 2, len(par) < 20:
		return false
	case power == 2 && (strings.HasSuffix(par, "?") || speaksOfPeople(par)), power == 3 && hasFirstPerson(par):
		return false // she speaks about secrecy herself
	}
	return true
}

// legalHead says that a line is nothing but the title of a disclaimer. One word alone with a stop is somebody's answer.
func legalHead(t string) bool {
	if len(t) > 60 {
		return false
	}
	ts := tokens(t, 8)
	if len(ts) == 0 {
		return false
	}
	words := make([]string, len(ts))
	for i, k := range ts {
		words[i] = k.word
	}
	return legalHeading[strings.Join(words, " ")] && !strings.HasSuffix(t, "?") && (len(ts) > 1 || !strings.HasSuffix(t, ".") && !strings.HasSuffix(t, "!"))
}

// speaksOfPeople says that a paragraph speaks of the writer or of somebody: no disclaimer does.
func speaksOfPeople(s string) bool {
	l := " " + asciiFold(s) + " "
	return hasFirstPerson(s) || strings.Contains(l, " she ") || strings.Contains(l, " he ") || strings.Contains(l, " her ")
}

func hasFirstPerson(s string) bool {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		switch strings.ToLower(w) {
		case "i", "i'm", "i’m", "i've", "i’ve", "i'll", "i’ll", "i'd", "i’d", "me", "ich", "je", "yo":
			return true
		}
	}
	return false
}

// The topics of warning banners.
const (
	bannerWarn uint64 = 1 << iota
	bannerOutside
	bannerOrigin
	bannerClick
	bannerAlone // one is enough

	bannerTopics = bannerWarn | bannerOutside | bannerOrigin | bannerClick
)

var (
	bannerFinder = newFinder(
		`caution|warning|external|be aware|rhybudd|allanol|achtung|vorsicht|attention|advertencia|atención|avertissement|atenção|attenzione|uwaga|let op|waarschuwing|varning|advarsel|varoitus|upozornění|внимание|увага|dikkat|警告|注意`,
		`outside|external|unknown sender|first time you|first-time sender|tu allan|allanol|außerhalb|extern|extérieur|externo|externa|esterno|esterna|zewnątrz|zewnętrzn|buiten|utanför|uden for|utenfor|ulkopuol|externí|внешн|зовнішн|外部`,
		`originat|sent from|came from|comes from|received from|from an|from outside|sender|this email|this e-mail|this message|wedi dod|tarddu|stammt|kommt von|provient|procede|proviene|pochodzi|afkomstig|kommer från|odesl`,
		`click|open attachments|open any attachments|open links|links or attachments|links and attachments|attachments or links|peidiwch â|klicken|cliquez|haga clic|clique|cliccare|klik|klikaj|lien|öffnen`,
		`you don't often get email from|you don't often get e-mail|you don't often receive|some people who received this message don't often|learn why this is important|learnaboutsenderidentification|this message was sent securely|sent securely using|this email was sent securely|not often get email from|sie erhalten nicht häufig|vous n'obtenez pas souvent|no suele recibir|u ontvangt niet vaak|nid ydych yn aml yn cael|pfptbanner`,
	)

	getsOutlook  = newFinder("outlook", "ios|android")
	externalTag  = newFinder("external e|external s|external m")
	bannerFirst  = newFinder("this |the |external|*-|**|* ")
	footerTerms  = newFinder("mailing list|mailing-list|groups links|/listinfo/|unsubscribe|reply to this email directly|reply to this e-mail directly|view it on git|you received this|you are receiving this|to post to this group|to subscribe|list archives|antivirus|afgemeld|abmelden|désabonner|darse de baja")
	pictureTerms = newFinder("logo|.png|.jpg|.jpeg|.gif|icon|banner|picture")
	// sentenceWords make a sentence of a line that begins like a mobile program's (1), unless it is an excuse (2).
	sentenceWords = newFinder(" last week| yesterday| because | has | have | could you| please | i | was | were ", "excuse|apolog|forgive")
	excuses       = newFinder("brevity|typos|spelling mistakes|spelling errors|autocorrect|auto-correct|fat finger", "excuse|apolog|forgive|sorry|pardon")

	markingWord = newSet("official sensitive officialsensitive personal commercial locsen hmcts not protectively marked restricted protect unclassified swyddogol sensitif internal use only confidential classification protective marking security dosbarthiad private public open nato eyes uk strictly secret top")
	markingHead = newSet("official officialsensitive classification protective restricted protect unclassified swyddogol internal confidential not security dosbarthiad")
)

// classifiedAs is how labelling programs begin a marking that is a sentence.
var classifiedAs = regexp.MustCompile(`(?i)^this (?:e-?mail|message|document) (?:has been|is) (?:classified|marked|labelled)(?: as)?:? *`)

// isMarking says that a line is a protective marking of government mail, above or below its words.
func isMarking(t string) bool {
	if m := classifiedAs.FindString(t); m != "" {
		t = "Classification: " + t[len(m):]
	}
	if len(t) > 80 || len(t) < 6 || t[0] >= 'a' && t[0] <= 'z' {
		return false
	}
	label := strings.Contains(t, ":")
	if !label && strings.ToUpper(t) != t && !strings.HasPrefix(t, "Official") {
		return false
	}
	ts := tokens(t, 9)
	if len(ts) == 0 || len(ts) > 8 || !markingHead[ts[0].word] || label && len(ts) == 1 || ts[0].word == "not" && len(ts) < 3 || strings.HasSuffix(t, "!") {
		return false
	}
	if label && !strings.Contains(asciiFold(t), "official") && strings.ToUpper(t) != t && ts[0].word != "classification" && ts[0].word != "protective" && ts[0].word != "dosbarthiad" {
		return false
	}
	for _, k := range ts {
		if !markingWord[k.word] {
			return false
		}
	}
	return true
}

// isBanner says that a paragraph is a warning a gateway put above the words.
func isBanner(t, par string) bool {
	if isMarking(t) {
		return true
	}
	l := asciiFold(par)
	if len(l) > 1500 {
		return false
	}
	found := bannerFinder.in(l)
	if found&bannerAlone != 0 {
		return true
	}
	if bare := strings.Trim(l, " []*_-=()<>!:#|."); len(bare) < 40 && strings.Contains(bare, "external") && len(strings.Fields(bare)) <= 3 && (strings.ContainsAny(t, "[*<#") || strings.ToUpper(t) == t || externalTag.at(bare) != 0) {
		return true
	}
	n := bits.OnesCount64(found & bannerTopics)
	if n < 2 || strings.HasSuffix(l, "?") {
		return false
	}
	outside := found&bannerOutside != 0
	if outside && found&bannerOrigin != 0 && (n >= 3 || bannerFirst.at(l) != 0) && !hasFirstPerson(par) {
		return true
	}
	return n >= 3 && found&bannerClick != 0 && (outside || found&bannerWarn != 0)
}

// listFooter says that a line below a ruling line is what mailing lists append.
func listFooter(t string) bool {
	return footerTerms.in(asciiFold(t)) != 0
}

// drawnFooter says that a line is a footer with its ruling line around it: "______ Checked by Antivirus ______".
func drawnFooter(t string) bool {
	if !strings.HasPrefix(t, "_____") && !strings.HasPrefix(t, "-----") {
		return false
	}
	return strings.Trim(t, "_- ") != "" && listFooter(t)
}

// isPicture says that a line is only where pictures were: "[cid:image001.png@01DB]", "<image001.png>", "[Logo]<https://…>".
func isPicture(t string) bool {
	if t == "" || t[0] != '[' && t[0] != '<' {
		return false
	}
	for t = strings.TrimSpace(t); t != ""; t = strings.TrimSpace(t) {
		open, shut := t[0], byte(']')
		if open == '<' {
			shut = '>'
		} else if open != '[' {
			return false
		}
		i := strings.IndexByte(t, shut)
		if i < 0 || i > 300 {
			return false
		}
		inner := asciiFold(t[1:i])
		picture := strings.HasPrefix(inner, "cid:") || strings.HasPrefix(inner, "image") || pictureTerms.in(inner) != 0
		if !picture && !(open == '<' && strings.HasPrefix(inner, "http")) {
			return false
		}
		t = t[i+1:]
	}
	return true
}

// isAdvertisement says that lines below the quote, of a message whose words stand above it, are what a provider appends: a long ruling
// line, a few words and a link.
func isAdvertisement(lines []string) bool {
	first := firstWords(lines)
	if first == len(lines) || !isRuler(lines[first]) || len(strings.TrimSpace(lines[first])) < 20 || !atMost(lines[first:], 6) {
		return false
	}
	for _, l := range lines[first+1:] {
		if strings.Contains(l, "://") || strings.Contains(l, "www.") {
			return true
		}
	}
	return false
}
