package replytext

import (
	"regexp"
	"strings"
	"unicode"
)

// author is what the From header tells of the one who signs.
type author struct {
	full  string   // lower case, words in any order
	words []string // of the name, lower case
	addr  string
	// unnamed says that the header gives no name, so that words are only what the address suggests.
	unnamed bool
}

func newAuthor(name, addr string) author {
	a := author{addr: strings.ToLower(addr)}
	name, _, _ = strings.Cut(name, "(")
	name, _, _ = strings.Cut(name, "[")
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '-' && r != '’' }) {
		if len([]rune(w)) > 1 {
			a.words = append(a.words, w)
		}
	}
	a.full = strings.Join(a.words, " ")
	if len(a.words) == 0 {
		a.unnamed = true
		local, _, _ := strings.Cut(a.addr, "@")
		for _, w := range strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			if len([]rune(w)) > 1 {
				a.words = append(a.words, w)
			}
		}
	}
	return a
}

// signs says that a short line is the author's name, a part of it, or her initials.
func (a author) signs(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '-' && r != '’' })
	for len(words) > 1 && strings.Trim(words[len(words)-1], "x") == "" {
		words = words[:len(words)-1] // kisses
	}
	if len(words) == 0 || len(words) > 5 || len(a.words) == 0 {
		return false
	}
	known := 0
	for _, w := range words {
		for _, n := range a.words {
			if w == n {
				known++
				break
			}
		}
	}
	if known == len(words) || known >= 2 && len(words) <= 4 {
		return true
	}
	// A short form: Jo for Joanna, Beth for Bethan.
	if len(words) == 1 && len([]rune(words[0])) >= 2 && strings.HasPrefix(a.words[0], words[0]) && unicode.IsUpper(firstRune(s)) {
		return true
	}
	in := strings.Trim(words[0], ".")
	return len(words) == 1 && strings.ToUpper(s) == strings.TrimSpace(s) && (initials(a.words) == in || len([]rune(in)) == 1 && strings.HasPrefix(a.words[0], in))
}

func firstRune(s string) rune {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteRune([]rune(w)[0])
	}
	return b.String()
}

const closingWords = `(?:(?:with )?(?:my |our )?(?:very |many |good |warm |kind )?(?:kind|kindest|best|warm|warmest|good|personal|many)[ -](?:kind |warm |personal )?(?:regards?|wishes|thanks|rgds)(?: and (?:kind |best |many )?(?:regards|thanks|wishes))?|` +
	`(?:with )?(?:my |our )?(?:kind(?:est)?|best|warm(?:est)?|many) (?:regards|wishes|thanks)|regards|rgds|kr|br|k\.?r\.?|b\.?r\.?|best|cheers|ta|thanks(?: again| a lot| so much| very much| in advance| a million| and (?:kind |best )?regards)?|thank ?you(?: (?:very much|so much|again|in advance|kindly))?|thx|tnx|many thanks(?: (?:again|in advance))?|` +
	`yours(?: (?:sincerely|faithfully|truly))?|sincerely(?: yours)?|respectfully(?: yours)?|faithfully|take care|all the best|best of luck|have a (?:great|good|nice|lovely) (?:day|weekend|evening|week)|speak soon|see you|talk soon|love|xx+|cordially|warmly|` +
	`cofion(?: (?:cynnes|gorau|cu|caredig))?|cofion cynnes iawn|gyda (?:diolch|chofion|phob dymuniad da)(?: .{0,20})?|diolch(?: (?:yn fawr|o galon|eto|i chi|am bopeth|ymlaen llaw))?(?: iawn)?|llawer o ddiolch|yn gywir|yr eiddoch yn (?:gywir|ddiffuant)|pob hwyl|hwyl(?: am y tro| fawr)?|dymuniadau gorau|yn ddiffuant|` +
	`mit (?:freundlichen|besten|herzlichen|vielen|lieben) (?:grüßen|grüssen|gruessen|dank)|mit freundlichem gru(?:ß|ss)|freundliche (?:grüße|grüsse|gruesse)|(?:viele|liebe|beste|herzliche|schöne) (?:grüße|grüsse|gruesse)|(?:lieben|besten|schönen|herzlichen) gru(?:ß|ss)|gru(?:ß|ss)|grüße|mfg|lg|vg|vielen dank|danke|` +
	`(?:bien )?cordialement(?: vôtre)?|bien à (?:vous|toi)|salutations(?: distinguées)?|cdlt|amicalement|sincères salutations|merci(?: (?:beaucoup|d'avance|bien))?|meilleures salutations|bonne journée|` +
	`(?:un )?(?:cordial(?:es)?|afectuoso|atento)?\s?(?:saludos?)(?: cordiales?| a todos)?|atentamente|atte|gracias|muchas gracias|un abrazo|abrazos|` +
	`(?:com os melhores )?cumprimentos|melhores cumprimentos|atenciosamente|att|obrigad[oa]|abraços?|grato|` +
	`cordiali saluti|distinti saluti|(?:un )?saluti?|un caro saluto|grazie(?: mille)?|a presto|ciao|buona giornata|` +
	`met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|hartelijke groet(?:en)?|groet(?:en|jes)?|mvg|bedankt|alvast bedankt|` +
	`(?:med )?(?:vänliga?|vennlig|venlig|bästa|beste?) (?:hälsning(?:ar)?|hilsen|hilsner)|mvh|vh|hälsningar|hilsen|tack|takk|tak|` +
	`ystävällisin terveisin|terveisin|terv|kiitos|pozdrawiam(?: serdecznie)?|z poważaniem|serdecznie pozdrawiam|dziękuję|dzięki|s pozdravem|pozdrav|s úctou|děkuji|ďakujem|` +
	`üdvözlettel|tisztelettel|köszönettel|üdv|saygılarımla|teşekkürler|iyi çalışmalar|sevgiler|с уважением|всего доброго|с наилучшими пожеланиями|спасибо|удачи|з повагою|дякую|cu stimă|mulțumesc|o zi bună|` +
	`此致|敬礼|敬禮|祝好|谢谢|謝謝|顺祝商祺|よろしくお願い(?:いた)?し?ます|以上|敬具|감사합니다|감사드립니다|cảm ơn|trân trọng|terima kasih|salam|hormat kami|με εκτίμηση|φιλικά|χαιρετισμούς|مع (?:أطيب |خالص |فائق )?(?:التحيات|التحية|الشكر|تحياتي|الاحترام)(?: والتقدير)?|تحياتي|شكرا(?: جزيلا)?|בברכה|תודה(?: רבה)?|ขอบคุณ(?:ครับ|ค่ะ)?|ขอแสดงความนับถือ|best,?|с приветом|с поздрави|поздрави|поздрав|pozdravi|lijep pozdrav|s poštovanjem|s pozdravom|üdvözlettel|cu respect|salutări|parimate soovidega|tervitades|pagarbiai|cieņā|agur bat|ondo izan|atentament|salutacions|kveðja|bestu kveðjur|le meas|is mise le meas|slán|ευχαριστώ|lugupidamisega|su pagarba|ar cieņu|lep pozdrav|srdačan pozdrav|hvala)`

var (
	closingLine = regexp.MustCompile(`(?i)^` + closingWords + `(?:[,!.;:、，。\s~)]|:-?\)|\s?-)*(?:(?:/|and|&)\s?` + closingWords + `[,!.;\s]*)?$`)
	closingName = regexp.MustCompile(`(?i)^(` + closingWords + `)(?:\s?[,!.–—-]\s?|\s+)(.{1,40})$`)
	// thanking closings are words of the author too when no name follows.
	thanking   = regexp.MustCompile(`(?i)^(?:thank|thx|tnx|ta\b|cheers|many thanks|merci|danke|vielen dank|gracias|obrigad|grazie|bedankt|tack|takk|tak\b|kiitos|dzi[eę]k|d[eě]kuji|teşekkür|спасибо|дякую|diolch|llawer o|love|x+$|best$|see you|speak|talk soon|have a|ta$|谢谢|謝謝|감사|terima|ciao|hwyl|pob hwyl)`)
	delimiter  = regexp.MustCompile(`^\s*(?:--|—|––|__|-- ?|–)\s*$`)
	ruler      = regexp.MustCompile(`^\s*(?:[-–—_=*~#•]\s?){3,}\s*$`)
	mobile     = regexp.MustCompile(`(?i)^\W{0,3}(?:(?:sent|written|typed|composed|get|download|scanned) (?:with |using )?(?:from|via|on|by|outlook for|bluemail|aqua mail|yahoo mail)\b.{0,80}|get outlook for .{2,60}|sent (?:with|using) .{2,60}|(?:envoyé|envoye) (?:de|depuis|à partir) .{2,60}|(?:von|vom) (?:meinem|meiner|mein) .{2,40} gesendet.{0,20}|gesendet (?:von|mit|aus) .{2,60}|diese nachricht wurde von .{2,60}|enviado (?:desde|do|de|a partir|com) .{2,60}|inviato (?:da|dal) .{2,60}|verzonden (?:vanaf|via|met|vanuit) .{2,60}|verstuurd vanaf .{2,60}|skickat från .{2,60}|sendt fra .{2,60}|lähetetty .{2,60}|wysłan[eo] z .{2,60}|odesláno z .{2,60}|отправлено (?:с|из) .{2,60}|надіслано з .{2,60}|anfonwyd o(?:'m| fy|’m)? .{2,60}|anfonwyd (?:gan|drwy|gyda) .{2,60}|outlook for (?:ios|android).{0,40}|.{0,40}iphone(?:'?dan|’dan) gönderildi|iphoneから送信|发自我的.{1,30}|從我的.{1,30}傳送|나의 iphone에서 보냄|obtenir outlook pour .{2,60}|outlook für .{2,40} beziehen|get the outlook app.{0,60}|sent from my .{2,60}|sent from (?:a )?mobile.{0,40})$`)
	disclaims  = regexp.MustCompile(`(?i)^\W*(?:(?:important|legal|privacy|email|e-mail)?\s*(?:confidentiality|disclaimer|legal|privacy|security) ?(?:notice|note|statement|warning|message|disclaimer)?\s?[:.\-–]?\s*$|(?:disclaimer|confidentiality notice|confidentiality|confidential|important|notice|nodyn|ymwadiad|important notice)\s?[:\-–].{0,400}|(?:this|the|any|all) (?:(?:information|content|contents|message|e-?mails?|communication|electronic|transmission|mail)\b[^.]{0,80})(?:confidential|intended|privileged|solely|contained in|attachments?|transmitted|may contain|is for|not necessarily|monitored|scanned|virus|private|recorded|sent from|was sent|is sent)|if you (?:are not the|have received this|received this|believe you (?:have|received)|are not an)\b.{0,200}|please (?:consider|think (?:about|of)) the environment|(?:save|think) (?:paper|before you print)|(?:before|think before) (?:you )?print|(?:opinions|views)(?: or opinions)? (?:expressed|presented)|mae(?:'r| ’r|’r)? (?:e-?bost|neges|wybodaeth|cynnwys|ohebiaeth)|mae’r (?:e-?bost|neges|wybodaeth)|os nad (?:chi|ydych)|os ydych wedi derbyn|croesawn ohebiaeth|rydym yn croesawu gohebiaeth|rydyn ni'n croesawu|ystyriwch yr amgylchedd|meddyliwch (?:am|cyn)|we welcome (?:correspondence|receiving)|(?:how )?we (?:use|process|collect|handle|look after) (?:your )?(?:personal )?(?:data|information)\b|for information (?:about|on) how (?:we|the council)|(?:diese|der inhalt dieser) (?:e-?mail|nachricht) .{0,80}(?:vertraulich|bestimmt)|ce (?:message|courriel|mail) .{0,100}(?:confidentiel|destin)|este (?:mensaje|correo|mensagem|e-?mail)\b.{0,100}(?:confidencial|dirig|destin)|questo (?:messaggio|documento)\b.{0,100}|la informaci[oó]n contenida|registered (?:office|in england|charity)\b.{0,120}|(?:virus-free|avast|this email has been (?:checked|scanned))|scanned by |.{0,30}(?:is|are) committed to (?:safeguarding|protecting)|you (?:are receiving|received) this (?:message|email|because)|to unsubscribe|unsubscribe\b|\*{10,})`)
	banner     = regexp.MustCompile(`(?i)^\W*(?:\[?(?:caution|warning|external|rhybudd|allanol|attention|be aware|notice|importan?t?)\]?\W*(?:[:!\-–—\]].{0,200}|external.{0,120}|this (?:e-?mail|message).{0,200})?$|\[?external(?: e-?mail| sender| message)?\]?\W*$|.{0,40}this (?:e-?mail|message|sender) (?:has |was |is )?(?:originated|been sent|sent|came|comes|received|coming)? ?from (?:an external|outside|someone outside).{0,200}|.{0,30}do(?:n['’]t| not) click (?:on )?(?:any |the )?(?:links|link|attachments).{0,200}|.{0,30}do not (?:open|click).{0,40}(?:attachment|link).{0,160}|you don['’]t often (?:get|receive) (?:e-?mail|messages) from .{0,200}|some people who received this message don['’]t often .{0,160}|mae(?:'r|’r) (?:e-?bost|neges) hwn? (?:wedi |o )?(?:dod |tarddu )?.{0,20}(?:tu allan|allanol).{0,200}|peidiwch â chlicio.{0,200}|learn why this is important.{0,60}|this message was sent securely.{0,100})`)
	phoneLike  = regexp.MustCompile(`(?i)(?:\+?\d[\d\s().\-/]{7,}\d|\b(?:tel|phone|mob|mobile|cell|fax|ffôn|ffon|direct|ext|t|m|p|e|w|f|dd)\s?[:.]\s?\S)`)
	webLike    = regexp.MustCompile(`(?i)(?:https?://|www\.)\S+|\S+@\S+\.\S+|\b[\w-]+\.(?:gov\.uk|org\.uk|co\.uk|example|com|org|net|wales|cymru)\b`)
	titleLike  = regexp.MustCompile(`(?i)\b(?:social worker|team manager|manager|officer|director|assistant|administrator|solicitor|head of|teacher|coordinator|co-ordinator|consultant|engineer|developer|practitioner|chair|council|cyngor|services|gwasanaethau|department|team|tîm|ltd|limited|inc|gmbh|llp|university|hospital|school|gweithiwr|swyddog|rheolwr|ceo|cto|founder|president|representative|specialist|advisor|adviser|analyst|lead|editor|professor|dr|phd|unit)\b`)
	slashName  = regexp.MustCompile(`^\s*(?:/{1,2}|[-–—~]{1,2})\s?(\p{Lu}[\p{L}'’.-]{0,19}(?: \p{Lu}[\p{L}'’.-]{0,19}){0,2})\s*$`)
	nameLine   = regexp.MustCompile(`^\s*(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Mx)\.? )?\p{Lu}[\p{L}'’.-]*(?: (?:\p{Lu}[\p{L}'’.-]*|de|van|von|der|ap|ab|ferch|bin|la|le|da|dos)){0,4}[,.]?(?: \([^)]{1,30}\))?(?: x+)?\s*$`)
	initialsAt = regexp.MustCompile(`^\s*(?:\p{Lu}\.?){1,3}\s*x*\s*$`)
)

// firstName is one word that could be a name and nothing else: no punctuation, one capital in front.
var firstName = regexp.MustCompile(`^\p{Lu}\p{Ll}{1,11}(?:-\p{Lu}\p{Ll}{1,11})?,?$`)

// answerWord are single words that people write as a paragraph of their own and that are no names.
var answerWord = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("yes no ok okay thanks thank agreed done great sorry perfect please sure fine good excellent nice cool wow maybe never always absolutely definitely exactly true false correct wrong right yep yeah nope nah hello hi hey bye goodbye welcome congratulations congrats cheers best regards sincerely confirmed approved accepted declined rejected noted understood received attached see here why what when where who how will can could would interesting awesome brilliant lovely super wonderful amazing hmm well indeed same ditto both neither either none nothing everything something today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december test update question answer resolved fixed closed unsubscribe stop start help cancel " +
		"ja nein danke gut genau gerne klar stimmt einverstanden oui non merci bien parfait daccord exact sí no gracias vale perfecto bueno claro de acuerdo grazie bene perfetto certo nee goed prima bedankt tak dziękuję dobrze sim não obrigado obrigada certo perfeito nej tack bra takk kyllä ei kiitos hyvä ano ne děkuji iawn diolch ie na ydw gallaf oes nac gwych da да нет спасибо хорошо") {
		m[w] = true
	}
	return m
}()

// unsign takes warning banners off the front and signature, closing words and disclaimers off the end of the author's
// lines. last says that they are her last ones, first that nothing stands above them.
func (s *splitter) unsign(r run, who author, last, first bool) (body, signed []string) {
	lines := make([]string, 0, r.to-r.from)
	var structural []string
	for i := r.from; i < r.to; i++ {
		if l := s.lines[i]; l.is(signature) && !l.sureQuote() {
			structural = append(structural, l.text)
		} else {
			lines = append(lines, l.render())
		}
	}
	var banners []string
	if first {
		lines, banners = cutBanner(lines)
	}
	if !last && !strings.Contains(strings.Join(structural, ""), " ") && r.to != len(s.lines) && !s.beforeTail(r) {
		// Between two quotes people answer; they do not sign.
		return lines, append(banners, structural...)
	}
	at := signatureStart(lines, who)
	signed = append(append(append(banners, lines[at:]...), ""), structural...)
	return lines[:at], signed
}

// beforeTail says that the run stands directly above the quote that goes on to the end.
func (s *splitter) beforeTail(r run) bool { return r.to >= s.end }

var (
	// marking is a protective marking of government mail, above or below its words.
	marking = regexp.MustCompile(`^\W*(?:(?:Classification|Protective [Mm]arking|Security [Cc]lassification|Dosbarthiad)\s?:\s?)?(?:OFFICIAL(?:\W{1,3}(?:SENSITIVE|Sensitive))?(?:\W{1,3}(?:PERSONAL|COMMERCIAL|LOCSEN|HMCTS|Personal|Commercial))?|OFFICIAL SENSITIVE|Official(?:\W{1,3}Sensitive)?|NOT PROTECTIVELY MARKED|RESTRICTED|PROTECT(?:\W{1,3}PERSONAL)?|UNCLASSIFIED|SWYDDOGOL(?:\W{1,3}SENSITIF)?|INTERNAL(?: USE ONLY)?|CONFIDENTIAL)\W*$`)
	// calm words head a banner only together with more words, or in brackets.
	calmWord = regexp.MustCompile(`(?i)^(?:attention|notice|important|be aware)\W*$`)
	// listFooter is what mailing lists append below a ruling line.
	listFooter = regexp.MustCompile(`(?i)^.{0,80}\bmailing[ -]list\b.{0,60}$|groups links$|^(?:you received|you are receiving) this (?:message|e-?mail|because)|^reply to this e-?mail directly|^(?:view|reply to) (?:it|this).{0,30} on\b|^to (?:unsubscribe|post|subscribe)\b|/(?:mailman/)?listinfo/|^(?:un)?subscribe\b`)
	// legalLine is a company's or charity's particulars.
	legalLine = regexp.MustCompile(`(?i)^.{0,80}\b(?:registered (?:in (?:england|scotland|wales|northern ireland)|office|charity|company|address)|charity (?:no|number|registration)|company (?:no|number|registration)|vat (?:no|reg))\b`)
	// picture stands where a picture was: "[cid:image001.png@01DB]", "<image001.png>", "[Logo]<https://…>".
	picture    = regexp.MustCompile(`(?i)^(?:\[(?:cid:[^\]]*|image[^\]]*|logo[^\]]*|[^\]]*logo|[^\]]{0,60}\.(?:png|jpe?g|gif))\](?:<[^>]*>)?|<image\d*\.(?:png|jpe?g|gif)>)$`)
	endsThanks = regexp.MustCompile(`(?i)\b(?:thanks|thank you|thx|cheers|regards|wishes|diolch|merci|danke|gracias|obrigad[oa]|grazie)[,.! ]*$`)
)

func isBanner(t string) bool {
	return marking.MatchString(t) || banner.MatchString(t) && !calmWord.MatchString(t)
}

func cutBanner(lines []string) (rest, banners []string) {
	i := 0
	cut := 0
	for i < len(lines) && i < 15 {
		t := squeeze(lines[i])
		if t == "" || ruler.MatchString(t) {
			i++
			continue
		}
		if !isBanner(t) {
			break
		}
		// The rest of the paragraph, when it was wrapped.
		i++
		for i < len(lines) && squeeze(lines[i]) != "" && !isRuler(lines[i]) && len(squeeze(lines[i-1])) >= 55 && i < 15 {
			i++
		}
		cut = i
	}
	for cut > 0 && cut < len(lines) && isRuler(lines[cut]) {
		cut++
	}
	if cut == 0 || allBlank(lines[cut:]) {
		return lines, nil
	}
	return lines[cut:], append([]string(nil), lines[:cut]...)
}

// signatureStart returns the index of the first line that belongs to the signature, len(lines) when there is none. It works
// from the end: disclaimers, what mobile programs add, then the signature proper.
func signatureStart(lines []string, who author) int {
	at := signatureTop(lines, who)
	// What separates a signature from the words goes with it.
	for top := at - 8; at > 0 && at > top && at < len(lines); {
		t := squeeze(lines[at-1])
		if t != "" && !isRuler(t) && !delimiter.MatchString(t) && !picture.MatchString(t) {
			break
		}
		if t == "" && trimEnd(lines, at) == 0 {
			break
		}
		at--
	}
	if at < len(lines) {
		return trimEnd(lines, at)
	}
	return at
}

func signatureTop(lines []string, who author) int {
	end := trimEnd(lines, len(lines))
	if at := explicitDelimiter(lines, end); at >= 0 {
		end = trimEnd(lines, at)
	}
	if end == 0 {
		return 0
	}
	for range 12 { // disclaimer, list footer, mobile line and the like, in any order
		at := furnitureStart(lines, end)
		if at < 0 || at >= end {
			break
		}
		end = trimEnd(lines, at)
	}
	if at := closingStart(lines, end, who); at >= 0 && !allBlank(lines[:at]) {
		return trimEnd(lines, at)
	}
	if at := contactStart(lines, end, who); at >= 0 && !allBlank(lines[:at]) && !strings.HasSuffix(squeeze(lines[trimEnd(lines, at)-1]), ":") {
		at = trimEnd(lines, at)
		if c := closingStart(lines, at, who); c >= 0 && !allBlank(lines[:c]) {
			at = trimEnd(lines, c)
		}
		return at
	}
	return end
}

func trimEnd(lines []string, n int) int {
	for n > 0 && strings.TrimSpace(lines[n-1]) == "" {
		n--
	}
	return n
}

// explicitDelimiter finds the "-- " line that ends the words of the author (RFC 3676 section 4.3), or a near form of it with
// few lines below.
func explicitDelimiter(lines []string, end int) int {
	for i := max(0, end-4*maxFooter); i < end; i++ {
		l := lines[i]
		if len(l) > 20 || !delimiter.MatchString(l) {
			continue
		}
		most := 12
		if l == "-- " || l == "--" {
			most = 30
		}
		if atMost(lines[i+1:end], most) {
			return i
		}
	}
	return -1
}

// atMost says that no more than n lines have words.
func atMost(lines []string, n int) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			if n--; n < 0 {
				return false
			}
		}
	}
	return true
}

// maxFooter is how many lines what is appended below the words can take.
const maxFooter = 200

// furnitureStart finds the disclaimer or mobile line that starts what programs and organisations append, or -1.
func furnitureStart(lines []string, end int) int {
	for i := max(0, end-maxFooter); i < end; i++ {
		t := squeeze(lines[i])
		if t == "" {
			continue
		}
		switch {
		case len(t) <= 120 && end-i < 40 && mobile.MatchString(t) && atMost(lines[i:end], 6):
			return i
		case (i == 0 || startsParagraph(lines, i)) && (disclaims.MatchString(t) || legalLine.MatchString(t) || marking.MatchString(t) && end-i <= 3):
			if i > 0 && isRuler(lines[i-1]) {
				return i - 1
			}
			return i
		case i > 0 && listFooter.MatchString(t) && isRuler(previousWords(lines, i)):
			return i - 1
		}
	}
	return -1
}

// previousWords returns the last line above i that is not blank.
func previousWords(lines []string, i int) string {
	if n := trimEnd(lines, i); n > 0 {
		return lines[n-1]
	}
	return ""
}

func isRuler(l string) bool { return len(l) < 300 && ruler.MatchString(l) }

func startsParagraph(lines []string, i int) bool {
	return strings.TrimSpace(lines[i-1]) == "" || len(lines[i-1]) < 60 || isRuler(lines[i-1])
}

// closingStart finds the closing words of the author, after which only name, office and contacts follow; or -1.
func closingStart(lines []string, end int, who author) int {
	found := -1
	below := 0 // lines with words below i
	for i := end - 1; i >= 0 && below <= 18; i-- {
		t := squeeze(lines[i])
		if t == "" {
			continue
		}
		switch {
		case closingLine.MatchString(t) && (below > 0 || !thanking.MatchString(t)) && (below == 0 || signatureBelow(lines[i+1:end], who)):
			found = i
		case below <= 14 && closedByName(t, who) && (below == 0 || signatureBelow(lines[i+1:end], who)):
			found = i
		case found >= 0:
			return found
		case len(t) > 110:
			return found
		}
		below++
	}
	return found
}

// closedByName recognises closing words and a name on one line: "Regards, Jo Price".
func closedByName(t string, who author) bool {
	m := closingName.FindStringSubmatch(t)
	if m == nil {
		return false
	}
	name := strings.TrimSpace(m[2])
	if who.signs(name) {
		return true
	}
	if thanking.MatchString(t) && !strings.ContainsAny(t[len(m[1]):len(t)-len(m[2])], ",!.–—-") {
		return false // "Thanks Sarah" speaks to Sarah
	}
	return nameLine.MatchString(name) && len(strings.Fields(name)) <= 3 && !closingLine.MatchString(name)
}

// signatureBelow says that lines could all be name, office, contacts and pictures: short, and few of them sentences.
func signatureBelow(lines []string, who author) bool {
	n, prose := 0, 0
	for i, l := range lines {
		t := squeeze(l)
		if t == "" {
			continue
		}
		n++
		if closingLine.MatchString(t) || who.signs(t) || phoneLike.MatchString(t) || webLike.MatchString(t) || titleLike.MatchString(t) && len(t) < 100 || nameLine.MatchString(t) {
			continue
		}
		if len(t) > 80 || strings.HasSuffix(t, "?") || i >= 0 && len(strings.Fields(t)) > 7 && endsSentence(t) || startsLower(t) && len(strings.Fields(t)) > 4 {
			prose++
		}
	}
	return n <= 18 && prose == 0
}

func startsLower(s string) bool {
	for _, r := range s {
		return unicode.IsLower(r)
	}
	return false
}

// contactStart finds a signature without closing words: the author's name, "/Jo", initials, or a block of contacts under a
// name; or -1.
func contactStart(lines []string, end int, who author) int {
	if end == 0 {
		return -1
	}
	lastLine := lines[end-1]
	t := squeeze(lastLine)
	start := end - 1
	for start > 0 && strings.TrimSpace(lines[start-1]) != "" && !isRuler(lines[start-1]) {
		start--
	}
	alone := start == end-1
	switch {
	case slashName.MatchString(t), alone && who.signs(t) && len(t) <= 40, !alone && who.signs(t) && nameLine.MatchString(t) && end-1-start >= 1 && (endsSentence(squeeze(lines[end-2])) || endsThanks.MatchString(squeeze(lines[end-2]))):
		return end - 1
	case alone && initialsAt.MatchString(t) && end >= 2 && len(who.words) == 0 && len(t) <= 6 && t != "OK" && t != "I" && t != "NO":
		return end - 1
	case alone && who.unnamed && end >= 3 && firstName.MatchString(t) && !answerWord[strings.ToLower(strings.Trim(t, ","))] && (endsSentence(squeeze(previousWords(lines, end-1))) || isRuler(previousWords(lines, end-1))):
		return end - 1
	}
	return contactBlock(lines, end, who)
}

// contactBlock looks up from the end over short lines for the topmost line that is a name, with contacts below it.
func contactBlock(lines []string, end int, who author) int {
	contacts, found := 0, -1
	for i := end - 1; i >= 0 && i >= end-20; i-- {
		t := squeeze(lines[i])
		if t == "" {
			continue
		}
		isContact := len(t) <= 120 && (phoneLike.MatchString(t) || webLike.MatchString(t)) && len(strings.Fields(t)) <= 14 && !strings.HasSuffix(t, "?") && !strings.HasSuffix(t, ".")
		head, _, _ := strings.Cut(strings.Replace(t, ",", "|", 1), "|")
		isName := who.signs(t) || len(head) < len(t) && who.signs(head) || nameLine.MatchString(t) && len(strings.Fields(t)) >= 2 ||
			who.unnamed && firstName.MatchString(t) && !answerWord[strings.ToLower(strings.Trim(t, ","))]
		switch {
		case who.signs(t) && len(t) <= 40 && i < end-1:
			return i
		case isContact:
			contacts++
		case isName && contacts > 0 && (i == 0 || strings.TrimSpace(lines[i-1]) == "" || isRuler(lines[i-1])):
			found = i
		case len(t) > 80 || endsSentence(t) || len(strings.Fields(t)) > 9:
			return found
		}
	}
	return found
}

// onlyFurniture says that lines hold nothing but what programs append, so that a message of them alone has no words of its
// author.
func onlyFurniture(lines []string) bool {
	for _, l := range lines {
		t := squeeze(l)
		if t == "" || ruler.MatchString(t) || delimiter.MatchString(l) {
			continue
		}
		return mobile.MatchString(t) || disclaims.MatchString(t) || banner.MatchString(t) || delimiter.MatchString(lines[0])
	}
	return true
}
