package calendar

import (
	"strings"

	"kinbridge/gateway/ids"
)

// property is one content line: NAME;PARAM=value:VALUE. The value is not yet unescaped.
type property struct {
	name   string
	params map[string]string
	value  string
}

// component is BEGIN:name … END:name.
type component struct {
	name  string
	props []property
	kids  []*component
}

// limits of one calendar object: far above any invitation, far below harm.
const (
	maxLines  = 100_000
	maxDepth  = 20
	maxBytes  = 8 << 20
	maxEvents = 5000
	maxParams = 50
)

// ErrNoCalendar says that the data holds no calendar object.
var ErrNoCalendar = ids.E(ids.Invalid, "The message holds no calendar event that can be read.")

// get returns the first property of the name, or nil.
func (c *component) get(name string) *property {
	for i := range c.props {
		if c.props[i].name == name {
			return &c.props[i]
		}
	}
	return nil
}

// text returns the unescaped value of the first property of the name.
func (c *component) text(name string) string {
	if p := c.get(name); p != nil {
		return unescape(p.value)
	}
	return ""
}

// readComponents reads content lines into components. Missing or crossed END lines close what is open; lines that are no
// content lines are passed over. cut says that there were too many lines.
func readComponents(data string) (root *component, cut bool) {
	root = &component{}
	stack := []*component{root}
	lines := unfold(data)
	if len(lines) > maxLines {
		lines, cut = lines[:maxLines], true
	}
	for _, line := range lines {
		p, ok := contentLine(line)
		if !ok {
			continue
		}
		top := stack[len(stack)-1]
		switch p.name {
		case "BEGIN":
			kid := &component{name: strings.ToUpper(strings.TrimSpace(p.value))}
			if len(stack) <= maxDepth {
				top.kids = append(top.kids, kid)
				stack = append(stack, kid)
			}
		case "END":
			name := strings.ToUpper(strings.TrimSpace(p.value))
			for j := len(stack) - 1; j > 0; j-- {
				if stack[j].name == name {
					stack = stack[:j]
					break
				}
			}
		default:
			top.props = append(top.props, p)
		}
	}
	return root, cut
}

// unfold joins folded lines (RFC 5545 section 3.1) and takes every kind of line end.
func unfold(data string) []string {
	data = strings.TrimPrefix(data[:min(len(data), maxBytes)], "\ufeff")
	data = strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n")
	var out []string
	var cur strings.Builder
	open := false
	for _, line := range strings.Split(data, "\n") {
		if open && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			cur.WriteString(line[1:])
			continue
		}
		if open {
			out = append(out, cur.String())
			cur.Reset()
		}
		cur.WriteString(line)
		open = true
	}
	return append(out, cur.String())
}

// contentLine reads one unfolded line. A colon or semicolon inside quotes is part of a parameter.
func contentLine(line string) (property, bool) {
	i := strings.IndexAny(line, ";:")
	if i <= 0 {
		return property{}, false
	}
	p := property{name: strings.ToUpper(strings.TrimSpace(line[:i]))}
	if strings.ContainsAny(p.name, " \t\"") {
		return property{}, false
	}
	rest := line[i:]
	for strings.HasPrefix(rest, ";") {
		end := paramEnd(rest[1:]) + 1
		name, val, _ := strings.Cut(rest[1:end], "=")
		if p.params == nil {
			p.params = map[string]string{} // most lines have none, and there may be very many lines
		}
		if len(p.params) < maxParams {
			p.params[strings.ToUpper(strings.TrimSpace(name))] = strings.Trim(val, `"`)
		}
		rest = rest[end:]
	}
	value, ok := strings.CutPrefix(rest, ":")
	p.value = value
	return p, ok
}

// paramEnd returns where a parameter ends: at the next semicolon or colon outside quotes. A quote that never closes is a
// character like any other.
func paramEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ';', ':':
			return i
		case '"':
			j := strings.IndexByte(s[i+1:], '"')
			if j < 0 {
				if k := strings.IndexAny(s[i:], ";:"); k >= 0 {
					return i + k
				}
				return len(s)
			}
			i += j + 1
		}
	}
	return len(s)
}

// unescape undoes the escapes of TEXT values (RFC 5545 section 3.3.11).
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case '\\', ';', ',', ':', '"':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
