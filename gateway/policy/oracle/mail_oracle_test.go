package oracle_test

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// judgeMail: how email is let in, sorted and handed over.
func (w *world) judgeMail(q *question) (verdict, bool) {
	p, f, t, m := q.who, q.fam, q.in, q.mail
	switch q.act {
	case policy.FileMail:
		return w.letsIn(t, m), true
	case policy.DecideMail:
		return p.sorts(f, t), true
	case policy.MoveMail:
		v := p.sorts(f, t)
		if v == yes && t != nil && t.channel == threads.Privileged {
			return refused, true
		}
		return v, true
	case policy.ReadMail:
		if t != nil && t.channel == threads.Privileged {
			return shown(p.inIt(t)), true
		}
		return p.sorts(f, t), true
	case policy.FileHeldMail:
		return w.putsIn(q), true
	case policy.AnswerOrganiser:
		if v := p.sorts(f, t); p.Kind != ids.ActorSystem && v != yes {
			return v, true
		}
		return told(t != nil && t.channel == threads.Official && t.hasHer() && t.agency != "" && m.at == t.agency), true
	case policy.Handover, policy.HandOver:
		switch {
		case t.channel != threads.Official || !p.pact(f):
			return unknown, true
		case q.act == policy.Handover:
			return told(!f.closed), true
		}
		same := t.agency != "" && m.at == t.agency
		return told(!f.closed && same && !(t.hasHer() && w.limited(f, m.from, "", cases.NoContact))), true
	case policy.HandleFailure:
		return shown(p.follows(t) && p.pact(f)), true
	case policy.Chase:
		if !p.follows(t) {
			return unknown, true
		}
		return told(t.channel == threads.Official && !f.closed && p.works(f)), true
	}
	return verdict{}, false
}

// desk is who sorts a conversation's mail. An administrator sees who sent privileged mail, and nothing else.
func desk(t *talk) ids.Role {
	if t.channel == threads.Privileged {
		return ids.RoleAdministrator
	}
	return ids.RolePactWorker
}

// letsIn: mail is somebody's words only when it proves that it comes from a person who is in the conversation now.
func (w *world) letsIn(t *talk, m mail) verdict {
	party := m.from != "" && slices.Contains(t.outside(), m.from)
	flood := m.before >= 10
	held := func(reason string) verdict { return waitsFor(desk(t), reason) }
	toHer := t.channel == threads.Official && t.hasHer()
	switch {
	case m.automatic && flood:
		return noted // so that no machine fills the queue
	case !m.valid:
		return waitsFor(ids.RolePactWorker, "forged_address")
	case m.expired:
		return held("expired_address")
	case m.encrypted && party && m.proven && !m.automatic:
		return held("encrypted").owing(policy.TellSender)
	case m.encrypted:
		return held("encrypted")
	case m.challenge || m.report:
		return held("auto_reply")
	case m.automatic && party && m.proven:
		return noted
	case m.automatic:
		return held("auto_reply")
	case !m.readable:
		return held("unreadable")
	case m.invitation && m.proven && (party || t.agency != "" && m.at == t.agency) && (m.old || m.waits):
		return noted
	case m.invitation && m.proven && !party && t.agency != "" && m.at == t.agency:
		return held("invite")
	case !party && m.proven && t.agency != "" && m.at == t.agency:
		return held("handover")
	case !party && m.proven && m.namesake && m.at != t.agency && m.at != "nowhere":
		return held("moved")
	case !party:
		return held("unknown_sender")
	case !m.proven:
		return held("unverified")
	case toHer && w.limited(t.fam, m.from, "", cases.NoContact):
		return waitsFor(ids.RolePactWorker, "restricted").owing(policy.TellWorker)
	case m.invitation:
		return held("invite")
	case t.fam.closed:
		return held("review")
	}
	if toHer {
		if rs := w.readers(t, messages.ToHer, w.limited(t.fam, m.from, "", cases.Monitored)); len(rs) > 0 {
			return waitsFor(rs[0], "review")
		}
	}
	return yes
}

// sorts: who decides on held mail.
func (p soul) sorts(f *family, t *talk) verdict {
	switch {
	case f == nil:
		return shown(p.is(ids.RolePactWorker))
	case t.channel == threads.Privileged && p.administrator() && !p.inIt(t):
		return refused
	case t.channel == threads.Privileged:
		return shown(p.inIt(t))
	}
	return shown(p.pact(f))
}

// putsIn: who puts held mail into a conversation. What a lawyer wrote stays between her and her client.
func (w *world) putsIn(q *question) verdict {
	p, t, m := q.who, q.in, q.mail
	if m.fromPrivileged {
		if m.elsewhere || m.takesOver {
			return refused
		}
		if v := p.sorts(q.fam, t); v != yes {
			return v
		}
	} else {
		if !p.follows(t) {
			return unknown
		}
		if t.channel != threads.Official || !p.pact(q.fam) {
			return refused
		}
	}
	same := t.agency != "" && m.at == t.agency
	safe := !m.automatic && m.readable && same && (m.proven || m.asked)
	return told(safe && !(t.hasHer() && w.limited(q.fam, m.from, "", cases.NoContact)))
}
