package join

import (
	"net/url"
	"strings"
)

// directSIP makes the address that reaches a meeting without the service's prompt, from the tenant key and the video ID; "" when the
// service is not known. Poly: KEY.CONF@t.plcm.vc. Webex: CONF.KEY@m.webex.com, the other way round. Zoom's and Webex's own meetings have
// their number in front of the @ already.
func directSIP(tenant, video string) string {
	key, domain, _ := strings.Cut(strings.ToLower(tenant), "@")
	switch {
	case key == "":
		return ""
	case digitsOnly(key) == key && len(key) >= 9 && (domain == "zoomcrc.com" || strings.HasSuffix(domain, ".zoomcrc.com") || strings.HasSuffix(domain, ".webex.com") && domain != "m.webex.com"):
		return key + "@" + domain
	case video == "":
		return ""
	case domain == "t.plcm.vc":
		return key + "." + video + "@" + domain
	case domain == "m.webex.com":
		return video + "." + key + "@" + domain
	}
	return ""
}

// videoLink reads the parameters of a "More info" or "Alternate VTC instructions" link. tenant and video are what it says of them, direct
// the address to dial; all empty when the link is none.
func videoLink(u *url.URL) (tenant, video, direct string) {
	q := u.Query()
	host, path := strings.ToLower(u.Hostname()), strings.Trim(u.Path, "/")
	get := func(names ...string) string {
		for _, n := range names {
			if v := strings.TrimSpace(q.Get(n)); v != "" {
				return v
			}
		}
		return ""
	}
	conf := get("conf", "confid")
	if digitsOnly(conf) != conf || len(conf) > 14 || conf != "" && len(conf) < 7 {
		return "", "", ""
	}
	switch {
	case host == "pexip.me":
		// pexip.me/teams/DOMAIN/CONF
		if p := strings.Split(path, "/"); len(p) == 3 && p[0] == "teams" && validDomain(p[1]) && digitsOnly(p[2]) == p[2] && len(p[2]) >= 7 && len(p[2]) <= 14 {
			return "", p[2], p[2] + "@" + strings.ToLower(p[1])
		}
	case host == "dialin.plcm.vc" && conf != "":
		if key := get("key"); digitsOnly(key) == key && key != "" && len(key) < 20 {
			return key + "@t.plcm.vc", conf, key + "." + conf + "@t.plcm.vc"
		}
	case (host == "webex.com" || strings.HasSuffix(host, ".webex.com")) && conf != "":
		if key := strings.ToLower(get("tenantkey", "key")); validLabel(key) {
			return key + "@m.webex.com", conf, conf + "." + key + "@m.webex.com"
		}
	case conf != "" && strings.HasPrefix(path, "teams"):
		// Pexip on the authority's own servers: the page and the service share a domain, or we do not believe it.
		if d, prefix := strings.ToLower(get("d")), strings.ToLower(get("prefix")); validDomain(d) && (prefix == "" || validLabel(strings.TrimSuffix(prefix, "."))) && len(prefix) < 12 && sameDomain(host, d) {
			return "", conf, prefix + conf + "@" + d
		}
	}
	return "", "", ""
}

// sameDomain says that two hosts share their last three labels, or one is under the other.
func sameDomain(a, b string) bool {
	if a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a) {
		return true
	}
	tail := func(h string) string {
		p := strings.Split(h, ".")
		if len(p) < 3 {
			return h
		}
		return strings.Join(p[len(p)-3:], ".")
	}
	return strings.Count(a, ".") >= 3 && tail(a) == tail(b) && strings.Count(tail(a), ".") == 2 && !strings.HasPrefix(tail(a), "gov.") && !strings.HasPrefix(tail(a), "co.")
}

func validLabel(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func validDomain(s string) bool {
	if len(s) > 200 || !strings.Contains(s, ".") {
		return false
	}
	for _, l := range strings.Split(strings.ToLower(s), ".") {
		if !validLabel(l) {
			return false
		}
	}
	return true
}
