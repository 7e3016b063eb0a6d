package mailkind

import (
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

// Bounce is what a report says about one recipient.
type Bounce struct {
	Recipient  string // the address the mail was for
	Status     string // enhanced status code (RFC 3463) "5.1.1"; "" when none was given or could be told
	Permanent  bool   // a retry is of no use: class 5, or words to that effect where no code was given
	Delayed    bool   // it has not failed: the server goes on trying. Without it, a bounce that is not permanent has failed for this time
	Diagnostic string // the server's words on one line
}

var (
	daemonLocal = regexp.MustCompile(`(?i)^(?:mailer-?daemon|mail-?daemon|mdaemon|postmaster|post_?master|mmdf|double-bounce|bounces?|mailerdaemon|maildaemon|microsoftexchange[0-9a-f]*|mailsystem|maiser|mail-?delivery(?:-?system|-?subsystem)?|mta(?:-?admin)?|ndr|delivery-?(?:failure|status)?s?|system-?administrator|administrator|mailer|root|smtp|mail-?router|mail-?system|exchange|mailman-bounces|undisclosed)\b`)
	daemonName  = regexp.MustCompile(`(?i)mail(?:er)?[ -]?(?:daemon|delivery|administrator|system|router)|delivery[ -](?:sub)?system|system administrator|systemadministrator|administrateur syst|postmaster|microsoft (?:exchange|outlook)$|mail server at|internet mail delivery|mail server`)
)

// bounce recognises reports on the delivery of mail: RFC 3464 reports, the free text of servers that write none, and feedback reports (RFC
// 5965). Of a report that nothing failed, Bounces is empty.
func (c *classifier) bounce() (Class, bool) {
	if class, ok := c.reported(); ok {
		return class, true
	}
	if c.m.Report == "feedback-report" || hasPart(c.m, "message/feedback-report") {
		return Class{Kind: KindBounce, Reason: "It is a feedback report (RFC 5965): a complaint about a mail, which was delivered."}, true
	}
	listed := c.m.Header.Has("X-Failed-Recipients")
	daemon := c.fromDaemon()
	subject := c.reportSubject()
	if !listed && (!daemon && !subject || c.postmasterAnswers()) {
		return Class{}, false // a person's mail: searching all its words would cost more than everything else together
	}
	r := c.report()
	if listed || (daemon && (subject || c.daemonReports(r)) || subject && c.byServer(r)) && !c.administers(r) {
		return Class{Kind: KindBounce, Bounces: r.bounces(), Reason: "A mail server says so in its own words."}, true
	}
	return Class{}, false
}

// fromDaemon says that the sender is a mail system.
func (c *classifier) fromDaemon() bool {
	if len(c.m.From) == 0 {
		return c.nullSender || c.m.FromHeaders > 0 && strings.Trim(c.m.Header.Raw("From"), "<> \t") == ""
	}
	local, _, _ := strings.Cut(c.m.From[0].Addr, "@")
	return c.m.From[0].Addr == "" && c.nullSender || daemonLocal.MatchString(local) || daemonName.MatchString(head(c.m.From[0].Name, 200)) || local == "" && strings.Contains(c.m.From[0].Addr, "@")
}

// postmasterAnswers says that a person answers from a mail system's address: "Re:", to a mail that it names.
func (c *classifier) postmasterAnswers() bool {
	return c.form().answered && c.answers() && !c.nullSender && c.m.Report == "" && !c.marks().generated && c.marks().answered == ""
}

// daemonReports says that a mail system's words, below a subject that tells nothing, are a report. An administrator may be a person, who
// names no address.
func (c *classifier) daemonReports(r *report) bool {
	if !r.says[failed] && !r.says[delayed] {
		return false
	}
	// A daemon that names no recipient, no code and brings nothing back speaks of something else: that a mailbox is nearly full.
	return len(r.recipients()) > 0 || r.coded != "" || c.m.Returned != nil || hasPart(c.m, "message/rfc822") || hasReturned(r.text) || hasReturned(head(c.m.Text, 64<<10))
}

// administers says that a filter or a list speaks of something that is no failure: it names no recipient and no code.
func (c *classifier) administers(r *report) bool {
	return c.evidence().administration() != "" && r.coded == "" && len(r.recipients()) == 0
}

// reportSubject says that the subject begins as those of delivery reports do.
func (c *classifier) reportSubject() bool {
	toks := c.form().toks
	if len(toks) > 1 && toks[0].text == "notice" {
		toks = toks[1:]
	}
	for _, h := range reportLexicon().find(toks, 1) {
		if h.sense == reportSubj {
			return true
		}
	}
	return false
}

// byServer says, of a message with a report's subject from nobody known as a daemon, that a server wrote it all the same. Who answers or
// passes on a report is a person.
func (c *classifier) byServer(r *report) bool {
	if c.answers() || !r.says[failed] && !r.says[delayed] {
		return false
	}
	f := c.form()
	if f.answered || f.forwarded {
		return c.nullSender
	}
	sender := ""
	if len(c.m.From) > 0 {
		sender = c.m.From[0].Addr
	}
	return c.nullSender || c.m.Report != "" || c.marks().generated || c.marks().answered != "" || hasReturned(r.text) || hasReturned(head(c.m.Text, 64<<10)) ||
		c.m.Returned != nil || (noReply.MatchString(sender) || listServer.MatchString(sender)) && len(r.recipients()) > 0
}

// hasReturned says that a text brings along the header of a returned message.
func hasReturned(text string) bool {
	return strings.Contains(text, "\nReceived:") || strings.Contains(text, "\nReturn-Path:") || strings.Contains(text, "\nMessage-ID:") || strings.Contains(text, "\nMessage-Id:")
}

// reportLimit is how much of a free-text report is read.
const reportLimit = 64 << 10

// reportText is the part of the body in which the server speaks, before the returned message.
func (c *classifier) reportText() string {
	text := head(c.m.Text, reportLimit)
	if strings.TrimSpace(text) == "" {
		text = htmlText(c.m.HTML, reportLimit)
	}
	text = strings.ToValidUTF8(text, "")
	return text[:ReportEnd(text)]
}

// ReportEnd returns where in the text of a delivery report the server's own words end and the copy of the returned message begins, or
// len(text).
func ReportEnd(text string) int {
	end := len(text)
	for at := 0; at < end; {
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			next = end - at
		}
		if line := text[at : at+next]; at > 40 && beginsCopy(line) {
			return at
		}
		at += next + 1
	}
	return end
}

// beginsCopy says that a line stands before the returned message, or is the first of its header.
func beginsCopy(line string) bool {
	if line == "" || len(line) > 200 {
		return false
	}
	if strings.HasPrefix(line, "Received: ") || strings.HasPrefix(line, "Return-Path: ") {
		return true
	}
	bare := strings.ToLower(strings.Trim(line, "-_=*# \t\r"))
	dashed := strings.HasPrefix(line, "-") || strings.HasPrefix(strings.TrimSpace(line), "--") || strings.HasPrefix(line, "=") || strings.HasPrefix(line, "__")
	for _, words := range copyWords {
		if strings.HasPrefix(bare, words) && (dashed || len(bare) <= len(words)+24 && strings.HasSuffix(strings.TrimRight(bare, " "), ":") || len(bare) == len(words)) {
			return true
		}
	}
	return false
}

// copyWords begin the line that separates a server's words from the copy of a message.
var copyWords = []string{"below this line is a copy", "this is a copy of", "original message", "the header of the original", "returned message", "message header", "unsent message",
	"your original message", "undelivered message", "enclosed is a copy", "message follows", "forwarded message", "included is a copy", "header of", "your message follows", "message text follows",
	"the original message headers", "the original message follows", "the returned message", "original headers", "original message headers", "original message header", "original message follows",
	"possibly truncated original message", "headers of the original message", "message headers follow", "copy of the message", "ursprüngliche nachricht", "kopfzeilen der ursprünglichen nachricht",
	"ursprüngliche nachrichtenkopfzeilen", "en-têtes de message d'origine", "message d'origine", "encabezados de mensajes originales", "mensaje original", "intestazioni messaggio originale",
	"cabeçalhos de mensagem originais", "oorspronkelijke berichtkoppen", "oryginalne nagłówki wiadomości", "исходные заголовки сообщения", "исходное сообщение", "penawdau'r neges wreiddiol",
	"元のメッセージ ヘッダー", "原始邮件头", "原始郵件標題"}

// server's fields, in a report whose MIME structure was lost, begin so.
const fieldStart = "Final-Recipient:"

// reported reads delivery-status parts; ok says that there are such.
func (c *classifier) reported() (Class, bool) {
	reports := c.m.Reports
	if len(reports) == 0 && (c.m.Report == "delivery-status" || !c.answers()) {
		reports = statusInText(c.m.Text)
	}
	if len(reports) == 0 {
		return Class{}, false
	}
	class := Class{Kind: KindBounce, Reason: "It is a delivery report."}
	d := dsnReader{c: c, seen: map[string]bool{}}
	reached := false
	for _, rep := range reports {
		for i := range rep.Recipients {
			h := &rep.Recipients[i]
			action := strings.ToLower(strings.Trim(strings.Fields(h.Get("Action") + " -")[0], `"',;`))
			switch action {
			case "delivered", "relayed", "expanded", "deliverable":
				reached = true
				if action == "delivered" {
					class.Delivered = append(class.Delivered, Bounce{Recipient: d.recipient(h), Status: firstMatch(anyStatus, " "+h.Get("Status")+" ")})
				}
			default:
				d.add(&class, h, action)
			}
		}
	}
	if len(class.Bounces) == 0 && !reached {
		// A report whose fields are broken: its words may still tell.
		class.Bounces = c.report().bounces()
	}
	return class, true
}

// statusInText finds the fields of a report whose MIME structure was lost.
func statusInText(text string) []mailparse.Status {
	i := strings.Index(text, fieldStart)
	if i < 0 || i > 0 && text[i-1] != '\n' {
		return nil
	}
	if j := strings.LastIndex(text[:i], "\n\n"); j >= 0 {
		i = j + 2
	}
	return []mailparse.Status{mailparse.ParseStatus([]byte(text[i:]))}
}
