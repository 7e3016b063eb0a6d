package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// The book is well made: every rule says when, what and why; every chapter ends with an answer; every act that a rule leans on has a chapter,
// and none leans on itself.
func TestTheBookIsWellMade(t *testing.T) {
	seen := map[Act]bool{}
	for _, c := range Book() {
		if c.Title == "" || seen[c.Act] || byAct[c.Act] != c {
			t.Errorf("%s: %q", c.Act, c.Title)
		}
		seen[c.Act] = true
		for i, r := range c.Rules {
			last := i == len(c.Rules)-1
			leans := r.Needs != "" || r.As != ""
			switch {
			case leans == (r.Effect != ""):
				t.Errorf("%s, rule %d: neither an answer nor another act's", c.Act, i+1)
			case !leans && (r.Rule == "" || r.Why == ""):
				t.Errorf("%s, rule %d: no name, or no reason", c.Act, i+1)
			case (r.When != nil) != (r.If != "") && r.As == "" && r.Needs == "":
				t.Errorf("%s, rule %d: its condition and its words do not agree", c.Act, i+1)
			case r.When == nil && r.Needs == "" && !last:
				t.Errorf("%s, rule %d hides those below it", c.Act, i+1)
			case last && r.When != nil && r.As == "":
				t.Errorf("%s does not end with an answer", c.Act)
			case r.Effect == Hold && (r.Hold == "" || r.HoldFor == "" && r.For == nil):
				t.Errorf("%s, rule %d: a hold for nobody", c.Act, i+1)
			case r.Do != "" && r.Effect != Deny:
				t.Errorf("%s, rule %d: what to do is said of a refusal only", c.Act, i+1)
			}
			for _, a := range []Act{r.Needs, r.As} {
				if a != "" && (byAct[a] == nil || leansOn(a, c.Act)) {
					t.Errorf("%s, rule %d leans on %s, which has no chapter or leans on it", c.Act, i+1, a)
				}
			}
		}
	}
}

// leansOn reports whether the rules of a come to ask about b.
func leansOn(a, b Act) bool {
	if a == b {
		return true
	}
	return slices.ContainsFunc(byAct[a].Rules, func(r Rule) bool {
		return r.Needs != "" && leansOn(r.Needs, b) || r.As != "" && leansOn(r.As, b)
	})
}

// Every rule matters: with any one of them taken away, somebody in some world is answered differently.
func TestRemovingAnyRuleIsNoticed(t *testing.T) {
	worlds := worldsToTry()
	for _, c := range Book() {
		whole := c.Rules
		var before []Decision
		for _, f := range worlds {
			f.Act = c.Act
			before = append(before, Decide(f))
		}
		for i := range whole {
			c.Rules = slices.Delete(slices.Clone(whole), i, i+1)
			noticed := false
			for w, f := range worlds {
				f.Act = c.Act
				if noticed = Decide(f) != before[w]; noticed {
					break
				}
			}
			c.Rules = whole
			if !noticed {
				t.Errorf("%s, rule %d (%s, when %s): nothing depends on it", c.Act, i+1, whole[i].Rule, whole[i].If)
			}
		}
	}
}

// worldsToTry are random facts, half of them near to where rules differ: somebody who has to do with the case.
func worldsToTry() []Facts {
	draw := rapid.Custom(drawFacts)
	var out []Facts
	for i := range 6000 {
		f := draw.Example(i)
		out = append(out, f)
		f.Case.OnTeam, f.Case.SameEstablishment, f.Case.Closed = true, true, false
		f.Message.Held, f.Message.Withheld = false, i%3 == 0
		if f.Actor.ID == "" {
			f.Actor = pactWorker
		}
		if i%2 == 0 {
			f.Thread.Channel, f.Thread.HasMother = threads.Official, true
		}
		if i%4 == 0 {
			f.InForce = nil
		}
		if i%5 == 0 {
			f.Actor, f.Case.IsMother, f.Thread.IsParty = aMother, true, true
		}
		if i%6 == 0 {
			f.Actor = ids.System("delivery")
		}
		if i%12 == 0 { // too many facts to meet by chance
			f.To, f.InForce, f.Message, f.Support, f.Custody = ToMother, nil, MessageFacts{}, SupportFacts{Together: true}, CustodyFacts{}
		}
		f.Mail.AddressValid, f.Mail.AddressExpired, f.Mail.Readable = true, false, i%7 != 0
		f.Mail.SenderIsParty, f.Mail.SameAgency, f.Meeting.IsParticipant = i%3 != 0, i%4 != 0, true
		f.Mail.Automatic, f.Mail.Encrypted, f.Mail.Challenge = i%11 == 0, i%13 == 0, i%17 == 0
		f.Meeting.Cancelled, f.Meeting.Ended, f.Meeting.TooEarly = i%19 == 0, i%23 == 0, i%29 == 0
		f.Meeting.LegalVisit, f.Meeting.UnknownGuest, f.Meeting.OutsideStaff = i%19 == 0, i%23 == 0, i%29 == 0
		f.Thread.OutsideStaff = i%9 == 0
		if i%21 == 0 { // few of all that are drawn bring her
			f.Actor, f.Case.SameWing, f.Case.OtherPrison, f.SamePlace = ids.Actor{Kind: ids.ActorStaff, ID: "stf_wing", Role: ids.RoleWingOfficer, Agency: "agy_prison"}, true, false, true
			f.Meeting = MeetingFacts{}
		}
		out = append(out, f)
	}
	return out
}

// The strictest of several restrictions wins, whatever their order.
func TestStrictestRestrictionWins(t *testing.T) {
	base := Facts{Actor: pactWorker, Case: onTeam, Thread: ThreadFacts{Channel: threads.Official, HasMother: true, WithAgency: true},
		Touch: Touch{Contacts: []ids.ContactID{"con_1"}}}
	rapid.Check(t, func(t *rapid.T) {
		f := base
		f.InForce = rapid.SliceOfN(rapid.SampledFrom(someRestrictions), 0, 5).Draw(t, "in force")
		has := func(ks ...cases.RestrictionKind) bool {
			return slices.ContainsFunc(f.InForce, func(r Restriction) bool { return r.Contact == "con_1" && slices.Contains(ks, r.Kind) })
		}
		f.Act = WriteMessage
		want := Allow
		switch {
		case has(cases.NoContact):
			want = Deny
		case has(cases.Monitored):
			want = Hold
		}
		if d := Decide(f); d.Effect != want {
			t.Fatalf("%v: %+v", f.InForce, d)
		}
		f.Act = Invite
		want = Allow
		if has(cases.NoContact, cases.WrittenOnly, cases.SupervisedOnly) {
			want = Deny
		}
		if d := Decide(f); d.Effect != want {
			t.Fatalf("%v: %+v", f.InForce, d)
		}
		f.Touch.Supervised = true
		if d := Decide(f); (d.Effect == Deny) != has(cases.NoContact, cases.WrittenOnly) {
			t.Fatalf("supervised, %v: %+v", f.InForce, d)
		}
		f.Act, f.Message.Picture, f.Actor = Attach, true, ids.System("delivery")
		if d := Decide(f); (d.Effect == Hold) != (has(cases.NoPictures) && !has(cases.NoContact)) {
			t.Fatalf("a picture, %v: %+v", f.InForce, d)
		}
	})
}

// Who must read, in which order, and that monitoring adds public protection once.
func TestOrderOfReviewers(t *testing.T) {
	for name, c := range map[string]struct {
		review  ReviewFacts
		inForce []Restriction
		want    []ids.Role
	}{
		"by default":              {ReviewFacts{}, nil, []ids.Role{ids.RolePactWorker}},
		"nobody":                  {ReviewFacts{Nobody: true}, nil, nil},
		"two":                     {ReviewFacts{First: ids.RolePactWorker, Second: ids.RolePublicProtection}, nil, []ids.Role{ids.RolePactWorker, ids.RolePublicProtection}},
		"one twice":               {ReviewFacts{First: ids.RolePactWorker, Second: ids.RolePactWorker}, nil, []ids.Role{ids.RolePactWorker}},
		"nobody, yet monitored":   {ReviewFacts{Nobody: true}, someRestrictions[8:9], []ids.Role{ids.RolePublicProtection}},
		"by default, monitored":   {ReviewFacts{}, someRestrictions[8:9], []ids.Role{ids.RolePactWorker, ids.RolePublicProtection}},
		"protection, monitored":   {ReviewFacts{First: ids.RolePublicProtection}, someRestrictions[8:9], []ids.Role{ids.RolePublicProtection}},
		"another person's alone":  {ReviewFacts{}, []Restriction{{Kind: cases.Monitored, Contact: "con_9"}}, []ids.Role{ids.RolePactWorker}},
		"two others and monitors": {ReviewFacts{First: ids.RoleFamilyWorker, Second: ids.RolePactWorker}, someRestrictions[8:9], []ids.Role{ids.RoleFamilyWorker, ids.RolePactWorker, ids.RolePublicProtection}},
	} {
		f := Facts{Act: WriteMessage, Actor: aMother, Case: CaseFacts{IsMother: true}, Review: c.review, InForce: c.inForce,
			Thread: ThreadFacts{Channel: threads.Official, HasMother: true, WithAgency: true, IsParty: true}, Touch: Touch{Contacts: []ids.ContactID{"con_1"}}}
		for i := range 5 {
			f.Review.Done = i
			d := Decide(f)
			if want := i < len(c.want); want != (d.Effect == Hold) || want && d.HoldFor != c.want[i] {
				t.Errorf("%s, after %d: %+v", name, i, d)
			}
		}
	}
}

// A message to be read together shows her nothing, not even by a delivery, until somebody is with her.
func TestReadTogether(t *testing.T) {
	her := Facts{Actor: aMother, Case: CaseFacts{ID: "cas_1", IsMother: true}, Thread: ThreadFacts{Channel: threads.Official, IsParty: true, HasMother: true, WithAgency: true},
		Support: SupportFacts{Together: true}, To: ToMother}
	for _, c := range []struct {
		act    Act
		change func(*Facts)
		want   Effect
	}{
		{ReadMessage, func(*Facts) {}, Conceal},
		{Deliver, func(*Facts) {}, Hold},
		{ReadMessage, func(f *Facts) { f.Support.WithWorker = true }, Allow},
		{Deliver, func(f *Facts) { f.Support.WithWorker = true }, Allow},
		{ReadMessage, func(f *Facts) { f.Support.Opened = true }, Allow},
		{ReadMessage, func(f *Facts) { f.Message.IsAuthor = true }, Allow},
		{Deliver, func(f *Facts) { f.To = ToContact }, Allow},
		{Deliver, func(f *Facts) { f.Custody.State = Released }, Hold},
	} {
		f := her
		f.Act = c.act
		if c.act == Deliver {
			f.Actor = ids.System("delivery")
		}
		c.change(&f)
		if d := Decide(f); d.Effect != c.want {
			t.Errorf("%s: %+v", c.act, d)
		}
	}
	f := Facts{Act: OpenTogether, Actor: pactWorker, Case: onTeam, Thread: her.Thread, Support: SupportFacts{Together: true}}
	if d := Decide(f); !d.Allowed() || !d.Duties.Has(TellWing) {
		t.Errorf("opened together: %+v", d)
	}
	f.Actor = ids.Actor{Kind: ids.ActorStaff, ID: "stf_3", Role: ids.RoleFamilyWorker}
	if d := Decide(f); d.Rule != "not_supporter" {
		t.Errorf("somebody else: %+v", d)
	}
}

func BenchmarkDecide(b *testing.B) {
	f := Facts{Act: ReadMessage, Actor: pactWorker, Case: onTeam, Thread: ThreadFacts{Channel: threads.Official, HasMother: true, WithAgency: true},
		Message: MessageFacts{Held: true}, InForce: someRestrictions, Touch: Touch{Contacts: []ids.ContactID{"con_7", "con_8"}}}
	for _, act := range []Act{ReadMessage, WriteMessage, FileMail, FileHeldMail, AttendMeeting} {
		b.Run(string(act), func(b *testing.B) {
			f.Act = act
			b.ReportAllocs()
			for b.Loop() {
				Decide(f)
			}
		})
	}
}
