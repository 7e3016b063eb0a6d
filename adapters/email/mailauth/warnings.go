package mailauth

import (
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"kinbridge/adapters/email/mailparse"
	"kinbridge/adapters/email/mailparse/charset"
)

// longName is the length, in characters, from which a shown name is remarkable: long ones push the address out of sight.
const longName = 100

// maxLooked bounds, in bytes, how much of a name or of From is looked at.
const maxLooked = 8192

// warn names the tricks in who the message says it is from. It reads only the header.
func (f *Facts) warn(m *message, env Envelope) {
	p := env.Parsed
	if p == nil {
		return
	}
	raw := ""
	m.each("From", func(h field) bool { raw = string(h.value()[:min(len(h.value()), maxLooked)]); return false })
	if f.FromHeaders > 1 {
		f.beware("The message names its writer %d times.", f.FromHeaders)
	}
	if len(p.From) > 1 {
		f.beware("The message names %d writers at once.", len(p.From))
	}
	if isGroup(raw) {
		f.beware("The writer is given as a group, which hides who it is.")
	}
	for i, from := range p.From {
		if i == 3 {
			break // more of them say nothing more
		}
		f.warnName(from, shownText(raw), raw, env.Expect)
	}
	if i := strings.LastIndexByte(f.FromAddress, '@'); i > 0 && strings.Contains(f.FromAddress[:i], "@") {
		f.beware("The address holds a second address in front of the real one, which is at %s.", short(f.FromAddress[i+1:]))
	}
	if f.FromDomain != "" {
		f.warnDomain(env.Expect)
		f.warnOthers(p, env)
	}
}

// beware adds a warning, each once.
func (f *Facts) beware(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, w := range f.warnings {
		if w == text {
			return
		}
	}
	f.warnings = append(f.warnings, text)
}

// warnName looks at the name a mail program shows instead of the address. decoded is the whole field, decoded but not cleaned as the parser
// cleans names.
func (f *Facts) warnName(from mailparse.Address, decoded, raw string, expect []Party) {
	name := from.Name[:min(len(from.Name), maxLooked)]
	if hiddenIn(decoded) {
		f.beware("The name shown holds hidden characters.")
	}
	if utf8.RuneCountInString(name) > longName {
		f.beware("The name shown is unusually long.")
	}
	if mixedScripts(name) {
		f.beware("The name shown mixes letters of different alphabets that look alike.")
	}
	if other := addressIn(name); other != "" && !strings.EqualFold(other, from.Addr) {
		if strings.Contains(raw, "=?") && !strings.Contains(raw, other) {
			f.beware("The name shown hides another address (%s) than the message was sent from (%s).", short(other), short(from.Addr))
		} else {
			f.beware("The name shown contains another address (%s) than the message was sent from (%s).", short(other), short(from.Addr))
		}
	}
	domain := domainOf(from.Addr)
	shown := skeleton(strings.Join(strings.Fields(name), " "))
	for _, p := range expect {
		own := asciiDomain(p.Domain)
		if name == "" || own == "" || aligned(own, domain, false) {
			continue
		}
		named := skeleton(strings.Join(strings.Fields(p.Name), " "))
		if utf8.RuneCountInString(named) >= 4 && containsWords(shown, named) {
			f.beware("The name shown is that of %s, but the address is not one of %s.", p.Name, p.Domain)
		} else if containsWords(shown, skeleton(own)) {
			f.beware("The name shown contains %s, but the address is not there.", p.Domain)
		}
	}
}

// containsWords says whether whole contains part with no letter or digit right before or after it.
func containsWords(whole, part string) bool {
	edge := func(s string, last bool) bool {
		if s == "" {
			return true
		}
		r, _ := utf8.DecodeRuneInString(s)
		if last {
			r, _ = utf8.DecodeLastRuneInString(s)
		}
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x80)
	}
	for at := 0; part != ""; {
		i := strings.Index(whole[at:], part)
		if i < 0 {
			return false
		}
		i += at
		if edge(whole[:i], true) && edge(whole[i+len(part):], false) {
			return true
		}
		at = i + 1
	}
	return false
}

// warnDomain looks at the domain of the address.
func (f *Facts) warnDomain(expect []Party) {
	if foreignLabel(f.FromDomain) {
		shown, _ := idna.Display.ToUnicode(f.FromDomain)
		f.beware("The address is at %s (%s), written in letters of another alphabet that look like ours.", short(shown), f.FromDomain)
	}
	for _, p := range expect {
		if aligned(asciiDomain(p.Domain), f.FromDomain, false) {
			return // it is one of those expected: two of them may be like each other
		}
	}
	for _, p := range expect {
		if looksLike(f.FromDomain, asciiDomain(p.Domain)) {
			f.beware("The address is at %s, which looks like %s and is not.", f.FromDomain, p.Domain)
		}
	}
}

// warnOthers looks at the other addresses in the header and at the envelope.
func (f *Facts) warnOthers(p *mailparse.Message, env Envelope) {
	for _, to := range p.ReplyTo {
		if d := domainOf(to.Addr); d != "" && !aligned(f.FromDomain, d, false) {
			f.beware("Answers would go to another organisation (%s) than the message is from (%s).", d, f.FromDomain)
		}
		if len(f.warnings) > 12 {
			break
		}
	}
	for _, by := range p.Sender {
		if d := domainOf(by.Addr); d != "" && !aligned(f.FromDomain, d, false) {
			f.beware("It was sent by somebody at %s in the name of the writer.", d)
			break
		}
	}
	if d := domainOf(env.MailFrom); d != "" && !aligned(f.FromDomain, d, false) && !f.Verified() {
		f.beware("The server that sent it gave another sender (at %s) than the message shows.", d)
	}
}

var (
	wideAt  = strings.NewReplacer("＠", "@", "﹫", "@")
	unfolds = strings.NewReplacer("\r", "", "\n", "")
)

// addressIn finds an address in a shown name; "" when there is none. The wide and the small @ are read as one.
func addressIn(name string) string {
	if !strings.ContainsAny(name, "@＠﹫") {
		return ""
	}
	name = wideAt.Replace(name)
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" \t<>()[]{},;:\"'|/", r) }) {
		word = strings.Trim(word, ".")
		local, domain, ok := strings.Cut(word, "@")
		if ok && local != "" && strings.Contains(domain, ".") {
			return word
		}
	}
	return ""
}

// isGroup says whether a From value uses the group form "name: addresses;" (RFC 6854 allows it, people do not use it).
func isGroup(raw string) bool {
	inQuote, colon := false, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\':
			i++
		case c == '"':
			inQuote = !inQuote
		case inQuote:
		case c == '(':
			i = commentEnd(raw, i)
		case c == '<':
			j := strings.IndexByte(raw[i:], '>')
			if j < 0 {
				return false
			}
			i += j
		case c == ':':
			colon = true
		case c == ';' && colon:
			return true
		}
	}
	return false
}

// shownText decodes a From value (RFC 2047) and leaves in what the parser takes out of names.
func shownText(raw string) string {
	if strings.ContainsAny(raw, "\r\n") {
		raw = unfolds.Replace(raw)
	}
	if !strings.Contains(raw, "=?") {
		return raw
	}
	d := mime.WordDecoder{CharsetReader: func(name string, in io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(io.LimitReader(in, 8192))
		return strings.NewReader(charset.Decode(b, name)), err
	}}
	if text, err := d.DecodeHeader(raw); err == nil {
		return text
	}
	return raw
}

// short cuts what is shown of a stranger's text.
func short(s string) string {
	if utf8.RuneCountInString(s) <= 80 {
		return s
	}
	return string([]rune(s)[:80]) + "…"
}
