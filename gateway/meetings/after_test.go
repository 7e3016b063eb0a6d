package meetings

import (
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

func TestLadder(t *testing.T) {
	can := func(f LadderFacts) string {
		var out []string
		for _, r := range LadderOf(f) {
			if r.Because == "" {
				t.Errorf("%+v: %s gives no reason", f, r.Part)
			}
			if r.Possible {
				out = append(out, string(r.Part))
			}
		}
		return strings.Join(out, " ")
	}
	legs := func(ks ...LegKind) (out []PlannedLeg) {
		for _, k := range ks {
			out = append(out, PlannedLeg{Kind: k})
		}
		return out
	}
	for name, c := range map[string]struct {
		f    LadderFacts
		want string
	}{
		"our own room":                       {LadderFacts{Room: true}, "video audio phone none"},
		"with her words written down":        {LadderFacts{Room: true, Written: true}, "video audio phone contribution_read_out none"},
		"no room on this server":             {LadderFacts{}, "phone none"},
		"their system takes video":           {LadderFacts{Room: true, Legs: legs(LegVideo, LegPhone)}, "video audio phone none"},
		"their meeting can be rung only":     {LadderFacts{Room: true, Legs: legs(LegPhone)}, "audio phone none"},
		"they come to us by a link":          {LadderFacts{Room: true, Legs: legs(LegGuestLink)}, "video audio phone none"},
		"their meeting has no way in":        {LadderFacts{Room: true, Legs: legs(LegContribution)}, "phone none"},
		"she may not meet one of them":       {LadderFacts{Room: true, Written: true, Forbidden: true}, "contribution_read_out none"},
		"nobody is there to supervise":       {LadderFacts{Room: true, Unattended: true}, "none"},
		"called off, whatever else there is": {LadderFacts{Room: true, Written: true, Called: true}, "none"},
	} {
		if got := can(c.f); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSteps(t *testing.T) {
	if Standing(nil) != ByVideo || Standing([]Step{{To: ByPhone}, {To: ByAudio}}) != ByAudio {
		t.Error("the standing is not that of the last step")
	}
	for name, c := range map[string]struct {
		s    Step
		want string
	}{
		"down, with why":       {Step{From: ByVideo, To: ByPhone, Why: WhyVideo}, ""},
		"down, without":        {Step{From: ByVideo, To: ByPhone}, "why"},
		"up needs none":        {Step{From: ByPhone, To: ByVideo}, ""},
		"nowhere":              {Step{From: ByVideo, To: "sofa", Why: WhyVideo}, "part"},
		"another reason":       {Step{From: ByVideo, To: WithNone, Why: WhyOther}, "other"},
		"another reason, said": {Step{From: ByVideo, To: WithNone, Why: WhyOther, Note: "A fire drill."}, ""},
		"too long":             {Step{From: ByVideo, To: WithNone, Why: WhyOther, Note: strings.Repeat("ŵ", MaxNote+1)}, "note"},
	} {
		if f := c.s.Check(); f == nil && c.want != "" || f != nil && f.Code != c.want {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestAttendance(t *testing.T) {
	at := func(min int) time.Time { return noon.Add(time.Duration(min) * time.Minute) }
	events := []Attendance{
		{Kind: Knocked, Participant: "guest", At: at(0)}, {Kind: Joined, Participant: "her", At: at(0)}, {Kind: Refused, Participant: "guest", At: at(1)},
		{Kind: Left, Participant: "her", At: at(10)}, {Kind: Joined, Participant: "her", At: at(15)}, {Kind: Joined, Participant: "host", At: at(15)},
		{Kind: TicketRefused, Participant: "late", At: at(20)}, {Kind: RoomEnded, At: at(40)},
	}
	said := []There{{Participant: "late", Leg: LegOfPhone, By: "stf_1"}, {Participant: "her", Leg: LegOfPhone, By: "stf_1"}}
	for id, want := range map[ids.ParticipantID]struct {
		proof   Proof
		stays   int
		minutes int
		leg     Leg
		refused bool
	}{
		"her": {ProofRoom, 2, 35, LegOfRoom, false}, "host": {ProofRoom, 1, 25, LegOfRoom, false}, "guest": {ProofLobby, 0, 0, "", true},
		"late": {ProofPerson, 0, 0, LegOfPhone, false}, "nobody": {ProofNone, 0, 0, "", false},
	} {
		a := AttendanceOf(events, said, id, at(60))
		if a.Proof != want.proof || len(a.Stays) != want.stays || a.Minutes != want.minutes || a.Leg != want.leg || a.Refused != want.refused {
			t.Errorf("%s: %+v, want %+v", id, a, want)
		}
	}
	if a := AttendanceOf(events[:6], nil, "her", at(20)); a.Minutes != 15 || !a.Stays[1].Until.IsZero() {
		t.Errorf("while she is in: %+v", a)
	}
}

func TestMinutesAreGuessed(t *testing.T) {
	day := func(s string) workdays.Day {
		d, err := workdays.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	of := []Candidate{{Meeting: "review", Kind: LookedAfterReview, Day: day("2026-11-02"), Invited: true}, {Meeting: "core", Kind: CoreGroup, Day: day("2026-11-16"), Invited: true},
		{Meeting: "other", Kind: CoreGroup, Day: day("2026-11-20")}}
	for text, want := range map[string]ids.MeetingID{
		"Please find attached the minutes of the LAC review":             "review",
		"Core group minutes attached":                                    "core",
		"Minutes of our meeting on 2 November":                           "review",
		"The record of the meeting, 02/11/2026":                          "review",
		"Minutes attached":                                               "core",
		"Cofnodion y cyfarfod grŵp craidd":                               "core",
		"Minutes of the core group of 20 November":                       "other",
		"Tomos has settled in well. He is ten minutes' walk from school": "",
		"The next LAC review is on 2 November":                           "",
		"":                                                               "",
	} {
		if got := GuessMinutes(text, of); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := GuessMinutes("Minutes attached", []Candidate{{Meeting: "far", Kind: CoreGroup, Day: 1}}); got != "" {
		t.Errorf("a meeting that nothing speaks for: %q", got)
	}
	if got := GuessMinutes("Minutes of the LAC review", nil); got != "" {
		t.Errorf("of no meetings: %q", got)
	}
	for _, k := range Recordable {
		if MinutesDays(k) == 0 || MinutesSource(k) == "" {
			t.Errorf("%s has no rule for its minutes", k)
		}
	}
	if MinutesDays(Debrief) != 0 || MinutesSource(LegalVisit) != "" {
		t.Error("a private meeting has minutes")
	}
}

func TestActionsAreChecked(t *testing.T) {
	today := workdays.Day(20000)
	good := Action{What: "Send the school report", Kind: OwnedByContact, Owner: "con_1", Due: today + 3}
	if f := good.Check(today); f != nil {
		t.Fatal(f)
	}
	for want, change := range map[string]func(*Action){
		"what": func(a *Action) { a.What = "" }, "owner": func(a *Action) { a.Owner = "" }, "due": func(a *Action) { a.Due = 0 },
	} {
		a := good
		change(&a)
		if f := a.Check(today); f == nil || f.Code != want {
			t.Errorf("%s: %+v", want, f)
		}
	}
	if !good.Late(today+4) || good.Late(today+3) {
		t.Error("late on its own day, or never")
	}
}
