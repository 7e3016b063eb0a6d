package oracle_test

import (
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
)

// judgeAfter: who says that she takes part in another way, who brings her and who waits for her, and who keeps the record of a meeting.
func (w *world) judgeAfter(q *question) (verdict, bool) {
	p, f, g := q.who, q.fam, q.met
	switch q.act {
	case policy.StepDown:
		if prisons := p.is(ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection) && p.Agency == f.prison; !prisons && !p.hears(g) {
			return unknown, true
		}
		withHer := p.takesPart(g) || p.officer(f) || p.works(f) || p.manager(f)
		if !withHer && !p.hears(g) {
			return unknown, true
		}
		return told(p.signedIn() && !g.cancelled && withHer), true
	case policy.RecordMovement, policy.AcknowledgeMovement:
		inside := p.is(ids.RoleOffenderManager, ids.RolePublicProtection) && p.Agency == f.prison
		if !inside && !p.officer(f) && !p.hears(g) {
			return unknown, true
		}
		return told(inside || p.officer(f)), true
	case policy.MindMovement:
		if !p.hears(g) {
			return unknown, true
		}
		return told(p.works(f) || p.signedIn() && g.hosts[p.ID]), true
	case policy.KeepMeeting:
		if !p.hears(g) {
			return unknown, true
		}
		return told(!g.cancelled && p.works(f)), true
	case policy.CorrectRecord:
		switch {
		case !p.hears(g):
			return unknown, true
		case p.her(f):
			return yes.owing(policy.TellWorker), true
		}
		return refused, true
	case policy.KeepDebrief:
		switch {
		case !p.hears(g):
			return unknown, true
		case !g.private:
			return refused, true
		}
		return shown(p.signedIn()), true
	}
	return verdict{}, false
}
