package main

import (
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/flow"
)

// SupportConfig says how the staff near a woman are told that she may need support.
type SupportConfig struct {
	// AgainMinutes is how long an alert may go without anybody's saying that she sees to it, before the whole wing and the duty governor are mailed.
	AgainMinutes int    `koanf:"again_minutes"`
	PlanName     string `koanf:"plan_name"` // what a support plan is called here: "ACCT"
}

func (c SupportConfig) check() error {
	switch {
	case c.AgainMinutes < 1 || c.AgainMinutes > 24*60:
		return fmt.Errorf("configuration: support.again_minutes %d is not between 1 and 1440", c.AgainMinutes)
	case c.PlanName == "" || len(c.PlanName) > 40 || strings.ContainsAny(c.PlanName, "\n\t"):
		return fmt.Errorf("configuration: support.plan_name is one short name, such as \"ACCT\"")
	}
	return nil
}

func (c SupportConfig) forFlow() flow.SupportConfig {
	return flow.SupportConfig{AgainAfter: time.Duration(c.AgainMinutes) * time.Minute, PlanName: c.PlanName}
}
