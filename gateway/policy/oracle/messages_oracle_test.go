package oracle_test

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

func (w *world) judgeMessage(q *question) (verdict, bool) {
	p, s := q.who, q.say
	switch q.act {
	case policy.ReadMessage, policy.SeeRequest:
		return shown(p.reads(s)), true
	case policy.ReadOriginal:
		// A kiosk shows pictures of files; what a reviewer kept back is for her and its sender.
		return shown(p.reads(s) && p.Kind != ids.ActorMother && (!s.kept || p.wrote(s) || p.checks(s))), true
	case policy.ClearFile:
		if !p.reads(s) {
			return unknown, true
		}
		return told(p.checks(s) && !p.hersAnyhow(s)), true
	case policy.WriteMessage:
		return w.writes(p, q.in), true
	case policy.AskRequest:
		if v := w.writes(p, q.in); v.effect != policy.Allow {
			return v, true
		}
		return told(q.in.channel == threads.Official && !w.parentOfNone(q.in.fam, q.in.about)), true
	case policy.AnswerRequest:
		if !p.reads(s) {
			return unknown, true
		}
		return told(p.her(q.fam) && p.inIt(s.in) && !q.fam.closed && !w.parentOfNone(q.fam, s.in.about)), true
	case policy.HearOf:
		return shown(p.hearsOf(s) && p.inIt(s.in) && s.state == keptBack && s.tellable), true
	case policy.GiveKept:
		if !p.reads(s) {
			return unknown, true
		}
		return told(p.pact(q.fam) && q.fam.released && q.fam.followOn && (!s.alone() || p.wrote(s))), true
	case policy.Deliver:
		return w.reaches(q), true
	case policy.Attach:
		v := w.reaches(q)
		if v.effect != policy.Allow {
			return v, true
		}
		if s.kept {
			return unknown, true
		}
		var other ids.ContactID // the person outside between whom and her it passes
		if q.to.kind == threads.PartyMother && s.author.kind == threads.PartyContact {
			other = ids.ContactID(s.author.id)
		}
		if q.to.kind == threads.PartyContact && s.author.kind == threads.PartyMother {
			other = ids.ContactID(q.to.id)
		}
		if s.picture && !s.cleared && w.limited(q.fam, other, s.shows, cases.NoPictures, cases.NoContact) {
			return waitsFor(ids.RolePactWorker, "restricted_picture").owing(policy.TellWorker), true
		}
		return yes, true
	}
	return verdict{}, false
}

// writes: who may put words into a conversation, and who reads them first.
func (w *world) writes(p soul, t *talk) verdict {
	f, official := t.fam, t.channel == threads.Official
	if !p.follows(t) {
		return unknown
	}
	if f.closed || t.hasHer() && w.anyLimited(f, t.outside(), cases.NoContact) {
		return refused
	}
	outside := len(t.outside()) > 0
	if official && outside && t.hasHer() && w.parentOfNone(f, t.about) {
		return refused
	}
	watched := w.anyLimited(f, t.outside(), cases.Monitored)
	if p.Kind == ids.ActorMother {
		if official && outside {
			if rs := w.readers(t, messages.FromHer, watched); len(rs) > 0 {
				return waitsFor(rs[0], "review")
			}
		}
		return yes
	}
	daily := p.is(ids.RoleFamilyWorker, ids.RoleOffenderManager) && p.onTeam(f) && official
	if !p.pact(f) && !daily && !(p.signedIn() && p.inIt(t)) {
		return refused
	}
	if official && t.hasHer() && watched && !p.protects(f) {
		return waitsFor(ids.RolePublicProtection, "review")
	}
	return yes
}

// reaches: whether a message reaches one of the parties now.
func (w *world) reaches(q *question) verdict {
	s, f := q.say, q.fam
	if q.who.Kind != ids.ActorSystem {
		return unknown
	}
	if s.state != passed {
		return refused
	}
	toHer := q.to.kind == threads.PartyMother
	between := ids.ContactID("")
	switch {
	case toHer && s.author.kind == threads.PartyContact:
		between = ids.ContactID(s.author.id)
	case q.to.kind == threads.PartyContact && s.author.kind == threads.PartyMother:
		between = ids.ContactID(q.to.id)
	}
	pictured := ids.ChildID("")
	if q.act == policy.Attach {
		pictured = s.shows // no contact with a child: no picture of it passes either, whoever looks at it
	}
	if s.in.hasHer() && w.limited(f, between, pictured, cases.NoContact) {
		return refused.owing(policy.TellWorker | policy.TellProtection)
	}
	if toHer && f.released && s.in.channel != threads.Privileged {
		return waitsFor(ids.RolePactWorker, "custody").owing(policy.TellWorker)
	}
	if toHer && s.alone() {
		return waitsFor(ids.RolePactWorker, "together").owing(policy.TellWorker | policy.OfferSupport)
	}
	return yes
}

func (w *world) judgeReview(q *question) (verdict, bool) {
	p, s, f := q.who, q.say, q.fam
	switch q.act {
	case policy.Review:
		return p.mayCheck(s), true
	case policy.ReleaseClaim:
		if p.administrator() && s.lostClaim {
			return yes, true
		}
		return p.mayCheck(s), true
	case policy.Appeal:
		if !p.hearsOf(s) || !p.wrote(s) {
			return unknown, true
		}
		return told(s.state == keptBack && !s.asked), true
	case policy.SetReview, policy.SetFlags:
		if f == nil {
			return told(p.administrator() || p.is(ids.RolePublicProtection) && p.Agency == q.place), true
		}
		if !p.knows(f) || q.act == policy.SetReview && q.in != nil && (q.in.channel == threads.Confidential || q.in.channel == threads.Privileged) {
			return unknown, true
		}
		return told(p.protects(f) || q.act == policy.SetFlags && p.pact(f)), true
	}
	return verdict{}, false
}

// mayCheck: who decides a message that waits. Nobody her own; an appeal a second person.
func (p soul) mayCheck(s *saying) verdict {
	if !p.hearsOf(s) {
		return unknown
	}
	second := !(s.appeal && p.same(s.keptBy)) && !p.same(s.readBy)
	return told(p.checks(s) && !p.hersAnyhow(s) && second)
}

// same: it is she, whatever she is appointed to do.
func (p soul) same(appointment string) bool {
	return p.signedIn() && appointment != "" && human(appointment) == human(p.ID)
}

// hersAnyhow: she wrote it, in this appointment or in another one.
func (p soul) hersAnyhow(s *saying) bool {
	return p.wrote(s) || s.author.kind == threads.PartyStaff && p.same(s.author.id)
}

func (w *world) judgeSupport(q *question) (verdict, bool) {
	p, f, s := q.who, q.fam, q.say
	switch q.act {
	case policy.MarkTogether:
		return p.marks(s), true
	case policy.UnmarkTogether:
		if v := p.marks(s); v != yes.owing(policy.TellWorker) {
			return v, true
		}
		return told(!s.opened && p.pact(f) && !p.hersAnyhow(s)), true
	case policy.BookSupport:
		if !p.reads(s) {
			return unknown, true
		}
		return told(p.works(f)), true
	case policy.OpenTogether:
		if !p.reads(s) {
			return unknown, true
		}
		booked := p.familyWorker(f) && s.supporter == p.ID
		// What nobody has passed yet is not hers; what comes after her release is kept until it is agreed how she is reached. How it went can be
		// recorded again afterwards.
		hers := s.state == passed && (s.opened || !f.released)
		if s.together && hers && (p.pact(f) || booked) {
			return yes.owing(policy.TellWing), true
		}
		return refused, true
	case policy.KeepAlertList:
		return told(p.administrator() || p.is(ids.RolePublicProtection) && p.Agency == q.place), true
	case policy.SeeSupport, policy.KeepSupport:
		inside := p.protects(f) || p.manager(f) || p.officer(f)
		if q.act == policy.SeeSupport || !inside && !p.works(f) {
			return shown(inside || p.works(f)), true
		}
		return told(inside), true
	case policy.SeeAlert:
		near := p.officer(f) || p.signedIn() && p.Agency == f.prison && f.named[p.ID]
		return shown(near || p.works(f) || p.manager(f)), true
	}
	return verdict{}, false
}

// marks: who says that somebody should be with her: whoever wrote to her (people outside by their words), works on her case or reads it first. What
// her lawyer writes is hers alone.
func (p soul) marks(s *saying) verdict {
	if !p.reads(s) {
		return unknown
	}
	if s.in.channel != threads.Privileged && (p.Kind != ids.ActorMother && p.wrote(s) || p.works(s.in.fam) || p.checks(s)) {
		return yes.owing(policy.TellWorker)
	}
	return refused
}

func (w *world) judgeLimits(q *question) (verdict, bool) {
	p, f := q.who, q.fam
	switch q.act {
	case policy.SeeRestrictions, policy.AddRestriction, policy.ChangeRestriction, policy.LetKeptGo:
	default:
		return verdict{}, false
	}
	if !p.knows(f) {
		return unknown, true
	}
	switch {
	case q.act == policy.SeeRestrictions || p.protects(f) || q.act == policy.LetKeptGo && p.pact(f):
		return yes, true
	case q.act == policy.AddRestriction && (p.pact(f) || p.manager(f)):
		return yes.owing(policy.TellProtection), true
	}
	return refused, true
}

// judgeMeeting: who plans, knows of, joins and runs a meeting.
func (w *world) judgeMeeting(q *question) (verdict, bool) {
	p, f, g := q.who, q.fam, q.met
	switch q.act {
	case policy.PlanMeeting:
		return w.plans(q), true
	case policy.Invite:
		if v := w.plans(q); v != yes {
			return v, true
		}
		n := q.plan
		if n.child != "" && w.parentOfNone(f, []ids.ChildID{n.child}) {
			return refused, true
		}
		return told(!w.limited(f, n.whom, n.child, cases.NoContact, cases.WrittenOnly) && (n.attended || !w.limited(f, n.whom, n.child, cases.SupervisedOnly))), true
	case policy.SeeMeeting:
		return shown(p.hears(g)), true
	case policy.SeeMovement:
		prisons := p.is(ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection) && p.Agency == f.prison
		return shown(prisons || p.hears(g)), true
	case policy.AttendMeeting:
		return w.joins(p, g), true
	case policy.HostMeeting:
		return w.runs(p, g), true
	case policy.IssueTicket:
		if q.self {
			return w.joins(p, g), true
		}
		if v := w.runs(p, g); v != yes {
			return v, true
		}
		return told(p.Kind == ids.ActorAPI), true
	}
	return w.judgeAfter(q)
}

func (w *world) plans(q *question) verdict {
	p, f, n := q.who, q.fam, q.plan
	if f.closed {
		return refused
	}
	if !p.works(f) {
		if p.knows(f) {
			return refused
		}
		return unknown
	}
	las := map[ids.AgencyID]bool{}
	for _, g := range n.guests {
		at := worksAt(g)
		if !slices.ContainsFunc(f.children, func(k child) bool { return k.with == at }) {
			return refused // somebody who has nothing to do with the family
		}
		las[at] = true
	}
	if slices.ContainsFunc(n.staff, func(id string) bool { return !w.byID(id).knows(f) }) {
		return refused
	}
	return told(!n.legal && (len(las) < 2 || n.confirmed))
}

func (p soul) takesPart(g *gathering) bool {
	return p.inIt(&talk{in: g.in}) || p.signedIn() && g.hosts[p.ID]
}

// hears: who may know of a meeting. What is between her and her supporter Pact alone knows of besides.
func (p soul) hears(g *gathering) bool {
	switch {
	case p.movedOn(g.fam):
		return false
	case p.takesPart(g):
		return true
	case !p.signedIn():
		return false
	case g.private:
		return p.pact(g.fam)
	}
	return p.knows(g.fam)
}

func (w *world) joins(p soul, g *gathering) verdict {
	if !p.hears(g) {
		return unknown
	}
	if g.cancelled || g.day != w.day || !p.takesPart(g) {
		return refused
	}
	meets := func(kinds ...cases.RestrictionKind) bool {
		return w.anyLimited(g.fam, (&talk{in: g.in}).outside(), kinds...) ||
			slices.ContainsFunc(g.children, func(k ids.ChildID) bool { return w.limited(g.fam, "", k, kinds...) })
	}
	if meets(cases.NoContact, cases.WrittenOnly) {
		return refused.owing(policy.TellWorker)
	}
	return told(g.superviser || !meets(cases.SupervisedOnly))
}

func (w *world) runs(p soul, g *gathering) verdict {
	if v := w.joins(p, g); v != yes {
		return v
	}
	return told(p.signedIn() && g.hosts[p.ID])
}

// judgePeople: access, devices and PINs.
func (w *world) judgePeople(q *question) (verdict, bool) {
	p, f := q.who, q.fam
	operator := p.administrator() || p.Kind == ids.ActorSystem
	switch q.act {
	case policy.Appoint:
		// Nobody gives or takes her own, and whoever keeps one house keeps no other.
		return told(p.Kind == ids.ActorSystem || p.administrator() && !q.self && p.Agency == q.place), true
	case policy.ManagePeople, policy.ManageKiosks, policy.MergeRecord:
		return told(operator), true
	case policy.ManageRegime, policy.RegimeDay:
		ofWing := q.act == policy.RegimeDay && p.is(ids.RoleWingOfficer) && q.wing != "" && (p.wing == "" || p.wing == q.wing)
		return told(operator || (p.is(ids.RoleOffenderManager) || ofWing) && p.Agency == q.place), true
	case policy.SeeRules:
		return told(p.administrator()), true
	case policy.ResetPIN:
		switch {
		case f.released:
			return unknown, true // at no kiosk has she a use for one
		case p.pact(f) || p.officer(f) || p.manager(f):
			return yes, true
		case p.is(ids.RoleWingOfficer) && p.Agency == f.prison:
			return refused, true // she may know who lives there
		}
		return unknown, true
	case policy.ChooseMother:
		return shown(p.Kind == ids.ActorKiosk && p.Agency == f.prison && p.wing == f.wing && !f.released && !f.away), true
	}
	return verdict{}, false
}
