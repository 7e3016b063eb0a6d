package mailkind

import (
	"regexp"
	"strings"

	"kinbridge/adapters/email/mailparse"
)

// dsnReader reads the recipients' fields of RFC 3464 reports.
type dsnReader struct {
	c    *classifier
	seen map[string]bool
}

// add adds what the fields h say of one recipient, once.
func (d *dsnReader) add(class *Class, h *mailparse.Header, action string) {
	b := d.read(h, action)
	key := strings.ToLower(b.Recipient)
	if b.Recipient == "" || d.seen[key] || len(class.Bounces) >= maxRecipients {
		return
	}
	d.seen[key] = true
	class.Bounces = append(class.Bounces, b)
}

func (d *dsnReader) read(h *mailparse.Header, action string) Bounce {
	b := Bounce{Recipient: d.recipient(h), Diagnostic: typedValue(h.Get("Diagnostic-Code"))}
	field := strings.TrimSpace(h.Get("Status"))
	b.Status = firstMatch(anyStatus, " "+field+" ")
	inDiagnostic := firstMatch(enhanced, " "+b.Diagnostic+" ")
	if inDiagnostic != "" && (b.Status == "" || strings.HasSuffix(b.Status, ".0.0") && inDiagnostic[0] == b.Status[0]) {
		b.Status = inDiagnostic
	}
	if strings.HasPrefix(b.Status, "2.") {
		b.Status = "" // of a failure it says nothing
	}
	if b.Diagnostic == "" {
		b.Diagnostic = d.c.report().about(b.Recipient, true)
		if b.Status == "" {
			b.Status = firstMatch(enhanced, " "+b.Diagnostic+" ")
		}
	}
	switch action {
	case "delayed", "delay":
		b.Delayed = true
	case "failed", "failure", "fail":
	default:
		b.Delayed = (b.Status == "" || b.Status[0] == '4') && d.c.report().delay()
	}
	switch {
	case b.Delayed:
	case b.Status == "" && len(field) > 1 && (field[0] == '4' || field[0] == '5') && field[1] == '.':
		b.Permanent = field[0] == '5' // cut off, but its class is there
	default:
		b.Permanent = permanent(b.Status, b.Diagnostic)
	}
	return b
}

// recipient chooses the address the mail was sent to: of Original- and Final-Recipient the one the returned message names, else the original
// one (RFC 3464 section 2.3.1: as the sender wrote it).
func (d *dsnReader) recipient(h *mailparse.Header) string {
	original, final := recipientField(h, "Original-Recipient"), recipientField(h, "Final-Recipient")
	if !strings.Contains(original, "@") {
		original = ""
	}
	if !strings.Contains(final, "@") {
		if a := recipientField(h, "X-Actual-Recipient"); strings.Contains(a, "@") {
			final = a
		} else if original == "" {
			return d.completed(final)
		} else {
			final = ""
		}
	}
	switch {
	case final == "":
		return original
	case original == "" || strings.EqualFold(original, final):
		return final
	}
	if d.c.m.Returned != nil {
		for _, a := range append(append([]mailparse.Address{}, d.c.m.Returned.To...), d.c.m.Returned.Cc...) {
			if strings.EqualFold(a.Addr, final) {
				return final
			}
		}
	}
	return original
}

// completed finds the address of a recipient of which only a local name is given, in the returned message; or the name.
func (d *dsnReader) completed(name string) string {
	to := d.c.returnedTo()
	for _, a := range to {
		if local, _, _ := strings.Cut(a, "@"); strings.EqualFold(local, name) {
			return a
		}
	}
	if len(to) == 1 {
		return to[0]
	}
	if found := d.c.report().recipients(); len(found) == 1 {
		return found[0]
	}
	return name
}

// recipientField reads "rfc822; jo@example.org" and the forms that leave out the type or put the address in <>.
func recipientField(h *mailparse.Header, name string) string {
	v := typedValue(h.Get(name))
	if a := anAddress.FindString(v); a != "" {
		return xtext.Replace(a)
	}
	v = strings.Trim(v, "<>\"' ")
	if strings.ContainsAny(v, " \t") {
		return ""
	}
	return v
}

// xtext undoes the encoding that RFC 3461 section 4 has for SMTP, where a server copied it into its report.
var xtext = strings.NewReplacer("+2B", "+", "+3D", "=")

// typedValue removes the type from "type; value".
func typedValue(v string) string {
	kind, rest, ok := strings.Cut(v, ";")
	if !ok || len(strings.TrimSpace(kind)) > 20 || strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(v)
	}
	return strings.TrimSpace(rest)
}

var (
	smtpCode  = regexp.MustCompile(`(?:^|[^\d.])([45](?:[0-5]\d|7[0-3]))(?:[ \-:;,)'"#]|$)`)
	enhanced  = regexp.MustCompile(`(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\. )`)
	anyStatus = regexp.MustCompile(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\. )`)
	anAddress = regexp.MustCompile("[\\pL\\pN.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9.\u0080-\uffff-]*[A-Za-z0-9\u0080-\uffff])?")
)

func firstMatch(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// permanent decides whether a retry is of no use: by the status class (RFC 3463 section 2), the SMTP reply code, the words.
func permanent(status, diagnostic string) bool {
	if status != "" {
		return status[0] == '5'
	}
	if code := firstMatch(smtpCode, diagnostic); code != "" {
		return code[0] == '5'
	}
	toks := tokens(head(diagnostic, 4000))
	for _, h := range reportLexicon().find(toks, len(toks)) {
		if h.sense == temporary {
			return false
		}
	}
	return true
}
