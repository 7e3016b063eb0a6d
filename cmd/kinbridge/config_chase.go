package main

import (
	"fmt"
	"strings"

	"kinbridge/gateway/chase"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// ChaseConfig says when answers that do not come are asked for again. What is not set is as chase.Default.
type ChaseConfig struct {
	Days     int               `koanf:"days"`      // working days that are given for an answer where nobody says; 0 = 10
	MaxPause int               `koanf:"max_pause"` // working days that absences may put it off; 0 = 10
	Steps    []ChaseStepConfig `koanf:"steps"`     // none = the default schedule
	// BankHolidays are days besides those of England and Wales that the program knows, one a line, in the form of gateway/workdays/oneoff.txt.
	BankHolidays []string `koanf:"bank_holidays"`
}

// ChaseStepConfig is one step: so many working days after the day (before it when negative), to whom.
type ChaseStepConfig struct {
	After int    `koanf:"after"`
	Rung  string `koanf:"rung"` // worker, team_manager, service_manager or reviewing_officer
}

// flow returns it as the use cases take it; the error names the key.
func (c ChaseConfig) flow() (flow.ChaseConfig, error) {
	if c.Days < 0 || c.Days > 250 {
		return flow.ChaseConfig{}, fmt.Errorf("configuration: chase.days %d is not between 1 and 250 (0 = 10)", c.Days)
	}
	out := flow.ChaseConfig{Days: c.Days, Schedule: chase.Default()}
	if c.MaxPause != 0 {
		out.Schedule.MaxPause = c.MaxPause
	}
	if len(c.Steps) > 0 {
		out.Schedule.Steps = nil
		for _, s := range c.Steps {
			out.Schedule.Steps = append(out.Schedule.Steps, chase.Step{After: s.After, Rung: chase.Rung(s.Rung)})
		}
	}
	if err := out.Schedule.Check(); err != nil {
		return out, fmt.Errorf("configuration: chase: %s", ids.Public(err))
	}
	var err error
	if out.Calendar, err = workdays.With(strings.Join(c.BankHolidays, "\n")); err != nil {
		return out, fmt.Errorf("configuration: chase.bank_holidays: %s", ids.Public(err))
	}
	return out, nil
}
