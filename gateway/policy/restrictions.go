package policy

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
)

// forbidden is a set of what restrictions forbid or ask for.
type forbidden uint8

const (
	words forbidden = 1 << iota
	pictures
	meeting
	unsupervised
	unmonitored
)

// forbids is what a kind of restriction forbids or asks for. What each means is the deployment's to confirm with its public protection unit (no published
// level says more than this): see cases.RestrictionKinds.
func forbids(k cases.RestrictionKind) forbidden {
	switch k {
	case cases.NoContact:
		return words | pictures | meeting
	case cases.WrittenOnly:
		return meeting
	case cases.SupervisedOnly:
		return unsupervised
	case cases.NoPictures:
		return pictures
	case cases.Monitored:
		return unmonitored
	}
	return 0
}

// touched reports whether the restriction is about somebody whom the act brings her together with.
func (r Restriction) touched(t Touch) bool {
	return r.Contact != "" && slices.Contains(t.Contacts, r.Contact) || r.Child != "" && slices.Contains(t.Children, r.Child)
}

// restricts is the union of what every restriction in force forbids for this act: however many there are and however they contradict each
// other, the strictest wins.
func restricts(f *Facts) (all forbidden) {
	for _, r := range f.InForce {
		if r.touched(f.Touch) {
			all |= forbids(r.Kind)
		}
	}
	return all
}

// Bearing returns the restrictions in force that bear on the act, the strictest first: for pages that explain a refusal to who may see them.
func Bearing(f Facts) []Restriction {
	var out []Restriction
	for _, k := range cases.RestrictionKinds {
		for _, r := range f.InForce {
			if r.Kind == k && r.touched(f.Touch) {
				out = append(out, r)
			}
		}
	}
	return out
}

func wordsForbidden(f *Facts) bool    { return restricts(f)&words != 0 }
func picturesForbidden(f *Facts) bool { return restricts(f)&pictures != 0 }
func meetingForbidden(f *Facts) bool  { return restricts(f)&meeting != 0 }
func monitored(f *Facts) bool         { return restricts(f)&unmonitored != 0 }
func lacksSupervisor(f *Facts) bool {
	return restricts(f)&unsupervised != 0 && !f.Touch.Supervised
}

// restrictedWords is the refusal of words to or from a person whom a restriction names.
var restrictedWords = deny("restricted_words", "A contact restriction forbids messages between her and this person.").
	do("Ask public protection at her prison.")

var restrictionChapters = []*Chapter{
	{SeeRestrictions, "read the restrictions of a case", []Rule{
		{If: "the actor is the mother: she is shown those that she may be told of", When: isMother, Decision: allow("own_restrictions", "They are about her.")},
		{If: "the actor is public protection at her prison", When: isProtection, Decision: allow("protection", "Public protection keeps the restrictions of its prison.")},
		{If: "the actor is on the case's team", When: func(f *Facts) bool { return isPact(f) || isFamilyWorker(f) || isOffenderManager(f) },
			Decision: allow("case_team", "Whoever works on the case must know what may not be.")},
		{Decision: conceal("restrictions_closed", "Restrictions are known to public protection, the case's team and her.")},
	}},
	{AddRestriction, "put a restriction in force", []Rule{
		{Needs: SeeRestrictions},
		{If: "the actor is public protection at her prison", When: isProtection, Decision: allow("protection", "Public protection keeps the restrictions of its prison.")},
		{If: "the actor is the case's Pact social worker or offender manager", When: any2(isPact, isOffenderManager),
			Decision: allow("team_adds", "Whoever learns of a restriction enters it at once: stricter is safe.").with(TellProtection)},
		{Decision: deny("restrictions_read_only", "You cannot enter restrictions.").do("Ask public protection at her prison.")},
	}},
	{ChangeRestriction, "end or change a restriction", []Rule{
		{Needs: SeeRestrictions},
		{If: "the actor is public protection at her prison", When: isProtection, Decision: allow("protection", "Public protection keeps the restrictions of its prison.")},
		{Decision: deny("protection_only", "Only public protection at her prison ends or changes a restriction.").do("Ask them.")},
	}},
	{LetKeptGo, "decide on what a restriction has kept back", []Rule{
		{Needs: SeeRestrictions},
		{If: "the actor is the case's Pact social worker or public protection at her prison", When: any2(isPact, isProtection),
			Decision: allow("decides_kept", "Whoever keeps the restrictions, or knows her, decides when one has ended.")},
		{Decision: deny("kept_read_only", "Only the case's Pact social worker and public protection decide on this.").do("Ask one of them.")},
	}},
	{ClearFile, "say that a picture may be shown to her in spite of a restriction on pictures", []Rule{
		{Needs: ReadMessage},
		{If: "the actor is who reviews the case's messages and did not send it, in whatever appointment", When: func(f *Facts) bool { return mayReview(f) && !f.Message.IsAuthor && !f.Message.SamePerson },
			Decision: allow("reviewer", "Whoever reviews has looked at it.")},
		{Decision: deny("not_reviewer", "Only the case's Pact social worker, or who reviews its messages, says that a picture may be shown.").do("Ask her.")},
	}},
}

// reviewerAt returns who reviews in the given place of the order, "" when nobody is left. What public protection monitors it reads last.
func reviewerAt(f *Facts, place int) ids.Role {
	r := f.Review
	order := [3]ids.Role{r.First, r.Second}
	n := 0
	if !r.Nobody {
		if order[0] == "" {
			order[0] = ids.RolePactWorker
		}
		n = 1
		if order[1] != "" && order[1] != order[0] {
			n = 2
		}
	}
	if monitored(f) && !(n > 0 && order[0] == ids.RolePublicProtection) && !(n > 1 && order[1] == ids.RolePublicProtection) {
		order[n] = ids.RolePublicProtection
		n++
	}
	if place < 0 || place >= n || place >= len(order) {
		return ""
	}
	return order[place]
}

// nextReviewer is who must still read what passes on the official channel between her and people outside.
func nextReviewer(f *Facts) ids.Role { return reviewerAt(f, f.Review.Done) }

// NextReviewer returns who must read a message on the official channel once those have who did (Facts.Review.Done); "" when nobody is left. What
// staff write is read by public protection alone, where it is monitored.
func NextReviewer(f Facts) ids.Role { return nextReviewer(&f) }

func reviewDue(f *Facts) bool { return nextReviewer(f) != "" }

// Reviewers returns who reviews what goes in this direction, in order; none = nobody.
func Reviewers(f Facts) (order []ids.Role) {
	for i := 0; ; i++ {
		r := reviewerAt(&f, i)
		if r == "" {
			return order
		}
		order = append(order, r)
	}
}
