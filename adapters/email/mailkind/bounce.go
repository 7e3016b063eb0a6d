package mailkind

import (
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

var (
	daemonLocal   = regexp.MustCompile(`(?i)^(?:mailer-?daemon|mail-?daemon|mdaemon|postmaster|post_?master|mmdf|double-bounce|bounces?|mailerdaemon|maildaemon|microsoftexchange[0-9a-f]*|mailsystem|mail-?delivery(?:-?system|-?subsystem)?|mta(?:-?admin)?|ndr|delivery-?(?:failure|status)?s?|system-?administrator|administrator)\b`)
	daemonName    = regexp.MustCompile(`(?i)mail(?:er)?[ -]?(?:daemon|delivery|administrator|system)|delivery (?:sub)?system|system administrator|systemadministrator|administrateur syst|postmaster|microsoft (?:exchange|outlook)$|mail server at|internet mail delivery|mail router`)
	bounceSubject = regexp.MustCompile(`(?i)^\W*(?:(?:re|fw|fwd|wg|aw|notice)\s?:\s*)?(?:\[[^\]]{1,30}\]\s*)?(?:\*+spam\*+\s*)?(?:undeliver|non[- ]?deliver|not delivered|delivery (?:status|failure|failed|has failed|problem|report|notification|error|unsuccessful|delay|incomplete|to .{1,60} failed)|mail (?:delivery|system|not delivered|could not|undeliverable|failure|returned)|returned (?:mail|to sender|e-?mail|message)|failed (?:mail|delivery|message|to deliver)|failure (?:notice|notification|delivery)|failure: |message (?:delivery|status|not delivered|undeliverable|could not|delayed|you sent blocked|was not|you sent was)|email (?:delivery|could not be|undeliverable)|e-?mail .{0,20}undeliverable|could not (?:send|deliver)|unable to deliver|unzustellbar|nachricht (?:nicht zugestellt|unzustellbar|konnte nicht)|unzustellbarkeits|zustell(?:ung|fehler)|non remis|échec de (?:la )?remise|non recapitabile|mancato recapito|mancata consegna|notifica (?:sullo|di) stato|no se (?:puede|pudo|ha podido) entregar|no entregado|mensaje no entregado|não foi possível|não entregue|falha na entrega|onbestelbaar|niet bezorgd|kan inte levereras|det går inte att leverera|ei voitu toimittaa|kunne ikke leveres|nie (?:można|dostarczono)|niedostarczon|nedoručiteln|недоставлен|не доставлен|ваше сообщение не|neges heb ei (?:danfon|chyflwyno)|methwyd (?:â )?danfon|ni ellid danfon|rejected mail|rejected:|mail rejected|warning: (?:could not|message|e-?mail)|warning - delayed|delayed (?:mail|message|delivery)|wiadomość (?:nie )|user unknown|considered unsolicited bulk|unknown (?:user|recipient|address)|invalid recipient|error sending|problems? delivering|bounce|配信|配送|未配信|无法送达|退信|系统退信|傳送失敗|无法投递|传送失败|반송|전송 실패|전달되지)`)
	delayWords    = regexp.MustCompile(`(?i)\(delay(?:ed)?\)|^\W*(?:warning|delay)|delivery delayed|delayed delivery|delayed mail|message delayed|still being retried|(?:do|does) not need to (?:resend|re-send|send)|no action is required|will (?:be retried|continue to (?:try|be)|keep trying|retry|try again)|has not yet been delivered|not been delivered yet|could not send message for past|could not be delivered for the last|this is (?:only )?a warning|this is an informational|delivery attempts will continue|zustellung verzögert|verzögert|still trying|temporarily deferred|in the queue|you do not need|retry until|we(?:'ll| will) (?:keep|try|retry)|remise retardée|retrasad|ritardat`)
	failWords     = regexp.MustCompile(`(?i)(?:could ?n.t|could not|cannot|can't|was not|wasn't|not|unable to|failed to|undeliver)[^.\n]{0,60}deliver|deliver[^.\n]{0,60}(?:fail|not|unsuccessful|problem|impossible)|permanent(?:ly)? (?:fail|fatal|error)|returned to sender|did not reach|bounced|user unknown|no such (?:user|recipient|mailbox|address)|mailbox (?:unavailable|not found|full|is full|does not exist)|unknown (?:user|recipient|address|host)|recipient (?:address )?rejected|not be reached|nicht zugestellt|unzustellbar|n'a pas pu être|no se pudo|non è stato possibile|could not be found|giving up|undeliverable|unrouteable|does(?: not|n't) exist|rejected|\b5\.\d\.\d{1,3}\b|\b55\d[ -]`)
	smtpCode      = regexp.MustCompile(`(?:^|[^\d.])([45]\d\d)(?:[ -]|$)`)
	enhanced      = regexp.MustCompile(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\. )`)
	anAddress     = regexp.MustCompile("[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9.\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?")
	temporaryWhy  = regexp.MustCompile(`(?i)mailbox .{0,80}?(?:is )?full|over (?:its )?(?:disk )?quota|quota exceeded|exceeded .{0,30}quota|temporar|try again later|insufficient (?:disk|storage)|greylist|deferred`)
)

// bounce recognises reports that mail was not, or not yet, delivered: RFC 3464 reports, and the free text of servers that write
// none. A report of success is none.
func (c *classifier) bounce() (Class, bool) {
	if b, ok, sent := c.reported(); ok {
		return Class{Kind: KindBounce, Bounces: b, Reason: "It is a delivery report."}, true
	} else if sent {
		return Class{Kind: KindAutoReply, Reason: "It is a report that mail was delivered."}, true
	}
	from := mailparse.Address{}
	if len(c.m.From) > 0 {
		from = c.m.From[0]
	}
	local, _, _ := strings.Cut(from.Addr, "@")
	daemon := daemonLocal.MatchString(local) || daemonName.MatchString(from.Name) || len(c.m.From) == 0 && c.nullSender
	subject := bounceSubject.MatchString(c.subject)
	listed := c.m.Header.Has("X-Failed-Recipients")
	if !listed && !daemon && !subject {
		return Class{}, false // a person's mail: searching all its words would cost more than everything else together
	}
	text := c.reportText()
	says := func() bool { return failWords.MatchString(text) || delayWords.MatchString(text) }
	machine := func() bool {
		return c.nullSender || c.m.Report != "" || strings.HasPrefix(strings.ToLower(c.m.Header.Raw("Auto-Submitted")), "auto-") || hasReturned(text)
	}
	if listed || daemon && (subject || says()) || subject && machine() && !c.answers() && says() {
		return Class{Kind: KindBounce, Bounces: c.freeText(text), Reason: "A mail server says so in its own words."}, true
	}
	return Class{}, false
}

// hasReturned says that a text brings along the header of a returned message.
func hasReturned(text string) bool {
	return strings.Contains(text, "\nReceived:") || strings.Contains(text, "\nReturn-Path:") || strings.Contains(text, "\nMessage-ID:") || strings.Contains(text, "\nMessage-Id:")
}

// reported reads delivery-status parts. ok says that some recipient failed or is delayed, sent that all were reached.
func (c *classifier) reported() (out []Bounce, ok, sent bool) {
	reports := c.m.Reports
	if len(reports) == 0 && c.m.Report == "delivery-status" || len(reports) == 0 && strings.Contains(c.m.Text, "Final-Recipient:") && !c.answers() {
		reports = statusInText(c.m.Text)
	}
	seen := map[string]bool{}
	for _, rep := range reports {
		for i := range rep.Recipients {
			h := &rep.Recipients[i]
			action := strings.ToLower(strings.Fields(h.Get("Action") + " -")[0])
			switch action {
			case "delivered", "relayed", "expanded":
				sent = true
				continue
			}
			b := c.recipientReport(h, action)
			if b.Recipient == "" || seen[strings.ToLower(b.Recipient)] {
				continue
			}
			seen[strings.ToLower(b.Recipient)] = true
			out = append(out, b)
		}
	}
	if len(out) == 0 && len(reports) > 0 && !sent {
		// A report whose fields are broken: its words may still tell.
		out = c.freeText(c.reportText())
		return out, true, false
	}
	return out, len(out) > 0, sent
}

// statusInText finds the fields of a report whose MIME structure was lost.
func statusInText(text string) []mailparse.Status {
	i := strings.Index(text, "Final-Recipient:")
	if i < 0 {
		return nil
	}
	if j := strings.LastIndex(text[:i], "\n\n"); j >= 0 {
		i = j + 2
	}
	return []mailparse.Status{mailparse.ParseStatus([]byte(text[i:]))}
}

func (c *classifier) recipientReport(h *mailparse.Header, action string) Bounce {
	b := Bounce{Recipient: c.failingRecipient(h), Diagnostic: typedValue(h.Get("Diagnostic-Code"))}
	b.Status = firstMatch(enhanced, " "+h.Get("Status")+" ")
	inDiagnostic := firstMatch(enhanced, " "+b.Diagnostic+" ")
	if b.Status == "" || strings.HasSuffix(b.Status, ".0.0") && inDiagnostic != "" && inDiagnostic[0] == b.Status[0] {
		if inDiagnostic != "" {
			b.Status = inDiagnostic
		}
	}
	if strings.HasPrefix(b.Status, "2.") && action == "failed" {
		b.Status = ""
	}
	if b.Diagnostic == "" {
		b.Diagnostic = c.wordsAbout(b.Recipient)
		if b.Status == "" {
			b.Status = firstMatch(enhanced, " "+b.Diagnostic+" ")
		}
	}
	b.Permanent = permanent(b.Status, b.Diagnostic, action == "delayed" || action == "delay")
	return b
}

// failingRecipient chooses the address the mail was sent to: of Original- and Final-Recipient the one the returned message
// names, else the original one (RFC 3464 section 2.3.1: as the sender wrote it).
func (c *classifier) failingRecipient(h *mailparse.Header) string {
	original, final := recipientField(h, "Original-Recipient"), recipientField(h, "Final-Recipient")
	switch {
	case final == "":
		if original == "" {
			return recipientField(h, "X-Actual-Recipient")
		}
		return original
	case original == "" || strings.EqualFold(original, final):
		return final
	}
	if c.m.Returned != nil {
		for _, a := range append(append([]mailparse.Address{}, c.m.Returned.To...), c.m.Returned.Cc...) {
			if strings.EqualFold(a.Addr, final) {
				return final
			}
		}
	}
	return original
}

// recipientField reads "rfc822; jo@example.org" and the forms that leave out the type or put the address in <>.
func recipientField(h *mailparse.Header, name string) string {
	v := typedValue(h.Get(name))
	if a := anAddress.FindString(v); a != "" {
		return a
	}
	v = strings.Trim(v, "<>\"' ")
	if strings.ContainsAny(v, " \t") {
		return ""
	}
	return v
}

// typedValue removes the type from "type; value".
func typedValue(v string) string {
	kind, rest, ok := strings.Cut(v, ";")
	if !ok || len(strings.TrimSpace(kind)) > 20 || strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(v)
	}
	return strings.TrimSpace(rest)
}

func firstMatch(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// permanent decides whether a retry is of no use: a warning never is permanent; then the status class (RFC 3463 section 2), the
// SMTP reply code, the words.
func permanent(status, diagnostic string, delayed bool) bool {
	if delayed {
		return false
	}
	if status != "" {
		return status[0] == '5'
	}
	if code := firstMatch(smtpCode, diagnostic); code != "" {
		return code[0] == '5'
	}
	return !temporaryWhy.MatchString(diagnostic)
}

// reportText is the part of the body in which the server speaks, before the returned message.
func (c *classifier) reportText() string {
	text := c.m.Text
	if strings.TrimSpace(text) == "" {
		text = stripTags(c.m.HTML)
	}
	text = head(text, 64<<10)
	return text[:ReportEnd(text)]
}

// ReportEnd returns where in the text of a delivery report the server's own words end and the copy of the returned message begins, or
// len(text).
func ReportEnd(text string) int {
	end := len(text)
	for _, mark := range copyMarks {
		if i := mark.FindStringIndex(text[:end]); i != nil && i[0] > 40 {
			end = i[0]
		}
	}
	return end
}

var copyMarks = []*regexp.Regexp{
	regexp.MustCompile(`(?im)^-+ ?(?:below this line is a copy|this is a copy of (?:the|your) message|original message|the header of the original|returned message|message header|unsent message|your original message|undelivered message|enclosed is a copy|message follows|forwarded message|included is a copy|header of)`),
	regexp.MustCompile(`(?im)^\s*-+ ?(?:original message|unsent message below|your message follows|message text follows|returned message|message headers? follows?) ?-*\s*$`),
	regexp.MustCompile(`(?im)^(?:the (?:original|returned) message (?:headers|follows|was received)[^\n]*:?\s*$|original message (?:headers|follows)[^\n]*:?\s*$|original headers:|----- original message -----)`),
	regexp.MustCompile(`(?m)^(?:Received|Return-Path): `),
}

// failedLine is a line of a free-text report that stands for one recipient.
var (
	recipientLine = regexp.MustCompile(`(?i)^\s*(?:[-*•>]\s*)?(?:(?:to|for|recipient|address|failed address|unknown user|user unknown|intended recipient|undeliverable (?:to|address)|recipient address|(?:delivery )?failed \d+ attempts|(?:your|the) message to|e-?mail address|user|failed recipient|final recipient|an|à|recipients?)\s*:\s*)?['"<(\[]*(?:[^<>@:]{0,60}[<(\[])?(?:mailto:|smtp:|rfc822;)?\s*([^\s<>"'()\[\]:;,]+@[^\s<>"'()\[\]:;,]+)['">)\]]*(?:\s*<mailto:[^>]*>)?\s*(?:[:.;,]?\s*$|:\s|\.\.\.\s|\s+on \S|\s*\([^)]*\)\s*:|\s*\([^)]*\)\s*$|,?\s+(?:host|unknown|failed|5\d\d|no such)\b|;)`)
	rcptLine      = regexp.MustCompile(`(?i)rcpt to:\s*<([^<>\s]+@[^<>\s]+)>`)
	toAddress     = regexp.MustCompile(`(?i)(?:deliver(?:ed|y)?|sent|reach|message|mail|send)[^@\n.]{0,60}?(?:to|for|an|à)(?: the)?(?: following)?(?: e-?mail)?(?: (?:address|recipient)(?:es|s|\(es\)|\(s\))?)?\s*:?\s*["'<(]*([^\s<>"'()\[\]:;,]+@[^\s<>"'()\[\]:;,]+\w)`)
)

// freeText finds the failing recipients in the words of qmail, Exim, Postfix, Sendmail, Exchange, Domino, Yahoo, Gmail and the like:
// addresses that begin a line; else those of the SMTP dialogue; else those the sentence names; else whom the returned message was to.
func (c *classifier) freeText(text string) []Bounce {
	delayed := delayWords.MatchString(c.subject) || delayWords.MatchString(text) && !strings.Contains(strings.ToLower(text), "permanent") && !givenUp.MatchString(text)
	lines := newReportLines(text)
	found := c.listedRecipients()
	if len(found) == 0 {
		for _, name := range lines.names {
			if name != "" {
				found = c.addRecipient(found, name)
			}
		}
	}
	for _, re := range []*regexp.Regexp{rcptLine, toAddress} {
		if len(found) > 0 {
			break
		}
		for _, m := range re.FindAllStringSubmatch(text, 50) {
			found = c.addRecipient(found, m[1])
		}
	}
	if len(found) == 0 {
		if m := anAddress.FindString(c.subject); m != "" {
			found = c.addRecipient(found, m)
		}
	}
	if len(found) == 0 {
		found = c.returnedTo()
	}
	out := make([]Bounce, 0, len(found))
	for _, addr := range found {
		d := lines.about(addr, len(found) == 1)
		b := Bounce{Recipient: addr, Diagnostic: d, Status: firstMatch(enhanced, " "+d+" ")}
		if b.Status == "" && len(found) == 1 {
			b.Status = firstMatch(enhanced, " "+strings.ReplaceAll(text, "\n", " ")+" ")
		}
		words := d
		if b.Status == "" && firstMatch(smtpCode, d) == "" && len(found) == 1 {
			words = text
		}
		b.Permanent = permanent(b.Status, words, delayed)
		if b.Status == "" && !delayed && firstMatch(smtpCode, words) == "" && saysPermanent.MatchString(text) {
			b.Permanent = true
		}
		out = append(out, b)
	}
	return out
}

var saysPermanent = regexp.MustCompile(`(?i)this is a permanent error|permanent fatal error|failed permanently`)

var givenUp = regexp.MustCompile(`(?i)giv(?:en|ing) up|gave up|no longer be retried|has been (?:returned|removed)|could not be delivered|delivery (?:has )?failed|not delivered|undeliverable|retry time(?:out)? exceeded|too long`)

// listedRecipients reads X-Failed-Recipients, which Exim and Gmail set.
func (c *classifier) listedRecipients() []string {
	var out []string
	for _, v := range c.m.Header.Values("X-Failed-Recipients") {
		for _, a := range anAddress.FindAllString(v, 100) {
			out = c.addRecipient(out, a)
		}
	}
	return out
}

// addRecipient adds an address that can be a failing recipient: not the one the report itself went to, no server's own.
func (c *classifier) addRecipient(list []string, addr string) []string {
	addr = strings.Trim(addr, ".,;:'\"`<>()[]")
	addr = strings.TrimPrefix(addr, "mailto:")
	local, domain, ok := strings.Cut(addr, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(list) >= 200 {
		return list
	}
	for _, to := range c.m.To {
		if strings.EqualFold(to.Addr, addr) {
			return list
		}
	}
	if len(c.m.From) > 0 && strings.EqualFold(c.m.From[0].Addr, addr) || daemonLocal.MatchString(local) && strings.EqualFold(local, "postmaster") || strings.HasPrefix(strings.ToLower(local), "mailer-daemon") {
		return list
	}
	for _, have := range list {
		if strings.EqualFold(have, addr) {
			return list
		}
	}
	return append(list, addr)
}

// returnedTo is whom the returned message was for.
func (c *classifier) returnedTo() []string {
	var out []string
	if r := c.m.Returned; r != nil {
		for _, a := range append(append([]mailparse.Address{}, r.To...), r.Cc...) {
			out = c.addRecipient(out, a.Addr)
		}
		return out
	}
	for _, a := range c.m.Attachments {
		if a.Type == "message/rfc822" || a.Type == "text/rfc822-headers" {
			if inner, _ := mailparse.Parse(a.Data[:min(len(a.Data), 256<<10)], mailparse.Limits{}); inner != nil {
				for _, to := range inner.To {
					out = c.addRecipient(out, to.Addr)
				}
			}
			return out
		}
	}
	if i := strings.Index(c.m.Text, "\nTo: "); i >= 0 {
		line, _, _ := strings.Cut(c.m.Text[i+5:], "\n")
		for _, a := range mailparse.ParseAddresses(line) {
			out = c.addRecipient(out, a.Addr)
		}
	}
	return out
}

// wordsAbout is what the text says about one recipient.
func (c *classifier) wordsAbout(addr string) string {
	return newReportLines(c.reportText()).about(addr, true)
}

// reportLines are the lines of a free-text report, looked at once so that many recipients do not cost many readings.
type reportLines struct {
	text  []string
	lower []string
	names []string // the address a line stands for, "" for most
	coded string   // the first line with both an SMTP and an enhanced code
}

func newReportLines(text string) reportLines {
	r := reportLines{text: strings.Split(text, "\n")}
	for _, l := range r.text {
		name := ""
		if strings.Contains(l, "@") && len(l) < 1000 {
			if m := recipientLine.FindStringSubmatch(l); m != nil {
				name = m[1]
			}
		}
		r.names = append(r.names, name)
		r.lower = append(r.lower, strings.ToLower(l))
		if r.coded == "" && len(l) < 2000 && smtpCode.MatchString(l) && enhanced.MatchString(" "+l+" ") {
			r.coded = strings.TrimSpace(l)
		}
	}
	return r
}

// about collects the lines that speak of an address: its own and those below it, up to the next address that begins a line; with the
// first line anywhere that has reply codes when none of them has and alone says that the report is on no other recipient.
func (r reportLines) about(addr string, alone bool) string {
	var out []string
	lower := strings.ToLower(addr)
	for i := 0; i < len(r.text) && addr != ""; i++ {
		if !strings.Contains(r.lower[i], lower) {
			continue
		}
		out = append(out, strings.TrimSpace(r.text[i]))
		blank := 0
		for j := i + 1; j < len(r.text) && j < i+15; j++ {
			l := strings.TrimSpace(r.text[j])
			if l == "" {
				if blank++; blank > 1 || len(out) > 1 {
					break
				}
				continue
			}
			if r.names[j] != "" && !strings.EqualFold(r.names[j], addr) {
				break
			}
			out = append(out, l)
		}
		if s := head(strings.Join(out, " "), 4000); smtpCode.MatchString(s) || enhanced.MatchString(" "+s+" ") || len(out) > 1 {
			break
		}
	}
	s := head(strings.Join(out, " "), 4000)
	if alone && r.coded != "" && !smtpCode.MatchString(s) && !enhanced.MatchString(" "+s+" ") {
		s = strings.TrimSpace(s + " " + r.coded)
	}
	return mailparse.OneLine(strings.ToValidUTF8(head(s, 1000), ""))
}

var tagForm = regexp.MustCompile(`(?s)<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]*>`)

// stripTags is enough of an HTML reader for reports, which are looked through and never shown.
func stripTags(s string) string {
	s = head(s, 256<<10)
	s = strings.NewReplacer("<br", "\n<br", "<p", "\n<p", "<div", "\n<div", "</td", "\n</td", "&lt;", " <", "&gt;", "> ", "&nbsp;", " ", "&amp;", "&", "&#64;", "@").Replace(s)
	return tagForm.ReplaceAllString(s, "")
}
