package mailkind

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// bareAddress takes from an address what stands around it in text: marks, "mailto:", and the words of a script that does not part words,
// which an expression that allows for such addresses (RFC 6531) reads as part of it.
func bareAddress(addr string) string {
	addr = strings.Trim(addr, ".,;:'\"`<>()[]")
	addr = strings.TrimPrefix(addr, "mailto:")
	local, domain, ok := strings.Cut(addr, "@")
	if !ok {
		return addr
	}
	if i := strings.LastIndexFunc(local, unparted); i >= 0 {
		if _, n := utf8.DecodeRuneInString(local[i:]); i+n < len(local) {
			local = local[i+n:]
		}
	}
	if i := strings.IndexFunc(domain, unparted); i > 0 && isASCII(domain[:i]) && strings.Contains(domain[:i], ".") && domain[i-1] != '.' {
		domain = domain[:i]
	}
	return local + "@" + domain
}

// unparted says that r is of a script without spaces, or one of its marks.
func unparted(r rune) bool {
	return r >= 0x2000 && (single(r) || unicode.IsPunct(r))
}
