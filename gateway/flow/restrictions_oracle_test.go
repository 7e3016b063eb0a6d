package flow

import (
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// Whatever restrictions there are and whatever day it is, nothing passes that an oracle forbids which knows no policy: it goes through the
// restrictions one by one.
func TestNothingPassesThatARestrictionForbids(t *testing.T) {
	people := []ids.ContactID{"con_1", "con_2"}
	kids := []ids.ChildID{"chd_1", "chd_2"}
	rapid.Check(t, func(t *rapid.T) {
		day := workdays.Day(rapid.IntRange(100, 120).Draw(t, "day"))
		rs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cases.Restriction {
			x := cases.Restriction{Kind: rapid.SampledFrom(cases.RestrictionKinds).Draw(t, "kind"), From: workdays.Day(rapid.IntRange(95, 125).Draw(t, "from")),
				Contacts: rapid.SliceOfDistinct(rapid.SampledFrom(people), rapid.ID[ids.ContactID]).Draw(t, "people"),
				Children: rapid.SliceOfDistinct(rapid.SampledFrom(kids), rapid.ID[ids.ChildID]).Draw(t, "children")}
			if rapid.Bool().Draw(t, "last day") {
				x.To = x.From + workdays.Day(rapid.IntRange(0, 20).Draw(t, "days"))
			}
			return x
		}), 0, 40).Draw(t, "restrictions")
		who, child := rapid.SampledFrom(people).Draw(t, "who"), rapid.SampledFrom(kids).Draw(t, "child")
		binds := func(contact ids.ContactID, child ids.ChildID, kinds ...cases.RestrictionKind) bool {
			for _, x := range rs {
				if day < x.From || x.To != 0 && day > x.To {
					continue
				}
				for _, k := range kinds {
					if x.Kind != k {
						continue
					}
					for _, c := range x.Contacts {
						if c == contact {
							return true
						}
					}
					for _, c := range x.Children {
						if c == child {
							return true
						}
					}
				}
			}
			return false
		}
		o := openThread{Thread: threads.Thread{Channel: threads.Official, Children: []ids.ChildID{child}},
			facts: policy.Facts{InForce: inForce(rs, day), Thread: policy.ThreadFacts{Channel: threads.Official, HasMother: true, WithAgency: true}}}
		her, him := threads.Party{Kind: threads.PartyMother, ID: "mth_1"}, threads.Party{Kind: threads.PartyContact, ID: string(who)}
		in, out := messages.Message{AuthorKind: messages.ByContact, AuthorID: string(who), State: messages.Released}, messages.Message{AuthorKind: messages.ByMother, State: messages.Released}
		words := binds(who, "", cases.NoContact)
		if policy.Decide(o.towards(her, in)).Allowed() == words || policy.Decide(o.towards(him, out)).Allowed() == words {
			t.Fatal("words")
		}
		if (keptWhy(policy.Decide(o.towards(her, in))) == messages.KeptRestricted) != words {
			t.Fatal("not kept as restricted")
		}
		picture := messages.Attachment{MediaType: "image/jpeg"}
		shows := binds(who, child, cases.NoContact, cases.NoPictures)
		if o.mayHaveFile(her, in, picture) == shows {
			t.Fatal("picture")
		}
		if o.mayHaveFile(her, in, messages.Attachment{MediaType: "application/pdf"}) == words {
			t.Fatal("a document goes with the words")
		}
		picture.Ruling = messages.FileWaits
		if o.mayHaveFile(her, in, picture) {
			t.Fatal("a picture that waits for a person")
		}
		for _, supervised := range []bool{true, false} {
			kinds := []cases.RestrictionKind{cases.NoContact, cases.WrittenOnly}
			if !supervised {
				kinds = append(kinds, cases.SupervisedOnly)
			}
			if mayMeet(o.facts.InForce, policy.Touch{Contacts: []ids.ContactID{who}, Supervised: supervised}) == binds(who, "", kinds...) ||
				mayMeet(o.facts.InForce, policy.Touch{Children: []ids.ChildID{child}, Supervised: supervised}) == binds("", child, kinds...) {
				t.Fatal("meeting")
			}
		}
	})
}
