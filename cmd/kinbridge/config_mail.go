package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"kinbridge/gateway/flow"
)

// SendingConfig says how mail is carried to those whom it is for. Its keys stand in [mail] with the others; deploy/MAIL.md tells them in words.
type SendingConfig struct {
	Route       string   `koanf:"route"`        // smarthost, or direct: straight to the recipients' servers
	TLSRequired []string `koanf:"tls_required"` // domains that mail goes to over verified TLS or not at all: "anytown.example", "*.gov.uk"
	// SmarthostRequiresTLS says that the smarthost does the same for these domains on the way on, by its own configuration.
	SmarthostRequiresTLS bool `koanf:"smarthost_requires_tls"`
	NoticeAfter          int  `koanf:"notice_after"` // failed tries to connect securely before a notice goes instead; -1 = no notices
	NoticeDays           int  `koanf:"notice_days"`  // that the link in a notice works
}

// The routes.
const (
	routeSmarthost = "smarthost"
	routeDirect    = "direct"
)

func defaultSending() SendingConfig {
	return SendingConfig{Route: routeSmarthost, TLSRequired: []string{"*.gov.uk"}, NoticeAfter: 3, NoticeDays: 30}
}

// check names the first key that cannot be used and how to mend it.
func (s SendingConfig) check(hostname, publicURL string) error {
	switch {
	case s.Route != routeSmarthost && s.Route != routeDirect:
		return fmt.Errorf("configuration: mail.route %q is neither smarthost nor direct", s.Route)
	case s.Route == routeDirect && (!strings.Contains(hostname, ".") || net.ParseIP(hostname) != nil):
		return fmt.Errorf("configuration: mail.hostname %q is not this machine's full name in the DNS: with mail.route = \"direct\" other servers ask for it", hostname)
	case s.NoticeAfter < -1 || s.NoticeAfter == 0 || s.NoticeAfter > 100:
		return fmt.Errorf("configuration: mail.notice_after %d is not between 1 and 100, nor -1 for no notices", s.NoticeAfter)
	case s.NoticeDays < 1 || s.NoticeDays > 365:
		return fmt.Errorf("configuration: mail.notice_days %d is not between 1 and 365", s.NoticeDays)
	case s.NoticeAfter > 0 && !strings.HasPrefix(publicURL, "https://") && !onThisMachine(publicURL):
		return fmt.Errorf("configuration: public_url %q is not https: a message that cannot be mailed securely could not be read securely either. Give an https:// address, or set mail.notice_after = -1", publicURL)
	}
	for _, d := range s.TLSRequired {
		name := strings.TrimPrefix(d, "*.")
		if name == "" || strings.ContainsAny(name, "*@ /") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			return fmt.Errorf("configuration: mail.tls_required: %q is no domain: write anytown.example, or *.gov.uk for gov.uk and all under it", d)
		}
	}
	return nil
}

// onThisMachine reports whether an address leads to the machine that the browser is on.
func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (s SendingConfig) notices() flow.NoticeConfig {
	return flow.NoticeConfig{After: s.NoticeAfter, Life: time.Duration(s.NoticeDays) * 24 * time.Hour}
}
