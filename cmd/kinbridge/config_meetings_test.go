package main

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/meetings"
)

func TestPapersOfMeetings(t *testing.T) {
	got, err := MeetingsConfig{PapersDays: map[string]int{"initial_conference": 2}}.papers()
	if err != nil || len(got) != 1 || got[meetings.InitialConference] != 2 {
		t.Errorf("%v %v", got, err)
	}
	for name, days := range map[string]int{"initial_conference": 0, "core_group": 31, "legal_visit": 2, "conference": 3} {
		if _, err := (MeetingsConfig{PapersDays: map[string]int{name: days}}).papers(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s, %d days: %v", name, days, err)
		}
		if _, err := (MeetingsConfig{ContributionDays: map[string]int{name: days}}).contributions(); err == nil || !strings.Contains(err.Error(), "contribution_days") {
			t.Errorf("%s, %d days: %v", name, days, err)
		}
	}
}

func TestMinutesOfMeetings(t *testing.T) {
	got, err := MeetingsConfig{MinutesDays: map[string]int{"core_group": 5}}.minutes()
	if err != nil || got[meetings.CoreGroup] != 5 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := (MeetingsConfig{MinutesDays: map[string]int{"debrief": 5}}).minutes(); err == nil || !strings.Contains(err.Error(), "minutes_days") {
		t.Errorf("a debrief has minutes: %v", err)
	}
}

func TestPlacesOfMeetings(t *testing.T) {
	before, after, notice, err := MeetingsConfig{PreBriefMinutes: map[string]int{"core_group": 30}, DebriefMinutes: map[string]int{"core_group": 0}, NoticeDays: 3}.slots()
	if none, ok := after[meetings.CoreGroup]; err != nil || before[meetings.CoreGroup] != 30*time.Minute || !ok || none != 0 || notice != 3 {
		t.Errorf("%v %v %d %v", before, after, notice, err)
	}
	for name, c := range map[string]MeetingsConfig{"pre_brief_minutes": {PreBriefMinutes: map[string]int{"legal_visit": 15}}, "debrief_minutes": {DebriefMinutes: map[string]int{"core_group": 12}},
		"notice_days": {NoticeDays: 21}} {
		if _, _, _, err := c.slots(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMovementsOfMeetings(t *testing.T) {
	got, err := MeetingsConfig{PickUpMinutes: 20, LateHours: 48}.movements()
	if err != nil || got.PickUp != 20*time.Minute || got.Late != 48*time.Hour || got.AlarmBefore != 0 {
		t.Errorf("%+v %v", got, err)
	}
	for name, c := range map[string]MeetingsConfig{"pick_up_minutes": {PickUpMinutes: -1}, "alarm_minutes": {AlarmMinutes: 241}, "late_hours": {LateHours: 200}} {
		if _, err := c.movements(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCalendarNetworks(t *testing.T) {
	if _, err := (MeetingsConfig{CalendarNetworks: []string{"10.20.0.0/16", "fd00::/8"}}).calendars(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]MeetingsConfig{"calendar_networks": {CalendarNetworks: []string{"intranet"}}, "calendar_cas": {CalendarCAs: t.TempDir() + "/none.pem"}} {
		if _, err := c.calendars(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
