package oracle_test

import (
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
)

// drawPoll draws a question when a meeting can be held, and the one person who is asked.
func (w *world) drawPoll(f *family) (n plan) {
	n.whom, n.withdrawn, n.over = choose(w, outsiders).id, w.chance(3), w.chance(3)
	for _, k := range f.children {
		if w.chance(2) {
			n.about = append(n.about, k.id)
		}
	}
	return n
}

// judgePolls: who is asked answers as long as she could be invited.
func (w *world) judgePolls(q *question) (verdict, bool) {
	if q.act != policy.AnswerPoll {
		return verdict{}, false
	}
	p, f, n := q.who, q.fam, q.plan
	asked := p.Kind == ids.ActorContact && p.ID == string(n.whom)
	if !asked || f.closed || !n.concerns(f) || w.limited(f, n.whom, "", cases.NoContact, cases.WrittenOnly) {
		return unknown, true
	}
	return told(!n.withdrawn && !n.over), true
}

// concerns: the person outside has to do with one of the children whom it is about; with any of the family's, where none is named.
func (n plan) concerns(f *family) bool {
	at := worksAt(n.whom)
	return slices.ContainsFunc(f.children, func(k child) bool {
		return (len(n.about) == 0 || slices.Contains(n.about, k.id)) && (at == k.with || at == k.taught)
	})
}

// pollFacts mirror flow's.
func (w *world) pollFacts(f *policy.Facts, q *question) {
	n := q.plan
	f.Meeting = policy.MeetingFacts{IsParticipant: q.who.Kind == ids.ActorContact && q.who.ID == string(n.whom), Cancelled: n.withdrawn, Ended: n.over}
	f.Touch = policy.Touch{Contacts: []ids.ContactID{n.whom}, Supervised: true}
	for _, k := range q.fam.children {
		if len(n.about) == 0 || slices.Contains(n.about, k.id) {
			f.Touch.Concerned = f.Touch.Concerned || worksAt(n.whom) == k.with || worksAt(n.whom) == k.taught
		}
	}
}
