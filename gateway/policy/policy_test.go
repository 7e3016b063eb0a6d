package policy

import (
	"flag"
	"maps"
	"os"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// everyAct is every act that the book has a chapter for.
var everyAct = func() (acts []Act) {
	for _, c := range Book() {
		acts = append(acts, c.Act)
	}
	return acts
}()

// who is one way of having to do with a case.
type who struct {
	name  string
	actor ids.Actor
	facts Facts
}

func everybody() []who {
	staff := func(r ids.Role) ids.Actor { return ids.Actor{Kind: ids.ActorStaff, ID: "stf_x", Role: r} }
	on := CaseFacts{ID: "cas_1", OnTeam: true, SameEstablishment: true}
	at := CaseFacts{ID: "cas_1", SameEstablishment: true}
	off := CaseFacts{ID: "cas_1"}
	out := []who{
		{"mother", ids.MotherActor("mth_1"), Facts{Case: CaseFacts{ID: "cas_1", IsMother: true}, Thread: ThreadFacts{IsParty: true}}},
		{"other mother", ids.MotherActor("mth_2"), Facts{Case: off}},
		{"contact", ids.ContactActor("con_1"), Facts{Case: off, Thread: ThreadFacts{IsParty: true}}},
		{"other contact", ids.ContactActor("con_2"), Facts{Case: off}},
		{"kiosk", ids.KioskActor("ksk_1"), Facts{Case: off}},
		{"stranger", ids.Unknown("x"), Facts{Case: off}},
		{"system", ids.System("x"), Facts{Case: off}},
	}
	for _, r := range ids.Roles {
		out = append(out, who{string(r) + " on team", staff(r), Facts{Case: on}}, who{string(r) + " at prison", staff(r), Facts{Case: at}},
			who{string(r) + " elsewhere", staff(r), Facts{Case: off}})
	}
	return out
}

// The table: for each act and channel, everybody who is not concealed from, with what she gets. Who is not named must be told nothing.
// "a" allow, "h" hold, "d" deny.
var table = map[Act]map[threads.Channel]map[string]string{
	ReadThread: {
		threads.Official: {"mother": "a", "contact": "a", "pact_worker on team": "a", "family_engagement_worker on team": "a", "offender_manager on team": "a",
			"public_protection on team": "a", "public_protection at prison": "a"},
		threads.Confidential: {"mother": "a", "contact": "a", "pact_worker on team": "a"},
		threads.Privileged:   {"mother": "a", "contact": "a"},
		"":                   {},
	},
	WriteMessage: {
		threads.Official: {"mother": "h", "contact": "d", "pact_worker on team": "a", "family_engagement_worker on team": "a", "offender_manager on team": "a",
			"public_protection on team": "d", "public_protection at prison": "d"},
		threads.Confidential: {"mother": "a", "contact": "d", "pact_worker on team": "a"},
		threads.Privileged:   {"mother": "a", "contact": "d"},
		"":                   {},
	},
	Review: {
		threads.Official: {"mother": "d", "contact": "d", "pact_worker on team": "a", "family_engagement_worker on team": "d", "offender_manager on team": "d",
			"public_protection on team": "d", "public_protection at prison": "d"},
		threads.Confidential: {"mother": "d", "contact": "d", "pact_worker on team": "d"},
		threads.Privileged:   {"mother": "d", "contact": "d"},
		"":                   {},
	},
	OpenThread: {
		threads.Official: {"mother": "d", "pact_worker on team": "a", "family_engagement_worker on team": "a", "offender_manager on team": "d",
			"public_protection on team": "d", "public_protection at prison": "d"},
		threads.Confidential: {"pact_worker on team": "a"},
		threads.Privileged:   {"pact_worker on team": "a"},
		"":                   {"mother": "d", "pact_worker on team": "d", "family_engagement_worker on team": "d", "offender_manager on team": "d", "public_protection on team": "d", "public_protection at prison": "d"},
	},
	DecideMail: {
		threads.Official:     {"pact_worker on team": "a"},
		threads.Confidential: {"pact_worker on team": "a"},
		threads.Privileged:   {"mother": "a", "contact": "a", "administrator on team": "d", "administrator at prison": "d", "administrator elsewhere": "d"},
		"":                   {"pact_worker on team": "a"},
	},
}

// How an email came is for who decides on it, but for the administrator's sealed view; who takes over, and what did not arrive, for Pact.
func init() {
	table[ReadMail] = map[threads.Channel]map[string]string{}
	for ch, readers := range table[DecideMail] {
		row := maps.Clone(readers)
		maps.DeleteFunc(row, func(_, effect string) bool { return effect == "d" })
		table[ReadMail][ch] = row
	}
	table[MoveMail] = maps.Clone(table[DecideMail])
	table[MoveMail][threads.Privileged] = map[string]string{"mother": "d", "contact": "d", "administrator on team": "d", "administrator at prison": "d", "administrator elsewhere": "d"}
	pact := map[string]string{"pact_worker on team": "a"}
	table[Handover] = map[threads.Channel]map[string]string{threads.Official: pact, threads.Confidential: {}, threads.Privileged: {}, "": {}}
	table[HandOver] = map[threads.Channel]map[string]string{threads.Official: {"pact_worker on team": "d"}, threads.Confidential: {}, threads.Privileged: {}, "": {}}
	table[AnswerOrganiser] = map[threads.Channel]map[string]string{} // the organiser is of another organisation here
	for ch, readers := range table[DecideMail] {
		row := map[string]string{"system": "d"}
		for who := range readers {
			row[who] = "d"
		}
		table[AnswerOrganiser][ch] = row
	}
	table[HandleFailure] = map[threads.Channel]map[string]string{threads.Official: pact, threads.Confidential: pact, threads.Privileged: {}, "": {}}
}

// A held email is filed by who reviews the thread, once it is somebody's words and she is of that organisation; an unproven sender only
// when the person who files it has asked her.
func TestFilingHeldMail(t *testing.T) {
	good := MailFacts{Readable: true, SameAgency: true, Verified: true}
	lawyer := ids.ContactActor("con_1")
	for _, c := range []struct {
		name    string
		channel threads.Channel
		actor   ids.Actor
		change  func(*MailFacts)
		want    Effect
	}{
		{"her reviewer", threads.Official, pactWorker, func(*MailFacts) {}, Allow},
		{"a POM", threads.Official, pom, func(*MailFacts) {}, Deny},
		{"confidential", threads.Confidential, pactWorker, func(*MailFacts) {}, Deny},
		{"into a privileged thread", threads.Privileged, pactWorker, func(*MailFacts) {}, Conceal},
		{"out of a privileged thread", threads.Official, pactWorker, func(m *MailFacts) { m.Filing.Privileged, m.Filing.Elsewhere = true, true }, Deny},
		{"a privileged thread's, by its party", threads.Privileged, lawyer, func(m *MailFacts) { m.Filing.Privileged = true }, Allow},
		{"to take over a privileged thread", threads.Privileged, lawyer, func(m *MailFacts) { m.Filing.Privileged, m.Filing.TakesOver = true, true }, Deny},
		{"a report", threads.Official, pactWorker, func(m *MailFacts) { m.Automatic = true }, Deny},
		{"two writers", threads.Official, pactWorker, func(m *MailFacts) { m.Readable = false }, Deny},
		{"another organisation", threads.Official, pactWorker, func(m *MailFacts) { m.SameAgency = false }, Deny},
		{"unproven", threads.Official, pactWorker, func(m *MailFacts) { m.Verified = false }, Deny},
		{"unproven, and she was asked", threads.Official, pactWorker, func(m *MailFacts) { m.Verified, m.Filing.Confirmed = false, true }, Allow},
	} {
		mail := good
		c.change(&mail)
		f := Facts{Act: FileHeldMail, Actor: c.actor, Case: onTeam, Thread: ThreadFacts{Channel: c.channel, WithAgency: true, HasMother: true, IsParty: c.actor == lawyer}, Mail: mail}
		if d := Decide(f); d.Effect != c.want {
			t.Errorf("%s: %+v", c.name, d)
		}
		f.Act = HandOver
		if d := Decide(f); d.Allowed() != (c.actor == pactWorker && c.channel == threads.Official && mail.SameAgency) {
			t.Errorf("%s: hand over: %+v", c.name, d)
		}
	}
}

// Who may read a thread's audit entries: whoever may know of it and, on the official channel, administrators.
func init() {
	table[ReadTrace] = map[threads.Channel]map[string]string{}
	for ch, readers := range table[ReadThread] {
		row := maps.Clone(readers)
		if ch == threads.Official {
			for _, who := range []string{"administrator on team", "administrator at prison", "administrator elsewhere"} {
				row[who] = "a"
			}
		}
		table[ReadTrace][ch] = row
	}
}

func TestNobodyEndsHerOwnAccess(t *testing.T) {
	admin := ids.Actor{Kind: ids.ActorStaff, ID: "stf_1", Role: ids.RoleAdministrator}
	if d := Decide(Facts{Act: Appoint, Actor: admin}); d.Effect != Deny || d.Rule != "other_agency" {
		t.Errorf("at another agency: %s by %s", d.Effect, d.Rule)
	}
	for own, want := range map[bool]Effect{true: Deny, false: Allow} {
		if d := Decide(Facts{Act: Appoint, Actor: admin, SamePlace: true, OwnAccess: own}); d.Effect != want {
			t.Errorf("own %v: %s by %s", own, d.Effect, d.Rule)
		}
	}
}

var letter = map[Effect]string{Allow: "a", Hold: "h", Deny: "d", Note: "n", Conceal: ""}

func TestEveryActRoleAndChannel(t *testing.T) {
	for act, channels := range table {
		for ch, want := range channels {
			for _, p := range everybody() {
				f := p.facts
				f.Act, f.Actor, f.Thread.Channel, f.Thread.WithAgency, f.Thread.HasMother = act, p.actor, ch, ch != threads.Confidential, true
				if d := Decide(f); letter[d.Effect] != want[p.name] || d.Rule == "" || d.Why == "" {
					t.Errorf("%s, %s, %q: %s by %s, want %q", act, p.name, ch, d.Effect, d.Rule, want[p.name])
				}
			}
		}
	}
}

func TestActsOfNoThread(t *testing.T) {
	want := map[Act]map[string]string{
		SeeCase: {"mother": "a", "pact_worker on team": "a", "family_engagement_worker on team": "a", "offender_manager on team": "a",
			"public_protection on team": "a", "public_protection at prison": "a"},
		ReadAudit: {"mother": "d", "pact_worker on team": "a", "family_engagement_worker on team": "d", "offender_manager on team": "d",
			"public_protection on team": "d", "public_protection at prison": "d", "administrator on team": "a", "administrator at prison": "a", "administrator elsewhere": "a"},
		ResetPIN:     {"pact_worker on team": "a", "offender_manager on team": "a", "wing_officer on team": "a", "wing_officer at prison": "a"},
		ChooseMother: {"kiosk": "a"},
	}
	deniedToAll := map[string]string{}
	for _, p := range everybody() {
		deniedToAll[p.name] = "d"
	}
	for _, who := range []string{"administrator on team", "administrator at prison", "administrator elsewhere", "system"} {
		deniedToAll[who] = "a"
	}
	want[ManagePeople], want[ManageKiosks] = deniedToAll, deniedToAll
	want[ManageRegime], want[RegimeDay] = maps.Clone(deniedToAll), maps.Clone(deniedToAll)
	for _, act := range []Act{ManageRegime, RegimeDay} {
		want[act]["offender_manager on team"], want[act]["offender_manager at prison"] = "a", "a"
	}
	want[RegimeDay]["wing_officer on team"], want[RegimeDay]["wing_officer at prison"] = "a", "a"
	for act, who := range want {
		for _, p := range everybody() {
			f := p.facts
			f.Act, f.Actor = act, p.actor
			f.SamePlace, f.SameWing = f.Case.SameEstablishment || p.name == "kiosk", f.Case.SameEstablishment || p.name == "kiosk"
			if d := Decide(f); letter[d.Effect] != who[p.name] {
				t.Errorf("%s, %s: %s by %s, want %q", act, p.name, d.Effect, d.Rule, who[p.name])
			}
		}
	}
	officer := ids.Actor{Kind: ids.ActorStaff, ID: "s", Role: ids.RoleWingOfficer}
	for name, c := range map[string]struct {
		f    Facts
		want Effect
	}{
		"regime of another wing":            {Facts{Act: RegimeDay, Actor: officer, SamePlace: true}, Deny},
		"officer of another wing":           {Facts{Act: ResetPIN, Actor: officer, SamePlace: true}, Deny},
		"officer of another prison":         {Facts{Act: ResetPIN, Actor: officer, SameWing: true}, Conceal},
		"kiosk of another wing":             {Facts{Act: ChooseMother, Actor: ids.KioskActor("k"), SamePlace: true}, Conceal},
		"kiosk of another prison":           {Facts{Act: ChooseMother, Actor: ids.KioskActor("k"), SameWing: true}, Conceal},
		"audit of no case, by a worker":     {Facts{Act: ReadAudit, Actor: pactWorker}, Deny},
		"mail of no case, by any worker":    {Facts{Act: DecideMail, Actor: pactWorker}, Allow},
		"mail of no case, by a POM":         {Facts{Act: DecideMail, Actor: pom}, Conceal},
		"movement seen by her own wing":     {Facts{Act: SeeMovement, Actor: officer, SamePlace: true}, Allow},
		"movement seen from another prison": {Facts{Act: SeeMovement, Actor: officer}, Conceal},
		"her POM at another prison":         {Facts{Act: ResetPIN, Actor: pom, Case: CaseFacts{OnTeam: true}}, Conceal},
		"audit of no case, odd facts":       {Facts{Act: ReadAudit, Actor: pactWorker, Case: CaseFacts{OnTeam: true}}, Deny},
		"her own case, another's thread":    {Facts{Act: ReadThread, Actor: aMother, Case: CaseFacts{IsMother: true}, Thread: ThreadFacts{Channel: threads.Official}}, Conceal},
		"a host who is not on the list":     {Facts{Act: AttendMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{IsHost: true}}, Allow},
		"hosting what was cancelled":        {Facts{Act: HostMeeting, Actor: pactWorker, Case: onTeam, Meeting: MeetingFacts{IsHost: true, Cancelled: true}}, Deny},
		"a case after the mother left":      {Facts{Act: SeeCase, Actor: pom, Case: CaseFacts{OnTeam: true}}, Conceal},
	} {
		if d := Decide(c.f); d.Effect != c.want {
			t.Errorf("%s: %s by %s, want %s", name, d.Effect, d.Rule, c.want)
		}
	}
}

func TestMailRules(t *testing.T) {
	good := MailFacts{AddressValid: true, SenderIsParty: true, SameAgency: true, Verified: true, Readable: true}
	for _, c := range []struct {
		name    string
		channel threads.Channel
		change  func(*Facts)
		effect  Effect
		hold    string
		by      ids.Role
	}{
		{"to a mother", threads.Official, func(*Facts) {}, Hold, "review", ids.RolePactWorker},
		{"to staff alone", threads.Official, func(f *Facts) { f.Thread.HasMother = false }, Allow, "", ""},
		{"from her lawyer", threads.Privileged, func(*Facts) {}, Allow, "", ""},
		{"forged", threads.Official, func(f *Facts) { f.Mail.AddressValid = false }, Hold, "forged_address", ids.RolePactWorker},
		{"expired", threads.Official, func(f *Facts) { f.Mail.AddressExpired = true }, Hold, "expired_address", ids.RolePactWorker},
		{"unreadable", threads.Official, func(f *Facts) { f.Mail.Readable = false }, Hold, "unreadable", ids.RolePactWorker},
		{"automatic, of a proven party", threads.Official, func(f *Facts) { f.Mail.Automatic = true }, Note, "", ""},
		{"a report that names nothing of ours, from a proven party", threads.Official, func(f *Facts) { f.Mail.Automatic, f.Mail.Report = true, true }, Hold, "auto_reply", ids.RolePactWorker},
		{"a challenge", threads.Official, func(f *Facts) { f.Mail.Automatic, f.Mail.Challenge = true, true }, Hold, "auto_reply", ids.RolePactWorker},
		{"automatic, unproven", threads.Official, func(f *Facts) { f.Mail.Automatic, f.Mail.Verified = true, false }, Hold, "auto_reply", ids.RolePactWorker},
		{"automatic, of a stranger", threads.Official, func(f *Facts) { f.Mail.Automatic, f.Mail.SenderIsParty = true, false }, Hold, "auto_reply", ids.RolePactWorker},
		{"automatic, the eleventh in a day", threads.Official, func(f *Facts) {
			f.Mail.Automatic, f.Mail.SenderIsParty, f.Mail.AutomaticToday = true, false, AutomaticHolds
		}, Note, "", ""},
		{"encrypted", threads.Official, func(f *Facts) { f.Mail.Encrypted, f.Mail.Readable = true, false }, Hold, "encrypted", ids.RolePactWorker},
		{"handover", threads.Official, func(f *Facts) { f.Mail.SenderIsParty = false }, Hold, "handover", ids.RolePactWorker},
		{"handover unproven", threads.Official, func(f *Facts) { f.Mail.SenderIsParty, f.Mail.Verified = false, false }, Hold, "unknown_sender", ids.RolePactWorker},
		{"unknown", threads.Official, func(f *Facts) { f.Mail.SenderIsParty, f.Mail.SameAgency = false, false }, Hold, "unknown_sender", ids.RolePactWorker},
		{"unverified", threads.Official, func(f *Facts) { f.Mail.Verified = false }, Hold, "unverified", ids.RolePactWorker},
		{"invitation", threads.Official, func(f *Facts) { f.Mail.Invitation = true }, Hold, "invite", ids.RolePactWorker},
		{"closed case", threads.Official, func(f *Facts) { f.Case.Closed, f.Thread.HasMother = true, false }, Hold, "review", ids.RolePactWorker},
		{"privileged, unverified", threads.Privileged, func(f *Facts) { f.Mail.Verified = false }, Hold, "unverified", ids.RoleAdministrator},
		{"privileged, unknown", threads.Privileged, func(f *Facts) { f.Mail.SenderIsParty, f.Mail.SameAgency = false, false }, Hold, "unknown_sender", ids.RoleAdministrator},
	} {
		f := Facts{Act: FileMail, Actor: aGuest, Thread: ThreadFacts{Channel: c.channel, IsParty: true, HasMother: true, WithAgency: true}, Mail: good}
		c.change(&f)
		if d := Decide(f); d.Effect != c.effect || d.Hold != c.hold || d.HoldFor != c.by {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestMessageRules(t *testing.T) {
	official := ThreadFacts{Channel: threads.Official, WithAgency: true, HasMother: true}
	in := official
	in.IsParty = true
	for _, c := range []struct {
		name string
		f    Facts
		want Effect
	}{
		{"released, to the team", Facts{Actor: pom, Case: onTeam, Thread: official}, Allow},
		{"held, to the team", Facts{Actor: pom, Case: onTeam, Thread: official, Message: MessageFacts{Held: true}}, Conceal},
		{"held, to its recipient", Facts{Actor: aGuest, Thread: in, Message: MessageFacts{Held: true}}, Conceal},
		{"withheld, to its recipient", Facts{Actor: aMother, Thread: in, Message: MessageFacts{Withheld: true}}, Conceal},
		{"held, to its author", Facts{Actor: aMother, Thread: in, Message: MessageFacts{Held: true, IsAuthor: true}}, Allow},
		{"withheld, to its author", Facts{Actor: aMother, Thread: in, Message: MessageFacts{Withheld: true, IsAuthor: true}}, Allow},
		{"held, to its reviewer", Facts{Actor: pactWorker, Case: onTeam, Thread: official, Message: MessageFacts{Held: true}}, Allow},
		{"author no longer a party", Facts{Actor: aGuest, Thread: official, Message: MessageFacts{IsAuthor: true}}, Conceal},
	} {
		c.f.Act = ReadMessage
		if d := Decide(c.f); d.Effect != c.want {
			t.Errorf("%s: %s by %s", c.name, d.Effect, d.Rule)
		}
	}
	own := Facts{Act: Review, Actor: pactWorker, Case: onTeam, Thread: official, Message: MessageFacts{Held: true, IsAuthor: true}}
	if d := Decide(own); d.Effect != Deny || d.Rule != "own_review" {
		t.Errorf("own review: %+v", d)
	}
	closed := Facts{Act: WriteMessage, Actor: pactWorker, Case: CaseFacts{OnTeam: true, Closed: true}, Thread: official}
	if d := Decide(closed); d.Rule != "case_closed" {
		t.Errorf("closed case: %+v", d)
	}
	closed.Act = OpenThread
	if d := Decide(closed); d.Rule != "case_closed" {
		t.Errorf("closed case: %+v", d)
	}
	council := Facts{Act: OpenThread, Actor: pactWorker, Case: onTeam, Thread: ThreadFacts{Channel: threads.Confidential, WithAgency: true, HasMother: true}}
	if d := Decide(council); d.Rule != "confidential_is_pact_only" {
		t.Errorf("a confidential thread with a council: %+v", d)
	}
	party := Facts{Act: WriteMessage, Actor: ids.Actor{Kind: ids.ActorStaff, ID: "s", Role: ids.RoleWingOfficer}, Thread: in}
	if d := Decide(party); d.Rule != "staff_party_writes" {
		t.Errorf("a party of the staff: %+v", d)
	}
	noAgency := Facts{Act: WriteMessage, Actor: aMother, Thread: ThreadFacts{Channel: threads.Official, IsParty: true, HasMother: true}}
	if d := Decide(noAgency); d.Rule != "mother_writes" {
		t.Errorf("nobody outside: %+v", d)
	}
}

// TestMain has the properties tried on many more worlds than rapid's hundred: one takes microseconds.
func TestMain(m *testing.M) {
	flag.Parse()
	if !testing.Short() {
		_ = flag.Set("rapid.checks", "30000")
	}
	os.Exit(m.Run())
}

// someRestrictions are one of each kind about a person and about a child.
var someRestrictions = func() (rs []Restriction) {
	for _, k := range cases.RestrictionKinds {
		rs = append(rs, Restriction{Kind: k, Contact: "con_1"}, Restriction{Kind: k, Child: "chd_1"})
	}
	return rs
}()

func drawFacts(t *rapid.T) Facts {
	b := func(name string) bool { return rapid.Bool().Draw(t, name) }
	role := func(name string) ids.Role {
		return rapid.SampledFrom([]ids.Role{"", "", ids.RolePactWorker, ids.RolePublicProtection, ids.RoleFamilyWorker, ids.RoleOffenderManager}).Draw(t, name)
	}
	kinds := []ids.ActorKind{ids.ActorStaff, ids.ActorMother, ids.ActorContact, ids.ActorKiosk, ids.ActorAPI, ids.ActorSystem, ids.ActorUnknown, "", "nonsense"}
	return Facts{
		Act: rapid.SampledFrom(append([]Act{"", "nonsense"}, everyAct...)).Draw(t, "act"),
		Actor: ids.Actor{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ID: rapid.SampledFrom([]string{"x", "y", ""}).Draw(t, "id"),
			Role: rapid.SampledFrom(append([]ids.Role{""}, ids.Roles...)).Draw(t, "role")},
		Case: CaseFacts{ID: rapid.SampledFrom([]ids.CaseID{"", "cas_1"}).Draw(t, "case"), OnTeam: b("team"), IsWorker: b("worker"), IsMother: b("own"), SameEstablishment: b("prison"), SameWing: b("wing"), Closed: b("closed"), OtherPrison: b("otherPrison")},
		Thread: ThreadFacts{Channel: rapid.SampledFrom([]threads.Channel{threads.Official, threads.Confidential, threads.Privileged, "", "x"}).Draw(t, "channel"),
			IsParty: b("party"), WithAgency: b("agency"), HasMother: b("hasMother"), NoResponsibility: b("noResponsibility"), Quiet: b("quiet"), OutsideStaff: b("outsideStaff"), PrisonStaff: b("prisonStaff"), WithStaff: b("withStaff")},
		Message: MessageFacts{Held: b("held"), Withheld: b("withheld"), IsAuthor: b("author"), SamePerson: b("samePerson"), HasHold: b("hasHold"), Notice: b("notice"), Appealed: b("appealed"), Picture: b("picture"), FileKept: b("fileKept"), FileCleared: b("fileCleared"), Kept: b("kept"), Tellable: b("tellable")},
		Mail: MailFacts{AddressValid: b("valid"), AddressExpired: b("expired"), SenderIsParty: b("sender"), SameAgency: b("sameAgency"), Moved: b("moved"), Verified: b("verified"), Readable: b("readable"), Automatic: b("auto"), Invitation: b("invite"), InviteKnown: b("inviteKnown"), InviteWaits: b("inviteWaits"),
			Encrypted: b("encrypted"), AutomaticToday: rapid.IntRange(0, 20).Draw(t, "today"), Challenge: b("challenge"), Report: b("report"),
			Filing: FilingFacts{Privileged: b("fromPrivileged"), Elsewhere: b("elsewhere"), TakesOver: b("takesOver"), Confirmed: b("confirmedSender")}},
		Meeting: MeetingFacts{IsParticipant: b("invited"), IsHost: b("host"), Cancelled: b("cancelled"), Ended: b("ended"), TooEarly: b("early"), Private: b("private"), Self: b("self"), AboutChildren: b("aboutChildren"), Begun: b("begun"),
			LegalVisit: b("legal"), UnknownGuest: b("unknownGuest"), OutsideStaff: b("outside"), SeveralAuthorities: b("several"), Confirmed: b("confirmed")},
		Review: ReviewFacts{Nobody: b("nobody"), First: role("first"), Second: role("second"), Done: rapid.IntRange(0, 3).Draw(t, "done"), For: role("for"),
			Appeal: b("appeal"), DecidedFirst: b("decidedFirst"), ReadBefore: b("readBefore"), TakenOver: b("takenOver")},
		Support: SupportFacts{Together: b("together"), Opened: b("opened"), WithWorker: b("withWorker"), IsSupporter: b("supporter"), IsNamed: b("named")},
		Custody: CustodyFacts{State: rapid.SampledFrom([]Custody{InCustody, Away, Released}).Draw(t, "custody"), FollowOn: b("followOn"), Receiving: b("receiving")},
		InForce: rapid.SliceOfN(rapid.SampledFrom(someRestrictions), 0, 3).Draw(t, "restrictions"),
		Touch: Touch{Contacts: rapid.SampledFrom([][]ids.ContactID{nil, {"con_1"}, {"con_2"}, {"con_1", "con_2"}}).Draw(t, "contacts"),
			Children: rapid.SampledFrom([][]ids.ChildID{nil, {"chd_1"}, {"chd_2"}}).Draw(t, "children"), Supervised: b("supervised"), Concerned: b("concerned")},
		To:        rapid.SampledFrom([]Recipient{ToNobody, ToMother, ToContact, ToStaff}).Draw(t, "to"),
		SamePlace: b("place"), SameWing: b("sameWing"), OwnAccess: b("own access"),
	}
}

// mayKnowThread is written from PRODUCT.md's words, without a look at the rules: the naive oracle.
func mayKnowThread(f Facts) bool {
	person := f.Actor.Kind == ids.ActorStaff || f.Actor.Kind == ids.ActorAPI
	signedIn := person && f.Actor.ID != ""
	role := func(r ids.Role) bool { return signedIn && f.Actor.Role == r }
	holdsCase := role(ids.RolePactWorker) && (f.Case.OnTeam || f.Case.IsWorker)
	if f.Actor.Kind == ids.ActorMother && f.Thread.Quiet && !f.Support.WithWorker && f.Thread.Channel != threads.Privileged {
		return false // it begins with what somebody must be with her for
	}
	switch f.Thread.Channel {
	case threads.Privileged:
		return f.Thread.IsParty
	case threads.Confidential:
		return f.Thread.IsParty || holdsCase
	case threads.Official:
		if f.Case.OtherPrison && signedIn {
			return false // she has moved on
		}
		onTeam := f.Case.OnTeam && (role(ids.RolePactWorker) || role(ids.RoleFamilyWorker) || role(ids.RoleOffenderManager) && f.Case.SameEstablishment)
		looksIn := role(ids.RolePublicProtection) && f.Case.SameEstablishment
		// Whoever is asked "is it her own case?" besides the mother herself cannot be: the caller sets it for her alone.
		odd := f.Case.IsMother && f.Actor.Kind != ids.ActorMother && f.Actor.Kind != ids.ActorContact
		return f.Thread.IsParty || onTeam || looksIn || odd
	}
	return false
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFacts(t)
		d := Decide(f)
		fail := func(what string) { t.Fatalf("%s: %+v by %+v", what, d, f) }
		if d != Decide(f) {
			fail("not a function")
		}
		if d.Rule == "" || d.Why == "" || letter[d.Effect] == "" && d.Effect != Conceal {
			fail("a decision without reasons")
		}
		if d.Effect == Conceal && (ids.KindOf(d.Err()) != ids.NotFound || d.Err() != ids.ErrNotFound) {
			fail("concealment that tells")
		}
		if (d.Effect == Allow || d.Effect == Hold) != (d.Err() == nil) || d.Allowed() != (d.Effect == Allow) {
			fail("error and effect differ")
		}
		if (d.Effect == Hold) != (d.HoldFor != "") || (d.Effect == Hold) != (d.Hold != "") {
			fail("a hold for nobody")
		}
		if (f.Act == "" || f.Act == "nonsense") && d.Effect != Deny {
			fail("an unknown act")
		}
		opens := d.Effect == Allow || d.Effect == Hold
		switch f.Act {
		case ReadThread:
			if opens != mayKnowThread(f) || d.Effect == Deny || d.Effect == Hold {
				fail("the oracle disagrees")
			}
		case ReadMessage, WriteMessage, Review:
			if !mayKnowThread(f) && d.Effect != Conceal {
				fail("it tells of a thread she may not know")
			}
		}
		prison := f.Actor.Role != ids.RolePactWorker && f.Actor.StaffID() != ""
		threadAct := f.Act == ReadThread || f.Act == ReadMessage || f.Act == WriteMessage || f.Act == Review
		if threadAct && f.Thread.Channel == threads.Confidential && prison && !f.Thread.IsParty && d.Effect != Conceal {
			fail("prison staff learn of a confidential thread")
		}
		if (threadAct || f.Act == DecideMail && f.Case.ID != "") && f.Thread.Channel == threads.Privileged && !f.Thread.IsParty && opens {
			fail("privileged, to somebody who is no party")
		}
		if f.Act == ReadMessage && (f.Message.Held || f.Message.Withheld) && opens && !f.Message.IsAuthor &&
			!(f.Actor.StaffID() != "" && f.Thread.Channel == threads.Official && (f.Review.For == f.Actor.Role || f.Review.For == "" && f.Actor.Role == ids.RolePactWorker)) {
			fail("a held message is read")
		}
		if f.Act == Review && f.Message.IsAuthor && opens {
			fail("own review")
		}
		if f.Act == FileMail && d.Effect == Allow && !(f.Mail.AddressValid && !f.Mail.AddressExpired && f.Mail.SenderIsParty && f.Mail.Verified && f.Mail.Readable && !f.Mail.Automatic) {
			fail("mail posted without proof")
		}
		known := f.Mail.Invitation && (f.Mail.InviteKnown || f.Mail.InviteWaits) && f.Mail.Verified && (f.Mail.SenderIsParty || f.Mail.SameAgency)
		if (d.Effect == Note) && !(f.Act == FileMail && (f.Mail.Automatic || known)) {
			fail("a person's mail is only noted")
		}
		if d.Duties.Has(TellSender) && !(f.Act == FileMail && f.Mail.SenderIsParty && f.Mail.Verified && !f.Mail.Automatic) {
			fail("somebody unproven is answered")
		}
		if f.Act == FileHeldMail && opens && (f.Mail.Automatic || !f.Mail.Readable || !f.Mail.SameAgency || !f.Mail.Verified && !f.Mail.Filing.Confirmed ||
			f.Mail.Filing.Privileged && f.Mail.Filing.Elsewhere) {
			fail("mail filed that must not be")
		}
		if f.Act == AnswerOrganiser && opens && !f.Mail.SameAgency {
			fail("another organisation is answered")
		}
		if f.Act == HandOver && opens && !f.Mail.SameAgency {
			fail("another organisation takes over")
		}
		if f.Act == FileMail && (d.Effect == Deny || d.Effect == Conceal) {
			fail("mail lost")
		}
		if f.Case.Closed && opens && (f.Act == WriteMessage || f.Act == OpenThread || f.Act == PlanMeeting) {
			fail("a closed case goes on")
		}
		if f.Actor.Kind == "" || f.Actor.Kind == "nonsense" || f.Actor.Kind == ids.ActorUnknown {
			if opens && !f.Thread.IsParty && !f.Case.IsMother && !f.Meeting.IsParticipant && !f.Meeting.IsHost && f.Act != FileMail {
				fail("nobody in particular is let in")
			}
		}
	})
}
