package main

import (
	"fmt"

	"kinbridge/gateway/meetings"
)

// MeetingsConfig says what the deployment's authorities expect of meetings.
type MeetingsConfig struct {
	// PapersDays is how many working days before a meeting of a kind its papers are to be with everybody; a kind that is not named has what is usual.
	PapersDays map[string]int `koanf:"papers_days"`
	// ContributionDays is how many working days before a meeting of a kind she is reminded to say what she thinks, and her worker sees that she has not.
	ContributionDays map[string]int `koanf:"contribution_days"`
}

// papers is PapersDays by kind.
func (c MeetingsConfig) papers() (map[meetings.Kind]int, error) {
	return byKind("papers_days", c.PapersDays)
}

// contributions is ContributionDays by kind.
func (c MeetingsConfig) contributions() (map[meetings.Kind]int, error) {
	return byKind("contribution_days", c.ContributionDays)
}

func byKind(setting string, given map[string]int) (map[meetings.Kind]int, error) {
	out := map[meetings.Kind]int{}
	for name, days := range given {
		k := meetings.Kind(name)
		switch {
		case !k.AboutChildren():
			return nil, fmt.Errorf("configuration: meetings.%s names %q, which is no kind of meeting about children: %v", setting, name, meetings.Recordable)
		case days < 1 || days > 30:
			return nil, fmt.Errorf("configuration: meetings.%s.%s %d is not between 1 and 30", setting, name, days)
		}
		out[k] = days
	}
	return out, nil
}
