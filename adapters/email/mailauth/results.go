package mailauth

import (
	"strings"
)

// Reported is what another server says that it found out about a message (RFC 8601).
type Reported struct {
	By      string // the server's name for itself (authserv-id), lower case; "" in the header of Exchange Online, which has none
	Header  string // the field it was read from
	Methods []Method
}

// Method is one method's outcome. Props holds the properties by type and name ("header.d", "smtp.mailfrom"), the keys in lower case; a
// property given twice with different values is left empty, because nothing says which is meant.
type Method struct {
	Name   string // "spf", "dkim", "dmarc", "arc", "compauth" …, lower case
	Result Result
	Props  map[string]string
}

// NoID in the list of trusted results means the Authentication-Results of Exchange Online, which carry no server's name.
const NoID = "none-id"

// maxResults and maxProps bound what is read of one field.
const (
	maxResults = 64
	maxProps   = 32
)

// fromHeader finds the one Authentication-Results field that may be trusted: the topmost of a server in trusted, or, when trusted
// holds NoID, the topmost of all when that one names no server. Everything below or of other servers may have been written by the sender
// and is not looked at (RFC 8601 section 7.1). It can be trusted only as far as the mailbox provider takes out such fields of others
// (section 5).
func (m *message) fromHeader(trusted []string) (found Reported, ok bool) {
	top := true
	if len(trusted) == 0 {
		return found, false
	}
	m.each("Authentication-Results", func(f field) bool {
		r, readable := parseResults(string(f.value()))
		first := top
		top = false
		if !readable {
			return true
		}
		for _, t := range trusted {
			if strings.EqualFold(t, NoID) && r.By == "" && first || r.By != "" && strings.EqualFold(t, r.By) && !strings.EqualFold(t, NoID) {
				found, ok = r, true
				found.Header = "Authentication-Results"
				return false
			}
		}
		return true
	})
	return found, ok
}

// source says in words whose results these are.
func (r Reported) source() string {
	if r.By == "" {
		return r.Header + " without a server's name"
	}
	return r.Header + " of " + r.By
}

// token is a word, a quoted string glued to words, or one of ; and =.
type token struct {
	text  string
	mark  byte // ';', '=' or 0 for a word
	blank bool // white space or a comment stood before it
}

// resultTokens splits a field's value (RFC 8601 section 2.2, RFC 5322 section 3.2). Comments go, and what is quoted stays one word: a sender can
// choose what stands there, so it must not be taken for results. A comment or a quotation that never ends swallows the rest.
func resultTokens(text string) []token {
	var out []token
	var word strings.Builder
	inWord, blank := false, false
	end := func() {
		if inWord {
			out = append(out, token{text: word.String(), blank: blank})
			word.Reset()
			inWord, blank = false, false
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			end()
			blank = true
		case '(':
			end()
			blank = true
			i = commentEnd(text, i)
		case ';', '=':
			if c == '=' && inWord && len(out) > 1 && out[len(out)-1].mark == '=' {
				word.WriteByte(c) // "header.b=abc=": a value may hold it
				continue
			}
			end()
			out = append(out, token{mark: c, blank: blank})
			blank = false
		case '"':
			inWord = true
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' && i+1 < len(text) {
					i++
				}
				word.WriteByte(text[i])
			}
			if i >= len(text) {
				return out // the quotation never ends
			}
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	end()
	return out
}

// commentEnd returns the index of the bracket that closes the comment at text[i]; len(text) when none does.
func commentEnd(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// stripComments takes the comments out of a value in which nothing is quoted.
func stripComments(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '(' {
			i = commentEnd(text, i)
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// parseResults reads the value of Authentication-Results. ok is false when it cannot be read or is of an unknown version.
func parseResults(text string) (r Reported, ok bool) {
	tokens := resultTokens(text)
	var parts [][]token
	for start, i := 0, 0; i <= len(tokens); i++ {
		if i == len(tokens) || tokens[i].mark == ';' {
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
		if len(parts) > maxResults {
			break
		}
	}
	switch first := parts[0]; {
	case len(first) == 0:
		return r, false
	case len(first) > 1 && first[1].mark == '=':
		// Exchange Online begins with the first result at once.
	case first[0].mark != 0, len(first) > 2, len(first) == 2 && first[1].text != "1":
		return r, false
	default:
		r.By = strings.ToLower(first[0].text)
		parts = parts[1:]
	}
	for _, part := range parts {
		if m, ok := parseMethod(part); ok {
			r.Methods = append(r.Methods, m)
		}
	}
	return r, r.By != "" || len(r.Methods) > 0
}

// parseMethod reads "method/version = result reason=... ptype.property=value ...".
func parseMethod(t []token) (Method, bool) {
	if len(t) < 3 || t[0].mark != 0 || t[1].mark != '=' || t[2].mark != 0 {
		return Method{}, false
	}
	name, _, _ := strings.Cut(t[0].text, "/")
	m := Method{Name: strings.ToLower(name), Result: resultWord(t[2].text), Props: map[string]string{}}
	for i := 3; i < len(t) && len(m.Props) < maxProps; i++ {
		if t[i].mark != 0 || i+1 >= len(t) || t[i+1].mark != '=' {
			continue
		}
		key, value := strings.ToLower(t[i].text), ""
		i++
		if i+1 < len(t) && t[i+1].mark == 0 && (!t[i+1].blank || i+2 >= len(t) || t[i+2].mark != '=') {
			i++
			value = t[i].text
		}
		if had, twice := m.Props[key]; twice && had != value {
			value = ""
		}
		m.Props[key] = value
	}
	return m, true
}

// resultWord reads a result (RFC 8601 section 2.7). "hardfail" is an old word; words that are unknown here, such as Exchange's
// "bestguesspass", say nothing.
func resultWord(s string) Result {
	switch r := Result(strings.ToLower(s)); r {
	case Pass, Fail, SoftFail, Neutral, TempError, PermError:
		return r
	case "hardfail":
		return Fail
	case "policy":
		return Neutral
	}
	return None
}

// spf returns the domain that SPF was asked about and the outcome: that of the envelope sender before that of the HELO name.
func (r Reported) spf() (domain string, res Result) {
	res = None
	for _, m := range r.Methods {
		if m.Name != "spf" {
			continue
		}
		d := mailDomain(m.Props["smtp.mailfrom"])
		if d == "" {
			d = mailDomain(m.Props["smtp.mail"]) // the older spelling
		}
		if d != "" {
			return d, m.Result
		}
		if domain == "" {
			domain, res = mailDomain(m.Props["smtp.helo"]), m.Result
		}
	}
	return domain, res
}

// dkim returns the signatures that were reported.
func (r Reported) dkim() []Signature {
	var out []Signature
	for _, m := range r.Methods {
		if m.Name != "dkim" || m.Result == None || len(out) == maxSignatures {
			continue
		}
		s := Signature{Domain: asciiDomain(m.Props["header.d"]), Result: m.Result, By: r.source()}
		if s.Domain == "" {
			s.Domain, s.loose = mailDomain(m.Props["header.i"]), true
		}
		if s.Result != Pass {
			s.Reason = "the mailbox provider says so"
		}
		if s.Domain != "" {
			out = append(out, s)
		}
	}
	return out
}

// dmarcPass says whether DMARC passed for the domain.
func (r Reported) dmarcPass(from string) bool {
	pass := false
	for _, m := range r.Methods {
		if m.Name == "dmarc" {
			if m.Result != Pass || mailDomain(m.Props["header.from"]) != from {
				return false
			}
			pass = true
		}
	}
	return pass && from != ""
}

// vouchesFor says whether an aligned method passed for the From domain.
func (r Reported) vouchesFor(from string, strictDKIM, strictSPF bool) bool {
	if from == "" {
		return false
	}
	for _, s := range r.dkim() {
		if s.Result == Pass && s.alignedWith(from, strictDKIM) {
			return true
		}
	}
	d, res := r.spf()
	return res == Pass && aligned(from, d, strictSPF) || r.dmarcPass(from)
}

// mailDomain returns the domain of an address or of a bare domain.
func mailDomain(s string) string {
	s = strings.Trim(s, "<>")
	if strings.Contains(s, "@") {
		return domainOf(s)
	}
	return asciiDomain(s)
}
