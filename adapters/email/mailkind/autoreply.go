package mailkind

import (
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

var (
	// autoSubject is what programs call their answers, in many languages; nobody writes it herself.
	autoSubject = regexp.MustCompile(`(?i)^\W*(?:auto(?:matic|mated|-)?[ -]?(?:reply|response|answer|replied|responder|respond)|automatic(?:ally)? generated|(?:out of office|vacation) (?:auto-?)?(?:reply|response|message|notice|notification)|absence notification|ymateb awtomatig|ateb awtomatig|` +
		`automatische antwort|abwesenheits?(?:notiz|nachricht|meldung|assistent|benachrichtigung|info)|automatisch(?:e|es|er)? (?:antwort|beantwortung|antwoord)|réponse automatique|réponse d['’]absence|message d['’]absence|respuesta autom[aá]tica|autorespuesta|` +
		`risposta automatica|resposta autom[aá]tica|automatisch antwoord|autosvar|automatiskt svar|automatisk svar|automaattinen vastaus|automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|automatická odpověď|automatická odpoveď|automatikus válasz|` +
		`автоматический ответ|автоответ|автоматична відповідь|(?:otomati|automati)[ck] (?:yanıt|cevap)|автоматичен отговор|аутоматски одговор|аўтаматычны адказ|resposta automàtica|erantzun automatikoa|freagra uathoibríoch|sjálfvirkt svar|autovastaus|automātiskā atbilde|răspuns automat|αυτόματη απάντηση|automātiska atbilde|automatinis atsakymas|automaatvastus|automatski odgovor|samodejni odgovor|` +
		`自动(?:回复|答复)|自動(?:回覆|回信|応答|返信|回應)|不在(?:通知|のお知らせ)|부재중 자동|자동\s?(?:응답|회신)|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik|מענה אוטומטי|תשובה אוטומטית|رد تلقائي)`)
	// awaySubject is what people also write themselves: it needs the form "away: subject answered", or another sign.
	awaySubject = regexp.MustCompile(`(?i)^\W*(?:(?:currently |i am |i'm )*(?:out of (?:the )?office|out-of-office|ooo\b|ooto\b|away\b|on (?:annual |maternity |sick |parental |paternity )?leave\b|on vacation|on holiday|no longer (?:with|at|working|employed)|not in the office|away from (?:my|the) (?:mail|desk|office)|(?:maternity|paternity|annual|sick|parental|study) leave\b|auto\s?:)|.{2,60} is (?:currently )?(?:out of (?:the )?office|on (?:annual |maternity )?leave|on vacation|away)\b|ist abwesend|` +
		`allan o['’]r swyddfa|i ffwrdd|nid wyf yn y swyddfa|ar wyliau|abwesen(?:d|heit)|ich bin (?:nicht im|ausser|außer)|nicht im (?:büro|haus)|urlaub\b|absence\b|absent\b|en congés?|je suis absente?|fuera de (?:la )?oficina|ausente|ausencia|de vacaciones|` +
		`fuori (?:sede|ufficio)|assen(?:te|za)|in ferie|fora do escrit[oó]rio|aus[eê]ncia|afwezig|niet op kantoor|frånvar|fravær|ikke til stede|semester\b|poissa|nieobecno|poza biurem|nepřítomn|mimo kancelář|házon kívül|szabadság|отсутств|вне офиса|в отпуске|` +
		`ofis dışında|în afara biroului|εκτός γραφείου|不在|休暇|外出|休假|부재중|خارج المكتب)`)
	// awayColon is the form that programs give an answer, "Out of Office: the review", of phrases that mean nothing else.
	awayColon = regexp.MustCompile(`(?i)^\W*(?:(?:i am |currently )?(?:out of (?:the )?office|ooo|ooto|on annual leave|not in the office|away from my (?:mail|desk))|allan o['’]r swyddfa|ar wyliau(?: blynyddol)?|abwesend|abwesenheit|ist abwesend|absence du bureau|absent\(e\)|fuera de (?:la )?oficina|fuori (?:sede|ufficio)|fora do escrit[oó]rio|afwezig|niet op kantoor|frånvarande|ikke på kontoret|poissa|nieobecność|poza biurem|mimo kancelář|nepřítomen|házon kívül|вне офиса|ofis dışında|în afara biroului|εκτός γραφείου|不在|외출|부재중|خارج المكتب)\s*(?:message|notice|auto-?reply)?\s*(?:[:：]|\bre:)\s*\S`)
	// ackSubject is for acknowledgements of help desks and web forms.
	ackSubject     = regexp.MustCompile(`(?i)^\W*(?:(?:re|aw|sv|fw)\s?:\s*)?(?:thank you for (?:your (?:e-?mail|message|enquiry|inquiry)|contacting|getting in touch)|we(?: ha)?['’]?ve received your|your (?:e-?mail|message|enquiry|request) (?:has been|was) received|(?:message|e-?mail|request|enquiry) (?:received|acknowledg)|acknowledge?ment of (?:your|receipt)|confirmation of receipt|auto:|autoreply|\[auto|accusé de (?:réception|lecture)|eingangsbestätigung|diolch am (?:gysylltu|eich (?:e-?bost|neges))|received: )`)
	listPrecedence = regexp.MustCompile(`(?i)^(?:auto_reply|auto-reply|autoreply|junk)\b`)
	// machineText is what acknowledgements say of themselves; people may use some of it, so it needs a subject or header of the kind.
	machineText   = regexp.MustCompile(`(?i)this is an? automat(?:ed|ic)|automatically generated|(?:do|please) not reply to this (?:e-?mail|message)|your (?:reference|ticket|case|request)(?: number| no\.?| id)? (?:is|:|has)|(?:has been|was) (?:received|logged|assigned)|(?:respond|reply|response|answer)[^.\n]{0,40} within .{1,20} (?:working |business )?(?:days|hours)|neges awtomatig|automatisch (?:generiert|erstellt)|automatiquement|automáticamente`)
	ticketSubject = regexp.MustCompile(`(?i)\[(?:ticket|case|request|ref(?:erence)?|incident|enquiry)?\s?[:#]?\s?#?[a-z]{0,6}-?\d{3,}\]|\[ref[: ].{2,30}\]|\b(?:ticket|case|request|incident) ?(?:#|id|no\.?|number)\s?:?\s?[a-z]{0,6}-?\d{3,}`)
	awayText      = regexp.MustCompile(`(?i)(?:i am|i['’]m|i will be|i shall be|currently|we are) (?:currently |now )?(?:out of (?:the )?office|away from (?:the|my) (?:office|desk)|on (?:annual |maternity |sick |parental )?leave|on holiday|on vacation|not in the office|away until|out until)|this is an auto(?:mated|matic)[ -]?(?:reply|response|message|e-?mail)|out of (?:the )?office (?:until|from|with)|(?:no longer|not) (?:work(?:s|ing)?|employed) (?:at|for|with|by)|has left the (?:council|authority|organi[sz]ation|company|team)|will be returning (?:to the office )?on|(?:mae hwn yn|dyma) (?:ymateb|ateb|neges) awtomatig|(?:rwyf|rydw i|dwi) (?:i )?(?:allan o|ffwrdd|ar wyliau)|ich bin .{0,60}(?:nicht im (?:büro|hause)|abwesend|im urlaub|außer haus|nicht erreichbar)|je (?:suis|serai) .{0,40}(?:absente?|en congés?|hors du bureau)|jeg er .{0,40}(?:fravær|på ferie|ikke på kontoret|bortrejst|ute av)|olen .{0,30}(?:lomalla|poissa)|jsem .{0,30}(?:nepřítom|mimo kancelář|na dovolené)|nem vagyok az irod|szabadságon|sunt .{0,30}(?:concediu|plecat)|ofiste değil|izinde|απουσιάζω|λείπω|στην άδεια|休假|外出中|我目前不在|خارج المكتب|איני במשרד|אני בחופש|(?:estoy|estaré) .{0,30}(?:fuera|ausente|de vacaciones)|sono .{0,30}(?:assente|fuori ufficio|in ferie)|(?:estou|estarei) .{0,30}(?:ausente|de férias|fora)|ik ben .{0,40}(?:afwezig|niet (?:aanwezig|op kantoor)|op vakantie)|jag är .{0,30}(?:ledig|på semester|frånvarande|inte på)|jestem .{0,30}(?:nieobecn|na urlopie|poza biurem)|(?:нахожусь|буду) в отпуске|отсутству|不在|休暇を|お休みを|부재중|휴가`)
)

// autoReply recognises answers that machines send (RFC 3834 and what is used instead of it).
func (c *classifier) autoReply() (Class, bool) {
	h := &c.m.Header
	yes := func(why string) (Class, bool) { return Class{Kind: KindAutoReply, Reason: why}, true }
	auto, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(h.Raw("Auto-Submitted"))), ";")
	auto = strings.Fields(auto + " -")[0]
	own := c.ownWords()
	switch {
	case strings.HasPrefix(auto, "auto-replied"), strings.HasPrefix(auto, "auto-notified"):
		return yes("Auto-Submitted says that a machine answered.")
	case truthy(h, "X-Autoreply"), truthy(h, "X-Autorespond"), truthy(h, "X-Auto-Reply"), truthy(h, "X-Autoresponse"), truthy(h, "Auto-Reply"),
		h.Has("X-Autoreply-From"), h.Has("X-Mail-Autoreply"), h.Has("X-AutoReply-From"), h.Has("X-FC-MachineGenerated") && autoSubject.MatchString(c.subject):
		return yes("A header says that a machine answered.")
	case truthy(h, "X-OOF"), truthy(h, "X-Vacation"), h.Has("X-Auto-Reply-From"), contains(h, "X-POST-MessageClass", "autoresponder"), contains(h, "Delivered-To", "autoresponder"),
		contains(h, "X-Autogenerated", "reply"), contains(h, "X-Mailer", "vacation"), contains(h, "X-Mailer", "autorespond"), contains(h, "X-Mailer", "auto-repl"):
		return yes("A header says that a machine answered.")
	case strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Raw("Precedence"))), "auto"), listPrecedence.MatchString(strings.TrimSpace(h.Raw("X-Precedence"))), listPrecedence.MatchString(strings.TrimSpace(h.Raw("Precedence"))) && c.answers():
		return yes("Precedence says that a machine answered.")
	case strings.EqualFold(h.Raw("X-MS-Exchange-Inbox-Rules-Loop"), "true") && autoSubject.MatchString(c.subject), strings.Contains(strings.ToLower(h.Raw("X-MS-Exchange-Generated-Message-Source")), "mailbox rules agent"),
		c.m.Report == "disposition-notification":
		return yes("The mail program answered by itself.")
	case autoSubject.MatchString(c.subject):
		return yes("The subject says that a machine answered.")
	case awaySubject.MatchString(c.subject) && (awayColon.MatchString(c.subject) || c.machine(auto) || awayText.MatchString(own) && !strings.Contains(own, "?")):
		return yes("The subject says that the person is away, and there is another sign that a machine sent it.")
	case (ackSubject.MatchString(c.subject) || ticketSubject.MatchString(c.subject)) && (c.nullSender || strings.HasPrefix(auto, "auto-") || h.Has("X-Auto-Response-Suppress") && !c.answers() || machineText.MatchString(own)):
		return yes("The subject acknowledges receipt and a machine sent it.")
	case strings.HasPrefix(auto, "auto-generated") && (c.answers() || awayText.MatchString(own)),
		c.nullSender && awayText.MatchString(own), h.Has("X-Auto-Response-Suppress") && awayText.MatchString(own) && c.answers():
		return yes("A machine sent it, and its words say so.")
	case strings.EqualFold(h.Raw("Precedence"), "bulk") && !h.Has("List-Id") && !h.Has("List-Unsubscribe") && awayText.MatchString(own):
		return yes("It was sent in bulk, and its words say that the writer is away.")
	}
	return Class{}, false
}

// ownWords is the beginning of the body, up to where something quoted begins.
func (c *classifier) ownWords() string {
	text := c.m.Text
	if strings.TrimSpace(text) == "" {
		text = stripTags(c.m.HTML)
	}
	text = head(text, 1500)
	for _, mark := range []string{"\n>", "\n-----", "\n____", "\nFrom:", " wrote:\n"} {
		if i := strings.Index(text, mark); i > 0 {
			text = text[:i]
		}
	}
	return text
}

func contains(h *mailparse.Header, name, word string) bool {
	for _, v := range h.Values(name) {
		if strings.Contains(strings.ToLower(v), word) {
			return true
		}
	}
	return false
}

// answers says that the message answers another.
func (c *classifier) answers() bool { return len(c.m.InReplyTo) > 0 || len(c.m.References) > 0 }

// machine says that some header shows a machine at work, though not which.
func (c *classifier) machine(auto string) bool {
	h := &c.m.Header
	return c.nullSender || strings.HasPrefix(auto, "auto-") || h.Has("X-Auto-Response-Suppress") || truthy(h, "X-Vacation") ||
		strings.EqualFold(h.Raw("Precedence"), "bulk") || strings.EqualFold(h.Raw("Precedence"), "junk")
}

func truthy(h *mailparse.Header, name string) bool {
	v := strings.ToLower(strings.TrimSpace(h.Raw(name)))
	return h.Has(name) && v != "no" && v != "false" && v != "none"
}

func head(s string, n int) string { return s[:min(len(s), n)] }
