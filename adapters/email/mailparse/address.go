package mailparse

import "strings"

// ParseAddresses reads an address list (RFC 5322 section 3.4) that stands outside a header, such as in the text of a delivery report. It
// never refuses: what is no address comes out as a name.
func ParseAddresses(list string) []Address { return parseAddresses(list, "") }

// parseAddresses reads an address list (RFC 5322 section 3.4) without ever refusing: quoted names, comments, groups,
// semicolons between addresses, unquoted commas in names, addresses without a domain. Encoded words are decoded only
// after the list has been split, so that an encoded comma or <address> stays part of the name.
func parseAddresses(v, hint string) []Address {
	var out []Address
	// Raw bytes are decoded first: in the charsets of East Asia they can look like marks of the syntax.
	s := addressScanner{src: rawText(v, hint), hint: hint}
	for len(out) < maxAddresses {
		a, more := s.next()
		if a.Name != "" || a.Addr != "" {
			// "Price, Jo <jo@x>" with no quotes: a name without an address belongs to the next one.
			if n := len(out); n > 0 && out[n-1].Addr == "" && a.Addr != "" && a.Name != "" && !s.group {
				a.Name = out[n-1].Name + ", " + a.Name
				out = out[:n-1]
			}
			out = append(out, a)
		}
		if !more {
			break
		}
	}
	return out
}

// maxAddresses bounds the mailboxes of one list, and where all fields of a name begin to be left out.
const maxAddresses = 2000

type addressScanner struct {
	src   string
	hint  string
	group bool // inside "group: a, b;"
	// A quote or comment that never closes is found once, not again at each mark after it (that would be quadratic).
	openQuote, openComment bool
}

// next reads one mailbox up to its comma or semicolon; more says whether anything is left.
func (s *addressScanner) next() (a Address, more bool) {
	var phrase, comment strings.Builder
	addr, hasAngle := "", false
	i := 0
	for ; i < len(s.src); i++ {
		if c := s.src[i]; c == '=' && !hasAngle {
			// A comma or a bracket inside an encoded word is part of the name.
			if w, ok := encodedWord(s.src[i:min(len(s.src), i+400)]); ok {
				phrase.WriteString(s.src[i : i+w.length])
				i += w.length - 1
				continue
			}
		}
		switch c := s.src[i]; c {
		case '"':
			text, n := "", 1
			if !s.openQuote {
				text, n = quoted(s.src[i:])
				s.openQuote = n == 1
			}
			phrase.WriteString(text)
			i += n - 1
		case '(':
			text, n := "", 1
			if !s.openComment {
				text, n = commentText(s.src[i:])
				s.openComment = n == 1
			}
			if comment.Len() > 0 {
				comment.WriteByte(' ')
			}
			comment.WriteString(text)
			i += n - 1
		case '<':
			end := strings.IndexByte(s.src[i:], '>')
			if end < 0 {
				end = len(s.src) - i
			}
			inner, _, _ := strings.Cut(s.src[i+1:i+end], "<")
			inner = strings.Trim(inner, "<> \t")
			if addr == "" || strings.Contains(inner, "@") {
				addr, hasAngle = inner, true
			}
			i += min(end, len(s.src)-i-1)
		case '>': // one too many
		case ':':
			if !hasAngle && !strings.Contains(phrase.String(), "@") && !strings.HasSuffix(phrase.String(), "mailto") {
				phrase.Reset() // the name of a group
				s.group = true
				continue
			}
			phrase.WriteByte(c)
		case ',', ';':
			s.src = s.src[i+1:]
			s.group = s.group && c == ','
			return s.mailbox(phrase.String(), comment.String(), addr, hasAngle), true
		default:
			phrase.WriteByte(c)
		}
	}
	s.src = ""
	return s.mailbox(phrase.String(), comment.String(), addr, hasAngle), false
}

func (s *addressScanner) mailbox(phrase, comment, addr string, hasAngle bool) Address {
	name := strings.TrimSpace(phrase)
	if !hasAngle && strings.Contains(name, "@") && !strings.HasPrefix(name, "=?") {
		// A bare address, perhaps with words around it.
		for _, w := range strings.Fields(name) {
			if strings.Contains(w, "@") {
				addr = strings.Trim(w, "[]<>'\"")
				name = strings.TrimSpace(strings.Replace(name, w, "", 1))
				break
			}
		}
	}
	if name == "" {
		name = comment // the old form: jo@example.org (Jo Price)
	}
	name = OneLine(decodeWords(name, s.hint))
	name = strings.Trim(name, `"' `)
	addr = OneLine(decodeWords(addr, s.hint))
	addr = strings.TrimPrefix(addr, "mailto:")
	if !strings.HasPrefix(addr, `"`) { // a quoted local part may hold blanks
		addr = strings.Join(strings.Fields(addr), "")
	}
	if j := strings.LastIndexByte(addr, ':'); j >= 0 && strings.HasPrefix(addr, "@") {
		addr = addr[j+1:] // a source route (RFC 5322 section 4.4)
	}
	if strings.EqualFold(name, addr) {
		name = ""
	}
	return Address{Name: name, Addr: addr}
}

// quoted reads a quoted string and returns its text and its length in s.
func quoted(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), i + 1
		default:
			b.WriteByte(s[i])
		}
	}
	// No closing quote: take the mark as a character, so that what follows is still read as an address.
	return "", 1
}

// commentText reads a comment, which may nest, and returns its text and its length in s.
func commentText(s string) (string, int) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			}
		case '(':
			if depth++; depth > 1 {
				b.WriteByte('(')
			}
		case ')':
			if depth--; depth == 0 {
				return b.String(), i + 1
			}
			b.WriteByte(')')
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 1
}
