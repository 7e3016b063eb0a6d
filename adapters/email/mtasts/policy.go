// Package mtasts reads and remembers what recipients' domains say about securing mail on its way to them: SMTP MTA Strict Transport
// Security (RFC 8461). Parsing is pure; Cache asks the DNS and the policy host.
package mtasts

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Mode is what a sender is to do when a policy is not met.
type Mode string

// The modes (RFC 8461 section 5).
const (
	Enforce Mode = "enforce" // do not deliver
	Testing Mode = "testing" // deliver, and report
	None    Mode = "none"    // the domain has no policy any more
)

// Limits of what is read.
const (
	MaxPolicy = 64 << 10                   // bytes of a policy (RFC 8461 section 3.3 suggests 64 kilobytes)
	maxMX     = 1000                       // mx patterns of one policy
	mostAge   = 31_557_600 * time.Second   // the longest max_age (section 3.2)
	maxID     = 32                         // characters of a record's id (section 3.1)
	wellKnown = "/.well-known/mta-sts.txt" // section 3.3
	version   = "STSv1"
)

// Policy is one domain's policy.
type Policy struct {
	Mode   Mode
	MX     []string      // lower-case host names; "*.example.net" stands for any one label there
	MaxAge time.Duration // how long it may be kept
}

// Matches reports whether mail may be handed to an MX host by this name (RFC 8461 section 4.1): a wildcard stands for exactly one label,
// the leftmost (RFC 6125 section 6.4.3).
func (p Policy) Matches(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(p.MX, func(pattern string) bool {
		if rest, ok := strings.CutPrefix(pattern, "*"); ok { // rest begins with its dot
			label, tail, found := strings.Cut(host, ".")
			return found && label != "" && "."+tail == rest
		}
		return pattern == host
	})
}

// ErrPolicy is a policy that cannot be used ("sts-policy-invalid" of RFC 8460).
var ErrPolicy = errors.New("mtasts: the policy is not valid")

// ParsePolicy reads a policy's text (RFC 8461 section 3.2). Of a field given twice the first counts, except mx; unknown fields are ignored.
func ParsePolicy(text []byte) (Policy, error) {
	bad := func(format string, args ...any) (Policy, error) {
		return Policy{}, fmt.Errorf("%w: %s", ErrPolicy, fmt.Sprintf(format, args...))
	}
	if len(text) > MaxPolicy {
		return bad("it is longer than %d bytes", MaxPolicy)
	}
	if !utf8.Valid(text) {
		return bad("it is not text")
	}
	fields := map[string]string{}
	var p Policy
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		name, value, ok := field(string(bytes.TrimSuffix(line, []byte("\r"))))
		switch {
		case name == "" && ok: // an empty line
		case !ok:
			return bad("a line is no field")
		case name == "mx":
			if !pattern(value) || len(p.MX) == maxMX {
				return bad("an mx is no host name, or there are too many")
			}
			p.MX = append(p.MX, strings.ToLower(value))
		default:
			if _, twice := fields[name]; !twice {
				fields[name] = value
			}
		}
	}
	if fields["version"] != version {
		return bad("its version is not %s", version)
	}
	switch p.Mode = Mode(fields["mode"]); p.Mode {
	case Enforce, Testing, None:
	default:
		return bad("it has no mode")
	}
	age := fields["max_age"]
	n, err := strconv.ParseUint(age, 10, 32)
	if err != nil || len(age) > 10 || strings.Trim(age, "0123456789") != "" {
		return bad("its max_age is not a number of seconds")
	}
	if p.MaxAge = min(time.Duration(n)*time.Second, mostAge); p.Mode != None && len(p.MX) == 0 {
		return bad("it has no mx")
	}
	return p, nil
}

// field reads "name: value"; an empty line gives no name and ok.
func field(line string) (name, value string, ok bool) {
	if strings.Trim(line, " \t") == "" {
		return "", "", true
	}
	name, value, ok = strings.Cut(line, ":")
	if !ok || name == "" || len(name) > 32 || strings.ContainsFunc(name, func(r rune) bool { return !letterOrDigit(r) && r != '_' && r != '-' && r != '.' }) {
		return "", "", false
	}
	value = strings.Trim(value, " \t")
	return name, value, !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// pattern reports whether s is a host name or "*." and one.
func pattern(s string) bool {
	s = strings.TrimPrefix(s, "*.")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return !letterOrDigit(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

func letterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// ParseRecord finds the policy's id among the TXT records of _mta-sts.DOMAIN (RFC 8461 section 3.1). No such record, or more than one, means
// that the domain has no policy.
func ParseRecord(txts []string) (id string, ok bool) {
	for _, txt := range txts {
		rest, is := strings.CutPrefix(txt, "v="+version)
		if !is || rest != "" && !strings.HasPrefix(strings.TrimLeft(rest, " \t"), ";") {
			continue
		}
		if ok {
			return "", false
		}
		if id, ok = recordID(rest); !ok {
			return "", false
		}
	}
	return id, ok
}

func recordID(rest string) (id string, ok bool) {
	for part := range strings.SplitSeq(rest, ";") {
		name, value, is := strings.Cut(strings.Trim(part, " \t"), "=")
		if !is || strings.Trim(name, " \t") != "id" {
			continue
		}
		value = strings.Trim(value, " \t")
		if value == "" || len(value) > maxID || strings.ContainsFunc(value, func(r rune) bool { return !letterOrDigit(r) }) {
			return "", false
		}
		return value, true
	}
	return "", false
}
