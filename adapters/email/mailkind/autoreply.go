package mailkind

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
)

// Form is what sort of automatic answer a message is.
type Form string

// The forms; "" when it could not be told.
const (
	FormAway            Form = "away"            // out of office
	FormLeft            Form = "left"            // the person has left, or nobody reads the mailbox any more
	FormAcknowledgement Form = "acknowledgement" // arrived, somebody will answer
	FormReceipt         Form = "receipt"         // RFC 8098: displayed, or deleted unread
	FormChallenge       Form = "challenge"       // the sender is to prove that she is a person
	FormFilter          Form = "filter"          // a filter holds the mail or has taken something from it
	FormList            Form = "list"            // a mailing list's administration
)

// AutoReply is what an automatic answer tells. Its words are nobody's speech.
type AutoReply struct {
	Form Form
	// Until is the first day the writer is back, midnight UTC, zero when she does not say: the date after "back on" or "until"; the day
	// after a date that she says is included ("through", "bis einschließlich", "3 to 7 March").
	Until      time.Time
	Colleagues []Colleague // whom to ask instead
}

// Colleague is somebody an automatic answer names. Fields not given are empty.
type Colleague struct{ Name, Email, Phone string }

// evidence is all that is weighed to tell a machine's answer from a person's mail. Its parts are read when they are asked for: most mail
// is told by a glance at the header and the subject.
type evidence struct {
	c       *classifier
	marks   *marks
	subject *subjectForm
	own     ownWords
	toks    []token
	hits    []hit
	says    [senses]bool
	first   [senses]int // the first token at which a sense is said
}

// autoReply recognises answers that machines send: by header (RFC 3834 and what is used instead of it), by the form of the subject, and by
// what the words say of themselves together with a second sign. One sign that a person could give is never enough.
func (c *classifier) autoReply() (Class, bool) {
	e := c.evidence()
	why := e.why()
	if why == "" {
		return Class{}, false
	}
	return Class{Kind: KindAutoReply, Reason: why, Auto: e.facts()}, true
}

// evidence is gathered once.
func (c *classifier) evidence() *evidence {
	if c.weighed == nil {
		c.weighed = &evidence{c: c, marks: c.marks(), subject: c.form()}
		c.weighed.readBody()
	}
	return c.weighed
}

func (e *evidence) readBody() {
	e.own = readOwnWords(e.c.m)
	e.toks = tokens(e.own.text)
	e.hits = lexicon().find(e.toks, len(e.toks))
	for i, h := range e.hits {
		if h.sense == machine && e.spokenOf(h.from) {
			e.hits[i].sense = connector
			continue
		}
		if !e.says[h.sense] {
			e.says[h.sense], e.first[h.sense] = true, h.from
		}
	}
}

// spokenOf says that the name of an automatic answer at a token is part of what a person says about one: "my auto-reply", "I got an
// automated response".
func (e *evidence) spokenOf(from int) bool {
	if from > 0 && possessive[e.toks[from-1].text] {
		return true
	}
	for i := from - 1; i >= 0 && i >= from-3 && !e.toks[i+1].sentence; i-- {
		if gotOne[e.toks[i].text] {
			return true
		}
	}
	return false
}

// gotOne are verbs, folded, with which people tell that they got an automatic answer.
var gotOne = words("got get gets getting received receive receiving had bounced sends sent erhielt erhalte erhalten bekam bekomme bekommen recu recois recibi recibo recibido ricevuto ricevo recebi kreeg krijg ontving fick fik fikk far dostalem dostalam otrzymalem получил получила dostal dostala saatiin sain")

// possessive words, folded, before the name of an automatic answer.
var possessive = words("my your his her their mein meine meiner dein deine deiner ihre ihr ihrer mon ma ta ton votre sa son mi tu su mia tua sua minha mijn jouw uw min din mit dit")

// why returns the reason why the message is an automatic answer, in words; "" when it is none.
func (e *evidence) why() string {
	m := e.c.m
	switch {
	case m.Report == "disposition-notification" || m.Report == "" && hasPart(m, "message/disposition-notification"):
		return "It is a receipt (RFC 8098)."
	case e.marks.answered != "":
		return e.marks.answered
	case e.subject.program && !(e.subject.bare && e.asks() && !e.speaksAsMachine()):
		return "The subject says that a machine answered."
	case (e.says[receipt] || e.notesReceipt()) && !e.own.quotes && e.single():
		return "Its words are those of a receipt."
	case e.awayInForm():
		return "The subject has the form in which programs say that somebody is away."
	case e.subject.away && e.single() && e.awayConfirmed():
		return "The subject says that the person is away, and there is another sign that a machine sent it."
	case e.acknowledges():
		return "The message acknowledges receipt and a machine sent it."
	case e.byMachine() && e.speaksAsMachine():
		return "A machine sent it, and its words say so."
	case e.administration() != "":
		return "A mail system's administration wrote it."
	case e.saysItAnswers():
		return "It says that it is an automatic answer."
	case e.unmistakable():
		return "Its words are those of an automatic answer."
	}
	return ""
}

// byMachine says that something in the header shows a machine, though not that it answers. Mail through a list, or that tells what happened
// in some other program, may hold a person's words all the same.
func (e *evidence) byMachine() bool {
	k := e.marks
	if e.c.nullSender {
		return true
	}
	if k.list || k.news || !k.generated && !k.bulk {
		return false
	}
	return !notifier.MatchString(e.sender())
}

// speaksAsMachine says that the body's own words are those of an automatic answer.
func (e *evidence) speaksAsMachine() bool {
	s := e.says
	if s[later] || s[received] && (s[thanks] || s[machine]) || s[machine] && (e.answers() || s[thanks] || s[contact]) {
		return true
	}
	// "Jo has left the team" is what other programs tell too.
	answers := e.answers() || e.c.nullSender || e.subject.answered || s[thanks] || s[machine] || s[contact]
	dated := s[until] || s[back] || s[through]
	return (s[away] || s[left]) && (answers || dated && e.marks.generated) // people's mail is sent in bulk, too: minutes, invitations
}

// awayInForm: "Out of office: the review". A person may write so too ("Out of office: cover for next week"), so something must agree.
func (e *evidence) awayInForm() bool {
	if !e.subject.awayColon || !e.single() || e.marks.list && !e.says[away] {
		return false
	}
	s := e.says
	agrees := e.byMachine() || e.answers() || s[away] || s[left] || s[later] || s[machine] || s[thanks]
	return (agrees || e.subject.awayJoined || len(e.own.text) < 20 && !e.subject.awayAuto) && (!e.asks() || s[machine] || s[later] || s[thanks] || e.byMachine())
}

// awayConfirmed: the subject says away in words people use; the header, or words that only fit an answer to a mail, must agree.
func (e *evidence) awayConfirmed() bool {
	s := e.says
	absent := s[away] || s[left] || s[later]
	switch {
	case e.byMachine() || e.marks.suppress && e.answers():
		return absent || s[machine] || s[contact] || strings.TrimSpace(e.own.text) == ""
	case e.subject.answered || e.subject.forwarded || e.own.quotes && !s[machine]:
		return s[machine] && absent && !noReply.MatchString(e.sender())
	case e.subject.ofSender:
		return (absent || s[machine]) && (!e.asks() || s[machine]) || e.answers() && s[contact] && e.consists(1)
	case e.asks() && !s[machine]:
		return false
	}
	if s[machine] {
		return true
	}
	if e.greetsMany() || e.marks.list {
		return false
	}
	dated := s[until] || s[back] || s[through]
	word := e.subject.oneWord() // "Leave" is what people call their mail, too
	if absent && (s[thanks] || s[later]) {
		return !word || count(s[thanks], s[later], s[contact], dated) >= 3 || e.consists(1)
	}
	switch {
	case !e.subject.awayOnly || e.c.attached():
		return false
	case absent && e.answers() && e.consists(1) && !e.hasBut(): // a person who answers keeps the subject that she answers
		return true
	case absent && e.refers() && (dated || !e.until().IsZero()) && e.consists(2):
		return true
	case !word && dated && e.consists(1) && !e.future():
		return true
	case !e.awayNow():
		return false
	case word:
		return dated && s[contact] && !e.hasBut() || e.share() >= 60
	}
	return dated || s[contact]
}

// refers says that the reader is told whom to ask; that somebody covers is news for colleagues.
func (e *evidence) refers() bool {
	for _, h := range e.hits {
		if h.sense == contact && !strings.HasPrefix(e.toks[h.from].text, "cover") && !strings.Contains(e.toks[h.to-1].text, "cover") {
			return true
		}
	}
	return false
}

// count is how many of the signs are there.
func count(signs ...bool) int {
	n := 0
	for _, sign := range signs {
		if sign {
			n++
		}
	}
	return n
}

// future says that the words begin with what is going to be.
func (e *evidence) future() bool {
	for _, t := range e.toks[:min(len(e.toks), 12)] {
		if futureWords[t.text] {
			return true
		}
	}
	return false
}

// awayNow says that the words tell of being away at this moment, as an answer does; an announcement speaks of the future.
func (e *evidence) awayNow() bool {
	for _, h := range e.hits {
		if h.sense != away {
			continue
		}
		now := true
		for _, t := range e.toks[h.from:min(len(e.toks), h.to+4)] {
			now = now && !futureWords[t.text]
		}
		for i := h.from; i > 0 && i > h.from-3 && !e.toks[i].sentence; i-- { // "from Monday I am on leave"
			now = now && !futureWords[e.toks[i-1].text]
		}
		if now {
			return true
		}
	}
	return false
}

// futureWords are in sentences on an absence that has not begun, folded.
var futureWords = words(`will ll shall starting beginning from tomorrow next nachste nachster nachsten prochaine prochain proxima proximo prossima volgende nasta naeste neste nastepnym przyszlym pristi jovo следующей следующую наступної serai serais serons werde werden ab vom estare estarei saro zal vanaf kommer bliver från fra bude budu leszek leszünk byddaf od da dal du del desde buду буду с
	olacagim bede bom bicu bit`)

// acknowledges: the subject or a ticket number, and words that a mail has arrived, and a machine's sign.
func (e *evidence) acknowledges() bool {
	s := e.says
	if !s[received] && !s[machine] && !s[thanks] && !e.c.nullSender {
		return false
	}
	ticket := e.subject.received || (s[received] || s[machine] || e.c.nullSender || e.marks.generated || e.marks.bulk) && strings.ContainsAny(e.c.subject, "#[0123456789") && ticketSubject.MatchString(e.c.subject)
	if !ticket || e.marks.news || e.marks.list || !e.single() {
		return false
	}
	switch {
	case e.c.nullSender:
		return true
	case e.byMachine() || e.marks.generated || noReply.MatchString(e.sender()):
		return s[received] || s[machine] && (s[thanks] || e.answers()) || e.subject.received && s[thanks]
	case e.subject.received && s[thanks] && s[received], e.subject.ackOurs && s[received], !e.subject.answered && s[thanks] && s[received] && e.first[thanks] < 10 && e.consists(2), e.subject.ackTag && s[received]:
		return !e.own.quotes
	}
	return s[machine] && (s[received] || s[thanks]) || e.marks.suppress && !e.answers() && s[received]
}

// administration finds what challenge-response services, filters and list managers say.
func (e *evidence) administration() Form {
	s := e.says
	machineSent := e.byMachine() || e.marks.generated || e.marks.admin || s[machine] || administrator.MatchString(e.sender())
	switch {
	case !e.single() || e.subject.forwarded || e.own.quotes && !machineSent:
		return ""
	case s[challenge] && (machineSent || e.answers() || e.subject.answered || lexiconBegins(e.subject.rest, challenge) > 0) && !e.marks.news:
		return FormChallenge
	case e.marks.admin, s[list] && listAdmin.MatchString(e.sender()):
		return FormList
	case s[filter] && machineSent && !e.marks.list:
		return FormFilter
	}
	return ""
}

// unmistakable: no header and no subject help, and the words leave no doubt: away or left, said at once, with both a word that this answers
// a mail and a third sign; and nothing that a person's mail would have.
func (e *evidence) unmistakable() bool {
	s := e.says
	if e.marks.list || e.marks.news || !e.single() || e.own.quotes && !s[machine] || e.asks() || e.greetsMany() || e.subject.forwarded || !s[away] && !s[left] && !s[machine] && !s[later] || notifier.MatchString(e.sender()) || e.c.attached() {
		return false
	}
	if sentFrom(e.own.text) || !s[machine] && e.hasBut() {
		return false
	}
	n := count(s[later], s[thanks], s[contact], s[until] || s[back] || s[through], s[machine])
	absent := s[away] && e.first[away] < 40 || s[left] && e.first[left] < 40
	switch {
	case s[machine] && absent && !noReply.MatchString(e.sender()), s[machine] && s[received] && (s[thanks] || s[program]):
		return true
	case s[machine] && (s[later] || s[received]) && e.answers() && e.consists(2):
		return true
	case s[later] && s[thanks] && e.first[thanks] < 25 && s[contact]:
		return true
	case absent && (s[later] || s[thanks] && e.first[thanks] < 25) && n >= 3:
		return s[later] && n >= 4 || e.consists(2)
	case absent && n >= 2 && (s[later] || s[thanks] && e.first[thanks] < 25 && e.awayNow() && (s[contact] || e.namesDay())):
		return e.consists(2)
	case s[thanks] && e.first[thanks] < 25 && e.namesItself():
		return true
	}
	return false
}

// saysItAnswers: a mail that answers another, and says of itself, in the present, that it is an automatic answer.
func (e *evidence) saysItAnswers() bool {
	if !e.subject.answered && !e.answers() || !e.namesItself() || e.subject.forwarded || e.marks.list || e.marks.news || e.own.quotes || !e.single() || e.asks() ||
		notifier.MatchString(e.sender()) || e.c.attached() || sentFrom(e.own.text) {
		return false
	}
	return true
}

// namesItself says that the words call themselves an automatic answer.
func (e *evidence) namesItself() bool {
	if e.says[machine] && thisIsReply.MatchString(e.own.text) {
		return true
	}
	for _, h := range e.hits {
		if h.sense == machine && selfReply.MatchString(e.own.text[e.toks[h.from].start:e.toks[h.to-1].end]) {
			return true
		}
	}
	return false
}

// thisIsReply is the same in other languages.
var thisIsReply = regexp.MustCompile(`(?i)(?:dies ist eine|diese (?:e-?mail|nachricht) ist eine|dit is een|ceci est une|esta es una|questa è una|esta é uma|det(?:ta|te) (?:är|er) et+|tämä on|to jest|toto je|это|це) (?:automatisch(?:e antwort|es? antwoord| antwoord)|réponse automatique|respuesta automática|risposta automatica|resposta automática|automatiskt? svar|autosvar|automaattinen vastaus|automatyczna odpowiedź|automatická odpove[dď]|автоматический ответ|автоответ|автоматична відповідь)|(?:これは|このメールは|本メールは|当メールは).{0,12}自動(?:返信|応答)|(?:此|本|这是|這是).{0,12}自[动動](?:回复|回覆|答复)`)

var selfReply = regexp.MustCompile(`(?i)^(?:please note )?this is an (?:automated|automatic|auto-?(?:generated)?|automatically generated) ?(?:reply|response|acknowledge?ment|answer)`)

// notesReceipt recognises the receipt that Notes writes over three lines.
func (e *evidence) notesReceipt() bool {
	for _, said := range []string{"was received by:", "wurde empfangen von:", "a été reçu par :", "a été reçu par", "è stato ricevuto da:", "fue recibido por:", "is ontvangen door:"} {
		if i := strings.Index(head(e.own.text, 600), "\n"+said); i > 0 && strings.Count(e.own.text[:i], "\n") < 6 {
			return true
		}
	}
	return false
}

// asks says that the own words hold a question of some length, as people's mail does.
func (e *evidence) asks() bool {
	rest := e.own.text
	for {
		i := strings.IndexAny(rest, "?？؟;")
		if i < 0 {
			return false
		}
		if rest[i] == ';' {
			if r, _ := utf8.DecodeLastRuneInString(rest[:i]); !unicode.Is(unicode.Greek, r) { // the Greek question mark
				rest = rest[i+1:]
				continue
			}
		}
		before := rest[:i]
		for end := len(before); ; {
			j := strings.LastIndexAny(before[:end], ".!\n:")
			if j < 0 {
				break
			}
			if j > 0 && before[j] == '.' && '0' <= before[j-1] && before[j-1] <= '9' { // "on the 28. at noon", as many languages write dates
				end = j
				continue
			}
			before = before[j+1:]
			break
		}
		if len(strings.Fields(before)) >= 3 || len(before) > 24 && !strings.Contains(before, "/") || strings.HasPrefix(rest[i:], "？") {
			return true
		}
		rest = rest[i+1:]
	}
}

// single says that the message is for one recipient: programs answer nobody else.
func (e *evidence) single() bool { return len(e.c.m.To)+len(e.c.m.Cc) <= 1 }

// answers says that the message answers another.
func (e *evidence) answers() bool { return e.c.answers() }

func (e *evidence) sender() string {
	if len(e.c.m.From) == 0 {
		return ""
	}
	return e.c.m.From[0].Addr
}

// greetsMany says that the words open as people write to a group.
func (e *evidence) greetsMany() bool {
	if len(e.toks) < 2 {
		return false
	}
	return groupGreeting[e.toks[0].text] && groupNames[e.toks[1].text] || groupNames[e.toks[0].text]
}

var (
	groupGreeting = words("hi hello dear hey good morning afternoon hallo bonjour hola liebe helo annwyl")
	groupNames    = words("all everyone everybody team both folks colleagues pawb tous alle zusammen todos tutti allen kollegen")
)

// sentFrom says that a telephone signed the message, which no program does.
func sentFrom(text string) bool {
	for _, s := range []string{"Sent from my", "Sent from Outlook", "Get Outlook for", "Sent via", "Von meinem iPhone", "Envoyé de mon", "Enviado desde mi", "Inviato da"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// attached says that the message has files other than pictures in its text.
func (c *classifier) attached() bool {
	for _, a := range c.m.Attachments {
		if !a.Inline && !strings.HasPrefix(a.Type, "image/") && !strings.HasPrefix(a.Type, "application/pkcs7") && !strings.HasPrefix(a.Type, "application/pgp") {
			return true
		}
	}
	return false
}

// answers says that the message answers another.
func (c *classifier) answers() bool { return len(c.m.InReplyTo) > 0 || len(c.m.References) > 0 }

func hasPart(m *mailparse.Message, mediaType string) bool {
	for _, a := range m.Attachments {
		if a.Type == mediaType {
			return true
		}
	}
	return false
}
