package oracle_test

import (
	"fmt"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/threads"
)

// change is something that happens in the world. It happens whether or not it is allowed to: what is compared is who may know what, in
// every state that there can be.
type change struct {
	name string
	do   func(*world, *family)
}

var changes = []change{
	{"a day passes", func(w *world, _ *family) { w.day += 1 + w.pick(3) }},
	{"she moves", (*world).move},
	{"she is received", func(w *world, f *family) {
		if f.goingTo != "" {
			f.prison, f.goingTo = f.goingTo, ""
		}
	}},
	{"released or recalled", func(w *world, f *family) { f.released = !f.released; f.away = false }},
	{"away or back", func(w *world, f *family) { f.away = !f.away && !f.released }},
	{"follow-on agreed", func(w *world, f *family) { f.followOn = !f.followOn }},
	{"closed or opened", func(w *world, f *family) { f.closed = w.chance(3) }},
	{"the team changes", (*world).changeTeam},
	{"the team changes again", (*world).changeTeam},
	{"somebody is named for alerts", func(w *world, f *family) { s := choose(w, w.staff()).ID; f.named[s] = !f.named[s] }},
	{"a restriction", (*world).restrict},
	{"restrictions end", func(w *world, f *family) {
		for i := range f.limits {
			f.limits[i].to = min(f.limits[i].to, w.day-w.pick(2))
		}
	}},
	{"responsibility ends or not", func(w *world, f *family) {
		k := &f.children[w.pick(len(f.children))]
		k.ends = []int{w.day, w.day + 2, 1000, 1000}[w.pick(4)]
	}},
	{"a conversation begins", (*world).openTalk},
	{"somebody comes or goes", (*world).comeOrGo},
	{"handover", (*world).handOver},
	{"a message", (*world).say},
	{"another message", (*world).say},
	{"a message moves on", (*world).progress},
	{"another moves on", (*world).progress},
	{"support", (*world).support},
	{"more support", (*world).support},
	{"files", (*world).files},
	{"review settings", (*world).set},
	{"a meeting", (*world).meet},
	{"a meeting changes", (*world).changeMeeting},
	{"a claim is lost", func(w *world, f *family) {
		if s := w.someSaying(f); s != nil {
			s.lostClaim = !s.lostClaim
		}
	}},
}

func (w *world) name(kind string) string { w.made++; return fmt.Sprintf("%s%d", kind, w.made) }

func (w *world) move(f *family) {
	switch w.pick(3) {
	case 0:
		f.wing = choose(w, []string{"A", "B"})
	case 1:
		f.prison = choose(w, []ids.AgencyID{northgate, southgate})
	case 2:
		f.goingTo = choose(w, []ids.AgencyID{"", northgate, southgate})
	}
}

// changeTeam puts somebody on it or takes her off; who holds the case is on its team.
func (w *world) changeTeam(f *family) {
	s := choose(w, w.staff())
	switch {
	case s.Role == ids.RolePactWorker && w.chance(3):
		f.worker = s.ID
		f.team[s.ID] = true
	case f.worker != s.ID:
		f.team[s.ID] = !f.team[s.ID]
	}
}

func (w *world) restrict(f *family) {
	l := limit{kind: choose(w, cases.RestrictionKinds), from: w.day - 1 + w.pick(3), to: w.day + w.pick(4)}
	if w.chance(2) {
		l.who = choose(w, outsiders).id
	} else {
		l.child = choose(w, f.children).id
	}
	if w.chance(2) {
		w.aim(f, &l)
	}
	f.limits = append(f.limits, l)
	if len(f.limits) > 4 {
		f.limits = f.limits[1:]
	}
}

// aim has a restriction be about somebody she is to meet: of all there are few would be.
func (w *world) aim(f *family, l *limit) {
	for _, g := range w.meets {
		if who := (&talk{in: g.in}).outside(); g.fam == f && len(who) > 0 {
			l.who, l.child = choose(w, who), ""
			l.from = w.day - w.pick(2)
		}
	}
}

func (w *world) talksOf(f *family) (out []*talk) {
	for _, t := range w.talks {
		if t.fam == f {
			out = append(out, t)
		}
	}
	return out
}

func (w *world) someTalk(f *family) *talk {
	if ts := w.talksOf(f); len(ts) > 0 {
		w.only.talk = choose(w, ts)
	}
	return w.only.talk
}

func (w *world) someSaying(f *family) *saying {
	if t := w.someTalk(f); t != nil && len(t.said) > 0 {
		w.only.say = choose(w, t.said)
	}
	return w.only.say
}

// openTalk begins a conversation; the oldest of three goes, so that worlds stay small.
func (w *world) openTalk(f *family) {
	t := &talk{id: ids.ThreadID(w.name("talk")), fam: f, channel: choose(w, []threads.Channel{threads.Official, threads.Official, threads.Confidential, threads.Privileged})}
	if w.chance(20) {
		t.channel = "" // a row that somebody has spoilt
	}
	t.quiet = w.chance(4)
	if !w.chance(8) {
		t.in = append(t.in, member{id: f.mother, kind: threads.PartyMother})
	}
	if o := choose(w, outsiders); !w.chance(4) {
		t.agency = o.agency
		t.in = append(t.in, member{id: string(o.id), kind: threads.PartyContact})
	}
	for _, k := range f.children {
		if w.chance(2) {
			t.about = append(t.about, k.id)
		}
	}
	if w.chance(3) {
		t.in = append(t.in, member{id: choose(w, w.staff()).ID, kind: threads.PartyStaff})
	}
	w.talks, w.only.talk = append(w.talks, t), t
	if ts := w.talksOf(f); len(ts) > 3 {
		for i, x := range w.talks {
			if x == ts[0] {
				w.talks = append(w.talks[:i:i], w.talks[i+1:]...)
				break
			}
		}
	}
}

func (w *world) comeOrGo(f *family) {
	t := w.someTalk(f)
	if t == nil {
		return
	}
	if len(t.in) > 0 && w.chance(2) {
		m := &t.in[w.pick(len(t.in))]
		m.left = !m.left
		return
	}
	s := member{id: choose(w, w.staff()).ID, kind: threads.PartyStaff}
	for _, m := range t.in {
		if m.id == s.id {
			return
		}
	}
	if len(t.in) < 5 {
		t.in = append(t.in, s)
	}
}

func (w *world) handOver(f *family) {
	t := w.someTalk(f)
	if t == nil {
		return
	}
	for i, m := range t.in {
		if m.kind == threads.PartyContact && !m.left {
			for _, o := range outsiders {
				if o.agency == t.agency && string(o.id) != m.id {
					t.in[i].left = true
					t.in = append(t.in[:len(t.in):len(t.in)], member{id: string(o.id), kind: threads.PartyContact})
					return
				}
			}
		}
	}
}

func (w *world) say(f *family) {
	t := w.someTalk(f)
	if t == nil || len(t.in) == 0 {
		return
	}
	s := &saying{id: ids.MessageID(w.name("say")), in: t, author: choose(w, t.in), state: choose(w, []state{waiting, passed, passed, keptBack})}
	if w.chance(3) {
		s.author = member{id: choose(w, w.staff()).ID, kind: threads.PartyStaff}
	}
	if w.chance(4) {
		s.stopped = choose(w, t.in).id
	}
	s.notice, s.tellable = w.chance(10), w.chance(2)
	s.waitsFor = choose(w, []ids.Role{"", ids.RolePactWorker, ids.RolePublicProtection, ids.RoleFamilyWorker, ids.RoleOffenderManager})
	t.said, w.only.say = append(t.said, s), s
	if len(t.said) > 3 {
		t.said = t.said[1:]
	}
}

func (w *world) progress(f *family) {
	s := w.someSaying(f)
	if s == nil {
		return
	}
	switch w.pick(6) {
	case 0:
		s.state, s.keptBy = keptBack, choose(w, w.staff()[:3]).ID
	case 1:
		s.state = passed
	case 2:
		if s.stage = w.pick(3); s.stage > 0 {
			s.readBy = choose(w, w.staff()).ID
		} else {
			s.readBy = ""
		}
	case 3:
		s.asked = !s.asked
	case 4:
		s.appeal, s.keptBy, s.state, s.waitsFor = true, choose(w, w.staff()[:3]).ID, waiting, ""
	case 5:
		s.appeal, s.state, s.stage, s.readBy = false, waiting, 0, ""
	}
}

func (w *world) support(f *family) {
	s := w.someSaying(f)
	if s == nil {
		return
	}
	switch w.pick(4) {
	case 0:
		s.together = !s.together
		s.opened = false
	case 1:
		if s.opened = s.together && w.chance(2); s.opened && s.in.quiet {
			s.in.quiet = false // now she knows of the conversation
			w.only.say = nil   // and that is about all of it
		}
	case 2:
		s.supporter = choose(w, w.staff()[:5]).ID
	case 3:
		s.beside = s.together && !s.beside
	}
}

func (w *world) files(f *family) {
	s := w.someSaying(f)
	if s == nil {
		return
	}
	switch w.pick(3) {
	case 0:
		s.picture, s.shows = true, choose(w, f.children).id
	case 1:
		s.kept = !s.kept
	case 2:
		s.cleared = !s.cleared
	}
}

func (w *world) set(f *family) {
	s := setting{dir: choose(w, []messages.Direction{messages.ToHer, messages.FromHer}), nobody: w.chance(3)}
	switch w.pick(3) {
	case 0:
		s.prison = f.prison
	case 1:
		s.of = f.id
	case 2:
		if t := w.someTalk(f); t != nil {
			s.thread = t.id
		} else {
			s.of = f.id
		}
	}
	w.only = scope{}
	roles := []ids.Role{"", ids.RolePactWorker, ids.RolePublicProtection, ids.RoleFamilyWorker, ids.RoleOffenderManager}
	if !s.nobody {
		s.first, s.second = choose(w, roles), choose(w, roles)
	}
	for i, x := range w.settings { // one setting for each scope and direction
		if x.dir == s.dir && x.prison == s.prison && x.of == s.of && x.thread == s.thread {
			w.settings[i] = s
			return
		}
	}
	w.settings = append(w.settings, s)
	if len(w.settings) > 5 {
		w.settings = w.settings[1:]
	}
}

func (w *world) meet(f *family) {
	g := &gathering{fam: f, day: w.day + choose(w, []int{-1, 0, 0, 0, 1}), private: w.chance(3), hosts: map[string]bool{}}
	g.ofChildren, g.begun = !g.private && !w.chance(4), w.chance(3)
	if !w.chance(5) {
		g.in = append(g.in, member{id: f.mother, kind: threads.PartyMother})
	}
	for range w.pick(4) {
		if w.chance(2) {
			g.in = append(g.in, member{id: string(choose(w, outsiders).id), kind: threads.PartyContact})
		} else {
			s := choose(w, w.staff()).ID
			g.in = append(g.in, member{id: s, kind: threads.PartyStaff})
			g.superviser = true
			g.hosts[s] = w.chance(2)
		}
	}
	g.superviser = g.superviser && !w.chance(3) // somebody is there, and not all the time
	if w.chance(3) {
		g.children = []ids.ChildID{choose(w, f.children).id}
	}
	var kept []*gathering
	for _, x := range w.meets {
		if x.fam != f {
			kept = append(kept, x)
		}
	}
	w.meets = append(kept, g)
	for range w.pick(3) { // what forbids a meeting, or asks for somebody there, meets one that is today too rarely by chance alone
		w.restrict(f)
	}
}

func (w *world) changeMeeting(f *family) {
	for _, g := range w.meets {
		if g.fam == f {
			switch w.pick(3) {
			case 0:
				g.cancelled = !g.cancelled
			case 1:
				g.day = w.day + w.pick(3) - 1
			case 2:
				g.superviser = !g.superviser
			}
		}
	}
}
