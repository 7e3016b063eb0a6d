package mailparse

import (
	"regexp"
	"strings"
)

var (
	autoSubject = regexp.MustCompile(`(?i)^\W*(?:auto(?:matic|mated|-)?[ -]?(?:reply|response|answer|replied|responder|respond)|automatic(?:ally)? generated|out of (?:the )?office|out-of-office|ooo\b|ooto\b|away from (?:my|the) (?:office|desk|mail|email)|on (?:annual |maternity |sick |parental |paternity )?leave\b|i am (?:currently )?(?:out|away|on (?:annual )?leave)|vacation (?:reply|response|message|notice)|on vacation|absence notification|(?:no longer|not) (?:with|at|working|employed)|` +
		`ymateb awtomatig|ateb awtomatig|allan o['’]r swyddfa|i ffwrdd o['’]r swyddfa|nid wyf yn y swyddfa|ar wyliau|` +
		`automatische antwort|abwesenheits?(?:notiz|nachricht|meldung|assistent|benachrichtigung|info)?|abwesend|automatisch(?:e|es|er)? (?:antwort|beantwortung|antwoord)|ich bin (?:nicht im|ausser|außer)|nicht im (?:büro|haus)|urlaub\b|` +
		`réponse automatique|réponse d['’]absence|absence du bureau|absent du bureau|message d['’]absence|absence\b|en congés?|(?:je suis )?absente?\b|` +
		`respuesta autom[aá]tica|fuera de (?:la )?oficina|ausente de la oficina|ausencia|autorespuesta|de vacaciones|` +
		`risposta automatica|fuori (?:sede|ufficio)|assente dall['’]ufficio|assenza|in ferie|resposta autom[aá]tica|fora do escrit[oó]rio|aus[eê]ncia|` +
		`automatisch antwoord|afwezig|niet op kantoor|afwezigheid|autosvar|automatiskt svar|automatisk svar|frånvaro|frånvarande|fravær|ikke til stede|semester\b|` +
		`automaattinen vastaus|poissa|automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|nieobecno|poza biurem|automatická odpověď|automatická odpoveď|nepřítomn|mimo kancelář|automatikus válasz|házon kívül|szabadság|` +
		`автоматический ответ|автоответ|автоматична відповідь|отсутств|вне офиса|в отпуске|otomatik yanıt|ofis dışında|otomatik cevap|răspuns automat|în afara biroului|αυτόματη απάντηση|εκτός γραφείου|automātiska atbilde|automatinis atsakymas|automaatvastus|automatski odgovor|samodejni odgovor|` +
		`自动(?:回复|答复)|自動(?:回覆|回信|応答|返信|回應)|不在(?:通知|のお知らせ|です)?|休暇|外出|休假|부재중|자동\s?(?:응답|회신)|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik|מענה אוטומטי|תשובה אוטומטית|رد تلقائي|خارج المكتب)`)
	// ackSubject is for acknowledgements of help desks and web forms.
	ackSubject     = regexp.MustCompile(`(?i)^\W*(?:(?:re|aw|sv|fw)\s?:\s*)?(?:thank you for (?:your (?:e-?mail|message|enquiry|inquiry)|contacting|getting in touch)|we(?: ha)?['’]?ve received your|your (?:e-?mail|message|enquiry|request) (?:has been|was) received|(?:message|e-?mail|request|enquiry) (?:received|acknowledg)|acknowledge?ment of (?:your|receipt)|confirmation of receipt|auto:|autoreply|\[auto|accusé de (?:réception|lecture)|eingangsbestätigung|diolch am (?:gysylltu|eich (?:e-?bost|neges))|received: )`)
	listPrecedence = regexp.MustCompile(`(?i)^(?:auto_reply|auto-reply|autoreply|junk)\b`)
	awayText       = regexp.MustCompile(`(?i)(?:i am|i['’]m|i will be|i shall be|currently|we are) (?:currently |now )?(?:out of (?:the )?office|away from (?:the|my) (?:office|desk)|on (?:annual |maternity |sick |parental )?leave|on holiday|on vacation|not in the office|away until|out until)|this is an auto(?:mated|matic)[ -]?(?:reply|response|message|e-?mail)|out of (?:the )?office (?:until|from|with)|(?:no longer|not) (?:work(?:s|ing)?|employed) (?:at|for|with|by)|has left the (?:council|authority|organi[sz]ation|company|team)|will be returning (?:to the office )?on|(?:mae hwn yn|dyma) (?:ymateb|ateb|neges) awtomatig|(?:rwyf|rydw i|dwi) (?:allan o|i ffwrdd o|ar wyliau)`)
)

// autoReply recognises answers that machines send (RFC 3834 and what is used instead of it).
func (c *classifier) autoReply() (Class, bool) {
	h := &c.m.Header
	yes := func(why string) (Class, bool) { return Class{Kind: KindAutoReply, Reason: why}, true }
	auto, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(h.Raw("Auto-Submitted"))), ";")
	auto = strings.Fields(auto + " -")[0]
	switch {
	case strings.HasPrefix(auto, "auto-replied"), strings.HasPrefix(auto, "auto-notified"):
		return yes("Auto-Submitted says that a machine answered.")
	case truthy(h, "X-Autoreply"), truthy(h, "X-Autorespond"), truthy(h, "X-Auto-Reply"), truthy(h, "X-Autoresponse"), truthy(h, "Auto-Reply"),
		h.Has("X-Autoreply-From"), h.Has("X-Mail-Autoreply"), h.Has("X-AutoReply-From"), h.Has("X-FC-MachineGenerated") && autoSubject.MatchString(c.subject):
		return yes("A header says that a machine answered.")
	case listPrecedence.MatchString(strings.TrimSpace(h.Raw("X-Precedence"))), listPrecedence.MatchString(strings.TrimSpace(h.Raw("Precedence"))) && c.answers():
		return yes("Precedence says that a machine answered.")
	case strings.EqualFold(h.Raw("X-MS-Exchange-Inbox-Rules-Loop"), "true") && autoSubject.MatchString(c.subject), strings.Contains(strings.ToLower(h.Raw("X-MS-Exchange-Generated-Message-Source")), "mailbox rules agent"),
		c.m.Report == "disposition-notification":
		return yes("The mail program answered by itself.")
	case autoSubject.MatchString(stripReply(c.subject)) && !c.personal():
		return yes("The subject says that a machine answered.")
	case ackSubject.MatchString(c.subject) && (c.nullSender || strings.HasPrefix(auto, "auto-") || h.Has("X-Auto-Response-Suppress")):
		return yes("The subject acknowledges receipt and a machine sent it.")
	case strings.HasPrefix(auto, "auto-generated") && (c.answers() || awayText.MatchString(head(c.m.Text, 1500))),
		c.nullSender && awayText.MatchString(head(c.m.Text, 1500)), h.Has("X-Auto-Response-Suppress") && awayText.MatchString(head(c.m.Text, 600)) && c.answers():
		return yes("A machine sent it, and its words say so.")
	}
	return Class{}, false
}

// answers says that the message answers another.
func (c *classifier) answers() bool { return len(c.m.InReplyTo) > 0 || len(c.m.References) > 0 }

// personal says that a person wrote about an absence: her own subject, answered or forwarded by somebody.
func (c *classifier) personal() bool {
	return stripReply(c.subject) != c.subject
}

var replyPrefix = regexp.MustCompile(`(?i)^(?:\s*(?:re|fwd?|aw|wg|sv|vs|tr|rv|enc|antw|doorst|atb)\s?(?:\[\d+\])?\s?:)+\s*`)

func stripReply(s string) string { return replyPrefix.ReplaceAllString(s, "") }

func truthy(h *Header, name string) bool {
	v := strings.ToLower(strings.TrimSpace(h.Raw(name)))
	return h.Has(name) && v != "no" && v != "false" && v != "none"
}

func head(s string, n int) string { return s[:min(len(s), n)] }
