package policy

import (
	"testing"

	"kinbridge/gateway/ids"
)

var (
	pactWorker  = ids.Actor{Kind: ids.ActorStaff, ID: "stf_1", Role: ids.RolePactWorker}
	pactToken   = ids.Actor{Kind: ids.ActorAPI, ID: "stf_1", Role: ids.RolePactWorker}
	pom         = ids.Actor{Kind: ids.ActorStaff, ID: "stf_2", Role: ids.RoleOffenderManager}
	aMother     = ids.MotherActor("mth_1")
	aGuest      = ids.ContactActor("con_1")
	onTeam      = CaseFacts{ID: "cas_1", OnTeam: true, SameEstablishment: true}
	takesPart   = MeetingFacts{IsParticipant: true}
	hostsIt     = MeetingFacts{IsParticipant: true, IsHost: true}
	offTheTeam  = CaseFacts{ID: "cas_1"}
	authorities = MeetingFacts{SeveralAuthorities: true}
)

func TestMeetingRules(t *testing.T) {
	for name, c := range map[string]struct {
		facts Facts
		want  Effect
		rule  string
	}{
		"her worker plans":                {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam}, Allow, "team_plans"},
		"the prison does not":             {Facts{Act: PlanMeeting, Actor: pom, Case: onTeam}, Deny, "plans_not"},
		"a stranger learns nothing":       {Facts{Act: PlanMeeting, Actor: pactWorker, Case: offTheTeam}, Conceal, "not_on_team"},
		"nobody plans in a closed case":   {Facts{Act: PlanMeeting, Actor: pactWorker, Case: CaseFacts{OnTeam: true, Closed: true}}, Deny, "case_closed"},
		"a guest unknown to the case":     {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{UnknownGuest: true}}, Deny, "guest_not_of_case"},
		"staff unknown to the case":       {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{OutsideStaff: true}}, Deny, "staff_not_of_case"},
		"two authorities by accident":     {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam, Meeting: authorities}, Deny, "authorities_meet"},
		"two authorities on purpose":      {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{SeveralAuthorities: true, Confirmed: true}}, Allow, "team_plans"},
		"a legal visit with a host":       {Facts{Act: PlanMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{LegalVisit: true}}, Deny, "legal_visit_has_no_host"},
		"the prison knows of a review":    {Facts{Act: SeeMeeting, Actor: pom, Case: onTeam}, Allow, "case_team_prison"},
		"but not of a pre-brief":          {Facts{Act: SeeMeeting, Actor: pom, Case: onTeam, Meeting: MeetingFacts{Private: true}}, Conceal, "private_wall"},
		"Pact does":                       {Facts{Act: SeeMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{Private: true}}, Allow, "private_pact"},
		"a mother not invited":            {Facts{Act: SeeMeeting, Actor: aMother, Case: CaseFacts{IsMother: true}}, Conceal, "not_invited"},
		"an invited guest attends":        {Facts{Act: AttendMeeting, Actor: aGuest, Meeting: takesPart}, Allow, "participant"},
		"a guest of another meeting":      {Facts{Act: AttendMeeting, Actor: aGuest}, Conceal, "not_invited"},
		"not when it is cancelled":        {Facts{Act: AttendMeeting, Actor: aGuest, Meeting: MeetingFacts{IsParticipant: true, Cancelled: true}}, Deny, "cancelled"},
		"not after it":                    {Facts{Act: AttendMeeting, Actor: aGuest, Meeting: MeetingFacts{IsParticipant: true, Ended: true}}, Deny, "ended"},
		"not long before it":              {Facts{Act: AttendMeeting, Actor: aGuest, Meeting: MeetingFacts{IsParticipant: true, TooEarly: true}}, Deny, "too_early"},
		"the team looks on, not in":       {Facts{Act: AttendMeeting, Actor: pactWorker, Case: onTeam}, Deny, "not_invited"},
		"a guest does not host":           {Facts{Act: HostMeeting, Actor: aGuest, Meeting: takesPart}, Deny, "not_host"},
		"one's own ticket":                {Facts{Act: IssueTicket, Actor: aGuest, Meeting: MeetingFacts{IsParticipant: true, Self: true}}, Allow, "participant"},
		"the host at a page, for another": {Facts{Act: IssueTicket, Actor: pactWorker, Case: onTeam, Meeting: hostsIt}, Deny, "own_ticket_only"},
		"the host's token, for another":   {Facts{Act: IssueTicket, Actor: pactToken, Case: onTeam, Meeting: hostsIt}, Allow, "host_api"},
		"another's token":                 {Facts{Act: IssueTicket, Actor: pactToken, Case: onTeam, Meeting: takesPart}, Deny, "not_host"},
	} {
		if d := Decide(c.facts); d.Effect != c.want || d.Rule != c.rule || d.Why == "" {
			t.Errorf("%s: %s by %s (%q), want %s by %s", name, d.Effect, d.Rule, d.Why, c.want, c.rule)
		}
	}
}
