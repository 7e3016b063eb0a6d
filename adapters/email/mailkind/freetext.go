package mailkind

import (
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

// maxRecipients bounds how many recipients one report may name.
const maxRecipients = 200

// report is a delivery report in free text: the words of qmail, Exim, Postfix, Sendmail, Exchange, Domino, Yahoo, Gmail and the like, looked
// at once, so that many recipients do not cost many readings.
type report struct {
	c     *classifier
	text  string
	says  [senses]bool
	lines []string
	lower []string
	names []string // the address a line stands for, "" for most
	coded string   // the first line with both an SMTP and an enhanced code
}

// report reads the server's words, once.
func (c *classifier) report() *report {
	if c.read != nil {
		return c.read
	}
	r := &report{c: c, text: c.reportText()}
	c.read = r
	toks := tokens(head(r.text, 6000))
	for _, h := range reportLexicon().find(toks, len(toks)) {
		r.says[h.sense] = true
	}
	r.lines = strings.Split(r.text, "\n")
	for _, l := range r.lines {
		name := ""
		if strings.Contains(l, "@") && len(l) < 1000 {
			name = lineRecipient(l)
		}
		r.names = append(r.names, name)
		r.lower = append(r.lower, strings.ToLower(l))
		if r.coded == "" && len(l) < 2000 && smtpCode.MatchString(l) && enhanced.MatchString(" "+l+" ") {
			r.coded = strings.TrimSpace(l)
		}
	}
	return r
}

// delay says that the report warns of a delay and tells of no failure.
func (r *report) delay() bool {
	if delaySubject.MatchString(r.c.subject) {
		return true
	}
	toks := tokens(r.c.subject)
	for _, h := range reportLexicon().find(toks, len(toks)) {
		if h.sense == delayed {
			return true
		}
	}
	return r.says[delayed] && !r.says[final]
}

var delaySubject = regexp.MustCompile(`(?i)\(delay|been delayed|^\W*(?:warning|delay)`)

// A line of a free-text report that stands for one recipient: an address, perhaps below a bullet, behind a label or in brackets, and either
// nothing more or what is wrong with it.
var (
	recipientLine = regexp.MustCompile(`(?i)^\s*(?:[-*•>]+\s*)?(?:([^\s<>@:："'(\[][^<>@:："'(\[]{0,60})[:：]\s*)?['"<(\[]*(?:[^<>@:]{0,60}[<(\[])?(?:mailto:|smtp:|rfc822;)?\s*([^\s<>"'()\[\]:;,]+@[^\s<>"'()\[\]:;,]+)['">)\]]*(?:\s*<mailto:[^>]*>)?\s*(?:[:.;,]?\s*$|:\s|\.\.\.\s|\s+on \S|\s*\([^)]*\)\s*:|\s*\([^)]*\)\s*$|,?\s+(?:host|unknown|failed|5\d\d|no such|invalid|user|mailbox|is not|does not|not found)\b|;)`)
	rcptLine      = regexp.MustCompile(`(?i)rcpt to:\s*<([^<>\s]+@[^<>\s]+)>`)
	expandedFrom  = regexp.MustCompile(`(?i)\((?:expanded|generated) (?:from|by):?\s*<?([^<>\s()]+@[^<>\s()]+)>?\)`)
	toAddress     = regexp.MustCompile(`(?i)(?:deliver(?:ed|y)?|sent|reach|message|mail|send|neges|nachricht|mensaje|messaggio|mensagem)[^@\n.]{0,60}?(?:to|for|an|à|at|para|a)(?: the)?(?: following)?(?: e-?mail)?(?: (?:address|recipient)(?:es|s|\(es\)|\(s\))?)?\s*:?\s*["'<(]*([^\s<>"'()\[\]:;,]+@[^\s<>"'()\[\]:;,]+\w)`)
	// otherLabel is before addresses that are no recipients.
	otherLabel = regexp.MustCompile(`(?i)^(?:from|reply-to|sender|return-path|message-?id|references|in-reply-to|x-.*|von|de|da|van|od|.*(?:contact|help|support|assistance|question|administrator|postmaster|sender|reporting|absender|expéditeur|remitente|mittente|发件人|寄件者|送信者|差出人|보낸).*)$`)
)

// lineRecipient returns the address that a line stands for, "" for none.
func lineRecipient(line string) string {
	m := recipientLine.FindStringSubmatch(line)
	if m == nil || m[1] != "" && otherLabel.MatchString(strings.TrimSpace(m[1])) {
		return ""
	}
	return m[2]
}

// recipients finds whom the report is on: those that the header lists; else the addresses that begin a line; else those of the SMTP
// dialogue; else those the sentences name; else that of the subject; else whom the returned message was for; else the only address there is.
func (r *report) recipients() []string {
	c := r.c
	var found []string
	for _, v := range c.m.Header.Values("X-Failed-Recipients") {
		for _, a := range anAddress.FindAllString(v, maxRecipients) {
			found = c.addRecipient(found, a)
		}
	}
	if len(found) == 0 {
		for _, name := range r.names {
			if name != "" {
				found = c.addRecipient(found, name)
			}
		}
	}
	for _, re := range []*regexp.Regexp{expandedFrom, rcptLine, toAddress} {
		if len(found) > 0 {
			break
		}
		for _, m := range re.FindAllStringSubmatch(r.text, 50) {
			found = c.addRecipient(found, m[1])
		}
	}
	if len(found) == 0 {
		if a := anAddress.FindString(c.subject); a != "" {
			found = c.addRecipient(found, a)
		}
	}
	if len(found) == 0 {
		found = c.returnedTo()
	}
	if len(found) == 0 {
		// The one address in all the text, wherever it stands.
		for _, a := range anAddress.FindAllString(r.text, 20) {
			found = c.addRecipient(found, a)
		}
		if len(found) != 1 {
			return nil
		}
	}
	return found
}

// bounces says of each recipient what the report tells.
func (r *report) bounces() []Bounce {
	found, delay := r.recipients(), r.delay()
	out := make([]Bounce, 0, len(found))
	for _, addr := range found {
		alone := len(found) == 1
		d := r.about(addr, alone)
		b := Bounce{Recipient: addr, Diagnostic: d, Status: firstMatch(enhanced, " "+d+" "), Delayed: delay}
		if b.Status == "" && alone {
			b.Status = firstMatch(enhanced, " "+strings.ReplaceAll(r.text, "\n", " ")+" ")
		}
		words := d
		if b.Status == "" && firstMatch(smtpCode, d) == "" && alone {
			words = r.text
		}
		b.Permanent = !delay && (permanent(b.Status, words) || b.Status == "" && firstMatch(smtpCode, words) == "" && saysPermanent.MatchString(r.text))
		out = append(out, b)
	}
	return out
}

var saysPermanent = regexp.MustCompile(`(?i)this is a permanent error|permanent fatal (?:delivery )?error|failed permanently|unrecoverable error`)

// addRecipient adds an address that can be a failing recipient: not the one the report itself went to, no server's own.
func (c *classifier) addRecipient(list []string, addr string) []string {
	addr = bareAddress(addr)
	local, domain, ok := strings.Cut(addr, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || len(list) >= maxRecipients {
		return list
	}
	for _, to := range c.m.To {
		if strings.EqualFold(to.Addr, addr) {
			return list
		}
	}
	if len(c.m.From) > 0 && strings.EqualFold(c.m.From[0].Addr, addr) || strings.EqualFold(local, "postmaster") || strings.HasPrefix(strings.ToLower(local), "mailer-daemon") {
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

// about collects the lines that speak of an address: its own and those below it, up to the next address that begins a line. Of several
// places the first with a code is taken, since Exchange names each recipient once for people and once for administrators. When none has a
// code, and alone says that the report is on no other recipient, the first line anywhere that has is added.
func (r *report) about(addr string, alone bool) string {
	first := ""
	lower := strings.ToLower(addr)
	for i, places := 0, 0; i < len(r.lines) && addr != "" && places < 8; i++ {
		if !strings.Contains(r.lower[i], lower) {
			continue
		}
		places++
		s := r.block(i, addr)
		if smtpCode.MatchString(s) || enhanced.MatchString(" "+s+" ") {
			return oneLine(s)
		}
		if first == "" || !strings.Contains(first, " ") {
			first = strings.TrimSpace(first + " " + s)
		}
	}
	if alone && r.coded != "" {
		first = strings.TrimSpace(first + " " + r.coded)
	}
	return oneLine(first)
}

// block is the line i, on addr, and what follows it on the same recipient.
func (r *report) block(i int, addr string) string {
	out := []string{strings.TrimSpace(r.lines[i])}
	blank := 0
	for j := i + 1; j < len(r.lines) && j < i+15; j++ {
		l := strings.TrimSpace(r.lines[j])
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
	return head(strings.Join(out, " "), 4000)
}

func oneLine(s string) string {
	return mailparse.OneLine(strings.ToValidUTF8(head(s, 1000), ""))
}
