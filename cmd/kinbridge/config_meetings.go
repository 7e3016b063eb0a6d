package main

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"

	"kinbridge/adapters/busyfeed"
	"kinbridge/gateway/meetings"
)

// MeetingsConfig says what the deployment's authorities expect of meetings.
type MeetingsConfig struct {
	// PapersDays is how many working days before a meeting of a kind its papers are to be with everybody; a kind that is not named has what is usual.
	PapersDays map[string]int `koanf:"papers_days"`
	// MinutesDays is how many working days after a meeting of a kind its minutes are to be there; a kind that is not named has what the law or practice gives.
	MinutesDays map[string]int `koanf:"minutes_days"`
	// ContributionDays is how many working days before a meeting of a kind she is reminded to say what she thinks, and her worker sees that she has not.
	ContributionDays map[string]int `koanf:"contribution_days"`
	// CalendarNetworks are networks that are not public and in which calendars that staff publish may be fetched all the same ("10.20.0.0/16"). Calendars at
	// public addresses need no entry; everything else is refused.
	CalendarNetworks []string `koanf:"calendar_networks"`
	// CalendarCAs is a file of certificates (PEM) that are believed, besides the system's, where such calendars are; "" = none.
	CalendarCAs string `koanf:"calendar_cas"`
}

// calendars reads the calendars that staff publish.
func (c MeetingsConfig) calendars() (*busyfeed.Reader, error) {
	var out busyfeed.Config
	for _, s := range c.CalendarNetworks {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("configuration: meetings.calendar_networks names %q, which is no network such as 10.20.0.0/16", s)
		}
		out.Allowed = append(out.Allowed, p)
	}
	if c.CalendarCAs == "" {
		return busyfeed.New(out), nil
	}
	pem, err := os.ReadFile(c.CalendarCAs)
	if err != nil {
		return nil, fmt.Errorf("configuration: meetings.calendar_cas: %w", err)
	}
	if out.Roots, err = x509.SystemCertPool(); err != nil {
		return nil, err
	}
	if !out.Roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("configuration: meetings.calendar_cas %s holds no certificate", c.CalendarCAs)
	}
	return busyfeed.New(out), nil
}

// papers is PapersDays by kind.
func (c MeetingsConfig) papers() (map[meetings.Kind]int, error) {
	return daysByKind("papers_days", "papers", c.PapersDays)
}

// minutes is MinutesDays by kind.
func (c MeetingsConfig) minutes() (map[meetings.Kind]int, error) {
	return daysByKind("minutes_days", "minutes", c.MinutesDays)
}

// contributions is ContributionDays by kind.
func (c MeetingsConfig) contributions() (map[meetings.Kind]int, error) {
	return daysByKind("contribution_days", "contributions", c.ContributionDays)
}

func daysByKind(key, what string, in map[string]int) (map[meetings.Kind]int, error) {
	out := map[meetings.Kind]int{}
	for name, days := range in {
		k := meetings.Kind(name)
		switch {
		case !k.AboutChildren():
			return nil, fmt.Errorf("configuration: meetings.%s names %q, which is no kind of meeting with %s: %v", key, name, what, meetings.Recordable)
		case days < 1 || days > 30:
			return nil, fmt.Errorf("configuration: meetings.%s.%s %d is not between 1 and 30", key, name, days)
		}
		out[k] = days
	}
	return out, nil
}
