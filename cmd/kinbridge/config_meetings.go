package main

import (
	"fmt"

	"kinbridge/gateway/meetings"
)

// MeetingsConfig says what the deployment's authorities expect of meetings.
type MeetingsConfig struct {
	// PapersDays is how many working days before a meeting of a kind its papers are to be with everybody; a kind that is not named has what is usual.
	PapersDays map[string]int `koanf:"papers_days"`
	// MinutesDays is how many working days after a meeting of a kind its minutes are to be there; a kind that is not named has what the law or practice gives.
	MinutesDays map[string]int `koanf:"minutes_days"`
}

// papers is PapersDays by kind.
func (c MeetingsConfig) papers() (map[meetings.Kind]int, error) {
	return daysByKind("papers_days", "papers", c.PapersDays)
}

// minutes is MinutesDays by kind.
func (c MeetingsConfig) minutes() (map[meetings.Kind]int, error) {
	return daysByKind("minutes_days", "minutes", c.MinutesDays)
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
