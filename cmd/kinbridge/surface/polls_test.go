package surface_test

import (
	"slices"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/polls"
)

// askTimes asks people outside when a meeting can be held, or goes on with such a question: they answer with words of their own, are reminded, a time is chosen, it is taken back.
func (w *world) askTimes(f *family) {
	ctx, p := w.t.Context(), w.worker(f)
	open := slices.DeleteFunc(must(w.env.Store.PollsOfCase(ctx, f.id))(w.t), func(x polls.Poll) bool { return x.Phase(w.env.Clock.Now()) != polls.Open })
	if len(open) == 0 || w.chance(4) {
		k, at := choose(w, w.m.cases[f.id].kids), w.env.Clock.Now().AddDate(0, 0, 3).Truncate(time.Hour)
		n := flow.NewPoll{Case: f.id, Kind: meetings.CoreGroup, About: []ids.ChildID{k.ID}, Minutes: 60, Starts: []time.Time{at, at.Add(24 * time.Hour)}, Closes: at.Add(-time.Hour), Across: w.chance(4)}
		for _, o := range w.outside {
			if o.agency == k.Authority && (len(n.Asked) == 0 || w.chance(2)) {
				n.Asked = append(n.Asked, o.id)
			}
		}
		_, err := w.f.MakePoll(ctx, p.Actor, n)
		w.said(*p, err)
		w.work()
		w.look()
	}
	for _, x := range open {
		switch w.pick(8) {
		case 0:
			w.said(*p, w.f.RemindPoll(ctx, p.Actor, x.ID))
		case 1:
			w.said(*p, w.f.CancelPoll(ctx, p.Actor, x.ID))
		case 2:
			plan, err := w.f.PlanOf(ctx, p.Actor, x.ID, 1)
			w.said(*p, err)
			if err == nil {
				_, err = w.f.ChooseSlot(ctx, p.Actor, x.ID, plan)
				w.said(*p, err)
			}
		}
	}
	for _, link := range sortedKeys(w.links.polls) {
		votes := map[int]polls.Vote{1: choose(w, polls.Votes), 2: choose(w, polls.Votes)}
		w.said(contactPerson(w.links.polls[link]), w.f.AnswerPoll(ctx, link, votes, w.word()))
	}
}

func sortedKeys[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// lookAtPolls says who may know of a question and of what is answered: who works on the case, and each of those asked her own answer.
func (w *world) lookAtPolls(m *model, c *caseRow) {
	for _, x := range must(w.env.Store.PollsOfCase(w.t.Context(), c.ID))(w.t) {
		m.thing("poll", string(x.ID), func(p person) bool { return p.staff() && c.known(p) || p.is(ids.RoleAdministrator) })
		for _, i := range x.Invitees {
			m.word("what somebody says of the times", i.Comment, func(p person) bool { return c.works(p) || p.Kind == ids.ActorContact && p.ID == string(i.Contact) })
			m.thing("a place in a poll", string(i.ID), func(p person) bool { return c.works(p) || p.is(ids.RoleAdministrator) })
		}
	}
}
