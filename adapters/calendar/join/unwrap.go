package join

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"net/url"
	"strings"
)

// unwrap undoes one layer of the links that mail filters put in the place of those they were given. wrapped says that the link is a
// filter's; inner is "" when only the filter itself can tell where it leads.
func unwrap(u *url.URL) (inner string, wrapped bool) {
	host, q := strings.ToLower(u.Hostname()), u.Query()
	under := func(domains ...string) bool {
		for _, d := range domains {
			if host == d || strings.HasSuffix(host, "."+d) {
				return true
			}
		}
		return false
	}
	switch {
	case under("safelinks.protection.outlook.com", "safelinks.office365.us", "safelinks.protection.office365.us"): // Microsoft Defender
		return q.Get("url"), true
	case under("urldefense.proofpoint.com") && strings.HasPrefix(u.Path, "/v1/"):
		return q.Get("u"), true
	case under("urldefense.proofpoint.com") && strings.HasPrefix(u.Path, "/v2/"):
		return proofpoint2(q.Get("u")), true
	case under("urldefense.com", "urldefense.us", "urldefense.proofpoint.com") && strings.HasPrefix(u.Path, "/v3/"):
		return proofpoint3(u), true
	case under("linkprotect.cudasvc.com"): // Barracuda
		return q.Get("a"), true
	case under("egress.com"): // Egress Defend
		return base64URL(q.Get("Base64Url")), true
	case under("mimecast.com", "mimecastprotect.com"):
		return q.Get("url"), true // most carry only the domain: then nobody but the filter knows
	case under("protection.sophos.com"):
		return base64URL(q.Get("u")), true
	case under("fireeye.com", "trellix.com") && q.Get("u") != "":
		return q.Get("u"), true
	case under("trendmicro.com") && q.Get("url") != "":
		return q.Get("url"), true
	case under("secure-web.cisco.com"):
		if i := strings.LastIndex(u.EscapedPath(), "/http"); i >= 0 {
			return unescapePath(u.EscapedPath()[i+1:]), true
		}
		return "", true
	case (host == "www.google.com" || host == "google.com") && u.Path == "/url":
		if v := q.Get("q"); v != "" {
			return v, true
		}
		return q.Get("url"), true
	case (teamsHosts[host]) && strings.HasPrefix(u.Path, "/dl/launcher/"): // what a browser shows after the link was opened
		if v := q.Get("url"); strings.HasPrefix(v, "/_#/") {
			return "https://" + host + strings.TrimPrefix(v, "/_#"), true
		}
		return "", true
	}
	return "", false
}

func unescapePath(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// proofpoint2 undoes "https-3A__host_path-2Dmore": a hyphen stands for the percent sign, an underscore for the slash.
func proofpoint2(s string) string {
	return unescapePath(strings.NewReplacer("-", "%", "_", "/").Replace(s))
}

// proofpoint3 undoes "/v3/__URL__;CHARS!!…": each * in URL is the next of CHARS (base64), and **X a run of them.
func proofpoint3(u *url.URL) string {
	raw := u.String()
	i := strings.Index(raw, "/v3/__")
	if i < 0 {
		return ""
	}
	body, tail, ok := strings.Cut(raw[i+len("/v3/__"):], "__;")
	if !ok {
		return ""
	}
	enc, _, _ := strings.Cut(tail, "!")
	chars, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(enc, "="))
	if err != nil {
		return ""
	}
	const runs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var b strings.Builder
	take := func(n int) {
		n = min(n, len(chars))
		b.Write(chars[:n])
		chars = chars[n:]
	}
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] != '*':
			b.WriteByte(body[i])
		case i+2 < len(body) && body[i+1] == '*' && strings.IndexByte(runs, body[i+2]) >= 0:
			take(strings.IndexByte(runs, body[i+2]) + 2)
			i += 2
		default:
			take(1)
		}
	}
	s := b.String()
	if rest, ok := strings.CutPrefix(s, "https:/"); ok && !strings.HasPrefix(rest, "/") { // some paths on the way squeeze the slashes
		s = "https://" + rest
	}
	return s
}

// base64URL decodes an address, which may be compressed; at most 8 KiB of it.
func base64URL(s string) string {
	if len(s) > 8192 {
		return ""
	}
	s = strings.NewReplacer("-", "+", "_", "/", " ", "+").Replace(strings.TrimRight(s, "="))
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	if z, err := zlib.NewReader(bytes.NewReader(raw)); err == nil {
		out, err := io.ReadAll(io.LimitReader(z, 8192))
		if err != nil {
			return ""
		}
		raw = out
	}
	if s := string(raw); strings.HasPrefix(s, "https://") {
		return s
	}
	return ""
}
