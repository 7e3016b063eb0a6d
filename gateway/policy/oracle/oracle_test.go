package oracle_test

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// verdict is what the oracle says: yes; that she is refused, or that she learns of nothing; that it waits, for whom and why; and what the
// program owes besides.
type verdict struct {
	effect policy.Effect
	waits  ids.Role
	reason string
	owes   policy.Duty
}

var (
	yes     = verdict{effect: policy.Allow}
	refused = verdict{effect: policy.Deny}
	unknown = verdict{effect: policy.Conceal} // as if it did not exist
	noted   = verdict{effect: policy.Note}
)

func (v verdict) owing(d policy.Duty) verdict { v.owes |= d; return v }

func waitsFor(r ids.Role, reason string) verdict {
	return verdict{effect: policy.Hold, waits: r, reason: reason}
}

// told is the answer to somebody who may know of a thing, and of nothing else.
func told(may bool) verdict {
	if may {
		return yes
	}
	return refused
}

// shown is the answer to somebody who must not even learn of a thing that is not for her.
func shown(may bool) verdict {
	if may {
		return yes
	}
	return unknown
}

// Who people are, in PRODUCT.md's words. Somebody's own system is herself.

func (p soul) signedIn() bool {
	return (p.Kind == ids.ActorStaff || p.Kind == ids.ActorAPI) && p.ID != ""
}
func (p soul) is(roles ...ids.Role) bool {
	return p.signedIn() && slices.Contains(roles, p.Role)
}
func (p soul) onTeam(f *family) bool { return p.signedIn() && (f.team[p.ID] || f.worker == p.ID) }

// her: the mother herself.
func (p soul) her(f *family) bool { return p.Kind == ids.ActorMother && p.ID == f.mother }

// pact: the Pact social workers who carry the case.
func (p soul) pact(f *family) bool { return p.is(ids.RolePactWorker) && p.onTeam(f) }

func (p soul) familyWorker(f *family) bool {
	return p.is(ids.RoleFamilyWorker) && p.onTeam(f) && !p.movedOn(f)
}

// movedOn: the staff of a prison where she is not know nothing of her any more.
func (p soul) movedOn(f *family) bool {
	return p.is(ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RoleWingOfficer, ids.RolePublicProtection) && p.Agency != f.prison
}

// manager: her offender manager, as long as she is at that prison.
func (p soul) manager(f *family) bool {
	return p.is(ids.RoleOffenderManager) && p.onTeam(f) && p.Agency == f.prison
}

// protects: public protection looks at everybody in its prison.
func (p soul) protects(f *family) bool {
	return p.is(ids.RolePublicProtection) && p.Agency == f.prison
}

func (p soul) officer(f *family) bool {
	return p.is(ids.RoleWingOfficer) && p.Agency == f.prison && p.wing == f.wing
}

func (p soul) administrator() bool { return p.is(ids.RoleAdministrator) }

// works: whoever does the daily work of the case.
func (p soul) works(f *family) bool { return p.pact(f) || p.familyWorker(f) }

// knows: who may know that she has a case.
func (p soul) knows(f *family) bool {
	return p.her(f) || p.works(f) || p.manager(f) || p.protects(f)
}

// inIt: a party of a conversation now.
func (p soul) inIt(t *talk) bool {
	for _, m := range t.in {
		if m.left || m.id != p.ID {
			continue
		}
		switch m.kind {
		case threads.PartyMother:
			return p.Kind == ids.ActorMother
		case threads.PartyContact:
			return p.Kind == ids.ActorContact
		case threads.PartyStaff:
			return p.signedIn()
		}
	}
	return false
}

func (t *talk) hasHer() bool {
	return slices.ContainsFunc(t.in, func(m member) bool { return !m.left && m.kind == threads.PartyMother })
}

// outside are the people outside who are in it now.
func (t *talk) outside() (out []ids.ContactID) {
	for _, m := range t.in {
		if !m.left && m.kind == threads.PartyContact {
			out = append(out, ids.ContactID(m.id))
		}
	}
	return out
}

// unaware: a conversation that begins with hard news is kept from a mother until its first message is opened with her. What her lawyer writes
// nobody stands before.
func (p soul) unaware(t *talk) bool {
	return p.Kind == ids.ActorMother && t.quiet && t.channel != threads.Privileged
}

// follows: who may know that a conversation exists.
func (p soul) follows(t *talk) bool { return !p.unaware(t) && p.concerns(t) }

// hearsOf: who may know that there is a message; of one in a conversation that she is not to know of yet she learns from who is with her.
func (p soul) hearsOf(s *saying) bool { return (!p.unaware(s.in) || s.beside) && p.concerns(s.in) }

// concerns: whom a conversation concerns. Privileged: nobody but its parties. Confidential: Pact besides. Official: who knows the case.
func (p soul) concerns(t *talk) bool {
	switch t.channel {
	case threads.Privileged:
		return p.inIt(t)
	case threads.Confidential:
		return p.inIt(t) || p.pact(t.fam)
	}
	return t.channel == threads.Official && !p.movedOn(t.fam) && (p.inIt(t) || p.signedIn() && p.knows(t.fam))
}

// limited: a restriction of one of the kinds binds today between her and the person, or the child.
func (w *world) limited(f *family, who ids.ContactID, k ids.ChildID, kinds ...cases.RestrictionKind) bool {
	for _, l := range f.limits {
		about := who != "" && l.who == who || k != "" && l.child == k
		if about && w.day >= l.from && w.day <= l.to && slices.Contains(kinds, l.kind) {
			return true
		}
	}
	return false
}

func (w *world) anyLimited(f *family, who []ids.ContactID, kinds ...cases.RestrictionKind) bool {
	return slices.ContainsFunc(who, func(c ids.ContactID) bool { return w.limited(f, c, "", kinds...) })
}

// parentOfNone: a conversation is about children, and she is the parent in law of none of them today.
func (w *world) parentOfNone(f *family, about []ids.ChildID) bool {
	for _, k := range f.children {
		if slices.Contains(about, k.id) && w.day < k.ends {
			return false
		}
	}
	return len(about) > 0
}

// readers are who reads what passes in a direction before it passes, in order: as is set for the conversation, else the case, else the prison, else
// her Pact social worker. What public protection monitors it reads too.
func (w *world) readers(t *talk, d messages.Direction, monitored bool) []ids.Role {
	var set *setting
	for _, narrower := range []func(setting) bool{
		func(s setting) bool { return s.prison == t.fam.prison },
		func(s setting) bool { return s.of == t.fam.id },
		func(s setting) bool { return s.thread == t.id },
	} {
		for i, s := range w.settings {
			if s.dir == d && narrower(s) {
				set = &w.settings[i]
			}
		}
	}
	first, second := ids.RolePactWorker, ids.Role("")
	if set != nil {
		second = set.second
		if set.first != "" {
			first = set.first
		}
	}
	out := []ids.Role{first}
	if second != "" && second != first {
		out = append(out, second)
	}
	if set != nil && set.nobody {
		out = nil
	}
	if monitored && !slices.Contains(out, ids.RolePublicProtection) {
		out = append(out, ids.RolePublicProtection)
	}
	return out
}

// checks: whether somebody is to read a message that waits (or waited) for a reviewer. What is not official nobody reviews.
func (p soul) checks(s *saying) bool {
	f := s.in.fam
	if s.in.channel != threads.Official {
		return false
	}
	switch s.waitsFor {
	case ids.RolePublicProtection:
		return p.protects(f)
	case ids.RoleFamilyWorker:
		return p.familyWorker(f)
	case ids.RoleOffenderManager:
		return p.manager(f)
	}
	return p.pact(f)
}

// wrote: the words are hers, whether or not she is still in the conversation.
func (p soul) wrote(s *saying) bool {
	if s.author.id != p.ID {
		return false
	}
	switch s.author.kind {
	case threads.PartyMother:
		return p.Kind == ids.ActorMother
	case threads.PartyContact:
		return p.Kind == ids.ActorContact
	}
	return p.signedIn()
}

// alone: it is to be read with somebody beside her, and nobody has been.
func (s *saying) alone() bool { return s.together && !s.opened && !s.beside }

// reads: who may read a message.
func (p soul) reads(s *saying) bool {
	switch {
	case !p.hearsOf(s):
		return false
	case p.wrote(s):
		return true
	case p.Kind == ids.ActorMother && (s.alone() || s.notice), s.stopped != "" && s.stopped == p.ID:
		return false
	}
	return s.state == passed || p.checks(s)
}

var chapters = []func(*world, *question) (verdict, bool){(*world).judgeCase, (*world).judgeTalk, (*world).judgeMessage, (*world).judgeReview, (*world).judgeMail,
	(*world).judgeSupport, (*world).judgeLimits, (*world).judgeMeeting, (*world).judgeBefore, (*world).judgePolls, (*world).judgePeople}

// judge answers the question from the world alone.
func (w *world) judge(q *question) verdict {
	for _, chapter := range chapters {
		if v, ok := chapter(w, q); ok {
			return v
		}
	}
	return verdict{effect: "the oracle was not taught this act"}
}

func (w *world) judgeCase(q *question) (verdict, bool) {
	p, f := q.who, q.fam
	switch q.act {
	case policy.SeeCase:
		return shown(p.knows(f)), true
	case policy.ExportCase, policy.KeepChild, policy.KeepGoal, policy.FollowOn:
		if !p.knows(f) {
			return unknown, true
		}
		return told(p.pact(f)), true
	case policy.CountCase:
		// Numbers of all cases: of no use to hide from Pact, which works on them all, and never for a prison's own staff.
		atPrison := p.Agency == northgate || p.Agency == southgate
		return shown(!atPrison && (p.is(ids.RolePactWorker) || p.administrator()) || p.Kind == ids.ActorSystem), true
	case policy.OwnRecord:
		return shown(p.her(f) || p.pact(f)), true
	case policy.LookUp:
		concerned := slices.ContainsFunc(f.children, func(k child) bool {
			return worksAt(q.plan.whom) == k.with || worksAt(q.plan.whom) == k.taught
		})
		return shown(p.administrator() && q.plan.whom != "" || concerned && (p.works(f) || p.manager(f) || p.protects(f))), true
	case policy.KeepTeam:
		if p.administrator() || p.Kind == ids.ActorSystem {
			return yes, true
		}
		if !p.knows(f) {
			return unknown, true
		}
		return told(p.pact(f)), true
	case policy.ReadAudit:
		switch {
		case p.administrator() || f != nil && p.pact(f):
			return yes, true
		case f != nil && !p.knows(f):
			return unknown, true
		}
		return refused, true
	case policy.ReadTrace:
		return shown(p.follows(q.in) || p.administrator() && q.in.channel == threads.Official), true
	case policy.SeeCustody:
		comes := f.goingTo != "" && p.Agency == f.goingTo && p.is(ids.RoleOffenderManager, ids.RolePublicProtection, ids.RoleFamilyWorker)
		return shown(comes || p.knows(f)), true
	case policy.RecordCustody:
		prisons := p.is(ids.RoleOffenderManager, ids.RolePublicProtection) && (p.Agency == f.prison || f.goingTo != "" && p.Agency == f.goingTo)
		switch {
		case p.Kind == ids.ActorSystem || p.administrator() || prisons || p.pact(f):
			return yes, true
		case !p.knows(f):
			return unknown, true
		}
		return refused, true
	}
	return verdict{}, false
}

func (w *world) judgeTalk(q *question) (verdict, bool) {
	p := q.who
	switch q.act {
	case policy.ReadThread:
		return shown(p.follows(q.in)), true
	case policy.ExportThread:
		if !p.follows(q.in) {
			return unknown, true
		}
		return told(p.inIt(q.in) || p.pact(q.in.fam)), true
	case policy.OpenThread:
		return w.begins(q), true
	case policy.Address:
		begins, f := w.begins(q), q.fam
		if begins.effect != policy.Allow {
			return begins, true
		}
		at := worksAt(q.plan.whom)
		hers := len(q.plan.about) > 0
		for _, k := range f.children {
			if slices.Contains(q.plan.about, k.id) && k.with != at && k.taught != at {
				hers = false
			}
		}
		hers = hers || q.plan.channel == threads.Privileged && at == lawyers
		return shown(hers && !w.limited(f, q.plan.whom, "", cases.NoContact)), true
	}
	return verdict{}, false
}

// begins: who may begin which conversation, with whom. Some refusals come before anybody asks who she is: they tell her nothing of the case.
func (w *world) begins(q *question) verdict {
	p, f, n := q.who, q.fam, q.plan
	stranger := slices.ContainsFunc(n.staff, func(id string) bool { return !f.team[id] })
	prisons := slices.ContainsFunc(n.staff, func(id string) bool { return !w.byID(id).is(ids.RolePactWorker) })
	switch {
	case f.closed || stranger:
		return refused
	case n.channel == threads.Confidential && (n.whom != "" || prisons):
		return refused
	case n.channel == threads.Privileged && len(n.staff) > 0:
		return refused
	case n.channel == threads.Confidential || n.channel == threads.Privileged:
		return shown(p.pact(f)) // whoever cannot begin one must not learn who can
	case !p.knows(f):
		return unknown
	case !p.works(f) || n.channel != threads.Official:
		return refused
	case w.limited(f, n.whom, "", cases.NoContact):
		return refused
	}
	return told(n.whom == "" || !w.parentOfNone(f, n.about))
}
