package main

import (
	"fmt"

	"kinbridge/gateway/meetings"
)

// MeetingsConfig says what the deployment's authorities expect of meetings.
type MeetingsConfig struct {
	// PapersDays is how many working days before a meeting of a kind its papers are to be with everybody; a kind that is not named has what is usual.
	PapersDays map[string]int `koanf:"papers_days"`
}

// papers is PapersDays by kind.
func (c MeetingsConfig) papers() (map[meetings.Kind]int, error) {
	out := map[meetings.Kind]int{}
	for name, days := range c.PapersDays {
		k := meetings.Kind(name)
		switch {
		case !k.AboutChildren():
			return nil, fmt.Errorf("configuration: meetings.papers_days names %q, which is no kind of meeting with papers: %v", name, meetings.Recordable)
		case days < 1 || days > 30:
			return nil, fmt.Errorf("configuration: meetings.papers_days.%s %d is not between 1 and 30", name, days)
		}
		out[k] = days
	}
	return out, nil
}
