package oracle_test

import (
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
)

// askBefore asks about what is said to a meeting, in each conversation of the family.
func (w *world) askBefore(q question, with asker) {
	for _, t := range w.talksOf(q.fam) {
		q.in, q.say = t, nil
		w.each(q, actsOnMeetingTalk, with)
		for _, s := range t.said {
			q.say = s
			w.each(q, actsOnMeetingSaying, with)
		}
	}
}

// judgeBefore: who speaks before a meeting, who hears it, and who makes it ready.
func (w *world) judgeBefore(q *question) (verdict, bool) {
	p, g := q.who, q.met
	switch q.act {
	case policy.Contribute:
		return w.speaksBefore(p, g), true
	case policy.SendContribution:
		return w.sendsBefore(q), true
	case policy.ReadContribution:
		if !p.hears(g) {
			return unknown, true
		}
		return shown(p.reads(q.say)), true
	case policy.ChooseAttendance:
		if !p.hears(g) {
			return unknown, true
		}
		return told(p.Kind == ids.ActorMother && g.ofChildren && !g.cancelled && !g.past(w)), true
	case policy.SeePreparation:
		return shown(p.prepares(g)), true
	case policy.AddPaper:
		if !p.prepares(g) {
			return unknown, true
		}
		return told(p.works(g.fam) && g.ofChildren), true
	case policy.ReadNotice:
		if !p.prepares(g) {
			return unknown, true
		}
		return told(p.works(g.fam)), true
	}
	return verdict{}, false
}

// past: it has begun.
func (g *gathering) past(w *world) bool { return g.day < w.day || g.day == w.day && g.begun }

// prepares: who sees how a meeting is made ready: those inside who know of it, but for officers of the wing.
func (p soul) prepares(g *gathering) bool {
	return p.hears(g) && p.Kind != ids.ActorContact && !p.is(ids.RoleWingOfficer)
}

func (w *world) speaksBefore(p soul, g *gathering) verdict {
	if !p.hears(g) {
		return unknown
	}
	return told((p.Kind == ids.ActorMother || p.works(g.fam)) && g.ofChildren && !g.fam.closed && !g.cancelled)
}

// sendsBefore: her own words are read as all of hers; what was written down with her by those who would have read it, but the writer.
func (w *world) sendsBefore(q *question) verdict {
	if v := w.speaksBefore(q.who, q.met); v != yes {
		return v
	}
	v := w.writes(q.who, q.in)
	if v != yes || q.who.Kind == ids.ActorMother {
		return v
	}
	watched := w.anyLimited(q.fam, q.in.outside(), cases.Monitored)
	others := []ids.Role{}
	for _, r := range w.readers(q.in, messages.FromHer, watched) {
		if r == ids.RolePublicProtection {
			return waitsFor(r, "review")
		}
		if r != q.who.Role {
			others = append(others, r)
		}
	}
	if len(others) > 0 {
		return waitsFor(others[0], "review")
	}
	return yes
}
