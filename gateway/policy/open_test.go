package policy_test

import (
	"testing"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// Who begins a thread cannot let in by it whom its channel keeps out.
func TestStaffLetIntoAThread(t *testing.T) {
	worker := ids.Actor{Kind: ids.ActorStaff, ID: "stf_1", Role: ids.RolePactWorker}
	open := func(th policy.ThreadFacts) policy.Decision {
		th.HasMother = true
		return policy.Decide(policy.Facts{Act: policy.OpenThread, Actor: worker, Case: policy.CaseFacts{ID: "cas_1", OnTeam: true, IsWorker: true}, Thread: th})
	}
	for _, c := range []struct {
		th   policy.ThreadFacts
		want string
	}{
		{policy.ThreadFacts{Channel: threads.Official, WithStaff: true, PrisonStaff: true}, "team_opens"},
		{policy.ThreadFacts{Channel: threads.Official, WithStaff: true, OutsideStaff: true}, "staff_not_of_case"},
		{policy.ThreadFacts{Channel: threads.Confidential, WithStaff: true}, "pact_opens"},
		{policy.ThreadFacts{Channel: threads.Confidential, WithStaff: true, PrisonStaff: true}, "confidential_no_prison_staff"},
		{policy.ThreadFacts{Channel: threads.Privileged, WithStaff: true}, "privileged_no_staff"},
		{policy.ThreadFacts{Channel: threads.Privileged, WithAgency: true}, "pact_introduces_lawyer"},
	} {
		if d := open(c.th); d.Rule != c.want {
			t.Errorf("%+v: %s, want %s", c.th, d.Rule, c.want)
		}
	}
}
