package main

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"time"

	"kinbridge/adapters/busyfeed"
	"kinbridge/gateway/flow"
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
	// PreBriefMinutes and DebriefMinutes are how long before and after a meeting of a kind she has the place, to talk with her supporter; 0 = not at all. A kind that is not
	// named has 15.
	PreBriefMinutes map[string]int `koanf:"pre_brief_minutes"`
	DebriefMinutes  map[string]int `koanf:"debrief_minutes"`
	// NoticeDays is how many working days ahead the first time is that the search for a time offers; 0 = 1.
	NoticeDays int `koanf:"notice_days"`
	// PickUpMinutes is how long before a meeting a woman is unlocked, and after it is back, where no place is booked with times of its own; 0 = movement.DefaultPickUp.
	PickUpMinutes int `koanf:"pick_up_minutes"`
	// AlarmMinutes is how long before a meeting the alarm goes when nobody on the wing has acknowledged it; 0 = movement.DefaultAlarmBefore.
	AlarmMinutes int `koanf:"alarm_minutes"`
	// LateHours is how near to a meeting a change of it is late, and announced to the wing; 0 = movement.DefaultLate.
	LateHours int `koanf:"late_hours"`
	// CalendarNetworks are networks that are not public and in which calendars that staff publish may be fetched all the same ("10.20.0.0/16"). Calendars at
	// public addresses need no entry; everything else is refused.
	CalendarNetworks []string `koanf:"calendar_networks"`
	// CalendarCAs is a file of certificates (PEM) that are believed, besides the system's, where such calendars are; "" = none.
	CalendarCAs string `koanf:"calendar_cas"`
}

// movements is how the prisons' lists of movements are reckoned.
func (c MeetingsConfig) movements() (flow.MovementConfig, error) {
	for _, k := range []struct {
		name           string
		value, longest int
	}{{"pick_up_minutes", c.PickUpMinutes, 120}, {"alarm_minutes", c.AlarmMinutes, 240}, {"late_hours", c.LateHours, 7 * 24}} {
		if k.value < 0 || k.value > k.longest {
			return flow.MovementConfig{}, fmt.Errorf("configuration: meetings.%s %d is not between 1 and %d", k.name, k.value, k.longest)
		}
	}
	return flow.MovementConfig{PickUp: time.Duration(c.PickUpMinutes) * time.Minute, AlarmBefore: time.Duration(c.AlarmMinutes) * time.Minute, Late: time.Duration(c.LateHours) * time.Hour}, nil
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

// mostNotice is how many working days' notice can be asked for, at most.
const mostNotice = 20

// slots is how meetings take their places: PreBriefMinutes and DebriefMinutes by kind, and NoticeDays.
func (c MeetingsConfig) slots() (before, after map[meetings.Kind]time.Duration, notice int, err error) {
	if before, err = minutesByKind("pre_brief_minutes", c.PreBriefMinutes); err != nil {
		return nil, nil, 0, err
	}
	if after, err = minutesByKind("debrief_minutes", c.DebriefMinutes); err != nil {
		return nil, nil, 0, err
	}
	if c.NoticeDays < 0 || c.NoticeDays > mostNotice {
		return nil, nil, 0, fmt.Errorf("configuration: meetings.notice_days %d is not between 1 and %d", c.NoticeDays, mostNotice)
	}
	return before, after, c.NoticeDays, nil
}

func minutesByKind(key string, in map[string]int) (map[meetings.Kind]time.Duration, error) {
	out := map[meetings.Kind]time.Duration{}
	for name, n := range in {
		k := meetings.Kind(name)
		switch {
		case !k.AboutChildren():
			return nil, fmt.Errorf("configuration: meetings.%s names %q, which is no kind of meeting with such a talk: %v", key, name, meetings.Recordable)
		case n < 0 || n > 60 || n%5 != 0:
			return nil, fmt.Errorf("configuration: meetings.%s.%s %d is not 0 to 60 in steps of 5", key, name, n)
		}
		out[k] = time.Duration(n) * time.Minute
	}
	return out, nil
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
