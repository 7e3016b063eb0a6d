package mailauth

import (
	"errors"
	"strings"
)

// tag is one name=value of a tag list (RFC 6376 section 3.2). from and to are where its value stands in the list's text, blanks included.
type tag struct {
	name, value string
	from, to    int
}

type tagList []tag

const maxTags = 64

var (
	errTagForm  = errors.New("its parts cannot be read")
	errTagTwice = errors.New("it says one thing twice")
)

// parseTags reads a tag list: DKIM and ARC signatures, key records and DMARC policies are written so. Names count by case, and none may be
// given twice.
func parseTags(text string) (tagList, error) {
	list := make(tagList, 0, 12)
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], ';')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		part := text[at:end]
		eq := strings.IndexByte(part, '=')
		name := ""
		if eq >= 0 {
			name = strings.Trim(part[:eq], " \t\r\n")
		}
		switch {
		case eq < 0 && strings.Trim(part, " \t\r\n") == "":
			at = end + 1 // the last semicolon, or one too many
			continue
		case name == "" || strings.ContainsAny(name, " \t\r\n") || len(list) == maxTags:
			return nil, errTagForm
		}
		if _, twice := list.get(name); twice {
			return nil, errTagTwice
		}
		list = append(list, tag{name, strings.Trim(part[eq+1:], " \t\r\n"), at + eq + 1, end})
		at = end + 1
	}
	return list, nil
}

// find returns the tag of the name.
func (l tagList) find(name string) (tag, bool) {
	for _, t := range l {
		if t.name == name {
			return t, true
		}
	}
	return tag{}, false
}

// get returns a tag's value, which may be empty, and whether the tag is there.
func (l tagList) get(name string) (string, bool) {
	t, ok := l.find(name)
	return t.value, ok
}

// word returns a tag's value without any white space; "" when it is not there.
func (l tagList) word(name string) string {
	v, _ := l.get(name)
	return noBlanks(v)
}

// holds says whether a colon-separated value names want, in any case.
func holds(list, want string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ":")
		if strings.EqualFold(strings.TrimSpace(item), want) {
			return true
		}
	}
	return false
}

func noBlanks(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			out = append(out, c)
		}
	}
	return string(out)
}
